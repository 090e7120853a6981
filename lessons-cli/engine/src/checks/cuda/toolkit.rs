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
            .fix(Fix::run(facts.ubuntu_drivers_install()).note("fix-driver"))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::made_up::{
        Case, NOT_RECORDED, UNREAD, and, check_all, machine, no_toolkit, nvcc, nvml, packages,
    };
    use super::*;
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    #[test]
    fn every_branch_of_what_is_installed() {
        let cases: Vec<Case> = vec![
            ("one", json!({}), Pass, "pass"),
            (
                "two side by side",
                json!({
                    "dirs": {"/usr/local": ["cuda", "cuda-12.6", "cuda-13.0"], "/usr/local/cuda-13.0": ["bin"], "/usr/local/cuda-13.0/bin": ["nvcc"]},
                }),
                Pass,
                "pass",
            ),
            (
                "Ubuntu's own",
                and(
                    no_toolkit(),
                    &json!({
                        "dirs": {"/usr/bin": ["nvcc"]},
                        "files": {"/var/lib/dpkg/status": {"text": packages(&[("nvidia-cuda-toolkit", "12.0.140~12.0.1-4build4")])}},
                        "commands": {"nvcc --version": {"exit": 0, "stdout": nvcc("12.0", "12.0.140")}},
                    }),
                ),
                Pass,
                "pass",
            ),
            (
                "conda's",
                and(
                    no_toolkit(),
                    &json!({
                        "dirs": {"/home/me/conda": ["bin"], "/home/me/conda/bin": ["nvcc"], "/home/me": ["conda"]},
                        "env": {"CONDA_PREFIX": "/home/me/conda", "PATH": "/home/me/conda/bin:/usr/bin"},
                        "commands": {"nvcc --version": {"exit": 0, "stdout": nvcc("12.8", "12.8.93")}},
                    }),
                ),
                Pass,
                "pass",
            ),
            (
                "not on PATH, and named by CUDA_HOME alone",
                and(
                    no_toolkit(),
                    &json!({
                        "dirs": {"/opt/tk": ["bin"], "/opt/tk/bin": ["nvcc"]},
                        "env": {"CUDA_HOME": "/opt/tk"},
                    }),
                ),
                Pass,
                "pass-unversioned",
            ),
            (
                "an old card",
                json!({
                    "files": {"/usr/local/cuda-12.6/version.json": {"text": "{\"cuda\": {\"version\": \"13.0.0\"}}"}},
                    "nvml": nvml("580.95.05", "13.0", "NVIDIA GeForce GTX 1080", "6.1"),
                }),
                Pass,
                "pass-gpu-dropped",
            ),
            (
                "libraries alone, by name",
                json!({
                    "dirs": {"/usr/local/cuda-12.6/bin": []},
                    "commands": {"nvcc --version": {"error": "not-found"}},
                }),
                Fail,
                "fail-incomplete",
            ),
            (
                "libraries alone, by name, on Fedora",
                json!({
                    "dirs": {"/usr/local/cuda-12.6/bin": []},
                    "files": {"/etc/os-release": {"text": "ID=fedora\n"}},
                    "commands": {"nvcc --version": {"error": "not-found"}},
                }),
                Fail,
                "fail-incomplete",
            ),
            (
                "libraries alone, and nobody asks for more",
                json!({
                    "dirs": {"/usr/local/cuda-12.6/bin": []},
                    "env": {"PATH": "/usr/bin"},
                    "commands": {"nvcc --version": {"error": "not-found"}},
                }),
                NotApplicable,
                "na-no-toolkit",
            ),
            (
                "an image for running",
                json!({
                    "dirs": {"/usr/local/cuda-12.6/bin": []},
                    "files": {"/.dockerenv": {"size": 0}},
                    "commands": {"nvcc --version": {"error": "not-found"}},
                }),
                NotApplicable,
                "na-no-toolkit",
            ),
            ("none", no_toolkit(), NotApplicable, "na-no-toolkit"),
            (
                "none on Fedora",
                and(
                    no_toolkit(),
                    &json!({"files": {"/etc/os-release": {"text": "ID=fedora\n"}}}),
                ),
                NotApplicable,
                "na-no-toolkit",
            ),
            (
                "none on Windows",
                json!({
                    "platform": {"os": "windows", "arch": "x86_64"},
                    "commands": {"nvcc --version": {"error": "not-found"}},
                }),
                NotApplicable,
                "na-no-toolkit",
            ),
            (
                "Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                Pass,
                "pass",
            ),
            (
                "macOS",
                json!({"platform": {"os": "macos", "arch": "aarch64"}}),
                NotApplicable,
                "na-not-linux",
            ),
            (
                "/usr/local is not recorded",
                and(no_toolkit(), &json!({"dirs": {"/usr/local": NOT_RECORDED}})),
                Unknown,
                UNREAD,
            ),
        ];
        check_all("cuda.toolkit-installed", &cases);
    }

    #[test]
    fn every_branch_of_the_comparison_with_the_driver() {
        let toolkit = |version: &str| json!({"text": format!("{{\"cuda\": {{\"version\": \"{version}\"}}}}")});
        let driver = |version: &str| json!({"text": format!("{version}\n")});
        let both = |cuda: &str, version: &str, ceiling: &str| {
            json!({
                "files": {"/usr/local/cuda-12.6/version.json": toolkit(cuda), "/sys/module/nvidia/version": driver(version)},
                "nvml": nvml(version, ceiling, "NVIDIA GeForce RTX 3090", "8.6"),
            })
        };
        let cases: Vec<Case> = vec![
            ("newer", json!({}), Pass, "pass"),
            // Bundled with 12.6 is 560: that is not what 12.6 needs.
            (
                "the family's floor is enough",
                both("12.6.3", "525.60.13", "12.0"),
                Pass,
                "pass-minor",
            ),
            (
                "below the floor",
                both("12.6.3", "470.256.02", "11.4"),
                Fail,
                "fail",
            ),
            (
                "13 on the last branch before it",
                both("13.0.0", "575.64.03", "12.9"),
                Fail,
                "fail",
            ),
            (
                "13 on the first that runs it",
                both("13.4.1", "580.65.06", "13.0"),
                Pass,
                "pass-minor",
            ),
            (
                "below the floor on Fedora",
                and(
                    both("13.0.0", "570.211.01", "12.8"),
                    &json!({"files": {"/etc/os-release": {"text": "ID=fedora\n"}}}),
                ),
                Fail,
                "fail",
            ),
            (
                "in a container",
                and(
                    both("13.0.0", "570.211.01", "12.8"),
                    &json!({"files": {"/.dockerenv": {"size": 0}}}),
                ),
                Fail,
                "fail-container",
            ),
            (
                "in WSL",
                and(
                    both("13.0.0", "572.83", "12.8"),
                    &json!({"files": {
                        "/proc/version": {"text": "Linux version 6.6.87.2-microsoft-standard-WSL2"},
                        "/sys/module/nvidia/version": {"error": "not-found"},
                        "/proc/driver/nvidia/version": {"error": "not-found"},
                    }}),
                ),
                Fail,
                "fail-wsl",
            ),
            (
                "a compatibility library",
                both("13.0.0", "570.211.01", "13.0"),
                Pass,
                "pass-compat",
            ),
            (
                "a toolkit newer than the tables",
                both("14.0.0", "580.95.05", "13.0"),
                Unknown,
                "unknown-toolkit",
            ),
            (
                "a toolkit newer than the tables, and the driver too",
                both("14.0.0", "700.10.01", "14.1"),
                Pass,
                "pass-shown",
            ),
            (
                "a driver newer than the tables",
                both("12.6.3", "700.10.01", "14.1"),
                Pass,
                "pass",
            ),
            (
                "a driver newer than the tables, without NVML",
                json!({"files": {
                    "/usr/local/cuda-12.6/version.json": toolkit("13.9.0"),
                    "/sys/module/nvidia/version": driver("700.10.01"),
                }, "nvml": NOT_RECORDED}),
                Pass,
                "pass-floor",
            ),
            ("without NVML", json!({"nvml": NOT_RECORDED}), Pass, "pass"),
            (
                "too old as it seems, and nobody says what the library can",
                and(
                    both("13.0.0", "570.211.01", "12.8"),
                    &json!({"nvml": NOT_RECORDED}),
                ),
                Unknown,
                UNREAD,
            ),
            (
                "no driver",
                json!({
                    "files": {"/sys/module/nvidia/version": {"error": "not-found"}, "/proc/driver/nvidia/version": {"error": "not-found"}},
                    "nvml": {"error": "DriverNotLoaded"},
                }),
                Unknown,
                UNREAD,
            ),
            ("no toolkit", no_toolkit(), NotApplicable, "na-no-toolkit"),
            (
                "macOS",
                json!({"platform": {"os": "macos", "arch": "aarch64"}}),
                NotApplicable,
                "na-not-linux",
            ),
        ];
        check_all("cuda.driver-new-enough", &cases);
    }

    #[test]
    fn what_is_suggested_fits_driver_and_gpus() {
        for (driver, name, compute_capability, suggested) in [
            (
                "580.95.05",
                "NVIDIA GeForce RTX 4090",
                "8.9",
                Some(CudaVersion::new(13, 0)),
            ),
            (
                "580.95.05",
                "NVIDIA GeForce GTX 1080",
                "6.1",
                Some(CudaVersion::new(12, 9)),
            ),
            (
                "535.261.03",
                "NVIDIA GeForce GTX 1080",
                "6.1",
                Some(CudaVersion::new(12, 2)),
            ),
            // 565 shows 12.7, which was never a toolkit.
            (
                "565.77",
                "NVIDIA GeForce RTX 4090",
                "8.9",
                Some(CudaVersion::new(12, 6)),
            ),
            ("700.10.01", "NVIDIA GeForce RTX 4090", "8.9", None),
            ("580.95.05", "NVIDIA Something New", "99.0", None),
        ] {
            let recording = machine(&json!({
                "files": {"/sys/module/nvidia/version": {"text": driver}},
                "nvml": nvml(driver, "13.0", name, compute_capability),
            }));
            assert_eq!(
                fitting(&Facts::new(&recording)),
                suggested,
                "{driver} {name}"
            );
        }
    }
}
