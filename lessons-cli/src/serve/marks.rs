//! The reader's progress as all pages show it: what this server remembers, and what a terminal next to it does.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::http::StatusCode;
use bytes::Bytes;
use lessons_engine::finding::Outcome;
use lessons_engine::report::Report;
use lessons_engine::steps::{self, Step};
use tokio::sync::broadcast;

use super::documents::{Action, Marks, ProgressDocument, StepProgress};
use super::frame;
use super::problem::Problem;
use crate::clock;
use crate::progress::{MarkKind, Progress, Store, StoreError};
use crate::watching::{FileWatcher, Nudge};

/// How often the file is looked at where nothing tells of its changes.
const EVERY: Duration = Duration::from_millis(500);

/// How old what was read may be while nothing watches the file.
const FRESH: Duration = Duration::from_millis(200);

/// Progress, watched while a page listens.
pub(super) struct Keeper {
    store: Store,
    /// Held from reading or writing the file until that is taken in, so that nothing older follows on something newer.
    turn: Mutex<()>,
    now: Mutex<Now>,
    changes: broadcast::Sender<Bytes>,
    nudge: Option<Sender<Nudge>>,
    listeners: Mutex<usize>,
}

struct Now {
    held: Arc<Held>,
    at: Instant,
    /// Whether there was anything in the state folder.
    known: bool,
    /// Where the state folder was removed under our hands: what to say from then on.
    lost: Option<String>,
    /// What this machine's checks said last, which is remembered again in an empty folder.
    outcomes: Vec<(&'static str, Outcome)>,
}

/// Progress at some moment.
pub(super) struct Held {
    /// Goes up with every change.
    pub(super) number: u64,
    /// Where the reader is with every step.
    pub(super) marks: Marks,
    /// What is wrong with the file, if anything.
    pub(super) notice: Option<String>,
}

impl Held {
    /// As the API shows it.
    pub(super) fn document(&self) -> ProgressDocument<'_> {
        ProgressDocument {
            progress: &self.marks,
            notice: self.notice.as_deref(),
        }
    }

    /// Where the reader is with a step.
    pub(super) fn step(&self, id: &str) -> StepProgress {
        self.marks
            .get(id)
            .cloned()
            .unwrap_or_else(|| StepProgress::of(&Progress::default(), id))
    }
}

/// Somebody who listens. Dropping it ends that.
pub(super) struct Listener(Arc<Keeper>);

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = lock(&self.0.listeners);
        *listeners -= 1;
        if *listeners == 0 {
            self.0.tell(Nudge::Listening(false));
        }
    }
}

impl Keeper {
    /// Reads what there is.
    pub(super) fn new(store: Store) -> Result<Arc<Self>> {
        let mut watcher = None;
        let mut nudge = None;
        if let (Ok(file), Ok(folder)) = (store.file(), store.folder()) {
            // The folder too: without it a file that is gone looks like one that is not there yet.
            let (watching, sender) = FileWatcher::new([file, folder.to_owned()], EVERY);
            (watcher, nudge) = (Some(watching), Some(sender));
        }
        let reading = store.read();
        let keeper = Arc::new(Self {
            now: Mutex::new(Now {
                held: Arc::new(Held {
                    number: frame::number(),
                    marks: marks(&reading.progress),
                    notice: reading.notice.map(|notice| notice.to_string()),
                }),
                at: Instant::now(),
                known: !reading.progress.is_empty(),
                lost: None,
                outcomes: Vec::new(),
            }),
            store,
            turn: Mutex::default(),
            changes: broadcast::Sender::new(super::board::BEHIND),
            nudge,
            listeners: Mutex::new(0),
        });
        if let Some(mut watcher) = watcher {
            let ours = Arc::clone(&keeper);
            thread::Builder::new()
                .name("progress".to_owned())
                .spawn(move || {
                    while watcher.next_reading().is_some() {
                        ours.read();
                    }
                })?;
        }
        Ok(keeper)
    }

    /// Ends watching.
    pub(super) fn stop(&self) {
        self.tell(Nudge::Stop);
    }

    /// Listens from now on.
    pub(super) fn listen(self: &Arc<Self>) -> (Listener, broadcast::Receiver<Bytes>) {
        let changes = self.changes.subscribe();
        let mut listeners = lock(&self.listeners);
        if *listeners == 0 {
            self.tell(Nudge::Listening(true));
        }
        *listeners += 1;
        (Listener(Arc::clone(self)), changes)
    }

    /// Progress as it is now.
    pub(super) fn held(&self) -> Arc<Held> {
        let listened_to = *lock(&self.listeners) > 0;
        let now = lock(&self.now);
        if listened_to || now.at.elapsed() < FRESH {
            return Arc::clone(&now.held);
        }
        drop(now);
        self.read()
    }

    /// Remembers what the live machine's checks said.
    pub(super) fn remember(&self, report: &Report) {
        lock(&self.now).outcomes = report
            .steps
            .iter()
            .map(|checked| (checked.step.id, checked.finding.outcome))
            .collect();
        let _turn = lock(&self.turn);
        self.save();
    }

    /// Does what the reader says of a step by hand.
    pub(super) fn change(&self, step: &Step, action: Action) -> Result<Arc<Held>, Problem> {
        let failed = |error: String, advice: &str| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error, advice)
        };
        let now = clock::now().map_err(|error| failed(format!("{error:#}"), "set the clock"))?;
        let _turn = lock(&self.turn);
        self.note_loss();
        let updated = self
            .store
            .update(now, |progress| match action {
                Action::Done => progress.mark(step.id, MarkKind::Done, now),
                Action::Skip => progress.mark(step.id, MarkKind::Skipped, now),
                Action::Reset => {
                    progress.reset(step.id);
                }
            })
            .map_err(|error| {
                failed(
                    format!("your progress was not changed: {error}"),
                    error.advice(),
                )
            })?;
        Ok(self.take(
            &updated.progress,
            updated.notice.map(|notice| notice.to_string()),
        ))
    }

    /// Writes what this machine's checks said last; it is this one's turn.
    fn save(&self) {
        self.note_loss();
        let outcomes = lock(&self.now).outcomes.clone();
        let saved = clock::now().and_then(|now| {
            self.store
                .update(now, |progress| progress.record(outcomes, now))
                .map_err(|error| anyhow::anyhow!("{error}; {}", StoreError::advice(&error)))
        });
        match saved {
            Ok(updated) => {
                self.take(
                    &updated.progress,
                    updated.notice.map(|notice| notice.to_string()),
                );
            }
            Err(error) => self.complain(format!("your progress is not saved: {error:#}")),
        }
    }

    /// Reads the file again.
    fn read(&self) -> Arc<Held> {
        let _turn = lock(&self.turn);
        if self.note_loss() {
            self.save();
            return Arc::clone(&lock(&self.now).held);
        }
        let reading = self.store.read();
        self.take(
            &reading.progress,
            reading.notice.map(|notice| notice.to_string()),
        )
    }

    /// Whether the state folder was there and is no more. From then on that is said.
    fn note_loss(&self) -> bool {
        let Ok(folder) = self.store.folder() else {
            return false;
        };
        let mut now = lock(&self.now);
        if !now.known || folder.exists() {
            return false;
        }
        now.known = false;
        now.lost = Some(format!(
            "the folder with your progress was removed: {}; progress starts anew with what this machine shows now",
            folder.display()
        ));
        true
    }

    /// Says what is wrong, and keeps what is known.
    fn complain(&self, notice: String) {
        let mut now = lock(&self.now);
        if now.held.notice.as_ref() == Some(&notice) {
            return;
        }
        let held = Held {
            number: frame::number(),
            marks: now.held.marks.clone(),
            notice: Some(notice),
        };
        self.publish(&mut now, held);
    }

    /// Takes in what was read or written, and tells if that is new.
    fn take(&self, progress: &Progress, notice: Option<String>) -> Arc<Held> {
        let marks = marks(progress);
        let mut now = lock(&self.now);
        now.at = Instant::now();
        now.known |= !progress.is_empty();
        let notice = notice.or_else(|| now.lost.clone());
        if now.held.marks != marks || now.held.notice != notice {
            let held = Held {
                number: frame::number(),
                marks,
                notice,
            };
            self.publish(&mut now, held);
        }
        Arc::clone(&now.held)
    }

    fn publish(&self, now: &mut Now, held: Held) {
        if let Some(notice) = &held.notice
            && now.held.notice.as_ref() != Some(notice)
        {
            super::note(notice);
        }
        let _ = self
            .changes
            .send(frame::event("progress", &held.document()));
        now.held = Arc::new(held);
    }

    fn tell(&self, nudge: Nudge) {
        if let Some(sender) = &self.nudge {
            let _ = sender.send(nudge);
        }
    }
}

fn marks(progress: &Progress) -> Marks {
    steps::all()
        .map(|step| (step.id, StepProgress::of(progress, step.id)))
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
