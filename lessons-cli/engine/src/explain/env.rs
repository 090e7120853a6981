//! PyTorch's report of itself explained: what matters of its many lines.

use std::str::FromStr;

use pep440_rs::Version;

use super::{Explained, Field, Note, Value, text};
use crate::read::env::{Env, Manager};
use crate::read::text::Seen;
use crate::tables::Os;
use crate::tables::cuda_driver::{self, Verdict};
use crate::tables::torch_matrix::{Build, Misfit, Package, Pair, pair};
use crate::version::{CudaVersion, DriverVersion};

pub(super) fn explain(env: &Env) -> Explained {
    let mut explained = Explained::new(
        text("read-env-what").arg("torch", shown(env.torch.as_ref()).unwrap_or_default()),
    );
    cuda(&mut explained, env);
    toolkit(&mut explained, env);
    companions(&mut explained, env);
    twice(&mut explained, env);
    fields(&mut explained, env);
    explained
}

fn shown(seen: Option<&Seen<String>>) -> Option<&str> {
    seen.map(|seen| seen.value.as_str())
}

/// The CUDA that PyTorch was built with.
fn built_with(env: &Env) -> Option<CudaVersion> {
    shown(env.cuda_built.as_ref())?.parse().ok()
}

fn driver(env: &Env) -> Option<DriverVersion> {
    shown(env.driver.as_ref())?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn os(env: &Env) -> Os {
    match shown(env.os.as_ref()) {
        Some(os) if os.to_lowercase().contains("windows") => Os::Windows,
        _ => Os::Linux,
    }
}

/// Whether PyTorch can use the GPU, and if not, what speaks as the cause.
fn cuda(explained: &mut Explained, env: &Env) {
    let has_gpu = env.gpus.as_ref().is_some_and(|gpus| !gpus.is_empty());
    let built = built_with(env);
    let at_built = env.cuda_built.as_ref().map(|built| built.span);
    let rocm = shown(env.rocm_built.as_ref())
        .is_some_and(|rocm| rocm.starts_with(|c: char| c.is_ascii_digit()));
    let available = env.cuda_is_available();
    let seen = available == Some(true);
    if rocm {
        explained.note(
            Note::remark(text("read-env-note-rocm"))
                .at(env.rocm_built.as_ref().map(|rocm| rocm.span)),
        );
    } else if built.is_none() && env.cuda_built.is_some() {
        let id = if has_gpu || driver(env).is_some() {
            "read-env-note-cpu-on-gpu"
        } else {
            "read-env-note-cpu"
        };
        let note = if has_gpu || driver(env).is_some() {
            Note::broken(text(id))
        } else {
            Note::warning(text(id))
        };
        explained.note(note.step("torch.cuda-build").at(at_built));
    }
    let at_available = env.cuda_available.as_ref().map(|available| available.span);
    if seen && !rocm {
        explained.note(
            Note::remark(text("read-env-note-sees"))
                .step("torch.sees-gpu")
                .at(at_available),
        );
    }
    let mut explained_why = false;
    if let (Some(driver), Some(cuda)) = (driver(env), built)
        && let Verdict::TooOld { needs } = cuda_driver::runs(&driver, cuda, os(env))
    {
        let message = text("read-env-note-driver-old")
            .arg("driver", driver.to_string())
            .arg("cuda", cuda.to_string())
            .arg("needs", needs.at_least.to_string());
        // What was seen to work outweighs a table.
        let note = if seen {
            Note::remark(message)
        } else {
            Note::broken(message)
        };
        explained.note(
            note.step("torch.driver-new-enough")
                .at(env.driver.as_ref().map(|driver| driver.span)),
        );
        explained_why = true;
    }
    if available == Some(false) && built.is_some() && !explained_why {
        let id = match (driver(env).is_some(), has_gpu) {
            (true, _) => "read-env-note-not-available",
            (false, true) => "read-env-note-no-driver-line",
            (false, false) => "read-env-note-no-driver",
        };
        explained.note(
            Note::broken(text(id))
                .step("torch.sees-gpu")
                .at(at_available),
        );
    }
}

/// A toolkit beside PyTorch's own runtime is no fault.
fn toolkit(explained: &mut Explained, env: &Env) {
    let toolkit: Option<CudaVersion> =
        shown(env.cuda_runtime.as_ref()).and_then(|version| version.parse().ok());
    if let (Some(toolkit), Some(built)) = (toolkit, built_with(env))
        && toolkit.release() != built.release()
    {
        explained.note(
            Note::remark(
                text("read-env-note-toolkit")
                    .arg("toolkit", toolkit.release().to_string())
                    .arg("cuda", built.release().to_string()),
            )
            .step("smi.cuda-ceiling")
            .at(env.cuda_runtime.as_ref().map(|runtime| runtime.span)),
        );
    }
}

/// torchvision and its like go with one torch only.
fn companions(explained: &mut Explained, env: &Env) {
    let Some(torch) = shown(env.torch.as_ref()).and_then(|torch| Version::from_str(torch).ok())
    else {
        return;
    };
    let torch = Build {
        cuda: built_with(env),
        version: torch,
    };
    for package in Package::ALL {
        let name = package.to_string();
        let Some(version) = env
            .packages
            .version(&name)
            .and_then(|version| Version::from_str(version).ok())
        else {
            continue;
        };
        let installed = Build::from_version(version);
        let Pair::Misfit(_, misfit) = pair(package, &installed, &torch) else {
            continue;
        };
        let message = match misfit {
            Misfit::Torch { works_with } => {
                text("read-env-note-companion").arg("works", works_with.to_string())
            }
            Misfit::Cuda { companion, .. } => {
                text("read-env-note-companion-cuda").arg("works", companion.to_string())
            }
        };
        explained.note(
            Note::broken(
                message
                    .arg("package", &name)
                    .arg("version", installed.version.to_string())
                    .arg("torch", torch.version.to_string()),
            )
            .step("torch.companions-paired"),
        );
    }
}

/// A package that pip and conda both installed is one of two that Python may import.
fn twice(explained: &mut Explained, env: &Env) {
    let of = |manager: Manager, name: &str| {
        env.packages
            .0
            .iter()
            .find(|package| package.manager == manager && package.name.value == name)
            .map(|package| package.version.value.as_str())
    };
    if let (Some(pip), Some(conda)) = (
        of(Manager::Pip, "torch"),
        of(Manager::Conda, "torch").or_else(|| of(Manager::Conda, "pytorch")),
    ) && !pip.starts_with(conda)
    {
        explained.note(
            Note::warning(
                text("read-env-note-twice")
                    .arg("pip", pip)
                    .arg("conda", conda),
            )
            .step("torch.installed"),
        );
    }
}

fn fields(explained: &mut Explained, env: &Env) {
    for (label, id, seen) in [
        ("PyTorch version", "read-env-torch", &env.torch),
        (
            "CUDA used to build PyTorch",
            "read-env-cuda-built",
            &env.cuda_built,
        ),
        (
            "ROCM used to build PyTorch",
            "read-env-rocm-built",
            &env.rocm_built,
        ),
        ("OS", "read-env-os", &env.os),
        ("GCC version", "read-env-gcc", &env.gcc),
        ("Python version", "read-env-python", &env.python),
        (
            "Is CUDA available",
            "read-env-available",
            &env.cuda_available,
        ),
        (
            "CUDA runtime version",
            "read-env-runtime",
            &env.cuda_runtime,
        ),
        (
            "GPU models and configuration",
            "read-env-gpus",
            &env.gpus_not_listed,
        ),
        ("Nvidia driver version", "read-env-driver", &env.driver),
    ] {
        if let Some(seen) = seen {
            explained.field(Field::new(label, text(id)).seen(seen));
        }
    }
    let gpus = env.gpus.iter().flatten().enumerate().fold(
        Field::new("GPU models and configuration", text("read-env-gpus")),
        |field, (index, name)| field.value(Value::seen(name).of(format!("GPU {index}"))),
    );
    explained.field(gpus);
    let mig = env.mig_devices.iter().fold(
        Field::new("MIG", text("read-smi-mig-device")),
        |field, device| field.value(Value::seen(device)),
    );
    explained.field(mig);
    let packages = env.packages.0.iter().fold(
        Field::new("Versions of relevant libraries", text("read-env-packages")),
        |field, package| {
            let manager = match package.manager {
                Manager::Pip => "pip",
                Manager::Conda => "conda",
            };
            field.value(
                Value::seen(&package.version).of(format!("{manager} {}", package.name.value)),
            )
        },
    );
    explained.field(packages);
}
