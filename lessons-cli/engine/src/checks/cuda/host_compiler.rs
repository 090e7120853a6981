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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::made_up::{
        Case, NOT_RECORDED, UNREAD, and, check_all, machine, no_toolkit, nvcc, packages,
    };
    use super::*;
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    fn gcc(printed: &str) -> Value {
        json!({"commands": {"gcc -dumpfullversion": {"exit": 0, "stdout": printed}}})
    }

    fn cuda(version: &str) -> Value {
        json!({"files": {"/usr/local/cuda-12.6/version.json": {"text": format!("{{\"cuda\": {{\"version\": \"{version}\"}}}}")}}})
    }

    fn chosen(name: &str, there: &[&str]) -> Value {
        json!({"env": {"NVCC_CCBIN": name}, "dirs": {"/usr/bin": there}})
    }

    #[test]
    fn every_branch() {
        let fedora = json!({"files": {"/etc/os-release": {"text": "ID=fedora\n"}}});
        let conda = json!({
            "dirs": {"/home/me/conda": ["bin"], "/home/me/conda/bin": ["nvcc", "x86_64-conda-linux-gnu-c++"], "/home/me": ["conda"]},
            "env": {
                "CONDA_PREFIX": "/home/me/conda",
                "PATH": "/home/me/conda/bin:/usr/bin",
                "NVCC_PREPEND_FLAGS": " -ccbin=/home/me/conda/bin/x86_64-conda-linux-gnu-c++",
                "NVCC_APPEND_FLAGS": null,
            },
            "commands": {"nvcc --version": {"exit": 0, "stdout": nvcc("12.6", "12.6.85")}},
        });
        let cases: Vec<Case> = vec![
            ("accepted", json!({}), Pass, "pass"),
            ("a bare major", gcc("13\n"), Pass, "pass"),
            (
                "a whole line",
                gcc("gcc (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0\n"),
                Pass,
                "pass",
            ),
            ("too new", gcc("14.2.0\n"), Fail, "fail-too-new"),
            (
                "too new, and no older one is there",
                and(
                    gcc("15.2.0\n"),
                    &json!({"dirs": {"/usr/bin": ["g++", "gcc"]}}),
                ),
                Fail,
                "fail-too-new",
            ),
            (
                "too new on Fedora",
                and(
                    and(gcc("15.2.0\n"), &fedora),
                    &json!({"dirs": {"/usr/bin": ["g++", "gcc"]}}),
                ),
                Fail,
                "fail-too-new",
            ),
            ("too old", gcc("4.8.5\n"), Fail, "fail-too-old"),
            (
                "no gcc",
                json!({"commands": {"gcc -dumpfullversion": {"error": "not-found"}}}),
                Fail,
                "fail-no-gcc",
            ),
            (
                "no gcc on Fedora",
                and(
                    json!({"commands": {"gcc -dumpfullversion": {"error": "not-found"}}}),
                    &fedora,
                ),
                Fail,
                "fail-no-gcc",
            ),
            (
                "no g++",
                json!({"dirs": {"/usr/bin": ["gcc"]}}),
                Fail,
                "fail-no-gxx",
            ),
            // The system's gcc 15 is too new, and nvcc is told to take another.
            (
                "a chosen one",
                and(
                    gcc("15.2.0\n"),
                    &chosen("/usr/bin/g++-13", &["gcc", "g++", "g++-13"]),
                ),
                Pass,
                "pass",
            ),
            (
                "a chosen one by name",
                chosen("g++-12", &["g++-12"]),
                Pass,
                "pass",
            ),
            (
                "a chosen one is too new",
                chosen("g++-14", &["g++-14"]),
                Fail,
                "fail-too-new",
            ),
            (
                "a chosen clang",
                chosen("clang++-18", &["clang++-18"]),
                Pass,
                "pass",
            ),
            (
                "a chosen clang is too new",
                chosen("clang++-19", &["clang++-19"]),
                Fail,
                "fail-too-new",
            ),
            (
                "a chosen clang is too old",
                and(cuda("13.0.0"), &chosen("clang-6", &["clang-6"])),
                Fail,
                "fail-too-old",
            ),
            (
                "a chosen clang of a toolkit that is newer than the table",
                and(cuda("13.9.0"), &chosen("clang++-18", &["clang++-18"])),
                Unknown,
                "unknown-toolkit",
            ),
            (
                "a chosen one is the system's",
                chosen("g++", &["g++", "gcc"]),
                Pass,
                "pass",
            ),
            (
                "a chosen one is gone",
                chosen("/usr/bin/g++-12", &["gcc", "g++"]),
                Fail,
                "fail-chosen-missing",
            ),
            (
                "a chosen clang is gone",
                chosen("clang++-18", &["gcc"]),
                Fail,
                "fail-chosen-missing",
            ),
            (
                "a chosen name that means nothing",
                chosen("compiler", &["gcc"]),
                Fail,
                "fail-chosen-missing",
            ),
            (
                "a chosen name without a version",
                json!({"env": {"NVCC_CCBIN": "/opt/x/g++"}, "files": {"/opt/x/g++": {"mode": 33261}}}),
                Unknown,
                "unknown-chosen",
            ),
            (
                "conda's flags choose one",
                and(gcc("15.2.0\n"), &conda),
                Unknown,
                "unknown-chosen",
            ),
            (
                "Ubuntu's own toolkit",
                and(
                    and(no_toolkit(), &gcc("15.2.0\n")),
                    &json!({
                        "dirs": {"/usr/bin": ["nvcc", "gcc", "g++"]},
                        "files": {"/var/lib/dpkg/status": {"text": packages(&[("nvidia-cuda-toolkit", "12.0.140~12.0.1-4build4")])}},
                    }),
                ),
                Pass,
                "pass-distribution",
            ),
            (
                "some updates accept it",
                and(
                    gcc("11.4.0\n"),
                    &json!({
                        "dirs": {"/usr/local": ["cuda-11.4"], "/usr/local/cuda-11.4": ["bin"], "/usr/local/cuda-11.4/bin": ["nvcc"]},
                        "env": {"PATH": "/usr/local/cuda-11.4/bin:/usr/bin"},
                    }),
                ),
                Unknown,
                "unknown-updates",
            ),
            (
                "a toolkit that is newer than the table",
                cuda("13.9.0"),
                Unknown,
                "unknown-toolkit",
            ),
            (
                "gcc did not answer",
                json!({"commands": {"gcc -dumpfullversion": {"error": "timed-out"}}}),
                Unknown,
                UNREAD,
            ),
            (
                "gcc said something else",
                gcc("who knows\n"),
                Unknown,
                UNREAD,
            ),
            (
                "what is chosen is not recorded",
                json!({"env": {"NVCC_CCBIN": NOT_RECORDED}}),
                Unknown,
                UNREAD,
            ),
            ("no toolkit", no_toolkit(), NotApplicable, "na-no-toolkit"),
            (
                "Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                NotApplicable,
                "na-not-linux",
            ),
        ];
        check_all("cuda.host-compiler", &cases);
    }

    #[test]
    fn the_fix_is_a_second_compiler_for_nvcc_alone() {
        for (there, runs) in [
            (
                json!(["g++", "gcc"]),
                vec![
                    "sudo apt install g++-13",
                    "export NVCC_CCBIN=/usr/bin/g++-13",
                ],
            ),
            // What is there and fits need not be installed.
            (
                json!(["g++", "gcc", "g++-12"]),
                vec!["export NVCC_CCBIN=/usr/bin/g++-12"],
            ),
        ] {
            let recording = machine(&and(gcc("15.2.0\n"), &json!({"dirs": {"/usr/bin": there}})));
            let finding = host_compiler(&Facts::new(&recording));
            let found: Vec<&str> = finding.fix.iter().map(|fix| fix.run.as_str()).collect();
            assert_eq!(found, runs);
        }
    }
}
