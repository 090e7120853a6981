//! Exercises: a machine with a story, and a goal to reach.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::bundled;
use crate::facts::Facts;
use crate::finding::Outcome;
use crate::recording::Recording;
use crate::report::Report;
use crate::steps::{self, Lesson, Step};

use super::machine::PracticeMachine;
use super::outside::{Lessons, Outside, Script};
use super::script;
use super::session::{Played, Session};

/// The format that this engine reads.
pub const FORMAT: &str = "lessons-exercise/1";

/// The time at which every practice begins, in seconds since 1970: a script gives the same transcript every time.
pub const BEGINS: i64 = 1_795_561_832;

/// Each exercise's name and its JSON.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/exercises.rs"));

/// An exercise. Its JSON is described by `exercises/exercise.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// [`FORMAT`].
    pub format: String,
    /// A short name, as of its file.
    pub name: String,
    /// One line for a list.
    pub title: String,
    /// The lesson that it belongs to, by its id.
    pub lesson: String,
    /// How hard it is.
    pub level: Level,
    /// The bundled recording that it begins as.
    pub machine: String,
    /// What the reader is told, in paragraphs.
    pub story: Vec<String>,
    /// How the machine differs from the recording.
    #[serde(default, skip_serializing_if = "World::is_as_recorded")]
    pub world: World,
    /// Command lines that were typed before the story begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// What has to be reached.
    pub goal: Goal,
    /// Hints, from a nudge to the answer.
    pub hints: Vec<String>,
    /// Command lines that reach the goal.
    pub solution: Vec<String>,
    /// Plausible ways that do not.
    pub wrong: Vec<Wrong>,
}

/// How hard an exercise is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// One thing to do, as the chapter says.
    Easy,
    /// Something to find out first.
    Medium,
    /// A cause behind the cause.
    Hard,
    /// Several faults at once.
    OnCall,
}

/// How an exercise's machine differs from its recording.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The network is not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_network: bool,
    /// So many MiB of the disk are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_free_mib: Option<u64>,
}

impl World {
    fn is_as_recorded(&self) -> bool {
        *self == Self::default()
    }
}

/// What has to be reached: all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Steps whose checks have to pass (or not to apply), by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Command lines that have to end so, in a new login shell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Probe>,
}

/// A command line that shows whether a state is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// What is typed.
    pub run: String,
    /// What has to be in what it prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prints: Option<String>,
    /// What must not be in what it prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prints_not: Option<String>,
    /// How it has to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// What that means, for the reader.
    pub means: String,
}

/// A plausible way that does not reach the goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// Why somebody would go it.
    pub why: String,
    /// The command lines.
    pub commands: Vec<String>,
    /// What is printed on the way, somewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prints: Vec<String>,
    /// What the checks say at its end.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, Outcome>,
}

/// Something to practise on: an exercise, or a bundled machine by itself.
#[derive(Debug, Clone)]
pub enum Practice {
    /// An exercise.
    Exercise(Box<Exercise>),
    /// A machine without a story; its goal is that of its lesson, or of all lessons.
    Machine(Box<Recording>),
}

/// Why something cannot be practised on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPractice {
    /// There is no exercise and no machine of this name.
    #[error("there is no exercise and no machine of this name")]
    Unknown,
    /// It is no Linux machine.
    #[error("its shell is not played: practice machines run Linux")]
    NotLinux,
    /// It cannot be read.
    #[error("{0}")]
    Damaged(String),
}

/// How far the goal is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Whether all of it is.
    pub all: bool,
    /// What the checks of the goal's steps say.
    pub steps: Vec<(&'static str, Outcome)>,
    /// What the goal's command lines have to show, and whether they do.
    pub shown: Vec<(String, bool)>,
}

/// The names of all exercises, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// An exercise by its name.
pub fn find(name: &str) -> Option<Result<Exercise, String>> {
    let (_, json) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(Exercise::from_slice(json))
}

/// All exercises, in the order of lessons and levels.
pub fn all() -> Vec<Exercise> {
    let mut all: Vec<Exercise> = names().filter_map(|name| find(name)?.ok()).collect();
    let place = |lesson: &str| Lesson::ALL.iter().position(|known| known.id() == lesson);
    all.sort_by_key(|exercise| {
        (
            place(&exercise.lesson),
            exercise.level,
            exercise.name.clone(),
        )
    });
    all
}

impl Exercise {
    /// Reads an exercise from the bytes of a file.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, String> {
        let exercise: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if exercise.format == FORMAT {
            Ok(exercise)
        } else {
            Err(format!(
                "its format is {:?}; this version reads {FORMAT:?}",
                exercise.format
            ))
        }
    }
}

impl Practice {
    /// What has a name.
    pub fn find(name: &str) -> Result<Self, NoPractice> {
        if let Some(exercise) = find(name) {
            return exercise
                .map(|exercise| Self::Exercise(Box::new(exercise)))
                .map_err(NoPractice::Damaged);
        }
        let recording = recording(name)?;
        Ok(Self::Machine(Box::new(recording)))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Exercise(exercise) => &exercise.name,
            Self::Machine(recording) => &recording.name,
        }
    }

    /// What has to be reached.
    pub fn goal(&self) -> Goal {
        match self {
            Self::Exercise(exercise) => exercise.goal.clone(),
            Self::Machine(recording) => {
                let of_lesson = recording.lesson.as_deref().and_then(Lesson::find);
                let steps = steps::all()
                    .filter(|step| step.required)
                    .filter(|step| of_lesson.is_none_or(|lesson| step.lesson == lesson))
                    .map(|step| step.id.to_owned())
                    .collect();
                Goal {
                    steps,
                    commands: Vec::new(),
                }
            }
        }
    }

    /// Its machine, at its start.
    pub fn machine(&self) -> Result<PracticeMachine, NoPractice> {
        let (recording, world, before) = match self {
            Self::Exercise(exercise) => (
                recording(&exercise.machine)?,
                exercise.world,
                exercise.before.as_slice(),
            ),
            Self::Machine(recording) => (
                recording.as_ref().clone(),
                World::default(),
                Default::default(),
            ),
        };
        let mut machine = PracticeMachine::new(recording, BEGINS);
        if !before.is_empty() {
            let lines = Rc::new(std::cell::RefCell::new(
                before.iter().cloned().collect::<VecDeque<_>>(),
            ));
            let outside = Script::new(Rc::clone(&lines), None);
            let mut session = Session::new(machine, Box::new(outside));
            script::play(&mut session, &lines);
            machine = session.machine();
            machine.clock = BEGINS + 3600;
        }
        if world.no_network {
            machine.state.network = false;
        }
        if let Some(free) = world.disk_free_mib {
            machine.disk = machine.disk_used().saturating_add(free << 20);
        }
        Ok(machine)
    }

    /// A session on its machine, at its start.
    pub fn session(&self, outside: Box<dyn Outside>) -> Result<Session, NoPractice> {
        Ok(Session::new(self.machine()?, outside))
    }

    /// Plays command lines on its machine, from its start.
    pub fn play(
        &self,
        lines: impl IntoIterator<Item = String>,
        lessons: Option<Lessons>,
    ) -> Result<(Vec<Played>, Session), NoPractice> {
        let lines = Rc::new(std::cell::RefCell::new(lines.into_iter().collect()));
        let outside = Script::new(Rc::clone(&lines), lessons);
        let mut session = self.session(Box::new(outside))?;
        let transcript = script::play(&mut session, &lines);
        Ok((transcript, session))
    }
}

impl Goal {
    /// How far a machine has reached it.
    pub fn reached(&self, machine: &PracticeMachine) -> Reached {
        let wanted: Vec<&'static Step> =
            self.steps.iter().filter_map(|id| steps::find(id)).collect();
        let facts = Facts::new(machine);
        let report = Report::of(&facts, wanted.iter().copied());
        let steps: Vec<(&'static str, Outcome)> = wanted
            .into_iter()
            .filter_map(|step| {
                let checked = report
                    .steps
                    .iter()
                    .find(|checked| checked.step.id == step.id)?;
                Some((step.id, checked.finding.outcome))
            })
            .collect();
        let shown: Vec<(String, bool)> = self
            .commands
            .iter()
            .map(|probe| (probe.means.clone(), probe.holds(machine)))
            .collect();
        let passes = |outcome: Outcome| matches!(outcome, Outcome::Pass | Outcome::NotApplicable);
        Reached {
            all: steps.len() == self.steps.len()
                && steps.iter().all(|(_, outcome)| passes(*outcome))
                && shown.iter().all(|(_, is)| *is),
            steps,
            shown,
        }
    }
}

impl Probe {
    fn holds(&self, machine: &PracticeMachine) -> bool {
        let mut session = Session::new(machine.clone(), Box::new(Script::default()));
        session.log_in();
        let played = session.run(&self.run);
        let printed: String = played
            .printed
            .iter()
            .map(|(_, text)| text.as_str())
            .collect();
        self.exit.is_none_or(|exit| played.exit == exit)
            && self
                .prints
                .as_ref()
                .is_none_or(|text| printed.contains(text.as_str()))
            && self
                .prints_not
                .as_ref()
                .is_none_or(|text| !printed.contains(text.as_str()))
    }
}

fn recording(name: &str) -> Result<Recording, NoPractice> {
    let recording = bundled::recording(name)
        .ok_or(NoPractice::Unknown)?
        .map_err(|error| NoPractice::Damaged(error.to_string()))?;
    if recording.platform.os == "linux" {
        Ok(recording)
    } else {
        Err(NoPractice::NotLinux)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exercise_is_whole() {
        for name in names() {
            let exercise = find(name)
                .unwrap()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(exercise.name, name);
            assert!(
                Lesson::find(&exercise.lesson).is_some(),
                "{name}: no such lesson"
            );
            assert!(
                !exercise.story.is_empty() && !exercise.hints.is_empty(),
                "{name}"
            );
            assert!(exercise.wrong.len() >= 2, "{name}: two wrong ways at least");
            assert!(
                !exercise.goal.steps.is_empty() || !exercise.goal.commands.is_empty(),
                "{name} has no goal"
            );
            for step in exercise
                .goal
                .steps
                .iter()
                .chain(exercise.wrong.iter().flat_map(|wrong| wrong.steps.keys()))
            {
                assert!(steps::find(step).is_some(), "{name}: no step {step}");
            }
            assert!(bundled::json(name).is_none(), "{name} is also a machine");
        }
    }

    #[test]
    fn solutions_reach_their_goal_and_wrong_ways_end_as_in_life() {
        let mut problems = Vec::new();
        for exercise in all() {
            let name = exercise.name.clone();
            let practice = Practice::Exercise(Box::new(exercise.clone()));
            let start = practice.machine().unwrap();
            if exercise.goal.reached(&start).all {
                problems.push(format!("{name}: the goal is reached at the start"));
            }
            let (transcript, session) = practice.play(exercise.solution.clone(), None).unwrap();
            let reached = exercise.goal.reached(&session.machine());
            if !reached.all {
                problems.push(format!(
                    "{name}: the solution does not reach the goal: {reached:?}\n{}",
                    shown(&transcript)
                ));
            }
            for wrong in &exercise.wrong {
                let (transcript, session) = practice.play(wrong.commands.clone(), None).unwrap();
                let text = shown(&transcript);
                let machine = session.machine();
                if exercise.goal.reached(&machine).all {
                    problems.push(format!(
                        "{name}: this reaches the goal: {:?}",
                        wrong.commands
                    ));
                }
                for part in &wrong.prints {
                    if !text.contains(part.as_str()) {
                        problems.push(format!(
                            "{name}: {part:?} is not printed by {:?}:\n{text}",
                            wrong.commands
                        ));
                    }
                }
                let report = Report::of_all(&Facts::new(&machine)).steps;
                for (step, outcome) in &wrong.steps {
                    let is = report
                        .iter()
                        .find(|checked| checked.step.id == step)
                        .unwrap();
                    if is.finding.outcome != *outcome {
                        problems.push(format!(
                            "{name}: after {:?}, {step} is {:?} and not {outcome:?}",
                            wrong.commands, is.finding.outcome
                        ));
                    }
                }
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    fn shown(transcript: &[Played]) -> String {
        let mut text = String::new();
        for played in transcript {
            text.push_str(&format!("$ {}\n", played.command));
            for (_, part) in &played.printed {
                text.push_str(part);
            }
        }
        text
    }

    #[test]
    fn a_script_gives_the_same_transcript_every_time() {
        let practice = Practice::find("ubuntu-fresh-nouveau").unwrap();
        let lines = [
            "date",
            "echo $RANDOM",
            "mktemp",
            "ls -la /",
            "sleep 5",
            "date",
        ];
        let play = || {
            let (transcript, _) = practice
                .play(lines.iter().map(|&line| line.to_owned()), None)
                .unwrap();
            transcript
        };
        assert_eq!(play(), play());
    }
}
