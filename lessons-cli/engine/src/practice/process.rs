//! Programs: how one is found, what it gets, what it leaves.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::machine::{NotRun, Output};
use crate::visible::visible_lines;

use super::budget::{Budget, Stop};
use super::files::{Files, User};
use super::machine::PracticeMachine;
use super::outside::{Outside, Question, Stream};
use super::programs::Program;
use super::shell;
use super::streams::{Input, Line, PIPE, Sink};
use super::tree::{Content, Errno, absolute};

/// Where programs are looked for without `PATH`.
const UNSET_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How a program ended: its exit status.
pub type Exit = i32;

/// A machine that is running, with the world around it.
pub struct System {
    /// The machine.
    pub machine: PracticeMachine,
    /// Answers, an editor, chance.
    pub outside: Box<dyn Outside>,
    /// What the command line may still do.
    pub budget: Budget,
    /// Why the command line has to end at once.
    pub stopped: Option<Stop>,
    /// What the machine does after the command line: it restarts, or goes off.
    pub power: Option<Power>,
    /// A shell that a program has started at the terminal, as `sudo -i` does.
    pub(super) enter: Option<shell::Shell>,
    /// What the shell has read before.
    pub(super) read: shell::ReadBefore,
    /// What was printed at the terminal, in order.
    printed: Vec<(Stream, String)>,
    /// How much of it the outside has seen.
    shown: usize,
}

/// What becomes of a machine's power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// It restarts.
    Reboot,
    /// It goes off; somebody presses the button afterwards.
    Off,
}

/// What a program inherits.
#[derive(Debug, Clone)]
pub struct Process {
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// Its working folder, without links.
    pub cwd: String,
    /// Who runs it.
    pub user: User,
    /// Standard input.
    pub stdin: Input,
    /// Standard output.
    pub stdout: Sink,
    /// Standard error.
    pub stderr: Sink,
}

/// One program that runs: what it was called with and all that it can reach.
pub struct Call<'s> {
    /// The words of the command line; the first is the name that it was called by.
    pub args: Vec<String>,
    /// The file that runs, as it was found: `/usr/bin/nvcc`.
    pub file: String,
    /// What it inherited; changes end with it.
    pub process: Process,
    /// The machine and the world.
    pub system: &'s mut System,
    /// Why writing failed, once it has.
    failed: Option<Errno>,
}

impl System {
    /// A machine, started, in a world.
    pub fn new(machine: PracticeMachine, outside: Box<dyn Outside>) -> Self {
        Self {
            machine,
            outside,
            budget: Budget::default(),
            stopped: None,
            power: None,
            enter: None,
            read: shell::ReadBefore::default(),
            printed: Vec::new(),
            shown: 0,
        }
    }

    /// Takes a step; `false` when the command line has to end.
    pub fn step(&mut self) -> bool {
        self.spend(1)
    }

    /// Takes some steps; `false` when the command line has to end.
    pub fn spend(&mut self, steps: u64) -> bool {
        if self.stopped.is_some() {
            return false;
        }
        // Four names are looked up in a step.
        let steps = steps + self.machine.tree.take_work() / 4;
        if self.outside.interrupted() {
            self.stopped = Some(Stop::Interrupted);
        } else if let Err(stop) = self.budget.spend(steps) {
            self.stopped = Some(stop);
        }
        self.stopped.is_none()
    }

    /// Writes bytes to a sink.
    pub fn write(&mut self, sink: &Sink, bytes: &[u8]) -> Result<(), Errno> {
        match sink {
            Sink::Screen(stream) => {
                let allowed = self.budget.print(bytes.len());
                // A terminal must not be moved by what is printed; colours of programs are not needed here.
                // And of a NUL byte a terminal shows nothing.
                let text = String::from_utf8_lossy(&bytes[..allowed]).replace('\0', "");
                let text = visible_lines(&text);
                match self.printed.last_mut() {
                    Some((last, before)) if last == stream => {
                        before.push_str(&text);
                    }
                    _ => self.printed.push((*stream, text)),
                }
                if allowed < bytes.len() {
                    self.stopped.get_or_insert(Stop::Printed);
                }
                Ok(())
            }
            Sink::Pipe(pipe) => {
                let mut pipe = pipe.borrow_mut();
                let room = PIPE.saturating_sub(pipe.bytes.len());
                pipe.bytes
                    .extend_from_slice(&bytes[..bytes.len().min(room)]);
                if bytes.len() > room {
                    pipe.overflowed = true;
                }
                Ok(())
            }
            Sink::File(path) => self
                .machine
                .files(User::Root, "/")
                .write_open(path, bytes, true),
            Sink::Null => Ok(()),
            Sink::Failing(errno) => Err(*errno),
        }
    }

    /// Shows the outside what was printed so far.
    pub(super) fn flush(&mut self) {
        for (stream, text) in &self.printed[self.shown..] {
            self.outside.show(*stream, text);
        }
        // What comes next begins a new piece, so that no piece is shown twice.
        self.shown = self.printed.len();
        self.printed.push((Stream::Out, String::new()));
    }

    /// Everything that was printed since the last time.
    pub(super) fn take_printed(&mut self) -> Vec<(Stream, String)> {
        self.flush();
        self.shown = 0;
        std::mem::take(&mut self.printed)
    }

    /// Runs a command by its name or path, as a shell does after expansion. Functions, aliases and builtins are the
    /// shell's and not looked at.
    pub fn run(&mut self, process: Process, args: Vec<String>) -> Result<Exit, CannotRun> {
        let name = args.first().cloned().unwrap_or_default();
        let path = process
            .env
            .get("PATH")
            .map_or(UNSET_PATH, String::as_str)
            .to_owned();
        let file = if name.contains('/') {
            absolute(&process.cwd, &name)
        } else {
            self.machine
                .which(&name, &path, &process.cwd)
                .ok_or(CannotRun::NoCommand)?
        };
        self.run_file(process, args, &file)
    }

    /// Runs an executable file.
    pub fn run_file(
        &mut self,
        process: Process,
        args: Vec<String>,
        file: &str,
    ) -> Result<Exit, CannotRun> {
        if self.stopped.is_some() {
            return Ok(130);
        }
        let node = self
            .machine
            .files(process.user, "/")
            .get(file)
            .cloned()
            .map_err(CannotRun::File)?;
        if node.is_dir() {
            return Err(CannotRun::File(Errno::IsADirectory));
        }
        if !self.machine.files(process.user, "/").allows(&node, 1) {
            return Err(CannotRun::File(Errno::Denied));
        }
        if let Err(stop) = self.budget.enter() {
            self.stopped.get_or_insert(stop);
            return Ok(1);
        }
        let exit = self.run_node(process, args, file, &node.content);
        self.budget.leave();
        exit
    }

    fn run_node(
        &mut self,
        process: Process,
        mut args: Vec<String>,
        file: &str,
        content: &Content,
    ) -> Result<Exit, CannotRun> {
        if !self.spend(40) {
            return Ok(130);
        }
        if let Some(program) = self.machine.program_of(file) {
            return Ok(self.call(program, process, args, file));
        }
        let Content::File(bytes) = content else {
            return Err(CannotRun::NotPlayed);
        };
        let text = String::from_utf8_lossy(bytes);
        let first = text.lines().next().unwrap_or_default();
        if let Some(interpreter) = first.strip_prefix("#!") {
            let mut words: Vec<String> = interpreter
                .trim()
                .splitn(2, char::is_whitespace)
                .map(|word| word.trim().to_owned())
                .collect();
            let interpreter = words.first().cloned().unwrap_or_default();
            if !self.machine.tree.exists(&interpreter) {
                return Err(CannotRun::BadInterpreter(interpreter));
            }
            words.push(file.to_owned());
            words.extend(args.drain(1..));
            return self.run_file(process, words, &interpreter);
        }
        if bytes.contains(&0) {
            return Err(CannotRun::NotPlayed);
        }
        // A text without a first line that says who reads it is read by the shell itself.
        Ok(shell::run_script(self, &process, &text, args))
    }

    /// Runs a file that a program of the registry plays, whether it may be run or not; `None` where none plays it.
    pub(super) fn play(&mut self, process: Process, args: Vec<String>, file: &str) -> Option<Exit> {
        let program = self.machine.program_of(file)?;
        Some(self.call(program, process, args, file))
    }

    /// Asks a question at the terminal; what was printed so far is seen before.
    pub(super) fn ask(&mut self, prompt: &str, secret: bool) -> Option<String> {
        self.flush();
        let answer = self.outside.ask(Question { prompt, secret });
        // What stands on the screen afterwards: the question, and what was typed where it can be seen.
        let seen = match &answer {
            Some(answer) if !secret => format!("{prompt}{answer}\n"),
            _ => format!("{prompt}\n"),
        };
        self.printed.push((Stream::Out, visible_lines(&seen)));
        self.shown = self.printed.len();
        self.printed.push((Stream::Out, String::new()));
        answer
    }

    /// Clears the screen: what was printed before is no longer seen.
    pub(super) fn clear_screen(&mut self) {
        self.flush();
        self.outside.clear();
    }

    fn call(
        &mut self,
        program: &'static Program,
        process: Process,
        args: Vec<String>,
        file: &str,
    ) -> Exit {
        let mut call = Call {
            args,
            file: file.to_owned(),
            process,
            system: self,
            failed: None,
        };
        let exit = (program.run)(&mut call);
        match call.failed {
            Some(errno) if exit == 0 => {
                let name = call.name();
                call.failed = None;
                call.error(format!("{name}: write error: {errno}"));
                1
            }
            _ => exit,
        }
    }
}

/// Why a command could not be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CannotRun {
    /// No such name on `PATH`.
    NoCommand,
    /// The file cannot be run.
    File(Errno),
    /// The first line of a script names an interpreter that is not there.
    BadInterpreter(String),
    /// A program that practice machines do not play.
    NotPlayed,
}

impl Call<'_> {
    /// The name that it was called by, without folders.
    pub fn name(&self) -> String {
        let name = self.args.first().map_or("", String::as_str);
        name.rsplit('/').next().unwrap_or(name).to_owned()
    }

    /// The words after the name.
    pub fn rest(&self) -> Vec<String> {
        self.args.get(1..).unwrap_or_default().to_vec()
    }

    /// The machine.
    pub fn machine(&mut self) -> &mut PracticeMachine {
        &mut self.system.machine
    }

    /// The machine's files, as this program's user sees them from its folder.
    pub fn files(&mut self) -> Files<'_> {
        self.system
            .machine
            .files(self.process.user, &self.process.cwd)
    }

    /// Whether root runs it.
    pub fn is_root(&self) -> bool {
        self.process.user == User::Root
    }

    /// A variable of its environment.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.process.env.get(name).map(String::as_str)
    }

    /// Prints to standard output, as it is. `false` when there is no use in printing more.
    pub fn print(&mut self, text: impl AsRef<[u8]>) -> bool {
        let sink = self.process.stdout.clone();
        self.put(&sink, text.as_ref())
    }

    /// Prints a line to standard output.
    pub fn line(&mut self, text: impl AsRef<str>) -> bool {
        self.print(format!("{}\n", text.as_ref()))
    }

    /// Prints a line to standard error.
    pub fn error(&mut self, text: impl AsRef<str>) -> bool {
        let sink = self.process.stderr.clone();
        self.put(&sink, format!("{}\n", text.as_ref()).as_bytes())
    }

    fn put(&mut self, sink: &Sink, bytes: &[u8]) -> bool {
        // A file is looked up and kept, a terminal looked at; other places only take.
        let (once, each) = match sink {
            Sink::File(_) => (25, 256),
            Sink::Screen(_) => (1, 256),
            _ => (1, 2048),
        };
        if !self.system.spend(once + bytes.len() as u64 / each) {
            return false;
        }
        if let Err(errno) = self.system.write(sink, bytes) {
            self.failed.get_or_insert(errno);
            return false;
        }
        !matches!(sink, Sink::Pipe(pipe) if pipe.borrow().overflowed)
    }

    /// All of standard input. At the terminal, lines until Ctrl-D.
    pub fn read_all(&mut self) -> Vec<u8> {
        if let Some(bytes) = self.process.stdin.rest() {
            return bytes;
        }
        let mut bytes = Vec::new();
        while let Some(line) = self.read_line() {
            bytes.extend(line);
        }
        bytes
    }

    /// The next line of standard input with its end, as far as it has one; `None` at the end.
    pub fn read_line(&mut self) -> Option<Vec<u8>> {
        match self.process.stdin.line() {
            Line::Of(line) => return Some(line),
            Line::End => return None,
            Line::Terminal => {}
        }
        self.system.flush();
        let Some(line) = self.system.outside.line() else {
            // Whether it was Ctrl-C that ended the input is seen by the next look.
            self.system.step();
            return None;
        };
        Some(format!("{line}\n").into_bytes())
    }

    /// Asks a question at the terminal, wherever standard input comes from (as `sudo` and `passwd` do); otherwise
    /// reads the answer from standard input. The answer has no line end; `None` at the end of input.
    pub fn ask(&mut self, prompt: &str, secret: bool) -> Option<String> {
        match self.process.stdin.line() {
            Line::Terminal => {}
            Line::End => {
                self.print(prompt);
                return None;
            }
            Line::Of(line) => {
                self.print(prompt);
                let line = String::from_utf8_lossy(&line).into_owned();
                return Some(line.trim_end_matches('\n').to_owned());
            }
        }
        self.system.ask(prompt, secret)
    }

    /// Whether standard output is the terminal.
    pub fn to_terminal(&self) -> bool {
        self.process.stdout.is_terminal()
    }

    /// Runs another program as this one would: found on its `PATH`, with what it inherited.
    pub fn spawn(&mut self, args: Vec<String>) -> Result<Exit, CannotRun> {
        let process = self.process.clone();
        self.system.run(process, args)
    }

    /// Takes time, in seconds.
    pub fn wait(&mut self, seconds: i64) {
        let clock = &mut self.system.machine.clock;
        *clock = clock.saturating_add(seconds);
    }
}

/// Runs one of [`crate::programs`] on a machine, as a check asks for it.
pub(super) fn ask(
    machine: PracticeMachine,
    argv: &[&str],
    outside: Box<dyn Outside>,
) -> Result<Output, NotRun> {
    if !crate::programs::is_known(argv) {
        return Err(NotRun::NotAsked);
    }
    let (out, stdout) = Sink::pipe();
    let (err, stderr) = Sink::pipe();
    let mut env = machine.env.clone();
    env.insert("LC_ALL".to_owned(), "C".to_owned());
    let cwd = env
        .get("PWD")
        .cloned()
        .unwrap_or_else(|| machine.person.home.clone());
    let process = Process {
        env,
        cwd,
        user: machine.person.user,
        stdin: Input::empty(),
        stdout,
        stderr,
    };
    let recording = std::sync::Arc::clone(&machine.recording);
    let mut system = System::new(machine, outside);
    let before = system.machine.clock;
    let args = argv.iter().map(|&word| word.to_owned()).collect();
    let exit = match system.run(process, args) {
        Ok(exit) => exit,
        Err(CannotRun::NoCommand | CannotRun::File(Errno::NotFound)) => {
            return Err(NotRun::NotFound);
        }
        Err(CannotRun::File(Errno::Denied)) => return Err(NotRun::Denied),
        // A program that this practice does not play says what it said when it was recorded.
        Err(CannotRun::NotPlayed) => {
            return crate::machine::Machine::command(recording.as_ref(), argv);
        }
        Err(CannotRun::File(errno)) => return Err(NotRun::Failed(errno.to_string())),
        Err(CannotRun::BadInterpreter(_)) => return Err(NotRun::NotFound),
    };
    let text = |pipe: &Rc<std::cell::RefCell<super::streams::Pipe>>| {
        String::from_utf8_lossy(&pipe.borrow().bytes).into_owned()
    };
    Ok(Output {
        exit: Some(exit),
        stdout: text(&out),
        stderr: text(&err),
        elapsed_ms: u64::try_from(system.machine.clock - before).unwrap_or(0) * 1000,
    })
}
