//! Where a driver came from on a distribution without dpkg: pacman's folder names its packages, and what builds a
//! module for each new kernel lies in folders of its own. rpm's database is no text that could be read.

use super::driver::Package;
use super::system::Family;
use super::{Facts, Known, Unknown};
use crate::machine::Unread;

/// What builds the driver's module for each kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleSource {
    /// Which program builds it.
    pub builder: Builder,
    /// `/usr/src/nvidia-580.95.05`
    pub path: String,
}

/// A program that builds modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// `dkms`, on any distribution.
    Dkms,
    /// `akmods`, on Fedora and its kin.
    Akmods,
}

const PACMAN: &str = "/var/lib/pacman/local";

/// Where the sources of modules lie, and who builds from them: RPM Fusion's package `akmod-nvidia` brings
/// `nvidia-kmod-….src.rpm`; DKMS builds from `/usr/src/nvidia-580.95.05` and keeps a folder for each module.
const SOURCES: [(&str, Builder); 3] = [
    ("/usr/src/akmods", Builder::Akmods),
    ("/var/lib/dkms", Builder::Dkms),
    ("/usr/src", Builder::Dkms),
];

impl Facts<'_> {
    /// What builds the driver's module for a new kernel; `None` where it comes ready-made, or not at all.
    pub fn module_source(&self) -> Known<Option<ModuleSource>> {
        let mut unread = None;
        for (folder, builder) in SOURCES {
            match self.dir(folder) {
                Ok(names) => {
                    if let Some(name) = names.iter().find(|name| is_driver_source(folder, name)) {
                        return Ok(Some(ModuleSource {
                            builder,
                            path: format!("{folder}/{name}"),
                        }));
                    }
                }
                Err(Unread::NotFound) => {}
                Err(why) => {
                    unread.get_or_insert(Unknown::unread(folder, why));
                }
            }
        }
        unread.map_or(Ok(None), Err)
    }

    /// Both sources, where akmods and DKMS would each build a driver's module: RPM Fusion's packages and NVIDIA's own.
    /// Only Fedora and its kin have akmods.
    pub fn two_module_sources(&self) -> Known<Option<[String; 2]>> {
        if self.family()? != Family::Fedora {
            return Ok(None);
        }
        let mut found = [None, None];
        for (folder, builder) in SOURCES {
            for name in self.dir_or_empty(folder)? {
                if is_driver_source(folder, &name) {
                    let at = usize::from(builder == Builder::Dkms);
                    found[at].get_or_insert(format!("{folder}/{name}"));
                }
            }
        }
        Ok(match found {
            [Some(akmods), Some(dkms)] => Some([akmods, dkms]),
            _ => None,
        })
    }

    /// pacman's packages of the driver, by the names of its folders: `nvidia-open-580.95.05-3`. None where there is
    /// no pacman.
    pub fn pacman_driver_packages(&self) -> Known<Vec<Package>> {
        if matches!(
            self.family(),
            Ok(Family::Debian | Family::Fedora | Family::Suse)
        ) {
            return Ok(Vec::new());
        }
        let names = self.dir_or_empty(PACMAN)?;
        Ok(names
            .iter()
            .filter_map(|name| pacman_package(name))
            .collect())
    }

    /// pacman's package that brings the module, else the one with the libraries.
    pub fn pacman_driver(&self) -> Known<Option<Package>> {
        let packages = self.pacman_driver_packages()?;
        let is_libraries = |package: &&Package| package.name.ends_with("-utils");
        Ok(packages.iter().min_by_key(is_libraries).cloned())
    }

    /// Whether the modules of the running kernel are gone from the disk while another kernel's are there: an upgrade
    /// has replaced it, as pacman does at once.
    pub fn running_kernel_is_gone(&self) -> Known<bool> {
        let Some(kernel) = self.platform().kernel else {
            return Err(Unknown::unread("/lib/modules", Unread::NotRecorded));
        };
        let kernels = self
            .dir("/lib/modules")
            .map_err(|why| Unknown::unread("/lib/modules", why))?;
        Ok(!kernels.is_empty() && !kernels.contains(&kernel))
    }
}

/// `nvidia-580.95.05`, `nvidia-open-580.95.05`, `nvidia`; not `nvidia-fs-2.27.3`, which is another module.
fn is_driver_source(folder: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix("nvidia") else {
        return false;
    };
    let numbered = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    match folder {
        "/usr/src/akmods" => rest.contains("-kmod"),
        "/var/lib/dkms" => {
            matches!(rest, "" | "-open" | "-current" | "-current-open" | "-srv")
                || rest.strip_prefix('-').is_some_and(numbered)
        }
        _ => ["-", "-open-", "-current-", "-current-open-", "-srv-"]
            .iter()
            .any(|part| rest.strip_prefix(part).is_some_and(numbered)),
    }
}

/// `nvidia-open-dkms-580.95.05-1` is the package `nvidia-open-dkms` of version `580.95.05-1`.
fn pacman_package(folder: &str) -> Option<Package> {
    let (rest, release) = folder.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let flavour = name.strip_prefix("nvidia")?;
    // Old branches have their number in the name: nvidia-580xx-dkms.
    let known = flavour.is_empty()
        || flavour.split('-').skip(1).all(|part| {
            matches!(part, "open" | "dkms" | "lts" | "utils" | "beta") || part.ends_with("xx")
        });
    (known && version.starts_with(|c: char| c.is_ascii_digit())).then(|| Package {
        name: name.to_owned(),
        version: format!("{version}-{release}"),
        architecture: String::new(),
        status: "install ok installed".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_other_modules_are_not_the_drivers() {
        for (folder, name, expected) in [
            ("/usr/src", "nvidia-580.95.05", true),
            ("/usr/src", "nvidia-open-580.95.05", true),
            ("/usr/src", "nvidia-fs-2.27.3", false),
            ("/usr/src", "linux-headers-6.8.0-87", false),
            ("/var/lib/dkms", "nvidia", true),
            ("/var/lib/dkms", "nvidia-fs", false),
            ("/usr/src/akmods", "nvidia-kmod.latest", true),
            (
                "/usr/src/akmods",
                "nvidia-580xx-kmod-580.126.18-1.fc43.src.rpm",
                true,
            ),
            ("/usr/src/akmods", "v4l2loopback-kmod.latest", false),
        ] {
            assert_eq!(is_driver_source(folder, name), expected, "{folder}/{name}");
        }
    }

    #[test]
    fn packages_are_read_from_pacmans_folders() {
        for (folder, expected) in [
            (
                "nvidia-open-580.95.05-3",
                Some(("nvidia-open", "580.95.05-3")),
            ),
            (
                "nvidia-utils-580.95.05-1",
                Some(("nvidia-utils", "580.95.05-1")),
            ),
            (
                "nvidia-580xx-dkms-580.126.09-1",
                Some(("nvidia-580xx-dkms", "580.126.09-1")),
            ),
            ("nvidia-container-toolkit-1.18.0-1", None),
            ("nvidia-settings-580.95.05-1", None),
            ("linux-6.17.1.arch1-1", None),
            ("nvidia", None),
        ] {
            let package = pacman_package(folder);
            assert_eq!(
                package
                    .as_ref()
                    .map(|package| (package.name.as_str(), package.version.as_str())),
                expected,
                "{folder}"
            );
        }
    }
}
