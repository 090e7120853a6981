//! `lessons torch verify --deep` with a Python that does not do what it was asked: the terminal comes back in time, and
//! nothing is left running.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::reader::{Reader, Said};

/// An active environment with torch in it, whose Python is this script. It writes its process id first.
fn environment(reader: &Reader, python: &str) {
    let venv = reader.place("venv");
    let torch = venv.join("lib/python3.12/site-packages/torch");
    let record = venv.join("lib/python3.12/site-packages/torch-2.8.0+cu126.dist-info");
    for folder in [&venv.join("bin"), &torch, &record] {
        fs::create_dir_all(folder).unwrap();
    }
    let write = |path, text: &str| fs::write(path, text).unwrap();
    write(
        venv.join("pyvenv.cfg"),
        "home = /usr/bin\nversion = 3.12.4\n",
    );
    write(torch.join("__init__.py"), "");
    write(
        torch.join("version.py"),
        "__version__ = '2.8.0+cu126'\ncuda: Optional[str] = '12.6'\n",
    );
    write(
        record.join("METADATA"),
        "Metadata-Version: 2.1\nName: torch\nVersion: 2.8.0+cu126\n",
    );
    let program = venv.join("bin/python");
    let pid = reader.place("pid").display().to_string();
    // The file is in place before the program is started: a program that is open for writing is not run.
    write(
        program.clone(),
        &format!("#!/bin/sh\necho $$ >> '{pid}'\n{python}\n"),
    );
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs `lessons torch verify --deep` there, and says how long that took and what became of the step.
fn verified(limit: &str, python: &str) -> (Reader, Said, Duration, Json) {
    let reader = Reader::new();
    environment(&reader, python);
    let pids = reader.place("pid");
    let started = Instant::now();
    let mut command =
        reader.lessons(["torch", "verify", "--deep", "--json", "--time-limit", limit]);
    let output = command
        .env("VIRTUAL_ENV", reader.place("venv"))
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", reader.place("venv/bin").display()),
        )
        .env_remove("PYTHONPATH")
        .env_remove("CONDA_PREFIX")
        .output()
        .unwrap();
    let took = started.elapsed();
    let said = Said {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    let pids = fs::read_to_string(pids).unwrap();
    assert!(!pids.is_empty(), "Python was asked");
    for pid in pids.lines() {
        assert!(soon_gone(pid), "{pid} still runs");
    }
    let document = said.json();
    let step = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["id"] == "torch.sees-gpu")
        .unwrap()
        .clone();
    (reader, said, took, step)
}

/// Whether a process is gone, or only waits to be reaped. A kill takes a moment to arrive.
fn soon_gone(pid: &str) -> bool {
    (0..250).any(|_| {
        thread::sleep(Duration::from_millis(2));
        fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| {
            let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
            state.starts_with(['Z', 'X'])
        })
    })
}

/// What a Python says whose torch computes on one GPU of this name.
fn computes(name: &str) -> String {
    format!(
        r#"echo '{{"available": true, "gpus": [{{"name": "{name}", "sum": 16777216.0, "sum_ms": 4.5, "convolved": 34596.0, "convolved_ms": 9.25}}]}}'"#
    )
}

#[test]
fn a_python_that_computes_is_believed_whatever_else_it_prints() {
    let name = r"RTX \u001b[31m4090";
    let (_, said, _, step) = verified(
        "5",
        &format!("echo '{{noise'; {}; echo bye", computes(name)),
    );
    assert_eq!(step["outcome"], "pass", "{step}");
    // What it says of itself cannot change the terminal.
    assert!(!said.out.contains(['\u{1b}']), "{}", said.out);
    assert!(
        step["evidence"]
            .to_string()
            .contains("a matrix product in 4.5 ms"),
        "{step}"
    );
}

#[test]
fn a_python_that_does_not_end_is_ended() {
    for (what, python) in [
        ("sleeps", "exec sleep 1000"),
        (
            "sleeps beside",
            "sleep 1000 & echo $! >> \"$(dirname \"$0\")/../../pid\"; wait",
        ),
        (
            "ignores signals",
            "trap '' TERM INT HUP QUIT; while :; do sleep 1; done",
        ),
        (
            "floods",
            "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done",
        ),
        ("floods errors", "exec yes >&2"),
        (
            "answers, and does not end",
            &format!("{}; exec sleep 1000", computes("T4")),
        ),
        (
            "asks",
            "read answer < /dev/tty; read answer; exec sleep 1000",
        ),
    ] {
        let (_, said, took, step) = verified("0.1", python);
        // Torch may take six times as long as a program.
        assert!(took >= Duration::from_millis(600), "{what}: {took:?}");
        assert!(took < Duration::from_secs(10), "{what}: {took:?}");
        assert_ne!(step["outcome"], "pass", "{what}: {step}");
        assert!(said.out.len() < 200_000, "{what}");
        assert_eq!(said.err, "", "{what}");
    }
}

#[test]
fn a_python_that_answers_nonsense_is_not_believed() {
    for (what, python) in [
        ("garbage", "head -c 300000 /dev/urandom"),
        ("a crash", &format!("{}; kill -SEGV $$", computes("T4"))),
        (
            "an error",
            &format!(
                "{}; echo 'ImportError: \\033[31mno' >&2; exit 1",
                computes("T4")
            ),
        ),
        ("nothing", ":"),
        (
            "a wrong sum",
            &computes("T4").replace("16777216.0", "16777215.0"),
        ),
        ("no sum", &computes("T4").replace("16777216.0", "null")),
        ("too deep", "head -c 100000 /dev/zero | tr '\\0' '{'"),
        (
            "what it leaves",
            "sleep 1000 & echo $! >> \"$(dirname \"$0\")/../../pid\"",
        ),
    ] {
        let (_, said, took, step) = verified("5", python);
        assert_ne!(step["outcome"], "pass", "{what}: {step}");
        assert!(took < Duration::from_secs(10), "{what}: {took:?}");
        assert!(!said.out.contains(['\u{1b}']), "{what}: {}", said.out);
    }
}
