//! What a paste says, whichever of the field's tools it came from.

use serde::Serialize;

use super::drivers::Drivers;
use super::env::Env;
use super::error::{Lack, ReadError};
use super::foreign::Foreign;
use super::index::Index;
use super::nvcc::Nvcc;
use super::recognise::{self, Kind};
use super::smi::{self, Smi, Tool, Unread};
use super::text::Pasted;
use super::topo::Topo;
use super::wheel::{self, Wheel};
use super::{drivers, env, index, nvcc, topo};
use crate::finding::{Arg, Message, TextId};
use crate::visible::visible;

/// Reads everything of one kind in a text, in order; without a kind, everything that is recognised in it. There is
/// always at least one.
///
/// A paste may hold several outputs one after the other, such as two tables, or a table and a matrix. The exceptions
/// are `collect_env`, which has others' outputs in it, and an index, which is a page by itself.
pub fn read(text: &str, kind: Option<Kind>) -> Result<Vec<Said>, NotRead> {
    if text.trim().is_empty() {
        return Err(NotRead::Empty);
    }
    if let Some(kind) = kind {
        return of_kind(kind, text).map_err(|why| match why {
            // What it is instead helps more than what it lacks.
            NotRead::Smi(Unread::NotNvidiaSmi) | NotRead::Other(ReadError::NotThis { .. })
                if recognise::recognise(text).is_none_or(|found| found == kind) =>
            {
                match unrecognised(text) {
                    NotRead::Unrecognised => why,
                    known => known,
                }
            }
            why => why,
        });
    }
    let kinds = recognise::recognise_all(text);
    let Some((first, others)) = kinds.split_first() else {
        return Err(unrecognised(text));
    };
    let mut found = of_kind(*first, text).map_err(|why| match why {
        NotRead::Smi(Unread::NotNvidiaSmi) => unrecognised(text),
        why => why,
    })?;
    for kind in others {
        // A line that looks like another tool's is no promise that there is more of it.
        found.extend(of_kind(*kind, text).unwrap_or_default());
    }
    found.sort_by_key(Said::start);
    Ok(found)
}

/// One output. Its JSON is that of `lessons read <kind> --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// nvidia-smi's.
    Smi(Box<Smi>),
    /// A topology.
    Topo(Topo),
    /// The driver packages on offer.
    Drivers(Drivers),
    /// The toolkit's compiler.
    Nvcc(Nvcc),
    /// A wheel's name.
    Wheel(Wheel),
    /// A package index.
    Index(Index),
    /// PyTorch's report of itself.
    Env(Box<Env>),
}

impl Said {
    /// Which reader read it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Smi(_) => Kind::Smi,
            Self::Topo(_) => Kind::Topo,
            Self::Drivers(_) => Kind::Drivers,
            Self::Nvcc(_) => Kind::Nvcc,
            Self::Wheel(_) => Kind::Wheel,
            Self::Index(_) => Kind::Index,
            Self::Env(_) => Kind::Env,
        }
    }

    /// The byte of the text at which its first value stands; 0 where no value has a place.
    pub fn start(&self) -> usize {
        let spans: Vec<usize> = match self {
            Self::Smi(smi) => smi.fields.iter().map(|field| field.span.start).collect(),
            Self::Topo(topo) => topo
                .devices
                .iter()
                .map(|device| device.name.span.start)
                .collect(),
            Self::Drivers(drivers) => drivers
                .devices
                .iter()
                .flat_map(|device| {
                    let sysfs = device.sysfs.iter().map(|sysfs| sysfs.span.start);
                    sysfs.chain(
                        device
                            .drivers
                            .iter()
                            .map(|driver| driver.package.span.start),
                    )
                })
                .chain(
                    drivers
                        .packages
                        .iter()
                        .map(|listed| listed.package.span.start),
                )
                .collect(),
            Self::Nvcc(nvcc) => nvcc
                .release
                .iter()
                .map(|release| release.span.start)
                .chain(nvcc.failure.iter().map(|failure| failure.span.start))
                .collect(),
            Self::Wheel(wheel) => vec![wheel.distribution.span.start],
            Self::Index(_) | Self::Env(_) => Vec::new(),
        };
        spans.into_iter().min().unwrap_or(0)
    }
}

/// What `lessons read --json` shows of everything that was read: the first output's fields, and the others in `more`.
#[derive(Debug, Clone, Serialize)]
pub struct Document<'s> {
    #[serde(flatten)]
    first: &'s Said,
    #[serde(skip_serializing_if = "<[Said]>::is_empty")]
    more: &'s [Said],
}

impl<'s> Document<'s> {
    /// `None` where nothing was read.
    pub fn new(said: &'s [Said]) -> Option<Self> {
        let (first, more) = said.split_first()?;
        Some(Self { first, more })
    }
}

/// Why a text could not be read. What a person reads of it is [`NotRead::message`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// There is nothing but blanks in it.
    #[error("empty")]
    Empty,
    /// It is not text.
    #[error("not text")]
    NotText,
    /// It is the output of another tool.
    #[error("the output of {}", .0.name())]
    OtherTool(Tool),
    /// It is an output that no reader is for.
    #[error("{:?}", .0.kind)]
    Foreign(Foreign),
    /// No reader knows it.
    #[error("not recognised")]
    Unrecognised,
    /// nvidia-smi's reader refused it.
    #[error(transparent)]
    Smi(Unread),
    /// Another reader refused it.
    #[error(transparent)]
    Other(ReadError),
}

impl NotRead {
    /// What is wrong, and, where that can be said, what to do instead.
    pub fn message(&self) -> Message {
        let shared = |id: &'static str, args: Vec<(&'static str, Arg)>| Message {
            text: TextId::Shared(id),
            args,
        };
        let plain = |text: &str| Arg::Text(visible(text));
        let size = |bytes: usize| Arg::Count((bytes >> 20) as u64);
        match self {
            Self::Empty | Self::Smi(Unread::Empty) | Self::Other(ReadError::Empty) => {
                shared("read-refused-empty", vec![])
            }
            Self::NotText | Self::Smi(Unread::NotText) => shared("read-refused-not-text", vec![]),
            Self::OtherTool(tool) | Self::Smi(Unread::OtherTool(tool)) => shared(
                "read-refused-other-tool",
                vec![
                    ("tool", plain(tool.name())),
                    ("vendor", plain(tool.vendor())),
                ],
            ),
            Self::Foreign(foreign) => foreign.message(),
            Self::Unrecognised => shared("read-refused-unrecognised", vec![]),
            Self::Smi(Unread::TooLong { .. }) => {
                shared("read-refused-too-long", vec![("limit", size(smi::LIMIT))])
            }
            Self::Other(ReadError::TooLarge { limit, .. }) => {
                shared("read-refused-too-long", vec![("limit", size(*limit))])
            }
            Self::Smi(Unread::NotNvidiaSmi) => Lack::Lines.message(Kind::Smi),
            Self::Other(ReadError::NotThis { kind, why }) => why.message(*kind),
            Self::Other(ReadError::Wheel { name, fault }) => fault.message(name),
        }
    }
}

fn of_kind(kind: Kind, text: &str) -> Result<Vec<Said>, NotRead> {
    let said = match kind {
        Kind::Smi => {
            return smi::read_all(text)
                .map(|all| {
                    all.into_iter()
                        .map(|smi| Said::Smi(Box::new(smi)))
                        .collect()
                })
                .map_err(NotRead::from);
        }
        Kind::Topo => {
            return topo::read_all(text)
                .map(|all| all.into_iter().map(Said::Topo).collect())
                .map_err(|error| refused(error, text));
        }
        Kind::Drivers => drivers::read(text).map(Said::Drivers),
        Kind::Nvcc => nvcc::read(text).map(Said::Nvcc),
        Kind::Wheel => wheel::read(text).map(Said::Wheel),
        Kind::Index => index::read(text).map(Said::Index),
        Kind::Env => env::read(text).map(|env| Said::Env(Box::new(env))),
    };
    said.map(|said| vec![said])
        .map_err(|error| refused(error, text))
}

impl From<Unread> for NotRead {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Empty => Self::Empty,
            Unread::NotText => Self::NotText,
            Unread::OtherTool(tool) => Self::OtherTool(tool),
            Unread::TooLong { .. } | Unread::NotNvidiaSmi => Self::Smi(unread),
        }
    }
}

fn refused(error: ReadError, text: &str) -> NotRead {
    match error {
        ReadError::Empty => NotRead::Empty,
        ReadError::NotThis { .. } | ReadError::Wheel { .. } if is_not_text(text) => {
            NotRead::NotText
        }
        error => NotRead::Other(error),
    }
}

fn unrecognised(text: &str) -> NotRead {
    // What should have been a wheel's name says itself what is wrong with it.
    if text.trim().strip_suffix(".whl").is_some()
        && text.split_whitespace().count() == 1
        && let Err(fault) = wheel::read(text)
    {
        return NotRead::Other(fault);
    }
    match Tool::of(Pasted::new(text).text()) {
        Some(tool) => NotRead::OtherTool(tool),
        None if is_not_text(text) => NotRead::NotText,
        None => Foreign::of(text).map_or(NotRead::Unrecognised, NotRead::Foreign),
    }
}

/// Whether a text was made of bytes that are none.
fn is_not_text(text: &str) -> bool {
    text.contains(['\0', char::REPLACEMENT_CHARACTER])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::foreign::Outside;

    const TABLE: &str = "| NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0 |\n\
        | 0 NVIDIA L4 On | 00000000:00:03.0 Off | 0 |\n\
        | N/A 41C P8 17W / 72W | 1MiB / 23034MiB | 0% Default |\n\
        | | | N/A |\n";

    const VGPUS: &str = "| NVIDIA-SMI 535.161.05             Driver Version: 535.161.05 |\n\
        | GPU  Name              | Bus-Id             | GPU-Util   |\n\
        |      vGPU ID     Name  | VM ID     VM Name  | vGPU-Util  |\n\
        |   0  NVIDIA A10        | 00000000:3B:00.0   |   0%       |\n\
        |      325  NVIDIA A10-4Q | 4a1c...  i-2-33  |      0%    |\n";

    #[test]
    fn all_outputs_of_a_paste_are_read_in_order() {
        let text = format!(
            "$ nvcc --version\nCuda compilation tools, release 12.6, V12.6.85\n$ nvidia-smi\n{TABLE}\
             $ nvidia-smi topo -m\n\tGPU0\tGPU1\tCPU Affinity\nGPU0\t X \tNV4\t0-7\nGPU1\tNV4\t X \t0-7\n$ nvidia-smi\n{TABLE}"
        );
        let kinds: Vec<Kind> = read(&text, None).unwrap().iter().map(Said::kind).collect();
        assert_eq!(kinds, [Kind::Nvcc, Kind::Smi, Kind::Topo, Kind::Smi]);
        assert_eq!(read(&text, Some(Kind::Topo)).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_output_is_said() {
        assert_eq!(read(" \n", None), Err(NotRead::Empty));
        assert_eq!(read("", Some(Kind::Index)), Err(NotRead::Empty));
        assert_eq!(read("hello", None), Err(NotRead::Unrecognised));
        assert_eq!(read("\0\u{1}\0", None), Err(NotRead::NotText));
        assert_eq!(
            read("=== ROCm System Management Interface ===", None),
            Err(NotRead::OtherTool(Tool::RocmSmi))
        );
        assert!(matches!(
            read(
                "01:00.0 3D controller: NVIDIA Corporation GA100",
                Some(Kind::Smi)
            ),
            Err(NotRead::Foreign(_))
        ));
        for kind in [None, Some(Kind::Smi)] {
            let vgpus = read(VGPUS, kind);
            assert!(
                matches!(&vgpus, Err(NotRead::Foreign(found)) if found.kind == Outside::Vgpu),
                "{vgpus:?}"
            );
        }
        assert!(matches!(
            read(TABLE, Some(Kind::Topo)),
            Err(NotRead::Other(ReadError::NotThis { .. }))
        ));
    }
}
