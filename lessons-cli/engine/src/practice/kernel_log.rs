//! What the kernel has written since the start, by what the machine is: `dmesg` and `journalctl -k` show it.
//!
//! The sentences are those of NVIDIA's module (`nv-pci.c`, `nv.c`, `osapi.c` of open-gpu-kernel-modules), of nouveau, and
//! of the kernel's `module/signing.c` and `lockdown.c`; those for which a GPU's firmware decides were seen in public logs.

use crate::facts::Facts;
use crate::machine::nvml::{GpuReading, NvmlCode, Value};
use crate::tables::gpu_arch::{self, OpenModule};

use super::kernel::{ModuleFile, Refused, refused};
use super::machine::PracticeMachine;

impl PracticeMachine {
    /// What a machine that was recorded had written until then.
    pub(super) fn write_recorded_log(&mut self) {
        if Facts::new(self).place() != crate::facts::system::Place::Host {
            return;
        }
        let now = self.clock;
        // It was started some time before; the log tells of that start.
        self.clock = self.started;
        self.log_start();
        if self.has_loaded("nouveau") {
            self.log_nouveau();
        }
        let file = self.nvidia_module();
        if self.has_loaded("nvidia") {
            if let Some(file) = &file {
                self.log_nvidia(file);
            }
            self.log_silent_cards();
        } else if let Some(file) = &file {
            if self.rejects(file) {
                self.log_rejected();
            } else if self.has_loaded("nouveau") {
                self.log_not_probed();
            }
        }
        self.clock = now - 60;
        self.log_lost_cards();
        if self.nvml_code() == Some(NvmlCode::LibRmVersionMismatch) {
            self.log_mismatch();
        }
        self.clock = now;
    }

    /// The first lines of every start.
    pub(super) fn log_start(&mut self) {
        let kernel = self.state.kernel.clone();
        self.kernel_says(&format!("Linux version {kernel}"));
        if let Ok(line) = Facts::new(self).kernel_command_line().clone() {
            self.kernel_says(&format!("Command line: {}", line.trim()));
        }
        if self.secure_boot() {
            self.kernel_says("secureboot: Secure boot enabled");
            self.kernel_says(
                "Kernel is locked down from EFI Secure Boot mode; see man kernel_lockdown.7",
            );
        }
        for address in self.gpu_addresses() {
            let id = self.pci_id(&address);
            let class = self.pci_field(&address, "class");
            self.kernel_says(&format!(
                "pci {address}: [{id}] type 00 class {class} PCIe Legacy Endpoint"
            ));
        }
    }

    /// Whether the kernel is at least of this version: what drivers say of themselves has changed over the years.
    fn kernel_is_since(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.state.kernel.split(['.', '-']);
        let mut number = || numbers.next().and_then(|part| part.parse::<u32>().ok());
        (number(), number()) >= (Some(major), Some(minor))
    }

    /// nouveau has taken its cards.
    pub(super) fn log_nouveau(&mut self) {
        // 1.3.1 until 6.5; since 6.14 DRM leaves a driver's date out.
        let version = match (self.kernel_is_since(6, 14), self.kernel_is_since(6, 6)) {
            (true, _) => "1.4.0",
            (false, true) => "1.4.0 20120801",
            (false, false) => "1.3.1 20120801",
        };
        for (minor, address) in self.held_by("nouveau").into_iter().enumerate() {
            self.kernel_says(&format!(
                "nouveau {address}: vgaarb: deactivate vga console"
            ));
            self.kernel_says(&format!(
                "[drm] Initialized nouveau {version} for {address} on minor {minor}"
            ));
        }
    }

    /// NVIDIA's module was loaded.
    pub(super) fn log_nvidia(&mut self, file: &ModuleFile) {
        self.kernel_says("nvidia: loading out-of-tree module taints kernel.");
        if !file.open {
            self.kernel_says("nvidia: module license 'NVIDIA' taints kernel.");
            self.kernel_says("Disabling lock debugging due to kernel taint");
        }
        if file.is_built_here() && !self.secure_boot() {
            self.kernel_says("nvidia: module verification failed: signature and/or required key missing - tainting kernel");
        }
        self.kernel_says(
            "nvidia-nvlink: Nvlink Core is being initialized, major device number 234",
        );
        for address in self.held_by("nvidia") {
            // A card without outputs is no VGA device.
            if !self.pci_field(&address, "class").starts_with("0x0300") {
                continue;
            }
            self.kernel_says(&format!(
                "nvidia {address}: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=none:owns=none"
            ));
        }
        let line = self
            .tree
            .text("/proc/driver/nvidia/version")
            .unwrap_or_default();
        if let Some(line) = line
            .lines()
            .find_map(|line| line.strip_prefix("NVRM version: "))
        {
            let line = line.to_owned();
            self.kernel_says(&format!("NVRM: loading {line}"));
        }
        for part in ["nvidia_modeset", "nvidia_drm", "nvidia_uvm"] {
            if self.has_loaded(part) {
                self.log_nvidia_part(part, &file.version);
            }
        }
    }

    /// A module beside NVIDIA's main one was loaded.
    pub(super) fn log_nvidia_part(&mut self, module: &str, version: &str) {
        match module {
            "nvidia_modeset" => {
                let open = self
                    .tree
                    .text("/proc/driver/nvidia/version")
                    .is_ok_and(|text| text.contains("Open Kernel Module"));
                self.kernel_says(&if open {
                    format!("nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  {version}  Release Build  (dvs-builder@U22)")
                } else {
                    format!("nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms  {version}")
                });
            }
            "nvidia_drm" => {
                // The cards' numbers are their buses'.
                for address in self.held_by("nvidia") {
                    let bus = address.split(':').nth(1).unwrap_or("00").to_owned();
                    self.kernel_says(&format!(
                        "[drm] [nvidia-drm] [GPU ID 0x0000{bus}00] Loading driver"
                    ));
                }
                let date = if self.kernel_is_since(6, 14) {
                    ""
                } else {
                    " 20160202"
                };
                for (minor, address) in self.held_by("nvidia").into_iter().enumerate() {
                    self.kernel_says(&format!(
                        "[drm] Initialized nvidia-drm 0.0.0{date} for {address} on minor {minor}"
                    ));
                }
            }
            "nvidia_uvm" => {
                self.kernel_says("nvidia-uvm: Loaded the UVM driver, major device number 511.");
            }
            _ => {}
        }
    }

    /// Something else holds the cards, and NVIDIA's module gives up.
    pub(super) fn log_not_probed(&mut self) {
        let held = self.gpu_addresses().len();
        self.kernel_says(
            "nvidia-nvlink: Nvlink Core is being initialized, major device number 234",
        );
        self.kernel_says(&format!(
            "NVRM: The NVIDIA probe routine was not called for {held} device(s)."
        ));
        self.kernel_says("NVRM: This can occur when another driver was loaded and \nNVRM: obtained ownership of the NVIDIA device(s).");
        self.kernel_says("NVRM: Try unloading the conflicting kernel module (and/or\nNVRM: reconfigure your kernel without the conflicting\nNVRM: driver(s)), then try loading the NVIDIA kernel module\nNVRM: again.");
        self.kernel_says("NVRM: No NVIDIA devices probed.");
        self.kernel_says("nvidia-nvlink: Unregistered Nvlink Core, major device number 234");
    }

    /// The module is signed with a key that the firmware does not know.
    pub(super) fn log_rejected(&mut self) {
        self.kernel_says("Loading of module with unavailable key is rejected");
    }

    /// The cards that the module cannot serve at all: it says so, and leaves them.
    pub(super) fn log_refused(&mut self, file: &ModuleFile) {
        for (index, address) in self.gpu_addresses().into_iter().enumerate() {
            let Some(gpu) = self.hardware.gpus.get(index) else {
                continue;
            };
            let why = refused(gpu, file);
            let id = self.pci_id(&address);
            let version = &file.version;
            let text = match why {
                Some(Refused::NoFirmware) => format!(
                    "NVRM: The NVIDIA GPU {address} (PCI ID: {id})\nNVRM: installed in this system is not supported by open\nNVRM: nvidia.ko because it does not include the required GPU\nNVRM: System Processor (GSP).\nNVRM: Please see the 'Open Linux Kernel Modules' and 'GSP\nNVRM: Firmware' sections in the driver README, available on\nNVRM: the Linux graphics driver download page at\nNVRM: www.nvidia.com."
                ),
                Some(Refused::Dropped) => format!(
                    "NVRM: The NVIDIA GPU {address} (PCI ID: {id})\nNVRM: installed in this system is not supported by the\nNVRM: NVIDIA {version} driver release.\nNVRM: Please see 'Appendix A - Supported NVIDIA GPU Products'\nNVRM: in this release's README, available on the operating system\nNVRM: specific graphics driver download page at www.nvidia.com."
                ),
                None => continue,
            };
            self.kernel_says(&text);
            self.kernel_says(&format!(
                "nvidia {address}: probe with driver nvidia failed with error -1"
            ));
        }
        self.kernel_says("NVRM: The NVIDIA probe routine failed for 1 device(s).");
        self.kernel_says("NVRM: None of the NVIDIA devices were initialized.");
    }

    /// The cards that need the open module and have the closed one: they are bound and do not come up.
    pub(super) fn log_silent_cards(&mut self) {
        let open = self
            .tree
            .text("/proc/driver/nvidia/version")
            .is_ok_and(|text| text.contains("Open Kernel Module"));
        for (minor, address) in self.held_by("nvidia").into_iter().enumerate() {
            let requires = self.hardware.gpus.iter().any(|gpu| {
                let there = gpu
                    .bus_id
                    .known()
                    .is_some_and(|known| known.to_lowercase().ends_with(&address));
                let cc = gpu.compute_capability.known();
                there
                    && cc
                        .and_then(|cc| cc.parse().ok())
                        .is_some_and(|cc| gpu_arch::open_module(cc) == Ok(OpenModule::Required))
            });
            if open || !requires {
                continue;
            }
            let id = self.pci_id(&address);
            self.kernel_says(&format!("NVRM: The NVIDIA GPU {address} (PCI ID: {id})\nNVRM: installed in this system requires use of the NVIDIA open kernel modules."));
            self.kernel_says(&format!(
                "NVRM: GPU {address}: RmInitAdapter failed! (0x22:0x56:884)"
            ));
            self.kernel_says(&format!(
                "NVRM: GPU {address}: rm_init_adapter failed, device minor number {minor}"
            ));
        }
    }

    /// The cards that fell off the bus.
    fn log_lost_cards(&mut self) {
        let Ok(nvml) = &self.state.nvml else {
            return;
        };
        let lost: Vec<String> = nvml
            .gpus
            .iter()
            .filter_map(|reading| match reading {
                GpuReading::Failed { bus_id, .. } => bus_id.clone(),
                GpuReading::Opened(_) => None,
            })
            .map(|id| {
                let id = id.to_lowercase();
                // NVML writes eight digits of the domain, the kernel four.
                id.get(id.len().saturating_sub(12)..)
                    .unwrap_or(&id)
                    .to_owned()
            })
            .collect();
        for address in lost {
            let slot = address.split('.').next().unwrap_or(&address).to_owned();
            self.kernel_says(&format!(
                "NVRM: GPU at PCI:{slot}: {}",
                self.uuid_at(&address)
            ));
            self.kernel_says(&format!("NVRM: Xid (PCI:{slot}): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."));
            self.kernel_says(&format!("NVRM: GPU {address}: GPU has fallen off the bus."));
            self.kernel_says("NVRM: A GPU crash dump has been created. If possible, please run\nNVRM: nvidia-bug-report.sh as root to collect this data before\nNVRM: the NVIDIA kernel module is unloaded.");
        }
    }

    /// A library of another version has asked the module for something.
    pub(super) fn log_mismatch(&mut self) {
        let (Some(client), Some(module)) = (self.library_version(), self.loaded_version()) else {
            return;
        };
        self.kernel_says(&format!("NVRM: API mismatch: the client has the version {client}, but\nNVRM: this kernel module has the version {module}.  Please\nNVRM: make sure that this kernel module and all NVIDIA driver\nNVRM: components have the same version."));
    }

    fn nvml_code(&self) -> Option<NvmlCode> {
        self.state.nvml.as_ref().err().map(|failure| failure.error)
    }

    fn uuid_at(&self, address: &str) -> String {
        self.hardware
            .gpus
            .iter()
            .find(|gpu| {
                gpu.bus_id
                    .known()
                    .is_some_and(|known| known.to_lowercase().ends_with(address))
            })
            .and_then(|gpu| match &gpu.uuid {
                Value::Known(uuid) => Some(uuid.clone()),
                _ => None,
            })
            .unwrap_or_else(|| "GPU-????????-????-????-????-????????????".to_owned())
    }

    fn held_by(&self, driver: &str) -> Vec<String> {
        self.gpu_addresses()
            .into_iter()
            .filter(|address| self.holder(address).as_deref() == Some(driver))
            .collect()
    }

    fn pci_field(&self, address: &str, name: &str) -> String {
        self.tree
            .text(&format!("/sys/bus/pci/devices/{address}/{name}"))
            .map(|text| text.trim().to_lowercase())
            .unwrap_or_default()
    }

    /// `10de:2b85`
    fn pci_id(&self, address: &str) -> String {
        let plain = |name| self.pci_field(address, name).replace("0x", "");
        format!("{}:{}", plain("vendor"), plain("device"))
    }
}
