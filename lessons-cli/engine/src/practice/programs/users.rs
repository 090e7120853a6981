//! The groups of the person: usermod, groupadd, newgrp, as far as Docker's socket needs them.

use crate::practice::process::{Call, Exit};

use super::{Program, no_option, not_played};

pub(super) const PROGRAMS: &[Program] = &[
    Program::of_hosts("usermod", "/usr/sbin", usermod),
    Program::of_hosts("groupadd", "/usr/sbin", groupadd),
    Program::of_hosts("newgrp", "/usr/bin", newgrp),
];

const GROUPS: &str = "/etc/group";

fn has_group(call: &mut Call<'_>, group: &str) -> bool {
    let text = call.machine().tree.text(GROUPS).unwrap_or_default();
    text.lines()
        .any(|line| line.split(':').next() == Some(group))
}

/// The texts of `--help` (shadow 4.13, which Ubuntu 24.04 and Debian 12 have), printed after a wrong option as well.
const OF_USERMOD: &str = include_str!("users/usermod.txt");
const OF_GROUPADD: &str = include_str!("users/groupadd.txt");

/// The first option that a program does not have or play, with what shadow's programs say of it; their exit status is 2.
fn wrong_option(call: &mut Call<'_>, known: &[&str], help: &str, played: &str) -> Option<Exit> {
    let words = call.rest();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        call.print(help);
        return Some(0);
    }
    let option = words
        .iter()
        .find(|word| word.starts_with('-') && !known.contains(&word.as_str()))?;
    // What is in the text of `--help` exists.
    let exists = help
        .split([' ', ',', '\n'])
        .any(|word| word == option.split('=').next().unwrap_or(option));
    if exists {
        return Some(not_played(call, option, played));
    }
    no_option(call, option);
    call.error(help.trim_end());
    Some(2)
}

fn usermod(call: &mut Call<'_>) -> Exit {
    let known = ["-aG", "-Ga", "-a", "-G", "--append", "--groups"];
    let played = "usermod -aG GROUP USER";
    if let Some(exit) = wrong_option(call, &known, OF_USERMOD, played) {
        return exit;
    }
    let (mut append, mut groups, mut names) = (false, None, Vec::new());
    let mut words = call.rest().into_iter();
    while let Some(word) = words.next() {
        append |= matches!(word.as_str(), "-a" | "--append" | "-aG" | "-Ga");
        match word.as_str() {
            "-a" | "--append" => {}
            "-G" | "--groups" | "-aG" | "-Ga" => match words.next() {
                // `-Ga` takes the `a` as the group, which nobody means.
                Some(value) => groups = Some(value),
                None => {
                    call.error("usermod: option requires an argument -- 'G'");
                    call.error(OF_USERMOD.trim_end());
                    return 2;
                }
            },
            _ => names.push(word),
        }
    }
    let (Some(groups), [name]) = (groups, names.as_slice()) else {
        if append && !names.is_empty() {
            call.error("usermod: -a flag is only allowed with the -G flag");
        }
        call.error(OF_USERMOD.trim_end());
        return 2;
    };
    // Groups and person are looked up before anything is locked, so that this is said without root as well.
    for group in groups.split(',') {
        if !has_group(call, group) {
            call.error(format!(
                "usermod: group '{}' does not exist",
                crate::visible::visible(group)
            ));
            return 6;
        }
    }
    let is_person = *name == call.machine().person.name;
    if !is_person && name != "root" {
        call.error(format!(
            "usermod: user '{}' does not exist",
            crate::visible::visible(name)
        ));
        return 6;
    }
    if !append {
        return not_played(
            call,
            "-G without -a, which takes all other groups away",
            played,
        );
    }
    if !call.is_root() {
        call.error(
            "usermod: Permission denied.\nusermod: cannot lock /etc/passwd; try again later.",
        );
        return 1;
    }
    if is_person {
        for group in groups.split(',') {
            call.machine().join_group(group);
        }
    }
    0
}

fn groupadd(call: &mut Call<'_>) -> Exit {
    let played = "groupadd GROUP";
    let known = ["-f", "--force", "-r", "--system"];
    if let Some(exit) = wrong_option(call, &known, OF_GROUPADD, played) {
        return exit;
    }
    let words = call.rest();
    let force = words.iter().any(|word| word == "-f" || word == "--force");
    let Some(group) = words.iter().find(|word| !word.starts_with('-')).cloned() else {
        call.error(OF_GROUPADD.trim_end());
        return 2;
    };
    // Debian's and Ubuntu's rule, which is wider than shadow's own.
    if group.starts_with(['-', '+', '~']) || group.contains([':', ',', '/', ' ', '\t', '\n']) {
        call.error(format!(
            "groupadd: '{}' is not a valid group name",
            crate::visible::visible(&group)
        ));
        return 3;
    }
    if has_group(call, &group) {
        if force {
            return 0;
        }
        call.error(format!("groupadd: group '{group}' already exists"));
        return 9;
    }
    if !call.is_root() {
        call.error(
            "groupadd: Permission denied.\ngroupadd: cannot lock /etc/group; try again later.",
        );
        return 10;
    }
    let machine = call.machine();
    let text = machine.tree.text(GROUPS).unwrap_or_default();
    machine.put_text(GROUPS, format!("{text}{group}:x:1001:\n"));
    0
}

/// A shell with a group that the person has been put into since the login.
fn newgrp(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let Some(group) = words.first().cloned() else {
        return 0;
    };
    if !has_group(call, &group) {
        call.error(format!(
            "newgrp: group '{}' does not exist",
            crate::visible::visible(&group)
        ));
        return 1;
    }
    if !call.is_root() && !call.machine().is_member(&group) {
        call.error("Password: \nInvalid password.");
        return 1;
    }
    call.machine().take_groups();
    0
}
