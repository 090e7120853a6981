//! The structures of nvml.h that a reading of NVML is filled into.

use std::ffi::{c_char, c_longlong, c_uint, c_ulonglong};

use lessons_engine::machine::nvml::Process;

/// `nvmlUtilization_t`
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Utilization {
    pub(crate) gpu: c_uint,
    pub(crate) memory: c_uint,
}

/// `nvmlMemory_v2_t`
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Memory {
    pub(crate) version: c_uint,
    total: c_ulonglong,
    reserved: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

impl Memory {
    /// `nvmlMemory_v2`: the structure's size, and in the highest byte its version.
    pub(crate) const VERSION_2: c_uint = 0x28 | (2 << 24);

    pub(crate) fn of(total: u64, used: u64) -> Self {
        Self {
            version: Self::VERSION_2,
            total,
            reserved: 0,
            free: total.saturating_sub(used),
            used,
        }
    }
}

const _: () = assert!(size_of::<Memory>() == 0x28);

/// `nvmlPciInfo_t`
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct PciInfo {
    bus_id_legacy: [c_char; 16],
    domain: c_uint,
    bus: c_uint,
    device: c_uint,
    pci_device_id: c_uint,
    pci_sub_system_id: c_uint,
    bus_id: [c_char; 32],
}

impl PciInfo {
    /// The place of a GPU, from an address such as `00000000:81:00.0`.
    pub(crate) fn at(address: &str) -> Self {
        let mut parts = address
            .split([':', '.'])
            .map(|part| c_uint::from_str_radix(part, 16).ok());
        let mut part = || {
            parts
                .next()
                .flatten()
                .unwrap_or_else(|| panic!("{address:?} is no address of the form 00000000:81:00.0"))
        };
        let mut info = Self {
            bus_id_legacy: [0; 16],
            domain: part(),
            bus: part(),
            device: part(),
            pci_device_id: 0,
            pci_sub_system_id: 0,
            bus_id: [0; 32],
        };
        let zero_remains = info.bus_id.len() - 1;
        for (place, byte) in info.bus_id[..zero_remains].iter_mut().zip(address.bytes()) {
            *place = c_char::from_ne_bytes([byte]);
        }
        info
    }
}

/// `nvmlFieldValue_t`
#[repr(C)]
pub(crate) struct FieldValue {
    pub(crate) id: c_uint,
    scope: c_uint,
    timestamp: c_longlong,
    latency: c_longlong,
    pub(crate) value_type: c_uint,
    /// `nvmlReturn`
    pub(crate) outcome: c_uint,
    /// A union of numbers; on the processors that the driver is made for, a small unsigned one reads the same in
    /// each width.
    pub(crate) value: c_ulonglong,
}

/// `nvmlProcessInfo_t`
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ProcessInfo {
    pid: c_uint,
    used_gpu_memory: c_ulonglong,
    gpu_instance_id: c_uint,
    compute_instance_id: c_uint,
}

impl ProcessInfo {
    /// `NVML_VALUE_NOT_AVAILABLE` stands for memory that is not known and for instances where MIG is off.
    pub(crate) fn of(process: &Process) -> Self {
        Self {
            pid: process.pid,
            used_gpu_memory: process.memory.unwrap_or(c_ulonglong::MAX),
            gpu_instance_id: c_uint::MAX,
            compute_instance_id: c_uint::MAX,
        }
    }
}
