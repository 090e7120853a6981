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
use super::note::Note;
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
}

impl<'t> Log<'t> {
    pub(super) fn new(text: &'t str, rows_left: usize) -> Self {
        Self {
            listing: Listing::new(text, Form::Log, rows_left),
            heading: 0..0,
            volatile: false,
            ecc_listed: None,
            instances: [None, None],
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
                "Aggregate" => self.volatile = false,
                _ => {}
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
        self.value(name, value);
    }

    pub(super) fn finish(mut self) -> (Option<Smi>, usize) {
        self.end_gpu();
        (Some(self.listing.smi), self.listing.rows_left)
    }

    pub(super) fn smi(&mut self) -> &mut Smi {
        &mut self.listing.smi
    }

    fn value(&mut self, name: &str, value: Range<usize>) {
        let listing = &mut self.listing;
        let heading = &listing.text[self.heading.clone()];
        let power = matches!(heading, "Power Readings" | "GPU Power Readings");
        match name {
            "Timestamp" => listing.header(Key::Timestamp, value),
            "Driver Version" | "KMD Version" => listing.header(Key::DriverVersion, value),
            "CUDA Version" | "CUDA UMD Version" => listing.header(Key::CudaVersion, value),
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

    /// Newer drivers list ECC errors by place. No error anywhere is none in all; how the table adds others up is
    /// not known, so they become a note.
    fn end_gpu(&mut self) {
        self.volatile = false;
        self.instances = [None, None];
        let Some(listed) = self.ecc_listed.take() else {
            return;
        };
        let Some(gpu) = self.listing.smi.gpus.last_mut() else {
            return;
        };
        match listed {
            0 if gpu.ecc_uncorrected.is_none() => gpu.ecc_uncorrected = Some(Reading::of("0")),
            0 => {}
            count => self.listing.smi.notes.push(Note::EccByPlace(count)),
        }
    }
}
