//! Every branch of every check, on small machines: a healthy one, changed in one thing or two.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::STEPS;
use crate::facts::Facts;
use crate::finding::{Finding, Outcome, TextId};
use crate::programs::torch_probe;
use crate::recording::Recording;
use crate::report::Report;
use crate::steps::{self, Step};
use crate::tables::torch_matrix;
use crate::texts::{MISSING, Texts};

use Outcome::{Fail, NotApplicable, Pass, Unknown};

const VENV: &str = "/home/me/first-torch/.venv";
const SITE: &str = "/home/me/first-torch/.venv/lib/python3.12/site-packages";

/// Ubuntu with an RTX 4090, driver 580, an active environment with Python 3.12, torch 2.15.0+cu130 and torchvision.
fn healthy() -> Value {
    let mut machine = json!({
        "format": "lessons-machine/1",
        "name": "healthy",
        "platform": {"os": "linux", "arch": "x86_64", "kernel": "6.8.0-86-generic"},
        "files": {
            "/proc/version": {"text": "Linux version 6.8.0-86-generic\n"},
            "/proc/modules": {"lines": ["nvidia_uvm 1 0 - Live 0x0", "nvidia 1 1 nvidia_uvm, Live 0x0"]},
            "/sys/module/nvidia/version": {"text": "580.95.05\n"},
            "/proc/driver/nvidia/version": {"text": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\n"},
            "/etc/os-release": {"lines": ["ID=ubuntu", "VERSION_ID=\"24.04\""]},
            "/dev/nvidia-uvm": {"mode": 438},
            "/.dockerenv": {"error": "not-found"},
            "/run/.containerenv": {"error": "not-found"},
            "/proc/1/cgroup": {"text": "0::/init.scope\n"},
            "/sys/bus/pci/devices/0000:01:00.0/vendor": {"text": "0x10de\n"},
            "/sys/bus/pci/devices/0000:01:00.0/class": {"text": "0x030000\n"},
            "/sys/bus/pci/devices/0000:01:00.0/device": {"text": "0x2684\n"},
            "/sys/bus/pci/devices/0000:01:00.0/driver": {"link": "../../../bus/pci/drivers/nvidia"},
            "/sys/bus/pci/devices/0000:01:00.0/power/runtime_status": {"text": "active\n"},
            "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1": {"link": "libnvidia-ml.so.580.95.05"},
            "/usr/bin/python3": {"link": "python3.12", "mode": 493},
            "/usr/bin/python3.12": {"mode": 493},
        },
        "dirs": {
            "/sys/bus/pci/devices": ["0000:01:00.0"],
            "/usr": ["bin", "lib", "lib64", "local"],
            "/usr/lib": ["python3", "python3.12"],
            "/usr/lib64": [],
            "/usr/lib/python3": ["dist-packages"],
            "/usr/lib/python3/dist-packages": ["apt_pkg.so"],
            "/usr/lib/python3.12": ["EXTERNALLY-MANAGED", "os.py"],
            "/usr/local/lib": ["python3.12"],
            "/usr/local/lib/python3.12": ["dist-packages"],
            "/usr/local/lib/python3.12/dist-packages": [],
            "/usr/bin": ["python3", "python3.12"],
            "/home/me/.local/lib": [],
            "/home/me/first-torch": [".venv"],
        },
        "env": {
            "VIRTUAL_ENV": VENV,
            "CONDA_PREFIX": null,
            "CONDA_DEFAULT_ENV": null,
            "PATH": format!("{VENV}/bin:/usr/bin"),
            "PWD": "/home/me/first-torch",
            "HOME": "/home/me",
            "CUDA_VISIBLE_DEVICES": null,
            "container": null,
            "KUBERNETES_SERVICE_HOST": null,
        },
        "nvml": {"ok": {
            "driver_version": "580.95.05",
            "cuda_driver_version": "13.0",
            "gpus": [{"name": "NVIDIA GeForce RTX 4090", "bus_id": "00000000:01:00.0", "compute_capability": "8.9"}],
        }},
    });
    environment(&mut machine, VENV, "3.12");
    torch(&mut machine, "2.15.0", "cu130");
    companion(
        &mut machine,
        "torchvision",
        "0.29.2",
        "cu130",
        "Requires-Dist: torch (>=2.14.0)",
    );
    library(
        &mut machine,
        &["nvidia_cudnn_cu13-9.26.0.51", "nvidia_cuda_runtime-13.0.96"],
    );
    probe(&mut machine, &json!({"error": "not-asked"}));
    machine
}

fn file(machine: &mut Value, path: &str, entry: Value) {
    machine["files"][path] = entry;
}

fn text(machine: &mut Value, path: &str, text: &str) {
    file(machine, path, json!({"text": text}));
}

fn gone(machine: &mut Value, path: &str) {
    file(machine, path, json!({"error": "not-found"}));
}

fn names(machine: &mut Value, folder: &str, names: &[&str]) {
    machine["dirs"][folder] = json!(names);
}

fn env(machine: &mut Value, name: &str, value: impl Into<Value>) {
    machine["env"][name] = value.into();
}

/// An environment made by venv, with nothing in it.
fn environment(machine: &mut Value, prefix: &str, python: &str) {
    text(
        machine,
        &format!("{prefix}/pyvenv.cfg"),
        &format!("home = /usr/bin\ninclude-system-site-packages = false\nversion = {python}.3\n"),
    );
    file(
        machine,
        &format!("{prefix}/bin/python3"),
        json!({"link": "/usr/bin/python3", "mode": 493}),
    );
    names(
        machine,
        &format!("{prefix}/lib"),
        &[&format!("python{python}")],
    );
    names(
        machine,
        &format!("{prefix}/lib/python{python}/site-packages"),
        &["pip-26.3.dist-info"],
    );
}

/// The same environment with another Python, and without torch.
fn other_python(machine: &mut Value, python: &str) {
    environment(machine, VENV, python);
}

/// Replaces the torch of the healthy machine.
fn torch(machine: &mut Value, version: &str, build: &str) {
    let cuda = match build.strip_prefix("cu") {
        Some(digits) => {
            let (major, minor) = digits.split_at(digits.len() - 1);
            format!("'{major}.{minor}'")
        }
        None => "None".to_owned(),
    };
    let hip = build
        .strip_prefix("rocm")
        .map_or_else(|| "None".to_owned(), |hip| format!("'{hip}'"));
    text(
        machine,
        &format!("{SITE}/torch/version.py"),
        &format!(
            "__version__ = '{version}+{build}'\ncuda: Optional[str] = {cuda}\nhip: Optional[str] = {hip}\n"
        ),
    );
    text(
        machine,
        &format!("{SITE}/torch/lib/libtorch_python.so"),
        "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120",
    );
    remove(machine, "torch-");
    list(machine, &["torch", &format!("torch-{version}.dist-info")]);
}

fn list(machine: &mut Value, more: &[&str]) {
    let names = machine["dirs"][SITE].as_array_mut().unwrap();
    names.extend(more.iter().map(|&name| json!(name)));
    names.sort_by_key(|name| name.as_str().unwrap().to_owned());
}

fn remove(machine: &mut Value, start: &str) {
    let names = machine["dirs"][SITE].as_array_mut().unwrap();
    names.retain(|name| !name.as_str().unwrap().starts_with(start));
}

fn no_torch(machine: &mut Value) {
    remove(machine, "torch");
    gone(machine, &format!("{SITE}/torch/version.py"));
}

fn companion(machine: &mut Value, name: &str, version: &str, build: &str, requires: &str) {
    remove(machine, &format!("{name}-"));
    list(machine, &[&format!("{name}-{version}.dist-info")]);
    text(
        machine,
        &format!("{SITE}/{name}-{version}.dist-info/METADATA"),
        &format!("{requires}\n"),
    );
    let local = if build.is_empty() {
        String::new()
    } else {
        format!("+{build}")
    };
    text(
        machine,
        &format!("{SITE}/{name}/version.py"),
        &format!("__version__ = '{version}{local}'\n"),
    );
}

fn library(machine: &mut Value, records: &[&str]) {
    for record in records {
        list(machine, &[&format!("{record}.dist-info")]);
    }
}

fn probe(machine: &mut Value, answer: &Value) {
    let argv = torch_probe(&format!("{VENV}/bin/python")).map(str::to_owned);
    let mut command = answer.clone();
    command["argv"] = json!(argv);
    machine["commands"] = json!([command]);
}

fn said(machine: &mut Value, answer: &Value) {
    probe(
        machine,
        &json!({"exit": 0, "stdout": format!("{answer}\n")}),
    );
}

fn computed(machine: &mut Value) {
    said(
        machine,
        &json!({"available": true, "gpus": [{"name": "NVIDIA GeForce RTX 4090", "sum": 16_777_216.0}]}),
    );
}

fn gpu(machine: &mut Value, name: &str, capability: &str) {
    machine["nvml"]["ok"]["gpus"] = json!([{"name": name, "compute_capability": capability}]);
}

fn driver(machine: &mut Value, version: &str, ceiling: &str) {
    text(machine, "/sys/module/nvidia/version", version);
    machine["nvml"]["ok"]["driver_version"] = json!(version);
    machine["nvml"]["ok"]["cuda_driver_version"] = json!(ceiling);
}

fn no_gpu(machine: &mut Value) {
    machine["nvml"] = json!({"error": "LibloadingError"});
    text(
        machine,
        "/sys/bus/pci/devices/0000:01:00.0/vendor",
        "0x8086\n",
    );
    gone(machine, "/sys/module/nvidia/version");
    gone(machine, "/proc/driver/nvidia/version");
}

fn system_python(machine: &mut Value) {
    env(machine, "VIRTUAL_ENV", Value::Null);
    env(machine, "PATH", "/usr/bin");
    env(machine, "PWD", "/home/me");
    names(machine, "/home/me", &["first-torch", ".local"]);
}

fn conda(machine: &mut Value, name: &str) {
    env(machine, "VIRTUAL_ENV", Value::Null);
    env(machine, "CONDA_PREFIX", "/opt/conda");
    env(machine, "CONDA_DEFAULT_ENV", name);
    env(machine, "PATH", "/opt/conda/bin:/usr/bin");
    file(machine, "/opt/conda/bin/python3", json!({"mode": 493}));
    names(machine, "/opt/conda", &["bin", "conda-meta", "lib"]);
    names(
        machine,
        "/opt/conda/conda-meta",
        &[
            "python-dateutil-2.9.0-py311.json",
            "python-3.12.9-h955ad1f_0.json",
        ],
    );
    names(
        machine,
        "/opt/conda/lib/python3.12/site-packages",
        &["torch-2.8.0+cu128.dist-info"],
    );
}

fn windows(machine: &mut Value) {
    machine["platform"] = json!({"os": "windows", "arch": "x86_64"});
    env(machine, "VIRTUAL_ENV", r"C:\first torch\.venv");
    env(machine, "PATH", r"C:\first torch\.venv\Scripts;C:\Windows");
    file(
        machine,
        "C:/first torch/.venv/Scripts/python.exe",
        json!({"size": 1}),
    );
    text(
        machine,
        "C:/first torch/.venv/pyvenv.cfg",
        "home = C:\\Python312\nversion = 3.12.3\n",
    );
    let site = "C:/first torch/.venv/Lib/site-packages";
    names(machine, site, &["torch", "torch-2.15.0.dist-info"]);
    text(
        machine,
        &format!("{site}/torch/version.py"),
        "__version__ = '2.15.0+cpu'\ncuda: Optional[str] = None\n",
    );
}

fn facts_of<T>(machine: &Value, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
    let recording = Recording::from_slice(machine.to_string().as_bytes()).unwrap();
    ask(&Facts::new(&recording))
}

fn finding(machine: &Value, step: &Step) -> Finding {
    let finding = facts_of(machine, step.check);
    let texts = Texts::english();
    let notes = finding.fix.iter().filter_map(|fix| fix.note.as_ref());
    for message in notes.chain([&finding.summary]) {
        let shown = texts.message(step, message);
        assert!(!shown.contains(MISSING), "{}: {shown}", step.id);
    }
    finding
}

type Change = fn(&mut Value);

/// A step, a change of the healthy machine, the outcome with the name of its text, and a part of the commands.
type Case = (&'static str, Change, Outcome, &'static str, &'static str);

#[track_caller]
fn holds(cases: &[Case]) {
    for (step, change, outcome, text, command) in cases {
        let step = steps::find(step).unwrap();
        let mut machine = healthy();
        change(&mut machine);
        let finding = finding(&machine, step);
        let name = match finding.summary.text {
            TextId::OfStep(name) => name,
            TextId::Shared(name) => name,
        };
        assert_eq!(
            (finding.outcome, name),
            (*outcome, *text),
            "{}: {finding:#?}",
            step.id
        );
        let commands: Vec<&str> = finding.fix.iter().map(|fix| fix.run.as_str()).collect();
        assert!(
            commands.join("\n").contains(command),
            "{} {text}: {commands:#?}",
            step.id
        );
        if finding.outcome != Pass {
            assert!(
                !finding.fix.is_empty() || finding.outcome != Fail,
                "{} {text} has nothing to type",
                step.id
            );
            assert!(
                !finding.evidence.is_empty() || finding.outcome == Unknown,
                "{} {text} rests on nothing",
                step.id
            );
        }
    }
}

const CPU_TORCH: Change = |m| torch(m, "2.15.0", "cpu");

#[test]
fn environments() {
    let step = "torch.environment";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (step, |m| conda(m, "first-torch"), Pass, "pass-conda", ""),
        (
            step,
            |m| conda(m, "base"),
            Pass,
            "pass-conda-base",
            "conda create",
        ),
        // Images put an environment on PATH and set no variable.
        (
            step,
            |m| env(m, "VIRTUAL_ENV", Value::Null),
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| {
                conda(m, "base");
                env(m, "CONDA_PREFIX", Value::Null);
                file(m, "/.dockerenv", json!({}));
            },
            Pass,
            "pass-container",
            "",
        ),
        (
            step,
            |m| {
                env(m, "VIRTUAL_ENV", Value::Null);
                env(m, "PATH", "/usr/bin");
            },
            Pass,
            "pass-idle",
            "source .venv/bin/activate",
        ),
        (
            step,
            |m| {
                system_python(m);
                file(m, "/.dockerenv", json!({}));
            },
            Pass,
            "pass-container",
            "",
        ),
        (
            step,
            system_python,
            Fail,
            "fail-managed",
            "uv venv --python 3.12",
        ),
        (
            step,
            |m| {
                system_python(m);
                names(m, "/usr/lib/python3.12", &["os.py"]);
            },
            Fail,
            "fail",
            "python3 -m venv .venv",
        ),
        (
            step,
            |m| {
                system_python(m);
                names(m, "/usr/bin", &[]);
                m["files"]
                    .as_object_mut()
                    .unwrap()
                    .retain(|path, _| !path.starts_with("/usr/bin"));
            },
            Fail,
            "fail-no-python",
            "uv venv",
        ),
        (
            step,
            |m| gone(m, &format!("{VENV}/pyvenv.cfg")),
            Fail,
            "fail-gone",
            "uv venv",
        ),
        (
            step,
            |m| env(m, "PATH", format!("/usr/bin:{VENV}/bin")),
            Fail,
            "fail-shadowed",
            "source /home/me/first-torch/.venv/bin/activate",
        ),
        (
            step,
            |m| env(m, "PATH", ""),
            Fail,
            "fail-off-path",
            "activate",
        ),
        (
            step,
            |m| {
                conda(m, "first-torch");
                env(m, "PATH", "/usr/bin");
            },
            Fail,
            "fail-shadowed",
            "conda activate /opt/conda",
        ),
        (step, windows, Pass, "pass", ""),
        (
            step,
            |m| {
                windows(m);
                env(m, "PATH", r"C:\Python312");
                file(m, "C:/Python312/python.exe", json!({"size": 1}));
            },
            Fail,
            "fail-shadowed",
            "Scripts/activate",
        ),
        (
            step,
            |m| {
                m["env"].as_object_mut().unwrap().remove("VIRTUAL_ENV");
            },
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| {
                m["env"].as_object_mut().unwrap().remove("PATH");
            },
            Unknown,
            "finding-unknown",
            "",
        ),
    ]);
}

#[test]
fn pythons() {
    let step = "torch.python-supported";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (
            step,
            |m| {
                no_torch(m);
                other_python(m, "3.15");
            },
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| other_python(m, "3.10"),
            Fail,
            "fail-old",
            "torch==2.14.1",
        ),
        (
            step,
            |m| other_python(m, "3.9"),
            Fail,
            "fail-old",
            "torch==2.8.0",
        ),
        (
            step,
            |m| other_python(m, "3.13t"),
            Fail,
            "fail-old",
            "torch==2.12.0",
        ),
        (
            step,
            |m| other_python(m, "3.6"),
            Fail,
            "fail",
            "uv venv --python 3.12",
        ),
        (
            step,
            |m| other_python(m, "3.16"),
            Unknown,
            "unknown-newer",
            "uv venv --python 3.12",
        ),
        // Without a driver to go by, uv chooses.
        (
            step,
            |m| {
                other_python(m, "3.10");
                m.as_object_mut().unwrap().remove("nvml");
            },
            Fail,
            "fail-old",
            "uv pip install torch==2.14.1 torchvision --torch-backend=auto",
        ),
        // An older torch for an older Python.
        (
            step,
            |m| {
                other_python(m, "3.9");
                let site = format!("{VENV}/lib/python3.9/site-packages");
                names(m, &site, &["torch", "torch-2.8.0.dist-info"]);
                text(
                    m,
                    &format!("{site}/torch/version.py"),
                    "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n",
                );
            },
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| torch(m, "2.16.0.dev20261120", "cu132"),
            Pass,
            "pass-installed",
            "",
        ),
        (
            step,
            |m| torch(m, "1.13.0", "cu117"),
            Unknown,
            "unknown-other-build",
            "python -c",
        ),
        (
            step,
            |m| {
                torch(m, "1.13.0", "cu117");
                computed(m);
            },
            Pass,
            "pass-installed",
            "",
        ),
        (
            step,
            |m| {
                text(
                    m,
                    &format!("{VENV}/pyvenv.cfg"),
                    "home = C:\\Python311-32\nversion = 3.12.3\n",
                )
            },
            Fail,
            "fail-32-bit",
            "uv venv",
        ),
        (
            step,
            |m| m["platform"]["arch"] = json!("x86"),
            Fail,
            "fail-32-bit",
            "",
        ),
        (
            step,
            |m| {
                m["files"]
                    .as_object_mut()
                    .unwrap()
                    .remove(&format!("{VENV}/pyvenv.cfg"));
            },
            Unknown,
            "finding-unknown",
            "",
        ),
        (step, |m| conda(m, "first-torch"), Pass, "pass", ""),
        (step, windows, Pass, "pass", ""),
    ]);
}

#[test]
fn wheels() {
    let step = "torch.wheel-exists";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (
            step,
            |m| {
                gpu(m, "Tesla K40m", "3.5");
                driver(m, "470.256.02", "11.4");
            },
            Fail,
            "fail-gpu",
            "",
        ),
        (
            step,
            |m| {
                gpu(m, "NVIDIA GeForce RTX 5090", "12.0");
                driver(m, "470.256.02", "11.4");
            },
            Fail,
            "fail-driver",
            "sudo ubuntu-drivers install",
        ),
        (
            step,
            |m| {
                gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1");
                other_python(m, "3.15");
            },
            Fail,
            "fail-python",
            "uv venv",
        ),
        (
            step,
            |m| {
                m["nvml"]["ok"]["gpus"] = json!([{"name": "GTX 1080", "compute_capability": "6.1"}, {"name": "RTX 5090", "compute_capability": "12.0"}]);
            },
            Fail,
            "fail-gpu",
            "",
        ),
        (
            step,
            |m| gpu(m, "NVIDIA GeForce RTX 9090", "14.0"),
            Pass,
            "pass",
            "",
        ),
        (step, no_gpu, Pass, "pass-cpu", ""),
        (
            step,
            |m| {
                no_gpu(m);
                other_python(m, "3.6");
            },
            Fail,
            "fail",
            "uv venv",
        ),
        (
            step,
            |m| m["nvml"] = json!({"error": "DriverNotLoaded"}),
            Unknown,
            "unknown-gpu",
            "lessons check driver",
        ),
        (
            step,
            |m| m["nvml"]["ok"]["gpus"] = json!([{"error": "GpuLost"}]),
            Unknown,
            "unknown-gpu",
            "lessons check driver",
        ),
        (
            step,
            |m| m["nvml"]["ok"]["gpus"] = json!([]),
            Unknown,
            "unknown-gpu",
            "",
        ),
        (
            step,
            |m| {
                gone(m, "/sys/module/nvidia/version");
                gone(m, "/proc/driver/nvidia/version");
                m["nvml"]["ok"]["driver_version"] = json!({"error": "Unknown"});
            },
            Unknown,
            "unknown-driver",
            "lessons check driver",
        ),
        (
            step,
            |m| m["platform"]["arch"] = json!("riscv64"),
            Unknown,
            "unknown-platform",
            "",
        ),
        (
            step,
            |m| m["platform"] = json!({"os": "macos", "arch": "aarch64"}),
            Pass,
            "pass-mac",
            "",
        ),
        (
            step,
            |m| {
                m["platform"] = json!({"os": "macos", "arch": "aarch64"});
                other_python(m, "3.6");
            },
            Fail,
            "fail",
            "uv venv",
        ),
        (
            step,
            |m| {
                m["platform"] = json!({"os": "linux", "arch": "aarch64"});
                gpu(m, "NVIDIA Something", "7.5");
            },
            Unknown,
            "unknown-table",
            "--torch-backend=auto",
        ),
    ]);
}

/// The wheel that is named, by driver, GPU and Python.
#[test]
fn the_wheel_is_the_newest_that_runs() {
    for (driver_version, ceiling, name, capability, python, wheel) in [
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.12",
            "2.15.0 cu130",
        ),
        (
            "620.70.06",
            "13.5",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.12",
            "2.15.0 cu132",
        ),
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce RTX 5090",
            "12.0",
            "3.12",
            "2.15.0 cu130",
        ),
        (
            "570.195.03",
            "12.8",
            "NVIDIA GeForce RTX 5090",
            "12.0",
            "3.12",
            "2.11.0 cu128",
        ),
        (
            "550.163.01",
            "12.4",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.11",
            "2.14.1 cu126",
        ),
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce GTX 1080 Ti",
            "6.1",
            "3.12",
            "2.14.1 cu126",
        ),
        (
            "580.95.05",
            "13.0",
            "Tesla V100-SXM2-16GB",
            "7.0",
            "3.12",
            "2.14.1 cu126",
        ),
        (
            "470.256.02",
            "11.4",
            "NVIDIA GeForce RTX 3090",
            "8.6",
            "3.12",
            "2.7.1 cu118",
        ),
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.10",
            "2.14.1 cu130",
        ),
    ] {
        let mut machine = healthy();
        driver(&mut machine, driver_version, ceiling);
        gpu(&mut machine, name, capability);
        other_python(&mut machine, python);
        let finding = finding(&machine, steps::find("torch.wheel-exists").unwrap());
        let arg = |name: &str| {
            let found = finding
                .summary
                .args
                .iter()
                .find(|(known, _)| *known == name);
            match found.map(|(_, value)| value) {
                Some(crate::finding::Arg::Text(text)) => text.clone(),
                _ => format!("no {name}"),
            }
        };
        assert_eq!(
            format!("{} {}", arg("torch"), arg("tag")),
            wheel,
            "{name}, driver {driver_version}"
        );
        assert!(arg("index").ends_with(&arg("tag")));
    }
}

#[test]
fn installations() {
    let step = "torch.installed";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (
            step,
            |m| gone(m, &format!("{SITE}/torch/version.py")),
            Pass,
            "pass",
            "",
        ),
        (
            step,
            no_torch,
            Fail,
            "fail",
            "python -m pip install torch==2.15.0 torchvision==0.29.2 --index-url https://download.pytorch.org/whl/cu130",
        ),
        (
            step,
            |m| {
                no_torch(m);
                text(
                    m,
                    &format!("{VENV}/pyvenv.cfg"),
                    "home = /usr/bin\nuv = 0.13.9\nversion_info = 3.12.3\n",
                );
            },
            Fail,
            "fail",
            "uv pip install torch==2.15.0 torchvision==0.29.2 --torch-backend=cu130",
        ),
        (
            step,
            |m| {
                no_torch(m);
                env(m, "VIRTUAL_ENV", Value::Null);
                env(m, "PATH", "/usr/bin");
            },
            Fail,
            "fail",
            "/home/me/first-torch/.venv/bin/python -m pip install",
        ),
        (
            step,
            |m| {
                no_torch(m);
                no_gpu(m);
            },
            Fail,
            "fail",
            "https://download.pytorch.org/whl/cpu",
        ),
        (
            step,
            |m| {
                no_torch(m);
                m["nvml"] = json!({"error": "DriverNotLoaded"});
            },
            Fail,
            "fail",
            "--torch-backend=auto",
        ),
        (
            step,
            |m| {
                no_torch(m);
                m["platform"] = json!({"os": "macos", "arch": "aarch64"});
            },
            Fail,
            "fail",
            "python -m pip install torch==2.15.0 torchvision==0.29.2",
        ),
        (
            step,
            |m| {
                no_torch(m);
                names(m, "/home/me/.local/lib", &["python3.12"]);
                text(
                    m,
                    "/home/me/.local/lib/python3.12/site-packages/torch/version.py",
                    "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n",
                );
            },
            Fail,
            "fail-elsewhere",
            "python -m pip install",
        ),
        (
            step,
            |m| {
                m["files"]
                    .as_object_mut()
                    .unwrap()
                    .remove(&format!("{SITE}/torch/version.py"));
                m["dirs"].as_object_mut().unwrap().remove(SITE);
            },
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| text(m, &format!("{SITE}/torch/version.py"), "not a version file"),
            Unknown,
            "finding-unknown",
            "",
        ),
        (step, |m| conda(m, "first-torch"), Pass, "pass", ""),
        (step, windows, Pass, "pass", ""),
    ]);
}

#[test]
fn builds() {
    let step = "torch.cuda-build";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (
            step,
            CPU_TORCH,
            Fail,
            "fail-cpu",
            "python -m pip install --force-reinstall torch==2.15.0 torchvision==0.29.2 --index-url https://download.pytorch.org/whl/cu130",
        ),
        (
            step,
            |m| {
                torch(m, "2.8.0", "cpu");
                companion(
                    m,
                    "torchvision",
                    "0.23.0",
                    "cpu",
                    "Requires-Dist: torch==2.8.0",
                );
                companion(
                    m,
                    "torchaudio",
                    "2.8.0",
                    "cpu",
                    "Requires-Dist: torch==2.8.0",
                );
            },
            Fail,
            "fail-cpu",
            "torch==2.8.0 torchaudio==2.8.0 torchvision==0.23.0 --index-url https://download.pytorch.org/whl/cu129",
        ),
        (
            step,
            windows,
            Fail,
            "fail-cpu-windows",
            "https://download.pytorch.org/whl/cu130",
        ),
        (
            step,
            |m| torch(m, "2.15.0", "rocm7.2"),
            Fail,
            "fail-other",
            "--force-reinstall",
        ),
        (
            step,
            |m| torch(m, "2.15.0", "xpu"),
            Fail,
            "fail-other",
            "--force-reinstall",
        ),
        (
            step,
            |m| {
                CPU_TORCH(m);
                m["nvml"] = json!({"error": "DriverNotLoaded"});
            },
            Fail,
            "fail-cpu",
            "--torch-backend=auto",
        ),
        (
            step,
            |m| {
                CPU_TORCH(m);
                no_gpu(m);
            },
            NotApplicable,
            "na-cpu",
            "",
        ),
        (
            step,
            |m| {
                torch(m, "2.15.0", "rocm7.2");
                no_gpu(m);
            },
            NotApplicable,
            "na-other",
            "",
        ),
        (
            step,
            |m| {
                CPU_TORCH(m);
                m["platform"]["os"] = json!("macos");
            },
            NotApplicable,
            "na-mac",
            "",
        ),
        (
            step,
            |m| {
                CPU_TORCH(m);
                m.as_object_mut().unwrap().remove("nvml");
                m["dirs"]
                    .as_object_mut()
                    .unwrap()
                    .remove("/sys/bus/pci/devices");
            },
            Unknown,
            "unknown-gpu",
            "lessons check driver.gpu-visible",
        ),
        (
            step,
            |m| gone(m, &format!("{SITE}/torch/version.py")),
            Unknown,
            "finding-unknown",
            "python -c",
        ),
        (
            step,
            |m| {
                text(
                    m,
                    &format!("{SITE}/torch/version.py"),
                    "__version__ = '2.15.0'\n",
                )
            },
            Unknown,
            "finding-unknown",
            "",
        ),
    ]);
}

#[test]
fn drivers() {
    let step = "torch.driver-new-enough";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (
            step,
            |m| torch(m, "2.15.0", "cu132"),
            Pass,
            "pass-minor",
            "",
        ),
        (step, |m| driver(m, "999.10.01", "20.0"), Pass, "pass", ""),
        (
            step,
            |m| {
                driver(m, "570.195.03", "12.8");
                torch(m, "2.11.0", "cu130");
            },
            Fail,
            "fail",
            "torch==2.11.0 torchvision==0.26.0 --index-url https://download.pytorch.org/whl/cu128",
        ),
        (
            step,
            |m| driver(m, "570.195.03", "12.8"),
            Fail,
            "fail",
            "torch==2.14.1 torchvision==0.29.1 --index-url https://download.pytorch.org/whl/cu126",
        ),
        (
            step,
            |m| driver(m, "570.195.03", "12.8"),
            Fail,
            "fail",
            "sudo ubuntu-drivers install",
        ),
        (
            step,
            |m| {
                driver(m, "570.195.03", "12.8");
                computed(m);
            },
            Pass,
            "pass-observed",
            "",
        ),
        (
            step,
            |m| torch(m, "3.0.0", "cu140"),
            Unknown,
            "unknown-table",
            "--deep",
        ),
        (step, CPU_TORCH, NotApplicable, "na-no-cuda", ""),
        // In WSL the driver's version is one of Windows.
        (
            step,
            |m| {
                text(
                    m,
                    "/proc/version",
                    "Linux version 6.6.87.2-microsoft-standard-WSL2\n",
                );
                torch(m, "2.8.0", "cu128");
                gone(m, "/sys/module/nvidia/version");
                gone(m, "/proc/driver/nvidia/version");
                m["nvml"]["ok"]["driver_version"] = json!("527.41");
            },
            Fail,
            "fail",
            "",
        ),
        (
            step,
            |m| {
                gone(m, "/sys/module/nvidia/version");
                gone(m, "/proc/driver/nvidia/version");
                m.as_object_mut().unwrap().remove("nvml");
            },
            Unknown,
            "finding-unknown",
            "",
        ),
    ]);
}

#[test]
fn architectures() {
    let step = "torch.gpu-arch-in-wheel";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (
            step,
            |m| gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1"),
            Fail,
            "fail-older",
            "torch==2.14.1 torchvision==0.29.1 --index-url https://download.pytorch.org/whl/cu126",
        ),
        (
            step,
            |m| {
                gpu(m, "NVIDIA GeForce RTX 5090", "12.0");
                torch(m, "2.6.0", "cu124");
                text(
                    m,
                    &format!("{SITE}/torch/lib/libtorch_python.so"),
                    "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90",
                );
            },
            Fail,
            "fail-newer",
            "--index-url https://download.pytorch.org/whl/cu130",
        ),
        // From the table, where the library cannot be read or has no list.
        (
            step,
            |m| {
                gpu(m, "NVIDIA GeForce RTX 5090", "12.0");
                torch(m, "2.6.0", "cu124");
                gone(m, &format!("{SITE}/torch/lib/libtorch_python.so"));
            },
            Fail,
            "fail-newer",
            "cu130",
        ),
        (
            step,
            |m| text(m, &format!("{SITE}/torch/lib/libtorch_python.so"), ""),
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| {
                gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1");
                computed(m);
            },
            Pass,
            "pass-observed",
            "",
        ),
        (
            step,
            |m| {
                m["nvml"]["ok"]["gpus"] = json!([{"name": "RTX 4090", "compute_capability": "8.9"}, {"name": "GT 1030", "compute_capability": "6.1"}]);
            },
            Fail,
            "fail-older",
            "",
        ),
        (
            step,
            |m| {
                gpu(m, "NVIDIA New", "14.0");
                text(
                    m,
                    &format!("{SITE}/torch/lib/libtorch_python.so"),
                    "sm_120 compute_120",
                );
            },
            Pass,
            "pass-ptx",
            "",
        ),
        (
            step,
            |m| {
                gpu(m, "NVIDIA New", "14.0");
                torch(m, "2.15.0", "cu132");
                text(
                    m,
                    &format!("{SITE}/torch/lib/libtorch_python.so"),
                    "sm_120 compute_120",
                );
            },
            Unknown,
            "unknown-ptx",
            "--deep",
        ),
        (
            step,
            |m| gpu(m, "NVIDIA New", "14.0"),
            Unknown,
            "unknown-gpu",
            "--deep",
        ),
        (
            step,
            |m| m["nvml"]["ok"]["gpus"] = json!([{"error": "GpuLost"}]),
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| m["nvml"]["ok"]["gpus"] = json!([]),
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| m["nvml"] = json!({"error": "DriverNotLoaded"}),
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| {
                torch(m, "2.16.0", "cu134");
                gone(m, &format!("{SITE}/torch/lib/libtorch_python.so"));
            },
            Unknown,
            "finding-unknown",
            "--deep",
        ),
        (step, CPU_TORCH, NotApplicable, "na-no-cuda", ""),
    ]);
}

#[test]
fn companions() {
    let step = "torch.companions-paired";
    holds(&[
        (step, |_| {}, Pass, "pass", ""),
        (step, |m| remove(m, "torchvision"), Pass, "pass-alone", ""),
        (
            step,
            |m| {
                companion(
                    m,
                    "torchvision",
                    "0.23.0",
                    "cu130",
                    "Requires-Dist: torch (==2.8.0)",
                )
            },
            Fail,
            "fail-requires",
            "python -m pip install --force-reinstall --no-deps torchvision==0.29.2 --index-url https://download.pytorch.org/whl/cu130",
        ),
        // The local part of a pin is a question of its own.
        (
            step,
            |m| {
                torch(m, "2.8.0", "cu128");
                remove(m, "nvidia");
                companion(
                    m,
                    "torchvision",
                    "0.23.0",
                    "cu128",
                    "Requires-Dist: torch (==2.8.0+cu128)",
                );
            },
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| {
                companion(
                    m,
                    "torchvision",
                    "0.29.2",
                    "cpu",
                    "Requires-Dist: torch (>=2.14.0)",
                )
            },
            Fail,
            "fail-build",
            "torchvision==0.29.2",
        ),
        (
            step,
            |m| {
                torch(m, "2.8.0", "cpu");
                remove(m, "nvidia");
                companion(
                    m,
                    "torchvision",
                    "0.23.0",
                    "cu126",
                    "Requires-Dist: torch==2.8.0",
                );
            },
            Fail,
            "fail-build",
            "https://download.pytorch.org/whl/cpu",
        ),
        (
            step,
            |m| {
                companion(
                    m,
                    "torchvision",
                    "0.29.2",
                    "cu128",
                    "Requires-Dist: torch (>=2.14.0)",
                )
            },
            Fail,
            "fail-build",
            "",
        ),
        (
            step,
            |m| {
                companion(
                    m,
                    "torchvision",
                    "0.29.2",
                    "cu132",
                    "Requires-Dist: torch (>=2.14.0)",
                )
            },
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| companion(m, "torchaudio", "2.11.0", "cu130", ""),
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| {
                torch(m, "2.15.0", "cu132");
                companion(m, "torchaudio", "2.11.0", "cu130", "");
            },
            Fail,
            "fail-build",
            "python -m pip uninstall -y torchaudio",
        ),
        (
            step,
            |m| {
                torch(m, "2.8.0", "cu128");
                remove(m, "nvidia");
                remove(m, "torchvision");
                companion(m, "torchaudio", "2.11.0", "cu130", "");
            },
            Fail,
            "fail-build",
            "torchaudio==2.8.0",
        ),
        (
            step,
            |m| {
                torch(m, "2.8.0", "cu128");
                remove(m, "nvidia");
                remove(m, "torchvision");
                companion(m, "torchaudio", "2.11.0", "", "");
            },
            Fail,
            "fail-works-with",
            "torchaudio==2.8.0",
        ),
        (
            step,
            |m| companion(m, "torchaudio", "2.11.0", "", ""),
            Unknown,
            "unknown-build",
            "import torchaudio",
        ),
        (
            step,
            |m| companion(m, "torchtext", "0.18.0", "", "Requires-Dist: torch >=2.3.0"),
            Fail,
            "fail-ended",
            "pip uninstall -y torchtext",
        ),
        (
            step,
            |m| {
                companion(
                    m,
                    "torchvision",
                    "0.99.0",
                    "cu130",
                    "Requires-Dist: torch (>=2.14.0)",
                )
            },
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| companion(m, "torchaudio", "9.0.0", "cu130", ""),
            Unknown,
            "unknown-table",
            "",
        ),
        (
            step,
            |m| {
                companion(
                    m,
                    "torchvision",
                    "0.29.2",
                    "cu130",
                    "Requires-Dist: torch (two)",
                )
            },
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| gone(m, &format!("{SITE}/torchvision-0.29.2.dist-info/METADATA")),
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| library(m, &["nvidia_cudnn_cu12-9.10.2.21"]),
            Fail,
            "fail-libraries",
            "python -m pip uninstall -y nvidia-cudnn-cu12",
        ),
        (
            step,
            |m| library(m, &["nvidia_cudnn_cu12-9.10.2.21"]),
            Fail,
            "fail-libraries",
            "--no-deps nvidia-cuda-runtime==13.0.96 nvidia-cudnn-cu13==9.26.0.51",
        ),
        (
            step,
            |m| {
                torch(m, "2.8.0", "cu128");
                companion(
                    m,
                    "torchvision",
                    "0.23.0",
                    "cu128",
                    "Requires-Dist: torch==2.8.0",
                );
            },
            Fail,
            "fail-libraries",
            "nvidia-cuda-runtime",
        ),
        (
            step,
            |m| {
                library(
                    m,
                    &[
                        "nvidia_cuda_cupti-13.0.85",
                        "nvidia_cusparselt_cu13-0.8.1",
                        "nvidia_cufft-12.2.0",
                        "nvidia_dali_cuda120-1.0",
                        "nvidia_ml_py-13.0",
                    ],
                )
            },
            Pass,
            "pass",
            "",
        ),
        // A build without CUDA has no use for any.
        (
            step,
            |m| {
                torch(m, "2.15.0", "cpu");
                companion(
                    m,
                    "torchvision",
                    "0.29.2",
                    "",
                    "Requires-Dist: torch (>=2.14.0)",
                );
                library(m, &["nvidia_cudnn_cu12-9.10.2.21"]);
            },
            Pass,
            "pass",
            "",
        ),
        (
            step,
            |m| {
                m["dirs"].as_object_mut().unwrap().remove(SITE);
            },
            Unknown,
            "finding-unknown",
            "",
        ),
    ]);
}

#[test]
fn known_faults() {
    let step = "torch.not-known-bad";
    holds(&[
        (step, |_| {}, Pass, "pass-note", ""),
        (
            step,
            |m| {
                torch(m, "2.5.1", "cu124");
            },
            Pass,
            "pass",
            "",
        ),
        (step, |m| torch(m, "2.9.0", "cu128"), Fail, "fail", ""),
        (
            step,
            |m| {
                torch(m, "2.9.1", "cu128");
                remove(m, "nvidia");
                library(m, &["nvidia_cudnn_cu12-9.10.2.21"]);
            },
            Fail,
            "fail",
            "",
        ),
        (
            step,
            |m| {
                torch(m, "2.9.1", "cu128");
                remove(m, "nvidia");
                library(m, &["nvidia_cudnn_cu12-9.16.0.29"]);
            },
            Pass,
            "pass-note",
            "",
        ),
        (
            step,
            |m| {
                torch(m, "2.9.1", "cu128");
                remove(m, "nvidia");
            },
            Unknown,
            "unknown-perhaps",
            "",
        ),
        (
            step,
            |m| torch(m, "2.16.0", "cu132"),
            Unknown,
            "unknown-table",
            "",
        ),
        // Companions are judged by their own step.
        (
            step,
            |m| {
                torch(m, "2.15.0", "cu132");
                companion(m, "torchaudio", "2.11.0", "cu130", "");
            },
            Pass,
            "pass-note",
            "",
        ),
    ]);
}

#[test]
fn gpus_seen() {
    let step = "torch.sees-gpu";
    const BLIND: Change = |m| said(m, &json!({"available": false, "gpus": []}));
    holds(&[
        (
            step,
            |_| {},
            Unknown,
            "unknown-not-asked",
            "lessons check torch.sees-gpu --deep",
        ),
        (
            step,
            |m| m["commands"] = json!([]),
            Unknown,
            "unknown-not-asked",
            "--deep",
        ),
        (step, computed, Pass, "pass", ""),
        (
            step,
            |m| {
                said(
                    m,
                    &json!({"available": true, "gpus": [{"name": "RTX 4090", "sum": 12.0}]}),
                )
            },
            Fail,
            "fail-wrong",
            "lessons check smi",
        ),
        (
            step,
            |m| {
                said(
                    m,
                    &json!({"available": true, "gpus": [{"name": "RTX 4090", "sum": null}]}),
                )
            },
            Fail,
            "fail-wrong",
            "",
        ),
        (step, BLIND, Fail, "fail", "torch.ones(1).cuda()"),
        (
            step,
            |m| {
                probe(
                    m,
                    &json!({"exit": 1, "stderr": "Traceback\nRuntimeError: CUDA unknown error\n"}),
                )
            },
            Fail,
            "fail",
            "",
        ),
        (
            step,
            |m| probe(m, &json!({"error": "timed-out"})),
            Fail,
            "fail-hung",
            "",
        ),
        (
            step,
            |m| probe(m, &json!({"exit": 0, "stdout": "hello\n"})),
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| probe(m, &json!({"error": "not-found"})),
            Unknown,
            "finding-unknown",
            "",
        ),
        (
            step,
            |m| {
                BLIND(m);
                text(m, "/proc/modules", "nvidia 1 1 - Live 0x0\n");
            },
            Fail,
            "fail-uvm",
            "sudo modprobe nvidia_uvm",
        ),
        (
            step,
            |m| {
                BLIND(m);
                gone(m, "/dev/nvidia-uvm");
            },
            Fail,
            "fail-uvm",
            "sudo modprobe nvidia_uvm",
        ),
        // Decided by the variable alone.
        (
            step,
            |m| env(m, "CUDA_VISIBLE_DEVICES", ""),
            Fail,
            "fail-hidden",
            "unset CUDA_VISIBLE_DEVICES",
        ),
        (
            step,
            |m| env(m, "CUDA_VISIBLE_DEVICES", "-1"),
            Fail,
            "fail-hidden",
            "",
        ),
        (
            step,
            |m| env(m, "CUDA_VISIBLE_DEVICES", "1,0"),
            Fail,
            "fail-hidden",
            "",
        ),
        (
            step,
            |m| env(m, "CUDA_VISIBLE_DEVICES", "0,7"),
            Unknown,
            "unknown-not-asked",
            "",
        ),
        (
            step,
            |m| env(m, "CUDA_VISIBLE_DEVICES", "GPU-2a"),
            Unknown,
            "unknown-not-asked",
            "",
        ),
        (
            step,
            |m| {
                BLIND(m);
                env(m, "CUDA_VISIBLE_DEVICES", "-1");
            },
            Fail,
            "fail-hidden",
            "",
        ),
        (
            step,
            |m| {
                env(m, "CUDA_VISIBLE_DEVICES", "");
                m["platform"]["os"] = json!("windows");
                env(m, "VIRTUAL_ENV", "C:/v");
                text(m, "C:/v/pyvenv.cfg", "version = 3.12.1\n");
                text(
                    m,
                    "C:/v/Lib/site-packages/torch/version.py",
                    "__version__ = '2.15.0+cu130'\ncuda = '13.0'\n",
                );
            },
            Unknown,
            "unknown-not-asked",
            "",
        ),
        (step, CPU_TORCH, NotApplicable, "na-no-cuda", ""),
    ]);
}

/// One cause is one red line: what follows from it is blocked.
#[test]
fn one_cause_gives_one_failure() {
    let causes: [(Change, &str); 7] = [
        (system_python, "torch.environment"),
        (
            |m| other_python(m, "3.9"),
            "torch.python-supported torch.installed",
        ),
        (no_torch, "torch.installed"),
        (CPU_TORCH, "torch.cuda-build torch.companions-paired"),
        (
            |m| driver(m, "570.195.03", "12.8"),
            "torch.driver-new-enough",
        ),
        (
            |m| gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1"),
            "torch.gpu-arch-in-wheel",
        ),
        (|m| env(m, "CUDA_VISIBLE_DEVICES", "-1"), "torch.sees-gpu"),
    ];
    for (change, failing) in causes {
        let mut machine = healthy();
        change(&mut machine);
        let failed: Vec<&str> = facts_of(&machine, |facts| Report::of(facts, STEPS))
            .steps
            .iter()
            .filter(|checked| checked.finding.outcome == Fail)
            .map(|checked| checked.step.id)
            .collect();
        assert_eq!(failed.join(" "), failing);
    }
}

/// The Python that new environments are made with is one that torch supports, also the last torch for old GPUs.
#[test]
fn the_suggested_python_is_supported() {
    let last_for_old_gpus = "2.14.1".parse().unwrap();
    for release in [
        torch_matrix::latest().unwrap(),
        torch_matrix::release(&last_for_old_gpus).unwrap(),
    ] {
        assert!(release.supports_python(super::SUGGESTED_PYTHON));
    }
}

/// Other lessons ask whether torch takes its CUDA from wheels.
#[test]
fn wheels_of_nvidia_are_told_from_other_sources_of_cuda() {
    let uses = |machine: &Value| facts_of(machine, |facts| facts.torch_uses_nvidia_wheels());
    let mut machine = healthy();
    assert_eq!(uses(&machine), Ok(true));
    remove(&mut machine, "nvidia");
    assert_eq!(uses(&machine), Ok(false));
    no_torch(&mut machine);
    assert_eq!(uses(&machine), Ok(false));
    machine["dirs"].as_object_mut().unwrap().remove(SITE);
    assert!(uses(&machine).is_ok_and(|uses| !uses) || uses(&machine).is_err());
}

/// Every fact that the healthy machine states, as a path to it.
fn stated(machine: &Value) -> Vec<(&'static str, String)> {
    ["files", "dirs", "env"]
        .into_iter()
        .flat_map(|part| {
            machine[part]
                .as_object()
                .unwrap()
                .keys()
                .map(move |key| (part, key.clone()))
                .collect::<Vec<_>>()
        })
        .chain([("nvml", String::new()), ("commands", String::new())])
        .collect()
}

fn without(machine: &Value, facts: &[&(&'static str, String)]) -> Value {
    let mut machine = machine.clone();
    for (part, key) in facts {
        if key.is_empty() {
            machine.as_object_mut().unwrap().remove(*part);
        } else {
            machine[part].as_object_mut().unwrap().remove(key);
        }
    }
    machine
}

fn outcomes(machine: &Value) -> Vec<Outcome> {
    facts_of(machine, |facts| Report::of(facts, STEPS))
        .steps
        .iter()
        .map(|checked| checked.finding.outcome)
        .collect()
}

/// Not knowing is neither good nor bad.
fn never_turns(full: &[Outcome], less: &[Outcome], removed: &str) {
    for ((step, full), less) in STEPS.iter().zip(full).zip(less) {
        assert!(
            full == less || matches!(less, Unknown | Outcome::Blocked),
            "{}: {full:?} turned into {less:?} without {removed}",
            step.id
        );
    }
}

#[test]
fn a_fact_that_is_missing_never_makes_a_verdict() {
    let mut machine = healthy();
    computed(&mut machine);
    let full = outcomes(&machine);
    assert_eq!(full, [Pass; 10]);
    for fact in &stated(&machine) {
        never_turns(
            &full,
            &outcomes(&without(&machine, &[fact])),
            &format!("{fact:?}"),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_number_of_missing_facts_never_makes_a_verdict(gone in prop::collection::vec(any::<bool>(), 64)) {
        let mut machine = healthy();
        computed(&mut machine);
        let all = stated(&machine);
        prop_assert!(all.len() <= 64);
        let removed: Vec<_> = all.iter().zip(&gone).filter_map(|(fact, gone)| gone.then_some(fact)).collect();
        never_turns(&outcomes(&machine), &outcomes(&without(&machine, &removed)), &format!("{removed:?}"));
    }
}
