//! What `--help` says of every command, and what `-h` says of the whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use lessons_cli::cli::Cli;

use crate::reader::{Reader, Said};

/// The words of every command: `[]`, `["book"]`, `["book", "build"]` …
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &Command, words: &[String], found: &mut Vec<Vec<String>>) {
        found.push(words.to_vec());
        for sub in command.get_subcommands() {
            let mut words = words.to_vec();
            words.push(sub.get_name().to_owned());
            walk(sub, &words, found);
        }
    }
    let mut found = Vec::new();
    walk(&Cli::command(), &[], &mut found);
    found
}

#[test]
fn every_command_explains_itself() {
    let mut expected = BTreeSet::new();
    for words in commands() {
        let reader = Reader::new();
        let mut command = reader.lessons(words.iter().map(String::as_str).chain(["--help"]));
        let help = Said::by(0, command.env("COLUMNS", "100")).quietly().out;
        let mut name = words.join("-");
        if name.is_empty() {
            "lessons".clone_into(&mut name);
        }
        insta::with_settings!({
            snapshot_path => "../snapshots/help",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name.clone(), help);
        });
        expected.insert(format!("{name}.snap"));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/help");
    let found: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "snap"))
        .collect();
    assert_eq!(expected, found);
}

#[test]
fn every_command_and_option_has_a_line_of_help() {
    fn walk(command: &Command) {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for arg in command.get_arguments() {
            assert!(
                arg.get_help().is_some(),
                "{} of {}",
                arg.get_id(),
                command.get_name()
            );
        }
        command.get_subcommands().for_each(walk);
    }
    walk(&Cli::command());
}

#[test]
fn the_version_is_the_package_s() {
    let version = Reader::new().run(0, ["--version"]).quietly().out;
    assert_eq!(
        version,
        concat!("lessons ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Reader::new().run(0, ["completions", shell]).quietly().out;
        for words in commands() {
            if let Some(word) = words.last() {
                assert!(script.contains(word.as_str()), "{shell} lacks {word}");
            }
        }
        assert!(script.contains("time-limit"), "{shell} lacks an option");
    }
    Reader::new()
        .run(2, ["completions", "cmd"])
        .explains("bash");
}

#[test]
fn the_manual_page_is_one() {
    let page = Reader::new().run(0, ["man"]).quietly().out;
    assert!(page.contains(".TH lessons 1"), "{page}");
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SUBCOMMANDS"] {
        assert!(
            page.contains(&format!(".SH {section}")),
            "no {section}: {page}"
        );
    }
    for words in commands().iter().filter(|words| words.len() == 1) {
        assert!(page.contains(&words[0]), "no {words:?}");
    }
}
