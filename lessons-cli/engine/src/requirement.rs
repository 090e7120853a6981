//! What a Python package asks for: `Requires-Dist` lines by PEP 508, with the markers that say where they count.
//!
//! ```text
//! torch==2.8.0
//! torch (>=2.14.0)
//! torch[opt-einsum]>=2.0,<3 ; sys_platform == "linux" and python_version >= "3.9"
//! torch @ https://download.pytorch.org/whl/cu126/torch-2.8.0%2Bcu126-cp312-cp312-linux_x86_64.whl ; extra == "gpu"
//! ```

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

mod marker;

pub use marker::{Interpreter, Marker};

use crate::facts::python::normalised;
use crate::read::wheel;

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The project, as PEP 503 compares names.
    pub name: String,
    /// Its extras, normalised in the same way.
    pub extras: Vec<String>,
    /// Which of it.
    pub which: Which,
    /// Where the requirement counts; everywhere where there is none.
    pub marker: Option<Marker>,
}

/// Which release of a project is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// One of these; any where there is no condition.
    Versions(VersionSpecifiers),
    /// The one at this address.
    Url(String),
}

/// A text that is no requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no requirement by PEP 508")]
pub struct NoRequirement;

/// No requirement is longer: markers of real packages stay below a thousandth of it.
const MOST_CHARACTERS: usize = 100_000;

impl Requirement {
    /// Whether the requirement counts for a Python without any of the extras of the package that has it; `None` where
    /// its marker asks for something that is not known.
    pub fn counts(&self, python: &Interpreter) -> Option<bool> {
        self.counts_with(python, &[])
    }

    /// Whether it counts where these extras of the package are asked for.
    pub fn counts_with(&self, python: &Interpreter, extras: &[&str]) -> Option<bool> {
        match &self.marker {
            None => Some(true),
            Some(marker) => marker.holds(python, extras),
        }
    }

    /// The versions that it accepts; of an address, the version in its wheel's name. `None` where an address has none.
    pub fn versions(&self) -> Option<VersionSpecifiers> {
        match &self.which {
            Which::Versions(versions) => Some(versions.clone()),
            Which::Url(url) => {
                let version = version_at(url)?;
                Some(VersionSpecifiers::from_iter([
                    VersionSpecifier::equals_version(version),
                ]))
            }
        }
    }

    /// Reads the lines `Requires-Dist: …` of a package's metadata that are about one project. An error where one of
    /// them cannot be read.
    pub fn of_metadata(metadata: &str, project: &str) -> Result<Vec<Self>, NoRequirement> {
        let mut found = Vec::new();
        for line in metadata.lines() {
            let Some((field, value)) = line.trim().split_once(':') else {
                continue;
            };
            if !field.eq_ignore_ascii_case("Requires-Dist") {
                continue;
            }
            let (name, _) = split_name(value.trim());
            if normalised(name) == project {
                found.push(value.parse()?);
            }
        }
        Ok(found)
    }
}

impl FromStr for Requirement {
    type Err = NoRequirement;

    fn from_str(text: &str) -> Result<Self, NoRequirement> {
        if text.len() > MOST_CHARACTERS {
            return Err(NoRequirement);
        }
        let (name, rest) = split_name(text.trim());
        let ends_well = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if !ends_well(name.chars().next()) || !ends_well(name.chars().next_back()) {
            return Err(NoRequirement);
        }
        let (extras, rest) = split_extras(rest.trim_start())?;
        let rest = rest.trim_start();
        let (which, marker) = if let Some(rest) = rest.strip_prefix('@') {
            // An address may hold semicolons: only one behind a blank ends it.
            let rest = rest.trim_start();
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (url, rest) = rest.split_at(end);
            if url.is_empty() {
                return Err(NoRequirement);
            }
            let marker = match rest.trim() {
                "" => None,
                rest => Some(rest.strip_prefix(';').ok_or(NoRequirement)?),
            };
            (Which::Url(url.to_owned()), marker)
        } else {
            let (versions, marker) = match rest.split_once(';') {
                Some((versions, marker)) => (versions, Some(marker)),
                None => (rest, None),
            };
            let versions = versions.trim();
            let versions = match versions.strip_prefix('(') {
                Some(inside) => inside.strip_suffix(')').ok_or(NoRequirement)?,
                None => versions,
            };
            let versions = VersionSpecifiers::from_str(versions).map_err(|_| NoRequirement)?;
            (Which::Versions(versions), marker)
        };
        Ok(Self {
            name: normalised(name),
            extras,
            which,
            marker: marker.map(Marker::from_str).transpose()?,
        })
    }
}

/// The name at the start of a requirement, and what follows it.
fn split_name(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len());
    text.split_at(end)
}

fn split_extras(text: &str) -> Result<(Vec<String>, &str), NoRequirement> {
    let Some(inside) = text.strip_prefix('[') else {
        return Ok((Vec::new(), text));
    };
    let (inside, rest) = inside.split_once(']').ok_or(NoRequirement)?;
    if inside.trim().is_empty() {
        return Ok((Vec::new(), rest));
    }
    let extras = inside
        .split(',')
        .map(|extra| {
            let extra = extra.trim();
            match split_name(extra) {
                (name, "") if !name.is_empty() => Ok(normalised(name)),
                _ => Err(NoRequirement),
            }
        })
        .collect::<Result<_, _>>()?;
    Ok((extras, rest))
}

/// The version in the name of the wheel at an address.
fn version_at(url: &str) -> Option<Version> {
    let path = url.split(['#', '?']).next()?;
    let file = path.rsplit('/').next()?;
    let file = file.replace("%2B", "+").replace("%2b", "+");
    wheel::parse(&file).ok()?.pep440()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<(String, Vec<String>, String, bool), NoRequirement> {
        let requirement: Requirement = text.parse()?;
        let which = match requirement.which {
            Which::Versions(versions) => versions.to_string(),
            Which::Url(url) => format!("@ {url}"),
        };
        let marker = requirement.marker.is_some();
        Ok((requirement.name, requirement.extras, which, marker))
    }

    /// The forms of PEP 508's own examples, and of packages on `PyPI`.
    #[test]
    fn requirements_are_read_in_all_their_forms() {
        for (text, name, extras, which, marker) in [
            ("A", "a", &[][..], "", false),
            ("A.B-C_D", "a-b-c-d", &[], "", false),
            ("aa", "aa", &[], "", false),
            ("name", "name", &[], "", false),
            ("name<=1", "name", &[], "<=1", false),
            ("name>=3", "name", &[], ">=3", false),
            ("name>=3,<2", "name", &[], "<2, >=3", false),
            (
                "name@http://foo.com",
                "name",
                &[],
                "@ http://foo.com",
                false,
            ),
            (
                "name [fred,bar] @ http://foo.com ; python_version=='2.7'",
                "name",
                &["fred", "bar"],
                "@ http://foo.com",
                true,
            ),
            (
                "name[quux, strange];python_version<'2.7' and platform_version=='2'",
                "name",
                &["quux", "strange"],
                "",
                true,
            ),
            ("name; os_name=='a' or os_name=='b'", "name", &[], "", true),
            (
                "requests [security,tests] >= 2.8.1, == 2.8.* ; python_version < \"2.7\"",
                "requests",
                &["security", "tests"],
                "==2.8.*, >=2.8.1",
                true,
            ),
            (
                "pip @ file:///localbuilds/pip-1.3.1.zip",
                "pip",
                &[],
                "@ file:///localbuilds/pip-1.3.1.zip",
                false,
            ),
            (
                "pip @ https://x.example/p;a=b",
                "pip",
                &[],
                "@ https://x.example/p;a=b",
                false,
            ),
            ("torch (>=2.14.0)", "torch", &[], ">=2.14.0", false),
            ("torch ==2.8.0", "torch", &[], "==2.8.0", false),
            ("Torch[]~=2.8", "torch", &[], "~=2.8", false),
            (
                "torch (==2.8.0+cu128)",
                "torch",
                &[],
                "==2.8.0+cu128",
                false,
            ),
            (" torch>=2 ; extra == 'x' ", "torch", &[], ">=2", true),
        ] {
            let extras: Vec<String> = extras.iter().map(|extra| (*extra).to_owned()).collect();
            assert_eq!(
                read(text),
                Ok((name.to_owned(), extras, which.to_owned(), marker)),
                "{text}"
            );
        }
        for text in [
            "",
            "-x",
            "x-",
            "torch (two)",
            "torch (>=2",
            "torch 2",
            "torch[",
            "torch[a b]",
            "torch[,]",
            "torch @",
            "torch @ https://x python_version > '3'",
            "torch;",
            "torch; ",
            "torch; python_version",
            "torch; banana == '1'",
            "ü>=1",
        ] {
            assert_eq!(read(text), Err(NoRequirement), "{text}");
        }
    }

    #[test]
    fn an_address_tells_its_version_by_its_wheel() {
        let versions = |text: &str| {
            let requirement: Requirement = text.parse().unwrap();
            requirement.versions().map(|found| found.to_string())
        };
        assert_eq!(
            versions("torch @ https://download.pytorch.org/whl/cu126/torch-2.8.0%2Bcu126-cp312-cp312-manylinux_2_28_x86_64.whl#sha256=ab").as_deref(),
            Some("==2.8.0+cu126")
        );
        assert_eq!(
            versions("torch @ git+https://github.com/pytorch/pytorch"),
            None
        );
        assert_eq!(versions("torch").as_deref(), Some(""));
    }

    #[test]
    fn metadata_names_what_it_asks_of_a_project() {
        let metadata = "Metadata-Version: 2.1\nName: x\nRequires-Dist: numpy\nRequires-Dist: torchdata\nrequires-dist: Torch ==2.8.0 ; python_version > '3.8'\n";
        let found = Requirement::of_metadata(metadata, "torch").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].versions().unwrap().to_string(), "==2.8.0");
        // What is not about the project may be as wrong as it likes.
        let metadata = "Requires-Dist: (((\nRequires-Dist: torch\n";
        assert_eq!(
            Requirement::of_metadata(metadata, "torch").unwrap().len(),
            1
        );
        assert!(Requirement::of_metadata("Requires-Dist: torch (two)", "torch").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), marker in "[ a-z_='\"<>!~()0-9.]{0,60}") {
            let _ = text.parse::<Requirement>();
            let _ = format!("torch{text}").parse::<Requirement>();
            if let Ok(requirement) = format!("torch; {marker}").parse::<Requirement>() {
                let _ = requirement.counts(&Interpreter::default());
            }
            let _ = Requirement::of_metadata(&format!("Requires-Dist: torch{text}"), "torch");
        }
    }
}
