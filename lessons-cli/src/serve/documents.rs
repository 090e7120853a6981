//! What the API answers, beside the documents that `lessons … --json` prints.

use std::collections::BTreeMap;

use lessons_engine::machine::{Identity, Kind};
use lessons_engine::report::{Checked, Document, StepDocument};
use lessons_engine::texts::Texts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::progress::{Progress, Standing};

/// Where the reader is with every step.
pub(super) type Marks = BTreeMap<&'static str, StepProgress>;

/// The steps of a machine: `lessons-check/1`, and the reader's progress.
#[derive(Serialize)]
pub(super) struct StepsDocument<'a> {
    #[serde(flatten)]
    pub(super) report: &'a Document,
    pub(super) progress: &'a Marks,
}

/// One step of a machine: `lessons-serve-step/1`.
#[derive(Serialize)]
pub(super) struct OneStepDocument<'a> {
    pub(super) schema: &'static str,
    pub(super) machine: &'a Identity,
    #[serde(flatten)]
    pub(super) detail: &'a StepDetail,
    pub(super) progress: StepProgress,
}

/// What the schema of [`OneStepDocument`] is called.
pub(super) const STEP_SCHEMA: &str = "lessons-serve-step/1";

/// A step as `lessons-check/1` has it, and what `lessons show` and `lessons hint` say of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StepDetail {
    #[serde(flatten)]
    pub(super) step: StepDocument,
    pub(super) why: String,
    pub(super) hints: Vec<String>,
    pub(super) undo: Option<String>,
}

impl StepDetail {
    pub(super) fn of(checked: &Checked, texts: &Texts) -> Self {
        Self {
            step: checked.document(texts),
            why: texts.why(checked.step),
            hints: texts.hints_for(checked.step, &checked.finding),
            undo: texts.undo(checked.step),
        }
    }
}

/// Where the reader is with a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct StepProgress {
    pub(super) state: State,
    /// Since when, in UTC (RFC 3339); not there while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<String>,
}

/// Where the reader is with a step, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Its check has passed.
    Done,
    /// It was marked as done by hand.
    ByHand,
    /// It was left out, which is not the same as done.
    Skipped,
    /// Its check has passed, and fails now.
    Regressed,
    /// None of these.
    Open,
}

impl StepProgress {
    pub(super) fn of(progress: &Progress, id: &str) -> Self {
        let (state, since) = match progress.standing(id) {
            Standing::Open => (State::Open, None),
            Standing::Passed { first } => (State::Done, Some(first)),
            Standing::Regressed { since, .. } => (State::Regressed, Some(since)),
            Standing::MarkedDone { at } => (State::ByHand, Some(at)),
            Standing::Skipped { at } => (State::Skipped, Some(at)),
        };
        Self {
            state,
            since: since.map(|since| since.to_string()),
        }
    }
}

/// The reader's progress, and what is wrong with it: the event `progress`, and the answer to a change of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProgressDocument<'a> {
    /// Where the reader is with every step, by its id.
    #[schema(value_type = BTreeMap<String, StepProgress>)]
    pub(super) progress: &'a Marks,
    /// What is wrong with the file that progress is kept in, if anything.
    pub(super) notice: Option<&'a str>,
}

/// What a reader says of a step by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The step's id.
    pub(super) step: String,
    /// What to remember of it.
    pub(super) action: Action,
}

/// What to remember of a step.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    /// It is done, though no check can see it.
    Done,
    /// It is left out.
    Skip,
    /// Nothing: it starts anew.
    Reset,
}

/// The machines that a page can show: `lessons-machines/1`, and which of them is shown without asking for one.
#[derive(Serialize)]
pub(super) struct MachinesDocument<'a> {
    pub(super) schema: &'static str,
    pub(super) serving: &'a str,
    pub(super) machines: Vec<MachineEntry<'a>>,
}

/// One machine that a page can show.
#[derive(Serialize)]
pub(super) struct MachineEntry<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) summary: &'a str,
    pub(super) lesson: Option<&'a str>,
    pub(super) kind: Kind,
}
