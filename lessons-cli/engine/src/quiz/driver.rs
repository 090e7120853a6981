//! Questions about the driver.

use super::dice::Dice;
use super::pool::Pool;
use super::question::{Draft, Phrase, Question};
use super::{Kind, text};
use crate::facts::Facts;
use crate::finding::{Message, Outcome};
use crate::programs::UBUNTU_DRIVERS;
use crate::read::drivers::{self, DriverPackage};
use crate::report::Report;
use crate::steps::Lesson;
use crate::tables::Os;
use crate::tables::cuda_driver::{self, GpuSupport};
use crate::tables::gpu_arch::{self, Family, OpenModule};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "driver.package-for-card",
        make: package_for_card,
    },
    Kind {
        id: "driver.recommended",
        make: recommended,
    },
    Kind {
        id: "driver.last-branch",
        make: last_branch,
    },
    Kind {
        id: "driver.open-modules",
        make: open_modules,
    },
    Kind {
        id: "driver.first-failure",
        make: first_failure,
    },
];

/// Cards that people put into a machine they install themselves.
fn family(dice: &mut Dice, fits: impl Fn(&Family) -> bool) -> Option<&'static Family> {
    let families: Vec<&Family> = gpu_arch::families()
        .iter()
        .filter(|family| family.market != "Jetson" && fits(family))
        .collect();
    dice.pick(&families).copied()
}

/// A driver by its branch and its kind of kernel module.
fn called(package: DriverPackage) -> Message {
    text(if package.open {
        "quiz-driver-with-open"
    } else {
        "quiz-driver-with-closed"
    })
    .arg("branch", package.branch.to_string())
}

/// Whether a package's driver serves a card, by its branch and its kind of kernel module; none where the tables do not
/// say.
fn serves(package: DriverPackage, family: &Family) -> Option<bool> {
    let fits_module = match family.open_kernel_module {
        OpenModule::Required => package.open,
        OpenModule::Supported => true,
        OpenModule::Impossible => !package.open,
    };
    let row = cuda_driver::branches()
        .iter()
        .find(|row| row.branch == package.branch)?;
    let driver = row.latest_linux_seen.as_ref()?;
    match cuda_driver::gpu_support(driver, family.cc, Os::Linux) {
        GpuSupport::Dropped { .. } => return Some(false),
        GpuSupport::Unknown(_) => return None,
        GpuSupport::Kept => {}
    }
    // A driver older than the card does not know it: it is older than the first CUDA that compiles for it.
    let known_since = cuda_driver::architecture(family.cc)
        .ok()?
        .first_cuda
        .get(&family.cc);
    let knows = match known_since {
        Some(first) => row.max_cuda >= *first,
        // Volta, the last of these, came before the oldest branch of the table.
        None if family.open_kernel_module == OpenModule::Impossible => true,
        None => return None,
    };
    Some(fits_module && knows)
}

fn package_for_card(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    // Of the generations between, nearly every package is right.
    let family = family(dice, |family| {
        family.open_kernel_module != OpenModule::Supported
    })?;
    let mut draft = Draft::new(
        "driver.installed",
        text("quiz-driver-package").arg("card", &family.family),
    );
    for branch in cuda_driver::branches() {
        for open in [false, true] {
            let package = DriverPackage {
                branch: branch.branch,
                server: false,
                open,
            };
            // Open modules came with 515, and from 615 on there are no others.
            let exists = if open {
                branch.branch >= 515
            } else {
                branch.branch < 615
            };
            if exists && let Some(fits) = serves(package, family) {
                draft = draft.text(called(package), fits);
            }
        }
    }
    draft = draft.why(
        text(match family.open_kernel_module {
            OpenModule::Required => "quiz-driver-open-required-why",
            OpenModule::Supported => "quiz-driver-open-supported-why",
            OpenModule::Impossible => "quiz-driver-open-impossible-why",
        })
        .arg("card", &family.family)
        .arg("arch", &family.arch),
    );
    if let Some(last) = family.last_driver_branch {
        draft = draft.why(
            text("quiz-driver-last-branch-why")
                .arg("card", &family.family)
                .arg("branch", last.to_string()),
        );
    }
    draft.ask(dice)
}

fn recommended(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    pool.machine(dice, |facts, name, dice| {
        let output = facts.command(UBUNTU_DRIVERS).ok()?;
        let listed = drivers::read(&output.stdout).ok()?;
        let offered: Vec<_> = listed
            .devices
            .iter()
            .flat_map(|device| &device.drivers)
            .collect();
        let is_recommended = |package: &str| {
            offered
                .iter()
                .any(|driver| driver.recommended && driver.package.value == package)
        };
        let first = offered.iter().find(|driver| driver.recommended)?;
        // The word itself would be the answer: it is taken out of what is shown.
        let shown = output.stdout.replace(" recommended", "");
        let model = listed.devices.first()?.model.as_ref()?;
        let newest = offered
            .iter()
            .filter_map(|driver| driver.package.value.parse::<DriverPackage>().ok())
            .map(|package| package.branch)
            .max()?;
        Draft::new(
            "driver.recommended-known",
            text("quiz-driver-recommended").arg("model", &**model),
        )
        .machine(name)
        .shown(shown)
        .text(
            text("quiz-driver-recommended-newest").arg("branch", newest.to_string()),
            false,
        )
        .text(text("quiz-driver-recommended-word"), true)
        .text(text("quiz-driver-recommended-first"), false)
        .text(text("quiz-driver-recommended-cuda"), false)
        .why(
            text("quiz-driver-recommended-why")
                .arg("package", &*first.package)
                .arg("newest", newest.to_string()),
        )
        .ask(dice)
        .filter(|_| is_recommended(&first.package))
    })
}

fn last_branch(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let family = family(dice, |family| family.last_driver_branch.is_some())?;
    let last = family.last_driver_branch?;
    Draft::new(
        "driver.installed",
        text("quiz-driver-last-branch").arg("card", &family.family),
    )
    .values(
        cuda_driver::architectures()
            .iter()
            .filter_map(|architecture| architecture.last_driver_branch)
            .chain(cuda_driver::branches().iter().map(|row| row.branch)),
        |branch| *branch == last,
    )
    .why(
        text("quiz-driver-last-branch-why")
            .arg("card", &family.family)
            .arg("branch", last.to_string()),
    )
    .ask(dice)
}

fn open_modules(_: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let family = family(dice, |_| true)?;
    let says = |rule: OpenModule| family.open_kernel_module == rule;
    Draft::new(
        "driver.installed",
        text("quiz-driver-modules").arg("card", &family.family),
    )
    .text(text("quiz-driver-modules-open"), says(OpenModule::Required))
    .text(
        text("quiz-driver-modules-both"),
        says(OpenModule::Supported),
    )
    .text(
        text("quiz-driver-modules-closed"),
        says(OpenModule::Impossible),
    )
    .why(
        text(match family.open_kernel_module {
            OpenModule::Required => "quiz-driver-open-required-why",
            OpenModule::Supported => "quiz-driver-open-supported-why",
            OpenModule::Impossible => "quiz-driver-open-impossible-why",
        })
        .arg("card", &family.family)
        .arg("arch", &family.arch),
    )
    .ask(dice)
}

/// A machine's story, and which step of the lesson stops there: as the checks say.
fn first_failure(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    pool.machine(dice, |facts, name, dice| {
        failure(facts, name, Lesson::Driver, dice)
    })
}

/// The one step of a lesson that fails on a machine, among those that do not.
pub(super) fn failure(
    facts: &Facts<'_>,
    name: &str,
    lesson: Lesson,
    dice: &mut Dice,
) -> Option<Question> {
    let report = Report::of(facts, lesson.steps());
    let mut failing = report
        .steps
        .iter()
        .filter(|checked| checked.finding.outcome == Outcome::Fail);
    let failed = failing.next()?;
    if failing.next().is_some() {
        return None;
    }
    let recording = crate::bundled::recording(name)?.ok()?;
    let mut draft = Draft::new(
        failed.step.id,
        text("quiz-first-failure")
            .arg("lesson", lesson.id())
            .arg("summary", &recording.summary),
    )
    .machine(name);
    for checked in &report.steps {
        draft = draft.choice(
            Phrase::Title(checked.step.id),
            checked.step.id == failed.step.id,
        );
    }
    draft
        .explain(Phrase::Finding(
            failed.step.id,
            failed.finding.summary.clone(),
        ))
        .ask(dice)
}
