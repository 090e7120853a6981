//! The commands: one file each. A command gives back what to print and how it ended; only [`watch`],
//! [`quiz`] and [`book`]'s protocol write by themselves.

mod book;
mod check;
mod completions;
mod dev;
mod guide;
mod hint;
mod list;
mod machines;
mod marks;
mod practice;
mod progress;
mod quiz;
mod read;
mod record;
mod serve;
mod show;
mod torch;
mod watch;
mod why;

use std::path::PathBuf;

use anyhow::Result;
use jiff::Timestamp;
use lessons_engine::finding::Outcome;
use lessons_engine::report::Report;
use lessons_engine::steps::{self, Lesson, Step};
use lessons_engine::texts::Texts;

use crate::cli::{Cli, Command, LiveArgs};
use crate::live::{Live, LiveOptions};
use crate::progress::{Progress, Store, StoreError};
use crate::{Done, WrongUsage, clock, nearest};

/// Runs what was typed.
pub fn run(cli: Cli) -> Result<Done> {
    let live = &cli.live;
    match cli.command {
        None => Ok(guide::run(live)),
        Some(Command::List { json }) => list::run(json),
        Some(Command::Check(args)) => check::run(&args, live),
        Some(Command::Show { step, machine }) => show::run(&step, machine.as_deref(), live),
        Some(Command::Hint {
            step,
            level,
            all,
            machine,
        }) => hint::run(&step, level, all, machine.as_deref(), live),
        Some(Command::Done { step }) => marks::done(&step),
        Some(Command::Skip { step }) => marks::skip(&step),
        Some(Command::Reset { step, all, yes }) => marks::reset(step.as_deref(), all, yes),
        Some(Command::Practice(args)) => practice::run(&args),
        Some(Command::Progress { action }) => progress::run(action),
        Some(Command::Machines { action, json }) => machines::run(action, json),
        Some(Command::Record {
            output,
            name,
            no_redact,
        }) => record::run(output, &name, no_redact, live),
        Some(Command::Read(args)) => read::run(&args, live),
        Some(Command::Torch { action }) => torch::run(action, live),
        Some(Command::Why(args)) => why::run(&args, live),
        Some(Command::Quiz(args)) => quiz::run(&args),
        Some(Command::Watch { what, every }) => watch::run(&what, every, live),
        Some(Command::Serve(args)) => serve::run(&args, live),
        Some(Command::Book { action }) => book::run(action),
        Some(Command::Dev { action }) => dev::run(action, live),
        Some(Command::Completions { shell }) => Ok(completions::completions(shell)),
        Some(Command::Man) => completions::man(),
    }
}

/// The step with a name that was typed.
fn step(id: &str) -> Result<&'static Step, WrongUsage> {
    steps::find(id).ok_or_else(|| {
        nearest::unknown("step", id, steps::all().map(|step| step.id), "lessons list")
    })
}

/// The steps that names of steps and lessons stand for; all of them where there is no name.
fn selection(names: &[String]) -> Result<Vec<&'static Step>, WrongUsage> {
    if names.is_empty() {
        return Ok(steps::all().collect());
    }
    let mut chosen: Vec<&'static Step> = Vec::new();
    for name in names {
        let named: Vec<&'static Step> = if let Some(lesson) = Lesson::find(name) {
            lesson.steps().iter().collect()
        } else if let Some(step) = steps::find(name) {
            vec![step]
        } else {
            let known = Lesson::ALL
                .into_iter()
                .map(Lesson::id)
                .chain(steps::all().map(|step| step.id));
            return Err(nearest::unknown(
                "step or lesson",
                name,
                known,
                "lessons list",
            ));
        };
        chosen.extend(named);
    }
    Ok(chosen)
}

/// The texts of the reader's language: `LESSONS_LANG`, else the locale's for messages.
pub(crate) fn texts() -> Texts {
    let language = ["LESSONS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    Texts::in_language(&language.unwrap_or_default().to_string_lossy())
}

/// The reader's own machine.
fn live(args: &LiveArgs) -> Live {
    Live::new(live_options(args))
}

/// How the reader's own machine is to be read.
fn live_options(args: &LiveArgs) -> LiveOptions {
    LiveOptions {
        time_limit: args.time_limit,
        deep: args.deep,
        wake: args.wake,
        root: PathBuf::from("/"),
    }
}

/// The state folder of whoever runs this.
fn store() -> Store {
    Store::locate(|name| std::env::var_os(name))
}

/// Remembers what the live machine's checks said. That it could not be remembered is said, and is no reason to
/// keep the findings back.
fn remember(report: &Report) -> Option<String> {
    noted(|progress, now| progress.record(outcomes(report), now))
}

/// What each step's check said.
fn outcomes(report: &Report) -> impl Iterator<Item = (&'static str, Outcome)> + '_ {
    let steps = report.steps.iter();
    steps.map(|checked| (checked.step.id, checked.finding.outcome))
}

/// Changes the progress, and gives back what there is to say of it: damage, or why it could not be saved.
fn noted(change: impl FnOnce(&mut Progress, Timestamp)) -> Option<String> {
    let noted = clock::now().and_then(|now| {
        let updated = store().update(now, |progress| change(progress, now));
        match updated {
            Ok(updated) => Ok(updated.notice.map(|notice| notice.to_string())),
            Err(error) => Err(anyhow::anyhow!("{error}; {}", StoreError::advice(&error))),
        }
    });
    match noted {
        Ok(notice) => notice,
        Err(error) => Some(format!("your progress was not saved: {error:#}")),
    }
}

/// Says something that is not the result.
fn notice(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(
        anstream::stderr(),
        "{} {}",
        crate::style::paint(crate::style::OPEN, "note:"),
        lessons_engine::visible::visible_lines(text)
    );
}
