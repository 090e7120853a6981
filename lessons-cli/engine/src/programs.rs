//! The programs that a machine may be asked to run: where nothing but a program tells.
//!
//! A live machine runs these and no others, each with exactly these arguments, without input, under a time limit.

/// `nvidia-smi` alone. A person runs and pastes it; a live machine is asked through NVML instead, and never for this.
pub const NVIDIA_SMI: &[&str] = &["nvidia-smi"];

/// `nvidia-smi topo -m`: how GPUs, network cards and processors are wired.
pub const NVIDIA_SMI_TOPO: &[&str] = &["nvidia-smi", "topo", "-m"];

/// `ubuntu-drivers devices`: which driver packages fit, and which one Ubuntu recommends.
pub const UBUNTU_DRIVERS: &[&str] = &["ubuntu-drivers", "devices"];

/// `nvcc --version`: the toolkit that a shell finds.
pub const NVCC: &[&str] = &["nvcc", "--version"];

/// `gcc -dumpfullversion`: the compiler that nvcc would call.
pub const GCC: &[&str] = &["gcc", "-dumpfullversion"];

/// What a Python is asked with `--deep`: imports torch, and runs a small kernel where it sees a GPU.
/// The interpreter's path comes first, then `-I -c` and this text.
pub const TORCH_PROBE: &str = "\
import json, torch
seen = torch.cuda.is_available()
said = {'torch': torch.__version__, 'cuda': torch.version.cuda, 'available': seen, 'gpus': []}
for index in range(torch.cuda.device_count() if seen else 0):
    x = torch.ones(256, 256, device=f'cuda:{index}')
    said['gpus'].append({'name': torch.cuda.get_device_name(index), 'sum': float((x @ x).sum().item())})
print(json.dumps(said))
";

/// Every program with fixed words, in the order in which a reader meets them.
pub const FIXED: &[&[&str]] = &[UBUNTU_DRIVERS, NVIDIA_SMI_TOPO, NVCC, GCC];

/// The arguments that ask a Python about its torch.
pub fn torch_probe(python: &str) -> [&str; 4] {
    [python, "-I", "-c", TORCH_PROBE]
}

/// Whether this is a program that a machine may be asked for.
pub fn is_known(argv: &[&str]) -> bool {
    FIXED.contains(&argv) || matches!(argv, [_, "-I", "-c", script] if *script == TORCH_PROBE)
}
