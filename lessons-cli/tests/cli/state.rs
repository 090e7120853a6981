//! A state folder that is not as it should be, and two runs that want it at once.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::reader::{NOW, Reader, Said, steps};

const STEP: &str = "driver.installed";

/// `lessons check` on this machine: it shows its findings, whatever comes of remembering them.
fn check(reader: &Reader, home: &Path) -> (i32, String) {
    let output = reader
        .lessons(["check"])
        .env("LESSONS_HOME", home)
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    for step in steps() {
        assert!(out.contains(&step), "no {step} in {out}");
    }
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn where_nothing_can_be_written_the_findings_are_still_shown() {
    let reader = Reader::new();
    let (plain, _) = check(&reader, &reader.state());
    // Whoever may do anything may write to a read-only folder, but nobody may write below a file.
    let file = reader.file("file", "");
    for home in [file.clone(), file.join("folder"), "/dev/null".into()] {
        let (exit, err) = check(&reader, &home);
        assert_eq!(exit, plain);
        assert!(err.contains("your progress was not saved"), "{err}");
        assert!(err.contains("LESSONS_HOME"), "{err}");
        for args in [
            &["done", STEP][..],
            &["skip", STEP],
            &["reset", STEP],
            &["reset", "--all", "--yes"],
        ] {
            let mut command = reader.lessons(args.iter().copied());
            let said = Said::by(4, command.env("LESSONS_HOME", &home));
            assert_eq!(said.out, "", "{args:?}");
            assert!(said.err.contains("LESSONS_HOME"), "{args:?}: {}", said.err);
        }
        let mut hint = reader.lessons(["hint", STEP]);
        Said::by(0, hint.env("LESSONS_HOME", &home)).explains("was not saved");
        for args in [&["list"][..], &["progress", "export"]] {
            let mut command = reader.lessons(args.iter().copied());
            Said::by(0, command.env("LESSONS_HOME", &home));
        }
    }
    assert_eq!(fs::read(file).unwrap(), b"");
}

/// `lessons` with arguments, where no file can grow: as on a full disk.
fn on_a_full_disk(reader: &Reader, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new("/bin/sh")
        // The signal would end the program; without it, writing fails.
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_lessons"))
        .args(args)
        .env("LESSONS_HOME", reader.state())
        .env("LESSONS_NOW", NOW)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn a_full_disk_costs_nothing_that_was_there() {
    let reader = Reader::new();
    reader.run(0, ["done", STEP]);
    let before = fs::read(reader.state().join("progress.json")).unwrap();
    for args in [&["done", "smi.runs"][..], &["skip", STEP]] {
        let (exit, err) = on_a_full_disk(&reader, args);
        assert_eq!(exit, Some(4), "{err}");
        assert!(err.contains("your progress was not changed"), "{err}");
    }
    let (exit, err) = on_a_full_disk(&reader, &["check"]);
    assert!(matches!(exit, Some(0 | 1 | 3)), "{exit:?}: {err}");
    assert!(err.contains("your progress was not saved"), "{err}");
    assert_eq!(
        fs::read(reader.state().join("progress.json")).unwrap(),
        before
    );

    // A recording that was there stays whole, too.
    let recording = reader.file("recording.json", "what was there");
    let (exit, err) = on_a_full_disk(&reader, &["record", "-o", recording.to_str().unwrap()]);
    assert_eq!(exit, Some(4), "{err}");
    assert!(err.contains("recording.json"), "{err}");
    assert_eq!(fs::read(&recording).unwrap(), b"what was there");
    let left: Vec<_> = fs::read_dir(reader.place("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_damaged_file_is_set_aside_and_the_last_good_one_used() {
    for damage in [
        &b""[..],
        b"{",
        b"\0\0\0\0\0\0\0\0",
        b"\xff\xfe\x7fELF",
        b"[[[[[[[[[[[[",
        br#"{"schema":"lessons-progress/1","steps":{"driver.installed":7}}"#,
    ] {
        let reader = Reader::new();
        let file = reader.state().join("progress.json");
        reader.run(0, ["done", STEP]);
        reader.run(0, ["done", "smi.runs"]);
        fs::write(&file, damage).unwrap();
        let list = reader.run(0, ["list", "--json"]).explains("damaged");
        assert!(list.out.contains("marked-done"), "{}", list.out);
        // To look changes nothing.
        assert_eq!(fs::read(&file).unwrap(), damage);
        let (_, err) = check(&reader, &reader.state());
        assert!(err.contains("set aside"), "{err}");
        // The step of the last good version is there, and the next run has nothing to complain of.
        let exported = reader.run(0, ["progress", "export"]).quietly().json();
        assert_eq!(exported["steps"][STEP]["mark"]["as"], "done");
        let aside = fs::read_dir(reader.state())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| fs::read(path).is_ok_and(|content| content == damage));
        assert!(aside.is_some_and(|path| path != file));
    }
}

#[test]
fn the_file_of_a_newer_version_is_left_alone() {
    let reader = Reader::new();
    reader.run(0, ["done", STEP]);
    let newer = r#"{"schema":"lessons-progress/2","everything":"else"}"#;
    let file = reader.state().join("progress.json");
    fs::write(&file, newer).unwrap();
    reader.run(0, ["list"]).explains("newer");
    reader.run(4, ["done", STEP]).explains("newer");
    let (_, err) = check(&reader, &reader.state());
    assert!(err.contains("not saved"), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), newer);
}

#[test]
fn two_runs_at_once_keep_progress_whole() {
    let reader = Reader::new();
    let start = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_lessons"))
            .args(args)
            .env("LESSONS_HOME", reader.state())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let marked = steps();
    for (round, step) in marked.iter().cycle().take(50).enumerate() {
        let verb = if round % 2 == 0 { "done" } else { "skip" };
        let runs = [
            start(&["check", "driver"]),
            start(&["check", "topology"]),
            start(&[verb, step]),
        ];
        for run in runs {
            let output = run.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "round {round}");
        }
        let text = fs::read(reader.state().join("progress.json")).unwrap();
        let progress: Json = serde_json::from_slice(&text).unwrap();
        assert!(progress["steps"][step]["mark"].is_object(), "round {round}");
        for checked in ["driver.installed", "topology.read"] {
            let last = &progress["steps"][checked]["last"];
            assert!(last["outcome"].is_string(), "round {round}");
        }
    }
    let exported = reader.run(0, ["progress", "export"]).quietly().json();
    for step in marked {
        assert!(exported["steps"][&step]["mark"].is_object(), "{step}");
    }
}
