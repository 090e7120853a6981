//! The program as people and scripts meet it: each test starts the real `lessons`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod commands;
mod documents;
mod formats;
mod golden;
mod help;
mod index;
#[cfg(target_os = "linux")]
mod live;
mod plan;
mod practice;
mod reader;
mod recordings;
mod refresh;
mod server;
#[cfg(unix)]
mod state;
mod surroundings;
#[cfg(target_os = "linux")]
mod terminal;
mod verify;
mod why;
