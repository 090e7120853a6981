//! CUDA: containers or a toolkit on the host, one driver, a compiler that nvcc accepts, and what the shell must know.
//!
//! There are two routes, and taking neither is no failure: PyTorch brings its own CUDA.

use crate::facts::cuda::toolkits::Toolkit;
use crate::facts::gpus::Sourced;
use crate::facts::system::Place;
use crate::facts::{Facts, Known, Unknown};
use crate::finding::{Finding, Fix};
use crate::programs::{GCC, NVCC};
use crate::step::{Lesson, Step};
use crate::tables::Os;
use crate::version::CudaVersion;

mod containers;
mod environment;
mod extensions;
mod host_compiler;
mod libraries;
mod nvcc;
mod one_driver;
mod toolkit;

#[cfg(test)]
mod made_up;

/// The steps of the lesson, in the order in which they are taught.
pub const STEPS: &[Step] = &[
    Step {
        id: "cuda.container-runtime",
        lesson: Lesson::Cuda,
        required: false,
        needs: &[],
        programs: &[],
        nvml: true,
        check: containers::container_runtime,
    },
    Step {
        id: "cuda.toolkit-installed",
        lesson: Lesson::Cuda,
        required: true,
        needs: &[],
        programs: &[NVCC],
        nvml: true,
        check: toolkit::installed,
    },
    Step {
        id: "cuda.one-driver",
        lesson: Lesson::Cuda,
        required: true,
        needs: &[],
        programs: &[],
        nvml: true,
        check: one_driver::one_driver,
    },
    Step {
        id: "cuda.driver-new-enough",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed", "driver.module-loaded"],
        programs: &[NVCC],
        nvml: true,
        check: toolkit::driver_new_enough,
    },
    Step {
        id: "cuda.host-compiler",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC, GCC],
        nvml: false,
        check: host_compiler::host_compiler,
    },
    Step {
        id: "cuda.env-path",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC],
        nvml: false,
        check: environment::path,
    },
    Step {
        id: "cuda.env-library-path",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC],
        nvml: true,
        check: libraries::library_path,
    },
    Step {
        id: "cuda.env-home",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed"],
        programs: &[NVCC],
        nvml: false,
        check: environment::home,
    },
    Step {
        id: "cuda.env-persistent",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed", "cuda.env-path"],
        programs: &[NVCC],
        nvml: false,
        check: environment::persistent,
    },
    Step {
        id: "cuda.nvcc-runs",
        lesson: Lesson::Cuda,
        required: true,
        needs: &["cuda.toolkit-installed", "cuda.env-path"],
        programs: &[NVCC],
        nvml: false,
        check: nvcc::runs,
    },
    Step {
        id: "cuda.extension-toolkit",
        lesson: Lesson::Cuda,
        required: false,
        needs: &["cuda.toolkit-installed", "cuda.env-home"],
        programs: &[NVCC],
        nvml: false,
        check: extensions::toolkit,
    },
];

/// The finding, or what could not be read and a command to look at the same thing by hand.
fn told(finding: Known<Finding>, look: &str) -> Finding {
    finding.unwrap_or_else(|unknown| Finding::unread(&unknown).fix(Fix::run(look).note("fix-look")))
}

fn not_linux(facts: &Facts<'_>) -> Finding {
    Finding::not_applicable("na-not-linux")
        .arg("os", facts.platform().os)
        .evidence("operating system", facts.platform().os)
}

/// The one that each step says where there is no toolkit: nothing is missing.
fn no_toolkit() -> Finding {
    Finding::not_applicable("na-no-toolkit")
        .evidence("/usr/local/cuda*, $PATH", "no nvcc")
        .fix(Fix::run("lessons show cuda.toolkit-installed").note("fix-show"))
}

/// A toolkit's version: by its files, else by what its compiler says.
fn version_of(facts: &Facts<'_>, toolkit: &Toolkit) -> Known<Sourced<CudaVersion>> {
    if let Some(version) = &toolkit.version {
        return Ok(version.clone());
    }
    facts
        .nvcc_release()?
        .ok_or_else(|| Unknown::not_understood(&toolkit.nvcc))
}

/// Whose driver it is: in WSL it is that of Windows.
fn driver_os(facts: &Facts<'_>) -> Option<Os> {
    match facts.platform().os.as_str() {
        "linux" if facts.place() == Place::Wsl => Some(Os::Windows),
        "linux" => Some(Os::Linux),
        "windows" => Some(Os::Windows),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::made_up::{and, machine, no_toolkit};
    use super::*;
    use crate::bundled;
    use crate::finding::Outcome;
    use crate::recording::Recording;
    use crate::report::Report;

    fn outcomes(recording: &Recording) -> BTreeMap<&'static str, Outcome> {
        let facts = Facts::new(recording);
        Report::of(&facts, STEPS)
            .steps
            .iter()
            .map(|checked| (checked.step.id, checked.finding.outcome))
            .collect()
    }

    /// One slip, one red line: everything else passes, does not apply or waits.
    #[test]
    fn one_cause_is_one_red_line() {
        for (red, changes) in [
            ("", json!({})),
            ("", no_toolkit()),
            (
                "cuda.env-path",
                json!({
                    "env": {"PATH": "/usr/bin"},
                    "files": {"/home/me/.bashrc": {"text": ""}},
                    "commands": {"nvcc --version": {"error": "not-found"}},
                }),
            ),
            (
                "cuda.env-path",
                json!({
                    "env": {"PATH": "/usr/bin:/usr/local/cuda/bin", "CUDA_HOME": "/usr/local/cuda"},
                    "dirs": {"/usr/bin": ["g++", "nvcc"]},
                    "commands": {"nvcc --version": {"exit": 0, "stdout": made_up::nvcc("12.0", "12.0.140")}},
                }),
            ),
            (
                "cuda.env-home",
                json!({"env": {"CUDA_HOME": ":/usr/local/cuda"}}),
            ),
            (
                "cuda.env-library-path",
                json!({"env": {"LD_LIBRARY_PATH": "/usr/local/cuda/lib64:"}}),
            ),
            (
                "cuda.env-persistent",
                json!({"files": {"/home/me/.bashrc": {"text": ""}}}),
            ),
            (
                "cuda.host-compiler",
                json!({"commands": {"gcc -dumpfullversion": {"exit": 0, "stdout": "15.2.0\n"}}}),
            ),
            (
                "cuda.nvcc-runs",
                json!({"commands": {"nvcc --version": {"error": "timed-out"}}}),
            ),
            (
                "cuda.driver-new-enough",
                json!({
                    "files": {
                        "/sys/module/nvidia/version": {"text": "470.256.02\n"},
                        "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1": {"link": "libnvidia-ml.so.470.256.02"},
                        "/var/lib/dpkg/status": {"text": made_up::packages(&[("nvidia-driver-470", "470.256.02-0ubuntu0.24.04.1")])},
                    },
                    "nvml": made_up::nvml("470.256.02", "11.4", "NVIDIA GeForce RTX 3090", "8.6"),
                }),
            ),
            (
                "cuda.one-driver",
                json!({"dirs": {"/usr/bin": ["g++", "gcc", "nvidia-uninstall"]}}),
            ),
            (
                "cuda.container-runtime",
                and(no_toolkit(), &json!({"dirs": {"/usr/bin": ["docker"]}})),
            ),
        ] {
            let recording = machine(&changes);
            let outcomes = outcomes(&recording);
            for (step, outcome) in &outcomes {
                assert_eq!(
                    *outcome == Outcome::Fail,
                    *step == red,
                    "{changes}: {outcomes:?}"
                );
                if red.is_empty() {
                    assert_ne!(*outcome, Outcome::Unknown, "{step}: {changes}");
                }
            }
        }
    }

    /// Machines on which nothing of this lesson is wrong.
    fn healthy() -> Vec<Recording> {
        let bundled = ["ubuntu-4x4090", "ubuntu-4xa6000-nvlink", "wsl2-laptop"];
        let made_up = [
            json!({}),
            json!({"env": {"CUDA_HOME": "/usr/local/cuda", "NVCC_CCBIN": "g++-13"}}),
            // A runfile.
            json!({
                "dirs": {"/usr/local/cuda-12.6/bin": ["cuda-uninstaller", "nvcc"]},
                "env": {"LD_LIBRARY_PATH": "/usr/local/cuda-12.6/lib64"},
            }),
            // The container route.
            and(
                no_toolkit(),
                &json!({
                    "dirs": {"/usr/bin": ["docker", "nvidia-ctk"]},
                    "files": {"/etc/docker/daemon.json": {"text": "{\"runtimes\": {\"nvidia\": {}}}"}},
                }),
            ),
            // Docker for other things, a toolkit for CUDA.
            json!({"dirs": {"/usr/bin": ["docker", "g++", "gcc"]}}),
        ];
        bundled
            .iter()
            .filter_map(|name| bundled::recording(name)?.ok())
            .chain(made_up.iter().map(machine))
            .collect()
    }

    /// What is left of a recording when some of its facts are taken out.
    fn without(recording: &Recording, mut taken: impl FnMut() -> bool) -> Recording {
        let mut left = recording.clone();
        left.files.retain(|_, _| !taken());
        left.dirs.retain(|_, _| !taken());
        left.env.retain(|_, _| !taken());
        left.commands.retain(|_| !taken());
        left.nvml = left.nvml.filter(|_| !taken());
        left
    }

    fn holds(before: &BTreeMap<&str, Outcome>, left: &Recording) -> Result<(), TestCaseError> {
        for (step, outcome) in outcomes(left) {
            prop_assert!(
                outcome == before[step] || matches!(outcome, Outcome::Unknown | Outcome::Blocked),
                "{step}: {:?} became {outcome:?}; left of it: {}",
                before[step],
                left.to_json()
            );
        }
        Ok(())
    }

    #[test]
    fn healthy_machines_have_no_red_line() {
        for recording in healthy() {
            let outcomes = outcomes(&recording);
            assert!(
                !outcomes
                    .values()
                    .any(|outcome| matches!(outcome, Outcome::Fail | Outcome::Unknown)),
                "{}: {outcomes:?}",
                recording.name
            );
        }
    }

    #[test]
    fn without_one_fact_a_step_says_the_same_or_that_it_does_not_know() {
        for recording in healthy() {
            let before = outcomes(&recording);
            let facts = recording.files.len()
                + recording.dirs.len()
                + recording.env.len()
                + recording.commands.len()
                + 1;
            for index in 0..facts {
                let mut at = 0;
                let left = without(&recording, || {
                    at += 1;
                    at == index + 1
                });
                holds(&before, &left).unwrap();
            }
        }
    }

    static HEALTHY: LazyLock<Vec<(Recording, BTreeMap<&str, Outcome>)>> = LazyLock::new(|| {
        healthy()
            .into_iter()
            .map(|recording| {
                let before = outcomes(&recording);
                (recording, before)
            })
            .collect()
    });

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

        #[test]
        fn without_some_facts_a_step_says_the_same_or_that_it_does_not_know(
            bits in proptest::collection::vec(any::<bool>(), 64..256),
            seldom in 1_usize..6,
        ) {
            for (recording, before) in HEALTHY.iter() {
                let mut at = 0;
                let left = without(recording, || {
                    at += 1;
                    (0..seldom).all(|distance| bits[(at * seldom + distance) % bits.len()])
                });
                holds(before, &left)?;
            }
        }

        #[test]
        fn hostile_values_do_no_harm(value in ".{0,40}", path in "(/|:|cuda|-|[0-9.]|bin|compat|nvcc|é){0,20}") {
            for text in [&value, &path] {
                let recording = machine(&json!({
                    "env": {"PATH": format!("{text}:/usr/local/cuda/bin"), "CUDA_HOME": text, "LD_LIBRARY_PATH": text, "NVCC_CCBIN": text, "SHELL": text, "HOME": text},
                    "files": {
                        "/usr/local/cuda": {"link": text},
                        "/usr/local/cuda-12.6/version.json": {"text": text},
                        "/etc/docker/daemon.json": {"text": text},
                        "/var/lib/dpkg/status": {"text": format!("Package: nvidia-driver-580\nStatus: install ok installed\nVersion: {text}\n")},
                        "/home/me/.bashrc": {"text": text},
                        "/etc/ld.so.conf": {"text": text},
                    },
                    "commands": {
                        "nvcc --version": {"exit": 1, "stdout": text, "stderr": text},
                        "gcc -dumpfullversion": {"exit": 0, "stdout": text},
                    },
                }));
                prop_assert_eq!(outcomes(&recording).len(), STEPS.len());
            }
        }
    }

    #[test]
    fn a_recording_of_what_was_read_says_the_same() {
        let changes: [Value; 3] = [
            json!({"env": {"CUDA_HOME": "/usr/local/cuda", "LD_LIBRARY_PATH": "/usr/local/cuda/lib64:/opt/lib"}}),
            no_toolkit(),
            json!({"files": {"/.dockerenv": {"size": 0}}}),
        ];
        for recording in changes.iter().map(machine).chain(healthy()) {
            let facts = Facts::new(&recording);
            let before = Report::of(&facts, STEPS);
            let again = facts.recording("again", "a test", "2026-11-23T00:00:00Z");
            let again = Facts::new(&again);
            let after = Report::of(&again, STEPS);
            for (before, after) in before.steps.iter().zip(&after.steps) {
                assert_eq!(before.finding, after.finding, "{}", before.step.id);
            }
        }
    }
}
