//! `lessons practice`: machines to type into, which exist only in the engine.

use std::fs::File;
use std::io::Read;
use std::iter;
use std::path::Path;

use anstream::adapter::strip_str;
use anyhow::{Context, Result};
use clap::Parser;
use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::finding::{Arg, Outcome};
use lessons_engine::machine::Output;
use lessons_engine::practice::exercise::{self, Exercise, Level, NoPractice, Practice, Reached};
use lessons_engine::practice::{Played, PracticeMachine, Stream};
use lessons_engine::report::Report;
use lessons_engine::steps::{self, Lesson};
use lessons_engine::texts::Texts;
use serde::Serialize;
use std::collections::BTreeMap;

use crate::cli::{Cli, Command, Format, PracticeArgs};
use crate::progress::Progress;
use crate::style::{self, paint};
use crate::{Done, Exit, formats, nearest, wrap};

mod saved;
mod terminal;

/// The longest script that is read, in bytes.
const LONGEST: u64 = 4 << 20;

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    transcript: Vec<Entry>,
    goal: GoalDocument,
}

#[derive(Serialize)]
struct Entry {
    command: String,
    stdout: String,
    stderr: String,
    exit: i32,
}

#[derive(Serialize)]
struct GoalDocument {
    reached: bool,
    steps: BTreeMap<&'static str, Outcome>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    shown: BTreeMap<String, bool>,
}

#[derive(Serialize)]
struct ListDocument {
    schema: &'static str,
    exercises: Vec<ListEntry>,
}

#[derive(Serialize)]
struct ListEntry {
    name: String,
    title: String,
    lesson: String,
    level: Level,
    machine: String,
    standing: &'static str,
}

pub(super) fn run(args: &PracticeArgs) -> Result<Done> {
    let texts = super::texts();
    let Some(name) = &args.name else {
        return list(args.json, &texts);
    };
    lessons_engine::practice::speak(super::texts);
    let practice = find(name)?;
    if args.reset {
        saved::forget(practice.name())?;
        if args.script.is_none() && !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
            let text = texts.shared("practice-forgotten", &[("name", text(name))]);
            return Ok(Done::good(text + "\n"));
        }
    }
    match &args.script {
        Some(script) => play(&practice, script, args.json, &texts),
        None => terminal::run(&practice, &texts),
    }
}

fn text(text: impl Into<String>) -> Arg {
    Arg::Text(text.into())
}

fn find(name: &str) -> Result<Practice> {
    Practice::find(name).map_err(|error| match error {
        NoPractice::Unknown => nearest::unknown(
            "exercise or machine",
            name,
            exercise::names().chain(bundled::names()),
            "lessons practice",
        )
        .into(),
        NoPractice::NotLinux => {
            let args = [("name", text(name))];
            crate::WrongUsage(super::texts().shared("usage-practice-not-linux", &args)).into()
        }
        NoPractice::Damaged(why) => anyhow::anyhow!("tried to practise on {name}: {why}"),
    })
}

/// Plays a script and says whether the goal is reached.
fn play(practice: &Practice, script: &Path, json: bool, texts: &Texts) -> Result<Done> {
    let lines = read(script)?;
    let (transcript, session) = practice
        .play(lines, Some(Box::new(lessons)))
        .with_context(|| format!("tried to start {}", practice.name()))?;
    let reached = practice.goal().reached(&session.machine());
    if reached.all {
        mark_done(practice);
    }
    let exit = if reached.all {
        Exit::Good
    } else {
        Exit::Failed
    };
    let text = if json {
        let document = Document {
            schema: "lessons-practice/1",
            transcript: transcript
                .into_iter()
                .map(|played| Entry {
                    stdout: played.stdout(),
                    stderr: played.stderr(),
                    exit: played.exit,
                    command: played.command,
                })
                .collect(),
            goal: GoalDocument {
                reached: reached.all,
                steps: reached.steps.iter().copied().collect(),
                shown: reached.shown.into_iter().collect(),
            },
        };
        serde_json::to_string_pretty(&document)? + "\n"
    } else {
        let mut out: String = transcript.iter().map(as_typed).collect();
        out.push('\n');
        out.push_str(&goal_text(&reached, texts));
        out
    };
    Ok(Done { text, exit })
}

/// A command as it stood on the screen, and what it printed. As in bash, a line that goes on stands after `>`.
fn as_typed(played: &Played) -> String {
    let mut out = String::new();
    for (line, prompt) in played
        .command
        .lines()
        .zip(iter::once("$").chain(iter::repeat(">")))
    {
        let line = lessons_engine::visible::visible_lines(line);
        out.push_str(&format!(
            "{}\n",
            paint(style::TYPE, format!("{prompt} {line}"))
        ));
    }
    for (stream, text) in &played.printed {
        match stream {
            Stream::Out => out.push_str(text),
            Stream::Err => out.push_str(&paint(style::OPEN, text)),
        }
    }
    // What is painted ends with the style's end, not with its text's.
    let ended = played
        .printed
        .iter()
        .rev()
        .find(|(_, text)| !text.is_empty())
        .is_none_or(|(_, text)| text.ends_with('\n'));
    if !ended {
        out.push('\n');
    }
    out
}

fn goal_text(reached: &Reached, texts: &Texts) -> String {
    let mut out = String::new();
    for (id, outcome) in &reached.steps {
        let title = steps::find(id).map(|step| texts.title(step));
        out.push_str(&format!(
            "{} {id:<29} {}\n",
            paint(style::of(*outcome), style::word(*outcome)),
            title.unwrap_or_default()
        ));
    }
    for (means, is) in &reached.shown {
        let outcome = if *is { Outcome::Pass } else { Outcome::Fail };
        out.push_str(&format!(
            "{} {means}\n",
            paint(style::of(outcome), style::word(outcome))
        ));
    }
    let id = if reached.all {
        "practice-reached"
    } else {
        "practice-not-reached"
    };
    let style = if reached.all {
        style::GOOD
    } else {
        style::OPEN
    };
    out.push_str(&paint(style, texts.shared(id, &[])));
    out.push('\n');
    out
}

/// The lines of a script.
fn read(script: &Path) -> Result<Vec<String>> {
    let shown = lessons_engine::visible::visible(&script.to_string_lossy());
    let mut bytes = Vec::new();
    let result = if script == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LONGEST + 1)
            .read_to_end(&mut bytes)
    } else {
        File::open(script).and_then(|file| {
            if file.metadata()?.is_dir() {
                return Err(std::io::ErrorKind::IsADirectory.into());
            }
            file.take(LONGEST + 1).read_to_end(&mut bytes)
        })
    };
    result.with_context(|| format!("tried to read the script {shown}"))?;
    anyhow::ensure!(
        bytes.len() as u64 <= LONGEST,
        "tried to read the script {shown}: it has more than the {} MiB that a script may have",
        LONGEST >> 20
    );
    // A line of a script is a line of text, whatever system it was written on.
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.lines().map(str::to_owned).collect())
}

/// Notes in the progress that an exercise's goal is reached. A machine without a story is no exercise.
fn mark_done(practice: &Practice) {
    let Practice::Exercise(exercise) = practice else {
        return;
    };
    let name = &exercise.name;
    if super::store().read().progress.practised(name).is_some() {
        return;
    }
    if let Some(text) = super::noted(|progress, now| progress.reached(name, now)) {
        super::notice(&text);
    }
}

fn standing(exercise: &Exercise, progress: &Progress) -> &'static str {
    if progress.practised(&exercise.name).is_some() {
        return "done";
    }
    match saved::glance(&exercise.name) {
        Some(saved::Glance { done: true }) => "done",
        Some(saved::Glance { done: false }) => "begun",
        None => "open",
    }
}

fn list(json: bool, texts: &Texts) -> Result<Done> {
    let all = exercise::all();
    let reading = super::store().read();
    if let Some(damage) = &reading.notice {
        super::notice(&damage.to_string());
    }
    let progress = reading.progress;
    if json {
        let document = ListDocument {
            schema: "lessons-practice-list/1",
            exercises: all
                .iter()
                .map(|exercise| ListEntry {
                    name: exercise.name.clone(),
                    title: exercise.title.clone(),
                    lesson: exercise.lesson.clone(),
                    level: exercise.level,
                    machine: exercise.machine.clone(),
                    standing: standing(exercise, &progress),
                })
                .collect(),
        };
        return Ok(Done::good(serde_json::to_string_pretty(&document)? + "\n"));
    }
    let mut out = String::new();
    for lesson in Lesson::ALL {
        let of_lesson: Vec<&Exercise> = all
            .iter()
            .filter(|exercise| exercise.lesson == lesson.id())
            .collect();
        if of_lesson.is_empty() {
            continue;
        }
        out.push_str(&format!(
            "{}\n",
            paint(style::HEADING, texts.lesson(lesson))
        ));
        for exercise in of_lesson {
            let (mark, mark_style) = match standing(exercise, &progress) {
                "done" => ("✓", style::GOOD),
                "begun" => ("…", style::OPEN),
                _ => (" ", style::QUIET),
            };
            let level = texts.shared(level_id(exercise.level), &[]);
            out.push_str(&format!(
                "{} {}  {} {}\n",
                paint(mark_style, mark),
                paint(style::TYPE, format!("{:<28}", exercise.name)),
                exercise.title,
                paint(style::QUIET, format!("({level})"))
            ));
        }
        out.push('\n');
    }
    out.push_str(&texts.shared("practice-list-how", &[]));
    out.push('\n');
    Ok(Done::good(out))
}

fn level_id(level: Level) -> &'static str {
    match level {
        Level::Easy => "practice-level-easy",
        Level::Medium => "practice-level-medium",
        Level::Hard => "practice-level-hard",
        Level::OnCall => "practice-level-on-call",
    }
}

/// `lessons`, typed on a practice machine: the checks, the steps and their hints are those of the real command.
/// `on_screen` says that what it prints is not piped or redirected there.
fn lessons(machine: &PracticeMachine, args: &[String], on_screen: bool) -> Option<Output> {
    let words = iter::once("lessons".to_owned()).chain(args.iter().cloned());
    let said = |exit: Exit, text: &str| Output {
        exit: Some(exit as i32),
        stdout: strip_str(text).to_string(),
        ..Output::default()
    };
    let wrong = |exit: Exit, text: &str| Output {
        exit: Some(exit as i32),
        stderr: strip_str(text).to_string(),
        ..Output::default()
    };
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            return Some(if error.use_stderr() {
                wrong(Exit::Usage, &text)
            } else {
                said(Exit::Good, &text)
            });
        }
    };
    let texts = super::texts();
    let width = if on_screen { wrap::screen() } else { None };
    let checked = |machine: &PracticeMachine, what: &[String], strict: bool, format: Format| {
        let steps = match super::selection(what) {
            Ok(steps) => steps,
            Err(error) => return wrong(Exit::Usage, &format!("error: {error}\n")),
        };
        let report = Report::of(&Facts::new(machine), steps);
        match formats::show(format, &report, &texts, width) {
            Ok(text) => said(super::check::exit(report.verdict(strict)), &text),
            Err(error) => wrong(Exit::Input, &format!("error: {error}\n")),
        }
    };
    match cli.command {
        None => Some(checked(machine, &[], false, Format::Text)),
        Some(Command::Check(args)) if args.machine.is_none() => {
            let format = if args.json { Format::Json } else { args.format };
            let mut machine = machine.clone();
            if cli.live.wake {
                machine.wake();
            }
            Some(checked(&machine, &args.what, args.strict, format))
        }
        Some(Command::Hint {
            step,
            level,
            machine: None,
            all,
        }) => {
            let step = match super::step(&step) {
                Ok(step) => step,
                Err(error) => return Some(wrong(Exit::Usage, &format!("error: {error}\n"))),
            };
            let report = Report::of(&Facts::new(machine), [step]);
            let hints = report.steps.first().map_or_else(
                || texts.hints(step),
                |checked| texts.hints_for(step, &checked.finding),
            );
            let level = level.unwrap_or(1);
            let lines: Vec<String> = hints
                .iter()
                .enumerate()
                .filter(|(index, _)| all || index + 1 == level)
                .map(|(index, hint)| format!("{}/{} {hint}\n", index + 1, hints.len()))
                .collect();
            Some(said(Exit::Good, &lines.concat()))
        }
        Some(Command::Show {
            step,
            machine: None,
        }) => Some(match super::step(&step) {
            Ok(step) => {
                let report = Report::of(&Facts::new(machine), [step]);
                let text = format!(
                    "{}\n{}\n\n{}",
                    texts.title(step),
                    texts.why(step),
                    formats::show(Format::Text, &report, &texts, width).unwrap_or_default()
                );
                said(Exit::Good, &text)
            }
            Err(error) => wrong(Exit::Usage, &format!("error: {error}\n")),
        }),
        Some(Command::List { json: false }) => {
            let lines: Vec<String> = steps::all()
                .map(|step| format!("{:<28} {}\n", step.id, texts.title(step)))
                .collect();
            Some(said(Exit::Good, &lines.concat()))
        }
        Some(_) => None,
    }
}
