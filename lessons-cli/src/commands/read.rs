//! `lessons read`: explains any pasted output, field by field.

pub(super) mod input;
mod text;

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use lessons_engine::draw;
use lessons_engine::explain::{Asked, Here};
use lessons_engine::facts::Facts;
use lessons_engine::facts::libc::Libc;
use lessons_engine::finding::Arg;
use lessons_engine::read::partial::{self, Told};
use lessons_engine::read::recognise::{Kind, recognise};
use lessons_engine::read::said::{self, Document, NotRead, Said};
use lessons_engine::read::text::Pasted;
use lessons_engine::read::wheel::Os as System;
use lessons_engine::symptoms::{self, Likeness};
use lessons_engine::tables::{Arch, Os, Platform};
use lessons_engine::texts::Texts;

use crate::cli::{Format, LiveArgs, ReadArgs};
use crate::{Done, Exit, WrongUsage, formats, nearest, style, wrap};
use input::Input;

pub(super) fn run(args: &ReadArgs, live: &LiveArgs) -> Result<Done> {
    let (kind, input) = named(&args.what)?;
    let given = input.read(kind)?;
    let said = said::read(&given, kind).map_err(|why| refused(&why, kind, &given, &input))?;
    if let Some(file) = &args.svg
        && let Some(drawing) = svg(&said, file)?
    {
        return Ok(Done::good(drawing));
    }
    if args.for_cuda.is_some() && !said.iter().any(|said| matches!(said, Said::Drivers(_))) {
        return Err(WrongUsage(super::texts().shared("read-usage-for-cuda", &[])).into());
    }
    let texts = super::texts();
    if args.step {
        return steps(&said, &given, args.json, &texts);
    }
    if args.json {
        return Ok(Done::good(json(&said)?));
    }
    let asked = Asked {
        for_cuda: args.for_cuda,
        host: said
            .iter()
            .any(|said| matches!(said, Said::Wheel(_)))
            .then(|| here(live))
            .flatten(),
    };
    Ok(Done::good(text::show(
        &said,
        &given,
        &asked,
        wrap::width(),
        &texts,
    )))
}

/// What was typed: a kind, a file, or both; nothing is standard input.
fn named(what: &[String]) -> Result<(Option<Kind>, Input)> {
    match what {
        [] => Ok((None, Input::Standard)),
        [one] => Ok(match Kind::find(one) {
            Some(kind) => (Some(kind), Input::Standard),
            None => (None, Input::named(one)),
        }),
        [kind, file, ..] => match Kind::find(kind) {
            Some(kind) => Ok((Some(kind), Input::named(file))),
            None => Err(nearest::unknown(
                "kind of output",
                kind,
                Kind::ALL.map(Kind::name),
                "lessons read --help",
            )
            .into()),
        },
    }
}

/// Why it could not be read, and what to try.
fn refused(why: &NotRead, kind: Option<Kind>, given: &str, input: &Input) -> anyhow::Error {
    let texts = super::texts();
    let mut said = texts.sentence(&why.message());
    let is_error = |given: &str| {
        let seen = symptoms::recognise(given).seen;
        seen.iter().any(|seen| seen.likeness == Likeness::Same)
    };
    if *why == NotRead::Unrecognised && is_error(given) {
        said = texts.shared("read-refused-symptom", &[]);
    }
    let mut values = vec![
        ("input", Arg::Text(input.shown(&texts))),
        ("why", Arg::Text(said)),
    ];
    let Some(kind) = kind else {
        return anyhow!(texts.shared("read-tried", &values));
    };
    values.push(("kind", Arg::Text(kind.name().to_owned())));
    let looks = matches!(why, NotRead::Smi(_) | NotRead::Other(_))
        .then(|| recognise(given))
        .flatten()
        .filter(|other| *other != kind);
    let Some(other) = looks else {
        return anyhow!(texts.shared("read-tried-as", &values));
    };
    values.push(("looks", Arg::Text(texts.shared(other.text(), &[]))));
    values.push(("name", Arg::Text(other.name().to_owned())));
    anyhow!(texts.shared("read-tried-other", &values))
}

fn json(said: &[Said]) -> Result<String> {
    let document = Document::new(said).context("nothing was read")?;
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// Writes the drawing of the first topology, or gives it back where it is to be printed.
fn svg(said: &[Said], file: &Path) -> Result<Option<String>> {
    let topo = said.iter().find_map(|said| match said {
        Said::Topo(topo) => Some(topo),
        _ => None,
    });
    let Some(topo) = topo else {
        return Err(WrongUsage(super::texts().shared("read-usage-svg", &[])).into());
    };
    let drawing = draw::topology::svg(topo, &super::texts());
    if file == Path::new("-") {
        return Ok(Some(drawing));
    }
    let shown = lessons_engine::visible::visible(&file.display().to_string());
    std::fs::write(file, drawing)
        .with_context(|| format!("tried to write the drawing to {shown}"))?;
    let written = [("file", Arg::Text(shown))];
    super::notice(&super::texts().shared("read-svg-written", &written));
    Ok(None)
}

/// What the outputs say about the steps. Only what they tell is shown.
fn steps(said: &[Said], given: &str, as_json: bool, texts: &Texts) -> Result<Done> {
    let Told { report, untold } = partial::report(said, Pasted::new(given).text());
    let exit = match super::check::exit(report.verdict(false)) {
        Exit::Failed => Exit::Failed,
        _ => Exit::Good,
    };
    if as_json {
        return Ok(Done {
            text: formats::show(Format::Json, &report, texts, wrap::screen())?,
            exit,
        });
    }
    if report.steps.is_empty() {
        return Ok(Done::good(texts.shared("read-steps-none", &[]) + "\n"));
    }
    let heading = style::paint(style::HEADING, texts.shared("read-steps-told", &[]));
    let count = [("count", Arg::Count(untold as u64))];
    Ok(Done {
        text: format!(
            "{heading}\n\n{}{}\n",
            formats::show(Format::Text, &report, texts, wrap::screen())?,
            texts.shared("read-steps-untold", &count)
        ),
        exit,
    })
}

/// The machine that this runs on, where a wheel may be for it. Only files are read of it.
fn here(live: &LiveArgs) -> Option<Here> {
    let os: Os = std::env::consts::OS.parse().ok()?;
    let arch: Arch = std::env::consts::ARCH.parse().ok()?;
    let mut here = Here::from(Platform::new(os, arch));
    let machine = super::live(live);
    let facts = Facts::new(&machine);
    if let Ok(Some(environment)) = facts.environment() {
        here.python = environment.python.clone().ok();
    }
    if let Ok(Some(libc)) = facts.libc() {
        here.system = Some(match libc.value {
            Libc::Glibc(major, minor) => System::Glibc(Some((major, minor))),
            Libc::Musl => System::Musl(None),
        });
    }
    Some(here)
}
