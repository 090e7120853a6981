//! The checks: one file a lesson, each with its steps in the order in which they are taught.
//!
//! A check is a pure function of facts. It says what it found and on what that rests; it reads no file, starts
//! nothing and prints nothing.

pub mod cuda;
pub mod driver;
pub mod persistence;
pub mod smi;
pub mod topology;
pub mod torch;
