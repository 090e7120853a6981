//! The packages that torch brings along when it is installed.

use pep440_rs::Version;
use serde::Deserialize;

use super::{Lazy, Provenance, TableInfo, embedded};
use crate::version::CudaVersion;

const NAME: &str = "torch-dependencies";

static TABLE: Lazy<Table> =
    Lazy::new(|| embedded(NAME, include_str!("../../data/torch-dependencies.json")));

#[derive(Deserialize)]
struct Table {
    title: String,
    as_of: String,
    how_to_read: String,
    releases: Vec<Brought>,
}

/// What this table is.
pub fn info() -> TableInfo {
    TableInfo {
        name: NAME,
        title: &TABLE.title,
        as_of: &TABLE.as_of,
        how_to_read: &TABLE.how_to_read,
    }
}

/// Whether a text is such a table, and if not, why: a renewed one is tried before it is written.
pub fn readable(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<Table>(text).map(drop)
}

/// What a release of torch brings, as `PyPI` has it for Linux.
#[derive(Debug, Deserialize)]
pub struct Brought {
    /// The release.
    pub torch: Version,
    /// The CUDA of `PyPI`'s build.
    pub cuda: CudaVersion,
    /// The packages, as `nvidia-cublas==13.4.1.3`.
    pub requires: Vec<String>,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// Whether a package is there for the sake of CUDA, and so not with a build for processors alone.
pub fn is_of_cuda(package: &str) -> bool {
    package.starts_with("nvidia-") || package.starts_with("cuda-") || package == "triton"
}

/// What a build brings, as names and versions: the plain packages of the release, and the packages of the CUDA. Of a
/// release that the table does not have, the next older one tells, and for a CUDA that it has no row of, the nearest of
/// the same major.
pub fn brought(torch: &Version, cuda: Option<CudaVersion>) -> Vec<(&'static str, &'static str)> {
    let rows = &TABLE.releases;
    let own = rows
        .iter()
        .find(|row| row.torch <= *torch)
        .or_else(|| rows.last());
    let Some(own) = own else {
        return Vec::new();
    };
    let plain = parts(own).filter(|(name, _)| !is_of_cuda(name));
    let Some(cuda) = cuda else {
        return plain.collect();
    };
    let distance = |row: &&Brought| {
        let minor = row.cuda.minor.abs_diff(cuda.minor);
        (minor, *row.torch.release().get(1).unwrap_or(&0))
    };
    let of_cuda = if own.cuda == cuda {
        Some(own)
    } else {
        rows.iter()
            .filter(|row| row.cuda.major == cuda.major)
            // The newest of those that are nearest.
            .min_by_key(|row| {
                let (minor, torch) = distance(row);
                (minor, std::cmp::Reverse(torch))
            })
    };
    plain
        .chain(
            of_cuda
                .into_iter()
                .flat_map(parts)
                .filter(|(name, _)| is_of_cuda(name) && *name != "triton"),
        )
        .chain(parts(own).filter(|(name, _)| *name == "triton"))
        .collect()
}

fn parts(row: &'static Brought) -> impl Iterator<Item = (&'static str, &'static str)> {
    row.requires
        .iter()
        .filter_map(|requirement| requirement.split_once("=="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(torch: &str, cuda: Option<&str>) -> Vec<String> {
        let cuda = cuda.map(|cuda| cuda.parse().unwrap());
        brought(&torch.parse().unwrap(), cuda)
            .into_iter()
            .map(|(name, version)| format!("{name}=={version}"))
            .collect()
    }

    #[test]
    fn a_build_brings_the_packages_of_its_cuda() {
        let has = |names: &[String], package: &str| names.iter().any(|name| name == package);
        let own = names("2.15.0", Some("13.2"));
        assert!(has(&own, "nvidia-cudnn-cu13==9.26.0.51"));
        assert!(has(&own, "triton==3.9.0"));
        let older = names("2.14.1", Some("12.6"));
        assert!(has(&older, "nvidia-cublas-cu12==12.6.4.1"));
        assert!(!older.iter().any(|name| name.contains("cu13")));
        let plain = names("2.14.1", None);
        assert!(has(&plain, "filelock==4.2.12"));
        assert!(
            !plain
                .iter()
                .any(|name| name.contains("nvidia") || name.contains("triton"))
        );
        assert!(has(
            &names("2.4.0", Some("11.8")),
            "nvidia-cublas-cu11==11.10.3.66"
        ));
    }
}
