//! Which steps have been completed on this machine, when, and which have broken since.
//!
//! A step is completed once and stays so: when its check fails later it is *regressed*, with both dates.
//! *Skipped* is not *done*. Only the live machine's outcomes belong here.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lessons_engine::finding::Outcome;
use serde::{Deserialize, Serialize};

mod folder;
mod format;
mod store;

pub use folder::NoFolder;
pub use format::{FormatError, MAX_BYTES, SCHEMA};
pub use store::{Notice, Reading, Store, StoreError, Updated};

use format::Schema;

/// The state folder that the environment names.
pub fn state_folder() -> Result<std::path::PathBuf, NoFolder> {
    folder::locate(|name| std::env::var_os(name))
}

/// How long an outcome that is seen again needs no new date. It keeps a check that is repeated from writing to
/// the disk each time.
const SAME_LOOK: SignedDuration = SignedDuration::from_hours(1);

/// Progress through all lessons. Its JSON is described by `schemas/lessons-progress.schema.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    schema: Schema,
    /// By step id. An id that this version does not know is kept.
    steps: BTreeMap<String, Step>,
    /// The exercises whose goal was reached, by name. One that this version does not have is kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    exercises: BTreeMap<String, Practised>,
    /// Fields of a later version with the same schema: kept.
    #[serde(flatten)]
    later: BTreeMap<String, serde_json::Value>,
}

/// What is remembered of one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When its check first passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_passed: Option<Timestamp>,
    /// The last outcome and when it was seen, to the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Seen>,
    /// When its check was first seen failing after it had passed; gone when it passes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressed: Option<Timestamp>,
    /// What the reader said of it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// How many of its hints have been shown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hints: u32,
    #[serde(flatten)]
    later: BTreeMap<String, serde_json::Value>,
}

/// What is remembered of an exercise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Practised {
    /// When its goal was first reached.
    pub done: Timestamp,
    #[serde(flatten)]
    later: BTreeMap<String, serde_json::Value>,
}

/// An outcome and when it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What the check said.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// A mark that a reader set by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Done or skipped.
    #[serde(rename = "as")]
    pub kind: MarkKind,
    /// When.
    pub at: Timestamp,
}

/// What a reader can say of a step by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkKind {
    /// It is done, though no check can see it.
    Done,
    /// It is left out. That is not the same as done.
    Skipped,
}

/// Where a reader is with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing says that it is done.
    Open,
    /// Its check has passed, and nothing says that it fails now.
    Passed {
        /// When it first did.
        first: Timestamp,
    },
    /// Its check has passed, and fails now.
    Regressed {
        /// When it first passed.
        first: Timestamp,
        /// When it was first seen failing.
        since: Timestamp,
    },
    /// Marked as done by hand.
    MarkedDone {
        /// When.
        at: Timestamp,
    },
    /// Marked as skipped by hand.
    Skipped {
        /// When.
        at: Timestamp,
    },
}

impl Standing {
    /// Whether the step counts as completed. A regressed or a skipped one does not.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Passed { .. } | Self::MarkedDone { .. })
    }
}

/// How many of some steps are done, of those that apply. The pages count alike (`count` in `book/theme/lessons.js`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many are done.
    pub done: usize,
    /// How many there are without those that do not apply to this machine.
    pub total: usize,
}

impl Progress {
    /// How many of these steps are done. A step that does not apply is neither done nor open: it does not count.
    pub fn tally<'a>(&self, steps: impl IntoIterator<Item = &'a str>) -> Tally {
        let mut tally = Tally::default();
        for id in steps {
            let last = self.step(id).and_then(|step| step.last);
            let applies = last.is_none_or(|last| last.outcome != Outcome::NotApplicable);
            let done = self.standing(id).is_done();
            tally.done += usize::from(done);
            tally.total += usize::from(done || applies);
        }
        tally
    }

    /// What is remembered of a step.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.get(id)
    }

    /// All steps of which something is remembered, by id.
    pub fn steps(&self) -> impl Iterator<Item = (&str, &Step)> {
        self.steps.iter().map(|(id, step)| (id.as_str(), step))
    }

    /// Where the reader is with a step.
    pub fn standing(&self, id: &str) -> Standing {
        self.step(id).map_or(Standing::Open, Step::standing)
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.exercises.is_empty()
    }

    /// When the goal of an exercise was first reached.
    pub fn practised(&self, exercise: &str) -> Option<Timestamp> {
        self.exercises.get(exercise).map(|practised| practised.done)
    }

    /// Remembers that the goal of an exercise is reached; the first time stays.
    pub fn reached(&mut self, exercise: &str, now: Timestamp) {
        self.exercises
            .entry(exercise.to_owned())
            .or_insert_with(|| Practised {
                done: now,
                later: BTreeMap::new(),
            });
    }

    /// Takes in what a run of checks on the live machine said.
    pub fn record<'a>(
        &mut self,
        outcomes: impl IntoIterator<Item = (&'a str, Outcome)>,
        now: Timestamp,
    ) {
        for (id, outcome) in outcomes {
            self.entry(id).record(outcome, now);
        }
    }

    /// Marks a step by hand.
    pub fn mark(&mut self, id: &str, kind: MarkKind, now: Timestamp) {
        self.entry(id).mark = Some(Mark { kind, at: now });
    }

    /// Remembers that hints up to `level`, counted from 1, have been shown.
    pub fn saw_hint(&mut self, id: &str, level: u32) {
        let step = self.entry(id);
        step.hints = step.hints.max(level);
    }

    /// Forgets a step; `false` where nothing was remembered of it.
    pub fn reset(&mut self, id: &str) -> bool {
        self.steps.remove(id).is_some()
    }

    /// Takes in progress made elsewhere. Nothing that either side knows of is lost: the earliest pass, the
    /// latest outcome, the latest mark and the highest hint stay.
    pub fn merge(&mut self, other: Self) {
        for (id, theirs) in other.steps {
            self.steps.entry(id).or_default().merge(theirs);
        }
        for (name, theirs) in other.exercises {
            match self.exercises.get_mut(&name) {
                Some(ours) => ours.merge(theirs),
                None => {
                    self.exercises.insert(name, theirs);
                }
            }
        }
        for (name, value) in other.later {
            self.later.entry(name).or_insert(value);
        }
    }

    fn entry(&mut self, id: &str) -> &mut Step {
        // Not `entry`: it would allocate the id of every step at every check.
        if !self.steps.contains_key(id) {
            self.steps.insert(id.to_owned(), Step::default());
        }
        self.steps
            .get_mut(id)
            .unwrap_or_else(|| unreachable!("it was put there"))
    }
}

impl Practised {
    fn merge(&mut self, theirs: Self) {
        self.done = self.done.min(theirs.done);
        for (name, value) in theirs.later {
            self.later.entry(name).or_insert(value);
        }
    }
}

impl Step {
    fn standing(&self) -> Standing {
        match (self.first_passed, self.regressed, self.mark) {
            (Some(first), Some(since), _) => Standing::Regressed { first, since },
            (Some(first), None, _) => Standing::Passed { first },
            (None, _, Some(mark)) => match mark.kind {
                MarkKind::Done => Standing::MarkedDone { at: mark.at },
                MarkKind::Skipped => Standing::Skipped { at: mark.at },
            },
            (None, _, None) => Standing::Open,
        }
    }

    fn record(&mut self, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Pass => {
                self.first_passed.get_or_insert(now);
                self.regressed = None;
            }
            Outcome::Fail if self.first_passed.is_some() => {
                self.regressed.get_or_insert(now);
            }
            // These say nothing about whether the step still holds.
            Outcome::Fail | Outcome::Blocked | Outcome::NotApplicable | Outcome::Unknown => {}
        }
        let same_look = self.last.is_some_and(|last| {
            let age = now.duration_since(last.at);
            last.outcome == outcome && age < SAME_LOOK && !age.is_negative()
        });
        if !same_look {
            self.last = Some(Seen { outcome, at: now });
        }
    }

    fn merge(&mut self, theirs: Self) {
        self.first_passed = match (self.first_passed, theirs.first_passed) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        if theirs.last.map(|seen| seen.at) > self.last.map(|seen| seen.at) {
            self.last = theirs.last;
            self.regressed = theirs.regressed;
        }
        if theirs.mark.map(|mark| mark.at) > self.mark.map(|mark| mark.at) {
            self.mark = theirs.mark;
        }
        self.hints = self.hints.max(theirs.hints);
        for (name, value) in theirs.later {
            self.later.entry(name).or_insert(value);
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const STEP: &str = "driver.installed";

    fn recorded(outcomes: &[(&str, Outcome)]) -> Progress {
        let mut progress = Progress::default();
        for (time, outcome) in outcomes {
            progress.record([(STEP, *outcome)], at(time));
        }
        progress
    }

    #[test]
    fn what_does_not_apply_is_not_counted() {
        let mut progress = Progress::default();
        let now = at("2026-01-01T00:00:00Z");
        let said = [
            ("a", Outcome::Pass),
            ("b", Outcome::Fail),
            ("c", Outcome::NotApplicable),
            ("d", Outcome::Unknown),
            ("e", Outcome::Pass),
            ("f", Outcome::NotApplicable),
        ];
        progress.record(said, now);
        progress.mark("d", MarkKind::Done, now);
        progress.mark("f", MarkKind::Done, now);
        progress.mark("g", MarkKind::Skipped, now);
        progress.record([("e", Outcome::Fail)], now);
        let all = ["a", "b", "c", "d", "e", "f", "g", "h"];
        // Done are a, d and f; c does not count; nothing is known of h.
        assert_eq!(progress.tally(all), Tally { done: 3, total: 7 });
        assert_eq!(progress.tally([]), Tally::default());
    }

    #[test]
    fn the_first_pass_stays() {
        let progress = recorded(&[
            ("2026-01-01T00:00:00Z", Outcome::Fail),
            ("2026-01-02T00:00:00Z", Outcome::Pass),
            ("2026-01-03T00:00:00Z", Outcome::Pass),
            ("2026-01-04T00:00:00Z", Outcome::Unknown),
            ("2026-01-05T00:00:00Z", Outcome::Blocked),
        ]);
        let first = at("2026-01-02T00:00:00Z");
        assert_eq!(progress.standing(STEP), Standing::Passed { first });
        assert!(progress.standing(STEP).is_done());
        assert_eq!(
            progress.step(STEP).unwrap().last,
            Some(Seen {
                outcome: Outcome::Blocked,
                at: at("2026-01-05T00:00:00Z")
            })
        );
    }

    #[test]
    fn a_step_that_fails_after_it_passed_is_regressed_until_it_passes_again() {
        let mut progress = recorded(&[
            ("2026-01-02T00:00:00Z", Outcome::Pass),
            ("2026-01-03T00:00:00Z", Outcome::Fail),
            ("2026-01-04T00:00:00Z", Outcome::Unknown),
            ("2026-01-05T00:00:00Z", Outcome::Fail),
        ]);
        let first = at("2026-01-02T00:00:00Z");
        let since = at("2026-01-03T00:00:00Z");
        assert_eq!(
            progress.standing(STEP),
            Standing::Regressed { first, since }
        );
        assert!(!progress.standing(STEP).is_done());
        progress.record([(STEP, Outcome::Pass)], at("2026-01-06T00:00:00Z"));
        assert_eq!(progress.standing(STEP), Standing::Passed { first });
    }

    #[test]
    fn a_step_that_never_passed_is_not_regressed() {
        let progress = recorded(&[("2026-01-02T00:00:00Z", Outcome::Fail)]);
        assert_eq!(progress.standing(STEP), Standing::Open);
    }

    #[test]
    fn skipped_is_not_done_and_a_pass_outranks_both() {
        let mut progress = Progress::default();
        let day = at("2026-01-01T00:00:00Z");
        progress.mark(STEP, MarkKind::Skipped, day);
        assert_eq!(progress.standing(STEP), Standing::Skipped { at: day });
        assert!(!progress.standing(STEP).is_done());
        progress.mark(STEP, MarkKind::Done, day);
        assert_eq!(progress.standing(STEP), Standing::MarkedDone { at: day });
        assert!(progress.standing(STEP).is_done());
        progress.record([(STEP, Outcome::Pass)], day);
        assert_eq!(progress.standing(STEP), Standing::Passed { first: day });
    }

    #[test]
    fn looking_again_within_the_hour_changes_nothing() {
        let once = recorded(&[("2026-01-01T00:00:00Z", Outcome::Pass)]);
        let again = recorded(&[
            ("2026-01-01T00:00:00Z", Outcome::Pass),
            ("2026-01-01T00:59:59Z", Outcome::Pass),
        ]);
        assert_eq!(once, again);
        let later = recorded(&[
            ("2026-01-01T00:00:00Z", Outcome::Pass),
            ("2026-01-01T01:00:00Z", Outcome::Pass),
        ]);
        assert_eq!(
            later.step(STEP).unwrap().last.unwrap().at,
            at("2026-01-01T01:00:00Z")
        );
        // A clock that was set back must not leave a date in the future standing.
        let back = recorded(&[
            ("2026-01-02T00:00:00Z", Outcome::Pass),
            ("2026-01-01T00:00:00Z", Outcome::Pass),
        ]);
        assert_eq!(
            back.step(STEP).unwrap().last.unwrap().at,
            at("2026-01-01T00:00:00Z")
        );
    }

    #[test]
    fn an_exercise_is_done_when_it_was_first() {
        let mut ours = Progress::default();
        ours.reached("find-nvcc", at("2026-01-02T00:00:00Z"));
        ours.reached("find-nvcc", at("2026-01-03T00:00:00Z"));
        assert!(!ours.is_empty());
        assert_eq!(
            ours.practised("find-nvcc"),
            Some(at("2026-01-02T00:00:00Z"))
        );
        let mut theirs = Progress::default();
        theirs.reached("find-nvcc", at("2026-01-01T00:00:00Z"));
        theirs.reached("another", at("2026-01-01T00:00:00Z"));
        ours.merge(theirs);
        assert_eq!(
            ours.practised("find-nvcc"),
            Some(at("2026-01-01T00:00:00Z"))
        );
        assert!(ours.practised("another").is_some());
        let read = Progress::from_json(ours.to_json().as_bytes()).unwrap();
        assert_eq!(read, ours);
    }

    #[test]
    fn reset_forgets() {
        let mut progress = recorded(&[("2026-01-01T00:00:00Z", Outcome::Pass)]);
        assert!(progress.reset(STEP));
        assert!(!progress.reset(STEP));
        assert!(progress.is_empty());
    }

    #[test]
    fn merging_loses_nothing_and_can_be_repeated() {
        let mut ours = recorded(&[
            ("2026-01-05T00:00:00Z", Outcome::Pass),
            ("2026-01-06T00:00:00Z", Outcome::Fail),
        ]);
        ours.mark("smi.runs", MarkKind::Done, at("2026-01-02T00:00:00Z"));
        ours.saw_hint(STEP, 2);
        let mut theirs = recorded(&[("2026-01-01T00:00:00Z", Outcome::Pass)]);
        theirs.mark("smi.runs", MarkKind::Skipped, at("2026-01-01T00:00:00Z"));
        theirs.mark(
            "torch.python",
            MarkKind::Skipped,
            at("2026-01-01T00:00:00Z"),
        );
        theirs.saw_hint(STEP, 1);

        let mut merged = ours.clone();
        merged.merge(theirs.clone());
        assert_eq!(
            merged.standing(STEP),
            Standing::Regressed {
                first: at("2026-01-01T00:00:00Z"),
                since: at("2026-01-06T00:00:00Z")
            }
        );
        assert!(matches!(
            merged.standing("smi.runs"),
            Standing::MarkedDone { .. }
        ));
        assert!(matches!(
            merged.standing("torch.python"),
            Standing::Skipped { .. }
        ));
        assert_eq!(merged.step(STEP).unwrap().hints, 2);

        let mut repeated = merged.clone();
        repeated.merge(theirs.clone());
        assert_eq!(repeated, merged);
        let mut other_way = theirs;
        other_way.merge(ours);
        assert_eq!(other_way, merged);
    }
}
