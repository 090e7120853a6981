//! The registry of lessons and steps: the one list that everything else is made from or tested against.

use crate::checks;

pub use crate::step::{Lesson, Step};

/// Every step, in the order of the book.
pub fn all() -> impl Iterator<Item = &'static Step> {
    Lesson::ALL.into_iter().flat_map(Lesson::steps)
}

/// The step with an id.
pub fn find(id: &str) -> Option<&'static Step> {
    all().find(|step| step.id == id)
}

impl Lesson {
    /// The lesson's steps, in the order in which they are taught.
    pub const fn steps(self) -> &'static [Step] {
        match self {
            Self::Driver => checks::driver::STEPS,
            Self::Smi => checks::smi::STEPS,
            Self::Persistence => checks::persistence::STEPS,
            Self::Topology => checks::topology::STEPS,
            Self::Cuda => checks::cuda::STEPS,
            Self::Torch => checks::torch::STEPS,
        }
    }
}

impl Step {
    /// The steps that this one needs.
    pub fn needed(&self) -> impl Iterator<Item = &'static Step> {
        self.needs.iter().filter_map(|id| find(id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The ids are a contract: more may be added, none may be dropped.
    const PROMISED: &str = "driver.gpu-visible driver.nouveau-blacklisted driver.nouveau-unloaded \
        driver.recommended-known driver.installed driver.module-loaded driver.versions-agree driver.secure-boot \
        smi.runs smi.cuda-ceiling smi.gpus-healthy smi.memory-free \
        persistence.enabled persistence.survives-reboot topology.read topology.numa \
        cuda.container-runtime cuda.toolkit-installed cuda.one-driver cuda.driver-new-enough cuda.host-compiler \
        cuda.env-path cuda.env-library-path cuda.env-home cuda.env-persistent cuda.nvcc-runs \
        torch.environment torch.python-supported torch.wheel-exists torch.installed torch.cuda-build \
        torch.driver-new-enough torch.gpu-arch-in-wheel torch.companions-paired torch.not-known-bad torch.sees-gpu";

    #[test]
    fn every_promised_step_is_there() {
        let ids: HashSet<&str> = all().map(|step| step.id).collect();
        for id in PROMISED.split_whitespace() {
            assert!(ids.contains(id), "{id} is gone");
        }
        assert_eq!(ids.len(), all().count(), "an id is there twice");
    }

    #[test]
    fn ids_name_their_lesson() {
        for lesson in Lesson::ALL {
            for step in lesson.steps() {
                assert_eq!(step.lesson, lesson);
                assert_eq!(step.id.split_once('.').unwrap().0, lesson.id());
            }
        }
    }

    /// In this order every need is checked before what needs it, and there is no circle.
    #[test]
    fn needs_come_first() {
        let mut seen = HashSet::new();
        for step in all() {
            for need in step.needs {
                assert!(
                    seen.contains(need),
                    "{} needs {need}, which is not before it",
                    step.id
                );
            }
            seen.insert(step.id);
        }
    }
}
