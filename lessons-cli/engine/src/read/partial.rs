//! A paste as a machine of which little is known: what the outputs tell, and nothing else.
//!
//! The checks run on it as on any machine. Whatever the paste does not tell stays unknown to them.

use std::collections::BTreeMap;

use super::env::Env;
use super::nvcc::{Nvcc, NvccFailure};
use super::said::Said;
use super::smi::{self, Cause, Count, Mebibytes, Note, ProcessList, Reading, Smi, Watts, Words};
use crate::draw;
use crate::facts::Facts;
use crate::finding::Outcome;
use crate::machine::Platform;
use crate::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode, NvmlFailure, Process, Value};
use crate::programs::{GCC, NVCC, NVIDIA_SMI, NVIDIA_SMI_TOPO, UBUNTU_DRIVERS};
use crate::recording::{Command, Entry, FORMAT, NvmlEntry, Printed, Recording};
use crate::report::{Checked, Report};
use crate::tables::gpu_arch::{self, Match};

/// The machine that some outputs of one paste tell of. `text` is the paste, without what a terminal or a forum added;
/// of two outputs of one kind the first counts.
pub fn machine(said: &[Said], text: &str) -> Recording {
    let mut recording = Recording {
        format: FORMAT.to_owned(),
        name: NAME.to_owned(),
        title: String::new(),
        summary: String::new(),
        lesson: None,
        recorded_at: None,
        recorder: None,
        redacted: None,
        platform: Platform {
            // The only system for which nothing in an output speaks but the lack of another's signs.
            os: "linux".to_owned(),
            arch: String::new(),
            kernel: None,
        },
        files: BTreeMap::new(),
        dirs: BTreeMap::new(),
        commands: Vec::new(),
        env: BTreeMap::new(),
        nvml: None,
    };
    as_on_a_host(&mut recording);
    for said in said {
        match said {
            Said::Smi(smi) => of_smi(&mut recording, smi),
            Said::Topo(topo) => ran(
                &mut recording,
                NVIDIA_SMI_TOPO,
                &draw::topology::table(topo),
            ),
            Said::Drivers(_) => ran(&mut recording, UBUNTU_DRIVERS, text),
            Said::Nvcc(nvcc) => of_nvcc(&mut recording, nvcc),
            Said::Env(env) => of_env(&mut recording, env),
            Said::Wheel(_) | Said::Index(_) => {}
        }
    }
    recording
}

/// A paste does not say whether it comes out of a container. It is judged as one that does not, which is what whoever
/// asks "is my driver right" means; everything else that it does not tell stays unknown.
fn as_on_a_host(recording: &mut Recording) {
    for path in [
        "/proc/version",
        "/.dockerenv",
        "/run/.containerenv",
        "/proc/1/cgroup",
    ] {
        let absent = Entry {
            error: Some("not-found".to_owned()),
            ..Entry::default()
        };
        recording.files.insert(path.to_owned(), absent);
    }
    for name in ["container", "KUBERNETES_SERVICE_HOST"] {
        recording.env.insert(name.to_owned(), None);
    }
}

/// What the checks say of [`machine`], as far as its facts decide it.
pub fn report(said: &[Said], text: &str) -> Told {
    let machine = machine(said, text);
    let facts = Facts::new(&machine);
    let mut report = Report::of_all(&facts);
    let checked = std::mem::take(&mut report.steps);
    report.steps = checked
        .iter()
        .filter(|step| step.step.id != PLACE_OF_TORCH)
        .filter_map(|step| told(step, &checked, &facts))
        .collect();
    Told {
        untold: checked.len() - report.steps.len(),
        report,
    }
}

/// What a paste tells of the steps.
#[derive(Debug, Clone)]
pub struct Told {
    /// The steps that it decides.
    pub report: Report,
    /// How many steps it does not.
    pub untold: usize,
}

/// The step that no paste tells although [`machine`] may have what its check reads: it puts PyTorch's files into a
/// folder that only stands for the one that they are in.
const PLACE_OF_TORCH: &str = "torch.environment";

/// What is known of a step; none where that does not decide it.
///
/// On a whole machine a step that fails waits for a need of which nothing is known. Of a paste next to nothing is known,
/// and a failure that it shows is worth saying.
fn told(checked: &Checked, all: &[Checked], facts: &Facts<'_>) -> Option<Checked> {
    match checked.finding.outcome {
        Outcome::Pass | Outcome::Fail => return Some(checked.clone()),
        Outcome::NotApplicable | Outcome::Unknown => return None,
        Outcome::Blocked => {}
    }
    let need = |of: &Checked| {
        of.blocked_by
            .and_then(|id| all.iter().find(|other| other.step.id == id))
    };
    let direct = need(checked)?;
    let mut cause = direct;
    // A need comes before what needs it, so this ends.
    while let Some(next) = need(cause) {
        cause = next;
    }
    if cause.finding.outcome == Outcome::Fail {
        return Some(checked.clone());
    }
    // Blocked by what is itself blocked is told, if at all, by that.
    let finding = (direct.finding.outcome == Outcome::Unknown)
        .then(|| (checked.step.check)(facts))
        .filter(|finding| finding.outcome == Outcome::Fail)?;
    Some(Checked {
        step: checked.step,
        finding,
        blocked_by: None,
    })
}

/// What the machine is called.
const NAME: &str = "the paste";

/// Stands for the folder of the Python environment, which `collect_env` does not name.
const ENVIRONMENT: &str = "/the-environment";

fn of_smi(recording: &mut Recording, smi: &Smi) {
    if smi.gpus.iter().any(|gpu| gpu.driver_model.is_some()) {
        "windows".clone_into(&mut recording.platform.os);
    }
    // Versions, processes or a table's head alone: without a word on the GPUs, that there is none cannot be told.
    let untold = smi.failure.is_none() && smi.gpus.is_empty();
    if untold || recording.nvml.is_some() {
        return;
    }
    recording.nvml = match smi.failure.as_ref().map(|failure| &failure.cause) {
        None
        | Some(
            Cause::NoDevices | Cause::GpuIsLost { .. } | Cause::UnableToDetermineHandle { .. },
        ) => Some(NvmlEntry::Ok { ok: nvml(smi) }),
        Some(cause) => cause
            .code()
            .map(|code| NvmlEntry::Failed(NvmlFailure::from(code))),
    };
    // The word of failure of one GPU, alone, does not show that nvidia-smi got any further.
    if matches!(recording.nvml, Some(NvmlEntry::Ok { .. })) && !smi.gpus.is_empty() {
        ran(recording, NVIDIA_SMI, "");
    }
}

fn nvml(smi: &Smi) -> Nvml {
    let mut gpus: Vec<GpuReading> = Vec::with_capacity(smi.gpus.len());
    for gpu in &smi.gpus {
        // nvidia-smi leaves out a GPU that it cannot reach; its number stays free.
        let index = gpu.index.map_or(gpus.len(), |index| index as usize);
        while gpus.len() < index && gpus.len() < MOST_MISSING {
            gpus.push(GpuReading::Failed {
                error: NvmlCode::Unknown,
                bus_id: None,
            });
        }
        gpus.push(reading(smi, gpu));
    }
    if let Some(
        Cause::GpuIsLost { gpu, bus_id } | Cause::UnableToDetermineHandle { gpu, bus_id, .. },
    ) = smi.failure.as_ref().map(|failure| &failure.cause)
    {
        let error = smi
            .failure
            .as_ref()
            .and_then(|failure| failure.cause.code())
            .unwrap_or(NvmlCode::Unknown);
        let failed = GpuReading::Failed {
            error,
            bus_id: bus_id.clone(),
        };
        match gpu.and_then(|gpu| gpus.get_mut(gpu as usize)) {
            Some(place @ GpuReading::Failed { .. }) => *place = failed,
            _ => gpus.push(failed),
        }
    }
    Nvml {
        library: None,
        driver_version: smi
            .driver_version
            .clone()
            .map_or(Value::Unrecorded, Value::Known),
        nvml_version: Value::Unrecorded,
        cuda_driver_version: match smi.cuda_version.as_deref() {
            None => Value::Unrecorded,
            Some(words) if !words.starts_with(|c: char| c.is_ascii_digit()) => {
                Value::Refused(NvmlCode::Unknown)
            }
            Some(version) => Value::Known(version.to_owned()),
        },
        gpus,
    }
}

/// A gap in the numbers of the GPUs that is wider than any machine's is a misprint.
const MOST_MISSING: usize = 64;

fn reading(smi: &Smi, gpu: &smi::Gpu) -> GpuReading {
    let is_error = |words: &Option<Words>| words.as_deref() == Some("ERR!");
    if is_error(&gpu.name) || (is_error(&gpu.performance_state) && is_error(&gpu.compute_mode)) {
        return GpuReading::Failed {
            error: NvmlCode::Unknown,
            bus_id: gpu.bus_id.as_deref().map(str::to_owned),
        };
    }
    let (ecc_enabled, ecc_uncorrected) = match &gpu.ecc_uncorrected {
        Some(Reading::Value(Count(errors))) => (Value::Known(true), Value::Known(*errors)),
        Some(Reading::Words(words)) if words == "Off" => {
            (Value::Known(false), Value::Refused(NvmlCode::NotSupported))
        }
        // With MIG on the count stands in the MIG devices' rows.
        Some(Reading::Words(words)) if words == "On" => (Value::Known(true), Value::Unrecorded),
        Some(Reading::Words(words)) => (Value::Refused(code(words)), Value::Refused(code(words))),
        None => (Value::Unrecorded, Value::Unrecorded),
    };
    GpuReading::Opened(Box::new(Gpu {
        name: text(gpu.name.as_ref()),
        uuid: text(gpu.uuid.as_ref()),
        serial: Value::Unrecorded,
        bus_id: text(gpu.bus_id.as_ref()),
        compute_capability: compute_capability(gpu.name.as_deref()),
        persistence_mode: on_off(gpu.persistence.as_ref()),
        display_active: on_off(gpu.display_active.as_ref()),
        driver_model: text(gpu.driver_model.as_ref()),
        memory_total: number(gpu.memory_total_mib.as_ref(), bytes),
        memory_used: number(gpu.memory_used_mib.as_ref(), bytes),
        temperature_c: number(gpu.temperature_c.as_ref(), |celsius| {
            u32::try_from(celsius.0).ok()
        }),
        fan_percent: number(gpu.fan_percent.as_ref(), |percent| Some(percent.0)),
        performance_state: match &gpu.performance_state {
            None => Value::Unrecorded,
            Some(state) => state
                .strip_prefix('P')
                .and_then(|state| state.parse().ok())
                .map_or_else(|| Value::Refused(code(state)), Value::Known),
        },
        power_draw_mw: number(gpu.power_draw_w.as_ref(), |watts| Some(milliwatts(watts))),
        power_limit_mw: number(gpu.power_limit_w.as_ref(), |watts| Some(milliwatts(watts))),
        utilization_percent: number(gpu.utilization_percent.as_ref(), |percent| Some(percent.0)),
        ecc_enabled,
        ecc_uncorrected,
        compute_mode: match text(gpu.compute_mode.as_ref()) {
            Value::Known(mode) if matches!(mode.as_str(), "E. Process" | "Exclusive_Process") => {
                Value::Known("ExclusiveProcess".to_owned())
            }
            mode => mode,
        },
        mig_enabled: match gpu.mig_mode.as_deref() {
            None => Value::Unrecorded,
            Some("Enabled") => Value::Known(true),
            Some("Disabled") => Value::Known(false),
            Some(words) => Value::Refused(code(words)),
        },
        remap_pending: Value::Unrecorded,
        nvlinks_active: Value::Unrecorded,
        processes: processes(smi, gpu.index),
    }))
}

/// What a GPU's name says of it, by the table of GPUs.
fn compute_capability(name: Option<&str>) -> Value<String> {
    match name.map(gpu_arch::by_name) {
        Some(Match::Exact(named)) => Value::Known(named.family.cc.to_string()),
        _ => Value::Unrecorded,
    }
}

fn processes(smi: &Smi, gpu: Option<u32>) -> Value<Vec<Process>> {
    let hidden = smi
        .notes
        .iter()
        .any(|note| matches!(note, Note::ProcessesNotSupported(index) if Some(*index) == gpu));
    if hidden {
        return Value::Refused(NvmlCode::NotSupported);
    }
    if smi.process_list == ProcessList::Absent || gpu.is_none() {
        return Value::Unrecorded;
    }
    Value::Known(
        smi.processes
            .iter()
            .filter(|process| process.gpu == gpu)
            .filter_map(|process| {
                Some(Process {
                    pid: u32::try_from(process.pid.as_ref()?.value()?.0).ok()?,
                    kind: process.kind.as_deref().unwrap_or_default().to_owned(),
                    name: process.name.as_deref().map(str::to_owned),
                    memory: process
                        .memory_mib
                        .as_ref()
                        .and_then(Reading::value)
                        .and_then(bytes),
                })
            })
            .collect(),
    )
}

/// NVML's code for the words that stand in place of a value.
fn code(words: &str) -> NvmlCode {
    match words.trim_matches(['[', ']']) {
        "GPU is lost" => NvmlCode::GpuLost,
        "Insufficient Permissions" => NvmlCode::NoPermission,
        "GPU requires reset" => NvmlCode::ResetRequired,
        "ERR!" | "Unknown Error" => NvmlCode::Unknown,
        _ => NvmlCode::NotSupported,
    }
}

fn text(words: Option<&Words>) -> Value<String> {
    match words {
        None => Value::Unrecorded,
        Some(words) if words == "N/A" || words == "ERR!" || words.starts_with('[') => {
            Value::Refused(code(words))
        }
        Some(words) => Value::Known(words.clone().into_owned()),
    }
}

fn on_off(words: Option<&Words>) -> Value<bool> {
    match words.map(AsRef::as_ref) {
        None => Value::Unrecorded,
        Some("On" | "Enabled") => Value::Known(true),
        Some("Off" | "Disabled") => Value::Known(false),
        Some(words) => Value::Refused(code(words)),
    }
}

fn number<T: Copy, V>(reading: Option<&Reading<T>>, value: impl Fn(T) -> Option<V>) -> Value<V> {
    match reading {
        None => Value::Unrecorded,
        Some(Reading::Words(words)) => Value::Refused(code(words)),
        Some(Reading::Value(number)) => value(*number).map_or(Value::Unrecorded, Value::Known),
    }
}

fn bytes(mebibytes: Mebibytes) -> Option<u64> {
    mebibytes.0.checked_mul(1 << 20)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "more watts than the number takes become its limit, and none is negative"
)]
fn milliwatts(watts: Watts) -> u32 {
    (watts.0 * 1000.0) as u32
}

fn of_nvcc(recording: &mut Recording, nvcc: &Nvcc) {
    if let Some(release) = &nvcc.release {
        // The line alone: what else is in the paste is other programs'.
        let mut line = format!("Cuda compilation tools, release {}", release.value);
        if let Some(version) = &nvcc.version {
            line.push_str(", V");
            line.push_str(version);
        }
        line.push('\n');
        ran(recording, NVCC, &line);
        return;
    }
    let error = match nvcc.failure.as_deref() {
        Some(NvccFailure::NotFound) => "not-found",
        Some(NvccFailure::PermissionDenied) => "denied",
        Some(NvccFailure::CannotExecute) => "cannot execute",
        Some(NvccFailure::Fatal) | None => return,
    };
    push(
        recording,
        Command {
            argv: words(NVCC),
            exit: None,
            stdout: Printed::default(),
            stderr: Printed::default(),
            elapsed_ms: 0,
            error: Some(error.to_owned()),
        },
    );
}

fn of_env(recording: &mut Recording, env: &Env) {
    let first = |value: &str| {
        value
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let is_version = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".+".contains(&byte))
    };
    if let Some(os) = &env.os {
        let lower = os.to_lowercase();
        let name = if lower.contains("windows") {
            "windows"
        } else if lower.contains("mac") {
            "macos"
        } else {
            "linux"
        };
        name.clone_into(&mut recording.platform.os);
        if let Some(arch) = ["x86_64", "aarch64", "arm64"]
            .into_iter()
            .find(|arch| os.contains(arch))
        {
            arch.replace("arm64", "aarch64")
                .clone_into(&mut recording.platform.arch);
        }
    }
    if recording.nvml.is_none()
        && let Some(driver) = env
            .driver
            .as_ref()
            .map(|driver| first(driver))
            .filter(|driver| is_version(driver))
    {
        let gpus = env.gpus.iter().flatten().map(|name| {
            GpuReading::Opened(Box::new(Gpu {
                name: Value::Known(name.value.clone()),
                compute_capability: compute_capability(Some(name)),
                ..Gpu::default()
            }))
        });
        recording.nvml = Some(NvmlEntry::Ok {
            ok: Nvml {
                driver_version: Value::Known(driver),
                gpus: gpus.collect(),
                ..Nvml::default()
            },
        });
    }
    if let Some(toolkit) = env.cuda_runtime.as_ref().map(|version| first(version))
        && is_version(&toolkit)
    {
        let release: Vec<&str> = toolkit.split('.').take(2).collect();
        let line = format!(
            "Cuda compilation tools, release {}, V{toolkit}\n",
            release.join(".")
        );
        ran(recording, NVCC, &line);
    }
    if let Some(gcc) = &env.gcc
        && let Some(version) = gcc.split_whitespace().rev().find(|word| is_version(word))
    {
        ran(recording, GCC, &format!("{version}\n"));
    }
    if let (Some(torch), Some(python)) = (&env.torch, env.python_version())
        && is_version(torch)
    {
        of_torch(recording, env, torch, python);
    }
}

/// PyTorch's own file, as its build writes it, in an environment that has nothing else.
fn of_torch(recording: &mut Recording, env: &Env, torch: &str, python: &str) {
    let built = |value: &Option<super::text::Seen<String>>| match value.as_deref() {
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            let version: String = version
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
                .collect();
            format!("'{version}'")
        }
        _ => "None".to_owned(),
    };
    let minor: Vec<&str> = python.split('.').take(2).collect();
    let minor = minor.join(".");
    let site = if recording.platform.os == "windows" {
        format!("{ENVIRONMENT}/Lib/site-packages")
    } else {
        recording
            .dirs
            .insert(format!("{ENVIRONMENT}/lib"), vec![format!("python{minor}")]);
        format!("{ENVIRONMENT}/lib/python{minor}/site-packages")
    };
    recording
        .env
        .insert("VIRTUAL_ENV".to_owned(), Some(ENVIRONMENT.to_owned()));
    let file = |text: String| Entry {
        text: Some(text),
        ..Entry::default()
    };
    recording.files.insert(
        format!("{ENVIRONMENT}/pyvenv.cfg"),
        file(format!("version = {python}\n")),
    );
    recording.files.insert(
        format!("{site}/torch/version.py"),
        file(format!(
            "__version__ = '{torch}'\ncuda = {}\nhip = {}\n",
            built(&env.cuda_built),
            built(&env.rocm_built)
        )),
    );
}

/// Notes that a program ran and what it printed.
fn ran(recording: &mut Recording, argv: &[&str], stdout: &str) {
    push(
        recording,
        Command {
            argv: words(argv),
            exit: Some(0),
            stdout: Printed::from_text(stdout),
            stderr: Printed::default(),
            elapsed_ms: 0,
            error: None,
        },
    );
}

/// Of two runs of one program the first counts.
fn push(recording: &mut Recording, command: Command) {
    if recording
        .commands
        .iter()
        .all(|known| known.argv != command.argv)
    {
        recording.commands.push(command);
    }
}

fn words(argv: &[&str]) -> Vec<String> {
    argv.iter().map(|&word| word.to_owned()).collect()
}
