//! `lessons torch plan` against a table of questions whose answers come from the sources, not from the program.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use lessons_engine::bundled;
use lessons_engine::catalogue::Shelf;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::plan::{Asked, Driver, Offer, Plan, Question, Tool, plan};
use lessons_engine::read::wheel::Installs;
use lessons_engine::steps;
use lessons_engine::tables::cuda_driver::{self, Verdict};
use lessons_engine::tables::torch_matrix::{CodeOn, Package, Presence, code_runs_on, device_code};
use lessons_engine::texts::{MISSING, Texts};
use proptest::prelude::*;

const TRUTH: &str = include_str!("plan/truth.txt");

/// One row: the options, the answer, what else must hold.
struct Row<'t> {
    options: &'t str,
    answer: &'t str,
    holds: Vec<String>,
}

fn rows() -> Vec<Row<'static>> {
    TRUTH
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let [options, answer, holds, source] = fields.as_slice() else {
                panic!("four fields: {line}");
            };
            assert!(!source.is_empty(), "no source: {line}");
            Row {
                options,
                answer,
                holds: words(holds),
            }
        })
        .collect()
}

/// The words of a line; a backslash keeps a space in its word.
fn words(line: &str) -> Vec<String> {
    line.replace("\\ ", "\u{1}")
        .split_whitespace()
        .map(|word| word.replace('\u{1}', " "))
        .collect()
}

fn asked(options: &str) -> Asked {
    let mut asked = Asked::default();
    let words = words(options);
    for pair in words.chunks(2) {
        let [name, value] = pair else {
            panic!("a value after each option: {options}");
        };
        match name.as_str() {
            "--driver" => asked.driver = Some(value.parse().unwrap()),
            "--cuda" => asked.cuda = Some(value.parse().unwrap()),
            "--python" => asked.python = Some(value.parse().unwrap()),
            "--torch" => asked.torch = Some(value.parse().unwrap()),
            "--gpu" => asked.gpus = value.split(',').map(|gpu| gpu.parse().unwrap()).collect(),
            "--with" => {
                let names = value.split(',').filter(|name| *name != "none");
                asked.companions = Some(names.map(|name| name.parse().unwrap()).collect());
            }
            "--mirror" => asked.mirror = Some(value.parse().unwrap()),
            "--os" => asked.os = Some(value.parse().unwrap()),
            "--arch" => asked.arch = Some(value.parse().unwrap()),
            "--libc" => asked.libc = Some(value.parse().unwrap()),
            other => panic!("no option {other}"),
        }
    }
    asked
}

fn answered(options: &str) -> Plan<'static> {
    plan(Question::new(&asked(options), None), Shelf::bundled())
}

/// What a row expects that is not so.
fn differences(row: &Row<'_>) -> Vec<String> {
    let plan = answered(row.options);
    let mut wrong = Vec::new();
    let found = match &plan.chosen {
        Some(fit) => format!("{} {}", fit.build.release.torch, fit.build.tag),
        None => format!(
            "none {:?}",
            plan.rejected.iter().map(|no| no.id).collect::<Vec<_>>()
        ),
    };
    let right = match (row.answer.strip_prefix("none "), &plan.chosen) {
        (Some(reason), None) => plan.rejected.iter().any(|rejected| rejected.id == reason),
        (None, Some(_)) => found == row.answer.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => false,
    };
    if !right {
        wrong.push(format!("{} and not {found}", row.answer));
    }
    for hold in &row.holds {
        if !holds(&plan, hold) {
            wrong.push(format!("{hold}, with {found}"));
        }
    }
    wrong
}

fn holds(plan: &Plan<'_>, what: &str) -> bool {
    let companion = |name: &str| {
        let package: Package = name.parse().unwrap();
        let fit = plan.chosen.as_ref()?;
        fit.companions
            .iter()
            .find(|(known, _)| *known == package)
            .map(|(_, version)| version.to_string())
    };
    let note = |id: &str| plan.notes.iter().any(|note| note.id == id);
    let command = |tool: Tool| {
        let install = plan.install(plan.chosen.as_ref().unwrap());
        match tool {
            Tool::Pip => install.pip(),
            Tool::Uv => install.uv(),
        }
    };
    if let Some(name) = what.strip_prefix('-') {
        return companion(name).is_none();
    }
    if let Some((kind, rest)) = what.split_once(':') {
        return match kind {
            "note" => note(rest),
            "not" => !note(rest),
            "why" => plan.rejected.iter().any(|rejected| rejected.id == rest),
            "pip" => command(Tool::Pip).contains(rest),
            "uv" => command(Tool::Uv).contains(rest),
            "wheel" => plan
                .chosen
                .as_ref()
                .and_then(|fit| fit.wheel.as_ref())
                .is_some_and(|wheel| wheel.name() == rest),
            "other" => {
                let (id, build) = rest.split_once('=').unwrap();
                plan.alternatives.iter().any(|other| {
                    let found = &other.fit.build;
                    other.id == id && format!("{}+{}", found.release.torch, found.tag) == build
                })
            }
            _ => panic!("no such kind: {what}"),
        };
    }
    let (name, version) = what.split_once('=').unwrap();
    companion(name).as_deref() == Some(version)
}

#[test]
fn every_question_has_the_answer_of_its_sources() {
    let rows = rows();
    assert!(rows.len() >= 120, "{} rows", rows.len());
    let wrong: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            differences(row)
                .into_iter()
                .map(|what| format!("{}: {what}", row.options))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_sentence_of_every_answer_has_its_text() {
    let texts = Texts::english();
    for row in rows() {
        let plan = answered(row.options);
        let sentences = plan
            .notes
            .iter()
            .map(|note| &note.text)
            .chain(plan.rejected.iter().map(|rejected| &rejected.why))
            .chain(plan.alternatives.iter().map(|other| &other.when));
        for sentence in sentences {
            let said = texts.sentence(sentence);
            assert!(!said.contains(MISSING), "{}: {said}", row.options);
        }
        let json = serde_json::to_string(&plan.document()).unwrap();
        assert!(!json.contains(MISSING), "{}", row.options);
    }
}

/// Whatever is asked, no plan names a build that its own driver, GPU or Python does not run.
#[test]
fn what_is_chosen_runs() {
    for gpu in ["GTX 1080 Ti", "V100", "RTX 4090", "RTX 5090"] {
        for driver in [
            "470.256.02",
            "525.60.13",
            "550.163.01",
            "570.195.03",
            "580.95.05",
            "620.70.06",
        ] {
            for python in ["3.8", "3.9", "3.11", "3.13t", "3.14", "3.15"] {
                let options = format!(
                    "--gpu {} --driver {driver} --python {python}",
                    gpu.replace(' ', "\\ ")
                );
                let plan = answered(&options);
                let Some(fit) = &plan.chosen else {
                    assert!(
                        !plan.rejected.is_empty(),
                        "{options}: nothing, and no reason"
                    );
                    continue;
                };
                let python = python.parse().unwrap();
                assert!(fit.build.release.supports_python(python), "{options}");
                let Some(Driver::Version(driver)) =
                    plan.question.driver.as_ref().map(|driver| &driver.value)
                else {
                    panic!("{options}: no driver");
                };
                let needs = match fit.build.tag.cuda().unwrap().major {
                    13 => "580.65.06",
                    12 => "525.60.13",
                    _ => "450.80.02",
                };
                assert!(
                    *driver >= needs.parse().unwrap(),
                    "{options}: {:?}",
                    fit.build.tag
                );
                let cuda = fit.build.tag.cuda().unwrap();
                match gpu {
                    "GTX 1080 Ti" => assert!((cuda.major, cuda.minor) <= (12, 6), "{options}"),
                    "V100" => assert!(cuda.major < 13, "{options}"),
                    "RTX 5090" => assert!((cuda.major, cuda.minor) >= (12, 8), "{options}"),
                    _ => {}
                }
            }
        }
    }
}

/// A question: one of each option, or none.
fn any_question() -> impl Strategy<Value = String> {
    fn one(name: &'static str, values: &'static [&'static str]) -> BoxedStrategy<String> {
        prop::option::of(prop::sample::select(values))
            .prop_map(move |value| match value {
                Some(value) => format!("{name} {} ", value.replace(' ', "\\ ")),
                None => String::new(),
            })
            .boxed()
    }
    [
        one(
            "--driver",
            &[
                "390.157",
                "450.51.06",
                "450.80.02",
                "470.256.02",
                "515.65.01",
                "525.60.13",
                "528.33",
                "535.183.01",
                "550",
                "570.86.16",
                "575.57.08",
                "580.65.06",
                "590.48.01",
                "595.91.07",
                "620.70.06",
                "999.1",
            ],
        ),
        one(
            "--gpu",
            &[
                "K40",
                "K80",
                "GTX 980",
                "GTX 1080 Ti",
                "V100",
                "T4",
                "A100",
                "RTX 4090",
                "H100",
                "B200",
                "RTX 5090",
                "DGX Spark",
                "Thor",
                "AGX Orin",
                "Rubin",
                "sm_140",
                "RTX 6090",
                "GTX 1080,RTX 3090",
                "V100,RTX 5090",
                "RX 7900",
                "Arc B580",
                "none",
            ],
        ),
        one(
            "--python",
            &[
                "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14",
                "3.14t", "3.15", "3.15t", "3.16", "4.0",
            ],
        ),
        one(
            "--torch",
            &[
                "1.13",
                "2.0",
                "2.4.1",
                "2.6",
                "2.8.0",
                "2.9.0",
                "2.9.1",
                "2.10",
                "2.14",
                "2.15.0",
                "<2.11",
                ">=2.9,<2.11",
                "2.8.0+cu126",
                "2.15.0+cu126",
                "99",
            ],
        ),
        one(
            "--with",
            &[
                "none",
                "torchvision",
                "torchaudio",
                "torchvision,torchaudio",
                "torchtext",
                "torchcodec",
            ],
        ),
        one("--os", &["linux", "windows", "macos"]),
        one("--arch", &["x86_64", "aarch64"]),
        one("--libc", &["2.17", "2.27", "2.28", "2.39", "musl"]),
        one(
            "--mirror",
            &[
                "nju",
                "aliyun",
                "pypi",
                "https://x.example/whl/cu126",
                "find-links:https://x.example/w",
            ],
        ),
    ]
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever is asked: a build that is chosen exists, installs, runs on the driver, has code for every GPU, and has no
    /// known fault unless it was asked for by its version or everything near it has one.
    #[test]
    fn whatever_is_asked_what_is_chosen_is_right(options in any_question()) {
        let plan = answered(&options);
        let wanted = plan.question.wanted();
        serde_json::to_string(&plan.document()).unwrap();
        let Some(fit) = &plan.chosen else {
            prop_assert!(!plan.rejected.is_empty(), "{options}: nothing, and no reason");
            return Ok(());
        };
        let wheel = fit.wheel.as_ref().expect("the Python is always known");
        let named = lessons_engine::read::wheel::parse(wheel.name()).unwrap();
        let installs = named.installs_on(&wanted.host().unwrap());
        prop_assert!(!matches!(installs, Installs::No(_)), "{options}: {installs:?}");
        prop_assert_eq!(named.pep440().unwrap().without_local(), fit.build.release.torch.clone());
        match wheel {
            Offer::Seen(file) => prop_assert!(
                Shelf::bundled().catalogue().listings.iter().any(|listing| {
                    listing.repository == fit.repository
                        && listing.files.iter().any(|known| known.name == file.name)
                }),
                "{}: {}", options, file.name
            ),
            Offer::Expected(_) => {
                prop_assert_eq!(fit.build.release.on_index(&fit.build.tag), Presence::Yes, "{}", options);
            }
        }
        if let Some(cuda) = fit.build.tag.cuda() {
            if let Some(driver) = &wanted.driver {
                let runs = match driver {
                    Driver::Version(driver) => !matches!(
                        cuda_driver::runs(driver, cuda, wanted.driver_os),
                        Verdict::TooOld { .. }
                    ),
                    Driver::Supports(most) => most.major >= cuda.major,
                };
                prop_assert!(runs, "{}: {}", options, cuda);
            }
            let list = device_code(fit.build.release, cuda, wanted.platform);
            for gpu in &wanted.gpus {
                let on = code_runs_on(&list.clone().unwrap().codes, *gpu, Some(cuda));
                prop_assert!(
                    matches!(on, CodeOn::Runs { .. } | CodeOn::RunsByPtx { .. }),
                    "{}: {:?}", options, on
                );
            }
        }
        if fit.fault().is_some() && plan.question.torch.is_none() {
            let choice = wanted.choose(&plan.question.wish, Shelf::bundled());
            prop_assert!(choice.fits.iter().all(|other| other.fault().is_some()), "{}", options);
        }
        let asked = wanted.companions.len();
        prop_assert_eq!(fit.companions.len(), asked, "{}", options);
    }
}

/// A check's advice and the plan are one command.
#[test]
fn what_a_check_prints_is_the_plans_command() {
    let mut compared = 0;
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        let facts = Facts::new(&recording);
        let step = steps::find("torch.installed").unwrap();
        let finding = (step.check)(&facts);
        let Some(fix) = finding.fix.iter().find(|fix| fix.run.contains(" install ")) else {
            continue;
        };
        if finding.outcome != Outcome::Fail || fix.run.contains("--torch-backend=auto") {
            continue;
        }
        let plan = plan(
            Question::new(&Asked::default(), Some(&facts)),
            Shelf::bundled(),
        );
        let install = plan.install(plan.chosen.as_ref().unwrap());
        let command = match plan.tools().first() {
            Some(Tool::Uv) => install.uv(),
            _ => install.pip(),
        };
        assert_eq!(fix.run, command, "{name}");
        compared += 1;
    }
    assert!(compared > 0, "no recording without torch");
}

#[test]
fn nonsense_is_refused() {
    for text in [
        "",
        "abc",
        "2.8.0.0.x",
        ">=",
        "==",
        "2.8 0",
        "nightly",
        "2.8.0+cu12x",
        "torch",
    ] {
        assert!(
            text.parse::<lessons_engine::plan::AskedTorch>().is_err(),
            "{text}"
        );
    }
    for text in ["", "12.x", "banana", "580.95.05", "cu"] {
        assert!(
            text.parse::<lessons_engine::plan::AskedCuda>().is_err(),
            "{text}"
        );
    }
    for text in ["", "12", "1000", "580.x", "-1"] {
        assert!(
            text.parse::<lessons_engine::plan::AskedDriver>().is_err(),
            "{text}"
        );
    }
}
