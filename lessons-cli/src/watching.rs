//! Looks at the live machine again whenever something that its report rests on may have changed.
//!
//! What the last look has read tells what to watch. Files raise events; `/proc` and `/sys`, which raise none, are read
//! again and compared, as NVML is. Programs are slow, so what they said stands until a look shows that something else has
//! changed: then they are asked again on the side, and what they say leads to another look.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::machine::nvml::{Nvml, NvmlFailure};
use lessons_engine::machine::{Identity, Machine, NotRun, Output, Platform, Select, Stat, Unread};
use lessons_engine::recording::{Entry, NvmlEntry, Recording};
use lessons_engine::report::Report;
use lessons_engine::steps::Step;

use crate::live::{Live, LiveOptions};

pub mod disk;

use disk::{Disk, Watched};

/// How long a change is given to be complete: an installer writes many files.
const SETTLING: Duration = Duration::from_millis(10);

/// How many times as long as a look took the next one waits, while changes follow on each other.
const LOOK_REST: u32 = 4;

/// How many times as long as asking all programs took they are left alone, and how long at most.
const REST: u32 = 20;
const LONGEST_REST: Duration = Duration::from_mins(1);

/// How often NVML is read while its readings are quick, and how many times as long as a slow one took it is left alone.
const NVML_EVERY: Duration = Duration::from_secs(1);
const NVML_REST: u32 = 25;

/// How long watching goes on when nobody listens any more: a reader who turns a page is back at once.
const LINGER: Duration = Duration::from_secs(5);

/// What a watcher is told.
pub enum Nudge {
    /// Look once, even if nobody listens.
    Look,
    /// Ask everything anew. The look that has the answers gives the number back in [`Look::asked`].
    Ask(u64),
    /// From now on somebody listens, or nobody.
    Listening(bool),
    /// End.
    Stop,
    /// The kernel told of a change.
    Changed,
    /// What the machine said when all was asked anew.
    Answered(Box<Answers>),
    /// NVML was read.
    Nvml(Box<(NvmlEntry, Duration)>),
}

/// One look at the machine.
pub struct Look {
    /// What the checks say.
    pub report: Report,
    /// All that was read for that.
    pub memory: Arc<Recording>,
    /// The highest number that came with [`Nudge::Ask`] before what the programs said here was asked.
    pub asked: u64,
    /// Whether what the programs said is as new as the rest.
    pub settled: bool,
}

/// What the machine said when all was asked anew.
pub struct Answers {
    memory: Recording,
    outcomes: Vec<Outcome>,
    asked: u64,
    took: Duration,
    at: Instant,
}

/// Watches the live machine.
pub struct Watcher {
    options: LiveOptions,
    steps: Vec<&'static Step>,
    every: Duration,
    nudges: Receiver<Nudge>,
    sender: Sender<Nudge>,
    disk: Disk,
    listening: bool,
    idle_at: Option<Instant>,
    /// What the last look has read.
    memory: Option<Arc<Recording>>,
    answers: Option<Box<Answers>>,
    asking: bool,
    /// What was last asked for, and whether asking is due.
    wanted: u64,
    due: bool,
    /// When to look at what raises no events.
    tick_at: Instant,
    /// When a look that a change causes may begin: what changes all the time is not looked at all the time.
    look_at: Instant,
    /// When to read NVML; `None` while it is being read.
    nvml_at: Option<Instant>,
}

impl Watcher {
    /// A watcher that has seen nothing yet and that nobody listens to, and what to nudge it with. `every` is how often what
    /// raises no events is looked at.
    pub fn new(
        options: LiveOptions,
        steps: Vec<&'static Step>,
        every: Duration,
    ) -> (Self, Sender<Nudge>) {
        let (sender, nudges) = mpsc::channel();
        let changes = sender.clone();
        let watcher = Self {
            options,
            steps,
            every,
            nudges,
            sender: sender.clone(),
            disk: Disk::new(move || drop(changes.send(Nudge::Changed))),
            listening: false,
            idle_at: None,
            memory: None,
            answers: None,
            asking: false,
            wanted: 0,
            due: false,
            tick_at: Instant::now(),
            look_at: Instant::now(),
            nvml_at: Some(Instant::now()),
        };
        (watcher, sender)
    }

    /// Waits for the next look; `None` when told to stop.
    pub fn next_look(&mut self) -> Option<Look> {
        loop {
            let nudge = match self.patience() {
                Some(patience) => self.nudges.recv_timeout(patience),
                None => self.nudges.recv().map_err(RecvTimeoutError::from),
            };
            let look = match nudge {
                Ok(Nudge::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
                Ok(Nudge::Look) => self.look_or_ask(),
                Ok(Nudge::Ask(number)) => {
                    self.wanted = self.wanted.max(number);
                    self.due = true;
                    None
                }
                Ok(Nudge::Listening(true)) => {
                    self.idle_at = None;
                    if self.listening {
                        None
                    } else {
                        self.listening = true;
                        self.due = true;
                        self.look_or_ask()
                    }
                }
                Ok(Nudge::Listening(false)) => {
                    self.idle_at = Some(Instant::now() + LINGER);
                    None
                }
                Ok(Nudge::Changed) => self.settle(),
                Ok(Nudge::Answered(answers)) => {
                    self.asking = false;
                    self.answers = Some(answers);
                    Some(self.look())
                }
                Ok(Nudge::Nvml(reading)) => self.nvml_read(*reading),
                Err(RecvTimeoutError::Timeout) => self.tick(),
            };
            self.ask_if_due();
            if look.is_some() {
                return look;
            }
        }
    }

    /// How long to wait for a nudge.
    fn patience(&self) -> Option<Duration> {
        let asking = (self.due && !self.asking).then(|| self.rested_at());
        let looking = self.listening.then_some(self.tick_at);
        let until = [asking, looking, self.idle_at]
            .into_iter()
            .flatten()
            .min()?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    /// When the programs may be asked again.
    fn rested_at(&self) -> Instant {
        self.answers.as_ref().map_or_else(Instant::now, |answers| {
            answers.at + (answers.took * REST).min(LONGEST_REST)
        })
    }

    /// Waits until what changes has changed, and looks.
    fn settle(&mut self) -> Option<Look> {
        if !self.listening {
            return None;
        }
        let rest = self.look_at.saturating_duration_since(Instant::now());
        thread::sleep(SETTLING.max(rest));
        let mut later = Vec::new();
        while let Ok(nudge) = self.nudges.try_recv() {
            if !matches!(nudge, Nudge::Changed) {
                later.push(nudge);
            }
        }
        for nudge in later {
            let _ = self.sender.send(nudge);
        }
        self.look_or_ask()
    }

    /// It is time to look at what raises no events.
    fn tick(&mut self) -> Option<Look> {
        let now = Instant::now();
        if self.tick_at <= now {
            self.tick_at = now + self.every;
        }
        if self.idle_at.is_some_and(|at| at <= now) {
            self.idle_at = None;
            self.listening = false;
            self.disk.rest();
        }
        if !self.listening {
            return None;
        }
        // Where no step has asked NVML, none depends on it.
        let asks = |answers: &Answers| answers.memory.nvml.is_some();
        if self.nvml_at.is_some_and(|at| at <= now) && self.answers.as_deref().is_some_and(asks) {
            self.read_nvml();
        }
        let memory = self.memory.clone()?;
        if self.disk.has_changed() || self.has_kernel_changed(&memory) {
            return Some(self.look());
        }
        None
    }

    /// Looks, where what the programs said is known; else asks them first.
    fn look_or_ask(&mut self) -> Option<Look> {
        if self.answers.is_some() {
            Some(self.look())
        } else {
            self.due = true;
            None
        }
    }

    /// Reads all but what programs and NVML said.
    fn look(&mut self) -> Look {
        let started = Instant::now();
        let mut rounds = 0;
        let (report, memory) = loop {
            let live = Live::new(self.options.clone());
            let again = Again {
                live: &live,
                told: self.answers.as_ref().map(|answers| &answers.memory),
                before: self.memory.as_deref(),
                disk: &self.disk,
            };
            let facts = Facts::new(&again);
            let report = Report::of(&facts, self.steps.iter().copied());
            let memory = Arc::new(facts.recording("", "", ""));
            let paths = watched(&live, &memory);
            self.memory = Some(Arc::clone(&memory));
            rounds += 1;
            // What changed between reading and watching would not be told.
            if !self.listening || !self.disk.watch(&paths) || rounds == 3 {
                break (report, memory);
            }
        };
        self.look_at = Instant::now() + started.elapsed() * LOOK_REST;
        let agrees = self.answers.as_ref().is_some_and(|answers| {
            on_disk(&answers.memory).eq(on_disk(&memory)) && answers.outcomes == outcomes(&report)
        });
        self.due |= !agrees;
        Look {
            report,
            memory,
            asked: self.answers.as_ref().map_or(0, |answers| answers.asked),
            settled: agrees,
        }
    }

    /// Asks everything anew on another thread, if that is due.
    fn ask_if_due(&mut self) {
        // Somebody who presses a button does not wait for a rest.
        let pressed = self
            .answers
            .as_ref()
            .is_none_or(|answers| answers.asked < self.wanted);
        if !self.due || self.asking || !(pressed || self.rested_at() <= Instant::now()) {
            return;
        }
        self.due = false;
        let (options, steps, asked) = (self.options.clone(), self.steps.clone(), self.wanted);
        let sender = self.sender.clone();
        let ask = move || {
            let started = Instant::now();
            let live = Live::new(options);
            let facts = Facts::new(&live);
            let report = Report::of(&facts, steps);
            let answers = Answers {
                memory: facts.recording("", "", ""),
                outcomes: outcomes(&report),
                asked,
                took: started.elapsed(),
                at: Instant::now(),
            };
            let _ = sender.send(Nudge::Answered(Box::new(answers)));
        };
        self.asking = thread::Builder::new()
            .name("programs".to_owned())
            .spawn(ask)
            .is_ok();
    }

    /// Reads NVML on another thread.
    fn read_nvml(&mut self) {
        let (options, sender) = (self.options.clone(), self.sender.clone());
        let read = move || {
            let started = Instant::now();
            let reading = match Live::new(options).nvml() {
                Ok(ok) => NvmlEntry::Ok { ok },
                Err(failure) => NvmlEntry::Failed(failure),
            };
            let reading = Box::new((reading, started.elapsed()));
            let _ = sender.send(Nudge::Nvml(reading));
        };
        let reading = thread::Builder::new().name("nvml".to_owned()).spawn(read);
        self.nvml_at = reading.is_err().then(|| Instant::now() + LONGEST_REST);
    }

    fn nvml_read(&mut self, (reading, took): (NvmlEntry, Duration)) -> Option<Look> {
        let rest = NVML_EVERY.max((took * NVML_REST).min(LONGEST_REST));
        self.nvml_at = Some(Instant::now() + rest);
        let answers = self.answers.as_mut()?;
        if answers.memory.nvml.as_ref() == Some(&reading) {
            return None;
        }
        answers.memory.nvml = Some(reading);
        Some(self.look())
    }

    /// Whether something of the kernel's that the last look has read is no longer so.
    fn has_kernel_changed(&self, memory: &Recording) -> bool {
        let live = Live::new(self.options.clone());
        memory
            .files
            .iter()
            .filter(|(path, _)| is_kernel(path))
            .any(|(path, entry)| !is_still(&live, path, entry, memory))
            || memory
                .dirs
                .iter()
                .filter(|(path, _)| is_kernel(path))
                .any(|(path, names)| live.dir(path).as_ref() != Ok(names))
    }
}

/// Whether a path is the kernel's own, which raises no events and has no dates.
fn is_kernel(path: &str) -> bool {
    path.starts_with("/proc/") || path.starts_with("/sys/")
}

/// Whether what was read of a path would be read again.
fn is_still(live: &Live, path: &str, entry: &Entry, memory: &Recording) -> bool {
    if entry.text.is_some() || entry.lines.is_some() {
        live.text(path) == memory.text(path)
    } else if entry.link.is_some() {
        live.link(path) == memory.link(path)
    } else if entry.error.is_some() {
        // It was read as a file, as a folder or as neither.
        let before = memory.stat(path).err();
        live.stat(path).err() == before || live.text(path).err() == before
    } else {
        live.stat(path).is_ok()
    }
}

/// What a look has read of the disk.
fn on_disk(memory: &Recording) -> impl Iterator<Item = (&String, Result<&Entry, &Vec<String>>)> {
    let files = memory.files.iter().map(|(path, entry)| (path, Ok(entry)));
    let dirs = memory.dirs.iter().map(|(path, names)| (path, Err(names)));
    files.chain(dirs).filter(|(path, _)| !is_kernel(path))
}

/// What to watch for a look that has read this.
fn watched(live: &Live, memory: &Recording) -> BTreeSet<Watched> {
    let place = |path: &str, listed| {
        Some(Watched {
            path: live.place(path)?,
            listed,
        })
    };
    let files = memory.files.keys().map(|path| (path, false));
    let dirs = memory.dirs.keys().map(|path| (path, true));
    files
        .chain(dirs)
        .filter(|(path, _)| !is_kernel(path))
        .filter_map(|(path, listed)| place(path, listed))
        .collect()
}

fn outcomes(report: &Report) -> Vec<Outcome> {
    report
        .steps
        .iter()
        .map(|checked| checked.finding.outcome)
        .collect()
}

/// The live machine, without asking again what is known.
struct Again<'a> {
    live: &'a Live,
    /// What programs and NVML said.
    told: Option<&'a Recording>,
    /// What the last look has read, and whether it is as it was then.
    before: Option<&'a Recording>,
    disk: &'a Disk,
}

impl Machine for Again<'_> {
    fn identity(&self) -> Identity {
        self.live.identity()
    }

    fn platform(&self) -> Platform {
        self.live.platform()
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        self.live.text(path)
    }

    fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        self.live.link(path)
    }

    fn stat(&self, path: &str) -> Result<Stat, Unread> {
        self.live.stat(path)
    }

    fn dir(&self, path: &str) -> Result<Vec<String>, Unread> {
        self.live.dir(path)
    }

    /// Excerpts are of large files: one that has not changed is not read again.
    fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread> {
        let unchanged = self
            .live
            .place(path)
            .is_some_and(|place| self.disk.is_unchanged(&place));
        let before = self
            .before
            .filter(|_| unchanged)
            .and_then(|before| before.text(path).ok());
        before.map_or_else(|| self.live.excerpt(path, select), Ok)
    }

    fn command(&self, argv: &[&str]) -> Result<Output, NotRun> {
        match self.told.map(|told| told.command(argv)) {
            None | Some(Err(NotRun::NotRecorded)) => self.live.command(argv),
            Some(said) => said,
        }
    }

    fn env(&self, name: &str) -> Result<Option<String>, Unread> {
        self.live.env(name)
    }

    fn nvml(&self) -> Result<Nvml, NvmlFailure> {
        match self.told {
            Some(told) if told.nvml.is_some() => told.nvml(),
            _ => self.live.nvml(),
        }
    }
}

/// Watches a file, such as a recording, or a few.
pub struct FileWatcher {
    paths: BTreeSet<Watched>,
    every: Duration,
    nudges: Receiver<Nudge>,
    disk: Disk,
    listening: bool,
}

impl FileWatcher {
    /// A watcher of files, or of folders as such, that nobody listens to yet.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>, every: Duration) -> (Self, Sender<Nudge>) {
        let watched = |path| Watched {
            path,
            listed: false,
        };
        let (sender, nudges) = mpsc::channel();
        let changes = sender.clone();
        let watcher = Self {
            paths: paths.into_iter().map(watched).collect(),
            every,
            nudges,
            disk: Disk::new(move || drop(changes.send(Nudge::Changed))),
            listening: false,
        };
        (watcher, sender)
    }

    /// Waits until the file is to be read; `None` when told to stop. Gives back the number of [`Nudge::Ask`], if it was that.
    pub fn next_reading(&mut self) -> Option<Option<u64>> {
        loop {
            let nudge = if self.listening {
                self.nudges.recv_timeout(self.every)
            } else {
                self.nudges.recv().map_err(RecvTimeoutError::from)
            };
            let asked = match nudge {
                Ok(Nudge::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
                Ok(Nudge::Listening(false)) => {
                    self.listening = false;
                    self.disk.rest();
                    continue;
                }
                Ok(Nudge::Listening(true)) => {
                    self.listening = true;
                    None
                }
                Ok(Nudge::Changed) if self.listening => None,
                Err(RecvTimeoutError::Timeout) if self.disk.has_changed() => None,
                Ok(Nudge::Look) => None,
                Ok(Nudge::Ask(number)) => Some(number),
                Ok(Nudge::Changed | Nudge::Answered(_) | Nudge::Nvml(_))
                | Err(RecvTimeoutError::Timeout) => continue,
            };
            // Before it is read: what changes from here on is seen.
            if self.listening {
                self.disk.watch(&self.paths);
            }
            return Some(asked);
        }
    }
}
