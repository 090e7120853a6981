//! Programs about the machine and who uses it, and those that run other programs.

use super::options::Spec;
use super::{Program, clock};
use crate::practice::files::User;
use crate::practice::outside::Edited;
use crate::practice::process::{Call, CannotRun, Exit, Power};
use crate::practice::said::said;
use crate::practice::shell::{self, Shell};
use crate::practice::streams::{Input, Sink};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("arch", arch),
    Program::base("[", of_shell),
    Program::base("bash", bash),
    Program::base("clear", clear),
    Program::base("dash", bash),
    Program::base("date", date),
    Program::base("dmesg", dmesg),
    Program::base("env", env),
    Program::base("false", |_| 1),
    Program::base("free", free),
    Program::base("groups", groups),
    Program::base("hostname", hostname),
    Program::base("id", id),
    Program::base("kill", kill),
    Program::base("logname", whoami),
    Program::base("lscpu", lscpu),
    Program::base("man", man),
    Program::base("nohup", run_rest),
    Program::base("nice", run_rest),
    Program::base("nproc", nproc),
    Program::base("printenv", printenv),
    Program::base("ps", ps),
    Program::base("pwd", of_shell),
    Program::base("sleep", sleep),
    Program::base("sync", |_| 0),
    Program::base("test", of_shell),
    Program::base("timeout", timeout),
    Program::base("true", |_| 0),
    Program::base("tty", tty),
    Program::base("uname", uname),
    Program::base("uptime", uptime),
    Program::base("xargs", xargs),
    Program::base("whoami", whoami),
    Program::base("locale-check", |_| 0),
    Program::of_hosts("hostnamectl", "/usr/bin", hostnamectl),
    Program::of_hosts("journalctl", "/usr/bin", journalctl),
    Program::of_hosts("lsb_release", "/usr/bin", lsb_release),
    Program::of_hosts("nano", "/usr/bin", editor),
    Program::of_hosts("poweroff", "/usr/sbin", poweroff),
    Program::of_hosts("reboot", "/usr/sbin", reboot),
    Program::of_hosts("shutdown", "/usr/sbin", shutdown),
    Program::of_hosts("su", "/usr/bin", su),
    Program::of_hosts("sudo", "/usr/bin", sudo),
    Program::of_hosts("sudoedit", "/usr/bin", editor),
    Program::of_hosts("top", "/usr/bin", ps),
    Program::of_hosts("vim", "/usr/bin", editor),
    Program::of_hosts("watch", "/usr/bin", watch),
    Program::of_hosts("lessons", "/usr/local/bin", lessons),
];

/// What sudo sets `PATH` to: `secure_path` of Ubuntu's sudoers.
const SECURE_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

fn uname(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "asnrvmpio",
        &[
            ("all", 'a'),
            ("kernel-name", 's'),
            ("nodename", 'n'),
            ("kernel-release", 'r'),
            ("kernel-version", 'v'),
            ("machine", 'm'),
            ("operating-system", 'o'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let version = call
        .system
        .machine
        .tree
        .text("/proc/version")
        .ok()
        .and_then(|text| {
            let at = text.rfind('#')?;
            Some(text[at..].trim().to_owned())
        })
        .unwrap_or_else(|| "#1 SMP PREEMPT_DYNAMIC".to_owned());
    let machine = &call.system.machine;
    let arch = machine.recording.platform.arch.clone();
    let fields = [
        ('s', "Linux".to_owned()),
        ('n', machine.hostname.clone()),
        ('r', machine.state.kernel.clone()),
        ('v', version),
        ('m', arch.clone()),
        ('p', arch.clone()),
        ('i', arch),
        ('o', "GNU/Linux".to_owned()),
    ];
    let none = options.last_of("asnrvmpio").is_none();
    let words: Vec<String> = fields
        .into_iter()
        .filter(|(letter, _)| options.has('a') || options.has(*letter) || (none && *letter == 's'))
        .map(|(_, word)| word)
        .collect();
    call.line(words.join(" "));
    0
}

fn arch(call: &mut Call<'_>) -> Exit {
    let arch = call.system.machine.recording.platform.arch.clone();
    call.line(arch);
    0
}

fn hostname(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    match words.first().map(String::as_str) {
        None | Some("-s" | "-f" | "--fqdn") => {
            let name = call.system.machine.hostname.clone();
            call.line(name);
            0
        }
        Some("-I") => {
            call.line("10.0.2.15 ");
            0
        }
        Some(option) if option.starts_with('-') => {
            call.error(format!(
                "hostname: invalid option -- '{}'",
                option.trim_start_matches('-')
            ));
            1
        }
        Some(name) => {
            if !call.is_root() {
                call.error("hostname: you must be root to change the host name");
                return 1;
            }
            let name: String = name.chars().take(64).collect();
            let _ = call
                .system
                .machine
                .tree
                .put_text("/proc/sys/kernel/hostname", format!("{name}\n"));
            call.system.machine.hostname = name;
            0
        }
    }
}

fn hostnamectl(call: &mut Call<'_>) -> Exit {
    let machine = &call.system.machine;
    let pretty = os_release(call, "PRETTY_NAME");
    let (name, kernel) = (machine.hostname.clone(), machine.state.kernel.clone());
    call.line(format!(
        " Static hostname: {name}\n       Icon name: computer-server\n         Chassis: server\nOperating System: {pretty}\n          Kernel: Linux {kernel}\n    Architecture: x86-64"
    ));
    0
}

fn os_release(call: &Call<'_>, name: &str) -> String {
    let text = call
        .system
        .machine
        .tree
        .text("/etc/os-release")
        .unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

fn lsb_release(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "aidrcsv",
        &[
            ("all", 'a'),
            ("id", 'i'),
            ("description", 'd'),
            ("release", 'r'),
            ("codename", 'c'),
            ("short", 's'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 2;
    };
    let fields = [
        ('i', "Distributor ID", os_release(call, "NAME")),
        ('d', "Description", os_release(call, "PRETTY_NAME")),
        ('r', "Release", os_release(call, "VERSION_ID")),
        ('c', "Codename", os_release(call, "VERSION_CODENAME")),
    ];
    if options.has('a') || options.last_of("idrc").is_none() {
        call.error("No LSB modules are available.");
    }
    for (letter, title, value) in fields {
        if options.has('a') || options.has(letter) {
            call.line(if options.has('s') {
                value
            } else {
                format!("{title}:\t{value}")
            });
        }
    }
    0
}

fn date(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "uRI[d:s:r:",
        &[
            ("utc", 'u'),
            ("universal", 'u'),
            ("reference=", 'r'),
            ("date=", 'd'),
            ("rfc-email", 'R'),
            ("iso-8601[", 'I'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let mut now = call.system.machine.clock;
    if options.has('s') {
        call.error("date: cannot set date: Operation not permitted");
        return 1;
    }
    if let Some(text) = options.value('d') {
        match clock::told(text, now) {
            Some(seconds) => now = seconds,
            None => {
                call.error(format!("date: invalid date ‘{text}’"));
                if text.contains(|c: char| c.is_ascii_digit()) || text.contains(' ') {
                    call.error(said("practice-date", &[]));
                }
                return 1;
            }
        }
    }
    if let Some(file) = options.value('r') {
        match call.files().get(file).map(|node| node.mtime) {
            Ok(time) => now = time,
            Err(errno) => {
                call.error(format!("date: {file}: {errno}"));
                return 1;
            }
        }
    }
    if !(-60_000_000_000..=200_000_000_000).contains(&now) {
        call.error("date: time out of range");
        return 1;
    }
    let text = match options.words.first() {
        Some(word) => match word.strip_prefix('+') {
            Some(format) => clock::formatted(format, now),
            None => {
                call.error(format!("date: invalid date ‘{word}’"));
                return 1;
            }
        },
        None if options.has('I') => {
            let format = match options.value('I') {
                None | Some("date") => "%F",
                Some("hours") => "%FT%H+00:00",
                Some("minutes") => "%FT%R+00:00",
                Some("seconds") => "%FT%T+00:00",
                Some("ns") => "%FT%T,000000000+00:00",
                Some(other) => {
                    call.error(format!("date: invalid argument ‘{other}’ for ‘--iso-8601’"));
                    return 1;
                }
            };
            clock::formatted(format, now)
        }
        None if options.has('R') => clock::formatted("%a, %d %b %Y %T +0000", now),
        None => clock::date(now),
    };
    call.line(text);
    0
}

fn tty(call: &mut Call<'_>) -> Exit {
    let is = call.process.stdin.is_terminal();
    call.line(if is { "/dev/pts/0" } else { "not a tty" });
    Exit::from(!is)
}

fn sleep(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    if words.is_empty() {
        call.error("sleep: missing operand\nTry 'sleep --help' for more information.");
        return 1;
    }
    let mut seconds = 0.0;
    for word in words {
        let (digits, unit) = match word.char_indices().last() {
            Some((at, 's')) => (&word[..at], 1.0),
            Some((at, 'm')) => (&word[..at], 60.0),
            Some((at, 'h')) => (&word[..at], 3600.0),
            Some((at, 'd')) => (&word[..at], 86_400.0),
            _ => (word.as_str(), 1.0),
        };
        match digits.parse::<f64>() {
            Ok(number) if number >= 0.0 => seconds += number * unit,
            _ => {
                call.error(format!("sleep: invalid time interval ‘{word}’\nTry 'sleep --help' for more information."));
                return 1;
            }
        }
    }
    // A practice machine's time is its own: nobody waits.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a year is the most that anyone sleeps here"
    )]
    let whole = seconds.min(31_536_000.0) as i64;
    call.wait(whole);
    0
}

fn whoami(call: &mut Call<'_>) -> Exit {
    let name = user_name(call);
    call.line(name);
    0
}

fn user_name(call: &Call<'_>) -> String {
    if call.is_root() {
        "root".to_owned()
    } else {
        call.system.machine.person.name.clone()
    }
}

fn id(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "ugGnr",
        &[
            ("user", 'u'),
            ("group", 'g'),
            ("groups", 'G'),
            ("name", 'n'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let person = call.system.machine.person.name.clone();
    let name = match options.words.first() {
        None => user_name(call),
        Some(name) if *name == person || name == "root" => name.clone(),
        Some(name) => {
            call.error(format!("id: ‘{name}’: no such user"));
            return 1;
        }
    };
    let root = name == "root";
    let number = if root { 0 } else { 1000 };
    let names = options.has('n');
    let text = if options.has('u') || options.has('g') {
        if names { name } else { number.to_string() }
    } else if options.has('G') {
        match (root, names) {
            (true, true) => "root".to_owned(),
            (true, false) => "0".to_owned(),
            (false, true) => format!("{name} adm sudo"),
            (false, false) => "1000 4 27".to_owned(),
        }
    } else if root {
        "uid=0(root) gid=0(root) groups=0(root)".to_owned()
    } else {
        format!("uid=1000({name}) gid=1000({name}) groups=1000({name}),4(adm),27(sudo)")
    };
    call.line(text);
    0
}

fn groups(call: &mut Call<'_>) -> Exit {
    let name = user_name(call);
    let own = call.machine().state.groups.clone();
    call.line(if name == "root" {
        name
    } else {
        [vec![name], own].concat().join(" ")
    });
    0
}

fn env(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec =
        Spec::new("iu:0", &[("ignore-environment", 'i'), ("unset=", 'u')]).stopping();
    let Some(options) = SPEC.read(call) else {
        return 125;
    };
    if options.has('i') {
        call.process.env.clear();
    }
    for name in options.values('u') {
        call.process.env.remove(name);
    }
    let mut words = options.words.into_iter().peekable();
    while let Some(word) = words.next_if(|word| word.contains('=')) {
        if let Some((name, value)) = word.split_once('=') {
            call.process.env.insert(name.to_owned(), value.to_owned());
        }
    }
    let command: Vec<String> = words.collect();
    if command.is_empty() {
        let text: String = call
            .process
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        call.print(text);
        return 0;
    }
    start(call, command, |name| {
        format!("env: ‘{name}’: No such file or directory")
    })
}

/// Runs another program in the place of this one.
fn start(call: &mut Call<'_>, words: Vec<String>, missing: impl Fn(&str) -> String) -> Exit {
    let name = words.first().cloned().unwrap_or_default();
    match call.spawn(words) {
        Ok(exit) => exit,
        Err(CannotRun::NoCommand | CannotRun::File(crate::practice::Errno::NotFound)) => {
            call.error(missing(&name));
            127
        }
        Err(CannotRun::File(errno)) => {
            let by = call.name();
            call.error(format!("{by}: ‘{name}’: {errno}"));
            126
        }
        Err(CannotRun::BadInterpreter(interpreter)) => {
            call.error(format!(
                "{name}: {interpreter}: bad interpreter: No such file or directory"
            ));
            126
        }
        Err(CannotRun::NotPlayed) => {
            call.error(said("practice-no-such-program", &[("name", &name)]));
            126
        }
    }
}

fn printenv(call: &mut Call<'_>) -> Exit {
    let names = call.rest();
    if names.is_empty() {
        return env(call);
    }
    let mut exit = 0;
    for name in names {
        match call.env(&name).map(str::to_owned) {
            Some(value) => {
                call.line(value);
            }
            None => exit = 1,
        }
    }
    exit
}

fn xargs(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "0rtn:I:L:P:d:pa:xs:",
        &[
            ("null", '0'),
            ("no-run-if-empty", 'r'),
            ("max-args=", 'n'),
            ("max-lines=", 'L'),
            ("max-procs=", 'P'),
            ("replace=", 'I'),
            ("delimiter=", 'd'),
            ("arg-file=", 'a'),
            ("verbose", 't'),
            ("interactive", 'p'),
        ],
    )
    .stopping();
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let mut command = options.words.clone();
    if command.is_empty() {
        command.push("echo".to_owned());
    }
    let bytes = match options.value('a') {
        None => call.read_all(),
        Some(file) => match call.files().read(file) {
            Ok(bytes) => bytes.to_vec(),
            Err(errno) => {
                call.error(format!(
                    "xargs: Cannot open input file ‘{file}’: {}",
                    super::text::problem(errno)
                ));
                return 1;
            }
        },
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // Each word becomes a string, in a line that is a list.
    let ends = text
        .bytes()
        .filter(|byte| b" \t\n\0".contains(byte))
        .count();
    if !call.system.spend(text.len() as u64 / 32 + ends as u64 / 2) {
        return 130;
    }
    let delimiter = if options.has('0') {
        Some('\0')
    } else {
        options
            .value('d')
            .map(|text| shell::ansi_c(text).chars().next().unwrap_or('\0'))
    };
    let lines: Vec<Vec<String>> = if let Some(delimiter) = delimiter {
        let body = text.strip_suffix(delimiter).unwrap_or(&text);
        body.split(delimiter)
            .filter(|_| !text.is_empty())
            .map(|word| vec![word.to_owned()])
            .collect()
    } else {
        match unquoted(&text, options.has('I')) {
            Ok(lines) => lines,
            Err(quote) => {
                let kind = if quote == '"' { "double" } else { "single" };
                call.error(format!("xargs: unmatched {kind} quote; by default quotes are special to xargs unless you use the -0 option"));
                return 1;
            }
        }
    };
    let number = |letter| {
        let count = options.value(letter)?.parse::<usize>().ok();
        count.filter(|count| *count > 0)
    };
    let pieces: Vec<Vec<String>> = if options.has('I') {
        lines
    } else if let Some(most) = number('L') {
        lines.chunks(most).map(<[Vec<String>]>::concat).collect()
    } else {
        let words = lines.concat();
        let most = number('n').unwrap_or(words.len()).max(1);
        words.chunks(most).map(<[String]>::to_vec).collect()
    };
    let pieces = if pieces.is_empty() && !options.has('r') && !options.has('I') {
        vec![Vec::new()]
    } else {
        pieces
    };
    call.process.stdin = if options.has('a') {
        call.process.stdin.clone()
    } else {
        Input::empty()
    };
    let mut exit = 0;
    for piece in pieces {
        let words: Vec<String> = match options.value('I') {
            Some(mark) => {
                let word = piece.join(" ");
                command
                    .iter()
                    .map(|part| part.replace(mark, &word))
                    .collect()
            }
            None => command.iter().cloned().chain(piece).collect(),
        };
        if options.has('p') {
            let question = format!("{} ?...", words.join(" "));
            let answer = call.system.ask(&question, false);
            if !answer.is_some_and(|answer| answer.starts_with(['y', 'Y'])) {
                continue;
            }
        } else if options.has('t') {
            let shown: Vec<String> = words.iter().map(|word| super::quoted(word)).collect();
            call.error(shown.join(" "));
        }
        let status = start(call, words, |name| {
            format!("xargs: {name}: No such file or directory")
        });
        if status == 127 || call.system.stopped.is_some() {
            return status;
        }
        if status != 0 {
            exit = 123;
        }
    }
    exit
}

/// The words of each line that is not empty, as `xargs` reads them: quotes and backslashes keep spaces together, and for
/// `-I` a line is one word. The quote that nothing closes, where there is one.
fn unquoted(text: &str, whole_lines: bool) -> Result<Vec<Vec<String>>, char> {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut words: Vec<String> = Vec::new();
        let mut word: Option<String> = None;
        let line = if whole_lines { line.trim_start() } else { line };
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                ' ' | '\t' if !whole_lines => words.extend(word.take()),
                '\'' | '"' => {
                    let kept = word.get_or_insert_default();
                    let rest = chars.as_str();
                    let end = rest.find(c).ok_or(c)?;
                    kept.push_str(&rest[..end]);
                    chars = rest[end + 1..].chars();
                }
                '\\' => word.get_or_insert_default().extend(chars.next()),
                c => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        if !words.is_empty() {
            lines.push(words);
        }
    }
    Ok(lines)
}

fn timeout(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "s:k:v",
        &[("signal=", 's'), ("kill-after=", 'k'), ("foreground", 'f')],
    )
    .stopping();
    let Some(options) = SPEC.read(call) else {
        return 125;
    };
    if options.words.len() < 2 {
        call.error("timeout: missing operand\nTry 'timeout --help' for more information.");
        return 125;
    }
    let limit = &options.words[0];
    let (digits, unit) = match limit.char_indices().last() {
        Some((at, 's')) => (&limit[..at], 1.0),
        Some((at, 'm')) => (&limit[..at], 60.0),
        Some((at, 'h')) => (&limit[..at], 3600.0),
        Some((at, 'd')) => (&limit[..at], 86_400.0),
        _ => (limit.as_str(), 1.0),
    };
    let Some(seconds) = digits.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0) else {
        call.error(format!(
            "timeout: invalid time interval ‘{limit}’\nTry 'timeout --help' for more information."
        ));
        return 125;
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a year is the most that anyone waits here"
    )]
    let most = (seconds * unit).min(31_536_000.0).ceil() as i64;
    let began = call.system.machine.clock;
    let exit = start(call, options.words[1..].to_vec(), |name| {
        format!("timeout: failed to run command ‘{name}’: No such file or directory")
    });
    // What took longer was ended when the time was over; no time at all is no limit.
    if most > 0 && call.system.machine.clock - began > most {
        call.system.machine.clock = began + most;
        return 124;
    }
    exit
}

fn run_rest(call: &mut Call<'_>) -> Exit {
    let name = call.name();
    let mut words = call.rest();
    if name == "nice" && words.first().is_some_and(|word| word.starts_with('-')) {
        let takes = if words[0] == "-n" { 2 } else { 1 };
        words.drain(..takes.min(words.len()));
    }
    if words.is_empty() {
        call.error(format!(
            "{name}: missing operand\nTry '{name} --help' for more information."
        ));
        return 125;
    }
    start(call, words, |command| {
        format!("{name}: failed to run command '{command}': No such file or directory")
    })
}

fn watch(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "n:dtcbe",
        &[
            ("interval=", 'n'),
            ("differences[", 'd'),
            ("no-title", 't'),
            ("color", 'c'),
        ],
    )
    .stopping();
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if options.words.is_empty() {
        call.error("Usage:\n watch [options] command");
        return 1;
    }
    call.error(said("practice-watch", &[]));
    let text = options.words.join(" ");
    let process = call.process.clone();
    shell::run_script(call.system, &process, &text, vec!["sh".to_owned()])
}

/// What is a builtin of the shell and a program as well: `sudo test -f FILE` starts the program.
fn of_shell(call: &mut Call<'_>) -> Exit {
    let text = format!("{} \"$@\"", call.name());
    let process = call.process.clone();
    let args = call.args.clone();
    shell::run_script(call.system, &process, &text, args)
}

fn bash(call: &mut Call<'_>) -> Exit {
    let name = call.name();
    let mut words = call.rest().into_iter().peekable();
    let mut flags = String::new();
    while let Some(word) =
        words.next_if(|word| word.starts_with('-') && word.len() > 1 || word.starts_with('+'))
    {
        match word.as_str() {
            "--login" => flags.push('l'),
            "--norc" | "--noprofile" | "--posix" | "--" => {}
            "--version" => {
                call.line("GNU bash, version 5.2.21(1)-release (x86_64-pc-linux-gnu)");
                return 0;
            }
            word if word.starts_with("--") => {
                call.error(format!("{name}: {word}: invalid option"));
                return 2;
            }
            word => flags.push_str(&word[1..]),
        }
        if flags.contains('c') {
            break;
        }
    }
    let options: String = flags
        .chars()
        .filter(|flag| "eux".contains(*flag))
        .map(|flag| format!("set -{flag}\n"))
        .collect();
    // `-n` reads and does nothing.
    let only_reads = flags.contains('n');
    let process = call.process.clone();
    if flags.contains('c') {
        let Some(text) = words.next() else {
            call.error(format!("{name}: -c: option requires an argument"));
            return 2;
        };
        let text = format!("{options}{text}");
        let mut args: Vec<String> = words.collect();
        if args.is_empty() {
            args.push(name);
        }
        if flags.contains('l') || flags.contains('i') {
            return Shell::script_after_startup(
                call.system,
                &process,
                &text,
                args,
                flags.contains('l'),
            );
        }
        return shell::run_script(call.system, &process, &text, args);
    }
    let args: Vec<String> = words.collect();
    if let Some(file) = args.first().filter(|_| !flags.contains('s')) {
        // An installer (`sh cuda_13.4.1_linux.run`) is a program of its own, whoever starts it.
        let path = call.files().path(file);
        if call.system.machine.tree.get(&path).is_ok()
            && call.system.machine.program_of(&path).is_some()
        {
            if path
                .rsplit('/')
                .nth(1)
                .is_some_and(|folder| folder.ends_with("bin"))
            {
                call.error(format!("{file}: {file}: cannot execute binary file"));
                return 126;
            }
            return call
                .system
                .play(process, args.clone(), &path)
                .unwrap_or(126);
        }
        return match call.files().read(file) {
            Ok(bytes) => {
                let text = format!("{options}{}", String::from_utf8_lossy(&bytes));
                let text = if only_reads {
                    shell::only_read(&text)
                } else {
                    text
                };
                shell::run_script(call.system, &process, &text, args)
            }
            Err(errno) => {
                call.error(format!("{name}: {file}: {}", super::text::problem(errno)));
                if errno == crate::practice::Errno::NotFound {
                    127
                } else {
                    126
                }
            }
        };
    }
    if call.process.stdin.is_terminal() {
        let shell = if flags.contains('l') {
            Shell::login_in(call.system, &process)
        } else {
            Shell::interactive(call.system, &process)
        };
        call.system.enter = Some(shell);
        return 0;
    }
    let text = format!("{options}{}", String::from_utf8_lossy(&call.read_all()));
    shell::run_script(call.system, &process, &text, vec![name])
}

fn sudo(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "EHiSsnbkKvlVu:g:p:A",
        &[
            ("preserve-env[", 'E'),
            ("set-home", 'H'),
            ("login", 'i'),
            ("shell", 's'),
            ("non-interactive", 'n'),
            ("user=", 'u'),
            ("edit", 'e'),
            ("version", 'V'),
        ],
    )
    .stopping();
    let options = match SPEC.read_quietly(&call.rest()) {
        Ok(options) => options,
        Err(problem) => {
            call.error(format!("sudo: {problem}\nusage: sudo -h | -K | -k | -V\nusage: sudo [-ABbEHnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]"));
            return 1;
        }
    };
    let person = call.system.machine.person.clone();
    let user = match options.value('u') {
        None | Some("root" | "#0") => User::Root,
        Some(name) if name == person.name => person.user,
        Some(name) => {
            call.error(format!(
                "sudo: unknown user {name}\nsudo: error initializing audit plugin sudoers_audit"
            ));
            return 1;
        }
    };
    if options.has('V') {
        call.line("Sudo version 1.9.15p5");
        return 0;
    }
    if options.has('l') {
        call.line(format!(
            "User {} may run the following commands on {}:\n    (ALL : ALL) ALL",
            person.name, call.system.machine.hostname
        ));
        return 0;
    }
    if options.has('v') || options.has('k') || options.has('K') {
        return 0;
    }
    let mut process = call.process.clone();
    process.user = user;
    let keep_all = options.has('E');
    process.env.retain(|name, _| {
        keep_all
            && !matches!(
                name.as_str(),
                "LD_LIBRARY_PATH" | "LD_PRELOAD" | "PYTHONPATH"
            )
            || matches!(
                name.as_str(),
                "TERM" | "LANG" | "LC_ALL" | "DISPLAY" | "COLORTERM" | "PWD"
            )
    });
    let home = if user == User::Root {
        "/root".to_owned()
    } else {
        person.home.clone()
    };
    let name = if user == User::Root {
        "root".to_owned()
    } else {
        person.name.clone()
    };
    for (variable, value) in [
        ("PATH", SECURE_PATH),
        ("HOME", &home),
        ("LOGNAME", &name),
        ("USER", &name),
        ("SHELL", "/bin/bash"),
        ("SUDO_USER", &person.name),
        ("SUDO_UID", "1000"),
        ("SUDO_GID", "1000"),
    ] {
        process.env.insert(variable.to_owned(), value.to_owned());
    }
    let mut words = options.words.clone();
    while let Some(word) = words.first()
        && let Some((variable, value)) = word.split_once('=')
        && !variable.is_empty()
        && variable
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        // Asked for by name, a variable is let through where sudo thinks it harmless.
        if !matches!(variable, "LD_PRELOAD" | "LD_LIBRARY_PATH" | "PATH") {
            process.env.insert(variable.to_owned(), value.to_owned());
        }
        words.remove(0);
    }
    process
        .env
        .insert("SUDO_COMMAND".to_owned(), words.join(" "));
    if words.is_empty() || options.has('i') || options.has('s') {
        if !(options.has('i') || options.has('s')) {
            call.error("usage: sudo -h | -K | -k | -V\nusage: sudo [-ABbEHnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]");
            return 1;
        }
        if words.is_empty() {
            if !call.process.stdin.is_terminal() {
                let text = String::from_utf8_lossy(&call.read_all()).into_owned();
                return shell::run_script(call.system, &process, &text, vec!["bash".to_owned()]);
            }
            let shell = if options.has('i') {
                Shell::login_of(call.system, user)
            } else {
                Shell::interactive(call.system, &process)
            };
            call.system.enter = Some(shell);
            return 0;
        }
        let text: Vec<String> = words.iter().map(|word| super::quoted(word)).collect();
        if options.has('i') {
            process.cwd = home;
        }
        return Shell::script_after_startup(
            call.system,
            &process,
            &text.join(" "),
            vec!["bash".to_owned()],
            options.has('i'),
        );
    }
    if user == User::Root
        && words
            .first()
            .is_some_and(|word| matches!(word.as_str(), "cd" | "source" | "export" | "alias"))
    {
        call.error(format!("sudo: {}: command not found\nsudo: \"{0}\" is a shell built-in command, it cannot be run directly.", words[0]));
        return 1;
    }
    let command = words[0].clone();
    match call.system.run(process, words) {
        Ok(exit) => exit,
        Err(CannotRun::NoCommand | CannotRun::File(crate::practice::Errno::NotFound)) => {
            call.error(format!("sudo: {command}: command not found"));
            1
        }
        Err(CannotRun::File(crate::practice::Errno::Denied)) => {
            call.error(format!("sudo: {command}: command not found"));
            1
        }
        Err(CannotRun::NotPlayed) => {
            call.error(said("practice-no-such-program", &[("name", &command)]));
            126
        }
        Err(_) => {
            call.error(format!(
                "sudo: unable to execute {command}: No such file or directory"
            ));
            1
        }
    }
}

fn su(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        let _ = call.ask("Password: ", true);
        call.error("su: Authentication failure");
        return 1;
    }
    let mut words = call.rest();
    let command = words
        .iter()
        .position(|word| matches!(word.as_str(), "-c" | "--command"))
        .filter(|at| at + 1 < words.len())
        .and_then(|at| words.drain(at..at + 2).nth(1));
    let login = words
        .iter()
        .any(|word| matches!(word.as_str(), "-" | "-l" | "--login"));
    let name = words.iter().find(|word| !word.starts_with('-')).cloned();
    let person = call.system.machine.person.clone();
    let user = match name {
        None => User::Root,
        Some(name) if name == "root" => User::Root,
        Some(name) if name == person.name => person.user,
        Some(name) => {
            call.error(format!("su: user {name} does not exist or the user entry does not contain all the required fields"));
            return 1;
        }
    };
    let mut process = call.process.clone();
    process.user = user;
    if let Some(command) = command {
        return shell::run_script(call.system, &process, &command, vec!["bash".to_owned()]);
    }
    let shell = if login {
        Shell::login_of(call.system, user)
    } else {
        Shell::interactive(call.system, &process)
    };
    call.system.enter = Some(shell);
    0
}

fn reboot(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        let name = call.name();
        call.error(format!(
            "Call to {} failed: Interactive authentication required.\n{}",
            if name == "reboot" {
                "Reboot"
            } else {
                "PowerOff"
            },
            said("practice-login-only", &[("name", &name)])
        ));
        return 1;
    }
    call.system.power = Some(Power::Reboot);
    0
}

fn poweroff(call: &mut Call<'_>) -> Exit {
    let exit = reboot(call);
    if exit == 0 {
        call.system.power = Some(Power::Off);
    }
    exit
}

fn shutdown(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    if words.iter().any(|word| word == "-c") {
        return 0;
    }
    if words
        .iter()
        .any(|word| word.starts_with('-') && word.contains('r'))
    {
        reboot(call)
    } else {
        poweroff(call)
    }
}

fn clear(call: &mut Call<'_>) -> Exit {
    call.system.clear_screen();
    0
}

fn free(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("hbkmgtw", &[("human", 'h'), ("mebi", 'm'), ("gibi", 'g')]);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let text = call
        .system
        .machine
        .tree
        .text("/proc/meminfo")
        .unwrap_or_default();
    let kib = |name: &str| -> u64 {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or(0)
    };
    let shown = |kib: u64| match options.last_of("hmg") {
        Some('h') if kib >= 10 << 20 => format!("{}Gi", kib >> 20),
        Some('h') if kib >= 1 << 20 => format!("{}.{}Gi", kib >> 20, ((kib * 10) >> 20) % 10),
        Some('h') => format!("{}Mi", kib >> 10),
        Some('m') => (kib >> 10).to_string(),
        Some('g') => (kib >> 20).to_string(),
        _ => kib.to_string(),
    };
    let (total, unused, available) = (kib("MemTotal"), kib("MemFree"), kib("MemAvailable"));
    let cached = kib("Cached") + kib("Buffers");
    let (swap, swap_free) = (kib("SwapTotal"), kib("SwapFree"));
    let row = |title: &str, values: &[u64]| {
        let cells: String = values
            .iter()
            .map(|value| format!("{:>12}", shown(*value)))
            .collect();
        format!("{title:<8}{cells}")
    };
    call.line("               total        used        free      shared  buff/cache   available");
    let used = total.saturating_sub(available);
    call.line(row(
        "Mem:    ",
        &[total, used, unused, 4096, cached, available],
    ));
    call.line(row(
        "Swap:   ",
        &[swap, swap.saturating_sub(swap_free), swap_free],
    ));
    0
}

fn uptime(call: &mut Call<'_>) -> Exit {
    let time = clock::formatted("%T", call.system.machine.clock);
    call.line(format!(
        " {time} up 1:00,  1 user,  load average: 0.08, 0.03, 0.01"
    ));
    0
}

fn nproc(call: &mut Call<'_>) -> Exit {
    call.line("32");
    0
}

fn lscpu(call: &mut Call<'_>) -> Exit {
    let arch = call.system.machine.recording.platform.arch.clone();
    let nodes = call
        .system
        .machine
        .tree
        .text("/sys/devices/system/node/online")
        .unwrap_or_default();
    let last: usize = nodes
        .trim()
        .rsplit(['-', ','])
        .next()
        .and_then(|node| node.parse().ok())
        .unwrap_or(0);
    let each = 32 / (last + 1).clamp(1, 32);
    call.line(format!("Architecture:             {arch}"));
    call.line("CPU(s):                   32");
    call.line(format!("NUMA node(s):             {}", last + 1));
    for node in 0..=last.min(31) {
        call.line(format!(
            "NUMA node{node} CPU(s):        {}-{}",
            node * each,
            (node + 1) * each - 1
        ));
    }
    0
}

/// Processes: the shell, and those that hold GPU memory by NVML.
fn ps(call: &mut Call<'_>) -> Exit {
    let words = call.rest().join(" ");
    let wanted = words
        .split_whitespace()
        .skip_while(|word| !matches!(*word, "-p" | "--pid"))
        .nth(1)
        .map(|pids| pids.split(',').map(str::to_owned).collect::<Vec<_>>());
    let wide = words.contains("aux") || words.contains('e') || words.contains("user");
    let person = call.system.machine.person.name.clone();
    let mut rows: Vec<(String, String, String)> = Vec::new();
    if wide {
        rows.push(("root".to_owned(), "1".to_owned(), "/sbin/init".to_owned()));
    }
    rows.push((person.clone(), "1000".to_owned(), "-bash".to_owned()));
    for (pid, name) in super::gpu_processes(&call.system.machine) {
        rows.push((person.clone(), pid.to_string(), name));
    }
    let name = call.name();
    rows.push((person, "1042".to_owned(), name));
    if let Some(wanted) = wanted {
        rows.retain(|(_, pid, _)| wanted.contains(pid));
    }
    let started = clock::date(call.system.machine.clock - 3600);
    let started = started.replace(" UTC", "");
    if words.contains("lstart") {
        call.line("USER         PID                  STARTED CMD");
        for (user, pid, command) in &rows {
            call.line(format!("{user:<8} {pid:>7} {started} {command}"));
        }
    } else if wide {
        call.line("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND");
        for (user, pid, command) in &rows {
            call.line(format!(
                "{user:<8} {pid:>7}  0.0  0.0  22704 13320 ?        S    22:10   0:00 {command}"
            ));
        }
    } else {
        call.line("    PID TTY          TIME CMD");
        for (_, pid, command) in &rows {
            let command = command
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .trim_start_matches('-');
            call.line(format!("{pid:>7} pts/0    00:00:00 {command}"));
        }
    }
    Exit::from(rows.is_empty())
}

/// The number of the shell's process: `$$`.
const SHELL: &str = "1000";

/// The signals of Linux, from 1 on (`signal(7)`).
const SIGNALS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// `kill -l`: all signals, or the name of a number, or the number of a name; a status over 128 is a signal's.
fn signals(call: &mut Call<'_>, words: &[String]) -> Exit {
    if words.is_empty() {
        let known = SIGNALS
            .iter()
            .enumerate()
            .map(|(at, name)| format!("{:2}) SIG{name}", at + 1));
        // Behind them are those of real time, counted from both ends.
        let upward = (0..16).map(|at| match at {
            0 => "34) SIGRTMIN".to_owned(),
            at => format!("{}) SIGRTMIN+{at}", 34 + at),
        });
        let downward = (0..15).rev().map(|at| match at {
            0 => "64) SIGRTMAX".to_owned(),
            at => format!("{}) SIGRTMAX-{at}", 64 - at),
        });
        let all: Vec<String> = known.chain(upward).chain(downward).collect();
        for row in all.chunks(5) {
            call.line(row.join("\t") + if row.len() < 5 { "\t" } else { "" });
        }
        return 0;
    }
    let mut exit = 0;
    for word in words {
        let name = word.strip_prefix("SIG").unwrap_or(word);
        let number = word.parse::<usize>().ok();
        let number = number.map(|number| if number > 128 { number - 128 } else { number });
        let named = SIGNALS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name));
        match (number, named) {
            (Some(0), _) => {
                call.line("EXIT");
            }
            (Some(number), _) if number <= SIGNALS.len() => {
                call.line(SIGNALS[number - 1]);
            }
            (_, Some(place)) => {
                call.line((place + 1).to_string());
            }
            _ => {
                call.error(format!("bash: kill: {word}: invalid signal specification"));
                exit = 1;
            }
        }
    }
    exit
}

fn kill(call: &mut Call<'_>) -> Exit {
    let given = call.rest();
    if given
        .first()
        .is_some_and(|word| word == "-l" || word == "-L")
    {
        return signals(call, &given[1..]);
    }
    let tests = given.first().is_some_and(|word| word == "-0");
    // What stops a process, or lets it go on, leaves its memory with it.
    let spares = given.first().is_some_and(|word| {
        let signal = word.trim_start_matches('-').trim_start_matches("SIG");
        word.starts_with('-')
            && matches!(
                signal,
                "STOP"
                    | "TSTP"
                    | "CONT"
                    | "WINCH"
                    | "CHLD"
                    | "URG"
                    | "19"
                    | "20"
                    | "18"
                    | "28"
                    | "17"
                    | "23"
                    | "0"
            )
    });
    let words: Vec<String> = given
        .into_iter()
        .filter(|word| !word.starts_with('-'))
        .collect();
    if words.is_empty() {
        call.error("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]");
        return 2;
    }
    let mut exit = 0;
    for word in words {
        let ended = word.parse::<u32>().ok().is_some_and(|pid| {
            let machine = &mut call.system.machine;
            if spares {
                super::is_gpu_process(machine, pid)
            } else {
                super::end_gpu_process(machine, pid)
            }
        });
        // The shell itself is there, and an interactive one takes no notice of what would end it.
        if !ended && word == SHELL && tests {
            continue;
        }
        if !ended {
            call.error(if word == "1" && !call.is_root() {
                "kill: (1) - Operation not permitted".to_owned()
            } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
                format!("kill: ({word}) - No such process")
            } else {
                format!("kill: {word}: arguments must be process or job IDs")
            });
            exit = 1;
        }
    }
    exit
}

fn dmesg(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "TtHwkxl:cC",
        &[
            ("ctime", 'T'),
            ("human", 'H'),
            ("follow", 'w'),
            ("level=", 'l'),
            ("kernel", 'k'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if !call.is_root() {
        call.error("dmesg: read kernel buffer failed: Operation not permitted");
        return 1;
    }
    let machine = &call.system.machine;
    let started = machine.started;
    let lines: Vec<String> = machine
        .journal
        .iter()
        .filter(|line| line.unit == "kernel" && line.time >= started)
        .enumerate()
        .map(|(index, line)| {
            if options.has('T') {
                let time = clock::date(line.time).replace(" UTC", "");
                indented(&format!("[{time}] "), &line.text)
            } else {
                let stamp = format!(
                    "[{:5}.{:06}] ",
                    line.time - started,
                    // Later lines have later times within the second.
                    (index * 4_919 + 104_729).min(999_999),
                );
                indented(&stamp, &line.text)
            }
        })
        .collect();
    for line in lines {
        if !call.line(line) {
            break;
        }
    }
    0
}

/// A text behind what stands before it, each further line of it as far to the right.
fn indented(before: &str, text: &str) -> String {
    let margin = format!("\n{}", " ".repeat(before.chars().count()));
    format!("{before}{}", text.replace('\n', &margin))
}

fn journalctl(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "u:kb:n:fxerp:S:U:g:o:",
        &[
            ("unit=", 'u'),
            ("dmesg", 'k'),
            ("boot[", 'b'),
            ("lines[", 'n'),
            ("no-pager", '0'),
            ("follow", 'f'),
            ("since=", 'S'),
            ("until=", 'U'),
            ("grep=", 'g'),
            ("priority=", 'p'),
            ("output=", 'o'),
            ("reverse", 'r'),
        ],
    );
    // `-b` may stand without a value, and then means this boot.
    let mut words = Vec::new();
    let rest = call.rest();
    for (index, word) in rest.iter().enumerate() {
        words.push(word.clone());
        let ends_in_b = word.starts_with('-') && !word.starts_with("--") && word.ends_with('b');
        let next = rest.get(index + 1);
        if ends_in_b
            && !next.is_some_and(|next| {
                next.trim_start_matches(['-', '+'])
                    .bytes()
                    .all(|byte| byte.is_ascii_digit())
            })
        {
            words.push("0".to_owned());
        }
    }
    let options = match SPEC.read_quietly(&words) {
        Ok(options) => options,
        Err(problem) => {
            call.error(format!("journalctl: {problem}"));
            return 1;
        }
    };
    let machine = &call.system.machine;
    let started = machine.started;
    let boot = options.value('b').map(str::to_owned);
    let pattern = options
        .value('g')
        .and_then(|pattern| super::regex(pattern, true, true).ok());
    let mut lines: Vec<String> = machine
        .journal
        .iter()
        .filter(|line| match boot.as_deref() {
            None => !options.has('k') || line.time >= started,
            Some("-1") => line.time < started,
            Some(_) => line.time >= started,
        })
        .filter(|line| !options.has('k') || line.unit == "kernel")
        .filter(|line| {
            options.value('u').is_none_or(|unit| {
                let unit = unit.strip_suffix(".service").unwrap_or(unit);
                line.unit == unit
            })
        })
        .filter(|line| {
            pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(&line.text))
        })
        .map(|line| {
            let time = clock::formatted("%b %d %T", line.time);
            let process = if line.unit == "kernel" {
                "kernel".to_owned()
            } else {
                format!("{}[742]", line.unit)
            };
            indented(
                &format!("{time} {} {process}: ", machine.hostname),
                &line.text,
            )
        })
        .collect();
    if let Some(most) = options
        .value('n')
        .and_then(|most| most.parse::<usize>().ok())
    {
        lines = lines.split_off(lines.len().saturating_sub(most));
    }
    if options.has('r') {
        lines.reverse();
    }
    if lines.is_empty() {
        call.line("-- No entries --");
    }
    for line in lines {
        if !call.line(line) {
            break;
        }
    }
    0
}

fn man(call: &mut Call<'_>) -> Exit {
    match call.rest().into_iter().find(|word| !word.starts_with('-')) {
        None => {
            call.error("What manual page do you want?\nFor example, try 'man man'.");
            1
        }
        Some(name) => {
            call.error(format!(
                "No manual entry for {name}\n{}",
                said("practice-no-manual", &[])
            ));
            16
        }
    }
}

fn editor(call: &mut Call<'_>) -> Exit {
    let name = call.name();
    let files: Vec<String> = call
        .rest()
        .into_iter()
        .filter(|word| !word.starts_with(['-', '+']))
        .collect();
    let Some(file) = files.first().cloned() else {
        call.error(said("practice-editor-needs-file", &[("name", &name)]));
        return 1;
    };
    if name == "sudoedit" {
        call.process.user = User::Root;
    }
    let text = match call.files().read(&file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(crate::practice::Errno::NotFound) => String::new(),
        Err(errno) => {
            call.error(format!("{name}: {file}: {}", super::text::problem(errno)));
            return 1;
        }
    };
    if !call.process.stdin.is_terminal() || !call.to_terminal() {
        call.error(said("practice-editor-no-terminal", &[("name", &name)]));
        return 1;
    }
    call.system.flush();
    match call.system.outside.edit(&file, &text) {
        Some(Edited::Saved(new)) => match call.files().write(&file, new.as_bytes(), false) {
            Ok(()) => 0,
            Err(errno) => {
                call.error(format!("[ Error writing {file}: {errno} ]"));
                1
            }
        },
        Some(Edited::Unchanged) => 0,
        Some(Edited::Failed(why)) => {
            call.error(said("practice-editor-failed", &[("why", &why)]));
            1
        }
        None => {
            call.error(said(
                "practice-editor-no-person",
                &[("name", &name), ("file", &file)],
            ));
            1
        }
    }
}

fn lessons(call: &mut Call<'_>) -> Exit {
    let args = call.rest();
    let mut machine = call.system.machine.clone();
    machine.env.clone_from(&call.process.env);
    let on_screen = call.to_terminal();
    match call.system.outside.lessons(&machine, &args, on_screen) {
        Some(output) => {
            call.print(&output.stdout);
            let sink: Sink = call.process.stderr.clone();
            let _ = call.system.write(&sink, output.stderr.as_bytes());
            output.exit.unwrap_or(1)
        }
        None => {
            call.error(said("practice-lessons", &[]));
            2
        }
    }
}
