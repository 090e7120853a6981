//! Where facts are read from: the live machine, a recording of one, or a practice machine.
//!
//! A machine answers raw questions (what is in this file, what does this program print) and judges nothing.
//! Every answer that is not a value says why: nothing here turns "could not look" into "is not there".

use std::fmt;

use serde::{Deserialize, Serialize};

pub mod nvml;
pub mod select;

use nvml::{Nvml, NvmlFailure};
pub use select::Select;

/// The largest file that a machine hands over as text, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// A place that raw facts are read from.
///
/// Paths are absolute, with `/` between their parts (also on Windows, where they begin with `C:/`).
/// All methods take `&self` and may be called in any order; the caller remembers answers, so a machine
/// need not.
pub trait Machine {
    /// The name to show for this machine and what kind of machine it is.
    fn identity(&self) -> Identity;

    /// The operating system, processor architecture and kernel release.
    fn platform(&self) -> Platform;

    /// The text of a file, links followed. Bytes that are not UTF-8 come as U+FFFD; at most [`MAX_TEXT`] bytes.
    fn text(&self, path: &str) -> Result<String, Unread>;

    /// Where a symbolic link points, as stored in it; `None` for something that is there and is no link.
    fn link(&self, path: &str) -> Result<Option<String>, Unread>;

    /// Size and mode of what is at a path, links followed.
    fn stat(&self, path: &str) -> Result<Stat, Unread>;

    /// The names in a folder, sorted.
    fn dir(&self, path: &str) -> Result<Vec<String>, Unread>;

    /// The part of a file that a [`Select`] asks for, however large the file: a package database, a library.
    fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread>;

    /// What one of [`crate::programs`] prints. Anything else is refused.
    fn command(&self, argv: &[&str]) -> Result<Output, NotRun>;

    /// An environment variable; `None` where it is not set.
    fn env(&self, name: &str) -> Result<Option<String>, Unread>;

    /// One complete reading of NVML.
    fn nvml(&self) -> Result<Nvml, NvmlFailure>;

    /// Announces what will be asked, so that a live machine can start slow things at once and side by side.
    fn prepare(&self, _programs: &[&[&str]], _nvml: bool) {}
}

/// What to call a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `this machine`, or a recording's name.
    pub name: String,
    /// Live, recorded or practice.
    pub kind: Kind,
}

/// The kinds of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The reader's own machine.
    Live,
    /// A recording of a machine.
    Recording,
    /// A machine to type into, which exists only in the engine.
    Practice,
}

/// What a program was compiled for, and the kernel that runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`, `windows` or `macos`, as Rust names them.
    pub os: String,
    /// `x86_64`, `aarch64`, …, as Rust names them.
    pub arch: String,
    /// The kernel's release (`uname -r`), where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
}

/// What is known of a file without opening it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stat {
    /// Size in bytes, where known.
    pub size: Option<u64>,
    /// Unix mode bits, where known.
    pub mode: Option<u32>,
    /// Last change in seconds since 1970, where known.
    pub mtime: Option<i64>,
}

impl Stat {
    /// Whether the file may be run; `true` where its mode is not known.
    pub fn is_executable(self) -> bool {
        self.mode.is_none_or(|mode| mode & 0o111 != 0)
    }
}

/// Why a file, folder, link or variable could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unread {
    /// It is certain that nothing is there.
    NotFound,
    /// Something is there, or may be, and this user may not read it.
    Denied,
    /// The recording does not hold it: nothing is known.
    NotRecorded,
    /// It is larger than a machine hands over.
    TooLarge,
    /// Anything else, with the system's words.
    Failed(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::Denied => f.write_str("permission denied"),
            Self::NotRecorded => f.write_str("not in this recording"),
            Self::TooLarge => f.write_str("too large to read"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

/// What a program printed, and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit status; `None` where a signal ended the program.
    pub exit: Option<i32>,
    /// Standard output, at most [`MAX_TEXT`] bytes.
    pub stdout: String,
    /// Standard error, at most [`MAX_TEXT`] bytes.
    pub stderr: String,
    /// How long it ran, in milliseconds.
    pub elapsed_ms: u64,
}

impl Output {
    /// Whether the program ended by itself with status 0.
    pub fn succeeded(&self) -> bool {
        self.exit == Some(0)
    }
}

/// Why a program has no output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotRun {
    /// No such program on `PATH`.
    NotFound,
    /// This user may not run it.
    Denied,
    /// It was still running at its time limit and was ended.
    TimedOut,
    /// The recording does not hold it: nothing is known.
    NotRecorded,
    /// This machine does not run that program (or only when asked to).
    NotAsked,
    /// Anything else, with the system's words.
    Failed(String),
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such program on PATH"),
            Self::Denied => f.write_str("permission denied"),
            Self::TimedOut => f.write_str("still running at its time limit"),
            Self::NotRecorded => f.write_str("not in this recording"),
            Self::NotAsked => f.write_str("not run"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}
