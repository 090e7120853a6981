//! A table that is drawn from values reads back as those values: in every layout, after what pastes do to tables,
//! and, as far as it goes, after a cut anywhere.

use std::borrow::Cow;

use lessons_engine::draw::smi::draw;
use lessons_engine::read::smi::{
    Count, Gpu, MigDevice, Note, Part, Process, ProcessList, Reading, Smi, Unit, Words, read,
    read_all, words,
};
use proptest::prelude::*;

/// A version of the tool, and the CUDA it shows.
const VERSIONS: [(&str, Option<&str>); 15] = [
    ("387.34", None),
    ("410.48", None),
    ("418.87.00", Some("10.1")),
    ("440.100", Some("10.2")),
    ("450.80.02", Some("11.0")),
    ("470.223.02", Some("11.4")),
    ("525.60.13", Some("N/A")),
    ("530.30.02", Some("12.1")),
    ("535.183.06", Some("ERR!")),
    ("550.78", Some("12.4")),
    ("570.133.20", Some("12.8")),
    ("580.95.05", Some("13.0")),
    ("595.91.07", Some("13.2")),
    ("610.43.02", Some("13.3")),
    ("620.70.06", Some("13.5")),
];

fn one_of(all: &'static [&'static str]) -> impl Strategy<Value = Words> {
    prop::sample::select(all).prop_map(Cow::Borrowed)
}

fn number<T: Unit>(number: u32) -> Reading<T> {
    Reading::Value(T::of_number(&number.to_string()).expect("digits are a number"))
}

fn reading<T: Unit + std::fmt::Debug>(
    most: u32,
    other: &'static [&'static str],
) -> impl Strategy<Value = Reading<T>> {
    prop_oneof![
        5 => (0..=most).prop_map(|n| number(n)),
        1 => one_of(other).prop_map(Reading::Words),
    ]
}

fn gpu(major: u32, windows: bool) -> impl Strategy<Value = Gpu> {
    let room = if major < 530 { 15 } else { 24 };
    let name = prop_oneof![
        4 => prop::string::string_regex(&format!("(NVIDIA|Quadro|GRID|Tesla) [A-Z][A-Za-z0-9-]{{1,{}}}", room - 9)).expect("a pattern").prop_map(Cow::Owned),
        2 => prop::sample::select(vec!["NVIDIA RTX A...", "NVIDIA GeForce ...", "A100-PCIE-40GB", "ERR!"]).prop_map(Cow::Borrowed),
    ];
    let bus = (0..0x1_0000_u32, 0..256_u32, 0..32_u32, 0..8_u32).prop_map(
        |(domain, bus, device, function)| {
            Cow::Owned(format!("{domain:08X}:{bus:02X}:{device:02X}.{function}"))
        },
    );
    let first = (
        name,
        if windows {
            one_of(&["WDDM", "TCC", "MCDM"]).boxed()
        } else {
            one_of(&["On", "Off", "N/A", "ERR!"]).boxed()
        },
        bus,
    );
    let second = (
        one_of(&["On", "Off", "N/A"]),
        reading(9999, &["N/A", "Off", "On", "ERR!"]),
        reading(120, &["N/A", "ERR!"]),
        reading(110, &["N/A", "ERR!"]),
        one_of(&["P0", "P2", "P8", "P12", "N/A", "ERR!"]),
    );
    let third = (
        reading(1400, &["N/A", "ERR!"]),
        reading(1400, &["N/A", "ERR!"]),
        prop_oneof![
            5 => (0..200_000_u32, 0..300_000_u32).prop_map(|(used, total)| {
                (number(used), number(total))
            }),
            1 => Just((Reading::Words("Not Supported".into()), Reading::Words("Not Supported".into()))),
        ],
        reading(100, &["N/A", "ERR!"]),
        one_of(&["Default", "E. Process", "Prohibited", "N/A"]),
        one_of(&["N/A", "Enabled", "Disabled", "ERR!"]),
    );
    (first, second, third).prop_map(
        move |(
            (name, mode, bus),
            (display, ecc, fan, temperature, state),
            (draw, cap, memory, util, compute, mig),
        )| Gpu {
            index: None,
            name_truncated: name.ends_with("..."),
            name: Some(name),
            persistence: (!windows).then(|| mode.clone()),
            driver_model: windows.then_some(mode),
            bus_id: Some(bus),
            display_active: Some(display),
            ecc_uncorrected: Some(ecc),
            fan_percent: Some(fan),
            temperature_c: Some(temperature),
            performance_state: Some(state),
            power_draw_w: Some(draw),
            power_limit_w: Some(cap),
            memory_used_mib: Some(memory.0),
            memory_total_mib: Some(memory.1),
            utilization_percent: Some(util),
            compute_mode: Some(compute),
            mig_mode: (major >= 450).then_some(mig),
            uuid: None,
        },
    )
}

fn mig_device() -> impl Strategy<Value = MigDevice> {
    let count = |most: u32| (0..=most).prop_map(|n| Some(Reading::Value(Count(n.into()))));
    let mib = || (0..99_999_u32).prop_map(|n| Some(number(n)));
    let ids = (0..20_u32, 0..20_u32, 0..8_u32, 0..8_u32);
    let counts = (
        count(98),
        count(9),
        count(7),
        count(7),
        count(7),
        count(1),
        count(1),
    );
    (ids, counts, (mib(), mib(), mib(), mib())).prop_map(
        |(ids, (sm, ecc, ce, enc, dec, ofa, jpg), memory)| MigDevice {
            gpu: Some(ids.0),
            gi: Some(ids.1),
            ci: Some(ids.2),
            device: Some(ids.3),
            memory_used_mib: memory.0,
            memory_total_mib: memory.1,
            bar1_used_mib: memory.2,
            bar1_total_mib: memory.3,
            sm,
            ecc_uncorrected: ecc,
            ce,
            enc,
            dec,
            ofa,
            jpg,
            profile: None,
            uuid: None,
        },
    )
}

fn process(major: u32, bars: bool) -> impl Strategy<Value = Process> {
    let id = || reading::<Count>(12, &["N/A"]);
    let name = if bars {
        "[.a-z/][A-Za-z0-9_./-]{0,12}( [|] [a-z-]{1,6})?"
    } else {
        "[.a-z/][A-Za-z0-9_./-]{0,24}"
    };
    (
        0..16_u32,
        id(),
        id(),
        1..99_999_999_u32,
        one_of(&["C", "G", "C+G", "M", "M+C"]),
        name,
        reading(99_999, &["N/A"]),
    )
        .prop_map(move |(gpu, gi, ci, pid, kind, name, memory)| Process {
            gpu: Some(gpu),
            gi: (major >= 450).then_some(gi),
            ci: (major >= 450).then_some(ci),
            pid: Some(Reading::Value(Count(pid.into()))),
            kind: Some(kind),
            name: Some(words(&name)),
            memory_mib: Some(memory),
        })
}

/// What an nvidia-smi of any version may say. `bars` allows `|` in the names of processes.
fn machine(bars: bool) -> impl Strategy<Value = Smi> {
    (prop::sample::select(&VERSIONS[..]), any::<bool>()).prop_flat_map(
        move |((version, cuda), windows)| {
            let major: u32 = version
                .split('.')
                .next()
                .and_then(|major| major.parse().ok())
                .expect("a version");
            let gpus = prop::collection::vec(gpu(major, windows), 1..6);
            let devices = prop::collection::vec(mig_device(), 0..if major >= 450 { 4 } else { 1 });
            let processes = prop_oneof![
                Just((ProcessList::Absent, Vec::new())),
                Just((ProcessList::NoneFound, Vec::new())),
                prop::collection::vec(process(major, bars), 0..5)
                    .prop_map(|all| (ProcessList::Shown, all)),
            ];
            let timestamp = prop::option::of(Just("Wed Jan 14 02:22:46 2026".to_owned()));
            (
                gpus,
                devices,
                processes,
                timestamp,
                prop_oneof![4 => Just(0), 1 => 0..120_u32],
            )
                .prop_map(
                    move |(mut gpus, mig_devices, (process_list, processes), timestamp, first)| {
                        for (index, gpu) in (first..).zip(&mut gpus) {
                            gpu.index = Some(index);
                        }
                        Smi {
                            timestamp,
                            smi_version: Some(version.to_owned()),
                            driver_version: Some(version.to_owned()),
                            cuda_version: cuda.map(str::to_owned),
                            gpus,
                            mig_devices,
                            processes,
                            process_list,
                            ..Smi::default()
                        }
                    },
                )
        },
    )
}

/// The values alone.
fn values(mut smi: Smi) -> Smi {
    smi.fields.clear();
    smi
}

/// A line with every run of blanks made one.
fn collapse(line: &str) -> String {
    line.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// What editors, terminals, logs and forums do to a table, without loss.
fn pasted(table: &str, how: usize) -> String {
    let each = |change: &dyn Fn(&str) -> String| {
        table
            .lines()
            .map(|line| change(line) + "\n")
            .collect::<String>()
    };
    match how {
        0 => table.replace('\n', "\r\n"),
        1 => format!("$ nvidia-smi\n{table}user@host:~$ exit\n"),
        2 => format!("Here it is:\n\n```text\n{table}```\nWhat now?\n"),
        3 => each(&|line| format!("> {line}")),
        4 => each(&|line| format!("# {line}")),
        5 => each(&|line| format!("2026-01-14T02:22:46.123Z gpu-7 | {line}")),
        6 => each(&|line| line.strip_prefix('|').unwrap_or(line).to_owned()),
        7 => each(&|line| line.replace("   ", "\t")),
        8 => each(&|line| {
            format!(
                "\u{1b}[32m{}\u{1b}[0m",
                line.replace(" |", "\u{1b}[1m |\u{1b}[0m")
            )
        }),
        9 => each(&|line| line.replace(' ', "\u{a0}")),
        10 => each(&|line| {
            line.replace('|', "│")
                .replace('+', "┼")
                .replace('-', "─")
                .replace('=', "═")
        })
        .replace("C┼G", "C+G")
        .replace("M┼C", "M+C")
        .replace('─', "-"),
        11 => each(&collapse),
        12 => table
            .lines()
            .filter(|line| !line.starts_with(['+', '|']) || line.contains(' '))
            .map(|line| line.to_owned() + "\n")
            .collect(),
        13 => table.lines().map(collapse).collect::<Vec<_>>().join(" "),
        14 => table
            .lines()
            .map(collapse)
            .filter(|line| !line.starts_with(['+', '|']) || line.contains(' '))
            .collect::<Vec<_>>()
            .chunks(4)
            .map(|few| few.join(" ") + "\n")
            .collect(),
        15 => each(&|line| line.trim_start().trim_end().to_owned()),
        16 => each(&|line| format!("    {line}  ")),
        17 => table.replace('\n', "\r"),
        _ => each(&|line| format!("[fin] >> {line}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_drawn_reads_back(machine in machine(true)) {
        let table = draw(&machine);
        let smi = read(&table).unwrap();
        for field in &smi.fields {
            let shown = &table[field.span.clone()];
            prop_assert!(!shown.is_empty() && shown.trim() == shown, "{field:?}");
        }
        prop_assert_eq!(values(smi), machine, "{}", table);
    }

    #[test]
    fn what_is_pasted_reads_back(machine in machine(false), how in 0..19_usize) {
        let text = pasted(&draw(&machine), how);
        let mut smi = values(read(&text).unwrap());
        if how == 14 {
            // Without its lines a table squeezed together keeps no date of its own.
            smi.timestamp.clone_from(&machine.timestamp);
        }
        prop_assert_eq!(smi, machine, "{}", text);
    }

    #[test]
    fn a_cut_table_says_nothing_wrong(machine in machine(true), cut in 0.0..1.0_f64) {
        let table = draw(&machine);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the text")]
        let at = (table.len() as f64 * cut) as usize;
        let Ok(smi) = read(&table[..at]) else { return Ok(()) };
        let within = |part: &serde_json::Value, whole: &serde_json::Value| {
            part.as_object().unwrap().iter().all(|(key, value)| value.is_null() || *value == whole[key] || key == "name_truncated")
        };
        let part = serde_json::to_value(&smi).unwrap();
        let whole = serde_json::to_value(&machine).unwrap();
        for key in ["timestamp", "smi_version", "driver_version", "cuda_version"] {
            prop_assert!(part[key].is_null() || part[key] == whole[key], "{key}: {}\n{}", part[key], &table[..at]);
        }
        for key in ["gpus", "mig_devices", "processes"] {
            let (part, whole) = (part[key].as_array().unwrap(), whole[key].as_array().unwrap());
            prop_assert!(part.len() <= whole.len());
            for (part, whole) in part.iter().zip(whole) {
                prop_assert!(within(part, whole), "{key}: {part}\n{}", &table[..at]);
            }
        }
        // All but the last are complete, and a cut within a row is noted.
        let complete = smi.gpus.len().saturating_sub(1);
        prop_assert_eq!(&smi.gpus[..complete], &machine.gpus[..complete]);
        if !table[..at].ends_with(['+', '\n']) && !smi.gpus.is_empty() && smi.process_list == ProcessList::Absent && smi.mig_devices.is_empty() {
            let line = table[..at].lines().last().unwrap_or_default();
            if line.starts_with("|  ") || line.starts_with("|ERR") || line.starts_with("| N/A") {
                prop_assert!(smi.notes.iter().any(|note| matches!(note, Note::Cut(Part::Gpu(_) | Part::MigDevices))), "{:?}\n{}", smi.notes, &table[..at]);
            }
        }
    }

    #[test]
    fn two_tables_are_two(one in machine(false), two in machine(false)) {
        let text = format!("node1$ nvidia-smi\n{}\nnode2$ nvidia-smi\n{}", draw(&one), draw(&two));
        let both: Vec<Smi> = read_all(&text).unwrap().into_iter().map(values).collect();
        prop_assert_eq!(&both, &vec![one, two]);
        prop_assert!(read(&text).unwrap().notes.contains(&Note::MoreOutputs(1)));
        let one_line = collapse(&format!("{} {}", draw(&both[0]), draw(&both[1])));
        let again: Vec<Smi> = read_all(&one_line).unwrap().into_iter().map(values).collect();
        prop_assert_eq!(again, both, "{}", one_line);
    }

    #[test]
    fn damage_does_no_harm(machine in machine(true), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<char>(), 0..5_u8), 1..40)) {
        let mut text: Vec<char> = draw(&machine).chars().collect();
        for (at, char, how) in damage {
            let at = at.index(text.len());
            match how {
                0 => text[at] = char,
                1 => text.insert(at, char),
                2 => text.insert(at, '|'),
                3 => text.insert(at, '\n'),
                _ => drop(text.remove(at)),
            }
        }
        let text: String = text.into_iter().collect();
        for smi in read_all(&text).unwrap_or_default() {
            for field in smi.fields {
                prop_assert!(text.get(field.span).is_some());
            }
            draw(&Smi { fields: Vec::new(), ..smi });
        }
    }

    #[test]
    fn any_text_is_borne(text in "(?s).{0,300}") {
        let _ = read_all(&text);
    }
}

#[test]
fn a_word_that_is_longer_than_its_column_is_drawn() {
    let word = format!("N/Am{}Pending", " ".repeat(60));
    let listing = format!(
        "==============NVSMI LOG==============\n\nDriver Version : 510.73.08\nCUDA Version : 11.6\n\nAttached GPUs : 1\n\
         GPU 00000000:01:00.0\n    Product Name : Quadro K2200\n    Driver Model\n        Current : {word}\n"
    );
    for smi in read_all(&listing).unwrap() {
        assert!(draw(&smi).contains("Quadro K2200"), "{}", draw(&smi));
    }
}
