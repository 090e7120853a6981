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
use crate::wrap::wrapped;

/// How many lines of the paste are shown again.
const LINES: usize = 100;

/// How many rows the table of an index has.
const ROWS: usize = 20;

/// `width` is that of the lines, on a terminal.
pub(super) fn show(
    said: &[Said],
    given: &str,
    asked: &Asked,
    width: Option<usize>,
    texts: &Texts,
) -> String {
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
        noteworthy(&mut out, &explained, width, texts);
        match said {
            Said::Index(index) => table(&mut out, index, texts),
            Said::Topo(topo) => {
                heading(&mut out, "read-drawn", texts);
                let labels = draw::topology::Labels::of(texts);
                for line in visible_lines(&draw::topology::outline(topo, &labels)).lines() {
                    let line = wrapped("  ", OUTLINE_MARGIN, line, width);
                    let _ = writeln!(out, "{}", line.trim_end());
                }
                fields(&mut out, &explained, width, texts);
            }
            _ => fields(&mut out, &explained, width, texts),
        }
    }
    out
}

/// Where what a way between devices joins and means stands in an outline.
const OUTLINE_MARGIN: &str = "        ";

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

fn noteworthy(out: &mut String, explained: &Explained, width: Option<usize>, texts: &Texts) {
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
        let mark = format!("  {} ", paint(style, mark));
        let text = texts.sentence(&note.text);
        let _ = writeln!(out, "{}", wrapped(&mark, "    ", &text, width));
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

fn fields(out: &mut String, explained: &Explained, width: Option<usize>, texts: &Texts) {
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
        values(out, field, width);
        for meaning in field.meaning() {
            let meaning = texts.sentence(meaning);
            // A field that comes again, as of a second device, is not explained again.
            if said.insert((field.label.as_str(), meaning.clone())) {
                let _ = writeln!(out, "{}", wrapped("      ", "      ", &meaning, width));
            }
        }
    }
}

/// Values longer than this stand on lines of their own.
const SHORT: usize = 24;

/// Of more values than this the first stand for all: sixteen GPUs make 120 pairs, which the drawing above them has.
const IN_A_ROW: usize = 32;

/// The field's name and its values; what has the same value stands together.
fn values(out: &mut String, field: &Field, width: Option<usize>) {
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
        let shown = groups.iter().map(|(shown, _)| visible(shown));
        let mut shown: Vec<String> = shown.take(IN_A_ROW + 1).collect();
        if shown.len() > IN_A_ROW {
            "…".clone_into(&mut shown[IN_A_ROW]);
        }
        let label = format!("  {label}  ");
        let _ = writeln!(out, "{}", wrapped(&label, "    ", &shown.join(", "), width));
        return;
    }
    let _ = writeln!(out, "  {label}");
    for (shown, members) in groups {
        if unnamed {
            let _ = writeln!(out, "{}", wrapped("    ", "      ", &visible(shown), width));
            continue;
        }
        let of = format!("{}: {}", visible(&together(&members)), visible(shown));
        let _ = writeln!(out, "{}", wrapped("    ", "      ", &of, width));
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

#[cfg(test)]
mod tests {
    use lessons_engine::read::said;

    use super::*;

    #[test]
    fn on_a_terminal_what_is_explained_fits() {
        let header = |gpu: usize| format!("\tGPU{gpu}");
        let row = |gpu: usize| {
            let cells = |to: usize| if to == gpu { "\t X " } else { "\tNV6" };
            let cells: String = (0..16).map(cells).collect();
            format!("GPU{gpu}{cells}\t0-23,48-71\t0\n")
        };
        let topo = (0..16).map(header).collect::<String>()
            + "\tCPU Affinity\tNUMA Affinity\n"
            + &(0..16).map(row).collect::<String>();
        let drivers = "== /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0 ==\nmodalias : \
            pci:v000010DEd00002B85sv000010DEsd000016F3bc03sc00i00\nvendor   : NVIDIA Corporation\nmodel    : \
            GB202 [GeForce RTX 5090]\ndriver   : nvidia-driver-570 - distro non-free recommended\n";
        for given in [topo.as_str(), drivers] {
            let said = said::read(given, None).unwrap();
            let texts = Texts::english();
            let shown = |width| show(&said, given, &Asked::default(), width, &texts);
            let longest = |shown: &str| {
                let explained = shown.split_once("Worth knowing").unwrap().1;
                explained
                    .lines()
                    // A command is not torn: it is there to be copied.
                    .filter(|line| !line.contains('→'))
                    .map(textwrap::core::display_width)
                    .max()
                    .unwrap()
            };
            assert!(longest(&shown(Some(80))) <= 80, "{}", shown(Some(80)));
            assert!(longest(&shown(None)) > 80);
        }
    }
}
