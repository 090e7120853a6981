//! A wheel's file name: what it holds and where it installs.
//!
//! After the binary distribution format of the Python Packaging User Guide (PEP 427, 425, 440, 600 and 656):
//! `{distribution}-{version}(-{build tag})?-{python tag}-{abi tag}-{platform tag}.whl`.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;
use serde::Serialize;

use super::error::{LIMIT, ReadError, bounded};
use super::recognise::Kind;
use super::text::{Pasted, Seen, Span};
use crate::finding::{Arg, Message, TextId};
use crate::version::PythonVersion;
use crate::visible::visible;

/// Reads the first wheel's file name in a text: a bare name, a path, a URL, or a line of a page.
pub fn read(text: &str) -> Result<Wheel, ReadError> {
    bounded(text, Kind::Wheel, LIMIT)?;
    let pasted = Pasted::new(text);
    let mut candidate = None;
    let mut fault = None;
    for word in pasted.words() {
        // A name may stand in quotation marks, in an attribute, or after a path; none of these signs is in a name.
        let mut start = word.start;
        for piece in word.text.split([
            '"', '\'', '`', '<', '>', '(', ')', '[', ']', ',', ';', '/', '\\', '?', '#', '=', '&',
            '|', '“', '”', '「', '」',
        ]) {
            let end = start + piece.len();
            if piece.strip_suffix(".whl").is_some() {
                match parse_at(piece, |at, length| {
                    pasted.span(start + at..start + at + length)
                }) {
                    Ok(wheel) => return Ok(wheel),
                    Err(error) => fault = fault.or(Some(error)),
                }
            }
            let separator = pasted
                .text()
                .get(end..)
                .and_then(|rest| rest.chars().next());
            candidate = candidate.or((!piece.is_empty()).then_some(piece));
            start = end + separator.map_or(0, char::len_utf8);
        }
    }
    // What ends in .whl and is no wheel's name may stand before one that is.
    if let Some(fault) = fault {
        return Err(fault);
    }
    let name: String = candidate.unwrap_or_default().chars().take(200).collect();
    Err(ReadError::Wheel {
        name,
        fault: WheelFault::NotWhl,
    })
}

/// Reads one file name, which may be percent-encoded (`%2B` for `+`, as in the links of an index).
pub fn parse(name: &str) -> Result<Wheel, ReadError> {
    parse_at(name, |at, length| Span {
        start: at,
        end: at + length,
    })
}

/// A wheel's file name, taken apart. Each part is as the name writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wheel {
    /// `lessons-read-wheel/1`.
    pub schema: &'static str,
    /// The project, with `_` for every run of `-`, `_` and `.`: `torch`, `pytorch_triton_rocm`.
    pub distribution: Seen<String>,
    /// The public version: `2.9.1`, `2.7.0.dev20250310`.
    pub version: Seen<String>,
    /// The local version, where PyTorch says the variant: `cu126`, `cpu`, `rocm6.2`.
    pub local: Option<Seen<String>>,
    /// The build tag: which of several builds of one version; the higher wins.
    pub build: Option<Seen<String>>,
    /// The Pythons: `cp311`, `py3`; several where the name packs them (`py2.py3`).
    pub python_tags: Vec<Seen<String>>,
    /// The binary interfaces: `cp311`, `cp313t` (free-threaded), `abi3`, `none`.
    pub abi_tags: Vec<Seen<String>>,
    /// The systems: `manylinux_2_28_x86_64`, `win_amd64`, `any`.
    pub platform_tags: Vec<Seen<String>>,
}

impl Wheel {
    /// The version as installers compare it, with its local part.
    pub fn full_version(&self) -> String {
        match &self.local {
            Some(local) => format!("{}+{}", self.version.value, local.value),
            None => self.version.value.clone(),
        }
    }

    /// The version with its meaning; none if its local part is not one of PEP 440, and then pip and uv pass over the
    /// wheel. PyTorch has published such: `torch-1.13.0+cu117_pypi_cudnn+cu117.with.pypi.cudnn-…`.
    pub fn pep440(&self) -> Option<Version> {
        Version::from_str(&self.full_version()).ok()
    }

    /// The project's name as an index writes it in its addresses (PEP 503): lower case, `-` between words.
    pub fn project(&self) -> String {
        normalised(&self.distribution)
    }

    /// The oldest glibc that one of the platform tags takes, as (major, minor); none where no tag asks for one.
    pub fn glibc_floor(&self) -> Option<(u32, u32)> {
        self.platform_tags
            .iter()
            .filter_map(|tag| match Platform::of(tag) {
                Platform::Manylinux { glibc, .. } => Some(glibc),
                _ => None,
            })
            .min()
    }

    /// Whether its Python and ABI tags take a `CPython`, whatever the system.
    pub fn fits_python(&self, python: PythonVersion) -> bool {
        let host = Host {
            python: (python.major, python.minor),
            free_threaded: python.free_threaded,
            os: Os::Glibc(None),
            arch: String::new(),
        };
        self.python_refusal(&host).is_none()
    }

    /// The `CPython` versions that its tags name one by one: none of `py3-none`, and the oldest alone of `abi3`.
    pub fn pythons(&self) -> Vec<PythonVersion> {
        let own = |tag: &Seen<String>| PythonVersion::from_tag(tag).ok();
        let mut pythons: Vec<PythonVersion> = self.abi_tags.iter().filter_map(own).collect();
        if pythons.is_empty() {
            pythons.extend(self.python_tags.iter().filter_map(own));
        }
        pythons
    }

    /// Whether pip or uv would install this wheel on a host, and if not, the first thing in the way.
    pub fn installs_on(&self, host: &Host) -> Installs {
        if self.pep440().is_none() {
            return Installs::No(Refusal::Version {
                wheel: self.full_version(),
            });
        }
        if let Some(refusal) = self.python_refusal(host) {
            return Installs::No(refusal);
        }
        let mut best: Option<Installs> = None;
        for tag in &self.platform_tags {
            match Platform::of(tag).installs_on(host) {
                Installs::Yes => return Installs::Yes,
                // Of several tags the one that comes nearest tells the reason.
                other => {
                    best = Some(match best {
                        Some(kept) if kept.nearness() >= other.nearness() => kept,
                        _ => other,
                    });
                }
            }
        }
        best.unwrap_or(Installs::Yes)
    }

    /// Why the host's Python does not take any of the Python and ABI tags.
    fn python_refusal(&self, host: &Host) -> Option<Refusal> {
        let mut python_fits = false;
        for python in &self.python_tags {
            for abi in &self.abi_tags {
                match takes(host, python, abi) {
                    Takes::Both => return None,
                    Takes::PythonOnly => python_fits = true,
                    Takes::Neither => {}
                }
            }
        }
        let words = |tags: &[Seen<String>]| tags.iter().map(|tag| tag.value.clone()).collect();
        Some(if python_fits {
            Refusal::Abi {
                wheel: words(&self.abi_tags),
                host: host.abi(),
            }
        } else {
            Refusal::Python {
                wheel: words(&self.python_tags),
                host: host.python_tag(),
            }
        })
    }
}

impl fmt::Display for Wheel {
    /// The file name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packed = |tags: &[Seen<String>]| {
            tags.iter()
                .map(|tag| tag.value.as_str())
                .collect::<Vec<_>>()
                .join(".")
        };
        write!(f, "{}-{}", self.distribution.value, self.full_version())?;
        if let Some(build) = &self.build {
            write!(f, "-{}", build.value)?;
        }
        write!(
            f,
            "-{}-{}-{}.whl",
            packed(&self.python_tags),
            packed(&self.abi_tags),
            packed(&self.platform_tags)
        )
    }
}

impl FromStr for Wheel {
    type Err = ReadError;

    fn from_str(name: &str) -> Result<Self, ReadError> {
        parse(name)
    }
}

/// Which rule of the specification a name breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelFault {
    /// It does not end with `.whl`.
    #[error("it does not end with .whl")]
    NotWhl,
    /// It has neither five nor six parts.
    #[error("it has {0} parts between its dashes, and a wheel has five, or six with a build tag")]
    Parts(usize),
    /// The project's name is not letters, digits, `.` and `_`.
    #[error("`{0}` is not a project's name")]
    Distribution(String),
    /// The version is not one of PEP 440.
    #[error("`{0}` is not a version")]
    Version(String),
    /// The build tag does not start with a digit.
    #[error("the build tag `{0}` does not start with a digit")]
    Build(String),
    /// A tag is empty or has other signs than letters, digits and `_`.
    #[error("`{0}` is not a tag")]
    Tag(String),
}

impl WheelFault {
    /// The message that says which part of a name is wrong, and how it should be.
    pub fn message(&self, name: &str) -> Message {
        let (id, part) = match self {
            Self::NotWhl => ("read-wheel-fault-not-whl", String::new()),
            Self::Parts(parts) => {
                return Message {
                    text: TextId::Shared("read-wheel-fault-parts"),
                    args: vec![
                        ("name", Arg::Text(visible(name))),
                        ("parts", Arg::Count(*parts as u64)),
                    ],
                };
            }
            Self::Distribution(part) => ("read-wheel-fault-distribution", part.clone()),
            Self::Version(part) => ("read-wheel-fault-version", part.clone()),
            Self::Build(part) => ("read-wheel-fault-build", part.clone()),
            Self::Tag(part) => ("read-wheel-fault-tag", part.clone()),
        };
        Message {
            text: TextId::Shared(id),
            args: vec![
                ("name", Arg::Text(visible(name))),
                ("part", Arg::Text(visible(&part))),
            ],
        }
    }
}

/// What decides whether a wheel installs: a Python and the system under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `CPython`'s major and minor version.
    pub python: (u32, u32),
    /// Whether it is the build without the global interpreter lock (`python3.13t`).
    pub free_threaded: bool,
    /// The operating system, with what of it the platform tags ask for.
    pub os: Os,
    /// The processor as the system names it: `x86_64`, `amd64`, `aarch64`, `arm64`, …
    pub arch: String,
}

/// An operating system, as far as wheels ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Os {
    /// Linux with GNU's C library; its version, if known.
    Glibc(Option<(u32, u32)>),
    /// Linux with musl, such as Alpine; its version, if known.
    Musl(Option<(u32, u32)>),
    /// Windows.
    Windows,
    /// macOS; its version, if known.
    MacOs(Option<(u32, u32)>),
}

/// Whether a wheel installs on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installs {
    /// It does.
    Yes,
    /// It does not.
    No(Refusal),
    /// It cannot be told: the wheel asks for a version that is not known of the host.
    Unknown(Ask),
}

impl Installs {
    /// Whether it is `Yes`.
    pub fn is_yes(&self) -> bool {
        *self == Self::Yes
    }

    /// How far the host came: an unknown is nearer than a wrong version, that than a wrong processor or system.
    fn nearness(&self) -> u8 {
        match self {
            Self::Yes => 4,
            Self::Unknown(_) => 3,
            Self::No(Refusal::SystemVersion { .. }) => 2,
            Self::No(Refusal::Arch { .. }) => 1,
            Self::No(_) => 0,
        }
    }
}

/// What a wheel asks of the system besides its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// This glibc or newer.
    Glibc(u32, u32),
    /// This musl or newer.
    Musl(u32, u32),
    /// This macOS or newer.
    MacOs(u32, u32),
}

/// What stands in the way of installing a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Its version is not one of PEP 440.
    Version {
        /// The wheel's version.
        wheel: String,
    },
    /// It is for other Pythons.
    Python {
        /// The wheel's Python tags.
        wheel: Vec<String>,
        /// The host's, such as `cp312`.
        host: String,
    },
    /// It is for that Python, but another build of it (free-threaded or not).
    Abi {
        /// The wheel's ABI tags.
        wheel: Vec<String>,
        /// The host's, such as `cp313t`.
        host: String,
    },
    /// It is for another operating system, or another C library of Linux.
    System {
        /// The wheel's platform tag.
        wheel: String,
    },
    /// It is for another processor.
    Arch {
        /// The wheel's platform tag.
        wheel: String,
        /// The host's processor.
        host: String,
    },
    /// The system is too old.
    SystemVersion {
        /// What the wheel asks for.
        needs: Ask,
        /// What the host has, as (major, minor).
        has: (u32, u32),
    },
    /// The platform tag is of a kind that is not known here.
    UnknownTag {
        /// The tag.
        wheel: String,
    },
}

impl Host {
    /// The Python tag of the host: `cp313`.
    pub fn python_tag(&self) -> String {
        format!("cp{}{}", self.python.0, self.python.1)
    }

    /// The ABI tag of the host: `cp313`, `cp313t`, and `cp37m` up to Python 3.7.
    pub fn abi(&self) -> String {
        let suffix = match self.python {
            _ if self.free_threaded => "t",
            (3, ..=7) => "m",
            _ => "",
        };
        format!("{}{suffix}", self.python_tag())
    }
}

/// How much of a Python tag and an ABI tag a host takes.
enum Takes {
    Both,
    PythonOnly,
    Neither,
}

/// The rules of `packaging.tags` for `CPython`.
fn takes(host: &Host, python: &str, abi: &str) -> Takes {
    let Some((implementation, version)) = python_version(python) else {
        return Takes::Neither;
    };
    let (major, minor) = version;
    let own = (major, minor) == (host.python.0, Some(host.python.1));
    let older_or_own = major == host.python.0 && minor.is_none_or(|minor| minor <= host.python.1);
    match (implementation, abi) {
        ("py", "none") if older_or_own => Takes::Both,
        ("cp", "none") if own => Takes::Both,
        // The stable ABI of one Python 3 holds for every later one, but not without the interpreter lock.
        ("cp", "abi3") if older_or_own && major == 3 && minor.is_some() => {
            if host.free_threaded {
                Takes::PythonOnly
            } else {
                Takes::Both
            }
        }
        ("cp", _) if own => {
            // Python 2 came with narrow (m) or wide (mu) Unicode; which of them the host has is not asked.
            let python2 = host.python.0 == 2 && matches!(abi, "cp27m" | "cp27mu");
            if python2 || abi == host.abi() {
                Takes::Both
            } else {
                Takes::PythonOnly
            }
        }
        _ => Takes::Neither,
    }
}

/// `cp313` → `("cp", (3, Some(13)))`, `py3` → `("py", (3, None))`.
fn python_version(tag: &str) -> Option<(&'static str, (u32, Option<u32>))> {
    let (implementation, digits) = if let Some(digits) = tag.strip_prefix("cp") {
        ("cp", digits)
    } else {
        ("py", tag.strip_prefix("py")?)
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let major = digits.get(..1)?.parse().ok()?;
    let minor = match digits.get(1..)? {
        "" => None,
        minor => Some(minor.parse().ok()?),
    };
    Some((implementation, (major, minor)))
}

/// What a platform tag asks for. The processor is as the tag writes it.
enum Platform<'a> {
    Any,
    Linux(&'a str),
    Manylinux { glibc: (u32, u32), arch: &'a str },
    Musllinux { musl: (u32, u32), arch: &'a str },
    Windows(&'a str),
    MacOs { version: (u32, u32), arch: &'a str },
    Other(&'a str),
}

impl<'a> Platform<'a> {
    fn of(tag: &'a str) -> Self {
        // PEP 600: the old names are aliases of a glibc version.
        const ALIASES: [(&str, (u32, u32)); 3] = [
            ("manylinux1_", (2, 5)),
            ("manylinux2010_", (2, 12)),
            ("manylinux2014_", (2, 17)),
        ];
        if tag == "any" {
            return Self::Any;
        }
        if tag == "win32" {
            return Self::Windows("x86");
        }
        for (prefix, glibc) in ALIASES {
            if let Some(arch) = tag.strip_prefix(prefix) {
                return Self::Manylinux { glibc, arch };
            }
        }
        if let Some((glibc, arch)) = tag.strip_prefix("manylinux_").and_then(versioned) {
            return Self::Manylinux { glibc, arch };
        }
        if let Some((musl, arch)) = tag.strip_prefix("musllinux_").and_then(versioned) {
            return Self::Musllinux { musl, arch };
        }
        if let Some((version, arch)) = tag.strip_prefix("macosx_").and_then(versioned) {
            return Self::MacOs { version, arch };
        }
        if let Some(arch) = tag.strip_prefix("linux_") {
            return Self::Linux(arch);
        }
        if let Some(arch) = tag.strip_prefix("win_") {
            return Self::Windows(arch);
        }
        Self::Other(tag)
    }

    fn installs_on(&self, host: &Host) -> Installs {
        let system = |wheel: &str| {
            Installs::No(Refusal::System {
                wheel: wheel.to_owned(),
            })
        };
        match *self {
            Self::Any => Installs::Yes,
            Self::Other(tag) => Installs::No(Refusal::UnknownTag {
                wheel: tag.to_owned(),
            }),
            Self::Linux(arch) => match host.os {
                Os::Glibc(_) | Os::Musl(_) => {
                    same_arch(arch, host).map_or(Installs::Yes, Installs::No)
                }
                _ => system("linux"),
            },
            Self::Manylinux { glibc, arch } => match host.os {
                Os::Glibc(has) => at_least(arch, Ask::Glibc(glibc.0, glibc.1), glibc, has, host),
                _ => system("manylinux"),
            },
            Self::Musllinux { musl, arch } => match host.os {
                Os::Musl(has) => at_least(arch, Ask::Musl(musl.0, musl.1), musl, has, host),
                _ => system("musllinux"),
            },
            Self::Windows(arch) => match host.os {
                Os::Windows => same_arch(arch, host).map_or(Installs::Yes, Installs::No),
                _ => system("win"),
            },
            Self::MacOs { version, arch } => match host.os {
                Os::MacOs(has) => {
                    at_least(arch, Ask::MacOs(version.0, version.1), version, has, host)
                }
                _ => system("macosx"),
            },
        }
    }
}

/// The verdict where the processor must be the same and a version at least `needs`.
fn at_least(
    arch: &str,
    ask: Ask,
    needs: (u32, u32),
    has: Option<(u32, u32)>,
    host: &Host,
) -> Installs {
    if let Some(refusal) = same_arch(arch, host) {
        return Installs::No(refusal);
    }
    match has {
        Some(has) if has >= needs => Installs::Yes,
        Some(has) => Installs::No(Refusal::SystemVersion { needs: ask, has }),
        None => Installs::Unknown(ask),
    }
}

/// Why a tag's processor is not the host's.
fn same_arch(wheel: &str, host: &Host) -> Option<Refusal> {
    let own = canonical_arch(&host.arch);
    let fits = match wheel {
        // Apple's packed names: which processors each holds.
        "universal2" => matches!(own, "x86_64" | "arm64"),
        "intel" | "universal" | "fat64" | "fat3" => own == "x86_64",
        other => canonical_arch(other) == own,
    };
    (!fits).then(|| Refusal::Arch {
        wheel: wheel.to_owned(),
        host: host.arch.clone(),
    })
}

/// One name for a processor that systems name differently.
fn canonical_arch(arch: &str) -> &str {
    if arch.eq_ignore_ascii_case("amd64") || arch.eq_ignore_ascii_case("x64") {
        "x86_64"
    } else if arch.eq_ignore_ascii_case("aarch64") {
        "arm64"
    } else if matches!(arch, "i386" | "i586" | "i686") {
        "x86"
    } else if arch.eq_ignore_ascii_case("arm64") {
        "arm64"
    } else {
        arch
    }
}

/// `2_28_x86_64` → `((2, 28), "x86_64")`.
fn versioned(rest: &str) -> Option<((u32, u32), &str)> {
    let (major, rest) = rest.split_once('_')?;
    let (minor, arch) = rest.split_once('_')?;
    Some(((major.parse().ok()?, minor.parse().ok()?), arch))
}

/// A project's name as PEP 503 writes it in addresses.
pub fn normalised(name: &str) -> String {
    let mut project = String::with_capacity(name.len());
    let mut separated = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            separated = !project.is_empty();
            continue;
        }
        if std::mem::take(&mut separated) {
            project.push('-');
        }
        project.extend(c.to_lowercase());
    }
    project
}

/// Takes a name apart; `place` says where a byte range of the name is.
fn parse_at(name: &str, place: impl Fn(usize, usize) -> Span) -> Result<Wheel, ReadError> {
    let refuse = |fault: WheelFault| ReadError::Wheel {
        name: name.chars().take(200).collect(),
        fault,
    };
    let stem = name
        .strip_suffix(".whl")
        .ok_or_else(|| refuse(WheelFault::NotWhl))?;
    // Parts with their place; the place is counted before percent-decoding, which only shortens a part.
    let mut parts = Vec::new();
    let mut at = 0;
    for part in stem.split('-') {
        parts.push((at, part));
        at += part.len() + 1;
        if parts.len() > 6 {
            return Err(refuse(WheelFault::Parts(stem.split('-').count())));
        }
    }
    let seen = |(at, part): (usize, &str)| Seen {
        value: percent_decoded(part),
        span: place(at, part.len()),
    };
    let (distribution, version, build, python, abi, platform) = match *parts.as_slice() {
        [distribution, version, python, abi, platform] => {
            (distribution, version, None, python, abi, platform)
        }
        [distribution, version, build, python, abi, platform] => {
            (distribution, version, Some(build), python, abi, platform)
        }
        _ => return Err(refuse(WheelFault::Parts(parts.len()))),
    };
    let distribution = seen(distribution);
    if !is_word(&distribution, &['_', '.']) {
        return Err(refuse(WheelFault::Distribution(distribution.value)));
    }
    let (version, local) = version_parts(version, &place);
    // PyTorch has published local versions with a second `+`, which PEP 440 does not know: such a name is still a
    // wheel's, but installers pass over it (see `pep440`).
    let local_is_word = local
        .as_ref()
        .is_none_or(|local| is_word(local, &['.', '_', '+']));
    if Version::from_str(&version).is_err() || !local_is_word {
        let written = local.map_or_else(
            || version.value.clone(),
            |local| format!("{}+{}", version.value, local.value),
        );
        return Err(refuse(WheelFault::Version(written)));
    }
    let build = build.map(seen);
    if let Some(build) = build
        .as_ref()
        .filter(|build| !build.starts_with(|c: char| c.is_ascii_digit()))
    {
        return Err(refuse(WheelFault::Build(build.value.clone())));
    }
    let tags = |(at, packed): (usize, &str)| -> Result<Vec<Seen<String>>, ReadError> {
        let mut tags = Vec::new();
        let mut from = at;
        for tag in packed.split('.') {
            if !is_word(tag, &['_']) {
                return Err(refuse(WheelFault::Tag(tag.to_owned())));
            }
            tags.push(Seen {
                value: tag.to_owned(),
                span: place(from, tag.len()),
            });
            from += tag.len() + 1;
        }
        Ok(tags)
    };
    Ok(Wheel {
        schema: "lessons-read-wheel/1",
        distribution,
        version,
        local,
        build,
        python_tags: tags(python)?,
        abi_tags: tags(abi)?,
        platform_tags: tags(platform)?,
    })
}

/// The public and the local version, each with its place. A `+` may be written `%2B`.
fn version_parts(
    (at, part): (usize, &str),
    place: &impl Fn(usize, usize) -> Span,
) -> (Seen<String>, Option<Seen<String>>) {
    let plus = part.find('+').map(|index| (index, 1)).or_else(|| {
        part.to_ascii_lowercase()
            .find("%2b")
            .map(|index| (index, 3))
    });
    let (index, width) = plus.unwrap_or((part.len(), 0));
    let public = part.get(..index).unwrap_or(part);
    let version = Seen {
        value: percent_decoded(public),
        span: place(at, public.len()),
    };
    let local = part
        .get(index + width..)
        .filter(|_| width > 0)
        .map(|local| Seen {
            value: percent_decoded(local),
            span: place(at + index + width, local.len()),
        });
    (version, local)
}

/// Whether a part is ASCII letters, digits and `also`, and not empty.
fn is_word(part: &str, also: &[char]) -> bool {
    !part.is_empty()
        && part
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || also.contains(&c))
}

/// The text with `%XX` replaced. What does not decode to UTF-8 stays as it is.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after
            .get(..2)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(b'%');
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn linux(python: (u32, u32)) -> Host {
        Host {
            python,
            free_threaded: false,
            os: Os::Glibc(Some((2, 39))),
            arch: "x86_64".to_owned(),
        }
    }

    #[test]
    fn what_only_ends_like_one_does_not_hide_a_name() {
        let wheel = read("see {.whl for torch-1-cp3-none-any.whl").expect("there is a name");
        assert_eq!(wheel.distribution.value, "torch");
    }

    #[test]
    fn takes_a_name_apart() {
        let url = "https://download.pytorch.org/whl/cu126/torch-2.9.1%2Bcu126-cp311-cp311-manylinux_2_28_x86_64.whl#sha256=ab";
        for name in [
            "torch-2.9.1+cu126-cp311-cp311-manylinux_2_28_x86_64.whl",
            url,
        ] {
            let wheel = read(name).unwrap();
            assert_eq!(
                serde_json::to_value(&wheel).unwrap(),
                serde_json::json!({
                    "schema": "lessons-read-wheel/1", "distribution": "torch", "version": "2.9.1", "local": "cu126",
                    "build": null, "python_tags": ["cp311"], "abi_tags": ["cp311"],
                    "platform_tags": ["manylinux_2_28_x86_64"]
                }),
                "{name}"
            );
            let local = wheel.local.unwrap().span;
            assert_eq!(&name[local.start..local.end], "cu126");
            let platform = wheel.platform_tags[0].span;
            assert_eq!(&name[platform.start..platform.end], "manylinux_2_28_x86_64");
        }
    }

    #[test]
    fn takes_build_tags_and_packed_tags_apart() {
        let wheel = parse("torch-2.10.0-3-cp313-cp313t-manylinux_2_28_x86_64.whl").unwrap();
        assert_eq!(wheel.build.as_deref().map(String::as_str), Some("3"));
        let wheel = parse(
            "pytorch_triton_rocm-2.0.0-cp37-cp37m-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        )
        .unwrap();
        assert_eq!(wheel.project(), "pytorch-triton-rocm");
        assert_eq!(wheel.platform_tags.len(), 2);
        assert_eq!(wheel.glibc_floor(), Some((2, 17)));
        assert_eq!(
            wheel.to_string(),
            "pytorch_triton_rocm-2.0.0-cp37-cp37m-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
        );
    }

    #[test]
    fn names_what_is_wrong() {
        for (name, fault) in [
            ("torch-2.9.1.tar.gz", WheelFault::NotWhl),
            ("torch.whl", WheelFault::Parts(1)),
            ("torch-2.9.1-cp311-linux_x86_64.whl", WheelFault::Parts(4)),
            ("a-1-2-cp3-cp3-any-any.whl", WheelFault::Parts(7)),
            (
                "tor ch-1-cp3-cp3-any.whl",
                WheelFault::Distribution("tor ch".to_owned()),
            ),
            (
                "torch-latest-cp311-cp311-any.whl",
                WheelFault::Version("latest".to_owned()),
            ),
            (
                "torch-1.0+-cp311-cp311-any.whl",
                WheelFault::Version("1.0+".to_owned()),
            ),
            (
                "torch-1.0-b1-cp311-cp311-any.whl",
                WheelFault::Build("b1".to_owned()),
            ),
            (
                "torch-1.0-cp311-cp311-linux..any.whl",
                WheelFault::Tag(String::new()),
            ),
        ] {
            let expected = ReadError::Wheel {
                name: name.to_owned(),
                fault,
            };
            assert_eq!(parse(name), Err(expected));
        }
    }

    #[test]
    fn says_where_a_wheel_installs() {
        let old = Host {
            os: Os::Glibc(Some((2, 17))),
            ..linux((3, 11))
        };
        let threads = Host {
            free_threaded: true,
            ..linux((3, 13))
        };
        let windows = Host {
            os: Os::Windows,
            arch: "AMD64".to_owned(),
            ..linux((3, 11))
        };
        let mac = Host {
            os: Os::MacOs(Some((14, 5))),
            arch: "arm64".to_owned(),
            ..linux((3, 11))
        };
        let alpine = Host {
            os: Os::Musl(Some((1, 2))),
            ..linux((3, 11))
        };
        let unsure = Host {
            os: Os::Glibc(None),
            ..linux((3, 11))
        };
        let python = |wheel: &str, host: &str| {
            Installs::No(Refusal::Python {
                wheel: vec![wheel.to_owned()],
                host: host.to_owned(),
            })
        };
        let abi = |wheel: &str, host: &str| {
            Installs::No(Refusal::Abi {
                wheel: vec![wheel.to_owned()],
                host: host.to_owned(),
            })
        };
        let system = |wheel: &str| {
            Installs::No(Refusal::System {
                wheel: wheel.to_owned(),
            })
        };
        for (tags, host, expected) in [
            (
                "cp311-cp311-manylinux_2_28_x86_64",
                &linux((3, 11)),
                Installs::Yes,
            ),
            (
                "cp311-cp311-manylinux_2_28_x86_64",
                &linux((3, 12)),
                python("cp311", "cp312"),
            ),
            (
                "cp311-cp311-manylinux_2_28_x86_64",
                &old,
                Installs::No(Refusal::SystemVersion {
                    needs: Ask::Glibc(2, 28),
                    has: (2, 17),
                }),
            ),
            (
                "cp311-cp311-manylinux_2_28_x86_64",
                &unsure,
                Installs::Unknown(Ask::Glibc(2, 28)),
            ),
            ("cp311-cp311-linux_x86_64", &unsure, Installs::Yes),
            (
                "cp311-cp311-manylinux_2_28_x86_64",
                &alpine,
                system("manylinux"),
            ),
            ("cp311-cp311-musllinux_1_2_x86_64", &alpine, Installs::Yes),
            (
                "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
                &old,
                Installs::Yes,
            ),
            (
                "cp311-cp311-manylinux_2_28_x86_64.manylinux2014_x86_64",
                &old,
                Installs::Yes,
            ),
            (
                "cp311-cp311-manylinux_2_28_aarch64",
                &linux((3, 11)),
                Installs::No(Refusal::Arch {
                    wheel: "aarch64".to_owned(),
                    host: "x86_64".to_owned(),
                }),
            ),
            ("cp311-cp311-win_amd64", &windows, Installs::Yes),
            ("cp311-cp311-win_amd64", &linux((3, 11)), system("win")),
            ("cp311-none-macosx_11_0_arm64", &mac, Installs::Yes),
            ("cp311-none-macosx_10_9_universal2", &mac, Installs::Yes),
            ("cp38-none-macosx_11_0_arm64", &mac, python("cp38", "cp311")),
            (
                "cp313-cp313-manylinux_2_28_x86_64",
                &threads,
                abi("cp313", "cp313t"),
            ),
            (
                "cp313-cp313t-manylinux_2_28_x86_64",
                &threads,
                Installs::Yes,
            ),
            (
                "cp313-cp313t-manylinux_2_28_x86_64",
                &linux((3, 13)),
                abi("cp313t", "cp313"),
            ),
            (
                "cp310-abi3-manylinux_2_28_x86_64",
                &linux((3, 13)),
                Installs::Yes,
            ),
            (
                "cp310-abi3-manylinux_2_28_x86_64",
                &threads,
                abi("abi3", "cp313t"),
            ),
            (
                "cp312-abi3-manylinux_2_28_x86_64",
                &linux((3, 11)),
                python("cp312", "cp311"),
            ),
            ("py3-none-any", &threads, Installs::Yes),
            ("py2.py3-none-any", &windows, Installs::Yes),
            ("py2-none-any", &linux((3, 11)), python("py2", "cp311")),
            ("py312-none-any", &linux((3, 11)), python("py312", "cp311")),
            (
                "cp37-cp37m-manylinux1_x86_64",
                &linux((3, 7)),
                Installs::Yes,
            ),
            (
                "cp27-cp27mu-manylinux1_x86_64",
                &linux((2, 7)),
                Installs::Yes,
            ),
            (
                "cp311-cp311-plan9_x86",
                &linux((3, 11)),
                Installs::No(Refusal::UnknownTag {
                    wheel: "plan9_x86".to_owned(),
                }),
            ),
        ] {
            let wheel = parse(&format!("torch-2.9.1-{tags}.whl")).unwrap();
            assert_eq!(wheel.installs_on(host), expected, "{tags} on {host:?}");
        }
    }

    #[test]
    fn a_version_outside_of_pep_440_is_read_but_not_installed() {
        let wheel = parse(
            "torch-1.13.0+cu117_pypi_cudnn+cu117.with.pypi.cudnn-cp310-cp310-linux_x86_64.whl",
        )
        .unwrap();
        assert_eq!(wheel.pep440(), None);
        assert!(matches!(
            wheel.installs_on(&linux((3, 10))),
            Installs::No(Refusal::Version { .. })
        ));
    }

    #[test]
    fn finds_a_name_in_prose() {
        let said = "这里等价于 \"torch-2.9.1+cu126-cp311-cp311-manylinux_2_28_x86_64.whl\"(以 torch 包举例)";
        assert_eq!(read(said).unwrap().full_version(), "2.9.1+cu126");
        assert!(matches!(
            read("pip install torch"),
            Err(ReadError::Wheel {
                fault: WheelFault::NotWhl,
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn a_name_survives_writing_and_reading(
            distribution in "[a-z][a-z0-9_]{0,9}", release in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}", local in "(\\+[a-z0-9]{1,6})?",
            build in "(-[0-9]{1,3})?", tags in "cp3[0-9]{1,2}-(cp3[0-9]|abi3|none)-[a-z]{3}_[0-9a-z]{1,8}(\\.[a-z]{3})?"
        ) {
            let name = format!("{distribution}-{release}{local}{build}-{tags}.whl");
            let wheel = parse(&name).unwrap();
            prop_assert_eq!(wheel.to_string(), name.clone());
            prop_assert_eq!(parse(&name.replace('+', "%2B")).unwrap(), wheel);
        }

        #[test]
        fn never_panics(text in "([-+.%_]|torch|cp31|any|\\.whl|%2[bB]|[^a]){0,20}", minor in any::<u32>()) {
            if let Ok(wheel) = read(&text) {
                let _ = wheel.installs_on(&linux((3, minor)));
            }
        }
    }
}
