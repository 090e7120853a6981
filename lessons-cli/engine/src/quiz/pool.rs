//! What questions are drawn from: the bundled machines, each read once, and a day's work for their GPUs.

use std::collections::BTreeMap;

use super::dice::Dice;
use crate::bundled;
use crate::draw;
use crate::facts::Facts;
use crate::machine::nvml::{Gpu, GpuReading, Nvml, Process, Value};
use crate::read::smi::Smi;
use crate::recording::Recording;

/// The bundled machines.
#[derive(Debug, Default)]
pub(super) struct Pool {
    machines: BTreeMap<&'static str, Recording>,
}

impl Pool {
    /// What `choose` makes of the first machine that it can make anything of, in an order that the dice decide.
    pub(super) fn machine<T>(
        &mut self,
        dice: &mut Dice,
        mut choose: impl FnMut(&Facts<'_>, &str, &mut Dice) -> Option<T>,
    ) -> Option<T> {
        let mut names: Vec<&'static str> = bundled::names().collect();
        dice.shuffle(&mut names);
        names.into_iter().find_map(|name| {
            let machine = self.get(name)?;
            choose(&Facts::new(machine), name, dice)
        })
    }

    fn get(&mut self, name: &'static str) -> Option<&Recording> {
        if !self.machines.contains_key(name) {
            self.machines.insert(name, bundled::recording(name)?.ok()?);
        }
        self.machines.get(name)
    }
}

/// Programs that people run on a GPU.
const PROGRAMS: [&str; 6] = [
    "python",
    "python3",
    "/usr/bin/python3",
    ".venv/bin/python",
    "/opt/conda/bin/python",
    "ollama",
];

/// The machine's table of nvidia-smi on a made-up busy day, as text and as the values in it; none for a machine without
/// `least` GPUs that all answer.
pub(super) fn busy_table(
    facts: &Facts<'_>,
    dice: &mut Dice,
    least: usize,
) -> Option<(String, Smi)> {
    let mut nvml = facts.nvml().ok()?.clone();
    // With MIG on, a second table would have to agree with the first.
    if nvml.gpus.len() < least || !nvml.gpus.iter().all(is_plain) {
        return None;
    }
    put_to_work(&mut nvml, dice);
    let smi = draw::nvml::smi(&nvml, None);
    Some((draw::smi::draw(&smi), smi))
}

fn is_plain(gpu: &GpuReading) -> bool {
    match gpu {
        GpuReading::Opened(gpu) => {
            gpu.mig_enabled.known() != Some(&true)
                && gpu.memory_total.known().is_some()
                && gpu.power_draw_mw.known().is_some()
                && gpu.power_limit_mw.known().is_some()
        }
        GpuReading::Failed { .. } => false,
    }
}

fn put_to_work(nvml: &mut Nvml, dice: &mut Dice) {
    let mut pid = dice.between(2_000, 90_000);
    for gpu in &mut nvml.gpus {
        if let GpuReading::Opened(gpu) = gpu {
            let share = dice.between(0, 100);
            load(gpu, share, &mut pid, dice);
        }
    }
}

/// Gives a GPU a load of so many percent, all its values in keeping.
fn load(gpu: &mut Gpu, share: u32, pid: &mut u32, dice: &mut Dice) {
    const MIB: u64 = 1 << 20;
    let total = gpu.memory_total.known().copied().unwrap_or_default();
    let limit = gpu.power_limit_mw.known().copied().unwrap_or_default();
    let idle = gpu
        .power_draw_mw
        .known()
        .copied()
        .unwrap_or_default()
        .min(limit / 4);
    gpu.power_draw_mw = Value::Known(idle + (limit - idle) / 100 * share);
    gpu.utilization_percent = Value::Known(share);
    gpu.temperature_c = Value::Known(dice.between(28, 40) + share * 4 / 10);
    if let Value::Known(fan) = &mut gpu.fan_percent {
        *fan = dice.between(25, 35) + share / 2;
    }
    // GeForce and RTX cards compute in P2, those of data centres in P0.
    let name = gpu.name.known().map_or("", String::as_str);
    gpu.performance_state = Value::Known(match share {
        0..5 => 8,
        _ if name.contains("GeForce") || name.contains("RTX") => 2,
        _ => 0,
    });
    let mut used: u64 = dice.between(1, 20).into();
    let mut processes = Vec::new();
    for _ in 0..if share < 5 { 0 } else { dice.between(1, 2) } {
        *pid += dice.between(1, 3_000);
        let memory = u64::from(dice.between(3, 45)) * (total / MIB) / 100;
        used += memory;
        processes.push(Process {
            pid: *pid,
            kind: "C".to_owned(),
            name: dice.pick(&PROGRAMS).map(|&name| name.to_owned()),
            memory: Some(memory * MIB),
        });
    }
    gpu.memory_used = Value::Known(used * MIB);
    gpu.processes = Value::Known(processes);
}
