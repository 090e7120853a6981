//! The copies of the driver that are installed: by packages, by a runfile, as libraries in several folders.

use crate::facts::driver::{LIBRARY_FOLDERS, Library, Package, library_version};
use crate::facts::{Facts, Known, Unknown};
use crate::machine::Unread;
use crate::version::DriverVersion;

/// What a runfile leaves behind to take itself away again, and no package has.
const RUNFILE_PROGRAMS: [&str; 2] = ["/usr/bin/nvidia-uninstall", "/usr/bin/nvidia-installer"];

/// Names that go on with the branch: `nvidia-driver-580-open`.
const NUMBERED: [&str; 10] = [
    "nvidia-driver-",
    "nvidia-headless-",
    "nvidia-headless-no-dkms-",
    "nvidia-dkms-",
    "nvidia-kernel-common-",
    "nvidia-utils-",
    "nvidia-compute-utils-",
    "libnvidia-compute-",
    "cuda-drivers-",
    "nvidia-open-",
];

/// Names without a branch, of Debian's packages and of NVIDIA's since 590.
const PLAIN: [&str; 9] = [
    "nvidia-driver",
    "nvidia-open",
    "cuda-drivers",
    "nvidia-dkms",
    "nvidia-dkms-open",
    "nvidia-kernel-dkms",
    "libnvidia-compute",
    "libnvidia-ml1",
    "libcuda1",
];

impl Package {
    /// The driver that it brings, from its version without epoch and revision: `580.95.05-0ubuntu0.24.04.2`.
    pub fn driver_version(&self) -> Option<DriverVersion> {
        let version = self.version.rsplit(':').next()?;
        version.split(['-', '+', '~']).next()?.parse().ok()
    }

    /// Whether it brings the driver's libraries.
    pub fn has_driver_libraries(&self) -> bool {
        self.name.starts_with("libnvidia-compute")
            || matches!(self.name.as_str(), "libnvidia-ml1" | "libcuda1")
    }
}

impl Facts<'_> {
    /// The installed packages that hold a part of the driver whose version must be the driver's.
    pub fn driver_packages(&self) -> Known<Vec<Package>> {
        let packages = self.packages().as_ref().map_err(Clone::clone)?;
        Ok(packages
            .iter()
            .filter(|package| package.is_installed() && is_driver(&package.name))
            .cloned()
            .collect())
    }

    /// The uninstaller that a driver's runfile left; `None` where there is none.
    pub fn driver_runfile(&self) -> Known<Option<String>> {
        let mut unread = None;
        for program in RUNFILE_PROGRAMS {
            match self.exists(program) {
                Ok(true) => return Ok(Some(program.to_owned())),
                Ok(false) => {}
                Err(unknown) => {
                    unread.get_or_insert(unknown);
                }
            }
        }
        unread.map_or(Ok(None), Err)
    }

    /// The driver's libraries in all folders where one is put.
    pub fn driver_libraries(&self) -> Known<Vec<Library>> {
        let mut libraries = Vec::new();
        for folder in LIBRARY_FOLDERS {
            let path = format!("{folder}/libnvidia-ml.so.1");
            match self.link(&path) {
                Ok(target) => libraries.push(Library {
                    version: target.as_deref().and_then(library_version),
                    path,
                }),
                Err(Unread::NotFound) => {}
                Err(why) => return Err(Unknown::unread(path, why)),
            }
        }
        Ok(libraries)
    }
}

fn is_driver(name: &str) -> bool {
    PLAIN.contains(&name)
        || NUMBERED.iter().any(|prefix| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_with_the_drivers_version_count() {
        for name in [
            "nvidia-driver-580",
            "nvidia-driver-580-server-open",
            "libnvidia-compute-535",
            "nvidia-headless-no-dkms-580",
            "cuda-drivers",
            "nvidia-open",
            "nvidia-open-580",
            "libcuda1",
        ] {
            assert!(is_driver(name), "{name}");
        }
        for name in [
            "nvidia-driver-pinning-595",
            "nvidia-driver-assistant",
            "nvidia-driver-local-repo-ubuntu2404-580.95.05",
            "nvidia-settings",
            "nvidia-prime",
            "nvidia-kernel-common",
            "nvidia-firmware-580-580.95.05",
            "cuda-drivers-fabricmanager-580",
            "nvidia-container-toolkit",
            "nvidia-cuda-toolkit",
            "libnvidia-container1",
        ] {
            assert!(!is_driver(name), "{name}");
        }
    }

    #[test]
    fn a_packages_version_tells_the_drivers() {
        let driver = |version: &str| {
            let package = Package {
                name: "nvidia-driver-580".to_owned(),
                version: version.to_owned(),
                architecture: "amd64".to_owned(),
                status: "install ok installed".to_owned(),
            };
            package.driver_version().map(|version| version.to_string())
        };
        assert_eq!(
            driver("580.95.05-0ubuntu0.24.04.2").as_deref(),
            Some("580.95.05")
        );
        assert_eq!(
            driver("1:535.183.01-1~deb12u1").as_deref(),
            Some("535.183.01")
        );
        assert_eq!(driver("595.58.03+1-1").as_deref(), Some("595.58.03"));
        assert_eq!(driver("20220217+3~deb12u1"), None);
        assert_eq!(driver(""), None);
    }
}
