//! The CUDA toolkits that are on this machine, and the one that a shell uses.

use serde::Deserialize;

use crate::facts::gpus::Sourced;
use crate::facts::{Facts, Known, Unknown};
use crate::machine::{NotRun, Unread};
use crate::programs::NVCC;
use crate::read::nvcc;
use crate::version::CudaVersion;

/// A toolkit: a compiler and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolkit {
    /// The folder that holds `bin/nvcc`, links followed: `/usr/local/cuda-12.6`. `/usr` for a distribution's own.
    pub root: String,
    /// The compiler by the name that it was found under: `/usr/local/cuda/bin/nvcc`.
    pub nvcc: String,
    /// Its version, and where that was read; `None` where no file tells.
    pub version: Option<Sourced<CudaVersion>>,
    /// Whose it is.
    pub origin: Origin,
}

impl Toolkit {
    /// The folder to put on `PATH`.
    pub fn bin(&self) -> &str {
        parent(&self.nvcc)
    }

    /// The folder by the name that it was found under: `/usr/local/cuda`.
    pub fn home(&self) -> &str {
        parent(self.bin())
    }

    /// Major and minor of its version.
    pub fn release(&self) -> Option<CudaVersion> {
        Some(self.version.as_ref()?.value.release())
    }

    /// Whether the other is another toolkit, of another version: two names for one folder are one toolkit.
    pub fn differs_from(&self, other: &Self) -> bool {
        self.root != other.root
            && self
                .release()
                .zip(other.release())
                .is_some_and(|(mine, theirs)| mine != theirs)
    }
}

/// Whose packages a toolkit comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// NVIDIA's, in `/usr/local`: packages or a runfile.
    Nvidia,
    /// The distribution's, spread over `/usr`.
    Distribution,
    /// The active conda environment's.
    Conda,
    /// Anyone's, somewhere else.
    Elsewhere,
}

/// What was found of toolkits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Toolkits {
    /// Those with a compiler; the one that `/usr/local/cuda` leads to comes first.
    pub found: Vec<Toolkit>,
    /// Folders of toolkits without a compiler: remains of one, or its libraries alone.
    pub bare: Vec<String>,
    /// The first thing that could not be read, so that there may be more.
    pub unread: Option<Unknown>,
}

/// Where NVIDIA's packages and runfiles put toolkits.
const NVIDIA_FOLDER: &str = "/usr/local";

/// Debian's and Ubuntu's package.
const DISTRIBUTION_PACKAGE: &str = "nvidia-cuda-toolkit";

impl Facts<'_> {
    /// The release of the nvcc that a shell finds, from `nvcc --version`; `None` where no `nvcc` is on `PATH`.
    pub fn nvcc_release(&self) -> Known<Option<Sourced<CudaVersion>>> {
        self.cuda
            .nvcc_release
            .get_or_init(|| {
                let source = NVCC.join(" ");
                let output = match self.command(NVCC) {
                    Ok(output) => output,
                    Err(NotRun::NotFound) => return Ok(None),
                    Err(why) => return Err(Unknown::not_run(NVCC, why)),
                };
                nvcc::read(&output.stdout)
                    .ok()
                    .and_then(|nvcc| nvcc.release)
                    .and_then(|release| release.value.parse().ok())
                    .map(|value| {
                        Some(Sourced {
                            value,
                            source: source.clone(),
                        })
                    })
                    .ok_or_else(|| Unknown::not_understood(source))
            })
            .clone()
    }

    /// The toolkits of this machine: in `/usr/local`, the distribution's own, the active conda environment's, and
    /// those that `CUDA_HOME`, `CUDA_PATH` and `PATH` name. On Windows only the one on `PATH`.
    pub fn toolkits(&self) -> &Toolkits {
        self.cuda.toolkits.get_or_init(|| {
            if self.is_linux() {
                self.read_toolkits()
            } else {
                let mut toolkits = Toolkits::default();
                match self.nvcc_release() {
                    Ok(Some(version)) => toolkits.found.push(Toolkit {
                        root: String::new(),
                        nvcc: "nvcc".to_owned(),
                        version: Some(version),
                        origin: Origin::Elsewhere,
                    }),
                    Ok(None) => {}
                    Err(unknown) => toolkits.unread = Some(unknown),
                }
                toolkits
            }
        })
    }

    fn read_toolkits(&self) -> Toolkits {
        let mut toolkits = Toolkits::default();
        match self.dir(NVIDIA_FOLDER) {
            Ok(names) => {
                for name in names.iter().filter(|name| is_toolkit_name(name)) {
                    self.add(&mut toolkits, &format!("{NVIDIA_FOLDER}/{name}"));
                }
            }
            Err(Unread::NotFound) => {}
            Err(why) => toolkits.missed(Unknown::unread(NVIDIA_FOLDER, why)),
        }
        self.add(&mut toolkits, "/usr");
        for variable in ["CONDA_PREFIX", "CUDA_HOME", "CUDA_PATH"] {
            match self.env_filled(variable) {
                // A relative folder, or a list of folders, names no toolkit.
                Ok(Some(folder)) if folder.starts_with('/') && !folder.contains(':') => {
                    self.add(&mut toolkits, &folder);
                }
                Ok(_) => {}
                Err(unknown) => toolkits.missed(unknown),
            }
        }
        match self.which("nvcc") {
            Ok(Some(nvcc)) => match self.toolkit_of(&nvcc) {
                Ok(toolkit) => toolkits.push(toolkit),
                Err(unknown) => toolkits.missed(unknown),
            },
            Ok(None) => {}
            Err(unknown) => toolkits.missed(unknown),
        }
        toolkits
    }

    /// Adds the toolkit in a folder, where it is one.
    fn add(&self, toolkits: &mut Toolkits, folder: &str) {
        let folder = folder.trim_end_matches('/');
        let nvcc = format!("{folder}/bin/nvcc");
        match self.exists(&nvcc) {
            Ok(true) => match self.toolkit_of(&nvcc) {
                Ok(toolkit) => toolkits.push(toolkit),
                Err(unknown) => toolkits.missed(unknown),
            },
            Ok(false) if toolkit_folder(folder) == Some(folder) => {
                if self.exists(folder) == Ok(true) {
                    toolkits.bare.push(folder.to_owned());
                }
            }
            Ok(false) => {}
            Err(unknown) => toolkits.missed(unknown),
        }
    }

    /// The toolkit that a compiler belongs to.
    fn toolkit_of(&self, nvcc: &str) -> Known<Toolkit> {
        let mut file = nvcc.to_owned();
        // The file itself may be a link from elsewhere: /usr/local/bin/nvcc -> /usr/local/cuda/bin/nvcc.
        for _ in 0..MAX_LINKS {
            match self.link(&file) {
                Ok(Some(target)) => file = joined(parent(&file), &target),
                Ok(None) => break,
                Err(why) => return Err(Unknown::unread(file, why)),
            }
        }
        let folder = match file.strip_suffix("/bin/nvcc") {
            Some("/usr") => "/usr".to_owned(),
            Some(folder) => self.real_folder(folder)?,
            // A wrapper: what it calls in the end is not to be seen in its name.
            None => parent(nvcc).to_owned(),
        };
        let conda = self.env_filled("CONDA_PREFIX").ok().flatten();
        let origin = if folder == "/usr" || folder == "/usr/lib/nvidia-cuda-toolkit" {
            Origin::Distribution
        } else if folder
            .strip_prefix(NVIDIA_FOLDER)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(is_toolkit_name)
        {
            Origin::Nvidia
        } else if conda.is_some_and(|conda| conda.trim_end_matches('/') == folder) {
            Origin::Conda
        } else {
            Origin::Elsewhere
        };
        let root = match origin {
            Origin::Distribution => "/usr".to_owned(),
            _ => folder,
        };
        Ok(Toolkit {
            version: match origin {
                Origin::Distribution => self.distribution_version(),
                _ => self.folder_version(&root),
            },
            root,
            nvcc: nvcc.to_owned(),
            origin,
        })
    }

    /// From `version.json` (since 11.1), `version.txt` (before), or the folder's name.
    fn folder_version(&self, root: &str) -> Option<Sourced<CudaVersion>> {
        let json = format!("{root}/version.json");
        let txt = format!("{root}/version.txt");
        let sourced = |value, source: String| Some(Sourced { value, source });
        if let Some(value) = self.text(&json).ok().and_then(|text| json_version(&text)) {
            return sourced(value, json);
        }
        if let Some(value) = self.text(&txt).ok().and_then(|text| txt_version(&text)) {
            return sourced(value, txt);
        }
        let (_, name) = root.rsplit_once("/cuda-")?;
        sourced(name.parse().ok()?, root.to_owned())
    }

    /// Major and minor of the toolkit in a folder; `None` where no file and no name tells.
    pub fn folder_release(&self, folder: &str) -> Known<Option<CudaVersion>> {
        let root = self.real_folder(folder)?;
        Ok(self
            .folder_version(&root)
            .map(|version| version.value.release()))
    }

    /// From the package's version: `12.0.140~12.0.1-4build4`.
    fn distribution_version(&self) -> Option<Sourced<CudaVersion>> {
        let packages = self.packages().as_ref().ok()?;
        let package = packages
            .iter()
            .find(|package| package.name == DISTRIBUTION_PACKAGE && package.is_installed())?;
        let digits = package
            .version
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()?;
        Some(Sourced {
            value: digits.parse().ok()?,
            source: "/var/lib/dpkg/status".to_owned(),
        })
    }

    /// The toolkit that a shell uses: that of the first `nvcc` on `PATH`. `None` where there is none on it.
    pub fn toolkit_on_path(&self) -> Known<Option<Toolkit>> {
        if !self.is_linux() {
            let toolkits = self.toolkits();
            return match (&toolkits.unread, toolkits.found.first()) {
                (None, first) => Ok(first.cloned()),
                (Some(unknown), _) => Err(unknown.clone()),
            };
        }
        let Some(nvcc) = self.which("nvcc")? else {
            return Ok(None);
        };
        let mut toolkit = self.toolkit_of(&nvcc)?;
        if toolkit.version.is_none() {
            // Here no file tells, so the compiler is asked; where it does not answer, the version stays open.
            toolkit.version = self.nvcc_release().ok().flatten();
        }
        Ok(Some(toolkit))
    }

    /// The toolkit that counts: the one on `PATH`, else the one that `CUDA_HOME` or `CUDA_PATH` names, else the one
    /// that `/usr/local/cuda` leads to, else the newest. `None` where there is no toolkit.
    pub fn toolkit_in_use(&self) -> Known<Option<Toolkit>> {
        if let Some(toolkit) = self.toolkit_on_path()? {
            return Ok(Some(toolkit));
        }
        if let Some(toolkit) = self.toolkit_of_home()? {
            return Ok(Some(toolkit));
        }
        let toolkits = self.toolkits();
        if let Some(unknown) = &toolkits.unread {
            return Err(unknown.clone());
        }
        let linked = toolkits
            .found
            .iter()
            .find(|toolkit| toolkit.home() == "/usr/local/cuda");
        let newest = || {
            toolkits
                .found
                .iter()
                .max_by_key(|toolkit| toolkit.release())
        };
        Ok(linked.or_else(newest).cloned())
    }

    /// The toolkit that `CUDA_HOME`, or else `CUDA_PATH`, names: what PyTorch's extension builder takes. `None`
    /// where they are not set or name no toolkit.
    pub fn toolkit_of_home(&self) -> Known<Option<Toolkit>> {
        for variable in ["CUDA_HOME", "CUDA_PATH"] {
            let Some(folder) = self.env_filled(variable)? else {
                continue;
            };
            if !folder.starts_with('/') || folder.contains(':') {
                return Ok(None);
            }
            let nvcc = format!("{}/bin/nvcc", folder.trim_end_matches('/'));
            return if self.exists(&nvcc)? {
                self.toolkit_of(&nvcc).map(Some)
            } else {
                Ok(None)
            };
        }
        Ok(None)
    }

    /// Where a folder's name leads when it is a link, or a link to a link.
    pub fn real_folder(&self, folder: &str) -> Known<String> {
        let mut folder = trimmed(folder).to_owned();
        for _ in 0..MAX_LINKS {
            match self.link(&folder) {
                Ok(Some(target)) => folder = joined(parent(&folder), &target),
                Ok(None) => return Ok(folder),
                Err(why) => return Err(Unknown::unread(folder, why)),
            }
        }
        Err(Unknown::not_understood(folder))
    }
}

/// How many links one name may go through, as Linux has it.
const MAX_LINKS: usize = 40;

impl Toolkits {
    fn push(&mut self, toolkit: Toolkit) {
        if !self.found.iter().any(|known| known.root == toolkit.root) {
            self.found.push(toolkit);
        }
    }

    fn missed(&mut self, unknown: Unknown) {
        self.unread.get_or_insert(unknown);
    }
}

/// The toolkit's folder that a path begins with, in the places where NVIDIA's installers and distributions put one:
/// `/usr/local/cuda-12.6/lib64` begins with `/usr/local/cuda-12.6`. It need not exist.
pub fn toolkit_folder(path: &str) -> Option<&str> {
    let rest = ["/usr/local/", "/opt/"]
        .iter()
        .find_map(|folder| path.strip_prefix(folder))?;
    let name = rest.split('/').next().unwrap_or(rest);
    let end = path.len() - rest.len() + name.len();
    is_toolkit_name(name).then(|| path.get(..end))?
}

/// `cuda`, or `cuda-` and a version.
fn is_toolkit_name(name: &str) -> bool {
    name == "cuda"
        || name.strip_prefix("cuda-").is_some_and(|version| {
            version.starts_with(|c: char| c.is_ascii_digit())
                && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        })
}

/// `{"cuda": {"name": "CUDA SDK", "version": "12.6.3"}, …}`
fn json_version(text: &str) -> Option<CudaVersion> {
    #[derive(Deserialize)]
    struct Versions {
        cuda: Component,
    }
    #[derive(Deserialize)]
    struct Component {
        version: String,
    }
    let versions: Versions = serde_json::from_str(text).ok()?;
    versions.cuda.version.parse().ok()
}

/// `CUDA Version 10.2.89`
fn txt_version(text: &str) -> Option<CudaVersion> {
    let version = text.trim_start().strip_prefix("CUDA Version")?;
    version.split_whitespace().next()?.parse().ok()
}

fn trimmed(folder: &str) -> &str {
    match folder.trim_end_matches('/') {
        "" => "/",
        folder => folder,
    }
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((parent, _)) => parent,
        None => "",
    }
}

/// Where a link in a folder leads, without `.`, `..` and a slash at the end.
fn joined(folder: &str, target: &str) -> String {
    let base = if target.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_either_file() {
        let read = |version: Option<CudaVersion>| version.map(|version| version.to_string());
        let json = r#"{"cuda": {"name": "CUDA SDK", "version": "12.6.3"}, "nvcc": {"version": "12.6.85"}}"#;
        assert_eq!(read(json_version(json)).as_deref(), Some("12.6.3"));
        assert_eq!(
            read(txt_version("CUDA Version 10.2.89\n")).as_deref(),
            Some("10.2.89")
        );
        for text in ["", "{", "{\"cuda\":1}", "CUDA Version", "CUDA Version x"] {
            assert_eq!(json_version(text), None);
            assert_eq!(txt_version(text), None);
        }
    }

    #[test]
    fn a_toolkits_folder_is_known_by_its_place_and_name() {
        for (path, folder) in [
            ("/usr/local/cuda/bin", Some("/usr/local/cuda")),
            ("/usr/local/cuda-12.6", Some("/usr/local/cuda-12.6")),
            ("/usr/local/cuda-12.6/lib64", Some("/usr/local/cuda-12.6")),
            ("/opt/cuda/lib64", Some("/opt/cuda")),
            ("/usr/local/cuda-samples/bin", None),
            ("/usr/local/cudatools", None),
            ("/usr/local/nvidia/lib64", None),
            ("/home/a/cuda/bin", None),
            ("cuda/bin", None),
            ("", None),
        ] {
            assert_eq!(toolkit_folder(path), folder, "{path}");
        }
    }

    #[test]
    fn links_are_joined_to_the_folder_that_holds_them() {
        assert_eq!(joined("/usr/local", "cuda-12.6/"), "/usr/local/cuda-12.6");
        assert_eq!(
            joined("/usr/local", "/etc/alternatives/cuda"),
            "/etc/alternatives/cuda"
        );
        assert_eq!(joined("/usr/bin", "../lib/x"), "/usr/lib/x");
        assert_eq!(joined("/", "../../.."), "/");
    }
}
