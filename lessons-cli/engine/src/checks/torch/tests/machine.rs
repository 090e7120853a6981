//! A machine on which everything is done, as a recording, and the ways in which it can differ.

use serde_json::{Value, json};

use crate::programs::{torch_probe, torch_probe_everywhere};

pub(super) const VENV: &str = "/home/me/first-torch/.venv";
pub(super) const SITE: &str = "/home/me/first-torch/.venv/lib/python3.12/site-packages";

/// Ubuntu with an RTX 4090, driver 580, an active environment with Python 3.12, torch 2.15.0+cu130 and torchvision.
pub(super) fn healthy() -> Value {
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
            "LD_LIBRARY_PATH": null,
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

pub(super) fn file(machine: &mut Value, path: &str, entry: Value) {
    machine["files"][path] = entry;
}

pub(super) fn text(machine: &mut Value, path: &str, text: &str) {
    file(machine, path, json!({"text": text}));
}

pub(super) fn gone(machine: &mut Value, path: &str) {
    file(machine, path, json!({"error": "not-found"}));
}

pub(super) fn names(machine: &mut Value, folder: &str, names: &[&str]) {
    machine["dirs"][folder] = json!(names);
}

pub(super) fn env(machine: &mut Value, name: &str, value: impl Into<Value>) {
    machine["env"][name] = value.into();
}

/// An environment made by venv, with nothing in it.
pub(super) fn environment(machine: &mut Value, prefix: &str, python: &str) {
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
pub(super) fn other_python(machine: &mut Value, python: &str) {
    environment(machine, VENV, python);
}

/// Replaces the torch of the healthy machine.
pub(super) fn torch(machine: &mut Value, version: &str, build: &str) {
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

pub(super) fn list(machine: &mut Value, more: &[&str]) {
    let names = machine["dirs"][SITE].as_array_mut().unwrap();
    names.extend(more.iter().map(|&name| json!(name)));
    names.sort_by_key(|name| name.as_str().unwrap().to_owned());
}

pub(super) fn remove(machine: &mut Value, start: &str) {
    let names = machine["dirs"][SITE].as_array_mut().unwrap();
    names.retain(|name| !name.as_str().unwrap().starts_with(start));
}

pub(super) fn no_torch(machine: &mut Value) {
    remove(machine, "torch");
    gone(machine, &format!("{SITE}/torch/version.py"));
}

pub(super) fn companion(
    machine: &mut Value,
    name: &str,
    version: &str,
    build: &str,
    requires: &str,
) {
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

pub(super) fn library(machine: &mut Value, records: &[&str]) {
    for record in records {
        list(machine, &[&format!("{record}.dist-info")]);
    }
}

pub(super) fn probe(machine: &mut Value, answer: &Value) {
    let argv = torch_probe(&format!("{VENV}/bin/python")).map(str::to_owned);
    let mut command = answer.clone();
    command["argv"] = json!(argv);
    machine["commands"] = json!([command]);
}

pub(super) fn said(machine: &mut Value, answer: &Value) {
    probe(
        machine,
        &json!({"exit": 0, "stdout": format!("{answer}\n")}),
    );
}

pub(super) fn computed(machine: &mut Value) {
    said(
        machine,
        &json!({"available": true, "gpus": [{"name": "NVIDIA GeForce RTX 4090", "sum": 16_777_216.0}]}),
    );
}

pub(super) fn computed_everywhere(machine: &mut Value) {
    computed(machine);
    let argv = torch_probe_everywhere(&format!("{VENV}/bin/python")).map(str::to_owned);
    machine["commands"][0]["argv"] = json!(argv);
}

pub(super) fn gpu(machine: &mut Value, name: &str, capability: &str) {
    machine["nvml"]["ok"]["gpus"] = json!([{"name": name, "compute_capability": capability}]);
}

pub(super) fn driver(machine: &mut Value, version: &str, ceiling: &str) {
    text(machine, "/sys/module/nvidia/version", version);
    machine["nvml"]["ok"]["driver_version"] = json!(version);
    machine["nvml"]["ok"]["cuda_driver_version"] = json!(ceiling);
}

pub(super) fn no_gpu(machine: &mut Value) {
    machine["nvml"] = json!({"error": "LibloadingError"});
    text(
        machine,
        "/sys/bus/pci/devices/0000:01:00.0/vendor",
        "0x8086\n",
    );
    gone(machine, "/sys/module/nvidia/version");
    gone(machine, "/proc/driver/nvidia/version");
}

pub(super) fn system_python(machine: &mut Value) {
    env(machine, "VIRTUAL_ENV", Value::Null);
    env(machine, "PATH", "/usr/bin");
    env(machine, "PWD", "/home/me");
    names(machine, "/home/me", &["first-torch", ".local"]);
}

pub(super) fn conda(machine: &mut Value, name: &str) {
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
        &["torch", "torch-2.8.0+cu128.dist-info"],
    );
    text(
        machine,
        "/opt/conda/lib/python3.12/site-packages/torch/version.py",
        "__version__ = '2.8.0+cu128'\ncuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n",
    );
}

/// pyenv: the Python on `PATH` is a script that starts another, which has no torch.
pub(super) fn pyenv(machine: &mut Value) {
    system_python(machine);
    env(machine, "PATH", "/home/me/.pyenv/shims:/usr/bin");
    env(machine, "PYENV_VERSION", Value::Null);
    names(machine, "/", &["home", "usr"]);
    names(machine, "/home", &["me"]);
    names(machine, "/home/me", &[".local", ".pyenv"]);
    names(
        machine,
        "/home/me/.pyenv",
        &["shims", "version", "versions"],
    );
    file(
        machine,
        "/home/me/.pyenv/shims/python3",
        json!({"mode": 493}),
    );
    names(machine, "/home/me/.pyenv/shims", &["python3"]);
    text(machine, "/home/me/.pyenv/version", "3.12.1\n3.11.7\n");
    for (version, name) in [
        ("3.12.1", "python3.12"),
        ("3.13.0t", "python3.13t"),
        ("3.9.18", "python3.9"),
    ] {
        let prefix = format!("/home/me/.pyenv/versions/{version}");
        file(
            machine,
            &format!("{prefix}/bin/python3"),
            json!({"link": name}),
        );
        file(
            machine,
            &format!("{prefix}/bin/{name}"),
            json!({"mode": 493}),
        );
        names(machine, &prefix, &["bin", "lib"]);
        names(machine, &format!("{prefix}/lib"), &[name]);
        names(
            machine,
            &format!("{prefix}/lib/{name}"),
            &["os.py", "site-packages"],
        );
        names(machine, &format!("{prefix}/lib/{name}/site-packages"), &[]);
    }
}

pub(super) fn windows(machine: &mut Value) {
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
