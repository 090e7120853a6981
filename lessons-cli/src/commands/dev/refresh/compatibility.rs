//! The table in a package's description that tells which torch each of its releases works with, as torchcodec has one,
//! whose metadata asks for no torch.
//!
//! ```text
//! | `torchcodec`       | `torch`            | Python              |
//! | ------------------ | ------------------ | ------------------- |
//! | `main` / `nightly` | `main` / `nightly` | `>=3.10`, `<=3.14`  |
//! | `0.16`             | `>=2.11`           | `>=3.10`, `<=3.14`  |
//! | `0.11`             | `2.11`             | `>=3.10`, `<=3.14`  |
//! | `0.0.3`            | `2.4`              | `>=3.8`, `<=3.12`   |
//! ```

use pep440_rs::{Operator, Version, VersionSpecifiers};

/// What such a table says: a release, or a series of them, and the torch that it works with.
#[derive(Debug, Default)]
pub(super) struct Compatibility(Vec<(Version, VersionSpecifiers)>);

impl Compatibility {
    /// Reads the tables of a description that have a column for the project and one for torch; what a row says in other
    /// words than versions is passed over.
    pub(super) fn read(project: &str, description: &str) -> Self {
        let mut rows = Vec::new();
        let mut columns: Option<(usize, usize)> = None;
        for line in description.lines() {
            let Some(cells) = cells(line) else {
                columns = None;
                continue;
            };
            let column = |name: &str| cells.iter().position(|cell| cell == name);
            if let Some(found) = column(project).zip(column("torch")) {
                columns = Some(found);
                continue;
            }
            let row = columns.and_then(|(own, torch)| {
                let version = cells.get(own)?.parse().ok()?;
                Some((version, range(cells.get(torch)?)?))
            });
            rows.extend(row);
        }
        Self(rows)
    }

    /// Whether no such table is there.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The torch that a release works with: what is said of it, or else of its series.
    pub(super) fn of(&self, version: &Version) -> Option<&VersionSpecifiers> {
        let is_of = |series: &Version| {
            let mut own = version.release().iter().chain(std::iter::repeat(&0));
            series.release().iter().all(|part| own.next() == Some(part))
        };
        self.0
            .iter()
            .filter(|(series, _)| is_of(series))
            .max_by_key(|(series, _)| series.release().len())
            .map(|(_, torch)| torch)
    }

    /// The newest release that is named, and the torch that it works with, where no newer torch is shut out: the
    /// table's makers write their next release into it only after it is out.
    pub(super) fn newest_open(&self) -> Option<&(Version, VersionSpecifiers)> {
        let newest = self.0.iter().max_by(|one, other| one.0.cmp(&other.0))?;
        newest
            .1
            .iter()
            .all(|one| *one.operator() == Operator::GreaterThanEqual)
            .then_some(newest)
    }
}

/// The cells of a row of a Markdown table, without the marks of code.
fn cells(line: &str) -> Option<Vec<String>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cell = |cell: &str| cell.replace('`', "").trim().to_owned();
    Some(inside.split('|').map(cell).collect())
}

/// `2.11` means all of its releases.
fn range(text: &str) -> Option<VersionSpecifiers> {
    match text.parse::<Version>() {
        Ok(version) if version.release().len() < 3 => format!("=={version}.*").parse().ok(),
        Ok(version) => format!("=={version}").parse().ok(),
        Err(_) => text
            .parse()
            .ok()
            .filter(|range: &VersionSpecifiers| !range.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTION: &str = "| torch | Python |\n| --- | --- |\n| 1.0 | 3 |\n\n\
        | `torchcodec` | `torch` | Python |\n| --- | --- | --- |\n| `main` / `nightly` | `main` | `>=3.10` |\n\
        | `0.16` | `>=2.11` | `>=3.10`, `<=3.14` |\n\n<details>\n\n\
        | `torchcodec` | `torch` | Python |\n| --- | --- | --- |\n\
        | `0.12` | `>=2.11`, `<2.14` | x |\n| `0.1` | `2.5` | x |\n| `0.1.9` | `2.5.1` | x |\n| 0.0.3 | 2.4 | x |\n| `0.2` | |\n";

    #[test]
    fn a_release_goes_by_its_own_row_or_its_series() {
        let table = Compatibility::read("torchcodec", DESCRIPTION);
        let of = |version: &str| table.of(&version.parse().unwrap()).map(ToString::to_string);
        for (version, torch) in [
            ("0.16.0", Some(">=2.11")),
            ("0.16", Some(">=2.11")),
            ("0.12.3", Some(">=2.11, <2.14")),
            ("0.1.1", Some("==2.5.*")),
            ("0.1.9", Some("==2.5.1")),
            ("0.10.0", None),
            ("0.0.3", Some("==2.4.*")),
            ("0.0.4", None),
            ("0.17.0", None),
            ("0.2.0", None),
            ("1.0", None),
        ] {
            assert_eq!(of(version).as_deref(), torch, "{version}");
        }
        let (newest, torch) = table.newest_open().unwrap();
        assert_eq!(
            (newest.to_string(), torch.to_string()),
            ("0.16".into(), ">=2.11".into())
        );
        assert!(
            Compatibility::read("torchaudio", DESCRIPTION)
                .newest_open()
                .is_none()
        );
        let closed = Compatibility::read("x", "| x | torch |\n| 3 | 2.9 |\n| 2 | >=2 |\n");
        assert!(closed.newest_open().is_none());
        assert!(closed.of(&"3.1".parse().unwrap()).is_some());
    }
}
