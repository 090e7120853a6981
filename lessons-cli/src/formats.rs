//! The formats of `lessons check`: one file each, all from the same document.

mod jsonl;
mod junit;
mod prometheus;
mod tap;
mod text;

use anyhow::Result;
use lessons_engine::report::Report;
use lessons_engine::texts::Texts;

use crate::cli::Format;

/// Shows a report; as text, in lines of at most `width` characters.
pub fn show(
    format: Format,
    report: &Report,
    texts: &Texts,
    width: Option<usize>,
) -> Result<String> {
    let document = report.document(texts);
    match format {
        Format::Text => Ok(text::show(&document, texts, width)),
        Format::Json => Ok(serde_json::to_string_pretty(&document)? + "\n"),
        Format::Jsonl => jsonl::show(&document),
        Format::Junit => junit::show(&document),
        Format::Tap => Ok(tap::show(&document)),
        Format::Prometheus => Ok(prometheus::show(&document)),
    }
}

pub use text::step as step_as_text;
