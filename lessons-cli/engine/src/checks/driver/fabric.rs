//! The fabric manager runs where GPUs are joined by `NVSwitch`: without it CUDA says "system not yet initialized".

use super::not_ours;
use crate::facts::driver::Package;
use crate::facts::fabric::{FABRIC_MANAGER, SUBNET_MANAGER};
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
        if let Ok(gpus @ 2..) = facts.gpus_on_newer_switches() {
            return newer(facts, gpus);
        }
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

/// B200 and B300: their switches are not on the PCI bus, and in a virtual machine they are the host's to set up. That
/// the service runs is proof; that it does not is none of a fault, unless a part of it is missing.
fn newer(facts: &Facts<'_>, gpus: usize) -> Known<Finding> {
    let said = |finding: Finding| {
        finding.count("gpus", gpus).evidence(
            "/sys/bus/pci/devices/*/device",
            "GPUs of B200's or B300's kind",
        )
    };
    if facts.fabric_manager_runs()? {
        return Ok(said(Finding::pass("pass-newer")).evidence(
            "/sys/fs/cgroup/system.slice",
            "nvidia-fabricmanager.service",
        ));
    }
    if facts.exists(FABRIC_MANAGER)? && !facts.exists(SUBNET_MANAGER)? {
        let finding = said(Finding::fail("fail-no-subnet-manager"))
            .evidence(FABRIC_MANAGER, "there")
            .evidence(SUBNET_MANAGER, "not found");
        let finding = if facts.uses_apt() == Some(true) {
            finding.fix(Fix::run("sudo apt install nvlsm").note("fix-subnet-manager"))
        } else {
            finding.fix(Fix::by_hand("fix-subnet-manager-other"))
        };
        return Ok(enable(finding));
    }
    Ok(said(Finding::unknown("unknown-newer"))
        .evidence(
            "/sys/fs/cgroup/system.slice",
            "no nvidia-fabricmanager.service",
        )
        .fix(Fix::run("systemctl status nvidia-fabricmanager").note("fix-status"))
        .fix(Fix::by_hand("fix-newer")))
}

/// Installs the one of the driver's branch: `nvidia-fabricmanager-580` is Ubuntu's package (packages.ubuntu.com has 450
/// to 590), `nvidia-fabricmanager` without a number is that of NVIDIA's own source.
fn install(finding: Finding, facts: &Facts<'_>, driver: &DriverVersion) -> Finding {
    let branch = driver.as_str().split('.').next().unwrap_or_default();
    if facts.uses_apt() != Some(true) || !branch.bytes().all(|b| b.is_ascii_digit()) {
        return finding.fix(Fix::by_hand("fix-install-other"));
    }
    let name = match facts.fabric_manager_package() {
        Ok(Some(Package { name, .. })) if name == "nvidia-fabricmanager" => name,
        _ if facts
            .nvidia_sources()
            .is_ok_and(|sources| !sources.is_empty())
            && facts.driver_package().is_ok_and(|package| {
                package.is_some_and(|package| !package.version.contains("ubuntu0"))
            }) =>
        {
            "nvidia-fabricmanager".to_owned()
        }
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

    /// A board of eight B200, whose switches are not on the PCI bus; `half` has the fabric manager without `nvlsm`.
    fn board(runs: bool, half: bool) -> Value {
        let mut machine = host(half.then_some("580.95.05"), runs);
        let addresses: Vec<String> = (1..=8).map(|bus| format!("0000:{bus:02x}:00.0")).collect();
        for address in &addresses {
            let file = |name: &str| format!("/sys/bus/pci/devices/{address}/{name}");
            machine["files"][file("vendor")] = json!({"text": "0x10de\n"});
            machine["files"][file("class")] = json!({"text": "0x030200\n"});
            machine["files"][file("device")] = json!({"text": "0x2901\n"});
            machine["files"][file("driver")] = json!({"link": "../../../bus/pci/drivers/nvidia"});
        }
        machine["dirs"]["/sys/bus/pci/devices"] = json!(addresses);
        machine["files"][SUBNET_MANAGER] = json!({"error": "not-found"});
        machine
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
            (board(false, false), Outcome::Unknown, "unknown-newer"),
            (board(true, false), Outcome::Pass, "pass-newer"),
            (board(false, true), Outcome::Fail, "fail-no-subnet-manager"),
        ] {
            let recording = Recording::from_slice(machine.to_string().as_bytes()).unwrap();
            let finding = fabric_manager(&Facts::new(&recording));
            assert_eq!(finding.outcome, outcome, "{text}: {finding:?}");
            let (TextId::OfStep(said) | TextId::Shared(said)) = finding.summary.text;
            assert_eq!(said, text);
        }
    }
}
