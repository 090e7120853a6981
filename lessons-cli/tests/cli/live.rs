//! The machine that the tests run on, whatever it is, and programs on its `PATH` that misbehave.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use lessons_cli::live::{Live, LiveOptions};
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::machine::{MAX_TEXT, Machine, NotRun};
use lessons_engine::programs::torch_probe;
use lessons_engine::recording::Recording;
use lessons_engine::report::Report;
use lessons_engine::texts::Texts;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::reader::{Reader, Said};

/// Everything that a report says, apart from which machine it is about.
fn said(report: &Report) -> Json {
    let document = report.document(&Texts::english());
    json!({"steps": document.steps, "totals": document.totals})
}

/// Checks a machine, records it, and checks the recording: `check(record(machine)) == check(machine)`.
#[track_caller]
fn assert_recorded_faithfully(machine: &dyn Machine) -> Report {
    let facts = Facts::new(machine);
    let report = Report::of_all(&facts);
    let recording = facts.recording("recorded", "a test", "2026-09-28T12:00:00Z");
    let read = Recording::from_slice(recording.to_json().as_bytes()).unwrap();
    let again = Report::of_all(&Facts::new(&read));
    assert_eq!(said(&report), said(&again));
    report
}

#[test]
fn a_recording_of_this_machine_says_what_the_machine_says() {
    assert_recorded_faithfully(&Live::new(LiveOptions::default()));
    assert_recorded_faithfully(&Live::new(LiveOptions {
        deep: true,
        ..LiveOptions::default()
    }));
}

#[test]
fn the_program_s_recording_of_this_machine_has_the_same_outcomes() {
    let reader = Reader::new();
    let outcomes = |args: &[&str]| -> Vec<(String, String)> {
        let output = reader.lessons(args.iter().copied()).output().unwrap();
        let document: Json = serde_json::from_slice(&output.stdout).unwrap();
        document["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| {
                let text = |name: &str| step[name].as_str().unwrap().to_owned();
                (text("id"), text("outcome"))
            })
            .collect()
    };
    let live = outcomes(&["check", "--json"]);
    for (file, args) in [
        ("redacted.json", &["record", "-o", "redacted.json"][..]),
        ("whole.json", &["record", "--no-redact", "-o", "whole.json"]),
    ] {
        reader
            .run(0, args.iter().copied())
            .quietly()
            .shows(&format!("lessons check --machine {file}"));
        assert_eq!(
            live,
            outcomes(&["check", "--json", "--machine", file]),
            "{file}"
        );
        let recording: Json =
            serde_json::from_str(&fs::read_to_string(reader.place(file)).unwrap()).unwrap();
        assert_eq!(recording["format"], "lessons-machine/1");
        assert_eq!(recording["recorded_at"], crate::reader::NOW);
    }
    // Without a file it is printed, and nothing is remembered of it.
    let printed = reader.run(0, ["record", "--name", "printed"]).json();
    assert_eq!(printed["name"], "printed");
    let printed = reader.run(0, ["record", "-o", "-"]).json();
    assert_eq!(printed["format"], "lessons-machine/1");
    assert!(!reader.place("-").exists());
    reader
        .run(4, ["record", "-o", "no-such-folder/file.json"])
        .explains("no-such-folder");
}

/// A tree of files that stands for `/`.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn link(self, path: &str, target: &str) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    fn live(&self) -> Live {
        Live::new(LiveOptions {
            root: self.0.path().to_owned(),
            ..LiveOptions::default()
        })
    }
}

fn outcome(report: &Report, id: &str) -> Outcome {
    let found = report.steps.iter().find(|checked| checked.step.id == id);
    found.unwrap().finding.outcome
}

/// An Ubuntu with one GPU of NVIDIA's that nouveau drives.
fn with_nouveau() -> Tree {
    Tree::new()
        .file("etc/os-release", "ID=ubuntu\nVERSION_ID=\"24.04\"\n")
        .file("proc/sys/kernel/osrelease", "6.8.0-45-generic\n")
        .file(
            "proc/modules",
            "nouveau 2306048 4 - Live 0x0000000000000000\n",
        )
        .file("proc/cmdline", "BOOT_IMAGE=/vmlinuz ro quiet\n")
        .file("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n")
        .file("sys/bus/pci/devices/0000:01:00.0/device", "0x2684\n")
        .file("sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n")
        .file(
            "sys/bus/pci/devices/0000:01:00.0/power/runtime_status",
            "active\n",
        )
        .link(
            "sys/bus/pci/devices/0000:01:00.0/driver",
            "../../../../bus/pci/drivers/nouveau",
        )
        .file("etc/modprobe.d/blacklist-nvidia-nouveau.conf", "")
}

#[test]
fn staged_machines_are_recorded_faithfully() {
    let empty = Tree::new();
    assert_recorded_faithfully(&empty.live());
    let nouveau = with_nouveau();
    let report = assert_recorded_faithfully(&nouveau.live());
    assert_eq!(outcome(&report, "driver.gpu-visible"), Outcome::Pass);
    assert_eq!(
        outcome(&report, "driver.nouveau-blacklisted"),
        Outcome::Fail
    );
    // Links that lead nowhere, round in circles, or out of the tree.
    let links = with_nouveau()
        .link("usr/local/cuda", "cuda-12.6")
        .link("etc/alternatives/cuda", "/etc/alternatives/cuda")
        .link("usr/local/cuda-13.0", "../../../../../../../..")
        .link("etc/ld.so.conf.d", "../../proc")
        .file("proc/driver/nvidia/version", [0xff, 0xfe, b'\n', 0, b'x']);
    assert_recorded_faithfully(&links.live());
}

#[test]
fn a_modprobe_file_that_is_not_utf_8_is_read_for_what_it_says() {
    for (content, expected) in [
        (
            &b"# caf\xe9\nblacklist nouveau\noptions nouveau modeset=0\n"[..],
            Outcome::Pass,
        ),
        (
            b"\xff\xfeb\0l\0a\0c\0k\0l\0i\0s\0t\0 \0n\0o\0u\0v\0e\0a\0u\0\n\0",
            Outcome::Fail,
        ),
        (b"# caf\xe9\n", Outcome::Fail),
    ] {
        let tree = with_nouveau().file("etc/modprobe.d/my.conf", content);
        let report = assert_recorded_faithfully(&tree.live());
        assert_eq!(outcome(&report, "driver.nouveau-blacklisted"), expected);
    }
}

#[test]
fn where_proc_and_sys_are_hidden_nothing_is_claimed() {
    // Not there, empty, and not what they should be.
    for tree in [
        Tree::new(),
        Tree::new().file("proc/.keep", "").file("sys/.keep", ""),
        Tree::new().file("proc", "").file("sys", ""),
        Tree::new()
            .file("proc/modules/file", "")
            .file("sys/bus", ""),
    ] {
        let tree = tree.file("etc/os-release", "ID=ubuntu\nVERSION_ID=\"24.04\"\n");
        let report = assert_recorded_faithfully(&tree.live());
        for id in [
            "driver.gpu-visible",
            "driver.nouveau-unloaded",
            "driver.module-loaded",
            "driver.installed",
        ] {
            assert_ne!(outcome(&report, id), Outcome::Pass, "{id}");
        }
    }
}

/// Programs in a folder of their own.
fn programs(reader: &Reader, scripts: &[(&str, &str)]) -> String {
    let folder = reader.place("bin");
    fs::create_dir_all(&folder).unwrap();
    for (name, script) in scripts {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

fn runs(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        let state = stat.rsplit(')').next().unwrap_or_default();
        !state.trim_start().starts_with(['Z', 'X'])
    })
}

/// A kill takes a moment to arrive.
fn is_gone(file: &Path) -> bool {
    let pid = fs::read_to_string(file).unwrap();
    (0..200).any(|_| {
        thread::sleep(Duration::from_millis(2));
        !runs(pid.trim())
    })
}

#[test]
fn a_program_that_hangs_is_ended_at_the_time_limit_with_all_that_it_started() {
    let reader = Reader::new();
    let path = programs(
        &reader,
        &[(
            "nvidia-smi",
            "/bin/sleep 1000 & echo $! > \"${0%/*}/child\"; echo $$ > \"${0%/*}/pid\"; wait",
        )],
    );
    // What the rest takes, so that a slow or busy computer is not taken for a long wait.
    let started = Instant::now();
    let mut command = reader.lessons(["check", "--time-limit", "1", "--json"]);
    command.env("PATH", "").output().unwrap();
    let rest = started.elapsed();

    let started = Instant::now();
    let mut command = reader.lessons(["check", "--time-limit", "1", "--json"]);
    let output = command.env("PATH", &path).output().unwrap();
    let took = started.elapsed();
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)));
    let document: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["steps"].as_array().unwrap().len() >= 36);
    let folder = Path::new(&path);
    if !folder.join("pid").exists() {
        println!("nvidia-smi was not asked: nothing but the files is there to tell of a GPU");
        return;
    }
    assert!(is_gone(&folder.join("pid")) && is_gone(&folder.join("child")));
    let limit = Duration::from_millis(1200) + rest;
    assert!(took < limit, "{took:?} of {limit:?}");
}

#[test]
fn programs_that_misbehave_do_no_harm() {
    let reader = Reader::new();
    let path = programs(
        &reader,
        &[
            // Megabytes, to both sides, without an end of line.
            (
                "nvcc",
                "/usr/bin/head -c 8000000 /dev/zero; /usr/bin/head -c 8000000 /dev/zero >&2",
            ),
            // It asks, and nobody answers.
            ("ubuntu-drivers", "read answer; echo \"answer: $answer\""),
            // It ends by a signal.
            ("gcc", "kill -SEGV $$"),
            // It moves the cursor.
            (
                "nvidia-smi",
                "printf '\\033[2J\\033]0;x\\007\\302\\2332J'; exit 6",
            ),
        ],
    );
    let started = Instant::now();
    for format in ["text", "json", "junit", "tap"] {
        let mut command = reader.lessons(["check", "--time-limit", "20", "--format", format]);
        let output = command
            .env("PATH", &path)
            .env("CLICOLOR_FORCE", "1")
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)));
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(!out.contains("\u{1b}[2J") && !out.contains(['\u{7}', '\u{9b}', '\0']));
        assert!(out.len() < 200_000, "{} bytes of {format}", out.len());
    }
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "something waited"
    );
    let mut record = reader.lessons(["record"]);
    let recording = Said::by(0, record.env("PATH", &path)).json();
    assert!(recording["commands"].as_array().is_some());
}

#[test]
fn a_python_that_is_asked_about_its_torch_may_do_what_it_likes() {
    let reader = Reader::new();
    let folder = programs(
        &reader,
        &[
            (
                "hangs",
                "/bin/sleep 1000 & echo $! > \"${0%/*}/child\"; wait",
            ),
            ("crashes", "kill -SEGV $$"),
            ("floods", "/usr/bin/yes '{' | /usr/bin/head -c 20000000"),
            (
                "fails",
                "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1",
            ),
        ],
    );
    let live = Live::new(LiveOptions {
        deep: true,
        time_limit: Duration::from_millis(250),
        ..LiveOptions::default()
    });
    let asked = |name: &str| live.command(&torch_probe(&format!("{folder}/{name}")));
    let started = Instant::now();
    assert_eq!(asked("hangs"), Err(NotRun::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(is_gone(&Path::new(&folder).join("child")));
    assert_eq!(asked("crashes").unwrap().exit, None);
    let flood = asked("floods").unwrap();
    assert!(
        flood.stdout.len() <= MAX_TEXT,
        "{} bytes",
        flood.stdout.len()
    );
    let failed = asked("fails").unwrap();
    assert_eq!(failed.exit, Some(1));
    assert!(failed.stderr.contains("No module named 'torch'"));
}
