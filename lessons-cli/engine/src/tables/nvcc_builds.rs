//! What `nvcc --version` prints, by the toolkit's release.

use serde::Deserialize;

use super::{Lazy, NotInTable, Provenance, TableInfo, embedded};
use crate::version::CudaVersion;

const NAME: &str = "nvcc-builds";

static TABLE: Lazy<Table> =
    Lazy::new(|| embedded(NAME, include_str!("../../data/nvcc-builds.json")));

#[derive(Deserialize)]
struct Table {
    title: String,
    as_of: String,
    how_to_read: String,
    builds: Vec<NvccBuild>,
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

/// The compiler of one release of the toolkit, for Linux on x86-64.
#[derive(Debug, Deserialize)]
pub struct NvccBuild {
    /// The toolkit's release with its update: `12.6.3`.
    pub toolkit: CudaVersion,
    /// nvcc's own number: `12.6.85`.
    pub nvcc: CudaVersion,
    /// The last year of the copyright: `2024`.
    pub copyright: String,
    /// When it was built: `Tue_Oct_29_23:50:19_PDT_2024`.
    pub built: String,
    /// What it calls its build: `cuda_12.6.r12.6/compiler.35059454_0`.
    pub build: String,
    /// Where this comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}

impl NvccBuild {
    /// What `nvcc --version` prints.
    pub fn printed(&self) -> String {
        format!(
            "nvcc: NVIDIA (R) Cuda compiler driver\n\
             Copyright (c) 2005-{} NVIDIA Corporation\n\
             Built on {}\n\
             Cuda compilation tools, release {}, V{}\n\
             Build {}\n",
            self.copyright,
            self.built,
            self.toolkit.release(),
            self.nvcc,
            self.build
        )
    }
}

/// The releases whose compilers are known, newest first.
pub fn builds() -> &'static [NvccBuild] {
    &TABLE.builds
}

/// The compiler of a toolkit: of exactly that release, or of a release's newest update where none is named.
pub fn build(toolkit: CudaVersion) -> Result<&'static NvccBuild, NotInTable> {
    TABLE
        .builds
        .iter()
        .find(|row| match toolkit.patch {
            Some(_) => row.toolkit == toolkit,
            None => row.toolkit.release() == toolkit,
        })
        .ok_or_else(|| info().lacks(format!("nvcc of CUDA {toolkit}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::nvcc;

    #[test]
    fn every_release_prints_what_the_reader_of_nvcc_understands() {
        for row in builds() {
            let read = nvcc::read(&row.printed()).unwrap();
            assert_eq!(
                read.release.unwrap().value,
                row.toolkit.release().to_string()
            );
            assert_eq!(read.build.unwrap().value, row.build);
            assert_eq!(row.nvcc.release(), row.toolkit.release());
            assert!(row.built.ends_with(&format!("_{}", row.built_year())));
            assert!(row.toolkit.patch.is_some());
        }
    }

    #[test]
    fn a_release_without_its_update_is_the_newest_one() {
        let newest = build(CudaVersion::new(12, 6)).unwrap();
        assert_eq!(newest.toolkit.to_string(), "12.6.3");
        assert_eq!(newest.nvcc.to_string(), "12.6.85");
        assert!(build("12.7".parse().unwrap()).is_err());
        assert!(build("12.6.9".parse().unwrap()).is_err());
    }

    impl NvccBuild {
        fn built_year(&self) -> &str {
            self.built.rsplit('_').next().unwrap()
        }
    }
}
