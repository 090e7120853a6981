//! `LD_LIBRARY_PATH`: set where it is needed, and without the traps that it brings.

use std::collections::BTreeSet;

use super::{no_toolkit, not_linux, told};
use crate::facts::cuda::linker::{CudaLibrary, LinkerFolder};
use crate::facts::cuda::toolkits::{Origin, Toolkit, toolkit_folder};
use crate::facts::{Facts, Known, Unknown};
use crate::finding::{Finding, Fix, Outcome, quoted};
use crate::machine::nvml::NvmlCode;
use crate::tables::cuda_driver;
use crate::version::CudaVersion;

pub(super) fn library_path(facts: &Facts<'_>) -> Finding {
    told(judge(facts), "echo \"$LD_LIBRARY_PATH\"")
}

const SOURCE: &str = "$LD_LIBRARY_PATH";

fn judge(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    let entries = facts.library_path()?.unwrap_or_default();
    // What harms programs comes first, whether there is a toolkit here or not.
    let harms = [compat(facts, &entries), shadows_torch(facts, &entries)];
    if let Some(finding) = harms.iter().flatten().flatten().next() {
        return Ok(and_then_the_linker(facts, finding.clone()));
    }
    let finding = beside_toolkit(facts, &entries)?;
    if finding.outcome != Outcome::Fail {
        for harm in harms {
            harm?;
        }
        return Ok(finding);
    }
    Ok(and_then_the_linker(facts, finding))
}

/// What takes a folder out of the variable may leave a runfile's toolkit without anything that tells of its libraries:
/// then the linker is told, in the same go. Nothing here ever asks to put a folder in again.
fn and_then_the_linker(facts: &Facts<'_>, finding: Finding) -> Finding {
    let left = finding
        .fix
        .iter()
        .any(|fix| fix.run.starts_with("export ") && fix.run.contains("/cuda"));
    match facts.toolkit_in_use() {
        Ok(Some(toolkit)) if !left && is_untold(facts, &toolkit) == Ok(true) => {
            with_linker(finding, &toolkit)
        }
        _ => finding,
    }
}

/// Tells the system's linker of the toolkit's libraries, as a runfile's own last lines advise. It looks there after the
/// folders that a program brings, so that PyTorch keeps its own; `LD_LIBRARY_PATH` would come first.
fn with_linker(finding: Finding, toolkit: &Toolkit) -> Finding {
    finding
        .fix(
            Fix::run(format!(
                "echo {} | sudo tee /etc/ld.so.conf.d/cuda-toolkit.conf",
                quoted(&format!("{}/lib64", toolkit.home()))
            ))
            .note("fix-linker"),
        )
        .fix(Fix::run("sudo ldconfig").note("fix-ldconfig"))
}

/// What the variable says of the toolkit in use.
fn beside_toolkit(facts: &Facts<'_>, entries: &[String]) -> Known<Finding> {
    let Some(toolkit) = facts.toolkit_in_use()? else {
        return Ok(no_toolkit());
    };
    for entry in entries {
        let Some(folder) = toolkit_folder(entry) else {
            continue;
        };
        if !facts.exists(entry.trim_end_matches('/'))? {
            return Ok(Finding::fail("fail-missing")
                .arg("folder", entry)
                .evidence(SOURCE, entry)
                .evidence(entry, "not found")
                .fix(without(entries, |other| is_missing(facts, other)).note("fix-without")));
        }
        if let Some(found) = facts.toolkit_on_path()?
            && facts.real_folder(folder)? != found.root
            && let (Some(theirs), Some(release)) = (facts.folder_release(folder)?, found.release())
            && theirs != release
        {
            return Ok(Finding::fail("fail-other-version")
                .arg("folder", entry)
                .arg("theirs", theirs.to_string())
                .arg("nvcc", &found.nvcc)
                .arg("release", release.to_string())
                .evidence(SOURCE, format!("{entry} ({theirs})"))
                .evidence("$PATH", format!("{} ({release})", found.nvcc))
                .fix(
                    without(entries, |other| toolkit_folder(other) == Some(folder))
                        .note("fix-without"),
                ));
        }
    }
    if entries.iter().any(String::is_empty) {
        return Ok(Finding::fail("fail-empty")
            .evidence(SOURCE, entries.join(":"))
            .fix(without(entries, str::is_empty).note("fix-without")));
    }
    if let Some(entry) = entries.iter().find(|entry| toolkit_folder(entry).is_some()) {
        return Ok(Finding::pass("pass-set")
            .arg("folder", entry)
            .evidence(SOURCE, entry));
    }
    needed(facts, &toolkit)
}

fn is_missing(facts: &Facts<'_>, entry: &str) -> bool {
    toolkit_folder(entry).is_some() && facts.exists(entry.trim_end_matches('/')) == Ok(false)
}

/// `cuda-compat` lets an older driver run a newer CUDA, and GeForce boards refuse it.
fn compat(facts: &Facts<'_>, entries: &[String]) -> Known<Option<Finding>> {
    let Some(entry) = entries.iter().find(|entry| is_compat(entry)) else {
        return Ok(None);
    };
    let gpus = facts.gpus().as_ref().map_err(Clone::clone)?;
    let geforce = gpus
        .iter()
        .filter_map(|gpu| gpu.name.as_deref())
        .find(|name| name.contains("GeForce"));
    if geforce.is_none() && gpus.iter().any(|gpu| gpu.name.is_none()) {
        return Err(Unknown::nvml("NVML: name", NvmlCode::NotRecorded));
    }
    Ok(geforce.map(|name| {
        Finding::fail("fail-compat")
            .arg("folder", entry)
            .arg("gpu", name)
            .evidence(SOURCE, entry)
            .evidence("NVML", name)
            .fix(without(entries, is_compat).note("fix-without"))
    }))
}

/// `/usr/local/cuda-13.0/compat`
fn is_compat(entry: &str) -> bool {
    toolkit_folder(entry).is_some_and(|folder| {
        entry
            .get(folder.len()..)
            .is_some_and(|rest| rest.split('/').any(|part| part == "compat"))
    })
}

/// Some of PyTorch's CUDA libraries find each other by the usual search, in which this variable comes before the
/// wheel's own folders. An older library of the same name lacks what the newer ones ask it for:
/// `undefined symbol: __nvJitLinkComplete_12_4`.
fn shadows_torch(facts: &Facts<'_>, entries: &[String]) -> Known<Option<Finding>> {
    if !entries.iter().any(|entry| entry.starts_with('/')) {
        return Ok(None);
    }
    let torch = match facts.torch() {
        Ok(Some(torch)) => torch,
        Ok(None) => return Ok(None),
        // Whatever torch it is, nothing here stands in its way.
        Err(_) if !holds_libraries(facts, entries)? => return Ok(None),
        Err(unknown) => return Err(unknown.clone()),
    };
    let Some(cuda) = torch.cuda()? else {
        return Ok(None);
    };
    if !facts.torch_uses_nvidia_wheels()? {
        return Ok(None);
    }
    for entry in entries.iter().filter(|entry| entry.starts_with('/')) {
        for library in cuda_libraries(facts, entry, cuda.major)? {
            let by_folder = match toolkit_folder(entry) {
                Some(folder) => facts.folder_release(folder)?,
                None => None,
            };
            let Some(theirs) = by_folder.or(library.version.map(CudaVersion::release)) else {
                return Err(Unknown::not_understood(library.path));
            };
            if theirs < cuda.release() {
                return Ok(Some(
                    Finding::fail("fail-shadows-torch")
                        .arg("library", &library.path)
                        .arg("theirs", theirs.to_string())
                        .arg("torch", cuda.release().to_string())
                        .evidence(SOURCE, entry)
                        .evidence(&library.path, format!("CUDA {theirs}"))
                        .evidence(&torch.source, format!("CUDA {}", cuda.release()))
                        .fix(without(entries, |other| other == entry).note("fix-without")),
                ));
            }
        }
    }
    Ok(None)
}

/// The libraries in a folder that PyTorch's own of one major of CUDA are named like.
fn cuda_libraries(facts: &Facts<'_>, entry: &str, major: u32) -> Known<Vec<CudaLibrary>> {
    let mut libraries = Vec::new();
    for name in ["libnvJitLink.so", "libcusparse.so"] {
        libraries.extend(facts.cuda_library(entry, &format!("{name}.{major}"))?);
    }
    Ok(libraries)
}

fn holds_libraries(facts: &Facts<'_>, entries: &[String]) -> Known<bool> {
    let majors: BTreeSet<u32> = cuda_driver::toolkits()
        .iter()
        .map(|row| row.toolkit.major)
        .collect();
    for entry in entries.iter().filter(|entry| entry.starts_with('/')) {
        for &major in &majors {
            if !cuda_libraries(facts, entry, major)?.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Without the variable, programs find the libraries of packages by the linker's configuration, which packages
/// write; a runfile, which leaves an uninstaller, does not.
fn needed(facts: &Facts<'_>, toolkit: &Toolkit) -> Known<Finding> {
    if !is_from_runfile(facts, toolkit)? {
        return Ok(Finding::pass("pass-unneeded").evidence(SOURCE, "no folder of a toolkit"));
    }
    if let Some(known) = known_to_linker(facts, toolkit)? {
        return Ok(Finding::pass("pass-linker")
            .arg("file", &known.source)
            .evidence(&known.source, &known.folder));
    }
    let finding = Finding::fail("fail-needed")
        .arg("folder", format!("{}/lib64", toolkit.home()))
        .evidence(uninstaller(toolkit), "there: installed by a .run file")
        .evidence(SOURCE, "no folder of a toolkit")
        .evidence(
            "/etc/ld.so.conf, /etc/ld.so.conf.d/*.conf",
            "no folder of this toolkit",
        );
    Ok(finding)
}

/// Whether nothing but the variable tells programs where the toolkit's libraries are.
fn is_untold(facts: &Facts<'_>, toolkit: &Toolkit) -> Known<bool> {
    Ok(is_from_runfile(facts, toolkit)? && known_to_linker(facts, toolkit)?.is_none())
}

fn is_from_runfile(facts: &Facts<'_>, toolkit: &Toolkit) -> Known<bool> {
    Ok(toolkit.origin == Origin::Nvidia && facts.exists(&uninstaller(toolkit))?)
}

fn uninstaller(toolkit: &Toolkit) -> String {
    format!("{}/bin/cuda-uninstaller", toolkit.root)
}

/// The line of the linker's configuration that names the toolkit.
fn known_to_linker(facts: &Facts<'_>, toolkit: &Toolkit) -> Known<Option<LinkerFolder>> {
    Ok(facts.linker_folders()?.into_iter().find(|known| {
        toolkit_folder(&known.folder).is_some_and(|folder| {
            folder == toolkit.root || facts.real_folder(folder).as_ref() == Ok(&toolkit.root)
        })
    }))
}

/// Sets the variable to what is left of it.
fn without(entries: &[String], bad: impl Fn(&str) -> bool) -> Fix {
    let rest: Vec<&str> = entries
        .iter()
        .map(String::as_str)
        .filter(|entry| !entry.is_empty() && !bad(entry))
        .collect();
    if rest.is_empty() {
        Fix::run("unset LD_LIBRARY_PATH")
    } else {
        Fix::run(format!(
            "export LD_LIBRARY_PATH={}",
            quoted(&rest.join(":"))
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::made_up::{
        Case, NOT_RECORDED, UNREAD, and, check_all, machine, no_toolkit, nvml,
    };
    use super::*;
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    fn set(value: &str) -> Value {
        json!({"env": {"LD_LIBRARY_PATH": value}})
    }

    fn runfile() -> Value {
        json!({"dirs": {"/usr/local/cuda-12.6/bin": ["cuda-uninstaller", "nvcc"]}})
    }

    /// A virtual environment with a torch that was built for a CUDA, and that CUDA's wheels.
    fn torch(cuda: &str, wheels: &[&str]) -> Value {
        let site = "/home/me/v/lib/python3.12/site-packages";
        let tag = cuda.replace('.', "");
        let mut names: Vec<String> = wheels.iter().map(|&name| name.to_owned()).collect();
        names.extend(["torch".to_owned(), format!("torch-2.8.0+cu{tag}.dist-info")]);
        json!({
            "env": {"VIRTUAL_ENV": "/home/me/v"},
            "files": {
                "/home/me/v/pyvenv.cfg": {"text": "home = /usr/bin\nversion = 3.12.3\n"},
                format!("{site}/torch/version.py"): {"text": format!("__version__ = '2.8.0+cu{tag}'\ncuda: Optional[str] = '{cuda}'\nhip: Optional[str] = None\n")},
                "/usr/local/cuda-12.6/lib64/libnvJitLink.so.12": {"link": "libnvJitLink.so.12.6.85"},
                "/opt/old/libnvJitLink.so.12": {"link": "libnvJitLink.so.12.1.105"},
                "/opt/unclear/libcusparse.so.12": {"link": "libcusparse.so.12.0"},
                "/opt/unclear/libnvJitLink.so.12": {"size": 1},
            },
            "dirs": {
                "/home/me": [".bashrc", "v"],
                "/home/me/v": ["bin", "lib", "pyvenv.cfg"],
                "/home/me/v/bin": ["python"],
                "/home/me/v/lib": ["python3.12"],
                site: names,
                "/usr/local/cuda-12.6/lib64": ["libcusparse.so.12", "libnvJitLink.so.12"],
                "/opt": ["old", "unclear"],
                "/opt/old": ["libnvJitLink.so.12"],
                "/opt/unclear": ["libnvJitLink.so.12", "libcusparse.so.12"],
            },
        })
    }

    const WHEELS: &[&str] = &[
        "nvidia_nvjitlink_cu12-12.8.93.dist-info",
        "nvidia_cusparse_cu12-12.5.8.93.dist-info",
    ];

    /// The machine after what a fix says was typed.
    fn after(mut changes: Value, fixes: &[Fix]) -> Value {
        for fix in fixes {
            if fix.run == "unset LD_LIBRARY_PATH" {
                changes = and(changes, &json!({"env": {"LD_LIBRARY_PATH": null}}));
            } else if let Some(value) = fix.run.strip_prefix("export LD_LIBRARY_PATH=") {
                changes = and(changes, &set(value));
            } else if let Some(line) = fix.run.strip_prefix("echo ") {
                let (folder, file) = line.split_once(" | sudo tee ").unwrap();
                changes = and(
                    changes,
                    &json!({
                        "files": {file: {"text": format!("{folder}\n")}},
                        "dirs": {"/etc/ld.so.conf.d": [file.rsplit('/').next()]},
                    }),
                );
            } else {
                assert_eq!(fix.run, "sudo ldconfig");
            }
        }
        changes
    }

    /// Whatever is typed of what was printed, nothing asks to take it back: the step passes, and stays so.
    #[test]
    fn no_advice_asks_to_undo_another() {
        let two = json!({"dirs": {
            "/usr/local": ["cuda", "cuda-12.6", "cuda-13.0"],
            "/usr/local/cuda-13.0": ["bin", "lib64"],
            "/usr/local/cuda-13.0/bin": ["nvcc"],
            "/usr/local/cuda-13.0/lib64": [],
        }});
        for toolkit in [json!({}), runfile(), no_toolkit()] {
            for library_path in [
                None,
                Some(":"),
                Some("/usr/local/cuda/lib64"),
                Some("/usr/local/cuda/lib64:"),
                Some("/usr/local/cuda-11.8/lib64:/usr/local/cuda/lib64"),
                Some("/usr/local/cuda-13.0/lib64:/opt/old"),
                Some("/opt/old:/usr/local/cuda/compat"),
            ] {
                for installed in [
                    json!({}),
                    torch("12.8", WHEELS),
                    torch("12.6", WHEELS),
                    two.clone(),
                ] {
                    let mut changes = and(toolkit.clone(), &installed);
                    if let Some(value) = library_path {
                        changes = and(changes, &set(value));
                    }
                    let mut rounds = 0;
                    loop {
                        let recording = machine(&changes);
                        let finding = library_path_of(&recording);
                        if finding.outcome != Fail {
                            break;
                        }
                        rounds += 1;
                        assert!(rounds < 5, "{library_path:?} on {changes}: {finding:?}");
                        assert!(!finding.fix.is_empty(), "{library_path:?}: {finding:?}");
                        changes = after(changes, &finding.fix);
                    }
                }
            }
        }
    }

    fn library_path_of(recording: &crate::recording::Recording) -> Finding {
        library_path(&Facts::new(recording))
    }

    #[test]
    fn every_branch() {
        let compat = |name: &str| {
            and(
                set("/usr/local/cuda-12.6/compat"),
                &json!({
                    "dirs": {"/usr/local/cuda-12.6": ["bin", "compat", "lib64", "version.json"], "/usr/local/cuda-12.6/compat": ["libcuda.so.1"]},
                    "nvml": nvml("570.211.01", "12.8", name, "8.6"),
                }),
            )
        };
        let cases: Vec<Case> = vec![
            ("not set, from packages", json!({}), Pass, "pass-unneeded"),
            (
                "set to something else",
                set("/opt/lib"),
                Pass,
                "pass-unneeded",
            ),
            ("set", set("/usr/local/cuda/lib64"), Pass, "pass-set"),
            (
                "set after a runfile",
                and(runfile(), &set("/usr/local/cuda-12.6/lib64")),
                Pass,
                "pass-set",
            ),
            ("not set after a runfile", runfile(), Fail, "fail-needed"),
            (
                "not set after a runfile, and the linker was told",
                and(
                    runfile(),
                    &json!({
                        "files": {"/etc/ld.so.conf.d/cuda.conf": {"text": "/usr/local/cuda/lib64\n"}},
                        "dirs": {"/etc/ld.so.conf.d": ["cuda.conf", "libc.conf"]},
                    }),
                ),
                Pass,
                "pass-linker",
            ),
            (
                "not set, with Ubuntu's own toolkit",
                and(
                    no_toolkit(),
                    &json!({"dirs": {"/usr/bin": ["nvcc", "gcc"]}}),
                ),
                Pass,
                "pass-unneeded",
            ),
            (
                "an empty entry at the end",
                set("/usr/local/cuda/lib64:"),
                Fail,
                "fail-empty",
            ),
            (
                "an empty entry at the start",
                set(":/usr/local/cuda/lib64"),
                Fail,
                "fail-empty",
            ),
            ("nothing but a colon", set(":"), Fail, "fail-empty"),
            (
                "a folder that is gone",
                set("/usr/local/cuda-11.8/lib64"),
                Fail,
                "fail-missing",
            ),
            (
                "another version's",
                and(
                    set("/usr/local/cuda-13.0/lib64"),
                    &json!({"dirs": {
                        "/usr/local": ["cuda", "cuda-12.6", "cuda-13.0"],
                        "/usr/local/cuda-13.0": ["bin", "lib64"],
                        "/usr/local/cuda-13.0/bin": ["nvcc"],
                        "/usr/local/cuda-13.0/lib64": [],
                    }}),
                ),
                Fail,
                "fail-other-version",
            ),
            (
                "cuda-compat and a GeForce",
                compat("NVIDIA GeForce RTX 3090"),
                Fail,
                "fail-compat",
            ),
            (
                "cuda-compat and a GeForce, without a toolkit",
                and(
                    and(no_toolkit(), &compat("NVIDIA GeForce RTX 3090")),
                    &json!({"dirs": {"/usr/local": ["cuda-12.6"], "/usr/local/cuda-12.6/bin": []}}),
                ),
                Fail,
                "fail-compat",
            ),
            (
                "cuda-compat and a data-centre board",
                compat("NVIDIA A100-SXM4-80GB"),
                Pass,
                "pass-set",
            ),
            (
                "cuda-compat and a GPU that is not recorded",
                and(
                    compat("NVIDIA A100-SXM4-80GB"),
                    &json!({"nvml": NOT_RECORDED}),
                ),
                Unknown,
                UNREAD,
            ),
            (
                "before an older CUDA's library",
                and(
                    torch("12.8", WHEELS),
                    &json!({"env": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64", "VIRTUAL_ENV": "/home/me/v"}}),
                ),
                Fail,
                "fail-shadows-torch",
            ),
            (
                "before an older CUDA's library, without a toolkit",
                and(
                    and(no_toolkit(), &torch("12.8", WHEELS)),
                    &json!({"env": {"LD_LIBRARY_PATH": "/opt/old", "VIRTUAL_ENV": "/home/me/v"}}),
                ),
                Fail,
                "fail-shadows-torch",
            ),
            (
                "the same CUDA as torch's",
                and(
                    torch("12.6", WHEELS),
                    &json!({"env": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64", "VIRTUAL_ENV": "/home/me/v"}}),
                ),
                Pass,
                "pass-set",
            ),
            (
                "another major than torch's, whose libraries have other names",
                and(
                    torch("13.0", &["nvidia_nvjitlink-13.0.88.dist-info"]),
                    &json!({"env": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64", "VIRTUAL_ENV": "/home/me/v"}}),
                ),
                Pass,
                "pass-set",
            ),
            (
                "a torch that does not bring its libraries as wheels",
                and(
                    torch("12.8", &[]),
                    &json!({"env": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64", "VIRTUAL_ENV": "/home/me/v"}}),
                ),
                Pass,
                "pass-set",
            ),
            (
                "a library whose version nothing tells",
                and(
                    torch("12.8", WHEELS),
                    &json!({"env": {"LD_LIBRARY_PATH": "/opt/unclear", "VIRTUAL_ENV": "/home/me/v"}}),
                ),
                Unknown,
                UNREAD,
            ),
            (
                "something definite beside something that is not known",
                and(
                    torch("12.8", WHEELS),
                    &json!({"env": {"LD_LIBRARY_PATH": "/opt/unclear:/usr/local/cuda-11.8/lib64", "VIRTUAL_ENV": "/home/me/v"}}),
                ),
                Fail,
                "fail-missing",
            ),
            (
                "not set, and nothing is recorded of Python",
                json!({"dirs": {"/usr/lib/python3/dist-packages": NOT_RECORDED}, "env": {"PWD": NOT_RECORDED}}),
                Pass,
                "pass-unneeded",
            ),
            ("not recorded", set(NOT_RECORDED), Unknown, UNREAD),
            (
                "the linker's files are not recorded",
                and(
                    runfile(),
                    &json!({"files": {"/etc/ld.so.conf": NOT_RECORDED}}),
                ),
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
        check_all("cuda.env-library-path", &cases);
    }

    #[test]
    fn what_is_left_of_the_variable_is_kept() {
        for (value, run) in [
            (
                "/usr/local/cuda/lib64:",
                "export LD_LIBRARY_PATH=/usr/local/cuda/lib64",
            ),
            (
                "/opt/lib::/usr/local/cuda/lib64",
                "export LD_LIBRARY_PATH=/opt/lib:/usr/local/cuda/lib64",
            ),
            ("/usr/local/cuda-11.8/lib64:", "unset LD_LIBRARY_PATH"),
            (
                "/usr/local/cuda-11.8/lib64:/opt/my lib:/usr/local/cuda-11.8/extras/CUPTI/lib64",
                "export LD_LIBRARY_PATH='/opt/my lib'",
            ),
        ] {
            let recording = machine(&set(value));
            let finding = library_path(&Facts::new(&recording));
            assert_eq!(finding.fix[0].run, run, "{value}");
        }
    }
}
