//! Tools that are not nvidia-smi, told by what their outputs begin with.

/// A tool that shows accelerators, from another vendor or by other people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// AMD, until `ROCm` 6.
    RocmSmi,
    /// AMD, newer.
    AmdSmi,
    /// Intel.
    XpuSmi,
    /// Intel, integrated graphics.
    IntelGpuTop,
    /// Huawei Ascend.
    NpuSmi,
    /// Intel Gaudi (Habana).
    HlSmi,
    /// `MetaX`.
    MxSmi,
    /// Moore Threads.
    MthreadsGmi,
    /// Cambricon.
    Cnmon,
    /// Iluvatar.
    Ixsmi,
    /// Any vendor's GPU, by Syllo.
    Nvtop,
    /// NVIDIA GPUs, by Xuehai Pan.
    Nvitop,
    /// NVIDIA GPUs, by Jongwook Choi.
    Gpustat,
    /// NVIDIA Jetson's own.
    Tegrastats,
    /// Hygon.
    HySmi,
}

/// What each tool's output holds and nobody else's. Seen in public outputs of each.
const MARKS: [(&str, Tool); 27] = [
    ("hy-smi", Tool::HySmi),
    ("DCU%", Tool::HySmi),
    ("HCU%", Tool::HySmi),
    ("ROCm System Management Interface", Tool::RocmSmi),
    ("ROCm SMI Log", Tool::RocmSmi),
    ("AMD-SMI ", Tool::AmdSmi),
    ("amd-smi ", Tool::AmdSmi),
    ("rocm-smi ", Tool::RocmSmi),
    ("xpu-smi ", Tool::XpuSmi),
    ("xpumcli ", Tool::XpuSmi),
    ("| Device ID | Device Information", Tool::XpuSmi),
    ("intel-gpu-top", Tool::IntelGpuTop),
    ("npu-smi ", Tool::NpuSmi),
    ("HL-SMI Version:", Tool::HlSmi),
    ("MetaX System Management Interface", Tool::MxSmi),
    ("mx-smi ", Tool::MxSmi),
    ("MX-SMI ", Tool::MxSmi),
    ("mthreads-gmi:", Tool::MthreadsGmi),
    ("CNMON v", Tool::Cnmon),
    ("IX-ML:", Tool::Ixsmi),
    ("IX-SMI ", Tool::Ixsmi),
    ("Iluvatar ", Tool::Ixsmi),
    ("] PCIe GEN ", Tool::Nvtop),
    ("NVITOP ", Tool::Nvitop),
    ("'C, ", Tool::Gpustat),
    ("GR3D_FREQ ", Tool::Tegrastats),
    ("MB (lfb ", Tool::Tegrastats),
];

impl Tool {
    /// The tool whose output `text` is.
    pub fn of(text: &str) -> Option<Self> {
        MARKS
            .iter()
            .find(|(mark, _)| text.contains(mark))
            .map(|(_, tool)| *tool)
    }

    /// The command by which people know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RocmSmi => "rocm-smi",
            Self::AmdSmi => "amd-smi",
            Self::XpuSmi => "xpu-smi",
            Self::IntelGpuTop => "intel_gpu_top",
            Self::NpuSmi => "npu-smi",
            Self::HlSmi => "hl-smi",
            Self::MxSmi => "mx-smi",
            Self::MthreadsGmi => "mthreads-gmi",
            Self::Cnmon => "cnmon",
            Self::Ixsmi => "ixsmi",
            Self::Nvtop => "nvtop",
            Self::Nvitop => "nvitop",
            Self::Gpustat => "gpustat",
            Self::Tegrastats => "tegrastats",
            Self::HySmi => "hy-smi",
        }
    }

    /// Who makes the devices it shows.
    pub const fn vendor(self) -> &'static str {
        match self {
            Self::RocmSmi | Self::AmdSmi => "AMD",
            Self::XpuSmi | Self::IntelGpuTop | Self::HlSmi => "Intel",
            Self::NpuSmi => "Huawei",
            Self::MxSmi => "MetaX",
            Self::MthreadsGmi => "Moore Threads",
            Self::Cnmon => "Cambricon",
            Self::Ixsmi => "Iluvatar",
            Self::Nvtop => "several vendors",
            Self::Nvitop | Self::Gpustat | Self::Tegrastats => "NVIDIA",
            Self::HySmi => "Hygon",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_is_known_by_its_mark() {
        for (mark, tool) in MARKS {
            assert_eq!(
                Tool::of(&format!("$ run\n{mark} 1.2.3\n")),
                Some(tool),
                "{mark}"
            );
        }
        assert_eq!(Tool::of("| NVIDIA-SMI 580.95.05 |"), None);
    }
}
