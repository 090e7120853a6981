//! Laws that every recording keeps: what is read from it can be recorded again, and nothing in it moves a cursor.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::machine::nvml::{Nvml, NvmlCode, NvmlFailure};
use lessons_engine::machine::{
    Identity, Kind, Machine, NotRun, Output, Platform, Select, Stat, Unread,
};
use lessons_engine::recording::{Recording, RecordingError};
use lessons_engine::redact::redact;
use lessons_engine::report::Report;
use lessons_engine::texts::Texts;
use lessons_engine::visible::visible_lines;
use serde_json::{Value as Json, json};

fn bundled_recordings() -> Vec<Recording> {
    bundled::names()
        .map(|name| bundled::recording(name).unwrap().unwrap())
        .collect()
}

/// Everything that a report says of each step.
fn said(machine: &dyn Machine) -> Vec<Json> {
    let document = Report::of_all(&Facts::new(machine)).document(&Texts::english());
    document
        .steps
        .iter()
        .map(|step| serde_json::to_value(step).unwrap())
        .collect()
}

#[track_caller]
fn assert_say_the_same(one: &dyn Machine, other: &dyn Machine) {
    let (one_said, other_said) = (said(one), said(other));
    assert_eq!(one_said.len(), other_said.len());
    for (left, right) in one_said.iter().zip(&other_said) {
        assert_eq!(left, right, "{}", one.identity().name);
    }
}

/// What the checks read from a machine, as a recording of its own.
fn recorded(machine: &dyn Machine) -> Recording {
    let facts = Facts::new(machine);
    Report::of_all(&facts);
    facts.recording(&machine.identity().name, "a test", "2026-09-28T12:00:00Z")
}

#[test]
fn a_recording_of_a_recording_says_the_same() {
    for recording in bundled_recordings() {
        let again = recorded(&recording);
        assert_say_the_same(&recording, &again);
        let written = Recording::from_slice(again.to_json().as_bytes()).unwrap();
        assert_say_the_same(&recording, &written);
        assert_eq!(again, recorded(&again), "{}", recording.name);
    }
}

/// A machine on which everything is there, and nothing can be looked into: as for a user who may do little.
struct Locked {
    why: Unread,
    stat: Result<Stat, Unread>,
    link: Result<Option<String>, Unread>,
}

impl Machine for Locked {
    fn identity(&self) -> Identity {
        Identity {
            name: format!("locked: {}, {:?}, {:?}", self.why, self.stat, self.link),
            kind: Kind::Practice,
        }
    }

    fn platform(&self) -> Platform {
        Platform {
            os: "linux".to_owned(),
            arch: "x86_64".to_owned(),
            kernel: None,
        }
    }

    fn text(&self, _path: &str) -> Result<String, Unread> {
        Err(self.why.clone())
    }

    fn link(&self, _path: &str) -> Result<Option<String>, Unread> {
        self.link.clone()
    }

    fn stat(&self, _path: &str) -> Result<Stat, Unread> {
        self.stat.clone()
    }

    fn dir(&self, _path: &str) -> Result<Vec<String>, Unread> {
        Err(self.why.clone())
    }

    fn excerpt(&self, _path: &str, _select: Select) -> Result<String, Unread> {
        Err(self.why.clone())
    }

    fn command(&self, _argv: &[&str]) -> Result<Output, NotRun> {
        Err(NotRun::Denied)
    }

    fn env(&self, name: &str) -> Result<Option<String>, Unread> {
        Ok(match name {
            "HOME" => Some("/home/reader".to_owned()),
            "PATH" => Some("/usr/local/cuda/bin:/usr/bin".to_owned()),
            "VIRTUAL_ENV" => Some("/home/reader/.venv".to_owned()),
            _ => None,
        })
    }

    fn nvml(&self) -> Result<Nvml, NvmlFailure> {
        Err(NvmlCode::NoPermission.into())
    }
}

#[test]
fn what_is_there_and_cannot_be_read_is_recorded_as_that() {
    let file = Stat {
        size: Some(100),
        mode: Some(0o100_600),
        mtime: None,
    };
    for why in [
        Unread::Denied,
        Unread::TooLarge,
        Unread::Failed("input/output error".to_owned()),
    ] {
        // What may be looked at shows that it is no link, and what may not shows nothing.
        for (stat, link) in [(Ok(file), Ok(None)), (Err(why.clone()), Err(why.clone()))] {
            let locked = Locked {
                why: why.clone(),
                stat,
                link,
            };
            assert_say_the_same(&locked, &recorded(&locked));
        }
    }
}

#[test]
fn a_redacted_recording_has_the_same_outcomes() {
    for recording in bundled_recordings() {
        let (redacted, _) = redact(recorded(&recording));
        for (before, after) in said(&recording).iter().zip(said(&redacted)) {
            assert_eq!(
                before["outcome"], after["outcome"],
                "{before:#} became {after:#}"
            );
        }
    }
}

/// A number that looks random, and is the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's MMIX generator; its high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Calls `change` on every string of a JSON value, and on the keys that are names of files, folders and variables.
fn change_strings(value: &mut Json, change: &mut impl FnMut(&str) -> String) {
    match value {
        Json::String(text) => *text = change(text),
        Json::Array(items) => {
            for item in items {
                change_strings(item, change);
            }
        }
        Json::Object(fields) => {
            for (_, field) in fields.iter_mut() {
                change_strings(field, change);
            }
        }
        _ => {}
    }
}

/// What must reach no terminal: an escape sequence, a bell, a C1 introducer, a bidirectional override.
const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{2066}";

#[test]
fn nothing_in_a_recording_moves_a_cursor() {
    let texts = Texts::english();
    let mut numbers = Numbers(1);
    for name in bundled::names() {
        for round in 0..6 {
            let mut json: Json = serde_json::from_slice(bundled::json(name).unwrap()).unwrap();
            change_strings(&mut json, &mut |text| {
                // Round by round more of the recording is changed, from single strings to all of it.
                if numbers.below(6) > round || text == "lessons-machine/1" {
                    return text.to_owned();
                }
                let mut chars: Vec<char> = text.chars().collect();
                let place = match round % 3 {
                    0 => 0,
                    1 => chars.len(),
                    _ => numbers.below(chars.len() + 1),
                };
                chars.splice(place..place, HOSTILE.chars());
                chars.into_iter().collect()
            });
            let recording = Recording::from_slice(json.to_string().as_bytes()).unwrap();
            let report = Report::of_all(&Facts::new(&recording));
            let mut document = serde_json::to_value(report.document(&texts)).unwrap();
            change_strings(&mut document, &mut |text| {
                assert_eq!(text, visible_lines(text), "{name}, round {round}");
                text.to_owned()
            });
        }
    }
}

#[test]
fn a_recording_that_was_cut_off_is_refused() {
    for name in bundled::names() {
        let whole = bundled::json(name).unwrap();
        let end = whole.trim_ascii_end().len();
        for length in (0..end).step_by(1021).chain([end - 1]) {
            let refused = Recording::from_slice(&whole[..length]).unwrap_err();
            assert_eq!(
                matches!(refused, RecordingError::Empty),
                length == 0,
                "{name} cut off at {length}: {refused}"
            );
        }
    }
}

#[test]
fn unknown_fields_are_left_alone_and_wrong_types_refused() {
    let whole: Json = serde_json::from_slice(bundled::json("ubuntu-4x4090").unwrap()).unwrap();
    let mut more = whole.clone();
    more["weather"] = json!({"sunny": true});
    more["platform"]["distribution"] = json!("ubuntu");
    more["nvml"]["ok"]["gpus"][0]["colour"] = json!("green");
    more["commands"][0]["cwd"] = json!("/");
    let more = Recording::from_slice(more.to_string().as_bytes()).unwrap();
    let plain = Recording::from_slice(whole.to_string().as_bytes()).unwrap();
    assert_say_the_same(&plain, &more);

    for pointer in [
        "/format",
        "/name",
        "/title",
        "/platform",
        "/platform/os",
        "/files",
        "/dirs",
        "/commands",
        "/commands/0",
        "/commands/0/argv",
        "/commands/0/exit",
        "/env",
        "/nvml",
        "/nvml/ok",
        "/nvml/ok/gpus",
        "/nvml/ok/gpus/0",
        "/nvml/ok/gpus/0/name",
        "/nvml/ok/gpus/0/memory_total",
    ] {
        for wrong in [json!(-1.5), json!([[1]]), json!({"a": {"b": 1}})] {
            let mut changed = whole.clone();
            let place = changed
                .pointer_mut(pointer)
                .unwrap_or_else(|| panic!("nothing at {pointer}"));
            // A list of files or variables may hold any name; what it holds of `a` is still of a wrong type.
            *place = wrong.clone();
            // Nothing here may panic. A reading of NVML may have fields that this version does not know, and then
            // it is a reading of which nothing is known.
            if let Ok(recording) = Recording::from_slice(changed.to_string().as_bytes()) {
                said(&recording);
                assert!(
                    matches!(
                        pointer,
                        "/nvml/ok"
                            | "/nvml/ok/gpus/0"
                            | "/nvml/ok/gpus/0/name"
                            | "/nvml/ok/gpus/0/memory_total"
                            | "/env"
                            | "/files"
                            | "/dirs"
                    ),
                    "{pointer} = {wrong} is taken"
                );
            }
        }
    }
}
