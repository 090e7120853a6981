//! What an explanation says, for the outputs in this file and for every output in a folder of public ones.

#![expect(
    clippy::disallowed_methods,
    reason = "the engine opens no file, its tests do"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lessons_engine::explain::{Asked, Explained, Here, Note, Severity, explain};
use lessons_engine::facts::Facts;
use lessons_engine::finding::{Outcome, TextId};
use lessons_engine::machine::nvml::{GpuReading, NvmlCode, Value};
use lessons_engine::read::said;
use lessons_engine::read::{partial, text::Pasted};
use lessons_engine::recording::{Entry, NvmlEntry, Recording};
use lessons_engine::report::Report;
use lessons_engine::tables::{Arch, Os, Platform};
use lessons_engine::texts::{MISSING, Texts};

const TABLE: &str = "\
Wed Jan 14 02:22:46 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA RTX A6000               Off |   00000000:81:00.0 Off |                    2 |
| 30%   96C    P2            299W /  300W |   40960MiB /  49140MiB |    100%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
|   1  NVIDIA RTX PRO 6000 Blac...    Off |   00000000:A1:00.0 Off |                  Off |
| 30%   30C    P8             20W /  600W |       1MiB /  97887MiB |      0%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+
+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A          123456      C   python                                40950MiB |
+-----------------------------------------------------------------------------------------+
";

fn one(text: &str) -> Explained {
    explain_with(text, &Asked::default())
}

fn explain_with(text: &str, asked: &Asked) -> Explained {
    let said = said::read(text, None).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(said.len(), 1, "{text}");
    explain(&said[0], asked)
}

/// The names of the notes, with their severity.
fn notes(explained: &Explained) -> Vec<(Severity, &'static str)> {
    explained
        .noteworthy
        .iter()
        .map(|note| match note.text.text {
            TextId::Shared(id) | TextId::OfStep(id) => (note.severity, id),
        })
        .collect()
}

fn note<'e>(explained: &'e Explained, id: &'static str) -> &'e Note {
    explained
        .noteworthy
        .iter()
        .find(|note| note.text.text == TextId::Shared(id))
        .unwrap_or_else(|| panic!("no note {id} in {:?}", notes(explained)))
}

fn sentence(explained: &Explained, id: &'static str) -> String {
    Texts::english().sentence(&note(explained, id).text)
}

#[test]
fn what_is_broken_comes_first() {
    let explained = one(TABLE);
    assert_eq!(
        notes(&explained),
        [
            (Severity::Broken, "read-smi-note-ecc"),
            (Severity::Broken, "read-smi-note-hot"),
            (Severity::Warning, "read-smi-note-power"),
            (Severity::Warning, "read-smi-note-busy"),
            (Severity::Warning, "read-smi-note-persistence"),
            (Severity::Remark, "read-smi-note-processes"),
            (Severity::Remark, "read-smi-note-name-cut"),
            (Severity::Remark, "read-smi-note-ceiling"),
        ]
    );
    let ecc = note(&explained, "read-smi-note-ecc");
    assert_eq!(
        ecc.run.as_deref(),
        Some("nvidia-smi -q -d ECC,ROW_REMAPPER -i 0")
    );
    let span = ecc.span.unwrap();
    assert_eq!(&TABLE[span.start..span.end], "2");
    assert!(sentence(&explained, "read-smi-note-processes").contains("python (123456)"));
    assert!(sentence(&explained, "read-smi-note-persistence").contains("GPU 0, 1"));
}

#[test]
fn each_field_has_its_values_with_their_places() {
    let explained = one(TABLE);
    let field = |label: &str| {
        explained
            .fields
            .iter()
            .find(|field| field.label == label)
            .unwrap_or_else(|| panic!("no field {label}"))
    };
    let temperature = field("Temp");
    let shown: Vec<_> = temperature
        .values
        .iter()
        .map(|value| (value.of.as_deref().unwrap(), value.shown.as_str()))
        .collect();
    assert_eq!(shown, [("GPU 0", "96C"), ("GPU 1", "30C")]);
    for field in &explained.fields {
        for value in &field.values {
            let span = value
                .span
                .unwrap_or_else(|| panic!("{} has no place", field.label));
            assert!(
                !TABLE[span.start..span.end].trim().is_empty(),
                "{}",
                field.label
            );
        }
    }
    // The column's own meaning, and that of the word `Off` in it.
    assert_eq!(field("Volatile Uncorr. ECC").meaning().len(), 3);
    assert_eq!(field("Pwr:Cap").values[1].shown, "600W");
}

#[test]
fn every_message_of_failure_says_its_cause() {
    for (text, id, step) in [
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure …",
            "read-smi-failed-communicate",
            Some("driver.module-loaded"),
        ),
        (
            "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.126",
            "read-smi-failed-mismatch",
            Some("driver.versions-agree"),
        ),
        (
            "Failed to initialize NVML: Unknown Error",
            "read-smi-failed-unknown",
            Some("smi.runs"),
        ),
        (
            "No devices were found",
            "read-smi-failed-no-devices",
            Some("driver.gpu-visible"),
        ),
        (
            "Unable to determine the device handle for GPU 0000:0a:00.0: GPU is lost.  Reboot the system to recover this GPU",
            "read-smi-failed-lost",
            Some("smi.gpus-healthy"),
        ),
        (
            "bash: nvidia-smi: command not found",
            "read-smi-failed-not-found",
            Some("driver.installed"),
        ),
        (
            "Field \"cuda_version\" is not a valid field to query.",
            "read-smi-failed-field",
            None,
        ),
    ] {
        let said = said::read(text, Some(lessons_engine::read::recognise::Kind::Smi)).unwrap();
        let explained = explain(&said[0], &Asked::default());
        let note = note(&explained, id);
        assert_eq!(
            (note.severity, note.step),
            (Severity::Broken, step),
            "{text}"
        );
    }
}

#[test]
fn a_pair_is_chosen_and_its_links_are_named() {
    let text = "\tGPU0\tGPU1\tGPU2\tGPU3\tCPU Affinity\tNUMA Affinity\n\
        GPU0\t X \tSYS\tNV4\tSYS\t0-7\t0\nGPU1\tSYS\t X \tSYS\tNV4\t8-15\t1\n\
        GPU2\tNV4\tSYS\t X \tSYS\t0-7\t0\nGPU3\tSYS\tNV4\tSYS\t X \t8-15\t1\n";
    let explained = one(text);
    assert_eq!(
        note(&explained, "read-topo-note-best-same-node")
            .run
            .as_deref(),
        Some("CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0,2 python train.py")
    );
    assert!(sentence(&explained, "read-topo-note-islands").contains("GPU0+GPU2, GPU1+GPU3"));
    let labels: Vec<&str> = explained
        .fields
        .iter()
        .map(|field| field.label.as_str())
        .collect();
    assert_eq!(labels, ["NV4", "SYS", "X", "CPU Affinity", "NUMA Affinity"]);
    assert_eq!(explained.fields[0].values[0].shown, "GPU0–GPU2");
}

#[test]
fn a_number_that_no_card_draws_is_not_a_limit_reached() {
    let odd = TABLE.replace("299W /  300W", "751W /   80W");
    let said = notes(&one(&odd));
    assert!(said.contains(&(Severity::Warning, "read-smi-note-power-odd")));
    assert!(!said.iter().any(|(_, id)| *id == "read-smi-note-power"));
}

#[test]
fn words_in_the_place_of_a_cuda_version_are_no_ceiling() {
    for words in ["N/A  ", "ERR! ", "Not Found"] {
        let said = notes(&one(&TABLE.replace("13.0     ", words)));
        assert!(
            said.contains(&(Severity::Warning, "read-smi-note-no-cuda")),
            "{words}"
        );
    }
}

#[test]
fn windows_of_a_desktop_do_not_compute() {
    let desktop = TABLE
        .replace("Persistence-M ", "Driver-Model  ")
        .replace("A6000               Off", "A6000              WDDM")
        .replace("  C   python", "C+G   python");
    let said = notes(&one(&desktop));
    assert!(said.contains(&(Severity::Remark, "read-smi-note-wddm")));
    assert!(!said.iter().any(|(_, id)| *id == "read-smi-note-processes"));
}

#[test]
fn a_process_belongs_to_the_gpu_under_which_a_report_lists_it() {
    let gpu = |bus: u8, process: &str| {
        format!(
            "GPU 00000000:{bus:02X}:00.0\n    FB Memory Usage\n        Total : 1000 MiB\n        Used : 900 MiB\n{process}"
        )
    };
    let process =
        "    Processes\n        Process ID : 7\n            Type : C\n            Name : python\n";
    let text = format!(
        "==============NVSMI LOG==============\n\nDriver Version : 580.95.05\nAttached GPUs : 2\n{}{}",
        gpu(1, "    Processes : None\n"),
        gpu(2, process)
    );
    let explained = one(&text);
    let busy: Vec<&str> = notes(&explained)
        .into_iter()
        .map(|(_, id)| id)
        .filter(|id| id.starts_with("read-smi-note-busy"))
        .collect();
    assert_eq!(busy, ["read-smi-note-busy-unseen", "read-smi-note-busy"]);
}

#[test]
fn blackwell_gets_open_modules_and_a_cuda_its_branch() {
    let text = |model: &str| {
        format!(
            "== /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0 ==\n\
             modalias : pci:v000010DEd00002B85sv000010DEsd000016F3bc03sc00i00\n\
             vendor   : NVIDIA Corporation\nmodel    : {model}\n\
             driver   : nvidia-driver-570 - distro non-free recommended\n\
             driver   : nvidia-driver-570-open - distro non-free\n\
             driver   : nvidia-driver-580-open - third-party non-free\n\
             driver   : xserver-xorg-video-nouveau - distro free builtin\n"
        )
    };
    let chosen = |model: &str, for_cuda: Option<&str>| {
        let asked = Asked {
            for_cuda: for_cuda.map(|cuda| cuda.parse().unwrap()),
            host: None,
        };
        let explained = explain_with(&text(model), &asked);
        note(&explained, "read-drivers-note-install")
            .run
            .clone()
            .unwrap()
    };
    assert_eq!(
        chosen("GB202 [GeForce RTX 5090]", None),
        "sudo ubuntu-drivers install nvidia:570-open"
    );
    assert_eq!(
        chosen("GB202 [GeForce RTX 5090]", Some("13.0")),
        "sudo apt install nvidia-driver-580-open"
    );
    assert_eq!(
        chosen("AD102 [GeForce RTX 4090]", None),
        "sudo ubuntu-drivers install"
    );
    // With nothing that will do, that is said, and a card that no table has is not judged.
    let volta = one(&text("GV100GL [Tesla V100 PCIe 16GB]").replace("-580-open", "-590"));
    assert_eq!(
        note(&volta, "read-drivers-note-install").run.as_deref(),
        Some("sudo ubuntu-drivers install")
    );
    // A card that the PCI database does not name yet: its number tells the generation, or nothing does.
    let nameless = text("").replace("model    : \n", "");
    for text in [text("Device 2b85"), nameless] {
        let explained = one(&text);
        assert!(notes(&explained).contains(&(Severity::Remark, "read-drivers-note-by-number")));
        assert_eq!(
            note(&explained, "read-drivers-note-install").run.as_deref(),
            Some("sudo ubuntu-drivers install nvidia:570-open")
        );
        let older = one(&text.replace("2B85", "2684"));
        assert!(
            notes(&older)
                .iter()
                .any(|(severity, id)| *severity == Severity::Warning
                    && matches!(
                        *id,
                        "read-drivers-note-unknown-gpu" | "read-drivers-note-no-model"
                    ))
        );
    }
}

#[test]
fn a_toolkit_names_its_driver_and_compilers() {
    let explained = one("Cuda compilation tools, release 12.6, V12.6.85");
    let driver = sentence(&explained, "read-nvcc-note-driver-both");
    assert!(
        driver.contains("525.60.13") && driver.contains("CUDA 12"),
        "{driver}"
    );
    assert!(sentence(&explained, "read-nvcc-note-gcc").contains("to 13"));
    let unknown = one("Cuda compilation tools, release 99.1, V99.1.1");
    assert!(notes(&unknown).contains(&(Severity::Warning, "read-nvcc-note-unknown")));
    let missing = one("bash: nvcc: command not found");
    assert_eq!(
        note(&missing, "read-nvcc-failed-not-found").step,
        Some("cuda.env-path")
    );
}

#[test]
fn a_wheel_fits_or_says_why_not() {
    let on = |os, arch, name: &str| {
        let asked = Asked {
            for_cuda: None,
            host: Some(Platform::new(os, arch).into()),
        };
        let explained = explain_with(name, &asked);
        notes(&explained)
            .iter()
            .map(|(_, id)| *id)
            .collect::<Vec<_>>()
    };
    let manylinux = "torch-2.9.1+cu126-cp311-cp311-manylinux_2_28_x86_64.whl";
    assert!(on(Os::Linux, Arch::X86_64, manylinux).contains(&"read-wheel-note-fits-if"));
    assert!(on(Os::Linux, Arch::Aarch64, manylinux).contains(&"read-wheel-note-arch"));
    assert!(on(Os::Windows, Arch::X86_64, manylinux).contains(&"read-wheel-note-system"));
    let win = "torch-2.9.1+cpu-cp313-cp313t-win_amd64.whl";
    let said = on(Os::Windows, Arch::X86_64, win);
    for id in [
        "read-wheel-note-fits",
        "read-wheel-note-free-threaded",
        "read-wheel-note-cpu",
    ] {
        assert!(said.contains(&id), "{id} in {said:?}");
    }
}

#[test]
fn a_wheel_installs_here_or_not() {
    use lessons_engine::read::wheel::Os as System;
    let here = |python: &str, glibc| Asked {
        for_cuda: None,
        host: Some(Here {
            platform: Platform::new(Os::Linux, Arch::X86_64),
            python: Some(python.parse().unwrap()),
            system: Some(System::Glibc(glibc)),
        }),
    };
    for (tags, python, glibc, id, says) in [
        (
            "cp311-cp311-manylinux_2_28_x86_64",
            "3.11",
            Some((2, 39)),
            "read-wheel-note-installs",
            "Python 3.11",
        ),
        (
            "cp311-cp311-manylinux_2_28_x86_64",
            "3.11",
            Some((2, 17)),
            "read-wheel-note-too-old",
            "glibc 2.28",
        ),
        (
            "cp311-cp311-manylinux_2_28_x86_64",
            "3.11",
            None,
            "read-wheel-note-fits-if",
            "glibc 2.28",
        ),
        (
            "cp311-cp311-manylinux_2_28_x86_64",
            "3.12",
            Some((2, 39)),
            "read-wheel-note-other-python",
            "cp311",
        ),
        (
            "cp313-cp313t-manylinux_2_28_x86_64",
            "3.13",
            Some((2, 39)),
            "read-wheel-note-other-python",
            "cp313t",
        ),
        (
            "cp313-cp313t-manylinux_2_28_x86_64",
            "3.13t",
            Some((2, 39)),
            "read-wheel-note-installs",
            "3.13t",
        ),
        (
            "cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64",
            "3.13",
            Some((2, 39)),
            "read-wheel-note-installs",
            "3.13",
        ),
        (
            "py3-none-any",
            "3.13",
            None,
            "read-wheel-note-installs",
            "3.13",
        ),
        (
            "cp312-cp312-musllinux_1_2_x86_64",
            "3.12",
            Some((2, 39)),
            "read-wheel-note-system",
            "musllinux",
        ),
        (
            "cp312-cp312-win_amd64",
            "3.12",
            Some((2, 39)),
            "read-wheel-note-system",
            "win",
        ),
        (
            "cp312-cp312-linux_x86_64",
            "3.12",
            Some((2, 39)),
            "read-wheel-note-installs",
            "3.12",
        ),
    ] {
        let explained = explain_with(&format!("torch-2.9.1-{tags}.whl"), &here(python, glibc));
        let said = sentence(&explained, id);
        assert!(said.contains(says), "{tags} on {python}: {said}");
    }
}

#[test]
fn a_cpu_build_on_a_gpu_machine_is_broken() {
    let text = "PyTorch version: 2.9.1+cpu\nIs debug build: False\nCUDA used to build PyTorch: None\n\
        OS: Ubuntu 24.04.3 LTS (x86_64)\nPython version: 3.12.3 (main)\nIs CUDA available: False\n\
        CUDA runtime version: 12.6.85\nGPU models and configuration: GPU 0: NVIDIA GeForce RTX 4090\n\
        Nvidia driver version: 580.95.05\n[pip3] torch==2.9.1+cpu\n[pip3] torchvision==0.20.0+cpu\n";
    let explained = one(text);
    assert_eq!(
        note(&explained, "read-env-note-cpu-on-gpu").step,
        Some("torch.cuda-build")
    );
    assert!(sentence(&explained, "read-env-note-companion").contains("torchvision 0.20.0"));
    let outcome = outcomes(text);
    assert!(
        outcome.contains(&("torch.cuda-build", Outcome::Fail)),
        "{outcome:?}"
    );
    assert!(
        outcome.contains(&("torch.installed", Outcome::Pass)),
        "{outcome:?}"
    );

    let old = text
        .replace("2.9.1+cpu\nIs", "2.9.1+cu128\nIs")
        .replace("PyTorch: None", "PyTorch: 12.8")
        .replace("580.95.05", "470.256.02");
    assert!(notes(&one(&old)).contains(&(Severity::Broken, "read-env-note-driver-old")));
    // What was seen to work outweighs a table.
    let works = old.replace("available: False", "available: True");
    assert!(notes(&one(&works)).contains(&(Severity::Remark, "read-env-note-driver-old")));
}

fn machine(text: &str) -> Recording {
    let said = said::read(text, None).unwrap();
    partial::machine(&said, Pasted::new(text).text())
}

/// What the paste tells of the steps.
fn outcomes(text: &str) -> Vec<(&'static str, Outcome)> {
    let said = said::read(text, None).unwrap();
    partial::report(&said, Pasted::new(text).text())
        .report
        .steps
        .iter()
        .map(|checked| (checked.step.id, checked.finding.outcome))
        .collect()
}

#[test]
fn the_failure_of_one_gpu_does_not_show_that_nvidia_smi_runs() {
    let lost = "Unable to determine the device handle for GPU 0000:0B:00.0: GPU is lost.  Reboot the system to recover this GPU\n";
    let said = said::read(lost, None).unwrap();
    let report = partial::report(&said, lost).report;
    let shown: Vec<(&str, Outcome, String)> = report
        .steps
        .iter()
        .map(|checked| {
            let texts = Texts::english();
            let summary = texts.message(checked.step, &checked.finding.summary);
            (checked.step.id, checked.finding.outcome, summary)
        })
        .collect();
    assert_eq!(
        shown
            .iter()
            .map(|(id, outcome, _)| (*id, *outcome))
            .collect::<Vec<_>>(),
        [
            ("driver.gpu-visible", Outcome::Pass),
            ("smi.gpus-healthy", Outcome::Fail)
        ]
    );
    assert_eq!(shown[0].2, "The driver sees 1 GPU: 0000:0B:00.0");
    // Where others are listed, it does.
    let others = format!("GPU 0: NVIDIA L4 (UUID: GPU-1f)\n{lost}");
    assert!(outcomes(&others).contains(&("smi.runs", Outcome::Pass)));
}

#[test]
fn a_paste_is_a_machine_with_what_it_tells() {
    let machine = machine(TABLE);
    let Some(NvmlEntry::Ok { ok: nvml }) = &machine.nvml else {
        panic!("{:?}", machine.nvml);
    };
    let GpuReading::Opened(gpu) = &nvml.gpus[0] else {
        panic!("{:?}", nvml.gpus);
    };
    assert_eq!(gpu.memory_total, Value::Known(49140 << 20));
    assert_eq!(gpu.power_draw_mw, Value::Known(299_000));
    assert_eq!(gpu.ecc_uncorrected, Value::Known(2));
    assert_eq!(gpu.mig_enabled, Value::Refused(NvmlCode::NotSupported));
    assert_eq!(gpu.compute_capability, Value::Known("8.6".to_owned()));
    assert_eq!(gpu.remap_pending, Value::Unrecorded);
    assert_eq!(gpu.processes.known().unwrap()[0].pid, 123_456);
    // Of files and variables it only has that no mark of a container is there.
    let absent = |entry: &Entry| entry.error.as_deref() == Some("not-found");
    assert!(machine.files.values().all(absent) && machine.env.values().all(Option::is_none));

    let outcomes = outcomes(TABLE);
    for expected in [
        ("driver.gpu-visible", Outcome::Pass),
        ("smi.runs", Outcome::Pass),
        ("smi.gpus-healthy", Outcome::Fail),
        ("smi.memory-free", Outcome::Fail),
    ] {
        assert!(outcomes.contains(&expected), "{expected:?} in {outcomes:?}");
    }
    // Whether this is a laptop, where persistence would be in order, is not told; nor is anything of PyTorch.
    for untold in ["persistence.enabled", "torch.installed", "topology.read"] {
        assert!(!outcomes.iter().any(|(id, _)| *id == untold), "{untold}");
    }
}

#[test]
fn a_number_left_out_is_a_gpu_that_does_not_answer() {
    let machine = machine(&TABLE.replace("|   1  NVIDIA RTX", "|   2  NVIDIA RTX"));
    let Some(NvmlEntry::Ok { ok: nvml }) = &machine.nvml else {
        panic!("{:?}", machine.nvml);
    };
    assert_eq!(nvml.gpus.len(), 3);
    assert!(matches!(nvml.gpus[1], GpuReading::Failed { .. }));
    // A number that no machine has costs nothing.
    let machine = self::machine(&TABLE.replace("|   1  NVIDIA RTX", "|4000000000  NVIDIA RTX"));
    let Some(NvmlEntry::Ok { ok: nvml }) = &machine.nvml else {
        panic!("{:?}", machine.nvml);
    };
    assert!(nvml.gpus.len() < 100);
}

/// Every text that the explanations name is there, and every text that is there is named.
#[test]
fn texts_and_explanations_name_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ftl = std::fs::read_to_string(root.join("texts/en/read.ftl")).unwrap();
    let there: BTreeSet<String> = ftl
        .lines()
        .filter(|line| line.starts_with("read-"))
        .filter_map(|line| Some(line.split_once(" =")?.0.to_owned()))
        .collect();
    let mut named = BTreeSet::new();
    let mut folders = vec![
        root.join("src/explain"),
        root.join("src/read"),
        root.join("src/read/smi"),
        root.join("../src/commands/read"),
    ];
    let mut sources = vec![
        root.join("../src/commands/read.rs"),
        root.join("src/annotate.rs"),
    ];
    while let Some(folder) = folders.pop() {
        sources.extend(
            std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file()),
        );
    }
    for source in sources {
        let code = std::fs::read_to_string(&source).unwrap();
        named.extend(
            code.split('"')
                .filter(|word| word.starts_with("read-") && !word.contains(char::is_whitespace))
                .map(str::to_owned),
        );
    }
    let unnamed: Vec<_> = there.difference(&named).collect();
    let missing: Vec<_> = named.difference(&there).collect();
    assert!(
        unnamed.is_empty() && missing.is_empty(),
        "no text for {missing:?}; nobody names {unnamed:?}"
    );
}

/// The files of a folder of public outputs; none where there is no such folder.
fn corpus() -> Vec<(PathBuf, String)> {
    let root = std::env::var_os("LESSONS_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let mut files = Vec::new();
    for folder in [
        "smi",
        "smi-failure",
        "topo",
        "ubuntu-drivers",
        "nvcc",
        "wheels",
        "collect-env",
    ] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
            println!("skipped: no corpus folder");
            return Vec::new();
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            files.push((path, text));
        }
    }
    files
}

#[test]
fn every_public_output_is_explained() {
    let texts = Texts::english();
    for (path, text) in corpus() {
        let said =
            said::read(&text, None).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for said in &said {
            let explained = explain(said, &Asked::default());
            let notes = explained.noteworthy.iter().map(|note| &note.text);
            let meanings = explained.fields.iter().flat_map(|field| field.meaning());
            for message in notes.chain(meanings).chain([&explained.what]) {
                let sentence = texts.sentence(message);
                assert!(
                    !sentence.contains(MISSING),
                    "{}: {sentence}",
                    path.display()
                );
                assert!(
                    !sentence.contains('\n') && !sentence.contains("  "),
                    "{sentence}"
                );
            }
            assert!(
                !explained.fields.is_empty() || !explained.noteworthy.is_empty(),
                "{} has nothing to say",
                path.display()
            );
            for value in explained.fields.iter().flat_map(|field| &field.values) {
                if let Some(span) = value.span {
                    assert!(
                        text.get(span.start..span.end).is_some(),
                        "{}",
                        path.display()
                    );
                }
            }
        }
        let machine = partial::machine(&said, Pasted::new(&text).text());
        let again = Recording::from_slice(machine.to_json().as_bytes());
        assert_eq!(again.as_ref(), Ok(&machine), "{}", path.display());
        let document = Report::of_all(&Facts::new(&machine)).document(&texts);
        for step in document.steps {
            assert!(
                !step.summary.contains(MISSING),
                "{}: {}",
                path.display(),
                step.id
            );
        }
    }
}

/// What any package for any CUDA and card has to keep, told from what is offered by the rules alone: the floor of the CUDA's
/// major, the first and the last branch of the card, and its kernel modules.
#[test]
fn a_package_for_a_cuda_keeps_every_rule() {
    const OPEN: &[bool] = &[true];
    const CLOSED: &[bool] = &[false];
    const EITHER: &[bool] = &[false, true];
    let cards = [
        ("GB202 [GeForce RTX 5090]", OPEN, 570, u32::MAX),
        ("GB100 [B200]", OPEN, 570, u32::MAX),
        ("GH100 [H100 PCIe]", EITHER, 520, u32::MAX),
        ("AD102 [GeForce RTX 4090]", EITHER, 520, u32::MAX),
        ("TU104GL [Tesla T4]", EITHER, 410, u32::MAX),
        ("GV100GL [Tesla V100 PCIe 16GB]", CLOSED, 390, 580),
        ("GP102 [GeForce GTX 1080 Ti]", CLOSED, 375, 580),
        ("GM204 [GeForce GTX 980]", CLOSED, 340, 580),
        ("GK210GL [Tesla K80]", CLOSED, 340, 470),
    ];
    let branches = [470, 535, 550, 570, 580, 590, 595];
    let names = |branch: u32| {
        ["", "-open", "-server", "-server-open"]
            .map(|flavour| format!("nvidia-driver-{branch}{flavour}"))
    };
    let every: Vec<String> = branches.into_iter().flat_map(names).collect();
    let offers: [Vec<String>; 4] = [
        every.clone(),
        every
            .iter()
            .filter(|name| !name.contains("open"))
            .cloned()
            .collect(),
        every
            .iter()
            .filter(|name| name.contains("-5") && name.contains("open"))
            .cloned()
            .collect(),
        names(535).into(),
    ];
    let mut none = 0;
    for (model, modules, first, last) in cards {
        for (cuda, floor) in [
            ("11.0", 450),
            ("11.4", 450),
            ("11.8", 450),
            ("12.0", 525),
            ("12.4", 525),
            ("12.8", 525),
            ("12.9", 525),
            ("13.0", 580),
            ("13.2", 580),
            ("13.4", 580),
        ] {
            for offered in &offers {
                for recommended in [None, Some(0), Some(offered.len() / 2)] {
                    let fits = |name: &str| {
                        let branch: u32 = name["nvidia-driver-".len()..][..3].parse().unwrap();
                        modules.contains(&name.ends_with("open"))
                            && branch >= floor.max(first)
                            && branch <= last
                    };
                    let mut text = format!(
                        "== /sys/devices/pci0000:00/0000:01:00.0 ==\nmodalias : pci:v000010DEd00000001sv0sd0\n\
                         vendor   : NVIDIA Corporation\nmodel    : {model}\n"
                    );
                    for (place, name) in offered.iter().enumerate() {
                        let mark = if recommended == Some(place) {
                            " recommended"
                        } else {
                            ""
                        };
                        writeln!(text, "driver   : {name} - distro non-free{mark}").unwrap();
                    }
                    let asked = Asked {
                        for_cuda: Some(cuda.parse().unwrap()),
                        host: None,
                    };
                    let explained = explain_with(&text, &asked);
                    let told = |id| {
                        explained
                            .noteworthy
                            .iter()
                            .find(|note| note.text.text == TextId::Shared(id))
                    };
                    let what = format!("CUDA {cuda} for {model} of {offered:?}, {recommended:?}");
                    let marked = recommended.map(|place| offered[place].as_str());
                    if offered.iter().any(|name| fits(name)) {
                        let run = told("read-drivers-note-install")
                            .unwrap_or_else(|| panic!("{what}"))
                            .run
                            .clone()
                            .unwrap();
                        let chosen = match run.split_once("nvidia:") {
                            Some((_, flavour)) => {
                                format!("nvidia-driver-{}", flavour.split(' ').next().unwrap())
                            }
                            None => marked.expect(&what).to_owned(),
                        };
                        assert!(fits(&chosen), "{what}: {run}");
                        // What Ubuntu recommends for a desktop is kept where it will do.
                        if let Some(marked) =
                            marked.filter(|name| fits(name) && !name.contains("server"))
                        {
                            assert_eq!(chosen, marked, "{what}");
                        }
                    } else {
                        none += 1;
                        assert!(told("read-drivers-note-none").is_some(), "{what}");
                    }
                    // CUDA 13 compiles for Turing and later, CUDA before 12.8 for nothing of Blackwell's.
                    let after = (cuda.starts_with("13") && last <= 580)
                        || (cuda.starts_with("12") && last <= 470);
                    assert_eq!(
                        told("read-drivers-note-cuda-after").is_some(),
                        after,
                        "{what}"
                    );
                    let before = (modules == OPEN
                        && !matches!(cuda, "12.8" | "12.9")
                        && !cuda.starts_with("13"))
                        || (first == 520 && matches!(cuda, "11.0" | "11.4"));
                    assert_eq!(
                        told("read-drivers-note-cuda-before").is_some(),
                        before,
                        "{what}"
                    );
                }
            }
        }
    }
    assert!(none > 100, "{none}");
}

#[test]
fn a_card_of_data_centres_is_told_of_the_server_flavour() {
    let text = "== /sys/devices/pci0000:00/0000:00:1e.0 ==\n\
        modalias : pci:v000010DEd00001EB8sv000010DEsd000012A2bc03sc02i00\n\
        vendor   : NVIDIA Corporation\nmodel    : TU104GL [Tesla T4]\n\
        driver   : nvidia-driver-580 - distro non-free recommended\n\
        driver   : nvidia-driver-580-open - distro non-free\n\
        driver   : nvidia-driver-580-server - distro non-free\n";
    let explained = one(text);
    assert_eq!(
        note(&explained, "read-drivers-note-install").run.as_deref(),
        Some("sudo ubuntu-drivers install")
    );
    assert_eq!(
        note(&explained, "read-drivers-note-server").run.as_deref(),
        Some(
            "sudo ubuntu-drivers install --gpgpu nvidia:580-server && sudo apt install nvidia-utils-580-server"
        )
    );
    for other in [
        text.replace("TU104GL [Tesla T4]", "TU104 [GeForce RTX 2080]"),
        text.replace(
            "driver   : nvidia-driver-580-server - distro non-free\n",
            "",
        ),
    ] {
        assert!(
            !notes(&one(&other))
                .iter()
                .any(|(_, id)| *id == "read-drivers-note-server")
        );
    }
}
