//! `lessons list`: lessons and steps with progress, without looking at the machine.

use std::fmt::Write as _;

use anyhow::Result;
use lessons_engine::steps::{self, Lesson, Step};
use lessons_engine::texts::Texts;
use serde::Serialize;

use crate::Done;
use crate::progress::{Progress, Standing, Tally};
use crate::style::{self, paint};

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    lessons: Vec<LessonDocument>,
}

#[derive(Serialize)]
struct LessonDocument {
    id: &'static str,
    title: String,
    done: usize,
    total: usize,
    steps: Vec<StepDocument>,
}

#[derive(Serialize)]
struct StepDocument {
    id: &'static str,
    title: String,
    required: bool,
    needs: &'static [&'static str],
    book: String,
    /// `open`, `passed`, `regressed`, `marked-done` or `skipped`.
    state: &'static str,
    /// When it first passed, or was marked; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Since when a step that passed fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    regressed_since: Option<String>,
}

pub(super) fn run(json: bool) -> Result<Done> {
    let texts = super::texts();
    let reading = super::store().read();
    if let Some(notice) = reading.notice {
        super::notice(&notice.to_string());
    }
    let progress = reading.progress;
    if json {
        let document = Document {
            schema: "lessons-list/1",
            lessons: Lesson::ALL
                .into_iter()
                .map(|lesson| document(lesson, &progress, &texts))
                .collect(),
        };
        return Ok(Done::good(serde_json::to_string_pretty(&document)? + "\n"));
    }
    let mut out = String::new();
    for lesson in Lesson::ALL {
        let Tally { done, total } = tally(lesson, &progress);
        let _ = writeln!(
            out,
            "{}  {}",
            paint(
                style::HEADING,
                format!("{:<12} {}", lesson.id(), texts.lesson(lesson))
            ),
            paint(style::QUIET, format!("{done}/{total}")),
        );
        for step in lesson.steps() {
            let _ = writeln!(
                out,
                "  {}  {:<30} {}",
                mark(progress.standing(step.id)),
                step.id,
                texts.title(step)
            );
        }
    }
    let Tally { done, total } = progress.tally(steps::all().map(|step| step.id));
    let _ = writeln!(
        out,
        "\n{done}/{total}  ✓ done  ✗ worked once and fails now  - skipped"
    );
    Ok(Done::good(out))
}

fn mark(standing: Standing) -> String {
    match standing {
        Standing::Open => " ".to_owned(),
        Standing::Passed { .. } | Standing::MarkedDone { .. } => paint(style::GOOD, "✓"),
        Standing::Regressed { .. } => paint(style::BAD, "✗"),
        Standing::Skipped { .. } => paint(style::QUIET, "-"),
    }
}

fn tally(lesson: Lesson, progress: &Progress) -> Tally {
    progress.tally(lesson.steps().iter().map(|step| step.id))
}

fn document(lesson: Lesson, progress: &Progress, texts: &Texts) -> LessonDocument {
    let Tally { done, total } = tally(lesson, progress);
    LessonDocument {
        id: lesson.id(),
        title: texts.lesson(lesson),
        done,
        total,
        steps: lesson
            .steps()
            .iter()
            .map(|step| step_document(step, progress, texts))
            .collect(),
    }
}

fn step_document(step: &'static Step, progress: &Progress, texts: &Texts) -> StepDocument {
    let standing = progress.standing(step.id);
    let (state, at, since) = match standing {
        Standing::Open => ("open", None, None),
        Standing::Passed { first } => ("passed", Some(first), None),
        Standing::Regressed { first, since } => ("regressed", Some(first), Some(since)),
        Standing::MarkedDone { at } => ("marked-done", Some(at), None),
        Standing::Skipped { at } => ("skipped", Some(at), None),
    };
    StepDocument {
        id: step.id,
        title: texts.title(step),
        required: step.required,
        needs: step.needs,
        book: step.book(),
        state,
        at: at.map(|at| at.to_string()),
        regressed_since: since.map(|since| since.to_string()),
    }
}
