//! The registry of lessons and steps: the one list that everything else is made from or tested against.

use std::fmt;

use crate::checks;
use crate::facts::Facts;
use crate::finding::Finding;

/// A chapter of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lesson {
    /// Install the driver.
    Driver,
    /// Read `nvidia-smi`.
    Smi,
    /// Keep the driver loaded.
    Persistence,
    /// Read `nvidia-smi topo -m`.
    Topology,
    /// Install CUDA, in a container or on the host.
    Cuda,
    /// Install PyTorch.
    Torch,
}

impl Lesson {
    /// Every lesson, in the order of the book.
    pub const ALL: [Self; 6] = [
        Self::Driver,
        Self::Smi,
        Self::Persistence,
        Self::Topology,
        Self::Cuda,
        Self::Torch,
    ];

    /// The lesson's id: the first part of its steps' ids, and its chapter's file name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Smi => "smi",
            Self::Persistence => "persistence",
            Self::Topology => "topology",
            Self::Cuda => "cuda",
            Self::Torch => "torch",
        }
    }

    /// The lesson with an id.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lesson| lesson.id() == id)
    }

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

impl fmt::Display for Lesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One thing to do or to know, with its check.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// `lesson.kebab-name`.
    pub id: &'static str,
    /// The lesson that teaches it.
    pub lesson: Lesson,
    /// Whether a run fails when the step does.
    pub required: bool,
    /// Steps that must pass, or not apply, before this one can say anything.
    pub needs: &'static [&'static str],
    /// Programs that the check may ask the machine to run, besides what files and NVML tell.
    pub programs: &'static [&'static [&'static str]],
    /// Whether the check asks NVML.
    pub nvml: bool,
    /// The check: a pure function of facts.
    pub check: fn(&Facts<'_>) -> Finding,
}

impl Step {
    /// The steps that this one needs.
    pub fn needed(&self) -> impl Iterator<Item = &'static Step> {
        self.needs.iter().filter_map(|id| find(id))
    }

    /// The page and place in the book that teach the step: `driver.html#driver.installed`.
    pub fn book(&self) -> String {
        format!("{}.html#{}", self.lesson, self.id)
    }
}

/// Every step, in the order of the book.
pub fn all() -> impl Iterator<Item = &'static Step> {
    Lesson::ALL.into_iter().flat_map(Lesson::steps)
}

/// The step with an id.
pub fn find(id: &str) -> Option<&'static Step> {
    all().find(|step| step.id == id)
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
