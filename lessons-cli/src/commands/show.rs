//! `lessons show`: why a step matters, how to do it, how to undo it, and what its check says.

use std::fmt::Write as _;

use anyhow::Result;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Arg;
use lessons_engine::report::Report;

use crate::cli::LiveArgs;
use crate::style::{self, paint};
use crate::wrap::{self, wrapped};
use crate::{Done, formats, machines};

pub(super) fn run(id: &str, machine: Option<&str>, live: &LiveArgs) -> Result<Done> {
    let step = super::step(id)?;
    let texts = super::texts();
    let report = if let Some(name) = machine {
        let machine = machines::open(name)?;
        Report::of(&Facts::new(&machine), [step])
    } else {
        let machine = super::live(live);
        Report::of(&Facts::new(&machine), [step])
    };
    let mut out = String::new();
    let kind = texts.shared(
        if step.required {
            "step-required"
        } else {
            "step-recommended"
        },
        &[],
    );
    let _ = writeln!(
        out,
        "{} {}\n",
        paint(style::HEADING, texts.title(step)),
        paint(style::QUIET, format!("({}, {kind})", step.id)),
    );
    let _ = writeln!(out, "{}", wrapped("", "", &texts.why(step), Some(80)));
    if !step.needs.is_empty() {
        let needs = texts.shared("show-needs", &[("needs", Arg::Text(step.needs.join(", ")))]);
        let _ = writeln!(out, "\n{needs}");
    }
    let _ = writeln!(out);
    for checked in &report.steps {
        formats::step_as_text(&mut out, &checked.document(&texts), &texts, wrap::screen());
    }
    if let Some(undo) = texts.undo(step) {
        let _ = writeln!(
            out,
            "\n{}",
            paint(style::HEADING, texts.shared("show-undo", &[]))
        );
        let _ = writeln!(out, "{}", wrapped("", "", &undo, Some(80)));
    }
    let page = texts.shared(
        "guide-page",
        &[
            ("page", Arg::Text(step.book())),
            ("step", Arg::Text(step.id.to_owned())),
        ],
    );
    let _ = writeln!(out, "\n{page}");
    Ok(Done::good(out))
}
