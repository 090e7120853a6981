//! What Tab offers.

use std::collections::BTreeSet;

use super::process::System;
use super::programs;
use super::shell::Shell;
use super::tree::{absolute, join};

/// How many words are offered at most.
const MOST: usize = 200;

/// The words that can stand where the last word of a text is begun.
pub(super) fn completions(shell: &Shell, system: &System, before: &str) -> Vec<String> {
    let start = before
        .rfind(|c: char| c.is_whitespace() || ";|&(<>=`".contains(c))
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    let word = &before[start..];
    if let Some(name) = word.strip_prefix('$') {
        return shell
            .variable_names()
            .filter(|known| known.starts_with(name))
            .map(|known| format!("${known}"))
            .take(MOST)
            .collect();
    }
    let head = before[..start].trim_end();
    let first = head.is_empty()
        || head.ends_with([';', '|', '&', '(', '`'])
        || head.ends_with("sudo")
        || head.ends_with("which");
    let mut found = BTreeSet::new();
    if first && !word.contains('/') {
        found.extend(
            shell
                .names()
                .filter(|name| name.starts_with(word))
                .map(str::to_owned),
        );
        let env = shell.exported();
        for folder in env.get("PATH").map_or("", String::as_str).split(':') {
            let names = system.machine.tree.list(folder).unwrap_or_default();
            found.extend(names.into_iter().filter(|name| {
                name.starts_with(word) && system.machine.program_of(&join(folder, name)).is_some()
            }));
        }
        if !word.is_empty() || !found.is_empty() {
            return found.into_iter().take(MOST).collect();
        }
    }
    let (shown, part) = match word.rfind('/') {
        Some(at) => word.split_at(at + 1),
        None => ("", word),
    };
    let home = shell.exported().get("HOME").cloned().unwrap_or_default();
    let folder = match shown.strip_prefix("~/") {
        Some(rest) => join(&home, rest),
        None => absolute(shell.cwd(), if shown.is_empty() { "." } else { shown }),
    };
    for name in system.machine.tree.list(&folder).unwrap_or_default() {
        if !name.starts_with(part) || (name.starts_with('.') && !part.starts_with('.')) {
            continue;
        }
        let path = join(&folder, &name);
        let end = if system
            .machine
            .tree
            .get(&path)
            .is_ok_and(super::Node::is_dir)
        {
            "/"
        } else {
            ""
        };
        found.insert(format!("{shown}{}{end}", programs::quoted(&name)));
    }
    found.into_iter().take(MOST).collect()
}
