//! uv's projects: `pyproject.toml`, the lock file and the environment that follow it.

use super::packages::{self, Index, Requirement};
use super::pip::Asked;
use super::uv;
use super::{Interpreter, not_played, owned};
use crate::practice::process::{Call, CannotRun, Exit};
use crate::practice::tree::{Node, join, split};

/// The nearest folder above that has a `pyproject.toml`.
fn root(call: &mut Call<'_>) -> Option<String> {
    let mut folder = call.process.cwd.clone();
    loop {
        if call.machine().tree.exists(&join(&folder, "pyproject.toml")) {
            return Some(folder);
        }
        folder = split(&folder)?.0;
    }
}

fn no_project(call: &mut Call<'_>) -> Exit {
    call.error("error: No `pyproject.toml` found in current directory or any parent directory");
    2
}

/// `uv init [NAME]`
pub(super) fn init(call: &mut Call<'_>, words: &[String]) -> Exit {
    let mut bare = false;
    let mut python = None;
    let mut folder = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--bare" => bare = true,
            "--python" | "-p" => python = rest.next().cloned(),
            "--app" | "--no-readme" | "--no-workspace" | "--vcs" | "--lib" | "--package"
            | "--no-package" => {}
            _ if word.starts_with('-') => {
                return not_played(call, word, "uv init [--bare] [--python X.Y] [NAME]");
            }
            _ => folder = Some(word.clone()),
        }
    }
    let cwd = call.process.cwd.clone();
    let place = folder.as_ref().map_or_else(
        || cwd.clone(),
        |folder| crate::practice::tree::absolute(&cwd, folder),
    );
    let file = join(&place, "pyproject.toml");
    if call.machine().tree.exists(&file) {
        call.error(format!(
            "error: Cannot initialize a project in `{place}` because `pyproject.toml` already exists"
        ));
        return 2;
    }
    let name = place.rsplit('/').next().unwrap_or("project").to_lowercase();
    let version = match python.and_then(|python| python.parse().ok()) {
        Some(version) => version,
        None => match uv::of_system(call) {
            Some(own) => own.version,
            None => crate::plan::SUGGESTED_PYTHON,
        },
    };
    let module = name.replace('-', "_");
    let mut files = vec![(
        "pyproject.toml".to_owned(),
        if bare {
            format!(
                "[project]\nname = \"{name}\"\nversion = \"0.1.0\"\nrequires-python = \">={version}\"\ndependencies = []\n"
            )
        } else {
            format!(
                "[project]\nname = \"{name}\"\nversion = \"0.1.0\"\ndescription = \"Add your description here\"\nreadme = \"README.md\"\nrequires-python = \">={version}\"\ndependencies = []\n\n[project.scripts]\n{name} = \"{module}:main\"\n\n[build-system]\nrequires = [\"uv_build>={0},<0.14.0\"]\nbuild-backend = \"uv_build\"\n",
                uv::VERSION
            )
        },
    )];
    if !bare {
        files.push((".python-version".to_owned(), format!("{version}\n")));
        files.push(("README.md".to_owned(), String::new()));
        files.push((
            format!("src/{module}/__init__.py"),
            format!("def main() -> None:\n    print(\"Hello from {name}!\")\n"),
        ));
        files.push((
            ".gitignore".to_owned(),
            "# Python-generated files\n__pycache__/\n*.py[oc]\nbuild/\ndist/\nwheels/\n*.egg-info\n\n# Virtual environments\n.venv\n".to_owned(),
        ));
    }
    for (path, text) in files {
        if !owned(call, &join(&place, &path), Node::file(text)) {
            call.error(format!(
                "error: failed to create directory `{place}`: Permission denied (os error 13)"
            ));
            return 2;
        }
    }
    call.error(match folder {
        Some(_) => format!("Initialized project `{name}` at `{place}`"),
        None => format!("Initialized project `{name}`"),
    });
    0
}

/// What a `pyproject.toml` says, as far as it is played.
struct Project {
    root: String,
    name: String,
    text: String,
    dependencies: Vec<String>,
    /// The names of indexes with their addresses, and whether each is for those alone that name it.
    indexes: Vec<(String, String, bool)>,
    /// Which package comes from which index.
    sources: Vec<(String, String)>,
    /// Whether it is itself a package that is built and installed.
    is_package: bool,
}

impl Project {
    fn read(call: &mut Call<'_>) -> Option<Self> {
        let root = root(call)?;
        let text = call
            .machine()
            .tree
            .text(&join(&root, "pyproject.toml"))
            .unwrap_or_default();
        let mut project = Self {
            name: "project".to_owned(),
            dependencies: Vec::new(),
            indexes: Vec::new(),
            sources: Vec::new(),
            is_package: text.contains("[build-system]"),
            root,
            text: text.clone(),
        };
        let mut table = String::new();
        let mut in_list = false;
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or(line).trim();
            if line.starts_with('[') && !in_list {
                line.trim_matches(['[', ']']).trim().clone_into(&mut table);
                if table == "tool.uv.index" {
                    project.indexes.push((String::new(), String::new(), false));
                }
                continue;
            }
            let quoted = |text: &str| -> Vec<String> {
                text.split('"')
                    .skip(1)
                    .step_by(2)
                    .map(str::to_owned)
                    .collect()
            };
            if in_list {
                project.dependencies.extend(quoted(line));
                in_list = !line.ends_with(']');
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            let first = quoted(value).into_iter().next().unwrap_or_default();
            match (table.as_str(), key) {
                ("project", "name") => project.name = first,
                ("project", "dependencies") => {
                    project.dependencies.extend(quoted(value));
                    in_list = value.starts_with('[') && !value.ends_with(']');
                }
                ("tool.uv.index", _) => {
                    if let Some(index) = project.indexes.last_mut() {
                        match key {
                            "name" => index.0 = first,
                            "url" => index.1 = first,
                            "explicit" => index.2 = value == "true",
                            _ => {}
                        }
                    }
                }
                ("tool.uv.sources", package) => {
                    if let Some(name) = value
                        .split_once("index")
                        .and_then(|(_, rest)| quoted(rest).into_iter().next())
                    {
                        project.sources.push((package.to_owned(), name));
                    }
                }
                _ => {}
            }
        }
        Some(project)
    }

    /// Where a project's packages of torch come from.
    fn index(&self, requirements: &[Requirement]) -> Index {
        let named = |name: &str| {
            self.indexes
                .iter()
                .find(|(known, ..)| known == name)
                .map(|(_, url, _)| Index::of(url))
        };
        let of_source = requirements.iter().find_map(|requirement| {
            let (_, name) = self
                .sources
                .iter()
                .find(|(package, _)| *package == requirement.name)?;
            named(name)
        });
        of_source
            .or_else(|| {
                let open = self.indexes.iter().find(|(.., explicit)| !explicit)?;
                let index = Index::of(&open.1);
                let fits = requirements
                    .iter()
                    .any(|requirement| requirement.name.starts_with("torch"));
                (fits || !matches!(index, Index::Torch { .. })).then_some(index)
            })
            .unwrap_or(Index::PyPi)
    }

    /// The file with other dependencies.
    fn with(&self, dependencies: &[String]) -> String {
        let list = if dependencies.is_empty() {
            "dependencies = []".to_owned()
        } else {
            let lines: String = dependencies
                .iter()
                .map(|one| format!("    \"{one}\",\n"))
                .collect();
            format!("dependencies = [\n{lines}]")
        };
        let Some(at) = self.text.find("\ndependencies") else {
            return self
                .text
                .replacen("[project]", &format!("[project]\n{list}"), 1);
        };
        let end = self.text[at..]
            .find(']')
            .map_or(self.text.len(), |end| at + end + 1);
        format!("{}\n{list}{}", &self.text[..at], &self.text[end..])
    }
}

/// What was chosen for a project, or the exit status after it was said why nothing was.
fn resolved(
    call: &mut Call<'_>,
    own: &Interpreter,
    project: &Project,
    requirements: &[Requirement],
) -> Result<Vec<packages::Pick>, Exit> {
    if requirements.is_empty() {
        return Ok(Vec::new());
    }
    let index = project.index(requirements);
    if !call.machine().state.network {
        let page = format!("{}/{}/", index.url(), requirements[0].name);
        call.wait(9);
        call.error(format!("error: Request failed after 3 retries in 8.6s\n  cause: Failed to fetch: {page}\n  cause: error sending request for url ({page})\n  cause: client error (Connect)\n  cause: dns error\n  cause: error resolving DNS\n  cause: failed to lookup address information: Temporary failure in name resolution"));
        return Err(2);
    }
    packages::resolve(call, own, &index, requirements, &[])
        .map_err(|why| uv::unsolved(call, &why, "your project's requirements are"))
}

/// The project's environment, made where there is none.
fn environment(call: &mut Call<'_>, project: &Project) -> Result<Interpreter, Exit> {
    let prefix = join(&project.root, ".venv");
    if let Some(active) = call.env("VIRTUAL_ENV").map(str::to_owned)
        && active != prefix
    {
        call.error(format!("warning: `VIRTUAL_ENV={active}` does not match the project environment path `.venv` and will be ignored; use `--active` to target the active environment instead"));
    }
    let python = format!("{prefix}/bin/python");
    if let Some(own) = Interpreter::of(call, &python)
        && call.machine().tree.exists(&python)
    {
        return Ok(own);
    }
    let wanted = call
        .machine()
        .tree
        .text(&join(&project.root, ".python-version"))
        .ok()
        .map(|text| text.trim().to_owned());
    let cwd = std::mem::replace(&mut call.process.cwd, project.root.clone());
    let mut words = Vec::new();
    if let Some(wanted) = wanted {
        words.extend(["--python".to_owned(), wanted]);
    }
    let exit = uv::make(call, &words, false);
    call.process.cwd = cwd;
    if exit != 0 {
        return Err(exit);
    }
    Interpreter::of(call, &python).ok_or(2)
}

fn lock_text(picks: &[packages::Pick]) -> String {
    let mut text = "version = 1\nrevision = 3\n".to_owned();
    let mut sorted: Vec<_> = picks.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    for pick in sorted {
        text.push_str(&format!(
            "\n[[package]]\nname = \"{}\"\nversion = \"{}\"\n",
            pick.name, pick.version
        ));
    }
    text
}

/// Resolves a project, writes its lock file and brings its environment to it.
fn follow(call: &mut Call<'_>, project: &Project, installs: bool) -> Exit {
    let requirements: Result<Vec<Requirement>, String> =
        project.dependencies.iter().map(|one| one.parse()).collect();
    let requirements = match requirements {
        Ok(requirements) => requirements,
        Err(text) => {
            call.error(format!(
                "error: Failed to parse: `pyproject.toml`\n  cause: `{}` is no requirement",
                crate::visible::visible(&text)
            ));
            return 2;
        }
    };
    let own = match environment(call, project) {
        Ok(own) => own,
        Err(exit) => return exit,
    };
    let mut picks = match resolved(call, &own, project, &requirements) {
        Ok(picks) => picks,
        Err(exit) => return exit,
    };
    let lock = join(&project.root, "uv.lock");
    if !owned(call, &lock, Node::file(lock_text(&picks))) {
        call.error(format!(
            "error: failed to write to file `{lock}`: Permission denied (os error 13)"
        ));
        return 2;
    }
    if !installs {
        let count = picks.len() + 1;
        call.error(format!(
            "Resolved {count} package{} in 288ms",
            if count == 1 { "" } else { "s" }
        ));
        return 0;
    }
    if project.is_package {
        picks.push(packages::Pick {
            name: project.name.clone(),
            version: "0.1.0".to_owned(),
            build: None,
            requires: project.dependencies.clone(),
            size: 2_000,
            file: None,
        });
    }
    let there = packages::installed(call, &own.site);
    // An environment of a project holds what the lock file names, and nothing else.
    let mut out: Vec<_> = there
        .iter()
        .filter(|old| !picks.iter().any(|pick| pick.name == old.name))
        .collect();
    out.sort_by(|one, other| one.name.cmp(&other.name));
    uv::put_instead(call, &own, &Asked::default(), picks, &there, &out)
}

/// `uv add PACKAGE…`
pub(super) fn add(call: &mut Call<'_>, words: &[String]) -> Exit {
    let Some(mut project) = Project::read(call) else {
        return no_project(call);
    };
    let asked = match Asked::read(words) {
        Ok(asked) => asked,
        Err(option) => {
            let option = crate::visible::visible(&option.0);
            // The backend is of `uv pip` alone.
            call.error(format!("error: unexpected argument '{option}' found\n\n  tip: to pass '{option}' as a value, use '-- {option}'\n\nUsage: uv add [OPTIONS] <PACKAGES|--requirements <REQUIREMENTS>>\n\nFor more information, try '--help'."));
            return 2;
        }
    };
    if asked.words.is_empty() {
        call.error("error: the following required arguments were not provided:\n  <PACKAGES|--requirements <REQUIREMENTS>>\n\nUsage: uv add <PACKAGES|--requirements <REQUIREMENTS>>\n\nFor more information, try '--help'.");
        return 2;
    }
    let requirements = match asked.requirements() {
        Ok(requirements) => requirements,
        Err(text) => {
            call.error(format!(
                "error: Failed to parse: `{}`",
                crate::visible::visible(&text)
            ));
            return 2;
        }
    };
    for url in asked.index.iter().chain(&asked.more) {
        let (name, url) = url.split_once('=').unwrap_or(("", url));
        let head = if name.is_empty() {
            String::new()
        } else {
            format!("name = \"{name}\"\n")
        };
        if !project.text.contains(url) {
            project
                .text
                .push_str(&format!("\n[[tool.uv.index]]\n{head}url = \"{url}\"\n"));
            project
                .indexes
                .push((name.to_owned(), url.to_owned(), false));
        }
    }
    let own = match environment(call, &project) {
        Ok(own) => own,
        Err(exit) => return exit,
    };
    let picks = match resolved(call, &own, &project, &requirements) {
        Ok(picks) => picks,
        Err(exit) => return exit,
    };
    let mut dependencies = project.dependencies.clone();
    for requirement in &requirements {
        // Without a number the version that was chosen is the least.
        let text = if requirement.wants.is_some() {
            requirement.text.clone()
        } else {
            let version = picks
                .iter()
                .find(|pick| pick.name == requirement.name)
                .map(|pick| {
                    pick.version
                        .split('+')
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                })
                .unwrap_or_default();
            format!("{}>={version}", requirement.name)
        };
        dependencies.retain(|known| {
            known
                .parse::<Requirement>()
                .map_or(true, |known| known.name != requirement.name)
        });
        dependencies.push(text);
    }
    dependencies.sort();
    let text = project.with(&dependencies);
    if !owned(
        call,
        &join(&project.root, "pyproject.toml"),
        Node::file(text.clone()),
    ) {
        call.error(
            "error: failed to write to file `pyproject.toml`: Permission denied (os error 13)",
        );
        return 2;
    }
    project.text = text;
    project.dependencies = dependencies;
    let installs = !words.iter().any(|word| word == "--no-sync");
    follow(call, &project, installs)
}

/// `uv remove PACKAGE…`
pub(super) fn remove(call: &mut Call<'_>, words: &[String]) -> Exit {
    let Some(mut project) = Project::read(call) else {
        return no_project(call);
    };
    for name in words.iter().filter(|word| !word.starts_with('-')) {
        let before = project.dependencies.len();
        project.dependencies.retain(|known| {
            known
                .parse::<Requirement>()
                .map_or(true, |known| known.name != *name)
        });
        if project.dependencies.len() == before {
            call.error(format!(
                "error: The dependency `{name}` could not be found in `project.dependencies`"
            ));
            return 2;
        }
    }
    let text = project.with(&project.dependencies);
    owned(
        call,
        &join(&project.root, "pyproject.toml"),
        Node::file(text.clone()),
    );
    project.text = text;
    follow(call, &project, true)
}

/// `uv sync` and `uv lock`
pub(super) fn sync(call: &mut Call<'_>, words: &[String], installs: bool) -> Exit {
    let Some(project) = Project::read(call) else {
        return no_project(call);
    };
    if let Some(option) = words.iter().find(|word| {
        !matches!(
            word.as_str(),
            "--frozen" | "--locked" | "--upgrade" | "-U" | "-q" | "--all-extras"
        )
    }) {
        let option = crate::visible::visible(option);
        let command = if installs { "sync" } else { "lock" };
        call.error(format!("error: unexpected argument '{option}' found\n\nUsage: uv {command} [OPTIONS]\n\nFor more information, try '--help'."));
        return 2;
    }
    follow(call, &project, installs)
}

/// `uv run COMMAND…`: in the project's environment, brought up to date before; without a project in `.venv`, or with
/// what `PATH` has.
pub(super) fn run(call: &mut Call<'_>, words: &[String]) -> Exit {
    let at = words
        .iter()
        .position(|word| !matches!(word.as_str(), "--no-sync" | "--frozen" | "-q" | "--"))
        .unwrap_or(words.len());
    let mut command = words[at..].to_vec();
    let Some(first) = command.first().cloned() else {
        call.error("Provide a command or script to invoke with `uv run <command>` or `uv run <script>.py`.");
        return 2;
    };
    if first.starts_with('-') && first != "-m" {
        return not_played(call, &first, "uv run COMMAND, uv run FILE.py");
    }
    let mut prefix = None;
    if let Some(project) = Project::read(call) {
        let lock = join(&project.root, "uv.lock");
        let is_fresh = call.machine().tree.exists(&lock)
            && call
                .machine()
                .tree
                .exists(&join(&project.root, ".venv/pyvenv.cfg"));
        if !is_fresh && at == 0 {
            let exit = follow(call, &project, true);
            if exit != 0 {
                return exit;
            }
        }
        prefix = Some(join(&project.root, ".venv"));
    } else if let Some(own) = uv::environment(call, false) {
        prefix = Some(own.prefix);
    }
    if first == "-m" || first.rsplit_once('.').is_some_and(|(_, end)| end == "py") {
        command.insert(0, "python".to_owned());
    }
    if let Some(prefix) = prefix {
        let path = call.env("PATH").unwrap_or_default().to_owned();
        let env = &mut call.process.env;
        env.insert("VIRTUAL_ENV".to_owned(), prefix.clone());
        env.insert("PATH".to_owned(), format!("{prefix}/bin:{path}"));
    }
    // Where there is no `python`, the system's is called `python3`.
    let path = call.env("PATH").unwrap_or_default().to_owned();
    let cwd = call.process.cwd.clone();
    if command[0] == "python" && call.machine().which("python", &path, &cwd).is_none() {
        "python3".clone_into(&mut command[0]);
    }
    let name = command[0].clone();
    match call.spawn(command) {
        Ok(exit) => exit,
        Err(CannotRun::NoCommand | CannotRun::File(_)) => {
            call.error(format!(
                "error: Failed to spawn: {}\n  cause: No such file or directory (os error 2)",
                crate::visible::visible(&name)
            ));
            2
        }
        Err(_) => not_played(call, &name, "uv run python -c CODE, uv run FILE.py"),
    }
}

/// `uv tree`
pub(super) fn tree(call: &mut Call<'_>) -> Exit {
    let Some(project) = Project::read(call) else {
        return no_project(call);
    };
    let own = match environment(call, &project) {
        Ok(own) => own,
        Err(exit) => return exit,
    };
    call.line(format!("{} v0.1.0", project.name));
    let there = packages::installed(call, &own.site);
    let direct: Vec<&packages::Installed> = there
        .iter()
        .filter(|one| {
            project.dependencies.iter().any(|known| {
                known
                    .parse::<Requirement>()
                    .is_ok_and(|known| known.name == one.name)
            })
        })
        .collect();
    for (at, one) in direct.iter().enumerate() {
        let branch = if at + 1 == direct.len() {
            "└──"
        } else {
            "├──"
        };
        call.line(format!("{branch} {} v{}", one.name, one.version));
    }
    0
}
