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
