//! Releases of PyTorch: their builds, Python versions and companions, and what they run on.
//!
//! A wheel brings its own CUDA: the driver and the GPU decide whether it runs, not the toolkit on the host.

use std::collections::BTreeMap;

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use super::sheet::{Cell, Rows, Sheet};
use super::{Lazy, NotInTable, Platform, Provenance, Rule, TableInfo, embedded};
use crate::version::{BuildTag, CudaVersion, PythonVersion};

mod companions;
mod device_code;
mod known_bad;
mod mirrors;

pub use companions::{
    Build, Companion, Misfit, NotACompanion, Package, Pair, Sameness, companion, companions,
    companions_of, pair,
};
pub use device_code::{CodeList, CodeOn, DeviceCode, Form, code_runs_on, device_code};
pub use known_bad::{Affected, Environment, Hit, KnownBad, Severity, known_bad, known_bad_rows};
pub use mirrors::{Mirror, MirrorForm, mirror, mirrors};

pub(super) use companions::companions_sheet;
pub(super) use device_code::device_code_sheet;
pub(super) use known_bad::known_bad_sheet;
pub(super) use mirrors::mirrors_sheet;

const NAME: &str = "torch-matrix";

static TABLE: Lazy<Table> =
    Lazy::new(|| embedded(NAME, include_str!("../../data/torch-matrix.json")));

#[derive(Deserialize)]
struct Table {
    title: String,
    as_of: String,
    how_to_read: String,
    pairing_rules: Vec<Rule>,
    companions: Vec<Companion>,
    aarch64_cuda_archs: Vec<device_code::Aarch64>,
    code_runs_on: device_code::DeviceRequirement,
    extension_build_check: Rule,
    releases: Vec<Release>,
    known_bad: Vec<KnownBad>,
    mirrors: Vec<Mirror>,
    tested_combinations: Vec<Tested>,
}

/// What this table is.
pub fn info() -> TableInfo {
    TableInfo {
        name: NAME,
        title: &TABLE.title,
        as_of: &TABLE.as_of,
        how_to_read: &TABLE.how_to_read,
    }
}

/// Whether a text is such a table, and if not, why: a renewed one is tried before it is written.
pub fn readable(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<Table>(text).map(drop)
}

/// A release of torch.
#[derive(Debug, Deserialize)]
pub struct Release {
    /// Its version, without a local part.
    pub torch: Version,
    /// The day it came out, `2026-10-28`.
    pub released: String,
    /// The Python versions its metadata asks for.
    pub requires_python: VersionSpecifiers,
    /// The Python versions that `PyPI` has wheels for.
    #[serde(rename = "pypi_python_tags")]
    pub python: Vec<PythonVersion>,
    /// The torchvision to install next to it.
    pub torchvision: Option<Version>,
    /// The torchaudio to install next to it, if it is needed at all; from 2.11 on see [`Companion::same_cuda`].
    pub torchaudio: Option<Version>,
    /// The torchtext to install next to it; none since 2.4.
    pub torchtext: Option<Version>,
    /// The CUDA folders of PyTorch's own index that hold it: `cu126`.
    pub index_cuda_tags: Vec<BuildTag>,
    /// The CUDA folders of which no source says whether they hold it.
    pub index_cuda_tags_unsure: Vec<BuildTag>,
    /// The `ROCm` folders of PyTorch's own index that hold it.
    pub index_rocm_tags: Vec<BuildTag>,
    /// The other folders of PyTorch's own index that hold it: `cpu`, `xpu`.
    pub index_other: Vec<BuildTag>,
    pypi_builds: BTreeMap<String, BuildTag>,
    /// The cuDNN that `PyPI`'s CUDA wheel pins.
    pub pypi_cudnn: Version,
    /// The platform tags of `PyPI`'s wheels.
    pub pypi_platform_tags: Vec<String>,
    cuda_archs: BTreeMap<BuildTag, device_code::CodeRow>,
    /// What is special about it.
    pub notes: Vec<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// Whether PyTorch's own index holds a release for a CUDA version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// No source says.
    Unsure,
}

impl Release {
    /// Whether PyTorch's own index holds it for a build tag.
    pub fn on_index(&self, tag: &BuildTag) -> Presence {
        let mut all = self
            .index_cuda_tags
            .iter()
            .chain(&self.index_rocm_tags)
            .chain(&self.index_other);
        if all.any(|known| known == tag) {
            Presence::Yes
        } else if self.index_cuda_tags_unsure.contains(tag) {
            Presence::Unsure
        } else {
            Presence::No
        }
    }

    /// What a plain `pip install torch` gets from `PyPI`; none where `PyPI` has no wheel for the platform. On macOS the
    /// CPU build also knows Apple's GPU (MPS).
    pub fn pypi_build(&self, platform: Platform) -> Option<&BuildTag> {
        self.pypi_builds.get(&platform.to_string())
    }

    /// Whether there are wheels for a Python version.
    pub fn supports_python(&self, python: PythonVersion) -> bool {
        self.python.contains(&python)
    }

    /// The companion of this package to install next to it.
    pub fn companion(&self, package: Package) -> Option<&Version> {
        self.companions(package).into_iter().next()
    }

    /// The companions of this package that may be installed next to it, the best one first. torchcodec has several:
    /// its newest is not built for every CUDA that torch is.
    pub fn companions(&self, package: Package) -> Vec<&Version> {
        let one = match package {
            Package::Torchvision => &self.torchvision,
            Package::Torchaudio => &self.torchaudio,
            Package::Torchtext => &self.torchtext,
            Package::Torchcodec => {
                let fitting = companions_of(self, package);
                return fitting.into_iter().map(|row| &row.version).collect();
            }
        };
        one.iter().collect()
    }
}

/// All releases, oldest first.
pub fn releases() -> &'static [Release] {
    &TABLE.releases
}

/// The newest release.
pub fn latest() -> Option<&'static Release> {
    TABLE
        .releases
        .iter()
        .max_by(|one, other| one.torch.cmp(&other.torch))
}

/// A release by its version; the local part (`+cu126`) does not matter. A nightly is not in the table.
pub fn release(version: &Version) -> Result<&'static Release, NotInTable> {
    let public = version.clone().without_local();
    let row = TABLE.releases.iter().find(|row| row.torch == public);
    row.ok_or_else(|| info().lacks(format!("torch {public}")))
}

/// The rules that pair torch with its companions, in words.
pub fn pairing_rules() -> &'static [Rule] {
    &TABLE.pairing_rules
}

/// How the toolkit on the host relates to torch's CUDA when an extension is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionBuild {
    /// The same major and minor.
    Same,
    /// Another minor: a warning.
    MinorDiffers,
    /// Another major: `RuntimeError`.
    MajorDiffers,
}

/// How torch takes a toolkit when it compiles an extension. A toolkit plays no other part for a wheel.
pub fn extension_build(nvcc: CudaVersion, torch: CudaVersion) -> ExtensionBuild {
    match (nvcc.major == torch.major, nvcc.minor == torch.minor) {
        (true, true) => ExtensionBuild::Same,
        (true, false) => ExtensionBuild::MinorDiffers,
        (false, _) => ExtensionBuild::MajorDiffers,
    }
}

/// The rule behind [`extension_build`], in words.
pub fn extension_build_rule() -> &'static Rule {
    &TABLE.extension_build_check
}

/// A combination that somebody installed and imported.
#[derive(Debug, Deserialize)]
pub struct Tested {
    /// Where.
    pub env: String,
    /// What was asked for.
    pub ask: String,
    /// What came of it.
    pub got: String,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The combinations that were tried.
pub fn tested() -> &'static [Tested] {
    &TABLE.tested_combinations
}

pub(super) fn releases_sheet() -> Sheet {
    let columns = [
        "torch",
        "Released",
        "Python",
        "CUDA tags of the index",
        "pip install on Linux x86_64",
        "on Linux aarch64",
        "on Windows",
        "cuDNN",
        "Note",
    ];
    let mut rows = Rows::new(&TABLE.title, info(), &columns);
    rows.note(info().how_to_read);
    for row in releases().iter().rev() {
        let pypi = |platform: &str| Cell::maybe(row.pypi_builds.get(platform));
        let mut tags: Vec<_> = row
            .index_cuda_tags
            .iter()
            .map(ToString::to_string)
            .collect();
        tags.extend(
            row.index_cuda_tags_unsure
                .iter()
                .map(|tag| format!("{tag}?")),
        );
        let cells = vec![
            Cell::text(&row.torch),
            Cell::text(&row.released),
            Cell::list(&row.python),
            Cell::list(tags),
            pypi("linux_x86_64"),
            pypi("linux_aarch64"),
            pypi("windows_x86_64"),
            Cell::text(&row.pypi_cudnn),
            Cell::maybe((!row.notes.is_empty()).then(|| row.notes.join(" "))),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}

pub(super) fn tested_sheet() -> Sheet {
    let mut rows = Rows::new(
        "Combinations that were tried",
        info(),
        &["Asked for", "Where", "What came of it"],
    );
    for row in tested() {
        rows.row(
            vec![
                Cell::code(&row.ask),
                Cell::text(&row.env),
                Cell::text(&row.got),
            ],
            &row.provenance,
        );
    }
    rows.finish()
}
