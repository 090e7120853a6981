//! Topology: how the GPUs are wired to each other, and to which processor's memory.

use crate::facts::system::Place;
use crate::facts::{Facts, Unknown};
use crate::finding::{Finding, Fix};
use crate::machine::{NotRun, Unread};
use crate::programs::NVIDIA_SMI_TOPO;
use crate::read::topo;
use crate::step::{Lesson, Step};

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[
    Step {
        id: "topology.read",
        lesson: Lesson::Topology,
        required: false,
        needs: &["smi.runs"],
        programs: &[NVIDIA_SMI_TOPO],
        nvml: true,
        check: read,
    },
    Step {
        id: "topology.numa",
        lesson: Lesson::Topology,
        required: false,
        needs: &["driver.gpu-visible"],
        programs: &[],
        nvml: true,
        check: numa,
    },
];

fn read(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_here(facts) {
        return finding;
    }
    let source = NVIDIA_SMI_TOPO.join(" ");
    let output = match facts.command(NVIDIA_SMI_TOPO) {
        Ok(output) => output,
        Err(why) => {
            return Finding::unread(&Unknown::not_run(NVIDIA_SMI_TOPO, why))
                .fix(Fix::run("nvidia-smi topo -m").note("fix-run"));
        }
    };
    let Ok(matrix) = topo::read(&output.stdout) else {
        return Finding::unknown("unknown-no-matrix")
            .evidence(
                &source,
                output
                    .stdout
                    .lines()
                    .chain(output.stderr.lines())
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or("(nothing printed)"),
            )
            .fix(Fix::run("nvidia-smi topo -m").note("fix-run"));
    };
    let gpus = matrix.gpus().count();
    if gpus == 0 {
        return Finding::unknown("unknown-no-matrix").evidence(&source, "no GPU in the matrix");
    }
    let Some(pair) = matrix.best_pair() else {
        return Finding::pass("pass-one").evidence(&source, "1 GPU");
    };
    let nvlinks = matrix.nvlink_pairs().len();
    let text = if nvlinks > 0 { "pass-nvlink" } else { "pass" };
    Finding::pass(text)
        .count("gpus", gpus)
        .count("pairs", nvlinks)
        .arg("first", pair.first.name.to_string())
        .arg("second", pair.second.name.to_string())
        .arg("link", pair.link.to_string())
        .evidence(
            &source,
            format!("{}–{} {}", *pair.first.name, *pair.second.name, pair.link),
        )
}

fn numa(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_here(facts) {
        return finding;
    }
    let gpus = match facts.pci_gpus() {
        Ok(gpus) if gpus.is_empty() => {
            return Finding::unread(&Unknown::unread("/sys/bus/pci/devices", Unread::NotFound));
        }
        Ok(gpus) => gpus,
        Err(unknown) => return Finding::unread(unknown),
    };
    let online = "/sys/devices/system/node/online";
    let nodes = match facts.text(online) {
        Ok(text) => match text.trim().parse::<topo::CpuList>() {
            Ok(nodes) => nodes,
            Err(_) => return Finding::unread(&Unknown::not_understood(online)),
        },
        // A kernel without NUMA has one memory for all.
        Err(Unread::NotFound) if facts.sees_hardware() => {
            return Finding::pass("pass-one").evidence(online, "not found");
        }
        Err(why) => return Finding::unread(&Unknown::unread(online, why)),
    };
    if nodes.count() == 1 {
        return Finding::pass("pass-one").evidence(online, nodes.to_string());
    }
    let mut placed = Vec::new();
    for gpu in gpus {
        let path = format!("/sys/bus/pci/devices/{}/numa_node", gpu.address);
        match facts.text(&path).map(|text| text.trim().parse::<i32>()) {
            Ok(Ok(node)) if node >= 0 => placed.push((path, node)),
            Ok(Ok(node)) => {
                return Finding::fail("fail")
                    .arg("address", &gpu.address)
                    .arg("nodes", nodes.count().to_string())
                    .evidence(path, node.to_string())
                    .evidence(online, nodes.to_string())
                    .fix(Fix::run("lscpu | grep -i numa").note("fix-lscpu"))
                    .fix(Fix::by_hand("fix-firmware"));
            }
            Ok(Err(_)) => return Finding::unread(&Unknown::not_understood(path)),
            Err(why) => return Finding::unread(&Unknown::unread(path, why)),
        }
    }
    let mut distinct: Vec<i32> = placed.iter().map(|(_, node)| *node).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let list = distinct
        .iter()
        .map(i32::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let finding = Finding::pass("pass")
        .arg("nodes", nodes.count().to_string())
        .arg("used", list)
        .evidence(online, nodes.to_string());
    placed.into_iter().fold(finding, |finding, (path, node)| {
        finding.evidence(path, format!("node {node}"))
    })
}

/// Where there is no matrix and no sight of the hardware.
fn not_here(facts: &Facts<'_>) -> Option<Finding> {
    if !facts.is_linux() {
        return Some(Finding::not_applicable("na-not-linux").arg("os", facts.platform().os));
    }
    match facts.place() {
        Place::Wsl => Some(Finding::not_applicable("na-wsl")),
        Place::Sandbox => Some(Finding::not_applicable("na-sandbox")),
        Place::Container if facts.command(NVIDIA_SMI_TOPO) == Err(NotRun::NotFound) => {
            Some(Finding::not_applicable("na-sandbox"))
        }
        Place::Container if facts.command(NVIDIA_SMI_TOPO) == Err(NotRun::NotRecorded) => Some(
            Finding::unread(&Unknown::not_run(NVIDIA_SMI_TOPO, NotRun::NotRecorded)),
        ),
        Place::Host | Place::Container => None,
    }
}
