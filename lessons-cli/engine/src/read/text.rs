//! Text as people paste it, cleaned for reading, with a way back to the place in the original.
//!
//! A paste carries what a terminal and a forum left in it: colour codes (or what remains of them once the escape
//! character is lost), CRLF, no-break spaces, `>` of a quotation, Markdown fences, what a log puts before every line. None
//! of it belongs to the output.

use std::ops::{Deref, Range};

use serde::{Serialize, Serializer};

use super::escaped::Escaped;
use super::markup;
use super::prefix::Prefix;

/// A pasted text without what the paste added, and where each byte of it was.
#[derive(Debug, Clone)]
pub struct Pasted {
    text: String,
    /// From the clean offset `.0` on, the original offset is `.1` plus the distance. Sorted; starts with (0, 0).
    moves: Vec<(usize, usize)>,
    original_len: usize,
}

impl Pasted {
    /// Cleans a text. Takes time and memory in proportion to its length.
    pub fn new(original: &str) -> Self {
        let mut cleaner = Cleaner {
            clean: Self {
                text: String::with_capacity(original.len()),
                moves: vec![(0, 0)],
                original_len: original.len(),
            },
            escaped: None,
        };
        let prefix = Prefix::of(original);
        cleaner.escaped = escapes(original, prefix);
        let mut offset = 0;
        for line in original.split_inclusive('\n') {
            if let Some(prefix) = &prefix {
                let inside = prefix.inside(line);
                cleaner.line(
                    line.get(inside.clone()).unwrap_or_default(),
                    offset + inside.start,
                );
                let end = line.trim_end_matches(['\n', '\r']).len();
                cleaner.line(line.get(end..).unwrap_or_default(), offset + end);
            } else {
                cleaner.line(line, offset);
            }
            offset += line.len();
        }
        cleaner.push("", offset);
        cleaner.clean
    }

    /// The text to read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a range of the clean text was in the original.
    pub fn span(&self, range: Range<usize>) -> Span {
        let back = |offset: usize, upto: usize| {
            let (clean, original) = upto
                .checked_sub(1)
                .and_then(|index| self.moves.get(index))
                .copied()
                .unwrap_or((0, 0));
            (original + offset.saturating_sub(clean)).min(self.original_len)
        };
        let start = back(
            range.start,
            self.moves
                .partition_point(|(clean, _)| *clean <= range.start),
        );
        // The end is where the last byte was, plus one: what was taken out after it does not belong to the range. A
        // blank at the end may have been several bytes, so there the range goes up to where the next character was.
        let blank_ends = matches!(
            self.text.as_bytes().get(range.end.saturating_sub(1)),
            Some(b' ' | b'\n')
        );
        let upto = self.moves.partition_point(|(clean, _)| {
            *clean < range.end || (blank_ends && *clean == range.end)
        });
        let end = back(range.end, upto);
        Span {
            start,
            end: end.max(start),
        }
    }

    /// A value read from a range of the clean text.
    pub fn seen<T>(&self, value: T, range: Range<usize>) -> Seen<T> {
        Seen {
            value,
            span: self.span(range),
        }
    }

    /// The words of the clean text, in order.
    pub fn words(&self) -> Vec<Word<'_>> {
        let mut words = Vec::new();
        for line in self.lines() {
            words.extend(line.words());
        }
        words
    }

    /// The lines of the clean text, without their ends.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut offset = 0;
        self.text
            .split_inclusive('\n')
            .enumerate()
            .map(move |(number, line)| {
                let start = offset;
                offset += line.len();
                Line {
                    text: line.strip_suffix('\n').unwrap_or(line),
                    start,
                    number,
                }
            })
    }
}

/// A line of a clean text.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// What it says, without its end.
    pub text: &'a str,
    /// Where it starts in the clean text.
    pub start: usize,
    /// Its number, from 0.
    pub number: usize,
}

impl<'a> Line<'a> {
    /// The words of the line, in order.
    pub fn words(self) -> impl Iterator<Item = Word<'a>> {
        let mut rest = 0;
        std::iter::from_fn(move || {
            let tail = self.text.get(rest..)?;
            let start = rest + tail.find(|c: char| !c.is_whitespace())?;
            let tail = self.text.get(start..)?;
            let end = start + tail.find(char::is_whitespace).unwrap_or(tail.len());
            rest = end;
            Some(Word {
                text: self.text.get(start..end)?,
                start: self.start + start,
                line: self.number,
                line_start: self.start,
            })
        })
    }
}

/// What stands between two blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// What it says.
    pub text: &'a str,
    /// Where it starts in the clean text.
    pub start: usize,
    /// The number of its line, from 0.
    pub line: usize,
    /// Where its line starts in the clean text.
    pub line_start: usize,
}

impl Word<'_> {
    /// Where it is in the clean text.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// A byte range of the text that was given, as `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A value and where in the text it was seen. It compares and serialises as the value alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<T> {
    /// What was read.
    pub value: T,
    /// Where; empty for a value that no text showed.
    pub span: Span,
}

impl<T> From<T> for Seen<T> {
    /// A value that no text showed, such as one of a machine that is made up for a lesson.
    fn from(value: T) -> Self {
        Self {
            value,
            span: Span::default(),
        }
    }
}

impl<T> Deref for Seen<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Seen<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Seen<T> {}

impl<T: Serialize> Serialize for Seen<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// The state of cleaning one text.
struct Cleaner {
    clean: Pasted,
    escaped: Option<Escaped>,
}

impl Cleaner {
    /// Adds one line, which starts at `offset` of the original and may end with `\n`.
    fn line(&mut self, line: &str, offset: usize) {
        let mut rest = unquoted(line);
        let mut at = offset + line.len() - rest.len();
        let body = rest.trim_start();
        if body.starts_with("```") || body.starts_with("~~~") {
            if line.ends_with('\n') {
                self.push("\n", offset + line.len() - 1);
            }
            return;
        }
        let mut code_ends = None;
        if let Some(inside) = code_line(body) {
            at += rest.len() - body.len() + 1;
            rest = body.get(1..).unwrap_or_default();
            code_ends = Some(at + inside);
        }
        while let Some(first) = rest.chars().next() {
            let escape = self
                .escaped
                .and_then(|escaped| escaped.at(at, rest, &self.clean.text));
            let taken = if let Some((written, length)) = escape {
                self.push(written, at);
                length
            } else if Some(at) == code_ends || rest.starts_with("\\|") {
                // The mark after a line of code, and the sign with which Markdown escapes a bar.
                1
            } else if let Some(length) = escape_sequence(rest).or_else(|| forum_tag(rest)) {
                length
            } else if let Some(length) = orphaned_colour(rest) {
                self.drop_escape_notation();
                length
            } else if let Some((written, length)) = markup::entity(rest) {
                let mut utf8 = [0; 4];
                let shown = if written.is_whitespace() {
                    ' '
                } else {
                    written
                };
                self.push(shown.encode_utf8(&mut utf8), at);
                length
            } else if let Some((length, breaks)) = markup::tag(rest) {
                if breaks
                    && !rest
                        .get(length..)
                        .unwrap_or_default()
                        .trim_start_matches('\r')
                        .is_empty()
                {
                    self.push("\n", at);
                }
                length
            } else {
                let length = first.len_utf8();
                match first {
                    '\r' if rest.starts_with("\r\n") => {}
                    '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                        self.push("\n", at);
                    }
                    '\n' | '\t' => self.push(rest.get(..length).unwrap_or_default(), at),
                    // Zero-width and direction marks, the soft hyphen and the byte order mark show nothing.
                    '\u{ad}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}' => {}
                    c if c.is_control() => {}
                    c if c.is_whitespace() => self.push(" ", at),
                    _ => {
                        let plain = plain_run(rest).max(length);
                        let plain = self
                            .escaped
                            .map_or(plain, |escaped| escaped.before_it_opens(at, plain));
                        self.push(rest.get(..plain).unwrap_or_default(), at);
                        at += plain;
                        rest = rest.get(plain..).unwrap_or_default();
                        continue;
                    }
                }
                length
            };
            at += taken;
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Adds text that stood at `original`.
    fn push(&mut self, text: &str, original: usize) {
        let here = self.clean.text.len();
        if self.original_of_end() != original {
            match self.clean.moves.last_mut() {
                Some(last) if last.0 == here => last.1 = original,
                _ => self.clean.moves.push((here, original)),
            }
        }
        self.clean.text.push_str(text);
        // A multi-byte blank became one byte: what follows is shifted, which the next push notices by itself.
    }

    /// Where the byte after the last one added would stand if nothing is taken out in between.
    fn original_of_end(&self) -> usize {
        let (clean, original) = self.clean.moves.last().copied().unwrap_or((0, 0));
        original + (self.clean.text.len() - clean)
    }

    /// Takes back a written-out escape character (`^[`, `\x1b`, …) that stands before a colour code.
    fn drop_escape_notation(&mut self) {
        const NOTATIONS: [&str; 7] = ["^[", "\u{241b}", "\\x1b", "\\u001b", "\\033", "\\e", "\\E"];
        let Some(notation) = NOTATIONS
            .iter()
            .find(|notation| self.clean.text.ends_with(**notation))
        else {
            return;
        };
        let keep = self.clean.text.len() - notation.len();
        self.clean.text.truncate(keep);
        while self.clean.moves.len() > 1
            && self
                .clean
                .moves
                .last()
                .is_some_and(|(clean, _)| *clean > keep)
        {
            self.clean.moves.pop();
        }
    }
}

/// How the escapes of a text are written, where it has any.
pub(super) fn escapes(text: &str, prefix: Option<Prefix<'_>>) -> Option<Escaped> {
    match prefix {
        Some(Prefix::Quoted) => Escaped::of_strings(text),
        _ => Escaped::of(text),
    }
}

/// The length of a forum's tag around what is shown as it is: `[CODE]`, `[/code]`.
fn forum_tag(text: &str) -> Option<usize> {
    ["[code]", "[/code]", "[pre]", "[/pre]"]
        .iter()
        .find(|tag| {
            text.get(..tag.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(tag))
        })
        .map(|tag| tag.len())
}

/// The line without the marks of a quotation before it (`> `, `> > `).
fn unquoted(line: &str) -> &str {
    let mut body = line;
    loop {
        let start = body.trim_start_matches([' ', '\t']);
        let Some(inner) = start
            .strip_prefix('>')
            .or_else(|| start.strip_prefix("&gt;"))
        else {
            return body;
        };
        // One blank after the mark belongs to it; more are the output's own margin.
        body = inner.strip_prefix(' ').unwrap_or(inner);
    }
}

/// The length of what stands between two backticks that hold a whole line, as in `` `GPU0  X  NV4` ``.
fn code_line(body: &str) -> Option<usize> {
    let inside = body.trim_end().strip_prefix('`')?.strip_suffix('`')?;
    (!inside.is_empty() && !inside.contains('`')).then_some(inside.len())
}

/// The length of the run of plain characters at the start: those that need no decision.
fn plain_run(text: &str) -> usize {
    text.bytes()
        .position(|byte| {
            !(b' '..=b'~').contains(&byte) || matches!(byte, b'[' | b'&' | b'<' | b'`' | b'\\')
        })
        .unwrap_or(text.len())
}

/// The length of a terminal's escape sequence (ECMA-48) at the start of the text.
fn escape_sequence(text: &str) -> Option<usize> {
    let (introducer, body) = if let Some(rest) = text.strip_prefix('\u{9b}') {
        ('[', rest)
    } else {
        let rest = text.strip_prefix('\u{1b}')?;
        let next = rest.chars().next()?;
        (next, rest.get(next.len_utf8()..)?)
    };
    let before = text.len() - body.len();
    match introducer {
        '[' => {
            let parameters = body
                .bytes()
                .take_while(|b| (0x20..=0x3f).contains(b))
                .count();
            let last = body.as_bytes().get(parameters)?;
            (0x40..=0x7e)
                .contains(last)
                .then_some(before + parameters + 1)
        }
        // A string (window title, link): up to its terminator, within the line.
        ']' | 'P' | 'X' | '^' | '_' => {
            let end = body.find(['\u{7}', '\u{1b}', '\u{9c}', '\n'])?;
            let tail = body.get(end..)?;
            let terminator = if tail.starts_with("\u{1b}\\") {
                2
            } else if tail.starts_with('\u{7}') {
                1
            } else if tail.starts_with('\u{9c}') {
                2
            } else {
                0
            };
            Some(before + end + terminator)
        }
        // Character set selection: one intermediate, one final.
        '(' | ')' | '*' | '+' => {
            Some(before + body.chars().next().filter(char::is_ascii)?.len_utf8())
        }
        '0'..='~' => Some(before),
        _ => None,
    }
}

/// The length of a colour code that lost its escape character: `[4m`, `[0m`, `[1;31m`.
fn orphaned_colour(text: &str) -> Option<usize> {
    let body = text.strip_prefix('[')?;
    let parameters = body
        .bytes()
        .take(12)
        .take_while(|b| b.is_ascii_digit() || *b == b';')
        .count();
    let starts_with_digit = body.starts_with(|c: char| c.is_ascii_digit());
    (starts_with_digit && body.as_bytes().get(parameters) == Some(&b'm')).then_some(parameters + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_out_what_the_paste_added() {
        for (pasted, clean) in [
            ("\u{1b}[4mGPU0\tGPU1\u{1b}[0m\r\n", "GPU0\tGPU1\n"),
            ("\t[4mGPU0\tGPU1[0m\n", "\tGPU0\tGPU1\n"),
            ("^[[4mGPU0^[[0m", "GPU0"),
            ("\\u001b[1;31mGPU0\\u001b[0m", "GPU0"),
            ("\u{1b}]0;root@host: ~\u{7}$ nvcc\n", "$ nvcc\n"),
            ("\u{1b}(B\u{1b}[mGPU0", "GPU0"),
            ("> GPU0\n> >  X\n>\n", "GPU0\n X\n\n"),
            ("```text\nGPU0\n```\n", "\nGPU0\n\n"),
            ("GPU0\u{a0}\u{a0}X\u{200b}\u{feff}", "GPU0  X"),
            ("GPU0 X\rGPU1 X\r", "GPU0 X\nGPU1 X\n"),
            ("[GeForce RTX 4090] [12]m [m", "[GeForce RTX 4090] [12]m [m"),
            ("  indented > kept\n", "  indented > kept\n"),
        ] {
            assert_eq!(Pasted::new(pasted).text(), clean, "{pasted:?}");
        }
    }

    #[test]
    fn finds_the_way_back() {
        let original = "> \u{1b}[4mGPU0\u{1b}[0m\u{a0}\u{a0}NV4\r\n> GPU1";
        let pasted = Pasted::new(original);
        let places: Vec<&str> = pasted
            .words()
            .iter()
            .map(|word| {
                let span = pasted.span(word.range());
                &original[span.start..span.end]
            })
            .collect();
        assert_eq!(places, ["GPU0", "NV4", "GPU1"]);
    }

    proptest! {
        #[test]
        fn every_word_is_where_its_span_says(original in "([ -~]|[\t\r\n\u{1b}\u{9b}\u{a0}\u{200b}\u{feff}é界>`\\[]|\u{1b}\\[[0-9;]{0,3}m|\\^\\[\\[4m|\\[4m|\n> ){0,60}") {
            let pasted = Pasted::new(&original);
            for word in pasted.words() {
                let span = pasted.span(word.range());
                let place = original.get(span.start..span.end).expect("a span is on character boundaries");
                let again = Pasted::new(place);
                // A word may have had invisible parts inside it, and a place cut from its line may look like a
                // quotation or a fence; otherwise it cleans to the word.
                if !place.starts_with(['>', '`', '~']) {
                    prop_assert_eq!(again.text(), word.text);
                }
            }
        }

        #[test]
        fn any_text_is_cleaned(original in any::<String>()) {
            let pasted = Pasted::new(&original);
            prop_assert!(pasted.text().len() <= original.len());
            let whole = pasted.span(0..pasted.text().len());
            prop_assert!(original.get(whole.start..whole.end).is_some());
        }
    }
}
