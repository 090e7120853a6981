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
    /// Uncorrected errors of the last GPU since its driver was loaded, where they are listed by place.
    ecc_listed: Option<u64>,
}

impl<'t> Xml<'t> {
    pub(super) fn new(text: &'t str, rows_left: usize) -> Self {
        Self {
            listing: Listing::new(text, Form::Xml, rows_left),
            open: Vec::new(),
            ecc_listed: None,
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
                // What was not closed before it was cut out of the text.
                if let Some(depth) = self.open.iter().rposition(|open| *open == name) {
                    let innermost = depth + 1 == self.open.len();
                    self.open.truncate(depth);
                    if innermost && !value.is_empty() {
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

    pub(super) fn finish(mut self) -> (Option<Smi>, usize) {
        self.listing.ecc_by_place(self.ecc_listed.take());
        self.listing.number();
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
                self.listing.ecc_by_place(self.ecc_listed.take());
                if self.listing.add_gpu()
                    && let Some(start) = shown.find("id=\"").map(|at| at + 4)
                    && let Some(length) = shown[start..].find('"')
                {
                    let start = inside.start + start;
                    self.listing.gpu(Key::BusId, start..start + length);
                }
            }
            "mig_device" => {
                self.listing.add_mig_device();
            }
            "process_info" => {
                self.listing.add_process();
            }
            _ => {}
        }
    }

    fn value(&mut self, name: &str, value: Range<usize>) {
        let parent = self.open.last().copied().unwrap_or_default();
        let is_in = |element: &str| self.open.contains(&element);
        if is_in("mig_device") {
            self.mig_value(parent, name, value);
            return;
        }
        let in_volatile = is_in("volatile");
        // From 610 on the limits have an element of their own below it.
        let in_power = is_in("power_readings") || is_in("gpu_power_readings");
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
            (_, "attached_gpus") => listing.attached(value),
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
            ("double_bit", "total") if in_volatile => listing.gpu(Key::EccUncorrected, value),
            ("volatile", _) if name.contains("uncorrectable") => {
                if let Ok(count) = shown.parse::<u64>() {
                    self.ecc_listed = Some(self.ecc_listed.unwrap_or(0).saturating_add(count));
                }
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
            (_, "power_limit" | "current_power_limit") if in_power => {
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

impl Xml<'_> {
    /// A value of a slice of the GPU.
    fn mig_value(&mut self, parent: &str, name: &str, value: Range<usize>) {
        let key = match (parent, name) {
            ("mig_device", "index") => Key::Device,
            ("mig_device", "gpu_instance_id") => Key::Gi,
            ("mig_device", "compute_instance_id") => Key::Ci,
            (_, "multiprocessor_count") => Key::Sm,
            (_, "copy_engine_count") => Key::Ce,
            (_, "encoder_count") => Key::Enc,
            (_, "decoder_count") => Key::Dec,
            (_, "ofa_count") => Key::Ofa,
            (_, "jpg_count") => Key::Jpg,
            ("volatile_count" | "volatile", "sram_uncorrectable") => Key::EccUncorrected,
            ("fb_memory_usage" | "shared_fb_memory_usage", "total") => Key::MemoryTotalMib,
            ("fb_memory_usage" | "shared_fb_memory_usage", "used") => Key::MemoryUsedMib,
            ("bar1_memory_usage" | "shared_bar1_memory_usage", "total") => Key::Bar1TotalMib,
            ("bar1_memory_usage" | "shared_bar1_memory_usage", "used") => Key::Bar1UsedMib,
            _ => return,
        };
        self.listing.mig_device(key, value);
    }
}

/// The version before the remark that 610 and newer add to the old names.
fn undeprecated(shown: &str, value: Range<usize>) -> Range<usize> {
    let length = shown.find(" [Deprecated").unwrap_or(shown.len());
    value.start..value.start + length
}
