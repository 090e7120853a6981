//! Why a text could not be read.

use super::wheel::WheelFault;

/// Why a text could not be read as what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing but blanks in the text.
    #[error("the text is empty")]
    Empty,
    /// The text is longer than the reader takes. Sizes are in bytes.
    #[error("the text is {bytes} bytes long, and {what} is read up to {limit} bytes")]
    TooLarge {
        /// What was to be read.
        what: &'static str,
        /// How long the text is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The text is something else.
    #[error("this is not {what}: {why}")]
    NotThis {
        /// What was to be read.
        what: &'static str,
        /// What is missing from the text.
        why: String,
    },
    /// A file name that is not a wheel's.
    #[error("`{name}` is not the name of a wheel: {fault}")]
    Wheel {
        /// The name as it was given.
        name: String,
        /// Which rule of the wheel specification it breaks.
        fault: WheelFault,
    },
}

/// The longest text that a reader takes, in bytes, other than an index page.
pub const LIMIT: usize = 4 << 20;

/// Refuses a text that is empty or longer than `limit` bytes.
pub(crate) fn bounded(text: &str, what: &'static str, limit: usize) -> Result<(), ReadError> {
    if text.len() > limit {
        return Err(ReadError::TooLarge {
            what,
            bytes: text.len(),
            limit,
        });
    }
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(())
}
