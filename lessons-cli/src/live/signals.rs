//! Ctrl-C and its kin: programs run in process groups of their own, which a terminal's Ctrl-C does not reach.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The process groups that run now. A group is in here from before its program starts until after it is reaped, so
/// that none is missed and no number is used a second time by the system in between.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Whether Ctrl-C is only noted, and whether it was pressed since the last look.
static NOTING: AtomicBool = AtomicBool::new(false);
static NOTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C ends nothing; [`take_interrupt`] tells of it.
pub fn note_interrupts() {
    NOTING.store(true, Ordering::SeqCst);
}

/// Whether Ctrl-C was pressed since the last time.
pub fn take_interrupt() -> bool {
    NOTED.swap(false, Ordering::SeqCst)
}

fn running() -> MutexGuard<'static, BTreeSet<i32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the leader of a group.
pub(super) fn spawn(command: &mut Command) -> io::Result<Child> {
    let mut running = running();
    let child = command.spawn()?;
    running.insert(child.id().cast_signed());
    Ok(child)
}

/// Runs what reaps the leader of a group, after which the group is no longer known. `reap` says whether it did.
pub(super) fn reap<T>(leader: &mut Child, reap: impl FnOnce(&mut Child) -> Option<T>) -> Option<T> {
    let mut running = running();
    let reaped = reap(leader)?;
    running.remove(&leader.id().cast_signed());
    Some(reaped)
}

/// Kills the group of a leader that is not reaped.
pub(super) fn kill(leader: &Child) {
    kill_group(leader.id().cast_signed());
}

/// Kills every program that runs for a live machine, with all that it has started. For a signal handler's thread; a
/// machine that is dropped does this by itself.
pub fn end_programs() {
    for &group in running().iter() {
        kill_group(group);
    }
}

/// From now on Ctrl-C, SIGTERM and SIGHUP first end every program that runs for a live machine, then this process,
/// as if nobody had handled them. A signal that is ignored (`nohup`) stays ignored.
pub fn end_programs_on_signals() -> io::Result<()> {
    let ignored = ignored_signals();
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter();
    let mut signals = Signals::new(wanted.filter(|signal| ignored & (1 << (signal - 1)) == 0))?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                if signal == SIGINT && NOTING.load(Ordering::SeqCst) {
                    NOTED.store(true, Ordering::SeqCst);
                    continue;
                }
                // Held until the process is gone: nothing starts any more.
                let running = running();
                for &group in running.iter() {
                    kill_group(group);
                }
                // Does not come back.
                let _ = emulate_default_handler(signal);
            }
        })?;
    Ok(())
}

fn kill_group(group: i32) {
    // 0 and 1 would be this process's own group, and everything.
    if let Some(group) = Pid::from_raw(group).filter(|group| group.as_raw_nonzero().get() > 1) {
        // A group that has ended already is all one could wish for.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The signals that this process ignores, bit 0 for signal 1; none where `/proc` does not tell.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).unwrap_or(0)
}
