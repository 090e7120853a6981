//! Services: systemctl, and what restarts a machine.

use crate::practice::outside::Edited;
use crate::practice::process::{Call, Exit, Power};
use crate::practice::said::said;
use crate::practice::services::{self, NotStarted, PERSISTENCED};

use super::{Program, no_option, not_played};

pub(super) const PROGRAMS: &[Program] = &[Program::of_hosts("systemctl", "/usr/bin", systemctl)];

const FOLDER: &str = "/etc/systemd/system";

fn power(call: &mut Call<'_>, power: Power) -> Exit {
    if !call.is_root() {
        call.error("Call to Reboot failed: Interactive authentication required.");
        return 1;
    }
    call.system.power = Some(power);
    0
}

fn systemctl(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let now = words.iter().any(|word| word == "--now");
    let plain: Vec<String> = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .cloned()
        .collect();
    let known = [
        "--now",
        "--no-pager",
        "--full",
        "-l",
        "--all",
        "-a",
        "--quiet",
        "-q",
        "--runtime",
        "--force",
        "-f",
        "--user",
        "--system",
        "--no-block",
    ];
    let other = words.iter().find(|word| {
        let name = word.split('=').next().unwrap_or(word);
        name.starts_with('-')
            && !known.contains(&name)
            && ![
                "--type",
                "--state",
                "--lines",
                "-n",
                "-t",
                "-p",
                "--property",
            ]
            .contains(&name)
    });
    if let Some(option) = other {
        no_option(call, &option.clone());
        return 1;
    }
    let Some((action, units)) = plain.split_first() else {
        return not_played(call, "no command", PLAYED);
    };
    let services: Vec<String> = units
        .iter()
        .map(|unit| unit.trim_end_matches(".service").to_owned())
        .collect();
    match action.as_str() {
        "reboot" => return power(call, Power::Reboot),
        "poweroff" => return power(call, Power::Off),
        "daemon-reload" => {
            if let Some(exit) = refused(call, "Failed to reload daemon") {
                return exit;
            }
            services::reload(call.machine());
            return 0;
        }
        "list-units" | "list-unit-files" => {
            let machine = call.machine();
            let lines: Vec<String> = services::installed(machine)
                .map(|service| {
                    let state = if machine.state.services.contains(service) {
                        "running"
                    } else {
                        "dead"
                    };
                    format!("{service}.service loaded active {state}")
                })
                .collect();
            for line in lines {
                call.line(line);
            }
            return 0;
        }
        _ => {}
    }
    let verbs = [
        "status",
        "cat",
        "start",
        "stop",
        "restart",
        "reload",
        "enable",
        "disable",
        "edit",
        "revert",
        "is-active",
        "is-enabled",
        "is-failed",
        "show",
        "mask",
        "unmask",
        "kill",
        "try-restart",
        "reset-failed",
        "list-timers",
        "list-sockets",
        "list-dependencies",
        "isolate",
        "get-default",
        "set-default",
    ];
    if !verbs.contains(&action.as_str()) {
        call.error(format!(
            "Unknown command verb '{}'.",
            crate::visible::visible(action)
        ));
        return 1;
    }
    if services.is_empty() {
        call.error("Too few arguments.");
        return 1;
    }
    let mut exit = 0;
    for service in &services {
        let ended = match action.as_str() {
            "cat" => cat(call, service),
            _ if is_own(call, service) => {
                call.error(said("practice-own-unit", &[("unit", service)]));
                2
            }
            "status" => status(call, service),
            "is-active" => {
                let active = call.machine().state.services.contains(service);
                call.line(if active { "active" } else { "inactive" });
                if active { 0 } else { 3 }
            }
            "is-enabled" => is_enabled(call, service),
            "start" | "restart" | "stop" | "reload" | "enable" | "disable" | "edit" | "revert"
            | "mask" | "unmask" => change(call, action, service, now),
            other => return not_played(call, other, PLAYED),
        };
        exit = exit.max(ended);
    }
    exit
}

const PLAYED: &str = "systemctl status, cat, start, stop, restart, enable [--now], disable, edit, revert, daemon-reload, is-active, is-enabled";

fn refused(call: &mut Call<'_>, what: &str) -> Option<Exit> {
    if call.is_root() {
        return None;
    }
    call.error(format!(
        "{what}: Interactive authentication required.\nSee system logs for details."
    ));
    Some(1)
}

/// The unit's own file and its drop-ins.
fn files(call: &mut Call<'_>, service: &str) -> Vec<String> {
    let machine = call.machine();
    let mut files = Vec::new();
    for folder in [FOLDER, "/run/systemd/system", "/usr/lib/systemd/system"] {
        let file = format!("{folder}/{service}.service");
        if machine.tree.exists(&file) {
            files.push(file);
            break;
        }
    }
    for folder in ["/usr/lib/systemd/system", FOLDER] {
        let folder = format!("{folder}/{service}.service.d");
        for name in machine.tree.list(&folder).unwrap_or_default() {
            if name.rsplit_once('.').is_some_and(|(_, end)| end == "conf") {
                files.push(format!("{folder}/{name}"));
            }
        }
    }
    files
}

/// Whether a person has written the unit, and no package brings it.
fn is_own(call: &mut Call<'_>, service: &str) -> bool {
    let file = format!("{FOLDER}/{service}.service");
    call.machine().tree.exists(&file) && !has_unit(call, service)
}

/// Services that come with the system have a unit although the recording does not hold its file.
fn has_unit(call: &mut Call<'_>, service: &str) -> bool {
    if service == PERSISTENCED {
        return !files(call, service).is_empty();
    }
    services::described(call.machine(), service).is_some()
}

fn status(call: &mut Call<'_>, service: &str) -> Exit {
    if !has_unit(call, service) {
        call.error(format!("Unit {service}.service could not be found."));
        return 4;
    }
    let about = services::described(call.machine(), service).unwrap_or("");
    let file = files(call, service)
        .into_iter()
        .next()
        .unwrap_or_else(|| format!("/usr/lib/systemd/system/{service}.service"));
    let enabled = enabled_word(call, service);
    let running = call.machine().state.services.contains(service);
    let failed = call.machine().state.failed_services.contains(service);
    let mark = if running {
        "●"
    } else if failed {
        "×"
    } else {
        "○"
    };
    let state = if running {
        "active (running)"
    } else if failed {
        "failed (Result: exit-code)"
    } else {
        "inactive (dead)"
    };
    call.line(format!(
        "{mark} {service}.service - {about}\n     Loaded: loaded ({file}; {enabled})"
    ));
    let drop_ins: Vec<String> = files(call, service)
        .into_iter()
        .filter(|file| file.contains(".service.d/"))
        .collect();
    if !drop_ins.is_empty() {
        call.line(format!("    Drop-In: {}", drop_ins.join(", ")));
    }
    call.line(format!("     Active: {state}"));
    if running
        && service == PERSISTENCED
        && let Some(command) = call.machine().state.daemon.clone()
    {
        call.line(format!("   Main PID: 1021 (nvidia-persiste)\n     CGroup: /system.slice/{service}.service\n             └─1021 {command}"));
    }
    if running { 0 } else { 3 }
}

fn cat(call: &mut Call<'_>, service: &str) -> Exit {
    let files = files(call, service);
    if files.is_empty() {
        call.error(format!("No files found for {service}.service."));
        return 1;
    }
    for (place, file) in files.iter().enumerate() {
        if place > 0 {
            call.line("");
        }
        let text = call.machine().tree.text(file).unwrap_or_default();
        call.line(format!("# {file}\n{}", text.trim_end()));
    }
    0
}

fn wants(service: &str) -> String {
    format!("{FOLDER}/multi-user.target.wants/{service}.service")
}

fn has_install_section(call: &mut Call<'_>, service: &str) -> bool {
    if service != PERSISTENCED {
        return true;
    }
    files(call, service).iter().any(|file| {
        call.machine()
            .tree
            .text(file)
            .is_ok_and(|text| text.contains("[Install]"))
    })
}

fn enabled_word(call: &mut Call<'_>, service: &str) -> &'static str {
    if !has_install_section(call, service) {
        "static"
    } else if call.machine().tree.get_link(&wants(service)).is_ok()
        || service == "docker"
        || service == "ssh"
    {
        "enabled"
    } else {
        "disabled"
    }
}

fn is_enabled(call: &mut Call<'_>, service: &str) -> Exit {
    if !has_unit(call, service) {
        call.error(format!(
            "Failed to get unit file state for {service}.service: No such file or directory"
        ));
        return 1;
    }
    let word = enabled_word(call, service);
    call.line(word);
    i32::from(word == "disabled")
}

fn change(call: &mut Call<'_>, action: &str, service: &str, now: bool) -> Exit {
    if let Some(exit) = refused(call, &format!("Failed to {action} {service}.service")) {
        return exit;
    }
    if !has_unit(call, service) {
        let said = match action {
            "enable" | "disable" => {
                format!("Failed to {action} unit: Unit file {service}.service does not exist.")
            }
            "edit" => format!("No files found for {service}.service."),
            _ => format!("Failed to {action} {service}.service: Unit {service}.service not found."),
        };
        call.error(said);
        return if matches!(action, "start" | "restart" | "stop") {
            5
        } else {
            1
        };
    }
    match action {
        "start" | "restart" | "reload" => {
            let on_disk = services::command(call.machine());
            if service == PERSISTENCED && on_disk != call.machine().state.daemon {
                call.error(format!("Warning: The unit file, source configuration file or drop-ins of {service}.service changed on disk. Run 'systemctl daemon-reload' to reload units."));
            }
            if action == "start" && call.machine().state.services.contains(service) {
                return 0;
            }
            services::stop(call.machine(), service);
            started(call, service)
        }
        "stop" => {
            services::stop(call.machine(), service);
            0
        }
        "enable" => {
            if has_install_section(call, service) {
                let link = wants(service);
                let target = format!("/usr/lib/systemd/system/{service}.service");
                call.line(format!("Created symlink {link} → {target}."));
                call.machine()
                    .put_file(&link, crate::practice::tree::Node::link(&target));
            } else {
                call.error("The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,\nAlso=, or Alias= settings in the [Install] section, and DefaultInstance= for\ntemplate units). This means they are not meant to be enabled or disabled using systemctl.");
            }
            if now { started(call, service) } else { 0 }
        }
        "disable" => {
            let link = wants(service);
            if call.machine().tree.remove(&link).is_ok() {
                call.line(format!("Removed \"{link}\"."));
            }
            if now {
                services::stop(call.machine(), service);
            }
            0
        }
        "edit" => edit(call, service),
        "revert" => {
            let folder = format!("{FOLDER}/{service}.service.d");
            for name in call.machine().tree.list(&folder).unwrap_or_default() {
                call.line(format!("Removed \"{folder}/{name}\"."));
            }
            if call.machine().tree.remove(&folder).is_ok() {
                call.line(format!("Removed \"{folder}\"."));
            }
            services::reload(call.machine());
            0
        }
        other => not_played(call, other, PLAYED),
    }
}

fn started(call: &mut Call<'_>, service: &str) -> Exit {
    match services::start(call.machine(), service) {
        Ok(()) => {
            call.machine().state.failed_services.remove(service);
            0
        }
        Err(NotStarted::NoUnit) => {
            call.error(format!(
                "Failed to start {service}.service: Unit {service}.service not found."
            ));
            5
        }
        Err(NotStarted::BadSetting) => {
            let verb = if call.rest().iter().any(|word| word == "restart") {
                "restart"
            } else {
                "start"
            };
            call.error(format!(
                "Failed to {verb} {service}.service: Unit {service}.service has a bad unit file setting.\nSee system logs and 'systemctl status {service}.service' for details."
            ));
            1
        }
        Err(NotStarted::Failed) => {
            call.machine()
                .state
                .failed_services
                .insert(service.to_owned());
            call.error(format!("Job for {service}.service failed because the control process exited with error code.\nSee \"systemctl status {service}.service\" and \"journalctl -xeu {service}.service\" for details."));
            1
        }
    }
}

/// The drop-in `override.conf`, in an editor; in a pipe, `--stdin` of newer systemds reads it from there.
fn edit(call: &mut Call<'_>, service: &str) -> Exit {
    let path = format!("{FOLDER}/{service}.service.d/override.conf");
    let before = call.machine().tree.text(&path).unwrap_or_default();
    let text = if call.rest().iter().any(|word| word == "--stdin") {
        String::from_utf8_lossy(&call.read_all()).into_owned()
    } else {
        match call.system.outside.edit(&path, &before) {
            Some(Edited::Saved(text)) => text,
            Some(Edited::Unchanged) => before.clone(),
            Some(Edited::Failed(why)) => {
                call.error(format!("Failed to execute editor: {why}"));
                return 1;
            }
            None => {
                return not_played(
                    call,
                    "an editor in a script",
                    &format!("sudo mkdir -p {FOLDER}/{service}.service.d, and sudo tee {path}"),
                );
            }
        }
    };
    if text.trim().is_empty() {
        call.error(format!(
            "Editing \"{path}\" canceled: temporary file is empty."
        ));
        return 0;
    }
    call.machine().put_text(&path, text);
    services::reload(call.machine());
    call.line(format!("Successfully installed edited file '{path}'."));
    0
}
