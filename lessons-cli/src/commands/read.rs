//! `lessons read`: explains any pasted output, field by field.

pub(super) mod input;
mod text;

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use lessons_engine::draw;
use lessons_engine::explain::Asked;
use lessons_engine::finding::Arg;
use lessons_engine::read::partial::{self, Told};
use lessons_engine::read::recognise::{Kind, recognise};
use lessons_engine::read::said::{self, Document, NotRead, Said};
use lessons_engine::read::text::Pasted;
use lessons_engine::tables::{Arch, Os, Platform};
use lessons_engine::texts::Texts;

use crate::cli::{Format, ReadArgs};
use crate::{Done, Exit, WrongUsage, formats, nearest, style};
use input::Input;

pub(super) fn run(args: &ReadArgs) -> Result<Done> {
    let (kind, input) = named(&args.what)?;
    let given = input.read(kind)?;
    let said = said::read(&given, kind).map_err(|why| refused(&why, kind, &given, &input))?;
    if let Some(file) = &args.svg
        && let Some(drawing) = svg(&said, file)?
    {
        return Ok(Done::good(drawing));
    }
    if args.for_cuda.is_some() && !said.iter().any(|said| matches!(said, Said::Drivers(_))) {
        return Err(WrongUsage(
            "--for-cuda chooses among driver packages, and there are none in this text".to_owned(),
        )
        .into());
    }
    let texts = Texts::english();
    if args.step {
        return steps(&said, &given, args.json, &texts);
    }
    if args.json {
        return Ok(Done::good(json(&said)?));
    }
    let asked = Asked {
        for_cuda: args.for_cuda,
        host: host(),
    };
    Ok(Done::good(text::show(&said, &given, &asked, &texts)))
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
    let asked = kind.map_or_else(String::new, |kind| format!(" as {}", kind.name()));
    let advice = match (why, recognise(given)) {
        (NotRead::Smi(_) | NotRead::Other(_), Some(other)) if Some(other) != kind => {
            format!(
                "; it looks like {}: lessons read {}",
                other.what(),
                other.name()
            )
        }
        (NotRead::Empty, _) => "; paste what a command printed".to_owned(),
        (NotRead::Unrecognised, _) => {
            "; if it is one of these, say which: lessons read KIND".to_owned()
        }
        _ => String::new(),
    };
    anyhow!("tried to read {input}{asked}: {why}{advice}")
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
        return Err(WrongUsage(
            "--svg draws a topology, and there is none in this text".to_owned(),
        )
        .into());
    };
    let drawing = draw::topology::svg(topo, &Texts::english());
    if file == Path::new("-") {
        return Ok(Some(drawing));
    }
    let shown = lessons_engine::visible::visible(&file.display().to_string());
    std::fs::write(file, drawing)
        .with_context(|| format!("tried to write the drawing to {shown}"))?;
    let written = [("file", Arg::Text(shown))];
    super::notice(&Texts::english().shared("read-svg-written", &written));
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
            text: formats::show(Format::Json, &report, texts)?,
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
            formats::show(Format::Text, &report, texts)?,
            texts.shared("read-steps-untold", &count)
        ),
        exit,
    })
}

/// The system that this runs on, where a wheel may be for it.
fn host() -> Option<Platform> {
    let os: Os = std::env::consts::OS.parse().ok()?;
    let arch: Arch = std::env::consts::ARCH.parse().ok()?;
    Some(Platform::new(os, arch))
}
