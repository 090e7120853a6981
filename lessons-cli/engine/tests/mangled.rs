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

const SMI: &str = "Wed Jan 14 02:22:46 2026       \n\
    +-----------------------------------------------------------------------------------------+\n\
    | NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |\n\
    +-----------------------------------------+------------------------+----------------------+\n\
    | GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |\n\
    | Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |\n\
    |                                         |                        |               MIG M. |\n\
    |=========================================+========================+======================|\n\
    |   0  NVIDIA L4                      On  |   00000000:00:03.0 Off |                    0 |\n\
    | N/A   41C    P8             17W /   72W |     512MiB /  23034MiB |      0%      Default |\n\
    |                                         |                        |                  N/A |\n\
    +-----------------------------------------+------------------------+----------------------+\n\n\
    +-----------------------------------------------------------------------------------------+\n\
    | Processes:                                                                              |\n\
    |  GPU   GI   CI              PID   Type   Process name                        GPU Memory |\n\
    |        ID   ID                                                               Usage      |\n\
    |=========================================================================================|\n\
    |    0   N/A  N/A            4242      C   python3                                 508MiB |\n\
    +-----------------------------------------------------------------------------------------+\n";

const LOG: &str = "==============NVSMI LOG==============\n\n\
    Timestamp                                              : Wed Jan 14 02:22:46 2026\n\
    Driver Version                                         : 580.95.05\n\
    CUDA Version                                           : 13.0\n\n\
    Attached GPUs                                          : 1\n\
    GPU 00000000:00:03.0\n\
    \x20   Product Name                                       : NVIDIA L4\n\
    \x20   FB Memory Usage\n\
    \x20       Total                                          : 23034 MiB\n\
    \x20       Used                                           : 512 MiB\n\
    \x20   Temperature\n\
    \x20       GPU Current Temp                               : 41 C\n";

const XML: &str = "<?xml version=\"1.0\" ?>\n<nvidia_smi_log>\n\
    \t<timestamp>Wed Jan 14 02:22:46 2026</timestamp>\n\
    \t<driver_version>580.95.05</driver_version>\n\t<attached_gpus>1</attached_gpus>\n\
    \t<gpu id=\"00000000:00:03.0\">\n\t\t<product_name>NVIDIA L4</product_name>\n\
    \t\t<fb_memory_usage>\n\t\t\t<total>23034 MiB</total>\n\t\t</fb_memory_usage>\n\t</gpu>\n</nvidia_smi_log>\n";

const LIST: &str = "GPU 0: NVIDIA L4 (UUID: GPU-00000000-0000-0000-0000-000000000001)\n\
    GPU 1: NVIDIA L4 (UUID: GPU-00000000-0000-0000-0000-000000000002)\n\
    GPU 2: NVIDIA L4 (UUID: GPU-00000000-0000-0000-0000-000000000003)\n\
    GPU 3: NVIDIA L4 (UUID: GPU-00000000-0000-0000-0000-000000000004)\n";

const CSV: &str = "index, name, memory.total [MiB]\n0, NVIDIA L4, 23034 MiB\n1, NVIDIA L4, 23034 MiB\n\
    2, NVIDIA L4, 23034 MiB\n";

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

/// What programs put around each line, or around all of them.
#[test]
fn what_a_program_puts_around_an_output_changes_nothing() {
    let smi = [SMI, LOG, XML, LIST, CSV].map(|text| (Kind::Smi, text));
    for (kind, text) in ALL.into_iter().chain(smi) {
        let whole = document(text);
        let json: Vec<String> = text.lines().map(|line| json!(line).to_string()).collect();
        let ended: Vec<String> = text
            .lines()
            .map(|line| json!(format!("{line}\n")).to_string())
            .collect();
        let counted = |after: &str| -> String {
            let lines = (1..).zip(text.lines());
            let lines: Vec<String> = lines
                .map(|(number, line)| format!("{number}{after}{line}"))
                .collect();
            lines.join("\n")
        };
        let before = |prefix: &str| each_line(text, |line| format!("{prefix}{line}"));
        for (how, mangled) in [
            ("a container", before("gpu-1  | ")),
            ("a pod", before("[pod/gpu-test/cuda] ")),
            ("a pod's time", before("2026-07-20T06:15:02.123456789Z ")),
            ("a log", before("2026-07-20 06:15:02,123 - root - INFO - ")),
            ("a logger", before("INFO:root:")),
            (
                "a system's log",
                before("Jul 20 06:15:02 host nvidia-smi[123]: "),
            ),
            ("the kernel's time", before("[  123.456789] ")),
            ("a task", before("0: ")),
            ("a rank", before("[rank0]: ")),
            ("a process", before("[1,0]<stdout>:")),
            ("an actor", before("(RayWorker pid=1234) ")),
            ("a node", before("gpu[01-04]: ")),
            ("a comment", before("# ")),
            ("a comment of Rust", before("//! ")),
            ("a comment of C", before(" * ")),
            ("a cell", before("| ")),
            ("a new file", before("+")),
            ("numbers", counted(": ")),
            ("numbers and tabs", counted("\t")),
            ("grep -n", counted(":")),
            (
                "grep",
                format!("out.log:{}", counted(":").replace('\n', "\nout.log:")),
            ),
            (
                "a value of JSON",
                format!("{{\"rc\": 0, \"out\": {}}}", json!(text)),
            ),
            (
                "bytes of Python",
                format!("b'{}'", text.replace('\n', "\\n").replace('\t', "\\t")),
            ),
            (
                "a list of JSON",
                format!("{{\n \"out\": [\n  {}\n ]\n}}\n", json.join(",\n  ")),
            ),
            (
                "a notebook",
                format!("   \"text\": [\n    {}\n   ]\n", ended.join(",\n    ")),
            ),
        ] {
            assert_eq!(recognise(&mangled), Some(kind), "{how}:\n{mangled}");
            assert_eq!(document(&mangled), whole, "{how}:\n{mangled}");
        }
    }
}

#[test]
fn a_path_with_a_backslash_is_no_line_end() {
    let row = |pid: u32| {
        format!(
            "|    0   N/A  N/A            {pid}    C+G   C:\\nvidia\\new\\table.exe                 N/A |\n"
        )
    };
    let rows: String = (1000..1008).map(row).collect();
    let read = document(&SMI.replace(&SMI[SMI.find("|    0   N/A").expect("a row")..], &rows));
    let processes = read["processes"].as_array().expect("a list");
    assert_eq!(processes.len(), 8);
    for process in processes {
        assert_eq!(process["name"], "C:\\nvidia\\new\\table.exe");
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
