//! Facts of this area.

#[derive(Default)]
pub(super) struct Cells {}
