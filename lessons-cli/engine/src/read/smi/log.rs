//! `nvidia-smi -q`.
//!
//! ```text
//! GPU 00000000:01:00.0
//!     Product Name                          : NVIDIA RTX A6000
//!     FB Memory Usage
//!         Total                             : 49140 MiB
//! ```
//!
//! What a name means depends on the heading above it. Depth is not counted, since pastes lose it.

use std::ops::Range;

use super::field::Key;
use super::listing::Listing;
use super::token;
use super::values::{Form, Reading, Smi};

/// A long listing being read.
pub(super) struct Log<'t> {
    listing: Listing<'t>,
    heading: Range<usize>,
    /// The counts are those since the driver was loaded, not those of the board's life.
    volatile: bool,
    ecc_listed: Option<u64>,
    instances: [Option<Range<usize>>; 2],
    /// The lines are about a slice of the GPU, until the first heading that no slice has.
    in_mig_device: bool,
    /// `Power Readings`, once it was the heading: newer drivers put headings of their own below it.
    section: Range<usize>,
}

/// The headings below `MIG Device`. Whatever else is a heading ends the device.
const OF_MIG_DEVICE: [&str; 10] = [
    "Device Attributes",
    "Shared",
    "ECC Errors",
    "Volatile",
    "Aggregate",
    "FB Memory Usage",
    "Shared FB Memory Usage",
    "BAR1 Memory Usage",
    "BAR1 Memory",
    "Shared BAR1 Memory",
];

impl<'t> Log<'t> {
    pub(super) fn new(text: &'t str, rows_left: usize) -> Self {
        Self {
            listing: Listing::new(text, Form::Log, rows_left),
            heading: 0..0,
            volatile: false,
            ecc_listed: None,
            instances: [None, None],
            in_mig_device: false,
            section: 0..0,
        }
    }

    pub(super) fn line(&mut self, line: Range<usize>) {
        let text = self.listing.text;
        let line = token::trim(text, line);
        let shown = &text[line.clone()];
        if let Some(address) = shown.strip_prefix("GPU ")
            && token::is_bus_id(address)
        {
            self.end_gpu();
            if self.listing.add_gpu() {
                self.listing
                    .gpu(Key::BusId, line.end - address.len()..line.end);
            }
            return;
        }
        let Some(colon) = shown
            .find(" : ")
            .map(|at| at + 1)
            .or_else(|| shown.strip_suffix(" :").map(str::len))
        else {
            match shown {
                "Volatile" => self.volatile = true,
                "Single Bit" | "Double Bit" => {}
                _ => self.volatile = false,
            }
            match shown {
                "MIG Device" => self.in_mig_device = self.listing.add_mig_device(),
                _ => self.in_mig_device &= OF_MIG_DEVICE.contains(&shown),
            }
            if !shown.ends_with("Power Limit") {
                self.section = line.clone();
            }
            self.heading = line;
            return;
        };
        let name = shown[..colon].trim_ascii_end();
        // From 610 on: `610.57.04 [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]`.
        let value = shown[colon + 1..]
            .split(" [Deprecated")
            .next()
            .unwrap_or_default();
        let value = token::trim(
            text,
            line.start + colon + 1..line.start + colon + 1 + value.len(),
        );
        // After the last device come values of the GPU, without a heading: `Accounting Mode`.
        let of_gpu = name.starts_with("Accounting") || name == "Serial Number";
        self.in_mig_device = self.in_mig_device && !of_gpu;
        if self.in_mig_device {
            self.mig_value(name, value);
        } else {
            self.value(name, value);
        }
    }

    /// A value of a slice of the GPU.
    fn mig_value(&mut self, name: &str, value: Range<usize>) {
        let heading = &self.listing.text[self.heading.clone()];
        let memory = heading.ends_with("FB Memory Usage");
        let bar1 = heading.contains("BAR1");
        let key = match name {
            "Index" => Key::Device,
            "GPU Instance ID" => Key::Gi,
            "Compute Instance ID" => Key::Ci,
            "Multiprocessor count" => Key::Sm,
            "Copy Engine count" => Key::Ce,
            "Encoder count" => Key::Enc,
            "Decoder count" => Key::Dec,
            "OFA count" => Key::Ofa,
            "JPG count" => Key::Jpg,
            "SRAM Uncorrectable" if self.volatile => Key::EccUncorrected,
            "Total" if memory => Key::MemoryTotalMib,
            "Used" if memory => Key::MemoryUsedMib,
            "Total" if bar1 => Key::Bar1TotalMib,
            "Used" if bar1 => Key::Bar1UsedMib,
            _ => return,
        };
        self.listing.mig_device(key, value);
    }

    pub(super) fn finish(mut self) -> (Option<Smi>, usize) {
        self.end_gpu();
        self.listing.number();
        (Some(self.listing.smi), self.listing.rows_left)
    }

    pub(super) fn smi(&mut self) -> &mut Smi {
        &mut self.listing.smi
    }

    fn value(&mut self, name: &str, value: Range<usize>) {
        let listing = &mut self.listing;
        let heading = &listing.text[self.heading.clone()];
        let section = &listing.text[self.section.clone()];
        let power = matches!(section, "Power Readings" | "GPU Power Readings");
        match name {
            "Timestamp" => listing.header(Key::Timestamp, value),
            "Driver Version" | "KMD Version" => listing.header(Key::DriverVersion, value),
            "CUDA Version" | "CUDA UMD Version" => listing.header(Key::CudaVersion, value),
            "Attached GPUs" => listing.attached(value),
            "Product Name" => listing.gpu(Key::Name, value),
            "Display Active" => listing.gpu(Key::DisplayActive, value),
            "Persistence Mode" => listing.gpu(Key::Persistence, value),
            "GPU UUID" => listing.gpu(Key::Uuid, value),
            "Fan Speed" => listing.gpu(Key::FanPercent, value),
            "Performance State" => listing.gpu(Key::PerformanceState, value),
            "Compute Mode" => listing.gpu(Key::ComputeMode, value),
            "GPU Current Temp" => listing.gpu(Key::TemperatureC, value),
            "Current" if heading == "MIG Mode" => listing.gpu(Key::MigMode, value),
            "Current" if heading == "Driver Model" => listing.gpu(Key::DriverModel, value),
            "Current" if heading.eq_ignore_ascii_case("ECC Mode") => {
                match &listing.text[value.clone()] {
                    "Disabled" => {
                        listing.gpu(Key::EccUncorrected, value);
                        if let Some(gpu) = listing.smi.gpus.last_mut() {
                            gpu.ecc_uncorrected = Some(Reading::Words("Off".into()));
                        }
                    }
                    "Enabled" => {}
                    _ => listing.gpu(Key::EccUncorrected, value),
                }
            }
            "Total" if heading == "Double Bit" && self.volatile => {
                listing.gpu(Key::EccUncorrected, value);
            }
            _ if self.volatile && name.contains("Uncorrectable") => {
                if let Ok(count) = listing.text[value].parse::<u64>() {
                    self.ecc_listed = Some(self.ecc_listed.unwrap_or(0).saturating_add(count));
                }
            }
            "Total" if heading == "FB Memory Usage" => listing.gpu(Key::MemoryTotalMib, value),
            "Used" if heading == "FB Memory Usage" => listing.gpu(Key::MemoryUsedMib, value),
            "Gpu" | "GPU" if heading == "Utilization" => {
                listing.gpu(Key::UtilizationPercent, value);
            }
            "Power Draw" if power => listing.gpu(Key::PowerDrawW, value),
            // Parts without an average still show what they draw at the moment.
            "Average Power Draw" | "Instantaneous Power Draw"
                if power && &listing.text[value.clone()] != "N/A" =>
            {
                listing.gpu(Key::PowerDrawW, value);
            }
            "Power Limit" | "Current Power Limit" if power => listing.gpu(Key::PowerLimitW, value),
            "GPU instance ID" => self.instances[0] = Some(value),
            "Compute instance ID" => self.instances[1] = Some(value),
            "Process ID" if listing.add_process() => {
                for (key, at) in [Key::Gi, Key::Ci].into_iter().zip(&mut self.instances) {
                    if let Some(at) = at.take() {
                        listing.process(key, at);
                    }
                }
                listing.process(Key::Pid, value);
            }
            "Type" if heading == "Processes" => listing.process(Key::Type, value),
            "Name" if heading == "Processes" => listing.process(Key::Name, value),
            "Used GPU Memory" => listing.process(Key::MemoryMib, value),
            _ => {}
        }
    }

    fn end_gpu(&mut self) {
        self.volatile = false;
        self.in_mig_device = false;
        self.instances = [None, None];
        self.listing.ecc_by_place(self.ecc_listed.take());
    }
}
