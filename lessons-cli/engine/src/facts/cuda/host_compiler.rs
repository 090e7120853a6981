//! The compiler that nvcc hands the processor's half of a program to.

use super::toolkits::Origin;
use crate::facts::{Facts, Known, Unknown};
use crate::machine::NotRun;
use crate::programs::GCC;
use crate::version::GccVersion;

/// The compiler that a setting chooses for nvcc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenCompiler {
    /// The variable that chooses it: `$NVCC_CCBIN`.
    pub source: String,
    /// What it names: `g++-12`, `/usr/bin/g++-12`, a folder.
    pub name: String,
    /// gcc or clang, where the name tells.
    pub family: Option<Family>,
    /// The major version in the name.
    pub major: Option<u32>,
}

/// The two families of host compilers on Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// gcc, g++.
    Gcc,
    /// clang, clang++.
    Clang,
}

impl Facts<'_> {
    /// The version of the `gcc` on `PATH`, by `gcc -dumpfullversion`; `None` where there is none.
    pub fn gcc_version(&self) -> Known<Option<GccVersion>> {
        match self.command(GCC) {
            Ok(output) => gcc_version(&output.stdout)
                .map(Some)
                .ok_or_else(|| Unknown::not_understood(GCC.join(" "))),
            Err(NotRun::NotFound) => Ok(None),
            Err(why) => Err(Unknown::not_run(GCC, why)),
        }
    }

    /// The compiler that `NVCC_CCBIN` chooses, or, in a conda environment, whose packages set them, an option
    /// `-ccbin` in `NVCC_PREPEND_FLAGS` or `NVCC_APPEND_FLAGS`; `None` where nothing is chosen.
    pub fn chosen_compiler(&self, toolkit: Origin) -> Known<Option<ChosenCompiler>> {
        if toolkit == Origin::Conda {
            // The last option wins, and appended ones come last.
            for variable in ["NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS"] {
                let flags = self.env_filled(variable)?;
                if let Some(name) = flags.as_deref().and_then(ccbin_option) {
                    return Ok(Some(chosen(variable, name)));
                }
            }
        }
        let name = self.env_filled("NVCC_CCBIN")?;
        Ok(name.map(|name| chosen("NVCC_CCBIN", name.trim())))
    }

    /// Whether the compiler that is chosen by a name or a path is there.
    pub fn compiler_exists(&self, name: &str) -> Known<bool> {
        if name.contains('/') {
            self.exists(name)
        } else {
            Ok(self.which(name)?.is_some())
        }
    }
}

fn chosen(variable: &str, name: &str) -> ChosenCompiler {
    let file = name
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(name);
    let (stem, major) = match file.rsplit_once('-') {
        Some((stem, digits)) if is_number(digits) => (stem, digits.parse().ok()),
        _ => (file, None),
    };
    let family = if stem.ends_with("clang++") || stem.ends_with("clang") {
        Some(Family::Clang)
    } else if stem.ends_with("g++") || stem.ends_with("gcc") {
        Some(Family::Gcc)
    } else {
        None
    };
    ChosenCompiler {
        source: format!("${variable}"),
        name: name.to_owned(),
        family,
        major,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// What the last `-ccbin` among flags names.
fn ccbin_option(flags: &str) -> Option<&str> {
    let mut named = None;
    let mut words = flags.split_whitespace();
    while let Some(word) = words.next() {
        for option in ["-ccbin", "--compiler-bindir"] {
            match word.strip_prefix(option) {
                Some("") => named = words.next(),
                Some(rest) => named = rest.strip_prefix('=').or(named),
                None => {}
            }
        }
    }
    named
}

/// From `13.3.0`, a bare `13`, or a whole line such as `gcc (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0`.
fn gcc_version(printed: &str) -> Option<GccVersion> {
    let line = printed.lines().find(|line| !line.trim().is_empty())?;
    line.split_whitespace().find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gcc_tells_its_version_in_several_ways() {
        for (printed, version) in [
            ("13.3.0\n", Some("13.3.0")),
            ("13\n", Some("13")),
            (
                "gcc (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0\nCopyright",
                Some("13.3.0"),
            ),
            (
                "gcc (GCC) 13.2.1 20240316 (Red Hat 13.2.1-7)\n",
                Some("13.2.1"),
            ),
            ("gcc: error: unrecognized command line option\n", None),
            ("", None),
        ] {
            let read = gcc_version(printed).map(|version| version.to_string());
            assert_eq!(read.as_deref(), version, "{printed}");
        }
    }

    #[test]
    fn a_compilers_name_tells_its_family_and_major() {
        for (name, family, major) in [
            ("g++-12", Some(Family::Gcc), Some(12)),
            ("/usr/bin/gcc-13", Some(Family::Gcc), Some(13)),
            (
                "/usr/bin/x86_64-linux-gnu-g++-12",
                Some(Family::Gcc),
                Some(12),
            ),
            ("g++", Some(Family::Gcc), None),
            ("clang++-18", Some(Family::Clang), Some(18)),
            ("clang", Some(Family::Clang), None),
            ("/opt/compilers/", None, None),
            ("g++-99999999999999999999", Some(Family::Gcc), None),
        ] {
            let chosen = chosen("NVCC_CCBIN", name);
            assert_eq!((chosen.family, chosen.major), (family, major), "{name}");
        }
    }

    #[test]
    fn the_last_ccbin_counts() {
        for (flags, named) in [
            ("-ccbin /usr/bin/g++-12", Some("/usr/bin/g++-12")),
            (" -ccbin=g++-12 -O3", Some("g++-12")),
            ("-ccbin g++-12 --compiler-bindir=g++-13", Some("g++-13")),
            ("-O3", None),
            ("-ccbin", None),
            ("", None),
        ] {
            assert_eq!(ccbin_option(flags), named, "{flags}");
        }
    }
}
