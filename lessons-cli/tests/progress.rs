//! Progress under processes that write at once and that are killed.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use lessons_cli::progress::{MarkKind, Progress, Store};

const FOLDER: &str = "LESSONS_TEST_WRITER_FOLDER";
const NAME: &str = "LESSONS_TEST_WRITER_NAME";
const COUNT: &str = "LESSONS_TEST_WRITER_COUNT";

/// A child process runs this one test, with the variables above: it counts up the hints of its step and prints
/// each number that is saved. Without them it has nothing to do.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let name = std::env::var(NAME).unwrap();
    let count: u32 = std::env::var(COUNT).unwrap().parse().unwrap();
    let store = Store::at(folder);
    for _ in 0..count {
        let saved = store
            .update(Timestamp::UNIX_EPOCH, |progress| {
                let next = hints(progress, &name) + 1;
                progress.saw_hint(&name, next);
                next
            })
            .unwrap();
        println!("saved {}", saved.value);
    }
}

fn hints(progress: &Progress, step: &str) -> u32 {
    progress.step(step).map_or(0, |step| step.hints)
}

fn start_writer(folder: &Path, name: &str, count: u32) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(NAME, name)
        .env(COUNT, count.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Memory rather than a disk: what is tested is order, not speed.
fn folder() -> io::Result<tempfile::TempDir> {
    let memory = PathBuf::from("/dev/shm");
    let parent = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    tempfile::tempdir_in(parent)
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    let folder = folder().unwrap();
    // All count up the same number.
    let writers: Vec<Child> = (0..3)
        .map(|_| start_writer(folder.path(), "a.count", 100).unwrap())
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    let read = Store::at(folder.path()).read();
    assert_eq!(read.notice, None);
    assert_eq!(hints(&read.progress, "a.count"), 300);
}

#[test]
fn a_killed_writer_loses_nothing_that_it_saved() {
    const NAME: &str = "a.count";
    let folder = folder().unwrap();
    let store = Store::at(folder.path());
    // As large as the file is in use.
    store
        .update(Timestamp::UNIX_EPOCH, |progress| {
            for number in 0..40 {
                let id = format!("lesson.step-{number}");
                progress.mark(&id, MarkKind::Done, Timestamp::UNIX_EPOCH);
            }
        })
        .unwrap();
    for round in 0..1000 {
        let mut writer = start_writer(folder.path(), NAME, u32::MAX).unwrap();
        let mut printed = BufReader::new(writer.stdout.take().unwrap());
        // It is at work once it has saved something; then it dies at a moment that differs from round to round.
        let mut output = String::new();
        while !output.contains("saved ") {
            assert_ne!(printed.read_line(&mut output).unwrap(), 0, "no writer");
        }
        std::thread::sleep(Duration::from_micros(round * 7919 % 1000));
        writer.kill().unwrap();
        writer.wait().unwrap();
        printed.read_to_string(&mut output).unwrap();
        // A last line that was cut off does not count.
        let saved: u32 = output
            .split_inclusive('\n')
            .filter_map(|line| {
                line.strip_suffix('\n')?
                    .split_once("saved ")?
                    .1
                    .parse()
                    .ok()
            })
            .next_back()
            .unwrap();

        let read = store.read();
        assert_eq!(read.notice, None, "round {round}");
        let found = hints(&read.progress, NAME);
        // What was being saved when it died may be there or not.
        assert!(
            found == saved || found == saved + 1,
            "round {round}: {saved} was saved, {found} is there"
        );
        assert_eq!(read.progress.steps().count(), 41, "round {round}");
    }
    // However they died, they left no more than one unfinished file of each name.
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(left <= 5, "{left} files");
}
