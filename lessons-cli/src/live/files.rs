//! Files, folders and links: read whole or not at all, and never waited for.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use lessons_engine::machine::select::Picker;
use lessons_engine::machine::{MAX_TEXT, Select, Stat, Unread};

use super::lossy;

/// The most names that a folder may have.
const MAX_NAMES: usize = 1 << 16;

/// How much of a file is read at once for an excerpt.
const PIECE: usize = 1 << 18;

/// How many symbolic links one path may go through, as Linux has it.
const MAX_LINKS: usize = 40;

/// The files of a machine, seen from a folder that stands for `/`.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// `None` for the system's own root, where links need no care.
    root: Option<PathBuf>,
}

impl Files {
    pub(super) fn below(root: PathBuf) -> Self {
        Self {
            root: (root != Path::new("/")).then_some(root),
        }
    }

    pub(super) fn text(&self, path: &str) -> Result<String, Unread> {
        let file = self.open(path)?;
        let mut bytes = Vec::new();
        file.take(MAX_TEXT as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(unread)?;
        if bytes.len() > MAX_TEXT {
            return Err(Unread::TooLarge);
        }
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    pub(super) fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread> {
        let limit = match select {
            // A library: libtorch_python.so has 30 MB, others of a wheel ten times that.
            Select::Architectures => 512 << 20,
            Select::Paragraphs(_) | Select::Lines(_) | Select::GlibcRelease => 64 << 20,
        };
        let mut file = self.open(path)?;
        let mut picker = Picker::new(select);
        let mut piece = vec![0; PIECE];
        let mut seen = 0;
        loop {
            let length = match file.read(&mut piece) {
                Ok(0) => return Ok(picker.finish()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unread(error)),
            };
            seen += length;
            if seen > limit {
                return Err(Unread::TooLarge);
            }
            picker.feed(&piece[..length])?;
        }
    }

    pub(super) fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        let path = self.place(path, Last::Itself)?;
        if !fs::symlink_metadata(&path).map_err(unread)?.is_symlink() {
            return Ok(None);
        }
        let target = fs::read_link(&path).map_err(unread)?;
        Ok(Some(lossy(target.as_os_str())))
    }

    pub(super) fn stat(&self, path: &str) -> Result<Stat, Unread> {
        let metadata = fs::metadata(self.place(path, Last::Followed)?).map_err(unread)?;
        Ok(stat(&metadata))
    }

    pub(super) fn dir(&self, path: &str) -> Result<Vec<String>, Unread> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.place(path, Last::Followed)?).map_err(unread)? {
            if names.len() == MAX_NAMES {
                return Err(Unread::TooLarge);
            }
            names.push(lossy(&entry.map_err(unread)?.file_name()));
        }
        names.sort();
        Ok(names)
    }

    /// Where a path of the machine is in the running system.
    pub(super) fn place(&self, path: &str, last: Last) -> Result<PathBuf, Unread> {
        if !path.starts_with('/') && !Path::new(path).is_absolute() {
            return Err(Unread::Failed("not an absolute path".to_owned()));
        }
        match &self.root {
            None => Ok(PathBuf::from(path)),
            Some(root) => below(root, Path::new(path), last).map_err(unread),
        }
    }

    /// Opens a regular file and nothing else: opening a pipe waits for its other end, and opening a device can
    /// change something.
    fn open(&self, path: &str) -> Result<File, Unread> {
        let path = self.place(path, Last::Followed)?;
        regular(&fs::metadata(&path).map_err(unread)?)?;
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // Should the path have become a pipe or a terminal since it was looked at.
            let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
            options.custom_flags(flags.bits().cast_signed());
        }
        let file = options.open(&path).map_err(unread)?;
        regular(&file.metadata().map_err(unread)?)?;
        Ok(file)
    }
}

/// What to do with the last part of a path where it is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// The link itself is meant.
    Itself,
    /// What it points to is meant.
    Followed,
}

/// Follows links as if `root` were `/`, so that `/etc/alternatives/cuda` in a staged tree stays in that tree.
fn below(root: &Path, path: &Path, last: Last) -> io::Result<PathBuf> {
    let parts = |path: &Path| -> Vec<PathBuf> {
        path.components()
            .rev()
            .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
            .map(|part| PathBuf::from(part.as_os_str()))
            .collect()
    };
    let mut done = root.to_owned();
    let mut todo = parts(path);
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part == Path::new("..") {
            if done != root {
                done.pop();
            }
            continue;
        }
        let here = done.join(part);
        let follow = !todo.is_empty() || last == Last::Followed;
        match fs::read_link(&here) {
            Ok(target) if follow => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(io::Error::other("too many levels of symbolic links"));
                }
                if target.is_absolute() {
                    root.clone_into(&mut done);
                }
                todo.extend(parts(&target));
            }
            _ => done = here,
        }
    }
    Ok(done)
}

fn regular(metadata: &Metadata) -> Result<(), Unread> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(Unread::Failed("a folder, not a file".to_owned()))
    } else {
        Err(Unread::Failed("not a regular file".to_owned()))
    }
}

fn stat(metadata: &Metadata) -> Stat {
    #[cfg(unix)]
    let (mode, mtime) = {
        use std::os::unix::fs::MetadataExt;
        (Some(metadata.mode()), Some(metadata.mtime()))
    };
    #[cfg(not(unix))]
    let (mode, mtime) = {
        let changed = metadata.modified().ok();
        let since = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        (
            None,
            since.and_then(|since| i64::try_from(since.as_secs()).ok()),
        )
    };
    Stat {
        size: Some(metadata.len()),
        mode,
        mtime,
    }
}

/// "Not there" only where that is certain.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(super) fn unread(error: io::Error) -> Unread {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unread::NotFound,
        io::ErrorKind::PermissionDenied => Unread::Denied,
        _ => Unread::Failed(error.to_string()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::{Duration, Instant};

    use super::*;

    fn staged() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path().to_owned());
        (folder, files)
    }

    #[test]
    fn text_is_whole_or_nothing() {
        let (folder, files) = staged();
        fs::write(folder.path().join("modules"), "nvidia 1 0\n").unwrap();
        fs::write(folder.path().join("latin1.conf"), b"blacklist caf\xe9\n").unwrap();
        fs::write(folder.path().join("full"), vec![b'a'; MAX_TEXT]).unwrap();
        fs::write(folder.path().join("over"), vec![b'a'; MAX_TEXT + 1]).unwrap();
        assert_eq!(files.text("/modules").as_deref(), Ok("nvidia 1 0\n"));
        assert_eq!(
            files.text("/latin1.conf").as_deref(),
            Ok("blacklist caf\u{fffd}\n")
        );
        assert_eq!(files.text("/full").map(|text| text.len()), Ok(MAX_TEXT));
        assert_eq!(files.text("/over"), Err(Unread::TooLarge));
    }

    #[test]
    fn why_there_is_nothing_is_told_apart() {
        let (folder, files) = staged();
        fs::write(folder.path().join("file"), "").unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        assert_eq!(files.text("/absent"), Err(Unread::NotFound));
        assert_eq!(files.text("/file/below"), Err(Unread::NotFound));
        assert_eq!(files.stat("/file/below"), Err(Unread::NotFound));
        assert_eq!(files.dir("/file"), Err(Unread::NotFound));
        assert_eq!(files.link("/absent"), Err(Unread::NotFound));
        for path in ["/folder", "relative", "", "/nul\0"] {
            assert!(
                matches!(files.text(path), Err(Unread::Failed(_))),
                "{path:?}"
            );
        }
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(unread(denied), Unread::Denied);
        // EIO, as sysfs gives it for a device that has gone.
        let failed = unread(io::Error::from_raw_os_error(5));
        assert!(matches!(failed, Unread::Failed(_)));
    }

    #[test]
    fn a_pipe_or_a_device_is_not_opened() {
        let (folder, files) = staged();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let started = Instant::now();
        assert!(matches!(files.text("/pipe"), Err(Unread::Failed(_))));
        let picked = files.excerpt("/pipe", Select::Architectures);
        assert!(matches!(picked, Err(Unread::Failed(_))));
        assert!(started.elapsed() < Duration::from_secs(1));
        let system = Files::below(PathBuf::from("/"));
        assert!(matches!(system.text("/dev/zero"), Err(Unread::Failed(_))));
    }

    #[test]
    fn links_stay_in_a_staged_tree() {
        let (folder, files) = staged();
        let root = folder.path();
        fs::create_dir_all(root.join("usr/local/cuda-12.6")).unwrap();
        fs::create_dir_all(root.join("etc/alternatives")).unwrap();
        fs::write(root.join("usr/local/cuda-12.6/version.json"), "{}").unwrap();
        symlink("/usr/local/cuda-12.6", root.join("etc/alternatives/cuda")).unwrap();
        symlink("/etc/alternatives/cuda", root.join("usr/local/cuda")).unwrap();
        symlink("../../../../../../etc/alternatives", root.join("usr/up")).unwrap();
        symlink("round", root.join("round")).unwrap();
        assert_eq!(
            files.text("/usr/local/cuda/version.json").as_deref(),
            Ok("{}")
        );
        assert_eq!(
            files.link("/usr/local/cuda"),
            Ok(Some("/etc/alternatives/cuda".to_owned()))
        );
        assert_eq!(files.link("/usr/local/cuda-12.6"), Ok(None));
        assert_eq!(files.dir("/usr/up"), Ok(vec!["cuda".to_owned()]));
        assert_eq!(
            files.dir("/usr/local/cuda"),
            Ok(vec!["version.json".to_owned()])
        );
        assert!(matches!(files.text("/round"), Err(Unread::Failed(_))));
        assert_eq!(files.link("/round"), Ok(Some("round".to_owned())));
    }

    #[test]
    fn an_excerpt_is_picked_from_a_file_of_any_size() {
        let (folder, files) = staged();
        let mut library = vec![0xff_u8; 3 * PIECE];
        // Across the end of the first piece.
        let list = b"\0sm_75 sm_80 sm_86 compute_86\0";
        library[PIECE - 10..PIECE - 10 + list.len()].copy_from_slice(list);
        fs::write(folder.path().join("libtorch_python.so"), library).unwrap();
        assert_eq!(
            files.excerpt("/libtorch_python.so", Select::Architectures),
            Ok("sm_75 sm_80 sm_86 compute_86".to_owned())
        );
        let large = File::create(folder.path().join("status")).unwrap();
        large.set_len((64 << 20) + 1).unwrap();
        assert_eq!(
            files.excerpt("/status", Select::Lines(&["nvidia"])),
            Err(Unread::TooLarge)
        );
    }

    #[test]
    fn size_and_mode_are_told() {
        let (folder, files) = staged();
        fs::write(folder.path().join("file"), "four").unwrap();
        let stat = files.stat("/file").unwrap();
        assert_eq!(stat.size, Some(4));
        assert!(!stat.is_executable());
        assert!(files.stat("/").unwrap().is_executable());
    }
}
