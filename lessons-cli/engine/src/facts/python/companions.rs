//! torchvision, torchaudio and torchtext as they are installed.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use super::distributions::{Distribution, distribution};
use super::torch::{Assigned, assigned, local_tag};
use crate::facts::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};
use crate::requirement::{Interpreter, Requirement};
use crate::tables::Platform;
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
                Some(self.companion(package, &self.imported(package, distribution)))
            })
            .collect())
    }

    /// Of several records of a package that lie side by side, as a broken upgrade leaves them, the one that tells of the
    /// package that Python imports.
    fn imported(&self, package: Package, first: &Distribution) -> Distribution {
        let names = self.dir(&first.site).unwrap_or_default();
        let records: Vec<Distribution> = names
            .iter()
            .filter_map(|name| distribution(&first.site, name))
            .filter(|record| record.name == first.name)
            .collect();
        if records.len() < 2 {
            return first.clone();
        }
        let text = self.text(&format!("{}/{package}/version.py", first.site));
        let imported = text.ok().as_deref().and_then(version_of);
        records
            .into_iter()
            .find(|record| {
                let public = record.version.clone().without_local();
                imported.clone().map(Version::without_local) == Some(public)
            })
            .unwrap_or_else(|| first.clone())
    }

    /// What markers ask of the environment's Python.
    fn interpreter(&self) -> Interpreter {
        let platform = self.platform();
        Interpreter {
            python: match self.environment() {
                Ok(Some(environment)) => environment.python.clone().ok(),
                Ok(None) | Err(_) => None,
            },
            platform: match (platform.os.parse(), platform.arch.parse()) {
                (Ok(os), Ok(arch)) => Some(Platform::new(os, arch)),
                _ => None,
            },
        }
    }

    fn companion(&self, package: Package, distribution: &Distribution) -> InstalledCompanion {
        let metadata = distribution.metadata();
        let requires_torch = match self.excerpt(&metadata, Select::Lines(&["Requires-Dist:"])) {
            Ok(text) => required_torch(&text, &self.interpreter())
                .map_err(|()| Unknown::not_understood(&metadata)),
            // An old form of record has no such file.
            Err(Unread::NotFound) => Ok(None),
            Err(why) => Err(Unknown::unread(&metadata, why)),
        };
        let version_file = format!("{}/{package}/version.py", distribution.site);
        let build = match local_tag(&distribution.version) {
            Some(tag) => Ok(Some(tag)),
            None => match self.text(&version_file) {
                Ok(text) => Ok(version_of(&text).and_then(|version| local_tag(&version))),
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

/// The version that a `version.py` names.
fn version_of(text: &str) -> Option<Version> {
    let version = assigned(text, "__version__").and_then(Assigned::text)?;
    Version::from_str(&version).ok()
}

/// The torch that a package's metadata asks for in a Python: all lines about torch that count there, together. An error
/// where such a line cannot be read, or where what it rests on is not known.
fn required_torch(metadata: &str, python: &Interpreter) -> Result<Option<VersionSpecifiers>, ()> {
    let mut asked: Option<Vec<VersionSpecifier>> = None;
    for requirement in Requirement::of_metadata(metadata, "torch").map_err(|_| ())? {
        if requirement.counts(python).ok_or(())? {
            let versions = requirement.versions().ok_or(())?;
            asked
                .get_or_insert_default()
                .extend(versions.iter().cloned());
        }
    }
    Ok(asked.map(VersionSpecifiers::from_iter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{Arch, Os};
    use crate::version::PythonVersion;

    #[test]
    fn only_what_counts_for_the_python_is_asked_for() {
        let python = Interpreter {
            python: Some(PythonVersion::new(3, 11)),
            platform: Some(Platform::new(Os::Linux, Arch::X86_64)),
        };
        let read =
            |text| required_torch(text, &python).map(|found| found.map(|found| found.to_string()));
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
            (
                "Requires-Dist: torch ==2.2.2 ; platform_machine == 'x86_64' and sys_platform == 'darwin'\n\
                 Requires-Dist: torch ==2.8.0 ; platform_machine != 'x86_64' or sys_platform != 'darwin'\n",
                Some("==2.8.0"),
            ),
            (
                "Requires-Dist: torch >=2.0\nRequires-Dist: torch <2.9 ; python_version < '3.12'\n",
                Some(">=2.0, <2.9"),
            ),
            ("Requires-Dist: torch <2 ; python_version < '3.9'\n", None),
            ("Requires-Dist: torch ; extra == 'x'\n", None),
            ("Requires-Dist: torch[opt-einsum] >=2\n", Some(">=2")),
            (
                "Requires-Dist: torch @ https://x.example/torch-2.8.0+cu126-cp311-cp311-linux_x86_64.whl\n",
                Some("==2.8.0+cu126"),
            ),
            ("Requires-Dist: torch\n", Some("")),
            ("", None),
        ] {
            assert_eq!(read(text), Ok(found.map(str::to_owned)), "{text}");
        }
        for text in [
            "Requires-Dist: torch (two)\n",
            "Requires-Dist: torch @ git+https://github.com/pytorch/pytorch\n",
            "Requires-Dist: torch ==2.8.0 ; python_full_version > '3.11.4'\n",
        ] {
            assert_eq!(read(text), Err(()), "{text}");
        }
    }
}
