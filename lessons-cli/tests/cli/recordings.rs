//! Recordings from strangers: whatever is in the file, the answer is a clear message or an honest report.

use std::fs::{self, File};

use serde_json::{Value as Json, json};

use crate::reader::{Reader, Said};

/// Checks a file that is no recording; what is wrong with it is said in these words.
#[track_caller]
fn refused(reader: &Reader, content: impl AsRef<[u8]>, words: &str) {
    let file = reader.file("machine.json", content);
    let said = reader
        .run(4, ["check", "--machine", file.to_str().unwrap()])
        .explains("machine.json")
        .explains(words);
    assert_eq!(said.out, "");
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

fn healthy() -> Json {
    serde_json::from_str(
        &Reader::new()
            .run(0, ["machines", "show", "ubuntu-4x4090"])
            .out,
    )
    .unwrap()
}

#[test]
fn what_is_no_recording_is_refused_with_its_reason() {
    let reader = Reader::new();
    refused(&reader, "", "the file is empty");
    refused(&reader, " \r\n\t", "the file is empty");
    refused(&reader, b"\x7fELF\x02\x01\x01\0\xff\xfe", "not UTF-8");
    refused(&reader, b"\xff\xfe{\0}\0", "not UTF-8");
    refused(&reader, "\0\0\0\0", "line 1");
    refused(&reader, "[]", "line 1");
    refused(&reader, "null", "line 1");
    refused(&reader, "{}", "no field \"format\"");
    refused(&reader, r#"{"format":1}"#, "line 1");
    refused(
        &reader,
        r#"{"format":"lessons-machine/1"}"#,
        "missing field",
    );
    refused(
        &reader,
        r#"{"format":"lessons-machine/2","name":7}"#,
        "a newer lessons may read it",
    );
    refused(
        &reader,
        "Mon Sep 28 12:00:00 2026\n+-----",
        "lessons record -o FILE",
    );
    for deep in [
        "[".repeat(1_000_000),
        format!("{{\"a\":{}", "[".repeat(1_000_000)),
        format!(
            r#"{{"format":"lessons-machine/1","name":"x","platform":{{"os":"linux","arch":"x"}},"more":{}"#,
            "[".repeat(1_000_000)
        ),
    ] {
        refused(&reader, deep, "as a recording");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_said() {
    let reader = Reader::new();
    fs::create_dir(reader.place("folder.json")).unwrap();
    for name in ["folder.json", "./", "none.json", "none/none"] {
        reader
            .run(4, ["check", "--machine", name])
            .explains(name)
            .explains("caused by");
    }
    let mut empty = reader.lessons(["check", "--machine", "-"]);
    Said::by(4, empty.write_stdin("")).explains("empty");
}

#[test]
fn one_that_is_cut_off_is_refused_wherever_it_ends() {
    let reader = Reader::new();
    let whole = reader.run(0, ["machines", "show", "ubuntu-4x4090"]).out;
    for end in (1024..whole.len()).step_by(1024) {
        refused(&reader, &whole.as_bytes()[..end], "as a recording");
    }
}

#[test]
fn one_that_is_too_large_is_refused_without_reading_it_all() {
    let reader = Reader::new();
    let path = reader.place("large.json");
    // It has 100 MB, of which the disk holds none.
    File::create(&path).unwrap().set_len(100 << 20).unwrap();
    reader
        .run(4, ["check", "--machine", path.to_str().unwrap()])
        .explains("more than a recording may have");
    if cfg!(unix) {
        reader
            .run(4, ["check", "--machine", "/dev/zero"])
            .explains("more than a recording may have");
    }
}

#[test]
fn one_with_a_large_text_is_read() {
    let reader = Reader::new();
    let mut large = healthy();
    large["files"]["/proc/modules"] =
        json!({"text": "nvidia 1 0 - Live 0x0000000000000000\n".repeat(200_000)});
    let file = reader.file("large.json", large.to_string());
    reader
        .run(
            0,
            [
                "check",
                "driver.module-loaded",
                "--machine",
                file.to_str().unwrap(),
            ],
        )
        .shows("pass");
}

#[test]
fn unknown_fields_change_nothing_and_wrong_types_are_refused() {
    let reader = Reader::new();
    let mut more = healthy();
    more["weather"] = json!({"sunny": [true]});
    more["platform"]["distribution"] = json!("ubuntu");
    let file = reader.file("more.json", more.to_string());
    let said = reader.run(0, ["check", "--machine", file.to_str().unwrap()]);
    assert_eq!(
        said.out,
        reader.run(0, ["check", "--machine", "ubuntu-4x4090"]).out
    );

    for (field, wrong) in [
        ("name", json!(7)),
        ("platform", json!("linux")),
        ("files", json!([])),
        ("files", json!({"/etc/os-release": "text"})),
        ("dirs", json!({"/": "bin"})),
        ("commands", json!({})),
        ("commands", json!([{"argv": "nvcc --version"}])),
        ("env", json!({"PATH": ["/bin"]})),
        ("nvml", json!("DriverNotLoaded")),
    ] {
        let mut changed = healthy();
        changed[field] = wrong;
        refused(&reader, changed.to_string(), "as a recording");
    }
}

/// What must reach no terminal: an escape sequence, a bell, a C1 introducer, bidirectional overrides.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{2066}";

#[track_caller]
fn assert_harmless(text: &str, what: &str) {
    // What is left of our own are colours.
    let mut rest = text;
    while let Some((_, sequence)) = rest.split_once('\u{1b}') {
        let colour = sequence.split_once('m').is_some_and(|(parameters, _)| {
            parameters
                .strip_prefix('[')
                .is_some_and(|numbers| numbers.chars().all(|c| c.is_ascii_digit() || c == ';'))
        });
        assert!(colour, "{what}: an escape sequence in {text:?}");
        rest = sequence;
    }
    for hidden in text.chars() {
        let harmful = hidden.is_control() && !matches!(hidden, '\n' | '\t' | '\u{1b}')
            || matches!(hidden, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!harmful, "{what}: {hidden:?} in {text:?}");
    }
}

/// Puts hostile characters into the strings of a recording: into every `every`th, at its start, end or middle.
fn make_hostile(value: &mut Json, every: usize, count: &mut usize) {
    match value {
        Json::String(text) if text != "lessons-machine/1" => {
            *count += 1;
            if count.is_multiple_of(every) {
                let chars: Vec<char> = text.chars().collect();
                let place = [0, chars.len(), chars.len() / 2][*count / every % 3];
                let (before, after) = chars.split_at(place);
                *text = before
                    .iter()
                    .chain(&HOSTILE.chars().collect::<Vec<_>>())
                    .chain(after)
                    .collect();
            }
        }
        Json::Array(items) => items
            .iter_mut()
            .for_each(|item| make_hostile(item, every, count)),
        Json::Object(fields) => {
            for (_, field) in fields.iter_mut() {
                make_hostile(field, every, count);
            }
        }
        _ => {}
    }
}

#[test]
fn nothing_in_a_recording_moves_a_cursor() {
    let reader = Reader::new();
    for (machine, every, start) in [
        ("ubuntu-4x4090", 1, 0),
        ("ubuntu-4x4090", 7, 3),
        ("ubuntu-fresh-nouveau", 5, 1),
        ("ubuntu-mismatch", 5, 2),
        ("ubuntu-cuda-misconfigured", 5, 4),
        ("ubuntu-torch-cpu", 3, 0),
    ] {
        let json = reader.run(0, ["machines", "show", machine]).out;
        let mut recording: Json = serde_json::from_str(&json).unwrap();
        make_hostile(&mut recording, every, &mut { start });
        // The name is what every format shows.
        recording["name"] = json!(format!("{HOSTILE}\"<&>\\#\nname{HOSTILE}"));
        let file = reader.file("hostile.json", recording.to_string());
        let file = file.to_str().unwrap();
        for format in ["text", "json", "jsonl", "junit", "tap", "prometheus"] {
            let output = reader
                .lessons(["check", "--machine", file, "--format", format])
                // Where there are no colours, escape sequences are taken out of everything: that would hide one.
                .env("CLICOLOR_FORCE", "1")
                .output()
                .unwrap();
            let what = format!("{machine} as {format}");
            let out = String::from_utf8(output.stdout).unwrap();
            assert_harmless(&out, &what);
            assert_harmless(&String::from_utf8(output.stderr).unwrap(), &what);
            match format {
                "json" => {
                    serde_json::from_str::<Json>(&out).unwrap();
                }
                "junit" => {
                    quick_junit::Report::deserialize_from_str(&out).unwrap();
                }
                "prometheus" => {
                    for line in out.lines() {
                        assert!(
                            line.starts_with("lessons_") || line.starts_with("# "),
                            "{line}"
                        );
                    }
                }
                _ => {}
            }
        }
        for step in ["driver.gpu-visible", "smi.gpus-healthy", "cuda.env-path"] {
            let output = reader
                .lessons(["show", step, "--machine", file])
                .env("CLICOLOR_FORCE", "1")
                .output()
                .unwrap();
            assert_harmless(&String::from_utf8(output.stdout).unwrap(), step);
        }
    }
}

#[test]
fn what_is_wrong_with_a_recording_is_said_without_moving_a_cursor() {
    let reader = Reader::new();
    for recording in [
        json!({"format": HOSTILE}),
        json!({"format": "lessons-machine/1", "name": "x", "platform": HOSTILE}),
        json!({"format": "lessons-machine/1", "name": "x", "platform": {"os": "linux", "arch": "x"}, "dirs": HOSTILE}),
    ] {
        let file = reader.file("hostile.json", recording.to_string());
        let mut command = reader.lessons(["check", "--machine", file.to_str().unwrap()]);
        let said = Said::by(4, command.env("CLICOLOR_FORCE", "1"));
        assert_harmless(&said.err, "the error");
    }
}
