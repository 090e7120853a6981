//! Where progress is kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// No environment variable says where a state folder could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "tried to find a folder for progress: {}",
    if cfg!(windows) { "neither LESSONS_HOME nor LOCALAPPDATA is set" }
    else { "none of LESSONS_HOME, XDG_STATE_HOME and HOME is set" }
)]
pub struct NoFolder;

/// The state folder, in this order:
/// 1. `LESSONS_HOME`
/// 2. `XDG_STATE_HOME/lessons`
/// 3. `HOME/.local/state/lessons`; on Windows `LOCALAPPDATA\lessons`
///
/// An empty variable counts as unset, and so does a relative one of the last two, as the XDG specification asks.
pub(super) fn locate(env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, NoFolder> {
    locate_on(cfg!(windows), env)
}

fn locate_on(windows: bool, env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, NoFolder> {
    let set = |name| env(name).filter(|value| !value.is_empty());
    let base = |name| {
        set(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if let Some(home) = set("LESSONS_HOME") {
        return Ok(absolute(Path::new(&home)));
    }
    if let Some(state) = base("XDG_STATE_HOME") {
        return Ok(state.join("lessons"));
    }
    if windows {
        base("LOCALAPPDATA").map(|local| local.join("lessons"))
    } else {
        base("HOME").map(|home| home.join(".local/state/lessons"))
    }
    .ok_or(NoFolder)
}

/// So that a message names a folder that can be found from anywhere.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn located(windows: bool, variables: &[(&str, &str)]) -> Result<PathBuf, NoFolder> {
        locate_on(windows, |name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_first_variable_that_is_set_wins() {
        let all = [
            ("LESSONS_HOME", "/l"),
            ("XDG_STATE_HOME", "/x"),
            ("HOME", "/h"),
        ];
        assert_eq!(located(false, &all), Ok("/l".into()));
        assert_eq!(located(false, &all[1..]), Ok("/x/lessons".into()));
        assert_eq!(
            located(false, &all[2..]),
            Ok("/h/.local/state/lessons".into())
        );
        assert_eq!(
            located(true, &[("LOCALAPPDATA", "/a"), ("HOME", "/h")]),
            Ok("/a/lessons".into())
        );
    }

    #[test]
    fn empty_and_relative_variables_count_as_unset() {
        assert_eq!(
            located(
                false,
                &[
                    ("LESSONS_HOME", ""),
                    ("XDG_STATE_HOME", "x"),
                    ("HOME", "/h")
                ]
            ),
            Ok("/h/.local/state/lessons".into())
        );
        assert!(
            located(false, &[("LESSONS_HOME", "l")])
                .unwrap()
                .is_absolute()
        );
        assert_eq!(located(false, &[]), Err(NoFolder));
        assert_eq!(located(true, &[("HOME", "/h")]), Err(NoFolder));
    }
}
