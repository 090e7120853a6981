//! `nvcc --version` explained: the toolkit, the driver that its programs need, the compilers that it takes.

use super::{Explained, Field, Note, Value, text};
use crate::read::nvcc::{Nvcc, NvccFailure};
use crate::tables::Os;
use crate::tables::{cuda_driver, host_compilers};
use crate::version::CudaVersion;

pub(super) fn explain(nvcc: &Nvcc) -> Explained {
    let mut explained = Explained::new(match &nvcc.release {
        Some(release) => text("read-nvcc-what").arg("release", &**release),
        None => text("read-nvcc-what-failure"),
    });
    if let Some(failure) = &nvcc.failure {
        let (id, step) = match failure.value {
            NvccFailure::NotFound => ("read-nvcc-failed-not-found", "cuda.env-path"),
            NvccFailure::PermissionDenied => ("read-nvcc-failed-permission", "cuda.nvcc-runs"),
            NvccFailure::CannotExecute => ("read-nvcc-failed-execute", "cuda.nvcc-runs"),
            NvccFailure::Fatal => ("read-nvcc-failed-fatal", "cuda.nvcc-runs"),
        };
        explained.note(Note::broken(text(id)).step(step).at(Some(failure.span)));
    }
    let release: Option<CudaVersion> = nvcc.release.as_ref().and_then(|text| text.parse().ok());
    if let Some(release) = release {
        explained.note(Note::remark(text("read-nvcc-note-toolkit")).step("smi.cuda-ceiling"));
        driver(&mut explained, release);
        compilers(&mut explained, release);
    }
    for (label, id, seen) in [
        ("release", "read-nvcc-release", &nvcc.release),
        ("V", "read-nvcc-version", &nvcc.version),
        ("Built on", "read-nvcc-built", &nvcc.built),
        ("Build", "read-nvcc-build", &nvcc.build),
    ] {
        if let Some(seen) = seen {
            explained.field(Field::new(label, text(id)).value(Value::seen(seen)));
        }
    }
    explained
}

/// The driver that programs of this toolkit need.
fn driver(explained: &mut Explained, release: CudaVersion) {
    match cuda_driver::family_floor(release, Os::Linux) {
        Ok(floor) => {
            let id = if floor.whole_major {
                "read-nvcc-note-driver"
            } else {
                "read-nvcc-note-driver-one"
            };
            let mut message = text(id)
                .arg("cuda", release.to_string())
                .arg("major", release.major.to_string())
                .arg("linux", floor.at_least.to_string());
            if let Ok(windows) = cuda_driver::family_floor(release, Os::Windows) {
                message.text = crate::finding::TextId::Shared(if floor.whole_major {
                    "read-nvcc-note-driver-both"
                } else {
                    "read-nvcc-note-driver-one-both"
                });
                message = message.arg("windows", windows.at_least.to_string());
            }
            explained.note(Note::remark(message).step("cuda.driver-new-enough"));
        }
        Err(_) => explained.note(Note::warning(
            text("read-nvcc-note-unknown").arg("cuda", release.to_string()),
        )),
    }
}

/// The compilers that nvcc takes.
fn compilers(explained: &mut Explained, release: CudaVersion) {
    let Ok(gcc) = host_compilers::gcc(release) else {
        return;
    };
    let id = match gcc.min {
        Some(_) => "read-nvcc-note-gcc",
        None => "read-nvcc-note-gcc-max",
    };
    explained.note(
        Note::remark(
            text(id)
                .arg(
                    "min",
                    gcc.min.map_or_else(String::new, |min| min.to_string()),
                )
                .arg("max", gcc.max.to_string()),
        )
        .run("gcc --version")
        .step("cuda.host-compiler"),
    );
    if let Ok(clang) = host_compilers::clang(release) {
        explained.note(Note::remark(
            text("read-nvcc-note-clang").arg("max", clang.max.to_string()),
        ));
    }
    if let Ok(msvc) = host_compilers::msvc(release) {
        explained.note(Note::remark(
            text("read-nvcc-note-msvc")
                .arg("from", msvc.from_year.to_string())
                .arg("to", msvc.to_year.to_string()),
        ));
    }
}
