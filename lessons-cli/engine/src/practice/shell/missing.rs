//! What the shell says of a command that is not there.

use super::Shell;
use crate::practice::files::User;
use crate::practice::process::System;
use crate::practice::said::said;

/// Commands that Ubuntu knows the package of, and its package: what `command-not-found` prints.
const PACKAGES: &[(&str, &[&str])] = &[
    ("add-apt-repository", &["software-properties-common"]),
    ("conda", &[]),
    ("cmake", &["cmake"]),
    ("curl", &["curl"]),
    ("dkms", &["dkms"]),
    ("docker", &["docker.io"]),
    ("g++", &["g++"]),
    ("gcc", &["gcc"]),
    ("git", &["git"]),
    ("htop", &["htop"]),
    ("lspci", &["pciutils"]),
    ("make", &["make"]),
    ("mokutil", &["mokutil"]),
    ("numactl", &["numactl"]),
    ("nvcc", &["nvidia-cuda-toolkit"]),
    (
        "nvidia-smi",
        &[
            "nvidia-utils-580",
            "nvidia-utils-580-server",
            "nvidia-utils-595",
            "nvidia-utils-595-server",
        ],
    ),
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

/// Commands that people know from elsewhere, and what does the same here.
const INSTEAD: &[(&str, &str)] = &[
    (
        "bc",
        "awk 'BEGIN { print 10 / 3 }', or $((10 / 3)) for whole numbers",
    ),
    ("emacs", "nano or vim"),
    ("fish", "bash"),
    ("hexdump", "od -c or xxd"),
    ("jq", "grep -o and cut"),
    ("rg", "grep -rn"),
    ("strings", "grep -a, or od -c"),
    ("zsh", "bash"),
];

/// The message for a name that no file on `PATH` has.
pub(super) fn command(shell: &Shell, system: &mut System, name: &str) -> String {
    // Every name of the machine is looked at.
    if shell.interactive && !system.spend(2000) {
        return String::new();
    }
    let system = &*system;
    let shown: String = crate::visible::visible(name).chars().take(200).collect();
    // Images of containers leave command-not-found out.
    let is_ubuntu = !system.machine.tree.exists("/.dockerenv")
        && system
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
    if let Some((_, instead)) = INSTEAD.iter().find(|(known, _)| *known == name) {
        let said = said("practice-not-here", &[("name", name), ("instead", instead)]);
        return format!("{plain}{said}\n");
    }
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
        if let Some((_, packages)) = PACKAGES.iter().find(|(known, _)| *known == name)
            && let lines = installs(shell, system, packages)
            && !lines.is_empty()
        {
            return format!("Command '{shown}' not found, but can be installed with:\n{lines}");
        }
    }
    match nearest(shell, system, name, is_ubuntu) {
        Some((_, Near::Here(near))) => {
            format!(
                "{plain}{}\n",
                said("practice-did-you-mean", &[("name", &near)])
            )
        }
        Some((_, Near::Packed(near, packages))) => {
            let lines: String = packages
                .iter()
                .map(|package| format!("  command '{near}' from deb {package}\n"))
                .collect();
            format!(
                "Command '{shown}' not found, did you mean:\n{lines}Try: sudo apt install <deb name>\n"
            )
        }
        None => plain,
    }
}

/// How a command's packages are installed: one a line, and where there are several, with their versions
/// (`advice_multi_deb_package` of Debian's command-not-found 23.04).
fn installs(shell: &Shell, system: &System, packages: &[&str]) -> String {
    let sudo = if shell.user == User::Root {
        ""
    } else {
        "sudo "
    };
    if let [package] = packages {
        return format!("{sudo}apt install {package}\n");
    }
    let width = packages.iter().map(|name| name.len()).max().unwrap_or(0);
    let offered = packages
        .iter()
        .filter_map(|name| Some((name, system.machine.offer(name)?.version)));
    let mut lines = String::new();
    for (name, version) in offered {
        let or = if lines.is_empty() { ", or" } else { "" };
        lines.push_str(&format!(
            "{sudo}apt install {name:<width$}  # version {version}{or}\n"
        ));
    }
    lines
}

/// The message for a program that is there and that practice machines do not play.
pub(super) fn not_played(_: &System, name: &str) -> String {
    let shown: String = crate::visible::visible(name).chars().take(200).collect();
    said("practice-no-such-program", &[("name", &shown)]) + "\n"
}

/// A command of a name that is near to what was typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    /// It can be run on this machine.
    Here(String),
    /// It comes with one of these packages.
    Packed(&'static str, &'static [&'static str]),
}

/// The command that somebody meant, if one is near enough: one that this machine has, or that Ubuntu has a package of.
fn nearest(shell: &Shell, system: &System, name: &str, is_ubuntu: bool) -> Option<(usize, Near)> {
    let length = name.chars().count();
    if !(3..=40).contains(&length) {
        return None;
    }
    let path = shell.get("PATH").unwrap_or_default();
    let files = path
        .split(':')
        .filter(|folder| folder.starts_with('/'))
        .flat_map(|folder| {
            let names = system.machine.tree.list(folder).unwrap_or_default();
            names.into_iter().filter(move |name| {
                system
                    .machine
                    .program_of(&crate::practice::tree::join(folder, name))
                    .is_some()
            })
        });
    let here = shell.names().map(str::to_owned).chain(files);
    let packed = PACKAGES
        .iter()
        .filter(|(_, packages)| is_ubuntu && !packages.is_empty());
    here.map(Near::Here)
        .chain(packed.map(|(known, packages)| Near::Packed(known, packages)))
        .filter_map(|near| {
            let known = match &near {
                Near::Here(known) => known.as_str(),
                Near::Packed(known, _) => known,
            };
            let size = known.chars().count();
            // One slip in a short name, two in a long one; a name of two letters is like too many others.
            let most = if size.min(length) > 6 { 2 } else { 1 };
            if size < 2 || size.abs_diff(length) > most {
                return None;
            }
            let far = distance(name, known);
            (far <= most).then_some((far, near))
        })
        .min()
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
