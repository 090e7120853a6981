//! The JSON form of progress, in the state folder and in an exported file.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Progress;

/// The format that this version writes, and the newest that it reads.
pub const SCHEMA: &str = "lessons-progress/1";

/// The largest file that is read, in bytes: a hundred times what all steps need.
pub const MAX_BYTES: usize = 4 << 20;

/// Why bytes are not progress that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Over [`MAX_BYTES`].
    #[error("it is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// Not JSON, or not the fields that progress has; with line and column.
    #[error("{0}")]
    NotProgress(String),
    /// Written by a later version of this program.
    #[error("its format {0:?} is newer than this program, which knows {SCHEMA:?}")]
    Newer(String),
}

impl Progress {
    /// Reads progress from the bytes of a file.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FormatError> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        if bytes.len() > MAX_BYTES {
            return Err(FormatError::TooLarge);
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.trim_ascii().is_empty() {
            return Err(FormatError::Empty);
        }
        let not_progress = |error: serde_json::Error| FormatError::NotProgress(error.to_string());
        // The schema comes first: of a later one, nothing else can be said.
        let head: Head = serde_json::from_slice(bytes).map_err(not_progress)?;
        if is_newer(&head.schema) {
            return Err(FormatError::Newer(head.schema));
        }
        serde_json::from_slice(bytes).map_err(not_progress)
    }

    /// The progress as JSON, its steps sorted, with a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("progress is always JSON: {error}"));
        json.push('\n');
        json
    }
}

fn is_newer(schema: &str) -> bool {
    schema
        .strip_prefix("lessons-progress/")
        .is_some_and(|version| {
            !version.is_empty()
                && version.bytes().all(|b| b.is_ascii_digit())
                && !matches!(version.trim_start_matches('0'), "" | "1")
        })
}

/// The one value that the field `schema` has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Schema;

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SCHEMA)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == SCHEMA {
            Ok(Self)
        } else {
            Err(serde::de::Error::custom(format_args!(
                "the schema is {name:?}, not {SCHEMA:?}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{MarkKind, Outcome};

    #[test]
    fn json_round_trip() {
        let now = "2026-09-28T12:00:00Z".parse().unwrap();
        let mut progress = Progress::default();
        progress.record(
            [
                ("smi.runs", Outcome::Pass),
                ("topology.numa", Outcome::NotApplicable),
            ],
            now,
        );
        progress.mark("cuda.env-path", MarkKind::Skipped, now);
        progress.saw_hint("smi.runs", 2);
        let json = progress.to_json();
        assert_eq!(Progress::from_json(json.as_bytes()), Ok(progress));
        assert_eq!(
            json,
            r#"{
  "schema": "lessons-progress/1",
  "steps": {
    "cuda.env-path": {
      "mark": {
        "as": "skipped",
        "at": "2026-09-28T12:00:00Z"
      }
    },
    "smi.runs": {
      "first_passed": "2026-09-28T12:00:00Z",
      "last": {
        "outcome": "pass",
        "at": "2026-09-28T12:00:00Z"
      },
      "hints": 2
    },
    "topology.numa": {
      "last": {
        "outcome": "not-applicable",
        "at": "2026-09-28T12:00:00Z"
      }
    }
  }
}
"#
        );
    }

    #[test]
    fn fields_of_a_later_version_with_the_same_schema_survive() {
        let text = br#"{"schema":"lessons-progress/1","steps":{"a.b":{"hints":1,"minutes":5}},"reader":"x"}"#;
        let again = Progress::from_json(text).unwrap().to_json();
        assert!(again.contains("\"minutes\": 5") && again.contains("\"reader\": \"x\""));
    }

    #[test]
    fn bad_input_is_refused_with_a_reason() {
        let refused = |bytes: &[u8]| Progress::from_json(bytes).unwrap_err();
        assert_eq!(refused(b""), FormatError::Empty);
        assert_eq!(refused(b" \r\n"), FormatError::Empty);
        assert_eq!(refused(&vec![b' '; MAX_BYTES + 1]), FormatError::TooLarge);
        let newer = br#"{"schema":"lessons-progress/2","steps":[]}"#;
        assert_eq!(
            refused(newer),
            FormatError::Newer("lessons-progress/2".to_owned())
        );
        for bad in [
            &b"{\"schema\":\"lessons-progress/1\",\"steps\":{\"a\""[..],
            b"\0\xff\x7fELF",
            b"[]",
            br#"{"steps":{}}"#,
            br#"{"schema":"lessons-check/1","steps":{}}"#,
            br#"{"schema":"lessons-progress/0","steps":{}}"#,
            br#"{"schema":"lessons-progress/1","steps":{"a.b":{"first_passed":"soon"}}}"#,
            br#"{"schema":"lessons-progress/1","steps":{"a.b":7}}"#,
            &b"[".repeat(100_000),
        ] {
            assert!(matches!(refused(bad), FormatError::NotProgress(_)));
        }
    }
}
