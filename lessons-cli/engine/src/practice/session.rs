//! A person at the prompt of a practice machine.

use super::boot;
use super::budget::{Budget, Stop};
use super::complete;
use super::machine::PracticeMachine;
use super::outside::{Outside, Stream};
use super::process::System;
use super::said::said;
use super::shell::Shell;
use super::streams::Sink;

/// How many shells may be in one another.
const SHELLS: usize = 12;

/// A person at the prompt of a machine: it takes command lines.
pub struct Session {
    system: System,
    /// The shells, one in the other; the last is the one that is typed to.
    shells: Vec<Shell>,
    /// The command lines that were typed.
    history: Vec<String>,
}

/// What a command line has printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What was typed.
    pub command: String,
    /// What was printed, in order.
    pub printed: Vec<(Stream, String)>,
    /// The exit status.
    pub exit: i32,
    /// Whether the shell was left, or the machine restarted.
    pub ended: Option<Ended>,
}

/// What a command line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The shell: `exit`.
    Shell,
    /// The machine was restarted; the next command line is typed after a new login.
    Rebooted,
}

impl Played {
    /// What was printed to standard output.
    pub fn stdout(&self) -> String {
        self.of(Stream::Out)
    }

    /// What was printed to standard error.
    pub fn stderr(&self) -> String {
        self.of(Stream::Err)
    }

    fn of(&self, stream: Stream) -> String {
        self.printed
            .iter()
            .filter(|(of, _)| *of == stream)
            .map(|(_, text)| text.as_str())
            .collect()
    }
}

impl Session {
    /// A session on a machine that somebody has logged in to, as it was recorded.
    pub fn new(machine: PracticeMachine, outside: Box<dyn Outside>) -> Self {
        let mut system = System::new(machine, outside);
        let shell = Shell::recorded(&mut system);
        Self {
            system,
            shells: vec![shell],
            history: Vec::new(),
        }
    }

    /// The machine as it is now, with the variables of this shell.
    pub fn machine(&self) -> PracticeMachine {
        let mut machine = self.system.machine.clone();
        machine.env = self.shell().exported();
        machine
    }

    /// The world around it.
    pub fn outside(&mut self) -> &mut dyn Outside {
        self.system.outside.as_mut()
    }

    /// The command lines that were typed.
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// What stands before the cursor.
    pub fn prompt(&self) -> String {
        self.shell().prompt(&self.system)
    }

    /// Whether a text goes on: a quote, a here-document or a compound command is open, and the next line belongs to it.
    pub fn is_open(text: &str) -> bool {
        Shell::is_open(text)
    }

    /// What can stand where a word is begun: commands at the beginning of a command, variables after `$`, otherwise
    /// files. Each is the whole word.
    pub fn completions(&self, before: &str) -> Vec<String> {
        complete::completions(self.shell(), &self.system, before)
    }

    /// Runs a command line.
    pub fn run(&mut self, line: &str) -> Played {
        if !line.trim().is_empty() {
            self.history.push(line.to_owned());
            self.shell_mut().remember(line);
        }
        self.system.budget = Budget::default();
        // What was looked up since the last line was not this one's.
        self.system.machine.tree.take_work();
        self.system.stopped = None;
        self.system.machine.clock += 1;
        self.system.machine.env = self.shell().exported();
        let mut shell = self
            .shells
            .pop()
            .unwrap_or_else(|| Shell::login(&mut self.system));
        let mut exit = shell.line(&mut self.system, line);
        let left = shell.left();
        self.shells.push(shell);
        if let Some(stop) = self.system.stopped.take() {
            exit = self.stopped(stop);
        }
        let mut ended = None;
        let new = self.system.enter.take();
        if left {
            self.shells.pop();
            // `exec bash` puts a shell in the place of the one that it was typed in.
            if self.shells.is_empty() && new.is_none() {
                ended = Some(Ended::Shell);
                self.log_in();
            }
        }
        if let Some(shell) = new {
            self.shells.push(shell);
            if self.shells.len() > SHELLS {
                self.shells.pop();
                exit = self.stopped(Stop::Depth);
            }
        }
        if self.system.power.take().is_some() {
            exit = 0;
            boot::boot(&mut self.system);
            self.system.enter = None;
            self.log_in();
            ended = Some(Ended::Rebooted);
        }
        Played {
            command: line.to_owned(),
            printed: self.system.take_printed(),
            exit,
            ended,
        }
    }

    /// Logs out and in again. What was typed is still known: bash keeps it in `~/.bash_history`.
    pub fn log_in(&mut self) {
        let mut shell = Shell::login(&mut self.system);
        for line in &self.history {
            shell.remember(line);
        }
        self.shells = vec![shell];
    }

    fn shell(&self) -> &Shell {
        self.shells
            .last()
            .unwrap_or_else(|| unreachable!("a session always has a shell"))
    }

    fn shell_mut(&mut self) -> &mut Shell {
        self.shells
            .last_mut()
            .unwrap_or_else(|| unreachable!("a session always has a shell"))
    }

    fn stopped(&mut self, stop: Stop) -> i32 {
        let message = match stop {
            Stop::Interrupted => self.system.outside.interrupt_mark().to_owned(),
            Stop::Steps => said("practice-stopped-steps", &[]) + "\n",
            Stop::Depth => said("practice-stopped-depth", &[]) + "\n",
            Stop::Printed => format!("\n{}\n", said("practice-stopped-printed", &[])),
        };
        // What stopped it may be that nothing more may be printed; this is.
        self.system.budget = Budget::default();
        let _ = self
            .system
            .write(&Sink::Screen(Stream::Err), message.as_bytes());
        130
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::finding::Outcome;
    use crate::practice::Script;
    use crate::report::Report;

    #[test]
    fn a_machine_that_nobody_touched_is_checked_as_its_recording() {
        let mut differ = Vec::new();
        for name in crate::bundled::names() {
            let recording = crate::bundled::recording(name).unwrap().unwrap();
            if recording.platform.os != "linux" {
                continue;
            }
            let practice = Session::new(
                PracticeMachine::new(recording.clone(), 1_790_000_000),
                Box::new(Script::default()),
            )
            .machine();
            let (then, now) = (Facts::new(&recording), Facts::new(&practice));
            let (then, now) = (Report::of_all(&then), Report::of_all(&now));
            for (then, now) in then.steps.iter().zip(&now.steps) {
                // What was never recorded is unknown of the recording, and may be certain of the machine.
                if then.finding.outcome != now.finding.outcome
                    && then.finding.outcome != Outcome::Unknown
                {
                    differ.push(format!(
                        "{name}: {} was {:?}, is {:?} {:?}",
                        then.step.id,
                        then.finding.outcome,
                        now.finding.outcome,
                        now.finding.summary
                    ));
                }
            }
        }
        assert!(differ.is_empty(), "{}", differ.join("\n"));
    }
}
