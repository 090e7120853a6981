//! Where a paste comes from: standard input, a file, or a wheel's name itself.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use lessons_engine::finding::Arg;
use lessons_engine::read::recognise::{Kind, recognise};
use lessons_engine::read::{error, index, smi};
use lessons_engine::texts::Texts;
use lessons_engine::visible::visible;

/// Where a paste comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// Standard input.
    Standard,
    /// A file.
    File(PathBuf),
    /// A wheel's file name, which is itself what is read; there may be no such file.
    Name(String),
}

impl Input {
    /// What was typed in the place of a file.
    pub(super) fn named(typed: &str) -> Self {
        let is_wheel = Path::new(typed)
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("whl"));
        if typed == "-" {
            Self::Standard
        } else if is_wheel {
            Self::Name(typed.to_owned())
        } else {
            Self::File(PathBuf::from(typed))
        }
    }

    /// What it is called in a sentence.
    pub(super) fn shown(&self, texts: &Texts) -> String {
        match self {
            Self::Standard => texts.shared("read-input-standard", &[]),
            Self::File(path) => {
                let file = visible(&path.display().to_string());
                texts.shared("read-input-file", &[("file", Arg::Text(file))])
            }
            Self::Name(name) => {
                let name = [("name", Arg::Text(visible(name)))];
                texts.shared("read-input-name", &name)
            }
        }
    }

    /// The text. It is read up to the limit of the reader that it is for, and not beyond.
    pub(super) fn read(&self, kind: Option<Kind>) -> Result<String> {
        let bytes = match self {
            Self::Standard => {
                let stdin = io::stdin();
                if stdin.is_terminal() {
                    let key = if cfg!(windows) { "Ctrl-Z" } else { "Ctrl-D" };
                    let key = [("key", Arg::Text(key.to_owned()))];
                    super::super::notice(&super::super::texts().shared("read-paste-now", &key));
                }
                bounded(stdin.lock(), kind)
            }
            Self::File(path) => File::open(path)
                .and_then(|file| {
                    if file.metadata()?.is_dir() {
                        return Err(io::ErrorKind::IsADirectory.into());
                    }
                    Ok(file)
                })
                .map_err(anyhow::Error::from)
                .and_then(|file| bounded(file, kind)),
            Self::Name(name) => return Ok(name.clone()),
        };
        let bytes = bytes.map_err(|why| {
            let texts = super::super::texts();
            let values = [
                ("input", Arg::Text(self.shown(&texts))),
                ("why", Arg::Text(format!("{why:#}"))),
            ];
            anyhow!(texts.shared("read-tried", &values))
        })?;
        Ok(decoded(&bytes))
    }
}

/// As much of a long text as is looked at to see whether it is an index.
const BEGINNING: usize = 256 << 10;

/// Reads no more than its reader takes. Only an index may be long, and that shows in its beginning.
fn bounded(mut from: impl Read, kind: Option<Kind>) -> Result<Vec<u8>> {
    let limit = match kind {
        Some(Kind::Index) => index::LONGEST,
        Some(Kind::Smi) | None => smi::LIMIT,
        Some(_) => error::LIMIT,
    };
    let mut bytes = Vec::new();
    take(&mut from, limit, &mut bytes)?;
    if bytes.len() <= limit {
        return Ok(bytes);
    }
    // What it is shows in its beginning.
    let beginning = bytes.get(..BEGINNING).unwrap_or(&bytes);
    let is_index = kind.is_none() && recognise(&decoded(beginning)) == Some(Kind::Index);
    let limit = if is_index { index::LONGEST } else { limit };
    if is_index {
        take(&mut from, limit, &mut bytes)?;
    }
    if bytes.len() > limit {
        let limit = [("limit", Arg::Count((limit >> 20) as u64))];
        bail!(super::super::texts().shared("read-refused-too-long", &limit));
    }
    Ok(bytes)
}

/// Reads on until there is one byte more than the limit, or nothing more.
fn take(from: &mut impl Read, limit: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
    let room = (limit + 1).saturating_sub(bytes.len()) as u64;
    from.take(room).read_to_end(bytes).map(|_| ())
}

/// The text of a file: UTF-8, or UTF-16 as Windows' `nvidia-smi > file.txt` writes it. What is neither shows as
/// U+FFFD.
pub(in crate::commands) fn decoded(bytes: &[u8]) -> String {
    let units: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [0xef, 0xbb, 0xbf, rest @ ..] => return String::from_utf8_lossy(rest).into_owned(),
        _ => return String::from_utf8_lossy(bytes).into_owned(),
    };
    let (pairs, _) = bytes.as_chunks::<2>();
    let text = pairs.iter().skip(1).map(|pair| units(*pair));
    char::decode_utf16(text)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_writes_is_text() {
        let le: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("| 显卡 |".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decoded(&le), "| 显卡 |");
        assert_eq!(decoded(b"\xef\xbb\xbfabc"), "abc");
        assert_eq!(decoded(b"a\xff"), "a\u{fffd}");
    }

    #[test]
    fn no_more_is_read_than_the_limit() {
        struct Endless(usize);
        impl Read for Endless {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                into.fill(b'|');
                self.0 += into.len();
                Ok(into.len())
            }
        }
        let mut endless = Endless(0);
        let error = bounded(&mut endless, None).unwrap_err();
        assert!(error.to_string().contains("16 MiB"), "{error}");
        assert!(endless.0 <= smi::LIMIT + 1, "{} bytes", endless.0);
        let mut endless = Endless(0);
        assert!(bounded(&mut endless, Some(Kind::Nvcc)).is_err());
        assert!(endless.0 <= error::LIMIT + 1);
    }

    #[test]
    fn a_long_index_is_read_on() {
        let mut page = b"<!DOCTYPE html><html><body>".to_vec();
        page.resize(smi::LIMIT + 1000, b' ');
        assert_eq!(bounded(page.as_slice(), None).unwrap().len(), page.len());
    }

    #[test]
    fn a_wheel_is_its_name() {
        assert_eq!(
            Input::named("a/torch-2.9.1-cp311-cp311-win_amd64.whl"),
            Input::Name("a/torch-2.9.1-cp311-cp311-win_amd64.whl".to_owned())
        );
        assert_eq!(Input::named("-"), Input::Standard);
        assert_eq!(Input::named("smi.txt"), Input::File("smi.txt".into()));
    }
}
