//! `nvidia-smi --version`.
//!
//! ```text
//! NVIDIA-SMI version  : 590.48.01
//! NVML version        : 590.48
//! DRIVER version      : 590.48.01
//! CUDA Version        : 13.1
//! ```
//!
//! From 610 on the last two say that they are deprecated, and `KMD version` and `CUDA UMD version` follow.

use std::ops::Range;

use super::field::Key;
use super::listing::Listing;
use super::token;
use super::values::{Form, Smi};

/// A list of versions being read.
pub(super) struct Versions<'t> {
    listing: Listing<'t>,
}

/// Whether a line is the first of such a list.
pub(super) fn begins(line: &str) -> bool {
    let version = line.strip_prefix("NVIDIA-SMI ");
    version.is_some_and(|rest| {
        rest.trim_start().starts_with("version") || rest.trim_start().starts_with("Version")
    }) && line.contains(':')
}

impl<'t> Versions<'t> {
    pub(super) fn new(text: &'t str, rows_left: usize) -> Self {
        Self {
            listing: Listing::new(text, Form::Version, rows_left),
        }
    }

    /// Takes a line; whether it is one of the list.
    pub(super) fn line(&mut self, line: &Range<usize>) -> bool {
        let text = self.listing.text;
        let Some((name, value)) = text[line.clone()].split_once(':') else {
            return false;
        };
        let mut words = name.split_ascii_whitespace();
        let key = match (words.next(), words.next()) {
            (Some("NVIDIA-SMI"), _) => Some(Key::SmiVersion),
            (Some("DRIVER" | "Driver" | "KMD"), _) => Some(Key::DriverVersion),
            (Some("CUDA"), _) => Some(Key::CudaVersion),
            (Some("NVML"), _) => None,
            _ => return false,
        };
        let value = token::trim(text, line.end - value.len()..line.end);
        let said = !text[value.clone()].starts_with("Deprecated");
        if let Some(key) = key.filter(|_| said) {
            self.listing.header(key, value);
        }
        true
    }

    pub(super) fn finish(self) -> (Option<Smi>, usize) {
        (Some(self.listing.smi), self.listing.rows_left)
    }

    pub(super) fn smi(&mut self) -> &mut Smi {
        &mut self.listing.smi
    }
}
