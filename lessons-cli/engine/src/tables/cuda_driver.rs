//! Which driver runs which CUDA: floors, branches, toolkits, and the GPUs that newer drivers dropped.
//!
//! Three questions that people mix up are three functions here: which driver came with a toolkit
//! ([`released_with`]), which driver is enough to run its programs ([`runs`]), and which CUDA version
//! `nvidia-smi` shows for a driver ([`ceiling`]).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::sheet::{Cell, Rows, Sheet};
use super::{Lazy, NotInTable, Os, Provenance, Rule, TableInfo, embedded};
use crate::version::{ComputeCapability, CudaVersion, DriverVersion};

const NAME: &str = "cuda-driver";

static TABLE: Lazy<Table> =
    Lazy::new(|| embedded(NAME, include_str!("../../data/cuda-driver.json")));

#[derive(Deserialize)]
struct Table {
    title: String,
    as_of: String,
    how_to_read: String,
    rules: Vec<Rule>,
    toolkits: Vec<Toolkit>,
    minor_version_compatibility: Vec<Family>,
    branches: Vec<Branch>,
    architectures: Vec<Architecture>,
    forward_compat: ForwardCompat,
    driver_bundled: Bundled,
    runfile_names: Vec<Runfile>,
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

/// The rules of the domain, in words.
pub fn rules() -> &'static [Rule] {
    &TABLE.rules
}

/// The least that a driver must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Minimum {
    /// This driver or a newer one: `525.60.13`.
    Version(DriverVersion),
    /// Any driver of this branch or a newer one: `580`. From CUDA 13 on NVIDIA names no more than this.
    Branch(u32),
}

impl Minimum {
    /// Whether a driver is new enough.
    pub fn met_by(&self, driver: &DriverVersion) -> bool {
        match self {
            Self::Version(least) => driver >= least,
            Self::Branch(branch) => driver.branch() >= *branch,
        }
    }

    /// The branch it lies in, as far as its first number tells.
    pub fn branch(&self) -> u32 {
        match self {
            Self::Version(version) => version.branch(),
            Self::Branch(branch) => *branch,
        }
    }
}

impl fmt::Display for Minimum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Branch(branch) => f.pad(&branch.to_string()),
        }
    }
}

/// Picks a version, or else a branch, as a row gives it.
fn minimum(version: Option<&DriverVersion>, branch: Option<u32>) -> Option<Minimum> {
    version
        .cloned()
        .map(Minimum::Version)
        .or(branch.map(Minimum::Branch))
}

/// The driver that is enough to run programs of a CUDA version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The CUDA version that was asked for, major and minor.
    pub cuda: CudaVersion,
    /// The least driver.
    pub at_least: Minimum,
    /// Whether it is the floor of the whole major (from CUDA 11 on) or of this toolkit alone (CUDA 10).
    pub whole_major: bool,
    /// Where it comes from.
    pub provenance: &'static Provenance,
}

#[derive(Deserialize)]
struct Family {
    major: u32,
    linux_min: Option<DriverVersion>,
    #[serde(default)]
    linux_min_branch: Option<u32>,
    #[serde(default)]
    windows_min: Option<DriverVersion>,
    #[serde(default)]
    windows_min_branch: Option<u32>,
    #[serde(default)]
    note: Option<String>,
    #[serde(flatten)]
    provenance: Provenance,
}

impl Family {
    fn minimum(&self, os: Os) -> Option<Minimum> {
        match os {
            Os::Linux => minimum(self.linux_min.as_ref(), self.linux_min_branch),
            Os::Windows => minimum(self.windows_min.as_ref(), self.windows_min_branch),
            Os::MacOs => None,
        }
    }
}

/// The driver that is enough for a CUDA version: that of its major, or, for CUDA 10, that of the toolkit.
///
/// Inside a major, a program may still ask for a feature that only a newer driver has, and PTX that needs the newer
/// compiler does not run: see [`Reach::MinorVersion`].
pub fn family_floor(cuda: CudaVersion, os: Os) -> Result<Floor, NotInTable> {
    let lacks = || {
        info().lacks(format!(
            "the driver that CUDA {} needs on {os}",
            cuda.release()
        ))
    };
    let family = TABLE
        .minor_version_compatibility
        .iter()
        .find(|row| row.major == cuda.major)
        .ok_or_else(lacks)?;
    let cuda = cuda.release();
    if let Some(at_least) = family.minimum(os) {
        return Ok(Floor {
            cuda,
            at_least,
            whole_major: true,
            provenance: &family.provenance,
        });
    }
    let row = toolkits_of(cuda).last().ok_or_else(lacks)?;
    let at_least = row.minimum(os).ok_or_else(lacks)?;
    Ok(Floor {
        cuda,
        at_least,
        whole_major: false,
        provenance: &row.provenance,
    })
}

/// Whether a driver runs programs of a CUDA version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Enough {
        /// The least driver that does.
        floor: Floor,
        /// How fully.
        reach: Reach,
    },
    /// It is older than the floor.
    TooOld {
        /// The least driver that would do.
        needs: Floor,
    },
    /// The table does not say.
    Unknown(NotInTable),
}

/// How fully a driver that is new enough supports a CUDA version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Fully: the driver is of that CUDA version or a newer one.
    Native,
    /// By minor-version compatibility: features that need a newer driver, and PTX of the newer compiler, do not work.
    MinorVersion,
    /// The driver's branch is not in the table.
    Unknown,
}

/// Whether a driver runs programs of a CUDA version. Judges by the floor: what `nvidia-smi` shows as CUDA Version is
/// not a limit inside a major. A driver that is newer than this table is still enough for a CUDA in it.
pub fn runs(driver: &DriverVersion, cuda: CudaVersion, os: Os) -> Verdict {
    match family_floor(cuda, os) {
        Err(unknown) => Verdict::Unknown(unknown),
        Ok(needs) if !needs.at_least.met_by(driver) => Verdict::TooOld { needs },
        Ok(floor) => Verdict::Enough {
            reach: reach(driver, cuda.release(), os),
            floor,
        },
    }
}

fn reach(driver: &DriverVersion, cuda: CudaVersion, os: Os) -> Reach {
    let newest = TABLE.branches.iter().max_by_key(|row| row.branch);
    match ceiling(driver, os) {
        Ok(most) if cuda <= most => Reach::Native,
        Ok(_) => Reach::MinorVersion,
        // A newer driver always runs programs built with an older CUDA.
        Err(_)
            if newest.is_some_and(|row| driver.branch() > row.branch && cuda <= row.max_cuda) =>
        {
            Reach::Native
        }
        Err(_) => Reach::Unknown,
    }
}

/// A release branch of the driver: R580.
#[derive(Debug, Deserialize)]
pub struct Branch {
    /// Its number.
    pub branch: u32,
    /// The CUDA version that `nvidia-smi` shows with it.
    pub max_cuda: CudaVersion,
    /// Its type; two where it changed, none where no source says.
    pub types: Vec<BranchType>,
    /// Whether it still gets fixes.
    pub life: Life,
    /// The same in the source's words, with its date.
    pub state: String,
    /// When it ends or ended, as the source writes it.
    pub eol: Option<String>,
    /// The newest Linux driver of it that was seen.
    pub latest_linux_seen: Option<DriverVersion>,
    /// The newest Windows driver of it that was seen.
    pub latest_windows_seen: Option<DriverVersion>,
    /// What is special about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// What a branch is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BranchType {
    /// A production branch: about a year of fixes.
    Production,
    /// A new-feature branch: until the next one.
    NewFeature,
    /// A long-term support branch: three years of fixes.
    LongTerm,
}

/// Whether a branch still gets fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Life {
    /// It does.
    Supported,
    /// Another branch has taken its place, before its end.
    Superseded,
    /// It does not.
    Ended,
}

impl fmt::Display for BranchType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Production => "production",
            Self::NewFeature => "new feature",
            Self::LongTerm => "long-term support",
        })
    }
}

/// The release branches, newest first.
pub fn branches() -> &'static [Branch] {
    &TABLE.branches
}

/// How far above its branch a Windows driver's first number may be: 581 and 582 are R580.
const WINDOWS_ABOVE: u32 = 4;

/// The branch of a driver. On Linux its first number is the branch; on Windows it may be a few above it.
pub fn branch(driver: &DriverVersion, os: Os) -> Result<&'static Branch, NotInTable> {
    let number = driver.branch();
    let lacks = || info().lacks(format!("the branch of driver {driver} on {os}"));
    if let Some(row) = TABLE.branches.iter().find(|row| row.branch == number) {
        return Ok(row);
    }
    if os != Os::Windows {
        return Err(lacks());
    }
    let below = TABLE
        .branches
        .iter()
        .filter(|row| row.branch < number)
        .max_by_key(|row| row.branch);
    let row = below.ok_or_else(lacks)?;
    let seen = row
        .latest_windows_seen
        .as_ref()
        .is_some_and(|seen| number <= seen.branch());
    // Above the newest row the number could as well be a branch that the table does not have yet.
    let between = TABLE.branches.iter().any(|other| other.branch > number);
    if seen || (between && number - row.branch <= WINDOWS_ABOVE) {
        Ok(row)
    } else {
        Err(lacks())
    }
}

/// The CUDA version that `nvidia-smi` shows for a driver: what its `libcuda` supports at most.
pub fn ceiling(driver: &DriverVersion, os: Os) -> Result<CudaVersion, NotInTable> {
    branch(driver, os).map(|row| row.max_cuda)
}

/// A release of the CUDA toolkit.
#[derive(Debug, Deserialize)]
pub struct Toolkit {
    /// Its major and minor.
    pub toolkit: CudaVersion,
    /// Its name in NVIDIA's table: `12.6 Update 3`.
    pub release: String,
    /// The Linux driver it was released with.
    pub linux_min: Option<DriverVersion>,
    /// The Windows driver it was released with.
    pub windows_min: Option<DriverVersion>,
    /// The branch it was released with, where NVIDIA names no driver (from 13.0 on).
    #[serde(default)]
    pub linux_min_branch: Option<u32>,
    /// The driver bundled with it, where NVIDIA's table names only the branch.
    #[serde(default)]
    pub linux_reference: Option<DriverVersion>,
    /// What is special about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

impl Toolkit {
    /// The driver it was released with. This is *not* the least driver that runs its programs.
    pub fn minimum(&self, os: Os) -> Option<Minimum> {
        match os {
            Os::Linux => minimum(self.linux_min.as_ref(), self.linux_min_branch),
            Os::Windows => minimum(self.windows_min.as_ref(), None),
            Os::MacOs => None,
        }
    }
}

/// The releases of the toolkit, newest first.
pub fn toolkits() -> &'static [Toolkit] {
    &TABLE.toolkits
}

/// The releases of one major and minor, newest first.
pub fn toolkits_of(cuda: CudaVersion) -> impl Iterator<Item = &'static Toolkit> {
    TABLE
        .toolkits
        .iter()
        .filter(move |row| row.toolkit == cuda.release())
}

/// The driver that the first release of a toolkit came with. To judge whether a program runs, ask [`runs`].
pub fn released_with(cuda: CudaVersion, os: Os) -> Result<Minimum, NotInTable> {
    let first = toolkits_of(cuda).last().and_then(|row| row.minimum(os));
    first.ok_or_else(|| {
        info().lacks(format!(
            "the driver that came with CUDA {} on {os}",
            cuda.release()
        ))
    })
}

#[derive(Deserialize)]
struct Bundled {
    linux_until: CudaVersion,
    windows_until: CudaVersion,
    rule: String,
    #[serde(flatten)]
    provenance: Provenance,
}

/// Whether a toolkit's installer (the Linux runfile, the Windows installer) carries a driver.
pub fn bundles_driver(cuda: CudaVersion, os: Os) -> Result<bool, NotInTable> {
    let cuda = cuda.release();
    let lacks = || info().lacks(format!("the installer of CUDA {cuda} on {os}"));
    toolkits_of(cuda).next().ok_or_else(lacks)?;
    match os {
        Os::Linux => Ok(cuda <= TABLE.driver_bundled.linux_until),
        Os::Windows => Ok(cuda <= TABLE.driver_bundled.windows_until),
        Os::MacOs => Err(lacks()),
    }
}

/// A runfile by its name.
#[derive(Debug, Deserialize)]
pub struct Runfile {
    /// The toolkit, with its build number.
    pub toolkit: CudaVersion,
    /// The file's name.
    pub name: String,
    /// Whether a driver is inside.
    pub driver_inside: bool,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// Runfiles whose names were seen.
pub fn runfiles() -> &'static [Runfile] {
    &TABLE.runfile_names
}

/// A generation of GPUs, or the part of one that shares its last driver.
#[derive(Debug, Deserialize)]
pub struct Architecture {
    /// Its name: `Pascal`.
    pub arch: String,
    /// The compute capabilities it has.
    pub cc: Vec<ComputeCapability>,
    /// The last driver branch that supports it; none where every newer one does.
    pub last_driver_branch: Option<u32>,
    /// The last CUDA that compiles for it; none where every newer one does.
    pub last_cuda: Option<LastCuda>,
    /// The first CUDA that compiles for each compute capability, where a source says.
    pub first_cuda: BTreeMap<ComputeCapability, CudaVersion>,
    /// What is special about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The last CUDA that knows a GPU: a whole major (`12.x`), or one version (`10.2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LastCuda {
    /// Every version of this major and none of the next.
    Major(u32),
    /// This version and none after it.
    Version(CudaVersion),
}

impl LastCuda {
    /// Whether a CUDA version still knows the GPU.
    pub fn covers(self, cuda: CudaVersion) -> bool {
        match self {
            Self::Major(major) => cuda.major <= major,
            Self::Version(last) => cuda.release() <= last,
        }
    }
}

impl TryFrom<String> for LastCuda {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.strip_suffix(".x") {
            Some(major) => major
                .parse()
                .map(Self::Major)
                .map_err(|error| format!("{text}: {error}")),
            None => text
                .parse()
                .map(Self::Version)
                .map_err(|error| format!("{error}")),
        }
    }
}

impl fmt::Display for LastCuda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Major(major) => f.pad(&format!("{major}.x")),
            Self::Version(version) => version.fmt(f),
        }
    }
}

/// The generations of GPUs, oldest first.
pub fn architectures() -> &'static [Architecture] {
    &TABLE.architectures
}

/// The generation that has a compute capability.
pub fn architecture(cc: ComputeCapability) -> Result<&'static Architecture, NotInTable> {
    let row = TABLE.architectures.iter().find(|row| row.cc.contains(&cc));
    row.ok_or_else(|| info().lacks(format!("compute capability {cc}")))
}

/// Whether a driver still supports GPUs of a compute capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuSupport {
    /// No branch up to this driver's has dropped it. The driver may still be too old for it.
    Kept,
    /// Dropped: this is the last branch that supports it.
    Dropped {
        /// The last branch: 580.
        last_branch: u32,
    },
    /// The table does not say.
    Unknown(NotInTable),
}

/// Whether a driver still supports GPUs of a compute capability. NVIDIA never took a dropped GPU back, so a driver
/// that is newer than the table is past the last branch too.
pub fn gpu_support(driver: &DriverVersion, cc: ComputeCapability, os: Os) -> GpuSupport {
    let last = match architecture(cc) {
        Ok(row) => row.last_driver_branch,
        Err(unknown) => return GpuSupport::Unknown(unknown),
    };
    let number = branch(driver, os).map_or(driver.branch(), |row| row.branch);
    match last {
        Some(last_branch) if number > last_branch => GpuSupport::Dropped { last_branch },
        Some(_) => GpuSupport::Kept,
        None if TABLE.branches.iter().any(|row| row.branch >= number) => GpuSupport::Kept,
        None => GpuSupport::Unknown(info().lacks(format!("what driver {driver} dropped"))),
    }
}

/// The oldest branch that knows GPUs of a compute capability: the first one that shows the first CUDA that compiles for
/// them. None where no source says which CUDA that is.
pub fn first_branch(cc: ComputeCapability) -> Option<&'static Branch> {
    let first = *architecture(cc).ok()?.first_cuda.get(&cc)?;
    TABLE
        .branches
        .iter()
        .filter(|row| row.max_cuda >= first)
        .min_by_key(|row| row.branch)
}

/// Running programs of a newer CUDA major on an older driver.
#[derive(Debug, Deserialize)]
pub struct ForwardCompat {
    /// The package.
    pub package: String,
    /// The GPUs that can.
    pub supported_on: String,
    /// The GPUs that cannot.
    pub not_for: String,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// Forward compatibility, in words.
pub fn forward_compat() -> &'static ForwardCompat {
    &TABLE.forward_compat
}

pub(super) fn floors_sheet() -> Sheet {
    let mut rows = Rows::new(
        "The driver that a CUDA version needs",
        info(),
        &["CUDA", "Linux", "Windows", "Note"],
    );
    for family in &TABLE.minor_version_compatibility {
        let least = |os| Cell::maybe(family.minimum(os).map(|least| format!("≥ {least}")));
        if family.minimum(Os::Linux).is_some() {
            let cuda = Cell::text(format!("{}.x", family.major));
            rows.row(
                vec![
                    cuda,
                    least(Os::Linux),
                    least(Os::Windows),
                    Cell::maybe(family.note.as_ref()),
                ],
                &family.provenance,
            );
            continue;
        }
        for toolkit in TABLE
            .toolkits
            .iter()
            .filter(|row| row.toolkit.major == family.major)
        {
            let least = |os| Cell::maybe(toolkit.minimum(os).map(|least| format!("≥ {least}")));
            let note = Cell::text(format!(
                "CUDA {} has no floor for the whole major",
                family.major
            ));
            rows.row(
                vec![
                    Cell::text(toolkit.toolkit),
                    least(Os::Linux),
                    least(Os::Windows),
                    note,
                ],
                &toolkit.provenance,
            );
        }
    }
    rows.finish()
}

pub(super) fn branches_sheet() -> Sheet {
    let columns = [
        "Branch",
        "CUDA Version shown",
        "Type",
        "State",
        "Ends",
        "Newest on Linux",
        "Newest on Windows",
        "Note",
    ];
    let mut rows = Rows::new("Branches of the driver", info(), &columns);
    for row in branches() {
        let cells = vec![
            Cell::text(format!("R{}", row.branch)),
            Cell::text(row.max_cuda),
            Cell::list(&row.types),
            Cell::text(&row.state),
            Cell::maybe(row.eol.as_ref()),
            Cell::maybe(row.latest_linux_seen.as_ref()),
            Cell::maybe(row.latest_windows_seen.as_ref()),
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}

pub(super) fn toolkits_sheet() -> Sheet {
    let columns = [
        "Toolkit",
        "Released with, Linux",
        "Driver of that branch",
        "Released with, Windows",
        "Note",
    ];
    let mut rows = Rows::new(
        "The driver that each toolkit was released with",
        info(),
        &columns,
    );
    rows.note(info().how_to_read);
    rows.note(&TABLE.driver_bundled.rule);
    rows.note(format!(
        "Installers: {}",
        TABLE.driver_bundled.provenance.source
    ));
    for row in toolkits() {
        let linux = row.minimum(Os::Linux).map(|least| match least {
            Minimum::Branch(branch) => format!("R{branch}"),
            Minimum::Version(version) => version.to_string(),
        });
        let cells = vec![
            Cell::text(&row.release),
            Cell::maybe(linux),
            Cell::maybe(row.linux_reference.as_ref()),
            Cell::maybe(row.windows_min.as_ref()),
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}

pub(super) fn architectures_sheet() -> Sheet {
    let columns = [
        "Generation",
        "Compute capability",
        "Last driver branch",
        "Last CUDA",
        "First CUDA",
        "Note",
    ];
    let mut rows = Rows::new(
        "Generations of GPUs and their last driver",
        info(),
        &columns,
    );
    for row in architectures() {
        let cells = vec![
            Cell::text(&row.arch),
            Cell::list(&row.cc),
            Cell::maybe(row.last_driver_branch.map(|branch| format!("R{branch}"))),
            Cell::maybe(row.last_cuda),
            Cell::list(
                row.first_cuda
                    .iter()
                    .map(|(cc, cuda)| format!("{cc}: {cuda}")),
            ),
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}

pub(super) fn runfiles_sheet() -> Sheet {
    let mut rows = Rows::new(
        "Names of runfiles",
        info(),
        &["Toolkit", "File", "Driver inside"],
    );
    rows.note(&TABLE.driver_bundled.rule);
    for row in runfiles() {
        let inside = if row.driver_inside { "yes" } else { "no" };
        rows.row(
            vec![
                Cell::text(row.toolkit),
                Cell::code(&row.name),
                Cell::text(inside),
            ],
            &row.provenance,
        );
    }
    rows.finish()
}
