//! A `libnvidia-ml.so.1` for tests, which answers from a recording.
//!
//! `NVML_DOUBLE_RECORDING` names a recording (`lessons-machine/1`); its `nvml` part is what this library says:
//!
//! - a value is given, a refusal (`{"error": "NoPermission"}`) is returned as NVML's own number for it;
//! - a GPU with an error cannot be opened, and a recording with an error does not get past `nvmlInit`;
//! - `TimedOut`, in any of these places, never returns;
//! - what was not recorded is `NotSupported`.
//!
//! A function that an older library lacks (`FailedToLoadSymbol`) cannot be played by a function that exists: its
//! name has to be taken out of the copy of this library that a test loads.
//!
//! Only what a reading of NVML through nvml-wrapper calls is here, with the signatures of nvml.h.

use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use lessons_engine::machine::Machine;
use lessons_engine::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode, NvmlFailure, Process, Value};
use lessons_engine::recording::Recording;

mod structs;

use structs::{FieldValue, Memory, PciInfo, ProcessInfo, Utilization};

/// `nvmlReturn_t`.
type Return = c_uint;

/// `NVML_SUCCESS`.
const SUCCESS: Return = 0;

/// `NVML_FI_DEV_REMAPPED_PENDING`.
const FIELD_REMAPPED_PENDING: c_uint = 144;

/// `NVML_VALUE_TYPE_UNSIGNED_INT`.
const VALUE_TYPE_UNSIGNED_INT: c_uint = 1;

/// How many links a GPU has at least, up or not.
const NVLINKS: c_uint = 4;

/// `nvmlDevice_t`: never followed, so the GPU's index, plus one, does.
type Device = *const c_void;

static INITIALIZED: AtomicBool = AtomicBool::new(false);

fn recorded() -> &'static Result<Nvml, NvmlFailure> {
    static NVML: OnceLock<Result<Nvml, NvmlFailure>> = OnceLock::new();
    NVML.get_or_init(|| {
        let Some(path) = std::env::var_os("NVML_DOUBLE_RECORDING") else {
            panic!("NVML_DOUBLE_RECORDING names no recording");
        };
        let read = std::fs::read(&path).map_err(|error| error.to_string());
        let recording =
            read.and_then(|json| Recording::from_slice(&json).map_err(|error| error.to_string()));
        match recording {
            Ok(recording) => recording.nvml(),
            Err(error) => panic!("{}: {error}", path.display()),
        }
    })
}

/// NVML's number for a code; never returns where the recording says that nothing returned.
fn refuse(code: NvmlCode) -> Return {
    if code == NvmlCode::TimedOut {
        loop {
            std::thread::park();
        }
    }
    code.number()
        .unwrap_or_else(|| panic!("no function of NVML returns {code}"))
}

fn system() -> Result<&'static Nvml, Return> {
    if !INITIALIZED.load(Ordering::SeqCst) {
        return Err(refuse(NvmlCode::Uninitialized));
    }
    recorded().as_ref().map_err(|failure| refuse(failure.error))
}

fn gpu(device: Device) -> Result<&'static Gpu, Return> {
    let gpu = device
        .addr()
        .checked_sub(1)
        .and_then(|index| system().ok()?.gpus.get(index));
    match gpu {
        Some(GpuReading::Opened(gpu)) => Ok(gpu),
        _ => Err(refuse(NvmlCode::InvalidArg)),
    }
}

fn value<T>(value: &Value<T>) -> Result<&T, Return> {
    match value {
        Value::Known(value) => Ok(value),
        Value::Refused(code) => Err(refuse(*code)),
        Value::Unrecorded => Err(refuse(NvmlCode::NotSupported)),
    }
}

/// The end of each function: what was asked for goes where the caller wants it.
///
/// # Safety
/// `place` is null or may be written to.
unsafe fn give<T>(place: *mut T, answer: Result<T, Return>) -> Return {
    match answer {
        Ok(_) if place.is_null() => refuse(NvmlCode::InvalidArg),
        Ok(answer) => {
            // SAFETY: not null, so it may be written to, as the caller vouches.
            unsafe { place.write(answer) };
            SUCCESS
        }
        Err(number) => number,
    }
}

/// [`give`] for text, with the zero that ends it.
///
/// # Safety
/// `place` is null or has room for `length` bytes.
unsafe fn give_text(place: *mut c_char, length: c_uint, answer: Result<&String, Return>) -> Return {
    let text = match answer {
        Ok(text) => text,
        Err(number) => return number,
    };
    if place.is_null() {
        return refuse(NvmlCode::InvalidArg);
    }
    if text.len() >= length as usize {
        return refuse(NvmlCode::InsufficientSize);
    }
    // SAFETY: the text and its zero fit into `length` bytes, for which there is room, as the caller vouches.
    unsafe {
        text.as_ptr()
            .cast::<c_char>()
            .copy_to_nonoverlapping(place, text.len());
        place.add(text.len()).write(0);
    }
    SUCCESS
}

/// `major` and `minor` of `13.0`.
fn two_numbers(version: &str) -> (c_int, c_int) {
    version
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
        .unwrap_or_else(|| panic!("{version:?} is no version of the form 13.0"))
}

fn recorded_gpu_value<T: Clone>(
    device: Device,
    field: impl FnOnce(&Gpu) -> &Value<T>,
) -> Result<T, Return> {
    value(field(gpu(device)?)).cloned()
}

fn state(device: Device, field: impl FnOnce(&Gpu) -> &Value<bool>) -> Result<c_uint, Return> {
    recorded_gpu_value(device, field).map(c_uint::from)
}

fn start() -> Return {
    match recorded() {
        Ok(_) => {
            INITIALIZED.store(true, Ordering::SeqCst);
            SUCCESS
        }
        Err(failure) => refuse(failure.error),
    }
}

// No function here calls another by its name: the name may be taken out.
#[unsafe(no_mangle)]
extern "C" fn nvmlInit_v2() -> Return {
    start()
}

#[unsafe(no_mangle)]
extern "C" fn nvmlInitWithFlags(_flags: c_uint) -> Return {
    start()
}

#[unsafe(no_mangle)]
extern "C" fn nvmlShutdown() -> Return {
    if INITIALIZED.swap(false, Ordering::SeqCst) {
        SUCCESS
    } else {
        refuse(NvmlCode::Uninitialized)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlSystemGetDriverVersion(version: *mut c_char, length: c_uint) -> Return {
    let answer = system().and_then(|nvml| value(&nvml.driver_version));
    // SAFETY: `version` has room for `length` bytes, as nvml.h asks of callers.
    unsafe { give_text(version, length, answer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlSystemGetNVMLVersion(version: *mut c_char, length: c_uint) -> Return {
    let answer = system().and_then(|nvml| value(&nvml.nvml_version));
    // SAFETY: `version` has room for `length` bytes, as nvml.h asks of callers.
    unsafe { give_text(version, length, answer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlSystemGetCudaDriverVersion_v2(version: *mut c_int) -> Return {
    let answer = system().and_then(|nvml| {
        let (major, minor) = two_numbers(value(&nvml.cuda_driver_version)?);
        Ok(major * 1000 + minor * 10)
    });
    // SAFETY: `version` may be written to, as nvml.h asks of callers.
    unsafe { give(version, answer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetCount_v2(count: *mut c_uint) -> Return {
    let answer = system().map(|nvml| c_uint::try_from(nvml.gpus.len()).unwrap_or(c_uint::MAX));
    // SAFETY: `count` may be written to, as nvml.h asks of callers.
    unsafe { give(count, answer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, device: *mut Device) -> Return {
    let index = index as usize;
    let answer = system().and_then(|nvml| match nvml.gpus.get(index) {
        Some(GpuReading::Opened(_)) => Ok(std::ptr::without_provenance(index + 1)),
        Some(GpuReading::Failed { error, .. }) => Err(refuse(*error)),
        None => Err(refuse(NvmlCode::InvalidArg)),
    });
    // SAFETY: `device` may be written to, as nvml.h asks of callers.
    unsafe { give(device, answer) }
}

/// Functions that give one text of a GPU.
macro_rules! texts {
    ($($name:ident: $field:ident),* $(,)?) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(device: Device, text: *mut c_char, length: c_uint) -> Return {
            let answer = gpu(device).and_then(|gpu| value(&gpu.$field));
            // SAFETY: `text` has room for `length` bytes, as nvml.h asks of callers.
            unsafe { give_text(text, length, answer) }
        }
    )*};
}

texts! {
    nvmlDeviceGetName: name,
    nvmlDeviceGetUUID: uuid,
    nvmlDeviceGetSerial: serial,
}

/// Functions that give one number of a GPU, some after arguments that make no difference here.
macro_rules! numbers {
    ($($name:ident($($ignored:ty),*): $type:ty = $answer:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(device: Device $(, _: $ignored)*, number: *mut $type) -> Return {
            let answer: fn(Device) -> Result<$type, Return> = $answer;
            // SAFETY: `number` may be written to, as nvml.h asks of callers.
            unsafe { give(number, answer(device)) }
        }
    )*};
}

numbers! {
    nvmlDeviceGetPersistenceMode(): c_uint = |gpu| state(gpu, |gpu| &gpu.persistence_mode);
    nvmlDeviceGetDisplayActive(): c_uint = |gpu| state(gpu, |gpu| &gpu.display_active);
    nvmlDeviceGetTemperature(c_uint): c_uint = |gpu| recorded_gpu_value(gpu, |gpu| &gpu.temperature_c);
    nvmlDeviceGetFanSpeed_v2(c_uint): c_uint = |gpu| recorded_gpu_value(gpu, |gpu| &gpu.fan_percent);
    nvmlDeviceGetPerformanceState(): c_uint = |gpu| recorded_gpu_value(gpu, |gpu| &gpu.performance_state);
    nvmlDeviceGetPowerUsage(): c_uint = |gpu| recorded_gpu_value(gpu, |gpu| &gpu.power_draw_mw);
    nvmlDeviceGetEnforcedPowerLimit(): c_uint = |gpu| recorded_gpu_value(gpu, |gpu| &gpu.power_limit_mw);
    nvmlDeviceGetTotalEccErrors(c_uint, c_uint): c_ulonglong = |gpu| recorded_gpu_value(gpu, |gpu| &gpu.ecc_uncorrected);
    nvmlDeviceGetComputeMode(): c_uint = |gpu| {
        let mode = recorded_gpu_value(gpu, |gpu| &gpu.compute_mode)?;
        let modes = ["Default", "ExclusiveThread", "Prohibited", "ExclusiveProcess"];
        let number = (0..).zip(modes).find(|(_, known)| *known == mode);
        Ok(number.unwrap_or_else(|| panic!("{mode:?} is no compute mode")).0)
    };
    // Of older GPUs, which retire pages where newer ones remap rows.
    nvmlDeviceGetRetiredPagesPendingStatus(): c_uint = |_| Err(refuse(NvmlCode::NotSupported));
    nvmlDeviceGetUtilizationRates(): Utilization = |gpu| {
        let gpu = recorded_gpu_value(gpu, |gpu| &gpu.utilization_percent)?;
        Ok(Utilization { gpu, memory: 0 })
    };
    nvmlDeviceGetPciInfo_v3(): PciInfo = |device| {
        Ok(PciInfo::at(value(&gpu(device)?.bus_id)?))
    };
}

/// Functions that give two numbers of a GPU.
macro_rules! pairs {
    ($($name:ident: $type:ty = $answer:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(device: Device, first: *mut $type, second: *mut $type) -> Return {
            let answer: fn(Device) -> Result<($type, $type), Return> = $answer;
            match answer(device) {
                // SAFETY: both may be written to, as nvml.h asks of callers.
                Ok((one, two)) => unsafe { give(first, Ok(one)).max(give(second, Ok(two))) },
                Err(number) => number,
            }
        }
    )*};
}

pairs! {
    nvmlDeviceGetCudaComputeCapability: c_int = |device| {
        Ok(two_numbers(value(&gpu(device)?.compute_capability)?))
    };
    // Now and after the next reset.
    nvmlDeviceGetEccMode: c_uint = |gpu| {
        state(gpu, |gpu| &gpu.ecc_enabled).map(|state| (state, state))
    };
    nvmlDeviceGetMigMode: c_uint = |gpu| {
        state(gpu, |gpu| &gpu.mig_enabled).map(|state| (state, state))
    };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetMemoryInfo_v2(device: Device, memory: *mut Memory) -> Return {
    // SAFETY: null, or a structure whose first field says what it is, as nvml.h asks of callers.
    let Some(asked) = (unsafe { memory.as_ref() }) else {
        return refuse(NvmlCode::InvalidArg);
    };
    if asked.version != Memory::VERSION_2 {
        return refuse(NvmlCode::ArgumentVersionMismatch);
    }
    let answer = gpu(device).and_then(|gpu| {
        let total = *value(&gpu.memory_total)?;
        Ok(Memory::of(total, *value(&gpu.memory_used)?))
    });
    // SAFETY: it may be written to, as nvml.h asks of callers.
    unsafe { give(memory, answer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetNvLinkState(
    device: Device,
    link: c_uint,
    active: *mut c_uint,
) -> Return {
    let answer = recorded_gpu_value(device, |gpu| &gpu.nvlinks_active).and_then(|links| {
        if link < links.max(NVLINKS) {
            Ok(c_uint::from(link < links))
        } else {
            Err(refuse(NvmlCode::InvalidArg))
        }
    });
    // SAFETY: `active` may be written to, as nvml.h asks of callers.
    unsafe { give(active, answer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetFieldValues(
    device: Device,
    count: c_int,
    values: *mut FieldValue,
) -> Return {
    if let Err(number) = gpu(device) {
        return number;
    }
    let Ok(count @ 1..) = usize::try_from(count) else {
        return refuse(NvmlCode::InvalidArg);
    };
    if values.is_null() {
        return refuse(NvmlCode::InvalidArg);
    }
    // SAFETY: there are `count` values, as nvml.h asks of callers.
    for field in unsafe { std::slice::from_raw_parts_mut(values, count) } {
        let answer = if field.id == FIELD_REMAPPED_PENDING {
            state(device, |gpu| &gpu.remap_pending)
        } else {
            Err(refuse(NvmlCode::NotSupported))
        };
        field.value_type = VALUE_TYPE_UNSIGNED_INT;
        match answer {
            Ok(number) => {
                field.outcome = SUCCESS;
                field.value = c_ulonglong::from(number);
            }
            Err(number) => field.outcome = number,
        }
    }
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetComputeRunningProcesses_v3(
    device: Device,
    count: *mut c_uint,
    processes: *mut ProcessInfo,
) -> Return {
    // SAFETY: as nvml.h asks of callers.
    unsafe { give_processes(device, 'C', count, processes) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nvmlDeviceGetGraphicsRunningProcesses_v3(
    device: Device,
    count: *mut c_uint,
    processes: *mut ProcessInfo,
) -> Return {
    // SAFETY: as nvml.h asks of callers.
    unsafe { give_processes(device, 'G', count, processes) }
}

/// Gives the processes of one kind, or their number where there is too little room for them.
///
/// # Safety
/// `count` is null or may be read and written to; `processes` has room for that many.
unsafe fn give_processes(
    device: Device,
    kind: char,
    count: *mut c_uint,
    processes: *mut ProcessInfo,
) -> Return {
    let known: Vec<&Process> = match gpu(device).and_then(|gpu| value(&gpu.processes)) {
        Ok(known) => known.iter().filter(|one| one.kind.contains(kind)).collect(),
        Err(number) => return number,
    };
    // SAFETY: null, or may be read and written to, as the caller vouches.
    let Some(count) = (unsafe { count.as_mut() }) else {
        return refuse(NvmlCode::InvalidArg);
    };
    let room = *count as usize;
    *count = c_uint::try_from(known.len()).unwrap_or(c_uint::MAX);
    if known.len() > room || (processes.is_null() && !known.is_empty()) {
        return refuse(NvmlCode::InsufficientSize);
    }
    for (index, process) in known.into_iter().enumerate() {
        // SAFETY: `index` is below the number for which there is room.
        unsafe { processes.add(index).write(ProcessInfo::of(process)) };
    }
    SUCCESS
}
