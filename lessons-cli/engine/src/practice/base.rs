//! What a practice machine has beside what was recorded: the folders, files and programs of a plain Ubuntu server.

use std::sync::Arc;

use crate::facts::Facts;
use crate::facts::system::{Family, Place};
use crate::recording::{Entry, Recording};

use super::files::User;
use super::machine::PracticeMachine;
use super::programs;
use super::tree::{Content, Device, Errno, Node, Owner, join, normal, split};

/// How long ago the system was installed, in seconds.
const AGE: i64 = 30 * 86_400;

/// Folders that every machine has.
const FOLDERS: &[(&str, u32)] = &[
    ("/boot", 0o755),
    ("/dev", 0o755),
    ("/etc/apt/keyrings", 0o755),
    ("/etc/apt/preferences.d", 0o755),
    ("/etc/apt/sources.list.d", 0o755),
    ("/etc/modprobe.d", 0o755),
    ("/etc/profile.d", 0o755),
    ("/home", 0o755),
    ("/media", 0o755),
    ("/mnt", 0o755),
    ("/opt", 0o755),
    ("/proc", 0o555),
    ("/root", 0o700),
    ("/run", 0o755),
    ("/srv", 0o755),
    ("/sys", 0o555),
    ("/tmp", 0o1777),
    ("/usr/bin", 0o755),
    ("/usr/games", 0o755),
    ("/usr/include", 0o755),
    ("/usr/lib", 0o755),
    ("/usr/lib64", 0o755),
    ("/usr/local/bin", 0o755),
    ("/usr/local/etc", 0o755),
    ("/usr/local/include", 0o755),
    ("/usr/local/lib", 0o755),
    ("/usr/local/sbin", 0o755),
    ("/usr/local/share", 0o755),
    ("/usr/local/src", 0o755),
    ("/usr/sbin", 0o755),
    ("/usr/share/keyrings", 0o755),
    ("/usr/src", 0o755),
    ("/var/cache/apt/archives", 0o755),
    ("/var/crash", 0o1777),
    ("/var/lib/apt/lists", 0o755),
    ("/var/lib/dpkg", 0o755),
    ("/var/log", 0o755),
    ("/var/tmp", 0o1777),
];

/// Folders of what starts a machine: containers have none of it.
const FOLDERS_OF_HOSTS: &[&str] = &[
    "/etc/modules-load.d",
    "/etc/systemd/system",
    "/etc/udev/rules.d",
];

/// Links between folders that every machine has.
const LINKS: &[(&str, &str)] = &[
    ("/bin", "usr/bin"),
    ("/lib", "usr/lib"),
    ("/lib64", "usr/lib64"),
    ("/sbin", "usr/sbin"),
    ("/var/run", "/run"),
    ("/proc/self", "1000"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/bin/sh", "dash"),
    ("/usr/bin/vi", "vim"),
    ("/usr/bin/awk", "mawk"),
];

const DEVICES: &[(&str, Device)] = &[
    ("/dev/full", Device::Full),
    ("/dev/null", Device::Null),
    ("/dev/random", Device::Random),
    ("/dev/tty", Device::Terminal),
    ("/dev/urandom", Device::Random),
    ("/dev/zero", Device::Zero),
];

/// The programs that only one family of distributions has: its packages, and what builds the image that a kernel starts from.
const OF_FAMILIES: [(Family, &[&str]); 3] = [
    (
        Family::Debian,
        &[
            "add-apt-repository",
            "apt",
            "apt-cache",
            "apt-get",
            "apt-key",
            "apt-mark",
            "dpkg",
            "update-grub",
            "update-initramfs",
        ],
    ),
    (Family::Fedora, &["akmods", "dnf", "dracut", "rpm"]),
    (Family::Arch, &["mkinitcpio", "pacman"]),
];

/// Programs that a machine has and that practice does not play, which it says of them; without a file they would seem
/// to be missing. A line is of one package: `hosts` have it, or `containers` too, its name, and its files below `/usr`.
/// The packages are those of Ubuntu's seeds required, minimal and standard, and what starts a machine; the files are those of Debian 12's packages.
const UNPLAYED: &str = include_str!("base/programs");

const BASHRC: &str = include_str!("base/bashrc");
const PROFILE: &str = include_str!("base/profile");
const ETC_PROFILE: &str = include_str!("base/etc-profile");
const ETC_BASHRC: &str = include_str!("base/etc-bashrc");

/// Gives a machine its files: the plain system first, then all that the recording tells.
pub(super) fn furnish(machine: &mut PracticeMachine) {
    let recording = Arc::clone(&machine.recording);
    // Nothing here can fail but on a recording that contradicts itself, which then shows what came first.
    let _ = plain_system(machine, &recording);
    for (path, entry) in &recording.files {
        if let Some(target) = &entry.link {
            let _ = put(machine, path, Node::link(target));
        }
    }
    for (path, names) in &recording.dirs {
        listed(machine, &recording, path, names);
    }
    for (path, entry) in &recording.files {
        if entry.link.is_none() || entry.text.is_some() || entry.lines.is_some() {
            recorded(machine, path, entry);
        }
    }
    startup_files(machine, &recording);
    conda_function(machine);
    around(machine, &recording);
    own_home(machine);
}

/// What `conda init` has written into the person's `.bashrc`, where a conda is in the home folder: a function, since a
/// program could not change the shell's variables.
fn conda_function(machine: &mut PracticeMachine) {
    let home = machine.person.home.clone();
    let conda = ["miniconda3", "anaconda3", "miniforge3"]
        .iter()
        .map(|name| join(&home, name))
        .find(|folder| machine.tree.exists(folder));
    let file = join(&home, ".bashrc");
    if let (Some(conda), Ok(text)) = (conda, machine.tree.text(&file)) {
        for program in ["conda", "activate"] {
            let path = format!("{conda}/bin/{program}");
            if !machine.tree.exists(&path) && program == "conda" {
                machine.put_file(&path, Node::program("conda"));
            }
        }
        let block = programs::conda_block(&conda);
        let _ = machine.tree.put_text(&file, format!("{text}\n{block}"));
    }
}

/// Programs that a recording does not ask for, and that are there by what it tells: uv where it made an environment, snap
/// on Ubuntu, Windows' program in WSL (whose folders recordings leave out of `PATH`).
fn around(machine: &mut PracticeMachine, recording: &Recording) {
    let made_by_uv = recording.files.iter().any(|(path, entry)| {
        let text = entry.text.iter().chain(entry.lines.iter().flatten());
        path.ends_with("/pyvenv.cfg")
            && text
                .flat_map(|text| text.lines())
                .any(|line| line.starts_with("uv = "))
    });
    let facts = Facts::new(recording);
    let place = facts.place();
    let is_ubuntu = facts.distribution().is_ok_and(|known| known.id == "ubuntu");
    let found = [
        (made_by_uv, "/usr/local/bin/uv"),
        (is_ubuntu && place == Place::Host, "/usr/bin/snap"),
        (place == Place::Wsl, "/usr/local/bin/wsl.exe"),
    ];
    for (is_there, path) in found {
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_there && !machine.tree.exists(path) {
            machine.put_file(path, Node::program(name));
        }
    }
    // Of an environment's programs a recording names the interpreters alone; pip's own files say that it is there.
    for (path, names) in &recording.dirs {
        if let Some((prefix, _)) = path.split_once("/lib/python")
            && path.ends_with("/site-packages")
            && names.iter().any(|name| name == "pip")
            && machine.tree.exists(&format!("{prefix}/pyvenv.cfg"))
        {
            for name in ["pip", "pip3"] {
                machine.put_file(&format!("{prefix}/bin/{name}"), Node::program("pip"));
            }
        }
    }
}

fn plain_system(machine: &mut PracticeMachine, recording: &Recording) -> Result<(), Errno> {
    let installed = machine.clock - AGE;
    for (path, mode) in FOLDERS {
        machine.tree.make_dirs(path, installed)?;
        machine.tree.change(path, |node| node.mode = *mode)?;
    }
    for (path, target) in LINKS {
        machine.tree.put(path, Node::link(target))?;
    }
    for (path, device) in DEVICES {
        machine
            .tree
            .put(path, Node::new(0o666, Content::Device(*device)))?;
    }
    let container = is_there(recording, "/.dockerenv") || is_there(recording, "/run/.containerenv");
    for path in FOLDERS_OF_HOSTS.iter().filter(|_| !container) {
        machine.tree.make_dirs(path, installed)?;
    }
    // Some distributions have but one folder, and the other is a link to it.
    let is_merged = recording
        .files
        .get("/usr/sbin")
        .is_some_and(|entry| entry.link.is_some());
    let family = Facts::new(recording).family().ok();
    let (_, own) = OF_FAMILIES
        .iter()
        .find(|(of, _)| Some(*of) == family)
        .unwrap_or(&OF_FAMILIES[0]);
    let foreign = |name: &str| {
        let of_some = OF_FAMILIES.iter().any(|(_, names)| names.contains(&name));
        of_some && !own.contains(&name)
    };
    for program in programs::all() {
        if let Some(folder) = program.comes_in
            && (program.in_containers || !container)
            && !foreign(program.name)
        {
            let folder = if is_merged && folder == "/usr/sbin" {
                "/usr/bin"
            } else {
                folder
            };
            machine
                .tree
                .put(&join(folder, program.name), Node::program(program.name))?;
        }
    }
    for line in UNPLAYED.lines() {
        let Some((of, paths)) = line.split_once(": ") else {
            continue;
        };
        if container && !of.starts_with("containers ") {
            continue;
        }
        for path in paths.split(' ') {
            let path = if is_merged {
                path.replace("sbin/", "bin/")
            } else {
                path.to_owned()
            };
            let path = join("/usr", &path);
            if !machine.tree.exists(&path) {
                machine
                    .tree
                    .put(&path, Node::new(0o755, Content::Untold(100_000)))?;
            }
        }
    }
    let person = machine.person.clone();
    let host = machine.hostname.clone();
    let kernel = machine.state.kernel.clone();
    let texts = [
        ("/etc/hostname", format!("{host}\n")),
        (
            "/etc/hosts",
            format!("127.0.0.1 localhost\n127.0.1.1 {host}\n::1 ip6-localhost ip6-loopback\n"),
        ),
        (
            "/etc/passwd",
            format!(
                "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n{0}:x:1000:1000:{0}:{1}:/bin/bash\n",
                person.name, person.home
            ),
        ),
        (
            "/etc/group",
            format!(
                "root:x:0:\nadm:x:4:{0}\nsudo:x:27:{0}\nvideo:x:44:\nrender:x:993:\n{0}:x:1000:\n",
                person.name
            ),
        ),
        ("/etc/shells", "/bin/sh\n/bin/bash\n".to_owned()),
        ("/etc/issue", "Ubuntu \\n \\l\n".to_owned()),
        ("/proc/sys/kernel/hostname", format!("{host}\n")),
        ("/proc/sys/kernel/osrelease", format!("{kernel}\n")),
        ("/proc/uptime", "3600.00 28000.00\n".to_owned()),
        ("/proc/loadavg", "0.08 0.03 0.01 1/612 1001\n".to_owned()),
        (
            "/proc/meminfo",
            "MemTotal:       263857612 kB\nMemFree:        251203140 kB\nMemAvailable:   258012004 kB\nBuffers:          171020 kB\nCached:          7402144 kB\nSwapTotal:       8388604 kB\nSwapFree:        8388604 kB\n".to_owned(),
        ),
        ("/etc/profile", ETC_PROFILE.to_owned()),
        ("/etc/bash.bashrc", ETC_BASHRC.to_owned()),
        ("/root/.bashrc", BASHRC.to_owned()),
        ("/root/.profile", PROFILE.to_owned()),
        (
            "/etc/default/grub",
            "GRUB_DEFAULT=0\nGRUB_TIMEOUT_STYLE=hidden\nGRUB_TIMEOUT=0\nGRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${NAME:-Ubuntu} ) 2>/dev/null || echo Ubuntu`\nGRUB_CMDLINE_LINUX_DEFAULT=\"\"\nGRUB_CMDLINE_LINUX=\"\"\n".to_owned(),
        ),
        ("/var/log/syslog", String::new()),
        ("/proc/sys/vm/drop_caches", "0\n".to_owned()),
    ];
    for (path, text) in texts {
        machine
            .tree
            .put(path, Node::file(text).changed_at(installed))?;
    }
    for path in ["/proc/sys/kernel/hostname", "/proc/meminfo"] {
        machine.tree.change(path, |node| node.mode = 0o444)?;
    }
    machine.tree.make_dirs(&person.home, installed)?;
    if person.home != "/root" {
        let skeleton = [
            (".bashrc", BASHRC),
            (".profile", PROFILE),
            (".bash_logout", ""),
        ];
        for (name, text) in skeleton {
            machine.tree.put(
                &join(&person.home, name),
                Node::file(text).changed_at(installed),
            )?;
        }
    }
    Ok(())
}

/// A listing: what it names is there; what kind of thing it is, its place and its name tell.
fn listed(machine: &mut PracticeMachine, recording: &Recording, path: &str, names: &[String]) {
    let installed = machine.clock - AGE;
    let Ok(folder) = machine.tree.make_dirs(path, installed) else {
        return;
    };
    for name in names.iter().filter(|name| is_name(name)) {
        let below = join(&folder, name);
        if machine.tree.get_link(&below).is_ok() {
            continue;
        }
        let has_more = has_below(recording, &join(path, name));
        let node = if has_more || is_folder(&folder, name) {
            Node::dir()
        } else if folder == "/dev" {
            Node::new(0o666, Content::Device(Device::Other))
        } else if folder.ends_with("/bin") || folder.ends_with("/sbin") {
            Node::new(0o755, Content::Untold(100_000))
        } else {
            Node::new(0o644, Content::Untold(4096))
        };
        let _ = machine.tree.put(&below, node.changed_at(installed));
    }
}

/// Whether a name in a listing is one of a folder, as far as place and name tell.
fn is_folder(folder: &str, name: &str) -> bool {
    const OF_FOLDERS: &[&str] = &[
        "/opt",
        "/snap",
        "/usr/local",
        "/usr/lib/modules",
        "/usr/src",
        "/sys/module",
        "/sys/bus/pci/devices",
        "/sys/class/power_supply",
        "/home",
    ];
    OF_FOLDERS.contains(&folder)
        || name.strip_suffix(".d").is_some()
        || name.ends_with(".dist-info")
        || name.ends_with(".egg-info")
        || (folder.ends_with("-packages") && !name.contains('.'))
        || (folder.starts_with("/home/") && !folder.ends_with("/bin") && !name.contains('.'))
        || (folder.starts_with("/dev") && matches!(name, "dri" | "shm" | "pts"))
        || matches!(
            name,
            ".venv" | "bin" | "lib" | "lib64" | "include" | "extras"
        )
}

fn recorded(machine: &mut PracticeMachine, path: &str, entry: &Entry) {
    let mode = entry.mode.map_or(0o644, |mode| mode & 0o7777);
    let text = match (&entry.text, &entry.lines) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(lines)) => Some(lines.iter().flat_map(|line| [line, "\n"]).collect()),
        (None, None) => None,
    };
    let node = match (text, entry.error.as_deref()) {
        (Some(text), _) => Node::new(mode, Content::File(Arc::new(text.into_bytes()))),
        (None, Some("not-found")) => {
            let _ = machine.tree.remove(path);
            return;
        }
        (None, Some("denied")) => Node::new(0o600, Content::Untold(entry.size.unwrap_or(4096))),
        (None, Some(_)) => Node::new(mode, Content::Untold(entry.size.unwrap_or(0))),
        (None, None) => {
            if machine.tree.get(path).is_ok_and(Node::is_dir) {
                return;
            }
            if entry.size == Some(4096) {
                Node::dir()
            } else {
                Node::new(mode, Content::Untold(entry.size.unwrap_or(4096)))
            }
        }
    };
    let _ = put(machine, path, node);
}

/// Puts a node where a path leads, through the links of its folders.
fn put(machine: &mut PracticeMachine, path: &str, node: Node) -> Result<(), Errno> {
    let installed = machine.clock - AGE;
    let (folder, name) = split(&normal(path)).ok_or(Errno::Exists)?;
    let folder = machine.tree.make_dirs(&folder, installed)?;
    let path = join(&folder, &name);
    // What is a link and has a text of its own keeps both: the text is what the link leads to.
    let path = match (
        &node.content,
        machine.tree.get_link(&path).map(|n| &n.content),
    ) {
        (Content::File(_) | Content::Untold(_), Ok(Content::Link(_))) => {
            machine.tree.real_path(&path)?
        }
        _ => path,
    };
    machine.tree.put(&path, node.changed_at(installed))
}

/// Of startup files a recording holds the lines that matter. They come after the usual ones, which do the rest.
fn startup_files(machine: &mut PracticeMachine, recording: &Recording) {
    let home = machine.person.home.clone();
    let files = [
        (join(&home, ".bashrc"), BASHRC),
        (join(&home, ".profile"), PROFILE),
        ("/etc/profile".to_owned(), ETC_PROFILE),
        ("/etc/bash.bashrc".to_owned(), ETC_BASHRC),
    ];
    for (path, usual) in files {
        if !recording.files.contains_key(&path) {
            continue;
        }
        let Ok(told) = machine.tree.text(&path) else {
            continue;
        };
        let more: String = told
            .lines()
            .filter(|line| is_setting(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        let _ = machine.tree.put_text(&path, format!("{usual}{more}"));
    }
}

/// Whether a line of a startup file sets something, rather than being part of the usual ones.
fn is_setting(line: &str) -> bool {
    let line = line.trim();
    !line.starts_with('#')
        && !line.starts_with("HISTCONTROL")
        && (line.starts_with("export ")
            || line.starts_with("alias ")
            || line.starts_with("source ")
            || line.starts_with("unset ")
            || (line.starts_with(". ") && !line.contains(".bashrc") && !line.contains("profile.d"))
            || line.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            }))
}

/// Everything in the person's home is the person's.
fn own_home(machine: &mut PracticeMachine) {
    if machine.person.user == User::Root {
        return;
    }
    let home = machine.person.home.clone();
    let paths: Vec<String> = match machine.tree.walk(&home) {
        Ok(found) => found.into_iter().map(|(path, _)| path).collect(),
        Err(_) => return,
    };
    for path in paths {
        if let Ok(node) = machine.tree.get_link(&path)
            && !matches!(node.content, Content::Link(_))
        {
            let _ = machine.tree.change(&path, |node| node.owner = Owner::User);
        }
    }
    let _ = machine.tree.change(&home, |node| node.mode = 0o750);
}

fn is_there(recording: &Recording, path: &str) -> bool {
    recording
        .files
        .get(path)
        .is_some_and(|entry| entry.error.is_none())
}

/// Whether the recording tells of something below a path.
fn has_below(recording: &Recording, path: &str) -> bool {
    let folder = format!("{path}/");
    let in_files = recording
        .files
        .range(folder.clone()..)
        .next()
        .is_some_and(|(path, _)| path.starts_with(&folder));
    in_files
        || recording
            .dirs
            .range(path.to_owned()..)
            .next()
            .is_some_and(|(known, _)| known == path || known.starts_with(&folder))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_bundled_recording_becomes_a_machine() {
        for name in crate::bundled::names() {
            let recording = crate::bundled::recording(name).unwrap().unwrap();
            if recording.platform.os != "linux" {
                continue;
            }
            let machine = PracticeMachine::new(recording, 1_790_000_000);
            assert!(machine.tree.exists("/usr/bin/ls"), "{name}");
            assert!(machine.tree.exists("/bin/sh"), "{name}");
            let mut seen = BTreeSet::new();
            for (path, _) in machine.tree.walk("/").unwrap() {
                assert!(seen.insert(path));
            }
        }
    }
}
