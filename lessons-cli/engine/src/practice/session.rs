//! A person at the prompt of a practice machine.

use super::boot;
use super::budget::{Budget, Stop};
use super::machine::PracticeMachine;
use super::outside::{Outside, Stream};
use super::process::{Power, System};
use super::shell::Shell;

/// A person at the prompt of a machine: it takes command lines.
pub struct Session {
    system: System,
    shell: Shell,
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
            shell,
            history: Vec::new(),
        }
    }

    /// The machine as it is now, with the variables of this shell.
    pub fn machine(&self) -> PracticeMachine {
        let mut machine = self.system.machine.clone();
        machine.env = self.shell.exported();
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
        self.shell.prompt(&self.system)
    }

    /// Runs a command line.
    pub fn run(&mut self, line: &str) -> Played {
        if !line.trim().is_empty() {
            self.history.push(line.to_owned());
        }
        self.system.budget = Budget::default();
        self.system.stopped = None;
        self.system.machine.clock += 1;
        self.system.machine.env = self.shell.exported();
        let mut exit = self.shell.line(&mut self.system, line);
        if let Some(stop) = self.system.stopped.take() {
            exit = self.stopped(stop);
        }
        let mut ended = self.shell.left().then_some(Ended::Shell);
        if let Some(power) = self.system.power.take() {
            self.restart(power);
            ended = Some(Ended::Rebooted);
        }
        Played {
            command: line.to_owned(),
            printed: self.system.take_printed(),
            exit,
            ended,
        }
    }

    fn stopped(&mut self, stop: Stop) -> i32 {
        let message = match stop {
            Stop::Interrupted => "^C\n",
            Stop::Steps => "practice: stopped, since this would run for a very long time\n",
            Stop::Depth => "practice: stopped, since this calls itself too deeply\n",
            Stop::Printed => "\npractice: stopped, since this prints more than anyone reads\n",
        };
        let _ = self.system.write(
            &super::streams::Sink::Screen(Stream::Err),
            message.as_bytes(),
        );
        130
    }

    fn restart(&mut self, _power: Power) {
        boot::boot(&mut self.system);
        self.shell = Shell::login(&mut self.system);
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
