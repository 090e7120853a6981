//! Questions about CUDA: its versions, the driver and the compiler that go with it.

use super::dice::Dice;
use super::pool::Pool;
use super::question::{Draft, Question};
use super::{Kind, driver, text};
use crate::draw;
use crate::facts::Facts;
use crate::steps::Lesson;
use crate::tables::Os;
use crate::tables::cuda_driver::{self, Verdict};
use crate::tables::host_compilers::{self, Accepts};
use crate::tables::torch_matrix::{ExtensionBuild, extension_build};
use crate::version::{CudaVersion, DriverVersion, GccVersion};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "cuda.three-versions",
        make: three_versions,
    },
    Kind {
        id: "cuda.driver-for-program",
        make: driver_for_program,
    },
    Kind {
        id: "cuda.ceiling",
        make: ceiling,
    },
    Kind {
        id: "cuda.gcc-for-nvcc",
        make: gcc_for_nvcc,
    },
    Kind {
        id: "cuda.toolkit-for-ubuntu",
        make: toolkit_for_ubuntu,
    },
    Kind {
        id: "cuda.driver-inside",
        make: driver_inside,
    },
    Kind {
        id: "cuda.extension",
        make: extension,
    },
    Kind {
        id: "cuda.first-failure",
        make: first_failure,
    },
];

/// The three numbers that people call "the CUDA version" on one machine.
fn three(facts: &Facts<'_>) -> Option<[CudaVersion; 3]> {
    let ceiling = facts.driver_ceiling().ok()?.value;
    let toolkit = facts.nvcc_release().ok()??.value;
    let torch = facts.torch().as_ref().ok()?.as_ref()?.cuda().ok()??;
    let all = [ceiling, toolkit, torch].map(CudaVersion::release);
    let differ = all[0] != all[1] && all[1] != all[2] && all[0] != all[2];
    differ.then_some(all)
}

/// Three questions in one: whose number is this?
fn three_versions(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    pool.machine(dice, |facts, name, dice| {
        let all = three(facts)?;
        let [ceiling, toolkit, torch] = all;
        let table = draw::smi::draw(&draw::nvml::smi(facts.nvml().ok()?, None));
        let header = table.lines().find(|line| line.contains("CUDA"))?;
        let torch_version = facts.torch().as_ref().ok()?.as_ref()?.version.to_string();
        let shown = format!(
            "$ nvidia-smi | grep CUDA\n{header}\n\
             $ nvcc --version | grep release\nCuda compilation tools, release {toolkit}\n\
             $ python -c 'import torch; print(torch.__version__, torch.version.cuda)'\n{torch_version} {torch}\n"
        );
        let (ask, why, right) = *dice.pick(&[
            ("quiz-cuda-three-driver", "quiz-cuda-three-driver-why", ceiling),
            ("quiz-cuda-three-toolkit", "quiz-cuda-three-toolkit-why", toolkit),
            ("quiz-cuda-three-torch", "quiz-cuda-three-torch-why", torch),
        ])?;
        Draft::new("smi.cuda-ceiling", text(ask))
            .machine(name)
            .shown(shown)
            .values(all, |version| *version == right)
            .why(text(why).arg("cuda", right.to_string()))
            .ask(dice)
    })
}

/// Drivers of which some were the newest of their branch.
fn drivers() -> Vec<&'static DriverVersion> {
    cuda_driver::branches()
        .iter()
        .filter_map(|row| row.latest_linux_seen.as_ref())
        .collect()
}

/// The toolkits' versions, once each.
fn toolkits(fits: impl Fn(CudaVersion) -> bool) -> Vec<CudaVersion> {
    let mut all: Vec<CudaVersion> = cuda_driver::toolkits()
        .iter()
        .map(|row| row.toolkit.release())
        .filter(|cuda| fits(*cuda))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn driver_for_program(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let cuda = *dice.pick(&toolkits(|cuda| cuda.major >= 11))?;
    let floor = cuda_driver::family_floor(cuda, Os::Linux).ok()?;
    let mut draft = Draft::new(
        "cuda.driver-new-enough",
        text("quiz-cuda-driver-for").arg("cuda", cuda.to_string()),
    );
    for driver in drivers() {
        match cuda_driver::runs(driver, cuda, Os::Linux) {
            Verdict::Enough { .. } => draft = draft.value(&driver, true),
            Verdict::TooOld { .. } => draft = draft.value(&driver, false),
            Verdict::Unknown(_) => {}
        }
    }
    draft
        .why(
            text("quiz-cuda-driver-for-why")
                .arg("major", cuda.major.to_string())
                .arg("floor", floor.at_least.to_string()),
        )
        .ask(dice)
}

fn ceiling(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let row = dice.pick(cuda_driver::branches())?;
    let driver = row.latest_linux_seen.as_ref()?;
    Draft::new(
        "smi.cuda-ceiling",
        text("quiz-cuda-ceiling").arg("driver", driver.to_string()),
    )
    .values(
        cuda_driver::branches().iter().map(|row| row.max_cuda),
        |cuda| cuda_driver::ceiling(driver, Os::Linux).is_ok_and(|most| most == *cuda),
    )
    .why(
        text("quiz-cuda-ceiling-why")
            .arg("branch", row.branch.to_string())
            .arg("cuda", row.max_cuda.to_string()),
    )
    .why(text("read-smi-cuda"))
    .ask(dice)
}

fn gcc_for_nvcc(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let all: Vec<CudaVersion> = host_compilers::toolkits()
        .iter()
        .map(|row| row.toolkit.release())
        .collect();
    let cuda = *dice.pick(&all)?;
    let range = host_compilers::gcc(cuda).ok()?;
    let mut draft = Draft::new(
        "cuda.host-compiler",
        text("quiz-cuda-gcc").arg("cuda", cuda.to_string()),
    );
    // No compiler is asked about that does not exist yet.
    let newest = all
        .iter()
        .filter_map(|cuda| host_compilers::gcc(*cuda).ok())
        .map(|range| range.max)
        .max()?;
    for major in 7..=newest {
        let Ok(gcc) = major.to_string().parse::<GccVersion>() else {
            continue;
        };
        match host_compilers::accepts_gcc(cuda, gcc) {
            Accepts::Yes(_) => draft = draft.value(&format!("gcc {major}"), true),
            Accepts::TooNew(_) => draft = draft.value(&format!("gcc {major}"), false),
            Accepts::TooOld(_) | Accepts::SomeUpdates(_) | Accepts::Unknown(_) => {}
        }
    }
    draft
        .why(
            text("quiz-cuda-gcc-why")
                .arg("cuda", cuda.to_string())
                .arg("max", range.max.to_string()),
        )
        .ask(dice)
}

fn toolkit_for_ubuntu(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let ubuntu = dice.pick(host_compilers::ubuntu_releases())?;
    let mut draft = Draft::new(
        "cuda.host-compiler",
        text("quiz-cuda-ubuntu")
            .arg("ubuntu", &ubuntu.ubuntu)
            .arg("gcc", ubuntu.gcc.to_string()),
    );
    // The newest of those that do not know the compiler are the likeliest mistakes.
    let too_old = toolkits(|cuda| {
        matches!(
            host_compilers::accepts_gcc(cuda, ubuntu.gcc),
            Accepts::TooNew(_)
        )
    });
    for cuda in too_old.iter().rev().take(6) {
        draft = draft.value(&format!("CUDA {cuda}"), false);
    }
    for cuda in toolkits(|_| true) {
        if let Accepts::Yes(_) = host_compilers::accepts_gcc(cuda, ubuntu.gcc) {
            draft = draft.value(&format!("CUDA {cuda}"), true);
        }
    }
    let oldest = host_compilers::oldest_for_gcc(ubuntu.gcc).ok()?;
    draft
        .why(
            text("quiz-cuda-ubuntu-why")
                .arg("gcc", ubuntu.gcc.to_string())
                .arg("cuda", oldest.toolkit.release().to_string()),
        )
        .ask(dice)
}

fn driver_inside(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let os = *dice.pick(&[Os::Linux, Os::Windows])?;
    let carries = dice.below(2) == 1;
    let mut draft = Draft::new(
        "cuda.one-driver",
        text(match (os, carries) {
            (Os::Linux, true) => "quiz-cuda-inside-linux",
            (Os::Linux, false) => "quiz-cuda-not-inside-linux",
            (_, true) => "quiz-cuda-inside-windows",
            (_, false) => "quiz-cuda-not-inside-windows",
        }),
    );
    for cuda in toolkits(|cuda| cuda.major >= 12) {
        if let Ok(inside) = cuda_driver::bundles_driver(cuda, os) {
            draft = draft.value(&format!("CUDA {cuda}"), inside == carries);
        }
    }
    let last = toolkits(|cuda| cuda_driver::bundles_driver(cuda, os) == Ok(true))
        .last()?
        .to_string();
    draft
        .why(text("quiz-cuda-inside-why").arg("last", last))
        .ask(dice)
}

fn extension(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let all = toolkits(|cuda| cuda.major >= 11);
    let torch = *dice.pick(&all)?;
    let nvcc = *dice.pick(&all)?;
    let build = extension_build(nvcc, torch);
    let says = |one| build == one;
    Draft::new(
        "cuda.extension-toolkit",
        text("quiz-cuda-extension")
            .arg("nvcc", nvcc.to_string())
            .arg("torch", torch.to_string()),
    )
    .text(text("quiz-cuda-extension-same"), says(ExtensionBuild::Same))
    .text(
        text("quiz-cuda-extension-minor"),
        says(ExtensionBuild::MinorDiffers),
    )
    .text(
        text("quiz-cuda-extension-major"),
        says(ExtensionBuild::MajorDiffers),
    )
    .why(
        text("quiz-cuda-extension-why")
            .arg("nvcc", nvcc.to_string())
            .arg("torch", torch.to_string()),
    )
    .ask(dice)
}

fn first_failure(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    pool.machine(dice, |facts, name, dice| {
        driver::failure(facts, name, Lesson::Cuda, dice)
    })
}
