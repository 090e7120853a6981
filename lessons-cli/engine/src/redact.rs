//! Takes out of a recording what tells whose machine it is.
//!
//! Two passes: the first learns what is there (a user's name from `/home/alice`, a host's from `/etc/hostname`), the
//! second replaces it everywhere, also where only the knowledge of the first tells it. The same text always gets
//! the same stand-in, two texts that are found do not share one, and doing it twice changes nothing more, so that every relation
//! that a check looks at (this path lies in that folder, this GPU is that one) stays.
//!
//! Kept on purpose, since it tells no one apart and checks need it: `root` and other names that machines have by
//! themselves, words of the field (a user called `cuda` stays), loopback addresses, EFI's own GUIDs, host names in
//! URLs (they tell which mirror is used) and dotted version numbers (see [`address`](self) in the source).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::machine::nvml::{GpuReading, Nvml, Value};
use crate::programs;
use crate::recording::{Command, Entry, NvmlEntry, Printed, Recording, Redacted};

mod address;
mod alias;
mod generic;
mod scan;

use alias::Aliases;
use scan::scan;

/// What was replaced, and in how many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redaction {
    /// What kind of text.
    pub kind: Kind,
    /// In how many places.
    pub count: usize,
}

/// The kinds of text that are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A user's name.
    UserName,
    /// A user's name in the path of a home folder.
    HomeFolder,
    /// The machine's name.
    HostName,
    /// A serial number.
    SerialNumber,
    /// The UUID of a GPU or of a part of one (MIG).
    GpuUuid,
    /// Any other UUID: of a disk, of a board.
    Uuid,
    /// A network card's address.
    MacAddress,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// systemd's id of the machine.
    MachineId,
    /// An e-mail address.
    EmailAddress,
    /// A password, key or token.
    Secret,
}

impl Kind {
    /// The kind in words, as a recording lists it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserName => "user name",
            Self::HomeFolder => "home folder",
            Self::HostName => "host name",
            Self::SerialNumber => "serial number",
            Self::GpuUuid => "GPU UUID",
            Self::Uuid => "UUID",
            Self::MacAddress => "MAC address",
            Self::IpAddress => "IP address",
            Self::MachineId => "machine id",
            Self::EmailAddress => "e-mail address",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Replaces what tells whose machine it is, and says what was replaced, by kind. The recording's own list,
/// `redacted`, keeps what an earlier redaction put there.
pub fn redact(mut recording: Recording) -> (Recording, Vec<Redaction>) {
    /// A stand-in can make a new find of what is beside it, in a text that was made to do so. Each round leaves
    /// less to find, and ordinary recordings need one.
    const ROUNDS: usize = 8;
    let mut counts = BTreeMap::new();
    let mut before = 0;
    for _ in 0..ROUNDS {
        replace_all(&mut recording, &mut counts);
        let count = counts.values().sum();
        if count == before {
            break;
        }
        before = count;
    }
    let redactions: Vec<Redaction> = counts
        .into_iter()
        .map(|(kind, count)| Redaction { kind, count })
        .collect();
    recording.redacted = Some(listed(recording.redacted.as_ref(), &redactions));
    (recording, redactions)
}

fn replace_all(recording: &mut Recording, counts: &mut BTreeMap<Kind, usize>) {
    let mut aliases = Aliases::default();
    walk(recording, &mut |text, place| {
        scan(text, place, None, &mut |range, kind| {
            aliases.learn(kind, &text[range]);
        });
    });
    aliases.assign();
    walk(recording, &mut |text, place| {
        *text = replace(text, place, &mut aliases, counts);
    });
}

fn replace(
    text: &str,
    place: Place<'_>,
    aliases: &mut Aliases,
    counts: &mut BTreeMap<Kind, usize>,
) -> String {
    let mut hits = Vec::new();
    scan(text, place, Some(aliases), &mut |range, kind| {
        hits.push((range, kind));
    });
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    for (range, kind) in hits {
        let found = &text[range.clone()];
        let alias = aliases.alias(kind, found);
        if alias != found {
            *counts.entry(kind).or_default() += 1;
        }
        replaced.push_str(&text[done..range.start]);
        replaced.push_str(&alias);
        done = range.end;
    }
    replaced.push_str(&text[done..]);
    replaced
}

fn listed(before: Option<&Redacted>, redactions: &[Redaction]) -> Redacted {
    let mut kinds: BTreeSet<&str> = redactions.iter().map(|r| r.kind.name()).collect();
    match before {
        Some(Redacted::What(earlier)) => kinds.extend(earlier.iter().map(String::as_str)),
        Some(Redacted::Whether(true)) if kinds.is_empty() => return Redacted::Whether(true),
        Some(Redacted::Whether(_)) | None => {}
    }
    Redacted::What(kinds.into_iter().map(str::to_owned).collect())
}

/// Where in a recording a text stands, which tells how to read it.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    /// The text of the file with this path.
    File(&'a str),
    /// A path.
    Path,
    /// A name in the folder with this path.
    NameIn(&'a str),
    /// The value of this variable.
    Variable(&'a str),
    /// What a program printed.
    Printed,
    /// What a program printed that was asked for a version; a kernel's release.
    Version,
    /// A GPU's serial number.
    Serial,
    /// Words about the recording, or the system's words about a failure.
    Words,
}

/// Shows every text of a recording in which somebody's name could be, in a fixed order.
fn walk(recording: &mut Recording, visit: &mut impl FnMut(&mut String, Place<'_>)) {
    // Destructured, so that a field that a recording gets later is not forgotten here.
    let Recording {
        format: _,
        name,
        title,
        summary,
        lesson: _,
        recorded_at: _,
        recorder: _,
        redacted: _,
        platform,
        files,
        dirs,
        commands,
        env,
        nvml,
    } = recording;
    for text in [name, title, summary] {
        visit(text, Place::Words);
    }
    if let Some(kernel) = &mut platform.kernel {
        visit(kernel, Place::Version);
    }
    for (name, value) in env {
        if let Some(value) = value {
            visit(value, Place::Variable(name));
        }
    }
    *files = std::mem::take(files)
        .into_iter()
        .map(|(mut path, mut entry)| {
            walk_entry(&mut entry, &path, visit);
            visit(&mut path, Place::Path);
            (path, entry)
        })
        .collect();
    *dirs = std::mem::take(dirs)
        .into_iter()
        .map(|(mut path, mut names)| {
            let was_sorted = names.is_sorted();
            for name in &mut names {
                visit(name, Place::NameIn(&path));
            }
            if was_sorted {
                names.sort();
            }
            visit(&mut path, Place::Path);
            (path, names)
        })
        .collect();
    for command in commands {
        walk_command(command, visit);
    }
    if let Some(NvmlEntry::Ok { ok }) = nvml {
        walk_nvml(ok, visit);
    } else if let Some(NvmlEntry::Failed(failure)) = nvml
        && let Some(library) = &mut failure.library
    {
        visit(library, Place::Path);
    }
}

fn walk_entry(entry: &mut Entry, path: &str, visit: &mut impl FnMut(&mut String, Place<'_>)) {
    let Entry {
        text,
        lines,
        link,
        error,
        size: _,
        mtime: _,
        mode: _,
    } = entry;
    if let Some(text) = text {
        visit(text, Place::File(path));
    }
    if let Some(lines) = lines {
        walk_lines(lines, Place::File(path), visit);
    }
    if let Some(link) = link {
        visit(link, Place::Path);
    }
    if let Some(error) = error {
        walk_error(error, visit);
    }
}

fn walk_command(command: &mut Command, visit: &mut impl FnMut(&mut String, Place<'_>)) {
    let Command {
        argv,
        exit: _,
        stdout,
        stderr,
        elapsed_ms: _,
        error,
    } = command;
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    // The fixed words of a known program are how a recording is asked for it.
    let known = programs::is_known(&words);
    let asks_version = argv.iter().any(|word| word.contains("version"));
    let place = if asks_version {
        Place::Version
    } else {
        Place::Printed
    };
    for (index, word) in argv.iter_mut().enumerate() {
        if !known || (index == 0 && word.contains(['/', '\\'])) {
            visit(word, Place::Path);
        }
    }
    for printed in [stdout, stderr] {
        match printed {
            Printed::Text(text) => visit(text, place),
            Printed::Lines(lines) => walk_lines(lines, place, visit),
        }
    }
    if let Some(error) = error {
        walk_error(error, visit);
    }
}

fn walk_nvml(nvml: &mut Nvml, visit: &mut impl FnMut(&mut String, Place<'_>)) {
    if let Some(library) = &mut nvml.library {
        visit(library, Place::Path);
    }
    for gpu in &mut nvml.gpus {
        let GpuReading::Opened(gpu) = gpu else {
            continue;
        };
        if let Value::Known(uuid) = &mut gpu.uuid {
            visit(uuid, Place::Words);
        }
        if let Value::Known(serial) = &mut gpu.serial {
            visit(serial, Place::Serial);
        }
        if let Value::Known(processes) = &mut gpu.processes {
            for name in processes.iter_mut().filter_map(|p| p.name.as_mut()) {
                visit(name, Place::Path);
            }
        }
    }
}

/// Lines are one text: a key that goes over several of them is seen as a whole.
fn walk_lines(
    lines: &mut Vec<String>,
    place: Place<'_>,
    visit: &mut impl FnMut(&mut String, Place<'_>),
) {
    let before = lines.join("\n");
    let mut text = before.clone();
    visit(&mut text, place);
    if text != before {
        *lines = text.split('\n').map(str::to_owned).collect();
    }
}

/// A reason is one of the recording's own words, or the system's.
fn walk_error(error: &mut String, visit: &mut impl FnMut(&mut String, Place<'_>)) {
    const OWN: &[&str] = &[
        "not-found",
        "denied",
        "too-large",
        "timed-out",
        "not-recorded",
        "not-asked",
    ];
    if !OWN.contains(&error.as_str()) {
        visit(error, Place::Words);
    }
}

#[cfg(test)]
mod tests;
