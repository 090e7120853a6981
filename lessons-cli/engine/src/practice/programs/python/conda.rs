//! conda: environments, as far as the book mentions them.

use super::{make_folder, not_played, owned};
use crate::practice::process::{Call, Exit};
use crate::practice::tree::Node;

const PLAYED: &str = "conda create --name NAME python=X.Y, conda env list, conda env remove -n NAME, conda --version; to enter one, source the folder's activate";

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
            call.line(format!(
                "# conda environments:\n#\nbase                     {base}"
            ));
            let names = call
                .machine()
                .tree
                .list(&format!("{base}/envs"))
                .unwrap_or_default();
            for name in names {
                call.line(format!("{name:<24} {base}/envs/{name}"));
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
