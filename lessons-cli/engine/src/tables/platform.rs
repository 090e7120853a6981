//! The platforms that drivers and wheels are made for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An operating system. WSL counts as Linux for wheels; its driver is Windows'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS, which has no NVIDIA driver.
    MacOs,
}

/// A processor architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// `x86_64`, also called `amd64`.
    #[serde(rename = "x86_64")]
    X86_64,
    /// `aarch64`, also called `arm64`.
    Aarch64,
}

/// An operating system on a processor architecture: `linux_x86_64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// The operating system.
    pub os: Os,
    /// The processor architecture.
    pub arch: Arch,
}

impl Platform {
    /// From its two parts.
    pub const fn new(os: Os, arch: Arch) -> Self {
        Self { os, arch }
    }

    /// As people write it: `Windows x86_64`.
    pub fn words(self) -> String {
        let os = match self.os {
            Os::Linux => "Linux",
            Os::Windows => "Windows",
            Os::MacOs => "macOS",
        };
        format!("{os} {}", self.arch)
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::MacOs => "macos",
        })
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}_{}", self.os, self.arch))
    }
}

/// A name that no platform has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tried to read {what} from `{text}`: only {known} are known")]
pub struct PlatformError {
    what: &'static str,
    known: &'static str,
    text: String,
}

impl FromStr for Os {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "linux" => Ok(Self::Linux),
            "windows" | "win32" => Ok(Self::Windows),
            "macos" | "darwin" => Ok(Self::MacOs),
            other => Err(PlatformError {
                what: "an operating system",
                known: "linux, windows and macos",
                text: other.chars().take(80).collect(),
            }),
        }
    }
}

impl FromStr for Arch {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "x86_64" | "amd64" => Ok(Self::X86_64),
            "aarch64" | "arm64" => Ok(Self::Aarch64),
            other => Err(PlatformError {
                what: "an architecture",
                known: "x86_64 and aarch64",
                text: other.chars().take(80).collect(),
            }),
        }
    }
}
