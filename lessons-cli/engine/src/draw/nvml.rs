//! The values of nvidia-smi's table as NVML gives them, so that a recorded machine's table can be drawn.

use crate::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode, Value};
use crate::read::smi::{
    Celsius, Count, Form, Gpu as Row, Mebibytes, Percent, Process, ProcessList, Reading, Smi,
    Watts, words,
};

/// The longest name that the table prints whole; of a longer one it prints 24 characters and three dots.
const NAME_WIDTH: usize = 27;

/// What nvidia-smi would show of a reading of NVML. A GPU that does not answer shows `ERR!`, as there.
pub fn smi(nvml: &Nvml, timestamp: Option<&str>) -> Smi {
    let driver = nvml.driver_version.known().cloned();
    let mut processes = Vec::new();
    let mut gpus = Vec::new();
    for (index, reading) in nvml.gpus.iter().enumerate() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        match reading {
            GpuReading::Opened(gpu) => {
                gpus.push(row(index, gpu));
                processes.extend(processes_of(index, gpu));
            }
            GpuReading::Failed { bus_id, .. } => gpus.push(lost(index, bus_id.as_deref())),
        }
    }
    Smi {
        form: Form::Table,
        timestamp: timestamp.map(str::to_owned),
        smi_version: driver.clone(),
        driver_version: driver,
        cuda_version: Some(
            nvml.cuda_driver_version
                .known()
                .cloned()
                .unwrap_or_else(|| "N/A".to_owned()),
        ),
        gpus,
        process_list: if processes.is_empty() {
            ProcessList::NoneFound
        } else {
            ProcessList::Shown
        },
        processes,
        ..Smi::default()
    }
}

fn row(index: u32, gpu: &Gpu) -> Row {
    let name = gpu
        .name
        .known()
        .cloned()
        .unwrap_or_else(|| "ERR!".to_owned());
    let cut = name.chars().count() > NAME_WIDTH;
    let shown = if cut {
        let start: String = name.chars().take(NAME_WIDTH - 3).collect();
        format!("{start}...")
    } else {
        name
    };
    Row {
        index: Some(index),
        name: Some(shown.into()),
        name_truncated: cut,
        persistence: match &gpu.driver_model {
            Value::Known(_) => None,
            _ => Some(word(&gpu.persistence_mode, |on| on_off(*on))),
        },
        driver_model: gpu.driver_model.known().map(|model| words(model)),
        bus_id: Some(word(&gpu.bus_id, Clone::clone).into_owned().into()),
        display_active: Some(word(&gpu.display_active, |on| on_off(*on))),
        ecc_uncorrected: Some(match (&gpu.ecc_enabled, &gpu.ecc_uncorrected) {
            (Value::Known(false), _) => Reading::Words(words("Off")),
            (_, Value::Known(errors)) => Reading::Value(Count(*errors)),
            (_, refused) => Reading::Words(refusal(refused)),
        }),
        fan_percent: Some(number(&gpu.fan_percent, |&percent| Percent(percent))),
        temperature_c: Some(number(&gpu.temperature_c, |&celsius| {
            Celsius(i32::try_from(celsius).unwrap_or(i32::MAX))
        })),
        performance_state: Some(word(&gpu.performance_state, |state| format!("P{state}"))),
        power_draw_w: Some(number(&gpu.power_draw_mw, |&milliwatts| watts(milliwatts))),
        power_limit_w: Some(number(&gpu.power_limit_mw, |&milliwatts| watts(milliwatts))),
        memory_used_mib: Some(memory(&gpu.memory_used)),
        memory_total_mib: Some(memory(&gpu.memory_total)),
        utilization_percent: Some(number(&gpu.utilization_percent, |&percent| {
            Percent(percent)
        })),
        compute_mode: Some(word(&gpu.compute_mode, |mode| {
            match mode.as_str() {
                "ExclusiveProcess" => "E. Process",
                other => other,
            }
            .to_owned()
        })),
        mig_mode: Some(word(&gpu.mig_enabled, |&on| {
            if on { "Enabled" } else { "Disabled" }.to_owned()
        })),
        uuid: None,
    }
}

/// A GPU that has fallen off the bus.
fn lost(index: u32, bus_id: Option<&str>) -> Row {
    let error = || Some(words("ERR!"));
    Row {
        index: Some(index),
        name: error(),
        persistence: error(),
        bus_id: Some(bus_id.map_or_else(|| words("ERR!"), |bus_id| bus_id.to_owned().into())),
        display_active: error(),
        ecc_uncorrected: Some(Reading::Words(words("ERR!"))),
        fan_percent: Some(Reading::Words(words("ERR!"))),
        temperature_c: Some(Reading::Words(words("ERR!"))),
        performance_state: error(),
        power_draw_w: Some(Reading::Words(words("ERR!"))),
        power_limit_w: Some(Reading::Words(words("ERR!"))),
        memory_used_mib: Some(Reading::Words(words("ERR!"))),
        memory_total_mib: Some(Reading::Words(words("ERR!"))),
        utilization_percent: Some(Reading::Words(words("ERR!"))),
        compute_mode: error(),
        mig_mode: error(),
        ..Row::default()
    }
}

fn processes_of(index: u32, gpu: &Gpu) -> impl Iterator<Item = Process> {
    gpu.processes
        .known()
        .into_iter()
        .flatten()
        .map(move |process| Process {
            gpu: Some(index),
            gi: Some(Reading::Words(words("N/A"))),
            ci: Some(Reading::Words(words("N/A"))),
            pid: Some(Reading::Value(Count(u64::from(process.pid)))),
            kind: Some(words(&process.kind)),
            name: Some(
                process
                    .name
                    .clone()
                    .map_or_else(|| words("[Not Found]"), Into::into),
            ),
            memory_mib: Some(match process.memory {
                Some(bytes) => Reading::Value(Mebibytes(bytes >> 20)),
                None => Reading::Words(words("N/A")),
            }),
        })
}

fn on_off(on: bool) -> String {
    if on { "On" } else { "Off" }.to_owned()
}

/// Truncated to whole watts, as the table has them.
fn watts(milliwatts: u32) -> Watts {
    Watts(f64::from(milliwatts / 1000))
}

fn memory(bytes: &Value<u64>) -> Reading<Mebibytes> {
    match bytes {
        Value::Known(bytes) => Reading::Value(Mebibytes(bytes >> 20)),
        // Boards that share the machine's memory.
        Value::Refused(NvmlCode::NotSupported) => Reading::Words(words("Not Supported")),
        refused => Reading::Words(refusal(refused)),
    }
}

fn number<V, T>(value: &Value<V>, shown: impl Fn(&V) -> T) -> Reading<T> {
    match value {
        Value::Known(value) => Reading::Value(shown(value)),
        refused => Reading::Words(refusal(refused)),
    }
}

fn word<V>(value: &Value<V>, shown: impl Fn(&V) -> String) -> std::borrow::Cow<'static, str> {
    match value {
        Value::Known(value) => words(&shown(value)),
        refused => refusal(refused),
    }
}

/// What the table has in place of a value.
fn refusal<V>(value: &Value<V>) -> std::borrow::Cow<'static, str> {
    words(match value {
        Value::Known(_) => "",
        Value::Refused(
            NvmlCode::NotSupported | NvmlCode::FunctionNotFound | NvmlCode::FailedToLoadSymbol,
        )
        | Value::Unrecorded => "N/A",
        Value::Refused(_) => "ERR!",
    })
}
