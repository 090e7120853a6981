//! CUDA: the compiler that a shell finds.

use std::cell::OnceCell;

use super::gpus::Sourced;
use super::{Facts, Known, Unknown};
use crate::machine::NotRun;
use crate::programs::NVCC;
use crate::read::nvcc;
use crate::version::CudaVersion;

#[derive(Default)]
pub(super) struct Cells {
    nvcc_release: OnceCell<Known<Option<Sourced<CudaVersion>>>>,
}

impl Facts<'_> {
    /// The release of the nvcc that a shell finds, from `nvcc --version`; `None` where no `nvcc` is on `PATH`.
    pub fn nvcc_release(&self) -> Known<Option<Sourced<CudaVersion>>> {
        self.cuda
            .nvcc_release
            .get_or_init(|| {
                let source = NVCC.join(" ");
                let output = match self.command(NVCC) {
                    Ok(output) => output,
                    Err(NotRun::NotFound) => return Ok(None),
                    Err(why) => return Err(Unknown::not_run(NVCC, why)),
                };
                nvcc::read(&output.stdout)
                    .ok()
                    .and_then(|nvcc| nvcc.release)
                    .and_then(|release| release.value.parse().ok())
                    .map(|value| {
                        Some(Sourced {
                            value,
                            source: source.clone(),
                        })
                    })
                    .ok_or_else(|| Unknown::not_understood(source))
            })
            .clone()
    }
}
