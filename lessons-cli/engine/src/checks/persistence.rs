//! Persistence: the driver stays loaded, and does so again after a restart.

use crate::facts::Facts;
use crate::facts::Unknown;
use crate::facts::driver::Daemon;
use crate::facts::system::Place;
use crate::finding::{Finding, Fix};
use crate::machine::nvml::{NvmlCode, Value};
use crate::step::{Lesson, Step};

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[
    Step {
        id: "persistence.enabled",
        lesson: Lesson::Persistence,
        required: false,
        needs: &["smi.runs"],
        programs: &[],
        nvml: true,
        check: enabled,
    },
    Step {
        id: "persistence.survives-reboot",
        lesson: Lesson::Persistence,
        required: false,
        needs: &["persistence.enabled"],
        programs: &[],
        nvml: true,
        check: survives_reboot,
    },
];

/// The drop-in that turns Ubuntu's `--no-persistence-mode` round. The empty `ExecStart=` is systemd's way to
/// replace a command rather than to add one.
const DROP_IN: &str = "printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/nvidia-persistenced --user nvidia-persistenced --persistence-mode --verbose\\n' | sudo tee /etc/systemd/system/nvidia-persistenced.service.d/override.conf";

fn enabled(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_linux(facts) {
        return finding;
    }
    let gpus = match facts.gpus() {
        Ok(gpus) => gpus,
        Err(unknown) => return Finding::unread(unknown),
    };
    let mut off = Vec::new();
    let mut on = 0;
    for gpu in gpus {
        let Some(reading) = &gpu.reading else {
            continue;
        };
        match &reading.persistence_mode {
            Value::Known(true) => on += 1,
            Value::Known(false) => {
                off.push(gpu.index);
            }
            // A virtual GPU has no such mode: its host keeps the driver loaded.
            Value::Refused(NvmlCode::NotSupported) => {}
            Value::Refused(code) => {
                return Finding::unread(&Unknown::nvml("NVML: persistence mode", *code));
            }
            Value::Unrecorded => {
                return Finding::unread(&Unknown::nvml(
                    "NVML: persistence mode",
                    NvmlCode::NotRecorded,
                ));
            }
        }
    }
    if off.is_empty() {
        return if on > 0 {
            Finding::pass("pass")
                .count("count", on)
                .evidence("NVML", format!("persistence mode on for {on} GPU(s)"))
        } else {
            Finding::not_applicable("na-no-mode").evidence("NVML", "no GPU has a persistence mode")
        };
    }
    if facts.place() == Place::Container {
        return Finding::not_applicable("na-container").evidence("NVML", "persistence mode off");
    }
    // Jetson's driver is part of its kernel's system, and a laptop's GPU is meant to sleep.
    match facts.has_battery() {
        Ok(true) => {
            return Finding::not_applicable("na-laptop")
                .evidence("/sys/class/power_supply", "a battery");
        }
        Ok(false) => {}
        Err(unknown) => return Finding::unread(&unknown),
    }
    let shows = |wanted: &Value<bool>| {
        gpus.iter()
            .filter_map(|gpu| gpu.reading.as_ref())
            .any(|reading| reading.display_active == *wanted)
    };
    if shows(&Value::Known(true)) {
        return Finding::pass("pass-display")
            .evidence("NVML", "persistence mode off, a display is active");
    }
    if shows(&Value::Unrecorded) {
        return Finding::unread(&Unknown::nvml("NVML: display", NvmlCode::NotRecorded));
    }
    let finding = |text| {
        Finding::fail(text)
            .arg(
                "index",
                off.first().copied().unwrap_or_default().to_string(),
            )
            .evidence(
                "NVML",
                format!("persistence mode off for {} GPU(s)", off.len()),
            )
    };
    match facts.persistence_daemon() {
        Ok(daemon) => {
            let text = if daemon
                .command
                .as_deref()
                .is_some_and(|command| command.contains("--no-persistence-mode"))
            {
                "fail-daemon-without-mode"
            } else {
                "fail"
            };
            keep(finding(text), &daemon)
        }
        Err(unknown) => finding("fail")
            .tried(&unknown)
            .fix(Fix::run("sudo nvidia-smi -pm 1").note("fix-now")),
    }
}

/// The commands that keep the driver loaded for good, by what starts the daemon here.
fn keep(finding: Finding, daemon: &Daemon) -> Finding {
    let finding = match &daemon.command {
        Some(command) => finding.evidence(&daemon.source, command),
        None => finding.evidence("nvidia-persistenced.service", "not found"),
    };
    match (&daemon.command, daemon.has_install_section) {
        (None, _) => finding
            .fix(Fix::by_hand("fix-install-daemon"))
            .fix(Fix::run("sudo nvidia-smi -pm 1").note("fix-now")),
        (Some(command), true) if !command.contains("--no-persistence-mode") => finding
            .fix(Fix::run("sudo systemctl enable --now nvidia-persistenced").note("fix-enable")),
        (Some(_), _) => finding
            .fix(
                Fix::run("sudo mkdir -p /etc/systemd/system/nvidia-persistenced.service.d")
                    .note("fix-folder"),
            )
            .fix(Fix::run(DROP_IN).note("fix-drop-in"))
            .fix(Fix::run("sudo systemctl daemon-reload").note("fix-daemon-reload"))
            .fix(Fix::run("sudo systemctl restart nvidia-persistenced").note("fix-restart")),
    }
}

fn survives_reboot(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_linux(facts) {
        return finding;
    }
    let before = enabled(facts);
    match before.summary.text {
        crate::finding::TextId::OfStep(text @ ("na-no-mode" | "na-container" | "na-laptop")) => {
            return Finding::not_applicable(text);
        }
        crate::finding::TextId::OfStep("pass-display") => {
            return Finding::not_applicable("na-display").evidence("NVML", "a display is active");
        }
        _ => {}
    }
    if facts.place() == Place::Container {
        return Finding::not_applicable("na-container");
    }
    match facts.persistence_daemon() {
        Ok(daemon) => match &daemon.command {
            Some(command) if daemon.has_two_commands => Finding::fail("fail-two-commands")
                .evidence(&daemon.source, command)
                .fix(Fix::by_hand("fix-two-commands")),
            Some(command) if command.contains("--no-persistence-mode") => {
                keep(Finding::fail("fail-daemon-without-mode"), &daemon)
            }
            Some(command) if daemon.starts_at_boot => {
                Finding::pass("pass").evidence(&daemon.source, command)
            }
            Some(_) => keep(Finding::fail("fail-not-started"), &daemon),
            None => match facts.boot_script_sets_persistence() {
                Ok(Some(path)) => Finding::pass("pass-script")
                    .arg("path", &path)
                    .evidence(&path, "nvidia-smi -pm 1"),
                Ok(None) => keep(Finding::fail("fail"), &daemon),
                Err(unknown) => Finding::unread(&unknown),
            },
        },
        Err(unknown) => Finding::unread(&unknown),
    }
}

fn not_linux(facts: &Facts<'_>) -> Option<Finding> {
    if !facts.is_linux() {
        return Some(Finding::not_applicable("na-not-linux").arg("os", facts.platform().os));
    }
    match facts.place() {
        Place::Wsl => Some(Finding::not_applicable("na-wsl")),
        Place::Sandbox => Some(Finding::not_applicable("na-container")),
        Place::Host | Place::Container => None,
    }
}
