//! `lessons watch`: looks again and again, and says what changed.
//!
//! Facts live in `/proc`, `/sys` and NVML, which raise no events, so it polls.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::report::Report;

use crate::cli::LiveArgs;
use crate::{Done, clock, formats};

pub(super) fn run(what: &[String], every: Duration, live: &LiveArgs) -> Result<Done> {
    let steps = super::selection(what)?;
    let texts = super::texts();
    let mut before: HashMap<&str, (Outcome, String)> = HashMap::new();
    loop {
        let machine = super::live(live);
        let report = Report::of(&Facts::new(&machine), steps.iter().copied());
        if let Some(text) = super::remember(&report) {
            super::notice(&text);
        }
        let mut out = String::new();
        let first = before.is_empty();
        for checked in &report.steps {
            let document = checked.document(&texts);
            let now = (document.outcome, document.summary.clone());
            if before.get(document.id) != Some(&now) {
                if !first && out.is_empty() {
                    out.push_str(&format!("{}\n", clock::now()?));
                }
                formats::step_as_text(&mut out, &document, &texts);
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
        drop(stdout);
        std::thread::sleep(every);
    }
}
