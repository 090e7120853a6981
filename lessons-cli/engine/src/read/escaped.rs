//! An output within a program's string, as Python's `repr` and JSON write it: all in one line, with `\n` where a line
//! ends.

/// How the escapes of a text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Escaped {
    /// How many backslashes make one: two in a string within a string. Another number of them is the output's own.
    slashes: usize,
    /// Where the string begins, which is a place where a line does.
    opens: Option<usize>,
}

impl Escaped {
    /// The escapes of a text, if far more of its line ends are written as escapes than are ends of lines.
    pub(super) fn of(text: &str) -> Option<Self> {
        const FEWEST: usize = 3;
        const END: &str = "\\n";
        let first = text.find(END)?;
        let ends = text.matches(END).count();
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        if ends < FEWEST || ends <= 2 * lines {
            return None;
        }
        let before = text.get(..=first)?;
        let slashes = before.len() - before.trim_end_matches('\\').len();
        let opens = before.trim_end_matches('\\').rfind(['"', '\'']);
        Some(Self { slashes, opens })
    }

    /// How much of `length` at `offset` is before the string.
    pub(super) fn before_it_opens(self, offset: usize, length: usize) -> usize {
        match self.opens {
            Some(opens) if (offset + 1..offset + length).contains(&opens) => opens - offset,
            _ => length,
        }
    }

    /// The escapes of a text in which every line is a string of its own.
    pub(super) fn of_strings(text: &str) -> Option<Self> {
        let any = ["\\t", "\\\""].iter().any(|escape| text.contains(escape));
        any.then_some(Self {
            slashes: 1,
            opens: None,
        })
    }

    /// What an escape at `offset` of the text is for and how long it is. `rest` is the text from there on;
    /// what was written before tells whether a backslash there goes on with others.
    pub(super) fn at(
        self,
        offset: usize,
        rest: &str,
        written: &str,
    ) -> Option<(&'static str, usize)> {
        if self.opens == Some(offset) {
            return Some(("\n", 1));
        }
        if written.ends_with('\\') {
            return None;
        }
        let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
        if slashes != self.slashes {
            return None;
        }
        let written = match rest.as_bytes().get(slashes)? {
            b'n' => "\n",
            b't' => "\t",
            b'r' => "",
            b'"' => "\"",
            b'\'' => "'",
            _ => return None,
        };
        Some((written, slashes + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        let escaped = Escaped::of(text)?;
        let mut shown = String::new();
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            if let Some((written, length)) = escaped.at(at, &text[at..], &shown) {
                shown.push_str(written);
                at += length;
            } else {
                shown.push(next);
                at += next.len_utf8();
            }
        }
        Some(shown)
    }

    #[test]
    fn the_lines_of_a_string_are_lines() {
        for (text, shown) in [
            (r"b'a\n\tb\nc\n'", Some("b\na\n\tb\nc\n'")),
            (
                r#"{"out": "a\nb \"c\"\r\nd\n"}"#,
                Some("{\"out\": \na\nb \"c\"\nd\n\"}"),
            ),
            // A string within a string.
            (r#"\"a\\nb\\nc\\n\""#, Some("\\\na\nb\nc\n\\\"")),
            // A backslash of the output, which the string doubles.
            (r"'a\nC:\\new\nb\n'", Some("\na\nC:\\\\new\nb\n'")),
            // Paths of processes, one in a line.
            ("C:\\nv.exe\nC:\\nv.exe\nC:\\nv.exe\nC:\\nv.exe\n", None),
            ("a\\nb", None),
            ("", None),
        ] {
            assert_eq!(written(text).as_deref(), shown, "{text}");
        }
    }
}
