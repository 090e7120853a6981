//! NVML, asked once, on a thread that is left behind where the library hangs.

use std::mem;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lessons_engine::machine::nvml::{Nvml, NvmlCode, NvmlFailure};

use super::files::Files;

#[cfg(any(target_os = "linux", windows))]
mod reading;

/// NVML, asked or about to be.
#[derive(Debug)]
pub(super) struct Asked {
    limit: Duration,
    state: Mutex<State>,
}

type Answer = Result<Nvml, NvmlFailure>;

#[derive(Debug)]
enum State {
    NotYet,
    Asked {
        answer: Receiver<Answer>,
        deadline: Instant,
    },
    Answered(Answer),
}

/// The answer where asking would wake a sleeping GPU.
pub(super) fn suspended() -> NvmlFailure {
    NvmlCode::Suspended.into()
}

impl Asked {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            state: Mutex::new(State::NotYet),
        }
    }

    /// Asks, unless that was done before.
    pub(super) fn start(&self, files: &Files) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::NotYet) {
            *state = self.ask(files);
        }
    }

    /// The answer, waited for until the time limit.
    pub(super) fn answer(&self, files: &Files) -> Answer {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::NotYet) {
            *state = self.ask(files);
        }
        let timed_out = || Err(NvmlCode::TimedOut.into());
        let answer = match mem::replace(&mut *state, State::Answered(timed_out())) {
            State::Answered(answer) => answer,
            State::Asked { answer, deadline } => {
                let left = deadline.saturating_duration_since(Instant::now());
                match answer.recv_timeout(left) {
                    Ok(answer) => answer,
                    Err(RecvTimeoutError::Timeout) => timed_out(),
                    Err(RecvTimeoutError::Disconnected) => Err(NvmlCode::Unknown.into()),
                }
            }
            State::NotYet => unreachable!("it was asked just now"),
        };
        *state = State::Answered(answer.clone());
        answer
    }

    fn ask(&self, files: &Files) -> State {
        let (sender, answer) = mpsc::channel();
        let files = files.clone();
        let thread = thread::Builder::new()
            .name("nvml".to_owned())
            // Fails where nobody waits any more.
            .spawn(move || drop(sender.send(read(&files))));
        match thread {
            Ok(_) => State::Asked {
                answer,
                deadline: Instant::now() + self.limit,
            },
            Err(_) => State::Answered(Err(NvmlCode::InsufficientResources.into())),
        }
    }
}

#[cfg(any(target_os = "linux", windows))]
fn read(files: &Files) -> Answer {
    reading::read(files)
}

/// No other platform has a driver, so none has NVML.
#[cfg(not(any(target_os = "linux", windows)))]
fn read(_files: &Files) -> Answer {
    Err(NvmlCode::NoNvml.into())
}
