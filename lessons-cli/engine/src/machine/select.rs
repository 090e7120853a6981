//! The part that matters of a file that is too large to hand over whole.

use std::collections::BTreeSet;

use memchr::{memmem, memrchr};

use super::{MAX_TEXT, Unread};

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
    /// The release that a C library says it is: `release version 2.39` of
    /// `GNU C Library (Ubuntu GLIBC 2.39-0ubuntu8.6) stable release version 2.39.`
    GlibcRelease,
}

impl Select {
    /// Picks from the bytes of a file. Bytes that are not UTF-8 come as U+FFFD.
    pub fn pick(self, bytes: &[u8]) -> String {
        let mut picked = Picked::default();
        picked.add(self, bytes);
        picked.into_text()
    }
}

/// Picks from a file that is handed over piece by piece, in bounded memory. However the file is cut, the result is
/// that of [`Select::pick`] on the whole.
#[derive(Debug)]
pub struct Picker {
    select: Select,
    /// What has come after the last place where the file may be cut.
    rest: Vec<u8>,
    picked: Picked,
}

impl Picker {
    /// A picker that has seen nothing yet.
    pub fn new(select: Select) -> Self {
        Self {
            select,
            rest: Vec::new(),
            picked: Picked::default(),
        }
    }

    /// Takes the next piece. [`Unread::TooLarge`] where a line, a paragraph or all that is picked exceeds
    /// [`MAX_TEXT`].
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Unread> {
        self.rest.extend_from_slice(piece);
        let cut = self.select.last_cut(&self.rest);
        self.picked.add(self.select, &self.rest[..cut]);
        self.rest.drain(..cut);
        if self.rest.len() > MAX_TEXT || self.picked.text.len() > MAX_TEXT {
            return Err(Unread::TooLarge);
        }
        Ok(())
    }

    /// The end of the file: what was picked.
    pub fn finish(mut self) -> String {
        self.picked.add(self.select, &self.rest);
        self.picked.into_text()
    }
}

/// What was picked so far.
#[derive(Debug, Default)]
struct Picked {
    text: String,
    architectures: Vec<String>,
}

impl Picked {
    /// Picks from a part of a file that begins and ends where [`Select::last_cut`] allows.
    fn add(&mut self, select: Select, bytes: &[u8]) {
        match select {
            Select::Paragraphs(words) => {
                for paragraph in paragraphs(bytes) {
                    let first = paragraph.split(|&b| b == b'\n').next().unwrap_or(paragraph);
                    if holds_any(first, words) {
                        if !self.text.is_empty() {
                            self.text.push('\n');
                        }
                        self.text.push_str(&String::from_utf8_lossy(paragraph));
                        self.text.push('\n');
                    }
                }
            }
            Select::Lines(words) => {
                for line in bytes.split(|&b| b == b'\n') {
                    if holds_any(line, words) {
                        self.text.push_str(&String::from_utf8_lossy(line));
                        self.text.push('\n');
                    }
                }
            }
            Select::Architectures => {
                let found = architectures(bytes);
                if found.len() > self.architectures.len() {
                    self.architectures = found.into_iter().map(str::to_owned).collect();
                }
            }
            Select::GlibcRelease => {
                if self.text.is_empty()
                    && let Some(release) = glibc_release(bytes)
                {
                    self.text = format!("{RELEASE}{release}");
                }
            }
        }
    }

    fn into_text(self) -> String {
        if self.architectures.is_empty() {
            self.text
        } else {
            self.architectures.join(" ")
        }
    }
}

impl Select {
    /// The last place at which bytes may be cut in two, so that picking from both parts picks the same; 0 where
    /// there is none.
    fn last_cut(self, bytes: &[u8]) -> usize {
        match self {
            Self::Paragraphs(_) => memmem::rfind(bytes, b"\n\n").map_or(0, |at| at + 2),
            Self::Lines(_) => memrchr(b'\n', bytes).map_or(0, |at| at + 1),
            Self::Architectures => bytes
                .iter()
                .rposition(|&b| !belongs_to_list(b))
                .map_or(0, |at| at + 1),
            // The sentence has neither of these in it.
            Self::GlibcRelease => bytes
                .iter()
                .rposition(|&b| matches!(b, b'\0' | b'\n'))
                .map_or(0, |at| at + 1),
        }
    }
}

fn holds_any(line: &[u8], words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| memmem::find(line, word.as_bytes()).is_some())
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
        let end = memmem::find(rest, b"\n\n").unwrap_or(rest.len());
        let (paragraph, tail) = rest.split_at(end);
        rest = tail;
        Some(paragraph.strip_suffix(b"\n").unwrap_or(paragraph))
    })
}

/// Torch keeps the list as one string, `sm_75 sm_80 … compute_120`; other strings that begin with `sm_`
/// (kernel names, messages) are around it, so only whole words of that form count.
fn architectures(bytes: &[u8]) -> Vec<&str> {
    let mut best: Vec<&str> = Vec::new();
    let finder = memmem::Finder::new(b"sm_");
    let mut at = 0;
    while let Some(found) = finder.find(&bytes[at..]) {
        let start = at + found;
        if !bytes.get(start + 3).is_some_and(u8::is_ascii_digit) {
            at = start + 3;
            continue;
        }
        let end = bytes[start..]
            .iter()
            .position(|&b| !belongs_to_list(b))
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
    best
}

/// What stands before the number of a C library's release.
const RELEASE: &str = "release version ";

fn glibc_release(bytes: &[u8]) -> Option<&str> {
    memmem::find_iter(bytes, RELEASE.as_bytes()).find_map(|at| {
        let rest = &bytes[at + RELEASE.len()..];
        let end = rest
            .iter()
            .position(|b| !(b.is_ascii_digit() || *b == b'.'))
            .unwrap_or(rest.len());
        let number = std::str::from_utf8(&rest[..end]).ok()?;
        let number = number.trim_end_matches('.');
        (number.starts_with(|c: char| c.is_ascii_digit()) && number.contains('.')).then_some(number)
    })
}

fn belongs_to_list(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' '
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
    use proptest::prelude::*;

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

    #[test]
    fn a_c_library_says_its_release() {
        for (library, release) in [
            (
                &b"\0GNU C Library (Ubuntu GLIBC 2.39-0ubuntu8.6) stable release version 2.39.\nCopyright\0"[..],
                "release version 2.39",
            ),
            (
                b"GNU C Library (GNU libc) development release version 2.41.9000.\n",
                "release version 2.41.9000",
            ),
            (b"the release version is 2.39", ""),
            (b"\x7fELF\0\0", ""),
        ] {
            let picked = Select::GlibcRelease.pick(library);
            assert_eq!(picked, release);
            assert_eq!(Select::GlibcRelease.pick(picked.as_bytes()), picked);
        }
    }

    #[test]
    fn a_piece_without_an_end_is_too_large() {
        let mut picker = Picker::new(Select::Lines(&["x"]));
        let piece = vec![b'a'; MAX_TEXT];
        assert_eq!(picker.feed(&piece), Ok(()));
        assert_eq!(picker.feed(&piece), Err(Unread::TooLarge));
    }

    proptest! {
        #[test]
        fn cutting_a_file_in_pieces_changes_nothing(
            words in prop::collection::vec("\n|\n\n|Package: nvidia|Version: 1|sm_80|sm_90a|compute_90| | |\u{0}|é|sm_|release version 2.39|release version |2.3", 0..60),
            size in 1..20_usize,
        ) {
            let file = words.concat();
            for select in [
                Select::Paragraphs(&["nvidia"]),
                Select::Lines(&["nvidia", "sm_"]),
                Select::Architectures,
                Select::GlibcRelease,
            ] {
                let whole = select.pick(file.as_bytes());
                let mut picker = Picker::new(select);
                for piece in file.as_bytes().chunks(size) {
                    picker.feed(piece).unwrap();
                }
                prop_assert_eq!(picker.finish(), &*whole);
                prop_assert_eq!(select.pick(whole.as_bytes()), whole);
            }
        }
    }
}
