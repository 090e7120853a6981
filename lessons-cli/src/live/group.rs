//! A program with everything that it starts: ended as one.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use super::signals;

/// How long a killed program is waited for. One that hangs in the kernel, as a program does that asks a lost GPU,
/// dies only when the kernel lets go of it.
const REAP_LIMIT: Duration = Duration::from_millis(100);

/// A running program in a process group of its own, which ends with this value.
#[derive(Debug)]
pub(super) struct Group {
    /// The program that was started.
    pub(super) leader: Child,
    /// Nothing more can be done to end it.
    ended: bool,
}

impl Group {
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        let leader = {
            use std::os::unix::process::CommandExt;
            signals::spawn(command.process_group(0))?
        };
        #[cfg(not(unix))]
        let leader = command.spawn()?;
        Ok(Self {
            leader,
            ended: false,
        })
    }

    /// Whether the leader has ended. It is not reaped yet: until then no other process gets its number, so that
    /// killing the rest of the group cannot hit a stranger.
    pub(super) fn has_ended(&mut self) -> bool {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            // An error means that there is no such child any more.
            !matches!(
                waitid(WaitId::Pid(Pid::from_child(&self.leader)), options),
                Ok(None)
            )
        }
        #[cfg(not(unix))]
        {
            !matches!(self.leader.try_wait(), Ok(None))
        }
    }

    /// Kills what is left of the group, and reaps the leader; `None` where it will not die.
    pub(super) fn end(&mut self) -> Option<io::Result<ExitStatus>> {
        self.ended = true;
        #[cfg(unix)]
        signals::kill(&self.leader);
        #[cfg(not(unix))]
        // Fails where it has ended by itself.
        let _ = self.leader.kill();
        let started = Instant::now();
        let mut pause = Duration::from_micros(50);
        loop {
            if let Some(status) = self.reap() {
                return Some(status);
            }
            if started.elapsed() > REAP_LIMIT {
                return None;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }

    fn reap(&mut self) -> Option<io::Result<ExitStatus>> {
        let try_wait = |leader: &mut Child| leader.try_wait().transpose();
        #[cfg(unix)]
        return signals::reap(&mut self.leader, try_wait);
        #[cfg(not(unix))]
        return try_wait(&mut self.leader);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.end();
        }
    }
}
