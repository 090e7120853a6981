//! Practice machines: type a chapter's commands without owning a GPU.
//!
//! A [`PracticeMachine`] is a recording and a model of change: a tree of files, the state of what is no file, and a
//! clock. A [`Session`] is a person at its prompt: it is given command lines and gives back what they print and how
//! they end. Nothing comes from the host: time, randomness, answers to questions come from an [`Outside`], so that a
//! script always gives the same transcript.
//!
//! ```text
//! Session ─ Shell ─ Call (one program) ─▶ PracticeMachine ─ Tree · State
//!                     └─ Outside                └─▶ a Machine like any other: checks run on it
//! ```
//!
//! The shell is in [`shell`], the programs that can be run in [`programs`]; each is a function of a [`Call`].

mod base;
mod boot;
mod budget;
mod complete;
pub mod exercise;
mod files;
mod hardware;
mod kernel;
mod kernel_log;
mod machine;
mod outside;
mod packages;
mod process;
#[expect(
    clippy::format_collect,
    clippy::match_same_arms,
    clippy::single_match_else,
    reason = "what a program does in each case stands in one place, in the order in which the real one asks"
)]
pub mod programs;
mod said;
mod script;
mod services;
mod session;
#[expect(
    clippy::format_collect,
    clippy::match_same_arms,
    clippy::single_match_else,
    clippy::unnecessary_wraps,
    reason = "what the shell does in each case stands in one place; builtins are of one type"
)]
pub mod shell;
mod state;
mod streams;
mod tree;

pub use budget::{Budget, Stop};
pub use files::{Files, User};
pub use hardware::Hardware;
pub use machine::{Logged, Person, PracticeMachine};
pub use outside::{Edited, Lessons, Lines, Outside, PASSWORD, Question, Script, Stream};
pub use process::{Call, CannotRun, Exit, Power, Process, System};
pub use said::speak;
pub use script::play;
pub use session::{Ended, Played, Session};
pub use state::State;
pub use streams::{Input, Sink};
pub use tree::{Binary, Content, Device, Errno, Node, Owner, Tree, absolute, join, normal, split};
