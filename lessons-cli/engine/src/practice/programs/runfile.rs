//! NVIDIA's runfiles: a toolkit, and up to 13.3 a driver, in one file that `sh` runs.

use std::sync::Arc;

use crate::practice::packages::put_packaged_toolkit as toolkit;
use crate::practice::packages::put_toolkit;
use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Binary, Content, Node, absolute};
use crate::tables::Os;
use crate::tables::cuda_driver;
use crate::tables::nvcc_builds;
use crate::version::{CudaVersion, DriverVersion};

use super::{Program, not_played};

pub(super) const PROGRAMS: &[Program] = &[
    Program::installed("cuda-runfile", runfile),
    Program::installed("nvidia-uninstall", uninstall_driver),
    Program::installed("nvidia-installer", |call| {
        not_played(call, "nvidia-installer", "nvidia-uninstall")
    }),
];

const LOG: &str = "/var/log/cuda-installer.log";

/// What a runfile holds, by its name: `cuda_12.6.3_560.35.05_linux.run`.
pub(super) fn contents(name: &str) -> Option<(CudaVersion, Option<String>)> {
    let rest = name.strip_prefix("cuda_")?.strip_suffix("_linux.run")?;
    let (cuda, driver) = match rest.split_once('_') {
        Some((cuda, driver)) => (cuda, Some(driver.to_owned())),
        None => (rest, None),
    };
    let cuda: CudaVersion = cuda.parse().ok()?;
    // A release that there is, with its update.
    cuda.patch?;
    let known = nvcc_builds::build(cuda).ok()?.toolkit;
    // Up to 13.3 the name carries the driver, and from then on there is none.
    let inside = cuda_driver::bundles_driver(known, Os::Linux).ok()?;
    // The driver is one of the branch that the release came with; which of them, the tables do not know for each.
    let branch = driver.as_deref().map(|driver| {
        let driver: Option<DriverVersion> = driver.parse().ok();
        driver.is_some_and(|driver| {
            cuda_driver::toolkits_of(known).any(|row| {
                let of_table = row.linux_min.as_ref().map(DriverVersion::branch);
                of_table.or(row.linux_min_branch) == Some(driver.branch())
            })
        })
    });
    (inside == driver.is_some() && branch != Some(false)).then_some((known, driver))
}

/// A runfile as a download leaves it.
pub(super) fn node(name: &str) -> Node {
    Node::new(
        0o644,
        Content::Program(Arc::new(Binary {
            program: "cuda-runfile".to_owned(),
            size: 4_300_000_000,
            data: name.to_owned(),
        })),
    )
}

fn runfile(call: &mut Call<'_>) -> Exit {
    let file = call.file.clone();
    let name = match call
        .machine()
        .tree
        .get(&file)
        .map(|node| node.content.clone())
    {
        Ok(Content::Program(binary)) => binary.data.clone(),
        _ => String::new(),
    };
    let Some((cuda, driver)) = contents(&name) else {
        return not_played(call, &name, "cuda_13.4.1_linux.run and its like");
    };
    let words = call.rest();
    let has = |flag: &str| words.iter().any(|word| word == flag);
    let known = |word: &String| {
        matches!(
            word.as_str(),
            "--silent"
                | "--toolkit"
                | "--driver"
                | "--override"
                | "--no-opengl-libs"
                | "--no-man-page"
        ) || word.starts_with("--toolkitpath=")
            || word.starts_with("--installpath=")
    };
    if let Some(other) = words.iter().find(|word| !known(word)) {
        return not_played(
            call,
            &other.clone(),
            "--silent --toolkit [--toolkitpath=FOLDER] [--override] [--driver]",
        );
    }
    if !call.is_root() {
        call.error("Error: the installer must be run as root");
        return 1;
    }
    let (mut with_toolkit, mut with_driver) =
        (has("--toolkit"), has("--driver") && driver.is_some());
    if !has("--silent") {
        let packaged = call
            .machine()
            .installed()
            .keys()
            .any(|name| name.starts_with("nvidia-driver-"));
        if packaged && driver.is_some() {
            call.line("Existing package manager installation of the driver found. It is strongly\nrecommended that you remove this before continuing.");
            let go_on = call.ask("Abort / Continue? ", false).unwrap_or_default();
            if !go_on.trim().to_lowercase().starts_with('c') {
                return 1;
            }
        }
        let accepted = call
            .ask(
                "Do you accept the above EULA? (accept/decline/quit): ",
                false,
            )
            .unwrap_or_default();
        if accepted.trim() != "accept" {
            return 1;
        }
        with_toolkit = true;
        with_driver = driver.is_some();
        if with_driver {
            // In the installer's menu the driver is ticked from the start.
            let answer = call
                .ask(
                    "[X] Driver  [X] CUDA Toolkit: Enter installs both, d unticks the driver ",
                    false,
                )
                .unwrap_or_default();
            with_driver = !answer.trim().eq_ignore_ascii_case("d");
        }
    }
    if !with_toolkit && !with_driver {
        call.error("Error: --silent needs --toolkit or --driver");
        return 1;
    }
    let compiler = call
        .machine()
        .which("gcc", "/usr/bin:/usr/local/bin", "/")
        .is_some();
    if !compiler && !has("--override") {
        call.error(format!(
            "Failed to verify gcc version. See log at {LOG} for details."
        ));
        return 1;
    }
    if call.machine().disk_free() < 8_000_000_000 {
        call.error(format!(
            "Installation failed. See log at {LOG} for details: no space left on device"
        ));
        return 1;
    }
    call.wait(180);
    if with_driver
        && let Some(driver) = &driver
        && let Err(why) = install_driver(call, driver)
    {
        call.machine().put_text(
            LOG,
            format!("[ERROR]: Install of driver component failed.\n{why}\n"),
        );
        call.error(format!(
            "Installation failed. See log at {LOG} for details."
        ));
        return 1;
    }
    let release = cuda.release();
    let folder = words
        .iter()
        .find_map(|word| {
            word.strip_prefix("--toolkitpath=")
                .or_else(|| word.strip_prefix("--installpath="))
        })
        .map(|folder| absolute(&call.process.cwd.clone(), folder));
    let root = folder
        .clone()
        .unwrap_or_else(|| format!("/usr/local/cuda-{release}"));
    if with_toolkit {
        match &folder {
            Some(folder) => put_toolkit(call.machine(), folder, cuda, &cuda.to_string()),
            None => toolkit(call.machine(), cuda, &cuda.to_string(), false),
        }
    }
    call.machine()
        .put_text(LOG, "[INFO]: Installation finished.\n");
    call.line("===========\n= Summary =\n===========\n");
    call.line(format!(
        "Driver:   {}",
        if with_driver {
            "Installed"
        } else {
            "Not Selected"
        }
    ));
    call.line(if with_toolkit {
        format!("Toolkit:  Installed in {root}/")
    } else {
        "Toolkit:  Not Selected".to_owned()
    });
    if with_toolkit {
        call.line(format!("\nPlease make sure that\n -   PATH includes {root}/bin\n -   LD_LIBRARY_PATH includes {root}/lib64, or, add {root}/lib64 to /etc/ld.so.conf and run ldconfig as root\n\nTo uninstall the CUDA Toolkit, run cuda-uninstaller in {root}/bin"));
    }
    if !with_driver {
        call.line("***WARNING: Incomplete installation! This installation did not install the CUDA Driver.");
    }
    call.line(format!("Logfile is {LOG}"));
    0
}

/// The driver of a runfile: its libraries take the place of those that are there, and its module lies beside them.
fn install_driver(call: &mut Call<'_>, version: &str) -> Result<(), String> {
    if call.machine().has_loaded("nouveau") {
        return Err("ERROR: The Nouveau kernel driver is currently in use by your system.  This driver is incompatible with the NVIDIA driver, and must be disabled before proceeding.".to_owned());
    }
    if crate::practice::packages::dkms_fault(call.machine()).is_some() {
        return Err(
            "ERROR: Unable to find the kernel source tree for the currently running kernel."
                .to_owned(),
        );
    }
    let machine = call.machine();
    machine.state.services.remove("nvidia-persistenced");
    for (module, _) in crate::practice::kernel::NVIDIA.iter().rev() {
        machine.unload_module(module);
    }
    let kernel = machine.state.kernel.clone();
    // Since 560 the open modules are the installer's choice.
    let open = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok())
        .is_some_and(|major| major >= 560);
    machine.put_modules(&kernel, "kernel/drivers/video", version, open);
    machine.put_libraries(version);
    for (path, program) in [
        ("/usr/bin/nvidia-smi", "nvidia-smi"),
        ("/usr/bin/nvidia-uninstall", "nvidia-uninstall"),
        ("/usr/bin/nvidia-installer", "nvidia-installer"),
        ("/usr/bin/nvidia-persistenced", "nvidia-persistenced"),
    ] {
        machine.put_file(path, Node::program(program));
    }
    // The installer tries what it has built; depmod may choose another.
    let _ = machine.load_module("nvidia");
    Ok(())
}

fn uninstall_driver(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        call.error("ERROR: nvidia-installer must be run as root");
        return 1;
    }
    let machine = call.machine();
    for (module, _) in crate::practice::kernel::NVIDIA.iter().rev() {
        machine.unload_module(module);
    }
    let kernel = machine.state.kernel.clone();
    machine.remove_modules(&kernel, "kernel/drivers/video");
    machine.remove_libraries();
    for path in [
        "/usr/bin/nvidia-smi",
        "/usr/bin/nvidia-uninstall",
        "/usr/bin/nvidia-installer",
        "/usr/bin/nvidia-persistenced",
    ] {
        let _ = machine.tree.remove(path);
    }
    call.line("Uninstallation of existing driver complete.");
    0
}
