//! What is installed in an environment, by the names of its `*.dist-info` folders.

use std::collections::BTreeSet;
use std::str::FromStr;

use pep440_rs::Version;

use crate::facts::{Facts, Known, Unknown};
use crate::machine::Unread;

/// An installed distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Its name as PEP 503 has it: `nvidia-cudnn-cu13`.
    pub name: String,
    /// Its version, with the local part where the folder's name has it: `2.8.0+cu126`.
    pub version: Version,
    /// The folder that holds it: `/home/me/.venv/lib/python3.12/site-packages`.
    pub site: String,
    /// The folder or file about it in there: `torch-2.8.0+cu126.dist-info`.
    pub record: String,
}

impl Distribution {
    /// The file that says what it requires.
    pub fn metadata(&self) -> String {
        let file = if self.record.ends_with(".egg-info") {
            "PKG-INFO"
        } else {
            "METADATA"
        };
        format!("{}/{}/{file}", self.site, self.record)
    }
}

impl Facts<'_> {
    /// What is installed in the environment. Of two of one name, only the one that Python finds first is listed.
    pub fn distributions(&self) -> &Known<Vec<Distribution>> {
        self.python.distributions.get_or_init(|| {
            let mut seen = BTreeSet::new();
            let mut all = Vec::new();
            for site in self.sites()? {
                let names = match self.dir(&site) {
                    Ok(names) => names,
                    Err(Unread::NotFound) => continue,
                    Err(why) => return Err(Unknown::unread(site, why)),
                };
                all.extend(
                    names
                        .iter()
                        .filter_map(|record| distribution(&site, record))
                        .filter(|distribution| seen.insert(distribution.name.clone())),
                );
            }
            Ok(all)
        })
    }

    /// The folders of the environment's packages, first to be looked at first; none where there is no Python.
    pub(super) fn sites(&self) -> Known<Vec<String>> {
        match self.environment() {
            Ok(Some(environment)) => environment.sites.clone(),
            Ok(None) => Ok(Vec::new()),
            Err(unknown) => Err(unknown.clone()),
        }
    }
}

/// A project's name as PEP 503 compares it: lower case, each run of `-`, `_` and `.` one `-`.
pub fn normalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Reads `torch-2.8.0+cu126.dist-info`, and conda's `torch-2.5.1-py3.11.egg-info`.
pub(super) fn distribution(site: &str, record: &str) -> Option<Distribution> {
    let stem = if let Some(stem) = record.strip_suffix(".dist-info") {
        stem
    } else {
        let stem = record.strip_suffix(".egg-info")?;
        stem.rsplit_once("-py").map_or(stem, |(stem, _)| stem)
    };
    let (name, version) = stem.rsplit_once('-')?;
    Some(Distribution {
        name: normalised(name),
        version: Version::from_str(version).ok()?,
        site: site.to_owned(),
        record: record.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_pep_503_has_it() {
        for name in [
            "Friendly-Bard",
            "friendly_bard",
            "friendly.bard",
            "FRIENDLY--._bard",
        ] {
            assert_eq!(normalised(name), "friendly-bard");
        }
    }

    #[test]
    fn a_folder_names_its_distribution() {
        let read = |record| distribution("/s", record).map(|d| (d.name, d.version.to_string()));
        for (record, name, version) in [
            ("torch-2.8.0+cu126.dist-info", "torch", "2.8.0+cu126"),
            (
                "nvidia_cudnn_cu13-9.26.0.51.dist-info",
                "nvidia-cudnn-cu13",
                "9.26.0.51",
            ),
            ("torch-2.5.1-py3.11.egg-info", "torch", "2.5.1"),
            (
                "torch-2.16.0.dev20261120+cu132.dist-info",
                "torch",
                "2.16.0.dev20261120+cu132",
            ),
        ] {
            assert_eq!(
                read(record),
                Some((name.to_owned(), version.to_owned())),
                "{record}"
            );
        }
        for record in [
            "torch",
            "torch.dist-info",
            "-.dist-info",
            "torch-main.dist-info",
            "-py.egg-info",
            "",
        ] {
            assert_eq!(read(record), None, "{record}");
        }
    }
}
