//! `lessons dev refresh`, and what `lessons dev check` says of old tables.

use std::fs;
use std::path::PathBuf;

use crate::reader::Reader;
use crate::server::{Does, Server};

const LIST: &str = "lessons-cli/engine/data/torch-wheels.tsv";

const OLD: &str = "# A remark.\n\
    lessons-wheels/1\t2026-01-01\n\
    repository\tpypi\thttps://pypi.org/simple\t2026-01-01\ttorch\tPyPI\n\
    torch-2.9.0-cp311-cp311-win_amd64.whl\n\
    torch-2.8.0-cp311-cp311-win_amd64.whl\n";

fn page(project: &str, files: &str) -> String {
    format!(r#"{{"meta": {{"api-version": "1.1"}}, "name": "{project}", "files": [{files}]}}"#)
}

/// A page for each project, of which torch's is given.
fn pages(torch: &str) -> Vec<(&'static str, String)> {
    ["torch", "torchvision", "torchaudio", "torchtext", "torchcodec"]
        .into_iter()
        .map(|project| {
            let own = format!(r#"{{"filename": "{project}-99.0-py3-none-any.whl", "url": "{project}-99.0-py3-none-any.whl", "hashes": {{}}, "requires-python": ">=3.11", "core-metadata": true, "upload-time": "2026-09-01T00:00:00Z"}}"#);
            let files = if project == "torch" { torch.to_owned() } else { own };
            (project, page(project, &files))
        })
        .collect()
}

const TORCH: &str = r#"{"filename": "torch-2.9.0-cp311-cp311-win_amd64.whl", "url": "a", "hashes": {}, "size": 120, "yanked": "broken"},
    {"filename": "torch-2.9.1-cp311-cp311-win_amd64.whl", "url": "b", "hashes": {}, "size": 130},
    {"filename": "torch-99.0-cp311-cp311-win_amd64.whl", "url": "torch-99.0-cp311-cp311-win_amd64.whl", "hashes": {}, "core-metadata": {"sha256": "x"}, "upload-time": "2026-09-02T00:00:00Z"}"#;

fn project(reader: &Reader) -> PathBuf {
    let list = reader.place(LIST);
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    fs::write(&list, OLD).unwrap();
    list
}

#[test]
fn it_shows_what_changes_and_writes_when_told_to() {
    let reader = Reader::new();
    let list = project(&reader);
    let folder = reader.place("pages");
    fs::create_dir(&folder).unwrap();
    for (project, page) in pages(TORCH) {
        fs::write(folder.join(format!("{project}.json")), page).unwrap();
    }
    let seen = reader.file(
        "seen.txt",
        "torch-2.9.1+cu126-cp311-cp311-win_amd64.whl\nnumpy-1.0-py3-none-any.whl\n",
    );
    let index = folder.to_str().unwrap().to_owned();
    let refresh = |more: &[&str]| {
        let args = [
            "dev",
            "refresh",
            "--index",
            &index,
            "--page",
            seen.to_str().unwrap(),
            "--as-of",
            "2026-09-28",
        ];
        reader
            .run(0, args.into_iter().chain(more.iter().copied()))
            .quietly()
    };
    let said = refresh(&[])
        .shows("+ torch 2.9.1 (1)")
        .shows("- torch 2.8.0 (1)")
        .shows("~ torch 2.9.0 (1)")
        .shows("+ torch 2.9.1+cu126 (1)")
        .shows("torch 99.0 of 2026-09-02 has no row")
        .shows("nothing was written");
    assert!(!said.out.contains("numpy"), "{}", said.out);
    assert_eq!(fs::read_to_string(&list).unwrap(), OLD);

    refresh(&["--write"]).shows("wrote");
    let written = fs::read_to_string(&list).unwrap();
    assert!(
        written.contains("lessons-wheels/1\t2026-09-28\n"),
        "{written}"
    );
    assert!(
        written.contains("torch-2.9.0-cp311-cp311-win_amd64.whl\t120\t\t\tbroken\n"),
        "{written}"
    );
    assert!(!written.contains("torch-2.8.0"), "{written}");

    // What has been taken in changes nothing any more.
    let again = refresh(&["--write"]);
    assert!(!again.out.contains("+ "), "{}", again.out);
    assert_eq!(fs::read_to_string(&list).unwrap(), written);
}

#[test]
fn it_asks_an_index_for_the_pages_and_for_the_metadata_beside_new_wheels() {
    let reader = Reader::new();
    project(&reader);
    let server = Server::start(|request| {
        if let Some(wheel) = request.path.strip_suffix(".metadata") {
            let asks = if wheel.contains("torch-99.0") {
                "Requires-Dist: nvidia-cudnn-cu14==9.99\n"
            } else {
                "Requires-Dist: numpy\nRequires-Dist: torch==99.0\n"
            };
            return Does::page(
                "text/plain",
                format!("Metadata-Version: 2.1\n{asks}\nRequires-Dist: torch==0\n"),
            );
        }
        let project = request
            .path
            .trim_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        match pages(TORCH).into_iter().find(|(name, _)| *name == project) {
            Some((_, page)) => Does::page("application/vnd.pypi.simple.v1+json", page),
            None => Does::status(404),
        }
    });
    reader
        .run(0, ["dev", "refresh", "--index", &server.url("/simple")])
        .quietly()
        .shows("torch 99.0 of 2026-09-02 has no row; it asks for nvidia-cudnn-cu14==9.99")
        .shows("torchvision 99.0 of 2026-09-01 has no row; it asks for torch==99.0\n");
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let reader = Reader::new();
    let list = project(&reader);
    let empty = reader.place("empty");
    fs::create_dir(&empty).unwrap();
    reader
        .run(
            4,
            [
                "dev",
                "refresh",
                "--write",
                "--index",
                empty.to_str().unwrap(),
            ],
        )
        .explains("neither torch.json nor torch.html");
    let server = Server::start(|_| Does::page("text/html", "<html><title>Sign in</title></html>"));
    reader
        .run(
            4,
            [
                "dev",
                "refresh",
                "--write",
                "--index",
                &server.url("/simple"),
            ],
        )
        .explains("without links");
    assert_eq!(fs::read_to_string(&list).unwrap(), OLD);
    reader
        .run(4, ["dev", "refresh", "--root", empty.to_str().unwrap()])
        .explains("run this in the project's folder");
    reader.run(2, ["dev", "refresh", "--as-of", "yesterday"]);
}

#[test]
fn old_tables_are_warned_of_and_break_nothing() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let at = |now: &str| {
        let reader = Reader::new();
        let mut command = reader.lessons(["dev", "check", "--root", root]);
        let output = command.env("LESSONS_NOW", now).output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (_, fresh) = at("2026-12-01T00:00:00Z");
    assert!(!fresh.contains("warning:"), "{fresh}");
    let (code, old) = at("2028-01-01T00:00:00Z");
    assert_eq!(code, Some(0), "{old}");
    assert!(old.contains("warning: torch-wheels.tsv is of 20"), "{old}");
    assert!(old.contains("warning: torch-matrix.json"), "{old}");
}
