//! The driver: packages, modules for the running kernel, what Ubuntu recommends, Secure Boot.

use std::cell::OnceCell;

use super::gpus::{Sourced, nvrm_version};
use super::system::has_ending;
use super::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};
use crate::version::DriverVersion;

#[derive(Default)]
pub(super) struct Cells {
    packages: OnceCell<Known<Vec<Package>>>,
    modules_dep: OnceCell<Known<Vec<String>>>,
    library: OnceCell<Known<Option<Library>>>,
}

/// A Debian package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// `nvidia-driver-580`
    pub name: String,
    /// `580.95.05-0ubuntu0.24.04.2`; empty for one that was never installed.
    pub version: String,
    /// `amd64`
    pub architecture: String,
    /// `install ok installed`: what is wanted, any error, and what is.
    pub status: String,
}

impl Package {
    /// Whether its files are unpacked and it is set up.
    pub fn is_installed(&self) -> bool {
        self.status.split_whitespace().nth(2) == Some("installed")
    }

    /// Whether an upgrade may not touch it.
    pub fn is_held(&self) -> bool {
        self.status.split_whitespace().next() == Some("hold")
    }
}

/// The driver's library that programs find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// `/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1`
    pub path: String,
    /// The version in the name that it points to, `libnvidia-ml.so.580.95.05`.
    pub version: Option<DriverVersion>,
}

/// Which of the two kernel modules serves the GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// NVIDIA's open kernel module.
    Open,
    /// The closed one.
    Closed,
}

/// The packages that have to do with the driver, CUDA or containers, of all in dpkg's status file.
pub const DRIVER_PACKAGES: Select = Select::Paragraphs(&[
    "nvidia",
    "cuda",
    "nouveau",
    "docker",
    "xserver-xorg-video-nv",
]);

/// How `nvidia-persistenced` is started here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Daemon {
    /// The command that systemd runs, after all drop-ins; `None` where there is no such service.
    pub command: Option<String>,
    /// The file that has the last word on the command.
    pub source: String,
    /// Whether the files name two commands. systemd refuses such a service, of which only `Type=oneshot` may have more:
    /// a drop-in has to take the first away with an empty `ExecStart=`.
    pub has_two_commands: bool,
    /// Whether `systemctl enable` can do anything: Ubuntu's unit has no `[Install]` section.
    pub has_install_section: bool,
    /// Whether a target of the system, or a udev rule, starts it.
    pub starts_at_boot: bool,
}

/// Where distributions, runfiles, WSL and cloud images put the driver's libraries.
pub(super) const LIBRARY_FOLDERS: [&str; 6] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib/wsl/lib",
    "/usr/local/nvidia/lib64",
    "/usr/lib",
];

const DPKG_STATUS: &str = "/var/lib/dpkg/status";
/// The variable's name and the GUID of all of UEFI's own variables.
const SECURE_BOOT: &str =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

impl Facts<'_> {
    /// The packages of [`DRIVER_PACKAGES`] that dpkg knows, installed or not.
    pub fn packages(&self) -> &Known<Vec<Package>> {
        self.driver.packages.get_or_init(|| {
            self.excerpt(DPKG_STATUS, DRIVER_PACKAGES)
                .map(|text| packages(&text))
                .map_err(|why| Unknown::unread(DPKG_STATUS, why))
        })
    }

    /// The installed package that brings the driver: `nvidia-driver-580-open`, `nvidia-headless-…`, `nvidia-open` …
    pub fn driver_package(&self) -> Known<Option<Package>> {
        let packages = self.packages().as_ref().map_err(Clone::clone)?;
        let rank = |name: &str| {
            const ORDER: [&str; 7] = [
                "nvidia-driver-",
                "nvidia-headless-",
                "nvidia-open",
                "cuda-drivers",
                "nvidia-driver",
                "nvidia-dkms-",
                "nvidia-kernel-",
            ];
            ORDER.iter().position(|prefix| name.starts_with(prefix))
        };
        Ok(packages
            .iter()
            .filter(|package| package.is_installed())
            .filter(|package| {
                !package.name.contains("pinning") && !package.name.contains("assistant")
            })
            .filter_map(|package| Some((rank(&package.name)?, package)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, package)| package.clone()))
    }

    /// The module files named `nvidia.ko` or `nouveau.ko` (and their like) that the running kernel can load, as
    /// paths below `/lib/modules/<kernel>`, from `modules.dep`.
    pub fn module_files(&self) -> &Known<Vec<String>> {
        self.driver.modules_dep.get_or_init(|| {
            let Some(kernel) = self.platform().kernel else {
                return Err(Unknown::unread("/lib/modules", Unread::NotRecorded));
            };
            let path = format!("/lib/modules/{kernel}/modules.dep");
            let text = self
                .excerpt(&path, Select::Lines(&["nvidia", "nouveau", "nova"]))
                .map_err(|why| Unknown::unread(&path, why))?;
            Ok(text
                .lines()
                .filter_map(|line| line.split(':').next())
                .map(str::to_owned)
                .collect())
        })
    }

    /// The file of one module for the running kernel; `None` where the kernel has none.
    pub fn module_file(&self, module: &str) -> Known<Option<String>> {
        let files = self.module_files().as_ref().map_err(Clone::clone)?;
        Ok(files
            .iter()
            .find(|file| {
                file.rsplit('/')
                    .next()
                    .and_then(|name| name.split('.').next())
                    .is_some_and(|name| name.replace('-', "_") == module)
            })
            .cloned())
    }

    /// Whether the running kernel's headers are here, which DKMS needs to build a module.
    pub fn kernel_headers(&self) -> Known<bool> {
        match self.platform().kernel {
            Some(kernel) => self.exists(&format!("/lib/modules/{kernel}/build")),
            None => Err(Unknown::unread("/lib/modules", Unread::NotRecorded)),
        }
    }

    /// The driver's library that programs find first; `None` where none of the usual folders has it.
    pub fn driver_library(&self) -> &Known<Option<Library>> {
        self.driver.library.get_or_init(|| {
            let mut unread = None;
            for folder in LIBRARY_FOLDERS {
                let path = format!("{folder}/libnvidia-ml.so.1");
                match self.link(&path) {
                    Ok(target) => {
                        return Ok(Some(Library {
                            version: target.as_deref().and_then(library_version),
                            path,
                        }));
                    }
                    Err(Unread::NotFound) => {}
                    Err(why) => {
                        unread.get_or_insert(Unknown::unread(path, why));
                    }
                }
            }
            unread.map_or(Ok(None), Err)
        })
    }

    /// The version of the driver's libraries: the file that NVML was loaded from, else the one on disk.
    pub fn library_version(&self) -> Known<Option<Sourced<DriverVersion>>> {
        let loaded = match self.nvml() {
            Ok(nvml) => &nvml.library,
            Err(failure) => &failure.library,
        };
        if let Some(path) = loaded
            && let Some(value) = library_version(path)
        {
            return Ok(Some(Sourced {
                value,
                source: path.clone(),
            }));
        }
        let library = self.driver_library().as_ref().map_err(Clone::clone)?;
        Ok(library.as_ref().and_then(|library| {
            Some(Sourced {
                value: library.version.clone()?,
                source: library.path.clone(),
            })
        }))
    }

    /// Which kernel module is loaded, from `/proc/driver/nvidia/version`.
    pub fn flavour(&self) -> Known<Flavour> {
        let path = "/proc/driver/nvidia/version";
        let text = self.text(path).map_err(|why| Unknown::unread(path, why))?;
        if nvrm_version(&text).is_none() {
            return Err(Unknown::not_understood(path));
        }
        Ok(if text.contains("Open Kernel Module") {
            Flavour::Open
        } else {
            Flavour::Closed
        })
    }

    /// Whether the firmware checks signatures; `None` where the machine was not started by EFI.
    ///
    /// The variable's file has four bytes of attributes, then one that is 1 for on.
    pub fn secure_boot(&self) -> Known<Option<bool>> {
        match self.text(SECURE_BOOT) {
            Ok(text) => match text.as_bytes() {
                [_, _, _, _, state @ (0 | 1)] => Ok(Some(*state == 1)),
                _ => Err(Unknown::not_understood(SECURE_BOOT)),
            },
            Err(Unread::NotFound) => match self.exists("/sys/firmware/efi") {
                // EFI without the variable: firmware that knows no Secure Boot.
                Ok(true) => match self.exists("/sys/firmware/efi/efivars") {
                    Ok(true) => Ok(Some(false)),
                    _ => Err(Unknown::unread(SECURE_BOOT, Unread::NotFound)),
                },
                Ok(false) if self.sees_hardware() => Ok(None),
                Ok(false) => Err(Unknown::unread(SECURE_BOOT, Unread::NotFound)),
                Err(unknown) => Err(unknown),
            },
            Err(why) => Err(Unknown::unread(SECURE_BOOT, why)),
        }
    }

    /// Whether the machine has a battery, as laptops do.
    pub fn has_battery(&self) -> Known<bool> {
        self.dir_or_empty("/sys/class/power_supply")
            .map(|names| names.iter().any(|name| name.starts_with("BAT")))
    }

    /// How `nvidia-persistenced` is started: the unit's file, then the drop-ins in the order of their names, as
    /// systemd has it; an empty `ExecStart=` forgets what was before.
    pub fn persistence_daemon(&self) -> Known<Daemon> {
        const UNIT: &str = "nvidia-persistenced.service";
        let mut daemon = Daemon::default();
        for folder in [
            "/etc/systemd/system",
            "/run/systemd/system",
            "/usr/lib/systemd/system",
            "/lib/systemd/system",
        ] {
            let path = format!("{folder}/{UNIT}");
            match self.text(&path) {
                Ok(text) => {
                    daemon.has_install_section =
                        text.lines().any(|line| line.trim() == "[Install]");
                    daemon.apply(&path, &text);
                    break;
                }
                Err(Unread::NotFound) => {}
                Err(why) => return Err(Unknown::unread(path, why)),
            }
        }
        if daemon.command.is_none() {
            return Ok(daemon);
        }
        for folder in ["/usr/lib/systemd/system", "/etc/systemd/system"] {
            let folder = format!("{folder}/{UNIT}.d");
            for name in self.dir_or_empty(&folder)? {
                if has_ending(&name, "conf") {
                    let path = format!("{folder}/{name}");
                    let text = self
                        .text(&path)
                        .map_err(|why| Unknown::unread(&path, why))?;
                    daemon.apply(&path, &text);
                }
            }
        }
        daemon.starts_at_boot = self
            .exists("/etc/systemd/system/multi-user.target.wants/nvidia-persistenced.service")?
            || self.udev_starts_daemon()?;
        Ok(daemon)
    }

    /// Whether Ubuntu's udev rule starts the daemon when the driver is loaded.
    fn udev_starts_daemon(&self) -> Known<bool> {
        for path in [
            "/usr/lib/udev/rules.d/71-nvidia.rules",
            "/lib/udev/rules.d/71-nvidia.rules",
        ] {
            match self.text(path) {
                Ok(rules) => return Ok(rules.contains("nvidia-persistenced")),
                Err(Unread::NotFound) => {}
                Err(why) => return Err(Unknown::unread(path, why)),
            }
        }
        Ok(false)
    }

    /// A script of the system's start that runs `nvidia-smi -pm 1`.
    pub fn boot_script_sets_persistence(&self) -> Known<Option<String>> {
        for path in ["/etc/rc.local", "/etc/crontab"] {
            match self.text(path) {
                Ok(text) => {
                    let sets = |line: &str| {
                        !line.trim_start().starts_with('#')
                            && line.contains("nvidia-smi")
                            && (line.contains("-pm 1") || line.contains("--persistence-mode=1"))
                    };
                    if text.lines().any(sets) {
                        return Ok(Some(path.to_owned()));
                    }
                }
                Err(Unread::NotFound) => {}
                Err(why) => return Err(Unknown::unread(path, why)),
            }
        }
        Ok(None)
    }

    /// The first executable file of a name on `$PATH`; `None` where no folder of it has one.
    pub fn which(&self, program: &str) -> Known<Option<String>> {
        let path = self.env("PATH")?.unwrap_or_default();
        let mut unread = None;
        // Relative folders are left out: which program they mean changes with every `cd`.
        for folder in path.split(':').filter(|folder| folder.starts_with('/')) {
            let file = format!("{}/{program}", folder.trim_end_matches('/'));
            match self.stat(&file) {
                Ok(stat) if stat.is_executable() => return Ok(Some(file)),
                Ok(_) | Err(Unread::NotFound) => {}
                Err(why) => {
                    unread.get_or_insert(Unknown::unread(file, why));
                }
            }
        }
        unread.map_or(Ok(None), Err)
    }
}

impl Daemon {
    fn apply(&mut self, path: &str, text: &str) {
        for line in text.lines() {
            if let Some(command) = line.trim().strip_prefix("ExecStart=") {
                let command = Some(command.trim().to_owned()).filter(|command| !command.is_empty());
                self.has_two_commands = command.is_some() && self.command.is_some();
                self.command = command;
                path.clone_into(&mut self.source);
            }
        }
    }
}

/// The version in `…/libnvidia-ml.so.580.95.05`.
pub(super) fn library_version(name: &str) -> Option<DriverVersion> {
    let (_, version) = name.rsplit_once(".so.")?;
    version.contains('.').then(|| version.parse().ok())?
}

fn packages(status: &str) -> Vec<Package> {
    status
        .split("\n\n")
        .filter_map(|paragraph| {
            let field = |name: &str| {
                paragraph
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                    .map(|value| value.trim().to_owned())
                    .unwrap_or_default()
            };
            let name = field("Package");
            (!name.is_empty()).then(|| Package {
                name,
                version: field("Version"),
                architecture: field("Architecture"),
                status: field("Status"),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_from_dpkg() {
        let read = packages(
            "Package: nvidia-driver-580\nStatus: install ok installed\nArchitecture: amd64\nVersion: 580.95.05-0ubuntu0.24.04.2\n\
             \n\nPackage: nvidia-driver-535\nStatus: deinstall ok config-files\nVersion: 535.1-1\n",
        );
        assert_eq!(read.len(), 2);
        assert!(read[0].is_installed() && !read[1].is_installed());
        assert_eq!(read[0].version, "580.95.05-0ubuntu0.24.04.2");
    }

    #[test]
    fn a_library_names_its_version() {
        assert_eq!(
            library_version("libnvidia-ml.so.580.95.05")
                .unwrap()
                .to_string(),
            "580.95.05"
        );
        assert_eq!(library_version("libnvidia-ml.so.1"), None);
    }
}
