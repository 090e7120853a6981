//! `lessons why`: a text from the command line or from standard input, and what is refused.

use crate::reader::Reader;

fn printed(reader: &Reader, args: &[&str], input: impl Into<Vec<u8>>) -> (String, String, i32) {
    let output = reader
        .lessons(args.iter().copied())
        .write_stdin(input)
        .output()
        .unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap(),
    )
}

/// Compares with the snapshot of a name.
#[track_caller]
fn assert_shown(name: &str, out: &str) {
    insta::with_settings!({ snapshot_path => "../snapshots/why", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, out);
    });
}

const MISMATCH: &str = "Failed to initialize NVML: Driver/library version mismatch";

#[test]
fn the_cause_its_fix_and_the_page_are_shown() {
    let reader = Reader::new();
    let (out, _, exit) = printed(
        &reader,
        &["why", MISMATCH, "--machine", "ubuntu-mismatch"],
        "",
    );
    assert_eq!(exit, 1);
    assert_shown("mismatch", &out);
    // Words one by one, and the same on standard input.
    let words =
        "why Failed to initialize NVML: Driver/library version mismatch --machine ubuntu-mismatch";
    let words: Vec<&str> = words.split(' ').collect();
    assert_eq!(printed(&reader, &words, "").0, out);
    for args in [
        &["why", "-", "--machine", "ubuntu-mismatch"][..],
        &["why", "--machine", "ubuntu-mismatch"],
    ] {
        assert_eq!(printed(&reader, args, MISMATCH).0, out);
    }
}

#[test]
fn a_log_with_several_is_told_in_the_order_of_work() {
    let reader = Reader::new();
    let log = "step 1\nRuntimeError: operator torchvision::nms does not exist\nstep 2\nAssertionError: Torch not compiled with CUDA enabled\n\
        WinError: nothing\nnvcc: Kommando nicht gefunden.\nTorch not compiled with CUDA enabled\n";
    let (out, _, exit) = printed(&reader, &["why", "-", "--machine", "ubuntu-torch-cpu"], log);
    assert_eq!(exit, 1);
    assert_shown("log", &out);
}

#[test]
fn what_comes_first_and_what_no_check_sees_is_shown() {
    let reader = Reader::new();
    let (out, ..) = printed(
        &reader,
        &[
            "why",
            "CUDA error: invalid device ordinal",
            "--machine",
            "module-not-loaded",
        ],
        "",
    );
    assert_shown("first", &out);
}

#[test]
fn what_is_not_known_is_said() {
    let reader = Reader::new();
    reader.file("build.log", "x");
    let (out, _, exit) = printed(&reader, &["why", "build.log"], "");
    assert_eq!(exit, 3);
    assert_shown("unknown", &out);
    let (out, ..) = printed(
        &reader,
        &["why", "--json", "the nvidia thing has failed me"],
        "",
    );
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["schema"], "lessons-why/1");
    assert_eq!(document["symptoms"], serde_json::json!([]));
    assert!(!document["nearest"].as_array().unwrap().is_empty());
}

#[test]
fn this_machine_is_looked_at_without_a_recording() {
    let reader = Reader::new();
    let (out, _, _) = printed(&reader, &["why", "--json", MISMATCH], "");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["machine"]["kind"], "live");
    assert!(!reader.state().exists(), "a symptom is no progress");
}

#[test]
fn what_is_no_text_is_refused() {
    let reader = Reader::new();
    let mut binary = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    binary.extend((0..16).flat_map(|_| (0..=u8::MAX).rev()));
    for (input, words) in [
        (Vec::new(), "is empty"),
        (b" \n\n\t ".to_vec(), "is empty"),
        (binary, "no text"),
        (vec![b'x'; (16 << 20) + 1], "longer than 16 MiB"),
    ] {
        let (out, err, exit) = printed(&reader, &["why", "-"], input);
        assert_eq!(exit, 4, "{err}");
        assert!(out.is_empty());
        assert!(err.contains(words), "{words}: {err}");
    }
    let (_, err, exit) = printed(&reader, &["why", "-", "--machine", "-"], "x");
    assert_eq!(exit, 2);
    assert!(err.contains("cannot both"), "{err}");
    let (_, err, exit) = printed(&reader, &["why", "x", "--machine", "no-such"], "");
    assert_eq!(exit, 2, "{err}");
}

#[test]
fn stray_bytes_and_windows_text_are_taken() {
    let reader = Reader::new();
    let mut log = b"\0\0before\xff\n\x1b[31m".to_vec();
    log.extend(MISMATCH.as_bytes());
    log.extend(b"\0\x1b[0m\n");
    let (out, _, _) = printed(&reader, &["why", "-", "--machine", "ubuntu-mismatch"], log);
    assert!(out.contains("HOLDS"), "{out}");
    assert!(!out.contains('\u{1b}') && !out.contains('\0'), "{out:?}");
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(MISMATCH.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let (out, _, _) = printed(
        &reader,
        &["why", "-", "--machine", "ubuntu-mismatch"],
        utf16,
    );
    assert!(out.contains("HOLDS"), "{out}");
}
