//! What is asked: what was given, and the rest as a machine has it, each with where it comes from.

use std::str::FromStr;

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

use super::choice::{Kind, Wish};
use super::fit::{Driver, Wanted};
use super::gpu::{Gpu, Maker};
use super::place::Place;
use crate::facts::Facts;
use crate::facts::libc::Libc;
use crate::facts::python::EnvironmentKind;
use crate::facts::system::Place as Surroundings;
use crate::finding::{Message, quoted};
use crate::read::wheel::Os as System;
use crate::tables::cuda_driver;
use crate::tables::torch_matrix::{self, Package};
use crate::tables::{Arch, Os, Platform};
use crate::version::{BuildTag, CudaVersion, DriverVersion, PythonVersion, VersionError};

/// What was given; the rest is read from a machine.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// `--driver`.
    pub driver: Option<AskedDriver>,
    /// `--cuda`.
    pub cuda: Option<AskedCuda>,
    /// `--python`.
    pub python: Option<PythonVersion>,
    /// `--torch`.
    pub torch: Option<AskedTorch>,
    /// `--gpu`.
    pub gpus: Vec<Gpu>,
    /// `--with`.
    pub companions: Option<Vec<Package>>,
    /// `--mirror`.
    pub mirror: Option<Place>,
    /// `--tool`.
    pub tool: Option<Tool>,
    /// `--os`.
    pub os: Option<Os>,
    /// `--arch`.
    pub arch: Option<Arch>,
    /// `--libc`.
    pub libc: Option<Libc>,
}

/// A driver that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedDriver {
    /// `580.95.05`.
    Version(DriverVersion),
    /// `580`: any driver of the branch.
    Branch(u32),
}

/// What was given as CUDA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedCuda {
    /// `12.4`: that of the host, as people call it.
    Host(CudaVersion),
    /// `cpu`, `rocm`, `xpu`: no CUDA at all.
    Kind(Kind),
    /// `rocm7.2`: this very build.
    Build(BuildTag),
}

/// The torch that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedTorch {
    /// As it was typed.
    pub text: String,
    /// The releases it means.
    pub versions: VersionSpecifiers,
    /// The build that its local part names: `2.8.0+cu126`.
    pub tag: Option<BuildTag>,
}

/// What installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// pip.
    Pip,
    /// uv.
    Uv,
}

/// A value that was given and makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tried to read {what} from `{text}`: {why}")]
pub struct AskedError {
    /// What it should be.
    pub what: &'static str,
    /// What was given, cut to a bearable length.
    pub text: String,
    /// Why it is not.
    pub why: String,
}

impl AskedError {
    pub(super) fn new(what: &'static str, text: &str, why: impl Into<String>) -> Self {
        Self {
            what,
            text: crate::visible::visible(&text.chars().take(80).collect::<String>()),
            why: why.into(),
        }
    }
}

impl FromStr for AskedDriver {
    type Err = VersionError;

    /// Reads `580.95.05`, `580`, `R580`, and Windows' own form of a driver's version, `32.0.15.6636`, whose last five
    /// digits are NVIDIA's: 566.36.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let text = text.strip_prefix(['R', 'r', 'v', 'V']).unwrap_or(text);
        if let [_, _, third, fourth] = *text.split('.').collect::<Vec<_>>()
            && third.len() == 2
            && fourth.len() == 4
            && third
                .bytes()
                .chain(fourth.bytes())
                .all(|b| b.is_ascii_digit())
        {
            return format!("{}{}.{}", &third[1..], &fourth[..2], &fourth[2..])
                .parse()
                .map(Self::Version);
        }
        match text.parse::<u32>() {
            Ok(branch) if (100..1000).contains(&branch) => Ok(Self::Branch(branch)),
            _ => text.parse().map(Self::Version),
        }
    }
}

impl FromStr for AskedCuda {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "cpu" | "none" | "no" => return Ok(Self::Kind(Kind::Cpu)),
            "rocm" | "amd" => return Ok(Self::Kind(Kind::Rocm)),
            "xpu" | "intel" => return Ok(Self::Kind(Kind::Xpu)),
            _ => {}
        }
        if text.starts_with("rocm") {
            return text.parse().map(Self::Build);
        }
        let text = text.strip_prefix("cuda").map_or(&*text, str::trim_start);
        // `12`, and the `cu12` that NVIDIA's own packages are named by: any CUDA of that major.
        if let Ok(major @ 5..=49) = text.strip_prefix("cu").unwrap_or(text).parse::<u32>() {
            return Ok(Self::Host(CudaVersion::new(major, 0)));
        }
        if text.starts_with("cu") {
            return CudaVersion::from_tag(text).map(Self::Host);
        }
        text.parse().map(Self::Host)
    }
}

impl FromStr for AskedTorch {
    type Err = AskedError;

    /// Reads a version (`2.8.0`, `2.8` for any 2.8, `2.8.0+cu126`), conditions (`>=2.6,<2.9`), the same behind the name
    /// (`torch==2.8.0`), or `stable`.
    fn from_str(text: &str) -> Result<Self, AskedError> {
        const WHAT: &str = "a version of torch such as 2.8.0 or >=2.6,<2.9";
        let refuse = |why: String| AskedError::new(WHAT, text, why);
        let trimmed = text.trim();
        let bare = trimmed
            .strip_prefix("torch")
            .map_or(trimmed, str::trim_start);
        if bare.is_empty() || bare.len() > 200 {
            return Err(refuse("it is empty, or too long".to_owned()));
        }
        let asked = |versions, tag| Self {
            text: crate::visible::visible(trimmed),
            versions,
            tag,
        };
        match bare {
            "stable" | "latest" | "newest" => return Ok(asked(VersionSpecifiers::empty(), None)),
            "nightly" | "dev" | "pre" | "--pre" => return Err(refuse(of_nightlies())),
            _ => {}
        }
        let tag_of = |version: &Version| {
            let written = version.to_string();
            let local = written.split_once('+')?.1.to_owned();
            Some(
                local
                    .parse::<BuildTag>()
                    .map_err(|error| refuse(error.to_string())),
            )
        };
        // `2.8.*`, without the operator that it needs.
        let starred = format!("=={bare}");
        let bare = if bare.ends_with(".*") && bare.starts_with(|c: char| c.is_ascii_digit()) {
            &*starred
        } else {
            bare
        };
        if let Ok(version) = Version::from_str(bare) {
            let tag = tag_of(&version).transpose()?;
            let version = version.without_local();
            let specifier = match version.release() {
                [_] | [_, _] if version.is_stable() => {
                    VersionSpecifier::from_version(Operator::EqualStar, version)
                        .map_err(|error| refuse(error.to_string()))?
                }
                _ => VersionSpecifier::equals_version(version),
            };
            return Ok(asked(VersionSpecifiers::from_iter([specifier]), tag));
        }
        let specifiers = VersionSpecifiers::from_str(bare).map_err(|error| {
            // The parser's own words are of use to who wrote an operator.
            let has_operator = bare.starts_with(['<', '>', '=', '!', '~']);
            let error = error.to_string();
            refuse(match error.lines().next() {
                Some(first) if has_operator => first.trim_end_matches(':').to_owned(),
                _ => "it is neither a version nor a condition".to_owned(),
            })
        })?;
        let mut tag = None;
        let mut public = Vec::new();
        for specifier in specifiers.iter() {
            let (operator, version) = specifier.clone().into_parts();
            if let Some(named) = tag_of(&version).transpose()? {
                tag = Some(named);
            }
            public.push(
                VersionSpecifier::from_version(operator, version.without_local())
                    .map_err(|error| refuse(error.to_string()))?,
            );
        }
        Ok(asked(VersionSpecifiers::from_iter(public), tag))
    }
}

/// How nightlies are got, which no plan is made of: none of them is there for long.
fn of_nightlies() -> String {
    let tag = torch_matrix::latest().and_then(|latest| latest.index_cuda_tags.first());
    let address = tag.and_then(|tag| torch_matrix::mirror("official").ok()?.nightly_url(tag));
    let command = address.map_or(String::new(), |address| {
        format!(
            ". What installs one is `pip install --pre torch torchvision --index-url {address}`, with the folder of a CUDA that your driver runs"
        )
    });
    format!(
        "plans are for releases, and nightlies change every day{command}; `lessons torch wheels --nightly` shows which were seen, and with --index official which there are now"
    )
}

impl FromStr for Libc {
    type Err = AskedError;

    fn from_str(text: &str) -> Result<Self, AskedError> {
        let refuse = || AskedError::new("a C library such as 2.31 or musl", text, "it is neither");
        let text = text.trim();
        if text.starts_with("musl") {
            return Ok(Self::Musl);
        }
        let version = text.strip_prefix("glibc").unwrap_or(text);
        let (major, minor) = version
            .trim_start_matches(['-', ' '])
            .split_once('.')
            .ok_or_else(refuse)?;
        Ok(Self::Glibc(
            major.parse().map_err(|_| refuse())?,
            minor.parse().map_err(|_| refuse())?,
        ))
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An option of the command line.
    Option(&'static str),
    /// A machine, there.
    Machine(String),
    /// Nothing says so: it is what is usual.
    Assumed,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

impl<T> Given<T> {
    fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    fn option(value: T, name: &'static str) -> Self {
        Self::new(value, Source::Option(name))
    }
}

/// What is asked, with all that is known.
#[derive(Debug, Clone)]
pub struct Question {
    /// The system and processor.
    pub platform: Given<Platform>,
    /// The C library, where it is known.
    pub libc: Option<Given<Libc>>,
    /// The Python.
    pub python: Given<PythonVersion>,
    /// The driver, or the CUDA that it supports.
    pub driver: Option<Given<Driver>>,
    /// Whose numbering the driver is in.
    pub driver_os: Os,
    /// The GPUs.
    pub gpus: Vec<Given<Gpu>>,
    /// What the machine's own GPUs are to it.
    pub machine_gpu: MachineGpu,
    /// What kept the machine's GPUs or driver from being read.
    pub unread: Vec<String>,
    /// The torch that was given.
    pub torch: Option<AskedTorch>,
    /// Which builds are asked for.
    pub wish: Wish,
    /// The companions, and whether they were asked for.
    pub companions: Given<Vec<Package>>,
    /// Where to download from.
    pub mirror: Place,
    /// What to install with, where it was said.
    pub tool: Option<Tool>,
    /// The environment that it goes to.
    pub environment: Environment,
}

/// What was found of the GPUs of the machine that the question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineGpu {
    /// They do not matter: a GPU, a driver or a CUDA was given.
    NotAsked,
    /// Their names and capabilities.
    Read,
    /// A GPU, but no driver that tells more.
    WithoutDriver,
    /// There is none of NVIDIA's.
    None {
        /// Where that was seen.
        source: String,
    },
    /// Neither a GPU nor a driver was found, where not everything can be seen.
    NotFound,
}

/// The environment that torch goes to, as far as the commands depend on it.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The word that starts its Python.
    pub python: String,
    /// Whether uv made it: then it has no pip of its own.
    pub made_by_uv: bool,
    /// Whether it is none yet: a Python of the system.
    pub missing: bool,
    /// The torch in it.
    pub installed: Option<(Version, Option<BuildTag>)>,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            python: "python".to_owned(),
            made_by_uv: false,
            missing: false,
            installed: None,
        }
    }
}

/// The Python of a new environment: in the middle of what torch and most packages support.
pub const SUGGESTED_PYTHON: PythonVersion = PythonVersion::new(3, 12);

/// The companions of an install command that names none: what PyTorch's own page names.
pub const USUAL_COMPANIONS: [Package; 1] = [Package::Torchvision];

impl Question {
    /// Puts together what was given and what a machine has. A machine of another system or processor than the one that
    /// was given has nothing to say.
    pub fn new(asked: &Asked, facts: Option<&Facts<'_>>) -> Self {
        let machine = facts.and_then(|facts| Some((facts, platform(facts)?)));
        let here = machine.map(|(_, platform)| platform);
        let assumed = Platform::new(Os::Linux, Arch::X86_64);
        let wanted = Platform::new(
            asked.os.or(here.map(|here| here.os)).unwrap_or(assumed.os),
            asked
                .arch
                .or(here.map(|here| here.arch))
                .or((asked.os == Some(Os::MacOs)).then_some(Arch::Aarch64))
                .unwrap_or(assumed.arch),
        );
        let apple = asked.gpus.iter().any(|gpu| gpu.maker == Maker::Apple);
        let wanted = match asked.os {
            // Apple's GPUs are in Macs alone.
            None if apple => Platform::new(Os::MacOs, Arch::Aarch64),
            // A Mac of today is an Arm; this machine's processor says nothing about it.
            Some(Os::MacOs)
                if asked.arch.is_none() && here.is_none_or(|here| here.os != Os::MacOs) =>
            {
                Platform::new(Os::MacOs, Arch::Aarch64)
            }
            _ => wanted,
        };
        let platform = match (asked.os, asked.arch, here) {
            (None, _, _) if apple => Given::option(wanted, "--gpu"),
            (None, None, Some(_)) => Given::new(wanted, Source::Machine("machine".to_owned())),
            (None, None, None) => Given::new(wanted, Source::Assumed),
            (Some(_), _, _) => Given::option(wanted, "--os"),
            (None, Some(_), _) => Given::option(wanted, "--arch"),
        };
        let facts = machine
            .filter(|(_, here)| *here == wanted)
            .map(|(facts, _)| facts);
        let mut question = Self {
            platform,
            libc: asked
                .libc
                .map(|libc| Given::option(libc, "--libc"))
                .or_else(|| facts.and_then(libc)),
            python: Given::new(SUGGESTED_PYTHON, Source::Assumed),
            driver: None,
            driver_os: facts.map_or(wanted.os, driver_os),
            gpus: Vec::new(),
            machine_gpu: MachineGpu::NotAsked,
            unread: Vec::new(),
            torch: asked.torch.clone(),
            wish: Wish::default(),
            companions: match &asked.companions {
                Some(companions) => Given::option(companions.clone(), "--with"),
                None => Given::new(USUAL_COMPANIONS.to_vec(), Source::Assumed),
            },
            mirror: asked.mirror.clone().unwrap_or_default(),
            tool: asked.tool,
            environment: Environment::default(),
        };
        question.read_python(asked, facts);
        question.read_driver(asked, facts);
        question.read_gpus(asked, facts);
        question.read_wish(asked);
        question
    }

    /// Why a driver and a CUDA cannot be given together: both say how new the driver is. None where one of them was not
    /// given, or `--cuda` names a build without CUDA.
    pub fn driver_beside_cuda(&self, asked: &Asked) -> Option<Message> {
        let (Some(driver), Some(AskedCuda::Host(cuda))) = (&asked.driver, &asked.cuda) else {
            return None;
        };
        let (shown, most) = match (driver, self.driver.as_ref().map(|driver| &driver.value)) {
            (AskedDriver::Version(version), _) => (
                version.to_string(),
                cuda_driver::ceiling(version, self.driver_os).ok(),
            ),
            (AskedDriver::Branch(branch), Some(Driver::Supports(most))) => {
                (branch.to_string(), Some(*most))
            }
            (AskedDriver::Branch(branch), _) => (branch.to_string(), None),
        };
        let said = |id| {
            Message::shared(id)
                .arg("driver", shown.clone())
                .arg("cuda", cuda.release().to_string())
        };
        Some(match most {
            Some(most) if cuda.release() > most.release() => {
                said("plan-usage-driver-contradicts-cuda").arg("most", most.release().to_string())
            }
            _ => said("plan-usage-driver-and-cuda"),
        })
    }

    fn read_python(&mut self, asked: &Asked, facts: Option<&Facts<'_>>) {
        if let Some(facts) = facts
            && let Ok(Some(environment)) = facts.environment()
        {
            self.environment = Environment {
                python: python(facts),
                made_by_uv: environment.made_by_uv,
                missing: environment.kind == EnvironmentKind::System
                    && !matches!(
                        facts.place(),
                        Surroundings::Container | Surroundings::Sandbox
                    ),
                installed: match facts.torch() {
                    Ok(Some(torch)) => Some((torch.version.clone(), torch.build.clone().ok())),
                    Ok(None) | Err(_) => None,
                },
            };
            if let Ok(python) = environment.python {
                self.python = Given::new(python, Source::Machine(environment.prefix.clone()));
            }
        }
        if let Some(python) = asked.python {
            if python != self.python.value {
                // It goes to another environment than the machine's.
                self.environment = Environment::default();
            }
            self.python = Given::option(python, "--python");
        }
    }

    fn read_driver(&mut self, asked: &Asked, facts: Option<&Facts<'_>>) {
        match (&asked.driver, &asked.cuda) {
            (Some(AskedDriver::Version(version)), _) => {
                self.driver = Some(Given::option(Driver::Version(version.clone()), "--driver"));
            }
            (Some(AskedDriver::Branch(branch)), _) => {
                let any = format!("{branch}.0").parse::<DriverVersion>().ok();
                self.driver = any.map(|any| {
                    let driver = match cuda_driver::ceiling(&any, self.driver_os) {
                        Ok(most) => Driver::Supports(most),
                        Err(_) => Driver::Version(any),
                    };
                    Given::option(driver, "--driver")
                });
            }
            (None, Some(AskedCuda::Host(cuda))) => {
                self.driver = Some(Given::option(Driver::Supports(*cuda), "--cuda"));
            }
            (None, Some(AskedCuda::Kind(_) | AskedCuda::Build(_))) => {}
            (None, None) => {
                if let Some(facts) = facts
                    && self.platform.value.os != Os::MacOs
                {
                    match facts.driver_version() {
                        Ok(driver) => {
                            self.driver = Some(Given::new(
                                Driver::Version(driver.value.clone()),
                                Source::Machine(driver.source.clone()),
                            ));
                        }
                        Err(unknown) => self
                            .unread
                            .push(format!("{}: {}", unknown.tried, unknown.why)),
                    }
                }
            }
        }
    }

    fn read_gpus(&mut self, asked: &Asked, facts: Option<&Facts<'_>>) {
        if !asked.gpus.is_empty() {
            self.gpus = asked
                .gpus
                .iter()
                .map(|gpu| Given::option(gpu.clone(), "--gpu"))
                .collect();
            return;
        }
        let Some(facts) = facts.filter(|_| self.platform.value.os != Os::MacOs) else {
            return;
        };
        match capabilities(facts) {
            Ok(gpus) if !gpus.is_empty() => {
                self.gpus = gpus
                    .into_iter()
                    .map(|(name, cc)| {
                        let gpu = Gpu::nvidia(name, cc);
                        Given::new(gpu, Source::Machine("NVML".to_owned()))
                    })
                    .collect();
                self.machine_gpu = MachineGpu::Read;
                return;
            }
            Ok(_) => {}
            Err(unknown) => self
                .unread
                .push(format!("{}: {}", unknown.tried, unknown.why)),
        }
        if asked.driver.is_some() || asked.cuda.is_some() {
            return;
        }
        self.machine_gpu = match facts.has_nvidia_gpu() {
            Ok(true) => MachineGpu::WithoutDriver,
            Ok(false) => MachineGpu::None {
                source: "/sys/bus/pci/devices".to_owned(),
            },
            // A driver alone is a sign of a GPU that does not answer.
            Err(_) if self.driver.is_some() => MachineGpu::WithoutDriver,
            Err(_) => MachineGpu::NotFound,
        };
    }

    fn read_wish(&mut self, asked: &Asked) {
        let maker = self.gpus.first().map(|gpu| gpu.value.maker);
        let kind = match (&asked.cuda, maker) {
            (Some(AskedCuda::Kind(kind)), _) => *kind,
            (Some(AskedCuda::Build(_)), _) | (_, Some(Maker::Amd)) => Kind::Rocm,
            (_, Some(Maker::Intel)) => Kind::Xpu,
            // Apple's GPUs are used by the builds for macOS, which are called CPU builds.
            (_, Some(Maker::None | Maker::Apple)) => Kind::Cpu,
            _ if self.platform.value.os == Os::MacOs => Kind::Cpu,
            // What is not there cannot run a CUDA build; a torch that was asked for by its tag is another matter.
            _ if matches!(
                self.machine_gpu,
                MachineGpu::None { .. } | MachineGpu::NotFound
            ) =>
            {
                Kind::Cpu
            }
            _ => Kind::Cuda,
        };
        let named = self.torch.as_ref().and_then(|torch| torch.tag.clone());
        let named = match &asked.cuda {
            Some(AskedCuda::Build(tag)) => Some(tag.clone()),
            _ => named.or_else(|| self.mirror.tag()),
        };
        self.wish = Wish {
            torch: self
                .torch
                .as_ref()
                .map_or_else(VersionSpecifiers::empty, |torch| torch.versions.clone()),
            kind: named.as_ref().map_or(kind, Kind::of),
            tag: named,
            careful: false,
        };
    }

    /// What a build must fit.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            platform: self.platform.value,
            system: system(
                self.platform.value.os,
                self.libc.as_ref().map(|libc| libc.value),
            ),
            python: Some(self.python.value),
            driver: self.driver.as_ref().map(|driver| driver.value.clone()),
            driver_os: self.driver_os,
            gpus: self
                .gpus
                .iter()
                .filter_map(|gpu| gpu.value.compute_capability)
                .collect(),
            driver_serves_gpus: match &self.driver {
                Some(driver) if driver.source == Source::Option("--cuda") => true,
                Some(_) => self
                    .gpus
                    .iter()
                    .all(|gpu| matches!(gpu.source, Source::Machine(_))),
                None => true,
            },
            companions: self.companions.value.clone(),
            from_pypi: self.mirror.is_pypi(),
        }
    }
}

impl Kind {
    /// The kind that a build is of.
    pub(super) fn of(tag: &BuildTag) -> Self {
        match tag {
            BuildTag::Cpu => Self::Cpu,
            BuildTag::Cuda(_) => Self::Cuda,
            BuildTag::Rocm(_) => Self::Rocm,
            BuildTag::Xpu => Self::Xpu,
        }
    }
}

fn system(os: Os, libc: Option<Libc>) -> System {
    match (os, libc) {
        (Os::Linux, Some(Libc::Musl)) => System::Musl(None),
        (Os::Linux, Some(Libc::Glibc(major, minor))) => System::Glibc(Some((major, minor))),
        (Os::Linux, None) => System::Glibc(None),
        (Os::Windows, _) => System::Windows,
        (Os::MacOs, _) => System::MacOs(None),
    }
}

fn platform(facts: &Facts<'_>) -> Option<Platform> {
    let machine = facts.platform();
    Some(Platform::new(
        machine.os.parse().ok()?,
        machine.arch.parse().ok()?,
    ))
}

/// The C library of a machine, where it is known.
fn libc(facts: &Facts<'_>) -> Option<Given<Libc>> {
    let libc = facts.libc().ok()??;
    Some(Given::new(libc.value, Source::Machine(libc.source)))
}

impl Wanted {
    /// What a machine has, as far as it is known; an error where the tables do not know the platform.
    pub fn of(facts: &Facts<'_>) -> crate::facts::Known<Self> {
        let machine = facts.platform();
        let platform = platform(facts).ok_or_else(|| {
            crate::facts::Unknown::not_understood(format!("{} {}", machine.os, machine.arch))
        })?;
        let python = match facts.environment() {
            Ok(Some(environment)) => environment.python.clone().ok(),
            Ok(None) | Err(_) => None,
        };
        let gpus = capabilities(facts).unwrap_or_default();
        Ok(Self {
            platform,
            system: system(platform.os, libc(facts).map(|libc| libc.value)),
            python,
            driver: facts
                .driver_version()
                .as_ref()
                .ok()
                .map(|driver| Driver::Version(driver.value.clone())),
            driver_os: driver_os(facts),
            gpus: gpus.into_iter().map(|(_, cc)| cc).collect(),
            driver_serves_gpus: true,
            companions: Vec::new(),
            from_pypi: false,
        })
    }
}

/// Whose numbering a driver's version is in. In WSL the driver is Windows'.
pub fn driver_os(facts: &Facts<'_>) -> Os {
    if facts.place() == Surroundings::Wsl {
        return Os::Windows;
    }
    facts.platform().os.parse().unwrap_or(Os::Linux)
}

/// The name and the compute capability of every GPU; unknown where one of them does not tell.
pub fn capabilities(
    facts: &Facts<'_>,
) -> crate::facts::Known<Vec<(String, crate::version::ComputeCapability)>> {
    use crate::facts::Unknown;
    let gpus = facts.gpus().as_ref().map_err(Clone::clone)?;
    gpus.iter()
        .map(|gpu| {
            let name = gpu
                .name
                .clone()
                .unwrap_or_else(|| format!("GPU {}", gpu.index));
            match (gpu.compute_capability, gpu.error) {
                (Some(cc), _) => Ok((name, cc)),
                (None, Some(code)) => Err(Unknown::nvml(format!("NVML, GPU {}", gpu.index), code)),
                (None, None) => Err(Unknown::not_understood(format!("NVML, GPU {}", gpu.index))),
            }
        })
        .collect()
}

/// The word that starts the environment's Python.
pub fn python(facts: &Facts<'_>) -> String {
    match facts.environment() {
        Ok(Some(environment)) => match environment.kind {
            // Not active: `python` would be another one.
            EnvironmentKind::Idle => quoted(&environment.interpreter),
            EnvironmentKind::System if environment.interpreter.ends_with("/python3") => {
                "python3".to_owned()
            }
            _ => "python".to_owned(),
        },
        Ok(None) | Err(_) => "python".to_owned(),
    }
}

/// The newest release with wheels for a Python on a platform.
pub fn newest_for(python: PythonVersion) -> Option<&'static torch_matrix::Release> {
    torch_matrix::releases()
        .iter()
        .rev()
        .find(|release| release.supports_python(python))
}
