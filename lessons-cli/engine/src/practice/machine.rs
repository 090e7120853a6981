//! The practice machine: a recording, and what has been changed since.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::machine::nvml::{Nvml, NvmlFailure};
use crate::machine::{
    Identity, Kind, MAX_TEXT, Machine, NotRun, Output, Platform, Select, Stat, Unread,
};
use crate::recording::Recording;
use crate::visible::visible;

use super::files::{Files, User};
use super::hardware::Hardware;
use super::outside::Script;
use super::process;
use super::state::State;
use super::tree::{Content, Errno, Tree};
use super::{base, programs, services};

/// What a machine of this practice has for a disk, in bytes, where a recording says nothing else.
const DISK: u64 = 100 << 30;

/// What a fresh Ubuntu server takes of it, in bytes.
const SYSTEM: u64 = 8 << 30;

/// A machine to type into. Copies share what they have in common.
#[derive(Debug, Clone)]
pub struct PracticeMachine {
    /// The recording that it began as.
    pub recording: Arc<Recording>,
    /// Its files.
    pub tree: Tree,
    /// What is no file.
    pub state: State,
    /// What is in its slots.
    pub hardware: Hardware,
    /// The time, in seconds since 1970. Commands take theirs of it.
    pub clock: i64,
    /// The variables of the shell that checks are run from.
    pub env: BTreeMap<String, String>,
    /// Who sits at the prompt.
    pub person: Person,
    /// Its name in the network.
    pub hostname: String,
    /// The size of its disk in bytes.
    pub disk: u64,
    /// When it was started, in seconds since 1970.
    pub started: i64,
    /// What the kernel and services have written, as `dmesg` and `journalctl` show it.
    pub journal: Vec<Logged>,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// When, in seconds since 1970.
    pub time: i64,
    /// Who wrote it: `kernel`, or a service's name without `.service`.
    pub unit: String,
    /// What.
    pub text: String,
}

/// How many lines the journal keeps.
const JOURNAL: usize = 2000;

/// Who sits at the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The login name.
    pub name: String,
    /// The home folder.
    pub home: String,
    /// What the person is: root in a container, otherwise somebody who may use sudo.
    pub user: User,
}

impl PracticeMachine {
    /// A machine that begins as a recording. The clock starts at a time that comes from outside, in seconds since 1970.
    pub fn new(recording: Recording, now: i64) -> Self {
        let home = match recording.env.get("HOME") {
            Some(Some(home)) if home.starts_with('/') => home.clone(),
            _ => "/home/user".to_owned(),
        };
        let person = if home == "/root" {
            Person {
                name: "root".to_owned(),
                home,
                user: User::Root,
            }
        } else {
            let name = home.rsplit('/').next().unwrap_or("user").to_owned();
            Person {
                name,
                home,
                user: User::Person,
            }
        };
        let env = recording
            .env
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
            .collect();
        let mut machine = Self {
            state: State::of(&recording),
            hardware: Hardware::of(&recording),
            recording: Arc::new(recording),
            tree: Tree::default(),
            clock: now,
            env,
            person,
            hostname: "gpu-lab".to_owned(),
            disk: DISK,
            started: now - 3600,
            journal: Vec::new(),
        };
        base::furnish(&mut machine);
        services::recorded(&mut machine);
        machine.take_groups();
        machine.write_recorded_log();
        machine
    }

    /// Its files, as a user sees them from a folder.
    pub fn files<'m>(&'m mut self, user: User, cwd: &'m str) -> Files<'m> {
        Files::new(self, user, cwd)
    }

    /// Writes a line to the journal.
    pub fn log(&mut self, unit: &str, text: impl Into<String>) {
        if self.journal.len() >= JOURNAL {
            self.journal.remove(0);
        }
        self.journal.push(Logged {
            time: self.clock,
            unit: unit.to_owned(),
            text: text.into(),
        });
    }

    /// Bytes of the disk that nothing uses.
    pub fn disk_free(&self) -> u64 {
        self.disk.saturating_sub(self.disk_used())
    }

    /// Bytes of the disk that are used: by files, and by the system's own, which are not all in the tree.
    pub fn disk_used(&self) -> u64 {
        self.tree.used().saturating_add(SYSTEM)
    }

    /// The file that a command name leads to on this `PATH`, as a shell finds it.
    pub fn which(&self, name: &str, path: &str, cwd: &str) -> Option<String> {
        let runs = |file: &str| {
            self.tree
                .get(file)
                .is_ok_and(|node| !node.is_dir() && node.is_executable())
        };
        path.split(':')
            .map(|folder| match folder {
                "" => super::tree::join(cwd, name),
                folder => super::tree::join(&super::tree::absolute(cwd, folder), name),
            })
            .find(|file| runs(file))
    }
}

impl Machine for PracticeMachine {
    fn identity(&self) -> Identity {
        Identity {
            name: visible(&self.recording.name),
            kind: Kind::Practice,
        }
    }

    fn platform(&self) -> Platform {
        Platform {
            kernel: Some(self.state.kernel.clone()),
            ..self.recording.platform.clone()
        }
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        let mut text = match &self.tree.get(path).map_err(unread)?.content {
            Content::Program(_) => return Err(Unread::NotRecorded),
            _ => self.tree.text(path).map_err(unread)?,
        };
        if text.len() > MAX_TEXT {
            text.truncate(text.floor_char_boundary(MAX_TEXT));
        }
        Ok(text)
    }

    fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        match &self.tree.get_link(path).map_err(unread)?.content {
            Content::Link(target) => Ok(Some(target.clone())),
            _ => Ok(None),
        }
    }

    fn stat(&self, path: &str) -> Result<Stat, Unread> {
        let node = self.tree.get(path).map_err(unread)?;
        let kind = match node.content {
            Content::Dir(_) => 0o040_000,
            Content::Device(_) => 0o020_000,
            _ => 0o100_000,
        };
        Ok(Stat {
            size: Some(node.size()),
            mode: Some(kind | node.mode),
            mtime: Some(node.mtime),
        })
    }

    fn dir(&self, path: &str) -> Result<Vec<String>, Unread> {
        self.tree.list(path).map_err(unread)
    }

    fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread> {
        let bytes = match &self.tree.get(path).map_err(unread)?.content {
            Content::Program(_) => return Err(Unread::NotRecorded),
            _ => self.tree.read(path).map_err(unread)?,
        };
        Ok(select.pick(&bytes))
    }

    fn command(&self, argv: &[&str]) -> Result<Output, NotRun> {
        // It runs on a copy: a check changes nothing.
        process::ask(self.clone(), argv, Box::new(Script::default()))
    }

    fn env(&self, name: &str) -> Result<Option<String>, Unread> {
        Ok(self.env.get(name).cloned())
    }

    fn nvml(&self) -> Result<Nvml, NvmlFailure> {
        self.state.nvml.clone()
    }
}

impl PracticeMachine {
    /// The program that plays an executable file, by what the file is or by its name.
    pub(super) fn program_of(&self, file: &str) -> Option<&'static programs::Program> {
        let real = self.tree.real_path(file).ok()?;
        match &self.tree.get(&real).ok()?.content {
            Content::Program(binary) => programs::find(&binary.program),
            Content::Untold(_) => {
                let name = real.rsplit('/').next()?;
                programs::find(name)
            }
            _ => None,
        }
    }
}

fn unread(errno: Errno) -> Unread {
    match errno {
        Errno::NotFound | Errno::NotADirectory => Unread::NotFound,
        Errno::Denied | Errno::NotPermitted => Unread::Denied,
        Errno::Untold => Unread::NotRecorded,
        other => Unread::Failed(other.to_string()),
    }
}
