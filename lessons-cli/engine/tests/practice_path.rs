//! The book's whole path on practice machines: from nouveau to a torch that computes, typed as the book says; and what
//! becomes of the mistakes on the way. The checks that judge are those of every machine.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::practice::{Played, PracticeMachine, Script, Session};
use lessons_engine::report::Report;
use lessons_engine::steps;

/// A session on a bundled machine.
struct Typist {
    session: Session,
}

impl Typist {
    fn at(name: &str) -> Self {
        Self::with(name, &[], |_| {})
    }

    fn with(name: &str, answers: &[&str], change: impl FnOnce(&mut PracticeMachine)) -> Self {
        let recording = bundled::recording(name).unwrap().unwrap();
        let mut machine = PracticeMachine::new(recording, 1_795_000_000);
        change(&mut machine);
        let answers: VecDeque<String> =
            answers.iter().map(|answer| format!("> {answer}")).collect();
        let script = Script::new(Rc::new(RefCell::new(answers)), None);
        Self {
            session: Session::new(machine, Box::new(script)),
        }
    }

    /// Types a line; what it prints.
    fn types(&mut self, line: &str) -> Played {
        self.session.run(line)
    }

    /// Types lines, each of which must end well.
    #[track_caller]
    fn does(&mut self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let played = self.types(line);
            assert_eq!(
                played.exit,
                0,
                "{line}\n{}{}",
                played.stdout(),
                played.stderr()
            );
        }
    }

    /// Types a line that must fail so.
    #[track_caller]
    fn fails(&mut self, line: &str, exit: i32, says: &str) {
        let played = self.types(line);
        let said = played.stdout() + &played.stderr();
        assert_eq!(played.exit, exit, "{line}\n{said}");
        assert!(said.contains(says), "{line}: no {says:?} in\n{said}");
    }

    /// Types a line that must print this.
    #[track_caller]
    fn says(&mut self, line: &str, says: &str) {
        let played = self.types(line);
        let said = played.stdout() + &played.stderr();
        assert!(said.contains(says), "{line}: no {says:?} in\n{said}");
    }

    fn outcomes(&self) -> BTreeMap<&'static str, Outcome> {
        let machine = self.session.machine();
        let facts = Facts::new(&machine);
        Report::of(&facts, steps::all())
            .steps
            .iter()
            .map(|checked| (checked.step.id, checked.finding.outcome))
            .collect()
    }

    #[track_caller]
    fn is(&self, step: &str, outcome: Outcome) {
        let outcomes = self.outcomes();
        assert_eq!(outcomes[step], outcome, "{step}");
    }
}

/// The chapter `driver` as it is typed.
const DRIVER: &str = "
    lspci -d 10de:
    lspci -k -d 10de:
    ubuntu-drivers devices
    mokutil --sb-state
    sudo apt update
    sudo apt upgrade
    sudo reboot
    sudo ubuntu-drivers list
    sudo ubuntu-drivers install
    sudo reboot
    cat /proc/driver/nvidia/version
    modinfo nvidia
    cat /sys/module/nvidia/version
    ls /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.*
    dpkg -l | grep -i nvidia
";

const SMI: &str = "
    nvidia-smi
    nvidia-smi -L
    nvidia-smi -q -d POWER
    sudo nvidia-smi -i 0 -pl 300
    sudo nvidia-smi -i 0 -c 0
    nvidia-smi --query-gpu=index,name,driver_version,memory.used,memory.total --format=csv
";

const PERSISTENCE: &str = "
    nvidia-smi --query-gpu=index,persistence_mode --format=csv
    sudo nvidia-smi -pm 1
    systemctl status nvidia-persistenced
    systemctl cat nvidia-persistenced
    sudo mkdir -p /etc/systemd/system/nvidia-persistenced.service.d
    printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/nvidia-persistenced --user nvidia-persistenced --persistence-mode --verbose\\n' | sudo tee /etc/systemd/system/nvidia-persistenced.service.d/override.conf
    sudo systemctl daemon-reload
    sudo systemctl restart nvidia-persistenced
";

const TOPOLOGY: &str = "
    nvidia-smi topo -m
    nvidia-smi nvlink --status
";

const CUDA: &str = "
    sudo apt install build-essential
    wget https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64/cuda-keyring_1.1-1_all.deb
    sudo dpkg -i cuda-keyring_1.1-1_all.deb
    sudo apt update
    apt-cache search --names-only '^cuda-toolkit-[0-9]+-[0-9]+$'
    apt-get -s install cuda-toolkit-13-0
    sudo apt install -y cuda-toolkit-13-0
    cp ~/.bashrc ~/.bashrc.before-cuda
    echo 'export PATH=/usr/local/cuda/bin${PATH:+:${PATH}}' >> ~/.bashrc
    echo 'export CUDA_HOME=/usr/local/cuda' >> ~/.bashrc
    source ~/.bashrc
    which nvcc
    nvcc --version
";

const TORCH: &str = "
    curl -LsSf https://astral.sh/uv/install.sh | sh
    source $HOME/.local/bin/env
    mkdir -p ~/first-torch
    cd ~/first-torch
    uv venv --python 3.12
    source .venv/bin/activate
    python --version
    nvidia-smi --query-gpu=name,compute_cap,driver_version --format=csv
    uv pip install torch torchvision --torch-backend=cu130
";

#[test]
fn the_whole_path_from_nouveau_to_true() {
    let mut typist = Typist::with("ubuntu-fresh-nouveau", &["y", "y", "y", "y"], |_| {});
    typist.is("driver.nouveau-unloaded", Outcome::Blocked);
    for chapter in [DRIVER, SMI, PERSISTENCE, TOPOLOGY, CUDA] {
        typist.does(chapter);
    }
    // The program of a few lines that uses everything.
    typist.does("printf '#include <cstdio>\\n__global__ void hello() { printf(\"Hello from the GPU\\\\n\"); }\\nint main() { hello<<<1, 1>>>(); return cudaDeviceSynchronize(); }\\n' > hello.cu");
    typist.does("nvcc -arch=native -o hello hello.cu");
    typist.says("./hello", "Hello from the GPU");
    typist.does(TORCH);
    typist.says("python -c \"import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())\"", "2.15.0+cu130 13.0 True");
    typist.says("python -c \"import torch; print(torch.cuda.get_device_name(0), torch.cuda.get_device_capability(0))\"", "NVIDIA GeForce RTX 4090 (8, 9)");
    typist.says(
        "python -c \"import torch; print(torch.cuda.device_count())\"",
        "4",
    );
    typist.says(
        "python -c \"import torch; print(torch.cuda.get_arch_list())\"",
        "'sm_86'",
    );
    typist.says("python -c \"import torch; a = torch.rand(1000, 1000, device='cuda'); print((a @ a).sum())\"", "tensor(2.5000e+08, device='cuda:0')");
    typist.says(
        "python -m torch.utils.collect_env",
        "Is CUDA available: True",
    );
    for (step, outcome) in typist.outcomes() {
        let required = steps::find(step).unwrap().required;
        assert!(
            matches!(outcome, Outcome::Pass | Outcome::NotApplicable) || !required,
            "{step}: {outcome:?}"
        );
    }
    typist.is("torch.sees-gpu", Outcome::Pass);
    typist.is("persistence.survives-reboot", Outcome::Pass);
    // All of it is still so after a restart.
    typist.does("sudo reboot");
    typist.says(
        "nvidia-smi --query-gpu=persistence_mode --format=csv,noheader",
        "Enabled\nEnabled\nEnabled\nEnabled\n",
    );
    typist.is("driver.versions-agree", Outcome::Pass);
}

/// Which driver holds the first card.
const HOLDER: &str = "lspci -k -d 10de: | grep -m1 'Kernel driver in use'";

#[test]
fn nouveau_stays_until_the_image_is_built_and_the_machine_restarted() {
    let blacklist = "echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/disable-nouveau.conf";
    let mut typist = Typist::at("ubuntu-fresh-nouveau");
    typist.does(blacklist);
    typist.is("driver.nouveau-blacklisted", Outcome::Pass);
    typist.is("driver.nouveau-unloaded", Outcome::Fail);
    // A restart alone starts from the old image.
    typist.does("sudo reboot");
    typist.says(HOLDER, "nouveau");
    typist.is("driver.nouveau-unloaded", Outcome::Fail);
    // The new image alone changes nothing that runs.
    typist.does("sudo update-initramfs -u");
    typist.says(HOLDER, "nouveau");
    typist.does("sudo reboot");
    typist.is("driver.nouveau-unloaded", Outcome::Pass);
    assert_eq!(typist.types(HOLDER).exit, 1);
    // Without root neither goes.
    typist.fails("update-initramfs -u", 1, "Permission denied");
    typist.fails("reboot", 1, "authentication");
}

#[test]
fn the_second_word_of_the_seed_runs_without_root() {
    let mut typist = Typist::at("ubuntu-fresh-nouveau");
    typist.does("echo 'blacklist nouveau' | sudo tee -a /etc/modprobe.d/blacklist.conf");
    typist.fails("sudo update-initramfs -u && reboot", 1, "authentication");
    typist.does("sudo reboot");
    typist.is("driver.nouveau-unloaded", Outcome::Pass);
}

#[test]
fn a_driver_beside_a_loaded_nouveau_is_not_loaded() {
    let mut typist = Typist::with("ubuntu-fresh-nouveau", &["y"], |_| {});
    typist.does("sudo ubuntu-drivers install");
    typist.fails(
        "nvidia-smi",
        9,
        "couldn't communicate with the NVIDIA driver",
    );
    typist.fails(
        "sudo modprobe nvidia",
        1,
        "could not insert 'nvidia': No such device",
    );
    typist.says(
        "sudo dmesg",
        "NVRM: The NVIDIA probe routine was not called for 4 device(s).",
    );
    typist.does("sudo reboot");
    typist.does("nvidia-smi");
}

#[test]
fn persistence_is_gone_after_a_restart_unless_the_daemon_keeps_it() {
    let query = "nvidia-smi --query-gpu=persistence_mode --format=csv,noheader";
    let mut typist = Typist::at("headless-persistence-off");
    typist.fails("nvidia-smi -pm 1", 4, "Insufficient Permissions");
    typist.does("sudo nvidia-smi -pm 1");
    typist.says(query, "Enabled");
    typist.is("persistence.enabled", Outcome::Pass);
    typist.is("persistence.survives-reboot", Outcome::Fail);
    typist.does("sudo reboot");
    typist.says(query, "Disabled");
    // Ubuntu's unit is static: enabling it does nothing.
    typist.says(
        "sudo systemctl enable nvidia-persistenced",
        "no installation config",
    );
    typist.does("sudo reboot");
    typist.says(query, "Disabled");
    // What is written counts once systemd has read it.
    typist.does("
        sudo mkdir -p /etc/systemd/system/nvidia-persistenced.service.d
        printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/nvidia-persistenced --user nvidia-persistenced --persistence-mode --verbose\\n' | sudo tee /etc/systemd/system/nvidia-persistenced.service.d/override.conf
    ");
    typist.says(
        "sudo systemctl restart nvidia-persistenced",
        "daemon-reload",
    );
    typist.says(query, "Disabled");
    typist.does("sudo systemctl daemon-reload\nsudo systemctl restart nvidia-persistenced");
    typist.says(query, "Enabled");
    typist.does("sudo reboot");
    typist.says(query, "Enabled");
    typist.is("persistence.survives-reboot", Outcome::Pass);
    typist.does(
        "sudo systemctl revert nvidia-persistenced\nsudo systemctl restart nvidia-persistenced",
    );
    typist.says(query, "Disabled");
    typist.is("persistence.enabled", Outcome::Fail);
}

#[test]
fn a_service_with_two_commands_is_named_as_such() {
    let mut typist = Typist::at("ubuntu-4x4090");
    typist.does(
        "sudo mkdir -p /etc/systemd/system/nvidia-persistenced.service.d\n\
         printf '[Service]\\nExecStart=/usr/bin/nvidia-persistenced --persistence-mode\\n' | sudo tee /etc/systemd/system/nvidia-persistenced.service.d/zz.conf",
    );
    let machine = typist.session.machine();
    let step = steps::find("persistence.survives-reboot").unwrap();
    let report = Report::of(&Facts::new(&machine), [step]);
    let finding = &report.steps[0].finding;
    assert_eq!(finding.outcome, Outcome::Fail);
    assert!(format!("{:?}", finding.summary).contains("fail-two-commands"));
}

#[test]
fn a_misspelt_drop_in_does_not_start() {
    let mut typist = Typist::at("headless-persistence-off");
    typist.does("
        sudo mkdir -p /etc/systemd/system/nvidia-persistenced.service.d
        printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/nvidia-persistenced --persistance-mode\\n' | sudo tee /etc/systemd/system/nvidia-persistenced.service.d/override.conf
        sudo systemctl daemon-reload
    ");
    typist.fails(
        "sudo systemctl restart nvidia-persistenced",
        1,
        "control process exited with error code",
    );
    typist.fails("systemctl status nvidia-persistenced", 3, "failed");
}

#[test]
fn an_upgrade_without_a_restart_is_a_mismatch() {
    let mut typist = Typist::with("ubuntu-4x4090", &["y"], |_| {});
    typist.does("nvidia-smi\nsudo apt update\nsudo apt upgrade");
    typist.fails(
        "nvidia-smi",
        18,
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.178",
    );
    typist.is("driver.versions-agree", Outcome::Fail);
    typist.says(
        "python -c 'import torch; print(torch.cuda.is_available())'",
        "Error 803",
    );
    typist.does("sudo reboot");
    typist.says("nvidia-smi", "Driver Version: 580.178.04");
    typist.is("driver.versions-agree", Outcome::Pass);
}

#[test]
fn secure_boot_rejects_the_module_until_its_key_is_enrolled() {
    // The key's password twice; at the next start somebody sits at the keyboard.
    let at_the_keyboard = ["secret-8", "secret-8", "2", "yes", "secret-8"];
    let mut typist = Typist::with("ubuntu-secure-boot", &at_the_keyboard, |_| {});
    typist.says("mokutil --sb-state", "SecureBoot enabled");
    typist.fails(
        "sudo modprobe nvidia",
        1,
        "could not insert 'nvidia': Key was rejected by service",
    );
    typist.is("driver.secure-boot", Outcome::Fail);
    typist.fails("nvidia-smi", 9, "couldn't communicate");
    typist.does("sudo mokutil --import /var/lib/shim-signed/mok/MOK.der");
    typist.says("mokutil --list-new", "[key 1]");
    // What waits is not enrolled yet.
    typist.fails("sudo modprobe nvidia", 1, "Key was rejected");
    typist.does("sudo reboot\nnvidia-smi");
    typist.is("driver.secure-boot", Outcome::Pass);
    typist.is("driver.module-loaded", Outcome::Pass);
}

#[test]
fn who_misses_the_dialogue_has_no_driver() {
    let mut typist = Typist::with("ubuntu-secure-boot", &["secret-8", "secret-8"], |_| {});
    typist.does("sudo mokutil --import /var/lib/shim-signed/mok/MOK.der\nsudo reboot");
    typist.fails("nvidia-smi", 9, "couldn't communicate");
    typist.is("driver.secure-boot", Outcome::Fail);
    // The signed modules need no key.
    typist.does(
        "sudo apt purge -y '*nvidia*580*'\nsudo ubuntu-drivers install\nsudo reboot\nnvidia-smi",
    );
    typist.is("driver.secure-boot", Outcome::Pass);
}

#[test]
fn the_driver_of_an_old_runfile_breaks_the_next_start() {
    let mut typist = Typist::at("ubuntu-4x4090");
    typist.does("
        cd ~
        wget -q https://developer.download.nvidia.com/compute/cuda/12.6.3/local_installers/cuda_12.6.3_560.35.05_linux.run
        sudo sh cuda_12.6.3_560.35.05_linux.run --silent --driver
        sudo reboot
    ");
    typist.fails("nvidia-smi", 18, "Driver/library version mismatch");
    typist.is("driver.versions-agree", Outcome::Fail);
    typist.is("cuda.one-driver", Outcome::Fail);
    // With --toolkit alone nothing happens to the driver.
    let mut typist = Typist::at("ubuntu-4x4090");
    typist.does("
        cd ~
        wget -q https://developer.download.nvidia.com/compute/cuda/12.6.3/local_installers/cuda_12.6.3_560.35.05_linux.run
        sudo sh cuda_12.6.3_560.35.05_linux.run --silent --toolkit
        sudo reboot
        nvidia-smi
    ");
    typist.is("cuda.one-driver", Outcome::Pass);
}

#[test]
fn autoremove_takes_the_driver_after_an_upgrade_to_cuda_13_4() {
    let path = "
        wget -q https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64/cuda-keyring_1.1-1_all.deb
        sudo dpkg -i cuda-keyring_1.1-1_all.deb
        sudo apt update
        sudo apt install -y cuda-13-3
        sudo reboot
        nvidia-smi
        sudo apt install -y cuda-13-4
        sudo apt remove -y cuda-13-3
    ";
    let mut typist = Typist::at("ubuntu-fresh-nouveau");
    typist.does(path);
    typist.says("apt-get -s autoremove", "Remv nvidia-open");
    typist.does("sudo apt autoremove -y\nsudo reboot");
    typist.fails("nvidia-smi", 127, "not found");
    typist.is("driver.installed", Outcome::Blocked);
    // apt-mark keeps it.
    let mut typist = Typist::at("ubuntu-fresh-nouveau");
    typist.does(path);
    typist
        .does("sudo apt-mark manual nvidia-open\nsudo apt autoremove -y\nsudo reboot\nnvidia-smi");
}

#[test]
fn the_wrong_gcc_fails_in_nvcc_with_its_message() {
    let mut typist = Typist::with("ubuntu-4x4090", &["y"], |_| {});
    typist.does("cd ~\necho 'int main() {}' > x.cu\nnvcc x.cu\nsudo apt install -y g++-14");
    typist.fails(
        "nvcc -ccbin g++-14 x.cu",
        1,
        "unsupported GNU version! gcc versions later than 13 are not supported!",
    );
    typist.does("sudo update-alternatives --install /usr/bin/gcc gcc /usr/bin/g++-14 60 --slave /usr/bin/g++ g++ /usr/bin/g++-14");
    typist.fails("nvcc x.cu", 1, "unsupported GNU version!");
    typist.is("cuda.host-compiler", Outcome::Fail);
    typist.does("NVCC_CCBIN=g++-13 nvcc x.cu\nexport NVCC_CCBIN=g++-13\nnvcc x.cu");
    typist.is("cuda.host-compiler", Outcome::Pass);
    typist.fails(
        "nvcc -arch=sm_120 x.cu",
        1,
        "Value 'sm_120' is not defined for option 'gpu-architecture'",
    );
    typist.fails(
        "nvcc -gencode arch=compute_120,code=sm_120 x.cu",
        1,
        "Unsupported gpu architecture 'compute_120'",
    );
}

/// An environment with this torch on a machine.
fn with_torch(machine: &str, install: &str) -> Typist {
    let mut typist = Typist::at(machine);
    typist.types("deactivate");
    typist.does("mkdir -p ~/other\ncd ~/other");
    if typist.types("uv --version").exit != 0 {
        typist.does(
            "curl -LsSf https://astral.sh/uv/install.sh | sh\nexport PATH=$HOME/.local/bin:$PATH",
        );
    }
    typist.does("uv venv --clear --python 3.12\nsource .venv/bin/activate");
    typist.does(install);
    typist
}

const AVAILABLE: &str = "python -c 'import torch; print(torch.cuda.is_available())'";
const COMPUTES: &str =
    "python -c \"import torch; x = torch.ones(64, 64, device='cuda'); print((x @ x).sum())\"";

#[test]
fn a_cpu_wheel_says_false() {
    let mut typist = with_torch("ubuntu-4x4090", "uv pip install torch --torch-backend=cpu");
    typist.says(AVAILABLE, "False");
    typist.fails(COMPUTES, 1, "Torch not compiled with CUDA enabled");
    typist.is("torch.cuda-build", Outcome::Fail);
    typist.does("uv pip install --reinstall torch --torch-backend=cu126");
    typist.says(AVAILABLE, "True");
    typist.says(COMPUTES, "tensor(262144., device='cuda:0')");
}

#[test]
fn a_driver_that_is_too_old_gives_torchs_error() {
    let mut typist = with_torch(
        "torch-needs-newer-driver",
        "uv pip install torch --torch-backend=cu130",
    );
    typist.says(
        AVAILABLE,
        "The NVIDIA driver on your system is too old (found version 12080)",
    );
    typist.says(AVAILABLE, "False");
    typist.fails(
        COMPUTES,
        1,
        "RuntimeError: The NVIDIA driver on your system is too old",
    );
    typist.is("torch.driver-new-enough", Outcome::Fail);
    typist.does("uv pip install --reinstall torch --torch-backend=auto");
    typist.says(COMPUTES, "device='cuda:0'");
}

#[test]
fn a_new_card_under_an_old_wheel_gives_the_warning() {
    let mut typist = with_torch(
        "desktop-rtx5090-open",
        "uv pip install torch==2.6.0 --torch-backend=cu126",
    );
    typist.says(AVAILABLE, "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.");
    typist.fails(
        COMPUTES,
        1,
        "no kernel image is available for execution on the device",
    );
    typist.is("torch.gpu-arch-in-wheel", Outcome::Fail);
    typist.does("uv pip install --reinstall torch --torch-backend=cu130");
    typist.says(COMPUTES, "device='cuda:0'");
}

#[test]
fn a_full_disk_and_a_missing_network_stop_what_they_stop() {
    let mut typist = Typist::with("ubuntu-fresh-nouveau", &["y"], |machine| {
        machine.disk = machine.tree.used() + 50_000_000;
    });
    typist.fails(
        "sudo ubuntu-drivers install",
        100,
        "You don't have enough free space in /var/cache/apt/archives/.",
    );
    typist.is("driver.nouveau-unloaded", Outcome::Blocked);
    let mut typist = Typist::with("ubuntu-fresh-nouveau", &["y"], |machine| {
        machine.state.network = false;
    });
    typist.says(
        "sudo apt update",
        "Temporary failure resolving 'archive.ubuntu.com'",
    );
    typist.fails(
        "sudo apt install -y nvidia-driver-580",
        100,
        "Unable to fetch some archives",
    );
    typist.fails(
        "wget https://developer.download.nvidia.com/x",
        4,
        "unable to resolve host address",
    );
    typist.fails(
        "curl -LsSf https://astral.sh/uv/install.sh",
        6,
        "Could not resolve host",
    );
    let mut typist = Typist::with("ubuntu-4x4090", &[], |machine| {
        machine.state.network = false;
    });
    typist.fails("uv pip install pandas", 2, "Failed to fetch");
}

#[test]
fn containers_need_the_bridge_its_entry_and_a_restart() {
    let run = "docker run --rm --gpus all nvidia/cuda:13.0.1-base-ubuntu24.04 nvidia-smi";
    let mut typist = Typist::at("docker-without-toolkit");
    typist.fails(run, 125, "could not select device driver");
    typist.does("
        curl -fsSL https://nvidia.github.io/libnvidia-container/gpgkey | sudo gpg --dearmor -o /usr/share/keyrings/nvidia-container-toolkit-keyring.gpg
        curl -fsSL https://nvidia.github.io/libnvidia-container/stable/deb/nvidia-container-toolkit.list | sed 's#deb https://#deb [signed-by=/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg] https://#g' | sudo tee /etc/apt/sources.list.d/nvidia-container-toolkit.list
        sudo apt update
        sudo apt install -y nvidia-container-toolkit
    ");
    typist.fails(run, 125, "could not select device driver");
    typist.does("sudo nvidia-ctk runtime configure --runtime=docker");
    typist.fails(run, 125, "could not select device driver");
    typist.does("sudo systemctl restart docker");
    typist.says(run, "NVIDIA-SMI");
    typist.is("cuda.container-runtime", Outcome::Pass);
    typist.fails(
        "docker run --rm --gpus all nvidia/cuda nvidia-smi",
        125,
        "manifest for nvidia/cuda:latest not found",
    );
}

#[test]
fn pip_refuses_the_systems_python_and_conflicting_versions() {
    let mut typist = with_torch("ubuntu-4x4090", "uv pip install numpy");
    typist.fails(
        "uv pip install torch==2.8.0 torchvision==0.20.0 --torch-backend=cu126",
        1,
        "No solution found",
    );
    typist.fails(
        "uv pip install torch --torch-backend=cu125",
        1,
        "torch was not found in the package registry",
    );
    typist.fails("python -m pip install torch", 1, "No module named pip");
    typist.does("deactivate\nsudo apt install -y python3-pip python3-venv");
    typist.fails("pip3 install torch", 1, "externally-managed-environment");
    typist.does("cd ~\npython3 -m venv v\nsource v/bin/activate");
    typist.fails(
        "pip install torch --index-url https://download.pytorch.org/whl/cu125",
        1,
        "from versions: none",
    );
    typist.does("pip install torch==2.8.0 torchvision==0.23.0 torchaudio==2.8.0 --index-url https://download.pytorch.org/whl/cu126");
    typist.is("torch.companions-paired", Outcome::Pass);
    typist.says(
        "pip index versions torch --index-url https://download.pytorch.org/whl/cu126",
        "torch (2.14.1+cu126)",
    );
}

/// A machine that nobody has touched says what its recording says.
#[test]
fn an_untouched_machine_is_judged_like_its_recording() {
    let mut differ = Vec::new();
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        if recording.platform.os != "linux" {
            continue;
        }
        let practice = PracticeMachine::new(recording.clone(), 1_795_000_000);
        let outcomes = |machine: &dyn lessons_engine::machine::Machine| -> BTreeMap<&str, Outcome> {
            let facts = Facts::new(machine);
            Report::of(&facts, steps::all())
                .steps
                .iter()
                .map(|checked| (checked.step.id, checked.finding.outcome))
                .collect()
        };
        let (before, after) = (outcomes(&recording), outcomes(&practice));
        for (step, outcome) in &before {
            if *outcome != Outcome::Unknown && after[step] != *outcome {
                differ.push(format!(
                    "{name}: {step}: {outcome:?}, not {:?}",
                    after[step]
                ));
            }
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn the_kernel_log_says_why_a_card_does_not_answer() {
    for (machine, said) in [
        (
            "gpu-fell-off-bus",
            "79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
        ),
        (
            "blackwell-closed-module",
            "requires use of the NVIDIA open kernel modules.",
        ),
        (
            "blackwell-closed-module",
            "RmInitAdapter failed! (0x22:0x56:884)",
        ),
        (
            "ubuntu-secure-boot",
            "Loading of module with unavailable key is rejected",
        ),
        (
            "ubuntu-mismatch",
            "NVRM: API mismatch: the client has the version 580.105.08, but",
        ),
        ("nouveau-not-kept-out", "[drm] Initialized nouveau"),
    ] {
        let mut typist = Typist::at(machine);
        typist.fails("dmesg", 1, "Operation not permitted");
        let played = typist.types("sudo dmesg");
        assert!(text(&played).contains(said), "{machine}: {}", text(&played));
        let played = typist.types("journalctl -k -b");
        assert!(text(&played).contains(said), "{machine}: {}", text(&played));
    }
}

#[test]
fn a_card_that_comes_back_has_a_uuid_of_its_own() {
    let mut typist = Typist::at("gpu-fell-off-bus");
    typist.does("sudo reboot");
    let played = typist.types("nvidia-smi -L");
    let printed = text(&played);
    let mut uuids: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.split_once("UUID: "))
        .map(|(_, uuid)| uuid)
        .collect();
    let all = uuids.len();
    uuids.sort_unstable();
    uuids.dedup();
    assert_eq!((all, uuids.len()), (3, 3), "{printed}");
    assert!(!text(&typist.types("sudo dmesg")).contains("Xid"));
}

#[test]
fn an_old_card_is_refused_by_the_open_module() {
    let mut typist = Typist::at("desktop-gtx1080ti");
    typist.does("sudo apt install -y nvidia-driver-580-open\nsudo reboot");
    typist.fails("sudo modprobe nvidia", 1, "No such device");
    typist.fails(
        "nvidia-smi",
        9,
        "couldn't communicate with the NVIDIA driver",
    );
    let log = text(&typist.types("sudo dmesg"));
    assert!(log.contains("is not supported by open"), "{log}");
}

#[test]
fn a_held_package_stays_and_stops_what_needs_it() {
    let mut typist = Typist::at("ubuntu-4x4090");
    typist.fails(
        "apt-mark hold libnvidia-compute-580",
        100,
        "superuser privilege",
    );
    typist.does("sudo apt-mark hold libnvidia-compute-580\nsudo apt update\nsudo apt upgrade -y");
    assert!(text(&typist.types("apt-mark showhold")).contains("libnvidia-compute-580"));
    assert_eq!(typist.types("nvidia-smi -L").exit, 0);
    typist.fails(
        "sudo apt install -y nvidia-driver-580",
        100,
        "you have held broken packages",
    );
    // apt of Debian 12, asked the same with a package on hold: an upgrade keeps it back all the same.
    typist.does("sudo apt upgrade -y --allow-change-held-packages");
    assert_eq!(typist.types("nvidia-smi -L").exit, 0);
    typist.fails(
        "sudo apt install -y libnvidia-compute-580",
        100,
        "E: Held packages were changed and -y was used without --allow-change-held-packages.",
    );
    typist.fails(
        "sudo apt upgrade -y --ignore-hold",
        100,
        "E: Held packages were changed",
    );
    typist.fails(
        "sudo apt install --only-upgrade libnvidia-compute-580",
        2,
        "practice: apt: --only-upgrade is not played here",
    );
    typist.does("sudo apt upgrade -y --ignore-hold --allow-change-held-packages");
    typist.fails("nvidia-smi", 18, "Driver/library version mismatch");
}

#[test]
fn what_is_no_longer_held_is_upgraded() {
    let mut typist = Typist::at("ubuntu-4x4090");
    typist.does("sudo apt-mark hold libnvidia-compute-580\nsudo apt update");
    typist.does("sudo apt-mark unhold libnvidia-compute-580\nsudo apt upgrade -y");
    typist.fails("nvidia-smi", 18, "Driver/library version mismatch");
}

#[test]
fn pip_and_uv_refuse_in_their_own_words() {
    let mut typist = with_torch(
        "ubuntu-4x4090",
        "uv pip install torch==2.8.0 torchvision==0.23.0",
    );
    typist.fails(
        "uv pip install torch==99",
        1,
        "error: No solution found when resolving dependencies\n  cause: Because there is no version of torch==99 and you require torch==99, we can conclude that your requirements are unsatisfiable.",
    );
    typist.fails(
        "uv pip install --torch-backend=cu134 torch",
        2,
        "invalid value 'cu134' for '--torch-backend <TORCH_BACKEND>'",
    );
    typist.fails(
        "uv pip install --foo torch",
        2,
        "unexpected argument '--foo' found",
    );
    typist.fails(
        "uv add torch",
        2,
        "No `pyproject.toml` found in current directory or any parent directory",
    );
    typist
        .does("python3 -m venv ~/plain\n~/plain/bin/pip install torch==2.8.0 torchvision==0.23.0");
    typist.fails(
        "~/plain/bin/pip install torch==99",
        1,
        "ERROR: No matching distribution found for torch==99",
    );
    typist.fails(
        "~/plain/bin/pip install torch=2.8.0",
        1,
        "Did you mean == ?",
    );
    typist.fails(
        "~/plain/bin/pip install --foo torch",
        2,
        "no such option: --foo",
    );
    let played = typist.types("~/plain/bin/pip install torch==2.9.1");
    assert!(
        text(&played).contains("torchvision 0.23.0 requires torch==2.8.0, but you have torch 2.9.1 which is incompatible."),
        "{}",
        text(&played)
    );
    typist.fails(
        "~/plain/bin/pip check",
        1,
        "torchvision 0.23.0 has requirement torch==2.8.0, but you have torch 2.9.1.",
    );
}

#[test]
fn a_project_of_uv_is_locked_synced_and_run() {
    let mut typist = with_torch("ubuntu-4x4090", "uv --version");
    typist.does("deactivate\ncd ~\nuv init demo\ncd demo\nuv add torch\nuv lock\nuv sync");
    let played = typist.types("uv run python -c 'import torch; print(torch.cuda.is_available())'");
    assert!(
        text(&played).contains("False") || text(&played).contains("True"),
        "{}",
        text(&played)
    );
    assert!(text(&typist.types("cat pyproject.toml")).contains("\"torch>=2."));
    typist.fails(
        "uv add torch==99",
        1,
        "your project's requirements are unsatisfiable",
    );
    typist.fails("uv run nope", 2, "error: Failed to spawn: nope");
    typist.does("uv remove torch");
    typist.fails(
        "uv run python -c 'import torch'",
        1,
        "No module named 'torch'",
    );
}

#[test]
fn nvcc_says_what_the_real_one_says() {
    let mut typist = Typist::at("ubuntu-4x4090");
    typist.does(
        "wget -q https://developer.download.nvidia.com/compute/cuda/13.4.1/local_installers/cuda_13.4.1_linux.run\nsudo sh cuda_13.4.1_linux.run --silent --toolkit",
    );
    let played = typist.types("/usr/local/cuda-13.4/bin/nvcc --version");
    assert!(
        text(&played).ends_with("nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) 2005-2026 NVIDIA Corporation\nBuilt on Mon_Aug_03_13:24:11_PDT_2026\nCuda compilation tools, release 13.4, V13.4.59\nBuild cuda_13.4.r13.4/compiler.38657139_0\n"),
        "{}",
        text(&played)
    );
    let nvcc = "/usr/local/cuda-13.4/bin/nvcc";
    typist.fails(
        nvcc,
        1,
        "No input files specified; use option --help for more information",
    );
    typist.fails(&format!("{nvcc} --foo"), 1, "Unknown option '--foo'");
    assert_ne!(
        typist
            .types("wget -q https://developer.download.nvidia.com/compute/cuda/13.4.9/local_installers/cuda_13.4.9_linux.run")
            .exit,
        0
    );
}

/// What a command printed, on both streams.
fn text(played: &Played) -> String {
    played
        .printed
        .iter()
        .map(|(_, text)| text.as_str())
        .collect()
}
