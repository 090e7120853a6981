//! NVIDIA's own apt source: where it is named, and whether apt knows the key that signs it.

use super::system::has_ending;
use super::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};

/// NVIDIA's CUDA repository, as a file of apt's names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NvidiaSource {
    /// `/etc/apt/sources.list.d/cuda-ubuntu2404-x86_64.list`
    pub file: String,
    /// `https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64`, without a slash at the end.
    pub address: String,
    /// The file with the key that the entry names itself, `[signed-by=…]`; `None` where it counts on apt's own.
    pub signed_by: Option<String>,
}

/// The package that brings the key that NVIDIA signs with since 2022.
const KEYRING: &str = "cuda-keyring";

const LIST: &str = "/etc/apt/sources.list";
const FOLDER: &str = "/etc/apt/sources.list.d";
const REPOSITORY: &str = "developer.download.nvidia.com/compute/cuda/repos/";

/// Addresses of other sources may hold passwords, and a recording is shown to others: only these lines are read.
const LINES: Select = Select::Lines(&["developer.download.nvidia.com", "Signed-By:", "Enabled:"]);

/// The end of 2022, the year in which NVIDIA changed the key, in seconds since 1970.
const KEY_CHANGED: i64 = 1_672_531_200;

impl Facts<'_> {
    /// The entries for NVIDIA's CUDA repository in apt's lists of sources; those that are switched off are left out.
    pub fn nvidia_sources(&self) -> Known<Vec<NvidiaSource>> {
        let mut files = vec![LIST.to_owned()];
        files.extend(
            self.dir_or_empty(FOLDER)?
                .into_iter()
                .filter(|name| has_ending(name, "list") || has_ending(name, "sources"))
                .map(|name| format!("{FOLDER}/{name}")),
        );
        let mut sources = Vec::new();
        for file in files {
            match self.excerpt(&file, LINES) {
                Ok(text) if has_ending(&file, "sources") => sources.extend(stanza(&file, &text)),
                Ok(text) => sources.extend(text.lines().filter_map(|line| entry(&file, line))),
                Err(Unread::NotFound) => {}
                Err(why) => return Err(Unknown::unread(file, why)),
            }
        }
        Ok(sources)
    }

    /// Whether apt can check what NVIDIA's source sends: by the package `cuda-keyring`, by a file that the entry
    /// names, or since it has accepted a list that was signed after the key was changed.
    pub fn key_is_known(&self, source: &NvidiaSource) -> Known<Option<String>> {
        let packages = self.packages().as_ref().map_err(Clone::clone)?;
        if let Some(keyring) = packages
            .iter()
            .find(|package| package.name == KEYRING && package.is_installed())
        {
            return Ok(Some(format!("{KEYRING} {}", keyring.version)));
        }
        if let Some(file) = &source.signed_by
            && self.exists(file)?
        {
            return Ok(Some(file.clone()));
        }
        let list = accepted_list(&source.address);
        match self.stat(&list) {
            Ok(stat) if stat.mtime.is_some_and(|mtime| mtime > KEY_CHANGED) => Ok(Some(list)),
            Ok(_) | Err(Unread::NotFound) => Ok(None),
            Err(why) => Err(Unknown::unread(list, why)),
        }
    }
}

/// Where apt keeps a source's list once it has checked its signature.
fn accepted_list(address: &str) -> String {
    let name = address
        .split_once("://")
        .map_or(address, |(_, rest)| rest)
        .replace('_', "%5f")
        .replace('/', "_");
    format!("/var/lib/apt/lists/{name}_InRelease")
}

/// `deb [signed-by=/usr/share/keyrings/x.gpg] https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64/ /`
fn entry(file: &str, line: &str) -> Option<NvidiaSource> {
    let mut words = line.split_whitespace();
    if words.next() != Some("deb") {
        return None;
    }
    let mut signed_by = None;
    for word in words {
        let option = word.trim_start_matches('[').trim_end_matches(']');
        if let Some(key) = option.strip_prefix("signed-by=") {
            signed_by = Some(key.to_owned());
        }
        if word.contains(REPOSITORY) {
            return Some(source(file, word, signed_by));
        }
    }
    None
}

/// The same as a paragraph of fields, `URIs:`, `Signed-By:`, `Enabled:`.
fn stanza(file: &str, text: &str) -> Option<NvidiaSource> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .map(str::trim)
    };
    if field("Enabled:") == Some("no") {
        return None;
    }
    let address = field("URIs:")?
        .split_whitespace()
        .find(|word| word.contains(REPOSITORY))?;
    Some(source(
        file,
        address,
        field("Signed-By:").map(str::to_owned),
    ))
}

fn source(file: &str, address: &str, signed_by: Option<String>) -> NvidiaSource {
    NvidiaSource {
        file: file.to_owned(),
        address: address.trim_end_matches('/').to_owned(),
        signed_by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_in_both_forms() {
        let address = "https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64";
        let key = |source: Option<NvidiaSource>| {
            source.map(|source| (source.address == address, source.signed_by))
        };
        assert_eq!(
            key(entry("f", &format!("deb {address}/ /"))),
            Some((true, None))
        );
        assert_eq!(
            key(entry(
                "f",
                &format!("deb [arch=amd64 signed-by=/k.gpg] {address} /")
            )),
            Some((true, Some("/k.gpg".to_owned())))
        );
        for line in [
            "",
            "# deb https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2404/x86_64 /",
            "deb http://archive.ubuntu.com/ubuntu noble main",
        ] {
            assert_eq!(entry("f", line), None);
        }
        assert_eq!(
            key(stanza(
                "f",
                &format!("URIs: {address}/\nSigned-By: /k.gpg\n")
            )),
            Some((true, Some("/k.gpg".to_owned())))
        );
        assert_eq!(
            stanza("f", &format!("Enabled: no\nURIs: {address}/\n")),
            None
        );
        assert_eq!(
            accepted_list(address),
            "/var/lib/apt/lists/developer.download.nvidia.com_compute_cuda_repos_ubuntu2404_x86%5f64_InRelease"
        );
    }
}
