//! Which host compilers nvcc accepts.

use std::fmt;

use serde::Deserialize;

use super::sheet::{Cell, Rows, Sheet};
use super::{Lazy, NotInTable, Provenance, TableInfo, embedded};
use crate::version::{CudaVersion, GccVersion};

const NAME: &str = "cuda-host-compilers";

static TABLE: Lazy<Table> =
    Lazy::new(|| embedded(NAME, include_str!("../../data/cuda-host-compilers.json")));

#[derive(Deserialize)]
struct Table {
    title: String,
    as_of: String,
    how_to_read: String,
    toolkits: Vec<Toolkit>,
    error_texts: Vec<ErrorText>,
    ubuntu_default_gcc: Vec<Ubuntu>,
    fixes: Vec<Fix>,
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

/// What one toolkit's header and documentation accept.
#[derive(Debug, Deserialize)]
pub struct Toolkit {
    /// The toolkit, major and minor.
    pub toolkit: CudaVersion,
    /// The updates of it that this row is for, first and last; all of them where there is none.
    #[serde(default)]
    pub updates: Option<(u32, u32)>,
    /// The newest major of gcc.
    pub gcc_max: u32,
    /// The oldest major of gcc, by the documentation; the header does not check it.
    pub gcc_min: Option<u32>,
    /// The newest major of clang.
    pub clang_max: u32,
    /// The oldest major of clang, by the documentation.
    pub clang_min: Option<u32>,
    /// Microsoft's compiler.
    pub msvc: Option<Msvc>,
    /// What is special about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The range of Microsoft's compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Msvc {
    /// The oldest Visual Studio, by year.
    pub from_year: u32,
    /// The newest Visual Studio, by year.
    pub to_year: u32,
    /// The lowest `_MSC_VER`.
    pub msc_ver_min: u32,
    /// The highest `_MSC_VER`.
    pub msc_ver_max: u32,
}

impl fmt::Display for Msvc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!(
            "{}–{} ({}–{})",
            self.from_year, self.to_year, self.msc_ver_min, self.msc_ver_max
        ))
    }
}

/// A range of a compiler's majors.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The oldest, where a source says.
    pub min: Option<u32>,
    /// The newest.
    pub max: u32,
    /// The row that says so.
    pub row: &'static Toolkit,
}

/// All rows, newest toolkit first.
pub fn toolkits() -> &'static [Toolkit] {
    &TABLE.toolkits
}

/// The rows of a toolkit: more than one where its updates differ and the version does not tell which it is.
///
/// A third number that is no update of the toolkit (nvcc prints its own build, `V11.4.152`) tells nothing.
pub fn rows(toolkit: CudaVersion) -> Result<Vec<&'static Toolkit>, NotInTable> {
    let rows: Vec<_> = TABLE
        .toolkits
        .iter()
        .filter(|row| row.toolkit == toolkit.release())
        .collect();
    let exact: Vec<_> = rows
        .iter()
        .copied()
        .filter(|row| {
            let patch = toolkit.patch.zip(row.updates);
            patch.is_some_and(|(patch, (first, last))| (first..=last).contains(&patch))
        })
        .collect();
    match (exact.is_empty(), rows.is_empty()) {
        (false, _) => Ok(exact),
        (true, false) => Ok(rows),
        (true, true) => Err(info().lacks(format!("the compilers of CUDA {}", toolkit.release()))),
    }
}

/// The gcc majors that every release of a toolkit accepts.
pub fn gcc(toolkit: CudaVersion) -> Result<Range, NotInTable> {
    narrowest(toolkit, |row| row.gcc_max, |row| row.gcc_min)
}

/// The clang majors that every release of a toolkit accepts.
pub fn clang(toolkit: CudaVersion) -> Result<Range, NotInTable> {
    narrowest(toolkit, |row| row.clang_max, |row| row.clang_min)
}

/// The versions of Microsoft's compiler that a toolkit accepts.
pub fn msvc(toolkit: CudaVersion) -> Result<Msvc, NotInTable> {
    let found = rows(toolkit)?.into_iter().find_map(|row| row.msvc);
    found.ok_or_else(|| info().lacks(format!("Visual Studio for CUDA {}", toolkit.release())))
}

fn narrowest(
    toolkit: CudaVersion,
    max: fn(&Toolkit) -> u32,
    min: fn(&Toolkit) -> Option<u32>,
) -> Result<Range, NotInTable> {
    let rows = rows(toolkit)?;
    let least = rows.into_iter().min_by_key(|row| max(row));
    let row = least
        .ok_or_else(|| info().lacks(format!("the compilers of CUDA {}", toolkit.release())))?;
    Ok(Range {
        min: min(row),
        max: max(row),
        row,
    })
}

/// Whether a toolkit accepts a gcc.
#[derive(Clone, Debug)]
pub enum Accepts {
    /// It does.
    Yes(Range),
    /// The header rejects it.
    TooNew(Range),
    /// The documentation asks for a newer one; the header does not check.
    TooOld(Range),
    /// Some updates of this toolkit do and others do not.
    SomeUpdates(Vec<&'static Toolkit>),
    /// The table does not say.
    Unknown(NotInTable),
}

/// Whether a toolkit accepts a gcc. The header looks at the major alone.
pub fn accepts_gcc(toolkit: CudaVersion, gcc: GccVersion) -> Accepts {
    let rows = match rows(toolkit) {
        Ok(rows) => rows,
        Err(unknown) => return Accepts::Unknown(unknown),
    };
    let fits = |row: &&Toolkit| gcc.major <= row.gcc_max;
    if rows.iter().any(fits) && !rows.iter().all(fits) {
        return Accepts::SomeUpdates(rows);
    }
    match self::gcc(toolkit) {
        Err(unknown) => Accepts::Unknown(unknown),
        Ok(range) if gcc.major > range.max => Accepts::TooNew(range),
        Ok(range) if range.min.is_some_and(|min| gcc.major < min) => Accepts::TooOld(range),
        Ok(range) => Accepts::Yes(range),
    }
}

/// The newest toolkit that accepts a gcc.
pub fn newest_for_gcc(gcc: GccVersion) -> Result<&'static Toolkit, NotInTable> {
    let found = accepting(gcc).max_by_key(|row| row.toolkit);
    found.ok_or_else(|| info().lacks(format!("a toolkit that accepts gcc {gcc}")))
}

/// The oldest toolkit that accepts a gcc: what a distribution's own compiler asks for at least.
pub fn oldest_for_gcc(gcc: GccVersion) -> Result<&'static Toolkit, NotInTable> {
    let found = accepting(gcc).min_by_key(|row| (row.toolkit, row.updates));
    found.ok_or_else(|| info().lacks(format!("a toolkit that accepts gcc {gcc}")))
}

fn accepting(gcc: GccVersion) -> impl Iterator<Item = &'static Toolkit> {
    let fits = move |row: &&Toolkit| {
        gcc.major <= row.gcc_max && row.gcc_min.is_none_or(|min| gcc.major >= min)
    };
    TABLE.toolkits.iter().filter(fits)
}

/// An Ubuntu release and its own gcc.
#[derive(Debug, Deserialize)]
pub struct Ubuntu {
    /// `24.04`.
    pub ubuntu: String,
    /// The gcc of the package `gcc`.
    pub gcc: GccVersion,
    /// What is special about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The Ubuntu releases, oldest first.
pub fn ubuntu_releases() -> &'static [Ubuntu] {
    &TABLE.ubuntu_default_gcc
}

/// An Ubuntu release's own gcc.
pub fn ubuntu_gcc(release: &str) -> Result<&'static Ubuntu, NotInTable> {
    let row = TABLE
        .ubuntu_default_gcc
        .iter()
        .find(|row| row.ubuntu == release);
    row.ok_or_else(|| {
        info().lacks(format!(
            "the gcc of Ubuntu {}",
            release.chars().take(20).collect::<String>()
        ))
    })
}

/// What the header says when it rejects a compiler.
#[derive(Debug, Deserialize)]
pub struct ErrorText {
    /// `gcc`, `clang` or `msvc`.
    pub compiler: String,
    /// The message.
    pub text: String,
    /// The part by which it is recognised.
    pub marker: String,
    /// Which number after the marker is the limit, counted from 1.
    limit_is_number: usize,
    /// The file that says it.
    #[serde(rename = "where")]
    pub file: String,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// The texts of rejection.
pub fn error_texts() -> &'static [ErrorText] {
    &TABLE.error_texts
}

/// A rejection found in a build log.
#[derive(Clone, Copy, Debug)]
pub struct Rejection {
    /// The message.
    pub message: &'static ErrorText,
    /// Its limit: the newest gcc, the first clang that is too new, the newest Visual Studio by year.
    pub limit: Option<u32>,
}

/// Finds the first rejection of a host compiler in a build's output.
pub fn rejection(log: &str) -> Option<Rejection> {
    TABLE.error_texts.iter().find_map(|message| {
        let (_, rest) = log.split_once(message.marker.as_str())?;
        let line = rest.lines().next().unwrap_or_default();
        let numbers = line
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|digits| digits.parse().ok());
        Some(Rejection {
            message,
            limit: numbers.take(8).nth(message.limit_is_number - 1),
        })
    })
}

/// What to do about a rejection, in words.
#[derive(Debug, Deserialize)]
pub struct Fix {
    /// What to do.
    pub how: String,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// What to do about a rejection.
pub fn fixes() -> &'static [Fix] {
    &TABLE.fixes
}

pub(super) fn toolkits_sheet() -> Sheet {
    let columns = [
        "Toolkit",
        "gcc",
        "clang",
        "Visual Studio (_MSC_VER)",
        "Note",
    ];
    let mut rows = Rows::new(&TABLE.title, info(), &columns);
    rows.note(info().how_to_read);
    let range = |min: Option<u32>, max: u32| match min {
        Some(min) => format!("{min}–{max}"),
        None => format!("≤ {max}"),
    };
    for row in toolkits() {
        let toolkit = match row.updates {
            None => row.toolkit.to_string(),
            Some((first, last)) if first == last => format!("{}.{first}", row.toolkit),
            Some((first, last)) => format!("{0}.{first}–{0}.{last}", row.toolkit),
        };
        let cells = vec![
            Cell::Text(toolkit),
            Cell::text(range(row.gcc_min, row.gcc_max)),
            Cell::text(range(row.clang_min, row.clang_max)),
            Cell::maybe(row.msvc),
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}

pub(super) fn ubuntu_sheet() -> Sheet {
    let columns = ["Ubuntu", "gcc", "Oldest toolkit that accepts it", "Note"];
    let mut rows = Rows::new("Ubuntu's own gcc", info(), &columns);
    for row in ubuntu_releases() {
        let oldest = oldest_for_gcc(row.gcc)
            .ok()
            .map(|toolkit| match toolkit.updates {
                Some((first, _)) => format!("{}.{first}", toolkit.toolkit),
                None => toolkit.toolkit.to_string(),
            });
        let cells = vec![
            Cell::text(&row.ubuntu),
            Cell::text(row.gcc),
            Cell::maybe(oldest),
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}
