//! pip.

use super::packages::{self, Index, NotFound, Pick, Requirement};
use super::{Interpreter, not_played};
use crate::practice::process::{Call, Exit};
use crate::requirement;
use crate::tables::{Arch, Os, Platform};

const PLAYED: &str =
    "pip install, uninstall, list, show, freeze, check, index versions, cache purge, --version";

pub(super) fn pip(call: &mut Call<'_>) -> Exit {
    let file = call.file.clone();
    let Some(own) = Interpreter::of(call, &file) else {
        return not_played(call, &file, PLAYED);
    };
    let words = call.rest();
    run(call, &own, &words)
}

pub(super) fn run(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let Some((command, rest)) = words.split_first() else {
        call.line("\nUsage:\n  pip <command> [options]");
        return 0;
    };
    match command.as_str() {
        "--version" | "-V" => {
            call.line(format!(
                "pip 26.3 from {}/pip (python {})",
                own.site, own.version
            ));
            0
        }
        "install" => install(call, own, rest),
        "uninstall" => uninstall(call, own, rest),
        "list" => list(call, own),
        "freeze" => {
            for one in packages::installed(call, &own.site) {
                call.line(format!("{}=={}", one.name, one.version));
            }
            0
        }
        "show" => show(call, own, rest),
        "check" => {
            call.line("No broken requirements found.");
            0
        }
        "cache" => {
            call.line("Files removed: 0");
            0
        }
        "index" => index(call, own, rest),
        other => {
            call.error(format!(
                "ERROR: unknown command \"{}\"",
                crate::visible::visible(other)
            ));
            1
        }
    }
}

/// What was asked of an installation.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) words: Vec<String>,
    pub(super) index: Option<String>,
    pub(super) again: bool,
    pub(super) upgrade: bool,
    pub(super) anyway: bool,
}

impl Asked {
    pub(super) fn read(call: &mut Call<'_>, words: &[String]) -> Result<Self, Exit> {
        let mut asked = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            match name {
                "--index-url" | "-i" | "--default-index" | "--find-links" | "-f" | "--index" => {
                    asked.index = value.or_else(|| words.next().cloned());
                }
                "--extra-index-url" => {
                    // The newest of all indexes wins, and PyPI's is no older than any other.
                    let _ = value.or_else(|| words.next().cloned());
                }
                "--force-reinstall" | "--reinstall" => asked.again = true,
                "-U" | "--upgrade" => asked.upgrade = true,
                "--break-system-packages" => asked.anyway = true,
                "--user" | "-q" | "--quiet" | "--no-cache-dir" | "--pre" | "-v" | "--no-input"
                | "--prefer-binary" => {}
                _ if name.starts_with('-') => {
                    return Err(not_played(
                        call,
                        word,
                        "pip install NAME[==VERSION] … [--index-url URL] [--force-reinstall] [--upgrade]",
                    ));
                }
                _ => asked.words.push(word.clone()),
            }
        }
        Ok(asked)
    }

    pub(super) fn requirements(&self) -> Result<Vec<Requirement>, String> {
        self.words.iter().map(|word| word.parse()).collect()
    }
}

fn install(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let asked = match Asked::read(call, words) {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    if asked.words.is_empty() {
        call.error(
            "ERROR: You must give at least one requirement to install (see \"pip help install\")",
        );
        return 1;
    }
    if own.is_managed(call) && !asked.anyway {
        call.error(EXTERNALLY_MANAGED.trim_end());
        return 1;
    }
    let requirements = match asked.requirements() {
        Ok(requirements) => requirements,
        Err(text) => {
            call.error(format!("ERROR: Invalid requirement: '{text}'"));
            return 1;
        }
    };
    let index = asked.index.as_deref().map_or(Index::PyPi, Index::of);
    if index != Index::PyPi {
        call.line(format!("Looking in indexes: {}", index.url()));
    }
    let there = packages::installed(call, &own.site);
    let shown_site = own.site.clone();
    let satisfied = |requirement: &Requirement| {
        there.iter().find(|one| {
            one.name == requirement.name
                && one
                    .version
                    .parse()
                    .is_ok_and(|version| requirement.allows(&version))
        })
    };
    if !asked.again
        && !asked.upgrade
        && requirements
            .iter()
            .all(|requirement| satisfied(requirement).is_some())
    {
        for requirement in &requirements {
            if let Some(one) = satisfied(requirement) {
                call.line(format!(
                    "Requirement already satisfied: {} in {shown_site} ({})",
                    requirement.text, one.version
                ));
            }
        }
        return 0;
    }
    if !call.machine().state.network {
        for requirement in requirements.iter().take(1) {
            call.error(format!("WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError(\"Failed to establish a new connection: [Errno -3] Temporary failure in name resolution\")': /{}/", requirement.name));
            call.error(format!("ERROR: Could not find a version that satisfies the requirement {} (from versions: none)", requirement.text));
            call.error(format!(
                "ERROR: No matching distribution found for {}",
                requirement.text
            ));
        }
        return 1;
    }
    let picks = match packages::resolve(call, own, &index, &requirements, &there) {
        Ok(picks) => picks,
        Err(why) => {
            for line in refusal(&why) {
                call.error(line);
            }
            return 1;
        }
    };
    let named = |pick: &Pick| {
        requirements
            .iter()
            .any(|requirement| requirement.name == pick.name)
    };
    let new: Vec<Pick> = picks
        .into_iter()
        .filter(|pick| {
            let same = there
                .iter()
                .any(|one| one.name == pick.name && one.version == pick.version);
            let any = there.iter().any(|one| one.name == pick.name);
            // What is there and does for a dependency stays.
            if named(pick) || pick.name.starts_with("nvidia-") || pick.name == "torch" {
                asked.again || !same
            } else {
                !any
            }
        })
        .collect();
    for pick in &new {
        if named(pick) {
            call.line(format!("Collecting {}", pick.name));
            let file = file_name(call, own, pick);
            call.line(format!("  Downloading {file} ({})", size(pick.size)));
        }
    }
    if !write(call, own, &new, &there) {
        return 1;
    }
    if !new.is_empty() {
        let names: Vec<String> = new
            .iter()
            .map(|pick| format!("{}-{}", pick.name, pick.version))
            .collect();
        let plain: Vec<&str> = new.iter().map(|pick| pick.name.as_str()).collect();
        call.line(format!(
            "Installing collected packages: {}",
            plain.join(", ")
        ));
        call.line(format!("Successfully installed {}", names.join(" ")));
    }
    0
}

/// Puts all of it into the environment, or nothing where the disk is too small.
pub(super) fn write(
    call: &mut Call<'_>,
    own: &Interpreter,
    new: &[Pick],
    there: &[packages::Installed],
) -> bool {
    let needed: u64 = new.iter().map(|pick| pick.size).sum();
    if call.machine().disk_free() < needed {
        call.error("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device");
        return false;
    }
    for pick in new {
        if let Some(old) = there.iter().find(|one| one.name == pick.name) {
            packages::take_out(call, &own.site, old);
        }
        if !packages::put(call, &own.site, pick) {
            call.error(format!("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '{}/{}'\nCheck the permissions.", own.site, pick.name));
            return false;
        }
    }
    let seconds = i64::try_from(needed / 40_000_000).unwrap_or(60);
    call.wait(seconds);
    true
}

pub(super) fn file_name(call: &mut Call<'_>, own: &Interpreter, pick: &Pick) -> String {
    let platform = packages::platform(call);
    let tag = own.version.tag();
    let is_compiled = pick.name.starts_with("torch");
    if is_compiled {
        format!(
            "{}-{}-{tag}-{tag}-manylinux_2_28_{}.whl",
            pick.name, pick.version, platform.arch
        )
    } else {
        format!(
            "{}-{}-py3-none-any.whl",
            pick.name.replace('-', "_"),
            pick.version
        )
    }
}

pub(super) fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{} kB", bytes / 1_000)
    } else {
        format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
    }
}

pub(super) fn refusal(why: &NotFound) -> Vec<String> {
    match why {
        NotFound::NoVersion { requirement, known } => {
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            vec![
                format!("ERROR: Could not find a version that satisfies the requirement {requirement} (from versions: {known})"),
                format!("ERROR: No matching distribution found for {requirement}"),
            ]
        }
        NotFound::Conflict { one, other, asks } => vec![
            format!("ERROR: Cannot install {one} and {other} because these package versions have conflicting dependencies."),
            format!("\nThe conflict is caused by:\n    The user requested {one}\n    {other} depends on torch{asks}\n"),
            "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/#dealing-with-dependency-conflicts".to_owned(),
        ],
    }
}

fn uninstall(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let yes = words.iter().any(|word| word == "-y" || word == "--yes");
    let anyway = words.iter().any(|word| word == "--break-system-packages");
    if own.is_managed(call) && !anyway {
        call.error(EXTERNALLY_MANAGED.trim_end());
        return 1;
    }
    for name in words.iter().filter(|word| !word.starts_with('-')) {
        let there = packages::installed(call, &own.site);
        let Some(one) = there
            .iter()
            .find(|one| one.name == name.to_lowercase().replace('_', "-"))
        else {
            call.error(format!("WARNING: Skipping {name} as it is not installed."));
            continue;
        };
        call.line(format!(
            "Found existing installation: {} {}\nUninstalling {}-{}:",
            one.name, one.version, one.name, one.version
        ));
        if !yes {
            let answer = call.ask("Proceed (Y/n)? ", false);
            if !answer.is_some_and(|answer| {
                matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes")
            }) {
                continue;
            }
        }
        packages::take_out(call, &own.site, one);
        call.line(format!(
            "  Successfully uninstalled {}-{}",
            one.name, one.version
        ));
    }
    0
}

pub(super) fn list(call: &mut Call<'_>, own: &Interpreter) -> Exit {
    let all = packages::installed(call, &own.site);
    let width = all
        .iter()
        .map(|one| one.name.len())
        .max()
        .unwrap_or(7)
        .max(7);
    let versions = all
        .iter()
        .map(|one| one.version.len())
        .max()
        .unwrap_or(7)
        .max(7);
    call.line(format!(
        "{:<width$} Version\n{} {}",
        "Package",
        "-".repeat(width),
        "-".repeat(versions)
    ));
    for one in all {
        call.line(format!("{:<width$} {}", one.name, one.version));
    }
    0
}

pub(super) fn show(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let there = packages::installed(call, &own.site);
    let python = requirement::Interpreter {
        python: Some(own.version),
        platform: Some(Platform::new(Os::Linux, Arch::X86_64)),
    };
    let mut exit = 1;
    for name in words.iter().filter(|word| !word.starts_with('-')) {
        match there
            .iter()
            .find(|one| one.name == name.to_lowercase().replace('_', "-"))
        {
            Some(one) => {
                let text = call
                    .machine()
                    .tree
                    .text(&format!("{}/{}/METADATA", own.site, one.folder))
                    .unwrap_or_default();
                let requires: Vec<String> = text
                    .lines()
                    .filter_map(|line| line.strip_prefix("Requires-Dist: "))
                    .filter_map(|line| line.parse::<requirement::Requirement>().ok())
                    .filter(|asked| asked.counts(&python) != Some(false))
                    .map(|requirement| requirement.name)
                    .collect();
                call.line(format!(
                    "Name: {}\nVersion: {}\nLocation: {}\nRequires: {}",
                    one.name,
                    one.version,
                    own.site,
                    requires.join(", ")
                ));
                exit = 0;
            }
            None => {
                call.error(format!("WARNING: Package(s) not found: {name}"));
            }
        }
    }
    exit
}

fn index(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    if words.first().map(String::as_str) != Some("versions") {
        return not_played(call, "index", "pip index versions NAME [--index-url URL]");
    }
    let asked = match Asked::read(call, &words[1..]) {
        Ok(asked) => asked,
        Err(exit) => return exit,
    };
    let Some(name) = asked.words.first().cloned() else {
        call.error("ERROR: You need to specify exactly one argument");
        return 1;
    };
    let index = asked.index.as_deref().map_or(Index::PyPi, Index::of);
    let versions = packages::versions(call, own, &index, &name);
    let Some(newest) = versions.last() else {
        call.error(format!("ERROR: No matching distribution found for {name}"));
        return 1;
    };
    let local = match &index {
        Index::Torch { tag, .. } => format!("+{tag}"),
        _ => String::new(),
    };
    let all: Vec<String> = versions
        .iter()
        .rev()
        .map(|version| format!("{version}{local}"))
        .collect();
    call.line(format!(
        "{name} ({newest}{local})\nAvailable versions: {}",
        all.join(", ")
    ));
    0
}

/// What pip says of a Python that belongs to the system (PEP 668); Debian writes the middle part.
const EXTERNALLY_MANAGED: &str = "\
error: externally-managed-environment

× This environment is externally managed
╰─> To install Python packages system-wide, try apt install
    python3-xyz, where xyz is the package you are trying to
    install.

    If you wish to install a non-Debian-packaged Python package,
    create a virtual environment using python3 -m venv path/to/venv.

note: If you believe this is a mistake, please contact your Python installation or OS distribution provider. You can override this, at the risk of breaking your Python installation or OS, by passing --break-system-packages.
hint: See PEP 668 for the detailed specification.
";
