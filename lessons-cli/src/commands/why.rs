//! `lessons why`: what an error message can mean, and which of its causes holds on this machine.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use lessons_engine::facts::Facts;
use lessons_engine::finding::Arg;
use lessons_engine::report::FixDocument;
use lessons_engine::symptoms::{self, recognise};
use lessons_engine::texts::Texts;
use lessons_engine::visible::visible;
use lessons_engine::why::{self, CauseDocument, Document, Judgement, SymptomDocument};

use super::read::input::decoded;
use crate::cli::{LiveArgs, WhyArgs};
use crate::style::{self, paint};
use crate::wrap::{self, wrapped};
use crate::{Done, Exit, WrongUsage, formats, machines};

/// The longest text that is looked through.
const LIMIT: usize = 16 << 20;

pub(super) fn run(args: &WhyArgs, live: &LiveArgs) -> Result<Done> {
    let texts = super::texts();
    let from_input = matches!(args.text.as_slice(), [] | [_])
        && args.text.first().is_none_or(|text| text == "-");
    let text = if from_input {
        if args.machine.as_deref() == Some("-") {
            return Err(WrongUsage(texts.shared("usage-one-standard-input", &[])).into());
        }
        from_standard_input(&texts).context("tried to read the text from standard input")?
    } else {
        args.text.join(" ")
    };
    if text.trim().is_empty() {
        bail!("tried to find a symptom in the text: it is empty; paste what stood on the screen");
    }
    if is_binary(&text) {
        bail!(
            "tried to find a symptom in the text: it is no text; give what a program printed, such as its log"
        );
    }
    let recognised = recognise(&text);
    let found = if let Some(name) = &args.machine {
        let machine = machines::open(name)?;
        why::tell_apart(recognised, &Facts::new(&machine))
    } else {
        let machine = super::live(live);
        why::tell_apart(recognised, &Facts::new(&machine))
    };
    let document = found.document(&texts);
    let exit = super::check::exit(found.verdict());
    let text = if args.json {
        serde_json::to_string_pretty(&document)? + "\n"
    } else if document.symptoms.is_empty() {
        not_recognised(&document, &args.text, &texts)
    } else {
        explained(&document, &texts)
    };
    Ok(Done {
        text,
        exit: if document.symptoms.is_empty() {
            Exit::Open
        } else {
            exit
        },
    })
}

/// Reads no more than shows that it is too much.
fn from_standard_input(texts: &Texts) -> Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let key = if cfg!(windows) { "Ctrl-Z" } else { "Ctrl-D" };
        super::notice(&texts.shared("read-paste-now", &[("key", Arg::Text(key.to_owned()))]));
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(LIMIT as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > LIMIT {
        return Err(anyhow!(
            "it is longer than {} MiB; give the end of it, where the error is: tail -n 10000 FILE | lessons why -",
            LIMIT >> 20
        ));
    }
    Ok(decoded(&bytes))
}

/// Whether it is something else than text: a program, a picture, an archive. Text may have stray bytes.
fn is_binary(text: &str) -> bool {
    let odd = |c: &char| {
        *c == char::REPLACEMENT_CHARACTER
            || (c.is_control()
                && !matches!(
                    c,
                    '\n' | '\r' | '\t' | '\u{1b}' | '\u{8}' | '\u{7}' | '\u{c}' | '\0'
                ))
    };
    let (mut all, mut strange) = (0usize, 0usize);
    for c in text.chars().take(1 << 16) {
        all += 1;
        strange += usize::from(odd(&c));
    }
    strange * 10 > all
}

fn not_recognised(document: &Document, typed: &[String], texts: &Texts) -> String {
    let mut out = format!("{}\n", texts.shared("why-not-recognised", &[]));
    if !document.nearest.is_empty() {
        let _ = writeln!(out, "\n{}", texts.shared("why-nearest", &[]));
        for near in &document.nearest {
            let _ = writeln!(out, "  {}  {}", near.title, paint(style::QUIET, &near.book));
        }
    }
    if let [name] = typed
        && Path::new(name).is_file()
    {
        let name = lessons_engine::finding::quoted(name);
        let _ = writeln!(
            out,
            "\n{}",
            texts.shared("why-file", &[("file", Arg::Text(name))])
        );
    }
    let page = [("page", Arg::Text(symptoms::PAGE.to_owned()))];
    let _ = writeln!(out, "\n{}", texts.shared("why-what-to-do", &page));
    out
}

fn explained(document: &Document, texts: &Texts) -> String {
    let mut out = String::new();
    let mut shown: HashSet<&str> = HashSet::new();
    for symptom in &document.symptoms {
        heading(&mut out, symptom, document.lines, texts);
        let holds = symptom
            .causes
            .iter()
            .any(|cause| cause.judgement == Judgement::Holds);
        for cause in &symptom.causes {
            // Where one holds, the others need no more than a line; what was told of one before needs no more either.
            let is_short = holds
                && matches!(cause.judgement, Judgement::RuledOut | Judgement::CannotTell)
                || !shown.insert(&cause.id) && cause.judgement == Judgement::Holds;
            show(&mut out, cause, is_short, texts);
        }
        if !symptom
            .causes
            .iter()
            .any(|cause| cause.judgement != Judgement::RuledOut)
        {
            line(&mut out, "  ", &texts.shared("why-none-holds", &[]));
        }
        let read = [("page", Arg::Text(symptom.book.clone()))];
        let _ = writeln!(out, "  {}\n", texts.shared("why-read", &read));
    }
    if !document.first.is_empty() {
        let _ = writeln!(
            out,
            "{}",
            paint(style::HEADING, texts.shared("why-first", &[]))
        );
        for step in &document.first {
            formats::step_as_text(&mut out, step, texts, wrap::screen());
        }
        out.push('\n');
    }
    if let Some(machine) = &document.machine {
        let machine = [("machine", Arg::Text(visible(&machine.name)))];
        let _ = writeln!(
            out,
            "{}",
            paint(style::QUIET, texts.shared("why-machine", &machine))
        );
    }
    out
}

fn heading(out: &mut String, symptom: &SymptomDocument, lines: usize, texts: &Texts) {
    let _ = writeln!(out, "{}", paint(style::HEADING, &symptom.title));
    let place = match (symptom.likeness, lines) {
        ("words", _) => texts.shared("why-by-words", &[]),
        (_, 0 | 1) => return,
        _ => texts.shared(
            "why-place",
            &[
                ("line", Arg::Count(symptom.line as u64)),
                ("count", Arg::Count(symptom.count as u64)),
                ("quote", Arg::Text(symptom.quote.clone())),
            ],
        ),
    };
    line(out, "  ", &paint(style::QUIET, place));
}

/// One cause: whether it holds, what told it, and for what may hold what to type; in short, only which step told it.
fn show(out: &mut String, cause: &CauseDocument, is_short: bool, texts: &Texts) {
    let (style, word) = match cause.judgement {
        Judgement::Holds => (style::BAD, "why-holds"),
        Judgement::CannotTell => (style::OPEN, "why-cannot-tell"),
        Judgement::NotChecked => (style::OPEN, "why-not-checked"),
        Judgement::RuledOut => (style::QUIET, "why-ruled-out"),
    };
    let word = texts.shared(word, &[]);
    let _ = write!(
        out,
        "  {}  {}",
        paint(style, format!("{word:<12}")),
        cause.cause
    );
    if is_short {
        let by = format!(" ({})", cause.step.unwrap_or_default());
        let _ = writeln!(out, "{}", paint(style::QUIET, by));
        return;
    }
    out.push('\n');
    let margin = " ".repeat(16);
    let by = match cause.step {
        Some(step) => format!("{step}: {}", cause.summary),
        None => cause.summary.clone(),
    };
    let by = wrapped(&margin, &margin, &by, Some(112));
    let _ = writeln!(out, "{}", paint(style::QUIET, by));
    if cause.judgement == Judgement::RuledOut {
        return;
    }
    if cause.judgement == Judgement::Holds {
        for evidence in &cause.evidence {
            let shown = format!("{}: {}", evidence.source, evidence.detail);
            let _ = writeln!(out, "{margin}{}", paint(style::QUIET, shown));
        }
    }
    for fix in &cause.fix {
        command(out, &margin, fix);
    }
}

fn command(out: &mut String, margin: &str, fix: &FixDocument) {
    if fix.run.is_empty() {
        let _ = writeln!(out, "{margin}→ {}", fix.note);
        return;
    }
    let _ = writeln!(out, "{margin}→ {}", paint(style::TYPE, &fix.run));
    if !fix.note.is_empty() {
        let _ = writeln!(out, "{margin}  {}", fix.note);
    }
}

fn line(out: &mut String, margin: &str, text: &str) {
    let _ = writeln!(out, "{margin}{text}");
}
