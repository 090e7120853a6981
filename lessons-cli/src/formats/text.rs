//! For people: steps under their lessons, and for what is not as it should be why, on what that rests, and what to type.

use std::fmt::Write as _;

use lessons_engine::finding::{Arg, Outcome};
use lessons_engine::report::{Document, StepDocument};
use lessons_engine::steps::Lesson;
use lessons_engine::texts::Texts;

use crate::style::{self, paint};

pub(super) fn show(document: &Document, texts: &Texts) -> String {
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
            step(&mut out, document, texts);
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

/// One step: its line, and below it what a reader needs who does not see a pass.
pub fn step(out: &mut String, step: &StepDocument, texts: &Texts) {
    let style = style::of(step.outcome);
    let _ = writeln!(
        out,
        "  {} {}  {}{}",
        paint(style, style::word(step.outcome)),
        paint(style::HEADING, format!("{:<28}", step.id)),
        step.summary,
        if step.outcome == Outcome::Fail && !step.required {
            format!(
                " {}",
                paint(style::QUIET, texts.shared("check-recommended", &[]))
            )
        } else {
            String::new()
        }
    );
    if !matches!(step.outcome, Outcome::Fail | Outcome::Unknown) {
        return;
    }
    for evidence in &step.evidence {
        let _ = writeln!(
            out,
            "              {}",
            paint(
                style::QUIET,
                format!("{}: {}", evidence.source, evidence.detail)
            )
        );
    }
    for fix in &step.fix {
        if fix.run.is_empty() {
            let _ = writeln!(out, "            → {}", fix.note);
        } else {
            let _ = writeln!(out, "            → {}", paint(style::TYPE, &fix.run));
            if !fix.note.is_empty() {
                let _ = writeln!(out, "              {}", fix.note);
            }
        }
    }
}
