//! The fabric manager runs where GPUs are joined by `NVSwitch`: without it CUDA says "system not yet initialized".

use super::not_ours;
use crate::facts::driver::Package;
use crate::facts::fabric::FABRIC_MANAGER;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix};
use crate::version::DriverVersion;

pub(super) fn fabric_manager(facts: &Facts<'_>) -> Finding {
    if let Some(finding) = not_ours(facts) {
        return finding;
    }
    judge(facts).unwrap_or_else(|unknown| {
        Finding::unread(&unknown)
            .fix(Fix::run("systemctl status nvidia-fabricmanager").note("fix-status"))
    })
}

fn judge(facts: &Facts<'_>) -> Known<Finding> {
    let switches = facts.nvswitches()?;
    let Some(first) = switches.first() else {
        return Ok(
            Finding::not_applicable("na-no-switch").evidence("/sys/bus/pci/devices", "no NVSwitch")
        );
    };
    let driver = facts.driver_version().as_ref().map_err(Clone::clone)?;
    let said = |finding: Finding| {
        finding
            .count("switches", switches.len())
            .arg("driver", driver.value.as_str())
            .evidence(format!("/sys/bus/pci/devices/{first}"), "an NVSwitch")
            .evidence(&driver.source, driver.value.as_str())
    };
    let package = facts.fabric_manager_package();
    if let Ok(Some(package)) = &package
        && let Some(version) = package.driver_version()
        && version != driver.value
    {
        return Ok(install(
            said(Finding::fail("fail-version"))
                .arg("version", version.as_str())
                .evidence(
                    "/var/lib/dpkg/status",
                    format!("{} {}", package.name, package.version),
                ),
            facts,
            &driver.value,
        ));
    }
    if facts.fabric_manager_runs()? {
        return Ok(said(Finding::pass("pass")).evidence(
            "/sys/fs/cgroup/system.slice",
            "nvidia-fabricmanager.service",
        ));
    }
    if !facts.exists(FABRIC_MANAGER)? {
        return Ok(install(
            said(Finding::fail("fail-missing")).evidence(FABRIC_MANAGER, "not found"),
            facts,
            &driver.value,
        ));
    }
    Ok(enable(
        said(Finding::fail("fail-stopped"))
            .evidence(FABRIC_MANAGER, "there")
            .evidence(
                "/sys/fs/cgroup/system.slice",
                "no nvidia-fabricmanager.service",
            ),
    ))
}

/// Installs the one of the driver's branch: `nvidia-fabricmanager-580`, without a number from branch 590 on in
/// NVIDIA's own source.
fn install(finding: Finding, facts: &Facts<'_>, driver: &DriverVersion) -> Finding {
    let branch = driver.as_str().split('.').next().unwrap_or_default();
    if facts.uses_apt() != Some(true) || !branch.bytes().all(|b| b.is_ascii_digit()) {
        return finding.fix(Fix::by_hand("fix-install-other"));
    }
    let name = match facts.fabric_manager_package() {
        Ok(Some(Package { name, .. })) if name == "nvidia-fabricmanager" => name,
        _ => format!("nvidia-fabricmanager-{branch}"),
    };
    enable(finding.fix(Fix::run(format!("sudo apt install {name}")).note("fix-install")))
}

fn enable(finding: Finding) -> Finding {
    finding
        .fix(Fix::run("sudo systemctl enable --now nvidia-fabricmanager").note("fix-enable"))
        .fix(Fix::run("systemctl status nvidia-fabricmanager").note("fix-status"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::{Outcome, TextId};
    use crate::recording::Recording;

    /// A host with one GPU and one switch; `installed` is the fabric manager's version, where it is installed.
    fn host(installed: Option<&str>, runs: bool) -> Value {
        let there = |is: bool| {
            if is {
                json!({"size": 1})
            } else {
                json!({"error": "not-found"})
            }
        };
        let status = installed.map_or_else(String::new, |version| {
            format!("Package: nvidia-fabricmanager-580\nStatus: install ok installed\nVersion: {version}-1\n")
        });
        json!({
            "format": "lessons-machine/1",
            "name": "made-up",
            "platform": {"os": "linux", "arch": "x86_64", "kernel": "6.8.0-87-generic"},
            "files": {
                "/.dockerenv": {"error": "not-found"},
                "/etc/os-release": {"text": "ID=ubuntu\n"},
                "/sys/module/nvidia/version": {"text": "580.95.05\n"},
                "/sys/bus/pci/devices/0000:05:00.0/vendor": {"text": "0x10de\n"},
                "/sys/bus/pci/devices/0000:05:00.0/class": {"text": "0x068000\n"},
                "/var/lib/dpkg/status": {"text": status},
                "/usr/bin/nv-fabricmanager": there(installed.is_some()),
                "/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service": there(runs),
                "/sys/fs/cgroup/systemd/system.slice/nvidia-fabricmanager.service": there(false),
            },
            "dirs": {"/sys/bus/pci/devices": ["0000:05:00.0"]},
        })
    }

    #[test]
    fn it_runs_in_the_drivers_version_or_is_red() {
        let mut no_switch = host(None, false);
        no_switch["files"]["/sys/bus/pci/devices/0000:05:00.0/class"] =
            json!({"text": "0x030200\n"});
        let mut unread = host(None, false);
        unread["files"]["/sys/bus/pci/devices/0000:05:00.0/class"] = json!({"error": "denied"});
        for (machine, outcome, text) in [
            (host(Some("580.95.05"), true), Outcome::Pass, "pass"),
            (
                host(Some("580.95.05"), false),
                Outcome::Fail,
                "fail-stopped",
            ),
            (
                host(Some("580.82.07"), false),
                Outcome::Fail,
                "fail-version",
            ),
            (host(None, false), Outcome::Fail, "fail-missing"),
            (no_switch, Outcome::NotApplicable, "na-no-switch"),
            (unread, Outcome::Unknown, "finding-unknown"),
        ] {
            let recording = Recording::from_slice(machine.to_string().as_bytes()).unwrap();
            let finding = fabric_manager(&Facts::new(&recording));
            assert_eq!(finding.outcome, outcome, "{text}: {finding:?}");
            let (TextId::OfStep(said) | TextId::Shared(said)) = finding.summary.text;
            assert_eq!(said, text);
        }
    }
}
