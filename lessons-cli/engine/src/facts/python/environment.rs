//! The Python environment: which folder `python` takes its packages from.

use crate::facts::{Facts, Known, Unknown};
use crate::machine::Unread;
use crate::version::PythonVersion;

/// The Python that a reader's packages go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// How it came to be the one.
    pub kind: EnvironmentKind,
    /// Its folder: `/home/me/first-torch/.venv`; for a Python of the system, the folder above its `bin`.
    pub prefix: String,
    /// What names it: `$VIRTUAL_ENV`, `$CONDA_PREFIX`, `$PATH` or `$PWD`.
    pub source: &'static str,
    /// The program to start: `/home/me/first-torch/.venv/bin/python`.
    pub interpreter: String,
    /// The version of its Python.
    pub python: Known<PythonVersion>,
    /// Whether its Python is a 32-bit program.
    pub is_32_bit: Known<bool>,
    /// Whether uv made it: then it has no pip of its own.
    pub made_by_uv: bool,
    /// The folders that hold its packages, in the order in which Python looks.
    pub sites: Known<Vec<String>>,
}

/// How an environment came to be the one in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// A virtual environment that is active.
    Virtual,
    /// A conda environment that is active.
    Conda {
        /// Whether it is `base`, the one that conda itself lives in.
        base: bool,
    },
    /// `.venv` in the working folder, which is not active. uv uses it all the same.
    Idle,
    /// No environment: a Python that belongs to the system.
    System,
    /// `$VIRTUAL_ENV` names a folder that is no environment any more.
    Gone,
}

impl Environment {
    /// Whether a program lies in the environment.
    pub fn contains(&self, program: &str) -> bool {
        program
            .strip_prefix(self.prefix.as_str())
            .is_some_and(|rest| rest.starts_with('/'))
    }
}

/// How many links a path may go through.
const MAX_LINKS: usize = 16;

impl Facts<'_> {
    /// The Python environment in use; `None` where there is no Python at all.
    ///
    /// In this order: `$VIRTUAL_ENV`, `$CONDA_PREFIX`, an environment whose folder is on `$PATH` (as images of
    /// containers have it), `.venv` in the working folder, the first Python on `$PATH`.
    pub fn environment(&self) -> &Known<Option<Environment>> {
        self.python
            .environment
            .get_or_init(|| self.find_environment())
    }

    /// The first folder on `$PATH` that has a `python3` or a `python`, and which.
    pub fn first_python(&self) -> &Known<Option<String>> {
        self.python.first_python.get_or_init(|| {
            let names: &[&str] = if self.is_windows() {
                &["python.exe"]
            } else {
                &["python3", "python"]
            };
            let separator = if self.is_windows() { ';' } else { ':' };
            let path = self.env("PATH")?.unwrap_or_default();
            for folder in path.split(separator) {
                // Relative folders are left out: which program they mean changes with every `cd`.
                let Some(folder) = self.absolute(folder) else {
                    continue;
                };
                for name in names {
                    let file = format!("{folder}/{name}");
                    match self.stat(&file) {
                        Ok(stat) if stat.is_executable() => {
                            if let Some(python) = self.behind_shim(&file)? {
                                return Ok(Some(python));
                            }
                        }
                        // A shell cannot start what it may not look at either.
                        Ok(_) | Err(Unread::NotFound | Unread::Denied) => {}
                        Err(why) => return Err(Unknown::unread(file, why)),
                    }
                }
            }
            Ok(None)
        })
    }

    /// The first pip on `$PATH` and the Python that it installs for, as the first line of its script names it:
    /// `#!/home/me/.venv/bin/python`. None where there is no pip, or it is no script that names a Python.
    pub fn first_pip(&self) -> Option<(String, String)> {
        if self.is_windows() {
            return None;
        }
        let path = self.env("PATH").ok()??;
        for folder in path.split(':') {
            let Some(folder) = self.absolute(folder) else {
                continue;
            };
            for name in ["pip", "pip3"] {
                let file = format!("{folder}/{name}");
                match self.text(&file) {
                    Ok(script) => {
                        let line = script.lines().next()?;
                        let python = line.strip_prefix("#!")?.split_whitespace().next()?;
                        let named = python.rsplit('/').next()?.starts_with("python");
                        return named.then(|| (file, python.to_owned()));
                    }
                    Err(Unread::NotFound) => {}
                    Err(_) => return None,
                }
            }
        }
        None
    }

    /// The Python that a file is: itself, or for pyenv's shim, which is a script, the one that pyenv would start:
    /// by `$PYENV_VERSION`, `.python-version` in the working folder or the nearest one above, or pyenv's own file
    /// `version`. `None` where that is the system's, which comes later on `$PATH`.
    fn behind_shim(&self, file: &str) -> Known<Option<String>> {
        let Some((root, name)) = file
            .split_once("/shims/")
            .filter(|(root, _)| root.ends_with("pyenv"))
        else {
            return Ok(Some(file.to_owned()));
        };
        let mut chosen = self.env("PYENV_VERSION")?;
        let working = self.folder_in("PWD")?;
        let folders = std::iter::successors(working.as_deref(), |folder| parent(folder));
        let files = folders.map(|folder| format!("{folder}/.python-version"));
        for file in files.chain([format!("{root}/version")]) {
            if chosen.is_none() {
                chosen = match self.text(&file) {
                    Ok(text) => text.split_whitespace().next().map(str::to_owned),
                    Err(Unread::NotFound) => None,
                    Err(why) => return Err(Unknown::unread(file, why)),
                };
            }
        }
        Ok(chosen
            .filter(|version| version != "system")
            // A version may be a list; the first of it is the one.
            .and_then(|version| version.split(':').next().map(str::to_owned))
            .map(|version| format!("{root}/versions/{version}/bin/{name}")))
    }

    /// Whether the system forbids pip in its Python (PEP 668): `EXTERNALLY-MANAGED` beside the standard library.
    pub fn externally_managed(&self, environment: &Environment) -> Known<bool> {
        let python = environment.python.clone()?;
        self.exists(&format!(
            "{}/lib/python{python}/EXTERNALLY-MANAGED",
            environment.prefix
        ))
    }

    fn find_environment(&self) -> Known<Option<Environment>> {
        if let Some(prefix) = self.folder_in("VIRTUAL_ENV")? {
            return Ok(Some(self.virtual_environment(prefix, "$VIRTUAL_ENV")));
        }
        if let Some(prefix) = self.folder_in("CONDA_PREFIX")? {
            let base = matches!(self.env("CONDA_DEFAULT_ENV"), Ok(Some(name)) if name == "base");
            return Ok(Some(self.conda_environment(prefix, base, "$CONDA_PREFIX")));
        }
        let first = self.first_python().as_ref().map_err(Clone::clone)?;
        if let Some(prefix) = first.as_deref().and_then(|python| self.prefix_of(python)) {
            if self.exists(&format!("{prefix}/pyvenv.cfg"))? {
                return Ok(Some(self.virtual_environment(prefix, "$PATH")));
            }
            if self.exists(&format!("{prefix}/conda-meta"))? {
                // The others lie in a folder `envs`, in conda's own or anywhere else.
                let base = !parent(&prefix).is_some_and(|above| above.ends_with("/envs"));
                return Ok(Some(self.conda_environment(prefix, base, "$PATH")));
            }
        }
        if let Some(folder) = self.folder_in("PWD")? {
            let prefix = format!("{}/.venv", folder.trim_end_matches('/'));
            if self.exists(&format!("{prefix}/pyvenv.cfg"))? {
                return Ok(Some(Environment {
                    kind: EnvironmentKind::Idle,
                    ..self.virtual_environment(prefix, "$PWD")
                }));
            }
        }
        match first {
            Some(python) => self.system_python(python).map(Some),
            None => Ok(None),
        }
    }

    fn virtual_environment(&self, prefix: String, source: &'static str) -> Environment {
        let path = format!("{prefix}/pyvenv.cfg");
        let config = match self.text(&path) {
            Ok(text) => Ok(Config::parse(&text)),
            Err(Unread::NotFound) => {
                return Environment {
                    kind: EnvironmentKind::Gone,
                    interpreter: self.interpreter_in(&prefix),
                    python: Err(Unknown::unread(&path, Unread::NotFound)),
                    is_32_bit: Err(Unknown::unread(&path, Unread::NotFound)),
                    made_by_uv: false,
                    sites: Ok(Vec::new()),
                    source,
                    prefix,
                };
            }
            Err(why) => Err(Unknown::unread(&path, why)),
        };
        let python = self.version_in(&prefix, &config);
        let mut sites = self.own_site(&prefix, &python).map(|site| vec![site]);
        if let (Ok(config), Ok(sites), Ok(python)) = (&config, &mut sites, &python)
            && config.system_sites
            && let Some(home) = config.home.as_deref()
        {
            sites.extend(self.user_site(*python).ok().flatten());
            if self.is_windows() {
                sites.push(format!("{home}/Lib/site-packages"));
            } else if let Some(base) = parent(home) {
                sites.extend(system_sites(base, *python));
            }
        }
        Environment {
            kind: EnvironmentKind::Virtual,
            interpreter: self.interpreter_in(&prefix),
            is_32_bit: config.as_ref().map_err(Clone::clone).map(|config| {
                self.runs_on_32_bits() || config.home.as_deref().is_some_and(names_32_bits)
            }),
            made_by_uv: config.is_ok_and(|config| config.uv),
            python,
            sites,
            source,
            prefix,
        }
    }

    fn conda_environment(&self, prefix: String, base: bool, source: &'static str) -> Environment {
        let folder = format!("{prefix}/conda-meta");
        let python = match self.dir(&folder) {
            Ok(names) => names
                .iter()
                .find_map(|name| conda_python(name))
                .ok_or_else(|| {
                    Unknown::unread(format!("{folder}/python-*.json"), Unread::NotFound)
                }),
            Err(why) => Err(Unknown::unread(folder, why)),
        };
        let interpreter = if self.is_windows() {
            format!("{prefix}/python.exe")
        } else {
            format!("{prefix}/bin/python")
        };
        let sites = self.own_site(&prefix, &python).and_then(|own| {
            let mut sites: Vec<_> = self.user_site(python.clone()?)?.into_iter().collect();
            sites.push(own);
            Ok(sites)
        });
        Environment {
            kind: EnvironmentKind::Conda { base },
            is_32_bit: Ok(self.runs_on_32_bits()),
            made_by_uv: false,
            interpreter,
            python,
            sites,
            source,
            prefix,
        }
    }

    fn system_python(&self, first: &str) -> Known<Environment> {
        let file = self.without_links(first)?;
        let prefix = self.prefix_of(&file).unwrap_or_default();
        let python = match version_in_name(&file) {
            Some(python) => Ok(python),
            None => self.only_version_below(&prefix),
        };
        let sites = python.clone().and_then(|python| {
            let mut sites: Vec<_> = self.user_site(python)?.into_iter().collect();
            sites.extend(if self.is_windows() {
                vec![format!("{prefix}/Lib/site-packages")]
            } else {
                system_sites(&prefix, python)
            });
            Ok(sites)
        });
        Ok(Environment {
            kind: EnvironmentKind::System,
            source: "$PATH",
            interpreter: first.to_owned(),
            is_32_bit: Ok(self.runs_on_32_bits() || names_32_bits(&prefix)),
            made_by_uv: false,
            python,
            sites,
            prefix,
        })
    }

    /// The version of a virtual environment's Python. The name of the folder of its packages tells all of it, also
    /// whether it is free-threaded; the configuration tells the numbers.
    fn version_in(&self, prefix: &str, config: &Known<Config>) -> Known<PythonVersion> {
        let configured = match config {
            Ok(config) => config
                .version
                .ok_or_else(|| Unknown::not_understood(format!("{prefix}/pyvenv.cfg"))),
            Err(unknown) => Err(unknown.clone()),
        };
        if self.is_windows() {
            return configured;
        }
        let listed = self.only_version_below(prefix);
        match (listed, configured) {
            (Ok(listed), _) => Ok(listed),
            // The folder that the configuration would have is there: so it is not free-threaded.
            (Err(_), Ok(configured))
                if self.exists(&format!("{prefix}/lib/python{configured}/site-packages"))
                    == Ok(true) =>
            {
                Ok(configured)
            }
            (Err(unknown), _) => Err(unknown),
        }
    }

    /// The version in `lib/python3.12`, where there is one such folder.
    fn only_version_below(&self, prefix: &str) -> Known<PythonVersion> {
        let folder = format!("{prefix}/lib");
        let names = self
            .dir(&folder)
            .map_err(|why| Unknown::unread(&folder, why))?;
        let mut versions = names
            .iter()
            .filter_map(|name| name.strip_prefix("python")?.parse().ok());
        match (versions.next(), versions.next()) {
            (Some(version), None) => Ok(version),
            _ => Err(Unknown::not_understood(folder)),
        }
    }

    fn own_site(&self, prefix: &str, python: &Known<PythonVersion>) -> Known<String> {
        if self.is_windows() {
            return Ok(format!("{prefix}/Lib/site-packages"));
        }
        let python = python.clone()?;
        Ok(format!("{prefix}/lib/python{python}/site-packages"))
    }

    /// The user's own packages, which every Python but that of a virtual environment looks at first; none where a
    /// variable forbids it (<https://docs.python.org/3/using/cmdline.html#envvar-PYTHONNOUSERSITE>).
    pub(super) fn user_site(&self, python: PythonVersion) -> Known<Option<String>> {
        let set = |variable| {
            let value = self.env(variable).ok().flatten();
            value.filter(|value| !value.is_empty())
        };
        if set("PYTHONNOUSERSITE").is_some() {
            return Ok(None);
        }
        let base = set("PYTHONUSERBASE").and_then(|base| self.absolute(&base));
        if let Some(base) = base {
            return Ok(Some(if self.is_windows() {
                format!(
                    "{base}/Python{}{}/site-packages",
                    python.major, python.minor
                )
            } else {
                format!("{base}/lib/python{python}/site-packages")
            }));
        }
        if self.is_windows() {
            // Where the folder is not known, it is left out: hardly anybody has one.
            let roaming = self.folder_in("APPDATA").ok().flatten();
            return Ok(roaming.map(|folder| {
                let number = format!("{}{}", python.major, python.minor);
                format!("{folder}/Python/Python{number}/site-packages")
            }));
        }
        Ok(self
            .folder_in("HOME")?
            .map(|home| format!("{home}/.local/lib/python{python}/site-packages")))
    }

    /// A folder that a variable names; `None` where it is not set, empty, or not a whole path.
    pub(super) fn folder_in(&self, variable: &str) -> Known<Option<String>> {
        Ok(self
            .env(variable)?
            .and_then(|folder| self.absolute(&folder)))
    }

    /// A whole path with `/` between its parts and none at its end.
    pub(super) fn absolute(&self, path: &str) -> Option<String> {
        let path = if self.is_windows() {
            path.replace('\\', "/")
        } else {
            path.to_owned()
        };
        let whole = path.starts_with('/') || path.get(1..3) == Some(":/");
        whole.then(|| path.trim_end_matches('/').to_owned())
    }

    /// The folder above `bin`; on Windows above `Scripts`, or a Python's own folder.
    fn prefix_of(&self, interpreter: &str) -> Option<String> {
        let folder = parent(interpreter)?;
        if self.is_windows() && !folder.to_ascii_lowercase().ends_with("/scripts") {
            return Some(folder.to_owned());
        }
        parent(folder).map(str::to_owned)
    }

    fn interpreter_in(&self, prefix: &str) -> String {
        if self.is_windows() {
            format!("{prefix}/Scripts/python.exe")
        } else {
            format!("{prefix}/bin/python")
        }
    }

    /// The file at the end of the links that a path is.
    fn without_links(&self, path: &str) -> Known<String> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            match self.link(&path) {
                Ok(Some(target)) => path = joined(&path, &target),
                Ok(None) => return Ok(path),
                Err(why) => return Err(Unknown::unread(path, why)),
            }
        }
        Err(Unknown::not_understood(path))
    }

    fn runs_on_32_bits(&self) -> bool {
        matches!(self.platform().arch.as_str(), "x86" | "arm")
    }

    fn is_windows(&self) -> bool {
        self.platform().os == "windows"
    }
}

/// What matters of `pyvenv.cfg`.
struct Config {
    version: Option<PythonVersion>,
    home: Option<String>,
    uv: bool,
    system_sites: bool,
}

impl Config {
    /// Reads `key = value` lines: `version = 3.11.7` of venv, `version_info = 3.12.3` of uv and
    /// `version_info = 3.12.3.final.0` of virtualenv.
    fn parse(text: &str) -> Self {
        let field = |name: &str| {
            text.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == name).then(|| value.trim().to_owned())
            })
        };
        let version = field("version_info").or_else(|| field("version"));
        Self {
            version: version.as_deref().and_then(major_and_minor),
            home: field("home").map(|home| home.replace('\\', "/")),
            uv: field("uv").is_some(),
            system_sites: field("include-system-site-packages").as_deref() == Some("true"),
        }
    }
}

fn major_and_minor(version: &str) -> Option<PythonVersion> {
    let mut parts = version.split('.');
    Some(PythonVersion::new(
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    ))
}

/// The version in the name of conda's record of its Python: `python-3.11.9-h955ad1f_0.json`, free-threaded
/// `python-3.13.1-h4f43103_1_cp313t.json`.
fn conda_python(name: &str) -> Option<PythonVersion> {
    let rest = name.strip_prefix("python-")?.strip_suffix(".json")?;
    let (version, build) = rest.split_once('-')?;
    let version = major_and_minor(version)?;
    Some(PythonVersion {
        free_threaded: build.ends_with('t') && build.contains("_cp"),
        ..version
    })
}

/// The version in the name of a program or, on Windows, of its folder: `/usr/bin/python3.12`,
/// `C:/Users/me/AppData/Local/Programs/Python/Python312/python.exe`.
fn version_in_name(file: &str) -> Option<PythonVersion> {
    let (folder, name) = file.rsplit_once('/')?;
    if let Some(version) = name.strip_prefix("python")
        && version.contains('.')
        && let Ok(version) = version.parse()
    {
        return Some(version);
    }
    let (_, folder) = folder.rsplit_once('/')?;
    let digits = folder.strip_prefix("Python")?;
    let digits = digits.strip_suffix("-32").unwrap_or(digits);
    format!("cp{digits}").parse().ok()
}

/// Whether the folder of a Python says that it is a 32-bit one: python.org's `Python311-32`, pyenv's
/// `3.11.7-win32`, uv's `cpython-3.12.3-windows-x86-none` and `…-linux-i686-gnu`.
fn names_32_bits(folder: &str) -> bool {
    folder.split('/').any(|part| {
        (part.starts_with("Python") && part.ends_with("-32"))
            || part.ends_with("-win32")
            || part.contains("-windows-x86-")
            || part.contains("-i686-")
    })
}

/// Where a Python of the system looks for packages: its own folder, and Debian's and Fedora's additions.
fn system_sites(prefix: &str, python: PythonVersion) -> Vec<String> {
    vec![
        format!("{prefix}/local/lib/python{python}/dist-packages"),
        format!("{prefix}/lib/python{python}/site-packages"),
        format!("{prefix}/lib64/python{python}/site-packages"),
        format!("{prefix}/lib/python{python}/dist-packages"),
        format!("{prefix}/lib/python3/dist-packages"),
    ]
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

/// Where a link at a path leads.
fn joined(path: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    let mut parts: Vec<&str> = parent(path).unwrap_or_default().split('/').collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => parts.truncate(parts.len().saturating_sub(1).max(1)),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;

    /// pyenv's `python3` is a script that starts another; which one, its files say.
    #[test]
    fn behind_pyenv_s_shim_is_the_python_that_it_starts() {
        let first = |extra: &str| {
            let json = format!(
                r#"{{"format":"lessons-machine/1","name":"t","platform":{{"os":"linux","arch":"x86_64"}},
                "env":{{"PATH":"/root/.pyenv/shims:/usr/bin","PWD":"/w","PYENV_VERSION":null}},
                "dirs":{{"/":["root","usr","w"],"/usr/bin":["python3"],"/w":[]}},
                "files":{{"/root/.pyenv/shims/python3":{{"size":1,"mode":33261}},{extra}}}}}"#
            );
            let recording = Recording::from_slice(json.as_bytes()).unwrap();
            Facts::new(&recording).first_python().clone()
        };
        assert_eq!(
            first(r#""/root/.pyenv/version":{"text":"3.11.7\n"}"#)
                .unwrap()
                .as_deref(),
            Some("/root/.pyenv/versions/3.11.7/bin/python3")
        );
        assert_eq!(
            first(r#""/root/.pyenv/version":{"text":"system\n"},"/root/.pyenv/shims/python":{"error":"not-found"}"#)
                .unwrap()
                .as_deref(),
            Some("/usr/bin/python3")
        );
        assert!(first(r#""/other":{"text":""}"#).is_err());
    }

    fn environment(json: &str) -> Environment {
        let recording = Recording::from_slice(json.as_bytes()).unwrap();
        Facts::new(&recording)
            .environment()
            .clone()
            .unwrap()
            .unwrap()
    }

    /// Conda's own folder on `$PATH`, as its installer leaves it where the shell was not set up; any other of its
    /// environments.
    #[test]
    fn conda_is_found_by_its_folder() {
        for (prefix, base) in [
            ("/home/me/miniforge3", true),
            ("/opt/conda", true),
            ("/home/me/miniforge3/envs/dl", false),
        ] {
            let found = environment(&format!(
                r#"{{"format":"lessons-machine/1","name":"t","platform":{{"os":"linux","arch":"x86_64"}},
                "env":{{"PATH":"{prefix}/bin:/usr/bin","PWD":"/w","HOME":"/home/me","VIRTUAL_ENV":null,"CONDA_PREFIX":null}},
                "dirs":{{"{prefix}/conda-meta":["history","python-3.12.7-hc5c86c4_0_cpython.json"]}},
                "files":{{"{prefix}/bin/python3":{{"mode":33261}},"{prefix}/pyvenv.cfg":{{"error":"not-found"}}}}}}"#
            ));
            assert_eq!(found.prefix, prefix);
            assert_eq!(found.kind, EnvironmentKind::Conda { base });
            assert_eq!(found.python, Ok(PythonVersion::new(3, 12)));
        }
    }

    #[test]
    fn windows_has_a_folder_of_the_user_s_packages() {
        let found = environment(
            r#"{"format":"lessons-machine/1","name":"t","platform":{"os":"windows","arch":"x86_64"},
            "env":{"PATH":"C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python311","APPDATA":"C:\\Users\\me\\AppData\\Roaming","PWD":null,"VIRTUAL_ENV":null,"CONDA_PREFIX":null},
            "files":{"C:/Users/me/AppData/Local/Programs/Python/Python311/python.exe":{"size":1},
            "C:/Users/me/AppData/Local/Programs/Python/Python311/pyvenv.cfg":{"error":"not-found"},
            "C:/Users/me/AppData/Local/Programs/Python/Python311/conda-meta":{"error":"not-found"}}}"#,
        );
        assert_eq!(
            found.sites.unwrap(),
            [
                "C:/Users/me/AppData/Roaming/Python/Python311/site-packages",
                "C:/Users/me/AppData/Local/Programs/Python/Python311/Lib/site-packages"
            ]
        );
    }
}
