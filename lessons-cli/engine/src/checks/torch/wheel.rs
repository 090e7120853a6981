//! Which wheel of torch runs on a machine: by Python, platform, driver and GPUs, from the bundled table.

use crate::facts::gpus::Sourced;
use crate::facts::system::Place;
use crate::facts::{Facts, Known, Unknown};
use crate::tables::cuda_driver::{self, Reach, Verdict};
use crate::tables::torch_matrix::{self, CodeOn, Release, code_runs_on, device_code};
use crate::tables::{Os, Platform};
use crate::version::{BuildTag, ComputeCapability, CudaVersion, DriverVersion, PythonVersion};

/// A wheel: a release, and the folder of PyTorch's index to take it from.
#[derive(Debug, Clone)]
pub(super) struct Wheel {
    /// The release.
    pub(super) release: &'static Release,
    /// The folder: `cu130`.
    pub(super) tag: BuildTag,
}

/// What a wheel must fit. What is `None` or empty is left out of the question.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) platform: Platform,
    pub(super) python: Option<PythonVersion>,
    pub(super) driver: Option<DriverVersion>,
    /// Whose numbering the driver's version is in: in WSL it is Windows'.
    pub(super) driver_os: Os,
    pub(super) gpus: Vec<ComputeCapability>,
}

/// The best wheel there is, if any.
#[derive(Debug, Clone)]
pub(super) enum Choice {
    /// This one: the newest release that fits, in the CUDA that the driver supports best.
    Wheel(Wheel),
    /// None fits.
    None,
    /// None fits of those that the table can judge, and this is what it could not.
    Unsure(String),
}

impl Choice {
    /// The wheel, where there is one.
    pub(super) fn wheel(self) -> Option<Wheel> {
        match self {
            Self::Wheel(wheel) => Some(wheel),
            Self::None | Self::Unsure(_) => None,
        }
    }
}

impl Wanted {
    /// What the machine has, as far as it is known; an error where the table does not know the platform.
    pub(super) fn of(facts: &Facts<'_>) -> Known<Self> {
        let python = match facts.environment() {
            Ok(Some(environment)) => environment.python.clone().ok(),
            Ok(None) | Err(_) => None,
        };
        let gpus = capabilities(facts).unwrap_or_default();
        Ok(Self {
            platform: platform(facts)?,
            python,
            driver: driver(facts)
                .as_ref()
                .ok()
                .map(|driver| driver.value.clone()),
            driver_os: driver_os(facts),
            gpus: gpus.into_iter().map(|(_, cc)| cc).collect(),
        })
    }

    /// The newest release that fits.
    pub(super) fn choose(&self) -> Choice {
        self.choose_of(torch_matrix::releases().iter().rev())
    }

    /// This release, where it fits in some CUDA, else the newest that does.
    pub(super) fn choose_near(&self, release: Option<&'static Release>) -> Choice {
        match self.choose_of(release) {
            Choice::Wheel(wheel) => Choice::Wheel(wheel),
            Choice::None | Choice::Unsure(_) => self.choose(),
        }
    }

    fn choose_of(&self, releases: impl IntoIterator<Item = &'static Release>) -> Choice {
        let mut unsure = None;
        for release in releases {
            if self
                .python
                .is_some_and(|python| !release.supports_python(python))
            {
                continue;
            }
            let mut best: Option<(bool, CudaVersion)> = None;
            for cuda in release.index_cuda_tags.iter().filter_map(BuildTag::cuda) {
                match self.fits(release, cuda) {
                    Ok(Some(native)) => best = best.max(Some((native, cuda))),
                    Ok(None) => {}
                    Err(why) => {
                        unsure.get_or_insert(why);
                    }
                }
            }
            if let Some((_, cuda)) = best {
                return Choice::Wheel(Wheel {
                    release,
                    tag: BuildTag::Cuda(cuda),
                });
            }
        }
        unsure.map_or(Choice::None, Choice::Unsure)
    }

    /// Whether driver and GPUs run a build, and whether the driver is of its CUDA or newer; an error where that
    /// cannot be told.
    fn fits(&self, release: &'static Release, cuda: CudaVersion) -> Result<Option<bool>, String> {
        let reach = match &self.driver {
            None => Reach::Native,
            Some(driver) => match cuda_driver::runs(driver, cuda, self.driver_os) {
                Verdict::Enough { reach, .. } => reach,
                Verdict::TooOld { .. } => return Ok(None),
                Verdict::Unknown(lacks) => return Err(lacks.to_string()),
            },
        };
        if !self.gpus.is_empty() {
            let list =
                device_code(release, cuda, self.platform).map_err(|lacks| lacks.to_string())?;
            for &gpu in &self.gpus {
                match code_runs_on(&list.codes, gpu, Some(cuda)) {
                    CodeOn::Runs { .. } => {}
                    // The driver compiles PTX only of a CUDA that it knows.
                    CodeOn::RunsByPtx { .. } if reach == Reach::Native => {}
                    CodeOn::RunsByPtx { .. } | CodeOn::No => return Ok(None),
                    CodeOn::Unknown(why) => return Err(why.to_string()),
                }
            }
        }
        Ok(Some(reach == Reach::Native))
    }
}

/// The platform as wheels name it.
pub(super) fn platform(facts: &Facts<'_>) -> Known<Platform> {
    let machine = facts.platform();
    match (machine.os.parse(), machine.arch.parse()) {
        (Ok(os), Ok(arch)) => Ok(Platform::new(os, arch)),
        _ => Err(Unknown::not_understood(format!(
            "{} {}",
            machine.os, machine.arch
        ))),
    }
}

/// The driver's version.
pub(super) fn driver<'f>(facts: &'f Facts<'_>) -> &'f Known<Sourced<DriverVersion>> {
    facts.driver_version()
}

/// Whose numbering a driver's version is in. In WSL the driver is Windows'.
pub(super) fn driver_os(facts: &Facts<'_>) -> Os {
    if facts.place() == Place::Wsl {
        return Os::Windows;
    }
    facts.platform().os.parse().unwrap_or(Os::Linux)
}

/// The name and the compute capability of every GPU; unknown where one of them does not tell.
pub(super) fn capabilities(facts: &Facts<'_>) -> Known<Vec<(String, ComputeCapability)>> {
    let gpus = facts.gpus().as_ref().map_err(Clone::clone)?;
    gpus.iter()
        .map(|gpu| {
            let name = gpu
                .name
                .clone()
                .unwrap_or_else(|| format!("GPU {}", gpu.index));
            match (gpu.compute_capability, gpu.error) {
                (Some(cc), _) => Ok((name, cc)),
                (None, Some(code)) => Err(Unknown::nvml(format!("NVML, GPU {}", gpu.index), code)),
                (None, None) => Err(Unknown::not_understood(format!("NVML, GPU {}", gpu.index))),
            }
        })
        .collect()
}
