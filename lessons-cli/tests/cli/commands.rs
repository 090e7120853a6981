//! Every command, with what it remembers and how it ends.

use std::fs;

use serde_json::Value as Json;

use crate::reader::{NAMED, NOW, Reader, Said, machines, steps};

const STEP: &str = "driver.installed";

/// What `lessons list --json` says of a step.
fn listed(reader: &Reader, id: &str) -> Json {
    let list = reader.run(0, ["list", "--json"]).quietly().json();
    list["lessons"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|lesson| lesson["steps"].as_array().unwrap())
        .find(|step| step["id"] == id)
        .unwrap()
        .clone()
}

#[test]
fn without_a_command_it_says_where_you_are_and_what_is_next() {
    let reader = Reader::new();
    let said = reader.run(0, []).shows("Next").shows("lessons hint");
    for lesson in ["driver", "smi", "persistence", "topology", "cuda", "torch"] {
        let title = reader.run(0, ["list", "--json"]).json()["lessons"]
            .as_array()
            .unwrap()
            .iter()
            .find(|listed| listed["id"] == lesson)
            .unwrap()["title"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(said.out.contains(&title), "{}", said.out);
    }
}

/// The counts `done/total` that lines of a text hold.
fn counts(text: &str) -> Vec<(usize, usize)> {
    text.split_whitespace()
        .filter_map(|word| {
            let (done, total) = word.split_once('/')?;
            Some((done.parse().ok()?, total.parse().ok()?))
        })
        .collect()
}

#[test]
fn whoever_tells_of_progress_counts_alike() {
    let reader = Reader::new();
    let guide = counts(&reader.run(0, []).out);
    let list = counts(&reader.run(0, ["list"]).out);
    assert_eq!(guide.len(), 6);
    assert_eq!(list[..6], guide);
    // The last line has the sum.
    let sum = |all: &[(usize, usize)]| {
        all.iter()
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    assert_eq!(list[6..], [sum(&guide)]);
    let json: Json = serde_json::from_str(&reader.run(0, ["list", "--json"]).out).unwrap();
    let lessons = json["lessons"].as_array().unwrap();
    for (lesson, (done, total)) in lessons.iter().zip(guide) {
        assert_eq!(
            (&lesson["done"], &lesson["total"]),
            (&done.into(), &total.into())
        );
    }
}

#[test]
fn list_shows_every_step_and_its_state() {
    let reader = Reader::new();
    reader.run(0, ["done", STEP]);
    reader.run(0, ["skip", "torch.installed"]);
    let text = reader.run(0, ["list"]).quietly();
    for step in steps() {
        assert!(text.out.contains(&step), "no {step} in {}", text.out);
    }
    let line = |id: &str| {
        text.out
            .lines()
            .find(|line| line.split_whitespace().any(|word| word == id))
            .unwrap()
            .trim_start()
            .to_owned()
    };
    assert!(line(STEP).starts_with('✓'), "{}", line(STEP));
    assert!(line("torch.installed").starts_with('-'));
    assert!(line("smi.runs").starts_with("smi.runs"));

    assert_eq!(listed(&reader, STEP)["state"], "marked-done");
    assert_eq!(listed(&reader, STEP)["at"], NOW);
    assert_eq!(listed(&reader, "torch.installed")["state"], "skipped");
    assert_eq!(listed(&reader, "smi.runs")["state"], "open");
    // Skipped is not done.
    let list = reader.run(0, ["list", "--json"]).json();
    for (lesson, done) in [("driver", 1), ("torch", 0)] {
        let lessons = list["lessons"].as_array().unwrap();
        let listed = lessons.iter().find(|one| one["id"] == lesson).unwrap();
        assert_eq!(listed["done"], done, "{lesson}");
    }
}

#[test]
fn check_takes_steps_and_lessons_in_the_order_of_the_book() {
    let reader = Reader::new();
    let said = reader.run(
        0,
        [
            "check",
            "topology",
            "driver.installed",
            "driver.installed",
            "--machine",
            "ubuntu-4x4090",
            "--format",
            "jsonl",
        ],
    );
    let ids: Vec<String> = said
        .out
        .lines()
        .map(|line| {
            serde_json::from_str::<Json>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(ids, ["driver.installed", "topology.read", "topology.numa"]);
}

#[test]
fn each_exit_status_of_check_means_what_it_says() {
    let reader = Reader::new();
    let check =
        |exit, args: &[&str]| reader.run(exit, ["check"].into_iter().chain(args.iter().copied()));
    // 0: everything required passes.
    check(0, &["--machine", "ubuntu-4x4090"]);
    // 1: something required fails.
    check(1, &["--machine", "ubuntu-fresh-nouveau"]);
    // 2: wrong usage.
    check(2, &["--machine", "ubuntu-4x4090", "--format", "yaml"]);
    check(2, &["driver.instaled"]);
    // 3: nothing fails, and something required is not known.
    let known_little = reader.file(
        "little.json",
        r#"{"format":"lessons-machine/1","name":"little","platform":{"os":"linux","arch":"x86_64"}}"#,
    );
    check(3, &["--machine", known_little.to_str().unwrap()]);
    // 4: an input that cannot be read.
    check(4, &["--machine", "no-such-file.json"]);
}

#[test]
fn strict_counts_recommended_steps() {
    let reader = Reader::new();
    let mut counted = 0;
    for machine in NAMED {
        let said = reader
            .lessons(["check", "--machine", machine, "--json"])
            .output()
            .unwrap();
        let document: Json = serde_json::from_slice(&said.stdout).unwrap();
        let recommended_fails = document["steps"]
            .as_array()
            .unwrap()
            .iter()
            .any(|step| step["outcome"] == "fail" && step["required"] == false);
        if said.status.code() == Some(0) && recommended_fails {
            reader.run(1, ["check", "--machine", machine, "--strict"]);
            counted += 1;
        }
    }
    // A recording on which only a recommended step fails, made of one where all is well.
    let mut healthy: Json =
        serde_json::from_str(&reader.run(0, ["machines", "show", "ubuntu-4x4090"]).out).unwrap();
    for gpu in healthy["nvml"]["ok"]["gpus"].as_array_mut().unwrap() {
        gpu["persistence_mode"] = false.into();
    }
    let file = reader.file("no-persistence.json", healthy.to_string());
    let file = file.to_str().unwrap();
    reader
        .run(0, ["check", "persistence", "--machine", file])
        .shows("FAIL")
        .shows("recommended");
    reader.run(1, ["check", "persistence", "--machine", file, "--strict"]);
    assert!(counted < NAMED.len());
}

#[test]
fn a_recording_never_touches_progress() {
    let reader = Reader::new();
    reader.run(0, ["check", "--machine", "ubuntu-4x4090"]);
    reader.run(0, ["show", STEP, "--machine", "ubuntu-4x4090"]);
    assert!(!reader.state().exists());
}

#[test]
fn a_live_check_is_remembered() {
    let reader = Reader::new();
    let said = reader.lessons(["check", "--json"]).output().unwrap();
    let document: Json = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(document["machine"]["kind"], "live");
    let progress = reader.run(0, ["progress", "export"]).quietly().json();
    for step in document["steps"].as_array().unwrap() {
        let remembered = &progress["steps"][step["id"].as_str().unwrap()];
        assert_eq!(remembered["last"]["outcome"], step["outcome"], "{step}");
        assert_eq!(remembered["last"]["at"], NOW);
        let passed = step["outcome"] == "pass";
        assert_eq!(remembered.get("first_passed").is_some(), passed, "{step}");
    }
}

#[test]
fn show_says_why_how_and_what_the_check_says() {
    let reader = Reader::new();
    for step in steps() {
        let said = reader
            .run(0, ["show", &step, "--machine", "ubuntu-4x4090"])
            .quietly();
        let lesson = step.split('.').next().unwrap();
        said.shows(&step)
            .shows(&format!("Read: {lesson}.html#{step}"));
        reader.run(0, ["show", &step, "--machine", "ubuntu-fresh-nouveau"]);
    }
    reader
        .run(
            0,
            [
                "show",
                "driver.nouveau-blacklisted",
                "--machine",
                "ubuntu-fresh-nouveau",
            ],
        )
        .shows("FAIL")
        .shows("sudo");
    // Of the machine that it runs on, too; whatever the outcome, it was shown.
    reader.run(0, ["show", STEP]).quietly();
}

#[test]
fn hints_grow_stronger_and_their_level_is_remembered() {
    let reader = Reader::new();
    for step in steps() {
        let all = reader.run(0, ["hint", &step, "--all"]).quietly().out;
        let hints: Vec<&str> = all.lines().collect();
        assert!(hints.len() >= 2, "{step}: {all}");
        for (index, hint) in hints.iter().enumerate() {
            let start = format!("{}/{} ", index + 1, hints.len());
            assert!(hint.starts_with(&start), "{step}: {hint}");
            assert!(hint.len() > start.len() + 10, "{step}: {hint}");
        }
    }
    let first = reader.run(0, ["hint", STEP]).quietly();
    let all = reader.run(0, ["hint", STEP, "--all"]).quietly().out;
    let hints: Vec<&str> = all.lines().collect();
    assert_eq!(first.out.lines().next(), Some(hints[0]));
    assert!(first.out.contains("again, for more"));
    // To look at a level is not to reach it.
    let level = hints.len().to_string();
    let last = reader.run(0, ["hint", STEP, "--level", &level]).quietly();
    assert_eq!(last.out.trim_end(), *hints.last().unwrap());
    for hint in &hints[1..] {
        let said = reader.run(0, ["hint", STEP]).quietly();
        assert_eq!(said.out.lines().next(), Some(*hint));
    }
    // After the last one, the last one again.
    let again = reader.run(0, ["hint", STEP]).quietly();
    assert_eq!(again.out, last.out);
    // Another step starts anew.
    reader.run(0, ["hint", "smi.runs"]).shows("1/");
    for level in ["0", "99", "18446744073709551615"] {
        reader
            .run(2, ["hint", STEP, "--level", level])
            .explains("has hints 1 to");
    }
    reader.run(2, ["hint", STEP, "--level", "1", "--all"]);
    reader.run(0, ["reset", STEP]);
    let anew = reader.run(0, ["hint", STEP]);
    assert_eq!(anew.out, first.out);
}

#[test]
fn done_skip_and_reset_say_what_they_did() {
    let reader = Reader::new();
    reader.run(0, ["done", STEP]).quietly().shows(STEP);
    assert_eq!(listed(&reader, STEP)["state"], "marked-done");
    reader
        .run(0, ["skip", STEP])
        .quietly()
        .shows("not the same as done");
    assert_eq!(listed(&reader, STEP)["state"], "skipped");
    reader.run(0, ["reset", STEP]).quietly().shows("forgotten");
    assert_eq!(listed(&reader, STEP)["state"], "open");
    reader
        .run(0, ["reset", STEP])
        .quietly()
        .shows("nothing was known");
    reader.run(2, ["reset"]);
    reader.run(2, ["reset", STEP, "--all"]);
}

#[test]
fn reset_of_all_asks_and_keeps_a_backup() {
    let reader = Reader::new();
    reader
        .run(0, ["reset", "--all", "--yes"])
        .shows("no progress to forget");
    reader.run(0, ["done", STEP]);
    let before = fs::read_to_string(reader.state().join("progress.json")).unwrap();
    // Where nobody can be asked, nothing is forgotten: not even by somebody who pipes an answer.
    let mut piped = reader.lessons(["reset", "--all"]);
    Said::by(4, piped.write_stdin("reset\n")).explains("--yes");
    assert_eq!(listed(&reader, STEP)["state"], "marked-done");

    let said = reader.run(0, ["reset", "--all", "--yes"]).quietly();
    assert_eq!(listed(&reader, STEP)["state"], "open");
    let backup = said
        .out
        .trim_end()
        .rsplit(" is in ")
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(fs::read_to_string(&backup).unwrap(), before);
    // The backup brings it all back.
    reader.run(0, ["progress", "import", &backup]).quietly();
    assert_eq!(listed(&reader, STEP)["state"], "marked-done");
}

#[test]
fn progress_moves_from_one_reader_to_another() {
    let (from, to) = (Reader::new(), Reader::new());
    from.run(0, ["done", STEP]);
    from.run(0, ["skip", "cuda.env-home"]);
    let exported = from.run(0, ["progress", "export"]).quietly().out;
    let file = to.file("exported.json", &exported);
    to.run(0, ["done", "smi.runs"]);
    to.run(0, ["progress", "import", file.to_str().unwrap()])
        .quietly()
        .shows("2 steps");
    assert_eq!(listed(&to, STEP)["state"], "marked-done");
    assert_eq!(listed(&to, "cuda.env-home")["state"], "skipped");
    // What was there stays.
    assert_eq!(listed(&to, "smi.runs")["state"], "marked-done");
    // Alone, it shows what list shows.
    assert_eq!(to.run(0, ["progress"]).out, to.run(0, ["list"]).out);

    to.run(4, ["progress", "import", "no-such-file"])
        .explains("no-such-file");
    for wrong in [
        "",
        "{",
        "[]",
        r#"{"schema":"lessons-progress/9","steps":{}}"#,
    ] {
        let file = to.file("wrong.json", wrong);
        to.run(4, ["progress", "import", file.to_str().unwrap()])
            .explains("wrong.json");
    }
    assert_eq!(listed(&to, "smi.runs")["state"], "marked-done");
}

#[test]
fn machines_are_listed_and_shown() {
    let reader = Reader::new();
    let text = reader.run(0, ["machines"]).quietly();
    for machine in machines() {
        assert!(text.out.contains(&machine));
        let shown = reader.run(0, ["machines", "show", &machine]).quietly();
        assert_eq!(shown.json()["name"], machine);
        if !NAMED.contains(&machine.as_str()) {
            continue;
        }
        // What is shown is a recording.
        let file = reader.file("shown.json", &shown.out);
        let check = |machine: &str| {
            reader
                .lessons(["check", "--json", "--machine", machine])
                .output()
                .unwrap()
                .stdout
        };
        assert_eq!(check(file.to_str().unwrap()), check(&machine));
    }
}

#[test]
fn a_recording_comes_from_a_file_or_from_standard_input() {
    let reader = Reader::new();
    let json = reader.run(0, ["machines", "show", "ubuntu-mismatch"]).out;
    let direct = reader.run(1, ["check", "--machine", "ubuntu-mismatch"]);
    let mut piped = reader.lessons(["check", "--machine", "-"]);
    let piped = Said::by(1, piped.write_stdin(json.clone()));
    assert_eq!(direct.out, piped.out);
    // A name without a folder or `.json`, where such a file is there.
    reader.file("mine", json);
    assert_eq!(
        reader.run(1, ["check", "--machine", "mine"]).out,
        direct.out
    );
}

#[test]
fn an_unknown_name_suggests_the_nearest() {
    let reader = Reader::new();
    for (args, near) in [
        (&["check", "driver.instaled"][..], "driver.installed"),
        (&["check", "toplogy"], "topology"),
        (&["check", "env-path"], "cuda.env-path"),
        (&["check", "--machine", "ubuntu-4x409"], "ubuntu-4x4090"),
        (&["machines", "show", "wsl2-labtop"], "wsl2-laptop"),
        (&["show", "smi.run"], "smi.runs"),
        (&["hint", "torch.instaled"], "torch.installed"),
        (&["done", "driver-installed"], "driver.installed"),
        (&["skip", "persistence.enable"], "persistence.enabled"),
        (&["reset", "topology.reed"], "topology.read"),
        (&["chekc"], "check"),
        (&["check", "--formt", "json"], "--format"),
    ] {
        let said = reader.run(2, args.iter().copied()).explains(near);
        assert_eq!(said.out, "", "{args:?}");
    }
    // Nothing is near this, and the list is.
    reader
        .run(2, ["check", "xyzzy"])
        .explains("lessons list shows all");
    reader
        .run(2, ["machines", "show", "xyzzy"])
        .explains("lessons machines shows all");
    let long = "x".repeat(100_000);
    for args in [["show", &long], ["check", &long], ["done", &long]] {
        reader.run(2, args);
    }
    assert!(!reader.state().exists());
}

#[test]
fn a_name_moves_no_cursor() {
    let reader = Reader::new();
    for name in ["\u{1b}[2J", "driver.\u{202e}installed", "a\u{9b}2J\u{7}"] {
        for args in [
            &["check", name][..],
            &["check", "--machine", name],
            &["check", "--machine", &format!("./{name}")],
            &["machines", "show", name],
            &["show", name],
            &["progress", "import", name],
        ] {
            let mut command = reader.lessons(args.iter().copied());
            let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
            let shown = String::from_utf8(output.stderr).unwrap();
            assert!(!shown.contains("\u{1b}[2J"), "{args:?}: {shown:?}");
            assert!(
                !shown.contains(['\u{202e}', '\u{9b}', '\u{7}']),
                "{args:?}: {shown:?}"
            );
        }
    }
}

#[test]
fn watch_ends_when_nobody_reads() {
    let reader = Reader::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lessons"));
    let mut watching = command
        .args(["watch", "topology", "--every", "0.01"])
        .env("LESSONS_HOME", reader.state())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 8];
    let mut out = watching.stdout.take().unwrap();
    std::io::Read::read_exact(&mut out, &mut first).unwrap();
    // It says nothing new until something changes, so it has not noticed yet that nobody reads.
    assert!(watching.try_wait().unwrap().is_none());
    drop(out);
    watching.kill().unwrap();
    watching.wait().unwrap();
    // What it saw was remembered.
    reader.run(0, ["progress", "export"]).shows("topology.read");
}

/// The project's own folder.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_project_has_all_that_its_steps_need() {
    let reader = Reader::new();
    let said = reader.run(0, ["dev", "check", "--root", PROJECT]).quietly();
    assert!(said.out.ends_with(": 0 problems\n"), "{}", said.out);
    reader
        .run(4, ["dev", "check", "--root", "no-such-folder"])
        .explains("--root");
}

#[test]
fn the_book_is_built() {
    let reader = Reader::new();
    let folder = reader.place("book");
    reader
        .run(
            0,
            [
                "book",
                "build",
                "--root",
                PROJECT,
                "--dest",
                folder.to_str().unwrap(),
            ],
        )
        .shows("every link checked");
    assert!(folder.join("index.html").is_file());
    reader
        .run(4, ["book", "build", "--root", "no-such-folder"])
        .explains("--root");
    // Where there is no book, the one that came along is built.
    let empty = reader.place("empty");
    fs::create_dir(&empty).unwrap();
    let mut build = reader.lessons(["book", "build"]);
    let said = Said::by(0, build.current_dir(&empty));
    assert!(said.out.contains("every link checked"), "{}", said.out);
    assert!(empty.join("book/build/driver.html").is_file());
    reader.run(0, ["book", "preprocess", "supports", "html"]);
    reader.run(4, ["book", "preprocess", "wrong", "words"]);
}

/// What a quiz says to these answers.
fn quiz(args: &[&str], answers: &str) -> Said {
    let reader = Reader::new();
    let words = ["quiz"].iter().chain(args).copied();
    Said::by(0, reader.lessons(words).write_stdin(answers)).quietly()
}

#[test]
fn a_quiz_is_played_at_a_pipe_and_counts_what_was_right() {
    let args = ["torch", "--seed", "5", "--count", "4"];
    let document = Reader::new()
        .run(
            0,
            ["quiz", "torch", "--seed", "5", "--count", "4", "--json"],
        )
        .json();
    let right: Vec<u8> = document["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|question| b"abcd"[usize::try_from(question["answer"].as_u64().unwrap()).unwrap()])
        .collect();
    let answers: String = right
        .iter()
        .flat_map(|letter| [char::from(*letter), '\n'])
        .collect();
    quiz(&args, &answers)
        .shows("4 of 4 right")
        .shows("lessons quiz torch --seed 5 --count 4");
    quiz(&args, &answers.to_uppercase()).shows("4 of 4 right");
    // What is no answer is asked again, a skipped question is explained, and the end of input ends it.
    let first = char::from(right[0]);
    quiz(&args, &format!("z\n\u{1b}[2J\n{first}\n\n"))
        .shows("Answer with one of the letters")
        .shows("The answer: ")
        .shows("1 of 2 right");
    quiz(&args, "").shows("0 of 0 right");
}

#[test]
fn a_quiz_without_a_seed_shows_the_one_that_it_took() {
    let said = quiz(&["--count", "2"], "\n\n");
    let seed = said.out.split_once("seed ").unwrap().1;
    let seed: String = seed.chars().take_while(char::is_ascii_digit).collect();
    assert!(said.out.contains(&format!("--seed {seed} --count 2")));
}

#[test]
fn a_quiz_about_nothing_is_refused() {
    let reader = Reader::new();
    reader.run(2, ["quiz", "drivers"]).explains("driver");
    reader.run(2, ["quiz", "--count", "0"]).explains("--count");
    reader.run(2, ["quiz", "--seed", "-1"]);
}

#[test]
fn verify_checks_torch_with_what_it_rests_on() {
    let reader = Reader::new();
    let said = reader
        .run(0, ["torch", "verify", "--machine", "ubuntu-4x4090"])
        .quietly()
        .shows("torch.sees-gpu")
        .shows("driver.module-loaded")
        .shows("What torch did");
    assert!(!said.out.contains("cuda.nvcc-runs"), "{}", said.out);
    let json = reader
        .run(
            0,
            ["torch", "verify", "--machine", "ubuntu-4x4090", "--json"],
        )
        .json();
    assert_eq!(json["schema"], "lessons-check/1");
    reader.run(1, ["torch", "verify", "--machine", "ubuntu-torch-cpu"]);
}
