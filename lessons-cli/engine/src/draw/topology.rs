//! A machine's GPUs, how they are wired, and which CPUs they are next to: as a table, as an outline, as SVG.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::read::topo::{Device, LEGEND, Link, Pair, Topo};
use crate::texts::Texts;

/// The matrix as `nvidia-smi topo -m` prints it, with tabs, the legend and the network cards' names.
pub fn table(topo: &Topo) -> String {
    let columns = topo.columns;
    let mut out = String::new();
    for device in &topo.devices {
        out.push('\t');
        out.push_str(&device.name);
    }
    for (shown, title) in [
        (columns.cpu_affinity, "CPU Affinity"),
        (columns.numa_affinity, "NUMA Affinity"),
        (columns.gpu_numa_id, "GPU NUMA ID"),
    ] {
        if shown {
            out.push('\t');
            out.push_str(title);
        }
    }
    out.push('\n');
    for device in topo
        .devices
        .iter()
        .filter(|device| !device.links.is_empty())
    {
        out.push_str(&device.name);
        for link in &device.links {
            match link.as_deref() {
                Some(Link::Itself) => out.push_str("\t X "),
                Some(link) => {
                    let _ = write!(out, "\t{link}");
                }
                None => out.push('\t'),
            }
        }
        for (shown, tabs, value) in [
            (columns.cpu_affinity, "\t", &device.cpu_affinity),
            (columns.numa_affinity, "\t", &device.numa_affinity),
            // nvidia-smi leaves room for the wide title before it.
            (columns.gpu_numa_id, "\t\t", &device.gpu_numa_id),
        ] {
            if shown {
                out.push_str(tabs);
                out.push_str(value.as_ref().map_or("", |value| value.as_str()));
            }
        }
        out.push('\n');
    }
    out.push_str("\nLegend:\n\n");
    for (sign, meaning) in LEGEND {
        let _ = writeln!(out, "  {sign:<4} = {meaning}");
    }
    let mut title = "\nNIC Legend:\n\n";
    for device in &topo.devices {
        if let Some(name) = &device.nic_name {
            let _ = writeln!(out, "{title}  {}: {}", device.name.value, name.value);
            title = "";
        }
    }
    out
}

/// The words of a drawing that are not nvidia-smi's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The drawing's title.
    title: String,
    /// A NUMA node, before its number.
    numa_node: String,
    /// The place of devices whose NUMA node the text does not tell.
    no_numa_node: String,
    /// CPU cores, before their list.
    cpus: String,
    /// Between the members of a group in which each is connected to each other.
    each_with_each: String,
}

impl Labels {
    /// The words of a language.
    pub fn of(texts: &Texts) -> Self {
        let word = |id: &str| texts.shared(&format!("picture-topology{id}"), &[]);
        Self {
            title: word(""),
            numa_node: word("-node"),
            no_numa_node: word("-no-node"),
            cpus: word("-cpus"),
            each_with_each: word("-each"),
        }
    }
}

/// The topology as an outline: what stands at each NUMA node, then which GPUs each kind of connection joins, the
/// nearest first, with nvidia-smi's own explanation.
///
/// ```text
/// NUMA node 0 · CPUs 0-15,64-79
///   GPU0
///   GPU1
///
/// NV4   GPU0–GPU1
///       Connection traversing a bonded set of # NVLinks
/// ```
pub fn outline(topo: &Topo, labels: &Labels) -> String {
    let mut out = String::new();
    for node in nodes(topo) {
        out.push_str(&node.heading(labels));
        if let Some(cores) = node.cores(labels) {
            let _ = write!(out, " · {cores}");
        }
        out.push('\n');
        for device in node.gpus.iter().chain(&node.nics) {
            let _ = write!(out, "  {}", device.name.value);
            if let Some(name) = &device.nic_name {
                let _ = write!(out, " {}", name.value);
            }
            out.push('\n');
        }
    }
    for (link, joined) in joined(topo, labels) {
        let _ = write!(out, "\n{:<5} {joined}\n", link.to_string());
        if let Some((_, meaning)) = link.legend() {
            let _ = writeln!(out, "      {meaning}");
        }
    }
    out
}

/// The topology as SVG: NUMA nodes as frames; in each its GPUs above, its CPU cores below, and PCI Express with the network
/// cards between them. NVLink is thick and joins GPUs from above; the way between nodes is at the foot.
///
/// It has no colours of its own: everything is `currentColor` and carries a class (`topology-node`, `topology-gpu`,
/// `topology-nic`, `topology-cpu`, `topology-nvlink`, `topology-pcie`) for a page's style sheet. Its title and description
/// say to a screen reader what the lines show.
pub fn svg(topo: &Topo, texts: &Texts) -> String {
    let labels = Labels::of(texts);
    Plan::new(topo, &labels).svg(topo, &labels)
}

/// What stands at one NUMA node.
struct Node<'a> {
    /// The node as the matrix writes it.
    number: Option<&'a str>,
    cpus: Option<&'a str>,
    gpus: Vec<&'a Device>,
    nics: Vec<&'a Device>,
}

impl Node<'_> {
    fn heading(&self, labels: &Labels) -> String {
        match self.number {
            Some(number) => format!("{} {number}", labels.numa_node),
            None => labels.no_numa_node.clone(),
        }
    }

    fn cores(&self, labels: &Labels) -> Option<String> {
        self.cpus.map(|cpus| format!("{} {cpus}", labels.cpus))
    }
}

/// The devices by NUMA node, in the nodes' order. A network card stands where its nearest GPU does, unless all GPUs
/// are a NUMA node away from it.
fn nodes(topo: &Topo) -> Vec<Node<'_>> {
    let number = |device: &Device| {
        let digits: Option<u32> = device.numa_affinity.as_ref()?.parse().ok();
        digits
    };
    let mut nodes: BTreeMap<(bool, u32, Option<&str>), Node<'_>> = BTreeMap::new();
    let mut homes: BTreeMap<&str, (bool, u32, Option<&str>)> = BTreeMap::new();
    for gpu in topo.gpus() {
        let written = gpu
            .numa_affinity
            .as_ref()
            .map(|seen| seen.as_str())
            .filter(|word| *word != "N/A");
        // Without a node, GPUs that share their CPUs stand together.
        let cpus = gpu.cpu_affinity.as_ref().map(|seen| seen.as_str());
        let key = match number(gpu) {
            Some(number) => (false, number, None),
            None => (true, 0, written.or(cpus)),
        };
        let node = nodes.entry(key).or_insert(Node {
            number: written,
            cpus,
            gpus: Vec::new(),
            nics: Vec::new(),
        });
        node.gpus.push(gpu);
        homes.insert(&gpu.name, key);
    }
    let elsewhere = (true, 1, None);
    for nic in topo.nics() {
        let nearest = topo
            .gpus()
            .filter_map(|gpu| Some((topo.link(&nic.name, &gpu.name)?.distance()?, gpu)))
            .min_by_key(|(distance, _)| *distance);
        let across = Link::Sys.distance().unwrap_or(u8::MAX);
        let home = nearest
            .filter(|(distance, _)| *distance < across)
            .and_then(|(_, gpu)| homes.get(gpu.name.as_str()).copied())
            .unwrap_or(elsewhere);
        let node = nodes.entry(home).or_insert(Node {
            number: None,
            cpus: None,
            gpus: Vec::new(),
            nics: Vec::new(),
        });
        node.nics.push(nic);
    }
    nodes.into_values().collect()
}

/// For each kind of connection, the nearest first, the GPUs that it joins.
fn joined<'a>(topo: &'a Topo, labels: &Labels) -> Vec<(&'a Link, String)> {
    let mut kinds: BTreeMap<(u8, String), Vec<Pair<'a>>> = BTreeMap::new();
    for pair in topo.gpu_pairs() {
        let distance = pair.link.distance().unwrap_or(u8::MAX);
        kinds
            .entry((distance, pair.link.to_string()))
            .or_default()
            .push(pair);
    }
    kinds
        .into_values()
        .filter_map(|pairs| {
            let members: BTreeSet<u32> = pairs
                .iter()
                .flat_map(|pair| [pair.first.gpu_index(), pair.second.gpu_index()])
                .flatten()
                .collect();
            let all = members.len() > 2 && pairs.len() == members.len() * (members.len() - 1) / 2;
            let joined = if all {
                let names: Vec<String> =
                    members.iter().map(|index| format!("GPU{index}")).collect();
                format!("{} ({})", names.join(" "), labels.each_with_each)
            } else {
                let names: Vec<String> = pairs
                    .iter()
                    .map(|pair| format!("{}–{}", pair.first.name.value, pair.second.name.value))
                    .collect();
                names.join(" ")
            };
            Some((pairs.first()?.link, joined))
        })
        .collect()
}

// Measures of the drawing, in its own units.
const GPU_WIDTH: usize = 84;
const GPU_HEIGHT: usize = 40;
const NIC_WIDTH: usize = 132;
const NIC_HEIGHT: usize = 22;
/// From a network card to the line left of it that joins it to PCI Express.
const NIC_RAIL: usize = 8;
/// What a network card takes in its row, with the rail before it.
const NIC_SLOT: usize = NIC_RAIL + NIC_WIDTH + 6;
/// What the way to the CPU takes, right of the network cards.
const CPU_LANE: usize = 12;
const GAP: usize = 20;
const CPU_HEIGHT: usize = 30;
/// A letter's width, on the generous side.
const LETTER: usize = 8;

/// From a frame's upper edge to its GPUs.
const MARGIN: usize = 16;
/// From the GPUs to the line that stands for PCI Express.
const BUS: usize = 26;
/// The height of a frame's heading, at its foot.
const HEADING: usize = 28;
/// From the frames to the line between them.
const BETWEEN: usize = 26;

/// Where everything of a drawing goes.
struct Plan<'a> {
    frames: Vec<Frame<'a>>,
    /// The horizontal middle of each GPU.
    middles: BTreeMap<&'a str, usize>,
    /// Groups in which NVLink joins each with each: one bar instead of many arcs.
    bars: Vec<Bar<'a>>,
    /// The other pairs with NVLink.
    arcs: Vec<(&'a str, &'a str, &'a Link)>,
    width: usize,
    /// The upper edge of the frames; NVLink is drawn above it.
    frame_top: usize,
    frame_height: usize,
}

/// A NUMA node's frame.
struct Frame<'a> {
    node: Node<'a>,
    heading: String,
    cores: Option<String>,
    left: usize,
    width: usize,
    nics_a_row: usize,
}

/// A bar to which every member of a group is joined.
struct Bar<'a> {
    members: Vec<&'a str>,
    link: &'a Link,
}

impl<'a> Plan<'a> {
    fn new(topo: &'a Topo, labels: &Labels) -> Self {
        let (bars, arcs) = nvlinks(topo);
        let mut plan = Self {
            frames: Vec::new(),
            middles: BTreeMap::new(),
            bars,
            arcs,
            width: GAP,
            frame_top: 0,
            frame_height: 0,
        };
        for node in nodes(topo) {
            let heading = node.heading(labels);
            let cores = node.cores(labels);
            let gpus = node.gpus.len() * (GPU_WIDTH + GAP) - GAP.min(node.gpus.len() * GAP);
            let words = [Some(&heading), cores.as_ref()]
                .into_iter()
                .flatten()
                .map(|words| words.chars().count() * LETTER)
                .max()
                .unwrap_or(0);
            let nics = if node.nics.is_empty() {
                0
            } else {
                NIC_SLOT + CPU_LANE
            };
            let inside = gpus.max(words).max(nics);
            let width = inside + 2 * GAP;
            let nics_a_row = (inside.saturating_sub(CPU_LANE) / NIC_SLOT).max(1);
            let nic_rows = node.nics.len().div_ceil(nics_a_row);
            let height =
                MARGIN + GPU_HEIGHT + BUS + 10 + nic_rows * (NIC_HEIGHT + 6) + CPU_HEIGHT + HEADING;
            let first = plan.width + (width - gpus) / 2;
            for (index, gpu) in node.gpus.iter().enumerate() {
                let middle = first + index * (GPU_WIDTH + GAP) + GPU_WIDTH / 2;
                plan.middles.insert(&gpu.name, middle);
            }
            let left = plan.width;
            plan.width += width + GAP;
            plan.frame_height = plan.frame_height.max(height);
            plan.frames.push(Frame {
                node,
                heading,
                cores,
                left,
                width,
                nics_a_row,
            });
        }
        let highest = plan
            .arcs
            .iter()
            .map(|(first, second, _)| plan.rise(first, second))
            .max()
            .unwrap_or(0);
        plan.frame_top = GAP + highest.max(plan.bars.len() * 28);
        plan
    }

    /// How far the arc between two GPUs rises above the frames: the longer, the higher.
    fn rise(&self, first: &str, second: &str) -> usize {
        let middle = |name| self.middles.get(name).copied().unwrap_or(0);
        24 + middle(first).abs_diff(middle(second)) / 5
    }

    fn svg(&self, topo: &Topo, labels: &Labels) -> String {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"topology\" role=\"img\" viewBox=\"0 0 {} {}\" \
             font-family=\"sans-serif\" font-size=\"13\" fill=\"currentColor\" stroke=\"none\">\n",
            self.width,
            self.frame_top + self.frame_height + BETWEEN + 2 * GAP
        );
        let _ = writeln!(out, "<title>{}</title>", escaped(&labels.title));
        let _ = writeln!(out, "<desc>{}</desc>", escaped(&outline(topo, labels)));
        self.draw_between(&mut out);
        for frame in &self.frames {
            self.draw_frame(&mut out, topo, frame);
        }
        self.draw_nvlinks(&mut out);
        out.push_str("</svg>\n");
        out
    }

    /// One NUMA node: its frame, heading, GPUs, the way to its CPU, and network cards.
    fn draw_frame(&self, out: &mut String, topo: &Topo, frame: &Frame<'_>) {
        let top = self.frame_top;
        let _ = writeln!(
            out,
            "<g class=\"topology-node\"><rect x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"none\" stroke=\"currentColor\" stroke-dasharray=\"4 3\"/>",
            frame.left, frame.width, self.frame_height
        );
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\">{}</text></g>",
            frame.left + GAP,
            top + self.frame_height - 10,
            escaped(&frame.heading)
        );
        let bottom = top + MARGIN + GPU_HEIGHT;
        let bus = bottom + BUS;
        let cpu = top + self.frame_height - HEADING - CPU_HEIGHT;
        let right = frame.left + frame.width - GAP;
        // Beside the network cards, where there are any.
        let to_cpu = if frame.node.nics.is_empty() {
            frame.left + frame.width / 2
        } else {
            right - CPU_LANE / 2
        };
        line(out, "topology-pcie", "", (to_cpu, bus), (to_cpu, cpu));
        boxed(
            out,
            "topology-cpu",
            (frame.left + GAP, cpu),
            (frame.width - 2 * GAP, CPU_HEIGHT),
            frame.cores.as_deref().unwrap_or("CPU"),
            "",
        );
        for gpu in &frame.node.gpus {
            let Some(middle) = self.middles.get(gpu.name.as_str()) else {
                continue;
            };
            line(out, "topology-pcie", "", (*middle, bottom), (*middle, bus));
            boxed(
                out,
                "topology-gpu",
                (middle - GPU_WIDTH / 2, top + MARGIN),
                (GPU_WIDTH, GPU_HEIGHT),
                &gpu.name,
                "",
            );
        }
        line(
            out,
            "topology-pcie",
            "",
            (frame.left + GAP, bus),
            (right, bus),
        );
        let first = frame.node.gpus.first();
        if let Some(first) = first.and_then(|gpu| self.middles.get(gpu.name.as_str())) {
            let _ = writeln!(
                out,
                "<text class=\"topology-label\" x=\"{}\" y=\"{}\" font-size=\"11\">{}</text>",
                first + 6,
                bus - 5,
                escaped(&bus_label(&inner_levels(topo, &frame.node.gpus)))
            );
        }
        let nics_a_row = frame.nics_a_row;
        for (index, nic) in frame.node.nics.iter().enumerate() {
            let rail = frame.left + GAP + index % nics_a_row * NIC_SLOT;
            let x = rail + NIC_RAIL;
            let y = bus + 10 + index / nics_a_row * (NIC_HEIGHT + 6);
            let joint = y + NIC_HEIGHT / 2;
            line(out, "topology-pcie", "", (rail, bus), (rail, joint));
            line(out, "topology-pcie", "", (rail, joint), (x, joint));
            let name = nic.nic_name.as_ref().map_or("", |name| name.as_str());
            boxed(
                out,
                "topology-nic",
                (x, y),
                (NIC_WIDTH, NIC_HEIGHT),
                &nic.name,
                name,
            );
        }
    }

    /// The connection between NUMA nodes: a line below their frames.
    fn draw_between(&self, out: &mut String) {
        let [first, .., last] = self.frames.as_slice() else {
            return;
        };
        let bottom = self.frame_top + self.frame_height;
        let y = bottom + BETWEEN;
        // Beside the heading, which stands at the left.
        let foot = |frame: &Frame<'_>| frame.left + frame.width - 2 * GAP;
        let cpu = bottom - HEADING;
        for frame in &self.frames {
            line(
                out,
                "topology-pcie",
                "",
                (foot(frame), cpu),
                (foot(frame), y),
            );
        }
        label(
            out,
            usize::midpoint(foot(first), foot(last)),
            y + 14,
            &Link::Sys.to_string(),
        );
        let meaning = Link::Sys.legend().map_or("", |(_, meaning)| meaning);
        line(
            out,
            "topology-pcie",
            meaning,
            (foot(first), y),
            (foot(last), y),
        );
    }

    /// What NVLink joins: a bar for a group, an arc for a pair.
    fn draw_nvlinks(&self, out: &mut String) {
        let top = self.frame_top + MARGIN;
        for (index, bar) in self.bars.iter().enumerate() {
            let y = GAP + index * 28;
            let ends: Vec<usize> = bar
                .members
                .iter()
                .filter_map(|name| self.middles.get(name).copied())
                .collect();
            let (Some(first), Some(last)) = (ends.iter().min(), ends.iter().max()) else {
                continue;
            };
            let title = format!("{}: {}", bar.members.join(" "), bar.link);
            line(out, "topology-nvlink", &title, (*first, y), (*last, y));
            for x in &ends {
                line(out, "topology-nvlink", "", (*x, y), (*x, top));
            }
            label(
                out,
                usize::midpoint(*first, *last),
                y - 6,
                &bar.link.to_string(),
            );
        }
        for (first, second, link) in &self.arcs {
            let (Some(from), Some(to)) = (self.middles.get(first), self.middles.get(second)) else {
                continue;
            };
            let middle = usize::midpoint(*from, *to);
            let rise = self.rise(first, second) + MARGIN;
            // The curve comes half the way to its control point.
            let control = i128::try_from(top).unwrap_or(0) - 2 * i128::try_from(rise).unwrap_or(0);
            let _ = writeln!(
                out,
                "<path class=\"topology-nvlink\" d=\"M{from} {top} Q{middle} {control} {to} {top}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"3\"><title>{}</title></path>",
                escaped(&format!("{first} {second}: {link}"))
            );
            label(
                out,
                middle,
                (top - rise).saturating_sub(5),
                &link.to_string(),
            );
        }
    }
}

/// What NVLink joins: groups of three and more in which each is joined with each alike, and the other pairs.
fn nvlinks(topo: &Topo) -> (Vec<Bar<'_>>, Vec<(&str, &str, &Link)>) {
    let mut bars = Vec::new();
    let mut arcs: Vec<(&str, &str, &Link)> = Vec::new();
    let pairs = topo.nvlink_pairs();
    for group in topo.groups(&Link::NvLink(1)) {
        let members: BTreeSet<&str> = group.iter().map(|device| device.name.as_str()).collect();
        let inside: Vec<&Pair<'_>> = pairs
            .iter()
            .filter(|pair| members.contains(pair.first.name.as_str()))
            .collect();
        let Some(link) = inside.first().map(|pair| pair.link) else {
            continue;
        };
        let complete = inside.len() == members.len() * (members.len() - 1) / 2;
        if members.len() > 2 && complete && inside.iter().all(|pair| pair.link == link) {
            bars.push(Bar {
                members: group.iter().map(|device| device.name.as_str()).collect(),
                link,
            });
        } else {
            arcs.extend(inside.iter().map(|pair| {
                (
                    pair.first.name.as_str(),
                    pair.second.name.as_str(),
                    pair.link,
                )
            }));
        }
    }
    (bars, arcs)
}

/// What is written at the line that stands for PCI Express. There is room for it between two GPUs.
fn bus_label(levels: &[String]) -> String {
    // `PCIe PIX NODE`
    const ROOM: usize = 14;
    let levels = levels.join(" ");
    let whole = format!("PCIe {levels}");
    if whole.len() <= ROOM {
        whole.trim_end().to_owned()
    } else {
        levels
    }
}

/// How the GPUs of one node reach each other over PCI Express, the nearest first.
fn inner_levels(topo: &Topo, gpus: &[&Device]) -> Vec<String> {
    let mut levels = BTreeMap::new();
    for (index, first) in gpus.iter().enumerate() {
        for second in gpus.iter().skip(index + 1) {
            if let Some(link) = topo
                .link(&first.name, &second.name)
                .filter(|link| !link.is_nvlink())
            {
                levels.insert(link.distance(), link.to_string());
            }
        }
    }
    levels.into_values().collect()
}

/// A thin or thick line, with a title if it has one of its own.
fn line(out: &mut String, class: &str, title: &str, from: (usize, usize), to: (usize, usize)) {
    let width = if class == "topology-nvlink" { 3 } else { 1 };
    let _ = write!(
        out,
        "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"currentColor\" stroke-width=\"{width}\"",
        from.0, from.1, to.0, to.1
    );
    if title.is_empty() {
        out.push_str("/>\n");
    } else {
        let _ = writeln!(out, "><title>{}</title></line>", escaped(title));
    }
}

/// A box with a device's name in it, and a second name beside the first.
fn boxed(
    out: &mut String,
    class: &str,
    at: (usize, usize),
    size: (usize, usize),
    name: &str,
    second: &str,
) {
    let words = if second.is_empty() {
        name.to_owned()
    } else {
        format!("{name} {second}")
    };
    // A long name, such as `NIC0 rocep152s0f1np1`, is written smaller, and cut where that is not enough.
    let letters = words.chars().count();
    let (font, room) = if letters * LETTER <= size.0 {
        ("", letters)
    } else {
        (" font-size=\"10\"", size.0 * 10 / (LETTER * 8))
    };
    let words = if letters > room {
        words.chars().take(room - 1).chain(['…']).collect()
    } else {
        words
    };
    let _ = writeln!(
        out,
        "<g class=\"{class}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"none\" stroke=\"currentColor\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{font}>{}</text></g>",
        at.0,
        at.1,
        size.0,
        size.1,
        at.0 + size.0 / 2,
        at.1 + size.1 / 2 + 5,
        escaped(&words)
    );
}

/// A word in the middle of a line.
fn label(out: &mut String, x: usize, y: usize, words: &str) {
    let _ = writeln!(
        out,
        "<text class=\"topology-label\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"11\">{}</text>",
        escaped(words)
    );
}

/// Text as XML has it. Control characters, which XML has no way to write, are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::read::text::Seen;
    use crate::read::topo::{Columns, read};

    const BRIDGES: &str = "\tGPU0\tGPU1\tGPU2\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\n\
        GPU0\t X \tNV4\tSYS\tPIX\t0-7,32-39\t0\t\tN/A\n\
        GPU1\tNV4\t X \tSYS\tNODE\t0-7,32-39\t0\t\tN/A\n\
        GPU2\tSYS\tSYS\t X \tSYS\t8-15,40-47\t1\t\tN/A\n\
        NIC0\tPIX\tNODE\tSYS\t X \t\t\t\t\n\
        \nLegend:\n\n\
        \x20 X    = Self\n\
        \x20 SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)\n\
        \x20 NODE = Connection traversing PCIe as well as the interconnect between PCIe Host Bridges within a NUMA node\n\
        \x20 PHB  = Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)\n\
        \x20 PXB  = Connection traversing multiple PCIe bridges (without traversing the PCIe Host Bridge)\n\
        \x20 PIX  = Connection traversing at most a single PCIe bridge\n\
        \x20 NV#  = Connection traversing a bonded set of # NVLinks\n\
        \nNIC Legend:\n\n\
        \x20 NIC0: mlx5_0\n";

    static TEXTS: LazyLock<Texts> = LazyLock::new(Texts::english);

    fn labels() -> Labels {
        Labels::of(&TEXTS)
    }

    #[test]
    fn draws_the_table_as_nvidia_smi_does() {
        assert_eq!(table(&read(BRIDGES).unwrap()), BRIDGES);
    }

    #[test]
    fn draws_the_outline() {
        assert_eq!(
            outline(&read(BRIDGES).unwrap(), &labels()),
            "NUMA node 0 · CPUs 0-7,32-39\n  GPU0\n  GPU1\n  NIC0 mlx5_0\nNUMA node 1 · CPUs 8-15,40-47\n  GPU2\n\
             \nNV4   GPU0–GPU1\n      Connection traversing a bonded set of # NVLinks\n\
             \nSYS   GPU0–GPU2 GPU1–GPU2\n      Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)\n"
        );
    }

    #[test]
    fn draws_svg_with_a_description() {
        let drawn = svg(&read(BRIDGES).unwrap(), &TEXTS);
        assert!(
            drawn.contains("<title>How the GPUs are wired</title>")
                && drawn.contains("NV4   GPU0–GPU1")
        );
        assert_eq!(drawn.matches("class=\"topology-gpu\"").count(), 3);
        assert_eq!(drawn.matches("class=\"topology-node\"").count(), 2);
        assert_eq!(drawn.matches("<path class=\"topology-nvlink\"").count(), 1);
        assert!(drawn.contains("NIC0 mlx5_0"));
    }

    #[test]
    fn no_line_goes_through_a_box() {
        // Eight GPUs and ten network cards at two nodes, and three GPUs with one.
        let machine = |gpus: usize, nics: usize, nodes: usize| {
            let names: Vec<String> = (0..gpus)
                .map(|gpu| format!("GPU{gpu}"))
                .chain((0..nics).map(|nic| format!("NIC{nic}")))
                .collect();
            let mut text = names.join(" ") + " CPU Affinity NUMA Affinity\n";
            for (row, name) in names.iter().enumerate() {
                let cells: Vec<&str> = (0..names.len())
                    .map(|column| if row == column { "X" } else { "NODE" })
                    .collect();
                let after = if row < gpus {
                    format!(" 0-7 {}", row * nodes / gpus)
                } else {
                    String::new()
                };
                let _ = writeln!(text, "{name} {}{after}", cells.join(" "));
            }
            text
        };
        for (gpus, nics, nodes) in [
            (1, 0, 1),
            (1, 3, 1),
            (2, 1, 1),
            (3, 1, 1),
            (8, 10, 2),
            (16, 8, 4),
        ] {
            let drawn = svg(&read(&machine(gpus, nics, nodes)).unwrap(), &TEXTS);
            let number = |line: &str, name: &str| -> usize {
                let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap();
                rest.split_once('"').unwrap().0.parse().unwrap()
            };
            let boxes: Vec<[usize; 4]> = drawn
                .lines()
                .filter(|line| {
                    line.starts_with("<g class=\"topology-") && !line.contains("topology-node")
                })
                .map(|line| ["x", "y", "width", "height"].map(|name| number(line, name)))
                .collect();
            assert_eq!(boxes.len(), gpus + nics + nodes);
            for line in drawn
                .lines()
                .filter(|line| line.starts_with("<line class=\"topology-pcie\""))
            {
                let [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map(|name| number(line, name));
                for [x, y, width, height] in &boxes {
                    let apart = x1.max(x2) <= *x
                        || x1.min(x2) >= x + width
                        || y1.max(y2) <= *y
                        || y1.min(y2) >= y + height;
                    assert!(
                        apart,
                        "{gpus} GPUs, {nics} NICs: {line} and a box at {x},{y}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_long_name_stays_in_its_box() {
        let named = |name: &str| svg(&read(&BRIDGES.replace("mlx5_0", name)).unwrap(), &TEXTS);
        assert!(named("mlx5_0").contains("text-anchor=\"middle\">NIC0 mlx5_0<"));
        assert!(named("rocep152s0f1np1").contains("font-size=\"10\">NIC0 rocep152s0f1np1<"));
        assert!(named("a-name-of-thirty-two-characters-").contains(">NIC0 a-name-of-thir…<"));
    }

    #[test]
    fn draws_a_switch_as_a_bar() {
        let mut text = String::from("GPU0 GPU1 GPU2 GPU3 CPU Affinity NUMA Affinity\n");
        for row in 0..4 {
            let cells: Vec<&str> = (0..4)
                .map(|column| if row == column { "X" } else { "NV18" })
                .collect();
            let _ = writeln!(text, "GPU{row} {} 0-7 {}", cells.join(" "), row / 2);
        }
        let topo = read(&text).unwrap();
        let drawn = svg(&topo, &TEXTS);
        // The bar and a line up from each GPU.
        assert_eq!(drawn.matches("<line class=\"topology-nvlink\"").count(), 5);
        assert!(!drawn.contains("<path"));
        assert!(outline(&topo, &labels()).contains("NV18  GPU0 GPU1 GPU2 GPU3 (each with each)"));
    }

    #[test]
    fn writes_names_as_text() {
        let mut topo = read("GPU0 GPU1 CPU Affinity\nGPU0 X SYS 0-3\nGPU1 SYS X 0-3\n").unwrap();
        topo.devices[0].name = String::from("<script>&\"'\u{1}").into();
        let drawn = svg(&topo, &TEXTS);
        assert!(!drawn.contains("<script>") && !drawn.contains('\u{1}'));
    }

    fn any_topo() -> impl Strategy<Value = Topo> {
        let link = prop_oneof![
            (1_u32..20).prop_map(Link::NvLink),
            Just(Link::Pix),
            Just(Link::Pxb),
            Just(Link::Phb),
            Just(Link::Node),
            Just(Link::Sys),
            Just(Link::Soc)
        ];
        let columns = (0_usize..4).prop_map(|count| Columns {
            cpu_affinity: count > 0,
            numa_affinity: count > 1,
            gpu_numa_id: count > 2,
        });
        let cores = prop_oneof![Just("N/A".to_owned()), "[0-9]{1,3}-9999(,[0-9]{1,3})?"];
        let node = prop_oneof![Just("N/A".to_owned()), "[0-9]{1,2}"];
        (1_usize..9, 0_usize..6, columns).prop_flat_map(move |(gpus, nics, columns)| {
            let count = gpus + nics;
            (
                proptest::collection::vec(link.clone(), count * count),
                proptest::collection::vec((cores.clone(), node.clone(), node.clone()), gpus),
                proptest::collection::vec(proptest::option::of("mlx5_[0-9]{1,2}"), nics),
            )
                .prop_map(move |(links, affinities, names)| {
                    let mut topo = Topo {
                        devices: Vec::new(),
                        columns,
                    };
                    for row in 0..count {
                        let name = if row < gpus {
                            format!("GPU{row}")
                        } else {
                            format!("NIC{}", row - gpus)
                        };
                        let mut device = Device::new(name);
                        device.links = (0..count)
                            .map(|column| {
                                let place = row.min(column) * count + row.max(column);
                                let link = if row == column {
                                    Link::Itself
                                } else {
                                    links[place].clone()
                                };
                                Some(Seen::from(link))
                            })
                            .collect();
                        if let Some((cores, numa, own)) = affinities.get(row) {
                            let shown = |shown: bool, value: &String| {
                                shown.then(|| Seen::from(value.clone()))
                            };
                            device.cpu_affinity = shown(columns.cpu_affinity, cores);
                            device.numa_affinity = shown(columns.numa_affinity, numa);
                            device.gpu_numa_id = shown(columns.gpu_numa_id, own);
                        } else {
                            device.nic_name = names[row - gpus].clone().map(Seen::from);
                        }
                        topo.devices.push(device);
                    }
                    topo
                })
        })
    }

    proptest! {
        #[test]
        fn a_drawn_table_reads_as_what_was_drawn(topo in any_topo()) {
            let drawn = table(&topo);
            prop_assert_eq!(&read(&drawn).unwrap(), &topo);
            // Even with every run of blanks made one, as forums do; the columns are all there.
            let collapsed = drawn.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(&read(&collapsed).unwrap(), &topo);
            let _ = svg(&topo, &TEXTS);
        }
    }
}
