//! Which wheels exist, and where: as of the bundled snapshot, or of an index read a moment ago.
//!
//! A [`Catalogue`] is made of [`Listing`]s: what one repository was seen to offer on one day. Some listings are whole,
//! so that a name missing from them is a wheel that does not exist; others hold names that were seen somewhere, and
//! say nothing about the rest.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::{Version, VersionSpecifiers};

use crate::read::index::{Index, Yanked};
use crate::read::wheel::{self, Wheel, normalised};
use crate::version::BuildTag;

mod pages;
mod renewed;
mod shelf;

pub use pages::Page;
pub use renewed::Change;
pub use shelf::{Shelf, Wheels};

/// Which wheels exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// The day it was put together, `2026-11-23`.
    pub as_of: Cow<'static, str>,
    /// What was seen where; of two listings of one repository the later counts.
    pub listings: Vec<Listing>,
}

/// What a repository was seen to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Where.
    pub repository: Repository,
    /// The address, without the project's name: `https://pypi.org/simple`.
    pub url: Cow<'static, str>,
    /// When, `2026-11-23`.
    pub as_of: Cow<'static, str>,
    /// Who says so.
    pub source: Cow<'static, str>,
    /// The projects of which it names every wheel.
    pub whole: Vec<Whole>,
    /// The wheels.
    pub files: Vec<WheelFile>,
}

/// A project of which a listing names every wheel, at least of some versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The project as indexes write it: `torch`.
    pub project: String,
    /// Of these versions; of all where there is no condition.
    pub versions: VersionSpecifiers,
}

/// Where wheels are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Repository {
    /// `PyPI`, whose wheels of torch carry no local version.
    Pypi,
    /// The folder of a build on PyTorch's own index, or on a mirror of it: `cu130`.
    Folder(BuildTag),
    /// The same of the nightlies: `nightly/cu130`.
    Nightly(BuildTag),
}

/// A wheel on offer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WheelFile {
    /// Its file name, decoded.
    pub name: Cow<'static, str>,
    /// Its address, where it was seen on an index; absolute.
    pub url: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// The SHA-256 of the file in hexadecimal digits.
    pub sha256: Option<Cow<'static, str>>,
    /// Which Pythons it is for, as a version specifier.
    pub requires_python: Option<Cow<'static, str>>,
    /// Whether its maker took it back.
    pub yanked: Yanked,
}

impl WheelFile {
    /// Its name taken apart; none where it is not a wheel's.
    pub fn wheel(&self) -> Option<Wheel> {
        wheel::parse(&self.name).ok()
    }
}

impl Catalogue {
    /// The snapshot that comes along.
    pub fn bundled() -> &'static Self {
        static BUNDLED: LazyLock<Catalogue> = LazyLock::new(|| {
            parse(include_str!("../data/torch-wheels.tsv"), Cow::Borrowed)
                .unwrap_or_else(|error| panic!("embedded catalogue: {error}"))
        });
        &BUNDLED
    }

    /// Adds a listing, which counts more than those that are there.
    pub fn add(&mut self, listing: Listing) {
        self.listings.push(listing);
    }

    /// The wheels of a version of a project in a repository, each once, and whether these are all there are. The local
    /// part of the version does not matter.
    pub fn wheels(
        &self,
        project: &str,
        version: &Version,
        repository: &Repository,
    ) -> (Vec<(&WheelFile, Wheel)>, bool) {
        let version = version.clone().without_local();
        let mut found: Vec<(&WheelFile, Wheel)> = Vec::new();
        for listing in self.listings_of(repository) {
            for (file, wheel) in listing.wheels_of(project, &version) {
                if !found.iter().any(|(known, _)| known.name == file.name) {
                    found.push((file, wheel));
                }
            }
            if listing.is_whole(project, &version) {
                return (found, true);
            }
        }
        (found, false)
    }

    /// The listings of a repository, the one that counts most first.
    pub fn listings_of(&self, repository: &Repository) -> impl Iterator<Item = &Listing> {
        self.listings
            .iter()
            .rev()
            .filter(move |listing| listing.repository == *repository)
    }
}

impl Listing {
    /// What an index page said, read from `url` on the day `as_of`. `projects` are those whose page it is; none where
    /// it may hold a part of what there is.
    pub fn of_index(
        repository: Repository,
        url: &str,
        as_of: &str,
        projects: &[&str],
        page: &Index,
    ) -> Self {
        let files = page
            .files
            .iter()
            .filter(|file| file.filename.ends_with(".whl"));
        Self {
            repository,
            url: Cow::Owned(url.to_owned()),
            as_of: Cow::Owned(as_of.to_owned()),
            source: Cow::Owned(url.to_owned()),
            whole: projects
                .iter()
                .map(|project| Whole {
                    project: normalised(project),
                    versions: VersionSpecifiers::empty(),
                })
                .collect(),
            files: files
                .map(|file| WheelFile {
                    name: Cow::Owned(file.filename.value.clone()),
                    url: page.address(url, file),
                    size: file.size,
                    sha256: file.sha256.clone().map(Cow::Owned),
                    requires_python: file.requires_python.clone().map(Cow::Owned),
                    yanked: file.yanked.clone(),
                })
                .collect(),
        }
    }

    /// Whether a wheel of this version that it does not name does not exist.
    pub fn is_whole(&self, project: &str, version: &Version) -> bool {
        self.whole
            .iter()
            .any(|whole| whole.project == project && whole.versions.contains(version))
    }

    /// The wheels of a project's version, without its local part.
    fn wheels_of<'l, 'v>(
        &'l self,
        project: &str,
        version: &'v Version,
    ) -> impl Iterator<Item = (&'l WheelFile, Wheel)> + use<'l, 'v> {
        let start = project.replace('-', "_");
        let wanted = version.to_string();
        self.files.iter().filter_map(move |file| {
            // Most names are of another project or version: they are not taken apart.
            let rest = file.name.strip_prefix(start.as_str())?.strip_prefix('-')?;
            let written = rest.split(['-', '+', '%']).next()?;
            if written != wanted
                && (is_plain(written) || Version::from_str(written).ok()? != *version)
            {
                return None;
            }
            Some((file, file.wheel()?))
        })
    }
}

/// Whether a version is written as it is compared: numbers, the last of which is not one that could be left out.
fn is_plain(written: &str) -> bool {
    written
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && written.bytes().filter(|byte| *byte == b'.').count() == 2
        && !written.contains(".0")
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pypi => f.write_str("pypi"),
            Self::Folder(tag) => write!(f, "{tag}"),
            Self::Nightly(tag) => write!(f, "nightly/{tag}"),
        }
    }
}

impl FromStr for Repository {
    type Err = crate::version::VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("nightly/") {
            _ if text == "pypi" => Ok(Self::Pypi),
            Some(tag) => tag.parse().map(Self::Nightly),
            None => text.parse().map(Self::Folder),
        }
    }
}

/// A catalogue's text that breaks its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tried to read line {line} of a catalogue of wheels: {why}")]
pub struct CatalogueError {
    line: usize,
    why: String,
}

const FORMAT: &str = "lessons-wheels/1";

impl FromStr for Catalogue {
    type Err = CatalogueError;

    /// Reads the form in which a catalogue is kept: lines of fields between tabs. The first names the form and the
    /// day; `repository` begins a listing (repository, address, day, whole projects, source), and every other line is
    /// a wheel (name, size, SHA-256, `Requires-Python`, `yanked` or the reason). A name that begins with `-` goes on from
    /// the project and the version of the name before. `#` begins a remark.
    fn from_str(text: &str) -> Result<Self, CatalogueError> {
        parse(text, |text| Cow::Owned(text.to_owned()))
    }
}

fn parse<'t>(
    text: &'t str,
    keep: impl Fn(&'t str) -> Cow<'static, str>,
) -> Result<Catalogue, CatalogueError> {
    let mut catalogue: Option<Catalogue> = None;
    let mut stem = "";
    for (number, line) in text.lines().enumerate() {
        let refuse = |why: String| CatalogueError {
            line: number + 1,
            why,
        };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.split('\t');
        let first = fields.next().unwrap_or_default();
        let mut field = || fields.next().filter(|field| !field.is_empty());
        let Some(catalogue) = &mut catalogue else {
            if first != FORMAT {
                return Err(refuse(format!("it does not begin with {FORMAT}")));
            }
            let as_of = field().ok_or_else(|| refuse("the day is missing".to_owned()))?;
            catalogue = Some(Catalogue {
                as_of: keep(as_of),
                listings: Vec::new(),
            });
            continue;
        };
        if first == "repository" {
            let mut next = |what: &str| field().ok_or_else(|| refuse(format!("{what} is missing")));
            let repository = next("the repository")?
                .parse()
                .map_err(|error: crate::version::VersionError| refuse(error.to_string()))?;
            let url = keep(next("the address")?);
            let as_of = keep(next("the day")?);
            let whole = field().unwrap_or_default();
            let whole = whole
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(|word| word.parse().map_err(refuse))
                .collect::<Result<_, _>>()?;
            catalogue.listings.push(Listing {
                repository,
                url,
                as_of,
                source: keep(field().unwrap_or_default()),
                whole,
                files: Vec::new(),
            });
            stem = "";
            continue;
        }
        let Some(listing) = catalogue.listings.last_mut() else {
            return Err(refuse(
                "a wheel comes before the first repository".to_owned(),
            ));
        };
        if first.strip_suffix(".whl").is_none() {
            return Err(refuse("the name does not end with .whl".to_owned()));
        }
        let name = if !first.starts_with('-') {
            stem = stem_of(first);
            keep(first)
        } else if stem.is_empty() {
            return Err(refuse("there is no name before to go on from".to_owned()));
        } else {
            Cow::Owned(format!("{stem}{first}"))
        };
        let size = field().map(|size| {
            size.parse()
                .map_err(|_| refuse("the size is not a number".to_owned()))
        });
        listing.files.push(WheelFile {
            name,
            url: None,
            size: size.transpose()?,
            sha256: field().map(&keep),
            requires_python: field().map(&keep),
            yanked: match field() {
                None => Yanked::No,
                Some("yanked") => Yanked::Yes,
                Some(reason) => Yanked::Because(reason.to_owned()),
            },
        });
    }
    catalogue.ok_or_else(|| CatalogueError {
        line: 1,
        why: "it is empty".to_owned(),
    })
}

impl fmt::Display for Catalogue {
    /// The form in which it is kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FORMAT}\t{}", self.as_of)?;
        for listing in &self.listings {
            let whole: Vec<_> = listing.whole.iter().map(ToString::to_string).collect();
            writeln!(
                f,
                "repository\t{}\t{}\t{}\t{}\t{}",
                listing.repository,
                listing.url,
                listing.as_of,
                whole.join(" "),
                listing.source
            )?;
            let mut stem = "";
            for file in &listing.files {
                let mut line = String::new();
                let size = file.size.map(|size| size.to_string()).unwrap_or_default();
                let yanked = match &file.yanked {
                    Yanked::No => "",
                    Yanked::Yes => "yanked",
                    Yanked::Because(reason) => reason,
                };
                let fields = [
                    size.as_str(),
                    file.sha256.as_deref().unwrap_or_default(),
                    file.requires_python.as_deref().unwrap_or_default(),
                    yanked,
                ];
                let own = stem_of(&file.name);
                let goes_on = !own.is_empty() && own == stem;
                line.push_str(if goes_on {
                    file.name.get(own.len()..).unwrap_or_default()
                } else {
                    &file.name
                });
                stem = own;
                for field in fields {
                    line.push('\t');
                    line.extend(field.chars().map(|c| if c.is_control() { ' ' } else { c }));
                }
                writeln!(f, "{}", line.trim_end_matches('\t'))?;
            }
        }
        Ok(())
    }
}

/// The project and the version of a wheel's name: `torch-2.15.0`.
fn stem_of(name: &str) -> &str {
    let mut dashes = name.match_indices('-').map(|(at, _)| at);
    let end = dashes.nth(1).unwrap_or(0);
    name.get(..end).unwrap_or_default()
}

impl FromStr for Whole {
    type Err = String;

    /// `torch`, or of some versions alone `torch<=2.1.0`.
    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.find(['<', '>', '=', '!', '~']).unwrap_or(text.len());
        let (project, versions) = text.split_at(at);
        let versions = VersionSpecifiers::from_str(versions).map_err(|error| error.to_string())?;
        Ok(Self {
            project: normalised(project),
            versions,
        })
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = self.versions.to_string().replace(' ', "");
        write!(f, "{}{versions}", self.project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn the_bundled_snapshot_knows_what_pypi_has() {
        let bundled = Catalogue::bundled();
        let (wheels, whole) = bundled.wheels("torch", &version("2.15.0"), &Repository::Pypi);
        assert!(whole);
        assert_eq!(wheels.len(), 28);
        let (wheels, whole) = bundled.wheels("torch", &version("2.14.7"), &Repository::Pypi);
        assert!(wheels.is_empty() && whole, "a version that was never there");
        let folder = Repository::Folder("cu130".parse().unwrap());
        let (wheels, whole) = bundled.wheels("torch", &version("2.13.0+cu130"), &folder);
        assert!(!whole, "names seen here and there");
        assert!(
            wheels
                .iter()
                .any(|(file, _)| file.name == "torch-2.13.0+cu130-cp313-cp313-win_amd64.whl")
        );
    }

    /// Two sources, one from the names of files and one from metadata, say the same.
    #[test]
    fn the_snapshot_has_the_pythons_and_platforms_of_the_table() {
        for release in crate::tables::torch_matrix::releases() {
            let (wheels, whole) =
                Catalogue::bundled().wheels("torch", &release.torch, &Repository::Pypi);
            assert!(whole, "{}", release.torch);
            let mut pythons: Vec<_> = wheels
                .iter()
                .flat_map(|(_, wheel)| wheel.abi_tags.iter().chain(&wheel.python_tags))
                .filter_map(|tag| crate::version::PythonVersion::from_tag(tag).ok())
                .collect();
            pythons.sort_unstable();
            pythons.dedup();
            assert_eq!(pythons, release.python, "{}", release.torch);
            let mut platforms: Vec<_> = wheels
                .iter()
                .flat_map(|(_, wheel)| wheel.platform_tags.iter().map(|tag| tag.value.clone()))
                .collect();
            platforms.sort_unstable();
            platforms.dedup();
            assert_eq!(platforms, release.pypi_platform_tags, "{}", release.torch);
        }
    }

    #[test]
    fn every_name_of_the_snapshot_is_a_wheels() {
        for listing in &Catalogue::bundled().listings {
            for file in &listing.files {
                let wheel = file.wheel().unwrap_or_else(|| panic!("{}", file.name));
                let local = wheel.local.map(|local| local.value);
                match &listing.repository {
                    Repository::Pypi => assert_eq!(local, None, "{}", file.name),
                    Repository::Folder(tag) | Repository::Nightly(tag) => {
                        assert_eq!(local, Some(tag.to_string()), "{}", file.name);
                    }
                }
            }
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        let text = "lessons-wheels/1\t2026-11-23\n\
            repository\tpypi\thttps://pypi.org/simple\t2026-11-23\ttorch torchvision<=0.29.2\tPyPI\n\
            torch-2.15.0-cp311-cp311-win_amd64.whl\t120000000\tab12\t>=3.11\tbroken on Windows 7\n\
            torch-2.14.1-cp311-cp311-win_amd64.whl\t\t\t\tyanked\n\
            repository\tnightly/cu132\thttps://download.pytorch.org/whl/nightly/cu132\t2026-11-23\t\tseen\n";
        let catalogue: Catalogue = text.parse().unwrap();
        assert_eq!(catalogue.to_string(), text);
        let short = "lessons-wheels/1\t2026-11-23\n\
            repository\tpypi\thttps://pypi.org/simple\t2026-11-23\t\tPyPI\n\
            torch-2.15.0-cp311-cp311-win_amd64.whl\t120\n\
            -cp312-cp312-win_amd64.whl\n\
            torch-2.14.1-cp311-cp311-win_amd64.whl\n";
        let catalogue: Catalogue = short.parse().unwrap();
        assert_eq!(
            catalogue.listings[0].files[1].name,
            "torch-2.15.0-cp312-cp312-win_amd64.whl"
        );
        assert_eq!(catalogue.to_string(), short);
        let bundled = Catalogue::bundled();
        assert_eq!(&bundled.to_string().parse::<Catalogue>().unwrap(), bundled);
    }

    #[test]
    fn what_breaks_the_form_is_refused_with_its_line() {
        let head = "lessons-wheels/1\t2026-11-23\n";
        let repository = "repository\tpypi\thttps://x\t2026-11-23\n";
        for (text, line) in [
            (String::new(), 1),
            ("torch-1.0-cp27-cp27m-linux_x86_64.whl\n".to_owned(), 1),
            (format!("{head}torch-1.0-cp27-cp27m-linux_x86_64.whl\n"), 2),
            (format!("{head}repository\tcu12x\thttps://x\tday\n"), 2),
            (format!("{head}repository\tpypi\n"), 2),
            (format!("{head}{repository}torch-1.0.tar.gz\n"), 3),
            (
                format!("{head}{repository}-cp27-cp27m-linux_x86_64.whl\n"),
                3,
            ),
            (
                format!("{head}{repository}torch-1.0-cp27-cp27m-linux_x86_64.whl\tbig\n"),
                3,
            ),
        ] {
            let error = text.parse::<Catalogue>().unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
        }
    }

    #[test]
    fn a_later_listing_counts_more() {
        let mut catalogue: Catalogue = "lessons-wheels/1\t2026-11-23\n\
            repository\tcu130\thttps://x\t2026-11-23\n\
            torch-2.15.0+cu130-cp311-cp311-win_amd64.whl\n"
            .parse()
            .unwrap();
        let folder = Repository::Folder("cu130".parse().unwrap());
        let page =
            crate::read::index::read("torch-2.15.0+cu130-cp312-cp312-win_amd64.whl").unwrap();
        catalogue.add(Listing::of_index(
            folder.clone(),
            "https://x/torch/",
            "2026-11-24",
            &["torch"],
            &page,
        ));
        let (wheels, whole) = catalogue.wheels("torch", &version("2.15.0"), &folder);
        let names: Vec<_> = wheels.iter().map(|(file, _)| file.name.as_ref()).collect();
        assert_eq!(names, ["torch-2.15.0+cu130-cp312-cp312-win_amd64.whl"]);
        assert!(whole);
    }
}
