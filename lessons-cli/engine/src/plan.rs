//! From what a machine has to the command that installs torch on it: which build, why this one, what else, what not.
//!
//! A plan is a pure function of a [`Question`] and a [`Shelf`] of wheels. The checks of the lesson `torch` choose by the same
//! [`Wanted`] and print the same [`Install`] commands, so what a check advises is what the plan says.

mod choice;
mod document;
mod fit;
mod gpu;
mod install;
mod notes;
mod place;
mod question;
mod wheel_file;

pub use crate::facts::libc::Libc;
pub use choice::{Choice, Kind, Wish};
pub use document::Document;
pub use fit::{Build, Driver, Fit, Misfit, Wanted, companion, floor};
pub use gpu::{Gpu, Maker};
pub use install::Install;
pub use notes::{Note, Weight};
pub use place::{Address, Place};
pub use question::{
    Asked, AskedCuda, AskedDriver, AskedError, AskedTorch, Environment, Given, MachineGpu,
    Question, SUGGESTED_PYTHON, Source, Tool, USUAL_COMPANIONS, capabilities, driver_os,
    newest_for, python,
};
pub use wheel_file::{Missing, Offer};

use crate::catalogue::{Catalogue, Repository, Shelf};
use crate::finding::Message;
use crate::tables::torch_matrix::{self, Presence};
use crate::tables::{Os, cuda_driver};
use crate::version::{BuildTag, PythonVersion};

/// The wheel of a build that pip and uv take on a host, whatever its driver and its GPUs.
pub(crate) fn wheel<'c>(
    build: &Build,
    repository: &Repository,
    host: &crate::read::wheel::Host,
    shelf: &Shelf<'c>,
) -> Option<Offer<'c>> {
    wheel_file::of_build(build, repository, host, shelf).ok()
}

pub(crate) use wheel_file::installs;

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Plan<'c> {
    /// What was asked.
    pub question: Question,
    /// The build to install; none where nothing fits.
    pub chosen: Option<Fit<'c>>,
    /// Other builds that would do, or would do if something were otherwise.
    pub alternatives: Vec<Alternative<'c>>,
    /// What was passed over, the newest first.
    pub rejected: Vec<Rejected>,
    /// What to know besides.
    pub notes: Vec<Note>,
    /// The day of the catalogue that it rests on.
    pub as_of: String,
    /// Whether an index was asked now, which whoever asked it says.
    pub live: bool,
}

/// Another build, and when it is the right one.
#[derive(Debug, Clone)]
pub struct Alternative<'c> {
    /// A word for the reason, which does not change.
    pub id: &'static str,
    /// The build.
    pub fit: Fit<'c>,
    /// When it is right.
    pub when: Message,
    /// Whether it can be installed as things are.
    pub fits_now: bool,
    /// The Python it is for, where that is another one.
    pub python: Option<PythonVersion>,
}

/// Builds that were passed over for one reason.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// A word for the reason, which does not change: `driver-too-old`.
    pub id: &'static str,
    /// The builds, newest first; empty where what was asked for is no build at all.
    pub builds: Vec<Build>,
    /// The reason.
    pub why: Message,
}

/// Answers a question.
pub fn plan<'c>(question: Question, shelf: &Shelf<'c>) -> Plan<'c> {
    let wanted = question.wanted();
    let unknown_gpu = question
        .gpus
        .iter()
        .find(|gpu| gpu.value.maker == Maker::Nvidia && gpu.value.compute_capability.is_none())
        .map(|gpu| gpu.value.shown());
    let choice = match unknown_gpu {
        Some(_) if question.wish.kind == Kind::Cuda => Choice::default(),
        _ => wanted.choose(&question.wish, shelf),
    };
    let mut rejected = Vec::new();
    if let Some(name) = unknown_gpu.filter(|_| question.wish.kind == Kind::Cuda) {
        rejected.push(Rejected {
            id: "gpu-unknown",
            builds: Vec::new(),
            why: Message::shared("plan-why-gpu-unknown")
                .arg("gpu", name)
                .arg("as-of", cuda_driver::info().as_of),
        });
    }
    if question.wish.releases().next().is_none() {
        rejected.push(not_in_table(&question, shelf));
    }
    rejected.extend(no_such_build(&question, shelf));
    rejected.extend(not_for_macos(&question));
    rejected.extend(not_on_pypi(&question, &choice));
    rejected.extend(rejections(&choice, &question));
    if rejected.is_empty() && choice.fits.is_empty() {
        rejected.extend(no_build_of_kind(&question));
    }
    let chosen = choice.best().cloned();
    let alternatives = match &chosen {
        Some(best) => beside(best, &choice, &question, &wanted, shelf),
        None => instead(&choice, &question, &wanted, shelf),
    };
    let mut plan = Plan {
        as_of: shelf.catalogue().as_of.to_string(),
        live: false,
        question,
        chosen,
        alternatives,
        rejected,
        notes: Vec::new(),
    };
    plan.notes = notes::of(&plan, &wanted);
    plan
}

impl Plan<'_> {
    /// The command of a build, in the question's environment and from its mirror.
    pub fn install<'a>(&'a self, fit: &'a Fit<'_>) -> Install<'a> {
        let os = self.question.platform.value.os;
        let replace =
            self.question
                .environment
                .installed
                .as_ref()
                .is_some_and(|(version, build)| {
                    version.clone().without_local() != fit.build.release.torch
                        || build.as_ref() != Some(&fit.build.tag)
                });
        Install {
            place: (os != Os::MacOs).then_some(&self.question.mirror),
            python: &self.question.environment.python,
            replace,
            ..Install::new(&fit.build, &fit.companions, os)
        }
    }

    /// The tools whose commands are shown, the one that fits the environment first.
    pub fn tools(&self) -> Vec<Tool> {
        match self.question.tool {
            Some(tool) => vec![tool],
            None if self.question.environment.made_by_uv => vec![Tool::Uv, Tool::Pip],
            None => vec![Tool::Pip, Tool::Uv],
        }
    }
}

/// Says of a wish that no release of the tables fulfils what there is instead.
fn not_in_table(question: &Question, shelf: &Shelf<'_>) -> Rejected {
    let asked = question
        .torch
        .as_ref()
        .map_or_else(String::new, |torch| torch.text.clone());
    let named = question.torch.as_ref().and_then(|torch| {
        let [only] = &*torch.versions.iter().collect::<Vec<_>>() else {
            return None;
        };
        Some(only.version().clone())
    });
    let (first, last) = (torch_matrix::releases().first(), torch_matrix::latest());
    let range = |release: Option<&torch_matrix::Release>| {
        release.map_or_else(String::new, |release| release.torch.to_string())
    };
    let seen = named.as_ref().is_some_and(|version| {
        shelf.catalogue().listings.iter().any(|listing| {
            !shelf
                .wheels("torch", version, &listing.repository)
                .0
                .is_empty()
        })
    });
    let newer = named
        .as_ref()
        .zip(last)
        .is_some_and(|(version, last)| *version > last.torch);
    let (id, text) = match (seen, newer) {
        (true, _) => ("torch-not-judged", "plan-why-torch-not-judged"),
        (false, true) => ("torch-newer", "plan-why-torch-newer"),
        (false, false) => ("no-such-torch", "plan-why-no-such-torch"),
    };
    Rejected {
        id,
        builds: Vec::new(),
        why: Message::shared(text)
            .arg("asked", asked)
            .arg("first", range(first))
            .arg("last", range(last))
            .arg("as-of", torch_matrix::info().as_of),
    }
}

/// Says of a build that was asked for by name, and that none of the releases asked for has, what they have.
fn no_such_build(question: &Question, shelf: &Shelf<'_>) -> Option<Rejected> {
    let wanted = question.wish.tag.as_ref()?;
    let tags = |release: &torch_matrix::Release| {
        release
            .index_cuda_tags
            .iter()
            .chain(&release.index_cuda_tags_unsure)
            .chain(&release.index_rocm_tags)
            .chain(&release.index_other)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let newest = question.wish.releases().next()?;
    if question
        .wish
        .releases()
        .any(|release| release.on_index(wanted) != Presence::No)
    {
        return None;
    }
    let folder = Repository::Folder(wanted.clone());
    let seen = question
        .wish
        .releases()
        .any(|release| !shelf.wheels("torch", &release.torch, &folder).0.is_empty());
    let (id, text) = if seen {
        ("build-not-judged", "plan-why-build-not-judged")
    } else {
        ("no-such-build", "plan-why-no-such-build")
    };
    Some(Rejected {
        id,
        builds: Vec::new(),
        why: Message::shared(text)
            .arg("tag", wanted.to_string())
            .arg("torch", newest.torch.to_string())
            .arg("tags", tags(newest).join(", ")),
    })
}

/// Says that there is one build for macOS, where another was asked for by name.
fn not_for_macos(question: &Question) -> Option<Rejected> {
    let tag = question.wish.tag.as_ref()?;
    let other = question.platform.value.os == Os::MacOs && *tag != BuildTag::Cpu;
    other.then(|| Rejected {
        id: "no-build-for-macos",
        builds: Vec::new(),
        why: Message::shared("plan-why-macos").arg("tag", tag.to_string()),
    })
}

/// Says that none of the releases asked for has a build for the maker of the GPU.
fn no_build_of_kind(question: &Question) -> Option<Rejected> {
    let release = question.wish.releases().next()?;
    let kind = match question.wish.kind {
        Kind::Cuda => "CUDA",
        Kind::Cpu => "CPU",
        Kind::Rocm => "ROCm",
        Kind::Xpu => "XPU",
    };
    Some(Rejected {
        id: "no-build-of-kind",
        builds: Vec::new(),
        why: Message::shared("plan-why-no-kind")
            .arg("torch", release.torch.to_string())
            .arg("kind", kind),
    })
}

/// Says where `PyPI`'s one build of a release is of another kind than what is asked for, as on Windows.
fn not_on_pypi(question: &Question, choice: &Choice<'_>) -> Option<Rejected> {
    if !question.mirror.is_pypi() || !choice.fits.is_empty() || !choice.misfits.is_empty() {
        return None;
    }
    let release = question.wish.releases().next()?;
    let platform = question.platform.value;
    Some(Rejected {
        id: "not-on-pypi",
        builds: Vec::new(),
        why: Message::shared("plan-why-pypi-build")
            .arg("platform", platform.to_string())
            .arg(
                "tag",
                release
                    .pypi_build(platform)
                    .map_or_else(|| "none".to_owned(), ToString::to_string),
            ),
    })
}

/// What was passed over, one entry for each reason.
fn rejections(choice: &Choice<'_>, question: &Question) -> Vec<Rejected> {
    let mut all: Vec<Rejected> = Vec::new();
    let mut add = |id: &'static str, build: &Build, why: Message| match all
        .iter_mut()
        .find(|rejected| rejected.id == id && rejected.why == why)
    {
        Some(rejected) => rejected.builds.push(build.clone()),
        None => all.push(Rejected {
            id,
            builds: vec![build.clone()],
            why,
        }),
    };
    for (build, misfit) in &choice.misfits {
        let (id, why) = reason(misfit, question);
        add(id, build, why);
    }
    // A fit that came before the best in time was passed over for its fault.
    let best = choice.best();
    for fit in &choice.fits {
        if let (Some(hit), Some(best)) = (fit.fault(), best)
            && best.fault().is_none()
        {
            let why = Message::shared("plan-why-fault")
                .arg("fault", &hit.row.id)
                .arg("severity", hit.severity.to_string())
                .arg("workload", &hit.row.workload);
            add("known-bad", &fit.build, why);
        }
    }
    for rejected in &mut all {
        rejected
            .builds
            .sort_by(|one, other| other.release.torch.cmp(&one.release.torch));
    }
    all
}

/// A misfit in words.
fn reason(misfit: &Misfit, question: &Question) -> (&'static str, Message) {
    let python = question.python.value.to_string();
    let platform = question.platform.value.words();
    match misfit {
        Misfit::Wheel(Missing::Python(pythons)) => {
            let pythons: Vec<_> = pythons.iter().map(ToString::to_string).collect();
            (
                "no-wheel-for-python",
                Message::shared("plan-why-python")
                    .arg("python", python)
                    .arg("pythons", pythons.join(", ")),
            )
        }
        Misfit::Wheel(Missing::System { needs, has }) => {
            let needs = match needs {
                crate::read::wheel::Ask::Glibc(major, minor) => format!("glibc {major}.{minor}"),
                crate::read::wheel::Ask::Musl(major, minor) => format!("musl {major}.{minor}"),
                crate::read::wheel::Ask::MacOs(major, minor) => format!("macOS {major}.{minor}"),
            };
            (
                "system-too-old",
                Message::shared("plan-why-system")
                    .arg("needs", needs)
                    .arg("has", format!("{}.{}", has.0, has.1)),
            )
        }
        Misfit::Wheel(Missing::Platform) => (
            "no-wheel-for-platform",
            Message::shared(
                if matches!(
                    question.libc,
                    Some(Given {
                        value: Libc::Musl,
                        ..
                    })
                ) {
                    "plan-why-musl"
                } else {
                    "plan-why-platform"
                },
            )
            .arg("platform", platform),
        ),
        Misfit::Wheel(Missing::NotListed) => (
            "not-on-index",
            Message::shared("plan-why-not-listed").arg("mirror", question.mirror.name()),
        ),
        Misfit::Wheel(Missing::Yanked) => ("yanked", Message::shared("plan-why-yanked")),
        Misfit::Driver { needs } => {
            let floor = needs.at_least.to_string();
            let major = needs.cuda.major.to_string();
            match &question.driver {
                Some(Given {
                    value: Driver::Version(driver),
                    ..
                }) => (
                    "driver-too-old",
                    Message::shared("plan-why-driver")
                        .arg("driver", driver.as_str())
                        .arg("cuda", major)
                        .arg("floor", floor),
                ),
                Some(Given {
                    value: Driver::Supports(cuda),
                    ..
                }) => (
                    "driver-too-old",
                    Message::shared("plan-why-driver-cuda")
                        .arg("host", cuda.to_string())
                        .arg("cuda", major)
                        .arg("floor", floor),
                ),
                None => (
                    "driver-too-old",
                    Message::shared("plan-why-driver-none").arg("floor", floor),
                ),
            }
        }
        Misfit::Dropped { gpu, last_branch } => (
            "gpu-dropped-by-driver",
            Message::shared("plan-why-dropped")
                .arg("gpu", named(*gpu, question))
                .arg("sm", gpu.sm())
                .arg("branch", last_branch.to_string()),
        ),
        Misfit::BeforeGpu { gpu, first_branch } => (
            "driver-before-gpu",
            Message::shared("plan-why-before-gpu")
                .arg("gpu", named(*gpu, question))
                .arg("sm", gpu.sm())
                .arg("branch", first_branch.to_string()),
        ),
        Misfit::Code { gpu, codes } => {
            let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
            (
                "gpu-not-in-wheel",
                Message::shared("plan-why-code")
                    .arg("gpu", named(*gpu, question))
                    .arg("sm", gpu.sm())
                    .arg("codes", codes.join(" ")),
            )
        }
        Misfit::Ptx { gpu, code } => (
            "ptx-needs-newer-driver",
            Message::shared("plan-why-ptx")
                .arg("gpu", named(*gpu, question))
                .arg("sm", gpu.sm())
                .arg("code", code.to_string()),
        ),
        Misfit::Companion(package) => (
            "no-companion",
            Message::shared("plan-why-companion")
                .arg("package", package.to_string())
                .arg("python", python),
        ),
        Misfit::Unlisted => (
            "unknown-on-index",
            Message::shared("plan-why-unlisted").arg("as-of", torch_matrix::info().as_of),
        ),
        Misfit::Unsure(why) => (
            "unknown",
            Message::shared("plan-why-unknown").arg("why", why),
        ),
    }
}

/// The name of the GPU with a compute capability, to stand before its target: `RTX 4090 (sm_89)`, `GPU 8.6 (sm_86)`.
fn named(cc: crate::version::ComputeCapability, question: &Question) -> String {
    question
        .gpus
        .iter()
        .find(|gpu| gpu.value.compute_capability == Some(cc) && gpu.value.name.is_some())
        .map_or_else(|| format!("GPU {cc}"), |gpu| gpu.value.shown())
}

/// Builds beside the chosen one that run too, and what a newer driver would open.
fn beside<'c>(
    best: &Fit<'c>,
    choice: &Choice<'c>,
    question: &Question,
    wanted: &Wanted,
    shelf: &Shelf<'c>,
) -> Vec<Alternative<'c>> {
    let mut all: Vec<Alternative<'c>> = Vec::new();
    let mut add = |id, fit: &Fit<'c>, when, fits_now| {
        all.push(Alternative {
            id,
            fit: fit.clone(),
            when,
            fits_now,
            python: None,
        });
    };
    // One of the same release, and the newest that was passed over for a fault.
    if let Some(fit) =
        choice.fits.iter().skip(1).find(|fit| {
            fit.build.release.torch == best.build.release.torch && fit.fault().is_none()
        })
    {
        add(
            "same-release",
            fit,
            Message::shared(if question.wish.kind == Kind::Rocm {
                "plan-when-same-release-rocm"
            } else {
                "plan-when-same-release"
            }),
            true,
        );
    }
    if let Some(fit) = choice
        .fits
        .iter()
        .skip(1)
        .find(|fit| fit.build.release.torch > best.build.release.torch)
        && let Some(hit) = fit.fault()
    {
        let when = Message::shared("plan-when-faulty").arg("workload", &hit.row.workload);
        add("known-bad", fit, when, true);
    }
    // And one without a fault that is only expected of the best.
    if let Some(hit) = best.expected_fault() {
        let careful = Wish {
            careful: true,
            ..question.wish.clone()
        };
        // Where what was asked for leaves no other, any release.
        let any = Wish {
            torch: pep440_rs::VersionSpecifiers::empty(),
            tag: None,
            ..careful.clone()
        };
        let free = |wish: &Wish| {
            let choice = wanted.choose(wish, shelf);
            let fit = choice.best()?;
            fit.expected_fault().is_none().then(|| fit.clone())
        };
        if let Some(fit) = free(&careful).or_else(|| free(&any)) {
            let when =
                Message::shared("plan-when-without-fault").arg("workload", &hit.row.workload);
            add("without-fault", &fit, when, true);
        }
    }
    if let Some((newer, floor)) = with_newer_driver(Some(best), question, wanted, shelf) {
        let when = Message::shared("plan-when-driver").arg("floor", floor);
        add("newer-driver", &newer, when, false);
    }
    // Without a driver in the question: what an older one would run.
    if question.driver.is_none() && question.wish.kind == Kind::Cuda && question.wish.tag.is_none()
    {
        let older = Wanted {
            driver: Some(Driver::Supports(crate::version::CudaVersion::new(12, 0))),
            driver_serves_gpus: true,
            ..wanted.clone()
        };
        if let Some(fit) = older.choose(&question.wish, shelf).best()
            && fit.build.tag != best.build.tag
            && let (Some(below), Some(floor)) = (
                floor(&best.build.tag, question.driver_os),
                wanted.least_driver(&fit.build.tag),
            )
            && wanted
                .first_branch()
                .is_none_or(|first| first < below.branch())
        {
            let when = Message::shared("plan-when-older-driver")
                .arg("below", below.to_string())
                .arg("floor", floor);
            add("older-driver", fit, when, false);
        }
    }
    if question.wish.kind != Kind::Cpu
        && let Some(fit) = cpu(question, wanted, shelf)
    {
        add("cpu", &fit, when_cpu(question), true);
    }
    // Where no GPU was found, what one would want.
    if matches!(
        question.machine_gpu,
        MachineGpu::None { .. } | MachineGpu::NotFound
    ) {
        let wish = Wish {
            kind: Kind::Cuda,
            ..question.wish.clone()
        };
        if let Some(fit) = wanted.choose(&wish, shelf).best()
            && let Some(floor) = floor(&fit.build.tag, question.driver_os)
        {
            let when = Message::shared("plan-when-gpu").arg("floor", floor.to_string());
            add("nvidia-gpu", fit, when, false);
        }
    }
    all
}

/// What the build without CUDA is good for: on a Mac it is the only one, and knows Apple's GPU.
fn when_cpu(question: &Question) -> Message {
    Message::shared(if question.platform.value.os == Os::MacOs {
        "plan-when-mac"
    } else {
        "plan-when-cpu"
    })
}

/// The CPU build, which runs everywhere.
fn cpu<'c>(question: &Question, wanted: &Wanted, shelf: &Shelf<'c>) -> Option<Fit<'c>> {
    let wish = Wish {
        torch: question.wish.torch.clone(),
        kind: Kind::Cpu,
        ..Wish::default()
    };
    let without = Wanted {
        driver: None,
        gpus: Vec::new(),
        ..wanted.clone()
    };
    let fit = without.choose(&wish, shelf).best()?.clone();
    // PyPI's one build is none for processors on Linux.
    (fit.build.tag == BuildTag::Cpu).then_some(fit)
}

/// What a newer driver would run, and the least driver for it, where that is better than the best build of now.
fn with_newer_driver<'c>(
    best: Option<&Fit<'c>>,
    question: &Question,
    wanted: &Wanted,
    shelf: &Shelf<'c>,
) -> Option<(Fit<'c>, String)> {
    if question.wish.kind != Kind::Cuda || question.driver.is_none() {
        return None;
    }
    // For a GPU that newer drivers have dropped, its last branch is the newest.
    let driver = wanted
        .gpus
        .iter()
        .filter_map(|gpu| cuda_driver::architecture(*gpu).ok()?.last_driver_branch)
        .min()
        .and_then(|last| {
            let row = cuda_driver::branches()
                .iter()
                .find(|row| row.branch == last)?;
            Some(Driver::Supports(row.max_cuda))
        });
    let newer = Wanted {
        driver,
        ..wanted.clone()
    };
    let fit = newer.choose(&question.wish, shelf).best()?.clone();
    let floor = floor(&fit.build.tag, question.driver_os)?;
    let serves = wanted.gpus.iter().all(|gpu| wanted.before(*gpu).is_none());
    let has = serves
        && match &question.driver.as_ref()?.value {
            Driver::Version(driver) => floor.met_by(driver),
            Driver::Supports(cuda) => fit
                .build
                .tag
                .cuda()
                .is_some_and(|tag| tag.major <= cuda.major),
        };
    let better = best.is_none_or(|best| {
        (fit.fault().is_none(), &fit.build.release.torch)
            > (best.fault().is_none(), &best.build.release.torch)
    });
    // Where the floor is met already, only a dropped GPU stands in the way, and then the way is back.
    let least = wanted.least_driver(&fit.build.tag)?;
    (better && !has).then_some((fit, least))
}

/// What there is instead, where nothing fits: what would, if one thing were otherwise.
fn instead<'c>(
    choice: &Choice<'c>,
    question: &Question,
    wanted: &Wanted,
    shelf: &Shelf<'c>,
) -> Vec<Alternative<'c>> {
    let mut all: Vec<Alternative<'c>> = Vec::new();
    let mut add = |id, fit: Fit<'c>, when, python| {
        all.push(Alternative {
            id,
            fit,
            when,
            fits_now: false,
            python,
        });
    };
    let known_gpus = question
        .gpus
        .iter()
        .all(|gpu| gpu.value.maker != Maker::Nvidia || gpu.value.compute_capability.is_some());
    let cuda = question.wish.kind == Kind::Cuda && known_gpus;
    let dropped = choice.misfits.iter().find_map(|(_, misfit)| match misfit {
        Misfit::Dropped { last_branch, .. } => Some(*last_branch),
        _ => None,
    });
    if let Some(last) = dropped.filter(|_| cuda)
        && let Some(row) = cuda_driver::branches()
            .iter()
            .find(|row| row.branch == last)
    {
        let older = Wanted {
            driver: Some(Driver::Supports(row.max_cuda)),
            ..wanted.clone()
        };
        if let Some(fit) = older.choose(&question.wish, shelf).best() {
            let when = Message::shared("plan-when-last-driver").arg("branch", last.to_string());
            add("last-driver-for-gpu", fit.clone(), when, None);
        }
    }
    if cuda
        && dropped.is_none()
        && let Some((fit, floor)) = with_newer_driver(None, question, wanted, shelf)
    {
        // The least that would do is the next best thing to reach.
        let least = Wanted {
            driver: Some(Driver::Supports(crate::version::CudaVersion::new(12, 0))),
            driver_serves_gpus: true,
            ..wanted.clone()
        };
        if let Some(nearer) = least.choose(&question.wish, shelf).best()
            && let Some(lower) = wanted.least_driver(&nearer.build.tag)
            && lower != floor
            && nearer.build.tag != fit.build.tag
        {
            let when = Message::shared("plan-when-driver").arg("floor", lower);
            add("newer-driver", nearer.clone(), when, None);
        }
        let when = Message::shared("plan-when-driver").arg("floor", floor);
        add("newer-driver", fit, when, None);
    }
    if known_gpus && let Some((python, fit)) = with_other_python(question, wanted, shelf) {
        let when = Message::shared("plan-when-python").arg("python", python.to_string());
        add("other-python", fit, when, Some(python));
    }
    if cuda && wanted.gpus.len() > 1 {
        // The newer of the GPUs may run what the oldest does not.
        let oldest = wanted.gpus.iter().min().copied();
        let rest = Wanted {
            gpus: wanted
                .gpus
                .iter()
                .copied()
                .filter(|gpu| Some(*gpu) != oldest)
                .collect(),
            ..wanted.clone()
        };
        if !rest.gpus.is_empty()
            && let Some(fit) = rest.choose(&question.wish, shelf).best()
            && let Some(oldest) = oldest
        {
            let when = Message::shared("plan-when-without-gpu").arg("gpu", named(oldest, question));
            add("without-oldest-gpu", fit.clone(), when, None);
        }
    }
    let any = Wish {
        torch: pep440_rs::VersionSpecifiers::empty(),
        ..question.wish.clone()
    };
    if known_gpus
        && question.torch.is_some()
        && let Some(fit) = wanted.choose(&any, shelf).best()
    {
        add(
            "other-torch",
            fit.clone(),
            Message::shared("plan-when-torch"),
            None,
        );
    }
    if known_gpus && !wanted.companions.is_empty() {
        let alone = Wanted {
            companions: Vec::new(),
            ..wanted.clone()
        };
        if let Some(fit) = alone.choose(&question.wish, shelf).best() {
            add(
                "alone",
                fit.clone(),
                Message::shared("plan-when-alone"),
                None,
            );
        }
    }
    if question.wish.kind != Kind::Cpu
        && let Some(fit) = cpu(question, wanted, shelf)
    {
        add("cpu", fit, when_cpu(question), None);
    }
    if all.is_empty() && cuda {
        all.extend(two_steps_away(question, wanted, shelf));
    }
    all
}

/// What fits with another Python and a newer driver, where neither alone is enough.
fn two_steps_away<'c>(
    question: &Question,
    wanted: &Wanted,
    shelf: &Shelf<'c>,
) -> Option<Alternative<'c>> {
    let any = Wanted {
        driver: None,
        ..wanted.clone()
    };
    let (python, fit) = with_other_python(question, &any, shelf)?;
    let when = Message::shared("plan-when-python-and-driver")
        .arg("python", python.to_string())
        .arg("floor", wanted.least_driver(&fit.build.tag)?);
    Some(Alternative {
        id: "other-python-and-driver",
        fit,
        when,
        fits_now: false,
        python: Some(python),
    })
}

/// What fits with another Python: the nearest one that the best release has wheels for, or else the nearest for which
/// there is anything.
fn with_other_python<'c>(
    question: &Question,
    wanted: &Wanted,
    shelf: &Shelf<'c>,
) -> Option<(PythonVersion, Fit<'c>)> {
    let asked = question.python.value;
    let fit = |python| {
        let there = Wanted {
            python,
            ..wanted.clone()
        };
        there.choose(&question.wish, shelf).best().cloned()
    };
    let best = fit(None)?;
    let nearest = nearest(&best.build.release.python, asked)?;
    let mut others: Vec<PythonVersion> = torch_matrix::releases()
        .iter()
        .flat_map(|release| release.python.iter().copied())
        .collect();
    others.sort_unstable_by_key(|python| (far(*python, asked), *python));
    others.dedup();
    std::iter::once(nearest)
        .chain(others)
        .filter(|python| *python != asked)
        .find_map(|python| Some((python, fit(Some(python))?)))
}

/// The Python nearest to one.
fn nearest(pythons: &[PythonVersion], to: PythonVersion) -> Option<PythonVersion> {
    pythons
        .iter()
        .copied()
        .filter(|python| python.free_threaded == to.free_threaded || !python.free_threaded)
        .min_by_key(|python| far(*python, to))
}

/// How far one Python is from another.
fn far(python: PythonVersion, to: PythonVersion) -> (bool, u32, u32) {
    (
        python.free_threaded != to.free_threaded,
        python.major.abs_diff(to.major),
        python.minor.abs_diff(to.minor),
    )
}

/// The newest torch that the catalogue has for a CUDA, and the Pythons of its wheels: for a CUDA that is older than the
/// tables.
pub fn newest_of_tag(
    tag: &BuildTag,
    catalogue: &Catalogue,
) -> Option<(String, Vec<PythonVersion>)> {
    let folder = Repository::Folder(tag.clone());
    let mut newest: Option<(pep440_rs::Version, Vec<PythonVersion>)> = None;
    for file in catalogue
        .listings_of(&folder)
        .flat_map(|listing| &listing.files)
        .filter(|file| file.name.starts_with("torch-"))
    {
        let Some(wheel) = file.wheel() else { continue };
        let Some(version) = wheel.pep440().map(pep440_rs::Version::without_local) else {
            continue;
        };
        let pythons = wheel
            .python_tags
            .iter()
            .filter_map(|tag| PythonVersion::from_tag(tag).ok());
        match &mut newest {
            Some((known, all)) if *known == version => all.extend(pythons),
            Some((known, _)) if *known > version => {}
            _ => newest = Some((version, pythons.collect())),
        }
    }
    newest.map(|(version, mut pythons)| {
        pythons.sort_unstable();
        pythons.dedup();
        (version.to_string(), pythons)
    })
}

/// Whether PyTorch's index is known to hold a release for a build.
pub fn is_on_index(build: &Build) -> bool {
    build.release.on_index(&build.tag) == Presence::Yes
}
