//! The file of a build: the wheel that was seen, or the name that it must have.

use pep440_rs::Version;

use super::fit::Build;
use crate::catalogue::{Repository, Shelf, WheelFile};
use crate::read::wheel::{self, Ask, Host, Installs, Os, Refusal, Wheel};
use crate::tables::torch_matrix::Presence;
use crate::version::{BuildTag, PythonVersion};

/// A wheel to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer<'c> {
    /// It was seen.
    Seen(&'c WheelFile),
    /// It was not, but the release is there for the tag, and this is what PyTorch calls such a wheel.
    Expected(String),
}

impl Offer<'_> {
    /// The file's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Seen(file) => &file.name,
            Self::Expected(name) => name,
        }
    }

    /// The size in bytes, where it is known.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Seen(file) => file.size,
            Self::Expected(_) => None,
        }
    }

    /// The SHA-256 of the file, where it is known.
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Self::Seen(file) => file.sha256.as_deref(),
            Self::Expected(_) => None,
        }
    }
}

/// Why there is no wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// There are wheels for this system, and these are the Pythons that they are for.
    Python(Vec<PythonVersion>),
    /// The C library, or the version of the system, is older than its wheels ask for.
    System {
        /// What they ask for.
        needs: Ask,
        /// What there is.
        has: (u32, u32),
    },
    /// There is none for this kind of system, processor or C library.
    Platform,
    /// The index, which was read, does not have it.
    NotListed,
    /// It was taken back.
    Yanked,
}

/// The wheel of a build for a host. What is known of the folder counts first; where too little is, the release's wheels
/// on `PyPI`, which come from the same builds, tell the Pythons and systems.
pub(super) fn of_build<'c>(
    build: &Build,
    repository: &Repository,
    host: &Host,
    shelf: &Shelf<'c>,
) -> Result<Offer<'c>, Missing> {
    let version = &build.release.torch;
    let (seen, whole) = &*shelf.wheels("torch", version, repository);
    let mut yanked = false;
    let mut best: Option<&(&WheelFile, Wheel)> = None;
    for offer in seen {
        if !runs(&offer.1, host) {
            continue;
        }
        if offer.0.yanked != crate::read::index::Yanked::No {
            yanked = true;
        } else if best.is_none_or(|best| number(&best.1) < number(&offer.1)) {
            best = Some(offer);
        }
    }
    if let Some((file, _)) = best {
        return Ok(Offer::Seen(file));
    }
    if yanked {
        return Err(Missing::Yanked);
    }
    if *whole {
        return Err(if seen.is_empty() {
            Missing::NotListed
        } else {
            missing(seen.iter().map(|(_, wheel)| wheel), host)
        });
    }
    let (all, all_known) = &*shelf.wheels("torch", version, &Repository::Pypi);
    if *all_known && !all.iter().any(|(_, wheel)| runs(wheel, host)) {
        return Err(missing(all.iter().map(|(_, wheel)| wheel), host));
    }
    let Repository::Folder(tag) = repository else {
        return Err(Missing::NotListed);
    };
    if build.release.on_index(tag) == Presence::No {
        return Err(Missing::NotListed);
    }
    // Builds for AMD's GPUs are made for one platform alone.
    if matches!(tag, BuildTag::Rocm(_))
        && !(matches!(host.os, Os::Glibc(_) | Os::Musl(_)) && host.arch == "x86_64")
    {
        return Err(Missing::Platform);
    }
    let name = expected(version, tag, host);
    match wheel::parse(&name).map(|wheel| wheel.installs_on(host)) {
        Ok(Installs::No(Refusal::SystemVersion { needs, has })) => {
            Err(Missing::System { needs, has })
        }
        Ok(Installs::No(_)) => Err(Missing::Platform),
        Ok(Installs::Yes | Installs::Unknown(_)) | Err(_) => Ok(Offer::Expected(name)),
    }
}

/// Whether a version of a project has a wheel that a host's Python takes, in the repository or on `PyPI`; none where that
/// is not known.
pub(crate) fn installs(
    project: &str,
    version: &Version,
    repository: &Repository,
    host: &Host,
    shelf: &Shelf<'_>,
) -> Option<bool> {
    let (there, _) = &*shelf.wheels(project, version, repository);
    let (all, whole) = &*shelf.wheels(project, version, &Repository::Pypi);
    let fits = there.iter().chain(all).any(|(_, wheel)| {
        // Of a wheel for another system the Python is looked at all the same: folders have more systems than PyPI.
        !matches!(
            wheel.installs_on(host),
            Installs::No(Refusal::Python { .. } | Refusal::Abi { .. } | Refusal::Version { .. })
        )
    });
    if fits {
        Some(true)
    } else if *whole && !all.is_empty() {
        Some(false)
    } else {
        None
    }
}

/// Whether a wheel installs on a host and its libraries load there. `linux_x86_64` in a name asks for no C library, and
/// torch does: it is built for GNU's.
fn runs(wheel: &Wheel, host: &Host) -> bool {
    let built_for_gnu = matches!(host.os, Os::Musl(_))
        && !wheel
            .platform_tags
            .iter()
            .any(|tag| tag.starts_with("musllinux"));
    !built_for_gnu && !matches!(wheel.installs_on(host), Installs::No(_))
}

/// What is in the way of all of these wheels: the thing that the nearest of them lacks.
fn missing<'w>(wheels: impl Iterator<Item = &'w Wheel> + Clone, host: &Host) -> Missing {
    let mut pythons: Vec<PythonVersion> = Vec::new();
    let mut too_old = None;
    for wheel in wheels {
        match wheel.installs_on(host) {
            Installs::No(Refusal::SystemVersion { needs, has }) => too_old = Some((needs, has)),
            Installs::No(Refusal::Python { .. } | Refusal::Abi { .. }) => {
                // Would it install, were the host's Python the wheel's? Of two things in the way the Python comes first.
                let own = wheel.abi_tags.iter().chain(&wheel.python_tags);
                for python in own.filter_map(|tag| PythonVersion::from_tag(tag).ok()) {
                    let with = Host {
                        python: (python.major, python.minor),
                        free_threaded: python.free_threaded,
                        ..host.clone()
                    };
                    let in_the_way = match wheel.installs_on(&with) {
                        Installs::No(Refusal::SystemVersion { .. })
                        | Installs::Yes
                        | Installs::Unknown(_) => false,
                        Installs::No(_) => true,
                    };
                    if !in_the_way && !pythons.contains(&python) {
                        pythons.push(python);
                    }
                }
            }
            _ => {}
        }
    }
    if let Some((needs, has)) = too_old {
        return Missing::System { needs, has };
    }
    if pythons.is_empty() {
        return Missing::Platform;
    }
    pythons.sort_unstable();
    Missing::Python(pythons)
}

/// The number of a wheel's build tag, by which installers choose among wheels of one version.
fn number(wheel: &Wheel) -> u64 {
    let digits = wheel
        .build
        .as_ref()
        .map_or("", |build| build.value.as_str());
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits.get(..end).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// What PyTorch calls a build's wheel: `torch-2.14.1+cu126-cp312-cp312-manylinux_2_28_x86_64.whl`.
fn expected(version: &Version, tag: &BuildTag, host: &Host) -> String {
    let arm = host.arch == "aarch64";
    // Wheels of the index say manylinux since 2.7; those of 2.6 do for cu126 and for Arm's processors.
    let manylinux = match version.release() {
        [2, 6, ..] => arm || tag.to_string() == "cu126",
        [major, minor, ..] => (*major, *minor) >= (2, 7),
        _ => false,
    };
    let platform = match host.os {
        Os::Windows => if arm { "win_arm64" } else { "win_amd64" }.to_owned(),
        _ if manylinux => format!("manylinux_2_28_{}", host.arch),
        _ => format!("linux_{}", host.arch),
    };
    format!(
        "torch-{version}+{tag}-{}-{}-{platform}.whl",
        host.python_tag(),
        host.abi()
    )
}
