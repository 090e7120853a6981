//! Catalogues made of index pages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pep440_rs::VersionSpecifiers;

use super::{Catalogue, Listing, Repository, WheelFile, Whole};
use crate::read::index::{Index, Layout};
use crate::read::wheel::{self, normalised};
use crate::version::BuildTag;

/// A page of an index that was read.
#[derive(Debug, Clone, Copy)]
pub struct Page<'p> {
    /// Where it was; empty where it has no address.
    pub url: &'p str,
    /// The project whose page it is: all its wheels are on it. None where it may hold a part of what there is.
    pub project: Option<&'p str>,
    /// What it says.
    pub index: &'p Index,
}

impl Catalogue {
    /// What pages said that were read on the day `as_of`. Each wheel goes to the repository that its name or the
    /// page's address tells; what they do not tell counts as `PyPI`'s.
    pub fn of_pages<'p>(as_of: &str, pages: impl IntoIterator<Item = Page<'p>>) -> Self {
        let mut listings: BTreeMap<(Repository, String), Listing> = BTreeMap::new();
        for page in pages {
            let told = told_by(page.url);
            let whole = page
                .project
                .filter(|_| !page.index.incomplete && page.index.layout != Layout::List);
            let mut add = |repository: Repository, file: Option<WheelFile>| {
                let url = root(page.url, page.project);
                let listing = listings
                    .entry((repository.clone(), url.to_owned()))
                    .or_insert_with(|| Listing {
                        repository,
                        url: Cow::Owned(url.to_owned()),
                        as_of: Cow::Owned(as_of.to_owned()),
                        source: if page.url.is_empty() {
                            Cow::Borrowed("names in a list")
                        } else {
                            Cow::Owned(page.url.to_owned())
                        },
                        whole: Vec::new(),
                        files: Vec::new(),
                    });
                if let Some(project) = whole.map(normalised)
                    && !listing.whole.iter().any(|known| known.project == project)
                {
                    listing.whole.push(Whole {
                        project,
                        versions: VersionSpecifiers::empty(),
                    });
                }
                listing.files.extend(file);
            };
            let mut files = 0;
            for file in &page.index.files {
                let Ok(wheel) = wheel::parse(&file.filename) else {
                    continue;
                };
                files += 1;
                let nightly = wheel.version.contains(".dev");
                let local = wheel.local.as_ref().and_then(|local| build_in(local));
                let repository = match (local, &told) {
                    (Some(tag), _) if nightly => Repository::Nightly(tag),
                    (Some(tag), Some(Repository::Nightly(_))) => Repository::Nightly(tag),
                    (Some(tag), _) => Repository::Folder(tag),
                    (None, Some(told)) => told.clone(),
                    (None, None) => Repository::Pypi,
                };
                let found = WheelFile {
                    name: Cow::Owned(file.filename.value.clone()),
                    url: page.index.address(page.url, file),
                    size: file.size,
                    sha256: file.sha256.clone().map(Cow::Owned),
                    requires_python: file.requires_python.clone().map(Cow::Owned),
                    yanked: file.yanked.clone(),
                };
                add(repository, Some(found));
            }
            if files == 0 {
                add(told.unwrap_or(Repository::Pypi), None);
            }
        }
        Self {
            as_of: Cow::Owned(as_of.to_owned()),
            listings: listings.into_values().collect(),
        }
    }
}

/// The build that a local version names: `cu126`, or `cu117.with.pypi.cudnn`.
fn build_in(local: &str) -> Option<BuildTag> {
    [local, local.split('.').next().unwrap_or_default()]
        .into_iter()
        .find_map(|tag| tag.parse().ok())
}

/// The repository that an address tells: `…/whl/nightly/cu132/torch/`.
fn told_by(url: &str) -> Option<Repository> {
    let (_, path) = url.split_once("://")?;
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let tag: BuildTag = segments.iter().find_map(|segment| segment.parse().ok())?;
    Some(if segments.contains(&"nightly") {
        Repository::Nightly(tag)
    } else {
        Repository::Folder(tag)
    })
}

/// The address of the index that a project's page belongs to.
fn root<'u>(url: &'u str, project: Option<&str>) -> &'u str {
    let trimmed = url.trim_end_matches('/');
    let Some((index, last)) = trimmed.rsplit_once('/') else {
        return url;
    };
    if project.is_some_and(|project| normalised(last) == normalised(project)) {
        index
    } else {
        trimmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::index;

    #[test]
    fn wheels_go_to_the_repository_that_their_name_or_the_address_tells() {
        let mixed = index::read(
            "<a href=torch-2.9.1%2Bcu126-cp311-cp311-win_amd64.whl></a>\
             <a href=torch-2.9.1%2Bcpu-cp311-cp311-win_amd64.whl></a>\
             <a href=torch-2.16.0.dev20261101%2Bcu132-cp312-cp312-win_amd64.whl></a>\
             <a href=torch-0.4.0-cp27-cp27m-linux_x86_64.whl></a>\
             <a href=torch-1.13.0%2Bcu117.with.pypi.cudnn-cp310-cp310-linux_x86_64.whl></a>",
        )
        .unwrap();
        let catalogue = Catalogue::of_pages(
            "2026-11-24",
            [Page {
                url: "https://download.pytorch.org/whl/cu90/torch/",
                project: Some("torch"),
                index: &mixed,
            }],
        );
        let repositories: Vec<_> = catalogue
            .listings
            .iter()
            .map(|listing| (listing.repository.to_string(), listing.files.len()))
            .collect();
        let expected = [
            ("cpu", 1),
            ("cu90", 1),
            ("cu117", 1),
            ("cu126", 1),
            ("nightly/cu132", 1),
        ];
        assert_eq!(
            repositories,
            expected.map(|(name, count)| (name.to_owned(), count))
        );
        let first = &catalogue.listings[0];
        assert_eq!(first.url, "https://download.pytorch.org/whl/cu90");
        assert_eq!(first.whole[0].project, "torch");
        assert_eq!(
            first.files[0].url.as_deref(),
            Some(
                "https://download.pytorch.org/whl/cu90/torch/torch-2.9.1%2Bcpu-cp311-cp311-win_amd64.whl"
            )
        );
    }

    #[test]
    fn a_list_of_names_is_never_the_whole() {
        let list = index::read("torch-2.15.0-cp311-cp311-win_amd64.whl").unwrap();
        let page = Page {
            url: "",
            project: Some("torch"),
            index: &list,
        };
        let catalogue = Catalogue::of_pages("2026-11-24", [page]);
        assert_eq!(catalogue.listings[0].repository, Repository::Pypi);
        assert!(catalogue.listings[0].whole.is_empty());
        assert_eq!(catalogue.listings[0].files[0].url, None);
    }
}
