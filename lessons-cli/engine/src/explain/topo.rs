//! A topology explained: which GPUs are linked how, which pair to take, which cores are near.

use super::{Explained, Field, Note, Value, listed, text};
use crate::finding::Message;
use crate::read::topo::{Device, Link, Topo};

pub(super) fn explain(topo: &Topo) -> Explained {
    let gpus = topo.gpus().count();
    let mut explained = Explained::new(
        text("read-topo-what")
            .count("gpus", gpus)
            .count("nics", topo.nics().count()),
    );
    best_pair(&mut explained, topo, gpus);
    islands(&mut explained, topo);
    across_nodes(&mut explained, topo);
    cores(&mut explained, topo);
    cut(&mut explained, topo);
    links(&mut explained, topo);
    nearest_nics(&mut explained, topo);
    affinities(&mut explained, topo);
    explained
}

fn best_pair(explained: &mut Explained, topo: &Topo, gpus: usize) {
    let Some(pair) = topo.best_pair() else {
        if gpus == 1 {
            explained.note(Note::remark(text("read-topo-note-one")));
        }
        return;
    };
    let id = match pair.same_numa_node() {
        Some(true) => "read-topo-note-best-same-node",
        _ => "read-topo-note-best",
    };
    let mut note = Note::remark(
        text(id)
            .arg("first", &*pair.first.name)
            .arg("second", &*pair.second.name)
            .arg("link", pair.link.to_string()),
    )
    .step("topology.read")
    .at(Some(pair.first.name.span));
    if let (Some(first), Some(second)) = (pair.first.gpu_index(), pair.second.gpu_index()) {
        note = note.run(format!(
            "CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES={first},{second} python train.py"
        ));
    }
    explained.note(note);
    if topo.nvlink_pairs().is_empty() {
        explained.note(Note::remark(text("read-topo-note-no-nvlink")));
    } else {
        explained
            .note(Note::remark(text("read-topo-note-state")).run("nvidia-smi nvlink --status"));
    }
}

/// Groups that NVLink joins, where not all are joined.
fn islands(explained: &mut Explained, topo: &Topo) {
    let groups = topo.groups(&Link::NvLink(1));
    let islands: Vec<String> = groups
        .iter()
        .filter(|group| group.len() > 1)
        .map(|group| {
            let names: Vec<&str> = group.iter().map(|gpu| gpu.name.as_str()).collect();
            names.join("+")
        })
        .collect();
    if !islands.is_empty() && groups.len() > 1 {
        explained.note(Note::remark(
            text("read-topo-note-islands")
                .arg("islands", listed(&islands))
                .count("count", islands.len()),
        ));
    }
}

fn across_nodes(explained: &mut Explained, topo: &Topo) {
    let far: Vec<String> = topo
        .gpu_pairs()
        .iter()
        .filter(|pair| matches!(pair.link, Link::Sys | Link::Soc))
        .map(|pair| between(pair.first, pair.second))
        .collect();
    if !far.is_empty() {
        explained.note(Note::remark(
            text("read-topo-note-far")
                .arg("pairs", listed(&far))
                .count("count", far.len()),
        ));
    }
}

/// How to keep a program next to the first GPU whose NUMA node is told.
fn cores(explained: &mut Explained, topo: &Topo) {
    let nodes: Vec<(&Device, u32, u32)> = topo
        .gpus()
        .filter_map(|gpu| {
            let node = gpu.numa_affinity.as_ref()?.parse().ok()?;
            Some((gpu, gpu.gpu_index()?, node))
        })
        .collect();
    let Some((gpu, index, node)) = nodes.first() else {
        return;
    };
    if nodes.iter().all(|(_, _, other)| other == node) {
        return;
    }
    explained.note(
        Note::remark(
            text("read-topo-note-cores")
                .arg("gpu", &*gpu.name)
                .arg("node", node.to_string()),
        )
        .run(format!(
            "CUDA_VISIBLE_DEVICES={index} numactl --cpunodebind={node} --membind={node} python train.py"
        ))
        .step("topology.numa")
        .at(gpu.numa_affinity.as_ref().map(|node| node.span)),
    );
}

fn cut(explained: &mut Explained, topo: &Topo) {
    let incomplete: Vec<&str> = topo
        .devices
        .iter()
        .filter(|device| {
            device.links.len() < topo.devices.len() || device.links.iter().any(Option::is_none)
        })
        .map(|device| device.name.as_str())
        .collect();
    if !incomplete.is_empty() {
        explained.note(Note::remark(
            text("read-topo-note-cut")
                .arg("rows", listed(&incomplete))
                .count("count", incomplete.len()),
        ));
    }
}

/// The pairs of GPUs, by what links them, the nearest first. The other cells of the matrix say the same of other
/// devices, or once more.
fn links(explained: &mut Explained, topo: &Topo) {
    let mut fields: Vec<(&Link, Field)> = Vec::new();
    for (row, from) in topo.devices.iter().enumerate() {
        for (column, cell) in from.links.iter().enumerate() {
            let (Some(cell), Some(to)) = (cell, topo.devices.get(column)) else {
                continue;
            };
            let value = Value::new(between(from, to)).at(Some(cell.span));
            let at = fields.iter().position(|(link, _)| *link == &cell.value);
            let at = at.unwrap_or_else(|| {
                let field = Field::new(cell.value.to_string(), meaning(&cell.value));
                fields.push((&cell.value, field));
                fields.len() - 1
            });
            let field = &mut fields[at].1;
            let is_pair = from.gpu_index().is_some() && to.gpu_index().is_some();
            if row < column && is_pair {
                field.values.push(value);
            } else {
                field.also.push(value);
            }
        }
    }
    fields.sort_by_key(|(link, _)| {
        if **link == Link::Itself {
            return (u8::MAX, u32::MAX);
        }
        let links = match link {
            Link::NvLink(links) => u32::MAX - links,
            _ => 0,
        };
        (link.distance().unwrap_or(u8::MAX), links)
    });
    for (_, field) in fields {
        explained.field(field);
    }
}

fn meaning(link: &Link) -> Message {
    match link {
        Link::Itself => text("read-topo-x"),
        Link::NvLink(links) => text("read-topo-nv").count("links", *links as usize),
        Link::Pix => text("read-topo-pix"),
        Link::Pxb => text("read-topo-pxb"),
        Link::Phb => text("read-topo-phb"),
        Link::Node => text("read-topo-node"),
        Link::Sys => text("read-topo-sys"),
        Link::Soc => text("read-topo-soc"),
        Link::Word(word) => text("read-topo-word").arg("word", word),
    }
}

/// For each GPU the network card with the shortest way.
fn nearest_nics(explained: &mut Explained, topo: &Topo) {
    let mut field = Field::new("NIC", text("read-topo-nic"));
    for gpu in topo.gpus() {
        let near: Vec<(u8, &Device, &Link)> = topo
            .nics()
            .filter_map(|nic| {
                let link = topo.link(&gpu.name, &nic.name)?;
                Some((link.distance()?, nic, link))
            })
            .collect();
        let Some(least) = near.iter().map(|(distance, ..)| *distance).min() else {
            continue;
        };
        let names =
            near.iter()
                .filter(|(distance, ..)| *distance == least)
                .map(|(_, nic, link)| {
                    let name = nic.nic_name.as_ref().unwrap_or(&nic.name);
                    format!("{} ({link})", name.value)
                });
        field = field.value(Value::new(listed(names)).of(&*gpu.name));
    }
    explained.field(field);
}

fn affinities(explained: &mut Explained, topo: &Topo) {
    let mut cpu = Field::new("CPU Affinity", text("read-topo-cpu-affinity"));
    let mut numa = Field::new("NUMA Affinity", text("read-topo-numa-affinity"));
    let mut own = Field::new("GPU NUMA ID", text("read-topo-gpu-numa-id"));
    for gpu in topo.gpus() {
        if let Some(cores) = &gpu.cpu_affinity {
            cpu = cpu.value(Value::seen(cores).of(&*gpu.name));
        }
        if let Some(node) = &gpu.numa_affinity {
            numa = numa.value(Value::seen(node).of(&*gpu.name));
        }
        if let Some(node) = &gpu.gpu_numa_id {
            own = own.value(Value::seen(node).of(&*gpu.name));
        }
    }
    for field in [cpu, numa, own] {
        explained.field(field);
    }
}

fn between(first: &Device, second: &Device) -> String {
    format!("{}–{}", first.name.value, second.name.value)
}
