//! `lessons dev`: the author's linter, and what brings the tables up to date.

mod refresh;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::civil::Date;
use lessons_engine::bundled;
use lessons_engine::catalogue::Catalogue;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::report::Report;
use lessons_engine::steps::{self, Step};
use lessons_engine::symptoms;
use lessons_engine::tables;
use lessons_engine::texts::{MISSING, Texts};

use crate::cli::{DevAction, LiveArgs};
use crate::{Done, Exit, clock};

/// Steps that are told apart rather than judged: they have nothing to fail.
const TOLD_APART: [&str; 2] = ["smi.cuda-ceiling", "topology.read"];

/// A table that is older than this may be wrong about the world by now.
const FRESH_DAYS: i32 = 120;

pub(super) fn run(action: DevAction, live: &LiveArgs) -> Result<Done> {
    match action {
        DevAction::Check { root } => check(&root),
        DevAction::Refresh(args) => refresh::run(&args, live),
    }
}

fn check(root: &Path) -> Result<Done> {
    let mut problems = Vec::new();
    texts(&mut problems);
    recordings(&mut problems)?;
    chapters(root, &mut problems)?;
    troubleshooting(root, &mut problems)?;
    let mut out = String::new();
    for warning in old_tables()? {
        let _ = writeln!(out, "warning: {warning}");
    }
    for problem in &problems {
        let _ = writeln!(out, "{problem}");
    }
    let _ = writeln!(
        out,
        "{} steps, {} recordings: {} problems",
        steps::all().count(),
        bundled::names().count(),
        problems.len()
    );
    Ok(Done {
        text: out,
        exit: if problems.is_empty() {
            Exit::Good
        } else {
            Exit::Failed
        },
    })
}

/// The tables that nobody has looked at for long. A day that passes must not break a build, so this only warns.
fn old_tables() -> Result<Vec<String>> {
    let today = clock::today()?;
    let dates = tables::all()
        .into_iter()
        .map(|table| (format!("{}.json", table.name), table.as_of))
        .chain([("torch-wheels.tsv".to_owned(), &*Catalogue::bundled().as_of)]);
    let mut old = Vec::new();
    for (file, as_of) in dates {
        let made: Date = as_of
            .parse()
            .with_context(|| format!("the day of {file}, {as_of:?}"))?;
        let age = made.until(today)?.get_days();
        if age > FRESH_DAYS {
            old.push(format!(
                "{file} is of {as_of}, {age} days ago: look again at what it says (lessons dev refresh)"
            ));
        }
    }
    Ok(old)
}

/// Every step has a title, a why, two hints and a summary for a pass.
fn texts(problems: &mut Vec<String>) {
    let texts = Texts::english();
    for step in steps::all() {
        for attribute in ["title", "why"] {
            if !texts.has(step, attribute) {
                problems.push(format!(
                    "{}: no text .{attribute} in texts/en/{}.ftl",
                    step.id, step.lesson
                ));
            }
        }
        let hints = texts.hints(step);
        if hints.len() < 2 {
            problems.push(format!(
                "{}: {} hints; a nudge and the answer make two",
                step.id,
                hints.len()
            ));
        }
        if hints.iter().any(|hint| hint.trim().is_empty()) {
            problems.push(format!("{}: an empty hint", step.id));
        }
        hints_of_branches(step, &texts, problems);
    }
}

/// Hints of a branch belong to a summary that there is, and make two as well.
fn hints_of_branches(step: &Step, texts: &Texts, problems: &mut Vec<String>) {
    for name in texts.attributes(step) {
        let Some((branch, _)) = name
            .strip_prefix("hint-")
            .and_then(|rest| rest.rsplit_once('-'))
        else {
            continue;
        };
        if !texts.has(step, branch) {
            problems.push(format!("{}: .{name}, and there is no .{branch}", step.id));
        }
        if !texts.has(step, &format!("hint-{branch}-2")) {
            problems.push(format!(
                "{}: one hint of .{branch}; two are needed",
                step.id
            ));
        }
    }
}

/// Every step passes on some recording and fails on another, and no report lacks a text.
fn recordings(problems: &mut Vec<String>) -> Result<()> {
    let texts = Texts::english();
    let mut passed = Vec::new();
    let mut failed = Vec::new();
    for name in bundled::names() {
        let recording = bundled::recording(name)
            .context("a bundled recording has gone")?
            .with_context(|| format!("exercises/machines/{name}.json"))?;
        if recording.name != name {
            problems.push(format!(
                "exercises/machines/{name}.json is called {:?} inside",
                recording.name
            ));
        }
        for (field, text) in [("title", &recording.title), ("summary", &recording.summary)] {
            if text.is_empty() {
                problems.push(format!("exercises/machines/{name}.json has no {field}"));
            }
        }
        for checked in Report::of_all(&Facts::new(&recording)).steps {
            let document = checked.document(&texts);
            let shown = [document.summary.as_str(), document.title.as_str()];
            if shown
                .iter()
                .chain(
                    &document
                        .fix
                        .iter()
                        .map(|fix| fix.note.as_str())
                        .collect::<Vec<_>>(),
                )
                .any(|text| text.contains(MISSING))
            {
                problems.push(format!("{} on {name}: {}", document.id, document.summary));
            }
            if matches!(checked.finding.outcome, Outcome::Fail) && checked.finding.fix.is_empty() {
                problems.push(format!(
                    "{} fails on {name} and says nothing to do",
                    document.id
                ));
            }
            match checked.finding.outcome {
                Outcome::Pass => passed.push(document.id),
                Outcome::Fail => failed.push(document.id),
                _ => {}
            }
        }
    }
    for step in steps::all() {
        if !passed.contains(&step.id) {
            problems.push(format!("{}: passes on no recording", step.id));
        }
        if !failed.contains(&step.id) && !TOLD_APART.contains(&step.id) {
            problems.push(format!("{}: fails on no recording", step.id));
        }
    }
    Ok(())
}

/// Every step is taught once, in the chapter of its lesson.
fn chapters(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    for lesson in steps::Lesson::ALL {
        let path = root.join("book/src").join(format!("{lesson}.md"));
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "tried to read the chapter {}; run this in the project's folder, or give --root",
                path.display()
            )
        })?;
        for step in lesson.steps() {
            let directive = format!("{{{{#step {}}}}}", step.id);
            match text.matches(&directive).count() {
                1 => {}
                0 => problems.push(format!(
                    "{}: {} does not teach it ({directive})",
                    step.id,
                    path.display()
                )),
                count => problems.push(format!(
                    "{}: {} teaches it {count} times",
                    step.id,
                    path.display()
                )),
            }
        }
    }
    Ok(())
}

/// The page on troubleshooting has one section a symptom, under its id; `lessons why` finds the symptom by each text that
/// the section shows, and the section lists its causes.
fn troubleshooting(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    let path = root.join("book/src/troubleshooting.md");
    let page = std::fs::read_to_string(&path)
        .with_context(|| format!("tried to read the page {}", path.display()))?;
    let mut sections: Vec<&str> = Vec::new();
    for section in page.split("\n### ").skip(1) {
        let section = section.split("\n## ").next().unwrap_or(section);
        let Some((_, id)) = section
            .lines()
            .next()
            .and_then(|heading| heading.strip_suffix('}')?.split_once(" {#"))
        else {
            continue;
        };
        sections.push(id);
        if symptoms::find(id).is_none() {
            problems.push(format!("{}: #{id} is no symptom", path.display()));
            continue;
        }
        if !section.contains(&format!("{{{{#causes {id}}}}}")) {
            problems.push(format!("{}: #{id} lists no causes", path.display()));
        }
        let texts: Vec<&str> = section
            .split("```text\n")
            .skip(1)
            .filter_map(|block| block.split("\n```").next())
            .collect();
        let found = |text: &str| {
            symptoms::recognise(text)
                .seen
                .iter()
                .any(|seen| seen.symptom.id == id)
        };
        // Where the texts are a symptom only together, they are so together.
        if !texts.is_empty() && !found(&texts.join("\n")) {
            problems.push(format!(
                "{}: lessons why does not find #{id} by its texts",
                path.display()
            ));
        }
    }
    for symptom in symptoms::all() {
        match sections.iter().filter(|id| **id == symptom.id).count() {
            1 => {}
            0 => problems.push(format!("{}: no section #{}", path.display(), symptom.id)),
            count => problems.push(format!(
                "{}: {count} sections #{}",
                path.display(),
                symptom.id
            )),
        }
    }
    Ok(())
}
