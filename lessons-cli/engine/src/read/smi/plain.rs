//! A paste without what only a terminal, a browser or an editor put into it.

use std::borrow::Cow;
use std::ops::Range;

use super::super::escaped::Escaped;
use super::super::markup;
use super::super::prefix::Prefix;
use super::super::text::escapes;

/// The text with escape sequences and invisible characters dropped, odd blanks made blanks and drawn lines made
/// ASCII; and the way back to the bytes it came from.
pub(super) struct Plain<'t> {
    given: &'t str,
    text: Cow<'t, str>,
    /// From this byte of `text` on, bytes come from this byte of `given` on. Ascending in both.
    seams: Vec<(u32, u32)>,
}

impl<'t> Plain<'t> {
    /// `given` made plain; borrowed where it is so already. It may be as long as `u32` can count.
    pub(super) fn of(given: &'t str) -> Self {
        let bytes = given.as_bytes();
        let plain = bytes.chunks(64).all(|chunk| {
            chunk
                .iter()
                .fold(true, |plain, byte| plain & is_plain(*byte))
        });
        let lone_return = |(at, _)| bytes.get(at + 1) != Some(&b'\n');
        let prefix = Prefix::of(given);
        let escaped = escapes(given, prefix);
        if plain
            && prefix.is_none()
            && escaped.is_none()
            && !given.match_indices('\r').any(lone_return)
            && !given.contains("\\|")
            && !has_markup(given)
        {
            Self {
                given,
                text: Cow::Borrowed(given),
                seams: Vec::new(),
            }
        } else {
            Self::copy(given, prefix, escaped)
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text was plain as given, so that every place in it is the same.
    pub(super) fn is_as_given(&self) -> bool {
        self.seams.is_empty()
    }

    /// The bytes of the text as given that `range` of the plain text came from, in whole characters.
    pub(super) fn given(&self, range: Range<usize>) -> Range<usize> {
        if self.is_as_given() {
            return range;
        }
        let start = self.given_at(range.start);
        // The last byte decides, since a seam may lie right after it.
        let end = if range.end > range.start {
            self.given_at(range.end - 1) + 1
        } else {
            start
        };
        let start = self.given.floor_char_boundary(start);
        start..self.given.ceil_char_boundary(end.max(start))
    }

    fn given_at(&self, at: usize) -> usize {
        let after = self
            .seams
            .partition_point(|(plain, _)| *plain as usize <= at);
        match after.checked_sub(1).and_then(|index| self.seams.get(index)) {
            Some((plain, given)) => *given as usize + (at - *plain as usize),
            None => at,
        }
    }

    fn copy(given: &'t str, prefix: Option<Prefix<'_>>, escaped: Option<Escaped>) -> Self {
        let mut text = String::with_capacity(given.len());
        let mut seams = Vec::new();
        let mut shift = 0_i64;
        let is_page = has_markup(given);
        let mut chars = given.char_indices().peekable();
        // What is around the output in the line, and the line's end.
        let mut inside = 0..given.len();
        let mut line_end = 0;
        while let Some((at, mut char)) = chars.next() {
            if let Some(prefix) = &prefix {
                if at == line_end {
                    let rest = &given[at..];
                    let line = rest.find('\n').map_or(rest, |end| &rest[..=end]);
                    inside = prefix.inside(line);
                    inside = at + inside.start..at + inside.end;
                    line_end = at + line.len();
                }
                if !inside.contains(&at) && !matches!(char, '\r' | '\n') {
                    continue;
                }
            }
            if let Some(escaped) = escaped
                && let Some((written, length)) = escaped.at(at, &given[at..], &text)
            {
                seam(&mut seams, &mut shift, text.len(), at);
                text.push_str(written);
                if length > 1 {
                    chars.nth(length - 2);
                }
                continue;
            }
            // Names and tags are of ASCII, so that they have as many characters as bytes.
            if is_page && char == '&' {
                if let Some((written, length)) = markup::entity(&given[at..]) {
                    char = written;
                    chars.nth(length - 2);
                }
            } else if is_page
                && char == '<'
                && let Some((length, breaks)) = markup::tag(&given[at..])
            {
                chars.nth(length - 2);
                if !breaks
                    || chars
                        .peek()
                        .is_none_or(|(_, next)| matches!(next, '\n' | '\r'))
                {
                    continue;
                }
                char = '\n';
            }
            let kept = match char {
                '\u{1b}' => {
                    skip_escape(&mut chars);
                    None
                }
                '\r' if chars.peek().is_some_and(|(_, next)| *next != '\n') => Some('\n'),
                // As Markdown writes a bar in a table of its own.
                '\\' if chars.peek().is_some_and(|(_, next)| *next == '|') => None,
                '\n' | '\t' | '\r' => Some(char),
                '\0'..='\u{1f}'
                | '\u{7f}'..='\u{9f}'
                | '\u{ad}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}' => None,
                '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
                    Some(' ')
                }
                '│' | '┃' | '║' | '｜' => Some('|'),
                '─' | '━' | '–' | '—' => Some('-'),
                '═' => Some('='),
                '\u{250c}'..='\u{254b}' | '\u{2552}'..='\u{256c}' => Some('+'),
                '‘' | '’' => Some('\''),
                _ => Some(char),
            };
            let Some(kept) = kept else { continue };
            seam(&mut seams, &mut shift, text.len(), at);
            if char == '…' {
                text.push_str("...");
            } else {
                text.push(kept);
            }
        }
        Self {
            given,
            text: Cow::Owned(text),
            seams,
        }
    }
}

/// Notes that what comes next in the plain text comes from `at`, unless it is as far on as what came before.
fn seam(seams: &mut Vec<(u32, u32)>, shift: &mut i64, plain: usize, at: usize) {
    // Both lengths are bounded by the limit on the text, far below what these types hold.
    #[expect(clippy::cast_possible_wrap, reason = "lengths stay below the limit")]
    let now = at as i64 - plain as i64;
    if now != *shift {
        *shift = now;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "lengths stay below the limit"
        )]
        seams.push((plain as u32, at as u32));
    }
}

/// Whether a page's HTML is in a text. XML has entities and tags of its own.
fn has_markup(text: &str) -> bool {
    let entity = |(at, _)| markup::entity(&text[at..]).is_some();
    let tag = |(at, _)| markup::tag(&text[at..]).is_some();
    (text.contains('&') && text.match_indices('&').any(entity) || text.match_indices('<').any(tag))
        && !text.contains("<nvidia_smi_log")
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b'\t' | b' '..=b'~')
}

/// Skips what follows an escape character: `[…m`, `]…BEL`, or one character.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) {
    match chars.peek() {
        Some((_, '[')) => {
            chars.next();
            while let Some((_, char)) = chars.peek() {
                match char {
                    '@'..='~' => {
                        chars.next();
                        return;
                    }
                    ' '..='?' => chars.next(),
                    _ => return,
                };
            }
        }
        Some((_, ']')) => {
            while let Some((_, char)) = chars.peek() {
                match char {
                    '\u{7}' => {
                        chars.next();
                        return;
                    }
                    '\n' | '\u{1b}' => return,
                    _ => chars.next(),
                };
            }
        }
        Some((_, '\n')) | None => {}
        Some(_) => {
            chars.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given_for<'t>(plain: &Plain<'t>, wanted: &str) -> &'t str {
        let at = plain.text().find(wanted).unwrap();
        &plain.given[plain.given(at..at + wanted.len())]
    }

    #[test]
    fn ascii_is_not_copied() {
        assert!(matches!(Plain::of("| 1 |\n").text, Cow::Borrowed(_)));
    }

    #[test]
    fn what_a_terminal_adds_is_dropped_and_found_again() {
        let plain = Plain::of(
            "\u{1b}[1;32m| 67%\u{1b}[0m │ \u{1b}]0;title\u{7}P8\u{a0}\u{a0}20W\r\nnext\rlast\u{200b}ly",
        );
        assert_eq!(plain.text(), "| 67% | P8  20W\r\nnext\nlastly");
        for wanted in ["67%", "P8", "20W", "next"] {
            assert_eq!(given_for(&plain, wanted), wanted);
        }
        assert_eq!(given_for(&plain, "lastly"), "last\u{200b}ly");
    }

    #[test]
    fn an_unfinished_escape_eats_no_line() {
        assert_eq!(
            Plain::of("a\u{1b}]0;b\nc\u{1b}[12\nd\u{1b}").text(),
            "a\nc\nd"
        );
    }

    #[test]
    fn an_ellipsis_is_three_dots() {
        let plain = Plain::of("NVIDIA GeForce … Off");
        assert_eq!(plain.text(), "NVIDIA GeForce ... Off");
        assert_eq!(given_for(&plain, "GeForce ..."), "GeForce …");
    }
}
