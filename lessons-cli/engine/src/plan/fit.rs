//! Whether a build of torch runs on a machine, and if not, the first thing in the way.

use pep440_rs::Version;

use super::wheel_file::{self, Missing, Offer};
use crate::catalogue::{Repository, Shelf};
use crate::read::wheel::Host;
use crate::tables::cuda_driver::{self, Floor, GpuSupport, Minimum, Reach, Verdict};
use crate::tables::torch_matrix::{
    self, CodeOn, DeviceCode, Environment, Hit, Package, Presence, Release, Sameness, Severity,
    code_runs_on, device_code,
};
use crate::tables::{NotInTable, Os, Platform};
use crate::version::{BuildTag, ComputeCapability, CudaVersion, DriverVersion, PythonVersion};

/// A build of torch: a release, and what it was made for.
#[derive(Debug, Clone)]
pub struct Build {
    /// The release.
    pub release: &'static Release,
    /// What for: the folder of PyTorch's index that holds it.
    pub tag: BuildTag,
}

/// What runs programs of a CUDA version on a machine, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// This driver.
    Version(DriverVersion),
    /// Some driver that supports this CUDA: what `nvidia-smi` shows, or what people call the CUDA of a machine.
    Supports(CudaVersion),
}

/// What a build must fit. What is `None` or empty is left out of the question.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The system.
    pub platform: Platform,
    /// The C library, or the version of the system, as far as wheels ask for it.
    pub system: crate::read::wheel::Os,
    /// The Python.
    pub python: Option<PythonVersion>,
    /// The driver.
    pub driver: Option<Driver>,
    /// Whose numbering the driver's version is in: in WSL it is Windows'.
    pub driver_os: Os,
    /// The compute capabilities of the GPUs, all of which must find code.
    pub gpus: Vec<ComputeCapability>,
    /// Whether the driver is known to serve the GPUs: it told of them itself, or it is only known by the CUDA that people
    /// call the machine's.
    pub driver_serves_gpus: bool,
    /// The packages to be installed next to it.
    pub companions: Vec<Package>,
    /// Whether the place to download from is `PyPI`, or a copy of it: it has one build of each release.
    pub from_pypi: bool,
}

/// A build that runs.
#[derive(Debug, Clone)]
pub struct Fit<'c> {
    /// Which.
    pub build: Build,
    /// Where it is taken from.
    pub repository: Repository,
    /// Its wheel, where the Python is known.
    pub wheel: Option<Offer<'c>>,
    /// How fully the driver supports its CUDA; native where the driver is not known.
    pub reach: Reach,
    /// For each GPU the code that it runs.
    pub code: Vec<(ComputeCapability, CodeOn)>,
    /// The companions to install next to it.
    pub companions: Vec<(Package, Version)>,
    /// The known faults that hit it, or may; the severest first.
    pub faults: Vec<Hit>,
}

/// What is in the way of a build.
#[derive(Debug, Clone)]
pub enum Misfit {
    /// It has no wheel for this Python and system.
    Wheel(Missing),
    /// The driver is older than its CUDA needs.
    Driver {
        /// What it needs.
        needs: Floor,
    },
    /// The driver has dropped the GPU: no build at all would run.
    Dropped {
        /// The GPU.
        gpu: ComputeCapability,
        /// The last branch that supports it.
        last_branch: u32,
    },
    /// The driver is older than the GPU: no build at all would run.
    BeforeGpu {
        /// The GPU.
        gpu: ComputeCapability,
        /// The first branch that supports it.
        first_branch: u32,
    },
    /// It has no code for a GPU.
    Code {
        /// The GPU.
        gpu: ComputeCapability,
        /// The code that it has.
        codes: Vec<DeviceCode>,
    },
    /// It has only PTX for a GPU, which the driver is too old to compile.
    Ptx {
        /// The GPU.
        gpu: ComputeCapability,
        /// The PTX.
        code: DeviceCode,
    },
    /// There is no release of a companion that goes with it.
    Companion(Package),
    /// No source says whether the index has it.
    Unlisted,
    /// It cannot be told.
    Unsure(String),
}

impl Fit<'_> {
    /// The fault to avoid, where one hits it.
    pub fn fault(&self) -> Option<&Hit> {
        self.faults
            .iter()
            .find(|hit| hit.severity == Severity::Avoid)
    }

    /// A fault that is to be avoided where it was seen, and that is expected here: whoever does the work that it hits
    /// is better off with another build.
    pub fn expected_fault(&self) -> Option<&Hit> {
        self.faults
            .iter()
            .find(|hit| hit.row.severity == Severity::Avoid)
    }
}

impl Wanted {
    /// Judges a build.
    pub fn judge<'c>(&self, build: Build, shelf: &Shelf<'c>) -> Result<Fit<'c>, Misfit> {
        let repository = self.repository(&build.tag);
        let wheel = match self.host() {
            Some(host) => Some(
                wheel_file::of_build(&build, &repository, &host, shelf).map_err(Misfit::Wheel)?,
            ),
            None => None,
        };
        if repository != Repository::Pypi
            && build.release.on_index(&build.tag) == Presence::Unsure
            && !matches!(wheel, Some(Offer::Seen(_)))
        {
            return Err(Misfit::Unlisted);
        }
        let (reach, code) = match build.tag.cuda() {
            Some(cuda) => self.runs(build.release, cuda)?,
            None => (Reach::Native, Vec::new()),
        };
        let mut companions = Vec::new();
        for &package in &self.companions {
            let version = companion(build.release, &build.tag, package, self, shelf)
                .ok_or(Misfit::Companion(package))?;
            companions.push((package, version));
        }
        let faults = torch_matrix::known_bad(&Environment {
            torch: &build.release.torch,
            build: Some(&build.tag),
            cudnn: self.cudnn(&build),
            compute_capability: self.gpus.iter().min().copied(),
            companions: &companions,
        });
        Ok(Fit {
            build,
            repository,
            wheel,
            reach,
            code,
            companions,
            faults,
        })
    }

    /// Where a build is taken from: for macOS there are no folders.
    pub fn repository(&self, tag: &BuildTag) -> Repository {
        if self.platform.os == Os::MacOs || self.from_pypi {
            Repository::Pypi
        } else {
            Repository::Folder(tag.clone())
        }
    }

    /// What decides whether a wheel installs; none where the Python is not known.
    pub fn host(&self) -> Option<Host> {
        let python = self.python?;
        Some(Host {
            python: (python.major, python.minor),
            free_threaded: python.free_threaded,
            os: self.system,
            arch: self.platform.arch.to_string(),
        })
    }

    /// The cuDNN that comes with a build, where a source says.
    fn cudnn(&self, build: &Build) -> Option<&'static Version> {
        let pypi = build.release.pypi_build(self.platform);
        (pypi == Some(&build.tag) && build.tag.cuda().is_some())
            .then_some(&build.release.pypi_cudnn)
    }

    /// Whether driver and GPUs run a release's build for a CUDA.
    fn runs(
        &self,
        release: &'static Release,
        cuda: CudaVersion,
    ) -> Result<(Reach, Vec<(ComputeCapability, CodeOn)>), Misfit> {
        let unsure = |lacks: NotInTable| Misfit::Unsure(lacks.to_string());
        let reach = match &self.driver {
            None => Reach::Native,
            Some(Driver::Version(driver)) => {
                match cuda_driver::runs(driver, cuda, self.driver_os) {
                    Verdict::Enough { reach, .. } => reach,
                    Verdict::TooOld { needs } => return Err(Misfit::Driver { needs }),
                    Verdict::Unknown(lacks) => return Err(unsure(lacks)),
                }
            }
            Some(Driver::Supports(most)) => {
                let needs = cuda_driver::family_floor(cuda, self.driver_os).map_err(unsure)?;
                match (most.release() >= cuda.release(), most.major == cuda.major) {
                    // A newer driver always runs programs of an older CUDA.
                    (true, _) => Reach::Native,
                    (false, true) if needs.whole_major => Reach::MinorVersion,
                    _ => return Err(Misfit::Driver { needs }),
                }
            }
        };
        if self.gpus.is_empty() {
            return Ok((reach, Vec::new()));
        }
        for &gpu in &self.gpus {
            cuda_driver::architecture(gpu).map_err(unsure)?;
            if let Some(last_branch) = self.dropped(gpu) {
                return Err(Misfit::Dropped { gpu, last_branch });
            }
            if let Some(first_branch) = self.before(gpu) {
                return Err(Misfit::BeforeGpu { gpu, first_branch });
            }
        }
        let list = device_code(release, cuda, self.platform).map_err(unsure)?;
        let mut code = Vec::new();
        for &gpu in &self.gpus {
            let on = code_runs_on(&list.codes, gpu, Some(cuda));
            match &on {
                CodeOn::Runs { .. } => {}
                // The driver compiles PTX only of a CUDA that it knows.
                CodeOn::RunsByPtx { .. } if reach == Reach::Native => {}
                CodeOn::RunsByPtx { by } => return Err(Misfit::Ptx { gpu, code: *by }),
                CodeOn::No => {
                    return Err(Misfit::Code {
                        gpu,
                        codes: list.codes,
                    });
                }
                CodeOn::Unknown(why) => return Err(Misfit::Unsure(why.to_string())),
            }
            code.push((gpu, on));
        }
        Ok((reach, code))
    }

    /// The first branch of drivers for a GPU, where the driver is an earlier one.
    pub(super) fn before(&self, gpu: ComputeCapability) -> Option<u32> {
        if self.driver_serves_gpus {
            return None;
        }
        let first = cuda_driver::first_branch(gpu)?;
        let early = match self.driver.as_ref()? {
            Driver::Version(driver) => {
                let branch = cuda_driver::branch(driver, self.driver_os);
                branch.map_or(driver.branch(), |row| row.branch) < first.branch
            }
            Driver::Supports(most) => most.release() < first.max_cuda,
        };
        early.then_some(first.branch)
    }

    /// The least driver for a build of torch on the GPUs: its version, or the branch that came with the newest of them.
    pub fn least_driver(&self, tag: &BuildTag) -> Option<String> {
        let floor = floor(tag, self.driver_os)?;
        let first = self.first_branch().filter(|first| *first > floor.branch());
        Some(first.map_or_else(|| floor.to_string(), |first| first.to_string()))
    }

    /// The first branch of drivers that knows all of the GPUs.
    pub fn first_branch(&self) -> Option<u32> {
        self.gpus
            .iter()
            .filter_map(|gpu| Some(cuda_driver::first_branch(*gpu)?.branch))
            .max()
    }

    /// The last branch of drivers for a GPU, where the driver is a later one.
    fn dropped(&self, gpu: ComputeCapability) -> Option<u32> {
        let last = match self.driver.as_ref()? {
            Driver::Version(driver) => {
                return match cuda_driver::gpu_support(driver, gpu, self.driver_os) {
                    GpuSupport::Dropped { last_branch } => Some(last_branch),
                    GpuSupport::Kept | GpuSupport::Unknown(_) => None,
                };
            }
            Driver::Supports(_) => cuda_driver::architecture(gpu).ok()?.last_driver_branch?,
        };
        let Some(Driver::Supports(cuda)) = &self.driver else {
            return None;
        };
        // What the last branch shows as its CUDA is the most that any driver for the GPU shows.
        let most = cuda_driver::branches()
            .iter()
            .find(|row| row.branch == last)?
            .max_cuda;
        (cuda.release() > most).then_some(last)
    }
}

/// The release of a companion to install next to a build: one that goes with the release, that is published for the
/// same folder, and that has wheels for the Python.
pub fn companion(
    release: &Release,
    tag: &BuildTag,
    package: Package,
    wanted: &Wanted,
    shelf: &Shelf<'_>,
) -> Option<Version> {
    let listed = |version: &Version| {
        wanted.host().is_none_or(|host| {
            let repository = wanted.repository(tag);
            wheel_file::installs(&package.to_string(), version, &repository, &host, shelf)
                != Some(false)
        })
    };
    release
        .companions(package)
        .into_iter()
        .find(|version| published(version, tag, package, wanted, shelf) && listed(version))
        .cloned()
}

/// Whether a release of a companion is there for a build. One that is made with each torch is; of others the table
/// tells the folders, and the last torchaudio is there for what the torch of its day was built for.
fn published(
    version: &Version,
    tag: &BuildTag,
    package: Package,
    wanted: &Wanted,
    shelf: &Shelf<'_>,
) -> bool {
    let Ok(row) = torch_matrix::companion(package, version) else {
        return true;
    };
    let has_torchs_cuda = row.same_cuda == Some(Sameness::Minor);
    let folder = wanted.repository(tag);
    if folder == Repository::Pypi {
        // PyPI has one build of it.
        return match (tag.cuda(), row.pypi_linux_cuda) {
            (Some(torchs), Some(its)) if has_torchs_cuda => torchs.release() == its.release(),
            _ => true,
        };
    }
    if !has_torchs_cuda && row.index_cuda_tags.is_none() {
        return true;
    }
    let (seen, whole) = &*shelf.wheels(&package.to_string(), version, &folder);
    if *whole || !seen.is_empty() {
        return !seen.is_empty();
    }
    if has_torchs_cuda {
        return torch_matrix::release(version)
            .is_ok_and(|of_its_day| of_its_day.on_index(tag) == Presence::Yes);
    }
    let windows = wanted.platform.os == Os::Windows;
    tag.cuda().is_none()
        || row
            .index_cuda_tags
            .as_ref()
            .is_none_or(|tags| tags.contains(tag))
            && !(windows && row.index_windows_cuda == Some(false))
}

/// The least driver for a build.
pub fn floor(tag: &BuildTag, os: Os) -> Option<Minimum> {
    let floor = cuda_driver::family_floor(tag.cuda()?, os).ok()?;
    Some(floor.at_least)
}
