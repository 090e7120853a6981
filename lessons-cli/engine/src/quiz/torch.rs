//! Questions about PyTorch: wheels, indexes, companions, and the GPUs that a build has code for.

use super::dice::Dice;
use super::pool::Pool;
use super::question::{Draft, Question};
use super::{Kind, driver, text};
use crate::explain::{self, Asked};
use crate::facts::Facts;
use crate::finding::Message;
use crate::read::said::Said;
use crate::read::wheel::{self, Host, Installs};
use crate::steps::Lesson;
use crate::tables::cuda_driver::{self, Verdict};
use crate::tables::torch_matrix::{
    self, CodeOn, Package, Presence, Release, code_runs_on, device_code,
};
use crate::tables::{Arch, Os, Platform};
use crate::version::{BuildTag, ComputeCapability, CudaVersion, DriverVersion, PythonVersion};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "torch.wheel-installs",
        make: wheel_installs,
    },
    Kind {
        id: "torch.wheel-part",
        make: wheel_part,
    },
    Kind {
        id: "torch.companion",
        make: companion,
    },
    Kind {
        id: "torch.index",
        make: index,
    },
    Kind {
        id: "torch.build-for-driver",
        make: build_for_driver,
    },
    Kind {
        id: "torch.build-for-card",
        make: build_for_card,
    },
    Kind {
        id: "torch.python",
        make: python,
    },
    Kind {
        id: "torch.plain-install",
        make: plain_install,
    },
    Kind {
        id: "torch.first-failure",
        make: first_failure,
    },
];

const LINUX: Platform = Platform::new(Os::Linux, Arch::X86_64);

fn release(dice: &mut Dice, fits: impl Fn(&Release) -> bool) -> Option<&'static Release> {
    let all: Vec<&Release> = torch_matrix::releases()
        .iter()
        .filter(|release| fits(release))
        .collect();
    dice.pick(&all).copied()
}

fn wheel_name(release: &Release, python: PythonVersion, threads: &str, platform: &str) -> String {
    let tag = python.tag();
    format!(
        "torch-{}-{tag}-{tag}{threads}-{platform}.whl",
        release.torch
    )
}

/// A machine by its Python and its system, and the files of one release, each judged by its tags.
fn wheel_installs(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let release = release(dice, |release| release.python.len() > 2)?;
    let pythons: Vec<PythonVersion> = release
        .python
        .iter()
        .copied()
        .filter(|python| !python.free_threaded)
        .collect();
    let python = *dice.pick(&pythons)?;
    let (host, arch, system) = *dice.pick(&[
        (
            "quiz-torch-host-linux",
            "x86_64",
            wheel::Os::Glibc(Some((2, 35))),
        ),
        (
            "quiz-torch-host-linux",
            "aarch64",
            wheel::Os::Glibc(Some((2, 39))),
        ),
        ("quiz-torch-host-windows", "AMD64", wheel::Os::Windows),
        (
            "quiz-torch-host-macos",
            "arm64",
            wheel::Os::MacOs(Some((15, 0))),
        ),
    ])?;
    let asked = Host {
        python: (python.major, python.minor),
        free_threaded: false,
        os: system,
        arch: arch.to_owned(),
    };
    let mut ask = text(host)
        .arg("torch", release.torch.to_string())
        .arg("python", python.to_string())
        .arg("arch", arch);
    if let wheel::Os::Glibc(Some((major, minor))) = system {
        ask = ask.arg("glibc", format!("{major}.{minor}"));
    }
    let mut draft = Draft::new("torch.wheel-exists", ask);
    for other in &pythons {
        for platform in &release.pypi_platform_tags {
            let fits_here = |python| {
                let name = wheel_name(release, python, "", platform);
                wheel::parse(&name).is_ok_and(|wheel| wheel.installs_on(&asked).is_yes())
            };
            // A file that is wrong in every part tempts nobody.
            if *other != python && !fits_here(python) {
                continue;
            }
            let threads: &[&str] = if release.supports_python(PythonVersion {
                free_threaded: true,
                ..*other
            }) {
                &["", "t"]
            } else {
                &[""]
            };
            for threads in threads {
                let name = wheel_name(release, *other, threads, platform);
                match wheel::parse(&name).ok()?.installs_on(&asked) {
                    Installs::Yes => draft = draft.value(&name, true),
                    Installs::No(_) => draft = draft.value(&name, false),
                    Installs::Unknown(_) => {}
                }
            }
        }
    }
    draft
        .why(
            text("quiz-torch-wheel-why")
                .arg("tag", asked.python_tag())
                .arg("python", python.to_string()),
        )
        .why(text("read-wheel-abi"))
        .why(text("read-wheel-platform"))
        .ask(dice)
}

/// The fields of a wheel's name, as `lessons read wheel` explains them.
fn wheel_part(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let release = release(dice, |release| !release.index_cuda_tags.is_empty())?;
    let python = *dice.pick(&release.python)?;
    if python.free_threaded {
        return None;
    }
    let tag = dice.pick(&release.index_cuda_tags)?;
    let python = python.tag();
    let name = format!(
        "torch-{}+{tag}-{python}-{python}-manylinux_2_28_x86_64.whl",
        release.torch
    );
    let said = Said::Wheel(wheel::parse(&name).ok()?);
    let explained = explain::explain(&said, &Asked::default());
    // The two tags that read alike would make two answers out of one.
    let parts: Vec<(&str, &Message)> = explained
        .fields
        .iter()
        .filter_map(|field| {
            let [value] = field.values.as_slice() else {
                return None;
            };
            let once = name.matches(&value.shown).count() == 1;
            once.then_some(())?;
            Some((value.shown.as_str(), &field.what))
        })
        .collect();
    let (part, right) = *dice.pick(&parts)?;
    let mut draft = Draft::new(
        "torch.wheel-exists",
        text("quiz-torch-part")
            .arg("part", part)
            .arg("wheel", &name),
    );
    for field in &explained.fields {
        let meaning = &field.what;
        draft = draft.text(meaning.clone(), meaning == right);
    }
    draft.why(right.clone()).ask(dice)
}

/// Releases whose companion asks for exactly that torch: other pairs are wrong.
fn companion(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let pinned = |release: &Release| {
        release.torchvision.as_ref().is_some_and(|vision| {
            torch_matrix::companion(Package::Torchvision, vision).is_ok_and(|_| {
                torch_matrix::companions_of(release, Package::Torchvision).len() == 1
            })
        })
    };
    let release = release(dice, pinned)?;
    let right = release.torchvision.as_ref()?;
    let fits = |vision: &pep440_rs::Version| {
        torch_matrix::companions_of(release, Package::Torchvision)
            .iter()
            .any(|row| row.version == *vision)
    };
    Draft::new(
        "torch.companions-paired",
        text("quiz-torch-companion").arg("torch", release.torch.to_string()),
    )
    .values(
        torch_matrix::releases()
            .iter()
            .filter_map(|release| release.torchvision.as_ref()),
        |vision| fits(vision),
    )
    .why(
        text("quiz-torch-companion-why")
            .arg("torch", release.torch.to_string())
            .arg("torchvision", right.to_string()),
    )
    .ask(dice)
}

/// Which folder of the index holds a release.
fn index(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let release = release(dice, |release| release.index_cuda_tags.len() > 1)?;
    let mut draft = Draft::new(
        "torch.wheel-exists",
        text("quiz-torch-index").arg("torch", release.torch.to_string()),
    );
    // Beside the folders of other releases, some that people expect and that never were.
    let expected = cuda_driver::branches()
        .iter()
        .filter(|row| row.max_cuda.major >= 11)
        .map(|row| BuildTag::Cuda(row.max_cuda));
    let known = torch_matrix::releases()
        .iter()
        .flat_map(|release| release.index_cuda_tags.iter().cloned());
    for tag in known.chain(expected) {
        match release.on_index(&tag) {
            Presence::Yes => draft = draft.value(&tag, true),
            Presence::No => draft = draft.value(&tag, false),
            Presence::Unsure => {}
        }
    }
    let tags: Vec<String> = release
        .index_cuda_tags
        .iter()
        .map(ToString::to_string)
        .collect();
    draft
        .why(
            text("quiz-torch-index-why")
                .arg("torch", release.torch.to_string())
                .arg("tags", tags.join(", "))
                .arg("as-of", torch_matrix::info().as_of),
        )
        .ask(dice)
}

/// A machine's driver, and the builds that it runs.
fn build_for_driver(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let (name, driver) = pool.machine(dice, |facts, name, _| {
        let driver = facts.driver_version().as_ref().ok()?.value.clone();
        // Of a driver that runs every build there is nothing to ask.
        let refused = builds().any(|tag| runs(&driver, tag) == Some(false));
        (facts.is_linux() && refused).then(|| (name.to_owned(), driver))
    })?;
    let mut draft = Draft::new(
        "torch.driver-new-enough",
        text("quiz-torch-driver").arg("driver", driver.to_string()),
    )
    .machine(&name);
    for tag in builds() {
        if let Some(runs) = runs(&driver, tag) {
            draft = draft.value(&tag.tag(), runs);
        }
    }
    let mut majors: Vec<u32> = builds().map(|cuda| cuda.major).collect();
    majors.sort_unstable();
    majors.dedup();
    for major in majors {
        let floor = cuda_driver::family_floor(CudaVersion::new(major, 0), Os::Linux).ok()?;
        draft = draft.why(
            text("quiz-torch-driver-why")
                .arg("major", major.to_string())
                .arg("floor", floor.at_least.to_string()),
        );
    }
    draft.ask(dice)
}

fn builds() -> impl Iterator<Item = CudaVersion> {
    indexed().map(|(_, cuda)| cuda)
}

fn runs(driver: &DriverVersion, cuda: CudaVersion) -> Option<bool> {
    match cuda_driver::runs(driver, cuda, Os::Linux) {
        Verdict::Enough { .. } => Some(true),
        Verdict::TooOld { .. } => Some(false),
        Verdict::Unknown(_) => None,
    }
}

/// A machine's GPU, and the builds that have code for it.
fn build_for_card(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let (name, card, cc) = pool.machine(dice, |facts, name, _| {
        let gpu = facts.gpus().as_ref().ok()?.first()?.clone();
        let cc = gpu.compute_capability?;
        // Of a card that every build has code for there is nothing to ask.
        let here = facts.is_linux() && facts.platform().arch == "x86_64";
        let one_lacks = indexed().any(|(release, cuda)| has_code(release, cuda, cc) == Some(false));
        (here && one_lacks).then_some((name.to_owned(), gpu.name?, cc))
    })?;
    let mut draft = Draft::new(
        "torch.gpu-arch-in-wheel",
        text("quiz-torch-card")
            .arg("card", &card)
            .arg("cc", cc.to_string()),
    )
    .machine(&name);
    let called =
        |release: &Release, cuda: CudaVersion| format!("torch {}+{}", release.torch, cuda.tag());
    for (release, cuda) in indexed() {
        if let Some(runs) = has_code(release, cuda, cc) {
            draft = draft.value(&called(release, cuda), runs);
        }
    }
    let lacking: Vec<_> = indexed()
        .filter(|(release, cuda)| has_code(release, *cuda, cc) == Some(false))
        .collect();
    let (release, cuda) = *dice.pick(&lacking)?;
    let codes = device_code(release, cuda, LINUX).ok()?.codes;
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    draft
        .why(
            text("quiz-torch-card-why")
                .arg("cc", cc.to_string())
                .arg("sm", cc.sm())
                .arg("build", called(release, cuda))
                .arg("codes", codes.join(" ")),
        )
        .ask(dice)
}

/// Every build for CUDA on PyTorch's own index.
fn indexed() -> impl Iterator<Item = (&'static Release, CudaVersion)> {
    torch_matrix::releases().iter().flat_map(|release| {
        let tags = release.index_cuda_tags.iter();
        tags.filter_map(move |tag| Some((release, tag.cuda()?)))
    })
}

/// Whether a build has code for a card; none where the tables do not say.
fn has_code(release: &'static Release, cuda: CudaVersion, cc: ComputeCapability) -> Option<bool> {
    let list = device_code(release, cuda, LINUX).ok()?;
    match code_runs_on(&list.codes, cc, Some(cuda)) {
        CodeOn::Runs { .. } | CodeOn::RunsByPtx { .. } => Some(true),
        CodeOn::No => Some(false),
        CodeOn::Unknown(_) => None,
    }
}

fn python(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let release = release(dice, |_| true)?;
    let all = torch_matrix::releases()
        .iter()
        .flat_map(|release| release.python.iter().copied());
    let names: Vec<String> = release.python.iter().map(ToString::to_string).collect();
    Draft::new(
        "torch.python-supported",
        text("quiz-torch-python").arg("torch", release.torch.to_string()),
    )
    .values(all, |python| release.supports_python(*python))
    .why(
        text("quiz-torch-python-why")
            .arg("torch", release.torch.to_string())
            .arg("pythons", names.join(", ")),
    )
    .ask(dice)
}

/// What a plain `pip install torch` brings.
fn plain_install(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let release = release(dice, |release| release.pypi_build(LINUX).is_some())?;
    let (platform, id) = *dice.pick(&[
        (LINUX, "quiz-torch-plain-linux"),
        (
            Platform::new(Os::Windows, Arch::X86_64),
            "quiz-torch-plain-windows",
        ),
    ])?;
    let right = release.pypi_build(platform)?;
    let tags = torch_matrix::releases()
        .iter()
        .flat_map(|release| release.index_cuda_tags.iter().cloned())
        .chain([BuildTag::Cpu]);
    Draft::new(
        "torch.cuda-build",
        text(id).arg("torch", release.torch.to_string()),
    )
    .values(tags, |tag| tag == right)
    .why(
        text("quiz-torch-plain-why")
            .arg("torch", release.torch.to_string())
            .arg("build", right.to_string()),
    )
    .ask(dice)
}

fn first_failure(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    pool.machine(dice, |facts: &Facts<'_>, name, dice| {
        driver::failure(facts, name, Lesson::Torch, dice)
    })
}
