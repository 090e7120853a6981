//! The services of a practice machine, and what they do to the GPUs.

use crate::facts::Facts;
use crate::machine::nvml::{GpuReading, Value};

use super::machine::PracticeMachine;

/// NVIDIA's persistence daemon.
pub(super) const PERSISTENCED: &str = "nvidia-persistenced";

/// The machine owner's key, with which DKMS signs.
pub(super) const KEY: &str = "/var/lib/shim-signed/mok/MOK.der";

/// The services that a practice machine knows, with the program of each.
const KNOWN: [(&str, &str, &str); 4] = [
    (
        PERSISTENCED,
        "/usr/bin/nvidia-persistenced",
        "NVIDIA Persistence Daemon",
    ),
    (
        "docker",
        "/usr/bin/docker",
        "Docker Application Container Engine",
    ),
    (
        "nvidia-fabricmanager",
        "/usr/bin/nv-fabricmanager",
        "NVIDIA fabric manager service",
    ),
    ("ssh", "/usr/sbin/sshd", "OpenBSD Secure Shell server"),
];

/// The line that describes a service; none for one that is not installed.
pub(super) fn described(machine: &PracticeMachine, service: &str) -> Option<&'static str> {
    let (_, program, line) = KNOWN.iter().find(|(name, ..)| *name == service)?;
    machine.tree.exists(program).then_some(*line)
}

/// The services that are installed.
pub(super) fn installed(machine: &PracticeMachine) -> impl Iterator<Item = &'static str> {
    KNOWN
        .iter()
        .filter(|(_, program, _)| machine.tree.exists(program))
        .map(|(name, ..)| *name)
}

/// The groups of the system and who is in them.
const GROUPS: &str = "/etc/group";

impl PracticeMachine {
    /// Makes the group that Docker's package makes: whoever is in it may speak to the daemon.
    pub(super) fn make_docker_group(&mut self) {
        let text = self.tree.text(GROUPS).unwrap_or_default();
        if !text.lines().any(|line| line.starts_with("docker:")) {
            self.put_text(GROUPS, format!("{text}docker:x:988:\n"));
        }
    }

    /// Puts the person into a group, which counts from the next login on.
    pub(super) fn join_group(&mut self, group: &str) {
        if self.is_member(group) {
            return;
        }
        let name = self.person.name.clone();
        let text = self.tree.text(GROUPS).unwrap_or_default();
        let text: String = text
            .lines()
            .map(|line| {
                let is_it = line.split(':').next() == Some(group);
                match (is_it, line.ends_with(':')) {
                    (true, true) => format!("{line}{name}\n"),
                    (true, false) => format!("{line},{name}\n"),
                    (false, _) => format!("{line}\n"),
                }
            })
            .collect();
        self.put_text(GROUPS, text);
    }

    /// Whether the files have the person in a group.
    pub(super) fn is_member(&self, group: &str) -> bool {
        let text = self.tree.text(GROUPS).unwrap_or_default();
        text.lines().any(|line| {
            let mut fields = line.split(':');
            fields.next() == Some(group)
                && fields
                    .next_back()
                    .is_some_and(|names| names.split(',').any(|name| name == self.person.name))
        })
    }

    /// A login takes the groups along that the files have then.
    pub(super) fn take_groups(&mut self) {
        let text = self.tree.text(GROUPS).unwrap_or_default();
        self.state.groups = text
            .lines()
            .filter_map(|line| line.split(':').next())
            .filter(|group| self.is_member(group))
            .map(str::to_owned)
            .collect();
    }
}

/// What runs on a machine as it was recorded.
pub(super) fn recorded(machine: &mut PracticeMachine) {
    // Whoever keeps a machine with Docker has done so.
    if machine.tree.exists("/usr/bin/docker") {
        machine.make_docker_group();
        machine.join_group("docker");
    }
    machine.recorded_image();
    // It comes in the package of nvidia-smi; recordings do not ask for it.
    let script = "/usr/bin/nvidia-bug-report.sh";
    if machine.tree.exists("/usr/bin/nvidia-smi") && !machine.tree.exists(script) {
        machine.put_file(script, super::tree::Node::program("nvidia-bug-report.sh"));
    }
    machine.write_recorded_module();
    let built_here = machine
        .nvidia_module()
        .is_some_and(|file| file.is_built_here());
    machine.state.key_enrolled =
        machine.secure_boot() && built_here && machine.has_loaded("nvidia");
    if machine.secure_boot() && built_here {
        let key = machine.key_file();
        machine.put_text(&key, "a key of this machine\n");
    }
    machine.state.daemon = command(machine);
    for service in installed(machine).collect::<Vec<_>>() {
        let runs = match service {
            PERSISTENCED => machine.has_loaded("nvidia") && machine.state.daemon.is_some(),
            "nvidia-fabricmanager" => Facts::new(machine).fabric_manager_runs() == Ok(true),
            _ => true,
        };
        if runs {
            if service == "docker" {
                docker_started(machine);
            }
            machine.state.services.insert(service.to_owned());
        }
    }
}

/// The command of the persistence daemon, as its files have it now; none where systemd refuses them.
pub(super) fn command(machine: &PracticeMachine) -> Option<String> {
    let daemon = Facts::new(machine).persistence_daemon().ok()?;
    daemon.command.filter(|_| !daemon.has_two_commands)
}

/// Reads the units' files again.
pub(super) fn reload(machine: &mut PracticeMachine) {
    machine.state.daemon = command(machine);
}

/// Why a service does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotStarted {
    /// There is no unit of that name.
    NoUnit,
    /// systemd refuses what its files say.
    BadSetting,
    /// Its program ended at once.
    Failed,
}

/// Starts a service.
pub(super) fn start(machine: &mut PracticeMachine, service: &str) -> Result<(), NotStarted> {
    if described(machine, service).is_none() {
        return Err(NotStarted::NoUnit);
    }
    if service == PERSISTENCED {
        let Some(command) = machine.state.daemon.clone() else {
            let files = Facts::new(machine).persistence_daemon().unwrap_or_default();
            return Err(if files.has_two_commands {
                NotStarted::BadSetting
            } else if files.command.is_some() {
                NotStarted::Failed
            } else {
                NotStarted::NoUnit
            });
        };
        let mut words = command.split(' ');
        let is_daemon = words.next() == Some("/usr/bin/nvidia-persistenced");
        // The daemon's user is `nvidia-persistenced` with Ubuntu, `nvpd` with Debian.
        let mut names_user = false;
        let known = |word: &str| {
            if std::mem::replace(&mut names_user, word == "--user") {
                return true;
            }
            matches!(
                word,
                "--user"
                    | "--persistence-mode"
                    | "--no-persistence-mode"
                    | "--verbose"
                    | "-V"
                    | "--uvm-persistence-mode"
                    | "--no-uvm-persistence-mode"
            )
        };
        if !is_daemon || !words.all(known) || !machine.has_loaded("nvidia") {
            return Err(NotStarted::Failed);
        }
        set_persistence(machine, !command.contains("--no-persistence-mode"));
    }
    if service == "nvidia-fabricmanager" {
        machine.put_file(
            "/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service",
            super::tree::Node::dir(),
        );
    }
    if service == "docker" {
        docker_started(machine);
    }
    machine.state.services.insert(service.to_owned());
    Ok(())
}

/// Stops a service.
pub(super) fn stop(machine: &mut PracticeMachine, service: &str) {
    if machine.state.services.remove(service) && service == PERSISTENCED {
        set_persistence(machine, false);
    }
    if service == "nvidia-fabricmanager" {
        let _ = machine
            .tree
            .remove("/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service");
    }
}

/// Sets persistence mode on every GPU that has one.
pub(super) fn set_persistence(machine: &mut PracticeMachine, on: bool) {
    if let Ok(nvml) = &mut machine.state.nvml {
        for reading in &mut nvml.gpus {
            if let GpuReading::Opened(gpu) = reading
                && let Value::Known(mode) = &mut gpu.persistence_mode
            {
                *mode = on;
            }
        }
    }
}

/// What systemd and udev start with the machine.
pub(super) fn start_all(machine: &mut PracticeMachine) {
    machine.state.services.clear();
    reload(machine);
    for service in installed(machine).collect::<Vec<_>>() {
        let starts = match service {
            PERSISTENCED => Facts::new(machine)
                .persistence_daemon()
                .is_ok_and(|daemon| daemon.starts_at_boot),
            "nvidia-fabricmanager" => machine
                .tree
                .exists("/etc/systemd/system/multi-user.target.wants/nvidia-fabricmanager.service"),
            _ => true,
        };
        if starts {
            let _ = start(machine, service);
        }
    }
    // A script of the system's start that says `nvidia-smi -pm 1`.
    if matches!(
        Facts::new(machine).boot_script_sets_persistence(),
        Ok(Some(_))
    ) {
        set_persistence(machine, true);
    }
}

/// What Docker reads of its settings when it starts.
fn docker_started(machine: &mut PracticeMachine) {
    let told = matches!(Facts::new(machine).docker_runtime(), Ok(Some(_)));
    machine.state.docker_has_runtime = told && machine.tree.exists("/usr/bin/nvidia-ctk");
}
