//! Metrics in Prometheus' text format, as `node_exporter`'s textfile collector reads them: one sample a step and outcome,
//! 1 for the outcome it has and 0 for the others, so that a change of outcome never leaves a stale series.

use std::fmt::Write as _;

use lessons_engine::finding::Outcome;
use lessons_engine::report::Document;

pub(super) fn show(document: &Document) -> String {
    let machine = escaped(&document.machine.name);
    let mut out = String::from(
        "# HELP lessons_step_outcome Whether a step's check has this outcome (1) or not (0).\n# TYPE lessons_step_outcome gauge\n",
    );
    for step in &document.steps {
        for outcome in Outcome::ALL {
            let _ = writeln!(
                out,
                "lessons_step_outcome{{machine=\"{machine}\",step=\"{}\",lesson=\"{}\",required=\"{}\",outcome=\"{}\"}} {}",
                step.id,
                step.lesson,
                step.required,
                outcome.word(),
                u8::from(step.outcome == outcome)
            );
        }
    }
    out.push_str(
        "# HELP lessons_steps How many steps have an outcome.\n# TYPE lessons_steps gauge\n",
    );
    let totals = &document.totals;
    for (outcome, count) in [
        (Outcome::Pass, totals.pass),
        (Outcome::Fail, totals.fail),
        (Outcome::Blocked, totals.blocked),
        (Outcome::NotApplicable, totals.not_applicable),
        (Outcome::Unknown, totals.unknown),
    ] {
        let _ = writeln!(
            out,
            "lessons_steps{{machine=\"{machine}\",outcome=\"{}\"}} {count}",
            outcome.word()
        );
    }
    out
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
