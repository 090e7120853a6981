//! Quizzes: over many seeds every question has one right answer, and where it can be worked out again from what is
//! shown, by other means, it is the same.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use lessons_engine::bundled;
use lessons_engine::quiz::{QuestionDocument, Quiz, kinds};
use lessons_engine::steps::{self, Lesson};
use lessons_engine::texts::{MISSING, Texts};
use proptest::prelude::*;

fn questions(seed: u64, lesson: Option<Lesson>, count: usize) -> Vec<QuestionDocument> {
    Quiz::draw(seed, lesson, count)
        .document(&Texts::english())
        .questions
}

#[test]
fn there_are_kinds_enough_and_each_can_be_asked() {
    assert!(kinds(None).len() >= 20);
    let mut ids = BTreeSet::new();
    for lesson in Lesson::ALL {
        let all = kinds(Some(lesson));
        assert!(all.len() >= 2, "{lesson}");
        for kind in &all {
            assert_eq!(kind.lesson(), Some(lesson));
            assert!(ids.insert(kind.id), "{} is there twice", kind.id);
        }
        // Of a round, every kind comes.
        let asked = questions(11, Some(lesson), all.len());
        let kinds: BTreeSet<&str> = asked.iter().map(|question| question.kind).collect();
        assert_eq!(kinds.len(), all.len(), "{lesson}: {kinds:?}");
    }
}

#[test]
fn a_seed_repeats_a_quiz_and_another_makes_another() {
    let of = |seed| serde_json::to_string(&questions(seed, None, 30)).unwrap();
    assert_eq!(of(4), of(4));
    assert_ne!(of(4), of(5));
}

/// The rows of a drawn table, by its own columns: index, watts drawn, watts allowed, MiB used, MiB in all.
fn rows(table: &str) -> Vec<[u64; 5]> {
    let number = |text: &str| -> u64 {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    let lines: Vec<&str> = table.lines().collect();
    lines
        .windows(2)
        .filter(|pair| pair[0].contains(":00.0") || pair[0].contains("0000"))
        .filter(|pair| pair[1].contains("MiB /"))
        .map(|pair| {
            let cells: Vec<&str> = pair[1].split('|').collect();
            let (power, memory) = (cells[1], cells[2]);
            let (left, limit) = power.rsplit_once('/').unwrap();
            let (used, total) = memory.split_once('/').unwrap();
            [
                number(pair[0].split_whitespace().nth(1).unwrap()),
                number(left.split_whitespace().last().unwrap()),
                number(limit),
                number(used),
                number(total),
            ]
        })
        .collect()
}

/// The answer worked out again from what is shown, where that can be done without the engine.
fn again(question: &QuestionDocument) -> Option<String> {
    let shown = question.shown.as_deref().unwrap_or_default();
    match question.kind {
        "smi.most-power" => {
            let rows = rows(shown);
            let most = rows.iter().max_by_key(|row| row[1]).unwrap();
            assert_eq!(rows.iter().filter(|row| row[1] == most[1]).count(), 1);
            Some(format!("GPU {}", most[0]))
        }
        "smi.most-memory-free" => {
            let rows = rows(shown);
            let free = |row: &[u64; 5]| row[4] - row[3];
            let most = rows.iter().max_by_key(|row| free(row)).unwrap();
            assert_eq!(rows.iter().filter(|row| free(row) == free(most)).count(), 1);
            Some(format!("GPU {}", most[0]))
        }
        "smi.watts-left" => {
            let gpu: u64 = question
                .question
                .split_once("GPU ")?
                .1
                .split_whitespace()
                .next()?
                .parse()
                .ok()?;
            let row = rows(shown).into_iter().find(|row| row[0] == gpu)?;
            Some(format!("{} W", row[2] - row[1]))
        }
        "persistence.how-many-on" => {
            let on = shown
                .lines()
                .filter(|line| {
                    line.contains(":00.0")
                        && line.split('|').nth(1).unwrap().trim_end().ends_with("On")
                })
                .count();
            Some(on.to_string())
        }
        "topology.nvlinked" => {
            let cells = shown
                .lines()
                .filter(|line| line.starts_with("GPU"))
                .flat_map(|line| line.split('\t'))
                .filter(|cell| {
                    cell.strip_prefix("NV").is_some_and(|links| {
                        !links.is_empty() && links.bytes().all(|b| b.is_ascii_digit())
                    })
                })
                .count();
            // Every pair stands in the matrix twice.
            Some((cells / 2).to_string())
        }
        "topology.cores" => {
            let gpu = question.question.split_once("GPU")?.1.trim_end_matches('?');
            let header: Vec<&str> = shown.lines().next()?.split('\t').collect();
            let column = header.iter().position(|title| *title == "CPU Affinity")?;
            let row = shown
                .lines()
                .find(|line| line.starts_with(&format!("GPU{gpu}\t")))?;
            Some(row.split('\t').nth(column)?.to_owned())
        }
        _ => None,
    }
}

fn check(question: &QuestionDocument) -> Result<(), TestCaseError> {
    let distinct: BTreeSet<&String> = question.choices.iter().collect();
    prop_assert_eq!(distinct.len(), question.choices.len(), "{:?}", question);
    prop_assert!((2..=4).contains(&question.choices.len()), "{:?}", question);
    prop_assert!(question.answer < question.choices.len());
    prop_assert!(!question.explanation.is_empty(), "{:?}", question);
    prop_assert!(steps::find(question.step).is_some(), "{:?}", question);
    for text in [&question.question]
        .into_iter()
        .chain(&question.choices)
        .chain(&question.explanation)
    {
        prop_assert!(
            !text.trim().is_empty() && !text.contains(MISSING),
            "{:?}",
            question
        );
        prop_assert!(!text.contains(['{', '\n']), "{:?}", question);
    }
    if let Some(machine) = &question.machine {
        prop_assert!(bundled::names().any(|name| name == machine));
    }
    if let Some(answer) = again(question) {
        prop_assert_eq!(
            &question.choices[question.answer],
            &answer,
            "{:?}",
            question
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn every_question_has_one_right_answer(seed in any::<u64>()) {
        for question in questions(seed, None, kinds(None).len()) {
            check(&question)?;
        }
    }
}

/// However often a kind is asked, its right answer does not always stand in the same place.
#[test]
fn the_right_answer_stands_anywhere() {
    let mut places: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for seed in 0..24 {
        for question in questions(seed, None, kinds(None).len()) {
            places
                .entry(question.kind)
                .or_default()
                .insert(question.answer);
        }
    }
    for (kind, places) in places {
        assert!(places.len() > 1, "{kind}: always {places:?}");
    }
}
