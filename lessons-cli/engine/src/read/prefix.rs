//! What a log or a tool has put before every line of a paste: a time, a container's name, a bar.

/// What stands before the lines of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Prefix<'t> {
    /// A date and a time, or a time, perhaps in brackets, and perhaps a log level: `2026-07-20T06:15:02.123Z `.
    Time,
    /// The same on every line: `worker-1  | `, `[pod/x/cuda] `, `| `.
    Same(&'t str),
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
        if most(&Self::Time) {
            return Some(Self::Time);
        }
        // The first line may be the command, and the last of few lines cut.
        let named = first
            .iter()
            .take(3)
            .filter_map(|line| name(line))
            .map(Self::Same)
            .find(|prefix| first.len() > 2 && most(prefix));
        named.or_else(|| bar(text))
    }

    /// How much of a line it takes; `None` where the line does not have it.
    pub(super) fn length(&self, line: &str) -> Option<usize> {
        match self {
            Self::Time => time(line),
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

/// A bar before every line of the text. The lines of a table begin with one too, and end with one.
fn bar(text: &str) -> Option<Prefix<'_>> {
    const BAR: &str = "| ";
    let all = content(text).all(|line| line.starts_with(BAR) || line.trim_end() == "|");
    let open = content(text).any(|line| !line.trim_end().ends_with(['|', '+']));
    (all && open && content(text).nth(1).is_some()).then_some(Prefix::Same(BAR))
}

/// The length of a time at the start of a line, and of a level after it, with one blank.
fn time(line: &str) -> Option<usize> {
    let bracket = line.starts_with('[');
    let mut rest = line.strip_prefix('[').unwrap_or(line);
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
    for level in ["INFO ", "DEBUG ", "WARN ", "WARNING ", "ERROR "] {
        rest = rest.strip_prefix(level).unwrap_or(rest);
    }
    Some(line.len() - rest.len())
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
