//! The ways in which newcomers get stuck, each a bundled machine on which one step is red and names the cause.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashSet;

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::recording::Recording;
use lessons_engine::report::{Report, StepDocument};
use lessons_engine::texts::{MISSING, Texts};

/// A machine, the one step that fails on it, words of the step's summary, and the beginning of a command of its fix
/// (empty where there is nothing to type).
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

/// One line a way of getting stuck; some ways have several causes, and so several machines.
const MODES: &[Row] = &[
    // "Torch not compiled with CUDA enabled"
    (
        "ubuntu-torch-cpu",
        "torch.cuda-build",
        &["CPU build", "index or a mirror"],
        "uv pip install --reinstall torch",
    ),
    // "Driver/library version mismatch"
    (
        "ubuntu-mismatch",
        "driver.versions-agree",
        &["580.95.05", "580.105.08", "not restarted"],
        "sudo reboot",
    ),
    // "couldn't communicate with the NVIDIA driver"
    (
        "kernel-upgraded-no-headers",
        "driver.module-loaded",
        &["6.8.0-88-generic", "headers", "missing"],
        "sudo apt install linux-headers-6.8.0-88-generic",
    ),
    (
        "dkms-build-failed",
        "driver.module-loaded",
        &["6.8.0-87-generic", "not built"],
        "sudo dkms autoinstall",
    ),
    (
        "module-not-loaded",
        "driver.module-loaded",
        &["there", "not loaded"],
        "sudo modprobe nvidia",
    ),
    (
        "fedora-akmod-not-built",
        "driver.module-loaded",
        &["6.17.8-200.fc42.x86_64", "not built"],
        "sudo akmods --force",
    ),
    (
        "arch-dkms-without-headers",
        "driver.module-loaded",
        &["6.17.8-arch1-1", "headers", "missing"],
        "sudo pacman -Syu linux-headers",
    ),
    (
        "arch-kernel-replaced",
        "driver.module-loaded",
        &["6.17.7-arch1-1", "replaced", "not restarted"],
        "sudo reboot",
    ),
    // "The NVIDIA driver on your system is too old"
    (
        "torch-needs-newer-driver",
        "torch.driver-new-enough",
        &["570.195.03", "too old", "13.0", "580.65.06"],
        "sudo ubuntu-drivers install",
    ),
    // "sm_120 is not compatible with the current PyTorch installation"
    (
        "torch-arch-too-old-5090",
        "torch.gpu-arch-in-wheel",
        &["RTX 5090", "sm_120", "newer"],
        "uv pip install --reinstall torch",
    ),
    // "no kernel image is available"
    (
        "torch-dropped-1080ti",
        "torch.gpu-arch-in-wheel",
        &["GTX 1080 Ti", "sm_61", "older"],
        "uv pip install --reinstall torch==2.14.1 torchvision==0.29.1 --torch-backend=cu126",
    ),
    // "nvcc: command not found"
    (
        "nvcc-not-on-path",
        "cuda.env-path",
        &["installed", "not on PATH"],
        "export PATH=/usr/local/cuda/bin",
    ),
    // "No such file or directory: ':/usr/local/cuda-11.7/bin/nvcc'"
    (
        "cuda-home-like-path",
        "cuda.env-home",
        &[":/usr/local/cuda-11.7", "one folder"],
        "export CUDA_HOME=/usr/local/cuda",
    ),
    // "The Nouveau kernel driver is currently in use by your system"
    (
        "nouveau-not-kept-out",
        "driver.nouveau-blacklisted",
        &["Nothing keeps nouveau"],
        "sudo ubuntu-drivers install",
    ),
    (
        "nouveau-until-restart",
        "driver.nouveau-unloaded",
        &["0000:01:00.0", "not been restarted"],
        "sudo update-initramfs -u",
    ),
    // "Key was rejected by service"
    (
        "ubuntu-secure-boot",
        "driver.secure-boot",
        &["Secure Boot refuses", "not enrolled"],
        "sudo mokutil --import",
    ),
    // "operator torchvision::nms does not exist"
    (
        "torchvision-of-another-torch",
        "torch.companions-paired",
        &["torchvision 0.21.0", "torch ==2.6.0", "2.8.0"],
        "uv pip install --reinstall-package torchvision torchvision==0.23.0",
    ),
    // "undefined symbol: __nvJitLinkComplete_12_4"
    (
        "library-path-hides-torchs-cuda",
        "cuda.env-library-path",
        &["libnvJitLink", "12.1", "12.6", "PyTorch"],
        "unset LD_LIBRARY_PATH",
    ),
    // "The detected CUDA version mismatches"
    (
        "extension-other-cuda-major",
        "cuda.extension-toolkit",
        &["13.0", "12.6", "another major"],
        "sudo apt install cuda-toolkit-12-6",
    ),
    // "unsupported GNU version!"
    (
        "gcc-too-new",
        "cuda.host-compiler",
        &["gcc 13.3.0", "too new", "12.1", "up to 12"],
        "sudo apt install g++-12",
    ),
    // "could not select device driver"
    (
        "docker-without-toolkit",
        "cuda.container-runtime",
        &["Container Toolkit is not"],
        "sudo apt install nvidia-container-toolkit",
    ),
    (
        "docker-not-told",
        "cuda.container-runtime",
        &["installed", "not been told"],
        "sudo nvidia-ctk runtime configure",
    ),
    (
        "docker-from-snap",
        "cuda.container-runtime",
        &["snap", "/snap/bin/docker"],
        "sudo snap remove docker",
    ),
    // no /dev/nvidia* in a container
    (
        "container-without-gpus",
        "driver.module-loaded",
        &["--gpus all", "no NVIDIA device"],
        "",
    ),
    // "Failed to initialize NVML: Unknown Error"
    (
        "container-lost-its-devices",
        "smi.runs",
        &["container", "lost"],
        "",
    ),
    // a Linux driver inside WSL
    (
        "wsl-linux-driver-inside",
        "cuda.one-driver",
        &["Linux driver", "WSL", "hides"],
        "sudo apt purge libnvidia-compute-535",
    ),
    // "externally-managed-environment"
    (
        "pip-externally-managed",
        "torch.environment",
        &["externally-managed-environment"],
        "uv venv",
    ),
    // "No matching distribution found"
    (
        "python-too-old-for-torch",
        "torch.python-supported",
        &["no wheel for Python 3.9"],
        "uv venv --python",
    ),
    (
        "python-of-32-bits",
        "torch.python-supported",
        &["32-bit"],
        "uv venv --python",
    ),
    (
        "torch-index-line-missing",
        "torch.installed",
        &["PyPI alone", "+cu126"],
        "python -m pip install torch==2.15.0 torchvision==0.29.2 --index-url",
    ),
    (
        "pip-asks-no-index",
        "torch.installed",
        &["/etc/pip.conf", "forbids"],
        "",
    ),
    // "Torch not compiled with CUDA enabled", by a setting
    (
        "pip-index-of-cpu-builds",
        "torch.cuda-build",
        &["CPU build", "/home/user/.config/pip/pip.conf"],
        "python -m pip install --force-reinstall torch",
    ),
    (
        "gtx-580-no-wheel",
        "torch.wheel-exists",
        &["No wheel", "every GPU"],
        "",
    ),
    // "No module named 'torch'"
    (
        "torch-in-other-python",
        "torch.installed",
        &["/home/user/.local/lib/python3.10", "does not look"],
        "uv pip install torch",
    ),
    // "No devices were found"
    (
        "blackwell-closed-module",
        "smi.runs",
        &["closed", "Blackwell", "open"],
        "sudo ubuntu-drivers install nvidia:580-open",
    ),
    // "CUDA unknown error"
    (
        "uvm-missing",
        "torch.sees-gpu",
        &["nvidia_uvm is missing"],
        "sudo modprobe nvidia_uvm",
    ),
    // nothing in torch, all fine in nvidia-smi
    (
        "cuda-visible-devices-empty",
        "torch.sees-gpu",
        &["CUDA_VISIBLE_DEVICES=\"\"", "hides"],
        "unset CUDA_VISIBLE_DEVICES",
    ),
    // "NO_PUBKEY A4B469963BF863CC"
    (
        "apt-key-of-before-2022",
        "driver.package-sources",
        &["cuda-keyring", "NO_PUBKEY A4B469963BF863CC"],
        "sudo dpkg -i cuda-keyring",
    ),
    // "held broken packages"
    (
        "driver-packages-mixed",
        "cuda.one-driver",
        &["two sources", "nvidia-kernel-common-580 is held"],
        "sudo apt-mark unhold nvidia-kernel-common-580",
    ),
    // "Error 802: system not yet initialized"
    (
        "fabric-manager-missing",
        "driver.fabric-manager",
        &["NVSwitch", "not installed", "802"],
        "sudo apt install nvidia-fabricmanager-580",
    ),
    (
        "fabric-manager-other-version",
        "driver.fabric-manager",
        &["580.82.07", "580.95.05"],
        "sudo apt install nvidia-fabricmanager-580",
    ),
    // "Error 804: forward compatibility was attempted on non supported HW"
    (
        "cuda-compat-on-geforce",
        "cuda.env-library-path",
        &["compat", "GeForce RTX 4090"],
        "unset LD_LIBRARY_PATH",
    ),
    // "driver rpc error: timed out"
    (
        "headless-persistence-off",
        "persistence.enabled",
        &["off", "--no-persistence-mode"],
        "sudo systemctl restart nvidia-persistenced",
    ),
    // "Persistence mode is deprecated"
    (
        "persistence-lost-at-restart",
        "persistence.survives-reboot",
        &["nothing turns it on again"],
        "",
    ),
    // "libcudart.so.13: cannot open shared object file"
    (
        "cu13-library-beside-cu12-torch",
        "torch.companions-paired",
        &["nvidia-cudnn-cu13", "CUDA 12"],
        "uv pip uninstall nvidia-cudnn-cu13",
    ),
    // "Unable to determine the device handle"
    (
        "gpu-fell-off-bus",
        "smi.gpus-healthy",
        &["0000:41:00.0", "fallen off the bus"],
        "sudo dmesg",
    ),
    // Others that a step tells.
    (
        "gpu-not-on-bus",
        "driver.gpu-visible",
        &["No NVIDIA GPU", "PCI bus"],
        "lspci",
    ),
    (
        "ubuntu-drivers-missing",
        "driver.recommended-known",
        &["ubuntu-drivers", "not installed"],
        "sudo apt install ubuntu-drivers-common",
    ),
    (
        "driver-not-installed",
        "driver.installed",
        &["No NVIDIA driver"],
        "sudo ubuntu-drivers install",
    ),
    (
        "nvidia-smi-not-installed",
        "smi.runs",
        &["580.95.05 works", "not on PATH"],
        "sudo apt install nvidia-utils-580",
    ),
    (
        "memory-held-by-notebook",
        "smi.memory-free",
        &["21504 of 24564 MiB"],
        "nvidia-smi --query-compute-apps",
    ),
    (
        "numa-not-told",
        "topology.numa",
        &["does not say", "0000:01:00.0"],
        "lscpu",
    ),
    (
        "toolkit-without-compiler",
        "cuda.toolkit-installed",
        &["/usr/local/cuda-12.6", "no compiler"],
        "sudo apt install cuda-toolkit-12-6",
    ),
    (
        "toolkit-newer-than-driver",
        "cuda.driver-new-enough",
        &["570.195.03", "too old", "580.65.06"],
        "sudo apt install cuda-toolkit-12-8",
    ),
    (
        "nvcc-only-in-this-shell",
        "cuda.env-persistent",
        &["gone when this shell closes"],
        "echo",
    ),
    (
        "nvcc-of-another-processor",
        "cuda.nvcc-runs",
        &["another kind of processor"],
        "command -v nvcc",
    ),
    (
        "torch-conv3d-slow",
        "torch.not-known-bad",
        &["2.9.1", "3-D convolution"],
        "",
    ),
];

/// The machines of the last part of the table, whose step fails in one way only: the step's own hints are theirs.
const OTHERS: &[&str] = &[
    "gpu-not-on-bus",
    "driver-not-installed",
    "memory-held-by-notebook",
    "numa-not-told",
    "toolkit-newer-than-driver",
    "nvcc-only-in-this-shell",
    "torch-conv3d-slow",
];

/// Of two causes at once, the steps that are red, in the order in which to work on them; then a step that waits for
/// the first of them, which hides nothing: the other cause shows as soon as the first is gone.
const PAIRS: &[(&str, &[&str], Option<&str>)] = &[
    (
        "two-nouveau-and-secure-boot",
        &["driver.nouveau-unloaded"],
        Some("driver.secure-boot"),
    ),
    (
        "two-mismatch-and-cpu-wheel",
        &["driver.versions-agree", "torch.cuda-build"],
        Some("smi.runs"),
    ),
    (
        "two-no-module-and-no-path",
        &["driver.module-loaded", "cuda.env-path"],
        Some("cuda.nvcc-runs"),
    ),
    (
        "two-secure-boot-and-cpu-wheel",
        &["driver.secure-boot", "torch.cuda-build"],
        Some("driver.module-loaded"),
    ),
    (
        "two-old-gcc-rule-and-cuda-home",
        &["cuda.host-compiler", "cuda.env-home"],
        None,
    ),
    (
        "two-torchvision-and-hidden-gpu",
        &["torch.companions-paired", "torch.sees-gpu"],
        None,
    ),
    (
        "two-old-driver-and-dropped-gpu",
        &["torch.driver-new-enough", "torch.gpu-arch-in-wheel"],
        Some("torch.sees-gpu"),
    ),
    (
        "two-docker-and-full-memory",
        &["smi.memory-free", "cuda.container-runtime"],
        None,
    ),
    (
        "two-lost-gpu-and-persistence",
        &["smi.gpus-healthy", "persistence.enabled"],
        Some("persistence.survives-reboot"),
    ),
    // A required step comes before a recommended one.
    (
        "two-apt-key-and-no-driver",
        &["driver.installed", "driver.package-sources"],
        Some("smi.runs"),
    ),
    (
        "two-hidden-gpu-and-library-path",
        &["torch.sees-gpu", "cuda.env-library-path"],
        None,
    ),
];

fn checked(machine: &str) -> Vec<StepDocument> {
    let recording = bundled::recording(machine)
        .unwrap_or_else(|| panic!("{machine} is no bundled machine"))
        .unwrap();
    Report::of_all(&Facts::new(&recording))
        .document(&Texts::english())
        .steps
}

fn red(steps: &[StepDocument]) -> Vec<&StepDocument> {
    steps
        .iter()
        .filter(|step| step.outcome == Outcome::Fail)
        .collect()
}

#[test]
fn each_way_of_getting_stuck_is_one_red_step_that_names_the_cause() {
    for (machine, id, words, command) in MODES {
        let steps = checked(machine);
        let red = red(&steps);
        let ids: Vec<&str> = red.iter().map(|step| step.id).collect();
        assert_eq!(ids, [*id], "{machine}");
        let step = red[0];
        for word in *words {
            assert!(
                step.summary.contains(word),
                "{machine}: {word:?} is not in {:?}",
                step.summary
            );
        }
        assert!(!step.evidence.is_empty(), "{machine}: nothing to rest on");
        assert!(!step.fix.is_empty(), "{machine}: nothing to do");
        let runs: Vec<&str> = step.fix.iter().map(|fix| fix.run.as_str()).collect();
        assert!(
            runs.iter().any(|run| run.starts_with(command)),
            "{machine}: {command:?} is not among {runs:?}"
        );
        for fix in &step.fix {
            assert!(!fix.note.is_empty(), "{machine}: {:?} has no note", fix.run);
            assert!(
                !fix.run.contains('\n'),
                "{machine}: {:?} is more than one line",
                fix.run
            );
        }
    }
}

/// What was observed decides the hints: a branch has its own, with its own values, the last one with the answer.
#[test]
fn each_cause_has_hints_of_its_own() {
    let texts = Texts::english();
    for (machine, id, ..) in MODES {
        let recording = bundled::recording(machine).unwrap().unwrap();
        let report = Report::of_all(&Facts::new(&recording));
        let checked = report
            .steps
            .iter()
            .find(|checked| checked.step.id == *id)
            .unwrap();
        let hints = texts.hints_for(checked.step, &checked.finding);
        assert!(hints.len() >= 2, "{machine}: {hints:?}");
        for hint in &hints {
            assert!(!hint.contains(MISSING), "{machine}: {hint}");
        }
        if !OTHERS.contains(machine) {
            assert_ne!(
                hints,
                texts.hints(checked.step),
                "{machine}: the step's general hints"
            );
        }
    }
}

#[test]
fn a_mismatch_asks_for_a_restart_and_never_for_the_driver() {
    let steps = checked("ubuntu-mismatch");
    let runs: Vec<&str> = red(&steps)
        .iter()
        .flat_map(|step| &step.fix)
        .map(|fix| fix.run.as_str())
        .collect();
    assert_eq!(runs, ["sudo reboot"]);
}

#[test]
fn two_causes_do_not_hide_each_other() {
    for (machine, wanted, waits) in PAIRS {
        let recording = bundled::recording(machine)
            .unwrap_or_else(|| panic!("{machine} is no bundled machine"))
            .unwrap();
        let report = Report::of_all(&Facts::new(&recording));
        let order: Vec<&str> = report
            .in_order_of_work()
            .filter(|checked| checked.finding.outcome == Outcome::Fail)
            .map(|checked| checked.step.id)
            .collect();
        assert_eq!(order, *wanted, "{machine}");
        if let Some(waits) = waits {
            let step = report
                .steps
                .iter()
                .find(|checked| checked.step.id == *waits);
            assert_eq!(
                step.map(|checked| checked.finding.outcome),
                Some(Outcome::Blocked),
                "{machine}: {waits}"
            );
        }
    }
}

/// A machine that goes wrong and is in no table would be a cause that nothing keeps from getting lost.
#[test]
fn every_machine_that_goes_wrong_is_in_a_table() {
    // These are about more than one thing on purpose: a whole chapter is ahead.
    const SEVERAL: [&str; 2] = ["ubuntu-fresh-nouveau", "ubuntu-cuda-misconfigured"];
    let known: HashSet<&str> = MODES
        .iter()
        .map(|(machine, ..)| *machine)
        .chain(PAIRS.iter().map(|(machine, ..)| *machine))
        .chain(SEVERAL)
        .collect();
    for machine in bundled::names() {
        if !red(&checked(machine)).is_empty() {
            assert!(known.contains(machine), "{machine} is in no table");
        }
    }
}

/// apt is Debian's too, but `ubuntu-drivers` is not; elsewhere there is neither.
#[test]
fn a_fix_is_one_of_the_distribution() {
    const MACHINES: &[&str] = &[
        "dkms-build-failed",
        "nouveau-not-kept-out",
        "ubuntu-fresh-nouveau",
        "kernel-upgraded-no-headers",
    ];
    for machine in MACHINES {
        for (id, absent) in [
            ("debian", &["ubuntu-drivers"][..]),
            ("fedora", &["ubuntu-drivers", "apt "]),
        ] {
            let mut json =
                serde_json::from_slice::<serde_json::Value>(bundled::json(machine).unwrap())
                    .unwrap();
            json["files"]["/etc/os-release"] = serde_json::json!({ "lines": [format!("ID={id}")] });
            let recording = Recording::from_slice(json.to_string().as_bytes()).unwrap();
            for step in Report::of_all(&Facts::new(&recording))
                .document(&Texts::english())
                .steps
            {
                if step.outcome == Outcome::Fail {
                    for fix in step.fix {
                        assert!(
                            !absent.iter().any(|word| fix.run.contains(word)),
                            "{machine} on {id}: {}",
                            fix.run
                        );
                    }
                }
            }
        }
    }
}

/// Files tell that `nvidia_uvm` is missing, where nobody lets torch run: and where something would load it, they do
/// not.
#[test]
fn a_missing_uvm_is_told_by_files() {
    let outcome = |changes: &[(&str, serde_json::Value)], home: &str| {
        let mut json =
            serde_json::from_slice::<serde_json::Value>(bundled::json("uvm-missing").unwrap())
                .unwrap();
        let commands = json["commands"].as_array_mut().unwrap();
        commands.retain(|command| !command["argv"].to_string().contains("import json, torch"));
        for (path, entry) in changes {
            json["files"][path] = entry.clone();
        }
        json["env"]["HOME"] = home.into();
        let recording = Recording::from_slice(json.to_string().as_bytes()).unwrap();
        Report::of_all(&Facts::new(&recording))
            .document(&Texts::english())
            .steps
            .into_iter()
            .find(|step| step.id == "torch.sees-gpu")
            .unwrap()
            .outcome
    };
    assert_eq!(outcome(&[], "/home/user"), Outcome::Fail);
    let there = serde_json::json!({ "size": 40_000, "mode": 35_309 });
    for changes in [
        ("/usr/bin/nvidia-modprobe", there.clone()),
        ("/dev/nvidia-uvm", there.clone()),
        ("/.dockerenv", there),
    ] {
        assert_ne!(outcome(&[changes], "/home/user"), Outcome::Fail);
    }
    assert_ne!(outcome(&[], "/root"), Outcome::Fail);
}
