//! What holds for all exercises together; the engine's own tests play each of them.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the book's chapters; the engine itself reads no file"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lessons_engine::practice::exercise;
use lessons_engine::steps::Lesson;

#[test]
fn each_chapter_names_the_exercises_of_its_lesson() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
    for lesson in Lesson::ALL.map(Lesson::id) {
        let chapter = fs::read_to_string(book.join(lesson).with_extension("md")).unwrap();
        let named: BTreeSet<&str> = chapter
            .lines()
            .filter_map(|line| line.strip_prefix("lessons practice "))
            .filter_map(|rest| rest.split_whitespace().next())
            .collect();
        let all = exercise::all();
        let there: BTreeSet<&str> = all
            .iter()
            .filter(|exercise| exercise.lesson == lesson)
            .map(|exercise| exercise.name.as_str())
            .collect();
        assert_eq!(named, there, "{lesson}.md and exercises/{lesson}");
        assert!(there.len() >= 4, "{lesson}: {there:?}");
    }
}

#[test]
fn hints_come_in_levels_and_no_two_are_the_same() {
    for exercise in exercise::all() {
        let different: BTreeSet<&String> = exercise.hints.iter().collect();
        assert!(different.len() >= 3, "{}", exercise.name);
        assert!(
            exercise.hints.iter().all(|hint| !hint.trim().is_empty()),
            "{}",
            exercise.name
        );
    }
}
