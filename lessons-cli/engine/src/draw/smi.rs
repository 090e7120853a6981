//! Draws nvidia-smi's table.
//!
//! The layout is the one of the values' own nvidia-smi version, so that what is drawn is, byte for byte, what
//! that version prints. The widths and the odd blanks are those seen in outputs of 387 to 617; the values keep
//! the table's words, so nothing is added but the lines around them.

use std::fmt::{Display, Write as _};

use crate::read::smi::{
    Gpu, Mebibytes, MigDevice, Process, ProcessList, Reading, Smi, Unit, Watts,
};

/// The table that nvidia-smi prints for these values, each line ended by a newline. A value that is not known is
/// left blank.
///
/// The version of the tool decides on the layout, else that of the driver; without either, it is that of 580.
pub fn draw(smi: &Smi) -> String {
    let layout = Layout::of(smi);
    let mut out = String::with_capacity(
        1024 + 512 * (smi.gpus.len() + smi.mig_devices.len()) + 96 * smi.processes.len(),
    );
    if let Some(timestamp) = &smi.timestamp {
        line(&mut out, &format!("{timestamp}       "));
    }
    header(&mut out, &layout, smi);
    for gpu in &smi.gpus {
        layout.gpu(&mut out, gpu);
        rule(&mut out, &layout.columns, CORNERS, '-', '+');
    }
    if has_mig_table(smi) {
        // This table's distance is an empty line, even where the process list's is a line of blanks.
        out.push('\n');
        layout.mig_devices(&mut out, &smi.mig_devices);
    }
    if smi.process_list != ProcessList::Absent {
        // The line of blanks has kept the width of 535, although the table has since grown.
        let blanks = if layout.is_tidy() {
            0
        } else {
            layout.width().min(89)
        };
        line(&mut out, &" ".repeat(blanks));
        layout.processes(&mut out, smi);
    }
    out
}

/// With a GPU in MIG mode the table of MIG devices is printed, whether there are any or not; but many a pasted
/// output ends before it, and then the values tell of none.
fn has_mig_table(smi: &Smi) -> bool {
    let enabled = smi
        .gpus
        .iter()
        .any(|gpu| gpu.mig_mode.as_deref() == Some("Enabled"));
    !smi.mig_devices.is_empty() || (enabled && smi.process_list != ProcessList::Absent)
}

const CORNERS: [char; 2] = ['+', '+'];
const BARS: [char; 2] = ['|', '|'];

/// What differs from version to version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    /// The first number of the version.
    major: u32,
    style: Style,
    /// Width of the three columns of GPUs, without the bars.
    columns: [usize; 3],
    /// `Driver-Model` in place of `Persistence-M`.
    windows: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Until 525: 79 columns.
    Narrow,
    /// 530 alone: 89 columns, crammed.
    Crammed,
    /// 535 and 545: 89 columns.
    Medium,
    /// From 550 on: 91 columns.
    Wide,
}

impl Layout {
    fn of(smi: &Smi) -> Self {
        let version = smi.smi_version.as_deref().or(smi.driver_version.as_deref());
        let major = version
            .and_then(|version| version.split('.').next()?.parse().ok())
            .unwrap_or(580_u32);
        let style = match major {
            0..530 => Style::Narrow,
            530..535 => Style::Crammed,
            535..550 => Style::Medium,
            550.. => Style::Wide,
        };
        let columns = match style {
            Style::Narrow => [31, 22, 22],
            Style::Crammed | Style::Medium => [41, 22, 22],
            Style::Wide => [41, 24, 22],
        };
        let on_windows = smi.gpus.iter().any(|gpu| gpu.driver_model.is_some());
        let title = if major < 560 {
            "TCC/WDDM"
        } else {
            "Driver-Model"
        };
        Self {
            major,
            style,
            columns,
            windows: on_windows.then_some(title),
        }
    }

    /// Since 450, a third line for the MIG mode, and the instances in the list of processes.
    fn has_mig(&self) -> bool {
        self.major >= 450
    }

    /// Since 570, room for long process ids, and other titles for the MIG devices.
    fn has_wide_pids(&self) -> bool {
        self.major >= 570
    }

    /// Since 580, the line under the header begins with a corner, and the distance before the list of processes is
    /// an empty line where it was a line of blanks.
    fn is_tidy(&self) -> bool {
        self.major >= 580
    }

    /// Since 610, `KMD Version` and `CUDA UMD Version`.
    fn has_two_drivers(&self) -> bool {
        self.major >= 610
    }

    /// Width of a line between its outer bars, and of both bars.
    fn width(&self) -> usize {
        self.inner() + 2
    }

    fn inner(&self) -> usize {
        self.columns.iter().sum::<usize>() + 2
    }

    fn gpu(&self, out: &mut String, gpu: &Gpu) {
        let mode = match (
            self.windows,
            gpu.driver_model
                .as_deref()
                .or(gpu.persistence.as_deref())
                .unwrap_or_default(),
        ) {
            (Some(_), mode) if self.style == Style::Narrow => format!("{mode:>5}  "),
            (Some(_), mode) => format!("  {mode:<4}  "),
            (None, mode) => match self.style {
                Style::Narrow => format!("  {mode:<3}  "),
                Style::Crammed => format!("{mode:>7} "),
                Style::Medium | Style::Wide if mode == "Off" => "    Off ".to_owned(),
                Style::Medium | Style::Wide => format!("{mode:>6}  "),
            },
        };
        let index = gpu.index.map_or(String::new(), |index| index.to_string());
        // A word that no driver prints may be longer than its place, and is drawn all the same.
        let width = (self.columns[0] - 6).saturating_sub(mode.chars().count());
        let name = gpu.name.as_deref().unwrap_or_default();
        let address = gpu.bus_id.as_deref().unwrap_or_default();
        let display = gpu.display_active.as_deref().unwrap_or_default();
        let margin = self.columns[1] - 21;
        cells(
            out,
            &[
                format!("{index:>4}  {name:<width$}{mode}"),
                format!("{:margin$}{address:<16} {display:>3} ", ""),
                format!("{:>21} ", shown(gpu.ecc_uncorrected.as_ref())),
            ],
        );
        cells(out, &[self.power(gpu), self.memory(gpu), utilization(gpu)]);
        if self.has_mig() {
            let [first, second, _] = self.columns;
            cells(
                out,
                &[
                    " ".repeat(first),
                    " ".repeat(second),
                    format!("{:>21} ", gpu.mig_mode.as_deref().unwrap_or_default()),
                ],
            );
        }
    }

    /// ` 67%   25C    P8             20W /  300W `.
    fn power(&self, gpu: &Gpu) -> String {
        let mut out = format!(
            "{:>4}{:>6}",
            shown(gpu.fan_percent.as_ref()),
            shown(gpu.temperature_c.as_ref())
        );
        let state = gpu.performance_state.as_deref().unwrap_or_default();
        // A state stands two columns further right than the words in its place.
        let _ = if state.starts_with('P') {
            write!(out, "    {state:<3}")
        } else {
            write!(out, "{state:>5}  ")
        };
        let draw = watts(gpu.power_draw_w.as_ref());
        let cap = watts(gpu.power_limit_w.as_ref());
        let is_words =
            |reading: Option<&Reading<Watts>>| matches!(reading, Some(Reading::Words(_)));
        let rest = self.columns[0] - 17;
        match self.style {
            Style::Narrow | Style::Medium => {
                let width = rest - 8;
                let _ = write!(out, "{draw:>width$} / {cap:>4} ");
            }
            Style::Crammed => {
                let width = rest - 7;
                let _ = write!(out, "{draw:>width$} / {cap:>4}");
            }
            Style::Wide => {
                // From 580 on, words in place of the draw stand one column further left; those in place of the
                // cap have done so from the start.
                let draw = if is_words(gpu.power_draw_w.as_ref()) && self.is_tidy() {
                    format!("{draw} ")
                } else {
                    draw
                };
                let cap = if is_words(gpu.power_limit_w.as_ref()) {
                    format!("{cap:>4} ")
                } else {
                    cap
                };
                let width = rest - 9;
                let _ = write!(out, "{draw:>width$} / {cap:>5} ");
            }
        }
        out
    }

    /// `   1583MiB /  24564MiB `, or words for both.
    fn memory(&self, gpu: &Gpu) -> String {
        let width = self.columns[1];
        let used = shown(gpu.memory_used_mib.as_ref());
        let total = shown(gpu.memory_total_mib.as_ref());
        if matches!(&gpu.memory_used_mib, Some(Reading::Words(words)) if words == "Not Supported") {
            return format!(" {used:<0$}", width - 1);
        }
        let (first, second) = if width == 24 { (11, 9) } else { (10, 8) };
        format!("{used:>first$} / {total:>second$} ")
    }

    fn mig_devices(&self, out: &mut String, devices: &[MigDevice]) {
        let inner = self.inner();
        let columns = [18, inner - 18 - 11 - 23 - 3, 11, 23];
        rule(out, &[inner], CORNERS, '-', '+');
        bars(out, &format!(" {:<1$}", "MIG devices:", inner - 1));
        rule(out, &columns, CORNERS, '-', '+');
        let titles = match (self.style, self.has_wide_pids()) {
            (Style::Narrow, _) => ["        Shared        ", "CE  ENC  DEC  OFA  JPG"],
            (_, false) => ["     Shared           ", "CE ENC DEC OFA JPG    "],
            (_, true) => ["       Shared         ", "CE ENC  DEC  OFA  JPG "],
        };
        let width = columns[1] - 1;
        let [shared, engines] = titles;
        cells(
            out,
            &[
                " GPU  GI  CI  MIG ",
                &format!("{:>width$} ", "Memory-Usage"),
                "        Vol",
                &format!(" {shared}"),
            ],
        );
        cells(
            out,
            &[
                "      ID  ID  Dev ",
                &format!("{:>width$} ", "BAR1-Usage"),
                " SM     Unc",
                &format!(" {engines}"),
            ],
        );
        cells(
            out,
            &[
                " ".repeat(18),
                " ".repeat(columns[1]),
                "        ECC".to_owned(),
                " ".repeat(23),
            ],
        );
        rule(out, &columns, BARS, '=', '+');
        if devices.is_empty() {
            bars(out, &format!("  {:<1$}", "No MIG devices found", inner - 2));
            rule(out, &[inner], CORNERS, '-', '+');
        }
        for device in devices {
            self.mig_device(out, device, &columns);
            rule(out, &columns, CORNERS, '-', '+');
        }
    }

    fn mig_device(&self, out: &mut String, device: &MigDevice, columns: &[usize; 4]) {
        let id = |id: Option<u32>| id.map_or(String::new(), |id| id.to_string());
        let ids = format!(
            "{:>3}{:>5}{:>4}{:>4}  ",
            id(device.gpu),
            id(device.gi),
            id(device.ci),
            id(device.device)
        );
        let memory = |used: usize, [a, b]: [Option<&Reading<Mebibytes>>; 2]| {
            format!(
                "{:<1$}",
                format!("{:>used$} / {:>8}", shown(a), shown(b)),
                columns[1]
            )
        };
        // The second amount stands two columns further right in the widest layout.
        let (first, second) = match self.style {
            Style::Narrow => (10, 10),
            Style::Crammed | Style::Medium => (19, 19),
            Style::Wide => (19, 21),
        };
        let multiprocessors = format!(
            " {:<2}{:>7} ",
            shown(device.sm.as_ref()),
            shown(device.ecc_uncorrected.as_ref())
        );
        let engines = [
            &device.ce,
            &device.enc,
            &device.dec,
            &device.ofa,
            &device.jpg,
        ]
        .map(|count| shown(count.as_ref()));
        let [ce, enc, dec, ofa, jpg] = engines;
        let memory_usage = memory(
            first,
            [
                device.memory_used_mib.as_ref(),
                device.memory_total_mib.as_ref(),
            ],
        );
        let bar1_usage = memory(
            second,
            [
                device.bar1_used_mib.as_ref(),
                device.bar1_total_mib.as_ref(),
            ],
        );
        cells(
            out,
            &[
                ids,
                memory_usage,
                multiprocessors,
                format!("{ce:>3}{enc:>4}{dec:>5}{ofa:>5}{jpg:>5} "),
            ],
        );
        cells(
            out,
            &[" ".repeat(18), bar1_usage, " ".repeat(11), " ".repeat(23)],
        );
    }

    fn processes(&self, out: &mut String, smi: &Smi) {
        let inner = self.inner();
        let pid = if self.has_wide_pids() { 16 } else { 10 };
        let name = inner - 20 - pid - if self.has_mig() { 16 } else { 5 };
        rule(out, &[inner], CORNERS, '-', '+');
        if self.has_mig() {
            bars(out, &format!(" {:<1$}", "Processes:", inner - 1));
            bars(
                out,
                &format!(
                    "  GPU   GI   CI {:>pid$}   Type   {:<2$} GPU Memory ",
                    "PID",
                    "Process name",
                    name - 2
                ),
            );
            bars(
                out,
                &format!("        ID   ID {:>1$}Usage      ", "", pid + name + 9),
            );
        } else {
            bars(
                out,
                &format!(" {:<1$} GPU Memory ", "Processes:", inner - 13),
            );
            bars(
                out,
                &format!(
                    "  GPU{:>pid$}   Type   {:<2$} Usage      ",
                    "PID",
                    "Process name",
                    name - 2
                ),
            );
        }
        rule(out, &[inner], BARS, '=', '=');
        if smi.process_list == ProcessList::NoneFound {
            bars(
                out,
                &format!("  {:<1$}", "No running processes found", inner - 2),
            );
        }
        for process in &smi.processes {
            self.process(out, process, pid, name);
        }
        rule(out, &[inner], CORNERS, '-', '+');
    }

    fn process(&self, out: &mut String, process: &Process, pid: usize, width: usize) {
        let mut row = format!(
            "{:>5}",
            process.gpu.map_or(String::new(), |gpu| gpu.to_string())
        );
        if self.has_mig() {
            // Numbers stand one column further left than the words in their place.
            for (id, width) in [(&process.gi, 6), (&process.ci, 5)] {
                let blank = if matches!(id, Some(Reading::Value(_))) {
                    " "
                } else {
                    ""
                };
                let _ = write!(row, "{:>width$}", format!("{}{blank}", shown(id.as_ref())));
            }
        }
        let name = process.name.as_deref().unwrap_or_default();
        let kind = process.kind.as_deref().unwrap_or_default();
        let _ = write!(
            row,
            "{:>pid$}{kind:>7}   {name:<width$}",
            shown(process.pid.as_ref())
        );
        let memory = shown(process.memory_mib.as_ref());
        let _ = match process.memory_mib {
            Some(Reading::Words(_)) => write!(row, " {memory:<8} "),
            _ => write!(row, "{memory:>9} "),
        };
        bars(out, &row);
    }
}

fn header(out: &mut String, layout: &Layout, smi: &Smi) {
    let inner = layout.inner();
    let tool = smi.smi_version.as_deref().unwrap_or_default();
    let driver = smi.driver_version.as_deref().unwrap_or_default();
    rule(out, &[inner], CORNERS, '-', '+');
    // What stands to the left of each version, and the widths left for them.
    let row = match &smi.cuda_version {
        None => format!(
            " NVIDIA-SMI {tool:<21}  Driver Version: {driver:<0$}",
            inner - 51
        ),
        Some(cuda) if layout.has_two_drivers() => {
            format!(
                " NVIDIA-SMI {tool:<21}  KMD Version: {driver:<12}  CUDA UMD Version: {cuda:<9}"
            )
        }
        Some(cuda) => {
            let (first, second) = match layout.style {
                Style::Narrow => (12, 12),
                Style::Crammed | Style::Medium => (22, 12),
                Style::Wide => (22, 14),
            };
            format!(
                " NVIDIA-SMI {tool:<first$} Driver Version: {driver:<second$} CUDA Version: {cuda:<9}"
            )
        }
    };
    bars(out, &row);
    rule(
        out,
        &layout.columns,
        [if layout.is_tidy() { '+' } else { '|' }, '+'],
        '-',
        '+',
    );
    let first = layout.columns[0] - 5;
    let address = layout.columns[1] - 1;
    let title = match (layout.windows, layout.style) {
        (Some(title), Style::Narrow) => format!("{title} "),
        (Some(title @ "TCC/WDDM"), _) => format!("{title}  "),
        (Some(title), _) => format!("{title} "),
        (None, Style::Narrow | Style::Crammed) => "Persistence-M".to_owned(),
        (None, Style::Medium | Style::Wide) => "Persistence-M ".to_owned(),
    };
    cells(
        out,
        &[
            format!(" GPU {:<1$}{title}", " Name", first - title.len()),
            format!(" {:<1$}Disp.A ", "Bus-Id", address - 7),
            " Volatile Uncorr. ECC ".to_owned(),
        ],
    );
    let (perf, end) = match layout.style {
        Style::Narrow | Style::Crammed => ("  Perf", ""),
        Style::Medium | Style::Wide => ("   Perf", " "),
    };
    let rest = layout.columns[0] - 10 - perf.len() - end.len();
    cells(
        out,
        &[
            format!(" Fan  Temp{perf}{:>rest$}{end}", "Pwr:Usage/Cap"),
            format!("{:>address$} ", "Memory-Usage"),
            " GPU-Util  Compute M. ".to_owned(),
        ],
    );
    if layout.has_mig() {
        let [first, second, _] = layout.columns;
        cells(
            out,
            &[
                " ".repeat(first),
                " ".repeat(second),
                format!("{:>21} ", "MIG M."),
            ],
        );
    }
    rule(out, &layout.columns, BARS, '=', '+');
}

fn utilization(gpu: &Gpu) -> String {
    let mode = gpu.compute_mode.as_deref().unwrap_or_default();
    format!("{:>8}{mode:>13} ", shown(gpu.utilization_percent.as_ref()))
}

/// A reading as the table shows it.
fn shown<T: Unit + Display>(reading: Option<&Reading<T>>) -> String {
    reading.map_or(String::new(), Reading::to_string)
}

/// Power, which the table shows in whole watts.
fn watts(reading: Option<&Reading<Watts>>) -> String {
    match reading {
        Some(Reading::Value(Watts(watts))) => format!("{watts:.0}W"),
        words => shown(words),
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn bars(out: &mut String, inside: &str) {
    cells(out, &[inside]);
}

fn cells<S: AsRef<str>>(out: &mut String, cells: &[S]) {
    out.push('|');
    for cell in cells {
        out.push_str(cell.as_ref());
        out.push('|');
    }
    out.push('\n');
}

/// A line of strokes, with a joint between two columns and the edges given.
fn rule(out: &mut String, columns: &[usize], [left, right]: [char; 2], stroke: char, joint: char) {
    out.push(left);
    for (place, width) in columns.iter().enumerate() {
        if place > 0 {
            out.push(joint);
        }
        out.extend(std::iter::repeat_n(stroke, *width));
    }
    out.push(right);
    out.push('\n');
}
