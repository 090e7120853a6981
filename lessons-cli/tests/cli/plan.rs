//! `lessons torch plan`, as it is typed.

use std::path::Path;

use serde_json::Value;

use crate::reader::Reader;

fn plan(reader: &Reader, exit: i32, options: &[&str]) -> String {
    let words = ["torch", "plan"].into_iter().chain(options.iter().copied());
    reader.run(exit, words).out
}

/// The chapter's worked cases: each says what to type and which command comes of it.
#[test]
fn the_chapters_cases_are_answered_as_the_chapter_says() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src/torch.md");
    let chapter = std::fs::read_to_string(chapter).unwrap();
    let cases = chapter.split("## Three worked cases").nth(1).unwrap();
    let cases = cases.split("\n## ").next().unwrap();
    let reader = Reader::new();
    let mut answered = 0;
    for case in cases.split("\n### ").skip(1) {
        let typed = case
            .lines()
            .find_map(|line| line.strip_prefix("lessons torch plan "))
            .unwrap_or_else(|| panic!("no plan in: {case}"));
        let mut options = words(typed);
        options.push("--json".to_owned());
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let plan: Value = serde_json::from_str(&plan(&reader, 0, &options)).unwrap();
        let command = plan["commands"]
            .as_array()
            .unwrap()
            .iter()
            .find(|command| command["tool"] == "pip")
            .and_then(|command| command["run"].as_str())
            .unwrap();
        // The word that starts Python is that of the machine that runs this.
        let install = command.split_once(" -m pip ").unwrap().1;
        assert!(
            case.contains(&format!("python -m pip {install}")),
            "{typed}: {command}\n{case}"
        );
        answered += 1;
    }
    assert_eq!(answered, 3);
}

/// Words between spaces, or between quotation marks.
fn words(line: &str) -> Vec<String> {
    line.split('"')
        .enumerate()
        .flat_map(|(number, part)| {
            if number % 2 == 1 {
                vec![part.to_owned()]
            } else {
                part.split_whitespace().map(str::to_owned).collect()
            }
        })
        .collect()
}

#[test]
fn it_ends_as_it_went() {
    let reader = Reader::new();
    let gpu = [
        "--gpu",
        "RTX 4090",
        "--driver",
        "580.95.05",
        "--os",
        "windows",
    ];
    let good = plan(&reader, 0, &gpu);
    assert!(
        good.starts_with("torch 2.15.0, built for CUDA 13.0 (cu130)\n"),
        "{good}"
    );
    for (exit, options) in [
        (1, ["--cuda", "9.0", "--python", "3.14"]),
        (1, ["--gpu", "RTX 6090", "--python", "3.12"]),
        (2, ["--torch", "two", "--gpu", "T4"]),
        (2, ["--torch", "2.8.0+cu12x", "--gpu", "T4"]),
        (2, ["--driver", "580.95.05", "--cuda", "12.4"]),
        (2, ["--gpu", "RTX 6000", "--driver", "580.95.05"]),
        (2, ["--with", "torchvideo", "--gpu", "T4"]),
        (2, ["--mirror", "https://x/`id`", "--gpu", "T4"]),
        (2, ["--python", "three", "--gpu", "T4"]),
        (2, ["--libc", "newlib", "--gpu", "T4"]),
        (2, ["--machine", "no-such-machine", "--gpu", "T4"]),
        (4, ["--machine", "/no/such/file.json", "--gpu", "T4"]),
    ] {
        plan(&reader, exit, &options);
    }
}

#[test]
fn what_cannot_be_planned_says_why_and_what_to_do() {
    let reader = Reader::new();
    for (options, words) in [
        (
            ["--driver", "470.57.02", "--cuda", "12.6"],
            "they contradict each other, since driver 470.57.02 shows CUDA 11.4 at most",
        ),
        (
            ["--driver", "470", "--cuda", "12.6"],
            "driver 470 shows CUDA 11.4 at most",
        ),
        (
            ["--driver", "580.95.05", "--cuda", "12.4"],
            "Give --driver alone, which is more exact",
        ),
        (
            ["--torch", "nightly", "--gpu", "T4"],
            "pip install --pre torch torchvision --index-url https://download.pytorch.org/whl/nightly/cu",
        ),
        (
            ["--with", "torchvision,xformers", "--gpu", "T4"],
            "pip install --dry-run xformers",
        ),
    ] {
        let words_typed = ["torch", "plan"].into_iter().chain(options);
        reader.run(2, words_typed).explains(words);
    }
    // A build without CUDA is no contradiction.
    plan(
        &reader,
        0,
        &["--driver", "470.57.02", "--cuda", "cpu", "--os", "windows"],
    );
}

#[test]
fn a_copy_of_one_folder_is_not_where_the_others_are() {
    let reader = Reader::new();
    for (mirror, cpu) in [
        ("https://x.example/whl/cu126", "https://x.example/whl/cpu"),
        (
            "https://x.example/pytorch-cu126/simple",
            "https://x.example/pytorch-cpu/simple",
        ),
    ] {
        let options = ["--gpu", "T4", "--driver", "550.54.14", "--mirror", mirror];
        let system = ["--os", "linux", "--arch", "x86_64", "--python", "3.12"];
        let said = plan(&reader, 0, &[options.as_slice(), &system].concat());
        let index = |url| format!("--index-url {url}\n");
        assert!(said.contains(&index(mirror)), "{said}");
        let other = said.split("never sees a GPU").nth(1).unwrap();
        assert!(other.contains(&index(cpu)), "{said}");
        assert!(!other.contains(&index(mirror)), "{said}");
    }
}

#[test]
fn nothing_fits_says_what_is_nearest_and_why_not() {
    let reader = Reader::new();
    let said = plan(
        &reader,
        1,
        &[
            "--cuda", "9.0", "--python", "3.14", "--os", "linux", "--arch", "x86_64",
        ],
    );
    for part in [
        "Nothing fits",
        "525.60.13",
        "no wheel for Python 3.14",
        "cu90 is 1.1.0",
        "With driver",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn what_is_said_of_other_builds_is_true_of_them() {
    let reader = Reader::new();
    let linux = ["--os", "linux", "--arch", "x86_64"];
    for (exit, options, words, wrong) in [
        (
            1,
            ["--os", "macos", "--torch", "2.8.0+cu126"].as_slice(),
            "On a Mac: torch 2.8.0",
            "never sees a GPU",
        ),
        (
            0,
            &["--cuda", "rocm", "--python", "3.12"],
            "for another ROCm",
            "for another CUDA",
        ),
        (
            1,
            &["--cuda", "10.2", "--python", "3.7", "--gpu", "GTX 1080"],
            "torch==1.12.1 with --index-url https://download.pytorch.org/whl/cu102",
            "too old for what is asked",
        ),
        (
            1,
            &[
                "--gpu",
                "T4",
                "--torch",
                "2.5.1",
                "--python",
                "3.13",
                "--with",
                "torchaudio",
            ],
            "none that Python 3.13 takes",
            "no torchaudio for it\n",
        ),
    ] {
        let system: &[&str] = if options.contains(&"--os") {
            &[]
        } else {
            &linux
        };
        let said = plan(&reader, exit, &[options, system].concat());
        assert!(said.contains(words), "{options:?}: {said}");
        assert!(!said.contains(wrong), "{options:?}: {said}");
    }
}

#[test]
fn people_read_the_command_first() {
    let reader = Reader::new();
    for (name, options) in [
        (
            "blackwell",
            vec![
                "--gpu",
                "RTX 5090",
                "--driver",
                "570.195.03",
                "--mirror",
                "aliyun",
            ],
        ),
        (
            "two-gpus",
            vec!["--gpu", "GTX 1080,RTX 5090", "--driver", "580.95.05"],
        ),
        (
            "torchtext",
            vec![
                "--gpu",
                "T4",
                "--driver",
                "580.95.05",
                "--with",
                "torchtext",
            ],
        ),
    ] {
        let mut options = options;
        // Nothing of the machine that runs this.
        options.extend(["--os", "windows", "--python", "3.12"]);
        let exit = i32::from(name == "two-gpus");
        let said = plan(&reader, exit, &options);
        insta::with_settings!({ snapshot_path => "../snapshots/plan", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, said);
        });
    }
}
