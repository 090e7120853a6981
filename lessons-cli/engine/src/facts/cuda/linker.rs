//! Where programs look for shared libraries: `LD_LIBRARY_PATH`, and the folders that the system's linker knows.

use crate::facts::{Facts, Known, Unknown};
use crate::machine::Unread;
use crate::version::CudaVersion;

/// A folder that the system's linker looks into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkerFolder {
    /// `/etc/ld.so.conf.d/cuda-12-6.conf`
    pub source: String,
    /// `/usr/local/cuda-12.6/targets/x86_64-linux/lib`
    pub folder: String,
}

/// A library of CUDA's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CudaLibrary {
    /// `/usr/local/cuda-12.6/lib64/libnvJitLink.so.12`
    pub path: String,
    /// The version in the name that it points to, where that tells it.
    pub version: Option<CudaVersion>,
}

const LINKER_CONFIGURATION: &str = "/etc/ld.so.conf";
const LINKER_FOLDER: &str = "/etc/ld.so.conf.d";

impl Facts<'_> {
    /// The entries of `LD_LIBRARY_PATH`, an empty one for the folder that a program happens to be in; `None` where
    /// the variable is not set or empty.
    pub fn library_path(&self) -> Known<Option<Vec<String>>> {
        let list = self.env_filled("LD_LIBRARY_PATH")?;
        Ok(list.map(|list| list.split([':', ';']).map(str::to_owned).collect()))
    }

    /// The folders in `/etc/ld.so.conf` and `/etc/ld.so.conf.d/*.conf`.
    pub fn linker_folders(&self) -> Known<Vec<LinkerFolder>> {
        let mut files = vec![LINKER_CONFIGURATION.to_owned()];
        files.extend(
            self.dir_or_empty(LINKER_FOLDER)?
                .into_iter()
                .filter(|name| {
                    name.rsplit_once('.')
                        .is_some_and(|(_, ending)| ending == "conf")
                })
                .map(|name| format!("{LINKER_FOLDER}/{name}")),
        );
        let mut folders = Vec::new();
        for file in files {
            let text = match self.text(&file) {
                Ok(text) => text,
                Err(Unread::NotFound) => continue,
                Err(why) => return Err(Unknown::unread(file, why)),
            };
            folders.extend(
                text.lines()
                    .map(str::trim)
                    .filter(|line| line.starts_with('/'))
                    .map(|line| LinkerFolder {
                        source: file.clone(),
                        folder: line.to_owned(),
                    }),
            );
        }
        Ok(folders)
    }

    /// One of CUDA's libraries in a folder, such as `libnvJitLink.so.12`; `None` where the folder has none.
    pub fn cuda_library(&self, folder: &str, name: &str) -> Known<Option<CudaLibrary>> {
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        match self.link(&path) {
            Ok(target) => Ok(Some(CudaLibrary {
                version: target.as_deref().and_then(library_version),
                path,
            })),
            Err(Unread::NotFound) => Ok(None),
            Err(why) => Err(Unknown::unread(path, why)),
        }
    }
}

/// The version in `libnvJitLink.so.12.6.85`.
fn library_version(name: &str) -> Option<CudaVersion> {
    let (_, version) = name.rsplit_once(".so.")?;
    version.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_librarys_name_tells_its_version() {
        let read = |name| library_version(name).map(|version| version.to_string());
        assert_eq!(read("libnvJitLink.so.12.6.85").as_deref(), Some("12.6.85"));
        assert_eq!(read("libnvJitLink.so.12"), None);
        assert_eq!(read("libnvJitLink.so"), None);
    }
}
