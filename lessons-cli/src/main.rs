//! The `lessons` command: see [`lessons_cli::run`].

use std::process::ExitCode;

fn main() -> ExitCode {
    lessons_cli::run(std::env::args_os())
}
