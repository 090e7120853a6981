//! `lessons practice` at a terminal: the prompt, completion, the history, Ctrl-C and Ctrl-D, typed key by key.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::reader::{NOW, Reader};

/// How a prompt ends, in whatever folder.
const PROMPT: &str = "$ \r";
/// What is written where a program of the practice waits for a line: keys that come before it would not be its.
const INPUT: &str = "\x1b[?2004h";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const UP: &str = "\x1b[A";

/// A terminal in which a practice runs.
struct Terminal {
    keys: File,
    shown: Receiver<Vec<u8>>,
    /// What was shown since the last text that was waited for.
    rest: String,
    child: Child,
}

impl Terminal {
    fn open(reader: &Reader, practice: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let side = || {
            let path = OsStr::from_bytes(name.as_bytes());
            (File::options().read(true).write(true).open(path)).unwrap()
        };
        let child = Command::new(cargo_bin("lessons"))
            .args(["practice", practice])
            .env("LESSONS_HOME", reader.state())
            .env("LESSONS_NOW", NOW)
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env_remove("LESSONS_LANG")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        let keys = File::from(master);
        let mut screen = keys.try_clone().unwrap();
        let (send, shown) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The other side is closed when the practice ends, and reading is an error then.
            while let Ok(read @ 1..) = screen.read(&mut bytes) {
                if send.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            keys,
            shown,
            rest: String::new(),
            child,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until a text is shown, and gives back what was shown before it.
    #[track_caller]
    fn shows(&mut self, text: &str) -> String {
        loop {
            if let Some((before, after)) = self.rest.split_once(text) {
                let before = before.to_owned();
                self.rest = after.to_owned();
                return before;
            }
            let more = self
                .shown
                .recv_timeout(Duration::from_secs(30))
                .unwrap_or_else(|_| panic!("{text:?} is not in {:?}", self.rest));
            self.rest.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Types a command line, and gives back what it printed.
    #[track_caller]
    fn runs(&mut self, line: &str) -> String {
        self.types(line);
        self.shows(line);
        self.types("\r");
        self.shows("\r\n");
        self.shows(PROMPT)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_practice_is_typed_into_like_a_shell() {
    let reader = Reader::new();
    let mut terminal = Terminal::open(&reader, "find-nvcc");
    terminal.shows("there is no nvcc");
    terminal.shows(PROMPT);
    assert!(terminal.runs("echo one two").contains("one two\r\n"));

    // Tab completes a path of the practice machine, and Ctrl-C gives the line up.
    terminal.types("ls /usr/local/cuda-1\t");
    terminal.shows("/usr/local/cuda-12.6");
    terminal.types(CTRL_C);
    terminal.shows(PROMPT);

    // The arrow brings the last line back.
    terminal.types(UP);
    terminal.shows("echo one two");
    terminal.types("\r");
    terminal.shows("\r\none two\r\n");
    terminal.shows(PROMPT);

    // Ctrl-C ends a program that waits for input, as bash says it; Ctrl-D ends the input.
    terminal.types("cat\r");
    terminal.shows(INPUT);
    terminal.types(CTRL_C);
    terminal.shows("^C");
    terminal.shows(PROMPT);
    assert!(terminal.runs("echo $?").contains("130\r\n"));
    terminal.types("cat | tr a-z A-Z\r");
    terminal.shows(INPUT);
    terminal.types("loud\r");
    terminal.shows(INPUT);
    terminal.types(CTRL_D);
    terminal.shows("LOUD");
    terminal.shows(PROMPT);

    // At an empty prompt Ctrl-D leaves, and the goal was not reached.
    terminal.types(CTRL_D);
    terminal.shows("lessons practice find-nvcc");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(1));

    // It is as after a new login: what was typed is still known.
    let mut terminal = Terminal::open(&reader, "find-nvcc");
    terminal.shows(PROMPT);
    let history = terminal.runs("history");
    assert!(history.contains("1  echo one two"), "{history}");
}

#[test]
fn a_goal_that_is_reached_is_said_at_once() {
    let reader = Reader::new();
    let mut terminal = Terminal::open(&reader, "find-nvcc");
    terminal.shows(PROMPT);
    terminal.runs("echo 'export PATH=/usr/local/cuda-12.6/bin:$PATH' >> ~/.bashrc");
    terminal.types("source ~/.bashrc\r");
    terminal.shows("The goal is reached.");
    terminal.shows(PROMPT);
    terminal.types("exit\r");
    terminal.shows("Left.");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(0));
}

#[test]
fn sentences_are_in_lines_as_wide_as_the_terminal() {
    let reader = Reader::new();
    let mut terminal = Terminal::open(&reader, "on-call-toolkit");
    let story = terminal.shows(PROMPT);
    let checked = terminal.runs("lessons check cuda");
    for line in story.lines().chain(checked.lines()) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(
        checked.contains("accepts gcc up\r\n                                          to 13"),
        "{checked}"
    );
    // What another program reads is one line.
    let found = terminal.runs("lessons check cuda | grep -c 'accepts gcc up to 13'");
    assert!(found.lines().any(|line| line == "1"), "{found}");
}

#[test]
fn the_goal_says_how_far_one_is() {
    let reader = Reader::new();
    let mut terminal = Terminal::open(&reader, "find-nvcc");
    terminal.shows(PROMPT);
    let goal = terminal.runs("goal");
    assert!(goal.contains("✗ FAIL    cuda.env-path"), "{goal}");
    assert!(goal.contains("The shell finds nvcc"), "{goal}");
    assert!(goal.contains("The goal is not reached yet."), "{goal}");
    terminal.runs("export PATH=/usr/local/cuda-12.6/bin:$PATH");
    let goal = terminal.runs("goal");
    assert!(goal.contains("✓ pass    cuda.env-path"), "{goal}");
}

#[test]
fn where_nothing_can_be_kept_one_can_practise_all_the_same() {
    let reader = Reader::new();
    // No folder can be made below a file, whoever tries.
    let _ = std::fs::remove_dir_all(reader.state());
    std::fs::write(reader.state(), "").unwrap();
    let mut terminal = Terminal::open(&reader, "find-nvcc");
    let said = terminal.shows(PROMPT);
    assert!(said.contains("what you type is not saved"), "{said}");
    let said = terminal.runs("echo one two");
    assert!(said.contains("one two"), "{said}");
    assert!(!said.contains("not saved"), "{said}");
}
