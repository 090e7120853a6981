//! What the commands print as JSON is what the schemas say, and nothing of it can be lost unnoticed.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value as Json, json};

use crate::reader::{NAMED, Reader, Said};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn schema(name: &str) -> Json {
    let path = folder().join(format!("{name}.schema.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A schema that refers to another one means the file next to it.
struct Neighbours;

impl Retrieve for Neighbours {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Json, Box<dyn Error + Send + Sync>> {
        let name = uri.path().as_str().rsplit('/').next().unwrap_or_default();
        Ok(serde_json::from_str(&fs::read_to_string(
            folder().join(name),
        )?)?)
    }
}

fn validator(name: &str) -> Validator {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_base_uri(format!("lessons:///{name}.schema.json"))
        .with_retriever(Neighbours)
        .build(&schema(name))
        .unwrap()
}

#[track_caller]
fn assert_valid(validator: &Validator, document: &Json) {
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?} in {document:#}");
}

/// Takes out each field in turn; the schema must miss each that is not one of these.
#[track_caller]
fn assert_every_field_is_missed(validator: &Validator, document: &Json, optional: &[&str]) {
    fn pointers(value: &Json, here: &str, found: &mut Vec<String>) {
        match value {
            Json::Object(fields) => {
                for (name, field) in fields {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    let place = format!("{here}/{name}");
                    pointers(field, &place, found);
                    found.push(place);
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointers(item, &format!("{here}/{index}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    pointers(document, "", &mut found);
    assert!(!found.is_empty());
    for pointer in found {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        if optional.contains(&name) {
            continue;
        }
        let mut without = document.clone();
        let fields = without.pointer_mut(parent).unwrap();
        fields.as_object_mut().unwrap().remove(name).unwrap();
        assert!(!validator.is_valid(&without), "{pointer} is not missed");
        let mut wrong = document.clone();
        *wrong.pointer_mut(&pointer).unwrap() = json!([[false]]);
        assert!(!validator.is_valid(&wrong), "{pointer} may be anything");
    }
}

/// The document with one item in each list, which is enough to lose a field of.
fn with_short_lists(mut document: Json) -> Json {
    fn shorten(value: &mut Json) {
        match value {
            Json::Object(fields) => fields.values_mut().for_each(shorten),
            Json::Array(items) => {
                items.truncate(1);
                items.iter_mut().for_each(shorten);
            }
            _ => {}
        }
    }
    shorten(&mut document);
    document
}

fn check(machine: &str, format: &str) -> String {
    let output = Reader::new()
        .lessons(["check", "--machine", machine, "--format", format])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_document_has_its_schema() {
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.strip_suffix(".schema.json").unwrap();
        let schema = schema(name);
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        // The file is called as the documents call themselves.
        let called = format!("{name}/1");
        assert_eq!(schema["properties"]["schema"]["const"], called);
        validator(name);
    }
}

#[test]
fn check_is_as_its_schema_says() {
    let whole = validator("lessons-check");
    let line = validator("lessons-check-step");
    for machine in NAMED {
        let document: Json = serde_json::from_str(&check(machine, "json")).unwrap();
        assert_valid(&whole, &document);
        for step in check(machine, "jsonl").lines() {
            assert_valid(&line, &serde_json::from_str(step).unwrap());
        }
    }
    let live = Reader::new().lessons(["check", "--json"]).output().unwrap();
    assert_valid(&whole, &serde_json::from_slice(&live.stdout).unwrap());

    // A step that fails has everything that a step can have.
    let mut document: Json = serde_json::from_str(&check("ubuntu-fresh-nouveau", "json")).unwrap();
    let steps = document["steps"].as_array_mut().unwrap();
    steps.retain(|step| step["id"] == "driver.nouveau-blacklisted");
    assert!(!steps[0]["evidence"].as_array().unwrap().is_empty());
    assert!(!steps[0]["fix"].as_array().unwrap().is_empty());
    let document = with_short_lists(document);
    assert_every_field_is_missed(&whole, &document, &[]);
    let lines = check("ubuntu-fresh-nouveau", "jsonl");
    let step = lines
        .lines()
        .find(|line| line.contains(r#""id":"driver.nouveau-blacklisted""#))
        .unwrap();
    let step = with_short_lists(serde_json::from_str(step).unwrap());
    assert_every_field_is_missed(&line, &step, &[]);
}

#[test]
fn a_line_has_the_fields_of_a_step_and_the_machine() {
    let names = |schema: &Json| -> Vec<String> {
        let mut names: Vec<String> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        names.sort();
        names
    };
    let mut expected = names(&schema("lessons-check")["$defs"]["step"]);
    expected.extend(["machine".to_owned(), "schema".to_owned()]);
    expected.sort();
    assert_eq!(names(&schema("lessons-check-step")), expected);
}

#[test]
fn list_is_as_its_schema_says_in_every_state() {
    let reader = Reader::new();
    let validator = validator("lessons-list");
    let list = || reader.run(0, ["list", "--json"]).json();
    assert_valid(&validator, &list());
    // A step that passed and fails now, one that passed, and two that were marked by hand.
    let progress = r#"{"schema":"lessons-progress/1","steps":{
        "driver.gpu-visible":{"first_passed":"2026-01-01T00:00:00Z",
            "last":{"outcome":"fail","at":"2026-01-02T00:00:00Z"},"regressed":"2026-01-02T00:00:00Z"},
        "driver.installed":{"first_passed":"2026-01-01T00:00:00Z"}}}"#;
    let file = reader.file("progress.json", progress);
    reader.run(0, ["progress", "import", file.to_str().unwrap()]);
    reader.run(0, ["done", "smi.runs"]);
    reader.run(0, ["skip", "smi.memory-free"]);
    let document = list();
    assert_valid(&validator, &document);
    let states: Vec<&str> = document["lessons"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|lesson| lesson["steps"].as_array().unwrap())
        .map(|step| step["state"].as_str().unwrap())
        .collect();
    for state in ["open", "passed", "regressed", "marked-done", "skipped"] {
        assert!(states.contains(&state), "no step is {state}");
    }
    // The first step has regressed, so it has all that a step can have.
    assert_every_field_is_missed(&validator, &with_short_lists(document), &[]);
}

#[test]
fn machines_are_as_their_schema_says() {
    let validator = validator("lessons-machines");
    let document = Reader::new().run(0, ["machines", "--json"]).json();
    assert_valid(&validator, &document);
    assert_every_field_is_missed(&validator, &with_short_lists(document), &[]);
}

#[test]
fn a_quiz_is_as_its_schema_says() {
    let validator = validator("lessons-quiz");
    let reader = Reader::new();
    let args = ["quiz", "--seed", "2", "--count", "40", "--json"];
    let document = reader.run(0, args).quietly().json();
    assert_valid(&validator, &document);
    assert_eq!(document["questions"].as_array().unwrap().len(), 40);
    assert_eq!(reader.run(0, args).json(), document);
    let one = reader
        .run(0, ["quiz", "smi", "--seed", "2", "--count", "1", "--json"])
        .json();
    assert_valid(&validator, &one);
    assert_eq!(one["lesson"], "smi");
    assert_every_field_is_missed(&validator, &with_short_lists(one), &[]);
}

#[test]
fn progress_is_as_its_schema_says() {
    let reader = Reader::new();
    let validator = validator("lessons-progress");
    let export = || reader.run(0, ["progress", "export"]).json();
    assert_valid(&validator, &export());
    reader.lessons(["check"]).output().unwrap();
    reader.run(0, ["done", "smi.runs"]);
    reader.run(0, ["hint", "smi.runs"]);
    let document = export();
    assert_valid(&validator, &document);
    let file = fs::read_to_string(reader.state().join("progress.json")).unwrap();
    assert_eq!(serde_json::from_str::<Json>(&file).unwrap(), document);
    // Each step remembers only what there is to remember of it.
    let mut one = document;
    let steps = one["steps"].as_object_mut().unwrap();
    steps.retain(|id, _| id == "smi.runs");
    let optional = [
        "smi.runs",
        "first_passed",
        "last",
        "regressed",
        "mark",
        "hints",
    ];
    assert_every_field_is_missed(&validator, &one, &optional);
}

#[test]
fn a_recording_of_this_machine_is_as_its_schema_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exercises/machine.schema.json");
    let schema: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let reader = Reader::new();
    for args in [&["record"][..], &["record", "--no-redact"]] {
        let said = Said::by(0, &mut reader.lessons(args.iter().copied()));
        assert_valid(&validator, &said.json());
    }
}
