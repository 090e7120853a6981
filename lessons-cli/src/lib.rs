//! What the `lessons` command is made of, apart from the command line itself.

pub mod clock;
pub mod progress;
//! What the `lessons` command is made of.

pub mod book;
