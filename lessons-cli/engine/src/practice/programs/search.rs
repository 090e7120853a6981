//! `grep`, and the regular expressions of it, `sed`, `awk` and the shell.

use crate::practice::said::said;
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
];

/// A regular expression as grep and sed have it, basic or extended, for an engine that takes no more than linear time.
pub(crate) fn regex(pattern: &str, extended: bool, ignore_case: bool) -> Result<Regex, String> {
    if pattern.len() > 2000 {
        return Err("Regular expression too big".to_owned());
    }
    RegexBuilder::new(&translated(pattern, extended)?)
        .case_insensitive(ignore_case)
        // A text of several lines is one text, as for sed after `N`.
        .dot_matches_new_line(true)
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
                    'r' => out.push('\r'),
                    '1'..='9' => {
                        return Err(said("practice-back-references", &[]));
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
        "EFGPivnclLoqsrRHhwxe:f:A:B:C:m:a",
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
            ("file=", 'f'),
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
    for file in options.values('f') {
        let Some(bytes) = super::text::input(call, file) else {
            return 2;
        };
        patterns.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_owned));
    }
    if patterns.is_empty() && !options.has('f') {
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
        // What Perl's expressions have more is what the engine has, too, but for looking around.
        if !fixed && !options.has('P') {
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
        let all: Vec<&str> = match text.strip_suffix('\n').unwrap_or(&text) {
            "" if text.is_empty() => Vec::new(),
            // A carriage return is part of its line.
            body => body.split('\n').collect(),
        };
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
}
