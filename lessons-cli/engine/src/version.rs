//! Version numbers of the field, each its own type: parsed once at the edge, compared by number, never as text.
//!
//! Every type reads and writes its usual text form, also through serde (`"580.95.05"`, `"12.6"`, `"8.9"`, `"3.13t"`).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that is not the version it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("tried to read {what} from `{text}`: {why}")]
pub struct VersionError {
    /// What was expected, with an example: `an NVIDIA driver version such as 580.95.05`.
    pub what: &'static str,
    /// The text as given, cut to its first 80 characters.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl VersionError {
    fn new(what: &'static str, text: &str, why: &'static str) -> Self {
        Self {
            what,
            text: text.chars().take(80).collect(),
            why,
        }
    }
}

/// Reads `1.2.3` as numbers: digits and dots only, at least one part, at most `N`.
fn dotted<const N: usize>(text: &str) -> Result<([u32; N], usize), &'static str> {
    let mut numbers = [0; N];
    let mut count = 0;
    for part in text.split('.') {
        let slot = numbers.get_mut(count).ok_or("it has too many parts")?;
        *slot = number(part)?;
        count += 1;
    }
    Ok((numbers, count))
}

/// Reads decimal digits: no sign, no blank, nothing beyond 32 bits.
fn number(text: &str) -> Result<u32, &'static str> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a part is not a number");
    }
    text.parse().map_err(|_| "a number is too large")
}

/// Splits the digits of a tag into major and minor, the last digit being the minor: `89` is 8.9, `120` is 12.0.
fn last_digit_is_minor(digits: &str) -> Result<(u32, u32), &'static str> {
    if !(2..=3).contains(&digits.len()) {
        return Err("two or three digits are expected");
    }
    let digits = number(digits)?;
    Ok((digits / 10, digits % 10))
}

/// Gives a type its text form in serde.
macro_rules! text_in_serde {
    ($($type:ty),*) => {$(
        impl TryFrom<String> for $type {
            type Error = VersionError;
            fn try_from(text: String) -> Result<Self, VersionError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(version: $type) -> Self {
                version.to_string()
            }
        }
    )*};
}

text_in_serde!(
    DriverVersion,
    CudaVersion,
    ComputeCapability,
    PythonVersion,
    GccVersion,
    BuildTag
);

/// The version of an NVIDIA driver: `580.95.05`, `390.157`; on Windows `581.15`.
///
/// Compared by number and shown as it was written: `580.95.05` equals `580.95.5`. Windows' own form of the same
/// driver (`32.0.15.8115`) is another numbering and is refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DriverVersion {
    numbers: [u32; 3],
    text: String,
}

impl DriverVersion {
    /// The first number. On Linux it names the release branch (580 is R580); on Windows it can be a few above it,
    /// see [`crate::tables::cuda_driver::branch`].
    pub fn branch(&self) -> u32 {
        self.numbers[0]
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for DriverVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let refuse =
            |why| VersionError::new("an NVIDIA driver version such as 580.95.05", text, why);
        let (numbers, count) = dotted::<3>(text).map_err(refuse)?;
        if !(100..1000).contains(&numbers[0]) {
            return Err(refuse("its first number, the branch, has three digits"));
        }
        if count < 2 {
            return Err(refuse("a branch alone does not say which driver it is"));
        }
        Ok(Self {
            numbers,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl PartialEq for DriverVersion {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Eq for DriverVersion {}

impl Hash for DriverVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
    }
}

impl Ord for DriverVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl PartialOrd for DriverVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A CUDA version: `12.6`, or `12.6.85` where the third number is known.
///
/// `12.6` and `12.6.85` differ; compare [`release`](Self::release)s where only major and minor matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CudaVersion {
    /// `12` of `12.6.85`.
    pub major: u32,
    /// `6` of `12.6.85`.
    pub minor: u32,
    /// `85` of `12.6.85`. What it counts depends on who says it: nvcc's own build, a toolkit's update, a package.
    pub patch: Option<u32>,
}

impl CudaVersion {
    /// Major and minor alone.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self {
            major,
            minor,
            patch: None,
        }
    }

    /// This version without its third number.
    #[must_use]
    pub const fn release(self) -> Self {
        Self::new(self.major, self.minor)
    }

    /// From the integer that NVML and `cuDriverGetVersion` answer: `12060` is 12.6 (1000 × major + 10 × minor).
    pub fn from_nvml(number: i32) -> Result<Self, VersionError> {
        match u32::try_from(number) {
            Ok(number) if number >= 1000 => Ok(Self::new(number / 1000, number % 1000 / 10)),
            _ => Err(VersionError::new(
                "NVML's CUDA version such as 12060",
                &number.to_string(),
                "it is below 1000",
            )),
        }
    }

    /// From the tag in a wheel's version or an index's address: `cu126` is 12.6, `cu92` is 9.2.
    pub fn from_tag(tag: &str) -> Result<Self, VersionError> {
        let refuse = |why| VersionError::new("a CUDA tag such as cu126", tag, why);
        let digits = tag
            .strip_prefix("cu")
            .ok_or_else(|| refuse("it does not start with `cu`"))?;
        let (major, minor) = last_digit_is_minor(digits).map_err(refuse)?;
        Ok(Self::new(major, minor))
    }

    /// The tag of its major and minor: `cu126`.
    pub fn tag(self) -> String {
        format!("cu{}{}", self.major, self.minor)
    }
}

impl FromStr for CudaVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let refuse = |why| VersionError::new("a CUDA version such as 12.6", text, why);
        let ([major, minor, patch], count) = dotted::<3>(text).map_err(refuse)?;
        if count < 2 {
            return Err(refuse("the minor number is missing"));
        }
        if major >= 100 {
            return Err(refuse("it looks like a driver's version"));
        }
        Ok(Self {
            major,
            minor,
            patch: (count == 3).then_some(patch),
        })
    }
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            Some(patch) => f.pad(&format!("{}.{}.{patch}", self.major, self.minor)),
            None => f.pad(&format!("{}.{}", self.major, self.minor)),
        }
    }
}

/// A GPU's compute capability: `8.9`, as a target of the compiler `sm_89`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComputeCapability {
    /// `8` of `8.9`: the generation.
    pub major: u32,
    /// `9` of `8.9`.
    pub minor: u32,
}

impl ComputeCapability {
    /// From its two numbers.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// The compiler's name of it: `sm_89`.
    pub fn sm(self) -> String {
        format!("sm_{}{}", self.major, self.minor)
    }
}

impl FromStr for ComputeCapability {
    type Err = VersionError;

    /// Reads `8.9`, `sm_89`, `compute_89`. A suffix (`sm_90a`) is code for one device only, not a capability.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let refuse =
            |why| VersionError::new("a compute capability such as 8.9 or sm_89", text, why);
        if let Some(digits) = text
            .strip_prefix("sm_")
            .or_else(|| text.strip_prefix("compute_"))
        {
            let (major, minor) = last_digit_is_minor(digits).map_err(refuse)?;
            return Ok(Self { major, minor });
        }
        let ([major, minor], count) = dotted::<2>(text).map_err(refuse)?;
        if count < 2 {
            return Err(refuse("the minor number is missing"));
        }
        if major >= 100 || minor >= 10 {
            return Err(refuse("no GPU has such numbers"));
        }
        Ok(Self { major, minor })
    }
}

impl fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", self.major, self.minor))
    }
}

/// A Python version as wheels tell them apart: `3.11`, free-threaded `3.13t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PythonVersion {
    /// `3` of `3.13t`.
    pub major: u32,
    /// `13` of `3.13t`.
    pub minor: u32,
    /// Whether it is the build without the global interpreter lock (PEP 703), whose ABI is its own.
    pub free_threaded: bool,
}

impl PythonVersion {
    /// An ordinary build.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self {
            major,
            minor,
            free_threaded: false,
        }
    }

    /// The ABI tag in a wheel's name: `cp311`, free-threaded `cp313t`.
    pub fn tag(self) -> String {
        format!(
            "cp{}{}{}",
            self.major,
            self.minor,
            if self.free_threaded { "t" } else { "" }
        )
    }

    /// From a `CPython` tag: the first digit is the major, so `cp39` is 3.9 and `cp313t` is 3.13t.
    pub fn from_tag(tag: &str) -> Result<Self, VersionError> {
        let refuse = |why| VersionError::new("a CPython tag such as cp311", tag, why);
        let rest = tag
            .strip_prefix("cp")
            .ok_or_else(|| refuse("it does not start with `cp`"))?;
        let (digits, free_threaded) = rest
            .strip_suffix('t')
            .map_or((rest, false), |digits| (digits, true));
        let mut chars = digits.chars();
        let major = chars
            .next()
            .and_then(|c| c.to_digit(10))
            .ok_or_else(|| refuse("it has no digits"))?;
        let minor = number(chars.as_str()).map_err(refuse)?;
        Ok(Self {
            major,
            minor,
            free_threaded,
        })
    }
}

impl FromStr for PythonVersion {
    type Err = VersionError;

    /// Reads `3.11`, `3.13t`, `3.11.9` (the third number does not matter to wheels), `cp311`.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        if text.starts_with("cp") {
            return Self::from_tag(text);
        }
        let refuse = |why| VersionError::new("a Python version such as 3.11", text, why);
        let (digits, free_threaded) = text
            .strip_suffix('t')
            .map_or((text, false), |digits| (digits, true));
        let ([major, minor, _], count) = dotted::<3>(digits).map_err(refuse)?;
        if count < 2 {
            return Err(refuse("the minor number is missing"));
        }
        Ok(Self {
            major,
            minor,
            free_threaded,
        })
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!(
            "{}.{}{}",
            self.major,
            self.minor,
            if self.free_threaded { "t" } else { "" }
        ))
    }
}

/// A version of gcc: `13`, `13.3`, `13.3.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GccVersion {
    /// `13` of `13.3.0`: what nvcc's headers look at.
    pub major: u32,
    /// `3` of `13.3.0`.
    pub minor: Option<u32>,
    /// `0` of `13.3.0`.
    pub patch: Option<u32>,
}

impl FromStr for GccVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        let refuse = |why| VersionError::new("a gcc version such as 13.3.0", text, why);
        let ([major, minor, patch], count) = dotted::<3>(text).map_err(refuse)?;
        Ok(Self {
            major,
            minor: (count >= 2).then_some(minor),
            patch: (count == 3).then_some(patch),
        })
    }
}

impl fmt::Display for GccVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.major.to_string();
        for part in [self.minor, self.patch].into_iter().flatten() {
            text.push('.');
            text.push_str(&part.to_string());
        }
        f.pad(&text)
    }
}

/// What a build of PyTorch was made for: the local part of its version (`2.9.1+cu126`) and the folder of an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BuildTag {
    /// `cpu`.
    Cpu,
    /// `cu126`: NVIDIA's CUDA, major and minor.
    Cuda(CudaVersion),
    /// `rocm6.4`: AMD's `ROCm`, with its version as written.
    Rocm(String),
    /// `xpu`: Intel GPUs.
    Xpu,
}

impl BuildTag {
    /// The CUDA version of a CUDA build.
    pub fn cuda(&self) -> Option<CudaVersion> {
        match self {
            Self::Cuda(version) => Some(*version),
            Self::Cpu | Self::Rocm(_) | Self::Xpu => None,
        }
    }
}

impl FromStr for BuildTag {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        match text {
            "cpu" => Ok(Self::Cpu),
            "xpu" => Ok(Self::Xpu),
            _ if text.starts_with("cu") => CudaVersion::from_tag(text).map(Self::Cuda),
            _ => {
                let refuse =
                    |why| VersionError::new("a build tag such as cu126, rocm6.4 or cpu", text, why);
                let version = text
                    .strip_prefix("rocm")
                    .ok_or_else(|| refuse("no such kind of build"))?;
                dotted::<3>(version).map_err(refuse)?;
                Ok(Self::Rocm(version.to_owned()))
            }
        }
    }
}

impl fmt::Display for BuildTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.pad("cpu"),
            Self::Cuda(version) => f.pad(&version.tag()),
            Self::Rocm(version) => f.pad(&format!("rocm{version}")),
            Self::Xpu => f.pad("xpu"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn driver(text: &str) -> DriverVersion {
        text.parse().unwrap()
    }

    #[test]
    fn drivers_compare_by_number_and_keep_their_text() {
        assert!(driver("580.95.05") > driver("580.65.06"));
        assert!(driver("580.178.04") > driver("580.95.05"));
        assert!(driver("390.157") < driver("470.256.02"));
        assert_eq!(driver("580.95.05"), driver("580.95.5"));
        assert_eq!(driver("580.95.05").to_string(), "580.95.05");
        assert_eq!(driver(" 620.70.06\n").branch(), 620);
    }

    #[test]
    fn what_is_not_a_driver_is_refused_with_the_reason() {
        for text in [
            "",
            "580",
            "31.0.15.3623",
            "12.6",
            "580.",
            ".95",
            "580.95.05-1",
            "580.-1",
            "99999999999.1",
            "五八〇.1",
        ] {
            assert!(text.parse::<DriverVersion>().is_err(), "{text}");
        }
        let error = "12.6".parse::<DriverVersion>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "tried to read an NVIDIA driver version such as 580.95.05 from `12.6`: its first number, the branch, has three digits"
        );
    }

    #[test]
    fn cuda_in_its_three_spellings() {
        let cuda = |text: &str| text.parse::<CudaVersion>().unwrap();
        assert_eq!(cuda("12.6"), CudaVersion::new(12, 6));
        assert_eq!(cuda("12.6.85").patch, Some(85));
        assert_eq!(cuda("12.6.85").release(), CudaVersion::new(12, 6));
        assert_eq!(cuda("12.6.85").to_string(), "12.6.85");
        assert_eq!(
            CudaVersion::from_nvml(12060).unwrap(),
            CudaVersion::new(12, 6)
        );
        assert_eq!(
            CudaVersion::from_nvml(13050).unwrap(),
            CudaVersion::new(13, 5)
        );
        assert!(CudaVersion::from_nvml(0).is_err());
        assert!(CudaVersion::from_nvml(i32::MIN).is_err());
        for (tag, version) in [
            ("cu126", (12, 6)),
            ("cu118", (11, 8)),
            ("cu92", (9, 2)),
            ("cu130", (13, 0)),
            ("cu102", (10, 2)),
        ] {
            let read = CudaVersion::from_tag(tag).unwrap();
            assert_eq!((read.major, read.minor), version);
            assert_eq!(read.tag(), tag);
        }
        for tag in ["cu", "cu1", "cu12.6", "cpu", "cu1261", "126"] {
            assert!(CudaVersion::from_tag(tag).is_err(), "{tag}");
        }
        assert!("580.95".parse::<CudaVersion>().is_err());
        assert!("12".parse::<CudaVersion>().is_err());
    }

    #[test]
    fn compute_capability_in_its_spellings() {
        for text in ["8.9", "sm_89", "compute_89"] {
            assert_eq!(
                text.parse::<ComputeCapability>().unwrap(),
                ComputeCapability::new(8, 9)
            );
        }
        assert_eq!(
            "sm_120".parse::<ComputeCapability>().unwrap().to_string(),
            "12.0"
        );
        assert_eq!(ComputeCapability::new(10, 3).sm(), "sm_103");
        assert!(ComputeCapability::new(12, 0) > ComputeCapability::new(8, 9));
        for text in ["sm_90a", "sm_", "8", "8.", "8.10", "sm89", "-8.9"] {
            assert!(text.parse::<ComputeCapability>().is_err(), "{text}");
        }
    }

    #[test]
    fn python_with_and_without_threads_freed() {
        let python = |text: &str| text.parse::<PythonVersion>().unwrap();
        assert_eq!(python("3.11.9"), PythonVersion::new(3, 11));
        assert_eq!(python("cp39"), PythonVersion::new(3, 9));
        assert_eq!(python("cp313t"), python("3.13t"));
        assert_eq!(python("3.13t").tag(), "cp313t");
        assert!(python("3.13") < python("3.13t"));
        assert!(python("3.9") < python("3.10"));
        for text in ["3", "py3", "cp", "cp3", "cpt", "3.x"] {
            assert!(text.parse::<PythonVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn gcc_with_as_many_parts_as_it_says() {
        for text in ["13", "13.3", "13.3.0"] {
            assert_eq!(text.parse::<GccVersion>().unwrap().to_string(), text);
        }
        assert!("13.3.0-6ubuntu2".parse::<GccVersion>().is_err());
    }

    #[test]
    fn build_tags() {
        for text in ["cpu", "cu126", "rocm6.2.4", "xpu"] {
            assert_eq!(text.parse::<BuildTag>().unwrap().to_string(), text);
        }
        assert_eq!(
            "cu126".parse::<BuildTag>().unwrap().cuda(),
            Some(CudaVersion::new(12, 6))
        );
        assert!("cuda".parse::<BuildTag>().is_err());
        assert!("metal".parse::<BuildTag>().is_err());
    }

    #[test]
    fn serde_uses_the_text_form() {
        let driver: DriverVersion = serde_json::from_str("\"580.95.05\"").unwrap();
        assert_eq!(serde_json::to_string(&driver).unwrap(), "\"580.95.05\"");
        assert!(serde_json::from_str::<ComputeCapability>("\"eight\"").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = text.parse::<DriverVersion>();
            let _ = text.parse::<CudaVersion>();
            let _ = text.parse::<ComputeCapability>();
            let _ = text.parse::<PythonVersion>();
            let _ = text.parse::<GccVersion>();
            let _ = text.parse::<BuildTag>();
        }

        #[test]
        fn what_is_shown_reads_back(major in 0u32..100, minor in 0u32..100, patch in proptest::option::of(0u32..1000)) {
            let version = CudaVersion { major, minor, patch };
            prop_assert_eq!(version.to_string().parse::<CudaVersion>().unwrap(), version);
        }
    }
}
