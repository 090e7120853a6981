//! Recorded machines by name or file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use lessons_engine::bundled;
use lessons_engine::recording::{MAX_BYTES, Recording, RecordingError};

use crate::nearest;

/// Opens a bundled recording by its name, or a recording from a file. What has a folder in it, ends in `.json` or is
/// `-` (standard input) is a file.
pub fn open(name: &str) -> Result<Recording> {
    if let Some(recording) = bundled::recording(name) {
        return recording.with_context(|| format!("the bundled recording {name}"));
    }
    let is_file = name == "-"
        || name.contains(['/', '\\'])
        || Path::new(name).extension().is_some_and(|end| end == "json")
        || Path::new(name).exists();
    if !is_file {
        return Err(nearest::unknown("machine", name, bundled::names(), "lessons machines").into());
    }
    let bytes = if name == "-" {
        read_bounded(std::io::stdin().lock())
    } else {
        File::open(name).and_then(|file| {
            if file.metadata()?.is_dir() {
                return Err(std::io::ErrorKind::IsADirectory.into());
            }
            read_bounded(file)
        })
    };
    let shown = lessons_engine::visible::visible(name);
    let bytes = bytes.with_context(|| format!("tried to read the recording {shown}"))?;
    Recording::from_slice(&bytes).map_err(|error| {
        let advice = match error {
            RecordingError::OtherFormat(_) => "a newer lessons may read it",
            _ => "lessons record -o FILE writes one",
        };
        anyhow!("tried to read {shown} as a recording: {error}; {advice}")
    })
}

/// Reads no more than shows that it is too much.
fn read_bounded(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
