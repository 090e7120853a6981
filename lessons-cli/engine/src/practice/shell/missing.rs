//! What the shell says of a command that is not there.

use super::Shell;
use crate::practice::process::System;
use crate::practice::programs;

/// Commands that Ubuntu knows the package of, and its package: what `command-not-found` prints.
const PACKAGES: &[(&str, &[&str])] = &[
    ("add-apt-repository", &["software-properties-common"]),
    ("conda", &[]),
    ("cmake", &["cmake"]),
    ("curl", &["curl"]),
    ("dkms", &["dkms"]),
    ("docker", &["docker.io", "podman-docker"]),
    ("g++", &["g++"]),
    ("gcc", &["gcc"]),
    ("git", &["git"]),
    ("htop", &["htop"]),
    ("lspci", &["pciutils"]),
    ("make", &["make"]),
    ("mokutil", &["mokutil"]),
    ("numactl", &["numactl"]),
    ("nvcc", &["nvidia-cuda-toolkit"]),
    ("nvtop", &["nvtop"]),
    ("pip", &["python3-pip"]),
    ("pip3", &["python3-pip"]),
    ("podman", &["podman"]),
    ("tmux", &["tmux"]),
    ("tree", &["tree"]),
    ("ubuntu-drivers", &["ubuntu-drivers-common"]),
    ("unzip", &["unzip"]),
    ("wget", &["wget"]),
];

/// Names for which Ubuntu has a command of a little other name.
const OTHER_NAMES: &[(&str, &str, &str)] =
    &[("python", "python3", "python3"), ("vi", "vim", "vim")];

/// The message for a name that no file on `PATH` has.
pub(super) fn command(shell: &Shell, system: &System, name: &str) -> String {
    let shown: String = crate::visible::visible(name).chars().take(200).collect();
    let is_ubuntu = system
        .machine
        .tree
        .text("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"));
    let plain = if is_ubuntu && shell.interactive {
        format!("{shown}: command not found\n")
    } else {
        let by = shell.name.rsplit('/').next().unwrap_or("bash");
        format!("{by}: {shown}: command not found\n")
    };
    if !shell.interactive || name.contains('/') {
        return plain;
    }
    if is_ubuntu {
        let places: Vec<String> = ["/bin", "/usr/bin", "/usr/sbin"]
            .iter()
            .filter_map(|folder| system.machine.which(name, folder, "/"))
            .collect();
        if let [first, rest @ ..] = places.as_slice() {
            let list: String = places.iter().map(|place| format!(" * {place}\n")).collect();
            let folders: Vec<&str> = places
                .iter()
                .rev()
                .filter_map(|place| place.strip_suffix(name))
                .map(|folder| folder.trim_end_matches('/'))
                .collect();
            let text = if rest.is_empty() {
                format!("Command '{shown}' is available in '{first}'\n")
            } else {
                format!("Command '{shown}' is available in the following places\n{list}")
            };
            return format!(
                "{text}The command could not be located because '{}' is not included in the PATH environment variable.\n{plain}",
                folders.join(":")
            );
        }
        if let Some((_, other, package)) = OTHER_NAMES.iter().find(|(known, ..)| *known == name) {
            return format!(
                "Command '{shown}' not found, did you mean:\n  command '{other}' from deb {package}\n  command '{shown}' from deb {package}-is-{shown}\n"
            );
        }
        match PACKAGES.iter().find(|(known, _)| *known == name) {
            Some((_, [package])) => {
                return format!(
                    "Command '{shown}' not found, but can be installed with:\nsudo apt install {package}\n"
                );
            }
            Some((_, packages)) if !packages.is_empty() => {
                let lines: String = packages
                    .iter()
                    .map(|package| format!("sudo apt install {package}\n"))
                    .collect();
                return format!("Command '{shown}' not found, but can be installed with:\n{lines}");
            }
            _ => {}
        }
    }
    match nearest(shell, name) {
        Some(near) => format!("{plain}practice: did you mean {near}?\n"),
        None => plain,
    }
}

/// The message for a program that is there and that practice machines do not play.
pub(super) fn not_played(_: &System, name: &str) -> String {
    let shown: String = crate::visible::visible(name).chars().take(200).collect();
    format!(
        "practice: {shown} is not supported on a practice machine; what works instead: help lists what is\n"
    )
}

/// The command that somebody meant, if one is near enough.
fn nearest(shell: &Shell, name: &str) -> Option<String> {
    if name.len() > 40 {
        return None;
    }
    shell
        .names()
        .map(str::to_owned)
        .chain(programs::all().map(|program| program.name.to_owned()))
        .chain(PACKAGES.iter().map(|(name, _)| (*name).to_owned()))
        .filter(|known| known.len() > 1)
        .map(|known| (distance(name, &known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 5)
        .min()
        .map(|(_, known)| known)
}

/// How many letters have to be changed, put in, taken out or swapped.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}
