//! Python: its interpreters and environments, pip, uv and conda, and the lines of torch that the book uses.

use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Node, absolute, join};
use crate::version::PythonVersion;

use super::{Program, not_played};

mod conda;
mod modules;
mod packages;
mod pip;
mod project;
mod script;
mod syntax;
mod tensor;
mod torch;
mod uv;

pub(in crate::practice) use conda::block as conda_block;

pub(super) const PROGRAMS: &[Program] = &[
    Program::installed("python3", python),
    Program::installed("python", python),
    Program::installed("pip", pip::pip),
    Program::installed("pip3", pip::pip),
    Program::installed("uv", uv::uv),
    Program::installed("uvx", |call| not_played(call, "uvx", "uv venv, uv pip")),
    Program::installed("uv-installer", uv::installer),
    Program::installed("conda", conda::conda),
];

/// An interpreter and where its packages are.
#[derive(Debug, Clone)]
pub(super) struct Interpreter {
    pub(super) version: PythonVersion,
    /// The whole version: `3.12.3`.
    pub(super) whole: String,
    /// The folder above its `bin`.
    pub(super) prefix: String,
    pub(super) site: String,
    /// Whether it is a virtual environment's.
    pub(super) is_environment: bool,
    /// Whether uv made the environment.
    pub(super) by_uv: bool,
}

impl Interpreter {
    /// The interpreter that a program in a `bin` folder belongs to.
    pub(super) fn of(call: &mut Call<'_>, file: &str) -> Option<Self> {
        let prefix = file.rsplit_once("/bin/")?.0.to_owned();
        let config = format!("{prefix}/pyvenv.cfg");
        let machine = call.machine();
        if let Ok(text) = machine.tree.text(&config) {
            let field = |name: &str| {
                text.lines().find_map(|line| {
                    let (key, value) = line.split_once('=')?;
                    (key.trim() == name).then(|| value.trim().to_owned())
                })
            };
            let whole = field("version_info").or_else(|| field("version"))?;
            let numbers: Vec<&str> = whole.split('.').take(2).collect();
            let version: PythonVersion = numbers.join(".").parse().ok()?;
            return Some(Self {
                site: format!("{prefix}/lib/python{version}/site-packages"),
                is_environment: true,
                by_uv: field("uv").is_some(),
                whole,
                version,
                prefix,
            });
        }
        let conda = machine
            .tree
            .list(&format!("{prefix}/conda-meta"))
            .unwrap_or_default();
        if let Some(whole) = conda.iter().find_map(|name| {
            let rest = name.strip_prefix("python-")?;
            Some(rest.split('-').next()?.trim_end_matches(".json").to_owned())
        }) {
            let numbers: Vec<&str> = whole.split('.').take(2).collect();
            let version: PythonVersion = numbers.join(".").parse().ok()?;
            return Some(Self {
                site: format!("{prefix}/lib/python{version}/site-packages"),
                is_environment: true,
                by_uv: false,
                whole,
                version,
                prefix,
            });
        }
        // The system's: its file is `python3.12`.
        let real = machine
            .tree
            .real_path(&format!("{prefix}/bin/python3"))
            .or_else(|_| machine.tree.real_path(file))
            .ok()?;
        let name = real.rsplit('/').next()?;
        let version: PythonVersion = name.strip_prefix("python")?.parse().ok()?;
        let whole = match (version.major, version.minor) {
            (3, 10) => "3.10.12".to_owned(),
            (3, 12) => "3.12.3".to_owned(),
            _ => format!("{version}.2"),
        };
        let home = machine.person.home.clone();
        Some(Self {
            site: if prefix == "/usr" {
                format!("{home}/.local/lib/python{version}/site-packages")
            } else {
                format!("{prefix}/lib/python{version}/site-packages")
            },
            is_environment: false,
            by_uv: false,
            whole,
            version,
            prefix,
        })
    }

    /// Whether the system forbids pip here.
    fn is_managed(&self, call: &mut Call<'_>) -> bool {
        let file = format!(
            "{}/lib/python{}/EXTERNALLY-MANAGED",
            self.prefix, self.version
        );
        !self.is_environment && call.machine().tree.exists(&file)
    }

    fn executable(&self) -> String {
        format!("{}/bin/python", self.prefix)
    }
}

fn python(call: &mut Call<'_>) -> Exit {
    let file = call.file.clone();
    let Some(own) = Interpreter::of(call, &file) else {
        return not_played(
            call,
            &file,
            "the system's python3 and those of environments",
        );
    };
    let mut words = call.rest().into_iter().peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--version" | "-V" => {
                call.line(format!("Python {}", own.whole));
                return 0;
            }
            "-I" | "-u" | "-B" | "-E" | "-s" | "-q" => {}
            "-W" => {
                words.next();
            }
            "-c" => {
                let Some(code) = words.next() else {
                    call.error("Argument expected for the -c option");
                    return 2;
                };
                let argv = std::iter::once("-c".to_owned()).chain(words).collect();
                return script::run(call, &own, "<string>", &code, argv);
            }
            "-m" => {
                let Some(module) = words.next() else {
                    call.error("Argument expected for the -m option");
                    return 2;
                };
                return run_module(call, &own, &module, &words.collect::<Vec<_>>());
            }
            "-" => return stdin(call, &own),
            _ if word.starts_with("--") && !matches!(word.as_str(), "--help" | "--help-all") => {
                let path = own.executable();
                call.error(format!("unknown option {}\nusage: {path} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `python -h' for more information.", crate::visible::visible(&word)));
                return 2;
            }
            _ if word.starts_with('-') => {
                return not_played(
                    call,
                    &word,
                    "python --version, -c CODE, -m venv|pip|torch.utils.collect_env, FILE",
                );
            }
            _ => {
                let Ok(bytes) = call.files().read(&word) else {
                    let name = own.executable();
                    call.error(format!(
                        "{name}: can't open file '{}': [Errno 2] No such file or directory",
                        absolute(&call.process.cwd.clone(), &word)
                    ));
                    return 2;
                };
                let code = String::from_utf8_lossy(&bytes).into_owned();
                let file = absolute(&call.process.cwd.clone(), &word);
                let argv = std::iter::once(word).chain(words).collect();
                return script::run(call, &own, &file, &code, argv);
            }
        }
    }
    stdin(call, &own)
}

/// What stands on standard input, where nothing else is named.
fn stdin(call: &mut Call<'_>, own: &Interpreter) -> Exit {
    if call.process.stdin.is_terminal() {
        return not_played(call, "Python's own prompt", "python -c CODE, python FILE");
    }
    let code = call.read_all();
    let code = String::from_utf8_lossy(&code).into_owned();
    script::run(call, own, "<stdin>", &code, vec![String::new()])
}

fn run_module(call: &mut Call<'_>, own: &Interpreter, module: &str, words: &[String]) -> Exit {
    let name = own.executable();
    let missing = |call: &mut Call<'_>, module: &str| {
        call.error(format!("{name}: No module named {module}"));
        1
    };
    match module {
        "venv" => venv(call, own, words),
        "pip" => {
            let there = if own.is_environment {
                !own.by_uv
                    && call
                        .machine()
                        .tree
                        .exists(&format!("{}/bin/pip", own.prefix))
            } else {
                call.machine().tree.exists("/usr/bin/pip3")
            };
            if there {
                pip::run(call, own, words)
            } else {
                missing(call, "pip")
            }
        }
        "torch.utils.collect_env" => {
            if let Some(torch) = torch::Torch::installed(call, own) {
                torch::collect_env(call, own, &torch)
            } else {
                call.error(format!("{name}: Error while finding module specification for 'torch.utils.collect_env' (ModuleNotFoundError: No module named 'torch')"));
                1
            }
        }
        "site" | "ensurepip" => not_played(
            call,
            &format!("-m {module}"),
            "python -m venv|pip|torch.utils.collect_env",
        ),
        other => missing(call, other),
    }
}

fn venv(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let Some(folder) = words.iter().find(|word| !word.starts_with('-')) else {
        call.error("usage: venv [-h] [--system-site-packages] [--symlinks | --copies] [--clear] [--upgrade] [--without-pip] [--prompt PROMPT] [--upgrade-deps] ENV_DIR [ENV_DIR ...]\nvenv: error: the following arguments are required: ENV_DIR");
        return 2;
    };
    let prefix = absolute(&call.process.cwd.clone(), folder);
    if own.prefix == "/usr" && call.machine().installed_version("python3-venv").is_none() {
        call.error(format!(
            "The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu systems, you need to install the python3-venv\npackage using the following command.\n\n    apt install python{}-venv\n\nYou may need to use sudo with that command.  After installing the python3-venv\npackage, recreate your virtual environment.\n\nFailing command: {prefix}/bin/python3\n",
            own.version
        ));
        return 1;
    }
    let home = format!("{}/bin", own.prefix);
    let text = format!(
        "home = {home}\ninclude-system-site-packages = false\nversion = {}\nexecutable = {home}/python{}\n",
        own.whole, own.version
    );
    if !make_environment(call, &prefix, own.version, &text) {
        call.error(format!("Error: [Errno 13] Permission denied: '{prefix}'"));
        return 1;
    }
    for name in ["pip", "pip3"] {
        let path = format!("{prefix}/bin/{name}");
        owned(call, &path, Node::program("pip"));
    }
    owned(
        call,
        &format!(
            "{prefix}/lib/python{}/site-packages/pip-26.3.dist-info/METADATA",
            own.version
        ),
        Node::file("Name: pip\n"),
    );
    0
}

/// Puts a node into a folder as the program's user does; `false` where that is not allowed.
pub(super) fn owned(call: &mut Call<'_>, path: &str, node: Node) -> bool {
    let person = crate::practice::tree::Owner::User;
    let root = call.is_root();
    let clock = call.machine().clock;
    let node = if root { node } else { node.owned_by(person) }.changed_at(clock);
    let Some((folder, name)) = crate::practice::tree::split(path) else {
        return false;
    };
    if !make_folder(call, &folder) {
        return false;
    }
    call.machine().tree.put(&join(&folder, &name), node).is_ok()
}

/// Makes a folder with those above it, as the program's user does.
fn make_folder(call: &mut Call<'_>, path: &str) -> bool {
    if call.machine().tree.exists(path) {
        return true;
    }
    let Some((above, _)) = crate::practice::tree::split(path) else {
        return true;
    };
    if !make_folder(call, &above) {
        return false;
    }
    call.files().make_dir(path, 0o755).is_ok()
}

/// The files of a virtual environment without packages.
fn make_environment(
    call: &mut Call<'_>,
    prefix: &str,
    version: PythonVersion,
    config: &str,
) -> bool {
    let _ = call.machine().tree.remove(prefix);
    let made = owned(call, &format!("{prefix}/pyvenv.cfg"), Node::file(config));
    if !made {
        return false;
    }
    owned(
        call,
        &format!("{prefix}/bin/python"),
        Node::program("python"),
    );
    owned(call, &format!("{prefix}/bin/python3"), Node::link("python"));
    owned(
        call,
        &format!("{prefix}/bin/python{version}"),
        Node::link("python"),
    );
    let name = prefix.rsplit('/').next().unwrap_or("venv");
    let shown = if name == ".venv" {
        prefix.rsplit('/').nth(1).unwrap_or(name)
    } else {
        name
    };
    let activate = ACTIVATE
        .replace("@PREFIX@", prefix)
        .replace("@NAME@", shown);
    owned(
        call,
        &format!("{prefix}/bin/activate"),
        Node::file(activate),
    );
    make_folder(call, &format!("{prefix}/lib/python{version}/site-packages"));
    true
}

/// What `source` reads to enter an environment, and what `deactivate` takes back.
const ACTIVATE: &str = r#"# Read with: source bin/activate
deactivate () {
    if [ -n "$_OLD_VIRTUAL_PATH" ]; then
        PATH="$_OLD_VIRTUAL_PATH"
        export PATH
        unset _OLD_VIRTUAL_PATH
    fi
    if [ -n "$_OLD_VIRTUAL_PS1" ]; then
        PS1="$_OLD_VIRTUAL_PS1"
        unset _OLD_VIRTUAL_PS1
    fi
    unset VIRTUAL_ENV
    unset VIRTUAL_ENV_PROMPT
    if [ "$1" != "nondestructive" ]; then
        unset -f deactivate
    fi
}
deactivate nondestructive
export VIRTUAL_ENV="@PREFIX@"
export VIRTUAL_ENV_PROMPT="@NAME@"
_OLD_VIRTUAL_PATH="$PATH"
export PATH="$VIRTUAL_ENV/bin:$PATH"
_OLD_VIRTUAL_PS1="$PS1"
PS1="(@NAME@) $PS1"
"#;
