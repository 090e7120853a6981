//! The system around the GPU: what kind of place this is, its distribution, its kernel's modules and settings.

use std::cell::{Cell, OnceCell};

use super::{Facts, Known, Unknown, Why};
use crate::machine::Unread;

#[derive(Default)]
pub(super) struct Cells {
    places: OnceCell<Places>,
    assumed_place: Cell<Option<Place>>,
    modules: OnceCell<Known<Vec<String>>>,
    modprobe: OnceCell<Modprobe>,
}

/// What kind of place the machine is. In all but the first, a missing path below `/proc` or `/sys` proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An operating system that has the hardware to itself (also in a virtual machine).
    Host,
    /// Windows Subsystem for Linux.
    Wsl,
    /// A container, whose host owns the driver.
    Container,
    /// A sandbox with a kernel of its own making (gVisor and its like).
    Sandbox,
}

/// The places that a machine can be, by what could be read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Places {
    likeliest: Place,
    /// The others that it may be as well.
    others: Vec<Place>,
    /// What would have told, and could not be read.
    unread: Option<Unknown>,
}

impl Places {
    fn certain(place: Place) -> Self {
        Self {
            likeliest: place,
            others: Vec::new(),
            unread: None,
        }
    }
}

/// A distribution, as `/etc/os-release` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// `ubuntu`, `debian` …
    pub id: String,
    /// `24.04`; empty where the distribution has no versions.
    pub version: String,
    /// `Ubuntu 24.04.3 LTS`
    pub name: String,
    /// Distributions that it derives from.
    pub like: Vec<String>,
}

/// Whose packages a distribution uses, and so by which commands things are installed and built there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Debian, Ubuntu and what derives from them: `apt`.
    Debian,
    /// Fedora, RHEL and their rebuilds: `dnf`.
    Fedora,
    /// Arch and what derives from it: `pacman`.
    Arch,
    /// openSUSE and SLES: `zypper`.
    Suse,
    /// Another.
    Other,
}

/// A line of modprobe's configuration, or a word of the kernel's command line that means the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModprobeLine {
    /// `/etc/modprobe.d/blacklist.conf`, or `/proc/cmdline`.
    pub source: String,
    /// The line, trimmed, without its comment.
    pub line: String,
}

/// modprobe's configuration, as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modprobe {
    /// The lines that count: of two files of one name, only the first folder's does.
    pub lines: Vec<ModprobeLine>,
    /// The first folder or file that could not be read: what is not among the lines may be in there.
    pub unread: Option<Unknown>,
}

/// The folders of modprobe's configuration, the first winning over the others for a file of one name.
const MODPROBE_FOLDERS: [&str; 5] = [
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/usr/lib/modprobe.d",
    "/lib/modprobe.d",
];

impl Facts<'_> {
    /// What kind of place the machine is; the likeliest, where what would tell could not be read.
    pub fn place(&self) -> Place {
        let assumed = self.system.assumed_place.get();
        assumed.unwrap_or_else(|| self.places().likeliest)
    }

    /// What could not be read where something is said that does not hold in every place that this machine may be:
    /// `same` compares what is said in the likeliest with what is said in another.
    pub fn depends_on_unread_place<T>(
        &self,
        say: impl Fn() -> T,
        same: impl Fn(&T) -> bool,
    ) -> Option<&Unknown> {
        let places = self.places();
        let differs = places.others.iter().any(|&place| {
            self.system.assumed_place.set(Some(place));
            let said = say();
            self.system.assumed_place.set(None);
            !same(&said)
        });
        places.unread.as_ref().filter(|_| differs)
    }

    fn places(&self) -> &Places {
        self.system.places.get_or_init(|| self.read_places())
    }

    /// From `/proc/version` and the kernel's release (WSL and gVisor name themselves), then the marks that
    /// container engines leave: `/.dockerenv`, `/run/.containerenv`, `$container`, Kubernetes' variables, cgroups.
    fn read_places(&self) -> Places {
        if !self.is_linux() {
            return Places::certain(Place::Host);
        }
        let version = self.text("/proc/version");
        let kernel = self.platform().kernel;
        let mut others = Vec::new();
        let mut unread = None;
        if version == Err(Unread::NotRecorded) && kernel.is_none() {
            others.extend([Place::Wsl, Place::Sandbox]);
            unread = Some(Unknown::unread("/proc/version", Unread::NotRecorded));
        }
        let version = version.unwrap_or_default().to_lowercase();
        let kernel = kernel.unwrap_or_default().to_lowercase();
        if version.contains("gvisor") || kernel == "4.4.0" {
            return Places::certain(Place::Sandbox);
        }
        let engine_in_cgroup = || match self.text("/proc/1/cgroup") {
            Ok(cgroup) => Ok(["docker", "kubepods", "containerd", "libpod", "/lxc/"]
                .iter()
                .any(|mark| cgroup.contains(mark))),
            Err(Unread::NotFound) => Ok(false),
            Err(why) => Err(Unknown::unread("/proc/1/cgroup", why)),
        };
        let set = |name: &str| self.env(name).map(|value| value.is_some());
        let marks: [&dyn Fn() -> Known<bool>; 5] = [
            &|| self.exists("/.dockerenv"),
            &|| self.exists("/run/.containerenv"),
            &|| set("container"),
            &|| set("KUBERNETES_SERVICE_HOST"),
            &engine_in_cgroup,
        ];
        for mark in marks {
            match mark() {
                Ok(true) => return Places::certain(Place::Container),
                // A mark that this user may not look at is none that an engine leaves.
                Ok(false)
                | Err(Unknown {
                    why: Why::Unread(Unread::Denied),
                    ..
                }) => {}
                Err(unknown) => {
                    if !others.contains(&Place::Container) {
                        others.push(Place::Container);
                    }
                    unread.get_or_insert(unknown);
                }
            }
        }
        let likeliest = if version.contains("microsoft") || kernel.contains("microsoft") {
            Place::Wsl
        } else {
            Place::Host
        };
        Places {
            likeliest,
            others,
            unread,
        }
    }

    /// Whether this is Linux, of any kind.
    pub fn is_linux(&self) -> bool {
        self.platform().os == "linux"
    }

    /// Whether a missing path below `/proc` or `/sys` means that the thing is missing.
    pub fn sees_hardware(&self) -> bool {
        self.is_linux() && self.place() == Place::Host
    }

    /// The distribution, from `/etc/os-release`.
    pub fn distribution(&self) -> Known<Distribution> {
        let path = "/etc/os-release";
        let text = self.text(path).map_err(|why| Unknown::unread(path, why))?;
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
                .unwrap_or_default()
        };
        Ok(Distribution {
            id: field("ID"),
            version: field("VERSION_ID"),
            name: field("PRETTY_NAME"),
            like: field("ID_LIKE")
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        })
    }

    /// Whose packages the distribution uses, by its own name and by what it derives from.
    pub fn family(&self) -> Known<Family> {
        let distribution = self.distribution()?;
        let names = std::iter::once(&distribution.id).chain(&distribution.like);
        let family = names.filter_map(|name| match name.as_str() {
            "debian" | "ubuntu" => Some(Family::Debian),
            "fedora" | "rhel" | "centos" | "rocky" | "almalinux" | "ol" | "amzn" => {
                Some(Family::Fedora)
            }
            "arch" | "archlinux" | "manjaro" => Some(Family::Arch),
            name if name.contains("suse") || name.starts_with("sle") => Some(Family::Suse),
            _ => None,
        });
        Ok(family.into_iter().next().unwrap_or(Family::Other))
    }

    /// Whether packages are Debian's (`apt`, `dpkg`); `None` where the distribution is not known.
    pub fn uses_apt(&self) -> Option<bool> {
        Some(self.family().ok()? == Family::Debian)
    }

    /// The names of loaded kernel modules, from `/proc/modules`.
    pub fn modules(&self) -> &Known<Vec<String>> {
        self.system.modules.get_or_init(|| {
            let path = "/proc/modules";
            let text = self.text(path).map_err(|why| Unknown::unread(path, why))?;
            Ok(text
                .lines()
                .filter_map(|line| line.split_whitespace().next())
                .map(str::to_owned)
                .collect())
        })
    }

    /// Whether a kernel module is loaded: by `/proc/modules`, else by its folder below `/sys/module`.
    pub fn module_loaded(&self, name: &str) -> Known<bool> {
        match self.modules() {
            Ok(modules) if !modules.is_empty() => Ok(modules.iter().any(|module| module == name)),
            // Hidden or empty: the kernel may not show its modules here.
            _ => match self.stat(&format!("/sys/module/{name}")) {
                Ok(_) => Ok(true),
                Err(Unread::NotFound) if self.sees_hardware() && self.modules().is_ok() => {
                    Ok(false)
                }
                Err(Unread::NotFound) => Err(self.modules().clone().err().unwrap_or_else(|| {
                    Unknown::unread(format!("/sys/module/{name}"), Unread::NotFound)
                })),
                Err(why) => Err(Unknown::unread(format!("/sys/module/{name}"), why)),
            },
        }
    }

    /// The kernel's command line.
    pub fn kernel_command_line(&self) -> Known<String> {
        let path = "/proc/cmdline";
        self.text(path)
            .map(|text| text.trim().to_owned())
            .map_err(|why| Unknown::unread(path, why))
    }

    /// modprobe's configuration.
    pub fn modprobe(&self) -> &Modprobe {
        self.system.modprobe.get_or_init(|| {
            let mut modprobe = Modprobe::default();
            let mut seen = Vec::new();
            let mut listed = false;
            for folder in MODPROBE_FOLDERS {
                let names = match self.dir(folder) {
                    Ok(names) => names,
                    Err(Unread::NotFound) => continue,
                    Err(why) => {
                        modprobe.unread.get_or_insert(Unknown::unread(folder, why));
                        continue;
                    }
                };
                listed = true;
                for name in names {
                    if !has_ending(&name, "conf") || seen.contains(&name) {
                        continue;
                    }
                    let path = format!("{folder}/{name}");
                    match self.text(&path) {
                        Ok(text) => modprobe.lines.extend(modprobe_lines(&path, &text)),
                        Err(Unread::NotFound) => {}
                        Err(why) => {
                            modprobe.unread.get_or_insert(Unknown::unread(&path, why));
                        }
                    }
                    seen.push(name);
                }
            }
            if !listed {
                modprobe
                    .unread
                    .get_or_insert(Unknown::unread(MODPROBE_FOLDERS[0], Unread::NotFound));
            }
            modprobe
        })
    }
}

/// Whether a file's name ends in a dot and these letters, which decides whether modprobe, systemd and apt read it.
pub(super) fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, last)| last == ending)
}

/// The lines of a file of modprobe's configuration: comments and empty lines left out, continued lines joined.
fn modprobe_lines(source: &str, text: &str) -> Vec<ModprobeLine> {
    text.replace("\\\n", " ")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| ModprobeLine {
            source: source.to_owned(),
            line: line.split_whitespace().collect::<Vec<_>>().join(" "),
        })
        .collect()
}
