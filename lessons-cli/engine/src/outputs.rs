//! What the commands of the chapters show on a machine: as a program printed it, or drawn from what else is known of it.

use crate::draw;
use crate::facts::{Facts, Unknown, Why};
use crate::finding::{Arg, Message, TextId};
use crate::programs::{NVCC, NVIDIA_SMI, NVIDIA_SMI_TOPO, UBUNTU_DRIVERS};
use crate::read::recognise::Kind;
use crate::read::wheel;
use crate::visible::visible_lines;

/// The outputs that can be shown of a machine.
pub const KINDS: [Kind; 5] = [
    Kind::Smi,
    Kind::Topo,
    Kind::Drivers,
    Kind::Nvcc,
    Kind::Wheel,
];

/// How much is told of what a program printed that is not its usual output.
const TOLD: usize = 300;

/// How many tags a wheel's record may have.
const TAGS: usize = 64;

/// What a machine shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The command line that shows it; none shows a wheel's name.
    pub command: Option<&'static [&'static str]>,
    /// The output.
    pub text: String,
    /// What it was made from, where no program printed it.
    pub drawn: Option<Message>,
}

/// What a machine shows of a kind, or a sentence on why there is nothing to show.
///
/// Only what the checks ask for anyway is asked for: `nvidia-smi`'s table is drawn from NVML's answers.
pub fn of(kind: Kind, facts: &Facts<'_>) -> Result<Shown, Message> {
    match kind {
        Kind::Smi => smi(facts),
        Kind::Topo => printed(facts, NVIDIA_SMI_TOPO),
        Kind::Drivers => printed(facts, UBUNTU_DRIVERS),
        Kind::Nvcc => printed(facts, NVCC),
        Kind::Wheel => torch_wheel(facts),
        Kind::Index | Kind::Env => Err(said("output-none", [])),
    }
}

/// Why what a program printed cannot be explained: it is not what the program usually prints.
pub fn unusual(shown: &Shown) -> Message {
    let words = shown.text.trim();
    let told: String = words.chars().take(TOLD).collect();
    let more = if told.len() < words.len() { " …" } else { "" };
    let command = shown
        .command
        .map_or_else(String::new, |argv| argv.join(" "));
    let id = if told.is_empty() {
        "output-empty"
    } else {
        "output-unusual"
    };
    said(
        id,
        [
            ("command", command),
            ("text", format!("{}{more}", visible_lines(&told))),
        ],
    )
}

fn smi(facts: &Facts<'_>) -> Result<Shown, Message> {
    let nvml = facts.nvml().map_err(|failure| {
        said(
            "output-no-nvml",
            [("reason", Why::Nvml(failure.error).to_string())],
        )
    })?;
    if nvml.gpus.is_empty() {
        return Err(said("output-no-gpu", []));
    }
    Ok(Shown {
        command: Some(NVIDIA_SMI),
        text: draw::smi::draw(&draw::nvml::smi(nvml, None)),
        drawn: Some(said("output-drawn-smi", [])),
    })
}

fn printed(facts: &Facts<'_>, command: &'static [&'static str]) -> Result<Shown, Message> {
    let output = facts
        .command(command)
        .map_err(|why| unread(&Unknown::not_run(command, why)))?;
    Ok(Shown {
        command: Some(command),
        text: format!("{}{}", output.stdout, output.stderr),
        drawn: None,
    })
}

/// The name of the wheel that the installed torch came from: its distribution and version are the name of its record, and
/// its tags are written down in there (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).
fn torch_wheel(facts: &Facts<'_>) -> Result<Shown, Message> {
    let all = facts.distributions().as_ref().map_err(unread)?;
    let Some(torch) = all.iter().find(|one| one.name == "torch") else {
        return match facts.torch() {
            Ok(Some(torch)) => Err(said("output-no-record", [("file", torch.source.clone())])),
            Ok(None) => Err(said("output-no-torch", [])),
            Err(unknown) => Err(unread(unknown)),
        };
    };
    let file = format!("{}/{}/WHEEL", torch.site, torch.record);
    let text = facts
        .text(&file)
        .map_err(|why| unread(&Unknown::unread(file.clone(), why)))?;
    let name = torch
        .record
        .strip_suffix(".dist-info")
        .and_then(|stem| wheel_name(stem, &text))
        .filter(|name| wheel::parse(name).is_ok())
        .ok_or_else(|| unread(&Unknown::not_understood(file.clone())))?;
    Ok(Shown {
        command: None,
        text: name,
        drawn: Some(said("output-drawn-wheel", [("file", file)])),
    })
}

/// A wheel's name from the name of its record and what that says. A name joins tags that differ in a part with dots.
fn wheel_name(stem: &str, record: &str) -> Option<String> {
    let field = |line: &'_ str, name: &str| {
        let (field, value) = line.split_once(':')?;
        (field == name).then(|| value.trim().to_owned())
    };
    let mut parts: [Vec<String>; 3] = Default::default();
    for tag in record
        .lines()
        .filter_map(|line| field(line, "Tag"))
        .take(TAGS)
    {
        let words: Vec<&str> = tag.split('-').collect();
        if words.len() != parts.len() {
            return None;
        }
        for (part, word) in parts.iter_mut().zip(words) {
            if !part.iter().any(|known| known == word) {
                part.push(word.to_owned());
            }
        }
    }
    if parts[0].is_empty() {
        return None;
    }
    let build = record.lines().find_map(|line| field(line, "Build"));
    let mut words = vec![stem.to_owned()];
    words.extend(build);
    words.extend(parts.map(|part| part.join(".")));
    Some(words.join("-") + ".whl")
}

fn unread(unknown: &Unknown) -> Message {
    said(
        "output-unread",
        [
            ("tried", unknown.tried.clone()),
            ("reason", unknown.why.to_string()),
        ],
    )
}

fn said<const N: usize>(id: &'static str, args: [(&'static str, String); N]) -> Message {
    Message {
        text: TextId::Shared(id),
        args: args
            .map(|(name, text)| (name, Arg::Text(visible_lines(&text))))
            .to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotate::annotate;
    use crate::bundled;
    use crate::explain::Asked;
    use crate::recording::Recording;
    use crate::texts::Texts;

    fn why(kind: Kind, machine: &str) -> String {
        let recording = bundled::recording(machine).unwrap().unwrap();
        let why = of(kind, &Facts::new(&recording)).unwrap_err();
        Texts::english().sentence(&why)
    }

    #[test]
    fn what_a_machine_shows_is_read_by_its_reader() {
        let texts = Texts::english();
        let mut shown = 0;
        for machine in bundled::names() {
            let recording = bundled::recording(machine).unwrap().unwrap();
            let facts = Facts::new(&recording);
            for kind in KINDS {
                match of(kind, &facts) {
                    Ok(output) if kind == Kind::Smi || kind == Kind::Wheel => {
                        annotate(&output.text, Some(kind), &Asked::default(), &texts, "a")
                            .unwrap_or_else(|why| panic!("{machine} {kind:?}: {why}"));
                        shown += 1;
                    }
                    Ok(output) => {
                        let sentence = texts.sentence(&unusual(&output));
                        assert!(!sentence.contains(crate::texts::MISSING), "{sentence}");
                    }
                    Err(why) => {
                        let sentence = texts.sentence(&why);
                        assert!(!sentence.contains(crate::texts::MISSING), "{sentence}");
                    }
                }
            }
        }
        assert!(shown > 20, "{shown}");
    }

    #[test]
    fn where_there_is_nothing_it_is_said_why() {
        let said = why(Kind::Smi, "ubuntu-mismatch");
        assert!(said.contains("LibRmVersionMismatch"), "{said}");
        let said = why(Kind::Nvcc, "ubuntu-fresh-nouveau");
        assert!(said.contains("nvcc --version"), "{said}");
    }

    #[test]
    fn a_wheel_s_name_is_put_together_from_its_record() {
        let one =
            "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n";
        assert_eq!(
            wheel_name("torch-2.9.1+cu126", one).as_deref(),
            Some("torch-2.9.1+cu126-cp311-cp311-manylinux_2_28_x86_64.whl")
        );
        let more = "Build: 1\r\nTag: cp311-cp311-manylinux_2_17_x86_64\r\nTag: cp311-cp311-manylinux2014_x86_64\r\n";
        assert_eq!(
            wheel_name("torch-2.5.0", more).as_deref(),
            Some("torch-2.5.0-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
        );
        for bad in ["", "Tag: cp311", "Tag: a-b-c-d", "Tags: a-b-c"] {
            assert_eq!(wheel_name("torch-2.5.0", bad), None, "{bad}");
        }
    }

    #[test]
    fn an_unusual_output_is_told_in_part_and_harmlessly() {
        let mut shown = Shown {
            command: Some(NVCC),
            text: format!("\u{1b}[2J\u{202e}{}", "x".repeat(1000)),
            drawn: None,
        };
        let texts = Texts::english();
        let said = texts.sentence(&unusual(&shown));
        assert!(
            !said.contains(['\u{1b}', '\u{202e}']) && said.len() < 1000,
            "{said}"
        );
        shown.text = " \n".to_owned();
        let said = texts.sentence(&unusual(&shown));
        assert!(said.contains("nothing"), "{said}");
        let empty = br#"{"format":"lessons-machine/1","name":"x","platform":{"os":"linux","arch":"x86_64"}}"#;
        let recording = Recording::from_slice(empty).unwrap();
        assert!(of(Kind::Topo, &Facts::new(&recording)).is_err());
    }
}
