//! What runs beside the shell: jobs behind `&`, `<( )` and `>( )`, and traps.
//!
//! Nothing runs at the same time here. A job has ended before the next command begins, and what it would have
//! taken of the machine's time it takes from nobody.

use brush_parser::ast;

use super::{Flow, Shell};
use crate::practice::process::{Exit, System};
use crate::practice::streams::{Input, Sink};
use crate::practice::tree::{Content, Node};

/// The first number of a process that a shell starts.
const FIRST: u32 = 1201;

/// How many jobs a shell remembers.
const MOST: usize = 100;

/// A job that has run.
#[derive(Debug, Clone)]
pub(super) struct Job {
    number: usize,
    pub(super) pid: u32,
    pub(super) exit: Exit,
    text: String,
    /// Whether the person has been told that it ended.
    told: bool,
}

impl Job {
    fn shown(&self, mark: char) -> String {
        let state = match self.exit {
            0 => "Done".to_owned(),
            exit => format!("Exit {exit}"),
        };
        format!("[{}]{mark}  {state:24}{}\n", self.number, self.text)
    }
}

/// A process that a command reads from or writes to as if it were a file.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    path: String,
    /// What reads what was written to it.
    reader: Option<ast::SubshellCommand>,
}

impl Shell {
    /// Runs commands as a job.
    pub(super) fn job(&mut self, system: &mut System, list: &ast::AndOrList) -> Result<(), Flow> {
        let clock = system.machine.clock;
        let mut shell = self.subshell(system)?;
        if shell.streams.stdin.is_terminal() {
            shell.streams.stdin = Input::empty();
        }
        let result = shell.and_or(system, list);
        let exit = shell.ended(system, result);
        system.machine.clock = clock;
        if system.stopped.is_some() {
            return Err(Flow::Stop);
        }
        let number = self.jobs.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        let pid = self.last_pid.map_or(FIRST, |pid| pid + 1);
        self.last_pid = Some(pid);
        if self.jobs.len() >= MOST {
            self.jobs.remove(0);
        }
        self.jobs.push(Job {
            number,
            pid,
            exit,
            text: list.to_string().chars().take(200).collect(),
            told: false,
        });
        if self.interactive {
            let sink = self.streams.stderr.clone();
            let _ = system.write(&sink, format!("[{number}] {pid}\n").as_bytes());
        }
        self.status = 0;
        Ok(())
    }

    /// Tells of the jobs that have ended, as a shell does before its prompt.
    pub(super) fn tell_of_jobs(&mut self, system: &mut System) {
        let text = self.list_of_jobs();
        if self.interactive && !text.is_empty() {
            let sink = self.streams.stderr.clone();
            let _ = system.write(&sink, text.as_bytes());
        }
    }

    /// The lines of `jobs`: each job is told of once.
    pub(super) fn list_of_jobs(&mut self) -> String {
        let last = self.jobs.iter().map(|job| job.number).max().unwrap_or(0);
        let mut text = String::new();
        for job in self.jobs.iter_mut().filter(|job| !job.told) {
            job.told = true;
            let mark = match last - job.number {
                0 => '+',
                1 => '-',
                _ => ' ',
            };
            text.push_str(&job.shown(mark));
        }
        if self.jobs.iter().all(|job| job.told) {
            // Numbers begin again; how each ended is remembered for `wait`.
            for job in &mut self.jobs {
                job.number = 0;
            }
        }
        text
    }

    /// How a job ended, by its process or as `%1`; `None` where there was none.
    pub(super) fn job_named(&mut self, name: &str) -> Option<&mut Job> {
        match name.strip_prefix('%') {
            Some("" | "%" | "+") => self.jobs.last_mut(),
            Some(number) => {
                let number: usize = number.parse().ok()?;
                self.jobs.iter_mut().find(|job| job.number == number)
            }
            None => {
                let pid: u32 = name.parse().ok()?;
                self.jobs.iter_mut().find(|job| job.pid == pid)
            }
        }
    }

    /// Takes note that a job was waited for.
    pub(super) fn waited_for_all(&mut self) {
        for job in &mut self.jobs {
            job.told = true;
        }
    }

    /// The file that stands for a process.
    pub(super) fn process_beside(
        &mut self,
        system: &mut System,
        kind: &ast::ProcessSubstitutionKind,
        command: &ast::SubshellCommand,
    ) -> Result<String, Flow> {
        let path = format!("/dev/fd/{}", 63_usize.saturating_sub(self.beside.len()));
        let (bytes, reader) = match kind {
            ast::ProcessSubstitutionKind::Read => {
                let (pipe, sink) = Sink::pipe();
                let mut shell = self.subshell(system)?;
                shell.streams.stdout = sink;
                let result = shell.list(system, &command.list);
                let _ = shell.ended(system, result);
                if system.stopped.is_some() {
                    return Err(Flow::Stop);
                }
                (std::mem::take(&mut pipe.borrow_mut().bytes), None)
            }
            ast::ProcessSubstitutionKind::Write => (Vec::new(), Some(command.clone())),
        };
        let tree = &mut system.machine.tree;
        let made = tree
            .make_dirs("/dev/fd", 0)
            .and_then(|_| tree.put(&path, Node::new(0o666, Content::File(bytes.into()))));
        if let Err(errno) = made {
            self.complain(system, &format!("{path}: {errno}"));
            return Err(Flow::Failed);
        }
        self.beside.push(Beside {
            path: path.clone(),
            reader,
        });
        Ok(path)
    }

    /// Ends the processes that were started for a command: those that read get what was written.
    pub(super) fn end_processes(&mut self, system: &mut System, before: usize) {
        while self.beside.len() > before {
            let Some(beside) = self.beside.pop() else {
                return;
            };
            let written = system.machine.tree.remove(&beside.path);
            let (Some(reader), Ok(node)) = (beside.reader, written) else {
                continue;
            };
            let Content::File(bytes) = &node.content else {
                continue;
            };
            let Ok(mut shell) = self.subshell(system) else {
                return;
            };
            shell.streams.stdin = Input::bytes(bytes.to_vec());
            let result = shell.list(system, &reader.list);
            let _ = shell.ended(system, result);
        }
    }

    /// The exit status of a shell whose commands have come to an end, after what `trap … EXIT` says.
    pub(super) fn ended(&mut self, system: &mut System, result: Result<(), Flow>) -> Exit {
        let exit = match result {
            Ok(()) | Err(Flow::Break(_) | Flow::Continue(_)) => self.status,
            Err(Flow::Exit(exit) | Flow::Return(exit)) => exit,
            Err(Flow::Failed | Flow::Discard) => 1,
            Err(Flow::Stop) => return 130,
        };
        let Some(text) = self.traps.remove("EXIT").filter(|text| !text.is_empty()) else {
            return exit;
        };
        self.status = exit;
        match self.text_as_commands(system, &text) {
            Err(Flow::Exit(exit)) => exit,
            Err(Flow::Stop) => 130,
            _ => exit,
        }
    }

    /// Runs what `trap … ERR` says.
    pub(super) fn trap_failure(&mut self, system: &mut System) -> Result<(), Flow> {
        let Some(text) = self.traps.get("ERR").cloned() else {
            return Ok(());
        };
        let status = self.status;
        self.traps.remove("ERR");
        let result = self.text_as_commands(system, &text);
        self.traps.insert("ERR".to_owned(), text);
        self.status = status;
        result
    }
}
