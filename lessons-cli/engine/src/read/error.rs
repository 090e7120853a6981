//! Why a text could not be read.

use super::recognise::Kind;
use super::wheel::WheelFault;
use crate::finding::{Arg, Message, TextId};

/// Why a text could not be read as what was asked for. What a person reads of it is
/// [`NotRead::message`](super::said::NotRead::message).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing but blanks in the text.
    #[error("empty")]
    Empty,
    /// The text is longer than the reader takes. Sizes are in bytes.
    #[error("{}: {bytes} bytes, of {limit} at most", kind.name())]
    TooLarge {
        /// What was to be read.
        kind: Kind,
        /// How long the text is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The text is something else.
    #[error("not {}: {why:?}", kind.name())]
    NotThis {
        /// What was to be read.
        kind: Kind,
        /// What is missing from the text.
        why: Lack,
    },
    /// A file name that is not a wheel's.
    #[error("`{name}`: {fault}")]
    Wheel {
        /// The name as it was given.
        name: String,
        /// Which rule of the wheel specification it breaks.
        fault: WheelFault,
    },
}

/// What a text lacks to be what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The lines by which this output is known.
    Lines,
    /// An index that is written by a version of the simple API that is known here.
    KnownApi(String),
    /// Files among so many links of a page.
    FilesAmongLinks(usize),
    /// Links in a page.
    Links,
    /// Files in a list of them.
    Files,
    /// A list of files in a JSON document.
    ListOfFiles,
    /// JSON as an index has it; what the parser said.
    Json(String),
    /// The name of a file.
    Names,
}

impl Lack {
    /// The message that says it, with its values, of a text that should have been of a kind.
    pub fn message(&self, kind: Kind) -> Message {
        let (id, arg) = match self {
            Self::Lines => (
                match kind {
                    Kind::Smi => "read-lack-smi",
                    Kind::Topo => "read-lack-topo",
                    Kind::Drivers => "read-lack-drivers",
                    Kind::Nvcc => "read-lack-nvcc",
                    Kind::Env => "read-lack-env",
                    Kind::Wheel | Kind::Index => "read-lack-names",
                },
                None,
            ),
            Self::KnownApi(api) => ("read-lack-known-api", Some(("api", Arg::Text(api.clone())))),
            Self::FilesAmongLinks(links) => (
                "read-lack-files-among-links",
                Some(("links", Arg::Count(*links as u64))),
            ),
            Self::Links => ("read-lack-links", None),
            Self::Files => ("read-lack-files", None),
            Self::ListOfFiles => ("read-lack-list", None),
            Self::Json(said) => ("read-lack-json", Some(("said", Arg::Text(said.clone())))),
            Self::Names => ("read-lack-names", None),
        };
        Message {
            text: TextId::Shared(id),
            args: arg.into_iter().collect(),
        }
    }
}

/// The longest text that a reader takes, in bytes, other than an index page.
pub const LIMIT: usize = 4 << 20;

/// Refuses a text that is empty or longer than `limit` bytes.
pub(crate) fn bounded(text: &str, kind: Kind, limit: usize) -> Result<(), ReadError> {
    if text.len() > limit {
        return Err(ReadError::TooLarge {
            kind,
            bytes: text.len(),
            limit,
        });
    }
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(())
}
