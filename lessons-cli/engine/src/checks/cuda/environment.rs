//! What the shell must know: `PATH`, `CUDA_HOME`, and that a new shell knows it too.

use super::{no_toolkit, not_linux, told};
use crate::facts::cuda::shell::{Shell, StartupLine};
use crate::facts::cuda::toolkits::{Origin, Toolkit, toolkit_folder};
use crate::facts::system::Place;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix, quoted};

pub(super) fn path(facts: &Facts<'_>) -> Finding {
    told(judge_path(facts), "command -v nvcc")
}

fn judge_path(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    let path = facts.env("PATH")?.unwrap_or_default();
    let folders: Vec<&str> = path.split(':').collect();
    let missing = first_missing(facts, &folders);
    let Some(found) = facts.toolkit_on_path()? else {
        let Some(toolkit) = facts.toolkit_in_use()? else {
            return Ok(no_toolkit());
        };
        let finding = match (missing, startup_lines(facts, &toolkit).first()) {
            (Some((_, folder)), _) => Finding::fail("fail-folder-missing")
                .arg("folder", folder)
                .evidence("$PATH", folder)
                .evidence(folder, "not found"),
            (None, Some(line)) => {
                let finding = Finding::fail("fail-old-shell")
                    .arg("file", &line.file)
                    .evidence(&line.file, &line.line);
                return Ok(finding
                    .arg("bin", toolkit.bin())
                    .evidence("$PATH", "no nvcc")
                    .fix(Fix::run(export_path(facts, &toolkit)).note("fix-path")));
            }
            (None, None) => Finding::fail("fail-not-on-path").evidence("$PATH", "no nvcc"),
        };
        return Ok(finding
            .arg("bin", toolkit.bin())
            .evidence(&toolkit.nvcc, "there")
            .fix(Fix::run(export_path(facts, &toolkit)).note("fix-path"))
            .fix(Fix::run(persist_path(facts, &toolkit)).note("fix-persist")));
    };
    // A folder that is gone stands before the one that is found: the reader meant that one.
    if let Some((index, folder)) = missing
        && found.origin == Origin::Distribution
        && folders
            .iter()
            .position(|other| other.trim_end_matches('/') == found.bin())
            .is_some_and(|at| index < at)
    {
        return Ok(Finding::fail("fail-folder-missing-first")
            .arg("folder", folder)
            .arg("nvcc", &found.nvcc)
            .evidence("$PATH", folder)
            .evidence(folder, "not found")
            .evidence("$PATH", &found.nvcc)
            .fix(Fix::run("ls -d /usr/local/cuda*").note("fix-list"))
            .fix(Fix::run("grep -n cuda ~/.bashrc ~/.profile").note("fix-find-line")));
    }
    if let Ok(Some(home)) = facts.toolkit_of_home()
        && found.differs_from(&home)
        && shadows(&folders, &found, &home)
    {
        return Ok(versions(Finding::fail("fail-shadowed"), &found, &home)
            .fix(Fix::run(export_path(facts, &home)).note("fix-path"))
            .fix(Fix::run(persist_path(facts, &home)).note("fix-persist")));
    }
    let finding = Finding::pass("pass")
        .arg("nvcc", &found.nvcc)
        .evidence("$PATH", &found.nvcc);
    Ok(match missing {
        Some((_, folder)) => finding.evidence("$PATH", format!("{folder}, which does not exist")),
        None => finding,
    })
}

/// The first folder of a list that should hold a toolkit's files and is not there, with its place in the list.
fn first_missing<'f>(facts: &Facts<'_>, folders: &[&'f str]) -> Option<(usize, &'f str)> {
    folders.iter().copied().enumerate().find(|(_, folder)| {
        toolkit_folder(folder).is_some() && facts.exists(folder.trim_end_matches('/')) == Ok(false)
    })
}

/// Whether `CUDA_HOME` says what the reader wants and `PATH` finds something else before it: the distribution's own
/// compiler, which nobody puts on `PATH` by hand, or another while the wanted one comes later.
fn shadows(folders: &[&str], found: &Toolkit, home: &Toolkit) -> bool {
    let wanted = format!("{}/bin", home.root);
    found.origin == Origin::Distribution
        || folders
            .iter()
            .any(|folder| [home.bin(), &wanted].contains(&folder.trim_end_matches('/')))
}

fn versions(finding: Finding, found: &Toolkit, home: &Toolkit) -> Finding {
    let version = |toolkit: &Toolkit| {
        toolkit
            .release()
            .map_or_else(|| "?".to_owned(), |release| release.to_string())
    };
    finding
        .arg("nvcc", &found.nvcc)
        .arg("found", version(found))
        .arg("home", home.home())
        .arg("wanted", version(home))
        .evidence("$PATH", format!("{} ({})", found.nvcc, version(found)))
        .evidence("$CUDA_HOME", format!("{} ({})", home.home(), version(home)))
}

fn export_path(facts: &Facts<'_>, toolkit: &Toolkit) -> String {
    match facts.shell() {
        Ok(Some(Shell::Fish)) => format!("fish_add_path {}", quoted(toolkit.bin())),
        _ => format!("export PATH={}${{PATH:+:${{PATH}}}}", quoted(toolkit.bin())),
    }
}

fn persist_path(facts: &Facts<'_>, toolkit: &Toolkit) -> String {
    let line = quoted(&export_path(facts, toolkit));
    match facts.shell() {
        Ok(Some(Shell::Fish)) => format!("echo {line} >> ~/.config/fish/config.fish"),
        Ok(Some(Shell::Zsh)) => format!("echo {line} >> ~/.zshrc"),
        _ => format!("echo {line} >> ~/.bashrc"),
    }
}

pub(super) fn home(facts: &Facts<'_>) -> Finding {
    told(judge_home(facts), "echo \"$CUDA_HOME\"")
}

fn judge_home(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    let Some(toolkit) = facts.toolkit_in_use()? else {
        return Ok(no_toolkit());
    };
    let mut named = Vec::new();
    for variable in ["CUDA_HOME", "CUDA_PATH"] {
        if let Some(folder) = facts.env_filled(variable)? {
            named.push((variable, folder));
        }
    }
    for (variable, folder) in &named {
        let source = format!("${variable}");
        let fail = |text: &'static str| {
            Finding::fail(text)
                .arg("variable", variable)
                .arg("folder", folder)
                .evidence(&source, folder)
        };
        let set = Fix::run(export_variable(facts, variable, toolkit.home())).note("fix-set");
        let trimmed = folder.trim_end_matches('/');
        if folder.contains(':') {
            return Ok(fail("fail-colon").fix(set));
        }
        if !facts.exists(trimmed)? {
            return Ok(fail("fail-missing").evidence(folder, "not found").fix(set));
        }
        let nvcc = format!("{trimmed}/bin/nvcc");
        if !facts.exists(&nvcc)? {
            return Ok(fail("fail-no-nvcc").evidence(nvcc, "not found").fix(set));
        }
    }
    let Some((variable, folder)) = named.first() else {
        return Ok(Finding::pass("pass-unset")
            .arg("home", toolkit.home())
            .evidence("$CUDA_HOME, $CUDA_PATH", "not set"));
    };
    if let (Some(found), Some(home)) = (facts.toolkit_on_path()?, facts.toolkit_of_home()?) {
        let path = facts.env("PATH")?.unwrap_or_default();
        let folders: Vec<&str> = path.split(':').collect();
        // Where PATH is what is wrong, the step about PATH says so.
        if found.differs_from(&home) && !shadows(&folders, &found, &home) {
            return Ok(versions(Finding::fail("fail-differs"), &found, &home)
                .arg("variable", variable)
                .fix(Fix::run(export_variable(facts, variable, found.home())).note("fix-set")));
        }
    }
    Ok(Finding::pass("pass")
        .arg("variable", variable)
        .arg("folder", folder)
        .evidence(format!("${variable}"), folder))
}

fn export_variable(facts: &Facts<'_>, variable: &str, folder: &str) -> String {
    match facts.shell() {
        Ok(Some(Shell::Fish)) => format!("set -gx {variable} {}", quoted(folder)),
        _ => format!("export {variable}={}", quoted(folder)),
    }
}

pub(super) fn persistent(facts: &Facts<'_>) -> Finding {
    told(
        judge_persistent(facts),
        "grep -n cuda ~/.bashrc ~/.profile ~/.zshrc",
    )
}

fn judge_persistent(facts: &Facts<'_>) -> Known<Finding> {
    if !facts.is_linux() {
        return Ok(not_linux(facts));
    }
    let Some(toolkit) = facts.toolkit_in_use()? else {
        return Ok(no_toolkit());
    };
    if matches!(facts.place(), Place::Container | Place::Sandbox) {
        return Ok(Finding::not_applicable("na-container").evidence("/proc", "this is a container"));
    }
    if matches!(toolkit.bin(), "/usr/bin" | "/bin" | "/usr/local/bin") {
        return Ok(Finding::pass("pass-system")
            .arg("nvcc", &toolkit.nvcc)
            .evidence("$PATH", &toolkit.nvcc));
    }
    if toolkit.origin == Origin::Conda {
        return Ok(Finding::pass("pass-conda").evidence("$CONDA_PREFIX", &toolkit.root));
    }
    let shell = facts.shell().ok().flatten();
    let lines = startup_lines(facts, &toolkit);
    let read = lines.iter().find(|line| line.is_read_by(shell));
    if let Some(line) = read {
        return Ok(Finding::pass("pass")
            .arg("file", &line.file)
            .evidence(&line.file, &line.line));
    }
    if let Some(unknown) = facts.startup().unread_by(shell) {
        return Err(unknown.clone());
    }
    // On shared computers the command `module load` sets the paths, and is what people type or have in their jobs.
    if let Some(modules) = facts.env_filled("LOADEDMODULES")?
        && modules.to_ascii_lowercase().contains("cuda")
    {
        return Ok(Finding::pass("pass-module").evidence("$LOADEDMODULES", modules));
    }
    let finding = match lines.first() {
        Some(line) => Finding::fail("fail-other-shell")
            .arg("file", &line.file)
            .evidence(&line.file, &line.line)
            .evidence("$SHELL", facts.env("SHELL")?.unwrap_or_default()),
        None => Finding::fail("fail")
            .evidence("~/.bashrc, ~/.profile, …", format!("no {}", toolkit.bin())),
    };
    Ok(finding
        .arg("bin", toolkit.bin())
        .fix(Fix::run(persist_path(facts, &toolkit)).note("fix-persist")))
}

/// The lines of start-up files that name the toolkit's folder of programs, by any of its names.
fn startup_lines<'f>(facts: &'f Facts<'_>, toolkit: &Toolkit) -> Vec<&'f StartupLine> {
    let mut names = vec![
        toolkit.bin().to_owned(),
        format!("{}/bin", toolkit.root),
        "$CUDA_HOME/bin".to_owned(),
        "${CUDA_HOME}/bin".to_owned(),
        "$CUDA_PATH/bin".to_owned(),
        "${CUDA_PATH}/bin".to_owned(),
    ];
    // The link that leads to the same folder.
    let linked = facts
        .toolkits()
        .found
        .iter()
        .find(|found| found.root == toolkit.root);
    names.extend(linked.map(|found| found.bin().to_owned()));
    facts
        .startup()
        .lines
        .iter()
        .filter(|line| names.iter().any(|name| line.line.contains(name.as_str())))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::made_up::{
        Case, NOT_RECORDED, UNREAD, and, check_all, machine, no_toolkit, nvcc,
    };
    use super::*;
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    fn no_startup() -> Value {
        json!({"files": {"/home/me/.bashrc": {"text": "alias ll='ls -l'\n"}}})
    }

    fn off_path() -> Value {
        and(
            no_startup(),
            &json!({"env": {"PATH": "/usr/bin"}, "commands": {"nvcc --version": {"error": "not-found"}}}),
        )
    }

    /// Toolkits 12.6 and 13.0 side by side.
    fn two() -> Value {
        json!({"dirs": {
            "/usr/local": ["cuda", "cuda-12.6", "cuda-13.0"],
            "/usr/local/cuda-13.0": ["bin"],
            "/usr/local/cuda-13.0/bin": ["nvcc"],
        }})
    }

    fn distribution(path: &str) -> Value {
        json!({
            "dirs": {"/usr/bin": ["nvcc", "g++", "gcc"]},
            "env": {"PATH": path},
            "commands": {"nvcc --version": {"exit": 0, "stdout": nvcc("12.0", "12.0.140")}},
        })
    }

    #[test]
    fn every_branch_of_path() {
        let cases: Vec<Case> = vec![
            ("found", json!({}), Pass, "pass"),
            (
                "found, and a folder behind it is gone",
                json!({"env": {"PATH": "/usr/local/cuda/bin:/usr/local/cuda-11.7/bin:/usr/bin"}}),
                Pass,
                "pass",
            ),
            (
                "Ubuntu's own",
                and(no_toolkit(), &distribution("/usr/bin")),
                Pass,
                "pass",
            ),
            ("not on PATH", off_path(), Fail, "fail-not-on-path"),
            (
                "not on PATH of zsh",
                and(
                    off_path(),
                    &json!({"env": {"PATH": "/usr/bin", "SHELL": "/usr/bin/zsh"}}),
                ),
                Fail,
                "fail-not-on-path",
            ),
            (
                "not on PATH of this shell",
                json!({"env": {"PATH": "/usr/bin"}, "commands": {"nvcc --version": {"error": "not-found"}}}),
                Fail,
                "fail-old-shell",
            ),
            (
                "PATH names a folder that is gone",
                and(
                    off_path(),
                    &json!({"env": {"PATH": "/usr/local/cuda-12.4/bin:/usr/bin"}}),
                ),
                Fail,
                "fail-folder-missing",
            ),
            (
                "PATH names a folder that is gone, and Ubuntu's nvcc comes next",
                distribution("/usr/local/cuda-12.4/bin:/usr/bin"),
                Fail,
                "fail-folder-missing-first",
            ),
            (
                "Ubuntu's nvcc comes before the one that is asked for",
                and(
                    distribution("/usr/bin:/usr/local/cuda/bin"),
                    &json!({"env": {
                        "PATH": "/usr/bin:/usr/local/cuda/bin", "CUDA_HOME": "/usr/local/cuda",
                    }}),
                ),
                Fail,
                "fail-shadowed",
            ),
            (
                "another toolkit comes before the one that is asked for",
                and(
                    two(),
                    &json!({"env": {
                        "PATH": "/usr/local/cuda-13.0/bin:/usr/local/cuda-12.6/bin:/usr/bin", "CUDA_HOME": "/usr/local/cuda",
                    }}),
                ),
                Fail,
                "fail-shadowed",
            ),
            // CUDA_HOME is what is stale, and the step about it says so.
            (
                "CUDA_HOME names another",
                and(
                    two(),
                    &json!({"env": {"PATH": "/usr/local/cuda-13.0/bin:/usr/bin", "CUDA_HOME": "/usr/local/cuda-12.6"}}),
                ),
                Pass,
                "pass",
            ),
            (
                "PATH is not recorded",
                json!({"env": {"PATH": NOT_RECORDED}}),
                Unknown,
                UNREAD,
            ),
            (
                "whether CUDA_HOME is set is not recorded, and nvcc is not on PATH",
                and(
                    off_path(),
                    &json!({"env": {"PATH": "/usr/bin", "CUDA_HOME": NOT_RECORDED}}),
                ),
                Unknown,
                UNREAD,
            ),
            ("no toolkit", no_toolkit(), NotApplicable, "na-no-toolkit"),
            (
                "Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                NotApplicable,
                "na-not-linux",
            ),
        ];
        check_all("cuda.env-path", &cases);
    }

    #[test]
    fn every_branch_of_home() {
        let home = |folder: &str| json!({"env": {"CUDA_HOME": folder}});
        let cases: Vec<Case> = vec![
            ("not set", json!({}), Pass, "pass-unset"),
            ("empty", home(""), Pass, "pass-unset"),
            ("set by the link", home("/usr/local/cuda"), Pass, "pass"),
            (
                "set by the folder",
                home("/usr/local/cuda-12.6/"),
                Pass,
                "pass",
            ),
            (
                "CUDA_PATH",
                json!({"env": {"CUDA_PATH": "/usr/local/cuda"}}),
                Pass,
                "pass",
            ),
            ("a list", home(":/usr/local/cuda-12.6"), Fail, "fail-colon"),
            ("gone", home("/usr/local/cuda-11.7"), Fail, "fail-missing"),
            (
                "CUDA_PATH is gone",
                json!({"env": {"CUDA_PATH": "/usr/local/cuda-11.7"}}),
                Fail,
                "fail-missing",
            ),
            (
                "too deep",
                home("/usr/local/cuda/bin"),
                Fail,
                "fail-no-nvcc",
            ),
            (
                "another than the shell's",
                and(
                    two(),
                    &json!({"env": {"PATH": "/usr/local/cuda-13.0/bin:/usr/bin", "CUDA_HOME": "/usr/local/cuda-12.6"}}),
                ),
                Fail,
                "fail-differs",
            ),
            // PATH is what is wrong there.
            (
                "right, and PATH is not",
                and(
                    distribution("/usr/bin:/usr/local/cuda/bin"),
                    &json!({"env": {
                        "PATH": "/usr/bin:/usr/local/cuda/bin", "CUDA_HOME": "/usr/local/cuda",
                    }}),
                ),
                Pass,
                "pass",
            ),
            (
                "not on PATH",
                and(
                    off_path(),
                    &json!({"env": {"PATH": "/usr/bin", "CUDA_HOME": "/usr/local/cuda"}}),
                ),
                Pass,
                "pass",
            ),
            ("not recorded", home(NOT_RECORDED), Unknown, UNREAD),
            (
                "no toolkit",
                and(no_toolkit(), &home("/usr/local/cuda-11.7")),
                NotApplicable,
                "na-no-toolkit",
            ),
            (
                "Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                NotApplicable,
                "na-not-linux",
            ),
        ];
        check_all("cuda.env-home", &cases);
    }

    #[test]
    fn every_branch_of_lasting() {
        let line = |line: &str| json!({"files": {"/home/me/.bashrc": {"text": line}}});
        let cases: Vec<Case> = vec![
            ("in .bashrc", json!({}), Pass, "pass"),
            (
                "by the folder's own name",
                line("PATH=$PATH:/usr/local/cuda-12.6/bin\n"),
                Pass,
                "pass",
            ),
            (
                "by the variable",
                line("export PATH=$CUDA_HOME/bin:$PATH\n"),
                Pass,
                "pass",
            ),
            (
                "for all users",
                and(
                    no_startup(),
                    &json!({
                        "dirs": {"/etc/profile.d": ["cuda.sh"]},
                        "files": {"/etc/profile.d/cuda.sh": {"text": "export PATH=/usr/local/cuda/bin:$PATH\n"}, "/home/me/.bashrc": {"text": ""}},
                    }),
                ),
                Pass,
                "pass",
            ),
            (
                "in fish's",
                json!({
                    "env": {"SHELL": "/usr/bin/fish"},
                    "files": {"/home/me/.bashrc": {"text": ""}, "/home/me/.config/fish/config.fish": {"text": "fish_add_path /usr/local/cuda/bin\n"}},
                    "dirs": {"/home/me": [".bashrc", ".config"], "/home/me/.config/fish": ["config.fish"]},
                }),
                Pass,
                "pass",
            ),
            (
                "in a folder of every PATH",
                and(no_startup(), &distribution("/usr/bin")),
                Pass,
                "pass-system",
            ),
            (
                "conda's",
                and(
                    no_startup(),
                    &json!({
                        "dirs": {"/home/me/conda": ["bin"], "/home/me/conda/bin": ["nvcc"], "/home/me": [".bashrc", "conda"]},
                        "env": {"CONDA_PREFIX": "/home/me/conda", "PATH": "/home/me/conda/bin:/usr/bin"},
                    }),
                ),
                Pass,
                "pass-conda",
            ),
            (
                "a module",
                and(
                    no_startup(),
                    &json!({"env": {"LOADEDMODULES": "gcc/13.2:CUDA/12.6.0"}}),
                ),
                Pass,
                "pass-module",
            ),
            ("nowhere", no_startup(), Fail, "fail"),
            (
                "in a comment",
                line("# export PATH=/usr/local/cuda/bin:$PATH\n"),
                Fail,
                "fail",
            ),
            (
                "another toolkit's",
                line("export PATH=/usr/local/cuda-11.8/bin:$PATH\n"),
                Fail,
                "fail",
            ),
            (
                "in another shell's file",
                json!({"env": {"SHELL": "/usr/bin/zsh"}}),
                Fail,
                "fail-other-shell",
            ),
            (
                "another shell's file is not recorded",
                json!({"files": {"/etc/zsh/zshenv": NOT_RECORDED, "/home/me/.bashrc": {"text": ""}}}),
                Fail,
                "fail",
            ),
            (
                "a file is not recorded",
                json!({"files": {"/home/me/.bashrc": NOT_RECORDED}}),
                Unknown,
                UNREAD,
            ),
            (
                "a file that nobody may read",
                json!({"files": {"/home/me/.bashrc": {"error": "denied"}}}),
                Unknown,
                UNREAD,
            ),
            (
                "the home folder is not recorded",
                json!({"env": {"HOME": NOT_RECORDED}}),
                Unknown,
                UNREAD,
            ),
            (
                "a container",
                json!({"files": {"/.dockerenv": {"size": 0}}}),
                NotApplicable,
                "na-container",
            ),
            ("no toolkit", no_toolkit(), NotApplicable, "na-no-toolkit"),
            (
                "Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}}),
                NotApplicable,
                "na-not-linux",
            ),
        ];
        check_all("cuda.env-persistent", &cases);
    }

    #[test]
    fn what_is_to_be_typed_fits_the_shell_and_any_folder() {
        let toolkit = |bin: &str| Toolkit {
            root: "/x".to_owned(),
            nvcc: format!("{bin}/nvcc"),
            version: None,
            origin: Origin::Elsewhere,
        };
        for (shell, bin, line) in [
            (
                "/bin/bash",
                "/usr/local/cuda/bin",
                "echo 'export PATH=/usr/local/cuda/bin${PATH:+:${PATH}}' >> ~/.bashrc",
            ),
            (
                "/bin/zsh",
                "/usr/local/cuda/bin",
                "echo 'export PATH=/usr/local/cuda/bin${PATH:+:${PATH}}' >> ~/.zshrc",
            ),
            (
                "/usr/bin/fish",
                "/usr/local/cuda/bin",
                "echo 'fish_add_path /usr/local/cuda/bin' >> ~/.config/fish/config.fish",
            ),
            (
                "/bin/bash",
                "/opt/my tools/bin",
                r"echo 'export PATH='\''/opt/my tools/bin'\''${PATH:+:${PATH}}' >> ~/.bashrc",
            ),
        ] {
            let recording = machine(&json!({"env": {"SHELL": shell}}));
            assert_eq!(persist_path(&Facts::new(&recording), &toolkit(bin)), line);
        }
    }
}
