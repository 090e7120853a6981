//! What the API answers, beside the documents that `lessons … --json` prints.

use std::collections::BTreeMap;

use lessons_engine::explain::{Asked, Explained, Severity, explain};
use lessons_engine::machine::{Identity, Kind};
use lessons_engine::read::said::{self, Said};
use lessons_engine::report::{Checked, Document, StepDocument};
use lessons_engine::texts::Texts;
use lessons_engine::visible::visible_lines;
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
    #[schema(example = "driver.installed")]
    pub(super) step: String,
    /// What to remember of it.
    #[schema(example = "done")]
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

/// A pasted output explained: `lessons-serve-read/1`.
#[derive(Serialize)]
pub(super) struct ReadDocument<'a> {
    schema: &'static str,
    /// What was recognised, such as `smi`.
    kind: &'static str,
    /// The output with every field explained in place.
    html: String,
    notes: Vec<NoteEntry>,
    fields: Vec<FieldEntry>,
    /// What `lessons read --json` says.
    read: Option<said::Document<'a>>,
}

#[derive(Serialize)]
struct NoteEntry {
    severity: &'static str,
    text: String,
    run: Option<String>,
    step: Option<&'static str>,
}

#[derive(Serialize)]
struct FieldEntry {
    label: String,
    what: String,
    normal: Option<String>,
    values: Vec<ValueEntry>,
}

#[derive(Serialize)]
struct ValueEntry {
    of: Option<String>,
    shown: String,
    means: Vec<String>,
}

impl<'a> ReadDocument<'a> {
    /// `html` is the same outputs as [`lessons_engine::annotate::annotate`] draws them.
    pub(super) fn new(said: &'a [Said], asked: &Asked, html: String, texts: &Texts) -> Self {
        let all: Vec<Explained> = said.iter().map(|said| explain(said, asked)).collect();
        let notes = all.iter().flat_map(|explained| &explained.noteworthy);
        let fields = all.iter().flat_map(|explained| &explained.fields);
        Self {
            schema: "lessons-serve-read/1",
            kind: said.first().map_or("", |said| said.kind().name()),
            html,
            notes: notes
                .map(|note| NoteEntry {
                    severity: match note.severity {
                        Severity::Broken => "broken",
                        Severity::Warning => "warning",
                        Severity::Remark => "remark",
                    },
                    text: texts.sentence(&note.text),
                    run: note.run.clone(),
                    step: note.step,
                })
                .collect(),
            fields: fields
                .map(|field| FieldEntry {
                    label: visible_lines(&field.label),
                    what: texts.sentence(&field.what),
                    normal: field.normal.as_ref().map(|normal| texts.sentence(normal)),
                    values: field
                        .values
                        .iter()
                        .map(|value| ValueEntry {
                            of: value.of.as_deref().map(visible_lines),
                            shown: visible_lines(&value.shown),
                            means: value
                                .means
                                .iter()
                                .map(|means| texts.sentence(means))
                                .collect(),
                        })
                        .collect(),
                })
                .collect(),
            read: said::Document::new(said),
        }
    }
}

/// A pasted output, in JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Paste {
    /// What was pasted.
    pub(super) text: String,
}
