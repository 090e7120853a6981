//! Questions about the matrix of `nvidia-smi topo -m`.

use super::dice::Dice;
use super::pool::Pool;
use super::question::{Draft, Question};
use super::{Kind, text};
use crate::draw;
use crate::explain::{self, Asked};
use crate::finding::Message;
use crate::programs::NVIDIA_SMI_TOPO;
use crate::read::said::Said;
use crate::read::topo::{self, Link, Pair, Topo};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "topology.pair-for-two",
        make: pair_for_two,
    },
    Kind {
        id: "topology.between",
        make: between,
    },
    Kind {
        id: "topology.nvlinked",
        make: nvlinked,
    },
    Kind {
        id: "topology.cores",
        make: cores,
    },
];

const STEP: &str = "topology.read";

/// The matrix of a machine with several GPUs, and the machine's name.
fn matrix(
    pool: &mut Pool,
    dice: &mut Dice,
    fits: impl Fn(&Topo) -> bool,
) -> Option<(Topo, String)> {
    pool.machine(dice, |facts, name, _| {
        let output = facts.command(NVIDIA_SMI_TOPO).ok()?;
        let topo = topo::read(&output.stdout).ok()?;
        (topo.gpus().count() > 1 && fits(&topo)).then(|| (topo, name.to_owned()))
    })
}

fn draft(ask: Message, (topo, name): &(Topo, String)) -> Draft {
    Draft::new(STEP, ask)
        .machine(name)
        .shown(draw::topology::table(topo))
}

fn named(pair: &Pair<'_>) -> String {
    format!("{}, {}", pair.first.name.value, pair.second.name.value)
}

/// What people rank a pair by: how far, over how many links of NVLink.
fn nearness(pair: &Pair<'_>) -> Option<(u8, u32)> {
    let missing_links = match pair.link {
        Link::NvLink(links) => u32::MAX - links,
        _ => 0,
    };
    Some((pair.link.distance()?, missing_links))
}

/// What the explanation says of a link.
fn meaning(topo: &Topo, link: &Link) -> Option<Message> {
    let explained = explain::explain(&Said::Topo(topo.clone()), &Asked::default());
    let field = explained
        .fields
        .into_iter()
        .find(|field| field.label == link.to_string())?;
    Some(field.what)
}

/// Several pairs may be nearest; of those, one is among the choices.
fn pair_for_two(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = matrix(pool, dice, |topo| {
        let ways: Vec<_> = topo.gpu_pairs().iter().filter_map(nearness).collect();
        ways.iter().any(|way| Some(way) != ways.first())
    })?;
    let pairs = shown.0.gpu_pairs();
    let best = pairs.iter().filter_map(nearness).min()?;
    let mut draft = draft(text("quiz-topology-pair"), &shown);
    for pair in &pairs {
        if let Some(way) = nearness(pair) {
            draft = draft.value(&named(pair), way == best);
        }
    }
    let link = pairs.iter().find(|pair| nearness(pair) == Some(best))?.link;
    draft
        .why(text("quiz-topology-pair-why").arg("link", link.to_string()))
        .why(meaning(&shown.0, link)?)
        .ask(dice)
}

/// The ways there are, each in the explanation's own words.
fn between(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = matrix(pool, dice, |_| true)?;
    let pairs = shown.0.gpu_pairs();
    let pair = dice.pick(&pairs)?;
    let right = meaning(&shown.0, pair.link)?;
    let mut draft = draft(
        text("quiz-topology-between")
            .arg("first", &*pair.first.name)
            .arg("second", &*pair.second.name),
        &shown,
    )
    .text(right.clone(), true)
    .why(
        text("quiz-topology-between-why")
            .arg("first", &*pair.first.name)
            .arg("second", &*pair.second.name)
            .arg("link", pair.link.to_string()),
    )
    .why(right.clone());
    for (way, id) in [
        (Link::Pix, "read-topo-pix"),
        (Link::Pxb, "read-topo-pxb"),
        (Link::Phb, "read-topo-phb"),
        (Link::Node, "read-topo-node"),
        (Link::Sys, "read-topo-sys"),
    ] {
        if way.distance() != pair.link.distance() {
            draft = draft.text(text(id), false);
        }
    }
    if !pair.link.is_nvlink() {
        draft = draft.text(text("read-topo-nv").count("links", 4), false);
    }
    draft.ask(dice)
}

fn nvlinked(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = matrix(pool, dice, |_| true)?;
    let all = shown.0.gpu_pairs().len();
    let linked = shown.0.nvlink_pairs().len();
    let gpus = shown.0.gpus().count();
    draft(text("quiz-topology-nvlinked"), &shown)
        .values([linked, 0, 1, 2, gpus, all], |count| *count == linked)
        .why(text("quiz-topology-nvlinked-why").count("pairs", linked))
        .ask(dice)
}

/// On which processor cores a program for one GPU belongs.
fn cores(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let near = |topo: &Topo| -> Vec<(String, String)> {
        topo.gpus()
            .filter_map(|gpu| {
                Some((
                    gpu.name.value.clone(),
                    gpu.cpu_affinity.as_ref()?.value.clone(),
                ))
            })
            .collect()
    };
    let shown = matrix(pool, dice, |topo| {
        let near = near(topo);
        near.iter()
            .any(|(_, cores)| Some(cores) != near.first().map(|(_, first)| first))
    })?;
    let near = near(&shown.0);
    let (gpu, own) = dice.pick(&near)?;
    draft(text("quiz-topology-cores").arg("gpu", gpu), &shown)
        .values(near.iter().map(|(_, cores)| cores), |cores| *cores == own)
        .why(
            text("quiz-topology-cores-why")
                .arg("gpu", gpu)
                .arg("cores", own),
        )
        .why(text("read-topo-cpu-affinity"))
        .ask(dice)
}
