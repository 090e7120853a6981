//! Lists the recordings in `exercises/machines`, the exercises in `exercises/<lesson>` and the texts in `texts/<language>`, so that a new file is a new bundled
//! machine, and a new folder a new language.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script runs on the developer's machine; what the engine forbids, it forbids at run time"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let machines = files(Path::new("../../exercises/machines"), "json")?;
    let mut list = String::from("&[\n");
    for (name, path) in &machines {
        let _ = writeln!(list, "    ({name:?}, include_bytes!({path:?})),");
    }
    list.push_str("]\n");
    write("bundled.rs", &list)?;

    let exercises = Path::new("../../exercises");
    println!("cargo:rerun-if-changed={}", exercises.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(exercises)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "machines") {
            all.extend(files(&path, "json")?);
        }
    }
    all.sort();
    let mut list = String::from("&[\n");
    for (name, path) in &all {
        let _ = writeln!(list, "    ({name:?}, include_bytes!({path:?})),");
    }
    list.push_str("]\n");
    write("exercises.rs", &list)?;

    let mut list = String::from("&[\n");
    let folder = Path::new("texts");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut languages: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    languages.sort_by_key(fs::DirEntry::file_name);
    for language in languages {
        let name = language.file_name().to_string_lossy().into_owned();
        let _ = writeln!(list, "    ({name:?}, &[");
        for (name, path) in files(&language.path(), "ftl")? {
            let _ = writeln!(list, "        ({name:?}, include_str!({path:?})),");
        }
        list.push_str("    ]),\n");
    }
    list.push_str("]\n");
    write("languages.rs", &list)
}

/// The files of a folder that end so, by name without the end, with their whole paths.
fn files(folder: &Path, end: &str) -> io::Result<Vec<(String, String)>> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == end) {
            println!("cargo:rerun-if-changed={}", path.display());
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            files.push((name, fs::canonicalize(&path)?.display().to_string()));
        }
    }
    files.sort();
    Ok(files)
}

fn write(name: &str, list: &str) -> io::Result<()> {
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join(name), list)
}
