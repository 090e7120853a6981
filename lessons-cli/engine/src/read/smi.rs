//! nvidia-smi's outputs: the table of every driver since 2016, `-L`, `-q`, `-q -x`, `--query-gpu=…`, and the
//! messages with which it fails.
//!
//! Text around an output does no harm: prompts, quoting, Markdown fences, a log's prefixes, colours, lost margins
//! and lost blanks. What such a text no longer tells is left out, never guessed.
//!
//! ```
//! let table = "\
//! | NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0 |
//! | 0 NVIDIA L4 On | 00000000:00:03.0 Off | 0 |
//! | N/A 41C P8 17W / 72W | 1MiB / 23034MiB | 0% Default |
//! | | | N/A |";
//! let smi = lessons_engine::read::smi::read(table).unwrap();
//! assert_eq!(smi.cuda_version.as_deref(), Some("13.0"));
//! assert_eq!(smi.gpus[0].name.as_deref(), Some("NVIDIA L4"));
//! ```

mod failure;
mod field;
mod list;
mod listing;
mod log;
mod note;
mod plain;
mod query;
mod table;
mod token;
mod tool;
mod values;
mod version;
mod xml;

use std::ops::Range;

pub use failure::{Cause, Failure};
pub use field::{Field, Key, Row};
pub use note::{Note, Part};
pub use tool::Tool;
pub use values::{
    Celsius, Count, Form, Gpu, Mebibytes, MigDevice, Percent, Process, ProcessList, Reading, Smi,
    Unit, Watts, Words, words,
};

use list::{Line, List};
use log::Log;
use plain::Plain;
use query::{Column, Query};
use table::{Cell, Table};
use version::Versions;
use xml::Xml;

/// The longest text that is read, in bytes.
pub const LIMIT: usize = 16 << 20;

/// How many GPUs, MIG devices and processes are kept of one text, and how many outputs.
const ROWS: usize = 1 << 16;

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// There is nothing in it.
    #[error("the text is empty")]
    Empty,
    /// It is longer than [`LIMIT`].
    #[error("the text is {length} bytes long, {LIMIT} are read at most")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// It is not text.
    #[error("this is not text")]
    NotText,
    /// It is the output of another tool.
    #[error("this is the output of {}, not of nvidia-smi", .0.name())]
    OtherTool(Tool),
    /// Nothing in it looks like nvidia-smi.
    #[error("nothing in this text looks like an output of nvidia-smi")]
    NotNvidiaSmi,
}

/// Reads the first output of nvidia-smi in `text`, and notes how many more there are.
pub fn read(text: &str) -> Result<Smi, Unread> {
    let mut all = read_all(text)?;
    let more = all.len() - 1;
    let mut first = all.swap_remove(0);
    if more > 0 {
        first.notes.push(Note::MoreOutputs(more));
    }
    Ok(first)
}

/// Reads every output of nvidia-smi in `text`, in the order of the text. There is at least one.
pub fn read_all(text: &str) -> Result<Vec<Smi>, Unread> {
    if text.len() > LIMIT {
        return Err(Unread::TooLong { length: text.len() });
    }
    let plain = Plain::of(text);
    let mut reader = Reader::new(plain.text());
    reader.lines();
    let mut found = reader.finish();
    // Other tools draw tables too, and some of their rows look alike; but none has nvidia-smi's header.
    let only_rows = found
        .iter()
        .all(|smi| smi.notes.contains(&Note::HeaderMissing));
    if only_rows && let Some(tool) = Tool::of(plain.text()) {
        return Err(Unread::OtherTool(tool));
    }
    add_unnamed_rows(plain.text(), &mut found);
    if found.is_empty() {
        return Err(if text.trim().is_empty() {
            Unread::Empty
        } else if text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
            Unread::NotText
        } else {
            Unread::NotNvidiaSmi
        });
    }
    if !plain.is_as_given() {
        for field in found.iter_mut().flat_map(|smi| &mut smi.fields) {
            field.span = plain.given(field.span.clone());
        }
    }
    Ok(found)
}

/// Rows of a query without header are looked for where nothing else is, or where only a GPU's failure precedes.
fn add_unnamed_rows(text: &str, found: &mut Vec<Smi>) {
    let failed_on_one = |smi: &Smi| {
        smi.failure
            .as_ref()
            .is_some_and(|failure| failure.cause.is_about_one_gpu())
    };
    match found.as_mut_slice() {
        [] => found.extend(query::unnamed(text, ROWS)),
        [only] if only.form == Form::Message && failed_on_one(only) => {
            if let Some(rows) = query::unnamed(text, ROWS) {
                only.form = rows.form;
                only.gpus = rows.gpus;
                only.notes.extend(rows.notes);
                only.fields.extend(rows.fields);
            }
        }
        _ => {}
    }
}

struct Reader<'t> {
    text: &'t str,
    found: Vec<Smi>,
    current: Option<Output<'t>>,
    /// Failures of single GPUs, which nvidia-smi prints before the output they belong to.
    failures: Vec<(Failure, Range<usize>)>,
    /// A line that may be an output's date, and how many lines ago it was.
    timestamp: Option<(Range<usize>, usize)>,
    /// What a command line in the text asks for.
    asked: Option<Vec<Column>>,
    rows_left: usize,
}

enum Output<'t> {
    Table(Box<Table<'t>>),
    List(List<'t>),
    Log(Log<'t>),
    Query(Query<'t>),
    Xml(Xml<'t>),
    Version(Versions<'t>),
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
            current: None,
            failures: Vec::new(),
            timestamp: None,
            asked: None,
            rows_left: ROWS,
        }
    }

    fn lines(&mut self) {
        let mut start = 0;
        while start < self.text.len() && self.found.len() < ROWS {
            let newline = self.text[start..].find('\n').map(|length| start + length);
            let end = newline.unwrap_or(self.text.len());
            self.line(start..end, newline.is_some());
            start = end + 1;
        }
    }

    fn finish(mut self) -> Vec<Smi> {
        self.end();
        if !self.failures.is_empty() {
            // They come after an output, or there is none.
            let mut smi = self
                .found
                .pop_if(|last| last.form != Form::Message)
                .unwrap_or_else(|| Smi {
                    form: Form::Message,
                    ..Smi::default()
                });
            self.failures
                .drain(..)
                .for_each(|(failure, at)| add_failure(&mut smi, failure, at));
            self.found.push(smi);
        }
        self.found
    }

    /// Reads one line. `closed` is whether a newline ends it, rather than the end of the text.
    fn line(&mut self, line: Range<usize>, closed: bool) {
        let trimmed = token::trim(self.text, line.clone());
        let shown = &self.text[trimmed.clone()];
        match shown.as_bytes().first() {
            None => {
                // Alone in its row, any line could be a value: the blank one says where they end.
                if matches!(&self.current, Some(Output::Query(query)) if query.ends_at_blank_line())
                {
                    self.end();
                }
            }
            Some(b'|' | b'+') if token::is_border(shown) => {
                if let Some(Output::Table(table)) = &mut self.current {
                    table.border(shown);
                }
            }
            Some(b'|' | b'+') => self.cells(&line, trimmed),
            Some(_) => self.line_of_text(&line, trimmed, closed),
        }
        // Some pages put a blank line after each.
        if let Some((_, lines_ago)) = &mut self.timestamp
            && !shown.is_empty()
        {
            *lines_ago += 1;
        }
    }

    /// A line that begins with neither a bar nor a corner.
    fn line_of_text(&mut self, line: &Range<usize>, trimmed: Range<usize>, closed: bool) {
        let text = self.text;
        let shown = &text[trimmed.clone()];
        if is_own_timestamp(shown) {
            self.timestamp = Some((trimmed, 0));
            return;
        }
        if let Some((failure, start)) = failure::of_line(shown) {
            let at = trimmed.start + start;
            let at = at..at + failure.message.len();
            self.failure(failure, at);
            return;
        }
        if self.line_about_output(shown) {
            return;
        }
        if shown.contains("NVSMI LOG") {
            self.begin(|text, rows_left| Output::Log(Log::new(text, rows_left)));
            return;
        }
        if shown.contains("<nvidia_smi_log") {
            self.begin(|text, rows_left| Output::Xml(Xml::new(text, rows_left)));
        }
        if version::begins(shown) {
            self.begin(|text, rows_left| Output::Version(Versions::new(text, rows_left)));
        }
        if let Some(Output::Version(versions)) = &mut self.current
            && versions.line(&trimmed)
        {
            return;
        }
        if let Some(columns) = query::columns_of_command(shown) {
            self.asked = Some(columns);
            return;
        }
        if let Some(item) = Line::of(text, trimmed.clone()) {
            let goes_on =
                matches!(&self.current, Some(Output::List(list)) if !list.begins_again(&item));
            if !goes_on {
                self.begin(|text, rows_left| Output::List(List::new(text, rows_left)));
            }
            if let Some(Output::List(list)) = &mut self.current {
                list.line(item);
            }
            return;
        }
        if !shown.contains('|') {
            match &mut self.current {
                Some(Output::Log(log))
                    if !(shown.contains(", ") && query::columns_of_header(shown).is_some()) =>
                {
                    log.line(trimmed);
                    return;
                }
                Some(Output::Xml(xml)) => {
                    xml.line(trimmed);
                    return;
                }
                _ => {}
            }
            if self.query_line(&trimmed) {
                return;
            }
        }
        self.line_of_table(line, trimmed, closed);
    }

    /// A line that may belong to a table although it begins with something else.
    fn line_of_table(&mut self, line: &Range<usize>, trimmed: Range<usize>, closed: bool) {
        const SHORTEST_BORDER: usize = 16;
        let text = self.text;
        let shown = &text[trimmed.clone()];
        let unquoted = shown.trim_start_matches(|c: char| {
            matches!(c, '>' | '#' | '`' | '*' | '/') || c.is_ascii_whitespace()
        });
        let before = shown.trim_end_matches(['+', '-', '=', '|']);
        let border = &shown[before.len()..];
        if border.len() >= SHORTEST_BORDER && !before.contains('|') || token::is_border(unquoted) {
            if let Some(Output::Table(table)) = &mut self.current {
                table.border(border);
            }
            // In a table squeezed together the date may stand before its border.
            let end = trimmed.start + before.trim_end().len();
            if let Some(at) = end
                .checked_sub(OWN_TIMESTAMP)
                .filter(|at| text.get(*at..end).is_some_and(is_own_timestamp))
            {
                self.timestamp = Some((at..end, 0));
            }
            return;
        }
        if shown.contains('|') {
            self.cells(line, trimmed.clone());
        } else if let Some(at) = shown
            .find("NVIDIA-SMI ")
            .filter(|at| table::is_header(&shown[*at..]))
        {
            self.header(
                &Cell {
                    at: trimmed.start + at..trimmed.end,
                    closed,
                    at_edge: false,
                },
                trimmed.start,
            );
            return;
        } else if let Some(Output::Table(table)) = &mut self.current
            && table.takes_lines_without_bars()
        {
            table.line_without_bars(trimmed.clone(), closed);
        }
        let last = shown.rsplit('|').next().unwrap_or_default();
        let last = if shown.contains('|') {
            last.trim_start()
        } else {
            unquoted
        };
        // Each line may have been put between backticks.
        let date = last.trim_end_matches(['`', ' ', '\t']);
        if let Some(length) = timestamp_at_end(date) {
            let end = trimmed.end - (last.len() - date.len());
            self.timestamp = Some((end - length..end, 0));
        }
    }

    /// Splits a line at its bars.
    fn cells(&mut self, line: &Range<usize>, trimmed: Range<usize>) {
        let text = self.text;
        let barred = text[trimmed.start..].starts_with('|');
        if barred && let Some(Output::Table(table)) = &mut self.current {
            table.line_begins();
        }
        let mut empty = true;
        let mut start = trimmed.start;
        while start < trimmed.end {
            let bar = text[start..trimmed.end]
                .find('|')
                .map(|length| start + length);
            let at = token::trim(text, start..bar.unwrap_or(trimmed.end));
            start = bar.map_or(trimmed.end, |bar| bar + 1);
            // What a comment or a list puts before a line, as in `// |   0  NVIDIA L4`, is no cell.
            let is_mark = at.start == trimmed.start
                && !text[at.clone()]
                    .bytes()
                    .any(|b| b.is_ascii_alphanumeric() || b >= 0x80)
                && !token::is_border(&text[at.clone()]);
            if at.is_empty() || is_mark {
                continue;
            }
            empty = false;
            let shown = &text[at.clone()];
            let cell = Cell {
                closed: bar.is_some(),
                at_edge: at.start == line.start,
                at,
            };
            if table::is_header(shown) {
                self.header(&cell, trimmed.start);
                continue;
            }
            if !matches!(self.current, Some(Output::Table(_))) {
                self.begin(|text, rows_left| Output::Table(Box::new(Table::new(text, rows_left))));
            }
            if let Some(Output::Table(table)) = &mut self.current {
                // In a table squeezed into one line, words may follow a border; they are no part of a row.
                // A few strokes between two bars may as well be part of a process's name.
                if shown.starts_with("+-") || (shown.len() > 8 && token::is_border(shown)) {
                    table.border(shown);
                    continue;
                }
                if barred {
                    table.row_begins();
                }
                table.cell(cell);
            }
        }
        if let Some(Output::Table(table)) = &mut self.current {
            if barred && empty {
                table.row_begins();
            }
            table.line_ends();
        }
    }

    /// A table's header begins a new table. Its date stands on a line before, or, in a table squeezed into one
    /// line, before its first corner.
    fn header(&mut self, cell: &Cell, line_start: usize) {
        const LINES: usize = 3;
        let text = self.text;
        let timestamp = self
            .timestamp
            .take()
            .filter(|(_, lines_ago)| *lines_ago <= LINES)
            .map(|(at, _)| at)
            .or_else(|| timestamp_before(text, line_start..cell.at.start))
            .or_else(|| own_timestamp_above(text, cell.at.start));
        self.begin(|text, rows_left| Output::Table(Box::new(Table::new(text, rows_left))));
        if let Some(Output::Table(table)) = &mut self.current {
            if let Some(at) = timestamp {
                table.set_timestamp(at);
            }
            table.header(cell);
        }
    }

    /// Takes a line as header or row of a query.
    fn query_line(&mut self, trimmed: &Range<usize>) -> bool {
        let text = self.text;
        let shown = &text[trimmed.clone()];
        if let Some(columns) = query::columns_of_header(shown) {
            self.asked = None;
            self.begin(|text, rows_left| Output::Query(Query::new(text, columns, rows_left)));
            return true;
        }
        if let Some(columns) = self.asked.take_if(|columns| {
            columns.len() == shown.split(',').count() && !shown.contains("nvidia-smi")
        }) {
            self.begin(|text, rows_left| Output::Query(Query::new(text, columns, rows_left)));
        }
        let Some(Output::Query(query)) = &self.current else {
            return false;
        };
        if !query.fits(shown) {
            self.end();
            return false;
        }
        if query.begins_again(shown) {
            let columns = query.columns().to_vec();
            self.begin(|text, rows_left| Output::Query(Query::new(text, columns, rows_left)));
        }
        if let Some(Output::Query(query)) = &mut self.current {
            query.row(trimmed.clone());
        }
        true
    }

    fn failure(&mut self, failure: Failure, at: Range<usize>) {
        if failure.cause.is_about_one_gpu() {
            if self.failures.len() < ROWS {
                self.failures.push((failure, at));
            }
            return;
        }
        self.end();
        let repeated = |smi: &Smi| {
            smi.form == Form::Message
                && smi
                    .failure
                    .as_ref()
                    .is_some_and(|last| last.cause == failure.cause)
        };
        if !self.found.last().is_some_and(repeated) {
            let mut smi = Smi {
                form: Form::Message,
                ..Smi::default()
            };
            add_failure(&mut smi, failure, at);
            self.found.push(smi);
        }
    }

    /// The lines that only add to what was printed before them.
    fn line_about_output(&mut self, shown: &str) -> bool {
        if let Some(version) = failure::library_version(shown) {
            if let Some(Failure {
                cause: Cause::DriverLibraryMismatch { library_version },
                ..
            }) = self.found.last_mut().and_then(|smi| smi.failure.as_mut())
            {
                *library_version = Some(version.to_owned());
            }
            return true;
        }
        let Some(note) = table::note_of_line(shown) else {
            return false;
        };
        if let Some(smi) = self
            .current
            .as_mut()
            .map(Output::smi)
            .or(self.found.last_mut())
            && smi.notes.len() < ROWS
        {
            smi.notes.push(note);
        }
        true
    }

    fn begin(&mut self, output: impl FnOnce(&'t str, usize) -> Output<'t>) {
        self.end();
        self.current = Some(output(self.text, self.rows_left));
    }

    fn end(&mut self) {
        let Some(output) = self.current.take() else {
            return;
        };
        let (smi, rows_left) = match output {
            Output::Table(table) => table.finish(),
            Output::List(list) => list.finish(),
            Output::Log(log) => log.finish(),
            Output::Query(query) => query.finish(),
            Output::Xml(xml) => xml.finish(),
            Output::Version(versions) => versions.finish(),
        };
        self.rows_left = rows_left;
        if let Some(mut smi) = smi.filter(|_| self.found.len() < ROWS) {
            self.failures
                .drain(..)
                .for_each(|(failure, at)| add_failure(&mut smi, failure, at));
            self.found.push(smi);
        }
    }
}

impl Output<'_> {
    fn smi(&mut self) -> &mut Smi {
        match self {
            Self::Table(table) => table.smi(),
            Self::List(list) => list.smi(),
            Self::Log(log) => log.smi(),
            Self::Query(query) => query.smi(),
            Self::Xml(xml) => xml.smi(),
            Self::Version(versions) => versions.smi(),
        }
    }
}

fn add_failure(smi: &mut Smi, failure: Failure, span: Range<usize>) {
    smi.fields.push(Field {
        row: Row::Header,
        key: Key::Failure,
        span,
    });
    if smi.failure.is_none() {
        smi.failure = Some(failure);
    } else {
        smi.notes.push(Note::AlsoFailed(failure));
    }
}

/// The date before the border that a header, on the same line, stands under.
fn timestamp_before(text: &str, before: Range<usize>) -> Option<Range<usize>> {
    // A border and a date are no longer than this; lines may be of any length.
    const LONGEST: usize = 256;
    let start = text.ceil_char_boundary(before.start.max(before.end.saturating_sub(LONGEST)));
    let above = text
        .get(start..before.end)?
        .trim_end_matches(['|', ' ', '\t']);
    let line = above.trim_end_matches(['+', '-', '=']);
    if line.len() == above.len() {
        return None;
    }
    let line = line.trim_end();
    let end = start + line.len();
    let line = line.rsplit(['|', '>', '#', '$']).next()?.trim_start();
    timestamp_at_end(line).map(|length| end - length..end)
}

/// nvidia-smi's own date, whatever marks stand around it and its border: those of a string, of a cell, of a `diff`.
fn own_timestamp_above(text: &str, header: usize) -> Option<Range<usize>> {
    const LONGEST: usize = 512;
    let start = text.ceil_char_boundary(header.saturating_sub(LONGEST));
    let above = text.get(start..header)?;
    let time = above.rfind(|c: char| c.is_ascii_digit())? + 1;
    let date = time.checked_sub(OWN_TIMESTAMP)?;
    // Nothing else may be between them but the marks, and the ends of lines that a string writes as `\n`.
    let marks = |text: &str| !text.replace("\\n", "").contains(char::is_alphanumeric);
    let own = is_own_timestamp(above.get(date..time)?) && marks(above.get(time..)?);
    own.then(|| start + date..start + time)
}

/// Whether a line is a date as nvidia-smi prints it above its table: `Wed Jan 14 02:22:46 2026`.
fn is_own_timestamp(shown: &str) -> bool {
    shown.len() == OWN_TIMESTAMP && ends_own_timestamp(shown)
}

/// The length of `Wed Jan 14 02:22:46 2026`.
const OWN_TIMESTAMP: usize = 24;

/// Whether a text is such a date, or the end of one.
fn ends_own_timestamp(shown: &str) -> bool {
    const SHAPE: &[u8; OWN_TIMESTAMP] = b"Aaa Aaa _0 00:00:00 0000";
    const LEAST: usize = 13;
    (LEAST..=OWN_TIMESTAMP).contains(&shown.len())
        && shown
            .bytes()
            .zip(&SHAPE[OWN_TIMESTAMP - shown.len()..])
            .all(|(byte, shape)| match shape {
                b'A' => byte.is_ascii_uppercase(),
                b'a' => byte.is_ascii_lowercase(),
                b'0' => byte.is_ascii_digit(),
                b'_' => byte == b' ' || byte.is_ascii_digit(),
                _ => byte == *shape,
            })
}

/// Length of the date at the end of a line: nvidia-smi's own, or the whole line, where it holds a year and
/// `hours:minutes` in whatever language.
fn timestamp_at_end(line: &str) -> Option<usize> {
    if line
        .len()
        .checked_sub(OWN_TIMESTAMP)
        .and_then(|at| line.get(at..))
        .is_some_and(is_own_timestamp)
    {
        return Some(OWN_TIMESTAMP);
    }
    // A lost margin has taken the beginning of it.
    if ends_own_timestamp(line) {
        return None;
    }
    let bytes = line.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let time = (1..bytes.len())
        .any(|at| bytes[at] == b':' && digit(at - 1) && digit(at + 1) && digit(at + 2));
    let year = |at: usize| {
        (bytes[at..].starts_with(b"19") || bytes[at..].starts_with(b"20"))
            && digit(at + 2)
            && digit(at + 3)
            && !digit(at + 4)
            && !(at > 0 && digit(at - 1))
    };
    let plain = (8..=64).contains(&bytes.len())
        && !line.contains(['$', '#', '=', '+', '|', '"'])
        && !line.contains("nvidia-smi");
    if !(plain && time && (0..bytes.len()).any(year)) {
        return None;
    }
    match own_parts(line) {
        Some(parts) => own_length(line, &parts),
        None => Some(line.len()),
    }
}

/// The last words of a line, five at most, where the line ends as nvidia-smi's date does: in a time and a year.
fn own_parts(line: &str) -> Option<Vec<Range<usize>>> {
    const PARTS: usize = 5;
    let mut words: Vec<_> = token::plain_words(line, 0).collect();
    let words = words.split_off(words.len().saturating_sub(PARTS));
    let [.., time, year] = words.as_slice() else {
        return None;
    };
    let (time, year) = (&line[time.clone()], &line[year.clone()]);
    let own = year.len() == 4
        && is_number(year)
        && time.len() == 8
        && time.split(':').count() == 3
        && time.split(':').all(is_number);
    own.then_some(words)
}

/// The length of such a date, whatever blanks are in it; nothing where its beginning is cut off.
fn own_length(line: &str, parts: &[Range<usize>]) -> Option<usize> {
    let [weekday, month, day, _, _] = parts else {
        return None;
    };
    let is_name = |at: &Range<usize>| {
        let shown = &line[at.clone()];
        shown.len() == 3
            && shown.starts_with(|c: char| c.is_ascii_uppercase())
            && shown[1..].bytes().all(|b| b.is_ascii_lowercase())
    };
    (is_name(weekday) && is_name(month) && is_number(&line[day.clone()]))
        .then(|| line.len() - weekday.start)
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}
