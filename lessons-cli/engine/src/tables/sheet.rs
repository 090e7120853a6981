//! A table as rows of cells, drawn by the book and the terminal alike.

use std::fmt::Display;

use super::{Provenance, TableInfo};

/// A table ready to be drawn. Its last three columns are each row's source, date and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What it shows.
    pub title: String,
    /// The day its table was made, `2026-11-23`.
    pub as_of: String,
    /// The heads of the columns.
    pub columns: Vec<&'static str>,
    /// The rows, each as long as [`columns`](Self::columns).
    pub rows: Vec<Vec<Cell>>,
    /// How to read it, then the numbered sources: `[1] …`.
    pub notes: Vec<String>,
}

/// A cell of a [`Sheet`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Something to type, or printed by a program.
    Code(String),
    /// Nothing: the source does not say, or it does not apply.
    Empty,
}

impl Cell {
    pub(super) fn text(text: impl Display) -> Self {
        Self::Text(format!("{text}"))
    }

    pub(super) fn code(text: impl Display) -> Self {
        Self::Code(format!("{text}"))
    }

    pub(super) fn maybe(text: Option<impl Display>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    pub(super) fn list(items: impl IntoIterator<Item = impl Display>) -> Self {
        let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
        if items.is_empty() {
            Self::Empty
        } else {
            Self::Text(items.join(", "))
        }
    }
}

/// Collects rows and numbers their sources.
pub(super) struct Rows {
    sheet: Sheet,
    sources: Vec<String>,
}

impl Rows {
    pub(super) fn new(title: &str, info: TableInfo, columns: &[&'static str]) -> Self {
        let mut columns = columns.to_vec();
        columns.extend(["Source", "As of", "Status"]);
        let sheet = Sheet {
            title: title.to_owned(),
            as_of: info.as_of.to_owned(),
            columns,
            rows: Vec::new(),
            notes: Vec::new(),
        };
        Self {
            sheet,
            sources: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.sheet.notes.push(note.into());
    }

    pub(super) fn row(&mut self, mut cells: Vec<Cell>, from: &Provenance) {
        let known = self
            .sources
            .iter()
            .position(|source| *source == from.source);
        let number = known.unwrap_or_else(|| {
            self.sources.push(from.source.clone());
            self.sources.len() - 1
        });
        let status = match &from.status_note {
            Some(note) => format!("{}: {note}", from.status),
            None => from.status.to_string(),
        };
        cells.extend([
            Cell::text(format!("[{}]", number + 1)),
            Cell::text(&from.as_of),
            Cell::Text(status),
        ]);
        self.sheet.rows.push(cells);
    }

    pub(super) fn finish(mut self) -> Sheet {
        let sources = self.sources.iter().enumerate();
        self.sheet
            .notes
            .extend(sources.map(|(index, source)| format!("[{}] {source}", index + 1)));
        self.sheet
    }
}

/// Draws a sheet as a Markdown table, with its notes below as paragraphs.
pub fn render_markdown(sheet: &Sheet) -> String {
    let mut out = String::new();
    let heads: Vec<_> = sheet.columns.iter().map(|head| plain(head)).collect();
    push_row(&mut out, &heads);
    push_row(&mut out, &vec!["---".to_owned(); heads.len()]);
    for row in &sheet.rows {
        let cells: Vec<_> = row.iter().map(markdown).collect();
        push_row(&mut out, &cells);
    }
    for note in &sheet.notes {
        out.push('\n');
        out.push_str(&plain(note));
        out.push('\n');
    }
    out
}

fn push_row(out: &mut String, cells: &[String]) {
    out.push_str("| ");
    out.push_str(&cells.join(" | "));
    out.push_str(" |\n");
}

fn markdown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => plain(text),
        Cell::Code(text) => code(text),
        Cell::Empty => "—".to_owned(),
    }
}

/// Escapes everything that Markdown, HTML or mdBook's `{{…}}` would read as more than text.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '{' | '}' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A code span that holds any text: its fence is longer than the longest run of backticks inside.
fn code(text: &str) -> String {
    let text = text
        .replace(['\n', '\r', '\t'], " ")
        .replace('|', "\\|")
        .replace("{{", "{ {");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_shows_cells_as_they_are() {
        let sheet = Sheet {
            title: "T".to_owned(),
            as_of: "2026-11-23".to_owned(),
            columns: vec!["A", "B|C"],
            rows: vec![
                vec![Cell::text("x|y <b> cuda_12_linux"), Cell::code("a | b")],
                vec![Cell::Empty, Cell::code("`tick`")],
            ],
            notes: vec!["[1] {{#include x}}".to_owned()],
        };
        assert_eq!(
            render_markdown(&sheet),
            "| A | B\\|C |\n| --- | --- |\n| x\\|y &lt;b&gt; cuda\\_12\\_linux | `a \\| b` |\n| — | `` `tick` `` |\n\n\\[1\\] \\{\\{\\#include x\\}\\}\n"
        );
    }
}
