//! The shell of a practice machine: bash's grammar by `brush-parser`, played by an interpreter of our own.
//!
//! [`parse`] reads, [`run`] plays what was read, [`expand`] makes words of words, [`builtins`] and [`input`] have the
//! commands that are part of the shell, [`jobs`] what runs beside it, [`missing`] what it says of a command that is not there.

use crate::practice::said::said;
use std::collections::BTreeMap;
use std::sync::Arc;

use brush_parser::ast;

use super::files::User;
use super::outside::Stream;
use super::process::{Exit, Process, System};
use super::streams::{Input, Sink};

mod arithmetic;
mod builtins;
mod expand;
mod input;
mod jobs;
mod missing;
mod parse;
mod pattern;
mod run;
mod test;
mod variable;

use jobs::{Beside, Job};
use variable::Variable;

pub(crate) use expand::ansi_c;
pub(super) use parse::ReadBefore;
pub(crate) use pattern::Pattern;

/// How deeply functions, subshells and sourced files may be in one another.
const DEEPEST: u32 = 40;

/// Ubuntu 24.04's bash.
const VERSION: &str = "5.2.21(1)-release";

/// The longest value of a variable, in bytes.
const LONGEST: usize = 1 << 20;

/// A shell: its variables, functions, options, and where it is.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Shared with the shells that were made of this one, until one of them changes something.
    variables: Arc<BTreeMap<String, Variable>>,
    functions: Arc<BTreeMap<String, Arc<ast::FunctionBody>>>,
    aliases: BTreeMap<String, String>,
    options: Options,
    /// `$0`.
    name: String,
    /// `$1` and so on.
    params: Vec<String>,
    cwd: String,
    user: User,
    /// `$?`.
    status: Exit,
    interactive: bool,
    streams: Streams,
    /// Variables that functions have made their own, to be put back: innermost last.
    locals: Vec<Vec<(String, Option<Variable>)>>,
    depth: u32,
    /// How many sourced files it is reading, one in another.
    sourced: u32,
    left: bool,
    /// Whether a failure is looked at, so that `set -e` does not end the shell.
    looked_at: bool,
    history: Arc<Vec<String>>,
    /// `PIPESTATUS`.
    pipe_status: Vec<Exit>,
    /// `$_`.
    last_word: String,
    jobs: Vec<Job>,
    /// `$!`.
    last_pid: Option<u32>,
    beside: Vec<Beside>,
    /// What `trap` has set, by signal.
    traps: BTreeMap<String, String>,
    /// Where `popd` goes, last first.
    folders: Vec<String>,
    /// Where `getopts` is: the word, and the letter in it.
    getopts: (usize, usize),
}

#[derive(Debug, Clone)]
struct Streams {
    stdin: Input,
    stdout: Sink,
    stderr: Sink,
    more: BTreeMap<i32, Sink>,
    inputs: BTreeMap<i32, Input>,
}

#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the shell's switches, each on or off by itself"
)]
struct Options {
    errexit: bool,
    nounset: bool,
    xtrace: bool,
    noglob: bool,
    pipefail: bool,
    noclobber: bool,
    nullglob: bool,
    dotglob: bool,
    globstar: bool,
    nocasematch: bool,
}

/// Why commands do not go on as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// `break`, out of so many loops.
    Break(u32),
    /// `continue`, of the so-many-eth loop.
    Continue(u32),
    /// `return`.
    Return(Exit),
    /// `exit`.
    Exit(Exit),
    /// An expansion went wrong: the command is not run.
    Failed,
    /// Something went so wrong that the whole line is not run.
    Discard,
    /// The command line is ended: the budget, Ctrl-C, a restart.
    Stop,
}

/// Where WSL shows the driver of Windows.
const WSL_FOLDER: &str = "/usr/lib/wsl/lib";

impl Shell {
    /// The shell in which the machine was recorded, with its variables.
    pub(super) fn recorded(system: &mut System) -> Self {
        let mut shell = Self::bare(system, system.machine.person.user);
        let env = system.machine.env.clone();
        shell.take_environment(&env);
        let cwd = env.get("PWD").cloned().unwrap_or_default();
        shell.cwd = if system.machine.tree.get(&cwd).is_ok_and(super::Node::is_dir) {
            cwd
        } else {
            system.machine.person.home.clone()
        };
        shell.interactive = true;
        shell.complete_environment(system);
        // Of what it read when it began, functions, aliases and the prompt are not in the environment; its variables
        // are as they were recorded.
        let before = shell.variables.clone();
        shell.startup(system);
        let prompt = shell.variables_mut().remove("PS1");
        shell.variables = before;
        if let Some(prompt) = prompt {
            shell.variables_mut().insert("PS1".to_owned(), prompt);
        }
        shell
    }

    /// A login shell of the person's.
    pub(super) fn login(system: &mut System) -> Self {
        let user = system.machine.person.user;
        system.machine.take_groups();
        Self::login_of(system, user)
    }

    /// A login shell of a user's.
    pub(super) fn login_of(system: &mut System, user: User) -> Self {
        let mut shell = Self::bare(system, user);
        shell.interactive = true;
        shell.cwd = home_of(system, user);
        for line in system
            .machine
            .tree
            .text("/etc/environment")
            .unwrap_or_default()
            .lines()
        {
            // PAM's own syntax: no shell reads this file, so that nothing in it is expanded.
            let line = line.strip_prefix("export ").unwrap_or(line);
            if let Some((name, value)) = line.split_once('=') {
                shell.set_exported(name.trim(), value.trim().trim_matches('"'));
            }
        }
        shell.complete_environment(system);
        shell.startup(system);
        shell
    }

    /// A login shell that inherits what a program got, as `bash -l` starts one.
    pub(super) fn login_in(system: &mut System, process: &Process) -> Self {
        let mut shell = Self::of_process(system, process);
        shell.interactive = true;
        shell.complete_environment(system);
        shell.startup(system);
        shell
    }

    /// An interactive shell that is no login shell, as `bash` or `sudo -s` starts one.
    pub(super) fn interactive(system: &mut System, process: &Process) -> Self {
        let mut shell = Self::of_process(system, process);
        shell.interactive = true;
        shell.complete_environment(system);
        for file in ["/etc/bash.bashrc", "~/.bashrc"] {
            shell.read_startup_file(system, file);
        }
        shell
    }

    /// A shell without anything but its name.
    fn bare(system: &System, user: User) -> Self {
        Self {
            variables: Arc::default(),
            functions: Arc::default(),
            aliases: BTreeMap::new(),
            options: Options::default(),
            name: "bash".to_owned(),
            params: Vec::new(),
            cwd: home_of(system, user),
            user,
            status: 0,
            interactive: false,
            streams: Streams {
                stdin: Input::terminal(),
                stdout: Sink::Screen(Stream::Out),
                stderr: Sink::Screen(Stream::Err),
                more: BTreeMap::new(),
                inputs: BTreeMap::new(),
            },
            locals: Vec::new(),
            depth: 0,
            sourced: 0,
            left: false,
            looked_at: false,
            history: Arc::default(),
            pipe_status: Vec::new(),
            last_word: String::new(),
            jobs: Vec::new(),
            last_pid: None,
            beside: Vec::new(),
            traps: BTreeMap::new(),
            folders: Vec::new(),
            getopts: (1, 0),
        }
    }

    /// A shell that inherits what a program got.
    fn of_process(system: &System, process: &Process) -> Self {
        let mut shell = Self::bare(system, process.user);
        shell.take_environment(&process.env);
        shell.cwd.clone_from(&process.cwd);
        shell.streams = Streams {
            stdin: process.stdin.clone(),
            stdout: process.stdout.clone(),
            stderr: process.stderr.clone(),
            more: BTreeMap::new(),
            inputs: BTreeMap::new(),
        };
        shell.set_plain("BASH_VERSION", VERSION);
        shell.set_plain("BASH", "/bin/bash");
        shell.set_plain("HOSTNAME", &system.machine.hostname);
        shell
    }

    fn take_environment(&mut self, env: &BTreeMap<String, String>) {
        for (name, value) in env {
            self.set_exported(name, value);
        }
    }

    /// What every shell has, however it was started.
    fn complete_environment(&mut self, system: &System) {
        let home = home_of(system, self.user);
        let name = name_of(system, self.user);
        let cwd = self.cwd.clone();
        for (variable, value) in [
            ("HOME", home.as_str()),
            ("LOGNAME", &name),
            ("USER", &name),
            ("SHELL", "/bin/bash"),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            (
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ),
            ("SHLVL", "1"),
        ] {
            if self.get(variable).is_none() {
                self.set_exported(variable, value);
            }
        }
        // WSL puts it at the end.
        let path = self.get("PATH").unwrap_or_default();
        if system
            .machine
            .tree
            .exists(&format!("{WSL_FOLDER}/nvidia-smi"))
            && !path.split(':').any(|folder| folder == WSL_FOLDER)
        {
            let path = format!("{path}:{WSL_FOLDER}");
            self.set_exported("PATH", &path);
        }
        self.set_exported("PWD", &cwd);
        self.set_plain("BASH_VERSION", VERSION);
        self.set_plain("BASH", "/bin/bash");
        self.set_plain("HOSTNAME", &system.machine.hostname);
        self.set_plain("PS1", "\\s-\\v\\$ ");
    }

    /// Reads the files of a login shell, in bash's order.
    fn startup(&mut self, system: &mut System) {
        self.read_startup_file(system, "/etc/profile");
        for file in ["~/.bash_profile", "~/.bash_login", "~/.profile"] {
            if self.read_startup_file(system, file) {
                break;
            }
        }
    }

    fn read_startup_file(&mut self, system: &mut System, file: &str) -> bool {
        let home = home_of(system, self.user);
        let path = match file.strip_prefix('~') {
            Some(rest) => format!("{home}{rest}"),
            None => file.to_owned(),
        };
        let Ok(text) = system.machine.tree.text(&path) else {
            return false;
        };
        let _ = self.source(system, &text, &path);
        self.status = 0;
        true
    }

    /// The variables that programs inherit.
    pub(super) fn exported(&self) -> BTreeMap<String, String> {
        self.variables
            .iter()
            .filter(|(_, variable)| variable.exported && !variable.is_array())
            .map(|(name, variable)| (name.clone(), variable.one()))
            .collect()
    }

    /// Whether it was left.
    pub(super) fn left(&self) -> bool {
        self.left
    }

    /// Its working folder.
    pub(super) fn cwd(&self) -> &str {
        &self.cwd
    }

    /// The names that can stand first in a command: aliases, functions, builtins.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.aliases
            .keys()
            .chain(self.functions.keys())
            .map(String::as_str)
            .chain(builtins::names().map(|name| name as &str))
    }

    /// The names of its variables.
    pub(super) fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// The command lines that `history` shows.
    pub(super) fn remember(&mut self, line: &str) {
        Arc::make_mut(&mut self.history).push(line.to_owned());
    }

    /// What stands before the cursor, by `PS1`.
    pub(super) fn prompt(&self, system: &System) -> String {
        let ps1 = self.get("PS1").unwrap_or_else(|| "\\$ ".to_owned());
        let home = self.get("HOME").unwrap_or_default();
        let mut prompt = String::new();
        let mut chars = ps1.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                prompt.push(c);
                continue;
            }
            match chars.next() {
                Some('u') => prompt.push_str(&name_of(system, self.user)),
                Some('h' | 'H') => prompt.push_str(&system.machine.hostname),
                Some('w') => match self.cwd.strip_prefix(&home) {
                    Some(rest)
                        if !home.is_empty() && (rest.is_empty() || rest.starts_with('/')) =>
                    {
                        prompt.push('~');
                        prompt.push_str(rest);
                    }
                    _ => prompt.push_str(&self.cwd),
                },
                Some('W') => prompt.push_str(self.cwd.rsplit('/').next().unwrap_or_default()),
                Some('$') => prompt.push(if self.user == User::Root { '#' } else { '$' }),
                Some('s') => prompt.push_str("bash"),
                Some('v') => prompt.push_str("5.2"),
                Some('n') => prompt.push('\n'),
                Some('[' | ']' | 'a') | None => {}
                Some(other) => prompt.push(other),
            }
        }
        prompt.chars().filter(|c| !c.is_control()).collect()
    }

    /// Whether a text goes on: what is open has to be closed by another line.
    pub(super) fn is_open(text: &str) -> bool {
        matches!(parse::program(text), Err(parse::Unreadable::Open))
    }

    /// Runs a command line.
    pub(super) fn line(&mut self, system: &mut System, line: &str) -> Exit {
        self.depth = 0;
        let before = self.beside.len();
        self.looked_at = false;
        match self.text_as_commands(system, line) {
            Ok(()) => {}
            Err(Flow::Exit(exit)) => {
                self.status = self.ended(system, Err(Flow::Exit(exit)));
                self.left = true;
            }
            Err(Flow::Failed | Flow::Discard) => self.status = 1,
            Err(Flow::Return(exit)) => self.status = exit,
            Err(Flow::Break(_) | Flow::Continue(_)) => {}
            Err(Flow::Stop) => self.status = 130,
        }
        self.end_processes(system, before);
        self.tell_of_jobs(system);
        self.status
    }

    fn set_exported(&mut self, name: &str, value: &str) {
        if is_name(name) {
            let mut variable = Variable::of(value);
            variable.exported = true;
            self.variables_mut().insert(name.to_owned(), variable);
        }
    }

    fn set_plain(&mut self, name: &str, value: &str) {
        self.variables_mut()
            .insert(name.to_owned(), Variable::of(value));
    }

    fn variables_mut(&mut self) -> &mut BTreeMap<String, Variable> {
        Arc::make_mut(&mut self.variables)
    }

    /// The value of a variable.
    fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(Variable::one)
    }

    /// The value of a variable, also of those that the shell makes up.
    fn variable(&mut self, system: &mut System, name: &str) -> Option<String> {
        match name {
            "RANDOM" => Some((system.outside.random() % 32_768).to_string()),
            "SECONDS" => Some((system.machine.clock % 100_000).to_string()),
            "EPOCHSECONDS" => Some(system.machine.clock.to_string()),
            "UID" | "EUID" => Some(if self.user == User::Root { "0" } else { "1000" }.to_owned()),
            "PPID" => Some("999".to_owned()),
            "LINENO" => Some("1".to_owned()),
            "_" => Some(self.last_word.clone()),
            "PIPESTATUS" => self.pipe_status.first().map(ToString::to_string),
            name => self.get(name),
        }
    }

    fn array(&self, name: &str) -> Vec<String> {
        if name == "PIPESTATUS" {
            return self.pipe_status.iter().map(ToString::to_string).collect();
        }
        self.variables
            .get(name)
            .map(Variable::values)
            .unwrap_or_default()
    }

    fn names_with(&self, prefix: &str) -> Vec<String> {
        self.variables
            .keys()
            .filter(|name| name.starts_with(prefix))
            .cloned()
            .collect()
    }

    fn assign(&mut self, system: &mut System, name: &str, value: String) -> Result<(), Flow> {
        if self.variables.get(name).is_some_and(|old| old.readonly) {
            self.complain(system, &format!("{name}: readonly variable"));
            return Err(Flow::Failed);
        }
        // What doubles itself in a loop must not fill the memory.
        if value.len() > LONGEST || !system.spend(value.len() as u64 / 256) {
            system.stopped.get_or_insert(super::budget::Stop::Printed);
            return Err(Flow::Stop);
        }
        let value = match self.variables.get(name) {
            Some(variable) if variable.integer => arithmetic::value(self, system, &value)
                .map_err(|message| {
                    self.complain(system, &message);
                    Flow::Discard
                })?
                .to_string(),
            _ => value,
        };
        self.variables_mut()
            .entry(name.to_owned())
            .or_default()
            .set(value);
        Ok(())
    }

    fn flags(&self) -> String {
        let mut flags = String::from("h");
        for (is, flag) in [
            (self.options.errexit, 'e'),
            (self.options.noglob, 'f'),
            (self.interactive, 'i'),
            (self.options.nounset, 'u'),
            (self.options.xtrace, 'x'),
            (self.options.noclobber, 'C'),
        ] {
            if is {
                flags.push(flag);
            }
        }
        flags.push_str("BH");
        flags
    }

    /// Says what is wrong, as bash does.
    fn complain(&mut self, system: &mut System, message: &str) {
        let name = self.name.rsplit('/').next().unwrap_or("bash").to_owned();
        let sink = self.streams.stderr.clone();
        let _ = system.write(&sink, format!("{name}: {message}\n").as_bytes());
    }

    /// Says that something is not played here, and what is.
    fn unsupported(&mut self, system: &mut System, id: &'static str) -> Flow {
        let sink = self.streams.stderr.clone();
        let text = said(id, &[]) + "\n";
        let _ = system.write(&sink, text.as_bytes());
        Flow::Failed
    }

    /// What a program started here inherits.
    fn process(&self) -> Process {
        Process {
            env: self.exported(),
            cwd: self.cwd.clone(),
            user: self.user,
            stdin: self.streams.stdin.clone(),
            stdout: self.streams.stdout.clone(),
            stderr: self.streams.stderr.clone(),
        }
    }
}

impl Shell {
    /// Runs a text after the startup files of an interactive or a login shell, as `bash -ic` and `sudo -i` do.
    pub(super) fn script_after_startup(
        system: &mut System,
        process: &Process,
        text: &str,
        args: Vec<String>,
        login: bool,
    ) -> Exit {
        let mut shell = if login {
            Self::login_of(system, process.user)
        } else {
            Self::interactive(system, process)
        };
        shell.streams = Self::of_process(system, process).streams;
        let mut args = args.into_iter();
        shell.name = args.next().unwrap_or_else(|| "bash".to_owned());
        shell.params = args.collect();
        shell.run_to_the_end(system, text)
    }
}

/// The text that stands for one that is only read, as by `bash -n`: itself where it is no shell, and nothing where it is.
pub(super) fn only_read(text: &str) -> String {
    match parse::program(text) {
        Ok(_) => String::new(),
        Err(_) => text.to_owned(),
    }
}

/// Runs the text of a script, as a program of its own.
pub(super) fn run_script(
    system: &mut System,
    process: &Process,
    text: &str,
    args: Vec<String>,
) -> Exit {
    let mut shell = Shell::of_process(system, process);
    let mut args = args.into_iter();
    shell.name = args.next().unwrap_or_else(|| "bash".to_owned());
    shell.params = args.collect();
    shell.run_to_the_end(system, text)
}

fn home_of(system: &System, user: User) -> String {
    match user {
        User::Root => "/root".to_owned(),
        User::Person => system.machine.person.home.clone(),
    }
}

fn name_of(system: &System, user: User) -> String {
    match user {
        User::Root => "root".to_owned(),
        User::Person => system.machine.person.name.clone(),
    }
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
