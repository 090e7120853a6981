//! Every branch of every check, on small machines: a healthy one, changed in one thing or two.

mod machine;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::STEPS;
use crate::facts::Facts;
use crate::finding::{Finding, Outcome, TextId};
use crate::recording::Recording;
use crate::report::Report;
use crate::steps::{self, Step};
use crate::tables::torch_matrix;
use crate::texts::{MISSING, Texts};

use Outcome::{Blocked, Fail, NotApplicable, Pass, Unknown};
use machine::{
    SITE, VENV, companion, computed, computed_everywhere, conda, driver, env, file, gone, gpu,
    healthy, library, list, names, no_gpu, no_torch, other_python, probe, pyenv, remove, said,
    system_python, text, torch, windows,
};

fn facts_of<T>(machine: &Value, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
    let recording = Recording::from_slice(machine.to_string().as_bytes()).unwrap();
    ask(&Facts::new(&recording))
}

fn finding(machine: &Value, step: &'static Step) -> Finding {
    let mut finding = facts_of(machine, step.check);
    // What a report makes of it where another step explains it.
    if !finding.explained_by.is_empty() {
        let report = facts_of(machine, |facts| Report::of(facts, [step]));
        finding = report.steps.into_iter().next().unwrap().finding;
    }
    let texts = Texts::english();
    let notes = finding.fix.iter().filter_map(|fix| fix.note.as_ref());
    for message in notes.chain([&finding.summary]) {
        let shown = texts.message(step, message);
        assert!(!shown.contains(MISSING), "{}: {shown}", step.id);
    }
    finding
}

type Change = fn(&mut Value);

/// Changes the healthy machine and looks at what a step says: the outcome, the name of its text, and a part of the
/// commands to type.
#[track_caller]
fn holds(step: &str, change: Change, outcome: Outcome, text: &str, command: &str) {
    let step = steps::find(step).unwrap();
    let mut machine = healthy();
    change(&mut machine);
    let finding = finding(&machine, step);
    let (TextId::OfStep(name) | TextId::Shared(name)) = finding.summary.text;
    assert_eq!(
        (finding.outcome, name),
        (outcome, text),
        "{}: {finding:#?}",
        step.id
    );
    let commands: Vec<&str> = finding.fix.iter().map(|fix| fix.run.as_str()).collect();
    assert!(
        commands.join("\n").contains(command),
        "{} {text}: {commands:#?}",
        step.id
    );
    if outcome == Fail {
        assert!(
            !finding.fix.is_empty(),
            "{} {text} has nothing to type",
            step.id
        );
    }
    if matches!(outcome, Fail | NotApplicable) {
        assert!(
            !finding.evidence.is_empty(),
            "{} {text} rests on nothing",
            step.id
        );
    }
}

/// `change => Outcome "text", "a part of the commands";`
macro_rules! holds {
    ($step:literal: $($change:expr => $outcome:ident $text:literal $(, $command:literal)?;)*) => {
        $(holds($step, $change, $outcome, $text, concat!($($command)?));)*
    };
}

const CPU_TORCH: Change = |m| torch(m, "2.15.0", "cpu");

#[test]
fn environments() {
    holds! { "torch.environment":
        |_| {} => Pass "pass";
        |m| conda(m, "first-torch") => Pass "pass-conda";
        |m| conda(m, "base") => Pass "pass-conda-base", "conda create";
        // Images put an environment on PATH and set no variable.
        |m| env(m, "VIRTUAL_ENV", Value::Null) => Pass "pass";
        |m| { conda(m, "base"); env(m, "CONDA_PREFIX", Value::Null); file(m, "/.dockerenv", json!({})); } => Pass "pass-container";
        |m| { env(m, "VIRTUAL_ENV", Value::Null); env(m, "PATH", "/usr/bin"); } => Pass "pass-idle", "source .venv/bin/activate";
        |m| { system_python(m); file(m, "/.dockerenv", json!({})); } => Pass "pass-container";
        system_python => Fail "fail-managed", "uv venv --python 3.12";
        // It may be that of a container.
        |m| { system_python(m); m["files"].as_object_mut().unwrap().remove("/.dockerenv"); } => Unknown "finding-unknown";
        |m| { system_python(m); m["files"].as_object_mut().unwrap().remove("/proc/1/cgroup"); } => Unknown "finding-unknown";
        |m| { system_python(m); m["env"].as_object_mut().unwrap().remove("container"); } => Unknown "finding-unknown";
        |m| { system_python(m); names(m, "/usr/lib/python3.12", &["os.py"]); } => Fail "fail", "python3 -m venv .venv";
        |m| {
            system_python(m);
            names(m, "/usr/bin", &[]);
            m["files"].as_object_mut().unwrap().retain(|path, _| !path.starts_with("/usr/bin"));
        } => Fail "fail-no-python", "uv venv";
        |m| gone(m, &format!("{VENV}/pyvenv.cfg")) => Fail "fail-gone", "uv venv";
        |m| env(m, "PATH", format!("/usr/bin:{VENV}/bin")) => Fail "fail-shadowed", "source /home/me/first-torch/.venv/bin/activate";
        |m| env(m, "PATH", "") => Fail "fail-off-path", "activate";
        |m| { conda(m, "first-torch"); env(m, "PATH", "/usr/bin"); } => Fail "fail-shadowed", "conda activate /opt/conda";
        pyenv => Fail "fail", "uv venv";
        windows => Pass "pass";
        |m| {
            windows(m);
            env(m, "PATH", r"C:\Python312");
            file(m, "C:/Python312/python.exe", json!({"size": 1}));
        } => Fail "fail-shadowed", "Scripts/activate";
        |m| { m["env"].as_object_mut().unwrap().remove("VIRTUAL_ENV"); } => Unknown "finding-unknown";
        |m| { m["env"].as_object_mut().unwrap().remove("PATH"); } => Unknown "finding-unknown";
    }
}

#[test]
fn pythons() {
    holds! { "torch.python-supported":
        |_| {} => Pass "pass";
        |m| { no_torch(m); other_python(m, "3.15"); } => Pass "pass";
        |m| other_python(m, "3.10") => Fail "fail-old", "torch==2.14.1";
        |m| other_python(m, "3.9") => Fail "fail-old", "torch==2.8.0";
        |m| other_python(m, "3.13t") => Fail "fail-old", "torch==2.12.0";
        |m| other_python(m, "3.6") => Fail "fail", "uv venv --python 3.12";
        |m| other_python(m, "3.16") => Unknown "unknown-newer", "uv venv --python 3.12";
        // Without a driver to go by, uv chooses.
        |m| {
            other_python(m, "3.10");
            m.as_object_mut().unwrap().remove("nvml");
        } => Fail "fail-old", "uv pip install torch==2.14.1 torchvision --torch-backend=auto";
        // An older torch for an older Python.
        |m| {
            other_python(m, "3.9");
            let site = format!("{VENV}/lib/python3.9/site-packages");
            names(m, &site, &["torch", "torch-2.8.0.dist-info"]);
            text(m, &format!("{site}/torch/version.py"), "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n");
        } => Pass "pass";
        |m| torch(m, "2.16.0.dev20261120", "cu132") => Pass "pass-installed";
        |m| torch(m, "1.13.0", "cu117") => Unknown "unknown-other-build", "python -c";
        |m| { torch(m, "1.13.0", "cu117"); computed(m); } => Pass "pass-installed";
        |m| { text(m, &format!("{VENV}/pyvenv.cfg"), "home = C:\\Python311-32\nversion = 3.12.3\n") } => Fail "fail-32-bit", "uv venv";
        |m| m["platform"]["arch"] = json!("x86") => Fail "fail-32-bit";
        |m| { m["files"].as_object_mut().unwrap().remove(&format!("{VENV}/pyvenv.cfg")); } => Unknown "finding-unknown";
        |m| conda(m, "first-torch") => Pass "pass";
        pyenv => Pass "pass";
        |m| { pyenv(m); env(m, "PYENV_VERSION", "3.13.0t"); } => Fail "fail-old", "torch==2.12.0";
        |m| { pyenv(m); text(m, "/home/me/.python-version", "3.9.18\n"); } => Fail "fail-old", "torch==2.8.0";
        |m| { pyenv(m); text(m, "/home/.python-version", "3.9.18\n"); } => Fail "fail-old", "torch==2.8.0";
        |m| { pyenv(m); text(m, "/home/me/.pyenv/version", "system\n"); } => Pass "pass";
        windows => Pass "pass";
    }
}

#[test]
fn wheels() {
    holds! { "torch.wheel-exists":
        |_| {} => Pass "pass";
        |m| { no_torch(m); gpu(m, "Tesla K40m", "3.5"); driver(m, "470.256.02", "11.4"); } => Fail "fail-gpu";
        // A torch that is there is judged by itself.
        |m| { gpu(m, "Tesla K40m", "3.5"); driver(m, "470.256.02", "11.4"); } => NotApplicable "na-installed";
        |m| { no_torch(m); gpu(m, "NVIDIA GeForce RTX 5090", "12.0"); driver(m, "470.256.02", "11.4"); } => Fail "fail-driver", "sudo ubuntu-drivers install";
        |m| { gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1"); other_python(m, "3.15"); } => Fail "fail-python", "uv venv";
        |m| {
            no_torch(m);
            m["nvml"]["ok"]["gpus"] = json!([{"name": "GTX 1080", "compute_capability": "6.1"}, {"name": "RTX 5090", "compute_capability": "12.0"}]);
        } => Fail "fail-gpu";
        // A GPU that the tables do not have is not judged by its neighbours.
        |m| gpu(m, "NVIDIA GeForce RTX 9090", "14.0") => Unknown "unknown-table";
        no_gpu => Pass "pass-cpu";
        |m| { no_gpu(m); other_python(m, "3.6"); } => Fail "fail", "uv venv";
        |m| m["nvml"] = json!({"error": "DriverNotLoaded"}) => Unknown "unknown-gpu", "lessons check driver";
        |m| m["nvml"]["ok"]["gpus"] = json!([{"error": "GpuLost"}]) => Unknown "unknown-gpu", "lessons check driver";
        |m| m["nvml"]["ok"]["gpus"] = json!([]) => Unknown "unknown-gpu";
        |m| {
            gone(m, "/sys/module/nvidia/version");
            gone(m, "/proc/driver/nvidia/version");
            m["nvml"]["ok"]["driver_version"] = json!({"error": "Unknown"});
        } => Unknown "unknown-driver", "lessons check driver";
        |m| m["platform"]["arch"] = json!("riscv64") => Unknown "unknown-platform";
        |m| m["platform"] = json!({"os": "macos", "arch": "aarch64"}) => Pass "pass-mac";
        |m| { m["platform"] = json!({"os": "macos", "arch": "aarch64"}); other_python(m, "3.6"); } => Fail "fail", "uv venv";
        |m| {
            m["platform"] = json!({"os": "linux", "arch": "aarch64"});
            gpu(m, "NVIDIA Something", "7.5");
        } => Unknown "unknown-table", "--torch-backend=auto";
    }
}

/// The wheel that is named, by driver, GPU and Python.
#[test]
fn the_wheel_is_the_newest_that_runs() {
    for (driver_version, ceiling, name, capability, python, wheel) in [
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.12",
            "2.15.0 cu130",
        ),
        (
            "620.70.06",
            "13.5",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.12",
            "2.15.0 cu132",
        ),
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce RTX 5090",
            "12.0",
            "3.12",
            "2.15.0 cu130",
        ),
        (
            "570.195.03",
            "12.8",
            "NVIDIA GeForce RTX 5090",
            "12.0",
            "3.12",
            "2.11.0 cu128",
        ),
        (
            "550.163.01",
            "12.4",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.11",
            "2.14.1 cu126",
        ),
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce GTX 1080 Ti",
            "6.1",
            "3.12",
            "2.14.1 cu126",
        ),
        (
            "580.95.05",
            "13.0",
            "Tesla V100-SXM2-16GB",
            "7.0",
            "3.12",
            "2.14.1 cu126",
        ),
        (
            "470.256.02",
            "11.4",
            "NVIDIA GeForce RTX 3090",
            "8.6",
            "3.12",
            "2.7.1 cu118",
        ),
        (
            "580.95.05",
            "13.0",
            "NVIDIA GeForce RTX 4090",
            "8.9",
            "3.10",
            "2.14.1 cu130",
        ),
    ] {
        let mut machine = healthy();
        driver(&mut machine, driver_version, ceiling);
        gpu(&mut machine, name, capability);
        other_python(&mut machine, python);
        let finding = finding(&machine, steps::find("torch.wheel-exists").unwrap());
        let arg = |name: &str| {
            let found = finding
                .summary
                .args
                .iter()
                .find(|(known, _)| *known == name);
            match found.map(|(_, value)| value) {
                Some(crate::finding::Arg::Text(text)) => text.clone(),
                _ => format!("no {name}"),
            }
        };
        assert_eq!(
            format!("{} {}", arg("torch"), arg("tag")),
            wheel,
            "{name}, driver {driver_version}"
        );
        assert!(arg("index").ends_with(&arg("tag")));
    }
}

#[test]
fn where_one_wheel_came_from_is_told_without_its_password() {
    let mut machine = healthy();
    let record = machine["dirs"][SITE]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|name| name.as_str()?.starts_with("torch-").then(|| name.clone()))
        .unwrap();
    let path = format!("{SITE}/{}/direct_url.json", record.as_str().unwrap());
    text(
        &mut machine,
        &path,
        r#"{"archive_info": {}, "url": "https://me:secret@mirrors.example.org/whl/cu126/torch.whl?key=secret"}"#,
    );
    let found = finding(&machine, steps::find("torch.installed").unwrap());
    let evidence = format!("{:?}", found.evidence);
    assert!(
        evidence.contains("https://mirrors.example.org/whl/cu126/torch.whl"),
        "{evidence}"
    );
    assert!(!evidence.contains("secret"), "{evidence}");
    for odd in ["", "{}", "[]", r#"{"url": 3}"#, r#"{"url": "://"}"#] {
        text(&mut machine, &path, odd);
        finding(&machine, steps::find("torch.installed").unwrap());
    }
}

#[test]
fn remains_are_told_where_the_driver_is_not_known() {
    let mut machine = healthy();
    machine["nvml"] = json!({"error": "not-recorded"});
    gone(&mut machine, &format!("{SITE}/torch/version.py"));
    let outcomes = facts_of(&machine, |facts| {
        let steps = ["torch.wheel-exists", "torch.installed"];
        let report = Report::of(facts, steps.into_iter().filter_map(steps::find));
        let outcome = |step: &crate::report::Checked| step.finding.outcome;
        report.steps.iter().map(outcome).collect::<Vec<_>>()
    });
    assert_eq!(outcomes, [Unknown, Fail]);
}

#[test]
fn torches_of_several_pythons_are_told_side_by_side() {
    let mut machine = healthy();
    no_torch(&mut machine);
    names(&mut machine, "/home/me/miniforge3/envs", &["dl"]);
    names(
        &mut machine,
        "/home/me/miniforge3/envs/dl/lib",
        &["python3.11"],
    );
    names(&mut machine, "/home/me/.local/lib", &["python3.12"]);
    for (site, version) in [
        ("/home/me/miniforge3/envs/dl/lib/python3.11", "2.8.0+cu128"),
        ("/home/me/.local/lib/python3.12", "2.4.1+cu121"),
    ] {
        text(
            &mut machine,
            &format!("{site}/site-packages/torch/version.py"),
            &format!("__version__ = '{version}'\ncuda = '12.1'\n"),
        );
    }
    let found = finding(&machine, steps::find("torch.installed").unwrap());
    assert_eq!(found.outcome, Fail);
    let told: Vec<_> = found.evidence.iter().map(|it| it.detail.as_str()).collect();
    assert!(
        told.contains(&"2.8.0+cu128") && told.contains(&"2.4.1+cu121"),
        "{told:?}"
    );
}

#[test]
fn installations() {
    holds! { "torch.installed":
        |_| {} => Pass "pass";
        // What Python cannot import is not installed, whatever pip's record says.
        |m| gone(m, &format!("{SITE}/torch/version.py")) => Fail "fail-remains", "rm -r";
        |m| { no_torch(m); list(m, &["torch-2.15.0.dist-info"]); } => Fail "fail-remains", "torch-2.15.0.dist-info";
        |m| { no_torch(m); list(m, &["torch"]); } => Fail "fail-remains", "rm -r";
        // A folder without any record.
        |m| remove(m, "torch-") => Pass "pass-no-record";
        // Python looks into the folders of a variable first.
        |m| {
            env(m, "PYTHONPATH", "relative::/srv/shared/");
            text(m, "/srv/shared/torch/version.py", "__version__ = '2.4.0+cu121'\ncuda = '12.1'\n");
        } => Pass "pass-python-path";
        |m| { env(m, "PYTHONPATH", "/srv/none:"); names(m, "/srv/none", &[]); } => Pass "pass";
        |m| env(m, "PYTHONPATH", SITE) => Pass "pass";
        // Torch may lie in a folder that nobody looked at.
        |m| { env(m, "PYTHONPATH", "/srv/unseen"); no_torch(m); } => Unknown "finding-unknown";
        // pip and uv go by records.
        |m| list(m, &["torch-2.9.0+cu126.dist-info"]) => Pass "pass-records";
        |m| { remove(m, "torch-"); list(m, &["torch-2.9.0.dist-info"]); } => Pass "pass-records";
        // Built from its sources and linked, in setuptools' old and new form.
        |m| {
            no_torch(m);
            list(m, &["easy-install.pth", "torch.egg-link"]);
            text(m, &format!("{SITE}/easy-install.pth"), "/home/me/pytorch\n");
            text(m, "/home/me/pytorch/torch/version.py", "__version__ = '2.16.0a0+git1234'\ncuda = '13.0'\n");
        } => Pass "pass";
        |m| {
            no_torch(m);
            list(m, &["__editable__.torch-2.16.0a0+git1234.pth", "torch-2.16.0a0+git1234.dist-info"]);
            text(m, &format!("{SITE}/__editable__.torch-2.16.0a0+git1234.pth"), "/home/me/pytorch\n");
            text(m, "/home/me/pytorch/torch/version.py", "__version__ = '2.16.0a0+git1234'\ncuda = '13.0'\n");
        } => Pass "pass";
        // A folder that somebody wrote into a file by hand.
        |m| {
            no_torch(m);
            list(m, &["mine.pth"]);
            text(m, &format!("{SITE}/mine.pth"), "import os\n/srv/shared\n");
            text(m, "/srv/shared/torch/version.py", "__version__ = '2.4.0+cu121'\ncuda = '12.1'\n");
        } => Pass "pass";
        // Behind a link that nobody read there may be a torch; beside one that is there it does not matter.
        |m| { no_torch(m); list(m, &["mine.pth"]); } => Unknown "finding-unknown";
        |m| list(m, &["mine.pth"]) => Pass "pass";
        |m| {
            no_torch(m);
            text(m, &format!("{VENV}/bin/pip"), "#!/usr/bin/python3\nimport sys\n");
        } => Fail "fail-other-pip", "python -m pip install";
        |m| {
            no_torch(m);
            text(m, &format!("{VENV}/bin/pip"), &format!("#!{VENV}/bin/python3\nimport sys\n"));
        } => Fail "fail";
        // Another Python on PATH has it.
        |m| {
            no_torch(m);
            env(m, "PATH", format!("{VENV}/bin:/opt/py/bin:/usr/bin"));
            names(m, "/opt/py/lib", &["python3.12"]);
            text(m, "/opt/py/lib/python3.12/site-packages/torch/version.py", "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n");
        } => Fail "fail-elsewhere";
        |m| {
            no_torch(m);
            names(m, "/home/me/miniforge3/envs", &["dl"]);
            names(m, "/home/me/miniforge3/envs/dl/lib", &["python3.11"]);
            text(m, "/home/me/miniforge3/envs/dl/lib/python3.11/site-packages/torch/version.py", "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n");
        } => Fail "fail-elsewhere";
        no_torch => Fail "fail", "python -m pip install torch==2.15.0 torchvision==0.29.2 --index-url https://download.pytorch.org/whl/cu130";
        |m| {
            no_torch(m);
            text(m, &format!("{VENV}/pyvenv.cfg"), "home = /usr/bin\nuv = 0.13.9\nversion_info = 3.12.3\n");
        } => Fail "fail", "uv pip install torch==2.15.0 torchvision==0.29.2 --torch-backend=cu130";
        |m| {
            no_torch(m);
            env(m, "VIRTUAL_ENV", Value::Null);
            env(m, "PATH", "/usr/bin");
        } => Fail "fail", "/home/me/first-torch/.venv/bin/python -m pip install";
        |m| { no_torch(m); no_gpu(m); } => Fail "fail", "https://download.pytorch.org/whl/cpu";
        |m| { no_torch(m); m["nvml"] = json!({"error": "DriverNotLoaded"}); } => Fail "fail", "lessons check driver smi";
        |m| {
            no_torch(m);
            m["platform"] = json!({"os": "macos", "arch": "aarch64"});
        } => Fail "fail", "python -m pip install torch==2.15.0 torchvision==0.29.2";
        |m| {
            no_torch(m);
            names(m, "/home/me/.local/lib", &["python3.12"]);
            text(m, "/home/me/.local/lib/python3.12/site-packages/torch/version.py", "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n");
        } => Fail "fail-elsewhere", "python -m pip install";
        |m| {
            m["files"].as_object_mut().unwrap().remove(&format!("{SITE}/torch/version.py"));
            m["dirs"].as_object_mut().unwrap().remove(SITE);
        } => Unknown "finding-unknown";
        |m| text(m, &format!("{SITE}/torch/version.py"), "not a version file") => Unknown "finding-unknown";
        |m| conda(m, "first-torch") => Pass "pass";
        pyenv => Fail "fail", "python3 -m pip install";
        windows => Pass "pass";
    }
}

#[test]
fn builds() {
    holds! { "torch.cuda-build":
        |_| {} => Pass "pass";
        CPU_TORCH => Fail "fail-cpu", "python -m pip install --force-reinstall torch==2.15.0 torchvision==0.29.2 --index-url https://download.pytorch.org/whl/cu130";
        |m| {
            torch(m, "2.8.0", "cpu");
            companion(m, "torchvision", "0.23.0", "cpu", "Requires-Dist: torch==2.8.0");
            companion(m, "torchaudio", "2.8.0", "cpu", "Requires-Dist: torch==2.8.0");
        } => Fail "fail-cpu", "torch==2.8.0 torchaudio==2.8.0 torchvision==0.23.0 --index-url https://download.pytorch.org/whl/cu129";
        windows => Fail "fail-cpu-windows", "https://download.pytorch.org/whl/cu130";
        |m| torch(m, "2.15.0", "rocm7.2") => Fail "fail-other", "--force-reinstall";
        |m| torch(m, "2.15.0", "xpu") => Fail "fail-other", "--force-reinstall";
        |m| { CPU_TORCH(m); m["nvml"] = json!({"error": "DriverNotLoaded"}); } => Fail "fail-cpu", "lessons check driver smi";
        |m| { CPU_TORCH(m); no_gpu(m); } => NotApplicable "na-cpu";
        |m| { torch(m, "2.15.0", "rocm7.2"); no_gpu(m); } => NotApplicable "na-other";
        |m| { CPU_TORCH(m); m["platform"]["os"] = json!("macos"); } => NotApplicable "na-mac";
        |m| {
            CPU_TORCH(m);
            m.as_object_mut().unwrap().remove("nvml");
            m["dirs"].as_object_mut().unwrap().remove("/sys/bus/pci/devices");
        } => Unknown "unknown-gpu", "lessons check driver.gpu-visible";
        |m| gone(m, &format!("{SITE}/torch/version.py")) => Unknown "finding-unknown";
        |m| { text(m, &format!("{SITE}/torch/version.py"), "__version__ = '2.15.0'\n") } => Unknown "finding-unknown";
    }
}

#[test]
fn drivers() {
    holds! { "torch.driver-new-enough":
        |_| {} => Pass "pass";
        |m| torch(m, "2.15.0", "cu132") => Pass "pass-minor";
        |m| driver(m, "999.10.01", "20.0") => Pass "pass";
        |m| {
            driver(m, "570.195.03", "12.8");
            torch(m, "2.11.0", "cu130");
        } => Fail "fail", "torch==2.11.0 torchvision==0.26.0 --index-url https://download.pytorch.org/whl/cu128";
        |m| driver(m, "570.195.03", "12.8") => Fail "fail", "torch==2.14.1 torchvision==0.29.1 --index-url https://download.pytorch.org/whl/cu126";
        |m| driver(m, "570.195.03", "12.8") => Fail "fail", "sudo ubuntu-drivers install";
        |m| { driver(m, "570.195.03", "12.8"); computed(m); } => Pass "pass-observed";
        |m| torch(m, "3.0.0", "cu140") => Unknown "unknown-table", "--deep";
        CPU_TORCH => NotApplicable "na-no-cuda";
        // In WSL the driver's version is one of Windows.
        |m| {
            text(m, "/proc/version", "Linux version 6.6.87.2-microsoft-standard-WSL2\n");
            torch(m, "2.8.0", "cu128");
            gone(m, "/sys/module/nvidia/version");
            gone(m, "/proc/driver/nvidia/version");
            m["nvml"]["ok"]["driver_version"] = json!("527.41");
        } => Fail "fail";
        |m| {
            gone(m, "/sys/module/nvidia/version");
            gone(m, "/proc/driver/nvidia/version");
            m.as_object_mut().unwrap().remove("nvml");
        } => Unknown "finding-unknown";
    }
}

#[test]
fn architectures() {
    holds! { "torch.gpu-arch-in-wheel":
        |_| {} => Pass "pass";
        |m| gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1") => Fail "fail-older", "torch==2.14.1 torchvision==0.29.1 --index-url https://download.pytorch.org/whl/cu126";
        |m| {
            gpu(m, "NVIDIA GeForce RTX 5090", "12.0");
            torch(m, "2.6.0", "cu124");
            text(m, &format!("{SITE}/torch/lib/libtorch_python.so"), "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90");
        } => Fail "fail-newer", "--index-url https://download.pytorch.org/whl/cu130";
        // From the table, where the library cannot be read or has no list.
        |m| {
            gpu(m, "NVIDIA GeForce RTX 5090", "12.0");
            torch(m, "2.6.0", "cu124");
            gone(m, &format!("{SITE}/torch/lib/libtorch_python.so"));
        } => Fail "fail-newer", "cu130";
        |m| text(m, &format!("{SITE}/torch/lib/libtorch_python.so"), "") => Pass "pass";
        |m| { gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1"); computed(m); } => Pass "pass-observed";
        |m| {
            m["nvml"]["ok"]["gpus"] = json!([{"name": "RTX 4090", "compute_capability": "8.9"}, {"name": "GT 1030", "compute_capability": "6.1"}]);
        } => Fail "fail-older";
        |m| { gpu(m, "NVIDIA New", "14.0"); text(m, &format!("{SITE}/torch/lib/libtorch_python.so"), "sm_120 compute_120"); } => Pass "pass-ptx";
        |m| {
            gpu(m, "NVIDIA New", "14.0");
            torch(m, "2.15.0", "cu132");
            text(m, &format!("{SITE}/torch/lib/libtorch_python.so"), "sm_120 compute_120");
        } => Unknown "unknown-ptx", "--deep";
        |m| gpu(m, "NVIDIA New", "14.0") => Unknown "unknown-gpu", "--deep";
        |m| m["nvml"]["ok"]["gpus"] = json!([{"error": "GpuLost"}]) => Unknown "finding-unknown";
        |m| m["nvml"]["ok"]["gpus"] = json!([]) => Unknown "finding-unknown";
        |m| m["nvml"] = json!({"error": "DriverNotLoaded"}) => Unknown "finding-unknown";
        |m| { torch(m, "2.16.0", "cu134"); gone(m, &format!("{SITE}/torch/lib/libtorch_python.so")); } => Unknown "finding-unknown", "--deep";
        CPU_TORCH => NotApplicable "na-no-cuda";
    }
}

#[test]
fn companions() {
    holds! { "torch.companions-paired":
        |_| {} => Pass "pass";
        |m| remove(m, "torchvision") => Pass "pass-alone";
        |m| {
            companion(m, "torchvision", "0.23.0", "cu130", "Requires-Dist: torch (==2.8.0)");
        } => Fail "fail-requires", "python -m pip install --force-reinstall --no-deps torchvision==0.29.2 --index-url https://download.pytorch.org/whl/cu130";
        // The local part of a pin is a question of its own.
        |m| {
            torch(m, "2.8.0", "cu128");
            remove(m, "nvidia");
            companion(m, "torchvision", "0.23.0", "cu128", "Requires-Dist: torch (==2.8.0+cu128)");
        } => Pass "pass";
        |m| { companion(m, "torchvision", "0.29.2", "cpu", "Requires-Dist: torch (>=2.14.0)") } => Fail "fail-build", "torchvision==0.29.2";
        |m| {
            torch(m, "2.8.0", "cpu");
            remove(m, "nvidia");
            companion(m, "torchvision", "0.23.0", "cu126", "Requires-Dist: torch==2.8.0");
        } => Fail "fail-build", "https://download.pytorch.org/whl/cpu";
        |m| { companion(m, "torchvision", "0.29.2", "cu128", "Requires-Dist: torch (>=2.14.0)") } => Fail "fail-build";
        |m| { companion(m, "torchvision", "0.29.2", "cu132", "Requires-Dist: torch (>=2.14.0)") } => Pass "pass";
        // A broken upgrade leaves two records: the one of what Python imports counts.
        |m| {
            list(m, &["torchvision-0.20.0.dist-info"]);
            text(m, &format!("{SITE}/torchvision-0.20.0.dist-info/METADATA"), "Requires-Dist: torch (==2.5.0)\n");
            text(m, &format!("{SITE}/torchvision/version.py"), "__version__ = '0.29.2+cu130'\n");
        } => Pass "pass";
        |m| {
            list(m, &["torchvision-0.20.0.dist-info"]);
            text(m, &format!("{SITE}/torchvision-0.20.0.dist-info/METADATA"), "Requires-Dist: torch (==2.5.0)\n");
            text(m, &format!("{SITE}/torchvision/version.py"), "__version__ = '0.20.0+cu130'\n");
        } => Fail "fail-requires";
        |m| companion(m, "torchaudio", "2.11.0", "cu130", "") => Pass "pass";
        |m| { torch(m, "2.15.0", "cu132"); companion(m, "torchaudio", "2.11.0", "cu130", ""); } => Fail "fail-build", "python -m pip uninstall -y torchaudio";
        |m| {
            torch(m, "2.8.0", "cu128");
            remove(m, "nvidia");
            remove(m, "torchvision");
            companion(m, "torchaudio", "2.11.0", "cu130", "");
        } => Fail "fail-build", "torchaudio==2.8.0";
        |m| {
            torch(m, "2.8.0", "cu128");
            remove(m, "nvidia");
            remove(m, "torchvision");
            companion(m, "torchaudio", "2.11.0", "", "");
        } => Fail "fail-works-with", "torchaudio==2.8.0";
        |m| companion(m, "torchaudio", "2.11.0", "", "") => Unknown "unknown-build", "import torchaudio";
        |m| companion(m, "torchtext", "0.18.0", "", "Requires-Dist: torch >=2.3.0") => Fail "fail-ended", "pip uninstall -y torchtext";
        |m| { companion(m, "torchvision", "0.99.0", "cu130", "Requires-Dist: torch (>=2.14.0)") } => Pass "pass";
        |m| companion(m, "torchaudio", "9.0.0", "cu130", "") => Unknown "unknown-table";
        |m| { companion(m, "torchvision", "0.29.2", "cu130", "Requires-Dist: torch (two)") } => Unknown "finding-unknown";
        |m| gone(m, &format!("{SITE}/torchvision-0.29.2.dist-info/METADATA")) => Pass "pass";
        |m| library(m, &["nvidia_cudnn_cu12-9.10.2.21"]) => Fail "fail-libraries", "python -m pip uninstall -y nvidia-cudnn-cu12";
        |m| library(m, &["nvidia_cudnn_cu12-9.10.2.21"]) => Fail "fail-libraries", "--no-deps nvidia-cuda-runtime==13.0.96 nvidia-cudnn-cu13==9.26.0.51";
        |m| {
            torch(m, "2.8.0", "cu128");
            companion(m, "torchvision", "0.23.0", "cu128", "Requires-Dist: torch==2.8.0");
        } => Fail "fail-libraries", "nvidia-cuda-runtime";
        |m| {
            library(m, &["nvidia_cuda_cupti-13.0.85", "nvidia_cusparselt_cu13-0.8.1", "nvidia_cufft-12.2.0", "nvidia_dali_cuda120-1.0", "nvidia_ml_py-13.0"]);
        } => Pass "pass";
        // A build without CUDA has no use for any.
        |m| {
            torch(m, "2.15.0", "cpu");
            companion(m, "torchvision", "0.29.2", "", "Requires-Dist: torch (>=2.14.0)");
            library(m, &["nvidia_cudnn_cu12-9.10.2.21"]);
        } => Pass "pass";
        |m| { m["dirs"].as_object_mut().unwrap().remove(SITE); } => Unknown "finding-unknown";
    }
}

#[test]
fn known_faults() {
    holds! { "torch.not-known-bad":
        |_| {} => Pass "pass-note";
        |m| { torch(m, "2.5.1", "cu124"); } => Pass "pass";
        |m| torch(m, "2.9.0", "cu128") => Fail "fail";
        |m| { torch(m, "2.9.1", "cu128"); remove(m, "nvidia"); library(m, &["nvidia_cudnn_cu12-9.10.2.21"]); } => Fail "fail";
        |m| { torch(m, "2.9.1", "cu128"); remove(m, "nvidia"); library(m, &["nvidia_cudnn_cu12-9.16.0.29"]); } => Pass "pass-note";
        |m| { torch(m, "2.9.1", "cu128"); remove(m, "nvidia"); } => Unknown "unknown-perhaps";
        |m| torch(m, "2.16.0", "cu132") => Unknown "unknown-table";
        // Companions are judged by their own step.
        |m| { torch(m, "2.15.0", "cu132"); companion(m, "torchaudio", "2.11.0", "cu130", ""); } => Pass "pass-note";
    }
}

#[test]
fn gpus_seen() {
    const BLIND: Change = |m| said(m, &json!({"available": false, "gpus": []}));
    holds! { "torch.sees-gpu":
        |_| {} => Unknown "unknown-not-asked", "lessons check torch.sees-gpu --deep";
        |m| m["commands"] = json!([]) => Unknown "unknown-not-asked", "--deep";
        computed => Pass "pass";
        // Where torch lies in a folder of PYTHONPATH, Python is asked in a way in which it looks there.
        |m| {
            env(m, "PYTHONPATH", "/srv/shared");
            text(m, "/srv/shared/torch/version.py", "__version__ = '2.15.0+cu130'\ncuda = '13.0'\n");
            computed_everywhere(m);
        } => Pass "pass";
        computed_everywhere => Unknown "unknown-not-asked";
        |m| { said(m, &json!({"available": true, "gpus": [{"name": "RTX 4090", "sum": 12.0}]})) } => Fail "fail-wrong", "lessons check smi";
        |m| { said(m, &json!({"available": true, "gpus": [{"name": "RTX 4090", "sum": null}]})) } => Fail "fail-wrong";
        BLIND => Fail "fail", "torch.ones(1).cuda()";
        |m| { probe(m, &json!({"exit": 1, "stderr": "Traceback\nRuntimeError: CUDA unknown error\n"})) } => Fail "fail";
        |m| probe(m, &json!({"error": "timed-out"})) => Fail "fail-hung";
        |m| probe(m, &json!({"exit": null, "stderr": "a warning\n"})) => Fail "fail";
        |m| said(m, &json!({"available": true, "gpus": [
            {"name": "NVIDIA GeForce RTX 4090", "sum": 16_777_216.0, "convolved": 34_596.0},
            {"name": "NVIDIA GeForce RTX 4090", "error": "OutOfMemoryError: CUDA out of memory"}
        ]})) => Fail "fail-gpu";
        |m| said(m, &json!({"available": true, "gpus": [
            {"name": "NVIDIA GeForce RTX 4090", "sum": 16_777_216.0, "convolved": 3.0}
        ]})) => Fail "fail-wrong";
        |m| probe(m, &json!({"exit": 0, "stdout": "hello\n"})) => Unknown "finding-unknown";
        |m| probe(m, &json!({"error": "not-found"})) => Unknown "finding-unknown";
        |m| { BLIND(m); text(m, "/proc/modules", "nvidia 1 1 - Live 0x0\n"); } => Fail "fail-uvm", "sudo modprobe nvidia_uvm";
        |m| { BLIND(m); gone(m, "/dev/nvidia-uvm"); } => Fail "fail-uvm", "sudo modprobe nvidia_uvm";
        // What another step says explains it.
        |m| { BLIND(m); env(m, "LD_LIBRARY_PATH", "/usr/local/cuda-13.0/compat"); } => Blocked "finding-blocked";
        |m| { BLIND(m); library(m, &["nvidia_cudnn_cu12-9.10.2.21"]); } => Blocked "finding-blocked";
        // Decided by the variable alone.
        |m| env(m, "CUDA_VISIBLE_DEVICES", "") => Fail "fail-hidden", "unset CUDA_VISIBLE_DEVICES";
        |m| env(m, "CUDA_VISIBLE_DEVICES", "-1") => Fail "fail-hidden";
        |m| env(m, "CUDA_VISIBLE_DEVICES", "1,0") => Fail "fail-hidden";
        |m| env(m, "CUDA_VISIBLE_DEVICES", "0,7") => Unknown "unknown-not-asked";
        |m| env(m, "CUDA_VISIBLE_DEVICES", "GPU-2a") => Unknown "unknown-not-asked";
        |m| { BLIND(m); env(m, "CUDA_VISIBLE_DEVICES", "-1"); } => Fail "fail-hidden";
        |m| {
            env(m, "CUDA_VISIBLE_DEVICES", "");
            m["platform"]["os"] = json!("windows");
            env(m, "VIRTUAL_ENV", "C:/v");
            text(m, "C:/v/pyvenv.cfg", "version = 3.12.1\n");
            text(m, "C:/v/Lib/site-packages/torch/version.py", "__version__ = '2.15.0+cu130'\ncuda = '13.0'\n");
        } => Unknown "unknown-not-asked";
        CPU_TORCH => NotApplicable "na-no-cuda";
    }
}

/// One cause is one red line: what follows from it is blocked.
#[test]
fn one_cause_gives_one_failure() {
    let causes: [(Change, &str); 7] = [
        (system_python, "torch.environment"),
        (|m| other_python(m, "3.9"), "torch.python-supported"),
        (no_torch, "torch.installed"),
        (CPU_TORCH, "torch.cuda-build torch.companions-paired"),
        (
            |m| driver(m, "570.195.03", "12.8"),
            "torch.driver-new-enough",
        ),
        (
            |m| gpu(m, "NVIDIA GeForce GTX 1080 Ti", "6.1"),
            "torch.gpu-arch-in-wheel",
        ),
        (|m| env(m, "CUDA_VISIBLE_DEVICES", "-1"), "torch.sees-gpu"),
    ];
    for (change, failing) in causes {
        let mut machine = healthy();
        change(&mut machine);
        let failed: Vec<&str> = facts_of(&machine, |facts| Report::of(facts, STEPS))
            .steps
            .iter()
            .filter(|checked| checked.finding.outcome == Fail)
            .map(|checked| checked.step.id)
            .collect();
        assert_eq!(failed.join(" "), failing);
    }
}

/// The Python that new environments are made with is one that torch supports, also the last torch for old GPUs.
#[test]
fn the_suggested_python_is_supported() {
    let last_for_old_gpus = "2.14.1".parse().unwrap();
    for release in [
        torch_matrix::latest().unwrap(),
        torch_matrix::release(&last_for_old_gpus).unwrap(),
    ] {
        assert!(release.supports_python(super::SUGGESTED_PYTHON));
    }
}

/// Other lessons ask whether torch takes its CUDA from wheels.
#[test]
fn wheels_of_nvidia_are_told_from_other_sources_of_cuda() {
    let uses = |machine: &Value| facts_of(machine, |facts| facts.torch_uses_nvidia_wheels().ok());
    let mut machine = healthy();
    assert_eq!(uses(&machine), Some(true));
    remove(&mut machine, "nvidia");
    assert_eq!(uses(&machine), Some(false));
    machine["dirs"].as_object_mut().unwrap().remove(SITE);
    assert_eq!(uses(&machine), None);
    let mut machine = healthy();
    no_torch(&mut machine);
    assert_eq!(uses(&machine), Some(false));
}

/// Every fact that the healthy machine states, as a path to it.
fn stated(machine: &Value) -> Vec<(&'static str, String)> {
    ["files", "dirs", "env"]
        .into_iter()
        .flat_map(|part| {
            machine[part]
                .as_object()
                .unwrap()
                .keys()
                .map(move |key| (part, key.clone()))
                .collect::<Vec<_>>()
        })
        .chain([("nvml", String::new()), ("commands", String::new())])
        .collect()
}

fn without(machine: &Value, facts: &[&(&'static str, String)]) -> Value {
    let mut machine = machine.clone();
    for (part, key) in facts {
        if key.is_empty() {
            machine.as_object_mut().unwrap().remove(*part);
        } else {
            machine[part].as_object_mut().unwrap().remove(key);
        }
    }
    machine
}

fn outcomes(machine: &Value) -> Vec<Outcome> {
    facts_of(machine, |facts| Report::of(facts, STEPS))
        .steps
        .iter()
        .map(|checked| checked.finding.outcome)
        .collect()
}

/// Not knowing is neither good nor bad.
fn never_turns(full: &[Outcome], less: &[Outcome], removed: &str) {
    for ((step, full), less) in STEPS.iter().zip(full).zip(less) {
        assert!(
            full == less || matches!(less, Unknown | Blocked),
            "{}: {full:?} turned into {less:?} without {removed}",
            step.id
        );
    }
}

#[test]
fn a_fact_that_is_missing_never_makes_a_verdict() {
    let mut machine = healthy();
    computed(&mut machine);
    let full = outcomes(&machine);
    assert_eq!(full, [Pass; 10]);
    for fact in &stated(&machine) {
        never_turns(
            &full,
            &outcomes(&without(&machine, &[fact])),
            &format!("{fact:?}"),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_number_of_missing_facts_never_makes_a_verdict(gone in prop::collection::vec(any::<bool>(), 64)) {
        let mut machine = healthy();
        computed(&mut machine);
        let all = stated(&machine);
        prop_assert!(all.len() <= 64);
        let removed: Vec<_> = all.iter().zip(&gone).filter_map(|(fact, gone)| gone.then_some(fact)).collect();
        never_turns(&outcomes(&machine), &outcomes(&without(&machine, &removed)), &format!("{removed:?}"));
    }
}
