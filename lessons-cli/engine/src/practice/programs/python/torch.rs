//! torch in an environment: what it was built for, and what CUDA answers it on this machine.

use super::Interpreter;
use super::packages;
use crate::facts::Facts;
use crate::facts::cuda::toolkits::toolkit_folder;
use crate::facts::gpus::Sourced;
use crate::facts::libc::Libc;
use crate::machine::nvml::{Gpu, GpuReading, Nvml, NvmlCode};
use crate::practice::process::{Call, Exit, Process};
use crate::practice::programs::smi;
use crate::practice::streams::{Input, Sink};
use crate::tables::Os;
use crate::tables::cuda_driver::{self, Verdict};
use crate::tables::torch_matrix::{
    self, Build, CodeOn, DeviceCode, Misfit, Package, Pair, code_runs_on,
};
use crate::version::{ComputeCapability, CudaVersion};

/// The torch of an environment.
#[derive(Debug, Clone)]
pub(super) struct Torch {
    /// `2.15.0+cu130`, as `torch.__version__` says it.
    pub(super) version: String,
    pub(super) cuda: Option<CudaVersion>,
    pub(super) codes: Vec<DeviceCode>,
}

/// Why CUDA does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoCuda {
    /// The build has none.
    NotBuilt,
    /// No driver answers.
    NoDriver,
    /// It is older than the build's CUDA asks for; with the number that torch prints.
    TooOld(u32),
    /// The module and the library are of different versions.
    Mismatch,
    /// The driver is there and no GPU is to be seen.
    NoDevice,
    /// CUDA's own number for what is wrong, with its words.
    Error(u32, &'static str),
}

impl NoCuda {
    /// What torch says when it is told to compute all the same.
    pub(super) fn error(&self) -> String {
        match self {
            Self::NotBuilt => "AssertionError: Torch not compiled with CUDA enabled".to_owned(),
            Self::NoDriver => "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from http://www.nvidia.com/Download/index.aspx".to_owned(),
            Self::Mismatch => "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 803: system has unsupported display driver / cuda driver combination".to_owned(),
            Self::NoDevice => "RuntimeError: No CUDA GPUs are available".to_owned(),
            Self::TooOld(_) | Self::Error(..) => {
                format!("RuntimeError: {}", self.warning().unwrap_or_default())
            }
        }
    }

    /// What it warns of when it is only asked whether CUDA is there.
    pub(super) fn warning(&self) -> Option<String> {
        match self {
            Self::TooOld(found) => Some(format!(
                "The NVIDIA driver on your system is too old (found version {found}). Please update your GPU driver by downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx Alternatively, go to: https://pytorch.org to install a PyTorch version that has been compiled with your version of the CUDA driver."
            )),
            Self::Mismatch => Some("Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error 803: system has unsupported display driver / cuda driver combination".to_owned()),
            Self::Error(number, words) => Some(format!("Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? Error {number}: {words}")),
            Self::NotBuilt | Self::NoDriver | Self::NoDevice => None,
        }
    }
}

impl Torch {
    /// The torch that an interpreter imports.
    pub(super) fn installed(call: &mut Call<'_>, own: &Interpreter) -> Option<Self> {
        let mut sites = vec![own.site.clone()];
        if own.prefix == "/usr" {
            sites.push(format!(
                "/usr/local/lib/python{}/dist-packages",
                own.version
            ));
            sites.push("/usr/lib/python3/dist-packages".to_owned());
        }
        sites.iter().find_map(|site| {
            let machine = call.machine();
            let text = machine
                .tree
                .text(&format!("{site}/torch/version.py"))
                .ok()?;
            let assigned = |name: &str| {
                text.lines().find_map(|line| {
                    let (left, right) = line.split_once('=')?;
                    (left.split(':').next()?.trim() == name)
                        .then(|| right.trim().trim_matches('\'').to_owned())
                })
            };
            let codes = machine
                .tree
                .text(&format!("{site}/torch/lib/libtorch_python.so"))
                .unwrap_or_default();
            Some(Self {
                version: assigned("__version__")?,
                cuda: assigned("cuda").and_then(|cuda| cuda.parse().ok()),
                codes: codes
                    .split_whitespace()
                    .filter_map(|code| code.parse().ok())
                    .collect(),
            })
        })
    }

    /// What its import says where `LD_LIBRARY_PATH` puts an older toolkit's libraries before those that it brought.
    pub(super) fn hidden_libraries(&self, call: &mut Call<'_>) -> Option<String> {
        let cuda = self.cuda?;
        let folders = call.env("LD_LIBRARY_PATH").unwrap_or_default().to_owned();
        let library = format!("libnvJitLink.so.{}", cuda.major);
        let machine = call.machine();
        let hides = folders.split(':').any(|folder| {
            let release = toolkit_folder(folder)
                .and_then(|root| root.rsplit_once("cuda-"))
                .and_then(|(_, version)| version.parse::<CudaVersion>().ok());
            let has_it = || {
                machine
                    .tree
                    .list(folder)
                    .is_ok_and(|names| names.contains(&library))
            };
            release.is_some_and(|release| release.major == cuda.major && release < cuda) && has_it()
        });
        hides.then(|| {
            format!(
                "ImportError: libcusparse.so.{0}: undefined symbol: __nvJitLinkComplete_{0}_{1}, version {library}",
                cuda.major, cuda.minor
            )
        })
    }

    /// The GPUs that it computes on.
    pub(super) fn gpus(&self, call: &mut Call<'_>) -> Result<Vec<Gpu>, NoCuda> {
        let cuda = self.cuda.ok_or(NoCuda::NotBuilt)?;
        let nvml = smi::cuda_answers(call).map_err(|code| match code {
            NvmlCode::LibRmVersionMismatch => NoCuda::Mismatch,
            NvmlCode::GpuNotFound => NoCuda::NoDevice,
            _ => NoCuda::NoDriver,
        })?;
        if let Some(fault) = fault(call, &nvml) {
            return Err(fault);
        }
        let driver = nvml
            .driver_version
            .known()
            .and_then(|version| version.parse().ok());
        if let Some(driver) = driver
            && matches!(
                cuda_driver::runs(&driver, cuda, Os::Linux),
                Verdict::TooOld { .. }
            )
        {
            let found = nvml
                .cuda_driver_version
                .known()
                .and_then(|version| version.parse::<CudaVersion>().ok())
                .map_or(0, |cuda| cuda.major * 1000 + cuda.minor * 10);
            return Err(NoCuda::TooOld(found));
        }
        let mut gpus: Vec<Gpu> = nvml
            .gpus
            .iter()
            .filter_map(|reading| match reading {
                GpuReading::Opened(gpu) => Some((**gpu).clone()),
                GpuReading::Failed { .. } => None,
            })
            .collect();
        if let Some(visible) = call.env("CUDA_VISIBLE_DEVICES") {
            // The first that is neither a GPU's number nor the beginning of one's UUID ends the list.
            let chosen: Vec<Gpu> = visible
                .split(',')
                .map_while(|part| chosen(&gpus, part.trim()).cloned())
                .collect();
            gpus = chosen;
        }
        if gpus.is_empty() {
            Err(NoCuda::NoDevice)
        } else {
            Ok(gpus)
        }
    }

    /// Whether the build has code for a GPU.
    pub(super) fn has_code_for(&self, gpu: &Gpu) -> bool {
        let Some(cc) = capability(gpu) else {
            return true;
        };
        !matches!(code_runs_on(&self.codes, cc, self.cuda), CodeOn::No)
    }

    /// What it warns of at the first use of a GPU that it has no code for.
    pub(super) fn arch_warning(&self, gpu: &Gpu) -> Option<String> {
        if self.has_code_for(gpu) {
            return None;
        }
        let cc = capability(gpu)?;
        let name = gpu.name.known().cloned().unwrap_or_default();
        let codes: Vec<String> = self.codes.iter().map(ToString::to_string).collect();
        let newer = self
            .version
            .parse::<pep440_rs::Version>()
            .is_ok_and(|version| version >= pep440_rs::Version::new([2, 9]));
        Some(if newer {
            let mut list: Vec<String> = self
                .codes
                .iter()
                .map(|code| format!("{}.{}", code.cc.major, code.cc.minor))
                .collect();
            // Machine code and PTX of one kind stand beside one another.
            list.dedup();
            format!(
                "UserWarning:\n    Found GPU0 {name} which is of compute capability (CC) {cc}.\n    The following list shows the CCs this version of PyTorch was built for and the hardware CCs it supports:\n    {}\n    {name} with CUDA capability {} is not compatible with the current PyTorch installation.",
                list.join(", "),
                cc.sm()
            )
        } else {
            format!(
                "UserWarning:\n{name} with CUDA capability {} is not compatible with the current PyTorch installation.\nThe current PyTorch install supports CUDA capabilities {}.\nIf you want to use the {name} GPU with PyTorch, please check the instructions at https://pytorch.org/get-started/locally/",
                cc.sm(),
                codes.join(" ")
            )
        })
    }
}

/// The GPU that a part of `CUDA_VISIBLE_DEVICES` names, by its number or by the beginning of its UUID, which no other has.
fn chosen<'a>(gpus: &'a [Gpu], part: &str) -> Option<&'a Gpu> {
    if let Ok(number) = part.parse::<usize>() {
        return gpus.get(number);
    }
    let mut named = gpus.iter().filter(|gpu| {
        part.len() > "GPU-".len() && gpu.uuid.known().is_some_and(|uuid| uuid.starts_with(part))
    });
    named.next().filter(|_| named.next().is_none())
}

/// What stands in CUDA's way although NVML answers.
fn fault(call: &mut Call<'_>, nvml: &Nvml) -> Option<NoCuda> {
    // libcuda of the compatibility package comes first: it serves boards of data centres alone.
    let folders = call.env("LD_LIBRARY_PATH").unwrap_or_default().to_owned();
    let machine = call.machine();
    let brings_libcuda = |folder: &str| {
        machine
            .tree
            .list(folder)
            .is_ok_and(|names| names.iter().any(|name| name.starts_with("libcuda.so")))
    };
    let is_geforce = nvml.gpus.iter().any(|reading| match reading {
        GpuReading::Opened(gpu) => gpu
            .name
            .known()
            .is_some_and(|name| name.contains("GeForce")),
        GpuReading::Failed { .. } => false,
    });
    if is_geforce
        && folders
            .split(':')
            .any(|folder| folder.contains("compat") && brings_libcuda(folder))
    {
        return Some(NoCuda::Error(
            804,
            "forward compatibility was attempted on non supported HW",
        ));
    }
    let unknown = NoCuda::Error(999, "unknown error");
    let lost = nvml
        .gpus
        .iter()
        .any(|reading| matches!(reading, GpuReading::Failed { .. }));
    // A Jetson's driver has none, and its GPU is not on a bus.
    let no_shared_memory = !machine.gpu_addresses().is_empty()
        && machine.has_loaded("nvidia")
        && !machine.has_loaded("nvidia_uvm");
    if lost || no_shared_memory {
        return Some(unknown);
    }
    let facts = Facts::new(machine);
    let switched = facts
        .nvswitches()
        .is_ok_and(|switches| !switches.is_empty());
    let manager = facts.fabric_manager_package().ok().flatten();
    let serves = facts.fabric_manager_runs() == Ok(true)
        && manager.is_none_or(|manager| {
            nvml.driver_version
                .known()
                .is_none_or(|driver| manager.version.starts_with(driver.as_str()))
        });
    (switched && !serves).then_some(NoCuda::Error(802, "system not yet initialized"))
}

pub(super) fn capability(gpu: &Gpu) -> Option<ComputeCapability> {
    gpu.compute_capability.known()?.parse().ok()
}

/// What `import torchvision` and its like say when they do not go with the torch beside them.
pub(super) fn import_error(
    call: &mut Call<'_>,
    own: &Interpreter,
    torch: &Torch,
    name: &str,
) -> Result<String, String> {
    let there = packages::installed(call, &own.site);
    let Some(one) = there.iter().find(|one| one.name == name) else {
        return Err(format!("ModuleNotFoundError: No module named '{name}'"));
    };
    let (Ok(package), Ok(version), Ok(beside)) = (
        name.parse::<Package>(),
        one.version.parse::<pep440_rs::Version>(),
        torch.version.parse::<pep440_rs::Version>(),
    ) else {
        return Ok(one.version.clone());
    };
    let mut build = Build::from_version(version);
    if build.cuda.is_none()
        && let Ok(row) = torch_matrix::companion(package, &build.version)
    {
        // PyPI's file does not name its CUDA; the table does.
        build.cuda = row
            .pypi_linux_cuda
            .as_ref()
            .and_then(|cuda| cuda.to_string().parse().ok());
    }
    let beside = Build {
        version: beside,
        cuda: torch.cuda,
    };
    match torch_matrix::pair(package, &build, &beside) {
        Pair::Misfit(_, Misfit::Cuda { torch, companion, .. }) => {
            let shown = match package {
                Package::Torchaudio => "TorchAudio",
                Package::Torchvision => "torchvision",
                Package::Torchtext => "torchtext",
                Package::Torchcodec => "torchcodec",
            };
            Err(format!("RuntimeError: Detected that PyTorch and {shown} were compiled with different CUDA versions. PyTorch has CUDA version {torch} whereas {shown} has CUDA version {companion}. Please install the {shown} version that matches your PyTorch version."))
        }
        Pair::Misfit(..) => Err(match (package, build.cuda.map(|cuda| cuda.major) == torch.cuda.map(|cuda| cuda.major)) {
            (Package::Torchaudio, true) => format!("OSError: Could not load this library: {}/torchaudio/lib/_torchaudio.abi3.so", own.site),
            (Package::Torchaudio, false) => "OSError: libcudart.so.13: cannot open shared object file: No such file or directory".to_owned(),
            (Package::Torchvision, _) => "RuntimeError: operator torchvision::nms does not exist".to_owned(),
            (Package::Torchtext, _) => format!("OSError: {}/torchtext/lib/libtorchtext.so: undefined symbol", own.site),
            (Package::Torchcodec, _) => format!("RuntimeError: Could not load libtorchcodec. The PyTorch version ({}) is not compatible with this version of TorchCodec. Refer to the version compatibility table", torch.version),
        }),
        Pair::Fits(_) | Pair::CudaNotRead(_) | Pair::Unknown(_) => Ok(one.version.clone()),
    }
}

/// What a program prints when it ends well; none where it is not there or fails.
fn printed(call: &mut Call<'_>, words: &[&str]) -> Option<String> {
    let (pipe, stdout) = Sink::pipe();
    let process = Process {
        stdin: Input::empty(),
        stdout,
        stderr: Sink::Null,
        ..call.process.clone()
    };
    let words = words.iter().map(|&word| word.to_owned()).collect();
    let exit = call.system.run(process, words).ok()?;
    let text = String::from_utf8_lossy(&pipe.borrow().bytes).into_owned();
    (exit == 0).then_some(text)
}

/// PyTorch's own report (`torch/utils/collect_env.py` of 2.8, in its order), as far as a practice machine can tell: it asks
/// gcc, nvcc and nvidia-smi as that does.
pub(super) fn collect_env(call: &mut Call<'_>, own: &Interpreter, torch: &Torch) -> Exit {
    let no = || "Could not collect".to_owned();
    let after = |text: Option<String>, mark: &str| {
        let text = text?;
        let (_, rest) = text.split_once(mark)?;
        Some(rest.lines().next().unwrap_or_default().trim().to_owned())
    };
    let gcc = after(printed(call, &["gcc", "--version"]), "gcc ");
    let runtime = after(printed(call, &["nvcc", "--version"]), ", V");
    let listed = printed(call, &["nvidia-smi", "-L"]).map(|text| {
        let lines = text.lines();
        let cards: Vec<&str> = lines
            .map(|line| line.split(" (UUID").next().unwrap_or(line))
            .collect();
        // One card stands on the line of its title, more below it.
        match cards.as_slice() {
            [one] => (*one).to_owned(),
            more => format!("\n{}\n", more.join("\n")),
        }
    });
    let query = [
        "nvidia-smi",
        "--query-gpu=driver_version",
        "--format=csv,noheader",
    ];
    let driver = printed(call, &query).and_then(|text| text.lines().next().map(str::to_owned));
    let available = torch.gpus(call).is_ok();
    let missing = if !available && runtime.is_none() && listed.is_none() && driver.is_none() {
        "No CUDA".to_owned()
    } else {
        no()
    };
    let cuda = torch
        .cuda
        .map_or_else(|| "None".to_owned(), |cuda| cuda.to_string());
    let facts = Facts::new(call.machine());
    let os = facts.text("/etc/os-release").ok().and_then(|text| {
        let mut lines = text.lines();
        let name = lines.find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(name.trim_matches('"').to_owned())
    });
    let libc = match facts.libc() {
        Ok(Some(Sourced {
            value: Libc::Glibc(major, minor),
            ..
        })) => format!("glibc-{major}.{minor}"),
        _ => "N/A".to_owned(),
    };
    let platform = facts.platform();
    let (os, arch) = (os.unwrap_or_else(|| "Linux".to_owned()), platform.arch);
    let kernel = platform.kernel.unwrap_or_default();
    let place = format!("Linux-{kernel}-{arch}-with-{libc}");
    let available = if available { "True" } else { "False" };
    call.line("Collecting environment information...");
    call.line(format!(
        "PyTorch version: {}\nIs debug build: False\nCUDA used to build PyTorch: {cuda}\nROCM used to build PyTorch: N/A\n",
        torch.version
    ));
    call.line(format!(
        "OS: {os} ({arch})\nGCC version: {}\nClang version: Could not collect\nCMake version: Could not collect\nLibc version: {libc}\n",
        gcc.unwrap_or_else(no)
    ));
    call.line(format!(
        "Python version: {} (main) [GCC 13.3.0] (64-bit runtime)\nPython platform: {place}\nIs CUDA available: {available}\nCUDA runtime version: {}\nCUDA_MODULE_LOADING set to: {}\nGPU models and configuration: {}\nNvidia driver version: {}\ncuDNN version: {}\nIs XPU available: False\nHIP runtime version: N/A\nMIOpen runtime version: N/A\nIs XNNPACK available: True\n",
        own.whole,
        runtime.unwrap_or_else(|| missing.clone()),
        if available == "True" { "LAZY" } else { "N/A" },
        listed.unwrap_or_else(|| missing.clone()),
        driver.unwrap_or_else(|| missing.clone()),
        missing,
    ));
    call.line("Versions of relevant libraries:");
    for one in packages::installed(call, &own.site) {
        if one.name.starts_with("torch") || one.name == "numpy" || one.name.starts_with("nvidia-") {
            call.line(format!("[pip3] {}=={}", one.name, one.version));
        }
    }
    call.line("[conda] Could not collect");
    0
}
