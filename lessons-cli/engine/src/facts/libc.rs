//! The C library: it decides which Linux wheels load.

use super::gpus::Sourced;
use super::{Facts, Known, Unknown};
use crate::machine::{Select, Unread};

/// A C library of Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Libc {
    /// GNU's, of this version.
    Glibc(u32, u32),
    /// musl, such as Alpine's.
    Musl,
}

impl Facts<'_> {
    /// The C library of the system; `None` on other systems than Linux.
    ///
    /// glibc lies at one of three places: Debian's, Fedora's and SUSE's, Arch's. Up to 2.33 it is a link to a file whose
    /// name has the version (`libc-2.31.so`); the library itself says it, too. musl's loader lies at one place.
    pub fn libc(&self) -> Known<Option<Sourced<Libc>>> {
        let platform = self.platform();
        if platform.os != "linux" {
            return Ok(None);
        }
        let mut unread = None;
        for path in [
            format!("/lib/{}-linux-gnu/libc.so.6", platform.arch),
            "/lib64/libc.so.6".to_owned(),
            "/usr/lib/libc.so.6".to_owned(),
        ] {
            match self.glibc_at(&path) {
                Ok(Some((major, minor))) => {
                    return Ok(Some(sourced(Libc::Glibc(major, minor), path)));
                }
                Ok(None) => {}
                Err(unknown) => {
                    unread.get_or_insert(unknown);
                }
            }
        }
        let loader = format!("/lib/ld-musl-{}.so.1", platform.arch);
        let there = self.exists(&loader);
        let alpine = self
            .distribution()
            .is_ok_and(|distribution| distribution.id == "alpine");
        match (there, unread) {
            (Ok(true), None) => Ok(Some(sourced(Libc::Musl, loader))),
            // Where the loader could not be looked at, the distribution tells.
            (Ok(true) | Err(_), _) if alpine => {
                Ok(Some(sourced(Libc::Musl, "/etc/os-release".to_owned())))
            }
            (_, Some(unknown)) | (Err(unknown), None) => Err(unknown),
            (Ok(false), None) => Err(Unknown::unread(loader, Unread::NotFound)),
        }
    }

    fn glibc_at(&self, path: &str) -> Known<Option<(u32, u32)>> {
        let linked = match self.link(path) {
            Ok(target) => target.and_then(|target| {
                let name = target.rsplit('/').next()?;
                numbers(name.strip_prefix("libc-")?.strip_suffix(".so")?)
            }),
            Err(Unread::NotFound) => return Ok(None),
            Err(why) => return Err(Unknown::unread(path, why)),
        };
        if linked.is_some() {
            return Ok(linked);
        }
        let text = self
            .excerpt(path, Select::GlibcRelease)
            .map_err(|why| Unknown::unread(path, why))?;
        text.rsplit(' ')
            .next()
            .and_then(numbers)
            .map(Some)
            .ok_or_else(|| Unknown::not_understood(path))
    }
}

fn sourced(value: Libc, source: String) -> Sourced<Libc> {
    Sourced { value, source }
}

/// `2.39`, and the first two of `2.41.9000`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;

    fn libc(files: &str) -> Known<Option<Sourced<Libc>>> {
        let json = format!(
            r#"{{"format":"lessons-machine/1","name":"t","platform":{{"os":"linux","arch":"x86_64"}},"files":{{{files}}}}}"#
        );
        let recording = Recording::from_slice(json.as_bytes()).unwrap();
        Facts::new(&recording).libc()
    }

    const NONE: &str = r#""/lib/x86_64-linux-gnu/libc.so.6":{"error":"not-found"},"/lib64/libc.so.6":{"error":"not-found"},"/usr/lib/libc.so.6":{"error":"not-found"}"#;

    #[test]
    fn the_library_or_its_name_tells() {
        for (files, found) in [
            (
                r#""/lib/x86_64-linux-gnu/libc.so.6":{"text":"GNU C Library (Ubuntu GLIBC 2.39-0ubuntu8.6) stable release version 2.39."}"#.to_owned(),
                Libc::Glibc(2, 39),
            ),
            (
                r#""/lib/x86_64-linux-gnu/libc.so.6":{"link":"libc-2.31.so"}"#.to_owned(),
                Libc::Glibc(2, 31),
            ),
            (
                r#""/lib/x86_64-linux-gnu/libc.so.6":{"error":"not-found"},"/lib64/libc.so.6":{"link":"libc-2.17.so"}"#.to_owned(),
                Libc::Glibc(2, 17),
            ),
            (
                format!(r#"{NONE},"/lib/ld-musl-x86_64.so.1":{{"size":1}}"#),
                Libc::Musl,
            ),
            (
                r#""/etc/os-release":{"text":"ID=alpine\nVERSION_ID=3.22.1\n"}"#.to_owned(),
                Libc::Musl,
            ),
        ] {
            assert_eq!(libc(&files).unwrap().unwrap().value, found, "{files}");
        }
        for files in [
            String::new(),
            NONE.to_owned(),
            r#""/lib/x86_64-linux-gnu/libc.so.6":{"text":"no library"}"#.to_owned(),
            // musl was added to a system whose own library is not known.
            r#""/lib/ld-musl-x86_64.so.1":{"size":1}"#.to_owned(),
        ] {
            assert!(libc(&files).is_err(), "{files}");
        }
    }
}
