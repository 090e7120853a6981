//! What is around the program: colours, pipes that close, variables that are missing.

use std::process::{Command, Stdio};

use crate::reader::{Reader, Said};

const CHECK: [&str; 3] = ["check", "--machine", "ubuntu-fresh-nouveau"];

#[test]
fn a_pipe_gets_no_colours_unless_it_asks_for_them() {
    let reader = Reader::new();
    let colours = |variables: &[(&str, &str)]| {
        let mut command = reader.lessons(CHECK);
        let said = Said::by(1, command.envs(variables.iter().copied()));
        said.out.contains("\u{1b}[")
    };
    assert!(!colours(&[]));
    assert!(colours(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colours(&[("NO_COLOR", "1")]));
    assert!(!colours(&[("CLICOLOR", "0")]));
    // Colours carry nothing: without them the words are the same.
    let mut forced = reader.lessons(CHECK);
    let forced = Said::by(1, forced.env("CLICOLOR_FORCE", "1")).out;
    let mut plain = String::new();
    let mut rest = forced.as_str();
    while let Some((before, sequence)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = sequence.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, reader.run(1, CHECK).out);
}

#[test]
fn errors_have_no_colours_in_a_pipe_either() {
    let reader = Reader::new();
    let said = reader.run(2, ["check", "driver.instaled"]);
    assert!(said.err.starts_with("error: "), "{}", said.err);
    let mut command = reader.lessons(["check", "driver.instaled"]);
    let said = Said::by(2, command.env("CLICOLOR_FORCE", "1"));
    assert!(said.err.contains("\u{1b}["), "{}", said.err);
}

#[test]
fn machine_formats_never_have_colours() {
    let reader = Reader::new();
    for format in ["json", "jsonl", "junit", "tap", "prometheus"] {
        let mut command = reader.lessons(CHECK.into_iter().chain(["--format", format]));
        let said = Said::by(1, command.env("CLICOLOR_FORCE", "1"));
        assert!(!said.out.contains('\u{1b}'), "{format}");
    }
}

/// `lessons`, writing to a pipe whose reader has gone.
fn into_a_closed_pipe(reader: &Reader, args: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lessons"))
        .args(args)
        .env("LESSONS_HOME", reader.state())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn a_closed_pipe_is_quiet_and_the_exit_status_stays() {
    let reader = Reader::new();
    for (exit, args) in [
        (0, &["check", "--machine", "ubuntu-4x4090"][..]),
        (1, &CHECK),
        (
            1,
            &["check", "--machine", "ubuntu-mismatch", "--format", "junit"],
        ),
        (0, &["list"]),
        (0, &["machines", "show", "ubuntu-4x4090"]),
        (0, &["completions", "bash"]),
        (0, &["man"]),
        (0, &["--help"]),
        (0, &[]),
    ] {
        let (code, err) = into_a_closed_pipe(&reader, args);
        assert_eq!((code, err.as_str()), (Some(exit), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let reader = Reader::new();
    for args in [
        &["check", "--machine", "ubuntu-4x4090"][..],
        &["list"],
        &["man"],
    ] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_lessons"))
            .args(args)
            .env("LESSONS_HOME", reader.state())
            .stdout(full)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{args:?}: {err}");
        assert!(err.contains("tried to write to standard output"), "{err}");
    }
    reader
        .run(4, ["record", "-o", "/dev/full"])
        .explains("/dev/full");
}

/// `lessons` with no variables at all but these.
fn with_only(reader: &Reader, variables: &[(&str, &str)], args: &[&str]) -> assert_cmd::Command {
    let mut command = reader.lessons(args.iter().copied());
    command.env_clear().envs(variables.iter().copied());
    command
}

#[test]
fn without_a_home_nothing_is_remembered_and_that_is_said() {
    let reader = Reader::new();
    let output = with_only(&reader, &[], &["check"]).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)));
    assert!(!output.stdout.is_empty());
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("LESSONS_HOME"), "{err}");
    for args in [
        &["list"][..],
        &["hint", "smi.runs"],
        &[],
        &["progress", "export"],
    ] {
        Said::by(0, &mut with_only(&reader, &[], args));
    }
    for args in [&["done", "smi.runs"][..], &["reset", "--all", "--yes"]] {
        Said::by(4, &mut with_only(&reader, &[], args)).explains("set LESSONS_HOME");
    }
}

#[test]
fn the_state_folder_is_where_the_variables_say() {
    let reader = Reader::new();
    let home = reader.place("home");
    let state = reader.place("xdg");
    let own = reader.place("own");
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (home_text, state_text, own_text) = (text(&home), text(&state), text(&own));
    let mut variables = vec![("HOME", home_text.as_str())];
    for (more, file) in [
        (None, home.join(".local/state/lessons/progress.json")),
        (
            Some(("XDG_STATE_HOME", state_text.as_str())),
            state.join("lessons/progress.json"),
        ),
        (
            Some(("LESSONS_HOME", own_text.as_str())),
            own.join("progress.json"),
        ),
    ] {
        variables.extend(more);
        assert!(!file.exists());
        Said::by(
            0,
            &mut with_only(&reader, &variables, &["done", "smi.runs"]),
        );
        assert!(file.is_file(), "{}", file.display());
    }
}

#[test]
fn an_empty_path_is_no_obstacle() {
    let reader = Reader::new();
    for path in ["", ":", "/nonexistent"] {
        let mut command = reader.lessons(["check", "--json"]);
        let output = command.env("PATH", path).output().unwrap();
        let exit = output.status.code();
        assert!(matches!(exit, Some(0 | 1 | 3)), "{exit:?} with {path:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn a_time_that_is_none_is_said() {
    let reader = Reader::new();
    let mut command = reader.lessons(["done", "smi.runs"]);
    Said::by(4, command.env("LESSONS_NOW", "yesterday")).explains("LESSONS_NOW=\"yesterday\"");
    for limit in ["0", "-1", "nan", "1e9", "soon", ""] {
        reader.run(2, ["check", "--time-limit", limit]);
    }
}
