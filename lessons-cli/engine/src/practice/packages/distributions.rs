//! The packages of Arch and of Fedora that the lessons need. What is not told by pacman's own folder is told by the file
//! that a package brings: rpm's database is no text.

use crate::facts::Facts;
use crate::facts::driver_source::Builder;
use crate::facts::system::Family;
use crate::practice::machine::PracticeMachine;
use crate::practice::services;
use crate::practice::tree::Node;
use crate::tables::gpu_arch::{self, OpenModule};

use super::effects;

/// The folder in which pacman keeps one folder a package: `linux-6.17.8.arch1-1`.
const PACMAN: &str = "/var/lib/pacman/local";

/// Where RPM Fusion's package leaves the module's source.
const AKMODS: &str = "/usr/src/akmods";

/// The driver that both distributions had when their machines were recorded.
const DRIVER: &str = "580.105.08";

/// The unit of both, which starts the daemon with persistence mode on (read from a recorded Arch and a recorded Fedora).
const UNIT: &str = "[Unit]\nDescription=NVIDIA Persistence Daemon\n\n[Service]\nType=forking\nExecStart=/usr/bin/nvidia-persistenced --user nvpd\n\n[Install]\nWantedBy=multi-user.target\n";

/// What a package brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brings {
    Programs(&'static [&'static str]),
    /// The headers of the kernel.
    Headers,
    /// The driver's libraries and programs.
    Libraries,
    /// A module that is ready for the distribution's kernel.
    Module,
    /// The source that DKMS builds the module from.
    Dkms,
    /// The source that akmods builds it from.
    Akmod,
}

/// A package: its name, its version, what it brings and what it asks for. A version that is empty is that of the driver,
/// or of the kernel.
type Row = (&'static str, &'static str, Brings, &'static [&'static str]);

const ARCH: &[Row] = &[
    (
        "base-devel",
        "1-2",
        Brings::Programs(&["gcc", "g++", "make"]),
        &[],
    ),
    ("curl", "8.17.0-1", Brings::Programs(&["curl"]), &[]),
    ("dkms", "3.2.2-1", Brings::Programs(&["dkms"]), &[]),
    (
        "gcc",
        "15.2.1+r301+gf24307422d1d-1",
        Brings::Programs(&["gcc", "g++"]),
        &[],
    ),
    ("git", "2.52.0-1", Brings::Programs(&["git"]), &[]),
    ("linux-headers", "", Brings::Headers, &[]),
    ("make", "4.4.1-2", Brings::Programs(&["make"]), &[]),
    ("mokutil", "0.7.2-1", Brings::Programs(&["mokutil"]), &[]),
    ("nano", "8.7-1", Brings::Programs(&["nano"]), &[]),
    ("nvidia", "", Brings::Module, &["nvidia-utils"]),
    ("nvidia-dkms", "", Brings::Dkms, &["dkms", "nvidia-utils"]),
    ("nvidia-open", "", Brings::Module, &["nvidia-utils"]),
    (
        "nvidia-open-dkms",
        "",
        Brings::Dkms,
        &["dkms", "nvidia-utils"],
    ),
    ("nvidia-utils", "", Brings::Libraries, &[]),
    ("pciutils", "3.14.0-1", Brings::Programs(&["lspci"]), &[]),
    ("uv", "0.13.9-1", Brings::Programs(&["uv"]), &[]),
    ("wget", "1.25.0-3", Brings::Programs(&["wget"]), &[]),
];

const FEDORA: &[Row] = &[
    (
        "akmod-nvidia",
        "",
        Brings::Akmod,
        &["kernel-devel", "xorg-x11-drv-nvidia"],
    ),
    ("curl", "8.11.1-6", Brings::Programs(&["curl"]), &[]),
    ("gcc", "15.2.1-4", Brings::Programs(&["gcc"]), &[]),
    ("gcc-c++", "15.2.1-4", Brings::Programs(&["g++"]), &[]),
    ("git", "2.52.0-1", Brings::Programs(&["git"]), &[]),
    ("kernel-devel", "", Brings::Headers, &[]),
    ("make", "4.4.1-10", Brings::Programs(&["make"]), &[]),
    ("mokutil", "0.7.2-1", Brings::Programs(&["mokutil"]), &[]),
    ("nano", "8.3-2", Brings::Programs(&["nano"]), &[]),
    ("pciutils", "3.13.0-7", Brings::Programs(&["lspci"]), &[]),
    ("uv", "0.13.9-1", Brings::Programs(&["uv"]), &[]),
    ("wget", "1.25.0-1", Brings::Programs(&["wget"]), &[]),
    ("xorg-x11-drv-nvidia", "", Brings::Libraries, &[]),
    (
        "xorg-x11-drv-nvidia-cuda",
        "",
        Brings::Libraries,
        &["xorg-x11-drv-nvidia"],
    ),
];

/// A package of Arch or Fedora.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::practice) struct Foreign {
    pub(in crate::practice) name: String,
    /// Whole, as the package manager writes it.
    pub(in crate::practice) version: String,
    brings: Brings,
    needs: &'static [&'static str],
}

impl Foreign {
    /// Whether it comes from RPM Fusion's nonfree part rather than from Fedora.
    pub(in crate::practice) fn is_nonfree(&self) -> bool {
        matches!(self.brings, Brings::Akmod | Brings::Libraries)
    }

    /// Whether it has something that is built for the kernel.
    pub(in crate::practice) fn has_source(&self) -> bool {
        matches!(self.brings, Brings::Akmod | Brings::Dkms)
    }

    /// Whether it is the kernel's headers.
    pub(in crate::practice) fn is_headers(&self) -> bool {
        self.brings == Brings::Headers
    }
}

impl PracticeMachine {
    fn is_arch(&self) -> bool {
        Facts::new(self).family() == Ok(Family::Arch)
    }

    /// The version of the driver whose packages are here, or would come.
    fn foreign_driver(&self) -> String {
        self.library_version()
            .or_else(|| self.loaded_version())
            .unwrap_or_else(|| DRIVER.to_owned())
    }

    /// `fc42`
    fn fedora(&self) -> String {
        let release = self.ubuntu();
        format!("fc{}", release.split('.').next().unwrap_or_default())
    }

    /// What Arch or Fedora offers under a name.
    pub(in crate::practice) fn foreign(&self, name: &str) -> Option<Foreign> {
        let is_arch = self.is_arch();
        let rows = if is_arch { ARCH } else { FEDORA };
        let kernel = &self.state.kernel;
        // Fedora's headers may be asked for by their kernel.
        let plain = match name.strip_prefix("kernel-devel-") {
            Some(release) if !is_arch && release == kernel => "kernel-devel",
            Some(_) => return None,
            None => name,
        };
        let (name, version, brings, needs) = rows.iter().find(|(known, ..)| *known == plain)?;
        let version = match brings {
            Brings::Headers if is_arch => kernel.replace("-arch", ".arch"),
            Brings::Headers => kernel.trim_end_matches(".x86_64").to_owned(),
            _ if is_arch && version.is_empty() => format!("{}-5", self.foreign_driver()),
            _ if version.is_empty() => format!("3:{}-1.{}", self.foreign_driver(), self.fedora()),
            _ if is_arch => (*version).to_owned(),
            _ => format!("{version}.{}", self.fedora()),
        };
        Some(Foreign {
            name: (*name).to_owned(),
            version,
            brings: *brings,
            needs,
        })
    }

    /// All that Arch or Fedora offers.
    pub(in crate::practice) fn foreign_offers(&self) -> Vec<Foreign> {
        let rows = if self.is_arch() { ARCH } else { FEDORA };
        let names = rows.iter().map(|(name, ..)| *name);
        names.filter_map(|name| self.foreign(name)).collect()
    }

    /// The installed packages with their versions.
    pub(in crate::practice) fn foreign_installed(&self) -> Vec<(String, String)> {
        if self.is_arch() {
            let folders = self.tree.list(PACMAN).unwrap_or_default();
            return folders
                .iter()
                .filter_map(|folder| {
                    let (rest, release) = folder.rsplit_once('-')?;
                    let (name, version) = rest.rsplit_once('-')?;
                    Some((name.to_owned(), format!("{version}-{release}")))
                })
                .collect();
        }
        let offers = self.foreign_offers();
        let there = offers.into_iter().filter(|offer| {
            let file = match offer.brings {
                Brings::Programs(names) => format!("/usr/bin/{}", names[0]),
                Brings::Headers => format!("/lib/modules/{}/build", self.state.kernel),
                Brings::Akmod => return self.akmod_source().is_some(),
                _ => "/usr/bin/nvidia-smi".to_owned(),
            };
            self.tree.exists(&file)
        });
        there.map(|offer| (offer.name, offer.version)).collect()
    }

    /// What an installation brings, what it needs first; `Err` with a name that is not offered.
    pub(in crate::practice) fn foreign_plan(
        &self,
        wanted: &[String],
    ) -> Result<Vec<Foreign>, String> {
        let installed = self.foreign_installed();
        let is_there = |name: &str| installed.iter().any(|(there, _)| there == name);
        let mut plan: Vec<Foreign> = Vec::new();
        for name in wanted {
            let offer = self.foreign(name).ok_or_else(|| name.clone())?;
            for need in offer.needs {
                if !is_there(need)
                    && !plan.iter().any(|known| known.name == *need)
                    && let Some(need) = self.foreign(need)
                {
                    plan.push(need);
                }
            }
            if !is_there(&offer.name) && !plan.iter().any(|known| known.name == offer.name) {
                plan.push(offer);
            }
        }
        Ok(plan)
    }

    /// Installs a package; what is to be built is built afterwards.
    pub(in crate::practice) fn install_foreign(&mut self, package: &Foreign) {
        if self.is_arch() {
            self.put_file(
                &format!("{PACMAN}/{}-{}", package.name, package.version),
                Node::dir(),
            );
        }
        let driver = self.foreign_driver();
        let kernel = self.state.kernel.clone();
        let open = package.name.contains("open");
        match package.brings {
            Brings::Programs(names) => {
                for name in names {
                    self.put_file(&format!("/usr/bin/{name}"), Node::program(name));
                }
            }
            Brings::Headers => self.put_file(&format!("/lib/modules/{kernel}/build"), Node::dir()),
            Brings::Libraries => {
                self.put_libraries(&driver);
                for name in ["nvidia-smi", "nvidia-persistenced", "nvidia-bug-report.sh"] {
                    self.put_file(&format!("/usr/bin/{name}"), Node::program(name));
                }
                self.put_text("/usr/lib/systemd/system/nvidia-persistenced.service", UNIT);
                if self.is_arch() {
                    self.put_text(
                        "/usr/lib/modprobe.d/nvidia-utils.conf",
                        "blacklist nouveau\nblacklist nova_core\n",
                    );
                } else {
                    // RPM Fusion's package keeps nouveau out on the kernel's command line (rpmfusion.org/Howto/NVIDIA).
                    self.keep_nouveau_out_at_start();
                }
                services::reload(self);
            }
            Brings::Module => {
                self.put_modules(&kernel, "extramodules", &driver, open);
                self.build_image(&kernel);
            }
            Brings::Dkms => self.put_file(&format!("/usr/src/nvidia-{driver}"), Node::dir()),
            Brings::Akmod => {
                let fedora = self.fedora();
                self.put_file(
                    &format!("{AKMODS}/nvidia-kmod-{driver}-1.{fedora}.src.rpm"),
                    Node::file("source\n"),
                );
            }
        }
    }

    /// Removes a package of pacman's. What it brought goes with it as far as it matters.
    pub(in crate::practice) fn remove_foreign(&mut self, name: &str, version: &str) {
        let _ = self.tree.remove(&format!("{PACMAN}/{name}-{version}"));
        let Some(package) = self.foreign(name) else {
            return;
        };
        let kernel = self.state.kernel.clone();
        match package.brings {
            Brings::Programs(names) => {
                for name in names {
                    let _ = self.tree.remove(&format!("/usr/bin/{name}"));
                }
            }
            Brings::Headers => {
                let _ = self.tree.remove(&format!("/lib/modules/{kernel}/build"));
            }
            Brings::Libraries => {
                self.remove_libraries();
                for file in ["/usr/bin/nvidia-smi", "/usr/bin/nvidia-persistenced"] {
                    let _ = self.tree.remove(file);
                }
            }
            Brings::Module => self.remove_modules(&kernel, "extramodules"),
            Brings::Dkms => {
                self.remove_modules(&kernel, "updates/dkms");
                let driver = self.foreign_driver();
                let _ = self.tree.remove(&format!("/usr/src/nvidia-{driver}"));
            }
            Brings::Akmod => {
                self.remove_modules(&kernel, "extra/nvidia");
                let _ = self.tree.remove(AKMODS);
            }
        }
    }

    /// The version of the module that akmods builds: `nvidia-kmod-580.105.08-1.fc42.src.rpm`.
    pub(in crate::practice) fn akmod_source(&self) -> Option<String> {
        let names = self.tree.list(AKMODS).ok()?;
        names.iter().find_map(|name| {
            let rest = name.strip_prefix("nvidia-kmod-")?;
            Some(rest.split_once('-')?.0.to_owned())
        })
    }

    /// Builds with akmods, where the kernel's headers are; `false` where they are not.
    pub(in crate::practice) fn build_akmod(&mut self) -> bool {
        let kernel = self.state.kernel.clone();
        let Some(version) = self.akmod_source() else {
            return false;
        };
        if effects::dkms_fault(self).is_some() {
            return false;
        }
        // RPM Fusion's spec takes the open module only where it must.
        let open = self.hardware.gpus.iter().any(|gpu| {
            let cc = gpu
                .compute_capability
                .known()
                .and_then(|cc| cc.parse().ok());
            cc.is_some_and(|cc| gpu_arch::open_module(cc) == Ok(OpenModule::Required))
        });
        self.put_modules(&kernel, "extra/nvidia", &version, open);
        if self.secure_boot() {
            self.put_text(&self.key_file(), "a key of this machine\n");
        }
        true
    }

    /// The source that DKMS has on a machine without dpkg, with its kind.
    pub(super) fn foreign_dkms(&self) -> Option<(String, bool)> {
        let facts = Facts::new(self);
        let source = facts.module_source().ok()??;
        if source.builder != Builder::Dkms {
            return None;
        }
        let version = source.path.rsplit('-').next()?.to_owned();
        let packages = facts.pacman_driver_packages().unwrap_or_default();
        let open = source.path.contains("-open")
            || packages.iter().any(|package| package.name.contains("open"));
        Some((version, open))
    }

    /// The file with the key that modules are signed with here.
    pub(in crate::practice) fn key_file(&self) -> String {
        match Facts::new(self).family() {
            Ok(Family::Fedora) if self.akmod_source().is_some() => {
                "/etc/pki/akmods/certs/public_key.der"
            }
            Ok(Family::Fedora | Family::Arch) => "/var/lib/dkms/mok.pub",
            _ => services::KEY,
        }
        .to_owned()
    }

    fn keep_nouveau_out_at_start(&mut self) {
        let before = self.tree.text("/proc/cmdline").unwrap_or_default();
        let line = before.trim_end();
        if !line.contains("rd.driver.blacklist=nouveau") {
            self.put_text(
                "/boot/grub/grub.cfg",
                format!("linux {line} rd.driver.blacklist=nouveau,nova_core modprobe.blacklist=nouveau,nova_core\n"),
            );
        }
    }
}
