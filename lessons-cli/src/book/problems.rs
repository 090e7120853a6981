//! What is wrong with a book, and where.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong with the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The chapter (`src/driver.md`) or page (`driver.html`); `None` where it is the book as a whole.
    pub file: Option<PathBuf>,
    /// The line in it, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
}

impl Problem {
    /// A problem that no single chapter has.
    pub(super) fn of_book(what: String) -> Self {
        Self {
            file: None,
            line: None,
            what,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.what)
    }
}

/// Everything that is wrong with a book. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// These problems, and more.
    pub(super) fn and(mut self, more: impl Iterator<Item = Problem>) -> Self {
        self.0.extend(more);
        self
    }

    /// Each problem, in the order of the chapters.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(
            f,
            "the book has {count} {}",
            if count == 1 { "problem" } else { "problems" }
        )?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}
