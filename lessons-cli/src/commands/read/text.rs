//! For people: the paste once more, what is noteworthy in it, then each field with what it means.

use std::collections::HashSet;
use std::fmt::Write as _;

use lessons_engine::draw;
use lessons_engine::explain::{Asked, Explained, Field, Note, Severity, explain, together};
use lessons_engine::finding::Arg;
use lessons_engine::read::index::{Index, Release};
use lessons_engine::read::recognise::Kind;
use lessons_engine::read::said::Said;
use lessons_engine::read::text::Pasted;
use lessons_engine::texts::Texts;
use lessons_engine::visible::{visible, visible_lines};

use crate::style::{self, paint};

/// How many lines of the paste are shown again.
const LINES: usize = 100;

/// How many rows the table of an index has.
const ROWS: usize = 20;

pub(super) fn show(said: &[Said], given: &str, asked: &Asked, texts: &Texts) -> String {
    let mut out = String::new();
    if said.iter().any(|said| is_shown_again(said.kind())) {
        paste(&mut out, given, texts);
    }
    for (place, said) in said.iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        let explained = explain(said, asked);
        let _ = writeln!(
            out,
            "{}",
            paint(style::HEADING, texts.sentence(&explained.what))
        );
        noteworthy(&mut out, &explained, texts);
        match said {
            Said::Index(index) => table(&mut out, index, texts),
            Said::Topo(topo) => {
                heading(&mut out, "read-drawn", texts);
                let labels = draw::topology::Labels::of(texts);
                for line in visible_lines(&draw::topology::outline(topo, &labels)).lines() {
                    let _ = writeln!(out, "{}", format!("  {line}").trim_end());
                }
                fields(&mut out, &explained, texts);
            }
            _ => fields(&mut out, &explained, texts),
        }
    }
    out
}

/// An index is a page, and a report of itself has a line a field: these are shown by their fields alone.
fn is_shown_again(kind: Kind) -> bool {
    matches!(kind, Kind::Smi | Kind::Topo | Kind::Drivers | Kind::Nvcc)
}

fn paste(out: &mut String, given: &str, texts: &Texts) {
    let pasted = Pasted::new(given);
    let mut lines = pasted
        .text()
        .lines()
        .skip_while(|line| line.trim().is_empty());
    for line in lines.by_ref().take(LINES) {
        let _ = writeln!(out, "{}", visible_lines(line).trim_end());
    }
    more(out, lines.count(), texts);
    out.push('\n');
}

fn heading(out: &mut String, id: &str, texts: &Texts) {
    let _ = writeln!(out, "\n{}", paint(style::HEADING, texts.shared(id, &[])));
}

fn more(out: &mut String, count: usize, texts: &Texts) {
    if count > 0 {
        let count = [("count", Arg::Count(count as u64))];
        let _ = writeln!(
            out,
            "  {}",
            paint(style::QUIET, texts.shared("read-more-rows", &count))
        );
    }
}

fn noteworthy(out: &mut String, explained: &Explained, texts: &Texts) {
    if explained.noteworthy.is_empty() {
        return;
    }
    heading(out, "read-worth-knowing", texts);
    for note in &explained.noteworthy {
        let (style, mark) = match note.severity {
            Severity::Broken => (style::BAD, "✗"),
            Severity::Warning => (style::OPEN, "!"),
            Severity::Remark => (style::QUIET, "·"),
        };
        let _ = writeln!(
            out,
            "  {} {}",
            paint(style, mark),
            texts.sentence(&note.text)
        );
        next(out, note, texts);
    }
}

/// What to type next.
fn next(out: &mut String, note: &Note, texts: &Texts) {
    if let Some(command) = &note.run {
        let _ = writeln!(out, "    → {}", paint(style::TYPE, command));
    }
    // Remarks explain themselves.
    if let Some(step) = note.step
        && note.severity != Severity::Remark
    {
        let step = [("step", Arg::Text(step.to_owned()))];
        let _ = writeln!(
            out,
            "    → {}",
            paint(style::TYPE, texts.shared("read-step-see", &step))
        );
    }
}

fn fields(out: &mut String, explained: &Explained, texts: &Texts) {
    if explained.fields.is_empty() {
        return;
    }
    heading(out, "read-fields", texts);
    let mut said = HashSet::new();
    let listed = explained
        .fields
        .iter()
        .filter(|field| !field.values.is_empty());
    for field in listed {
        values(out, field);
        for meaning in field.meaning() {
            let meaning = texts.sentence(meaning);
            // A field that comes again, as of a second device, is not explained again.
            if said.insert((field.label.as_str(), meaning.clone())) {
                let _ = writeln!(out, "      {meaning}");
            }
        }
    }
}

/// Values longer than this stand on lines of their own.
const SHORT: usize = 24;

/// The field's name and its values; what has the same value stands together.
fn values(out: &mut String, field: &Field) {
    let label = paint(style::HEADING, visible(&field.label));
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for value in &field.values {
        let of = value.of.as_deref().unwrap_or_default();
        match groups.iter_mut().find(|(shown, _)| *shown == value.shown) {
            Some((_, members)) => members.push(of),
            None => groups.push((&value.shown, vec![of])),
        }
    }
    let unnamed = field.values.iter().all(|value| value.of.is_none());
    let short = groups
        .iter()
        .all(|(shown, _)| shown.chars().count() <= SHORT);
    if groups.len() == 1 || (unnamed && short) {
        let shown: Vec<String> = groups.iter().map(|(shown, _)| visible(shown)).collect();
        let _ = writeln!(out, "  {label}  {}", shown.join(", "));
        return;
    }
    let _ = writeln!(out, "  {label}");
    for (shown, members) in groups {
        if unnamed {
            let _ = writeln!(out, "    {}", visible(shown));
            continue;
        }
        let _ = writeln!(
            out,
            "    {}: {}",
            visible(&together(&members)),
            visible(shown)
        );
    }
}

/// Versions × Pythons × platforms, the newest first. Several projects share the rows.
fn table(out: &mut String, index: &Index, texts: &Texts) {
    let projects: Vec<&[Release]> = index
        .releases
        .chunk_by(|one, other| one.project == other.project)
        .collect();
    let most = (ROWS / projects.len().max(1)).max(3);
    let mut shown: Vec<([String; 3], usize)> = Vec::new();
    for releases in &projects {
        let rows: Vec<[String; 3]> = releases
            .iter()
            .flat_map(|release| rows_of(release, projects.len() > 1))
            .collect();
        let left_out = rows.len().saturating_sub(most);
        shown.extend(rows.into_iter().take(most).map(|row| (row, 0)));
        if let Some((_, after)) = shown.last_mut() {
            *after = left_out;
        }
    }
    if shown.is_empty() {
        return;
    }
    let heads = [
        "read-table-version",
        "read-table-python",
        "read-table-platform",
    ]
    .map(|id| texts.shared(id, &[]));
    let width = |column: usize| {
        let cells = shown.iter().map(|(row, _)| row).chain([&heads]);
        cells
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (version, python) = (width(0), width(1));
    let line = |row: &[String; 3]| format!("  {:version$}  {:python$}  {}", row[0], row[1], row[2]);
    let _ = writeln!(out, "\n{}", paint(style::HEADING, line(&heads)));
    for (row, left_out) in &shown {
        let _ = writeln!(out, "{}", line(row).trim_end());
        more(out, *left_out, texts);
    }
}

/// The Pythons that share their platforms stand in one row.
fn rows_of(release: &Release, several: bool) -> Vec<[String; 3]> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for build in &release.builds {
        let platforms = build.platforms.join(", ");
        let python = if build.abi == build.python || build.abi == "none" {
            build.python.clone()
        } else {
            build.abi.clone()
        };
        match groups.iter_mut().find(|(known, _)| *known == platforms) {
            Some((_, pythons)) => pythons.push(python),
            None => groups.push((platforms, vec![python])),
        }
    }
    let name = if several {
        format!("{} {}", release.project, release.version)
    } else {
        release.version.clone()
    };
    groups
        .into_iter()
        .enumerate()
        .map(|(place, (platforms, pythons))| {
            let name = if place == 0 { name.as_str() } else { "" };
            [
                visible(name),
                visible(&pythons.join(" ")),
                visible(&platforms),
            ]
        })
        .collect()
}
