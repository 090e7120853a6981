//! Whether torch's companions go with it, and the CUDA libraries beside it.

use pep440_rs::VersionSpecifiers;

use super::install;
use super::known_torch;
use crate::facts::Facts;
use crate::facts::python::{Distribution, InstalledCompanion, Torch};
use crate::finding::{Finding, Fix, quoted};
use crate::tables::torch_matrix::{self, Build, Misfit, Package, Pair, Presence};
use crate::version::BuildTag;

/// The check of `torch.companions-paired`. What the installed packages declare comes first, then what they were built
/// for, then the table.
pub(super) fn paired(facts: &Facts<'_>) -> Finding {
    let torch = match known_torch(facts) {
        Ok(torch) => torch,
        Err(finding) => return *finding,
    };
    let (companions, distributions) = match (facts.companions(), facts.distributions()) {
        (Ok(companions), Ok(distributions)) => (companions, distributions),
        (Err(unknown), _) => return Finding::unread(&unknown),
        (_, Err(unknown)) => return Finding::unread(unknown),
    };
    let said = |finding: Finding| {
        finding
            .arg("torch", torch.version.to_string())
            .evidence(&torch.source, torch.version.to_string())
    };
    let judged: Vec<Judged> = companions
        .iter()
        .map(|companion| judge(torch, companion))
        .collect();
    // What is wrong comes before what is not known.
    for (companion, judged) in companions.iter().zip(&judged) {
        if let Judged::Wrong(finding) = judged {
            return repaired(facts, torch, companion, said(finding.clone()));
        }
    }
    let strangers = of_another_cuda(facts, torch, distributions);
    if !strangers.is_empty() {
        return foreign_libraries(facts, torch, distributions, &strangers, said);
    }
    for judged in &judged {
        if let Judged::Unknown(finding) = judged {
            return said(finding.clone());
        }
    }
    if companions.is_empty() {
        return said(Finding::pass("pass-alone"));
    }
    let names: Vec<String> = companions
        .iter()
        .map(|companion| format!("{} {}", companion.package, companion.version))
        .collect();
    companions.iter().fold(
        said(Finding::pass("pass")).arg("companions", names.join(", ")),
        |finding, companion| finding.evidence(&companion.metadata, declared(companion)),
    )
}

enum Judged {
    Fits,
    Wrong(Finding),
    Unknown(Finding),
}

fn declared(companion: &InstalledCompanion) -> String {
    match &companion.requires_torch {
        Ok(Some(specifiers)) => format!("requires torch {specifiers}"),
        Ok(None) => "requires no torch".to_owned(),
        Err(unknown) => unknown.why.to_string(),
    }
}

fn judge(torch: &Torch, companion: &InstalledCompanion) -> Judged {
    let said = |finding: Finding| {
        finding
            .arg("package", companion.package.to_string())
            .arg("version", companion.version.to_string())
    };
    if let Ok(Some(specifiers)) = &companion.requires_torch
        && !accepts(specifiers, torch)
    {
        return Judged::Wrong(
            said(Finding::fail("fail-requires"))
                .arg("wanted", specifiers.to_string())
                .evidence(&companion.metadata, declared(companion)),
        );
    }
    let builds = (torch.build.as_ref().ok(), companion.build.as_ref().ok());
    if let (Some(torchs), Some(Some(its))) = builds
        && !goes_with(companion.package, torchs, its)
    {
        return Judged::Wrong(
            said(Finding::fail("fail-build"))
                .arg("build", its.to_string())
                .arg("torch-build", torchs.to_string())
                .evidence(&companion.version_file, its.to_string())
                .evidence(&torch.source, torchs.to_string()),
        );
    }
    let cuda_of = |build: Option<&BuildTag>| build.and_then(BuildTag::cuda);
    let pair = torch_matrix::pair(
        companion.package,
        &Build {
            version: companion.version.clone(),
            cuda: cuda_of(builds.1.and_then(Option::as_ref)),
        },
        &Build {
            version: torch.version.clone(),
            cuda: cuda_of(builds.0),
        },
    );
    if let Pair::Misfit(row, misfit) = &pair {
        let text = match misfit {
            Misfit::Torch { .. } if row.package == Package::Torchtext => "fail-ended",
            Misfit::Torch { .. } => "fail-works-with",
            Misfit::Cuda { .. } => "fail-build",
        };
        return Judged::Wrong(match misfit {
            Misfit::Torch { works_with } => said(Finding::fail(text))
                .arg("wanted", works_with.to_string())
                .evidence(&companion.metadata, declared(companion))
                .evidence(
                    format!("table {}", torch_matrix::info().name),
                    works_with.to_string(),
                ),
            Misfit::Cuda {
                torch: torchs,
                companion: its,
                ..
            } => said(Finding::fail(text))
                .arg("build", its.tag())
                .arg("torch-build", torchs.tag()),
        });
    }
    let unread = companion.requires_torch.as_ref().err();
    let unread = unread.or(companion.build.as_ref().err());
    if let Some(unknown) = unread.or(torch.build.as_ref().err()) {
        return Judged::Unknown(Finding::unread(unknown));
    }
    match (pair, builds) {
        (Pair::Fits(_) | Pair::Misfit(..), _) => Judged::Fits,
        // Without CUDA in torch there is none that could differ.
        (Pair::CudaNotRead(_), (Some(torchs), _)) if torchs.cuda().is_none() => Judged::Fits,
        (Pair::CudaNotRead(_), _) => Judged::Unknown(
            said(Finding::unknown("unknown-build"))
                .evidence(&companion.version_file, "no build named")
                .fix(Fix::run(import(companion.package)).note("fix-import")),
        ),
        // The package says itself which torch it goes with.
        (Pair::Unknown(_), _) if matches!(&companion.requires_torch, Ok(Some(specifiers)) if !specifiers.is_empty()) => {
            Judged::Fits
        }
        (Pair::Unknown(lacks), _) => Judged::Unknown(
            said(Finding::unknown("unknown-table"))
                .arg("as-of", lacks.as_of)
                .fix(Fix::run(import(companion.package)).note("fix-import")),
        ),
    }
}

fn import(package: Package) -> String {
    format!("python -c \"import {package}\"")
}

/// Whether a requirement takes the installed torch. The local part (`+cu126`) is no part of the question: which
/// build it is, is asked by itself.
fn accepts(specifiers: &VersionSpecifiers, torch: &Torch) -> bool {
    let public = torch.release();
    specifiers.iter().all(|specifier| {
        if specifier.version().is_local() {
            let (operator, version) = specifier.clone().into_parts();
            pep440_rs::VersionSpecifier::from_version(operator, version.without_local())
                .is_ok_and(|specifier| specifier.contains(&public))
        } else {
            specifier.contains(&public)
        }
    })
}

/// Whether a companion's build goes with torch's: both for the CPU, or both for one kind of GPU; of CUDA the same
/// major, and for torchaudio the same minor too, which it checks when it is imported.
fn goes_with(package: Package, torch: &BuildTag, companion: &BuildTag) -> bool {
    match (torch, companion) {
        (BuildTag::Cuda(torch), BuildTag::Cuda(companion)) => {
            torch.major == companion.major
                && (package != Package::Torchaudio || torch.minor == companion.minor)
        }
        (BuildTag::Cpu, BuildTag::Cpu)
        | (BuildTag::Rocm(_), BuildTag::Rocm(_))
        | (BuildTag::Xpu, BuildTag::Xpu) => true,
        // It decodes on the CPU next to any torch.
        (_, BuildTag::Cpu) => package == Package::Torchcodec,
        _ => false,
    }
}

/// Adds what puts a companion right: the release that goes with this torch, or taking it out.
fn repaired(
    facts: &Facts<'_>,
    torch: &Torch,
    companion: &InstalledCompanion,
    finding: Finding,
) -> Finding {
    let package = companion.package;
    let right = match (torch_matrix::release(&torch.version), &torch.build) {
        (Ok(release), Ok(build)) if release.on_index(build) == Presence::Yes => {
            install::companion_again(facts, release, build, package)
        }
        _ => None,
    };
    finding.fix(match right {
        Some(command) => Fix::run(command).note("fix-companion"),
        None => Fix::run(install::uninstall(facts, [package.to_string().as_str()]))
            .note("fix-uninstall"),
    })
}

/// The CUDA major that a distribution of NVIDIA's belongs to: `nvidia-cudnn-cu13` to 13. From 13 on some have no
/// suffix; of those, the ones that carry CUDA's own number.
fn cuda_major(distribution: &Distribution) -> Option<u32> {
    let rest = distribution.name.strip_prefix("nvidia-")?;
    if let Some((_, suffix)) = rest.rsplit_once("-cu")
        && let Ok(major) = suffix.parse()
    {
        return Some(major);
    }
    matches!(rest, "cuda-runtime" | "cuda-nvrtc" | "cuda-cupti")
        .then(|| distribution.version.release().first().copied())?
        .and_then(|major| major.try_into().ok())
}

/// NVIDIA's distributions that belong to another CUDA major than torch. Only on Linux does torch use them: elsewhere
/// its wheels have the libraries inside.
fn of_another_cuda<'d>(
    facts: &Facts<'_>,
    torch: &Torch,
    distributions: &'d [Distribution],
) -> Vec<&'d Distribution> {
    let Ok(Some(cuda)) = torch.cuda() else {
        return Vec::new();
    };
    if !facts.is_linux() {
        return Vec::new();
    }
    distributions
        .iter()
        .filter(|distribution| cuda_major(distribution).is_some_and(|major| major != cuda.major))
        .collect()
}

fn foreign_libraries(
    facts: &Facts<'_>,
    torch: &Torch,
    distributions: &[Distribution],
    strangers: &[&Distribution],
    said: impl Fn(Finding) -> Finding,
) -> Finding {
    let names = || strangers.iter().map(|stranger| stranger.name.as_str());
    let cuda = torch.cuda().ok().flatten();
    let own: Vec<String> = distributions
        .iter()
        .filter(|own| cuda_major(own).is_some() && cuda_major(own) == cuda.map(|cuda| cuda.major))
        .map(|own| quoted(&format!("{}=={}", own.name, own.version)))
        .collect();
    let finding = said(Finding::fail("fail-libraries"))
        .arg("libraries", names().collect::<Vec<_>>().join(", "))
        .arg(
            "cuda",
            cuda.map(|cuda| cuda.major.to_string()).unwrap_or_default(),
        );
    let finding = strangers.iter().fold(finding, |finding, stranger| {
        finding.evidence(&stranger.site, &stranger.record)
    });
    let finding =
        finding.fix(Fix::run(install::uninstall(facts, names())).note("fix-uninstall-libraries"));
    if own.is_empty() {
        return finding;
    }
    // Some of both majors write the same files, which are gone with the one that was taken out.
    finding.fix(Fix::run(install::again(facts, &own)).note("fix-libraries"))
}
