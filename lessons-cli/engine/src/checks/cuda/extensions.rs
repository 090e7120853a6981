//! The toolkit that PyTorch's extension builder takes is of torch's own CUDA major, where extensions are built at all.

use super::{no_toolkit, not_linux, told, version_of};
use crate::facts::cuda::toolkits::Toolkit;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix, quoted};
use crate::version::CudaVersion;

/// Only PyTorch's extension builder reads these.
const BUILDER_VARIABLES: [&str; 2] = ["TORCH_CUDA_ARCH_LIST", "TORCH_EXTENSIONS_DIR"];

pub(super) fn toolkit(facts: &Facts<'_>) -> Finding {
    told(judge(facts), "nvcc --version")
}

fn judge(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    // The builder takes CUDA_HOME or CUDA_PATH, and then what PATH finds.
    let toolkit = match facts.toolkit_of_home()? {
        Some(toolkit) => toolkit,
        None => match facts.toolkit_in_use()? {
            Some(toolkit) => toolkit,
            None => return Ok(no_toolkit()),
        },
    };
    let torch = facts.torch().as_ref().map_err(Clone::clone)?;
    let cuda = match torch {
        Some(torch) => torch.cuda()?.map(|cuda| (cuda, &torch.source)),
        None => None,
    };
    let Some((cuda, source)) = cuda else {
        return Ok(Finding::not_applicable("na-no-torch").evidence("torch/version.py", "no CUDA"));
    };
    let ours = version_of(facts, &toolkit)?;
    let said = |finding: Finding| {
        finding
            .arg("nvcc", &toolkit.nvcc)
            .arg("toolkit", ours.value.release().to_string())
            .arg("torch", cuda.to_string())
            .evidence(&ours.source, format!("toolkit {}", ours.value))
            .evidence(source, format!("torch's own CUDA {cuda}"))
    };
    if ours.value.major == cuda.major {
        return Ok(said(Finding::pass("pass")));
    }
    let Some((sign, detail)) = builds_extensions(facts)? else {
        return Ok(said(Finding::pass("pass-apart")));
    };
    let finding = said(Finding::fail("fail-major")).evidence(sign, detail);
    Ok(match right_one(facts, cuda) {
        Some(home) => with_toolkit(finding, &home),
        None if facts.uses_apt() == Some(true) => {
            let install = format!(
                "sudo apt install cuda-toolkit-{}-{}",
                cuda.major, cuda.minor
            );
            with_toolkit(
                finding.fix(Fix::run(install).note("fix-install")),
                &format!("/usr/local/cuda-{}.{}", cuda.major, cuda.minor),
            )
        }
        None => finding.fix(Fix::by_hand("fix-install-other")),
    })
}

/// Takes a toolkit in this shell: the builder goes by `CUDA_HOME`, and the compiler on `PATH` is to be of the same toolkit.
fn with_toolkit(finding: Finding, home: &str) -> Finding {
    let home = quoted(home);
    finding
        .fix(Fix::run(format!("export CUDA_HOME={home}")).note("fix-home"))
        .fix(Fix::run(format!("export PATH={home}/bin${{PATH:+:${{PATH}}}}")).note("fix-path"))
}

/// What shows that extensions are built here, and where that is seen. Where nothing does, another major is no error.
fn builds_extensions(facts: &Facts<'_>) -> Known<Option<(String, String)>> {
    for variable in BUILDER_VARIABLES {
        if let Some(value) = facts.env_filled(variable)? {
            return Ok(Some((format!("${variable}"), value)));
        }
    }
    let Some(home) = facts.env_filled("HOME")? else {
        return Ok(None);
    };
    let folder = format!("{}/.cache/torch_extensions", home.trim_end_matches('/'));
    Ok(facts.exists(&folder)?.then(|| (folder, "there".to_owned())))
}

/// The folder of a toolkit of torch's major that is here already.
fn right_one(facts: &Facts<'_>, torch: CudaVersion) -> Option<String> {
    facts
        .toolkits()
        .found
        .iter()
        .find(|toolkit: &&Toolkit| {
            toolkit
                .release()
                .is_some_and(|release| release.major == torch.major)
        })
        .map(|toolkit| toolkit.root.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::made_up::{UNREAD, and, check_all, no_toolkit};
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    /// What is different where a torch of a CUDA is installed, and nothing shows that extensions are built.
    fn torch(cuda: &str) -> Value {
        json!({
            "files": {
                "/home/me/.venv/pyvenv.cfg": {"text": "version_info = 3.12.3\n"},
                "/home/me/.venv/lib/python3.12/site-packages/torch/version.py": {
                    "text": format!("__version__ = '2.8.0'\ncuda: Optional[str] = {cuda}\n")
                },
            },
            "dirs": {
                "/home/me": [".bashrc", ".venv"],
                "/home/me/.venv/lib": ["python3.12"],
                "/home/me/.venv/lib/python3.12/site-packages": ["torch"],
            },
            "env": {
                "VIRTUAL_ENV": "/home/me/.venv",
                "TORCH_CUDA_ARCH_LIST": null,
                "TORCH_EXTENSIONS_DIR": null,
            },
        })
    }

    #[test]
    fn every_branch() {
        let builds = json!({"env": {"TORCH_CUDA_ARCH_LIST": "8.9"}});
        let rpm = json!({"files": {"/etc/os-release": {"text": "ID=fedora\n"}}});
        check_all(
            "cuda.extension-toolkit",
            &[
                ("one major", torch("'12.8'"), Pass, "pass"),
                (
                    "two, and nothing is built",
                    torch("'13.0'"),
                    Pass,
                    "pass-apart",
                ),
                (
                    "two, and it is built",
                    and(torch("'13.0'"), &builds),
                    Fail,
                    "fail-major",
                ),
                (
                    "two, and extensions have been built before",
                    and(
                        torch("'13.0'"),
                        &json!({"files": {"/home/me/.cache/torch_extensions": {"size": 1}}}),
                    ),
                    Fail,
                    "fail-major",
                ),
                (
                    "two, on a system without apt",
                    and(and(torch("'13.0'"), &builds), &rpm),
                    Fail,
                    "fail-major",
                ),
                (
                    "it is not known whether it is built",
                    and(
                        torch("'13.0'"),
                        &json!({"env": {"TORCH_CUDA_ARCH_LIST": "(not recorded)"}}),
                    ),
                    Unknown,
                    UNREAD,
                ),
                (
                    "a torch without CUDA",
                    torch("None"),
                    NotApplicable,
                    "na-no-torch",
                ),
                ("no toolkit", no_toolkit(), NotApplicable, "na-no-toolkit"),
                (
                    "Windows",
                    json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                    NotApplicable,
                    "na-not-linux",
                ),
            ],
        );
    }
}
