//! Symptoms: the sentences that people see when something is wrong, and the causes that each can have.
//!
//! A sentence never decides. It leads to causes, and the checks on facts say which of them holds: see [`crate::why`].
//! The table `data/symptoms.json` is the one list of symptoms; the book's page on troubleshooting has a section for each.

mod letters;
mod near;
mod recognise;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::finding::{Finding, TextId};
use crate::steps::{self, Step};

pub use recognise::{Likeness, Near, Recognised, Seen, recognise};

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/symptoms.json"))
        .unwrap_or_else(|error| unreachable!("a test reads the table of symptoms: {error}"))
});

#[derive(Deserialize)]
struct Table {
    as_of: String,
    symptoms: Vec<Symptom>,
    causes: Vec<Cause>,
    /// How shells say that there is no program of a name, in the languages that people have.
    no_such_program: Vec<String>,
    /// What the C library says of an error, and how it says so in other languages.
    translated: BTreeMap<String, Vec<String>>,
}

/// What people see.
#[derive(Debug, Deserialize)]
pub struct Symptom {
    /// Its name, and that of its section in the book: `driver-library-version-mismatch`.
    pub id: String,
    /// The sentences, as programs print them. Digits and everything else that is no letter do not matter, and `*`
    /// stands for a few words.
    pub says: Vec<String>,
    /// The program that a shell does not find.
    #[serde(default)]
    pub no_such_program: Option<String>,
    /// How people ask for it who do not paste the sentence.
    #[serde(default)]
    pub asked: Vec<String>,
    /// The ids of the causes that it can have, the most usual first.
    pub causes: Vec<String>,
    /// Where the sentences were seen.
    pub source: String,
    /// How well that is known.
    pub status: String,
}

/// Why it is so.
#[derive(Debug, Deserialize)]
pub struct Cause {
    /// Its name.
    pub id: String,
    /// The step whose check tells it, and the texts of the findings that say so; none where no check can see it.
    #[serde(default)]
    pub told_by: Vec<ToldBy>,
    /// A command that shows more, where no check can see it.
    #[serde(default)]
    pub run: Option<String>,
}

/// What tells a cause.
#[derive(Debug, Deserialize)]
pub struct ToldBy {
    /// The step's id.
    pub step: String,
    /// The texts of its findings that say that the cause holds.
    pub says: Vec<String>,
}

/// The page of the book with a section for each symptom.
pub const PAGE: &str = "troubleshooting.html";

/// Every symptom, in the order of the book.
pub fn all() -> impl Iterator<Item = &'static Symptom> {
    TABLE.symptoms.iter()
}

/// The symptom with an id.
pub fn find(id: &str) -> Option<&'static Symptom> {
    all().find(|symptom| symptom.id == id)
}

/// Every cause.
pub fn causes() -> impl Iterator<Item = &'static Cause> {
    TABLE.causes.iter()
}

/// The day on which the table was last looked through.
pub fn as_of() -> &'static str {
    &TABLE.as_of
}

impl Symptom {
    /// The causes that it can have, the most usual first.
    pub fn causes(&self) -> impl Iterator<Item = &'static Cause> {
        self.causes
            .iter()
            .filter_map(|id| causes().find(|cause| cause.id == *id))
    }

    /// Page and place in the book: `troubleshooting.html#no-pubkey`.
    pub fn book(&self) -> String {
        format!("{PAGE}#{}", self.id)
    }

    /// The Fluent message that names it.
    pub fn title_id(&self) -> String {
        format!("symptom-{}", self.id)
    }

    /// Its sentences in other languages, where they end in words of the C library.
    fn translated(&self) -> impl Iterator<Item = String> {
        self.says.iter().flat_map(|sentence| {
            TABLE
                .translated
                .iter()
                .filter_map(move |(words, others)| {
                    let at = sentence.find(words.as_str())?;
                    Some(others.iter().map(move |other| {
                        let after = &sentence[at + words.len()..];
                        format!("{}{other}{after}", &sentence[..at])
                    }))
                })
                .flatten()
        })
    }

    /// Every sentence, those of shells that do not find its program included.
    fn sentences(&self) -> impl Iterator<Item = String> {
        let shells = self.no_such_program.iter().flat_map(|program| {
            TABLE
                .no_such_program
                .iter()
                .map(move |sentence| sentence.replace("{program}", program))
        });
        self.says.iter().cloned().chain(shells)
    }
}

impl Cause {
    /// The Fluent message that says it.
    pub fn text_id(&self) -> String {
        format!("cause-{}", self.id)
    }

    /// The Fluent message that says what to do, for a cause that no check sees.
    pub fn advice_id(&self) -> String {
        format!("cause-{}-do", self.id)
    }

    /// The steps whose checks tell it, each once.
    pub fn steps(&self) -> impl Iterator<Item = &'static Step> {
        self.told_by
            .iter()
            .filter_map(|told| steps::find(&told.step))
    }

    /// Whether a step's finding says that it holds.
    pub fn is_told_by(&self, step: &Step, finding: &Finding) -> bool {
        let (TextId::OfStep(text) | TextId::Shared(text)) = finding.summary.text;
        self.told_by
            .iter()
            .any(|told| told.step == step.id && told.says.iter().any(|says| says == text))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::texts::{MISSING, Texts};

    #[test]
    fn the_table_agrees_with_the_steps_and_the_texts() {
        let texts = Texts::english();
        // Texts that any step may have, and not only one.
        let shared = Texts::ids("shared");
        let mut ids = HashSet::new();
        for symptom in all() {
            assert!(ids.insert(&symptom.id), "{} is there twice", symptom.id);
            assert!(!texts.shared(&symptom.title_id(), &[]).contains(MISSING));
            assert_eq!(
                symptom.causes().count(),
                symptom.causes.len(),
                "{}",
                symptom.id
            );
            assert!(!symptom.source.is_empty() && !symptom.status.is_empty());
        }
        let used: HashSet<&str> = all()
            .flat_map(|symptom| symptom.causes.iter().map(String::as_str))
            .collect();
        for cause in causes() {
            assert!(
                used.contains(cause.id.as_str()),
                "no symptom has {}",
                cause.id
            );
            assert!(
                !texts.shared(&cause.text_id(), &[]).contains(MISSING),
                "{}",
                cause.id
            );
            let advice = texts.shared(&cause.advice_id(), &[]);
            assert_eq!(
                cause.told_by.is_empty(),
                !advice.contains(MISSING),
                "{}",
                cause.id
            );
            for told in &cause.told_by {
                let step = steps::find(&told.step).unwrap();
                for text in &told.says {
                    let is_there = texts.has(step, text) || shared.contains(text);
                    assert!(is_there, "{}: {} has no .{text}", cause.id, step.id);
                }
            }
        }
    }
}
