//! `ubuntu-drivers devices` and `ubuntu-drivers list`: which driver packages Ubuntu offers for which device.

use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::Serialize;

use super::error::{LIMIT, Lack, ReadError, bounded};
use super::recognise::Kind;
use super::text::{Line, Pasted, Seen, Word};

/// Reads the output of `ubuntu-drivers devices` or `ubuntu-drivers list`, also if its line ends were lost.
///
/// ```text
/// == /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0 ==
/// modalias : pci:v000010DEd00002684sv000010DEsd000016F3bc03sc00i00
/// vendor   : NVIDIA Corporation
/// model    : AD102 [GeForce RTX 4090]
/// driver   : nvidia-driver-580 - distro non-free recommended
/// driver   : xserver-xorg-video-nouveau - distro free builtin
/// ```
///
/// ```text
/// nvidia-driver-535, (kernel modules provided by linux-modules-nvidia-535-generic-hwe-22.04)
/// ```
pub fn read(text: &str) -> Result<Drivers, ReadError> {
    bounded(text, Kind::Drivers, LIMIT)?;
    let pasted = Pasted::new(text);
    let mut drivers = Drivers {
        schema: "lessons-read-drivers/1",
        devices: devices(&pasted),
        packages: Vec::new(),
        notes: Vec::new(),
    };
    for line in pasted.lines() {
        if let Some(listed) = listed(&pasted, line) {
            drivers.packages.push(listed);
        } else if is_note(line.text) {
            drivers.notes.push(trimmed(&pasted, line));
        }
    }
    // A device has at least an address or a driver; a note alone may be any program's.
    if drivers.devices.is_empty() && drivers.packages.is_empty() {
        return Err(ReadError::NotThis {
            kind: Kind::Drivers,
            why: Lack::Lines,
        });
    }
    Ok(drivers)
}

/// What `ubuntu-drivers` said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drivers {
    /// `lessons-read-drivers/1`.
    pub schema: &'static str,
    /// The devices that Ubuntu has drivers for, as `ubuntu-drivers devices` prints them.
    pub devices: Vec<Device>,
    /// The packages that `ubuntu-drivers list` prints.
    pub packages: Vec<Listed>,
    /// Warnings and errors around them, line by line.
    pub notes: Vec<Seen<String>>,
}

/// A block of `ubuntu-drivers devices`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Device {
    /// Its folder in sysfs, which ends with its PCI address.
    pub sysfs: Option<Seen<String>>,
    /// How the kernel names its kind: `pci:v000010DEd00002684…`.
    pub modalias: Option<Seen<String>>,
    /// Who made it.
    pub vendor: Option<Seen<String>>,
    /// Its name in the PCI database, which may not know it yet.
    pub model: Option<Seen<String>>,
    /// The packages that drive it, in the order printed.
    pub drivers: Vec<Driver>,
}

impl Device {
    /// The PCI ids of its vendor and of the device itself.
    pub fn pci_id(&self) -> Option<(u16, u16)> {
        let ids = self.modalias.as_ref()?.strip_prefix("pci:v")?;
        let (vendor, rest) = ids.split_once('d')?;
        let device = rest.split_once("sv")?.0;
        let id = |hex: &str| u16::try_from(u32::from_str_radix(hex, 16).ok()?).ok();
        Some((id(vendor)?, id(device)?))
    }

    /// Whether NVIDIA made it.
    pub fn is_nvidia(&self) -> bool {
        match self.pci_id() {
            Some((vendor, _)) => vendor == NVIDIA,
            None => self
                .vendor
                .as_ref()
                .is_some_and(|vendor| vendor.starts_with("NVIDIA")),
        }
    }
}

/// NVIDIA's number as a PCI vendor.
const NVIDIA: u16 = 0x10de;

/// A line `driver : …` of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Driver {
    /// The package.
    pub package: Seen<String>,
    /// Where it comes from.
    pub origin: Option<Seen<Origin>>,
    /// Whether it is free software.
    pub free: Option<bool>,
    /// Whether the system has it from the start, as nouveau.
    pub builtin: bool,
    /// Whether Ubuntu recommends it for the device.
    pub recommended: bool,
}

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Ubuntu's own archive.
    Distro,
    /// Another repository, such as NVIDIA's or a PPA.
    ThirdParty,
}

/// A line of `ubuntu-drivers list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The package.
    pub package: Seen<String>,
    /// The package that brings its kernel modules: `linux-modules-nvidia-…` are built and signed by Canonical,
    /// `nvidia-dkms-…` are built on the machine.
    pub kernel_modules: Option<Seen<String>>,
}

/// A driver package's name, taken apart: `nvidia-driver-580-server-open`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverPackage {
    /// The driver's branch, which is the first number of its version.
    pub branch: u32,
    /// Whether it is the flavour for compute servers (`-server`).
    pub server: bool,
    /// Whether its kernel modules are the open ones (`-open`).
    pub open: bool,
}

/// A package that is not one of NVIDIA's driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a driver package such as nvidia-driver-580-open")]
pub struct NotDriverPackage;

impl FromStr for DriverPackage {
    type Err = NotDriverPackage;

    /// Takes `nvidia-driver-580[-server][-open]` and the old names, such as `nvidia-340`.
    fn from_str(name: &str) -> Result<Self, NotDriverPackage> {
        let rest = name
            .strip_prefix("nvidia-driver-")
            .or_else(|| name.strip_prefix("nvidia-"))
            .ok_or(NotDriverPackage)?;
        let (branch, flavour) = rest.split_once('-').unwrap_or((rest, ""));
        let (server, open) = match flavour {
            "" | "updates" => (false, false),
            "server" => (true, false),
            "open" => (false, true),
            "server-open" => (true, true),
            _ => return Err(NotDriverPackage),
        };
        let digits = branch.bytes().all(|byte| byte.is_ascii_digit());
        let branch = branch
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or(NotDriverPackage)?;
        Ok(Self {
            branch,
            server,
            open,
        })
    }
}

impl fmt::Display for DriverPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nvidia-driver-{}", self.branch)?;
        f.write_str(if self.server { "-server" } else { "" })?;
        f.write_str(if self.open { "-open" } else { "" })
    }
}

/// What a GPU and its reader ask of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wants {
    /// Which kernel modules can drive the GPU.
    pub modules: Modules,
    /// Whether the machine is a compute server (`ubuntu-drivers --gpgpu`) rather than a desktop.
    pub server: bool,
    /// The lowest branch that will do, because of the CUDA that is to run.
    pub lowest_branch: Option<u32>,
    /// The first branch that knows the GPU.
    pub first_branch: Option<u32>,
    /// The last branch that still drives the GPU.
    pub highest_branch: Option<u32>,
}

/// Which of NVIDIA's kernel modules can drive a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Modules {
    /// Either: Turing to Ada and Hopper.
    #[default]
    Either,
    /// Only the open ones: Blackwell and later.
    OpenOnly,
    /// Only the proprietary ones: Volta and before.
    ProprietaryOnly,
}

/// Which package to install, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The package; none if nothing that is offered will do.
    pub package: Option<&'a str>,
    /// Whether it is from another repository than Ubuntu's.
    pub third_party: bool,
    /// What speaks for it.
    pub reasons: Vec<Reason>,
    /// The driver packages that will not do, each with the first thing against it.
    pub refused: Vec<(&'a str, Against)>,
}

/// What speaks for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Ubuntu recommends it for the device.
    Recommended,
    /// It is of the branch that Ubuntu recommends, in the flavour that is wanted.
    RecommendedBranch(u32),
    /// It is the newest branch that will do.
    NewestBranch(u32),
    /// The GPU works with the open kernel modules only.
    OpenModulesNeeded,
    /// The GPU works with the proprietary kernel modules only.
    ProprietaryModulesNeeded,
    /// It is the flavour for compute servers.
    ServerFlavour,
    /// It is new enough for the CUDA that is to run, which needs this branch.
    EnoughFor(u32),
    /// It is the last branch for the GPU, or before it.
    StillDrivesGpu(u32),
}

/// What speaks against a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The GPU needs the open kernel modules, and it has the proprietary ones.
    NotOpen,
    /// The GPU needs the proprietary kernel modules, and it has the open ones.
    Open,
    /// The CUDA that is to run needs this branch or a later one.
    TooOld(u32),
    /// The GPU is not known before this branch.
    BeforeGpu(u32),
    /// The GPU is driven up to this branch only.
    TooNew(u32),
}

/// Chooses among the packages that Ubuntu offers for one device, or lists.
///
/// First what the GPU and the CUDA need; then the flavour that is wanted, the package that Ubuntu recommends, its
/// branch, Ubuntu's own archive, and the newest.
pub fn choose<'a>(offered: impl IntoIterator<Item = Offer<'a>>, wants: Wants) -> Choice<'a> {
    let mut refused = Vec::new();
    let mut fitting: Vec<(Offer<'a>, DriverPackage)> = Vec::new();
    let mut recommended = None;
    for offer in offered {
        let Ok(package) = DriverPackage::from_str(offer.package) else {
            continue;
        };
        if offer.recommended {
            recommended = Some(package);
        }
        match against(package, wants) {
            Some(against) => refused.push((offer.package, against)),
            None => fitting.push((offer, package)),
        }
    }
    let best = fitting.iter().min_by_key(|(offer, package)| {
        (
            package.server != wants.server,
            recommended.map(|recommended| recommended.branch) != Some(package.branch),
            !offer.recommended,
            offer.third_party,
            Reverse(package.branch),
            // Where both kernel modules drive the GPU, those of the recommended package.
            recommended.is_some_and(|recommended| recommended.open != package.open),
            Reverse(package.open),
        )
    });
    let Some((offer, package)) = best else {
        return Choice {
            package: None,
            third_party: false,
            reasons: Vec::new(),
            refused,
        };
    };
    let mut reasons = vec![match recommended {
        Some(recommended) if recommended == *package => Reason::Recommended,
        Some(recommended) if recommended.branch == package.branch => {
            Reason::RecommendedBranch(package.branch)
        }
        _ => Reason::NewestBranch(package.branch),
    }];
    reasons.extend(match wants.modules {
        Modules::OpenOnly => Some(Reason::OpenModulesNeeded),
        Modules::ProprietaryOnly => Some(Reason::ProprietaryModulesNeeded),
        Modules::Either => None,
    });
    reasons.extend((wants.server && package.server).then_some(Reason::ServerFlavour));
    reasons.extend(wants.lowest_branch.map(Reason::EnoughFor));
    reasons.extend(wants.highest_branch.map(Reason::StillDrivesGpu));
    Choice {
        package: Some(offer.package),
        third_party: offer.third_party,
        reasons,
        refused,
    }
}

/// A package on offer, from a device's block or from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The package.
    pub package: &'a str,
    /// Whether it is from another repository than Ubuntu's.
    pub third_party: bool,
    /// Whether Ubuntu recommends it.
    pub recommended: bool,
}

impl<'a> From<&'a Driver> for Offer<'a> {
    fn from(driver: &'a Driver) -> Self {
        Self {
            package: &driver.package,
            third_party: driver.origin.as_deref() == Some(&Origin::ThirdParty),
            recommended: driver.recommended,
        }
    }
}

impl<'a> From<&'a Listed> for Offer<'a> {
    fn from(listed: &'a Listed) -> Self {
        Self {
            package: &listed.package,
            third_party: false,
            recommended: false,
        }
    }
}

/// The first thing against a package.
fn against(package: DriverPackage, wants: Wants) -> Option<Against> {
    match wants.modules {
        Modules::OpenOnly if !package.open => return Some(Against::NotOpen),
        Modules::ProprietaryOnly if package.open => return Some(Against::Open),
        _ => {}
    }
    if let Some(first) = wants.first_branch.filter(|first| package.branch < *first) {
        return Some(Against::BeforeGpu(first));
    }
    if let Some(lowest) = wants
        .lowest_branch
        .filter(|lowest| package.branch < *lowest)
    {
        return Some(Against::TooOld(lowest));
    }
    wants
        .highest_branch
        .filter(|highest| package.branch > *highest)
        .map(Against::TooNew)
}

/// What a field of a device is called in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Modalias,
    Vendor,
    Model,
    Driver,
    /// Others, such as `manual_install: True`, which say nothing that a lesson uses.
    Other,
}

impl Field {
    /// The field that starts at a word, and how many words its name and colon take.
    fn at(words: &[Word<'_>], at: usize) -> Option<(Self, usize)> {
        let word = words.get(at)?.text;
        let (name, length) = match word.strip_suffix(':') {
            Some(name) => (name, 1),
            None if words.get(at + 1)?.text == ":" => (word, 2),
            None => return None,
        };
        let field = match name {
            "modalias" => Self::Modalias,
            "vendor" => Self::Vendor,
            "model" => Self::Model,
            "driver" => Self::Driver,
            "manual_install" | "needed_kernel_support" => Self::Other,
            _ if words[at].start == words[at].line_start => return Self::cut(name, length),
            _ => return None,
        };
        Some((field, length))
    }

    /// The field of a name at the edge of the text, of which a lost margin has taken the first letters.
    fn cut(rest: &str, length: usize) -> Option<(Self, usize)> {
        const MOST: usize = 4;
        [
            ("modalias", Self::Modalias),
            ("vendor", Self::Vendor),
            ("model", Self::Model),
            ("driver", Self::Driver),
        ]
        .into_iter()
        .find(|(name, _)| {
            name.strip_suffix(rest)
                .is_some_and(|lost| (1..=MOST).contains(&lost.len()))
        })
        .map(|(_, field)| (field, length))
    }
}

/// The devices of a text. A block is `== PATH ==` and fields after it; a cut text may start with the fields.
fn devices(pasted: &Pasted) -> Vec<Device> {
    let words = pasted.words();
    let mut devices: Vec<Device> = Vec::new();
    let mut in_block = false;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        // The mark before the path, and the path's own beginning, may be cut off with the margin.
        let marked = matches!(word.text, "==" | "=");
        let path_at = if marked { at + 1 } else { at };
        let closed = || {
            words.get(path_at + 1).is_some_and(|word| word.text == "==")
                && word.start == word.line_start
        };
        if let Some(path) = words.get(path_at).filter(|path| {
            (path.text.starts_with("/sys/") && (marked || closed()))
                || (path.text.starts_with("sys/devices/") && closed())
        }) {
            devices.push(Device {
                sysfs: path
                    .text
                    .starts_with('/')
                    .then(|| pasted.seen(path.text.to_owned(), path.range())),
                ..Device::default()
            });
            in_block = true;
            at = path_at + 1;
            if words.get(at).is_some_and(|word| word.text == "==") {
                at += 1;
            }
            continue;
        }
        let Some((field, length)) = Field::at(&words, at) else {
            at += 1;
            continue;
        };
        let first = at + length;
        let mut end = first;
        while let Some(next) = words.get(end)
            && next.line == word.line
            && next.text != "=="
            && Field::at(&words, end).is_none()
        {
            end += 1;
        }
        at = end.max(at + 1);
        let Some(value) = words.get(first..end).filter(|value| !value.is_empty()) else {
            continue;
        };
        if !in_block {
            // Fields without an address: the start of the text was cut. A sentence may have such words too, so only
            // those that look like this output's own count.
            if !looks_like_a_field(field, value) {
                continue;
            }
            devices.push(Device::default());
            in_block = true;
        }
        if let Some(device) = devices.last_mut() {
            add_field(pasted, device, field, value);
        }
    }
    devices
}

/// Whether words after a field's name are what this output has there.
fn looks_like_a_field(field: Field, value: &[Word<'_>]) -> bool {
    let first = value.first().map_or("", |word| word.text);
    match field {
        Field::Modalias => first.starts_with("pci:v"),
        Field::Driver => value.get(1).is_some_and(|word| word.text == "-"),
        _ => false,
    }
}

/// Puts a field into a device.
fn add_field(pasted: &Pasted, device: &mut Device, field: Field, value: &[Word<'_>]) {
    let slot = match field {
        Field::Driver => {
            device.drivers.extend(driver(pasted, value));
            return;
        }
        Field::Other => return,
        Field::Modalias => &mut device.modalias,
        Field::Vendor => &mut device.vendor,
        Field::Model => &mut device.model,
    };
    if slot.is_none() {
        *slot = range_of(value).and_then(|range| {
            Some(pasted.seen(pasted.text().get(range.clone())?.to_owned(), range))
        });
    }
}

/// The range from the first word to the last.
fn range_of(words: &[Word<'_>]) -> Option<Range<usize>> {
    Some(words.first()?.range().start..words.last()?.range().end)
}

/// `nvidia-driver-580 - distro non-free recommended`.
fn driver(pasted: &Pasted, value: &[Word<'_>]) -> Option<Driver> {
    let name = value.first().filter(|word| is_package(word.text))?;
    let mut driver = Driver {
        package: pasted.seen(name.text.to_owned(), name.range()),
        origin: None,
        free: None,
        builtin: false,
        recommended: false,
    };
    for (place, word) in value.iter().enumerate().skip(1) {
        let last = place + 1 == value.len();
        // Prose of the page may stick to the last word.
        let known = word
            .text
            .find(|c: char| !c.is_ascii_alphabetic() && c != '-')
            .and_then(|end| word.text.get(..end))
            .unwrap_or(word.text);
        let here = word.start..word.start + known.len();
        match known {
            "distro" => driver.origin = Some(pasted.seen(Origin::Distro, here)),
            "third-party" => driver.origin = Some(pasted.seen(Origin::ThirdParty, here)),
            "free" => driver.free = Some(true),
            "non-free" => driver.free = Some(false),
            "builtin" => driver.builtin = true,
            "recommended" => driver.recommended = true,
            "-" => {}
            // At the end of a line a window may have cut a word: enough of it is left to know it by.
            _ if last && "recommended".starts_with(known) && known.len() > 2 => {
                driver.recommended = true;
            }
            _ if last && "builtin".starts_with(known) && known.len() > 2 => driver.builtin = true,
            // What follows is not of this line.
            _ => break,
        }
    }
    Some(driver)
}

/// Whether a word can be the name of a Debian package.
fn is_package(word: &str) -> bool {
    word.len() >= 2
        && word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && word.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.')
        })
}

/// A line of `ubuntu-drivers list`: a package alone, or with the package of its kernel modules in parentheses.
fn listed(pasted: &Pasted, line: Line<'_>) -> Option<Listed> {
    let mut words = line.words();
    let first = words.next()?;
    let rest: Vec<Word<'_>> = words.collect();
    let name = first.text.strip_suffix(',').unwrap_or(first.text);
    let package = || pasted.seen(name.to_owned(), first.start..first.start + name.len());
    if rest.is_empty() {
        // Of lone words only a driver's name says what it is.
        return DriverPackage::from_str(name).is_ok().then(|| Listed {
            package: package(),
            kernel_modules: None,
        });
    }
    // Some releases print `kernal`.
    let by = rest.iter().position(|word| word.text == "by")?;
    let opens = rest
        .first()
        .is_some_and(|word| word.text.starts_with("(ker"));
    let modules = rest.get(by + 1).filter(|_| opens && is_package(name))?;
    let modules_name = modules.text.trim_end_matches(')');
    Some(Listed {
        package: package(),
        kernel_modules: Some(pasted.seen(
            modules_name.to_owned(),
            modules.start..modules.start + modules_name.len(),
        )),
    })
}

/// Whether a line is a warning or an error of the program, or of those that it starts.
fn is_note(line: &str) -> bool {
    let line = line.trim();
    [
        "WARNING:",
        "ERROR:",
        "CRITICAL:",
        "Traceback ",
        "E: ",
        "W: ",
        "udevadm ",
        "Unable to ",
        "No drivers found",
    ]
    .iter()
    .any(|start| line.starts_with(start))
        || line.ends_with("command not found")
}

fn trimmed(pasted: &Pasted, line: Line<'_>) -> Seen<String> {
    let words = line.text.trim();
    let start = line.start + line.text.len() - line.text.trim_start().len();
    pasted.seen(words.to_owned(), start..start + words.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEVICES: &str = "me@host:~$ ubuntu-drivers devices\n\
        udevadm hwdb is deprecated. Use systemd-hwdb instead.\n\
        ERROR:root:aplay command not found\n\
        == /sys/devices/pci0000:00/0000:00:06.0/0000:01:00.0 ==\n\
        modalias : pci:v000010DEd00002B85sv00001043sd00008ABCbc03sc00i00\n\
        vendor   : NVIDIA Corporation\n\
        model    : GB202 [GeForce RTX 5090]\n\
        manual_install: True\n\
        driver   : nvidia-driver-570 - distro non-free recommended\n\
        driver   : nvidia-driver-570-open - distro non-free\n\
        driver   : nvidia-driver-570-server-open - distro non-free\n\
        driver   : nvidia-driver-575-open - third-party non-free\n\
        driver   : xserver-xorg-video-nouveau - distro free builtin\n\
        \n\
        == /sys/devices/pci0000:00/0000:00:14.3 ==\n\
        vendor   : Intel Corporation\n\
        driver   : backport-iwlwifi-dkms - distro free\n";

    #[test]
    fn gives_the_json_that_is_promised() {
        let value = serde_json::to_value(read(DEVICES).unwrap()).unwrap();
        assert_eq!(value["schema"], "lessons-read-drivers/1");
        assert_eq!(
            value["notes"],
            serde_json::json!([
                "udevadm hwdb is deprecated. Use systemd-hwdb instead.",
                "ERROR:root:aplay command not found"
            ])
        );
        let gpu = &value["devices"][0];
        assert_eq!(
            gpu["sysfs"],
            "/sys/devices/pci0000:00/0000:00:06.0/0000:01:00.0"
        );
        assert_eq!(gpu["model"], "GB202 [GeForce RTX 5090]");
        assert_eq!(
            gpu["drivers"][0],
            serde_json::json!({"package": "nvidia-driver-570", "origin": "distro", "free": false, "builtin": false, "recommended": true})
        );
        assert_eq!(gpu["drivers"][3]["origin"], "third-party");
        assert_eq!(gpu["drivers"][4]["builtin"], true);
        assert_eq!(value["devices"][1]["model"], serde_json::Value::Null);
        assert_eq!(value["devices"][1]["drivers"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn reads_it_without_its_line_ends() {
        let start = DEVICES.find("==").unwrap();
        let mut collapsed = DEVICES[start..]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        collapsed.push_str("可以看到推荐的驱动版本");
        let (one_line, whole) = (read(&collapsed).unwrap(), read(DEVICES).unwrap());
        assert_eq!(one_line.devices, whole.devices);
        let place = one_line.devices[0].drivers[1].package.span;
        assert_eq!(&collapsed[place.start..place.end], "nvidia-driver-570-open");
    }

    #[test]
    fn reads_a_cut_block() {
        let start = DEVICES.find("modalias").unwrap();
        let cut = read(&DEVICES[start..]).unwrap();
        assert_eq!(cut.devices[0].sysfs, None);
        assert_eq!(cut.devices[0].pci_id(), Some((0x10de, 0x2b85)));
        assert!(cut.devices[0].is_nvidia() && !cut.devices[1].is_nvidia());
    }

    #[test]
    fn reads_lists() {
        let list = read("[sudo] password for me: \nnvidia-driver-535-server, (kernel modules provided by linux-modules-nvidia-535-server-generic)\n\
            nvidia-driver-390, (kernal modules provided by nvidia-dkms-390)\nnvidia-340\n").unwrap();
        let packages: Vec<(&str, Option<&str>)> = list
            .packages
            .iter()
            .map(|listed| {
                (
                    listed.package.as_str(),
                    listed.kernel_modules.as_ref().map(|seen| seen.as_str()),
                )
            })
            .collect();
        assert_eq!(
            packages,
            [
                (
                    "nvidia-driver-535-server",
                    Some("linux-modules-nvidia-535-server-generic")
                ),
                ("nvidia-driver-390", Some("nvidia-dkms-390")),
                ("nvidia-340", None)
            ]
        );
    }

    #[test]
    fn takes_package_names_apart() {
        for (name, branch, server, open) in [
            ("nvidia-driver-580", 580, false, false),
            ("nvidia-driver-580-open", 580, false, true),
            ("nvidia-driver-580-server", 580, true, false),
            ("nvidia-driver-580-server-open", 580, true, true),
        ] {
            let package: DriverPackage = name.parse().unwrap();
            assert_eq!(
                package,
                DriverPackage {
                    branch,
                    server,
                    open
                }
            );
            assert_eq!(package.to_string(), name);
        }
        for other in [
            "nvidia-driver-",
            "nvidia-dkms-580",
            "nvidia-driver-580-headless",
            "xserver-xorg-video-nouveau",
            "nvidia-driver-+5",
        ] {
            assert_eq!(
                other.parse::<DriverPackage>(),
                Err(NotDriverPackage),
                "{other}"
            );
        }
    }

    #[test]
    fn chooses_for_the_gpu_and_the_cuda() {
        let offer = |package, recommended| Offer {
            package,
            third_party: false,
            recommended,
        };
        let offered = [
            offer("nvidia-driver-570", false),
            offer("nvidia-driver-580", true),
            offer("nvidia-driver-580-open", false),
            offer("nvidia-driver-580-server", false),
            offer("nvidia-driver-580-server-open", false),
            offer("nvidia-driver-595-open", false),
            offer("xserver-xorg-video-nouveau", false),
        ];
        let wants = Wants::default();
        for (wants, package, reason) in [
            (wants, Some("nvidia-driver-580"), Some(Reason::Recommended)),
            (
                Wants {
                    modules: Modules::OpenOnly,
                    ..wants
                },
                Some("nvidia-driver-580-open"),
                Some(Reason::OpenModulesNeeded),
            ),
            (
                Wants {
                    modules: Modules::OpenOnly,
                    server: true,
                    ..wants
                },
                Some("nvidia-driver-580-server-open"),
                Some(Reason::ServerFlavour),
            ),
            (
                Wants {
                    server: true,
                    ..wants
                },
                Some("nvidia-driver-580-server"),
                Some(Reason::RecommendedBranch(580)),
            ),
            (
                Wants {
                    lowest_branch: Some(590),
                    ..wants
                },
                Some("nvidia-driver-595-open"),
                Some(Reason::EnoughFor(590)),
            ),
            (
                Wants {
                    highest_branch: Some(570),
                    ..wants
                },
                Some("nvidia-driver-570"),
                Some(Reason::StillDrivesGpu(570)),
            ),
            (
                Wants {
                    modules: Modules::ProprietaryOnly,
                    lowest_branch: Some(590),
                    ..wants
                },
                None,
                None,
            ),
        ] {
            let choice = choose(offered, wants);
            assert_eq!(choice.package, package, "{wants:?}");
            assert!(
                reason.is_none_or(|reason| choice.reasons.contains(&reason)),
                "{choice:?}"
            );
        }
        let blackwell = choose(
            offered,
            Wants {
                modules: Modules::OpenOnly,
                ..wants
            },
        );
        assert!(
            blackwell
                .refused
                .contains(&("nvidia-driver-580", Against::NotOpen))
        );
    }

    #[test]
    fn refuses_other_texts() {
        for other in [
            "vendor : NVIDIA",
            "driver: the program that runs a device",
            "nouveau",
            "WARNING: nothing",
        ] {
            assert!(
                matches!(read(other), Err(ReadError::NotThis { .. })),
                "{other}"
            );
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(==|/sys/devices/a|modalias :|pci:v0+d1sv|vendor:|driver :|nvidia-driver-580|- distro|non-free|\\(kernel by|[ \\n]|[^a]){0,40}") {
            if let Ok(drivers) = read(&text) {
                for device in &drivers.devices {
                    let _ = (device.pci_id(), choose(device.drivers.iter().map(Offer::from), Wants::default()));
                }
            }
        }
    }
}
