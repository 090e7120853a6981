//! GPUs by the name that `nvidia-smi` prints and by compute capability.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::cuda_driver::LastCuda;
use super::sheet::{Cell, Rows, Sheet};
use super::{Lazy, NotInTable, Provenance, Rule, TableInfo, embedded};
use crate::version::ComputeCapability;

const NAME: &str = "gpu-arch";

static TABLE: Lazy<Table> = Lazy::new(|| embedded(NAME, include_str!("../../data/gpu-arch.json")));

#[derive(Deserialize)]
struct Table {
    title: String,
    as_of: String,
    how_to_read: String,
    families: Vec<Family>,
    open_kernel_rules: Vec<Rule>,
    ecc_column_values: Vec<EccValue>,
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

/// GPUs that are sold as one family and share what matters here.
#[derive(Debug, Deserialize)]
pub struct Family {
    /// Its name: `GeForce RTX 40`.
    pub family: String,
    /// Its compute capability.
    pub cc: ComputeCapability,
    /// Its generation: `Ada`.
    pub arch: String,
    /// Where it is used: `GeForce`, `data centre`, `workstation`, `Jetson`.
    pub market: String,
    /// The parts of the printed names that tell its GPUs from others.
    pub names: Vec<String>,
    /// Whether the open kernel modules can or must drive it.
    pub open_kernel_module: OpenModule,
    /// The last driver branch that supports it; none where every newer one does.
    pub last_driver_branch: Option<u32>,
    /// The last CUDA that compiles for it; none where every newer one does.
    pub last_cuda: Option<LastCuda>,
    /// Whether its memory can do ECC; none where its GPUs differ or no source says. See [`Named::ecc_capable`].
    pub ecc_capable: Option<bool>,
    #[serde(default)]
    ecc_by_name: BTreeMap<String, bool>,
    /// How sure that is.
    pub ecc_note: String,
    /// How many MIG instances it can be split into, 0 for no MIG; see [`Named::mig_max_instances`].
    pub mig_max_instances: Option<u32>,
    #[serde(default)]
    mig_by_name: BTreeMap<String, u32>,
    /// What is special about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// Whether the open kernel modules can or must drive a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenModule {
    /// Blackwell and newer: the proprietary modules find no device.
    Required,
    /// Turing to Hopper: both work, open is the default since driver 560.
    Supported,
    /// Volta and older: only the proprietary modules work.
    Impossible,
}

impl fmt::Display for OpenModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Required => "required",
            Self::Supported => "supported",
            Self::Impossible => "impossible",
        })
    }
}

/// All families, newest first.
pub fn families() -> &'static [Family] {
    &TABLE.families
}

/// The families of a compute capability; an error where the table has none.
pub fn by_cc(cc: ComputeCapability) -> Result<Vec<&'static Family>, NotInTable> {
    let found: Vec<_> = TABLE
        .families
        .iter()
        .filter(|family| family.cc == cc)
        .collect();
    if found.is_empty() {
        Err(info().lacks(format!("compute capability {cc}")))
    } else {
        Ok(found)
    }
}

/// Whether the open kernel modules can or must drive GPUs of a compute capability.
pub fn open_module(cc: ComputeCapability) -> Result<OpenModule, NotInTable> {
    let first = by_cc(cc)?.first().map(|family| family.open_kernel_module);
    first.ok_or_else(|| info().lacks(format!("compute capability {cc}")))
}

/// The rules about open kernel modules, in words.
pub fn open_module_rules() -> &'static [Rule] {
    &TABLE.open_kernel_rules
}

/// A value of the column Volatile Uncorr. ECC of `nvidia-smi`.
#[derive(Debug, Deserialize)]
pub struct EccValue {
    /// As printed.
    pub value: String,
    /// What it means.
    pub meaning: String,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The values of the column Volatile Uncorr. ECC.
pub fn ecc_values() -> &'static [EccValue] {
    &TABLE.ecc_column_values
}

/// What a printed name says about a GPU.
#[derive(Clone, Debug)]
pub enum Match {
    /// Its family.
    Exact(Named),
    /// The name is cut (`NVIDIA A10...`) where several families still fit.
    Ambiguous(Vec<&'static Family>),
    /// The table has no such name.
    Unknown(NotInTable),
}

/// A GPU whose family is known by its name.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its family.
    pub family: &'static Family,
    /// Its name in the table; none where the printed name is cut and several of the family still fit.
    pub name: Option<&'static str>,
}

impl Named {
    /// Whether its memory can do ECC, where a source says so for this name or for the whole family.
    pub fn ecc_capable(&self) -> Option<bool> {
        let by_name = self
            .name
            .and_then(|name| self.family.ecc_by_name.get(name).copied());
        by_name.or(self.family.ecc_capable)
    }

    /// How many MIG instances it can be split into; 0 for no MIG.
    pub fn mig_max_instances(&self) -> Option<u32> {
        match self.name {
            _ if self.family.mig_by_name.is_empty() => self.family.mig_max_instances,
            Some(name) => self
                .family
                .mig_by_name
                .get(name)
                .copied()
                .or(self.family.mig_max_instances),
            None => None,
        }
    }
}

/// The words that stand before the telling part of a name.
const BRANDS: [&str; 6] = ["NVIDIA", "GeForce", "Tesla", "Quadro", "GRID", "Jetson"];

/// How many words of a name are looked at: none has more than a dozen.
const WORDS: usize = 16;

/// Looks a GPU up by its name as `nvidia-smi` prints it, whole or cut with `...`.
///
/// After the brand, whole words must agree from the first on, and the longest name wins: `RTX 3080 Ti` is not
/// `RTX 3080`, `A100` is not `A10`, and `L20Y`, which is neither an `L20` nor in the table, is unknown.
pub fn by_name(printed: &str) -> Match {
    let printed = printed.trim();
    let (text, cut) = printed
        .strip_suffix("...")
        .map_or((printed, false), |text| (text, true));
    let split = |c: char| c.is_whitespace() || c == '-';
    let words: Vec<_> = text
        .split(split)
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .collect();
    let partial = cut && !text.ends_with(split);
    let brands = words
        .iter()
        .take_while(|word| BRANDS.iter().any(|brand| brand.eq_ignore_ascii_case(word)))
        .count();

    // `Quadro RTX 5000` is a name with its brand, `Quadro T1200` one without: the fewest words skipped win.
    for start in 0..=brands {
        let (skipped, rest) = words.split_at(start);
        let geforce = skipped
            .iter()
            .any(|word| word.eq_ignore_ascii_case("GeForce"));
        if let Some(found) = best(rest, cut, partial, geforce) {
            return found;
        }
    }
    Match::Unknown(info().lacks(format!(
        "a GPU named `{}`",
        printed.chars().take(80).collect::<String>()
    )))
}

/// How a name of the table agrees with printed words.
enum Agreement {
    /// All its words are there.
    Whole,
    /// The printed name is cut before it ends.
    SoFar,
}

fn best(words: &[&str], cut: bool, partial: bool, geforce: bool) -> Option<Match> {
    let mut longest: Option<(usize, Named)> = None;
    let mut open: Vec<Named> = Vec::new();
    for family in TABLE
        .families
        .iter()
        .filter(|family| !geforce || family.market.contains("GeForce"))
    {
        for name in &family.names {
            let named = Named {
                family,
                name: Some(name),
            };
            let length = name.split(' ').count();
            match agreement(name, words, cut, partial) {
                Some(Agreement::Whole) if longest.is_none_or(|(most, _)| length > most) => {
                    longest = Some((length, named));
                }
                Some(Agreement::SoFar) => open.push(named),
                Some(Agreement::Whole) | None => {}
            }
        }
    }
    open.extend(longest.map(|(_, named)| named));
    let (first, others) = open.split_first()?;
    if others.is_empty() {
        return Some(Match::Exact(*first));
    }
    if others
        .iter()
        .all(|named| named.family.family == first.family.family)
    {
        return Some(Match::Exact(Named {
            family: first.family,
            name: None,
        }));
    }
    let mut families: Vec<_> = open.iter().map(|named| named.family).collect();
    families.dedup_by_key(|family| &family.family);
    Some(Match::Ambiguous(families))
}

fn agreement(name: &str, words: &[&str], cut: bool, partial: bool) -> Option<Agreement> {
    for (index, part) in name.split(' ').enumerate() {
        let Some(word) = words.get(index) else {
            return cut.then_some(Agreement::SoFar);
        };
        if partial && index + 1 == words.len() {
            let begins = part
                .get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word));
            return begins.then_some(Agreement::SoFar);
        }
        if !word.eq_ignore_ascii_case(part) {
            return None;
        }
    }
    Some(Agreement::Whole)
}

pub(super) fn families_sheet() -> Sheet {
    let columns = [
        "Family",
        "Compute capability",
        "Generation",
        "GPUs",
        "Open kernel modules",
        "Last driver branch",
        "Last CUDA",
        "ECC",
        "MIG instances",
        "Note",
    ];
    let mut rows = Rows::new(&TABLE.title, info(), &columns);
    rows.note(info().how_to_read);
    for row in families() {
        let mig = if row.mig_by_name.is_empty() {
            Cell::maybe(row.mig_max_instances)
        } else {
            Cell::list(
                row.mig_by_name
                    .iter()
                    .map(|(name, most)| format!("{name}: {most}")),
            )
        };
        let ecc = match row.ecc_capable {
            Some(true) => format!("yes ({})", row.ecc_note),
            Some(false) => format!("no ({})", row.ecc_note),
            None => row.ecc_note.clone(),
        };
        let cells = vec![
            Cell::text(&row.family),
            Cell::text(row.cc),
            Cell::text(&row.arch),
            Cell::list(&row.names),
            Cell::text(row.open_kernel_module),
            Cell::maybe(row.last_driver_branch.map(|branch| format!("R{branch}"))),
            Cell::maybe(row.last_cuda),
            Cell::text(ecc),
            mig,
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}
