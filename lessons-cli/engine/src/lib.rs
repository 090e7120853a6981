//! What a machine says, what a lesson asks of it, and what to do about it.
//!
//! ```text
//! Machine ──facts──▶ Checks ──findings──▶ Report
//! ```
//!
//! The engine is pure: no process, no network, no clock, no file system (see its `clippy.toml`).

pub mod draw;
pub mod read;
pub mod tables;
