//! What the outputs other than the table have in common: values one by one, each with a name.
//!
//! They say some things in other words than the table does (`Enabled` for `On`, `Exclusive_Process` for
//! `E. Process`); a value is given in the table's words, so that it means the same wherever it came from.

use std::borrow::Cow;
use std::ops::Range;

use super::field::{Field, Key, Row};
use super::note::Note;
use super::values::{Form, Gpu, MigDevice, Process, ProcessList, Reading, Smi, Unit, Words, words};

/// An output being read value by value.
pub(super) struct Listing<'t> {
    pub(super) text: &'t str,
    pub(super) smi: Smi,
    /// Rows that may still be added, shared by all outputs of one text.
    pub(super) rows_left: usize,
    /// How many GPUs the machine has, where the output says so.
    attached: Option<usize>,
    /// The place of the GPU of each MIG device and of each process.
    gpus_of: [Vec<Option<usize>>; 2],
}

impl<'t> Listing<'t> {
    pub(super) fn new(text: &'t str, form: Form, rows_left: usize) -> Self {
        Self {
            text,
            smi: Smi {
                form,
                ..Smi::default()
            },
            rows_left,
            attached: None,
            gpus_of: [Vec::new(), Vec::new()],
        }
    }

    /// How many GPUs the machine has.
    pub(super) fn attached(&mut self, at: Range<usize>) {
        self.attached = self.text[at].parse().ok();
    }

    /// `-q` shows no number of a GPU, but all of them in the order of their numbers. With `-i` it shows some only, and
    /// then none of these has a number.
    pub(super) fn number(&mut self) {
        let smi = &mut self.smi;
        if self.attached != Some(smi.gpus.len()) {
            return;
        }
        let number = |place: usize| u32::try_from(place).ok();
        for (place, gpu) in smi.gpus.iter_mut().enumerate() {
            gpu.index = number(place);
        }
        let [devices, processes] = &self.gpus_of;
        for (device, place) in smi.mig_devices.iter_mut().zip(devices) {
            device.gpu = place.and_then(number);
        }
        for (process, place) in smi.processes.iter_mut().zip(processes) {
            process.gpu = place.and_then(number);
        }
    }

    /// Sets a value of the header, unless it is set.
    pub(super) fn header(&mut self, key: Key, at: Range<usize>) {
        let place = match key {
            Key::Timestamp => &mut self.smi.timestamp,
            Key::SmiVersion => &mut self.smi.smi_version,
            Key::DriverVersion => &mut self.smi.driver_version,
            Key::CudaVersion => &mut self.smi.cuda_version,
            _ => return,
        };
        if place.is_none() && !at.is_empty() {
            *place = Some(self.text[at.clone()].to_owned());
            self.smi.fields.push(Field {
                row: Row::Header,
                key,
                span: at,
            });
        }
    }

    /// Adds a GPU. Nothing is added to it where there are too many.
    pub(super) fn add_gpu(&mut self) -> bool {
        let may = self.may_add_row();
        if may {
            self.smi.gpus.push(Gpu::default());
        }
        may
    }

    /// Sets a value of the last GPU, unless it is set.
    pub(super) fn gpu(&mut self, key: Key, at: Range<usize>) {
        let shown = &self.text[at.clone()];
        let row = Row::Gpu(self.smi.gpus.len().saturating_sub(1));
        if let Some(gpu) = self.smi.gpus.last_mut()
            && !shown.is_empty()
            && set(gpu, key, shown)
        {
            self.smi.fields.push(Field { row, key, span: at });
        }
    }

    /// Newer drivers list ECC errors by place. No error anywhere is none in all; how the table adds others up is
    /// not known, so they become a note.
    pub(super) fn ecc_by_place(&mut self, listed: Option<u64>) {
        let (Some(listed), Some(gpu)) = (listed, self.smi.gpus.last_mut()) else {
            return;
        };
        match listed {
            0 if gpu.ecc_uncorrected.is_none() => gpu.ecc_uncorrected = Some(Reading::of("0")),
            0 => {}
            count => self.smi.notes.push(Note::EccByPlace(count)),
        }
    }

    /// Adds a MIG device of the last GPU.
    pub(super) fn add_mig_device(&mut self) -> bool {
        let may = self.may_add_row();
        if may {
            self.smi.mig_devices.push(MigDevice::default());
            self.gpus_of[0].push(self.smi.gpus.len().checked_sub(1));
        }
        may
    }

    /// Sets a value of the last MIG device, unless it is set.
    pub(super) fn mig_device(&mut self, key: Key, at: Range<usize>) {
        let shown = &self.text[at.clone()];
        let row = Row::MigDevice(self.smi.mig_devices.len().saturating_sub(1));
        let Some(device) = self
            .smi
            .mig_devices
            .last_mut()
            .filter(|_| !shown.is_empty())
        else {
            return;
        };
        let number =
            |place: &mut Option<u32>| shown.parse().is_ok_and(|number| fill(place, || number));
        let set = match key {
            Key::Device => number(&mut device.device),
            Key::Gi => number(&mut device.gi),
            Key::Ci => number(&mut device.ci),
            Key::Sm => fill(&mut device.sm, || reading(shown)),
            Key::EccUncorrected => fill(&mut device.ecc_uncorrected, || reading(shown)),
            Key::Ce => fill(&mut device.ce, || reading(shown)),
            Key::Enc => fill(&mut device.enc, || reading(shown)),
            Key::Dec => fill(&mut device.dec, || reading(shown)),
            Key::Ofa => fill(&mut device.ofa, || reading(shown)),
            Key::Jpg => fill(&mut device.jpg, || reading(shown)),
            Key::MemoryUsedMib => fill(&mut device.memory_used_mib, || reading(shown)),
            Key::MemoryTotalMib => fill(&mut device.memory_total_mib, || reading(shown)),
            Key::Bar1UsedMib => fill(&mut device.bar1_used_mib, || reading(shown)),
            Key::Bar1TotalMib => fill(&mut device.bar1_total_mib, || reading(shown)),
            _ => false,
        };
        if set {
            self.smi.fields.push(Field { row, key, span: at });
        }
    }

    /// Adds a process.
    pub(super) fn add_process(&mut self) -> bool {
        self.smi.process_list = ProcessList::Shown;
        let may = self.may_add_row();
        if may {
            self.smi.processes.push(Process::default());
            self.gpus_of[1].push(self.smi.gpus.len().checked_sub(1));
        }
        may
    }

    /// Sets a value of the last process, unless it is set.
    pub(super) fn process(&mut self, key: Key, at: Range<usize>) {
        let shown = &self.text[at.clone()];
        let row = Row::Process(self.smi.processes.len().saturating_sub(1));
        let Some(process) = self.smi.processes.last_mut().filter(|_| !shown.is_empty()) else {
            return;
        };
        let set = match key {
            Key::Gi => fill(&mut process.gi, || reading(shown)),
            Key::Ci => fill(&mut process.ci, || reading(shown)),
            Key::Pid => fill(&mut process.pid, || reading(shown)),
            Key::Type => fill(&mut process.kind, || words(shown)),
            Key::Name => fill(&mut process.name, || words(shown)),
            Key::MemoryMib => fill(&mut process.memory_mib, || reading(shown)),
            _ => false,
        };
        if set {
            self.smi.fields.push(Field { row, key, span: at });
        }
    }

    pub(super) fn may_add_row(&mut self) -> bool {
        if self.rows_left == 0 {
            if self.smi.notes.last() != Some(&Note::RowsLeftOut) {
                self.smi.notes.push(Note::RowsLeftOut);
            }
            return false;
        }
        self.rows_left -= 1;
        true
    }
}

fn set(gpu: &mut Gpu, key: Key, shown: &str) -> bool {
    match key {
        Key::Index => shown
            .parse()
            .is_ok_and(|index| fill(&mut gpu.index, || index)),
        Key::Name => fill(&mut gpu.name, || words(shown)),
        Key::Persistence => fill(&mut gpu.persistence, || on_or_off(shown)),
        // Where there are no driver models, there is no such field in the table either.
        Key::DriverModel => {
            !matches!(shown, "N/A" | "[N/A]") && fill(&mut gpu.driver_model, || words(shown))
        }
        Key::BusId => fill(&mut gpu.bus_id, || words(shown)),
        Key::DisplayActive => fill(&mut gpu.display_active, || on_or_off(shown)),
        Key::EccUncorrected => fill(&mut gpu.ecc_uncorrected, || reading(shown)),
        Key::FanPercent => fill(&mut gpu.fan_percent, || reading(shown)),
        Key::TemperatureC => fill(&mut gpu.temperature_c, || reading(shown)),
        Key::PerformanceState => fill(&mut gpu.performance_state, || words(shown)),
        Key::PowerDrawW => fill(&mut gpu.power_draw_w, || reading(shown)),
        Key::PowerLimitW => fill(&mut gpu.power_limit_w, || reading(shown)),
        Key::MemoryUsedMib => fill(&mut gpu.memory_used_mib, || reading(shown)),
        Key::MemoryTotalMib => fill(&mut gpu.memory_total_mib, || reading(shown)),
        Key::UtilizationPercent => fill(&mut gpu.utilization_percent, || reading(shown)),
        Key::ComputeMode => fill(&mut gpu.compute_mode, || match shown {
            "Exclusive_Process" => Cow::Borrowed("E. Process"),
            "Exclusive_Thread" => Cow::Borrowed("E. Thread"),
            _ => words(shown),
        }),
        Key::MigMode => fill(&mut gpu.mig_mode, || words(shown)),
        Key::Uuid => fill(&mut gpu.uuid, || words(shown)),
        _ => false,
    }
}

fn fill<T>(place: &mut Option<T>, value: impl FnOnce() -> T) -> bool {
    let free = place.is_none();
    if free {
        *place = Some(value());
    }
    free
}

/// A number with its unit, or bare (`nounits`).
fn reading<T: Unit>(shown: &str) -> Reading<T> {
    T::of_number(shown).map_or_else(|| Reading::of(shown), Reading::Value)
}

fn on_or_off(shown: &str) -> Words {
    match shown {
        "Enabled" | "Yes" => Cow::Borrowed("On"),
        "Disabled" | "No" => Cow::Borrowed("Off"),
        "[N/A]" => Cow::Borrowed("N/A"),
        _ => words(shown),
    }
}
