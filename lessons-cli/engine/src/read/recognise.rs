//! What a pasted text is, told from what is in it.

use super::drivers::DriverPackage;
use super::error::LIMIT;
use super::text::{Line, Pasted};
use super::wheel;

/// Tells which reader a text is for; none if none knows it. Of several outputs in one paste it is the first, except
/// that `collect_env` has others' outputs in it and an index page has wheels.
pub fn recognise(text: &str) -> Option<Kind> {
    let head = head(text);
    if is_index_page(head) {
        return Some(Kind::Index);
    }
    let pasted = Pasted::new(head);
    if is_env(pasted.text()) {
        return Some(Kind::Env);
    }
    if let Some(kind) = pasted.lines().find_map(of_line) {
        return Some(kind);
    }
    of_names(&pasted)
        .or_else(|| is_collapsed(&pasted))
        // A table without its header, or rows of a query: only its reader knows them.
        .or_else(|| super::smi::read(pasted.text()).is_ok().then_some(Kind::Smi))
}

/// Tells every reader that a text has something for, in the order of the text.
pub fn recognise_all(text: &str) -> Vec<Kind> {
    let Some(first) = recognise(text) else {
        return Vec::new();
    };
    let mut kinds = vec![first];
    if !matches!(first, Kind::Env | Kind::Index | Kind::Wheel) {
        for kind in Pasted::new(head(text)).lines().filter_map(of_line) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    kinds
}

/// A reader, by the name that `lessons read` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `nvidia-smi` in any of its forms, or its message of failure.
    Smi,
    /// `nvidia-smi topo -m`.
    Topo,
    /// `ubuntu-drivers devices` or `list`.
    Drivers,
    /// `nvcc --version`.
    Nvcc,
    /// One wheel's file name.
    Wheel,
    /// A package index, or a list of files.
    Index,
    /// `torch.utils.collect_env`.
    Env,
}

impl Kind {
    /// Every kind, in the order of the command's help.
    pub const ALL: [Self; 7] = [
        Self::Smi,
        Self::Topo,
        Self::Drivers,
        Self::Nvcc,
        Self::Wheel,
        Self::Index,
        Self::Env,
    ];

    /// The message that says what it reads.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Smi => "read-kind-smi",
            Self::Topo => "read-kind-topo",
            Self::Drivers => "read-kind-drivers",
            Self::Nvcc => "read-kind-nvcc",
            Self::Wheel => "read-kind-wheel",
            Self::Index => "read-kind-index",
            Self::Env => "read-kind-env",
        }
    }

    /// The kind of a name on the command line.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smi => "smi",
            Self::Topo => "topo",
            Self::Drivers => "drivers",
            Self::Nvcc => "nvcc",
            Self::Wheel => "wheel",
            Self::Index => "index",
            Self::Env => "env",
        }
    }
}

/// As much of a text as is looked at: no output needs more to be known.
fn head(text: &str) -> &str {
    let mut end = text.len().min(LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A page of an index: HTML with links, or the simple API's JSON.
fn is_index_page(text: &str) -> bool {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.starts_with('{') {
        return start.contains("\"files\"")
            || start.contains("\"urls\"")
            || start.contains("\"releases\"");
    }
    let opening: String = start
        .chars()
        .take(4096)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_html = ["<!doctype html", "<html", "<head", "<body", "<a "]
        .iter()
        .any(|tag| opening.contains(tag));
    is_html && (opening.starts_with('<') || text.contains(".whl"))
}

fn is_env(text: &str) -> bool {
    // A lost margin may have taken the first letters of each line.
    text.contains("rch version:")
        && [
            " used to build PyTorch",
            "ebug build",
            "CUDA available",
            "models and configuration",
        ]
        .iter()
        .any(|label| text.contains(label))
}

/// The output that a line can only be of.
fn of_line(line: Line<'_>) -> Option<Kind> {
    let text = line.text.trim();
    let words: Vec<&str> = line.words().take(600).map(|word| word.text).collect();
    let (first, second) = (*words.first()?, words.get(1).copied().unwrap_or_default());
    if is_topo_header(&words) || is_topo_row(&words) {
        return Some(Kind::Topo);
    }
    if (matches!(first, "==" | "=") && second.starts_with("/sys/"))
        || (first.starts_with("/sys/devices/pci") && second == "==")
        || (matches!(first, "driver" | "driver:") && text.contains(" - ") && text.contains("free"))
        || (first.ends_with("alias") && second == ":" && text.contains("pci:v"))
        || (text.contains(": nvidia-driver-") && text.contains(" - "))
        || is_listed_driver(&words)
    {
        return Some(Kind::Drivers);
    }
    if text.contains("compilation tools, release ")
        || text.starts_with("nvcc: NVIDIA")
        || is_nvcc_failure(text)
    {
        return Some(Kind::Nvcc);
    }
    is_smi(text).then_some(Kind::Smi)
}

fn is_topo_header(words: &[&str]) -> bool {
    let gpu = words.iter().position(|word| *word == "GPU0");
    gpu.is_some_and(|at| {
        words
            .get(at..)
            .is_some_and(|rest| rest.windows(2).any(|pair| pair == ["CPU", "Affinity"]))
    })
}

/// `GPU1 SYS X …`, with at least the cells up to its own.
fn is_topo_row(words: &[&str]) -> bool {
    const LEVELS: [&str; 8] = ["X", "PIX", "PXB", "PHB", "NODE", "SYS", "SOC", "OK"];
    let is_level = |word: &&str| {
        let links = word.strip_prefix("NV").unwrap_or_default();
        LEVELS.contains(word)
            || (!links.is_empty() && links.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let index = words
        .first()
        .and_then(|word| word.strip_prefix("GPU")?.parse::<usize>().ok());
    // Of a row whose label is cut there is at least its last digit, and one more cell than that.
    let cut = words
        .first()
        .is_some_and(|label| matches!(label.trim_start_matches(['P', 'U']), "0" | "1"))
        && words.get(1..3).is_some_and(|cells| {
            cells.iter().all(is_level) && cells.iter().filter(|cell| **cell == "X").count() == 1
        });
    cut || index.is_some_and(|index| {
        words.get(index + 1) == Some(&"X")
            && words
                .get(1..=index)
                .is_some_and(|cells| cells.iter().all(is_level))
    })
}

/// A line of `ubuntu-drivers list`.
fn is_listed_driver(words: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let package = first.strip_suffix(',').unwrap_or(first);
    package.parse::<DriverPackage>().is_ok()
        && (rest.is_empty() || rest.first().is_some_and(|word| word.starts_with("(ker")))
}

/// A shell's word that there is no nvcc.
fn is_nvcc_failure(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.contains("nvcc")
        && [
            "not found",
            "not recognized",
            "no such file",
            "unknown command",
            "nvcc fatal",
            "命令",
            "コマンド",
        ]
        .iter()
        .any(|said| lower.contains(said))
}

/// What only nvidia-smi prints: its tables, its reports, its messages.
fn is_smi(line: &str) -> bool {
    const SAID: [&str; 16] = [
        "NVIDIA-SMI",
        "NVSMI LOG",
        "nvidia_smi_log",
        "initialize NVML",
        "No devices were found",
        "couldn't communicate with the NVIDIA driver",
        "Unable to determine the device handle",
        "GPU is lost",
        "NVIDIA driver is not loaded",
        "Persistence-M",
        "Memory-Usage",
        "Pwr:Usage/Cap",
        "GPU Memory Usage",
        "NVML library",
        "nvidia-smi: command not found",
        "nvidia-smi: not found",
    ];
    if SAID.iter().any(|said| line.contains(said)) {
        return true;
    }
    // `nvidia-smi -L`: GPU 0: NVIDIA A100 (UUID: GPU-…).
    if line.starts_with("GPU ") && line.contains("(UUID:") {
        return true;
    }
    let lower = line.to_ascii_lowercase();
    let asks_for_smi = lower.contains("nvidia-smi")
        && [
            "not found",
            "not recognized",
            "no such file",
            "unknown command",
            "命令",
            "コマンド",
            "permission denied",
            "has failed",
        ]
        .iter()
        .any(|said| lower.contains(said));
    // The header of `--query-gpu=… --format=csv` names the fields.
    let fields = [
        "memory.total",
        "memory.used",
        "driver_version",
        "utilization.gpu",
        "pci.bus_id",
        "power.draw",
        "temperature.gpu",
    ];
    asks_for_smi || (line.contains(',') && fields.iter().any(|field| lower.contains(field)))
}

/// One wheel's name is a wheel's, several files are an index.
fn of_names(pasted: &Pasted) -> Option<Kind> {
    let mut wheels = 0;
    for word in pasted.words() {
        if word.text.contains(".whl") && wheel::read(word.text).is_ok() {
            wheels += 1;
            if wheels > 1 {
                return Some(Kind::Index);
            }
        }
    }
    (wheels == 1).then_some(Kind::Wheel)
}

/// Outputs whose line ends were lost, so that none of the lines starts as it should.
fn is_collapsed(pasted: &Pasted) -> Option<Kind> {
    let text = pasted.text();
    if text.contains("== /sys/devices/") || text.contains("modalias : pci:v") {
        Some(Kind::Drivers)
    } else {
        super::topo::read(text).is_ok().then_some(Kind::Topo)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_what_a_text_is() {
        for (text, kind) in [
            (
                "$ nvidia-smi\n| NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0 |",
                Some(Kind::Smi),
            ),
            (
                "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-1)\n",
                Some(Kind::Smi),
            ),
            (
                "index, name, memory.total [MiB]\n0, NVIDIA A10, 23028 MiB\n",
                Some(Kind::Smi),
            ),
            (
                "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
                Some(Kind::Smi),
            ),
            (
                "\u{1b}[4mGPU0\tGPU1\tCPU Affinity\u{1b}[0m\nGPU0\t X \tNV4\t0-7\n",
                Some(Kind::Topo),
            ),
            ("GPU1    NV4      X      SYS\n", Some(Kind::Topo)),
            (
                "~$ nvidia-smi topo -m GPU0 GPU1 CPU Affinity GPU0 X SYS 0-3 GPU1 SYS X 0-3",
                Some(Kind::Topo),
            ),
            (
                "~# ubuntu-drivers devices == /sys/devices/pci0000:c0/x == modalias : pci:v000010DEd1 vendor : NVIDIA",
                Some(Kind::Drivers),
            ),
            (
                "nvidia-driver-580-open, (kernel modules provided by nvidia-dkms-580-open)",
                Some(Kind::Drivers),
            ),
            (
                "Cuda compilation tools, release 12.6, V12.6.85",
                Some(Kind::Nvcc),
            ),
            ("bash: nvcc: command not found", Some(Kind::Nvcc)),
            (
                "torch-2.9.1+cu126-cp311-cp311-win_amd64.whl",
                Some(Kind::Wheel),
            ),
            (
                "torch-2.9.1-cp311-cp311-win_amd64.whl\ntorch-2.9.1-cp312-cp312-win_amd64.whl",
                Some(Kind::Index),
            ),
            (
                "<!DOCTYPE html><html><body><a href=\"a-1-py3-none-any.whl\">a</a></body></html>",
                Some(Kind::Index),
            ),
            (
                "{\"meta\":{\"api-version\":\"1.1\"},\"files\":[]}",
                Some(Kind::Index),
            ),
            (
                "PyTorch version: 2.9.1\nIs debug build: False\nGPU 0: NVIDIA-SMI\n",
                Some(Kind::Env),
            ),
            (
                "| 0 NVIDIA L4 On | 00000000:00:03.0 Off | 0 |\n| N/A 41C P8 17W / 72W | 1MiB / 23034MiB | 0% Default |",
                Some(Kind::Smi),
            ),
            ("hello world", None),
            ("", None),
            ("My GPU0 and GPU1 are fast", None),
        ] {
            assert_eq!(recognise(text), kind, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_recognised_can_be_read(text in "(GPU[0-3]|X|SYS|NV4|CPU Affinity|[ \\n]|== /sys/devices/a|driver : a - distro free|\\.whl|torch-1-cp3-none-any|nvcc|not found|<a |\\{|\"files\"|[^a]){0,30}") {
            match recognise(&text) {
                Some(Kind::Wheel) => prop_assert!(wheel::read(&text).is_ok()),
                Some(Kind::Nvcc) => prop_assert!(crate::read::nvcc::read(&text).is_ok()),
                _ => {}
            }
        }
    }
}
