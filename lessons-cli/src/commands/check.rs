//! `lessons check`: checks steps, live or on a recording.

use anyhow::Result;
use lessons_engine::facts::Facts;
use lessons_engine::report::{Report, Verdict};

use crate::cli::{CheckArgs, Format, LiveArgs};
use crate::{Done, Exit, formats, machines, wrap};

pub(super) fn run(args: &CheckArgs, live: &LiveArgs) -> Result<Done> {
    let steps = super::selection(&args.what)?;
    let report = if let Some(name) = &args.machine {
        let machine = machines::open(name)?;
        Report::of(&Facts::new(&machine), steps)
    } else {
        let machine = super::live(live);
        let report = Report::of(&Facts::new(&machine), steps);
        if let Some(text) = super::remember(&report) {
            super::notice(&text);
        }
        report
    };
    let format = if args.json { Format::Json } else { args.format };
    Ok(Done {
        text: formats::show(format, &report, &super::texts(), wrap::screen())?,
        exit: exit(report.verdict(args.strict)),
    })
}

/// The exit status of a verdict.
pub(super) fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Good => Exit::Good,
        Verdict::Failed => Exit::Failed,
        Verdict::Open => Exit::Open,
    }
}
