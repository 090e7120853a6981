//! Lists the recordings in `exercises/machines`, so that a new file there is a new bundled machine.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script runs on the developer's machine; what the engine forbids, it forbids at run time"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new("../../exercises/machines");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let mut list = String::from("&[\n");
    for name in &names {
        let path = fs::canonicalize(folder.join(name))?;
        println!("cargo:rerun-if-changed={}", folder.join(name).display());
        let stem = name.trim_end_matches(".json");
        writeln!(
            list,
            "    ({stem:?}, include_bytes!({:?})),",
            path.display().to_string()
        )
        .map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("bundled.rs"), list)
}
