//! `lessons done`, `lessons skip` and `lessons reset`: what a reader says of a step by hand.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Result, bail};

use crate::progress::{MarkKind, StoreError};
use crate::{Done, clock};

pub(super) fn done(id: &str) -> Result<Done> {
    mark(
        id,
        MarkKind::Done,
        "marked as done by hand; its check still says what it sees",
    )
}

pub(super) fn skip(id: &str) -> Result<Done> {
    mark(
        id,
        MarkKind::Skipped,
        "skipped; that is not the same as done (lessons reset brings it back)",
    )
}

fn mark(id: &str, kind: MarkKind, said: &str) -> Result<Done> {
    let step = super::step(id)?;
    let now = clock::now()?;
    let updated = super::store()
        .update(now, |progress| progress.mark(step.id, kind, now))
        .map_err(advised)?;
    if let Some(notice) = updated.notice {
        super::notice(&notice.to_string());
    }
    Ok(Done::good(format!("{} {said}\n", step.id)))
}

pub(super) fn reset(id: Option<&str>, all: bool, yes: bool) -> Result<Done> {
    let now = clock::now()?;
    let store = super::store();
    if all {
        if !yes {
            confirm()?;
        }
        return Ok(Done::good(match store.reset_all(now).map_err(advised)? {
            Some(backup) => format!(
                "all progress is forgotten; a backup is in {}\n",
                backup.display()
            ),
            None => "there was no progress to forget\n".to_owned(),
        }));
    }
    let step = super::step(id.unwrap_or_default())?;
    let updated = store
        .update(now, |progress| progress.reset(step.id))
        .map_err(advised)?;
    Ok(Done::good(if updated.value {
        format!("{} is forgotten; the next check starts it anew\n", step.id)
    } else {
        format!("nothing was known of {}\n", step.id)
    }))
}

/// Asks at the terminal, and takes nothing but the word for a yes.
fn confirm() -> Result<()> {
    let refuse =
        "nothing was changed; to forget everything, type `reset` at the question, or give --yes";
    if !io::stdin().is_terminal() {
        bail!("there is no terminal to ask at: {refuse}");
    }
    let mut out = anstream::stderr().lock();
    write!(
        out,
        "Forget all progress? A backup is kept. Type reset to go on: "
    )?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() != "reset" {
        bail!("{refuse}");
    }
    Ok(())
}

fn advised(error: StoreError) -> anyhow::Error {
    let advice = error.advice();
    anyhow::Error::new(error).context(format!("your progress was not changed: {advice}"))
}
