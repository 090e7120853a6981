//! `lessons torch verify`: after the install, whether torch stands here, with all that it rests on.

use std::fmt::Write as _;
use std::io::IsTerminal;

use anyhow::Result;
use lessons_engine::facts::Facts;
use lessons_engine::finding::{Arg, Outcome};
use lessons_engine::report::Report;
use lessons_engine::steps::{self, Lesson, Step};
use lessons_engine::texts::Texts;

use crate::cli::{Format, LiveArgs, VerifyArgs};
use crate::live::LiveOptions;
use crate::{Done, formats, machines, style, wrap};

/// The step that only a running torch can decide.
const COMPUTES: &str = "torch.sees-gpu";

pub(super) fn run(args: &VerifyArgs, live: &LiveArgs) -> Result<Done> {
    let texts = super::super::texts();
    let steps = lesson_with_needs();
    let report = if let Some(name) = &args.machine {
        let machine = machines::open(name)?;
        Report::of(&Facts::new(&machine), steps)
    } else {
        if live.deep && std::io::stderr().is_terminal() {
            let seconds = LiveOptions::torch_limit(live.time_limit).as_secs();
            super::super::notice(
                &texts.shared("verify-waiting", &[("seconds", Arg::Count(seconds))]),
            );
        }
        let machine = super::super::live(live);
        let report = Report::of(&Facts::new(&machine), steps);
        if let Some(text) = super::super::remember(&report) {
            super::super::notice(&text);
        }
        report
    };
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    let mut text = formats::show(format, &report, &texts, wrap::screen())?;
    if !args.json {
        text.push_str(&said(&report, &texts));
    }
    Ok(Done {
        text,
        exit: super::super::check::exit(report.verdict(args.strict)),
    })
}

/// The lesson's steps, and before them what they need, each once and in the order of the book.
fn lesson_with_needs() -> Vec<&'static Step> {
    let mut wanted: Vec<&'static Step> = Lesson::Torch.steps().iter().collect();
    let mut next = 0;
    while let Some(step) = wanted.get(next).copied() {
        next += 1;
        for needed in step.needed() {
            if !wanted.iter().any(|known| known.id == needed.id) {
                wanted.push(needed);
            }
        }
    }
    steps::all()
        .filter(|step| wanted.iter().any(|wanted| wanted.id == step.id))
        .collect()
}

/// What torch did on the GPUs, or that it was not asked.
fn said(report: &Report, texts: &Texts) -> String {
    let mut out = String::new();
    let Some(checked) = report
        .steps
        .iter()
        .find(|checked| checked.step.id == COMPUTES)
    else {
        return out;
    };
    match checked.finding.outcome {
        Outcome::Pass => {
            let _ = writeln!(
                out,
                "\n{}",
                style::paint(style::HEADING, texts.shared("verify-said", &[]))
            );
            // The first says which torch it is.
            for evidence in checked.finding.evidence.iter().skip(1) {
                let _ = writeln!(out, "  {}", evidence.detail);
            }
        }
        Outcome::Unknown
            if report
                .steps
                .iter()
                .all(|checked| checked.finding.outcome != Outcome::Fail) =>
        {
            let _ = writeln!(out, "\n{}", texts.shared("verify-deep", &[]));
            let _ = writeln!(
                out,
                "    {}",
                style::paint(style::TYPE, "lessons torch verify --deep")
            );
        }
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_torch_rests_on_is_checked_as_well() {
        let ids: Vec<&str> = lesson_with_needs().iter().map(|step| step.id).collect();
        for step in Lesson::Torch.steps() {
            assert!(ids.contains(&step.id), "{}", step.id);
        }
        assert!(ids.contains(&"driver.module-loaded"), "{ids:?}");
        let at = |id: &str| ids.iter().position(|known| *known == id);
        assert!(at("driver.module-loaded") < at("torch.sees-gpu"));
        let mut once = ids.clone();
        once.dedup();
        assert_eq!(once, ids);
    }
}
