//! What follows from what is done, on many start machines: a table of machines, lines that are typed, and what has to be
//! seen. `practice_path.rs` tells the same stories once each, in full.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::practice::{PracticeMachine, Script, Session};
use lessons_engine::read::{drivers, nvcc, smi, topo};
use lessons_engine::report::Report;
use lessons_engine::steps;

/// A machine as it is bundled, without the way to the internet or with a disk that is nearly full.
#[derive(Clone, Copy)]
enum As {
    Bundled,
    Offline,
    Full,
}

/// Types a story on each machine. Lines of it: what is typed; `= TEXT` must be in what that printed, `! TEXT` must not;
/// `> TEXT` answers a question; `? STEP OUTCOME` is what the checks say then.
#[track_caller]
fn plays(machines: &[&str], start: As, story: &str) {
    for machine in machines {
        plays_on(machine, start, story);
    }
}

#[track_caller]
fn plays_on(name: &str, start: As, story: &str) {
    let recording = bundled::recording(name).unwrap().unwrap();
    let mut machine = PracticeMachine::new(recording, 1_795_000_000);
    match start {
        As::Bundled => {}
        As::Offline => machine.state.network = false,
        As::Full => machine.disk = machine.disk_used() + 30_000_000,
    }
    let lines: Vec<&str> = story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let answers: VecDeque<String> = lines
        .iter()
        .filter(|line| line.starts_with("> "))
        .map(|line| (*line).to_owned())
        .collect();
    let script = Script::new(Rc::new(RefCell::new(answers)), None);
    let mut session = Session::new(machine, Box::new(script));
    let (mut typed, mut said) = (String::new(), String::new());
    for line in lines {
        if let Some(text) = line.strip_prefix("= ") {
            assert!(
                said.contains(text),
                "{name}: {typed}\nno {text:?} in\n{said}"
            );
        } else if let Some(text) = line.strip_prefix("! ") {
            assert!(!said.contains(text), "{name}: {typed}\n{text:?} in\n{said}");
        } else if let Some(told) = line.strip_prefix("? ") {
            let (step, outcome) = told.split_once(' ').unwrap();
            let machine = session.machine();
            let facts = Facts::new(&machine);
            let found = Report::of(&facts, steps::all())
                .steps
                .iter()
                .find(|checked| checked.step.id == step)
                .map(|checked| format!("{:?}", checked.finding.outcome));
            assert_eq!(found.as_deref(), Some(outcome), "{name}: {typed}: {step}");
        } else if !line.starts_with("> ") {
            let played = session.run(line);
            line.clone_into(&mut typed);
            said = played
                .printed
                .iter()
                .map(|(_, text)| text.as_str())
                .collect();
        }
    }
}

fn outcomes(machine: &PracticeMachine) -> BTreeMap<&'static str, Outcome> {
    let facts = Facts::new(machine);
    Report::of(&facts, steps::all())
        .steps
        .iter()
        .map(|checked| (checked.step.id, checked.finding.outcome))
        .collect()
}

/// A restart alone mends what a restart mends, and breaks nothing.
#[test]
fn a_restart_breaks_no_driver() {
    let mut worse = Vec::new();
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        if recording.platform.os != "linux" {
            continue;
        }
        let machine = PracticeMachine::new(recording, 1_795_000_000);
        let before = outcomes(&machine);
        let mut session = Session::new(machine, Box::new(Script::default()));
        session.run("sudo reboot");
        let after = outcomes(&session.machine());
        for (step, outcome) in before {
            // An environment has to be activated again, and what was only in a shell is gone.
            let of_shell = step.starts_with("torch.") || step.starts_with("cuda.");
            // This one is about just that.
            let is_lost = name == "persistence-lost-at-restart" && step == "persistence.enabled";
            if is_lost {
                continue;
            }
            if outcome == Outcome::Pass && after[step] != Outcome::Pass && !of_shell {
                worse.push(format!("{name}: {step}: {:?}", after[step]));
            }
        }
    }
    assert!(worse.is_empty(), "{worse:#?}");
}

#[test]
fn nouveau_stays_until_the_image_is_built_and_the_machine_restarted() {
    plays(
        &["nouveau-not-kept-out", "nouveau-until-restart"],
        As::Bundled,
        "
        echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/disable-nouveau.conf
        ? driver.nouveau-unloaded Fail
        sudo reboot
        lspci -k -d 10de:
        = in use: nouveau
        ? driver.nouveau-unloaded Fail
        sudo modprobe -r nouveau
        = is in use
        sudo update-initramfs -u
        lspci -k -d 10de:
        = in use: nouveau
        sudo reboot
        lspci -k -d 10de:
        ! in use: nouveau
        ? driver.nouveau-unloaded Pass
        ",
    );
}

#[test]
fn persistence_mode_is_gone_after_a_restart_unless_the_daemon_keeps_it() {
    plays(
        &["persistence-lost-at-restart"],
        As::Bundled,
        "
        ? persistence.enabled Pass
        sudo reboot
        nvidia-smi --query-gpu=persistence_mode --format=csv,noheader
        = Disabled
        ",
    );
    plays(
        &["two-lost-gpu-and-persistence", "hgx-8xh100", "ubuntu-26.04-rtx4090"],
        As::Bundled,
        "
        sudo systemctl revert nvidia-persistenced
        sudo nvidia-smi -pm 1
        nvidia-smi --query-gpu=persistence_mode --format=csv,noheader
        ! Disabled
        sudo reboot
        nvidia-smi --query-gpu=persistence_mode --format=csv,noheader
        = Disabled
        systemctl cat nvidia-persistenced
        = --no-persistence-mode
        sudo mkdir -p /etc/systemd/system/nvidia-persistenced.service.d
        printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/nvidia-persistenced --user nvidia-persistenced --persistence-mode --verbose\\n' | sudo tee /etc/systemd/system/nvidia-persistenced.service.d/override.conf
        sudo reboot
        nvidia-smi --query-gpu=persistence_mode --format=csv,noheader
        ! Disabled
        ? persistence.survives-reboot Pass
        ",
    );
    // Debian's and NVIDIA's own units start the daemon with the mode on.
    plays(
        &[
            "debian-12-rtx3060",
            "debian-13-rtx3060",
            "fedora-42-rtx3060",
            "arch-rtx3060",
        ],
        As::Bundled,
        "
        sudo reboot
        systemctl status nvidia-persistenced
        = active (running)
        nvidia-smi --query-gpu=persistence_mode --format=csv,noheader
        ! Disabled
        sudo systemctl stop nvidia-persistenced
        nvidia-smi --query-gpu=persistence_mode --format=csv,noheader
        ! Enabled
        ",
    );
}

#[test]
fn the_driver_of_an_old_runfile_breaks_the_next_start() {
    plays(
        &[
            "ubuntu-22.04-rtx3090",
            "ubuntu-26.04-rtx4090",
            "desktop-gtx1080ti",
            "debian-12-rtx3060",
            "fedora-42-rtx3060",
        ],
        As::Bundled,
        "
        cd ~
        wget -q https://developer.download.nvidia.com/compute/cuda/12.6.3/local_installers/cuda_12.6.3_560.35.05_linux.run
        sudo sh cuda_12.6.3_560.35.05_linux.run --silent --driver
        = Driver:   Installed
        nvidia-smi
        = Driver/library version mismatch
        sudo reboot
        nvidia-smi
        = Driver/library version mismatch
        ? driver.versions-agree Fail
        ",
    );
    // Its module is built here: with Secure Boot it is not loaded at all.
    plays(
        &["secure-boot-signed-modules"],
        As::Bundled,
        "
        cd ~
        wget -q https://developer.download.nvidia.com/compute/cuda/12.6.3/local_installers/cuda_12.6.3_560.35.05_linux.run
        sudo sh cuda_12.6.3_560.35.05_linux.run --silent --driver
        sudo reboot
        nvidia-smi
        = couldn't communicate with the NVIDIA driver
        ? cuda.one-driver Fail
        ",
    );
}

#[test]
fn autoremove_takes_the_driver_after_an_upgrade_to_cuda_13_4() {
    plays(
        &["driver-not-installed", "nouveau-until-restart", "ubuntu-drivers-missing"],
        As::Bundled,
        "
        cd ~
        wget -q https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64/cuda-keyring_1.1-1_all.deb
        sudo dpkg -i cuda-keyring_1.1-1_all.deb
        sudo apt update
        sudo apt install -y cuda-13-3
        sudo reboot
        nvidia-smi
        = NVIDIA-SMI
        sudo apt install -y cuda-13-4
        sudo apt remove -y cuda-13-3
        = automatically installed and are no longer required
        = nvidia-open
        sudo apt autoremove -y
        = Removing nvidia-open
        sudo reboot
        nvidia-smi
        = not found
        lspci -k -d 10de:
        ! in use: nvidia
        ",
    );
}

#[test]
fn the_wrong_gcc_fails_in_nvcc() {
    let story = "
        cd ~
        echo 'int main() {}' > x.cu
        nvcc -ccbin g++-NEW x.cu
        = No such file or directory
        sudo apt update
        sudo apt install -y g++-NEW
        nvcc -ccbin g++-NEW x.cu
        = #error -- unsupported GNU version! gcc versions later than OLD are not supported!
        NVCC_CCBIN=g++-NEW nvcc x.cu
        = unsupported GNU version!
        ls a.out
        = cannot access
        nvcc -ccbin g++-NEW -allow-unsupported-compiler x.cu
        ls a.out
        ! cannot access
    ";
    for (machine, new, old) in [
        ("ubuntu-22.04-rtx3090", "12", "11"),
        ("three-cuda-versions", "12", "10"),
        ("gcc-too-new", "14", "12"),
    ] {
        let story = story.replace("NEW", new).replace("OLD", old);
        plays_on(machine, As::Bundled, &story);
    }
}

#[test]
fn a_cpu_wheel_says_false() {
    plays(
        &[
            "hgx-8xh100",
            "desktop-gtx1080ti",
            "desktop-rtx5090-open",
            "wsl2-laptop",
            "server-docker-2xl4",
            "debian-13-rtx3060",
            "fedora-42-rtx3060",
        ],
        As::Bundled,
        "
        cd ~
        python3 -m venv own
        source own/bin/activate
        pip install torch --index-url https://download.pytorch.org/whl/cpu
        = torch-2.15.0+cpu
        python -c 'import torch; print(torch.cuda.is_available())'
        = False
        ! Warning
        python -c \"import torch; torch.ones(2, device='cuda')\"
        = AssertionError: Torch not compiled with CUDA enabled
        ? torch.cuda-build Fail
        ",
    );
}

#[test]
fn a_driver_that_is_too_old_gives_torchs_error() {
    plays(
        &["debian-12-rtx3060", "debian-13-rtx3060", "two-old-driver-and-dropped-gpu"],
        As::Bundled,
        "
        cd ~
        python3 -m venv own
        source own/bin/activate
        pip install torch==2.12.0
        python -c 'import torch; print(torch.cuda.is_available())'
        = The NVIDIA driver on your system is too old (found version 12
        = False
        python -c \"import torch; torch.ones(2, device='cuda')\"
        = RuntimeError: The NVIDIA driver on your system is too old
        ? torch.driver-new-enough Fail
        pip install --force-reinstall torch==2.12.0 --index-url https://download.pytorch.org/whl/cu126
        python -c 'import torch; print(torch.cuda.is_available())'
        = True
        ",
    );
}

#[test]
fn a_new_card_under_an_old_wheel_and_an_old_card_under_a_new_one_are_warned_of() {
    plays(
        &["torch-arch-too-old-5090", "desktop-rtx5090-open"],
        As::Bundled,
        "
        cd ~
        python3 -m venv own
        source own/bin/activate
        pip install torch==2.6.0 --index-url https://download.pytorch.org/whl/cu126
        python -c 'import torch; print(torch.cuda.is_available())'
        = with CUDA capability sm_120 is not compatible with the current PyTorch installation.
        = True
        python -c \"import torch; print(torch.ones(2, device='cuda') + 1)\"
        = no kernel image is available for execution on the device
        ? torch.gpu-arch-in-wheel Fail
        ",
    );
    plays(
        &["desktop-gtx1080ti", "torch-dropped-1080ti"],
        As::Bundled,
        "
        cd ~
        python3 -m venv own
        source own/bin/activate
        pip install torch==2.14.1 --index-url https://download.pytorch.org/whl/cu130
        python -c 'import torch; print(torch.cuda.is_available())'
        = NVIDIA GeForce GTX 1080 Ti which is of
        = True
        python -c \"import torch; print(torch.ones(2, device='cuda') + 1)\"
        = no kernel image is available for execution on the device
        ",
    );
}

#[test]
fn secure_boot_rejects_the_module_until_its_key_is_enrolled() {
    plays(
        &[
            "two-nouveau-and-secure-boot",
            "two-secure-boot-and-cpu-wheel",
            "ubuntu-secure-boot",
        ],
        As::Bundled,
        "
        sudo modprobe nvidia
        = could not insert 'nvidia': Key was rejected by service
        sudo mokutil --import /var/lib/shim-signed/mok/MOK.der
        > abcdefgh
        > abcdefgh
        sudo reboot
        > 1
        nvidia-smi
        = couldn't communicate with the NVIDIA driver
        sudo reboot
        > 2
        > yes
        > wrong
        nvidia-smi
        = couldn't communicate with the NVIDIA driver
        sudo reboot
        > 2
        > yes
        > abcdefgh
        nvidia-smi
        = NVIDIA-SMI 5
        mokutil --list-enrolled
        = [key
        ? driver.secure-boot Pass
        ",
    );
}

#[test]
fn an_upgrade_without_a_restart_is_a_mismatch() {
    plays(
        &[
            "ubuntu-22.04-rtx3090",
            "ubuntu-26.04-rtx4090",
            "hgx-8xh100",
            "a100-mig",
            "desktop-rtx5090-open",
        ],
        As::Bundled,
        "
        sudo apt update
        = packages can be upgraded
        sudo apt upgrade -y
        nvidia-smi
        = Failed to initialize NVML: Driver/library version mismatch
        sudo dmesg
        = API mismatch
        ? driver.versions-agree Fail
        sudo reboot
        nvidia-smi
        = Driver Version: 580.178.04
        ? driver.versions-agree Pass
        ",
    );
}

#[test]
fn signed_modules_survive_an_upgrade_under_secure_boot() {
    plays(
        &["secure-boot-signed-modules"],
        As::Bundled,
        "
        sudo modprobe nvidia
        sudo apt update
        sudo apt upgrade -y
        = linux-modules-nvidia-580-open-6.8.0-87-generic
        ! dkms
        ! password
        sudo reboot
        nvidia-smi
        = Driver Version: 580.178.04
        ? driver.secure-boot Pass
        ",
    );
}

#[test]
fn a_full_disk_stops_what_writes() {
    plays(
        &["driver-not-installed", "nouveau-until-restart"],
        As::Full,
        "
        sudo apt update
        sudo apt install -y nvidia-driver-580
        = E: You don't have enough free space in /var/cache/apt/archives/.
        sudo update-initramfs -u
        = No space left on device
        curl -LsSf https://astral.sh/uv/install.sh | sh
        nvidia-smi
        = not found
        ",
    );
    plays(
        &["desktop-rtx3060", "hgx-8xh100"],
        As::Full,
        "
        cd ~
        python3 -m venv own
        source own/bin/activate
        pip install torch
        = No space left on device
        python -c 'import torch'
        = No module named 'torch'
        wget https://developer.download.nvidia.com/compute/cuda/13.4.1/local_installers/cuda_13.4.1_linux.run
        = No space left on device
        ",
    );
    plays(
        &["server-docker-2xl4", "docker-not-told"],
        As::Full,
        "
        docker pull nvidia/cuda:13.0.1-base-ubuntu24.04
        = no space left on device
        docker images
        ! 13.0.1
        ",
    );
}

#[test]
fn without_a_network_nothing_is_fetched() {
    plays(
        &[
            "driver-not-installed",
            "debian-12-rtx3060",
            "ubuntu-22.04-rtx3090",
        ],
        As::Offline,
        "
        sudo apt update
        = Temporary failure resolving '
        = W: Some index files failed to download.
        wget https://developer.download.nvidia.com/x
        = unable to resolve host address
        curl -LsSf https://astral.sh/uv/install.sh | sh
        = curl: (6) Could not resolve host: astral.sh
        ping -c 1 pypi.org
        = Temporary failure in name resolution
        ",
    );
    plays(
        &["desktop-rtx3060", "fedora-42-rtx3060"],
        As::Offline,
        "
        cd ~
        python3 -m venv own
        source own/bin/activate
        pip install torch
        = ERROR: No matching distribution found for torch
        ",
    );
    plays(
        &["server-docker-2xl4", "docker-not-told", "docker-without-toolkit"],
        As::Offline,
        "
        docker pull nvidia/cuda:13.0.1-base-ubuntu24.04
        = registry-1.docker.io
        docker run --rm nvidia/cuda:13.0.1-base-ubuntu24.04 nvidia-smi
        = registry-1.docker.io
        git clone https://github.com/NVIDIA/cuda-samples
        = fatal: unable to access 'https://github.com/NVIDIA/cuda-samples/': Could not resolve host: github.com
        ",
    );
}

#[test]
fn docker_answers_only_who_is_in_its_group() {
    plays(
        &["ubuntu-fresh-nouveau", "desktop-rtx3060"],
        As::Bundled,
        "
        docker ps
        = sudo apt install docker.io
        sudo apt update
        sudo apt install -y docker.io
        docker ps
        = permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock
        docker run --rm hello-world
        = docker: permission denied while trying to connect
        sudo docker ps
        = CONTAINER ID
        usermod -aG docker $USER
        = Permission denied
        sudo usermod -aG docker $USER
        docker ps
        = permission denied
        newgrp docker
        docker ps
        = CONTAINER ID
        ",
    );
    plays(
        &["docker-not-told", "server-docker-2xl4"],
        As::Bundled,
        "
        docker ps
        = CONTAINER ID
        groups
        = docker
        ",
    );
}

#[test]
fn a_missing_nvidia_smi_is_offered_as_ubuntu_offers_it() {
    plays(
        &[
            "ubuntu-fresh-nouveau",
            "driver-not-installed",
            "nvidia-smi-not-installed",
        ],
        As::Bundled,
        "
        nvidia-smi
        = Command 'nvidia-smi' not found, but can be installed with:
        = sudo apt install nvidia-utils-580
        = , or
        sudo nvidia-smi
        = sudo: nvidia-smi: command not found
        ",
    );
    plays(
        &["container-without-gpus"],
        As::Bundled,
        "
        nvidia-smi
        = nvidia-smi: command not found
        ! apt
        ",
    );
}

/// github.com/NVIDIA/open-gpu-kernel-modules, and public logs of these kernels.
#[test]
fn the_kernel_log_speaks_as_its_release_does() {
    plays(
        &["ubuntu-fresh-nouveau", "driver-not-installed"],
        As::Bundled,
        "
        sudo modprobe nouveau
        sudo dmesg
        = [drm] Initialized nouveau 1.4.0 20120801 for 0000:
        ",
    );
    plays(
        &["desktop-rtx5090-open", "hgx-8xh100"],
        As::Bundled,
        "
        sudo dmesg
        = Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  580
        = [drm] Initialized nvidia-drm 0.0.0 20160202 for 0000:01:00.0 on minor 0
        = [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver
        ",
    );
    plays(
        &["ubuntu-26.04-rtx4090", "fedora-42-rtx3060"],
        As::Bundled,
        "
        sudo dmesg
        = [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0
        ",
    );
    plays(
        &["desktop-gtx1080ti", "debian-12-rtx3060"],
        As::Bundled,
        "
        sudo dmesg
        = Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms
        ",
    );
}

#[test]
fn uv_names_what_it_takes_out_of_a_project() {
    plays(
        &["desktop-rtx3060", "debian-13-rtx3060"],
        As::Bundled,
        "
        cd ~
        curl -LsSf https://astral.sh/uv/install.sh | sh
        source $HOME/.local/bin/env
        uv init demo
        cd demo
        uv add numpy torch==2.8.0
        uv remove torch
        = Uninstalled
        =  - torch==2.8.0
        =  - triton==3.4.0
        ! - numpy
        uv sync
        ! Uninstalled
        uv run python -c 'import numpy'
        ! Error
        ",
    );
}

#[test]
fn python_prints_what_a_newcomer_types() {
    plays(
        &["ubuntu-4x4090", "desktop-rtx5090-open", "debian-13-rtx3060"],
        As::Bundled,
        "
        python -c 'import torch; x = torch.rand(5, 3); print(x)'
        = tensor([[0.
        ! of 5
        python -c \"import torch; print(torch.zeros(2, 2, device='cuda'))\"
        = tensor([[0., 0.],
        = [0., 0.]], device='cuda:0')
        python -c 'import torch; print(torch.ones(3) + 1)'
        = tensor([2., 2., 2.])
        python -c 'import torch; print(torch.ones(2000))'
        = tensor([1., 1., 1.,  ..., 1., 1., 1.])
        python -c \"import torch; device = 'cuda' if torch.cuda.is_available() else 'cpu'; print(f'{device}: {torch.cuda.is_available()}')\"
        = cuda: True
        python -c \"import torch; print('yes' if torch.cuda.is_bf16_supported() else 'no')\"
        = yes
        ",
    );
    plays(
        &["ubuntu-torch-cpu"],
        As::Bundled,
        "
        python -c \"import torch; print(torch.ones(1).to('cuda' if torch.cuda.is_available() else 'cpu'))\"
        = tensor([1.])
        ",
    );
}

#[test]
fn other_distributions_have_their_own_programs() {
    plays(
        &["fedora-42-rtx3060", "arch-rtx3060"],
        As::Bundled,
        "
        sudo apt update
        = apt: command not found
        sudo update-initramfs -u
        = update-initramfs: command not found
        sudo reboot
        nvidia-smi
        = NVIDIA-SMI 580.105.08
        ",
    );
    plays(
        &["fedora-42-rtx3060"],
        As::Bundled,
        "
        sudo dracut --force
        pacman -Q
        = command not found
        ",
    );
    plays(
        &["arch-rtx3060"],
        As::Bundled,
        "
        sudo mkinitcpio -P
        = Initcpio image generation successful
        ",
    );
    plays(
        &["debian-12-rtx3060", "debian-13-rtx3060"],
        As::Bundled,
        "
        sudo apt update
        = http://deb.debian.org/debian
        = http://security.debian.org/debian-security
        ! ubuntu
        sudo reboot
        nvidia-smi -L
        = GPU 0
        ",
    );
    plays(
        &["wsl2-laptop"],
        As::Bundled,
        "
        sudo reboot
        nvidia-smi -L
        = GPU 0
        ",
    );
}

/// The forms were compared with transcripts of the real program (drivers 580 to 595).
#[test]
fn nvidia_smi_tells_its_versions_locks_clocks_and_resets() {
    plays(
        &["ubuntu-4x4090"],
        As::Bundled,
        "
        nvidia-smi --version
        = NVIDIA-SMI version  : 580.95.05
        = NVML version        : 580.95
        = DRIVER version      : 580.95.05
        = CUDA Version        : 13.0
        nvidia-smi -lgc 210,1400
        = The current user does not have permission to change clocks for GPU 00000000:81:00.0.
        sudo nvidia-smi -i 0 -lgc 210,1400
        = GPU clocks set to \"(gpuClkMin 210, gpuClkMax 1400)\" for GPU 00000000:81:00.0
        = All done.
        sudo nvidia-smi -lgc 1400,210
        = with invalid value
        sudo nvidia-smi --gpu-reset -i 1
        = GPU 00000000:82:00.0 was successfully reset.
        nvidia-smi mig -lgip
        = No MIG-supported devices found.
        nvidia-smi --query-gpu=timestamp,enforced.power.limit --format=csv,noheader
        = 300.00 W
        nvidia-smi --query-gpu=clocks.sm --format=csv
        = clocks.current.sm [MHz]
        = [N/A] stands for clocks.sm
        printf '[Service]\\nExecStart=/usr/bin/nvidia-smi -pm 1\\n' | sudo tee /etc/systemd/system/mine.service
        = ExecStart=/usr/bin/nvidia-smi -pm 1
        sudo systemctl enable --now mine
        = mine.service, a unit of your own, is not played here
        systemctl cat mine
        = ExecStart=/usr/bin/nvidia-smi -pm 1
        nvidia-smi --query-gpu=gpu_name,utilization.memory --format=csv
        = name, utilization.memory [%]
        = NVIDIA GeForce RTX 4090, [N/A]
        nvidia-smi --query-gpu=colour --format=csv
        = Field \"colour\" is not a valid field to query.
        ",
    );
    plays(
        &["memory-held-by-notebook"],
        As::Bundled,
        "
        sudo nvidia-smi -r
        = Please first kill all processes using this GPU.
        = Some GPUs could not be reset.
        ",
    );
}

/// As shadow 4.13 answers.
#[test]
fn usermod_and_groupadd_answer_as_the_real_ones() {
    plays(
        &["server-docker-2xl4"],
        As::Bundled,
        "
        usermod
        = Usage: usermod [options] LOGIN
        usermod --foo
        = usermod: unrecognized option '--foo'
        usermod -G
        = usermod: option requires an argument -- 'G'
        usermod -aG nogroup-x nobody-x
        = usermod: group 'nogroup-x' does not exist
        usermod -aG docker nobody-x
        = usermod: user 'nobody-x' does not exist
        usermod -aG docker $USER
        = usermod: cannot lock /etc/passwd; try again later.
        sudo usermod -a $USER
        = usermod: -a flag is only allowed with the -G flag
        sudo groupadd 1abc:
        = groupadd: '1abc:' is not a valid group name
        groupadd root
        = groupadd: group 'root' already exists
        ",
    );
}

/// What a machine's programs print is what `lessons read` explains.
#[test]
fn what_is_printed_is_read_back() {
    let mut seen = [0; 4];
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        if recording.platform.os != "linux" {
            continue;
        }
        let machine = PracticeMachine::new(recording, 1_795_000_000);
        let mut session = Session::new(machine, Box::new(Script::default()));
        let mut printed = |line: &str| {
            let played = session.run(line);
            (played.exit == 0).then(|| played.stdout())
        };
        let cards = printed("nvidia-smi -L").map_or(0, |text| text.lines().count());
        if let Some(text) = printed("nvidia-smi") {
            let table = smi::read(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            assert_eq!(table.gpus.len(), cards, "{name}");
            seen[0] += 1;
        }
        // A card that fell off the bus ends `-L`, and is still in the matrix of the bus.
        if cards > 0
            && let Some(text) = printed("nvidia-smi topo -m")
        {
            let read = topo::read(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            let devices = serde_json::to_value(&read).unwrap().to_string();
            assert!(
                devices.contains(&format!("GPU{}", cards - 1)),
                "{name}: {devices}"
            );
            seen[1] += 1;
        }
        if let Some(text) = printed("ubuntu-drivers devices").filter(|text| !text.is_empty()) {
            let read =
                drivers::read(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            assert!(!read.devices.is_empty(), "{name}");
            seen[2] += 1;
        }
        if let Some(text) = printed("nvcc --version") {
            nvcc::read(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            seen[3] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
}

/// A module is read from the disk when it is loaded: all four out and in again do what a restart does.
#[test]
fn modules_can_be_taken_out_together_and_loaded_anew() {
    for remove in [
        "sudo rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia",
        "sudo modprobe -r nvidia_uvm nvidia_drm",
        "sudo modprobe -r nvidia_drm nvidia_modeset nvidia_uvm nvidia",
    ] {
        plays(
            &["ubuntu-mismatch"],
            As::Bundled,
            &format!(
                "nvidia-smi
                 = Driver/library version mismatch
                 sudo systemctl stop nvidia-persistenced
                 sudo rmmod nvidia_modeset nvidia
                 = Module nvidia_modeset is in use by: nvidia_drm
                 = Module nvidia is in use by: nvidia_modeset nvidia_uvm
                 {remove}
                 ! ERROR
                 ! FATAL
                 lsmod | grep -c nvidia
                 = 0
                 sudo modprobe -r nvidia_drm
                 ! FATAL
                 sudo modprobe nvidia
                 nvidia-smi -L
                 = GPU 0
                 ? driver.versions-agree Pass"
            ),
        );
    }
}

#[test]
fn a_uuid_chooses_a_gpu_for_cuda() {
    plays(
        &["cuda-visible-devices-empty"],
        As::Bundled,
        r#"export CUDA_VISIBLE_DEVICES=$(nvidia-smi --query-gpu=uuid --format=csv,noheader)
           python -c "import torch; print(torch.cuda.is_available())"
           = True
           export CUDA_VISIBLE_DEVICES=GPU-12345678
           python -c "import torch; print(torch.cuda.is_available())"
           = False"#,
    );
}

#[test]
fn su_runs_one_command_as_root() {
    plays(
        &["headless-persistence-off"],
        As::Bundled,
        "sudo su -c 'id -un'
         = root
         sudo su - root -c 'id -un'
         = root
         sudo su -c 'nvidia-smi -pm 1'
         ? persistence.enabled Pass",
    );
}
