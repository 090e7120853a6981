//! `lessons` alone: where you are, and the one thing that is next.

use std::fmt::Write as _;

use lessons_engine::facts::Facts;
use lessons_engine::finding::{Arg, Outcome};
use lessons_engine::report::{Checked, Report};
use lessons_engine::steps::Lesson;
use lessons_engine::texts::Texts;

use crate::cli::LiveArgs;
use crate::progress::{Progress, Standing, Tally};
use crate::style::{self, paint};
use crate::wrap::{self, wrapped};
use crate::{Done, clock};

pub(super) fn run(live: &LiveArgs) -> Done {
    let texts = super::texts();
    let machine = super::live(live);
    let report = Report::of_all(&Facts::new(&machine));
    let notice = super::remember(&report);
    let mut progress = super::store().read().progress;
    if let Ok(now) = clock::now() {
        // Also where it could not be saved, what was just seen counts.
        progress.record(super::outcomes(&report), now);
    }
    let mut out = String::new();
    for lesson in Lesson::ALL {
        section(&mut out, lesson, &report, &progress, &texts);
    }
    out.push('\n');
    next(&mut out, &report, &progress, &texts);
    if let Some(notice) = notice {
        super::notice(&notice);
    }
    Done::good(out)
}

/// A lesson with its steps, a line each.
fn section(out: &mut String, lesson: Lesson, report: &Report, progress: &Progress, texts: &Texts) {
    let steps: Vec<&Checked> = report
        .steps
        .iter()
        .filter(|checked| checked.step.lesson == lesson)
        .collect();
    let Tally { done, total } = progress.tally(steps.iter().map(|checked| checked.step.id));
    let _ = writeln!(
        out,
        "{}  {}",
        paint(style::HEADING, texts.lesson(lesson)),
        paint(style::QUIET, format!("{done}/{total}")),
    );
    for checked in steps {
        let outcome = checked.finding.outcome;
        let note = match progress.standing(checked.step.id) {
            Standing::Regressed { since, .. } => texts.shared(
                "guide-regressed",
                &[("since", Arg::Text(since.to_string()))],
            ),
            Standing::MarkedDone { .. } if outcome != Outcome::Pass => {
                texts.shared("guide-marked-done", &[])
            }
            Standing::Skipped { .. } if outcome != Outcome::Pass => {
                texts.shared("guide-skipped", &[])
            }
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "  {} {}{}{}",
            paint(style::of(outcome), style::word(outcome)),
            texts.title(checked.step),
            if note.is_empty() { "" } else { "  " },
            paint(style::QUIET, note),
        );
    }
}

/// The one thing to do now: what, why, what to type, where to read.
fn next(out: &mut String, report: &Report, progress: &Progress, texts: &Texts) {
    let open = |checked: &&Checked| {
        !matches!(
            progress.standing(checked.step.id),
            Standing::Skipped { .. } | Standing::MarkedDone { .. }
        )
    };
    let Some(checked) = report.in_order_of_work().find(open) else {
        let _ = writeln!(
            out,
            "{}",
            paint(style::GOOD, texts.shared("guide-all-done", &[]))
        );
        return;
    };
    let step = checked.document(texts);
    let heading = texts.shared("guide-next", &[("title", Arg::Text(step.title.clone()))]);
    let _ = writeln!(
        out,
        "{} {}",
        paint(style::HEADING, heading),
        paint(style::QUIET, format!("({})", step.id))
    );
    let width = wrap::screen();
    let summary = wrapped("  ", "  ", &step.summary, width);
    let _ = writeln!(out, "{}", paint(style::of(step.outcome), summary));
    let why = texts.why(checked.step);
    let _ = writeln!(out, "{}", wrapped("  ", "  ", &why, Some(80)));
    for fix in &step.fix {
        if fix.run.is_empty() {
            let _ = writeln!(out, "{}", wrapped("  → ", "    ", &fix.note, width));
        } else {
            let _ = writeln!(out, "  → {}", paint(style::TYPE, &fix.run));
            if !fix.note.is_empty() {
                let note = wrapped("    ", "    ", &fix.note, width);
                let _ = writeln!(out, "{}", paint(style::QUIET, note));
            }
        }
    }
    let page = texts.shared(
        "guide-page",
        &[
            ("page", Arg::Text(step.book.clone())),
            ("step", Arg::Text(step.id.to_owned())),
        ],
    );
    let _ = writeln!(out, "  {page}");
}
