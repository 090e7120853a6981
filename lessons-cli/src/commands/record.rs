//! `lessons record`: writes down everything that the checks read from this machine.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::recording::Redacted;
use lessons_engine::redact::redact;
use lessons_engine::report::Report;

use crate::cli::LiveArgs;
use crate::{Done, clock};

pub(super) fn run(
    output: Option<PathBuf>,
    name: &str,
    no_redact: bool,
    live: &LiveArgs,
) -> Result<Done> {
    let machine = super::live(live);
    let facts = Facts::new(&machine);
    // What the checks read is the recording.
    let outcomes = outcomes(&Report::of_all(&facts));
    let recorder = concat!("lessons ", env!("CARGO_PKG_VERSION"));
    let mut recording = facts.recording(name, recorder, &clock::now()?.to_string());
    recording.title = format!("{} {}", recording.platform.os, recording.platform.arch);
    recording.summary = String::from("A machine recorded with lessons record");
    let redactions = if no_redact {
        recording.redacted = Some(Redacted::Whether(false));
        Vec::new()
    } else {
        let (redacted, redactions) = redact(recording);
        recording = redacted;
        // A name that is also a word of the field could be replaced where a check looks at it.
        let now = self::outcomes(&Report::of_all(&Facts::new(&recording)));
        for (step, outcome) in outcomes
            .iter()
            .filter(|(step, outcome)| now.get(*step) != Some(*outcome))
        {
            super::notice(&format!(
                "{step} is {} here and may differ in the recording, since names in it were replaced (--no-redact keeps them)",
                outcome.word()
            ));
        }
        redactions
    };
    let mut said = String::new();
    for redaction in &redactions {
        said.push_str(&format!(
            "replaced {}: {} times\n",
            redaction.kind, redaction.count
        ));
    }
    let json = recording.to_json();
    let Some(path) = output.filter(|path| path.as_os_str() != "-") else {
        if !said.is_empty() {
            super::notice(said.trim_end());
        }
        return Ok(Done::good(json));
    };
    write_whole(&path, &json)
        .with_context(|| format!("tried to write the recording to {}", path.display()))?;
    said.push_str(&format!(
        "{} files, {} programs; written to {}\nread it before you share it; then: lessons check --machine {}\n",
        recording.files.len(),
        recording.commands.len(),
        path.display(),
        lessons_engine::finding::quoted(&as_file(&path)),
    ));
    Ok(Done::good(said))
}

/// What each step's check says.
fn outcomes(report: &Report) -> BTreeMap<&'static str, Outcome> {
    report
        .steps
        .iter()
        .map(|checked| (checked.step.id, checked.finding.outcome))
        .collect()
}

/// A file's name that `--machine` cannot take for the name of a bundled machine.
fn as_file(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(['/', '\\']) || path.extension().is_some_and(|end| end == "json") {
        text
    } else {
        format!("./{text}")
    }
}

/// Writes all of it or leaves what was there: a full disk costs nothing that was written before.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let is_special = std::fs::metadata(path).is_ok_and(|there| !there.is_file());
    if is_special {
        return std::fs::write(path, text);
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = std::fs::File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&partial, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    done
}
