//! What to know besides the command: what it rests on, what to look out for.

use super::fit::{Driver, Wanted, floor};
use super::{Given, Kind, MachineGpu, Offer, Place, Plan, Source, newest_of_tag};
use crate::catalogue::Catalogue;
use crate::finding::Message;
use crate::tables::cuda_driver::{self, Reach};
use crate::tables::torch_matrix::{self, CodeOn, MirrorForm, Package, Severity};
use crate::tables::{Arch, Os};
use crate::version::{BuildTag, CudaVersion};

/// Something to know.
#[derive(Debug, Clone)]
pub struct Note {
    /// A word for it, which does not change.
    pub id: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// The sentence.
    pub text: Message,
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It may go wrong without it.
    Warning,
    /// It says why the chosen build is right.
    Reason,
    /// It is good to know.
    Remark,
}

/// Notes as they are collected.
#[derive(Default)]
struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, weight: Weight, id: &'static str, text: Message) {
        self.0.push(Note { id, weight, text });
    }

    fn warn(&mut self, id: &'static str, text: Message) {
        self.add(Weight::Warning, id, text);
    }

    fn reason(&mut self, id: &'static str, text: Message) {
        self.add(Weight::Reason, id, text);
    }

    fn remark(&mut self, id: &'static str, text: Message) {
        self.add(Weight::Remark, id, text);
    }
}

fn text(id: &'static str) -> Message {
    Message::shared(id)
}

/// The notes of a plan, warnings first.
pub(super) fn of(plan: &Plan<'_>, wanted: &Wanted) -> Vec<Note> {
    let mut notes = Notes::default();
    machine(&mut notes, plan);
    driver(&mut notes, plan);
    gpus(&mut notes, plan, wanted);
    faults(&mut notes, plan);
    wheel(&mut notes, plan, wanted);
    companions(&mut notes, plan);
    place(&mut notes, plan);
    notes.0.sort_by_key(|note| note.weight);
    notes.0
}

/// What was seen of the machine.
fn machine(notes: &mut Notes, plan: &Plan<'_>) {
    let question = &plan.question;
    let unread = question.unread.join("; ");
    match &question.machine_gpu {
        MachineGpu::NotAsked | MachineGpu::Read => {}
        MachineGpu::None { source } => notes.reason(
            "no-nvidia-gpu",
            text("plan-note-no-gpu").arg("source", source),
        ),
        MachineGpu::NotFound => notes.warn(
            "no-nvidia-gpu-found",
            text("plan-note-no-gpu-found").arg("unread", unread),
        ),
        MachineGpu::WithoutDriver => notes.warn(
            "gpu-without-driver",
            text("plan-note-gpu-without-driver").arg("unread", unread),
        ),
    }
    if question.environment.missing {
        notes.remark("no-environment", text("plan-note-environment"));
    } else if question.python.source == Source::Assumed {
        notes.remark(
            "python-assumed",
            text("plan-note-python-assumed").arg("python", question.python.value.to_string()),
        );
    }
    if let Some((version, build)) = &question.environment.installed {
        let chosen = plan.chosen.as_ref().map(|fit| &fit.build);
        let same = chosen.is_some_and(|chosen| {
            version.clone().without_local() == chosen.release.torch
                && build.as_ref() == Some(&chosen.tag)
        });
        let id = if same {
            "plan-note-installed-same"
        } else {
            "plan-note-installed-other"
        };
        let build = build.as_ref().map_or_else(String::new, ToString::to_string);
        notes.remark(
            "installed",
            text(id)
                .arg("version", version.to_string())
                .arg("build", build),
        );
    }
    if question.driver_os == Os::Windows && question.platform.value.os == Os::Linux {
        notes.remark("wsl", text("plan-note-wsl"));
    }
    match question.wish.kind {
        _ if question.platform.value.os == Os::MacOs => {
            notes.reason("macos", text("plan-note-macos"));
        }
        Kind::Rocm => notes.reason("rocm", text("plan-note-rocm")),
        Kind::Xpu => notes.reason("xpu", text("plan-note-xpu")),
        Kind::Cuda | Kind::Cpu => {}
    }
}

/// How the driver, or what was given as CUDA, decides.
fn driver(notes: &mut Notes, plan: &Plan<'_>) {
    let question = &plan.question;
    if let Some(Given {
        value: Driver::Supports(cuda),
        source,
    }) = &question.driver
    {
        // No Mac has CUDA, whatever was given.
        let has_cuda = question.platform.value.os != Os::MacOs;
        if *source == Source::Option("--cuda") && has_cuda {
            notes.reason(
                "cuda-of-the-host",
                text("plan-note-cuda").arg("cuda", cuda.release().to_string()),
            );
        }
        let known = cuda_driver::branches()
            .iter()
            .any(|row| row.max_cuda >= cuda.release());
        if !known {
            notes.warn(
                "cuda-newer-than-table",
                text("plan-note-cuda-newer")
                    .arg("cuda", cuda.to_string())
                    .arg("as-of", cuda_driver::info().as_of),
            );
        }
    }
    if let Some(Given {
        value: Driver::Version(driver),
        ..
    }) = &question.driver
        && let Err(lacks) = cuda_driver::branch(driver, question.driver_os)
    {
        notes.warn(
            "driver-not-in-table",
            text("plan-note-driver-newer")
                .arg("driver", driver.as_str())
                .arg("as-of", lacks.as_of),
        );
    }
    let Some(fit) = &plan.chosen else { return };
    let Some(cuda) = fit.build.tag.cuda() else {
        return;
    };
    let Some(floor) = floor(&fit.build.tag, question.driver_os) else {
        return;
    };
    let said = |id| {
        text(id)
            .arg("cuda", cuda.to_string())
            .arg("floor", floor.to_string())
    };
    match &question.driver {
        None => notes.warn("driver-needed", said("plan-note-driver-needed")),
        Some(driver) => {
            let has = match &driver.value {
                Driver::Version(version) => version.to_string(),
                Driver::Supports(most) => format!("CUDA {}", most.release()),
            };
            let id = match (fit.reach, &driver.value) {
                (Reach::MinorVersion, Driver::Version(_)) => "plan-note-driver-minor",
                (Reach::MinorVersion, Driver::Supports(_)) => "plan-note-driver-minor-cuda",
                (_, Driver::Version(_)) => "plan-note-driver-enough",
                (_, Driver::Supports(_)) => "plan-note-driver-enough-cuda",
            };
            notes.reason("driver", said(id).arg("driver", has));
        }
    }
}

/// How each GPU finds code in the chosen build.
fn gpus(notes: &mut Notes, plan: &Plan<'_>, wanted: &Wanted) {
    let question = &plan.question;
    jetson(notes, plan, wanted);
    let Some(fit) = &plan.chosen else { return };
    first_driver(notes, plan, wanted);
    if let (Some(cuda), true) = (fit.build.tag.cuda(), question.gpus.is_empty())
        && let Ok(list) =
            torch_matrix::device_code(fit.build.release, cuda, question.platform.value)
    {
        let codes: Vec<_> = list.codes.iter().map(ToString::to_string).collect();
        notes.warn(
            "gpu-not-known",
            text("plan-note-gpu-not-known").arg("codes", codes.join(" ")),
        );
    }
    let mut said = Vec::new();
    for (gpu, on) in &fit.code {
        if said.contains(gpu) {
            continue;
        }
        said.push(*gpu);
        let (id, code) = match on {
            CodeOn::Runs { by } => ("plan-note-gpu-runs", by),
            CodeOn::RunsByPtx { by } => ("plan-note-gpu-ptx", by),
            CodeOn::No | CodeOn::Unknown(_) => continue,
        };
        notes.reason(
            "gpu",
            text(id)
                .arg("gpu", super::named(*gpu, question))
                .arg("sm", gpu.sm())
                .arg("code", code.to_string()),
        );
    }
    let lowest = wanted.gpus.iter().min();
    if let Some(lowest) = lowest.filter(|lowest| wanted.gpus.iter().any(|gpu| gpu > lowest)) {
        notes.reason(
            "several-gpus",
            text("plan-note-several-gpus")
                .arg("gpu", super::named(*lowest, question))
                .arg("sm", lowest.sm()),
        );
    }
}

/// Jetson's own builds come from NVIDIA.
fn jetson(notes: &mut Notes, plan: &Plan<'_>, wanted: &Wanted) {
    let jetson = [(5, 3), (6, 2), (7, 2), (8, 7), (11, 0)];
    if plan.question.platform.value.arch == Arch::Aarch64
        && wanted
            .gpus
            .iter()
            .any(|gpu| jetson.contains(&(gpu.major, gpu.minor)))
    {
        notes.remark("jetson", text("plan-note-jetson"));
    }
}

/// That a GPU needs a newer driver than the build alone, where the driver is not known or only a CUDA is.
fn first_driver(notes: &mut Notes, plan: &Plan<'_>, wanted: &Wanted) {
    let newest = wanted
        .gpus
        .iter()
        .filter_map(|gpu| Some((*gpu, cuda_driver::first_branch(*gpu)?)))
        .max_by_key(|(_, first)| first.branch);
    let Some((gpu, first)) = newest else { return };
    let said = |id| {
        text(id)
            .arg("gpu", super::named(gpu, &plan.question))
            .arg("sm", gpu.sm())
            .arg("branch", first.branch.to_string())
    };
    match &plan.question.driver {
        None => {
            let floor = plan
                .chosen
                .as_ref()
                .and_then(|fit| floor(&fit.build.tag, wanted.driver_os));
            if floor.is_some_and(|floor| floor.branch() < first.branch) {
                notes.warn("gpu-needs-driver", said("plan-note-gpu-needs-driver"));
            }
        }
        Some(Given {
            value: Driver::Supports(cuda),
            source: Source::Option("--cuda"),
        }) if cuda.release() < first.max_cuda => notes.warn(
            "cuda-before-gpu",
            said("plan-note-cuda-before-gpu").arg("cuda", cuda.release().to_string()),
        ),
        Some(_) => {}
    }
}

/// The known faults of the chosen build.
fn faults(notes: &mut Notes, plan: &Plan<'_>) {
    let Some(fit) = &plan.chosen else { return };
    for hit in &fit.faults {
        let row = hit.row;
        if row.severity == Severity::Avoid {
            notes.warn(
                "known-bad",
                text("plan-note-fault")
                    .arg("fault", &row.id)
                    .arg("severity", hit.severity.to_string())
                    .arg("workload", &row.workload)
                    .arg("symptom", &row.symptom)
                    .arg("advice", row.fix.as_deref().unwrap_or_default()),
            );
        }
    }
}

/// How sure the wheel is, and what it asks of the system.
fn wheel(notes: &mut Notes, plan: &Plan<'_>, wanted: &Wanted) {
    let question = &plan.question;
    if let Some(fit) = &plan.chosen {
        if let Some(Offer::Expected(_)) = fit.wheel {
            notes.remark(
                "wheel-not-seen",
                text("plan-note-wheel-not-seen")
                    .arg("torch", fit.build.release.torch.to_string())
                    .arg("tag", fit.build.tag.to_string()),
            );
        }
        let glibc = fit
            .wheel
            .as_ref()
            .and_then(|offer| crate::read::wheel::parse(offer.name()).ok())
            .and_then(|wheel| wheel.glibc_floor());
        if let (Some((major, minor)), None) = (glibc, &question.libc) {
            notes.remark(
                "glibc",
                text("plan-note-glibc").arg("glibc", format!("{major}.{minor}")),
            );
        }
        let wheel = fit.wheel.as_ref().map_or("", |offer| offer.name());
        if let Some(version) = wheel.split("-macosx_").nth(1)
            && let Some((major, minor)) = version.split_once('_')
        {
            let minor = minor.split('_').next().unwrap_or_default();
            notes.remark(
                "macos-version",
                text("plan-note-macos-version").arg("version", format!("{major}.{minor}")),
            );
        }
        // Torch before 2.3 was built for NumPy 1 (pytorch/pytorch#107302, #132179).
        if fit.build.release.torch.release() < &[2, 3][..] {
            notes.warn("numpy-2", text("plan-note-numpy"));
        }
        let pypi = fit.build.release.pypi_build(question.platform.value);
        match (question.platform.value.os, pypi, fit.build.tag.cuda()) {
            (Os::Windows, Some(BuildTag::Cpu), Some(_)) => {
                notes.remark("windows-pypi", text("plan-note-windows"));
            }
            (Os::Linux, Some(tag), Some(_)) if *tag != fit.build.tag => {
                let tag = tag.to_string();
                notes.remark("pypi-differs", text("plan-note-pypi").arg("tag", tag));
            }
            _ => {}
        }
        return;
    }
    // The CUDA of the question may be older than the tables: what there was for it, the snapshot tells.
    let in_table = |cuda: CudaVersion| {
        torch_matrix::releases()
            .iter()
            .flat_map(|release| &release.index_cuda_tags)
            .any(|tag| tag.cuda() == Some(cuda.release()))
    };
    if let Some(Driver::Supports(cuda)) = &wanted.driver
        && !in_table(*cuda)
    {
        let tag = BuildTag::Cuda(cuda.release());
        if let Some((torch, pythons)) = newest_of_tag(&tag, Catalogue::bundled()) {
            let python = question.python.value;
            let said = if pythons.contains(&python)
                && let (Ok(official), Some(first)) = (
                    torch_matrix::mirror("official"),
                    torch_matrix::releases().first(),
                ) {
                text("plan-note-newest-for-cuda-not-judged")
                    .arg("python", python.to_string())
                    .arg("url", official.url(&tag))
                    .arg("first", first.torch.to_string())
            } else {
                let pythons: Vec<_> = pythons.iter().map(ToString::to_string).collect();
                text("plan-note-newest-for-cuda").arg("pythons", pythons.join(", "))
            };
            notes.remark(
                "newest-for-cuda",
                said.arg("tag", tag.to_string()).arg("torch", torch),
            );
        }
    }
}

/// What is special about the companions.
fn companions(notes: &mut Notes, plan: &Plan<'_>) {
    let Some(fit) = &plan.chosen else {
        if plan.question.companions.value.contains(&Package::Torchtext) {
            notes.warn("torchtext-ended", text("plan-note-torchtext"));
        }
        return;
    };
    for (package, version) in &fit.companions {
        let Ok(row) = torch_matrix::companion(*package, version) else {
            continue;
        };
        match &row.declares {
            Some(torch) => notes.reason(
                "companion",
                text("plan-note-companion")
                    .arg("package", package.to_string())
                    .arg("version", version.to_string())
                    .arg("torch", torch.to_string())
                    .arg("as-of", &row.provenance.as_of),
            ),
            None => notes.reason(
                "companion",
                text("plan-note-companion-undeclared")
                    .arg("package", package.to_string())
                    .arg("version", version.to_string())
                    .arg("torch", row.works_with.to_string())
                    .arg("as-of", &row.provenance.as_of),
            ),
        }
        match package {
            Package::Torchaudio if row.last => {
                notes.remark("torchaudio-last", text("plan-note-torchaudio"));
            }
            Package::Torchtext => {
                notes.warn("torchtext-ended", text("plan-note-torchtext"));
                // Nobody has seen it in the folders of CUDA builds; it is without CUDA itself
                // (https://github.com/pytorch/text/issues/1320).
                let place = &plan.question.mirror;
                if !place.is_pypi() && fit.build.tag.cuda().is_some() {
                    let tag = fit.build.tag.to_string();
                    notes.remark(
                        "torchtext-not-seen",
                        text("plan-note-torchtext-not-seen")
                            .arg("tag", tag)
                            .arg("version", version.to_string()),
                    );
                }
            }
            Package::Torchcodec => notes.remark("torchcodec", text("plan-note-torchcodec")),
            Package::Torchaudio | Package::Torchvision => {}
        }
    }
}

/// What to know of the place that it is downloaded from.
fn place(notes: &mut Notes, plan: &Plan<'_>) {
    let Some(fit) = &plan.chosen else { return };
    if plan.question.platform.value.os == Os::MacOs {
        return;
    }
    let mirror = &plan.question.mirror;
    let form = mirror.address(&fit.build.tag).form;
    if mirror.is_pypi() {
        notes.remark(
            "from-pypi",
            text("plan-note-from-pypi").arg("tag", fit.build.tag.to_string()),
        );
        if let Place::PypiMirror(url) = mirror
            && url.is_plain_http()
        {
            notes.warn("plain-http", text("plan-note-plain-http"));
        }
        return;
    }
    match mirror {
        Place::Known(_) if mirror.is_official() => {}
        Place::Pypi | Place::PypiMirror(_) => {}
        Place::Known(known) => {
            notes.remark(
                "mirror",
                text("plan-note-mirror")
                    .arg("title", &known.title)
                    .arg("url", mirror.address(&fit.build.tag).url)
                    .arg("as-of", &known.provenance.as_of),
            );
        }
        Place::Url(url) => {
            notes.remark("mirror-form", text("plan-note-mirror-form"));
            if url.is_plain_http() {
                notes.warn("plain-http", text("plan-note-plain-http"));
            }
        }
    }
    if form == MirrorForm::FindLinks {
        notes.remark("find-links", text("plan-note-find-links"));
    }
    notes.remark("extra-index-url", text("plan-note-extra-index"));
}
