//! Public outputs, read twice: by the reader, and here once more by the columns of each table.
//!
//! The outputs are not part of the project. Their folder is `LESSONS_CORPUS`, or `../shared/corpus` next to the
//! repository; without it these tests are skipped.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lessons_engine::draw::smi::draw;
use lessons_engine::read::smi::{Cause, Form, read, read_all};
use serde_json::Value;

/// Texts of one folder by file name; `None` where there is no corpus.
#[expect(
    clippy::disallowed_methods,
    reason = "the engine is pure, but its tests read their samples"
)]
fn corpus(folder: &str) -> Option<BTreeMap<String, String>> {
    let root = std::env::var_os("LESSONS_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        println!("skipped: no corpus folder");
        return None;
    };
    let texts: BTreeMap<String, String> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read_to_string(entry.path()).unwrap(),
            )
        })
        .collect();
    assert!(!texts.is_empty());
    Some(texts)
}

/// A number where `shown` is one with this unit, else the words.
fn value(shown: &str, unit: &str) -> Value {
    let shown = shown.trim();
    match shown.strip_suffix(unit).map(str::parse::<u64>) {
        Some(Ok(number)) => number.into(),
        _ => shown.into(),
    }
}

/// GPUs by fixed columns: the line of `=` says where they are.
fn gpus_by_columns(text: &str) -> Vec<BTreeMap<&'static str, Value>> {
    let lines: Vec<&str> = text.lines().collect();
    let ruler = lines
        .iter()
        .position(|line| line.starts_with("|==") && line.matches('+').count() == 2)
        .unwrap();
    let edges: Vec<usize> = lines[ruler]
        .char_indices()
        .filter(|(_, c)| matches!(c, '|' | '+'))
        .map(|(at, _)| at)
        .collect();
    let has_mig_line = lines[ruler - 1].contains("MIG M.");
    let titles = lines[..ruler]
        .iter()
        .find(|line| line.contains("Bus-Id"))
        .unwrap();
    let on_windows = !titles.contains("Persistence-M");
    let cell = |line: &str, place: usize| line[edges[place] + 1..edges[place + 1]].to_owned();
    let mut gpus = Vec::new();
    let mut rest = &lines[ruler + 1..];
    while rest.first().is_some_and(|line| line.starts_with('|')) {
        let (one, two) = (rest[0], rest[1]);
        let mut gpu = BTreeMap::new();
        let name = cell(one, 0);
        let name = name.trim();
        let (index, name) = name.split_once(' ').unwrap();
        let (name, mode) = name.trim().rsplit_once(' ').unwrap();
        gpu.insert("index", index.parse::<u64>().unwrap().into());
        gpu.insert("name", name.trim().into());
        gpu.insert("name_truncated", name.trim().ends_with("...").into());
        gpu.insert(
            "persistence",
            if on_windows { Value::Null } else { mode.into() },
        );
        gpu.insert(
            "driver_model",
            if on_windows { mode.into() } else { Value::Null },
        );
        let address = cell(one, 1);
        let mut address = address.split_whitespace();
        gpu.insert("bus_id", address.next().unwrap().into());
        gpu.insert("display_active", address.next().unwrap().into());
        gpu.insert("ecc_uncorrected", value(&cell(one, 2), ""));
        let power = cell(two, 0);
        let (left, cap) = power.rsplit_once('/').unwrap();
        // `N/A /  N/A` has its slash before the last word's.
        let (left, cap) = if cap.trim() == "A" {
            left.trim_end_matches('N')
                .rsplit_once('/')
                .map(|(left, _)| (left, "N/A"))
                .unwrap()
        } else {
            (left, cap)
        };
        let left: Vec<&str> = left.split_whitespace().collect();
        gpu.insert("fan_percent", value(left[0], "%"));
        gpu.insert("temperature_c", value(left[1], "C"));
        gpu.insert("performance_state", left[2].into());
        gpu.insert("power_draw_w", value(left[3], "W"));
        gpu.insert("power_limit_w", value(cap, "W"));
        let memory = cell(two, 1);
        let (used, total) = memory.split_once('/').unwrap_or((&memory, &memory));
        gpu.insert("memory_used_mib", value(used, "MiB"));
        gpu.insert("memory_total_mib", value(total, "MiB"));
        let utilization = cell(two, 2);
        let (utilization, mode) = utilization.trim().split_once(' ').unwrap();
        gpu.insert("utilization_percent", value(utilization, "%"));
        gpu.insert("compute_mode", mode.trim().into());
        let mig = has_mig_line.then(|| cell(rest[2], 2).trim().to_owned());
        gpu.insert("mig_mode", mig.map_or(Value::Null, Value::from));
        gpus.push(gpu);
        rest = &rest[if has_mig_line { 4 } else { 3 }..];
    }
    gpus
}

/// The versions, by what stands before each in the header.
fn versions(text: &str) -> [Option<&str>; 3] {
    let header = text
        .lines()
        .find(|line| line.contains("NVIDIA-SMI"))
        .unwrap();
    let after = |label: &str| {
        Some(
            header
                .split_once(label)?
                .1
                .split_whitespace()
                .next()
                .unwrap(),
        )
    };
    [
        after("NVIDIA-SMI "),
        after("Driver Version: ").or(after("KMD Version: ")),
        after("CUDA Version: ").or(after("CUDA UMD Version: ")),
    ]
}

#[test]
fn every_table_reads_as_its_columns_say() {
    let Some(texts) = corpus("smi") else { return };
    for (file, text) in &texts {
        let all = read_all(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!((all.len(), all[0].form), (1, Form::Table), "{file}");
        let json = serde_json::to_value(&all[0]).unwrap();
        for (key, version) in ["smi_version", "driver_version", "cuda_version"]
            .into_iter()
            .zip(versions(text))
        {
            assert_eq!(json[key].as_str(), version, "{file}: {key}");
        }
        let first = text.lines().next().unwrap();
        assert_eq!(
            json["timestamp"].as_str(),
            (!first.starts_with('+')).then_some(first.trim()),
            "{file}"
        );
        let expected = serde_json::to_value(gpus_by_columns(text)).unwrap();
        let is_address = |word: &str| {
            word.len() == 16
                && [(8, ":"), (11, ":"), (14, ".")]
                    .iter()
                    .all(|(at, mark)| word[*at..].starts_with(mark))
        };
        let addresses = text
            .split_whitespace()
            .filter(|word| is_address(word))
            .count();
        assert_eq!(json["gpus"].as_array().unwrap().len(), addresses, "{file}");
        assert_eq!(json["gpus"], expected, "{file}");
        // Every process row names its type between blanks.
        let rows = text
            .lines()
            .filter(|line| {
                line.starts_with('|')
                    && [" C ", " G ", " C+G "]
                        .iter()
                        .any(|kind| line.contains(kind))
            })
            .count();
        assert_eq!(json["processes"].as_array().unwrap().len(), rows, "{file}");
        for process in json["processes"].as_array().unwrap() {
            let (pid, name) = (
                process["pid"].to_string(),
                process["name"].as_str().unwrap(),
            );
            assert!(
                text.lines()
                    .any(|line| line.contains(&pid) && line.contains(name)),
                "{file}: {process}"
            );
        }
        let devices = text.lines().filter(|line| {
            line.starts_with("|  ")
                && line.matches('|').count() == 5
                && line.contains("MiB /")
                && !line.contains("|                  |")
        });
        assert_eq!(
            json["mig_devices"].as_array().unwrap().len(),
            devices.count(),
            "{file}"
        );
    }
    println!("{} tables read alike", texts.len());
}

#[test]
fn a_gap_in_the_numbers_is_all_there_is_to_note() {
    let Some(texts) = corpus("smi") else { return };
    for (file, text) in &texts {
        let notes: Vec<String> = read(text)
            .unwrap()
            .notes
            .iter()
            .map(ToString::to_string)
            .collect();
        // A GPU that had failed is left out.
        let expected: &[&str] = if file == "037.txt" {
            &["GPU numbers are missing: 1"]
        } else {
            &[]
        };
        assert_eq!(notes, expected, "{file}");
    }
}

/// Tables that nvidia-smi cannot have printed like this, and why.
const NOT_AS_PRINTED: [(&str, &str); 1] = [(
    "108.txt",
    "a page of documentation that put 535.86.10 into a table of 525",
)];

#[test]
fn every_table_is_drawn_as_it_was_printed() {
    let Some(texts) = corpus("smi") else { return };
    let without_blanks = |text: &str| {
        text.trim_end()
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (mut same, mut but_for_blanks, mut recent, mut recent_same) = (0, 0, 0, 0);
    for (file, text) in &texts {
        let smi = read(text).unwrap();
        let drawn = draw(&smi);
        let major: u32 = smi
            .smi_version
            .as_deref()
            .unwrap()
            .split('.')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let excepted = NOT_AS_PRINTED.iter().any(|(name, _)| name == file);
        // Pastes lose the blanks at the ends of lines, and some have \r\n.
        let alike = without_blanks(&drawn) == without_blanks(text);
        assert_ne!(alike, excepted, "{file}:\n{drawn}");
        if drawn == *text {
            same += 1;
        } else if alike {
            but_for_blanks += 1;
        }
        // What differs is what a paste has lost, and nothing that it has kept: a line either keeps all of the blanks
        // at its end or has none; of a line of blanks any number may be left.
        let kept = |line: &str| line.len() > line.trim_end().len();
        for (drawn, printed) in drawn.lines().zip(text.lines()) {
            assert!(
                excepted || drawn == printed || printed.trim().is_empty() || !kept(printed),
                "{file}: {printed:?}"
            );
        }
        recent += usize::from(major >= 525);
        recent_same += usize::from(major >= 525 && alike);
    }
    println!(
        "{same} of {} drawn byte for byte, {but_for_blanks} more but for blanks at the ends of lines",
        texts.len()
    );
    println!("since 525: {recent_same} of {recent}");
    // All but those that are named above.
    assert_eq!(same + but_for_blanks + NOT_AS_PRINTED.len(), texts.len());
    assert!(recent_same * 10 >= recent * 9);
}

#[test]
fn every_message_of_failure_has_its_cause() {
    let Some(texts) = corpus("smi-failure") else {
        return;
    };
    for (file, text) in &texts {
        let all = read_all(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let failure = all[0].failure.as_ref().unwrap_or_else(|| panic!("{file}"));
        assert!(
            !matches!(failure.cause, Cause::Other { .. }),
            "{file}: {failure:?}"
        );
        assert!(text.contains(&failure.message), "{file}");
        let mismatch = text.contains("version mismatch");
        assert_eq!(
            matches!(
                &failure.cause,
                Cause::DriverLibraryMismatch {
                    library_version: Some(_)
                }
            ),
            mismatch,
            "{file}"
        );
        assert_eq!(
            failure.cause == Cause::CommandNotFound,
            text.contains("not found") || text.contains("not recognized"),
            "{file}"
        );
    }
    println!("{} messages recognised", texts.len());
}

#[test]
fn no_other_output_is_taken_for_a_table() {
    for folder in ["topo", "nvcc", "ubuntu-drivers", "wheels"] {
        let Some(texts) = corpus(folder) else { return };
        for (file, text) in &texts {
            let tables = read_all(text)
                .unwrap_or_default()
                .into_iter()
                .filter(|smi| !smi.gpus.is_empty())
                .count();
            assert_eq!(tables, 0, "{folder}/{file}");
        }
    }
}
