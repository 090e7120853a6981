//! Healthy machines of many kinds: nothing on them may be red, and what can be told is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::report::{Report, StepDocument};
use lessons_engine::texts::{MISSING, Texts};

/// Each healthy machine, a step that says something of its kind, that step's outcome, and words of its summary.
const HEALTHY: &[(&str, &str, Outcome, &str)] = &[
    ("ubuntu-4x4090", "torch.sees-gpu", Outcome::Pass, "4 GPUs"),
    (
        "ubuntu-4xa6000-nvlink",
        "topology.read",
        Outcome::Pass,
        "NV4",
    ),
    (
        "wsl2-laptop",
        "cuda.one-driver",
        Outcome::Pass,
        "No Linux driver",
    ),
    (
        "desktop-rtx3060",
        "persistence.enabled",
        Outcome::Pass,
        "display",
    ),
    (
        "server-docker-2xl4",
        "cuda.container-runtime",
        Outcome::Pass,
        "/etc/docker/daemon.json",
    ),
    (
        "fedora-42-rtx3060",
        "driver.nouveau-blacklisted",
        Outcome::Pass,
        "/proc/cmdline",
    ),
    (
        "arch-rtx3060",
        "driver.nouveau-blacklisted",
        Outcome::Pass,
        "/usr/lib/modprobe.d/nvidia-utils.conf",
    ),
    ("laptop-gpu-asleep", "smi.runs", Outcome::Unknown, "asleep"),
    (
        "container-gpus-all",
        "torch.environment",
        Outcome::Pass,
        "container",
    ),
    (
        "kubernetes-pod",
        "driver.module-loaded",
        Outcome::Pass,
        "580.95.05",
    ),
    (
        "sandbox-without-proc-driver",
        "driver.module-loaded",
        Outcome::Pass,
        "580.95.05",
    ),
    (
        "hgx-8xh100",
        "driver.fabric-manager",
        Outcome::Pass,
        "4 switches",
    ),
    ("a100-mig", "smi.memory-free", Outcome::NotApplicable, ""),
    (
        "vgpu-guest",
        "persistence.enabled",
        Outcome::NotApplicable,
        "host",
    ),
    ("jetson-orin", "driver.gpu-visible", Outcome::Pass, "Orin"),
    ("passthrough-host", "smi.gpus-healthy", Outcome::Pass, ""),
    (
        "passthrough-host-all-gpus",
        "driver.installed",
        Outcome::NotApplicable,
        "set aside for virtual machines (vfio-pci)",
    ),
    (
        "driver-from-nvidias-source",
        "driver.package-sources",
        Outcome::Pass,
        "cuda-keyring",
    ),
    (
        "driver-from-run-file",
        "cuda.one-driver",
        Outcome::Pass,
        ".run file alone",
    ),
    (
        "debian-12-rtx3060",
        "driver.recommended-known",
        Outcome::NotApplicable,
        "",
    ),
    (
        "debian-13-rtx3060",
        "torch.driver-new-enough",
        Outcome::Pass,
        "550.163.01",
    ),
    (
        "desktop-rtx5090-open",
        "torch.gpu-arch-in-wheel",
        Outcome::Pass,
        "sm_120",
    ),
    (
        "desktop-gtx1080ti",
        "torch.gpu-arch-in-wheel",
        Outcome::Pass,
        "sm_60",
    ),
    (
        "ubuntu-22.04-rtx3090",
        "cuda.host-compiler",
        Outcome::Pass,
        "gcc 11.4.0",
    ),
    (
        "ubuntu-26.04-rtx4090",
        "cuda.host-compiler",
        Outcome::Pass,
        "gcc 15.2.0",
    ),
    (
        "secure-boot-signed-modules",
        "driver.secure-boot",
        Outcome::Pass,
        "accepted",
    ),
    (
        "conda-environment",
        "torch.environment",
        Outcome::Pass,
        "conda environment",
    ),
    (
        "toolkit-of-another-major",
        "cuda.extension-toolkit",
        Outcome::Pass,
        "no error",
    ),
    (
        "windows-rtx4090",
        "persistence.enabled",
        Outcome::NotApplicable,
        "windows",
    ),
    // Three CUDA versions that differ are told apart, and no error.
    (
        "three-cuda-versions",
        "smi.cuda-ceiling",
        Outcome::Pass,
        "CUDA 12.2; toolkit on PATH: 11.3; torch's own: 12.6",
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

#[test]
fn nothing_is_red_on_a_healthy_machine() {
    for (machine, id, outcome, words) in HEALTHY {
        let steps = checked(machine);
        for step in &steps {
            assert!(
                !matches!(step.outcome, Outcome::Fail),
                "{machine}: {} says {:?}",
                step.id,
                step.summary
            );
            assert!(
                !step.summary.contains(MISSING),
                "{machine}: {}",
                step.summary
            );
        }
        let step = steps.iter().find(|step| step.id == *id).unwrap();
        assert_eq!(
            step.outcome, *outcome,
            "{machine}: {id} says {:?}",
            step.summary
        );
        assert!(
            step.summary.contains(words),
            "{machine}: {words:?} is not in {:?}",
            step.summary
        );
    }
}

/// Where everything can be read, nothing is left open either.
#[test]
fn what_can_be_read_is_told() {
    // A GPU that sleeps is not asked, and a Jetson's wheel is not in the table.
    const OPEN: [&str; 2] = ["laptop-gpu-asleep", "jetson-orin"];
    for (machine, ..) in HEALTHY {
        if OPEN.contains(machine) {
            continue;
        }
        for step in checked(machine) {
            assert!(
                matches!(step.outcome, Outcome::Pass | Outcome::NotApplicable),
                "{machine}: {} is {:?}: {:?}",
                step.id,
                step.outcome,
                step.summary
            );
        }
    }
}
