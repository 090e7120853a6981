//! `lessons dev refresh`: brings what is known of the outside world up to date, and shows what changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use lessons_engine::catalogue::{Catalogue, Change, Page};
use lessons_engine::read::index::{File, Yanked};
use lessons_engine::requirement::Requirement;
use lessons_engine::tables::torch_matrix;
use lessons_engine::version::PythonVersion;
use lessons_engine::visible::visible;
use pep440_rs::{Version, VersionSpecifiers};

use crate::cli::{LiveArgs, RefreshArgs};
use crate::http::Client;
use crate::offers::{self, Found, Place};
use crate::{Done, clock, style};

/// The projects of which wheels are listed.
const PROJECTS: [&str; 5] = [
    "torch",
    "torchvision",
    "torchaudio",
    "torchtext",
    "torchcodec",
];

/// The list, from the project's root.
const LIST: &str = "lessons-cli/engine/data/torch-wheels.tsv";

/// What stands above the list.
const REMARK: &str =
    "# Wheels of torch and its companions, as they were seen. Made by `lessons dev refresh`.\n";

pub(super) fn run(args: &RefreshArgs, live: &LiveArgs) -> Result<Done> {
    let path = args.root.join(LIST);
    let shown = visible(&path.display().to_string());
    let old: Catalogue = fs::read_to_string(&path)
        .with_context(|| {
            format!("tried to read {shown}; run this in the project's folder, or give --root")
        })?
        .parse()
        .with_context(|| format!("tried to read {shown}"))?;
    let today = match &args.as_of {
        Some(day) => day.clone(),
        None => clock::today()?.to_string(),
    };
    let client = offers::client(live.time_limit);

    // A project's own page has all of its wheels; what else is given has some.
    let mut pages: Vec<(Option<&str>, Found)> = Vec::new();
    for project in PROJECTS {
        let found = project_page(&args.index, project, &client)?;
        pages.push((found.whole.then_some(project), found));
    }
    for page in &args.page {
        for found in Place::typed(page, None, false)?.read("torch", &client)? {
            pages.push((found.whole.then_some("torch"), found));
        }
    }
    let seen = Catalogue::of_pages(
        &today,
        pages.iter().map(|(project, found)| Page {
            url: &found.url,
            project: *project,
            index: &found.index,
        }),
    );
    let new = old.renewed(&seen, &PROJECTS);
    let changes = old.changes_to(&new);

    let mut out = String::new();
    for (project, found) in &pages {
        let what = project.unwrap_or("names");
        let _ = writeln!(
            out,
            "read {what}: {} files of {}",
            found.index.files.len(),
            visible(&found.from)
        );
    }
    out.push('\n');
    for change in &changes {
        show(change, &mut out);
    }
    let text = format!("{REMARK}{new}");
    let (wheels, kib) = (
        new.listings
            .iter()
            .map(|listing| listing.files.len())
            .sum::<usize>(),
        text.len().div_ceil(1024),
    );
    let _ = writeln!(out, "{wheels} wheels, {kib} KiB, as of {today}");
    table(&pages, &client, &mut out);
    if args.write {
        write(&path, &text).with_context(|| format!("tried to write {shown}"))?;
        let _ = writeln!(out, "\nwrote {shown}");
    } else {
        let _ = writeln!(out, "\nnothing was written: add --write");
    }
    Ok(Done::good(out))
}

/// The page of a project on the index: by its address, or as a file named after the project in a folder.
fn project_page(index: &str, project: &str, client: &Client) -> Result<Found> {
    let place = Place::typed(index, None, false)?;
    if let Place::Folder(folder) = &place {
        let file = ["json", "html"]
            .iter()
            .map(|end| folder.join(format!("{project}.{end}")))
            .find(|file| file.is_file())
            .ok_or_else(|| {
                anyhow!(
                    "tried to find the page of {project} in {}: neither {project}.json nor {project}.html is there",
                    visible(&folder.display().to_string())
                )
            })?;
        let mut found = one(Place::File(file).read(project, client)?)?;
        // A page that was saved from PyPI.
        found.url = format!("{}/{project}/", offers::PYPI);
        found.whole = true;
        return Ok(found);
    }
    one(place.read(project, client)?)
}

fn one(found: Vec<Found>) -> Result<Found> {
    found.into_iter().next().context("no page was read")
}

/// What came and went in a repository: by version, since a version has dozens of wheels.
fn show(change: &Change, out: &mut String) {
    let _ = writeln!(out, "{}", style::paint(style::HEADING, &change.repository));
    for (mark, names) in [
        ("+", &change.added),
        ("-", &change.removed),
        ("~", &change.changed),
    ] {
        let mut versions: Vec<(String, usize)> = Vec::new();
        for name in names {
            let version = name.split('-').take(2).collect::<Vec<_>>().join(" ");
            match versions.iter_mut().find(|(known, _)| *known == version) {
                Some((_, count)) => *count += 1,
                None => versions.push((version, 1)),
            }
        }
        for (version, count) in versions {
            let _ = writeln!(out, "  {mark} {} ({count})", visible(&version));
        }
    }
    out.push('\n');
}

/// What the table of releases says otherwise than the pages. A person decides what is right, and edits it.
fn table(pages: &[(Option<&str>, Found)], client: &Client, out: &mut String) {
    let mut differences = Vec::new();
    for (project, found) in pages {
        match project {
            Some("torch") => releases(found, client, &mut differences),
            Some(project) => companions(project, found, client, &mut differences),
            None => {}
        }
    }
    if !differences.is_empty() {
        let _ = writeln!(
            out,
            "\n{}",
            style::paint(
                style::HEADING,
                "torch-matrix.json says otherwise; look, and correct it by hand"
            )
        );
        for difference in differences {
            let _ = writeln!(out, "  {}", visible(&difference));
        }
    }
}

/// The final versions of a project with their files, in order.
fn versions(files: &[File]) -> Vec<(Version, Vec<&File>)> {
    let mut versions: std::collections::BTreeMap<Version, Vec<&File>> =
        std::collections::BTreeMap::new();
    for file in files {
        let Some(version) = file.wheel().and_then(|wheel| wheel.pep440()) else {
            continue;
        };
        // What was taken back is in no table of releases.
        if !version.any_prerelease() && file.yanked == Yanked::No {
            versions
                .entry(version.without_local())
                .or_default()
                .push(file);
        }
    }
    versions.into_iter().collect()
}

fn releases(found: &Found, client: &Client, differences: &mut Vec<String>) {
    let oldest = torch_matrix::releases()
        .first()
        .map(|release| &release.torch);
    for (version, files) in versions(&found.index.files) {
        if oldest.is_some_and(|oldest| version < *oldest) {
            continue;
        }
        let day = first_day(&files);
        let Ok(row) = torch_matrix::release(&version) else {
            let asks = asks_for(&["torch", "nvidia-cudnn"], found, &files, client);
            differences.push(format!("torch {version} of {day} has no row{asks}"));
            continue;
        };
        if day != "?" && row.released != day {
            differences.push(format!(
                "torch {version}: released {}, and its first wheel was uploaded on {day}",
                row.released
            ));
        }
        let requires: BTreeSet<&str> = files
            .iter()
            .filter_map(|file| file.requires_python.as_deref())
            .collect();
        for requires in requires {
            if VersionSpecifiers::from_str(requires).is_ok_and(|read| read != row.requires_python) {
                differences.push(format!(
                    "torch {version}: requires Python {}, and PyPI has {requires}",
                    row.requires_python
                ));
            }
        }
        let pythons: BTreeSet<PythonVersion> = files
            .iter()
            .filter_map(|file| file.wheel())
            .flat_map(|wheel| wheel.pythons())
            .collect();
        let known: BTreeSet<PythonVersion> = row.python.iter().copied().collect();
        let words = |set: Vec<&PythonVersion>| {
            set.into_iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let (more, fewer) = (
            words(pythons.difference(&known).collect()),
            words(known.difference(&pythons).collect()),
        );
        if !more.is_empty() {
            differences.push(format!(
                "torch {version}: PyPI also has wheels for Python {more}"
            ));
        }
        if !fewer.is_empty() {
            differences.push(format!(
                "torch {version}: PyPI has no wheels for Python {fewer}"
            ));
        }
    }
}

fn companions(project: &str, found: &Found, client: &Client, differences: &mut Vec<String>) {
    let Ok(package) = project.parse::<torch_matrix::Package>() else {
        return;
    };
    let oldest = torch_matrix::companions()
        .iter()
        .filter(|row| row.package == package)
        .map(|row| &row.version)
        .min();
    for (version, files) in versions(&found.index.files) {
        let too_old = oldest.is_some_and(|oldest| version < *oldest);
        if !too_old && torch_matrix::companion(package, &version).is_err() {
            let day = first_day(&files);
            let asks = asks_for(&["torch"], found, &files, client);
            differences.push(format!("{project} {version} of {day} has no row{asks}"));
        }
    }
}

/// What the metadata beside a wheel (PEP 658) asks for of some projects, for people: a row needs it. Nothing where it
/// cannot be read.
fn asks_for(projects: &[&str], found: &Found, files: &[&File], client: &Client) -> String {
    let metadata = files
        .iter()
        .filter(|file| file.metadata)
        .max_by_key(|file| file.filename.contains("linux") && file.filename.contains("x86_64"))
        .and_then(|file| found.index.address(&found.url, file))
        .filter(|address| address.contains("://"))
        .and_then(|address| client.page(&format!("{address}.metadata")).ok());
    let Some(metadata) = metadata else {
        return String::new();
    };
    let asks: Vec<&str> = metadata
        .text
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("Requires-Dist:"))
        .map(str::trim)
        .filter(|asks| {
            asks.parse::<Requirement>().is_ok_and(|asked| {
                projects
                    .iter()
                    .any(|project| asked.name.starts_with(project))
            })
        })
        .collect();
    if asks.is_empty() {
        return String::new();
    }
    format!("; it asks for {}", asks.join(", "))
}

/// The day on which the first file of a version came.
fn first_day(files: &[&File]) -> String {
    files
        .iter()
        .filter_map(|file| file.uploaded.as_deref()?.get(..10))
        .min()
        .unwrap_or("?")
        .to_owned()
}

/// Replaces a file in one step.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let aside = path.with_extension("new");
    fs::write(&aside, text)?;
    fs::rename(&aside, path)
}
