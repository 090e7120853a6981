//! The checks of the lesson `torch`.

use crate::steps::Step;

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[];
