//! Programs that print and pass on text.

use std::fmt::Write as _;

use super::Program;
use super::format::Directive;
use super::options::Spec;
use crate::practice::process::{Call, Exit};
use crate::practice::said::said;
use crate::practice::shell::ansi_c;
use crate::practice::tree::Errno;

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("cat", cat),
    Program::base("cut", cut),
    Program::base("echo", echo),
    Program::base("head", head),
    Program::base("less", pager),
    Program::base("more", pager),
    Program::base("nl", nl),
    Program::base("printf", printf),
    Program::base("rev", rev),
    Program::base("seq", seq),
    Program::base("tac", tac),
    Program::base("tail", tail),
    Program::base("tee", tee),
    Program::base("tr", tr),
    Program::base("uniq", uniq),
    Program::base("wc", wc),
    Program::base("yes", yes),
];

/// What a program says of a file whose text was never recorded.
pub(super) fn problem(errno: Errno) -> String {
    match errno {
        Errno::Untold => said("practice-untold", &[]),
        other => other.to_string(),
    }
}

/// The bytes of a file, or of standard input for `-`; says what is wrong.
pub(super) fn input(call: &mut Call<'_>, file: &str) -> Option<Vec<u8>> {
    if file == "-" {
        return Some(call.read_all());
    }
    match call.files().read(file) {
        Ok(bytes) => {
            call.system.spend(bytes.len() as u64 / 128);
            Some(bytes.to_vec())
        }
        Err(errno) => {
            let (name, what) = (call.name(), problem(errno));
            call.error(match name.as_str() {
                "head" | "tail" if errno != Errno::Untold => {
                    format!("{name}: cannot open '{file}' for reading: {what}")
                }
                _ => format!("{name}: {file}: {what}"),
            });
            None
        }
    }
}

/// All inputs of a program, one after the other, and whether all could be read.
pub(super) fn inputs(call: &mut Call<'_>, files: &[String]) -> (Vec<u8>, bool) {
    if files.is_empty() {
        return (call.read_all(), true);
    }
    let mut all = Vec::new();
    let mut good = true;
    for file in files {
        match input(call, file) {
            Some(bytes) => all.extend(bytes),
            None => good = false,
        }
    }
    (all, good)
}

/// The lines with their ends; none where the command line has to end.
fn lines<'b>(call: &mut Call<'_>, bytes: &'b [u8]) -> Vec<&'b [u8]> {
    let count = memchr::memchr_iter(b'\n', bytes).count();
    if !call.system.spend((count / 16 + bytes.len() / 1024) as u64) {
        return Vec::new();
    }
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// The lines without their ends, each a text of its own; none where the command line has to end.
pub(super) fn text_lines(call: &mut Call<'_>, bytes: &[u8]) -> Vec<String> {
    let count = memchr::memchr_iter(b'\n', bytes).count();
    if !call.system.spend((count + bytes.len() / 128) as u64) {
        return Vec::new();
    }
    String::from_utf8_lossy(bytes)
        .lines()
        .map(str::to_owned)
        .collect()
}

fn cat(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "nAEbsTuvet",
        &[
            ("number", 'n'),
            ("show-all", 'A'),
            ("show-ends", 'E'),
            ("number-nonblank", 'b'),
            ("squeeze-blank", 's'),
            ("show-tabs", 'T'),
            ("show-nonprinting", 'v'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let has = |letters: &str| options.last_of(letters).is_some();
    let (ends, tabs, signs) = (has("AEe"), has("ATt"), has("Avet"));
    let files = if options.words.is_empty() {
        vec!["-".to_owned()]
    } else {
        options.words.clone()
    };
    let mut exit = 0;
    let mut number = 0;
    let mut was_blank = false;
    for file in files {
        // What is typed is shown line by line.
        if file == "-" && call.process.stdin.is_terminal() && options.given_none() {
            while let Some(line) = call.read_line() {
                if !call.print(line) {
                    break;
                }
            }
            continue;
        }
        let Some(bytes) = input(call, &file) else {
            exit = 1;
            continue;
        };
        let plain = !(has("nbs") || ends || tabs || signs);
        if plain {
            if !call.print(&bytes) {
                break;
            }
            continue;
        }
        for line in lines(call, &bytes) {
            let mut shown = Vec::new();
            let blank = line == b"\n";
            if blank && was_blank && options.has('s') {
                continue;
            }
            was_blank = blank;
            if options.has('n') && !options.has('b') || options.has('b') && !blank {
                number += 1;
                shown.extend(format!("{number:6}\t").into_bytes());
            }
            let (body, end) = match line.strip_suffix(b"\n") {
                Some(body) => (body, true),
                None => (line, false),
            };
            for byte in body {
                match byte {
                    b'\t' if tabs => shown.extend(b"^I"),
                    0..=31 if signs && *byte != b'\t' => shown.extend([b'^', byte + 64]),
                    127 if signs => shown.extend(b"^?"),
                    128.. if signs => {
                        shown.extend(b"M-");
                        match byte - 128 {
                            low @ 0..=31 => shown.extend([b'^', low + 64]),
                            127 => shown.extend(b"^?"),
                            low => shown.push(low),
                        }
                    }
                    byte => shown.push(*byte),
                }
            }
            if end {
                if ends {
                    shown.push(b'$');
                }
                shown.push(b'\n');
            }
            if !call.print(&shown) {
                return exit;
            }
        }
    }
    exit
}

/// `less` and `more`: in a practice the text is printed, and the terminal scrolls.
fn pager(call: &mut Call<'_>) -> Exit {
    let files: Vec<String> = call
        .rest()
        .into_iter()
        .filter(|word| !word.starts_with(['-', '+']))
        .collect();
    if files.is_empty() && call.process.stdin.is_terminal() {
        let name = call.name();
        call.error(if name == "less" {
            "Missing filename (\"less --help\" for help)".to_owned()
        } else {
            "more: bad usage\nTry 'more --help' for more information.".to_owned()
        });
        return 1;
    }
    let (bytes, good) = inputs(call, &files);
    call.print(bytes);
    Exit::from(!good)
}

/// The text that `echo` prints.
pub(crate) fn echoed(words: &[String]) -> String {
    let mut newline = true;
    let mut escapes = false;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let Some(letters) = word.strip_prefix('-').filter(|letters| {
            !letters.is_empty() && letters.chars().all(|letter| "neE".contains(letter))
        }) else {
            break;
        };
        for letter in letters.chars() {
            match letter {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        at += 1;
    }
    let mut text = words[at..].join(" ");
    if escapes {
        if let Some(cut) = text.find("\\c") {
            text.truncate(cut);
            newline = false;
        }
        text = ansi_c(&text);
    }
    if newline {
        text.push('\n');
    }
    text
}

fn echo(call: &mut Call<'_>) -> Exit {
    let text = echoed(&call.rest());
    call.print(text);
    0
}

fn printf(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    if words.is_empty() {
        call.error("printf: missing operand\nTry 'printf --help' for more information.");
        return 1;
    }
    let (text, problem) = printed(&words);
    call.print(text);
    match problem {
        Some(problem) => {
            call.error(format!("printf: {problem}"));
            1
        }
        None => 0,
    }
}

/// What `printf` prints for a format and its words, and what is wrong with them.
pub(crate) fn printed(words: &[String]) -> (String, Option<String>) {
    const LONGEST: usize = 1 << 20;
    let Some((format, words)) = words.split_first() else {
        return (String::new(), None);
    };
    let mut out = String::new();
    let mut problem = None;
    let mut words = words.iter();
    let mut first = true;
    while (first || words.len() > 0) && out.len() < LONGEST {
        first = false;
        let before = words.len();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => {
                    let mut escape = String::from("\\");
                    escape.extend(chars.next());
                    while escape.len() < 5
                        && let Some(digit) = chars.peek()
                        && (digit.is_ascii_digit()
                            || (escape.starts_with("\\x") && digit.is_ascii_hexdigit()))
                    {
                        escape.extend(chars.next());
                    }
                    out.push_str(&ansi_c(&escape));
                }
                '%' if chars.peek() == Some(&'%') => {
                    chars.next();
                    out.push('%');
                }
                '%' => {
                    let mut integer = |text: &str| match whole(text) {
                        Ok(number) => number,
                        Err(text) => {
                            problem.get_or_insert(format!("{text}: invalid number"));
                            // As far as it is a number.
                            let end = text
                                .char_indices()
                                .find(|(at, c)| {
                                    !(c.is_ascii_digit() || *at == 0 && matches!(c, '-' | '+'))
                                })
                                .map_or(text.len(), |(at, _)| at);
                            text[..end].parse().unwrap_or(0)
                        }
                    };
                    let directive = Directive::read(&mut chars, || {
                        words.next().map_or(0, |word| integer(word))
                    });
                    let word = words.next().map_or("", String::as_str);
                    out.push_str(&match directive.conversion {
                        Some('s') => directive.text(word),
                        Some('b') => match word.split_once("\\c") {
                            Some((before, _)) => {
                                out.push_str(&directive.text(&ansi_c(before)));
                                return (out, problem);
                            }
                            None => directive.text(&ansi_c(word)),
                        },
                        Some('q') => directive.text(&escaped(word)),
                        Some('c') => {
                            let first: String = word.chars().take(1).collect();
                            directive.text(&first)
                        }
                        Some('d' | 'i' | 'u' | 'x' | 'X' | 'o') => {
                            directive.integer(integer(word.trim()))
                        }
                        Some('f' | 'F' | 'g' | 'G' | 'e' | 'E') => {
                            let text = word.trim();
                            let number = text.parse::<f64>();
                            if number.is_err() && !text.is_empty() {
                                problem.get_or_insert(format!("{text}: invalid number"));
                            }
                            directive.float(number.unwrap_or(0.0))
                        }
                        Some('T') => {
                            let format = directive.time.as_deref().unwrap_or("%X");
                            let seconds = integer(word.trim());
                            super::clock::formatted(
                                format,
                                seconds.clamp(-60_000_000_000, 200_000_000_000),
                            )
                        }
                        other => {
                            problem.get_or_insert(format!(
                                "`{}': invalid format character",
                                other.map_or(String::new(), String::from)
                            ));
                            return (out, problem);
                        }
                    });
                }
                c => out.push(c),
            }
        }
        // A format that takes no words is printed once.
        if words.len() == before {
            break;
        }
    }
    (out, problem)
}

/// A whole number as the shell's `printf` reads it: decimal, octal, hexadecimal, or a letter after a quote.
fn whole(text: &str) -> Result<i64, &str> {
    if let Some(letter) = text.strip_prefix(['"', '\'']) {
        return Ok(letter.chars().next().map_or(0, |c| i64::from(u32::from(c))));
    }
    if text.is_empty() {
        return Ok(0);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let parsed = if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    parsed.map(|number: i64| sign * number).map_err(|_| text)
}

/// A word as `printf %q` writes it: with a backslash before what means something.
pub(crate) fn escaped(word: &str) -> String {
    if word.is_empty() {
        return "''".to_owned();
    }
    if word.chars().any(char::is_control) {
        let inner: String = word
            .chars()
            .map(|c| match c {
                '\n' => "\\n".to_owned(),
                '\t' => "\\t".to_owned(),
                '\'' => "\\'".to_owned(),
                '\\' => "\\\\".to_owned(),
                c if c.is_control() => format!("\\{:03o}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        return format!("$'{inner}'");
    }
    let mut out = String::new();
    for (at, c) in word.char_indices() {
        if " \t!\"#$&'()*,;<>?[\\]^`{|}".contains(c) && !(c == '#' && at > 0)
            || (c == '~' && at == 0)
        {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// How many lines or bytes `head` and `tail` take.
enum Count {
    Lines(u64),
    Bytes(u64),
}

fn counted(call: &mut Call<'_>) -> Option<(Count, bool, Vec<String>)> {
    const SPEC: Spec = Spec::new(
        "n:c:qvfF",
        &[
            ("lines=", 'n'),
            ("bytes=", 'c'),
            ("quiet", 'q'),
            ("follow", 'f'),
            ("verbose", 'v'),
        ],
    );
    // `head -5` is `head -n 5`.
    if let Some(first) = call.args.get(1).cloned()
        && let Some(digits) = first.strip_prefix('-')
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        call.args[1] = format!("-n{digits}");
    }
    let options = SPEC.read(call)?;
    if options.has('f') || options.has('F') {
        call.error(said("practice-tail-f", &[]));
    }
    let (letter, what) = if options.has('c') {
        ('c', "bytes")
    } else {
        ('n', "lines")
    };
    let given = options.value(letter).unwrap_or("10").to_owned();
    let digits = given.trim_start_matches(['+', '-']);
    let digits = digits
        .strip_suffix('K')
        .map_or(digits.to_owned(), |n| format!("{n}000"));
    let Ok(number) = digits.parse::<u64>() else {
        let name = call.name();
        call.error(format!("{name}: invalid number of {what}: ‘{given}’"));
        return None;
    };
    let signed = given.starts_with(if call.name() == "head" { '-' } else { '+' });
    let count = if letter == 'c' {
        Count::Bytes(number)
    } else {
        Count::Lines(number)
    };
    Some((count, signed, options.words))
}

fn head(call: &mut Call<'_>) -> Exit {
    let Some((count, but, files)) = counted(call) else {
        return 1;
    };
    each_with_title(call, &files, |call, file| {
        // From a pipe no more is read than is shown: what never ends can be cut.
        if let (Count::Lines(most), false, "-") = (&count, but, file) {
            for _ in 0..*most {
                match call.read_line() {
                    Some(line) => {
                        if !call.print(line) {
                            return true;
                        }
                    }
                    None => return true,
                }
            }
            return true;
        }
        let Some(bytes) = input(call, file) else {
            return false;
        };
        match count {
            Count::Lines(most) => {
                let all = lines(call, &bytes);
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let most = if but {
                    all.len().saturating_sub(most)
                } else {
                    most.min(all.len())
                };
                call.print(all[..most].concat());
            }
            Count::Bytes(most) => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let most = if but {
                    bytes.len().saturating_sub(most)
                } else {
                    most.min(bytes.len())
                };
                call.print(&bytes[..most]);
            }
        }
        true
    })
}

fn tail(call: &mut Call<'_>) -> Exit {
    let Some((count, from, files)) = counted(call) else {
        return 1;
    };
    each_with_title(call, &files, |call, file| {
        let Some(bytes) = input(call, file) else {
            return false;
        };
        match count {
            Count::Lines(number) => {
                let all = lines(call, &bytes);
                let number = usize::try_from(number).unwrap_or(usize::MAX);
                let start = if from {
                    number.saturating_sub(1)
                } else {
                    all.len().saturating_sub(number)
                };
                call.print(all[start.min(all.len())..].concat());
            }
            Count::Bytes(number) => {
                let number = usize::try_from(number).unwrap_or(usize::MAX);
                let start = if from {
                    number.saturating_sub(1)
                } else {
                    bytes.len().saturating_sub(number)
                };
                call.print(&bytes[start.min(bytes.len())..]);
            }
        }
        true
    })
}

fn each_with_title(
    call: &mut Call<'_>,
    files: &[String],
    mut show: impl FnMut(&mut Call<'_>, &str) -> bool,
) -> Exit {
    if files.is_empty() {
        return Exit::from(!show(call, "-"));
    }
    let mut exit = 0;
    for (index, file) in files.iter().enumerate() {
        if files.len() > 1 {
            let gap = if index > 0 { "\n" } else { "" };
            call.print(format!("{gap}==> {file} <==\n"));
        }
        if !show(call, file) {
            exit = 1;
        }
    }
    exit
}

fn wc(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "lwcmL",
        &[
            ("lines", 'l'),
            ("words", 'w'),
            ("bytes", 'c'),
            ("chars", 'm'),
            ("max-line-length", 'L'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let all = options.last_of("lwcmL").is_none();
    let mut exit = 0;
    let mut rows: Vec<(Vec<usize>, String)> = Vec::new();
    let files = if options.words.is_empty() {
        vec![String::from("-")]
    } else {
        options.words.clone()
    };
    for file in files {
        let Some(bytes) = input(call, &file) else {
            exit = 1;
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut numbers = Vec::new();
        if all || options.has('l') {
            numbers.push(memchr::memchr_iter(b'\n', &bytes).count());
        }
        if all || options.has('w') {
            numbers.push(text.split_whitespace().count());
        }
        if options.has('m') {
            numbers.push(text.chars().count());
        }
        if all || options.has('c') {
            numbers.push(bytes.len());
        }
        if options.has('L') {
            let longest = text.lines().map(|line| line.chars().count()).max();
            numbers.push(longest.unwrap_or(0));
        }
        rows.push((numbers, file));
    }
    if rows.len() > 1 {
        let columns = rows[0].0.len();
        let sums = (0..columns)
            .map(|column| rows.iter().map(|(numbers, _)| numbers[column]).sum())
            .collect();
        rows.push((sums, "total".to_owned()));
    }
    let from_stdin = rows.iter().any(|(_, name)| name == "-");
    let widest = rows
        .iter()
        .flat_map(|(numbers, _)| numbers)
        .max()
        .map_or(1, |number| number.to_string().len());
    let width = match rows.first() {
        Some((numbers, _)) if numbers.len() == 1 && rows.len() == 1 => 1,
        _ if from_stdin => 7,
        _ => widest,
    };
    for (numbers, name) in rows {
        let numbers: Vec<String> = numbers
            .iter()
            .map(|number| format!("{number:width$}"))
            .collect();
        let name = if name == "-" {
            String::new()
        } else {
            format!(" {name}")
        };
        call.line(format!("{}{name}", numbers.join(" ")));
    }
    exit
}

fn tee(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("aip", &[("append", 'a')]);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let mut exit = 0;
    let mut open = Vec::new();
    for file in &options.words {
        if !call.system.spend(20) {
            return 130;
        }
        let append = options.has('a');
        let result = if append && call.files().get(file).is_ok() {
            call.files().may_write(file)
        } else {
            call.files().write(file, b"", false)
        };
        match result {
            Ok(()) => open.push(file.clone()),
            Err(errno) => {
                call.error(format!("tee: {file}: {errno}"));
                exit = 1;
            }
        }
    }
    let bytes = call.read_all();
    call.print(&bytes);
    for file in open {
        if !call.system.spend(10 + bytes.len() as u64 / 1024) {
            return 130;
        }
        if let Err(errno) = call.files().write(&file, &bytes, true) {
            call.error(format!("tee: {file}: {errno}"));
            exit = 1;
        }
    }
    exit
}

/// The order of names with numbers in them: `libx.so.9` before `libx.so.10`.
pub(super) fn by_version(a: &str, b: &str) -> std::cmp::Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (text, after) = rest.split_at(word);
            let digits = after
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len());
            let (number, after) = after.split_at(digits);
            parts.push((number.parse().unwrap_or(0), text.to_owned()));
            rest = after;
        }
        parts
    };
    let (a, b) = (parts(a), parts(b));
    for ((na, ta), (nb, tb)) in a.iter().zip(&b) {
        let order = ta.cmp(tb).then(na.cmp(nb));
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

fn uniq(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "cduif:s:w:zD",
        &[
            ("count", 'c'),
            ("repeated", 'd'),
            ("unique", 'u'),
            ("ignore-case", 'i'),
            ("skip-fields=", 'f'),
            ("skip-chars=", 's'),
            ("check-chars=", 'w'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let mut numbers = [0, 0, usize::MAX];
    for (number, (letter, what)) in numbers.iter_mut().zip([
        ('f', "fields to skip"),
        ('s', "bytes to skip"),
        ('w', "bytes to compare"),
    ]) {
        if let Some(text) = options.value(letter) {
            let Ok(given) = text.parse() else {
                call.error(format!("uniq: {text}: invalid number of {what}"));
                return 1;
            };
            *number = given;
        }
    }
    let [fields, skipped, compared] = numbers;
    let key = |line: &str| -> String {
        let mut rest = line;
        for _ in 0..fields.min(1000) {
            let blanks = rest.trim_start_matches([' ', '\t']);
            rest = blanks.find([' ', '\t']).map_or("", |end| &blanks[end..]);
        }
        let part: String = rest.chars().skip(skipped).take(compared).collect();
        if options.has('i') {
            part.to_lowercase()
        } else {
            part
        }
    };
    let (bytes, good) = inputs(call, &options.words[..options.words.len().min(1)]);
    let text = String::from_utf8_lossy(&bytes);
    let mut groups: Vec<(usize, &str, String)> = Vec::new();
    for line in text.lines() {
        if !call.system.spend(1) {
            return 130;
        }
        let key = key(line);
        match groups.last_mut() {
            Some((count, _, last)) if *last == key => *count += 1,
            _ => groups.push((1, line, key)),
        }
    }
    for (count, line, _) in groups {
        if options.has('d') && count < 2 || options.has('u') && count > 1 {
            continue;
        }
        let shown = if options.has('c') {
            format!("{count:7} {line}")
        } else {
            line.to_owned()
        };
        if !call.line(shown) {
            break;
        }
    }
    Exit::from(!good)
}

/// The places that `cut -f 1,3-` names, from 1 on.
fn places(list: &str) -> Option<Vec<(usize, usize)>> {
    list.split(',')
        .map(|part| {
            let (from, to) = match part.split_once('-') {
                Some((from, to)) => (from, to),
                None => (part, part),
            };
            let from = if from.is_empty() {
                1
            } else {
                from.parse().ok()?
            };
            let to = if to.is_empty() {
                usize::MAX
            } else {
                to.parse().ok()?
            };
            (from > 0 && from <= to).then_some((from, to))
        })
        .collect()
}

fn cut(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "d:f:c:b:s",
        &[
            ("delimiter=", 'd'),
            ("fields=", 'f'),
            ("characters=", 'c'),
            ("bytes=", 'b'),
            ("only-delimited", 's'),
            ("complement", 'v'),
            ("output-delimiter=", 'O'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let (letter, what) = match options.last_of("fcb") {
        Some('f') => ('f', "field"),
        Some(letter) => (letter, "byte/character"),
        None => {
            call.error("cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.");
            return 1;
        }
    };
    let list = options.value(letter).unwrap_or_default().to_owned();
    let Some(places) = places(&list) else {
        call.error(format!(
            "cut: invalid {what} value ‘{list}’\nTry 'cut --help' for more information."
        ));
        return 1;
    };
    let takes = |place: usize| {
        let named = places
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&place));
        named != options.has('v')
    };
    let delimiter = options.value('d').unwrap_or("\t").to_owned();
    if letter == 'f' && delimiter.chars().count() != 1 {
        call.error(
            "cut: the delimiter must be a single character\nTry 'cut --help' for more information.",
        );
        return 1;
    }
    let (bytes, good) = inputs(call, &options.words);
    for line in text_lines(call, &bytes) {
        let shown = if letter == 'f' {
            if line.contains(&delimiter) {
                line.split(delimiter.as_str())
                    .enumerate()
                    .filter(|(index, _)| takes(index + 1))
                    .map(|(_, field)| field)
                    .collect::<Vec<_>>()
                    .join(options.value('O').unwrap_or(&delimiter))
            } else if options.has('s') {
                continue;
            } else {
                line
            }
        } else {
            line.chars()
                .enumerate()
                .filter(|(index, _)| takes(index + 1))
                .map(|(_, c)| c)
                .collect()
        };
        if !call.line(shown) {
            break;
        }
    }
    Exit::from(!good)
}

/// The characters of a set of `tr`: `a-z`, `[:upper:]`, `\n`.
fn set(text: &str) -> Vec<char> {
    let text = ansi_c(text);
    let mut chars = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let class = [
            ("[:upper:]", 'A'..='Z'),
            ("[:lower:]", 'a'..='z'),
            ("[:digit:]", '0'..='9'),
        ]
        .into_iter()
        .find(|(name, _)| rest.starts_with(name));
        if let Some((name, range)) = class {
            chars.extend(range);
            rest = &rest[name.len()..];
            continue;
        }
        if let Some(after) = rest.strip_prefix("[:space:]") {
            chars.extend([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("[:alpha:]") {
            chars.extend('A'..='Z');
            chars.extend('a'..='z');
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("[:alnum:]") {
            chars.extend('0'..='9');
            chars.extend('A'..='Z');
            chars.extend('a'..='z');
            rest = after;
            continue;
        }
        let mut each = rest.chars();
        let Some(first) = each.next() else {
            break;
        };
        let mut ahead = each.clone();
        if ahead.next() == Some('-')
            && let Some(last) = ahead.next()
            && last >= first
        {
            chars.extend((first..=last).take(70_000));
            rest = ahead.as_str();
            continue;
        }
        chars.push(first);
        rest = each.as_str();
    }
    chars
}

fn tr(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "cCds",
        &[
            ("delete", 'd'),
            ("squeeze-repeats", 's'),
            ("complement", 'c'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let Some(first) = options.words.first() else {
        call.error("tr: missing operand\nTry 'tr --help' for more information.");
        return 1;
    };
    let (delete, squeeze) = (options.has('d'), options.has('s'));
    let complement = options.has('c') || options.has('C');
    let from = set(first);
    let to = options
        .words
        .get(1)
        .map(|text| set(text))
        .unwrap_or_default();
    if to.is_empty() && !delete && !squeeze {
        call.error(format!("tr: missing operand after ‘{first}’\nTwo strings must be given when translating.\nTry 'tr --help' for more information."));
        return 1;
    }
    let text = String::from_utf8_lossy(&call.read_all()).into_owned();
    if !call.system.spend(text.len() as u64 / 256 + 1) {
        return 130;
    }
    let place = |c: char| {
        let found = from.iter().position(|known| *known == c);
        if complement {
            found.map_or(Some(usize::MAX), |_| None)
        } else {
            found
        }
    };
    let mut out = String::with_capacity(text.len());
    let mut last = None;
    for c in text.chars() {
        let place = place(c);
        if delete {
            if place.is_none() {
                out.push(c);
            }
            continue;
        }
        let new = match place {
            Some(place) if !to.is_empty() => to[place.min(to.len() - 1)],
            _ => c,
        };
        let squeezes = if to.is_empty() {
            place.is_some()
        } else {
            to.contains(&new)
        };
        if squeeze && squeezes && last == Some(new) {
            continue;
        }
        last = Some(new);
        out.push(new);
    }
    call.print(out);
    0
}

fn yes(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let line = if words.is_empty() {
        "y".to_owned()
    } else {
        words.join(" ")
    };
    let block = format!("{line}\n").repeat((4096 / (line.len() + 1)).max(1));
    while call.print(&block) {}
    0
}

fn seq(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "ws:f:",
        &[("separator=", 's'), ("equal-width", 'w'), ("format=", 'f')],
    );
    // A number below zero is no option.
    let (options, words): (Vec<String>, Vec<String>) = {
        let mut words = call.rest();
        let numbers = words
            .iter()
            .position(|word| word.parse::<f64>().is_ok())
            .unwrap_or(words.len());
        // The value of an option may be a number, too.
        let numbers = match numbers.checked_sub(1).and_then(|before| words.get(before)) {
            Some(word) if matches!(word.as_str(), "-s" | "-f") => numbers + 1,
            _ => numbers,
        };
        let rest = words.split_off(numbers.min(words.len()));
        (words, rest)
    };
    call.args.truncate(1);
    call.args.extend(options);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let separator = options.value('s').unwrap_or("\n").to_owned();
    let words: Vec<String> = options.words.iter().cloned().chain(words).collect();
    let mut numbers = Vec::new();
    for word in &words {
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => numbers.push(number),
            _ => {
                call.error(format!("seq: invalid floating point argument: ‘{word}’\nTry 'seq --help' for more information."));
                return 1;
            }
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1.0, 1.0, *last),
        [first, last] => (*first, 1.0, *last),
        [_, step, _] if *step == 0.0 => {
            let word = &words[1];
            call.error(format!("seq: invalid Zero increment value: ‘{word}’\nTry 'seq --help' for more information."));
            return 1;
        }
        [first, step, last] => (*first, *step, *last),
        [] => {
            call.error("seq: missing operand\nTry 'seq --help' for more information.");
            return 1;
        }
        _ => {
            let extra = &words[3];
            call.error(format!(
                "seq: extra operand ‘{extra}’\nTry 'seq --help' for more information."
            ));
            return 1;
        }
    };
    let decimals = |word: &String| word.split_once('.').map_or(0, |(_, after)| after.len());
    let precision = words[..words.len().min(2)]
        .iter()
        .filter(|_| words.len() > 1)
        .map(decimals)
        .max()
        .unwrap_or(0)
        .min(30);
    let format = options.value('f').map(str::to_owned);
    let plain = |number: f64| format!("{number:.precision$}");
    let width = if options.has('w') {
        plain(first).len().max(plain(last).len())
    } else {
        0
    };
    let mut block = String::new();
    let mut count = 0.0;
    loop {
        let at = first + count * step;
        // A little more than the last is the last, but for how numbers are kept.
        let slack = step.abs() * 1e-9;
        if (step > 0.0 && at > last + slack) || (step < 0.0 && at < last - slack) {
            break;
        }
        if count > 0.0 {
            block.push_str(&separator);
        }
        count += 1.0;
        match &format {
            Some(format) => {
                let (text, problem) = printed(&[format.clone(), at.to_string()]);
                if problem.is_some() {
                    call.error(format!("seq: format ‘{format}’ has unknown directive"));
                    return 1;
                }
                block.push_str(&text);
            }
            // Whole numbers are written without the way over a fraction.
            None if precision == 0 && width == 0 && at.abs() < 1e15 => {
                let _ = write!(block, "{}", whole_of(at));
            }
            None => block.push_str(&format!("{at:0width$.precision$}")),
        }
        if block.len() > 4096 {
            if !call.system.spend(block.len() as u64 / 16) || !call.print(&block) {
                return 0;
            }
            block.clear();
        }
    }
    if count > 0.0 {
        block.push('\n');
        call.print(block);
    }
    0
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it is a whole number, far from the ends"
)]
fn whole_of(number: f64) -> i64 {
    number.round() as i64
}

fn rev(call: &mut Call<'_>) -> Exit {
    let (bytes, good) = inputs(call, &call.rest());
    for line in text_lines(call, &bytes) {
        let line: String = line.chars().rev().collect();
        call.line(line);
    }
    Exit::from(!good)
}

fn tac(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new("s:", &[("separator=", 's')]);
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let (bytes, good) = inputs(call, &options.words);
    let mut all = match options.value('s') {
        Some(separator) if !separator.is_empty() && separator != "\n" => {
            if !call.system.spend(bytes.len() as u64 / 16) {
                return 130;
            }
            let mut pieces = Vec::new();
            let mut rest = bytes.as_slice();
            while let Some(at) = memchr::memmem::find(rest, separator.as_bytes()) {
                let (piece, more) = rest.split_at(at + separator.len());
                pieces.push(piece);
                rest = more;
            }
            if !rest.is_empty() {
                pieces.push(rest);
            }
            pieces
        }
        _ => lines(call, &bytes),
    };
    all.reverse();
    call.print(all.concat());
    Exit::from(!good)
}

fn nl(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "b:w:s:n:v:i:p",
        &[
            ("body-numbering=", 'b'),
            ("number-width=", 'w'),
            ("number-separator=", 's'),
            ("number-format=", 'n'),
            ("starting-line-number=", 'v'),
            ("line-increment=", 'i'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let number = |letter, usual: i64| {
        let value = options.value(letter);
        value.map_or(Some(usual), |value| value.parse().ok())
    };
    let (Some(width), Some(first), Some(step)) = (number('w', 6), number('v', 1), number('i', 1))
    else {
        call.error("nl: invalid number\nTry 'nl --help' for more information.");
        return 1;
    };
    let width = usize::try_from(width).unwrap_or(1).clamp(1, 100);
    let separator = options.value('s').unwrap_or("\t").to_owned();
    let (bytes, good) = inputs(call, &options.words);
    let mut number = first;
    for line in text_lines(call, &bytes) {
        let counts = match options.value('b') {
            Some("a") => true,
            Some("n") => false,
            _ => !line.is_empty(),
        };
        let shown = if counts {
            let shown = match options.value('n') {
                Some("ln") => format!("{number:<width$}"),
                Some("rz") => format!("{number:0width$}"),
                _ => format!("{number:>width$}"),
            };
            number = number.saturating_add(step);
            format!("{shown}{separator}{line}")
        } else {
            let blank = " ".repeat(width + separator.chars().count());
            format!("{blank}{line}")
        };
        if !call.line(shown) {
            break;
        }
    }
    Exit::from(!good)
}
