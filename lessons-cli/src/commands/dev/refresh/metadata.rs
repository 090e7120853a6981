//! What a release asks for, by its own metadata: the file beside a wheel (PEP 658), else `PyPI`'s JSON.

use std::path::PathBuf;

use anyhow::Result;
use lessons_engine::read::index::File;
use lessons_engine::read::wheel::normalised;
use lessons_engine::requirement::Requirement;
use lessons_engine::visible::visible;
use pep440_rs::Version;
use serde::Deserialize;

use crate::http::{Client, FetchErrorKind};
use crate::offers::Found;

/// The most wheels of one release whose metadata is looked for: a store may lack one and have the next.
const MOST_TRIED: usize = 8;

/// What the names of the requirements begin with that tables are made of. Others may be written as they like.
const OF_INTEREST: [&str; 4] = [
    "torch",
    "nvidia-cudnn",
    "nvidia-cuda-runtime",
    "cuda-toolkit",
];

/// Where metadata is asked for.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) client: &'a Client,
    /// The folder with the saved pages, where metadata would lie too; nothing is fetched then.
    pub(super) folder: Option<PathBuf>,
}

/// What one release says of itself.
#[derive(Debug)]
pub(super) struct Metadata {
    /// Its lines `Requires-Dist`, as far as they are about [`OF_INTEREST`].
    pub(super) requires: Vec<Requirement>,
    /// All of these lines, as they are.
    pub(super) lines: Vec<String>,
    /// Where they were read: a file's name, or an address.
    pub(super) from: String,
    /// Whether a wheel says so itself. `PyPI`'s JSON tells what one file of the release said when it came, and was seen to
    /// differ from the wheels: torchaudio 2.11.0's names a torch there, and in none of them.
    pub(super) of_a_wheel: bool,
    /// What it says about itself at length.
    pub(super) description: String,
}

/// The part of `PyPI`'s JSON that is used (<https://docs.pypi.org/api/json/>).
#[derive(Deserialize)]
struct Json {
    info: Info,
}

#[derive(Deserialize)]
struct Info {
    name: String,
    version: String,
    requires_dist: Option<Vec<String>>,
    description: Option<String>,
}

impl Source<'_> {
    /// The metadata of a release, of one of these wheels; none where nobody has it. What hangs, or cannot be reached,
    /// is an error: a table is not renewed in part.
    pub(super) fn of(
        &self,
        project: &str,
        version: &Version,
        found: &Found,
        files: &[&File],
    ) -> Result<Option<Metadata>> {
        let mut files: Vec<&File> = files.to_vec();
        files.sort_by_key(|file| !file.metadata);
        for file in files.into_iter().take(MOST_TRIED) {
            let name = &file.filename.value;
            if let Some(folder) = &self.folder {
                let Ok(text) = std::fs::read_to_string(folder.join(format!("{name}.metadata")))
                else {
                    continue;
                };
                return beside(project, version, &text, name);
            }
            let Some(url) = found.index.address(&found.url, file) else {
                continue;
            };
            if let Some(text) = self.asked(&format!("{url}.metadata"))? {
                return beside(project, version, &text, name);
            }
        }
        if self.folder.is_some() {
            return Ok(None);
        }
        // PyPI's JSON lies beside its simple index.
        let Some((base, _)) = found.url.rsplit_once("/simple/") else {
            return Ok(None);
        };
        for address in [
            format!("{base}/pypi/{project}/{version}/json"),
            format!("{base}/pypi/{project}/json"),
        ] {
            let Some(text) = self.asked(&address)? else {
                continue;
            };
            if let Some(read) = in_json(project, version, &text, &address)? {
                return Ok(Some(read));
            }
        }
        Ok(None)
    }

    fn asked(&self, address: &str) -> Result<Option<String>> {
        match self.client.page(address) {
            Ok(page) => Ok(Some(page.text)),
            // A page that is not there, or that a link leads nowhere useful for, is passed over.
            Err(error) if error.kind.is_absent() => Ok(None),
            Err(error) if matches!(*error.kind, FetchErrorKind::Address(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Reads core metadata, which must be of the release that was asked for.
fn beside(project: &str, version: &Version, text: &str, from: &str) -> Result<Option<Metadata>> {
    let (head, description) = text
        .split_once("\n\n")
        .or_else(|| text.split_once("\r\n\r\n"))
        .unwrap_or((text, ""));
    let values = |field: &'static str| {
        head.lines().filter_map(move |line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(field).then(|| value.trim())
        })
    };
    let said = |field| values(field).next().unwrap_or_default();
    belongs(project, version, (said("Name"), said("Version")), from)?;
    Ok(Some(Metadata {
        requires: requirements(values("Requires-Dist"), from)?,
        lines: values("Requires-Dist").map(str::to_owned).collect(),
        from: from.to_owned(),
        of_a_wheel: true,
        description: description.to_owned(),
    }))
}

/// Reads `PyPI`'s JSON; none where it is of another version, as the page of a project without one is.
fn in_json(project: &str, version: &Version, text: &str, from: &str) -> Result<Option<Metadata>> {
    let read: Json = serde_json::from_str(text).map_err(|error| {
        anyhow::anyhow!("tried to read {} as PyPI's JSON: {error}", visible(from))
    })?;
    if read.info.version.parse::<Version>().ok().as_ref() != Some(version) {
        return Ok(None);
    }
    belongs(
        project,
        version,
        (&read.info.name, &read.info.version),
        from,
    )?;
    let requires = read.info.requires_dist.unwrap_or_default();
    Ok(Some(Metadata {
        requires: requirements(requires.iter().map(String::as_str), from)?,
        lines: requires,
        from: from.to_owned(),
        of_a_wheel: false,
        description: read.info.description.unwrap_or_default(),
    }))
}

fn belongs(project: &str, version: &Version, (name, said): (&str, &str), from: &str) -> Result<()> {
    let is_it = normalised(name) == project
        && said
            .parse::<Version>()
            .is_ok_and(|said| said.without_local() == *version);
    if is_it {
        return Ok(());
    }
    anyhow::bail!(
        "tried to read the metadata of {project} {version} from {}: it is of `{} {}`; is this index to be trusted?",
        visible(from),
        visible(name),
        visible(said)
    )
}

fn requirements<'t>(lines: impl Iterator<Item = &'t str>, from: &str) -> Result<Vec<Requirement>> {
    lines
        .filter(|line| OF_INTEREST.iter().any(|start| line.starts_with(start)))
        .map(|line| {
            line.parse().map_err(|error| {
                anyhow::anyhow!(
                    "tried to read what {} asks for: {error}: `{}`",
                    visible(from),
                    visible(line.get(..line.floor_char_boundary(200)).unwrap_or(line))
                )
            })
        })
        .collect()
}
