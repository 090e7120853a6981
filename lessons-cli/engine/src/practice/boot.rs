//! What happens when a practice machine starts again.

use crate::facts::Facts;
use crate::facts::system::Place;

use super::process::System;
use super::services;

/// How long it takes, in seconds.
const BOOT: i64 = 60;

/// Starts the machine again: what was only in memory is gone, what the boot reads takes effect.
pub(super) fn boot(system: &mut System) {
    system.machine.clock += BOOT;
    system.machine.started = system.machine.clock;
    system.machine.state.boots += 1;
    match Facts::new(&system.machine).place() {
        Place::Host => {}
        Place::Wsl => {
            system.machine.look_for_driver();
            return;
        }
        Place::Container | Place::Sandbox => return,
    }
    enroll_key(system);
    system.machine.start_kernel();
    services::start_all(&mut system.machine);
}

/// The firmware's own dialogue, which comes before Linux when a key waits. Who is not at the keyboard misses it, and the
/// key waits on.
fn enroll_key(system: &mut System) {
    let Some(password) = system.machine.state.key_waiting.clone() else {
        return;
    };
    let mut ask = |prompt: &str| {
        let answer = system.ask(prompt, false);
        answer.map(|answer| answer.trim().to_lowercase())
    };
    let chosen = ask("MOK management: 1) Continue boot  2) Enroll MOK ? ");
    if !matches!(chosen.as_deref(), Some("2" | "enroll" | "enroll mok")) {
        return;
    }
    let sure = ask("Enroll the key(s)? (yes/no) ");
    if !matches!(sure.as_deref(), Some("yes" | "y")) {
        return;
    }
    let typed = system.ask("Password: ", true);
    if typed.as_deref() == Some(password.as_str()) {
        system.machine.state.key_enrolled = true;
        system.machine.state.key_waiting = None;
    }
}
