//! The programs that a machine may be asked to run: where nothing but a program tells.
//!
//! A live machine runs these and no others, each with exactly these arguments, without input, under a time limit.

use std::sync::LazyLock;

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

/// What a Python is asked with `--deep`: imports torch, and on each GPU that it sees multiplies two matrices of ones and
/// convolves an image of ones. What goes wrong on one GPU is said of that one, and the others are asked all the same.
/// The interpreter's path comes first, then `-I -c` and this text.
pub const TORCH_PROBE: &str = "\
import json, time, torch
seen = torch.cuda.is_available()
said = {'torch': torch.__version__, 'cuda': torch.version.cuda, 'available': seen, 'gpus': []}
def timed(work):
    started = time.perf_counter()
    value = float(work().sum().item())
    return value, round((time.perf_counter() - started) * 1000, 3)
for index in range(torch.cuda.device_count() if seen else 0):
    gpu = {'name': f'GPU {index}'}
    said['gpus'].append(gpu)
    try:
        gpu['name'] = torch.cuda.get_device_name(index)
        gpu['free'], gpu['total'] = torch.cuda.mem_get_info(index)
        x = torch.ones(256, 256, device=f'cuda:{index}')
        gpu['sum'], gpu['sum_ms'] = timed(lambda: x @ x)
        image, kernel = torch.ones(1, 1, 64, 64).to(x), torch.ones(1, 1, 3, 3).to(x)
        gpu['convolved'], gpu['convolved_ms'] = timed(lambda: torch.nn.functional.conv2d(image, kernel))
    except Exception as error:
        gpu['error'] = (f'{type(error).__name__}: {error}'.splitlines() or [''])[0][:300]
print(json.dumps(said))
";

/// What a Python was asked before [`TORCH_PROBE`]. No machine is asked this any more.
const EARLIER_TORCH_PROBE: &str = "\
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

/// The same question to a Python that must look where `-I` forbids it to: into the folders of `PYTHONPATH` and the user's
/// own packages. The working folder stays out of it all the same, so that no file that happens to lie there is run.
static TORCH_PROBE_EVERYWHERE: LazyLock<String> = LazyLock::new(|| {
    format!("import sys\nsys.path[:] = [folder for folder in sys.path if folder]\n{TORCH_PROBE}")
});

/// The arguments that ask a Python about the torch among its own packages.
pub fn torch_probe(python: &str) -> [&str; 4] {
    [python, "-I", "-c", TORCH_PROBE]
}

/// The arguments that ask a Python about the torch that it imports from `PYTHONPATH` or the user's own packages.
pub fn torch_probe_everywhere(python: &str) -> [&str; 4] {
    [python, "-B", "-c", &TORCH_PROBE_EVERYWHERE]
}

/// What earlier versions asked in place of this, if they asked something else: recordings have the answer.
pub fn asked_before<'a>(argv: &[&'a str]) -> Option<[&'a str; 4]> {
    match *argv {
        [python, "-I", "-c", script] if script == TORCH_PROBE => {
            Some([python, "-I", "-c", EARLIER_TORCH_PROBE])
        }
        _ => None,
    }
}

/// Whether this is a program that a machine may be asked for.
pub fn is_known(argv: &[&str]) -> bool {
    let asks_torch = |python: &str| {
        argv == torch_probe(python).as_slice() || argv == torch_probe_everywhere(python).as_slice()
    };
    FIXED.contains(&argv) || argv.first().is_some_and(|python| asks_torch(python))
}
