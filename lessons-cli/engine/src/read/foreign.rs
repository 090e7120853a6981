//! Outputs that no reader is for, and what to do with each instead.
//!
//! People paste what is on their screen. What it is can be said, and often the one thing in it that matters here.

use super::text::Pasted;
use crate::finding::{Arg, Message, TextId};

/// An output that is known and not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Which output.
    pub kind: Outside,
    /// What matters most in it: a driver's version, a module, a service; none where there is no such word.
    pub detail: Option<String>,
}

macro_rules! outside {
    ($($(#[$doc:meta])* $kind:ident = $text:literal,)*) => {
        /// The outputs that are known and not read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Outside {
            $($(#[$doc])* $kind,)*
        }

        impl Outside {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The message that says what it is and what to do.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)*
                }
            }
        }
    };
}

outside! {
    /// `/proc/driver/nvidia/version`.
    DriverVersion = "read-foreign-driver-version",
    /// `modinfo nvidia`.
    Modinfo = "read-foreign-modinfo",
    /// `/proc/driver/nvidia/gpus/*/information`.
    GpuInformation = "read-foreign-gpu-information",
    /// `lspci`, `lspci -k`, `lspci -nn`.
    Lspci = "read-foreign-lspci",
    /// `lsmod`, `/proc/modules`.
    Lsmod = "read-foreign-lsmod",
    /// A file of `/etc/modprobe.d`.
    ModprobeConf = "read-foreign-modprobe-conf",
    /// modprobe's word that it failed.
    ModprobeFailed = "read-foreign-modprobe-failed",
    /// `dpkg -l`, `apt list`.
    Packages = "read-foreign-packages",
    /// `rpm -qa`, `dnf list`.
    Rpm = "read-foreign-rpm",
    /// `apt` at work.
    Apt = "read-foreign-apt",
    /// `dkms status`.
    Dkms = "read-foreign-dkms",
    /// `systemctl status`.
    Systemctl = "read-foreign-systemctl",
    /// `dmesg`, `journalctl -k`.
    Kernel = "read-foreign-kernel",
    /// `pip list`, `pip freeze`.
    PipList = "read-foreign-pip-list",
    /// `gcc --version`.
    Gcc = "read-foreign-gcc",
    /// `nvidia-smi dmon`.
    Dmon = "read-foreign-dmon",
    /// `nvidia-smi pmon`.
    Pmon = "read-foreign-pmon",
    /// `nvidia-smi vgpu`.
    Vgpu = "read-foreign-vgpu",
    /// `nvidia-smi topo -p2p`.
    PeerToPeer = "read-foreign-p2p",
    /// `nvidia-smi mig -lgip` and its kind.
    MigProfiles = "read-foreign-mig-profiles",
    /// `mokutil --sb-state`.
    SecureBoot = "read-foreign-secure-boot",
    /// `/etc/os-release`, `lsb_release`, `uname -a`.
    System = "read-foreign-system",
    /// A traceback of Python's.
    Traceback = "read-foreign-traceback",
}

impl Foreign {
    /// What the text is; none where it is none of these, too.
    pub fn of(text: &str) -> Option<Self> {
        let pasted = Pasted::new(text);
        let mut found: Option<Self> = None;
        for line in pasted.lines().take(MOST_LINES) {
            let Some(foreign) = of_line(line.text.trim()) else {
                continue;
            };
            match &mut found {
                None => found = Some(foreign),
                // The detail may stand some lines below what told the kind.
                Some(first) if first.kind == foreign.kind && first.detail.is_none() => {
                    first.detail = foreign.detail;
                }
                Some(_) => {}
            }
        }
        found
    }

    /// What it is and what to do instead, in one sentence or two.
    pub fn message(&self) -> Message {
        Message {
            text: TextId::Shared(self.kind.text()),
            args: vec![(
                "detail",
                Arg::Text(self.detail.clone().unwrap_or_else(|| NO_DETAIL.to_owned())),
            )],
        }
    }
}

/// What stands in the place of a detail that a text does not tell; the messages have a variant for it.
const NO_DETAIL: &str = "none";

/// What an output is shows in its beginning.
const MOST_LINES: usize = 400;

fn of_line(line: &str) -> Option<Foreign> {
    // The prompt before a command is of no interest here.
    let words: Vec<&str> = line.split_whitespace().take(16).collect();
    let first = *words.first()?;
    let second = words.get(1).copied().unwrap_or_default();
    let with = |kind, detail: Option<&str>| {
        let detail = detail.map(|detail| detail.chars().take(80).collect());
        Some(Foreign { kind, detail })
    };
    let just = |kind| with(kind, None);

    if line.contains("NVRM version:") {
        return with(Outside::DriverVersion, version_in(&words));
    }
    if first == "filename:" && second.contains("/modules/") {
        return just(Outside::Modinfo);
    }
    if first == "version:" && words.len() == 2 && second.starts_with(|c: char| c.is_ascii_digit()) {
        return with(Outside::Modinfo, Some(second));
    }
    if line.starts_with("Model:") || line.starts_with("/proc/driver/nvidia/gpus/") {
        let name = line.strip_prefix("Model:").map(str::trim);
        return with(
            Outside::GpuInformation,
            name.filter(|name| !name.is_empty()),
        );
    }
    if is_pci_address(first) && (line.contains("controller") || line.contains(" Device ")) {
        let gpu = line
            .split_once("NVIDIA Corporation")
            .map(|(_, gpu)| gpu.trim());
        return with(Outside::Lspci, gpu);
    }
    if first == "modprobe:" || line.starts_with("insmod:") {
        return with(Outside::ModprobeFailed, Some(line));
    }
    let is_conf = matches!(
        first,
        "blacklist" | "options" | "install" | "softdep" | "alias"
    );
    if (is_conf && words.len() >= 2 && (first != "install" || line.contains("/bin/")))
        || first.contains("/modprobe.d/")
    {
        return just(Outside::ModprobeConf);
    }
    if is_dpkg_row(&words) || line.starts_with("Desired=Unknown/Install") {
        let driver = words
            .get(1)
            .filter(|name| name.starts_with("nvidia-driver-"))
            .copied();
        return with(Outside::Packages, driver.filter(|_| first == "ii"));
    }
    if line.starts_with("Listing...")
        || (first.contains('/') && line.ends_with(']') && line.contains("[installed"))
    {
        return just(Outside::Packages);
    }
    if words.len() == 1
        && [".x86_64", ".aarch64", ".noarch"]
            .iter()
            .any(|end| first.ends_with(end))
        && first.contains("nvidia")
    {
        return with(Outside::Rpm, Some(first));
    }
    if line.starts_with("Reading package lists...")
        || line.starts_with("The following NEW packages")
    {
        return just(Outside::Apt);
    }
    if is_dkms_row(line) {
        return with(Outside::Dkms, Some(line));
    }
    if (matches!(first, "●" | "○" | "×" | "*") && second.ends_with(".service"))
        || (first == "Unit" && second.ends_with(".service"))
    {
        return with(Outside::Systemctl, Some(second));
    }
    if is_kernel_line(line) {
        return just(Outside::Kernel);
    }
    if first == "Package" && second == "Version" && words.len() <= 4 {
        return just(Outside::PipList);
    }
    if words.len() == 1
        && first.split_once("==").is_some_and(|(name, version)| {
            !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit())
        })
    {
        return just(Outside::PipList);
    }
    if (first == "gcc" || first == "g++" || first.starts_with("gcc-") || first == "cc")
        && second.starts_with('(')
    {
        return with(Outside::Gcc, version_in(&words));
    }
    if line.starts_with("# gpu") {
        let process = words.contains(&"pid") || words.contains(&"command");
        return just(if process {
            Outside::Pmon
        } else {
            Outside::Dmon
        });
    }
    if line.starts_with('|') && line.contains("vGPU ID ") {
        return just(Outside::Vgpu);
    }
    if matches!(
        line,
        "GNS = GPU not supported" | "CNS = Chipset not supported"
    ) || (is_gpu(first)
        && words
            .iter()
            .any(|word| matches!(*word, "GNS" | "CNS" | "TNS")))
        || (is_gpu(first) && words.contains(&"X") && words.contains(&"OK"))
    {
        return just(Outside::PeerToPeer);
    }
    if line.contains("GPU instance profiles:")
        || line.contains("Compute instance profiles:")
        || line.contains("GPU instances:")
    {
        return just(Outside::MigProfiles);
    }
    if line.starts_with("SecureBoot ") {
        return with(Outside::SecureBoot, Some(second));
    }
    if line.starts_with("PRETTY_NAME=")
        || line.starts_with("Distributor ID:")
        || (first == "Linux" && line.contains("GNU/Linux"))
    {
        return just(Outside::System);
    }
    if line.starts_with("Traceback (most recent call last)") {
        return just(Outside::Traceback);
    }
    if words.len() >= 3 && is_module_row(&words) {
        return just(Outside::Lsmod);
    }
    None
}

/// A driver's or compiler's version among words: numbers and dots.
fn version_in<'w>(words: &[&'w str]) -> Option<&'w str> {
    words.iter().copied().find(|word| {
        word.contains('.')
            && word.starts_with(|c: char| c.is_ascii_digit())
            && word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    })
}

/// `01:00.0`, `0000:01:00.0`.
fn is_pci_address(word: &str) -> bool {
    let short = word
        .strip_prefix("0000:")
        .unwrap_or(word)
        .trim_end_matches(':');
    let bytes = short.as_bytes();
    bytes.len() == 7
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            2 => *byte == b':',
            5 => *byte == b'.',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `ii  nvidia-driver-580  580.95.05-0ubuntu1  amd64  …`
fn is_dpkg_row(words: &[&str]) -> bool {
    let state = words.first().is_some_and(|state| {
        matches!(
            *state,
            "ii" | "rc" | "un" | "hi" | "iU" | "iF" | "pn" | "iHR" | "in"
        )
    });
    state
        && words.len() >= 3
        && (words[2].starts_with(|c: char| c.is_ascii_digit()) || words[2] == "<none>")
}

/// `nvidia/580.95.05, 6.8.0-85-generic, x86_64: installed`, `nvidia, 465.19.01: added`.
fn is_dkms_row(line: &str) -> bool {
    const STATES: [&str; 5] = ["added", "built", "installed", "broken", "installed-weak"];
    line.rsplit_once(": ").is_some_and(|(module, state)| {
        let state = state.split([' ', ',']).next().unwrap_or_default();
        STATES.contains(&state)
            && (module.contains('/') || module.contains(", "))
            && module.contains(|c: char| c.is_ascii_digit())
    })
}

/// `[    4.123456] nvidia: …`, `Nov 25 02:00:00 host kernel: …`.
fn is_kernel_line(line: &str) -> bool {
    let stamped = line.strip_prefix('[').is_some_and(|rest| {
        rest.split_once(']').is_some_and(|(time, _)| {
            let time = time.trim();
            time.contains('.') && time.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        })
    });
    stamped || line.contains(" kernel: ") || line.starts_with("NVRM: ") || line.contains("] NVRM: ")
}

fn is_gpu(word: &str) -> bool {
    word.strip_prefix("GPU")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// `nvidia  15884288  1199 nvidia_modeset`, and in `/proc/modules` with `- Live 0x…` after it.
fn is_module_row(words: &[&str]) -> bool {
    if words.first() == Some(&"Module") && words.get(1) == Some(&"Size") {
        return true;
    }
    let number = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit()))
    };
    let name = words.first().is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    name && number(1)
        && number(2)
        && words[1].len() >= 4
        && (words.len() <= 4 || words.contains(&"Live"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Texts;

    #[test]
    fn each_output_is_known_and_has_its_advice() {
        let texts = Texts::english();
        for (text, kind, detail) in [
            (
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\nGCC version:  gcc version 13.3.0",
                Outside::DriverVersion,
                Some("580.95.05"),
            ),
            (
                "filename:       /lib/modules/6.8.0-85-generic/updates/dkms/nvidia.ko.zst\nalias:          char-major-195-*\nversion:        580.95.05\n",
                Outside::Modinfo,
                Some("580.95.05"),
            ),
            (
                "Model: \t\t NVIDIA L4\nIRQ:   \t\t 33\n",
                Outside::GpuInformation,
                Some("NVIDIA L4"),
            ),
            (
                "01:00.0 VGA compatible controller: NVIDIA Corporation GA102 [GeForce RTX 3090] (rev a1)",
                Outside::Lspci,
                Some("GA102 [GeForce RTX 3090] (rev a1)"),
            ),
            (
                "Module                  Size  Used by\nnvidia              15884288  1199 nvidia_modeset",
                Outside::Lsmod,
                None,
            ),
            (
                "nvidia_drm 45056 2 - Live 0xffffffffc094f000 (POE)",
                Outside::Lsmod,
                None,
            ),
            (
                "# generated by nvidia-installer\nblacklist nouveau\noptions nouveau modeset=0",
                Outside::ModprobeConf,
                None,
            ),
            (
                "modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.8.0",
                Outside::ModprobeFailed,
                Some("modprobe: FATAL: Module nvidia not found in directory /lib/modules/6.8.0"),
            ),
            (
                "ii  nvidia-driver-580  580.95.05-0ubuntu1  amd64  NVIDIA driver",
                Outside::Packages,
                Some("nvidia-driver-580"),
            ),
            (
                "rc  libnvidia-compute-595:amd64  595.71.05-0ubuntu1  amd64  NVIDIA",
                Outside::Packages,
                None,
            ),
            (
                "nvidia/580.95.05, 6.8.0-85-generic, x86_64: installed",
                Outside::Dkms,
                Some("nvidia/580.95.05, 6.8.0-85-generic, x86_64: installed"),
            ),
            (
                "● nvidia-persistenced.service - NVIDIA Persistence Daemon",
                Outside::Systemctl,
                Some("nvidia-persistenced.service"),
            ),
            (
                "[    4.123456] nouveau 0000:01:00.0: enabling device",
                Outside::Kernel,
                None,
            ),
            (
                "Package            Version\n------------------ -------\ntorch              2.9.1",
                Outside::PipList,
                None,
            ),
            ("torch==2.9.1\nnumpy==2.3.0", Outside::PipList, None),
            (
                "gcc (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0",
                Outside::Gcc,
                Some("13.3.0"),
            ),
            (
                "| NVIDIA-SMI 535.161.05 |\n|      vGPU ID     Name           | VM ID     VM Name            | vGPU-Util  |",
                Outside::Vgpu,
                None,
            ),
            (
                "# gpu    pwr  gtemp\n# Idx      W      C\n    0     20     41",
                Outside::Dmon,
                None,
            ),
            (
                "# gpu         pid   type     sm\n    0       1234     C      9",
                Outside::Pmon,
                None,
            ),
            (
                " \tGPU0\tGPU1\n GPU0\tX\tGNS\n GPU1\tGNS\tX",
                Outside::PeerToPeer,
                None,
            ),
            ("SecureBoot enabled", Outside::SecureBoot, Some("enabled")),
            (
                "Reading package lists... Done\nBuilding dependency tree... Done",
                Outside::Apt,
                None,
            ),
        ] {
            let foreign = Foreign::of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (foreign.kind, foreign.detail.as_deref()),
                (kind, detail),
                "{text}"
            );
            let sentence = texts.sentence(&foreign.message());
            assert!(
                detail.is_none_or(|detail| !sentence.contains(NO_DETAIL) || detail == NO_DETAIL),
                "{sentence}"
            );
        }
        assert_eq!(Foreign::of("hello world\nModel railways are fun"), None);
    }

    #[test]
    fn each_kind_has_a_sentence_with_and_without_a_detail() {
        let texts = Texts::english();
        for kind in Outside::ALL {
            for detail in [None, Some("580.95.05".to_owned())] {
                let foreign = Foreign {
                    kind: *kind,
                    detail,
                };
                let sentence = texts.sentence(&foreign.message());
                assert!(
                    sentence.len() > 30
                        && !sentence.contains(crate::texts::MISSING)
                        && !sentence.contains('{'),
                    "{kind:?}: {sentence}"
                );
            }
        }
    }
}
