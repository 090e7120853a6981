//! The GPUs in a practice machine: what the bus shows, and what NVML would say of them with a driver that serves them.

use memchr::memmem;

use crate::bundled;
use crate::facts::Facts;
use crate::facts::system::Place;
use crate::machine::nvml::{Gpu, GpuReading, Nvml, Value};
use crate::programs::{NVIDIA_SMI_TOPO, UBUNTU_DRIVERS};
use crate::recording::{NvmlEntry, Recording};
use crate::tables::gpu_arch::{self, Match};

use super::machine::PracticeMachine;

/// What is in the slots. It stays what it is, whatever happens to the driver.
#[derive(Debug, Clone, Default)]
pub struct Hardware {
    /// The GPUs as they are with a driver just loaded, in the order of their addresses.
    pub gpus: Vec<Gpu>,
    /// What `nvidia-smi topo -m` prints of them, where a recording tells.
    pub topology: Option<String>,
    /// What `ubuntu-drivers devices` prints of them.
    pub drivers: String,
    /// In WSL, what Windows' driver says when it is asked.
    pub windows: Option<Nvml>,
}

const NVIDIA: &str = "0x10de";
const PCI: &str = "/sys/bus/pci/devices";

impl Hardware {
    /// The hardware of a recorded machine. What the recording does not tell of a card, since no driver was there to ask, is
    /// taken from a bundled recording of a machine with the same card.
    pub(super) fn of(recording: &Recording) -> Self {
        let mut hardware = Self::told(recording);
        number(&mut hardware.gpus);
        hardware.drivers = listed_drivers(recording);
        hardware.windows = windows(recording);
        hardware
    }

    fn told(recording: &Recording) -> Self {
        let topology = topology(recording);
        let told = gpus(recording);
        if !told.is_empty() {
            return Self {
                gpus: told.into_iter().map(at_rest).collect(),
                topology,
                ..Self::default()
            };
        }
        let slots = slots(recording);
        if slots.is_empty() {
            return Self {
                topology,
                ..Self::default()
            };
        }
        let twin = twin(&slots);
        let gpus = slots
            .iter()
            .map(|slot| {
                twin.as_ref()
                    .and_then(|twin| card(twin, slot, true))
                    .or_else(|| donor(slot))
                    .unwrap_or_else(|| unknown_card(recording, slot))
            })
            .map(at_rest)
            .collect();
        Self {
            gpus,
            topology: topology.or_else(|| twin.as_ref().and_then(self::topology)),
            ..Self::default()
        }
    }
}

/// Gives each card a UUID of its own: what was taken from another card brought that one's along.
fn number(gpus: &mut [Gpu]) {
    let mut seen = std::collections::BTreeSet::new();
    let told: Vec<String> = gpus
        .iter()
        .filter_map(|gpu| gpu.uuid.known().cloned())
        .collect();
    for gpu in gpus {
        let Value::Known(uuid) = &mut gpu.uuid else {
            continue;
        };
        if seen.insert(uuid.clone()) {
            continue;
        }
        let own = (1..=u32::MAX)
            .map(|number| format!("GPU-00000000-0000-0000-0000-{number:012}"))
            .find(|own| !seen.contains(own) && !told.contains(own));
        if let Some(own) = own {
            seen.insert(own.clone());
            *uuid = own;
        }
    }
}

/// A GPU on the bus: its address and its device's number.
struct Slot {
    address: String,
    device: String,
}

fn slots(recording: &Recording) -> Vec<Slot> {
    let field = |address: &str, name: &str| {
        let entry = recording.files.get(&format!("{PCI}/{address}/{name}"))?;
        entry.text.as_ref().map(|text| text.trim().to_lowercase())
    };
    recording
        .dirs
        .get(PCI)
        .into_iter()
        .flatten()
        .filter(|address| {
            field(address, "vendor").as_deref() == Some(NVIDIA)
                && field(address, "class").is_some_and(|class| class.starts_with("0x03"))
        })
        .map(|address| Slot {
            address: address.clone(),
            device: field(address, "device").unwrap_or_default(),
        })
        .collect()
}

fn gpus(recording: &Recording) -> Vec<Gpu> {
    let Some(NvmlEntry::Ok { ok }) = &recording.nvml else {
        return Vec::new();
    };
    let opened = |reading: &GpuReading| match reading {
        GpuReading::Opened(gpu) => Some((**gpu).clone()),
        GpuReading::Failed { .. } => None,
    };
    let first = ok.gpus.iter().find_map(opened);
    ok.gpus
        .iter()
        .filter_map(|reading| match reading {
            // A card that fell off the bus is one like the others once the machine was off.
            GpuReading::Failed { bus_id, .. } => {
                let mut gpu = first.clone()?;
                gpu.bus_id = bus_id.clone().map_or(Value::Unrecorded, Value::Known);
                Some(gpu)
            }
            GpuReading::Opened(_) => opened(reading),
        })
        .collect()
}

fn topology(recording: &Recording) -> Option<String> {
    let command = recording
        .commands
        .iter()
        .find(|command| command.argv == NVIDIA_SMI_TOPO && command.exit == Some(0))?;
    Some(command.stdout.text())
}

/// Windows' driver, as it answered; where a Linux driver hid it, as it answers in another recorded WSL.
fn windows(recording: &Recording) -> Option<Nvml> {
    if Facts::new(recording).place() != Place::Wsl {
        return None;
    }
    let answer = |recording: &Recording| match &recording.nvml {
        Some(NvmlEntry::Ok { ok }) => Some(ok.clone()),
        _ => None,
    };
    answer(recording).or_else(|| {
        recordings_with("microsoft-standard-WSL2", |other| {
            (Facts::new(other).place() == Place::Wsl)
                .then(|| answer(other))
                .flatten()
        })
    })
}

/// What `ubuntu-drivers devices` printed when the machine was recorded. Where the program was not there, it is what it said
/// of the same cards in another machine with the same Ubuntu.
fn listed_drivers(recording: &Recording) -> String {
    let printed = |recording: &Recording| {
        let mut commands = recording.commands.iter();
        commands
            .find(|command| command.argv == UBUNTU_DRIVERS)
            .map(|command| command.stdout.text())
            .unwrap_or_default()
    };
    let recorded = printed(recording);
    let system = |recording: &Recording| Facts::new(recording).distribution().ok();
    let Some(own) = system(recording).filter(|own| own.id == "ubuntu" && recorded.is_empty())
    else {
        return recorded;
    };
    let blocks = slots(recording).into_iter().filter_map(|slot| {
        let device = slot.device.trim_start_matches("0x").to_uppercase();
        recordings_with(&device, |other| {
            system(other).filter(|other| other.version == own.version)?;
            let text = printed(other);
            let block = text
                .split("== ")
                .find(|block| block.contains(&format!("d0000{device}sv")))?;
            let (_, lines) = block.split_once('\n')?;
            let address = &slot.address;
            Some(format!(
                "== /sys/devices/pci0000:00/0000:00:01.0/{address} ==\n{lines}"
            ))
        })
    });
    blocks.collect()
}

/// A bundled machine with the same cards in the same slots: the same machine at another time.
fn twin(slots: &[Slot]) -> Option<Recording> {
    recordings_with(&slots.first()?.address, |recording| {
        slots
            .iter()
            .all(|slot| card(recording, slot, true).is_some())
            .then(|| recording.clone())
    })
}

/// The same card in another machine.
fn donor(slot: &Slot) -> Option<Gpu> {
    recordings_with(&slot.device, |recording| card(recording, slot, false))
}

/// What `choose` makes of the first bundled machine with a driver whose text holds a word.
fn recordings_with<T>(word: &str, choose: impl Fn(&Recording) -> Option<T>) -> Option<T> {
    bundled::names()
        .filter(|name| {
            bundled::json(name).is_some_and(|json| {
                memmem::find(json, word.as_bytes()).is_some()
                    && memmem::find(json, b"\"cuda_driver_version\"").is_some()
            })
        })
        .find_map(|name| choose(&bundled::recording(name)?.ok()?))
}

/// What a machine's NVML says of a card like this one.
fn card(recording: &Recording, slot: &Slot, same_place: bool) -> Option<Gpu> {
    let like = slots(recording).into_iter().find(|other| {
        other.device == slot.device && (!same_place || other.address == slot.address)
    })?;
    let mut gpu = gpus(recording)
        .into_iter()
        .find(|gpu| is_at(gpu, &like.address))?;
    gpu.bus_id = Value::Known(bus_id(&slot.address));
    Some(gpu)
}

fn is_at(gpu: &Gpu, address: &str) -> bool {
    gpu.bus_id
        .known()
        .is_some_and(|known| known.to_lowercase().ends_with(address))
}

/// `0000:81:00.0` as NVML writes it: `00000000:81:00.0`.
fn bus_id(address: &str) -> String {
    format!("0000{}", address.to_uppercase())
}

/// A card of which only the product's name is known, from the model line of `ubuntu-drivers devices`.
fn unknown_card(recording: &Recording, slot: &Slot) -> Gpu {
    let listed = recording.commands.iter().find_map(|command| {
        let text = command.stdout.text();
        let model = text
            .lines()
            .find_map(|line| line.strip_prefix("model    : "))?;
        let product = model.split_once('[')?.1.trim_end_matches(']');
        Some(format!("NVIDIA {product}"))
    });
    let name = listed.unwrap_or_else(|| "NVIDIA GPU".to_owned());
    let cc = match gpu_arch::by_name(&name) {
        Match::Exact(named) => Value::Known(named.family.cc.to_string()),
        _ => Value::Unrecorded,
    };
    Gpu {
        name: Value::Known(name),
        bus_id: Value::Known(bus_id(&slot.address)),
        compute_capability: cc,
        persistence_mode: Value::Known(false),
        display_active: Value::Known(false),
        compute_mode: Value::Known("Default".to_owned()),
        processes: Value::Known(Vec::new()),
        ..Gpu::default()
    }
}

/// A card as it is when the driver has just been loaded.
fn at_rest(mut gpu: Gpu) -> Gpu {
    if let Value::Known(on) = &mut gpu.persistence_mode {
        *on = false;
    }
    if let Value::Known(mode) = &mut gpu.compute_mode {
        "Default".clone_into(mode);
    }
    if let Value::Known(processes) = &mut gpu.processes {
        let held: u64 = processes.iter().filter_map(|process| process.memory).sum();
        processes.clear();
        if let Value::Known(used) = &mut gpu.memory_used {
            *used = used.saturating_sub(held);
        }
    }
    if let Value::Known(percent) = &mut gpu.utilization_percent {
        *percent = 0;
    }
    if let Value::Known(errors) = &mut gpu.ecc_uncorrected {
        *errors = 0;
    }
    gpu
}

impl PracticeMachine {
    /// The addresses of NVIDIA's GPUs on the bus, as sysfs has them.
    pub(super) fn gpu_addresses(&self) -> Vec<String> {
        let field = |address: &str, name: &str| {
            self.tree
                .text(&format!("{PCI}/{address}/{name}"))
                .map(|text| text.trim().to_lowercase())
                .unwrap_or_default()
        };
        self.tree
            .list(PCI)
            .unwrap_or_default()
            .into_iter()
            .filter(|address| {
                field(address, "vendor") == NVIDIA && field(address, "class").starts_with("0x03")
            })
            .collect()
    }
}
