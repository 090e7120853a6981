//! nvidia-smi: the table, lists, queries, and what it sets.

use std::fmt::Write as _;

use crate::draw;
use crate::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode, Value};
use crate::practice::kernel;
use crate::practice::process::{Call, Exit};
use crate::practice::said::said;
use crate::practice::services;
use crate::version::DriverVersion;

use super::{Program, clock, lines_of, not_played};

mod untold;

pub(super) const PROGRAMS: &[Program] = &[
    Program::installed("nvidia-smi", nvidia_smi),
    Program::installed("nvidia-bug-report.sh", bug_report),
];

const PLAYED: &str = "nvidia-smi, -L, -q [-x] [-d POWER|MEMORY|ECC|TEMPERATURE|PERFORMANCE|UTILIZATION|PIDS], dmon, pmon, --query-gpu=… --format=csv[,noheader][,nounits], --query-compute-apps=…, -i, -pm, -pl, -c, -lgc, -r, --version, topo -m, nvlink --status";

/// The lines of `nvidia-smi --help` (550) for what is played here.
const HELP: &str = "\
NVSMI provides monitoring information for Tesla and select Quadro devices.
The data is presented in either a plain text or an XML format, via stdout or a file.
NVSMI also provides several management operations for changing the device state.

nvidia-smi [OPTION1 [ARG1]] [OPTION2 [ARG2]] ...

    -h,   --help                Print usage information and exit.

  LIST OPTIONS:

    -L,   --list-gpus           Display a list of GPUs connected to the system.

  SUMMARY OPTIONS:

    <no arguments>              Show a summary of GPUs connected to the system.

    [plus any of]

    -i,   --id=                 Target a specific GPU.
    -l,   --loop=               Probe until Ctrl+C at specified second interval.

  QUERY OPTIONS:

    -q,   --query               Display GPU or Unit info.

    [plus any of]

    -i,   --id=                 Target a specific GPU or Unit.
    -x,   --xml-format          Produce XML output.
    -d,   --display=            Display only selected information: MEMORY,
                                    UTILIZATION, ECC, TEMPERATURE, POWER,
                                    COMPUTE, PIDS, PERFORMANCE
                                Flags can be combined with comma e.g. ECC,POWER.

  SELECTIVE QUERY OPTIONS:

    --query-gpu                 Information about GPU.
    --query-compute-apps        List of currently active compute processes.

    [mandatory]

    --format=                   Comma separated list of format options:
                                  csv - comma separated values (MANDATORY)
                                  noheader - skip the first line with column headers
                                  nounits - don't print units for numerical
                                             values

  DEVICE MODIFICATION OPTIONS:

    -pm,  --persistence-mode=   Set persistence mode: 0/DISABLED, 1/ENABLED
    -c,   --compute-mode=       Set MODE for compute applications:
                                0/DEFAULT, 1/EXCLUSIVE_THREAD (DEPRECATED),
                                2/PROHIBITED, 3/EXCLUSIVE_PROCESS
    -pl   --power-limit=        Specifies maximum power management limit in watts.

  DEVICE MONITORING:
    dmon                        Displays device stats in scrolling format.
    pmon                        Displays process stats in scrolling format.

  TOPOLOGY:
    topo                        Displays device/system topology.

  NVLINK:
    nvlink                      Displays device nvlink information.
";

fn nvidia_smi(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    if matches!(words.first().map(String::as_str), Some("-h" | "--help")) {
        let version = call.machine().library_version().unwrap_or_default();
        call.line(format!(
            "NVIDIA System Management Interface -- v{version}\n\n{HELP}\n{}",
            said("practice-smi-help", &[])
        ));
        return 0;
    }
    let nvml = match reading(call) {
        Ok(nvml) => nvml,
        Err(exit) => return exit,
    };
    if words == ["--version"] {
        return versions(call, &nvml);
    }
    match words.first().map(String::as_str) {
        Some(kind @ ("dmon" | "pmon")) => return monitor(call, &nvml, &words, kind == "pmon"),
        Some("topo") => return topo(call, &words[1..]),
        Some("nvlink") => return nvlink(call, &nvml, &words[1..]),
        Some("mig") if !nvml.gpus.is_empty() && !has_mig(&nvml) => {
            call.line("No MIG-supported devices found.");
            return 6;
        }
        _ => {}
    }
    if nvml.gpus.is_empty() {
        call.line("No devices were found");
        return 6;
    }
    let mut asked = Asked::default();
    if let Err(exit) = asked.read(call, &words) {
        return exit;
    }
    let chosen = match chosen(call, &nvml, asked.gpu.as_deref()) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    if let Some(set) = &asked.set {
        return apply(call, set, &chosen);
    }
    if asked.list {
        for &index in &chosen {
            if let Some(gpu) = gpu(&nvml, index) {
                call.line(list_line(index, gpu));
            }
        }
        return 0;
    }
    if let Some(fields) = &asked.query_gpu {
        return query(call, &nvml, &chosen, fields, &asked.format);
    }
    if let Some(fields) = &asked.query_apps {
        return query_apps(call, &nvml, &chosen, fields, &asked.format);
    }
    if asked.long {
        return long(call, &nvml, &chosen, asked.section.as_deref(), asked.xml);
    }
    if asked.xml {
        call.line("Invalid combination of input arguments. Specify -q/--query and -x/--xml-format to run an XML query.  Please run 'nvidia-smi -h' for help.\n");
        return 2;
    }
    if asked.section.is_some() {
        call.line("Invalid combination of input arguments. Specify -q/--query and -d/--display to run a filtered query.  Please run 'nvidia-smi -h' for help.\n");
        return 2;
    }
    let mut shown = nvml;
    shown.gpus = chosen
        .iter()
        .filter_map(|&index| shown.gpus.get(index).cloned())
        .collect();
    let time = timestamp(call.machine().clock);
    let mut smi = draw::nvml::smi(&shown, Some(&time));
    for (gpu, &index) in smi.gpus.iter_mut().zip(&chosen) {
        gpu.index = u32::try_from(index).ok();
    }
    call.print(draw::smi::draw(&smi));
    if asked.endless {
        endless(call);
    }
    0
}

/// Whether a card can be divided.
fn has_mig(nvml: &Nvml) -> bool {
    let mut opened = (0..nvml.gpus.len()).filter_map(|index| gpu(nvml, index));
    opened.any(|gpu| gpu.mig_enabled.known().is_some())
}

/// `nvidia-smi --version`, as drivers up to 595 print it; of newer ones only parts have been seen.
fn versions(call: &mut Call<'_>, nvml: &Nvml) -> Exit {
    let driver = nvml.driver_version.known().cloned().unwrap_or_default();
    let branch = driver
        .split('.')
        .next()
        .and_then(|branch| branch.parse().ok());
    if branch.is_none_or(|branch: u32| branch >= 600) {
        return not_played(call, "--version of this driver", "nvidia-smi");
    }
    let smi = call
        .machine()
        .library_version()
        .unwrap_or_else(|| driver.clone());
    let short: Vec<&str> = smi.split('.').take(2).collect();
    let cuda = nvml
        .cuda_driver_version
        .known()
        .map_or("N/A", String::as_str);
    call.line(format!(
        "NVIDIA-SMI version  : {smi}\nNVML version        : {}\nDRIVER version      : {driver}\nCUDA Version        : {cuda}",
        short.join(".")
    ));
    0
}

/// NVML's reading, or the words and the exit status with which nvidia-smi fails without one.
fn reading(call: &mut Call<'_>) -> Result<Nvml, Exit> {
    call.machine().wake();
    let failure = match call.machine().state.nvml.clone() {
        Ok(nvml) => return Ok(nvml),
        Err(failure) => failure,
    };
    let (text, exit) = match failure.error {
        NvmlCode::LibloadingError | NvmlCode::LibraryNotFound => (
            "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display Driver is properly installed and present in your system.\nPlease also try adding directory that contains libnvidia-ml.so to your system PATH.".to_owned(),
            12,
        ),
        NvmlCode::DriverNotLoaded | NvmlCode::NotRecorded => (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n".to_owned(),
            9,
        ),
        NvmlCode::LibRmVersionMismatch => {
            let library = call.machine().library_version().unwrap_or_default();
            call.machine().log_mismatch();
            // The last number is left out.
            let short: Vec<&str> = library.split('.').take(2).collect();
            (format!("Failed to initialize NVML: Driver/library version mismatch\nNVML library version: {}", short.join(".")), 18)
        }
        NvmlCode::NoPermission => ("Failed to initialize NVML: Insufficient Permissions".to_owned(), 4),
        NvmlCode::GpuNotFound | NvmlCode::NotFound => ("No devices were found".to_owned(), 6),
        _ => ("Failed to initialize NVML: Unknown Error".to_owned(), 255),
    };
    call.line(text);
    Err(exit)
}

#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option that stands or does not"
)]
struct Asked {
    list: bool,
    long: bool,
    section: Option<String>,
    gpu: Option<String>,
    query_gpu: Option<String>,
    query_apps: Option<String>,
    format: String,
    set: Option<Set>,
    xml: bool,
    endless: bool,
}

/// What is to be set.
#[derive(Debug, Clone, PartialEq)]
enum Set {
    Persistence(bool),
    PowerLimit(f64),
    ComputeMode(&'static str),
    /// `(gpuClkMin 210, gpuClkMax 1400)`
    Clocks(String),
    Reset,
}

impl Asked {
    fn read(&mut self, call: &mut Call<'_>, words: &[String]) -> Result<(), Exit> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name.to_owned(), Some(value.to_owned()))
                }
                _ => (word.clone(), None),
            };
            let given = value.clone();
            let mut take = || given.clone().or_else(|| words.next().cloned());
            match name.as_str() {
                "-L" | "--list-gpus" => self.list = true,
                "-q" | "--query" => self.long = true,
                "-d" | "--display" => self.section = take(),
                "-i" | "--id" => self.gpu = take(),
                "--query-gpu" => self.query_gpu = take(),
                "--query-compute-apps" => self.query_apps = take(),
                "--format" => self.format = take().unwrap_or_default(),
                "-pm" | "--persistence-mode" => {
                    self.set = match take().as_deref() {
                        Some("1" | "ENABLED") => Some(Set::Persistence(true)),
                        Some("0" | "DISABLED") => Some(Set::Persistence(false)),
                        other => return Err(invalid(call, &name, other)),
                    }
                }
                "-pl" | "--power-limit" => {
                    let value = take();
                    let watts = value.as_deref().and_then(|watts| watts.parse().ok());
                    match watts {
                        Some(watts) => self.set = Some(Set::PowerLimit(watts)),
                        None => return Err(invalid(call, &name, value.as_deref())),
                    }
                }
                "-c" | "--compute-mode" => {
                    self.set = match take().as_deref() {
                        Some("0" | "DEFAULT") => Some(Set::ComputeMode("Default")),
                        Some("2" | "PROHIBITED") => Some(Set::ComputeMode("Prohibited")),
                        Some("3" | "EXCLUSIVE_PROCESS") => {
                            Some(Set::ComputeMode("ExclusiveProcess"))
                        }
                        other => return Err(invalid(call, &name, other)),
                    }
                }
                "-lgc" | "--lock-gpu-clocks" => {
                    let value = take();
                    let clocks: Option<Vec<u32>> = value
                        .as_deref()
                        .map(|value| value.split(',').map(|part| part.parse().ok()).collect())
                        .unwrap_or_default();
                    match clocks.as_deref() {
                        Some([least, most]) if least <= most => {
                            self.set = Some(Set::Clocks(format!(
                                "(gpuClkMin {least}, gpuClkMax {most})"
                            )));
                        }
                        Some([both]) => {
                            self.set =
                                Some(Set::Clocks(format!("(gpuClkMin {both}, gpuClkMax {both})")));
                        }
                        _ => return Err(invalid(call, &name, value.as_deref())),
                    }
                }
                "-r" | "--gpu-reset" => self.set = Some(Set::Reset),
                "-x" | "--xml-format" => self.xml = true,
                // The seconds may be left out, and then are five.
                "-l" | "--loop" | "-lms" | "--loop-ms" => {
                    let mut rest = words.clone();
                    let seconds = value
                        .clone()
                        .or_else(|| rest.next().filter(|word| !word.starts_with('-')).cloned());
                    if let Some(seconds) = seconds {
                        if value.is_none() {
                            words.next();
                        }
                        if !seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0) {
                            call.line("Provided [-l(ms) | --loop(-ms)=] value is incorrect. Loop frequency must be greater than 0.");
                            return Err(2);
                        }
                    }
                    self.endless = true;
                }
                "mig"
                | "-mig"
                | "--multi-instance-gpu"
                | "-e"
                | "--ecc-config"
                | "-ac"
                | "-rgc"
                | "--reset-gpu-clocks"
                | "-lmc"
                | "-u"
                | "-f"
                | "--filename"
                | "-B"
                | "vgpu"
                | "clocks"
                | "compute-policy"
                | "boost-slider"
                | "--query-supported-clocks"
                | "--query-accounted-apps"
                | "-p"
                | "-am"
                | "drain" => {
                    return Err(not_played(call, word, PLAYED));
                }
                _ => {
                    let word = crate::visible::visible(word);
                    call.line(format!("ERROR: Option {word} is not recognized. Please run 'nvidia-smi -h' for help.\n"));
                    return Err(2);
                }
            }
        }
        Ok(())
    }
}

fn invalid(call: &mut Call<'_>, option: &str, value: Option<&str>) -> Exit {
    call.line(format!(
        "Option \"{option}\" with invalid value \"{}\". Please run 'nvidia-smi -h' for help.\n",
        value.unwrap_or_default()
    ));
    2
}

fn gpu(nvml: &Nvml, index: usize) -> Option<&Gpu> {
    match nvml.gpus.get(index)? {
        GpuReading::Opened(gpu) => Some(gpu),
        GpuReading::Failed { .. } => None,
    }
}

fn bus_id(gpu: &Gpu) -> String {
    gpu.bus_id.known().cloned().unwrap_or_default()
}

/// The GPUs that `-i` names: by number, bus address or UUID.
fn chosen(call: &mut Call<'_>, nvml: &Nvml, named: Option<&str>) -> Result<Vec<usize>, Exit> {
    let all = 0..nvml.gpus.len();
    let Some(named) = named else {
        // A card that fell off the bus ends the whole call.
        for reading in &nvml.gpus {
            if let GpuReading::Failed { bus_id, error } = reading {
                let at = bus_id.clone().unwrap_or_default();
                call.line(format!(
                    "Unable to determine the device handle for GPU {at}: Unknown Error"
                ));
                let _ = error;
                return Err(255);
            }
        }
        return Ok(all.collect());
    };
    let mut found = Vec::new();
    for part in named.split(',') {
        let index = all.clone().find(|&index| {
            let Some(gpu) = gpu(nvml, index) else {
                return false;
            };
            part.parse() == Ok(index)
                || bus_id(gpu).eq_ignore_ascii_case(part)
                || bus_id(gpu).to_lowercase().ends_with(&part.to_lowercase()) && part.contains(':')
                || gpu.uuid.known().is_some_and(|uuid| uuid == part)
        });
        if let Some(index) = index {
            found.push(index);
        } else {
            call.line("No devices were found");
            return Err(6);
        }
    }
    Ok(found)
}

fn list_line(index: usize, gpu: &Gpu) -> String {
    format!(
        "GPU {index}: {} (UUID: {})",
        gpu.name.known().map_or("Unknown", String::as_str),
        gpu.uuid.known().map_or("N/A", String::as_str)
    )
}

fn apply(call: &mut Call<'_>, set: &Set, chosen: &[usize]) -> Exit {
    let root = call.is_root();
    for &index in chosen {
        let Ok(nvml) = &mut call.machine().state.nvml else {
            return 9;
        };
        let Some(GpuReading::Opened(gpu)) = nvml.gpus.get_mut(index) else {
            continue;
        };
        let at = gpu.bus_id.known().cloned().unwrap_or_default();
        let (what, said, exit) = match set {
            Set::Persistence(on) => {
                let word = if *on { "Enabled" } else { "Disabled" };
                match &mut gpu.persistence_mode {
                    Value::Known(mode) if *mode == *on => (
                        "persistence mode",
                        format!("Persistence mode is already {word} for GPU {at}."),
                        0,
                    ),
                    Value::Known(_) if !root => ("persistence mode", String::new(), 4),
                    Value::Known(mode) => {
                        *mode = *on;
                        (
                            "persistence mode",
                            format!("{word} persistence mode for GPU {at}."),
                            0,
                        )
                    }
                    _ => (
                        "persistence mode",
                        format!("Setting persistence mode is not supported for GPU {at}."),
                        3,
                    ),
                }
            }
            Set::PowerLimit(watts) => power_limit(gpu, *watts, &at, root),
            // The clocks themselves are in no recording; what is said is seen in public transcripts.
            Set::Clocks(_) if !root => {
                call.line(format!("The current user does not have permission to change clocks for GPU {at}.\nTerminating early due to previous errors."));
                return 4;
            }
            Set::Clocks(clocks) => (
                "clocks",
                format!("GPU clocks set to \"{clocks}\" for GPU {at}"),
                0,
            ),
            Set::Reset if !root => ("reset", String::new(), 4),
            Set::Reset => reset(gpu, &at),
            Set::ComputeMode(mode) => {
                let shown = match *mode {
                    "Default" => "DEFAULT",
                    "Prohibited" => "PROHIBITED",
                    _ => "EXCLUSIVE_PROCESS",
                };
                match &mut gpu.compute_mode {
                    Value::Known(now) if now == mode => (
                        "compute mode",
                        format!("Compute mode is already set to {shown} for GPU {at}."),
                        0,
                    ),
                    Value::Known(_) if !root => ("compute mode", String::new(), 4),
                    Value::Known(now) => {
                        (*mode).clone_into(now);
                        (
                            "compute mode",
                            format!("Set compute mode to {shown} for GPU {at}."),
                            0,
                        )
                    }
                    _ => (
                        "compute mode",
                        format!("Setting compute mode is not supported for GPU {at}."),
                        3,
                    ),
                }
            }
        };
        if exit == 4 {
            call.line(format!("Unable to set {what} for GPU {at}: Insufficient Permissions\nTerminating early due to previous errors."));
            return 4;
        }
        call.line(said);
        if *set == Set::Reset && exit != 0 {
            call.line("Some GPUs could not be reset.");
            return exit;
        }
        if exit == 2 {
            call.line("Terminating early due to previous errors.");
            return exit;
        }
        if exit != 0 {
            call.line("Treating as warning and moving on.");
        }
    }
    if *set == Set::Persistence(true)
        && call.machine().nvidia_module().is_some_and(|file| file.open)
    {
        call.machine().kernel_says("NVRM: Persistence mode is deprecated and will be removed in a future release. Please use nvidia-persistenced instead.");
    }
    call.line("All done.");
    0
}

/// A reset needs a card that nobody uses; what was set by hand and the counts of errors are gone then.
fn reset(gpu: &mut Gpu, at: &str) -> (&'static str, String, Exit) {
    if gpu.processes.known().is_some_and(|all| !all.is_empty()) {
        let said = format!(
            "GPU {at} is currently in use by another process (e.g. CUDA application). Please first kill all processes using this GPU."
        );
        return ("reset", said, 255);
    }
    if let Value::Known(errors) = &mut gpu.ecc_uncorrected {
        *errors = 0;
    }
    ("reset", format!("GPU {at} was successfully reset."), 0)
}

/// The least that boards take, as a share of their limit; each has its own, and the recordings do not tell.
const LEAST: u32 = 3;

fn power_limit(gpu: &mut Gpu, watts: f64, at: &str, root: bool) -> (&'static str, String, Exit) {
    let Value::Known(limit) = &mut gpu.power_limit_mw else {
        return (
            "power management limit",
            format!("Changing power management limit is not supported for GPU: {at}."),
            3,
        );
    };
    if !root {
        return ("power management limit", String::new(), 4);
    }
    let before = f64::from(*limit) / 1000.0;
    let (least, most) = (before / f64::from(LEAST), before * 4.0 / f64::from(LEAST));
    if watts < least || watts > most {
        return (
            "power management limit",
            format!(
                "Provided power limit {watts:.2} W is not a valid power limit which should be between {least:.2} W and {most:.2} W for GPU {at}"
            ),
            2,
        );
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between two limits"
    )]
    let milliwatts = (watts * 1000.0) as u32;
    *limit = milliwatts;
    (
        "power management limit",
        format!("Power limit for GPU {at} was set to {watts:.2} W from {before:.2} W."),
        0,
    )
}

/// `Wed Jan 14 02:22:46 2026`
fn timestamp(clock: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (days, rest) = (clock.div_euclid(86_400), clock.rem_euclid(86_400));
    let weekday = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
    // Days to a date, by eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let name = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    format!(
        "{} {name} {day:>2} {:02}:{:02}:{:02} {year}",
        DAYS[weekday],
        rest / 3_600,
        rest % 3_600 / 60,
        rest % 60
    )
}

/// A value as a query prints it: its number with a unit, or why there is none.
fn shown<T: ToString>(value: &Value<T>, unit: &str) -> (String, String) {
    match value {
        Value::Known(value) => (value.to_string(), unit.to_owned()),
        Value::Refused(NvmlCode::NotSupported) | Value::Unrecorded => {
            ("[N/A]".to_owned(), String::new())
        }
        Value::Refused(_) => ("[Unknown Error]".to_owned(), String::new()),
    }
}

fn mapped<T, U>(value: &Value<T>, map: impl Fn(&T) -> U) -> Value<U> {
    match value {
        Value::Known(value) => Value::Known(map(value)),
        Value::Refused(code) => Value::Refused(*code),
        Value::Unrecorded => Value::Unrecorded,
    }
}

fn watts(value: &Value<u32>) -> Value<String> {
    mapped(value, |milliwatts| {
        format!("{:.2}", f64::from(*milliwatts) / 1000.0)
    })
}

fn mib(value: &Value<u64>) -> Value<u64> {
    mapped(value, |bytes| bytes >> 20)
}

/// A field of `--query-gpu`: its heading's unit, its value and the value's unit; none for a field that there is not.
fn field(
    nvml: &Nvml,
    index: usize,
    gpu: &Gpu,
    name: &str,
    time: &str,
) -> Option<(&'static str, (String, String))> {
    let words = |on: &Value<bool>, yes: &str, no: &str| {
        shown(
            &mapped(on, |&on| if on { yes.to_owned() } else { no.to_owned() }),
            "",
        )
    };
    let free = match (gpu.memory_total.known(), gpu.memory_used.known()) {
        (Some(total), Some(used)) => Value::Known(total.saturating_sub(*used) >> 20),
        _ => Value::Unrecorded,
    };
    Some(match name {
        "index" => ("", (index.to_string(), String::new())),
        "count" => ("", (nvml.gpus.len().to_string(), String::new())),
        "name" | "gpu_name" => ("", shown(&gpu.name, "")),
        "uuid" | "gpu_uuid" => ("", shown(&gpu.uuid, "")),
        "serial" | "gpu_serial" => ("", shown(&gpu.serial, "")),
        "timestamp" => ("", (time.to_owned(), String::new())),
        "mig.mode.pending" => ("", words(&gpu.mig_enabled, "Enabled", "Disabled")),
        "ecc.mode.pending" => ("", words(&gpu.ecc_enabled, "Enabled", "Disabled")),
        "enforced.power.limit" => (" [W]", shown(&watts(&gpu.power_limit_mw), " W")),
        "pci.bus_id" | "gpu_bus_id" => ("", shown(&gpu.bus_id, "")),
        "driver_version" => ("", shown(&nvml.driver_version, "")),
        "compute_cap" => ("", shown(&gpu.compute_capability, "")),
        "persistence_mode" => ("", words(&gpu.persistence_mode, "Enabled", "Disabled")),
        "display_active" => ("", words(&gpu.display_active, "Enabled", "Disabled")),
        "memory.total" => (" [MiB]", shown(&mib(&gpu.memory_total), " MiB")),
        "memory.used" => (" [MiB]", shown(&mib(&gpu.memory_used), " MiB")),
        "memory.free" => (" [MiB]", shown(&free, " MiB")),
        "temperature.gpu" => ("", shown(&gpu.temperature_c, "")),
        "fan.speed" => (" [%]", shown(&gpu.fan_percent, " %")),
        "pstate" => (
            "",
            shown(
                &mapped(&gpu.performance_state, |state| format!("P{state}")),
                "",
            ),
        ),
        "power.draw" => (" [W]", shown(&watts(&gpu.power_draw_mw), " W")),
        "power.limit" => (" [W]", shown(&watts(&gpu.power_limit_mw), " W")),
        "utilization.gpu" => (" [%]", shown(&gpu.utilization_percent, " %")),
        "compute_mode" => (
            "",
            shown(
                &mapped(&gpu.compute_mode, |mode| {
                    if mode == "ExclusiveProcess" {
                        "Exclusive_Process".to_owned()
                    } else {
                        mode.clone()
                    }
                }),
                "",
            ),
        ),
        "mig.mode.current" => ("", words(&gpu.mig_enabled, "Enabled", "Disabled")),
        "ecc.mode.current" => ("", words(&gpu.ecc_enabled, "Enabled", "Disabled")),
        "ecc.errors.uncorrected.volatile.total" => ("", shown(&gpu.ecc_uncorrected, "")),
        _ => return None,
    })
}

/// What a query's format asks for; none where it is not a format of queries.
fn format_of(call: &mut Call<'_>, format: &str) -> Result<(bool, bool), Exit> {
    let parts: Vec<&str> = format.split(',').map(str::trim).collect();
    let known = parts
        .iter()
        .all(|part| matches!(*part, "csv" | "noheader" | "nounits"));
    if !known || !parts.contains(&"csv") {
        call.line(
            "\"--format=\" switch is missing or its value is not one of: csv, noheader, nounits.\n",
        );
        return Err(2);
    }
    Ok((!parts.contains(&"noheader"), !parts.contains(&"nounits")))
}

fn query(call: &mut Call<'_>, nvml: &Nvml, chosen: &[usize], fields: &str, format: &str) -> Exit {
    let (header, units) = match format_of(call, format) {
        Ok(format) => format,
        Err(exit) => return exit,
    };
    let names: Vec<&str> = fields.split(',').map(str::trim).collect();
    let time = format!(
        "{}.000",
        clock::formatted("%Y/%m/%d %H:%M:%S", call.machine().clock)
    );
    let mut out = String::new();
    let mut untold = Vec::new();
    for (row, &index) in chosen.iter().enumerate() {
        let Some(gpu) = gpu(nvml, index) else {
            continue;
        };
        let (mut titles, mut values) = (Vec::new(), Vec::new());
        for name in &names {
            let Some((unit, (value, value_unit))) = field(nvml, index, gpu, name, &time) else {
                let Some(heading) = untold::heading(name) else {
                    call.line(format!("Field \"{name}\" is not a valid field to query.\n"));
                    return 2;
                };
                titles.push(heading);
                values.push("[N/A]".to_owned());
                if row == 0 {
                    untold.push(*name);
                }
                continue;
            };
            let name = untold::whole(name);
            titles.push(format!("{name}{unit}"));
            values.push(if units {
                format!("{value}{value_unit}")
            } else {
                value
            });
        }
        if header && row == 0 {
            let _ = writeln!(out, "{}", titles.join(", "));
        }
        let _ = writeln!(out, "{}", values.join(", "));
    }
    call.print(out);
    if !untold.is_empty() {
        let fields = untold.join(", ");
        call.error(said("practice-smi-untold", &[("fields", &fields)]));
    }
    0
}

fn query_apps(
    call: &mut Call<'_>,
    nvml: &Nvml,
    chosen: &[usize],
    fields: &str,
    format: &str,
) -> Exit {
    let (header, units) = match format_of(call, format) {
        Ok(format) => format,
        Err(exit) => return exit,
    };
    let names: Vec<&str> = fields.split(',').map(str::trim).collect();
    if let Some(unknown) = names.iter().find(|name| {
        !matches!(
            **name,
            "pid"
                | "process_name"
                | "name"
                | "used_memory"
                | "used_gpu_memory"
                | "gpu_uuid"
                | "gpu_name"
                | "gpu_bus_id"
        )
    }) {
        call.line(format!(
            "Field \"{unknown}\" is not a valid field to query.\n"
        ));
        return 2;
    }
    let mut out = String::new();
    if header {
        let titles: Vec<String> = names
            .iter()
            .map(|name| {
                if name.starts_with("used") {
                    format!("{name} [MiB]")
                } else {
                    (*name).to_owned()
                }
            })
            .collect();
        let _ = writeln!(out, "{}", titles.join(", "));
    }
    for &index in chosen {
        let Some(gpu) = gpu(nvml, index) else {
            continue;
        };
        for process in gpu.processes.known().into_iter().flatten() {
            let values: Vec<String> = names
                .iter()
                .map(|name| match *name {
                    "pid" => process.pid.to_string(),
                    "process_name" | "name" => process
                        .name
                        .clone()
                        .unwrap_or_else(|| "[Not Found]".to_owned()),
                    "gpu_uuid" => shown(&gpu.uuid, "").0,
                    "gpu_name" => shown(&gpu.name, "").0,
                    "gpu_bus_id" => shown(&gpu.bus_id, "").0,
                    _ => process.memory.map_or_else(
                        || "[N/A]".to_owned(),
                        |bytes| {
                            if units {
                                format!("{} MiB", bytes >> 20)
                            } else {
                                (bytes >> 20).to_string()
                            }
                        },
                    ),
                })
                .collect();
            let _ = writeln!(out, "{}", values.join(", "));
        }
    }
    call.print(out);
    0
}

/// A part of the long report: its name in text and in XML, and what it says.
enum Entry {
    Field(&'static str, &'static str, String),
    Group(&'static str, &'static str, Vec<Entry>),
}

use Entry::{Field, Group};

/// The sections that `-d` knows, as `nvidia-smi --help` of 550 lists them; those of which recordings tell nothing are
/// said to be so.
const SECTIONS: [&str; 19] = [
    "MEMORY",
    "UTILIZATION",
    "ECC",
    "TEMPERATURE",
    "POWER",
    "CLOCK",
    "COMPUTE",
    "PIDS",
    "PERFORMANCE",
    "SUPPORTED_CLOCKS",
    "PAGE_RETIREMENT",
    "ACCOUNTING",
    "ENCODER_STATS",
    "SUPPORTED_GPU_TARGET_TEMP",
    "VOLTAGE",
    "FBC_STATS",
    "ROW_REMAPPER",
    "RESET_STATUS",
    "GSP_FIRMWARE_VERSION",
];

/// Those of which recordings tell.
const TOLD: [&str; 8] = [
    "MEMORY",
    "UTILIZATION",
    "ECC",
    "TEMPERATURE",
    "POWER",
    "COMPUTE",
    "PIDS",
    "PERFORMANCE",
];

/// What the long report says of one GPU: all of it, or the sections that were asked for.
fn entries(
    call: &mut Call<'_>,
    nvml: &Nvml,
    index: usize,
    gpu: &Gpu,
    wanted: &[String],
) -> Vec<Entry> {
    let shows = |name: &str| wanted.is_empty() || wanted.iter().any(|known| known == name);
    let text =
        |(value, unit): (String, String)| format!("{}{unit}", value.trim_matches(['[', ']']));
    let queried = |name: &str| {
        text(
            field(nvml, index, gpu, name, "")
                .map(|(_, value)| value)
                .unwrap_or_default(),
        )
    };
    let mut all = Vec::new();
    if wanted.is_empty() {
        all.push(Field("Product Name", "product_name", queried("name")));
        all.push(Field(
            "Display Active",
            "display_active",
            queried("display_active"),
        ));
        all.push(Field(
            "Persistence Mode",
            "persistence_mode",
            queried("persistence_mode"),
        ));
        let mig = queried("mig.mode.current");
        all.push(Group(
            "MIG Mode",
            "mig_mode",
            vec![
                Field("Current", "current_mig", mig.clone()),
                Field("Pending", "pending_mig", mig),
            ],
        ));
        all.push(Field("Serial Number", "serial", queried("serial")));
        all.push(Field("GPU UUID", "uuid", queried("uuid")));
        all.push(Field("Minor Number", "minor_number", index.to_string()));
        let at = bus_id(gpu);
        let parts: Vec<&str> = at.split([':', '.']).collect();
        if let [domain, bus, device, _] = parts.as_slice() {
            all.push(Group(
                "PCI",
                "pci",
                vec![
                    Field("Bus", "pci_bus", format!("0x{bus}")),
                    Field("Device", "pci_device", format!("0x{device}")),
                    Field(
                        "Domain",
                        "pci_domain",
                        format!("0x{}", domain.get(4..).unwrap_or(domain)),
                    ),
                    Field("Bus Id", "pci_bus_id", at.clone()),
                ],
            ));
        }
        all.push(Field("Fan Speed", "fan_speed", queried("fan.speed")));
    }
    if shows("PERFORMANCE") {
        all.push(Field(
            "Performance State",
            "performance_state",
            queried("pstate"),
        ));
    }
    if shows("MEMORY") {
        all.push(Group(
            "FB Memory Usage",
            "fb_memory_usage",
            vec![
                Field("Total", "total", queried("memory.total")),
                Field("Used", "used", queried("memory.used")),
                Field("Free", "free", queried("memory.free")),
            ],
        ));
    }
    if shows("COMPUTE") {
        all.push(Field(
            "Compute Mode",
            "compute_mode",
            queried("compute_mode"),
        ));
    }
    if shows("UTILIZATION") {
        all.push(Group(
            "Utilization",
            "utilization",
            vec![Field("GPU", "gpu_util", queried("utilization.gpu"))],
        ));
    }
    if shows("ECC") {
        let mode = queried("ecc.mode.current");
        all.push(Group(
            "ECC Mode",
            "ecc_mode",
            vec![
                Field("Current", "current_ecc", mode.clone()),
                Field("Pending", "pending_ecc", mode),
            ],
        ));
    }
    if shows("TEMPERATURE") {
        all.push(Group(
            "Temperature",
            "temperature",
            vec![Field(
                "GPU Current Temp",
                "gpu_temp",
                text(shown(&gpu.temperature_c, " C")),
            )],
        ));
    }
    if shows("POWER") {
        let default = call
            .machine()
            .hardware
            .gpus
            .iter()
            .find(|card| card.bus_id == gpu.bus_id)
            .map(|card| watts(&card.power_limit_mw))
            .unwrap_or_default();
        all.push(Group(
            "GPU Power Readings",
            "gpu_power_readings",
            vec![
                Field(
                    "Instantaneous Power Draw",
                    "instant_power_draw",
                    queried("power.draw"),
                ),
                Field(
                    "Current Power Limit",
                    "current_power_limit",
                    queried("power.limit"),
                ),
                Field(
                    "Default Power Limit",
                    "default_power_limit",
                    text(shown(&default, " W")),
                ),
            ],
        ));
    }
    if shows("PIDS") {
        let processes = gpu.processes.known().cloned().unwrap_or_default();
        if processes.is_empty() {
            all.push(Field("Processes", "processes", "None".to_owned()));
        } else {
            let parts = processes
                .into_iter()
                .flat_map(|process| {
                    let name = process.name.unwrap_or_else(|| "[Not Found]".to_owned());
                    let memory = process
                        .memory
                        .map_or_else(|| "N/A".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
                    let kind = process.kind;
                    [
                        Field("GPU instance ID", "gpu_instance_id", "N/A".to_owned()),
                        Field(
                            "Compute instance ID",
                            "compute_instance_id",
                            "N/A".to_owned(),
                        ),
                        Field("Process ID", "pid", process.pid.to_string()),
                        Field("    Type", "type", kind),
                        Field("    Name", "process_name", name),
                        Field("    Used GPU Memory", "used_memory", memory),
                    ]
                })
                .collect();
            all.push(Group("Processes", "processes", parts));
        }
    }
    all
}

/// The long report, in part: what recordings tell.
fn long(
    call: &mut Call<'_>,
    nvml: &Nvml,
    chosen: &[usize],
    section: Option<&str>,
    xml: bool,
) -> Exit {
    let wanted: Vec<String> = section
        .map(|section| section.split(',').map(str::to_uppercase).collect())
        .unwrap_or_default();
    if xml && section.is_some() {
        call.line("Invalid combination of input arguments: --display/-d flags can not be combined with -x/--xml-format flags.\n");
        return 2;
    }
    if let Some(other) = wanted
        .iter()
        .find(|name| !SECTIONS.contains(&name.as_str()))
    {
        let other = crate::visible::visible(other);
        call.line(format!(
            "ERROR: Option {other} is invalid for -d. Please run 'nvidia-smi -h' for help.\n"
        ));
        return 2;
    }
    if let Some(other) = wanted.iter().find(|name| !TOLD.contains(&name.as_str())) {
        return not_played(
            call,
            &format!("-d {other}"),
            &format!("-d {}", TOLD.join("|")),
        );
    }
    let driver = shown(&nvml.driver_version, "").0;
    let cuda = shown(&nvml.cuda_driver_version, "").0;
    let version: Option<DriverVersion> = driver.parse().ok();
    let branch = version.as_ref().map_or(0, DriverVersion::branch);
    let time = timestamp(call.machine().clock);
    let gpus: Vec<(String, Vec<Entry>)> = chosen
        .iter()
        .filter_map(|&index| Some((index, gpu(nvml, index)?.clone())))
        .map(|(index, gpu)| (bus_id(&gpu), entries(call, nvml, index, &gpu, &wanted)))
        .collect();
    if xml {
        call.print(xml_of(&time, &driver, &cuda, nvml.gpus.len(), &gpus));
        return 0;
    }
    // The column of values moved to the right in the middle of the branch 580.
    let wide = version.is_some_and(|version| {
        "580.126"
            .parse::<DriverVersion>()
            .is_ok_and(|first| version >= first)
    });
    let column = if wide { 55 } else { 42 };
    let mut out = "\n==============NVSMI LOG==============\n\n".to_string();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<column$}: {value}");
    };
    line("Timestamp", &time);
    if branch >= 610 {
        let deprecated = "[Deprecated; will be removed in CUDA 14.0. Use";
        line(
            "Driver Version",
            &format!("{driver} {deprecated} KMD Version instead]"),
        );
        line(
            "CUDA Version",
            &format!("{cuda} {deprecated} CUDA UMD Version instead]"),
        );
        line("KMD Version", &driver);
        line("CUDA UMD Version", &cuda);
    } else {
        line("Driver Version", &driver);
        line("CUDA Version", &cuda);
    }
    out.push('\n');
    let _ = writeln!(out, "{:<column$}: {}", "Attached GPUs", nvml.gpus.len());
    for (at, entries) in gpus {
        let _ = writeln!(out, "GPU {at}");
        write_entries(&mut out, &entries, 4, column);
        out.push('\n');
    }
    call.print(out);
    0
}

fn write_entries(out: &mut String, entries: &[Entry], indent: usize, column: usize) {
    for entry in entries {
        let _ = match entry {
            Field(name, _, value) => writeln!(
                out,
                "{:indent$}{name:<width$}: {value}",
                "",
                width = column.saturating_sub(indent)
            ),
            Group(name, _, parts) => {
                let _ = writeln!(out, "{:indent$}{name}", "");
                write_entries(out, parts, indent + 4, column);
                Ok(())
            }
        };
    }
}

fn xml_of(
    time: &str,
    driver: &str,
    cuda: &str,
    count: usize,
    gpus: &[(String, Vec<Entry>)],
) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v12.dtd\">\n<nvidia_smi_log>\n\t<timestamp>{time}</timestamp>\n\t<driver_version>{driver}</driver_version>\n\t<cuda_version>{cuda}</cuda_version>\n\t<attached_gpus>{count}</attached_gpus>\n"
    );
    for (at, entries) in gpus {
        let _ = writeln!(out, "\t<gpu id=\"{at}\">");
        write_xml(&mut out, entries, 2);
        out.push_str("\t</gpu>\n\n");
    }
    out.push_str("</nvidia_smi_log>\n");
    out
}

fn write_xml(out: &mut String, entries: &[Entry], depth: usize) {
    let tabs = "\t".repeat(depth);
    for entry in entries {
        match entry {
            // Without processes the element is empty.
            Field(_, "processes", _) => {
                let _ = writeln!(out, "{tabs}<processes>\n{tabs}</processes>");
            }
            Field(_, tag, value) => {
                let value = value
                    .replace('&', "&amp;")
                    .replace('<', "&lt;")
                    .replace('>', "&gt;");
                let _ = writeln!(out, "{tabs}<{tag}>{value}</{tag}>");
            }
            Group(_, "processes", parts) => {
                let _ = writeln!(out, "{tabs}<processes>");
                for process in parts.chunks(6) {
                    let _ = writeln!(out, "{tabs}\t<process_info>");
                    write_xml(out, process, depth + 2);
                    let _ = writeln!(out, "{tabs}\t</process_info>");
                }
                let _ = writeln!(out, "{tabs}</processes>");
            }
            Group(_, tag, parts) => {
                let _ = writeln!(out, "{tabs}<{tag}>");
                write_xml(out, parts, depth + 1);
                let _ = writeln!(out, "{tabs}</{tag}>");
            }
        }
    }
}

/// One round of `dmon` or `pmon`. They go on until Ctrl-C, unless `-c` says how often; a practice machine at rest
/// says the same each time.
fn monitor(call: &mut Call<'_>, nvml: &Nvml, words: &[String], of_processes: bool) -> Exit {
    let mut times: Option<u32> = None;
    let mut named = None;
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-c" | "--count" => match rest.next().map(|count| count.parse()) {
                Some(Ok(count)) if count > 0 => times = Some(count),
                _ => {
                    call.line("Invalid value for number of samples to be displayed");
                    return 2;
                }
            },
            "-i" | "--id" => named = rest.next().cloned(),
            "-d" | "--delay" => {
                rest.next();
            }
            other => {
                let other = other.to_owned();
                return not_played(
                    call,
                    &format!("{} {other}", words[0]),
                    "-c COUNT, -i GPU, -d SECONDS",
                );
            }
        }
    }
    let chosen = match chosen(call, nvml, named.as_deref()) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    call.print(if of_processes {
        "# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command \n# Idx           #    C/G      %      %      %      %      %      %    name \n"
    } else {
        "# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk \n# Idx      W      C      C      %      %      %      %      %      %    MHz    MHz \n"
    });
    for _ in 0..times.unwrap_or(1).min(1_000) {
        for &index in &chosen {
            let Some(gpu) = gpu(nvml, index) else {
                continue;
            };
            let number = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            let lines: Vec<String> = if of_processes {
                let none =
                    "         -     -      -      -      -      -      -      -    -              ";
                let processes = gpu.processes.known().cloned().unwrap_or_default();
                if processes.is_empty() {
                    vec![format!("{index:>5} {none}")]
                } else {
                    processes
                        .into_iter()
                        .map(|process| {
                            let name = process.name.unwrap_or_else(|| "-".to_owned());
                            let name = name.rsplit('/').next().unwrap_or(&name).to_owned();
                            format!(
                                "{index:>5} {:>10} {:>5}      -      -      -      -      -      -    {:<15}",
                                process.pid, process.kind, name
                            )
                        })
                        .collect()
                }
            } else {
                let power = gpu
                    .power_draw_mw
                    .known()
                    .map(|power| (power / 1000).to_string());
                let heat = gpu.temperature_c.known().map(ToString::to_string);
                let busy = gpu.utilization_percent.known().map(ToString::to_string);
                vec![format!(
                    "{index:>5} {:>6} {:>6}      - {:>6}      -      -      -      -      -      -      - ",
                    number(power),
                    number(heat),
                    number(busy)
                )]
            };
            for line in lines {
                if !call.line(line) {
                    return 0;
                }
            }
        }
        call.wait(1);
    }
    if times.is_none() {
        endless(call);
    }
    0
}

/// Says that what goes on until Ctrl-C is shown once here.
fn endless(call: &mut Call<'_>) {
    call.error(said("practice-smi-loop", &[]));
}

fn topo(call: &mut Call<'_>, words: &[String]) -> Exit {
    match words {
        [word] if word == "-m" || word == "--matrix" => {
            let mut text = call.machine().hardware.topology.clone();
            if text.is_none() {
                let gpus = call
                    .machine()
                    .state
                    .nvml
                    .as_ref()
                    .map_or(0, |nvml| nvml.gpus.len());
                // Of one card all is said; how more are wired nobody recorded.
                let rows = lines_of((0..gpus).map(|index| format!("GPU{index}\t X ")));
                text = Some(format!("\tGPU0\n{rows}"));
            }
            call.print(text.unwrap_or_default());
            0
        }
        _ => not_played(
            call,
            &format!("topo {}", words.join(" ")),
            "nvidia-smi topo -m",
        ),
    }
}

fn nvlink(call: &mut Call<'_>, nvml: &Nvml, words: &[String]) -> Exit {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let named = match words.as_slice() {
        ["-s" | "--status"] => None,
        ["-s" | "--status", "-i" | "--id", gpu] | ["-i" | "--id", gpu, "-s" | "--status"] => {
            Some(*gpu)
        }
        _ => {
            return not_played(
                call,
                &format!("nvlink {}", words.join(" ")),
                "nvidia-smi nvlink --status [-i GPU]",
            );
        }
    };
    let indexes = match chosen(call, nvml, named) {
        Ok(indexes) => indexes,
        Err(exit) => return exit,
    };
    for index in indexes {
        let Some(gpu) = gpu(nvml, index) else {
            continue;
        };
        call.line(list_line(index, gpu));
        if let Value::Known(links) = gpu.nvlinks_active {
            // The speed of a link goes with its generation.
            let speed = match gpu.compute_capability.known().map(String::as_str) {
                Some("9.0") => "26.562 GB/s",
                Some("8.6") => "14.062 GB/s",
                _ => "25 GB/s",
            };
            for link in 0..links {
                call.line(format!("\t Link {link}: {speed}"));
            }
        }
    }
    0
}

/// Whether the driver answers a program that wants to compute.
pub(super) fn cuda_answers(call: &mut Call<'_>) -> Result<Nvml, NvmlCode> {
    call.machine().wake();
    match call.machine().state.nvml.clone() {
        Ok(nvml) if nvml.gpus.is_empty() => Err(NvmlCode::GpuNotFound),
        Ok(nvml) => {
            // The first program that computes brings the module for shared memory along. Where it was recorded that none
            // came, none comes until the driver is loaded anew.
            let uvm = kernel::NVIDIA[3].0;
            let machine = call.machine();
            let recorded = machine.state.boots == 0
                && machine
                    .recording
                    .files
                    .get("/proc/modules")
                    .is_some_and(|entry| {
                        let lines = entry.lines.iter().flatten();
                        lines.clone().any(|line| line.starts_with("nvidia "))
                    });
            if machine.has_loaded("nvidia") && !machine.has_loaded(uvm) && !recorded {
                let _ = machine.load_module(uvm);
            }
            Ok(nvml)
        }
        Err(failure) => Err(failure.error),
    }
}

/// NVIDIA's script that collects what its support asks for.
fn bug_report(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        call.error("ERROR: Please run nvidia-bug-report.sh as root.");
        return 1;
    }
    call.line("\nnvidia-bug-report.sh will now collect information about your\nsystem and create the file 'nvidia-bug-report.log.gz' in the current\ndirectory.  It may take several seconds to run.  In some\ncases, it may hang trying to capture data generated dynamically\nby the Linux kernel and/or the NVIDIA kernel module.  While\nthe bug report log file will be incomplete if this happens, it\nmay still contain enough data to diagnose your problem.\n\nPlease include the 'nvidia-bug-report.log.gz' log file when reporting\na bug via the NVIDIA Linux forum (see forums.developer.nvidia.com)\nor by sending email to 'linux-bugs@nvidia.com'.\n\nBy delivering 'nvidia-bug-report.log.gz' to NVIDIA, you acknowledge\nand agree that personal information may inadvertently be included in\nthe output.  Notwithstanding the foregoing, NVIDIA will use the\noutput only for the purpose of investigating your reported issue.\n");
    call.wait(10);
    let path =
        crate::practice::tree::absolute(&call.process.cwd.clone(), "nvidia-bug-report.log.gz");
    let node =
        crate::practice::tree::Node::new(0o644, crate::practice::tree::Content::Untold(900_000));
    if !super::python::owned(call, &path, node) {
        call.error("ERROR: Working directory is not writable; please cd to a directory\n       where you have write permission so that the nvidia-bug-report.log.gz\n       file can be written.");
        return 1;
    }
    call.line("Running nvidia-bug-report.sh... complete.");
    0
}

/// The daemon, started by hand.
pub(super) const DAEMON: Program = Program::installed("nvidia-persistenced", persistenced);

fn persistenced(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        call.error("nvidia-persistenced failed to initialize. Check syslog for more details.");
        return 1;
    }
    let words = call.rest();
    let on = !words.iter().any(|word| word == "--no-persistence-mode");
    if call
        .machine()
        .state
        .services
        .contains(services::PERSISTENCED)
    {
        call.error("nvidia-persistenced failed to initialize. Check syslog for more details.");
        return 1;
    }
    call.machine()
        .state
        .services
        .insert(services::PERSISTENCED.to_owned());
    services::set_persistence(call.machine(), on);
    0
}
