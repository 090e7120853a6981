//! Draws what the field's own tools print, from typed values.

pub mod smi;
