//! `grep` and `sed`, and the regular expressions of both.

use regex_lite::{Regex, RegexBuilder};

use super::Program;
use super::options::Spec;
use super::text::problem;
use crate::practice::process::{Call, Exit};
use crate::practice::tree::join;

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("egrep", grep),
    Program::base("fgrep", grep),
    Program::base("grep", grep),
    Program::base("sed", sed),
];

/// A regular expression as grep and sed have it, basic or extended, for an engine that takes no more than linear time.
pub(crate) fn regex(pattern: &str, extended: bool, ignore_case: bool) -> Result<Regex, String> {
    if pattern.len() > 2000 {
        return Err("Regular expression too big".to_owned());
    }
    RegexBuilder::new(&translated(pattern, extended)?)
        .case_insensitive(ignore_case)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| match pattern {
            _ if pattern.matches('[').count() > pattern.matches(']').count() => {
                "Unmatched [, [^, [:, [., or [=".to_owned()
            }
            _ if pattern.matches('(').count() > pattern.matches(')').count() => {
                "Unmatched ( or \\(".to_owned()
            }
            _ => "Invalid regular expression".to_owned(),
        })
}

/// A regular expression with what looking for it costs.
#[derive(Debug)]
pub(crate) struct Finder {
    pub(crate) regex: Regex,
    /// A pattern that only stands for itself is found faster.
    literal: Option<String>,
    weight: usize,
}

/// As [`regex`], with what looking for it costs.
pub(crate) fn finder(pattern: &str, extended: bool, ignore_case: bool) -> Result<Finder, String> {
    Ok(Finder {
        regex: regex(pattern, extended, ignore_case)?,
        literal: literal(pattern, extended).filter(|_| !ignore_case),
        weight: weight(pattern),
    })
}

impl Finder {
    /// Whether it is in a text.
    pub(crate) fn fits(&self, text: &str) -> bool {
        match &self.literal {
            Some(literal) => memchr::memmem::find(text.as_bytes(), literal.as_bytes()).is_some(),
            None => self.regex.is_match(text),
        }
    }

    /// The steps that looking through so many bytes takes.
    pub(crate) fn cost(&self, bytes: usize) -> usize {
        match self.literal {
            Some(_) => 1 + bytes / 512,
            None => 1 + bytes.saturating_mul(self.weight) / 16,
        }
    }
}

/// The text that a pattern stands for, where it is nothing else.
fn literal(pattern: &str, extended: bool) -> Option<String> {
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(
                chars
                    .next()
                    .filter(|c| ".*[]^$/-_\\".contains(*c))
                    .map(Some)?,
            ),
            '.' | '*' | '[' | ']' | '^' | '$' => return None,
            '(' | ')' | '{' | '}' | '|' | '+' | '?' if extended => return None,
            c => text.push(c),
        }
    }
    (!text.is_empty()).then_some(text)
}

/// How much a pattern weighs: what the machine that looks for it may have to try at each place.
fn weight(pattern: &str) -> usize {
    let mut repeats = 1_usize;
    for part in pattern.split('{').skip(1) {
        let most = part
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|digits| digits.parse::<usize>().ok())
            .max();
        repeats = repeats.saturating_mul(most.unwrap_or(1).max(1));
    }
    (1 + pattern.len() / 4).saturating_mul(repeats)
}

fn translated(pattern: &str, extended: bool) -> Result<String, String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    // Whether what stands here begins an expression, where `*` means itself.
    let mut begins = true;
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        let mut begins_next = false;
        match c {
            '\\' => {
                let Some(&next) = chars.get(at) else {
                    return Err("Trailing backslash".to_owned());
                };
                at += 1;
                match next {
                    '(' | ')' | '{' | '}' | '|' | '+' | '?' if !extended => {
                        out.push(next);
                        begins_next = matches!(next, '(' | '|');
                    }
                    'w' | 'W' | 's' | 'S' | 'b' | 'B' => {
                        out.push('\\');
                        out.push(next);
                    }
                    '<' | '>' => out.push_str("\\b"),
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    '1'..='9' => {
                        return Err(
                            "practice: back-references in a pattern are not supported".to_owned()
                        );
                    }
                    other => out.push_str(&regex_lite::escape(&other.to_string())),
                }
            }
            '[' => {
                out.push('[');
                if chars.get(at) == Some(&'^') {
                    out.push('^');
                    at += 1;
                }
                let start = at;
                loop {
                    let Some(&inner) = chars.get(at) else {
                        return Err("Unmatched [, [^, [:, [., or [=".to_owned());
                    };
                    at += 1;
                    match inner {
                        ']' if at - 1 > start => {
                            out.push(']');
                            break;
                        }
                        '[' if chars.get(at) == Some(&':') => {
                            let end = (at + 1..chars.len())
                                .find(|end| chars[*end] == ':')
                                .ok_or("Unmatched [, [^, [:, [., or [=")?;
                            let name: String = chars[at + 1..end].iter().collect();
                            out.push_str(match name.as_str() {
                                "alpha" => "a-zA-Z",
                                "digit" => "0-9",
                                "alnum" => "a-zA-Z0-9",
                                "upper" => "A-Z",
                                "lower" => "a-z",
                                "space" => "\\s",
                                "blank" => " \\t",
                                "punct" => "!-/:-@\\[-`{-~",
                                "xdigit" => "0-9a-fA-F",
                                _ => return Err("Invalid character class name".to_owned()),
                            });
                            at = end + 2;
                        }
                        '-' => out.push('-'),
                        '\\' | '[' | ']' | '^' | '&' | '~' => {
                            out.push('\\');
                            out.push(inner);
                        }
                        other => out.push(other),
                    }
                }
            }
            '*' if begins => out.push_str("\\*"),
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => {
                if extended {
                    out.push(c);
                    begins_next = matches!(c, '(' | '|');
                } else {
                    out.push('\\');
                    out.push(c);
                }
            }
            '^' => {
                if begins || extended {
                    out.push('^');
                    begins_next = true;
                } else {
                    out.push_str("\\^");
                }
            }
            '$' => {
                let ends = at == chars.len()
                    || extended
                    || (chars[at] == '\\' && matches!(chars.get(at + 1), Some(')' | '|')));
                out.push_str(if ends { "$" } else { "\\$" });
            }
            '.' | '*' => out.push(c),
            other => out.push_str(&regex_lite::escape(&other.to_string())),
        }
        begins = begins_next;
    }
    Ok(out)
}

fn grep(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "EFGPivnclLoqsrRHhwxe:A:B:C:m:a",
        &[
            ("extended-regexp", 'E'),
            ("fixed-strings", 'F'),
            ("perl-regexp", 'P'),
            ("ignore-case", 'i'),
            ("invert-match", 'v'),
            ("line-number", 'n'),
            ("count", 'c'),
            ("files-with-matches", 'l'),
            ("files-without-match", 'L'),
            ("only-matching", 'o'),
            ("quiet", 'q'),
            ("silent", 'q'),
            ("no-messages", 's'),
            ("recursive", 'r'),
            ("with-filename", 'H'),
            ("no-filename", 'h'),
            ("word-regexp", 'w'),
            ("line-regexp", 'x'),
            ("regexp=", 'e'),
            ("color[", '0'),
            ("colour[", '0'),
            ("after-context=", 'A'),
            ("before-context=", 'B'),
            ("context=", 'C'),
            ("max-count=", 'm'),
            ("include=", '1'),
            ("exclude-dir=", '2'),
        ],
    );
    // `-3` is `-C3`.
    for arg in call.args.iter_mut().skip(1) {
        if let Some(digits) = arg.strip_prefix('-')
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            *arg = format!("-C{digits}");
        }
    }
    let Ok(options) = read_options(call, SPEC, "grep [OPTION]... PATTERNS [FILE]...") else {
        return 2;
    };
    let mut files = options.words.clone();
    let mut patterns: Vec<String> = options.values('e').map(str::to_owned).collect();
    if patterns.is_empty() {
        if files.is_empty() {
            call.error("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.");
            return 2;
        }
        patterns.push(files.remove(0));
    }
    let extended = options.has('E') || options.has('P') || call.name() == "egrep";
    let fixed = options.has('F') || call.name() == "fgrep";
    let mut regexes = Vec::new();
    for pattern in patterns.iter().flat_map(|pattern| pattern.split('\n')) {
        let mut text = if fixed {
            regex_lite::escape(pattern)
        } else {
            pattern.to_owned()
        };
        if !fixed {
            match translated(&text, extended) {
                Ok(translated) => text = translated,
                Err(message) => {
                    call.error(format!("grep: {message}"));
                    return 2;
                }
            }
        }
        if options.has('w') {
            text = format!("\\b(?:{text})\\b");
        }
        if options.has('x') {
            text = format!("^(?:{text})$");
        }
        let built = RegexBuilder::new(&text)
            .case_insensitive(options.has('i'))
            .size_limit(1 << 20)
            .build();
        match built {
            Ok(regex) => regexes.push(regex),
            Err(_) => {
                let message = regex(pattern, extended, false).err().unwrap_or_default();
                call.error(format!("grep: {message}"));
                return 2;
            }
        }
    }
    // A pattern that only stands for itself is looked for as such, which is much faster.
    let plain: Option<Vec<String>> = if options.has('i') || options.has('w') || options.has('x') {
        None
    } else {
        patterns
            .iter()
            .flat_map(|pattern| pattern.split('\n'))
            .map(|pattern| {
                if fixed {
                    Some(pattern.to_owned())
                } else {
                    literal(pattern, extended)
                }
            })
            .collect()
    };
    let heaviness: u64 = if plain.is_some() {
        1
    } else {
        patterns.iter().map(|pattern| weight(pattern) as u64).sum()
    };
    if !call.system.spend(regexes.len() as u64 * 60) {
        return 130;
    }
    let recursive = options.has('r') || options.has('R');
    let mut inputs: Vec<(String, Option<String>)> = Vec::new();
    let mut trouble = false;
    if files.is_empty() {
        if recursive {
            files.push(".".to_owned());
        } else {
            inputs.push(("(standard input)".to_owned(), None));
        }
    }
    for file in &files {
        if file == "-" {
            inputs.push(("(standard input)".to_owned(), None));
            continue;
        }
        let is_dir = call
            .files()
            .get(file)
            .is_ok_and(crate::practice::Node::is_dir);
        if !is_dir {
            inputs.push((file.clone(), Some(file.clone())));
        } else if recursive {
            let path = call.files().path(file);
            let real = call.system.machine.tree.real_path(&path).unwrap_or(path);
            let below: Vec<String> = call
                .system
                .machine
                .tree
                .walk(&real)
                .map(|found| {
                    found
                        .into_iter()
                        .filter(|(_, node)| {
                            matches!(node.content, crate::practice::Content::File(_))
                        })
                        .map(|(path, _)| path)
                        .collect()
                })
                .unwrap_or_default();
            if !call.system.spend(below.len() as u64) {
                return 130;
            }
            for path in below {
                let shown = match path.strip_prefix(&real) {
                    Some(rest) => join(file, rest.trim_start_matches('/')),
                    None => path.clone(),
                };
                inputs.push((shown, Some(path)));
            }
        } else {
            if !options.has('s') {
                call.error(format!("grep: {file}: Is a directory"));
            }
            trouble = true;
        }
    }
    let with_name = options.has('H') || (!options.has('h') && (inputs.len() > 1 || recursive));
    let number = |letter| {
        options
            .value(letter)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let around = number('C').unwrap_or(0);
    let (before, after) = (number('B').unwrap_or(around), number('A').unwrap_or(around));
    let most = number('m').unwrap_or(usize::MAX);
    let mut found_any = false;
    for (shown, path) in inputs {
        let bytes = match &path {
            None => call.read_all(),
            Some(path) => match call.files().read(path) {
                Ok(bytes) => bytes.to_vec(),
                Err(errno) => {
                    if !options.has('s') {
                        call.error(format!("grep: {shown}: {}", problem(errno)));
                    }
                    trouble = true;
                    continue;
                }
            },
        };
        if !call.system.spend(bytes.len() as u64 / 16 * heaviness + 1) {
            return 130;
        }
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        let fits = |line: &str| {
            let found = match &plain {
                Some(literals) => literals
                    .iter()
                    .any(|literal| line.contains(literal.as_str())),
                None => regexes.iter().any(|regex| regex.is_match(line)),
            };
            found != options.has('v')
        };
        let hits: Vec<usize> = (0..all.len())
            .filter(|index| fits(all[*index]))
            .take(most)
            .collect();
        found_any |= !hits.is_empty();
        if options.has('q') {
            if found_any {
                return 0;
            }
            continue;
        }
        let prefix = if with_name {
            format!("{shown}:")
        } else {
            String::new()
        };
        if options.has('l') || options.has('L') {
            if hits.is_empty() == options.has('L') {
                call.line(&shown);
            }
            continue;
        }
        if options.has('c') {
            call.line(format!("{prefix}{}", hits.len()));
            continue;
        }
        if bytes.contains(&0) && !options.has('a') {
            if !hits.is_empty() {
                call.line(format!("grep: {shown}: binary file matches"));
            }
            continue;
        }
        let mut last_shown: Option<usize> = None;
        for &hit in &hits {
            if options.has('o') {
                for regex in &regexes {
                    for found in regex.find_iter(all[hit]).filter(|found| !found.is_empty()) {
                        let line = if options.has('n') {
                            format!("{}:", hit + 1)
                        } else {
                            String::new()
                        };
                        call.line(format!("{prefix}{line}{}", found.as_str()));
                    }
                }
                continue;
            }
            let from = hit.saturating_sub(before);
            let to = hit.saturating_add(after).min(all.len() - 1);
            let from = last_shown.map_or(from, |last| from.max(last + 1));
            if (before > 0 || after > 0) && last_shown.is_some_and(|last| from > last + 1) {
                call.line("--");
            }
            for (index, line_text) in all.iter().enumerate().take(to + 1).skip(from) {
                let mark = if hits.contains(&index) { ':' } else { '-' };
                let name = if with_name {
                    format!("{shown}{mark}")
                } else {
                    String::new()
                };
                let line = if options.has('n') {
                    format!("{}{mark}", index + 1)
                } else {
                    String::new()
                };
                if !call.line(format!("{name}{line}{line_text}")) {
                    return 0;
                }
            }
            last_shown = Some(last_shown.map_or(to, |last| last.max(to)));
        }
    }
    if trouble && !(options.has('q') && found_any) {
        2
    } else {
        Exit::from(!found_any)
    }
}

fn read_options(
    call: &mut Call<'_>,
    spec: Spec,
    usage: &str,
) -> Result<super::options::Options, ()> {
    match spec.read_quietly(&call.rest()) {
        Ok(options) => Ok(options),
        Err(problem) => {
            let name = call.name();
            call.error(format!("{name}: {problem}"));
            call.error(format!(
                "Usage: {usage}\nTry '{name} --help' for more information."
            ));
            Err(())
        }
    }
}

/// One command of a sed script.
struct Edit {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    what: What,
    inside: bool,
}

enum Address {
    Line(usize),
    Last,
    Fits(Regex),
}

enum What {
    Substitute {
        regex: Regex,
        replacement: String,
        global: bool,
        nth: usize,
        print: bool,
    },
    Delete,
    Print,
    Quit,
    Append(String),
    Insert(String),
    Change(String),
    Translate(Vec<char>, Vec<char>),
    Number,
}

fn sed(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "nEri:e:s",
        &[
            ("quiet", 'n'),
            ("silent", 'n'),
            ("regexp-extended", 'E'),
            ("in-place[", 'i'),
            ("expression=", 'e'),
        ],
    );
    // `-i` takes a suffix only when it is part of the same word.
    let mut suffix = None;
    let mut words = Vec::new();
    let mut ended = false;
    for arg in call.rest() {
        if arg == "--" {
            ended = true;
        }
        if !ended
            && !arg.starts_with("--")
            && arg.starts_with('-')
            && arg.len() > 1
            && !arg.starts_with("-e")
        {
            if let Some((before, after)) = arg[1..].split_once('i') {
                suffix = Some(after.to_owned());
                if !before.is_empty() {
                    words.push(format!("-{before}"));
                }
                continue;
            }
        } else if !ended && (arg == "--in-place" || arg.starts_with("--in-place=")) {
            suffix = Some(
                arg.split_once('=')
                    .map_or(String::new(), |(_, end)| end.to_owned()),
            );
            continue;
        }
        words.push(arg);
    }
    let options = match SPEC.read_quietly(&words) {
        Ok(options) => options,
        Err(problem) => {
            call.error(format!("sed: {problem}"));
            call.error("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...");
            return 1;
        }
    };
    let mut files = options.words.clone();
    let mut script: Vec<String> = options.values('e').map(str::to_owned).collect();
    if script.is_empty() {
        if files.is_empty() {
            call.error("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...");
            return 1;
        }
        script.push(files.remove(0));
    }
    let script = script.join("\n");
    let extended = options.has('E') || options.has('r');
    let mut edits = match edits(&script, extended) {
        Ok(edits) => edits,
        Err((at, message)) => {
            call.error(format!("sed: -e expression #1, char {at}: {message}"));
            return 1;
        }
    };
    let quiet = options.has('n');
    let mut exit = 0;
    let inputs: Vec<Option<String>> = if files.is_empty() {
        vec![None]
    } else {
        files.into_iter().map(Some).collect()
    };
    for file in inputs {
        let bytes = match &file {
            None => call.read_all(),
            Some(file) => {
                if call
                    .files()
                    .get(file)
                    .is_ok_and(crate::practice::Node::is_dir)
                {
                    call.error(if suffix.is_some() {
                        format!("sed: couldn't edit {file}: not a regular file")
                    } else {
                        format!("sed: read error on {file}: Is a directory")
                    });
                    exit = 4;
                    continue;
                }
                match call.files().read(file) {
                    Ok(bytes) => bytes.to_vec(),
                    Err(errno) => {
                        call.error(format!("sed: can't read {file}: {}", problem(errno)));
                        exit = 2;
                        continue;
                    }
                }
            }
        };
        if !call
            .system
            .spend(bytes.len() as u64 / 8 * edits.len() as u64 + edits.len() as u64 * 60 + 1)
        {
            return 130;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let out = edited(&text, &mut edits, quiet);
        match (&suffix, &file) {
            (Some(suffix), Some(file)) => {
                // It writes a new file and puts it in the place of the old one, so that it asks the folder.
                if let Some((folder, _)) = crate::practice::split(&call.files().path(file)) {
                    let may = call.files().get(&folder).cloned();
                    let allowed = may.is_ok_and(|node| call.files().allows(&node, 3));
                    if !allowed {
                        let shown = crate::practice::split(file)
                            .map_or_else(|| ".".to_owned(), |(folder, _)| folder);
                        call.error(format!(
                            "sed: couldn't open temporary file {shown}/sedqHf2vM: Permission denied"
                        ));
                        exit = 4;
                        continue;
                    }
                }
                if !suffix.is_empty()
                    && let Err(errno) =
                        call.files()
                            .write(&format!("{file}{suffix}"), &bytes, false)
                {
                    call.error(format!("sed: cannot rename {file}: {errno}"));
                    exit = 4;
                    continue;
                }
                if let Err(errno) = call.files().write(file, out.as_bytes(), false) {
                    call.error(format!("sed: couldn't flush {file}: {errno}"));
                    exit = 4;
                }
            }
            _ => {
                call.print(out);
            }
        }
    }
    exit
}

fn edited(text: &str, edits: &mut [Edit], quiet: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let last = lines.len();
    let ends_open = !text.ends_with('\n');
    'lines: for (index, line) in lines.iter().enumerate() {
        let number = index + 1;
        let mut line = (*line).to_owned();
        let mut after = String::new();
        let mut quits = false;
        for edit in edits.iter_mut() {
            if !edit.applies(number, number == last, &line) {
                continue;
            }
            match &edit.what {
                What::Substitute {
                    regex,
                    replacement,
                    global,
                    nth,
                    print,
                } => {
                    if let Some(new) = substituted(&line, regex, replacement, *global, *nth) {
                        line = new;
                        if *print {
                            out.push_str(&line);
                            out.push('\n');
                        }
                    }
                }
                What::Delete => {
                    out.push_str(&after);
                    continue 'lines;
                }
                What::Print => {
                    out.push_str(&line);
                    out.push('\n');
                }
                What::Number => out.push_str(&format!("{number}\n")),
                What::Quit => {
                    quits = true;
                    break;
                }
                What::Append(text) => {
                    after.push_str(text);
                    after.push('\n');
                }
                What::Insert(text) => {
                    out.push_str(text);
                    out.push('\n');
                }
                What::Change(text) => {
                    out.push_str(text);
                    out.push('\n');
                    continue 'lines;
                }
                What::Translate(from, to) => {
                    line = line
                        .chars()
                        .map(|c| {
                            from.iter()
                                .position(|known| *known == c)
                                .map_or(c, |at| to[at])
                        })
                        .collect();
                }
            }
        }
        if !quiet {
            out.push_str(&line);
            if !(number == last && ends_open && after.is_empty()) {
                out.push('\n');
            }
        }
        out.push_str(&after);
        if quits {
            break;
        }
    }
    out
}

impl Edit {
    fn applies(&mut self, number: usize, is_last: bool, line: &str) -> bool {
        let at = |address: &Address| match address {
            Address::Line(wanted) => *wanted == number,
            Address::Last => is_last,
            Address::Fits(regex) => regex.is_match(line),
        };
        let is = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => at(from),
            (Some(from), Some(to)) => {
                if self.inside {
                    let ends = match to {
                        Address::Line(wanted) => number >= *wanted,
                        other => at(other),
                    };
                    self.inside = !ends;
                    // A last line that has gone by ends at once, without this line.
                    !matches!(to, Address::Line(wanted) if number > *wanted)
                } else if at(from) {
                    self.inside = !matches!(to, Address::Line(wanted) if *wanted <= number);
                    true
                } else {
                    false
                }
            }
        };
        is != self.negated
    }
}

fn substituted(
    line: &str,
    regex: &Regex,
    replacement: &str,
    global: bool,
    nth: usize,
) -> Option<String> {
    let mut out = String::new();
    let mut end = 0;
    let mut count = 0;
    let mut changed = false;
    for captures in regex.captures_iter(line) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        count += 1;
        if count < nth {
            continue;
        }
        out.push_str(&line[end..whole.start()]);
        let mut chars = replacement.chars();
        while let Some(c) = chars.next() {
            match c {
                '&' => out.push_str(whole.as_str()),
                '\\' => match chars.next() {
                    Some(digit @ '0'..='9') => {
                        let group = digit.to_digit(10).unwrap_or(0) as usize;
                        out.push_str(captures.get(group).map_or("", |group| group.as_str()));
                    }
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some(other) => out.push(other),
                    None => out.push('\\'),
                },
                c => out.push(c),
            }
        }
        end = whole.end();
        changed = true;
        if !global {
            break;
        }
    }
    out.push_str(&line[end..]);
    changed.then_some(out)
}

/// Reads a script; where it is wrong, the place and what is wrong.
fn edits(script: &str, extended: bool) -> Result<Vec<Edit>, (usize, String)> {
    let chars: Vec<char> = script.chars().collect();
    let mut at = 0;
    let mut edits = Vec::new();
    let wrong = |at: usize, message: &str| (at, message.to_owned());
    loop {
        while chars
            .get(at)
            .is_some_and(|c| c.is_whitespace() || *c == ';')
        {
            at += 1;
        }
        if at >= chars.len() {
            return Ok(edits);
        }
        if chars[at] == '#' {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
            continue;
        }
        if edits.len() > 200 {
            return Err(wrong(
                at,
                "practice: a script of more than 200 commands is not supported",
            ));
        }
        let from = address(&chars, &mut at, extended)?;
        let mut to = None;
        if chars.get(at) == Some(&',') {
            at += 1;
            to = address(&chars, &mut at, extended)?;
            if to.is_none() {
                return Err(wrong(at, "unexpected `,'"));
            }
        }
        while chars.get(at) == Some(&' ') {
            at += 1;
        }
        let negated = chars.get(at) == Some(&'!');
        if negated {
            at += 1;
        }
        let Some(&command) = chars.get(at) else {
            return Err(wrong(at, "missing command"));
        };
        at += 1;
        let what = match command {
            'd' => What::Delete,
            'p' => What::Print,
            'q' => What::Quit,
            '=' => What::Number,
            's' => {
                let delimiter = *chars
                    .get(at)
                    .ok_or_else(|| wrong(at, "unterminated `s' command"))?;
                at += 1;
                let pattern = until(&chars, &mut at, delimiter)
                    .ok_or_else(|| wrong(at, "unterminated `s' command"))?;
                let replacement = until(&chars, &mut at, delimiter)
                    .ok_or_else(|| wrong(at, "unterminated `s' command"))?;
                let (mut global, mut print, mut ignore, mut nth) = (false, false, false, 1);
                while let Some(&flag) = chars.get(at) {
                    match flag {
                        'g' => global = true,
                        'p' => print = true,
                        'i' | 'I' => ignore = true,
                        '1'..='9' => nth = flag.to_digit(10).unwrap_or(1) as usize,
                        ';' | '\n' | ' ' | '}' => break,
                        _ => return Err(wrong(at + 1, "unknown option to `s'")),
                    }
                    at += 1;
                }
                let regex =
                    regex(&pattern, extended, ignore).map_err(|message| wrong(at, &message))?;
                What::Substitute {
                    regex,
                    replacement,
                    global,
                    nth,
                    print,
                }
            }
            'y' => {
                let delimiter = *chars
                    .get(at)
                    .ok_or_else(|| wrong(at, "unterminated `y' command"))?;
                at += 1;
                let from = until(&chars, &mut at, delimiter)
                    .ok_or_else(|| wrong(at, "unterminated `y' command"))?;
                let to = until(&chars, &mut at, delimiter)
                    .ok_or_else(|| wrong(at, "unterminated `y' command"))?;
                let (from, to): (Vec<char>, Vec<char>) =
                    (from.chars().collect(), to.chars().collect());
                if from.len() != to.len() {
                    return Err(wrong(at, "strings for `y' command are different lengths"));
                }
                What::Translate(from, to)
            }
            'a' | 'i' | 'c' => {
                while chars.get(at) == Some(&' ') {
                    at += 1;
                }
                if chars.get(at) == Some(&'\\') {
                    at += 1;
                    while chars.get(at).is_some_and(|c| *c == '\n' || *c == ' ') {
                        at += 1;
                    }
                }
                let mut text = String::new();
                while let Some(&c) = chars.get(at) {
                    at += 1;
                    if c == '\n' {
                        break;
                    }
                    text.push(c);
                }
                if text.is_empty() {
                    return Err(wrong(at, "expected \\ after `a', `c' or `i'"));
                }
                match command {
                    'a' => What::Append(text),
                    'i' => What::Insert(text),
                    _ => What::Change(text),
                }
            }
            'b' | 't' | 'h' | 'H' | 'g' | 'G' | 'x' | 'n' | 'N' | 'D' | 'P' | 'r' | 'w' | 'l'
            | ':' | '{' | '}' => {
                return Err(wrong(
                    at,
                    "practice: this command of sed is not supported; s, d, p, q, a, i, c, y and = are",
                ));
            }
            other => return Err(wrong(at, &format!("unknown command: `{other}'"))),
        };
        while chars.get(at) == Some(&' ') {
            at += 1;
        }
        if let Some(&next) = chars.get(at)
            && next != ';'
            && next != '\n'
        {
            return Err(wrong(at + 1, "extra characters after command"));
        }
        edits.push(Edit {
            from,
            to,
            negated,
            what,
            inside: false,
        });
    }
}

fn address(
    chars: &[char],
    at: &mut usize,
    extended: bool,
) -> Result<Option<Address>, (usize, String)> {
    match chars.get(*at) {
        Some('$') => {
            *at += 1;
            Ok(Some(Address::Last))
        }
        Some(c) if c.is_ascii_digit() => {
            let mut number = 0_usize;
            while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
                number = number.saturating_mul(10).saturating_add(digit as usize);
                *at += 1;
            }
            Ok(Some(Address::Line(number)))
        }
        Some('/' | '\\') => {
            let mut delimiter = '/';
            if chars[*at] == '\\' {
                *at += 1;
                delimiter = chars.get(*at).copied().unwrap_or('/');
            }
            *at += 1;
            let pattern = until(chars, at, delimiter)
                .ok_or((*at, "unterminated address regex".to_owned()))?;
            let regex = regex(&pattern, extended, false).map_err(|message| (*at, message))?;
            Ok(Some(Address::Fits(regex)))
        }
        _ => Ok(None),
    }
}

/// The text up to a delimiter that no backslash stands before.
fn until(chars: &[char], at: &mut usize, delimiter: char) -> Option<String> {
    let mut text = String::new();
    let mut in_set = false;
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        match c {
            '\\' => {
                let next = *chars.get(*at)?;
                *at += 1;
                if next != delimiter {
                    text.push('\\');
                }
                text.push(next);
            }
            c if c == delimiter && !in_set => return Some(text),
            c => {
                in_set = (c == '[' && delimiter == '/') || (in_set && c != ']');
                if c == '\n' && in_set {
                    in_set = false;
                }
                text.push(c);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_and_extended_expressions_mean_what_they_mean_to_grep() {
        for (pattern, extended, text, fits) in [
            ("a+b", false, "a+b", true),
            ("a\\+b", false, "aab", true),
            ("a+b", true, "aab", true),
            ("^ii +(nvidia|cuda)", true, "ii  nvidia-driver-580", true),
            ("VGA\\|3D", false, "3D controller", true),
            ("*a", false, "*a", true),
            ("[[:digit:]]\\{3\\}", false, "a580b", true),
            ("[]x]", false, "]", true),
            ("a$b", false, "a$b", true),
            ("libcuda\\.so", false, "libcudaXso", false),
        ] {
            let regex = regex(pattern, extended, false).unwrap();
            assert_eq!(regex.is_match(text), fits, "{pattern} {text}");
        }
        assert!(regex("a[", false, false).is_err());
        assert!(regex(&"(".repeat(500), true, false).is_err());
    }

    #[test]
    fn scripts_of_sed_are_played() {
        for (script, text, expected) in [
            ("s/a/b/", "aa\n", "ba\n"),
            ("s/a/b/g", "aa\n", "bb\n"),
            ("s#/usr#/opt#;s/x$/y/", "/usr x\n", "/opt y\n"),
            ("/nouveau/d", "a\nblacklist nouveau\nb", "a\nb"),
            ("2,3d", "1\n2\n3\n4\n", "1\n4\n"),
            ("$d", "1\n2\n", "1\n"),
            ("1i\\first", "a\n", "first\na\n"),
            ("$a last", "a\n", "a\nlast\n"),
            ("s/\\(a\\)\\(b\\)/\\2\\1/", "ab\n", "ba\n"),
            ("s/b/[&]/", "abc\n", "a[b]c\n"),
        ] {
            let mut edits =
                edits(script, false).unwrap_or_else(|error| panic!("{script} {error:?}"));
            assert_eq!(edited(text, &mut edits, false), expected, "{script}");
        }
        assert!(edits("s/a", false).is_err());
        assert!(edits("k", false).is_err());
    }
}
