//! Programs: each started once, all side by side, none waited for longer than its time limit.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lessons_engine::machine::{MAX_TEXT, NotRun, Output, Unread};

use super::files::{Files, Last};
use super::group::Group;

/// How long the output of a program that has ended may be held open by what it has started. After that the group is
/// killed, and this is once more how long its end is waited for.
const GRACE: Duration = Duration::from_millis(40);

/// How often a program that keeps its output open is looked at.
const TICK: Duration = Duration::from_millis(10);

/// The programs of one machine. Dropping it ends those that still run.
#[derive(Debug)]
pub(super) struct Programs {
    /// `PATH`.
    path: Option<OsString>,
    jobs: Mutex<BTreeMap<Vec<String>, Arc<Job>>>,
}

impl Programs {
    pub(super) fn on(path: Option<OsString>) -> Self {
        Self {
            path,
            jobs: Mutex::default(),
        }
    }

    /// Starts a program, unless it was started before.
    pub(super) fn start(&self, argv: &[&str], limit: Duration, files: &Files) {
        self.job(argv, limit, files);
    }

    /// What a program printed; started now unless it was started before.
    pub(super) fn output(
        &self,
        argv: &[&str],
        limit: Duration,
        files: &Files,
    ) -> Result<Output, NotRun> {
        self.job(argv, limit, files).output()
    }

    fn job(&self, argv: &[&str], limit: Duration, files: &Files) -> Arc<Job> {
        let key = argv.iter().map(|&word| word.to_owned()).collect();
        let mut jobs = lock(&self.jobs);
        let job = jobs.entry(key).or_insert_with(|| {
            let found = match argv.first() {
                Some(program) if program.contains('/') => at(program, files),
                Some(program) => find(program, self.path.as_deref()),
                None => Err(NotRun::NotAsked),
            };
            Arc::new(match found {
                Ok(program) => Job::start(program, argv, limit),
                Err(why) => Job::ended(Err(why)),
            })
        });
        Arc::clone(job)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        let jobs = mem::take(&mut *lock(&self.jobs));
        for job in jobs.values() {
            job.stop();
        }
        for job in jobs.values() {
            // Waits for the program to be gone.
            let _ = job.output();
        }
    }
}

/// A program that was asked for.
#[derive(Debug)]
struct Job {
    events: Option<Sender<Event>>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Running(JoinHandle<Result<Output, NotRun>>),
    Ended(Result<Output, NotRun>),
}

/// What a supervisor waits for.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// One of the two outputs has come to its end.
    OutputEnded,
    /// The answer is no longer wanted.
    Stop,
}

impl Job {
    fn start(program: PathBuf, argv: &[&str], limit: Duration) -> Self {
        let (sender, events) = mpsc::channel();
        let outputs = sender.clone();
        let arguments: Vec<String> = argv.iter().skip(1).map(|&word| word.to_owned()).collect();
        let supervisor = thread::Builder::new()
            .name("program".to_owned())
            .spawn(move || run(&program, &arguments, limit, &events, &outputs));
        match supervisor {
            Ok(supervisor) => Self {
                events: Some(sender),
                state: Mutex::new(State::Running(supervisor)),
            },
            Err(error) => Self::ended(Err(NotRun::Failed(error.to_string()))),
        }
    }

    fn ended(output: Result<Output, NotRun>) -> Self {
        Self {
            events: None,
            state: Mutex::new(State::Ended(output)),
        }
    }

    fn output(&self) -> Result<Output, NotRun> {
        let mut state = lock(&self.state);
        let stopped = || Err(NotRun::Failed("its supervisor stopped".to_owned()));
        let output = match mem::replace(&mut *state, State::Ended(stopped())) {
            State::Running(supervisor) => supervisor.join().unwrap_or_else(|_| stopped()),
            State::Ended(output) => output,
        };
        *state = State::Ended(output.clone());
        output
    }

    fn stop(&self) {
        if let Some(events) = &self.events {
            // Fails where nobody listens any more: the program has ended.
            let _ = events.send(Event::Stop);
        }
    }
}

/// Runs a program to its end or to its time limit.
fn run(
    program: &Path,
    arguments: &[String],
    limit: Duration,
    events: &Receiver<Event>,
    outputs: &Sender<Event>,
) -> Result<Output, NotRun> {
    let started = Instant::now();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut group = Group::spawn(&mut command).map_err(|error| not_run(&error))?;
    let stdout = collect(group.leader.stdout.take(), outputs).map_err(|error| not_run(&error))?;
    let stderr = collect(group.leader.stderr.take(), outputs).map_err(|error| not_run(&error))?;

    // A program closes its outputs as it ends, so that these tell of its end at once. Where something that it has
    // started holds them open, or where it closes them and goes on, looking now and then tells.
    let mut open = 2;
    let mut pause = Duration::from_micros(50);
    while !group.has_ended() {
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            group.end();
            return Err(NotRun::TimedOut);
        }
        let wait = if open == 0 { pause } else { TICK };
        match events.recv_timeout(wait.min(left)) {
            Ok(Event::OutputEnded) => open -= 1,
            Ok(Event::Stop) => return Err(NotRun::Failed("ended before its answer".to_owned())),
            Err(_) if open == 0 => pause = (2 * pause).min(TICK),
            Err(_) => {}
        }
    }
    let elapsed = started.elapsed();
    await_outputs(&mut open, events);
    let status = group.end();
    await_outputs(&mut open, events);
    let exit = match status {
        Some(Ok(status)) => status.code(),
        Some(Err(error)) => return Err(not_run(&error)),
        None => return Err(NotRun::TimedOut),
    };
    Ok(Output {
        exit,
        stdout: text(&stdout),
        stderr: text(&stderr),
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Waits a little for the outputs that are still open.
fn await_outputs(open: &mut u32, events: &Receiver<Event>) {
    let started = Instant::now();
    while *open > 0 {
        match events.recv_timeout(GRACE.saturating_sub(started.elapsed())) {
            Ok(Event::OutputEnded) => *open -= 1,
            Ok(Event::Stop) | Err(_) => return,
        }
    }
}

/// Reads an output to its end on a thread of its own, and keeps its first [`MAX_TEXT`] bytes. The thread is never
/// waited for: whoever holds the other end may keep it open as long as it likes.
fn collect(
    pipe: Option<impl Read + Send + 'static>,
    ended: &Sender<Event>,
) -> io::Result<Arc<Mutex<Vec<u8>>>> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let ended = ended.clone();
    thread::Builder::new().spawn(move || {
        if let Some(mut pipe) = pipe {
            let mut piece = [0; 1 << 14];
            loop {
                match pipe.read(&mut piece) {
                    Ok(0) => break,
                    Ok(length) => {
                        let mut kept = lock(&keep);
                        let room = MAX_TEXT - kept.len();
                        kept.extend_from_slice(&piece[..length.min(room)]);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        }
        // Fails where the program is no longer supervised.
        let _ = ended.send(Event::OutputEnded);
    })?;
    Ok(kept)
}

fn text(kept: &Mutex<Vec<u8>>) -> String {
    let mut text = String::from_utf8_lossy(&lock(kept)).into_owned();
    // U+FFFD is longer than the byte that it stands for.
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

/// A program by its name, on `PATH`. Parts of it that depend on the working folder (empty, `.`, `bin`) are passed
/// over: what lies in a folder that someone happens to stand in is not run.
fn find(program: &str, path: Option<&OsStr>) -> Result<PathBuf, NotRun> {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let mut why = NotRun::NotFound;
    for folder in std::env::split_paths(path.unwrap_or_default()) {
        if !folder.is_absolute() {
            continue;
        }
        let candidate = folder.join(&file);
        match runnable(&candidate) {
            Ok(()) => return Ok(candidate),
            // As a shell does, the search goes on; a folder that may not be entered has nothing for this user.
            Err(NotRun::Denied) if candidate.is_file() => why = NotRun::Denied,
            Err(_) => {}
        }
    }
    Err(why)
}

/// A program by its path on the machine.
fn at(program: &str, files: &Files) -> Result<PathBuf, NotRun> {
    let program = files
        .place(program, Last::Itself)
        .map_err(|why| match why {
            Unread::NotFound => NotRun::NotFound,
            Unread::Denied => NotRun::Denied,
            Unread::NotRecorded | Unread::TooLarge | Unread::Failed(_) => {
                NotRun::Failed(why.to_string())
            }
        })?;
    runnable(&program)?;
    Ok(program)
}

fn runnable(program: &Path) -> Result<(), NotRun> {
    let metadata = std::fs::metadata(program).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NotRun::NotFound,
        _ => not_run(&error),
    })?;
    if !metadata.is_file() {
        return Err(NotRun::NotFound);
    }
    #[cfg(unix)]
    rustix::fs::access(program, rustix::fs::Access::EXEC_OK).map_err(|_| NotRun::Denied)?;
    Ok(())
}

/// Why a program that is there did not run. "Not found" is then the interpreter that its first line names, or a
/// loader, and no word on the program.
fn not_run(error: &io::Error) -> NotRun {
    if error.kind() == io::ErrorKind::PermissionDenied {
        NotRun::Denied
    } else {
        NotRun::Failed(error.to_string())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(500);
    const OVER: Duration = Duration::from_millis(200);

    /// A folder with one program in it, and that folder as `PATH`.
    struct Staged {
        folder: tempfile::TempDir,
        programs: Programs,
    }

    /// Written by another process: a thread that starts a program at the same time would else inherit the open
    /// file for a moment, and Linux runs no file that is open for writing.
    fn write_program(path: &Path, script: &str) {
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = writer.stdin.take().unwrap();
        write!(stdin, "#!/bin/sh\n{script}\n").unwrap();
        drop(stdin);
        assert!(writer.wait().unwrap().success());
    }

    fn staged(script: &str) -> Staged {
        let folder = tempfile::tempdir().unwrap();
        write_program(&folder.path().join("nvcc"), script);
        let programs = Programs::on(Some(folder.path().into()));
        Staged { folder, programs }
    }

    impl Staged {
        fn output(&self) -> Result<Output, NotRun> {
            let files = Files::below(PathBuf::from("/"));
            self.programs.output(&["nvcc", "--version"], LIMIT, &files)
        }

        /// A number that the program has written into its folder.
        fn written(&self, name: &str) -> u32 {
            let path = self.folder.path().join(name);
            for _ in 0..500 {
                if let Ok(Ok(number)) = fs::read_to_string(&path).map(|text| text.trim().parse()) {
                    return number;
                }
                thread::sleep(Duration::from_millis(2));
            }
            panic!("{name} was never written");
        }
    }

    /// Whether a process still runs; one that waits to be reaped does not.
    fn runs(pid: u32) -> bool {
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
            let state = stat.rsplit(')').next().unwrap_or_default();
            !state.trim_start().starts_with(['Z', 'X'])
        })
    }

    /// A kill takes a moment to arrive.
    fn soon_gone(pid: u32) -> bool {
        (0..50).any(|_| {
            thread::sleep(Duration::from_millis(2));
            !runs(pid)
        })
    }

    #[test]
    fn output_errors_and_status_are_told() {
        let staged = staged("echo out \"$1\" \"$LC_ALL\"; echo err >&2; exit 3");
        let output = staged.output().unwrap();
        assert_eq!(output.stdout, "out --version C\n");
        assert_eq!(output.stderr, "err\n");
        assert_eq!(output.exit, Some(3));
        assert!(!output.succeeded());
    }

    #[test]
    fn a_program_runs_once() {
        let staged = staged("echo x >> \"${0%/*}/runs\"");
        let files = Files::below(PathBuf::from("/"));
        staged.programs.start(&["nvcc", "--version"], LIMIT, &files);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| staged.output().unwrap());
            }
        });
        staged.output().unwrap();
        let runs = fs::read_to_string(staged.folder.path().join("runs")).unwrap();
        assert_eq!(runs, "x\n");
    }

    #[test]
    fn programs_run_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["gcc", "nvcc", "nvidia-smi", "ubuntu-drivers"];
        for name in names {
            write_program(&folder.path().join(name), "exec sleep 0.3");
        }
        let programs = Programs::on(Some(folder.path().into()));
        let files = Files::below(PathBuf::from("/"));
        let started = Instant::now();
        for name in names {
            programs.start(&[name], LIMIT, &files);
        }
        for name in names {
            assert_eq!(
                programs.output(&[name], LIMIT, &files).unwrap().exit,
                Some(0)
            );
        }
        assert!(started.elapsed() < Duration::from_millis(600));
    }

    #[test]
    fn a_hung_program_is_ended_at_its_limit() {
        let staged =
            staged("sleep 1000 & echo $! > \"${0%/*}/child\"; echo $$ > \"${0%/*}/pid\"; wait");
        let started = Instant::now();
        assert_eq!(staged.output(), Err(NotRun::TimedOut));
        let elapsed = started.elapsed();
        assert!(elapsed >= LIMIT && elapsed < LIMIT + OVER, "{elapsed:?}");
        assert!(soon_gone(staged.written("pid")));
        assert!(soon_gone(staged.written("child")));
    }

    #[test]
    fn one_that_ignores_signals_is_ended_too() {
        let staged =
            staged("trap '' TERM INT HUP; echo $$ > \"${0%/*}/pid\"; while :; do sleep 0.05; done");
        assert_eq!(staged.output(), Err(NotRun::TimedOut));
        assert!(soon_gone(staged.written("pid")));
    }

    #[test]
    fn one_that_closes_its_outputs_and_goes_on_is_ended_too() {
        let staged = staged("exec >&- 2>&-; echo $$ > \"${0%/*}/pid\"; sleep 1000");
        let started = Instant::now();
        assert_eq!(staged.output(), Err(NotRun::TimedOut));
        assert!(started.elapsed() < LIMIT + OVER);
        assert!(soon_gone(staged.written("pid")));
    }

    #[test]
    fn what_a_program_leaves_behind_does_not_hold_its_answer() {
        let staged = staged("sleep 1000 & echo $! > \"${0%/*}/child\"; echo done");
        let started = Instant::now();
        let output = staged.output().unwrap();
        assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
        assert_eq!((output.exit, &*output.stdout), (Some(0), "done\n"));
        assert!(soon_gone(staged.written("child")));
    }

    #[test]
    fn what_left_the_group_does_not_hold_the_answer_either() {
        let staged = staged("setsid sleep 3 & echo done");
        let started = Instant::now();
        let output = staged.output().unwrap();
        assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
        assert_eq!((output.exit, &*output.stdout), (Some(0), "done\n"));
    }

    #[test]
    fn megabytes_are_cut_and_do_not_block() {
        let staged = staged(
            "head -c 50000000 /dev/zero | tr '\\0' a; head -c 5000000 /dev/zero | tr '\\0' '\\377' >&2; echo end >&2",
        );
        let files = Files::below(PathBuf::from("/"));
        let patient = Duration::from_secs(20);
        let output = staged
            .programs
            .output(&["nvcc", "--version"], patient, &files)
            .unwrap();
        assert_eq!(output.exit, Some(0));
        assert_eq!(output.stdout.len(), MAX_TEXT);
        assert!(output.stderr.len() <= MAX_TEXT && output.stderr.len() > MAX_TEXT - 3);
    }

    #[test]
    fn an_endless_printer_is_ended_at_its_limit() {
        let staged = staged("echo $$ > \"${0%/*}/pid\"; while :; do echo 'Copyright (c)'; done");
        let started = Instant::now();
        assert_eq!(staged.output(), Err(NotRun::TimedOut));
        assert!(started.elapsed() < LIMIT + OVER);
        assert!(soon_gone(staged.written("pid")));
    }

    #[test]
    fn a_signal_is_no_status() {
        let output = staged("echo before; kill -SEGV $$").output().unwrap();
        assert_eq!((output.exit, &*output.stdout), (None, "before\n"));
    }

    #[test]
    fn a_question_gets_no_answer() {
        let staged = staged(
            "printf 'Continue? '; if read answer; then echo \"got $answer\"; else echo none; fi",
        );
        assert_eq!(staged.output().unwrap().stdout, "Continue? none\n");
    }

    #[test]
    fn why_a_program_does_not_run_is_told_apart() {
        let staged = staged("true");
        let nvcc = staged.folder.path().join("nvcc");
        let files = Files::below(PathBuf::from("/"));
        let on = |path: Option<&OsStr>| {
            Programs::on(path.map(OsStr::to_owned)).output(&["nvcc"], LIMIT, &files)
        };
        let here = staged.folder.path().as_os_str();
        assert_eq!(on(Some(here)).unwrap().exit, Some(0));
        assert_eq!(on(None), Err(NotRun::NotFound));
        assert_eq!(on(Some("".as_ref())), Err(NotRun::NotFound));
        assert_eq!(
            on(Some("/nonexistent:/dev/null".as_ref())),
            Err(NotRun::NotFound)
        );

        // Bits that let nobody run it: root may not either.
        let chmod = |mode| {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&nvcc, fs::Permissions::from_mode(mode)).unwrap();
        };
        chmod(0o644);
        assert_eq!(on(Some(here)), Err(NotRun::Denied));
        chmod(0o755);
        fs::write(&nvcc, "#!/nonexistent/interpreter\n").unwrap();
        assert!(matches!(on(Some(here)), Err(NotRun::Failed(_))));
        fs::remove_file(&nvcc).unwrap();
        fs::create_dir(&nvcc).unwrap();
        assert_eq!(on(Some(here)), Err(NotRun::NotFound));
    }

    #[test]
    fn the_working_folder_is_no_part_of_the_path() {
        // Where the tests of a package run; a relative path that does lead to the program.
        let here = std::env::current_dir().unwrap();
        let folder = tempfile::tempdir_in(&here).unwrap();
        write_program(&folder.path().join("nvcc"), "echo from here");
        let relative = folder.path().strip_prefix(&here).unwrap();
        assert!(relative.join("nvcc").is_file());
        let path = std::env::join_paths([Path::new(""), Path::new("."), relative]).unwrap();
        assert_eq!(find("nvcc", Some(&path)), Err(NotRun::NotFound));
        let path = std::env::join_paths([relative, folder.path()]).unwrap();
        assert_eq!(find("nvcc", Some(&path)), Ok(folder.path().join("nvcc")));
    }

    #[test]
    fn dropping_ends_what_runs() {
        let staged =
            staged("sleep 1000 & echo $! > \"${0%/*}/child\"; echo $$ > \"${0%/*}/pid\"; wait");
        let files = Files::below(PathBuf::from("/"));
        let hour = Duration::from_hours(1);
        staged.programs.start(&["nvcc", "--version"], hour, &files);
        let (pid, child) = (staged.written("pid"), staged.written("child"));
        assert!(runs(pid) && runs(child));
        let Staged { folder, programs } = staged;
        drop(programs);
        assert!(!runs(pid));
        assert!(soon_gone(child));
        drop(folder);
    }
}
