//! The `lessons` command.

fn main() {}
