//! The recordings that come along: every file of `exercises/machines`.

use crate::recording::{Recording, RecordingError};

/// Each recording's name and its JSON.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// The names of all bundled recordings, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The JSON of a bundled recording.
pub fn json(name: &str) -> Option<&'static [u8]> {
    FILES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, json)| *json)
}

/// Reads a bundled recording; `None` for a name that is none of them.
pub fn recording(name: &str) -> Option<Result<Recording, RecordingError>> {
    json(name).map(Recording::from_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_recording_is_read_and_is_called_as_its_file() {
        for name in names() {
            let recording = recording(name)
                .unwrap()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(recording.name, name);
            assert!(!recording.title.is_empty(), "{name} has no title");
            assert!(!recording.summary.is_empty(), "{name} has no summary");
        }
    }
}
