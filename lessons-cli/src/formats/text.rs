//! For people: steps under their lessons, and for what is not as it should be why, on what that rests, and what to type.

use std::fmt::Write as _;

use lessons_engine::finding::{Arg, Outcome};
use lessons_engine::report::{Document, StepDocument};
use lessons_engine::steps::Lesson;
use lessons_engine::texts::Texts;

use crate::style::{self, paint};
use crate::wrap::wrapped;

pub(super) fn show(document: &Document, texts: &Texts, width: Option<usize>) -> String {
    let mut out = String::new();
    for lesson in Lesson::ALL {
        let steps: Vec<&StepDocument> = document
            .steps
            .iter()
            .filter(|step| step.lesson == lesson.id())
            .collect();
        if steps.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}", paint(style::HEADING, texts.lesson(lesson)));
        for document in steps {
            step(&mut out, document, texts, width);
        }
        out.push('\n');
    }
    let totals = document.totals;
    let count = |count: usize| Arg::Count(count as u64);
    let _ = writeln!(
        out,
        "{}",
        texts.shared(
            "check-totals",
            &[
                ("machine", Arg::Text(document.machine.name.clone())),
                ("pass", count(totals.pass)),
                ("fail", count(totals.fail)),
                ("blocked", count(totals.blocked)),
                ("na", count(totals.not_applicable)),
                ("unknown", count(totals.unknown)),
            ],
        )
    );
    out
}

/// What stands left of a step's summary is this wide.
const COLUMN: &str = "                                          ";

/// What belongs to a step stands so far in.
const BELOW: &str = "              ";

/// One step: its line, and below it what a reader needs who does not see a pass. Sentences go on in a new line after
/// `width` characters; what is to be typed never does.
pub fn step(out: &mut String, step: &StepDocument, texts: &Texts, width: Option<usize>) {
    let begin = format!(
        "  {} {}  ",
        paint(style::of(step.outcome), style::word(step.outcome)),
        paint(style::HEADING, format!("{:<28}", step.id))
    );
    let mut summary = step.summary.clone();
    if step.outcome == Outcome::Fail && !step.required {
        let recommended = texts.shared("check-recommended", &[]);
        summary.push_str(&format!(" {}", paint(style::QUIET, recommended)));
    }
    let rest = if width.is_some_and(|width| width >= 2 * COLUMN.len()) {
        COLUMN
    } else {
        BELOW
    };
    let _ = writeln!(out, "{}", wrapped(&begin, rest, &summary, width));
    if !matches!(step.outcome, Outcome::Fail | Outcome::Unknown) {
        return;
    }
    for evidence in &step.evidence {
        let shown = format!("{}: {}", evidence.source, evidence.detail);
        let lines = wrapped(BELOW, BELOW, &shown, width);
        let _ = writeln!(out, "{}", paint(style::QUIET, lines));
    }
    for fix in &step.fix {
        if fix.run.is_empty() {
            let lines = wrapped("            → ", BELOW, &fix.note, width);
            let _ = writeln!(out, "{lines}");
        } else {
            let _ = writeln!(out, "            → {}", paint(style::TYPE, &fix.run));
            if !fix.note.is_empty() {
                let _ = writeln!(out, "{}", wrapped(BELOW, BELOW, &fix.note, width));
            }
        }
    }
}
