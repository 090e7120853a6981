//! The best build of torch for a machine.

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use super::fit::{Build, Fit, Misfit, Wanted};
use crate::catalogue::Shelf;
use crate::tables::Os;
use crate::tables::cuda_driver::Reach;
use crate::tables::torch_matrix::{self, Release};
use crate::version::BuildTag;

/// Which builds are asked for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The releases; all where there is no condition.
    pub torch: VersionSpecifiers,
    /// The build, where one is asked for by name.
    pub tag: Option<BuildTag>,
    /// Otherwise the kind of build.
    pub kind: Kind,
    /// Whether faults are avoided that are only expected, too.
    pub careful: bool,
}

/// A kind of build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// For NVIDIA's GPUs.
    #[default]
    Cuda,
    /// For no GPU; on macOS also for Apple's.
    Cpu,
    /// For AMD's GPUs.
    Rocm,
    /// For Intel's GPUs.
    Xpu,
}

/// What was found for a wish.
#[derive(Debug, Clone, Default)]
pub struct Choice<'c> {
    /// The builds that run, the best first.
    pub fits: Vec<Fit<'c>>,
    /// The builds that do not, the newest first, as far as it was necessary to look.
    pub misfits: Vec<(Build, Misfit)>,
}

impl<'c> Choice<'c> {
    /// The best one.
    pub fn best(&self) -> Option<&Fit<'c>> {
        self.fits.first()
    }

    /// What could not be judged.
    pub fn unsure(&self) -> Option<&str> {
        self.misfits.iter().find_map(|(_, misfit)| match misfit {
            Misfit::Unsure(why) => Some(why.as_str()),
            _ => None,
        })
    }
}

impl Wish {
    /// One release.
    pub fn release(release: &Release) -> Self {
        Self {
            torch: VersionSpecifiers::from_iter([VersionSpecifier::equals_version(
                release.torch.clone(),
            )]),
            ..Self::default()
        }
    }

    /// Whether a build that runs has no fault to avoid.
    fn accepts(&self, fit: &Fit<'_>) -> bool {
        if self.careful {
            fit.expected_fault().is_none()
        } else {
            fit.fault().is_none()
        }
    }

    /// The releases asked for, the newest first.
    pub fn releases(&self) -> impl Iterator<Item = &'static Release> {
        torch_matrix::releases()
            .iter()
            .rev()
            .filter(|release| self.torch.contains(&release.torch))
    }

    /// The builds of a release that are asked for.
    fn builds(&self, release: &'static Release, wanted: &Wanted) -> Vec<Build> {
        let tags: Vec<&BuildTag> = match self.kind {
            _ if wanted.platform.os == Os::MacOs => vec![&BuildTag::Cpu],
            // The one build of PyPI. That for CUDA runs without a GPU, too.
            kind if wanted.from_pypi => release
                .pypi_build(wanted.platform)
                .filter(|tag| kind == Kind::Cpu || Kind::of(tag) == kind)
                .into_iter()
                .collect(),
            Kind::Cuda => release
                .index_cuda_tags
                .iter()
                .chain(&release.index_cuda_tags_unsure)
                .collect(),
            Kind::Rocm => release.index_rocm_tags.iter().collect(),
            Kind::Cpu => vec![&BuildTag::Cpu],
            Kind::Xpu => release
                .index_other
                .iter()
                .filter(|tag| **tag == BuildTag::Xpu)
                .collect(),
        };
        tags.into_iter()
            .filter(|tag| self.tag.as_ref().is_none_or(|wanted| wanted == *tag))
            .map(|tag| Build {
                release,
                tag: tag.clone(),
            })
            .collect()
    }
}

impl Wanted {
    /// The best build of those asked for.
    ///
    /// The newest release that runs; of its builds one without a known fault, of the newest CUDA major, whose CUDA the
    /// driver supports fully, with the newest CUDA. Where a known fault hits all builds of the newest release, the newest release that has none is
    /// better, unless that would mean to go back by more than a year.
    pub fn choose<'c>(&self, wish: &Wish, shelf: &Shelf<'c>) -> Choice<'c> {
        let mut choice = Choice::default();
        for release in wish.releases() {
            if let Some(newest) = choice.best()
                && (wish.accepts(newest) || a_year_apart(newest.build.release, release))
            {
                break;
            }
            let mut fits = Vec::new();
            for build in wish.builds(release, self) {
                match self.judge(build.clone(), shelf) {
                    Ok(fit) => fits.push(fit),
                    Err(misfit) => choice.misfits.push((build, misfit)),
                }
            }
            fits.sort_by_key(|fit| std::cmp::Reverse(rank(fit, wish)));
            let clean = fits.first().is_some_and(|fit| wish.accepts(fit));
            if clean {
                // Those that come before it in time stay in the list, behind it.
                fits.append(&mut choice.fits);
                choice.fits = fits;
                break;
            }
            choice.fits.append(&mut fits);
        }
        choice
    }
}

/// The better, the greater: without a fault, of the newest CUDA major that runs, fully supported by the driver, for the
/// newest CUDA or `ROCm`.
fn rank(fit: &Fit<'_>, wish: &Wish) -> (bool, Option<u32>, bool, Option<Version>) {
    let newness = match &fit.build.tag {
        BuildTag::Cuda(cuda) => cuda.to_string().parse().ok(),
        BuildTag::Rocm(version) => version.parse().ok(),
        BuildTag::Cpu | BuildTag::Xpu => None,
    };
    let major = fit.build.tag.cuda().map(|cuda| cuda.major);
    let native = fit.reach == Reach::Native;
    (wish.accepts(fit), major, native, newness)
}

/// Whether a release came out more than a year before another.
fn a_year_apart(newer: &Release, older: &Release) -> bool {
    let months = |release: &Release| {
        let mut parts = release.released.split('-').map(str::parse::<u32>);
        let year = parts.next()?.ok()?;
        Some(year * 12 + parts.next()?.ok()?)
    };
    match (months(newer), months(older)) {
        (Some(newer), Some(older)) => newer > older + 12,
        _ => false,
    }
}
