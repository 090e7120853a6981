//! What is in an environment, and what an index offers for it.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::Interpreter;
use super::owned;
use crate::practice::process::Call;
use crate::practice::tree::{Content, Node};
use crate::tables::torch_matrix::{self, Package, Presence, Release, device_code};
use crate::tables::{Arch, Os, Platform};
use crate::version::{BuildTag, CudaVersion};

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
    pub(super) fn allows(&self, version: &Version) -> bool {
        self.wants
            .as_ref()
            .is_none_or(|wants| wants.contains(&version.clone().without_local()))
    }
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

/// Packages that have nothing to do with CUDA: their version, and what they take on the disk.
const PLAIN: [(&str, &str, u64); 14] = [
    ("filelock", "3.20.0", 60_000),
    ("fsspec", "2025.10.0", 800_000),
    ("jinja2", "3.1.6", 600_000),
    ("markupsafe", "3.0.3", 60_000),
    ("mpmath", "1.3.0", 2_000_000),
    ("networkx", "3.5", 8_000_000),
    ("numpy", "2.3.4", 60_000_000),
    ("packaging", "25.0", 400_000),
    ("pillow", "12.0.0", 20_000_000),
    ("setuptools", "80.9.0", 5_000_000),
    ("sympy", "1.14.0", 30_000_000),
    ("torchcodec", "0.8.1", 10_000_000),
    ("typing-extensions", "4.15.0", 150_000),
    ("wheel", "0.45.1", 200_000),
];

/// What torch asks for besides CUDA.
const OF_TORCH: [&str; 7] = [
    "filelock",
    "fsspec",
    "jinja2",
    "networkx",
    "setuptools",
    "sympy",
    "typing-extensions",
];

/// The versions of a package that an index has for this Python, oldest first.
pub(super) fn versions(
    call: &mut Call<'_>,
    own: &Interpreter,
    index: &Index,
    name: &str,
) -> Vec<Version> {
    let platform = platform(call);
    let fits = |release: &&Release| {
        release.supports_python(own.version) && index.build(release, platform).is_some()
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
                .collect()
        }
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
            known: known.iter().map(ToString::to_string).collect(),
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
                picks.extend(torch_picks(release, &build, index));
                torch = Some(version);
            }
            "torchvision" | "torchaudio" | "torchtext" => {
                let package: Package = requirement.name.parse().map_err(|_| no_version())?;
                let mut beside = torch.clone();
                if beside.is_none() && asks_torch.is_none() {
                    beside = installed
                        .iter()
                        .find(|one| one.name == "torch")
                        .and_then(|one| one.version.parse::<Version>().ok())
                        .map(Version::without_local);
                }
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
                    picks.extend(torch_picks(release, &build, index));
                    torch = Some(release.torch.clone());
                }
                let local = local_part(index);
                let requires = declares(&version)
                    .map(|asks| format!("torch{asks}"))
                    .into_iter()
                    .chain(["numpy".to_owned()])
                    .collect();
                picks.push(Pick {
                    name: requirement.name.clone(),
                    version: format!("{version}{local}"),
                    build: None,
                    requires,
                    size: 20_000_000,
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
                    .map_or(600_000_000, |(.., size)| *size);
                picks.push(Pick {
                    name: name.to_owned(),
                    version: version.to_string(),
                    build: None,
                    requires: Vec::new(),
                    size,
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
    })
}

/// torch, and the wheels of CUDA that it brings along.
fn torch_picks(release: &'static Release, build: &BuildTag, index: &Index) -> Vec<Pick> {
    let mut picks = Vec::new();
    let mut requires: Vec<String> = Vec::new();
    if let Some(cuda) = build.cuda() {
        for (name, version, size) in of_cuda(release, cuda) {
            requires.push(format!("{name}=={version}; platform_system == \"Linux\""));
            picks.push(Pick {
                name,
                version,
                build: None,
                requires: Vec::new(),
                size,
            });
        }
    }
    requires.extend(OF_TORCH.iter().map(|&name| name.to_owned()));
    picks.extend(OF_TORCH.iter().filter_map(|name| plain(name)));
    picks.extend(["markupsafe", "mpmath"].into_iter().filter_map(plain));
    picks.push(Pick {
        name: "torch".to_owned(),
        version: format!("{}{}", release.torch, local_part(index)),
        size: if build.cuda().is_some() {
            1_700_000_000
        } else {
            700_000_000
        },
        build: Some(build.clone()),
        requires,
    });
    picks
}

/// The wheels of CUDA's libraries, about three gigabytes of them.
fn of_cuda(release: &Release, cuda: CudaVersion) -> Vec<(String, String, u64)> {
    let major = cuda.major;
    // PyPI's wheel pins this cuDNN; builds for CUDA 12 beside it have stayed with an older one since 2.9.
    let cudnn = if major == 12 && release.torch >= Version::new([2, 9]) {
        "9.10.2.21".to_owned()
    } else {
        release.pypi_cudnn.to_string()
    };
    let cuda = format!("{cuda}.0");
    [
        ("cublas", cuda.clone(), 900_000_000),
        ("cuda-runtime", cuda.clone(), 3_000_000),
        ("cudnn", cudnn, 800_000_000),
        ("cusparse", cuda.clone(), 450_000_000),
        ("nvjitlink", cuda, 160_000_000),
    ]
    .into_iter()
    .map(|(name, version, size)| (format!("nvidia-{name}-cu{major}"), version, size))
    .collect()
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
