//! What nvidia-smi says: one [`Smi`] per output, with numbers where it shows numbers and words where it
//! shows words.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::failure::Failure;
use super::field::Field;
use super::note::Note;

/// Words as nvidia-smi prints them, trimmed; the usual ones (`N/A`, `Off`, `Default`) take no allocation.
pub type Words = Cow<'static, str>;

/// Everything that one nvidia-smi output says.
///
/// Its JSON is the contract of `lessons read smi --json` (`"schema": "lessons-read-smi/1"`): `form`,
/// `process_list` and `fields` stay out of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Smi {
    /// Which of nvidia-smi's outputs this is.
    pub form: Form,
    /// When it was taken, as printed above the table or in the log.
    pub timestamp: Option<String>,
    /// Version of the tool: `580.95.05`.
    pub smi_version: Option<String>,
    /// Version of the kernel-mode driver (`Driver Version`, from 610 on `KMD Version`).
    pub driver_version: Option<String>,
    /// The newest CUDA that this driver's libcuda supports: `13.0`, `N/A`, `ERR!`; `None` where the layout has
    /// no such field.
    pub cuda_version: Option<String>,
    /// The GPUs, in the order printed.
    pub gpus: Vec<Gpu>,
    /// The MIG devices, in the order printed.
    pub mig_devices: Vec<MigDevice>,
    /// The processes, in the order printed.
    pub processes: Vec<Process>,
    /// Whether the output has a process list at all.
    pub process_list: ProcessList,
    /// The message with which nvidia-smi gave up, or failed on one GPU.
    pub failure: Option<Failure>,
    /// What a reader of the values has to know about the text they came from.
    pub notes: Vec<Note>,
    /// Where in the text each value stands.
    pub fields: Vec<Field>,
}

impl Smi {
    /// Adds a remark, unless it has been made.
    pub(super) fn note_once(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

impl Serialize for Smi {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("Smi", 10)?;
        json.serialize_field("schema", "lessons-read-smi/1")?;
        json.serialize_field("timestamp", &self.timestamp)?;
        json.serialize_field("smi_version", &self.smi_version)?;
        json.serialize_field("driver_version", &self.driver_version)?;
        json.serialize_field("cuda_version", &self.cuda_version)?;
        json.serialize_field("gpus", &self.gpus)?;
        json.serialize_field("mig_devices", &self.mig_devices)?;
        json.serialize_field("processes", &self.processes)?;
        json.serialize_field("failure", &self.failure)?;
        json.serialize_field("notes", &self.notes)?;
        json.end()
    }
}

/// The outputs of nvidia-smi that can be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// `nvidia-smi`: the table.
    #[default]
    Table,
    /// `nvidia-smi -L`: one line a GPU.
    List,
    /// `nvidia-smi --query-gpu=… --format=csv`, and `--query-compute-apps=…`.
    Query,
    /// `nvidia-smi -q`: the long listing.
    Log,
    /// `nvidia-smi -q -x`: the long listing as XML.
    Xml,
    /// `nvidia-smi --version`: nothing but versions.
    Version,
    /// Nothing but a message of failure.
    Message,
}

/// Whether a table has its list of processes, and whether anything is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProcessList {
    /// The output has no list: nothing can be said about processes.
    #[default]
    Absent,
    /// `No running processes found`.
    NoneFound,
    /// The list is there, with rows or (in a container, or where drivers hide them) without.
    Shown,
}

/// One GPU. A field is `None` where the layout has none, or where the text no longer tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Gpu {
    /// nvidia-smi's number of it, by PCI bus order.
    pub index: Option<u32>,
    /// Product name as printed, cut where the table cuts it.
    pub name: Option<Words>,
    /// The name ends in `...`.
    pub name_truncated: bool,
    /// Persistence mode: `On`, `Off`, `N/A`, `ERR!`. `None` on Windows.
    pub persistence: Option<Words>,
    /// Windows driver model: `WDDM`, `TCC`, `MCDM`. `None` on Linux.
    pub driver_model: Option<Words>,
    /// PCI address as printed, with the long domain: `00000000:81:00.0`.
    pub bus_id: Option<Words>,
    /// A display is initialised on it: `On`, `Off`, `N/A`.
    pub display_active: Option<Words>,
    /// Uncorrected ECC errors since the driver was loaded; `Off` where ECC is off, `N/A` where there is none.
    pub ecc_uncorrected: Option<Reading<Count>>,
    /// Intended fan speed, in percent of the loudest allowed (may exceed 100).
    pub fan_percent: Option<Reading<Percent>>,
    /// Core temperature.
    pub temperature_c: Option<Reading<Celsius>>,
    /// `P0` (fastest) to `P15`.
    pub performance_state: Option<Words>,
    /// Power drawn now.
    pub power_draw_w: Option<Reading<Watts>>,
    /// Power limit set now.
    pub power_limit_w: Option<Reading<Watts>>,
    /// Frame buffer memory in use.
    pub memory_used_mib: Option<Reading<Mebibytes>>,
    /// Frame buffer memory in all.
    pub memory_total_mib: Option<Reading<Mebibytes>>,
    /// Share of time in which a kernel ran.
    pub utilization_percent: Option<Reading<Percent>>,
    /// `Default`, `E. Process`, `Prohibited`, and what else drivers print.
    pub compute_mode: Option<Words>,
    /// `Enabled`, `Disabled`, `N/A`; `None` in the two-line layout.
    pub mig_mode: Option<Words>,
    /// `GPU-…`, from the outputs that show it (not in the JSON).
    #[serde(skip)]
    pub uuid: Option<Words>,
}

/// One MIG device: a slice of a GPU.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MigDevice {
    /// Index of its GPU.
    pub gpu: Option<u32>,
    /// GPU instance id.
    pub gi: Option<u32>,
    /// Compute instance id.
    pub ci: Option<u32>,
    /// Number of the device on its GPU.
    pub device: Option<u32>,
    /// Memory in use.
    pub memory_used_mib: Option<Reading<Mebibytes>>,
    /// Memory in all.
    pub memory_total_mib: Option<Reading<Mebibytes>>,
    /// BAR1 memory in use.
    pub bar1_used_mib: Option<Reading<Mebibytes>>,
    /// BAR1 memory in all.
    pub bar1_total_mib: Option<Reading<Mebibytes>>,
    /// Streaming multiprocessors.
    pub sm: Option<Reading<Count>>,
    /// Uncorrected ECC errors.
    pub ecc_uncorrected: Option<Reading<Count>>,
    /// Shared copy engines.
    pub ce: Option<Reading<Count>>,
    /// Shared encoders.
    pub enc: Option<Reading<Count>>,
    /// Shared decoders.
    pub dec: Option<Reading<Count>>,
    /// Shared optical flow accelerators.
    pub ofa: Option<Reading<Count>>,
    /// Shared JPEG engines.
    pub jpg: Option<Reading<Count>>,
    /// Profile as `-L` prints it: `3g.40gb`.
    pub profile: Option<Words>,
    /// `MIG-…`, from `-L` (not in the JSON).
    #[serde(skip)]
    pub uuid: Option<Words>,
}

/// One process that uses a GPU.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Process {
    /// Index of the GPU.
    pub gpu: Option<u32>,
    /// GPU instance id; `N/A` without MIG, `None` in layouts before MIG.
    pub gi: Option<Reading<Count>>,
    /// Compute instance id; `N/A` without MIG, `None` in layouts before MIG.
    pub ci: Option<Reading<Count>>,
    /// Process id.
    pub pid: Option<Reading<Count>>,
    /// `C` compute, `G` graphics, `C+G` both, `M` MPS server, `M+C`.
    #[serde(rename = "type")]
    pub kind: Option<Words>,
    /// Name as printed: the end of a long one is kept, after `...`.
    pub name: Option<Words>,
    /// Memory it uses; `N/A` under WDDM.
    pub memory_mib: Option<Reading<Mebibytes>>,
}

/// A value where a number is shown, the words where words are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reading<T> {
    /// The number.
    Value(T),
    /// `N/A`, `Off`, `ERR!`, `Not Supported`, …
    Words(Words),
}

impl<T: Unit> Reading<T> {
    /// The value that `text` shows, or its words.
    pub fn of(text: &str) -> Self {
        T::parse(text).map_or_else(|| Self::Words(words(text)), Self::Value)
    }
}

impl<T: Copy> Reading<T> {
    /// The number, where there is one.
    pub fn value(&self) -> Option<T> {
        match self {
            Self::Value(value) => Some(*value),
            Self::Words(_) => None,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Reading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Words(words) => words.fmt(f),
        }
    }
}

/// A quantity that nvidia-smi prints, with its unit.
pub trait Unit: Copy {
    /// What follows the number: `MiB`, `%`, nothing.
    const SUFFIX: &'static str;

    /// The value of digits that carry no unit.
    fn of_number(digits: &str) -> Option<Self>;

    /// The value of a number with this unit, with or without a blank between them.
    fn parse(text: &str) -> Option<Self> {
        Self::of_number(text.strip_suffix(Self::SUFFIX)?.trim_end())
    }
}

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($inner:ty), $suffix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl Unit for $name {
            const SUFFIX: &'static str = $suffix;

            fn of_number(digits: &str) -> Option<Self> {
                // `parse` would take a leading plus, which nvidia-smi never prints.
                if digits.starts_with('+') { None } else { digits.parse().ok().map(Self) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", self.0, Self::SUFFIX)
            }
        }
    };
}

unit!(
    /// Percent.
    Percent(u32), "%"
);
unit!(
    /// Degrees Celsius.
    Celsius(i32), "C"
);
unit!(
    /// MiB, 2^20 bytes.
    Mebibytes(u64), "MiB"
);
unit!(
    /// A plain count or id.
    Count(u64), ""
);

/// Watts. The table shows whole ones, the other outputs hundredths.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Watts(pub f64);

impl Unit for Watts {
    const SUFFIX: &'static str = "W";

    fn of_number(digits: &str) -> Option<Self> {
        // `f64` would also take `inf`, `nan` and exponents.
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let bounded = !digits.is_empty() && digits.len() <= 12;
        if plain && bounded {
            digits.parse().ok().map(Self)
        } else {
            None
        }
    }
}

impl fmt::Display for Watts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0, Self::SUFFIX)
    }
}

impl Serialize for Watts {
    /// A whole number of watts is written as one: `20`, not `20.0`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Twelve characters at most were read, so every whole value fits.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "compared with the value it came from"
        )]
        let whole = self.0 as i64;
        #[expect(
            clippy::cast_precision_loss,
            reason = "compared with the value it came from"
        )]
        let same = (whole as f64 - self.0).abs() < f64::EPSILON;
        if same {
            serializer.serialize_i64(whole)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// `text` as words, borrowed where it is one of the usual ones.
pub fn words(text: &str) -> Words {
    // By length, so that few have to be compared.
    let usual: &[&'static str] = match text.len() {
        1 => &["C", "G", "M"],
        2 => &[
            "On", "P0", "P8", "P2", "P1", "P3", "P4", "P5", "P6", "P7", "P9",
        ],
        3 => &[
            "N/A", "Off", "C+G", "M+C", "TCC", "P10", "P11", "P12", "P15",
        ],
        4 => &["ERR!", "WDDM", "MCDM"],
        5 => &["[N/A]"],
        7 => &["Default", "Enabled"],
        8 => &["Disabled"],
        10 => &["E. Process", "Prohibited"],
        13 => &["Not Supported"],
        _ => &[],
    };
    let known = usual.iter().copied().find(|usual| *usual == text);
    known.map_or_else(|| Cow::Owned(text.to_owned()), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers_and_words_stay_words() {
        assert_eq!(Reading::of("67%"), Reading::Value(Percent(67)));
        assert_eq!(Reading::of("1 MiB"), Reading::Value(Mebibytes(1)));
        assert_eq!(Reading::of("35.95 W"), Reading::Value(Watts(35.95)));
        for odd in [
            "N/A",
            "infW",
            "1e3W",
            "99999999999999999999MiB",
            "MiB",
            "%",
            "+3%",
            "W",
            ".",
        ] {
            assert_eq!(
                Reading::<Mebibytes>::of(odd),
                Reading::Words(words(odd)),
                "{odd}"
            );
            assert_eq!(
                Reading::<Watts>::of(odd),
                Reading::Words(words(odd)),
                "{odd}"
            );
            assert_eq!(
                Reading::<Percent>::of(odd),
                Reading::Words(words(odd)),
                "{odd}"
            );
        }
    }

    #[test]
    fn whole_watts_are_written_whole() {
        let json = |watts| serde_json::to_string(&Reading::Value(Watts(watts))).unwrap();
        assert_eq!(json(20.0), "20");
        assert_eq!(json(35.95), "35.95");
    }
}
