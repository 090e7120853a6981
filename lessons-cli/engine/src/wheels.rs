//! Which wheels there are for a CUDA version and a Python, newest first; and where there is none, what comes nearest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};
use serde::Serialize;

use crate::catalogue::{Catalogue, Listing, Repository, WheelFile};
use crate::read::index::Yanked;
use crate::read::wheel::{Wheel, normalised};
use crate::tables::torch_matrix::{self, Package, Presence};
use crate::tables::{Arch, Os, Platform};
use crate::version::{BuildTag, PythonVersion};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The project as indexes write it: `torch`.
    pub package: String,
    /// For this build alone.
    pub build: Option<BuildTag>,
    /// For this Python alone.
    pub python: Option<PythonVersion>,
    /// For this operating system alone.
    pub os: Option<Os>,
    /// For this processor alone.
    pub arch: Option<Arch>,
    /// Nightlies in place of stable releases.
    pub nightly: bool,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `lessons-torch-wheels/1`.
    pub schema: &'static str,
    /// What was looked for.
    pub asked: Asked,
    /// The day on which the catalogue was put together, or the index read.
    pub as_of: String,
    /// Where was looked: the repositories with wheels of the project.
    pub sources: Vec<Source>,
    /// The versions with wheels that fit, the newest first.
    pub releases: Vec<Release>,
    /// Versions that fit by the table of releases, but of which no wheel is named here; the newest first.
    pub unnamed: Vec<String>,
    /// Why there is none, and what there is instead; none where there are releases.
    pub nearest: Option<Nearest>,
}

/// A repository that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// `pypi`, `cu126`, `nightly/cu132`.
    pub repository: String,
    /// Its address.
    pub url: String,
    /// On which day it was seen so.
    pub as_of: String,
    /// Whether every wheel of the project is named; otherwise there may be more.
    pub whole: bool,
}

/// The wheels of a version that fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The version with its local part, as the names have it.
    pub version: String,
    /// What it was built for, where that is known; on `PyPI` it may differ by platform.
    pub builds: Vec<BuildTag>,
    /// Where it is.
    pub repository: String,
    /// The wheels.
    pub wheels: Vec<Offer>,
}

/// A wheel that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Its name.
    pub filename: String,
    /// Its address, where it was seen on an index.
    pub url: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its SHA-256.
    pub sha256: Option<String>,
    /// Which Pythons its metadata asks for.
    pub requires_python: Option<String>,
    /// Whether it was taken back.
    pub yanked: Yanked,
    /// What it was built for, where that is known.
    pub build: Option<BuildTag>,
    /// Its Python tags.
    pub python_tags: Vec<String>,
    /// Its ABI tags.
    pub abi_tags: Vec<String>,
    /// Its platform tags.
    pub platform_tags: Vec<String>,
}

/// What comes nearest to a question that nothing answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// Why there is nothing.
    pub why: WhyNone,
    /// Other builds with wheels for that Python and platform, those next to the one asked for first.
    pub builds: Vec<BuildTag>,
    /// Other Pythons with wheels of that build and platform, in order.
    pub pythons: Vec<PythonVersion>,
    /// Platforms with wheels of that build for that Python.
    pub platforms: Vec<String>,
    /// The newest version of that build for whatever Python.
    pub newest_of_build: Option<String>,
    /// The newest version for that Python of whatever build.
    pub newest_for_python: Option<String>,
    /// How many wheels for that Python and platform do not tell what they were built for.
    pub untold: usize,
    /// Of what projects the wheels are, where none is of the one asked for.
    pub projects: Vec<String>,
}

/// Why there is no wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNone {
    /// No wheel is of that project.
    NoSuchProject,
    /// There are stable releases, and a nightly was asked for; or the reverse.
    OtherChannel,
    /// No wheel was made for that build.
    NoSuchBuild,
    /// No wheel was made for that Python.
    NoSuchPython,
    /// There are wheels of that build and for that Python, but none for both.
    NotTogether,
    /// There are, but for other platforms.
    OtherPlatform,
}

/// What the catalogue that comes along has for a question, and what the table of releases adds to it.
pub fn bundled(asked: Asked) -> Answer {
    look(Catalogue::bundled(), asked, true)
}

/// What a catalogue has for a question. One that was read a moment ago is not corrected by a table.
pub fn answer(catalogue: &Catalogue, asked: Asked) -> Answer {
    look(catalogue, asked, false)
}

fn look(catalogue: &Catalogue, asked: Asked, by_table: bool) -> Answer {
    let asked = Asked {
        package: normalised(&asked.package),
        ..asked
    };
    let known = Known::of(catalogue, &asked.package);
    let mut fitting: BTreeMap<(Reverse<Version>, &str), Release> = BTreeMap::new();
    let mut specifiers = Specifiers::default();
    for entry in known.entries.iter().filter(|entry| {
        entry.is_of_channel(&asked)
            && entry.fits_build(&asked)
            && entry.fits_python(&asked, &mut specifiers)
            && entry.fits_platform(&asked)
    }) {
        let key = (Reverse(entry.version.clone()), entry.repository.as_str());
        let release = fitting.entry(key).or_insert_with(|| Release {
            version: entry.wheel.full_version(),
            builds: Vec::new(),
            repository: entry.repository.clone(),
            wheels: Vec::new(),
        });
        if let Some(build) = entry
            .build
            .as_ref()
            .filter(|build| !release.builds.contains(build))
        {
            release.builds.push(build.clone());
        }
        release.wheels.push(entry.offer());
    }
    let mut releases: Vec<Release> = fitting.into_values().collect();
    for release in &mut releases {
        release.builds.sort();
        release.wheels.sort_by(|one, other| {
            python_key(&one.abi_tags, &one.python_tags)
                .cmp(&python_key(&other.abi_tags, &other.python_tags))
                .then_with(|| one.filename.cmp(&other.filename))
        });
    }
    let unnamed = if by_table {
        unnamed(&known, &asked)
    } else {
        Vec::new()
    };
    let nearest = (releases.is_empty() && unnamed.is_empty())
        .then(|| nearest(&known, catalogue, &asked, &mut specifiers));
    Answer {
        schema: "lessons-torch-wheels/1",
        as_of: catalogue.as_of.to_string(),
        sources: sources(catalogue, &asked),
        asked,
        releases,
        unnamed,
        nearest,
    }
}

/// What a plain name says besides itself.
struct Entry<'c> {
    repository: String,
    file: &'c WheelFile,
    wheel: Wheel,
    version: Version,
    build: Option<BuildTag>,
    platforms: BTreeSet<Option<Platform>>,
}

impl Entry<'_> {
    fn is_of_channel(&self, asked: &Asked) -> bool {
        self.version.any_prerelease() == asked.nightly
    }

    fn fits_build(&self, asked: &Asked) -> bool {
        asked.build.is_none() || asked.build == self.build
    }

    fn fits_python(&self, asked: &Asked, specifiers: &mut Specifiers) -> bool {
        let Some(python) = asked.python else {
            return true;
        };
        self.wheel.fits_python(python)
            && specifiers.admit(self.file.requires_python.as_deref(), python)
    }

    fn fits_platform(&self, asked: &Asked) -> bool {
        self.platforms.iter().any(|platform| {
            platform.is_none_or(|platform| {
                asked.os.is_none_or(|os| os == platform.os)
                    && asked.arch.is_none_or(|arch| arch == platform.arch)
            })
        })
    }

    fn offer(&self) -> Offer {
        let words = |tags: &[crate::read::text::Seen<String>]| {
            tags.iter().map(|tag| tag.value.clone()).collect()
        };
        Offer {
            filename: self.file.name.to_string(),
            url: self.file.url.clone(),
            size: self.file.size,
            sha256: self.file.sha256.as_deref().map(str::to_owned),
            requires_python: self.file.requires_python.as_deref().map(str::to_owned),
            yanked: self.file.yanked.clone(),
            build: self.build.clone(),
            python_tags: words(&self.wheel.python_tags),
            abi_tags: words(&self.wheel.abi_tags),
            platform_tags: words(&self.wheel.platform_tags),
        }
    }
}

/// The wheels of a project that a catalogue knows, each name once.
struct Known<'c> {
    entries: Vec<Entry<'c>>,
}

impl<'c> Known<'c> {
    fn of(catalogue: &'c Catalogue, package: &str) -> Self {
        let start = package.replace('-', "_");
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        // Of two listings of one repository the later counts.
        for listing in catalogue.listings.iter().rev() {
            for file in &listing.files {
                // Most names are of another project: they are not taken apart.
                let own = file
                    .name
                    .get(..start.len())
                    .is_some_and(|name| name.eq_ignore_ascii_case(&start))
                    || file.name.contains(['.', '_', '%']) && starts_like(&file.name, package);
                if !own || !seen.insert((&listing.repository, file.name.as_ref())) {
                    continue;
                }
                let Some(wheel) = file.wheel().filter(|wheel| wheel.project() == package) else {
                    continue;
                };
                // What pip and uv pass over is not on offer.
                let Some(version) = wheel.pep440() else {
                    continue;
                };
                let platforms = wheel
                    .platform_tags
                    .iter()
                    .map(|tag| platform(tag))
                    .collect();
                entries.push(Entry {
                    repository: listing.repository.to_string(),
                    build: build_of(&listing.repository, package, &wheel, &version),
                    file,
                    wheel,
                    version,
                    platforms,
                });
            }
        }
        Self { entries }
    }
}

/// Whether a file's project is this one, however its name is written.
fn starts_like(file: &str, package: &str) -> bool {
    file.split('-')
        .next()
        .is_some_and(|project| normalised(project) == package)
}

/// What a wheel was built for: its name says so, or the folder it lies in, or a table for `PyPI`'s.
fn build_of(
    repository: &Repository,
    package: &str,
    wheel: &Wheel,
    version: &Version,
) -> Option<BuildTag> {
    if let Some(local) = &wheel.local {
        // `cu117.with.pypi.cudnn` is still of CUDA 11.7.
        return [local.as_str(), local.split('.').next().unwrap_or_default()]
            .into_iter()
            .find_map(|tag| tag.parse().ok());
    }
    match repository {
        Repository::Folder(tag) | Repository::Nightly(tag) => Some(tag.clone()),
        Repository::Pypi => {
            let on = wheel.platform_tags.iter().find_map(|tag| platform(tag))?;
            pypi_build(package, version, on)
        }
    }
}

fn pypi_build(package: &str, version: &Version, on: Platform) -> Option<BuildTag> {
    if package == "torch" {
        return torch_matrix::release(version).ok()?.pypi_build(on).cloned();
    }
    let package: Package = package.parse().ok()?;
    let row = torch_matrix::companion(package, version).ok()?;
    match (on.os, row.pypi_linux_cuda) {
        (Os::Linux, Some(cuda)) if on.arch == Arch::X86_64 => Some(BuildTag::Cuda(cuda)),
        _ => None,
    }
}

/// The platform of a tag; none for `any` and for what is not told apart here.
fn platform(tag: &str) -> Option<Platform> {
    let os = if tag.contains("linux") {
        Os::Linux
    } else if tag.starts_with("win") {
        Os::Windows
    } else if tag.starts_with("macosx") {
        Os::MacOs
    } else {
        return None;
    };
    let arch = if tag.ends_with("x86_64") || tag.ends_with("amd64") {
        Arch::X86_64
    } else if tag.ends_with("aarch64") || tag.ends_with("arm64") {
        Arch::Aarch64
    } else {
        return None;
    };
    Some(Platform::new(os, arch))
}

/// `Requires-Python` fields that were read before: a page has thousands of wheels and a handful of these.
#[derive(Default)]
struct Specifiers(HashMap<String, Option<VersionSpecifiers>>);

impl Specifiers {
    /// Whether a field admits some release of a Python. One that cannot be read admits all, as with pip.
    fn admit(&mut self, field: Option<&str>, python: PythonVersion) -> bool {
        let Some(field) = field else {
            return true;
        };
        let specifiers = self
            .0
            .entry(field.to_owned())
            .or_insert_with(|| VersionSpecifiers::from_str(field).ok());
        let Some(specifiers) = specifiers else {
            return true;
        };
        // `>3.8` and `!=3.9.0` are about the third number, which is not known: any of them will do.
        [0, 1, 2, 50].into_iter().any(|patch| {
            specifiers.contains(&Version::new([
                u64::from(python.major),
                u64::from(python.minor),
                patch,
            ]))
        })
    }
}

fn sources(catalogue: &Catalogue, asked: &Asked) -> Vec<Source> {
    let wanted = |listing: &&Listing| match (&listing.repository, &asked.build) {
        (Repository::Pypi, _) => !asked.nightly,
        (Repository::Folder(tag), build) => {
            !asked.nightly && build.as_ref().is_none_or(|build| build == tag)
        }
        (Repository::Nightly(tag), build) => {
            asked.nightly && build.as_ref().is_none_or(|build| build == tag)
        }
    };
    catalogue
        .listings
        .iter()
        .filter(wanted)
        .map(|listing| Source {
            repository: listing.repository.to_string(),
            url: listing.url.to_string(),
            as_of: listing.as_of.to_string(),
            whole: listing
                .whole
                .iter()
                .any(|whole| whole.project == asked.package && whole.versions.is_empty()),
        })
        .collect()
}

/// What the table of releases has on PyTorch's own index for the question, and no name is known of.
fn unnamed(known: &Known<'_>, asked: &Asked) -> Vec<String> {
    let (Some(build), false) = (&asked.build, asked.nightly) else {
        return Vec::new();
    };
    if asked.package != "torch" {
        return Vec::new();
    }
    let platform_is_usual = asked.os.is_none_or(|os| os != Os::MacOs)
        && asked.arch.is_none_or(|arch| arch == Arch::X86_64);
    if !platform_is_usual {
        return Vec::new();
    }
    // PyPI's wheels are others than those of PyTorch's own index.
    let pypi = Repository::Pypi.to_string();
    let mut specifiers = Specifiers::default();
    let named: BTreeSet<Version> = known
        .entries
        .iter()
        .filter(|entry| {
            entry.repository != pypi
                && entry.fits_build(asked)
                && entry.fits_python(asked, &mut specifiers)
                && entry.fits_platform(asked)
        })
        .map(|entry| entry.version.clone().without_local())
        .collect();
    let mut missing: Vec<&Version> = torch_matrix::releases()
        .iter()
        .filter(|release| {
            release.on_index(build) == Presence::Yes
                && asked
                    .python
                    .is_none_or(|python| release.supports_python(python))
                && !named.contains(&release.torch)
        })
        .map(|release| &release.torch)
        .collect();
    missing.sort_by(|one, other| other.cmp(one));
    missing
        .into_iter()
        .map(|version| format!("{version}+{build}"))
        .collect()
}

fn nearest(
    known: &Known<'_>,
    catalogue: &Catalogue,
    asked: &Asked,
    specifiers: &mut Specifiers,
) -> Nearest {
    let channel: Vec<&Entry<'_>> = known
        .entries
        .iter()
        .filter(|entry| entry.is_of_channel(asked))
        .collect();
    let mut builds = BTreeSet::new();
    let mut pythons = BTreeSet::new();
    let mut platforms = BTreeSet::new();
    let mut newest_of_build: Option<&Version> = None;
    let mut newest_for_python: Option<&Version> = None;
    let (mut build_exists, mut python_exists, mut together) = (false, false, false);
    let mut untold = 0;
    for entry in &channel {
        let build = entry.fits_build(asked);
        let python = entry.fits_python(asked, specifiers);
        let on = entry.fits_platform(asked);
        build_exists |= build;
        python_exists |= python;
        together |= build && python;
        if build && python {
            platforms.extend(entry.platforms.iter().flatten().map(ToString::to_string));
        }
        if python && on {
            builds.extend(entry.build.clone());
            untold += usize::from(entry.build.is_none());
            newest_for_python = newest_for_python.max(Some(&entry.version));
        }
        if build && on {
            pythons.extend(entry.wheel.pythons());
            newest_of_build = newest_of_build.max(Some(&entry.version));
        }
    }
    let why = if known.entries.is_empty() {
        WhyNone::NoSuchProject
    } else if channel.is_empty() {
        WhyNone::OtherChannel
    } else if together {
        WhyNone::OtherPlatform
    } else if !build_exists {
        WhyNone::NoSuchBuild
    } else if !python_exists {
        WhyNone::NoSuchPython
    } else {
        WhyNone::NotTogether
    };
    let projects: BTreeSet<String> = if known.entries.is_empty() {
        let names = catalogue.listings.iter().flat_map(|listing| &listing.files);
        names
            .filter_map(|file| Some(normalised(file.name.split('-').next()?)))
            .collect()
    } else {
        BTreeSet::new()
    };
    Nearest {
        why,
        builds: by_distance(builds, asked.build.as_ref()),
        pythons: pythons.into_iter().collect(),
        platforms: platforms.into_iter().collect(),
        newest_of_build: newest_of_build.map(ToString::to_string),
        newest_for_python: newest_for_python.map(ToString::to_string),
        untold,
        projects: projects.into_iter().collect(),
    }
}

/// Builds with the CUDA nearest to the one asked for first, and of two that are as near the older.
fn by_distance(builds: BTreeSet<BuildTag>, asked: Option<&BuildTag>) -> Vec<BuildTag> {
    let mut builds: Vec<BuildTag> = builds.into_iter().collect();
    if let Some(asked) = asked.and_then(BuildTag::cuda) {
        let number = |major: u32, minor: u32| i64::from(major) * 10 + i64::from(minor);
        builds.sort_by_key(|build| match build.cuda() {
            Some(cuda) => {
                let apart = number(cuda.major, cuda.minor) - number(asked.major, asked.minor);
                (0, apart.abs(), apart)
            }
            None => (1, 0, 0),
        });
    }
    builds
}

/// What sorts Python tags by their numbers: `cp39` before `cp310`, and `cp313` before `cp313t`.
fn python_key(abi: &[String], python: &[String]) -> (Option<PythonVersion>, String) {
    let version = abi
        .iter()
        .chain(python)
        .find_map(|tag| PythonVersion::from_tag(tag).ok());
    (version, abi.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(build: &str, python: &str) -> Asked {
        Asked {
            package: "torch".to_owned(),
            build: (!build.is_empty()).then(|| build.parse().unwrap()),
            python: (!python.is_empty()).then(|| python.parse().unwrap()),
            os: None,
            arch: None,
            nightly: false,
        }
    }

    fn versions(answer: &Answer) -> Vec<&str> {
        answer
            .releases
            .iter()
            .map(|release| release.version.as_str())
            .collect()
    }

    #[test]
    fn the_seeds_question_has_its_answer_newest_first() {
        let answer = bundled(asked("cu124", "3.11"));
        let versions = versions(&answer);
        assert_eq!(versions.first(), Some(&"2.6.0+cu124"), "{versions:?}");
        // PyPI's default of 2.5 and 2.6 on Linux is of CUDA 12.4 as well.
        assert!(versions.contains(&"2.5.0"), "{versions:?}");
        assert!(!versions.iter().any(|version| version.starts_with("2.7")));
        for release in &answer.releases {
            for wheel in &release.wheels {
                assert!(wheel.filename.contains("cp311"), "{}", wheel.filename);
                if release.repository == "pypi" {
                    assert!(wheel.filename.contains("x86_64"), "{}", wheel.filename);
                }
            }
        }
        assert_eq!(answer.nearest, None);
    }

    #[test]
    fn versions_are_compared_as_versions() {
        let answer = bundled(asked("", "3.12"));
        let versions = versions(&answer);
        let at = |wanted: &str| {
            versions
                .iter()
                .position(|version| *version == wanted)
                .unwrap()
        };
        assert!(at("2.15.0") < at("2.9.1"), "{versions:?}");
        assert!(versions.iter().all(|version| !version.contains("dev")));
    }

    #[test]
    fn a_combination_that_never_was_says_what_comes_nearest() {
        let none = bundled(asked("cu90", "3.14")).nearest.unwrap();
        assert_eq!(none.why, WhyNone::NotTogether);
        assert_eq!(none.pythons.first(), Some(&PythonVersion::new(2, 7)));
        assert_eq!(none.pythons.last(), Some(&PythonVersion::new(3, 7)));
        assert!(none.builds.contains(&"cu130".parse().unwrap()), "{none:?}");
        assert!(none.newest_for_python.is_some() && none.newest_of_build.is_some());

        let none = bundled(asked("cu125", "3.11")).nearest.unwrap();
        assert_eq!(none.why, WhyNone::NoSuchBuild);
        assert_eq!(none.builds.first(), Some(&"cu124".parse().unwrap()));

        let none = bundled(asked("cu130", "3.2")).nearest.unwrap();
        assert_eq!(none.why, WhyNone::NoSuchPython);
        assert!(none.builds.is_empty() && !none.pythons.is_empty());

        let mac = Asked {
            os: Some(Os::MacOs),
            ..asked("cu130", "3.12")
        };
        let none = bundled(mac).nearest.unwrap();
        assert_eq!(none.why, WhyNone::OtherPlatform);
        assert!(
            none.platforms.contains(&"linux_x86_64".to_owned()),
            "{none:?}"
        );

        let other = Asked {
            package: "Numpy".to_owned(),
            ..asked("", "")
        };
        let none = bundled(other).nearest.unwrap();
        assert_eq!(none.why, WhyNone::NoSuchProject);
        assert!(none.projects.contains(&"torch".to_owned()));
    }

    #[test]
    fn what_the_metadata_asks_of_python_counts() {
        let page = r#"{"files": [
            {"filename": "torch-2.15.0-py3-none-manylinux_2_28_x86_64.whl", "url": "a", "requires-python": ">=3.11"},
            {"filename": "torch-2.14.0-py3-none-manylinux_2_28_x86_64.whl", "url": "b", "requires-python": "!=3.10.0,>3.9", "yanked": "bad"}]}"#;
        let index = crate::read::index::read(page).unwrap();
        let mut catalogue = Catalogue {
            as_of: "2026-11-24".into(),
            listings: Vec::new(),
        };
        catalogue.add(Listing::of_index(
            Repository::Pypi,
            "https://x.org/simple/torch/",
            "2026-11-24",
            &["torch"],
            &index,
        ));
        let of = |python: &str| {
            let answer = answer(&catalogue, asked("", python));
            versions(&answer).join(" ")
        };
        assert_eq!(of("3.11"), "2.15.0 2.14.0");
        assert_eq!(of("3.10"), "2.14.0");
        assert_eq!(of("3.8"), "");
        let answer = answer(&catalogue, asked("", "3.10"));
        assert_eq!(
            answer.releases[0].wheels[0].yanked,
            Yanked::Because("bad".to_owned())
        );
        assert!(answer.sources[0].whole);
    }

    #[test]
    fn what_a_table_promises_and_no_name_shows_is_told_apart() {
        let answer = bundled(asked("cu124", "3.11"));
        let named = versions(&answer);
        for version in ["2.6.0+cu124", "2.5.1+cu124", "2.4.0+cu124"] {
            assert_ne!(
                answer.unnamed.iter().any(|unnamed| unnamed == version),
                named.contains(&version),
                "{version}: {answer:?}"
            );
        }
        let nothing = bundled(asked("cu132", "3.15"));
        assert_eq!(nothing.nearest, None, "the table has 2.15.0 there");
        let windows = Asked {
            os: Some(Os::Windows),
            ..asked("cu132", "3.15")
        };
        assert_eq!(bundled(windows).unnamed, ["2.15.0+cu132"]);
    }
}
