//! Facts: typed values read from a machine, each read at most once and remembered with where it was read.
//!
//! [`Facts`] is what checks see of a machine. It asks the machine raw questions through a memory, which is why a
//! recording of the machine is nothing but that memory written down: see [`Facts::recording`].
//!
//! The typed facts are grouped by what they are about: [`system`], [`driver`], [`gpus`], [`cuda`], [`python`], [`libc`].

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;

use crate::machine::nvml::{Nvml, NvmlCode, NvmlFailure};
use crate::machine::{Identity, Machine, NotRun, Output, Platform, Select, Stat, Unread};
use crate::recording::{
    Command, Entry, FORMAT, NvmlEntry, Printed, Recording, not_run_word, unread_word,
};

pub mod cuda;
pub mod driver;
pub mod driver_source;
pub mod fabric;
pub mod gpus;
pub mod libc;
pub mod package_sources;
pub mod python;
pub mod recommended;
pub mod system;

/// A fact, or why it is not known.
pub type Known<T> = Result<T, Unknown>;

/// Why a fact is not known: what was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The file, program or library that was asked.
    pub tried: String,
    /// What came of it.
    pub why: Why,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A file or folder could not be read.
    Unread(Unread),
    /// A program has no output.
    NotRun(NotRun),
    /// NVML gave a code.
    Nvml(NvmlCode),
    /// The answer was there and could not be understood.
    NotUnderstood,
}

impl Unknown {
    /// A fact that is not known since a file could not be read.
    pub fn unread(tried: impl Into<String>, why: Unread) -> Self {
        Self {
            tried: tried.into(),
            why: Why::Unread(why),
        }
    }

    /// A fact that is not known since a program did not answer.
    pub fn not_run(argv: &[&str], why: NotRun) -> Self {
        Self {
            tried: argv.join(" "),
            why: Why::NotRun(why),
        }
    }

    /// A fact that is not known since NVML gave a code.
    pub fn nvml(tried: impl Into<String>, code: NvmlCode) -> Self {
        Self {
            tried: tried.into(),
            why: Why::Nvml(code),
        }
    }

    /// A fact that is not known since the answer makes no sense.
    pub fn not_understood(tried: impl Into<String>) -> Self {
        Self {
            tried: tried.into(),
            why: Why::NotUnderstood,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(why) => why.fmt(f),
            Self::NotRun(why) => why.fmt(f),
            Self::Nvml(code) => match code.meaning() {
                Some(meaning) => write!(f, "{meaning} ({code})"),
                None => write!(f, "it answered {code}"),
            },
            Self::NotUnderstood => f.write_str("the answer could not be understood"),
        }
    }
}

/// What checks see of a machine.
pub struct Facts<'m> {
    machine: &'m dyn Machine,
    memory: RefCell<Memory>,
    nvml: OnceCell<Result<Nvml, NvmlFailure>>,
    system: system::Cells,
    driver: driver::Cells,
    gpus: gpus::Cells,
    cuda: cuda::Cells,
    python: python::Cells,
}

#[derive(Default)]
struct Memory {
    texts: BTreeMap<String, Result<String, Unread>>,
    links: BTreeMap<String, Result<Option<String>, Unread>>,
    stats: BTreeMap<String, Result<Stat, Unread>>,
    dirs: BTreeMap<String, Result<Vec<String>, Unread>>,
    commands: Vec<(Vec<String>, Result<Output, NotRun>)>,
    env: BTreeMap<String, Result<Option<String>, Unread>>,
}

impl<'m> Facts<'m> {
    /// Facts of a machine; nothing is read yet.
    pub fn new(machine: &'m dyn Machine) -> Self {
        Self {
            machine,
            memory: RefCell::default(),
            nvml: OnceCell::new(),
            system: system::Cells::default(),
            driver: driver::Cells::default(),
            gpus: gpus::Cells::default(),
            cuda: cuda::Cells::default(),
            python: python::Cells::default(),
        }
    }

    /// Which machine this is about.
    pub fn identity(&self) -> Identity {
        self.machine.identity()
    }

    /// Operating system, architecture, kernel.
    pub fn platform(&self) -> Platform {
        self.machine.platform()
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Result<String, Unread> {
        remember(
            &self.memory,
            |memory| &mut memory.texts,
            path,
            || self.machine.text(path),
        )
    }

    /// The part of a large file that matters. One path is always read with the same `select`.
    pub fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread> {
        remember(
            &self.memory,
            |memory| &mut memory.texts,
            path,
            || self.machine.excerpt(path, select),
        )
    }

    /// Where a link points; `None` for what is no link.
    pub fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        remember(
            &self.memory,
            |memory| &mut memory.links,
            path,
            || self.machine.link(path),
        )
    }

    /// Size and mode of a file or folder.
    pub fn stat(&self, path: &str) -> Result<Stat, Unread> {
        remember(
            &self.memory,
            |memory| &mut memory.stats,
            path,
            || self.machine.stat(path),
        )
    }

    /// Whether something is at a path.
    pub fn exists(&self, path: &str) -> Known<bool> {
        match self.stat(path) {
            Ok(_) => Ok(true),
            Err(Unread::NotFound) => Ok(false),
            Err(why) => Err(Unknown::unread(path, why)),
        }
    }

    /// The names in a folder, sorted.
    pub fn dir(&self, path: &str) -> Result<Vec<String>, Unread> {
        remember(
            &self.memory,
            |memory| &mut memory.dirs,
            path,
            || self.machine.dir(path),
        )
    }

    /// The names in a folder; none where there is no such folder.
    pub fn dir_or_empty(&self, path: &str) -> Known<Vec<String>> {
        match self.dir(path) {
            Ok(names) => Ok(names),
            Err(Unread::NotFound) => Ok(Vec::new()),
            Err(why) => Err(Unknown::unread(path, why)),
        }
    }

    /// An environment variable; `None` where it is not set.
    pub fn env(&self, name: &str) -> Known<Option<String>> {
        remember(
            &self.memory,
            |memory| &mut memory.env,
            name,
            || self.machine.env(name),
        )
        .map_err(|why| Unknown::unread(format!("${name}"), why))
    }

    /// What a program printed.
    pub fn command(&self, argv: &[&str]) -> Result<Output, NotRun> {
        let known = |memory: &Memory| {
            memory
                .commands
                .iter()
                .find(|(known, _)| known.iter().map(String::as_str).eq(argv.iter().copied()))
                .map(|(_, output)| output.clone())
        };
        if let Some(output) = known(&self.memory.borrow()) {
            return output;
        }
        let output = self.machine.command(argv);
        let argv = argv.iter().map(|&word| word.to_owned()).collect();
        self.memory
            .borrow_mut()
            .commands
            .push((argv, output.clone()));
        output
    }

    /// The reading of NVML.
    pub fn nvml(&self) -> Result<&Nvml, &NvmlFailure> {
        self.nvml.get_or_init(|| self.machine.nvml()).as_ref()
    }

    /// Announces the programs and the reading of NVML that will be asked for, so that a live machine starts them
    /// at once and side by side.
    pub fn prepare(&self, programs: &[&[&str]], nvml: bool) {
        self.machine.prepare(programs, nvml);
    }

    /// Everything that was read so far, as a recording.
    ///
    /// Checking the recording gives what checking the machine gave, since every check that has run finds in it
    /// each thing that it read.
    pub fn recording(&self, name: &str, recorder: &str, recorded_at: &str) -> Recording {
        let memory = self.memory.borrow();
        let mut files: BTreeMap<String, Entry> = BTreeMap::new();
        // An entry alone says that something is there, and an error what could not be read of it. What a recording
        // did not tell is left out, so that it is not told by this one either.
        let refuse = |files: &mut BTreeMap<String, Entry>, path: &String, why: &Unread| {
            if *why != Unread::NotRecorded {
                files.entry(path.clone()).or_default().error = Some(unread_word(why));
            }
        };
        for (path, link) in &memory.links {
            match link {
                Ok(target) => files
                    .entry(path.clone())
                    .or_default()
                    .link
                    .clone_from(target),
                Err(why) => refuse(&mut files, path, why),
            }
        }
        for (path, stat) in &memory.stats {
            match stat {
                Ok(stat) => {
                    let entry = files.entry(path.clone()).or_default();
                    entry.size = stat.size;
                    entry.mode = stat.mode;
                }
                Err(why) => refuse(&mut files, path, why),
            }
        }
        for (path, text) in &memory.texts {
            match text {
                Ok(text) => {
                    let entry = files.entry(path.clone()).or_default();
                    match Printed::from_text(text) {
                        Printed::Text(text) => entry.text = Some(text),
                        Printed::Lines(lines) => entry.lines = Some(lines),
                    }
                }
                Err(why) => refuse(&mut files, path, why),
            }
        }
        let mut dirs = BTreeMap::new();
        for (path, names) in &memory.dirs {
            match names {
                Ok(names) => {
                    dirs.insert(path.clone(), names.clone());
                }
                Err(why) => refuse(&mut files, path, why),
            }
        }
        let commands = memory
            .commands
            .iter()
            .map(|(argv, output)| match output {
                Ok(output) => Command {
                    argv: argv.clone(),
                    exit: output.exit,
                    stdout: Printed::from_text(&output.stdout),
                    stderr: Printed::from_text(&output.stderr),
                    elapsed_ms: output.elapsed_ms,
                    error: None,
                },
                Err(why) => Command {
                    argv: argv.clone(),
                    exit: None,
                    stdout: Printed::default(),
                    stderr: Printed::default(),
                    elapsed_ms: 0,
                    error: Some(not_run_word(why)),
                },
            })
            .collect();
        let env = memory
            .env
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.clone().ok()?)))
            .collect();
        let nvml = self.nvml.get().map(|reading| match reading {
            Ok(ok) => NvmlEntry::Ok { ok: ok.clone() },
            Err(failure) => NvmlEntry::Failed(failure.clone()),
        });
        Recording {
            format: FORMAT.to_owned(),
            name: name.to_owned(),
            title: String::new(),
            summary: String::new(),
            lesson: None,
            recorded_at: Some(recorded_at.to_owned()),
            recorder: Some(recorder.to_owned()),
            redacted: None,
            platform: self.platform(),
            files,
            dirs,
            commands,
            env,
            nvml,
        }
    }
}

/// Answers from memory, or asks and remembers. The memory is free while the machine is asked.
fn remember<T: Clone>(
    memory: &RefCell<Memory>,
    map: fn(&mut Memory) -> &mut BTreeMap<String, Result<T, Unread>>,
    key: &str,
    ask: impl FnOnce() -> Result<T, Unread>,
) -> Result<T, Unread> {
    if let Some(answer) = map(&mut memory.borrow_mut()).get(key) {
        return answer.clone();
    }
    let answer = ask();
    map(&mut memory.borrow_mut()).insert(key.to_owned(), answer.clone());
    answer
}
