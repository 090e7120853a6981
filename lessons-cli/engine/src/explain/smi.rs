//! nvidia-smi's output explained.

use std::collections::HashMap;

use super::{Explained, Field, Note, Value, listed, text};
use crate::checks::smi::{BUSY_PERCENT, HOT_CELSIUS};
use crate::finding::Message;
use crate::read::smi::{
    self, Cause, Failure, Form, Gpu, Key, MigDevice, Part, Process, Reading, Row, Smi, Words,
};
use crate::read::text::Span;
use crate::tables::Os;
use crate::tables::cuda_driver::{self, Life};
use crate::tables::gpu_arch::{self, Match};
use crate::version::{CudaVersion, DriverVersion};

pub(super) fn explain(smi: &Smi) -> Explained {
    let mut explained = Explained::new(
        text(match smi.form {
            Form::Table => "read-smi-what-table",
            Form::List => "read-smi-what-list",
            Form::Query => "read-smi-what-query",
            Form::Log => "read-smi-what-log",
            Form::Xml => "read-smi-what-xml",
            Form::Version => "read-smi-what-version",
            Form::Message => "read-smi-what-message",
        })
        .count("gpus", smi.gpus.len()),
    );
    let places = Places::of(smi);
    failures(&mut explained, smi, &places);
    gpus_at_risk(&mut explained, smi, &places);
    memory(&mut explained, smi, &places);
    modes(&mut explained, smi, &places);
    versions(&mut explained, smi, &places);
    about_the_text(&mut explained, smi);
    header_fields(&mut explained, smi, &places);
    gpu_fields(&mut explained, smi, &places);
    mig_fields(&mut explained, smi, &places);
    process_fields(&mut explained, smi, &places);
    explained
}

/// Where each value stands.
struct Places(HashMap<(Row, Key), Span>);

impl Places {
    fn of(smi: &Smi) -> Self {
        Self(
            smi.fields
                .iter()
                .map(|field| {
                    let span = Span {
                        start: field.span.start,
                        end: field.span.end,
                    };
                    ((field.row, field.key), span)
                })
                .collect(),
        )
    }

    fn at(&self, row: Row, key: Key) -> Option<Span> {
        self.0.get(&(row, key)).copied()
    }
}

fn failures(explained: &mut Explained, smi: &Smi, places: &Places) {
    let also = smi.notes.iter().filter_map(|note| match note {
        smi::Note::AlsoFailed(failure) => Some(failure),
        _ => None,
    });
    for failure in smi.failure.iter().chain(also) {
        explained.note(failed(failure).at(places.at(Row::Header, Key::Failure)));
    }
}

/// What a message of failure means, and what to do next.
fn failed(failure: &Failure) -> Note {
    let place = |gpu: &Option<u32>, bus_id: &Option<String>| match (gpu, bus_id) {
        (_, Some(bus_id)) => bus_id.clone(),
        (Some(gpu), None) => gpu.to_string(),
        (None, None) => "?".to_owned(),
    };
    match &failure.cause {
        Cause::CouldNotCommunicate => {
            Note::broken(text("read-smi-failed-communicate")).step("driver.module-loaded")
        }
        Cause::DriverLibraryMismatch { library_version } => Note::broken(
            text("read-smi-failed-mismatch")
                .arg("library", library_version.as_deref().unwrap_or("?")),
        )
        .run("sudo reboot")
        .step("driver.versions-agree"),
        Cause::DriverNotLoaded => {
            Note::broken(text("read-smi-failed-not-loaded")).step("driver.module-loaded")
        }
        Cause::UnknownError => Note::broken(text("read-smi-failed-unknown")).step("smi.runs"),
        Cause::NotAvailable => Note::broken(text("read-smi-failed-na")).step("smi.runs"),
        Cause::AccessBlocked => Note::broken(text("read-smi-failed-blocked")).step("smi.runs"),
        Cause::InsufficientPermissions => Note::broken(text("read-smi-failed-permissions"))
            .run("ls -l /dev/nvidia*")
            .step("smi.runs"),
        Cause::NoDevices => {
            Note::broken(text("read-smi-failed-no-devices")).step("driver.gpu-visible")
        }
        Cause::NoVgpuDevices => {
            Note::broken(text("read-smi-failed-no-vgpu")).step("driver.gpu-visible")
        }
        Cause::LibraryNotFound => {
            Note::broken(text("read-smi-failed-no-library")).step("driver.installed")
        }
        Cause::FunctionNotFound => {
            Note::broken(text("read-smi-failed-no-function")).step("driver.versions-agree")
        }
        Cause::GpuIsLost { gpu, bus_id } => {
            Note::broken(text("read-smi-failed-lost").arg("gpu", place(gpu, bus_id)))
                .run("sudo dmesg | grep -iE 'NVRM|Xid' | tail")
                .step("smi.gpus-healthy")
        }
        Cause::UnableToDetermineHandle { gpu, bus_id, why } => Note::broken(
            text("read-smi-failed-handle")
                .arg("gpu", place(gpu, bus_id))
                .arg("why", why),
        )
        .run("sudo dmesg | grep -iE 'NVRM|Xid' | tail")
        .step("smi.gpus-healthy"),
        Cause::CommandNotFound => {
            Note::broken(text("read-smi-failed-not-found")).step("driver.installed")
        }
        Cause::InvalidField { field } => {
            Note::broken(text("read-smi-failed-field").arg("field", field))
                .run("nvidia-smi --help-query-gpu")
        }
        Cause::Other { why } => {
            Note::broken(text("read-smi-failed-other").arg("why", why)).step("smi.runs")
        }
    }
}

/// The GPUs of which something holds, by number.
struct Which<'s> {
    gpus: Vec<(usize, &'s Gpu)>,
}

impl<'s> Which<'s> {
    fn of(smi: &'s Smi, holds: impl Fn(&Gpu) -> bool) -> Option<Self> {
        let gpus: Vec<_> = smi
            .gpus
            .iter()
            .enumerate()
            .filter(|(_, gpu)| holds(gpu))
            .collect();
        (!gpus.is_empty()).then_some(Self { gpus })
    }

    /// The text with these GPUs in it, as `gpus` and `count`.
    fn say(&self, id: &'static str) -> Message {
        text(id)
            .arg(
                "gpus",
                listed(self.gpus.iter().map(|(at, gpu)| number(*at, gpu))),
            )
            .count("count", self.gpus.len())
    }

    fn place(&self, places: &Places, key: Key) -> Option<Span> {
        let (at, _) = self.gpus.first()?;
        places.at(Row::Gpu(*at), key)
    }
}

fn number(at: usize, gpu: &Gpu) -> String {
    gpu.index
        .map_or_else(|| at.to_string(), |index| index.to_string())
}

/// Whether a cell says that its value could not be read.
fn is_error(words: &str) -> bool {
    matches!(
        words,
        "ERR!" | "[Unknown Error]" | "[GPU is lost]" | "[GPU requires reset]"
    )
}

fn gpus_at_risk(explained: &mut Explained, smi: &Smi, places: &Places) {
    for note in &smi.notes {
        match note {
            smi::Note::IndexGap(missing) => explained.note(
                Note::broken(text("read-smi-note-gap").arg("gpus", listed(missing)))
                    .run("sudo dmesg | grep -iE 'NVRM|Xid' | tail")
                    .step("smi.gpus-healthy"),
            ),
            smi::Note::InfoRomCorrupted(gpu) => explained.note(
                Note::broken(text("read-smi-note-inforom").arg("gpu", gpu))
                    .step("smi.gpus-healthy"),
            ),
            smi::Note::EccByPlace(errors) if *errors > 0 => explained.note(
                Note::broken(text("read-smi-note-ecc-by-place").arg("errors", errors.to_string()))
                    .step("smi.gpus-healthy"),
            ),
            _ => {}
        }
    }
    let errors = |gpu: &Gpu| {
        COLUMNS
            .iter()
            .filter_map(|column| (column.value)(gpu))
            .any(|shown| is_error(&shown))
    };
    if let Some(which) = Which::of(smi, errors) {
        explained.note(
            Note::broken(which.say("read-smi-note-err"))
                .run("sudo dmesg | grep -iE 'NVRM|Xid' | tail")
                .step("smi.gpus-healthy")
                .at(which.place(places, Key::Name)),
        );
    }
    for (at, gpu) in smi.gpus.iter().enumerate() {
        if let Some(count) = value(gpu.ecc_uncorrected.as_ref())
            && count.0 > 0
        {
            let index = number(at, gpu);
            let shown = quotable(&index);
            explained.note(
                Note::broken(
                    text("read-smi-note-ecc")
                        .arg("gpu", &index)
                        .count("errors", usize::try_from(count.0).unwrap_or(usize::MAX)),
                )
                .run(format!("nvidia-smi -q -d ECC,ROW_REMAPPER -i {shown}"))
                .step("smi.gpus-healthy")
                .at(places.at(Row::Gpu(at), Key::EccUncorrected)),
            );
        }
        if let Some(celsius) = value(gpu.temperature_c.as_ref())
            && u32::try_from(celsius.0).is_ok_and(|celsius| celsius >= HOT_CELSIUS)
        {
            explained.note(
                Note::broken(
                    text("read-smi-note-hot")
                        .arg("gpu", number(at, gpu))
                        .arg("celsius", celsius.0.to_string()),
                )
                .run("nvidia-smi -q -d TEMPERATURE,PERFORMANCE")
                .step("smi.gpus-healthy")
                .at(places.at(Row::Gpu(at), Key::TemperatureC)),
            );
        }
        if let (Some(draw), Some(limit)) = (
            value(gpu.power_draw_w.as_ref()),
            value(gpu.power_limit_w.as_ref()),
        ) && limit.0 > 0.0
            && draw.0 >= limit.0 * AT_LIMIT
        {
            let id = if draw.0 >= limit.0 * IMPOSSIBLE {
                "read-smi-note-power-odd"
            } else {
                "read-smi-note-power"
            };
            explained.note(
                Note::warning(
                    text(id)
                        .arg("gpu", number(at, gpu))
                        .arg("draw", draw.0.to_string())
                        .arg("limit", limit.0.to_string()),
                )
                .run("nvidia-smi -q -d POWER")
                .at(places.at(Row::Gpu(at), Key::PowerDrawW)),
            );
        }
    }
}

/// A draw of this share of the limit is one at the limit: the two are measured and rounded apart.
const AT_LIMIT: f64 = 0.97;

/// No card draws this many times its limit for as long as it takes to measure. Laptops' drivers have been seen to say so:
/// <https://github.com/projectbluefin/finpilot/issues/160>, 751 W of 80 W at 6 % utilisation.
const IMPOSSIBLE: f64 = 2.0;

/// Only the digits: nothing else goes into a command.
fn quotable(index: &str) -> String {
    index.chars().filter(char::is_ascii_digit).collect()
}

fn value<T: Copy>(reading: Option<&Reading<T>>) -> Option<T> {
    reading.and_then(Reading::value)
}

/// Who holds memory.
fn memory(explained: &mut Explained, smi: &Smi, places: &Places) {
    for (at, gpu) in smi.gpus.iter().enumerate() {
        let (Some(used), Some(total)) = (
            value(gpu.memory_used_mib.as_ref()),
            value(gpu.memory_total_mib.as_ref()),
        ) else {
            continue;
        };
        if total.0 == 0 || used.0.saturating_mul(100) / total.0 < BUSY_PERCENT {
            continue;
        }
        let seen = (0..smi.processes.len()).any(|row| gpu_of(smi, places, row) == Some(at));
        let id = match (seen, smi.process_list) {
            (true, _) => "read-smi-note-busy",
            (false, smi::ProcessList::Absent) => "read-smi-note-busy-no-list",
            (false, _) => "read-smi-note-busy-unseen",
        };
        explained.note(
            Note::warning(
                text(id)
                    .arg("gpu", number(at, gpu))
                    .arg("used", used.0.to_string())
                    .arg("total", total.0.to_string()),
            )
            .run("nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv")
            .step("smi.memory-free")
            .at(places.at(Row::Gpu(at), Key::MemoryUsedMib)),
        );
    }
    let computing: Vec<(usize, &Process)> = smi
        .processes
        .iter()
        .enumerate()
        .filter(|(row, process)| {
            // Under WDDM every program with a window is `C+G`.
            let draws = |gpu: usize| {
                smi.gpus[gpu].driver_model.as_deref() == Some("WDDM")
                    && process.kind.as_deref() == Some("C+G")
            };
            process
                .kind
                .as_deref()
                .is_some_and(|kind| kind.contains('C'))
                && !gpu_of(smi, places, *row).is_some_and(draws)
        })
        .collect();
    if let Some((first, _)) = computing.first() {
        let names = computing.iter().map(|(_, process)| {
            let name = process.name.as_deref().unwrap_or("?");
            let pid = process
                .pid
                .as_ref()
                .map_or_else(|| "?".to_owned(), ToString::to_string);
            format!("{name} ({pid})")
        });
        explained.note(
            Note::remark(
                text("read-smi-note-processes")
                    .arg("processes", listed(names))
                    .count("count", computing.len()),
            )
            .step("smi.memory-free")
            .at(places.at(Row::Process(*first), Key::Pid)),
        );
    }
}

/// The place of the GPU that a process uses: by the number in its row or, in a report that goes GPU by GPU, by where it
/// stands.
fn gpu_of(smi: &Smi, places: &Places, row: usize) -> Option<usize> {
    if let Some(index) = smi.processes.get(row)?.gpu {
        return smi.gpus.iter().position(|gpu| gpu.index == Some(index));
    }
    if !matches!(smi.form, Form::Log | Form::Xml) {
        return None;
    }
    let here = places.at(Row::Process(row), Key::Pid)?.start;
    (0..smi.gpus.len()).rfind(|at| {
        places
            .at(Row::Gpu(*at), Key::BusId)
            .is_some_and(|place| place.start < here)
    })
}

/// The modes that a GPU can be in.
fn modes(explained: &mut Explained, smi: &Smi, places: &Places) {
    let is = |words: &Option<Words>, wanted: &[&str]| {
        words
            .as_deref()
            .is_some_and(|words| wanted.contains(&words))
    };
    if let Some(which) = Which::of(smi, |gpu| is(&gpu.persistence, &["Off", "Disabled"])) {
        explained.note(
            Note::warning(which.say("read-smi-note-persistence"))
                .step("persistence.enabled")
                .at(which.place(places, Key::Persistence)),
        );
    }
    if let Some(which) = Which::of(smi, |gpu| is(&gpu.compute_mode, &["Prohibited"])) {
        explained.note(
            Note::warning(which.say("read-smi-note-prohibited"))
                .run("sudo nvidia-smi -c 0")
                .at(which.place(places, Key::ComputeMode)),
        );
    }
    if let Some(which) = Which::of(smi, |gpu| {
        is(
            &gpu.compute_mode,
            &[
                "E. Process",
                "Exclusive_Process",
                "E. Thread",
                "Exclusive_Thread",
            ],
        )
    }) {
        explained.note(
            Note::warning(which.say("read-smi-note-exclusive"))
                .at(which.place(places, Key::ComputeMode)),
        );
    }
    if let Some(which) = Which::of(smi, |gpu| is(&gpu.mig_mode, &["Enabled"])) {
        let id = if smi.mig_devices.is_empty() {
            "read-smi-note-mig-empty"
        } else {
            "read-smi-note-mig"
        };
        explained.note(
            Note::remark(which.say(id).count("devices", smi.mig_devices.len()))
                .run("nvidia-smi -L")
                .at(which.place(places, Key::MigMode)),
        );
    }
    if let Some(which) = Which::of(smi, |gpu| is(&gpu.driver_model, &["WDDM"])) {
        explained.note(
            Note::remark(which.say("read-smi-note-wddm")).at(which.place(places, Key::DriverModel)),
        );
    }
    if let Some(which) = Which::of(smi, |gpu| gpu.name_truncated) {
        explained.note(
            Note::remark(which.say("read-smi-note-name-cut"))
                .run("nvidia-smi -L")
                .at(which.place(places, Key::Name)),
        );
    }
    if let Some(which) = Which::of(
        smi,
        |gpu| matches!(&gpu.memory_total_mib, Some(Reading::Words(words)) if words == "Not Supported"),
    ) {
        explained.note(
            Note::remark(which.say("read-smi-note-unified"))
                .at(which.place(places, Key::MemoryTotalMib)),
        );
    }
}

/// What the versions in the header say and do not say.
fn versions(explained: &mut Explained, smi: &Smi, places: &Places) {
    let os = if smi.gpus.iter().any(|gpu| gpu.driver_model.is_some()) {
        Os::Windows
    } else {
        Os::Linux
    };
    let driver: Option<DriverVersion> = smi
        .driver_version
        .as_deref()
        .and_then(|version| version.parse().ok());
    let at_driver = places.at(Row::Header, Key::DriverVersion);
    let at_cuda = places.at(Row::Header, Key::CudaVersion);
    match smi.cuda_version.as_deref() {
        None => {}
        // `N/A`, `ERR!`, `Not Found`.
        Some(shown) if !shown.starts_with(|c: char| c.is_ascii_digit()) => explained
            .note(Note::warning(text("read-smi-note-no-cuda").arg("shown", shown)).at(at_cuda)),
        Some(shown) => {
            explained.note(
                Note::remark(text("read-smi-note-ceiling").arg("cuda", shown))
                    .step("smi.cuda-ceiling")
                    .at(at_cuda),
            );
            let own = driver
                .as_ref()
                .and_then(|driver| cuda_driver::ceiling(driver, os).ok());
            if let (Some(own), Ok(shown)) = (own, shown.parse::<CudaVersion>())
                && own.release() != shown.release()
            {
                explained.note(
                    Note::remark(
                        text("read-smi-note-other-ceiling")
                            .arg("cuda", shown.to_string())
                            .arg("own", own.to_string())
                            .arg("branch", branch(driver.as_ref())),
                    )
                    .at(at_cuda),
                );
            }
        }
    }
    if let Some(driver) = &driver
        && let Ok(row) = cuda_driver::branch(driver, os)
        && row.life == Life::Ended
    {
        explained.note(
            Note::warning(text("read-smi-note-branch-ended").arg("branch", row.branch.to_string()))
                .at(at_driver),
        );
    }
    if let (Some(tool), Some(driver)) = (&smi.smi_version, &smi.driver_version)
        && tool != driver
    {
        explained.note(
            Note::remark(
                text("read-smi-note-two-versions")
                    .arg("tool", tool)
                    .arg("driver", driver),
            )
            .at(places.at(Row::Header, Key::SmiVersion)),
        );
    }
    // The last branch that drives a GPU, by the GPU's name.
    let mut last: Vec<(u32, &str)> = Vec::new();
    for gpu in &smi.gpus {
        if let Some(name) = gpu.name.as_deref()
            && let Match::Exact(named) = gpu_arch::by_name(name)
            && let Some(branch) = named.family.last_driver_branch
            && !last.contains(&(branch, name))
        {
            last.push((branch, name));
        }
    }
    for (branch, name) in last {
        explained.note(Note::remark(
            text("read-smi-note-last-branch")
                .arg("name", name)
                .arg("branch", branch.to_string()),
        ));
    }
}

fn branch(driver: Option<&DriverVersion>) -> String {
    driver.map_or_else(String::new, |driver| driver.branch().to_string())
}

/// What the text no longer tells.
fn about_the_text(explained: &mut Explained, smi: &Smi) {
    for note in &smi.notes {
        let message = match note {
            smi::Note::Cut(Part::Header) => text("read-smi-note-cut-header"),
            smi::Note::Cut(Part::Gpu(at)) => {
                text("read-smi-note-cut-gpu").arg("row", (at + 1).to_string())
            }
            smi::Note::Cut(Part::MigDevices) => text("read-smi-note-cut-mig"),
            smi::Note::Cut(Part::Processes) => text("read-smi-note-cut-processes"),
            smi::Note::HeaderMissing => text("read-smi-note-no-header"),
            smi::Note::MarginLost => text("read-smi-note-margin-lost"),
            smi::Note::ProcessesNotSupported(gpu) => {
                text("read-smi-note-no-process-list").arg("gpu", gpu.to_string())
            }
            smi::Note::ColumnsUnnamed => text("read-smi-note-unnamed"),
            smi::Note::RowsLeftOut => text("read-smi-note-rows-left-out"),
            smi::Note::MoreOutputs(_)
            | smi::Note::IndexGap(_)
            | smi::Note::InfoRomCorrupted(_)
            | smi::Note::AlsoFailed(_)
            | smi::Note::EccByPlace(_) => continue,
        };
        explained.note(Note::remark(message));
    }
}

fn header_fields(explained: &mut Explained, smi: &Smi, places: &Places) {
    for (label, id, shown, key) in [
        (
            "timestamp",
            "read-smi-timestamp",
            &smi.timestamp,
            Key::Timestamp,
        ),
        (
            "NVIDIA-SMI",
            "read-smi-version",
            &smi.smi_version,
            Key::SmiVersion,
        ),
        (
            "Driver Version / KMD Version",
            "read-smi-driver",
            &smi.driver_version,
            Key::DriverVersion,
        ),
        (
            "CUDA Version / CUDA UMD Version",
            "read-smi-cuda",
            &smi.cuda_version,
            Key::CudaVersion,
        ),
    ] {
        if let Some(shown) = shown {
            explained.field(
                Field::new(label, text(id))
                    .value(Value::new(shown.clone()).at(places.at(Row::Header, key))),
            );
        }
    }
}

/// A column of the GPUs, of the MIG devices, or of the processes.
struct Column<R> {
    /// As the table heads it.
    label: &'static str,
    key: Key,
    meaning: &'static str,
    /// What is normal, where that can be said of every card.
    normal: Option<&'static str>,
    value: fn(&R) -> Option<String>,
    /// Words in place of a value that say something of their own.
    words: &'static [(&'static str, &'static str)],
}

impl<R> Column<R> {
    /// The column as a field: a value for each row that has one. `of` names the row.
    fn field(
        &self,
        rows: &[R],
        row: fn(usize) -> Row,
        of: impl Fn(usize, &R) -> Option<String>,
        places: &Places,
    ) -> Field {
        let mut field = Field::new(self.label, text(self.meaning)).normally(self.normal);
        for (at, device) in rows.iter().enumerate() {
            let Some(shown) = (self.value)(device) else {
                continue;
            };
            let mut value = Value::new(shown.as_str()).at(places.at(row(at), self.key));
            value.of = of(at, device);
            let said = self.words.iter().find(|(word, _)| *word == shown);
            if let Some((_, id)) = said {
                value = value.means(text(id));
            } else if is_error(&shown) {
                value = value.means(text("read-smi-value-error").arg("shown", &shown));
            } else if shown.starts_with('[') && shown.ends_with(']') {
                value = value.means(text("read-smi-value-refused").arg("shown", &shown));
            }
            field = field.value(value);
        }
        field
    }
}

fn shown<T: std::fmt::Display>(reading: Option<&Reading<T>>) -> Option<String> {
    reading.map(ToString::to_string)
}

fn as_printed(words: Option<&Words>) -> Option<String> {
    words.map(|words| words.clone().into_owned())
}

const COLUMNS: [Column<Gpu>; 18] = [
    Column {
        label: "GPU",
        key: Key::Index,
        meaning: "read-smi-index",
        normal: None,
        value: |gpu| gpu.index.map(|index| index.to_string()),
        words: &[],
    },
    Column {
        label: "Name",
        key: Key::Name,
        meaning: "read-smi-name",
        normal: None,
        value: |gpu| as_printed(gpu.name.as_ref()),
        words: &[],
    },
    Column {
        label: "UUID",
        key: Key::Uuid,
        meaning: "read-smi-uuid",
        normal: None,
        value: |gpu| as_printed(gpu.uuid.as_ref()),
        words: &[],
    },
    Column {
        label: "Persistence-M",
        key: Key::Persistence,
        meaning: "read-smi-persistence",
        normal: Some("read-smi-persistence-normal"),
        value: |gpu| as_printed(gpu.persistence.as_ref()),
        words: &[
            ("On", "read-smi-persistence-on"),
            ("Enabled", "read-smi-persistence-on"),
            ("Off", "read-smi-persistence-off"),
            ("Disabled", "read-smi-persistence-off"),
            ("N/A", "read-smi-persistence-na"),
        ],
    },
    Column {
        label: "Driver-Model",
        key: Key::DriverModel,
        meaning: "read-smi-driver-model",
        normal: None,
        value: |gpu| as_printed(gpu.driver_model.as_ref()),
        words: &[
            ("WDDM", "read-smi-driver-model-wddm"),
            ("TCC", "read-smi-driver-model-tcc"),
            ("MCDM", "read-smi-driver-model-mcdm"),
        ],
    },
    Column {
        label: "Bus-Id",
        key: Key::BusId,
        meaning: "read-smi-bus-id",
        normal: None,
        value: |gpu| as_printed(gpu.bus_id.as_ref()),
        words: &[],
    },
    Column {
        label: "Disp.A",
        key: Key::DisplayActive,
        meaning: "read-smi-display",
        normal: Some("read-smi-display-normal"),
        value: |gpu| as_printed(gpu.display_active.as_ref()),
        words: &[
            ("On", "read-smi-display-on"),
            ("Off", "read-smi-display-off"),
        ],
    },
    Column {
        label: "Volatile Uncorr. ECC",
        key: Key::EccUncorrected,
        meaning: "read-smi-ecc",
        normal: Some("read-smi-ecc-normal"),
        value: |gpu| shown(gpu.ecc_uncorrected.as_ref()),
        words: &[
            ("Off", "read-smi-ecc-off"),
            ("N/A", "read-smi-ecc-na"),
            ("On", "read-smi-ecc-on"),
        ],
    },
    Column {
        label: "Fan",
        key: Key::FanPercent,
        meaning: "read-smi-fan",
        normal: Some("read-smi-fan-normal"),
        value: |gpu| shown(gpu.fan_percent.as_ref()),
        words: &[("N/A", "read-smi-fan-na")],
    },
    Column {
        label: "Temp",
        key: Key::TemperatureC,
        meaning: "read-smi-temperature",
        normal: Some("read-smi-temperature-normal"),
        value: |gpu| shown(gpu.temperature_c.as_ref()),
        words: &[],
    },
    Column {
        label: "Perf",
        key: Key::PerformanceState,
        meaning: "read-smi-performance",
        normal: Some("read-smi-performance-normal"),
        value: |gpu| as_printed(gpu.performance_state.as_ref()),
        words: &[
            ("P0", "read-smi-performance-p0"),
            ("P2", "read-smi-performance-p2"),
            ("P8", "read-smi-performance-p8"),
        ],
    },
    Column {
        label: "Pwr:Usage",
        key: Key::PowerDrawW,
        meaning: "read-smi-power-draw",
        normal: Some("read-smi-power-draw-normal"),
        value: |gpu| shown(gpu.power_draw_w.as_ref()),
        words: &[("N/A", "read-smi-power-draw-na")],
    },
    Column {
        label: "Pwr:Cap",
        key: Key::PowerLimitW,
        meaning: "read-smi-power-limit",
        normal: Some("read-smi-power-limit-normal"),
        value: |gpu| shown(gpu.power_limit_w.as_ref()),
        words: &[("N/A", "read-smi-power-limit-na")],
    },
    Column {
        label: "Memory-Usage (used)",
        key: Key::MemoryUsedMib,
        meaning: "read-smi-memory-used",
        normal: Some("read-smi-memory-used-normal"),
        value: |gpu| shown(gpu.memory_used_mib.as_ref()),
        words: &[
            ("Not Supported", "read-smi-memory-unified"),
            ("N/A", "read-smi-memory-na"),
        ],
    },
    Column {
        label: "Memory-Usage (total)",
        key: Key::MemoryTotalMib,
        meaning: "read-smi-memory-total",
        normal: None,
        value: |gpu| shown(gpu.memory_total_mib.as_ref()),
        words: &[],
    },
    Column {
        label: "GPU-Util",
        key: Key::UtilizationPercent,
        meaning: "read-smi-utilization",
        normal: Some("read-smi-utilization-normal"),
        value: |gpu| shown(gpu.utilization_percent.as_ref()),
        words: &[("N/A", "read-smi-utilization-na")],
    },
    Column {
        label: "Compute M.",
        key: Key::ComputeMode,
        meaning: "read-smi-compute-mode",
        normal: Some("read-smi-compute-mode-normal"),
        value: |gpu| as_printed(gpu.compute_mode.as_ref()),
        words: &[
            ("Default", "read-smi-compute-mode-default"),
            ("E. Process", "read-smi-compute-mode-exclusive"),
            ("Exclusive_Process", "read-smi-compute-mode-exclusive"),
            ("Prohibited", "read-smi-compute-mode-prohibited"),
        ],
    },
    Column {
        label: "MIG M.",
        key: Key::MigMode,
        meaning: "read-smi-mig",
        normal: Some("read-smi-mig-normal"),
        value: |gpu| as_printed(gpu.mig_mode.as_ref()),
        words: &[
            ("Enabled", "read-smi-mig-enabled"),
            ("Disabled", "read-smi-mig-disabled"),
            ("N/A", "read-smi-mig-na"),
        ],
    },
];

const MIG_COLUMNS: [Column<MigDevice>; 15] = [
    of_mig("GPU", Key::Gpu, "read-smi-mig-gpu", |device| {
        number_of(device.gpu)
    }),
    of_mig("GI ID", Key::Gi, "read-smi-gi", |device| {
        number_of(device.gi)
    }),
    of_mig("CI ID", Key::Ci, "read-smi-ci", |device| {
        number_of(device.ci)
    }),
    of_mig("MIG Dev", Key::Device, "read-smi-mig-number", |device| {
        number_of(device.device)
    }),
    of_mig(
        "Memory-Usage (used)",
        Key::MemoryUsedMib,
        "read-smi-mig-memory-used",
        |device| shown(device.memory_used_mib.as_ref()),
    ),
    of_mig(
        "Memory-Usage (total)",
        Key::MemoryTotalMib,
        "read-smi-mig-memory-total",
        |device| shown(device.memory_total_mib.as_ref()),
    ),
    of_mig(
        "BAR1-Usage (used)",
        Key::Bar1UsedMib,
        "read-smi-bar1",
        |device| shown(device.bar1_used_mib.as_ref()),
    ),
    of_mig(
        "BAR1-Usage (total)",
        Key::Bar1TotalMib,
        "read-smi-bar1-total",
        |device| shown(device.bar1_total_mib.as_ref()),
    ),
    of_mig("SM", Key::Sm, "read-smi-sm", |device| {
        shown(device.sm.as_ref())
    }),
    of_mig(
        "Unc ECC",
        Key::EccUncorrected,
        "read-smi-mig-ecc",
        |device| shown(device.ecc_uncorrected.as_ref()),
    ),
    of_mig("CE", Key::Ce, "read-smi-ce", |device| {
        shown(device.ce.as_ref())
    }),
    of_mig("ENC", Key::Enc, "read-smi-enc", |device| {
        shown(device.enc.as_ref())
    }),
    of_mig("DEC", Key::Dec, "read-smi-dec", |device| {
        shown(device.dec.as_ref())
    }),
    of_mig("OFA", Key::Ofa, "read-smi-ofa", |device| {
        shown(device.ofa.as_ref())
    }),
    of_mig("JPG", Key::Jpg, "read-smi-jpg", |device| {
        shown(device.jpg.as_ref())
    }),
];

const fn of_mig(
    label: &'static str,
    key: Key,
    meaning: &'static str,
    value: fn(&MigDevice) -> Option<String>,
) -> Column<MigDevice> {
    Column {
        label,
        key,
        meaning,
        normal: None,
        value,
        words: &[],
    }
}

const PROCESS_COLUMNS: [Column<Process>; 7] = [
    of_process("GPU", Key::Gpu, "read-smi-process-gpu", |process| {
        number_of(process.gpu)
    }),
    of_process("GI ID", Key::Gi, "read-smi-gi", |process| {
        shown(process.gi.as_ref())
    }),
    of_process("CI ID", Key::Ci, "read-smi-ci", |process| {
        shown(process.ci.as_ref())
    }),
    of_process("PID", Key::Pid, "read-smi-process-pid", |process| {
        shown(process.pid.as_ref())
    }),
    Column {
        words: &[
            ("C", "read-smi-process-c"),
            ("G", "read-smi-process-g"),
            ("C+G", "read-smi-process-cg"),
            ("M", "read-smi-process-m"),
            ("M+C", "read-smi-process-mc"),
        ],
        ..of_process("Type", Key::Type, "read-smi-process-type", |process| {
            as_printed(process.kind.as_ref())
        })
    },
    of_process(
        "Process name",
        Key::Name,
        "read-smi-process-name",
        |process| as_printed(process.name.as_ref()),
    ),
    Column {
        words: &[("N/A", "read-smi-process-memory-na")],
        ..of_process(
            "GPU Memory Usage",
            Key::MemoryMib,
            "read-smi-process-memory",
            |process| shown(process.memory_mib.as_ref()),
        )
    },
];

const fn of_process(
    label: &'static str,
    key: Key,
    meaning: &'static str,
    value: fn(&Process) -> Option<String>,
) -> Column<Process> {
    Column {
        label,
        key,
        meaning,
        normal: None,
        value,
        words: &[],
    }
}

fn number_of(index: Option<u32>) -> Option<String> {
    index.map(|index| index.to_string())
}

fn gpu_fields(explained: &mut Explained, smi: &Smi, places: &Places) {
    for column in &COLUMNS {
        let of = |at: usize, gpu: &Gpu| {
            (column.key != Key::Index).then(|| format!("GPU {}", number(at, gpu)))
        };
        explained.field(column.field(&smi.gpus, Row::Gpu, of, places));
    }
}

fn mig_fields(explained: &mut Explained, smi: &Smi, places: &Places) {
    let of = |at: usize, device: &MigDevice| {
        let gpu = number_of(device.gpu).unwrap_or_else(|| "?".to_owned());
        let number = device.device.or_else(|| u32::try_from(at).ok());
        Some(format!(
            "MIG {gpu}:{}",
            number_of(number).unwrap_or_default()
        ))
    };
    for column in &MIG_COLUMNS {
        explained.field(column.field(&smi.mig_devices, Row::MigDevice, of, places));
    }
    let mut profiles = Field::new("MIG profile", text("read-smi-mig-profile"));
    for (at, device) in smi.mig_devices.iter().enumerate() {
        if let Some(profile) = as_printed(device.profile.as_ref()) {
            let mut value = Value::new(profile).at(places.at(Row::MigDevice(at), Key::Profile));
            value.of = of(at, device);
            profiles = profiles.value(value);
        }
    }
    explained.field(profiles);
}

fn process_fields(explained: &mut Explained, smi: &Smi, places: &Places) {
    if smi.process_list == smi::ProcessList::NoneFound {
        explained.field(
            Field::new("Processes", text("read-smi-process")).value(
                Value::new("No running processes found").means(text("read-smi-process-none")),
            ),
        );
        return;
    }
    for column in &PROCESS_COLUMNS {
        let of = |_: usize, process: &Process| {
            let gpu = || number_of(process.gpu).map(|gpu| format!("GPU {gpu}"));
            let pid = || shown(process.pid.as_ref()).map(|pid| format!("PID {pid}"));
            if column.key == Key::Pid { gpu() } else { pid() }
        };
        explained.field(column.field(&smi.processes, Row::Process, of, places));
    }
}
