//! `lessons hint`: one hint at a time, each stronger than the one before; the level is remembered.
//!
//! What the check finds decides which hints: "the headers are missing" helps more than "look at the module".

use std::fmt::Write as _;

use anyhow::Result;

use lessons_engine::facts::Facts;
use lessons_engine::finding::Arg;
use lessons_engine::report::Report;

use crate::cli::LiveArgs;
use crate::style::{self, paint};
use crate::{Done, WrongUsage, clock, machines};

pub(super) fn run(
    id: &str,
    level: Option<usize>,
    all: bool,
    machine: Option<&str>,
    live: &LiveArgs,
) -> Result<Done> {
    let step = super::step(id)?;
    let texts = super::texts();
    let report = if let Some(name) = machine {
        let machine = machines::open(name)?;
        Report::of(&Facts::new(&machine), [step])
    } else {
        let machine = super::live(live);
        Report::of(&Facts::new(&machine), [step])
    };
    let hints = report.steps.first().map_or_else(
        || texts.hints(step),
        |checked| texts.hints_for(step, &checked.finding),
    );
    let count = hints.len();
    let show = |level: usize, hint: &str| {
        format!(
            "{} {hint}\n",
            paint(style::QUIET, format!("{level}/{count}"))
        )
    };
    if all {
        let mut out = String::new();
        for (index, hint) in hints.iter().enumerate() {
            out.push_str(&show(index + 1, hint));
        }
        return Ok(Done::good(out));
    }
    if let Some(level) = level {
        let Some(hint) = level.checked_sub(1).and_then(|index| hints.get(index)) else {
            let args = [
                ("step", Arg::Text(id.to_string())),
                ("count", Arg::Text(count.to_string())),
                ("level", Arg::Text(level.to_string())),
            ];
            return Err(WrongUsage(texts.shared("usage-no-such-hint", &args)).into());
        };
        return Ok(Done::good(show(level, hint)));
    }
    let store = super::store();
    let seen = store.read().progress.step(id).map_or(0, |step| step.hints);
    let level = usize::try_from(seen)
        .unwrap_or(count)
        .saturating_add(1)
        .min(count);
    if let Err(error) = clock::now().and_then(|now| {
        let reached = u32::try_from(level).unwrap_or(u32::MAX);
        Ok(store.update(now, |progress| progress.saw_hint(id, reached))?)
    }) {
        super::notice(&format!("which hint you saw was not saved: {error:#}"));
    }
    let mut out = show(level, hints.get(level - 1).map_or("", String::as_str));
    if level < count {
        let _ = writeln!(
            out,
            "{}",
            paint(style::QUIET, format!("again, for more: lessons hint {id}"))
        );
    }
    Ok(Done::good(out))
}
