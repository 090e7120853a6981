//! One driver: packages or a runfile, not both, and none at all inside WSL.

use std::collections::BTreeMap;

use super::{not_linux, told};
use crate::facts::driver::{Library, Package};
use crate::facts::system::Place;
use crate::facts::{Facts, Known, Unknown, Why};
use crate::finding::{Finding, Fix, quoted};
use crate::machine::Unread;

pub(super) fn one_driver(facts: &Facts<'_>) -> Finding {
    let finding = match facts.place() {
        _ if !facts.is_linux() => return not_linux(facts),
        Place::Container | Place::Sandbox => {
            return Finding::not_applicable("na-container")
                .evidence("/proc", "this is a container");
        }
        Place::Wsl => inside_wsl(facts),
        Place::Host => on_host(facts),
    };
    told(
        finding,
        "dpkg -l | grep -E '^ii +(nvidia-driver|nvidia-dkms|nvidia-open|cuda-drivers|libnvidia-compute)'",
    )
}

const DPKG_STATUS: &str = "/var/lib/dpkg/status";
const WSL_FOLDER: &str = "/usr/lib/wsl";

/// A Linux driver inside WSL is found before the libraries that Windows hands in, and cannot work.
fn inside_wsl(facts: &Facts<'_>) -> Known<Finding> {
    let packages = packages(facts);
    if let Ok(Some(packages)) = &packages
        && let Some(first) = packages.first()
    {
        let finding = Finding::fail("fail-wsl-package").arg("package", &first.name);
        return Ok(with_packages(finding, packages)
            .fix(Fix::run(format!("sudo apt purge {}", names(packages))).note("fix-wsl-purge"))
            .fix(Fix::run("wsl.exe --shutdown").note("fix-wsl-restart")));
    }
    let runfile = facts.driver_runfile();
    let libraries = facts.driver_libraries();
    let mut outside = Vec::new();
    for library in libraries.iter().flatten() {
        // A link into WSL's own folder shadows nothing.
        let target = facts.link(&library.path).ok().flatten();
        let leads_home = target.is_some_and(|target| target.starts_with(WSL_FOLDER));
        if !library.path.starts_with(WSL_FOLDER) && !leads_home {
            outside.push(library.path.clone());
        }
    }
    let loaded = match facts.nvml() {
        Ok(nvml) => &nvml.library,
        Err(failure) => &failure.library,
    };
    outside.extend(
        loaded
            .clone()
            .filter(|path| path.starts_with('/') && !path.starts_with(WSL_FOLDER)),
    );
    if let Some(path) = runfile
        .as_ref()
        .ok()
        .cloned()
        .flatten()
        .or(outside.first().cloned())
    {
        let finding = Finding::fail("fail-wsl-library")
            .arg("path", &path)
            .evidence(&path, "there, from a Linux driver");
        let finding = match &runfile {
            Ok(Some(program)) => finding.fix(uninstall(program)),
            _ => finding.fix(Fix::by_hand("fix-wsl-library")),
        };
        return Ok(finding.fix(Fix::run("wsl.exe --shutdown").note("fix-wsl-restart")));
    }
    packages?;
    runfile?;
    libraries?;
    Ok(Finding::pass("pass-wsl")
        .evidence(DPKG_STATUS, "no driver package")
        .evidence("libnvidia-ml.so.1", "only below /usr/lib/wsl"))
}

fn on_host(facts: &Facts<'_>) -> Known<Finding> {
    let packages = packages(facts);
    let runfile = facts.driver_runfile();
    let libraries = facts.driver_libraries();
    if let Ok(Some(packages)) = &packages
        && let Some(main) = main_package(packages)
    {
        if let Ok(Some(program)) = &runfile {
            return Ok(reinstall(
                with_packages(Finding::fail("fail-runfile"), packages)
                    .arg("package", &main.name)
                    .evidence(program, "there, left by a .run file")
                    .fix(uninstall(program)),
                packages,
            ));
        }
        if let Some((one, other)) = two_versions(packages) {
            let both = format!("{} {}", quoted(&one.name), quoted(&other.name));
            let held = packages.iter().find(|package| package.is_held());
            let text = match (held, nvidias_source(facts)) {
                (Some(_), _) => "fail-held",
                (None, true) => "fail-two-sources",
                (None, false) => "fail-two-packages",
            };
            let finding = with_packages(Finding::fail(text), packages)
                .arg("one", format!("{} {}", one.name, one.version))
                .arg("other", format!("{} {}", other.name, other.version))
                .fix(Fix::run(format!("apt policy {both}")).note("fix-policy"));
            return Ok(match held {
                Some(held) => finding
                    .arg("held", &held.name)
                    .evidence(DPKG_STATUS, format!("{} is held", held.name))
                    .fix(
                        Fix::run(format!("sudo apt-mark unhold {}", quoted(&held.name)))
                            .note("fix-unhold"),
                    ),
                None => finding,
            }
            .fix(Fix::run("sudo apt --fix-broken install").note("fix-broken"))
            .fix(Fix::run(format!("sudo apt install {}", names(packages))).note("fix-together"))
            .fix(Fix::run("sudo reboot").note("fix-reboot")));
        }
        if let Some((package, library)) =
            overwritten(packages, libraries.as_deref().unwrap_or_default())
        {
            return Ok(reinstall(
                Finding::fail("fail-overwritten")
                    .arg("package", format!("{} {}", package.name, package.version))
                    .arg("library", &library.path)
                    .arg(
                        "version",
                        library
                            .version
                            .as_ref()
                            .map_or("", |version| version.as_str()),
                    )
                    .evidence(DPKG_STATUS, format!("{} {}", package.name, package.version))
                    .evidence(
                        &library.path,
                        library
                            .version
                            .as_ref()
                            .map_or("", |version| version.as_str()),
                    ),
                packages,
            ));
        }
    }
    if let Ok(libraries) = &libraries
        && let Some((one, other)) = two_libraries(libraries)
    {
        let described = |library: &Library| {
            let version = library
                .version
                .as_ref()
                .map_or("?", |version| version.as_str());
            format!("{} ({version})", library.path)
        };
        return Ok(Finding::fail("fail-two-libraries")
            .arg("one", described(one))
            .arg("other", described(other))
            .evidence(&one.path, described(one))
            .evidence(&other.path, described(other))
            .fix(match &runfile {
                Ok(Some(program)) => uninstall(program),
                _ => Fix::by_hand("fix-libraries"),
            }));
    }
    let (packages, runfile, libraries) = (packages?, runfile?, libraries?);
    if packages.is_none()
        && let Some(finding) = beside_other_packages(facts, runfile.as_deref())?
    {
        return Ok(finding);
    }
    Ok(match (&packages, runfile) {
        (Some(found), _) if let Some(main) = main_package(found) => {
            with_packages(Finding::pass("pass-packages"), found)
                .arg("package", &main.name)
                .arg("version", &main.version)
        }
        (Some(_), Some(program)) => Finding::pass("pass-runfile")
            .evidence(DPKG_STATUS, "no driver package")
            .evidence(&program, "there, left by a .run file"),
        // Whether this distribution's packages hold a driver too cannot be read from a file.
        (None, Some(program)) => Finding::unknown("unknown-packages")
            .evidence(&program, "there, left by a .run file")
            .fix(Fix::run("rpm -qa | grep -i nvidia").note("fix-rpm")),
        (_, None) => match libraries.first() {
            Some(library) => Finding::pass("pass-one").evidence(&library.path, "the only one"),
            None if facts.driver_version().is_ok() => Finding::pass("pass-one")
                .evidence("libnvidia-ml.so.1", "in none of the usual folders"),
            None if facts.module_loaded("nvidia")? => {
                Finding::pass("pass-one").evidence("/proc/modules", "nvidia")
            }
            None => Finding::not_applicable("na-no-driver")
                .evidence(DPKG_STATUS, "no driver package")
                .evidence("libnvidia-ml.so.1", "not found")
                .fix(Fix::run("lessons show driver.installed").note("fix-show-driver")),
        },
    })
}

/// Two drivers on a distribution without dpkg, as far as files tell of its packages.
fn beside_other_packages(facts: &Facts<'_>, runfile: Option<&str>) -> Known<Option<Finding>> {
    if let Some([one, other]) = facts.two_module_sources()? {
        return Ok(Some(
            Finding::fail("fail-two-builders")
                .arg("one", &one)
                .arg("other", &other)
                .evidence(&one, "there")
                .evidence(&other, "there")
                .fix(Fix::run("rpm -qa | grep -i nvidia").note("fix-rpm-both"))
                .fix(Fix::by_hand("fix-one-source")),
        ));
    }
    let Some(program) = runfile else {
        return Ok(None);
    };
    Ok(facts.pacman_driver()?.map(|package| {
        Finding::fail("fail-runfile")
            .arg("package", &package.name)
            .evidence(
                "/var/lib/pacman/local",
                format!("{} {}", package.name, package.version),
            )
            .evidence(program, "there, left by a .run file")
            .fix(uninstall(program))
            .fix(
                Fix::run(format!("sudo pacman -S {}", quoted(&package.name))).note("fix-reinstall"),
            )
            .fix(Fix::run("sudo reboot").note("fix-reboot"))
    }))
}

/// Whether NVIDIA's own package source is set up beside the distribution's.
fn nvidias_source(facts: &Facts<'_>) -> bool {
    facts
        .nvidia_sources()
        .is_ok_and(|sources| !sources.is_empty())
}

fn names(packages: &[Package]) -> String {
    let names: Vec<String> = packages
        .iter()
        .map(|package| quoted(&package.name))
        .collect();
    names.join(" ")
}

/// The driver's packages; `None` where packages are not Debian's.
fn packages(facts: &Facts<'_>) -> Known<Option<Vec<Package>>> {
    match facts.driver_packages() {
        Ok(packages) => Ok(Some(packages)),
        Err(Unknown {
            why: Why::Unread(Unread::NotFound),
            ..
        }) => Ok(None),
        Err(unknown) => Err(unknown),
    }
}

/// The package to name: the driver itself before its parts.
fn main_package(packages: &[Package]) -> Option<&Package> {
    let is_part = |package: &&Package| !package.name.starts_with("nvidia-driver");
    packages.iter().min_by_key(is_part)
}

fn with_packages(finding: Finding, packages: &[Package]) -> Finding {
    packages.iter().fold(finding, |finding, package| {
        finding.evidence(DPKG_STATUS, format!("{} {}", package.name, package.version))
    })
}

/// Two packages that bring drivers of different versions: one source's mixed with another's.
fn two_versions(packages: &[Package]) -> Option<(&Package, &Package)> {
    let mut known = packages
        .iter()
        .filter_map(|package| Some((package.driver_version()?, package)));
    let (version, first) = known.next()?;
    let (_, other) = known.find(|(other, _)| *other != version)?;
    Some((first, other))
}

/// A library that is not the one that its package brought, whatever the kernel has loaded: packages put their
/// libraries in place at once, so only another installer can have written over them.
fn overwritten<'f>(
    packages: &'f [Package],
    libraries: &'f [Library],
) -> Option<(&'f Package, &'f Library)> {
    let package = packages
        .iter()
        .find(|package| package.has_driver_libraries())
        .or_else(|| main_package(packages))?;
    let brought = package.driver_version()?;
    let library = libraries.iter().find(|library| {
        library.path.contains("-linux-gnu/")
            && library
                .version
                .as_ref()
                .is_some_and(|version| *version != brought)
    })?;
    Some((package, library))
}

fn two_libraries(libraries: &[Library]) -> Option<(&Library, &Library)> {
    let mut versions: BTreeMap<_, &Library> = BTreeMap::new();
    for library in libraries {
        if let Some(version) = &library.version {
            versions.entry(version).or_insert(library);
        }
    }
    let mut distinct = versions.into_values();
    Some((distinct.next()?, distinct.next()?))
}

fn uninstall(program: &str) -> Fix {
    // nvidia-installer takes itself away with an option, nvidia-uninstall without.
    Fix::run(match program {
        "/usr/bin/nvidia-installer" => "sudo nvidia-installer --uninstall",
        _ => "sudo nvidia-uninstall",
    })
    .note("fix-uninstall")
}

fn reinstall(finding: Finding, packages: &[Package]) -> Finding {
    finding
        .fix(
            Fix::run(format!("sudo apt install --reinstall {}", names(packages)))
                .note("fix-reinstall"),
        )
        .fix(Fix::run("sudo reboot").note("fix-reboot"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::made_up::{Case, NOT_RECORDED, UNREAD, and, check_all, packages};
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    const UBUNTU: &str = "580.95.05-0ubuntu0.24.04.2";
    const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1";

    fn with_status(status: &[(&str, &str)]) -> Value {
        json!({"files": {"/var/lib/dpkg/status": {"text": packages(status)}}})
    }

    fn wsl() -> Value {
        json!({"files": {
            "/proc/version": {"text": "Linux version 6.6.87.2-microsoft-standard-WSL2"},
            "/var/lib/dpkg/status": {"text": ""},
            LIBRARY: {"error": "not-found"},
            "/usr/lib/wsl/lib/libnvidia-ml.so.1": {"size": 1},
        }})
    }

    #[test]
    fn every_branch() {
        let uninstaller = json!({"dirs": {"/usr/bin": ["nvidia-uninstall", "nvidia-installer"]}});
        let no_dpkg = json!({"files": {"/var/lib/dpkg/status": {"error": "not-found"}}});
        let nothing = json!({
            "files": {
                "/var/lib/dpkg/status": {"text": ""},
                LIBRARY: {"error": "not-found"},
                "/sys/module/nvidia/version": {"error": "not-found"},
                "/proc/driver/nvidia/version": {"error": "not-found"},
                "/proc/modules": {"text": "nouveau 3096576 0 - Live 0x0\n"},
            },
            "nvml": {"error": "LibloadingError"},
        });
        let cases: Vec<Case> = vec![
            ("packages", json!({}), Pass, "pass-packages"),
            (
                "upgraded and not restarted: the module is older than everything on the disk",
                json!({"files": {
                    "/sys/module/nvidia/version": {"text": "580.82.07\n"},
                    "/proc/modules": {"text": "nvidia 3096576 0 - Live 0x0\n"},
                }, "nvml": {"error": "LibRmVersionMismatch"}}),
                Pass,
                "pass-packages",
            ),
            (
                "Debian's, whose libraries are links to links",
                and(
                    with_status(&[
                        ("nvidia-driver", "535.183.01-1~deb12u1"),
                        ("libcuda1", "535.183.01-1~deb12u1"),
                    ]),
                    &json!({"files": {LIBRARY: {"link": "/etc/alternatives/glx--libnvidia-ml.so.1"}}}),
                ),
                Pass,
                "pass-packages",
            ),
            (
                "NVIDIA's own packages",
                with_status(&[
                    ("nvidia-open", "580.95.05-1ubuntu1"),
                    ("libnvidia-compute", "580.95.05-1ubuntu1"),
                    ("nvidia-driver-pinning-580", "580-1ubuntu1"),
                ]),
                Pass,
                "pass-packages",
            ),
            (
                "a runfile alone",
                and(
                    uninstaller.clone(),
                    &with_status(&[("nvidia-settings", "510.47.03-0ubuntu4")]),
                ),
                Pass,
                "pass-runfile",
            ),
            (
                "another distribution's packages",
                no_dpkg.clone(),
                Pass,
                "pass-one",
            ),
            (
                "a driver whose libraries are somewhere else",
                and(
                    no_dpkg.clone(),
                    &json!({"files": {LIBRARY: {"error": "not-found"}}}),
                ),
                Pass,
                "pass-one",
            ),
            (
                "a module without any library",
                and(
                    nothing.clone(),
                    &json!({"files": {"/proc/modules": {"text": "nvidia 1 0 - Live 0x0\n"}}}),
                ),
                Pass,
                "pass-one",
            ),
            (
                "RPM Fusion's packages and NVIDIA's own",
                json!({
                    "files": {
                        "/etc/os-release": {"text": "ID=fedora\n"},
                        "/var/lib/dpkg/status": {"error": "not-found"},
                    },
                    "dirs": {
                        "/usr/src": ["akmods", "nvidia-580.95.05"],
                        "/usr/src/akmods": ["nvidia-kmod.latest"],
                        "/var/lib/dkms": [],
                    },
                }),
                Fail,
                "fail-two-builders",
            ),
            (
                "a runfile over pacman's packages",
                json!({
                    "files": {
                        "/etc/os-release": {"text": "ID=cachyos\nID_LIKE=arch\n"},
                        "/var/lib/dpkg/status": {"error": "not-found"},
                    },
                    "dirs": {
                        "/usr/bin": ["nvidia-uninstall"],
                        "/var/lib/pacman/local": ["nvidia-utils-580.95.05-1"],
                    },
                }),
                Fail,
                "fail-runfile",
            ),
            (
                "a runfile over packages",
                uninstaller.clone(),
                Fail,
                "fail-runfile",
            ),
            (
                "a runfile over packages, with the installer alone",
                json!({"dirs": {"/usr/bin": ["nvidia-installer"]}}),
                Fail,
                "fail-runfile",
            ),
            (
                "packages of two versions",
                with_status(&[
                    ("nvidia-driver-580", UBUNTU),
                    ("libnvidia-compute-580", "580.105.08-0ubuntu1"),
                ]),
                Fail,
                "fail-two-packages",
            ),
            (
                "packages of two versions, and NVIDIA's source is set up",
                and(
                    with_status(&[
                        ("nvidia-driver-580", UBUNTU),
                        ("libnvidia-compute-580", "580.105.08-0ubuntu1"),
                    ]),
                    &json!({
                        "dirs": {"/etc/apt/sources.list.d": ["cuda-ubuntu2404-x86_64.list"]},
                        "files": {
                            "/etc/apt/sources.list": {"error": "not-found"},
                            "/etc/apt/sources.list.d/cuda-ubuntu2404-x86_64.list": {
                                "text": "deb [signed-by=/usr/share/keyrings/cuda-archive-keyring.gpg] https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64/ /\n",
                            },
                        },
                    }),
                ),
                Fail,
                "fail-two-sources",
            ),
            (
                "packages of two versions, one held back",
                json!({"files": {"/var/lib/dpkg/status": {"text": format!(
                    "Package: libnvidia-compute-580\nStatus: hold ok installed\nVersion: 580.82.07-0ubuntu1\n\n{}",
                    packages(&[("nvidia-driver-580", UBUNTU)]),
                )}}}),
                Fail,
                "fail-held",
            ),
            (
                "a library that its package did not bring",
                json!({"files": {LIBRARY: {"link": "libnvidia-ml.so.560.35.03"}}}),
                Fail,
                "fail-overwritten",
            ),
            (
                "libraries in two folders",
                and(
                    no_dpkg.clone(),
                    &json!({"files": {"/usr/lib64/libnvidia-ml.so.1": {"link": "libnvidia-ml.so.560.35.03"}}}),
                ),
                Fail,
                "fail-two-libraries",
            ),
            (
                "libraries in two folders, one from a runfile",
                and(
                    and(no_dpkg.clone(), &uninstaller),
                    &json!({"files": {"/usr/lib64/libnvidia-ml.so.1": {"link": "libnvidia-ml.so.560.35.03"}}}),
                ),
                Fail,
                "fail-two-libraries",
            ),
            (
                "a runfile on another distribution",
                and(no_dpkg, &uninstaller),
                Unknown,
                "unknown-packages",
            ),
            ("WSL", wsl(), Pass, "pass-wsl"),
            (
                "WSL with a link into its own folder",
                and(
                    wsl(),
                    &json!({"files": {LIBRARY: {"link": "/usr/lib/wsl/lib/libnvidia-ml.so.1"}}}),
                ),
                Pass,
                "pass-wsl",
            ),
            (
                "a driver package in WSL",
                and(
                    wsl(),
                    &with_status(&[("libnvidia-compute-535", "535.288.01-0ubuntu0.24.04.1")]),
                ),
                Fail,
                "fail-wsl-package",
            ),
            (
                "a library in WSL",
                and(
                    wsl(),
                    &json!({"files": {LIBRARY: {"link": "libnvidia-ml.so.560.35.03"}}}),
                ),
                Fail,
                "fail-wsl-library",
            ),
            (
                "a runfile in WSL",
                and(wsl(), &uninstaller),
                Fail,
                "fail-wsl-library",
            ),
            (
                "NVML was loaded from elsewhere in WSL",
                and(
                    wsl(),
                    &json!({"nvml": {"error": "DriverNotLoaded", "library": "/usr/local/lib/libnvidia-ml.so.560.35.03"}}),
                ),
                Fail,
                "fail-wsl-library",
            ),
            (
                "WSL whose packages are not recorded",
                and(
                    wsl(),
                    &json!({"files": {"/var/lib/dpkg/status": NOT_RECORDED}}),
                ),
                Unknown,
                UNREAD,
            ),
            (
                "packages are not recorded",
                json!({"files": {"/var/lib/dpkg/status": NOT_RECORDED}}),
                Unknown,
                UNREAD,
            ),
            ("no driver", nothing, NotApplicable, "na-no-driver"),
            (
                "a container",
                json!({"files": {"/.dockerenv": {"size": 0}}}),
                NotApplicable,
                "na-container",
            ),
            (
                "Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                NotApplicable,
                "na-not-linux",
            ),
        ];
        check_all("cuda.one-driver", &cases);
    }
}
