//! Where programs read from and write to.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::outside::Stream;

/// The most that a pipe holds: what is written beyond it waits for a reader that will not come.
pub(super) const PIPE: usize = 1 << 20;

/// What a program reads as standard input. Copies read on where the other stopped.
#[derive(Debug, Clone)]
pub struct Input(Rc<RefCell<Source>>);

#[derive(Debug)]
enum Source {
    Terminal,
    Bytes {
        bytes: Arc<Vec<u8>>,
        at: usize,
        /// Whether a reader has asked for more than there was.
        drained: bool,
    },
}

impl Input {
    /// The terminal.
    pub fn terminal() -> Self {
        Self(Rc::new(RefCell::new(Source::Terminal)))
    }

    /// Bytes: of a pipe, a file, a here-document.
    pub fn bytes(bytes: impl Into<Arc<Vec<u8>>>) -> Self {
        Self(Rc::new(RefCell::new(Source::Bytes {
            bytes: bytes.into(),
            at: 0,
            drained: false,
        })))
    }

    /// Nothing.
    pub fn empty() -> Self {
        Self::bytes(Vec::new())
    }

    /// Whether it is the terminal.
    pub fn is_terminal(&self) -> bool {
        matches!(*self.0.borrow(), Source::Terminal)
    }

    /// Everything that is left; `None` of the terminal.
    pub(super) fn rest(&self) -> Option<Vec<u8>> {
        match &mut *self.0.borrow_mut() {
            Source::Terminal => None,
            Source::Bytes { bytes, at, drained } => {
                let rest = bytes[*at..].to_vec();
                *at = bytes.len();
                *drained = true;
                Some(rest)
            }
        }
    }

    /// The next line with its end.
    pub(super) fn line(&self) -> Line {
        self.until(b'\n', usize::MAX)
    }

    /// What comes up to a byte, with it, and no more than so many bytes.
    pub(super) fn until(&self, end: u8, most: usize) -> Line {
        match &mut *self.0.borrow_mut() {
            Source::Terminal => Line::Terminal,
            Source::Bytes { bytes, at, drained } => {
                let rest = &bytes[*at..];
                if rest.is_empty() {
                    *drained = true;
                    return Line::End;
                }
                let found = memchr::memchr(end, rest);
                let mut length = found.map_or(rest.len(), |end| end + 1);
                if length > most {
                    // A character is not cut.
                    length = (most..length)
                        .find(|at| rest[*at] & 0xc0 != 0x80)
                        .unwrap_or(length);
                } else {
                    *drained |= found.is_none();
                }
                let line = rest[..length].to_vec();
                *at += length;
                Line::Of(line)
            }
        }
    }

    /// Whether a reader has come to the end.
    pub fn drained(&self) -> bool {
        match &*self.0.borrow() {
            Source::Terminal => false,
            Source::Bytes { drained, .. } => *drained,
        }
    }
}

/// A line of standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// It has to be typed.
    Terminal,
    /// With its end, where it has one.
    Of(Vec<u8>),
    /// There is no more.
    End,
}

/// What a program writes to. Copies write to the same place.
#[derive(Debug, Clone)]
pub enum Sink {
    /// The terminal, as standard output or standard error.
    Screen(Stream),
    /// A pipe or a command substitution.
    Pipe(Rc<RefCell<Pipe>>),
    /// The end of a file, by its real path.
    File(String),
    /// `/dev/null`.
    Null,
    /// `/dev/full`, or a stream that was closed: writing fails.
    Failing(super::tree::Errno),
}

/// What waits in a pipe.
#[derive(Debug, Default)]
pub struct Pipe {
    /// What was written.
    pub bytes: Vec<u8>,
    /// Whether more was written than it takes.
    pub overflowed: bool,
}

impl Sink {
    /// A new pipe, and the end to write to.
    pub(super) fn pipe() -> (Rc<RefCell<Pipe>>, Self) {
        let pipe = Rc::new(RefCell::new(Pipe::default()));
        (Rc::clone(&pipe), Self::Pipe(pipe))
    }

    /// Whether it is the terminal.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Screen(_))
    }
}
