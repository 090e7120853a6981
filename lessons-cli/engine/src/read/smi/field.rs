//! Where in the text each value stands.

use std::ops::Range;

/// One value of an output and the bytes of the text that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Which row of the output it belongs to.
    pub row: Row,
    /// Which value of that row it is.
    pub key: Key,
    /// Byte range in the text as it was given. It starts and ends at character boundaries; escape sequences
    /// inside a value, if any, are part of the range.
    pub span: Range<usize>,
}

/// The rows of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// The header and what stands around the table.
    Header,
    /// The GPU at this place in [`gpus`](super::Smi::gpus).
    Gpu(usize),
    /// The MIG device at this place in [`mig_devices`](super::Smi::mig_devices).
    MigDevice(usize),
    /// The process at this place in [`processes`](super::Smi::processes).
    Process(usize),
}

macro_rules! keys {
    ($($(#[$doc:meta])* $key:ident = $name:literal,)*) => {
        /// The values of a row, named as in the JSON.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Key {
            $($(#[$doc])* $key,)*
        }

        impl Key {
            /// Every key.
            pub const ALL: &'static [Self] = &[$(Self::$key),*];

            /// Its name in the JSON.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$key => $name,)*
                }
            }
        }
    };
}

keys! {
    /// When the output was taken.
    Timestamp = "timestamp",
    /// Version of the tool.
    SmiVersion = "smi_version",
    /// Version of the kernel-mode driver.
    DriverVersion = "driver_version",
    /// Newest CUDA that the driver supports.
    CudaVersion = "cuda_version",
    /// A message of failure.
    Failure = "failure",
    /// Index of a GPU.
    Index = "index",
    /// Name of a GPU or a process.
    Name = "name",
    /// Persistence mode.
    Persistence = "persistence",
    /// Windows driver model.
    DriverModel = "driver_model",
    /// PCI address.
    BusId = "bus_id",
    /// Display initialised.
    DisplayActive = "display_active",
    /// Uncorrected ECC errors.
    EccUncorrected = "ecc_uncorrected",
    /// Fan speed.
    FanPercent = "fan_percent",
    /// Core temperature.
    TemperatureC = "temperature_c",
    /// Performance state.
    PerformanceState = "performance_state",
    /// Power drawn.
    PowerDrawW = "power_draw_w",
    /// Power limit.
    PowerLimitW = "power_limit_w",
    /// Memory in use by all.
    MemoryUsedMib = "memory_used_mib",
    /// Memory in all.
    MemoryTotalMib = "memory_total_mib",
    /// Utilization.
    UtilizationPercent = "utilization_percent",
    /// Compute mode.
    ComputeMode = "compute_mode",
    /// MIG mode.
    MigMode = "mig_mode",
    /// UUID of a GPU or a MIG device.
    Uuid = "uuid",
    /// GPU that a MIG device or a process is on.
    Gpu = "gpu",
    /// GPU instance.
    Gi = "gi",
    /// Compute instance.
    Ci = "ci",
    /// Number of a MIG device.
    Device = "device",
    /// BAR1 memory in use.
    Bar1UsedMib = "bar1_used_mib",
    /// BAR1 memory in all.
    Bar1TotalMib = "bar1_total_mib",
    /// Streaming multiprocessors.
    Sm = "sm",
    /// Shared copy engines.
    Ce = "ce",
    /// Shared encoders.
    Enc = "enc",
    /// Shared decoders.
    Dec = "dec",
    /// Shared optical flow accelerators.
    Ofa = "ofa",
    /// Shared JPEG engines.
    Jpg = "jpg",
    /// MIG profile.
    Profile = "profile",
    /// Process id.
    Pid = "pid",
    /// Type of a process.
    Type = "type",
    /// Memory that a process uses.
    MemoryMib = "memory_mib",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_one_key() {
        let mut names: Vec<_> = Key::ALL.iter().map(|key| key.name()).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
