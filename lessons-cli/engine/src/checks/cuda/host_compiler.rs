//! The host compiler: nvcc accepts the gcc that it would call.

use super::{no_toolkit, not_linux, told, version_of};
use crate::facts::cuda::host_compiler::{ChosenCompiler, Family};
use crate::facts::cuda::toolkits::Origin;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix, quoted};
use crate::tables::NotInTable;
use crate::tables::host_compilers::{self, Accepts, Range};
use crate::version::{CudaVersion, GccVersion};

pub(super) fn host_compiler(facts: &Facts<'_>) -> Finding {
    told(compare(facts), "gcc --version")
}

fn compare(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    let Some(toolkit) = facts.toolkit_in_use()? else {
        return Ok(no_toolkit());
    };
    let chosen = facts.chosen_compiler(toolkit.origin)?;
    let cuda = version_of(facts, &toolkit)?;
    let finding = match chosen {
        // Debian's package depends on a compiler that fits, and its nvcc calls that one.
        None if toolkit.origin == Origin::Distribution => {
            Finding::pass("pass-distribution").evidence(&toolkit.nvcc, "the distribution's")
        }
        Some(chosen) => judge_chosen(facts, &chosen, cuda.value)?,
        None => judge_gcc(facts, cuda.value)?,
    };
    Ok(finding
        .arg("cuda", cuda.value.release().to_string())
        .evidence(&cuda.source, format!("toolkit {}", cuda.value)))
}

fn judge_gcc(facts: &Facts<'_>, cuda: CudaVersion) -> Known<Finding> {
    let Some(gcc) = facts.gcc_version()? else {
        return Ok(build_tools(
            facts,
            Finding::fail("fail-no-gcc").evidence("$PATH", "no gcc"),
        ));
    };
    // DKMS pulls gcc along without g++, and nvcc compiles C++.
    if facts.which("g++") == Ok(None) {
        return Ok(build_tools(
            facts,
            Finding::fail("fail-no-gxx")
                .arg("gcc", gcc.to_string())
                .evidence("gcc -dumpfullversion", gcc.to_string())
                .evidence("$PATH", "no g++"),
        ));
    }
    let finding = by_table(
        facts,
        host_compilers::accepts_gcc(cuda, gcc),
        "gcc",
        gcc.major,
    );
    Ok(finding
        .arg("compiler", format!("gcc {gcc}"))
        .evidence("gcc -dumpfullversion", gcc.to_string()))
}

/// The compiler that a variable chooses is what nvcc takes, whatever the system's gcc is.
fn judge_chosen(facts: &Facts<'_>, chosen: &ChosenCompiler, cuda: CudaVersion) -> Known<Finding> {
    let told = |finding: Finding| {
        finding
            .arg("compiler", &chosen.name)
            .arg("source", &chosen.source)
            .evidence(&chosen.source, &chosen.name)
    };
    if !facts.compiler_exists(&chosen.name)? {
        let finding = told(Finding::fail("fail-chosen-missing"));
        let package = chosen
            .name
            .strip_prefix("/usr/bin/")
            .unwrap_or(&chosen.name);
        return Ok(match (chosen.family, chosen.major) {
            (Some(Family::Gcc), Some(major)) if facts.uses_apt() == Some(true) => finding
                .fix(Fix::run(format!("sudo apt install g++-{major}")).note("fix-install-chosen")),
            (Some(Family::Clang), Some(_)) if facts.uses_apt() == Some(true) => finding.fix(
                Fix::run(format!(
                    "sudo apt install {}",
                    quoted(&package.replace("++", ""))
                ))
                .note("fix-install-chosen"),
            ),
            _ => finding,
        }
        .fix(
            Fix::run(format!("unset {}", chosen.source.trim_start_matches('$'))).note("fix-unset"),
        ));
    }
    let finding = match (chosen.family, chosen.major) {
        (Some(Family::Gcc), Some(major)) => {
            let gcc = GccVersion {
                major,
                minor: None,
                patch: None,
            };
            by_table(facts, host_compilers::accepts_gcc(cuda, gcc), "gcc", major)
        }
        (Some(Family::Clang), Some(major)) => {
            let accepts = match host_compilers::clang(cuda) {
                Ok(range) if major > range.max => Accepts::TooNew(range),
                Ok(range) if range.min.is_some_and(|min| major < min) => Accepts::TooOld(range),
                Ok(range) => Accepts::Yes(range),
                Err(lacks) => Accepts::Unknown(lacks),
            };
            by_table(facts, accepts, "clang", major)
        }
        // Only a name without a version and without a folder is the one that PATH finds.
        (Some(Family::Gcc), None)
            if !chosen.name.contains('/') || chosen.name.starts_with("/usr/bin/") =>
        {
            return judge_gcc(facts, cuda);
        }
        _ => Finding::unknown("unknown-chosen")
            .fix(Fix::run(format!("{} --version", quoted(&chosen.name))).note("fix-look")),
    };
    Ok(told(finding))
}

fn by_table(facts: &Facts<'_>, accepts: Accepts, family: &'static str, major: u32) -> Finding {
    let range_args = |finding: Finding, range: Range| {
        finding
            .arg("max", range.max.to_string())
            .arg(
                "min",
                range
                    .min
                    .map_or_else(|| "?".to_owned(), |min| min.to_string()),
            )
            .arg("family", family)
    };
    match accepts {
        Accepts::Yes(range) => range_args(Finding::pass("pass"), range),
        Accepts::TooNew(range) => second_compiler(
            facts,
            range_args(Finding::fail("fail-too-new"), range),
            range.max,
            range.min,
        ),
        Accepts::TooOld(range) => second_compiler(
            facts,
            range_args(Finding::fail("fail-too-old"), range),
            range.max,
            range.min,
        ),
        Accepts::SomeUpdates(rows) => rows.iter().fold(
            Finding::unknown("unknown-updates")
                .fix(Fix::run("cat /usr/local/cuda/version.json").note("fix-updates")),
            |finding, row| match row.updates {
                Some((first, last)) => finding.evidence(
                    "cuda-host-compilers",
                    format!(
                        "CUDA {} update {first} to {last}: gcc up to {}",
                        row.toolkit, row.gcc_max
                    ),
                ),
                None => finding,
            },
        ),
        Accepts::Unknown(lacks) => not_in_table(&lacks, family, major),
    }
}

fn not_in_table(lacks: &NotInTable, family: &str, major: u32) -> Finding {
    Finding::unknown("unknown-toolkit")
        .arg("family", family)
        .evidence(lacks.table, &lacks.asked)
        .evidence("host compiler", format!("{family} {major}"))
        .fix(Fix::run("nvcc --version").note("fix-look"))
}

/// An older g++ beside the system's, for nvcc alone. The system's own stays: the kernel's modules are built with it.
fn second_compiler(facts: &Facts<'_>, finding: Finding, max: u32, min: Option<u32>) -> Finding {
    let there = (min.unwrap_or(max)..=max)
        .rev()
        .find(|major| facts.exists(&format!("/usr/bin/g++-{major}")) == Ok(true));
    let finding = match there {
        Some(_) => finding,
        None if facts.uses_apt() == Some(true) => {
            finding.fix(Fix::run(format!("sudo apt install g++-{max}")).note("fix-second"))
        }
        None => finding.fix(Fix::by_hand("fix-second-other")),
    };
    let major = there.unwrap_or(max);
    finding.fix(Fix::run(format!("export NVCC_CCBIN=/usr/bin/g++-{major}")).note("fix-ccbin"))
}

fn build_tools(facts: &Facts<'_>, finding: Finding) -> Finding {
    if facts.uses_apt() == Some(true) {
        finding.fix(Fix::run("sudo apt install build-essential").note("fix-build-essential"))
    } else {
        finding.fix(Fix::by_hand("fix-build-other"))
    }
}
