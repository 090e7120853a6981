//! What the `lessons` command is made of.

pub mod book;
