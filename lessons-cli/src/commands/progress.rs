//! `lessons progress`: shown, exported, imported.

use std::fs::File;
use std::io::Read;

use anyhow::{Context, Result, anyhow};

use crate::cli::ProgressAction;
use crate::progress::{MAX_BYTES, Progress};
use crate::{Done, clock};

pub(super) fn run(action: Option<ProgressAction>) -> Result<Done> {
    match action {
        None => super::list::run(false),
        Some(ProgressAction::Export) => {
            let reading = super::store().read();
            if let Some(notice) = reading.notice {
                super::notice(&notice.to_string());
            }
            Ok(Done::good(reading.progress.to_json()))
        }
        Some(ProgressAction::Import { file }) => {
            let shown = file.display();
            let mut bytes = Vec::new();
            File::open(&file)
                .and_then(|opened| opened.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
                .with_context(|| format!("tried to read progress from {shown}"))?;
            let imported = Progress::from_json(&bytes)
                .map_err(|error| anyhow!("tried to read {shown} as exported progress: {error}; lessons progress export writes one"))?;
            let count = imported.steps().count();
            let now = clock::now()?;
            super::store().update(now, |progress| progress.merge(imported))?;
            Ok(Done::good(format!("{count} steps imported\n")))
        }
    }
}
