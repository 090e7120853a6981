//! The GPUs: what the PCI bus shows, what NVML says, and which driver serves them.

use std::cell::OnceCell;

use super::{Facts, Known, Unknown};
use crate::machine::Unread;
use crate::machine::nvml::{Gpu, GpuReading, NvmlCode, NvmlFailure};
use crate::read::drivers::Modules;
use crate::version::{ComputeCapability, CudaVersion, DriverVersion};

#[derive(Default)]
pub(super) struct Cells {
    pci: OnceCell<Known<Vec<PciGpu>>>,
    gpus: OnceCell<Known<Vec<GpuFact>>>,
    driver_version: OnceCell<Known<Sourced<DriverVersion>>>,
}

/// A value and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// A path, a command, or `NVML`.
    pub source: String,
}

/// An NVIDIA GPU on the PCI bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PciGpu {
    /// `0000:81:00.0`
    pub address: String,
    /// The device's number, `0x2684`.
    pub device: Option<String>,
    /// The kernel driver that serves it now: `nvidia`, `nouveau`, `vfio-pci` …; `None` where none does.
    pub driver: Known<Option<String>>,
    /// `power/runtime_status`: `active`, `suspended` …
    pub power: Option<String>,
}

/// A GPU as NVML numbers it.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuFact {
    /// Its index, from 0.
    pub index: usize,
    /// Its name, whole.
    pub name: Option<String>,
    /// `00000000:81:00.0`
    pub bus_id: Option<String>,
    /// What decides which compiled code runs on it.
    pub compute_capability: Option<ComputeCapability>,
    /// All that NVML says of it.
    pub reading: Option<Gpu>,
    /// Why NVML says nothing of it.
    pub error: Option<NvmlCode>,
}

/// Kernel drivers that hold a device back for a virtual machine.
const FOR_GUESTS: [&str; 4] = ["vfio-pci", "pci-stub", "pciback", "nvgrace-gpu-vfio-pci"];

/// The first PCI device number of the Blackwell generation: every display device of an earlier one has a lower number,
/// and every later one a higher (pci.ids of 2026-08-22: AD107 ends at 28f8, GB100 begins at 2901).
const FIRST_BLACKWELL: u16 = 0x2900;

const PCI: &str = "/sys/bus/pci/devices";
const NVIDIA: &str = "0x10de";

/// Which of NVIDIA's kernel modules can drive a display device of a PCI number, as far as the number tells.
pub fn modules_for(device: u16) -> Modules {
    if device >= FIRST_BLACKWELL {
        Modules::OpenOnly
    } else {
        Modules::Either
    }
}

impl PciGpu {
    /// Whether only the open kernel module serves it; `None` where its number is not known.
    pub fn needs_open_module(&self) -> Option<bool> {
        let number = self.device.as_deref()?.strip_prefix("0x")?;
        let number = u16::from_str_radix(number, 16).ok()?;
        Some(modules_for(number) == Modules::OpenOnly)
    }
}

/// Whether a kernel driver holds a device back for a virtual machine.
pub fn is_for_guests(driver: &str) -> bool {
    FOR_GUESTS.contains(&driver)
}

impl Facts<'_> {
    /// NVIDIA's display and 3-D controllers on the PCI bus, by sysfs.
    pub fn pci_gpus(&self) -> &Known<Vec<PciGpu>> {
        self.gpus.pci.get_or_init(|| self.read_pci())
    }

    fn read_pci(&self) -> Known<Vec<PciGpu>> {
        let addresses = match self.dir(PCI) {
            Ok(addresses) => addresses,
            // Without a PCI bus (Jetson's GPU is not on one) or without sight of it.
            Err(why) => return Err(Unknown::unread(PCI, why)),
        };
        let mut gpus = Vec::new();
        for address in addresses {
            let device = format!("{PCI}/{address}");
            let field = |name: &str| {
                let path = format!("{device}/{name}");
                match self.text(&path) {
                    Ok(text) => Ok(Some(text.trim().to_lowercase())),
                    Err(Unread::NotFound) => Ok(None),
                    Err(why) => Err(Unknown::unread(path, why)),
                }
            };
            if field("vendor")?.as_deref() != Some(NVIDIA) {
                continue;
            }
            // 0x03xxxx: VGA, 3-D and other display controllers; the rest are the card's sound and USB functions.
            if !field("class")?.is_some_and(|class| class.starts_with("0x03")) {
                continue;
            }
            let driver = format!("{device}/driver");
            gpus.push(PciGpu {
                device: field("device").ok().flatten(),
                driver: match self.link(&driver) {
                    Ok(target) => {
                        Ok(target.and_then(|link| link.rsplit('/').next().map(str::to_owned)))
                    }
                    Err(Unread::NotFound) => Ok(None),
                    Err(why) => Err(Unknown::unread(driver, why)),
                },
                power: field("power/runtime_status").ok().flatten(),
                address,
            });
        }
        Ok(gpus)
    }

    /// The kernel driver that keeps every GPU for virtual machines; `None` where a GPU is left to this machine.
    pub fn gpus_set_aside(&self) -> Known<Option<&str>> {
        if !self.sees_hardware() || self.nvml().is_ok() {
            return Ok(None);
        }
        // Whether there is a GPU at all is another step's question.
        let Ok(gpus) = self.pci_gpus() else {
            return Ok(None);
        };
        let mut holder = None;
        for gpu in gpus {
            match &gpu.driver {
                Ok(Some(driver)) if is_for_guests(driver) => {
                    holder = Some(driver.as_str());
                }
                Ok(_) => return Ok(None),
                // Without such a driver in the kernel it holds nothing.
                Err(unknown) => match self.modules() {
                    Ok(loaded)
                        if !loaded
                            .iter()
                            .any(|module| is_for_guests(&module.replace('_', "-"))) =>
                    {
                        return Ok(None);
                    }
                    _ => return Err(unknown.clone()),
                },
            }
        }
        Ok(holder)
    }

    /// The GPUs as NVML numbers them.
    pub fn gpus(&self) -> &Known<Vec<GpuFact>> {
        self.gpus.gpus.get_or_init(|| {
            let nvml = self
                .nvml()
                .map_err(|failure| Unknown::nvml("NVML", failure.error))?;
            Ok(nvml
                .gpus
                .iter()
                .cloned()
                .enumerate()
                .map(gpu_fact)
                .collect())
        })
    }

    /// NVML's failure as a whole; `None` where it answered.
    pub fn nvml_failure(&self) -> Option<&NvmlFailure> {
        self.nvml().err()
    }

    /// The version of the driver in the kernel: `/sys/module/nvidia/version`, else `/proc/driver/nvidia/version`,
    /// else NVML.
    pub fn driver_version(&self) -> &Known<Sourced<DriverVersion>> {
        self.gpus.driver_version.get_or_init(|| {
            let sys = "/sys/module/nvidia/version";
            let proc = "/proc/driver/nvidia/version";
            let parsed = |text: &str, source: &str| {
                text.trim().parse().ok().map(|value| Sourced {
                    value,
                    source: source.to_owned(),
                })
            };
            let first = self.text(sys);
            if let Some(version) = first.as_ref().ok().and_then(|text| parsed(text, sys)) {
                return Ok(version);
            }
            if let Ok(text) = self.text(proc)
                && let Some(version) = nvrm_version(&text).and_then(|text| parsed(text, proc))
            {
                return Ok(version);
            }
            match self.nvml() {
                Ok(nvml) => nvml
                    .driver_version
                    .known()
                    .and_then(|text| parsed(text, "NVML"))
                    .ok_or_else(|| Unknown::not_understood("NVML")),
                Err(failure) => Err(match first {
                    Err(why) if why != Unread::NotRecorded => Unknown::unread(sys, why),
                    _ => Unknown::nvml("NVML", failure.error),
                }),
            }
        })
    }

    /// The newest CUDA that the driver supports: what `nvidia-smi` heads its table with.
    pub fn driver_ceiling(&self) -> Known<Sourced<CudaVersion>> {
        let nvml = self
            .nvml()
            .map_err(|failure| Unknown::nvml("NVML", failure.error))?;
        nvml.cuda_driver_version
            .known()
            .and_then(|text| text.parse().ok())
            .map(|value| Sourced {
                value,
                source: "NVML".to_owned(),
            })
            .ok_or_else(|| Unknown::not_understood("NVML"))
    }

    /// Whether the machine has an NVIDIA GPU: by NVML, else by the PCI bus, where the bus can be seen.
    pub fn has_nvidia_gpu(&self) -> Known<bool> {
        if let Ok(gpus) = self.gpus()
            && !gpus.is_empty()
        {
            return Ok(true);
        }
        match self.pci_gpus() {
            Ok(gpus) if !gpus.is_empty() => Ok(true),
            // No PCI device at all is a bus that is hidden, not a bus that is empty.
            Ok(_) if self.sees_hardware() && self.dir(PCI).is_ok_and(|all| !all.is_empty()) => {
                Ok(false)
            }
            Ok(_) => Err(Unknown::unread(PCI, Unread::NotFound)),
            Err(unknown) => Err(unknown.clone()),
        }
    }
}

fn gpu_fact((index, reading): (usize, GpuReading)) -> GpuFact {
    match reading {
        GpuReading::Failed { error, bus_id } => GpuFact {
            index,
            name: None,
            bus_id,
            compute_capability: None,
            reading: None,
            error: Some(error),
        },
        GpuReading::Opened(gpu) => GpuFact {
            index,
            name: gpu.name.known().cloned(),
            bus_id: gpu.bus_id.known().cloned(),
            compute_capability: gpu
                .compute_capability
                .known()
                .and_then(|text| text.parse().ok()),
            error: None,
            reading: Some(*gpu),
        },
    }
}

/// The version in the first line of `/proc/driver/nvidia/version`:
/// `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build …`
pub(super) fn nvrm_version(text: &str) -> Option<&str> {
    text.lines()
        .next()?
        .split_whitespace()
        .find(|word| word.contains('.') && word.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_either_line() {
        for line in [
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (dvs-builder@U16)  Tue Sep 23 09:55:41 UTC 2025",
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  Tue Sep 23 10:11:16 UTC 2025",
        ] {
            assert_eq!(nvrm_version(line), Some("580.95.05"));
        }
        assert_eq!(nvrm_version(""), None);
    }
}
