//! What NVML, the driver's own management library, says of a machine.
//!
//! One [`Nvml`] is one reading. A value that the library refuses is a value too: it keeps NVML's code
//! (`NotSupported`, `NoPermission`, `FailedToLoadSymbol` …), so that a check decides on codes and never on words.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One complete reading of NVML.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Nvml {
    /// The library file that was loaded, where that could be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    /// The kernel driver's version, `580.95.05`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub driver_version: Value<String>,
    /// The library's own version, `13.580.95.05`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub nvml_version: Value<String>,
    /// The newest CUDA that this driver supports, `13.0`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub cuda_driver_version: Value<String>,
    /// The GPUs, by index; one that could not be opened keeps its place.
    pub gpus: Vec<GpuReading>,
}

/// A GPU, or why NVML would not hand it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GpuReading {
    /// NVML lists this index and gives an error for it (`GpuLost`, `NoPermission` …).
    Failed {
        /// NVML's code.
        error: NvmlCode,
        /// The bus address, where NVML or `/proc` still tells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bus_id: Option<String>,
    },
    /// The GPU answers.
    Opened(Box<Gpu>),
}

/// What NVML says of one GPU.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gpu {
    /// Product name, whole: `NVIDIA GeForce RTX 4090`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub name: Value<String>,
    /// `GPU-…`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub uuid: Value<String>,
    /// The board's serial number.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub serial: Value<String>,
    /// `00000000:81:00.0`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub bus_id: Value<String>,
    /// `8.9`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub compute_capability: Value<String>,
    /// Persistence mode.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub persistence_mode: Value<bool>,
    /// A display is initialised on the GPU, with or without a monitor.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub display_active: Value<bool>,
    /// Windows' driver model: `WDDM`, `TCC` or `MCDM`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub driver_model: Value<String>,
    /// Frame buffer, in bytes.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub memory_total: Value<u64>,
    /// Frame buffer in use, in bytes, as `nvidia-smi` shows it.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub memory_used: Value<u64>,
    /// Core temperature in degrees Celsius.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub temperature_c: Value<u32>,
    /// Fan speed asked for, in percent of the maximum.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub fan_percent: Value<u32>,
    /// 0 for P0 … 15 for P15.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub performance_state: Value<u32>,
    /// Power drawn now, in milliwatts.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub power_draw_mw: Value<u32>,
    /// Power limit in force, in milliwatts.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub power_limit_mw: Value<u32>,
    /// Percent of the time in which a kernel ran.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub utilization_percent: Value<u32>,
    /// ECC switched on.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub ecc_enabled: Value<bool>,
    /// Uncorrected ECC errors since the driver was loaded.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub ecc_uncorrected: Value<u64>,
    /// `Default`, `ExclusiveProcess` or `Prohibited`.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub compute_mode: Value<String>,
    /// Multi-instance mode; `NotSupported` where the GPU has none.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub mig_enabled: Value<bool>,
    /// The GPU wants a reset or a row remap waits for one.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub remap_pending: Value<bool>,
    /// Links of NVLink that are active.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub nvlinks_active: Value<u32>,
    /// Processes that hold memory on the GPU.
    #[serde(skip_serializing_if = "Value::is_unrecorded")]
    pub processes: Value<Vec<Process>>,
}

/// A process that uses a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its id, in the driver's own view of the machine.
    pub pid: u32,
    /// `C` compute, `G` graphics, `C+G` both.
    pub kind: String,
    /// Its program, where `/proc` tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Memory in bytes, where the driver tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// A value, or NVML's code for its refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Value<T> {
    /// NVML answered.
    Known(T),
    /// NVML answered with a code.
    Refused(NvmlCode),
    /// Nobody asked: the recording has no such field.
    #[default]
    Unrecorded,
}

impl<T> Value<T> {
    /// The value, where there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Refused(_) | Self::Unrecorded => None,
        }
    }

    fn is_unrecorded(&self) -> bool {
        matches!(self, Self::Unrecorded)
    }
}

impl<T> From<Result<T, NvmlCode>> for Value<T> {
    fn from(answer: Result<T, NvmlCode>) -> Self {
        match answer {
            Ok(value) => Self::Known(value),
            Err(code) => Self::Refused(code),
        }
    }
}

impl<T: Serialize> Serialize for Value<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Refused(error) => Refusal { error: *error }.serialize(serializer),
            Self::Unrecorded => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Value<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form<T> {
            Refused(Refusal),
            Known(T),
            Null(()),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Refused(Refusal { error }) => Self::Refused(error),
            Form::Known(value) => Self::Known(value),
            Form::Null(()) => Self::Unrecorded,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    error: NvmlCode,
}

/// Why NVML gave no reading at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NvmlFailure {
    /// The code: NVML's, or one of ours (`TimedOut`, `Suspended`, `NotRecorded`).
    pub error: NvmlCode,
    /// The library file that gave it, where one was loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
}

impl From<NvmlCode> for NvmlFailure {
    fn from(error: NvmlCode) -> Self {
        Self {
            error,
            library: None,
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $(= $number:literal)?),* $(,)?) => {
        /// NVML's return codes, by the names that nvml-wrapper gives them, and what stands in for a code
        /// where the library was not reached.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum NvmlCode { $($(#[$doc])* $name),* }

        impl NvmlCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The number by which the library returns it (nvml.h, `nvmlReturn_t`), where it is one of the
            /// library's own.
            pub const fn number(self) -> Option<u32> {
                match self { $(Self::$name => codes!(@ $($number)?)),* }
            }

            /// The code that the library returns by a number; [`Self::UnexpectedVariant`] for one that is not known.
            pub fn from_number(number: u32) -> Self {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|code| code.number() == Some(number))
                    .unwrap_or(Self::UnexpectedVariant)
            }
        }
    };
    (@) => { None };
    (@ $number:literal) => { Some($number) };
}

codes! {
    /// `nvmlInit` was not called.
    Uninitialized = 1,
    /// An argument is wrong.
    InvalidArg = 2,
    /// This device has no such thing.
    NotSupported = 3,
    /// This user may not.
    NoPermission = 4,
    /// `nvmlInit` was called before.
    AlreadyInitialized = 5,
    /// Nothing matches the query.
    NotFound = 6,
    /// A buffer is too small.
    InsufficientSize = 7,
    /// A power cable is missing.
    InsufficientPower = 8,
    /// The kernel module is not loaded.
    DriverNotLoaded = 9,
    /// The library's own time limit was reached.
    Timeout = 10,
    /// The kernel module has a problem with interrupts.
    IrqIssue = 11,
    /// A library that NVML needs is not there.
    LibraryNotFound = 12,
    /// This library is too old for the function.
    FunctionNotFound = 13,
    /// The board's own memory of itself is damaged.
    CorruptedInfoROM = 14,
    /// Fell off the bus or is otherwise out of reach.
    GpuLost = 15,
    /// The GPU needs a reset before it can be used again.
    ResetRequired = 16,
    /// The operating system blocks the GPU (a cgroup, for one).
    OperatingSystem = 17,
    /// The library and the kernel module are of different versions.
    LibRmVersionMismatch = 18,
    /// The GPU is in use.
    InUse = 19,
    /// Out of memory.
    InsufficientMemory = 20,
    /// There is nothing to tell.
    NoData = 21,
    /// Not for a virtual GPU while ECC is on.
    VgpuEccNotSupported = 22,
    /// Something else ran out.
    InsufficientResources = 23,
    /// A clock frequency is not one of those that the GPU has.
    FreqNotSupported = 24,
    /// This library knows another version of the argument.
    ArgumentVersionMismatch = 25,
    /// This library no longer does that.
    Deprecated = 26,
    /// The system is not ready for it yet.
    NotReady = 27,
    /// No GPU was found.
    GpuNotFound = 28,
    /// The GPU is in no state to answer.
    InvalidState = 29,
    /// The GPU has no such kind of reset.
    ResetTypeNotSupported = 30,
    /// The library has no such symbol: it is older than the function.
    FailedToLoadSymbol,
    /// No library could be loaded.
    LibloadingError,
    /// An error inside the driver.
    Unknown = 999,
    /// The library answered something that nvml-wrapper does not know.
    UnexpectedVariant,
    /// Ours: no answer within the time limit.
    TimedOut,
    /// Ours: not asked, since asking would wake a sleeping GPU.
    Suspended,
    /// Ours: the recording has no reading of NVML.
    NotRecorded,
    /// Ours: this platform has no NVML.
    NoNvml,
}

impl NvmlCode {
    /// What the codes that a newcomer meets mean, in words.
    pub const fn meaning(self) -> Option<&'static str> {
        Some(match self {
            Self::LibloadingError => "its library could not be loaded",
            Self::LibraryNotFound => "a library that it needs is not there",
            Self::DriverNotLoaded => "the kernel module is not loaded",
            Self::LibRmVersionMismatch => {
                "its library and the kernel module are of different versions"
            }
            Self::GpuLost => "the GPU is out of reach",
            Self::NoPermission => "this user may not ask",
            Self::TimedOut => "no answer within the time limit",
            Self::Suspended => "not asked, since that would wake a sleeping GPU",
            Self::NotRecorded => "the recording has no reading of it",
            Self::NoNvml => "there is none on this platform",
            _ => return None,
        })
    }
}

impl fmt::Display for NvmlCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for NvmlCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for NvmlCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        // A code of a later NVML is still a code: it is an unknown failure, and no reason to refuse a recording.
        Ok(Self::ALL
            .iter()
            .copied()
            .find(|code| code.name() == name)
            .unwrap_or(Self::UnexpectedVariant))
    }
}
