//! A question to `lessons torch plan`, an option a line; a requirement with its marker; the metadata of a package.

#![no_main]

use std::str::FromStr;

use lessons_engine::catalogue::Shelf;
use lessons_engine::plan::{Asked, Question, plan};
use lessons_engine::requirement::{Interpreter, Requirement};
use libfuzzer_sys::fuzz_target;

fn read<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn asked(text: &str) -> Asked {
    let mut asked = Asked::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(' ') else {
            continue;
        };
        match name {
            "driver" => asked.driver = read(value),
            "cuda" => asked.cuda = read(value),
            "python" => asked.python = read(value),
            "torch" => asked.torch = read(value),
            "gpu" if asked.gpus.len() < 4 => asked.gpus.extend(read(value)),
            "with" => asked.companions = Some(value.split(',').take(8).filter_map(read).collect()),
            "mirror" => asked.mirror = read(value),
            "os" => asked.os = read(value),
            "arch" => asked.arch = read(value),
            "libc" => asked.libc = read(value),
            _ => {}
        }
    }
    asked
}

fuzz_target!(|text: &str| {
    let plan = plan(Question::new(&asked(text), None), Shelf::bundled());
    match &plan.chosen {
        Some(fit) => {
            let install = plan.install(fit);
            for command in [install.pip(), install.uv()] {
                assert!(!command.contains(['\n', '\r', '`']), "{command}");
            }
        }
        None => assert!(!plan.rejected.is_empty(), "nothing, and no reason"),
    }
    let _ = plan.document();
    if let Ok(requirement) = text.parse::<Requirement>() {
        let _ = requirement.counts(&Interpreter::default());
        let _ = requirement.versions();
    }
    let _ = Requirement::of_metadata(text, "torch");
});
