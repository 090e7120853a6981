//! Colours: green good, red bad, yellow open, cyan for what to type. What is printed makes sense without them.

use anstyle::{AnsiColor, Style};
use lessons_engine::finding::Outcome;

/// As it should be.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Not as it should be.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Not known, or waiting.
pub const OPEN: Style = AnsiColor::Yellow.on_default();
/// A command to type.
pub const TYPE: Style = AnsiColor::Cyan.on_default();
/// A heading.
pub const HEADING: Style = Style::new().bold();
/// Of less weight.
pub const QUIET: Style = Style::new().dimmed();

/// The style of an outcome.
pub fn of(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Pass => GOOD,
        Outcome::Fail => BAD,
        Outcome::Blocked | Outcome::Unknown => OPEN,
        Outcome::NotApplicable => QUIET,
    }
}

/// A mark and a word for an outcome, all of one width.
pub fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✓ pass   ",
        Outcome::Fail => "✗ FAIL   ",
        Outcome::Blocked => "… blocked",
        Outcome::NotApplicable => "- n/a    ",
        Outcome::Unknown => "? unknown",
    }
}

/// A text in a style.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}
