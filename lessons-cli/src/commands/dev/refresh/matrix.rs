//! The table of releases, brought up to date with what an index and the packages' own metadata say. What they do not
//! say, and what a person found out, stays.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use lessons_engine::catalogue::{Catalogue, Repository};
use lessons_engine::read::index::{File, Yanked};
use lessons_engine::requirement::Interpreter;
use lessons_engine::tables::torch_matrix::{self, Package};
use lessons_engine::tables::{Arch, Os, Platform};
use lessons_engine::version::{BuildTag, CudaVersion, PythonVersion};
use pep440_rs::{Version, VersionSpecifiers};
use serde::{Deserialize, Serialize};

use super::Renewed;
use super::compatibility::Compatibility;
use super::metadata::{Metadata, Source};
use super::spans::{self, Edits};
use crate::offers::Found;

/// What was read.
pub(super) struct Read<'a> {
    /// The projects' own pages.
    pub(super) pages: Vec<(&'a str, &'a Found)>,
    /// What all pages list.
    pub(super) seen: &'a Catalogue,
    pub(super) metadata: &'a Source<'a>,
    pub(super) today: &'a str,
}

/// The rows of the file, as far as they are compared.
#[derive(Deserialize)]
struct Table {
    releases: Vec<Release>,
    companions: Vec<Companion>,
}

#[derive(Deserialize)]
struct Release {
    torch: Version,
    released: String,
    requires_python: VersionSpecifiers,
    pypi_python_tags: Vec<PythonVersion>,
    pypi_platform_tags: Vec<String>,
    pypi_cudnn: Version,
    pypi_builds: BTreeMap<String, BuildTag>,
    torchvision: Option<Version>,
    torchaudio: Option<Version>,
    torchtext: Option<Version>,
    index_cuda_tags: Vec<BuildTag>,
    index_cuda_tags_unsure: Vec<BuildTag>,
    source: String,
}

#[derive(Deserialize)]
struct Companion {
    package: Package,
    version: Version,
    declares: Option<VersionSpecifiers>,
    works_with: VersionSpecifiers,
    source: String,
    status: String,
}

/// A row for a release of torch that the table lacks.
#[derive(Serialize)]
struct NewRelease<'a> {
    torch: String,
    released: &'a str,
    requires_python: String,
    pypi_python_tags: Vec<String>,
    torchvision: Option<String>,
    torchaudio: Option<String>,
    torchtext: Option<String>,
    index_cuda_tags: Vec<String>,
    index_cuda_tags_unsure: Vec<String>,
    index_rocm_tags: Vec<String>,
    index_other: Vec<String>,
    pypi_builds: BTreeMap<String, String>,
    pypi_cudnn: String,
    pypi_platform_tags: Vec<String>,
    cuda_archs: BTreeMap<String, String>,
    notes: Vec<String>,
    source: String,
    as_of: &'a str,
    status: &'static str,
    status_note: &'static str,
}

/// A row for a release of a companion that the table lacks.
#[derive(Serialize)]
struct NewCompanion<'a> {
    package: String,
    version: String,
    declares: Option<String>,
    works_with: String,
    same_cuda: Option<String>,
    pypi_linux_cuda: Option<String>,
    last: bool,
    note: Option<String>,
    source: String,
    as_of: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_note: Option<String>,
}

/// Which torch a release of a companion asks for or works with, and who says so.
struct Pairing {
    declares: Option<VersionSpecifiers>,
    works_with: VersionSpecifiers,
    source: String,
    status: &'static str,
    status_note: Option<String>,
}

const UNCHECKED: &str = "made from PyPI's page and the metadata of its wheels: which other folders of PyTorch's own index hold it, and for which GPUs its wheels have code, nobody has looked up yet";

/// A final release as the index has it.
pub(super) struct Offered<'f> {
    pub(super) version: Version,
    pub(super) files: Vec<&'f File>,
}

/// Brings the table's text up to date.
pub(super) fn renewed(text: &str, read: &Read<'_>) -> Result<Renewed> {
    let table: Table = serde_json::from_str(text)?;
    let all = spans::whole(text).context("it is empty")?;
    let rows = |name| {
        spans::field(text, &all, name)
            .map(|array| spans::elements(text, &array))
            .with_context(|| format!("it has no {name}"))
    };
    let mut work = Work {
        text,
        read,
        edits: Edits::default(),
        out: Renewed::default(),
        companions: Vec::new(),
    };
    work.companions = table
        .companions
        .iter()
        .map(|row| (row.package, row.version.clone(), row.works_with.clone()))
        .collect();
    let (companions, releases) = (rows("companions")?, rows("releases")?);
    for (project, found) in &read.pages {
        if let Ok(package) = project.parse::<Package>() {
            work.companions_of(package, found, &table.companions, &companions)?;
        }
    }
    for (project, found) in &read.pages {
        if *project == "torch" {
            work.releases(found, &table.releases, &releases)?;
        }
    }
    let Work {
        mut edits, mut out, ..
    } = work;
    if out.changes.is_empty() {
        text.clone_into(&mut out.text);
        return Ok(out);
    }
    if let Some(day) = spans::field(text, &all, "as_of") {
        edits.replace(text, day, &read.today);
    }
    out.text = edits.apply(text);
    // Whatever a page said, what comes out is a table that the next build can read.
    torch_matrix::readable(&out.text)
        .map_err(|error| anyhow::anyhow!("the renewed table could not be read: {error}"))?;
    Ok(out)
}

struct Work<'a> {
    text: &'a str,
    read: &'a Read<'a>,
    edits: Edits,
    out: Renewed,
    /// Which companion works with which torch, with what has been found out since.
    companions: Vec<(Package, Version, VersionSpecifiers)>,
}

impl Work<'_> {
    fn companions_of(
        &mut self,
        package: Package,
        found: &Found,
        table: &[Companion],
        places: &[std::ops::Range<usize>],
    ) -> Result<()> {
        let project = package.to_string();
        let known: Vec<_> = table
            .iter()
            .zip(places)
            .filter(|(row, _)| row.package == package)
            .collect();
        let oldest = known.iter().map(|(row, _)| &row.version).min();
        let offered = offered(&project, &found.index.files);
        let mut releases = Vec::new();
        for release in &offered {
            if oldest.is_none_or(|oldest| release.version >= *oldest) {
                let metadata = self.read.metadata;
                let told = metadata.of(&project, &release.version, found, &release.files)?;
                releases.push((release, told));
            }
        }
        // The table in a description grows with each release: the newest one has it all.
        let (teller, table) = releases
            .iter()
            .rev()
            .filter_map(|(release, told)| Some((&release.version, told.as_ref()?)))
            .map(|(version, told)| (version, Compatibility::read(&project, &told.description)))
            .find(|(_, table)| !table.is_empty())
            .unzip();
        let table = table.unwrap_or_default();
        let source = teller.map_or_else(String::new, |teller| {
            format!("{project} {teller}'s description on PyPI, table of compatible versions")
        });
        let mut unread = Vec::new();
        for (release, told) in &releases {
            let row = known.iter().find(|(row, _)| row.version == release.version);
            let version = &release.version;
            let Some(told) = told else {
                match row {
                    Some(_) => unread.push(version),
                    None => self.by_hand(format!(
                        "{project} {version} of {} has no row, and its metadata is not to be had",
                        first_day(&release.files)
                    )),
                }
                continue;
            };
            let asks = match asked_of_torch(told) {
                Ok(asks) => asks,
                Err(lines) => {
                    self.by_hand(format!("{project} {version} asks for {lines}"));
                    continue;
                }
            };
            match row {
                Some((row, place)) if row.declares != asks => {
                    self.companion(row, place, asks, told);
                }
                Some((row, place)) => {
                    if let Some(said) = table.of(version).filter(|_| asks.is_none()) {
                        self.described(row, place, said, &source);
                    }
                }
                None => {
                    let pairing = self.pairing(version, asks, told, &table, &source);
                    self.new_companion(package, release, pairing, places);
                }
            }
        }
        self.not_compared(&project, &unread);
        let rows = known.iter().map(|(row, _)| &row.version);
        self.gone(&project, rows, &offered, found);
        Ok(())
    }

    /// Rows that nothing was compared with.
    fn not_compared(&mut self, project: &str, versions: &[&Version]) {
        if !versions.is_empty() {
            self.by_hand(format!(
                "{project} with a row that was not compared, since the metadata of its wheels is not to be had: {}",
                listed(versions)
            ));
        }
    }

    /// What a description says of a release that asks for no torch.
    fn described(
        &mut self,
        row: &Companion,
        place: &std::ops::Range<usize>,
        said: &VersionSpecifiers,
        source: &str,
    ) {
        let differs = *said != row.works_with;
        if differs {
            self.changed(format!(
                "~ {} {}: works with torch{said}, not with torch{}",
                row.package, row.version, row.works_with
            ));
            self.set(place, "works_with", &said.to_string());
        } else if row.status == "derived" {
            self.changed(format!(
                "~ {} {}: works with torch{said}, as its makers say now",
                row.package, row.version
            ));
        } else {
            return;
        }
        self.set(place, "status", &"verified");
        self.set(place, "status_note", &"its row in that table");
        self.sourced(place, &row.source, source);
    }

    /// Which torch a release without a row goes with; none where nobody says.
    fn pairing(
        &self,
        version: &Version,
        asks: Option<VersionSpecifiers>,
        told: &Metadata,
        table: &Compatibility,
        source: &str,
    ) -> Option<Pairing> {
        let today = self.read.today;
        if let Some(asks) = asks {
            return Some(Pairing {
                declares: Some(asks.clone()),
                works_with: asks,
                source: format!("{}, read {today}", cited(&told.from)),
                status: if told.of_a_wheel {
                    "verified"
                } else {
                    "secondary"
                },
                status_note: None,
            });
        }
        let source = format!("{source}, read {today}");
        if let Some(said) = table.of(version) {
            return Some(Pairing {
                declares: None,
                works_with: said.clone(),
                source,
                status: "verified",
                status_note: None,
            });
        }
        let (newest, rule) = table.newest_open().filter(|(newest, _)| newest < version)?;
        Some(Pairing {
            declares: None,
            works_with: rule.clone(),
            source,
            status: "derived",
            status_note: Some(format!(
                "the table names {newest} as the newest, and says torch{rule} of it"
            )),
        })
    }

    /// Rows of releases that the page does not have.
    fn gone<'v>(
        &mut self,
        project: &str,
        rows: impl Iterator<Item = &'v Version>,
        offered: &[Offered<'_>],
        found: &Found,
    ) {
        let gone = rows.filter(|row| offered.iter().all(|release| release.version != **row));
        let gone = listed(gone);
        if !gone.is_empty() {
            self.by_hand(format!(
                "{project} with a row, and with no wheel at {} that was not taken back: {gone}",
                found.from
            ));
        }
    }

    fn companion(
        &mut self,
        row: &Companion,
        place: &std::ops::Range<usize>,
        asks: Option<VersionSpecifiers>,
        told: &Metadata,
    ) {
        let words = |asks: &Option<VersionSpecifiers>| {
            asks.as_ref()
                .map_or("no torch".to_owned(), |asks| format!("torch{asks}"))
        };
        if !told.of_a_wheel {
            self.by_hand(format!(
                "{} {} asks for {} by {}, and for {} by its row: what do the wheels say?",
                row.package,
                row.version,
                words(&asks),
                told.from,
                words(&row.declares)
            ));
            return;
        }
        self.changed(format!(
            "~ {} {}: asks for {}, not for {}",
            row.package,
            row.version,
            words(&asks),
            words(&row.declares)
        ));
        self.set(place, "declares", &asks.as_ref().map(ToString::to_string));
        match asks {
            Some(asks) if row.declares.as_ref() == Some(&row.works_with) => {
                self.set(place, "works_with", &asks.to_string());
            }
            Some(asks) if asks == row.works_with => {}
            _ => self.by_hand(format!(
                "{} {} works with torch{}, says its row: is that still so?",
                row.package, row.version, row.works_with
            )),
        }
        self.sourced(place, &row.source, &told.from);
    }

    fn new_companion(
        &mut self,
        package: Package,
        release: &Offered<'_>,
        pairing: Option<Pairing>,
        places: &[std::ops::Range<usize>],
    ) {
        let version = &release.version;
        let day = first_day(&release.files);
        let Some(pairing) = pairing else {
            self.by_hand(format!(
                "{package} {version} of {day} has no row; it asks for no torch, and no table in its description says which it works with"
            ));
            return;
        };
        let Pairing {
            declares,
            works_with,
            source,
            status,
            status_note,
        } = pairing;
        self.changed(match &declares {
            Some(asks) => format!("+ {package} {version} of {day}: asks for torch{asks}"),
            None => format!("+ {package} {version} of {day}: works with torch{works_with}"),
        });
        if let Some(last) = places.last() {
            self.edits.insert_after(
                self.text,
                last,
                &NewCompanion {
                    package: package.to_string(),
                    version: version.to_string(),
                    declares: declares.as_ref().map(ToString::to_string),
                    works_with: works_with.to_string(),
                    same_cuda: None,
                    pypi_linux_cuda: None,
                    last: false,
                    note: None,
                    source,
                    as_of: self.read.today,
                    status,
                    status_note,
                },
            );
        }
        if package == Package::Torchcodec {
            self.by_hand(format!(
                "{package} {version}: which CUDA folders of the index hold it (index_cuda_tags), and whether for Windows too"
            ));
        }
        self.companions.push((package, version.clone(), works_with));
    }

    fn releases(
        &mut self,
        found: &Found,
        table: &[Release],
        places: &[std::ops::Range<usize>],
    ) -> Result<()> {
        let oldest = table.iter().map(|row| &row.torch).min();
        let offered = offered("torch", &found.index.files);
        let all = table.iter().map(|row| &row.torch);
        let newest = all
            .chain(offered.iter().map(|release| &release.version))
            .max();
        let mut unread = Vec::new();
        for release in &offered {
            if oldest.is_some_and(|oldest| release.version < *oldest) {
                continue;
            }
            let row = table
                .iter()
                .zip(places)
                .find(|(row, _)| row.torch == release.version);
            match row {
                Some((row, place)) => {
                    let is_newest = newest == Some(&row.torch);
                    if !self.release(found, release, (row, place), is_newest)? {
                        unread.push(&row.torch);
                    }
                }
                None => self.new_release(found, release, table, places)?,
            }
        }
        self.gone("torch", table.iter().map(|row| &row.torch), &offered, found);
        self.not_compared("torch", &unread);
        self.not_in_folders(table);
        Ok(())
    }

    /// Releases that a row names for a folder of which a page was given, and that no such page lists.
    fn not_in_folders(&mut self, table: &[Release]) {
        let named: BTreeSet<&BuildTag> =
            table.iter().flat_map(|row| &row.index_cuda_tags).collect();
        for tag in named {
            let folder = Repository::Folder(tag.clone());
            let pages: BTreeSet<&str> = self
                .read
                .seen
                .listings_of(&folder)
                .map(|listing| listing.source.as_ref())
                .collect();
            let (there, gone): (Vec<&Release>, Vec<&Release>) = table
                .iter()
                .filter(|row| row.index_cuda_tags.contains(tag))
                .partition(|row| {
                    !self
                        .read
                        .seen
                        .wheels("torch", &row.torch, &folder)
                        .0
                        .is_empty()
                });
            if !there.is_empty() && !gone.is_empty() {
                let gone = listed(gone.into_iter().map(|row| &row.torch));
                self.by_hand(format!(
                    "torch with a row that names {tag}, and with no wheel of it in {}: {gone}",
                    listed(pages)
                ));
            }
        }
    }

    /// Compares a row with what is said of its release; whether the metadata was there to do so.
    fn release(
        &mut self,
        found: &Found,
        release: &Offered<'_>,
        (row, place): (&Release, &std::ops::Range<usize>),
        is_newest: bool,
    ) -> Result<bool> {
        let torch = &row.torch;
        let mut from: Option<String> = None;
        let page = "PyPI's page";
        let day = first_day(&release.files);
        if day != "?" && day != row.released {
            self.changed(format!(
                "~ torch {torch}: released {day}, not {}",
                row.released
            ));
            self.set(place, "released", &day);
            from = Some(page.to_owned());
        }
        match requires_python(release) {
            Ok(Some(asks)) if asks != row.requires_python => {
                self.changed(format!(
                    "~ torch {torch}: requires Python {asks}, not {}",
                    row.requires_python
                ));
                self.set(place, "requires_python", &asks.to_string());
                from = Some(page.to_owned());
            }
            Ok(_) => {}
            Err(said) => self.by_hand(format!(
                "torch {torch}: its wheels say different things of Python: {said}"
            )),
        }
        let (pythons, platforms) = (pythons(release), platforms(release));
        let known: BTreeSet<PythonVersion> = row.pypi_python_tags.iter().copied().collect();
        if pythons != known {
            self.changed(format!(
                "~ torch {torch}: wheels for Python {}, not {}",
                listed(&pythons),
                listed(&known)
            ));
            self.set(place, "pypi_python_tags", &tags(&pythons));
            from = Some(page.to_owned());
        }
        let known: BTreeSet<String> = row.pypi_platform_tags.iter().cloned().collect();
        if platforms != known {
            self.changed(format!(
                "~ torch {torch}: wheels for {}, not {}",
                listed(&platforms),
                listed(&known)
            ));
            self.set(place, "pypi_platform_tags", &platforms);
            from = Some(page.to_owned());
        }
        let linux = Platform::new(Os::Linux, Arch::X86_64);
        let wheels = wheels_for(release, linux);
        let told = self.read.metadata.of("torch", torch, found, &wheels)?;
        let was_told = told.is_some();
        if let Some(told) = told {
            let (cudnn, build) = brought(&told, linux);
            if let Some(cudnn) = cudnn.filter(|cudnn| told.of_a_wheel && *cudnn != row.pypi_cudnn) {
                self.changed(format!(
                    "~ torch {torch}: brings cuDNN {cudnn}, not {}",
                    row.pypi_cudnn
                ));
                self.set(place, "pypi_cudnn", &cudnn.to_string());
                from = Some(told.from.clone());
            }
            let known = row.pypi_builds.get(&linux.to_string());
            if let Some(build) = build.filter(|build| Some(build) != known) {
                self.by_hand(format!(
                    "torch {torch}: {} is built for {build}, and its row says {}",
                    told.from,
                    known.map_or("nothing".to_owned(), ToString::to_string)
                ));
            }
        }
        let new: Vec<BuildTag> = self
            .folders_with(torch)
            .into_iter()
            .filter(|tag| tag.cuda().is_some() && !row.index_cuda_tags.contains(tag))
            .collect();
        if !new.is_empty() {
            self.changed(format!(
                "~ torch {torch}: also in the index's {}",
                listed(&new)
            ));
            let mut all: Vec<&BuildTag> = row.index_cuda_tags.iter().chain(&new).collect();
            all.sort_by_key(|tag| tag.cuda());
            self.set(place, "index_cuda_tags", &words(all));
            let unsure = row
                .index_cuda_tags_unsure
                .iter()
                .filter(|tag| !new.contains(tag));
            self.set(place, "index_cuda_tags_unsure", &words(unsure));
            from = Some("the index's own pages".to_owned());
        }
        // The newest release goes with the newest companion; an older one stays with what came out beside it.
        let known = [
            (Package::Torchvision, &row.torchvision),
            (Package::Torchaudio, &row.torchaudio),
            (Package::Torchtext, &row.torchtext),
        ];
        for (package, known) in known {
            let best = self.companion_for(package, torch, !is_newest).cloned();
            if let Some((best, known)) = best
                .zip(known.as_ref())
                .filter(|(best, known)| best > *known)
            {
                self.changed(format!(
                    "~ torch {torch}: goes with {package} {best}, not {known}"
                ));
                self.set(place, &package.to_string(), &best.to_string());
                from = Some(format!("the METADATA of {package} {best}"));
            }
        }
        if let Some(from) = from {
            self.sourced(place, &row.source, &from);
        }
        Ok(was_told)
    }

    fn new_release(
        &mut self,
        found: &Found,
        release: &Offered<'_>,
        table: &[Release],
        places: &[std::ops::Range<usize>],
    ) -> Result<()> {
        let torch = &release.version;
        let day = first_day(&release.files);
        let mut builds = BTreeMap::new();
        let mut cudnn = None;
        let mut from = BTreeSet::new();
        let platforms_known = [
            (Os::Linux, Arch::X86_64),
            (Os::Linux, Arch::Aarch64),
            (Os::Windows, Arch::X86_64),
            (Os::MacOs, Arch::Aarch64),
            (Os::MacOs, Arch::X86_64),
        ];
        for (os, arch) in platforms_known {
            let platform = Platform::new(os, arch);
            let wheels = wheels_for(release, platform);
            if wheels.is_empty() {
                continue;
            }
            let told = self.read.metadata.of("torch", torch, found, &wheels)?;
            let Some(told) = told else { continue };
            let (brings, build) = brought(&told, platform);
            builds.insert(
                platform.to_string(),
                build.unwrap_or(BuildTag::Cpu).to_string(),
            );
            cudnn = cudnn.or(brings);
            from.insert(cited(&told.from));
        }
        let asks = requires_python(release).ok().flatten();
        let (Some(cudnn), Some(asks)) = (cudnn, asks) else {
            self.by_hand(format!(
                "torch {torch} of {day} has no row, and the metadata of its wheels for Linux is not to be had"
            ));
            return Ok(());
        };
        self.changed(format!(
            "+ torch {torch} of {day}: Python {asks}, cuDNN {cudnn}, {}",
            builds
                .iter()
                .map(|(platform, build)| format!("{platform} {build}"))
                .collect::<Vec<_>>()
                .join(", ")
        ));
        self.by_hand(format!(
            "torch {torch}: for which GPUs its wheels have code (cuda_archs), and which folders of the index hold it"
        ));
        let seen = self.folders_with(torch);
        let (cuda, other): (Vec<_>, Vec<_>) =
            seen.into_iter().partition(|tag| tag.cuda().is_some());
        // The release before, in the order of versions, lies next to it.
        let before = table
            .iter()
            .enumerate()
            .filter(|(_, row)| row.torch < *torch)
            .max_by(|(_, one), (_, other)| one.torch.cmp(&other.torch));
        let unsure = before.into_iter().flat_map(|(_, row)| {
            row.index_cuda_tags
                .iter()
                .chain(&row.index_cuda_tags_unsure)
                .filter(|tag| !cuda.contains(tag))
        });
        let with = |package| {
            self.companion_for(package, torch, false)
                .map(ToString::to_string)
        };
        let row = NewRelease {
            torch: torch.to_string(),
            released: &day,
            requires_python: asks.to_string(),
            pypi_python_tags: tags(&pythons(release)),
            torchvision: with(Package::Torchvision),
            torchaudio: with(Package::Torchaudio),
            torchtext: with(Package::Torchtext),
            index_cuda_tags: words(&cuda),
            index_cuda_tags_unsure: words(unsure),
            index_rocm_tags: Vec::new(),
            index_other: words(&other),
            pypi_builds: builds,
            pypi_cudnn: cudnn.to_string(),
            pypi_platform_tags: platforms(release).into_iter().collect(),
            cuda_archs: BTreeMap::new(),
            notes: Vec::new(),
            source: format!(
                "PyPI's page; {}; read {}",
                from.into_iter().collect::<Vec<_>>().join(", "),
                self.read.today
            ),
            as_of: self.read.today,
            status: "partly verified",
            status_note: UNCHECKED,
        };
        if let Some(place) = before.and_then(|(at, _)| places.get(at)) {
            self.edits.insert_after(self.text, place, &row);
        }
        Ok(())
    }

    /// The folders of PyTorch's index in which the pages that were read list wheels of a release.
    fn folders_with(&self, torch: &Version) -> Vec<BuildTag> {
        let mut folders: Vec<BuildTag> = self
            .read
            .seen
            .listings
            .iter()
            .filter_map(|listing| match &listing.repository {
                Repository::Folder(tag) => Some(tag.clone()),
                Repository::Pypi | Repository::Nightly(_) => None,
            })
            .filter(|tag| {
                let folder = Repository::Folder(tag.clone());
                let (wheels, _) = self.read.seen.wheels("torch", torch, &folder);
                wheels.iter().any(|(_, wheel)| {
                    let local = wheel.local.as_ref();
                    local.is_some_and(|local| local.value == tag.to_string())
                })
            })
            .collect();
        folders.sort_by_key(|tag| (tag.cuda(), tag.to_string()));
        folders.dedup();
        folders
    }

    /// The newest companion that works with a release; of those only that ask for this very release.
    fn companion_for(
        &self,
        package: Package,
        torch: &Version,
        only_pinned: bool,
    ) -> Option<&Version> {
        self.companions
            .iter()
            .filter(|(known, _, works_with)| {
                *known == package
                    && works_with.contains(torch)
                    && (!only_pinned || works_with.to_string() == format!("=={torch}"))
            })
            .map(|(_, version, _)| version)
            .max()
    }

    fn set(&mut self, row: &std::ops::Range<usize>, name: &str, value: &impl Serialize) {
        if let Some(place) = spans::field(self.text, row, name) {
            self.edits.replace(self.text, place, value);
        }
    }

    /// Says in a row where its change comes from, behind where the rest of it comes from.
    fn sourced(&mut self, row: &std::ops::Range<usize>, source: &str, from: &str) {
        let today = self.read.today;
        let from = cited(from);
        self.set(row, "source", &format!("{source}; {from}, read {today}"));
        self.set(row, "as_of", &today);
    }

    fn changed(&mut self, line: String) {
        self.out.changes.push(line);
    }

    fn by_hand(&mut self, line: String) {
        self.out.by_hand.push(line);
    }
}

/// A wheel's name as the place of its metadata; others as they are.
fn cited(from: &str) -> String {
    if from.contains([':', ' ']) {
        from.to_owned()
    } else {
        format!("METADATA of {from} on PyPI")
    }
}

/// The final releases of a project, in order, each with those of its wheels that were not taken back.
pub(super) fn offered<'f>(project: &str, files: &'f [File]) -> Vec<Offered<'f>> {
    let mut releases: BTreeMap<Version, Vec<&File>> = BTreeMap::new();
    for file in files {
        let Some(wheel) = file.wheel().filter(|wheel| wheel.project() == project) else {
            continue;
        };
        let Some(version) = wheel.pep440() else {
            continue;
        };
        if !version.any_prerelease() && file.yanked == Yanked::No {
            let version = version.without_local();
            releases.entry(version).or_default().push(file);
        }
    }
    releases
        .into_iter()
        .map(|(version, files)| Offered { version, files })
        .collect()
}

/// The torch that a release asks for, with no extra; `Err` with the lines where they do not come to one range.
fn asked_of_torch(told: &Metadata) -> Result<Option<VersionSpecifiers>, String> {
    // A requirement of an extra, or of another system, says nothing of what people get.
    let usual = Interpreter {
        python: None,
        platform: Some(Platform::new(Os::Linux, Arch::X86_64)),
    };
    let asks: Vec<_> = told
        .requires
        .iter()
        .filter(|asked| asked.name == "torch" && asked.counts(&usual) != Some(false))
        .collect();
    let one = match asks.as_slice() {
        [] => return Ok(None),
        [one] if one.marker.is_none() => one.versions(),
        _ => None,
    };
    match one {
        // A bare name is as good as none.
        Some(versions) if versions.is_empty() => Ok(None),
        Some(versions) => Ok(Some(versions)),
        None => Err(format!("{} different torches, by place", asks.len())),
    }
}

/// The cuDNN that a wheel brings, and the CUDA that it was built for.
pub(super) fn brought(told: &Metadata, platform: Platform) -> (Option<Version>, Option<BuildTag>) {
    let here = Interpreter {
        python: None,
        platform: Some(platform),
    };
    let pinned = |starts: &[&str]| {
        told.requires
            .iter()
            .filter(|asked| starts.iter().any(|start| asked.name.starts_with(start)))
            .filter(|asked| asked.counts(&here) == Some(true))
            .find_map(|asked| {
                let versions = asked.versions()?;
                let [only] = &*versions else { return None };
                Some(only.version().clone())
            })
    };
    let cuda = pinned(&["cuda-toolkit", "nvidia-cuda-runtime"]).and_then(|version| {
        let [major, minor, ..] = *version.release() else {
            return None;
        };
        let cuda = CudaVersion::new(u32::try_from(major).ok()?, u32::try_from(minor).ok()?);
        Some(BuildTag::Cuda(cuda))
    });
    (pinned(&["nvidia-cudnn"]), cuda)
}

/// The wheels of a release that are for a platform.
fn wheels_for<'f>(release: &Offered<'f>, platform: Platform) -> Vec<&'f File> {
    let (system, machines): (&str, &[&str]) = match (platform.os, platform.arch) {
        (Os::Linux, Arch::X86_64) => ("linux", &["x86_64"]),
        (Os::Linux, _) => ("linux", &["aarch64"]),
        (Os::Windows, _) => ("win", &["amd64"]),
        (Os::MacOs, Arch::Aarch64) => ("macosx", &["arm64", "universal2"]),
        (Os::MacOs, _) => ("macosx", &["x86_64", "universal2"]),
    };
    let mut wheels = release.files.clone();
    wheels.retain(|file| {
        file.wheel().is_some_and(|wheel| {
            wheel.platform_tags.iter().any(|tag| {
                tag.value.contains(system)
                    && machines.iter().any(|machine| tag.value.ends_with(machine))
            })
        })
    });
    wheels
}

fn requires_python(release: &Offered<'_>) -> Result<Option<VersionSpecifiers>, String> {
    let said: BTreeSet<&str> = release
        .files
        .iter()
        .filter_map(|file| file.requires_python.as_deref())
        .collect();
    let read: Vec<VersionSpecifiers> = said.iter().filter_map(|text| text.parse().ok()).collect();
    match read.split_first() {
        None => Ok(None),
        Some((first, rest)) if rest.iter().all(|other| other == first) => Ok(Some(first.clone())),
        Some(_) => Err(listed(&said)),
    }
}

fn pythons(release: &Offered<'_>) -> BTreeSet<PythonVersion> {
    release
        .files
        .iter()
        .filter_map(|file| file.wheel())
        .flat_map(|wheel| wheel.pythons())
        .collect()
}

fn platforms(release: &Offered<'_>) -> BTreeSet<String> {
    release
        .files
        .iter()
        .filter_map(|file| file.wheel())
        .flat_map(|wheel| wheel.platform_tags)
        .map(|tag| tag.value)
        .collect()
}

/// The day on which the first wheel of a release came.
fn first_day(files: &[&File]) -> String {
    files
        .iter()
        .filter_map(|file| file.uploaded.as_deref()?.get(..10))
        .min()
        .unwrap_or("?")
        .to_owned()
}

fn tags<'a>(pythons: impl IntoIterator<Item = &'a PythonVersion>) -> Vec<String> {
    pythons.into_iter().map(|python| python.tag()).collect()
}

fn words<'a>(tags: impl IntoIterator<Item = &'a BuildTag>) -> Vec<String> {
    tags.into_iter().map(ToString::to_string).collect()
}

fn listed<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(" ")
}
