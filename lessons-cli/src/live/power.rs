//! Whether the GPUs sleep, which is told by files that wake none of them.

use super::files::Files;

/// Where the kernel lists its PCI devices.
const DEVICES: &str = "/sys/bus/pci/devices";

/// Whether there are NVIDIA GPUs and the kernel has put every one of them to sleep (`power/runtime_status`), as a
/// laptop does with a GPU that nothing uses.
pub(super) fn all_gpus_suspended(files: &Files) -> bool {
    let mut gpus = 0;
    for device in files.dir(DEVICES).unwrap_or_default() {
        let says = |name: &str| {
            let text = files.text(&format!("{DEVICES}/{device}/{name}"));
            text.unwrap_or_default().trim_end().to_owned()
        };
        // Display controllers are class 0x03; NVIDIA's audio and USB functions sleep on their own.
        if says("vendor") == "0x10de" && says("class").starts_with("0x03") {
            if says("power/runtime_status") != "suspended" {
                return false;
            }
            gpus += 1;
        }
    }
    gpus > 0
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn device(root: &Path, address: &str, vendor: &str, class: &str, status: Option<&str>) {
        let folder = root.join("sys/bus/pci/devices").join(address);
        fs::create_dir_all(folder.join("power")).unwrap();
        fs::write(folder.join("vendor"), format!("{vendor}\n")).unwrap();
        fs::write(folder.join("class"), format!("{class}\n")).unwrap();
        if let Some(status) = status {
            fs::write(folder.join("power/runtime_status"), format!("{status}\n")).unwrap();
        }
    }

    #[test]
    fn a_machine_sleeps_when_each_nvidia_gpu_does() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let files = Files::below(root.to_owned());
        assert!(!all_gpus_suspended(&files));
        device(root, "0000:00:02.0", "0x8086", "0x030000", Some("active"));
        device(root, "0000:01:00.1", "0x10de", "0x040300", Some("active"));
        assert!(!all_gpus_suspended(&files));
        device(
            root,
            "0000:01:00.0",
            "0x10de",
            "0x030200",
            Some("suspended"),
        );
        assert!(all_gpus_suspended(&files));
        device(root, "0000:02:00.0", "0x10de", "0x030000", None);
        assert!(!all_gpus_suspended(&files));
    }
}
