//! The parts of the `lessons` command.

pub mod live;
