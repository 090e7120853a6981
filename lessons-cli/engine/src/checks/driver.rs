//! The driver: the GPU is there, nothing else holds it, and NVIDIA's module serves it in one version.

use crate::facts::driver::{Flavour, Library, Package};
use crate::facts::gpus;
use crate::facts::recommended::Recommended;
use crate::facts::system::{ModprobeLine, Place};
use crate::facts::{Facts, Known, Unknown, Why};
use crate::finding::{Finding, Fix};
use crate::machine::nvml::{NvmlCode, NvmlFailure};
use crate::machine::{NotRun, Unread};
use crate::programs::UBUNTU_DRIVERS;
use crate::read::drivers;
use crate::step::{Lesson, Step};

mod commands;
mod fabric;
mod sources;

use commands::{install, rebuild_initramfs};

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[
    Step {
        id: "driver.gpu-visible",
        lesson: Lesson::Driver,
        required: true,
        needs: &[],
        programs: &[],
        nvml: true,
        check: gpu_visible,
    },
    Step {
        id: "driver.nouveau-blacklisted",
        lesson: Lesson::Driver,
        required: true,
        needs: &["driver.gpu-visible"],
        programs: &[],
        nvml: false,
        check: nouveau_blacklisted,
    },
    Step {
        id: "driver.nouveau-unloaded",
        lesson: Lesson::Driver,
        required: true,
        needs: &["driver.nouveau-blacklisted"],
        programs: &[],
        nvml: false,
        check: nouveau_unloaded,
    },
    Step {
        id: "driver.recommended-known",
        lesson: Lesson::Driver,
        required: false,
        needs: &["driver.gpu-visible"],
        programs: &[UBUNTU_DRIVERS],
        nvml: true,
        check: recommended_known,
    },
    Step {
        id: "driver.package-sources",
        lesson: Lesson::Driver,
        required: false,
        needs: &[],
        programs: &[],
        nvml: false,
        check: sources::package_sources,
    },
    Step {
        id: "driver.installed",
        lesson: Lesson::Driver,
        required: true,
        needs: &[
            "driver.gpu-visible",
            "driver.nouveau-unloaded",
            "driver.recommended-known",
        ],
        programs: &[],
        nvml: true,
        check: installed,
    },
    Step {
        id: "driver.secure-boot",
        lesson: Lesson::Driver,
        required: true,
        needs: &["driver.installed"],
        programs: &[],
        nvml: true,
        check: secure_boot,
    },
    Step {
        id: "driver.module-loaded",
        lesson: Lesson::Driver,
        required: true,
        needs: &["driver.installed", "driver.secure-boot"],
        programs: &[],
        nvml: true,
        check: module_loaded,
    },
    Step {
        id: "driver.versions-agree",
        lesson: Lesson::Driver,
        required: true,
        needs: &["driver.module-loaded"],
        programs: &[],
        nvml: true,
        check: versions_agree,
    },
    Step {
        id: "driver.fabric-manager",
        lesson: Lesson::Driver,
        required: true,
        needs: &["driver.module-loaded", "driver.versions-agree"],
        programs: &[],
        nvml: true,
        check: fabric::fabric_manager,
    },
];

fn gpu_visible(facts: &Facts<'_>) -> Finding {
    if let Ok(gpus) = facts.gpus()
        && !gpus.is_empty()
    {
        // One that does not answer has no name, but an address.
        let names = gpus.iter().filter_map(|gpu| {
            let address = gpu.bus_id.as_deref();
            gpu.name.as_deref().or(address)
        });
        return Finding::pass("pass")
            .count("count", gpus.len())
            .arg("names", summarised(names))
            .evidence("NVML", format!("{} GPU(s)", gpus.len()));
    }
    match facts.pci_gpus() {
        Ok(gpus) if !gpus.is_empty() => gpus.iter().fold(
            Finding::pass("pass-pci").count("count", gpus.len()),
            |finding, gpu| {
                finding.evidence(
                    format!("/sys/bus/pci/devices/{}", gpu.address),
                    format!(
                        "NVIDIA device {}, driver {}",
                        gpu.device.as_deref().unwrap_or("?"),
                        match &gpu.driver {
                            Ok(driver) => driver.as_deref().unwrap_or("none"),
                            Err(_) => "?",
                        }
                    ),
                )
            },
        ),
        pci => match (facts.has_nvidia_gpu(), facts.place()) {
            (Ok(_), _) => Finding::fail("fail")
                .evidence(
                    "/sys/bus/pci/devices",
                    "no display controller of vendor 0x10de",
                )
                .fix(Fix::run("lspci -d 10de:").note("fix-lspci"))
                .fix(Fix::by_hand("fix-elsewhere")),
            (Err(unknown), Place::Wsl) => Finding::unknown("unknown-wsl")
                .tried(&unknown)
                .fix(Fix::by_hand("fix-wsl")),
            (Err(unknown), Place::Container) => Finding::unknown("unknown-container")
                .tried(&unknown)
                .fix(Fix::by_hand("fix-container")),
            (Err(unknown), _) => {
                let finding = Finding::unread(&unknown);
                let finding = match facts.nvml_failure() {
                    Some(failure) => finding.evidence("NVML", failure.error.name()),
                    None => finding,
                };
                if pci.is_err() && !facts.is_linux() {
                    return finding.fix(Fix::run("nvidia-smi -L").note("fix-nvidia-smi"));
                }
                finding.fix(Fix::run("lspci -d 10de:").note("fix-lspci"))
            }
        },
    }
}

/// `2 × NVIDIA GeForce RTX 4090, NVIDIA T4`
fn summarised<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match counted.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counted.push((name, 1)),
        }
    }
    let words: Vec<String> = counted
        .iter()
        .map(|&(name, count)| {
            if count == 1 {
                name.to_owned()
            } else {
                format!("{count} × {name}")
            }
        })
        .collect();
    words.join(", ")
}

/// Where the kernel module is not this system's business; the text that says so.
fn not_ours(facts: &Facts<'_>) -> Option<Finding> {
    if !facts.is_linux() {
        return Some(Finding::not_applicable("na-not-linux").arg("os", facts.platform().os));
    }
    match facts.place() {
        Place::Host => None,
        Place::Wsl => Some(Finding::not_applicable("na-wsl")),
        Place::Container | Place::Sandbox => Some(Finding::not_applicable("na-container")),
    }
}

/// NVIDIA's module already has every GPU, so that nothing about nouveau can be in the way.
fn nvidia_has_the_gpus(facts: &Facts<'_>) -> bool {
    facts.pci_gpus().as_ref().is_ok_and(|gpus| {
        !gpus.is_empty() && gpus.iter().all(|gpu| {
            // A GPU that is given to a virtual machine is not nouveau's either.
            matches!(&gpu.driver, Ok(Some(driver)) if driver == "nvidia" || gpus::is_for_guests(driver))
        })
    })
}

fn nouveau_blacklisted(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_ours(facts) {
        return finding;
    }
    let command_line = facts.kernel_command_line();
    if let Some(word) = command_line
        .as_ref()
        .ok()
        .and_then(|line| kept_out_by(line))
    {
        return Finding::pass("pass")
            .arg("where", "/proc/cmdline")
            .evidence("/proc/cmdline", word);
    }
    let modprobe = facts.modprobe();
    if let Some(line) = modprobe.lines.iter().find(|line| blacklists_nouveau(line)) {
        return Finding::pass("pass")
            .arg("where", &line.source)
            .evidence(&line.source, &line.line);
    }
    if nvidia_has_the_gpus(facts) {
        return Finding::pass("pass-nvidia-bound")
            .evidence("/sys/bus/pci/devices/*/driver", "nvidia");
    }
    // Whether this kernel has nouveau or nobody knows, what is read below decides.
    if facts.module_file("nouveau") == Ok(None) {
        return Finding::pass("pass-no-nouveau")
            .evidence("/lib/modules/*/modules.dep", "no nouveau.ko");
    }
    if let Some(unknown) = &modprobe.unread {
        return Finding::unread(unknown);
    }
    if let Err(unknown) = command_line {
        return Finding::unread(&unknown);
    }
    // A recording that lacks the bus's driver links may be of a machine whose driver works.
    if let Some(unknown) = facts.pci_gpus().as_ref().map_or_else(Some, |gpus| {
        gpus.iter().find_map(|gpu| gpu.driver.as_ref().err())
    }) {
        return Finding::unread(unknown);
    }
    if let Err(unknown) = facts.module_file("nouveau") {
        match unknown.why {
            Why::Unread(Unread::NotFound | Unread::Denied) => {}
            _ => return Finding::unread(&unknown),
        }
    }
    let mut finding = Finding::fail("fail")
        .arg("ubuntu", if is_ubuntu(facts) { "yes" } else { "no" })
        .evidence(
            "/etc/modprobe.d, /usr/lib/modprobe.d",
            "no line keeps nouveau out",
        );
    if is_ubuntu(facts) {
        finding = finding
            .arg("install", facts.ubuntu_drivers_install())
            .fix(Fix::run(facts.ubuntu_drivers_install()).note("fix-package"));
    }
    finding
        .fix(
            Fix::run("printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | sudo tee /etc/modprobe.d/blacklist-nouveau.conf")
                .note("fix-by-hand"),
        )
        .fix(rebuild_initramfs(facts))
        .fix(Fix::run("sudo reboot").note("fix-reboot"))
}

/// The word of the kernel's command line that keeps nouveau out.
fn kept_out_by(command_line: &str) -> Option<&str> {
    command_line.split_whitespace().find(|word| {
        word.split_once('=').is_some_and(|(name, value)| {
            let names_nouveau = value.split(',').any(|module| module == "nouveau");
            matches!(
                name,
                "modprobe.blacklist" | "module_blacklist" | "rd.driver.blacklist"
            ) && names_nouveau
        })
    })
}

fn blacklists_nouveau(line: &ModprobeLine) -> bool {
    let words: Vec<&str> = line.line.split(' ').collect();
    matches!(
        words.as_slice(),
        ["blacklist", "nouveau"] | ["alias", "nouveau", "off" | "null"]
    ) || matches!(words.as_slice(), ["install", "nouveau", program, ..]
        if program.ends_with("/false") || program.ends_with("/true") || *program == ":")
}

fn nouveau_unloaded(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_ours(facts) {
        return finding;
    }
    let held_by = |name: &str| {
        facts.pci_gpus().as_ref().ok().and_then(|gpus| {
            gpus.iter()
                .find(|gpu| matches!(&gpu.driver, Ok(Some(driver)) if driver == name))
        })
    };
    for (driver, text) in [
        ("nouveau", "fail"),
        ("NovaCore", "fail-nova"),
        ("nova_core", "fail-nova"),
    ] {
        if let Some(gpu) = held_by(driver) {
            return Finding::fail(text)
                .arg("address", &gpu.address)
                .arg("initramfs", commands::initramfs(facts))
                .evidence(
                    format!("/sys/bus/pci/devices/{}/driver", gpu.address),
                    driver,
                )
                .fix(rebuild_initramfs(facts))
                .fix(Fix::run("sudo reboot").note("fix-reboot"));
        }
    }
    match facts.module_loaded("nouveau") {
        // It may serve another card, or linger with none: only holding the GPU stands in the way.
        Ok(true) if nvidia_has_the_gpus(facts) => Finding::pass("pass-idle")
            .evidence("/proc/modules", "nouveau is loaded")
            .evidence("/sys/bus/pci/devices/*/driver", "nvidia"),
        Ok(true) => Finding::fail("fail-loaded")
            .evidence("/proc/modules", "nouveau is loaded")
            .fix(rebuild_initramfs(facts))
            .fix(Fix::run("sudo reboot").note("fix-reboot")),
        Ok(false) => Finding::pass("pass").evidence("/proc/modules", "no nouveau"),
        Err(_) if nvidia_has_the_gpus(facts) => {
            Finding::pass("pass").evidence("/sys/bus/pci/devices/*/driver", "nvidia")
        }
        Err(unknown) => Finding::unread(&unknown),
    }
}

fn recommended_known(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_ours(facts) {
        return finding;
    }
    let source = UBUNTU_DRIVERS.join(" ");
    match facts.command(UBUNTU_DRIVERS) {
        Ok(output) => {
            if drivers::read(&output.stdout).is_err() {
                return Finding::unknown("unknown-empty")
                    .evidence(&source, first_line(&output.stdout, &output.stderr))
                    .fix(Fix::run("sudo ubuntu-drivers list").note("fix-list"));
            }
            match facts.recommended_driver() {
                Some(Recommended {
                    package: Some(package),
                    instead_of: None,
                }) => Finding::pass("pass")
                    .arg("package", &package)
                    .evidence(&source, format!("{package} … recommended")),
                Some(Recommended {
                    package: Some(package),
                    instead_of: Some(marked),
                }) => Finding::pass("pass-open")
                    .arg("package", &package)
                    .arg("marked", &marked)
                    .evidence(&source, format!("{marked} … recommended"))
                    .evidence(&source, "a GPU of the Blackwell generation, or later"),
                Some(Recommended {
                    package: None,
                    instead_of,
                }) => Finding::unknown("unknown-no-open")
                    .arg("marked", instead_of.as_deref().unwrap_or_default())
                    .evidence(&source, "no package with -open for this GPU")
                    .fix(Fix::run("sudo apt update").note("fix-apt-update")),
                None => Finding::unknown("unknown-empty")
                    .evidence(&source, "no recommended NVIDIA driver")
                    .fix(Fix::run("sudo apt update").note("fix-apt-update")),
            }
        }
        // Where the driver already runs, nobody has to ask which one to choose.
        Err(NotRun::NotFound)
            if facts.driver_version().is_ok() || matches!(facts.driver_package(), Ok(Some(_))) =>
        {
            Finding::not_applicable("na-installed").evidence(&source, NotRun::NotFound.to_string())
        }
        Err(NotRun::NotFound) => match facts.distribution() {
            Ok(distribution) if distribution.id == "ubuntu" => Finding::fail("fail-no-tool")
                .evidence(&source, NotRun::NotFound.to_string())
                .fix(Fix::run("sudo apt install ubuntu-drivers-common").note("fix-tool")),
            Ok(distribution) => Finding::not_applicable("na-not-ubuntu")
                .arg(
                    "distribution",
                    if distribution.name.is_empty() {
                        &distribution.id
                    } else {
                        &distribution.name
                    },
                )
                .evidence("/etc/os-release", &distribution.id)
                .fix(Fix::by_hand("fix-not-ubuntu")),
            Err(unknown) => Finding::unread(&unknown),
        },
        Err(NotRun::TimedOut) => Finding::unknown("unknown-hung")
            .evidence(&source, NotRun::TimedOut.to_string())
            .fix(Fix::run("ubuntu-drivers devices").note("fix-list")),
        Err(why) => Finding::unread(&Unknown::not_run(UBUNTU_DRIVERS, why)),
    }
}

fn first_line<'o>(stdout: &'o str, stderr: &'o str) -> &'o str {
    stdout
        .lines()
        .chain(stderr.lines())
        .find(|line| !line.trim().is_empty())
        .unwrap_or("(nothing printed)")
}

fn installed(facts: &Facts<'_>) -> Finding {
    if facts.is_linux() && facts.place() == Place::Container || facts.place() == Place::Sandbox {
        return Finding::not_applicable("na-container");
    }
    if let Ok(version) = facts.driver_version() {
        let finding = Finding::pass("pass")
            .arg("version", version.value.as_str())
            .evidence(&version.source, version.value.as_str());
        return match facts.driver_package() {
            Ok(Some(package)) => finding.evidence(
                "/var/lib/dpkg/status",
                format!("{} {}", package.name, package.version),
            ),
            _ => finding,
        };
    }
    if !facts.is_linux() {
        return Finding::unknown("unknown-not-linux")
            .arg("os", facts.platform().os)
            .fix(Fix::run("nvidia-smi").note("fix-nvidia-smi"));
    }
    if facts.place() == Place::Wsl {
        return match facts.exists("/usr/lib/wsl/lib/libnvidia-ml.so.1") {
            Ok(true) => Finding::pass("pass-wsl").evidence("/usr/lib/wsl/lib", "libnvidia-ml.so.1"),
            Ok(false) => Finding::fail("fail-wsl")
                .evidence("/usr/lib/wsl/lib/libnvidia-ml.so.1", "not found")
                .fix(Fix::by_hand("fix-wsl")),
            Err(unknown) => Finding::unread(&unknown),
        };
    }
    match facts.driver_package() {
        Ok(Some(package)) => from_package(&package, "/var/lib/dpkg/status"),
        Ok(None) => by_files(facts, None),
        Err(unknown) if is_not_found(&unknown) => match facts.pacman_driver() {
            Ok(Some(package)) => from_package(&package, "/var/lib/pacman/local"),
            Ok(None) => by_files(facts, Some(&unknown)),
            Err(unknown) => Finding::unread(&unknown),
        },
        Err(unknown) => match (facts.module_file("nvidia"), facts.driver_library()) {
            (Ok(Some(file)), Ok(Some(library))) => from_files(facts, None, &file, library),
            _ => Finding::unread(&unknown),
        },
    }
}

/// Whether it is certain that what was asked is not there, rather than that it could not be read.
fn is_not_found(unknown: &Unknown) -> bool {
    unknown.why == Why::Unread(Unread::NotFound)
}

fn from_package(package: &Package, source: &str) -> Finding {
    Finding::pass("pass-package")
        .arg("package", &package.name)
        .arg("version", &package.version)
        .evidence(source, format!("{} {}", package.name, package.version))
}

/// What the files of a driver tell where no package does. `no_dpkg` is why: this distribution has no dpkg, so that
/// packages are not ruled out.
fn by_files(facts: &Facts<'_>, no_dpkg: Option<&Unknown>) -> Finding {
    let module = facts.module_file("nvidia");
    let library = facts.driver_library();
    match (&module, library) {
        (Ok(Some(file)), Ok(Some(library))) => return from_files(facts, no_dpkg, file, library),
        (Err(unknown), Ok(library))
            if !is_not_found(unknown) && (library.is_some() || no_dpkg.is_some()) =>
        {
            return Finding::unread(unknown);
        }
        (_, Err(unknown)) => return Finding::unread(unknown),
        _ => {}
    }
    let library = library.as_ref().ok().and_then(Option::as_ref);
    // What builds the module is a part of the driver as much as the module itself: whether it was built for the
    // kernel that runs is the next step's question.
    let source = match (library, no_dpkg) {
        (Some(_), _) | (None, Some(_)) => facts.module_source(),
        (None, None) => Ok(None),
    };
    match (library, source) {
        (Some(library), Ok(Some(source))) => from_files(facts, no_dpkg, &source.path, library),
        (Some(library), Ok(None)) => match facts.driver_runfile() {
            Ok(Some(program)) => from_files(facts, no_dpkg, &program, library),
            // Ready-made modules of a kernel that is gone cannot be looked for any more.
            Ok(None) if module.is_err() => match facts.running_kernel_is_gone() {
                Ok(true) => from_files(facts, no_dpkg, "/lib/modules", library),
                Ok(false) => half(
                    facts,
                    no_dpkg,
                    module.ok().flatten().as_deref(),
                    Some(library),
                ),
                Err(unknown) => Finding::unread(&unknown),
            },
            Ok(None) => half(facts, no_dpkg, None, Some(library)),
            Err(unknown) => Finding::unread(&unknown),
        },
        (Some(_) | None, Err(unknown)) => Finding::unread(&unknown),
        (None, Ok(source)) => match (&module, source) {
            (Ok(Some(file)), _) => half(facts, no_dpkg, Some(file), None),
            (_, Some(source)) => half(facts, no_dpkg, Some(&source.path), None),
            // A distribution that keeps modules elsewhere (NixOS) may keep libraries elsewhere too.
            (Err(_), None) if no_dpkg.is_some() && facts.running_kernel_is_gone().is_err() => {
                Finding::unread(&Unknown::unread("/lib/modules", Unread::NotFound))
            }
            // Nothing of it anywhere that can be looked at.
            _ => nothing_installed(facts, no_dpkg),
        },
    }
}

fn from_files(
    facts: &Facts<'_>,
    no_dpkg: Option<&Unknown>,
    there: &str,
    library: &Library,
) -> Finding {
    let text = match no_dpkg {
        Some(_) if facts.driver_runfile() == Ok(None) => "pass-origin-unknown",
        _ => "pass-files",
    };
    let version = library
        .version
        .as_ref()
        .map_or("", |version| version.as_str());
    Finding::pass(text)
        .evidence(there_source(there), there)
        .evidence(
            &library.path,
            if version.is_empty() { "there" } else { version },
        )
}

/// A path within the modules of the running kernel has no slash in front.
fn there_source(there: &str) -> &str {
    if there.starts_with('/') {
        there
    } else {
        "/lib/modules/*/modules.dep"
    }
}

/// A library without a module or a module without a library: a half of a driver.
fn half(
    facts: &Facts<'_>,
    no_dpkg: Option<&Unknown>,
    module: Option<&str>,
    library: Option<&Library>,
) -> Finding {
    let path = library.map(|library| library.path.as_str());
    let finding = Finding::fail("fail-half")
        .arg("there", module.or(path).unwrap_or_default())
        .evidence(
            "/lib/modules/*/modules.dep",
            module.unwrap_or("no nvidia.ko"),
        )
        .evidence("libnvidia-ml.so.1", path.unwrap_or("not found"));
    match no_dpkg {
        Some(unknown) => finding.tried(unknown),
        None => finding,
    }
    .fix(install(facts))
}

fn nothing_installed(facts: &Facts<'_>, no_dpkg: Option<&Unknown>) -> Finding {
    let finding = Finding::fail("fail");
    match no_dpkg {
        Some(_) => finding.evidence("/usr/src, /var/lib/dkms", "no source of its module"),
        None => finding.evidence("/var/lib/dpkg/status", "no driver package"),
    }
    .evidence("libnvidia-ml.so.1", "not found")
    .fix(install(facts))
    .fix(Fix::run("sudo reboot").note("fix-reboot"))
}

fn secure_boot(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_ours(facts) {
        return finding;
    }
    let state = match facts.secure_boot() {
        Ok(Some(state)) => state,
        Ok(None) => {
            return Finding::not_applicable("na-no-efi").evidence("/sys/firmware/efi", "not found");
        }
        Err(unknown) => {
            // A module that is loaded has passed whatever the firmware asks.
            let unrecorded = unknown.why == Why::Unread(Unread::NotRecorded);
            return if facts.driver_version().is_ok() && !unrecorded {
                Finding::pass("pass-loaded").tried(&unknown)
            } else {
                Finding::unread(&unknown)
            };
        }
    };
    if !state {
        return Finding::pass("pass-off").evidence("SecureBoot", "off");
    }
    let on = |finding: Finding| finding.evidence("/sys/firmware/efi/efivars/SecureBoot-*", "on");
    match facts.module_loaded("nvidia") {
        Ok(true) => on(Finding::pass("pass-signed").evidence("/proc/modules", "nvidia is loaded")),
        Ok(false) => match facts.module_file("nvidia") {
            // Ubuntu's own modules are signed by Canonical, whose key every shim knows; DKMS signs with a key of
            // this machine, which the firmware knows only after it was enrolled.
            Ok(Some(file)) if built_here(&file) => on(Finding::fail("fail-not-enrolled"))
                .arg("module", &file)
                .evidence("/lib/modules/*/modules.dep", &file)
                .evidence("/proc/modules", "no nvidia")
                .fix(Fix::run("mokutil --list-new").note("fix-list-new"))
                .arg("key", commands::signing_key(facts))
                .fix(
                    Fix::run(format!(
                        "sudo mokutil --import {}",
                        commands::signing_key(facts)
                    ))
                    .note("fix-import"),
                )
                .fix(Fix::run("sudo reboot").note("fix-enroll")),
            Ok(Some(file)) => {
                on(Finding::pass("pass-prebuilt")).evidence("/lib/modules/*/modules.dep", file)
            }
            Ok(None) => on(Finding::pass("pass-nothing-to-check"))
                .evidence("/lib/modules/*/modules.dep", "no nvidia.ko"),
            Err(unknown) => Finding::unread(&unknown),
        },
        Err(unknown) => match facts.driver_version() {
            Ok(version) => {
                on(Finding::pass("pass-signed")).evidence(&version.source, version.value.as_str())
            }
            Err(_) => Finding::unread(&unknown),
        },
    }
}

/// Whether a module's file is where DKMS puts what it built on this machine.
fn built_here(file: &str) -> bool {
    file.starts_with("updates/") || file.starts_with("extra/") || file.contains("/updates/dkms/")
}

fn module_loaded(facts: &Facts<'_>) -> Finding {
    if !facts.is_linux() {
        return Finding::not_applicable("na-not-linux").arg("os", facts.platform().os);
    }
    let version = facts.driver_version();
    if let Ok(version) = version
        && (version.source == "NVML" || facts.module_loaded("nvidia") != Ok(false))
    {
        let finding = Finding::pass("pass")
            .arg("version", version.value.as_str())
            .evidence(&version.source, version.value.as_str());
        return match facts.flavour() {
            Ok(Flavour::Open) => {
                finding.evidence("/proc/driver/nvidia/version", "open kernel module")
            }
            Ok(Flavour::Closed) => {
                finding.evidence("/proc/driver/nvidia/version", "closed kernel module")
            }
            Err(_) => finding,
        };
    }
    let nvml = facts.nvml_failure();
    if let Some(failure) = &nvml
        && failure.error == NvmlCode::LibRmVersionMismatch
    {
        // Only a module that is loaded can be of another version than the library.
        return Finding::pass("pass-unknown-version").evidence("NVML", failure.error.name());
    }
    match facts.place() {
        Place::Wsl => {
            return match nvml {
                // What answers is not Windows' driver, so nothing is known of that one.
                Some(NvmlFailure {
                    library: Some(library),
                    ..
                }) if !library.starts_with("/usr/lib/wsl/") => {
                    Finding::unknown("unknown-wsl-hidden")
                        .arg("library", library)
                        .evidence("NVML library", library)
                        .fix(Fix::run("lessons check cuda.one-driver").note("fix-one-driver"))
                }
                Some(failure) if failure.error != NvmlCode::NotRecorded => {
                    Finding::fail("fail-wsl")
                        .evidence("NVML", failure.error.name())
                        .fix(Fix::run("wsl.exe --shutdown").note("fix-wsl"))
                }
                _ => Finding::unread(&Unknown::nvml("NVML", NvmlCode::NotRecorded)),
            };
        }
        Place::Container | Place::Sandbox => {
            // What answers is the host's driver, when the engine hands it in.
            return match (facts.exists("/dev/nvidiactl"), nvml) {
                (Ok(false), Some(failure))
                    if matches!(
                        failure.error,
                        NvmlCode::LibloadingError
                            | NvmlCode::DriverNotLoaded
                            | NvmlCode::LibraryNotFound
                    ) =>
                {
                    Finding::fail("fail-container")
                        .evidence("/dev/nvidiactl", "not found")
                        .evidence("NVML", failure.error.name())
                        .fix(Fix::by_hand("fix-container"))
                }
                (_, Some(failure)) => Finding::unread(&Unknown::nvml("NVML", failure.error)),
                (_, None) => Finding::pass("pass-container").evidence("NVML", "answers"),
            };
        }
        Place::Host => {}
    }
    match facts.module_loaded("nvidia") {
        Ok(true) => {
            Finding::pass("pass-unknown-version").evidence("/proc/modules", "nvidia is loaded")
        }
        Err(unknown) => Finding::unread(&unknown),
        Ok(false) => match (facts.module_file("nvidia"), facts.kernel_headers()) {
            (Ok(Some(file)), _) => not_loaded(facts, &file),
            (Ok(None), headers) => not_built(facts, &headers),
            (Err(unknown), _) if is_not_found(&unknown) => match facts.running_kernel_is_gone() {
                Ok(true) => no_module(facts, "fail-kernel-gone")
                    .stands_without(SECURE_BOOT)
                    .evidence("/lib/modules", "other kernels only")
                    .fix(Fix::run("sudo reboot").note("fix-reboot")),
                _ => Finding::unread(&unknown),
            },
            (Err(unknown), _) => Finding::unread(&unknown),
        },
    }
}

/// What is missing is missing whatever the firmware asks of a module.
const SECURE_BOOT: &[&str] = &["driver.secure-boot"];

/// The module is there for this kernel. Where the firmware could not be asked, it may have been refused, and only
/// loading it tells.
fn not_loaded(facts: &Facts<'_>, file: &str) -> Finding {
    let refused = facts.secure_boot().err().filter(|_| built_here(file));
    let finding = match &refused {
        Some(unknown) => Finding::fail("fail-not-loaded-or-refused").tried(unknown),
        None => Finding::fail("fail-not-loaded"),
    };
    finding
        .stands_without(SECURE_BOOT)
        .evidence("/proc/modules", "no nvidia")
        .evidence("/lib/modules/*/modules.dep", file)
        .fix(Fix::run("sudo modprobe nvidia").note("fix-modprobe"))
        .fix(Fix::run("sudo reboot").note("fix-reboot"))
}

/// The running kernel has no module: what builds one, or brings one, decides what is missing.
fn not_built(facts: &Facts<'_>, headers: &Known<bool>) -> Finding {
    let finding = match (commands::builder(facts), headers) {
        (Ok(None), _) => {
            commands::with_upgrade(facts, no_module(facts, "fail-not-for-this-kernel"))
        }
        (_, Ok(false)) => commands::with_headers_and_build(
            facts,
            no_module(facts, "fail-no-headers").evidence("/lib/modules/*/build", "not found"),
        ),
        _ => {
            let finding = no_module(facts, "fail-not-built")
                .arg("ready", if is_ubuntu(facts) { "ubuntu" } else { "none" });
            commands::with_build(facts, ready_made_modules(facts, finding))
        }
    };
    finding
        .stands_without(SECURE_BOOT)
        .fix(Fix::run("sudo reboot").note("fix-reboot"))
}

/// Only Ubuntu has modules that are built for each of its kernels.
fn ready_made_modules(facts: &Facts<'_>, finding: Finding) -> Finding {
    if !is_ubuntu(facts) {
        return finding;
    }
    finding
        .arg("install", facts.ubuntu_drivers_install())
        .fix(Fix::run(facts.ubuntu_drivers_install()).note("fix-modules"))
}

/// `ubuntu-drivers` is Ubuntu's alone: apt is Debian's too.
fn is_ubuntu(facts: &Facts<'_>) -> bool {
    facts
        .distribution()
        .is_ok_and(|distribution| distribution.id == "ubuntu")
}

fn no_module(facts: &Facts<'_>, text: &'static str) -> Finding {
    Finding::fail(text)
        .arg("kernel", facts.platform().kernel.unwrap_or_default())
        .evidence("/proc/modules", "no nvidia")
        .evidence("/lib/modules/*/modules.dep", "no nvidia.ko")
}

fn versions_agree(facts: &Facts<'_>) -> Finding {
    if !facts.is_linux() {
        return Finding::not_applicable("na-not-linux").arg("os", facts.platform().os);
    }
    if facts.place() == Place::Wsl && facts.nvml().is_ok() {
        return Finding::not_applicable("na-wsl");
    }
    let failure = facts.nvml_failure().map(|failure| failure.error);
    let mismatch = |finding: Finding| {
        let finding = finding.fix(Fix::run("sudo reboot").note("fix-reboot"));
        match failure {
            Some(code) => finding.evidence("NVML", code.name()),
            None => finding,
        }
    };
    let module = facts.driver_version();
    let library = facts.library_version();
    match (module, &library) {
        (Ok(module), Ok(Some(library)))
            if module.value == library.value && failure != Some(NvmlCode::LibRmVersionMismatch) =>
        {
            Finding::pass("pass")
                .arg("version", module.value.as_str())
                .evidence(&module.source, module.value.as_str())
                .evidence(&library.source, library.value.as_str())
        }
        (Ok(module), Ok(Some(library))) => mismatch(
            Finding::fail("fail")
                .arg("module", module.value.as_str())
                .arg("library", library.value.as_str())
                .evidence(&module.source, module.value.as_str())
                .evidence(&library.source, library.value.as_str()),
        ),
        _ if failure == Some(NvmlCode::LibRmVersionMismatch) => {
            mismatch(Finding::fail("fail-nvml"))
        }
        // NVML refuses to start when the versions differ: that it answers is the proof.
        (Ok(module), _) if failure.is_none() => Finding::pass("pass")
            .arg("version", module.value.as_str())
            .evidence(&module.source, module.value.as_str())
            .evidence("NVML", "answers"),
        (Ok(_), Ok(None))
            if facts.sees_hardware() && matches!(facts.driver_library(), Ok(None)) =>
        {
            Finding::fail("fail-no-library")
                .evidence("libnvidia-ml.so.1", "not found")
                .fix(install(facts))
        }
        (Ok(_), Ok(None)) => Finding::unread(&Unknown::nvml(
            "NVML",
            failure.unwrap_or(NvmlCode::NotRecorded),
        )),
        (Err(unknown), _) | (_, Err(unknown)) => Finding::unread(unknown),
    }
}
