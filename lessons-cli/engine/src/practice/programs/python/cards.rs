//! `torch.cuda`: the cards, what they are, and what fits into their memory.

use super::script::{Halt, Run, Value, list};
use super::tensor::Tensor;
use super::tensors::device;
use super::torch::capability;
use super::values::{tensor, unknown, wrong};
use crate::machine::nvml::Gpu;

/// How many multiprocessors the cards have that the lessons' machines are about (NVIDIA's data sheets of the boards).
const PROCESSORS: [(&str, i64); 34] = [
    ("A100", 108),
    ("A10", 72),
    ("A40", 84),
    ("B200", 148),
    ("GeForce GTX 1080 Ti", 28),
    ("GeForce GTX 1650", 14),
    ("GeForce RTX 2080 Ti", 68),
    ("GeForce RTX 3050", 20),
    ("GeForce RTX 3060", 28),
    ("GeForce RTX 3060 Ti", 38),
    ("GeForce RTX 3070", 46),
    ("GeForce RTX 3080", 68),
    ("GeForce RTX 3090", 82),
    ("GeForce RTX 3090 Ti", 84),
    ("GeForce RTX 4060", 24),
    ("GeForce RTX 4060 Laptop GPU", 24),
    ("GeForce RTX 4070", 46),
    ("GeForce RTX 4080", 76),
    ("GeForce RTX 4090", 128),
    ("GeForce RTX 4090 Laptop GPU", 76),
    ("GeForce RTX 5070", 48),
    ("GeForce RTX 5070 Ti", 70),
    ("GeForce RTX 5080", 84),
    ("GeForce RTX 5090", 170),
    ("H100", 132),
    ("H200", 132),
    ("L4", 58),
    ("L40S", 142),
    ("RTX 6000 Ada Generation", 142),
    ("RTX A6000", 84),
    ("RTX PRO 6000 Blackwell Workstation Edition", 188),
    ("Tesla T4", 40),
    ("Tesla V100", 80),
    ("V100", 80),
];

pub(super) fn processors(gpu: &Gpu) -> Option<i64> {
    let name = gpu.name.known()?.trim_start_matches("NVIDIA ").to_owned();
    let fits = |known: &str| {
        name == known
            || name
                .strip_prefix(known)
                .is_some_and(|rest| rest.starts_with(['-', ' ']) && !rest.starts_with(" Ti"))
    };
    let all = PROCESSORS.iter().filter(|(known, _)| fits(known));
    all.max_by_key(|(known, _)| known.len())
        .map(|(_, count)| *count)
}

/// What a program takes on a card as soon as it uses CUDA: some hundreds of megabytes, which differ from card to card.
const CONTEXT: i64 = 400 << 20;

/// How much of a card's memory CUDA calls its own: the driver keeps about two percent.
pub(super) fn cuda_memory(bytes: u64) -> i64 {
    i64::try_from(bytes / 1000 * 980).unwrap_or(i64::MAX)
}

/// A tensor that has found its place: a GPU's memory may be too small.
pub(super) fn allocated(run: &mut Run<'_, '_>, own: Tensor) -> Result<Value, Halt> {
    let Some(index) = own.gpu else {
        return Ok(tensor(own));
    };
    let gpus = run.gpus().map_err(|why| Halt::raised(why.error()))?;
    let Some(gpu) = gpus.get(index) else {
        return Ok(tensor(own));
    };
    let (Some(total), Some(used)) = (gpu.memory_total.known(), gpu.memory_used.known()) else {
        return Ok(tensor(own));
    };
    let total = cuda_memory(*total);
    let before = run.allocated(index);
    let used = i64::try_from(*used)
        .unwrap_or(0)
        .saturating_add(before + CONTEXT);
    let free = (total - used).max(0);
    if own.bytes() <= free {
        return Ok(tensor(own));
    }
    #[expect(clippy::cast_precision_loss, reason = "what is printed has two digits")]
    let gib = |bytes: i64| format!("{:.2} GiB", bytes as f64 / 1_073_741_824.0);
    // `c10/cuda/CUDACachingAllocator.cpp`
    Err(wrong(
        "torch.OutOfMemoryError",
        format!(
            "CUDA out of memory. Tried to allocate {}. GPU {index} has a total capacity of {} of which {} is free.",
            gib(own.bytes()),
            gib(total),
            gib(free)
        ),
    ))
}

pub(super) fn of_cuda(run: &mut Run<'_, '_>, name: &str, all: &[Value]) -> Result<Value, Halt> {
    let index = match all.first() {
        None | Some(Value::None) => 0,
        Some(value) => device(value)?.unwrap_or(0),
    };
    let card = |run: &mut Run<'_, '_>| -> Result<Gpu, Halt> {
        let gpus = run.gpus().map_err(|why| Halt::raised(why.error()))?;
        gpus.get(index)
            .cloned()
            .ok_or_else(|| wrong("AssertionError", "Invalid device id"))
    };
    Ok(match name {
        "is_available" => Value::Bool(match run.gpus() {
            Ok(_) => true,
            Err(why) => {
                if let Some(warning) = why.warning() {
                    let site = run.own.site.clone();
                    run.call.error(format!("{site}/torch/cuda/__init__.py: UserWarning: CUDA initialization: {warning} (Triggered internally at CUDAFunctions.cpp.)\n  return torch._C._cuda_getDeviceCount() > 0"));
                }
                false
            }
        }),
        "device_count" => Value::Int(
            run.gpus()
                .map_or(0, |gpus| i64::try_from(gpus.len()).unwrap_or(0)),
        ),
        "is_initialized" => Value::Bool(false),
        "init" | "current_device" | "set_device" | "synchronize" | "reset_peak_memory_stats" => {
            card(run)?;
            if name == "current_device" {
                Value::Int(0)
            } else {
                Value::None
            }
        }
        "empty_cache" | "manual_seed" | "manual_seed_all" | "ipc_collect" => Value::None,
        "device" | "stream" => {
            card(run)?;
            Value::Device(format!("cuda:{index}"))
        }
        "get_device_name" => {
            let gpu = card(run)?;
            Value::Text(gpu.name.known().cloned().unwrap_or_default())
        }
        "get_device_capability" => {
            let gpu = card(run)?;
            let cc = capability(&gpu).ok_or_else(|| unknown("this card's capability"))?;
            Value::Tuple(vec![
                Value::Int(cc.major.into()),
                Value::Int(cc.minor.into()),
            ])
        }
        "get_device_properties" => {
            let gpu = card(run)?;
            let cc = capability(&gpu).ok_or_else(|| unknown("this card's capability"))?;
            let total = gpu
                .memory_total
                .known()
                .ok_or_else(|| unknown("this card's memory"))?;
            let count = processors(&gpu).ok_or_else(|| unknown("this card's properties"))?;
            // `torch/csrc/cuda/Module.cpp`; newer releases add the UUID, the bus address and the size of the cache.
            Value::Object(
                "_CudaDeviceProperties",
                vec![
                    (
                        "name",
                        Value::Text(gpu.name.known().cloned().unwrap_or_default()),
                    ),
                    ("major", Value::Int(cc.major.into())),
                    ("minor", Value::Int(cc.minor.into())),
                    ("total_memory", Value::Int(cuda_memory(*total))),
                    ("multi_processor_count", Value::Int(count)),
                ],
            )
        }
        "mem_get_info" => {
            let gpu = card(run)?;
            let (Some(total), Some(used)) = (gpu.memory_total.known(), gpu.memory_used.known())
            else {
                return Err(unknown("this card's memory"));
            };
            let total = cuda_memory(*total);
            let used = i64::try_from(*used).unwrap_or(0) + CONTEXT + run.allocated(index);
            Value::Tuple(vec![Value::Int((total - used).max(0)), Value::Int(total)])
        }
        "memory_allocated" | "max_memory_allocated" => Value::Int(run.allocated(index)),
        "memory_reserved" | "max_memory_reserved" => {
            // The allocator takes two megabytes at least.
            let step = 2 << 20;
            Value::Int((run.allocated(index) + step - 1) / step * step)
        }
        "get_arch_list" => {
            // Without CUDA it is empty.
            let codes = match run.gpus() {
                Ok(_) => run
                    .torch
                    .clone()
                    .map(|torch| torch.codes)
                    .unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            list(
                codes
                    .iter()
                    .map(|code| Value::text(code.to_string()))
                    .collect(),
            )
        }
        "is_bf16_supported" => {
            let gpus = run.gpus().unwrap_or_default();
            let cc = gpus.first().and_then(capability);
            Value::Bool(cc.is_some_and(|cc| cc.major >= 8))
        }
        "nccl.version" => numbers_of(run, "nvidia-nccl").map_or(Value::None, |numbers| {
            Value::Tuple(numbers.into_iter().map(Value::Int).collect())
        }),
        other => return Err(unknown(&format!("torch.cuda.{other}"))),
    })
}

/// The first three numbers of the version of a package of NVIDIA's.
pub(super) fn numbers_of(run: &mut Run<'_, '_>, start: &str) -> Option<Vec<i64>> {
    let there = super::packages::installed(run.call, &run.own.site);
    let found = there.iter().find(|one| one.name.starts_with(start))?;
    let numbers = found.version.split('.').take(3);
    Some(numbers.filter_map(|part| part.parse().ok()).collect())
}
