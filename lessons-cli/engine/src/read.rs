//! Readers of the text that the field's tools print.
//!
//! A reader takes text and returns typed values with the character range that each was read from. It never
//! panics, and what it cannot tell is left unsaid rather than guessed.

pub mod drivers;
pub mod env;
pub mod error;
mod escaped;
pub mod foreign;
pub mod index;
mod markup;
pub mod nvcc;
pub mod partial;
mod prefix;
pub mod recognise;
pub mod said;
pub mod smi;
pub mod text;
pub mod topo;
pub mod wheel;
