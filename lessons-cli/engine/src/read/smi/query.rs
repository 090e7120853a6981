//! `nvidia-smi --query-gpu=… --format=csv[,noheader][,nounits]`, and `--query-compute-apps=…`.
//!
//! ```text
//! index, name, driver_version, memory.total [MiB]
//! 0, NVIDIA GeForce RTX 4090, 580.95.05, 24564 MiB
//! ```

use std::ops::Range;

use super::field::{Key, Row};
use super::listing::Listing;
use super::note::Note;
use super::token;
use super::values::{Form, Reading, Smi};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// A value of the whole machine.
    Header(Key),
    /// A value of the row's GPU.
    Gpu(Key),
    /// A value of the row's process.
    Process(Key),
    /// The GPU's name, by a word that is never a process's.
    GpuName,
    /// `ecc.mode.current`: where it is off, there is no count.
    EccMode,
    /// A field that nvidia-smi knows and this does not need.
    Other,
}

impl Column {
    /// Whether a value can stand in this column. Prose that follows an output has as many commas now and then.
    fn takes(self, value: &str) -> bool {
        let (Self::Header(key) | Self::Gpu(key) | Self::Process(key)) = self else {
            return value.len() < LONGEST_VALUE;
        };
        if value.is_empty() || value.len() > LONGEST_VALUE {
            return false;
        }
        // `[N/A]`, `[Not Supported]`, `[Unknown Error]`, and whatever else stands in brackets.
        if (value.starts_with('[') && value.ends_with(']')) || token::is_no_value(value) {
            return true;
        }
        let words = ["Enabled", "Disabled", "Yes", "No", "On"];
        match key {
            Key::Name => !value.starts_with(['$', '#', '`']),
            Key::Uuid => value.contains('-'),
            Key::BusId => token::is_bus_id(value),
            Key::Persistence | Key::DisplayActive | Key::MigMode => words.contains(&value),
            Key::DriverModel => matches!(value, "WDDM" | "TCC" | "MCDM"),
            Key::PerformanceState => value.starts_with('P') && value.len() <= 3,
            Key::ComputeMode => {
                matches!(value, "Default" | "Prohibited") || value.starts_with("Exclusive")
            }
            // Numbers, with a unit or without.
            _ => value.starts_with(|c: char| c.is_ascii_digit()) && value.split(' ').count() <= 2,
        }
    }
}

/// No value of nvidia-smi's is longer, but for the path of a process.
const LONGEST_VALUE: usize = 4096;

const COLUMNS: [(&str, Column); 38] = [
    ("timestamp", Column::Header(Key::Timestamp)),
    ("driver_version", Column::Header(Key::DriverVersion)),
    ("index", Column::Gpu(Key::Index)),
    ("name", Column::Gpu(Key::Name)),
    ("gpu_name", Column::GpuName),
    ("uuid", Column::Gpu(Key::Uuid)),
    ("gpu_uuid", Column::Gpu(Key::Uuid)),
    ("pci.bus_id", Column::Gpu(Key::BusId)),
    ("gpu_bus_id", Column::Gpu(Key::BusId)),
    ("persistence_mode", Column::Gpu(Key::Persistence)),
    ("display_active", Column::Gpu(Key::DisplayActive)),
    ("driver_model.current", Column::Gpu(Key::DriverModel)),
    ("ecc.mode.current", Column::EccMode),
    (
        "ecc.errors.uncorrected.volatile.total",
        Column::Gpu(Key::EccUncorrected),
    ),
    ("fan.speed", Column::Gpu(Key::FanPercent)),
    ("temperature.gpu", Column::Gpu(Key::TemperatureC)),
    ("pstate", Column::Gpu(Key::PerformanceState)),
    ("power.draw", Column::Gpu(Key::PowerDrawW)),
    ("power.draw.average", Column::Gpu(Key::PowerDrawW)),
    ("power.draw.instant", Column::Gpu(Key::PowerDrawW)),
    ("power.limit", Column::Gpu(Key::PowerLimitW)),
    ("enforced.power.limit", Column::Gpu(Key::PowerLimitW)),
    ("memory.used", Column::Gpu(Key::MemoryUsedMib)),
    ("memory.total", Column::Gpu(Key::MemoryTotalMib)),
    ("utilization.gpu", Column::Gpu(Key::UtilizationPercent)),
    ("compute_mode", Column::Gpu(Key::ComputeMode)),
    ("mig.mode.current", Column::Gpu(Key::MigMode)),
    ("pid", Column::Process(Key::Pid)),
    ("process_name", Column::Process(Key::Name)),
    ("used_gpu_memory", Column::Process(Key::MemoryMib)),
    ("used_memory", Column::Process(Key::MemoryMib)),
    ("count", Column::Other),
    ("memory.free", Column::Other),
    ("compute_cap", Column::Other),
    ("utilization.memory", Column::Other),
    ("vbios_version", Column::Other),
    ("serial", Column::Other),
    ("gpu_serial", Column::Other),
];

/// The columns that a header line names; `None` where the line is no header.
pub(super) fn columns_of_header(line: &str) -> Option<Vec<Column>> {
    let mut known = 0;
    let mut columns = Vec::new();
    for title in line.split(',') {
        let title = title.trim();
        let (name, unit) = title
            .split_once(" [")
            .map_or((title, ""), |(name, unit)| (name, unit));
        // `fabric.cliqueId`, `gpu_serial`: capitals stand inside a name only.
        let of_field = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
        if !of_field || !(unit.is_empty() || unit.ends_with(']')) || columns.len() == MOST {
            return None;
        }
        let column = COLUMNS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, column)| *column);
        known += usize::from(column.is_some());
        columns.push(column.unwrap_or(Column::Other));
    }
    // One word like `name` may be anything; two known fields, or one with nvidia-smi's dots and units, are not.
    let single =
        columns.len() == 1 && (line.contains('.') || line.contains('_') || line.contains('['));
    ((columns.len() > 1 || single) && known > 0).then(|| about_processes(columns))
}

/// More columns than nvidia-smi has.
const MOST: usize = 512;

/// With a process in its rows, a column `name` is the process's; but `gpu_name` stays the GPU's.
fn about_processes(mut columns: Vec<Column>) -> Vec<Column> {
    let of_process = |column: &Column| matches!(column, Column::Process(_));
    if columns.iter().any(of_process) {
        for column in &mut columns {
            if *column == Column::Gpu(Key::Name) {
                *column = Column::Process(Key::Name);
            }
        }
    }
    columns
}

/// The columns that a command line asks for, which name those of an output without header.
pub(super) fn columns_of_command(line: &str) -> Option<Vec<Column>> {
    let (_, asked) = line
        .split_once("--query-gpu=")
        .or_else(|| line.split_once("--query-compute-apps="))?;
    let asked = asked.trim_start_matches(['"', '\'']);
    let asked = asked
        .split(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '`'))
        .next()?;
    let column = |name: &str| {
        let known = COLUMNS.iter().find(|(known, _)| *known == name);
        known.map_or(Column::Other, |(_, column)| *column)
    };
    let mut columns: Vec<Column> = asked.split(',').take(MOST).map(column).collect();
    if line.contains("--query-compute-apps=") {
        // Whatever was asked for, the rows are processes.
        columns.push(Column::Process(Key::Pid));
        columns = about_processes(columns);
        columns.pop();
    }
    Some(columns)
}

/// A query's answer being read.
pub(super) struct Query<'t> {
    listing: Listing<'t>,
    columns: Vec<Column>,
}

impl<'t> Query<'t> {
    pub(super) fn new(text: &'t str, columns: Vec<Column>, rows_left: usize) -> Self {
        Self {
            listing: Listing::new(text, Form::Query, rows_left),
            columns,
        }
    }

    /// Whether a line can be a row: it has as many values as there are columns, and each is one of its column.
    pub(super) fn fits(&self, line: &str) -> bool {
        line.split(',').count() == self.columns.len()
            && line
                .split(',')
                .zip(&self.columns)
                .all(|(value, column)| column.takes(value.trim()))
    }

    /// The columns, and whether `line` shows a GPU that has been shown before: with `-l` a new round begins.
    pub(super) fn begins_again(&self, line: &str) -> bool {
        let Some(identity) = self
            .columns
            .iter()
            .position(|column| matches!(column, Column::Gpu(Key::Index | Key::BusId | Key::Uuid)))
            .filter(|_| {
                self.columns
                    .iter()
                    .all(|column| !matches!(column, Column::Process(_)))
            })
        else {
            return false;
        };
        let Some(value) = line.split(',').nth(identity).map(str::trim) else {
            return false;
        };
        // The first row of a round is the one that comes back first.
        self.listing
            .smi
            .gpus
            .first()
            .is_some_and(|gpu| match self.columns[identity] {
                Column::Gpu(Key::Index) => {
                    value.parse().is_ok_and(|index| gpu.index == Some(index))
                }
                Column::Gpu(Key::BusId) => gpu.bus_id.as_deref() == Some(value),
                _ => gpu.uuid.as_deref() == Some(value),
            })
    }

    /// Whether a blank line ends the rows: there are some, of one value each.
    pub(super) fn ends_at_blank_line(&self) -> bool {
        let smi = &self.listing.smi;
        self.columns.len() == 1 && !(smi.gpus.is_empty() && smi.processes.is_empty())
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(super) fn row(&mut self, line: Range<usize>) {
        let listing = &mut self.listing;
        let text = listing.text;
        let process = self
            .columns
            .iter()
            .any(|column| matches!(column, Column::Process(_)));
        if !(if process {
            listing.add_process()
        } else {
            listing.add_gpu()
        }) {
            return;
        }
        let mut start = line.start;
        let mut ecc_off = false;
        for column in &self.columns {
            let end = text[start..line.end]
                .find(',')
                .map_or(line.end, |comma| start + comma);
            let value = token::trim(text, start..end);
            match column {
                Column::Header(key) => listing.header(*key, value),
                Column::Gpu(key) if !process => listing.gpu(*key, value),
                Column::Process(key) => listing.process(*key, value),
                Column::GpuName if !process => listing.gpu(Key::Name, value),
                Column::EccMode => ecc_off = &text[value] == "Disabled",
                Column::Gpu(_) | Column::GpuName | Column::Other => {}
            }
            start = (end + 1).min(line.end);
        }
        if ecc_off && let Some(gpu) = listing.smi.gpus.last_mut() {
            gpu.ecc_uncorrected = Some(Reading::Words("Off".into()));
        }
    }

    pub(super) fn finish(self) -> (Option<Smi>, usize) {
        (Some(self.listing.smi), self.listing.rows_left)
    }

    pub(super) fn smi(&mut self) -> &mut Smi {
        &mut self.listing.smi
    }
}

/// Rows whose columns nothing names. Only what can be nothing else is kept: an address, a UUID, a product's name,
/// a performance state, and the numbers of GPUs where they count the rows.
pub(super) fn unnamed(text: &str, rows_left: usize) -> Option<Smi> {
    let mut listing = Listing::new(text, Form::Query, rows_left);
    let mut at = 0;
    let mut rows = 0;
    let mut counted = true;
    let mut indexes = Vec::new();
    for line in text.split_inclusive('\n') {
        let range = token::trim(text, at..at + line.len());
        at += line.len();
        if !line.contains(", ") {
            continue;
        }
        let values = || {
            let mut start = range.start;
            text[range.clone()].split(',').take(64).map(move |value| {
                let found = start..start + value.len();
                start = found.end + 1;
                token::trim(text, found)
            })
        };
        let known: Vec<_> = values()
            .filter_map(|value| key_of_look(&text[value.clone()]).map(|key| (key, value)))
            .collect();
        if known.is_empty() {
            continue;
        }
        rows += 1;
        if known.iter().all(|(key, _)| *key == Key::PerformanceState) || !listing.add_gpu() {
            // Without a name these rows may as well be one GPU over and over.
            continue;
        }
        let first = values().next().unwrap_or(range.clone());
        counted &= text[first.clone()].parse() == Ok(listing.smi.gpus.len() - 1);
        indexes.push(first);
        for (key, value) in known {
            listing.gpu(key, value);
        }
    }
    if counted {
        for (place, at) in indexes.into_iter().enumerate() {
            if let Some(gpu) = listing.smi.gpus.get_mut(place) {
                gpu.index = text[at.clone()].parse().ok();
                listing.smi.fields.push(super::field::Field {
                    row: Row::Gpu(place),
                    key: Key::Index,
                    span: at,
                });
            }
        }
    }
    listing.smi.notes.push(Note::ColumnsUnnamed);
    (rows > 0).then_some(listing.smi)
}

fn key_of_look(value: &str) -> Option<Key> {
    const BRANDS: [&str; 5] = ["NVIDIA ", "GeForce ", "Quadro ", "Tesla ", "GRID "];
    if token::is_bus_id(value) {
        Some(Key::BusId)
    } else if value.starts_with("GPU-") {
        Some(Key::Uuid)
    } else if BRANDS.iter().any(|brand| value.starts_with(brand)) && value.len() < 64 {
        Some(Key::Name)
    } else if value
        .strip_prefix('P')
        .is_some_and(|state| state.len() <= 2 && state.parse::<u8>().is_ok())
    {
        Some(Key::PerformanceState)
    } else {
        None
    }
}
