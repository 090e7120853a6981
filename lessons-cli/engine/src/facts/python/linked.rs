//! Packages that lie elsewhere and are linked into an environment: what was installed with `pip install -e` or
//! `python setup.py develop`, as torch is when it is built from its sources.

use crate::facts::{Facts, Known, Unknown};
use crate::machine::Unread;

impl Facts<'_> {
    /// The folders of the environment's packages with those that they link to, in the order in which Python looks; and
    /// the first link that could not be read, behind which there may be more.
    ///
    /// A file `*.pth` adds a folder a line: `easy-install.pth` of setuptools' old form, `__editable__.torch-2.12.0.pth` of
    /// the new one, `conda.pth` of `conda develop`, and what people write by hand. Where an editable torch has a finder in
    /// place of a folder, the finder names torch's own folder.
    pub(super) fn sites_and_linked(&self) -> Known<(Vec<String>, Option<Unknown>)> {
        let mut all = self.sites()?;
        let mut linked = Vec::new();
        let mut unread = None;
        for site in &all {
            for name in self.dir(site).unwrap_or_default() {
                let is_finder = name.starts_with("__editable__") && name.contains("torch");
                let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
                let links = extension == "pth" && !OF_TOOLS.contains(&&*name);
                if !(links || is_finder && extension == "py") {
                    continue;
                }
                let path = format!("{site}/{name}");
                match self.text(&path) {
                    Ok(text) if links => linked.extend(folders(site, &text)),
                    Ok(text) => linked.extend(found_by_finder(&text)),
                    Err(Unread::NotFound) => {}
                    Err(why) => {
                        unread.get_or_insert_with(|| Unknown::unread(path, why));
                    }
                }
            }
        }
        all.extend(linked);
        Ok((all, unread))
    }
}

/// What virtualenv, uv and setuptools put into an environment. They add no folder, only code of their own.
const OF_TOOLS: [&str; 2] = ["_virtualenv.pth", "distutils-precedence.pth"];

/// The folders that a file `*.pth` in a folder of packages adds. Other lines are comments, or code to run
/// (<https://docs.python.org/3/library/site.html>).
fn folders(site: &str, pth: &str) -> impl Iterator<Item = String> {
    pth.lines()
        .map(|line| line.trim_end().replace('\\', "/"))
        .filter(|line| {
            let is_code = line.starts_with("import ") || line.starts_with("import\t");
            !is_code && !line.starts_with('#') && !line.trim().is_empty()
        })
        .filter_map(move |line| whole(site, &line))
        .take(MOST_LINES)
}

/// A folder as a whole path; one that is none is meant from the folder of packages on.
fn whole(site: &str, line: &str) -> Option<String> {
    let path = if line.starts_with('/') || line.get(1..3) == Some(":/") {
        line.to_owned()
    } else {
        format!("{site}/{line}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." if !parts.is_empty() => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder above torch's own, of `MAPPING: dict[str, str] = {'torch': '/src/pytorch/torch', …}`.
fn found_by_finder(finder: &str) -> Option<String> {
    let (_, rest) = finder.split_once("'torch': '")?;
    let (folder, _) = rest.split_once('\'')?;
    let folder = folder.replace("\\\\", "/");
    folder.strip_suffix("/torch").map(str::to_owned)
}

/// How many lines of a `*.pth` are looked at.
const MOST_LINES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pth_adds_its_folders_and_runs_nothing() {
        let text = "# a comment\nimport sys; sys.path.append('/x')\n/src/pytorch/\n../../relative\n./vendored\n\nC:\\src\\pytorch\nimportant\n/../../..\n";
        assert_eq!(
            folders("/v/lib/site", text).collect::<Vec<_>>(),
            [
                "/src/pytorch",
                "/v/relative",
                "/v/lib/site/vendored",
                "C:/src/pytorch",
                "/v/lib/site/important"
            ]
        );
    }

    #[test]
    fn a_finder_names_the_folder_of_torch() {
        let text = "MAPPING: dict[str, str] = {'functorch': '/src/pytorch/functorch', 'torch': '/src/pytorch/torch'}\n";
        assert_eq!(found_by_finder(text).as_deref(), Some("/src/pytorch"));
        assert_eq!(found_by_finder("MAPPING = {}"), None);
    }
}
