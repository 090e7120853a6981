//! A text as its letters alone.
//!
//! What differs between two people's pastes of one sentence is hardly ever a letter: it is where lines are wrapped, what
//! stands before them, quotation marks, colours, numbers. So sentences are compared by their letters.

use crate::read::text::Pasted;

/// The letters of a text, in lower case, and where words and lines begin.
pub(super) struct Letters {
    text: String,
    /// One bit a byte of `text`: whether a word begins there.
    word_starts: Vec<u64>,
    /// For each line with letters: where it begins in `text`, and its number from 0.
    lines: Vec<(usize, usize)>,
}

impl Letters {
    /// Takes the letters out of a text that was cleaned.
    pub(super) fn of(pasted: &Pasted) -> Self {
        let mut letters = Self::empty(pasted.text().len());
        for line in pasted.lines() {
            letters.add(line.number, body(line.text));
        }
        letters
    }

    /// The letters of one sentence.
    pub(super) fn of_sentence(sentence: &str) -> String {
        let mut letters = Self::empty(sentence.len());
        letters.add(0, sentence);
        letters.text
    }

    fn empty(room: usize) -> Self {
        Self {
            text: String::with_capacity(room),
            word_starts: Vec::with_capacity(room / 64 + 1),
            lines: Vec::new(),
        }
    }

    fn add(&mut self, number: usize, line: &str) {
        let start = self.text.len();
        let mut in_word = false;
        let mut rest = line;
        // In `C:\nvidia` the n is no line feed.
        let has_paths = line.contains(":\\");
        while let Some(c) = rest.chars().next() {
            if let Some(length) = escaped(rest, has_paths) {
                in_word = false;
                rest = &rest[length..];
                continue;
            }
            rest = &rest[c.len_utf8()..];
            if !c.is_alphabetic() {
                in_word = false;
                continue;
            }
            if !in_word {
                self.mark_word();
                in_word = true;
            }
            self.text.extend(c.to_lowercase());
        }
        if self.text.len() > start {
            self.lines.push((start, number));
        }
    }

    fn mark_word(&mut self) {
        let (word, bit) = (self.text.len() / 64, self.text.len() % 64);
        if self.word_starts.len() <= word {
            self.word_starts.resize(word + 1, 0);
        }
        self.word_starts[word] |= 1 << bit;
    }

    /// The letters.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a word begins at a place.
    pub(super) fn word_begins(&self, at: usize) -> bool {
        self.word_starts
            .get(at / 64)
            .is_some_and(|bits| bits & (1 << (at % 64)) != 0)
    }

    /// The number of the line, from 0, in which a place is.
    pub(super) fn line(&self, at: usize) -> usize {
        let after = self.lines.partition_point(|(start, _)| *start <= at);
        after
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .map_or(0, |(_, number)| *number)
    }
}

/// The length of what stands for a character: an entity of HTML, or a line feed, tab or quotation mark as JSON and
/// program texts write them.
fn escaped(text: &str, has_paths: bool) -> Option<usize> {
    const ENTITIES: [&str; 7] = [
        "&quot;", "&apos;", "&lt;", "&gt;", "&amp;", "&nbsp;", "&#x27;",
    ];
    match text.as_bytes() {
        [b'&', ..] => ENTITIES
            .iter()
            .find(|entity| text.starts_with(**entity))
            .map(|entity| entity.len()),
        [b'\\', b'n' | b't' | b'r', ..] if !has_paths => Some(2),
        _ => None,
    }
}

/// A line without what a log puts before it: times, levels, the name of a host and a program. Where a message is
/// wrapped, they would come between its letters.
fn body(line: &str) -> &str {
    const LEVELS: [&str; 12] = [
        "error", "warning", "warn", "info", "debug", "fatal", "critical", "notice", "trace",
        "stderr", "stdout", "f",
    ];
    let mut rest = line;
    // A log has a few such parts, never many.
    for _ in 0..6 {
        rest = rest.trim_start_matches(|c: char| {
            !c.is_alphanumeric() && c != '[' && c != '(' && c != '\\'
        });
        if let Some(bracketed) = rest.strip_prefix('[')
            && let Some((inside, after)) = bracketed.split_once(']')
            && (is_time(inside)
                || is_source(inside)
                || LEVELS.contains(&inside.trim().to_ascii_lowercase().as_str()))
        {
            rest = after;
            continue;
        }
        // Ray: `(RayWorkerWrapper pid=1234, ip=10.0.0.3) text`.
        if let Some(bracketed) = rest.strip_prefix('(')
            && let Some((inside, after)) = bracketed.split_once(')')
            && inside.len() <= 80
            && inside.contains("pid=")
        {
            rest = after;
            continue;
        }
        if let Some(after) = syslog(rest) {
            rest = after;
            continue;
        }
        let word = rest.split(' ').next().unwrap_or_default();
        if word.len() > 4 && is_time(word) {
            rest = &rest[word.len()..];
            continue;
        }
        // docker compose: `service-1  | text`.
        if let Some((name, after)) = rest.split_once(" | ")
            && name.len() <= 40
            && !name.trim_end().contains(' ')
            && name.contains(|c: char| c.is_ascii_digit())
        {
            rest = after;
            continue;
        }
        break;
    }
    rest
}

/// Whether a word is a time: digits and what stands between them, the `T` and `Z` of ISO 8601 included.
fn is_time(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || " -:.,+/TZ".contains(c))
}

/// Whether a word in brackets is where a line comes from: `rank3`, `default0`, `pod/train-0/trainer`.
fn is_source(word: &str) -> bool {
    word.len() <= 80
        && word.contains(|c: char| c.is_ascii_digit() || c == '/')
        && word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./,:".contains(c))
}

/// What follows `Nov 24 23:10:30 host program[123]: `.
fn syslog(line: &str) -> Option<&str> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let rest = MONTHS.iter().find_map(|month| line.strip_prefix(month))?;
    let rest = rest
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.trim_start();
    let (time, rest) = rest.split_once(' ')?;
    if !is_time(time) {
        return None;
    }
    let (_host, rest) = rest.split_once(' ')?;
    let (program, after) = rest.split_once(": ")?;
    (!program.contains(' ')).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> String {
        Letters::of(&Pasted::new(text)).text().to_owned()
    }

    #[test]
    fn only_letters_are_left() {
        for (text, expected) in [
            (
                "Driver/library version mismatch",
                "driverlibraryversionmismatch",
            ),
            ("couldn\u{2019}t com\n> municate", "couldntcommunicate"),
            ("[   12.345678] NVRM: a\n[   12.345679] b", "nvrmab"),
            (
                "2026-11-24T10:00:00.123Z a\n2026-11-24T10:00:00.124Z b",
                "ab",
            ),
            ("Nov 24 23:10:30 host kernel: NVRM: a", "nvrma"),
            ("web-1  | one\nweb-1  | two", "onetwo"),
            ("[ERROR] a\nERROR: b", "aerrorb"),
            ("a &quot;b&quot; c\\nD", "abcd"),
            ("C:\\nvidia", "cnvidia"),
            ("未找到命令 nvcc", "未找到命令nvcc"),
        ] {
            assert_eq!(letters(text), expected, "{text:?}");
        }
    }

    #[test]
    fn places_are_found_again() {
        let letters = Letters::of(&Pasted::new("\n12 34\nab cd\n\nef"));
        assert_eq!(letters.text(), "abcdef");
        let starts: Vec<usize> = (0..6).filter(|at| letters.word_begins(*at)).collect();
        assert_eq!(starts, [0, 2, 4]);
        assert_eq!([0, 3, 4].map(|at| letters.line(at)), [2, 2, 4]);
    }
}
