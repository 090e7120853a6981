//! Symptoms are found however their text was pasted, healthy outputs are none, and facts tell the causes apart.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::disallowed_methods,
    reason = "the collection of outputs is read from the disk; the engine itself reads nothing"
)]

use std::fmt::Write as _;
use std::path::Path;

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::recording::Recording;
use lessons_engine::symptoms::{self, recognise};
use lessons_engine::texts::{MISSING, Texts};
use lessons_engine::why::{self, Judgement, Why};
use proptest::prelude::*;

fn found(text: &str) -> Vec<&'static str> {
    recognise(text)
        .seen
        .iter()
        .map(|seen| seen.symptom.id.as_str())
        .collect()
}

#[track_caller]
fn assert_found(text: &str, id: &str) {
    let recognised = recognise(text);
    let nearest: Vec<_> = recognised
        .nearest
        .iter()
        .map(|near| (near.symptom.id.as_str(), near.score))
        .collect();
    let found: Vec<_> = recognised
        .seen
        .iter()
        .map(|seen| seen.symptom.id.as_str())
        .collect();
    assert!(
        found.contains(&id),
        "{id} is not found in {text:?}, but {found:?}; nearest {nearest:?}"
    );
}

/// Every sentence of the table, with something in the place of its `*`.
fn sentences() -> Vec<(&'static str, String)> {
    symptoms::all()
        .flat_map(|symptom| {
            symptom.says.iter().map(move |says| {
                (
                    symptom.id.as_str(),
                    says.replace('*', "0000:0B:00.0 (x86_64)"),
                )
            })
        })
        .collect()
}

/// The first sentence of each symptom.
fn first_sentences() -> Vec<(&'static str, String)> {
    let mut first = sentences();
    first.dedup_by_key(|(id, _)| *id);
    first
}

/// Breaks a text into lines of so many characters, wherever that is.
fn wrapped(text: &str, width: usize, before: &str) -> String {
    let mut lines = String::new();
    for (at, c) in text.chars().enumerate() {
        if at % width == 0 {
            lines.push_str(if at == 0 { before } else { "\n" });
            if at > 0 {
                lines.push_str(before);
            }
        }
        lines.push(c);
    }
    lines
}

#[test]
fn each_sentence_leads_to_its_symptom() {
    for (id, sentence) in sentences() {
        assert_found(&sentence, id);
    }
}

#[test]
fn it_does_not_matter_how_it_was_pasted() {
    for (id, sentence) in first_sentences() {
        for width in [7, 20, 41, 72] {
            assert_found(&wrapped(&sentence, width, ""), id);
        }
        assert_found(&wrapped(&sentence, 30, "> "), id);
        assert_found(&wrapped(&sentence, 30, "> > "), id);
        assert_found(&wrapped(&sentence, 30, "2026-11-24T10:00:00.123456Z "), id);
        assert_found(&wrapped(&sentence, 30, "[   12.345678] "), id);
        assert_found(&wrapped(&sentence, 30, "Nov 24 23:10:30 host kernel: "), id);
        assert_found(&wrapped(&sentence, 30, "trainer-1  | "), id);
        assert_found(&wrapped(&sentence, 30, "[rank3]: "), id);
        assert_found(&wrapped(&sentence, 30, "[pod/train-0/trainer] "), id);
        assert_found(
            &wrapped(&sentence, 30, "(Worker pid=1234, ip=10.0.0.3) "),
            id,
        );
        assert_found(&format!("\u{1b}[1;31m{sentence}\u{1b}[0m\r\n"), id);
        assert_found(&format!("**`{sentence}`**"), id);
        assert_found(&format!("```\n{sentence}\n```"), id);
        assert_found(&sentence.to_uppercase(), id);
        assert_found(
            &format!("(base) me@host:~$ python x.py\n{sentence}\n(base) me@host:~$ "),
            id,
        );
        assert_found(
            &sentence.replace('\'', "\u{2019}").replace(' ', "\u{a0}"),
            id,
        );
        let html = sentence
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        assert_found(&html, id);
    }
}

/// Numbers, versions, addresses of devices, names of GPUs and places differ from machine to machine.
#[test]
fn other_versions_and_names_are_the_same_symptom() {
    for (text, id) in [
        (
            "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 595.91",
            "driver-library-version-mismatch",
        ),
        (
            "[  123.4] NVRM: API mismatch: the client has the version 580.105.08, but\nNVRM: this kernel module has the version 580.95.05.",
            "driver-library-version-mismatch",
        ),
        (
            "NVIDIA GeForce RTX 5070 Ti Laptop GPU with CUDA capability sm_120 is not compatible with the current PyTorch installation.\nThe current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90.",
            "sm-120-not-compatible",
        ),
        (
            "NVIDIA B300 with CUDA capability sm_103 is not compatible with the current PyTorch installation.",
            "sm-120-not-compatible",
        ),
        (
            "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver",
            "driver-too-old",
        ),
        (
            "Found GPU0 Tesla P100-PCIE-16GB which is of compute capability (CC) 6.0.",
            "no-kernel-image",
        ),
        (
            "RuntimeError: CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might be asynchronously reported",
            "no-kernel-image",
        ),
        (
            "[Errno 2] No such file or directory: ':/usr/local/cuda-12.8/bin/nvcc'",
            "colon-in-cuda-home",
        ),
        (
            "Unable to determine the device handle for GPU3: 0000:04:00.0: Unknown Error",
            "unable-to-determine-the-device-handle",
        ),
        (
            "Unable to determine the device handle for GPU0000:25:00.0: Unknown Error",
            "unable-to-determine-the-device-handle",
        ),
        (
            "kernel: NVRM: Xid (PCI:0000:c3:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
            "unable-to-determine-the-device-handle",
        ),
        (
            "NVRM: Xid (PCI:0000:01:00): 13, Graphics SM Warp Exception on (GPC 0, TPC 0)",
            "xid",
        ),
        (
            "ImportError: /opt/x/libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_9, version libnvJitLink.so.12",
            "undefined-symbol-nvjitlink",
        ),
        (
            "OSError: libcudart.so.12: cannot open shared object file: No such file or directory",
            "libcudart-13",
        ),
        (
            "/usr/local/cuda/include/crt/host_config.h:143:2: error: #error -- unsupported GNU version! gcc versions later than 14 are not supported! The nvcc flag",
            "unsupported-gnu-version",
        ),
        (
            "The detected CUDA version (13.0) mismatches the version that was used to compile\nPyTorch (12.8). Please make sure to use the same CUDA versions.",
            "detected-cuda-version-mismatches",
        ),
        (
            "W: GPG error: https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2004/x86_64  InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY A4B469963BF863CC",
            "no-pubkey",
        ),
        (
            " nvidia-dkms-550 : Depends: nvidia-kernel-common-550 (>= 550.163.01) but 550.144.03-0ubuntu1 is to be installed",
            "mixed-driver-packages",
        ),
        (
            "ERROR: No matching distribution found for torch==2.4.1",
            "no-matching-distribution",
        ),
        (
            "ERROR: No matching distribution found for torch==2.4.1+cu124",
            "tag-not-on-pypi",
        ),
        (
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because torch==2.8.0 has no wheels with a matching Python ABI tag (e.g., `cp39`)",
            "no-matching-distribution",
        ),
        (
            "nvcc fatal   : Unsupported gpu architecture 'compute_100'",
            "unsupported-gpu-architecture",
        ),
        (
            "docker: Error response from daemon: could not select device driver \"\" with capabilities: [[gpu]].",
            "could-not-select-device-driver",
        ),
        (
            "modprobe: FATAL: Module nvidia not found in directory /lib/modules/5.4.0-1055-gcp",
            "module-not-found",
        ),
        (
            "Error! Your kernel headers for kernel 6.14.0-37-generic cannot be found at\n/lib/modules/6.14.0-37-generic/build or /lib/modules/6.14.0-37-generic/source.",
            "dkms-build-failed",
        ),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 1 has a total capacity of 47.4 GiB",
            "out-of-memory",
        ),
    ] {
        assert_found(text, id);
    }
}

#[test]
fn shells_in_other_languages_are_understood() {
    for text in [
        "bash: nvcc: command not found",
        "zsh: command not found: nvcc",
        "sh: 1: nvcc: not found",
        "Command 'nvcc' not found, but can be installed with:\nsudo apt install nvidia-cuda-toolkit",
        "bash: nvcc: Kommando nicht gefunden.",
        "Der Befehl »nvcc« wurde nicht gefunden, kann aber installiert werden mit:",
        "bash: nvcc : commande introuvable",
        "bash: nvcc: orden no encontrada",
        "bash: nvcc：未找到命令",
        "找不到命令 “nvcc”，但可以通过以下软件包安装它：\nsudo apt install nvidia-cuda-toolkit",
        "bash: nvcc: コマンドが見つかりません",
        "bash: nvcc: команда не найдена",
        "bash: nvcc: comando não encontrado",
        "'nvcc' is not recognized as an internal or external command,\r\noperable program or batch file.",
        "nvcc : The term 'nvcc' is not recognized as the name of a cmdlet, function,",
        "fish: Unknown command: nvcc",
    ] {
        assert_eq!(found(text), ["nvcc-command-not-found"], "{text}");
    }
    for text in [
        "E: Paket nvidia-driver-580 kann nicht gefunden werden",
        "E: 无法定位软件包 nvidia-driver-580",
        "E: Impossible de trouver le paquet cuda-toolkit-13-0",
    ] {
        assert_eq!(found(text), ["package-not-found"], "{text}");
    }
}

/// The C library and the packagers speak the reader's language too, and logs add their own.
#[test]
fn pasted_as_people_paste_it() {
    for (text, id) in [
        (
            "ImportError: libcudart.so.12: Ne peut ouvrir le fichier d'objet partagé: Aucun fichier ou dossier de ce type",
            "libcudart-13",
        ),
        (
            "ImportError: libcudart.so.12: Kann die Shared-Object-Datei nicht öffnen: Datei oder Verzeichnis nicht gefunden",
            "libcudart-13",
        ),
        (
            "libcuda.so.1: 无法打开共享对象文件: 没有那个文件或目录",
            "linux-driver-in-wsl",
        ),
        (
            "modprobe: ERROR: could not insert 'nvidia': La clé a été rejetée par le service",
            "key-was-rejected",
        ),
        (
            "modprobe: ERROR: could not insert 'nvidia': 键值被服务所拒绝",
            "key-was-rejected",
        ),
        (
            "modprobe: ERROR: could not insert 'nvidia': Kein passendes Gerät gefunden",
            "no-such-device",
        ),
        (
            "OSError: [Errno 28] Aucun espace disponible sur le périphérique",
            "no-space-left",
        ),
        (
            "[rank3]: OSError: libcudart.so.13: cannot open shared obj\r\n[rank3]: ect file: No such file or directory",
            "libcudart-13",
        ),
        (
            "[2026-11-24 09:12:03] NVIDIA GeForce RTX 5070 with CUDA capability sm_120 is not compatible with the c\n[2026-11-24 09:12:03] urrent PyTorch installation.",
            "sm-120-not-compatible",
        ),
        (
            "torch: 10%|#   |\rtorch: 90%|### |\rERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "no-space-left",
        ),
        (
            "| NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driv |\n| er. Make sure that the latest NVIDIA driver is installed and running.      |",
            "could-not-communicate",
        ),
        (
            "2026/11/24 10:00:00 akmods: Building rpms failed; see /var/cache/akmods/nvidia/580.105.08-1-for-6.17.8-200.fc42.x86_64.failed.log for details",
            "dkms-build-failed",
        ),
        (
            "error: target not found: nvidia-open-dkms",
            "package-not-found",
        ),
        (
            "No match for argument: nvidia-driver\nError: Unable to find a match: nvidia-driver",
            "package-not-found",
        ),
        (
            "/opt/nvidia/nvlsm/sbin/nvlsm does not exist. Please install \"Nvidia NVLink Subnet Manager\" (nvlsm) package",
            "nvlink-fabric",
        ),
    ] {
        assert_found(text, id);
    }
}

/// What brings nothing near is not said to be near anything.
#[test]
fn numbers_bring_nothing_near() {
    for text in [
        "0000:01:00.0 0x10de 12345 67890",
        "01:00.0 VGA compatible controller [0300]: ASUSTeK Computer Inc. Device [1043:88e2] (rev a1)",
        "asdf qwer zxcv lorem ipsum dolor sit amet",
        "你好，世界",
    ] {
        let recognised = recognise(text);
        assert!(recognised.seen.is_empty(), "{text}");
        let nearest: Vec<_> = recognised
            .nearest
            .iter()
            .map(|near| near.symptom.id.as_str())
            .collect();
        assert_eq!(nearest, [""; 0], "{text}");
    }
}

/// What people remember of a message, and what they mistype.
#[test]
fn something_near_it_is_enough() {
    for (text, id) in [
        (
            "nvml driver library version mismatch",
            "driver-library-version-mismatch",
        ),
        (
            "driver/library mismatch nvml",
            "driver-library-version-mismatch",
        ),
        (
            "Failed to initalize NVML: Driver/libary version mismtach",
            "driver-library-version-mismatch",
        ),
        (
            "couldnt communicate with the nvidia driver",
            "could-not-communicate",
        ),
        (
            "nvidia-smi has failed becuase it couldn't comunicate with nvidia driver",
            "could-not-communicate",
        ),
        (
            "torch not compiled with cuda",
            "torch-not-compiled-with-cuda",
        ),
        (
            "torch.cuda.is_available() returns False",
            "torch-not-compiled-with-cuda",
        ),
        (
            "pytorch does not see my gpu",
            "torch-not-compiled-with-cuda",
        ),
        ("nvcc comand not found", "nvcc-command-not-found"),
        ("torchvision nms does not exist", "torchvision-nms"),
        ("operator torchvison::nms doesn't exist", "torchvision-nms"),
        ("sm_120 is not compatible", "sm-120-not-compatible"),
        ("no kernel image available", "no-kernel-image"),
        ("key was rejected by service", "key-was-rejected"),
        ("externally managed environment", "externally-managed"),
        (
            "could not select device driver gpu",
            "could-not-select-device-driver",
        ),
        ("system not yet initialized", "error-802"),
        ("Error 804", "error-804"),
        ("forward compatibility was attempted", "error-804"),
        ("unsupported gnu version", "unsupported-gnu-version"),
        ("which cuda version do I have", "which-cuda"),
        (
            "nvidia-smi and nvcc show different CUDA versions",
            "which-cuda",
        ),
        ("no module named torch", "no-module-named-torch"),
        ("cuda out of memory", "out-of-memory"),
        ("libcudart.so.13 cannot open", "libcudart-13"),
        ("driver rpc error", "driver-rpc-error"),
        (
            "gpu fell off the bus",
            "unable-to-determine-the-device-handle",
        ),
        ("No devices were found", "no-devices-were-found"),
        ("persistence mode is deprecated", "persistence-deprecated"),
        (
            "undefined symbol nvJitLinkComplete",
            "undefined-symbol-nvjitlink",
        ),
        ("CUDA unknown error", "cuda-unknown-error"),
        ("nvml unknown error", "nvml-unknown-error"),
    ] {
        assert_found(text, id);
    }
}

#[test]
fn what_is_no_symptom_is_not_explained() {
    for text in [
        "my printer does not work",
        "hello",
        "nvidia",
        "nvidia driver",
        "command not found",
        "error",
        "cuda",
        "bash: foo: command not found",
        "bash: gccx: command not found",
        "libfoo.so.3: cannot open shared object file: No such file or directory",
        "fatal error: stdio.h: No such file or directory",
        "ModuleNotFoundError: No module named 'requests'",
        "make[2]: *** [CMakeFiles/app.dir/build.make:76: main.o] Error 1",
        "g++ -O2 -c main.cpp -o main.o\nmain.cpp:3:5: warning: unused variable 'x'\nar rcs libmain.a main.o",
        "error[E0308]: mismatched types\n  --> src/main.rs:3:9",
        "Segmentation fault (core dumped)",
        "npm ERR! code ENOENT",
        "Permission denied (publickey).",
        "ERROR: No matching distribution found for tensorflow-gpu",
        "The quick brown fox jumps over the lazy dog",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

/// What healthy machines print is not to be explained: the collection of public outputs, and what recordings hold.
#[test]
fn healthy_outputs_are_no_symptoms() {
    let corpus =
        std::env::var("LESSONS_CORPUS").unwrap_or_else(|_| "../../../shared/corpus".to_owned());
    let mut looked_at = 0;
    for folder in ["smi", "topo", "nvcc", "ubuntu-drivers", "wheels", "misc"] {
        let Ok(files) = std::fs::read_dir(Path::new(&corpus).join(folder)) else {
            eprintln!("skipped: no collection of outputs at {corpus}/{folder}");
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            looked_at += 1;
            let found = found(&text);
            // Some posters' outputs do show what went wrong.
            let said = [
                "has failed because",
                "not found",
                "No devices",
                "fallen off",
                "Unable to determine",
                "GPU is lost",
                "Failed to",
                "failed (Result",
                "could not be found",
                "No supported devices",
                "找不到命令",
            ];
            if !said.iter().any(|words| text.contains(words)) {
                assert_eq!(found, [""; 0], "{}", path.display());
            }
        }
    }
    eprintln!("{looked_at} outputs");
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        for command in &recording.commands {
            if command.exit == Some(0) {
                let printed = command.stdout.text();
                let is_table = !printed.contains("\"available\": false");
                if is_table {
                    assert_eq!(found(&printed), [""; 0], "{name}: {:?}", command.argv);
                }
            }
        }
    }
}

/// Each output that shows what went wrong leads to its symptom.
#[test]
fn failing_outputs_are_symptoms() {
    let corpus =
        std::env::var("LESSONS_CORPUS").unwrap_or_else(|_| "../../../shared/corpus".to_owned());
    let mut looked_at = 0;
    for folder in ["smi-failure", "misc"] {
        let Ok(files) = std::fs::read_dir(Path::new(&corpus).join(folder)) else {
            eprintln!("skipped: no collection of outputs at {corpus}/{folder}");
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let expected = [
                (
                    "Unable to determine",
                    "unable-to-determine-the-device-handle",
                ),
                ("version mismatch", "driver-library-version-mismatch"),
                ("couldn't communicate", "could-not-communicate"),
                ("Driver Not Loaded", "could-not-communicate"),
                ("couldn't find libnvidia-ml", "linux-driver-in-wsl"),
                ("NVML: N/A", "linux-driver-in-wsl"),
                ("NVML: Unknown Error", "nvml-unknown-error"),
                ("Insufficient Permissions", "insufficient-permissions"),
                ("'nvidia-smi' not found", "no-gpu-in-container"),
                ("'nvidia-smi' is not recognized", "no-gpu-in-container"),
                ("command not found: nvidia-smi", "no-gpu-in-container"),
                ("Module nvidia not found", "module-not-found"),
                ("No supported devices in vGPU", "vgpu-mode"),
                ("Failed to start NVIDIA Persistence", "persistenced-failed"),
                (
                    "nvidia-persistenced.service could not",
                    "persistenced-failed",
                ),
                ("找不到命令 “nvcc”", "nvcc-command-not-found"),
            ];
            if let Some((_, id)) = expected.iter().find(|(words, _)| text.contains(words)) {
                looked_at += 1;
                assert!(
                    found(&text).contains(id),
                    "{}: {:?}",
                    path.display(),
                    found(&text)
                );
            } else {
                assert_ne!(folder, "smi-failure", "{} is in no row", path.display());
            }
        }
    }
    eprintln!("{looked_at} outputs");
}

#[test]
fn several_symptoms_are_found_in_a_long_log() {
    let mut log = String::new();
    for line in 0..10_000 {
        let _ = writeln!(
            log,
            "2026-11-24 10:{:02}:{:02},123 INFO step {line} loss=0.{line} lr=1e-4 tokens/s=12345",
            line / 60 % 60,
            line % 60
        );
        match line {
            100 => log.push_str("UserWarning: NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not\ncompatible with the current PyTorch installation.\n"),
            5_000 | 7_000 => log.push_str("OSError: libcudart.so.13: cannot open shared object file: No such file or directory\n"),
            9_999 => log.push_str("RuntimeError: CUDA error: no kernel image is available for execution on the device\n"),
            _ => {}
        }
    }
    let recognised = recognise(&log);
    let seen: Vec<_> = recognised
        .seen
        .iter()
        .map(|seen| (seen.symptom.id.as_str(), seen.line, seen.count))
        .collect();
    assert_eq!(
        seen,
        [
            ("sm-120-not-compatible", 102, 1),
            ("libcudart-13", 5_004, 2),
            ("no-kernel-image", 10_005, 1)
        ]
    );
    assert!(
        recognised.seen[1]
            .quote
            .starts_with("OSError: libcudart.so.13")
    );
}

fn told(text: &str, machine: &str) -> Why {
    let recording: Recording = bundled::recording(machine)
        .unwrap_or_else(|| panic!("no machine {machine}"))
        .unwrap();
    why::tell_apart(recognise(text), &Facts::new(&recording))
}

/// For each way of getting stuck: the text on the screen, a machine that is stuck so, and the cause that must hold.
#[test]
fn the_cause_that_holds_is_told() {
    let mut wrong = Vec::new();
    for (text, machine, cause) in [
        (
            "AssertionError: Torch not compiled with CUDA enabled",
            "ubuntu-torch-cpu",
            "cpu-build",
        ),
        (
            "AssertionError: Torch not compiled with CUDA enabled",
            "pip-index-of-cpu-builds",
            "cpu-build",
        ),
        (
            "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.144",
            "ubuntu-mismatch",
            "driver-not-restarted",
        ),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "kernel-upgraded-no-headers",
            "kernel-headers-missing",
        ),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "dkms-build-failed",
            "module-not-built",
        ),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "module-not-loaded",
            "module-not-loaded",
        ),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "fedora-akmod-not-built",
            "module-not-built",
        ),
        (
            "modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.17.8-arch1-1",
            "arch-dkms-without-headers",
            "kernel-headers-missing",
        ),
        (
            "modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.17.7-arch1-1",
            "arch-kernel-replaced",
            "kernel-replaced",
        ),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "ubuntu-secure-boot",
            "secure-boot-refuses",
        ),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "passthrough-host-all-gpus",
            "gpu-held-for-guests",
        ),
        (
            "CUDA Version: 12.2\nrelease 11.3",
            "three-cuda-versions",
            "three-cuda-versions",
        ),
        (
            "The NVIDIA driver on your system is too old (found version 12080).",
            "torch-needs-newer-driver",
            "driver-too-old-for-torch",
        ),
        (
            "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.",
            "torch-arch-too-old-5090",
            "gpu-newer-than-wheel",
        ),
        (
            "CUDA error: no kernel image is available for execution on the device",
            "torch-dropped-1080ti",
            "gpu-older-than-wheel",
        ),
        (
            "nvcc: command not found",
            "nvcc-not-on-path",
            "nvcc-not-on-path",
        ),
        (
            "nvcc: command not found",
            "driver-not-installed",
            "no-toolkit",
        ),
        (
            "No such file or directory: ':/usr/local/cuda-11.7/bin/nvcc'",
            "cuda-home-like-path",
            "cuda-home-with-colon",
        ),
        (
            "The Nouveau kernel driver is currently in use by your system.",
            "nouveau-not-kept-out",
            "nouveau-not-kept-out",
        ),
        (
            "NVRM: The NVIDIA probe routine was not called for 1 device(s).",
            "nouveau-until-restart",
            "nouveau-holds-gpu",
        ),
        (
            "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service",
            "ubuntu-secure-boot",
            "secure-boot-refuses",
        ),
        (
            "RuntimeError: operator torchvision::nms does not exist",
            "torchvision-of-another-torch",
            "companion-of-another-torch",
        ),
        (
            "undefined symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12",
            "library-path-hides-torchs-cuda",
            "library-path-hides-torchs",
        ),
        (
            "The detected CUDA version (12.1) mismatches the version that was used to compile PyTorch (11.8).",
            "extension-other-cuda-major",
            "extension-other-major",
        ),
        (
            "#error -- unsupported GNU version! gcc versions later than 12 are not supported!",
            "gcc-too-new",
            "compiler-too-new",
        ),
        (
            "could not select device driver \"\" with capabilities: [[gpu]].",
            "docker-without-toolkit",
            "docker-without-bridge",
        ),
        (
            "could not select device driver \"\" with capabilities: [[gpu]].",
            "docker-not-told",
            "docker-not-told",
        ),
        (
            "could not select device driver \"\" with capabilities: [[gpu]].",
            "docker-from-snap",
            "docker-from-snap",
        ),
        (
            "nvidia-smi: command not found",
            "container-without-gpus",
            "container-without-gpu",
        ),
        (
            "nvidia-smi: command not found",
            "nvidia-smi-not-installed",
            "nvidia-smi-not-installed",
        ),
        (
            "Failed to initialize NVML: Unknown Error",
            "container-lost-its-devices",
            "container-lost-devices",
        ),
        (
            "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.",
            "wsl-linux-driver-inside",
            "linux-driver-in-wsl",
        ),
        (
            "error: externally-managed-environment",
            "pip-externally-managed",
            "pip-in-system-python",
        ),
        (
            "No matching distribution found for torch==1.11.0+cu113",
            "torch-index-line-missing",
            "index-line-missing",
        ),
        (
            "No matching distribution found for torch==1.11.0+cu113",
            "python-too-old-for-torch",
            "python-not-supported",
        ),
        (
            "No matching distribution found for torch",
            "python-of-32-bits",
            "python-of-32-bits",
        ),
        (
            "No matching distribution found for torch",
            "pip-asks-no-index",
            "index-switched-off",
        ),
        (
            "ModuleNotFoundError: No module named 'torch'",
            "torch-in-other-python",
            "torch-in-other-python",
        ),
        (
            "No devices were found",
            "blackwell-closed-module",
            "closed-module-for-blackwell",
        ),
        (
            "CUDA unknown error - this may be due to an incorrectly set up environment",
            "uvm-missing",
            "uvm-missing",
        ),
        (
            "RuntimeError: No CUDA GPUs are available",
            "cuda-visible-devices-empty",
            "gpus-hidden",
        ),
        (
            "NO_PUBKEY A4B469963BF863CC",
            "apt-key-of-before-2022",
            "old-package-key",
        ),
        (
            "E: Unable to correct problems, you have held broken packages.",
            "driver-packages-mixed",
            "two-package-sources",
        ),
        (
            "Error 802: system not yet initialized",
            "fabric-manager-missing",
            "fabric-manager-not-right",
        ),
        (
            "Error 802: system not yet initialized",
            "fabric-manager-other-version",
            "fabric-manager-not-right",
        ),
        (
            "Error 804: forward compatibility was attempted on non supported HW",
            "cuda-compat-on-geforce",
            "compat-library",
        ),
        (
            "nvidia-container-cli: initialization error: driver rpc error: timed out",
            "headless-persistence-off",
            "persistence-off",
        ),
        (
            "NVRM: Persistence mode is deprecated and will be removed in a future release.",
            "persistence-lost-at-restart",
            "persistence-by-hand",
        ),
        (
            "libcudart.so.13: cannot open shared object file",
            "cu13-library-beside-cu12-torch",
            "cuda-libraries-mixed",
        ),
        (
            "Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error",
            "gpu-fell-off-bus",
            "gpu-fell-off-bus",
        ),
        (
            "RuntimeError: CUDA out of memory",
            "memory-held-by-notebook",
            "memory-held",
        ),
        (
            "nvcc: cannot execute binary file: Exec format error",
            "nvcc-of-another-processor",
            "nvcc-does-not-run",
        ),
    ] {
        let why = told(text, machine);
        let holds: Vec<&str> = why
            .symptoms
            .iter()
            .flat_map(|explained| &explained.causes)
            .filter(|judged| judged.judgement == Judgement::Holds)
            .map(|judged| judged.cause.id.as_str())
            .collect();
        if holds != [cause] {
            wrong.push(format!("{text:?} on {machine}: {holds:?} and not {cause}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// On a healthy machine no cause of any symptom holds, other than that all is as it should be.
#[test]
fn nothing_holds_on_a_healthy_machine() {
    // What these tell is no fault.
    const NO_FAULT: [&str; 4] = [
        "three-cuda-versions",
        "no-toolkit",
        "toolkit-newer-than-driver",
        "no-container-engine",
    ];
    for (_, sentence) in first_sentences() {
        let why = told(&sentence, "ubuntu-4x4090");
        for judged in why.symptoms.iter().flat_map(|explained| &explained.causes) {
            assert!(
                judged.judgement != Judgement::Holds
                    || NO_FAULT.contains(&judged.cause.id.as_str()),
                "{sentence:?}: {}",
                judged.cause.id
            );
        }
    }
}

#[test]
fn only_what_tells_is_checked() {
    let why = told("error: externally-managed-environment", "ubuntu-4x4090");
    let steps: Vec<&str> = why
        .report
        .unwrap()
        .steps
        .iter()
        .map(|checked| checked.step.id)
        .collect();
    assert_eq!(steps, ["torch.environment"]);
    assert!(
        told("my printer is broken", "ubuntu-4x4090")
            .report
            .is_none()
    );
}

#[test]
fn what_comes_first_is_named() {
    // torch cannot be told while the driver is not there.
    let why = told(
        "RuntimeError: CUDA error: invalid device ordinal",
        "module-not-loaded",
    );
    let first: Vec<&str> = why.first.iter().map(|checked| checked.step.id).collect();
    assert_eq!(first, ["driver.module-loaded"]);
}

#[test]
fn every_document_has_its_texts() {
    for (_, sentence) in first_sentences() {
        let document = told(&sentence, "ubuntu-fresh-nouveau").document(&Texts::english());
        let json = serde_json::to_string(&document).unwrap();
        assert!(!json.contains(MISSING), "{json}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// One letter wrong, missing or too many in a sentence that is long enough changes nothing.
    #[test]
    fn a_typo_changes_nothing(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), kind in 0..3) {
        let sentences: Vec<_> = sentences()
            .into_iter()
            .filter(|(_, sentence)| !sentence.contains("0000:0B") && sentence.chars().filter(|c| c.is_alphabetic()).count() >= 24 && sentence.is_ascii())
            .collect();
        let (id, sentence) = which.get(&sentences);
        // A letter within a long word: in a short one it may be another word, and in a name another package or library.
        let places: Vec<usize> = sentence
            .split_word_bounds()
            .into_iter()
            .filter(|word| word.len() >= 6 && !is_of_name(sentence, word.start))
            .flat_map(|word| word.start + 1..word.start + word.len() - 1)
            .collect();
        prop_assume!(!places.is_empty());
        let at = *at.get(&places);
        let mut typed = sentence.clone();
        match kind {
            0 => typed.replace_range(at..=at, "x"),
            1 => typed.replace_range(at..=at, ""),
            _ => typed.insert(at, 'x'),
        }
        prop_assert!(found(&typed).contains(id), "{typed:?} is {:?}", found(&typed));
    }

    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        recognise(&text);
    }
}

/// Whether what stands there is of a name, as in `torchaudio==2.9.1` or `libcudart.so.13`.
fn is_of_name(sentence: &str, at: usize) -> bool {
    let start = sentence[..at].rfind(' ').map_or(0, |blank| blank + 1);
    let token = sentence[start..].split(' ').next().unwrap_or_default();
    token.contains("==") || token.contains(".so")
}

/// A word of letters and where it stands.
struct Word {
    start: usize,
    length: usize,
}

impl Word {
    fn len(&self) -> usize {
        self.length
    }
}

trait Words {
    fn split_word_bounds(&self) -> Vec<Word>;
}

impl Words for String {
    fn split_word_bounds(&self) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        for (at, c) in self.char_indices() {
            match words.last_mut() {
                Some(word) if c.is_alphabetic() && word.start + word.length == at => {
                    word.length += 1;
                }
                _ if c.is_alphabetic() => words.push(Word {
                    start: at,
                    length: 1,
                }),
                _ => {}
            }
        }
        words
    }
}
