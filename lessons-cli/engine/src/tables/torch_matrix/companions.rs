//! torchvision, torchaudio, torchtext and torchcodec: which of their releases goes with which torch.

use std::fmt;
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use super::{Release, TABLE, info};
use crate::tables::sheet::{Cell, Rows, Sheet};
use crate::tables::{NotInTable, Provenance};
use crate::version::{BuildTag, CudaVersion};

/// A package that is released next to torch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Package {
    /// torchvision.
    Torchvision,
    /// torchaudio, whose last release is 2.11.0.
    Torchaudio,
    /// torchtext, whose last release is 0.18.0.
    Torchtext,
    /// torchcodec, which torchaudio needs since 2.11 to read files.
    Torchcodec,
}

impl Package {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Torchvision,
        Self::Torchaudio,
        Self::Torchtext,
        Self::Torchcodec,
    ];
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Torchvision => "torchvision",
            Self::Torchaudio => "torchaudio",
            Self::Torchtext => "torchtext",
            Self::Torchcodec => "torchcodec",
        })
    }
}

/// A name that is not one of torch's companions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "tried to read a companion of torch from `{0}`: only torchvision, torchaudio, torchtext and torchcodec are. What else is built on torch says in its own metadata which torch it takes: install torch first, then see with `pip install --dry-run {0}` whether it would replace that torch; where it would, give the version that it names as --torch"
)]
pub struct NotACompanion(String);

impl FromStr for Package {
    type Err = NotACompanion;

    fn from_str(text: &str) -> Result<Self, NotACompanion> {
        let text = text.trim();
        let found = Self::ALL
            .into_iter()
            .find(|package| package.to_string().eq_ignore_ascii_case(text));
        found.ok_or_else(|| NotACompanion(text.chars().take(80).collect()))
    }
}

/// A release of a companion.
#[derive(Debug, Deserialize)]
pub struct Companion {
    /// Which package.
    pub package: Package,
    /// Its version, without a local part.
    pub version: Version,
    /// The torch that its metadata asks for; none where it asks for none. Resolvers go by this.
    pub declares: Option<VersionSpecifiers>,
    /// The torch that it works with. Differs from what it declares for the last torchaudio and torchtext.
    pub works_with: VersionSpecifiers,
    /// How far its CUDA must be that of torch, where a source says; the exact pin takes care of it elsewhere.
    pub same_cuda: Option<Sameness>,
    /// The CUDA of its `PyPI` wheel for Linux, where it matters and is known.
    pub pypi_linux_cuda: Option<CudaVersion>,
    /// The CUDA folders of PyTorch's own index that it was built for; none where no source says, and where it is built
    /// with each torch.
    #[serde(default)]
    pub index_cuda_tags: Option<Vec<BuildTag>>,
    /// Whether these folders have it for Windows too; none where no source says.
    #[serde(default)]
    pub index_windows_cuda: Option<bool>,
    /// Whether no newer release of the package will come.
    pub last: bool,
    /// What is special about it.
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// How far two CUDA versions must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sameness {
    /// In the major.
    Major,
    /// In major and minor.
    Minor,
}

impl Sameness {
    fn holds(self, one: CudaVersion, other: CudaVersion) -> bool {
        match self {
            Self::Major => one.major == other.major,
            Self::Minor => one.release() == other.release(),
        }
    }
}

/// All releases of all companions, by the torch they came with.
pub fn companions() -> &'static [Companion] {
    &TABLE.companions
}

/// A release of a companion; the local part (`+cu126`) does not matter.
pub fn companion(package: Package, version: &Version) -> Result<&'static Companion, NotInTable> {
    let public = version.clone().without_local();
    let row = TABLE
        .companions
        .iter()
        .find(|row| row.package == package && row.version == public);
    row.ok_or_else(|| info().lacks(format!("{package} {public}")))
}

/// The releases of a companion that work with a release of torch, newest first; none for torchtext since 2.4.
/// [`Release::companion`] is the one to install.
pub fn companions_of(release: &Release, package: Package) -> Vec<&'static Companion> {
    let fits = |row: &&Companion| row.package == package && row.works_with.contains(&release.torch);
    let mut found: Vec<_> = TABLE.companions.iter().filter(fits).collect();
    found.sort_by(|one, other| other.version.cmp(&one.version));
    found
}

/// An installed package: its version and the CUDA it was built for, where that is known.
#[derive(Clone, Debug)]
pub struct Build {
    /// The version, with or without its local part.
    pub version: Version,
    /// The CUDA it was built for.
    pub cuda: Option<CudaVersion>,
}

impl Build {
    /// From a version whose local part names the build: `2.8.0+cu126`.
    pub fn from_version(version: Version) -> Self {
        let local = version
            .to_string()
            .split_once('+')
            .and_then(|(_, local)| local.parse::<BuildTag>().ok());
        Self {
            version,
            cuda: local.and_then(|tag| tag.cuda()),
        }
    }
}

/// Whether an installed companion goes with an installed torch.
#[derive(Clone, Debug)]
pub enum Pair {
    /// It does.
    Fits(&'static Companion),
    /// Their versions do, but their CUDA versions must agree too and one of them is not known.
    CudaNotRead(&'static Companion),
    /// It does not.
    Misfit(&'static Companion, Misfit),
    /// The table does not have that companion.
    Unknown(NotInTable),
}

/// Why a companion does not go with a torch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It works with another torch.
    Torch {
        /// The torch it works with.
        works_with: VersionSpecifiers,
    },
    /// It was built for another CUDA.
    Cuda {
        /// torch's CUDA.
        torch: CudaVersion,
        /// The companion's CUDA.
        companion: CudaVersion,
        /// How far they must agree.
        must_share: Sameness,
    },
}

/// Whether an installed companion goes with an installed torch. What the installed package itself declares
/// (`Requires-Dist`) comes before this table, except that the last torchaudio and torchtext declare too little.
pub fn pair(package: Package, installed: &Build, torch: &Build) -> Pair {
    let row = match companion(package, &installed.version) {
        Ok(row) => row,
        Err(unknown) => return Pair::Unknown(unknown),
    };
    if !row
        .works_with
        .contains(&torch.version.clone().without_local())
    {
        return Pair::Misfit(
            row,
            Misfit::Torch {
                works_with: row.works_with.clone(),
            },
        );
    }
    let Some(must_share) = row.same_cuda else {
        return Pair::Fits(row);
    };
    match torch.cuda.zip(installed.cuda) {
        None => Pair::CudaNotRead(row),
        Some((torch, companion)) if must_share.holds(torch, companion) => Pair::Fits(row),
        Some((torch, companion)) => Pair::Misfit(
            row,
            Misfit::Cuda {
                torch,
                companion,
                must_share,
            },
        ),
    }
}

pub(in crate::tables) fn companions_sheet() -> Sheet {
    let columns = [
        "Package",
        "Version",
        "Works with torch",
        "Declares",
        "Must share with torch",
        "Note",
    ];
    let mut rows = Rows::new("Companions of torch", info(), &columns);
    for rule in &TABLE.pairing_rules {
        rows.note(format!("{} ({})", rule.rule, rule.provenance.source));
    }
    let mut all: Vec<_> = companions().iter().collect();
    all.sort_by(|one, other| (one.package, &other.version).cmp(&(other.package, &one.version)));
    for row in all {
        let same = row.same_cuda.map(|same| match same {
            Sameness::Major => "the CUDA major",
            Sameness::Minor => "CUDA major and minor",
        });
        let cells = vec![
            Cell::text(row.package),
            Cell::text(if row.last {
                format!("{} (last)", row.version)
            } else {
                row.version.to_string()
            }),
            Cell::text(&row.works_with),
            Cell::maybe(
                row.declares
                    .as_ref()
                    .map(|declares| format!("torch{declares}")),
            ),
            Cell::maybe(same),
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}
