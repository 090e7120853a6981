//! The groups of the person: usermod, groupadd, newgrp, as far as Docker's socket needs them.

use crate::practice::process::{Call, Exit};

use super::{Program, not_played};

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

fn usermod(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let (["-aG" | "-Ga", group, name] | ["-a", "-G", group, name] | [name, "-aG", group]) =
        plain.as_slice()
    else {
        return not_played(call, &words.join(" "), "usermod -aG GROUP USER");
    };
    if !call.is_root() {
        call.error(
            "usermod: Permission denied.\nusermod: cannot lock /etc/passwd; try again later.",
        );
        return 1;
    }
    if *name != call.machine().person.name {
        call.error(format!(
            "usermod: user '{}' does not exist",
            crate::visible::visible(name)
        ));
        return 6;
    }
    for group in group.split(',') {
        if !has_group(call, group) {
            call.error(format!(
                "usermod: group '{}' does not exist",
                crate::visible::visible(group)
            ));
            return 6;
        }
        call.machine().join_group(group);
    }
    0
}

fn groupadd(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let Some(group) = words.iter().find(|word| !word.starts_with('-')).cloned() else {
        return not_played(call, &words.join(" "), "groupadd GROUP");
    };
    if !call.is_root() {
        call.error(
            "groupadd: Permission denied.\ngroupadd: cannot lock /etc/group; try again later.",
        );
        return 10;
    }
    if has_group(call, &group) {
        call.error(format!(
            "groupadd: group '{}' already exists",
            crate::visible::visible(&group)
        ));
        return 9;
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
