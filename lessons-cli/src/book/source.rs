//! Where a book comes from: a folder, or the sources that every build of the command carries along.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The sources of the book that came along: names below the root, and what is in them.
const BUNDLED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/book.rs"));

/// Where the book comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder with `book.toml`.
    Folder(PathBuf),
    /// What came along.
    Bundled,
}

impl Source {
    /// The folder that was asked for; else the current one, if this book is there; else what came along.
    pub fn find(root: Option<&Path>) -> Self {
        match root {
            Some(root) => Self::Folder(root.to_owned()),
            None if is_this_book(Path::new(".")) => Self::Folder(PathBuf::from(".")),
            None => Self::Bundled,
        }
    }

    /// The folder that was asked for; else the current one, if any book is there; else what came along.
    pub fn of_any_book(root: Option<&Path>) -> Self {
        match root {
            Some(root) => Self::Folder(root.to_owned()),
            None if Path::new("book.toml").exists() => Self::Folder(PathBuf::from(".")),
            None => Self::Bundled,
        }
    }

    /// The folder that holds it; what came along is written to `place`.
    pub fn unpacked(&self, place: &Path) -> Result<PathBuf> {
        if let Self::Folder(root) = self {
            return Ok(root.clone());
        }
        for (name, content) in BUNDLED {
            let file = place.join(name);
            let write = || {
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&file, content)
            };
            write().with_context(|| format!("tried to write {}", file.display()))?;
        }
        Ok(place.to_owned())
    }
}

/// Whether a folder holds this book: another one's `book.toml` may start programs.
fn is_this_book(folder: &Path) -> bool {
    let ours = BUNDLED.iter().find(|(name, _)| *name == "book.toml");
    let there = fs::read(folder.join("book.toml")).ok();
    ours.map(|(_, text)| *text) == there.as_deref()
}
