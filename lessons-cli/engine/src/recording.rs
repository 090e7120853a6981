//! Recordings: one JSON file that holds everything that the checks read from a machine.
//!
//! A recording may come from a stranger. It is data: bounded in size and depth, its paths are names that are
//! never opened, and what it does not hold is unknown, never absent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::machine::nvml::{Nvml, NvmlCode, NvmlFailure};
use crate::machine::{Identity, Kind, Machine, NotRun, Output, Platform, Select, Stat, Unread};
use crate::programs::asked_before;
use crate::visible::visible;

/// The format that this engine writes, and the newest that it reads.
pub const FORMAT: &str = "lessons-machine/1";

/// The largest recording that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// How many symbolic links one path may go through, as Linux has it.
const MAX_LINKS: usize = 40;

/// A recorded machine. Its JSON is described by `exercises/machine.schema.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// [`FORMAT`].
    pub format: String,
    /// A short name, as in a file name.
    pub name: String,
    /// One line for a list of machines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What there is to see on this machine, in a sentence or two.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The lesson that the machine is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<String>,
    /// When it was recorded or written, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// What made it: `lessons 0.1.0`, or `by hand`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorder: Option<String>,
    /// What was taken out or replaced: a list of kinds, or only whether.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redacted>,
    /// Operating system, architecture, kernel.
    pub platform: Platform,
    /// Files and links by path.
    #[serde(default)]
    pub files: BTreeMap<String, Entry>,
    /// The names in a folder, by path.
    #[serde(default)]
    pub dirs: BTreeMap<String, Vec<String>>,
    /// Programs that were run.
    #[serde(default)]
    pub commands: Vec<Command>,
    /// Environment variables; `null` for one that is not set.
    #[serde(default)]
    pub env: BTreeMap<String, Option<String>>,
    /// One reading of NVML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nvml: Option<NvmlEntry>,
}

/// What was taken out of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Redacted {
    /// Whether anything was.
    Whether(bool),
    /// What was: `host name`, `serial number` …
    What(Vec<String>),
}

/// What a recording holds of one path. A path that is only known to be there has just a size or a mode; a link
/// may hold, beside where it points, what was read through it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its text as lines, each ended by a line feed: for files that people read in diffs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<String>>,
    /// Where it points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Why there is no text: `not-found`, `denied`, `too-large`, or the system's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Last change in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtime: Option<i64>,
    /// Unix mode bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

impl Entry {
    fn stat(&self) -> Stat {
        Stat {
            size: self.size,
            mode: self.mode,
            mtime: self.mtime,
        }
    }

    /// Whether the entry itself says that something is there, whatever could be read of it.
    fn is_there(&self) -> bool {
        self.size.is_some() || self.mode.is_some()
    }
}

/// A program that was run, or the reason why it has no output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// The exit status; absent where a signal ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// What it printed.
    #[serde(default, skip_serializing_if = "Printed::is_empty")]
    pub stdout: Printed,
    /// What it printed as errors.
    #[serde(default, skip_serializing_if = "Printed::is_empty")]
    pub stderr: Printed,
    /// How long it ran, in milliseconds.
    #[serde(default)]
    pub elapsed_ms: u64,
    /// `not-found`, `timed-out`, `denied`, `not-asked` or the system's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Printed text, whole or as lines that each end with a line feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Printed {
    /// As it came.
    Text(String),
    /// As lines.
    Lines(Vec<String>),
}

impl Default for Printed {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Printed {
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Lines(lines) => lines.is_empty(),
        }
    }

    /// The text.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Lines(lines) => join_lines(lines),
        }
    }

    /// Text that is easy to read in a diff: lines, where that loses nothing.
    pub fn from_text(text: &str) -> Self {
        match text.strip_suffix('\n') {
            Some(body) if body.contains('\n') => {
                Self::Lines(body.split('\n').map(str::to_owned).collect())
            }
            _ => Self::Text(text.to_owned()),
        }
    }
}

/// A reading of NVML: `{"ok": {…}}`, or `{"error": "DriverNotLoaded"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NvmlEntry {
    /// It answered.
    Ok {
        /// What it said.
        ok: Nvml,
    },
    /// It did not.
    Failed(NvmlFailure),
}

/// Why a text is not a recording that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Over [`MAX_BYTES`].
    #[error("{0} bytes are more than a recording may have ({max})", max = MAX_BYTES)]
    TooLarge(usize),
    /// Bytes that are no text.
    #[error("it is not UTF-8 text (byte {0})")]
    NotText(usize),
    /// Not JSON, or not the fields that a recording has; with line and column.
    #[error("{0}")]
    NotARecording(String),
    /// Another format, or a later version of this one.
    #[error("its format is {0:?}; this version reads \"lessons-machine/1\"")]
    OtherFormat(String),
}

impl Recording {
    /// Reads a recording from the bytes of a file.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, RecordingError> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
        }
        if bytes.len() > MAX_BYTES {
            return Err(RecordingError::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| RecordingError::NotText(error.valid_up_to()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(RecordingError::Empty);
        }
        let not_a_recording =
            |error: serde_json::Error| RecordingError::NotARecording(error.to_string());
        // The format comes first: of a later one, nothing else can be said.
        let head: Head = serde_json::from_str(text).map_err(not_a_recording)?;
        match head.format.as_deref() {
            Some(FORMAT) => {}
            Some(other) => return Err(RecordingError::OtherFormat(other.to_owned())),
            None => {
                return Err(RecordingError::NotARecording(
                    "it has no field \"format\"".to_owned(),
                ));
            }
        }
        serde_json::from_str(text).map_err(not_a_recording)
    }

    /// The recording as JSON, with its keys in a fixed order and a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("a recording is always JSON: {error}"));
        json.push('\n');
        json
    }

    /// The entry of a path, under its own name or through the links of its parents.
    fn entry(&self, path: &str) -> Option<(String, &Entry)> {
        if let Some(entry) = self.files.get(path) {
            return Some((path.to_owned(), entry));
        }
        let real = self.resolve(path, false)?;
        let entry = self.files.get(&real)?;
        Some((real, entry))
    }

    /// The names in a folder, under its own name or through links.
    fn names(&self, path: &str) -> Option<&Vec<String>> {
        self.dirs
            .get(path)
            .or_else(|| self.dirs.get(&self.resolve(path, true)?))
    }

    /// Follows the links of a path as far as the recording knows them; `None` where they go round in circles.
    fn resolve(&self, path: &str, last_too: bool) -> Option<String> {
        let mut done = String::new();
        let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut links = 0;
        while let Some(part) = todo.pop() {
            match part.as_str() {
                "" | "." => {}
                ".." => {
                    done.truncate(done.rfind('/').unwrap_or(0));
                }
                name => {
                    let here = format!("{done}/{name}");
                    let is_last = todo.iter().all(String::is_empty);
                    match self.files.get(&here).and_then(|entry| entry.link.as_ref()) {
                        Some(target) if last_too || !is_last => {
                            links += 1;
                            if links > MAX_LINKS {
                                return None;
                            }
                            if target.starts_with('/') {
                                done.clear();
                            }
                            todo.extend(target.split('/').rev().map(str::to_owned));
                        }
                        _ => done = here,
                    }
                }
            }
        }
        Some(done)
    }

    /// What is known of a path that has no entry of its own: the listing of a folder above it tells whether it
    /// can be there at all.
    fn presence(&self, path: &str) -> Presence {
        if self.dirs.contains_key(path) {
            return Presence::There;
        }
        let mut child = path;
        while let Some(cut) = child.rfind('/') {
            let (parent, name) = (&child[..cut], &child[cut + 1..]);
            let parent_name = if parent.is_empty() { "/" } else { parent };
            if let Some(names) = self.names(parent_name) {
                return match names.iter().any(|known| known == name) {
                    true if child.len() == path.len() => Presence::There,
                    true => Presence::Unknown,
                    false => Presence::NotThere,
                };
            }
            if let Some((_, entry)) = self.entry(parent_name)
                && entry.link.is_none()
                && entry.error.as_deref() == Some("not-found")
            {
                return Presence::NotThere;
            }
            if parent.is_empty() {
                break;
            }
            child = parent;
        }
        Presence::Unknown
    }

    fn content(&self, path: &str) -> Result<Content, Unread> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let Some((real, entry)) = self.entry(&path) else {
                return match self.presence(&path) {
                    Presence::There => Ok(Content::Untold(Stat::default())),
                    Presence::NotThere => Err(Unread::NotFound),
                    Presence::Unknown => {
                        // A link on the way may lead to a folder whose listing tells.
                        match self.resolve(&path, true).map(|real| self.presence(&real)) {
                            Some(Presence::There) => Ok(Content::Untold(Stat::default())),
                            Some(Presence::NotThere) => Err(Unread::NotFound),
                            _ => Err(Unread::NotRecorded),
                        }
                    }
                };
            };
            let stat = entry.stat();
            if let Some(text) = &entry.text {
                return Ok(Content::Text(text.clone(), stat));
            }
            if let Some(lines) = &entry.lines {
                return Ok(Content::Text(join_lines(lines), stat));
            }
            if let Some(error) = &entry.error {
                return Err(unread(error));
            }
            match &entry.link {
                Some(_) if entry.is_there() => return Ok(Content::Untold(stat)),
                Some(_) => match self.resolve(&real, true) {
                    Some(target) if target != real => path = target,
                    _ => return Err(Unread::Failed("too many links".to_owned())),
                },
                None => return Ok(Content::Untold(stat)),
            }
        }
        Err(Unread::Failed("too many links".to_owned()))
    }
}

enum Presence {
    There,
    NotThere,
    Unknown,
}

enum Content {
    /// Its text.
    Text(String, Stat),
    /// It is there; what is in it was not recorded.
    Untold(Stat),
}

impl Machine for Recording {
    fn identity(&self) -> Identity {
        Identity {
            name: visible(&self.name),
            kind: Kind::Recording,
        }
    }

    fn platform(&self) -> Platform {
        self.platform.clone()
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        match self.content(path)? {
            Content::Text(text, _) => Ok(text),
            Content::Untold(_) => Err(Unread::NotRecorded),
        }
    }

    fn link(&self, path: &str) -> Result<Option<String>, Unread> {
        match self.entry(path) {
            Some((_, entry)) if entry.link.is_some() => Ok(entry.link.clone()),
            _ => self.stat(path).map(|_| None),
        }
    }

    fn stat(&self, path: &str) -> Result<Stat, Unread> {
        // A file whose text is withheld may still show its size and mode.
        if let Some((_, entry)) = self.entry(path)
            && entry.is_there()
        {
            return Ok(entry.stat());
        }
        match self.content(path) {
            Ok(Content::Text(_, stat) | Content::Untold(stat)) => Ok(stat),
            Err(error) => Err(error),
        }
    }

    fn dir(&self, path: &str) -> Result<Vec<String>, Unread> {
        if let Some(names) = self.names(path) {
            return Ok(names.clone());
        }
        match self.content(path) {
            Err(error) => Err(error),
            Ok(_) => Err(Unread::NotRecorded),
        }
    }

    fn excerpt(&self, path: &str, select: Select) -> Result<String, Unread> {
        self.text(path).map(|text| select.pick(text.as_bytes()))
    }

    fn command(&self, argv: &[&str]) -> Result<Output, NotRun> {
        let said = |argv: &[&str]| {
            self.commands.iter().find(|command| {
                command
                    .argv
                    .iter()
                    .map(String::as_str)
                    .eq(argv.iter().copied())
            })
        };
        let command = said(argv)
            .or_else(|| said(&asked_before(argv)?))
            .ok_or(NotRun::NotRecorded)?;
        match &command.error {
            Some(error) => Err(not_run(error)),
            None => Ok(Output {
                exit: command.exit,
                stdout: command.stdout.text(),
                stderr: command.stderr.text(),
                elapsed_ms: command.elapsed_ms,
            }),
        }
    }

    fn env(&self, name: &str) -> Result<Option<String>, Unread> {
        self.env.get(name).cloned().ok_or(Unread::NotRecorded)
    }

    fn nvml(&self) -> Result<Nvml, NvmlFailure> {
        match &self.nvml {
            Some(NvmlEntry::Ok { ok }) => Ok(ok.clone()),
            Some(NvmlEntry::Failed(failure)) => Err(failure.clone()),
            None => Err(NvmlCode::NotRecorded.into()),
        }
    }
}

fn join_lines(lines: &[String]) -> String {
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The word that a recording has for a reason.
pub(crate) fn unread_word(unread: &Unread) -> String {
    match unread {
        Unread::NotFound => "not-found".to_owned(),
        Unread::Denied => "denied".to_owned(),
        Unread::TooLarge => "too-large".to_owned(),
        Unread::NotRecorded => "not-recorded".to_owned(),
        Unread::Failed(why) => why.clone(),
    }
}

fn unread(word: &str) -> Unread {
    match word {
        "not-found" => Unread::NotFound,
        "denied" => Unread::Denied,
        "too-large" => Unread::TooLarge,
        "not-recorded" => Unread::NotRecorded,
        other => Unread::Failed(other.to_owned()),
    }
}

/// The word that a recording has for a reason.
pub(crate) fn not_run_word(not_run: &NotRun) -> String {
    match not_run {
        NotRun::NotFound => "not-found".to_owned(),
        NotRun::Denied => "denied".to_owned(),
        NotRun::TimedOut => "timed-out".to_owned(),
        NotRun::NotRecorded => "not-recorded".to_owned(),
        NotRun::NotAsked => "not-asked".to_owned(),
        NotRun::Failed(why) => why.clone(),
    }
}

fn not_run(word: &str) -> NotRun {
    match word {
        "not-found" => NotRun::NotFound,
        "denied" => NotRun::Denied,
        "timed-out" => NotRun::TimedOut,
        "not-recorded" => NotRun::NotRecorded,
        "not-asked" => NotRun::NotAsked,
        other => NotRun::Failed(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(body: &str) -> Recording {
        let json = format!(
            r#"{{"format":"lessons-machine/1","name":"t","platform":{{"os":"linux","arch":"x86_64"}},{body}}}"#
        );
        Recording::from_slice(json.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_not_recorded_is_unknown_and_not_absent() {
        let machine = recording(r#""files":{}"#);
        assert_eq!(machine.text("/proc/modules"), Err(Unread::NotRecorded));
        assert_eq!(machine.stat("/proc/modules"), Err(Unread::NotRecorded));
        assert_eq!(machine.dir("/proc"), Err(Unread::NotRecorded));
        assert_eq!(machine.env("PATH"), Err(Unread::NotRecorded));
        assert_eq!(machine.command(&["nvcc"]), Err(NotRun::NotRecorded));
        assert_eq!(machine.nvml().unwrap_err().error, NvmlCode::NotRecorded);
    }

    #[test]
    fn a_listing_tells_what_is_absent_below_it() {
        let machine = recording(r#""dirs":{"/usr/local":["bin","cuda-12.6"]}"#);
        assert_eq!(machine.stat("/usr/local/cuda"), Err(Unread::NotFound));
        assert_eq!(
            machine.text("/usr/local/cuda/version.json"),
            Err(Unread::NotFound)
        );
        assert!(machine.stat("/usr/local/bin").is_ok());
        assert_eq!(
            machine.stat("/usr/local/bin/nvcc"),
            Err(Unread::NotRecorded)
        );
    }

    #[test]
    fn links_are_followed_within_the_recording() {
        let machine = recording(
            r#""files":{"/usr/local/cuda":{"link":"cuda-12.6"},"/usr/local/cuda-12.6/version.json":{"lines":["{}"]},
               "/a":{"link":"b"},"/b":{"link":"a"}},"dirs":{"/usr/local/cuda-12.6/bin":["nvcc"]}"#,
        );
        assert_eq!(
            machine.text("/usr/local/cuda/version.json").unwrap(),
            "{}\n"
        );
        assert_eq!(
            machine.link("/usr/local/cuda").unwrap().as_deref(),
            Some("cuda-12.6")
        );
        assert!(machine.stat("/usr/local/cuda/bin/nvcc").is_ok());
        assert_eq!(
            machine.stat("/usr/local/cuda/bin/gcc"),
            Err(Unread::NotFound)
        );
        assert!(matches!(machine.text("/a"), Err(Unread::Failed(_))));
    }

    #[test]
    fn a_parent_that_is_not_there_has_no_children() {
        let machine = recording(r#""files":{"/sys/firmware/efi":{"error":"not-found"}}"#);
        assert_eq!(
            machine.text("/sys/firmware/efi/efivars/SecureBoot"),
            Err(Unread::NotFound)
        );
    }

    #[test]
    fn bad_input_is_refused_with_a_reason() {
        assert_eq!(Recording::from_slice(b" \n"), Err(RecordingError::Empty));
        assert_eq!(
            Recording::from_slice(b"\xff\xfe"),
            Err(RecordingError::NotText(0))
        );
        assert!(matches!(
            Recording::from_slice(b"{\"format\""),
            Err(RecordingError::NotARecording(_))
        ));
        assert_eq!(
            Recording::from_slice(br#"{"format":"lessons-machine/2"}"#),
            Err(RecordingError::OtherFormat("lessons-machine/2".to_owned()))
        );
        let deep = "[".repeat(100_000);
        assert!(matches!(
            Recording::from_slice(deep.as_bytes()),
            Err(RecordingError::NotARecording(_))
        ));
        assert!(matches!(
            Recording::from_slice(&vec![b' '; MAX_BYTES + 1]),
            Err(RecordingError::TooLarge(_))
        ));
    }

    #[test]
    fn json_round_trip() {
        let machine = recording(
            r#""nvml":{"ok":{"driver_version":"580.95.05","gpus":[{"name":"NVIDIA GeForce RTX 4090","ecc_enabled":{"error":"NotSupported"}},{"error":"GpuLost"}]}}"#,
        );
        let again = Recording::from_slice(machine.to_json().as_bytes()).unwrap();
        assert_eq!(machine, again);
        assert_eq!(again.nvml().unwrap().gpus.len(), 2);
    }
}
