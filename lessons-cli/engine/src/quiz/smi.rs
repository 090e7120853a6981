//! Questions about the table of nvidia-smi.

use super::dice::Dice;
use super::pool::{Pool, busy_table};
use super::question::{Draft, Question};
use super::{Kind, largest, text};
use crate::explain::{self, Asked, Explained, Field};
use crate::finding::Message;
use crate::read::said::Said;
use crate::read::smi::{Gpu, Process, Reading, Smi, Unit};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        id: "smi.most-power",
        make: most_power,
    },
    Kind {
        id: "smi.most-memory-free",
        make: most_memory_free,
    },
    Kind {
        id: "smi.holds-memory",
        make: holds_memory,
    },
    Kind {
        id: "smi.gpu-of-process",
        make: gpu_of_process,
    },
    Kind {
        id: "smi.watts-left",
        make: watts_left,
    },
    Kind {
        id: "smi.column",
        make: column,
    },
    Kind {
        id: "smi.word",
        make: word,
    },
];

const STEP: &str = "smi.gpus-healthy";

/// A machine's table on a busy day, and its name.
fn table(pool: &mut Pool, dice: &mut Dice, least: usize) -> Option<(String, Smi, String)> {
    pool.machine(dice, |facts, name, dice| {
        let (table, smi) = busy_table(facts, dice, least)?;
        Some((table, smi, name.to_owned()))
    })
}

fn draft(step: &'static str, ask: Message, (table, _, name): &(String, Smi, String)) -> Draft {
    Draft::new(step, ask).machine(name).shown(table)
}

/// `GPU 2`, as people say it.
fn called(gpu: &Gpu) -> Option<String> {
    Some(format!("GPU {}", gpu.index?))
}

/// A reading's number, as printed without its unit.
fn number<T: Unit + std::fmt::Display>(reading: Option<&Reading<T>>) -> Option<i64> {
    let Some(Reading::Value(_)) = reading else {
        return None;
    };
    let shown = reading?.to_string();
    let digits = shown.trim_end_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok()
}

fn meaning(smi: &Smi, label: &str) -> Option<Message> {
    let explained = explained(smi);
    let field = explained.fields.iter().find(|field| field.label == label)?;
    Some(field.what.clone())
}

fn explained(smi: &Smi) -> Explained {
    explain::explain(&Said::Smi(Box::new(smi.clone())), &Asked::default())
}

fn most_power(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = table(pool, dice, 2)?;
    let smi = &shown.1;
    let draws: Vec<(String, i64)> = smi
        .gpus
        .iter()
        .filter_map(|gpu| Some((called(gpu)?, number(gpu.power_draw_w.as_ref())?)))
        .collect();
    let (most, watts) = largest(&draws, |(_, watts)| *watts)?;
    draft(STEP, text("quiz-smi-most-power"), &shown)
        .values(draws.iter().map(|(gpu, _)| gpu), |gpu| *gpu == most)
        .why(
            text("quiz-smi-most-power-why")
                .arg("gpu", most)
                .arg("watts", watts.to_string()),
        )
        .why(meaning(smi, "Pwr:Usage")?)
        .ask(dice)
}

fn most_memory_free(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = table(pool, dice, 2)?;
    let smi = &shown.1;
    let free: Vec<(String, i64)> = smi
        .gpus
        .iter()
        .filter_map(|gpu| {
            let used = number(gpu.memory_used_mib.as_ref())?;
            let total = number(gpu.memory_total_mib.as_ref())?;
            Some((called(gpu)?, total - used))
        })
        .collect();
    let (most, mib) = largest(&free, |(_, free)| *free)?;
    draft("smi.memory-free", text("quiz-smi-most-memory-free"), &shown)
        .values(free.iter().map(|(gpu, _)| gpu), |gpu| *gpu == most)
        .why(
            text("quiz-smi-most-memory-free-why")
                .arg("gpu", most)
                .arg("mib", mib.to_string()),
        )
        .why(meaning(smi, "Memory-Usage (used)")?)
        .ask(dice)
}

/// `4711 (python)`
fn of_process(process: &Process) -> Option<String> {
    Some(format!(
        "{} ({})",
        number(process.pid.as_ref())?,
        process.name.as_deref()?
    ))
}

fn holds_memory(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = table(pool, dice, 1)?;
    let smi = &shown.1;
    let held: Vec<(String, i64)> = smi
        .processes
        .iter()
        .filter_map(|process| Some((of_process(process)?, number(process.memory_mib.as_ref())?)))
        .collect();
    let (most, mib) = largest(&held, |(_, mib)| *mib)?;
    draft("smi.memory-free", text("quiz-smi-holds-memory"), &shown)
        .values(held.iter().map(|(process, _)| process), |one| *one == most)
        .why(
            text("quiz-smi-holds-memory-why")
                .arg("process", most)
                .arg("mib", mib.to_string()),
        )
        .why(meaning(smi, "GPU Memory Usage")?)
        .ask(dice)
}

fn gpu_of_process(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = table(pool, dice, 2)?;
    let smi = &shown.1;
    let process = dice.pick(&smi.processes)?;
    let on = format!("GPU {}", process.gpu?);
    draft(
        "smi.memory-free",
        text("quiz-smi-gpu-of-process").arg("pid", number(process.pid.as_ref())?.to_string()),
        &shown,
    )
    .values(smi.gpus.iter().filter_map(called), |gpu| *gpu == on)
    .why(
        text("quiz-smi-gpu-of-process-why")
            .arg("process", of_process(process)?)
            .arg("gpu", &on),
    )
    .why(meaning(smi, "PID")?)
    .ask(dice)
}

fn watts_left(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = table(pool, dice, 1)?;
    let smi = &shown.1;
    let gpu = dice.pick(&smi.gpus)?;
    let draw = number(gpu.power_draw_w.as_ref())?;
    let limit = number(gpu.power_limit_w.as_ref())?;
    let left = limit - draw;
    // What somebody gets who takes one number for another.
    let tempting = [
        left,
        draw,
        limit,
        limit + draw,
        left + 10,
        (left - 10).max(0),
    ];
    draft(
        STEP,
        text("quiz-smi-watts-left").arg("gpu", called(gpu)?),
        &shown,
    )
    .values(tempting.map(|watts| format!("{watts} W")), |watts| {
        *watts == format!("{left} W")
    })
    .why(
        text("quiz-smi-watts-left-why")
            .arg("draw", draw.to_string())
            .arg("limit", limit.to_string())
            .arg("left", left.to_string()),
    )
    .why(meaning(smi, "Pwr:Cap")?)
    .ask(dice)
}

fn column(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = table(pool, dice, 1)?;
    let explained = explained(&shown.1);
    // A GPU's number and the one that its processes name stand under the same word.
    let unmistakable: Vec<&Field> = explained
        .fields
        .iter()
        .filter(|field| {
            let same = explained
                .fields
                .iter()
                .filter(|other| other.label == field.label);
            same.count() == 1
        })
        .collect();
    let field = *dice.pick(&unmistakable)?;
    let right = &field.what;
    let others = explained.fields.iter().map(|field| &field.what);
    let mut draft = draft(
        STEP,
        text("quiz-smi-column").arg("column", &field.label),
        &shown,
    )
    .why(right.clone());
    for meaning in others {
        draft = draft.text(meaning.clone(), meaning == right);
    }
    // What this value says besides.
    for more in field.meaning().into_iter().skip(1) {
        draft = draft.why(more.clone());
    }
    draft.ask(dice)
}

/// A word in place of a number, such as N/A, says something else in each field.
fn word(pool: &mut Pool, dice: &mut Dice) -> Option<Question> {
    let shown = table(pool, dice, 1)?;
    let explained = explained(&shown.1);
    let mut said: Vec<(&str, &str, &Message)> = Vec::new();
    for field in &explained.fields {
        if let Some(value) = field.values.first()
            && let [meaning] = value.means.as_slice()
            && field.values.iter().all(|other| other.shown == value.shown)
        {
            said.push((&field.label, &value.shown, meaning));
        }
    }
    let shared: Vec<_> = said
        .iter()
        .filter(|(_, value, _)| said.iter().filter(|(_, other, _)| other == value).count() > 1)
        .collect();
    let (label, value, right) = **dice.pick(&shared)?;
    let mut draft = draft(
        STEP,
        text("quiz-smi-word")
            .arg("column", label)
            .arg("value", value),
        &shown,
    );
    // What other words say would give the answer away.
    for (other_label, other, meaning) in &said {
        if *other == value {
            draft = draft.text((*meaning).clone(), *other_label == label);
        }
    }
    draft.why(right.clone()).ask(dice)
}
