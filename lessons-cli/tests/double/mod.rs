//! The double of NVML (`nvml-double`), put where the system's loader finds it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A folder with a `libnvidia-ml.so.1` that answers from a recording.
pub(crate) struct Double {
    folder: TempDir,
}

impl Double {
    /// The double, answering from a recording (`lessons-machine/1`).
    pub(crate) fn answering(recording: &str) -> Self {
        Self::without(recording, &[])
    }

    /// As [`Self::answering`], from a library that is so old that it lacks some functions.
    pub(crate) fn without(recording: &str, missing: &[&str]) -> Self {
        let mut library = std::fs::read(built_library()).unwrap();
        for function in missing {
            take_out(&mut library, function);
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("libnvidia-ml.so.1"), library).unwrap();
        std::fs::write(folder.path().join("recording.json"), recording).unwrap();
        Self { folder }
    }

    /// The library file.
    pub(crate) fn library(&self) -> PathBuf {
        self.folder.path().join("libnvidia-ml.so.1")
    }

    /// A command whose process finds this library, and no other.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env("LD_LIBRARY_PATH", self.folder.path()).env(
            "NVML_DOUBLE_RECORDING",
            self.folder.path().join("recording.json"),
        );
        command
    }
}

/// Cargo builds the double as a dev-dependency, into the folder that the tests themselves are in.
fn built_library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let library = tests.with_file_name("libnvml_double.so");
    assert!(
        library.is_file(),
        "no {}: is nvml-double still a dev-dependency with crate-type cdylib?",
        library.display()
    );
    library
}

/// Renames a function in the library's table of names, so that the loader no longer finds it.
fn take_out(library: &mut [u8], function: &str) {
    let name = [b"\0", function.as_bytes(), b"\0"].concat();
    let mut found = 0;
    for start in 0..=library.len() - name.len() {
        if library[start..].starts_with(&name) {
            library[start + 1] = b'x';
            found += 1;
        }
    }
    assert!(found > 0, "the double has no {function} to take out");
}
