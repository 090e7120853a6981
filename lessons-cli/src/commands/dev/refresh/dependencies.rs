//! The table of what torch brings along, made anew: what each release's own metadata asks for on Linux, what that asks
//! for in turn, and of everything the newest version that all of them take. It is what pip and uv would choose today.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::{Context, Result};
use lessons_engine::read::index::{File, Yanked};
use lessons_engine::read::wheel::{Host, Os as HostOs};
use lessons_engine::requirement::{Interpreter, Requirement};
use lessons_engine::tables::{Arch, Os, Platform, torch_dependencies};
use lessons_engine::version::PythonVersion;
use pep440_rs::{Version, VersionSpecifiers};
use serde::{Deserialize, Serialize};

use super::matrix::{brought, offered};
use super::metadata::{Metadata, Source};
use super::spans::{self, Edits};
use super::{Renewed, project_page};
use crate::http::Client;
use crate::offers::Found;

/// The Python for which packages are chosen, where a release has it; else the oldest that it has.
const PYTHON: (u32, u32) = (3, 11);

/// A glibc that every wheel of interest takes.
const GLIBC: (u32, u32) = (2, 28);

/// So many times versions are chosen anew until all of them agree. Each time settles a step of a chain of packages,
/// and torch's are a handful.
const MOST_ROUNDS: usize = 20;

/// No release brings more packages.
const MOST_PACKAGES: usize = 200;

/// What is read.
pub(super) struct Read<'a> {
    /// The index that was named, where the pages of other projects are.
    pub(super) index: &'a str,
    pub(super) torch: &'a Found,
    pub(super) metadata: &'a Source<'a>,
    pub(super) client: &'a Client,
    pub(super) today: &'a str,
}

/// A row of the table.
#[derive(Clone, Deserialize, Serialize)]
struct Row {
    torch: String,
    cuda: String,
    requires: Vec<String>,
    source: String,
    as_of: String,
    status: String,
}

#[derive(Deserialize)]
struct Table {
    releases: Vec<Row>,
}

/// Brings the table's text up to date: a row for each release of torch since its oldest one.
pub(super) fn renewed(text: &str, read: &Read<'_>) -> Result<Renewed> {
    let table: Table = serde_json::from_str(text)?;
    let all = spans::whole(text).context("it is empty")?;
    let place = spans::field(text, &all, "releases").context("it has no releases")?;
    let known: Vec<(Version, Row)> = table
        .releases
        .into_iter()
        .map(|row| Ok((row.torch.parse::<Version>()?, row)))
        .collect::<Result<_>>()?;
    let oldest = known.iter().map(|(torch, _)| torch).min();
    let mut out = Renewed::default();
    let mut differences = Differences::default();
    let mut rows: BTreeMap<Version, Row> = known.iter().cloned().collect();
    let shelf = Shelf {
        read,
        projects: RefCell::default(),
        metadata: RefCell::default(),
    };
    let offered = offered("torch", &read.torch.index.files);
    let gone: Vec<String> = known
        .iter()
        .filter(|(torch, _)| offered.iter().all(|release| release.version != *torch))
        .map(|(torch, _)| torch.to_string())
        .collect();
    if !gone.is_empty() {
        out.by_hand.push(format!(
            "what torch brings: its rows stay of releases without a wheel at {} that was not taken back: {}",
            read.torch.from,
            gone.join(" ")
        ));
    }
    // Nothing to be had of one package would be said of each release.
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for release in &offered {
        let torch = &release.version;
        if oldest.is_none_or(|oldest| torch < oldest) {
            continue;
        }
        let Some(python) = python_of(&release.files) else {
            let why = "it has no wheel for Linux x86_64".to_owned();
            missing.entry(why).or_default().push(torch.to_string());
            continue;
        };
        let here = Here::of(python);
        let set = match shelf.chosen(torch, &release.files, &here) {
            Ok(set) => set,
            Err(Stop::Gap(why)) => {
                missing.entry(why).or_default().push(torch.to_string());
                continue;
            }
            Err(Stop::Failed(error)) => return Err(error),
        };
        let old = rows.get(torch);
        if old.is_some_and(|old| old.cuda == set.cuda && old.requires == set.requires) {
            continue;
        }
        differences.note(torch, old, &set);
        let row = Row {
            torch: torch.to_string(),
            cuda: set.cuda,
            requires: set.requires,
            source: format!(
                "Requires-Dist of {} on PyPI and of what it asks for, for Linux x86_64 and Python {python}: of each package the newest version that all take, read {}",
                set.from, read.today
            ),
            as_of: read.today.to_owned(),
            status: "verified".to_owned(),
        };
        rows.insert(torch.clone(), row);
    }
    for (why, releases) in missing {
        out.by_hand.push(format!(
            "what torch {} brings: {why}; what its row says, if it has one, stays",
            releases.join(" ")
        ));
    }
    out.changes = differences.lines();
    if out.changes.is_empty() {
        text.clone_into(&mut out.text);
        return Ok(out);
    }
    let mut edits = Edits::default();
    if let Some(day) = spans::field(text, &all, "as_of") {
        edits.replace(text, day, &read.today);
    }
    let lines: Vec<String> = rows.values().rev().map(spans::line).collect();
    edits.put(place, format!("[\n  {}\n ]", lines.join(",\n  ")));
    out.text = edits.apply(text);
    torch_dependencies::readable(&out.text)
        .map_err(|error| anyhow::anyhow!("the renewed table could not be read: {error}"))?;
    Ok(out)
}

/// The Python for which a release's packages are chosen.
fn python_of(files: &[&File]) -> Option<PythonVersion> {
    let pythons: BTreeSet<PythonVersion> = files
        .iter()
        .filter_map(|file| file.wheel())
        .filter(|wheel| {
            let mut tags = wheel.platform_tags.iter();
            tags.any(|tag| tag.value.contains("linux") && tag.value.ends_with("x86_64"))
        })
        .flat_map(|wheel| wheel.pythons())
        .filter(|python| !python.free_threaded)
        .collect();
    let usual = pythons
        .iter()
        .find(|python| (python.major, python.minor) == PYTHON);
    usual.or_else(|| pythons.first()).copied()
}

/// Where packages are installed.
struct Here {
    python: PythonVersion,
    interpreter: Interpreter,
    host: Host,
}

impl Here {
    fn of(python: PythonVersion) -> Self {
        Self {
            python,
            interpreter: Interpreter {
                python: Some(python),
                platform: Some(Platform::new(Os::Linux, Arch::X86_64)),
            },
            host: Host {
                python: (python.major, python.minor),
                free_threaded: false,
                os: HostOs::Glibc(Some(GLIBC)),
                arch: "x86_64".to_owned(),
            },
        }
    }

    /// The wheels of a release for this system, that which would be taken first: a store may lack its metadata, and
    /// that of the wheel for another Python says the same, with its markers.
    fn sorted<'f>(&self, files: &[&'f File]) -> Vec<&'f File> {
        let here = |file: &&File| {
            let Some(wheel) = file.wheel() else {
                return false;
            };
            wheel
                .pythons()
                .into_iter()
                .chain([self.python])
                .any(|python| wheel.installs_on(&Self::of(python).host).is_yes())
        };
        let mut wheels: Vec<&File> = files.iter().copied().filter(here).collect();
        wheels.sort_by_key(|file| !self.takes(file));
        wheels
    }

    /// Whether a file of an index would be taken.
    fn takes(&self, file: &File) -> bool {
        let installs = |file: &File| {
            file.wheel()
                .is_some_and(|wheel| wheel.installs_on(&self.host).is_yes())
        };
        let python = Version::new([u64::from(self.python.major), u64::from(self.python.minor)]);
        let asks = file.requires_python.as_deref();
        let fits = asks
            .and_then(|asks| asks.parse::<VersionSpecifiers>().ok())
            .is_none_or(|asks| asks.contains(&python));
        file.yanked == Yanked::No && fits && installs(file)
    }
}

/// What one release of torch brings.
struct Brought {
    cuda: String,
    requires: Vec<String>,
    /// The wheel that says so.
    from: String,
}

/// What is asked of one package, by all that ask.
#[derive(Default)]
struct Asked {
    versions: Vec<VersionSpecifiers>,
    extras: BTreeSet<String>,
}

/// Why a release's packages were not chosen.
enum Stop {
    /// Something of it is not to be had; its row stays.
    Gap(String),
    /// Nothing could be asked; no row changes.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Pages and metadata, each read once.
struct Shelf<'a> {
    read: &'a Read<'a>,
    projects: RefCell<Known<String, Found>>,
    metadata: RefCell<Known<(String, Version), Metadata>>,
}

/// What was asked for, with none where it is not to be had.
type Known<K, V> = BTreeMap<K, Option<Rc<V>>>;

impl Shelf<'_> {
    /// The packages that a release of torch brings.
    fn chosen(&self, torch: &Version, files: &[&File], here: &Here) -> Result<Brought, Stop> {
        let wheels = here.sorted(files);
        let metadata = self.read.metadata;
        let Some(own) = metadata.of("torch", torch, self.read.torch, &wheels)? else {
            return Err(Stop::Gap("its metadata is not to be had".to_owned()));
        };
        let linux = Platform::new(Os::Linux, Arch::X86_64);
        let (_, build) = brought(&own, linux);
        let Some(cuda) = build.and_then(|build| build.cuda()) else {
            return Err(Stop::Gap("its metadata names no CUDA for Linux".to_owned()));
        };
        let mut chosen: BTreeMap<String, Version> = BTreeMap::new();
        for _ in 0..MOST_ROUNDS {
            let asked = self.asked(&own, &chosen, here)?;
            if asked.len() > MOST_PACKAGES {
                return Err(Stop::Gap(format!(
                    "it asks for more than {MOST_PACKAGES} packages"
                )));
            }
            let next = asked
                .iter()
                .map(|(name, asked)| Ok((name.clone(), self.newest(name, &asked.versions, here)?)))
                .collect::<Result<BTreeMap<_, _>, Stop>>()?;
            if next == chosen {
                return Ok(Brought {
                    cuda: cuda.to_string(),
                    requires: chosen
                        .into_iter()
                        .map(|(name, version)| format!("{name}=={version}"))
                        .collect(),
                    from: own.from,
                });
            }
            chosen = next;
        }
        Err(Stop::Gap(format!(
            "in {MOST_ROUNDS} rounds no set of versions was found that all take"
        )))
    }

    /// What torch asks for, and what the versions that are chosen so far ask for in turn.
    fn asked(
        &self,
        own: &Metadata,
        chosen: &BTreeMap<String, Version>,
        here: &Here,
    ) -> Result<BTreeMap<String, Asked>, Stop> {
        let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
        add(&own.lines, &own.from, &[], here, &mut asked)?;
        // A package is looked at again where a later one asks for more of its extras.
        let mut looked: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
        loop {
            let next = asked.iter().find_map(|(name, asked)| {
                let extras: Vec<String> = asked.extras.iter().cloned().collect();
                let key = (name.clone(), extras);
                (chosen.contains_key(name) && !looked.contains(&key)).then_some(key)
            });
            let Some((name, extras)) = next else {
                return Ok(asked);
            };
            if let Some(version) = chosen.get(&name) {
                let Some(told) = self.told(&name, version, here)? else {
                    return Err(Stop::Gap(format!(
                        "the metadata of {name} {version} is not to be had"
                    )));
                };
                let words: Vec<&str> = extras.iter().map(String::as_str).collect();
                add(&told.lines, &told.from, &words, here, &mut asked)?;
            }
            looked.insert((name, extras));
        }
    }

    /// The newest version of a project that all take.
    fn newest(
        &self,
        name: &str,
        asked: &[VersionSpecifiers],
        here: &Here,
    ) -> Result<Version, Stop> {
        let Some(page) = self.page(name)? else {
            return Err(Stop::Gap(format!("the page of {name} is not to be had")));
        };
        let best = offered(name, &page.index.files)
            .into_iter()
            .rev()
            .filter(|release| asked.iter().all(|asked| asked.contains(&release.version)))
            .find(|release| release.files.iter().any(|file| here.takes(file)));
        best.map(|release| release.version).ok_or_else(|| {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            Stop::Gap(format!(
                "no wheel of {name} {} is offered",
                asked.join(", ")
            ))
        })
    }

    fn page(&self, name: &str) -> Result<Option<Rc<Found>>> {
        if let Some(known) = self.projects.borrow().get(name) {
            return Ok(known.clone());
        }
        let page = match project_page(self.read.index, name, self.read.client) {
            Ok(page) => Some(Rc::new(page)),
            Err(error) if is_absent(&error) => None,
            Err(error) => return Err(error),
        };
        self.projects
            .borrow_mut()
            .insert(name.to_owned(), page.clone());
        Ok(page)
    }

    fn told(&self, name: &str, version: &Version, here: &Here) -> Result<Option<Rc<Metadata>>> {
        let key = (name.to_owned(), version.clone());
        if let Some(known) = self.metadata.borrow().get(&key) {
            return Ok(known.clone());
        }
        let Some(page) = self.page(name)? else {
            return Ok(None);
        };
        let releases = offered(name, &page.index.files);
        let release = releases.iter().find(|release| release.version == *version);
        let files = release.map_or_else(Vec::new, |release| here.sorted(&release.files));
        let told = self.read.metadata.of(name, version, &page, &files)?;
        let told = told.map(Rc::new);
        self.metadata.borrow_mut().insert(key, told.clone());
        Ok(told)
    }
}

/// Whether a page is not there, rather than not to be read.
fn is_absent(error: &anyhow::Error) -> bool {
    if error.is::<super::NoPage>() {
        return true;
    }
    error
        .downcast_ref::<crate::http::FetchError>()
        .is_some_and(|error| error.kind.is_absent())
}

/// Adds what lines of metadata ask for where they count.
fn add(
    lines: &[String],
    from: &str,
    extras: &[&str],
    here: &Here,
    asked: &mut BTreeMap<String, Asked>,
) -> Result<(), Stop> {
    for line in lines {
        let read: Requirement = line
            .parse()
            .map_err(|error| Stop::Gap(format!("{from} asks for `{line}`: {error}")))?;
        match read.counts_with(&here.interpreter, extras) {
            Some(false) => continue,
            Some(true) => {}
            None => {
                return Err(Stop::Gap(format!(
                    "whether `{line}` of {from} counts is not known"
                )));
            }
        }
        let Some(versions) = read.versions() else {
            return Err(Stop::Gap(format!("{from} asks for an address: `{line}`")));
        };
        let one = asked.entry(read.name).or_default();
        if !one.versions.contains(&versions) {
            one.versions.push(versions);
        }
        one.extras.extend(read.extras);
    }
    Ok(())
}

/// What changed: a package that came out anew is in many rows.
#[derive(Default)]
struct Differences {
    rows: Vec<String>,
    /// By name, so that what became of a package stands together.
    packages: BTreeMap<(String, String), Vec<String>>,
}

impl Differences {
    fn note(&mut self, torch: &Version, old: Option<&Row>, new: &Brought) {
        let Some(old) = old else {
            self.rows.push(format!(
                "+ torch {torch}: {} packages, CUDA {}",
                new.requires.len(),
                new.cuda
            ));
            return;
        };
        if old.cuda != new.cuda {
            self.rows.push(format!(
                "~ torch {torch}: CUDA {}, not {}",
                new.cuda, old.cuda
            ));
        }
        let versions = |requires: &'_ [String]| -> BTreeMap<String, String> {
            requires
                .iter()
                .filter_map(|line| line.split_once("=="))
                .map(|(name, version)| (name.to_owned(), version.to_owned()))
                .collect()
        };
        let (before, after) = (versions(&old.requires), versions(&new.requires));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let line = match (before.get(name), after.get(name)) {
                (Some(before), Some(after)) if before != after => {
                    format!("~ {name} {after}, not {before}")
                }
                (None, Some(after)) => format!("+ {name} {after}"),
                (Some(before), None) => format!("- {name} {before}"),
                _ => continue,
            };
            let key = (name.clone(), line);
            self.packages
                .entry(key)
                .or_default()
                .push(torch.to_string());
        }
    }

    fn lines(self) -> Vec<String> {
        let packages = self
            .packages
            .into_iter()
            .map(|((_, line), torches)| format!("{line}: with torch {}", torches.join(" ")));
        self.rows.into_iter().chain(packages).collect()
    }
}
