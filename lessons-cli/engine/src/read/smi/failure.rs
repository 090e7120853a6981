//! The messages with which nvidia-smi, or the shell in its stead, says that it failed.

use serde::{Serialize, Serializer};

use super::token;
use crate::machine::nvml::NvmlCode;

/// A message of failure and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the message means.
    pub cause: Cause,
    /// The message as printed, without what a shell or a log put before it.
    pub message: String,
}

impl Serialize for Failure {
    /// `{kind, …, code, message}`: the cause's name with its parts, NVML's code for it where NVML gave up, the message.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'f> {
            #[serde(flatten)]
            cause: &'f Cause,
            code: Option<NvmlCode>,
            message: &'f str,
        }
        Document {
            cause: &self.cause,
            code: self.cause.code(),
            message: &self.message,
        }
        .serialize(serializer)
    }
}

/// What can be wrong when nvidia-smi gives up.
///
/// Messages and exit codes: nvidia-smi's manual page and public outputs; the wording is nvidia-smi's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Cause {
    /// `couldn't communicate with the NVIDIA driver`: no kernel module is loaded (exit code 9).
    CouldNotCommunicate,
    /// `Driver/library version mismatch`: the loaded module is not of the installed library's version.
    DriverLibraryMismatch {
        /// Version of the library, two or three numbers, where the message tells it.
        library_version: Option<String>,
    },
    /// `Driver Not Loaded`.
    DriverNotLoaded,
    /// NVML's `Unknown Error`: typically a container that lost its devices.
    UnknownError,
    /// `Failed to initialize NVML: N/A`, as WSL says it.
    NotAvailable,
    /// `GPU access blocked by the operating system`, as WSL and sandboxes say it.
    AccessBlocked,
    /// The user, a container or `SELinux` may not open the devices (exit code 4).
    InsufficientPermissions,
    /// `No devices were found` (exit code 6).
    NoDevices,
    /// `No supported devices in vGPU mode`.
    NoVgpuDevices,
    /// `libnvidia-ml.so` is not there (exit code 12).
    LibraryNotFound,
    /// NVML lacks a function that this nvidia-smi needs (exit code 13).
    FunctionNotFound,
    /// A GPU has fallen off the bus: only a reboot brings it back.
    GpuIsLost {
        /// Its index, where the message tells it.
        gpu: Option<u32>,
        /// Its PCI address as printed, where the message tells it.
        bus_id: Option<String>,
    },
    /// A GPU is there but cannot be opened; the others are still listed.
    UnableToDetermineHandle {
        /// Its index, where the message tells it.
        gpu: Option<u32>,
        /// Its PCI address as printed, where the message tells it.
        bus_id: Option<String>,
        /// The reason printed: `Unknown Error`.
        why: String,
    },
    /// The shell finds no nvidia-smi.
    CommandNotFound,
    /// `--query-gpu` was asked for a field that this driver does not know.
    InvalidField {
        /// Its name.
        field: String,
    },
    /// Another reason of NVML's or nvidia-smi's, in its words.
    Other {
        /// The reason printed.
        why: String,
    },
}

impl Cause {
    /// NVML's code for it; none where NVML was not reached or not asked.
    pub fn code(&self) -> Option<NvmlCode> {
        Some(match self {
            Self::CouldNotCommunicate | Self::DriverNotLoaded => NvmlCode::DriverNotLoaded,
            Self::DriverLibraryMismatch { .. } => NvmlCode::LibRmVersionMismatch,
            Self::UnknownError | Self::NotAvailable | Self::UnableToDetermineHandle { .. } => {
                NvmlCode::Unknown
            }
            Self::AccessBlocked => NvmlCode::OperatingSystem,
            Self::InsufficientPermissions => NvmlCode::NoPermission,
            Self::LibraryNotFound => NvmlCode::LibraryNotFound,
            Self::FunctionNotFound => NvmlCode::FunctionNotFound,
            Self::GpuIsLost { .. } => NvmlCode::GpuLost,
            Self::NoDevices
            | Self::NoVgpuDevices
            | Self::CommandNotFound
            | Self::InvalidField { .. } => return None,
            Self::Other { .. } => NvmlCode::UnexpectedVariant,
        })
    }

    /// Whether this is about one GPU, so that nvidia-smi goes on with the others.
    pub(super) fn is_about_one_gpu(&self) -> bool {
        matches!(
            self,
            Self::GpuIsLost { .. } | Self::UnableToDetermineHandle { .. }
        )
    }
}

/// The failure that a line tells of, and the byte in it at which the message starts.
pub(super) fn of_line(line: &str) -> Option<(Failure, usize)> {
    let (cause, start) = cause(line)?;
    let said = &line[start..];
    // Prose quotes a message, and goes on after it.
    let closing = match line[..start].chars().next_back() {
        Some(quote @ ('`' | '"')) => Some(quote),
        Some('\u{201c}' | '\u{201e}') => Some('\u{201d}'),
        _ => None,
    };
    let said = closing
        .and_then(|quote| said.split(quote).next())
        .unwrap_or(said);
    let said = match cause {
        Cause::NoDevices => said.get(..NO_DEVICES.len()).unwrap_or(said),
        _ => said.trim_end().trim_end_matches(['`', '"']),
    };
    let message = said.to_owned();
    Some((Failure { cause, message }, start))
}

const NO_DEVICES: &str = "No devices were found";

fn cause(line: &str) -> Option<(Cause, usize)> {
    const HANDLE: &str = "Unable to determine the device handle for ";
    const NVML: &str = "ailed to initialize NVML: ";
    const SMI: &str = "NVIDIA-SMI ";

    // No message is shorter than `GPU is lost.`
    if line.len() < 12 {
        return None;
    }
    if let Some(at) = line.find(HANDLE) {
        return Some((of_handle(&line[at + HANDLE.len()..]), at));
    }
    if let Some(at) = line.find(NVML) {
        // "Failed" is nvidia-smi's, "failed" the container runtime's.
        let start = if line[..at].ends_with(['F', 'f']) {
            at - 1
        } else {
            at
        };
        return Some((of_nvml(reason(&line[at + NVML.len()..])), start));
    }
    if let Some(at) = line.find(SMI) {
        let rest = &line[at + SMI.len()..];
        if rest.starts_with("couldn't find") {
            return Some((Cause::LibraryNotFound, at));
        }
        if let Some(why) = rest.strip_prefix("has failed because ") {
            let cause = if why.starts_with("it couldn't communicate") {
                Cause::CouldNotCommunicate
            } else if why.starts_with("you do not have") {
                Cause::InsufficientPermissions
            } else {
                Cause::Other {
                    why: reason(why).to_owned(),
                }
            };
            return Some((cause, at));
        }
    }
    if let Some(at) = line.find(NO_DEVICES) {
        return Some((Cause::NoDevices, at));
    }
    if let Some(at) = line.find("No supported devices in vGPU mode") {
        return Some((Cause::NoVgpuDevices, at));
    }
    if let Some(end) = line.find("\" is not a valid field to query") {
        let start = line[..end].rfind("Field \"")?;
        return Some((
            Cause::InvalidField {
                field: line[start + 7..end].to_owned(),
            },
            start,
        ));
    }
    if let Some(at) = line.find("GPU is lost.") {
        return Some((
            Cause::GpuIsLost {
                gpu: None,
                bus_id: None,
            },
            at,
        ));
    }
    if is_not_found(line) {
        Some((Cause::CommandNotFound, line.len() - line.trim_start().len()))
    } else {
        None
    }
}

/// `GPU1: 0000:34:00.0: Unknown Error`, `GPU0000:25:00.0: …`, `GPU 0000:04:00.0: …`, `GPU1: Unknown Error`.
fn of_handle(text: &str) -> Cause {
    let mut rest = text
        .trim_start_matches(['G', 'P', 'U', 'g', 'p', 'u'])
        .trim_start();
    let mut gpu = None;
    if let Some((index, after)) = rest.split_once(':')
        && index.len() < 4
        && let Ok(index) = index.parse()
    {
        gpu = Some(index);
        rest = after.trim_start();
    }
    let mut bus_id = None;
    let first = rest.split_ascii_whitespace().next().unwrap_or_default();
    let address = first.strip_suffix(':').unwrap_or(first);
    if token::is_bus_id(address) {
        bus_id = Some(address.to_owned());
        rest = rest[first.len()..].trim_start();
    }
    let why = reason(rest);
    if why.starts_with("GPU is lost") {
        Cause::GpuIsLost { gpu, bus_id }
    } else {
        Cause::UnableToDetermineHandle {
            gpu,
            bus_id,
            why: why.to_owned(),
        }
    }
}

fn of_nvml(why: &str) -> Cause {
    match why {
        "Driver/library version mismatch" => Cause::DriverLibraryMismatch {
            library_version: None,
        },
        "Driver Not Loaded" => Cause::DriverNotLoaded,
        "Unknown Error" => Cause::UnknownError,
        "N/A" => Cause::NotAvailable,
        "GPU access blocked by the operating system" => Cause::AccessBlocked,
        "Insufficient Permissions" => Cause::InsufficientPermissions,
        "Function Not Found" => Cause::FunctionNotFound,
        _ if why.starts_with("GPU is lost") => Cause::GpuIsLost {
            gpu: None,
            bus_id: None,
        },
        _ => Cause::Other {
            why: why.to_owned(),
        },
    }
}

/// A reason without the full stop, the closing quotes and the white space after it.
fn reason(text: &str) -> &str {
    text.trim().trim_end_matches(['`', '"', '.']).trim_end()
}

/// How shells say that there is no such program. bash is recognised by its form in any language.
fn is_not_found(line: &str) -> bool {
    const PROGRAM: &str = "nvidia-smi";
    const WORDS: [&str; 6] = [
        "command not found",
        "not found",
        "is not recognized as",
        "executable file not found",
        "未找到命令",
        "找不到命令",
    ];
    line.match_indices(PROGRAM).take(4).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + PROGRAM.len()..]);
        let by_bash = before.contains("bash: ")
            && after.starts_with([':', '：'])
            && !after.contains("ermission denied");
        let after = after.strip_prefix(".exe").unwrap_or(after);
        let after = after.trim_start_matches(['\'', '"', '”', '»', ':', '：', ' ']);
        by_bash
            || before.ends_with("command not found: ")
            || before.contains("nknown command")
            || before.contains("找不到命令")
            || (WORDS.iter().any(|words| after.starts_with(words)) && !before.contains("if "))
            || (after.starts_with("No such file or directory") && before.contains(':'))
    })
}

/// The version on the line that follows a mismatch: `NVML library version: 580.126`.
pub(super) fn library_version(line: &str) -> Option<&str> {
    let (_, version) = line.split_once("NVML library version: ")?;
    version.split_ascii_whitespace().next()
}

/// The GPU of `WARNING: infoROM is corrupted at gpu 0000:0B:00.0`, which nvidia-smi prints after its output.
pub(super) fn corrupted_inforom(line: &str) -> Option<&str> {
    let (_, gpu) = line.split_once("infoROM is corrupted at gpu ")?;
    gpu.split_ascii_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause_of(line: &str) -> Option<Cause> {
        of_line(line).map(|(failure, _)| failure.cause)
    }

    #[test]
    fn every_message_has_its_cause() {
        let lost = |gpu, bus: Option<&str>| Cause::GpuIsLost {
            gpu,
            bus_id: bus.map(str::to_owned),
        };
        let handle = |gpu, bus: Option<&str>, why: &str| Cause::UnableToDetermineHandle {
            gpu,
            bus_id: bus.map(str::to_owned),
            why: why.to_owned(),
        };
        for (line, expected) in [
            (
                "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure …",
                Cause::CouldNotCommunicate,
            ),
            (
                "NVIDIA-SMI has failed because you do not have suffient permissions. Please …",
                Cause::InsufficientPermissions,
            ),
            (
                "NVIDIA-SMI has failed because of the weather.",
                Cause::Other {
                    why: "of the weather".into(),
                },
            ),
            (
                "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.",
                Cause::LibraryNotFound,
            ),
            (
                "Failed to initialize NVML: Driver/library version mismatch",
                Cause::DriverLibraryMismatch {
                    library_version: None,
                },
            ),
            (
                "> `Failed to initialize NVML: Unknown Error`",
                Cause::UnknownError,
            ),
            (
                "nvml: failed to initialize NVML: Driver Not Loaded",
                Cause::DriverNotLoaded,
            ),
            ("Failed to initialize NVML: N/A", Cause::NotAvailable),
            (
                "Failed to initialize NVML: GPU access blocked by the operating system",
                Cause::AccessBlocked,
            ),
            (
                "Failed to initialize NVML: Timeout",
                Cause::Other {
                    why: "Timeout".into(),
                },
            ),
            ("No devices were found", Cause::NoDevices),
            ("No supported devices in vGPU mode", Cause::NoVgpuDevices),
            (
                "Field \"cuda_version\" is not a valid field to query.",
                Cause::InvalidField {
                    field: "cuda_version".into(),
                },
            ),
            (
                "Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error",
                handle(Some(1), Some("0000:34:00.0"), "Unknown Error"),
            ),
            (
                "Unable to determine the device handle for GPU0000:34:00.0: Not Found",
                handle(None, Some("0000:34:00.0"), "Not Found"),
            ),
            (
                "Unable to determine the device handle for GPU2: Unknown Error",
                handle(Some(2), None, "Unknown Error"),
            ),
            (
                "Unable to determine the device handle for GPU 0000:0a:00.0: GPU is lost.  Reboot the system to recover this GPU",
                lost(None, Some("0000:0a:00.0")),
            ),
            (
                "bash: nvidia-smi: command not found",
                Cause::CommandNotFound,
            ),
            ("-bash: nvidia-smi：找不到命令", Cause::CommandNotFound),
            (
                "nvidia-smi : The term 'nvidia-smi' is not recognized as the name of a cmdlet,",
                Cause::CommandNotFound,
            ),
            ("zsh: command not found: nvidia-smi", Cause::CommandNotFound),
            ("sh: 1: nvidia-smi: not found", Cause::CommandNotFound),
            ("fish: Unknown command: nvidia-smi", Cause::CommandNotFound),
            (
                "'nvidia-smi' is not recognized as an internal or external command,",
                Cause::CommandNotFound,
            ),
            (
                "exec: \"nvidia-smi\": executable file not found in $PATH",
                Cause::CommandNotFound,
            ),
            (
                "Command 'nvidia-smi' not found, but can be installed with:",
                Cause::CommandNotFound,
            ),
            (
                "-bash: /usr/bin/nvidia-smi: No such file or directory",
                Cause::CommandNotFound,
            ),
        ] {
            assert_eq!(cause_of(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn other_lines_are_no_failure() {
        for line in [
            "",
            "$ nvidia-smi",
            "see what happens if nvidia-smi is not found",
            "bash: nvidia-smi: Permission denied",
        ] {
            assert_eq!(cause_of(line), None, "{line}");
        }
    }

    #[test]
    fn the_message_starts_after_the_prefix() {
        let (failure, start) = of_line("2024-05-01 | Failed to initialize NVML: N/A  ").unwrap();
        assert_eq!(
            (failure.message.as_str(), start),
            ("Failed to initialize NVML: N/A", 13)
        );
    }

    #[test]
    fn the_lines_that_go_with_a_failure() {
        assert_eq!(
            library_version("NVML library version: 580.126"),
            Some("580.126")
        );
        assert_eq!(
            corrupted_inforom("WARNING: infoROM is corrupted at gpu 0000:0B:00.0 "),
            Some("0000:0B:00.0")
        );
    }
}
