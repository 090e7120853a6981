//! What is in an environment, and what an index offers for it.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::Interpreter;
use super::owned;
use crate::catalogue::{Repository, Shelf};
use crate::plan;
use crate::practice::process::Call;
use crate::practice::tree::{Content, Node};
use crate::read::wheel::{self, Host, Installs};
use crate::requirement;
use crate::tables::torch_dependencies;
use crate::tables::torch_matrix::{self, Package, Presence, Release, device_code};
use crate::tables::{Arch, Os, Platform};
use crate::version::BuildTag;

/// A distribution in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installed {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) folder: String,
}

/// The distributions of a folder, by the names of their `.dist-info`.
pub(super) fn installed(call: &mut Call<'_>, site: &str) -> Vec<Installed> {
    call.machine()
        .tree
        .list(site)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|folder| {
            let (name, version) = folder.strip_suffix(".dist-info")?.split_once('-')?;
            Some(Installed {
                name: name.replace('_', "-"),
                version: version.to_owned(),
                folder: folder.clone(),
            })
        })
        .collect()
}

/// What somebody asks for: `torch==2.8.0`.
#[derive(Debug, Clone)]
pub(super) struct Requirement {
    pub(super) text: String,
    pub(super) name: String,
    pub(super) wants: Option<VersionSpecifiers>,
    /// The local part: `cu130` of `torch==2.15.0+cu130`.
    pub(super) local: Option<String>,
}

impl FromStr for Requirement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text
            .find(['=', '<', '>', '!', '~', '[', ' ', ';', '@'])
            .unwrap_or(text.len());
        let name = text[..at].trim().to_lowercase().replace('_', "-");
        let rest = text[at..].trim();
        let rest = match rest.strip_prefix('[') {
            Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        let valid = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        if !valid {
            return Err(text.to_owned());
        }
        let local = rest
            .strip_prefix("==")
            .and_then(|version| version.split_once('+'))
            .map(|(_, local)| local.trim().to_owned());
        let public = match &local {
            Some(_) => rest.split('+').next().unwrap_or(rest),
            None => rest,
        };
        let wants = if public.is_empty() {
            None
        } else {
            Some(public.parse().map_err(|_| text.to_owned())?)
        };
        Ok(Self {
            text: text.to_owned(),
            name,
            wants,
            local,
        })
    }
}

impl Requirement {
    /// Whether a version that is installed does for it.
    pub(super) fn is_met_by(&self, installed: &str) -> bool {
        let local = installed.split_once('+').map(|(_, local)| local);
        let same_build = match &self.local {
            Some(wanted) => local == Some(wanted.as_str()),
            None => true,
        };
        same_build && installed.parse().is_ok_and(|version| self.allows(&version))
    }

    pub(super) fn allows(&self, version: &Version) -> bool {
        self.wants
            .as_ref()
            .is_none_or(|wants| wants.contains(&version.clone().without_local()))
    }
}

/// What an installed package asks for, by its metadata.
pub(super) fn requires(call: &mut Call<'_>, site: &str, name: &str) -> Vec<Requirement> {
    let Some(one) = installed(call, site)
        .into_iter()
        .find(|one| one.name == name)
    else {
        return Vec::new();
    };
    let text = call
        .machine()
        .tree
        .text(&format!("{site}/{}/METADATA", one.folder))
        .unwrap_or_default();
    let python = requirement::Interpreter {
        python: crate::version::PythonVersion::from_str(
            site.split("/lib/python")
                .nth(1)
                .and_then(|rest| rest.split('/').next())
                .unwrap_or_default(),
        )
        .ok(),
        platform: Some(platform(call)),
    };
    text.lines()
        .filter_map(|line| line.strip_prefix("Requires-Dist: "))
        .filter(|line| {
            line.parse::<requirement::Requirement>()
                .is_ok_and(|asked| asked.counts(&python) != Some(false))
        })
        .filter_map(|line| {
            let asks = line.split(';').next().unwrap_or(line);
            asks.replace([' ', '(', ')'], "").parse().ok()
        })
        .collect()
}

/// A package that does not fit what another asks for.
pub(super) struct Broken {
    pub(super) name: String,
    pub(super) version: String,
    /// What it asks for: `torch==2.8.0`.
    pub(super) asks: String,
    /// Of which package.
    pub(super) needs: String,
    /// What there is of it; nothing where it is missing.
    pub(super) has: Option<String>,
}

/// What does not fit together in an environment.
pub(super) fn broken(call: &mut Call<'_>, site: &str) -> Vec<Broken> {
    let there = installed(call, site);
    let mut faults = Vec::new();
    for one in &there {
        for need in requires(call, site, &one.name) {
            let has = there.iter().find(|other| other.name == need.name);
            // Of what torch needs a recording holds the part that matters: what is missing there proves nothing.
            let fits = has.is_none_or(|has| need.is_met_by(&has.version));
            if !fits {
                faults.push(Broken {
                    name: one.name.clone(),
                    version: one.version.clone(),
                    asks: need.text,
                    needs: need.name,
                    has: has.map(|has| has.version.clone()),
                });
            }
        }
    }
    faults
}

/// The host of an address.
pub(super) fn host_name(url: &str) -> String {
    let plain = url.split_once("://").map_or(url, |(_, rest)| rest);
    plain.split('/').next().unwrap_or(plain).to_owned()
}

/// What follows the host.
pub(super) fn path_of(url: &str) -> String {
    let plain = url.split_once("://").map_or(url, |(_, rest)| rest);
    plain
        .split_once('/')
        .map(|(_, path)| path.to_owned())
        .unwrap_or_default()
}

/// Of several indexes the one from which pip takes what was asked for: that with the highest version that fits, a build
/// of PyTorch's index being higher than the same version without a local part.
pub(super) fn best_index(
    call: &mut Call<'_>,
    own: &Interpreter,
    indexes: &[Index],
    wanted: &[Requirement],
) -> Index {
    let first = indexes.first().cloned().unwrap_or(Index::PyPi);
    let of_torch = wanted
        .iter()
        .find(|requirement| requirement.name == "torch")
        .or_else(|| {
            wanted
                .iter()
                .find(|requirement| requirement.name.starts_with("torch"))
        });
    let (Some(requirement), true) = (of_torch, indexes.len() > 1) else {
        return first;
    };
    let mut best: Option<(Version, bool, Index)> = None;
    for index in indexes {
        let is_build = matches!(index, Index::Torch { .. });
        let fits_local = match (&requirement.local, index) {
            (None, _) => true,
            (Some(local), Index::Torch { tag, .. }) => *local == tag.to_string(),
            (Some(_), _) => false,
        };
        let newest = versions(call, own, index, &requirement.name)
            .into_iter()
            .rev()
            .find(|version| requirement.allows(version));
        if let Some(newest) = newest
            && fits_local
            && best
                .as_ref()
                .is_none_or(|(version, build, _)| (&newest, is_build) > (version, *build))
        {
            best = Some((newest, is_build, index.clone()));
        }
    }
    best.map_or(first, |(.., index)| index)
}

/// Where packages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Index {
    /// pypi.org.
    PyPi,
    /// A folder of PyTorch's own index, or of a mirror of it.
    Torch { tag: BuildTag, url: String },
    /// A folder that there is not.
    Missing { url: String },
}

impl Index {
    /// The index behind an address.
    pub(super) fn of(url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let tag = url.rsplit('/').next().unwrap_or_default();
        let is_torchs = url.contains("/whl/") || url.contains("pytorch-wheels/");
        if is_torchs && !url.contains("/nightly/") && !url.contains("/test/") {
            if let Ok(tag) = tag.parse::<BuildTag>() {
                let exists = torch_matrix::releases()
                    .iter()
                    .any(|release| release.on_index(&tag) != Presence::No);
                if exists {
                    return Self::Torch { tag, url };
                }
            }
            return Self::Missing { url };
        }
        if url.contains("pypi") || url.contains("/simple") {
            return Self::PyPi;
        }
        Self::Missing { url }
    }

    pub(super) fn url(&self) -> &str {
        match self {
            Self::PyPi => "https://pypi.org/simple",
            Self::Torch { url, .. } | Self::Missing { url } => url,
        }
    }

    /// The repository of the catalogue that it is.
    fn repository(&self) -> Option<Repository> {
        match self {
            Self::PyPi => Some(Repository::Pypi),
            Self::Torch { tag, .. } => Some(Repository::Folder(tag.clone())),
            Self::Missing { .. } => None,
        }
    }

    /// The build of a release that it holds for a platform.
    fn build(&self, release: &Release, platform: Platform) -> Option<BuildTag> {
        match self {
            Self::PyPi => release.pypi_build(platform).cloned(),
            Self::Torch { tag, .. } => {
                (release.on_index(tag) == Presence::Yes).then(|| tag.clone())
            }
            Self::Missing { .. } => None,
        }
    }
}

/// A package to be put into an environment.
#[derive(Debug, Clone)]
pub(super) struct Pick {
    pub(super) name: String,
    /// As the file's name has it: with the local part from PyTorch's index, without from `PyPI`.
    pub(super) version: String,
    /// Of torch: its build.
    pub(super) build: Option<BuildTag>,
    /// What it asks for, in the words of its metadata.
    pub(super) requires: Vec<String>,
    /// Bytes on the disk.
    pub(super) size: u64,
    /// The name of the wheel, where the catalogue has one.
    pub(super) file: Option<String>,
}

/// Why nothing can be installed.
#[derive(Debug, Clone)]
pub(super) enum NotFound {
    /// The index has no version that fits.
    NoVersion {
        requirement: String,
        known: Vec<String>,
    },
    /// Two wishes exclude one another.
    Conflict {
        one: String,
        other: String,
        asks: String,
    },
}

pub(super) fn platform(call: &mut Call<'_>) -> Platform {
    let arch = match call.machine().recording.platform.arch.as_str() {
        "aarch64" => Arch::Aarch64,
        _ => Arch::X86_64,
    };
    Platform::new(Os::Linux, arch)
}

/// The machine as wheels ask for it.
fn host(call: &mut Call<'_>, own: &Interpreter) -> Host {
    let arch = call.machine().recording.platform.arch.clone();
    // What the releases of Ubuntu and Debian have for a C library.
    let glibc = match call.machine().ubuntu().as_str() {
        "20.04" => (2, 31),
        "22.04" => (2, 35),
        "12" => (2, 36),
        "13" => (2, 41),
        "26.04" => (2, 43),
        _ => (2, 39),
    };
    Host {
        python: (own.version.major, own.version.minor),
        free_threaded: own.version.free_threaded,
        os: wheel::Os::Glibc(Some(glibc)),
        arch,
    }
}

/// Packages that torch does not bring: their versions on `PyPI` (2026-11-25), and what they take on the disk.
const PLAIN: [(&str, &str, u64); 10] = [
    ("certifi", "2026.10.23", 300_000),
    ("idna", "3.20", 300_000),
    ("numpy", "2.4.6", 60_000_000),
    ("packaging", "26.3", 400_000),
    ("pillow", "13.0.0", 20_000_000),
    ("pip", "26.3", 5_000_000),
    ("setuptools", "84.2.1", 5_000_000),
    ("torchcodec", "0.17.0", 10_000_000),
    // A package of that name exists, and has nothing to do with PyTorch.
    ("torchvideo", "0.0.1", 100_000),
    ("wheel", "0.48.0", 200_000),
];

/// What a package takes on the disk, about.
fn size_of(name: &str) -> u64 {
    let part = name.trim_start_matches("nvidia-");
    let megabytes = match part
        .trim_end_matches("-cu11")
        .trim_end_matches("-cu12")
        .trim_end_matches("-cu13")
    {
        "cublas" => 900,
        "cudnn" => 800,
        "cusparse" => 450,
        "cusolver" => 400,
        "cufft" => 280,
        "nccl" => 320,
        "nvshmem" => 180,
        "cusparselt" => 230,
        "nvjitlink" | "cuda-nvrtc" => 150,
        "curand" => 130,
        "triton" => 420,
        "sympy" => 30,
        "networkx" | "setuptools" => 8,
        _ => 1,
    };
    megabytes * 1_000_000
}

/// The wheel of torch, or of a companion of it, that an index has for a machine: its file's name, and its size where
/// it was seen.
fn wheel_file(
    index: &Index,
    release: Option<(&'static Release, BuildTag)>,
    name: &str,
    version: &Version,
    host: &Host,
) -> Option<(String, Option<u64>)> {
    let shelf = Shelf::bundled();
    let repository = index.repository()?;
    if let Some((release, tag)) = release {
        let build = plan::Build { release, tag };
        return plan::wheel(&build, &repository, host, shelf)
            .map(|offer| (offer.name().to_owned(), offer.size()));
    }
    let (there, _) = &*shelf.wheels(name, version, &repository);
    there
        .iter()
        .find(|(_, wheel)| wheel.installs_on(host) == Installs::Yes)
        .map(|(file, _)| (file.name.to_string(), file.size))
}

/// The versions of a package that an index has for this Python, oldest first.
pub(super) fn versions(
    call: &mut Call<'_>,
    own: &Interpreter,
    index: &Index,
    name: &str,
) -> Vec<Version> {
    let platform = platform(call);
    let host = host(call, own);
    let fits = |release: &&'static Release| {
        release.supports_python(own.version)
            && index.build(release, platform).is_some_and(|build| {
                wheel_file(
                    index,
                    Some((release, build)),
                    "torch",
                    &release.torch,
                    &host,
                )
                .is_some()
            })
    };
    let of_torch = || torch_matrix::releases().iter().filter(fits);
    let mut found: Vec<Version> = match name {
        "torch" => of_torch().map(|release| release.torch.clone()).collect(),
        "torchvision" | "torchaudio" | "torchtext" => {
            let Ok(package) = name.parse::<Package>() else {
                return Vec::new();
            };
            let companions = torch_matrix::companions()
                .iter()
                .filter(|row| row.package == package);
            companions
                // An index has the companions that were built with the releases that it has.
                .filter(|row| {
                    of_torch().any(|release| row.works_with.contains(&release.torch))
                        || (*index == Index::PyPi && row.last)
                })
                .map(|row| row.version.clone())
                .filter(|version| {
                    index.repository().is_none_or(|repository| {
                        plan::installs(name, version, &repository, &host, Shelf::bundled())
                            != Some(false)
                    })
                })
                .collect()
        }
        "torchvideo" => ["0.0.0", "0.0.1"]
            .iter()
            .filter_map(|version| version.parse().ok())
            .collect(),
        _ => PLAIN
            .iter()
            .filter(|(known, ..)| *known == name)
            .filter_map(|(_, version, _)| version.parse().ok())
            .collect(),
    };
    if let Some(cuda) = name
        .strip_prefix("nvidia-cudnn-cu")
        .and_then(|major| major.parse::<u32>().ok())
        && *index == Index::PyPi
        && (11..=13).contains(&cuda)
    {
        found.extend(
            torch_matrix::releases()
                .iter()
                .map(|release| release.pypi_cudnn.clone()),
        );
    }
    // What torch brings can also be asked for by name.
    if found.is_empty() && *index == Index::PyPi {
        for release in torch_matrix::releases() {
            let cuda = release.pypi_build(platform).and_then(BuildTag::cuda);
            let brought = torch_dependencies::brought(&release.torch, cuda);
            found.extend(
                brought
                    .into_iter()
                    .filter(|(known, _)| *known == name)
                    .filter_map(|(_, version)| version.parse().ok()),
            );
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Chooses versions for all requirements, torch first, since the others follow it.
pub(super) fn resolve(
    call: &mut Call<'_>,
    own: &Interpreter,
    index: &Index,
    wanted: &[Requirement],
    installed: &[Installed],
) -> Result<Vec<Pick>, NotFound> {
    let platform = platform(call);
    let mut picks = Vec::new();
    let mut ordered: Vec<&Requirement> = wanted.iter().collect();
    ordered.sort_by_key(|requirement| requirement.name != "torch");
    let asks_torch = wanted
        .iter()
        .find(|requirement| requirement.name == "torch");
    let vision = wanted
        .iter()
        .find(|requirement| requirement.name == "torchvision" && requirement.wants.is_some());
    let mut torch: Option<Version> = None;
    for requirement in ordered {
        let known = versions(call, own, index, &requirement.name);
        let no_version = || NotFound::NoVersion {
            requirement: requirement.text.clone(),
            known: known
                .iter()
                .map(|version| {
                    let is_torchs = requirement.name.starts_with("torch");
                    format!(
                        "{version}{}",
                        if is_torchs {
                            local_part(index)
                        } else {
                            String::new()
                        }
                    )
                })
                .collect(),
        };
        if let (Some(local), Index::Torch { tag, .. }) = (&requirement.local, index)
            && *local != tag.to_string()
        {
            return Err(no_version());
        }
        if requirement.local.is_some() && *index == Index::PyPi {
            return Err(no_version());
        }
        match requirement.name.as_str() {
            "torch" => {
                let chosen = known.iter().rev().find(|version| {
                    requirement.allows(version)
                        // A torchvision that was asked for by its number decides on torch, where nothing else does.
                        && (requirement.wants.is_some()
                            || vision.is_none_or(|vision| declared(vision, version)))
                });
                let version = chosen.ok_or_else(no_version)?.clone();
                let release = torch_matrix::release(&version).map_err(|_| no_version())?;
                let build = index.build(release, platform).ok_or_else(no_version)?;
                picks.extend(torch_picks(release, &build, index, &host(call, own)));
                torch = Some(version);
            }
            "torchvision" | "torchaudio" | "torchtext" => {
                let package: Package = requirement.name.parse().map_err(|_| no_version())?;
                let mut beside = torch.clone();
                let declares = |version: &Version| {
                    torch_matrix::companion(package, version)
                        .ok()
                        .and_then(|row| row.declares.clone())
                };
                let chosen = known
                    .iter()
                    .rev()
                    .filter(|version| requirement.allows(version))
                    .find(|version| match (&beside, declares(version)) {
                        (Some(torch), Some(asks)) => asks
                            .to_string()
                            .parse::<VersionSpecifiers>()
                            .is_ok_and(|asks| asks.contains(torch)),
                        _ => true,
                    });
                let Some(version) = chosen.cloned() else {
                    let pinned = known
                        .iter()
                        .rev()
                        .find(|version| requirement.allows(version));
                    return Err(match (pinned, &beside) {
                        (Some(pinned), Some(torch)) => NotFound::Conflict {
                            one: format!("torch=={torch}"),
                            other: requirement.text.clone(),
                            asks: declares(pinned)
                                .map(|asks| asks.to_string())
                                .unwrap_or_default(),
                        },
                        _ => no_version(),
                    });
                };
                // The torch that is there stays if it does: if not, it has to go, whatever its owner wanted.
                if beside.is_none() && asks_torch.is_none() {
                    beside = installed
                        .iter()
                        .find(|one| one.name == "torch")
                        .and_then(|one| one.version.parse::<Version>().ok())
                        .map(Version::without_local)
                        .filter(|there| {
                            declares(&version)
                                .and_then(|asks| asks.to_string().parse::<VersionSpecifiers>().ok())
                                .is_none_or(|asks| asks.contains(there))
                        });
                }
                if beside.is_none() {
                    // It brings the torch that it was made for.
                    let release = torch_matrix::releases()
                        .iter()
                        .rev()
                        .filter(|release| release.supports_python(own.version))
                        .find(|release| {
                            declares(&version)
                                .and_then(|asks| asks.to_string().parse::<VersionSpecifiers>().ok())
                                .is_none_or(|asks| asks.contains(&release.torch))
                                && index.build(release, platform).is_some()
                        })
                        .ok_or_else(no_version)?;
                    let build = index.build(release, platform).ok_or_else(no_version)?;
                    picks.extend(torch_picks(release, &build, index, &host(call, own)));
                    torch = Some(release.torch.clone());
                }
                let local = local_part(index);
                let requires = declares(&version)
                    .map(|asks| format!("torch{asks}"))
                    .into_iter()
                    .chain(["numpy".to_owned()])
                    .collect();
                let host = host(call, own);
                let file = wheel_file(index, None, &requirement.name, &version, &host);
                picks.push(Pick {
                    name: requirement.name.clone(),
                    version: format!("{version}{local}"),
                    build: None,
                    requires,
                    size: file
                        .as_ref()
                        .and_then(|(_, size)| *size)
                        .unwrap_or(20_000_000),
                    file: file.map(|(name, _)| name),
                });
                picks.extend(["numpy", "pillow"].into_iter().filter_map(plain));
            }
            name => {
                let version = known
                    .iter()
                    .rev()
                    .find(|version| requirement.allows(version))
                    .ok_or_else(no_version)?;
                let size = PLAIN
                    .iter()
                    .find(|(known, ..)| *known == name)
                    .map_or_else(|| size_of(name), |(.., size)| *size);
                picks.push(Pick {
                    name: name.to_owned(),
                    version: version.to_string(),
                    build: None,
                    requires: Vec::new(),
                    size,
                    file: None,
                });
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    picks.retain(|pick| seen.insert(pick.name.clone()));
    Ok(picks)
}

/// Whether a torchvision that was asked for declares this torch.
fn declared(vision: &Requirement, torch: &Version) -> bool {
    torch_matrix::companions()
        .iter()
        .filter(|row| row.package == Package::Torchvision && vision.allows(&row.version))
        .any(|row| row.works_with.contains(torch))
}

fn local_part(index: &Index) -> String {
    match index {
        Index::Torch { tag, .. } => format!("+{tag}"),
        _ => String::new(),
    }
}

fn plain(name: &str) -> Option<Pick> {
    let (name, version, size) = PLAIN.iter().find(|(known, ..)| *known == name)?;
    Some(Pick {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        build: None,
        requires: Vec::new(),
        size: *size,
        file: None,
    })
}

/// torch, and the packages that it brings along.
fn torch_picks(
    release: &'static Release,
    build: &BuildTag,
    index: &Index,
    host: &Host,
) -> Vec<Pick> {
    let mut picks = Vec::new();
    let mut requires: Vec<String> = Vec::new();
    let cuda = build.cuda();
    for (name, version) in torch_dependencies::brought(&release.torch, cuda) {
        // On PyTorch's index builds for CUDA 12 have stayed with an older cuDNN since 2.9.
        let stays = matches!(cuda, Some(cuda) if cuda.major == 12)
            && name.starts_with("nvidia-cudnn")
            && release.torch >= Version::new([2, 9]);
        let version = if stays { "9.10.2.21" } else { version };
        // These are what its dependencies depend on.
        let is_its_own = !matches!(name, "markupsafe" | "mpmath" | "cuda-pathfinder");
        if is_its_own {
            requires.push(if torch_dependencies::is_of_cuda(name) {
                format!("{name}=={version}; platform_system == \"Linux\"")
            } else {
                name.to_owned()
            });
        }
        picks.push(Pick {
            name: name.to_owned(),
            version: version.to_owned(),
            build: None,
            requires: Vec::new(),
            size: size_of(name),
            file: None,
        });
    }
    let file = wheel_file(
        index,
        Some((release, build.clone())),
        "torch",
        &release.torch,
        host,
    );
    let size = file.as_ref().and_then(|(_, size)| *size);
    picks.push(Pick {
        name: "torch".to_owned(),
        version: format!("{}{}", release.torch, local_part(index)),
        // Unpacked, it takes about twice what its file has.
        size: size.map_or(
            if cuda.is_some() {
                1_700_000_000
            } else {
                700_000_000
            },
            |size| size * 2,
        ),
        build: Some(build.clone()),
        requires,
        file: file.map(|(name, _)| name),
    });
    picks
}

/// Puts a package into an environment; `false` where its user may not.
pub(super) fn put(call: &mut Call<'_>, site: &str, pick: &Pick) -> bool {
    let platform = platform(call);
    let record = format!("{}-{}.dist-info", pick.name.replace('-', "_"), pick.version);
    let mut metadata = format!(
        "Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
        pick.name, pick.version
    );
    for requirement in &pick.requires {
        metadata.push_str(&format!("Requires-Dist: {requirement}\n"));
    }
    if !owned(
        call,
        &format!("{site}/{record}/METADATA"),
        Node::file(metadata),
    ) {
        return false;
    }
    if pick.name == "torch" {
        let build = pick.build.clone().unwrap_or(BuildTag::Cpu);
        let public = pick
            .version
            .split('+')
            .next()
            .unwrap_or(&pick.version)
            .to_owned();
        let cuda = build
            .cuda()
            .map_or_else(|| "None".to_owned(), |cuda| format!("'{cuda}'"));
        let version = format!(
            "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'xpu']\n__version__ = '{public}+{build}'\ndebug = False\ncuda: Optional[str] = {cuda}\nhip: Optional[str] = None\nxpu: Optional[str] = None\n"
        );
        owned(
            call,
            &format!("{site}/torch/version.py"),
            Node::file(version),
        );
        let codes = build
            .cuda()
            .and_then(|cuda| {
                let release = torch_matrix::release(&public.parse().ok()?).ok()?;
                device_code(release, cuda, platform).ok()
            })
            .map(|list| {
                list.codes
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .unwrap_or_default();
        owned(
            call,
            &format!("{site}/torch/lib/libtorch_python.so"),
            Node::file(codes),
        );
        owned(
            call,
            &format!("{site}/torch/lib/libtorch.so"),
            Node::new(0o755, Content::Untold(pick.size)),
        );
    } else {
        let folder = pick.name.replace('-', "_");
        owned(
            call,
            &format!("{site}/{folder}/__init__.py"),
            Node::new(0o644, Content::Untold(pick.size)),
        );
    }
    true
}

/// Takes a package out of an environment.
pub(super) fn take_out(call: &mut Call<'_>, site: &str, one: &Installed) {
    let folder = one.name.replace('-', "_");
    for path in [format!("{site}/{}", one.folder), format!("{site}/{folder}")] {
        let _ = call.machine().tree.remove(&path);
    }
}
