//! Everyday lines of shell, against what bash 5.2, GNU coreutils 9.1, grep 3.8, sed 4.9, diffutils 3.8 and mawk 1.3.4 of Debian 12
//! printed for the same: `practice_everyday.txt` holds each line, its output, and its exit status where that is not 0.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use lessons_engine::practice::exercise::Practice;
use lessons_engine::practice::{Script, Session};

const TABLE: &str = include_str!("practice_everyday.txt");

/// A line as it was typed, and what came of it.
struct Case {
    line: String,
    output: String,
    exit: i32,
}

/// The lines before the first `$ ` make the files that all others work on.
fn table() -> (String, Vec<Case>) {
    let mut setup = String::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in TABLE.lines() {
        if let Some(typed) = line.strip_prefix("$ ") {
            cases.push(Case {
                line: typed.to_owned(),
                output: String::new(),
                exit: 0,
            });
        } else if let Some(case) = cases.last_mut() {
            if let Some(exit) = line.strip_prefix("? ") {
                case.exit = exit.parse().unwrap();
            } else if let Some(last) = line.strip_prefix("\\ ") {
                // Output that does not end its last line.
                case.output.push_str(last);
            } else {
                case.output.push_str(line.strip_prefix("| ").unwrap());
                case.output.push('\n');
            }
        } else if !line.starts_with('#') {
            setup.push_str(line);
            setup.push('\n');
        }
    }
    (setup, cases)
}

#[test]
fn everyday_lines_do_what_bash_does() {
    let (setup, cases) = table();
    assert!(cases.len() > 300, "the table has {} lines", cases.len());
    let machine = Practice::find("ubuntu-fresh-nouveau")
        .unwrap()
        .machine()
        .unwrap();
    let lines = Rc::new(RefCell::new(VecDeque::new()));
    let mut session = Session::new(machine, Box::new(Script::new(lines, None)));
    for line in setup.lines() {
        let made = session.run(line);
        assert_eq!(made.exit, 0, "{:?}", made.printed);
    }
    let mut differ = Vec::new();
    for case in &cases {
        // With nothing to read, in a shell of its own: only files stay from one line to the next.
        let quoted = case.line.replace('\'', "'\\''");
        let played = session.run(&format!("bash -c '({quoted}\n)' < /dev/null"));
        if played.stdout() != case.output || played.exit != case.exit {
            differ.push(format!(
                "$ {}\n  bash: {:?} {}\n  here: {:?} {} {}",
                case.line,
                case.output,
                case.exit,
                played.stdout(),
                played.exit,
                played.stderr()
            ));
        }
    }
    assert!(
        differ.is_empty(),
        "{} of {} differ:\n{}",
        differ.len(),
        cases.len(),
        differ.join("\n")
    );
}
