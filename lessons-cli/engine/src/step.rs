//! What a step is: one thing to do or to know in a lesson, with its check.

use std::fmt;

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
    /// The page and place in the book that teach the step: `driver.html#driver.installed`.
    pub fn book(&self) -> String {
        format!("{}.html#{}", self.lesson, self.id)
    }
}
