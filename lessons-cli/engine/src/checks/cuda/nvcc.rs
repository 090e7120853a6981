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
