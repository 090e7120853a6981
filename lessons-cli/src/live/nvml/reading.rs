//! One reading of NVML through nvml-wrapper: every value by itself, so that what one library, GPU or user may not
//! tell leaves the rest alone.

use lessons_engine::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode, NvmlFailure, Process, Value};
use nvml_wrapper::enum_wrappers::device::{
    ComputeMode, EccCounter, MemoryError, PerformanceState, TemperatureSensor,
};
use nvml_wrapper::enums::device::{SampleValue, UsedGpuMemory};
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::structs::device::FieldId;
use nvml_wrapper::sys_exports::field_id::NVML_FI_DEV_REMAPPED_PENDING;
use nvml_wrapper::{Device, Nvml as Library, cuda_driver_version_major, cuda_driver_version_minor};

use crate::live::files::Files;
#[cfg(target_os = "linux")]
use crate::live::files::Last;
#[cfg(target_os = "linux")]
use crate::live::loader;

/// The name under which nvml-wrapper opens the library.
#[cfg(target_os = "linux")]
const LIBRARY: &str = "libnvidia-ml.so.1";

/// Where WSL keeps the library of the Windows driver, which a distribution's loader need not know of.
#[cfg(target_os = "linux")]
const WSL_LIBRARY: &str = "/usr/lib/wsl/lib/libnvidia-ml.so.1";

/// More GPUs than any machine has; a library that claims more is not believed.
const MAX_GPUS: u32 = 256;

/// `NVML_NVLINK_MAX_LINKS`.
const MAX_NVLINKS: u32 = 18;

/// Opens NVML, reads it and closes it again: kept open, it would keep a GPU from sleeping.
pub(super) fn read(files: &Files) -> Result<Nvml, NvmlFailure> {
    let (library, file) = open(files)?;
    let failed = |error: NvmlError| NvmlFailure {
        error: code(&error),
        library: file.clone(),
    };
    let count = library.device_count().map_err(failed)?.min(MAX_GPUS);
    let mut gpus: Vec<GpuReading> = (0..count)
        .map(|index| match library.device_by_index(index) {
            Ok(device) => GpuReading::Opened(Box::new(gpu(&device, files))),
            Err(error) => GpuReading::Failed {
                error: code(&error),
                bus_id: None,
            },
        })
        .collect();
    name_the_lost_one(&mut gpus, files);
    Ok(Nvml {
        driver_version: value(library.sys_driver_version()),
        nvml_version: value(library.sys_nvml_version()),
        cuda_driver_version: value(library.sys_cuda_driver_version().map(|version| {
            let major = cuda_driver_version_major(version);
            format!("{major}.{}", cuda_driver_version_minor(version))
        })),
        gpus,
        library: file,
    })
}

/// The open library, and its file.
#[cfg(target_os = "linux")]
fn open(files: &Files) -> Result<(Library, Option<String>), NvmlFailure> {
    let shown = |file: std::path::PathBuf| file.to_string_lossy().into_owned();
    let wsl = files.place(WSL_LIBRARY, Last::Followed).ok();
    let (opened, name) = match (Library::init(), wsl) {
        (Err(NvmlError::LibloadingError(_)), Some(wsl)) if wsl.is_file() => {
            let opened = Library::builder().lib_path(wsl.as_os_str()).init();
            (opened, shown(wsl))
        }
        (opened, _) => (opened, LIBRARY.to_owned()),
    };
    match opened {
        Ok(library) => {
            let file = loader::mapped("libnvidia-ml", &name).map(shown);
            Ok((library, file))
        }
        Err(error) => Err(NvmlFailure {
            error: code(&error),
            library: match error {
                NvmlError::LibloadingError(_) => None,
                _ if name == LIBRARY => loader::search(LIBRARY).map(shown),
                _ => Some(name),
            },
        }),
    }
}

/// The open library; Windows does not tell its file.
#[cfg(windows)]
fn open(_files: &Files) -> Result<(Library, Option<String>), NvmlFailure> {
    match Library::init() {
        Ok(library) => Ok((library, None)),
        Err(error) => Err(code(&error).into()),
    }
}

/// A GPU that cannot be opened does not tell its bus address. Where it is the only one, it is the only address in
/// `/proc/driver/nvidia/gpus` that no other GPU has.
fn name_the_lost_one(gpus: &mut [GpuReading], files: &Files) {
    let mut addresses: Vec<String> = files
        .dir("/proc/driver/nvidia/gpus")
        .unwrap_or_default()
        .into_iter()
        // The kernel writes the domain with four digits, NVML with eight.
        .map(|address| format!("{:0>16}", address.to_ascii_uppercase()))
        .collect();
    let mut lost = Vec::new();
    for gpu in gpus {
        match gpu {
            GpuReading::Opened(gpu) => {
                let Some(known) = gpu.bus_id.known() else {
                    return;
                };
                addresses.retain(|address| !address.eq_ignore_ascii_case(known));
            }
            GpuReading::Failed { bus_id, .. } => lost.push(bus_id),
        }
    }
    if let ([bus_id], [address]) = (&mut *lost, &*addresses) {
        **bus_id = Some(address.clone());
    }
}

fn gpu(device: &Device<'_>, files: &Files) -> Gpu {
    // `nvidia-smi` counts what the driver reserves as neither used nor free, and so does this.
    let memory = device.memory_info();
    Gpu {
        name: value(device.name()),
        uuid: value(device.uuid()),
        serial: value(device.serial()),
        bus_id: value(device.pci_info().map(|pci| pci.bus_id)),
        compute_capability: value(
            device
                .cuda_compute_capability()
                .map(|capability| format!("{}.{}", capability.major, capability.minor)),
        ),
        persistence_mode: persistence_mode(device),
        display_active: value(device.is_display_active()),
        driver_model: driver_model(device),
        memory_total: part(&memory, |memory| memory.total),
        memory_used: part(&memory, |memory| memory.used),
        temperature_c: value(device.temperature(TemperatureSensor::Gpu)),
        fan_percent: value(device.fan_speed(0)),
        performance_state: performance_state(device).into(),
        power_draw_mw: value(device.power_usage()),
        power_limit_mw: value(device.enforced_power_limit()),
        utilization_percent: value(device.utilization_rates().map(|rates| rates.gpu)),
        ecc_enabled: value(device.is_ecc_enabled().map(|ecc| ecc.currently_enabled)),
        ecc_uncorrected: value(
            device.total_ecc_errors(MemoryError::Uncorrected, EccCounter::Volatile),
        ),
        compute_mode: value(device.compute_mode().map(|mode| {
            match mode {
                ComputeMode::Default => "Default",
                ComputeMode::ExclusiveThread => "ExclusiveThread",
                ComputeMode::Prohibited => "Prohibited",
                ComputeMode::ExclusiveProcess => "ExclusiveProcess",
            }
            .to_owned()
        })),
        mig_enabled: value(device.mig_mode().map(|mode| mode.current == 1)),
        remap_pending: remap_pending(device).into(),
        nvlinks_active: nvlinks_active(device).into(),
        processes: processes(device, files).into(),
    }
}

fn value<T>(answer: Result<T, NvmlError>) -> Value<T> {
    answer.map_err(|error| code(&error)).into()
}

/// One value of an answer that has several.
fn part<A, T>(answer: &Result<A, NvmlError>, part: impl FnOnce(&A) -> T) -> Value<T> {
    answer.as_ref().map(part).map_err(code).into()
}

/// Linux alone has persistence mode.
#[cfg(target_os = "linux")]
fn persistence_mode(device: &Device<'_>) -> Value<bool> {
    value(device.is_in_persistent_mode())
}

/// Linux alone has persistence mode.
#[cfg(windows)]
fn persistence_mode(_device: &Device<'_>) -> Value<bool> {
    Value::Refused(NvmlCode::NotSupported)
}

/// Windows alone has driver models.
#[cfg(target_os = "linux")]
fn driver_model(_device: &Device<'_>) -> Value<String> {
    Value::Unrecorded
}

/// Windows alone has driver models.
#[cfg(windows)]
fn driver_model(device: &Device<'_>) -> Value<String> {
    use nvml_wrapper::enum_wrappers::device::DriverModel;
    /// `NVML_DRIVER_MCDM`, which nvml-wrapper does not know.
    const MCDM: u32 = 2;
    let model = match device.driver_model() {
        Ok(state) => match state.current {
            DriverModel::WDDM => "WDDM",
            DriverModel::WDM => "TCC",
        },
        Err(NvmlError::UnexpectedVariant(MCDM)) => "MCDM",
        Err(error) => return Value::Refused(code(&error)),
    };
    Value::Known(model.to_owned())
}

fn performance_state(device: &Device<'_>) -> Result<u32, NvmlCode> {
    Ok(
        match device.performance_state().map_err(|error| code(&error))? {
            PerformanceState::Zero => 0,
            PerformanceState::One => 1,
            PerformanceState::Two => 2,
            PerformanceState::Three => 3,
            PerformanceState::Four => 4,
            PerformanceState::Five => 5,
            PerformanceState::Six => 6,
            PerformanceState::Seven => 7,
            PerformanceState::Eight => 8,
            PerformanceState::Nine => 9,
            PerformanceState::Ten => 10,
            PerformanceState::Eleven => 11,
            PerformanceState::Twelve => 12,
            PerformanceState::Thirteen => 13,
            PerformanceState::Fourteen => 14,
            PerformanceState::Fifteen => 15,
            // The driver does not know it.
            PerformanceState::Unknown => return Err(NvmlCode::NoData),
        },
    )
}

/// Newer GPUs remap rows of their memory, older ones retire pages; both take effect at a reset.
fn remap_pending(device: &Device<'_>) -> Result<bool, NvmlCode> {
    let remap = device
        .field_values_for(&[FieldId(NVML_FI_DEV_REMAPPED_PENDING)])
        .and_then(|values| values.into_iter().next().unwrap_or(Err(NvmlError::NoData)))
        .and_then(|sample| sample.value)
        .map(|value| match value {
            SampleValue::F64(number) => number != 0.0,
            SampleValue::U32(number) => number != 0,
            SampleValue::U64(number) => number != 0,
            SampleValue::I64(number) => number != 0,
        });
    match (remap, device.are_pages_pending_retired()) {
        (Ok(remap), Ok(retire)) => Ok(remap || retire),
        (Ok(pending), Err(_)) | (Err(_), Ok(pending)) => Ok(pending),
        (Err(error), Err(_)) => Err(code(&error)),
    }
}

/// A GPU answers for the links that it has; where it answers for none, its first answer tells why.
fn nvlinks_active(device: &Device<'_>) -> Result<u32, NvmlCode> {
    let mut active = 0;
    let mut answered = false;
    let mut first_error = None;
    for link in 0..MAX_NVLINKS {
        match device.link_wrapper_for(link).is_active() {
            Ok(is_active) => {
                answered = true;
                active += u32::from(is_active);
            }
            Err(error) => {
                first_error.get_or_insert(code(&error));
            }
        }
    }
    match first_error {
        Some(error) if !answered => Err(error),
        _ => Ok(active),
    }
}

/// Compute and graphics processes in one list, by their ids. A GPU that has only one of the two kinds says of the
/// other that it is not supported.
fn processes(device: &Device<'_>, files: &Files) -> Result<Vec<Process>, NvmlCode> {
    let compute = device.running_compute_processes();
    let graphics = device.running_graphics_processes();
    let (compute, graphics) = match (compute, graphics) {
        (Ok(compute), Ok(graphics)) => (compute, graphics),
        (Ok(compute), Err(NvmlError::NotSupported)) => (compute, Vec::new()),
        (Err(NvmlError::NotSupported), Ok(graphics)) => (Vec::new(), graphics),
        (Err(error), _) | (_, Err(error)) => return Err(code(&error)),
    };
    let mut processes: Vec<Process> = Vec::new();
    for (kind, infos) in [("C", compute), ("G", graphics)] {
        for info in infos {
            match processes.iter_mut().find(|known| known.pid == info.pid) {
                Some(known) if known.kind == kind => {}
                Some(known) => "C+G".clone_into(&mut known.kind),
                None => processes.push(process(kind, &info, files)),
            }
        }
    }
    processes.sort_by_key(|process| process.pid);
    Ok(processes)
}

fn process(kind: &str, info: &ProcessInfo, files: &Files) -> Process {
    let name = files.text(&format!("/proc/{}/comm", info.pid)).ok();
    Process {
        pid: info.pid,
        kind: kind.to_owned(),
        name: name.map(|name| name.trim_end().to_owned()),
        memory: match info.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        },
    }
}

/// The code of an error, by its variant and never by its words.
#[expect(
    deprecated,
    reason = "an older library may still answer with NVML_ERROR_ALREADY_INITIALIZED"
)]
fn code(error: &NvmlError) -> NvmlCode {
    match error {
        NvmlError::Uninitialized => NvmlCode::Uninitialized,
        NvmlError::InvalidArg => NvmlCode::InvalidArg,
        NvmlError::NotSupported => NvmlCode::NotSupported,
        NvmlError::NoPermission => NvmlCode::NoPermission,
        NvmlError::AlreadyInitialized => NvmlCode::AlreadyInitialized,
        NvmlError::NotFound => NvmlCode::NotFound,
        NvmlError::InsufficientSize(_) => NvmlCode::InsufficientSize,
        NvmlError::InsufficientPower => NvmlCode::InsufficientPower,
        NvmlError::DriverNotLoaded => NvmlCode::DriverNotLoaded,
        NvmlError::Timeout => NvmlCode::Timeout,
        NvmlError::IrqIssue => NvmlCode::IrqIssue,
        NvmlError::LibraryNotFound => NvmlCode::LibraryNotFound,
        NvmlError::FunctionNotFound => NvmlCode::FunctionNotFound,
        NvmlError::CorruptedInfoROM => NvmlCode::CorruptedInfoROM,
        NvmlError::GpuLost => NvmlCode::GpuLost,
        NvmlError::ResetRequired => NvmlCode::ResetRequired,
        NvmlError::OperatingSystem => NvmlCode::OperatingSystem,
        NvmlError::LibRmVersionMismatch => NvmlCode::LibRmVersionMismatch,
        NvmlError::InUse => NvmlCode::InUse,
        NvmlError::InsufficientMemory => NvmlCode::InsufficientMemory,
        NvmlError::NoData => NvmlCode::NoData,
        NvmlError::VgpuEccNotSupported => NvmlCode::VgpuEccNotSupported,
        NvmlError::Unknown => NvmlCode::Unknown,
        NvmlError::FailedToLoadSymbol(_) => NvmlCode::FailedToLoadSymbol,
        NvmlError::LibloadingError(_) => NvmlCode::LibloadingError,
        // Codes that nvml-wrapper has no variant for.
        NvmlError::UnexpectedVariant(number) => NvmlCode::from_number(*number),
        NvmlError::Utf8Error(_)
        | NvmlError::NulError(_)
        | NvmlError::StringTooLong { .. }
        | NvmlError::IncorrectBits(_)
        | NvmlError::SetReleaseFailed
        | NvmlError::GetPciInfoFailed
        | NvmlError::PciInfoToCFailed => NvmlCode::UnexpectedVariant,
    }
}
