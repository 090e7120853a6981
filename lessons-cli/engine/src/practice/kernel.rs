//! The kernel of a practice machine: its modules, the image it starts from, Secure Boot, and the driver that NVML finds.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::facts::Facts;
use crate::facts::driver::Package;
use crate::facts::system::Place;
use crate::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode, NvmlFailure, Value};
use crate::tables::Os;
use crate::tables::cuda_driver::{self, GpuSupport};
use crate::tables::gpu_arch::{self, OpenModule};
use crate::version::DriverVersion;

use super::machine::PracticeMachine;
use super::packages::newer;
use super::tree::{Binary, Content, Device, Node};

/// NVIDIA's modules in the order in which they are loaded, with their sizes.
pub(super) const NVIDIA: [(&str, u32); 4] = [
    ("nvidia", 14_376_960),
    ("nvidia_modeset", 1_814_528),
    ("nvidia_drm", 139_264),
    ("nvidia_uvm", 2_076_672),
];

/// The folders of the driver's libraries: those of Debian and its children, of Fedora, of Arch.
const LIBRARIES: [&str; 3] = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];

/// Where a driver's own installer puts its modules.
const RUNFILE_MODULES: &str = "kernel/drivers/video";

/// Why a module is not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotLoaded {
    /// This kernel has no such module.
    NoModule,
    /// Secure Boot does not know the key that signed it.
    KeyRejected,
    /// Something else holds the cards.
    NoSuchDevice,
}

/// A module of the driver on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModuleFile {
    /// Below the kernel's folder: `updates/dkms/nvidia.ko.zst`.
    pub(super) path: String,
    /// The driver's version.
    pub(super) version: String,
    /// Whether it is the open one.
    pub(super) open: bool,
}

impl ModuleFile {
    /// Whether it was built on this machine, and so is signed with the machine owner's key.
    pub(super) fn is_built_here(&self) -> bool {
        ["updates/", "extra/", RUNFILE_MODULES]
            .iter()
            .any(|folder| self.path.starts_with(folder))
    }
}

impl PracticeMachine {
    /// The names of loaded modules.
    pub(super) fn modules(&self) -> Vec<String> {
        let text = self.tree.text("/proc/modules").unwrap_or_default();
        let names = text.lines().filter_map(|line| line.split(' ').next());
        names.map(str::to_owned).collect()
    }

    pub(super) fn has_loaded(&self, module: &str) -> bool {
        self.modules().iter().any(|name| name == module)
    }

    fn modules_dep(&self) -> String {
        format!("/lib/modules/{}/modules.dep", self.state.kernel)
    }

    /// The file of a module for the running kernel, below the kernel's folder.
    pub(super) fn module_path(&self, module: &str) -> Option<String> {
        let text = self.tree.text(&self.modules_dep()).ok()?;
        text.lines()
            .filter_map(|line| line.split(':').next())
            .find(|path| {
                let name = path.rsplit('/').next().unwrap_or(path);
                name.split('.')
                    .next()
                    .is_some_and(|name| name.replace('-', "_") == module)
            })
            .map(str::to_owned)
    }

    /// The driver's module for the running kernel.
    pub(super) fn nvidia_module(&self) -> Option<ModuleFile> {
        let path = self.module_path("nvidia")?;
        let file = format!("/lib/modules/{}/{path}", self.state.kernel);
        if let Ok(Node {
            content: Content::Program(binary),
            ..
        }) = self.tree.get(&file)
            && let Some((version, flavour)) = binary.data.split_once(' ')
        {
            return Some(ModuleFile {
                path,
                version: version.to_owned(),
                open: flavour == "open",
            });
        }
        // One that was there from the start: its package, or what is loaded, tells of it.
        let packages = self.driver_packages();
        let package = ["nvidia-dkms", "nvidia-kernel", "nvidia-driver", "nvidia-"]
            .iter()
            .find_map(|part| {
                let mut packages = packages.iter();
                packages.find(|package| package.name.starts_with(part))
            });
        let version = self
            .loaded_version()
            .or_else(|| package.map(upstream))
            .or_else(|| self.library_version())?;
        let loaded = self.tree.text("/proc/driver/nvidia/version");
        let open = match loaded {
            Ok(text) => text.contains("Open Kernel Module"),
            Err(_) => {
                path.contains("-open")
                    || self
                        .driver_packages()
                        .iter()
                        .any(|package| package.name.ends_with("-open"))
            }
        };
        Some(ModuleFile {
            path,
            version,
            open,
        })
    }

    /// Puts the recorded module's version into its file, where it stays whatever becomes of packages and libraries.
    ///
    /// Where the module that runs is of another version than the libraries, an upgrade has put a newer one onto the disk.
    pub(super) fn write_recorded_module(&mut self) {
        let Some(mut file) = self.nvidia_module() else {
            return;
        };
        if let Some(library) = self.library_version()
            && self.loaded_version().is_some()
        {
            file.version = library;
        }
        let flavour = if file.open { "open" } else { "closed" };
        let whole = format!("/lib/modules/{}/{}", self.state.kernel, file.path);
        let node = Node::new(
            0o644,
            Content::Program(Arc::new(Binary {
                program: "kernel-module".to_owned(),
                size: 8_000_000,
                data: format!("{} {flavour}", file.version),
            })),
        );
        self.put_file(&whole, node);
    }

    fn driver_packages(&self) -> Vec<Package> {
        let facts = Facts::new(self);
        let packages = facts.packages().clone().unwrap_or_default();
        packages
            .into_iter()
            .filter(|package| {
                package.is_installed()
                    && (package.name.starts_with("nvidia-")
                        || package.name.starts_with("libnvidia-"))
                    && package.version.starts_with(|c: char| c.is_ascii_digit())
                    && package.version.matches('.').count() >= 1
            })
            .collect()
    }

    /// Puts the driver's modules for a kernel below a folder of it.
    pub(super) fn put_modules(&mut self, kernel: &str, folder: &str, version: &str, open: bool) {
        let flavour = if open { "open" } else { "closed" };
        let path = format!("/lib/modules/{kernel}/modules.dep");
        let mut lines = String::new();
        // Fedora packs its modules with xz, the others with zstd.
        let known = self.tree.text(&path).unwrap_or_default();
        let packed = if known.contains(".ko.xz") {
            "xz"
        } else {
            "zst"
        };
        for name in [
            "nvidia",
            "nvidia-modeset",
            "nvidia-drm",
            "nvidia-uvm",
            "nvidia-peermem",
        ] {
            let file = format!("{folder}/{name}.ko.{packed}");
            let node = Node::new(
                0o644,
                Content::Program(Arc::new(Binary {
                    program: "kernel-module".to_owned(),
                    size: 8_000_000,
                    data: format!("{version} {flavour}"),
                })),
            );
            let whole = format!("/lib/modules/{kernel}/{file}");
            self.put_file(&whole, node);
            lines.push_str(&file);
            lines.push_str(":\n");
        }
        let kept: String = known
            .lines()
            .filter(|line| !line.starts_with(&format!("{folder}/")))
            .flat_map(|line| [line, "\n"])
            .collect();
        // depmod prefers what lies below updates, and with Fedora what lies below extra.
        let all = if folder.starts_with("updates") || folder.starts_with("extra/") {
            lines + &kept
        } else {
            let (updates, rest): (Vec<&str>, Vec<&str>) = kept
                .lines()
                .partition(|line| line.starts_with("updates/") || line.starts_with("extra/"));
            lines_of(updates) + &lines + &lines_of(rest)
        };
        self.put_text(&path, all);
    }

    /// Takes the driver's modules below a folder of a kernel away.
    pub(super) fn remove_modules(&mut self, kernel: &str, folder: &str) {
        let path = format!("/lib/modules/{kernel}/modules.dep");
        let text = self.tree.text(&path).unwrap_or_default();
        let (gone, kept): (Vec<&str>, Vec<&str>) = text
            .lines()
            .partition(|line| line.starts_with(&format!("{folder}/nvidia")));
        for line in gone {
            let file = line.split(':').next().unwrap_or(line);
            let _ = self.tree.remove(&format!("/lib/modules/{kernel}/{file}"));
        }
        self.put_text(&path, lines_of(kept));
    }

    /// Writes a file as the system does, making the folders above it.
    pub(super) fn put_text(&mut self, path: &str, text: impl Into<String>) {
        self.put_file(path, Node::file(text.into()));
    }

    /// Puts a node as the system does, making the folders above it.
    pub(super) fn put_file(&mut self, path: &str, node: Node) {
        let clock = self.clock;
        let path = super::tree::normal(path);
        if let Some((folder, name)) = super::tree::split(&path)
            && let Ok(folder) = self.tree.make_dirs(&folder, clock)
        {
            // A full disk is the business of whoever writes much; a system file of some lines still fits.
            let _ = self
                .tree
                .put(&super::tree::join(&folder, &name), node.changed_at(clock));
        }
    }

    /// Adds a line to the kernel's log.
    pub(super) fn kernel_says(&mut self, text: &str) {
        self.log("kernel", text);
    }

    /// Whether the firmware checks signatures.
    pub(super) fn secure_boot(&self) -> bool {
        Facts::new(self).secure_boot() == Ok(Some(true))
    }

    /// The kernel driver that holds a GPU.
    pub(super) fn holder(&self, address: &str) -> Option<String> {
        let path = format!("/sys/bus/pci/devices/{address}/driver");
        match &self.tree.get_link(&path).ok()?.content {
            Content::Link(target) => target.rsplit('/').next().map(str::to_owned),
            _ => None,
        }
    }

    fn bind(&mut self, address: &str, driver: Option<&str>) {
        let path = format!("/sys/bus/pci/devices/{address}/driver");
        match driver {
            Some(driver) => self.put_file(
                &path,
                Node::link(&format!("../../../../bus/pci/drivers/{driver}")),
            ),
            None => {
                let _ = self.tree.remove(&path);
            }
        }
    }

    fn add_loaded(&mut self, module: &str, size: u32) {
        if self.has_loaded(module) {
            return;
        }
        let text = self.tree.text("/proc/modules").unwrap_or_default();
        self.put_text(
            "/proc/modules",
            format!("{module} {size} 0 - Live 0x0000000000000000\n{text}"),
        );
        self.put_file(&format!("/sys/module/{module}"), Node::dir());
    }

    fn remove_loaded(&mut self, module: &str) {
        let text = self.tree.text("/proc/modules").unwrap_or_default();
        let kept: String = text
            .lines()
            .filter(|line| line.split(' ').next() != Some(module))
            .flat_map(|line| [line, "\n"])
            .collect();
        self.put_text("/proc/modules", kept);
        let _ = self.tree.remove(&format!("/sys/module/{module}"));
    }

    /// Loads a module with those that it needs.
    pub(super) fn load_module(&mut self, module: &str) -> Result<(), NotLoaded> {
        if self.has_loaded(module) {
            return Ok(());
        }
        if module.starts_with("nvidia") {
            return self.load_nvidia(module);
        }
        if self.module_path(module).is_none() {
            return Err(NotLoaded::NoModule);
        }
        if module == "nouveau" {
            for address in self.gpu_addresses() {
                if self.holder(&address).is_none() {
                    self.bind(&address, Some("nouveau"));
                }
            }
        }
        self.add_loaded(module, 3_096_576);
        if module == "nouveau" {
            self.log_nouveau();
        }
        Ok(())
    }

    fn load_nvidia(&mut self, module: &str) -> Result<(), NotLoaded> {
        let file = self.nvidia_module().ok_or(NotLoaded::NoModule)?;
        if self.module_path(module).is_none() {
            return Err(NotLoaded::NoModule);
        }
        if self.rejects(&file) {
            self.log_rejected();
            return Err(NotLoaded::KeyRejected);
        }
        if !self.has_loaded("nvidia") {
            let addresses = self.gpu_addresses();
            let free: Vec<String> = addresses
                .iter()
                .filter(|address| matches!(self.holder(address).as_deref(), None | Some("nvidia")))
                .cloned()
                .collect();
            if free.is_empty() {
                self.log_not_probed();
                return Err(NotLoaded::NoSuchDevice);
            }
            if self
                .hardware
                .gpus
                .iter()
                .all(|gpu| refused(gpu, &file).is_some())
                && !self.hardware.gpus.is_empty()
            {
                self.log_refused(&file);
                return Err(NotLoaded::NoSuchDevice);
            }
            for address in free {
                self.bind(&address, Some("nvidia"));
            }
            self.add_loaded("nvidia", NVIDIA[0].1);
            let line = if file.open {
                format!(
                    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (dvs-builder@U22)",
                    file.version
                )
            } else {
                format!(
                    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  {}",
                    file.version
                )
            };
            self.put_text("/proc/driver/nvidia/version", format!("{line}\n"));
            self.put_text("/sys/module/nvidia/version", format!("{}\n", file.version));
            self.log_nvidia(&file);
            self.log_silent_cards();
            for index in 0..self.hardware.gpus.len() {
                self.device(&format!("nvidia{index}"));
            }
            self.device("nvidiactl");
        }
        for (name, size) in NVIDIA {
            if name == module || (module == "nvidia_drm" && name == "nvidia_modeset") {
                let is_new = !self.has_loaded(name);
                self.add_loaded(name, size);
                if is_new {
                    self.log_nvidia_part(name, &file.version);
                }
                if name == "nvidia_uvm" {
                    self.device("nvidia-uvm");
                    self.device("nvidia-uvm-tools");
                }
            }
        }
        self.look_for_driver();
        Ok(())
    }

    /// Whether Secure Boot keeps a module out: it was built here, and the firmware does not know this machine's key.
    pub(super) fn rejects(&self, file: &ModuleFile) -> bool {
        self.secure_boot() && file.is_built_here() && !self.state.key_enrolled
    }

    fn device(&mut self, name: &str) {
        self.put_file(
            &format!("/dev/{name}"),
            Node::new(0o666, Content::Device(Device::Other)),
        );
    }

    /// Unloads a module, and with NVIDIA's main one everything that it brought.
    pub(super) fn unload_module(&mut self, module: &str) {
        self.remove_loaded(module);
        if module == "nvidia" || module == "nouveau" {
            for address in self.gpu_addresses() {
                if self.holder(&address).as_deref() == Some(module) {
                    self.bind(&address, None);
                }
            }
        }
        if module == "nvidia" {
            for path in ["/proc/driver/nvidia/version", "/sys/module/nvidia/version"] {
                let _ = self.tree.remove(path);
            }
            let devices = self.tree.list("/dev").unwrap_or_default();
            for device in devices.iter().filter(|name| name.starts_with("nvidia")) {
                let _ = self.tree.remove(&format!("/dev/{device}"));
            }
            self.look_for_driver();
        }
    }

    /// The version of the module that runs.
    pub(super) fn loaded_version(&self) -> Option<String> {
        let text = self.tree.text("/sys/module/nvidia/version").ok()?;
        Some(text.trim().to_owned())
    }

    /// The folder where the driver's libraries are, or would be put.
    fn libraries(&self) -> &'static str {
        let there = LIBRARIES
            .into_iter()
            .find(|folder| self.library_in(folder).is_some());
        there.unwrap_or(match Facts::new(self).distribution() {
            Ok(distribution) if distribution.id == "fedora" => LIBRARIES[1],
            Ok(distribution) if distribution.id == "arch" => LIBRARIES[2],
            _ => LIBRARIES[0],
        })
    }

    fn library_in(&self, folder: &str) -> Option<String> {
        let node = self
            .tree
            .get_link(&format!("{folder}/libnvidia-ml.so.1"))
            .ok()?;
        match &node.content {
            Content::Link(target) => target
                .split_once(".so.")
                .map(|(_, version)| version.to_owned()),
            _ => None,
        }
    }

    /// The version of the library on the disk.
    pub(super) fn library_version(&self) -> Option<String> {
        self.library_in(self.libraries())
    }

    /// Puts the driver's libraries of a version in place of those that are there.
    pub(super) fn put_libraries(&mut self, version: &str) {
        let folder = self.libraries();
        self.remove_libraries();
        for library in ["libcuda", "libnvidia-ml"] {
            let file = format!("{library}.so.{version}");
            self.put_file(
                &format!("{folder}/{file}"),
                Node::new(0o644, Content::Untold(30_000_000)),
            );
            self.put_file(&format!("{folder}/{library}.so.1"), Node::link(&file));
        }
        self.look_for_driver();
    }

    /// Takes the driver's libraries away.
    pub(super) fn remove_libraries(&mut self) {
        let folder = self.libraries();
        for name in self.tree.list(folder).unwrap_or_default() {
            if name.starts_with("libcuda.so.") || name.starts_with("libnvidia-ml.so.") {
                let _ = self.tree.remove(&format!("{folder}/{name}"));
            }
        }
        self.look_for_driver();
    }

    /// What NVML says now, by the module that runs and the library on the disk.
    pub(super) fn look_for_driver(&mut self) {
        if self.is_wsl() {
            self.look_for_windows_driver();
            return;
        }
        let folder = self.libraries();
        let library = self.library_version();
        let path = library
            .as_ref()
            .map(|version| format!("{folder}/libnvidia-ml.so.{version}"));
        let failed = |error| {
            Err(NvmlFailure {
                error,
                library: path.clone(),
            })
        };
        self.state.nvml = match (library, self.loaded_version()) {
            (None, _) => Err(NvmlCode::LibloadingError.into()),
            (Some(_), None) => failed(NvmlCode::DriverNotLoaded),
            (Some(library), Some(module)) if library != module => {
                failed(NvmlCode::LibRmVersionMismatch)
            }
            (Some(version), Some(_)) => match &self.state.nvml {
                // What was set by hand since the driver was loaded stays.
                Ok(nvml) if nvml.driver_version.known() == Some(&version) => return,
                _ => Ok(self.reading(&version, path.clone())),
            },
        };
    }

    fn is_wsl(&self) -> bool {
        Facts::new(self).place() == Place::Wsl
    }

    /// In WSL it is Windows' driver that answers, unless a Linux driver's library comes before its own.
    fn look_for_windows_driver(&mut self) {
        let hidden = LIBRARIES
            .iter()
            .any(|folder| self.library_in(folder).is_some());
        let there = self.tree.exists("/usr/lib/wsl/lib/libnvidia-ml.so.1");
        self.state.nvml = match &self.hardware.windows {
            Some(nvml) if there && !hidden => Ok(nvml.clone()),
            _ if there || hidden => Err(NvmlCode::DriverNotLoaded.into()),
            _ => Err(NvmlCode::LibloadingError.into()),
        };
    }

    /// A first reading of NVML with a driver of this version.
    fn reading(&self, version: &str, library: Option<String>) -> Nvml {
        let open = self
            .tree
            .text("/proc/driver/nvidia/version")
            .is_ok_and(|text| text.contains("Open Kernel Module"));
        let cuda = version
            .parse::<DriverVersion>()
            .ok()
            .and_then(|version| cuda_driver::ceiling(&version, Os::Linux).ok());
        let major = cuda.map_or(0, |cuda| cuda.major);
        let gpus = self
            .hardware
            .gpus
            .iter()
            .filter(|gpu| serves(gpu, version, open))
            .map(|gpu| GpuReading::Opened(Box::new(gpu.clone())))
            .collect();
        Nvml {
            library,
            driver_version: Value::Known(version.to_owned()),
            nvml_version: Value::Known(format!("{major}.{version}")),
            cuda_driver_version: cuda
                .map_or(Value::Unrecorded, |cuda| Value::Known(cuda.to_string())),
            gpus,
        }
    }

    /// The lines of modprobe's configuration that keep a module out, as files have them now.
    pub(super) fn kept_out(&self) -> BTreeSet<String> {
        let facts = Facts::new(self);
        let lines = &facts.modprobe().lines;
        lines
            .iter()
            .filter_map(|line| {
                let words: Vec<&str> = line.line.split(' ').collect();
                match words.as_slice() {
                    ["blacklist", module] | ["alias", module, "off" | "null"] => {
                        Some((*module).to_owned())
                    }
                    ["install", module, program, ..]
                        if program.ends_with("/false") || program.ends_with("/true") =>
                    {
                        Some((*module).to_owned())
                    }
                    _ => None,
                }
            })
            .collect()
    }

    /// The modules that the image keeps out from which the kernel starts.
    fn kept_out_of_image(&self) -> BTreeSet<String> {
        let image = format!("/boot/initrd.img-{}", self.state.kernel);
        match self.tree.get(&image).map(|node| &node.content) {
            Ok(Content::Program(binary)) => binary.data.split(' ').map(str::to_owned).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// Builds the image again from which a kernel starts: it takes modprobe's configuration along.
    pub(super) fn build_image(&mut self, kernel: &str) {
        let kept_out: Vec<String> = self.kept_out().into_iter().collect();
        let node = Node::new(
            0o644,
            Content::Program(Arc::new(Binary {
                program: "initramfs".to_owned(),
                size: 72_000_000,
                data: kept_out.join(" "),
            })),
        );
        self.put_file(&format!("/boot/initrd.img-{kernel}"), node);
    }

    /// The image of a machine as it was recorded. Where nouveau runs although a line keeps it out, the image was built
    /// before that line, unless a package's own scripts have built it since.
    pub(super) fn recorded_image(&mut self) {
        let kernel = self.state.kernel.clone();
        let is_stale = self.has_loaded("nouveau") && self.driver_packages().is_empty();
        if is_stale {
            let node = Node::new(
                0o644,
                Content::Program(Arc::new(Binary {
                    program: "initramfs".to_owned(),
                    size: 72_000_000,
                    data: String::new(),
                })),
            );
            self.put_file(&format!("/boot/initrd.img-{kernel}"), node);
        } else {
            self.build_image(&kernel);
        }
    }

    /// Where an upgrade has taken the running kernel's modules away, the next start is that of the kernel which came.
    fn take_newest_kernel(&mut self) {
        let kernels = self.tree.list("/lib/modules").unwrap_or_default();
        if kernels.contains(&self.state.kernel) {
            return;
        }
        let Some(newest) = kernels
            .into_iter()
            .reduce(|one, other| if newer(&other, &one) { other } else { one })
        else {
            return;
        };
        let before = std::mem::replace(&mut self.state.kernel, newest.clone());
        for path in ["/proc/version", "/proc/sys/kernel/osrelease"] {
            let text = self.tree.text(path).unwrap_or_default();
            self.put_text(path, text.replace(&before, &newest));
        }
        // The recording does not tell what modules that kernel has: its own nouveau, and those of an installed package.
        if !self.tree.exists(&self.modules_dep()) {
            self.put_text(
                &self.modules_dep(),
                "kernel/drivers/gpu/drm/nouveau/nouveau.ko.zst: kernel/drivers/gpu/drm/ttm/ttm.ko.zst\n",
            );
            let package = Facts::new(self).pacman_driver().ok().flatten();
            if let Some(package) = package.filter(|package| !package.name.ends_with("-utils")) {
                let open = package.name.contains("open");
                self.put_modules(&newest, "extramodules", &upstream(&package), open);
            }
        }
        self.build_image(&newest);
    }

    /// Wakes GPUs that sleep, as asking the driver for anything does.
    pub fn wake(&mut self) {
        let asleep =
            matches!(&self.state.nvml, Err(failure) if failure.error == NvmlCode::Suspended);
        if !asleep {
            return;
        }
        for address in self.gpu_addresses() {
            let path = format!("/sys/bus/pci/devices/{address}/power/runtime_status");
            if self.tree.exists(&path) {
                self.put_text(&path, "active\n");
            }
        }
        self.look_for_driver();
    }

    /// The kernel's part of a start: nothing is loaded, then what the image and the files allow.
    pub(super) fn start_kernel(&mut self) {
        // The loader's menu, where it was written since.
        if let Ok(menu) = self.tree.text("/boot/grub/grub.cfg")
            && let Some(line) = menu.lines().find_map(|line| line.strip_prefix("linux "))
        {
            let line = format!("{line}\n");
            self.put_text("/proc/cmdline", line);
        }
        self.take_newest_kernel();
        self.log_start();
        // A GPU that is on no bus is part of the chip, and its driver of the system (Jetson): it comes up as it was.
        let is_built_in = self.gpu_addresses().is_empty()
            && self
                .state
                .nvml
                .as_ref()
                .is_ok_and(|nvml| !nvml.gpus.is_empty());
        if is_built_in {
            return;
        }
        for (module, _) in NVIDIA.iter().rev() {
            self.unload_module(module);
        }
        self.unload_module("nouveau");
        self.state.nvml = Err(NvmlCode::DriverNotLoaded.into());
        let on_command_line = Facts::new(self)
            .kernel_command_line()
            .unwrap_or_default()
            .split(' ')
            .any(|word| {
                word.split_once('=').is_some_and(|(name, value)| {
                    name.ends_with("blacklist")
                        && value.split(',').any(|module| module == "nouveau")
                })
            });
        let early = self.kept_out_of_image().contains("nouveau");
        let late = self.kept_out().contains("nouveau");
        // The image loads it before the files are even there; without a line in the files, it is loaded after it.
        if !(on_command_line || early && late) {
            let _ = self.load_module("nouveau");
        }
        if self.nvidia_module().is_some() && self.load_module("nvidia").is_ok() {
            for module in ["nvidia_drm", "nvidia_uvm"] {
                let _ = self.load_module(module);
            }
        }
        self.look_for_driver();
    }
}

/// Lines, each ended by a line feed.
fn lines_of(lines: Vec<&str>) -> String {
    lines.into_iter().flat_map(|line| [line, "\n"]).collect()
}

/// Why a module does not take a card at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The open module needs a processor that the card does not have.
    NoFirmware,
    /// The driver's branch no longer supports the card.
    Dropped,
}

/// Whether a module takes a card, and if not, why. What is not known of a card is no reason.
pub(super) fn refused(gpu: &Gpu, file: &ModuleFile) -> Option<Refused> {
    let cc = gpu.compute_capability.known()?.parse().ok()?;
    let version: DriverVersion = file.version.parse().ok()?;
    if matches!(
        cuda_driver::gpu_support(&version, cc, Os::Linux),
        GpuSupport::Dropped { .. }
    ) {
        return Some(Refused::Dropped);
    }
    (file.open && gpu_arch::open_module(cc) == Ok(OpenModule::Impossible))
        .then_some(Refused::NoFirmware)
}

/// Whether a driver can bring up a card that its module has taken: some need the open module.
fn serves(gpu: &Gpu, version: &str, open: bool) -> bool {
    let file = ModuleFile {
        path: String::new(),
        version: version.to_owned(),
        open,
    };
    let requires_open = gpu
        .compute_capability
        .known()
        .and_then(|text| text.parse().ok())
        .is_some_and(|cc| gpu_arch::open_module(cc) == Ok(OpenModule::Required));
    refused(gpu, &file).is_none() && (open || !requires_open)
}

/// The driver's version in a package's: `580.95.05-0ubuntu0.24.04.2`.
pub(super) fn upstream(package: &Package) -> String {
    let version = package.version.split('-').next().unwrap_or_default();
    version.rsplit(':').next().unwrap_or(version).to_owned()
}
