//! The same troubles on machines that nobody recorded: another GPU, more of them, another driver branch, another
//! release of Ubuntu, environments at other places. The same step is red and names the same cause.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::recording::Recording;
use lessons_engine::report::Report;
use lessons_engine::texts::Texts;
use serde_json::{Value, json};

/// Machines on which one step is red, all on Ubuntu with a driver of branch 580.
const TROUBLES: &[&str] = &[
    "ubuntu-torch-cpu",
    "ubuntu-mismatch",
    "kernel-upgraded-no-headers",
    "dkms-build-failed",
    "module-not-loaded",
    "nvcc-not-on-path",
    "cuda-home-like-path",
    "nouveau-not-kept-out",
    "nouveau-until-restart",
    "ubuntu-secure-boot",
    "torchvision-of-another-torch",
    "library-path-hides-torchs-cuda",
    "extension-other-cuda-major",
    "gcc-too-new",
    "docker-without-toolkit",
    "docker-not-told",
    "docker-from-snap",
    "container-without-gpus",
    "container-lost-its-devices",
    "pip-externally-managed",
    "torch-in-other-python",
    "uvm-missing",
    "cuda-visible-devices-empty",
    "apt-key-of-before-2022",
    "driver-packages-mixed",
    "cuda-compat-on-geforce",
    "headless-persistence-off",
    "persistence-lost-at-restart",
    "cu13-library-beside-cu12-torch",
    "driver-not-installed",
    "nvidia-smi-not-installed",
    "memory-held-by-notebook",
    "toolkit-without-compiler",
    "nvcc-only-in-this-shell",
    "torch-conv3d-slow",
];

fn json_of(machine: &str) -> Value {
    serde_json::from_slice(bundled::json(machine).unwrap()).unwrap()
}

/// The step that is red, and the text that it says, without what differs from machine to machine.
fn red(json: &Value) -> Vec<(&'static str, String)> {
    let recording = Recording::from_slice(json.to_string().as_bytes()).unwrap();
    let report = Report::of_all(&Facts::new(&recording));
    let texts = Texts::english();
    report
        .steps
        .iter()
        .filter(|checked| checked.finding.outcome == Outcome::Fail)
        .map(|checked| {
            let document = checked.document(&texts);
            assert!(!document.fix.is_empty(), "{}: nothing to do", document.id);
            (
                checked.step.id,
                format!("{:?}", checked.finding.summary.text),
            )
        })
        .collect()
}

/// Words of the whole recording, replaced consistently.
fn replaced(json: &Value, words: &[(&str, &str)]) -> Value {
    let mut text = json.to_string();
    for (one, other) in words {
        text = text.replace(one, other);
    }
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn assert_same(vary: impl Fn(&Value) -> Option<Value>) {
    let mut wrong = Vec::new();
    for machine in TROUBLES {
        let json = json_of(machine);
        let Some(varied) = vary(&json) else {
            continue;
        };
        assert_ne!(varied, json, "{machine} is what it was");
        let (before, after) = (red(&json), red(&varied));
        if before != after {
            wrong.push(format!("{machine}: {before:?} became {after:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn another_gpu_driver_branch_release_and_home() {
    assert_same(|json| {
        Some(replaced(
            json,
            &[
                ("580.105.08", "595.84"),
                ("580.95.05", "595.71.05"),
                ("580.82.07", "595.58.03"),
                ("-580", "-595"),
                ("6.8.0-8", "5.15.0-16"),
                ("24.04", "22.04"),
                ("noble", "jammy"),
                ("GeForce RTX 4090", "GeForce RTX 3090"),
                ("AD102", "GA102"),
                ("0x2684", "0x2204"),
                (
                    "\"compute_capability\":\"8.9\"",
                    "\"compute_capability\":\"8.6\"",
                ),
                ("/home/user/lessons/.venv", "/srv/ml/env-3"),
                ("/home/user", "/home/ada"),
            ],
        ))
    });
}

/// Two more and seven more GPUs of the same kind, on buses of their own.
#[test]
fn more_gpus() {
    for more in [1, 7] {
        assert_same(|json| with_more_gpus(json, more));
    }
}

fn with_more_gpus(json: &Value, more: usize) -> Option<Value> {
    const PCI: &str = "/sys/bus/pci/devices";
    let mut varied = json.clone();
    let addresses: Vec<String> = serde_json::from_value(json["dirs"][PCI].clone()).ok()?;
    let is_gpu = |address: &&String| {
        json["files"][format!("{PCI}/{address}/vendor")]["text"] == "0x10de\n"
            && json["files"][format!("{PCI}/{address}/class")]["text"]
                .as_str()
                .is_some_and(|class| class.starts_with("0x03"))
    };
    let gpus: Vec<&String> = addresses.iter().filter(is_gpu).collect();
    let [gpu] = gpus.as_slice() else {
        return None;
    };
    let mut all = addresses.clone();
    for index in 0..more {
        let address = format!("0000:{:02x}:00.0", 0xa0 + index);
        for (path, entry) in json["files"].as_object().unwrap() {
            if let Some(rest) = path.strip_prefix(&format!("{PCI}/{gpu}/")) {
                varied["files"][format!("{PCI}/{address}/{rest}")] = entry.clone();
            }
        }
        all.push(address.clone());
        if let Some(Value::Array(readings)) = varied.pointer_mut("/nvml/ok/gpus") {
            let mut reading = readings[0].clone();
            reading["bus_id"] = json!(format!("0000{address}"));
            readings.push(reading);
        }
    }
    varied["dirs"][PCI] = json!(all);
    // The matrix would be another; without it, how they are wired is not known.
    varied["commands"]
        .as_array_mut()
        .unwrap()
        .retain(|command| !command["argv"].to_string().contains("topo"));
    Some(varied)
}

/// Ubuntu's ready-made modules in the place of those that DKMS builds here.
#[test]
fn ready_made_modules() {
    assert_same(|json| {
        let text = json.to_string();
        // What Secure Boot refuses is a module that was built here.
        if !text.contains("updates/dkms/") || json["name"] == "ubuntu-secure-boot" {
            return None;
        }
        Some(replaced(
            json,
            &[
                ("updates/dkms/", "kernel/nvidia-580/"),
                ("nvidia-dkms-580", "linux-modules-nvidia-580-generic"),
            ],
        ))
    });
}

/// In Kubernetes the libraries that the host hands in lie in a folder of their own.
#[test]
fn libraries_of_the_host_in_a_container() {
    for machine in [
        "container-lost-its-devices",
        "kubernetes-pod",
        "container-gpus-all",
    ] {
        let json = json_of(machine);
        let varied = replaced(
            &json,
            &[
                (
                    "/usr/local/nvidia/lib64/libnvidia-ml",
                    "/usr/lib64/not-libnvidia-ml",
                ),
                (
                    "/usr/lib/x86_64-linux-gnu/libnvidia-ml",
                    "/usr/local/nvidia/lib64/libnvidia-ml",
                ),
            ],
        );
        assert_ne!(varied, json, "{machine}");
        assert_eq!(red(&json), red(&varied), "{machine}");
    }
}

/// One fault has several codes, by the driver's version and by what was asked first.
#[test]
fn other_codes_of_nvml() {
    for (machine, codes) in [
        (
            "gpu-fell-off-bus",
            &["GpuLost", "Unknown", "ResetRequired"][..],
        ),
        (
            "container-lost-its-devices",
            &["Unknown", "OperatingSystem"],
        ),
        (
            "container-without-gpus",
            &["LibloadingError", "LibraryNotFound", "DriverNotLoaded"],
        ),
        (
            "dkms-build-failed",
            &["DriverNotLoaded", "LibloadingError", "Unknown"],
        ),
    ] {
        let json = json_of(machine);
        let text = json["nvml"].to_string();
        let before = red(&json);
        for code in codes {
            let mut varied = json.clone();
            for known in [
                "GpuLost",
                "Unknown",
                "DriverNotLoaded",
                "LibloadingError",
                "LibraryNotFound",
            ] {
                let quoted = format!("\"error\":\"{known}\"");
                if text.contains(&quoted) {
                    let other = text.replace(&quoted, &format!("\"error\":\"{code}\""));
                    varied["nvml"] = serde_json::from_str(&other).unwrap();
                }
            }
            let after = red(&varied);
            assert_eq!(
                before.iter().map(|(id, _)| id).collect::<Vec<_>>(),
                after.iter().map(|(id, _)| id).collect::<Vec<_>>(),
                "{machine} with {code}"
            );
        }
    }
}
