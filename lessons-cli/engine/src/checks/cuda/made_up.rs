//! Machines made up for tests: a healthy one, and what is different on another.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::facts::Facts;
use crate::finding::{Finding, Outcome, TextId};
use crate::recording::Recording;
use crate::steps;
use crate::texts::{MISSING, Texts};

/// One machine and what a check must say of it: what is different on it, the outcome, and the text.
pub(super) type Case = (&'static str, Value, Outcome, &'static str);

/// The text of what could not be read.
pub(super) const UNREAD: &str = "finding-unknown";

/// What stands for a fact that a recording does not hold.
pub(super) const NOT_RECORDED: &str = "(not recorded)";

/// Checks each case, and that together they reach every text that the step has for its outcomes and fixes.
pub(super) fn check_all(step: &str, cases: &[Case]) {
    let texts = Texts::english();
    let step = steps::find(step).unwrap();
    let mut reached = BTreeSet::new();
    for (name, changes, outcome, text) in cases {
        let recording = machine(changes);
        let finding = (step.check)(&Facts::new(&recording));
        let said = match finding.summary.text {
            TextId::OfStep(text) | TextId::Shared(text) => text,
        };
        assert_eq!(
            (finding.outcome, said),
            (*outcome, *text),
            "{name}: {finding:#?}"
        );
        reached.extend(attributes(&finding));
        let mut shown = vec![texts.message(step, &finding.summary)];
        shown.extend(
            finding
                .fix
                .iter()
                .filter_map(|fix| fix.note.as_ref())
                .map(|note| texts.message(step, note)),
        );
        for shown in shown {
            assert!(!shown.contains(MISSING), "{name}: {shown}");
        }
        if matches!(finding.outcome, Outcome::Fail | Outcome::Unknown) {
            assert!(!finding.fix.is_empty(), "{name}: nothing to type");
            assert!(!finding.evidence.is_empty(), "{name}: no evidence");
        }
    }
    let there: BTreeSet<String> = texts
        .attributes(step)
        .into_iter()
        .filter(|name| {
            ["pass", "fail", "na-", "unknown", "fix-"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        })
        .collect();
    assert_eq!(
        reached, there,
        "texts that no case reaches, or that are not there"
    );
}

fn attributes(finding: &Finding) -> impl Iterator<Item = String> {
    let notes = finding.fix.iter().filter_map(|fix| fix.note.as_ref());
    std::iter::once(&finding.summary)
        .chain(notes)
        .filter_map(|message| match message.text {
            TextId::OfStep(text) => Some(text.to_owned()),
            TextId::Shared(_) => None,
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// The healthy machine with changes: what they have of `files`, `dirs`, `env` and `commands` (by their words) takes
/// the place of what is there, `nvml` and `platform` that of the whole.
pub(super) fn machine(changes: &Value) -> Recording {
    let mut recording = healthy();
    for (part, change) in changes.as_object().unwrap() {
        match part.as_str() {
            "nvml" | "platform" => {
                recording[part] = change.clone();
            }
            "files" | "dirs" | "env" | "commands" => {
                let there = recording[part].as_object_mut().unwrap();
                for (name, value) in change.as_object().unwrap() {
                    if value == NOT_RECORDED {
                        there.remove(name);
                    } else {
                        there.insert(name.clone(), value.clone());
                    }
                }
            }
            part => panic!("{part} is no part of a recording"),
        }
    }
    if recording["nvml"] == NOT_RECORDED {
        recording.as_object_mut().unwrap().remove("nvml");
    }
    let commands: Vec<Value> = recording["commands"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(words, said)| {
            let mut command: Map<String, Value> = said.as_object().unwrap().clone();
            command.insert("argv".to_owned(), words.split(' ').collect());
            Value::Object(command)
        })
        .collect();
    recording["commands"] = Value::Array(commands);
    Recording::from_slice(recording.to_string().as_bytes()).unwrap()
}

/// Ubuntu 24.04 with driver 580 and toolkit 12.6, both from packages, and a shell that knows them.
fn healthy() -> Value {
    json!({
        "format": "lessons-machine/1",
        "name": "made-up",
        "platform": {"os": "linux", "arch": "x86_64", "kernel": "6.8.0-87-generic"},
        "files": {
            "/.dockerenv": {"error": "not-found"},
            "/run/.containerenv": {"error": "not-found"},
            "/proc/version": {"text": "Linux version 6.8.0-87-generic\n"},
            "/proc/1/cgroup": {"text": "0::/init.scope\n"},
            "/proc/modules": {"text": "nvidia 3096576 0 - Live 0x0\n"},
            "/sys/module/nvidia/version": {"text": "580.95.05\n"},
            "/etc/os-release": {"text": "ID=ubuntu\nVERSION_ID=\"24.04\"\nID_LIKE=debian\n"},
            "/var/lib/dpkg/status": {"text": packages(&[
                ("nvidia-driver-580", "580.95.05-0ubuntu0.24.04.2"),
                ("libnvidia-compute-580", "580.95.05-0ubuntu0.24.04.2"),
                ("nvidia-utils-580", "580.95.05-0ubuntu0.24.04.2"),
                ("nvidia-settings", "510.47.03-0ubuntu4"),
            ])},
            "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1": {"link": "libnvidia-ml.so.580.95.05"},
            "/usr/lib/aarch64-linux-gnu/libnvidia-ml.so.1": {"error": "not-found"},
            "/usr/lib64/libnvidia-ml.so.1": {"error": "not-found"},
            "/usr/lib/wsl/lib/libnvidia-ml.so.1": {"error": "not-found"},
            "/usr/local/nvidia/lib64/libnvidia-ml.so.1": {"error": "not-found"},
            "/usr/lib/libnvidia-ml.so.1": {"error": "not-found"},
            "/usr/local/cuda": {"link": "/etc/alternatives/cuda"},
            "/etc/alternatives/cuda": {"link": "/usr/local/cuda-12.6"},
            "/usr/local/cuda-12.6/version.json": {"text": "{\"cuda\": {\"name\": \"CUDA SDK\", \"version\": \"12.6.3\"}}"},
            "/usr/local/cuda-12.6/version.txt": {"error": "not-found"},
            "/etc/docker/daemon.json": {"error": "not-found"},
            "/etc/cdi": {"error": "not-found"},
            "/var/run/cdi": {"error": "not-found"},
            "/etc/ld.so.conf": {"text": "include /etc/ld.so.conf.d/*.conf\n"},
            "/etc/ld.so.conf.d/libc.conf": {"text": "# libc\n/usr/local/lib\n"},
            "/home/me/.bashrc": {"text": "# mine\nexport PATH=/usr/local/cuda/bin${PATH:+:${PATH}}\n"},
            "/etc/environment": {"text": ""},
            "/etc/profile": {"error": "not-found"},
            "/etc/bash.bashrc": {"error": "not-found"},
            "/etc/zsh/zshenv": {"error": "not-found"},
            "/opt/lib": {"error": "not-found"},
        },
        "dirs": {
            "/home/me": [".bashrc"],
            "/etc/profile.d": [],
            "/etc/ld.so.conf.d": ["libc.conf"],
            "/sys/bus/pci/devices": ["0000:01:00.0"],
            "/usr/bin": ["g++", "gcc", "nvidia-smi", "g++-13"],
            "/usr/local": ["bin", "cuda", "cuda-12.6"],
            "/usr/local/bin": [],
            "/usr/local/cuda-12.6": ["bin", "lib64", "version.json"],
            "/usr/local/cuda-12.6/bin": ["nvcc"],
            "/usr/local/cuda-12.6/lib64": ["libcudart.so.12"],
            "/snap/bin": [],
            "/usr/lib/python3/dist-packages": [],
        },
        "env": {
            "PATH": "/usr/local/cuda/bin:/usr/local/bin:/usr/bin:/snap/bin",
            "HOME": "/home/me",
            "SHELL": "/bin/bash",
            "LD_LIBRARY_PATH": null,
            "CUDA_HOME": null,
            "CUDA_PATH": null,
            "CONDA_PREFIX": null,
            "NVCC_CCBIN": null,
            "LOADEDMODULES": null,
            "PWD": "/home/me",
            "VIRTUAL_ENV": null,
            "container": null,
            "KUBERNETES_SERVICE_HOST": null,
        },
        "commands": {
            "nvcc --version": {"exit": 0, "stdout": nvcc("12.6", "12.6.85")},
            "gcc -dumpfullversion": {"exit": 0, "stdout": "13.3.0\n"},
        },
        "nvml": nvml("580.95.05", "13.0", "NVIDIA GeForce RTX 4090", "8.9"),
    })
}

/// dpkg's status file with packages that are installed.
pub(super) fn packages(packages: &[(&str, &str)]) -> String {
    let mut status = String::new();
    for (name, version) in packages {
        let _ = writeln!(
            status,
            "Package: {name}\nStatus: install ok installed\nVersion: {version}\n"
        );
    }
    status
}

/// What `nvcc --version` prints.
pub(super) fn nvcc(release: &str, version: &str) -> String {
    format!(
        "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release {release}, V{version}\n"
    )
}

/// A reading of NVML with one GPU.
pub(super) fn nvml(driver: &str, ceiling: &str, name: &str, compute_capability: &str) -> Value {
    json!({"ok": {
        "driver_version": driver,
        "cuda_driver_version": ceiling,
        "gpus": [{"name": name, "compute_capability": compute_capability}],
    }})
}

/// What is different on a machine without a toolkit.
pub(super) fn no_toolkit() -> Value {
    json!({
        "dirs": {"/usr/local": ["bin"]},
        "env": {"PATH": "/usr/local/bin:/usr/bin:/snap/bin"},
        "commands": {"nvcc --version": {"error": "not-found"}},
    })
}

/// What both of two sets of changes change.
pub(super) fn and(mut one: Value, other: &Value) -> Value {
    for (part, change) in other.as_object().unwrap() {
        match (
            one.get_mut(part).and_then(Value::as_object_mut),
            change.as_object(),
        ) {
            (Some(there), Some(change)) => {
                there.extend(
                    change
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
            }
            _ => one[part] = change.clone(),
        }
    }
    one
}
