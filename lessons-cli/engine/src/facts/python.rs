//! Python: the environment that a shell's `python` belongs to, what is installed in it, and its torch.
//!
//! All of it is read from files. No Python is started, so a broken one can be looked at, and a look costs nothing.

use std::cell::OnceCell;

use super::Known;

mod companions;
mod distributions;
mod environment;
mod index;
mod linked;
mod torch;

pub use companions::InstalledCompanion;
pub use distributions::{Distribution, normalised};
pub use environment::{Environment, EnvironmentKind};
pub use index::{PackageIndex, Setting};
pub use torch::Torch;

#[derive(Default)]
pub(super) struct Cells {
    first_python: OnceCell<Known<Option<String>>>,
    environment: OnceCell<Known<Option<Environment>>>,
    distributions: OnceCell<Known<Vec<Distribution>>>,
    torch: OnceCell<Known<Option<Torch>>>,
}
