//! What the `lessons` command is made of.

pub mod book;
pub mod clock;
pub mod progress;
