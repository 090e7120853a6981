//! Drawings of what a machine is made of: as its own tools print it, and for a page.

pub mod nvml;
pub mod picture;
pub mod smi;
pub mod topology;
