//! The C library of Linux, which wheels ask a version of.

use super::{Facts, Known, Unknown};
use crate::machine::Unread;
use crate::machine::select::Select;
use crate::read::wheel::Os;
use crate::tables::Arch;

impl Facts<'_> {
    /// The C library of a Linux, and its version where its file says it.
    ///
    /// glibc's own file holds a sentence for whoever starts it as a program: `GNU C Library (Ubuntu GLIBC
    /// 2.39-0ubuntu8.6) stable release version 2.39.` musl is told by its loader; its file has no such sentence.
    pub fn libc(&self, arch: Arch) -> Known<Os> {
        const LIBRARIES: [&str; 3] = [
            "/lib64/libc.so.6",
            "/usr/lib64/libc.so.6",
            "/usr/lib/libc.so.6",
        ];
        let multiarch = format!("/lib/{arch}-linux-gnu/libc.so.6");
        let mut unread = Unread::NotFound;
        for path in [multiarch.as_str()].into_iter().chain(LIBRARIES) {
            match self.excerpt(path, Select::Lines(&[SENTENCE])) {
                Ok(text) => return Ok(Os::Glibc(glibc_version(&text))),
                Err(Unread::NotFound) => {}
                Err(why) => unread = why,
            }
        }
        if self.exists(&format!("/lib/ld-musl-{arch}.so.1"))? {
            return Ok(Os::Musl(None));
        }
        Err(Unknown::unread("libc.so.6", unread))
    }
}

const SENTENCE: &str = "GNU C Library";

/// The version in glibc's sentence about itself.
fn glibc_version(text: &str) -> Option<(u32, u32)> {
    let (_, after) = text.split_once(SENTENCE)?;
    let (_, version) = after.split_once("release version ")?;
    let version = version
        .split(|c: char| c.is_whitespace() || c == ',')
        .next()?
        .trim_end_matches('.');
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;

    fn libc(files: &serde_json::Value) -> Known<Os> {
        let recording = serde_json::json!({
            "format": "lessons-machine/1", "name": "x", "title": "X", "platform": {"os": "linux", "arch": "x86_64"}, "files": files
        });
        let recording = Recording::from_slice(recording.to_string().as_bytes()).unwrap();
        Facts::new(&recording).libc(Arch::X86_64)
    }

    #[test]
    fn glibc_says_its_version() {
        let absent = serde_json::json!({"error": "not-found"});
        let sentence = "\u{fffd}\u{0}GNU C Library (Ubuntu GLIBC 2.39-0ubuntu8.6) stable release version 2.39.\n";
        assert_eq!(
            libc(&serde_json::json!({"/lib/x86_64-linux-gnu/libc.so.6": {"text": sentence}})),
            Ok(Os::Glibc(Some((2, 39))))
        );
        assert_eq!(
            libc(&serde_json::json!({
                "/lib/x86_64-linux-gnu/libc.so.6": absent,
                "/lib64/libc.so.6": {"text": "GNU C Library (GNU libc) stable release version 2.28.\n"}
            })),
            Ok(Os::Glibc(Some((2, 28))))
        );
        assert_eq!(
            libc(&serde_json::json!({
                "/lib/x86_64-linux-gnu/libc.so.6": absent, "/lib64/libc.so.6": absent, "/usr/lib64/libc.so.6": absent,
                "/usr/lib/libc.so.6": absent, "/lib/ld-musl-x86_64.so.1": {"text": ""}
            })),
            Ok(Os::Musl(None))
        );
        assert!(libc(&serde_json::json!({})).is_err());
    }

    #[test]
    fn old_and_odd_sentences() {
        for (said, version) in [
            (
                "GNU C Library stable release version 2.17, by Roland McGrath et al.",
                Some((2, 17)),
            ),
            (
                "GNU C Library (Debian GLIBC 2.41-12) stable release version 2.41.",
                Some((2, 41)),
            ),
            (
                "GNU C Library (GNU libc) development release version 2.40.9000.",
                Some((2, 40)),
            ),
            ("GNU C Library", None),
            ("", None),
        ] {
            assert_eq!(glibc_version(said), version, "{said}");
        }
    }
}
