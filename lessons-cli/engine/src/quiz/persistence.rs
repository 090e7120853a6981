//! Questions about what keeps the driver loaded.

use super::dice::Dice;
use super::pool::Pool;
use super::question::{Draft, Question};
use super::{Kind, text};
use crate::draw;
use crate::facts::Facts;
use crate::finding::{Finding, Outcome, TextId};
use crate::recording::{Entry, Recording};
use crate::steps;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "persistence.after-restart",
        make: after_restart,
    },
    Kind {
        id: "persistence.how-many-on",
        make: how_many_on,
    },
    Kind {
        id: "persistence.service-line",
        make: service_line,
    },
];

const SURVIVES: &str = "persistence.survives-reboot";

fn check(facts: &Facts<'_>, id: &str) -> Option<Finding> {
    Some((steps::find(id)?.check)(facts))
}

/// What the table shows now, how the service is started, and what that makes of it after a restart.
fn after_restart(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    pool.machine(dice, |facts, name, dice| {
        let nvml = facts.nvml().ok()?;
        let finding = check(facts, SURVIVES)?;
        let stays = match finding.outcome {
            Outcome::Pass => true,
            Outcome::Fail => false,
            _ => return None,
        };
        let daemon = facts.persistence_daemon().ok()?;
        let command = daemon.command.as_deref();
        // A script of the system's start is no matter of the service that is shown here.
        if command.is_none() && stays {
            return None;
        }
        let smi = draw::nvml::smi(nvml, None);
        let shown = match command {
            Some(command) => format!(
                "{}\n$ systemctl cat nvidia-persistenced | grep ExecStart\nExecStart={command}\n",
                draw::smi::draw(&smi)
            ),
            None => format!(
                "{}\n$ systemctl cat nvidia-persistenced | grep ExecStart\nNo files found for nvidia-persistenced.service.\n",
                draw::smi::draw(&smi)
            ),
        };
        let TextId::OfStep(_) = finding.summary.text else {
            return None;
        };
        Draft::new(SURVIVES, text("quiz-persistence-after-restart"))
            .machine(name)
            .shown(shown)
            .text(text("quiz-persistence-on"), stays)
            .text(text("quiz-persistence-off"), !stays)
            .why(text(match (command, stays) {
                (None, _) => "quiz-persistence-no-daemon-why",
                (Some(_), true) => "quiz-persistence-daemon-keeps-why",
                (Some(command), false) if command.contains("--no-persistence-mode") => {
                    "quiz-persistence-daemon-without-mode-why"
                }
                (Some(_), false) => "quiz-persistence-daemon-not-started-why",
            }))
            .ask(dice)
    })
}

fn how_many_on(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let (name, nvml) = pool.machine(dice, |facts, name, _| {
        let nvml = facts.nvml().ok()?.clone();
        let modes = modes(&nvml);
        (modes.len() > 1 && modes.len() == nvml.gpus.len()).then(|| (name.to_owned(), nvml))
    })?;
    let mut nvml = nvml;
    // `nvidia-smi -i N -pm 1` sets one card at a time.
    for gpu in &mut nvml.gpus {
        if let crate::machine::nvml::GpuReading::Opened(gpu) = gpu {
            gpu.persistence_mode = crate::machine::nvml::Value::Known(dice.below(2) == 1);
        }
    }
    let modes = modes(&nvml);
    let on = modes.iter().filter(|on| **on).count();
    let smi = draw::nvml::smi(&nvml, None);
    Draft::new("persistence.enabled", text("quiz-persistence-how-many"))
        .machine(&name)
        .shown(draw::smi::draw(&smi))
        .values(0..=modes.len(), |count| *count == on)
        .why(text("quiz-persistence-how-many-why").count("on", on))
        .why(text("read-smi-persistence"))
        .ask(dice)
}

fn modes(nvml: &crate::machine::nvml::Nvml) -> Vec<bool> {
    nvml.gpus
        .iter()
        .filter_map(|gpu| match gpu {
            crate::machine::nvml::GpuReading::Opened(gpu) => gpu.persistence_mode.known().copied(),
            crate::machine::nvml::GpuReading::Failed { .. } => None,
        })
        .collect()
}

/// Which text of a drop-in makes Ubuntu's service keep persistence mode on: each is put on the machine and checked.
fn service_line(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    const UNIT: &str = "/usr/lib/systemd/system/nvidia-persistenced.service";
    const FOLDER: &str = "/etc/systemd/system/nvidia-persistenced.service.d";
    const DAEMON: &str = "/usr/bin/nvidia-persistenced --user nvidia-persistenced";
    let (name, machine) = pool.machine(dice, |facts, name, _| {
        let daemon = facts.persistence_daemon().ok()?;
        let is_ubuntus = daemon.source == UNIT
            && daemon.command?.contains("--no-persistence-mode")
            && daemon.starts_at_boot;
        is_ubuntus.then(|| (name.to_owned(), crate::bundled::recording(name)))
    })?;
    let machine = machine?.ok()?;
    let with = |lines: &[String]| -> Option<bool> {
        let mut machine: Recording = machine.clone();
        machine.files.remove(FOLDER);
        machine
            .dirs
            .insert(FOLDER.to_owned(), vec!["override.conf".to_owned()]);
        let text = format!("[Service]\n{}\n", lines.join("\n"));
        machine.files.insert(
            format!("{FOLDER}/override.conf"),
            Entry {
                text: Some(text),
                ..Entry::default()
            },
        );
        match check(&Facts::new(&machine), SURVIVES)?.outcome {
            Outcome::Pass => Some(true),
            Outcome::Fail => Some(false),
            _ => None,
        }
    };
    let lines = |flag: &str| {
        vec![
            "ExecStart=".to_owned(),
            format!("ExecStart={DAEMON} {flag} --verbose"),
        ]
    };
    let mut draft = Draft::new(SURVIVES, text("quiz-persistence-service-line")).machine(&name);
    for candidate in [
        lines("--persistence-mode"),
        lines("--no-persistence-mode"),
        vec!["ExecStart=".to_owned()],
        vec!["ExecStopPost=/usr/bin/nvidia-smi -pm 1".to_owned()],
        vec!["Restart=always".to_owned()],
    ] {
        let stays = with(&candidate)?;
        draft = draft.value(&candidate.join(" ⏎ "), stays);
    }
    draft
        .why(text("quiz-persistence-service-line-why"))
        .ask(dice)
}
