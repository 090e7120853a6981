//! Quizzes: questions drawn from the bundled machines and the tables, their answers computed by the same parsers, checks
//! and tables as everything else.
//!
//! A seed decides which questions come and in which order their answers stand, so that a quiz can be repeated.

use std::fmt;

use serde::Serialize;

use crate::steps::{self, Lesson, Step};
use crate::texts::Texts;

mod cuda;
mod dice;
mod driver;
mod persistence;
mod pool;
mod question;
mod smi;
mod topology;
mod torch;

use dice::Dice;
use pool::Pool;
pub use question::{Phrase, Question};

/// A kind of question.
pub struct Kind {
    /// `lesson.kebab-name`.
    pub id: &'static str,
    make: fn(&mut Pool, &mut Dice) -> Option<Question>,
}

impl Kind {
    /// The lesson that it asks about: the first part of its id.
    pub fn lesson(&self) -> Option<Lesson> {
        Lesson::find(self.id.split('.').next()?)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// The kinds of questions, of one lesson or of all.
pub fn kinds(lesson: Option<Lesson>) -> Vec<&'static Kind> {
    Lesson::ALL
        .into_iter()
        .filter(|one| lesson.is_none_or(|lesson| lesson == *one))
        .flat_map(|lesson| match lesson {
            Lesson::Driver => driver::KINDS,
            Lesson::Smi => smi::KINDS,
            Lesson::Persistence => persistence::KINDS,
            Lesson::Topology => topology::KINDS,
            Lesson::Cuda => cuda::KINDS,
            Lesson::Torch => torch::KINDS,
        })
        .collect()
}

/// How often a kind is tried before it is passed over.
const TRIES: usize = 6;

/// Questions that belong together.
#[derive(Debug)]
pub struct Quiz {
    /// What decided on them.
    pub seed: u64,
    /// The lesson that they are about; all where there is none.
    pub lesson: Option<Lesson>,
    /// The questions, each with its kind.
    pub questions: Vec<(&'static Kind, Question)>,
}

impl Quiz {
    /// Draws `count` questions. Every kind comes once before any comes again.
    pub fn draw(seed: u64, lesson: Option<Lesson>, count: usize) -> Self {
        let mut dice = Dice::new(seed);
        let mut pool = Pool::default();
        let mut questions: Vec<(&'static Kind, Question)> = Vec::new();
        loop {
            let mut round = kinds(lesson);
            dice.shuffle(&mut round);
            let before = questions.len();
            for kind in round {
                if questions.len() == count {
                    break;
                }
                // Dice may fall so that two answers are right, or that a question was asked before.
                let question = (0..TRIES).find_map(|_| {
                    (kind.make)(&mut pool, &mut dice)
                        .filter(|new| questions.iter().all(|(_, asked)| asked != new))
                });
                if let Some(question) = question {
                    questions.push((kind, question));
                }
            }
            // A lesson has only so many different questions.
            if questions.len() == count || questions.len() == before {
                break;
            }
        }
        Self {
            seed,
            lesson,
            questions,
        }
    }

    /// The quiz as plain data with its texts: schema `lessons-quiz/1`.
    pub fn document(&self, texts: &Texts) -> Document {
        Document {
            schema: "lessons-quiz/1",
            seed: self.seed,
            lesson: self.lesson.map(Lesson::id),
            questions: self
                .questions
                .iter()
                .map(|(kind, question)| QuestionDocument::of(kind, question, texts))
                .collect(),
        }
    }
}

/// A quiz as `lessons quiz --json` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    schema: &'static str,
    /// What decided on the questions.
    pub seed: u64,
    /// The lesson's id; `null` for all of them.
    pub lesson: Option<&'static str>,
    /// The questions.
    pub questions: Vec<QuestionDocument>,
}

/// One question of a [`Document`].
#[derive(Debug, Clone, Serialize)]
pub struct QuestionDocument {
    /// Which kind it is.
    pub kind: &'static str,
    /// The recorded machine that it is about.
    pub machine: Option<String>,
    /// What is asked.
    pub question: String,
    /// An output to look at.
    pub shown: Option<String>,
    /// What may be answered.
    pub choices: Vec<String>,
    /// The place of the right answer, from 0.
    pub answer: usize,
    /// Why it is right.
    pub explanation: Vec<String>,
    /// The step that teaches it.
    pub step: &'static str,
    /// Page and place in the book.
    pub book: Option<String>,
}

impl QuestionDocument {
    fn of(kind: &Kind, question: &Question, texts: &Texts) -> Self {
        Self {
            kind: kind.id,
            machine: question.machine.clone(),
            question: texts.sentence(&question.ask),
            shown: question.shown.clone(),
            choices: shown(&question.choices, texts),
            answer: question.right,
            explanation: shown(&question.why, texts),
            step: question.step,
            book: steps::find(question.step).map(Step::book),
        }
    }
}

fn shown(phrases: &[Phrase], texts: &Texts) -> Vec<String> {
    phrases.iter().map(|phrase| phrase.shown(texts)).collect()
}

/// A text of `quiz.ftl`.
fn text(id: &'static str) -> crate::finding::Message {
    crate::finding::Message::shared(id)
}

/// The one with the largest measure; none where two share it, since then the question would have two answers.
fn largest<T, M: PartialOrd + Copy>(all: &[T], measure: impl Fn(&T) -> M) -> Option<&T> {
    let first = all.iter().reduce(|best, one| {
        if measure(one) > measure(best) {
            one
        } else {
            best
        }
    })?;
    let most = measure(first);
    (all.iter().filter(|one| measure(one) == most).count() == 1).then_some(first)
}
