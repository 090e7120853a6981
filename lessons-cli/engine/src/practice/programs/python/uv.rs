//! uv: environments and packages, fast.

use super::packages::{self, Index};
use super::pip::{self, Asked};
use super::{Interpreter, make_environment, not_played, owned};
use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Node, absolute};
use crate::tables::torch_matrix;
use crate::tables::{Os, cuda_driver};
use crate::version::{BuildTag, PythonVersion};

const PLAYED: &str = "uv venv [--python X.Y] [FOLDER], uv pip install|uninstall|list|show|freeze, uv python list, uv cache clean, uv --version";

/// The version that the book was checked with.
const VERSION: &str = "0.13.9";

pub(super) fn uv(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    match words.first().map(String::as_str) {
        Some("--version" | "-V" | "version") => {
            call.line(format!("uv {VERSION}"));
            0
        }
        Some("venv") => venv(call, &words[1..]),
        Some("pip") => uv_pip(call, &words[1..]),
        Some("cache") => {
            call.line("No cache found at: .cache/uv");
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
        Some("self" | "init" | "add" | "sync" | "run" | "lock" | "tool") | None => {
            let what = words
                .first()
                .cloned()
                .unwrap_or_else(|| "no command".to_owned());
            not_played(call, &what, PLAYED)
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
fn of_system(call: &mut Call<'_>) -> Option<Interpreter> {
    let python = call.machine().tree.exists("/usr/bin/python3");
    python.then(|| Interpreter::of(call, "/usr/bin/python3"))?
}

fn venv(call: &mut Call<'_>, words: &[String]) -> Exit {
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
                                call.error("error: Failed to download https://github.com/astral-sh/python-build-standalone/releases\n  Caused by: dns error: failed to lookup address information: Temporary failure in name resolution");
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
                        call.error(format!("error: No download found for request: cpython-{version}-linux-x86_64-gnu"));
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
            call.error(format!("error: Failed to create virtual environment\n  Caused by: A virtual environment already exists at `{folder}`. Use `--clear` to replace it"));
            return 2;
        }
    }
    call.error(format!(
        "Using CPython {whole}\nCreating virtual environment at: {folder}"
    ));
    let config = format!(
        "home = {home}\nimplementation = CPython\nuv = {VERSION}\nversion_info = {whole}\ninclude-system-site-packages = false\n"
    );
    if !make_environment(call, &prefix, version, &config) {
        call.error("error: Failed to create virtual environment\n  Caused by: Permission denied (os error 13)");
        return 2;
    }
    call.error(format!(
        "Activate with: source {}/bin/activate",
        folder.trim_end_matches('/')
    ));
    0
}

/// The environment that `uv pip` works on: the active one, else `.venv` here or in a folder above.
fn environment(call: &mut Call<'_>, system: bool) -> Option<Interpreter> {
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
    let mut plain: Vec<String> = Vec::new();
    let mut skip = false;
    for word in words {
        if skip {
            skip = false;
        } else if word == "--torch-backend" {
            skip = true;
        } else if word != "--system" && !word.starts_with("--torch-backend=") {
            plain.push(word.clone());
        }
    }
    let Some((command, rest)) = plain.split_first() else {
        return not_played(call, "pip", PLAYED);
    };
    let Some(own) = environment(call, system) else {
        call.error("error: No virtual environment found; run `uv venv` to create an environment, or pass `--system` to install into a non-virtual environment");
        return 2;
    };
    match command.as_str() {
        "install" => install(call, &own, rest, backend.as_deref()),
        "list" => pip::list(call, &own),
        "show" => pip::show(call, &own, rest),
        "freeze" => {
            for one in packages::installed(call, &own.site) {
                call.line(format!("{}=={}", one.name, one.version));
            }
            0
        }
        "uninstall" => {
            for name in rest.iter().filter(|word| !word.starts_with('-')) {
                let there = packages::installed(call, &own.site);
                match there.iter().find(|one| one.name == *name) {
                    Some(one) => {
                        packages::take_out(call, &own.site, one);
                        call.error(format!(
                            "Uninstalled 1 package\n - {}=={}",
                            one.name, one.version
                        ));
                    }
                    None => {
                        call.error(format!("warning: Skipping {name} as it is not installed"));
                    }
                }
            }
            0
        }
        other => not_played(call, &format!("pip {other}"), PLAYED),
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

fn install(
    call: &mut Call<'_>,
    own: &Interpreter,
    words: &[String],
    backend: Option<&str>,
) -> Exit {
    let asked = match Asked::read(call, words) {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let requirements = match asked.requirements() {
        Ok(requirements) if !requirements.is_empty() => requirements,
        Ok(_) => {
            call.error("error: the following required arguments were not provided:\n  <PACKAGE|--requirements <REQUIREMENTS>|--editable <EDITABLE>|--group <GROUP>>");
            return 2;
        }
        Err(text) => {
            call.error(format!("error: Failed to parse: `{text}`"));
            return 2;
        }
    };
    if own.is_managed(call) && !asked.anyway {
        call.error(format!("error: The interpreter at {} is externally managed, and indicates the following:\n\n  To install Python packages system-wide, try apt install\n  python3-xyz, where xyz is the package you are trying to\n  install.\n\nhint: Virtual environments were not considered due to the `--system` flag", own.prefix));
        return 2;
    }
    let index = match (backend, &asked.index) {
        (Some("auto"), _) => {
            let tag = automatic(call);
            Index::of(&format!("https://download.pytorch.org/whl/{tag}"))
        }
        (Some(tag), _) => match Index::of(&format!("https://download.pytorch.org/whl/{tag}")) {
            Index::Missing { .. } => {
                call.error(format!("error: invalid value '{tag}' for '--torch-backend <TORCH_BACKEND>'\n\nFor more information, try '--help'."));
                return 2;
            }
            index => index,
        },
        (None, Some(url)) => Index::of(url),
        (None, None) => Index::PyPi,
    };
    if !call.machine().state.network {
        let name = requirements
            .first()
            .map(|one| one.name.clone())
            .unwrap_or_default();
        call.error(format!("error: Failed to fetch: `{}/{name}/`\n  Caused by: dns error: failed to lookup address information: Temporary failure in name resolution", index.url()));
        return 2;
    }
    let there = packages::installed(call, &own.site);
    let satisfied = requirements.iter().all(|requirement| {
        there.iter().any(|one| {
            one.name == requirement.name
                && one
                    .version
                    .parse()
                    .is_ok_and(|version| requirement.allows(&version))
        })
    });
    if satisfied && !asked.again && !asked.upgrade {
        call.error(format!("Checked {} packages in 12ms", requirements.len()));
        return 0;
    }
    let picks = match packages::resolve(call, own, &index, &requirements, &there) {
        Ok(picks) => picks,
        Err(why) => {
            let lines = match why {
                packages::NotFound::NoVersion { requirement, .. } => format!(
                    "  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of {requirement} that fits this Python on {} and you require {requirement}, we can conclude that your requirements are unsatisfiable.",
                    index.url()
                ),
                packages::NotFound::Conflict { one, other, asks } => format!(
                    "  × No solution found when resolving dependencies:\n  ╰─▶ Because {other} depends on torch{asks} and you require {one}, we can conclude that your requirements and {other} are incompatible.\n      And because you require {other}, we can conclude that your requirements are unsatisfiable."
                ),
            };
            call.error(lines);
            return 1;
        }
    };
    let new: Vec<_> = picks
        .into_iter()
        .filter(|pick| {
            asked.again
                || !there
                    .iter()
                    .any(|one| one.name == pick.name && one.version == pick.version)
        })
        .collect();
    call.error(format!(
        "Resolved {} packages in 812ms",
        new.len() + there.len()
    ));
    if !pip::write(call, own, &new, &there) {
        return 2;
    }
    call.error(format!(
        "Prepared {} packages in 41.20s\nInstalled {} packages in 310ms",
        new.len(),
        new.len()
    ));
    let mut lines: Vec<String> = new
        .iter()
        .map(|pick| format!(" + {}=={}", pick.name, pick.version))
        .collect();
    lines.sort();
    for line in lines {
        call.error(line);
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
