//! The package managers of Arch and Fedora: pacman, dnf, rpm, akmods. What they print is the form of pacman 7 and dnf 5
//! (their own test suites and transcripts in public repositories).

use crate::practice::packages::Foreign;
use crate::practice::packages::{build_modules, dkms_fault, dkms_source};
use crate::practice::process::{Call, Exit};

use super::{Program, not_played};

pub(super) const PROGRAMS: &[Program] = &[
    Program::of_hosts("akmods", "/usr/sbin", akmods),
    Program::base("dnf", dnf),
    Program::base("pacman", pacman),
    Program::base("rpm", rpm),
];

const BAR: &str = "[######################] 100%";

fn pacman(call: &mut Call<'_>) -> Exit {
    let mut letters = String::new();
    let (mut sure, mut needed, mut names) = (false, false, Vec::new());
    for word in call.rest() {
        match word.as_str() {
            "--noconfirm" => sure = true,
            "--needed" => needed = true,
            "--sync" => letters.push('S'),
            "--query" => letters.push('Q'),
            "--remove" => letters.push('R'),
            "--refresh" => letters.push('y'),
            "--sysupgrade" => letters.push('u'),
            "--search" => letters.push('s'),
            "--info" => letters.push('i'),
            "-h" | "--help" => {
                call.line("usage:  pacman <operation> [...]\noperations:\n    pacman {-h --help}\n    pacman {-V --version}\n    pacman {-D --database} <options> <package(s)>\n    pacman {-F --files}    [options] [file(s)]\n    pacman {-Q --query}    [options] [package(s)]\n    pacman {-R --remove}   [options] <package(s)>\n    pacman {-S --sync}     [options] [package(s)]\n    pacman {-T --deptest}  [options] [package(s)]\n    pacman {-U --upgrade}  [options] <file(s)>\n\nuse 'pacman {-h --help}' with an operation for available options");
                return 0;
            }
            _ if word.starts_with("--") => {
                let word = crate::visible::visible(&word);
                call.error(format!("pacman: unrecognized option '{word}'"));
                return 1;
            }
            _ if word.starts_with('-') => letters.push_str(&word[1..]),
            _ => names.push(word),
        }
    }
    let operations: Vec<char> = letters.chars().filter(char::is_ascii_uppercase).collect();
    let is = |letter: char| letters.contains(letter);
    match operations.as_slice() {
        [] => {
            call.error("error: no operation specified (use -h for help)");
            1
        }
        ['Q'] => queried(call, &names, is('s')),
        ['S'] if is('s') => searched(call, &names),
        ['S'] if is('c') => 0,
        ['S'] if !is('i') => synced(call, &names, &letters, sure, needed),
        ['R'] => removed(call, &names, sure),
        [_] => not_played(
            call,
            &format!("-{letters}"),
            "pacman -Syu, -S PACKAGE, -Ss WORD, -Q, -Qs WORD, -R PACKAGE",
        ),
        _ => {
            call.error("error: only one operation may be used at a time");
            1
        }
    }
}

fn queried(call: &mut Call<'_>, names: &[String], search: bool) -> Exit {
    let installed = call.machine().foreign_installed();
    let mut exit = i32::from(search && !names.is_empty());
    if names.is_empty() || search {
        for (name, version) in installed {
            if names.iter().all(|word| name.contains(word.as_str())) {
                call.line(if search {
                    format!("local/{name} {version}")
                } else {
                    format!("{name} {version}")
                });
                exit = 0;
            }
        }
        return exit;
    }
    for name in names {
        match installed.iter().find(|(there, _)| there == name) {
            Some((name, version)) => {
                call.line(format!("{name} {version}"));
            }
            None => {
                let name = crate::visible::visible(name);
                call.error(format!("error: package '{name}' was not found"));
                exit = 1;
            }
        }
    }
    exit
}

fn searched(call: &mut Call<'_>, names: &[String]) -> Exit {
    let installed = call.machine().foreign_installed();
    let mut exit = 1;
    for offer in call.machine().foreign_offers() {
        if names.iter().all(|word| offer.name.contains(word.as_str())) {
            let there = installed.iter().any(|(name, _)| *name == offer.name);
            let mark = if there { " [installed]" } else { "" };
            call.line(format!("extra/{} {}{mark}", offer.name, offer.version));
            exit = 0;
        }
    }
    exit
}

fn is_root_for_pacman(call: &mut Call<'_>) -> bool {
    if !call.is_root() {
        call.error("error: you cannot perform this operation unless you are root.");
    }
    call.is_root()
}

fn synced(call: &mut Call<'_>, names: &[String], letters: &str, sure: bool, needed: bool) -> Exit {
    let (refresh, upgrade) = (letters.contains('y'), letters.contains('u'));
    if !is_root_for_pacman(call) {
        return 1;
    }
    if names.is_empty() && !refresh && !upgrade {
        call.error("error: no targets specified (use -h for help)");
        return 1;
    }
    if refresh {
        call.line(":: Synchronizing package databases...");
        if !call.machine().state.network {
            for name in ["core", "extra"] {
                call.error(format!("error: failed retrieving file '{name}.db' from geo.mirror.pkgbuild.com : Could not resolve host: geo.mirror.pkgbuild.com"));
            }
            call.error("error: failed to synchronize all databases (unable to lock database)");
            return 1;
        }
        call.line(" core is up to date\n extra is up to date");
    }
    if upgrade {
        call.line(":: Starting full system upgrade...");
    }
    let plan = match call.machine().foreign_plan(names) {
        Ok(plan) => plan,
        Err(name) => {
            let name = crate::visible::visible(&name);
            call.error(format!("error: target not found: {name}"));
            return 1;
        }
    };
    let mut plan = plan;
    // What is there and is named once more is installed again, unless that is not wanted.
    for name in names {
        if !plan.iter().any(|package| package.name == *name)
            && let Some(package) = call.machine().foreign(name)
        {
            let end = if needed { "skipping" } else { "reinstalling" };
            call.error(format!(
                "warning: {name}-{} is up to date -- {end}",
                package.version
            ));
            if !needed {
                plan.push(package);
            }
        }
    }
    if plan.is_empty() {
        call.line(" there is nothing to do");
        return 0;
    }
    call.line("resolving dependencies...\nlooking for conflicting packages...\n");
    let shown: Vec<String> = plan
        .iter()
        .map(|package| format!("{}-{}", package.name, package.version))
        .collect();
    call.line(format!("Packages ({}) {}\n", shown.len(), shown.join("  ")));
    if !sure && !agreed(call, ":: Proceed with installation? [Y/n] ", true) {
        return 1;
    }
    call.line(":: Retrieving packages...");
    if !call.machine().state.network {
        for package in &shown {
            call.error(format!("error: failed retrieving file '{package}-x86_64.pkg.tar.zst' from geo.mirror.pkgbuild.com : Could not resolve host: geo.mirror.pkgbuild.com"));
        }
        call.error("error: failed to commit transaction (failed to retrieve some files)\nErrors occurred, no packages were upgraded.");
        return 1;
    }
    let count = plan.len();
    for step in [
        "checking keys in keyring",
        "checking package integrity",
        "loading package files",
        "checking for file conflicts",
        "checking available disk space",
    ] {
        call.line(format!("({count}/{count}) {step:<34}{BAR}"));
    }
    call.line(":: Processing package changes...");
    for (at, package) in plan.iter().enumerate() {
        call.line(format!(
            "({}/{count}) {:<34}{BAR}",
            at + 1,
            format!("installing {}", package.name)
        ));
        call.machine().install_foreign(package);
    }
    call.wait(20);
    hooks(call, &plan);
    0
}

/// What runs after a transaction: DKMS builds for the kernel whose headers came, or the module whose source did.
fn hooks(call: &mut Call<'_>, plan: &[Foreign]) {
    let builds = plan
        .iter()
        .any(|package| package.has_source() || package.is_headers());
    call.line(":: Running post-transaction hooks...");
    let source = dkms_source(call.machine()).filter(|_| builds);
    let count = if source.is_some() { 2 } else { 1 };
    call.line(format!("(1/{count}) Arming ConditionNeedsUpdate..."));
    let Some((version, open)) = source else {
        return;
    };
    let kernel = call.machine().state.kernel.clone();
    call.line(format!("(2/{count}) Install DKMS modules"));
    if dkms_fault(call.machine()).is_some() {
        call.line(format!(
            "==> ERROR: Missing {kernel} kernel headers for module nvidia/{version}."
        ));
        return;
    }
    call.line(format!(
        "==> dkms install --no-depmod nvidia/{version} -k {kernel}\n==> depmod {kernel}"
    ));
    call.wait(90);
    build_modules(call.machine(), &version, open);
}

fn removed(call: &mut Call<'_>, names: &[String], sure: bool) -> Exit {
    if !is_root_for_pacman(call) {
        return 1;
    }
    if names.is_empty() {
        call.error("error: no targets specified (use -h for help)");
        return 1;
    }
    let installed = call.machine().foreign_installed();
    let mut gone = Vec::new();
    for name in names {
        let Some(package) = installed.iter().find(|(there, _)| there == name) else {
            let name = crate::visible::visible(name);
            call.error(format!("error: target not found: {name}"));
            return 1;
        };
        gone.push(package.clone());
    }
    let shown: Vec<String> = gone
        .iter()
        .map(|(name, version)| format!("{name}-{version}"))
        .collect();
    call.line(format!(
        "checking dependencies...\n\nPackages ({}) {}\n",
        shown.len(),
        shown.join("  ")
    ));
    if !sure
        && !agreed(
            call,
            ":: Do you want to remove these packages? [Y/n] ",
            true,
        )
    {
        return 1;
    }
    call.line(":: Processing package changes...");
    let count = gone.len();
    for (at, (name, version)) in gone.iter().enumerate() {
        call.line(format!(
            "({}/{count}) {:<34}{BAR}",
            at + 1,
            format!("removing {name}")
        ));
        call.machine().remove_foreign(name, version);
    }
    0
}

/// Asks; at the end of input nothing is agreed to.
fn agreed(call: &mut Call<'_>, question: &str, usually: bool) -> bool {
    let answer = call.ask(question, false);
    answer.is_some_and(|answer| match answer.trim().to_lowercase().as_str() {
        "" => usually,
        answer => matches!(answer, "y" | "yes"),
    })
}

/// The words of dnf 5 where root is missing (libdnf5-cli, `exception.cpp`).
const NOT_ROOT: &str = "The requested operation requires superuser privileges. Please log in as a user with elevated rights, or use the \"--assumeno\" or \"--downloadonly\" options to run the command without modifying the system state.";

fn dnf(call: &mut Call<'_>) -> Exit {
    let (mut sure, mut words) = (false, Vec::new());
    for word in call.rest() {
        match word.as_str() {
            "-y" | "--assumeyes" => sure = true,
            "--refresh" | "-q" | "--quiet" | "--best" | "--allowerasing" | "--installed"
            | "--available" => {}
            _ if word.starts_with('-') => {
                let word = crate::visible::visible(&word);
                call.error(format!("Unknown argument \"{word}\" for command \"dnf5\". Add \"--help\" for more information about the arguments."));
                return 2;
            }
            _ => words.push(word),
        }
    }
    let Some((command, names)) = words.split_first() else {
        call.error("Missing command. Add \"--help\" for more information about the arguments.");
        return 2;
    };
    match command.as_str() {
        "install" | "in" if names.is_empty() => {
            call.error("Missing positional argument \"PACKAGE SPEC\" for command \"install\". Add \"--help\" for more information about the arguments.");
            2
        }
        "install" | "in" => dnf_install(call, names, sure),
        "upgrade" | "update" | "check-upgrade" | "check-update" | "makecache" => {
            let changes = matches!(command.as_str(), "upgrade" | "update");
            if changes && !call.is_root() {
                call.error(NOT_ROOT);
                return 1;
            }
            if !loaded_repositories(call) {
                return 1;
            }
            if changes {
                call.line("Nothing to do.");
            }
            0
        }
        "remove" | "rm" => dnf_remove(call, names, sure),
        "list" => {
            let installed = call.machine().foreign_installed();
            call.line("Installed packages");
            for (name, version) in installed {
                if names.iter().all(|word| fits(word, &name)) {
                    call.line(format!("{:<40} {version}", format!("{name}.x86_64")));
                }
            }
            0
        }
        "search" => {
            let offers = call.machine().foreign_offers();
            let mut found = false;
            for offer in offers {
                if names.iter().all(|word| offer.name.contains(word.as_str())) {
                    call.line(format!(" {}.x86_64", offer.name));
                    found = true;
                }
            }
            if !found {
                call.line("No matches found.");
            }
            0
        }
        "info" | "repolist" | "history" | "group" | "config-manager" | "copr" | "autoremove"
        | "reinstall" | "distro-sync" | "swap" | "provides" | "clean" => {
            not_played(call, command, "dnf install, upgrade, remove, list, search")
        }
        other => {
            let other = crate::visible::visible(other);
            call.error(format!("Unknown argument \"{other}\" for command \"dnf5\". Add \"--help\" for more information about the arguments."));
            2
        }
    }
}

/// Whether a name is one that a word of dnf's stands for: `*nvidia*`.
fn fits(word: &str, name: &str) -> bool {
    super::apt::matches(word, name)
}

/// Reads the lists; `false` without a network, when that has been said.
fn loaded_repositories(call: &mut Call<'_>) -> bool {
    call.line("Updating and loading repositories:");
    if call.machine().state.network {
        call.line("Repositories loaded.");
        return true;
    }
    call.error("Failed to download metadata (metalink: \"https://mirrors.fedoraproject.org/metalink?repo=fedora-42&arch=x86_64\") for repository \"fedora\"\n Librepo error: Cannot prepare internal mirrorlist: Curl error (6): Could not resolve hostname for https://mirrors.fedoraproject.org/metalink?repo=fedora-42&arch=x86_64 [Could not resolve host: mirrors.fedoraproject.org]");
    false
}

/// The package source that has NVIDIA's driver.
const NONFREE: &str = "/etc/yum.repos.d/rpmfusion-nonfree.repo";

fn has_nonfree(call: &mut Call<'_>) -> bool {
    // A machine that has a package of it has it.
    call.machine().tree.exists(NONFREE) || call.machine().akmod_source().is_some()
}

fn dnf_install(call: &mut Call<'_>, names: &[String], sure: bool) -> Exit {
    if !call.is_root() {
        call.error(NOT_ROOT);
        return 1;
    }
    if !loaded_repositories(call) {
        return 1;
    }
    // RPM Fusion is set up by a package in a file on its server (rpmfusion.org/Configuration).
    let (files, names): (Vec<String>, Vec<String>) = names
        .iter()
        .cloned()
        .partition(|name| name.starts_with("https://"));
    for file in &files {
        let name = file.rsplit('/').next().unwrap_or(file);
        if !name.starts_with("rpmfusion-") {
            return not_played(
                call,
                file,
                "dnf install of RPM Fusion's release packages, and of packages by name",
            );
        }
        let part = if name.contains("nonfree") {
            NONFREE.to_owned()
        } else {
            NONFREE.replace("nonfree", "free")
        };
        call.line(format!(
            "Installing:\n {}\n\nComplete!",
            name.trim_end_matches(".noarch.rpm")
        ));
        call.machine().put_text(&part, "[rpmfusion]\nenabled=1\n");
    }
    if names.is_empty() {
        return 0;
    }
    let nonfree = has_nonfree(call);
    let missing = names.iter().find(|name| {
        let offer = call.machine().foreign(name);
        offer.is_none_or(|offer| offer.is_nonfree() && !nonfree)
    });
    if let Some(name) = missing {
        let name = crate::visible::visible(name);
        call.error(format!("Failed to resolve the transaction:\nNo match for argument: {name}\nYou can try to add to command line:\n  --skip-unavailable to skip unavailable packages"));
        return 1;
    }
    let plan = call.machine().foreign_plan(&names).unwrap_or_default();
    let there = call.machine().foreign_installed();
    for name in &names {
        if let Some((name, version)) = there.iter().find(|(known, _)| known == name) {
            let version = version.trim_start_matches("3:");
            call.line(format!(
                "Package \"{name}-{version}.x86_64\" is already installed."
            ));
        }
    }
    if plan.is_empty() {
        call.line("\nNothing to do.");
        return 0;
    }
    call.line(
        "Package                                  Arch   Version                  Repository",
    );
    call.line("Installing:");
    for package in &plan {
        let source = if package.is_nonfree() {
            "rpmfusion-nonfree-updates"
        } else {
            "updates"
        };
        call.line(format!(
            " {:<39} x86_64 {:<24} {source}",
            package.name, package.version
        ));
    }
    call.line(format!(
        "\nTransaction Summary:\n Installing:{:>10} package{}\n",
        plan.len(),
        if plan.len() == 1 { "" } else { "s" }
    ));
    if !sure && !agreed(call, "Is this ok [y/N]: ", false) {
        call.error("Operation aborted by the user.");
        return 1;
    }
    call.line("Running transaction");
    let count = plan.len();
    for (at, package) in plan.iter().enumerate() {
        call.line(format!(
            "[{}/{count}] Installing {}-{} 100%",
            at + 1,
            package.name,
            package.version
        ));
        call.machine().install_foreign(package);
    }
    call.line("Complete!");
    call.wait(60);
    // akmods builds by itself once its source is there, which takes some minutes.
    if plan.iter().any(Foreign::has_source) {
        call.wait(300);
        call.machine().build_akmod();
    }
    0
}

fn dnf_remove(call: &mut Call<'_>, names: &[String], sure: bool) -> Exit {
    if !call.is_root() {
        call.error(NOT_ROOT);
        return 1;
    }
    let installed = call.machine().foreign_installed();
    let gone: Vec<(String, String)> = installed
        .into_iter()
        .filter(|(there, _)| names.iter().any(|word| fits(word, there)))
        .collect();
    if gone.is_empty() {
        for name in names {
            let name = crate::visible::visible(name);
            call.line(format!("No packages to remove for argument: {name}"));
        }
        call.line("\nNothing to do.");
        return 0;
    }
    call.line("Removing:");
    for (name, version) in &gone {
        call.line(format!(" {name:<39} x86_64 {version}"));
    }
    if !sure && !agreed(call, "Is this ok [y/N]: ", false) {
        call.error("Operation aborted by the user.");
        return 1;
    }
    for (name, version) in &gone {
        call.machine().remove_foreign(name, version);
    }
    call.line("Complete!");
    0
}

fn rpm(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let first = words.first().map_or("", String::as_str);
    let installed = call.machine().foreign_installed();
    let whole = |name: &str, version: &str| {
        let version = version.split_once(':').map_or(version, |(_, rest)| rest);
        format!("{name}-{version}.x86_64")
    };
    match first {
        "-qa" => {
            let pattern = words.get(1);
            for (name, version) in &installed {
                if pattern.is_none_or(|word| fits(word, name)) {
                    call.line(whole(name, version));
                }
            }
            0
        }
        "-q" => {
            let mut exit = 0;
            for word in &words[1..] {
                if let Some((name, version)) = installed.iter().find(|(name, _)| name == word) {
                    call.line(whole(name, version));
                } else {
                    let word = crate::visible::visible(word);
                    call.line(format!("package {word} is not installed"));
                    exit = 1;
                }
            }
            exit
        }
        "-E" | "--eval" => {
            let release = call.machine().ubuntu();
            for word in &words[1..] {
                call.line(word.replace("%fedora", &release));
            }
            0
        }
        _ => not_played(call, first, "rpm -qa, rpm -q NAME, rpm -E %fedora"),
    }
}

/// Builds the module for the running kernel (the lines are those of akmods 0.6).
fn akmods(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let known = ["--force", "--rebuild", "--verbose"];
    if let Some(other) = words.iter().find(|word| !known.contains(&word.as_str())) {
        return not_played(call, &other.clone(), "akmods --force");
    }
    if !call.is_root() {
        call.error("Needs to run as root to be able to install rpms.");
        return 4;
    }
    let kernel = call.machine().state.kernel.clone();
    let Some(version) = call.machine().akmod_source() else {
        call.line("No akmod packages found, nothing to do.               [  OK  ]");
        return 0;
    };
    let row = |what: &str, end: &str| format!("{what:<59}[{end}]");
    call.line(row(&format!("Checking kmods exist for {kernel}"), "  OK  "));
    let forced = !words.is_empty();
    let is_built = call
        .machine()
        .module_path("nvidia")
        .is_some_and(|path| path.starts_with("extra/"));
    if is_built && !forced {
        return 0;
    }
    call.wait(180);
    let built = call.machine().build_akmod();
    let end = if built { "  OK  " } else { "FAILED" };
    call.line(row("Building and installing nvidia-kmod", end));
    if built {
        return 0;
    }
    call.line(format!("Building rpms failed; see /var/cache/akmods/nvidia/{version}-1-for-{kernel}.failed.log for details\n\nHint: Some kmods were ignored or failed to build or install.\nYou can try to rebuild and install them by by calling\n'/usr/sbin/akmods --force' as root."));
    1
}
