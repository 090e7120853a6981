//! What the checks tell people to type, typed: on every bundled machine the commands of each fix are played on a practice
//! machine made of it, and the step passes then, or a cause that is named comes next.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::rc::Rc;

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::finding::{Fix, Outcome, TextId};
use lessons_engine::practice::{PracticeMachine, Script, Session};
use lessons_engine::recording::Recording;
use lessons_engine::report::{Checked, Report};

/// How many causes may come one after the other.
const CAUSES: usize = 8;

/// What a fix leaves to the reader's own hands, as machine, step, the lines of somebody who does it, and why no command of
/// the fix does. Without lines nothing that is typed on the machine helps.
const BY_HAND: &[(&str, &str, &str, &str)] = &[
    (
        "container-lost-its-devices",
        "smi.runs",
        "",
        "the container is started anew, on its host",
    ),
    (
        "container-without-gpus",
        "driver.module-loaded",
        "",
        "the container is started anew, on its host",
    ),
    (
        "docker-from-snap",
        "cuda.container-runtime",
        "sudo apt install docker.io",
        "which package to take instead is the reader's choice",
    ),
    (
        "gpu-fell-off-bus",
        "smi.gpus-healthy",
        "sudo reboot",
        "the machine is switched off and on; a restart does it where the card is sound",
    ),
    (
        "gpu-not-on-bus",
        "driver.gpu-visible",
        "",
        "a card is put in",
    ),
    (
        "gtx-580-no-wheel",
        "torch.wheel-exists",
        "",
        "no wheel has code for the card",
    ),
    (
        "jetson-orin",
        "torch.wheel-exists",
        "",
        "NVIDIA's own builds for Jetson are in no table",
    ),
    (
        "memory-held-by-notebook",
        "smi.memory-free",
        "kill 48211",
        "whose work is ended is the reader's choice",
    ),
    (
        "numa-not-told",
        "topology.numa",
        "",
        "a setting of the firmware",
    ),
    (
        "nvcc-of-another-processor",
        "cuda.nvcc-runs",
        "",
        "somebody put that file there, and knows why",
    ),
    (
        "persistence-lost-at-restart",
        "persistence.survives-reboot",
        "sudo apt install --reinstall nvidia-compute-utils-580 nvidia-kernel-common-580",
        "each distribution has the daemon in a package of another name",
    ),
    (
        "pip-asks-no-index",
        "torch.installed",
        "rm -f ~/.config/pip/pip.conf ~/.pip/pip.conf",
        "the setting may be there for a reason",
    ),
    (
        "pip-index-of-cpu-builds",
        "torch.cuda-build",
        "rm -f ~/.config/pip/pip.conf ~/.pip/pip.conf",
        "the setting may be there for a reason",
    ),
    (
        "torch-conv3d-slow",
        "torch.not-known-bad",
        "",
        "which of the ways out is taken is the reader's choice",
    ),
    (
        "two-docker-and-full-memory",
        "smi.memory-free",
        "kill 48211",
        "whose work is ended is the reader's choice",
    ),
    (
        "two-lost-gpu-and-persistence",
        "smi.gpus-healthy",
        "sudo reboot",
        "the machine is switched off and on",
    ),
    (
        "wsl-linux-driver-inside",
        "driver.gpu-visible",
        "",
        "what the bus has is seen in Windows",
    ),
];

/// The chapter's lines that come before a command works, by what the shell or apt says of it.
const BEFORE: &[(&str, &str)] = &[
    (
        "uv: command not found",
        "curl -LsSf https://astral.sh/uv/install.sh | sh
source $HOME/.local/bin/env",
    ),
    (
        "Unable to locate package cuda-toolkit",
        "wget https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64/cuda-keyring_1.1-1_all.deb
sudo dpkg -i cuda-keyring_1.1-1_all.deb
sudo apt update",
    ),
];

/// Somebody who types what is said.
struct Person {
    session: Session,
    answers: Rc<RefCell<VecDeque<String>>>,
    typed: String,
    in_environment: bool,
}

/// What a check says now: the outcome, the step that is the cause, its text, and what to type.
struct Said {
    outcome: Outcome,
    text: &'static str,
    cause: &'static str,
    fix: Vec<Fix>,
}

impl Person {
    fn at(recording: Recording) -> Self {
        let answers = Rc::new(RefCell::new(VecDeque::new()));
        let in_environment = recording
            .env
            .get("VIRTUAL_ENV")
            .is_some_and(Option::is_some);
        let machine = PracticeMachine::new(recording, 1_795_000_000);
        let script = Script::new(Rc::clone(&answers), None);
        Self {
            session: Session::new(machine, Box::new(script)),
            answers,
            typed: String::new(),
            in_environment,
        }
    }

    /// Types a line, with what may be asked; an error where practice does not have what was typed.
    fn types(&mut self, line: &str) -> Result<(), String> {
        let asked: &[&str] = if line.contains("mokutil --import") {
            &["> lessons", "> lessons"]
        } else if line.contains("reboot") {
            &["> 2", "> yes", "> lessons"]
        } else {
            &["> y", "> y"]
        };
        *self.answers.borrow_mut() = asked.iter().map(|&answer| answer.to_owned()).collect();
        let played = self.session.run(line);
        self.answers.borrow_mut().clear();
        let said = played.stdout() + &played.stderr();
        let last: Vec<&str> = said.lines().collect();
        let last = &last[last.len().saturating_sub(3)..];
        let _ = writeln!(
            self.typed,
            "    $ {line}\n      {} {}",
            played.exit,
            last.join(" | ")
        );
        if let Some((_, before)) = BEFORE.iter().find(|(words, _)| said.contains(words)) {
            if self.typed.contains(before.lines().next().unwrap()) {
                return Err(format!("{line}: {said}"));
            }
            for line in before.lines() {
                self.types(line)?;
            }
            return self.types(line);
        }
        let not_had = [
            "practice:",
            "command not found",
            "Unable to locate",
            "target not found",
        ];
        if not_had.iter().any(|words| said.contains(words)) {
            return Err(format!("{line}: {said}"));
        }
        // A restart ends the shell, and with it the environment that was active.
        if played.ended.is_some() && self.in_environment {
            self.session
                .run("cd ~/lessons && source .venv/bin/activate");
        }
        Ok(())
    }

    fn first_failing(&self) -> Option<&'static str> {
        let machine = self.session.machine();
        let report = Report::of_all(&Facts::new(&machine));
        let mut steps = report.steps.iter();
        let first = steps.find(|checked| checked.finding.outcome == Outcome::Fail);
        first.map(|checked| checked.step.id)
    }

    /// What is said of a step, or, where it waits for another, of that one.
    fn says(&self, step: &str) -> Said {
        let machine = self.session.machine();
        let report = Report::of_all(&Facts::new(&machine));
        let find = |id: &str| {
            let mut steps = report.steps.iter();
            steps.find(|checked| checked.step.id == id).unwrap()
        };
        let own = find(step);
        let first_cause = |checked: &'_ Checked| {
            let mut id = checked.step.id;
            while let Some(by) = find(id).blocked_by {
                id = by;
            }
            id
        };
        let mut cause = find(first_cause(own));
        // `lessons check driver` shows what is wrong there, or what that waits for.
        for _ in 0..CAUSES {
            let sent = cause.finding.fix.iter().find_map(|fix| {
                let what: Vec<&str> = fix.run.strip_prefix("lessons check ")?.split(' ').collect();
                let asked = report.steps.iter().filter(|checked| {
                    let id = checked.step.id;
                    let lesson = id.split('.').next().unwrap_or(id);
                    id != cause.step.id && what.iter().any(|what| id == *what || lesson == *what)
                });
                let causes = asked.map(|checked| find(first_cause(checked)));
                let mut worth: Vec<&Checked> = causes
                    .filter(|checked| {
                        let finding = &checked.finding;
                        let can_type = finding.fix.iter().any(|fix| !fix.run.is_empty());
                        finding.outcome == Outcome::Fail
                            || finding.outcome == Outcome::Unknown && can_type
                    })
                    .collect();
                worth.sort_by_key(|checked| checked.finding.outcome != Outcome::Fail);
                worth.first().copied()
            });
            match sent {
                Some(sent) => cause = sent,
                None => break,
            }
        }
        let (TextId::OfStep(text) | TextId::Shared(text)) = cause.finding.summary.text;
        Said {
            outcome: own.finding.outcome,
            text,
            cause: cause.step.id,
            fix: cause.finding.fix.clone(),
        }
    }
}

/// Follows what is said of a step until it passes; else why it does not.
fn follow(name: &str, recording: &Recording, step: &str) -> Result<(), String> {
    let mut person = Person::at(recording.clone());
    let mut seen = Vec::new();
    for _ in 0..CAUSES {
        let mut said = person.says(step);
        if matches!(said.outcome, Outcome::Pass | Outcome::NotApplicable) {
            return Ok(());
        }
        // Where what is said of the step leads nowhere, there is what `lessons` alone says: the first that fails.
        if seen.contains(&(said.cause, said.text))
            && let Some(first) = person.first_failing()
        {
            let outcome = said.outcome;
            said = Said {
                outcome,
                ..person.says(first)
            };
        }
        let here = (said.cause, said.text);
        let _ = writeln!(person.typed, "  {} {}", said.cause, said.text);
        if seen.contains(&here) {
            return Err(format!("the same again\n{}", person.typed));
        }
        seen.push(here);
        let by_hand = BY_HAND
            .iter()
            .find(|(machine, step, ..)| (*machine, *step) == (name, said.cause));
        if let Some((_, _, lines, _)) = by_hand {
            if lines.is_empty() {
                return Ok(());
            }
            if !person.typed.contains(lines) {
                person.types(lines)?;
            }
        }
        for fix in &said.fix {
            // What the checks themselves are asked is followed above; `--wake` does what nvidia-smi does.
            if fix.run.ends_with("--wake") || fix.run.ends_with("--deep") {
                person.types("nvidia-smi; true")?;
            } else if !fix.run.is_empty() && !fix.run.starts_with("lessons ") {
                person.types(&fix.run)?;
            }
        }
        // Of a driver that replaces one that runs, the note says to restart.
        if said
            .fix
            .iter()
            .any(|fix| fix.run.contains("ubuntu-drivers install"))
            && !said.fix.iter().any(|fix| fix.run.contains("reboot"))
        {
            person.types("sudo reboot")?;
        }
    }
    Err(format!("no end\n{}", person.typed))
}

#[test]
fn what_the_checks_say_to_type_mends_every_bundled_machine() {
    let mut wrong = Vec::new();
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        if recording.platform.os != "linux" {
            continue;
        }
        let report = Report::of_all(&Facts::new(&recording));
        for checked in &report.steps {
            let finding = &checked.finding;
            // What is unknown and names nothing to type is not mended but read elsewhere.
            let is_wrong = match finding.outcome {
                Outcome::Fail => true,
                Outcome::Unknown => finding.fix.iter().any(|fix| !fix.run.is_empty()),
                _ => false,
            };
            if is_wrong && let Err(why) = follow(name, &recording, checked.step.id) {
                wrong.push(format!("{name}: {}: {why}", checked.step.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
