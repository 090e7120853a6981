//! What lies around a machine's own packages: snap, and the Windows that WSL runs in.

use crate::practice::process::{Call, Exit, Power};

use super::{Program, not_played};

pub(super) const PROGRAMS: &[Program] = &[
    Program::installed("snap", snap),
    Program::installed("wsl.exe", wsl),
];

/// Snaps and their programs (the words are those of snapd's `cmd/snap`).
fn snap(call: &mut Call<'_>) -> Exit {
    let words: Vec<String> = call
        .rest()
        .into_iter()
        .filter(|word| word != "--purge" && word != "--classic")
        .collect();
    let there: Vec<String> = call
        .machine()
        .tree
        .list("/snap")
        .unwrap_or_default()
        .into_iter()
        .filter(|name| name != "bin" && name != "README")
        .collect();
    match (words.first().map(String::as_str), words.get(1)) {
        (Some("list"), None) => {
            if there.is_empty() {
                call.error("No snaps are installed yet. Try 'snap install hello-world'.");
                return 0;
            }
            call.line("Name    Version  Rev   Tracking       Publisher   Notes");
            for name in there {
                call.line(format!(
                    "{name:<7} 28.4.0   3377  latest/stable  canonical✓  -"
                ));
            }
            0
        }
        (Some("remove"), Some(name)) => {
            if !call.is_root() {
                call.error("error: access denied (try with sudo)");
                return 1;
            }
            let name = crate::visible::visible(name);
            if !there.contains(&name) {
                call.error(format!("snap \"{name}\" is not installed"));
                return 0;
            }
            let machine = call.machine();
            let _ = machine.tree.remove(&format!("/snap/{name}"));
            let _ = machine.tree.remove(&format!("/snap/bin/{name}"));
            machine.state.services.remove(&name);
            call.line(format!("{name} removed"));
            0
        }
        (None, _) => {
            call.line("The snap command lets you install, configure, refresh and remove snaps.\n\nUsage: snap <command> [<options>...]");
            0
        }
        (Some(other), _) => not_played(call, other, "snap list, snap remove NAME; apt install"),
    }
}

/// Windows' own program, which WSL finds on its PATH.
fn wsl(call: &mut Call<'_>) -> Exit {
    match call.rest().first().map(String::as_str) {
        Some("--shutdown") => {
            // WSL and all that runs in it ends; the next terminal starts it again.
            call.system.power = Some(Power::Reboot);
            0
        }
        Some("--status") => {
            call.line("Default Distribution: Ubuntu\nDefault Version: 2");
            0
        }
        other => {
            let other = other.unwrap_or_default().to_owned();
            not_played(call, &other, "wsl.exe --shutdown, wsl.exe --status")
        }
    }
}
