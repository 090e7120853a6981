//! One JSON document a step, each on its line, as they are in the list `steps` of the one document; the machine
//! is named in each, so that lines of many machines can be mixed.

use anyhow::Result;
use lessons_engine::machine::Identity;
use lessons_engine::report::{Document, StepDocument};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'d> {
    schema: &'static str,
    machine: &'d Identity,
    #[serde(flatten)]
    step: &'d StepDocument,
}

pub(super) fn show(document: &Document) -> Result<String> {
    let mut lines = String::new();
    for step in &document.steps {
        lines.push_str(&serde_json::to_string(&Line {
            schema: "lessons-check-step/1",
            machine: &document.machine,
            step,
        })?);
        lines.push('\n');
    }
    Ok(lines)
}
