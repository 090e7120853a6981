//! The command that installs a torch which runs here.

use super::wheel::{Wanted, Wheel};
use crate::facts::Facts;
use crate::facts::python::EnvironmentKind;
use crate::finding::{Fix, Message, quoted};
use crate::tables::Os;
use crate::tables::torch_matrix::{self, Package, Release, Sameness, mirrors};
use crate::version::{BuildTag, PythonVersion};

/// How a command treats a torch that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// There is none.
    New,
    /// It is replaced: pip and uv take an installed build of the same version for good enough otherwise.
    Replace,
}

/// What to install.
enum Chosen {
    /// This wheel of PyTorch's own index.
    Wheel(Wheel),
    /// This release from `PyPI`: macOS has no other builds.
    Mac(&'static Release),
    /// What uv finds by the driver, since too little is known here; this release of it, where only that will do.
    Auto(Option<&'static Release>),
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
    match chosen(facts, near) {
        Chosen::Wheel(Wheel { release, tag }) => {
            let packages = packages(release, &tag, companions);
            Fix::run(command(facts, mode, &packages, &tag)).note_with(
                Message::of_step(note)
                    .arg("torch", release.torch.to_string())
                    .arg("tag", tag.to_string()),
            )
        }
        Chosen::Mac(release) => {
            let packages = packages(release, &BuildTag::Cpu, companions);
            Fix::run(format!("{} -m pip install {packages}", python(facts))).note_with(
                Message::of_step(note)
                    .arg("torch", release.torch.to_string())
                    .arg("tag", "MPS"),
            )
        }
        Chosen::Auto(release) => {
            let torch = release.map_or_else(
                || "torch".to_owned(),
                |release| format!("torch=={}", release.torch),
            );
            let reinstall = match mode {
                Mode::New => "",
                Mode::Replace => "--reinstall ",
            };
            Fix::run(format!(
                "uv pip install {reinstall}{torch} torchvision --torch-backend=auto"
            ))
            .note("fix-auto")
        }
    }
}

fn chosen(facts: &Facts<'_>, near: Option<&'static Release>) -> Chosen {
    let Ok(wanted) = Wanted::of(facts) else {
        return Chosen::Auto(near);
    };
    let Some(python) = wanted.python else {
        return Chosen::Auto(near);
    };
    if wanted.platform.os == Os::MacOs {
        return newest(python, |release| {
            release.pypi_build(wanted.platform).is_some()
        })
        .map_or(Chosen::Auto(near), Chosen::Mac);
    }
    if facts.has_nvidia_gpu() == Ok(false) {
        return newest(python, |release| {
            near.is_none_or(|near| near.torch == release.torch)
        })
        .map_or(Chosen::Auto(near), |release| {
            Chosen::Wheel(Wheel {
                release,
                tag: BuildTag::Cpu,
            })
        });
    }
    if wanted.driver.is_none() || wanted.gpus.is_empty() {
        return Chosen::Auto(near);
    }
    wanted
        .choose_near(near)
        .wheel()
        .map_or(Chosen::Auto(near), Chosen::Wheel)
}

/// The newest release with wheels for a Python, of those that fit.
pub(super) fn newest(
    python: PythonVersion,
    fits: impl Fn(&Release) -> bool,
) -> Option<&'static Release> {
    torch_matrix::releases()
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
fn command(facts: &Facts<'_>, mode: Mode, packages: &str, tag: &BuildTag) -> String {
    match (uses_uv(facts), mode) {
        (true, Mode::New) => format!("uv pip install {packages} --torch-backend={tag}"),
        (true, Mode::Replace) => {
            format!("uv pip install --reinstall {packages} --torch-backend={tag}")
        }
        (false, Mode::New) => format!(
            "{} -m pip install {packages} --index-url {}",
            python(facts),
            index(tag)
        ),
        (false, Mode::Replace) => format!(
            "{} -m pip install --force-reinstall {packages} --index-url {}",
            python(facts),
            index(tag)
        ),
    }
}

/// `torch==2.8.0 torchvision==0.23.0`
fn packages(release: &Release, tag: &BuildTag, companions: &[Package]) -> String {
    let mut packages = vec![format!("torch=={}", release.torch)];
    for &package in companions {
        if let Some(version) = companion(release, tag, package) {
            packages.push(format!("{package}=={version}"));
        }
    }
    packages.join(" ")
}

/// The companion to install next to a build of torch. There is none where it must have torch's very CUDA and is not
/// published for it.
fn companion(release: &Release, tag: &BuildTag, package: Package) -> Option<String> {
    let version = release.companion(package)?;
    let row = torch_matrix::companion(package, version).ok()?;
    let published = row.same_cuda != Some(Sameness::Minor)
        || *version == release.torch
        || tag.cuda() == row.pypi_linux_cuda;
    published.then(|| version.to_string())
}

/// Installs the companion that goes with an installed torch, and leaves the torch alone; `None` where there is no
/// such companion.
pub(super) fn companion_again(
    facts: &Facts<'_>,
    release: &Release,
    tag: &BuildTag,
    package: Package,
) -> Option<String> {
    let version = companion(release, tag, package)?;
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

/// The word that starts the environment's Python.
pub(super) fn python(facts: &Facts<'_>) -> String {
    match facts.environment() {
        Ok(Some(environment)) => match environment.kind {
            // Not active: `python` would be another one.
            EnvironmentKind::Idle => quoted(&environment.interpreter),
            EnvironmentKind::System if environment.interpreter.ends_with("/python3") => {
                "python3".to_owned()
            }
            _ => "python".to_owned(),
        },
        Ok(None) | Err(_) => "python".to_owned(),
    }
}

fn uses_uv(facts: &Facts<'_>) -> bool {
    matches!(facts.environment(), Ok(Some(environment)) if environment.made_by_uv)
}
