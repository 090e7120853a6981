//! nvcc answers.

use super::{no_toolkit, told};
use crate::facts::{Facts, Known, Unknown};
use crate::finding::{Finding, Fix};
use crate::machine::NotRun;
use crate::programs::NVCC;
use crate::read::nvcc::{self, NvccFailure};
use crate::visible::visible;

pub(super) fn runs(facts: &Facts<'_>) -> Finding {
    told(ask(facts), "nvcc --version")
}

fn ask(facts: &Facts<'_>) -> Known<Finding> {
    let source = NVCC.join(" ");
    let output = match facts.command(NVCC) {
        Ok(output) => output,
        Err(NotRun::TimedOut) => {
            return Ok(Finding::fail("fail-hung")
                .evidence(&source, NotRun::TimedOut.to_string())
                .fix(Fix::run("command -v nvcc").note("fix-where")));
        }
        Err(NotRun::Denied) => {
            return Ok(Finding::fail("fail-denied")
                .evidence(&source, NotRun::Denied.to_string())
                .fix(Fix::run("ls -l \"$(command -v nvcc)\"").note("fix-mode")));
        }
        Err(NotRun::NotFound) => {
            return match facts.toolkit_in_use()? {
                None => Ok(no_toolkit()),
                Some(toolkit) => Ok(Finding::fail("fail-not-found")
                    .arg("nvcc", &toolkit.nvcc)
                    .evidence(&source, NotRun::NotFound.to_string())
                    .evidence(&toolkit.nvcc, "there")
                    .fix(Fix::run("lessons show cuda.env-path").note("fix-path"))),
            };
        }
        Err(why) => return Err(Unknown::not_run(NVCC, why)),
    };
    let read = nvcc::read(&output.stdout).or_else(|_| nvcc::read(&output.stderr));
    if let Ok(nvcc::Nvcc {
        release: Some(release),
        version,
        ..
    }) = &read
        && output.succeeded()
    {
        let exact = version.as_ref().unwrap_or(release);
        return Ok(Finding::pass("pass")
            .arg("release", &release.value)
            .arg("version", &exact.value)
            .evidence(
                &source,
                format!("release {}, V{}", release.value, exact.value),
            ));
    }
    if output.succeeded() {
        return Err(Unknown::not_understood(source));
    }
    let said = output
        .stderr
        .lines()
        .chain(output.stdout.lines())
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let text = match (&read, output.exit) {
        (Ok(nvcc), _) if is(nvcc, NvccFailure::CannotExecute) => "fail-wrong-architecture",
        (_, None) => "fail-signal",
        (_, Some(_)) => "fail-exit",
    };
    let exit = output
        .exit
        .map_or_else(|| "a signal".to_owned(), |exit| exit.to_string());
    Ok(Finding::fail(text)
        .arg("exit", &exit)
        .arg("said", visible(said))
        .evidence(&source, format!("exit {exit}: {said}"))
        .fix(Fix::run("command -v nvcc").note("fix-where")))
}

fn is(nvcc: &nvcc::Nvcc, failure: NvccFailure) -> bool {
    nvcc.failure
        .as_ref()
        .is_some_and(|seen| seen.value == failure)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::made_up::{self, Case, NOT_RECORDED, UNREAD, check_all, no_toolkit};
    use crate::finding::Outcome::{Fail, NotApplicable, Pass, Unknown};

    fn says(said: &Value) -> Value {
        json!({"commands": {"nvcc --version": said}})
    }

    #[test]
    fn every_branch() {
        let cases: Vec<Case> = vec![
            ("runs", json!({}), Pass, "pass"),
            (
                "on Windows",
                json!({"platform": {"os": "windows", "arch": "x86_64"}, "commands": {"nvcc --version": {"exit": 0, "stdout": made_up::nvcc("13.0", "13.0.48")}}}),
                Pass,
                "pass",
            ),
            (
                "hangs",
                says(&json!({"error": "timed-out"})),
                Fail,
                "fail-hung",
            ),
            (
                "may not be started",
                says(&json!({"error": "denied"})),
                Fail,
                "fail-denied",
            ),
            (
                "is there, and is not found",
                says(&json!({"error": "not-found"})),
                Fail,
                "fail-not-found",
            ),
            (
                "is for another processor",
                says(
                    &json!({"exit": 126, "stderr": "bash: /usr/local/cuda/bin/nvcc: cannot execute binary file: Exec format error\n"}),
                ),
                Fail,
                "fail-wrong-architecture",
            ),
            (
                "gives up",
                says(
                    &json!({"exit": 1, "stderr": "nvcc fatal   : Failed to create the host compiler\n"}),
                ),
                Fail,
                "fail-exit",
            ),
            (
                "gives up although it said its version",
                says(&json!({"exit": 2, "stdout": made_up::nvcc("12.6", "12.6.85")})),
                Fail,
                "fail-exit",
            ),
            (
                "is ended by a signal",
                says(&json!({"stdout": ""})),
                Fail,
                "fail-signal",
            ),
            (
                "says something else",
                says(&json!({"exit": 0, "stdout": "hello\n"})),
                Unknown,
                UNREAD,
            ),
            (
                "is not recorded",
                says(&json!(NOT_RECORDED)),
                Unknown,
                UNREAD,
            ),
            ("no toolkit", no_toolkit(), NotApplicable, "na-no-toolkit"),
        ];
        check_all("cuda.nvcc-runs", &cases);
    }
}
