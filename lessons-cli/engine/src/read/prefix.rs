//! What a log, a quotation or a program has put around every line of a paste: a time, a container's name, a mark,
//! quotation marks.

use std::ops::Range;

/// What stands around the lines of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix<'t> {
    /// A date and a time, or a time, perhaps in brackets, and perhaps a log level: `2026-07-20T06:15:02.123Z `.
    Time,
    /// A system log's: `Jul 20 06:15:02 host nvidia-smi[123]: `.
    Syslog,
    /// The number of the line, with what is before and after it: `12: `, `out.log:12:`.
    Number(&'t str, &'t str),
    /// The same on every line: `worker-1  | `, `[pod/x/cuda] `, `| `, `# `.
    Same(&'t str),
    /// A string of a program or of JSON on every line: `"GPU0\\t X \\n",`.
    Quoted,
}

/// The first lines of a text decide.
const LOOKED_AT: usize = 8;

/// Longer than the name of any container.
const LONGEST: usize = 80;

impl<'t> Prefix<'t> {
    /// What most of the first lines of a text begin with, if it is not a part of the output itself.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let first: Vec<&str> = content(text).take(LOOKED_AT).collect();
        let most = |prefix: &Self| {
            let with = first
                .iter()
                .filter(|line| prefix.length(line).is_some())
                .count();
            with >= 2 && with * 2 > first.len()
        };
        if let Some(prefix) = [Self::Time, Self::Syslog].into_iter().find(most) {
            return Some(prefix);
        }
        // A list's own brackets are no strings, and neither is what it is called.
        let bracket = |line: &&&str| line.trim_end().ends_with(['[', '{', '(', ']', '}', ')']);
        let brackets = first.iter().filter(bracket).count();
        let strings = first.iter().filter(|line| quoted(line).is_some()).count();
        if strings >= 2 && strings * 2 > first.len() - brackets {
            return Some(Self::Quoted);
        }
        // The first line may be the command, and the last of few lines cut.
        let named = first
            .iter()
            .take(3)
            .filter_map(|line| name(line).or_else(|| label(line)))
            .map(Self::Same)
            .find(|prefix| first.len() > 2 && most(prefix));
        // Some outputs have a mark before some of their lines.
        let marked = first
            .first()
            .and_then(|line| marks(line))
            .map(Self::Same)
            .filter(|prefix| {
                first.len() > 2 && first.iter().all(|line| prefix.length(line).is_some())
            });
        named
            .or(marked)
            .or_else(|| numbers(&first))
            .or_else(|| bar(text))
            .or_else(|| sign(text))
    }

    /// Where in a line its output is. The line's end is no part of it.
    pub(super) fn inside(&self, line: &str) -> Range<usize> {
        let end = line.trim_end_matches(['\n', '\r']).len();
        let Some(start) = self.length(line) else {
            return 0..end;
        };
        match self {
            Self::Quoted => {
                let shown = line.trim_end().trim_end_matches(',');
                let shown = shown
                    .get(..shown.len().saturating_sub(1))
                    .unwrap_or_default();
                start..shown.strip_suffix("\\n").unwrap_or(shown).len().max(start)
            }
            _ => start..end.max(start),
        }
    }

    /// How much of a line it takes; `None` where the line does not have it.
    fn length(&self, line: &str) -> Option<usize> {
        match self {
            Self::Time => time(line),
            Self::Syslog => syslog(line),
            Self::Number(before, after) => numbered(line, before, after).map(|(_, length)| length),
            Self::Quoted => quoted(line),
            // What trims the ends of lines leaves an empty one without the blanks after the bar.
            Self::Same(prefix) => line.strip_prefix(prefix).map(|_| prefix.len()).or_else(|| {
                let bare = prefix.trim_end();
                (line.trim_end() == bare).then_some(bare.len())
            }),
        }
    }
}

/// The lines that say something, without Markdown's fences.
fn content(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("```") && !line.starts_with("~~~")
    })
}

/// `worker-1  | ` of Docker Compose, or `[pod/x/cuda] ` of kubectl, at the start of a line.
fn name(line: &str) -> Option<&str> {
    let end = if let Some(inside) = line.strip_prefix('[') {
        let end = inside.find(']')?;
        // `[pip3] numpy==2.1` is a line of an output.
        inside.get(..end)?.contains('/').then_some(end + 2)?
    } else {
        let bar = line.find('|')?;
        let named = line.get(..bar)?;
        (named.starts_with(|c: char| c.is_ascii_alphanumeric())
            && named.ends_with(' ')
            && !named.trim_end().contains(char::is_whitespace))
        .then_some(bar + 1)?
    };
    let prefix = line.get(..end + 1)?;
    (prefix.ends_with(' ') && prefix.len() <= LONGEST).then_some(prefix)
}

/// What several programs that share a terminal put before their lines, without a blank in it but in parentheses:
/// `node01: `, `INFO:root:`, `[rank0]: `, `[1,0]<stdout>:`, `(RayWorker pid=1234) `.
fn label(line: &str) -> Option<&str> {
    if line.starts_with('(') {
        let end = line.find(") ")? + 2;
        return line.get(..end).filter(|label| label.len() <= LONGEST);
    }
    // `[pip3] numpy==2.1` is a line of an output, and so is the address of a file.
    if line.starts_with("[pip3]") || line.starts_with("[conda]") {
        return None;
    }
    let word = line.split([' ', '\t']).next()?;
    if word.len() > LONGEST {
        return None;
    }
    let end = if let Some(colon) = word.rfind(':') {
        if word.get(colon + 1..)?.starts_with("//") {
            return None;
        }
        colon + 1
    } else if word.len() > 2 && word.starts_with('[') && word.ends_with(']') {
        word.len()
    } else if matches!(word, "INFO" | "DEBUG" | "WARNING" | "ERROR") {
        let rest = line.get(word.len()..)?;
        word.len() + (rest.len() - rest.trim_start_matches(' ').len()).saturating_sub(1)
    } else {
        return None;
    };
    let blank = usize::from(line.get(end..)?.starts_with(' '));
    line.get(..end + blank)
}

/// Marks of a comment, of a quotation or of a list: `# `, `//! `, ` * `, `> > `.
fn marks(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches([' ', '>', '#', '/', '!', '*', ';', '%']);
    let marks = line.get(..line.len() - rest.len())?;
    if marks.trim().is_empty() || marks.len() > LONGEST {
        return None;
    }
    // One blank after the mark belongs to it; more are the output's own margin.
    let bare = marks.trim_end();
    line.get(..bare.len() + usize::from(marks.len() > bare.len()))
}

/// Numbers that count the lines.
fn numbers<'t>(first: &[&'t str]) -> Option<Prefix<'t>> {
    const FEWEST: usize = 4;
    const AFTER: [&str; 7] = ["\t", ": ", ":", " | ", "|", ") ", " "];
    if first.len() < FEWEST {
        return None;
    }
    let line = *first.first()?;
    let digits = line.find(|c: char| c.is_ascii_digit())?;
    let files = line.find(':').filter(|colon| {
        line.get(colon + 1..)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let befores = [files.map(|colon| colon + 1), Some(digits)];
    for before in befores.into_iter().flatten() {
        let before = line.get(..before)?;
        let before = if before.trim().is_empty() { "" } else { before };
        for after in AFTER {
            let count = |line: &&str| numbered(line, before, after).map(|(number, _)| number);
            let start = count(&line).filter(|start| *start > 0);
            let all = first.iter().zip(0..).all(|(line, place)| {
                start.is_some_and(|start| count(line) == start.checked_add(place))
            });
            if all {
                return Some(Prefix::Number(before, after));
            }
        }
    }
    None
}

/// The number of a line, and what it takes of it.
fn numbered(line: &str, before: &str, after: &str) -> Option<(u32, usize)> {
    let rest = line.strip_prefix(before)?;
    let rest = if before.is_empty() {
        rest.trim_start_matches(' ')
    } else {
        rest
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number = rest.get(..digits)?.parse().ok()?;
    let rest = rest.get(digits..)?;
    let bare = after.trim_end();
    let rest = rest.strip_prefix(after).or_else(|| {
        rest.strip_prefix(bare)
            .filter(|rest| rest.trim().is_empty())
    })?;
    Some((number, line.len() - rest.len()))
}

/// The mark before a string that takes the whole line.
fn quoted(line: &str) -> Option<usize> {
    let shown = line.trim();
    let mark = shown
        .chars()
        .next()
        .filter(|mark| matches!(mark, '"' | '\'' | '`'))?;
    let inside = shown
        .trim_end_matches(',')
        .strip_prefix(mark)?
        .strip_suffix(mark)?;
    // `"name": "value",` is no string.
    let alone = inside.match_indices(mark).all(|(at, _)| {
        inside
            .get(..at)
            .is_some_and(|before| before.ends_with('\\'))
    });
    alone.then(|| line.len() - line.trim_start().len() + 1)
}

/// A bar before every line of the text. The lines of a table begin with one too, and end with one.
fn bar(text: &str) -> Option<Prefix<'_>> {
    const BAR: &str = "| ";
    let all = content(text).all(|line| line.starts_with(BAR) || line.trim_end() == "|");
    let open = content(text).any(|line| !line.trim_end().ends_with(['|', '+']));
    (all && open && content(text).nth(1).is_some()).then_some(Prefix::Same(BAR))
}

/// What `diff` puts before every line of a new file, or of one that is gone.
fn sign(text: &str) -> Option<Prefix<'_>> {
    const FEWEST: usize = 4;
    ["+", "-"].into_iter().find_map(|sign| {
        let all = content(text).all(|line| line.starts_with(sign));
        (all && content(text).nth(FEWEST - 1).is_some()).then_some(Prefix::Same(sign))
    })
}

/// The length of what a system's log puts before a message, its blank included.
fn syslog(line: &str) -> Option<usize> {
    let rest = line.get(3..)?;
    if !line.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let rest = shape(rest, " 00 00:00:00 ").or_else(|| shape(rest, "  0 00:00:00 "))?;
    let (host, rest) = rest.split_once(' ')?;
    let (program, rest) = rest.split_once(':')?;
    let named = !host.is_empty() && !program.contains(char::is_whitespace) && !program.is_empty();
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    named.then(|| line.len() - rest.len())
}

/// The length of a time at the start of a line, and of a level after it, with one blank.
fn time(line: &str) -> Option<usize> {
    let bracket = line.starts_with('[');
    let mut rest = line.strip_prefix('[').unwrap_or(line);
    if bracket && let Some(length) = since_start(rest) {
        return Some(1 + length);
    }
    if let Some(after) = shape(rest, "0000-00-00").or_else(|| shape(rest, "0000/00/00")) {
        rest = after.strip_prefix(['T', ' '])?;
    }
    rest = shape(rest, "00:00:00")?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        // A column of `--format=csv` ends here.
        let length = digits(fraction);
        if length == 0 {
            return None;
        }
        rest = fraction.get(length..)?;
    }
    rest = rest
        .strip_prefix('Z')
        .or_else(|| shape(rest.strip_prefix(['+', '-'])?, "00:00"))
        .or_else(|| shape(rest.strip_prefix(['+', '-'])?, "0000"))
        .unwrap_or(rest);
    if bracket {
        rest = rest.strip_prefix(']')?;
    }
    if rest.is_empty() || rest == "\n" || rest == "\r\n" {
        return Some(line.len() - rest.len());
    }
    rest = rest.strip_prefix(' ')?;
    for level in LEVELS {
        rest = rest.strip_prefix(level).unwrap_or(rest);
    }
    // Python's own: `- root - INFO - `.
    if let Some((name, after)) = rest
        .strip_prefix("- ")
        .and_then(|rest| rest.split_once(" - "))
        && !name.contains(' ')
        && let Some(after) = LEVELS
            .iter()
            .find_map(|level| after.strip_prefix(level)?.strip_prefix("- "))
    {
        rest = after;
    }
    Some(line.len() - rest.len())
}

const LEVELS: [&str; 5] = ["INFO ", "DEBUG ", "WARN ", "WARNING ", "ERROR "];

/// The length of the kernel's time after its bracket, in seconds since the start: `  123.456789] `.
fn since_start(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(' ');
    let seconds = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = shape(rest.get(seconds..)?, ".000000]").filter(|_| seconds > 0)?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    Some(text.len() - rest.len())
}

/// What follows a text of this shape, in which 0 stands for any digit.
fn shape<'a>(text: &'a str, shape: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(shape.len())?;
    start
        .bytes()
        .zip(shape.bytes())
        .all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
        .then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_on_most_lines_and_no_part_of_the_output() {
        for (text, prefix) in [
            (
                "2026-07-20T06:15:02.123Z a\n2026-07-20T06:15:02.124Z b\n",
                Some(Prefix::Time),
            ),
            ("06:15:02 a\n06:15:03 b\n", Some(Prefix::Time)),
            (
                "[2026-07-20 06:15:02,123] INFO a\n[2026-07-20 06:15:02,124]\n",
                Some(Prefix::Time),
            ),
            (
                "$ docker compose up\nw-1  | a\nw-1  | b\nw-1  | c\n",
                Some(Prefix::Same("w-1  | ")),
            ),
            (
                "```\n[pod/x/cuda] a\n[pod/x/cuda]\n[pod/x/cuda] b\n```\n",
                Some(Prefix::Same("[pod/x/cuda] ")),
            ),
            ("| a\n|\n| b\n", Some(Prefix::Same("| "))),
            // A table, and rows that begin alike.
            ("| a | b |\n| - | - |\n", None),
            ("GPU0 | X | NV4\nGPU1 | NV4 | X\nGPU2 | SYS | SYS\n", None),
            ("GPU 0: a\nGPU 1: a\nGPU 2: a\n", None),
            (
                "2026/07/20 06:15:02.123, a\n2026/07/20 06:15:02.124, b\n",
                None,
            ),
            ("[   ] a.whl\n[   ] b.whl\n[   ] c.whl\n", None),
            ("[pip3] a\n[pip3] b\n[pip3] c\n", None),
            ("06:15:02 a\n", None),
            ("", None),
        ] {
            assert_eq!(Prefix::of(text), prefix, "{text}");
        }
    }

    #[test]
    fn takes_the_level_of_a_log_and_leaves_the_margin() {
        let length = |line| Prefix::Time.length(line);
        assert_eq!(length("2026-07-20 06:15:02,123 INFO   GPU0"), Some(29));
        assert_eq!(length("2026-07-20T06:15:02+02:00   GPU0"), Some(26));
        assert_eq!(length("2026-07-20T06:15:02é"), None);
        assert_eq!(length("é026-07-20T06:15:02 "), None);
    }
}
