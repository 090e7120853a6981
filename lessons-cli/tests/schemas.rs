//! The JSON Schemas describe what the program reads and writes.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::Validator;
use lessons_cli::progress::{MarkKind, Progress};
use lessons_engine::bundled;
use lessons_engine::catalogue::Shelf;
use lessons_engine::facts::Facts;
use lessons_engine::finding::Outcome;
use lessons_engine::machine::nvml::NvmlCode;
use lessons_engine::plan;
use lessons_engine::recording::Recording;
use lessons_engine::report::Report;
use lessons_engine::symptoms;
use lessons_engine::tables::Os;
use lessons_engine::texts::Texts;
use lessons_engine::wheels::{self, Asked};
use lessons_engine::why;
use serde_json::{Value, json};

const MACHINE: &str = "../exercises/machine.schema.json";
const EXERCISE: &str = "../exercises/exercise.schema.json";
const CHECK: &str = "schemas/lessons-check.schema.json";
const PROGRESS: &str = "schemas/lessons-progress.schema.json";
const WHY: &str = "schemas/lessons-why.schema.json";

fn schema(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn validator(path: &str) -> Validator {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema(path))
        .unwrap()
}

#[track_caller]
fn assert_valid(validator: &Validator, document: &Value, what: &str) {
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

/// Each change of a valid document makes it invalid: a pointer, and what is put there (`null`: the field is
/// taken out).
#[track_caller]
fn assert_each_refused(validator: &Validator, document: &Value, changes: &[(&str, Value)]) {
    for (pointer, value) in changes {
        let mut wrong = document.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        let parent = wrong
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("nothing at {parent}"));
        match (parent, value) {
            (Value::Object(fields), Value::Null) => {
                assert!(fields.remove(&name).is_some(), "nothing at {pointer}");
            }
            (Value::Object(fields), value) => {
                fields.insert(name, value.clone());
            }
            (Value::Array(items), value) => items[name.parse::<usize>().unwrap()] = value.clone(),
            (other, _) => panic!("{pointer} lies in {other}"),
        }
        assert!(!validator.is_valid(&wrong), "{pointer} = {value} is taken");
    }
}

/// A recording with every field that there is.
fn full_recording() -> Value {
    serde_json::from_str(include_str!("data/full-recording.json")).unwrap()
}

#[test]
fn the_schemas_are_schemas() {
    for path in [MACHINE, EXERCISE, CHECK, PROGRESS, WHY] {
        let schema = schema(path);
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert!(jsonschema::meta::is_valid(&schema), "{path}");
    }
}

#[test]
fn every_exercise_is_as_its_schema_says() {
    let validator = validator(EXERCISE);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exercises");
    let mut seen = 0;
    for lesson in ["driver", "smi", "persistence", "topology", "cuda", "torch"] {
        for entry in std::fs::read_dir(root.join(lesson)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let exercise: Value = serde_json::from_str(&text).unwrap();
            assert_valid(&validator, &exercise, &path.display().to_string());
            assert_eq!(exercise["lesson"], lesson, "{}", path.display());
            assert_eq!(
                exercise["name"].as_str(),
                path.file_stem().and_then(|stem| stem.to_str()),
                "{}",
                path.display()
            );
            // A second wrong way, a name or a level that is none, a field that nobody reads: the schema sees it.
            assert_each_refused(
                &validator,
                &exercise,
                &[
                    ("/wrong", json!([exercise["wrong"][0]])),
                    ("/name", json!("No Name")),
                    ("/level", json!("very hard")),
                    ("/hint", json!("misspelt")),
                    ("/solution", Value::Null),
                ],
            );
            seen += 1;
        }
    }
    assert!(seen >= 24, "{seen} exercises");
}

#[test]
fn a_full_recording_is_taken_by_the_schema_and_by_the_reader() {
    let full = full_recording();
    let validator = validator(MACHINE);
    assert_valid(&validator, &full, "full recording");
    let recording = Recording::from_slice(full.to_string().as_bytes()).unwrap();
    let written: Value = serde_json::from_str(&recording.to_json()).unwrap();
    // Nothing is lost on the way: the reader knows every field.
    assert_eq!(written, full);

    let failed = json!({"error": "LibRmVersionMismatch", "library": "/usr/lib/libnvidia-ml.so.1"});
    let mut without_nvml = full;
    without_nvml["nvml"] = failed;
    assert_valid(&validator, &without_nvml, "a reading that failed");
    assert!(Recording::from_slice(without_nvml.to_string().as_bytes()).is_ok());
}

#[test]
fn the_schema_has_the_fields_that_a_recording_has() {
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let schema = schema(MACHINE);
    let full = full_recording();
    let mut described = keys(&schema["properties"]);
    assert!(described.remove("$schema"));
    assert_eq!(described, keys(&full));
    for (name, part) in [
        ("nvml", &full["nvml"]["ok"]),
        ("gpu", &full["nvml"]["ok"]["gpus"][0]),
        ("lost-gpu", &full["nvml"]["ok"]["gpus"][1]),
        ("process", &full["nvml"]["ok"]["gpus"][0]["processes"][0]),
    ] {
        assert_eq!(
            keys(&schema["$defs"][name]["properties"]),
            keys(part),
            "{name}"
        );
    }
    let codes: Vec<&str> = NvmlCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(schema["$defs"]["code"]["enum"], json!(codes));
}

#[test]
fn wrong_recordings_are_refused() {
    assert_each_refused(
        &validator(MACHINE),
        &full_recording(),
        &[
            ("/format", Value::Null),
            ("/format", json!("lessons-machine/2")),
            ("/name", Value::Null),
            ("/name", json!("")),
            ("/platform", Value::Null),
            ("/platform/os", Value::Null),
            ("/platform/arch", json!(64)),
            ("/fiels", json!({})),
            ("/recorded_at", json!("yesterday")),
            ("/redacted", json!("yes")),
            ("/files/relative", json!({"text": ""})),
            ("/files/~1proc~1modules", json!("nvidia")),
            ("/files/~1proc~1modules/lines", json!(["nvidia"])),
            ("/files/~1proc~1modules/mode", json!("0644")),
            ("/files/~1proc~1modules/size", json!(-1)),
            ("/dirs/~1usr~1local", json!("bin")),
            ("/commands/0/argv", Value::Null),
            ("/commands/0/argv", json!([])),
            ("/commands/0/argv", json!("nvcc --version")),
            ("/commands/0/exit", json!("0")),
            ("/commands/0/stdout", json!([1])),
            ("/env/PATH", json!(["/usr/bin"])),
            ("/nvml", json!({})),
            ("/nvml", json!({"error": "ItBroke"})),
            ("/nvml/ok/driver_version", json!(580)),
            ("/nvml/ok/gpus/0/memory_total", json!("24 GiB")),
            ("/nvml/ok/gpus/0/memory_total", json!({"error": "ItBroke"})),
            ("/nvml/ok/gpus/0/persistance_mode", json!(true)),
            ("/nvml/ok/gpus/0/processes", json!([{"pid": 7}])),
            ("/nvml/ok/gpus/1/error", json!("ItBroke")),
        ],
    );
}

#[test]
fn bundled_recordings_are_as_the_schema_says() {
    let validator = validator(MACHINE);
    for name in bundled::names() {
        let recording = serde_json::from_slice(bundled::json(name).unwrap()).unwrap();
        assert_valid(&validator, &recording, name);
    }
}

#[test]
fn a_report_is_as_the_schema_says() {
    let recording = Recording::from_slice(full_recording().to_string().as_bytes()).unwrap();
    let report = Report::of_all(&Facts::new(&recording));
    let document = serde_json::to_value(report.document(&Texts::english())).unwrap();
    let validator = validator(CHECK);
    assert_valid(&validator, &document, "report");
    assert_each_refused(
        &validator,
        &document,
        &[
            ("/schema", json!("lessons-check/2")),
            ("/machine/kind", json!("dead")),
            ("/steps/0/id", json!("Driver")),
            ("/steps/0/outcome", json!("ok")),
            ("/steps/0/summary", Value::Null),
            ("/steps/0/required", json!("yes")),
            ("/steps/0/book", Value::Null),
            ("/steps/0/extra", json!(1)),
            ("/totals/pass", json!(-1)),
            ("/totals/not-applicable", Value::Null),
        ],
    );
}

#[test]
fn progress_is_as_the_schema_says() {
    let day = |text: &str| text.parse().unwrap();
    let mut progress = Progress::default();
    progress.record([("a.b", Outcome::Pass)], day("2026-01-01T00:00:00Z"));
    progress.record([("a.b", Outcome::Fail)], day("2026-01-02T00:00:00Z"));
    progress.mark("a.b", MarkKind::Skipped, day("2026-01-03T00:00:00Z"));
    progress.saw_hint("a.b", 2);
    let document: Value = serde_json::from_str(&progress.to_json()).unwrap();
    let step = &document["steps"]["a.b"];
    let described = &schema(PROGRESS)["$defs"]["step"]["properties"];
    assert!(
        described
            .as_object()
            .unwrap()
            .keys()
            .eq(step.as_object().unwrap().keys())
    );
    let validator = validator(PROGRESS);
    assert_valid(&validator, &document, "progress");
    assert_each_refused(
        &validator,
        &document,
        &[
            ("/schema", json!("lessons-progress/2")),
            ("/steps", Value::Null),
            ("/steps/a.b", json!(true)),
            ("/steps/a.b/first_passed", json!("soon")),
            ("/steps/a.b/last/outcome", json!("ok")),
            ("/steps/a.b/mark/as", json!("maybe")),
            ("/steps/a.b/hints", json!(-1)),
        ],
    );
}

#[test]
fn the_plan_of_every_question_is_taken_by_the_schema() {
    let validator = validator("schemas/lessons-torch-plan.schema.json");
    let document = |asked: &plan::Asked, machine: Option<&Recording>| {
        let question = match machine {
            Some(machine) => plan::Question::new(asked, Some(&Facts::new(machine))),
            None => plan::Question::new(asked, None),
        };
        let document = plan::plan(question, Shelf::bundled()).document();
        serde_json::to_value(document).unwrap()
    };
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        let document = document(&plan::Asked::default(), Some(&recording));
        assert_valid(&validator, &document, name);
    }
    let gpu = |name: &str| vec![name.parse().unwrap()];
    let nothing = document(
        &plan::Asked {
            gpus: gpu("RTX 6090"),
            libc: Some("2.31".parse().unwrap()),
            ..plan::Asked::default()
        },
        None,
    );
    assert_valid(&validator, &nothing, "nothing fits");
    assert_eq!(nothing["chosen"], Value::Null);
    let good = document(
        &plan::Asked {
            gpus: gpu("GTX 1080 Ti"),
            driver: Some("580.95.05".parse().unwrap()),
            ..plan::Asked::default()
        },
        None,
    );
    assert_valid(&validator, &good, "a plan");
    assert_each_refused(
        &validator,
        &good,
        &[
            ("/schema", json!("lessons-torch-plan/2")),
            ("/inputs/python/source", Value::Null),
            ("/chosen/cuda_tag", json!("12.6")),
            ("/chosen/wheel", json!("torch.zip")),
            ("/chosen/requirements", json!([])),
            ("/chosen/companions", json!({"torchvideo": "0.16.0"})),
            ("/commands/0/tool", json!("conda")),
            ("/rejected/0/id", json!("Driver too old")),
            ("/notes/0/level", json!("loud")),
            ("/snapshot_as_of", json!("yesterday")),
        ],
    );
}

#[test]
fn the_wheels_of_every_question_are_taken_by_the_schema() {
    let validator = validator("schemas/lessons-torch-wheels.schema.json");
    let asked = |package: &str, build: Option<&str>, python: Option<&str>, os: Option<Os>| {
        let answer = wheels::bundled(Asked {
            package: package.to_owned(),
            build: build.map(|build| build.parse().unwrap()),
            python: python.map(|python| python.parse().unwrap()),
            os,
            arch: None,
            nightly: false,
        });
        serde_json::to_value(answer).unwrap()
    };
    for (package, build, python, os) in [
        ("torch", None, None, None),
        ("torch", Some("cu124"), Some("3.11"), None),
        ("torch", Some("cu90"), Some("3.14"), None),
        ("torch", Some("cu130"), Some("3.13t"), Some(Os::MacOs)),
        ("torchvision", None, Some("3.12"), Some(Os::Windows)),
        ("numpy", None, None, None),
    ] {
        let document = asked(package, build, python, os);
        assert_valid(&validator, &document, &document["asked"].to_string());
    }
    let good = asked("torch", None, Some("3.11"), None);
    assert_each_refused(
        &validator,
        &good,
        &[
            ("/schema", json!("lessons-torch-wheels/2")),
            ("/as_of", json!("yesterday")),
            ("/unnamed", Value::Null),
            ("/releases/0/wheels/0/filename", json!("torch.zip")),
            ("/releases/0/wheels/0/size", json!("big")),
            ("/asked/os", json!("beos")),
        ],
    );
}

#[test]
fn what_why_says_is_as_its_schema_says() {
    let validator = validator(WHY);
    let texts = Texts::english();
    let log: String = symptoms::all()
        .filter_map(|symptom| symptom.says.first())
        .fold(String::new(), |log, says| log + says + "\n");
    for machine in ["ubuntu-4x4090", "module-not-loaded", "wsl2-laptop"] {
        let recording = bundled::recording(machine).unwrap().unwrap();
        for text in [log.as_str(), "my printer does not work", "nvidia error"] {
            let found = why::tell_apart(symptoms::recognise(text), &Facts::new(&recording));
            let document = serde_json::to_value(found.document(&texts)).unwrap();
            assert_valid(&validator, &document, machine);
            assert_eq!(
                document["symptoms"].as_array().unwrap().is_empty(),
                document["machine"].is_null()
            );
        }
    }
    let recording = bundled::recording("module-not-loaded").unwrap().unwrap();
    let found = why::tell_apart(symptoms::recognise(&log), &Facts::new(&recording));
    let document = serde_json::to_value(found.document(&texts)).unwrap();
    assert_each_refused(
        &validator,
        &document,
        &[
            ("/schema", json!("lessons-why/2")),
            ("/machine", json!("x")),
            ("/symptoms/0/causes/0/judgement", json!("perhaps")),
            ("/symptoms/0/line", json!(0)),
            ("/symptoms/0/causes/0/fix", Value::Null),
        ],
    );
}
