//! Reference tables about the outside world: drivers, CUDA, compilers, GPUs, PyTorch.
//!
//! Built from `data/*.json`, where every row carries its source and its date.
