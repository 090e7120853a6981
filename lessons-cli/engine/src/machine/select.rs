//! The part that matters of a file that is too large to hand over whole.

use std::collections::BTreeSet;

/// Picks the part of a file that a fact needs.
///
/// Picking twice gives the same as picking once, so a recording holds what was picked and is read like the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// The paragraphs (`dpkg`'s status file has one a package) whose first line holds one of these words.
    Paragraphs(&'static [&'static str]),
    /// The lines that hold one of these words.
    Lines(&'static [&'static str]),
    /// The list of GPU architectures that is compiled into a library as text, such as
    /// `sm_75 sm_80 sm_86 compute_86`: every such word of the longest list, separated by blanks.
    Architectures,
}

impl Select {
    /// Picks from the bytes of a file. Bytes that are not UTF-8 come as U+FFFD.
    pub fn pick(self, bytes: &[u8]) -> String {
        match self {
            Self::Paragraphs(words) => {
                let mut picked = String::new();
                for paragraph in paragraphs(bytes) {
                    let first = paragraph.split(|&b| b == b'\n').next().unwrap_or(paragraph);
                    if holds_any(first, words) {
                        if !picked.is_empty() {
                            picked.push('\n');
                        }
                        picked.push_str(&String::from_utf8_lossy(paragraph));
                        picked.push('\n');
                    }
                }
                picked
            }
            Self::Lines(words) => {
                let mut picked = String::new();
                for line in bytes.split(|&b| b == b'\n') {
                    if holds_any(line, words) {
                        picked.push_str(&String::from_utf8_lossy(line));
                        picked.push('\n');
                    }
                }
                picked
            }
            Self::Architectures => architectures(bytes),
        }
    }
}

fn holds_any(line: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        line.windows(word.len())
            .any(|window| window == word.as_bytes())
    })
}

/// Splits at empty lines; neither these nor the line end of the last line belong to a paragraph.
fn paragraphs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        while let [b'\n', tail @ ..] = rest {
            rest = tail;
        }
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .windows(2)
            .position(|pair| pair == b"\n\n")
            .unwrap_or(rest.len());
        let (paragraph, tail) = rest.split_at(end);
        rest = tail;
        Some(paragraph.strip_suffix(b"\n").unwrap_or(paragraph))
    })
}

/// Torch keeps the list as one string, `sm_75 sm_80 … compute_120`; other strings that begin with `sm_`
/// (kernel names, messages) are around it, so only whole words of that form count.
fn architectures(bytes: &[u8]) -> String {
    let mut best: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(found) = find_sm(&bytes[at..]) {
        let start = at + found;
        let end = bytes[start..]
            .iter()
            .position(|&b| !(b.is_ascii_alphanumeric() || b == b'_' || b == b' '))
            .map_or(bytes.len(), |length| start + length);
        // All of it is ASCII letters, digits, `_` and blanks.
        let run = std::str::from_utf8(&bytes[start..end]).unwrap_or_default();
        let words: Vec<&str> = run
            .split(' ')
            .take_while(|word| is_architecture(word))
            .collect();
        let distinct: BTreeSet<&str> = words.iter().copied().collect();
        if distinct.len() == words.len() && words.len() > best.len() {
            best = words;
        }
        at = end;
    }
    best.join(" ")
}

/// The next `sm_` or, where a list begins with it, `compute_`.
fn find_sm(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(underscore) = bytes[from..].iter().position(|&b| b == b'_') {
        let at = from + underscore;
        if bytes[..at].ends_with(b"sm") && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            return Some(at - 2);
        }
        from = at + 1;
    }
    None
}

fn is_architecture(word: &str) -> bool {
    let number = word
        .strip_prefix("sm_")
        .or_else(|| word.strip_prefix("compute_"));
    number.is_some_and(|number| {
        let digits = number.trim_end_matches(['a', 'f']);
        (2..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &[u8] = b"Package: bash\nStatus: install ok installed\n\nPackage: nvidia-driver-580\nStatus: install ok installed\nVersion: 580.95.05-0ubuntu0.24.04.2\n\nPackage: zsh\n";

    #[test]
    fn paragraphs_are_picked_by_their_first_line() {
        let picked = Select::Paragraphs(&["nvidia"]).pick(STATUS);
        assert_eq!(
            picked,
            "Package: nvidia-driver-580\nStatus: install ok installed\nVersion: 580.95.05-0ubuntu0.24.04.2\n"
        );
        assert_eq!(
            Select::Paragraphs(&["nvidia"]).pick(picked.as_bytes()),
            picked
        );
    }

    #[test]
    fn the_longest_list_of_architectures_is_the_one() {
        let library =
            b"\x00sm_80 kernel\x00sm_70\x00junk sm_75 sm_80 sm_86 sm_90a compute_90\x00sm_\xff";
        let picked = Select::Architectures.pick(library);
        assert_eq!(picked, "sm_75 sm_80 sm_86 sm_90a compute_90");
        assert_eq!(Select::Architectures.pick(picked.as_bytes()), picked);
        assert_eq!(Select::Architectures.pick(b"no list here"), "");
    }
}
