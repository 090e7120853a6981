//! CUDA: the toolkits that are here, the compiler behind nvcc, what the shell sets, containers, copies of the driver.

use std::cell::OnceCell;

use super::gpus::Sourced;
use super::{Facts, Known};
use crate::version::CudaVersion;

pub mod containers;
pub mod driver_copies;
pub mod host_compiler;
pub mod linker;
pub mod shell;
pub mod toolkits;

#[derive(Default)]
pub(super) struct Cells {
    nvcc_release: OnceCell<Known<Option<Sourced<CudaVersion>>>>,
    toolkits: OnceCell<toolkits::Toolkits>,
    startup: OnceCell<shell::Startup>,
}

impl Facts<'_> {
    /// The value of a variable; nothing where it is empty, as the programs that read these variables have it.
    pub(crate) fn env_filled(&self, name: &str) -> Known<Option<String>> {
        Ok(self.env(name)?.filter(|value| !value.is_empty()))
    }
}
