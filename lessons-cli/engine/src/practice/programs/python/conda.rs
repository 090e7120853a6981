//! conda: environments, as far as the book mentions them.

use super::{make_folder, not_played, owned};
use crate::practice::process::{Call, Exit};
use crate::practice::tree::Node;

const PLAYED: &str = "conda create --name NAME python=X.Y, conda env list, conda activate NAME, conda deactivate, conda env remove -n NAME, conda list, conda init, conda --version";

/// What `conda init` writes into a `.bashrc`.
pub(in crate::practice) fn block(base: &str) -> String {
    format!(
        "# >>> conda initialize >>>\n\
         # !! Contents within this block are managed by 'conda init' !!\n\
         conda () {{\n\
         \x20   case \"$1\" in\n\
         \x20       activate|deactivate) eval \"$('{base}/bin/conda' shell.posix \"$@\")\" ;;\n\
         \x20       *) '{base}/bin/conda' \"$@\" ;;\n\
         \x20   esac\n\
         }}\n\
         # <<< conda initialize <<<\n"
    )
}

/// The lines that change a shell's variables: its function reads them.
fn shell(call: &mut Call<'_>, base: &str, words: &[String]) -> Exit {
    let before = call.env("CONDA_PREFIX").map(str::to_owned);
    let path = call.env("PATH").unwrap_or_default().to_owned();
    let rest: Vec<&str> = path
        .split(':')
        .filter(|folder| {
            before
                .as_ref()
                .is_none_or(|prefix| *folder != format!("{prefix}/bin"))
        })
        .collect();
    let rest = rest.join(":");
    if words.first().map(String::as_str) == Some("deactivate") {
        call.line(format!("export PATH='{rest}'\nunset CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER\nexport CONDA_SHLVL='0'"));
        return 0;
    }
    let name = words.get(1).map_or("base", String::as_str);
    let prefix = match name {
        "base" => base.to_owned(),
        _ if name.contains('/') => crate::practice::tree::absolute(&call.process.cwd.clone(), name),
        _ => format!("{base}/envs/{name}"),
    };
    let there = name == "base" || call.machine().tree.exists(&format!("{prefix}/conda-meta"));
    if !there {
        let name = crate::visible::visible(name);
        call.error(if name.contains('/') {
            format!("\nEnvironmentLocationNotFound: Not a conda environment: {prefix}\n")
        } else {
            format!("\nEnvironmentNameNotFound: Could not find conda environment: {name}\nYou can list all discoverable environments with `conda info --envs`.\n\n")
        });
        return 1;
    }
    call.line(format!("export PATH='{prefix}/bin:{rest}'\nexport CONDA_PREFIX='{prefix}'\nexport CONDA_DEFAULT_ENV='{name}'\nexport CONDA_SHLVL='1'\nexport CONDA_PROMPT_MODIFIER='({name}) '"));
    0
}

pub(super) fn conda(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let base = call
        .file
        .rsplit_once("/bin/")
        .or_else(|| call.file.rsplit_once("/condabin/"))
        .map_or_else(|| "/opt/conda".to_owned(), |(base, _)| base.to_owned());
    let named = |flags: &[&str]| {
        words
            .windows(2)
            .find(|pair| flags.contains(&pair[0].as_str()))
            .map(|pair| pair[1].clone())
    };
    match (
        words.first().map(String::as_str),
        words.get(1).map(String::as_str),
    ) {
        (Some("--version" | "-V"), _) => {
            call.line("conda 25.9.1");
            0
        }
        (Some("shell.posix"), _) => shell(call, &base, &words[1..]),
        (Some("init"), _) => {
            let home = call.env("HOME").unwrap_or("/root").to_owned();
            let file = format!("{home}/.bashrc");
            let text = call.machine().tree.text(&file).unwrap_or_default();
            if text.contains("# >>> conda initialize >>>") {
                call.line(format!("no change     {file}\nNo action taken."));
                return 0;
            }
            owned(call, &file, Node::file(format!("{text}\n{}", block(&base))));
            call.line(format!("modified      {file}\n\n==> For changes to take effect, close and re-open your current shell. <=="));
            0
        }
        (Some("list"), _) => {
            let prefix = call
                .env("CONDA_PREFIX")
                .map_or_else(|| base.clone(), str::to_owned);
            let Some(own) = super::Interpreter::of(call, &format!("{prefix}/bin/python")) else {
                return not_played(call, "list", PLAYED);
            };
            call.line(format!("# packages in environment at {prefix}:\n#\n# Name                    Version                   Build  Channel"));
            for one in super::packages::installed(call, &own.site) {
                call.line(format!("{:<25} {:<25} pypi_0  pypi", one.name, one.version));
            }
            call.line(format!("{:<25} {}", "python", own.whole));
            0
        }
        (Some("create"), _) => {
            let Some(name) = named(&["--name", "-n"]) else {
                call.error("CondaValueError: either -n NAME or -p PREFIX option required.");
                return 1;
            };
            let python = words
                .iter()
                .find_map(|word| word.strip_prefix("python="))
                .unwrap_or("3.12")
                .to_owned();
            let prefix = format!("{base}/envs/{name}");
            if !make_folder(call, &format!("{prefix}/lib/python{python}/site-packages")) {
                call.error(format!("NotWritableError: The current user does not have write permissions to a required path.\n  path: {prefix}"));
                return 1;
            }
            owned(
                call,
                &format!("{prefix}/conda-meta/python-{python}.0-h_0.json"),
                Node::file("{}\n"),
            );
            owned(
                call,
                &format!("{prefix}/bin/python{python}"),
                Node::program("python"),
            );
            owned(
                call,
                &format!("{prefix}/bin/python"),
                Node::link(&format!("python{python}")),
            );
            owned(
                call,
                &format!("{prefix}/bin/python3"),
                Node::link(&format!("python{python}")),
            );
            owned(call, &format!("{prefix}/bin/pip"), Node::program("pip"));
            call.line(format!("#\n# To activate this environment, use\n#\n#     $ conda activate {name}\n#\n# To deactivate an active environment, use\n#\n#     $ conda deactivate"));
            0
        }
        (Some("env"), Some("list")) | (Some("info"), _) => {
            let active = call.env("CONDA_PREFIX").map(str::to_owned);
            let mark = move |prefix: &str| {
                if active.as_deref() == Some(prefix) {
                    "*"
                } else {
                    " "
                }
            };
            call.line(format!(
                "# conda environments:\n#\n{:<22} {} {base}",
                "base",
                mark(&base)
            ));
            let names = call
                .machine()
                .tree
                .list(&format!("{base}/envs"))
                .unwrap_or_default();
            for name in names {
                let prefix = format!("{base}/envs/{name}");
                call.line(format!("{name:<22} {} {prefix}", mark(&prefix)));
            }
            0
        }
        (Some("env"), Some("remove")) => {
            let Some(name) = named(&["--name", "-n"]) else {
                return not_played(call, "env remove", PLAYED);
            };
            let _ = call.machine().tree.remove(&format!("{base}/envs/{name}"));
            0
        }
        (Some("activate" | "deactivate"), _) => {
            call.error("CondaError: Run 'conda init' before 'conda activate'");
            1
        }
        (Some(other), _) => not_played(call, other, PLAYED),
        (None, _) => not_played(call, "no command", PLAYED),
    }
}
