//! A package index explained: what it offers, newest first.

use super::{Explained, Field, Note, Value, listed, text};
use crate::read::index::{Index, Layout, Yanked};

pub(super) fn explain(index: &Index) -> Explained {
    let mut projects: Vec<&str> = index
        .releases
        .iter()
        .map(|release| release.project.as_str())
        .collect();
    projects.dedup();
    let mut explained = Explained::new(
        text(match index.layout {
            Layout::Html => "read-index-what-html",
            Layout::Json => "read-index-what-json",
            Layout::Bucket => "read-index-what-bucket",
            Layout::List => "read-index-what-list",
        })
        .arg("projects", listed(&projects))
        .count("files", index.files.len())
        .count("releases", index.releases.len()),
    );
    let yanked = index
        .files
        .iter()
        .filter(|file| file.yanked != Yanked::No)
        .count();
    if yanked > 0 {
        explained.note(Note::warning(
            text("read-index-note-yanked").count("count", yanked),
        ));
    }
    let archives = index
        .files
        .iter()
        .filter(|file| !file.filename.ends_with(".whl"))
        .count();
    if archives > 0 {
        explained.note(Note::remark(
            text("read-index-note-archives").count("count", archives),
        ));
    }
    if index
        .releases
        .iter()
        .any(|release| release.version.contains(".dev"))
    {
        explained.note(Note::remark(text("read-index-note-nightly")));
    }
    if index.incomplete {
        explained.note(Note::warning(text("read-index-note-incomplete")));
    }
    let several = projects.len() > 1;
    for release in &index.releases {
        let label = if several {
            format!("{} {}", release.project, release.version)
        } else {
            release.version.clone()
        };
        let field = release.builds.iter().fold(
            Field::new(label, text("read-index-release")),
            |field, build| {
                let python = if build.abi == build.python || build.abi == "none" {
                    build.python.clone()
                } else {
                    format!("{} {}", build.python, build.abi)
                };
                field.value(Value::new(build.platforms.join(", ")).of(python))
            },
        );
        explained.field(field);
    }
    explained
}
