//! What a reader of the values has to know about the text they came from.

use std::fmt;
use std::sync::LazyLock;

use serde::{Serialize, Serializer};

use super::failure::Failure;
use crate::finding::Message;
use crate::texts::Texts;

/// One remark about an output. In JSON it is its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The text ends, or breaks off, before the output does. What was complete is kept.
    Cut(Part),
    /// The header with the versions is not in the text.
    HeaderMissing,
    /// GPUs are missing in the numbering: nvidia-smi leaves out one that it cannot reach.
    IndexGap(Vec<u32>),
    /// The left edge of the text is cut off, so that of a row's first value part may be gone.
    MarginLost,
    /// One GPU's infoROM is corrupted, nvidia-smi warns.
    InfoRomCorrupted(String),
    /// A further message of failure, next to the first.
    AlsoFailed(Failure),
    /// The driver cannot list the processes of this GPU.
    ProcessesNotSupported(u32),
    /// The columns of a `--query-gpu` output have no names: only values that can be told by their look are kept.
    ColumnsUnnamed,
    /// So many uncorrected ECC errors are listed, by place; the table's single count is not in this output.
    EccByPlace(u64),
    /// The text holds so many more outputs after this one.
    MoreOutputs(usize),
    /// More rows than are kept.
    RowsLeftOut,
}

/// The parts of an output, for saying where it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Before the first GPU.
    Header,
    /// In or after the GPU at this place, counted from 0.
    Gpu(usize),
    /// In the MIG devices.
    MigDevices,
    /// In the processes.
    Processes,
}

impl Note {
    /// The remark as a value of the JSON form.
    fn message(&self) -> Message {
        let text = Message::shared;
        match self {
            Self::Cut(Part::Header) => text("read-smi-json-cut-header"),
            Self::Cut(Part::Gpu(at)) => {
                text("read-smi-json-cut-gpu").arg("row", (at + 1).to_string())
            }
            Self::Cut(Part::MigDevices) => text("read-smi-json-cut-mig"),
            Self::Cut(Part::Processes) => text("read-smi-json-cut-processes"),
            Self::HeaderMissing => text("read-smi-json-no-header"),
            Self::MarginLost => text("read-smi-json-margin-lost"),
            Self::IndexGap(missing) => {
                let missing: Vec<String> = missing.iter().map(u32::to_string).collect();
                text("read-smi-json-gap").arg("gpus", missing.join(" "))
            }
            Self::InfoRomCorrupted(bus_id) => {
                text("read-smi-json-inforom").arg("gpu", bus_id.as_str())
            }
            Self::AlsoFailed(failure) => {
                text("read-smi-json-also-failed").arg("message", failure.message.as_str())
            }
            Self::ProcessesNotSupported(gpu) => {
                text("read-smi-json-no-process-list").arg("gpu", gpu.to_string())
            }
            Self::ColumnsUnnamed => text("read-smi-json-unnamed"),
            Self::EccByPlace(count) => {
                text("read-smi-json-ecc-by-place").arg("errors", count.to_string())
            }
            Self::MoreOutputs(count) => {
                text("read-smi-json-more").arg("outputs", count.to_string())
            }
            Self::RowsLeftOut => text("read-smi-json-rows-left-out"),
        }
    }
}

/// A value of the JSON form is the same whatever language its reader has.
static ENGLISH: LazyLock<Texts> = LazyLock::new(Texts::english);

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ENGLISH.sentence(&self.message()))
    }
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Cause;
    use super::*;

    #[test]
    fn every_remark_has_its_sentence() {
        let failure = Failure {
            cause: Cause::NoDevices,
            message: "No devices were found".into(),
        };
        let said: Vec<String> = [
            Note::Cut(Part::Header),
            Note::Cut(Part::Gpu(0)),
            Note::Cut(Part::MigDevices),
            Note::Cut(Part::Processes),
            Note::HeaderMissing,
            Note::MarginLost,
            Note::IndexGap(vec![1, 3]),
            Note::InfoRomCorrupted("0000:01:00.0".into()),
            Note::AlsoFailed(failure),
            Note::ProcessesNotSupported(0),
            Note::ColumnsUnnamed,
            Note::EccByPlace(2),
            Note::MoreOutputs(1),
            Note::RowsLeftOut,
        ]
        .iter()
        .map(ToString::to_string)
        .collect();
        assert_eq!(
            said,
            [
                "the output is cut before the first GPU",
                "the output is cut at the GPU in row 1",
                "the output is cut in the MIG devices",
                "the output is cut in the processes",
                "the header with the versions is missing",
                "the left edge of the text is cut off: where it took part of a value, the value is left out",
                "GPU numbers are missing: 1 3",
                "the infoROM of 0000:01:00.0 is corrupted",
                "another failure: No devices were found",
                "the driver cannot list the processes of GPU 0",
                "the columns have no names: only what can be told by its look is read",
                "2 uncorrected ECC errors are listed by place",
                "1 more outputs follow in the text",
                "there are more rows than are read",
            ]
        );
    }
}
