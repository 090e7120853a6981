//! The state of a practice machine that is no file.

use crate::machine::nvml::{Nvml, NvmlCode, NvmlFailure};
use crate::recording::{NvmlEntry, Recording};

/// What is neither a file nor a variable of the shell: what is loaded, running, reachable.
#[derive(Debug, Clone)]
pub struct State {
    /// The release of the kernel that runs.
    pub kernel: String,
    /// How often the machine was started since the session began.
    pub boots: u32,
    /// What NVML says.
    pub nvml: Result<Nvml, NvmlFailure>,
    /// Whether the network is there.
    pub network: bool,
}

impl State {
    /// The state that a recording shows.
    pub(super) fn of(recording: &Recording) -> Self {
        Self {
            kernel: recording
                .platform
                .kernel
                .clone()
                .unwrap_or_else(|| "6.8.0-87-generic".to_owned()),
            boots: 0,
            nvml: match &recording.nvml {
                Some(NvmlEntry::Ok { ok }) => Ok(ok.clone()),
                Some(NvmlEntry::Failed(failure)) => Err(failure.clone()),
                None => Err(NvmlCode::NotRecorded.into()),
            },
            network: true,
        }
    }
}
