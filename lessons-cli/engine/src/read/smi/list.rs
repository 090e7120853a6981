//! `nvidia-smi -L`.
//!
//! ```text
//! GPU 0: NVIDIA A100 80GB PCIe (UUID: GPU-…)
//!   MIG 3g.40gb     Device  0: (UUID: MIG-…)
//! ```

use std::ops::Range;

use super::field::{Field, Key, Row};
use super::listing::Listing;
use super::token;
use super::values::{Form, MigDevice, Smi, words};

/// A list being read.
pub(super) struct List<'t> {
    listing: Listing<'t>,
}

/// A line of the list, in byte ranges of the text.
pub(super) enum Line {
    Gpu {
        index: Range<usize>,
        name: Range<usize>,
        uuid: Option<Range<usize>>,
    },
    MigDevice {
        profile: Range<usize>,
        device: Range<usize>,
        uuid: Option<Range<usize>>,
    },
}

impl Line {
    pub(super) fn of(text: &str, line: Range<usize>) -> Option<Self> {
        const UUID: &str = "(UUID: ";
        let shown = &text[line.clone()];
        let open = shown.find(UUID)?;
        let uuid_start = line.start + open + UUID.len();
        let uuid = uuid(&shown[open + UUID.len()..])?;
        let uuid = (uuid > 0).then_some(uuid_start..uuid_start + uuid);
        let before = shown[..open].trim_end();
        let end = line.start + before.len();
        // Quoting and prompts may stand before.
        if let Some(gpu) = before.rfind("GPU ").map(|at| at + 4)
            && let Some((index, name)) = before[gpu..].split_once(": ")
            && !index.is_empty()
            && index.bytes().all(|b| b.is_ascii_digit())
        {
            let start = line.start + gpu;
            return Some(Self::Gpu {
                index: start..start + index.len(),
                name: token::trim(text, end - name.len()..end),
                uuid,
            });
        }
        let mig = before.rfind("MIG ").map(|at| at + 4)?;
        let (profile, device) = before[mig..].strip_suffix(':')?.split_once("Device")?;
        let start = line.start + mig;
        let profile = token::trim(text, start..start + profile.len());
        let device = token::trim(text, end - 1 - device.len()..end - 1);
        Some(Self::MigDevice {
            profile,
            device,
            uuid,
        })
    }
}

/// The length of the UUID at the start of a text; 0 where the text ends within it, `None` where there is none.
fn uuid(text: &str) -> Option<usize> {
    const WHOLE: usize = "GPU-00000000-0000-0000-0000-000000000000".len();
    if let Some(end) = text.find(')') {
        return Some(end);
    }
    let shown = text.trim_ascii_end();
    let is_uuid = shown
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_uuid.then_some(if shown.len() == WHOLE { WHOLE } else { 0 })
}

impl<'t> List<'t> {
    pub(super) fn new(text: &'t str, rows_left: usize) -> Self {
        Self {
            listing: Listing::new(text, Form::List, rows_left),
        }
    }

    /// Whether a line shows a GPU that has been shown before: another output begins.
    pub(super) fn begins_again(&self, line: &Line) -> bool {
        let Line::Gpu { index, .. } = line else {
            return false;
        };
        let index = self.listing.text[index.clone()].parse().ok();
        // The first GPU of a list is the one that comes back first.
        index.is_some()
            && self
                .listing
                .smi
                .gpus
                .first()
                .is_some_and(|gpu| gpu.index == index)
    }

    pub(super) fn line(&mut self, line: Line) {
        match line {
            Line::Gpu { index, name, uuid } => {
                if self.listing.add_gpu() {
                    self.listing.gpu(Key::Index, index);
                    self.listing.gpu(Key::Name, name);
                    if let Some(uuid) = uuid {
                        self.listing.gpu(Key::Uuid, uuid);
                    }
                }
            }
            Line::MigDevice {
                profile,
                device,
                uuid,
            } => {
                if !self.listing.may_add_row() {
                    return;
                }
                let text = self.listing.text;
                let smi = &mut self.listing.smi;
                let row = Row::MigDevice(smi.mig_devices.len());
                smi.mig_devices.push(MigDevice {
                    gpu: smi.gpus.last().and_then(|gpu| gpu.index),
                    device: text[device.clone()].parse().ok(),
                    profile: Some(words(&text[profile.clone()])),
                    uuid: uuid.clone().map(|uuid| words(&text[uuid])),
                    ..MigDevice::default()
                });
                for (key, span) in [
                    (Key::Profile, Some(profile)),
                    (Key::Device, Some(device)),
                    (Key::Uuid, uuid),
                ] {
                    smi.fields.extend(span.map(|span| Field { row, key, span }));
                }
            }
        }
    }

    pub(super) fn finish(self) -> (Option<Smi>, usize) {
        (Some(self.listing.smi), self.listing.rows_left)
    }

    pub(super) fn smi(&mut self) -> &mut Smi {
        &mut self.listing.smi
    }
}
