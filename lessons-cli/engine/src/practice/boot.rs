//! What happens when a practice machine starts again.

use super::process::System;

/// How long it takes, in seconds.
const BOOT: i64 = 60;

/// Starts the machine again: what was only in memory is gone, what the boot reads takes effect.
pub(super) fn boot(system: &mut System) {
    system.machine.clock += BOOT;
    system.machine.state.boots += 1;
}
