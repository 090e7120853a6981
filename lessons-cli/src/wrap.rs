//! Sentences on a terminal: no line is longer than a person likes to read, and no word is torn.
//!
//! Where the output goes elsewhere, a sentence is one line, so that `grep` finds it whole.

use std::io;

use textwrap::{Options, WordSplitter};

/// The longest line, however wide the terminal is.
const LONGEST: usize = 100;

/// Below this nothing is won by wrapping.
const SHORTEST: usize = 30;

/// How wide lines may be; `None` where the output is no terminal.
pub fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0).clamp(SHORTEST, LONGEST))
}

/// How wide a screen's line is, for what has columns and reads well on any; `None` where the output is no terminal.
pub fn screen() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0).max(SHORTEST))
}

/// A sentence in lines of `width`: `first` stands before the first of them, `rest` before the others. Where the text
/// itself is in lines, they are of its source and not of the screen.
pub fn wrapped(first: &str, rest: &str, text: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return format!("{first}{text}");
    };
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(&text.replace('\n', " "), options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{BAD, paint};

    #[test]
    fn no_line_is_too_long_unless_one_word_is() {
        let text = "CUDA 13.0 is the newest that this driver serves, as /usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05 says";
        let mark = format!("  {} ", paint(BAD, "✗"));
        let lines = wrapped(&mark, "    ", text, Some(40));
        assert_eq!(
            lines,
            format!(
                "{mark}CUDA 13.0 is the newest that this\n    driver serves, as\n    \
                 /usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05\n    says"
            )
        );
        assert_eq!(wrapped("  ", "    ", text, None), format!("  {text}"));
        assert_eq!(wrapped("", "", "one\ntwo three", Some(9)), "one two\nthree");
    }
}
