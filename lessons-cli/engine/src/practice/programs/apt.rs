//! Packages: apt, apt-get, apt-cache, apt-mark, dpkg, add-apt-repository, ubuntu-drivers.

use std::collections::BTreeSet;

use crate::practice::packages::{
    CONTAINER_HOST, Driver, From, NVIDIA_HOST, Offer, Part, component, driver_family, pocket,
};
use crate::practice::process::{Call, Exit};
use crate::practice::tree::Node;
use crate::read::drivers::DriverPackage;

use super::{Program, not_played};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("apt", apt),
    Program::base("apt-get", apt),
    Program::base("apt-cache", apt_cache),
    Program::base("apt-mark", apt_mark),
    Program::base("apt-key", apt_key),
    Program::base("dpkg", dpkg),
    Program::base("add-apt-repository", add_apt_repository),
    Program::installed("ubuntu-drivers", ubuntu_drivers),
];

/// What was asked of apt.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option that stands or does not"
)]
struct Asked {
    yes: bool,
    simulate: bool,
    purge: bool,
    /// Whether what is there is to be unpacked once more.
    again: bool,
    /// Whether what is held may be changed where it was named, without a question.
    allow_held: bool,
    /// Whether an upgrade changes what is held as well.
    ignore_hold: bool,
    words: Vec<String>,
}

/// Options that the real one has and that are not played.
const NOT_PLAYED: [&str; 20] = [
    "-d",
    "--download-only",
    "-m",
    "--fix-missing",
    "--no-download",
    "--no-upgrade",
    "--only-upgrade",
    "--no-remove",
    "--allow-remove-essential",
    "--force-yes",
    "--print-uris",
    "--autoremove",
    "--auto-remove",
    "-t",
    "--target-release",
    "--install-suggests",
    "--trivial-only",
    "-b",
    "-a",
    "-c",
];

fn apt(call: &mut Call<'_>) -> Exit {
    let mut asked = Asked::default();
    let mut rest = call.rest().into_iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-y" | "--yes" | "--assume-yes" | "-qy" | "-yq" => asked.yes = true,
            "-s" | "--simulate" | "--dry-run" | "--just-print" => asked.simulate = true,
            "--purge" => asked.purge = true,
            "-q"
            | "-qq"
            | "--no-install-recommends"
            | "--upgradable"
            | "--installed"
            | "-f"
            | "--fix-broken"
            | "-u"
            | "--show-upgraded"
            | "--with-new-pkgs"
            | "--install-recommends"
            | "--no-install-suggests"
            | "--allow-downgrades"
            | "--allow-unauthenticated"
            | "-V" => {}
            "--reinstall" => asked.again = true,
            "--allow-change-held-packages" => asked.allow_held = true,
            "--ignore-hold" => asked.ignore_hold = true,
            // A setting: none of them is for what is played.
            "-o" | "--option" => drop(rest.next()),
            _ if word.starts_with("-o") || word.starts_with("--option=") => {}
            _ if NOT_PLAYED.contains(&word.split('=').next().unwrap_or_default()) => {
                return not_played(
                    call,
                    &word,
                    "-y, -s, -q, --purge, --reinstall, --no-install-recommends, --allow-change-held-packages, --ignore-hold",
                );
            }
            _ if word.starts_with('-') => {
                call.error(format!("E: Command line option '{word}' [from {word}] is not understood in combination with the other options."));
                return 100;
            }
            _ => asked.words.push(word),
        }
    }
    let listed_upgradable = call.rest().iter().any(|word| word == "--upgradable");
    let listed_installed = call.rest().iter().any(|word| word == "--installed");
    if asked.words.is_empty() {
        call.line("apt 2.7.14 (amd64)\nUsage: apt [options] command");
        return i32::from(false);
    }
    let command = asked.words.remove(0);
    if call.name() == "apt" && !call.to_terminal() {
        call.error(
            "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n",
        );
    }
    match command.as_str() {
        "update" => update(call),
        "upgrade" | "full-upgrade" | "dist-upgrade" => {
            let offers = call.machine().upgradable();
            let names: Vec<String> = offers.iter().map(|offer| offer.name.clone()).collect();
            install(call, &asked, &names, true)
        }
        "install" => {
            let files: Vec<String> = asked
                .words
                .iter()
                .filter(|word| word.rsplit_once('.').is_some_and(|(_, end)| end == "deb"))
                .cloned()
                .collect();
            if !files.is_empty() {
                return install_files(call, &files);
            }
            let names = match patterns(call, &asked.words, false) {
                Ok(names) => names,
                Err(exit) => return exit,
            };
            install(call, &asked, &names, false)
        }
        "remove" | "purge" => {
            asked.purge |= command == "purge";
            let names = match patterns(call, &asked.words, true) {
                Ok(names) => names,
                Err(exit) => return exit,
            };
            remove(call, &asked, &names)
        }
        "autoremove" | "autopurge" => {
            asked.purge |= command == "autopurge";
            if let Some(exit) = needs_root(call, &asked) {
                return exit;
            }
            let orphans = call.machine().orphans();
            take_away(call, &asked, &orphans)
        }
        "search" if asked.words.is_empty() => {
            call.error("E: You must give at least one search pattern");
            100
        }
        "search" => {
            call.line("Sorting... Done\nFull Text Search... Done");
            let word = asked.words.first().cloned().unwrap_or_default();
            search(call, &word, false)
        }
        "show" => show(call, &asked.words),
        "policy" => policy(call, &asked.words),
        "list" => list(call, &asked.words, listed_upgradable, listed_installed),
        "clean" | "autoclean" => 0,
        other => {
            call.error(format!("E: Invalid operation {other}"));
            100
        }
    }
}

/// The lock that only root may take; a simulation needs none.
fn needs_root(call: &mut Call<'_>, asked: &Asked) -> Option<Exit> {
    if call.is_root() || asked.simulate {
        return None;
    }
    call.error(
        "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)",
    );
    call.error(
        "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?",
    );
    Some(100)
}

fn reading(call: &mut Call<'_>) {
    call.print("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n");
}

/// Names with patterns in them stand for what they match.
fn patterns(
    call: &mut Call<'_>,
    words: &[String],
    of_installed: bool,
) -> Result<Vec<String>, Exit> {
    let mut names = Vec::new();
    for word in words {
        let name = word
            .split(['=', '/', ':'])
            .next()
            .unwrap_or(word)
            .to_owned();
        if name.contains('*') {
            let machine = call.machine();
            let known: Vec<String> = if of_installed {
                machine.installed().into_keys().collect()
            } else {
                machine.offered_names().into_iter().collect()
            };
            let matching: Vec<String> = known
                .into_iter()
                .filter(|known| matches(&name, known))
                .collect();
            if matching.is_empty() {
                call.error(format!("E: Unable to locate package {name}"));
                return Err(100);
            }
            names.extend(matching);
        } else {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether a name is one that a pattern with `*` stands for.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let parts: Vec<&str> = pattern.split('*').collect();
    let mut rest = name;
    for (place, part) in parts.iter().enumerate() {
        if place == 0 {
            match rest.strip_prefix(part) {
                Some(after) => rest = after,
                None => return false,
            }
        } else if place + 1 == parts.len() {
            return rest.ends_with(part);
        } else {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
    }
    true
}

/// The parts of the distribution's own archive: address and suite.
fn archives(call: &mut Call<'_>) -> [(String, String); 3] {
    let codename = codename(call);
    let machine = call.machine();
    let host = machine.archive();
    let (folder, security) = if machine.is_debian() {
        (
            "debian",
            "http://security.debian.org/debian-security".to_owned(),
        )
    } else {
        ("ubuntu", format!("http://{host}/ubuntu"))
    };
    let own = format!("http://{host}/{folder}");
    [
        (own.clone(), codename.clone()),
        (own, format!("{codename}-updates")),
        (security, format!("{codename}-security")),
    ]
}

/// The folder of the archive that holds a package: `http://archive.ubuntu.com/ubuntu noble-updates/main`.
fn archive_of(call: &mut Call<'_>, offer: &Offer) -> String {
    let [(own, codename), ..] = archives(call);
    let component = if call.machine().is_debian() {
        "main"
    } else {
        component(&offer.name)
    };
    format!("{own} {codename}{}/{component}", pocket(&offer.version))
}

fn codename(call: &mut Call<'_>) -> String {
    let text = call
        .machine()
        .tree
        .text("/etc/os-release")
        .unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .unwrap_or("noble")
        .to_owned()
}

fn update(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        call.print("Reading package lists... Done\n");
        call.error(
            "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)",
        );
        call.error("E: Unable to lock directory /var/lib/apt/lists/");
        return 100;
    }
    let archives = archives(call);
    if !call.machine().state.network {
        let host = |address: &str| {
            let rest = address.trim_start_matches("http://");
            rest.split('/').next().unwrap_or(rest).to_owned()
        };
        for (at, (address, suite)) in archives.iter().enumerate() {
            call.line(format!(
                "Err:{} {address} {suite} InRelease\n  Temporary failure resolving '{}'",
                at + 1,
                host(address)
            ));
        }
        call.print("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n");
        match call.machine().upgradable().len() {
            0 => call.line("All packages are up to date."),
            1 => call.line("1 package can be upgraded. Run 'apt list --upgradable' to see it."),
            count => call.line(format!(
                "{count} packages can be upgraded. Run 'apt list --upgradable' to see them."
            )),
        };
        for (address, suite) in &archives {
            call.error(format!("W: Failed to fetch {address}/dists/{suite}/InRelease  Temporary failure resolving '{}'", host(address)));
        }
        call.error("W: Some index files failed to download. They have been ignored, or old ones used instead.");
        return 0;
    }
    let mut at = 1;
    for (address, suite) in &archives {
        call.line(format!("Hit:{at} {address} {suite} InRelease"));
        at += 1;
    }
    let host = call.machine().archive();
    let codename = &archives[0].1;
    let list = format!("/var/lib/apt/lists/{host}_ubuntu_dists_{codename}_InRelease");
    call.machine().put_text(&list, "Origin: Ubuntu\n");
    let mut exit = 0;
    for host in [NVIDIA_HOST, CONTAINER_HOST] {
        for (_, line) in call.machine().sources(host) {
            let address = line
                .split_whitespace()
                .find(|word| word.contains("://"))
                .unwrap_or_default()
                .trim_end_matches('/')
                .to_owned();
            let key = line
                .split_once("signed-by=")
                .map(|(_, rest)| rest.split([']', ' ']).next().unwrap_or_default().to_owned());
            let machine = call.machine();
            let has_key = match &key {
                // The package that brings the key need not be told file by file.
                Some(file) => {
                    machine.tree.exists(file)
                        || file.ends_with("/cuda-archive-keyring.gpg")
                            && machine.installed_version("cuda-keyring").is_some()
                }
                None => machine.installed_version("cuda-keyring").is_some(),
            };
            if has_key {
                call.line(format!("Get:{at} {address}  InRelease [1,581 B]"));
                let name = address
                    .split_once("://")
                    .map_or("", |(_, rest)| rest)
                    .replace('_', "%5f")
                    .replace('/', "_");
                let path = format!("/var/lib/apt/lists/{name}_InRelease");
                call.machine().put_text(&path, "Origin: NVIDIA\n");
            } else {
                call.line(format!("Err:{at} {address}  InRelease\n  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY A4B469963BF863CC"));
                call.error(format!("W: GPG error: {address}  InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY A4B469963BF863CC"));
                call.error(format!(
                    "E: The repository '{address}  InRelease' is not signed."
                ));
                exit = 100;
            }
            at += 1;
        }
    }
    // A source that was taken away takes its list along.
    for host in [NVIDIA_HOST, CONTAINER_HOST] {
        let machine = call.machine();
        if machine.sources(host).is_empty() {
            for name in machine.tree.list("/var/lib/apt/lists").unwrap_or_default() {
                if name.starts_with(host) {
                    let _ = machine.tree.remove(&format!("/var/lib/apt/lists/{name}"));
                }
            }
        }
    }
    call.wait(4);
    call.print("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n");
    match call.machine().upgradable().len() {
        0 => call.line("All packages are up to date."),
        1 => call.line("1 package can be upgraded. Run 'apt list --upgradable' to see it."),
        count => call.line(format!(
            "{count} packages can be upgraded. Run 'apt list --upgradable' to see them."
        )),
    };
    exit
}

fn wrapped(call: &mut Call<'_>, title: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    call.line(title);
    // apt lists by name.
    let mut names: Vec<&String> = names.iter().collect();
    names.sort();
    let mut line = " ".to_owned();
    for name in names {
        if line.len() + name.len() + 1 > 79 && line.len() > 1 {
            call.line(&line);
            " ".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(name);
    }
    call.line(&line);
}

/// `1,012 MB`, `52.3 kB`
fn size(kilobytes: u64) -> String {
    if kilobytes < 1_000 {
        return format!("{kilobytes} kB");
    }
    let megabytes = kilobytes / 1_000;
    if megabytes >= 1_000 {
        return format!("{},{:03} MB", megabytes / 1_000, megabytes % 1_000);
    }
    format!("{megabytes}.{} MB", kilobytes % 1_000 / 100)
}

fn agreed(call: &mut Call<'_>, asked: &Asked) -> bool {
    if asked.yes {
        return true;
    }
    let answer = call.ask("Do you want to continue? [Y/n] ", false);
    let yes = answer
        .is_some_and(|answer| matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"));
    if !yes {
        call.line("Abort.");
    }
    yes
}

/// Two sources' driver packages exclude one another.
fn conflict(call: &mut Call<'_>, plan: &[Offer]) -> Option<(String, String)> {
    let of_ubuntu = |name: &str| driver_family(name).is_some();
    let of_nvidia = |name: &str| {
        matches!(
            name,
            "nvidia-open" | "cuda-drivers" | "libnvidia-compute" | "nvidia-kernel-common"
        )
    };
    let installed: Vec<String> = call.machine().installed().into_keys().collect();
    for offer in plan {
        let other = installed.iter().find(|name| {
            (of_ubuntu(&offer.name) && of_nvidia(name))
                || (of_nvidia(&offer.name) && of_ubuntu(name))
        });
        if let Some(other) = other {
            return Some((offer.name.clone(), other.clone()));
        }
    }
    None
}

/// The installed packages that make way: another branch or kind of the same part.
fn replaced(call: &mut Call<'_>, plan: &[Offer]) -> Vec<String> {
    let installed: Vec<String> = call.machine().installed().into_keys().collect();
    installed
        .into_iter()
        .filter(|name| {
            let Some(old) = driver_family(name) else {
                return false;
            };
            plan.iter().any(|offer| {
                offer.name != *name
                    && driver_family(&offer.name).is_some_and(|new| {
                        // The source of the open module and that of the closed one exclude each other, and DKMS' package
                        // asks for its own (nvidia-kernel-source-580 and nvidia-kernel-source-580-open).
                        let is_other_kind = new.package.open != old.package.open;
                        new.part == old.part && new.part != Part::Modules
                            || (new.part, old.part) == (Part::Driver, Part::Dkms) && is_other_kind
                            || matches!((new.part, old.part), (Part::Driver | Part::Compute, _))
                                && new.package.branch != old.package.branch
                    })
            })
        })
        .collect()
}

fn install(call: &mut Call<'_>, asked: &Asked, names: &[String], upgrading: bool) -> Exit {
    if let Some(exit) = needs_root(call, asked) {
        return exit;
    }
    reading(call);
    if upgrading {
        call.line("Calculating upgrade... Done");
    }
    let plan = match call.machine().plan(names) {
        Ok(plan) => plan,
        Err(name) => {
            call.error(format!("E: Unable to locate package {name}"));
            return 100;
        }
    };
    let mut plan = plan;
    for name in names {
        if !plan.iter().any(|offer| offer.name == *name)
            && asked.again
            && let Some(offer) = call.machine().offer(name)
        {
            plan.push(offer);
        } else if !plan.iter().any(|offer| offer.name == *name)
            && let Some(version) = call.machine().installed_version(name)
        {
            call.line(format!("{name} is already the newest version ({version})."));
            if !upgrading && !asked.simulate {
                if call.machine().is_automatic(name) {
                    call.line(format!("{name} set to manually installed."));
                }
                call.machine().mark(name, false);
            }
        }
    }
    // What is held stays where an upgrade is about to change it, and stops what cannot do without the change.
    let held = call.machine().held();
    let touched: Vec<String> = plan
        .iter()
        .map(|offer| offer.name.clone())
        .filter(|name| held.contains(name))
        .collect();
    if upgrading && !asked.ignore_hold && !touched.is_empty() {
        let fixed: BTreeSet<&String> = touched.iter().collect();
        let mut kept: Vec<String> = Vec::new();
        plan.retain(|offer| {
            // A driver's parts are of one release: what asks for a held part waits with it.
            let family = driver_family(&offer.name).map(|driver| driver.package.branch);
            let waits = fixed.contains(&offer.name)
                || family.is_some_and(|branch| {
                    touched.iter().any(|name| {
                        driver_family(name).is_some_and(|held| held.package.branch == branch)
                    })
                });
            if waits {
                kept.push(offer.name.clone());
            }
            !waits
        });
        kept.sort();
        wrapped(call, "The following packages have been kept back:", &kept);
    } else if let Some(name) = touched
        .iter()
        .find(|name| !upgrading && !names.contains(name))
    {
        let needs = plan
            .iter()
            .find(|offer| offer.depends.contains(name))
            .map_or_else(
                || names.first().cloned().unwrap_or_default(),
                |offer| offer.name.clone(),
            );
        let wants = plan
            .iter()
            .find(|offer| offer.name == **name)
            .map(|offer| {
                offer
                    .version
                    .split('-')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .unwrap_or_default();
        let has = call.machine().installed_version(name).unwrap_or_default();
        call.line("Some packages could not be installed. This may mean that you have\nrequested an impossible situation or if you are using the unstable\ndistribution that some required packages have not yet been created\nor been moved out of Incoming.\nThe following information may help to resolve the situation:\n");
        call.line(format!("The following packages have unmet dependencies:\n {needs} : Depends: {name} (>= {wants}) but {has} is to be installed"));
        call.error("E: Unable to correct problems, you have held broken packages.");
        return 100;
    }
    if let Some((one, other)) = conflict(call, &plan) {
        call.line("Some packages could not be installed. This may mean that you have\nrequested an impossible situation or if you are using the unstable\ndistribution that some required packages have not yet been created\nor been moved out of Incoming.\nThe following information may help to resolve the situation:\n");
        call.line("The following packages have unmet dependencies:");
        call.line(format!(" {one} : Conflicts: {other}"));
        call.error("E: Unable to correct problems, you have held broken packages.");
        return 100;
    }
    let gone = replaced(call, &plan);
    let (mut new, mut upgraded, mut again) = (Vec::new(), Vec::new(), 0);
    for offer in &plan {
        match call.machine().installed_version(&offer.name) {
            Some(version) if version == offer.version => again += 1,
            Some(_) => upgraded.push(offer.name.clone()),
            None => new.push(offer.name.clone()),
        }
    }
    let orphans = call.machine().orphans();
    no_longer_required(call, &orphans);
    let additional: Vec<String> = new
        .iter()
        .filter(|name| !names.contains(name))
        .cloned()
        .collect();
    wrapped(
        call,
        "The following additional packages will be installed:",
        &additional,
    );
    wrapped(call, "The following packages will be REMOVED:", &gone);
    wrapped(call, "The following NEW packages will be installed:", &new);
    let changed: Vec<String> = touched
        .into_iter()
        .filter(|name| plan.iter().any(|offer| offer.name == *name))
        .collect();
    wrapped(
        call,
        "The following held packages will be changed:",
        &changed,
    );
    wrapped(call, "The following packages will be upgraded:", &upgraded);
    let reinstalled = match again {
        0 => String::new(),
        again => format!("{again} reinstalled, "),
    };
    call.line(format!(
        "{} upgraded, {} newly installed, {reinstalled}{} to remove and 0 not upgraded.",
        upgraded.len(),
        new.len(),
        gone.len()
    ));
    if !changed.is_empty() && asked.yes && !asked.allow_held {
        call.error(
            "E: Held packages were changed and -y was used without --allow-change-held-packages.",
        );
        return 100;
    }
    if asked.simulate {
        for offer in &plan {
            let origin = origin(call, offer);
            call.line(format!("Inst {} ({} {origin})", offer.name, offer.version));
        }
        for offer in &plan {
            let origin = origin(call, offer);
            call.line(format!("Conf {} ({} {origin})", offer.name, offer.version));
        }
        return 0;
    }
    if plan.is_empty() && gone.is_empty() {
        return 0;
    }
    let fetch: u64 = plan.iter().map(|offer| offer.fetch).sum();
    // A newer release takes the place of the old one, and about as much of it.
    let disk: u64 = plan
        .iter()
        .filter(|offer| new.contains(&offer.name))
        .map(|offer| offer.disk)
        .sum();
    call.line(format!("Need to get {} of archives.", size(fetch)));
    call.line(format!(
        "After this operation, {} of additional disk space will be used.",
        size(disk)
    ));
    if call.machine().disk_free() < (fetch + disk) * 1_000 {
        call.error("E: You don't have enough free space in /var/cache/apt/archives/.");
        return 100;
    }
    if (plan.len() > names.len() || upgrading || !gone.is_empty()) && !agreed(call, asked) {
        return 1;
    }
    if !fetched(call, &plan, fetch) {
        return 100;
    }
    for name in &gone {
        call.line(format!("Removing {name} ..."));
        call.machine().uninstall(name, false);
    }
    unpack(call, &plan, names);
    0
}

/// Where an offer comes from, as `apt -s` says it.
fn origin(call: &mut Call<'_>, offer: &Offer) -> String {
    match offer.from {
        From::Ubuntu => {
            let release = call.machine().ubuntu();
            let codename = codename(call);
            format!(
                "Ubuntu:{release}/{codename}{} [amd64]",
                pocket(&offer.version)
            )
        }
        From::Nvidia => "NVIDIA:stable [amd64]".to_owned(),
        From::Containers => "NVIDIA CORPORATION:stable [amd64]".to_owned(),
    }
}

/// The line of a source in `apt-cache policy` and `madison`.
fn source(call: &mut Call<'_>, offer: &Offer) -> String {
    match offer.from {
        From::Ubuntu => {
            format!("{} amd64 Packages", archive_of(call, offer))
        }
        From::Nvidia => {
            let release = call.machine().ubuntu().replace('.', "");
            format!("https://{NVIDIA_HOST}/compute/cuda/repos/ubuntu{release}/x86_64  Packages")
        }
        From::Containers => {
            format!("https://{CONTAINER_HOST}/libnvidia-container/stable/deb/amd64  Packages")
        }
    }
}

/// The suite of a package in `apt list` and `apt search`.
fn suite(call: &mut Call<'_>, offer: Option<&Offer>) -> String {
    match offer {
        Some(offer) if offer.from == From::Ubuntu => {
            format!("{}{}", codename(call), pocket(&offer.version))
        }
        _ => "unknown".to_owned(),
    }
}

fn fetched(call: &mut Call<'_>, plan: &[Offer], kilobytes: u64) -> bool {
    let release = call.machine().ubuntu().replace('.', "");
    let mut failed = Vec::new();
    for (at, offer) in plan.iter().enumerate() {
        let (host, source) = match offer.from {
            From::Ubuntu => (call.machine().archive(), archive_of(call, offer)),
            From::Nvidia => (
                NVIDIA_HOST,
                format!("https://{NVIDIA_HOST}/compute/cuda/repos/ubuntu{release}/x86_64 "),
            ),
            From::Containers => (
                CONTAINER_HOST,
                format!("https://{CONTAINER_HOST}/libnvidia-container/stable/deb/amd64 "),
            ),
        };
        if call.machine().state.network {
            call.line(format!(
                "Get:{} {source} amd64 {} amd64 {} [{}]",
                at + 1,
                offer.name,
                offer.version,
                size(offer.fetch)
            ));
        } else {
            call.line(format!(
                "Err:{} {source} amd64 {} amd64 {}\n  Temporary failure resolving '{host}'",
                at + 1,
                offer.name,
                offer.version
            ));
            failed.push(format!(
                "E: Failed to fetch {}_{}_amd64.deb  Temporary failure resolving '{host}'",
                offer.name, offer.version
            ));
        }
    }
    if failed.is_empty() {
        let seconds = (kilobytes / 30_000).max(1);
        call.wait(i64::try_from(seconds).unwrap_or(60));
        call.line(format!(
            "Fetched {} in {seconds}s (30.0 MB/s)",
            size(kilobytes)
        ));
        return true;
    }
    for line in failed {
        call.error(line);
    }
    call.error(
        "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?",
    );
    false
}

/// The versions of the packages whose scripts run at the end: libc-bin's and initramfs-tools'.
fn triggered(call: &mut Call<'_>) -> (&'static str, &'static str) {
    match codename(call).as_str() {
        "jammy" => ("2.35-0ubuntu3.11", "0.140ubuntu13.5"),
        "bookworm" => ("2.36-9+deb12u13", "0.142+deb12u3"),
        "trixie" => ("2.41-12", "0.148.3"),
        "resolute" => ("2.43-2ubuntu1", "0.150ubuntu7"),
        _ => ("2.39-0ubuntu8.6", "0.142ubuntu25.5"),
    }
}

fn unpack(call: &mut Call<'_>, plan: &[Offer], wanted: &[String]) {
    call.line("(Reading database ... 118412 files and directories currently installed.)");
    for offer in plan {
        let before = call.machine().installed_version(&offer.name);
        if before.is_none() {
            call.line(format!(
                "Selecting previously unselected package {}.",
                offer.name
            ));
        }
        call.line(format!(
            "Preparing to unpack .../{}_{}_amd64.deb ...",
            offer.name, offer.version
        ));
        match before {
            Some(before) => call.line(format!(
                "Unpacking {} ({}) over ({before}) ...",
                offer.name, offer.version
            )),
            None => call.line(format!("Unpacking {} ({}) ...", offer.name, offer.version)),
        };
    }
    // Dependencies come first in the plan, so they are set up first.
    for offer in plan {
        let (was_there, was_automatic) = {
            let machine = call.machine();
            (
                machine.installed_version(&offer.name).is_some(),
                machine.is_automatic(&offer.name),
            )
        };
        call.line(format!("Setting up {} ({}) ...", offer.name, offer.version));
        if offer.name.starts_with("nvidia-dkms") {
            dkms(call, offer);
        }
        call.machine().install(offer);
        let automatic = if was_there {
            was_automatic
        } else {
            !wanted.contains(&offer.name)
        };
        call.machine().mark(&offer.name, automatic);
    }
    if plan
        .iter()
        .any(|offer| offer.name.starts_with("libnvidia-compute"))
    {
        let (libc, _) = triggered(call);
        call.line(format!("Processing triggers for libc-bin ({libc}) ..."));
    }
    let rebuilds = |name: &str| {
        name.contains("kernel-common")
            || name.starts_with("nvidia-dkms")
            || name.starts_with("linux-modules-nvidia")
    };
    if plan.iter().any(|offer| rebuilds(&offer.name)) {
        let kernel = call.machine().state.kernel.clone();
        let (_, tools) = triggered(call);
        call.line(format!(
            "Processing triggers for initramfs-tools ({tools}) ..."
        ));
        call.line(format!(
            "update-initramfs: Generating /boot/initrd.img-{kernel}"
        ));
        call.wait(12);
        call.machine().build_image(&kernel);
    }
}

/// What DKMS says while a driver's modules are set up; with Secure Boot it first asks for the password of a key.
fn dkms(call: &mut Call<'_>, offer: &Offer) {
    let kernel = call.machine().state.kernel.clone();
    let version = offer
        .version
        .split('-')
        .next()
        .unwrap_or_default()
        .to_owned();
    match crate::practice::packages::dkms_fault(call.machine()) {
        Some("headers") => {
            call.line("Loading new nvidia DKMS files...");
            call.line(format!("Building for {kernel}"));
            call.line(format!("Module build for kernel {kernel} was skipped since the\nkernel headers for this kernel do not seem to be installed."));
        }
        Some(_) => {
            call.line(format!("Building initial module for {kernel}"));
            call.line(format!("Error! Bad return status for module build on kernel: {kernel} (x86_64)\nConsult /var/lib/dkms/nvidia/{version}/build/make.log for more information."));
        }
        None => {
            call.line("Loading new nvidia DKMS files...");
            call.line(format!(
                "Building for {kernel}\nBuilding initial module for {kernel}"
            ));
            if call.machine().secure_boot()
                && !call.machine().state.key_enrolled
                && call.machine().state.key_waiting.is_none()
            {
                call.line("Your system has UEFI Secure Boot enabled. UEFI Secure Boot requires additional configuration to work with third-party drivers.");
                if let Some(password) = call.ask(
                    "Enter a password for Secure Boot. It will be asked again after a reboot: ",
                    true,
                ) && password.len() >= 8
                {
                    call.machine().state.key_waiting = Some(password);
                }
            }
            call.wait(90);
            call.line("Done.");
        }
    }
}

fn remove(call: &mut Call<'_>, asked: &Asked, names: &[String]) -> Exit {
    if let Some(exit) = needs_root(call, asked) {
        return exit;
    }
    reading(call);
    let mut there = Vec::new();
    for name in names {
        let machine = call.machine();
        if machine.installed().contains_key(name) {
            there.push(name.clone());
        } else if machine.offer(name).is_some() {
            call.line(format!("Package '{name}' is not installed, so not removed"));
        } else {
            call.error(format!("E: Unable to locate package {name}"));
            return 100;
        }
    }
    let all = call.machine().dependents(&there);
    let left: BTreeSet<String> = call.machine().orphans().into_iter().collect();
    let orphans: Vec<String> = left
        .into_iter()
        .filter(|name| !all.contains(name))
        .collect();
    if !orphans.is_empty() {
        wrapped(
            call,
            "The following packages were automatically installed and are no longer required:",
            &orphans,
        );
        call.line("Use 'sudo apt autoremove' to remove them.");
    }
    removal(call, asked, &all)
}

fn take_away(call: &mut Call<'_>, asked: &Asked, names: &[String]) -> Exit {
    reading(call);
    removal(call, asked, names)
}

/// What nothing asks for any more.
fn no_longer_required(call: &mut Call<'_>, orphans: &[String]) {
    let (title, them) = match orphans.len() {
        0 => return,
        1 => (
            "The following package was automatically installed and is no longer required:",
            "it",
        ),
        _ => (
            "The following packages were automatically installed and are no longer required:",
            "them",
        ),
    };
    wrapped(call, title, orphans);
    call.line(format!("Use 'sudo apt autoremove' to remove {them}."));
}

fn removal(call: &mut Call<'_>, asked: &Asked, names: &[String]) -> Exit {
    let orphans = call.machine().orphans_without(names);
    no_longer_required(call, &orphans);
    let shown: Vec<String> = names
        .iter()
        .map(|name| {
            if asked.purge {
                format!("{name}*")
            } else {
                name.clone()
            }
        })
        .collect();
    wrapped(call, "The following packages will be REMOVED:", &shown);
    call.line(format!(
        "0 upgraded, 0 newly installed, {} to remove and 0 not upgraded.",
        names.len()
    ));
    if asked.simulate {
        for name in names {
            let version = call.machine().installed_version(name).unwrap_or_default();
            call.line(format!("Remv {name} [{version}]"));
        }
        return 0;
    }
    if names.is_empty() {
        return 0;
    }
    if !agreed(call, asked) {
        return 1;
    }
    call.line("(Reading database ... 118412 files and directories currently installed.)");
    for name in names {
        let version = call.machine().installed_version(name).unwrap_or_default();
        call.line(format!("Removing {name} ({version}) ..."));
        call.machine().uninstall(name, asked.purge);
    }
    if names.iter().any(|name| {
        name.contains("kernel-common")
            || name.contains("dkms")
            || name.starts_with("linux-modules-nvidia")
    }) {
        let kernel = call.machine().state.kernel.clone();
        let (_, tools) = triggered(call);
        call.line(format!(
            "Processing triggers for initramfs-tools ({tools}) ..."
        ));
        call.line(format!(
            "update-initramfs: Generating /boot/initrd.img-{kernel}"
        ));
    }
    0
}

/// A package in a file, as `wget` has left it.
fn install_files(call: &mut Call<'_>, files: &[String]) -> Exit {
    let mut words = vec!["dpkg".to_owned(), "-i".to_owned()];
    words.extend(files.iter().cloned());
    call.args = words;
    dpkg(call)
}

fn search(call: &mut Call<'_>, pattern: &str, names_only: bool) -> Exit {
    let names = call.machine().offered_names();
    for name in names {
        let fits = if let Some(inner) = pattern.strip_prefix('^') {
            matches_regex(inner, &name)
        } else {
            name.contains(pattern)
        };
        if fits {
            let offer = call.machine().offer(&name);
            let suite = suite(call, offer.as_ref());
            let (about, version) =
                offer.map_or_else(Default::default, |offer| (offer.about, offer.version));
            let line = if call.name() == "apt" && !names_only {
                format!("{name}/{suite} {version} amd64\n  {about}\n")
            } else {
                format!("{name} - {about}")
            };
            call.line(line);
        }
    }
    0
}

/// The few signs of a regular expression that people search packages with: `[0-9]+`, `.*`, `$`.
fn matches_regex(pattern: &str, name: &str) -> bool {
    let ends = pattern.ends_with('$');
    let pattern = pattern
        .trim_end_matches('$')
        .replace(".*", "*")
        .replace("\\.", ".");
    let mut rest = name;
    let mut chars = pattern.as_str();
    while !chars.is_empty() {
        if let Some(after) = chars.strip_prefix("[0-9]+") {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 {
                return false;
            }
            rest = &rest[digits..];
            chars = after;
        } else if let Some(after) = chars.strip_prefix('*') {
            return after.is_empty()
                || rest
                    .char_indices()
                    .any(|(at, _)| matches_regex(after, &rest[at..]));
        } else {
            let Some(first) = chars.chars().next() else {
                break;
            };
            let Some(after) = rest.strip_prefix(first) else {
                return false;
            };
            rest = after;
            chars = &chars[first.len_utf8()..];
        }
    }
    !ends || rest.is_empty()
}

fn show(call: &mut Call<'_>, names: &[String]) -> Exit {
    for name in names {
        let Some(offer) = call.machine().offer(name) else {
            call.error(format!(
                "N: Unable to locate package {name}\nE: No packages found"
            ));
            return 100;
        };
        call.line(format!(
            "Package: {}\nVersion: {}\nDepends: {}\nDownload-Size: {}\nDescription: {}\n",
            offer.name,
            offer.version,
            offer.depends.join(", "),
            size(offer.fetch),
            offer.about
        ));
    }
    0
}

fn policy(call: &mut Call<'_>, names: &[String]) -> Exit {
    for name in names {
        let machine = call.machine();
        let installed = machine
            .installed_version(name)
            .unwrap_or_else(|| "(none)".to_owned());
        let Some(offer) = machine.offer(name) else {
            if installed == "(none)" {
                call.error(format!("N: Unable to locate package {name}"));
            } else {
                call.line(format!(
                    "{name}:\n  Installed: {installed}\n  Candidate: {installed}"
                ));
            }
            continue;
        };
        let source = source(call, &offer);
        let is_it = installed == offer.version;
        call.line(format!(
            "{name}:\n  Installed: {installed}\n  Candidate: {version}\n  Version table:\n {mark} {version} 500\n        500 {source}",
            version = offer.version,
            mark = if is_it { "***" } else { "   " },
        ));
        if is_it {
            call.line("        100 /var/lib/dpkg/status");
        } else if installed != "(none)" {
            call.line(format!(
                " *** {installed} 100\n        100 /var/lib/dpkg/status"
            ));
        }
    }
    0
}

fn list(call: &mut Call<'_>, words: &[String], upgradable: bool, installed: bool) -> Exit {
    call.line("Listing... Done");
    let codename = codename(call);
    let in_suite = |offer: &Option<Offer>| match offer {
        Some(offer) if offer.from == From::Ubuntu => {
            format!("{codename}{}", pocket(&offer.version))
        }
        _ => "unknown".to_owned(),
    };
    let machine = call.machine();
    let lines: Vec<String> = if upgradable {
        machine
            .upgradable()
            .into_iter()
            .map(|offer| {
                let from = machine.installed_version(&offer.name).unwrap_or_default();
                let (name, version) = (offer.name.clone(), offer.version.clone());
                let suite = in_suite(&Some(offer));
                format!("{name}/{suite} {version} amd64 [upgradable from: {from}]")
            })
            .collect()
    } else {
        let names: Vec<String> = if installed {
            machine.installed().into_keys().collect()
        } else {
            machine.offered_names().into_iter().collect()
        };
        names
            .into_iter()
            .filter(|name| words.is_empty() || words.iter().any(|word| matches(word, name)))
            .filter_map(|name| {
                let there = machine.installed_version(&name);
                let offer = machine.offer(&name);
                let (now, mark) = match &there {
                    None => ("", ""),
                    // What another one brought is found out by going through all of them.
                    Some(_) if machine.is_automatic(&name) => (",now", "[installed,automatic]"),
                    Some(_) => (",now", "[installed]"),
                };
                let suite = in_suite(&offer);
                let version = there.or_else(|| offer.map(|offer| offer.version))?;
                let line = format!("{name}/{suite}{now} {version} amd64 {mark}");
                Some(line.trim_end().to_owned())
            })
            .collect()
    };
    // For each one all that is offered was gone through.
    if !call.system.spend(100 * lines.len() as u64) {
        return 130;
    }
    for line in lines {
        call.line(line);
    }
    0
}

fn apt_cache(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let names_only = words
        .iter()
        .any(|word| word == "--names-only" || word == "-n");
    let plain: Vec<String> = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .cloned()
        .collect();
    match plain.first().map(String::as_str) {
        Some("search") => {
            let pattern = plain.get(1).cloned().unwrap_or_default();
            search(call, &pattern, names_only)
        }
        Some("policy") => policy(call, &plain[1..]),
        Some("show") => show(call, &plain[1..]),
        Some("madison") => {
            for name in &plain[1..] {
                if let Some(offer) = call.machine().offer(name) {
                    let source = source(call, &offer);
                    call.line(format!("{name:>10} | {:>10} | {source}", offer.version));
                } else {
                    call.error(format!("N: Unable to locate package {name}"));
                }
            }
            0
        }
        Some("depends") => {
            for name in &plain[1..] {
                if let Some(offer) = call.machine().offer(name) {
                    call.line(name);
                    for need in offer.depends {
                        call.line(format!("  Depends: {need}"));
                    }
                }
            }
            0
        }
        Some(
            other @ ("showpkg" | "showsrc" | "stats" | "dump" | "rdepends" | "pkgnames" | "dotty"
            | "unmet" | "gencaches"),
        ) => not_played(
            call,
            other,
            "apt-cache search, policy, show, madison, depends",
        ),
        Some(other) => {
            call.error(format!(
                "E: Invalid operation {}",
                crate::visible::visible(other)
            ));
            100
        }
        None => not_played(
            call,
            "no operation",
            "apt-cache search, policy, show, madison, depends",
        ),
    }
}

/// `apt-key`, which still warns on 22.04 and 24.04, and is gone since (apt 2.9.23).
fn apt_key(call: &mut Call<'_>) -> Exit {
    let release: f32 = call.machine().ubuntu().parse().unwrap_or(24.04);
    if release > 25.0 {
        call.error("apt-key: command not found");
        return 127;
    }
    call.error("Warning: apt-key is deprecated. Manage keyring files in trusted.gpg.d instead (see apt-key(8)).");
    match call.rest().first().map(String::as_str) {
        Some("list") => 0,
        Some("add" | "adv" | "del") if !call.is_root() => {
            call.error("E: This command can only be used by root.");
            1
        }
        Some(other @ ("add" | "adv" | "del")) => not_played(
            call,
            other,
            "the package cuda-keyring, or a key in /usr/share/keyrings with signed-by=",
        ),
        _ => {
            call.line("Usage: apt-key [--keyring file] [command] [arguments]");
            1
        }
    }
}

fn apt_mark(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let Some((action, names)) = words.split_first() else {
        call.error("E: No operation specified");
        return 1;
    };
    match action.as_str() {
        "manual" | "auto" => {
            if !call.is_root() {
                call.error("E: Could not create temporary file for /var/lib/apt/extended_states - mkstemp (13: Permission denied)");
                return 100;
            }
            for name in names {
                if call.machine().installed_version(name).is_none() {
                    call.error(format!("E: Unable to locate package {name}"));
                    return 100;
                }
                let automatic = action == "auto";
                if call.machine().is_automatic(name) == automatic {
                    let set = if automatic {
                        "automatically"
                    } else {
                        "manually"
                    };
                    call.line(format!("{name} was already set to {set} installed."));
                } else {
                    let set = if automatic {
                        "automatically"
                    } else {
                        "manually"
                    };
                    call.line(format!("{name} set to {set} installed."));
                }
                call.machine().mark(name, automatic);
            }
            0
        }
        "hold" | "unhold" => {
            for name in names {
                if call.machine().installed_version(name).is_none() {
                    call.error(format!("E: Unable to locate package {name}"));
                    return 100;
                }
                let held = call.machine().held().contains(name);
                if held == (action == "hold") {
                    call.line(if held {
                        format!("{name} was already set on hold.")
                    } else {
                        format!("{name} was already not on hold.")
                    });
                    continue;
                }
                if !call.is_root() {
                    call.error("dpkg: error: requested operation requires superuser privilege\nE: Executing dpkg failed. Are you root?");
                    return 100;
                }
                call.machine().hold(name, action == "hold");
                call.line(if held {
                    format!("Canceled hold on {name}.")
                } else {
                    format!("{name} set on hold.")
                });
            }
            0
        }
        "showhold" | "showholds" => {
            for name in call.machine().held() {
                if names.is_empty() || names.contains(&name) {
                    call.line(name);
                }
            }
            0
        }
        "showmanual" | "showauto" => {
            let machine = call.machine();
            let names: Vec<String> = machine
                .installed()
                .into_keys()
                .filter(|name| machine.is_automatic(name) == (action == "showauto"))
                .collect();
            for name in names {
                call.line(name);
            }
            0
        }
        other => {
            call.error(format!(
                "E: Invalid operation {}",
                crate::visible::visible(other)
            ));
            100
        }
    }
}

fn dpkg(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let (options, names): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with('-'));
    let action = options
        .first()
        .map_or("", |option| option.as_str())
        .to_owned();
    match action.as_str() {
        "-l" | "--list" => {
            let installed = call.machine().installed();
            let is_asked =
                |name: &str| names.is_empty() || names.iter().any(|pattern| matches(pattern, name));
            if !installed.keys().any(|name| is_asked(name)) && !names.is_empty() {
                for pattern in names {
                    call.error(format!(
                        "dpkg-query: no packages found matching {}",
                        crate::visible::visible(pattern)
                    ));
                }
                return 1;
            }
            call.print("Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name                                   Version                          Architecture Description\n+++-======================================-================================-============-=================================\n");
            let mut shown = 0;
            for package in installed.values() {
                if !is_asked(&package.name) {
                    continue;
                }
                shown += 1;
                let about = call
                    .machine()
                    .offer(&package.name)
                    .map_or_else(String::new, |offer| offer.about);
                let mark = if package.is_held() { "hi" } else { "ii" };
                call.line(format!(
                    "{mark}  {:<38} {:<32} {:<12} {about}",
                    package.name, package.version, package.architecture
                ));
            }
            if shown == 0 && !names.is_empty() {
                call.error(format!(
                    "dpkg-query: no packages found matching {}",
                    names[0]
                ));
                return 1;
            }
            0
        }
        "-s" | "--status" => {
            for name in names {
                let Some(package) = call.machine().installed().get(name.as_str()).cloned() else {
                    call.error(format!("dpkg-query: package '{name}' is not installed and no information is available"));
                    return 1;
                };
                call.line(format!(
                    "Package: {}\nStatus: {}\nArchitecture: {}\nVersion: {}",
                    package.name, package.status, package.architecture, package.version
                ));
            }
            0
        }
        "-i" | "--install" => {
            if !call.is_root() {
                call.error("dpkg: error: requested operation requires superuser privilege");
                return 2;
            }
            for file in names {
                let name = file.rsplit('/').next().unwrap_or(file);
                if call.files().read(file).is_err() {
                    call.error(format!(
                        "dpkg: error: cannot access archive '{file}': No such file or directory"
                    ));
                    return 1;
                }
                if !name.starts_with("cuda-keyring") {
                    return not_played(
                        call,
                        file,
                        "cuda-keyring_1.1-1_all.deb; other packages come with apt",
                    );
                }
                call.line("Selecting previously unselected package cuda-keyring.\n(Reading database ... 118412 files and directories currently installed.)");
                call.line(format!("Preparing to unpack {name} ...\nUnpacking cuda-keyring (1.1-1) ...\nSetting up cuda-keyring (1.1-1) ..."));
                keyring(call);
            }
            0
        }
        "-r" | "--remove" | "-P" | "--purge" => {
            if !call.is_root() {
                call.error("dpkg: error: requested operation requires superuser privilege");
                return 2;
            }
            for name in names {
                if call.machine().installed().contains_key(name.as_str()) {
                    call.line(format!("Removing {name} ..."));
                    let purge = matches!(action.as_str(), "-P" | "--purge");
                    call.machine().uninstall(name, purge);
                } else {
                    call.line(format!(
                        "dpkg: warning: ignoring request to remove {name} which isn't installed"
                    ));
                }
            }
            0
        }
        "-S" | "--search" => {
            let mut exit = 0;
            for name in names {
                let path = if name.contains('/') {
                    call.machine()
                        .tree
                        .real_path(name)
                        .unwrap_or_else(|_| name.clone())
                } else {
                    name.clone()
                };
                match owner(call, &path) {
                    Some(package) => {
                        call.line(format!("{package}: {path}"));
                    }
                    None => {
                        call.error(format!("dpkg-query: no path found matching pattern {name}"));
                        exit = 1;
                    }
                }
            }
            exit
        }
        "-L" | "--listfiles" => {
            for name in names {
                if !call.machine().installed().contains_key(name.as_str())
                    && call.machine().installed_version(name).is_none()
                {
                    call.error(format!("dpkg-query: package '{name}' is not installed\nUse dpkg --contents (= dpkg-deb --contents) to list archive files contents."));
                    return 1;
                }
                call.line("/.");
                for path in OWNED_FILES {
                    let there = call.machine().tree.real_path(path);
                    if let Ok(there) = there
                        && owner(call, &there).as_deref() == Some(name.as_str())
                    {
                        call.line(*path);
                    }
                }
            }
            0
        }
        "--configure" => 0,
        "--print-architecture" => {
            call.line("amd64");
            0
        }
        "" => {
            call.error("dpkg: error: need an action option\n\nType dpkg --help for help about installing and deinstalling packages [*];\nUse 'apt' or 'aptitude' for user-friendly package management;\nType dpkg -Dhelp for a list of dpkg debug flag values;\nType dpkg --force-help for a list of forcing options;\nType dpkg-deb --help for help about manipulating *.deb files;\n\nOptions marked [*] produce a lot of output - pipe it through 'less' or 'more' !");
            2
        }
        "-a" | "-A" | "-c" | "-C" | "-I" | "-V" | "--audit" | "--contents" | "--get-selections"
        | "--set-selections" | "--unpack" | "--verify" | "--version" | "--help"
        | "--add-architecture" | "--compare-versions" => not_played(
            call,
            &action,
            "dpkg -l, -s, -S, -L, -i, -r, -P, --print-architecture",
        ),
        other => {
            call.error(format!("dpkg: error: unknown option {}\n\nType dpkg --help for help about installing and deinstalling packages [*];\nUse 'apt' or 'aptitude' for user-friendly package management;\nType dpkg -Dhelp for a list of dpkg debug flag values;\nType dpkg --force-help for a list of forcing options;\nType dpkg-deb --help for help about manipulating *.deb files;\n\nOptions marked [*] produce a lot of output - pipe it through 'less' or 'more' !", crate::visible::visible(other)));
            2
        }
    }
}

/// Files that `dpkg -L` names, where they are there.
const OWNED_FILES: &[&str] = &[
    "/usr/bin/nvidia-smi",
    "/usr/bin/nvidia-persistenced",
    "/usr/lib/systemd/system/nvidia-persistenced.service",
    "/usr/lib/modprobe.d/nvidia-graphics-drivers.conf",
    "/usr/lib/udev/rules.d/71-nvidia.rules",
    "/usr/lib/x86_64-linux-gnu/libcuda.so.1",
    "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1",
    "/usr/bin/nvidia-ctk",
    "/usr/bin/docker",
    "/usr/bin/gcc",
    "/usr/bin/g++",
    "/usr/bin/make",
    "/usr/bin/curl",
    "/usr/bin/wget",
    "/usr/bin/git",
    "/usr/bin/lspci",
    "/usr/bin/mokutil",
    "/usr/sbin/dkms",
    "/usr/bin/ubuntu-drivers",
    "/usr/bin/pip3",
];

/// The installed package that brought a file, as far as practice machines keep account.
fn owner(call: &mut Call<'_>, path: &str) -> Option<String> {
    if !call.machine().tree.exists(path) {
        return None;
    }
    let installed: Vec<String> = call.machine().installed().into_keys().collect();
    let of_part = |part: Part| {
        installed
            .iter()
            .find(|name| driver_family(name).is_some_and(|driver| driver.part == part))
            .cloned()
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "nvidia-smi" => of_part(Part::Utils),
        "nvidia-persistenced" | "nvidia-persistenced.service" => of_part(Part::ComputeUtils),
        "nvidia-graphics-drivers.conf" | "71-nvidia.rules" => of_part(Part::KernelCommon),
        _ if name.starts_with("libcuda.so") || name.starts_with("libnvidia-ml.so") => {
            of_part(Part::Compute).map(|package| format!("{package}:amd64"))
        }
        "nvidia-ctk" => Some("nvidia-container-toolkit-base".to_owned()),
        "docker" => Some("docker.io".to_owned()),
        "lspci" => Some("pciutils".to_owned()),
        "ubuntu-drivers" => Some("ubuntu-drivers-common".to_owned()),
        "pip3" => Some("python3-pip".to_owned()),
        "nvcc" => {
            let folder = path.strip_prefix("/usr/local/cuda-")?;
            let release = folder.split('/').next()?.replace('.', "-");
            installed
                .iter()
                .any(|name| *name == format!("cuda-toolkit-{release}"))
                .then(|| format!("cuda-nvcc-{release}"))
        }
        "make" | "curl" | "wget" | "git" | "nano" | "mokutil" | "dkms" | "numactl" => {
            Some(name.to_owned())
        }
        _ if name.starts_with("gcc") || name.starts_with("g++") => Some(name.to_owned()),
        _ => None,
    }
}

/// What the package `cuda-keyring` brings: the key, and an entry for NVIDIA's repository.
fn keyring(call: &mut Call<'_>) {
    let release = call.machine().ubuntu().replace('.', "");
    let machine = call.machine();
    machine.put_file(
        "/usr/share/keyrings/cuda-archive-keyring.gpg",
        Node::file(b"key of NVIDIA\n".to_vec()),
    );
    machine.put_text(
        &format!("/etc/apt/sources.list.d/cuda-ubuntu{release}-x86_64.list"),
        format!("deb [signed-by=/usr/share/keyrings/cuda-archive-keyring.gpg] https://{NVIDIA_HOST}/compute/cuda/repos/ubuntu{release}/x86_64/ /\n"),
    );
    machine.install(&Offer {
        name: "cuda-keyring".to_owned(),
        version: "1.1-1".to_owned(),
        from: From::Nvidia,
        depends: Vec::new(),
        fetch: 5,
        disk: 10,
        about: String::new(),
    });
    machine.mark("cuda-keyring", false);
}

fn add_apt_repository(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let remove = words.iter().any(|word| word == "--remove" || word == "-r");
    let yes = words.iter().any(|word| word == "-y" || word == "--yes");
    let Some(source) = words.iter().find(|word| !word.starts_with('-')).cloned() else {
        call.error("Error: no repository given");
        return 1;
    };
    if !call.is_root() {
        call.error("Error: must run as root");
        return 1;
    }
    let Some(ppa) = source.strip_prefix("ppa:") else {
        return not_played(
            call,
            &source,
            "add-apt-repository [--remove] ppa:OWNER/NAME",
        );
    };
    let file = format!(
        "/etc/apt/sources.list.d/{}.sources",
        ppa.replace('/', "-ubuntu-")
    );
    if remove {
        let _ = call.machine().tree.remove(&file);
        return 0;
    }
    call.line(format!(
        "Repository: 'https://ppa.launchpadcontent.net/{ppa}/ubuntu/'"
    ));
    if !yes
        && call
            .ask("Press [ENTER] to continue or Ctrl-c to cancel.", false)
            .is_none()
    {
        return 1;
    }
    if !call.machine().state.network {
        call.error("ERROR: unable to connect: Temporary failure in name resolution");
        return 1;
    }
    call.machine().put_text(
        &file,
        format!("Types: deb\nURIs: https://ppa.launchpadcontent.net/{ppa}/ubuntu/\n"),
    );
    0
}

/// The package that Ubuntu recommends, as it was when the machine was recorded.
fn recommended(call: &mut Call<'_>) -> Option<DriverPackage> {
    let listed = crate::read::drivers::read(&call.machine().hardware.drivers).ok()?;
    let mut drivers = listed.devices.iter().flat_map(|device| &device.drivers);
    drivers
        .find(|driver| driver.recommended)?
        .package
        .value
        .parse()
        .ok()
}

fn ubuntu_drivers(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let plain: Vec<String> = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .cloned()
        .collect();
    let gpgpu = words.iter().any(|word| word == "--gpgpu");
    let known = [
        "--gpgpu",
        "--free-only",
        "--no-oem",
        "-h",
        "--help",
        "--include-dkms",
    ];
    if let Some(option) = words
        .iter()
        .find(|word| word.starts_with('-') && !known.contains(&word.as_str()))
    {
        call.error(format!("Usage: ubuntu-drivers [OPTIONS] COMMAND [ARGS]...\nTry 'ubuntu-drivers -h' for help.\n\nError: No such option: {}", crate::visible::visible(option)));
        return 2;
    }
    match plain.first().map(String::as_str) {
        Some("devices") => {
            let text = call.machine().hardware.drivers.clone();
            call.print(text);
            0
        }
        Some("list") => {
            let kernel = call.machine().state.kernel.clone();
            for package in call.machine().fitting_drivers() {
                if gpgpu && !package.server {
                    continue;
                }
                let modules = Driver {
                    part: Part::Driver,
                    package,
                }
                .modules(&kernel);
                call.line(format!("{package}, (kernel modules provided by {modules})"));
            }
            0
        }
        Some("install" | "autoinstall") => {
            let wanted = match plain.get(1) {
                Some(name) => {
                    let name = name
                        .trim_start_matches("nvidia:")
                        .trim_start_matches("nvidia-driver-")
                        .to_owned();
                    if let Ok(package) = format!("nvidia-driver-{name}").parse::<DriverPackage>() {
                        Some(package)
                    } else {
                        call.error(format!("ValueError: {name} is not a driver"));
                        return 1;
                    }
                }
                None if gpgpu => recommended(call).map(|package| DriverPackage {
                    server: true,
                    ..package
                }),
                None => recommended(call),
            };
            let Some(package) = wanted else {
                call.line("No drivers found for installation.");
                return 0;
            };
            if !call.is_root() {
                call.error("E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)");
                call.error("E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?");
                return 1;
            }
            let driver = Driver {
                part: Part::Driver,
                package,
            };
            let kernel = call.machine().state.kernel.clone();
            let mut names = vec![driver.modules(&kernel)];
            if gpgpu {
                names.push(format!(
                    "nvidia-headless-no-dkms-{}",
                    driver.name().trim_start_matches("nvidia-driver-")
                ));
            } else {
                names.push(driver.name());
            }
            if names
                .iter()
                .any(|name| call.machine().offer(name).is_none())
            {
                call.line("No drivers found for installation.");
                return 0;
            }
            if names
                .iter()
                .all(|name| call.machine().installed_version(name).is_some())
            {
                call.line("All the available drivers are already installed.");
                return 0;
            }
            let asked = Asked {
                yes: true,
                ..Asked::default()
            };
            install(call, &asked, &names, false)
        }
        Some(other @ ("debug" | "list-oem")) => not_played(
            call,
            other,
            "ubuntu-drivers devices, list [--gpgpu], install [--gpgpu] [nvidia:580-open]",
        ),
        Some(other) => {
            call.error(format!("Usage: ubuntu-drivers [OPTIONS] COMMAND [ARGS]...\nTry 'ubuntu-drivers -h' for help.\n\nError: No such command '{}'.", crate::visible::visible(other)));
            2
        }
        None => {
            call.line("Usage: ubuntu-drivers [OPTIONS] COMMAND [ARGS]...\n\nOptions:\n  --gpgpu              gpgpu drivers\n  --free-only          Only consider free packages\n  --package-list PATH  Create file with list of installed packages (in install\n                       mode)\n  --no-oem             Do not include OEM enablement packages (these enable an\n                       external archive)\n  -h, --help           Show this message and exit.\n\nCommands:\n  debug    Print all available information and debug data about drivers.\n  devices  Show all devices which need drivers, and which packages apply.\n  install  Install a driver [driver[:version][,driver[:version]]]\n  list     Show all driver packages which apply to the current system.");
            0
        }
    }
}
