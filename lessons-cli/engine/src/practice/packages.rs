//! The packages of a practice machine: dpkg's own files say what is installed, and what a source offers is computed from
//! the tables and the machine.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::facts::driver::Package;
use crate::read::drivers::DriverPackage;
use crate::tables::{cuda_driver, nvcc_builds};
use crate::version::CudaVersion;

use super::machine::PracticeMachine;
use super::services;
use super::tree::{Content, Node};

mod distributions;
mod effects;

pub(super) use distributions::Foreign;
pub(super) use effects::{
    build as build_modules, dkms_fault, dkms_source, put_toolkit, toolkit as put_packaged_toolkit,
};

const STATUS: &str = "/var/lib/dpkg/status";
const MARKS: &str = "/var/lib/apt/extended_states";

/// Ubuntu's archive.
pub(super) const UBUNTU_HOST: &str = "archive.ubuntu.com";
/// Debian's archive.
const DEBIAN_HOST: &str = "deb.debian.org";
/// NVIDIA's own repository for CUDA and drivers.
pub(super) const NVIDIA_HOST: &str = "developer.download.nvidia.com";
/// NVIDIA's repository for the container tools.
pub(super) const CONTAINER_HOST: &str = "nvidia.github.io";

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// Ubuntu's archive.
    Ubuntu,
    /// NVIDIA's repository for CUDA and drivers.
    Nvidia,
    /// NVIDIA's repository for the container tools.
    Containers,
}

/// A package that can be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) from: From,
    pub(super) depends: Vec<String>,
    /// What has to be fetched, in kilobytes.
    pub(super) fetch: u64,
    /// What it takes on the disk, in kilobytes.
    pub(super) disk: u64,
    pub(super) about: String,
}

/// Ubuntu's packages that have nothing to do with NVIDIA: name, version, kilobytes, what they are.
const PLAIN: &[(&str, &str, u64, &str)] = &[
    (
        "build-essential",
        "12.10ubuntu1",
        5,
        "Informational list of build-essential packages",
    ),
    (
        "curl",
        "8.5.0-2ubuntu10.6",
        227,
        "command line tool for transferring data with URL syntax",
    ),
    (
        "dkms",
        "3.0.11-1ubuntu13",
        52,
        "Dynamic Kernel Module System (DKMS)",
    ),
    (
        "docker.io",
        "28.2.2-0ubuntu1~24.04.1",
        40_000,
        "Linux container runtime",
    ),
    (
        "git",
        "1:2.43.0-1ubuntu7.3",
        3_680,
        "fast, scalable, distributed revision control system",
    ),
    (
        "libgomp1",
        "14.2.0-4ubuntu2~24.04",
        148,
        "GCC OpenMP (GOMP) support library",
    ),
    (
        "make",
        "4.3-4.1build2",
        180,
        "utility for directing compilation",
    ),
    (
        "mokutil",
        "0.6.0-2build3",
        28,
        "tools for manipulating machine owner keys",
    ),
    (
        "nano",
        "7.2-2ubuntu0.1",
        282,
        "small, friendly text editor inspired by Pico",
    ),
    (
        "numactl",
        "2.0.18-1build1",
        39,
        "NUMA scheduling and memory placement tool",
    ),
    ("pciutils", "1:3.10.0-2build1", 70, "PCI utilities"),
    (
        "python3-pip",
        "24.0+dfsg-1ubuntu1.3",
        1_320,
        "Python package installer",
    ),
    (
        "python3-venv",
        "3.12.3-0ubuntu2",
        1,
        "venv module for python3 (default python3 version)",
    ),
    (
        "ubuntu-drivers-common",
        "1:0.9.7.6ubuntu3.4",
        60,
        "Detect and install additional Ubuntu driver packages",
    ),
    (
        "wget",
        "1.21.4-1ubuntu4.1",
        334,
        "retrieves files from the web",
    ),
    (
        "zlib1g",
        "1:1.3.dfsg-3.1ubuntu2.1",
        62,
        "compression library - runtime",
    ),
];

/// The file by which a package is known to be there although dpkg's excerpt does not name it.
fn key_file(machine: &PracticeMachine, name: &str) -> Option<String> {
    let file = match name {
        "build-essential" | "make" => "/usr/bin/make".to_owned(),
        "curl" | "git" | "mokutil" | "nano" | "numactl" | "wget" => format!("/usr/bin/{name}"),
        "dkms" => "/usr/sbin/dkms".to_owned(),
        "docker.io" => "/usr/bin/docker".to_owned(),
        "pciutils" => "/usr/bin/lspci".to_owned(),
        "python3-pip" => "/usr/bin/pip3".to_owned(),
        "python3-venv" => "/usr/lib/python3/ensurepip".to_owned(),
        "ubuntu-drivers-common" => "/usr/bin/ubuntu-drivers".to_owned(),
        "libgomp1" | "zlib1g" => "/etc/os-release".to_owned(),
        _ if is_compiler(name) => format!("/usr/bin/{name}"),
        _ => {
            let kernel = name.strip_prefix("linux-headers-")?;
            let kernel = if kernel == "generic" {
                &machine.state.kernel
            } else {
                kernel
            };
            format!("/lib/modules/{kernel}/build")
        }
    };
    Some(file)
}

/// `gcc`, `g++-13` …
fn is_compiler(name: &str) -> bool {
    let rest = name
        .strip_prefix("gcc")
        .or_else(|| name.strip_prefix("g++"));
    rest.is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('-').is_some_and(|number| {
                number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty()
            })
    })
}

/// The part of Ubuntu's archive that a package is in (packages.ubuntu.com, noble).
pub(super) fn component(name: &str) -> &'static str {
    if driver_family(name).is_some() || name.starts_with("linux-modules-nvidia") {
        return "restricted";
    }
    match name {
        "docker.io" | "python3-pip" | "python3-venv" => "universe",
        _ => "main",
    }
}

/// The pocket of Ubuntu's archive: what was changed after the release is in its updates, and says so in its version.
pub(super) fn pocket(version: &str) -> &'static str {
    let revision = version
        .rsplit_once('-')
        .map_or("", |(_, revision)| revision);
    let after = revision.split_once("ubuntu").map_or("", |(_, after)| after);
    if after.contains('.') || revision.contains("~2") {
        "-updates"
    } else {
        ""
    }
}

impl PracticeMachine {
    /// The release of Ubuntu: `24.04`.
    pub(super) fn ubuntu(&self) -> String {
        Facts::new(self)
            .distribution()
            .map(|distribution| distribution.version)
            .unwrap_or_default()
    }

    /// Whether it is a Debian, whose archive this is not.
    pub(super) fn is_debian(&self) -> bool {
        Facts::new(self)
            .distribution()
            .is_ok_and(|distribution| distribution.id == "debian")
    }

    /// The host of the distribution's own archive.
    pub(super) fn archive(&self) -> &'static str {
        if self.is_debian() {
            DEBIAN_HOST
        } else {
            UBUNTU_HOST
        }
    }

    /// Every package that dpkg's status names, installed or not.
    fn status(&self) -> BTreeMap<String, Package> {
        let text = self.tree.text(STATUS).unwrap_or_default();
        text.split("\n\n")
            .filter_map(|paragraph| {
                let field = |name: &str| {
                    paragraph
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                        .map(str::to_owned)
                        .unwrap_or_default()
                };
                let name = field("Package");
                (!name.is_empty()).then(|| {
                    (
                        name.clone(),
                        Package {
                            name,
                            version: field("Version"),
                            architecture: field("Architecture"),
                            status: field("Status"),
                        },
                    )
                })
            })
            .collect()
    }

    fn write_status(&mut self, packages: &BTreeMap<String, Package>) {
        let text: Vec<String> = packages
            .values()
            .map(|package| {
                format!(
                    "Package: {}\nStatus: {}\nArchitecture: {}\nVersion: {}\n",
                    package.name, package.status, package.architecture, package.version
                )
            })
            .collect();
        self.put_text(STATUS, text.join("\n"));
    }

    /// The installed packages, by name.
    pub(super) fn installed(&self) -> BTreeMap<String, Package> {
        let mut packages = self.status();
        packages.retain(|_, package| package.is_installed());
        packages
    }

    /// The installed version of a package; for one of the plain system, that of the archive.
    pub(super) fn installed_version(&self, name: &str) -> Option<String> {
        if let Some(package) = self.status().get(name) {
            return package.is_installed().then(|| package.version.clone());
        }
        let file = key_file(self, name)?;
        if !self.tree.exists(&file) {
            return None;
        }
        self.offer(name).map(|offer| offer.version)
    }

    /// Whether apt installed a package for another's sake.
    pub(super) fn is_automatic(&self, name: &str) -> bool {
        let text = self.tree.text(MARKS).unwrap_or_default();
        let marked = text.split("\n\n").find_map(|paragraph| {
            let is_it = paragraph
                .lines()
                .any(|line| line == format!("Package: {name}"));
            is_it.then(|| paragraph.contains("Auto-Installed: 1"))
        });
        marked.unwrap_or_else(|| {
            // Nothing is told of it: what another installed package asks for came with that one.
            let installed = self.installed();
            installed.values().any(|package| {
                self.depends(&package.name, &package.version)
                    .iter()
                    .any(|need| need == name)
            })
        })
    }

    /// The packages that an upgrade may not touch.
    pub(super) fn held(&self) -> Vec<String> {
        self.status()
            .into_values()
            .filter(|package| package.is_installed() && package.is_held())
            .map(|package| package.name)
            .collect()
    }

    /// Holds a package, or lets it go.
    pub(super) fn hold(&mut self, name: &str, hold: bool) {
        let mut packages = self.status();
        if !packages.contains_key(name)
            && let Some(version) = self.installed_version(name)
        {
            packages.insert(
                name.to_owned(),
                Package {
                    name: name.to_owned(),
                    version,
                    architecture: "amd64".to_owned(),
                    status: "install ok installed".to_owned(),
                },
            );
        }
        if let Some(package) = packages.get_mut(name) {
            let rest = package
                .status
                .split_once(' ')
                .map_or("ok installed", |(_, rest)| rest)
                .to_owned();
            package.status = format!("{} {rest}", if hold { "hold" } else { "install" });
        }
        self.write_status(&packages);
    }

    /// Remembers whether a package was installed for another's sake.
    pub(super) fn mark(&mut self, name: &str, automatic: bool) {
        let text = self.tree.text(MARKS).unwrap_or_default();
        let mut paragraphs: Vec<String> = text
            .split("\n\n")
            .map(str::trim)
            .filter(|paragraph| {
                !paragraph.is_empty()
                    && !paragraph
                        .lines()
                        .any(|line| line == format!("Package: {name}"))
            })
            .map(str::to_owned)
            .collect();
        paragraphs.push(format!(
            "Package: {name}\nArchitecture: amd64\nAuto-Installed: {}",
            u8::from(automatic)
        ));
        self.put_text(MARKS, paragraphs.join("\n\n") + "\n");
    }

    /// Whether apt has read the list of NVIDIA's repository since it was added.
    pub(super) fn reads_source(&self, host: &str) -> bool {
        self.tree
            .list("/var/lib/apt/lists")
            .unwrap_or_default()
            .iter()
            .any(|name| name.starts_with(host))
    }

    /// The entries of apt's lists of sources that name a host, with their files.
    pub(super) fn sources(&self, host: &str) -> Vec<(String, String)> {
        let folder = "/etc/apt/sources.list.d";
        let mut files = vec!["/etc/apt/sources.list".to_owned()];
        for name in self.tree.list(folder).unwrap_or_default() {
            files.push(format!("{folder}/{name}"));
        }
        files
            .into_iter()
            .filter_map(|file| {
                let text = self.tree.text(&file).ok()?;
                let line = text
                    .lines()
                    .find(|line| !line.trim_start().starts_with('#') && line.contains(host))?;
                Some((file, line.to_owned()))
            })
            .collect()
    }

    /// What a package of a version asks for.
    pub(super) fn depends(&self, name: &str, version: &str) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        if let Some(driver) = driver_family(name) {
            return driver.depends(&self.state.kernel);
        }
        match name {
            "build-essential" => owned(&["gcc", "g++", "make"]),
            "nvidia-container-toolkit" => {
                owned(&["nvidia-container-toolkit-base", "libnvidia-container-tools"])
            }
            "libnvidia-container-tools" => owned(&["libnvidia-container1"]),
            "nvidia-open" => owned(&[
                "libnvidia-compute",
                "nvidia-dkms-open",
                "nvidia-kernel-common",
                "nvidia-persistenced",
            ]),
            "cuda-drivers" => owned(&[
                "libnvidia-compute",
                "nvidia-dkms",
                "nvidia-kernel-common",
                "nvidia-persistenced",
            ]),
            "nvidia-dkms-open" | "nvidia-dkms" => owned(&["dkms"]),
            "python3-pip" => owned(&["python3-setuptools"]),
            "cuda" | "cuda-toolkit" => {
                let Some(cuda) = cuda_of(version) else {
                    return Vec::new();
                };
                let tag = format!("{}-{}", cuda.major, cuda.minor);
                // Since 13.4 these packages bring no driver any more.
                if name == "cuda" && !brings_no_driver(cuda) {
                    vec![format!("cuda-toolkit-{tag}"), "nvidia-open".to_owned()]
                } else {
                    vec![format!("cuda-toolkit-{tag}")]
                }
            }
            _ => {
                if let Some(cuda) = name.strip_prefix("cuda-").and_then(tagged)
                    && !name.starts_with("cuda-toolkit")
                {
                    let toolkit = format!("cuda-toolkit-{}-{}", cuda.major, cuda.minor);
                    return if brings_no_driver(cuda) {
                        vec![toolkit]
                    } else {
                        vec![toolkit, "nvidia-open".to_owned()]
                    };
                }
                Vec::new()
            }
        }
    }

    /// What can be installed under a name.
    pub(super) fn offer(&self, name: &str) -> Option<Offer> {
        let (version, from, fetch, disk, about) = self.offered(name)?;
        Some(Offer {
            depends: self.depends(name, &version),
            name: name.to_owned(),
            version,
            from,
            fetch,
            disk,
            about,
        })
    }

    fn offered(&self, name: &str) -> Option<(String, From, u64, u64, String)> {
        let ubuntu = self.ubuntu();
        if let Some((_, version, size, about)) = PLAIN.iter().find(|(known, ..)| *known == name) {
            return Some((
                (*version).to_owned(),
                From::Ubuntu,
                *size,
                size * 4,
                (*about).to_owned(),
            ));
        }
        if let Some(driver) = driver_family(name) {
            let version = driver.version()?;
            // Until apt has read its lists anew, it knows the release that was the newest when it installed the others.
            if !self.reads_source(UBUNTU_HOST)
                && let Some(known) = self.installed().values().find_map(|package| {
                    let same = driver_family(&package.name)?;
                    (same.package.branch == driver.package.branch
                        && same.package.server == driver.package.server)
                        .then(|| package.version.clone())
                })
            {
                let (fetch, disk) = driver.size();
                return (driver.package.branch == driver.branch_in(self)?).then(|| {
                    (
                        known,
                        From::Ubuntu,
                        fetch,
                        disk,
                        format!("NVIDIA driver {}", driver.package.branch),
                    )
                });
            }
            let (fetch, disk) = driver.size();
            let is_here = driver.package.branch == driver.branch_in(self)?;
            return is_here.then(|| {
                (
                    format!("{version}-0ubuntu0.{ubuntu}.1"),
                    From::Ubuntu,
                    fetch,
                    disk,
                    format!("NVIDIA driver {}", driver.package.branch),
                )
            });
        }
        if is_compiler(name) {
            let own = self.own_gcc();
            let number = name.split_once('-').map(|(_, number)| number);
            let number: u32 = match number {
                Some(number) => number.parse().ok()?,
                None => own,
            };
            // An Ubuntu release carries its own compiler, some before it, and the next one.
            if number < 9 || number > own + 1 {
                return None;
            }
            let version = if number == own {
                format!("{number}.3.0-6ubuntu2~{ubuntu}")
            } else {
                format!("{number}.2.0-4ubuntu2~{ubuntu}")
            };
            return Some((
                version,
                From::Ubuntu,
                24_000,
                80_000,
                format!("GNU C compiler, version {number}"),
            ));
        }
        if let Some(kernel) = name.strip_prefix("linux-headers-") {
            let there = kernel == "generic" || kernel == self.state.kernel;
            return there.then(|| {
                let version = self.state.kernel.trim_end_matches("-generic").to_owned();
                (
                    version,
                    From::Ubuntu,
                    4_100,
                    28_000,
                    format!("Linux kernel headers for version {kernel}"),
                )
            });
        }
        match name {
            "python3-setuptools" => Some((
                "68.1.2-2ubuntu1.2".to_owned(),
                From::Ubuntu,
                397,
                2_300,
                "Python3 Distutils Enhancements".to_owned(),
            )),
            "nvidia-container-toolkit"
            | "nvidia-container-toolkit-base"
            | "libnvidia-container-tools"
            | "libnvidia-container1" => self.reads_source(CONTAINER_HOST).then(|| {
                (
                    "1.18.0-1".to_owned(),
                    From::Containers,
                    1_200,
                    5_000,
                    "NVIDIA Container toolkit".to_owned(),
                )
            }),
            _ => self.offered_by_nvidia(name),
        }
    }

    fn offered_by_nvidia(&self, name: &str) -> Option<(String, From, u64, u64, String)> {
        if !self.reads_source(NVIDIA_HOST) {
            return None;
        }
        let pinned = self.installed().keys().find_map(|name| {
            name.strip_prefix("nvidia-driver-pinning-")?
                .parse::<u32>()
                .ok()
        });
        let driver = || {
            let rows = cuda_driver::branches();
            let row = match pinned {
                Some(branch) => rows.iter().find(|row| row.branch == branch),
                None => rows.first(),
            };
            row.and_then(|row| row.latest_linux_seen.as_ref())
                .map(ToString::to_string)
        };
        let newest = || toolkit_versions().into_iter().next_back();
        let of = |version: String, fetch: u64, disk: u64, about: &str| {
            Some((version, From::Nvidia, fetch, disk, about.to_owned()))
        };
        match name {
            "nvidia-open"
            | "cuda-drivers"
            | "libnvidia-compute"
            | "nvidia-dkms-open"
            | "nvidia-dkms"
            | "nvidia-kernel-common"
            | "nvidia-persistenced" => {
                let size = if name == "libnvidia-compute" {
                    60_000
                } else {
                    20_000
                };
                of(
                    format!("{}-1ubuntu1", driver()?),
                    size,
                    size * 4,
                    "NVIDIA driver",
                )
            }
            "cuda" => of(format!("{}-1", newest()?), 3, 10, "CUDA meta-package"),
            "cuda-toolkit" => of(
                format!("{}-1", newest()?),
                3,
                10,
                "CUDA Toolkit meta-package",
            ),
            _ => {
                if let Some(branch) = name.strip_prefix("nvidia-driver-pinning-") {
                    let branch: u32 = branch.parse().ok()?;
                    let known = cuda_driver::branches()
                        .iter()
                        .any(|row| row.branch == branch && branch >= 590);
                    return known.then(|| {
                        (
                            format!("{branch}-1ubuntu1"),
                            From::Nvidia,
                            3,
                            10,
                            "Keeps the driver on its branch".to_owned(),
                        )
                    });
                }
                let cuda = name
                    .strip_prefix("cuda-toolkit-")
                    .or_else(|| name.strip_prefix("cuda-"))
                    .and_then(tagged)?;
                let version = toolkit_versions()
                    .into_iter()
                    .rfind(|known| known.release() == cuda)?;
                let (fetch, disk) = if name.starts_with("cuda-toolkit") {
                    (3_200_000, 7_100_000)
                } else {
                    (3, 10)
                };
                of(format!("{version}-1"), fetch, disk, "CUDA Toolkit")
            }
        }
    }

    /// The major version of the system's own gcc.
    pub(super) fn own_gcc(&self) -> u32 {
        crate::tables::host_compilers::ubuntu_gcc(&self.ubuntu()).map_or(13, |row| row.gcc.major)
    }

    /// The driver packages that fit the cards, as `ubuntu-drivers` lists them: recommended first is not the order.
    pub(super) fn fitting_drivers(&self) -> Vec<DriverPackage> {
        let mut found: Vec<DriverPackage> = crate::read::drivers::read(&self.hardware.drivers)
            .map(|drivers| {
                drivers
                    .devices
                    .iter()
                    .flat_map(|device| &device.drivers)
                    .filter_map(|driver| driver.package.value.parse().ok())
                    .collect()
            })
            .unwrap_or_default();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Every name that a source offers, for searches and patterns.
    pub(super) fn offered_names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> =
            PLAIN.iter().map(|(name, ..)| (*name).to_owned()).collect();
        names.extend(self.installed().into_keys());
        for package in self.fitting_drivers() {
            let driver = Driver {
                part: Part::Driver,
                package,
            };
            names.insert(driver.name());
            names.extend(driver.depends(&self.state.kernel));
        }
        for number in 9..=self.own_gcc() + 1 {
            names.insert(format!("gcc-{number}"));
            names.insert(format!("g++-{number}"));
        }
        for version in toolkit_versions() {
            names.insert(format!("cuda-toolkit-{}-{}", version.major, version.minor));
        }
        for name in [
            "gcc",
            "g++",
            "cuda",
            "cuda-toolkit",
            "cuda-drivers",
            "nvidia-open",
            "nvidia-container-toolkit",
            "nvidia-driver-pinning-595",
            "nvidia-driver-pinning-610",
            "nvidia-driver-pinning-615",
        ] {
            names.insert(name.to_owned());
        }
        names.insert(format!("linux-headers-{}", self.state.kernel));
        names.retain(|name| self.offer(name).is_some() || self.installed_version(name).is_some());
        names
    }

    /// The packages that an installation brings, what they need first; `Err` with a name that is not offered.
    pub(super) fn plan(&self, wanted: &[String]) -> Result<Vec<Offer>, String> {
        let mut plan: Vec<Offer> = Vec::new();
        let mut todo: Vec<(String, bool)> = wanted
            .iter()
            .rev()
            .map(|name| (name.clone(), false))
            .collect();
        let mut seen = BTreeSet::new();
        while let Some((name, ready)) = todo.pop() {
            if ready {
                if let Some(offer) = self.offer(&name) {
                    plan.push(offer);
                }
                continue;
            }
            if !seen.insert(name.clone()) {
                continue;
            }
            let offer = self.offer(&name);
            let installed = self.installed_version(&name);
            match (&offer, &installed) {
                (None, None) => return Err(name),
                (None, Some(_)) => continue,
                (Some(offer), Some(version)) if offer.version == *version => continue,
                // What is there is upgraded where it was asked for, or where its own family is.
                (Some(_), Some(_)) if !wanted.contains(&name) && driver_family(&name).is_none() => {
                    continue;
                }
                _ => {}
            }
            let modules_come = wanted
                .iter()
                .chain(seen.iter())
                .any(|name| name.starts_with("linux-modules-nvidia-"));
            todo.push((name, true));
            let needs = offer.map(|offer| offer.depends).unwrap_or_default();
            for need in needs.into_iter().rev() {
                // Pre-built modules stand in for DKMS.
                if need.starts_with("nvidia-dkms-") && modules_come {
                    continue;
                }
                todo.push((need, false));
            }
        }
        Ok(plan)
    }

    /// Installs a package as dpkg does, after its files were unpacked.
    pub(super) fn install(&mut self, offer: &Offer) {
        let mut packages = self.status();
        let before = packages
            .get(&offer.name)
            .filter(|package| package.is_installed())
            .cloned();
        packages.insert(
            offer.name.clone(),
            Package {
                name: offer.name.clone(),
                version: offer.version.clone(),
                architecture: "amd64".to_owned(),
                status: "install ok installed".to_owned(),
            },
        );
        self.write_status(&packages);
        effects::apply(self, &offer.name, &offer.version, before.as_ref());
    }

    /// Removes a package; what a purge takes besides is its configuration.
    pub(super) fn uninstall(&mut self, name: &str, purge: bool) {
        let mut packages = self.status();
        let Some(package) = packages.get_mut(name) else {
            return;
        };
        let version = package.version.clone();
        if purge {
            packages.remove(name);
        } else {
            "deinstall ok config-files".clone_into(&mut package.status);
        }
        self.write_status(&packages);
        effects::undo(self, name, &version);
    }

    /// The installed packages that ask for one of these, and those that ask for them, and so on.
    pub(super) fn dependents(&self, names: &[String]) -> Vec<String> {
        let installed = self.installed();
        let mut gone: BTreeSet<String> = names.iter().cloned().collect();
        loop {
            let more: Vec<String> = installed
                .values()
                .filter(|package| !gone.contains(&package.name))
                .filter(|package| {
                    self.depends(&package.name, &package.version)
                        .iter()
                        .any(|need| gone.contains(need) && !self.has_substitute(need, &gone))
                })
                .map(|package| package.name.clone())
                .collect();
            if more.is_empty() {
                break;
            }
            gone.extend(more);
        }
        gone.into_iter()
            .filter(|name| installed.contains_key(name))
            .collect()
    }

    /// Whether something else that is installed stands in for a package.
    fn has_substitute(&self, need: &str, gone: &BTreeSet<String>) -> bool {
        need.starts_with("nvidia-dkms-")
            && self
                .installed()
                .keys()
                .any(|name| name.starts_with("linux-modules-nvidia-") && !gone.contains(name))
    }

    /// The packages that were installed for others' sake and that nothing asks for any more.
    pub(super) fn orphans(&self) -> Vec<String> {
        self.orphans_without(&[])
    }

    /// The same, once these are gone.
    pub(super) fn orphans_without(&self, gone: &[String]) -> Vec<String> {
        let mut installed = self.installed();
        installed.retain(|name, _| !gone.contains(name));
        let mut kept: Vec<String> = installed
            .keys()
            .filter(|name| !self.is_automatic(name))
            .cloned()
            .collect();
        let mut seen: BTreeSet<String> = kept.iter().cloned().collect();
        while let Some(name) = kept.pop() {
            let Some(package) = installed.get(&name) else {
                continue;
            };
            for need in self.depends(&package.name, &package.version) {
                if seen.insert(need.clone()) {
                    kept.push(need);
                }
            }
        }
        installed
            .into_keys()
            .filter(|name| !seen.contains(name))
            .collect()
    }

    /// The installed packages of which a newer version is offered.
    pub(super) fn upgradable(&self) -> Vec<Offer> {
        self.installed()
            .values()
            .filter_map(|package| {
                let offer = self.offer(&package.name)?;
                newer(&offer.version, &package.version).then_some(offer)
            })
            .collect()
    }
}

/// Whether one version is newer than another, number by number.
pub(super) fn newer(one: &str, other: &str) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        let version = version.split_once(':').map_or(version, |(_, rest)| rest);
        version
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    numbers(one) > numbers(other)
}

/// `13-4` → 13.4
fn tagged(tag: &str) -> Option<CudaVersion> {
    let (major, minor) = tag.split_once('-')?;
    Some(CudaVersion::new(major.parse().ok()?, minor.parse().ok()?))
}

/// `13.4.2-1` → 13.4
fn cuda_of(version: &str) -> Option<CudaVersion> {
    let version: CudaVersion = version.split('-').next()?.parse().ok()?;
    Some(version.release())
}

fn brings_no_driver(cuda: CudaVersion) -> bool {
    cuda_driver::bundles_driver(cuda, crate::tables::Os::Linux) == Ok(false)
}

/// The toolkits whose compilers are known, oldest first: what cannot be said of a toolkit is not offered.
pub(super) fn toolkit_versions() -> Vec<CudaVersion> {
    let mut versions: Vec<CudaVersion> = nvcc_builds::builds()
        .iter()
        .map(|row| row.toolkit)
        .filter(|version| {
            version.major >= 12
                && cuda_driver::bundles_driver(*version, crate::tables::Os::Linux).is_ok()
        })
        .collect();
    versions.sort_unstable();
    versions
}

/// A package of Ubuntu's driver, by what it holds and which driver it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Driver {
    pub(super) part: Part,
    pub(super) package: DriverPackage,
}

/// What a package of the driver holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing itself: it asks for all of it.
    Driver,
    /// All but the desktop and the modules.
    Headless,
    /// The modules' source.
    Dkms,
    /// Pre-built modules for the running kernel.
    Modules,
    /// What keeps nouveau out, and the rule that starts the daemon.
    KernelCommon,
    /// The libraries.
    Compute,
    /// The persistence daemon.
    ComputeUtils,
    /// nvidia-smi.
    Utils,
    /// The service for machines with `NVSwitch`.
    FabricManager,
}

/// The names that stand before the branch; of parts that are the same for both kinds of module, the name says nothing
/// of `-open`.
const PARTS: [(&str, Part); 8] = [
    ("nvidia-driver-", Part::Driver),
    ("nvidia-headless-no-dkms-", Part::Headless),
    ("nvidia-dkms-", Part::Dkms),
    ("nvidia-kernel-common-", Part::KernelCommon),
    ("libnvidia-compute-", Part::Compute),
    ("nvidia-compute-utils-", Part::ComputeUtils),
    ("nvidia-utils-", Part::Utils),
    ("nvidia-fabricmanager-", Part::FabricManager),
];

/// The driver that a package's name is of.
pub(super) fn driver_family(name: &str) -> Option<Driver> {
    if let Some(rest) = name.strip_prefix("linux-modules-nvidia-") {
        // `580-open-6.8.0-87-generic`: the kernel begins at the second number with a dot.
        let at = rest.match_indices('-').find(|(at, _)| {
            let next = &rest[at + 1..];
            next.starts_with(|c: char| c.is_ascii_digit()) || next == "generic"
        })?;
        let package = format!("nvidia-driver-{}", &rest[..at.0]).parse().ok()?;
        return Some(Driver {
            part: Part::Modules,
            package,
        });
    }
    PARTS.iter().find_map(|(prefix, part)| {
        let rest = name.strip_prefix(prefix)?;
        let package = format!("nvidia-driver-{rest}").parse().ok()?;
        Some(Driver {
            part: *part,
            package,
        })
    })
}

impl Driver {
    fn flavour(self) -> &'static str {
        match (self.package.server, self.package.open) {
            (true, true) => "-server-open",
            (true, false) => "-server",
            (false, true) => "-open",
            (false, false) => "",
        }
    }

    /// The name of the part that goes with this one.
    fn sibling(self, prefix: &str, with_kind: bool) -> String {
        let kind = match (with_kind, self.package.server) {
            (true, _) => self.flavour(),
            (false, true) => "-server",
            (false, false) => "",
        };
        format!("{prefix}{}{kind}", self.package.branch)
    }

    pub(super) fn name(self) -> String {
        self.sibling("nvidia-driver-", true)
    }

    /// The pre-built modules of this driver for a kernel.
    pub(super) fn modules(self, kernel: &str) -> String {
        format!("{}-{kernel}", self.sibling("linux-modules-nvidia-", true))
    }

    fn depends(self, _kernel: &str) -> Vec<String> {
        let common = self.sibling("nvidia-kernel-common-", false);
        match self.part {
            Part::Driver => vec![
                common,
                self.sibling("libnvidia-compute-", false),
                self.sibling("nvidia-compute-utils-", false),
                self.sibling("nvidia-utils-", false),
                self.sibling("nvidia-dkms-", true),
            ],
            Part::Headless => vec![
                common,
                self.sibling("libnvidia-compute-", false),
                self.sibling("nvidia-compute-utils-", false),
            ],
            Part::Dkms => vec!["dkms".to_owned(), common],
            Part::Modules => vec![common],
            Part::Utils | Part::ComputeUtils => vec![self.sibling("libnvidia-compute-", false)],
            Part::KernelCommon | Part::Compute | Part::FabricManager => Vec::new(),
        }
    }

    /// The newest driver of the branch.
    fn version(self) -> Option<String> {
        let rows = cuda_driver::branches();
        let row = rows.iter().find(|row| row.branch == self.package.branch)?;
        row.latest_linux_seen.as_ref().map(ToString::to_string)
    }

    /// The branch if this Ubuntu carries it.
    fn branch_in(self, machine: &PracticeMachine) -> Option<u32> {
        // What all three LTS releases carry, and what was offered when the machine was recorded.
        let carried = matches!(self.package.branch, 580 | 595)
            || machine
                .fitting_drivers()
                .iter()
                .any(|known| known.branch == self.package.branch)
            || machine.installed().keys().any(|name| {
                driver_family(name)
                    .is_some_and(|driver| driver.package.branch == self.package.branch)
            });
        carried.then_some(self.package.branch)
    }

    /// Kilobytes to fetch, and on the disk.
    fn size(self) -> (u64, u64) {
        match self.part {
            Part::Driver => (490, 1_300),
            Part::Headless => (12, 30),
            Part::Dkms => (33_000, 110_000),
            Part::Modules => (48_000, 62_000),
            Part::KernelCommon => (79_000, 82_000),
            Part::Compute => (64_000, 270_000),
            Part::ComputeUtils => (125, 400),
            Part::Utils => (530, 1_600),
            Part::FabricManager => (4_200, 13_000),
        }
    }
}

/// Puts a program into the tree.
fn program(machine: &mut PracticeMachine, path: &str, name: &str) {
    machine.put_file(path, Node::program(name));
}

fn is_link(machine: &PracticeMachine, path: &str) -> bool {
    matches!(
        machine.tree.get_link(path).map(|node| &node.content),
        Ok(Content::Link(_))
    )
}

/// Starts what a package's scripts start.
fn started(machine: &mut PracticeMachine, service: &str) {
    services::reload(machine);
    let _ = services::start(machine, service);
}
