//! `nvidia-smi -q -x`.
//!
//! ```text
//! <gpu id="00000000:01:00.0">
//!   <product_name>NVIDIA RTX A6000</product_name>
//!   <fb_memory_usage>
//!     <total>49140 MiB</total>
//! ```

use std::ops::Range;

use super::field::Key;
use super::listing::Listing;
use super::token;
use super::values::{Form, Reading, Smi};

/// A long listing in XML being read. Values and their tags share a line, so that nothing else is an XML parser's
/// business here.
pub(super) struct Xml<'t> {
    listing: Listing<'t>,
    /// Names of the elements that are open.
    open: Vec<&'t str>,
}

impl<'t> Xml<'t> {
    pub(super) fn new(text: &'t str, rows_left: usize) -> Self {
        Self {
            listing: Listing::new(text, Form::Xml, rows_left),
            open: Vec::new(),
        }
    }

    pub(super) fn line(&mut self, line: Range<usize>) {
        let text = self.listing.text;
        let mut value = line.start..line.start;
        let mut at = line.start;
        while let Some(tag) = text[at..line.end].find('<').map(|found| at + found) {
            let Some(end) = text[tag..line.end].find('>').map(|found| tag + found) else {
                return;
            };
            let inside = &text[tag + 1..end];
            value.end = tag;
            if let Some(name) = inside.strip_prefix('/') {
                if self.open.last() == Some(&name) {
                    self.open.pop();
                    if !value.is_empty() {
                        self.value(name, token::trim(text, value.clone()));
                    }
                }
            } else if !inside.starts_with(['?', '!']) && !inside.ends_with('/') {
                self.element(tag + 1..end);
            }
            at = end + 1;
            value = at..at;
        }
    }

    pub(super) fn finish(self) -> (Option<Smi>, usize) {
        (Some(self.listing.smi), self.listing.rows_left)
    }

    pub(super) fn smi(&mut self) -> &mut Smi {
        &mut self.listing.smi
    }

    fn element(&mut self, inside: Range<usize>) {
        const DEEPEST: usize = 32;
        let text = self.listing.text;
        let shown = &text[inside.clone()];
        let name = shown.split_ascii_whitespace().next().unwrap_or_default();
        if self.open.len() < DEEPEST {
            self.open.push(name);
        }
        match name {
            "gpu" => {
                if self.listing.add_gpu()
                    && let Some(start) = shown.find("id=\"").map(|at| at + 4)
                    && let Some(length) = shown[start..].find('"')
                {
                    let start = inside.start + start;
                    self.listing.gpu(Key::BusId, start..start + length);
                }
            }
            "process_info" => {
                self.listing.add_process();
            }
            _ => {}
        }
    }

    fn value(&mut self, name: &str, value: Range<usize>) {
        let parent = self.open.last().copied().unwrap_or_default();
        let listing = &mut self.listing;
        let shown = &listing.text[value.clone()];
        match (parent, name) {
            (_, "timestamp") => listing.header(Key::Timestamp, value),
            (_, "driver_version" | "kmd_version") => {
                listing.header(Key::DriverVersion, undeprecated(shown, value));
            }
            (_, "cuda_version" | "cuda_umd_version") => {
                listing.header(Key::CudaVersion, undeprecated(shown, value));
            }
            ("gpu", "product_name") => listing.gpu(Key::Name, value),
            ("gpu", "display_active") => listing.gpu(Key::DisplayActive, value),
            ("gpu", "persistence_mode") => listing.gpu(Key::Persistence, value),
            ("gpu", "uuid") => listing.gpu(Key::Uuid, value),
            ("gpu", "fan_speed") => listing.gpu(Key::FanPercent, value),
            ("gpu", "performance_state") => listing.gpu(Key::PerformanceState, value),
            ("gpu", "compute_mode") => listing.gpu(Key::ComputeMode, value),
            ("mig_mode", "current_mig") => listing.gpu(Key::MigMode, value),
            ("driver_model", "current_dm") => listing.gpu(Key::DriverModel, value),
            ("ecc_mode", "current_ecc") if shown == "Disabled" => {
                listing.gpu(Key::EccUncorrected, value);
                if let Some(gpu) = listing.smi.gpus.last_mut() {
                    gpu.ecc_uncorrected = Some(Reading::Words("Off".into()));
                }
            }
            ("ecc_mode", "current_ecc") if shown != "Enabled" => {
                listing.gpu(Key::EccUncorrected, value);
            }
            ("fb_memory_usage", "total") => listing.gpu(Key::MemoryTotalMib, value),
            ("fb_memory_usage", "used") => listing.gpu(Key::MemoryUsedMib, value),
            ("utilization", "gpu_util") => listing.gpu(Key::UtilizationPercent, value),
            ("temperature", "gpu_temp") => listing.gpu(Key::TemperatureC, value),
            ("power_readings" | "gpu_power_readings", "power_draw") => {
                listing.gpu(Key::PowerDrawW, value);
            }
            (
                "power_readings" | "gpu_power_readings",
                "average_power_draw" | "instant_power_draw",
            ) if shown != "N/A" => {
                listing.gpu(Key::PowerDrawW, value);
            }
            ("power_readings" | "gpu_power_readings", "power_limit" | "current_power_limit") => {
                listing.gpu(Key::PowerLimitW, value);
            }
            ("process_info", "gpu_instance_id") => listing.process(Key::Gi, value),
            ("process_info", "compute_instance_id") => listing.process(Key::Ci, value),
            ("process_info", "pid") => listing.process(Key::Pid, value),
            ("process_info", "type") => listing.process(Key::Type, value),
            ("process_info", "process_name") => listing.process(Key::Name, value),
            ("process_info", "used_memory") => listing.process(Key::MemoryMib, value),
            _ => {}
        }
    }
}

/// The version before the remark that 610 and newer add to the old names.
fn undeprecated(shown: &str, value: Range<usize>) -> Range<usize> {
    let length = shown.find(" [Deprecated").unwrap_or(shown.len());
    value.start..value.start + length
}
