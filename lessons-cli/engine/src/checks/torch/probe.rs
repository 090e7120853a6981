//! What a Python said when it was asked to use the GPUs.

use std::fmt::Write as _;

use serde_json::Value;

use crate::facts::{Facts, Unknown};
use crate::machine::NotRun;
use crate::programs::{torch_probe, torch_probe_everywhere};

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
    /// The sum of the product of two matrices of ones, and how many milliseconds it took.
    pub(super) sum: Option<f64>,
    pub(super) sum_ms: Option<f64>,
    /// The sum of an image of ones convolved with a kernel of ones, where that was asked; and its milliseconds.
    pub(super) convolved: Option<f64>,
    pub(super) convolved_ms: Option<f64>,
    /// Its memory in bytes, free and in all.
    pub(super) memory: Option<(u64, u64)>,
    /// What torch said instead of computing.
    pub(super) error: Option<String>,
}

/// The sum of all elements of the product of two 256 × 256 matrices of ones: 256 cubed.
pub(super) const RIGHT_SUM: f64 = 16_777_216.0;

/// The sum of a 64 × 64 image of ones, convolved with 3 × 3 ones: 62 × 62 places, each 9.
pub(super) const RIGHT_CONVOLVED: f64 = 34_596.0;

impl Computed {
    /// Whether the GPU has computed what it should. Earlier recordings know of no convolution.
    pub(super) fn is_right(&self) -> bool {
        self.error.is_none()
            && self.sum.is_some_and(|sum| is_near(sum, RIGHT_SUM))
            && self
                .convolved
                .is_none_or(|sum| is_near(sum, RIGHT_CONVOLVED))
    }

    /// What it computed wrongly: what came out, and what should have.
    pub(super) fn wrong(&self) -> Option<(String, f64)> {
        let shown = |value: Option<f64>| {
            value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
        };
        if !self.sum.is_some_and(|sum| is_near(sum, RIGHT_SUM)) {
            Some((shown(self.sum), RIGHT_SUM))
        } else if self
            .convolved
            .is_some_and(|sum| !is_near(sum, RIGHT_CONVOLVED))
        {
            Some((shown(self.convolved), RIGHT_CONVOLVED))
        } else {
            None
        }
    }

    /// What it did, for the evidence.
    pub(super) fn what(&self) -> String {
        let mut what = format!("{} computes", self.name);
        let mut say = |work: &str, ms: Option<f64>| {
            if let Some(ms) = ms {
                let _ = write!(what, ", {work} in {ms} ms");
            }
        };
        say("a matrix product", self.sum_ms);
        say("a convolution", self.convolved_ms);
        if let Some((free, total)) = self.memory {
            let _ = write!(what, "; {} of {} MiB are free", free >> 20, total >> 20);
        }
        what
    }
}

fn is_near(sum: f64, right: f64) -> bool {
    (sum - right).abs() < 0.5
}

impl Probe {
    /// What the environment's Python said.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let interpreter = match facts.environment() {
            Ok(Some(environment)) => &environment.interpreter,
            Ok(None) => return Self::NotAsked,
            Err(unknown) => return Self::Unknown(unknown.clone()),
        };
        let question = if is_isolated(facts) {
            torch_probe(interpreter)
        } else {
            torch_probe_everywhere(interpreter)
        };
        match facts.command(&question) {
            Ok(output) if output.succeeded() => answer(&output.stdout)
                .unwrap_or_else(|| Self::Unknown(Unknown::not_understood(source(facts)))),
            Ok(output) => Self::Error(match (last_line(&output.stderr), output.exit) {
                (line, Some(_)) if !line.is_empty() => line,
                (_, Some(exit)) => format!("Python ended with exit status {exit}"),
                // Such as a segmentation fault in a library: what it printed before is not the reason.
                (_, None) => "Python was ended by a signal: it crashed".to_owned(),
            }),
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

/// Whether Python finds the torch without looking at the folders of `PYTHONPATH` and the user's own packages, which `-I`
/// keeps it from.
fn is_isolated(facts: &Facts<'_>) -> bool {
    match facts.torch() {
        Ok(Some(torch)) => !facts.torch_is_put_before(torch) && !facts.torch_is_the_users(torch),
        Ok(None) | Err(_) => true,
    }
}

/// How the question is shown.
pub(super) fn source(facts: &Facts<'_>) -> String {
    let interpreter = match facts.environment() {
        Ok(Some(environment)) => environment.interpreter.as_str(),
        Ok(None) | Err(_) => "python",
    };
    let option = if is_isolated(facts) { "-I" } else { "-B" };
    format!("{interpreter} {option} -c \"import torch …\"")
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
                sum: number(gpu, "sum"),
                sum_ms: number(gpu, "sum_ms"),
                convolved: number(gpu, "convolved"),
                convolved_ms: number(gpu, "convolved_ms"),
                memory: gpu
                    .get("free")
                    .and_then(Value::as_u64)
                    .zip(gpu.get("total").and_then(Value::as_u64)),
                error: gpu
                    .get("error")
                    .and_then(Value::as_str)
                    .map(|error| error.chars().take(300).collect()),
            })
            .collect(),
    ))
}

fn number(gpu: &Value, name: &str) -> Option<f64> {
    gpu.get(name).and_then(Value::as_f64)
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
                sum_ms: None,
                convolved: None,
                convolved_ms: None,
                memory: None,
                error: None,
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

    #[test]
    fn each_gpu_says_what_it_did() {
        let gpu = |fields: &str| {
            let line = format!(
                "{{\"available\": true, \"gpus\": [{{\"name\": \"T4\", \"sum\": 16777216.0{fields}}}]}}"
            );
            match answer(&line) {
                Some(Probe::Computed(gpus)) => gpus[0].clone(),
                other => panic!("{line}: {other:?}"),
            }
        };
        let good = gpu(
            ", \"sum_ms\": 41.5, \"convolved\": 34596.0, \"convolved_ms\": 180.25, \"free\": 14680064000, \"total\": 15728640000",
        );
        assert!(good.is_right() && good.wrong().is_none());
        assert_eq!(
            good.what(),
            "T4 computes, a matrix product in 41.5 ms, a convolution in 180.25 ms; 14000 of 15000 MiB are free"
        );
        let wrong = gpu(", \"convolved\": 0.0");
        assert!(!wrong.is_right());
        assert_eq!(wrong.wrong(), Some(("0".to_owned(), RIGHT_CONVOLVED)));
        let failed = gpu(", \"error\": \"OutOfMemoryError: CUDA out of memory\"");
        assert!(!failed.is_right());
        assert_eq!(gpu("").what(), "T4 computes");
        assert!(
            gpu("").is_right(),
            "an earlier version asked for no convolution"
        );
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
