//! The live machine's reading of NVML: the real nvml-wrapper over a library that answers from a recording.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use lessons_cli::live::{Live, LiveOptions};
use lessons_engine::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode, NvmlFailure, Value};
use lessons_engine::machine::{Machine, NotRun};
use lessons_engine::programs;
use lessons_engine::recording::{NvmlEntry, Recording};
use serde_json::{Value as Json, json};

use double::Double;

mod double;

const FOUR_GPUS: &str = include_str!("data/four-gpus.json");

/// Where the child process writes what it has read.
const ANSWER: &str = "LESSONS_TEST_ANSWER";
/// The folder that stands for the child's `/`.
const ROOT: &str = "LESSONS_TEST_ROOT";
/// Set where the child wakes sleeping GPUs.
const WAKE: &str = "LESSONS_TEST_WAKE";

const LIMIT: Duration = Duration::from_millis(1500);

/// The loader looks at `LD_LIBRARY_PATH` when a process starts, so each reading takes a process: this test binary
/// again, with nothing but this test, which does nothing where it is not asked.
#[test]
fn child_reads_nvml() {
    let Some(answer) = std::env::var_os(ANSWER) else {
        return;
    };
    let live = Live::new(LiveOptions {
        time_limit: LIMIT,
        wake: std::env::var_os(WAKE).is_some(),
        root: std::env::var_os(ROOT).map_or_else(|| "/".into(), PathBuf::from),
        ..LiveOptions::default()
    });
    let started = Instant::now();
    live.prepare(&[], true);
    let entry = match live.nvml() {
        Ok(ok) => NvmlEntry::Ok { ok },
        Err(failure) => NvmlEntry::Failed(failure),
    };
    assert!(started.elapsed() < LIMIT + Duration::from_millis(200));
    fs::write(answer, serde_json::to_string(&entry).unwrap()).unwrap();
}

/// What a live machine reads in a process that this command starts.
fn read_in(mut command: Command) -> Result<Nvml, NvmlFailure> {
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("answer.json");
    let output = command
        .args(["--exact", "child_reads_nvml"])
        .env(ANSWER, &answer)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {printed}", output.status);
    match serde_json::from_str(&fs::read_to_string(answer).unwrap()).unwrap() {
        NvmlEntry::Ok { ok } => Ok(ok),
        NvmlEntry::Failed(failure) => Err(failure),
    }
}

fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn read(double: &Double) -> Result<Nvml, NvmlFailure> {
    read_in(double.command(this_binary()))
}

/// The four GPUs, with a change to the recording's `nvml`.
fn four_gpus(change: impl FnOnce(&mut Json)) -> String {
    let mut recording: Json = serde_json::from_str(FOUR_GPUS).unwrap();
    change(&mut recording["nvml"]);
    recording.to_string()
}

fn recorded(recording: &str) -> Nvml {
    Recording::from_slice(recording.as_bytes())
        .unwrap()
        .nvml()
        .unwrap()
}

/// The file that was loaded is told apart from what it said.
fn split_library(mut nvml: Nvml) -> (Nvml, Option<PathBuf>) {
    let library = nvml.library.take().map(PathBuf::from);
    (nvml, library)
}

fn opened(nvml: &Nvml, index: usize) -> &Gpu {
    match &nvml.gpus[index] {
        GpuReading::Opened(gpu) => gpu,
        GpuReading::Failed { error, .. } => panic!("GPU {index}: {error}"),
    }
}

#[test]
fn four_healthy_gpus_are_read_as_they_are() {
    let double = Double::answering(FOUR_GPUS);
    let (nvml, library) = split_library(read(&double).unwrap());
    assert_eq!(nvml, recorded(FOUR_GPUS));
    assert_eq!(library, Some(double.library().canonicalize().unwrap()));
}

#[test]
fn a_recording_of_the_reading_is_the_reading() {
    let first = read(&Double::answering(FOUR_GPUS)).unwrap();
    let again = four_gpus(|nvml| nvml["ok"] = serde_json::to_value(&first).unwrap());
    let second = read(&Double::answering(&again)).unwrap();
    assert_eq!(split_library(first).0, split_library(second).0);
}

#[test]
fn the_names_of_processes_come_from_proc() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("proc/4000001")).unwrap();
    fs::write(root.path().join("proc/4000001/comm"), "python3\n").unwrap();
    let double = Double::answering(FOUR_GPUS);
    let mut command = double.command(this_binary());
    command.env(ROOT, root.path());
    let nvml = read_in(command).unwrap();
    let Value::Known(processes) = &opened(&nvml, 2).processes else {
        panic!("{:?}", opened(&nvml, 2).processes);
    };
    let names: Vec<_> = processes.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(names, [Some("python3"), None, None]);
}

#[test]
fn every_code_of_a_start_that_fails_comes_through() {
    for code in NvmlCode::ALL {
        if code.number().is_none() {
            continue;
        }
        let double = Double::answering(&four_gpus(|nvml| *nvml = json!({"error": code.name()})));
        let failure = read(&double).unwrap_err();
        assert_eq!(failure.error, *code);
        let library = failure.library.map(PathBuf::from);
        assert_eq!(
            library,
            Some(double.library().canonicalize().unwrap()),
            "{code}"
        );
    }
}

#[test]
fn every_code_of_a_value_comes_through_and_leaves_the_others_alone() {
    for code in NvmlCode::ALL {
        if code.number().is_none() {
            continue;
        }
        let recording = four_gpus(|nvml| {
            let values = nvml["ok"]["gpus"][1].as_object_mut().unwrap();
            for (name, value) in values {
                // The library answers so to anyone who asks how many there are: it is no refusal.
                if !(name == "processes" && *code == NvmlCode::InsufficientSize) {
                    *value = json!({"error": code.name()});
                }
            }
        });
        let (nvml, _) = split_library(read(&Double::answering(&recording)).unwrap());
        assert_eq!(nvml, recorded(&recording), "{code}");
    }
}

#[test]
fn a_user_without_permission_reads_what_anybody_may() {
    let recording = four_gpus(|nvml| {
        for gpu in nvml["ok"]["gpus"].as_array_mut().unwrap() {
            gpu["serial"] = json!({"error": "NoPermission"});
            gpu["processes"] = json!({"error": "NoPermission"});
        }
        nvml["ok"]["cuda_driver_version"] = json!({"error": "LibraryNotFound"});
    });
    let (nvml, _) = split_library(read(&Double::answering(&recording)).unwrap());
    assert_eq!(nvml, recorded(&recording));
    assert_eq!(
        opened(&nvml, 3).serial,
        Value::Refused(NvmlCode::NoPermission)
    );
    assert_eq!(opened(&nvml, 3).temperature_c, Value::Known(27));
}

#[test]
fn a_lost_gpu_keeps_its_place() {
    let recording = four_gpus(|nvml| nvml["ok"]["gpus"][2] = json!({"error": "GpuLost"}));
    let nvml = read(&Double::answering(&recording)).unwrap();
    assert_eq!(nvml.gpus, recorded(&recording).gpus);
}

#[test]
fn a_single_lost_gpu_is_named_by_the_address_that_is_left() {
    let root = tempfile::tempdir().unwrap();
    let gpus = root.path().join("proc/driver/nvidia/gpus");
    for address in [
        "0000:81:00.0",
        "0000:82:00.0",
        "0000:c1:00.0",
        "0000:c2:00.0",
    ] {
        fs::create_dir_all(gpus.join(address)).unwrap();
    }
    let lost = |places: &[usize]| {
        let double = Double::answering(&four_gpus(|nvml| {
            for &place in places {
                nvml["ok"]["gpus"][place] = json!({"error": "GpuLost"});
            }
        }));
        let mut command = double.command(this_binary());
        command.env(ROOT, root.path());
        read_in(command).unwrap().gpus
    };
    let failed = |bus_id: Option<&str>| GpuReading::Failed {
        error: NvmlCode::GpuLost,
        bus_id: bus_id.map(str::to_owned),
    };
    assert_eq!(lost(&[2])[2], failed(Some("00000000:C1:00.0")));
    // Of two, none can be told from the other.
    assert_eq!(lost(&[1, 2])[1..3], [failed(None), failed(None)]);
}

#[test]
fn what_an_old_library_lacks_is_unknown_by_itself() {
    let double = Double::without(
        FOUR_GPUS,
        &[
            "nvmlSystemGetCudaDriverVersion_v2",
            "nvmlDeviceGetMemoryInfo_v2",
            "nvmlDeviceGetComputeRunningProcesses_v3",
            "nvmlDeviceGetMigMode",
            "nvmlDeviceGetFieldValues",
        ],
    );
    let missing = json!({"error": "FailedToLoadSymbol"});
    let expected = recorded(&four_gpus(|nvml| {
        nvml["ok"]["cuda_driver_version"] = missing.clone();
        for gpu in nvml["ok"]["gpus"].as_array_mut().unwrap() {
            for value in [
                "memory_total",
                "memory_used",
                "processes",
                "mig_enabled",
                "remap_pending",
            ] {
                gpu[value] = missing.clone();
            }
        }
    }));
    assert_eq!(split_library(read(&double).unwrap()).0, expected);
}

#[test]
fn a_library_without_a_start_says_so() {
    let failure = read(&Double::without(FOUR_GPUS, &["nvmlInit_v2"])).unwrap_err();
    assert_eq!(failure.error, NvmlCode::FailedToLoadSymbol);
}

#[test]
fn a_library_that_hangs_is_left_behind() {
    for place in ["start", "GPU", "value"] {
        let recording = four_gpus(|nvml| match place {
            "start" => *nvml = json!({"error": "TimedOut"}),
            "GPU" => nvml["ok"]["gpus"][1] = json!({"error": "TimedOut"}),
            _ => nvml["ok"]["gpus"][1]["temperature_c"] = json!({"error": "TimedOut"}),
        });
        let failure = read(&Double::answering(&recording)).unwrap_err();
        assert_eq!(failure.error, NvmlCode::TimedOut, "{place}");
    }
}

#[test]
fn no_library_is_no_driver_of_any_kind() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = Command::new(this_binary());
    command.env(ROOT, empty.path());
    if system_has_library() {
        println!("skipped: this system has a libnvidia-ml.so.1 of its own");
        return;
    }
    let failure = read_in(command).unwrap_err();
    assert_eq!(failure, NvmlFailure::from(NvmlCode::LibloadingError));
}

#[test]
fn wsl_s_library_is_found_where_the_loader_does_not_look() {
    if system_has_library() {
        println!("skipped: this system has a libnvidia-ml.so.1 of its own");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("usr/lib/wsl/lib");
    fs::create_dir_all(&folder).unwrap();
    for recording in [
        FOUR_GPUS.to_owned(),
        four_gpus(|nvml| *nvml = json!({"error": "DriverNotLoaded"})),
    ] {
        let double = Double::answering(&recording);
        let library = folder.join("libnvidia-ml.so.1");
        fs::copy(double.library(), &library).unwrap();
        let mut command = double.command(this_binary());
        command.env_remove("LD_LIBRARY_PATH").env(ROOT, root.path());
        let loaded = match read_in(command) {
            Ok(nvml) => nvml.library,
            Err(failure) => failure.library,
        };
        assert_eq!(
            loaded.map(PathBuf::from),
            Some(library.canonicalize().unwrap())
        );
    }
}

#[test]
fn a_sleeping_gpu_is_not_woken_unless_asked() {
    let root = tempfile::tempdir().unwrap();
    let device = root.path().join("sys/bus/pci/devices/0000:01:00.0");
    fs::create_dir_all(device.join("power")).unwrap();
    fs::write(device.join("vendor"), "0x10de\n").unwrap();
    fs::write(device.join("class"), "0x030200\n").unwrap();
    fs::write(device.join("power/runtime_status"), "suspended\n").unwrap();
    let double = Double::answering(FOUR_GPUS);

    let mut command = double.command(this_binary());
    command.env(ROOT, root.path());
    assert_eq!(
        read_in(command),
        Err(NvmlFailure::from(NvmlCode::Suspended))
    );

    let mut command = double.command(this_binary());
    command.env(ROOT, root.path()).env(WAKE, "1");
    assert_eq!(read_in(command).unwrap().gpus.len(), 4);

    // nvidia-smi would wake it as well, so it is not run either.
    let live = Live::new(LiveOptions {
        root: root.path().to_owned(),
        ..LiveOptions::default()
    });
    assert_eq!(
        live.command(programs::NVIDIA_SMI_TOPO),
        Err(NotRun::NotAsked)
    );
}

/// As [`four_gpus`], with nothing amiss before the change.
fn healthy(change: impl FnOnce(&mut Json)) -> String {
    four_gpus(|nvml| {
        for gpu in nvml["ok"]["gpus"].as_array_mut().unwrap() {
            gpu["remap_pending"] = json!(false);
            gpu["persistence_mode"] = json!(true);
        }
        change(nvml);
    })
}

#[test]
fn the_program_tells_a_row_that_waits_to_be_remapped() {
    let checked = Checked::over(&Double::answering(FOUR_GPUS));
    checked.assert(&[("smi.runs", "pass"), ("smi.gpus-healthy", "fail")]);
    assert!(checked.said("smi.gpus-healthy").contains("GPU 1"));
}

/// What the real program says over the double, of some steps.
struct Checked {
    exit: Option<i32>,
    steps: Vec<Json>,
}

impl Checked {
    /// `lessons check smi persistence` and what these need, with an `nvidia-smi` on `PATH`.
    fn over(double: &Double) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let smi = folder.path().join("nvidia-smi");
        fs::write(&smi, "#!/bin/sh\necho a GPU\n").unwrap();
        fs::set_permissions(&smi, fs::Permissions::from_mode(0o755)).unwrap();
        let output = double
            .command(env!("CARGO_BIN_EXE_lessons"))
            .args(["check", "driver", "smi", "persistence"])
            .args(["--format", "json", "--time-limit", "20"])
            .env("LESSONS_HOME", folder.path().join("state"))
            .env("PATH", folder.path())
            .output()
            .unwrap();
        let document: Json = serde_json::from_slice(&output.stdout).unwrap();
        Self {
            exit: output.status.code(),
            steps: document["steps"].as_array().unwrap().clone(),
        }
    }

    fn step(&self, id: &str) -> &Json {
        self.steps.iter().find(|step| step["id"] == id).unwrap()
    }

    fn outcome(&self, id: &str) -> &str {
        self.step(id)["outcome"].as_str().unwrap()
    }

    #[track_caller]
    fn assert(&self, expected: &[(&str, &str)]) {
        for (id, outcome) in expected {
            assert_eq!(self.outcome(id), *outcome, "{:#}", self.step(id));
        }
    }

    /// Everything that the program says of a step, as one text.
    fn said(&self, id: &str) -> String {
        self.step(id).to_string()
    }
}

#[test]
fn the_program_passes_four_healthy_gpus() {
    let healthy = healthy(|_| {});
    let checked = Checked::over(&Double::answering(&healthy));
    checked.assert(&[
        ("driver.gpu-visible", "pass"),
        ("driver.module-loaded", "pass"),
        ("driver.versions-agree", "pass"),
        ("smi.runs", "pass"),
        ("smi.cuda-ceiling", "pass"),
        ("smi.gpus-healthy", "pass"),
        ("persistence.enabled", "pass"),
    ]);
    assert!(checked.said("driver.module-loaded").contains("580."));
}

#[test]
fn the_program_tells_persistence_mode_that_is_off() {
    let off = healthy(|nvml| nvml["ok"]["gpus"][3]["persistence_mode"] = json!(false));
    let checked = Checked::over(&Double::answering(&off));
    checked.assert(&[("smi.gpus-healthy", "pass")]);
    // In a container it is the host's business; it is seen all the same.
    let outcome = checked.outcome("persistence.enabled");
    assert!(matches!(outcome, "fail" | "not-applicable"), "{outcome}");
    let said = checked.said("persistence.enabled");
    assert!(said.contains("persistence mode off"), "{said}");
}

#[test]
fn the_program_has_one_cause_where_the_driver_is_not_loaded() {
    let recording = four_gpus(|nvml| *nvml = json!({"error": "DriverNotLoaded"}));
    let checked = Checked::over(&Double::answering(&recording));
    assert_ne!(checked.exit, Some(0));
    for id in [
        "smi.runs",
        "smi.gpus-healthy",
        "smi.memory-free",
        "persistence.enabled",
    ] {
        assert_eq!(checked.outcome(id), "blocked", "{:#}", checked.step(id));
    }
    assert_ne!(checked.outcome("driver.module-loaded"), "pass");
    let failed = checked
        .steps
        .iter()
        .filter(|step| step["outcome"] == "fail");
    assert!(failed.count() <= 1);
}

#[test]
fn the_program_tells_a_library_that_is_not_of_the_module_s_version() {
    let recording = four_gpus(|nvml| *nvml = json!({"error": "LibRmVersionMismatch"}));
    let checked = Checked::over(&Double::answering(&recording));
    assert_eq!(checked.exit, Some(1));
    checked.assert(&[
        ("driver.module-loaded", "pass"),
        ("driver.versions-agree", "fail"),
        ("smi.runs", "blocked"),
        ("persistence.enabled", "blocked"),
    ]);
    assert!(checked.said("driver.versions-agree").contains("reboot"));
}

#[test]
fn the_program_tells_a_gpu_that_was_lost() {
    let recording = four_gpus(|nvml| nvml["ok"]["gpus"][2] = json!({"error": "GpuLost"}));
    let checked = Checked::over(&Double::answering(&recording));
    assert_eq!(checked.exit, Some(1));
    checked.assert(&[
        ("driver.module-loaded", "pass"),
        ("smi.runs", "pass"),
        ("smi.gpus-healthy", "fail"),
    ]);
    assert!(checked.said("smi.gpus-healthy").contains('2'));
}

#[test]
fn the_program_reads_what_an_old_library_still_tells() {
    let double = Double::without(
        &healthy(|_| {}),
        &[
            "nvmlSystemGetCudaDriverVersion_v2",
            "nvmlDeviceGetMemoryInfo_v2",
            "nvmlDeviceGetPersistenceMode",
            "nvmlDeviceGetMigMode",
            "nvmlDeviceGetFieldValues",
        ],
    );
    let checked = Checked::over(&double);
    checked.assert(&[
        ("driver.module-loaded", "pass"),
        ("driver.versions-agree", "pass"),
        ("smi.runs", "pass"),
        ("smi.memory-free", "unknown"),
        ("persistence.enabled", "unknown"),
    ]);
    assert_ne!(checked.outcome("smi.gpus-healthy"), "fail");
    assert_ne!(checked.outcome("smi.cuda-ceiling"), "fail");
}

#[test]
fn the_program_takes_no_permission_for_not_known() {
    // To open NVML at all.
    let recording = four_gpus(|nvml| *nvml = json!({"error": "NoPermission"}));
    let checked = Checked::over(&Double::answering(&recording));
    assert_ne!(checked.exit, Some(0));
    for step in &checked.steps {
        assert_ne!(step["outcome"], "pass", "{step:#}");
    }
    // To read single values.
    let recording = four_gpus(|nvml| {
        for gpu in nvml["ok"]["gpus"].as_array_mut().unwrap() {
            for value in [
                "persistence_mode",
                "memory_used",
                "memory_total",
                "processes",
            ] {
                gpu[value] = json!({"error": "NoPermission"});
            }
        }
    });
    let checked = Checked::over(&Double::answering(&recording));
    checked.assert(&[
        ("smi.runs", "pass"),
        ("smi.memory-free", "unknown"),
        ("persistence.enabled", "unknown"),
    ]);
}

#[test]
fn the_program_waits_for_no_library_that_hangs() {
    let recording = four_gpus(|nvml| *nvml = json!({"error": "TimedOut"}));
    let double = Double::answering(&recording);
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let output = double
        .command(env!("CARGO_BIN_EXE_lessons"))
        .args(["check", "--json", "--time-limit", "1"])
        .env("LESSONS_HOME", folder.path())
        .env("PATH", "")
        .output()
        .unwrap();
    // Whatever else it takes, it does not take the double's whole wait.
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(matches!(output.status.code(), Some(1 | 3)));
    let document: Json = serde_json::from_slice(&output.stdout).unwrap();
    for step in document["steps"].as_array().unwrap() {
        let id = step["id"].as_str().unwrap();
        if id.starts_with("smi.") {
            assert_ne!(step["outcome"], "pass", "{step:#}");
        }
    }
}

fn system_has_library() -> bool {
    let folders = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/lib/wsl/lib",
    ];
    folders
        .iter()
        .any(|folder| Path::new(folder).join("libnvidia-ml.so.1").exists())
}
