//! Where torch's CUDA wheels can be downloaded: PyTorch's own index and its mirrors.

use std::fmt;

use serde::Deserialize;

use super::{TABLE, info};
use crate::tables::sheet::{Cell, Rows, Sheet};
use crate::tables::{NotInTable, Provenance};
use crate::version::BuildTag;

/// A place to download wheels from. Every mirror may lag: open it and look before installing.
#[derive(Debug, Deserialize)]
pub struct Mirror {
    /// Its short name: `nju`.
    pub name: String,
    /// Who runs it.
    pub title: String,
    /// How pip is told about it.
    pub form: MirrorForm,
    url: String,
    nightly_url: Option<String>,
    /// Whether it holds torch's wheels alone, so that a `PyPI` index must serve what they depend on.
    pub needs_pypi: bool,
    /// A `PyPI` mirror of the same house, for what torch depends on.
    #[serde(default)]
    pub pypi_url: Option<String>,
    /// What is special about it.
    pub note: Option<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// How pip is told about a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MirrorForm {
    /// A simple index (PEP 503): `--index-url`.
    IndexUrl,
    /// A folder of files: `--find-links`.
    FindLinks,
}

impl fmt::Display for MirrorForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::IndexUrl => "--index-url",
            Self::FindLinks => "--find-links",
        })
    }
}

impl Mirror {
    /// The address for a build.
    pub fn url(&self, build: &BuildTag) -> String {
        self.url.replace("{tag}", &build.to_string())
    }

    /// The address of nightlies for a build, where it has them.
    pub fn nightly_url(&self, build: &BuildTag) -> Option<String> {
        self.nightly_url
            .as_ref()
            .map(|url| url.replace("{tag}", &build.to_string()))
    }
}

/// PyTorch's own index first, then its mirrors.
pub fn mirrors() -> &'static [Mirror] {
    &TABLE.mirrors
}

/// A mirror by its short name.
pub fn mirror(name: &str) -> Result<&'static Mirror, NotInTable> {
    let row = TABLE
        .mirrors
        .iter()
        .find(|row| row.name.eq_ignore_ascii_case(name));
    row.ok_or_else(|| {
        info().lacks(format!(
            "a mirror named `{}`",
            name.chars().take(40).collect::<String>()
        ))
    })
}

pub(in crate::tables) fn mirrors_sheet() -> Sheet {
    let mut rows = Rows::new(
        "PyTorch's index and its mirrors",
        info(),
        &["Name", "Who", "For pip", "Note"],
    );
    for row in mirrors() {
        let option = format!("{} {}", row.form, row.url.replace("{tag}", "cu130"));
        let cells = vec![
            Cell::code(&row.name),
            Cell::text(&row.title),
            Cell::code(option),
            Cell::maybe(row.note.as_ref()),
        ];
        rows.row(cells, &row.provenance);
    }
    rows.finish()
}
