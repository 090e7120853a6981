//! The container route: Docker or Podman, and NVIDIA's bridge between them and the driver.

use super::{not_linux, told};
use crate::facts::system::Place;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix};

pub(super) fn container_runtime(facts: &Facts<'_>) -> Finding {
    told(runtime(facts), "docker info --format '{{.Runtimes}}'")
}

fn runtime(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    if matches!(facts.place(), Place::Container | Place::Sandbox) {
        return Ok(Finding::not_applicable("na-container").evidence("/proc", "this is a container"));
    }
    let docker = facts.which("docker")?;
    let podman = facts.which("podman")?;
    let snap = docker
        .as_deref()
        .filter(|docker| docker.starts_with("/snap/"));
    let own_docker = docker.as_deref().filter(|_| snap.is_none());
    if own_docker.is_none() && podman.is_none() && snap.is_none() {
        return Ok(neither(facts, "na-no-engine")?.evidence("$PATH", "no docker, no podman"));
    }
    // Docker Desktop brings its own bridge into the WSL distributions that it serves.
    if facts.place() == Place::Wsl
        && let Some(docker) = own_docker
        && let Ok(Some(target)) = facts.link(docker)
        && target.contains("docker-desktop")
    {
        return Ok(Finding::pass("pass-desktop").evidence(docker, target));
    }
    let cdi = facts.cdi_description()?;
    if let Some(file) = &cdi
        && let Some(engine) = own_docker.or(podman.as_deref())
    {
        return Ok(Finding::pass("pass-cdi")
            .arg("engine", engine.rsplit('/').next().unwrap_or(engine))
            .arg("file", file)
            .evidence("$PATH", engine)
            .evidence(file, "there"));
    }
    let bridge = facts.which("nvidia-ctk")?;
    let settings = facts.docker_runtime()?;
    if let (Some(docker), Some(bridge), Some(settings)) = (own_docker, &bridge, &settings) {
        return Ok(Finding::pass("pass-docker")
            .arg("file", settings)
            .evidence("$PATH", docker)
            .evidence("$PATH", bridge)
            .evidence(settings, "runtime nvidia"));
    }
    if snap.is_none() && own_docker.is_none() && bridge.is_none() {
        // Some distributions bring Podman along: that it is there chooses nothing.
        return Ok(
            neither(facts, "na-podman")?.evidence("$PATH", "podman, no docker, no nvidia-ctk")
        );
    }
    if !facts.toolkits().found.is_empty() {
        return Ok(on_host("na-toolkit"));
    }
    if let Some(unknown) = &facts.toolkits().unread {
        return Err(unknown.clone());
    }
    if !facts.has_nvidia_gpu()? {
        return Ok(
            Finding::not_applicable("na-no-gpu").evidence("/sys/bus/pci/devices", "no NVIDIA GPU")
        );
    }
    Ok(match (snap, own_docker, bridge) {
        (Some(snap), ..) => Finding::fail("fail-snap")
            .arg("path", snap)
            .evidence("$PATH", snap)
            .fix(Fix::run("sudo snap remove docker").note("fix-snap-remove"))
            .fix(Fix::by_hand("fix-docker-own")),
        (_, Some(docker), None) => {
            let finding = Finding::fail("fail-no-bridge")
                .evidence("$PATH", docker)
                .evidence("$PATH", "no nvidia-ctk");
            let finding = match &settings {
                Some(file) => finding.evidence(file, "runtime nvidia, whose program is gone"),
                None => finding,
            };
            configure(install_bridge(facts, finding))
        }
        (_, Some(docker), Some(bridge)) => configure(
            Finding::fail("fail-not-configured")
                .evidence("$PATH", docker)
                .evidence("$PATH", bridge)
                .evidence("/etc/docker/daemon.json", "no runtime nvidia")
                .evidence("/etc/cdi, /var/run/cdi", "no description of NVIDIA's GPUs"),
        ),
        (None, None, _) => Finding::fail("fail-no-cdi")
            .evidence("$PATH", "podman")
            .evidence("/etc/cdi, /var/run/cdi", "no description of NVIDIA's GPUs")
            .fix(
                Fix::run("sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml")
                    .note("fix-cdi"),
            ),
    })
}

/// Not on the container route: on the host's, or on none.
fn neither(facts: &Facts<'_>, text: &'static str) -> Known<Finding> {
    let toolkits = facts.toolkits();
    match &toolkits.unread {
        _ if !toolkits.found.is_empty() => Ok(on_host("na-toolkit")),
        Some(unknown) => Err(unknown.clone()),
        None => Ok(on_host(text)),
    }
}

fn on_host(text: &'static str) -> Finding {
    Finding::not_applicable(text).fix(Fix::by_hand("fix-route"))
}

fn install_bridge(facts: &Facts<'_>, finding: Finding) -> Finding {
    if facts.uses_apt() != Some(true) {
        return finding.fix(Fix::by_hand("fix-bridge-other"));
    }
    finding
        .fix(
            Fix::run(
                "curl -fsSL https://nvidia.github.io/libnvidia-container/gpgkey | sudo gpg --dearmor -o \
                 /usr/share/keyrings/nvidia-container-toolkit-keyring.gpg",
            )
            .note("fix-bridge-key"),
        )
        .fix(
            Fix::run(
                "curl -fsSL https://nvidia.github.io/libnvidia-container/stable/deb/nvidia-container-toolkit.list | \
                 sed 's#deb https://#deb [signed-by=/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg] https://#g' | \
                 sudo tee /etc/apt/sources.list.d/nvidia-container-toolkit.list",
            )
            .note("fix-bridge-source"),
        )
        .fix(Fix::run("sudo apt update").note("fix-apt-update"))
        .fix(Fix::run("sudo apt install nvidia-container-toolkit").note("fix-bridge"))
}

fn configure(finding: Finding) -> Finding {
    finding
        .fix(Fix::run("sudo nvidia-ctk runtime configure --runtime=docker").note("fix-configure"))
        .fix(Fix::run("sudo systemctl restart docker").note("fix-restart"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::made_up::{Case, NOT_RECORDED, UNREAD, and, check_all, no_toolkit, nvml};
    use super::*;
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    #[test]
    fn every_branch() {
        let alone = |changes| and(no_toolkit(), &changes);
        let runtime = json!({"text": "{\"runtimes\": {\"nvidia\": {\"path\": \"nvidia-container-runtime\"}}}"});
        let cases: Vec<Case> = vec![
            (
                "configured",
                alone(
                    json!({"dirs": {"/usr/bin": ["docker", "nvidia-ctk"]}, "files": {"/etc/docker/daemon.json": runtime}}),
                ),
                Pass,
                "pass-docker",
            ),
            (
                "configured for a Docker without root",
                alone(json!({
                    "dirs": {"/usr/bin": ["docker", "nvidia-ctk"], "/home/me": [".config"]},
                    "files": {"/home/me/.config/docker/daemon.json": runtime},
                })),
                Pass,
                "pass-docker",
            ),
            (
                "configured beside a toolkit on the host",
                json!({"dirs": {"/usr/bin": ["docker", "nvidia-ctk"]}, "files": {"/etc/docker/daemon.json": runtime}}),
                Pass,
                "pass-docker",
            ),
            (
                "Docker with CDI",
                alone(
                    json!({"dirs": {"/usr/bin": ["docker", "nvidia-ctk"], "/etc/cdi": ["nvidia.yaml"]}}),
                ),
                Pass,
                "pass-cdi",
            ),
            (
                "Podman with CDI",
                alone(json!({"dirs": {"/usr/bin": ["podman"], "/var/run/cdi": ["nvidia.yaml"]}})),
                Pass,
                "pass-cdi",
            ),
            (
                "Docker Desktop in WSL",
                alone(json!({
                    "files": {
                        "/proc/version": {"text": "Linux version 6.6.87.2-microsoft-standard-WSL2"},
                        "/usr/bin/docker": {"link": "/mnt/wsl/docker-desktop/cli-tools/usr/bin/docker", "mode": 33261},
                    },
                })),
                Pass,
                "pass-desktop",
            ),
            (
                "no bridge",
                alone(json!({"dirs": {"/usr/bin": ["docker"]}})),
                Fail,
                "fail-no-bridge",
            ),
            (
                "the settings are left of a bridge that is gone",
                alone(
                    json!({"dirs": {"/usr/bin": ["docker"]}, "files": {"/etc/docker/daemon.json": runtime}}),
                ),
                Fail,
                "fail-no-bridge",
            ),
            (
                "no bridge on Fedora",
                alone(
                    json!({"dirs": {"/usr/bin": ["docker"]}, "files": {"/etc/os-release": {"text": "ID=fedora\n"}}}),
                ),
                Fail,
                "fail-no-bridge",
            ),
            (
                "not configured",
                alone(json!({"dirs": {"/usr/bin": ["docker", "nvidia-ctk"]}})),
                Fail,
                "fail-not-configured",
            ),
            (
                "another runtime is configured",
                alone(json!({
                    "dirs": {"/usr/bin": ["docker", "nvidia-ctk"]},
                    "files": {"/etc/docker/daemon.json": {"text": "{\"runtimes\": {\"crun\": {}}}"}},
                })),
                Fail,
                "fail-not-configured",
            ),
            (
                "snap",
                alone(json!({"dirs": {"/snap/bin": ["docker"]}})),
                Fail,
                "fail-snap",
            ),
            (
                "snap and a bridge",
                alone(
                    json!({"dirs": {"/snap/bin": ["docker"], "/usr/bin": ["nvidia-ctk"]}, "files": {"/etc/docker/daemon.json": runtime}}),
                ),
                Fail,
                "fail-snap",
            ),
            (
                "Podman with a bridge and nothing written",
                alone(json!({"dirs": {"/usr/bin": ["podman", "nvidia-ctk"]}})),
                Fail,
                "fail-no-cdi",
            ),
            (
                "Podman that came along",
                alone(json!({"dirs": {"/usr/bin": ["podman"]}})),
                NotApplicable,
                "na-podman",
            ),
            ("nothing", no_toolkit(), NotApplicable, "na-no-engine"),
            (
                "a toolkit and no engine",
                json!({}),
                NotApplicable,
                "na-toolkit",
            ),
            (
                "a toolkit and Docker for other things",
                json!({"dirs": {"/usr/bin": ["docker"]}}),
                NotApplicable,
                "na-toolkit",
            ),
            (
                "no GPU",
                alone(json!({
                    "dirs": {"/usr/bin": ["docker"], "/sys/bus/pci/devices": ["0000:00:02.0"]},
                    "files": {"/sys/bus/pci/devices/0000:00:02.0/vendor": {"text": "0x8086\n"}},
                    "nvml": {"error": "LibloadingError"},
                })),
                NotApplicable,
                "na-no-gpu",
            ),
            (
                "inside a container",
                json!({"files": {"/.dockerenv": {"size": 0}}}),
                NotApplicable,
                "na-container",
            ),
            (
                "Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                NotApplicable,
                "na-not-linux",
            ),
            (
                "settings that nobody may read",
                alone(json!({
                    "dirs": {"/usr/bin": ["docker", "nvidia-ctk"]},
                    "files": {"/etc/docker/daemon.json": {"error": "denied"}},
                })),
                Unknown,
                UNREAD,
            ),
            (
                "settings that make no sense",
                alone(json!({
                    "dirs": {"/usr/bin": ["docker", "nvidia-ctk"]},
                    "files": {"/etc/docker/daemon.json": {"text": "{"}},
                })),
                Unknown,
                UNREAD,
            ),
            (
                "PATH is not recorded",
                json!({"env": {"PATH": NOT_RECORDED}}),
                Unknown,
                UNREAD,
            ),
            (
                "whether there is a toolkit is not recorded",
                alone(json!({"dirs": {"/usr/bin": ["docker"], "/usr/local": NOT_RECORDED}})),
                Unknown,
                UNREAD,
            ),
            (
                "whether there is a GPU is not recorded",
                alone(json!({
                    "dirs": {"/usr/bin": ["docker"], "/sys/bus/pci/devices": NOT_RECORDED},
                    "nvml": NOT_RECORDED,
                })),
                Unknown,
                UNREAD,
            ),
            (
                "a GPU that is seen by NVML alone",
                alone(json!({
                    "dirs": {"/usr/bin": ["docker"], "/sys/bus/pci/devices": NOT_RECORDED},
                    "nvml": nvml("580.95.05", "13.0", "Tesla T4", "7.5"),
                })),
                Fail,
                "fail-no-bridge",
            ),
        ];
        check_all("cuda.container-runtime", &cases);
    }

    #[test]
    fn a_package_source_comes_before_its_package() {
        let recording = super::super::made_up::machine(&and(
            no_toolkit(),
            &json!({"dirs": {"/usr/bin": ["docker"]}}),
        ));
        let finding = container_runtime(&Facts::new(&recording));
        let runs: Vec<&str> = finding.fix.iter().map(|fix| fix.run.as_str()).collect();
        let place = |word: &str| runs.iter().position(|run| run.contains(word)).unwrap();
        assert!(place("gpgkey") < place("sources.list.d"));
        assert!(place("sources.list.d") < place("apt update"));
        assert!(place("apt update") < place("apt install nvidia-container-toolkit"));
        assert!(place("apt install nvidia-container-toolkit") < place("runtime configure"));
        assert!(place("runtime configure") < place("restart docker"));
        assert!(runs.iter().all(|run| !run.contains('\n')));
    }
}
