//! JUnit's XML: a test suite a lesson, a test case a step. What is blocked, unknown or does not apply is skipped, with
//! its reason; a recommended step that fails is skipped too, since it does not fail a run.

use anyhow::Result;
use lessons_engine::finding::Outcome;
use lessons_engine::report::{Document, StepDocument};
use lessons_engine::steps::Lesson;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

pub(super) fn show(document: &Document) -> Result<String> {
    let mut report = Report::new(format!("lessons on {}", document.machine.name));
    for lesson in Lesson::ALL {
        let steps: Vec<&StepDocument> = document
            .steps
            .iter()
            .filter(|step| step.lesson == lesson.id())
            .collect();
        if steps.is_empty() {
            continue;
        }
        let mut suite = TestSuite::new(lesson.id());
        for step in steps {
            suite.add_test_case(case(step));
        }
        report.add_test_suite(suite);
    }
    Ok(report.to_string()? + "\n")
}

fn case(step: &StepDocument) -> TestCase {
    let mut status = match step.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Fail if step.required => TestCaseStatus::non_success(NonSuccessKind::Failure),
        _ => TestCaseStatus::skipped(),
    };
    if step.outcome != Outcome::Pass {
        status.set_type(step.outcome.word());
        status.set_message(format!("{}: {}", step.outcome.word(), step.summary));
    }
    if step.outcome == Outcome::Fail && step.required {
        status.set_description(description(step));
    }
    let mut case = TestCase::new(step.id, status);
    case.set_classname(step.lesson);
    case
}

fn description(step: &StepDocument) -> String {
    let mut text = format!("{}\n", step.summary);
    for evidence in &step.evidence {
        text.push_str(&format!("{}: {}\n", evidence.source, evidence.detail));
    }
    for fix in &step.fix {
        text.push_str(&format!("{}  # {}\n", fix.run, fix.note));
    }
    text
}
