//! uv: environments and packages, fast.

use super::packages::{self, Index};
use super::pip::{self, Asked};
use super::{Interpreter, make_environment, not_played, owned, project};
use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Node, absolute};
use crate::tables::torch_matrix;
use crate::tables::{Os, cuda_driver};
use crate::version::{BuildTag, PythonVersion};

const PLAYED: &str = "uv venv [--python X.Y] [FOLDER], uv pip install|uninstall|list|show|freeze|check, uv init|add|remove|sync|lock|run|tree, uv python list, uv cache dir|clean, uv --version";

/// The version that the book was checked with.
pub(super) const VERSION: &str = "0.13.9";

pub(super) fn uv(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    match words.first().map(String::as_str) {
        Some("--version" | "-V") => {
            call.line(format!("uv {VERSION} (x86_64-unknown-linux-gnu)"));
            0
        }
        Some("version") => {
            call.error("error: No `pyproject.toml` found in current directory or any parent directory\n\nhint: If you meant to view uv's version, use `uv self version` instead");
            2
        }
        Some("venv") => venv(call, &words[1..]),
        Some("pip") => uv_pip(call, &words[1..]),
        Some("cache") => {
            let home = call.env("HOME").unwrap_or("/root").to_owned();
            match words.get(1).map(String::as_str) {
                Some("dir") => call.line(format!("{home}/.cache/uv")),
                Some("clean" | "prune") => {
                    call.error(format!("No cache found at: {home}/.cache/uv"))
                }
                _ => return not_played(call, "cache", "uv cache dir, clean, prune"),
            };
            0
        }
        Some("python") => {
            for (version, whole) in PYTHONS {
                call.line(format!(
                    "cpython-{whole}-linux-x86_64-gnu    <download available>"
                ));
                let _ = version;
            }
            0
        }
        Some("init") => project::init(call, &words[1..]),
        Some("add") => project::add(call, &words[1..]),
        Some("remove") => project::remove(call, &words[1..]),
        Some("sync") => project::sync(call, &words[1..], true),
        Some("lock") => project::sync(call, &words[1..], false),
        Some("run") => project::run(call, &words[1..]),
        Some("tree") => project::tree(call),
        Some("self") if words.get(1).is_some_and(|word| word == "version") => {
            call.line(format!("uv {VERSION} (x86_64-unknown-linux-gnu)"));
            0
        }
        Some(
            known @ ("auth" | "export" | "format" | "check" | "audit" | "tool" | "build"
            | "publish" | "workspace" | "self"),
        ) => not_played(call, known, PLAYED),
        None | Some("help" | "--help" | "-h") => {
            let text = "An extremely fast Python package manager.\n\nUsage: uv [OPTIONS] <COMMAND>\n\nCommands:\n  run        Run a command or script\n  init       Create a new project\n  add        Add dependencies to the project\n  remove     Remove dependencies from the project\n  sync       Update the project's environment\n  lock       Update the project's lockfile\n  tree       Display the project's dependency tree\n  python     Manage Python versions and installations\n  pip        Manage Python packages with a pip-compatible interface\n  venv       Create a virtual environment\n  cache      Manage uv's cache";
            if words.is_empty() {
                call.error(text);
                return 2;
            }
            call.line(text);
            0
        }
        Some(other) => {
            call.error(format!("error: unrecognized subcommand '{}'\n\nUsage: uv [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.", crate::visible::visible(other)));
            2
        }
    }
}

/// The Pythons that uv can fetch.
const PYTHONS: [(PythonVersion, &str); 6] = [
    (PythonVersion::new(3, 15), "3.15.1"),
    (PythonVersion::new(3, 14), "3.14.2"),
    (PythonVersion::new(3, 13), "3.13.11"),
    (PythonVersion::new(3, 12), "3.12.12"),
    (PythonVersion::new(3, 11), "3.11.14"),
    (PythonVersion::new(3, 10), "3.10.19"),
];

/// The interpreter of the system, where it is that version.
pub(super) fn of_system(call: &mut Call<'_>) -> Option<Interpreter> {
    let python = call.machine().tree.exists("/usr/bin/python3");
    python.then(|| Interpreter::of(call, "/usr/bin/python3"))?
}

fn venv(call: &mut Call<'_>, words: &[String]) -> Exit {
    make(call, words, true)
}

/// Makes an environment; a person is told how to enter it.
pub(super) fn make(call: &mut Call<'_>, words: &[String], tells: bool) -> Exit {
    let (mut wanted, mut folder, mut clear) = (None, ".venv".to_owned(), false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        match name {
            "--python" | "-p" => wanted = value.or_else(|| words.next().cloned()),
            "--clear" | "-c" => clear = true,
            "--seed" | "-q" => {}
            _ if name.starts_with('-') => return not_played(call, word, PLAYED),
            _ => word.clone_into(&mut folder),
        }
    }
    let system = of_system(call);
    let (version, whole, home) = match &wanted {
        Some(text) => {
            let numbers: Vec<&str> = text
                .trim_start_matches("python")
                .split('.')
                .take(2)
                .collect();
            let Ok(version) = numbers.join(".").parse::<PythonVersion>() else {
                call.error(format!("error: No interpreter found for executable name `{}` in managed installations or search path", crate::visible::visible(text)));
                return 2;
            };
            match system.filter(|own| own.version == version) {
                Some(own) => (version, own.whole, "/usr/bin".to_owned()),
                None => {
                    if let Some((_, whole)) = PYTHONS.iter().find(|(known, _)| *known == version) {
                        let home = format!(
                            "{}/.local/share/uv/python/cpython-{whole}-linux-x86_64-gnu",
                            call.machine().person.home
                        );
                        if !call.machine().tree.exists(&home) {
                            if !call.machine().state.network {
                                let url = format!(
                                    "https://github.com/astral-sh/python-build-standalone/releases/download/20261110/cpython-{whole}%2B20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
                                );
                                call.error(format!("error: Request failed after 3 retries in 8.5s\n  cause: Failed to download `{url}`\n  cause: error sending request for url ({url})\n  cause: client error (Connect)\n  cause: dns error\n  cause: error resolving DNS\n  cause: failed to lookup address information: Temporary failure in name resolution"));
                                return 1;
                            }
                            call.error(format!("Downloading cpython-{whole}-linux-x86_64-gnu (download) (30.1MiB)\n Downloaded cpython-{whole}-linux-x86_64-gnu (download)"));
                            owned(
                                call,
                                &format!("{home}/bin/python{version}"),
                                Node::program("python"),
                            );
                            owned(
                                call,
                                &format!("{home}/bin/python3"),
                                Node::link(&format!("python{version}")),
                            );
                        }
                        (version, (*whole).to_owned(), format!("{home}/bin"))
                    } else {
                        call.error(if version < PythonVersion::new(3, 6) {
                            format!("error: Invalid version request: Python <3.6 is not supported but {version} was requested.")
                        } else {
                            format!("error: No interpreter found for Python {version} in managed installations or search path\n\nhint: uv embeds available Python downloads and may require an update to install new versions. Consider retrying on a newer version of uv.")
                        });
                        return 2;
                    }
                }
            }
        }
        None => {
            if let Some(own) = system {
                (own.version, own.whole, "/usr/bin".to_owned())
            } else {
                call.error("error: No interpreter found in virtual environments, managed installations, or search path");
                return 2;
            }
        }
    };
    let prefix = absolute(&call.process.cwd.clone(), &folder);
    if call.machine().tree.exists(&format!("{prefix}/pyvenv.cfg")) && !clear {
        let yes = call.ask(&format!("A virtual environment already exists at `{folder}`. Do you want to replace it? [y/n] "), false);
        if !yes.is_some_and(|answer| answer.trim().to_lowercase().starts_with('y')) {
            call.error(format!("error: Failed to create virtual environment\n  cause: A virtual environment already exists at: {folder}\n\nhint: Use the `--clear` flag or set `UV_VENV_CLEAR=1` to replace the existing virtual environment"));
            return 2;
        }
    }
    call.error(format!(
        "Using CPython {whole}{}\nCreating virtual environment at: {folder}",
        if home == "/usr/bin" {
            format!(" interpreter at: /usr/bin/python{version}")
        } else {
            String::new()
        }
    ));
    let config = format!(
        "home = {home}\nimplementation = CPython\nuv = {VERSION}\nversion_info = {whole}\ninclude-system-site-packages = false\n"
    );
    if !make_environment(call, &prefix, version, &config) {
        call.error(format!("error: Failed to create virtual environment\n  cause: failed to create directory `{folder}`: Permission denied (os error 13)"));
        return 2;
    }
    if tells {
        call.error(format!(
            "Activate with: source {}/bin/activate",
            folder.trim_end_matches('/')
        ));
    }
    0
}

/// The environment that `uv pip` works on: the active one, else `.venv` here or in a folder above.
pub(super) fn environment(call: &mut Call<'_>, system: bool) -> Option<Interpreter> {
    if system {
        return of_system(call);
    }
    if let Some(prefix) = call.env("VIRTUAL_ENV").map(str::to_owned) {
        return Interpreter::of(call, &format!("{prefix}/bin/python"));
    }
    if let Some(prefix) = call.env("CONDA_PREFIX").map(str::to_owned) {
        return Interpreter::of(call, &format!("{prefix}/bin/python"));
    }
    let mut folder = call.process.cwd.clone();
    loop {
        let prefix = crate::practice::tree::join(&folder, ".venv");
        if call.machine().tree.exists(&format!("{prefix}/pyvenv.cfg")) {
            return Interpreter::of(call, &format!("{prefix}/bin/python"));
        }
        folder = crate::practice::tree::split(&folder)?.0;
    }
}

/// Says which environment is worked on, where it is not the usual one, `.venv` in the working folder.
fn using(call: &mut Call<'_>, own: &Interpreter) {
    let usual = crate::practice::tree::join(&call.process.cwd.clone(), ".venv");
    if own.prefix != usual {
        let shown = pip::shown_path(call, &own.prefix);
        let shown = shown.trim_start_matches("./").to_owned();
        call.error(format!(
            "Using Python {} environment at: {shown}",
            own.whole
        ));
    }
}

fn uv_pip(call: &mut Call<'_>, words: &[String]) -> Exit {
    let system = words.iter().any(|word| word == "--system");
    let backend = words.iter().enumerate().find_map(|(at, word)| {
        match word.strip_prefix("--torch-backend") {
            Some("") => words.get(at + 1).cloned(),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None => None,
        }
    });
    let backend = backend.or_else(|| call.env("UV_TORCH_BACKEND").map(str::to_owned));
    let python = words.iter().enumerate().find_map(|(at, word)| {
        matches!(word.as_str(), "--python" | "-p").then(|| words.get(at + 1).cloned())?
    });
    let mut plain: Vec<String> = Vec::new();
    let mut skip = false;
    for word in words {
        if skip {
            skip = false;
        } else if matches!(word.as_str(), "--torch-backend" | "--python" | "-p") {
            skip = true;
        } else if word != "--system" && !word.starts_with("--torch-backend=") {
            plain.push(word.clone());
        }
    }
    let Some((command, rest)) = plain.split_first() else {
        call.error("Manage Python packages with a pip-compatible interface\n\nUsage: uv pip [OPTIONS] <COMMAND>\n\nCommands:\n  install    Install packages into an environment\n  uninstall  Uninstall packages from an environment\n  freeze     List, in requirements format, packages installed in an environment\n  list       List, in tabular format, packages installed in an environment\n  show       Show information about one or more installed packages\n  check      Verify installed packages have compatible dependencies");
        return 2;
    };
    if !matches!(
        command.as_str(),
        "install"
            | "list"
            | "show"
            | "freeze"
            | "check"
            | "uninstall"
            | "compile"
            | "sync"
            | "tree"
    ) {
        call.error(format!(
            "error: unrecognized subcommand '{}'\n\nUsage: uv pip [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.",
            crate::visible::visible(command)
        ));
        return 2;
    }
    if command == "install"
        && rest.iter().all(|word| word.starts_with('-'))
        && !rest.iter().any(|word| word.starts_with("-r"))
    {
        call.error("error: the following required arguments were not provided:\n  <PACKAGE|--requirements <REQUIREMENTS>|--editable <EDITABLE>|--group <GROUP>>\n\nUsage: uv pip install <PACKAGE|--requirements <REQUIREMENTS>|--editable <EDITABLE>|--group <GROUP>>\n\nFor more information, try '--help'.");
        return 2;
    }
    let own = match python {
        Some(path) if path.contains('/') => {
            let path = absolute(&call.process.cwd.clone(), &path);
            Interpreter::of(call, &path)
                .or_else(|| Interpreter::of(call, &format!("{path}/bin/python")))
        }
        _ => environment(call, system),
    };
    // What only looks falls back to the system's Python.
    let own = match (own, command.as_str()) {
        (None, "list" | "show" | "freeze" | "check") => of_system(call),
        (own, _) => own,
    };
    let Some(own) = own else {
        call.error("error: No virtual environment found; run `uv venv` to create an environment, or pass `--system` to install into a non-virtual environment");
        return 2;
    };
    match command.as_str() {
        "install" => install(call, &own, rest, backend.as_deref()),
        "list" => {
            using(call, &own);
            pip::list(call, &own)
        }
        "show" => {
            using(call, &own);
            pip::show(call, &own, rest, "warning: Package(s) not found for: ")
        }
        "freeze" => {
            using(call, &own);
            for one in packages::installed(call, &own.site) {
                call.line(format!("{}=={}", one.name, one.version));
            }
            0
        }
        "check" => {
            using(call, &own);
            let count = packages::installed(call, &own.site).len();
            call.error(format!("Checked {} in 1ms", counted(count)));
            let broken = packages::broken(call, &own.site);
            if broken.is_empty() {
                call.error("All installed packages are compatible");
                return 0;
            }
            let noun = if broken.len() == 1 {
                "incompatibility"
            } else {
                "incompatibilities"
            };
            call.error(format!("Found {} {noun}", broken.len()));
            for fault in broken {
                call.error(format!(
                    "The package `{}` requires `{}`, but `{}` is installed",
                    fault.name,
                    fault.asks,
                    fault.has.unwrap_or_default()
                ));
            }
            1
        }
        "uninstall" => {
            using(call, &own);
            let mut gone = Vec::new();
            for name in rest.iter().filter(|word| !word.starts_with('-')) {
                let there = packages::installed(call, &own.site);
                match there.iter().find(|one| one.name == *name) {
                    Some(one) => {
                        packages::take_out(call, &own.site, one);
                        gone.push(format!(" - {}=={}", one.name, one.version));
                    }
                    None => {
                        call.error(format!("warning: Skipping {name} as it is not installed"));
                    }
                }
            }
            if gone.is_empty() {
                call.error("warning: No packages to uninstall");
                return 0;
            }
            call.error(format!("Uninstalled {} in 41ms", counted(gone.len())));
            gone.sort();
            for line in gone {
                call.error(line);
            }
            0
        }
        other => not_played(call, &format!("pip {other}"), PLAYED),
    }
}

/// `1 package`, `12 packages`
fn counted(number: usize) -> String {
    if number == 1 {
        "1 package".to_owned()
    } else {
        format!("{number} packages")
    }
}

/// What `auto` makes of the driver: the newest tag that it is new enough for. It does not look at the GPU.
fn automatic(call: &mut Call<'_>) -> BuildTag {
    let driver = call
        .env("UV_CUDA_DRIVER_VERSION")
        .map(str::to_owned)
        .or_else(|| call.machine().loaded_version());
    let Some(driver) = driver.and_then(|version| version.parse().ok()) else {
        return BuildTag::Cpu;
    };
    let mut tags: Vec<_> = torch_matrix::releases()
        .iter()
        .flat_map(|release| release.index_cuda_tags.iter().filter_map(BuildTag::cuda))
        .collect();
    tags.sort_unstable();
    tags.dedup();
    tags.into_iter()
        .rev()
        .find(|cuda| {
            matches!(
                cuda_driver::runs(&driver, *cuda, Os::Linux),
                cuda_driver::Verdict::Enough { .. }
            )
        })
        .map_or(BuildTag::Cpu, BuildTag::Cuda)
}

/// The values that `--torch-backend` has in uv 0.13.9.
const BACKENDS: &str = "auto, cpu, cu132, cu130, cu129, cu128, cu126, cu125, cu124, cu123, cu122, cu121, cu120, cu118, cu117, cu116, cu115, cu114, cu113, cu112, cu111, cu110, cu102, cu101, cu100, cu92, cu91, cu90, cu80, rocm7.2, rocm7.1, rocm7.0, rocm6.4, rocm6.3, rocm6.2.4, rocm6.2, rocm6.1, rocm6.0, rocm5.7, rocm5.6, rocm5.5, rocm5.4.2, rocm5.4, rocm5.3, rocm5.2, rocm5.1.1, rocm4.2, rocm4.1, rocm4.0.1, xpu";

fn install(
    call: &mut Call<'_>,
    own: &Interpreter,
    words: &[String],
    backend: Option<&str>,
) -> Exit {
    let mut asked = match Asked::read(words) {
        Ok(asked) => asked,
        Err(option) => {
            let option = crate::visible::visible(&option.0);
            call.error(format!("error: unexpected argument '{option}' found\n\n  tip: to pass '{option}' as a value, use '-- {option}'\n\nUsage: uv pip install [OPTIONS] <PACKAGE|--requirements <REQUIREMENTS>|--editable <EDITABLE>|--group <GROUP>>\n\nFor more information, try '--help'."));
            return 2;
        }
    };
    if let Some(tag) = backend
        && !BACKENDS.split(", ").any(|known| known == tag)
    {
        call.error(format!("error: invalid value '{tag}' for '--torch-backend <TORCH_BACKEND>'\n  [possible values: {BACKENDS}]\n\nFor more information, try '--help'."));
        return 2;
    }
    if let Err(file) = asked.read_files(call) {
        call.error(format!("error: File not found: `{file}`"));
        return 2;
    }
    let requirements = match asked.requirements() {
        Ok(requirements) => requirements,
        Err(text) => {
            let shown = crate::visible::visible(&text);
            let at = text.find('=');
            call.error(match at {
                Some(at) if !text.contains("==") => format!("error: Failed to parse: `{shown}`\n  cause: no such comparison operator \"=\", must be one of ~= == != <= >= < > ===\n         {shown}\n         {}{}", " ".repeat(at), "^".repeat(text.len() - at)),
                _ => format!("error: Failed to parse: `{shown}`"),
            });
            return 2;
        }
    };
    using(call, own);
    if own.is_managed(call) && !asked.anyway {
        call.error(format!("error: The interpreter at {} is externally managed, and indicates the following:\n\n  To install Python packages system-wide, try apt install\n  python3-xyz, where xyz is the package you are trying to\n  install.\n\nhint: Virtual environments were not considered due to the `--system` flag", own.prefix));
        return 2;
    }
    let is_torchs =
        |name: &str| matches!(name, "torch" | "torchvision" | "torchaudio" | "torchtext");
    let asks_torch = requirements
        .iter()
        .any(|requirement| is_torchs(&requirement.name));
    let index = match backend {
        Some(tag) if asks_torch => {
            let tag = if tag == "auto" {
                automatic(call).to_string()
            } else {
                tag.to_owned()
            };
            Index::of(&format!("https://download.pytorch.org/whl/{tag}"))
        }
        _ => {
            let Ok(indexes) = asked.indexes(call, own) else {
                return unsolved(
                    call,
                    &no_version(&requirements[0].text),
                    "your requirements are",
                );
            };
            // uv takes a project from the first index that has it, those that were added before the default one.
            let (default, added) = indexes
                .split_first()
                .map_or((Index::PyPi, Vec::new()), |(first, rest)| {
                    (first.clone(), rest.to_vec())
                });
            added
                .into_iter()
                .find(|index| asks_torch && matches!(index, Index::Torch { .. }))
                .unwrap_or(default)
        }
    };
    let there = packages::installed(call, &own.site);
    let satisfied = requirements.iter().all(|requirement| {
        there
            .iter()
            .any(|one| one.name == requirement.name && requirement.is_met_by(&one.version))
    });
    if satisfied && !asked.again && asked.again_of.is_empty() && !asked.upgrade {
        call.error(format!("Checked {} in 4ms", counted(requirements.len())));
        return 0;
    }
    if !call.machine().state.network {
        let name = requirements
            .first()
            .map(|one| one.name.clone())
            .unwrap_or_default();
        let page = format!("{}/{name}/", index.url());
        call.wait(9);
        call.error(format!("error: Request failed after 3 retries in 8.6s\n  cause: Failed to fetch: {page}\n  cause: error sending request for url ({page})\n  cause: client error (Connect)\n  cause: dns error\n  cause: error resolving DNS\n  cause: failed to lookup address information: Temporary failure in name resolution"));
        return 2;
    }
    let picks = match packages::resolve(call, own, &index, &requirements, &there) {
        Ok(picks) => picks,
        Err(why) => return unsolved(call, &why, "your requirements are"),
    };
    put(call, own, &asked, picks, &there)
}

fn no_version(requirement: &str) -> packages::NotFound {
    packages::NotFound::NoVersion {
        requirement: requirement.to_owned(),
        known: Vec::new(),
    }
}

/// Why uv finds no versions that go together, in its words.
pub(super) fn unsolved(call: &mut Call<'_>, why: &packages::NotFound, whose: &str) -> Exit {
    let (you, whose) = if whose.starts_with("your project") {
        ("your project depends on", "your project's requirements are")
    } else {
        ("you require", whose)
    };
    let because = match why {
        packages::NotFound::NoVersion { requirement, known } => {
            let is_plain = !requirement.contains(['=', '<', '>', '~', '!']);
            if known.is_empty() && is_plain {
                format!(
                    "Because {requirement} was not found in the package registry and {you} {requirement}, we can conclude that {whose} unsatisfiable."
                )
            } else {
                format!(
                    "Because there is no version of {requirement} and {you} {requirement}, we can conclude that {whose} unsatisfiable."
                )
            }
        }
        packages::NotFound::Conflict { one, other, asks } => {
            let indent = " ".repeat(9);
            format!(
                "Because {other} depends on torch{asks} and {you} {one}, we can conclude that your requirements and {other} are incompatible.\n{indent}And because {you} {other}, we can conclude that {whose} unsatisfiable."
            )
        }
    };
    call.error(if you == "you require" {
        format!("error: No solution found when resolving dependencies\n  cause: {because}")
    } else {
        format!("error: Failed to add dependencies\n  cause: No solution found when resolving dependencies\n  cause: {because}\n\nhint: If you want to add the package regardless of the failed resolution, provide the `--frozen` flag to skip locking and syncing")
    });
    1
}

/// Brings an environment to what was chosen, and says what changed.
pub(super) fn put(
    call: &mut Call<'_>,
    own: &Interpreter,
    asked: &Asked,
    picks: Vec<packages::Pick>,
    there: &[packages::Installed],
) -> Exit {
    put_instead(call, own, asked, picks, there, &[])
}

/// The same, in the place of packages that are taken out.
pub(super) fn put_instead(
    call: &mut Call<'_>,
    own: &Interpreter,
    asked: &Asked,
    picks: Vec<packages::Pick>,
    there: &[packages::Installed],
    out: &[&packages::Installed],
) -> Exit {
    let resolved = picks.len();
    let new: Vec<_> = picks
        .into_iter()
        .filter(|pick| {
            asked.again
                || asked.again_of.contains(&pick.name)
                || !there
                    .iter()
                    .any(|one| one.name == pick.name && one.version == pick.version)
        })
        .collect();
    call.error(format!("Resolved {} in 812ms", counted(resolved)));
    if new.is_empty() && out.is_empty() {
        call.error(format!("Checked {} in 1ms", counted(resolved)));
        return 0;
    }
    if asked.dry_run {
        call.error(format!("Would install {}", counted(new.len())));
        let mut lines: Vec<String> = new
            .iter()
            .map(|pick| format!(" + {}=={}", pick.name, pick.version))
            .collect();
        lines.sort();
        for line in lines {
            call.error(line);
        }
        return 0;
    }
    for old in out {
        packages::take_out(call, &own.site, old);
    }
    if !pip::write(call, own, &new, there) {
        return 2;
    }
    if !new.is_empty() {
        call.error(format!("Prepared {} in 41.20s", counted(new.len())));
    }
    let gone = new
        .iter()
        .filter(|pick| there.iter().any(|one| one.name == pick.name))
        .count()
        + out.len();
    if gone > 0 {
        call.error(format!("Uninstalled {} in 180ms", counted(gone)));
    }
    if !new.is_empty() {
        call.error(format!("Installed {} in 310ms", counted(new.len())));
    }
    let mut sorted: Vec<_> = new.iter().collect();
    sorted.sort_by(|one, other| one.name.cmp(&other.name));
    let mut out = out.iter().peekable();
    for pick in sorted {
        while let Some(old) = out.next_if(|old| old.name < pick.name) {
            call.error(format!(" - {}=={}", old.name, old.version));
        }
        match there.iter().find(|one| one.name == pick.name) {
            Some(old) if old.version == pick.version => {
                call.error(format!(" ~ {}=={}", pick.name, pick.version));
                continue;
            }
            Some(old) => {
                call.error(format!(" - {}=={}", old.name, old.version));
            }
            None => {}
        }
        call.error(format!(" + {}=={}", pick.name, pick.version));
    }
    for old in out {
        call.error(format!(" - {}=={}", old.name, old.version));
    }
    0
}

/// uv's own installer, which its script runs: it puts uv into the person's folder of programs.
pub(super) fn installer(call: &mut Call<'_>) -> Exit {
    let home = call
        .env("HOME")
        .map_or_else(|| call.system.machine.person.home.clone(), str::to_owned);
    let folder = format!("{home}/.local/bin");
    call.line(format!(
        "downloading uv {VERSION} x86_64-unknown-linux-gnu\ninstalling to {folder}"
    ));
    for name in ["uv", "uvx"] {
        if !owned(call, &format!("{folder}/{name}"), Node::program(name)) {
            call.error(format!("ERROR: could not write {folder}/{name}"));
            return 1;
        }
        call.line(format!("  {name}"));
    }
    owned(
        call,
        &format!("{folder}/env"),
        Node::file(
            "case \":$PATH:\" in\n    *:\"$HOME/.local/bin\":*) ;;\n    *) export PATH=\"$HOME/.local/bin:$PATH\" ;;\nesac\n",
        ),
    );
    call.line("everything's installed!\n\nTo add $HOME/.local/bin to your PATH, either restart your shell or run:\n\n    source $HOME/.local/bin/env (sh, bash, zsh)");
    0
}
