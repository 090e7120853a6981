//! Containers: docker, and NVIDIA's bridge to it.

use crate::draw;
use crate::facts::Facts;
use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Content, Node};
use crate::tables::cuda_driver::{self, Verdict};
use crate::tables::{Os, nvcc_builds};
use crate::version::CudaVersion;

use super::{Program, lines_of, not_played};

pub(super) const PROGRAMS: &[Program] = &[
    Program::installed("docker", docker),
    Program::installed("nvidia-ctk", nvidia_ctk),
    Program::installed("nv-fabricmanager", |call| {
        not_played(
            call,
            "nv-fabricmanager",
            "systemctl start nvidia-fabricmanager",
        )
    }),
];

const PLAYED: &str = "docker run --rm [--gpus all] nvidia/cuda:TAG COMMAND, docker pull, image ls, image rm, ps, info, --version";

fn docker(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    match words.first().map(String::as_str) {
        Some("--version" | "-v") => {
            call.line("Docker version 28.2.2, build 28.2.2-0ubuntu1");
            return 0;
        }
        None => return not_played(call, "no command", PLAYED),
        _ => {}
    }
    let mut groups = call.machine().state.groups.iter();
    let is_member = groups.any(|group| group == "docker");
    if !is_member && !call.is_root() {
        // docs.docker.com/engine/install/linux-postinstall; the words are those of the 28 series.
        let what = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
        let why = "dial unix /var/run/docker.sock: connect: permission denied";
        let (before, asks, after, exit) = match words.first().map(String::as_str) {
            Some("run") => (
                "docker: ",
                r#"Head "http://%2Fvar%2Frun%2Fdocker.sock/_ping""#,
                "\n\nRun 'docker run --help' for more information",
                126,
            ),
            Some("ps") => (
                "",
                r#"Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/containers/json""#,
                "",
                1,
            ),
            _ => (
                "",
                r#"Head "http://%2Fvar%2Frun%2Fdocker.sock/_ping""#,
                "",
                1,
            ),
        };
        call.error(format!("{before}{what}: {asks}: {why}{after}"));
        return exit;
    }
    if !call.machine().state.services.contains("docker") {
        call.error("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?");
        return 1;
    }
    match (
        words.first().map(String::as_str),
        words.get(1).map(String::as_str),
    ) {
        (Some("run"), _) => run(call, &words[1..]),
        (Some("pull"), Some(image)) => match pull(call, image, false) {
            Ok(()) => {
                let image = image.trim_start_matches("docker.io/");
                let label = if image.contains(':') { "" } else { ":latest" };
                call.line(format!(
                    "docker.io/{}{image}{label}",
                    if image.contains('/') { "" } else { "library/" }
                ));
                0
            }
            Err(error) => {
                call.error(format!("Error response from daemon: {error}"));
                1
            }
        },
        (Some("images"), _) | (Some("image"), Some("ls")) => {
            call.line(
                "REPOSITORY    TAG                          IMAGE ID       CREATED       SIZE",
            );
            for image in call.machine().state.images.clone() {
                let (name, tag) = image.split_once(':').unwrap_or((&image, "latest"));
                call.line(format!(
                    "{name:<13} {tag:<28} 0f6a1e5b2c3d   5 weeks ago   340MB"
                ));
            }
            0
        }
        (Some("image"), Some("rm")) | (Some("rmi"), Some(_)) => {
            let image = words.last().cloned().unwrap_or_default();
            let image = if image.contains(':') {
                image
            } else {
                format!("{image}:latest")
            };
            if call.machine().state.images.remove(&image) {
                let layers = format!(
                    "/var/lib/docker/overlay2/{}",
                    image.replace(['/', ':'], "_")
                );
                let _ = call.machine().tree.remove(&layers);
                call.line(format!("Untagged: {image}"));
                0
            } else {
                call.error(format!(
                    "Error response from daemon: No such image: {image}"
                ));
                1
            }
        }
        (Some("ps"), _) => {
            call.line("CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES");
            0
        }
        (Some("info"), _) => {
            let runtimes = if has_runtime(call) {
                "io.containerd.runc.v2 nvidia runc"
            } else {
                "io.containerd.runc.v2 runc"
            };
            call.line(format!(" Runtimes: {runtimes}\n Default Runtime: runc"));
            0
        }
        (Some(other), _) => {
            let other = other.to_owned();
            not_played(call, &other, PLAYED)
        }
        (None, _) => 0,
    }
}

/// Whether Docker was told of NVIDIA's runtime before it was started last.
fn has_runtime(call: &mut Call<'_>) -> bool {
    call.machine().state.docker_has_runtime
}

/// The parts of a tag of NVIDIA's images: `13.4.1-base-ubuntu24.04`.
fn tag(tag: &str) -> Option<(CudaVersion, &str)> {
    let mut parts = tag.split('-');
    let cuda: CudaVersion = parts.next()?.parse().ok()?;
    let kind = tag.split_once('-')?.1.rsplit_once("-ubuntu")?;
    let known = matches!(
        kind.0,
        "base" | "runtime" | "devel" | "cudnn-runtime" | "cudnn-devel"
    );
    let release = matches!(kind.1, "20.04" | "22.04" | "24.04" | "26.04");
    // Tags of lines that have ended are deleted after half a year.
    (known && release && cuda.major >= 12).then_some((cuda, kind.0))
}

/// What an image takes on the disk, unpacked.
fn image_size(name: &str, label: &str) -> u64 {
    match (name, tag(label).map(|(_, kind)| kind)) {
        ("nvidia/cuda", Some("base")) => 340_000_000,
        ("nvidia/cuda", Some("runtime")) => 2_900_000_000,
        ("nvidia/cuda", Some("cudnn-runtime")) => 4_100_000_000,
        ("nvidia/cuda", _) => 8_500_000_000,
        ("ubuntu", _) => 78_000_000,
        _ => 10_000,
    }
}

fn pull(call: &mut Call<'_>, image: &str, for_run: bool) -> Result<(), String> {
    let image = image.trim_start_matches("docker.io/");
    let (name, label) = image.split_once(':').unwrap_or((image, "latest"));
    let whole = format!("{name}:{label}");
    if call.machine().state.images.contains(&whole) {
        return Ok(());
    }
    if !call.machine().state.network {
        return Err("Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution".to_owned());
    }
    let there = match name {
        "nvidia/cuda" => tag(label).is_some(),
        "hello-world" | "ubuntu" => true,
        _ => {
            return Err(format!(
                "pull access denied for {}, repository does not exist or may require 'docker login'",
                crate::visible::visible(name)
            ));
        }
    };
    if !there {
        return Err(format!(
            "manifest for {} not found: manifest unknown: manifest unknown",
            crate::visible::visible(&whole)
        ));
    }
    if for_run {
        call.error(format!("Unable to find image '{whole}' locally"));
    }
    let said = format!(
        "{label}: Pulling from {}{name}",
        if name.contains('/') { "" } else { "library/" }
    );
    let say = |call: &mut Call<'_>, text: &str| {
        if for_run {
            call.error(text);
        } else {
            call.line(text);
        }
    };
    say(call, &said);
    let size = image_size(name, label);
    if call.machine().disk_free() < size {
        return Err("failed to register layer: no space left on device".to_owned());
    }
    say(call, &format!("Status: Downloaded newer image for {whole}"));
    call.machine().put_file(
        &format!(
            "/var/lib/docker/overlay2/{}",
            whole.replace(['/', ':'], "_")
        ),
        Node::new(0o600, Content::Untold(size)),
    );
    call.wait(30);
    call.machine().state.images.insert(whole);
    Ok(())
}

fn run(call: &mut Call<'_>, words: &[String]) -> Exit {
    let mut gpus = false;
    let by_runtime = words.iter().any(|word| word == "--runtime=nvidia");
    let mut rest = words.iter();
    let mut image = None;
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--rm" | "-it" | "-ti" | "-i" | "-t" | "-d" | "--pid=host" | "--ipc=host"
            | "--privileged" => {}
            "-v" | "-e" | "-w" | "-p" | "-u" | "--name" | "--volume" | "--env" | "--workdir"
            | "--shm-size" | "--network" | "--ulimit" | "--entrypoint"
                if image.is_none() =>
            {
                rest.next();
            }
            "--runtime" => {
                gpus |= rest.next().is_some_and(|runtime| runtime == "nvidia");
            }
            _ if word.starts_with("--name=")
                || word.starts_with("--shm-size=")
                || word.starts_with("--network=")
                || word.starts_with("--entrypoint=") => {}
            "--gpus" => gpus = true,
            "all" if gpus && image.is_none() => {}
            _ if word.starts_with("--gpus=")
                || word.starts_with("--runtime=nvidia")
                || word.starts_with("--device=nvidia.com/gpu") =>
            {
                gpus = true;
            }
            _ if word.starts_with('-') => {
                let word = crate::visible::visible(word);
                call.error(if word.starts_with("--") {
                    format!("unknown flag: {word}\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'docker run --help' for more information")
                } else {
                    format!("unknown shorthand flag: '{}' in {word}\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'docker run --help' for more information", word.chars().nth(1).unwrap_or_default())
                });
                return 125;
            }
            _ if gpus
                && image.is_none()
                && (word.starts_with("device=") || word.parse::<u32>().is_ok()) => {}
            _ => {
                image = Some(word.clone());
                break;
            }
        }
    }
    let Some(image) = image else {
        call.error("docker: 'docker run' requires at least 1 argument\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]");
        return 125;
    };
    let command: Vec<String> = rest.cloned().collect();
    if let Err(error) = pull(call, &image, true) {
        call.error(format!("docker: Error response from daemon: {error}\n\nRun 'docker run --help' for more information"));
        return 125;
    }
    let label = image
        .split_once(':')
        .map_or("latest", |(_, label)| label)
        .to_owned();
    let nvidia = tag(&label).map(|(cuda, kind)| (cuda, kind.to_owned()));
    if gpus {
        if !has_runtime(call) && by_runtime {
            call.error("docker: Error response from daemon: unknown or invalid runtime name: nvidia\n\nRun 'docker run --help' for more information");
            return 125;
        }
        if !has_runtime(call) {
            call.error("docker: Error response from daemon: could not select device driver \"\" with capabilities: [[gpu]]\n\nRun 'docker run --help' for more information");
            return 125;
        }
        let nvml = match call.machine().state.nvml.clone() {
            Ok(nvml) => nvml,
            Err(failure) => {
                let why = match failure.error {
                    crate::machine::nvml::NvmlCode::LibRmVersionMismatch => {
                        "nvml error: driver/library version mismatch"
                    }
                    _ => "nvml error: driver not loaded",
                };
                call.error(format!("docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy'\nnvidia-container-cli: initialization error: {why}: unknown"));
                return 125;
            }
        };
        let driver = nvml
            .driver_version
            .known()
            .and_then(|version| version.parse().ok());
        if let (Some((cuda, _)), Some(driver)) = (&nvidia, driver)
            && matches!(
                cuda_driver::runs(&driver, *cuda, Os::Linux),
                Verdict::TooOld { .. }
            )
        {
            call.error(format!("docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy'\nnvidia-container-cli: requirement error: unsatisfied condition: cuda>={}, please update your driver to a newer version, or use an earlier cuda container: unknown", cuda.release()));
            return 125;
        }
    }
    match command.first().map(String::as_str) {
        Some("nvidia-smi") if !gpus => missing(call, "nvidia-smi"),
        Some("nvidia-smi") if command.len() == 1 => {
            let Ok(nvml) = call.machine().state.nvml.clone() else {
                return 1;
            };
            let mut smi = draw::nvml::smi(&nvml, None);
            // The driver knows nothing of a container's processes.
            smi.processes.clear();
            smi.process_list = crate::read::smi::ProcessList::NoneFound;
            call.print(draw::smi::draw(&smi));
            0
        }
        Some("nvcc") => match nvidia {
            Some((cuda, kind)) if kind.contains("devel") => {
                let Ok(build) = nvcc_builds::build(cuda) else {
                    return not_played(
                        call,
                        "nvcc of this image",
                        "nvcc of the images from 12.0 on",
                    );
                };
                call.print(build.printed());
                0
            }
            _ => missing(call, "nvcc"),
        },
        Some("echo") => {
            call.line(command[1..].join(" "));
            0
        }
        None if image.starts_with("hello-world") => {
            call.line("\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n");
            0
        }
        other => not_played(
            call,
            other.unwrap_or("a shell in a container"),
            "nvidia-smi and nvcc --version in a container",
        ),
    }
}

fn missing(call: &mut Call<'_>, program: &str) -> Exit {
    call.error(format!("docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"{program}\": executable file not found in $PATH: unknown\n\nRun 'docker run --help' for more information"));
    127
}

fn nvidia_ctk(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    match plain.as_slice() {
        ["--version" | "-v"] => {
            call.line("NVIDIA Container Toolkit CLI version 1.18.0");
            0
        }
        ["runtime", "configure", rest @ ..] => {
            let runtime = rest
                .iter()
                .find_map(|word| word.strip_prefix("--runtime="))
                .unwrap_or("docker");
            if runtime != "docker" {
                return not_played(
                    call,
                    &format!("--runtime={runtime}"),
                    "nvidia-ctk runtime configure --runtime=docker",
                );
            }
            if !call.is_root() {
                call.error("ERRO[0000] unable to flush config: unable to open /etc/docker/daemon.json for writing: permission denied");
                return 1;
            }
            let path = "/etc/docker/daemon.json";
            let machine = call.machine();
            let before = machine.tree.text(path);
            let mut settings: serde_json::Value = match &before {
                Ok(text) => match serde_json::from_str(text) {
                    Ok(settings) => settings,
                    Err(error) => {
                        call.error(format!("ERRO[0000] unable to load config for runtime docker: unable to read config: {error}"));
                        return 1;
                    }
                },
                Err(_) => serde_json::json!({}),
            };
            if !settings.is_object() {
                settings = serde_json::json!({});
            }
            settings["runtimes"]["nvidia"] =
                serde_json::json!({"args": [], "path": "nvidia-container-runtime"});
            let text = serde_json::to_string_pretty(&settings).unwrap_or_default() + "\n";
            machine.put_text(path, text);
            call.error(match before {
                Ok(_) => "INFO[0000] Loading config from /etc/docker/daemon.json",
                Err(_) => "INFO[0000] Config file does not exist; using empty config",
            });
            call.error("INFO[0000] Wrote updated config to /etc/docker/daemon.json\nINFO[0000] It is recommended that docker daemon be restarted.");
            0
        }
        ["cdi", "generate", rest @ ..] => {
            let Some(path) = rest.iter().find_map(|word| word.strip_prefix("--output=")) else {
                return not_played(
                    call,
                    "cdi generate to the screen",
                    "nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
                );
            };
            if !call.is_root() {
                call.error(format!(
                    "ERRO[0000] failed to save CDI spec: open {path}: permission denied"
                ));
                return 1;
            }
            let count = call
                .machine()
                .state
                .nvml
                .as_ref()
                .map_or(0, |nvml| nvml.gpus.len());
            if count == 0 {
                call.error("ERRO[0000] failed to generate CDI spec: failed to create device CDI specs: failed to initialize NVML: Driver Not Loaded");
                return 1;
            }
            let devices = lines_of((0..count).map(|index| format!("  - name: \"{index}\"")));
            call.machine().put_text(
                path,
                format!(
                    "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n{devices}  - name: all\n"
                ),
            );
            call.error("INFO[0000] Generated CDI spec with version 0.5.0");
            0
        }
        ["cdi", "list"] => {
            let there = matches!(Facts::new(call.machine()).cdi_description(), Ok(Some(_)));
            let count = call
                .machine()
                .state
                .nvml
                .as_ref()
                .map_or(0, |nvml| nvml.gpus.len());
            call.error(format!(
                "INFO[0000] Found {} CDI devices",
                if there { count + 1 } else { 0 }
            ));
            if there {
                for index in 0..count {
                    call.line(format!("nvidia.com/gpu={index}"));
                }
                call.line("nvidia.com/gpu=all");
            }
            0
        }
        _ => not_played(
            call,
            &words.join(" "),
            "nvidia-ctk runtime configure --runtime=docker, cdi generate --output=FILE, cdi list, --version",
        ),
    }
}
