//! Runs checks and gathers what they say.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Outcome, TextId};
use crate::machine::Identity;
use crate::steps::{self, Lesson, Step};
use crate::texts::Texts;
use crate::visible::visible;

/// What the checks of some steps say of one machine.
#[derive(Debug, Clone)]
pub struct Report {
    /// Which machine.
    pub machine: Identity,
    /// The steps that were asked for, in the order of the book.
    pub steps: Vec<Checked>,
}

/// A step and what its check says.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The step.
    pub step: &'static Step,
    /// What its check says.
    pub finding: Finding,
    /// The need that blocks it, where it is blocked.
    pub blocked_by: Option<&'static str>,
}

impl Report {
    /// Checks the given steps; what they need is checked too, and not reported.
    pub fn of<'s>(facts: &Facts<'_>, steps: impl IntoIterator<Item = &'s Step>) -> Self {
        let asked: BTreeSet<&str> = steps.into_iter().map(|step| step.id).collect();
        let wanted = with_needs(&asked);
        prepare(facts, steps::all().filter(|step| wanted.contains(step.id)));
        let mut checked: BTreeMap<&str, Checked> = BTreeMap::new();
        let mut reported = Vec::with_capacity(asked.len());
        for step in steps::all().filter(|step| wanted.contains(step.id)) {
            let result = check(facts, step, &checked);
            if asked.contains(step.id) {
                reported.push(result.clone());
            }
            checked.insert(step.id, result);
        }
        Self {
            machine: facts.identity(),
            steps: reported,
        }
    }

    /// Checks every step.
    pub fn of_all(facts: &Facts<'_>) -> Self {
        Self::of(facts, steps::all())
    }

    /// What is open, in the order in which to work on it: required steps that fail, then required ones of which
    /// nothing is known, then recommended ones that fail.
    pub fn in_order_of_work(&self) -> impl Iterator<Item = &Checked> {
        [
            (Outcome::Fail, true),
            (Outcome::Unknown, true),
            (Outcome::Fail, false),
        ]
        .into_iter()
        .flat_map(|(outcome, required)| {
            self.steps.iter().filter(move |checked| {
                checked.finding.outcome == outcome && checked.step.required == required
            })
        })
    }

    /// How many steps have each outcome.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for checked in &self.steps {
            *match checked.finding.outcome {
                Outcome::Pass => &mut totals.pass,
                Outcome::Fail => &mut totals.fail,
                Outcome::Blocked => &mut totals.blocked,
                Outcome::NotApplicable => &mut totals.not_applicable,
                Outcome::Unknown => &mut totals.unknown,
            } += 1;
        }
        totals
    }

    /// The verdict over all of its steps. With `strict`, recommended steps count like required ones.
    pub fn verdict(&self, strict: bool) -> Verdict {
        let mut verdict = Verdict::Good;
        for checked in self
            .steps
            .iter()
            .filter(|checked| strict || checked.step.required)
        {
            match checked.finding.outcome {
                Outcome::Fail => return Verdict::Failed,
                Outcome::Blocked | Outcome::Unknown => verdict = Verdict::Open,
                Outcome::Pass | Outcome::NotApplicable => {}
            }
        }
        verdict
    }

    /// The report as plain data with its texts, which is what JSON shows.
    pub fn document(&self, texts: &Texts) -> Document {
        Document {
            schema: "lessons-check/1",
            // A recording's name is a stranger's, too.
            machine: Identity {
                name: visible(&self.machine.name),
                kind: self.machine.kind,
            },
            steps: self
                .steps
                .iter()
                .map(|checked| checked.document(texts))
                .collect(),
            totals: self.totals(),
        }
    }
}

/// A report in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything required passes or does not apply.
    Good,
    /// Something required fails.
    Failed,
    /// Nothing failed, but something required is unknown or blocked.
    Open,
}

/// How many steps have each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Steps that pass.
    pub pass: usize,
    /// Steps that fail.
    pub fail: usize,
    /// Steps that wait for another.
    pub blocked: usize,
    /// Steps that make no sense here.
    pub not_applicable: usize,
    /// Steps that could not be read.
    pub unknown: usize,
}

/// A report as `lessons check --format json` shows it: schema `lessons-check/1`.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    schema: &'static str,
    /// Which machine.
    pub machine: Identity,
    /// The steps.
    pub steps: Vec<StepDocument>,
    /// How many of each outcome.
    pub totals: Totals,
}

/// One step of a [`Document`].
#[derive(Debug, Clone, Serialize)]
pub struct StepDocument {
    /// The step's id.
    pub id: &'static str,
    /// Its lesson's id.
    pub lesson: &'static str,
    /// Its title.
    pub title: String,
    /// Whether a run fails when it does.
    pub required: bool,
    /// The outcome.
    pub outcome: Outcome,
    /// The outcome in a sentence.
    pub summary: String,
    /// The facts that it rests on.
    pub evidence: Vec<Evidence>,
    /// What to type next.
    pub fix: Vec<FixDocument>,
    /// What the step needs.
    pub needs: &'static [&'static str],
    /// Page and place in the book.
    pub book: String,
}

/// One command of a [`StepDocument`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FixDocument {
    /// The command; empty where there is nothing to type.
    pub run: String,
    /// Whether it asks for the administrator's rights.
    pub sudo: bool,
    /// What it does.
    pub note: String,
}

impl Checked {
    /// The step and its finding with their texts.
    pub fn document(&self, texts: &Texts) -> StepDocument {
        let Self { step, finding, .. } = self;
        StepDocument {
            id: step.id,
            lesson: step.lesson.id(),
            title: texts.title(step),
            required: step.required,
            outcome: finding.outcome,
            summary: texts.message(step, &finding.summary),
            evidence: finding.evidence.clone(),
            fix: finding
                .fix
                .iter()
                .map(|fix| FixDocument {
                    run: fix.run.clone(),
                    sudo: fix.sudo(),
                    note: fix
                        .note
                        .as_ref()
                        .map_or_else(String::new, |note| texts.message(step, note)),
                })
                .collect(),
            needs: step.needs,
            book: step.book(),
        }
    }
}

/// The steps and all that they need, directly or not.
fn with_needs(asked: &BTreeSet<&str>) -> BTreeSet<&'static str> {
    let mut wanted = BTreeSet::new();
    let mut open: Vec<&'static Step> = asked.iter().filter_map(|id| steps::find(id)).collect();
    while let Some(step) = open.pop() {
        if wanted.insert(step.id) {
            open.extend(step.needed());
        }
    }
    wanted
}

/// Lets the machine start all at once what checking these steps will ask for; no program is asked for twice.
fn prepare(facts: &Facts<'_>, steps: impl Iterator<Item = &'static Step>) {
    let mut programs: Vec<&[&str]> = Vec::new();
    let mut nvml = false;
    for step in steps {
        nvml |= step.nvml;
        for program in step.programs {
            if !programs.contains(program) {
                programs.push(program);
            }
        }
    }
    facts.prepare(&programs, nvml);
}

/// Checks one step, after those that it needs.
///
/// A need that fails blocks, whatever the step's own check would say: one cause is one red line. A need of which
/// nothing is known leaves the step its own success, and turns its failure, which may be that need's, to blocked.
fn check(facts: &Facts<'_>, step: &'static Step, checked: &BTreeMap<&str, Checked>) -> Checked {
    let without_gpu = |finding: Finding| Checked {
        step,
        finding,
        blocked_by: None,
    };
    // A machine that keeps all of its GPUs for others lacks nothing that a GPU needs.
    match facts.gpus_set_aside() {
        Ok(Some(driver)) if wants_gpu(step) => {
            let holder =
                |facts: &Facts<'_>| facts.gpus_set_aside().is_ok_and(|holder| holder.is_some());
            match facts.depends_on_unread_place(|| holder(facts), |holds| *holds) {
                Some(unknown) => without_gpu(Finding::unread(unknown)),
                None => without_gpu(
                    Finding::new(Outcome::NotApplicable, TextId::Shared("finding-set-aside"))
                        .arg("driver", driver)
                        .evidence(
                            "/sys/bus/pci/devices",
                            format!("every NVIDIA GPU: {driver}"),
                        ),
                ),
            }
        }
        Err(unknown) if wants_gpu(step) => without_gpu(Finding::unread(&unknown)),
        Ok(_) | Err(_) => check_here(facts, step, checked),
    }
}

/// Whether a step makes sense only on a machine that has a GPU for itself.
fn wants_gpu(step: &Step) -> bool {
    match step.lesson {
        Lesson::Driver => !matches!(
            step.id,
            "driver.gpu-visible" | "driver.nouveau-blacklisted" | "driver.nouveau-unloaded"
        ),
        Lesson::Smi | Lesson::Persistence | Lesson::Topology | Lesson::Torch => true,
        Lesson::Cuda => step.needed().any(wants_gpu),
    }
}

fn check_here(
    facts: &Facts<'_>,
    step: &'static Step,
    checked: &BTreeMap<&str, Checked>,
) -> Checked {
    let with_outcome = |wanted: &[Outcome]| {
        step.needs
            .iter()
            .filter_map(|id| checked.get(id))
            .find(|need| wanted.contains(&need.finding.outcome))
    };
    if let Some(need) = with_outcome(&[Outcome::Fail, Outcome::Blocked]) {
        return blocked(step, need, checked);
    }
    let finding = (step.check)(facts);
    // What holds on a host need not hold in a container, and the other way round.
    let unread = facts.depends_on_unread_place(
        || (step.check)(facts).outcome,
        |other| *other == finding.outcome,
    );
    let finding = match unread {
        Some(unknown) if finding.outcome != Outcome::Unknown => Finding::unread(unknown),
        _ => finding,
    };
    if finding.outcome == Outcome::Fail
        && let Some(need) = explaining(facts, &finding, checked)
    {
        let mut result = blocked(step, &need, checked);
        // What was seen of the failure itself stays worth knowing.
        result.finding.evidence.extend(finding.evidence);
        return result;
    }
    let unknown_need = step
        .needs
        .iter()
        .filter(|id| !finding.stands_without.contains(id))
        .filter_map(|id| checked.get(id))
        .find(|need| need.finding.outcome == Outcome::Unknown);
    if finding.outcome == Outcome::Fail
        && let Some(need) = unknown_need
    {
        return blocked(step, need, checked);
    }
    Checked {
        step,
        finding,
        blocked_by: None,
    }
}

/// The first step that explains a failure: it fails too, or would if more were known.
fn explaining(
    facts: &Facts<'_>,
    finding: &Finding,
    checked: &BTreeMap<&str, Checked>,
) -> Option<Checked> {
    finding
        .explained_by
        .iter()
        .filter_map(|id| match checked.get(id) {
            Some(known) => Some(known.clone()),
            None => steps::find(id).map(|step| check(facts, step, checked)),
        })
        .find(|step| matches!(step.finding.outcome, Outcome::Fail | Outcome::Blocked))
}

fn blocked(step: &'static Step, need: &Checked, checked: &BTreeMap<&str, Checked>) -> Checked {
    // The cause is at the end of the chain of needs.
    let mut cause = need;
    while let Some(next) = cause.blocked_by.and_then(|id| checked.get(id)) {
        cause = next;
    }
    let text = if cause.step.id == need.step.id {
        "finding-blocked"
    } else {
        "finding-blocked-by-cause"
    };
    let finding = Finding::new(Outcome::Blocked, TextId::Shared(text))
        .arg("need", need.step.id)
        .arg("cause", cause.step.id)
        .evidence(need.step.id, need.finding.outcome.word());
    Checked {
        step,
        finding,
        blocked_by: Some(need.step.id),
    }
}
