//! The state of a practice machine that is no file.

use std::collections::BTreeSet;

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
    /// Whether the firmware knows the machine owner's key.
    pub key_enrolled: bool,
    /// The password of a key that waits to be enrolled at the next start.
    pub key_waiting: Option<String>,
    /// The services of systemd that run.
    pub services: BTreeSet<String>,
    /// Those that were to start and ended at once.
    pub failed_services: BTreeSet<String>,
    /// Images that Docker has pulled.
    pub images: BTreeSet<String>,
    /// Whether Docker was told of NVIDIA's runtime before it was started last.
    pub docker_has_runtime: bool,
    /// The groups that the person's login was in, beside its own.
    pub groups: Vec<String>,
    /// The command of the persistence daemon, as systemd has read it.
    pub daemon: Option<String>,
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
            key_enrolled: false,
            key_waiting: None,
            services: BTreeSet::new(),
            failed_services: BTreeSet::new(),
            images: BTreeSet::new(),
            docker_has_runtime: false,
            groups: Vec::new(),
            daemon: None,
        }
    }
}
