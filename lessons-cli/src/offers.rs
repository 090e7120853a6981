//! Where wheels are listed: an address, a file, a folder of pages or wheels, or one of the indexes known by name.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use lessons_engine::catalogue::{Catalogue, Page};
use lessons_engine::finding::{Arg, Message};
use lessons_engine::read::error::ReadError;
use lessons_engine::read::index::{self, Index};
use lessons_engine::read::said::NotRead;
use lessons_engine::read::wheel::normalised;
use lessons_engine::tables::torch_matrix;
use lessons_engine::version::BuildTag;
use lessons_engine::visible::visible;

use crate::commands::texts;
use crate::http::{Cache, Client, Limits};
use crate::{WrongUsage, progress};

/// `PyPI`'s index.
pub const PYPI: &str = "https://pypi.org/simple";

/// The most files of a folder that are looked at.
const MOST_FILES: usize = 20_000;

/// A place where wheels are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An index, or a page of one.
    Address(String),
    /// A saved page, or a list of names.
    File(PathBuf),
    /// A folder of saved pages and of wheels.
    Folder(PathBuf),
}

/// A page that was read there.
#[derive(Debug)]
pub struct Found {
    /// Its address, or its file.
    pub from: String,
    /// Its address; empty for a file.
    pub url: String,
    /// Whether it is the project's own page, which has all its wheels.
    pub whole: bool,
    /// What it says.
    pub index: Index,
}

impl Place {
    /// What somebody typed: an address, the name of a mirror, a file or a folder. A mirror keeps a folder for each
    /// build.
    pub fn typed(text: &str, build: Option<&BuildTag>, nightly: bool) -> Result<Self> {
        if text.contains("://") {
            return Ok(match text.strip_prefix("file://") {
                Some(path) => Self::on_disk(Path::new(path)),
                None => Self::Address(text.to_owned()),
            });
        }
        if Path::new(text).exists() {
            return Ok(Self::on_disk(Path::new(text)));
        }
        if text.eq_ignore_ascii_case("pypi") {
            return Ok(Self::Address(PYPI.to_owned()));
        }
        if let Ok(mirror) = torch_matrix::mirror(text) {
            let Some(build) = build else {
                return Err(wrong("usage-index-needs-build", text, "").into());
            };
            let url = if nightly {
                mirror
                    .nightly_url(build)
                    .ok_or_else(|| wrong("usage-index-no-nightlies", text, ""))?
            } else {
                mirror.url(build)
            };
            return Ok(Self::Address(url));
        }
        if text.contains(['/', '\\', '.']) {
            bail!(sentence("offers-no-file", &[("path", text)]));
        }
        let names: Vec<&str> = torch_matrix::mirrors()
            .iter()
            .map(|mirror| mirror.name.as_str())
            .chain(["pypi"])
            .collect();
        Err(wrong("usage-index-unknown", text, &names.join(", ")).into())
    }

    fn on_disk(path: &Path) -> Self {
        if path.is_dir() {
            Self::Folder(path.to_owned())
        } else {
            Self::File(path.to_owned())
        }
    }

    /// Reads what is listed of a project.
    pub fn read(&self, project: &str, client: &Client) -> Result<Vec<Found>> {
        match self {
            Self::Address(url) => Ok(vec![fetched(url, project, client)?]),
            Self::File(file) => Ok(vec![saved(file)?]),
            Self::Folder(folder) => folded(folder),
        }
    }
}

/// A client as the commands use it: with a cache in the state folder.
pub fn client(wait: std::time::Duration) -> Client {
    let cache = progress::state_folder()
        .ok()
        .map(|folder| Cache::in_state(&folder));
    Client::new(Limits::waiting(wait), cache)
}

/// What pages say, as a catalogue of the day `as_of`.
pub fn catalogue(pages: &[Found], project: &str, as_of: &str) -> Catalogue {
    Catalogue::of_pages(
        as_of,
        pages.iter().map(|page| Page {
            url: &page.url,
            project: page.whole.then_some(project),
            index: &page.index,
        }),
    )
}

/// The page of a project on an index: below its address, or the address itself where that is a page.
fn fetched(url: &str, project: &str, client: &Client) -> Result<Found> {
    let project = normalised(project);
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let last = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let is_project = normalised(last) == project;
    let is_page = is_project
        || url.contains('?')
        || last == "json"
        || [".html", ".htm", ".json", ".xml", ".txt"]
            .iter()
            .any(|end| last.ends_with(end));
    if is_page {
        return page(url, is_project || last == "json", client);
    }
    let below = format!("{}/{project}/", url.trim_end_matches('/'));
    let first = match client.page(&below) {
        Ok(found) => return read_page(found.url, &found.text, true),
        Err(error) => error,
    };
    // A simple index lists every project there is: of one that it lacks, that page says nothing.
    if !first.kind.is_absent() || last == "simple" {
        return Err(first.into());
    }
    // No simple index: a folder of files, as pip's --find-links takes.
    let flat = format!("{}/", path.trim_end_matches('/'));
    match client.page(&flat) {
        Ok(found) => read_page(found.url, &found.text, false).with_context(|| {
            let why = first.to_string();
            sentence("offers-flat", &[("why", &why), ("url", &flat)])
        }),
        Err(_) => Err(first.into()),
    }
}

fn page(url: &str, whole: bool, client: &Client) -> Result<Found> {
    let found = client.page(url)?;
    read_page(found.url, &found.text, whole)
}

fn read_page(url: String, text: &str, whole: bool) -> Result<Found> {
    let index = index::read(text).map_err(|error| {
        anyhow!(sentence(
            "offers-no-index",
            &[("url", &url), ("why", &said(error))]
        ))
    })?;
    Ok(Found {
        from: url.clone(),
        url,
        whole,
        index,
    })
}

/// Why a page could not be read, in words.
fn said(error: ReadError) -> String {
    texts().sentence(&NotRead::Other(error).message())
}

/// A file: a page that was saved, or a list.
fn saved(file: &Path) -> Result<Found> {
    let shown = visible(&file.display().to_string());
    let text = bounded(file).with_context(|| sentence("offers-read", &[("path", &shown)]))?;
    let index = index::read(&text).map_err(|error| {
        anyhow!(sentence(
            "offers-no-page",
            &[("path", &shown), ("why", &said(error))]
        ))
    })?;
    Ok(Found {
        from: shown,
        url: String::new(),
        whole: false,
        index,
    })
}

/// The text of a file, no longer than an index may be.
fn bounded(file: &Path) -> Result<String> {
    let open = fs::File::open(file)?;
    let mut bytes = Vec::new();
    open.take(index::LONGEST as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > index::LONGEST {
        let limit = (index::LONGEST >> 20).to_string();
        bail!(sentence("offers-too-long", &[("limit", &limit)]));
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// A folder: the wheels in it and in the folders below it, and the pages that were saved there.
fn folded(folder: &Path) -> Result<Vec<Found>> {
    let shown = visible(&folder.display().to_string());
    let mut pages = Vec::new();
    let mut wheels = Vec::new();
    let mut files = Vec::new();
    list(folder, 2, &mut files)
        .with_context(|| sentence("offers-read-folder", &[("path", &shown)]))?;
    files.sort();
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Some(end) = file
            .extension()
            .map(|end| end.to_string_lossy().to_lowercase())
        {
            match end.as_str() {
                "whl" => wheels.push((name, fs::metadata(&file).ok().map(|known| known.len()))),
                // A file of a folder that is something else is passed over: a README is no failure.
                "html" | "htm" | "json" | "xml" | "txt" => pages.extend(saved(&file).ok()),
                _ => {}
            }
        }
    }
    if !wheels.is_empty() {
        let names: Vec<&str> = wheels.iter().map(|(name, _)| name.as_str()).collect();
        if let Ok(mut index) = index::read(&names.join("\n")) {
            for file in &mut index.files {
                let known = wheels.iter().find(|(name, _)| *name == file.filename.value);
                file.size = known.and_then(|(_, size)| *size);
            }
            pages.push(Found {
                from: shown.clone(),
                url: String::new(),
                whole: false,
                index,
            });
        }
    }
    if pages.is_empty() {
        bail!(sentence("offers-empty-folder", &[("path", &shown)]));
    }
    Ok(pages)
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if files.len() >= MOST_FILES {
            let limit = MOST_FILES.to_string();
            bail!(sentence("offers-too-many-files", &[("limit", &limit)]));
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if depth > 0 {
                // A folder that may not be read is passed over like a file that cannot.
                let _ = list(&entry.path(), depth - 1, files);
            }
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// A sentence of `fetch.ftl`.
fn sentence(id: &'static str, args: &[(&'static str, &str)]) -> String {
    let message = args
        .iter()
        .fold(Message::shared(id), |message, (name, value)| {
            message.arg(name, value)
        });
    texts().sentence(&message)
}

/// What is wrong with an index that was named, and which names are known.
fn wrong(id: &str, index: &str, names: &str) -> WrongUsage {
    let args = [
        ("index", Arg::Text(visible(index))),
        ("names", Arg::Text(names.to_owned())),
    ];
    WrongUsage(texts().shared(id, &args))
}
