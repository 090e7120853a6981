//! Which of a symptom's causes holds on a machine: the text led to the causes, the checks on facts decide.

use serde::Serialize;

use crate::facts::Facts;
use crate::finding::{Evidence, Outcome};
use crate::machine::Identity;
use crate::report::{Checked, FixDocument, Report, StepDocument, Verdict};
use crate::steps::Step;
use crate::symptoms::{Cause, Likeness, PAGE, Recognised, Seen};
use crate::texts::Texts;

/// The symptoms of a text and, for each, which of its causes hold on a machine.
#[derive(Debug, Clone)]
pub struct Why {
    /// What was found in the text.
    pub recognised: Recognised,
    /// The machine on which it was looked for, and the steps that were checked; none where there was no symptom.
    pub report: Option<Report>,
    /// The symptoms in the order in which to work on them: those with a cause that holds come first.
    pub symptoms: Vec<Explained>,
    /// Steps that fail and keep others from telling their causes.
    pub first: Vec<Checked>,
}

/// A symptom and its causes.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The symptom, and where it is in the text.
    pub seen: Seen,
    /// Its causes: those that hold, those that cannot be told, those that are ruled out, each the most usual first.
    pub causes: Vec<Judged>,
}

/// A cause, and whether it holds.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The cause.
    pub cause: &'static Cause,
    /// Whether it holds.
    pub judgement: Judgement,
    /// What the check said that decided; none where no check can see the cause.
    pub by: Option<Checked>,
}

/// Whether a cause holds on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// The facts say so.
    Holds,
    /// The facts that would tell are not known, or another step comes first.
    CannotTell,
    /// No check can see it.
    NotChecked,
    /// The facts say that it does not hold.
    RuledOut,
}

/// Tells the causes apart on a machine. Only the steps that tell them, and what those need, are checked.
pub fn tell_apart(recognised: Recognised, facts: &Facts<'_>) -> Why {
    let mut steps: Vec<&Step> = Vec::new();
    for seen in &recognised.seen {
        for cause in seen.symptom.causes() {
            steps.extend(cause.steps());
        }
    }
    // What they need is checked in any case, and may be what has to be repaired first.
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        let needed: Vec<&Step> = step
            .needed()
            .filter(|need| !steps.iter().any(|known| known.id == need.id))
            .collect();
        steps.extend(needed);
        at += 1;
    }
    let report = (!recognised.seen.is_empty()).then(|| Report::of(facts, steps));
    let mut symptoms: Vec<Explained> = recognised
        .seen
        .iter()
        .map(|seen| {
            let mut causes: Vec<Judged> = seen
                .symptom
                .causes()
                .map(|cause| judged(cause, report.as_ref()))
                .collect();
            causes.sort_by_key(|judged| judged.judgement);
            Explained {
                seen: seen.clone(),
                causes,
            }
        })
        .collect();
    symptoms.sort_by_key(|explained| {
        explained
            .causes
            .first()
            .map_or(Judgement::RuledOut, |judged| judged.judgement)
    });
    let first = in_the_way(&symptoms, report.as_ref());
    Why {
        recognised,
        report,
        symptoms,
        first,
    }
}

/// The steps that fail, that block a step which would tell a cause, and that tell no cause which holds.
fn in_the_way(symptoms: &[Explained], report: Option<&Report>) -> Vec<Checked> {
    let Some(report) = report else {
        return Vec::new();
    };
    let find = |id: &str| report.steps.iter().find(|checked| checked.step.id == id);
    let causes = || symptoms.iter().flat_map(|explained| &explained.causes);
    let mut first: Vec<Checked> = Vec::new();
    for judged in causes().filter(|judged| judged.judgement == Judgement::CannotTell) {
        let mut blocker = judged.by.as_ref();
        while let Some(next) = blocker.and_then(|by| by.blocked_by).and_then(find) {
            blocker = Some(next);
        }
        let Some(blocker) = blocker.filter(|by| by.finding.outcome == Outcome::Fail) else {
            continue;
        };
        let is_told = causes().any(|judged| {
            judged.judgement == Judgement::Holds
                && judged
                    .by
                    .as_ref()
                    .is_some_and(|by| by.step.id == blocker.step.id)
        });
        if !is_told && !first.iter().any(|known| known.step.id == blocker.step.id) {
            first.push(blocker.clone());
        }
    }
    first
}

/// One cause by the steps that tell it: it holds where one of them says so, and is ruled out where none of them could.
fn judged(cause: &'static Cause, report: Option<&Report>) -> Judged {
    let mut best: Option<(Judgement, &Checked)> = None;
    for step in cause.steps() {
        let Some(checked) = report
            .into_iter()
            .flat_map(|report| &report.steps)
            .find(|checked| checked.step.id == step.id)
        else {
            continue;
        };
        let judgement = if cause.is_told_by(step, &checked.finding) {
            Judgement::Holds
        } else {
            match checked.finding.outcome {
                Outcome::Unknown | Outcome::Blocked => Judgement::CannotTell,
                Outcome::Pass | Outcome::Fail | Outcome::NotApplicable => Judgement::RuledOut,
            }
        };
        if best.is_none_or(|(known, _)| judgement < known) {
            best = Some((judgement, checked));
        }
    }
    match best {
        Some((judgement, by)) => Judged {
            cause,
            judgement,
            by: Some(by.clone()),
        },
        None => Judged {
            cause,
            judgement: Judgement::NotChecked,
            by: None,
        },
    }
}

impl Why {
    /// The verdict over the steps that were checked; open where the text is not known.
    pub fn verdict(&self) -> Verdict {
        self.report
            .as_ref()
            .map_or(Verdict::Open, |report| report.verdict(false))
    }

    /// Everything as plain data with its texts, which is what JSON shows.
    pub fn document(&self, texts: &Texts) -> Document {
        Document {
            schema: "lessons-why/1",
            machine: self.report.as_ref().map(|report| report.machine.clone()),
            lines: self.recognised.lines,
            symptoms: self
                .symptoms
                .iter()
                .map(|explained| SymptomDocument::of(explained, texts))
                .collect(),
            first: self
                .first
                .iter()
                .map(|checked| checked.document(texts))
                .collect(),
            nearest: self
                .recognised
                .nearest
                .iter()
                .map(|near| NearDocument {
                    id: near.symptom.id.clone(),
                    title: texts.shared(&near.symptom.title_id(), &[]),
                    book: near.symptom.book(),
                })
                .collect(),
            book: PAGE,
        }
    }
}

/// What `lessons why --json` shows: schema `lessons-why/1`.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    schema: &'static str,
    /// The machine on which the causes were told apart; none where nothing was recognised.
    pub machine: Option<Identity>,
    /// How many lines the text has.
    pub lines: usize,
    /// The symptoms, in the order in which to work on them.
    pub symptoms: Vec<SymptomDocument>,
    /// Steps that fail here and come before those that would tell: repair these first.
    pub first: Vec<StepDocument>,
    /// Where there are none: what comes nearest.
    pub nearest: Vec<NearDocument>,
    /// The page with all symptoms.
    pub book: &'static str,
}

/// One symptom of a [`Document`].
#[derive(Debug, Clone, Serialize)]
pub struct SymptomDocument {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The first line of the text with it, from 1.
    pub line: usize,
    /// That line.
    pub quote: String,
    /// How often it is in the text.
    pub count: usize,
    /// How the text was like the sentence: `same`, `nearly`, `words`.
    pub likeness: &'static str,
    /// Its causes: those that hold first.
    pub causes: Vec<CauseDocument>,
    /// Page and place in the book.
    pub book: String,
}

/// One cause of a [`SymptomDocument`].
#[derive(Debug, Clone, Serialize)]
pub struct CauseDocument {
    /// Its id.
    pub id: String,
    /// It, in a sentence.
    pub cause: String,
    /// Whether it holds here.
    pub judgement: Judgement,
    /// The step that tells; none where no check can see it.
    pub step: Option<&'static str>,
    /// What the step's check said.
    pub outcome: Option<Outcome>,
    /// The same in a sentence; for what no check sees, what to do.
    pub summary: String,
    /// The facts that it rests on.
    pub evidence: Vec<Evidence>,
    /// What to type: the step's fix where the cause holds, a command that shows more where no check sees it.
    pub fix: Vec<FixDocument>,
    /// Page and place in the book that teach the step.
    pub book: Option<String>,
}

/// A symptom that comes near.
#[derive(Debug, Clone, Serialize)]
pub struct NearDocument {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Page and place in the book.
    pub book: String,
}

impl SymptomDocument {
    fn of(explained: &Explained, texts: &Texts) -> Self {
        let Explained { seen, causes } = explained;
        Self {
            id: seen.symptom.id.clone(),
            title: texts.shared(&seen.symptom.title_id(), &[]),
            line: seen.line,
            quote: seen.quote.clone(),
            count: seen.count,
            likeness: match seen.likeness {
                Likeness::Same => "same",
                Likeness::Nearly => "nearly",
                Likeness::Words => "words",
            },
            causes: causes
                .iter()
                .map(|judged| CauseDocument::of(judged, texts))
                .collect(),
            book: seen.symptom.book(),
        }
    }
}

impl CauseDocument {
    fn of(judged: &Judged, texts: &Texts) -> Self {
        let Judged {
            cause,
            judgement,
            by,
        } = judged;
        let sentence = texts.shared(&cause.text_id(), &[]);
        let Some(checked) = by else {
            let run = cause.run.iter().map(|run| FixDocument {
                run: run.clone(),
                sudo: crate::finding::Fix::run(run.clone()).sudo(),
                note: String::new(),
            });
            return Self {
                id: cause.id.clone(),
                cause: sentence,
                judgement: *judgement,
                step: None,
                outcome: None,
                summary: texts.shared(&cause.advice_id(), &[]),
                evidence: Vec::new(),
                fix: run.collect(),
                book: None,
            };
        };
        let step = checked.document(texts);
        let holds = *judgement == Judgement::Holds;
        let open = *judgement == Judgement::CannotTell;
        Self {
            id: cause.id.clone(),
            cause: sentence,
            judgement: *judgement,
            step: Some(step.id),
            outcome: Some(step.outcome),
            summary: step.summary,
            evidence: step.evidence,
            // What helps to tell is worth typing, what repairs another cause is not.
            fix: if holds || open { step.fix } else { Vec::new() },
            book: Some(step.book),
        }
    }
}
