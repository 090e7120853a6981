//! What the `lessons` command is made of.
//!
//! [`cli`] says what can be typed, [`commands`] has one file a command, [`formats`] one file an output format of
//! `lessons check`. The machine that facts are read from is [`live`] or comes from [`machines`]; what is remembered
//! between runs is in [`progress`]; the book is built by [`book`], and served with live checks by [`serve`].

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use lessons_engine::visible::visible_lines;

pub mod book;
pub mod cards;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod formats;
pub mod http;
pub mod live;
pub mod machines;
pub mod nearest;
pub mod offers;
pub mod progress;
pub mod serve;
pub mod style;
pub mod watching;
pub mod wrap;

use cli::Cli;

/// How a command ended. The numbers are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All required steps pass or do not apply.
    Good = 0,
    /// A required step fails.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Nothing failed, but something required stayed unknown or blocked.
    Open = 3,
    /// An input could not be read, or an output not written.
    Input = 4,
}

/// What a command leaves: text for standard output, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// For standard output, with ANSI styles, which are taken out where they do not belong.
    pub text: String,
    /// How it ended.
    pub exit: Exit,
}

impl Done {
    /// A text, and all is well.
    pub fn good(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            exit: Exit::Good,
        }
    }
}

/// A mistake of the command line: an unknown name. It ends with [`Exit::Usage`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUsage(pub String);

/// Runs a command line, program name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Cli::try_parse_from(args) {
        Ok(cli) => {
            // A program that we started must not outlive a Ctrl-C. Without the handler it would run on to its time limit.
            // The server ends by itself, and its streams and programs with it.
            #[cfg(unix)]
            if !matches!(cli.command, Some(cli::Command::Serve(_))) {
                let _ = live::end_programs_on_signals();
            }
            match commands::run(cli) {
                Ok(done) => print(&done.text).unwrap_or(done.exit),
                Err(error) => report(&error),
            }
        }
        Err(error) => {
            let exit = match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Good,
                _ => Exit::Usage,
            };
            // A reader that has gone away has all it wanted.
            let _ = error.print();
            exit
        }
    };
    ExitCode::from(exit as u8)
}

/// Prints; `Some` exit where that changes how the command ends.
fn print(text: &str) -> Option<Exit> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => None,
        // `lessons check | head` is not a failure of the check.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
        Err(error) => {
            let _ = writeln!(
                anstream::stderr(),
                "error: tried to write to standard output: {error}"
            );
            Some(Exit::Input)
        }
    }
}

/// Prints an error with its causes. The names of files and the words of others are in them.
fn report(error: &anyhow::Error) -> Exit {
    let mut err = anstream::stderr().lock();
    let _ = writeln!(
        err,
        "{}error:{} {}",
        style::BAD.render(),
        style::BAD.render_reset(),
        visible_lines(&error.to_string())
    );
    for cause in error.chain().skip(1) {
        let _ = writeln!(err, "  caused by: {}", visible_lines(&cause.to_string()));
    }
    if error.is::<WrongUsage>() {
        Exit::Usage
    } else {
        Exit::Input
    }
}
