//! Lists the sources of the book, so that an installed `lessons` carries it along.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = fs::canonicalize("..")?;
    let mut files = Vec::new();
    add(&root, Path::new("book.toml"), &mut files)?;
    add(&root, Path::new("book/src"), &mut files)?;
    add(&root, Path::new("book/theme"), &mut files)?;
    files.sort();

    let mut list = String::from("&[\n");
    for (name, path) in &files {
        let _ = writeln!(list, "    ({name:?}, include_bytes!({path:?})),");
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("book.rs"), list)
}

/// Adds a file, or the files of a folder: the name below the root, with `/`, and the whole path.
fn add(root: &Path, name: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    let path = root.join(name);
    println!("cargo:rerun-if-changed={}", path.display());
    if path.is_dir() {
        for entry in fs::read_dir(&path)? {
            add(root, &name.join(entry?.file_name()), files)?;
        }
    } else {
        let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        files.push((parts.join("/"), path.display().to_string()));
    }
    Ok(())
}
