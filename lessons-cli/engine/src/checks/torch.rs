//! PyTorch: an environment, a wheel that runs here, and a torch that computes on every GPU.
//!
//! What is installed is read from files. The wheel brings its own CUDA, so the toolkit on the host plays no part here.

mod companions;
mod install;
mod probe;

#[cfg(test)]
mod tests;

use self::install::{Mode, index, newest};
use self::probe::Probe;
use crate::catalogue::Shelf;
use crate::facts::python::{Environment, EnvironmentKind, PackageIndex, Torch};
use crate::facts::system::Place;
use crate::facts::{Facts, Unknown};
use crate::finding::{Finding, Fix, Message, quoted};
use crate::machine::Unread;
use crate::plan::{
    self, Build, SUGGESTED_PYTHON, USUAL_COMPANIONS, Wanted, Wish, capabilities, driver_os, python,
};
use crate::programs::{NVCC, NVIDIA_SMI_TOPO, UBUNTU_DRIVERS};
use crate::step::{Lesson, Step};
use crate::tables::Os;
use crate::tables::cuda_driver::{self, Reach, Verdict};
use crate::tables::torch_matrix::{
    self, CodeOn, DeviceCode, Package, Presence, Severity, code_runs_on, device_code,
};
use crate::version::{BuildTag, CudaVersion, PythonVersion};

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[
    Step {
        id: "torch.environment",
        lesson: Lesson::Torch,
        required: true,
        needs: &[],
        programs: &[],
        nvml: false,
        check: environment,
    },
    Step {
        id: "torch.python-supported",
        lesson: Lesson::Torch,
        required: true,
        needs: &["torch.environment"],
        programs: &[],
        nvml: true,
        check: python_supported,
    },
    Step {
        id: "torch.wheel-exists",
        lesson: Lesson::Torch,
        required: true,
        needs: &["torch.python-supported"],
        programs: &[],
        nvml: true,
        check: wheel_exists,
    },
    Step {
        id: "torch.installed",
        lesson: Lesson::Torch,
        required: true,
        needs: &[
            "torch.environment",
            "torch.python-supported",
            "torch.wheel-exists",
        ],
        programs: &[],
        nvml: true,
        check: installed,
    },
    Step {
        id: "torch.cuda-build",
        lesson: Lesson::Torch,
        required: true,
        needs: &["torch.installed"],
        programs: &[],
        nvml: true,
        check: cuda_build,
    },
    Step {
        id: "torch.driver-new-enough",
        lesson: Lesson::Torch,
        required: true,
        needs: &["torch.cuda-build", "driver.module-loaded"],
        programs: &[],
        nvml: true,
        check: driver_new_enough,
    },
    Step {
        id: "torch.gpu-arch-in-wheel",
        lesson: Lesson::Torch,
        required: true,
        needs: &["torch.cuda-build"],
        programs: &[],
        nvml: true,
        check: gpu_arch_in_wheel,
    },
    Step {
        id: "torch.companions-paired",
        lesson: Lesson::Torch,
        required: true,
        needs: &["torch.installed"],
        programs: &[],
        nvml: false,
        check: companions::paired,
    },
    Step {
        id: "torch.not-known-bad",
        lesson: Lesson::Torch,
        required: false,
        needs: &["torch.installed"],
        programs: &[],
        nvml: true,
        check: not_known_bad,
    },
    Step {
        id: "torch.sees-gpu",
        lesson: Lesson::Torch,
        required: true,
        needs: &[
            "driver.module-loaded",
            "driver.versions-agree",
            "torch.cuda-build",
            "torch.driver-new-enough",
            "torch.gpu-arch-in-wheel",
        ],
        // Its failure may be explained by steps that ask these.
        programs: &[NVIDIA_SMI_TOPO, UBUNTU_DRIVERS, NVCC],
        nvml: true,
        check: sees_gpu,
    },
];

fn environment(facts: &Facts<'_>) -> Finding {
    let environment = match facts.environment() {
        Ok(Some(environment)) => environment,
        Ok(None) => {
            return with_new_environment(
                facts,
                Finding::fail("fail-no-python").evidence("$PATH", "no python3 and no python"),
            );
        }
        Err(unknown) => return Finding::unread(unknown),
    };
    let first = match facts.first_python() {
        Ok(first) => first.as_deref(),
        Err(unknown) => return Finding::unread(unknown),
    };
    let said = |finding: Finding| {
        let finding = finding
            .arg("prefix", &environment.prefix)
            .evidence(environment.source, &environment.prefix);
        match &environment.python {
            Ok(python) => finding.evidence(&environment.prefix, format!("Python {python}")),
            Err(_) => finding,
        }
    };
    match environment.kind {
        EnvironmentKind::Gone => with_new_environment(facts, said(Finding::fail("fail-gone")))
            .evidence(format!("{}/pyvenv.cfg", environment.prefix), "not found"),
        EnvironmentKind::Virtual | EnvironmentKind::Conda { .. }
            if !first.is_some_and(|first| environment.contains(first)) =>
        {
            let activate = match environment.kind {
                EnvironmentKind::Conda { .. } => {
                    format!("conda activate {}", quoted(&environment.prefix))
                }
                _ if facts.platform().os == "windows" => {
                    quoted(&format!("{}/Scripts/activate", environment.prefix))
                }
                _ => format!(
                    "source {}",
                    quoted(&format!("{}/bin/activate", environment.prefix))
                ),
            };
            let finding = match first {
                Some(first) => said(Finding::fail("fail-shadowed"))
                    .arg("python", first)
                    .evidence("$PATH", first),
                None => said(Finding::fail("fail-off-path"))
                    .evidence("$PATH", "no python3 and no python"),
            };
            finding.fix(Fix::run(activate).note("fix-activate-again"))
        }
        EnvironmentKind::Virtual => said(Finding::pass("pass")),
        EnvironmentKind::Conda { base: false } => said(Finding::pass("pass-conda")),
        EnvironmentKind::Conda { base: true } if in_container(facts) => {
            said(Finding::pass("pass-container"))
        }
        EnvironmentKind::Conda { base: true } => said(Finding::pass("pass-conda-base"))
            .fix(
                Fix::run(format!(
                    "conda create --name first-torch python={SUGGESTED_PYTHON}"
                ))
                .note("fix-conda-create"),
            )
            .fix(Fix::run("conda activate first-torch").note("fix-conda-activate")),
        EnvironmentKind::Idle => {
            said(Finding::pass("pass-idle")).fix(activate(facts).note("fix-activate"))
        }
        EnvironmentKind::System if in_container(facts) => {
            said(Finding::pass("pass-container")).arg("python", &environment.interpreter)
        }
        EnvironmentKind::System => {
            if let Some(unknown) = container_unread(facts) {
                return Finding::unread(&unknown);
            }
            let text = match facts.externally_managed(environment) {
                Ok(true) => "fail-managed",
                Ok(false) | Err(_) => "fail",
            };
            with_new_environment(
                facts,
                said(Finding::fail(text)).arg("python", &environment.interpreter),
            )
        }
    }
}

fn in_container(facts: &Facts<'_>) -> bool {
    matches!(facts.place(), Place::Container | Place::Sandbox)
}

/// The first mark of a container that could not be looked for. In a container the system's Python is right, so none
/// may be missing where it is called wrong.
fn container_unread(facts: &Facts<'_>) -> Option<Unknown> {
    if !facts.is_linux() {
        return None;
    }
    let files = ["/.dockerenv", "/run/.containerenv"].map(|path| facts.exists(path).err());
    let variables = ["container", "KUBERNETES_SERVICE_HOST"].map(|name| facts.env(name).err());
    let texts = ["/proc/version", "/proc/1/cgroup"].map(|path| match facts.text(path) {
        Err(why) if why == Unread::NotRecorded => Some(Unknown::unread(path, why)),
        Ok(_) | Err(_) => None,
    });
    files
        .into_iter()
        .chain(variables)
        .chain(texts)
        .flatten()
        .next()
}

/// Adds the commands that make an environment and enter it.
fn with_new_environment(facts: &Facts<'_>, finding: Finding) -> Finding {
    let by_hand = if facts.platform().os == "windows" {
        "py -m venv .venv"
    } else {
        "python3 -m venv .venv"
    };
    finding
        .fix(Fix::run(format!("uv venv --python {SUGGESTED_PYTHON}")).note("fix-uv"))
        .fix(Fix::run(by_hand).note("fix-venv"))
        .fix(activate(facts).note("fix-activate"))
}

fn activate(facts: &Facts<'_>) -> Fix {
    Fix::run(if facts.platform().os == "windows" {
        r".venv\Scripts\activate"
    } else {
        "source .venv/bin/activate"
    })
}

/// The environment, where there is one; a step that needs it does not run elsewhere.
fn known_environment<'f>(facts: &'f Facts<'_>) -> Result<&'f Environment, Box<Finding>> {
    match facts.environment() {
        Ok(Some(environment)) => Ok(environment),
        Ok(None) => Err(Box::new(Finding::unread(&Unknown::unread(
            "python3",
            Unread::NotFound,
        )))),
        Err(unknown) => Err(Box::new(Finding::unread(unknown))),
    }
}

/// The installed torch, where there is one; a step that needs it does not run elsewhere.
fn known_torch<'f>(facts: &'f Facts<'_>) -> Result<&'f Torch, Box<Finding>> {
    match facts.torch() {
        Ok(Some(torch)) => Ok(torch),
        Ok(None) => Err(Box::new(Finding::unread(&Unknown::unread(
            "torch/version.py",
            Unread::NotFound,
        )))),
        Err(unknown) => Err(Box::new(Finding::unread(unknown))),
    }
}

/// The installed torch and the CUDA it brings; for a build without CUDA, that the step does not apply.
fn known_cuda<'f>(facts: &'f Facts<'_>) -> Result<(&'f Torch, CudaVersion), Box<Finding>> {
    let torch = known_torch(facts)?;
    match torch.cuda() {
        Ok(Some(cuda)) => Ok((torch, cuda)),
        Ok(None) => Err(Box::new(
            Finding::not_applicable("na-no-cuda")
                .arg("version", torch.version.to_string())
                .evidence(&torch.source, "no CUDA"),
        )),
        Err(unknown) => Err(Box::new(Finding::unread(&unknown))),
    }
}

fn python_supported(facts: &Facts<'_>) -> Finding {
    let environment = match known_environment(facts) {
        Ok(environment) => environment,
        Err(finding) => return *finding,
    };
    match &environment.is_32_bit {
        Ok(false) => {}
        Ok(true) => {
            return with_new_environment(facts, Finding::fail("fail-32-bit"))
                .evidence(&environment.prefix, "a 32-bit Python");
        }
        Err(unknown) => return Finding::unread(unknown),
    }
    let python = match &environment.python {
        Ok(python) => *python,
        Err(unknown) => return Finding::unread(unknown),
    };
    let said = |finding: Finding, torch: &str| {
        finding
            .arg("python", python.to_string())
            .arg("torch", torch)
            .evidence(&environment.prefix, format!("Python {python}"))
    };
    let Some(latest) = torch_matrix::latest() else {
        return Finding::unread(&Unknown::not_understood(torch_matrix::info().name));
    };
    match facts.torch() {
        Ok(Some(torch)) => {
            let version = torch.version.to_string();
            let said = |finding| said(finding, &version).evidence(&torch.source, &version);
            return match torch_matrix::release(&torch.version) {
                Ok(release) if release.supports_python(python) => said(Finding::pass("pass")),
                // A release that the table does not know, and that was installed for this very Python.
                Err(_) => said(Finding::pass("pass-installed")),
                Ok(_) if Probe::of(facts).is_success() => said(Finding::pass("pass-installed")),
                Ok(_) => said(Finding::unknown("unknown-other-build"))
                    .fix(Fix::run(import_torch(facts)).note("fix-import")),
            };
        }
        Ok(None) => {}
        Err(_) if latest.supports_python(python) => {}
        // An older torch may be there, for which this Python is right.
        Err(unknown) => return Finding::unread(unknown),
    }
    let newest = latest.torch.to_string();
    if latest.supports_python(python) {
        return said(Finding::pass("pass"), &newest);
    }
    let minor = |python: &PythonVersion| (python.major, python.minor);
    let known = torch_matrix::releases()
        .iter()
        .flat_map(|release| &release.python)
        .map(minor)
        .max();
    if known < Some(minor(&python)) {
        return with_new_environment(
            facts,
            said(Finding::unknown("unknown-newer"), &newest)
                .arg("as-of", torch_matrix::info().as_of),
        );
    }
    let nearest = torch_matrix::releases()
        .iter()
        .rev()
        .find(|release| release.supports_python(python));
    match nearest {
        Some(nearest) => with_new_environment(
            facts,
            said(Finding::fail("fail-old"), &newest).arg("nearest", nearest.torch.to_string()),
        )
        .fix(install::fix(
            facts,
            Mode::New,
            Some(nearest),
            &USUAL_COMPANIONS,
            "fix-older",
        )),
        None => with_new_environment(facts, said(Finding::fail("fail"), &newest)),
    }
}

fn import_torch(facts: &Facts<'_>) -> String {
    format!(
        "{} -c \"import torch; print(torch.__version__, torch.version.cuda)\"",
        python(facts)
    )
}

fn wheel_exists(facts: &Facts<'_>) -> Finding {
    let python = match known_environment(facts).map(|environment| &environment.python) {
        Ok(Ok(python)) => *python,
        Ok(Err(unknown)) => return Finding::unread(unknown),
        Err(finding) => return *finding,
    };
    let wanted = match Wanted::of(facts) {
        Ok(wanted) => wanted,
        Err(unknown) => {
            return Finding::unknown("unknown-platform")
                .arg("platform", &unknown.tried)
                .arg("as-of", torch_matrix::info().as_of);
        }
    };
    let said = |finding: Finding| {
        finding
            .arg("python", python.to_string())
            .evidence("Python", python.to_string())
            .evidence("platform", wanted.platform.to_string())
    };
    if wanted.platform.os == Os::MacOs {
        return match newest(python, |release| {
            release.pypi_build(wanted.platform).is_some()
        }) {
            Some(release) => {
                said(Finding::pass("pass-mac")).arg("torch", release.torch.to_string())
            }
            None => with_new_environment(facts, said(Finding::fail("fail"))),
        };
    }
    let gpu = facts.has_nvidia_gpu();
    if gpu == Ok(false) {
        return match newest(python, |release| {
            release.on_index(&BuildTag::Cpu) == Presence::Yes
        }) {
            Some(release) => said(Finding::pass("pass-cpu"))
                .arg("torch", release.torch.to_string())
                .arg("index", index(&BuildTag::Cpu))
                .evidence("/sys/bus/pci/devices", "no NVIDIA GPU"),
            None => with_new_environment(facts, said(Finding::fail("fail"))),
        };
    }
    let gpus = match capabilities(facts) {
        Ok(gpus) if !gpus.is_empty() => gpus,
        Ok(_) => {
            return undecided(
                said,
                "unknown-gpu",
                python,
                &Unknown::not_understood("NVML"),
            );
        }
        Err(unknown) => return undecided(said, "unknown-gpu", python, &unknown),
    };
    let driver = match facts.driver_version() {
        Ok(driver) => driver,
        Err(unknown) => return undecided(said, "unknown-driver", python, unknown),
    };
    let said = |finding: Finding| {
        let finding = said(finding).evidence(&driver.source, format!("driver {}", driver.value));
        gpus.iter().fold(finding, |finding, (name, cc)| {
            finding.evidence("NVML", format!("{name}, compute capability {cc}"))
        })
    };
    let choice = wanted.choose(&Wish::default(), Shelf::bundled());
    if let Some(fit) = choice.best() {
        return said(Finding::pass("pass"))
            .arg("torch", fit.build.release.torch.to_string())
            .arg("tag", fit.build.tag.to_string())
            .arg("index", index(&fit.build.tag));
    }
    if let Some(why) = choice.unsure() {
        return said(Finding::unknown("unknown-table"))
            .arg("why", why)
            .fix(Fix::run(AUTO).note("fix-auto"));
    }
    // What is installed is judged by itself, below: it may have come from elsewhere.
    if let Ok(Some(torch)) = facts.torch() {
        return said(Finding::not_applicable("na-installed"))
            .arg("version", torch.version.to_string())
            .evidence(&torch.source, torch.version.to_string());
    }
    no_wheel(facts, &wanted, said)
}

/// The build that would be chosen.
fn best(wanted: &Wanted) -> Option<Build> {
    let choice = wanted.choose(&Wish::default(), Shelf::bundled());
    choice.best().map(|fit| fit.build.clone())
}

/// Says which of the three stands in the way: the one without which there would be a wheel.
fn no_wheel(facts: &Facts<'_>, wanted: &Wanted, said: impl Fn(Finding) -> Finding) -> Finding {
    let named = |finding: Finding, wheel: &Build| {
        finding
            .arg("torch", wheel.release.torch.to_string())
            .arg("tag", wheel.tag.to_string())
    };
    let without_driver = Wanted {
        driver: None,
        ..wanted.clone()
    };
    if let Some(wheel) = best(&without_driver) {
        let floor = plan::floor(&wheel.tag, wanted.driver_os).map(|floor| floor.to_string());
        let finding = named(said(Finding::fail("fail-driver")), &wheel)
            .arg("floor", floor.unwrap_or_default());
        return finding.fix(newer_driver(facts));
    }
    let without_python = Wanted {
        python: None,
        ..wanted.clone()
    };
    if let Some(wheel) = best(&without_python) {
        let pythons: Vec<String> = wheel
            .release
            .python
            .iter()
            .map(ToString::to_string)
            .collect();
        return with_new_environment(
            facts,
            named(said(Finding::fail("fail-python")), &wheel).arg("pythons", pythons.join(", ")),
        );
    }
    said(Finding::fail("fail-gpu")).fix(Fix::by_hand("fix-other-gpu"))
}

/// uv looks at the driver and chooses the index by itself.
const AUTO: &str = "uv pip install torch torchvision --torch-backend=auto";

/// What is known although the GPU or the driver is not.
fn undecided(
    said: impl Fn(Finding) -> Finding,
    text: &'static str,
    python: PythonVersion,
    unknown: &Unknown,
) -> Finding {
    let finding = said(Finding::unknown(text)).tried(unknown);
    let Some(release) = newest(python, |release| !release.index_cuda_tags.is_empty()) else {
        return Finding::unread(unknown);
    };
    let tags: Vec<String> = release
        .index_cuda_tags
        .iter()
        .map(ToString::to_string)
        .collect();
    finding
        .arg("torch", release.torch.to_string())
        .arg("tags", tags.join(", "))
        .fix(Fix::run("lessons check driver smi").note("fix-check-driver"))
}

/// The most torches of other Pythons that are told side by side.
const MOST_ELSEWHERE: usize = 8;

fn installed(facts: &Facts<'_>) -> Finding {
    match facts.torch() {
        Ok(Some(torch)) => {
            let records = facts.torch_records(torch);
            let put_before = facts.torch_is_put_before(torch);
            let finding = Finding::pass(if put_before {
                "pass-python-path"
            } else if !records.is_empty() {
                "pass-records"
            } else if facts.torch_lacks_record(torch) {
                "pass-no-record"
            } else {
                "pass"
            })
            .arg("version", torch.version.to_string())
            .arg("site", &torch.site)
            .evidence(&torch.source, torch.version.to_string());
            let finding = if put_before {
                finding.evidence("$PYTHONPATH", facts.python_path().join(", "))
            } else {
                finding
            };
            let finding = match facts.torch_origin(torch) {
                Some((record, url)) => finding.evidence(&record, url),
                None => finding,
            };
            records.iter().fold(
                finding.arg("records", records.join(", ")),
                |finding, record| {
                    finding.evidence(format!("{}/{record}", torch.site), "a record of torch")
                },
            )
        }
        Ok(None) => {
            let environment = match known_environment(facts) {
                Ok(environment) => environment,
                Err(finding) => return *finding,
            };
            if let Some(remains) = facts.torch_remains() {
                return remains_of_torch(facts, environment, &remains);
            }
            let elsewhere = facts.torch_elsewhere();
            let other_pip = other_pip(facts, environment);
            let finding = match elsewhere.first() {
                None if let Some((pip, python)) = &other_pip => Finding::fail("fail-other-pip")
                    .arg("pip", pip)
                    .arg("python", python)
                    .evidence(pip, format!("#!{python}")),
                Some(torch) => elsewhere.iter().take(MOST_ELSEWHERE).fold(
                    Finding::fail("fail-elsewhere")
                        .arg("version", torch.version.to_string())
                        .arg("where", &torch.site),
                    |finding, torch| finding.evidence(&torch.source, torch.version.to_string()),
                ),
                None => not_installed(facts, environment),
            };
            let finding = finding.arg("prefix", &environment.prefix);
            environment
                .sites
                .iter()
                .flatten()
                .fold(finding, |finding, site| finding.evidence(site, "no torch"))
                .fix(install::fix(
                    facts,
                    Mode::New,
                    None,
                    &USUAL_COMPANIONS,
                    "fix-install",
                ))
        }
        Err(unknown) => Finding::unread(unknown),
    }
}

/// That only a part of torch is there. pip takes the record of it for an installed torch, so it goes first.
fn remains_of_torch(facts: &Facts<'_>, environment: &Environment, remains: &str) -> Finding {
    let delete = if facts.platform().os == "windows" {
        format!("rmdir /s {}", quoted(remains))
    } else {
        format!("rm -r {}", quoted(remains))
    };
    Finding::fail("fail-remains")
        .arg("prefix", &environment.prefix)
        .arg("remains", remains)
        .evidence(remains, "there, without the rest of torch")
        // Whichever wheel fits, half of one is none.
        .stands_without(&["torch.wheel-exists"])
        .fix(Fix::run(delete).note("fix-remains"))
        .fix(install::fix(
            facts,
            Mode::New,
            None,
            &USUAL_COMPANIONS,
            "fix-install",
        ))
}

/// The first pip on `$PATH` and its Python, where that is another one than the environment's.
fn other_pip(facts: &Facts<'_>, environment: &Environment) -> Option<(String, String)> {
    let (pip, python) = facts.first_pip()?;
    let of_an_environment = matches!(
        environment.kind,
        EnvironmentKind::Virtual | EnvironmentKind::Conda { .. }
    );
    (of_an_environment && !environment.made_by_uv && !environment.contains(&python))
        .then_some((pip, python))
}

/// That torch is not installed, and what of it the installer's settings explain.
fn not_installed(facts: &Facts<'_>, environment: &Environment) -> Finding {
    let Ok(index) = facts.package_index(environment) else {
        return Finding::fail("fail");
    };
    if let Some(off) = &index.off {
        return Finding::fail("fail-no-index")
            .arg("source", &off.source)
            .evidence(&off.source, "no-index")
            .fix(Fix::by_hand("fix-index-on"));
    }
    if let Some(cpu) = index.of_cpu_builds()
        && facts.has_nvidia_gpu() == Ok(true)
    {
        return Finding::fail("fail-cpu-index")
            .arg("source", &cpu.source)
            .evidence(&cpu.source, &cpu.value)
            .fix(Fix::by_hand("fix-index"));
    }
    if index.is_pypi_alone() {
        let main = index.main.as_ref();
        return Finding::fail("fail-pypi").evidence(
            main.map_or("pip.conf, uv.toml, $PIP_INDEX_URL …", |main| &main.source),
            main.map_or("no index is set: PyPI", |main| &main.value),
        );
    }
    let settings = index.main.iter().chain(&index.more);
    settings.fold(Finding::fail("fail"), |finding, setting| {
        finding.evidence(&setting.source, &setting.value)
    })
}

fn cuda_build(facts: &Facts<'_>) -> Finding {
    let torch = match known_torch(facts) {
        Ok(torch) => torch,
        Err(finding) => return *finding,
    };
    let build = match &torch.build {
        Ok(build) => build,
        Err(unknown) => {
            return Finding::unread(unknown).fix(Fix::run(import_torch(facts)).note("fix-import"));
        }
    };
    let said = |finding: Finding| {
        finding
            .arg("version", torch.version.to_string())
            .arg("build", build.to_string())
            .evidence(
                &torch.source,
                format!("{}, built for {build}", torch.version),
            )
    };
    if let Some(cuda) = build.cuda() {
        return said(Finding::pass("pass")).arg("cuda", cuda.to_string());
    }
    let os = facts.platform().os;
    if os == "macos" {
        return said(Finding::not_applicable("na-mac"));
    }
    match facts.has_nvidia_gpu() {
        Ok(true) => {
            let index = known_environment(facts)
                .ok()
                .and_then(|environment| facts.package_index(environment).ok());
            let cpu = index.as_ref().and_then(PackageIndex::of_cpu_builds);
            if let (BuildTag::Cpu, Some(cpu)) = (build, cpu) {
                return said(Finding::fail("fail-cpu-index"))
                    .arg("source", &cpu.source)
                    .evidence(&cpu.source, &cpu.value)
                    .fix(Fix::by_hand("fix-index"))
                    .fix(reinstall(facts, torch));
            }
            let text = match (build, os.as_str()) {
                (BuildTag::Cpu, "windows") => "fail-cpu-windows",
                (BuildTag::Cpu, _) => "fail-cpu",
                _ => "fail-other",
            };
            let source = if facts.gpus().is_ok() {
                "NVML"
            } else {
                "/sys/bus/pci/devices"
            };
            said(Finding::fail(text))
                .evidence(source, "an NVIDIA GPU")
                .fix(reinstall(facts, torch))
        }
        Ok(false) => said(Finding::not_applicable(match build {
            BuildTag::Cpu => "na-cpu",
            _ => "na-other",
        }))
        .evidence("/sys/bus/pci/devices", "no NVIDIA GPU"),
        Err(unknown) => said(Finding::unknown("unknown-gpu"))
            .tried(&unknown)
            .fix(Fix::run("lessons check driver.gpu-visible").note("fix-check-driver")),
    }
}

/// The command that replaces the installed torch, and what is installed beside it, by a build that runs here.
fn reinstall(facts: &Facts<'_>, torch: &Torch) -> Fix {
    let companions: Vec<Package> = facts
        .companions()
        .unwrap_or_default()
        .iter()
        .map(|companion| companion.package)
        .collect();
    install::fix(
        facts,
        Mode::Replace,
        torch_matrix::release(&torch.version).ok(),
        &companions,
        "fix-reinstall",
    )
}

/// How to get a newer driver here.
fn newer_driver(facts: &Facts<'_>) -> Fix {
    match facts.distribution() {
        Ok(distribution) if distribution.id == "ubuntu" && facts.place() == Place::Host => {
            Fix::run(facts.ubuntu_drivers_install()).note("fix-driver")
        }
        _ => Fix::by_hand("fix-driver-elsewhere"),
    }
}

fn driver_new_enough(facts: &Facts<'_>) -> Finding {
    let (torch, cuda) = match known_cuda(facts) {
        Ok(known) => known,
        Err(finding) => return *finding,
    };
    let driver = match facts.driver_version() {
        Ok(driver) => driver,
        Err(unknown) => return Finding::unread(unknown),
    };
    let said = |finding: Finding| {
        finding
            .arg("version", torch.version.to_string())
            .arg("cuda", cuda.to_string())
            .arg("driver", driver.value.as_str())
            .evidence(&driver.source, driver.value.as_str())
            .evidence(&torch.source, format!("CUDA {cuda}"))
    };
    match cuda_driver::runs(&driver.value, cuda, driver_os(facts)) {
        Verdict::Enough { floor, reach } => said(Finding::pass(match reach {
            Reach::MinorVersion => "pass-minor",
            Reach::Native | Reach::Unknown => "pass",
        }))
        .arg("floor", floor.at_least.to_string()),
        Verdict::TooOld { needs } if Probe::of(facts).is_success() => {
            said(Finding::pass("pass-observed")).arg("floor", needs.at_least.to_string())
        }
        Verdict::TooOld { needs } => said(Finding::fail("fail"))
            .arg("floor", needs.at_least.to_string())
            .fix(newer_driver(facts))
            .fix(reinstall(facts, torch)),
        Verdict::Unknown(lacks) => said(Finding::unknown("unknown-table"))
            .arg("as-of", lacks.as_of)
            .fix(Fix::run("lessons check torch.sees-gpu --deep").note("fix-deep")),
    }
}

fn gpu_arch_in_wheel(facts: &Facts<'_>) -> Finding {
    let (torch, cuda) = match known_cuda(facts) {
        Ok(known) => known,
        Err(finding) => return *finding,
    };
    let deep = || Fix::run("lessons check torch.sees-gpu --deep").note("fix-deep");
    let gpus = match capabilities(facts) {
        Ok(gpus) if !gpus.is_empty() => gpus,
        Ok(_) => {
            return Finding::unread(&Unknown::not_understood("NVML")).fix(deep());
        }
        Err(unknown) => return Finding::unread(&unknown).fix(deep()),
    };
    let (codes, source) = match code_in(facts, torch, cuda) {
        Ok(found) => found,
        Err(unknown) => return Finding::unread(&unknown).fix(deep()),
    };
    let list: Vec<String> = codes.iter().map(ToString::to_string).collect();
    let said = |finding: Finding| {
        let finding = finding
            .arg("version", torch.version.to_string())
            .arg("codes", list.join(" "))
            .evidence(&source, list.join(" "));
        gpus.iter().fold(finding, |finding, (name, cc)| {
            finding.evidence("NVML", format!("{name}, compute capability {cc}"))
        })
    };
    let mut by_ptx = None;
    for (name, cc) in &gpus {
        match code_runs_on(&codes, *cc, Some(cuda)) {
            CodeOn::Runs { .. } => {}
            _ if Probe::of(facts).is_success() => return said(Finding::pass("pass-observed")),
            CodeOn::RunsByPtx { by } => by_ptx = Some((name, by)),
            CodeOn::No => {
                let newer = codes.iter().all(|code| code.cc < *cc);
                return said(Finding::fail(if newer {
                    "fail-newer"
                } else {
                    "fail-older"
                }))
                .arg("gpu", name)
                .arg("sm", cc.sm())
                .fix(reinstall(facts, torch));
            }
            CodeOn::Unknown(why) => {
                return said(Finding::unknown("unknown-gpu"))
                    .arg("gpu", name)
                    .arg("why", why.to_string())
                    .fix(deep());
            }
        }
    }
    match by_ptx {
        None => said(Finding::pass("pass")),
        // The driver compiles PTX only of a CUDA that it knows.
        Some((name, by)) if knows_natively(facts, cuda) => said(Finding::pass("pass-ptx"))
            .arg("gpu", name)
            .arg("code", by.to_string()),
        Some((name, by)) => said(Finding::unknown("unknown-ptx"))
            .arg("gpu", name)
            .arg("code", by.to_string())
            .fix(deep()),
    }
}

/// Whether the driver is of this CUDA version or a newer one.
fn knows_natively(facts: &Facts<'_>, cuda: CudaVersion) -> bool {
    facts.driver_version().as_ref().is_ok_and(|driver| {
        matches!(
            cuda_driver::runs(&driver.value, cuda, driver_os(facts)),
            Verdict::Enough {
                reach: Reach::Native,
                ..
            }
        )
    })
}

/// The GPU code in an installed torch and where that is written: in its own library, else in the table.
fn code_in(
    facts: &Facts<'_>,
    torch: &Torch,
    cuda: CudaVersion,
) -> Result<(Vec<DeviceCode>, String), Unknown> {
    let unread = match facts.torch_code(torch) {
        Ok(codes) if !codes.is_empty() => {
            return Ok((codes, format!("{}/torch/lib", torch.site)));
        }
        Ok(_) => Unknown::not_understood(format!("{}/torch/lib", torch.site)),
        Err(unknown) => unknown,
    };
    let release = torch_matrix::release(&torch.version).map_err(|_| unread.clone())?;
    let list = device_code(release, cuda, Wanted::of(facts)?.platform).map_err(|_| unread)?;
    Ok((list.codes, format!("table {}", torch_matrix::info().name)))
}

fn not_known_bad(facts: &Facts<'_>) -> Finding {
    let torch = match known_torch(facts) {
        Ok(torch) => torch,
        Err(finding) => return *finding,
    };
    let distributions = facts.distributions().as_deref().unwrap_or_default();
    let cudnn = distributions
        .iter()
        .find(|distribution| distribution.name.starts_with("nvidia-cudnn-cu"));
    let lowest = capabilities(facts)
        .ok()
        .and_then(|gpus| gpus.iter().map(|(_, cc)| *cc).min());
    let version = torch.release();
    let hits = torch_matrix::known_bad(&torch_matrix::Environment {
        torch: &version,
        build: torch.build.as_ref().ok(),
        cudnn: cudnn.map(|distribution| &distribution.version),
        compute_capability: lowest,
        companions: &[],
    });
    let said = |finding: Finding| {
        let finding = finding
            .arg("version", torch.version.to_string())
            .arg("as-of", torch_matrix::info().as_of)
            .evidence(&torch.source, torch.version.to_string());
        match cudnn {
            Some(cudnn) => finding.evidence(&cudnn.site, &cudnn.record),
            None => finding,
        }
    };
    let advised = |finding: Finding, hit: &torch_matrix::Hit| {
        let finding = finding
            .arg("workload", &hit.row.workload)
            .evidence(table_row(hit), &hit.row.symptom);
        match &hit.row.fix {
            Some(advice) => finding
                .fix(Fix::run("").note_with(Message::of_step("fix-advice").arg("advice", advice))),
            None => finding,
        }
    };
    match hits.iter().find(|hit| hit.severity == Severity::Avoid) {
        Some(hit) if hit.certain => return advised(said(Finding::fail("fail")), hit),
        Some(hit) => return advised(said(Finding::unknown("unknown-perhaps")), hit),
        None => {}
    }
    if torch_matrix::release(&torch.version).is_err() {
        return said(Finding::unknown("unknown-table")).fix(Fix::by_hand("fix-issues"));
    }
    let notes: Vec<_> = hits.iter().filter(|hit| hit.certain).collect();
    if notes.is_empty() {
        return said(Finding::pass("pass"));
    }
    let workloads: Vec<&str> = notes.iter().map(|hit| hit.row.workload.as_str()).collect();
    notes.iter().fold(
        said(Finding::pass("pass-note")).arg("workloads", workloads.join("; ")),
        |finding, hit| finding.evidence(table_row(hit), &hit.row.symptom),
    )
}

fn table_row(hit: &torch_matrix::Hit) -> String {
    format!("table {}, {}", torch_matrix::info().name, hit.row.id)
}

fn sees_gpu(facts: &Facts<'_>) -> Finding {
    let (torch, cuda) = match known_cuda(facts) {
        Ok(known) => known,
        Err(finding) => return *finding,
    };
    let source = probe::source(facts);
    let said = |finding: Finding| {
        finding
            .arg("version", torch.version.to_string())
            .evidence(&torch.source, format!("CUDA {cuda}"))
    };
    let deep = || Fix::run("lessons check torch.sees-gpu --deep").note("fix-deep");
    match Probe::of(facts) {
        Probe::Computed(gpus) => match gpus.iter().find(|gpu| !gpu.is_right()) {
            None => {
                let names: Vec<&str> = gpus.iter().map(|gpu| gpu.name.as_str()).collect();
                gpus.iter().fold(
                    said(Finding::pass("pass"))
                        .count("count", gpus.len())
                        .arg("names", names.join(", ")),
                    |finding, gpu| finding.evidence(&source, gpu.what()),
                )
            }
            Some(failed) => {
                let finding = match (&failed.error, failed.wrong()) {
                    (Some(words), _) => said(Finding::fail("fail-gpu"))
                        .arg("words", words)
                        .evidence(&source, words),
                    (None, wrong) => {
                        let (sum, right) = wrong.unwrap_or_default();
                        said(Finding::fail("fail-wrong"))
                            .arg("sum", sum)
                            .evidence(&source, format!("the sum should be {right}"))
                    }
                };
                gpus.iter()
                    .filter(|gpu| gpu.is_right())
                    .fold(finding, |finding, gpu| {
                        finding.evidence(&source, gpu.what())
                    })
                    .arg("gpu", &failed.name)
                    .fix(Fix::run("lessons check smi").note("fix-health"))
            }
        },
        Probe::Hung => said(Finding::fail("fail-hung"))
            .evidence(&source, "still running at its time limit")
            .fix(Fix::run("lessons check smi").note("fix-health"))
            .fix(Fix::run("sudo reboot").note("fix-reboot")),
        Probe::SeesNone => cause(facts, said, Some("torch.cuda.is_available() is False")),
        Probe::Error(line) => cause(facts, said, Some(&line)),
        Probe::NotAsked => match hidden_by(facts) {
            Some(_) => cause(facts, said, None),
            None if cannot_get_uvm(facts) => cause(facts, said, None),
            None => said(Finding::unknown("unknown-not-asked")).fix(deep()),
        },
        Probe::Unknown(unknown) => match hidden_by(facts) {
            Some(_) => cause(facts, said, None),
            None if cannot_get_uvm(facts) => cause(facts, said, None),
            None => Finding::unread(&unknown).fix(Fix::run(import_torch(facts)).note("fix-import")),
        },
    }
}

/// Why torch sees no GPU, by facts; torch's own words are evidence, never the ground.
fn cause(facts: &Facts<'_>, said: impl Fn(Finding) -> Finding, words: Option<&str>) -> Finding {
    let source = probe::source(facts);
    let said = |finding: Finding| match words {
        Some(words) => said(finding).arg("words", words).evidence(&source, words),
        None => said(finding),
    };
    if let Some(value) = hidden_by(facts) {
        let unset = if facts.platform().os == "windows" {
            "set CUDA_VISIBLE_DEVICES="
        } else {
            "unset CUDA_VISIBLE_DEVICES"
        };
        return said(Finding::fail("fail-hidden"))
            .arg("value", &value)
            .evidence("$CUDA_VISIBLE_DEVICES", format!("\"{value}\""))
            .fix(Fix::run(unset).note("fix-unset"));
    }
    if facts.sees_hardware() && facts.nvml().is_ok() {
        let module = facts.module_loaded("nvidia_uvm") == Ok(false);
        let device = facts.exists("/dev/nvidia-uvm") == Ok(false);
        if module || device {
            return said(Finding::fail("fail-uvm"))
                .evidence(
                    if module {
                        "/proc/modules"
                    } else {
                        "/dev/nvidia-uvm"
                    },
                    if module { "no nvidia_uvm" } else { "not found" },
                )
                .evidence("NVML", "answers")
                .fix(Fix::run("sudo modprobe nvidia_uvm").note("fix-modprobe"))
                .fix(Fix::run("sudo reboot").note("fix-reboot"));
        }
    }
    let ask = format!(
        "{} -c \"import torch; torch.ones(1).cuda()\"",
        python(facts)
    );
    said(Finding::fail("fail"))
        .explained_by(EXPLAINED_BY)
        .fix(Fix::run(ask).note("fix-ask"))
        .fix(Fix::run("sudo reboot").note("fix-reboot"))
}

/// Whether CUDA has no `nvidia_uvm` and nothing that would bring it: neither the module nor its device is there, the
/// program that CUDA runs to load it is not installed, and the user is not root, for whom CUDA loads it by itself.
fn cannot_get_uvm(facts: &Facts<'_>) -> bool {
    facts.sees_hardware()
        && (facts.nvml().is_ok() || facts.module_loaded("nvidia") == Ok(true))
        && facts.module_loaded("nvidia_uvm") == Ok(false)
        && facts.exists("/dev/nvidia-uvm") == Ok(false)
        && facts.exists("/usr/bin/nvidia-modprobe") == Ok(false)
        && matches!(facts.env("HOME"), Ok(Some(home)) if home != "/root")
}

/// Steps whose failure explains that torch cannot use a GPU: one cause is one red line. torch may compute in spite of
/// each of them, so none is a need.
const EXPLAINED_BY: &[&str] = &[
    "smi.runs",
    "smi.gpus-healthy",
    "driver.fabric-manager",
    "cuda.env-library-path",
    "torch.companions-paired",
];

/// The value of `CUDA_VISIBLE_DEVICES`, where it hides every GPU: nothing, a negative number first, or first a number
/// that no GPU has. CUDA takes the numbers up to the first that is none of a GPU's.
fn hidden_by(facts: &Facts<'_>) -> Option<String> {
    let value = facts.env("CUDA_VISIBLE_DEVICES").ok().flatten()?;
    let first = value.split(',').next().unwrap_or_default().trim();
    let hidden = match first.parse::<i64>() {
        Ok(index) if index < 0 => true,
        Ok(index) => facts.gpus().as_ref().is_ok_and(|gpus| {
            !gpus.is_empty() && usize::try_from(index).is_ok_and(|index| index >= gpus.len())
        }),
        // On Windows an empty variable is one that is not set.
        Err(_) => first.is_empty() && facts.platform().os != "windows",
    };
    hidden.then_some(value)
}
