//! `lessons watch`: looks again whenever something may have changed, and says what did.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use lessons_engine::finding::Outcome;

use crate::cli::LiveArgs;
use crate::watching::{Nudge, Watcher};
use crate::{Done, clock, formats, wrap};

pub(super) fn run(what: &[String], every: Duration, live: &LiveArgs) -> Result<Done> {
    let steps = super::selection(what)?;
    let texts = super::texts();
    let mut before: HashMap<&str, (Outcome, String)> = HashMap::new();
    let (mut watcher, nudge) = Watcher::new(super::live_options(live), steps, every);
    nudge.send(Nudge::Listening(true))?;
    while let Some(look) = watcher.next_look() {
        if look.settled
            && let Some(text) = super::remember(&look.report)
        {
            super::notice(&text);
        }
        let mut out = String::new();
        let first = before.is_empty();
        for checked in &look.report.steps {
            let document = checked.document(&texts);
            let now = (document.outcome, document.summary.clone());
            if before.get(document.id) != Some(&now) {
                if !first && out.is_empty() {
                    out.push_str(&format!("{}\n", clock::now()?));
                }
                formats::step_as_text(&mut out, &document, &texts, wrap::screen());
            }
            before.insert(document.id, now);
        }
        let mut stdout = anstream::stdout().lock();
        if stdout
            .write_all(out.as_bytes())
            .and_then(|()| stdout.flush())
            .is_err()
        {
            // Whoever was reading has gone.
            return Ok(Done::good(""));
        }
    }
    Ok(Done::good(""))
}
