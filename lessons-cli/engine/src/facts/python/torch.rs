//! The torch that is installed: its version, what it was built for, and its list of GPU code.

use std::collections::BTreeSet;
use std::str::FromStr;

use pep440_rs::Version;

use super::EnvironmentKind;
use super::distributions::distribution;
use crate::facts::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};
use crate::tables::torch_matrix::DeviceCode;
use crate::version::{BuildTag, CudaVersion};

/// An installed torch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torch {
    /// Its version with the local part, as `torch.__version__` has it: `2.15.0+cu132`.
    pub version: Version,
    /// What it was built for.
    pub build: Known<BuildTag>,
    /// The folder that holds it: `/home/me/.venv/lib/python3.12/site-packages`.
    pub site: String,
    /// The file or folder that says so.
    pub source: String,
}

/// Where conda's installers put it, below the home folder.
const CONDAS: [&str; 7] = [
    "miniforge3",
    "mambaforge",
    "miniconda3",
    "anaconda3",
    "micromamba",
    ".conda",
    ".local/share/mamba",
];

/// How many folders of `PYTHONPATH` are looked at.
const MOST_IN_PYTHONPATH: usize = 20;

/// How many folders of `PATH` are looked at.
const MOST_IN_PATH: usize = 40;

/// How many folders are looked at for a torch that is elsewhere.
const MOST_FOLDERS: usize = 200;

impl Torch {
    /// The CUDA that it brings; `None` for a build without.
    pub fn cuda(&self) -> Known<Option<CudaVersion>> {
        self.build.clone().map(|build| build.cuda())
    }

    /// The version without its local part: `2.15.0`.
    pub fn release(&self) -> Version {
        self.version.clone().without_local()
    }
}

impl Facts<'_> {
    /// The torch that Python imports, from `torch/version.py`: the environment's, unless `PYTHONPATH` names a folder with
    /// another; `None` where there is none.
    pub fn torch(&self) -> &Known<Option<Torch>> {
        self.python.torch.get_or_init(|| {
            // Without an environment nobody knows which Python it would be.
            let (own, mut unknown) = self.sites_and_linked()?;
            for site in self.python_path().into_iter().chain(own) {
                match self.torch_in(&site) {
                    Ok(Some(torch)) => return Ok(Some(torch)),
                    Ok(None) => {}
                    Err(why) => {
                        unknown.get_or_insert(why);
                    }
                }
            }
            unknown.map_or(Ok(None), Err)
        })
    }

    /// The folders that `PYTHONPATH` names, where Python looks before it looks at the environment's own packages
    /// (<https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPATH>); none where the variable is not known.
    pub fn python_path(&self) -> Vec<String> {
        let Ok(Some(folders)) = self.env("PYTHONPATH") else {
            return Vec::new();
        };
        let sign = if self.platform().os == "windows" {
            ';'
        } else {
            ':'
        };
        folders
            .split(sign)
            .filter_map(|folder| self.absolute(folder))
            .take(MOST_IN_PYTHONPATH)
            .collect()
    }

    /// Whether a torch is imported from a folder of `PYTHONPATH`, and not from the environment.
    pub fn torch_is_put_before(&self, torch: &Torch) -> bool {
        let own = self.sites().unwrap_or_default();
        !own.contains(&torch.site) && self.python_path().contains(&torch.site)
    }

    /// Whether a torch lies among the user's own packages, of which a virtual environment mostly knows nothing.
    pub fn torch_is_the_users(&self, torch: &Torch) -> bool {
        let Ok(Some(environment)) = self.environment() else {
            return false;
        };
        let users = environment
            .python
            .clone()
            .and_then(|python| self.user_site(python));
        users.is_ok_and(|site| site.as_ref() == Some(&torch.site))
    }

    /// Whether nothing in the environment's packages says that torch was installed there: neither pip's record nor
    /// conda's. Not of a torch that lies elsewhere and is linked.
    pub fn torch_lacks_record(&self, torch: &Torch) -> bool {
        let Ok(Some(environment)) = self.environment() else {
            return false;
        };
        let own = environment.sites.iter().flatten();
        let Ok(names) = self.dir(&torch.site) else {
            return false;
        };
        // Conda keeps records of its own.
        let of_conda = matches!(environment.kind, EnvironmentKind::Conda { .. });
        own.into_iter().any(|site| *site == torch.site)
            && !of_conda
            && !names
                .iter()
                .any(|name| distribution(&torch.site, name).is_some_and(|it| it.name == "torch"))
    }

    /// The address that torch was installed from, where that was one wheel and no index (PEP 610): its record's
    /// `direct_url.json`, and what it names, without a password or a query.
    pub fn torch_origin(&self, torch: &Torch) -> Option<(String, String)> {
        let names = self.dir(&torch.site).ok()?;
        let record = names.iter().find(|name| {
            distribution(&torch.site, name).is_some_and(|record| record.name == "torch")
        })?;
        let path = format!("{}/{record}/direct_url.json", torch.site);
        let text = self.text(&path).ok()?;
        let read: serde_json::Value = serde_json::from_str(&text).ok()?;
        let url = read.get("url")?.as_str()?;
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (host, path_of_url) = rest.split_at(end);
        // A query may hold a key, too.
        let path_of_url = path_of_url.split(['?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let shown: String = format!("{scheme}://{host}{path_of_url}")
            .chars()
            .take(300)
            .collect();
        Some((path, shown))
    }

    /// What is left of a torch that Python cannot import: its record without its folder, or its folder without
    /// `version.py`. Its path.
    pub fn torch_remains(&self) -> Option<String> {
        for site in self.sites().ok()? {
            let Ok(names) = self.dir(&site) else { continue };
            if self.text(&format!("{site}/torch/version.py")) != Err(Unread::NotFound) {
                continue;
            }
            let record = names.iter().find(|name| {
                distribution(&site, name).is_some_and(|record| record.name == "torch")
            });
            let folder = names.iter().find(|name| *name == "torch");
            if let Some(name) = record.or(folder) {
                return Some(format!("{site}/{name}"));
            }
        }
        None
    }

    /// The records of torch beside the one that is imported, where there are several or they tell of another version:
    /// pip and uv go by these.
    pub fn torch_records(&self, torch: &Torch) -> Vec<String> {
        let names = self.dir(&torch.site).unwrap_or_default();
        let records: Vec<_> = names
            .iter()
            .filter_map(|name| distribution(&torch.site, name))
            .filter(|record| record.name == "torch")
            .collect();
        let [only] = &*records else {
            return records.into_iter().map(|record| record.record).collect();
        };
        if only.version.clone().without_local() == torch.release() {
            return Vec::new();
        }
        vec![only.record.clone()]
    }

    /// Folders outside of the environment that hold a torch: the packages of the other Pythons on `$PATH`, the user's own,
    /// the system's, `.venv` in the working folder, conda's environments and pyenv's and python.org's Pythons.
    pub fn torch_elsewhere(&self) -> Vec<Torch> {
        let own = self.sites().unwrap_or_default();
        let mut folders = if self.platform().os == "windows" {
            self.folders_of_windows()
        } else {
            self.folders_of_unix()
        };
        let mut seen = BTreeSet::new();
        folders.retain(|folder| seen.insert(folder.clone()));
        folders
            .iter()
            .take(MOST_FOLDERS)
            .filter(|folder| !own.contains(folder))
            .filter_map(|folder| self.torch_in(folder).ok().flatten())
            .collect()
    }

    fn folders_of_unix(&self) -> Vec<String> {
        let mut folders = vec!["/usr/lib/python3/dist-packages".to_owned()];
        let mut below_lib = |prefix: &str| {
            let lib = format!("{prefix}/lib");
            for name in self.dir(&lib).unwrap_or_default() {
                if name.starts_with("python3") {
                    folders.push(format!("{lib}/{name}/site-packages"));
                    folders.push(format!("{lib}/{name}/dist-packages"));
                }
            }
        };
        let path = self.env("PATH").ok().flatten().unwrap_or_default();
        let on_path = path.split(':').filter_map(|folder| self.absolute(folder));
        for folder in on_path.take(MOST_IN_PATH) {
            if let Some(prefix) = folder
                .strip_suffix("/bin")
                .filter(|prefix| !prefix.is_empty())
            {
                below_lib(prefix);
            }
        }
        if let Ok(Some(home)) = self.folder_in("HOME") {
            below_lib(&format!("{home}/.local"));
        }
        below_lib("/usr/local");
        if let Ok(Some(here)) = self.folder_in("PWD") {
            below_lib(&format!("{here}/.venv"));
        }
        for prefix in self.folders_of_others("HOME", ".pyenv/versions") {
            below_lib(&prefix);
        }
        folders
    }

    fn folders_of_windows(&self) -> Vec<String> {
        let mut folders = Vec::new();
        if let Ok(Some(roaming)) = self.folder_in("APPDATA") {
            let above = format!("{roaming}/Python");
            for name in self.dir(&above).unwrap_or_default() {
                folders.push(format!("{above}/{name}/site-packages"));
            }
        }
        let mut prefixes = self.folders_of_others("USERPROFILE", ".pyenv/pyenv-win/versions");
        if let Ok(Some(local)) = self.folder_in("LOCALAPPDATA") {
            let above = format!("{local}/Programs/Python");
            let names = self.dir(&above).unwrap_or_default();
            prefixes.extend(names.iter().map(|name| format!("{above}/{name}")));
        }
        if let Ok(Some(here)) = self.folder_in("PWD") {
            prefixes.push(format!("{here}/.venv"));
        }
        folders.extend(
            prefixes
                .iter()
                .map(|prefix| format!("{prefix}/Lib/site-packages")),
        );
        folders
    }

    /// The folders of conda's installations below the home folder with their environments, and pyenv's Pythons.
    fn folders_of_others(&self, home: &str, pyenv: &str) -> Vec<String> {
        let Ok(Some(home)) = self.folder_in(home) else {
            return Vec::new();
        };
        let mut prefixes = Vec::new();
        for conda in CONDAS {
            let prefix = format!("{home}/{conda}");
            let environments = format!("{prefix}/envs");
            for name in self.dir(&environments).unwrap_or_default() {
                prefixes.push(format!("{environments}/{name}"));
            }
            prefixes.push(prefix);
        }
        let versions = format!("{home}/{pyenv}");
        for name in self.dir(&versions).unwrap_or_default() {
            prefixes.push(format!("{versions}/{name}"));
        }
        prefixes
    }

    /// The list of GPU code compiled into the torch, from its own library; empty where the library has none.
    pub fn torch_code(&self, torch: &Torch) -> Known<Vec<DeviceCode>> {
        let name = if self.platform().os == "windows" {
            "torch_python.dll"
        } else {
            "libtorch_python.so"
        };
        let path = format!("{}/torch/lib/{name}", torch.site);
        let text = self
            .excerpt(&path, Select::Architectures)
            .map_err(|why| Unknown::unread(&path, why))?;
        Ok(text
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect())
    }

    /// Whether the environment's torch takes CUDA from `nvidia-*` wheels beside it, not from inside itself or from
    /// the host.
    pub fn torch_uses_nvidia_wheels(&self) -> Known<bool> {
        let torch = self.torch().as_ref().map_err(Clone::clone)?;
        if torch.is_none() {
            return Ok(false);
        }
        let distributions = self.distributions().as_ref().map_err(Clone::clone)?;
        Ok(distributions.iter().any(|distribution| {
            [
                "nvidia-cuda-runtime",
                "nvidia-cublas",
                "nvidia-cusparse",
                "nvidia-nvjitlink",
            ]
            .iter()
            .any(|name| distribution.name.starts_with(name))
        }))
    }

    fn torch_in(&self, site: &str) -> Known<Option<Torch>> {
        let source = format!("{site}/torch/version.py");
        let unread = match self.text(&source) {
            Ok(text) => {
                return version_file(&text)
                    .map(|(version, build)| {
                        Some(Torch {
                            build: build.ok_or_else(|| Unknown::not_understood(&source)),
                            version,
                            site: site.to_owned(),
                            source: source.clone(),
                        })
                    })
                    .ok_or_else(|| Unknown::not_understood(&source));
            }
            Err(why) => why,
        };
        let names = match self.dir(site) {
            Ok(names) => names,
            Err(Unread::NotFound) => return Ok(None),
            // No file of torch where it would be, whatever else there may be.
            Err(_) if unread == Unread::NotFound => return Ok(None),
            Err(why) => return Err(Unknown::unread(site, why)),
        };
        // Python cannot import what has no such file: at most there are remains.
        if unread == Unread::NotFound {
            return Ok(None);
        }
        let record = names
            .iter()
            .filter_map(|record| distribution(site, record))
            .find(|distribution| distribution.name == "torch");
        match record {
            Some(record) => Ok(Some(Torch {
                build: local_tag(&record.version).ok_or_else(|| Unknown::unread(&source, unread)),
                source: format!("{site}/{}", record.record),
                site: record.site,
                version: record.version,
            })),
            None if !names.iter().any(|name| name == "torch") => Ok(None),
            None => Err(Unknown::unread(source, unread)),
        }
    }
}

/// The build in a version's local part: `cu126` of `2.8.0+cu126`.
pub(super) fn local_tag(version: &Version) -> Option<BuildTag> {
    let text = version.to_string();
    let (_, local) = text.split_once('+')?;
    local.parse().ok()
}

/// Reads `torch/version.py`:
///
/// ```python
/// __version__ = '2.15.0+cu132'
/// cuda: Optional[str] = '13.2'
/// hip: Optional[str] = None
/// ```
fn version_file(text: &str) -> Option<(Version, Option<BuildTag>)> {
    let version = Version::from_str(&assigned(text, "__version__")?.text()?).ok()?;
    let value = |name: &str| assigned(text, name).and_then(Assigned::text);
    // A file without this line is not torch's, or only a part of it.
    let build = assigned(text, "cuda").and_then(|cuda| match (cuda.text(), local_tag(&version)) {
        (Some(cuda), _) => cuda
            .parse()
            .ok()
            .map(CudaVersion::release)
            .map(BuildTag::Cuda),
        (None, Some(tag)) if tag.cuda().is_none() => Some(tag),
        (None, _) => Some(
            match (value("rocm").or_else(|| value("hip")), value("xpu")) {
                (Some(rocm), _) => BuildTag::Rocm(rocm),
                (None, Some(_)) => BuildTag::Xpu,
                (None, None) => BuildTag::Cpu,
            },
        ),
    });
    Some((version, build))
}

/// What a line of Python gives a name.
pub(super) enum Assigned {
    /// Python's `None`.
    Nothing,
    /// A string.
    Text(String),
}

impl Assigned {
    /// The string, where it is one.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// What a line `name = 'value'` or `name: Optional[str] = None` gives a name; `None` where there is no such line.
pub(super) fn assigned(text: &str, name: &str) -> Option<Assigned> {
    text.lines().find_map(|line| {
        let (left, right) = line.split_once('=')?;
        let left = left.split(':').next().unwrap_or(left).trim();
        if left != name {
            return None;
        }
        let right = right.trim();
        if right == "None" {
            return Some(Assigned::Nothing);
        }
        let quote = right.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let value = right.strip_prefix(quote)?.split(quote).next()?;
        Some(Assigned::Text(value.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<(String, Option<String>)> {
        version_file(text)
            .map(|(version, build)| (version.to_string(), build.map(|b| b.to_string())))
    }

    #[test]
    fn a_version_file_tells_the_build() {
        let new = "from typing import Optional\n\n__all__ = ['__version__', 'cuda']\n__version__ = '2.15.0+cu132'\ndebug = False\n\
                   cuda: Optional[str] = '13.2'\nhip: Optional[str] = None\nrocm: Optional[str] = None\nxpu: Optional[str] = None\n";
        for (text, version, build) in [
            (new, "2.15.0+cu132", Some("cu132")),
            (
                "__version__ = '1.13.1+cu117'\ndebug = False\ncuda = '11.7'\nhip = None\n",
                "1.13.1+cu117",
                Some("cu117"),
            ),
            (
                "__version__ = '2.15.0+cpu'\ncuda: Optional[str] = None\n",
                "2.15.0+cpu",
                Some("cpu"),
            ),
            (
                "__version__ = '2.15.0'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n",
                "2.15.0",
                Some("cpu"),
            ),
            (
                "__version__ = '2.8.0+rocm6.4'\ncuda = None\nhip = '6.4.43482-0f2d60242'\n",
                "2.8.0+rocm6.4",
                Some("rocm6.4"),
            ),
            (
                "__version__ = '2.9.1'\ncuda = None\nhip = '7.1.2'\n",
                "2.9.1",
                Some("rocm7.1.2"),
            ),
            (
                "__version__ = '2.8.0+xpu'\ncuda = None\nxpu = '20250101'\n",
                "2.8.0+xpu",
                Some("xpu"),
            ),
            (
                "__version__ = '2.6.0a0+ecf3bae40a.nv25.1'\ncuda = '12.8'\n",
                "2.6.0a0+ecf3bae40a.nv25.1",
                Some("cu128"),
            ),
            ("__version__ = '2.8.0+cu126'\n", "2.8.0+cu126", None),
            ("__version__ = '2.8.0'\ncuda = 'twelve'\n", "2.8.0", None),
        ] {
            assert_eq!(
                read(text),
                Some((version.to_owned(), build.map(str::to_owned))),
                "{text}"
            );
        }
        for text in [
            "",
            "__version__ = None\ncuda = None\n",
            "__version__ = 'main'\ncuda = None\n",
            "__version__ =",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = version_file(&text);
            let _ = distribution("/s", &text);
        }
    }
}
