//! Somebody who types commands: with a state folder of their own, and nothing else that the tests' surroundings know.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use assert_cmd::assert::OutputAssertExt;
use serde_json::Value as Json;
use tempfile::TempDir;

/// When everything happens.
pub(crate) const NOW: &str = "2026-09-28T12:00:00Z";

/// A reader with an empty state folder, which goes when the reader does.
pub(crate) struct Reader {
    folder: TempDir,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A place in a folder that is this reader's own.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file there.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The state folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.place("state")
    }

    /// `lessons` with arguments, to be run.
    pub(crate) fn lessons<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::cargo_bin("lessons").unwrap();
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("LESSONS_HOME", self.state())
            .env("LESSONS_NOW", NOW)
            // What may be set where the tests run.
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("COLUMNS")
            .env_remove("LESSONS_LANG");
        command
    }

    /// Runs `lessons`, which is to end with this exit status.
    #[track_caller]
    pub(crate) fn run<'a>(&self, exit: i32, args: impl IntoIterator<Item = &'a str>) -> Said {
        Said::by(exit, &mut self.lessons(args))
    }
}

/// What was printed.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What a command prints that is to end with this exit status.
    #[track_caller]
    pub(crate) fn by(exit: i32, command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let output = output.assert().code(exit).get_output().clone();
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// It has nothing to say but its result.
    #[track_caller]
    pub(crate) fn quietly(self) -> Self {
        assert_eq!(self.err, "");
        self
    }

    #[track_caller]
    pub(crate) fn shows(self, words: &str) -> Self {
        assert!(self.out.contains(words), "no {words:?} in {}", self.out);
        self
    }

    #[track_caller]
    pub(crate) fn explains(self, words: &str) -> Self {
        assert!(self.err.contains(words), "no {words:?} in {}", self.err);
        self
    }
}

/// Machines that are told of in full: two on which all is well, and one of each kind of trouble.
pub(crate) const NAMED: [&str; 8] = [
    "ubuntu-4x4090",
    "ubuntu-4xa6000-nvlink",
    "ubuntu-cuda-misconfigured",
    "ubuntu-fresh-nouveau",
    "ubuntu-mismatch",
    "ubuntu-secure-boot",
    "ubuntu-torch-cpu",
    "wsl2-laptop",
];

/// The names of the bundled recordings, as the program tells them.
pub(crate) fn machines() -> Vec<String> {
    let listed = Reader::new().run(0, ["machines", "--json"]).json();
    let names: Vec<String> = listed["machines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|machine| machine["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    names
}

/// The ids of all steps, as the program tells them.
pub(crate) fn steps() -> Vec<String> {
    let listed = Reader::new().run(0, ["list", "--json"]).json();
    let steps = listed["lessons"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|lesson| lesson["steps"].as_array().unwrap())
        .map(|step| step["id"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>();
    assert!(steps.len() >= 36, "{steps:?}");
    steps
}
