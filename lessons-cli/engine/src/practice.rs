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
mod files;
mod machine;
mod outside;
mod process;
pub mod programs;
mod session;
pub mod shell;
mod state;
mod streams;
mod tree;

pub use budget::{Budget, Stop};
pub use files::{Files, User};
pub use machine::{Person, PracticeMachine};
pub use outside::{Edited, Outside, Question, Script, Stream};
pub use process::{Call, CannotRun, Exit, Power, Process, System};
pub use session::{Ended, Played, Session};
pub use state::State;
pub use streams::{Input, Sink};
pub use tree::{Binary, Content, Device, Errno, Node, Owner, Tree, absolute, join, normal, split};
