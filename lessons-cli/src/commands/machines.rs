//! `lessons machines`: the recordings that come along.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use lessons_engine::bundled;
use serde::Serialize;

use crate::cli::MachinesAction;
use crate::style::{self, paint};
use crate::{Done, nearest};

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    machines: Vec<Machine>,
}

#[derive(Serialize)]
struct Machine {
    name: String,
    title: String,
    summary: String,
    lesson: Option<String>,
}

pub(super) fn run(action: Option<MachinesAction>, json: bool) -> Result<Done> {
    if let Some(MachinesAction::Show { name }) = action {
        let recording = bundled::json(&name).ok_or_else(|| {
            nearest::unknown("machine", &name, bundled::names(), "lessons machines")
        })?;
        return Ok(Done::good(String::from_utf8_lossy(recording)));
    }
    let mut machines = Vec::new();
    for name in bundled::names() {
        let recording = bundled::recording(name)
            .context("a bundled recording has gone")?
            .with_context(|| format!("the bundled recording {name}"))?;
        machines.push(Machine {
            name: recording.name,
            title: recording.title,
            summary: recording.summary,
            lesson: recording.lesson,
        });
    }
    if json {
        let document = Document {
            schema: "lessons-machines/1",
            machines,
        };
        return Ok(Done::good(serde_json::to_string_pretty(&document)? + "\n"));
    }
    let mut out = String::new();
    for machine in &machines {
        let _ = writeln!(
            out,
            "{}  {}",
            paint(style::HEADING, format!("{:<28}", machine.name)),
            machine.title
        );
    }
    let _ = writeln!(
        out,
        "\n{}",
        paint(style::TYPE, "lessons check --machine NAME")
    );
    Ok(Done::good(out))
}
