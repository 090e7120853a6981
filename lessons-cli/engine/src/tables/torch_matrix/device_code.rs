//! The GPU code inside a build of torch, and the GPUs that run it.

use std::fmt;
use std::str::FromStr;

use pep440_rs::VersionSpecifiers;
use serde::Deserialize;

use super::{Release, TABLE, info};
use crate::tables::sheet::{Cell, Rows, Sheet};
use crate::tables::{Arch, NotInTable, Os, Platform, Provenance, cuda_driver};
use crate::version::{BuildTag, ComputeCapability, CudaVersion, VersionError};

/// One entry of a build's list of code: `sm_86`, `sm_90a`, `compute_120`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct DeviceCode {
    /// Machine code or PTX.
    pub form: Form,
    /// The compute capability it was made for.
    pub cc: ComputeCapability,
    /// The letter of code for this architecture (`a`) or family (`f`) alone.
    pub only: Option<char>,
}

/// The form of device code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// `sm_86`: machine code.
    Binary,
    /// `compute_120`: PTX, which the driver compiles for the GPU at hand.
    Ptx,
}

impl FromStr for DeviceCode {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let form = if text.starts_with("compute_") {
            Form::Ptx
        } else {
            Form::Binary
        };
        let only = text.chars().last().filter(|c| matches!(c, 'a' | 'f'));
        let plain = only
            .and_then(|letter| text.strip_suffix(letter))
            .unwrap_or(text);
        // A bare `8.6` is a capability, not code.
        let name = if plain.contains('_') { plain } else { "" };
        let cc = name.parse().map_err(|error: VersionError| VersionError {
            what: "GPU code such as sm_86 or compute_120",
            text: text.chars().take(80).collect(),
            why: error.why,
        })?;
        Ok(Self { form, cc, only })
    }
}

impl TryFrom<String> for DeviceCode {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl fmt::Display for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            Form::Binary => "sm",
            Form::Ptx => "compute",
        };
        let only = self.only.map(String::from).unwrap_or_default();
        f.pad(&format!("{form}_{}{}{only}", self.cc.major, self.cc.minor))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CodeRow {
    code: Vec<DeviceCode>,
    #[serde(flatten)]
    provenance: Provenance,
}

#[derive(Deserialize)]
pub(super) struct Aarch64 {
    torch: VersionSpecifiers,
    tags: Vec<BuildTag>,
    #[serde(flatten)]
    row: CodeRow,
}

/// The code of one build.
#[derive(Clone, Debug)]
pub struct CodeList {
    /// Its entries.
    pub codes: Vec<DeviceCode>,
    /// Where this comes from.
    pub provenance: &'static Provenance,
}

/// The code inside a release's build for a CUDA version on a platform.
pub fn device_code(
    release: &'static Release,
    cuda: CudaVersion,
    platform: Platform,
) -> Result<CodeList, NotInTable> {
    let tag = BuildTag::Cuda(cuda.release());
    let row = match platform {
        Platform {
            os: Os::Linux | Os::Windows,
            arch: Arch::X86_64,
        } => release.cuda_archs.get(&tag),
        Platform {
            os: Os::Linux,
            arch: Arch::Aarch64,
        } => {
            let fits =
                |row: &&Aarch64| row.torch.contains(&release.torch) && row.tags.contains(&tag);
            TABLE
                .aarch64_cuda_archs
                .iter()
                .find(fits)
                .map(|row| &row.row)
        }
        Platform { os: Os::MacOs, .. }
        | Platform {
            os: Os::Windows,
            arch: Arch::Aarch64,
        } => None,
    };
    let row = row.ok_or_else(|| {
        info().lacks(format!(
            "the GPU code of torch {}+{tag} on {platform}",
            release.torch
        ))
    })?;
    // PyTorch adds PTX to its Linux wheels alone.
    let kept = row
        .code
        .iter()
        .filter(|code| platform.os == Os::Linux || code.form == Form::Binary);
    Ok(CodeList {
        codes: kept.copied().collect(),
        provenance: &row.provenance,
    })
}

#[derive(Deserialize)]
pub(super) struct DeviceRequirement {
    rule: String,
    exceptions: Vec<Exception>,
    renumbered: Vec<Renumbered>,
    consequence: String,
    #[serde(flatten)]
    provenance: Provenance,
}

#[derive(Deserialize)]
struct Exception {
    code: Vec<DeviceCode>,
    not_on: ComputeCapability,
    before_cuda: Option<CudaVersion>,
}

#[derive(Deserialize)]
struct Renumbered {
    was: ComputeCapability,
    is: ComputeCapability,
}

/// Whether a GPU runs a build's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeOn {
    /// This machine code.
    Runs {
        /// The entry that runs.
        by: DeviceCode,
    },
    /// No machine code fits, but this PTX can be compiled by the driver: slow at first start.
    RunsByPtx {
        /// The entry that runs.
        by: DeviceCode,
    },
    /// Nothing in the list fits.
    No,
    /// It cannot be told.
    Unknown(CodeUnknown),
}

/// Why it cannot be told whether a GPU runs a build's code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeUnknown {
    /// The list of code is empty.
    #[error("tried to match a build's code with the GPU: the build's list is empty")]
    NoList,
    /// The GPU is not in the table.
    #[error(transparent)]
    Gpu(#[from] NotInTable),
    /// It depends on the CUDA version that the code was built with.
    #[error(
        "tried to match {code} with compute capability {device}: it depends on the CUDA version it was built with"
    )]
    CudaVersion {
        /// The entry in question.
        code: DeviceCode,
        /// The GPU's compute capability.
        device: ComputeCapability,
    },
}

/// Whether a GPU runs a build's code, by torch's own rule: the same major and an equal or lower minor, with the
/// exceptions of Jetson, some of which end with the CUDA version the code was built with.
pub fn code_runs_on(
    codes: &[DeviceCode],
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
) -> CodeOn {
    if codes.is_empty() {
        return CodeOn::Unknown(CodeUnknown::NoList);
    }
    let device = today(device);
    let mut unsure = None;
    let mut best: Option<DeviceCode> = None;
    for &code in codes
        .iter()
        .filter(|code| code.form == Form::Binary && fits(code, device))
    {
        match exception(code, device, built_with) {
            None => unsure = Some(code),
            Some(false) => best = best.into_iter().chain([code]).max_by_key(|code| code.cc),
            Some(true) => {}
        }
    }
    let ptx = codes
        .iter()
        .filter(|code| code.form == Form::Ptx && code.only.is_none() && today(code.cc) <= device);
    match (best, ptx.max_by_key(|code| code.cc), unsure) {
        (Some(by), ..) => CodeOn::Runs { by },
        (None, _, Some(code)) => CodeOn::Unknown(CodeUnknown::CudaVersion { code, device }),
        (None, Some(&by), None) => CodeOn::RunsByPtx { by },
        (None, None, None) => match cuda_driver::architecture(device) {
            Ok(_) => CodeOn::No,
            Err(unknown) => CodeOn::Unknown(CodeUnknown::Gpu(unknown)),
        },
    }
}

/// Machine code runs on its own major from its own minor on; `a` code on its own GPU alone.
fn fits(code: &DeviceCode, device: ComputeCapability) -> bool {
    let made_for = today(code.cc);
    match code.only {
        Some('a') => made_for == device,
        _ => made_for.major == device.major && made_for.minor <= device.minor,
    }
}

/// Whether an exception forbids it; none where that depends on a CUDA version that is not known.
fn exception(
    code: DeviceCode,
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
) -> Option<bool> {
    let found = TABLE
        .code_runs_on
        .exceptions
        .iter()
        .find(|row| row.not_on == device && row.code.contains(&code));
    match found.map(|row| row.before_cuda) {
        None => Some(false),
        Some(None) => Some(true),
        Some(Some(before)) => built_with.map(|cuda| cuda.release() < before),
    }
}

/// The number that a compute capability has today: Thor was 10.1 before it was 11.0.
fn today(cc: ComputeCapability) -> ComputeCapability {
    TABLE
        .code_runs_on
        .renumbered
        .iter()
        .find(|row| row.was == cc)
        .map_or(cc, |row| row.is)
}

pub(in crate::tables) fn device_code_sheet() -> Sheet {
    let mut rows = Rows::new(
        "GPU code in torch's builds",
        info(),
        &["torch", "Build", "Platform", "Code"],
    );
    let requirement = &TABLE.code_runs_on;
    rows.note(&requirement.rule);
    rows.note(&requirement.consequence);
    rows.note(format!("The rule: {}", requirement.provenance.source));
    for release in TABLE.releases.iter().rev() {
        for (tag, row) in &release.cuda_archs {
            let cells = vec![
                Cell::text(&release.torch),
                Cell::text(tag),
                Cell::text("linux_x86_64"),
                Cell::list(&row.code),
            ];
            rows.row(cells, &row.provenance);
        }
    }
    for row in &TABLE.aarch64_cuda_archs {
        let cells = vec![
            Cell::text(&row.torch),
            Cell::list(&row.tags),
            Cell::text("linux_aarch64"),
            Cell::list(&row.row.code),
        ];
        rows.row(cells, &row.row.provenance);
    }
    rows.finish()
}
