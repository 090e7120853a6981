//! A GPU by its name or its compute capability.

use std::str::FromStr;

use super::question::AskedError;
use crate::tables::gpu_arch::{self, Family, Match};
use crate::version::ComputeCapability;
use crate::visible::visible;

/// A GPU that torch is to run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// Its name, where it was told.
    pub name: Option<String>,
    /// Who makes it.
    pub maker: Maker,
    /// What decides which code it runs; none where the table does not know its name.
    pub compute_capability: Option<ComputeCapability>,
}

/// Who makes a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// NVIDIA, or a name that is none of the others'.
    Nvidia,
    /// AMD.
    Amd,
    /// Intel.
    Intel,
    /// Apple.
    Apple,
    /// There is no GPU.
    None,
}

/// What names of other makers begin with.
const OTHERS: [(&str, Maker); 18] = [
    ("amd", Maker::Amd),
    ("radeon", Maker::Amd),
    ("instinct", Maker::Amd),
    ("rx", Maker::Amd),
    ("mi", Maker::Amd),
    ("gfx", Maker::Amd),
    ("vega", Maker::Amd),
    ("navi", Maker::Amd),
    ("ryzen", Maker::Amd),
    ("firepro", Maker::Amd),
    ("intel", Maker::Intel),
    ("arc", Maker::Intel),
    ("iris", Maker::Intel),
    ("uhd", Maker::Intel),
    ("ponte", Maker::Intel),
    ("apple", Maker::Apple),
    ("none", Maker::None),
    ("cpu", Maker::None),
];

/// What people leave out before a GPU's number.
const LEFT_OUT: [&str; 5] = ["RTX", "GTX", "Quadro", "GeForce", "Jetson"];

impl Gpu {
    /// One of NVIDIA's.
    pub fn nvidia(name: impl Into<String>, cc: ComputeCapability) -> Self {
        Self {
            name: Some(name.into()),
            maker: Maker::Nvidia,
            compute_capability: Some(cc),
        }
    }

    /// Its name, or else its compute capability as a target.
    pub fn shown(&self) -> String {
        match (&self.name, self.compute_capability) {
            (Some(name), _) => visible(name),
            (None, Some(cc)) => cc.sm(),
            (None, None) => "GPU".to_owned(),
        }
    }
}

impl FromStr for Gpu {
    type Err = AskedError;

    /// Reads `RTX 4090`, `NVIDIA GeForce GTX 1080 Ti`, `4090`, `rtx4090`, `H100`, `sm_86`, `8.6`, and names of other
    /// makers. A name that the table does not have is a GPU of which nothing is known.
    fn from_str(text: &str) -> Result<Self, AskedError> {
        const WHAT: &str = "a GPU such as \"RTX 4090\" or sm_89";
        let refuse = |why: String| AskedError::new(WHAT, text, why);
        let text = text.trim();
        if text.is_empty() || text.len() > 100 {
            return Err(refuse("it is empty, or too long".to_owned()));
        }
        if let Some(cc) = capability(text) {
            return Ok(Self {
                name: None,
                maker: Maker::Nvidia,
                compute_capability: Some(cc),
            });
        }
        // How many there are of one kind changes nothing.
        let text = without_count(text);
        let lower = text.to_ascii_lowercase();
        let first = lower
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or_default();
        if let Some((_, maker)) = OTHERS.iter().find(|(name, _)| *name == first) {
            return Ok(Self {
                name: Some(text.to_owned()),
                maker: *maker,
                compute_capability: None,
            });
        }
        if apple_chip(&lower) && matches!(named(text), Ok(None)) {
            return Ok(Self {
                name: Some(text.to_owned()),
                maker: Maker::Apple,
                compute_capability: None,
            });
        }
        let family = named(text).map_err(|families| {
            let families: Vec<String> = families
                .iter()
                .map(|family| format!("{} ({})", family.family, family.cc.sm()))
                .collect();
            refuse(format!(
                "several have such a name: {}; give more of it, or the compute capability",
                families.join(", ")
            ))
        })?;
        Ok(Self {
            name: Some(text.to_owned()),
            maker: Maker::Nvidia,
            compute_capability: family.map(|family| family.cc),
        })
    }
}

/// `8.6`, `sm_86`, `sm86`, `86`, `sm_90a`, `compute_86`, `cc 8.6`.
fn capability(text: &str) -> Option<ComputeCapability> {
    let lower = text.to_ascii_lowercase();
    let rest = ["compute_", "compute", "sm_", "sm", "cc"]
        .into_iter()
        .find_map(|start| lower.strip_prefix(start))
        .unwrap_or(&lower)
        .trim_start();
    let digits = rest.trim_end_matches(['a', 'f']);
    if digits.contains('.') {
        return digits.parse().ok();
    }
    // Four digits are a name: 4090.
    let target = (2..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    target.then(|| format!("sm_{digits}").parse().ok())?
}

/// `RTX 4090` of `2x RTX 4090`, `8 × RTX 4090` and `RTX 4090 x2`.
fn without_count(text: &str) -> &str {
    let is_times = |c: char| matches!(c, 'x' | 'X' | '×' | '*');
    let counted = |word: &str| {
        !word.is_empty() && word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit())
    };
    if let Some((count, rest)) = text.split_once(is_times)
        && counted(count.trim())
        && rest.starts_with(|c: char| c.is_whitespace() || c.is_alphabetic())
    {
        return rest.trim_start();
    }
    if let Some((rest, count)) = text.rsplit_once(is_times)
        && counted(count.trim())
        && rest.ends_with(char::is_whitespace)
    {
        return rest.trim_end();
    }
    text
}

/// `m3`, `m2 max`: what people call a Mac by.
fn apple_chip(lower: &str) -> bool {
    let mut words = lower.split_whitespace();
    let chip = words.next().and_then(|word| word.strip_prefix('m'));
    chip.is_some_and(|number| number.len() == 1 && number != "0" && number.parse::<u8>().is_ok())
        && words.all(|word| matches!(word, "pro" | "max" | "ultra"))
}

/// The family that a name means; none where the table has no such name, an error where several have.
fn named(text: &str) -> Result<Option<&'static Family>, Vec<&'static Family>> {
    let words = spaced(text);
    if let Match::Exact(named) = gpu_arch::by_name(&words) {
        return Ok(Some(named.family));
    }
    let mut found: Vec<&'static Family> = Vec::new();
    // People say 4090 and A6000, and RTX PRO 6000 for what has more words.
    let bare = std::iter::once(words.clone());
    for name in bare.chain(LEFT_OUT.map(|brand| format!("{brand} {words}"))) {
        for name in [name.clone(), format!("{name} ...")] {
            match gpu_arch::by_name(&name) {
                Match::Exact(named) => found.push(named.family),
                Match::Ambiguous(families) => found.extend(families),
                Match::Unknown(_) => {}
            }
        }
    }
    found.sort_by_key(|family| std::cmp::Reverse(family.cc));
    found.dedup_by_key(|family| &family.family);
    let Some(first) = found.first().copied() else {
        return Ok(None);
    };
    if found.iter().all(|family| family.cc == first.cc) {
        Ok(Some(first))
    } else {
        Err(found)
    }
}

/// `rtx4090ti` → `rtx 4090 ti`: a space where a product's number begins or ends. `A100`, `GB10` and `L40S` stay whole.
fn spaced(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_')) {
        if word.is_empty() {
            continue;
        }
        let lower = word.to_ascii_lowercase();
        let brand = ["rtx", "gtx", "geforce", "quadro", "titan", "gt"]
            .into_iter()
            .find(|brand| {
                lower
                    .strip_prefix(brand)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            });
        let start = brand.map_or(0, str::len);
        let (head, rest) = word.split_at(start);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        for part in [head, number, tail] {
            if !part.is_empty() {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_known_by_what_people_call_them() {
        for (text, sm) in [
            ("RTX 4090", "sm_89"),
            ("rtx4090", "sm_89"),
            ("4090", "sm_89"),
            ("NVIDIA GeForce RTX 4090 Laptop GPU", "sm_89"),
            ("NVIDIA GeForce GTX 1080 Ti", "sm_61"),
            ("1080ti", "sm_61"),
            ("gtx1080", "sm_61"),
            ("GTX 1660 SUPER", "sm_75"),
            ("H100", "sm_90"),
            ("NVIDIA H100 80GB HBM3", "sm_90"),
            ("Tesla V100-SXM2-16GB", "sm_70"),
            ("A100-SXM4-80GB", "sm_80"),
            ("a6000", "sm_86"),
            ("RTX A6000", "sm_86"),
            ("L40S", "sm_89"),
            ("T4", "sm_75"),
            ("NVIDIA GeForce RTX 5090", "sm_120"),
            ("RTX PRO 6000", "sm_120"),
            (
                "NVIDIA RTX PRO 6000 Blackwell Workstation Edition",
                "sm_120",
            ),
            ("GB10", "sm_121"),
            ("sm_86", "sm_86"),
            ("sm86", "sm_86"),
            ("SM_90a", "sm_90"),
            ("8.6", "sm_86"),
            ("86", "sm_86"),
            ("120", "sm_120"),
            ("compute_75", "sm_75"),
            ("cc 7.5", "sm_75"),
            ("2x RTX 4090", "sm_89"),
            ("8 x H100", "sm_90"),
            ("RTX 3090 x2", "sm_86"),
            ("DGX Spark", "sm_121"),
            ("Jetson AGX Thor", "sm_110"),
            ("Jetson AGX Orin 64GB", "sm_87"),
            ("Orin (nvgpu)", "sm_87"),
            ("M6", "sm_52"),
        ] {
            let gpu: Gpu = text.parse().unwrap();
            let found = gpu.compute_capability.map(ComputeCapability::sm);
            assert_eq!(found.as_deref(), Some(sm), "{text}");
        }
    }

    #[test]
    fn other_makers_are_told_apart() {
        for (text, maker) in [
            ("Radeon RX 7900 XTX", Maker::Amd),
            ("RX7900", Maker::Amd),
            ("Instinct MI300X", Maker::Amd),
            ("mi300x", Maker::Amd),
            ("gfx1100", Maker::Amd),
            ("Intel Arc A770", Maker::Intel),
            ("Apple M3", Maker::Apple),
            ("m2 max", Maker::Apple),
            ("Vega 64", Maker::Amd),
            ("AMD Ryzen AI Max+ 395", Maker::Amd),
            ("Iris Xe", Maker::Intel),
            ("none", Maker::None),
        ] {
            let gpu: Gpu = text.parse().unwrap();
            assert_eq!(gpu.maker, maker, "{text}");
            assert_eq!(gpu.compute_capability, None, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for text in ["RTX 6090", "L20Y", "Voodoo 2", "MX999"] {
            let gpu: Gpu = text.parse().unwrap();
            assert_eq!(gpu.compute_capability, None, "{text}");
        }
        for text in ["", "RTX 6000", "RTX 5000"] {
            assert!(text.parse::<Gpu>().is_err(), "{text}");
        }
    }
}
