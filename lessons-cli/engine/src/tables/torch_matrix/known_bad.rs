//! Releases of torch that are known to go wrong, and for whom.

use std::collections::BTreeMap;
use std::fmt;

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use super::{Package, TABLE, info};
use crate::tables::Provenance;
use crate::tables::sheet::{Cell, Rows, Sheet};
use crate::version::{BuildTag, ComputeCapability};

/// Something that is known to go wrong.
#[derive(Debug, Deserialize)]
pub struct KnownBad {
    /// Its name: `conv3d-bf16-slow`.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// The work that it hits.
    pub workload: String,
    /// The environments that it hits, any of them; none where no source says which.
    pub affected: Vec<Affected>,
    /// The same in words.
    pub versions: String,
    /// What one sees.
    pub symptom: String,
    /// Why.
    pub cause: Option<String>,
    /// What helps.
    pub fix: Option<String>,
    /// What is said to help and does not.
    pub not_fixed_by: Option<String>,
    /// Where it was reported.
    pub issues: Vec<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// How much a known fault matters when a version is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Choose another version if the work is hit.
    Avoid,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Avoid => "avoid",
        })
    }
}

/// An environment that is hit: all that it states must hold.
#[derive(Debug, Deserialize)]
pub struct Affected {
    /// The torch versions.
    pub torch: VersionSpecifiers,
    /// The builds, `cu126` or a whole kind (`rocm`); all where there are none.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Only with this cuDNN.
    #[serde(default)]
    pub cudnn: Option<VersionSpecifiers>,
    /// Only on GPUs below this compute capability.
    #[serde(default)]
    pub compute_capability_below: Option<ComputeCapability>,
    /// Only with these companions installed.
    #[serde(default)]
    pub installed: BTreeMap<Package, VersionSpecifiers>,
    /// How much it matters there, if not as the fault does elsewhere: where it follows from what is known and nobody
    /// saw it, or where there is nothing better to choose.
    #[serde(default)]
    pub severity: Option<Severity>,
}

/// What is known about an environment. What is not known leaves a hit uncertain, never out.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    /// The torch version.
    pub torch: &'a Version,
    /// The build of torch.
    pub build: Option<&'a BuildTag>,
    /// The cuDNN version.
    pub cudnn: Option<&'a Version>,
    /// The lowest compute capability of the GPUs in use.
    pub compute_capability: Option<ComputeCapability>,
    /// The companions that are installed or wanted.
    pub companions: &'a [(Package, Version)],
}

/// A known fault that hits an environment.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// The fault.
    pub row: &'static KnownBad,
    /// How much it matters there.
    pub severity: Severity,
    /// Whether everything it depends on is known; otherwise it may hit.
    pub certain: bool,
}

/// All known faults.
pub fn known_bad_rows() -> &'static [KnownBad] {
    &TABLE.known_bad
}

/// The known faults that hit, or may hit, an environment; the severest first.
pub fn known_bad(environment: &Environment<'_>) -> Vec<Hit> {
    let mut hits: Vec<_> = TABLE
        .known_bad
        .iter()
        .filter_map(|row| {
            let answers = row.affected.iter().map(|affected| {
                let severity = affected.severity.unwrap_or(row.severity);
                (affected.holds(environment), severity)
            });
            let (holds, severity) = answers.max()?;
            (holds != Holds::No).then_some(Hit {
                row,
                severity,
                certain: holds == Holds::Yes,
            })
        })
        .collect();
    hits.sort_by_key(|hit| std::cmp::Reverse((hit.severity, hit.certain)));
    hits
}

/// Three-valued truth, ordered so that `min` is *and*, `max` is *or*.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    No,
    Perhaps,
    Yes,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Affected {
    fn holds(&self, environment: &Environment<'_>) -> Holds {
        let torch = Holds::from(self.torch.contains(environment.torch));
        let build = match environment.build {
            _ if self.tags.is_empty() => Holds::Yes,
            Some(build) => self.tags.iter().any(|tag| tagged(build, tag)).into(),
            None => Holds::Perhaps,
        };
        let cudnn = condition(
            self.cudnn.as_ref(),
            environment.cudnn,
            VersionSpecifiers::contains,
        );
        let below = self.compute_capability_below.as_ref();
        let gpu = condition(
            below,
            environment.compute_capability.as_ref(),
            |below, cc| cc < below,
        );
        let companions = self.installed.iter().map(|(package, wanted)| {
            let mut found = environment
                .companions
                .iter()
                .filter(|(name, _)| name == package);
            Holds::from(found.any(|(_, version)| wanted.contains(version)))
        });
        [torch, build, cudnn, gpu]
            .into_iter()
            .chain(companions)
            .min()
            .unwrap_or(Holds::No)
    }
}

/// A condition that is not stated holds; one about something unknown may hold.
fn condition<C, F>(stated: Option<&C>, fact: Option<&F>, holds: impl Fn(&C, &F) -> bool) -> Holds {
    match (stated, fact) {
        (None, _) => Holds::Yes,
        (Some(_), None) => Holds::Perhaps,
        (Some(stated), Some(fact)) => holds(stated, fact).into(),
    }
}

fn tagged(build: &BuildTag, tag: &str) -> bool {
    match build {
        BuildTag::Rocm(_) if tag == "rocm" => true,
        _ => build.to_string() == tag,
    }
}

pub(in crate::tables) fn known_bad_sheet() -> Sheet {
    let columns = [
        "Name",
        "Weight",
        "Versions",
        "Work it hits",
        "What one sees",
        "What helps",
        "What does not help",
    ];
    let mut rows = Rows::new(
        "Releases of torch that are known to go wrong",
        info(),
        &columns,
    );
    for row in known_bad_rows() {
        let cells = vec![
            Cell::code(&row.id),
            Cell::text(row.severity),
            Cell::text(&row.versions),
            Cell::text(&row.workload),
            Cell::text(&row.symptom),
            Cell::maybe(row.fix.as_ref()),
            Cell::maybe(row.not_fixed_by.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}
