//! What was typed on a practice machine, kept so that it can go on: `practice/NAME.json` in the state folder.
//!
//! Not the machine is kept but what was done to it. Played again it gives the same machine, since nothing on one comes
//! from anywhere else.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "lessons-practice-state/1";

/// The largest file that is read, in bytes.
const LONGEST: u64 = 8 << 20;

/// What is kept of a practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) schema: String,
    /// What was typed, in order.
    pub(super) events: Vec<Event>,
    /// How many hints were shown.
    #[serde(default)]
    pub(super) hints: usize,
    /// Whether the goal was reached once.
    #[serde(default)]
    pub(super) done: bool,
}

impl Default for Saved {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            events: Vec::new(),
            hints: 0,
            done: false,
        }
    }
}

/// Something that came from the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Event {
    /// A command line.
    Line(String),
    /// An answer to a question; none at the end of input.
    Answer(Option<String>),
    /// What an editor left of a text; none where it was not saved.
    Edit(Option<String>),
    /// Ctrl-C, after the command line had looked for it so many times: so it ends at the same place again.
    Interrupt(u64),
}

/// What can be seen of a practice without playing it.
pub(super) struct Glance {
    /// Whether its goal was reached once.
    pub(super) done: bool,
}

/// The place of a practice, held so that no second terminal writes to it.
pub(super) struct Place {
    file: PathBuf,
    hold: Hold,
}

/// Who may write to a place.
enum Hold {
    /// This process, as long as the lock lives.
    Mine(#[expect(dead_code, reason = "it is held, not read")] File),
    /// Another terminal.
    Taken,
    /// Nobody: nothing can be written there, for this reason.
    Nowhere(String),
}

/// What became of saving.
pub(super) enum Kept {
    /// It is on the disk.
    Saved,
    /// The folder had gone; it was made again and all is on the disk.
    Again,
    /// Another terminal has the place, or there is none.
    NotMine,
}

/// The folder of all practices.
pub(super) fn folder() -> Result<PathBuf> {
    let store = super::super::store();
    Ok(store.folder()?.join("practice"))
}

fn file_of(name: &str) -> Result<PathBuf> {
    Ok(folder()?.join(format!("{name}.json")))
}

/// How the folders of open editors begin; the number of the process comes behind.
const SCRATCH: &str = "scratch-";

/// The folder in which this process gives an editor its copy.
pub(super) fn scratch() -> Result<PathBuf> {
    Ok(folder()?.join(format!("{SCRATCH}{}", std::process::id())))
}

/// Takes away the folders of editors whose process was killed before it could.
#[cfg(unix)]
fn sweep(folder: &std::path::Path) {
    let dead = |name: &str| {
        let number = name.strip_prefix(SCRATCH)?.parse().ok()?;
        let process = rustix::process::Pid::from_raw(number)?;
        // A process that is somebody else's is there as well.
        let there = rustix::process::test_kill_process(process);
        Some(there == Err(rustix::io::Errno::SRCH))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().and_then(dead) == Some(true) {
            // The next start tries again.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Looks at a practice; `None` where nothing was kept.
pub(super) fn glance(name: &str) -> Option<Glance> {
    let saved = read(&file_of(name).ok()?).ok()??;
    Some(Glance { done: saved.done })
}

/// Forgets a practice, but not that its goal was reached.
pub(super) fn forget(name: &str) -> Result<()> {
    let file = file_of(name)?;
    let done = read(&file).ok().flatten().is_some_and(|saved| saved.done);
    match fs::remove_file(&file) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(error).with_context(|| format!("tried to remove {}", file.display()));
        }
    }
    if done {
        let saved = Saved {
            done,
            ..Saved::default()
        };
        write(&file, &saved)?;
    }
    Ok(())
}

fn read(file: &PathBuf) -> Result<Option<Saved>> {
    let mut bytes = Vec::new();
    match File::open(file) {
        Ok(open) => open.take(LONGEST + 1).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    anyhow::ensure!(bytes.len() as u64 <= LONGEST, "it is too large");
    let saved: Saved = serde_json::from_slice(&bytes)?;
    anyhow::ensure!(saved.schema == SCHEMA, "its format is {:?}", saved.schema);
    Ok(Some(saved))
}

fn write(file: &PathBuf, saved: &Saved) -> Result<()> {
    let new = file.with_extension("json.new");
    let mut open =
        File::create(&new).with_context(|| format!("tried to write {}", new.display()))?;
    let written = open.write_all(serde_json::to_string(saved)?.as_bytes());
    drop(open);
    if let Err(error) = written {
        // A disk that is full has no place for half of it.
        let _ = fs::remove_file(&new);
        return Err(error).with_context(|| format!("tried to write {}", new.display()));
    }
    fs::rename(&new, file).with_context(|| format!("tried to write {}", file.display()))
}

impl Place {
    /// Takes the place of a practice, and reads what was kept there. What cannot be understood is set aside, and said.
    /// Where nothing can be written a person can practise all the same.
    pub(super) fn take(name: &str) -> (Self, Saved, Option<String>) {
        let nowhere = |error: anyhow::Error| Hold::Nowhere(format!("{error:#}"));
        let file = match file_of(name) {
            Ok(file) => file,
            Err(error) => {
                let place = Self {
                    file: PathBuf::new(),
                    hold: nowhere(error),
                };
                return (place, Saved::default(), None);
            }
        };
        let hold = hold(&file).unwrap_or_else(nowhere);
        let mut notice = None;
        let saved = match read(&file) {
            Ok(saved) => saved.unwrap_or_default(),
            Err(error) => {
                let aside = file.with_extension("json.damaged");
                if matches!(hold, Hold::Mine(_)) {
                    let _ = fs::rename(&file, &aside);
                }
                notice = Some(format!(
                    "{}: {error:#}; {}",
                    file.display(),
                    aside.display()
                ));
                Saved::default()
            }
        };
        (Self { file, hold }, saved, notice)
    }

    /// Whether another terminal has it.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self.hold, Hold::Taken)
    }

    /// Why nothing is kept, where nobody could.
    pub(super) fn why_not_kept(&self) -> Option<&str> {
        match &self.hold {
            Hold::Nowhere(why) => Some(why),
            Hold::Mine(_) | Hold::Taken => None,
        }
    }

    /// Keeps what was done.
    pub(super) fn keep(&mut self, saved: &Saved) -> Result<Kept> {
        if !matches!(self.hold, Hold::Mine(_)) {
            return Ok(Kept::NotMine);
        }
        let folder = self.file.parent().map(PathBuf::from).unwrap_or_default();
        let gone = !folder.is_dir();
        if gone {
            self.hold = hold(&self.file)?;
        }
        write(&self.file, saved)?;
        Ok(if gone { Kept::Again } else { Kept::Saved })
    }
}

/// Takes a place, whose folder is made if there is none.
fn hold(file: &std::path::Path) -> Result<Hold> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("tried to make {}", folder.display()))?;
        #[cfg(unix)]
        sweep(folder);
    }
    let path = file.with_extension("lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("tried to write {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Hold::Mine(lock)),
        Err(TryLockError::WouldBlock) => Ok(Hold::Taken),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("tried to lock {}", path.display()))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_editor_left_is_taken_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        // No process has a number as high as this.
        let (dead, alive) = (
            path(&format!("{SCRATCH}{}", i32::MAX)),
            path(&format!("{SCRATCH}{}", std::process::id())),
        );
        for folder in [&dead, &alive, &path("scratch-x"), &path("other")] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(dead.join("notes"), "text").unwrap();
        sweep(folder.path());
        assert!(!dead.exists());
        assert!(alive.is_dir() && path("scratch-x").is_dir() && path("other").is_dir());
    }
}
