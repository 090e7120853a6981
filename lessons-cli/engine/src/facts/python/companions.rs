//! torchvision, torchaudio and torchtext as they are installed.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::distributions::{Distribution, normalised};
use super::torch::{Assigned, assigned, local_tag};
use crate::facts::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};
use crate::tables::torch_matrix::Package;
use crate::version::BuildTag;

/// An installed companion of torch.
#[derive(Debug, Clone)]
pub struct InstalledCompanion {
    /// Which.
    pub package: Package,
    /// Its version.
    pub version: Version,
    /// What it was built for; `None` where neither its version nor its `version.py` says.
    pub build: Known<Option<BuildTag>>,
    /// The torch that it requires; `None` where it requires none.
    pub requires_torch: Known<Option<VersionSpecifiers>>,
    /// The file that says what it requires.
    pub metadata: String,
    /// The file that says what it was built for.
    pub version_file: String,
}

impl Facts<'_> {
    /// The companions that are installed in the environment.
    pub fn companions(&self) -> Known<Vec<InstalledCompanion>> {
        let distributions = self.distributions().as_ref().map_err(Clone::clone)?;
        Ok(distributions
            .iter()
            .filter_map(|distribution| {
                let package = distribution.name.parse().ok()?;
                Some(self.companion(package, distribution))
            })
            .collect())
    }

    fn companion(&self, package: Package, distribution: &Distribution) -> InstalledCompanion {
        let metadata = distribution.metadata();
        let requires_torch = match self.excerpt(&metadata, Select::Lines(&["Requires-Dist: torch"]))
        {
            Ok(text) => required_torch(&text).map_err(|()| Unknown::not_understood(&metadata)),
            // An old form of record has no such file.
            Err(Unread::NotFound) => Ok(None),
            Err(why) => Err(Unknown::unread(&metadata, why)),
        };
        let version_file = format!("{}/{package}/version.py", distribution.site);
        let build = match local_tag(&distribution.version) {
            Some(tag) => Ok(Some(tag)),
            None => match self.text(&version_file) {
                Ok(text) => Ok(assigned(&text, "__version__")
                    .and_then(Assigned::text)
                    .and_then(|version| Version::from_str(&version).ok())
                    .and_then(|version| local_tag(&version))),
                Err(Unread::NotFound) => Ok(None),
                Err(why) => Err(Unknown::unread(&version_file, why)),
            },
        };
        InstalledCompanion {
            package,
            version: distribution.version.clone(),
            build,
            requires_torch,
            metadata,
            version_file,
        }
    }
}

/// The torch in `Requires-Dist: torch==2.8.0`, `Requires-Dist: torch (>=2.14.0)`. A line with a marker for an extra
/// asks for nothing by itself. An error where a line about torch cannot be read.
fn required_torch(lines: &str) -> Result<Option<VersionSpecifiers>, ()> {
    for line in lines.lines() {
        let Some(requirement) = line.trim().strip_prefix("Requires-Dist:") else {
            continue;
        };
        let (requirement, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
        let requirement = requirement.trim();
        let end = requirement
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(requirement.len());
        let (name, specifiers) = requirement.split_at(end);
        if normalised(name) != "torch" || marker.contains("extra") {
            continue;
        }
        let specifiers = specifiers
            .trim()
            .trim_start_matches('(')
            .trim_end_matches(')');
        return VersionSpecifiers::from_str(specifiers)
            .map(Some)
            .map_err(|_| ());
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requirements_are_read_in_both_forms() {
        let read = |text| required_torch(text).map(|found| found.map(|found| found.to_string()));
        for (text, found) in [
            ("Requires-Dist: torch (>=2.14.0)\n", Some(">=2.14.0")),
            ("Requires-Dist: torch==2.8.0\n", Some("==2.8.0")),
            (
                "Requires-Dist: torchdata\nRequires-Dist: torch >=2.3.0\n",
                Some(">=2.3.0"),
            ),
            (
                "Requires-Dist: Torch ==2.8.0 ; python_version > '3.8'\n",
                Some("==2.8.0"),
            ),
            ("Requires-Dist: torch ; extra == 'x'\n", None),
            ("Requires-Dist: torch\n", Some("")),
            ("", None),
        ] {
            assert_eq!(read(text), Ok(found.map(str::to_owned)), "{text}");
        }
        assert_eq!(read("Requires-Dist: torch (two)\n"), Err(()));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = required_torch(&text);
            let _ = required_torch(&format!("Requires-Dist: torch{text}"));
        }
    }
}
