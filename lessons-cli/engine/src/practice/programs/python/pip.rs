//! pip.

use super::packages::{self, Index, NotFound, Pick, Requirement};
use super::{Interpreter, not_played};
use crate::facts::Facts;
use crate::practice::process::{Call, Exit};

const PLAYED: &str = "pip install, download, uninstall, list, show, freeze, check, index versions, cache, config, --version";

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
        call.line(USAGE.trim_end());
        return 0;
    };
    match command.as_str() {
        "--version" | "-V" => {
            let version = version(call, own);
            call.line(format!(
                "pip {version} from {}/pip (python {})",
                own.site, own.version
            ));
            0
        }
        "help" | "--help" | "-h" => {
            call.line(USAGE.trim_end());
            0
        }
        "install" => install(call, own, rest),
        "download" => download(call, own, rest),
        "uninstall" => uninstall(call, own, rest),
        "list" => list(call, own),
        "freeze" => {
            freeze(call, own);
            0
        }
        "show" => {
            if rest.is_empty() {
                call.error("WARNING: ERROR: Please provide a package name or names.");
                return 1;
            }
            show(call, own, rest, "WARNING: Package(s) not found: ")
        }
        "check" => check(call, own),
        "cache" => cache(call, rest),
        "config" => config(call, own, rest),
        "index" => index(call, own, rest),
        "lock" | "inspect" | "search" | "wheel" | "hash" | "completion" | "debug" => {
            not_played(call, command, PLAYED)
        }
        other => {
            call.error(format!(
                "ERROR: unknown command \"{}\"",
                crate::visible::visible(other)
            ));
            1
        }
    }
}

/// The version of an environment's pip; of the system's, that of its package.
fn version(call: &mut Call<'_>, own: &Interpreter) -> String {
    let found = packages::installed(call, &own.site)
        .into_iter()
        .find(|one| one.name == "pip")
        .map(|one| one.version);
    let packaged = |call: &mut Call<'_>| {
        let version = call.machine().installed_version("python3-pip")?;
        Some(version.split(['+', '-']).next()?.to_owned())
    };
    found
        .or_else(|| packaged(call))
        .unwrap_or_else(|| "26.3".to_owned())
}

/// What pip 26.3 says without a command, in part.
const USAGE: &str = "
Usage:   
  pip <command> [options]

Commands:
  install                     Install packages.
  download                    Download packages.
  uninstall                   Uninstall packages.
  freeze                      Output installed packages in requirements format.
  list                        List installed packages.
  show                        Show information about installed packages.
  check                       Verify installed packages have compatible dependencies.
  config                      Manage local and global configuration.
  cache                       Inspect and manage pip's wheel cache.
  index                       Inspect information available from package indexes.
  help                        Show help for commands.
";

/// What was asked of an installation.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option that stands or does not"
)]
pub(super) struct Asked {
    pub(super) words: Vec<String>,
    pub(super) index: Option<String>,
    /// Indexes that are asked beside the main one.
    pub(super) more: Vec<String>,
    pub(super) again: bool,
    /// The packages that uv is to install again.
    pub(super) again_of: Vec<String>,
    pub(super) upgrade: bool,
    pub(super) anyway: bool,
    pub(super) no_deps: bool,
    pub(super) dry_run: bool,
    pub(super) quiet: bool,
    pub(super) pre: bool,
    /// Files of requirements, of which the words are read.
    pub(super) files: Vec<String>,
}

/// An option that there is not.
pub(super) struct NoSuchOption(pub(super) String);

impl Asked {
    pub(super) fn read(words: &[String]) -> Result<Self, NoSuchOption> {
        let mut asked = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            let mut take = || value.clone().or_else(|| words.next().cloned());
            match name {
                "--index-url" | "-i" | "--default-index" => asked.index = take(),
                "--extra-index-url" | "--find-links" | "-f" | "--index" => {
                    asked.more.extend(take());
                }
                "-r" | "--requirement" | "--requirements" => asked.files.extend(take()),
                "--force-reinstall" | "--reinstall" => asked.again = true,
                "--reinstall-package" | "--refresh-package" | "-P" | "--upgrade-package" => {
                    asked.again_of.extend(take());
                }
                "-U" | "--upgrade" => asked.upgrade = true,
                "--break-system-packages" => asked.anyway = true,
                "--no-deps" => asked.no_deps = true,
                "--dry-run" => asked.dry_run = true,
                "-q" | "--quiet" | "-qq" => asked.quiet = true,
                "--pre" => asked.pre = true,
                "-d" | "--dest" | "--timeout" | "--retries" | "--trusted-host" | "--proxy"
                | "--python-version" | "--platform" | "--only-binary" | "--no-binary"
                | "--progress-bar" | "--upgrade-strategy" | "--cache-dir" | "-c"
                | "--constraint" | "--index-strategy" | "--link-mode" | "--prerelease" => {
                    take();
                }
                "--user"
                | "--no-cache-dir"
                | "-v"
                | "--verbose"
                | "--no-input"
                | "-I"
                | "--ignore-installed"
                | "--prefer-binary"
                | "--no-cache"
                | "--refresh"
                | "--require-virtualenv"
                | "--no-warn-script-location"
                | "--no-build-isolation"
                | "--disable-pip-version-check"
                | "--no-color"
                | "--strict"
                | "--compile-bytecode" => {}
                _ if name.starts_with('-') && name.len() > 1 => {
                    return Err(NoSuchOption(name.to_owned()));
                }
                _ => asked.words.push(word.clone()),
            }
        }
        Ok(asked)
    }

    /// Takes the words of the files of requirements along; the name of a file that is not there.
    pub(super) fn read_files(&mut self, call: &mut Call<'_>) -> Result<(), String> {
        for file in std::mem::take(&mut self.files) {
            let Ok(bytes) = call.files().read(&file) else {
                return Err(file);
            };
            for line in String::from_utf8_lossy(&bytes).lines() {
                let line = line.split(" #").next().unwrap_or(line).trim();
                let (option, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
                match option {
                    _ if line.is_empty() || line.starts_with('#') => {}
                    "--index-url" | "-i" => self.index = Some(value.trim().to_owned()),
                    "--extra-index-url" | "--find-links" | "-f" => {
                        self.more.push(value.trim().to_owned());
                    }
                    _ => self.words.push(line.replace(' ', "")),
                }
            }
        }
        Ok(())
    }

    pub(super) fn requirements(&self) -> Result<Vec<Requirement>, String> {
        self.words.iter().map(|word| word.parse()).collect()
    }

    /// The indexes by what was typed, then by variables and files of settings; an error where those forbid any.
    pub(super) fn indexes(&self, call: &mut Call<'_>, own: &Interpreter) -> Result<Vec<Index>, ()> {
        let mut machine = call.machine().clone();
        machine.env.clone_from(&call.process.env);
        let facts = Facts::new(&machine);
        let settings = match facts.environment() {
            Ok(Some(environment)) if environment.prefix == own.prefix => {
                facts.package_index(environment).unwrap_or_default()
            }
            _ => crate::facts::python::PackageIndex::default(),
        };
        if settings.off.is_some() && self.index.is_none() {
            return Err(());
        }
        let main = self
            .index
            .clone()
            .or_else(|| settings.main.map(|setting| setting.value));
        let mut all = vec![main.as_deref().map_or(Index::PyPi, Index::of)];
        let more = settings.more.into_iter().map(|setting| setting.value);
        for url in self.more.iter().cloned().chain(more) {
            // `--index NAME=URL`, and `torch-backend = "cu130"` among uv's settings.
            let url = url.rsplit_once('=').map_or(url.as_str(), |(_, url)| url);
            match url.parse::<crate::version::BuildTag>() {
                Ok(tag) => all.push(Index::of(&format!(
                    "https://download.pytorch.org/whl/{tag}"
                ))),
                Err(_) => all.push(Index::of(url)),
            }
        }
        Ok(all)
    }
}

/// A path as pip shows it: relative where it lies below the working folder.
pub(super) fn shown_path(call: &mut Call<'_>, path: &str) -> String {
    let cwd = call.process.cwd.clone();
    match path.strip_prefix(&format!("{}/", cwd.trim_end_matches('/'))) {
        Some(rest) => format!("./{rest}"),
        None => path.to_owned(),
    }
}

fn no_option(call: &mut Call<'_>, command: &str, option: &NoSuchOption) -> Exit {
    let what = match command {
        "install" => {
            "\n  pip install [options] <requirement specifier> [package-index-options] ...\n  pip install [options] -r <requirements file> [package-index-options] ...\n  pip install [options] [-e] <vcs project url> ...\n  pip install [options] [-e] <local project path> ...\n  pip install [options] <archive url/path> ..."
        }
        "download" => {
            "\n  pip download [options] <requirement specifier> [package-index-options] ..."
        }
        _ => "\n  pip index versions <package>",
    };
    call.error(format!(
        "\nUsage:   {what}\n\nno such option: {}",
        crate::visible::visible(&option.0)
    ));
    2
}

/// What stands in the way of a requirement, in pip's words.
fn wrong_requirement(call: &mut Call<'_>, text: &str) -> Exit {
    let shown = crate::visible::visible(text);
    let single = text.contains('=') && !text.contains("==");
    call.error(if single {
        let at = text.find('=').unwrap_or(0);
        format!(
            "ERROR: Invalid requirement: '{shown}': Expected semicolon (after name with no version specifier) or end\n    {shown}\n    {}^\nHint: = is not a valid operator. Did you mean == ?",
            " ".repeat(at)
        )
    } else {
        format!("ERROR: Invalid requirement: '{shown}'")
    });
    1
}

fn install(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let mut asked = match Asked::read(words) {
        Ok(asked) => asked,
        Err(option) => return no_option(call, "install", &option),
    };
    if let Err(file) = asked.read_files(call) {
        call.error(format!(
            "ERROR: Could not open requirements file: [Errno 2] No such file or directory: '{file}'"
        ));
        return 1;
    }
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
        Err(text) => return wrong_requirement(call, &text),
    };
    if !own.is_environment && own.prefix == "/usr" && !call.is_root() && !asked.quiet {
        call.line("Defaulting to user installation because normal site-packages is not writeable");
    }
    let Ok(indexes) = asked.indexes(call, own) else {
        return not_found(call, &requirements[0].text, &[]);
    };
    looking_in(call, &indexes, asked.quiet);
    let there = packages::installed(call, &own.site);
    let satisfied = |requirement: &Requirement| {
        there
            .iter()
            .find(|one| one.name == requirement.name && requirement.is_met_by(&one.version))
    };
    let is_left = |requirement: &Requirement| {
        !asked.again && !asked.upgrade && satisfied(requirement).is_some()
    };
    let site = shown_path(call, &own.site);
    for requirement in &requirements {
        if let Some(one) = satisfied(requirement)
            && !asked.again
            && !asked.quiet
        {
            call.line(format!(
                "Requirement already satisfied: {} in {site} ({})",
                requirement.text, one.version
            ));
        }
    }
    if requirements.iter().all(is_left) {
        for requirement in &requirements {
            for need in packages::requires(call, &own.site, &requirement.name) {
                if let Some(one) = there.iter().find(|one| one.name == need.name)
                    && !asked.quiet
                    && !asked.no_deps
                {
                    call.line(format!(
                        "Requirement already satisfied: {} in {site} (from {}) ({})",
                        need.text, requirement.name, one.version
                    ));
                }
            }
        }
        return 0;
    }
    if !call.machine().state.network {
        for left in (0..5).rev() {
            let host = packages::host_name(indexes[0].url());
            call.error(format!("WARNING: Retrying (Retry(total={left}, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NameResolutionError(\"HTTPSConnection(host='{host}', port=443): Failed to resolve '{host}' ([Errno -3] Temporary failure in name resolution)\")': /{}/{}/", packages::path_of(indexes[0].url()), requirements[0].name));
        }
        call.wait(30);
        return not_found(call, &requirements[0].text, &[]);
    }
    let index = packages::best_index(call, own, &indexes, &requirements);
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
            let before = there.iter().find(|one| one.name == pick.name);
            let same = before.is_some_and(|one| one.version == pick.version);
            if named(pick) {
                let stays = requirements
                    .iter()
                    .any(|requirement| requirement.name == pick.name && is_left(requirement));
                return asked.again || !(same || stays);
            }
            // What is pinned follows; what is there and does for a dependency stays.
            let pinned =
                pick.name.starts_with("nvidia-") || pick.name == "torch" || pick.name == "triton";
            !asked.no_deps && (asked.again || before.is_none() || (pinned && !same))
        })
        .collect();
    let parent = requirements
        .first()
        .map(|requirement| requirement.text.clone())
        .unwrap_or_default();
    // What was asked for is collected first, then what it needs.
    let (first, rest): (Vec<&Pick>, Vec<&Pick>) = new.iter().partition(|pick| named(pick));
    for pick in first.into_iter().chain(rest.into_iter().rev()) {
        if asked.quiet {
            break;
        }
        if named(pick) {
            let text = requirements
                .iter()
                .find(|requirement| requirement.name == pick.name)
                .map_or_else(|| pick.name.clone(), |requirement| requirement.text.clone());
            call.line(format!("Collecting {text}"));
        } else if pick.name.starts_with("nvidia-") {
            call.line(format!(
                "Collecting {}=={} (from {parent})",
                pick.name, pick.version
            ));
        } else {
            call.line(format!("Collecting {} (from {parent})", pick.name));
        }
        let file = file_name(call, own, pick);
        let from = match &index {
            Index::Torch { url, .. } => format!("{url}/"),
            _ => String::new(),
        };
        call.line(format!(
            "  Downloading {from}{file} ({})",
            size(fetched(pick))
        ));
    }
    if asked.dry_run {
        let names: Vec<String> = new
            .iter()
            .map(|pick| format!("{}-{}", pick.name, pick.version))
            .collect();
        if !names.is_empty() {
            call.line(format!("Would install {}", names.join(" ")));
        }
        return 0;
    }
    if !new.is_empty() && !asked.quiet {
        let plain: Vec<&str> = new.iter().map(|pick| pick.name.as_str()).collect();
        call.line(format!(
            "Installing collected packages: {}",
            plain.join(", ")
        ));
        for pick in &new {
            if let Some(old) = there.iter().find(|one| one.name == pick.name) {
                let (name, version) = (&old.name, &old.version);
                call.line(format!("  Attempting uninstall: {name}\n    Found existing installation: {name} {version}\n    Uninstalling {name}-{version}:\n      Successfully uninstalled {name}-{version}"));
            }
        }
    }
    if !write(call, own, &new, &there) {
        return 1;
    }
    if !asked.no_deps {
        let broken = packages::broken(call, &own.site);
        let touched: Vec<_> = broken
            .iter()
            .filter(|fault| {
                new.iter()
                    .any(|pick| pick.name == fault.needs || pick.name == fault.name)
            })
            .collect();
        if !touched.is_empty() {
            call.error("ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. This behaviour is the source of the following dependency conflicts.");
            for fault in touched {
                call.error(match &fault.has {
                    Some(has) => format!(
                        "{} {} requires {}, but you have {} {has} which is incompatible.",
                        fault.name, fault.version, fault.asks, fault.needs
                    ),
                    None => format!(
                        "{} {} requires {}, which is not installed.",
                        fault.name, fault.version, fault.asks
                    ),
                });
            }
        }
    }
    if !new.is_empty() && !asked.quiet {
        let names: Vec<String> = new
            .iter()
            .map(|pick| format!("{}-{}", pick.name, pick.version))
            .collect();
        call.line(format!("Successfully installed {}", names.join(" ")));
    }
    0
}

fn looking_in(call: &mut Call<'_>, indexes: &[Index], quiet: bool) {
    if indexes != [Index::PyPi] && !quiet {
        let urls: Vec<&str> = indexes.iter().map(Index::url).collect();
        call.line(format!("Looking in indexes: {}", urls.join(", ")));
    }
}

fn not_found(call: &mut Call<'_>, requirement: &str, known: &[String]) -> Exit {
    let why = NotFound::NoVersion {
        requirement: requirement.to_owned(),
        known: known.to_vec(),
    };
    for line in refusal(&why) {
        call.error(line);
    }
    1
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
        call.error(if own.by_uv {
            "error: Failed to install: torch\n  cause: No space left on device (os error 28)".to_owned()
        } else {
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n".to_owned()
        });
        return false;
    }
    for pick in new {
        if let Some(old) = there.iter().find(|one| one.name == pick.name) {
            packages::take_out(call, &own.site, old);
        }
        if !packages::put(call, &own.site, pick) {
            call.error(format!("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '{}/{}'\nConsider using the `--user` option or check the permissions.\n", own.site, pick.name));
            return false;
        }
    }
    let seconds = i64::try_from(needed / 40_000_000).unwrap_or(60);
    call.wait(seconds);
    true
}

pub(super) fn file_name(call: &mut Call<'_>, own: &Interpreter, pick: &Pick) -> String {
    if let Some(file) = &pick.file {
        return file.replace('+', "%2B");
    }
    let platform = packages::platform(call);
    let tag = own.version.tag();
    let name = pick.name.replace('-', "_");
    match pick.name.as_str() {
        "numpy" | "pillow" | "markupsafe" | "triton" => format!(
            "{name}-{}-{tag}-{tag}-manylinux_2_27_{arch}.manylinux_2_28_{arch}.whl",
            pick.version,
            arch = platform.arch
        ),
        _ if pick.name.starts_with("nvidia-") => format!(
            "{name}-{}-py3-none-manylinux_2_27_{}.whl",
            pick.version, platform.arch
        ),
        _ => format!("{name}-{}-py3-none-any.whl", pick.version),
    }
}

/// What has to be fetched of a package, in bytes: `PyPI`'s wheels of 2026-11-25, and about half of what the large ones
/// take on the disk.
fn fetched(pick: &Pick) -> u64 {
    match pick.name.as_str() {
        "filelock" => 222_000,
        "fsspec" => 221_000,
        "jinja2" => 134_000,
        "markupsafe" => 22_000,
        "typing-extensions" => 45_000,
        "mpmath" => 536_000,
        "setuptools" => 876_000,
        "networkx" => 2_100_000,
        "sympy" => 6_300_000,
        "torchvision" | "torchaudio" => pick.size,
        _ if pick.size < 5_000_000 => pick.size,
        _ => pick.size / 2,
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
            format!("ERROR: Cannot install {other} and {one} because these package versions have conflicting dependencies."),
            format!("\nThe conflict is caused by:\n    The user requested {one}\n    {other} depends on torch{asks}\n\nTo fix this you could try to:\n1. loosen the range of package versions you've specified\n2. remove package versions to allow pip to attempt to solve the dependency conflict\n"),
            "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/#dealing-with-dependency-conflicts".to_owned(),
        ],
    }
}

/// `pip download`: what an installation would fetch, as files in the working folder.
fn download(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let mut asked = match Asked::read(words) {
        Ok(asked) => asked,
        Err(option) => return no_option(call, "download", &option),
    };
    if let Err(file) = asked.read_files(call) {
        call.error(format!(
            "ERROR: Could not open requirements file: [Errno 2] No such file or directory: '{file}'"
        ));
        return 1;
    }
    if asked.words.is_empty() {
        call.error(
            "ERROR: You must give at least one requirement to download (see \"pip help download\")",
        );
        return 1;
    }
    let requirements = match asked.requirements() {
        Ok(requirements) => requirements,
        Err(text) => return wrong_requirement(call, &text),
    };
    let Ok(indexes) = asked.indexes(call, own) else {
        return not_found(call, &requirements[0].text, &[]);
    };
    looking_in(call, &indexes, asked.quiet);
    if !call.machine().state.network {
        return not_found(call, &requirements[0].text, &[]);
    }
    let index = packages::best_index(call, own, &indexes, &requirements);
    let picks = match packages::resolve(call, own, &index, &requirements, &[]) {
        Ok(picks) => picks,
        Err(why) => {
            for line in refusal(&why) {
                call.error(line);
            }
            return 1;
        }
    };
    let folder = words
        .windows(2)
        .find(|pair| pair[0] == "-d" || pair[0] == "--dest")
        .map_or_else(|| ".".to_owned(), |pair| pair[1].clone());
    let mut saved = Vec::new();
    for pick in picks {
        let named = requirements
            .iter()
            .any(|requirement| requirement.name == pick.name);
        if asked.no_deps && !named {
            continue;
        }
        let file = file_name(call, own, &pick).replace("%2B", "+");
        call.line(format!(
            "Collecting {}\n  Downloading {file} ({})\nSaved {folder}/{file}",
            pick.name,
            size(pick.size)
        ));
        let path =
            crate::practice::tree::absolute(&call.process.cwd.clone(), &format!("{folder}/{file}"));
        if call.machine().disk_free() < pick.size {
            call.error("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n");
            return 1;
        }
        let node = crate::practice::tree::Node::new(
            0o644,
            crate::practice::tree::Content::Untold(pick.size),
        );
        if !super::owned(call, &path, node) {
            call.error(format!("ERROR: [Errno 13] Permission denied: '{path}'"));
            return 1;
        }
        saved.push(pick.name);
    }
    call.line(format!("Successfully downloaded {}", saved.join(" ")));
    0
}

fn uninstall(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    let yes = words.iter().any(|word| word == "-y" || word == "--yes");
    let anyway = words.iter().any(|word| word == "--break-system-packages");
    if words.iter().all(|word| word.starts_with('-')) {
        call.error("ERROR: You must give at least one requirement to uninstall (see \"pip help uninstall\")");
        return 1;
    }
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
            let folder = one.name.replace('-', "_");
            call.line(format!(
                "  Would remove:\n    {site}/{}/*\n    {site}/{folder}/*",
                one.folder,
                site = own.site
            ));
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

/// The installed packages as requirements, without those that are the installer's own.
pub(super) fn freeze(call: &mut Call<'_>, own: &Interpreter) {
    for one in packages::installed(call, &own.site) {
        if !matches!(one.name.as_str(), "pip" | "setuptools" | "wheel") || own.by_uv {
            call.line(format!("{}=={}", one.name, one.version));
        }
    }
}

fn check(call: &mut Call<'_>, own: &Interpreter) -> Exit {
    let broken = packages::broken(call, &own.site);
    for fault in &broken {
        call.line(match &fault.has {
            Some(has) => format!(
                "{} {} has requirement {}, but you have {} {has}.",
                fault.name, fault.version, fault.asks, fault.needs
            ),
            None => format!(
                "{} {} requires {}, which is not installed.",
                fault.name, fault.version, fault.needs
            ),
        });
    }
    if broken.is_empty() {
        call.line("No broken requirements found.");
    }
    i32::from(!broken.is_empty())
}

fn cache(call: &mut Call<'_>, words: &[String]) -> Exit {
    let home = call.env("HOME").unwrap_or("/root").to_owned();
    match words.first().map(String::as_str) {
        Some("dir") => call.line(format!("{home}/.cache/pip")),
        Some("info") => call.line(format!("Package index page cache location (pip v23.3+): {home}/.cache/pip/http-v2\nPackage index page cache location (older pips): {home}/.cache/pip/http\nPackage index page cache size: 0 bytes\nNumber of HTTP files: 0\nLocally built wheels location: {home}/.cache/pip/wheels\nLocally built wheels size: 0 bytes\nNumber of locally built wheels: 0")),
        Some("list") => call.line("No locally built wheels cached."),
        Some("purge" | "remove") => {
            call.error("WARNING: No matching packages");
            call.line("Files removed: 0 (0 bytes)\nDirectories removed: 0")
        }
        _ => {
            call.error("ERROR: Need an action (dir, info, list, purge, remove) to perform.");
            return 1;
        }
    };
    0
}

/// What pip reads of its settings, as far as it is about indexes.
fn config(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    match words.first().map(String::as_str) {
        Some("list" | "debug") => {
            let mut machine = call.machine().clone();
            machine.env.clone_from(&call.process.env);
            let facts = Facts::new(&machine);
            let settings = match facts.environment() {
                Ok(Some(environment)) if environment.prefix == own.prefix => {
                    facts.package_index(environment).unwrap_or_default()
                }
                _ => crate::facts::python::PackageIndex::default(),
            };
            let named = |setting: &crate::facts::python::Setting, key: &str| {
                let place = if setting.source.starts_with('$') {
                    ":env:"
                } else {
                    "global"
                };
                format!("{place}.{key}='{}'", setting.value)
            };
            let lines: Vec<String> = settings
                .main
                .iter()
                .map(|setting| named(setting, "index-url"))
                .chain(
                    settings
                        .more
                        .iter()
                        .map(|setting| named(setting, "extra-index-url")),
                )
                .chain(
                    settings
                        .off
                        .iter()
                        .map(|setting| named(setting, "no-index")),
                )
                .collect();
            for line in lines {
                call.line(line);
            }
            0
        }
        Some("set" | "unset") if words.len() >= 2 => {
            let home = call.env("HOME").unwrap_or("/root").to_owned();
            let file = format!("{home}/.config/pip/pip.conf");
            let Some((section, key)) = words[1].split_once('.') else {
                call.error(format!("ERROR: Key does not contain dot separated section and key. Perhaps you wanted to use 'global.{}' instead?", words[1]));
                return 1;
            };
            let text = call.machine().tree.text(&file).unwrap_or_default();
            let kept: Vec<&str> = text
                .lines()
                .filter(|line| {
                    line.split('=').next().map(str::trim) != Some(key)
                        && line.trim() != format!("[{section}]")
                })
                .collect();
            let mut text = format!(
                "[{section}]\n{}",
                kept.iter()
                    .flat_map(|line| [*line, "\n"])
                    .collect::<String>()
            );
            if words[0] == "set" {
                let Some(value) = words.get(2) else {
                    call.error("ERROR: Got unexpected number of arguments, expected 2. (example: \"pip config set [name] [value]\")");
                    return 1;
                };
                text.push_str(&format!("{key} = {value}\n"));
            }
            super::owned(call, &file, crate::practice::tree::Node::file(text));
            call.line(format!("Writing to {file}"));
            0
        }
        Some(other) => not_played(
            call,
            &format!("config {other}"),
            "pip config list, set, unset",
        ),
        None => {
            call.error("ERROR: Need an action (debug, edit, get, list, set, unset) to perform.");
            1
        }
    }
}

pub(super) fn list(call: &mut Call<'_>, own: &Interpreter) -> Exit {
    let all = packages::installed(call, &own.site);
    if all.is_empty() {
        return 0;
    }
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

pub(super) fn show(
    call: &mut Call<'_>,
    own: &Interpreter,
    words: &[String],
    missing: &str,
) -> Exit {
    let there = packages::installed(call, &own.site);
    let mut exit = 1;
    for name in words.iter().filter(|word| !word.starts_with('-')) {
        match there
            .iter()
            .find(|one| one.name == name.to_lowercase().replace('_', "-"))
        {
            Some(one) => {
                let names = |needs: Vec<Requirement>| {
                    let mut names: Vec<String> = needs.into_iter().map(|need| need.name).collect();
                    names.sort();
                    names.join(", ")
                };
                let requires = names(packages::requires(call, &own.site, &one.name));
                let mut required_by = Vec::new();
                for other in &there {
                    let needs = packages::requires(call, &own.site, &other.name);
                    if needs.iter().any(|need| need.name == one.name) {
                        required_by.push(other.name.clone());
                    }
                }
                if exit == 0 {
                    call.line("---");
                }
                call.line(format!(
                    "Name: {}\nVersion: {}\nLocation: {}\nRequires: {requires}\nRequired-by: {}",
                    one.name,
                    one.version,
                    own.site,
                    required_by.join(", ")
                ));
                exit = 0;
            }
            None => {
                call.error(format!("{missing}{name}"));
            }
        }
    }
    exit
}

fn index(call: &mut Call<'_>, own: &Interpreter, words: &[String]) -> Exit {
    if words.first().map(String::as_str) != Some("versions") {
        call.error("ERROR: Need an action (versions) to perform.");
        return 1;
    }
    let asked = match Asked::read(&words[1..]) {
        Ok(asked) => asked,
        Err(option) => return no_option(call, "index", &option),
    };
    let Some(name) = asked.words.first().cloned() else {
        call.error("ERROR: You need to specify exactly one argument");
        return 1;
    };
    let index = match asked.indexes(call, own) {
        Ok(indexes) if call.machine().state.network => {
            indexes.into_iter().next().unwrap_or(Index::PyPi)
        }
        _ => {
            call.error(format!("ERROR: No matching distribution found for {name}"));
            return 1;
        }
    };
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
