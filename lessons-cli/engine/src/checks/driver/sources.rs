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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::Outcome;
    use crate::recording::Recording;

    const ENTRY: &str =
        "deb https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64 /\n";
    const ACCEPTED: &str = "/var/lib/apt/lists/developer.download.nvidia.com_compute_cuda_repos_ubuntu2404_x86%5f64_InRelease";

    fn with(changes: &[(&str, Value)]) -> Outcome {
        let mut machine = json!({
            "format": "lessons-machine/1",
            "name": "made-up",
            "platform": {"os": "linux", "arch": "x86_64", "kernel": "6.8.0-87-generic"},
            "files": {
                "/.dockerenv": {"error": "not-found"},
                "/etc/os-release": {"text": "ID=ubuntu\n"},
                "/etc/apt/sources.list": {"text": ""},
                "/etc/apt/sources.list.d/cuda.list": {"text": ENTRY},
                "/var/lib/dpkg/status": {"text": ""},
                (ACCEPTED): {"error": "not-found"},
            },
            "dirs": {"/etc/apt/sources.list.d": ["cuda.list"]},
        });
        for (path, entry) in changes {
            machine["files"][*path] = entry.clone();
        }
        let recording = Recording::from_slice(machine.to_string().as_bytes()).unwrap();
        package_sources(&Facts::new(&recording)).outcome
    }

    #[test]
    fn a_key_is_known_by_its_package_by_the_entry_or_by_an_accepted_list() {
        let list = "/etc/apt/sources.list.d/cuda.list";
        let keyring = "Package: cuda-keyring\nStatus: install ok installed\nVersion: 1.1-1\n";
        let signed = ENTRY.replace("deb ", "deb [signed-by=/k.gpg] ");
        for (changes, outcome) in [
            (vec![], Outcome::Fail),
            (
                vec![("/var/lib/dpkg/status", json!({"text": keyring}))],
                Outcome::Pass,
            ),
            (
                vec![
                    (list, json!({"text": signed})),
                    ("/k.gpg", json!({"size": 1})),
                ],
                Outcome::Pass,
            ),
            (
                vec![
                    (list, json!({"text": signed})),
                    ("/k.gpg", json!({"error": "not-found"})),
                ],
                Outcome::Fail,
            ),
            (
                vec![(ACCEPTED, json!({"size": 1, "mtime": 1_760_000_000}))],
                Outcome::Pass,
            ),
            // Accepted while the old key counted.
            (
                vec![(ACCEPTED, json!({"size": 1, "mtime": 1_600_000_000}))],
                Outcome::Fail,
            ),
            (
                vec![(list, json!({"text": format!("# {ENTRY}")}))],
                Outcome::Pass,
            ),
            (vec![(list, json!({"error": "denied"}))], Outcome::Unknown),
            (
                vec![("/etc/os-release", json!({"text": "ID=fedora\n"}))],
                Outcome::NotApplicable,
            ),
        ] {
            assert_eq!(with(&changes), outcome, "{changes:?}");
        }
    }
}
