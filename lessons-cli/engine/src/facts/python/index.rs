//! Where pip and uv look for packages: their configuration files and variables.

use super::Environment;
use crate::facts::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};

/// Where the environment's installer looks for packages, when nothing else is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageIndex {
    /// The index that stands in the place of `PyPI`.
    pub main: Option<Setting>,
    /// Those that are asked beside it, folders and pages of files included.
    pub more: Vec<Setting>,
    /// What forbids it to ask any index.
    pub off: Option<Setting>,
}

/// A value and what set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `https://download.pytorch.org/whl/cpu`, without a name and password.
    pub value: String,
    /// `/etc/pip.conf`, `$PIP_INDEX_URL`.
    pub source: String,
}

/// Other lines may hold passwords, and a recording is shown to others.
const LINES: Select = Select::Lines(&["[", "index", "url", "find-links", "http", "torch-backend"]);

impl PackageIndex {
    /// Whether it asks `PyPI`, or a copy of it, and nothing else.
    pub fn is_pypi_alone(&self) -> bool {
        self.off.is_none()
            && self.more.is_empty()
            && self
                .main
                .as_ref()
                .is_none_or(|main| main.value.trim_end_matches('/').ends_with("/simple"))
    }

    /// The setting that leads to PyTorch's index of builds without CUDA.
    pub fn of_cpu_builds(&self) -> Option<&Setting> {
        self.main.iter().chain(&self.more).find(|setting| {
            let value = setting.value.trim_end_matches('/');
            value == "cpu" || value.ends_with("/whl/cpu")
        })
    }
}

impl Facts<'_> {
    /// Where the installer of an environment looks: uv where uv made it, else pip. What is nearer to the reader
    /// counts before what is not: variables, then the environment's, the user's and the system's file.
    pub fn package_index(&self, environment: &Environment) -> Known<PackageIndex> {
        let mut index = PackageIndex::default();
        if environment.made_by_uv {
            self.uv_variables(&mut index)?;
            let folders = [
                self.folder_in("PWD")?,
                self.config_home()?.map(|home| home + "/uv"),
                Some("/etc/uv".to_owned()),
            ];
            for folder in folders.into_iter().flatten() {
                let files: &[&str] = if folder.ends_with("/uv") {
                    &["uv.toml"]
                } else {
                    &["uv.toml", "pyproject.toml"]
                };
                for name in files {
                    self.read_settings(&format!("{folder}/{name}"), uv_settings, &mut index)?;
                }
            }
        } else {
            self.pip_variables(&mut index)?;
            for file in self.pip_files(environment)? {
                self.read_settings(&file, pip_settings, &mut index)?;
            }
        }
        Ok(index)
    }

    fn pip_variables(&self, index: &mut PackageIndex) -> Known<()> {
        for (name, key) in [
            ("PIP_INDEX_URL", Key::Main),
            ("PIP_EXTRA_INDEX_URL", Key::More),
            ("PIP_FIND_LINKS", Key::More),
            ("PIP_NO_INDEX", Key::Off),
        ] {
            self.take_variable(name, key, index)?;
        }
        Ok(())
    }

    fn uv_variables(&self, index: &mut PackageIndex) -> Known<()> {
        for (name, key) in [
            ("UV_DEFAULT_INDEX", Key::Main),
            ("UV_INDEX_URL", Key::Main),
            ("UV_INDEX", Key::More),
            ("UV_EXTRA_INDEX_URL", Key::More),
            ("UV_FIND_LINKS", Key::More),
            ("UV_TORCH_BACKEND", Key::More),
            ("UV_NO_INDEX", Key::Off),
        ] {
            self.take_variable(name, key, index)?;
        }
        Ok(())
    }

    fn take_variable(&self, name: &str, key: Key, index: &mut PackageIndex) -> Known<()> {
        if let Some(value) = self.env(name)? {
            let source = format!("${name}");
            for value in value.split_whitespace() {
                index.add(key, value, &source);
            }
        }
        Ok(())
    }

    /// pip's files, the nearest first.
    fn pip_files(&self, environment: &Environment) -> Known<Vec<String>> {
        let name = if self.platform().os == "windows" {
            "pip.ini"
        } else {
            "pip.conf"
        };
        let mut files: Vec<String> = self
            .env("PIP_CONFIG_FILE")?
            .into_iter()
            .filter(|file| file != "/dev/null")
            .collect();
        files.push(format!("{}/{name}", environment.prefix));
        if self.platform().os == "windows" {
            files.extend(
                self.folder_in("APPDATA")?
                    .map(|folder| format!("{folder}/pip/{name}")),
            );
            files.extend(
                self.folder_in("USERPROFILE")?
                    .map(|folder| format!("{folder}/pip/{name}")),
            );
            files.push(format!("C:/ProgramData/pip/{name}"));
        } else {
            files.extend(
                self.config_home()?
                    .map(|folder| format!("{folder}/pip/{name}")),
            );
            files.extend(
                self.folder_in("HOME")?
                    .map(|home| format!("{home}/.pip/{name}")),
            );
            files.extend([format!("/etc/xdg/pip/{name}"), format!("/etc/{name}")]);
        }
        Ok(files)
    }

    /// `$XDG_CONFIG_HOME`, else `~/.config`.
    fn config_home(&self) -> Known<Option<String>> {
        match self.folder_in("XDG_CONFIG_HOME")? {
            Some(folder) => Ok(Some(folder)),
            None => Ok(self.folder_in("HOME")?.map(|home| home + "/.config")),
        }
    }

    fn read_settings(
        &self,
        file: &str,
        read: fn(&str) -> Vec<(Key, String)>,
        index: &mut PackageIndex,
    ) -> Known<()> {
        match self.excerpt(file, LINES) {
            Ok(text) => {
                for (key, value) in read(&text) {
                    index.add(key, &value, file);
                }
                Ok(())
            }
            Err(Unread::NotFound) => Ok(()),
            Err(why) => Err(Unknown::unread(file, why)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Main,
    More,
    Off,
}

impl PackageIndex {
    fn add(&mut self, key: Key, value: &str, source: &str) {
        let setting = Setting {
            value: without_password(value),
            source: source.to_owned(),
        };
        match key {
            // The nearest counts.
            Key::Main => {
                self.main.get_or_insert(setting);
            }
            Key::More => self.more.push(setting),
            Key::Off
                if matches!(
                    value.to_ascii_lowercase().as_str(),
                    "1" | "true" | "yes" | "on"
                ) =>
            {
                self.off.get_or_insert(setting);
            }
            Key::Off => {}
        }
    }
}

/// An address without `name:password@`.
fn without_password(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            let start = host.rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[start..])
        }
        None => address.to_owned(),
    }
}

/// The settings of a `pip.conf`: `[global]` and `[install]`, a value going on in lines that are indented.
fn pip_settings(text: &str) -> Vec<(Key, String)> {
    let mut settings = Vec::new();
    let mut counts = false;
    let mut open = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = trimmed.strip_prefix('[') {
            counts = matches!(section.trim_end_matches(']'), "global" | "install");
            open = None;
            continue;
        }
        let goes_on = line.starts_with([' ', '\t']) && open.is_some();
        let values = if goes_on {
            trimmed
        } else {
            let Some((name, value)) = trimmed.split_once(['=', ':']) else {
                continue;
            };
            open = match name.trim().to_ascii_lowercase().replace('_', "-").as_str() {
                "index-url" => Some(Key::Main),
                "extra-index-url" | "find-links" => Some(Key::More),
                "no-index" => Some(Key::Off),
                _ => None,
            };
            value.trim()
        };
        if let (true, Some(key)) = (counts, open) {
            settings.extend(
                values
                    .split_whitespace()
                    .map(|value| (key, value.to_owned())),
            );
        }
    }
    settings
}

/// The settings of a `uv.toml`, or of `[tool.uv]` in a `pyproject.toml`. An index that is only for packages that name
/// it (`explicit`) is left out, since it is asked for those alone.
fn uv_settings(text: &str) -> Vec<(Key, String)> {
    let mut settings = Vec::new();
    let is_project = text.contains("[tool.") || text.contains("[project]");
    let mut counts = !is_project;
    // The key of a list that goes on in the next lines.
    let mut open: Option<Key> = None;
    let mut in_index = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[').filter(|_| open.is_none()) {
            let section = section.trim_matches(['[', ']']);
            let own = section.strip_prefix("tool.uv").unwrap_or(section);
            counts = !is_project || section.starts_with("tool.uv");
            in_index = own.trim_start_matches('.') == "index";
            continue;
        }
        if !counts {
            continue;
        }
        if let Some(key) = open {
            settings.extend(quoted(line).map(|value| (key, value)));
            if line.contains(']') {
                open = None;
            }
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let key = match name.trim() {
            "index-url" => Key::Main,
            "url" if in_index => Key::More,
            "extra-index-url" | "find-links" | "torch-backend" => Key::More,
            "no-index" => Key::Off,
            _ => continue,
        };
        if key == Key::Off {
            settings.push((key, value.trim().to_owned()));
            continue;
        }
        settings.extend(quoted(value).map(|value| (key, value)));
        if value.contains('[') && !value.contains(']') {
            open = Some(key);
        }
    }
    settings
}

/// The words in quotation marks.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split(['"', '\''])
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_file_is_read() {
        let text = "[global]\nindex-url = https://mirror/simple\nextra_index_url:\n    https://a/whl/cu126\n    https://b/whl/cpu/\n\n[list]\nindex-url = x\n[install]\nno-index = true\n; find-links = y\n";
        let settings = pip_settings(text);
        assert_eq!(
            settings,
            [
                (Key::Main, "https://mirror/simple".to_owned()),
                (Key::More, "https://a/whl/cu126".to_owned()),
                (Key::More, "https://b/whl/cpu/".to_owned()),
                (Key::Off, "true".to_owned()),
            ]
        );
    }

    #[test]
    fn uvs_file_is_read() {
        let own = "index-url = \"https://mirror/simple\"\nextra-index-url = [\n  'https://a/whl/cpu',\n]\n[pip]\ntorch-backend = \"cpu\"\n";
        assert_eq!(
            uv_settings(own),
            [
                (Key::Main, "https://mirror/simple".to_owned()),
                (Key::More, "https://a/whl/cpu".to_owned()),
                (Key::More, "cpu".to_owned()),
            ]
        );
        let project = "[project]\nurl = \"https://home\"\n[[tool.uv.index]]\nname = \"p\"\nurl = \"https://a/whl/cu130\"\n[tool.other]\nindex-url = \"z\"\n";
        assert_eq!(
            uv_settings(project),
            [(Key::More, "https://a/whl/cu130".to_owned())]
        );
    }

    #[test]
    fn passwords_are_left_out() {
        assert_eq!(
            without_password("https://me:secret@host/simple"),
            "https://host/simple"
        );
        assert_eq!(
            without_password("https://host/@scope"),
            "https://host/@scope"
        );
        assert_eq!(without_password("cpu"), "cpu");
    }

    #[test]
    fn what_an_index_holds() {
        let index = |main: Option<&str>, more: &[&str]| {
            let mut index = PackageIndex::default();
            if let Some(value) = main {
                index.add(Key::Main, value, "x");
            }
            for value in more {
                index.add(Key::More, value, "x");
            }
            (index.is_pypi_alone(), index.of_cpu_builds().is_some())
        };
        assert_eq!(index(None, &[]), (true, false));
        assert_eq!(
            index(Some("https://pypi.tuna.tsinghua.edu.cn/simple"), &[]),
            (true, false)
        );
        assert_eq!(
            index(None, &["https://download.pytorch.org/whl/cu130"]),
            (false, false)
        );
        assert_eq!(
            index(Some("https://download.pytorch.org/whl/cpu/"), &[]),
            (false, true)
        );
    }
}
