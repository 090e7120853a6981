//! The words of a cell: how they are split, and what can be told by their look.

use std::ops::Range;

/// The byte ranges of the words of `text`, shifted by `base`. Words that nvidia-smi prints with blanks inside
/// (`Not Supported`, `[Unknown Error]`, `GPU is lost`) are one.
pub(super) fn phrases(text: &str, base: usize) -> Phrases<'_> {
    Phrases { text, base, at: 0 }
}

pub(super) struct Phrases<'t> {
    text: &'t str,
    base: usize,
    at: usize,
}

const PHRASES: [&str; 8] = [
    "Not Supported",
    "Unknown Error",
    "GPU is lost",
    "GPU requires reset",
    "Insufficient Permissions",
    "Not Found",
    "Function Not Found",
    "Requested functionality has been deprecated",
];

impl Iterator for Phrases<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let start = self.at
            + bytes[self.at..]
                .iter()
                .position(|b| !b.is_ascii_whitespace())?;
        let rest = &self.text[start..];
        let length = match bytes[start] {
            b'[' => closing_bracket(rest),
            b'N' | b'U' | b'G' | b'I' | b'F' | b'R' => PHRASES
                .iter()
                .find(|phrase| rest.starts_with(**phrase))
                .map(|phrase| phrase.len()),
            _ => None,
        };
        let length = length.unwrap_or_else(|| {
            bytes[start..]
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len())
        });
        self.at = start + length;
        Some(self.base + start..self.base + self.at)
    }
}

/// Length of the bracketed words at the start of `text`. They are never long.
fn closing_bracket(text: &str) -> Option<usize> {
    const LONGEST: usize = 48;
    let close = text.bytes().take(LONGEST).position(|b| b == b']')?;
    Some(close + 1)
}

/// The byte ranges of the words of `text` between white space, shifted by `base`.
pub(super) fn plain_words(text: &str, base: usize) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|b| !b.is_ascii_whitespace())?;
        at = bytes[start..]
            .iter()
            .position(u8::is_ascii_whitespace)
            .map_or(bytes.len(), |length| start + length);
        Some(base + start..base + at)
    })
}

/// `range` without the ASCII white space at its ends.
pub(super) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    // Half of a table is blanks: they are passed over in eights.
    const BLANKS: &[u8; 8] = b"        ";
    let mut bytes = &text.as_bytes()[range.clone()];
    let mut start = range.start;
    while let Some(rest) = bytes.strip_prefix(BLANKS) {
        bytes = rest;
        start += BLANKS.len();
    }
    while let Some(rest) = bytes.strip_suffix(BLANKS) {
        bytes = rest;
    }
    let before = bytes
        .iter()
        .position(|b| !b.is_ascii_whitespace())
        .unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(|b| !b.is_ascii_whitespace())
        .map_or(before, |last| last + 1);
    start + before..start + end
}

/// A PCI address with its domain: `00000000:81:00.0`, `0000:81:00.0`, `00002C74:00:00.0`.
pub(super) fn is_bus_id(word: &str) -> bool {
    let bytes = word.as_bytes();
    let domain = match bytes.len() {
        12 => 4,
        16 => 8,
        _ => return false,
    };
    bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| match at.checked_sub(domain) {
            Some(0 | 3) => *byte == b':',
            Some(6) => *byte == b'.',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Nothing but what a table's lines are drawn with.
pub(super) fn is_border(text: &str) -> bool {
    let bytes = text.as_bytes();
    let drawn = |b: &u8| matches!(b, b'+' | b'-' | b'=' | b'|' | b' ' | b'\t' | b'\r');
    // The first bytes decide nearly always; the rest is looked at without a branch for each byte.
    bytes.len() >= 3
        && bytes[..3]
            .iter()
            .filter(|b| matches!(b, b'-' | b'='))
            .count()
            >= 2
        && bytes
            .chunks(32)
            .all(|chunk| chunk.iter().fold(true, |all, b| all & drawn(b)))
}

/// Words that say "no value", in the table and, in brackets, in the other outputs.
pub(super) fn is_no_value(word: &str) -> bool {
    matches!(unbracketed(word), "N/A" | "ERR!" | "Off") || is_phrase(word)
}

/// One of nvidia-smi's words with blanks inside, with or without brackets.
pub(super) fn is_phrase(word: &str) -> bool {
    PHRASES.contains(&unbracketed(word))
}

fn unbracketed(word: &str) -> &str {
    word.strip_prefix('[')
        .and_then(|word| word.strip_suffix(']'))
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_hold_together() {
        let text = " N/A   [Unknown Error] Not Supported 12MiB GPU is lost Nothing";
        let found: Vec<_> = phrases(text, 0).map(|range| &text[range]).collect();
        assert_eq!(
            found,
            [
                "N/A",
                "[Unknown Error]",
                "Not Supported",
                "12MiB",
                "GPU is lost",
                "Nothing"
            ]
        );
    }

    #[test]
    fn words_for_no_value() {
        for word in ["N/A", "[N/A]", "ERR!", "Not Supported", "[Unknown Error]"] {
            assert!(is_no_value(word), "{word}");
        }
        assert!(
            !is_no_value("[fin] >>") && !is_no_value("[2026-01-14]") && !is_no_value("Default")
        );
    }

    #[test]
    fn addresses_have_a_domain() {
        for address in ["00000000:81:00.0", "0000:0a:00.1", "00002C74:00:00.0"] {
            assert!(is_bus_id(address), "{address}");
        }
        for other in [
            "81:00.0",
            "00000000-81:00.0",
            "0000:81:00:0",
            "000000000:81:00.0",
            "0000:8é:0.0",
        ] {
            assert!(!is_bus_id(other), "{other}");
        }
    }

    #[test]
    fn lines_of_a_table() {
        assert!(is_border("|-----+====+----|"));
        assert!(!is_border("| - |") && !is_border("+---x---+"));
    }
}
