//! Packages that lie elsewhere and are linked into an environment: what was installed with `pip install -e` or
//! `python setup.py develop`, as torch is when it is built from its sources.

use crate::facts::{Facts, Known, Unknown};
use crate::machine::Unread;

impl Facts<'_> {
    /// The folders of the environment's packages with those that they link to, in the order in which Python looks.
    ///
    /// A file `*.pth` adds a folder a line: `easy-install.pth` of setuptools' old form, `__editable__.torch-2.12.0.pth` of
    /// the new one, `conda.pth` of `conda develop`. Where an editable torch has a finder in place of a folder, the finder
    /// names torch's own folder.
    pub(super) fn sites_and_linked(&self) -> Known<Vec<String>> {
        let mut all = self.sites()?;
        let mut linked = Vec::new();
        for site in &all {
            for name in self.dir(site).unwrap_or_default() {
                let is_editable = name.starts_with("__editable__") && name.contains("torch");
                let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
                if !(is_editable || matches!(&*name, "easy-install.pth" | "conda.pth")) {
                    continue;
                }
                let path = format!("{site}/{name}");
                let text = match self.text(&path) {
                    Ok(text) => text,
                    Err(Unread::NotFound) => continue,
                    Err(why) => return Err(Unknown::unread(path, why)),
                };
                match extension {
                    "pth" => linked.extend(folders(&text)),
                    "py" => linked.extend(found_by_finder(&text)),
                    _ => {}
                }
            }
        }
        all.extend(linked);
        Ok(all)
    }
}

/// The folders that a file `*.pth` adds. Other lines are comments, or code to run.
fn folders(pth: &str) -> impl Iterator<Item = String> {
    pth.lines()
        .map(|line| line.trim().replace('\\', "/"))
        .filter(|line| line.starts_with('/') || line.get(1..3) == Some(":/"))
        .map(|line| line.trim_end_matches('/').to_owned())
        .take(MOST_LINES)
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
        let text = "# a comment\nimport sys; sys.path.append('/x')\n/src/pytorch\n../relative\n\nC:\\src\\pytorch\n";
        assert_eq!(
            folders(text).collect::<Vec<_>>(),
            ["/src/pytorch", "C:/src/pytorch"]
        );
    }

    #[test]
    fn a_finder_names_the_folder_of_torch() {
        let text = "MAPPING: dict[str, str] = {'functorch': '/src/pytorch/functorch', 'torch': '/src/pytorch/torch'}\n";
        assert_eq!(found_by_finder(text).as_deref(), Some("/src/pytorch"));
        assert_eq!(found_by_finder("MAPPING = {}"), None);
    }
}
