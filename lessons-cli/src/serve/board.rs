//! What one machine's checks say now: looked at once, for all pages that show it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::http::StatusCode;
use bytes::Bytes;
use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::recording::Recording;
use lessons_engine::report::{Document, Report};
use lessons_engine::steps;
use lessons_engine::texts::Texts;
use tokio::sync::{broadcast, watch};

use super::documents::{Marks, StepDetail, StepsDocument};
use super::frame;
use super::problem::Problem;
use crate::live::LiveOptions;
use crate::machines;
use crate::watching::{FileWatcher, Nudge, Watcher};

/// How often what raises no events is looked at while a page listens.
const EVERY: Duration = Duration::from_millis(500);

/// How old a look may be that somebody asks for when nobody listens.
const FRESH: Duration = Duration::from_secs(1);

/// How long to wait for a first look, or one that was asked for: programs and torch have time limits of their own.
const PATIENCE: Duration = Duration::from_secs(75);

/// How many changes a page may be behind before it is sent everything.
pub(super) const BEHIND: usize = 64;

/// One machine.
pub(super) struct Board {
    texts: Arc<Texts>,
    /// The last look; `None` before the first.
    now: watch::Sender<Option<Arc<Now>>>,
    changes: broadcast::Sender<Change>,
    /// What wakes its watcher; a bundled recording has none, since it does not change.
    nudge: Option<Sender<Nudge>>,
    listeners: AtomicUsize,
    asked: AtomicU64,
    read: Read,
    /// How this machine is read, where it is this one.
    live: Option<LiveOptions>,
    /// The last whole document that was sent, with what it was made of.
    whole: Mutex<Option<(u64, u64, frame::Report)>>,
}

/// What the last report was read from.
enum Read {
    /// A recording that came along, which can be had again at any time: all of them would be much to keep.
    Bundled(&'static str),
    /// This, once there is something.
    Kept(Mutex<Option<Arc<Recording>>>),
}

/// What the checks said at some moment.
pub(super) struct Now {
    number: u64,
    at: Instant,
    asked: u64,
    /// The whole report.
    pub(super) document: Document,
    /// Each of its steps, with what else there is to say of it.
    pub(super) steps: Vec<StepDetail>,
    /// The same as JSON, to tell what changed.
    json: Vec<String>,
    /// Why this is not the newest, where it is not: a recording that cannot be read any more.
    pub(super) problem: Option<Problem>,
}

/// What changed.
#[derive(Clone)]
pub(super) enum Change {
    /// The step with this index.
    Step(usize, Arc<Now>),
    /// The machine cannot be read any more.
    Problem(Bytes),
}

impl Now {
    /// The step with an id.
    pub(super) fn step(&self, id: &str) -> Option<&StepDetail> {
        self.steps.iter().find(|detail| detail.step.id == id)
    }
}

/// Somebody who listens. Dropping it ends that.
pub(super) struct Listener(Arc<Board>);

impl Drop for Listener {
    fn drop(&mut self) {
        if self.0.listeners.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.tell(Nudge::Listening(false));
        }
    }
}

impl Board {
    fn new(texts: &Arc<Texts>, nudge: Option<Sender<Nudge>>) -> Self {
        Self {
            texts: Arc::clone(texts),
            now: watch::Sender::new(None),
            changes: broadcast::Sender::new(BEHIND),
            nudge,
            listeners: AtomicUsize::new(0),
            asked: AtomicU64::new(0),
            read: Read::Kept(Mutex::default()),
            live: None,
            whole: Mutex::default(),
        }
    }

    /// A recording that came along; `None` where there is none of that name.
    pub(super) fn of_bundled(name: &'static str, texts: &Arc<Texts>) -> Option<Arc<Self>> {
        let recording = bundled::recording(name)?.ok()?;
        let board = Self {
            read: Read::Bundled(name),
            ..Self::new(texts, None)
        };
        board.publish(&Report::of_all(&Facts::new(&recording)), 0);
        Some(Arc::new(board))
    }

    /// A recording that does not change.
    pub(super) fn of_recording(recording: Recording, texts: &Arc<Texts>) -> Arc<Self> {
        let board = Self::new(texts, None);
        board.publish(&Report::of_all(&Facts::new(&recording)), 0);
        board.keep(recording);
        Arc::new(board)
    }

    /// A recording in a file, which is read again whenever it changes.
    pub(super) fn of_file(
        path: PathBuf,
        recording: Recording,
        texts: &Arc<Texts>,
    ) -> Result<Arc<Self>> {
        let (mut watcher, nudge) = FileWatcher::new([path.clone()], EVERY);
        let board = Arc::new(Self::new(texts, Some(nudge)));
        board.publish(&Report::of_all(&Facts::new(&recording)), 0);
        board.keep(recording);
        let ours = Arc::clone(&board);
        thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || {
                let mut asked = 0;
                while let Some(number) = watcher.next_reading() {
                    asked = asked.max(number.unwrap_or(0));
                    match machines::open(&path.to_string_lossy()) {
                        Ok(recording) => {
                            ours.publish(&Report::of_all(&Facts::new(&recording)), asked);
                            ours.keep(recording);
                        }
                        Err(error) => ours.fail(&error, asked),
                    }
                }
            })?;
        Ok(board)
    }

    /// The live machine. `remember` is called with every report in which everything is of one moment.
    pub(super) fn of_live(
        options: LiveOptions,
        texts: &Arc<Texts>,
        remember: impl Fn(&Report) + Send + 'static,
    ) -> Result<Arc<Self>> {
        let (mut watcher, nudge) = Watcher::new(options.clone(), steps::all().collect(), EVERY);
        let board = Arc::new(Self {
            live: Some(options),
            ..Self::new(texts, Some(nudge))
        });
        let ours = Arc::clone(&board);
        thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                while let Some(look) = watcher.next_look() {
                    // First what is remembered, so that a step and its tick change together.
                    if look.settled {
                        remember(&look.report);
                    }
                    ours.keep(look.memory);
                    ours.publish(&look.report, look.asked);
                }
            })?;
        Ok(board)
    }

    /// What the last report was read from.
    pub(super) fn recording(&self) -> Option<Arc<Recording>> {
        match &self.read {
            Read::Bundled(name) => bundled::recording(name)?.ok().map(Arc::new),
            Read::Kept(read) => read.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// How more is read of the machine, where it is this one.
    pub(super) fn live(&self) -> Option<&LiveOptions> {
        self.live.as_ref()
    }

    fn keep(&self, recording: impl Into<Arc<Recording>>) {
        if let Read::Kept(read) = &self.read {
            *read.lock().unwrap_or_else(PoisonError::into_inner) = Some(recording.into());
        }
    }

    /// Ends watching.
    pub(super) fn stop(&self) {
        self.tell(Nudge::Stop);
    }

    /// Listens from now on; changes come through the receiver.
    pub(super) fn listen(self: &Arc<Self>) -> (Listener, broadcast::Receiver<Change>) {
        let changes = self.changes.subscribe();
        if self.listeners.fetch_add(1, Ordering::SeqCst) == 0 {
            self.tell(Nudge::Listening(true));
        }
        (Listener(Arc::clone(self)), changes)
    }

    /// What the checks say. While nobody listens it may be a second old.
    pub(super) async fn now(&self) -> Result<Arc<Now>, Problem> {
        let asked = Instant::now();
        let known = self.now.borrow().clone();
        let listened_to = self.listeners.load(Ordering::SeqCst) > 0;
        match known {
            Some(now) if self.nudge.is_none() || listened_to || now.at.elapsed() < FRESH => {
                return Ok(now);
            }
            // The first look is on its way.
            None if listened_to => {}
            _ => self.tell(Nudge::Look),
        }
        self.wait(|now| now.at >= asked).await
    }

    /// What the checks say when everything is asked anew.
    pub(super) async fn check(&self) -> Result<Arc<Now>, Problem> {
        if self.nudge.is_none() {
            return self.now().await;
        }
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.tell(Nudge::Ask(number));
        self.wait(|now| now.asked >= number).await
    }

    /// Tells all pages of a step, though nothing of it may have changed: it was checked.
    pub(super) fn show(&self, now: &Arc<Now>, id: &str) {
        if let Some(index) = now.steps.iter().position(|detail| detail.step.id == id) {
            // Nobody listening is fine.
            let _ = self.changes.send(Change::Step(index, Arc::clone(now)));
        }
    }

    /// The whole document with the reader's progress, made once for all who ask.
    pub(super) fn whole(&self, now: &Now, marks: &Marks, marks_number: u64) -> frame::Report {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        match &*whole {
            Some((of, with, report)) if *of == now.number && *with == marks_number => {
                report.clone()
            }
            _ => {
                let document = StepsDocument {
                    report: &now.document,
                    progress: marks,
                };
                let report = frame::Report::new(&document);
                *whole = Some((now.number, marks_number, report.clone()));
                report
            }
        }
    }

    async fn wait(&self, enough: impl Fn(&Now) -> bool) -> Result<Arc<Now>, Problem> {
        let mut now = self.now.subscribe();
        let found = now.wait_for(|now| now.as_deref().is_some_and(&enough));
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(Ok(now)) => now.clone().ok_or_else(Problem::busy),
            _ => Err(Problem::new(
                StatusCode::GATEWAY_TIMEOUT,
                "the machine has not answered in time",
                "see what `lessons check` says in a terminal",
            )),
        }
    }

    fn tell(&self, nudge: Nudge) {
        if let Some(sender) = &self.nudge {
            // It fails only at the end, when nobody is left to tell.
            let _ = sender.send(nudge);
        }
    }

    /// Takes in a report, and tells of what changed.
    fn publish(&self, report: &Report, asked: u64) {
        let document = report.document(&self.texts);
        let steps: Vec<StepDetail> = report
            .steps
            .iter()
            .map(|checked| StepDetail::of(checked, &self.texts))
            .collect();
        let json = steps
            .iter()
            .map(|detail| serde_json::to_string(detail).unwrap_or_default())
            .collect();
        self.take(document, steps, json, asked, None);
    }

    /// The machine cannot be read any more: what was known of it stays, and why is said.
    fn fail(&self, error: &anyhow::Error, asked: u64) {
        let Some(before) = self.now.borrow().clone() else {
            return;
        };
        let problem = Problem::new(
            StatusCode::CONFLICT,
            lessons_engine::visible::visible_lines(&format!("{error:#}")),
            "what is shown is what it held before; mend the file, and the page follows",
        );
        let (document, steps, json) = (
            before.document.clone(),
            before.steps.clone(),
            before.json.clone(),
        );
        self.take(document, steps, json, asked, Some(problem));
    }

    fn take(
        &self,
        document: Document,
        steps: Vec<StepDetail>,
        json: Vec<String>,
        asked: u64,
        problem: Option<Problem>,
    ) {
        let before = self.now.borrow().clone();
        let same = before.as_ref().is_some_and(|before| {
            before.json == json
                && before.problem == problem
                && before.document.machine == document.machine
        });
        let number = match &before {
            // The same answer as before need not be written out again.
            Some(before) if same => before.number,
            _ => frame::number(),
        };
        let now = Arc::new(Now {
            number,
            at: Instant::now(),
            asked,
            document,
            steps,
            json,
            problem,
        });
        self.now.send_replace(Some(Arc::clone(&now)));
        let Some(before) = before.filter(|_| !same) else {
            return;
        };
        for (index, json) in now.json.iter().enumerate() {
            if before.json.get(index) != Some(json) {
                let _ = self.changes.send(Change::Step(index, Arc::clone(&now)));
            }
        }
        if now.problem != before.problem {
            let _ = self
                .changes
                .send(Change::Problem(frame::problem(now.problem.as_ref())));
        }
    }
}
