//! The live machine's programs, in a process of its own: its `PATH`, its time limit, its end by a signal.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lessons_cli::live::{Live, LiveOptions, end_programs_on_signals};
use lessons_engine::machine::Machine;
use lessons_engine::programs;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Where the child process writes what its programs said, a line each.
const ANSWER: &str = "LESSONS_TEST_ANSWER";
/// The child's time limit in milliseconds.
const LIMIT: &str = "LESSONS_TEST_LIMIT";

/// Hangs, with a child of its own, as `nvidia-smi` does when a GPU has fallen off the bus.
const HANGS: &str =
    "/bin/sleep 1000 & echo $! > \"${0%/*}/child\"; echo $$ > \"${0%/*}/pid\"; wait";

/// This test binary again, with nothing but this test, which does nothing where it is not asked: all programs are
/// started, and waited for.
#[test]
fn child_asks_programs() {
    let Some(answer) = std::env::var_os(ANSWER) else {
        return;
    };
    end_programs_on_signals().unwrap();
    let limit = Duration::from_millis(std::env::var(LIMIT).unwrap().parse().unwrap());
    let live = Live::new(LiveOptions {
        time_limit: limit,
        ..LiveOptions::default()
    });
    let started = Instant::now();
    live.prepare(programs::FIXED, true);
    let mut said = String::new();
    for argv in programs::FIXED {
        match live.command(argv) {
            Ok(output) => writeln!(said, "{}: {}", argv[0], output.stdout.trim_end()),
            Err(why) => writeln!(said, "{}: ({why})", argv[0]),
        }
        .unwrap();
    }
    assert!(started.elapsed() < limit + Duration::from_millis(200));
    fs::write(answer, said).unwrap();
}

/// A folder of programs.
struct Staged(TempDir);

impl Staged {
    fn with(programs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in programs {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The child with these programs on its `PATH`; through a shell, which may set something up first.
    fn child(&self, setup: &str, limit: u32) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &format!("{setup} exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "child_asks_programs"])
            .env("PATH", self.path())
            .env(ANSWER, self.path().join("answer"))
            .env(LIMIT, limit.to_string())
            .stdout(Stdio::null());
        command
    }

    fn answer(&self) -> String {
        fs::read_to_string(self.path().join("answer")).unwrap()
    }

    /// A number that a program writes into its folder.
    fn written(&self, name: &str) -> u32 {
        let mut tries = (0..5000).map(|_| {
            thread::sleep(Duration::from_millis(2));
            let text = fs::read_to_string(self.path().join(name)).ok()?;
            text.trim().parse().ok()
        });
        tries.find_map(|number| number).unwrap()
    }
}

fn runs(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        let state = stat.rsplit(')').next().unwrap_or_default();
        !state.trim_start().starts_with(['Z', 'X'])
    })
}

/// A kill takes a moment to arrive.
fn soon_gone(pid: u32) -> bool {
    (0..100).any(|_| {
        thread::sleep(Duration::from_millis(2));
        !runs(pid)
    })
}

#[test]
fn a_hung_program_holds_nobody_else() {
    let staged = Staged::with(&[
        ("nvidia-smi", HANGS),
        ("nvcc", "echo release 12.6"),
        ("gcc", "echo 13.2.0"),
    ]);
    assert!(staged.child("", 600).status().unwrap().success());
    assert_eq!(
        staged.answer(),
        "ubuntu-drivers: (no such program on PATH)\n\
         nvidia-smi: (still running at its time limit)\n\
         nvcc: release 12.6\n\
         gcc: 13.2.0\n"
    );
    assert!(soon_gone(staged.written("pid")));
    assert!(soon_gone(staged.written("child")));
}

#[test]
fn nothing_is_found_without_a_path() {
    for setup in ["PATH=;", "PATH=.:bin;", "unset PATH;"] {
        let staged = Staged::with(&[("nvcc", "echo from the working folder")]);
        let mut child = staged.child(setup, 5000);
        assert!(child.current_dir(staged.path()).status().unwrap().success());
        let answer = staged.answer();
        assert_eq!(answer.lines().count(), programs::FIXED.len());
        for line in answer.lines() {
            assert!(line.ends_with(": (no such program on PATH)"), "{line}");
        }
    }
}

fn send(signal: Signal, child: &Child) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Whether this process, and so what it starts, ignores a signal.
fn ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask & (1 << (signal.as_raw() - 1)) != 0
}

#[test]
fn a_signal_ends_the_programs_and_then_us() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        if ignored(signal) {
            // Under nohup, or in the background of a script; the child inherits it, and keeps it.
            eprintln!("skipped: {signal:?} is ignored where these tests run");
            continue;
        }
        let staged = Staged::with(&[("nvidia-smi", HANGS)]);
        let mut child = staged.child("", 60_000).spawn().unwrap();
        let (pid, grandchild) = (staged.written("pid"), staged.written("child"));
        assert!(runs(pid) && runs(grandchild));
        send(signal, &child);
        assert_eq!(child.wait().unwrap().signal(), Some(signal.as_raw()));
        assert!(soon_gone(pid) && soon_gone(grandchild));
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let staged = Staged::with(&[("nvidia-smi", HANGS)]);
    let mut child = staged.child("trap '' HUP;", 1500).spawn().unwrap();
    staged.written("pid");
    send(Signal::HUP, &child);
    assert!(child.wait().unwrap().success());
    assert!(staged.answer().contains("nvidia-smi: (still running"));
}
