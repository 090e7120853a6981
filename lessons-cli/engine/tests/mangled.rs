//! What pages and windows do to an output: a lost left edge, a cut right edge, marks around each line. What is left is
//! read, and no value becomes another.

use lessons_engine::read::recognise::{Kind, recognise};
use lessons_engine::read::said::{self, Said};
use serde_json::{Value, json};

const TOPO: &str = "\tGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\n\
    GPU0\t X \tNV18\tPIX\t0-15,64-79\t0\t\tN/A\n\
    GPU1\tNV18\t X \tSYS\t16-31,80-95\t1\t\tN/A\n\
    NIC0\tPIX\tSYS\t X \t\t\t\t\n\n\
    Legend:\n\n  X    = Self\n\nNIC Legend:\n\n  NIC0: mlx5_0\n";

const DRIVERS: &str = "== /sys/devices/pci0000:00/0000:00:06.0/0000:01:00.0 ==\n\
    modalias : pci:v000010DEd00002B85sv00001043sd00008ABCbc03sc00i00\n\
    vendor   : NVIDIA Corporation\n\
    model    : GB202 [GeForce RTX 5090]\n\
    driver   : nvidia-driver-580-open - distro non-free recommended\n\
    driver   : nvidia-driver-580-server-open - distro non-free\n\
    driver   : xserver-xorg-video-nouveau - distro free builtin\n";

const NVCC: &str = "nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) 2005-2025 NVIDIA Corporation\n\
    Built on Wed_Jan_15_19:20:09_PST_2025\nCuda compilation tools, release 12.8, V12.8.61\n\
    Build cuda_12.8.r12.8/compiler.35404655_0\n";

const ENV: &str = "PyTorch version: 2.9.1+cu128\nIs debug build: False\nCUDA used to build PyTorch: 12.8\n\
    ROCM used to build PyTorch: N/A\n\nOS: Ubuntu 24.04.3 LTS (x86_64)\nGCC version: (Ubuntu 13.3.0) 13.3.0\n\n\
    Python version: 3.12.3 (main) [GCC 13.3.0] (64-bit runtime)\nIs CUDA available: True\n\
    CUDA runtime version: 12.6.85\nGPU models and configuration: \nGPU 0: NVIDIA GeForce RTX 4090\n\
    GPU 1: NVIDIA GeForce RTX 4090\n\nNvidia driver version: 580.95.05\n\n\
    Versions of relevant libraries:\n[pip3] numpy==2.3.0\n[pip3] torch==2.9.1+cu128\n";

const ALL: [(Kind, &str); 4] = [
    (Kind::Topo, TOPO),
    (Kind::Drivers, DRIVERS),
    (Kind::Nvcc, NVCC),
    (Kind::Env, ENV),
];

fn document(text: &str) -> Value {
    let said = said::read(text, None).unwrap_or_else(|why| panic!("{why:?} in:\n{text}"));
    serde_json::to_value(&said[0]).expect("an output has a document")
}

fn each_line(text: &str, change: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| change(line) + "\n").collect()
}

/// Every value of `read` is that of `whole`, or is not there.
fn assert_no_other(read: &Value, whole: &Value, what: &str) {
    match (read, whole) {
        (Value::Null, _) => {}
        (Value::Object(read), Value::Object(whole)) => {
            for (key, value) in read {
                let other = whole.get(key).unwrap_or(&Value::Null);
                assert_no_other(value, other, &format!("{what} {key}"));
            }
        }
        (Value::Array(read), Value::Array(whole)) => {
            assert!(read.len() <= whole.len(), "{what}");
            for (value, other) in read.iter().zip(whole) {
                assert_no_other(value, other, what);
            }
        }
        _ => assert_eq!(read, whole, "{what}"),
    }
}

#[test]
fn marks_around_lines_change_nothing() {
    for (kind, text) in ALL {
        let whole = document(text);
        for (how, mangled) in [
            ("CRLF", text.replace('\n', "\r\n")),
            ("quoted", each_line(text, |line| format!("> {line}"))),
            (
                "quoted on a page",
                each_line(text, |line| format!("&gt; {line}")),
            ),
            (
                "entities",
                text.replace(' ', "&nbsp;").replace('[', "&#91;"),
            ),
            (
                "breaks",
                format!("<pre><code>{}</code></pre>", text.replace('\n', "<br>\n")),
            ),
            ("fenced", format!("Look:\n```text\n{text}```\nWhat now?\n")),
            (
                "code",
                each_line(text, |line| {
                    if line.is_empty() {
                        String::new()
                    } else {
                        format!("`{line}`")
                    }
                }),
            ),
            (
                "colours",
                each_line(text, |line| format!("\u{1b}[4m{line}\u{1b}[0m")),
            ),
            ("spaced out", text.replace('\n', "\n\n")),
            (
                "indented",
                each_line(text, |line| format!("        {line}")),
            ),
            (
                "under a prompt",
                format!("(base) me@host:~$ run\n{text}(base) me@host:~$ \n"),
            ),
        ] {
            assert_eq!(recognise(&mangled), Some(kind), "{how}:\n{mangled}");
            assert_eq!(document(&mangled), whole, "{how}:\n{mangled}");
        }
    }
}

#[test]
fn a_lost_left_edge_costs_what_it_took() {
    for (kind, text) in ALL {
        let whole = document(text);
        for lost in 1..=4 {
            let cut = each_line(text, |line| line.chars().skip(lost).collect());
            assert_eq!(recognise(&cut), Some(kind), "{lost}:\n{cut}");
            let read = document(&cut);
            assert_no_other(&read, &whole, &format!("{lost}"));
            let kept = match kind {
                Kind::Topo => &read["links"]["GPU1"]["GPU0"],
                Kind::Drivers => &read["devices"][0]["drivers"][2]["package"],
                Kind::Nvcc => &read["release"],
                _ => &read["torch"],
            };
            assert!(!kept.is_null(), "{lost}: {read}");
        }
    }
}

#[test]
fn a_cut_right_edge_makes_no_other_link() {
    let whole = document(TOPO);
    for lost in 1..=24 {
        let cut = each_line(TOPO, |line| {
            let kept = line.len().saturating_sub(lost);
            line.get(..kept).unwrap_or_default().to_owned()
        });
        if let Ok(said) = said::read(&cut, Some(Kind::Topo)) {
            let read = serde_json::to_value(&said[0]).expect("a document");
            assert_no_other(&read["links"], &whole["links"], &format!("{lost}:\n{cut}"));
        }
    }
    for (row, link) in [
        ("GPU1\tNV1", Value::Null),
        ("GPU1\tSY", Value::Null),
        ("GPU1\tSYS", json!("SYS")),
    ] {
        let text = format!("\tGPU0\tGPU1\tCPU Affinity\nGPU0\t X \n{row}\n\nLegend:\n");
        let read = document(&text);
        assert_eq!(read["links"]["GPU1"]["GPU0"], link, "{row}");
    }
}

#[test]
fn a_number_before_each_line_is_no_gpu() {
    let numbered = ENV
        .lines()
        .enumerate()
        .map(|(number, line)| format!("{number:4}  {line}"))
        .collect::<Vec<_>>()
        .join("\n");
    let read = document(&numbered);
    assert_eq!(
        read["gpus"],
        json!(["NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090"])
    );
    assert!(matches!(
        said::read(&numbered, None).as_deref(),
        Ok([Said::Env(_)])
    ));
}

#[test]
fn a_cut_word_at_the_end_of_a_driver_still_counts() {
    let cut = DRIVERS
        .replace("recommended", "recomm")
        .replace("builtin", "buil");
    assert_eq!(document(&cut), document(DRIVERS));
}
