//! The command that installs a torch which runs here: that of the plan.

use pep440_rs::Version;

use crate::catalogue::Shelf;
use crate::facts::Facts;
use crate::finding::{Fix, Message, quoted};
use crate::machine::nvml::NvmlCode;
use crate::plan::{self, Build, Install, Kind, Wanted, Wish, python};
use crate::tables::Os;
use crate::tables::torch_matrix::{Package, Release, mirrors};
use crate::version::{BuildTag, PythonVersion};

/// How a command treats a torch that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// There is none.
    New,
    /// It is replaced: pip and uv take an installed build of the same version for good enough otherwise.
    Replace,
}

/// The command that installs torch and companions: the given release where a build of it runs here, else the newest
/// that does. `note` says what the command does, with `torch` and `tag`; `fix-auto` where uv chooses.
pub(super) fn fix(
    facts: &Facts<'_>,
    mode: Mode,
    near: Option<&'static Release>,
    companions: &[Package],
    note: &'static str,
) -> Fix {
    let Some((build, companions)) = chosen(facts, near, companions) else {
        // Where no driver answers, uv would choose the build without CUDA.
        let answers_not =
            matches!(facts.nvml(), Err(failure) if failure.error != NvmlCode::NotRecorded);
        if facts.is_linux() && answers_not {
            return Fix::run("lessons check driver smi")
                .note_with(Message::shared("finding-driver-first"));
        }
        let torch = near.map_or_else(
            || "torch".to_owned(),
            |release| format!("torch=={}", release.torch),
        );
        let reinstall = match mode {
            Mode::New => "",
            Mode::Replace => "--reinstall ",
        };
        return Fix::run(format!(
            "uv pip install {reinstall}{torch} torchvision --torch-backend=auto"
        ))
        .note("fix-auto");
    };
    let tag = if facts.platform().os == "macos" {
        "MPS".to_owned()
    } else {
        build.tag.to_string()
    };
    Fix::run(command(facts, mode, &build, &companions)).note_with(
        Message::of_step(note)
            .arg("torch", build.release.torch.to_string())
            .arg("tag", tag),
    )
}

/// The build to install, as `lessons torch plan` would choose it, and the companions that go with it; `None` where too
/// little is known here, and uv may find out by the driver.
fn chosen(
    facts: &Facts<'_>,
    near: Option<&'static Release>,
    companions: &[Package],
) -> Option<(Build, Vec<(Package, Version)>)> {
    let wanted = Wanted::of(facts).ok()?;
    wanted.python?;
    let none = facts.has_nvidia_gpu() == Ok(false);
    let kind = if none || wanted.platform.os == Os::MacOs {
        Kind::Cpu
    } else if wanted.driver.is_none() || wanted.gpus.is_empty() {
        return None;
    } else {
        Kind::Cuda
    };
    let shelf = Shelf::bundled();
    let best = |wish: Wish| {
        let choice = wanted.choose(&Wish { kind, ..wish }, shelf);
        choice.best().map(|fit| fit.build.clone())
    };
    let build = near
        .and_then(|release| best(Wish::release(release)))
        .or_else(|| best(Wish::default()))?;
    let companions = companions
        .iter()
        .filter_map(|&package| {
            let version = plan::companion(build.release, &build.tag, package, &wanted, shelf)?;
            Some((package, version))
        })
        .collect();
    Some((build, companions))
}

/// The newest release with wheels for a Python, of those that fit.
pub(super) fn newest(
    python: PythonVersion,
    fits: impl Fn(&Release) -> bool,
) -> Option<&'static Release> {
    crate::tables::torch_matrix::releases()
        .iter()
        .rev()
        .find(|release| release.supports_python(python) && fits(release))
}

/// The address of PyTorch's own index for a build: `https://download.pytorch.org/whl/cu130`.
pub(super) fn index(tag: &BuildTag) -> String {
    mirrors()
        .first()
        .map_or_else(String::new, |official| official.url(tag))
}

/// With uv where uv made the environment, which has no pip then, else with the environment's own pip.
fn command(
    facts: &Facts<'_>,
    mode: Mode,
    build: &Build,
    companions: &[(Package, Version)],
) -> String {
    let os = facts.platform().os.parse().unwrap_or(Os::Linux);
    let python = python(facts);
    let install = Install {
        python: &python,
        replace: mode == Mode::Replace,
        ..Install::new(build, companions, os)
    };
    if uses_uv(facts) {
        install.uv()
    } else {
        install.pip()
    }
}

/// Installs the companion that goes with an installed torch, and leaves the torch alone; `None` where there is no
/// such companion.
pub(super) fn companion_again(
    facts: &Facts<'_>,
    release: &Release,
    tag: &BuildTag,
    package: Package,
) -> Option<String> {
    let wanted = Wanted::of(facts).ok()?;
    let version = plan::companion(release, tag, package, &wanted, Shelf::bundled())?;
    Some(if uses_uv(facts) {
        format!(
            "uv pip install --reinstall-package {package} {package}=={version} --torch-backend={tag}"
        )
    } else {
        format!(
            "{} -m pip install --force-reinstall --no-deps {package}=={version} --index-url {}",
            python(facts),
            index(tag)
        )
    })
}

/// Installs packages over themselves, and nothing that they require: words like `nvidia-cudnn-cu13==9.26.0.51`.
pub(super) fn again(facts: &Facts<'_>, packages: &[String]) -> String {
    let packages = packages.join(" ");
    if uses_uv(facts) {
        format!("uv pip install --reinstall --no-deps {packages}")
    } else {
        format!(
            "{} -m pip install --force-reinstall --no-deps {packages}",
            python(facts)
        )
    }
}

/// Removes packages by name.
pub(super) fn uninstall<'n>(facts: &Facts<'_>, names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    if uses_uv(facts) {
        format!("uv pip uninstall {}", names.join(" "))
    } else {
        format!("{} -m pip uninstall -y {}", python(facts), names.join(" "))
    }
}

fn uses_uv(facts: &Facts<'_>) -> bool {
    matches!(facts.environment(), Ok(Some(environment)) if environment.made_by_uv)
}
