//! The host route: a toolkit is there, and the driver is new enough for it.

use super::{driver_os, no_toolkit, told, version_of};
use crate::facts::cuda::toolkits::toolkit_folder;
use crate::facts::system::Place;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix, Message};
use crate::tables::cuda_driver::{self, Reach, Verdict};
use crate::version::CudaVersion;

pub(super) fn installed(facts: &Facts<'_>) -> Finding {
    told(find(facts), "ls -d /usr/local/cuda*")
}

fn find(facts: &Facts<'_>) -> Known<Finding> {
    if facts.platform().os == "macos" {
        return Ok(super::not_linux(facts));
    }
    let toolkits = facts.toolkits();
    let Some(first) = toolkits.found.first() else {
        if let Some(unknown) = &toolkits.unread {
            return Err(unknown.clone());
        }
        return none_found(facts);
    };
    let counts = facts.toolkit_in_use().ok().flatten();
    let toolkit = counts.as_ref().unwrap_or(first);
    let version = version_of(facts, toolkit).ok();
    let dropped = version
        .as_ref()
        .and_then(|version| dropped_gpu(facts, version.value));
    let finding = match (&version, dropped) {
        (Some(version), Some((name, last))) => {
            let finding = Finding::pass("pass-gpu-dropped")
                .arg("version", version.value.to_string())
                .arg("gpu", &name)
                .arg("last", last.to_string())
                .evidence("NVML", name);
            suggest(facts, finding)
        }
        (Some(version), None) => {
            Finding::pass("pass").arg("version", version.value.release().to_string())
        }
        (None, _) => Finding::pass("pass-unversioned"),
    };
    let finding = finding
        .arg("nvcc", &toolkit.nvcc)
        .count("count", toolkits.found.len());
    Ok(toolkits
        .found
        .iter()
        .fold(finding, |finding, found| match &found.version {
            Some(version) => finding.evidence(&version.source, format!("CUDA {}", version.value)),
            None => finding.evidence(&found.nvcc, "there"),
        }))
}

/// The first GPU that a toolkit does not compile for any more, and the last CUDA that does.
fn dropped_gpu(facts: &Facts<'_>, cuda: CudaVersion) -> Option<(String, cuda_driver::LastCuda)> {
    facts.gpus().as_ref().ok()?.iter().find_map(|gpu| {
        let row = cuda_driver::architecture(gpu.compute_capability?).ok()?;
        let last = row.last_cuda.filter(|last| !last.covers(cuda))?;
        Some((gpu.name.clone().unwrap_or_else(|| row.arch.clone()), last))
    })
}

fn none_found(facts: &Facts<'_>) -> Known<Finding> {
    let toolkits = facts.toolkits();
    // Images for running hold a toolkit's libraries without its compiler on purpose.
    let is_host = matches!(facts.place(), Place::Host | Place::Wsl);
    if is_host && let Some((bare, by)) = named_without_compiler(facts)? {
        let finding = Finding::fail("fail-incomplete")
            .arg("folder", &bare)
            .arg("by", by)
            .evidence(by, &bare)
            .evidence(format!("{bare}/bin/nvcc"), "not found");
        let package = facts
            .folder_release(&bare)
            .ok()
            .flatten()
            .filter(|_| facts.uses_apt() == Some(true));
        return Ok(match package {
            Some(release) => finding.fix(install(release).note("fix-install-rest")),
            None => finding.fix(Fix::by_hand("fix-install-other")),
        });
    }
    let finding =
        Finding::not_applicable("na-no-toolkit").evidence("/usr/local/cuda*, $PATH", "no nvcc");
    let finding = toolkits.bare.iter().fold(finding, |finding, bare| {
        finding.evidence(bare, "libraries or remains, no bin/nvcc")
    });
    Ok(suggest(
        facts,
        finding.fix(Fix::by_hand("fix-container-route")),
    ))
}

/// A toolkit's folder that has no compiler although the shell counts on one there, and the variable that names it.
fn named_without_compiler(facts: &Facts<'_>) -> Known<Option<(String, &'static str)>> {
    let bare = &facts.toolkits().bare;
    if bare.is_empty() {
        return Ok(None);
    }
    for (variable, by) in [
        ("CUDA_HOME", "$CUDA_HOME"),
        ("CUDA_PATH", "$CUDA_PATH"),
        ("PATH", "$PATH"),
    ] {
        let value = facts.env(variable)?.unwrap_or_default();
        for folder in value.split(':').filter_map(toolkit_folder) {
            if bare.iter().any(|bare| bare == folder) {
                return Ok(Some((folder.to_owned(), by)));
            }
        }
    }
    Ok(None)
}

/// How to get a toolkit that fits the driver and the GPUs.
fn suggest(facts: &Facts<'_>, finding: Finding) -> Finding {
    if !facts.is_linux() || facts.uses_apt() != Some(true) {
        return finding.fix(Fix::by_hand("fix-install-other"));
    }
    let search = Fix::run("apt-cache search --names-only '^cuda-toolkit-[0-9]+-[0-9]+$'");
    match fitting(facts) {
        Some(release) => finding.fix(search.note("fix-search")).fix(
            install(release)
                .note_with(Message::of_step("fix-install").arg("version", release.to_string())),
        ),
        None => finding.fix(search.note("fix-search")),
    }
}

fn install(release: CudaVersion) -> Fix {
    Fix::run(format!(
        "sudo apt install cuda-toolkit-{}-{}",
        release.major, release.minor
    ))
}

/// The newest toolkit that the driver supports fully and that compiles for every GPU; `None` where the driver or the
/// GPUs are not known, or are newer than the tables.
fn fitting(facts: &Facts<'_>) -> Option<CudaVersion> {
    let driver = &facts.driver_version().as_ref().ok()?.value;
    let ceiling = cuda_driver::ceiling(driver, driver_os(facts)?).ok()?;
    let mut rows = Vec::new();
    for gpu in facts.gpus().as_ref().ok()? {
        rows.push(cuda_driver::architecture(gpu.compute_capability?).ok()?);
    }
    cuda_driver::toolkits()
        .iter()
        .map(|row| row.toolkit)
        .filter(|&toolkit| {
            let compiles = |row: &&cuda_driver::Architecture| {
                row.last_cuda.is_none_or(|last| last.covers(toolkit))
            };
            toolkit <= ceiling && rows.iter().all(compiles)
        })
        .max()
}

pub(super) fn driver_new_enough(facts: &Facts<'_>) -> Finding {
    told(compare(facts), "nvidia-smi")
}

fn compare(facts: &Facts<'_>) -> Known<Finding> {
    let Some(os) = driver_os(facts) else {
        return Ok(super::not_linux(facts));
    };
    let Some(toolkit) = facts.toolkit_in_use()? else {
        return Ok(no_toolkit());
    };
    let cuda = version_of(facts, &toolkit)?;
    let driver = facts.driver_version().as_ref().map_err(Clone::clone)?;
    let finding = |finding: Finding| {
        finding
            .arg("driver", driver.value.as_str())
            .arg("cuda", cuda.value.release().to_string())
            .evidence(&driver.source, format!("driver {}", driver.value))
            .evidence(&cuda.source, format!("toolkit {}", cuda.value))
    };
    // What the driver's own library says of itself stands above any table; where a cuda-compat library is in use,
    // it says what that one can.
    let ceiling = facts.driver_ceiling();
    let shown = |text: &'static str, ceiling: CudaVersion| {
        finding(Finding::pass(text))
            .arg("ceiling", ceiling.to_string())
            .evidence("NVML", format!("CUDA {ceiling} at most"))
    };
    Ok(match cuda_driver::runs(&driver.value, cuda.value, os) {
        Verdict::Enough { floor, reach } => {
            let text = match (&ceiling, reach) {
                (Ok(ceiling), _) if ceiling.value.release() >= cuda.value.release() => "pass",
                (Ok(ceiling), _) => {
                    return Ok(shown("pass-minor", ceiling.value.release())
                        .arg("floor", floor.at_least.to_string()));
                }
                (Err(_), Reach::Native) => "pass",
                (Err(_), Reach::MinorVersion | Reach::Unknown) => "pass-floor",
            };
            finding(Finding::pass(text)).arg("floor", floor.at_least.to_string())
        }
        Verdict::TooOld { needs } => {
            let ceiling = ceiling?.value.release();
            if ceiling >= cuda.value.release() {
                return Ok(shown("pass-compat", ceiling));
            }
            let finding = finding(Finding::fail(match facts.place() {
                Place::Container | Place::Sandbox => "fail-container",
                Place::Wsl => "fail-wsl",
                Place::Host => "fail",
            }))
            .arg("floor", needs.at_least.to_string())
            .arg("family", cuda.value.major.to_string())
            .evidence("NVML", format!("CUDA {ceiling} at most"));
            match facts.place() {
                Place::Container | Place::Sandbox => finding.fix(Fix::by_hand("fix-image")),
                Place::Wsl => finding.fix(Fix::by_hand("fix-windows")),
                Place::Host => older_toolkit(facts, newer_driver(facts, finding)),
            }
        }
        Verdict::Unknown(lacks) => match ceiling {
            Ok(ceiling) if ceiling.value.release() >= cuda.value.release() => {
                shown("pass-shown", ceiling.value.release())
            }
            _ => finding(Finding::unknown("unknown-toolkit"))
                .evidence(lacks.table, lacks.asked)
                .fix(Fix::run("nvidia-smi").note("fix-look")),
        },
    })
}

fn newer_driver(facts: &Facts<'_>, finding: Finding) -> Finding {
    match facts.distribution() {
        Ok(distribution) if distribution.id == "ubuntu" => finding
            .fix(Fix::run("sudo ubuntu-drivers list").note("fix-list"))
            .fix(Fix::run("sudo ubuntu-drivers install").note("fix-driver"))
            .fix(Fix::run("sudo reboot").note("fix-reboot")),
        _ => finding.fix(Fix::by_hand("fix-driver-other")),
    }
}

fn older_toolkit(facts: &Facts<'_>, finding: Finding) -> Finding {
    match fitting(facts).filter(|_| facts.uses_apt() == Some(true)) {
        Some(release) => finding.fix(install(release).note("fix-older-toolkit")),
        None => finding,
    }
}
