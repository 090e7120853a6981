//! The programs that practice machines play: one list, each a function of a [`Call`].
//!
//! A program is there on a machine when its file is: the plain system has those with a folder in
//! [`Program::comes_in`], the others come with a package, an installer or the recording.

use super::process::{Call, Exit};

mod text;

/// A program.
#[derive(Debug)]
pub struct Program {
    /// Its name, as of its file. A file `NAME-13` or `NAME3.12` is played by `NAME` and `NAME3` as well.
    pub name: &'static str,
    /// Plays it.
    pub run: fn(&mut Call<'_>) -> Exit,
    /// The folder where every machine has it; `None` where something has to be installed first.
    pub comes_in: Option<&'static str>,
    /// Whether containers, too, have it from the start.
    pub in_containers: bool,
}

impl Program {
    /// A program of every machine.
    pub const fn base(name: &'static str, run: fn(&mut Call<'_>) -> Exit) -> Self {
        Self {
            name,
            run,
            comes_in: Some("/usr/bin"),
            in_containers: true,
        }
    }

    /// A program of every machine that is no container, in a folder.
    pub const fn of_hosts(
        name: &'static str,
        folder: &'static str,
        run: fn(&mut Call<'_>) -> Exit,
    ) -> Self {
        Self {
            name,
            run,
            comes_in: Some(folder),
            in_containers: false,
        }
    }

    /// A program that has to be installed first.
    pub const fn installed(name: &'static str, run: fn(&mut Call<'_>) -> Exit) -> Self {
        Self {
            name,
            run,
            comes_in: None,
            in_containers: false,
        }
    }
}

/// The families of programs.
const FAMILIES: &[&[Program]] = &[text::PROGRAMS];

/// All programs.
pub fn all() -> impl Iterator<Item = &'static Program> {
    FAMILIES.iter().copied().flatten()
}

/// The program that plays a file of this name: `gcc-13` is gcc, `python3.12` is python3.
pub fn find(name: &str) -> Option<&'static Program> {
    let named = |name: &str| all().find(|program| program.name == name);
    named(name).or_else(|| {
        let without = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let without = without.strip_suffix('-').unwrap_or(without);
        let cut = name.find('.').map_or(name, |dot| &name[..dot]);
        named(cut).or_else(|| named(without))
    })
}
