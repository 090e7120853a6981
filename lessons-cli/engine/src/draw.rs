//! Drawings of what a machine is made of, for a terminal and for a page.

pub mod topology;
