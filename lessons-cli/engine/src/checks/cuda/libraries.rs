//! `LD_LIBRARY_PATH`: set where it is needed, and without the traps that it brings.

use super::{no_toolkit, not_linux, told};
use crate::facts::cuda::toolkits::{Origin, Toolkit, toolkit_folder};
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix, quoted};

pub(super) fn library_path(facts: &Facts<'_>) -> Finding {
    told(judge(facts), "echo \"$LD_LIBRARY_PATH\"")
}

const SOURCE: &str = "$LD_LIBRARY_PATH";

fn judge(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    let entries = facts.library_path()?.unwrap_or_default();
    // What harms every program comes first, whether there is a toolkit here or not.
    if let Some(finding) = compat(facts, &entries)? {
        return Ok(finding);
    }
    let Some(toolkit) = facts.toolkit_in_use()? else {
        return Ok(no_toolkit());
    };
    if entries.iter().any(String::is_empty) {
        return Ok(Finding::fail("fail-empty")
            .evidence(SOURCE, entries.join(":"))
            .fix(without(&entries, |entry| entry.is_empty()).note("fix-without")));
    }
    for entry in &entries {
        let Some(folder) = toolkit_folder(entry) else {
            continue;
        };
        if !facts.exists(entry)? {
            return Ok(Finding::fail("fail-missing")
                .arg("folder", entry)
                .evidence(SOURCE, entry)
                .evidence(entry, "not found")
                .fix(without(&entries, |other| other == entry).note("fix-without")));
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
                    without(&entries, |other| toolkit_folder(other) == Some(folder))
                        .note("fix-without"),
                ));
        }
    }
    if let Some(entry) = entries.iter().find(|entry| toolkit_folder(entry).is_some()) {
        return Ok(Finding::pass("pass-set")
            .arg("folder", entry)
            .evidence(SOURCE, entry));
    }
    needed(facts, &toolkit)
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

/// Without the variable, programs find the libraries of packages by the linker's configuration, which packages
/// write; a runfile, which leaves an uninstaller, does not.
fn needed(facts: &Facts<'_>, toolkit: &Toolkit) -> Known<Finding> {
    let unneeded = || Finding::pass("pass-unneeded").evidence(SOURCE, "no folder of a toolkit");
    if toolkit.origin != Origin::Nvidia {
        return Ok(unneeded());
    }
    let uninstaller = format!("{}/bin/cuda-uninstaller", toolkit.root);
    if !facts.exists(&uninstaller)? {
        return Ok(unneeded());
    }
    for known in facts.linker_folders()? {
        if let Some(folder) = toolkit_folder(&known.folder)
            && (folder == toolkit.root || facts.real_folder(folder).as_ref() == Ok(&toolkit.root))
        {
            return Ok(Finding::pass("pass-linker")
                .arg("file", &known.source)
                .evidence(&known.source, &known.folder));
        }
    }
    Ok(Finding::fail("fail-needed")
        .arg("folder", format!("{}/lib64", toolkit.home()))
        .evidence(uninstaller, "there: installed by a .run file")
        .evidence(SOURCE, "no folder of a toolkit")
        .evidence(
            "/etc/ld.so.conf, /etc/ld.so.conf.d/*.conf",
            "no folder of this toolkit",
        )
        .fix(
            Fix::run(format!(
                "export LD_LIBRARY_PATH={}/lib64${{LD_LIBRARY_PATH:+:${{LD_LIBRARY_PATH}}}}",
                quoted(toolkit.home())
            ))
            .note("fix-add"),
        ))
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
