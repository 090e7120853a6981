//! A question with its choices. What is right is decided choice by choice, so that no second right answer slips in
//! among the wrong ones.

use super::dice::Dice;
use crate::finding::Message;
use crate::steps;
use crate::texts::Texts;

/// A question with one right answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is asked.
    pub ask: Message,
    /// The recorded machine that it is about, if it is about one.
    pub machine: Option<String>,
    /// An output to look at, as the tool prints it.
    pub shown: Option<String>,
    /// What may be answered.
    pub choices: Vec<Phrase>,
    /// The place of the right answer.
    pub right: usize,
    /// Why it is right.
    pub why: Vec<Phrase>,
    /// The step that teaches it.
    pub step: &'static str,
}

/// What a choice or an explanation says.
#[derive(Debug, Clone, PartialEq)]
pub enum Phrase {
    /// A value as tools print it; it is not translated.
    Value(String),
    /// A sentence.
    Text(Message),
    /// The title of a step.
    Title(&'static str),
    /// What the check of a step says.
    Finding(&'static str, Message),
}

impl Phrase {
    /// The phrase in a language, on one line.
    pub fn shown(&self, texts: &Texts) -> String {
        match self {
            Self::Value(value) => value.clone(),
            Self::Text(message) => texts.sentence(message),
            Self::Title(id) => {
                steps::find(id).map_or_else(|| (*id).to_owned(), |step| texts.title(step))
            }
            Self::Finding(id, message) => steps::find(id).map_or_else(
                || (*id).to_owned(),
                |step| texts.message(step, message).replace('\n', " "),
            ),
        }
    }
}

/// The most answers to choose from.
const MOST: usize = 4;

/// A question that is being made.
#[derive(Debug)]
pub(super) struct Draft {
    question: Question,
    right: Vec<Phrase>,
    wrong: Vec<Phrase>,
}

impl Draft {
    pub(super) fn new(step: &'static str, ask: Message) -> Self {
        Self {
            question: Question {
                ask,
                machine: None,
                shown: None,
                choices: Vec::new(),
                right: 0,
                why: Vec::new(),
                step,
            },
            right: Vec::new(),
            wrong: Vec::new(),
        }
    }

    pub(super) fn machine(mut self, name: &str) -> Self {
        self.question.machine = Some(name.to_owned());
        self
    }

    pub(super) fn shown(mut self, output: impl Into<String>) -> Self {
        self.question.shown = Some(output.into());
        self
    }

    pub(super) fn why(self, why: Message) -> Self {
        self.explain(Phrase::Text(why))
    }

    pub(super) fn explain(mut self, why: Phrase) -> Self {
        self.question.why.push(why);
        self
    }

    /// One more answer to choose, and whether it is right.
    pub(super) fn choice(mut self, choice: Phrase, is_right: bool) -> Self {
        if is_right {
            self.right.push(choice);
        } else {
            self.wrong.push(choice);
        }
        self
    }

    pub(super) fn value(self, value: &impl ToString, is_right: bool) -> Self {
        self.choice(Phrase::Value(value.to_string()), is_right)
    }

    pub(super) fn text(self, text: Message, is_right: bool) -> Self {
        self.choice(Phrase::Text(text), is_right)
    }

    /// Values to choose from, each judged by itself. There is no question where one of them cannot be judged.
    pub(super) fn values<T: ToString>(
        mut self,
        values: impl IntoIterator<Item = T>,
        judge: impl Fn(&T) -> bool,
    ) -> Self {
        for value in values {
            let is_right = judge(&value);
            self = self.value(&value, is_right);
        }
        self
    }

    /// The question with one right answer among wrong ones, in any order; none where there is no right or no wrong one.
    pub(super) fn ask(mut self, dice: &mut Dice) -> Option<Question> {
        let right = dice.pick(&self.right)?.clone();
        dice.shuffle(&mut self.wrong);
        let mut choices = vec![right.clone()];
        for wrong in self.wrong {
            if choices.len() < MOST && !choices.contains(&wrong) && !self.right.contains(&wrong) {
                choices.push(wrong);
            }
        }
        if choices.len() < 2 {
            return None;
        }
        dice.shuffle(&mut choices);
        self.question.right = choices.iter().position(|choice| *choice == right)?;
        self.question.choices = choices;
        Some(self.question)
    }
}
