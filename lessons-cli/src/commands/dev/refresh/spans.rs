//! Where the values of a JSON text stand, so that one of them can be changed and every other byte stays: remarks on
//! where a row comes from, its layout, and the order of its fields.
//!
//! The text has been read as JSON before; on one that is none, nothing is found.

use std::io::{Result, Write};
use std::ops::Range;

use serde::Serialize;

/// Changes of a text, each of its own place.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Puts a value in the place of another.
    pub(super) fn replace(&mut self, text: &str, place: Range<usize>, value: &impl Serialize) {
        let before = text.get(place.clone()).unwrap_or_default();
        let mut after = pretty(value, indent_at(text, place.start));
        // A list that stood in one line stays in one.
        if before.starts_with('[') && !before.contains('\n') {
            let lines: Vec<&str> = after.lines().map(str::trim).collect();
            after = lines.join(" ").replace("[ ", "[").replace(" ]", "]");
        }
        self.0.push((place, after));
    }

    /// Puts a text that is written already in the place of another.
    pub(super) fn put(&mut self, place: Range<usize>, text: String) {
        self.0.push((place, text));
    }

    /// Puts a row behind another one.
    pub(super) fn insert_after(&mut self, text: &str, row: &Range<usize>, value: &impl Serialize) {
        let indent = indent_at(text, row.start);
        let row = row.end..row.end;
        self.0
            .push((row, format!(",\n{indent}{}", pretty(value, indent))));
    }

    /// The text with all changes made.
    pub(super) fn apply(mut self, text: &str) -> String {
        // Stable: rows that come behind the same row keep their order.
        self.0.sort_by_key(|(place, _)| place.start);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (place, value) in &self.0 {
            out.push_str(text.get(at..place.start).unwrap_or_default());
            out.push_str(value);
            at = place.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// The value of a field of the object at a place.
pub(super) fn field(text: &str, object: &Range<usize>, name: &str) -> Option<Range<usize>> {
    let mut at = blanks(text, object.start + 1);
    while at < object.end && text.as_bytes().get(at) == Some(&b'"') {
        let key = at..end_of(text, at)?;
        let colon = blanks(text, key.end);
        let start = blanks(text, colon + 1);
        let value = start..end_of(text, start)?;
        if text.get(key)? == format!("\"{name}\"") {
            return Some(value);
        }
        let comma = blanks(text, value.end);
        at = blanks(text, comma + 1);
    }
    None
}

/// The elements of the array at a place.
pub(super) fn elements(text: &str, array: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = blanks(text, array.start + 1);
    while at + 1 < array.end {
        let Some(end) = end_of(text, at) else {
            break;
        };
        found.push(at..end);
        let comma = blanks(text, end);
        at = blanks(text, comma + 1);
    }
    found
}

/// The whole value that a text begins with.
pub(super) fn whole(text: &str) -> Option<Range<usize>> {
    let start = blanks(text, 0);
    Some(start..end_of(text, start)?)
}

/// Where the value ends that begins here.
fn end_of(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut at = start;
    loop {
        let byte = *bytes.get(at)?;
        if in_string {
            match byte {
                b'\\' => at += 1,
                b'"' => in_string = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        at += 1;
        let is_over = depth == 0
            && !in_string
            && (matches!(byte, b'"' | b'}' | b']')
                || bytes
                    .get(at)
                    .is_none_or(|next| b",]} \n\r\t".contains(next)));
        if is_over {
            return Some(at);
        }
    }
}

fn blanks(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    from + rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}

/// The blanks with which the line at a place begins.
fn indent_at(text: &str, at: usize) -> &str {
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |end| end + 1);
    text.get(start..blanks(text, start).min(at).max(start))
        .unwrap_or_default()
}

/// A value as the tables write it: one blank a level.
fn pretty(value: &impl Serialize, indent: &str) -> String {
    let mut bytes = Vec::new();
    let form = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut out = serde_json::Serializer::with_formatter(&mut bytes, form);
    // Strings, lists and structs of them: there is nothing that could fail.
    let written = value.serialize(&mut out);
    debug_assert!(written.is_ok(), "{written:?}");
    String::from_utf8_lossy(&bytes).replace('\n', &format!("\n{indent}"))
}

/// A value in one line, with a blank behind each comma and colon.
pub(super) fn line(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut out = serde_json::Serializer::with_formatter(&mut bytes, OneLine);
    // As above.
    let written = value.serialize(&mut out);
    debug_assert!(written.is_ok(), "{written:?}");
    String::from_utf8_lossy(&bytes).into_owned()
}

struct OneLine;

impl serde_json::ser::Formatter for OneLine {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"a\": \"x}]\\\"\",\n \"rows\": [\n  {\n   \"n\": 1,\n   \"of\": [\"p\"],\n   \"q\": null\n  },\n  {\"n\": 22, \"of\": []}\n ]\n}\n";

    #[test]
    fn one_value_changes_and_all_else_stays() {
        let rows = elements(TEXT, &field(TEXT, &whole(TEXT).unwrap(), "rows").unwrap());
        assert_eq!(rows.len(), 2);
        let at = |row: usize, name: &str| field(TEXT, &rows[row], name).unwrap();
        assert_eq!(&TEXT[at(0, "q")], "null");
        assert_eq!(&TEXT[at(1, "n")], "22");
        assert_eq!(&TEXT[at(1, "of")], "[]");
        assert_eq!(field(TEXT, &rows[0], "none"), None);
        assert!(elements(TEXT, &at(1, "of")).is_empty());
        let mut edits = Edits::default();
        edits.insert_after(TEXT, &rows[1], &["new"]);
        edits.replace(TEXT, at(0, "of"), &["p", "é\""]);
        edits.replace(TEXT, at(1, "n"), &"two");
        edits.replace(TEXT, at(0, "q"), &["r"]);
        assert_eq!(
            edits.apply(TEXT),
            TEXT.replace("[\"p\"]", "[\"p\", \"é\\\"\"]")
                .replace("null", "[\n    \"r\"\n   ]")
                .replace(
                    "{\"n\": 22, \"of\": []}",
                    "{\"n\": \"two\", \"of\": []},\n  [\n   \"new\"\n  ]"
                )
        );
    }

    #[test]
    fn a_row_fits_in_a_line() {
        let row = serde_json::json!({"a": ["x", 1], "b": {"c": null}});
        assert_eq!(line(&row), r#"{"a": ["x", 1], "b": {"c": null}}"#);
    }

    #[test]
    fn what_is_no_json_ends() {
        for text in ["", "{", "{\"a\"", "{\"a\":", "[1,", "\"\\", "]", "{]]"] {
            let Some(all) = whole(text) else { continue };
            assert!(elements(text, &all).len() <= 1, "{text}");
            assert_eq!(field(text, &all, "a"), None, "{text}");
        }
    }
}
