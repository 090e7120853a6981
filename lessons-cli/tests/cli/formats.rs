//! Every format of `lessons check` says the same of a machine, in its own way.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value as Json;

use crate::reader::{NAMED, Reader};

fn check(machine: &str, format: &str) -> String {
    let output = Reader::new()
        .lessons(["check", "--machine", machine, "--format", format])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

/// A step as the JSON document has it.
struct Step {
    id: String,
    required: bool,
    outcome: String,
    summary: String,
}

fn steps(machine: &str) -> Vec<Step> {
    let document: Json = serde_json::from_str(&check(machine, "json")).unwrap();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| Step {
            id: text(&step["id"]),
            required: step["required"].as_bool().unwrap(),
            outcome: text(&step["outcome"]),
            summary: text(&step["summary"]),
        })
        .collect()
}

#[test]
fn json_is_short_for_the_format() {
    let reader = Reader::new();
    let short = reader.run(1, ["check", "--machine", "ubuntu-mismatch", "--json"]);
    assert_eq!(short.out, check("ubuntu-mismatch", "json"));
    reader.run(2, ["check", "--json", "--format", "tap"]);
}

#[test]
fn totals_count_the_steps() {
    for machine in NAMED {
        let document: Json = serde_json::from_str(&check(machine, "json")).unwrap();
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for step in steps(machine) {
            *counted.entry(step.outcome).or_default() += 1;
        }
        for (outcome, count) in document["totals"].as_object().unwrap() {
            let there = counted.get(outcome).copied().unwrap_or(0);
            assert_eq!(count.as_u64(), Some(there), "{outcome} on {machine}");
        }
    }
}

#[test]
fn jsonl_has_the_document_of_each_step_on_its_line() {
    for machine in NAMED {
        let document: Json = serde_json::from_str(&check(machine, "json")).unwrap();
        let lines = check(machine, "jsonl");
        assert!(lines.ends_with('\n'));
        let mut told = Vec::new();
        for line in lines.lines() {
            let mut line: Json = serde_json::from_str(line).unwrap();
            let fields = line.as_object_mut().unwrap();
            assert_eq!(fields.remove("schema").unwrap(), "lessons-check-step/1");
            assert_eq!(fields.remove("machine").unwrap(), document["machine"]);
            told.push(line);
        }
        assert_eq!(Json::from(told), document["steps"]);
    }
}

#[test]
fn junit_is_xml_with_a_case_a_step() {
    for machine in NAMED {
        let xml = check(machine, "junit");
        let report = Report::deserialize_from_str(&xml).unwrap();
        let mut cases = report
            .test_suites
            .iter()
            .flat_map(|suite| &suite.test_cases);
        for step in steps(machine) {
            let case = cases.next().unwrap();
            assert_eq!(case.name.as_str(), step.id);
            let lesson = case.classname.as_ref().unwrap().as_str();
            assert_eq!(Some(lesson), step.id.split('.').next());
            let message = match (&case.status, step.outcome.as_str(), step.required) {
                (TestCaseStatus::Success { .. }, "pass", _) => continue,
                (
                    TestCaseStatus::NonSuccess {
                        kind: NonSuccessKind::Failure,
                        message,
                        ..
                    },
                    "fail",
                    true,
                )
                | (
                    TestCaseStatus::Skipped { message, .. },
                    "blocked" | "unknown" | "not-applicable",
                    _,
                )
                | (TestCaseStatus::Skipped { message, .. }, "fail", false) => message,
                (status, outcome, _) => panic!("{} {outcome}: {status:?}", step.id),
            };
            let message = message.as_ref().unwrap().as_str();
            assert!(message.contains(&step.summary), "{message}");
        }
        assert!(cases.next().is_none());
        // The counts at the top are those of the cases: some readers look at nothing else.
        let failures = xml.matches("<failure").count();
        assert!(xml.contains(&format!(" failures=\"{failures}\"")), "{xml}");
        let count = xml.matches("<testcase").count();
        assert!(xml.contains(&format!(" tests=\"{count}\"")), "{xml}");
    }
}

#[test]
fn tap_has_its_plan_and_a_point_a_step() {
    for machine in NAMED {
        let tap = check(machine, "tap");
        let steps = steps(machine);
        let mut lines = tap.lines();
        assert_eq!(lines.next(), Some("TAP version 14"));
        assert_eq!(lines.next(), Some(format!("1..{}", steps.len()).as_str()));
        // What is indented belongs to the point above it.
        let mut points = lines.filter(|line| !line.starts_with("  "));
        for (number, step) in steps.iter().enumerate() {
            let point = points.next().unwrap();
            let (ok, directive) = match (step.outcome.as_str(), step.required) {
                ("pass", _) => ("ok", ""),
                ("fail", true) => ("not ok", ""),
                ("fail", false) => ("not ok", " # TODO "),
                _ => ("ok", " # SKIP "),
            };
            let start = format!("{ok} {} - {}{directive}", number + 1, step.id);
            let rest = point
                .strip_prefix(&start)
                .unwrap_or_else(|| panic!("{start:?} is not how {point:?} starts"));
            assert_eq!(rest.is_empty(), directive.is_empty(), "{point}");
            // A `#` that is not escaped would begin a directive.
            for (place, _) in rest.match_indices('#') {
                assert_eq!(rest.as_bytes()[place - 1], b'\\', "{point}");
            }
        }
        assert_eq!(points.next(), None);
        let opened = tap.lines().filter(|line| *line == "  ---").count();
        let closed = tap.lines().filter(|line| *line == "  ...").count();
        let failed = steps.iter().filter(|step| step.outcome == "fail").count();
        assert_eq!((opened, closed), (failed, failed));
    }
}

#[test]
fn prometheus_has_a_sample_a_step_and_outcome() {
    let outcomes = ["pass", "fail", "blocked", "not-applicable", "unknown"];
    for machine in NAMED {
        let text = check(machine, "prometheus");
        assert!(text.ends_with('\n'));
        let mut samples: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut announced = Vec::new();
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("# TYPE ") {
                announced.push(comment.strip_suffix(" gauge").unwrap());
                continue;
            }
            if line.starts_with("# HELP ") {
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap();
            assert!(announced.contains(&name), "{name} has no type");
            let labels: BTreeMap<&str, &str> = labels
                .strip_suffix('}')
                .unwrap()
                .split(',')
                .map(|label| {
                    let (name, value) = label.split_once('=').unwrap();
                    let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
                    (name, value)
                })
                .collect();
            assert_eq!(labels["machine"], machine);
            let step = labels.get("step").copied().unwrap_or("all");
            let key = (step.to_owned(), labels["outcome"].to_owned());
            let value = value.parse().unwrap();
            assert_eq!(samples.insert(key, value), None, "{line}");
        }
        let steps = steps(machine);
        assert_eq!(samples.len(), (steps.len() + 1) * outcomes.len());
        for step in &steps {
            for outcome in outcomes {
                let sample = samples[&(step.id.clone(), outcome.to_owned())];
                assert_eq!(sample, u64::from(step.outcome == outcome));
            }
        }
        for outcome in outcomes {
            let count = steps.iter().filter(|step| step.outcome == outcome).count();
            let sample = samples[&("all".to_owned(), outcome.to_owned())];
            assert_eq!(sample, u64::try_from(count).unwrap());
        }
    }
}

#[test]
fn text_names_each_step_with_its_summary_and_what_to_type() {
    for machine in NAMED {
        let text = check(machine, "text");
        for step in steps(machine) {
            let line = text
                .lines()
                .find(|line| line.split_whitespace().nth(2) == Some(&step.id))
                .unwrap_or_else(|| panic!("{} is not in {text}", step.id));
            assert!(line.contains(&step.summary), "{line}");
        }
        let document: Json = serde_json::from_str(&check(machine, "json")).unwrap();
        for step in document["steps"].as_array().unwrap() {
            if step["outcome"] != "fail" {
                continue;
            }
            for fix in step["fix"].as_array().unwrap() {
                for part in ["run", "note"] {
                    assert!(text.contains(fix[part].as_str().unwrap()), "{fix}");
                }
            }
        }
    }
}
