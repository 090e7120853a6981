//! The golden report of each bundled recording: what `lessons check` says of it, and how it ends.
//!
//! A change of a report is seen in a diff: `INSTA_UPDATE=always cargo test -p lessons-cli --test cli golden`, then
//! read it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::reader::{NAMED, Reader, machines};

const FOLDER: &str = "../snapshots/reports";

/// The exit status and what was printed.
fn report(machine: &str, format: &str) -> String {
    let output = Reader::new()
        .lessons(["check", "--machine", machine, "--format", format])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    format!(
        "exit {}\n{}",
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap()
    )
}

fn assert_golden(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => FOLDER,
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn every_recording_has_its_golden_report() {
    let mut expected = BTreeSet::new();
    for machine in machines() {
        assert_golden(&format!("{machine}.json"), &report(&machine, "json"));
        expected.insert(format!("{machine}.json.snap"));
    }
    for machine in NAMED {
        assert_golden(&format!("{machine}.text"), &report(machine, "text"));
        expected.insert(format!("{machine}.text.snap"));
    }
    // None is left of a recording that has gone.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/reports");
    let found: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "snap"))
        .collect();
    assert_eq!(expected, found);
}

#[test]
fn the_healthy_machines_pass_and_the_others_fail() {
    for (machine, exit) in [
        ("ubuntu-4x4090", 0),
        ("ubuntu-4xa6000-nvlink", 0),
        ("ubuntu-fresh-nouveau", 1),
        ("ubuntu-mismatch", 1),
        ("ubuntu-secure-boot", 1),
        ("ubuntu-cuda-misconfigured", 1),
        ("ubuntu-torch-cpu", 1),
        ("wsl2-laptop", 0),
    ] {
        Reader::new()
            .run(exit, ["check", "--machine", machine])
            .quietly();
    }
}
