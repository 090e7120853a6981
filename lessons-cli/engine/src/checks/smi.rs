//! nvidia-smi: it runs, its three CUDA versions are told apart, the GPUs are healthy and their memory is free.

use crate::facts::driver::Flavour;
use crate::facts::gpus::GpuFact;
use crate::facts::system::Place;
use crate::facts::{Facts, Unknown};
use crate::finding::{Finding, Fix};
use crate::machine::NotRun;
use crate::machine::nvml::{Gpu, NvmlCode, Value};
use crate::programs::{NVCC, NVIDIA_SMI, NVIDIA_SMI_TOPO};
use crate::step::{Lesson, Step};

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[
    Step {
        id: "smi.runs",
        lesson: Lesson::Smi,
        required: true,
        needs: &[
            "driver.gpu-visible",
            "driver.module-loaded",
            "driver.versions-agree",
        ],
        programs: &[NVIDIA_SMI_TOPO],
        nvml: true,
        check: runs,
    },
    Step {
        id: "smi.cuda-ceiling",
        lesson: Lesson::Smi,
        required: false,
        needs: &["smi.runs"],
        programs: &[NVCC],
        nvml: true,
        check: cuda_ceiling,
    },
    Step {
        id: "smi.gpus-healthy",
        lesson: Lesson::Smi,
        required: true,
        needs: &["smi.runs"],
        programs: &[],
        nvml: true,
        check: gpus_healthy,
    },
    Step {
        id: "smi.memory-free",
        lesson: Lesson::Smi,
        required: false,
        needs: &["smi.runs"],
        programs: &[],
        nvml: true,
        check: memory_free,
    },
];

/// The share of a GPU's memory that a desktop and the driver may hold before someone else must be at work.
pub(crate) const BUSY_PERCENT: u64 = 50;

/// A GPU this hot is slowed down or about to be. NVIDIA's own limits differ by board and lie at or above it.
pub(crate) const HOT_CELSIUS: u32 = 95;

fn runs(facts: &Facts<'_>) -> Finding {
    // Only Linux' folders are looked through: elsewhere the driver puts the program where it is found.
    let smi = if facts.is_linux() {
        facts.which("nvidia-smi")
    } else {
        Ok(Some("nvidia-smi".to_owned()))
    };
    let topo = facts.command(NVIDIA_SMI_TOPO);
    if topo == Err(NotRun::TimedOut) {
        return Finding::fail("fail-hung")
            .evidence(NVIDIA_SMI_TOPO.join(" "), NotRun::TimedOut.to_string())
            .fix(Fix::run("sudo dmesg | grep -iE 'NVRM|Xid' | tail").note("fix-dmesg"))
            .fix(Fix::run("sudo reboot").note("fix-reboot"));
    }
    match facts.nvml() {
        Ok(nvml) if nvml.gpus.is_empty() && needs_open_module(facts) => {
            let finding = Finding::fail("fail-closed-module")
                .evidence("NVML", "no GPU")
                .evidence("/proc/driver/nvidia/version", "closed kernel module")
                .evidence(
                    "/sys/bus/pci/devices/*/device",
                    "a GPU of the Blackwell generation, or later",
                );
            let branch = facts.driver_version().as_ref().map_or_else(
                |_| String::new(),
                |driver| driver.value.to_string().chars().take(3).collect(),
            );
            match facts.distribution() {
                Ok(distribution)
                    if distribution.id == "ubuntu"
                        && branch.bytes().all(|b| b.is_ascii_digit()) =>
                {
                    let install = format!("sudo ubuntu-drivers install nvidia:{branch}-open");
                    finding
                        .arg("install", &install)
                        .fix(Fix::run(install).note("fix-install-open"))
                        .fix(Fix::run("sudo reboot").note("fix-reboot"))
                }
                _ => finding
                    .arg("install", "none")
                    .fix(Fix::by_hand("fix-open-module")),
            }
        }
        Ok(nvml) if nvml.gpus.is_empty() => Finding::fail("fail-no-devices")
            .evidence("NVML", "no GPU")
            .fix(Fix::run("sudo dmesg | grep -iE 'NVRM|Xid' | tail").note("fix-dmesg"))
            .fix(Fix::by_hand("fix-open-module")),
        Ok(nvml) => {
            let driver = nvml.driver_version.known().map_or("?", String::as_str);
            let pass = if nvml.driver_version.known().is_some() {
                Finding::pass("pass")
            } else {
                Finding::pass("pass-no-version")
            };
            let finding = nvml_evidence(pass, nvml.library.as_deref(), driver);
            match smi {
                Ok(Some(path)) => finding
                    .arg("path", &path)
                    .arg("driver", driver)
                    .evidence("$PATH", &path),
                Ok(None)
                    if facts.place() == Place::Wsl
                        && facts.exists("/usr/lib/wsl/lib/nvidia-smi") == Ok(true) =>
                {
                    finding
                        .arg("path", "/usr/lib/wsl/lib/nvidia-smi")
                        .arg("driver", driver)
                }
                Ok(None) => nvml_evidence(
                    Finding::fail("fail-not-on-path"),
                    nvml.library.as_deref(),
                    driver,
                )
                .arg("driver", driver)
                .evidence("$PATH", "no nvidia-smi")
                .fix(install_utils(facts, driver)),
                // Where PATH is not known, what the program printed shows that it is there.
                Err(unknown) => match (topo, facts.command(NVIDIA_SMI)) {
                    (Ok(output), _) | (_, Ok(output)) if output.succeeded() => finding
                        .arg("path", "nvidia-smi")
                        .arg("driver", driver)
                        .evidence(NVIDIA_SMI.join(" "), "exit 0"),
                    _ => Finding::unread(&unknown),
                },
            }
        }
        Err(failure) => {
            let finding = match failure.error {
                NvmlCode::Suspended => {
                    return Finding::unknown("unknown-suspended")
                        .evidence("/sys/bus/pci/devices/*/power/runtime_status", "suspended")
                        .fix(Fix::run("lessons check smi --wake").note("fix-wake"));
                }
                NvmlCode::NotRecorded | NvmlCode::NoNvml => {
                    return Finding::unread(&Unknown::nvml("NVML", failure.error));
                }
                NvmlCode::TimedOut => Finding::fail("fail-nvml-hung")
                    .fix(Fix::run("sudo dmesg | grep -iE 'NVRM|Xid' | tail").note("fix-dmesg"))
                    .fix(Fix::run("sudo reboot").note("fix-reboot")),
                NvmlCode::NoPermission => Finding::fail("fail-permission")
                    .fix(Fix::run("ls -l /dev/nvidia*").note("fix-ls-dev")),
                NvmlCode::LibloadingError | NvmlCode::LibraryNotFound => {
                    Finding::fail("fail-no-library").fix(install_utils(
                        facts,
                        &facts
                            .driver_version()
                            .as_ref()
                            .map(|version| version.value.to_string())
                            .unwrap_or_default(),
                    ))
                }
                NvmlCode::LibRmVersionMismatch => {
                    Finding::fail("fail-mismatch").fix(Fix::run("sudo reboot").note("fix-reboot"))
                }
                NvmlCode::DriverNotLoaded => Finding::fail("fail-driver-not-loaded")
                    .fix(Fix::run("sudo modprobe nvidia").note("fix-modprobe")),
                NvmlCode::Unknown | NvmlCode::OperatingSystem
                    if facts.place() == Place::Container =>
                {
                    Finding::fail("fail-container-devices")
                        .fix(Fix::by_hand("fix-restart-container"))
                }
                NvmlCode::GpuLost | NvmlCode::ResetRequired => {
                    Finding::fail("fail-lost").fix(Fix::run("sudo reboot").note("fix-reboot"))
                }
                NvmlCode::IrqIssue | NvmlCode::InsufficientPower | NvmlCode::CorruptedInfoROM => {
                    Finding::fail("fail-hardware")
                        .arg("code", failure.error.name())
                        .fix(Fix::by_hand("fix-hardware"))
                }
                code => Finding::fail("fail-code")
                    .arg("code", code.name())
                    .fix(Fix::run("nvidia-smi").note("fix-run")),
            };
            let finding = finding.evidence("NVML", failure.error.name());
            match &failure.library {
                Some(library) => finding.evidence("NVML library", library),
                None => finding,
            }
        }
    }
}

/// Whether the closed kernel module is loaded for a GPU of the Blackwell generation or a later one, which it does not
/// serve. While no GPU answers, the numbers on the PCI bus are all there is.
fn needs_open_module(facts: &Facts<'_>) -> bool {
    facts.flavour() == Ok(Flavour::Closed)
        && facts
            .pci_gpus()
            .as_ref()
            .is_ok_and(|gpus| gpus.iter().any(|gpu| gpu.needs_open_module() == Some(true)))
}

fn nvml_evidence(finding: Finding, library: Option<&str>, driver: &str) -> Finding {
    let finding = finding.evidence("NVML", format!("driver {driver}"));
    match library {
        Some(library) => finding.evidence("NVML library", library),
        None => finding,
    }
}

/// Ubuntu splits nvidia-smi from the driver's libraries: `nvidia-utils-580`.
fn install_utils(facts: &Facts<'_>, driver: &str) -> Fix {
    let branch = driver.split('.').next().unwrap_or_default();
    let is_branch = branch.len() == 3 && branch.bytes().all(|b| b.is_ascii_digit());
    match facts.distribution() {
        Ok(distribution) if distribution.id == "ubuntu" && is_branch => {
            let server = match facts.driver_package() {
                Ok(Some(package)) if package.name.contains("-server") => "-server",
                _ => "",
            };
            Fix::run(format!("sudo apt install nvidia-utils-{branch}{server}")).note("fix-utils")
        }
        _ => Fix::by_hand("fix-utils-other"),
    }
}

/// The three CUDA versions that people confuse are told apart, not judged.
fn cuda_ceiling(facts: &Facts<'_>) -> Finding {
    let ceiling = match facts.driver_ceiling() {
        Ok(ceiling) => ceiling,
        Err(unknown) => return Finding::unread(&unknown),
    };
    let mut finding = Finding::pass("pass")
        .arg("ceiling", ceiling.value.to_string())
        .evidence(
            &ceiling.source,
            format!("CUDA {} at most, by this driver", ceiling.value),
        );
    let toolkit = facts.nvcc_release();
    finding = match &toolkit {
        Ok(Some(toolkit)) => finding
            .arg("toolkit", toolkit.value.to_string())
            .evidence(&toolkit.source, format!("toolkit {}", toolkit.value)),
        Ok(None) => finding
            .arg("toolkit", "none")
            .evidence("nvcc --version", "no toolkit on PATH"),
        Err(unknown) => finding.arg("toolkit", "?").tried(unknown),
    };
    match facts.torch() {
        Ok(Some(torch)) => match torch.cuda() {
            Ok(Some(cuda)) => finding
                .arg("torch", cuda.to_string())
                .evidence(&torch.source, format!("torch's own CUDA {cuda}")),
            Ok(None) => finding
                .arg("torch", "none")
                .evidence(&torch.source, "torch without CUDA"),
            Err(unknown) => finding.arg("torch", "?").tried(&unknown),
        },
        Ok(None) => finding
            .arg("torch", "none")
            .evidence("torch/version.py", "no torch"),
        Err(unknown) => finding.arg("torch", "?").tried(unknown),
    }
}

fn gpus_healthy(facts: &Facts<'_>) -> Finding {
    let gpus = match facts.gpus() {
        Ok(gpus) => gpus,
        Err(unknown) => return Finding::unread(unknown),
    };
    if let Some(gpu) = gpus.iter().find(|gpu| gpu.error.is_some()) {
        return lost(gpu);
    }
    if let Ok(pci) = facts.pci_gpus() {
        let served = pci
            .iter()
            .filter(|gpu| matches!(&gpu.driver, Ok(Some(driver)) if driver == "nvidia"))
            .count();
        if facts.sees_hardware() && served > gpus.len() {
            return Finding::fail("fail-missing")
                .arg("answering", gpus.len().to_string())
                .arg("present", served.to_string())
                .evidence(
                    "/sys/bus/pci/devices",
                    format!("{served} GPUs with the driver nvidia"),
                )
                .evidence("NVML", format!("{} GPUs", gpus.len()))
                .fix(Fix::run("sudo dmesg | grep -iE 'NVRM|Xid' | tail").note("fix-dmesg"));
        }
    }
    let readings: Vec<(&GpuFact, &Gpu)> = gpus
        .iter()
        .filter_map(|gpu| Some((gpu, gpu.reading.as_ref()?)))
        .collect();
    let worst = |value: fn(&Gpu) -> Option<u64>| {
        readings
            .iter()
            .filter_map(|(fact, gpu)| Some((value(gpu)?, fact.index)))
            .max()
    };
    if let Some((errors, index)) = worst(|gpu| gpu.ecc_uncorrected.known().copied())
        && errors > 0
    {
        return Finding::fail("fail-ecc")
            .arg("index", index.to_string())
            .count("errors", usize::try_from(errors).unwrap_or(usize::MAX))
            .evidence(
                "NVML",
                format!("GPU {index}: {errors} uncorrected ECC errors"),
            )
            .fix(
                Fix::run(format!("nvidia-smi -q -d ECC,ROW_REMAPPER -i {index}")).note("fix-ecc"),
            );
    }
    if let Some((_, index)) = worst(|gpu| (gpu.remap_pending == Value::Known(true)).then_some(1)) {
        return Finding::fail("fail-remap")
            .arg("index", index.to_string())
            .evidence("NVML", format!("GPU {index}: a row waits to be remapped"))
            .fix(Fix::run("sudo reboot").note("fix-reboot"));
    }
    if let Some((celsius, index)) = worst(|gpu| gpu.temperature_c.known().map(|&c| u64::from(c)))
        && celsius >= u64::from(HOT_CELSIUS)
    {
        return Finding::fail("fail-hot")
            .arg("index", index.to_string())
            .arg("celsius", celsius.to_string())
            .evidence("NVML", format!("GPU {index}: {celsius} °C"))
            .fix(Fix::run("nvidia-smi -q -d TEMPERATURE,PERFORMANCE").note("fix-hot"));
    }
    if gpus.is_empty() {
        return Finding::unread(&Unknown::nvml("NVML", NvmlCode::NotFound));
    }
    // What a healthy GPU shows besides its name; a reading without it says nothing about health.
    if readings.iter().any(|(_, gpu)| {
        gpu.temperature_c == Value::Unrecorded && gpu.ecc_uncorrected == Value::Unrecorded
    }) {
        return Finding::unread(&Unknown::nvml(
            "NVML: temperature, ECC errors",
            NvmlCode::NotRecorded,
        ));
    }
    let finding = Finding::pass("pass").count("count", gpus.len());
    readings.iter().fold(finding, |finding, (fact, gpu)| {
        let celsius = gpu
            .temperature_c
            .known()
            .map_or("no temperature".to_owned(), |celsius| {
                format!("{celsius} °C")
            });
        let ecc = gpu
            .ecc_uncorrected
            .known()
            .map_or("no ECC".to_owned(), |errors| format!("{errors} ECC errors"));
        finding.evidence("NVML", format!("GPU {}: {celsius}, {ecc}", fact.index))
    })
}

fn lost(gpu: &GpuFact) -> Finding {
    let code = gpu.error.unwrap_or(NvmlCode::Unknown);
    let place = gpu.bus_id.clone().unwrap_or_else(|| gpu.index.to_string());
    let (text, fix) = match code {
        NvmlCode::NoPermission => (
            "fail-permission",
            Fix::run("ls -l /dev/nvidia*").note("fix-ls-dev"),
        ),
        _ => (
            "fail-lost",
            Fix::run("sudo dmesg | grep -iE 'NVRM|Xid' | tail").note("fix-dmesg"),
        ),
    };
    let finding = Finding::fail(text)
        .arg("gpu", &place)
        .arg("code", code.name())
        .evidence("NVML", format!("GPU {place}: {code}"))
        .fix(fix);
    if text == "fail-lost" {
        finding.fix(Fix::by_hand("fix-seat"))
    } else {
        finding
    }
}

fn memory_free(facts: &Facts<'_>) -> Finding {
    let gpus = match facts.gpus() {
        Ok(gpus) => gpus,
        Err(unknown) => return Finding::unread(unknown),
    };
    let mut shared = true;
    let mut busiest: Option<(u64, &GpuFact, u64, u64)> = None;
    for fact in gpus {
        let Some(gpu) = &fact.reading else { continue };
        match (&gpu.memory_used, &gpu.memory_total) {
            (Value::Known(used), Value::Known(total)) if *total > 0 => {
                shared = false;
                let percent = used.saturating_mul(100) / total;
                if busiest.is_none_or(|(most, ..)| percent > most) {
                    busiest = Some((percent, fact, *used, *total));
                }
            }
            (Value::Unrecorded, _) | (_, Value::Unrecorded) => {
                return Finding::unread(&Unknown::nvml("NVML: memory", NvmlCode::NotRecorded));
            }
            // MIG counts by instance, and tells the whole only to the administrator.
            _ if gpu.mig_enabled == Value::Known(true) => {}
            // A library that is too old, or a user who may not ask: that is no lack of memory.
            (Value::Refused(code), _) | (_, Value::Refused(code))
                if *code != NvmlCode::NotSupported =>
            {
                return Finding::unread(&Unknown::nvml("NVML: memory", *code));
            }
            // Jetson and GB10 share the machine's memory.
            _ => {}
        }
    }
    let mib = |bytes: u64| (bytes >> 20).to_string();
    match busiest {
        Some((percent, fact, used, total)) if percent >= BUSY_PERCENT => {
            let mut finding = Finding::fail("fail")
                .arg("index", fact.index.to_string())
                .arg("used", mib(used))
                .arg("total", mib(total))
                .evidence(
                    "NVML",
                    format!("GPU {}: {} of {} MiB", fact.index, mib(used), mib(total)),
                );
            for process in fact
                .reading
                .iter()
                .filter_map(|gpu| gpu.processes.known())
                .flatten()
                .take(8)
            {
                finding = finding.evidence(
                    "NVML",
                    format!(
                        "process {} ({}) {}: {} MiB",
                        process.pid,
                        process.kind,
                        process.name.as_deref().unwrap_or("?"),
                        process.memory.map_or("?".to_owned(), mib)
                    ),
                );
            }
            finding
                .fix(
                    Fix::run(
                        "nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv",
                    )
                    .note("fix-processes"),
                )
                .fix(Fix::by_hand("fix-yours"))
        }
        Some((_, fact, used, total)) => Finding::pass("pass")
            .arg("used", mib(used))
            .arg("total", mib(total))
            .arg("index", fact.index.to_string())
            .evidence(
                "NVML",
                format!("GPU {}: {} of {} MiB", fact.index, mib(used), mib(total)),
            ),
        None if shared && !gpus.is_empty() => Finding::not_applicable("na-shared"),
        None => Finding::unread(&Unknown::nvml("NVML: memory", NvmlCode::NotFound)),
    }
}
