//! CUDA: containers or a toolkit on the host, one driver, a compiler that nvcc accepts, and what the shell must know.
//!
//! There are two routes, and taking neither is no failure: PyTorch brings its own CUDA.

use crate::facts::cuda::toolkits::Toolkit;
use crate::facts::gpus::Sourced;
use crate::facts::system::Place;
use crate::facts::{Facts, Known, Unknown};
use crate::finding::{Finding, Fix};
use crate::programs::{GCC, NVCC};
use crate::steps::{Lesson, Step};
use crate::tables::Os;
use crate::version::CudaVersion;

mod containers;
mod environment;
mod extensions;
mod host_compiler;
mod libraries;
mod nvcc;
mod one_driver;
mod toolkit;

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[
    Step {
        id: "cuda.container-runtime",
        lesson: Lesson::Cuda,
        required: false,
        needs: &[],
        programs: &[],
        nvml: true,
        check: containers::container_runtime,
    },
    Step {
        id: "cuda.toolkit-installed",
        lesson: Lesson::Cuda,
        required: true,
        needs: &[],
        programs: &[NVCC],
        nvml: true,
        check: toolkit::installed,
    },
    Step {
        id: "cuda.one-driver",
        lesson: Lesson::Cuda,
        required: true,
        needs: &[],
        programs: &[],
        nvml: true,
        check: one_driver::one_driver,
    },
    Step {
        id: "cuda.driver-new-enough",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed", "driver.module-loaded"],
        programs: &[NVCC],
        nvml: true,
        check: toolkit::driver_new_enough,
    },
    Step {
        id: "cuda.host-compiler",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC, GCC],
        nvml: false,
        check: host_compiler::host_compiler,
    },
    Step {
        id: "cuda.env-path",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC],
        nvml: false,
        check: environment::path,
    },
    Step {
        id: "cuda.env-library-path",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC],
        nvml: true,
        check: libraries::library_path,
    },
    Step {
        id: "cuda.env-home",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC],
        nvml: false,
        check: environment::home,
    },
    Step {
        id: "cuda.env-persistent",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed", "cuda.env-path"],
        programs: &[NVCC],
        nvml: false,
        check: environment::persistent,
    },
    Step {
        id: "cuda.nvcc-runs",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed", "cuda.env-path"],
        programs: &[NVCC],
        nvml: false,
        check: nvcc::runs,
    },
    Step {
        id: "cuda.extension-toolkit",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed", "cuda.env-home"],
        programs: &[NVCC],
        nvml: false,
        check: extensions::toolkit,
    },
];

/// The finding, or what could not be read and a command to look at the same thing by hand.
fn told(finding: Known<Finding>, look: &str) -> Finding {
    finding.unwrap_or_else(|unknown| Finding::unread(&unknown).fix(Fix::run(look).note("fix-look")))
}

fn not_linux(facts: &Facts<'_>) -> Finding {
    Finding::not_applicable("na-not-linux")
        .arg("os", facts.platform().os)
        .evidence("operating system", facts.platform().os)
}

/// The one that each step says where there is no toolkit: nothing is missing.
fn no_toolkit() -> Finding {
    Finding::not_applicable("na-no-toolkit")
        .evidence("/usr/local/cuda*, $PATH", "no nvcc")
        .fix(Fix::run("lessons show cuda.toolkit-installed").note("fix-show"))
}

/// A toolkit's version: by its files, else by what its compiler says.
fn version_of(facts: &Facts<'_>, toolkit: &Toolkit) -> Known<Sourced<CudaVersion>> {
    if let Some(version) = &toolkit.version {
        return Ok(version.clone());
    }
    facts
        .nvcc_release()?
        .ok_or_else(|| Unknown::not_understood(&toolkit.nvcc))
}

/// Whose driver it is: in WSL it is that of Windows.
fn driver_os(facts: &Facts<'_>) -> Option<Os> {
    match facts.platform().os.as_str() {
        "linux" if facts.place() == Place::Wsl => Some(Os::Windows),
        "linux" => Some(Os::Linux),
        "windows" => Some(Os::Windows),
        _ => None,
    }
}
