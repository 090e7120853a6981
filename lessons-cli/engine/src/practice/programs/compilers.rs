//! Compilers: gcc, g++, nvcc, and the programs that come of them; update-alternatives.

use std::sync::Arc;

use crate::machine::nvml::{Gpu, GpuReading, NvmlCode};
use crate::practice::process::{Call, Exit};
use crate::practice::tree::{Binary, Content, Node, absolute, join};
use crate::programs::{GCC, NVCC};
use crate::tables::Os;
use crate::tables::cuda_driver::{self, Verdict};
use crate::tables::host_compilers::{self, Accepts};
use crate::tables::nvcc_builds;
use crate::version::{ComputeCapability, CudaVersion, GccVersion};

use super::{Program, not_played, smi};

pub(super) const PROGRAMS: &[Program] = &[
    Program::installed("gcc", gcc),
    Program::installed("g++", gcc),
    Program::installed("cc", gcc),
    Program::installed("nvcc", nvcc),
    Program::installed("cuda-uninstaller", uninstall_toolkit),
    Program::installed("compiled-program", compiled),
    Program::base("update-alternatives", update_alternatives),
];

/// The version of the compiler behind a file: its name tells the major, and of the system's own more is known.
fn gcc_version(call: &mut Call<'_>, file: &str) -> String {
    let machine = call.machine();
    let real = machine
        .tree
        .real_path(file)
        .unwrap_or_else(|_| file.to_owned());
    let name = real.rsplit('/').next().unwrap_or_default();
    let major: Option<u32> = name
        .rsplit_once('-')
        .and_then(|(_, number)| number.parse().ok());
    let recorded = machine
        .recording
        .commands
        .iter()
        .find(|command| command.argv == GCC && command.exit == Some(0))
        .map(|command| command.stdout.text().trim().to_owned());
    let own = host_compilers::ubuntu_gcc(&machine.ubuntu())
        .map(|row| row.gcc.to_string())
        .ok();
    [recorded, own]
        .into_iter()
        .flatten()
        .find(|version| {
            major.is_none_or(|major| version.split('.').next() == Some(&major.to_string()))
        })
        .map_or_else(
            || format!("{}.2.0", major.unwrap_or(13)),
            |version| match version.matches('.').count() {
                1 => format!("{version}.0"),
                _ => version,
            },
        )
}

fn gcc(call: &mut Call<'_>) -> Exit {
    let file = call.file.clone();
    let version = gcc_version(call, &file);
    let words = call.rest();
    let name = call.name();
    match words.first().map(String::as_str) {
        Some("--version") => {
            let ubuntu = call.machine().ubuntu();
            call.line(format!("{name} (Ubuntu {version}-6ubuntu2~{ubuntu}) {version}\nCopyright (C) Free Software Foundation, Inc.\nThis is free software; see the source for copying conditions.  There is NO\nwarranty; not even for MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.\n"));
            0
        }
        Some("-dumpfullversion") => {
            call.line(version);
            0
        }
        Some("-dumpversion") => {
            call.line(version.split('.').next().unwrap_or(&version));
            0
        }
        Some("-dumpmachine") => {
            call.line("x86_64-linux-gnu");
            0
        }
        None => {
            call.error(format!(
                "{name}: fatal error: no input files\ncompilation terminated."
            ));
            1
        }
        Some(_) => {
            let Some((source, output)) = sources(call, &words, &name) else {
                return 1;
            };
            make_program(call, &output, &format!("plain\n{}", printed_by(&source)))
        }
    }
}

/// The text of what is to be compiled, and the file to be made.
fn sources(call: &mut Call<'_>, words: &[String], name: &str) -> Option<(String, String)> {
    let mut output = "a.out".to_owned();
    let mut source = None;
    let mut unknown = false;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-o" => output = rest.next().cloned().unwrap_or(output),
            "-ccbin" | "-I" | "-L" | "-x" | "-arch" | "-gencode" => {
                rest.next();
            }
            // Of gcc's many options none of the long ones begins with two dashes but for a few.
            _ if word.starts_with("--")
                && name != "nvcc"
                && !word.starts_with("--std")
                && !matches!(
                    word.as_str(),
                    "--verbose" | "--help" | "--param" | "--shared"
                ) =>
            {
                call.error(format!(
                    "{name}: error: unrecognized command-line option ‘{}’",
                    crate::visible::visible(word)
                ));
                unknown = true;
            }
            _ if word.starts_with('-') => {}
            _ => source = Some(word.clone()),
        }
    }
    if unknown && source.is_some() {
        return None;
    }
    let Some(source) = source else {
        call.error(format!(
            "{name}: fatal error: no input files\ncompilation terminated."
        ));
        return None;
    };
    if let Ok(bytes) = call.files().read(&source) {
        Some((String::from_utf8_lossy(&bytes).into_owned(), output))
    } else {
        call.error(format!("{name}: error: {source}: No such file or directory\n{name}: fatal error: no input files\ncompilation terminated."));
        None
    }
}

/// What a program of a few lines prints: the first text that it hands to printf or sends to cout.
fn printed_by(source: &str) -> String {
    let at = source
        .find("printf(")
        .or_else(|| source.find("puts("))
        .or_else(|| source.find("<<"));
    let literal = at
        .and_then(|at| source[at..].split_once('"'))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(text, _)| text);
    literal.unwrap_or_default().replace("\\n", "\n")
}

fn make_program(call: &mut Call<'_>, output: &str, data: &str) -> Exit {
    let path = absolute(&call.process.cwd.clone(), output);
    let node = Node::new(
        0o755,
        Content::Program(Arc::new(Binary {
            program: "compiled-program".to_owned(),
            size: 900_000,
            data: data.to_owned(),
        })),
    );
    if super::python::owned(call, &path, node) {
        call.wait(2);
        0
    } else {
        call.error(format!("/usr/bin/ld: cannot open output file {output}: Permission denied\ncollect2: error: ld returned 1 exit status"));
        1
    }
}

/// The toolkit that an nvcc belongs to: its folder and version.
fn toolkit(call: &mut Call<'_>) -> Option<(String, CudaVersion)> {
    let file = call.file.clone();
    let machine = call.machine();
    let real = machine.tree.real_path(&file).ok()?;
    let root = real.strip_suffix("/bin/nvcc").unwrap_or("/usr").to_owned();
    let text = machine
        .tree
        .text(&format!("{root}/version.json"))
        .unwrap_or_default();
    let told = text
        .split("\"cuda\"")
        .nth(1)
        .and_then(|rest| rest.split("\"version\"").nth(1))
        .and_then(|rest| rest.split('"').nth(1))
        .and_then(|version| version.parse().ok());
    let by_name = root
        .rsplit_once("cuda-")
        .and_then(|(_, version)| version.parse().ok());
    let by_record = || {
        recorded(call).and_then(|(text, _)| {
            let after = text.split_once("release ")?.1;
            after.split(',').next()?.parse().ok()
        })
    };
    told.or(by_name)
        .or_else(by_record)
        .map(|version| (root, version))
}

/// What the recorded machine's nvcc printed, and its exit status.
fn recorded(call: &mut Call<'_>) -> Option<(String, Exit)> {
    let recording = Arc::clone(&call.machine().recording);
    let command = recording
        .commands
        .iter()
        .find(|command| command.argv == NVCC)?;
    let exit = command.exit?;
    let said = if exit == 0 {
        &command.stdout
    } else {
        &command.stderr
    };
    Some((said.text(), exit))
}

/// What nvcc says without a file to compile.
const NO_INPUT: &str =
    "nvcc fatal   : No input files specified; use option --help for more information";

/// The options of nvcc that take the next word along, as `nvcc --help` of 13.4 lists them.
const WITH_VALUE: &[&str] = &[
    "-o",
    "--output-file",
    "-arch",
    "--gpu-architecture",
    "-code",
    "--gpu-code",
    "-gencode",
    "--generate-code",
    "-ccbin",
    "--compiler-bindir",
    "-I",
    "--include-path",
    "-L",
    "--library-path",
    "-l",
    "--library",
    "-D",
    "--define-macro",
    "-U",
    "-x",
    "--x",
    "-std",
    "--std",
    "-O",
    "--optimize",
    "-Xcompiler",
    "--compiler-options",
    "-Xlinker",
    "--linker-options",
    "-Xptxas",
    "--ptxas-options",
    "-maxrregcount",
    "--maxrregcount",
    "-isystem",
    "-include",
    "-odir",
    "--output-directory",
    "-cudart",
    "--cudart",
    "-t",
    "--threads",
    "-rdc",
    "-m",
    "--machine",
];

/// Those that stand alone.
const ALONE: &[&str] = &[
    "-c",
    "--compile",
    "-ptx",
    "--ptx",
    "-cubin",
    "--cubin",
    "-fatbin",
    "--fatbin",
    "-dc",
    "-dw",
    "-dlink",
    "-lib",
    "--lib",
    "-run",
    "--run",
    "-E",
    "--preprocess",
    "-M",
    "-MM",
    "-MD",
    "-g",
    "--debug",
    "-G",
    "--device-debug",
    "-lineinfo",
    "--generate-line-info",
    "-shared",
    "--shared",
    "-pg",
    "-dryrun",
    "--dryrun",
    "-v",
    "--verbose",
    "-keep",
    "--keep",
    "-w",
    "--disable-warnings",
    "-use_fast_math",
    "--use_fast_math",
    "-m64",
    "--m64",
    "-allow-unsupported-compiler",
    "--allow-unsupported-compiler",
    "-extended-lambda",
    "--extended-lambda",
    "-expt-relaxed-constexpr",
    "--expt-relaxed-constexpr",
    "-restrict",
    "--restrict",
    "-res-usage",
    "--resource-usage",
    "-Wno-deprecated-gpu-targets",
    "--Wno-deprecated-gpu-targets",
    "-dlto",
    "-lto",
];

/// What is wrong with the options, in nvcc's words.
fn wrong_option(words: &[String]) -> Option<String> {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') || word == "-" || ALONE.contains(&word.as_str()) {
            continue;
        }
        let name = word.split('=').next().unwrap_or(word);
        if WITH_VALUE.contains(&word.as_str()) {
            if rest.next().is_none() {
                return Some(format!("argument expected after '{word}'"));
            }
            continue;
        }
        let glued = ["-I", "-L", "-l", "-D", "-U", "-O", "-std", "-Xcompiler"]
            .iter()
            .any(|short| word.starts_with(short));
        if (word.contains('=') && WITH_VALUE.contains(&name)) || glued {
            continue;
        }
        return Some(format!(
            "Unknown option '{}'",
            crate::visible::visible(word)
        ));
    }
    None
}

fn nvcc(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    // A toolkit for another processor does not even start.
    if let Some((text, exit @ 126)) = recorded(call) {
        call.error(text.trim_end());
        return exit;
    }
    let Some((root, cuda)) = toolkit(call) else {
        return not_played(call, "this toolkit", "nvcc of a toolkit in /usr/local");
    };
    let release = cuda.release();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        return not_played(
            call,
            "the whole help",
            "nvcc [-arch=sm_NN|native] [-ccbin g++-NN] FILE.cu [-o PROGRAM], nvcc --version",
        );
    }
    if words.iter().any(|word| word == "--version" || word == "-V") {
        // The recorded toolkit's own words, where this is that toolkit.
        if let Some((text, exit)) = recorded(call)
            && text.contains(&format!("release {release},"))
        {
            call.print(text);
            return exit;
        }
        let Ok(build) = nvcc_builds::build(cuda) else {
            return not_played(
                call,
                "the version of this toolkit",
                "nvcc of the toolkits from 11.8 on",
            );
        };
        call.print(build.printed());
        return 0;
    }
    if words.is_empty() {
        call.error(NO_INPUT);
        return 1;
    }
    if let Some(fatal) = wrong_option(&words) {
        call.error(format!("nvcc fatal   : {fatal}"));
        return 1;
    }
    let after = |flag: &str| {
        words.iter().enumerate().find_map(|(at, word)| {
            if word == flag {
                return words.get(at + 1).cloned();
            }
            word.strip_prefix(flag)?
                .strip_prefix('=')
                .map(str::to_owned)
        })
    };
    let compiler = after("-ccbin")
        .or_else(|| after("--compiler-bindir"))
        .or_else(|| {
            call.env("NVCC_CCBIN")
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
        })
        .unwrap_or_else(|| "gcc".to_owned());
    let anyway = words
        .iter()
        .any(|word| word.contains("allow-unsupported-compiler"));
    let path = call.env("PATH").unwrap_or_default().to_owned();
    let cwd = call.process.cwd.clone();
    let file = if compiler.contains('/') {
        Some(absolute(&cwd, &compiler)).filter(|file| call.machine().tree.exists(file))
    } else {
        call.machine().which(&compiler, &path, &cwd)
    };
    let Some(file) = file else {
        call.error(format!("{compiler}: No such file or directory\nnvcc fatal   : Failed to preprocess host compiler properties."));
        return 1;
    };
    let version = gcc_version(call, &file);
    if let Ok(gcc) = version.parse::<GccVersion>()
        && let Accepts::TooNew(range) = host_compilers::accepts_gcc(release, gcc)
        && !anyway
    {
        let message = host_compilers::error_texts()
            .iter()
            .find(|text| text.compiler == "gcc")
            .map(|text| text.text.replace(" N ", &format!(" {} ", range.max)))
            .unwrap_or_default();
        call.error(format!("In file included from {root}/bin/../targets/x86_64-linux/include/cuda_runtime.h:82,\n                 from <command-line>:\n{root}/bin/../targets/x86_64-linux/include/crt/host_config.h:143:2: error: {message}\n  143 | {message}\n      |  ^~~~~"));
        return 1;
    }
    let Some(source) = words
        .iter()
        .enumerate()
        .find(|(at, word)| {
            !word.starts_with('-')
                && !at
                    .checked_sub(1)
                    .is_some_and(|before| WITH_VALUE.contains(&words[before].as_str()))
        })
        .map(|(_, word)| word.clone())
    else {
        call.error(NO_INPUT);
        return 1;
    };
    let Ok(text) = call.files().read(&source) else {
        call.error(format!(
            "cc1plus: fatal error: {source}: No such file or directory\ncompilation terminated."
        ));
        return 1;
    };
    let source = String::from_utf8_lossy(&text).into_owned();
    let output = after("-o")
        .or_else(|| after("--output-file"))
        .unwrap_or_else(|| "a.out".to_owned());
    // `arch=compute_120,code=sm_120` names the architecture in its first half.
    let generated = after("-gencode")
        .or_else(|| after("--generate-code"))
        .map(|spec| {
            let spec = spec.trim_start_matches("arch=");
            spec.split(',').next().unwrap_or(spec).to_owned()
        });
    let arch = after("-arch")
        .or_else(|| after("--gpu-architecture"))
        .or_else(|| generated.clone());
    // Until CUDA 12 an unknown `sm_…` was a wrong value of the option; 13 says the same of all.
    let unsupported = |name: &str| {
        let name = crate::visible::visible(name);
        if cuda.major >= 13 || generated.is_some() || name.starts_with("compute_") {
            format!("nvcc fatal   : Unsupported gpu architecture '{name}'")
        } else {
            format!("nvcc fatal   : Value '{name}' is not defined for option 'gpu-architecture'")
        }
    };
    let cc: Option<ComputeCapability> = match arch.as_deref() {
        None | Some("all" | "all-major") => None,
        Some("native") => first_gpu(call).and_then(|gpu| super::capability(&gpu)),
        Some(name) => {
            if let Ok(cc) = name.replace("compute_", "sm_").parse() {
                Some(cc)
            } else {
                call.error(unsupported(name));
                return 1;
            }
        }
    };
    if let Some(cc) = cc
        && let Ok(row) = cuda_driver::architecture(cc)
    {
        let too_old = row.last_cuda.is_some_and(|last| !last.covers(release));
        let too_new = row
            .first_cuda
            .get(&cc)
            .is_some_and(|first| release < *first);
        if too_old || too_new {
            let name = match arch.as_deref() {
                Some("native") | None => cc.sm(),
                Some(name) => name.to_owned(),
            };
            call.error(unsupported(&name));
            return 1;
        }
    } else if let Some(name) = arch.as_deref()
        && cc.is_some()
    {
        call.error(unsupported(name));
        return 1;
    }
    let code = cc.map_or_else(String::new, ComputeCapability::sm);
    make_program(
        call,
        &output,
        &format!("cuda {release} {code}\n{}", printed_by(&source)),
    )
}

fn first_gpu(call: &mut Call<'_>) -> Option<Gpu> {
    let nvml = call.machine().state.nvml.clone().ok()?;
    nvml.gpus.into_iter().find_map(|reading| match reading {
        GpuReading::Opened(gpu) => Some(*gpu),
        GpuReading::Failed { .. } => None,
    })
}

/// A program that was compiled here: it prints what its source says, if CUDA lets it.
fn compiled(call: &mut Call<'_>) -> Exit {
    let file = call.file.clone();
    let data = match call
        .machine()
        .tree
        .get(&file)
        .map(|node| node.content.clone())
    {
        Ok(Content::Program(binary)) => binary.data.clone(),
        _ => String::new(),
    };
    let (head, text) = data.split_once('\n').unwrap_or((&data, ""));
    let mut words = head.split(' ');
    if words.next() != Some("cuda") {
        call.print(text);
        return 0;
    }
    let cuda: Option<CudaVersion> = words.next().and_then(|version| version.parse().ok());
    let code: Option<ComputeCapability> = words.next().and_then(|code| code.parse().ok());
    let said = match smi::cuda_answers(call) {
        Err(NvmlCode::GpuNotFound) => Some("no CUDA-capable device is detected"),
        Err(NvmlCode::LibRmVersionMismatch) => {
            Some("system has unsupported display driver / cuda driver combination")
        }
        Err(_) => Some("CUDA driver version is insufficient for CUDA runtime version"),
        Ok(nvml) => {
            let driver = nvml
                .driver_version
                .known()
                .and_then(|version| version.parse().ok());
            let old = driver.zip(cuda).is_some_and(|(driver, cuda)| {
                matches!(
                    cuda_driver::runs(&driver, cuda, Os::Linux),
                    Verdict::TooOld { .. }
                )
            });
            let here = first_gpu(call).and_then(|gpu| super::capability(&gpu));
            let fits = code
                .zip(here)
                .is_none_or(|(code, here)| code.major == here.major && code.minor <= here.minor);
            if old {
                Some("CUDA driver version is insufficient for CUDA runtime version")
            } else if fits {
                None
            } else {
                Some("no kernel image is available for execution on the device")
            }
        }
    };
    if let Some(error) = said {
        call.line(error);
        1
    } else {
        call.print(text);
        0
    }
}

fn uninstall_toolkit(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        call.error("Error: must be run as root");
        return 1;
    }
    let file = call.file.clone();
    let Some(root) = file
        .strip_suffix("/bin/cuda-uninstaller")
        .map(str::to_owned)
    else {
        return 1;
    };
    let machine = call.machine();
    let real = machine.tree.real_path(&root).unwrap_or(root);
    let _ = machine.tree.remove(&real);
    if !machine.tree.exists("/usr/local/cuda") {
        let _ = machine.tree.remove("/usr/local/cuda");
    }
    call.line("Successfully uninstalled");
    0
}

/// The system's own record of which file stands behind a name.
fn update_alternatives(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let name = |at: usize| words.get(at).cloned().unwrap_or_default();
    match words.first().map(String::as_str) {
        Some("--install") => {
            if !call.is_root() {
                call.error("update-alternatives: error: unable to create file '/var/lib/dpkg/alternatives/gcc.dpkg-tmp': Permission denied");
                return 2;
            }
            let mut pairs = vec![(name(1), name(3), name(2))];
            for slave in words.windows(4).filter(|slave| slave[0] == "--slave") {
                pairs.push((slave[1].clone(), slave[3].clone(), slave[2].clone()));
            }
            for (link, target, what) in pairs {
                if !call.machine().tree.exists(&target) {
                    call.error(format!(
                        "update-alternatives: error: alternative path {target} doesn't exist"
                    ));
                    return 2;
                }
                call.line(format!(
                    "update-alternatives: using {target} to provide {link} ({what}) in auto mode"
                ));
                call.machine().put_file(&link, Node::link(&target));
            }
            0
        }
        Some("--remove" | "--remove-all") => {
            if !call.is_root() {
                call.error("update-alternatives: error: Permission denied");
                return 2;
            }
            let link = format!("/usr/bin/{}", name(1));
            let target = call
                .machine()
                .tree
                .get_link(&link)
                .map(|node| node.content.clone());
            if let Ok(Content::Link(target)) = target
                && target == name(2)
            {
                let _ = call.machine().tree.remove(&link);
            }
            0
        }
        Some("--display" | "--query" | "--list") => {
            let what = name(1);
            let link = if what == "cuda" {
                "/usr/local/cuda".to_owned()
            } else {
                format!("/usr/bin/{what}")
            };
            if let Ok(real) = call.machine().tree.real_path(&link) {
                call.line(format!(
                    "{what} - auto mode\n  link currently points to {real}"
                ));
                0
            } else {
                call.error(format!(
                    "update-alternatives: error: no alternatives for {what}"
                ));
                2
            }
        }
        Some("--config") => config(call, &name(1)),
        Some("--set") => {
            let link = if name(1) == "cuda" {
                "/usr/local/cuda".to_owned()
            } else {
                format!("/usr/bin/{}", name(1))
            };
            choose(call, &link, &name(2))
        }
        Some(other) if other.starts_with('-') && !OF_ALTERNATIVES.contains(&other) => {
            call.error(format!("update-alternatives: unknown option '{}'\n\nUse 'update-alternatives --help' for program usage information.", crate::visible::visible(other)));
            2
        }
        other => not_played(
            call,
            other.unwrap_or("no action"),
            "update-alternatives --install, --remove, --config, --set, --display",
        ),
    }
}

/// Actions of update-alternatives that are not played.
const OF_ALTERNATIVES: &[&str] = &[
    "--all",
    "--auto",
    "--get-selections",
    "--help",
    "--list",
    "--query",
    "--remove-all",
    "--set-selections",
    "--version",
];

fn choose(call: &mut Call<'_>, link: &str, target: &str) -> Exit {
    if !call.is_root() {
        call.error("update-alternatives: error: Permission denied");
        return 2;
    }
    if !call.machine().tree.exists(target) {
        call.error(format!(
            "update-alternatives: error: alternative {target} not registered; not setting"
        ));
        return 2;
    }
    call.line(format!(
        "update-alternatives: using {target} to provide {link} in manual mode"
    ));
    call.machine().put_file(link, Node::link(target));
    0
}

/// The menu of what may stand behind a name.
fn config(call: &mut Call<'_>, what: &str) -> Exit {
    let (folder, prefix, link) = if what == "cuda" {
        ("/usr/local", "cuda-", "/usr/local/cuda".to_owned())
    } else {
        ("/usr/bin", what, format!("/usr/bin/{what}"))
    };
    let found: Vec<String> = call
        .machine()
        .tree
        .list(folder)
        .unwrap_or_default()
        .into_iter()
        .filter(|name| {
            name.strip_prefix(prefix).is_some_and(|rest| {
                rest.trim_start_matches('-')
                    .starts_with(|c: char| c.is_ascii_digit())
            })
        })
        .map(|name| join(folder, &name))
        .collect();
    if found.len() < 2 {
        let only = found.first().cloned();
        match only {
            Some(only) => call.line(format!("There is only one alternative in link group {what} (providing {link}): {only}\nNothing to configure.")),
            None => call.error(format!("update-alternatives: error: no alternatives for {what}")),
        };
        return i32::from(found.is_empty()) * 2;
    }
    call.line(format!("There are {} choices for the alternative {what} (providing {link}).\n\n  Selection    Path", found.len()));
    for (at, path) in found.iter().enumerate() {
        call.line(format!("  {:<12} {path}", at + 1));
    }
    let answer = call
        .ask(
            "\nPress <enter> to keep the current choice[*], or type selection number: ",
            false,
        )
        .unwrap_or_default();
    match answer
        .trim()
        .parse::<usize>()
        .ok()
        .and_then(|number| found.get(number.checked_sub(1)?))
    {
        Some(path) => {
            let path = path.clone();
            choose(call, &link, &path)
        }
        None => 0,
    }
}
