//! The table, cell by cell.
//!
//! ```text
//! |   0  NVIDIA GeForce RTX 4090        Off |   00000000:01:00.0 Off |                  Off |
//! |  0%   30C    P8             29W /  400W |    1583MiB /  24564MiB |      0%      Default |
//! |                                         |                        |                  N/A |
//! ```
//!
//! Columns are not counted: widths differ from driver to driver, and pastes lose blanks, margins and line
//! breaks. A row is found by what only it can hold (a PCI address, an amount of memory), and the cells next to
//! that one are read by their place. So the same code reads every width, a table squeezed into one line, and one
//! behind a log's prefix.

use std::ops::Range;

use super::failure;
use super::field::{Field, Key, Row};
use super::note::{Note, Part};
use super::token::{self, phrases, plain_words};
use super::values::{
    Count, Form, Gpu, Mebibytes, MigDevice, Percent, Process, ProcessList, Reading, Smi, Unit,
    Watts, Words, words,
};

/// A table being read.
pub(super) struct Table<'t> {
    text: &'t str,
    smi: Smi,
    /// Rows that may still be added, shared by all outputs of one text.
    rows_left: usize,
    has_header: bool,
    titles: Titles,
    section: Section,
    previous: Option<Cell>,
    /// The beginning of a process row whose name holds a bar.
    split_process: Option<Cell>,
    /// Of the row of a GPU that comes next: how many characters its line lost at the left, if any.
    margin: Margin,
    /// Lines are drawn in it, so that one that is missing at the end was cut off.
    has_borders: bool,
    open: bool,
}

/// A row of processes takes no more bytes than this.
const LONGEST_ROW: usize = 512;

/// What the titles of the columns tell of the layout.
#[derive(Debug, Clone, Copy, Default)]
struct Titles {
    /// The column is `Driver-Model`, not `Persistence-M`.
    on_windows: bool,
    /// Whether the layout has a third line, `None` while unknown.
    mig_line: Option<bool>,
    /// The left edge of the text is gone, and the first column with it.
    lost_first_column: bool,
    /// It is `nvidia-smi vgpu`, which has the same header and other columns.
    of_vgpus: bool,
}

/// What is left of the edge at which a row begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Margin {
    /// There is a bar before the first cell, or blanks.
    Whole,
    /// So many characters are gone from each line, the bar among them.
    Cut(usize),
    /// The bar is gone, and how much with it is not told.
    Unknown,
}

/// A stretch of text between two bars, without the blanks around it.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) at: Range<usize>,
    /// Something stands after it that shows its end was not cut off.
    pub(super) closed: bool,
    /// It begins where its line does, so that its beginning may be cut off.
    pub(super) at_edge: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Gpus(Expect),
    MigDevices(ExpectMig),
    Processes,
}

/// What the next cell of a GPU is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Gpu,
    Ecc,
    Memory,
    Utilization,
    MigMode,
}

/// What the next cell of a MIG device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpectMig {
    Device,
    Memory,
    Multiprocessors,
    Shared,
    Bar1,
}

impl<'t> Table<'t> {
    pub(super) fn new(text: &'t str, rows_left: usize) -> Self {
        Self {
            text,
            smi: Smi {
                form: Form::Table,
                ..Smi::default()
            },
            rows_left,
            has_header: false,
            titles: Titles::default(),
            section: Section::Gpus(Expect::Gpu),
            previous: None,
            split_process: None,
            margin: Margin::Whole,
            has_borders: false,
            open: false,
        }
    }

    pub(super) fn set_timestamp(&mut self, at: Range<usize>) {
        self.smi.timestamp = Some(self.text[at.clone()].to_owned());
        self.field(Row::Header, Key::Timestamp, at);
    }

    /// Whether the table still waits for a GPU, so that lines without bars may be rows.
    pub(super) fn takes_lines_without_bars(&self) -> bool {
        self.has_header
    }

    /// A drawn line. Those with corners stand after rows; those with bars, under titles.
    pub(super) fn border(&mut self, shown: &str) {
        self.has_borders = true;
        if shown.starts_with('+') {
            self.open = false;
        }
        self.previous = None;
        self.end_split_process();
    }

    /// A line that begins with a bar is a row, or the beginning of one.
    pub(super) fn row_begins(&mut self) {
        self.open = true;
    }

    /// A new line begins with a bar.
    pub(super) fn line_begins(&mut self) {
        // A device's first line has four cells, and its second the BAR1 memory: what the first still lacks was cut off.
        if let Section::MigDevices(expect) = &mut self.section {
            *expect = match expect {
                ExpectMig::Memory | ExpectMig::Device => ExpectMig::Device,
                ExpectMig::Multiprocessors | ExpectMig::Shared | ExpectMig::Bar1 => ExpectMig::Bar1,
            };
        }
    }

    pub(super) fn line_ends(&mut self) {
        self.end_split_process();
    }

    /// `NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0`, and with `KMD Version` and
    /// `CUDA UMD Version` from driver 610 on.
    pub(super) fn header(&mut self, cell: &Cell) {
        /// As many values as a header and one GPU have.
        const USUAL: usize = 20;
        self.smi.fields.reserve(USUAL);
        self.has_header = true;
        self.open = true;
        let (mut before, mut last) = ("", "");
        let mut wanted = None;
        for word in plain_words(&self.text[cell.at.clone()], cell.at.start) {
            let complete = cell.closed || word.end < cell.at.end;
            let mut shown = &self.text[word.clone()];
            let mut start = word.start;
            if let Some(value) = shown.strip_prefix("Version:") {
                wanted = match (before, last) {
                    (_, "Driver" | "KMD") => Some(Key::DriverVersion),
                    ("CUDA", _) | (_, "CUDA") => Some(Key::CudaVersion),
                    _ => None,
                };
                start = word.end - value.len();
                shown = value;
            } else if last.ends_with("SMI") && self.smi.smi_version.is_none() {
                wanted = Some(Key::SmiVersion);
            }
            if let Some(key) = wanted
                && !shown.is_empty()
            {
                wanted = None;
                let place = match key {
                    Key::DriverVersion => &mut self.smi.driver_version,
                    Key::CudaVersion => &mut self.smi.cuda_version,
                    _ => &mut self.smi.smi_version,
                };
                if complete && place.is_none() {
                    *place = Some(shown.to_owned());
                    self.field(Row::Header, key, start..word.end);
                }
            }
            before = last;
            last = &self.text[word];
        }
    }

    /// Reads one cell. Cells come in the order of the text, without empty ones and borders.
    pub(super) fn cell(&mut self, cell: Cell) {
        let text = self.text;
        let shown = &text[cell.at.clone()];
        self.titles.of_vgpus |= shown.starts_with("vGPU ID");
        if self.is_heading(shown) || (cell.at_edge && self.is_cut_heading(shown)) {
            self.open = true;
            self.previous = None;
            return;
        }
        if self.starts_gpu(&cell) {
            self.gpu(&cell);
        } else {
            match self.section {
                Section::Gpus(expect) => self.gpu_cell(expect, &cell),
                Section::MigDevices(expect) => self.mig_cell(expect, &cell),
                Section::Processes => self.process_cell(&cell),
            }
        }
        self.previous = Some(cell);
    }

    /// A line of a table whose bars are gone, read by what stands in it.
    pub(super) fn line_without_bars(&mut self, line: Range<usize>, closed: bool) {
        let text = self.text;
        let line = token::trim(text, line);
        let shown = &text[line.clone()];
        let whole = |at| Cell {
            at,
            closed: true,
            at_edge: false,
        };
        let last = |at| Cell {
            at,
            closed,
            at_edge: false,
        };
        if matches!(self.section, Section::Processes) || self.is_heading(shown) {
            self.cell(last(line));
            return;
        }
        let mut rest = plain_words(shown, line.start)
            .skip_while(|word| !token::is_bus_id(&text[word.clone()]));
        if let Some(address) = rest.next() {
            let name = whole(token::trim(text, line.start..address.start));
            if is_named(&text[name.at.clone()]) {
                let display = rest.next().map_or(address.end, |display| display.end);
                self.cell(name);
                self.cell(whole(address.start..display));
                self.cell(last(token::trim(text, display..line.end)));
            }
            return;
        }
        match self.section {
            Section::Gpus(Expect::Memory) => {
                // Fan, temperature, state, draw, a slash and the cap; then the memory.
                let Some(slash) =
                    phrases(shown, line.start).find(|word| &text[word.clone()] == "/")
                else {
                    return;
                };
                let Some(cap) = phrases(&text[slash.end..line.end], slash.end).next() else {
                    return;
                };
                let mut rest = phrases(&text[cap.end..line.end], cap.end);
                let Some(mut memory) = rest.next() else {
                    return;
                };
                if text[memory.clone()].ends_with("MiB")
                    && let (Some(_), Some(total)) = (rest.next(), rest.next())
                {
                    memory.end = total.end;
                }
                self.cell(whole(line.start..cap.end));
                self.cell(whole(memory.clone()));
                self.cell(last(token::trim(text, memory.end..line.end)));
            }
            Section::Gpus(Expect::MigMode) => self.cell(last(line)),
            _ => {}
        }
    }

    /// The finished table, or nothing where there was none; and the rows that may still be added.
    pub(super) fn finish(mut self) -> (Option<Smi>, usize) {
        self.end_split_process();
        let text = self.text;
        let smi = &mut self.smi;
        let found = self.has_header
            || !smi.gpus.is_empty()
            || !smi.mig_devices.is_empty()
            || !smi.processes.is_empty();
        if !found || self.titles.of_vgpus {
            return (None, self.rows_left);
        }
        if !self.has_header {
            smi.notes.push(Note::HeaderMissing);
        }
        let last_gpu = smi.gpus.len().checked_sub(1);
        let begins_gpu = self.previous.is_some_and(|cell| {
            !cell.closed && text[cell.at].starts_with(|c: char| c.is_ascii_digit())
        });
        let cut = match self.section {
            Section::Gpus(Expect::Gpu) if last_gpu.is_none() => Some(Part::Header),
            Section::Gpus(Expect::Gpu) if begins_gpu => Some(Part::Gpu(smi.gpus.len())),
            Section::Gpus(Expect::MigMode) if self.titles.mig_line != Some(true) => None,
            Section::Gpus(Expect::Gpu)
            | Section::MigDevices(ExpectMig::Device)
            | Section::Processes => None,
            Section::Gpus(_) => Some(Part::Gpu(last_gpu.unwrap_or(0))),
            Section::MigDevices(_) => Some(Part::MigDevices),
        };
        let unclosed = (self.open
            && self.has_borders
            && smi.process_list != ProcessList::NoneFound)
            .then(|| match self.section {
                Section::Gpus(_) => last_gpu.map_or(Part::Header, Part::Gpu),
                Section::MigDevices(_) => Part::MigDevices,
                Section::Processes => Part::Processes,
            });
        smi.notes.extend(cut.or(unclosed).map(Note::Cut));
        if let Some(gap) = index_gap(&smi.gpus) {
            smi.notes.push(gap);
        }
        (Some(self.smi), self.rows_left)
    }

    pub(super) fn smi(&mut self) -> &mut Smi {
        &mut self.smi
    }

    fn field(&mut self, row: Row, key: Key, span: Range<usize>) {
        self.smi.fields.push(Field { row, key, span });
    }

    /// Takes one of the rows that may be added.
    fn may_add_row(&mut self) -> bool {
        if self.rows_left == 0 {
            if self.smi.notes.last() != Some(&Note::RowsLeftOut) {
                self.smi.notes.push(Note::RowsLeftOut);
            }
            return false;
        }
        self.rows_left -= 1;
        true
    }

    /// Takes notice of the titles of sections and columns, which hold no values.
    fn is_heading(&mut self, shown: &str) -> bool {
        let Some(first) = shown.bytes().next() else {
            return true;
        };
        match first {
            b'P' if shown.starts_with("Processes:") => {
                self.section = Section::Processes;
                self.smi.process_list = ProcessList::Shown;
                true
            }
            b'P' => matches!(shown, "Persistence-M" | "Pwr:Usage/Cap"),
            b'M' if shown.starts_with("MIG devices:") => {
                self.section = Section::MigDevices(ExpectMig::Device);
                true
            }
            b'M' if shown == "MIG M." => {
                self.titles.mig_line = Some(true);
                true
            }
            b'M' => shown.starts_with("Memory-Usage"),
            b'G' if shown.starts_with("GPU") => {
                self.column_titles(shown);
                true
            }
            b'B' => shown.starts_with("Bus-Id") || shown.starts_with("BAR1-Usage"),
            b'V' => {
                if shown.starts_with("Volatile") && self.titles.mig_line.is_none() {
                    // The title of the third line, if there is one, follows.
                    self.titles.mig_line = Some(false);
                }
                shown.starts_with("Vol")
            }
            b'F' => shown.starts_with("Fan"),
            b'S' => shown.starts_with("SM ") || shown.starts_with("Shared"),
            b'I' => {
                shown.starts_with("ID ID")
                    || shown
                        .split_ascii_whitespace()
                        .all(|word| matches!(word, "ID" | "Dev" | "Usage"))
            }
            b'C' => shown.starts_with("CE "),
            b'N' if shown.starts_with("No running processes found") => {
                self.smi.process_list = ProcessList::NoneFound;
                self.section = Section::Processes;
                true
            }
            b'N' => shown.starts_with("No MIG devices found"),
            _ if shown.ends_with("Persistence-M")
                || shown.ends_with("Driver-Model")
                || shown.ends_with("TCC/WDDM") =>
            {
                self.titles.lost_first_column = true;
                self.column_titles(shown);
                true
            }
            _ => false,
        }
    }

    /// The same of a title whose beginning a lost margin has taken: `ocesses:`, `PU   GI   CI   PID   Type …`.
    fn is_cut_heading(&mut self, shown: &str) -> bool {
        /// Of a shorter rest it is not certain what it was.
        const SHORTEST: usize = 5;
        let is_rest_of = |whole: &str| {
            let shown = shown.trim_end();
            shown.len() >= SHORTEST && shown.len() < whole.len() && whole.ends_with(shown)
        };
        let has = |title: &str| shown.split_ascii_whitespace().any(|word| word == title);
        if is_rest_of("Processes:") || (has("PID") && has("Type")) {
            self.section = Section::Processes;
            self.smi.process_list = ProcessList::Shown;
        } else if is_rest_of("MIG devices:") || (has("GI") && has("CI") && has("MIG")) {
            self.section = Section::MigDevices(ExpectMig::Device);
        } else if is_rest_of("No running processes found") {
            self.section = Section::Processes;
            self.smi.process_list = ProcessList::NoneFound;
        } else {
            return false;
        }
        true
    }

    fn column_titles(&mut self, shown: &str) {
        let mut titles = shown.split_ascii_whitespace();
        let process_list = titles.clone().any(|title| title == "PID");
        if process_list {
            self.section = Section::Processes;
            self.smi.process_list = ProcessList::Shown;
        } else if titles.clone().any(|title| title == "MIG") {
            self.section = Section::MigDevices(ExpectMig::Device);
        } else if titles.any(|title| title == "Name") {
            self.section = Section::Gpus(Expect::Gpu);
            self.titles.on_windows = shown.ends_with("Driver-Model") || shown.ends_with("TCC/WDDM");
        }
    }

    /// Whether this is the cell with the PCI address, the second of a GPU.
    fn starts_gpu(&self, cell: &Cell) -> bool {
        let shown = &self.text[cell.at.clone()];
        let mut found = plain_words(shown, 0);
        let Some(first) = found.next() else {
            return false;
        };
        let first = &shown[first];
        if token::is_bus_id(first) {
            return found.nth(1).is_none();
        }
        // A Jetson has no address: `| N/A              N/A |`. Only its place tells what this is.
        let Section::Gpus(Expect::Gpu | Expect::MigMode) = self.section else {
            return false;
        };
        matches!(first, "N/A" | "ERR!" | "[N/A]")
            && found.next().is_some()
            && found.next().is_none()
            && self.previous.as_ref().is_some_and(|previous| {
                let between = &self.text[previous.at.end..cell.at.start];
                is_named(&self.text[previous.at.clone()]) && !between.contains('\n')
            })
    }

    /// The first two cells of a GPU: `0  NVIDIA L40   On` and `00000000:51:00.0 Off`.
    fn gpu(&mut self, address: &Cell) {
        let name = self.previous.take();
        self.section = Section::Gpus(Expect::Ecc);
        self.open = true;
        if !self.may_add_row() {
            self.section = Section::Gpus(Expect::Gpu);
            return;
        }
        let text = self.text;
        let mut margin_lost = false;
        let Smi { gpus, fields, .. } = &mut self.smi;
        let row = gpus.len();
        let mut values = Values {
            text,
            row: Row::Gpu(row),
            fields,
        };
        let mut gpu = Gpu::default();
        if let Some(name) =
            name.filter(|name| is_named(&text[name.at.clone()]) || has_mode(&text[name.at.clone()]))
        {
            values.name_cell(
                &mut gpu,
                &name,
                self.titles.on_windows,
                self.titles.lost_first_column,
            );
            self.margin = margin(text, &name);
            // Of `12` the cut may have left `2`. GPUs are numbered as they come.
            if name.at_edge && gpu.index.is_some_and(|index| index as usize != row) {
                gpu.index = None;
                margin_lost = true;
            }
        }
        let mut parts = plain_words(&text[address.at.clone()], address.at.start);
        // An address with a short domain may have been one with a long domain.
        let bus_id = parts
            .next()
            .filter(|bus_id| !address.at_edge || bus_id.len() >= LONGEST_BUS_ID);
        margin_lost |= bus_id.is_none();
        gpu.bus_id = bus_id.map(|bus_id| values.words(Key::BusId, bus_id));
        let display = parts
            .next()
            .filter(|display| address.closed || is_mode(&text[display.clone()]));
        gpu.display_active = display.map(|display| values.words(Key::DisplayActive, display));
        gpus.push(gpu);
        if margin_lost {
            self.smi.note_once(Note::MarginLost);
        }
    }

    fn gpu_cell(&mut self, expect: Expect, cell: &Cell) {
        let text = self.text;
        let shown = &text[cell.at.clone()];
        let Smi { gpus, fields, .. } = &mut self.smi;
        let mut values = Values {
            text,
            row: Row::Gpu(gpus.len().saturating_sub(1)),
            fields,
        };
        let Some(gpu) = gpus.last_mut() else { return };
        self.open |= expect != Expect::Gpu;
        if is_named(shown) {
            // The next GPU begins: what this one still lacks was cut off.
            self.section = Section::Gpus(Expect::Gpu);
            return;
        }
        let after_utilization = if self.titles.mig_line == Some(false) {
            Expect::Gpu
        } else {
            Expect::MigMode
        };
        let margin = self.margin;
        let mut margin_lost = false;
        let next = match expect {
            Expect::Gpu => Expect::Gpu,
            // The ECC cell is gone, and this is the second line already.
            Expect::Ecc if is_power(shown) => Expect::Memory,
            Expect::Ecc => {
                let may_be_more = cell.at_edge && !is_mode(shown) && !token::is_no_value(shown);
                margin_lost = may_be_more;
                if !may_be_more && (cell.closed || is_mode(shown) || token::is_no_value(shown)) {
                    gpu.ecc_uncorrected =
                        Some(values.reading(Key::EccUncorrected, cell.at.clone()));
                }
                Expect::Memory
            }
            Expect::Memory => {
                let power = self
                    .previous
                    .take()
                    .filter(|previous| is_power(&text[previous.at.clone()]));
                if is_memory(shown) || (power.is_some() && !shown.contains('%')) {
                    if let Some(power) = power {
                        margin_lost =
                            values.power_cell(gpu, &power, self.titles.lost_first_column, margin);
                    }
                    [gpu.memory_used_mib, gpu.memory_total_mib] =
                        values.memory_cell(cell, Key::MemoryUsedMib, Key::MemoryTotalMib);
                    Expect::Utilization
                } else if let Some(power) = power {
                    // The memory is gone, and this is the cell after it.
                    margin_lost =
                        values.power_cell(gpu, &power, self.titles.lost_first_column, margin);
                    values.utilization_cell(gpu, cell);
                    after_utilization
                } else {
                    Expect::Memory
                }
            }
            Expect::Utilization => {
                values.utilization_cell(gpu, cell);
                if cell.closed || gpu.compute_mode.is_some() {
                    after_utilization
                } else {
                    Expect::Utilization
                }
            }
            Expect::MigMode if is_mig_mode(shown) => {
                gpu.mig_mode = Some(values.words(Key::MigMode, cell.at.clone()));
                Expect::Gpu
            }
            Expect::MigMode => Expect::MigMode,
        };
        self.section = Section::Gpus(next);
        if margin_lost {
            self.smi.note_once(Note::MarginLost);
        }
    }

    fn mig_cell(&mut self, expect: ExpectMig, cell: &Cell) {
        let text = self.text;
        let shown = &text[cell.at.clone()];
        let parts: Vec<Range<usize>> = plain_words(shown, cell.at.start).take(6).collect();
        if is_mig_start(text, &parts)
            && !matches!(expect, ExpectMig::Shared | ExpectMig::Multiprocessors)
        {
            self.section = Section::MigDevices(ExpectMig::Memory);
            return;
        }
        // Only the memory after them shows that four numbers are a device.
        if expect == ExpectMig::Memory
            && is_memory(shown)
            && !self.mig_device(&plain_words_of(text, self.previous.as_ref()))
        {
            self.section = Section::MigDevices(ExpectMig::Device);
            return;
        }
        let Smi {
            mig_devices,
            fields,
            ..
        } = &mut self.smi;
        let mut values = Values {
            text,
            row: Row::MigDevice(mig_devices.len().saturating_sub(1)),
            fields,
        };
        let Some(device) = mig_devices.last_mut() else {
            return;
        };
        self.open |= expect != ExpectMig::Device;
        let next = match expect {
            ExpectMig::Memory if is_memory(shown) => {
                [device.memory_used_mib, device.memory_total_mib] =
                    values.memory_cell(cell, Key::MemoryUsedMib, Key::MemoryTotalMib);
                ExpectMig::Multiprocessors
            }
            ExpectMig::Multiprocessors => {
                [device.sm, device.ecc_uncorrected] =
                    values.counts([Key::Sm, Key::EccUncorrected], &parts, cell);
                ExpectMig::Shared
            }
            ExpectMig::Shared if !is_memory(shown) => {
                let keys = [Key::Ce, Key::Enc, Key::Dec, Key::Ofa, Key::Jpg];
                [device.ce, device.enc, device.dec, device.ofa, device.jpg] =
                    values.counts(keys, &parts, cell);
                ExpectMig::Bar1
            }
            ExpectMig::Bar1 | ExpectMig::Shared if is_memory(shown) => {
                [device.bar1_used_mib, device.bar1_total_mib] =
                    values.memory_cell(cell, Key::Bar1UsedMib, Key::Bar1TotalMib);
                ExpectMig::Device
            }
            waiting => waiting,
        };
        self.section = Section::MigDevices(next);
    }

    /// Adds the MIG device whose numbers these are.
    fn mig_device(&mut self, numbers: &[Range<usize>]) -> bool {
        let text = self.text;
        if !is_mig_start(text, numbers) || !self.may_add_row() {
            return false;
        }
        self.open = true;
        let Smi {
            mig_devices,
            fields,
            ..
        } = &mut self.smi;
        let mut values = Values {
            text,
            row: Row::MigDevice(mig_devices.len()),
            fields,
        };
        let mut numbers = numbers.iter().cloned();
        let [gpu, gi, ci, device] = [Key::Gpu, Key::Gi, Key::Ci, Key::Device]
            .map(|key| values.number(key, numbers.next()?));
        mig_devices.push(MigDevice {
            gpu,
            gi,
            ci,
            device,
            ..MigDevice::default()
        });
        true
    }

    fn process_cell(&mut self, cell: &Cell) {
        let shown = &self.text[cell.at.clone()];
        if ProcessStart::of(self.text, cell).is_some() {
            self.end_split_process();
            self.process(cell.clone());
        } else if let Some(first) = self.split_process.take() {
            // The name holds a bar, and goes on here. No row is longer than its table is wide.
            if cell.at.end - first.at.start <= LONGEST_ROW {
                self.process(Cell {
                    at: first.at.start..cell.at.end,
                    closed: cell.closed,
                    at_edge: first.at_edge,
                });
            } else {
                self.add_process(&first, None);
            }
        } else {
            self.process_not_supported(shown);
        }
    }

    /// Takes a process row without its memory for all there is.
    fn end_split_process(&mut self) {
        if let Some(cell) = self.split_process.take() {
            self.add_process(&cell, None);
        }
    }

    /// `0   N/A  N/A            2244      G   /usr/lib/xorg/Xorg                        4MiB`.
    fn process(&mut self, cell: Cell) {
        let text = self.text;
        let memory = phrases(&text[cell.at.clone()], cell.at.start)
            .last()
            .filter(|last| {
                let shown = &text[last.clone()];
                Mebibytes::parse(shown).is_some()
                    || (token::is_no_value(shown) && shown != "Insufficient Permissions")
            });
        if memory.is_some() {
            self.add_process(&cell, memory);
        } else {
            self.split_process = Some(cell);
        }
    }

    fn add_process(&mut self, cell: &Cell, memory: Option<Range<usize>>) {
        let text = self.text;
        let Some(start) = ProcessStart::of(text, cell) else {
            return;
        };
        // `N/A` could be one of the ids, in a row that ends there.
        let memory = memory.filter(|memory| memory.start >= start.kind.end);
        let rest = token::trim(text, start.kind.end..cell.at.end);
        if !self.may_add_row() {
            return;
        }
        self.open = true;
        let Smi {
            processes, fields, ..
        } = &mut self.smi;
        let mut values = Values {
            text,
            row: Row::Process(processes.len()),
            fields,
        };
        let gpu = values.number(Key::Gpu, start.gpu);
        let (gi, ci) = start
            .instances
            .map(|(gi, ci)| (values.reading(Key::Gi, gi), values.reading(Key::Ci, ci)))
            .unzip();
        let pid = Some(values.reading(Key::Pid, start.pid));
        // At the very end `C` may be the beginning of `C+G`.
        let kind = (cell.closed || !rest.is_empty()).then(|| values.words(Key::Type, start.kind));
        let name = token::trim(
            text,
            rest.start..memory.as_ref().map_or(rest.end, |memory| memory.start),
        );
        // Without the memory after it, the name may go on behind a bar, unless the line is known to end here.
        let mut after = text.as_bytes()[cell.at.end..].iter().take(LONGEST_ROW);
        let complete = memory.is_some() || (cell.closed && after.any(|b| *b == b'\n'));
        let name = (!name.is_empty() && complete).then(|| values.words(Key::Name, name));
        let memory_mib = memory.map(|memory| values.reading(Key::MemoryMib, memory));
        processes.push(Process {
            gpu,
            gi,
            ci,
            pid,
            kind,
            name,
            memory_mib,
        });
    }

    /// `0                  Not Supported`, as drivers before 400 say it of a GPU.
    fn process_not_supported(&mut self, shown: &str) {
        let Some((gpu, rest)) = shown.split_once(|c: char| c.is_ascii_whitespace()) else {
            return;
        };
        if let Ok(gpu) = gpu.parse()
            && rest.trim() == "Not Supported"
            && self.may_add_row()
        {
            self.open = true;
            self.smi.notes.push(Note::ProcessesNotSupported(gpu));
        }
    }
}

/// Takes values from the text and remembers where each stood.
struct Values<'a, 't> {
    text: &'t str,
    row: Row,
    fields: &'a mut Vec<Field>,
}

/// How many digits a GPU's index has, at most.
const MOST_DIGITS: usize = 3;

/// The length of an address with eight digits of a domain.
const LONGEST_BUS_ID: usize = 16;

impl Values<'_, '_> {
    fn reading<T: Unit>(&mut self, key: Key, span: Range<usize>) -> Reading<T> {
        let reading = Reading::of(&self.text[span.clone()]);
        self.fields.push(Field {
            row: self.row,
            key,
            span,
        });
        reading
    }

    fn words(&mut self, key: Key, span: Range<usize>) -> Words {
        let shown = words(&self.text[span.clone()]);
        self.fields.push(Field {
            row: self.row,
            key,
            span,
        });
        shown
    }

    fn number(&mut self, key: Key, span: Range<usize>) -> Option<u32> {
        let number = self.text[span.clone()].parse().ok()?;
        self.fields.push(Field {
            row: self.row,
            key,
            span,
        });
        Some(number)
    }

    /// The counts of a cell, if there are enough of them.
    fn counts<const N: usize>(
        &mut self,
        keys: [Key; N],
        parts: &[Range<usize>],
        cell: &Cell,
    ) -> [Option<Reading<Count>>; N] {
        let mut place = 0;
        keys.map(|key| {
            let at = parts.get(place).filter(|_| parts.len() >= N)?.clone();
            place += 1;
            (cell.closed || at.end < cell.at.end).then(|| self.reading(key, at))
        })
    }

    /// `0  NVIDIA GeForce RTX 3050 ...  WDDM`.
    fn name_cell(&mut self, gpu: &mut Gpu, cell: &Cell, on_windows: bool, lost_first_column: bool) {
        let text = self.text;
        let shown = &text[cell.at.clone()];
        let mut name = cell.at.clone();
        let index = plain_words(shown, name.start)
            .next()
            .filter(|first| is_digits(&text[first.clone()]));
        // Of `RTX 4090` a lost margin may have left the number.
        let of_name = index.as_ref().is_some_and(|index| {
            let is_one_blank_after = !text[index.end..].starts_with("  ");
            let is_long = index.len() > MOST_DIGITS && margin(text, cell) == Margin::Unknown;
            is_long || (cell.at_edge && is_one_blank_after)
        });
        if of_name {
            return;
        }
        if let Some(index) = &index {
            name = token::trim(text, index.end..name.end);
            if !lost_first_column {
                gpu.index = self.number(Key::Index, index.clone());
            }
        }
        if let Some(mode) = plain_words(&text[name.clone()], name.start)
            .last()
            .filter(|mode| is_mode(&text[mode.clone()]))
        {
            name = token::trim(text, name.start..mode.start);
            if on_windows || matches!(&text[mode.clone()], "WDDM" | "TCC" | "MCDM") {
                gpu.driver_model = Some(self.words(Key::DriverModel, mode));
            } else {
                gpu.persistence = Some(self.words(Key::Persistence, mode));
            }
        }
        // Without an index or a bar before it, a name may have lost its beginning.
        if !name.is_empty() && (index.is_some() || margin(text, cell) == Margin::Whole) {
            gpu.name_truncated = text[name.clone()].ends_with("...");
            gpu.name = Some(self.words(Key::Name, name));
        }
    }

    /// `67%   25C    P8             20W /  300W`. Whether a lost margin has, or may have, taken part of it.
    fn power_cell(
        &mut self,
        gpu: &mut Gpu,
        cell: &Cell,
        lost_first_column: bool,
        margin: Margin,
    ) -> bool {
        let text = self.text;
        let shown = &text[cell.at.clone()];
        // The slash of `N/A` has no blank at its side; that between draw and cap has, or follows a `W`.
        let Some(slash) = power_slash(shown).map(|at| cell.at.start + at) else {
            return false;
        };
        let mut margin_lost = false;
        let draw_and_before: Vec<Range<usize>> =
            phrases(&text[cell.at.start..slash], cell.at.start)
                .take(8)
                .collect();
        let is_value = |shown: &str| Watts::parse(shown).is_some() || token::is_no_value(shown);
        let cap = token::trim(text, slash + 1..cell.at.end);
        if is_value(&text[cap.clone()]) {
            gpu.power_limit_w = Some(self.reading(Key::PowerLimitW, cap));
        }
        let Some((draw, before)) = draw_and_before.split_last() else {
            return false;
        };
        // Of `29W` at the very edge the cut may have taken a digit.
        if cell.at_edge && draw.start == cell.at.start && margin != Margin::Whole {
            margin_lost = true;
        } else if is_value(&text[draw.clone()]) {
            gpu.power_draw_w = Some(self.reading(Key::PowerDrawW, draw.clone()));
        }
        let all = before.len() == 3;
        for (place, at) in before.iter().enumerate() {
            let shown = &text[at.clone()];
            if cell.at_edge && at.start == cell.at.start && !is_whole(shown, margin) {
                margin_lost = true;
                continue;
            }
            let key = match (place, shown.as_bytes().last()) {
                (0, _) if all => Key::FanPercent,
                (1, _) if all => Key::TemperatureC,
                (2, _) if all => Key::PerformanceState,
                // Some are lost: those that are left are told by their unit, or not at all.
                (_, Some(b'%')) => Key::FanPercent,
                (_, Some(b'C')) if shown != "C" => Key::TemperatureC,
                _ if shown.starts_with('P') && is_digits(&shown[1..]) => Key::PerformanceState,
                _ => continue,
            };
            match key {
                Key::FanPercent if lost_first_column => margin_lost = true,
                Key::FanPercent => gpu.fan_percent = Some(self.reading(key, at.clone())),
                Key::TemperatureC => gpu.temperature_c = Some(self.reading(key, at.clone())),
                _ => gpu.performance_state = Some(self.words(key, at.clone())),
            }
        }
        margin_lost
    }

    /// `1MiB /  49140MiB`, or words for both.
    fn memory_cell(
        &mut self,
        cell: &Cell,
        used: Key,
        total: Key,
    ) -> [Option<Reading<Mebibytes>>; 2] {
        let text = self.text;
        let shown = &text[cell.at.clone()];
        let split = shown
            .find("MiB")
            .and_then(|unit| shown[unit..].find('/').map(|slash| unit + slash))
            .or_else(|| shown.find(" /").map(|at| at + 1));
        let Some(slash) = split else {
            if (!cell.closed || cell.at_edge) && !token::is_no_value(shown) {
                return [None, None];
            }
            return [used, total].map(|key| Some(self.reading(key, cell.at.clone())));
        };
        let slash = cell.at.start + slash;
        let sides = [
            (used, cell.at.start..slash, true),
            (total, slash + 1..cell.at.end, cell.closed),
        ];
        sides.map(|(key, at, closed)| {
            let at = token::trim(text, at);
            let shown = &text[at.clone()];
            // Of `1583MiB` at the very edge the cut may have left `3MiB`.
            let is_rest = cell.at_edge && at.start == cell.at.start;
            let complete =
                token::is_no_value(shown) || (!is_rest && (closed || shown.ends_with("MiB")));
            (!shown.is_empty() && complete).then(|| self.reading(key, at))
        })
    }

    /// `0%      Default`, `N/A   E. Process`.
    fn utilization_cell(&mut self, gpu: &mut Gpu, cell: &Cell) {
        let text = self.text;
        let Some(first) = phrases(&text[cell.at.clone()], cell.at.start).next() else {
            return;
        };
        let shown = &text[first.clone()];
        let mode = token::trim(text, first.end..cell.at.end);
        let known = |mode: &str| {
            matches!(
                mode,
                "Default"
                    | "E. Process"
                    | "E. Thread"
                    | "Prohibited"
                    | "Exclusive_Process"
                    | "N/A"
                    | "ERR!"
            )
        };
        // Alone, words may be either of the two; a percentage is the utilization, and a mode's name the mode.
        if Percent::parse(shown).is_some() || (!mode.is_empty() && token::is_no_value(shown)) {
            // Of `100%` at the very edge the cut may have left `0%`.
            if !cell.at_edge || token::is_no_value(shown) {
                gpu.utilization_percent = Some(self.reading(Key::UtilizationPercent, first));
            }
            let shown = &text[mode.clone()];
            let may_be_mode = cell.closed && !shown.contains('/');
            if !mode.is_empty() && (may_be_mode || known(shown)) {
                gpu.compute_mode = Some(self.words(Key::ComputeMode, mode));
            }
        } else if known(shown) && !token::is_no_value(shown) {
            gpu.compute_mode = Some(self.words(Key::ComputeMode, first));
        }
    }
}

/// How much of the left edge a GPU's line has lost, by where its number stands: `|   0  NVIDIA L4`.
fn margin(text: &str, name: &Cell) -> Margin {
    const LAST_DIGIT: usize = 4;
    let line_start = text[..name.at.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..name.at.start];
    if before.contains(|c: char| !c.is_ascii_whitespace()) {
        return Margin::Whole;
    }
    let digits = text[name.at.clone()]
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    match (before.len() + digits).checked_sub(1) {
        Some(column) if (1..=MOST_DIGITS).contains(&digits) && column < LAST_DIGIT => {
            Margin::Cut(LAST_DIGIT - column)
        }
        _ => Margin::Unknown,
    }
}

/// Whether the first value of a line that has no bar before it is all there.
fn is_whole(shown: &str, margin: Margin) -> bool {
    /// A bar and four characters: `|100%`, `| 30%`, `|ERR!`.
    const WIDTH: usize = 5;
    let known = |shown: &str| {
        Percent::parse(shown).is_some_and(|percent| percent.to_string() == shown)
            || token::is_no_value(shown)
    };
    match margin {
        Margin::Whole => known(shown),
        // No longer value ends in it.
        _ if shown == "N/A" => true,
        Margin::Cut(1) => known(shown),
        // With so much gone there would be less of it: the line was not cut, its blanks were taken away.
        Margin::Cut(lost) => shown.len() + lost > WIDTH && known(shown),
        Margin::Unknown => false,
    }
}

/// Where a table's header begins in a cell: `NVIDIA-SMI 580…`, of which a lost margin may have taken the first
/// letters.
pub(super) fn is_header(shown: &str) -> bool {
    const NAME: &str = "NVIDIA-SMI ";
    shown
        .as_bytes()
        .first()
        .is_some_and(|first| b"NVIDA-S".contains(first))
        && (0..=7).any(|lost| {
            shown
                .strip_prefix(&NAME[lost..])
                .is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()))
        })
}

/// Whether a line tells that nvidia-smi's infoROM warning or a failure's second line goes with the output before.
pub(super) fn note_of_line(line: &str) -> Option<Note> {
    failure::corrupted_inforom(line).map(|gpu| Note::InfoRomCorrupted(gpu.to_owned()))
}

/// The numbers left out in the order of the GPUs: nvidia-smi skips a GPU that it cannot open.
fn index_gap(gpus: &[Gpu]) -> Option<Note> {
    const MOST: u32 = 64;
    let mut missing = Vec::new();
    for pair in gpus.windows(2) {
        let (Some(one), Some(two)) = (pair[0].index, pair[1].index) else {
            return None;
        };
        if two <= one || two - one > MOST {
            return None;
        }
        missing.extend(one + 1..two);
    }
    (!missing.is_empty()).then_some(Note::IndexGap(missing))
}

/// The numbers of a MIG device: GPU, GPU instance, compute instance, device.
fn is_mig_start(text: &str, parts: &[Range<usize>]) -> bool {
    parts.len() == 4 && parts.iter().all(|part| is_digits(&text[part.clone()]))
}

fn plain_words_of(text: &str, cell: Option<&Cell>) -> Vec<Range<usize>> {
    cell.map_or_else(Vec::new, |cell| {
        plain_words(&text[cell.at.clone()], cell.at.start)
            .take(6)
            .collect()
    })
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_mode(word: &str) -> bool {
    matches!(
        word,
        "On" | "Off" | "N/A" | "ERR!" | "WDDM" | "TCC" | "MCDM" | "[N/A]"
    )
}

fn has_mode(shown: &str) -> bool {
    shown
        .rsplit(|c: char| c.is_ascii_whitespace())
        .next()
        .is_some_and(is_mode)
}

/// An index, a name and a mode, as the first cell of a GPU has them.
fn is_named(shown: &str) -> bool {
    shown.split_ascii_whitespace().next().is_some_and(is_digits) && has_mode(shown)
}

/// The slash between power draw and cap.
fn power_slash(shown: &str) -> Option<usize> {
    let bytes = shown.as_bytes();
    (1..bytes.len()).rev().find(|at| {
        bytes[*at] == b'/'
            && (bytes[at - 1].is_ascii_whitespace()
                || bytes[at - 1] == b'W'
                || bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace))
    })
}

fn is_power(shown: &str) -> bool {
    // At the end of a line that is cut, `N/` is the beginning of `N/A`.
    let has_parts = shown.contains('W') || shown.split_ascii_whitespace().count() > 2;
    has_parts && !shown.contains("MiB") && power_slash(shown).is_some()
}

fn is_memory(shown: &str) -> bool {
    shown.ends_with("MiB") || token::is_phrase(shown) || shown.contains("MiB")
}

fn is_mig_mode(shown: &str) -> bool {
    matches!(
        shown.strip_suffix('*').unwrap_or(shown),
        "N/A"
            | "Enabled"
            | "Disabled"
            | "ERR!"
            | "[N/A]"
            | "Not Supported"
            | "[Not Supported]"
            | "Unknown Error"
    )
}

/// `C`, `G`, `C+G`, `M`, `M+C`, and what else is capitals and plus signs.
fn is_process_type(word: &str) -> bool {
    matches!(word.len(), 1 | 3 | 5)
        && word.bytes().enumerate().all(|(at, b)| {
            if at % 2 == 0 {
                b.is_ascii_uppercase()
            } else {
                b == b'+'
            }
        })
}

/// The columns of a process before its name.
struct ProcessStart {
    gpu: Range<usize>,
    instances: Option<(Range<usize>, Range<usize>)>,
    pid: Range<usize>,
    kind: Range<usize>,
}

impl ProcessStart {
    fn of(text: &str, cell: &Cell) -> Option<Self> {
        let is_id = |at: &Range<usize>| is_digits(&text[at.clone()]) || &text[at.clone()] == "N/A";
        let mut found = plain_words(&text[cell.at.clone()], cell.at.start);
        let gpu = found.next().filter(|at| is_digits(&text[at.clone()]))?;
        let second = found.next().filter(is_id)?;
        let third = found.next()?;
        // Where the line is cut, `N` is the beginning of an instance's `N/A`.
        if &text[third.clone()] == "N" && third.end == cell.at.end && !cell.closed {
            return None;
        }
        if is_process_type(&text[third.clone()]) {
            return Some(Self {
                gpu,
                instances: None,
                pid: second,
                kind: third,
            });
        }
        let pid = found.next().filter(is_id)?;
        let kind = found
            .next()
            .filter(|at| is_process_type(&text[at.clone()]))?;
        is_id(&third).then_some(Self {
            gpu,
            instances: Some((second, third)),
            pid,
            kind,
        })
    }
}
