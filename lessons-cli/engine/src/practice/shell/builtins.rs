//! The commands that are part of the shell.

use std::sync::Arc;

use super::{Flow, Shell, Variable, input, is_name, test};
use crate::practice::process::{Exit, System};
use crate::practice::programs;
use crate::practice::tree::{Errno, absolute, normal};

/// Plays a builtin.
pub(super) type Builtin = fn(&mut Shell, &mut System, &[String]) -> Result<(), Flow>;

/// All builtins.
const BUILTINS: &[(&str, Builtin)] = &[
    (":", colon),
    (".", source),
    ("[", bracket),
    ("alias", alias),
    ("break", leave_loop),
    ("builtin", builtin),
    ("cd", cd),
    ("command", command),
    ("continue", leave_loop),
    ("declare", declare),
    ("dirs", dirs),
    ("echo", echo),
    ("eval", eval),
    ("exec", exec),
    ("exit", exit),
    ("export", export),
    ("false", failing),
    ("hash", colon),
    ("help", help),
    ("history", history),
    ("getopts", input::getopts),
    ("jobs", jobs),
    ("bg", no_jobs),
    ("fg", no_jobs),
    ("wait", wait),
    ("disown", disown),
    ("let", arithmetic),
    ("local", local),
    ("logout", exit),
    ("mapfile", input::mapfile),
    ("popd", popd),
    ("printf", printf),
    ("pushd", pushd),
    ("pwd", pwd),
    ("read", input::read),
    ("readarray", input::mapfile),
    ("readonly", readonly),
    ("return", leave_function),
    ("set", set),
    ("shift", shift),
    ("shopt", shopt),
    ("source", source),
    ("test", bracket),
    ("times", times),
    ("trap", trap),
    ("true", colon),
    ("type", type_of),
    ("typeset", declare),
    ("ulimit", ulimit),
    ("umask", umask),
    ("unalias", unalias),
    ("unset", unset),
];

/// A builtin by its name.
pub(super) fn find(name: &str) -> Option<Builtin> {
    BUILTINS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, run)| *run)
}

/// The names of all builtins.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|(name, _)| *name)
}

/// Whether the words of a builtin are assignments, in which nothing is split.
pub(super) fn declares(name: &str) -> bool {
    matches!(
        name,
        "export" | "declare" | "typeset" | "local" | "readonly" | "alias"
    )
}

/// Whether assignments before a builtin stay.
pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        ":" | "." | "source" | "eval" | "exec" | "export" | "set" | "unset"
    )
}

fn done(shell: &mut Shell, status: Exit) -> Result<(), Flow> {
    shell.status = status;
    Ok(())
}

fn print(shell: &mut Shell, system: &mut System, text: &str) {
    if !system.spend(text.len() as u64 / 256) {
        return;
    }
    let sink = shell.streams.stdout.clone();
    if let Err(errno) = system.write(&sink, text.as_bytes()) {
        shell.complain(system, &format!("write error: {errno}"));
        shell.status = 1;
    }
}

fn wrong(shell: &mut Shell, system: &mut System, message: &str, status: Exit) -> Result<(), Flow> {
    shell.complain(system, message);
    done(shell, status)
}

fn colon(shell: &mut Shell, _: &mut System, _: &[String]) -> Result<(), Flow> {
    done(shell, 0)
}

fn failing(shell: &mut Shell, _: &mut System, _: &[String]) -> Result<(), Flow> {
    done(shell, 1)
}

fn no_jobs(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let name = args.get(1).map_or("%%", String::as_str).to_owned();
    let what = match shell.job_named(&name) {
        Some(_) => "job has terminated".to_owned(),
        None if args.len() > 1 => format!("{name}: no such job"),
        None => "no current job".to_owned(),
    };
    wrong(shell, system, &format!("{}: {what}", args[0]), 1)
}

fn disown(shell: &mut Shell, _: &mut System, _: &[String]) -> Result<(), Flow> {
    shell.waited_for_all();
    done(shell, 0)
}

fn jobs(shell: &mut Shell, system: &mut System, _: &[String]) -> Result<(), Flow> {
    let text = shell.list_of_jobs();
    shell.status = 0;
    print(shell, system, &text);
    Ok(())
}

fn wait(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let mut status = 0;
    for name in args[1..].iter().filter(|name| !name.starts_with('-')) {
        match shell.job_named(name) {
            Some(job) => status = job.exit,
            None if name.starts_with('%') => {
                shell.complain(system, &format!("wait: {name}: no such job"));
                status = 127;
            }
            None if name.parse::<u32>().is_err() => {
                let message = format!("wait: `{name}': not a pid or valid job spec");
                shell.complain(system, &message);
                status = 1;
            }
            None => {
                let message = format!("wait: pid {name} is not a child of this shell");
                shell.complain(system, &message);
                status = 127;
            }
        }
    }
    if !shell.interactive {
        shell.waited_for_all();
    }
    done(shell, status)
}

/// The signals that `trap` knows by name; those of practice machines are never sent, but for the end of the shell.
const SIGNALS: &[&str] = &[
    "EXIT", "ERR", "DEBUG", "RETURN", "HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "PIPE", "CHLD",
    "TSTP", "CONT", "WINCH", "ALRM", "TTIN", "TTOU",
];

fn trap(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let words: Vec<&String> = args[1..].iter().filter(|arg| *arg != "--").collect();
    let shown = |name: &str| match name {
        "EXIT" | "ERR" | "DEBUG" | "RETURN" => name.to_owned(),
        name => format!("SIG{name}"),
    };
    if words.is_empty() || words[0] == "-p" {
        let text: String = shell
            .traps
            .iter()
            .map(|(name, text)| {
                format!(
                    "trap -- '{}' {}\n",
                    text.replace('\'', "'\\''"),
                    shown(name)
                )
            })
            .collect();
        shell.status = 0;
        print(shell, system, &text);
        return Ok(());
    }
    let (text, names) = if words.len() == 1 {
        ("-".to_owned(), &words[..])
    } else {
        (words[0].clone(), &words[1..])
    };
    let mut status = 0;
    for name in names {
        let plain = name.to_uppercase();
        let plain = match plain.strip_prefix("SIG").unwrap_or(&plain) {
            "0" => "EXIT",
            "1" => "HUP",
            "2" => "INT",
            "3" => "QUIT",
            "15" => "TERM",
            other => other,
        };
        if !SIGNALS.contains(&plain) {
            shell.complain(
                system,
                &format!("trap: {name}: invalid signal specification"),
            );
            status = 1;
            continue;
        }
        if matches!(plain, "DEBUG" | "RETURN") && text != "-" {
            return Err(shell.unsupported(system, "practice-trap-debug"));
        }
        if text == "-" {
            shell.traps.remove(plain);
        } else {
            shell.traps.insert(plain.to_owned(), text.clone());
        }
    }
    done(shell, status)
}

/// Options of `shopt` that change something here; the others are taken and change nothing.
const OPTIONS: &[&str] = &[
    "autocd",
    "cdspell",
    "checkhash",
    "checkjobs",
    "checkwinsize",
    "cmdhist",
    "compat50",
    "direxpand",
    "dirspell",
    "dotglob",
    "execfail",
    "expand_aliases",
    "extglob",
    "extquote",
    "failglob",
    "force_fignore",
    "globasciiranges",
    "globskipdots",
    "globstar",
    "histappend",
    "histreedit",
    "histverify",
    "hostcomplete",
    "huponexit",
    "inherit_errexit",
    "interactive_comments",
    "lastpipe",
    "lithist",
    "localvar_inherit",
    "login_shell",
    "mailwarn",
    "nocaseglob",
    "nocasematch",
    "nullglob",
    "progcomp",
    "promptvars",
    "shift_verbose",
    "sourcepath",
    "xpg_echo",
];

/// Those of them that would change what commands do, and are not played.
const UNPLAYED_OPTIONS: &[&str] = &["failglob", "lastpipe", "nocaseglob"];

fn shopt(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let (flags, names): (Vec<&String>, Vec<&String>) =
        args[1..].iter().partition(|arg| arg.starts_with('-'));
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    let mut status = 0;
    for name in names {
        if has('o') {
            return set(
                shell,
                system,
                &[
                    "set".to_owned(),
                    if has('u') { "+o" } else { "-o" }.to_owned(),
                    name.clone(),
                ],
            );
        }
        if !OPTIONS.contains(&name.as_str()) {
            let message = format!("shopt: {name}: invalid shell option name");
            shell.complain(system, &message);
            status = 1;
            continue;
        }
        let place = match name.as_str() {
            "nullglob" => Some(&mut shell.options.nullglob),
            "dotglob" => Some(&mut shell.options.dotglob),
            "globstar" => Some(&mut shell.options.globstar),
            "nocasematch" => Some(&mut shell.options.nocasematch),
            _ => None,
        };
        let is = place.as_ref().is_some_and(|place| **place);
        if has('s') || has('u') {
            if let Some(place) = place {
                *place = has('s');
            } else if has('s') && UNPLAYED_OPTIONS.contains(&name.as_str()) {
                let text = crate::practice::said::said("practice-shell-option", &[("name", name)]);
                let sink = shell.streams.stderr.clone();
                let _ = system.write(&sink, format!("{text}\n").as_bytes());
                status = 1;
            }
        } else {
            status = Exit::from(!is);
            if !has('q') {
                let state = if is { "on" } else { "off" };
                print(shell, system, &format!("{name:15}\t{state}\n"));
            }
        }
    }
    done(shell, status)
}

/// The folders of `pushd` and `popd`, the present one first.
fn dirs(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    if args.iter().any(|arg| arg == "-c") {
        shell.folders.clear();
        return done(shell, 0);
    }
    let home = shell.get("HOME").unwrap_or_default();
    let each_on_a_line = args.iter().any(|arg| arg == "-p" || arg == "-v");
    let all: Vec<String> = std::iter::once(&shell.cwd)
        .chain(&shell.folders)
        .map(|folder| match folder.strip_prefix(&home) {
            Some(rest) if !home.is_empty() && (rest.is_empty() || rest.starts_with('/')) => {
                format!("~{rest}")
            }
            _ => folder.clone(),
        })
        .collect();
    let text = all.join(if each_on_a_line { "\n" } else { " " });
    shell.status = 0;
    print(shell, system, &format!("{text}\n"));
    Ok(())
}

fn pushd(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let before = shell.cwd.clone();
    let to = match args.get(1) {
        Some(to) => to.clone(),
        None if shell.folders.is_empty() => {
            return wrong(shell, system, "pushd: no other directory", 1);
        }
        None => shell.folders.remove(0),
    };
    cd(shell, system, &["cd".to_owned(), to])?;
    if shell.status != 0 {
        return Ok(());
    }
    if shell.folders.len() < 100 {
        shell.folders.insert(0, before);
    }
    dirs(shell, system, &[])
}

fn popd(shell: &mut Shell, system: &mut System, _: &[String]) -> Result<(), Flow> {
    if shell.folders.is_empty() {
        return wrong(shell, system, "popd: directory stack empty", 1);
    }
    let to = shell.folders.remove(0);
    cd(shell, system, &["cd".to_owned(), to])?;
    if shell.status != 0 {
        return Ok(());
    }
    dirs(shell, system, &[])
}

fn source(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let Some(file) = args.get(1) else {
        shell.complain(system, &format!("{}: filename argument required", args[0]));
        let sink = shell.streams.stderr.clone();
        let text = format!("{0}: usage: {0} filename [arguments]\n", args[0]);
        let _ = system.write(&sink, text.as_bytes());
        return done(shell, 2);
    };
    let found = if file.contains('/') {
        None
    } else {
        let path = shell.get("PATH").unwrap_or_default();
        path.split(':')
            .map(|folder| crate::practice::tree::join(folder, file))
            .find(|file| system.machine.tree.read(file).is_ok())
    };
    let path = found.unwrap_or_else(|| absolute(&shell.cwd, file));
    match system.machine.files(shell.user, "/").read(&path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            shell.status = 0;
            if args.len() > 2 {
                let params = std::mem::replace(&mut shell.params, args[2..].to_vec());
                let result = shell.source(system, &text, file);
                shell.params = params;
                result
            } else {
                shell.source(system, &text, file)
            }
        }
        Err(Errno::Untold) => match programs::sourced(shell.exported(), system, &path) {
            Some(env) => {
                shell.replace_environment(env);
                done(shell, 0)
            }
            None => wrong(
                shell,
                system,
                &format!("{file}: cannot execute binary file"),
                126,
            ),
        },
        Err(errno) => wrong(shell, system, &format!("{file}: {errno}"), 1),
    }
}

impl Shell {
    fn replace_environment(&mut self, env: std::collections::BTreeMap<String, String>) {
        let gone: Vec<String> = self
            .variables
            .iter()
            .filter(|(name, variable)| variable.exported && !env.contains_key(*name))
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            self.variables_mut().remove(&name);
        }
        for (name, value) in env {
            self.set_exported(&name, &value);
        }
    }
}

fn bracket(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let words = if args[0] == "[" {
        match args.split_last() {
            Some((last, words)) if last == "]" => &words[1..],
            _ => return wrong(shell, system, "[: missing `]'", 2),
        }
    } else {
        &args[1..]
    };
    match test::plain(shell, system, words) {
        Ok(is) => done(shell, Exit::from(!is)),
        Err(message) => wrong(shell, system, &format!("{}: {message}", args[0]), 2),
    }
}

fn alias(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let mut status = 0;
    if args.len() == 1 || args[1] == "-p" {
        let text: String = shell
            .aliases
            .iter()
            .map(|(name, value)| format!("alias {name}='{value}'\n"))
            .collect();
        print(shell, system, &text);
    }
    for word in &args[1..] {
        if let Some((name, value)) = word.split_once('=') {
            shell.aliases.insert(name.to_owned(), value.to_owned());
        } else if let Some(value) = shell.aliases.get(word).cloned() {
            print(shell, system, &format!("alias {word}='{value}'\n"));
        } else if word != "-p" {
            shell.complain(system, &format!("alias: {word}: not found"));
            status = 1;
        }
    }
    done(shell, status)
}

fn unalias(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let mut status = 0;
    for name in &args[1..] {
        if name == "-a" {
            shell.aliases.clear();
        } else if shell.aliases.remove(name).is_none() {
            shell.complain(system, &format!("unalias: {name}: not found"));
            status = 1;
        }
    }
    done(shell, status)
}

fn leave_loop(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let count = match args.get(1).map(|count| count.parse::<u32>()) {
        None => 1,
        Some(Ok(count)) if count > 0 => count,
        _ => {
            return wrong(
                shell,
                system,
                &format!("{}: {}: loop count out of range", args[0], args[1]),
                1,
            );
        }
    };
    shell.status = 0;
    Err(if args[0] == "break" {
        Flow::Break(count)
    } else {
        Flow::Continue(count)
    })
}

fn leave_function(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    if shell.locals.is_empty() && shell.sourced == 0 {
        let message = "return: can only `return' from a function or sourced script";
        return wrong(shell, system, message, 1);
    }
    Err(Flow::Return(status_of(shell, args)))
}

fn exit(shell: &mut Shell, _: &mut System, args: &[String]) -> Result<(), Flow> {
    Err(Flow::Exit(status_of(shell, args)))
}

fn status_of(shell: &Shell, args: &[String]) -> Exit {
    match args.get(1) {
        Some(status) => status.parse::<i64>().map_or(2, |status| {
            Exit::try_from(status.rem_euclid(256)).unwrap_or(2)
        }),
        None => shell.status,
    }
}

fn builtin(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    match args.get(1).and_then(|name| find(name)) {
        Some(run) => run(shell, system, &args[1..]),
        None => {
            let name = args.get(1).cloned().unwrap_or_default();
            wrong(
                shell,
                system,
                &format!("builtin: {name}: not a shell builtin"),
                1,
            )
        }
    }
}

fn command(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    match args.get(1).map(String::as_str) {
        Some("-v" | "-V") => {
            let mut status = 1;
            for name in &args[2..] {
                if let Some(what) = kind_of(shell, system, name) {
                    let text = match what {
                        Kind::Alias(value) => format!("alias {name}='{value}'\n"),
                        Kind::File(file) => format!("{file}\n"),
                        _ => format!("{name}\n"),
                    };
                    print(shell, system, &text);
                    status = 0;
                }
            }
            done(shell, status)
        }
        Some(name) => match find(name) {
            Some(run) => run(shell, system, &args[1..]),
            None => shell.program(system, args[1..].to_vec()),
        },
        None => done(shell, 0),
    }
}

fn cd(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let args: Vec<&String> = args[1..]
        .iter()
        .filter(|arg| !matches!(arg.as_str(), "-P" | "-L" | "--"))
        .collect();
    if args.len() > 1 {
        return wrong(shell, system, "cd: too many arguments", 1);
    }
    let (to, say) = match args.first().map(|to| to.as_str()) {
        None => match shell.get("HOME") {
            Some(home) => (home, false),
            None => return wrong(shell, system, "cd: HOME not set", 1),
        },
        Some("-") => match shell.get("OLDPWD") {
            Some(old) => (old, true),
            None => return wrong(shell, system, "cd: OLDPWD not set", 1),
        },
        Some(to) => (to.to_owned(), false),
    };
    if !system.spend(4) {
        return Err(Flow::Stop);
    }
    let path = normal(&absolute(&shell.cwd, &to));
    let files = system.machine.files(shell.user, "/");
    let problem = match files.get(&path) {
        Ok(node) if !node.is_dir() => Some(Errno::NotADirectory),
        Ok(node) if !files.allows(node, 1) => Some(Errno::Denied),
        Ok(_) => None,
        Err(errno) => Some(errno),
    };
    if let Some(errno) = problem {
        return wrong(shell, system, &format!("cd: {to}: {errno}"), 1);
    }
    let old = std::mem::replace(&mut shell.cwd, path.clone());
    shell.set_exported("OLDPWD", &old);
    shell.set_exported("PWD", &path);
    if say {
        print(shell, system, &format!("{path}\n"));
    }
    done(shell, 0)
}

fn pwd(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let mut path = shell.cwd.clone();
    if args.iter().any(|arg| arg == "-P") {
        path = system.machine.tree.real_path(&path).unwrap_or(path);
    }
    shell.status = 0;
    print(shell, system, &format!("{path}\n"));
    Ok(())
}

fn echo(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    shell.status = 0;
    let text = programs::echoed(&args[1..]);
    print(shell, system, &text);
    Ok(())
}

fn printf(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let (args, variable) = match args.get(1).map(String::as_str) {
        Some("-v") => (args.get(3..).unwrap_or_default(), args.get(2).cloned()),
        _ => (&args[1..], None),
    };
    if args.is_empty() {
        return wrong(
            shell,
            system,
            "printf: usage: printf [-v var] format [arguments]",
            2,
        );
    }
    shell.status = 0;
    let (text, problem) = programs::printed(args);
    match variable {
        Some(name) => shell.assign(system, &name, text)?,
        None => print(shell, system, &text),
    }
    if let Some(problem) = problem {
        return wrong(shell, system, &format!("printf: {problem}"), 1);
    }
    Ok(())
}

fn eval(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    shell.status = 0;
    let text = args[1..].join(" ");
    shell.source(system, &text, "bash")
}

fn exec(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let words = args[1..].iter().skip_while(|word| word.starts_with('-'));
    let words: Vec<String> = words.cloned().collect();
    let Some(name) = words.first() else {
        return done(shell, 0);
    };
    if !name.contains('/') && files_of(shell, system, name).is_empty() {
        let message = format!("exec: {name}: not found");
        wrong(shell, system, &message, 127)?;
        // Where somebody types, there has to be a shell.
        return if shell.interactive {
            Ok(())
        } else {
            Err(Flow::Exit(127))
        };
    }
    shell.program(system, words)?;
    if shell.interactive && shell.status == 126 {
        return Ok(());
    }
    Err(Flow::Exit(shell.status))
}

/// Sets variables by words `NAME=value` and `NAME`.
fn set_each(
    shell: &mut Shell,
    system: &mut System,
    of: &str,
    words: &[String],
    mut change: impl FnMut(&mut Variable),
) -> Result<(), Flow> {
    let mut status = 0;
    for word in words {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        if !is_name(name) {
            shell.complain(system, &format!("{of}: `{word}': not a valid identifier"));
            status = 1;
            continue;
        }
        match value {
            Some(value) => {
                shell.assign(system, name, value)?;
                if let Some(variable) = shell.variables_mut().get_mut(name) {
                    change(variable);
                }
            }
            // Marked, and still not set: it counts from its first value on, which is rare enough to leave out.
            None => {
                if let Some(variable) = shell.variables_mut().get_mut(name) {
                    change(variable);
                }
            }
        }
    }
    done(shell, status)
}

fn export(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    match args.get(1).map(String::as_str) {
        None | Some("-p") => {
            let text: String = shell
                .exported()
                .iter()
                .map(|(name, value)| format!("declare -x {name}=\"{}\"\n", escaped(value)))
                .collect();
            print(shell, system, &text);
            done(shell, 0)
        }
        Some("-n") => set_each(shell, system, "export", &args[2..], |variable| {
            variable.exported = false;
        }),
        Some(option) if option.starts_with('-') && option != "--" => {
            shell.complain(system, &format!("export: {option}: invalid option"));
            let sink = shell.streams.stderr.clone();
            let _ = system.write(
                &sink,
                b"export: usage: export [-fn] [name[=value] ...] or export -p\n",
            );
            done(shell, 2)
        }
        Some(_) => set_each(shell, system, "export", &args[1..], |variable| {
            variable.exported = true;
        }),
    }
}

fn readonly(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    set_each(shell, system, "readonly", &args[1..], |variable| {
        variable.readonly = true;
    })
}

fn local(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    if shell.locals.is_empty() {
        return wrong(shell, system, "local: can only be used in a function", 1);
    }
    for word in args[1..].iter().filter(|word| !word.starts_with('-')) {
        let name = word.split('=').next().unwrap_or(word).to_owned();
        let before = shell.variables.get(&name).cloned();
        if let Some(locals) = shell.locals.last_mut() {
            locals.push((name.clone(), before));
        }
        // What the function has is new; only that programs inherit it stays.
        let old = shell.variables.get(&name);
        let exported = old.is_some_and(|old| old.exported);
        if old.is_some_and(|old| !old.readonly) {
            shell.variables_mut().remove(&name);
        }
        if word.contains('=') && exported {
            let mut variable = Variable::default();
            variable.exported = true;
            shell.variables_mut().insert(name, variable);
        }
    }
    if args[1..].iter().any(|word| word == "-A" || word == "-a") {
        return make_arrays(shell, &args[1..]);
    }
    let words: Vec<String> = args[1..]
        .iter()
        .filter(|word| !word.starts_with('-'))
        .cloned()
        .collect();
    set_each(shell, system, "local", &words, |_| {})
}

fn declare(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let (options, words): (Vec<_>, Vec<_>) = args[1..]
        .iter()
        .cloned()
        .partition(|word| word.starts_with('-'));
    let has = |flag: char| options.iter().any(|option| option.contains(flag));
    if has('n') {
        return Err(shell.unsupported(system, "practice-nameref"));
    }
    if has('f') || has('F') {
        let text: String = shell
            .functions
            .iter()
            .filter(|(name, _)| words.is_empty() || words.contains(name))
            .map(|(name, body)| {
                if has('F') {
                    format!("declare -f {name}\n")
                } else {
                    format!("{name} () \n{body}\n")
                }
            })
            .collect();
        print(shell, system, &text);
        return done(shell, 0);
    }
    if words.is_empty() || has('p') {
        let text: String = shell
            .variables
            .iter()
            .filter(|(name, variable)| {
                (words.is_empty() || words.contains(name)) && (!has('x') || variable.exported)
            })
            .map(|(name, variable)| {
                format!(
                    "declare {} {name}={}\n",
                    variable.flags(),
                    variable.declared()
                )
            })
            .collect();
        print(shell, system, &text);
        for name in &words {
            if !shell.variables.contains_key(name) {
                shell.complain(system, &format!("declare: {name}: not found"));
            }
        }
        return done(shell, Exit::from(text.is_empty() && !words.is_empty()));
    }
    // Within a function what is declared is the function's own.
    if !shell.locals.is_empty() && !has('g') {
        let mut own = vec!["local".to_owned()];
        own.extend(words.iter().cloned());
        local(shell, system, &own)?;
    }
    if has('A') || has('a') {
        return make_arrays(shell, &args[1..]);
    }
    let (exported, readonly, integer) = (has('x'), has('r'), has('i'));
    if integer {
        for word in &words {
            let name = word.split('=').next().unwrap_or(word).to_owned();
            if is_name(&name) {
                let variable = shell.variables_mut().entry(name).or_default();
                variable.integer = true;
            }
        }
    }
    set_each(shell, system, "declare", &words, |variable| {
        variable.exported |= exported;
        variable.readonly |= readonly;
    })
}

/// Makes the variables of `declare -a` and `declare -A` arrays.
fn make_arrays(shell: &mut Shell, words: &[String]) -> Result<(), Flow> {
    let table = words
        .iter()
        .any(|word| word.starts_with('-') && word.contains('A'));
    for name in words.iter().filter(|word| is_name(word)) {
        let variables = shell.variables_mut();
        match variables.get_mut(name) {
            Some(variable) if table && !variable.is_table() => *variable = Variable::table(),
            Some(variable) => variable.become_list(),
            None => {
                let new = if table {
                    Variable::table()
                } else {
                    Variable::list([])
                };
                variables.insert(name.clone(), new);
            }
        }
    }
    done(shell, 0)
}

fn unset(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let mut status = 0;
    for name in args[1..].iter().filter(|name| !name.starts_with('-')) {
        if let Some((array, key)) = name
            .strip_suffix(']')
            .and_then(|element| element.split_once('['))
        {
            let key = match super::arithmetic::value(shell, system, key) {
                Ok(index)
                    if shell
                        .variables
                        .get(array)
                        .is_some_and(|array| !array.is_table()) =>
                {
                    index.to_string()
                }
                _ => key.trim_matches(['"', '\'']).to_owned(),
            };
            if let Some(variable) = shell.variables_mut().get_mut(array) {
                variable.remove(&key);
            }
            continue;
        }
        if args[1] == "-f" {
            Arc::make_mut(&mut shell.functions).remove(name);
            continue;
        }
        if shell
            .variables
            .get(name)
            .is_some_and(|variable| variable.readonly)
        {
            shell.complain(
                system,
                &format!("unset: {name}: cannot unset: readonly variable"),
            );
            status = 1;
        } else if shell.variables_mut().remove(name).is_none() && args[1] != "-v" {
            Arc::make_mut(&mut shell.functions).remove(name);
        }
    }
    done(shell, status)
}

fn set(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    if args.len() == 1 {
        let text: String = shell
            .variables
            .iter()
            .map(|(name, variable)| format!("{name}={}\n", programs::quoted(&variable.one())))
            .collect();
        print(shell, system, &text);
        return done(shell, 0);
    }
    if let [_, only] = args
        && matches!(only.as_str(), "-o" | "+o")
    {
        let options = &shell.options;
        let text: String = [
            ("errexit", options.errexit),
            ("noclobber", options.noclobber),
            ("noglob", options.noglob),
            ("nounset", options.nounset),
            ("pipefail", options.pipefail),
            ("xtrace", options.xtrace),
        ]
        .iter()
        .map(|(name, is)| {
            if only == "-o" {
                format!("{name:15}\t{}\n", if *is { "on" } else { "off" })
            } else {
                format!("set {} {name}\n", if *is { "-o" } else { "+o" })
            }
        })
        .collect();
        print(shell, system, &text);
        return done(shell, 0);
    }
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        let on = arg.starts_with('-');
        if arg == "--" {
            shell.params = args[at + 1..].to_vec();
            break;
        }
        if !on && !arg.starts_with('+') {
            shell.params = args[at..].to_vec();
            break;
        }
        for flag in arg[1..].chars() {
            match flag {
                'e' => shell.options.errexit = on,
                'u' => shell.options.nounset = on,
                'x' => shell.options.xtrace = on,
                'f' => shell.options.noglob = on,
                'C' => shell.options.noclobber = on,
                'o' => {
                    at += 1;
                    match args.get(at).map(String::as_str) {
                        Some("pipefail") => shell.options.pipefail = on,
                        Some("errexit") => shell.options.errexit = on,
                        Some("nounset") => shell.options.nounset = on,
                        Some("xtrace") => shell.options.xtrace = on,
                        Some("noglob") => shell.options.noglob = on,
                        Some("noclobber") => shell.options.noclobber = on,
                        Some("vi" | "emacs" | "history" | "monitor") | None => {}
                        Some(name) => {
                            return wrong(
                                shell,
                                system,
                                &format!("set: {name}: invalid option name"),
                                2,
                            );
                        }
                    }
                }
                'a' | 'b' | 'h' | 'm' | 'v' | 'B' | 'E' | 'H' => {}
                flag => {
                    return wrong(shell, system, &format!("set: -{flag}: invalid option"), 2);
                }
            }
        }
        at += 1;
    }
    done(shell, 0)
}

fn shift(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let count = args
        .get(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(1);
    if count > shell.params.len() {
        return done(shell, 1);
    }
    // All that stay move up.
    if !system.spend(shell.params.len() as u64 / 128) {
        return Err(Flow::Stop);
    }
    shell.params.drain(..count);
    done(shell, 0)
}

fn arithmetic(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let mut last = 0;
    for text in &args[1..] {
        match super::arithmetic::value(shell, system, text) {
            Ok(number) => last = number,
            Err(message) => return wrong(shell, system, &format!("let: {message}"), 1),
        }
    }
    done(shell, Exit::from(last == 0))
}

fn history(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    if args.get(1).is_some_and(|arg| arg == "-c") {
        Arc::make_mut(&mut shell.history).clear();
        return done(shell, 0);
    }
    let count = args
        .get(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(usize::MAX);
    let skip = shell.history.len().saturating_sub(count);
    let text: String = shell
        .history
        .iter()
        .enumerate()
        .skip(skip)
        .map(|(index, line)| format!("{:5}  {line}\n", index + 1))
        .collect();
    print(shell, system, &text);
    done(shell, 0)
}

fn ulimit(shell: &mut Shell, system: &mut System, _: &[String]) -> Result<(), Flow> {
    print(shell, system, "unlimited\n");
    done(shell, 0)
}

fn times(shell: &mut Shell, system: &mut System, _: &[String]) -> Result<(), Flow> {
    shell.status = 0;
    print(shell, system, "0m0.008s 0m0.004s\n0m0.012s 0m0.008s\n");
    Ok(())
}

fn umask(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    if args.len() == 1 {
        print(shell, system, "0002\n");
    }
    done(shell, 0)
}

fn help(shell: &mut Shell, system: &mut System, _: &[String]) -> Result<(), Flow> {
    let mut names: Vec<&str> = names().collect();
    names.sort_unstable();
    let mut text = String::from(
        "GNU bash, as a practice machine plays it. These commands are part of the shell:\n",
    );
    text.push_str(&programs::in_columns(&names, 80));
    let mut others: Vec<&str> = programs::all()
        .filter(|program| program.played)
        .map(|program| program.name)
        .collect();
    others.sort_unstable();
    others.dedup();
    text.push_str("These programs are played where they are installed:\n");
    text.push_str(&programs::in_columns(&others, 80));
    print(shell, system, &text);
    done(shell, 0)
}

/// The words that the grammar of the shell takes for itself.
const KEYWORDS: &[&str] = &[
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
    "function", "if", "in", "select", "then", "time", "until", "while", "{", "}",
];

enum Kind {
    Alias(String),
    Keyword,
    Function,
    Builtin,
    File(String),
}

fn kind_of(shell: &Shell, system: &System, name: &str) -> Option<Kind> {
    if let Some(alias) = shell.aliases.get(name) {
        return Some(Kind::Alias(alias.clone()));
    }
    if KEYWORDS.contains(&name) {
        return Some(Kind::Keyword);
    }
    if shell.functions.contains_key(name) {
        return Some(Kind::Function);
    }
    if find(name).is_some() {
        return Some(Kind::Builtin);
    }
    files_of(shell, system, name)
        .into_iter()
        .next()
        .map(Kind::File)
}

fn files_of(shell: &Shell, system: &System, name: &str) -> Vec<String> {
    if name.contains('/') {
        let path = absolute(&shell.cwd, name);
        return match system.machine.tree.get(&path) {
            Ok(node) if node.is_executable() && !node.is_dir() => vec![name.to_owned()],
            _ => Vec::new(),
        };
    }
    let path = shell.get("PATH").unwrap_or_default();
    path.split(':')
        .filter_map(|folder| system.machine.which(name, folder, &shell.cwd))
        .collect()
}

fn type_of(shell: &mut Shell, system: &mut System, args: &[String]) -> Result<(), Flow> {
    let mut status = 0;
    let has = |flag: char| {
        args[1..]
            .iter()
            .any(|arg| arg.starts_with('-') && arg.contains(flag))
    };
    let (all, only_type, only_path) = (has('a'), has('t'), has('p') || has('P'));
    for name in args[1..].iter().filter(|arg| !arg.starts_with('-')) {
        let mut kinds: Vec<Kind> = Vec::new();
        if !only_path && let Some(alias) = shell.aliases.get(name) {
            kinds.push(Kind::Alias(alias.clone()));
        }
        if !only_path && KEYWORDS.contains(&name.as_str()) {
            kinds.push(Kind::Keyword);
        }
        if !only_path && shell.functions.contains_key(name) {
            kinds.push(Kind::Function);
        }
        if !only_path && find(name).is_some() {
            kinds.push(Kind::Builtin);
        }
        kinds.extend(files_of(shell, system, name).into_iter().map(Kind::File));
        if !all {
            kinds.truncate(1);
        }
        if kinds.is_empty() {
            status = 1;
            if !only_type && !only_path {
                shell.complain(system, &format!("type: {name}: not found"));
            }
        }
        for kind in kinds {
            let text = match (&kind, only_type) {
                (Kind::Alias(_), true) => "alias\n".to_owned(),
                (Kind::Keyword, true) => "keyword\n".to_owned(),
                (Kind::Keyword, false) => format!("{name} is a shell keyword\n"),
                (Kind::Function, true) => "function\n".to_owned(),
                (Kind::Builtin, true) => "builtin\n".to_owned(),
                (Kind::File(_), true) => "file\n".to_owned(),
                (Kind::Alias(value), false) => format!("{name} is aliased to `{value}'\n"),
                (Kind::Function, false) => {
                    let body = shell.functions.get(name).map(ToString::to_string);
                    format!(
                        "{name} is a function\n{name} () \n{}\n",
                        body.unwrap_or_default()
                    )
                }
                (Kind::Builtin, false) => format!("{name} is a shell builtin\n"),
                (Kind::File(file), false) if only_path => format!("{file}\n"),
                (Kind::File(file), false) => format!("{name} is {file}\n"),
            };
            print(shell, system, &text);
        }
    }
    done(shell, status)
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('$', "\\$")
        .replace('`', "\\`")
}
