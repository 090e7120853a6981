//! `lessons read`: each kind as text and as JSON, several outputs in one paste, and input that is none.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use jsonschema::Validator;
use lessons_engine::read::recognise::Kind;
use lessons_engine::read::said::{self, Said};
use serde_json::{Value, json};

/// One sample of each kind, and a failure.
const SAMPLES: [(&str, &str); 7] = [
    ("smi", "smi-two-gpus.txt"),
    ("smi", "smi-mismatch.txt"),
    ("topo", "topo-four-gpus.txt"),
    ("drivers", "drivers-rtx-5090.txt"),
    ("nvcc", "nvcc-12.6.txt"),
    ("index", "index-torch.html"),
    ("env", "env-cpu-build.txt"),
];

const WHEEL: &str = "torch-2.9.1+cu126-1-cp311-cp311-manylinux_2_28_x86_64.whl";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/read")
        .join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(sample(name)).unwrap()
}

fn lessons(args: &[&str], stdin: impl Into<Vec<u8>>) -> (i32, String, String) {
    let output = Command::cargo_bin("lessons")
        .unwrap()
        .arg("read")
        .args(args)
        .env("NO_COLOR", "1")
        .write_stdin(stdin)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn json_of(args: &[&str], stdin: &str) -> Value {
    let (code, out, err) = lessons(&[args, &["--json"]].concat(), stdin);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn validator(kind: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("schemas/lessons-read-{kind}.schema.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "{kind}");
    jsonschema::draft202012::new(&schema).unwrap()
}

#[track_caller]
fn assert_valid(document: &Value, what: &str) {
    let kind = document["schema"]
        .as_str()
        .unwrap()
        .trim_start_matches("lessons-read-")
        .trim_end_matches("/1");
    let errors: Vec<String> = validator(kind)
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
    for more in document["more"].as_array().into_iter().flatten() {
        assert_valid(more, what);
    }
}

#[test]
fn each_kind_is_explained() {
    for (kind, name) in SAMPLES {
        let (code, out, err) = lessons(&[kind, sample(name).to_str().unwrap()], "");
        assert_eq!((code, err.as_str()), (0, ""), "{name}");
        insta::assert_snapshot!(name.split('.').next().unwrap(), out);
        // Without the kind it is recognised, and standard input is as good as a file.
        assert_eq!(lessons(&[], text(name)).1, out, "{name}");
        assert_eq!(lessons(&[kind, "-"], text(name)).1, out, "{name}");
    }
}

#[test]
fn each_kind_has_its_document() {
    for (kind, name) in SAMPLES {
        let document = json_of(&[kind], &text(name));
        assert_valid(&document, name);
        assert_eq!(document["schema"], format!("lessons-read-{kind}/1"));
        assert_eq!(document.get("more"), None, "{name}");
        assert_eq!(json_of(&[], &text(name)), document, "{name}");
    }
}

#[test]
fn the_documents_are_as_agreed() {
    let smi = json_of(&["smi"], &text("smi-two-gpus.txt"));
    assert_eq!(smi["cuda_version"], "13.0");
    assert_eq!(
        smi["gpus"][0],
        json!({
            "index": 0, "name": "NVIDIA RTX A6000", "name_truncated": false, "persistence": "Off",
            "driver_model": null, "bus_id": "00000000:81:00.0", "display_active": "Off", "ecc_uncorrected": 2,
            "fan_percent": 30, "temperature_c": 96, "performance_state": "P2", "power_draw_w": 299,
            "power_limit_w": 300, "memory_used_mib": 40960, "memory_total_mib": 49140,
            "utilization_percent": 100, "compute_mode": "Default", "mig_mode": "N/A"
        })
    );
    assert_eq!(smi["gpus"][1]["ecc_uncorrected"], "Off");
    assert_eq!(
        smi["processes"][0],
        json!({"gpu": 0, "gi": "N/A", "ci": "N/A", "pid": 123_456, "type": "C", "name": "python", "memory_mib": 40950})
    );
    let mismatch = json_of(&["smi"], &text("smi-mismatch.txt"));
    assert_eq!(
        mismatch["failure"],
        json!({
            "kind": "driver-library-mismatch", "library_version": "580.126", "code": "LibRmVersionMismatch",
            "message": "Failed to initialize NVML: Driver/library version mismatch"
        })
    );
    let topo = json_of(&["topo"], &text("topo-four-gpus.txt"));
    assert_eq!(
        topo["devices"],
        json!(["GPU0", "GPU1", "GPU2", "GPU3", "NIC0"])
    );
    assert_eq!(topo["links"]["GPU0"]["GPU2"], "NV4");
    assert_eq!(topo["numa_affinity"]["GPU1"], 1);
    assert_eq!(topo["gpu_numa_id"]["GPU1"], "N/A");
    assert_eq!(topo["nic_names"], json!({"NIC0": "mlx5_0"}));
    let drivers = json_of(&["drivers"], &text("drivers-rtx-5090.txt"));
    assert_eq!(
        drivers["devices"][0]["drivers"][0],
        json!({"package": "nvidia-driver-570", "origin": "distro", "free": false, "builtin": false, "recommended": true})
    );
    let nvcc = json_of(&["nvcc"], &text("nvcc-12.6.txt"));
    assert_eq!(
        nvcc,
        json!({
            "schema": "lessons-read-nvcc/1", "release": "12.6", "version": "12.6.85",
            "built": "Tue_Oct_29_23:50:19_PDT_2024", "build": "cuda_12.6.r12.6/compiler.35059454_0", "failure": null
        })
    );
    let env = json_of(&["env"], &text("env-cpu-build.txt"));
    assert_eq!(env["gpus"], json!(["NVIDIA GeForce RTX 4090"]));
    assert_eq!(env["packages"]["torchvision"], "0.24.1+cpu");
}

#[test]
fn a_wheel_is_read_from_its_name() {
    let document = json_of(&["wheel", WHEEL], "");
    assert_valid(&document, WHEEL);
    assert_eq!(
        document,
        json!({
            "schema": "lessons-read-wheel/1", "distribution": "torch", "version": "2.9.1", "local": "cu126",
            "build": "1", "python_tags": ["cp311"], "abi_tags": ["cp311"],
            "platform_tags": ["manylinux_2_28_x86_64"]
        })
    );
    assert_eq!(json_of(&[WHEEL], ""), document);
    assert_eq!(json_of(&["wheel"], WHEEL), document);
    let (code, _, err) = lessons(&["wheel", "not-a-wheel.whl"], "");
    assert_eq!(code, 4);
    assert!(err.contains("2 parts") || err.contains("parts"), "{err}");
}

#[test]
fn everything_in_one_paste_is_read() {
    let two = format!(
        "$ nvidia-smi\n{}\n$ nvcc --version\n{}\n$ nvidia-smi\n{}",
        text("smi-two-gpus.txt"),
        text("nvcc-12.6.txt"),
        text("smi-two-gpus.txt").replace("580.95.05", "595.58.03")
    );
    let document = json_of(&[], &two);
    assert_valid(&document, "three outputs");
    assert_eq!(document["driver_version"], "580.95.05");
    assert_eq!(document["more"][0]["release"], "12.6");
    assert_eq!(document["more"][1]["driver_version"], "595.58.03");
    let (_, out, _) = lessons(&[], two);
    assert!(
        out.matches("The table of nvidia-smi, with 2 GPUs").count() == 2,
        "{out}"
    );
}

#[test]
fn a_paste_is_judged_by_the_checks() {
    let (code, out, err) = lessons(&["--step"], text("smi-two-gpus.txt"));
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!("steps-of-smi", out);
    let (code, out, _) = lessons(&["--step", "--json"], text("env-cpu-build.txt"));
    let report: Value = serde_json::from_str(&out).unwrap();
    let outcome = |id: &str| {
        let steps = report["steps"].as_array().unwrap();
        steps
            .iter()
            .find(|step| step["id"] == id)
            .map(|step| step["outcome"].clone())
    };
    assert_eq!(code, 1);
    assert_eq!(outcome("torch.cuda-build"), Some(json!("fail")));
    // The report does not say what kind of environment it ran in.
    assert_eq!(outcome("torch.environment"), None);
    let (code, out, _) = lessons(&["--step"], text("smi-mismatch.txt"));
    assert_eq!(code, 1);
    assert!(
        out.contains("driver.versions-agree") && out.contains("sudo reboot"),
        "{out}"
    );
    for (name, step) in [
        ("topo-four-gpus.txt", "✓ pass    topology.read"),
        ("drivers-rtx-5090.txt", "✓ pass    driver.recommended-known"),
        ("nvcc-12.6.txt", "✓ pass    cuda.nvcc-runs"),
    ] {
        let (code, out, _) = lessons(&["--step"], text(name));
        assert_eq!(code, 0, "{name}");
        assert!(out.contains(step), "{name}: {out}");
    }
    let (code, out, _) = lessons(&[WHEEL, "--step"], "");
    assert_eq!(code, 0);
    assert!(out.starts_with("No step can be told"), "{out}");
}

#[test]
fn a_topology_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("topology.svg");
    let (code, out, err) = lessons(
        &["topo", "--svg", file.to_str().unwrap()],
        text("topo-four-gpus.txt"),
    );
    assert_eq!(code, 0);
    assert!(
        out.contains("GPU0–GPU2") && err.contains("topology.svg"),
        "{err}"
    );
    let drawing = std::fs::read_to_string(&file).unwrap();
    assert!(
        drawing.starts_with("<svg") && drawing.contains("GPU3"),
        "{drawing}"
    );
    let (_, printed, _) = lessons(&["topo", "--svg", "-"], text("topo-four-gpus.txt"));
    assert_eq!(printed, drawing);
    let missing = folder.path().join("no/such/folder.svg");
    let (code, _, _) = lessons(
        &["topo", "--svg", missing.to_str().unwrap()],
        text("topo-four-gpus.txt"),
    );
    assert_eq!(code, 4);
}

#[test]
fn a_driver_is_chosen_for_a_cuda() {
    let (code, out, _) = lessons(
        &["drivers", "--for-cuda", "13.0"],
        text("drivers-rtx-5090.txt"),
    );
    assert_eq!(code, 0);
    assert!(
        out.contains("sudo apt install nvidia-driver-580-open"),
        "{out}"
    );
    assert_eq!(lessons(&["--for-cuda", "13.0"], text("nvcc-12.6.txt")).0, 2);
    assert_eq!(lessons(&["--for-cuda", "new"], "").0, 2);
    assert_eq!(lessons(&["--svg", "x.svg"], text("nvcc-12.6.txt")).0, 2);
    let (code, _, err) = lessons(&["smii", "file"], "");
    assert_eq!(code, 2);
    assert!(err.contains("smi"), "{err}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let cut: String = text("smi-two-gpus.txt").chars().take(40).collect();
    for (args, given, says) in [
        (vec![], "", "empty"),
        (vec!["smi"], " \n\n", "empty"),
        (vec![], "hello world\n", "nvidia-smi topo -m"),
        (vec![], "\u{0}\u{1}\u{2}\u{0}", "not text"),
        (vec!["smi"], "\u{0}\u{1}\u{2}\u{0}", "not text"),
        (
            vec![],
            "=== ROCm System Management Interface ===\nGPU Temp\n",
            "rocm-smi",
        ),
        (
            vec!["smi"],
            "| NPU Name | npu-smi 24.1.0  Version: 24.1.0 |\n",
            "npu-smi",
        ),
        (vec!["topo"], TABLE_LINE, "lessons read smi"),
        (vec!["env"], "nothing", "PyTorch version"),
        (vec!["/no/such/file.txt"], "", "/no/such/file.txt"),
        (vec!["/"], "", "directory"),
        (vec![], cut.as_str(), "Nothing in this text"),
        (
            vec![],
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  Tue Sep 23\n",
            "driver 580.95.05",
        ),
        (
            vec!["smi"],
            "01:00.0 3D controller: NVIDIA Corporation GA100 [A100]\n",
            "lspci",
        ),
        (
            vec!["torch-2.9.1-cp311-manylinux_2_28_x86_64.whl"],
            "",
            "between its dashes",
        ),
    ] {
        let (code, out, err) = lessons(&args, given);
        assert_eq!((code, out.as_str()), (4, ""), "{args:?} {given:?}: {err}");
        assert!(err.contains(says), "{args:?} {given:?}: {err}");
    }
}

const TABLE_LINE: &str =
    "| NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0 |\n";

#[test]
fn bytes_that_are_no_text_in_the_midst_do_no_harm() {
    let mut bytes = b"\xff\xfe".to_vec();
    bytes.extend(
        text("smi-two-gpus.txt")
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    let (code, out, err) = lessons(&["smi", "--json"], bytes);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("NVIDIA RTX A6000"));
    let mut bytes = text("smi-two-gpus.txt").into_bytes();
    bytes.extend(b"\xf0\x9f\n\x1b[31mred\x1b[0m\x07\n");
    let (code, out, _) = lessons(&["smi"], bytes);
    assert_eq!(code, 0);
    assert!(
        !out.contains(['\u{7}', '\u{1b}']),
        "control characters reach the terminal"
    );
}

#[test]
fn a_stream_without_end_is_refused() {
    let long = TABLE_LINE.repeat((17 << 20) / TABLE_LINE.len());
    let (code, out, err) = lessons(&[], long);
    assert_eq!((code, out.as_str()), (4, ""));
    assert!(err.contains("16 MiB"), "{err}");
}

/// Every output in a folder of public ones has a document as its schema describes.
#[test]
fn every_public_output_has_its_document() {
    let root = std::env::var_os("LESSONS_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    for kind in Kind::ALL {
        validator(kind.name());
    }
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
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let all = said::read(&text, None).unwrap();
            for said in &all {
                let validator = validator(said.kind().name());
                let document = serde_json::to_value(said).unwrap();
                let errors: Vec<String> = validator
                    .iter_errors(&document)
                    .take(4)
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .collect();
                assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            }
            assert!(
                all.iter().any(|said| !matches!(said, Said::Wheel(_))),
                "{}",
                path.display()
            );
        }
    }
}
