//! `lessons dev refresh`: brings what is known of the outside world up to date, and shows what changed.

mod compatibility;
mod dependencies;
mod matrix;
mod metadata;
mod spans;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use lessons_engine::catalogue::{Catalogue, Change, Page, Repository};
use lessons_engine::visible::visible;

use crate::cli::{LiveArgs, RefreshArgs};
use crate::http::{Client, Limits};
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

/// The table of releases, likewise.
const MATRIX: &str = "lessons-cli/engine/data/torch-matrix.json";

/// The table of what torch brings, likewise.
const DEPENDENCIES: &str = "lessons-cli/engine/data/torch-dependencies.json";

/// A page may lack this many wheels that were there, or a tenth of them. One that lacks more is rather cut short than
/// right: `PyPI` keeps what was uploaded.
const MAY_GO: usize = 20;

/// What stands above the list.
const REMARK: &str =
    "# Wheels of torch and its companions, as they were seen. Made by `lessons dev refresh`.\n";

/// What the renewal of a table came to.
#[derive(Debug, Default)]
struct Renewed {
    /// The table's text.
    text: String,
    /// What changed in it, a line each, with a mark before it.
    changes: Vec<String>,
    /// What no page decides: a person has to look.
    by_hand: Vec<String>,
}

/// A folder has no page of a project.
#[derive(Debug, thiserror::Error)]
#[error(
    "tried to find the page of {project} in {folder}: neither {project}.json nor {project}.html is there"
)]
struct NoPage {
    project: String,
    folder: String,
}

pub(super) fn run(args: &RefreshArgs, live: &LiveArgs) -> Result<Done> {
    let [list, matrix, dependencies] =
        [LIST, MATRIX, DEPENDENCIES].map(|table| args.root.join(table));
    let old: Catalogue = kept(&list)?
        .parse()
        .with_context(|| format!("tried to read {}", shown(&list)))?;
    let table = kept(&matrix)?;
    let brought = kept(&dependencies)?;
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
    if !args.accept_loss {
        whole(&old, &changes, &pages)?;
    }

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
    let text = format!("{REMARK}{new}");
    heading("torch-wheels.tsv, the wheels", &mut out);
    for change in &changes {
        show(change, &mut out);
    }
    let (wheels, kib) = (
        new.listings
            .iter()
            .map(|listing| listing.files.len())
            .sum::<usize>(),
        text.len().div_ceil(1024),
    );
    let _ = writeln!(out, "  {wheels} wheels, {kib} KiB, as of {today}");

    // Metadata is read once and never again: it would only push the pages out of the cache.
    let once = Client::new(Limits::waiting(live.time_limit), None);
    let metadata = metadata::Source {
        client: &once,
        folder: Path::new(&args.index)
            .is_dir()
            .then(|| args.index.clone().into()),
    };
    let releases = matrix::renewed(
        &table,
        &matrix::Read {
            pages: pages
                .iter()
                .filter_map(|(project, found)| Some(((*project)?, found)))
                .collect(),
            seen: &seen,
            metadata: &metadata,
            today: &today,
        },
    )
    .with_context(|| format!("tried to renew {}", shown(&matrix)))?;
    let [(_, torch), ..] = pages.as_slice() else {
        bail!("no page was read");
    };
    let packages = dependencies::renewed(
        &brought,
        &dependencies::Read {
            index: &args.index,
            torch,
            metadata: &metadata,
            client: &client,
            today: &today,
        },
    )
    .with_context(|| format!("tried to renew {}", shown(&dependencies)))?;
    for (name, renewed) in [
        ("torch-matrix.json, the releases", &releases),
        (
            "torch-dependencies.json, what torch brings along",
            &packages,
        ),
    ] {
        heading(name, &mut out);
        for change in &renewed.changes {
            let _ = writeln!(out, "  {}", visible(change));
        }
        if renewed.changes.is_empty() {
            out.push_str("  nothing changed\n");
        }
    }
    let by_hand: Vec<&String> = releases.by_hand.iter().chain(&packages.by_hand).collect();
    if !by_hand.is_empty() {
        heading("No page decides; look, and correct it by hand", &mut out);
        for line in by_hand {
            let _ = writeln!(out, "  {}", visible(line));
        }
    }
    if !args.write {
        out.push_str("\nnothing was written: add --write\n");
        return Ok(Done::good(out));
    }
    out.push('\n');
    for (path, before, after) in [
        (&list, None, &text),
        (&matrix, Some(&table), &releases.text),
        (&dependencies, Some(&brought), &packages.text),
    ] {
        // A table in which nothing changed keeps its day.
        if before == Some(after) {
            continue;
        }
        write(path, after).with_context(|| format!("tried to write {}", shown(path)))?;
        let _ = writeln!(out, "wrote {}", shown(path));
    }
    Ok(Done::good(out))
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}

fn kept(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| {
        format!(
            "tried to read {}; run this in the project's folder, or give --root",
            shown(path)
        )
    })
}

fn heading(text: &str, out: &mut String) {
    let _ = writeln!(out, "\n{}", style::paint(style::HEADING, text));
}

/// Refuses pages that are cut short: what was known must not be lost by them.
fn whole(old: &Catalogue, changes: &[Change], pages: &[(Option<&str>, Found)]) -> Result<()> {
    for (project, found) in pages {
        let Some(project) = project else { continue };
        if found.index.incomplete {
            bail!(
                "tried to take in the page of {project} at {}: it says that it does not list everything; nothing was written",
                visible(&found.from)
            );
        }
        let is_of = |name: &str| name.split('-').next() == Some(*project);
        let known = old
            .listings_of(&Repository::Pypi)
            .flat_map(|listing| &listing.files)
            .filter(|file| is_of(&file.name))
            .count();
        let gone = changes
            .iter()
            .filter(|change| change.repository == Repository::Pypi)
            .flat_map(|change| &change.removed)
            .filter(|name| is_of(name))
            .count();
        if gone > MAY_GO && gone * 10 > known {
            bail!(
                "tried to take in the page of {project} at {}: it lacks {gone} of the {known} wheels that are known, so it is rather cut short than right; nothing was written. Ask again, or give --accept-loss if they are really gone",
                visible(&found.from)
            );
        }
    }
    Ok(())
}

/// The page of a project on the index: by its address, or as a file named after the project in a folder.
fn project_page(index: &str, project: &str, client: &Client) -> Result<Found> {
    let place = Place::typed(index, None, false)?;
    if let Place::Folder(folder) = &place {
        let file = ["json", "html"]
            .iter()
            .map(|end| folder.join(format!("{project}.{end}")))
            .find(|file| file.is_file())
            .ok_or_else(|| NoPage {
                project: project.to_owned(),
                folder: shown(folder),
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

/// Replaces a file in one step.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let aside = path.with_extension("new");
    fs::write(&aside, text)?;
    fs::rename(&aside, path)
}
