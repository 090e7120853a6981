//! Reference tables about the outside world: drivers, CUDA, compilers, GPUs, PyTorch.
//!
//! Built from `data/*.json`, where every row carries its source and its date. A table answers only for what it
//! holds: a version newer than the table is [`NotInTable`], never judged by the nearest row.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use thiserror::Error;

pub mod cuda_driver;
pub mod gpu_arch;
pub mod host_compilers;
pub mod nvcc_builds;
pub mod platform;
pub mod provenance;
pub mod sheet;
pub mod torch_dependencies;
pub mod torch_matrix;

pub use platform::{Arch, Os, Platform};
pub use provenance::{Provenance, Rule, Status};
pub use sheet::{Cell, Sheet, render_markdown};

/// Nothing in a table answers the question: what was asked, of which table, and how old that table is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("tried to find {asked} in the table `{table}`: it has no such row as of {as_of}")]
pub struct NotInTable {
    /// The table's [`name`](TableInfo::name).
    pub table: &'static str,
    /// What was looked for, in words: `CUDA 14.0`.
    pub asked: String,
    /// The day the table was made, `2026-11-23`.
    pub as_of: &'static str,
}

/// What a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// The name of its file in `data/`, without `.json`.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The day it was made, `2026-11-23`.
    pub as_of: &'static str,
    /// What its columns mean, and what they do not.
    pub how_to_read: &'static str,
}

impl TableInfo {
    fn lacks(&self, asked: impl Into<String>) -> NotInTable {
        NotInTable {
            table: self.name,
            asked: asked.into(),
            as_of: self.as_of,
        }
    }
}

/// All tables.
pub fn all() -> [TableInfo; 6] {
    [
        cuda_driver::info(),
        host_compilers::info(),
        nvcc_builds::info(),
        gpu_arch::info(),
        torch_dependencies::info(),
        torch_matrix::info(),
    ]
}

/// Draws a table's rows by the name that the book uses (`{{#table cuda-driver-floors}}`).
pub fn sheet(name: &str) -> Option<Sheet> {
    SHEETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, draw)| draw())
}

/// The names that [`sheet`] knows.
pub fn sheet_names() -> impl Iterator<Item = &'static str> {
    SHEETS.iter().map(|(name, _)| *name)
}

type Draw = fn() -> Sheet;

const SHEETS: [(&str, Draw); 14] = [
    ("cuda-driver-floors", cuda_driver::floors_sheet),
    ("driver-branches", cuda_driver::branches_sheet),
    ("toolkits", cuda_driver::toolkits_sheet),
    ("architectures", cuda_driver::architectures_sheet),
    ("runfile-names", cuda_driver::runfiles_sheet),
    ("host-compilers", host_compilers::toolkits_sheet),
    ("ubuntu-gcc", host_compilers::ubuntu_sheet),
    ("gpu-families", gpu_arch::families_sheet),
    ("torch-releases", torch_matrix::releases_sheet),
    ("torch-companions", torch_matrix::companions_sheet),
    ("torch-known-bad", torch_matrix::known_bad_sheet),
    ("torch-gpu-code", torch_matrix::device_code_sheet),
    ("torch-tested", torch_matrix::tested_sheet),
    ("mirrors", torch_matrix::mirrors_sheet),
];

/// A table read on first use.
type Lazy<T> = LazyLock<T>;

/// Reads an embedded table. It is part of the program: a test reads each, so a failure here is a broken build.
fn embedded<T: DeserializeOwned>(name: &str, json: &str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("embedded table {name}: {error}"))
}
