//! The file `progress.json`: read whole, changed under a lock, replaced in one step.
//!
//! Two runs at once wait for each other. A run that is killed at any moment leaves the file as it was before or
//! as it is after. The version before the current one is kept as `progress.json.bak`, the last good one.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::folder::{self, NoFolder};
use super::format::{FormatError, MAX_BYTES};
use super::{Progress, SCHEMA};

const FILE: &str = "progress.json";
const LAST_GOOD: &str = "progress.json.bak";
const LOCK: &str = "progress.lock";

/// How long a run waits for another one, which needs some milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Progress on the disk.
#[derive(Debug, Clone)]
pub struct Store {
    folder: Result<PathBuf, NoFolder>,
}

/// Progress as it was read.
#[derive(Debug)]
pub struct Reading {
    /// The progress; empty where there is none that can be read.
    pub progress: Progress,
    /// What was wrong, if anything.
    pub notice: Option<Notice>,
}

/// Progress as it was written.
#[derive(Debug)]
pub struct Updated<T> {
    /// What the change gave back.
    pub value: T,
    /// The progress after the change.
    pub progress: Progress,
    /// What was wrong before, if anything.
    pub notice: Option<Notice>,
}

/// What is wrong with the file, though the work goes on. It prints as one sentence.
#[derive(Debug, PartialEq, Eq)]
pub enum Notice {
    /// It cannot be understood.
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: FormatError,
        /// Where it has been put; `None` as long as nothing was written.
        set_aside: Option<PathBuf>,
        /// Whether the last good one is used in its place; otherwise nothing is known.
        last_good: bool,
    },
    /// It is gone. The last good one is used in its place.
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// A later version of this program wrote it. It is left alone, and nothing of it is known.
    Newer {
        /// The file.
        file: PathBuf,
        /// Its format.
        schema: String,
    },
    /// The system does not hand it out.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's words.
        why: String,
    },
}

/// Why progress could not be saved. What was there before is still there.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no place for it.
    #[error(transparent)]
    NoFolder(#[from] NoFolder),
    /// The system refused something.
    #[error("tried to {action} {}: {source}", path.display())]
    Refused {
        /// What was tried: `write`, `lock` …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another run held the lock for too long.
    #[error("tried to lock {}: another `lessons` has held it for {} seconds", path.display(), PATIENCE.as_secs())]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// A later version of this program wrote the file.
    #[error("tried to change {}: its format {schema:?} is newer than {SCHEMA:?}, which this version writes", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        schema: String,
    },
}

impl StoreError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoFolder(_) => "set LESSONS_HOME to a folder that you may write to",
            Self::Refused { source, .. } if source.kind() == ErrorKind::StorageFull => {
                "free some space, or set LESSONS_HOME to a folder on another disk"
            }
            Self::Refused { .. } => {
                "let your user write there, or set LESSONS_HOME to a folder that you may write to"
            }
            Self::Busy { .. } => "end the other `lessons`, if it hangs, and try again",
            Self::Newer { .. } => {
                "use the newer `lessons`, or set LESSONS_HOME to another folder to start afresh"
            }
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged {
                file,
                why,
                set_aside,
                last_good,
            } => {
                write!(f, "{} is damaged ({why}); ", file.display())?;
                if let Some(aside) = set_aside {
                    write!(f, "it was set aside as {}; ", aside.display())?;
                }
                f.write_str(if *last_good {
                    "the last good version is used"
                } else {
                    "no good version is left, so progress starts anew"
                })
            }
            Self::Missing { file } => write!(
                f,
                "{} is missing; the last good version is used (to forget everything: lessons reset --all)",
                file.display()
            ),
            Self::Newer { file, schema } => write!(
                f,
                "{} was written by a newer version ({schema}); it is left alone and not shown",
                file.display()
            ),
            Self::Unreadable { file, why } => {
                write!(
                    f,
                    "progress is not shown: tried to read {}: {why}",
                    file.display()
                )
            }
        }
    }
}

impl Store {
    /// The store in the state folder that the environment names: `LESSONS_HOME`, `XDG_STATE_HOME/lessons` or
    /// `HOME/.local/state/lessons` (on Windows `LOCALAPPDATA\lessons`). Where it names none, reading gives
    /// nothing and writing says so.
    pub fn locate(env: impl Fn(&str) -> Option<OsString>) -> Self {
        Self {
            folder: folder::locate(env),
        }
    }

    /// The store in a folder, which need not exist.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Ok(folder.into()),
        }
    }

    /// The state folder.
    pub fn folder(&self) -> Result<&Path, NoFolder> {
        self.folder.as_deref().map_err(|none| *none)
    }

    /// The file that progress is kept in.
    pub fn file(&self) -> Result<PathBuf, NoFolder> {
        Ok(self.folder()?.join(FILE))
    }

    /// Reads without changing anything on the disk.
    pub fn read(&self) -> Reading {
        let Ok(folder) = self.folder() else {
            return Reading {
                progress: Progress::default(),
                notice: None,
            };
        };
        let (progress, state) = load(folder);
        let file = folder.join(FILE);
        let notice = match state {
            State::Sound | State::Absent => None,
            State::Damaged {
                file,
                why,
                last_good,
            } => Some(Notice::Damaged {
                file,
                why,
                set_aside: None,
                last_good,
            }),
            State::Missing => Some(Notice::Missing { file }),
            State::Newer { file, schema } => Some(Notice::Newer { file, schema }),
            State::Unreadable { why } => Some(Notice::Unreadable {
                file,
                why: why.to_string(),
            }),
        };
        Reading { progress, notice }
    }

    /// Reads, changes and writes, while no other run can. Nothing is written where the change changes nothing.
    ///
    /// `now` only names a damaged file that is set aside.
    pub fn update<T>(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut Progress) -> T,
    ) -> Result<Updated<T>, StoreError> {
        let folder = self.folder()?;
        let _lock = lock(folder)?;
        let file = folder.join(FILE);
        let (before, state) = load(folder);
        let mut progress = before.clone();
        let notice = match state {
            State::Sound | State::Absent => {
                let value = change(&mut progress);
                if progress != before {
                    replace(folder, &progress, matches!(state, State::Sound))?;
                }
                return Ok(Updated {
                    value,
                    progress,
                    notice: None,
                });
            }
            State::Missing => Notice::Missing { file },
            State::Damaged {
                file,
                why,
                last_good,
            } => {
                let aside = set_aside(&file, now)?;
                if !last_good {
                    set_aside(&folder.join(LAST_GOOD), now)?;
                }
                Notice::Damaged {
                    set_aside: aside,
                    file,
                    why,
                    last_good,
                }
            }
            State::Newer { file, schema } => {
                return Err(StoreError::Newer { path: file, schema });
            }
            State::Unreadable { why } => return Err(refused("read", &file)(why)),
        };
        let value = change(&mut progress);
        replace(folder, &progress, false)?;
        Ok(Updated {
            value,
            progress,
            notice: Some(notice),
        })
    }

    /// Forgets everything, and keeps a copy: the file that is given back. `None` where nothing was known.
    pub fn reset_all(&self, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
        let folder = self.folder()?;
        // The copy is written under the lock, so that it holds what is forgotten and nothing else.
        let updated = self.update(now, |progress| {
            if progress.is_empty() {
                return Ok(None);
            }
            let copy = unused(&folder.join(FILE), "before-reset", now);
            write_synced(&copy, progress.to_json().as_bytes())?;
            *progress = Progress::default();
            Ok(Some(copy))
        })?;
        updated.value
    }
}

/// What the folder holds, beside the progress that can be used.
enum State {
    /// The file is good.
    Sound,
    /// There is nothing.
    Absent,
    /// The file is gone and the last good one is used.
    Missing,
    /// This file, current or last good, cannot be understood.
    Damaged {
        file: PathBuf,
        why: FormatError,
        last_good: bool,
    },
    /// This file, current or last good, is of a later version.
    Newer { file: PathBuf, schema: String },
    /// The file cannot be read.
    Unreadable { why: io::Error },
}

fn load(folder: &Path) -> (Progress, State) {
    let (file, last_good) = (folder.join(FILE), folder.join(LAST_GOOD));
    let nothing = |state| (Progress::default(), state);
    let damage = match read_file(&file) {
        Ok(Some(Ok(progress))) => return (progress, State::Sound),
        Ok(Some(Err(FormatError::Newer(schema)))) => return nothing(State::Newer { file, schema }),
        Ok(Some(Err(why))) => Some(why),
        Ok(None) => None,
        Err(why) => return nothing(State::Unreadable { why }),
    };
    match (read_file(&last_good), damage) {
        (Ok(Some(Ok(progress))), None) => (progress, State::Missing),
        (Ok(Some(Ok(progress))), Some(why)) => {
            let last_good = true;
            (
                progress,
                State::Damaged {
                    file,
                    why,
                    last_good,
                },
            )
        }
        (Ok(Some(Err(FormatError::Newer(schema)))), _) => nothing(State::Newer {
            file: last_good,
            schema,
        }),
        (_, Some(why)) => nothing(State::Damaged {
            file,
            why,
            last_good: false,
        }),
        (Ok(Some(Err(why))), None) => nothing(State::Damaged {
            file: last_good,
            why,
            last_good: false,
        }),
        (Ok(None), None) => nothing(State::Absent),
        (Err(why), None) => nothing(State::Unreadable { why }),
    }
}

/// What is in a file; `None` where there is none.
fn read_file(path: &Path) -> io::Result<Option<Result<Progress, FormatError>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large.
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(Progress::from_json(&bytes)))
}

/// Waits until no other run holds the lock. It is released when the file is dropped, or its process dies.
fn lock(folder: &Path) -> Result<File, StoreError> {
    create_folder(folder).map_err(refused("create", folder))?;
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(refused("write", &path))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(refused("lock", &path)(error)),
            Err(TryLockError::WouldBlock) if start.elapsed() > PATIENCE => {
                return Err(StoreError::Busy { path });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// The XDG specification asks for a folder that only its owner sees.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Puts progress in the place of the file, which becomes the last good one if it is `sound`. Called under the
/// lock, hence fixed names: what a killed run left behind is overwritten.
fn replace(folder: &Path, progress: &Progress, sound: bool) -> Result<(), StoreError> {
    let file = folder.join(FILE);
    let new = folder.join("progress.json.new");
    write_synced(&new, progress.to_json().as_bytes())?;
    if sound {
        keep(&file, &folder.join(LAST_GOOD))?;
    }
    fs::rename(&new, &file).map_err(refused("replace", &file))?;
    sync_folder(folder).map_err(refused("write", folder))
}

/// Makes `last_good` what `file` is, without a moment in which either is not there.
fn keep(file: &Path, last_good: &Path) -> Result<(), StoreError> {
    let mut link = last_good.as_os_str().to_owned();
    link.push(".new");
    let link = PathBuf::from(link);
    // A second name for the same file costs nothing. A file system without such (FAT) gets a copy.
    let linked = fs::hard_link(file, &link).or_else(|error| {
        if error.kind() != ErrorKind::AlreadyExists {
            return Err(error);
        }
        fs::remove_file(&link)?;
        fs::hard_link(file, &link)
    });
    if linked.is_err() {
        let bytes = fs::read(file).map_err(refused("read", file))?;
        write_synced(&link, &bytes)?;
    }
    fs::rename(&link, last_good).map_err(refused("replace", last_good))
}

/// Writes a file and waits until it is on the disk; where that fails, leaves none.
fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| {
        let _ = fs::remove_file(path);
        refused("write", path)(error)
    })
}

/// Renames a file to a name that says when it was found damaged; `None` where there is no such file.
fn set_aside(file: &Path, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    let aside = unused(file, "damaged", now);
    match fs::rename(file, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused("rename", file)(error)),
    }
}

/// `progress.json.WHY-20260928T120000Z`, with a number where there is one already.
fn unused(file: &Path, why: &str, now: Timestamp) -> PathBuf {
    // Windows has no colons in names.
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{why}-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    let mut path = PathBuf::from(&name);
    let mut number = 1_u32;
    while fs::symlink_metadata(&path).is_ok() && number < u32::MAX {
        number += 1;
        let mut numbered = name.clone();
        numbered.push(format!("-{number}"));
        path = numbered.into();
    }
    path
}

/// A new name is on the disk only when its folder is. Windows has no such call and needs none.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

fn refused(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Refused {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{MarkKind, Outcome, Standing};

    const STEP: &str = "driver.installed";

    fn now() -> Timestamp {
        "2026-09-28T12:00:00Z".parse().unwrap()
    }

    /// A store with two versions: the last good one knows one hint of the step, the current one two.
    fn with_history() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().join("state"));
        for level in 1..=2 {
            store.update(now(), |p| p.saw_hint(STEP, level)).unwrap();
        }
        (folder, store)
    }

    fn hints(progress: &Progress) -> u32 {
        progress.step(STEP).map_or(0, |step| step.hints)
    }

    fn names(store: &Store) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(store.folder().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().join("a/b"));
        let nothing = store.read();
        assert!(nothing.progress.is_empty() && nothing.notice.is_none());
        assert!(!folder.path().join("a").exists(), "reading made a folder");
        let written = store
            .update(now(), |p| {
                p.record([(STEP, Outcome::Pass)], now());
                7
            })
            .unwrap();
        assert_eq!((written.value, written.notice), (7, None));
        let read = store.read();
        assert_eq!(read.progress, written.progress);
        assert_eq!(
            read.progress.standing(STEP),
            Standing::Passed { first: now() }
        );
        assert_eq!(names(&store), [FILE, LOCK]);
    }

    #[test]
    fn the_version_before_is_kept_and_no_change_writes_nothing() {
        let (_folder, store) = with_history();
        assert_eq!(names(&store), [FILE, LAST_GOOD, LOCK]);
        store.update(now(), |p| p.saw_hint(STEP, 1)).unwrap();
        let last_good = read_file(&store.folder().unwrap().join(LAST_GOOD));
        assert_eq!(hints(&last_good.unwrap().unwrap().unwrap()), 1);
        assert_eq!(hints(&store.read().progress), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_sees_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, store) = with_history();
        let mode = fs::metadata(store.folder().unwrap()).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_the_last_good_one_used() {
        let whole = {
            let (_folder, store) = with_history();
            fs::read(store.folder().unwrap().join(FILE)).unwrap()
        };
        let damages: [Vec<u8>; 5] = [
            Vec::new(),
            whole[..whole.len() / 2].to_vec(),
            b"\x7fELF\0\xff\xfe".to_vec(),
            br#"{"schema":"lessons-progress/1","steps":[1]}"#.to_vec(),
            vec![b'['; MAX_BYTES + 1],
        ];
        for damage in damages {
            let (_folder, store) = with_history();
            let file = store.folder().unwrap().join(FILE);
            fs::write(&file, &damage).unwrap();

            let read = store.read();
            assert_eq!(hints(&read.progress), 1);
            let notice = read.notice.unwrap();
            assert!(
                matches!(
                    notice,
                    Notice::Damaged {
                        last_good: true,
                        set_aside: None,
                        ..
                    }
                ),
                "{notice}"
            );
            assert_eq!(fs::read(&file).unwrap(), damage, "reading changed the file");

            let updated = store
                .update(now(), |p| p.mark("smi.runs", MarkKind::Done, now()))
                .unwrap();
            assert_eq!(hints(&updated.progress), 1);
            let Some(Notice::Damaged {
                set_aside: Some(aside),
                ..
            }) = updated.notice
            else {
                panic!("{:?}", updated.notice)
            };
            assert!(aside.ends_with("progress.json.damaged-20260928T120000Z"));
            assert_eq!(fs::read(&aside).unwrap(), damage);
            let after = store.read();
            assert_eq!((after.progress, after.notice), (updated.progress, None));
        }
    }

    #[test]
    fn two_damaged_files_are_both_set_aside() {
        let (_folder, store) = with_history();
        for name in [FILE, LAST_GOOD] {
            fs::write(store.folder().unwrap().join(name), name).unwrap();
        }
        let updated = store.update(now(), |p| p.saw_hint(STEP, 3)).unwrap();
        assert_eq!(hints(&updated.progress), 3);
        assert!(matches!(
            updated.notice,
            Some(Notice::Damaged {
                last_good: false,
                ..
            })
        ));
        assert_eq!(
            names(&store),
            [
                FILE,
                "progress.json.bak.damaged-20260928T120000Z",
                "progress.json.damaged-20260928T120000Z",
                LOCK
            ]
        );
        // The same second again: another name.
        fs::write(store.folder().unwrap().join(FILE), "x").unwrap();
        store.update(now(), |p| p.saw_hint(STEP, 3)).unwrap();
        assert!(names(&store).contains(&"progress.json.damaged-20260928T120000Z-2".to_owned()));
    }

    #[test]
    fn a_missing_file_is_replaced_by_the_last_good_one() {
        let (_folder, store) = with_history();
        fs::remove_file(store.folder().unwrap().join(FILE)).unwrap();
        let read = store.read();
        assert_eq!(hints(&read.progress), 1);
        assert!(matches!(read.notice, Some(Notice::Missing { .. })));
        store.update(now(), |_| ()).unwrap();
        assert_eq!(store.read().notice, None);
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let (_folder, store) = with_history();
        let file = store.folder().unwrap().join(FILE);
        let newer = r#"{"schema":"lessons-progress/2","steps":"?"}"#;
        fs::write(&file, newer).unwrap();
        let read = store.read();
        assert!(read.progress.is_empty());
        assert!(matches!(read.notice, Some(Notice::Newer { .. })));
        let error = store.update(now(), |p| p.saw_hint(STEP, 3)).unwrap_err();
        assert!(matches!(error, StoreError::Newer { .. }), "{error}");
        assert!(store.reset_all(now()).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), newer);
        assert_eq!(names(&store), [FILE, LAST_GOOD, LOCK]);

        // Nor is it overwritten where only the last good one is newer.
        fs::write(&file, "damage").unwrap();
        fs::write(store.folder().unwrap().join(LAST_GOOD), newer).unwrap();
        assert!(store.update(now(), |p| p.saw_hint(STEP, 3)).is_err());
        assert_eq!(names(&store), [FILE, LAST_GOOD, LOCK]);
    }

    #[test]
    fn reset_all_keeps_a_copy() {
        let (_folder, store) = with_history();
        let copy = store.reset_all(now()).unwrap().unwrap();
        assert!(copy.ends_with("progress.json.before-reset-20260928T120000Z"));
        let forgotten = Progress::from_json(&fs::read(&copy).unwrap()).unwrap();
        assert_eq!(hints(&forgotten), 2);
        assert!(store.read().progress.is_empty());
        assert_eq!(store.reset_all(now()).unwrap(), None);
    }

    #[test]
    fn without_a_folder_reading_gives_nothing_and_writing_says_so() {
        let store = Store::locate(|_| None);
        let read = store.read();
        assert!(read.progress.is_empty() && read.notice.is_none());
        let error = store.update(now(), |_| ()).unwrap_err();
        assert!(matches!(error, StoreError::NoFolder(_)));
        assert!(error.to_string().contains("LESSONS_HOME"));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_and_no_panic() {
        // Permissions do not stop root; a file in the way stops everybody.
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("file");
        fs::write(&in_the_way, "").unwrap();
        let store = Store::at(in_the_way.join("lessons"));
        let error = store.update(now(), |_| ()).unwrap_err();
        assert!(error.to_string().starts_with("tried to create "), "{error}");
        assert!(error.advice().contains("LESSONS_HOME"));
        let read = store.read();
        assert!(read.progress.is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_of_the_kernel_cannot_be_written() {
        let store = Store::at("/proc/self");
        let error = store.update(now(), |_| ()).unwrap_err();
        assert!(error.to_string().starts_with("tried to write "), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_leaves_what_was_there() {
        let (_folder, store) = with_history();
        let new = store.folder().unwrap().join("progress.json.new");
        std::os::unix::fs::symlink("/dev/full", &new).unwrap();
        let error = store.update(now(), |p| p.saw_hint(STEP, 3)).unwrap_err();
        assert!(error.to_string().starts_with("tried to write "), "{error}");
        assert!(error.advice().starts_with("free some space"));
        let read = store.read();
        assert_eq!((hints(&read.progress), read.notice), (2, None));
        assert_eq!(names(&store), [FILE, LAST_GOOD, LOCK]);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_taken_for_damage() {
        let (_folder, store) = with_history();
        let file = store.folder().unwrap().join(FILE);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(matches!(
            store.read().notice,
            Some(Notice::Unreadable { .. })
        ));
        let error = store.update(now(), |_| ()).unwrap_err();
        assert!(error.to_string().starts_with("tried to read "), "{error}");
    }

    #[test]
    fn threads_that_write_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for count in 0..25 {
                        let id = format!("t{thread}.n{count}");
                        store
                            .update(now(), |p| p.mark(&id, MarkKind::Done, now()))
                            .unwrap();
                        assert_eq!(store.read().notice, None);
                    }
                });
            }
        });
        assert_eq!(store.read().progress.steps().count(), 100);
    }
}
