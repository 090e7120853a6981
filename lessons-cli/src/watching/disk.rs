//! Whether paths have changed: told at once by the kernel where it tells, and seen by looking in any case.
//!
//! Events are for speed and looking is for truth. inotify says nothing of a network folder that another machine
//! changes, nor of Windows' drives under WSL, and a user has only so many watches; there looking now and then is all there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Paths that are watched.
pub struct Disk {
    paths: BTreeMap<PathBuf, Stamp>,
    #[cfg(target_os = "linux")]
    events: Option<events::Events>,
}

/// A path to watch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watched {
    /// The file, link or folder, which need not be there.
    pub path: PathBuf,
    /// Whether it is a folder whose names matter.
    pub listed: bool,
}

impl Disk {
    /// Watches nothing yet. `tell` is called from another thread when something changed.
    pub fn new(tell: impl Fn() + Send + 'static) -> Self {
        #[cfg(not(target_os = "linux"))]
        drop(tell);
        Self {
            paths: BTreeMap::new(),
            #[cfg(target_os = "linux")]
            events: events::Events::new(tell).ok(),
        }
    }

    /// Watches these paths and no others. Whether one of them is new here, or has changed since it was last looked at: who
    /// has read them before this call may have read what is no longer so.
    pub fn watch(&mut self, paths: &BTreeSet<Watched>) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(events) = &mut self.events {
            events.watch(paths);
        }
        let stamps: BTreeMap<PathBuf, Stamp> = paths
            .iter()
            .map(|watched| (watched.path.clone(), Stamp::of(&watched.path)))
            .collect();
        let news = stamps
            .iter()
            .any(|(path, stamp)| self.paths.get(path) != Some(stamp));
        self.paths = stamps;
        news
    }

    /// Watches nothing any more.
    pub fn rest(&mut self) {
        self.watch(&BTreeSet::new());
    }

    /// Looks whether anything has changed since [`Disk::watch`].
    pub fn has_changed(&self) -> bool {
        self.paths
            .iter()
            .any(|(path, stamp)| Stamp::of(path) != *stamp)
    }

    /// Whether a path is watched and has not changed since.
    pub fn is_unchanged(&self, path: &Path) -> bool {
        self.paths
            .get(path)
            .is_some_and(|stamp| Stamp::of(path) == *stamp)
    }
}

/// What tells one state of a path from the next, without opening it: of the link itself, and of what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    itself: Option<Look>,
    target: Option<Look>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    changed: Option<SystemTime>,
    size: u64,
    #[cfg(unix)]
    unix: (u64, u64, u32, i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Self {
        let itself = fs::symlink_metadata(path).ok();
        let is_link = itself.as_ref().is_some_and(Metadata::is_symlink);
        Self {
            target: is_link
                .then(|| fs::metadata(path).ok())
                .flatten()
                .map(|target| Look::of(&target)),
            itself: itself.map(|itself| Look::of(&itself)),
        }
    }
}

impl Look {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            changed: metadata.modified().ok(),
            size: metadata.len(),
            #[cfg(unix)]
            unix: (
                metadata.dev(),
                metadata.ino(),
                metadata.mode(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ),
        }
    }
}

#[cfg(target_os = "linux")]
mod events {
    //! inotify, without what only reading causes: the machine is read all the time.

    use std::collections::{BTreeMap, BTreeSet, HashMap};
    use std::ffi::{OsStr, OsString};
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::thread;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

    use super::Watched;

    /// The kernel's events for folders.
    pub(super) struct Events {
        inotify: Arc<OwnedFd>,
        matters: Arc<Mutex<HashMap<i32, Matters>>>,
    }

    impl Events {
        /// No events yet; `tell` is called for each that matters.
        pub(super) fn new(tell: impl Fn() + Send + 'static) -> io::Result<Self> {
            let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
            let matters = Arc::default();
            let (read, what) = (Arc::clone(&inotify), Arc::clone(&matters));
            thread::Builder::new()
                .name("inotify".to_owned())
                .spawn(move || listen(&read, &what, &tell))?;
            Ok(Self { inotify, matters })
        }

        /// Watches these paths and no others. One that cannot be watched raises no events.
        pub(super) fn watch(&mut self, paths: &BTreeSet<Watched>) {
            let folders = folders(paths);
            let changes = WatchFlags::CREATE
                | WatchFlags::DELETE
                | WatchFlags::MOVE
                | WatchFlags::CLOSE_WRITE
                | WatchFlags::ATTRIB
                | WatchFlags::ONLYDIR;
            // Held meanwhile, so that no event is judged by what mattered before.
            let mut matters = lock(&self.matters);
            let mut now: HashMap<i32, Matters> = HashMap::new();
            for (folder, matter) in &folders {
                if let Ok(watch) = inotify::add_watch(&*self.inotify, folder.as_path(), changes) {
                    // Two names of one folder are one watch.
                    now.entry(watch).or_default().add(matter);
                }
            }
            for gone in matters.keys().filter(|watch| !now.contains_key(watch)) {
                // It fails where the folder is gone too.
                let _ = inotify::remove_watch(&*self.inotify, *gone);
            }
            *matters = now;
        }
    }

    /// What in a folder matters.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    struct Matters {
        /// These names.
        names: BTreeSet<OsString>,
        /// Which names there are.
        list: bool,
    }

    impl Matters {
        fn add(&mut self, other: &Self) {
            self.names.extend(other.names.iter().cloned());
            self.list |= other.list;
        }
    }

    /// The folders that have to be watched for these paths. For a path that is not there, it is the nearest folder above it,
    /// in which the next part of the path may appear.
    fn folders(paths: &BTreeSet<Watched>) -> BTreeMap<PathBuf, Matters> {
        let mut folders: BTreeMap<PathBuf, Matters> = BTreeMap::new();
        for Watched { path, listed } in paths {
            if *listed && path.is_dir() {
                folders.entry(path.clone()).or_default().list = true;
            }
            let mut child = path.as_path();
            while let (Some(parent), Some(name)) = (child.parent(), child.file_name()) {
                if parent.is_dir() {
                    let matters = folders.entry(parent.to_owned()).or_default();
                    matters.names.insert(name.to_owned());
                    break;
                }
                child = parent;
            }
        }
        folders
    }

    /// Runs as long as the process: a read cannot be called off, and nothing is read where nothing is watched.
    fn listen(inotify: &OwnedFd, matters: &Mutex<HashMap<i32, Matters>>, tell: &impl Fn()) {
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut reader = Reader::new(inotify, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event
                        .file_name()
                        .map(|name| OsStr::from_bytes(name.to_bytes()));
                    let matter = event.events().contains(ReadFlags::QUEUE_OVERFLOW)
                        || lock(matters)
                            .get(&event.wd())
                            .is_some_and(|what| is_news(what, event.events(), name));
                    if matter {
                        tell();
                    }
                }
                Err(rustix::io::Errno::INTR) => {}
                // Looking now and then goes on without events.
                Err(_) => return,
            }
        }
    }

    fn is_news(what: &Matters, events: ReadFlags, name: Option<&OsStr>) -> bool {
        let names =
            ReadFlags::CREATE | ReadFlags::DELETE | ReadFlags::MOVED_FROM | ReadFlags::MOVED_TO;
        match name {
            Some(name) => what.names.contains(name) || (what.list && events.intersects(names)),
            None => false,
        }
    }

    fn lock(matters: &Mutex<HashMap<i32, Matters>>) -> MutexGuard<'_, HashMap<i32, Matters>> {
        matters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
