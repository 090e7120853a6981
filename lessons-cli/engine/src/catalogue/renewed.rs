//! A catalogue brought up to date with what was read since.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::{Catalogue, Listing, Repository, WheelFile, Whole};
use crate::read::wheel;
use crate::version::BuildTag;

/// What a renewal changed in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which one.
    pub repository: Repository,
    /// The wheels that came, by name.
    pub added: Vec<String>,
    /// The wheels that went.
    pub removed: Vec<String>,
    /// The wheels of which something else is known now: taken back, or their size.
    pub changed: Vec<String>,
}

impl Catalogue {
    /// This catalogue with what another one saw later. Where that saw all of a project, it replaces what was known;
    /// otherwise it adds. Only wheels of these projects are kept, of builds for CUDA or for processors, with what a
    /// reader asks of a wheel: no addresses and no hashes.
    #[must_use]
    pub fn renewed(&self, later: &Self, projects: &[&str]) -> Self {
        let mut listings: BTreeMap<Repository, Listing> = BTreeMap::new();
        for old in &self.listings {
            let listing = Listing {
                files: Vec::new(),
                ..old.clone()
            };
            let listing = listings.entry(old.repository.clone()).or_insert(listing);
            listing.files.extend(old.files.iter().cloned());
        }
        for new in &later.listings {
            if !belongs(&new.repository) {
                continue;
            }
            let listing = listings
                .entry(new.repository.clone())
                .or_insert_with(|| Listing {
                    url: Cow::Owned(usual_address(&new.repository)),
                    whole: Vec::new(),
                    files: Vec::new(),
                    ..new.clone()
                });
            listing.as_of.clone_from(&new.as_of);
            for whole in &new.whole {
                listing
                    .files
                    .retain(|file| project_of(file) != whole.project);
                listing.whole.retain(|known| known.project != whole.project);
                listing.whole.push(whole.clone());
            }
            listing.files.extend(new.files.iter().cloned());
        }
        let mut listings: Vec<Listing> = listings.into_values().collect();
        for listing in &mut listings {
            listing.tidy(projects);
        }
        listings.retain(|listing| belongs(&listing.repository) && !listing.files.is_empty());
        Self {
            as_of: later.as_of.clone(),
            listings,
        }
    }

    /// What a renewal changed, by repository.
    pub fn changes_to(&self, renewed: &Self) -> Vec<Change> {
        let repositories: BTreeSet<&Repository> = self
            .listings
            .iter()
            .chain(&renewed.listings)
            .map(|listing| &listing.repository)
            .collect();
        repositories
            .into_iter()
            .filter_map(|repository| {
                let (before, after) = (self.names(repository), renewed.names(repository));
                let only = |one: &BTreeMap<&str, &WheelFile>,
                            other: &BTreeMap<&str, &WheelFile>| {
                    one.keys()
                        .filter(|name| !other.contains_key(*name))
                        .map(|name| (*name).to_owned())
                        .collect::<Vec<_>>()
                };
                let change = Change {
                    added: only(&after, &before),
                    removed: only(&before, &after),
                    changed: after
                        .iter()
                        .filter(|(name, file)| {
                            before.get(*name).is_some_and(|known| {
                                known.yanked != file.yanked || known.size != file.size
                            })
                        })
                        .map(|(name, _)| (*name).to_owned())
                        .collect(),
                    repository: repository.clone(),
                };
                let same = change.added.is_empty()
                    && change.removed.is_empty()
                    && change.changed.is_empty();
                (!same).then_some(change)
            })
            .collect()
    }

    fn names(&self, repository: &Repository) -> BTreeMap<&str, &WheelFile> {
        self.listings_of(repository)
            .flat_map(|listing| &listing.files)
            .map(|file| (file.name.as_ref(), file))
            .collect()
    }
}

impl Listing {
    /// Each wheel once and in order, without what is not kept.
    fn tidy(&mut self, projects: &[&str]) {
        let mut kept: BTreeMap<(String, Version, String), WheelFile> = BTreeMap::new();
        for file in std::mem::take(&mut self.files) {
            let Ok(wheel) = wheel::parse(&file.name) else {
                continue;
            };
            let Some(version) = wheel.pep440() else {
                continue;
            };
            let project = wheel.project();
            let local = wheel.local.as_ref().map(|local| local.value.as_str());
            let in_place = match (&self.repository, local) {
                (Repository::Pypi, local) => local.is_none_or(|local| local == "cpu"),
                // `cpu.cxx11.abi` and the like lie in folders of their own.
                (Repository::Folder(tag) | Repository::Nightly(tag), Some(local)) => {
                    BuildTag::from_str(local).as_ref() == Ok(tag)
                }
                (Repository::Folder(_) | Repository::Nightly(_), None) => false,
            };
            if !in_place || !projects.contains(&project.as_str()) {
                continue;
            }
            // A wheel for one Python says so in its name.
            let says_python = wheel.python_tags.iter().any(|tag| tag.starts_with("py"))
                || wheel.abi_tags.iter().any(|tag| tag.value == "abi3");
            let requires_python = file.requires_python.filter(|_| says_python);
            let key = (project, version, file.name.to_string());
            let known = kept.remove(&key);
            let merged = WheelFile {
                name: file.name,
                url: None,
                size: file.size.or(known.as_ref().and_then(|known| known.size)),
                sha256: None,
                requires_python: requires_python.or(known.and_then(|known| known.requires_python)),
                yanked: file.yanked,
            };
            kept.insert(key, merged);
        }
        self.files = kept.into_values().collect();
        self.whole
            .retain(|whole| projects.contains(&whole.project.as_str()));
        self.whole
            .sort_by(|one, other| one.project.cmp(&other.project));
    }
}

impl Whole {
    /// All versions of a project.
    pub fn of(project: &str) -> Self {
        Self {
            project: wheel::normalised(project),
            versions: VersionSpecifiers::empty(),
        }
    }
}

fn project_of(file: &WheelFile) -> String {
    wheel::normalised(file.name.split('-').next().unwrap_or_default())
}

/// Whether a repository is of use on an NVIDIA GPU, or where there is none.
fn belongs(repository: &Repository) -> bool {
    match repository {
        Repository::Pypi => true,
        Repository::Folder(tag) | Repository::Nightly(tag) => {
            matches!(tag, BuildTag::Cpu | BuildTag::Cuda(_))
        }
    }
}

/// The address of a repository at its maker's.
fn usual_address(repository: &Repository) -> String {
    match repository {
        Repository::Pypi => "https://pypi.org/simple".to_owned(),
        other => format!("https://download.pytorch.org/whl/{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(text: &str) -> Catalogue {
        format!("lessons-wheels/1\t{text}").parse().unwrap()
    }

    #[test]
    fn a_whole_page_replaces_and_a_list_adds() {
        let old = catalogue(
            "2026-01-01\n\
             repository\tpypi\thttps://pypi.org/simple\t2026-01-01\ttorch\tPyPI\n\
             torch-2.9.0-cp311-cp311-win_amd64.whl\n\
             torch-2.8.0-cp311-cp311-win_amd64.whl\n\
             torchtext-0.18.0-cp311-cp311-win_amd64.whl\n\
             repository\tcu126\thttps://download.pytorch.org/whl/cu126\t2026-01-01\t\tseen\n\
             torch-2.9.0+cu126-cp311-cp311-win_amd64.whl\n\
             repository\trocm6.4\thttps://x\t2026-01-01\t\tseen\n\
             torch-2.9.0+rocm6.4-cp311-cp311-linux_x86_64.whl\n",
        );
        let new = catalogue(
            "2026-11-24\n\
             repository\tpypi\thttps://mirror\t2026-11-24\ttorch\tpage\n\
             torch-2.10.0-cp311-cp311-win_amd64.whl\t120\tab\t>=3.10\n\
             torch-2.9.0-cp311-cp311-win_amd64.whl\t110\t\t\tbroken\n\
             torch-2.10.0-py3-none-win_amd64.whl\t\t\t>=3.10\n\
             numpy-1.0-cp311-cp311-win_amd64.whl\n\
             repository\tcu126\thttps://mirror\t2026-11-24\t\tlist\n\
             torch-2.10.0+cu126-cp311-cp311-win_amd64.whl\n\
             torch-2.10.0+cu126.x-cp311-cp311-win_amd64.whl\n\
             repository\tnightly/cu132\thttps://mirror\t2026-11-24\t\tlist\n\
             torch-2.16.0.dev20261101+cu132-cp312-cp312-win_amd64.whl\n",
        );
        let renewed = old.renewed(&new, &["torch", "torchtext"]);
        assert_eq!(
            renewed.to_string(),
            "lessons-wheels/1\t2026-11-24\n\
             repository\tpypi\thttps://pypi.org/simple\t2026-11-24\ttorch\tPyPI\n\
             torch-2.9.0-cp311-cp311-win_amd64.whl\t110\t\t\tbroken\n\
             torch-2.10.0-cp311-cp311-win_amd64.whl\t120\n\
             -py3-none-win_amd64.whl\t\t\t>=3.10\n\
             torchtext-0.18.0-cp311-cp311-win_amd64.whl\n\
             repository\tcu126\thttps://download.pytorch.org/whl/cu126\t2026-11-24\t\tseen\n\
             torch-2.9.0+cu126-cp311-cp311-win_amd64.whl\n\
             torch-2.10.0+cu126-cp311-cp311-win_amd64.whl\n\
             repository\tnightly/cu132\thttps://download.pytorch.org/whl/nightly/cu132\t2026-11-24\t\tlist\n\
             torch-2.16.0.dev20261101+cu132-cp312-cp312-win_amd64.whl\n"
        );
        let changes = old.changes_to(&renewed);
        assert_eq!(changes[0].repository, Repository::Pypi);
        assert_eq!(
            changes[0].removed,
            ["torch-2.8.0-cp311-cp311-win_amd64.whl"]
        );
        assert_eq!(
            changes[0].changed,
            ["torch-2.9.0-cp311-cp311-win_amd64.whl"]
        );
        assert_eq!(changes[0].added.len(), 2);
        // What has been taken in changes nothing any more.
        let again = renewed.renewed(&new, &["torch", "torchtext"]);
        assert_eq!(again, renewed);
        assert!(renewed.changes_to(&again).is_empty());
    }
}
