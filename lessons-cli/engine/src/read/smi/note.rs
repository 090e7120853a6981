//! What a reader of the values has to know about the text they came from.

use std::fmt;

use serde::{Serialize, Serializer};

use super::failure::Failure;

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

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut(Part::Header) => write!(f, "the output is cut before the first GPU"),
            Self::Cut(Part::Gpu(at)) => write!(f, "the output is cut at the GPU in row {}", at + 1),
            Self::Cut(Part::MigDevices) => write!(f, "the output is cut in the MIG devices"),
            Self::Cut(Part::Processes) => write!(f, "the output is cut in the processes"),
            Self::HeaderMissing => write!(f, "the header with the versions is missing"),
            Self::MarginLost => write!(
                f,
                "the left edge of the text is cut off: where it took part of a value, the value is left out"
            ),
            Self::IndexGap(missing) => {
                write!(f, "GPU numbers are missing:")?;
                missing.iter().try_for_each(|index| write!(f, " {index}"))
            }
            Self::InfoRomCorrupted(bus_id) => write!(f, "the infoROM of {bus_id} is corrupted"),
            Self::AlsoFailed(failure) => write!(f, "another failure: {}", failure.message),
            Self::ProcessesNotSupported(gpu) => {
                write!(f, "the driver cannot list the processes of GPU {gpu}")
            }
            Self::ColumnsUnnamed => write!(
                f,
                "the columns have no names: only what can be told by its look is read"
            ),
            Self::EccByPlace(count) => {
                write!(f, "{count} uncorrected ECC errors are listed by place")
            }
            Self::MoreOutputs(count) => write!(f, "{count} more outputs follow in the text"),
            Self::RowsLeftOut => write!(f, "there are more rows than are read"),
        }
    }
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
