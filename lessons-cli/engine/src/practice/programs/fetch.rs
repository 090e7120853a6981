//! wget and curl: the few files that the book fetches.

use super::runfile;
use super::{Program, not_played, python};
use crate::practice::packages::{CONTAINER_HOST, NVIDIA_HOST};
use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Node, absolute};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("wget", wget),
    Program::base("curl", curl),
    Program::base("gpg", gpg),
    Program::installed("git", git),
    Program::base("ping", ping),
];

const KNOWN: &str = "cuda-keyring_1.1-1_all.deb, cuda_…_linux.run, NVIDIA's container list and key, and uv's install.sh";

/// What an address leads to.
enum Found {
    File(Node),
    Text(String),
}

fn find(call: &mut Call<'_>, url: &str) -> Option<Found> {
    let plain = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = plain.split_once('/')?;
    let name = path.rsplit('/').next().unwrap_or_default();
    if host == NVIDIA_HOST {
        if name.starts_with("cuda-keyring_") && path.contains("/repos/ubuntu") {
            let release = call.machine().ubuntu().replace('.', "");
            return path
                .contains(&format!("/ubuntu{release}/"))
                .then(|| Found::File(Node::file(b"\x21<arch>\ncuda-keyring\n".to_vec())));
        }
        if runfile::contents(name).is_some() {
            return Some(Found::File(runfile::node(name)));
        }
        return None;
    }
    match (host, path) {
        (CONTAINER_HOST, "libnvidia-container/gpgkey") => Some(Found::Text(
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n(key)\n-----END PGP PUBLIC KEY BLOCK-----\n"
                .to_owned(),
        )),
        (CONTAINER_HOST, "libnvidia-container/stable/deb/nvidia-container-toolkit.list") => {
            Some(Found::Text(format!(
                "deb https://{CONTAINER_HOST}/libnvidia-container/stable/deb/$(ARCH) /\n"
            )))
        }
        ("astral.sh", "uv/install.sh") => {
            let program = "/usr/lib/practice/uv-installer";
            call.machine()
                .put_file(program, Node::program("uv-installer"));
            Some(Found::Text(format!(
                "#!/bin/sh\n# Installs uv into ~/.local/bin.\n{program}\n"
            )))
        }
        _ => None,
    }
}

fn host_of(url: &str) -> String {
    let plain = url.split_once("://").map_or(url, |(_, rest)| rest);
    plain.split('/').next().unwrap_or(plain).to_owned()
}

fn wget(call: &mut Call<'_>) -> Exit {
    let (mut urls, mut output, mut quiet) = (Vec::new(), None, false);
    let mut words = call.rest().into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-O" => output = words.next(),
            "-q" | "-nv" => quiet = true,
            "-qO-" | "-qO" => {
                quiet = true;
                output = if word.ends_with('-') {
                    Some("-".to_owned())
                } else {
                    words.next()
                };
            }
            "-c" | "--no-check-certificate" => {}
            _ if word.starts_with('-') => {
                return not_played(call, &word, "wget [-q] [-O FILE] URL");
            }
            _ => urls.push(word),
        }
    }
    if urls.is_empty() {
        call.error("wget: missing URL\nUsage: wget [OPTION]... [URL]...");
        return 1;
    }
    for url in urls {
        let host = host_of(&url);
        if !call.machine().state.network {
            call.error(format!("Resolving {host} ({host})... failed: Temporary failure in name resolution.\nwget: unable to resolve host address ‘{host}’"));
            return 4;
        }
        let Some(found) = find(call, &url) else {
            call.error(
                "HTTP request sent, awaiting response... 404 Not Found\nERROR 404: Not Found.",
            );
            return not_known(call, &url, 8);
        };
        let name = output
            .clone()
            .unwrap_or_else(|| url.rsplit('/').next().unwrap_or("index.html").to_owned());
        let node = match found {
            Found::Text(text) if name == "-" => {
                call.print(text);
                continue;
            }
            Found::Text(text) => Node::file(text),
            Found::File(node) => node,
        };
        if !save(call, &name, node) {
            call.error(format!(
                "{name}: Permission denied\n\nCannot write to ‘{name}’ (Success)."
            ));
            return 3;
        }
        if !quiet {
            call.error(format!("Resolving {host} ({host})... connected.\nHTTP request sent, awaiting response... 200 OK\nSaving to: ‘{name}’\n\n‘{name}’ saved"));
        }
    }
    0
}

fn save(call: &mut Call<'_>, name: &str, node: Node) -> bool {
    let path = absolute(&call.process.cwd.clone(), name);
    let size = node.size();
    if call.machine().disk_free() < size {
        call.error("No space left on device");
        return false;
    }
    call.wait(i64::try_from(size / 50_000_000).unwrap_or(0));
    python::owned(call, &path, node)
}

/// Practice machines have no internet: what is not known here is said.
fn not_known(call: &mut Call<'_>, url: &str, exit: Exit) -> Exit {
    not_played(call, url, KNOWN);
    exit
}

fn curl(call: &mut Call<'_>) -> Exit {
    let (mut urls, mut output, mut own_name, mut fail) = (Vec::new(), None, false, false);
    let mut words = call.rest().into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-o" | "--output" => output = words.next(),
            "-O" | "--remote-name" => own_name = true,
            "--proto" | "--tlsv1.2" | "-H" => {
                words.next();
            }
            _ if word.starts_with('-') && word[1..].chars().all(|c| "fsSLkOqI".contains(c)) => {
                own_name |= word.contains('O');
                fail |= word.contains('f');
            }
            _ if word.starts_with('-') => {
                return not_played(call, &word, "curl [-fsSL] [-o FILE | -O] URL");
            }
            _ => urls.push(word),
        }
    }
    if urls.is_empty() {
        call.error("curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information");
        return 2;
    }
    for url in urls {
        let host = host_of(&url);
        if !call.machine().state.network {
            call.error(format!("curl: (6) Could not resolve host: {host}"));
            return 6;
        }
        let Some(found) = find(call, &url) else {
            if fail {
                call.error("curl: (22) The requested URL returned error: 404");
            }
            return not_known(call, &url, 22);
        };
        let name = if own_name {
            url.rsplit('/').next().map(str::to_owned)
        } else {
            output.clone()
        };
        match (found, name) {
            (Found::Text(text), None) => {
                call.print(text);
            }
            (Found::File(_), None) => {
                call.error("Warning: Binary output can mess up your terminal. Use \"--output -\" to tell curl to output it to your terminal anyway, or consider \"--output <FILE>\" to save to a file.");
                return 23;
            }
            (Found::Text(text), Some(name)) => {
                if !save(call, &name, Node::file(text)) {
                    call.error("curl: (23) Failure writing output to destination");
                    return 23;
                }
            }
            (Found::File(node), Some(name)) => {
                if !save(call, &name, node) {
                    call.error("curl: (23) Failure writing output to destination");
                    return 23;
                }
            }
        }
    }
    0
}

/// git as far as a newcomer comes with it here: its version, and a copy that there is no network to fetch.
fn git(call: &mut Call<'_>) -> Exit {
    const PLAYED: &str = "git --version; practice machines hold no repositories";
    let words = call.rest();
    match words.first().map(String::as_str) {
        Some("--version" | "-v") => {
            call.line("git version 2.43.0");
            0
        }
        Some("clone") => {
            let Some(url) = words[1..].iter().find(|word| !word.starts_with('-')) else {
                call.error("fatal: You must specify a repository to clone.\n\nusage: git clone [<options>] [--] <repo> [<dir>]\n");
                return 129;
            };
            let url = crate::visible::visible(url);
            let host = host_of(&url);
            let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or("");
            let name = name.trim_end_matches(".git");
            if url.contains("://") && !call.machine().state.network {
                let url = url.trim_end_matches('/');
                call.error(format!("Cloning into '{name}'...\nfatal: unable to access '{url}/': Could not resolve host: {host}"));
                return 128;
            }
            not_played(call, &format!("git clone {url}"), PLAYED);
            128
        }
        Some("status" | "log" | "pull" | "diff" | "branch" | "checkout") => {
            call.error("fatal: not a git repository (or any of the parent directories): .git");
            128
        }
        _ => not_played(call, &words.join(" "), PLAYED),
    }
}

/// ping: whether a name is found and its host answers.
fn ping(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let mut count = 4_u32;
    let mut host = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-c" => {
                count = rest
                    .next()
                    .and_then(|number| number.parse().ok())
                    .unwrap_or(4)
                    .clamp(1, 20);
            }
            "-4" | "-6" | "-n" | "-q" => {}
            _ if word.starts_with("-c") => count = word[2..].parse().unwrap_or(4).clamp(1, 20),
            _ if word.starts_with('-') => {
                return not_played(call, word, "ping [-c COUNT] HOST");
            }
            _ => host = Some(crate::visible::visible(word).clone()),
        }
    }
    let Some(host) = host else {
        call.error("ping: usage error: Destination address required");
        return 1;
    };
    let is_number = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !call.machine().state.network {
        if is_number {
            call.error("ping: connect: Network is unreachable");
        } else {
            call.error(format!(
                "ping: {host}: Temporary failure in name resolution"
            ));
        }
        return 2;
    }
    let address = if is_number {
        host.as_str()
    } else {
        "192.0.2.10"
    };
    call.line(format!("PING {host} ({address}) 56(84) bytes of data."));
    for number in 1..=count {
        call.line(format!(
            "64 bytes from {address}: icmp_seq={number} ttl=56 time=11.4 ms"
        ));
    }
    call.line(format!(
        "\n--- {host} ping statistics ---\n{count} packets transmitted, {count} received, 0% packet loss, time {}ms\nrtt min/avg/max/mdev = 11.400/11.400/11.400/0.000 ms",
        (count - 1) * 1001
    ));
    0
}

/// gpg as the book uses it: a key out of its armour, into a file.
fn gpg(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let output = words
        .iter()
        .enumerate()
        .find_map(|(at, word)| match word.as_str() {
            "-o" | "--output" => words.get(at + 1).cloned(),
            _ => word.strip_prefix("--output=").map(str::to_owned),
        });
    let Some(output) = output.filter(|_| words.iter().any(|word| word == "--dearmor")) else {
        return not_played(call, &words.join(" "), "gpg --dearmor -o FILE");
    };
    let key = call.read_all();
    if !key.starts_with(b"-----BEGIN PGP") {
        call.error("gpg: no valid OpenPGP data found.");
        return 2;
    }
    if save(call, &output, Node::file(b"key\n".to_vec())) {
        0
    } else {
        call.error(format!("gpg: can't create '{output}': Permission denied\ngpg: dearmoring failed: Permission denied"));
        2
    }
}
