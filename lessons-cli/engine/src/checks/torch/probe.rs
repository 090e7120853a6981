//! What a Python said when it was asked to use the GPUs.

use serde_json::Value;

use crate::facts::{Facts, Unknown};
use crate::machine::NotRun;
use crate::programs::torch_probe;

/// What came of asking.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Probe {
    /// torch sees no GPU.
    SeesNone,
    /// Each GPU that torch sees has computed something.
    Computed(Vec<Computed>),
    /// Python ended with an error: its last line.
    Error(String),
    /// It was still running at the time limit.
    Hung,
    /// Nobody asked.
    NotAsked,
    /// It could not be asked, or the answer makes no sense.
    Unknown(Unknown),
}

/// What one GPU has computed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Computed {
    /// Its name.
    pub(super) name: String,
    /// The sum of the product of two matrices of ones.
    pub(super) sum: Option<f64>,
}

/// The sum of all elements of the product of two 256 × 256 matrices of ones: 256 cubed.
pub(super) const RIGHT_SUM: f64 = 16_777_216.0;

impl Computed {
    /// Whether the GPU has computed what it should.
    pub(super) fn is_right(&self) -> bool {
        self.sum.is_some_and(|sum| (sum - RIGHT_SUM).abs() < 0.5)
    }
}

impl Probe {
    /// What the environment's Python said.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let interpreter = match facts.environment() {
            Ok(Some(environment)) => &environment.interpreter,
            Ok(None) => return Self::NotAsked,
            Err(unknown) => return Self::Unknown(unknown.clone()),
        };
        match facts.command(&torch_probe(interpreter)) {
            Ok(output) if output.succeeded() => answer(&output.stdout)
                .unwrap_or_else(|| Self::Unknown(Unknown::not_understood(source(facts)))),
            Ok(output) => Self::Error(last_line(&output.stderr)),
            Err(NotRun::TimedOut) => Self::Hung,
            Err(NotRun::NotAsked | NotRun::NotRecorded) => Self::NotAsked,
            Err(why) => Self::Unknown(Unknown {
                tried: source(facts),
                why: crate::facts::Why::NotRun(why),
            }),
        }
    }

    /// Whether torch was seen computing, rightly, on every GPU that it sees. This settles what a table doubts.
    pub(super) fn is_success(&self) -> bool {
        matches!(self, Self::Computed(gpus) if !gpus.is_empty() && gpus.iter().all(Computed::is_right))
    }
}

/// How the question is shown.
pub(super) fn source(facts: &Facts<'_>) -> String {
    let interpreter = match facts.environment() {
        Ok(Some(environment)) => environment.interpreter.as_str(),
        Ok(None) | Err(_) => "python",
    };
    format!("{interpreter} -I -c \"import torch …\"")
}

/// Reads the answer, the last line that is a JSON object: whatever torch prints as well does not matter.
fn answer(stdout: &str) -> Option<Probe> {
    let said: Value = stdout
        .lines()
        .rev()
        .filter(|line| line.trim_start().starts_with('{'))
        .find_map(|line| serde_json::from_str(line).ok())?;
    if !said.get("available")?.as_bool()? {
        return Some(Probe::SeesNone);
    }
    let gpus = said.get("gpus")?.as_array()?;
    if gpus.is_empty() {
        return Some(Probe::SeesNone);
    }
    Some(Probe::Computed(
        gpus.iter()
            .map(|gpu| Computed {
                name: gpu
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or("GPU")
                    .to_owned(),
                sum: gpu.get("sum").and_then(Value::as_f64),
            })
            .collect(),
    ))
}

/// The last line of a traceback says what went wrong.
fn last_line(stderr: &str) -> String {
    stderr
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim()
        .chars()
        .take(300)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_answer_is_found_below_whatever_else_is_printed() {
        let computed = |sum| {
            Probe::Computed(vec![Computed {
                name: "NVIDIA GeForce RTX 4090".to_owned(),
                sum,
            }])
        };
        let line = |sum: &str| {
            format!(
                "{{warning\n{{\"available\": true, \"gpus\": [{{\"name\": \"NVIDIA GeForce RTX 4090\", \"sum\": {sum}}}]}}\nbye\n"
            )
        };
        assert_eq!(answer(&line("16777216.0")), Some(computed(Some(RIGHT_SUM))));
        assert!(answer(&line("16777216.0")).is_some_and(|probe| probe.is_success()));
        assert!(!answer(&line("1.0")).is_some_and(|probe| probe.is_success()));
        assert_eq!(answer(&line("null")), Some(computed(None)));
        assert_eq!(
            answer("{\"available\": false, \"gpus\": []}"),
            Some(Probe::SeesNone)
        );
        assert_eq!(
            answer("{\"available\": true, \"gpus\": []}"),
            Some(Probe::SeesNone)
        );
        for text in [
            "",
            "{}",
            "{\"available\": 1}",
            "[]",
            "{\"available\": true}",
            "{\"available\": true, \"gpus\": 3}",
        ] {
            assert_eq!(answer(text), None, "{text}");
        }
        assert_eq!(
            last_line("Traceback\n  File\nRuntimeError: no\n\n"),
            "RuntimeError: no"
        );
        assert_eq!(last_line(""), "");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = answer(&text);
            let _ = answer(&format!("{{{text}"));
            let _ = last_line(&text);
        }
    }
}
