//! The fabric of machines whose GPUs are joined by `NVSwitch`: the switches, and the service that sets them up.

use super::driver::Package;
use super::{Facts, Known, Unknown};
use crate::machine::Unread;

/// The program of the service that sets up the switches.
pub const FABRIC_MANAGER: &str = "/usr/bin/nv-fabricmanager";

/// The program that routes the fourth generation of switches. These are reached over InfiniBand and are not on the PCI
/// bus; without it the fabric manager ends with `…/nvlsm does not exist. Please install "Nvidia NVLink Subnet Manager"
/// (nvlsm) package` (public reports, read 2026-11-25).
pub const SUBNET_MANAGER: &str = "/opt/nvidia/nvlsm/sbin/nvlsm";

/// PCI numbers of the GPUs on boards with those switches: B200 and B300 (pci.ids of 2026-08-22).
const ON_NEWER_SWITCHES: [&str; 2] = ["0x2901", "0x3182"];

/// systemd keeps a control group for each service as long as it runs: here, or in the older layout below.
const RUNNING: [&str; 2] = [
    "/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service",
    "/sys/fs/cgroup/systemd/system.slice/nvidia-fabricmanager.service",
];

impl Facts<'_> {
    /// The addresses of NVIDIA's switches on the PCI bus: its bridges, class `0x0680`. None where there is no bus.
    ///
    /// `lspci -nn` of an H200 board: `Bridge [0680]: … GH100 [H100 NVSwitch] [10de:22a3]` (bigstack-oss/cubecos#259, read
    /// 2026-11-24); aws-parallelcluster-cookbook#3098 counts them by vendor and class as well.
    pub fn nvswitches(&self) -> Known<Vec<String>> {
        let folder = "/sys/bus/pci/devices";
        let mut switches = Vec::new();
        for address in self.dir_or_empty(folder)? {
            let field = |name: &str| {
                let path = format!("{folder}/{address}/{name}");
                match self.text(&path) {
                    Ok(text) => Ok(text.trim().to_lowercase()),
                    Err(Unread::NotFound) => Ok(String::new()),
                    Err(why) => Err(Unknown::unread(path, why)),
                }
            };
            if field("vendor")? == "0x10de" && field("class")?.starts_with("0x0680") {
                switches.push(address);
            }
        }
        Ok(switches)
    }

    /// How many GPUs are here of the kinds that switches of the fourth generation join.
    pub fn gpus_on_newer_switches(&self) -> Known<usize> {
        let gpus = self.pci_gpus().as_ref().map_err(Clone::clone)?;
        Ok(gpus
            .iter()
            .filter_map(|gpu| gpu.device.as_deref())
            .filter(|device| ON_NEWER_SWITCHES.contains(device))
            .count())
    }

    /// Whether the service that sets up the switches runs.
    pub fn fabric_manager_runs(&self) -> Known<bool> {
        for group in RUNNING {
            if self.exists(group)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The package of the service: `nvidia-fabricmanager-580`, `cuda-drivers-fabricmanager-580` …
    pub fn fabric_manager_package(&self) -> Known<Option<Package>> {
        let packages = self.packages().as_ref().map_err(Clone::clone)?;
        Ok(packages
            .iter()
            .find(|package| {
                package.is_installed()
                    && package.name.starts_with("nvidia-fabricmanager")
                    && !package.name.contains("-dev")
            })
            .cloned())
    }
}
