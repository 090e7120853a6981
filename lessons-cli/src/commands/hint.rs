//! `lessons hint`: one hint at a time, each stronger than the one before; the level is remembered.

use std::fmt::Write as _;

use anyhow::Result;

use crate::style::{self, paint};
use crate::{Done, WrongUsage, clock};

pub(super) fn run(id: &str, level: Option<usize>, all: bool) -> Result<Done> {
    let step = super::step(id)?;
    let hints = super::texts().hints(step);
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
        return match level.checked_sub(1).and_then(|index| hints.get(index)) {
            Some(hint) => Ok(Done::good(show(level, hint))),
            None => {
                Err(WrongUsage(format!("{id} has hints 1 to {count}, and no hint {level}")).into())
            }
        };
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
