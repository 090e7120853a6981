//! What a machine says, what a lesson asks of it, and what to do about it.
//!
//! ```text
//! Machine ──facts──▶ Checks ──findings──▶ Report
//! ```
//!
//! The engine is pure: no process, no network, no clock, no file system (see its `clippy.toml`).

pub mod annotate;
pub mod bundled;
pub mod catalogue;
pub mod checks;
pub mod draw;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod machine;
pub mod markup;
pub mod outputs;
pub mod plan;
pub mod practice;
pub mod programs;
pub mod quiz;
pub mod read;
pub mod recording;
pub mod redact;
pub mod report;
pub mod requirement;
pub mod step;
pub mod steps;
pub mod symptoms;
pub mod tables;
pub mod texts;
pub mod version;
pub mod visible;
pub mod wheels;
pub mod why;
