//! apt can read NVIDIA's own package source, where it is set up.

use super::not_ours;
use crate::facts::package_sources::NvidiaSource;
use crate::facts::system::Place;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix, quoted};

pub(super) fn package_sources(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_ours(facts)
        && facts.place() != Place::Wsl
    {
        return finding;
    }
    match facts.uses_apt() {
        Some(true) => {}
        Some(false) => {
            return Finding::not_applicable("na-no-apt").evidence("/etc/os-release", "no apt");
        }
        None => {
            return match facts.distribution() {
                Err(unknown) => Finding::unread(&unknown),
                Ok(_) => Finding::not_applicable("na-no-apt"),
            };
        }
    }
    judge(facts).unwrap_or_else(|unknown| {
        Finding::unread(&unknown).fix(
            Fix::run("grep -rs developer.download.nvidia.com /etc/apt/sources.list /etc/apt/sources.list.d")
                .note("fix-look"),
        )
    })
}

fn judge(facts: &Facts<'_>) -> Known<Finding> {
    let sources = facts.nvidia_sources()?;
    let Some(first) = sources.first() else {
        return Ok(Finding::pass("pass-none").evidence(
            "/etc/apt/sources.list.d",
            "none of NVIDIA's CUDA repository",
        ));
    };
    let mut known = None;
    for source in &sources {
        match facts.key_is_known(source)? {
            Some(by) => {
                known.get_or_insert(by);
            }
            None => return Ok(unsigned(source)),
        }
    }
    let by = known.unwrap_or_default();
    Ok(Finding::pass("pass")
        .arg("by", &by)
        .evidence(&first.file, &first.address)
        .evidence("/var/lib/dpkg/status, /var/lib/apt/lists", by))
}

/// The entry is put aside first: beside the one that the package brings, apt would complain of two keys for one source.
fn unsigned(source: &NvidiaSource) -> Finding {
    let finding = Finding::fail("fail-no-key")
        .arg("file", &source.file)
        .evidence(&source.file, &source.address)
        .evidence("/var/lib/dpkg/status", "no cuda-keyring");
    let finding = match &source.signed_by {
        Some(key) => finding.evidence(key, "not found"),
        None => finding,
    };
    finding
        .fix(
            Fix::run(format!(
                "sudo mv {} {}",
                quoted(&source.file),
                quoted(&format!("{}.disabled", source.file))
            ))
            .note("fix-aside"),
        )
        .fix(
            Fix::run(format!(
                "wget {}",
                quoted(&format!(
                    "{}/cuda-keyring_1.1-1_all.deb",
                    source.address.replacen("http://", "https://", 1)
                ))
            ))
            .note("fix-fetch"),
        )
        .fix(Fix::run("sudo dpkg -i cuda-keyring_1.1-1_all.deb").note("fix-keyring"))
        .fix(Fix::run("sudo apt update").note("fix-update"))
}
