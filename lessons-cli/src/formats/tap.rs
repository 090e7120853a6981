//! Test Anything Protocol 14: a test point a step. What is blocked, unknown or does not apply is a SKIP with its reason;
//! a recommended step that fails is `not ok` with a TODO, which does not fail a run.

use std::fmt::Write as _;

use lessons_engine::finding::Outcome;
use lessons_engine::report::{Document, StepDocument};

pub(super) fn show(document: &Document) -> String {
    let mut out = format!("TAP version 14\n1..{}\n", document.steps.len());
    for (number, step) in document.steps.iter().enumerate() {
        let number = number + 1;
        let summary = escaped(&step.summary);
        let _ = match step.outcome {
            Outcome::Pass => writeln!(out, "ok {number} - {}", step.id),
            Outcome::Fail if step.required => writeln!(out, "not ok {number} - {}", step.id),
            Outcome::Fail => writeln!(
                out,
                "not ok {number} - {} # TODO recommended: {summary}",
                step.id
            ),
            outcome => writeln!(
                out,
                "ok {number} - {} # SKIP {}: {summary}",
                step.id,
                outcome.word()
            ),
        };
        if step.outcome == Outcome::Fail {
            diagnostics(&mut out, step);
        }
    }
    out
}

/// A `#` begins a directive, and a backslash escapes it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

/// The YAML block under a test point; JSON strings are YAML strings.
fn diagnostics(out: &mut String, step: &StepDocument) {
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let _ = writeln!(out, "  ---\n  message: {}", string(&step.summary));
    if !step.evidence.is_empty() {
        let _ = writeln!(out, "  evidence:");
        for evidence in &step.evidence {
            let _ = writeln!(
                out,
                "    - {}",
                string(&format!("{}: {}", evidence.source, evidence.detail))
            );
        }
    }
    if !step.fix.is_empty() {
        let _ = writeln!(out, "  fix:");
        for fix in &step.fix {
            let _ = writeln!(
                out,
                "    - {}",
                string(if fix.run.is_empty() {
                    &fix.note
                } else {
                    &fix.run
                })
            );
        }
    }
    let _ = writeln!(out, "  ...");
}
