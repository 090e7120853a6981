//! `nvidia-smi topo -m`: how GPUs and network cards are wired to one another and to the CPUs.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::error::{LIMIT, Lack, ReadError, bounded};
use super::recognise::Kind;
use super::text::{Pasted, Seen, Word};

/// Reads the first matrix in a text.
///
/// ```text
///         GPU0    GPU1    NIC0    CPU Affinity    NUMA Affinity   GPU NUMA ID
/// GPU0     X      NV4     SYS     48-63,112-127   3               N/A
/// GPU1    NV4      X      SYS     32-47,96-111    2               N/A
/// NIC0    SYS     SYS      X
///
/// NIC Legend:
///
///   NIC0: mlx5_0
/// ```
///
/// Tabs may have become blanks, and a run of blanks one blank. Rows may be missing or cut: what a cell does not
/// show for certain is left out.
pub fn read(text: &str) -> Result<Topo, ReadError> {
    read_all(text)?.into_iter().next().ok_or_else(no_matrix)
}

/// Reads every matrix in a text, in order; never an empty list.
pub fn read_all(text: &str) -> Result<Vec<Topo>, ReadError> {
    bounded(text, Kind::Topo, LIMIT)?;
    let pasted = Pasted::new(text);
    let words = words(&pasted);
    let mut found: Vec<Topo> = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let after = match header(&words, at) {
            Ok(header) => {
                let (topo, next) = Reader::new(&pasted, &words, header).matrix();
                found.extend(topo);
                next
            }
            Err(after) => after,
        };
        let legend =
            word.text == "NIC" && words.get(at + 1).is_some_and(|word| word.text == "Legend:");
        at = match found.last_mut() {
            Some(topo) if legend => nic_legend(&pasted, &words, at + 2, topo),
            _ => after,
        };
    }
    if found.is_empty() {
        Err(no_matrix())
    } else {
        Ok(found)
    }
}

/// The words of a text, without what Markdown draws a table with: bars, and the row of dashes below the header.
fn words(pasted: &Pasted) -> Vec<Word<'_>> {
    let is_rule = |text: &str| text.bytes().all(|byte| matches!(byte, b'-' | b':' | b'+'));
    let mut words = Vec::new();
    for word in pasted.words() {
        let mut start = word.start;
        for text in word.text.split('|') {
            if !is_rule(text) {
                words.push(Word {
                    text,
                    start,
                    ..word
                });
            }
            start += text.len() + 1;
        }
    }
    words
}

/// More devices than any machine has; a text that names more is not a matrix.
const MOST_DEVICES: usize = 256;

/// The longest row, in bytes, whose columns are looked at.
const LONGEST_ROW: usize = 16 << 10;

fn no_matrix() -> ReadError {
    ReadError::NotThis {
        kind: Kind::Topo,
        why: Lack::Lines,
    }
}

/// A matrix: the devices, in the order of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topo {
    /// GPUs first, then network cards, as in the header.
    pub devices: Vec<Device>,
    /// Which of the columns after the matrix the header has.
    pub columns: Columns,
}

/// Which columns stand after the matrix; older drivers print fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns {
    /// `CPU Affinity`.
    pub cpu_affinity: bool,
    /// `NUMA Affinity`.
    pub numa_affinity: bool,
    /// `GPU NUMA ID`.
    pub gpu_numa_id: bool,
}

/// One device of a matrix: its column and, if the text has it, its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// `GPU0`, `NIC0`, `mlx5_0`.
    pub name: Seen<String>,
    /// What `NIC Legend:` calls it.
    pub nic_name: Option<Seen<String>>,
    /// The row: how it reaches each device, in the order of [`Topo::devices`]. Shorter if the text ends in it, empty
    /// if the text has no such row.
    pub links: Vec<Option<Seen<Link>>>,
    /// The CPU cores nearest to it, such as `0-15,64-79`, or a word such as `N/A`.
    pub cpu_affinity: Option<Seen<String>>,
    /// The NUMA node nearest to it: `0`, `0-1`, `N/A`.
    pub numa_affinity: Option<Seen<String>>,
    /// The NUMA node that the GPU's own memory is, on machines where it is one; elsewhere `N/A`.
    pub gpu_numa_id: Option<Seen<String>>,
}

impl Device {
    /// A device without a row.
    pub fn new(name: impl Into<Seen<String>>) -> Self {
        Self {
            name: name.into(),
            nic_name: None,
            links: Vec::new(),
            cpu_affinity: None,
            numa_affinity: None,
            gpu_numa_id: None,
        }
    }

    /// The GPU's index, if it is one.
    pub fn gpu_index(&self) -> Option<u32> {
        gpu_index(&self.name)
    }

    /// The CPU cores nearest to it, if the text shows them.
    pub fn cores(&self) -> Option<CpuList> {
        self.cpu_affinity.as_ref()?.parse().ok()
    }
}

/// How two devices are connected, in nvidia-smi's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Link {
    /// `X`: the device itself.
    Itself,
    /// `NV#`: that many links of NVLink, bonded.
    NvLink(u32),
    /// `PIX`: at most one PCI Express bridge.
    Pix,
    /// `PXB`: several PCI Express bridges, but not the host bridge.
    Pxb,
    /// `PHB`: a PCI Express host bridge, typically the CPU.
    Phb,
    /// `NODE`: between host bridges within a NUMA node.
    Node,
    /// `SYS`: between NUMA nodes.
    Sys,
    /// `SOC`: between CPU sockets; drivers before `SYS` was introduced.
    Soc,
    /// Another word, as printed: `OK`, `N/A`.
    Word(String),
}

impl Link {
    /// The order of distance: 0 is the device itself, then NVLink, then ever longer ways over PCI Express. No number for a
    /// word that says no distance.
    pub fn distance(&self) -> Option<u8> {
        Some(match self {
            Self::Itself => 0,
            Self::NvLink(_) => 1,
            Self::Pix => 2,
            Self::Pxb => 3,
            Self::Phb => 4,
            Self::Node => 5,
            Self::Sys | Self::Soc => 6,
            Self::Word(_) => return None,
        })
    }

    /// Whether it is an NVLink.
    pub fn is_nvlink(&self) -> bool {
        matches!(self, Self::NvLink(_))
    }

    /// The sentence of nvidia-smi's own legend, with its sign.
    pub fn legend(&self) -> Option<(&'static str, &'static str)> {
        let sign = match self {
            Self::Itself => "X",
            Self::NvLink(_) => "NV#",
            Self::Pix => "PIX",
            Self::Pxb => "PXB",
            Self::Phb => "PHB",
            Self::Node => "NODE",
            Self::Sys => "SYS",
            Self::Soc => "SOC",
            Self::Word(_) => return None,
        };
        LEGEND
            .into_iter()
            .chain([OLD_LEGEND])
            .find(|(word, _)| *word == sign)
    }
}

/// The legend that nvidia-smi prints below the matrix.
pub const LEGEND: [(&str, &str); 7] = [
    ("X", "Self"),
    (
        "SYS",
        "Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)",
    ),
    (
        "NODE",
        "Connection traversing PCIe as well as the interconnect between PCIe Host Bridges within a NUMA node",
    ),
    (
        "PHB",
        "Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)",
    ),
    (
        "PXB",
        "Connection traversing multiple PCIe bridges (without traversing the PCIe Host Bridge)",
    ),
    ("PIX", "Connection traversing at most a single PCIe bridge"),
    ("NV#", "Connection traversing a bonded set of # NVLinks"),
];

/// The line that old drivers have in the place of `SYS`.
const OLD_LEGEND: (&str, &str) = (
    "SOC",
    "Connection traversing PCIe as well as the SMP link between CPU sockets(e.g. QPI)",
);

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Itself => f.write_str("X"),
            Self::NvLink(links) => write!(f, "NV{links}"),
            Self::Pix => f.write_str("PIX"),
            Self::Pxb => f.write_str("PXB"),
            Self::Phb => f.write_str("PHB"),
            Self::Node => f.write_str("NODE"),
            Self::Sys => f.write_str("SYS"),
            Self::Soc => f.write_str("SOC"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl From<&str> for Link {
    fn from(word: &str) -> Self {
        match word {
            "X" => Self::Itself,
            "PIX" => Self::Pix,
            "PXB" => Self::Pxb,
            "PHB" => Self::Phb,
            "NODE" => Self::Node,
            "SYS" => Self::Sys,
            "SOC" => Self::Soc,
            _ => match word.strip_prefix("NV").map(plain_number) {
                Some(Some(links)) => Self::NvLink(links),
                _ => Self::Word(word.to_owned()),
            },
        }
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// CPU cores as Linux lists them: `0-15,64-79`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CpuList {
    /// First and last core of each range, as listed.
    pub ranges: Vec<(u32, u32)>,
}

impl CpuList {
    /// How many cores it holds.
    pub fn count(&self) -> u64 {
        self.ranges
            .iter()
            .map(|(first, last)| u64::from(last - first) + 1)
            .sum()
    }

    /// Whether it holds a core.
    pub fn contains(&self, core: u32) -> bool {
        self.ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&core))
    }

    /// Whether it shares a core with another list.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.ranges.iter().any(|(first, last)| {
            other
                .ranges
                .iter()
                .any(|(from, to)| first <= to && from <= last)
        })
    }
}

/// A list of CPUs that is not written as Linux writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a list of CPUs such as 0-15,64-79")]
pub struct NotCpuList;

impl FromStr for CpuList {
    type Err = NotCpuList;

    fn from_str(written: &str) -> Result<Self, NotCpuList> {
        let mut ranges = Vec::new();
        for range in written.trim().split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (Some(first), Some(last)) = (plain_number(first), plain_number(last)) else {
                return Err(NotCpuList);
            };
            if first > last {
                return Err(NotCpuList);
            }
            ranges.push((first, last));
        }
        Ok(Self { ranges })
    }
}

impl fmt::Display for CpuList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if first == last {
                write!(f, "{first}")?;
            } else {
                write!(f, "{first}-{last}")?;
            }
        }
        Ok(())
    }
}

/// Two GPUs, by their place in [`Topo::devices`], and what connects them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The one with the lower place.
    pub first: &'a Device,
    /// The other.
    pub second: &'a Device,
    /// How the first reaches the second.
    pub link: &'a Link,
}

impl Pair<'_> {
    /// Whether both stand at the same NUMA node, if the text tells.
    pub fn same_numa_node(&self) -> Option<bool> {
        let first = plain_number(self.first.numa_affinity.as_ref()?)?;
        let second = plain_number(self.second.numa_affinity.as_ref()?)?;
        Some(first == second)
    }
}

impl Topo {
    /// The GPUs, in order.
    pub fn gpus(&self) -> impl Iterator<Item = &Device> {
        self.devices
            .iter()
            .filter(|device| device.gpu_index().is_some())
    }

    /// The network cards, in order.
    pub fn nics(&self) -> impl Iterator<Item = &Device> {
        self.devices
            .iter()
            .filter(|device| device.gpu_index().is_none())
    }

    /// The device of a name.
    pub fn device(&self, name: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.name.value == name)
    }

    /// How one device reaches another: from its own row or, if that is cut, from the other's.
    pub fn link(&self, from: &str, to: &str) -> Option<&Link> {
        let place = |name: &str| {
            self.devices
                .iter()
                .position(|device| device.name.value == name)
        };
        self.link_at(place(from)?, place(to)?)
    }

    fn link_at(&self, from: usize, to: usize) -> Option<&Link> {
        let cell = |row: usize, column: usize| self.devices.get(row)?.links.get(column)?.as_ref();
        cell(from, to)
            .or_else(|| cell(to, from))
            .map(|seen| &seen.value)
    }

    /// Every pair of GPUs whose connection the text tells, in order.
    pub fn gpu_pairs(&self) -> Vec<Pair<'_>> {
        let gpus: Vec<(usize, &Device)> = self
            .devices
            .iter()
            .enumerate()
            .filter(|(_, device)| device.gpu_index().is_some())
            .collect();
        let mut pairs = Vec::new();
        for (index, &(from, first)) in gpus.iter().enumerate() {
            for &(to, second) in gpus.iter().skip(index + 1) {
                if let Some(link) = self.link_at(from, to) {
                    pairs.push(Pair {
                        first,
                        second,
                        link,
                    });
                }
            }
        }
        pairs
    }

    /// The pairs of GPUs that NVLink connects.
    pub fn nvlink_pairs(&self) -> Vec<Pair<'_>> {
        let mut pairs = self.gpu_pairs();
        pairs.retain(|pair| pair.link.is_nvlink());
        pairs
    }

    /// The pair to take for a job on two GPUs: the nearest, with the most links of NVLink, at one NUMA node, first in order.
    pub fn best_pair(&self) -> Option<Pair<'_>> {
        self.gpu_pairs()
            .into_iter()
            .filter_map(|pair| Some((pair.link.distance()?, pair)))
            .min_by_key(|(distance, pair)| {
                let links = match pair.link {
                    Link::NvLink(links) => *links,
                    _ => 0,
                };
                (
                    *distance,
                    Reverse(links),
                    pair.same_numa_node() != Some(true),
                )
            })
            .map(|(_, pair)| pair)
    }

    /// The GPUs in groups: two are in one group if a chain of connections no longer than `within` joins them. With
    /// `Link::NvLink(1)` these are the NVLink islands, with `Link::Phb` the groups under one CPU's host bridge.
    pub fn groups(&self, within: &Link) -> Vec<Vec<&Device>> {
        let limit = within.distance().unwrap_or(0);
        let mut groups: Vec<Vec<(usize, &Device)>> = Vec::new();
        for (place, device) in self.devices.iter().enumerate() {
            if device.gpu_index().is_none() {
                continue;
            }
            let near = |group: &Vec<(usize, &Device)>| {
                group.iter().any(|(other, _)| {
                    let distance = self.link_at(*other, place).and_then(Link::distance);
                    distance.is_some_and(|distance| distance <= limit)
                })
            };
            let (joined, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(near);
            groups = apart;
            let mut group: Vec<_> = joined.into_iter().flatten().collect();
            group.push((place, device));
            group.sort_by_key(|(place, _)| *place);
            groups.push(group);
        }
        groups.sort_by_key(|group| group.first().map(|(place, _)| *place));
        groups
            .into_iter()
            .map(|group| group.into_iter().map(|(_, device)| device).collect())
            .collect()
    }
}

impl Serialize for Topo {
    /// `{schema, devices:[…], links:{GPU0:{GPU1:"NV4",…},…}, cpu_affinity:{}, numa_affinity:{}, gpu_numa_id:{},
    /// nic_names:{}}`. A device is not its own link. An affinity is there for every GPU if the header has its
    /// column, and `null` where the text does not tell it; a NUMA node is a number where one is shown.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<&str> = self
            .devices
            .iter()
            .map(|device| device.name.as_str())
            .collect();
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("schema", "lessons-read-topo/1")?;
        map.serialize_entry("devices", &names)?;
        map.serialize_entry(
            "links",
            &Object(|| {
                self.devices.iter().map(|device| {
                    let name = device.name.as_str();
                    let links = device
                        .links
                        .iter()
                        .zip(&names)
                        .filter_map(move |(link, to)| {
                            link.as_ref()
                                .filter(|_| *to != name)
                                .map(|link| (*to, link))
                        });
                    (name, Object(move || links.clone()))
                })
            }),
        )?;
        let column = |present: bool| self.gpus().filter(move |_| present);
        map.serialize_entry(
            "cpu_affinity",
            &Object(|| {
                column(self.columns.cpu_affinity).map(|gpu| (gpu.name.as_str(), &gpu.cpu_affinity))
            }),
        )?;
        map.serialize_entry(
            "numa_affinity",
            &Object(|| {
                column(self.columns.numa_affinity)
                    .map(|gpu| (gpu.name.as_str(), gpu.numa_affinity.as_ref().map(NodeWord)))
            }),
        )?;
        map.serialize_entry(
            "gpu_numa_id",
            &Object(|| {
                column(self.columns.gpu_numa_id)
                    .map(|gpu| (gpu.name.as_str(), gpu.gpu_numa_id.as_ref().map(NodeWord)))
            }),
        )?;
        map.serialize_entry(
            "nic_names",
            &Object(|| {
                self.devices
                    .iter()
                    .filter_map(|device| Some((device.name.as_str(), device.nic_name.as_ref()?)))
            }),
        )?;
        map.end()
    }
}

/// A JSON object with its members in the order of an iterator.
struct Object<F>(F);

impl<K: Serialize, V: Serialize, I: Iterator<Item = (K, V)>, F: Fn() -> I> Serialize for Object<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}

/// A NUMA node as JSON: a number where it is one, otherwise the word.
struct NodeWord<'a>(&'a Seen<String>);

impl Serialize for NodeWord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match plain_number(self.0) {
            Some(number) => serializer.serialize_u32(number),
            None => serializer.serialize_str(self.0),
        }
    }
}

/// A number written with digits alone.
fn plain_number(word: &str) -> Option<u32> {
    word.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| word.parse().ok())?
}

fn gpu_index(name: &str) -> Option<u32> {
    name.strip_prefix("GPU").and_then(plain_number)
}

/// A header: the devices it names, the columns after them, and the place of the word after it.
struct Header {
    devices: Vec<usize>,
    titles: Vec<Title>,
    next: usize,
}

/// A column after the matrix, in the order in which the header has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Title {
    Cpu,
    Numa,
    GpuNuma,
}

impl Title {
    /// The title at a place, and how many words it has.
    fn at(words: &[Word<'_>], at: usize) -> Option<(Self, usize)> {
        let says =
            |distance: usize, word: &str| words.get(at + distance).is_some_and(|w| w.text == word);
        if says(0, "CPU") && says(1, "Affinity") {
            Some((Self::Cpu, 2))
        } else if says(0, "NUMA") && says(1, "Affinity") {
            Some((Self::Numa, 2))
        } else if says(0, "GPU") && says(1, "NUMA") && says(2, "ID") {
            Some((Self::GpuNuma, 3))
        } else {
            None
        }
    }
}

/// The header that starts at a word; if none does, the next word where one or a row may start.
fn header(words: &[Word<'_>], at: usize) -> Result<Header, usize> {
    let Some(first) = words
        .get(at)
        .filter(|word| gpu_index(word.text).is_some() || is_cut_first(words, at))
    else {
        return Err(at + 1);
    };
    let mut header = Header {
        devices: Vec::new(),
        titles: Vec::new(),
        next: at,
    };
    let mut named = HashSet::new();
    while let Some(word) = words.get(header.next) {
        if let Some((title, length)) = Title::at(words, header.next) {
            header.titles.push(title);
            header.next += length;
            continue;
        }
        // The first device again is the label of the first row; after the titles the header is over anyway.
        let over = !header.titles.is_empty() || header.devices.len() == MOST_DEVICES;
        let is_device = is_device(word.text) || header.next == at;
        if over || !is_device || !named.insert(word.text) {
            break;
        }
        header.devices.push(header.next);
        header.next += 1;
    }
    // What makes it a header rather than a name in a sentence: columns after it, or a row right below it.
    let row_follows = words
        .get(header.next)
        .is_some_and(|word| word.text == first.text)
        && words
            .get(header.next + 1)
            .is_some_and(|cell| is_cell(cell.text));
    if header.titles.is_empty() && !row_follows {
        // The last of the names may be the label of a row.
        return Err((header.next - 1).max(at + 1));
    }
    header.titles.dedup();
    header.titles.truncate(3);
    Ok(header)
}

/// The first device, which every header begins with.
const FIRST: &str = "GPU0";

/// Whether a word is what a lost margin has left of the first device's name: `U0  GPU1  GPU2`.
fn is_cut_first(words: &[Word<'_>], at: usize) -> bool {
    words.get(at).is_some_and(|word| {
        word.start == word.line_start
            && matches!(word.text, "PU0" | "U0" | "0")
            && (words.get(at + 1).is_some_and(|next| next.text == "GPU1")
                || Title::at(words, at + 1).is_some())
    })
}

/// Whether a word can name a device: `GPU0`, `NIC12`, `mlx5_0`, `bnxt_re0`.
fn is_device(word: &str) -> bool {
    word.len() <= 32
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.contains(|c: char| c.is_ascii_digit())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        && !is_level(word)
}

/// Whether a word says how two devices are connected.
fn is_level(word: &str) -> bool {
    !matches!(Link::from(word), Link::Word(_))
}

/// Whether a word is the beginning of a level and no level itself.
fn is_part_of_level(word: &str) -> bool {
    const LEVELS: [&str; 7] = ["SYS", "SOC", "NODE", "NV", "PHB", "PXB", "PIX"];
    !is_level(word) && LEVELS.iter().any(|level| level.starts_with(word))
}

/// Whether a word can stand in the matrix: a level, or another short word in capitals such as `OK` or `N/A`.
fn is_cell(word: &str) -> bool {
    is_level(word)
        || (word.len() <= 8
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.bytes().all(|byte| {
                byte.is_ascii_uppercase()
                    || byte.is_ascii_digit()
                    || matches!(byte, b'/' | b'!' | b'#')
            }))
}

/// Whether a word can stand in a column after the matrix: `0-15,64-79`, `3`, `N/A`.
fn is_affinity(word: &str) -> bool {
    word == "N/A"
        || word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b','))
}

/// Reads the rows below one header.
struct Reader<'a> {
    pasted: &'a Pasted,
    words: &'a [Word<'a>],
    names: HashMap<&'a str, usize>,
    titles: Vec<Title>,
    devices: Vec<Device>,
    at: usize,
    rows: usize,
}

impl<'a> Reader<'a> {
    fn new(pasted: &'a Pasted, words: &'a [Word<'a>], header: Header) -> Self {
        let named: Vec<Word<'a>> = header
            .devices
            .iter()
            .filter_map(|place| words.get(*place).copied())
            .collect();
        let first = named.first().map(|word| word.start);
        let name = |word: &Word<'a>| {
            let is_cut = Some(word.start) == first && gpu_index(word.text).is_none();
            if is_cut { FIRST } else { word.text }
        };
        Self {
            pasted,
            words,
            names: named
                .iter()
                .enumerate()
                .map(|(place, word)| (name(word), place))
                .collect(),
            titles: header.titles,
            devices: named
                .iter()
                .map(|word| Device::new(pasted.seen(name(word).to_owned(), word.range())))
                .collect(),
            at: header.next,
            rows: 0,
        }
    }

    /// The matrix, if it has a row, and the place of the word after it.
    fn matrix(mut self) -> (Option<Topo>, usize) {
        while let Some(word) = self.words.get(self.at) {
            let Err(after) = header(self.words, self.at) else {
                break;
            };
            let next = self.words.get(self.at + 1).map(|word| word.text);
            if word.text == "Legend:" || (word.text == "NIC" && next == Some("Legend:")) {
                break;
            }
            match self.label(self.at) {
                // A device's second row is another matrix's.
                Some(row)
                    if self
                        .devices
                        .get(row)
                        .is_some_and(|device| !device.links.is_empty()) =>
                {
                    break;
                }
                Some(row) => {
                    self.at += 1;
                    self.row(row);
                }
                None => match self.cut_label(self.at) {
                    Some((row, cells)) => {
                        self.at = cells;
                        self.row(row);
                    }
                    None => self.at = after,
                },
            }
        }
        let has = |title: Title| self.titles.contains(&title);
        let topo = Topo {
            columns: Columns {
                cpu_affinity: has(Title::Cpu),
                numa_affinity: has(Title::Numa),
                gpu_numa_id: has(Title::GpuNuma),
            },
            devices: self.devices,
        };
        ((self.rows > 0).then_some(topo), self.at)
    }

    /// The device whose row starts at a word: its name, then a cell.
    fn label(&self, at: usize) -> Option<usize> {
        let row = *self.names.get(self.words.get(at)?.text)?;
        self.is_cell(at + 1).then_some(row)
    }

    /// Whether a row has more than its cells: a GPU's has, if the header has columns for it.
    fn titles_expected(&self, row: usize) -> bool {
        let is_gpu = self
            .devices
            .get(row)
            .is_some_and(|device| device.gpu_index().is_some());
        is_gpu && !self.titles.is_empty()
    }

    /// Whether a word is a cell of the matrix rather than the label of the next row.
    fn is_cell(&self, at: usize) -> bool {
        // `X    = Self` is of the legend.
        let explained = self.words.get(at + 1).is_some_and(|next| next.text == "=");
        self.words.get(at).is_some_and(|word| {
            is_cell(word.text) && !explained && !self.names.contains_key(word.text)
        })
    }

    /// The device whose row starts at the first word of a line, where a lost margin has taken the beginning of its name or
    /// all of it; and the place of its first cell. `X` stands under the device's own name, and so tells which it is.
    fn cut_label(&self, at: usize) -> Option<(usize, usize)> {
        let word = self.words.get(at)?;
        let is_first = at
            .checked_sub(1)
            .and_then(|before| self.words.get(before))
            .is_none_or(|before| before.line != word.line);
        if !is_first {
            return None;
        }
        let rest = (!is_level(word.text)).then_some(word.text);
        let first = at + usize::from(rest.is_some());
        let cells = (first..)
            .take(self.devices.len())
            .take_while(|at| {
                self.is_cell(*at)
                    && self
                        .words
                        .get(*at)
                        .is_some_and(|cell| cell.line == word.line)
            })
            .count();
        let row = (0..cells).find(|place| {
            self.words
                .get(first + place)
                .is_some_and(|cell| cell.text == "X")
        })?;
        let device = self.devices.get(row)?;
        let is_rest = rest.is_none_or(|rest| device.name.ends_with(rest));
        (cells == self.devices.len() && device.links.is_empty() && is_rest).then_some((row, first))
    }

    /// Reads the row whose first cell is at `self.at`.
    fn row(&mut self, row: usize) {
        let first = self.at;
        while self.at - first < self.names.len() && self.is_cell(self.at) {
            self.at += 1;
        }
        let mut cells = self.words.get(first..self.at).unwrap_or_default();
        // Where a window cut a word at the end of a line, what stands below is not of this row.
        let cut = cells.windows(2).position(
            |pair| matches!(pair, [cell, next] if next.line != cell.line && is_part_of_level(cell.text)),
        );
        if let Some(cut) = cut {
            self.at = first + cut + 1;
            cells = cells.get(..=cut).unwrap_or_default();
        }
        let more_expected = cells.len() < self.names.len() || self.titles_expected(row);
        if let Some((last, before)) = cells.split_last() {
            let ends_text = last.range().end == self.pasted.text().len();
            let ends_line = self
                .words
                .get(self.at)
                .is_none_or(|next| next.line != last.line);
            // The text, or a window's right edge, ends in the middle of the row, perhaps in the middle of this word:
            // `NV1` may be the beginning of `NV18`, and `SY` is that of `SYS`.
            let may_be_part = last.text.starts_with("NV") || !is_level(last.text);
            if (ends_text && (more_expected || !is_level(last.text)))
                || (ends_line && may_be_part && (more_expected || is_part_of_level(last.text)))
            {
                cells = before;
            }
        }
        // Every row has its `X` under its own name. Where it stands elsewhere, the row has lost a cell before it, and then
        // none of its cells can be trusted.
        let itself = cells.iter().position(|cell| cell.text == "X");
        let trusted = match itself {
            Some(place) => place == row,
            None => cells.len() <= row,
        };
        let links = cells
            .iter()
            .map(|cell| trusted.then(|| self.pasted.seen(Link::from(cell.text), cell.range())))
            .collect();
        let complete = trusted && cells.len() == self.names.len();
        let affinities = if complete {
            self.affinities(cells.last().copied())
        } else {
            Vec::new()
        };
        if let Some(device) = self.devices.get_mut(row) {
            device.links = links;
            for (title, value) in affinities {
                match title {
                    Title::Cpu => device.cpu_affinity = Some(value),
                    Title::Numa => device.numa_affinity = Some(value),
                    Title::GpuNuma => device.gpu_numa_id = Some(value),
                }
            }
        }
        self.rows += 1;
    }

    /// What stands after the matrix in a row whose last cell is `cell`.
    fn affinities(&mut self, cell: Option<Word<'a>>) -> Vec<(Title, Seen<String>)> {
        let first = self.at;
        while self.at - first < self.titles.len()
            && let Some(word) = self.words.get(self.at)
            && is_affinity(word.text)
        {
            self.at += 1;
        }
        let values = self.words.get(first..self.at).unwrap_or_default();
        let titles = if values.len() == self.titles.len() {
            self.titles.clone()
        } else {
            // Some are empty, or the text is cut. Which is which, the columns tell if they survived.
            cell.and_then(|cell| self.by_columns(cell, values))
                .unwrap_or_default()
        };
        titles
            .into_iter()
            .zip(values)
            .map(|(title, word)| (title, self.pasted.seen(word.text.to_owned(), word.range())))
            .collect()
    }

    /// Tells which titles the values of a row stand under, where there are fewer values than titles: nvidia-smi
    /// separates the columns by tabs, two of them before the GPU's NUMA ID. Only one choice may match the columns.
    fn by_columns(&self, cell: Word<'a>, values: &[Word<'a>]) -> Option<Vec<Title>> {
        // A word at the very end may be a part of one.
        let last = values.last()?;
        if last.range().end == self.pasted.text().len()
            || values.iter().any(|value| value.line != cell.line)
        {
            return None;
        }
        let column = |offset: usize| {
            let before = self
                .pasted
                .text()
                .get(cell.line_start..offset)
                .filter(|before| before.len() < LONGEST_ROW)?;
            Some(before.chars().fold(0, |column, c| {
                if c == '\t' {
                    column / 8 * 8 + 8
                } else {
                    column + 1
                }
            }))
        };
        // The cell's own tab stop; `X` stands one after it.
        let origin = column(cell.start)? - usize::from(cell.text == "X");
        let shown: Vec<usize> = values
            .iter()
            .filter_map(|value| column(value.start)?.checked_sub(origin))
            .collect();
        let mut matching = None;
        for choice in 0..1_u32 << self.titles.len().min(8) {
            if choice.count_ones() as usize != values.len() {
                continue;
            }
            let mut drawn = Vec::new();
            let mut titles = Vec::new();
            let mut left = values.iter();
            let mut here = if cell.text == "X" { 3 } else { cell.text.len() };
            for (index, title) in self.titles.iter().enumerate() {
                let tabs = if *title == Title::GpuNuma { 2 } else { 1 };
                for _ in 0..tabs {
                    here = here / 8 * 8 + 8;
                }
                if choice & (1 << index) != 0
                    && let Some(value) = left.next()
                {
                    drawn.push(here);
                    titles.push(*title);
                    here += value.text.len();
                }
            }
            if drawn == shown {
                if matching.is_some() {
                    return None;
                }
                matching = Some(titles);
            }
        }
        matching
    }
}

/// Reads `NIC0: mlx5_0` and so on from a place; gives the place after them.
fn nic_legend(pasted: &Pasted, words: &[Word<'_>], mut at: usize, topo: &mut Topo) -> usize {
    while let (Some(label), Some(name)) = (words.get(at), words.get(at + 1)) {
        let known =
            |device: &&mut Device| label.text.strip_suffix(':') == Some(device.name.as_str());
        let Some(device) = topo
            .devices
            .iter_mut()
            .find(known)
            .filter(|device| device.nic_name.is_none())
        else {
            break;
        };
        at += 1;
        // A label without a name is followed by the next label.
        if !name.text.ends_with(':') {
            device.nic_name = Some(pasted.seen(name.text.to_owned(), name.range()));
            at += 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two pairs with a bridge each, one GPU a NUMA node.
    const BRIDGES: &str = "\t\u{1b}[4mGPU0\tGPU1\tGPU2\tGPU3\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\u{1b}[0m\n\
        GPU0\t X \tNV4\tSYS\tSYS\t24-31,56-63\t3\t\tN/A\n\
        GPU1\tNV4\t X \tSYS\tSYS\t16-23,48-55\t2\t\tN/A\n\
        GPU2\tSYS\tSYS\t X \tNV4\t8-15,40-47\t1\t\tN/A\n\
        GPU3\tSYS\tSYS\tNV4\t X \t0-7,32-39\t0\t\tN/A\n\
        \nLegend:\n\n  X    = Self\n  NV#  = Connection traversing a bonded set of # NVLinks\n";

    fn collapsed(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn gives_the_json_that_is_promised() {
        let text = "me@host:~$ nvidia-smi topo -m\n\tGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\n\
            GPU0\t X \tPIX\tNODE\t0-15\t0\t\tN/A\nGPU1\tPIX\t X \tNODE\t0-15\t0-1\t\t8\nNIC0\tNODE\tNODE\t X \t\t\t\t\n\
            \nLegend:\n\n  X    = Self\n\nNIC Legend:\n\n  NIC0: mlx5_bond_0\n\nme@host:~$ exit";
        for text in [
            text.to_owned(),
            collapsed(text),
            text.replace('\n', "\r\n> "),
        ] {
            assert_eq!(
                serde_json::to_value(read(&text).unwrap()).unwrap(),
                serde_json::json!({
                    "schema": "lessons-read-topo/1",
                    "devices": ["GPU0", "GPU1", "NIC0"],
                    "links": {
                        "GPU0": {"GPU1": "PIX", "NIC0": "NODE"},
                        "GPU1": {"GPU0": "PIX", "NIC0": "NODE"},
                        "NIC0": {"GPU0": "NODE", "GPU1": "NODE"}
                    },
                    "cpu_affinity": {"GPU0": "0-15", "GPU1": "0-15"},
                    "numa_affinity": {"GPU0": 0, "GPU1": "0-1"},
                    "gpu_numa_id": {"GPU0": "N/A", "GPU1": 8},
                    "nic_names": {"NIC0": "mlx5_bond_0"}
                })
            );
        }
    }

    #[test]
    fn answers_what_a_job_asks() {
        let topo = read(BRIDGES).unwrap();
        let names = |pair: &Pair<'_>| {
            format!(
                "{}-{} {}",
                pair.first.name.value, pair.second.name.value, pair.link
            )
        };
        assert_eq!(
            topo.nvlink_pairs().iter().map(names).collect::<Vec<_>>(),
            ["GPU0-GPU1 NV4", "GPU2-GPU3 NV4"]
        );
        assert_eq!(names(&topo.best_pair().unwrap()), "GPU0-GPU1 NV4");
        let islands = topo.groups(&Link::NvLink(1));
        assert_eq!(islands.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(topo.groups(&Link::Sys).len(), 1);
        assert!(topo.device("GPU2").unwrap().cores().unwrap().contains(40));
        let place = topo.devices[2].cpu_affinity.as_ref().unwrap().span;
        assert_eq!(&BRIDGES[place.start..place.end], "8-15,40-47");
    }

    #[test]
    fn prefers_more_links_then_one_numa_node() {
        let hybrid = "GPU0 GPU1 GPU2 GPU3 CPU Affinity NUMA Affinity\nGPU0 X NV1 NV2 SYS 0-3 0\nGPU1 NV1 X NV2 NV2 0-3 0\n\
            GPU2 NV2 NV2 X NV1 4-7 1\nGPU3 SYS NV2 NV1 X 0-3 0\n";
        let topo = read(hybrid).unwrap();
        let best = topo.best_pair().unwrap();
        assert_eq!(
            (best.first.name.as_str(), best.second.name.as_str()),
            ("GPU1", "GPU3")
        );
        assert_eq!(best.same_numa_node(), Some(true));
    }

    #[test]
    fn reads_old_and_odd_words() {
        let old = "\tGPU0\tGPU1\tmlx5_0\tCPU Affinity\nGPU0\t X \tPXB\tSOC\t0-13\nGPU1\tPXB\t X \tSOC\t0-13\nmlx5_0\tSOC\tSOC\t X \n";
        let topo = read(old).unwrap();
        assert_eq!(topo.link("mlx5_0", "GPU1"), Some(&Link::Soc));
        assert_eq!(topo.nics().count(), 1);
        assert_eq!(
            serde_json::to_value(&topo).unwrap()["numa_affinity"],
            serde_json::json!({})
        );
        let p2p = " \tGPU0\tGPU1\t\n GPU0\tX\tOK\t\n GPU1\tCNS\tX\t\n\nLegend:\n\n  X    = Self\n";
        let topo = read(p2p).unwrap();
        assert_eq!(
            topo.link("GPU1", "GPU0"),
            Some(&Link::Word("CNS".to_owned()))
        );
        assert_eq!(topo.best_pair(), None);
    }

    #[test]
    fn tells_empty_columns_apart_only_by_their_place() {
        let header = "\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\n";
        let row = |after: &str| {
            format!("{header}GPU0\t X \tSYS{after}\nGPU1\tSYS\t X \t\t\t\tN/A\nend\n")
        };
        let read_row = |text: &str| {
            let topo = read(text).unwrap();
            let gpu = topo.devices[0].clone();
            [gpu.cpu_affinity, gpu.numa_affinity, gpu.gpu_numa_id]
                .map(|seen| seen.map(|seen| seen.value))
        };
        let said = |word: &str| Some(word.to_owned());
        assert_eq!(read_row(&row("\t\t\t\tN/A")), [None, None, said("N/A")]);
        assert_eq!(
            read_row(&row("\t0-7\t\t\tN/A")),
            [said("0-7"), None, said("N/A")]
        );
        assert_eq!(
            read_row(&row("\t\t1\t\tN/A")),
            [None, said("1"), said("N/A")]
        );
        assert_eq!(
            read_row(&row("\t\t\t\tN/A").replace(
                "GPU0\t X \tSYS\t\t\t\t",
                "GPU0     X      SYS                             "
            )),
            [None, None, said("N/A")]
        );
        assert_eq!(read_row(&row(" N/A")), [None, None, None]);
        // Two words that ran into one another.
        assert_eq!(read_row(&row("\t0-70            N/A")), [None, None, None]);
    }

    #[test]
    fn a_cut_table_says_only_what_it_shows() {
        let whole = read(BRIDGES).unwrap();
        for (end, _) in BRIDGES.char_indices() {
            let Ok(topo) = read(&BRIDGES[..end]) else {
                continue;
            };
            for (place, device) in topo.devices.iter().enumerate() {
                for (column, link) in device.links.iter().enumerate() {
                    assert_eq!(*link, whole.devices[place].links[column], "cut at {end}");
                }
            }
        }
        let cut = read("GPU0 GPU1 GPU2 CPU Affinity\nGPU0 X NV12 NV1").unwrap();
        assert_eq!(
            (cut.link("GPU1", "GPU0"), cut.link("GPU0", "GPU2")),
            (Some(&Link::NvLink(12)), None)
        );
        let lost =
            read("GPU0 GPU1 GPU2 CPU Affinity\nGPU0 X SYS SYS 0-7\nGPU1 X SYS 0-7\n").unwrap();
        assert_eq!(
            (lost.link("GPU1", "GPU2"), lost.link("GPU1", "GPU0")),
            (None, Some(&Link::Sys))
        );
    }

    #[test]
    fn reads_a_table_of_markdown() {
        let spaced = "| | GPU0 | GPU1 | NIC0 | CPU Affinity | NUMA Affinity | GPU NUMA ID |\n|---|:-:|---|---|---|---|---|\n\
            | GPU0 | X | NV4 | PHB | 0-15 | 0 | N/A |\n| GPU1 | NV4 | X | SYS | 16-31 | 1 | N/A |\n\
            | NIC0 | PHB | SYS | X | | | |\n\nNIC Legend:\n\n  NIC0: mlx5_0\n";
        for text in [spaced.to_owned(), spaced.replace(" | ", "|")] {
            let topo = read(&text).unwrap();
            assert_eq!(topo.link("NIC0", "GPU1"), Some(&Link::Sys), "{text}");
            let gpu = topo.device("GPU1").unwrap();
            let affinity = gpu.cpu_affinity.as_ref().unwrap();
            assert_eq!(&text[affinity.span.start..affinity.span.end], "16-31");
            assert!(topo.device("NIC0").unwrap().nic_name.is_some());
        }
    }

    #[test]
    fn a_prefix_of_every_line_costs_nothing() {
        let text = format!("{BRIDGES}NIC Legend:\n\n  NIC0: mlx5_0\n")
            .replace("GPU3\tCPU", "GPU3\tNIC0\tCPU");
        let text = text
            .replace("SYS\tSYS\t24", "SYS\tSYS\tPIX\t24")
            .replace("SYS\tSYS\t16", "SYS\tSYS\tPIX\t16");
        let whole = read(&text).unwrap();
        assert!(whole.device("NIC0").unwrap().nic_name.is_some());
        for prefix in [
            "> ",
            "| ",
            "worker-1  | ",
            "[pod/x/cuda] ",
            "2026-07-20T06:15:02.123Z ",
            "2026-07-20 06:15:02,123 INFO ",
        ] {
            let lines: Vec<String> = text.lines().map(|line| format!("{prefix}{line}")).collect();
            let prefixed = lines.join("\n");
            assert_eq!(read(&prefixed).unwrap(), whole, "{prefix}");
        }
    }

    #[test]
    fn reads_two_tables() {
        let both = read_all(&format!("{BRIDGES}\n$ nvidia-smi topo -m\nGPU0 GPU1 CPU Affinity\nGPU0 X PIX 0-3\nGPU1 PIX X 0-3\n")).unwrap();
        assert_eq!(
            both.iter()
                .map(|topo| topo.devices.len())
                .collect::<Vec<_>>(),
            [4, 2]
        );
    }

    #[test]
    fn refuses_other_texts() {
        for other in [
            "Legend:\n  X    = Self\n",
            "GPU0 and GPU1 are linked",
            "GPU0 GPU1 GPU2",
            "| 0  GPU0 | N/A |",
        ] {
            assert!(
                matches!(read(other), Err(ReadError::NotThis { .. })),
                "{other}"
            );
        }
    }

    #[test]
    fn reads_lists_of_cpus() {
        let list: CpuList = "0-15,64-79,7".parse().unwrap();
        assert_eq!(
            (list.count(), list.contains(70), list.contains(63)),
            (33, true, false)
        );
        assert_eq!(list.to_string(), "0-15,64-79,7");
        assert!(list.overlaps(&"79-90".parse().unwrap()));
        for bad in ["", "N/A", "3-1", "0-", "-1", "0-99999999999", "0,,1"] {
            assert_eq!(bad.parse::<CpuList>(), Err(NotCpuList), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(GPU[0-9]|NIC[0-9]:?|X|SYS|NV[0-9]{0,12}|N/A|CPU Affinity|NUMA Affinity|GPU NUMA ID|Legend:|[ \\t\\n]|[0-9,-]{1,4}|[^a]){0,60}") {
            if let Ok(all) = read_all(&text) {
                for topo in all {
                    let _ = (topo.best_pair(), topo.groups(&Link::Sys), serde_json::to_string(&topo).unwrap());
                }
            }
        }
    }
}
