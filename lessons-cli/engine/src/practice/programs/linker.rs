//! The dynamic linker's tools: which libraries it finds, and which a program asks for.

use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Content, absolute};

use super::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("ldconfig", ldconfig),
    Program::base("ldd", ldd),
];

/// The folders in which the linker looks: those that files below `/etc/ld.so.conf.d` name, then its own.
fn folders(call: &mut Call<'_>) -> Vec<String> {
    let machine = call.machine();
    let mut found = Vec::new();
    let folder = "/etc/ld.so.conf.d";
    let mut files: Vec<String> = machine
        .tree
        .list(folder)
        .unwrap_or_default()
        .into_iter()
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.push("/etc/ld.so.conf".to_owned());
    for file in files {
        let text = machine.tree.text(&file).unwrap_or_default();
        for line in text.lines().map(str::trim) {
            if line.starts_with('/') {
                found.push(line.trim_end_matches('/').to_owned());
            }
        }
    }
    found.extend([
        "/usr/local/lib".to_owned(),
        "/usr/lib/x86_64-linux-gnu".to_owned(),
    ]);
    // Several names may lead to one folder.
    let mut seen = std::collections::BTreeSet::new();
    found
        .into_iter()
        .filter_map(|folder| machine.tree.real_path(&folder).ok())
        .filter(|folder| seen.insert(folder.clone()))
        .collect()
}

/// The libraries in the linker's folders: name and path, as `ldconfig -p` has them.
fn libraries(call: &mut Call<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in folders(call) {
        for name in call.machine().tree.list(&folder).unwrap_or_default() {
            if name.starts_with("lib") && name.contains(".so") {
                let shown = folder
                    .strip_prefix("/usr/lib/")
                    .map_or_else(|| folder.clone(), |rest| format!("/lib/{rest}"));
                all.push((name.clone(), format!("{shown}/{name}")));
            }
        }
    }
    // The C library is everywhere, whatever a recording holds of the folder.
    for name in ["libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"] {
        if !all.iter().any(|(known, _)| known == name) {
            all.push((name.to_owned(), format!("/lib/x86_64-linux-gnu/{name}")));
        }
    }
    all.sort_by(|one, other| other.cmp(one));
    all
}

fn ldconfig(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let known = ["-p", "--print-cache", "-v", "--verbose", "-N", "-X"];
    if let Some(word) = words
        .iter()
        .find(|word| word.starts_with('-') && !known.contains(&word.as_str()))
    {
        let word = crate::visible::visible(word);
        call.error(format!("ldconfig: unrecognized option '{word}'\nTry `ldconfig --help' or `ldconfig --usage' for more information."));
        return 64;
    }
    if words
        .iter()
        .any(|word| word == "-p" || word == "--print-cache")
    {
        let all = libraries(call);
        call.line(format!(
            "{} libs found in cache `/etc/ld.so.cache'",
            all.len()
        ));
        for (name, path) in all {
            if !call.line(format!("\t{name} (libc6,x86-64) => {path}")) {
                break;
            }
        }
        return 0;
    }
    if !call.is_root() {
        call.error(
            "ldconfig: Can't create temporary cache file /etc/ld.so.cache~: Permission denied",
        );
        return 1;
    }
    0
}

fn ldd(call: &mut Call<'_>) -> Exit {
    let files: Vec<String> = call
        .rest()
        .into_iter()
        .filter(|word| !word.starts_with('-'))
        .collect();
    if files.is_empty() {
        call.error("ldd: missing file arguments\nTry `ldd --help' for more information.");
        return 1;
    }
    let many = files.len() > 1;
    let mut exit = 0;
    for file in files {
        if many {
            call.line(format!("{file}:"));
        }
        let path = absolute(&call.process.cwd.clone(), &file);
        let Ok(node) = call.machine().tree.get(&path).cloned() else {
            call.error(format!("ldd: {file}: No such file or directory"));
            exit = 1;
            continue;
        };
        if !matches!(node.content, Content::Program(_) | Content::Untold(_)) {
            call.line("\tnot a dynamic executable");
            exit = 1;
            continue;
        }
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut needs: Vec<&str> = Vec::new();
        if name.starts_with("nvidia-smi") {
            needs.extend(["libpthread.so.0", "libm.so.6", "libdl.so.2"]);
        } else if name.starts_with("libcuda.so") {
            needs.extend(["libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"]);
        } else {
            needs.extend(["libstdc++.so.6", "libgcc_s.so.1"]);
        }
        needs.push("libc.so.6");
        call.line("\tlinux-vdso.so.1 (0x00007ffc7a5f2000)");
        for (at, need) in needs.iter().enumerate() {
            call.line(format!(
                "\t{need} => /lib/x86_64-linux-gnu/{need} (0x{:016x})",
                0x7f1c_2a00_0000_u64 + (at as u64) * 0x20_0000
            ));
        }
        call.line("\t/lib64/ld-linux-x86-64.so.2 (0x00007f1c2c400000)");
    }
    exit
}
