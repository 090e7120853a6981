//! Driver packages explained: which to install, why, and what each of the others is.

use super::{Explained, Field, Note, Value, text};
use crate::facts::gpus::modules_for;
use crate::finding::{Message, quoted};
use crate::read::drivers::{
    Against, Choice, Device, DriverPackage, Drivers, Modules, Offer, Origin, Reason, Wants, choose,
};
use crate::tables::Os;
use crate::tables::cuda_driver;
use crate::tables::gpu_arch::{self, Family, Match, OpenModule};
use crate::version::CudaVersion;

pub(super) fn explain(drivers: &Drivers, for_cuda: Option<CudaVersion>) -> Explained {
    let mut explained = Explained::new(
        text("read-drivers-what")
            .count("devices", drivers.devices.len())
            .count("packages", drivers.packages.len()),
    );
    let lowest = for_cuda.and_then(|cuda| lowest_branch(&mut explained, cuda));
    let mut advised = false;
    for device in drivers.devices.iter().filter(|device| device.is_nvidia()) {
        let card = Card::of(device);
        let wants = wants(&mut explained, device, &card, lowest);
        let offered = || device.drivers.iter().map(Offer::from);
        let choice = choose(offered(), wants);
        advise(
            &mut explained,
            device.model.as_ref().map(|model| model.as_str()),
            &choice,
        );
        if let Some(model) = &device.model {
            cuda_for_card(&mut explained, model, &card, for_cuda);
            if card.is_for_data_centres() {
                let wants = Wants {
                    server: true,
                    ..wants
                };
                for_server(&mut explained, model, &choice, &choose(offered(), wants));
            }
        }
        device_fields(&mut explained, device, &choice);
        advised = true;
    }
    if !drivers.packages.is_empty() {
        let wants = Wants {
            lowest_branch: lowest,
            ..Wants::default()
        };
        let choice = choose(drivers.packages.iter().map(Offer::from), wants);
        if !advised {
            explained.note(Note::remark(text("read-drivers-note-list")));
            advise(&mut explained, None, &choice);
        }
        for listed in &drivers.packages {
            let mut value = against(&listed.package, &choice)
                .into_iter()
                .fold(Value::seen(&listed.package), Value::means);
            let mut also = None;
            if let Some(modules) = &listed.kernel_modules {
                value.shown.clone_from(&modules.value);
                value = value.means(text(if modules.starts_with("linux-modules-") {
                    "read-drivers-modules-signed"
                } else {
                    "read-drivers-modules-dkms"
                }));
                also = Some(Value {
                    means: value.means.clone(),
                    ..Value::seen(modules)
                });
            }
            let mut field = Field::new(listed.package.value.clone(), flavour(&listed.package));
            field.also.extend(also);
            explained.field(field.value(value));
        }
    }
    for device in drivers.devices.iter().filter(|device| !device.is_nvidia()) {
        let name = device.model.as_ref().or(device.vendor.as_ref());
        explained.note(Note::remark(
            text("read-drivers-note-other-device")
                .arg("device", name.map_or("?", |name| name.as_str())),
        ));
    }
    for note in &drivers.notes {
        explained.note(
            Note::warning(text("read-drivers-note-said").arg("said", &**note)).at(Some(note.span)),
        );
    }
    explained
}

/// The branch that a CUDA needs at least, if a table says.
fn lowest_branch(explained: &mut Explained, cuda: CudaVersion) -> Option<u32> {
    if let Ok(floor) = cuda_driver::family_floor(cuda, Os::Linux) {
        Some(floor.at_least.branch())
    } else {
        explained.note(Note::warning(
            text("read-drivers-note-cuda-unknown").arg("cuda", cuda.to_string()),
        ));
        None
    }
}

/// What a GPU asks of a driver, by its name.
fn wants(
    explained: &mut Explained,
    device: &Device,
    card: &Card,
    lowest_branch: Option<u32>,
) -> Wants {
    let none = Wants {
        lowest_branch,
        ..Wants::default()
    };
    let by_number = device
        .pci_id()
        .filter(|(_, device)| modules_for(*device) == Modules::OpenOnly);
    let Some(family) = card.families.first() else {
        if let Some((vendor, number)) = by_number {
            explained.note(
                Note::remark(
                    text("read-drivers-note-by-number")
                        .arg("number", format!("{vendor:04x}:{number:04x}")),
                )
                .at(device.modalias.as_ref().map(|modalias| modalias.span)),
            );
            let blackwell = gpu_arch::families()
                .iter()
                .filter(|family| family.open_kernel_module == OpenModule::Required);
            return Wants {
                modules: Modules::OpenOnly,
                first_branch: first_branch(blackwell),
                ..none
            };
        }
        explained.note(
            Note::warning(match &device.model {
                None => text("read-drivers-note-no-model"),
                Some(model) => text("read-drivers-note-unknown-gpu").arg("model", &**model),
            })
            .at(device.model.as_ref().map(|model| model.span)),
        );
        return none;
    };
    Wants {
        modules: match family.open_kernel_module {
            OpenModule::Required => Modules::OpenOnly,
            OpenModule::Supported => Modules::Either,
            OpenModule::Impossible => Modules::ProprietaryOnly,
        },
        first_branch: first_branch(card.families.iter().copied()),
        highest_branch: family.last_driver_branch,
        ..none
    }
}

/// The first branch that knows any of these; none where a source is missing for one of them.
fn first_branch(families: impl Iterator<Item = &'static Family>) -> Option<u32> {
    let branches: Option<Vec<u32>> = families
        .map(|family| Some(cuda_driver::first_branch(family.cc)?.branch))
        .collect();
    branches?.into_iter().min()
}

/// What the tables have of a card.
struct Card {
    /// The families that it may be of, which agree on the kernel modules and on the last driver. None where no table
    /// has it.
    families: Vec<&'static Family>,
}

impl Card {
    /// The card that the PCI database calls `GB202 [GeForce RTX 5090]` or `GA102GL [RTX A6000]`.
    fn of(device: &Device) -> Self {
        Self {
            families: device
                .model
                .as_ref()
                .map_or_else(Vec::new, |model| families(model)),
        }
    }

    fn is_for_data_centres(&self) -> bool {
        !self.families.is_empty()
            && self
                .families
                .iter()
                .all(|family| family.market == "data centre")
    }
}

fn families(model: &str) -> Vec<&'static Family> {
    let name = model
        .split_once('[')
        .and_then(|(_, rest)| rest.split(']').next())
        .unwrap_or(model);
    // One chip may be sold under several names: `TU117M [GeForce GTX 1650 Mobile / Max-Q]`.
    let first = name.split(" / ").next().unwrap_or(name);
    for name in [name, first] {
        match gpu_arch::by_name(name) {
            Match::Exact(named) => return vec![named.family],
            // Families that agree on what matters here are as good as one.
            Match::Ambiguous(families) => {
                let agree = families.windows(2).all(|pair| {
                    pair[0].open_kernel_module == pair[1].open_kernel_module
                        && pair[0].last_driver_branch == pair[1].last_driver_branch
                });
                if agree {
                    return families;
                }
            }
            Match::Unknown(_) => {}
        }
    }
    Vec::new()
}

/// That the CUDA which is wanted does not compile for the card, whatever the driver.
fn cuda_for_card(
    explained: &mut Explained,
    model: &str,
    card: &Card,
    for_cuda: Option<CudaVersion>,
) {
    let Some(cuda) = for_cuda else { return };
    let lasts: Option<Vec<_>> = card
        .families
        .iter()
        .map(|family| family.last_cuda)
        .collect();
    let said = |id| text(id).arg("cuda", cuda.to_string()).arg("model", model);
    if let Some(last) = lasts.as_deref().and_then(<[_]>::first)
        && lasts.iter().flatten().all(|last| !last.covers(cuda))
    {
        let note = said("read-drivers-note-cuda-after").arg("last", last.to_string());
        explained.note(Note::warning(note));
    }
    let firsts: Option<Vec<CudaVersion>> = card
        .families
        .iter()
        .map(|family| {
            let architecture = cuda_driver::architecture(family.cc).ok()?;
            architecture.first_cuda.get(&family.cc).copied()
        })
        .collect();
    if let Some(first) = firsts.and_then(|firsts| firsts.into_iter().min())
        && cuda.release() < first
    {
        let note = said("read-drivers-note-cuda-before").arg("first", first.to_string());
        explained.note(Note::warning(note));
    }
}

/// What Ubuntu recommends for computing, where another flavour was chosen for a card of data centres.
fn for_server(explained: &mut Explained, model: &str, choice: &Choice<'_>, server: &Choice<'_>) {
    let is_server = |name: &str| {
        name.parse::<DriverPackage>()
            .is_ok_and(|package| package.server)
    };
    if let Some(package) = server.package.filter(|package| is_server(package))
        && choice.package != Some(package)
    {
        explained.note(
            Note::remark(
                text("read-drivers-note-server")
                    .arg("model", model)
                    .arg("package", package),
            )
            .run(install(server, package))
            .step("driver.recommended-known"),
        );
    }
}

/// The command that installs a package: Ubuntu's own tool takes the modules that Canonical signed, but only of what is
/// Ubuntu's. The server flavour does not bring nvidia-smi.
///
/// Ubuntu Server documentation, "NVIDIA drivers installation".
fn install(choice: &Choice<'_>, name: &str) -> String {
    let package = name
        .parse::<DriverPackage>()
        .ok()
        .filter(|package| package.to_string() == name && !choice.third_party);
    let Some(package) = package else {
        return format!("sudo apt install {}", quoted(name));
    };
    let flavour = name.trim_start_matches("nvidia-driver-");
    if package.server {
        let branch = package.branch;
        return format!(
            "sudo ubuntu-drivers install --gpgpu nvidia:{flavour} && sudo apt install nvidia-utils-{branch}-server"
        );
    }
    if choice.reasons.contains(&Reason::Recommended) {
        "sudo ubuntu-drivers install".to_owned()
    } else {
        format!("sudo ubuntu-drivers install nvidia:{flavour}")
    }
}

/// What stands in the place of a name that the text does not tell; the messages have a variant for it.
const NO_MODEL: &str = "none";

/// Which package to install.
fn advise(explained: &mut Explained, model: Option<&str>, choice: &Choice<'_>) {
    let model = model.unwrap_or(NO_MODEL);
    let Some(package) = choice.package else {
        explained.note(
            Note::broken(text("read-drivers-note-none").arg("model", model))
                .step("driver.recommended-known"),
        );
        return;
    };
    explained.note(
        Note::remark(
            text("read-drivers-note-install")
                .arg("package", package)
                .arg("model", model),
        )
        .run(install(choice, package))
        .step("driver.recommended-known"),
    );
    for reason in &choice.reasons {
        explained.note(Note::remark(because(*reason)));
    }
}

fn because(reason: Reason) -> Message {
    let branch = |id, branch: u32| text(id).arg("branch", branch.to_string());
    match reason {
        Reason::Recommended => text("read-drivers-because-recommended"),
        Reason::RecommendedBranch(number) => {
            branch("read-drivers-because-recommended-branch", number)
        }
        Reason::NewestBranch(number) => branch("read-drivers-because-newest", number),
        Reason::OpenModulesNeeded => text("read-drivers-because-open"),
        Reason::ProprietaryModulesNeeded => text("read-drivers-because-proprietary"),
        Reason::ServerFlavour => text("read-drivers-because-server"),
        Reason::EnoughFor(number) => branch("read-drivers-because-cuda", number),
        Reason::StillDrivesGpu(number) => branch("read-drivers-because-last", number),
    }
}

fn device_fields(explained: &mut Explained, device: &Device, choice: &Choice<'_>) {
    for (label, id, seen) in [
        ("sysfs", "read-drivers-sysfs", &device.sysfs),
        ("modalias", "read-drivers-modalias", &device.modalias),
        ("vendor", "read-drivers-vendor", &device.vendor),
        ("model", "read-drivers-model", &device.model),
    ] {
        if let Some(seen) = seen {
            explained.field(Field::new(label, text(id)).seen(seen));
        }
    }
    for driver in &device.drivers {
        let flags = [
            driver.origin.as_deref().map(|origin| match origin {
                Origin::Distro => "distro",
                Origin::ThirdParty => "third-party",
            }),
            driver
                .free
                .map(|free| if free { "free" } else { "non-free" }),
            driver.builtin.then_some("builtin"),
            driver.recommended.then_some("recommended"),
        ];
        let flags: Vec<&str> = flags.into_iter().flatten().collect();
        let mut value = against(&driver.package, choice).into_iter().fold(
            Value::new(flags.join(" ")).at(Some(driver.package.span)),
            Value::means,
        );
        if driver.origin.as_deref() == Some(&Origin::ThirdParty) {
            value = value.means(text("read-drivers-third-party"));
        }
        if driver.recommended {
            value = value.means(text("read-drivers-recommended"));
        }
        explained
            .field(Field::new(driver.package.value.clone(), flavour(&driver.package)).value(value));
    }
}

/// What a package is, by its name.
fn flavour(name: &str) -> Message {
    let Ok(package) = name.parse::<DriverPackage>() else {
        return text(if name.contains("nouveau") {
            "read-drivers-nouveau"
        } else {
            "read-drivers-package"
        });
    };
    let flavour = match (package.server, package.open) {
        (false, false) => "read-drivers-proprietary",
        (false, true) => "read-drivers-open",
        (true, false) => "read-drivers-server",
        (true, true) => "read-drivers-server-open",
    };
    text(flavour).arg("branch", package.branch.to_string())
}

/// That it is the package to install, or why it is not.
fn against(name: &str, choice: &Choice<'_>) -> Option<Message> {
    if let Some((_, against)) = choice.refused.iter().find(|(refused, _)| *refused == name) {
        let branch = |id, branch: u32| text(id).arg("branch", branch.to_string());
        return Some(match against {
            Against::NotOpen => text("read-drivers-against-not-open"),
            Against::Open => text("read-drivers-against-open"),
            Against::TooOld(number) => branch("read-drivers-against-too-old", *number),
            Against::BeforeGpu(number) => branch("read-drivers-against-before-gpu", *number),
            Against::TooNew(number) => branch("read-drivers-against-too-new", *number),
        });
    }
    (choice.package == Some(name)).then(|| text("read-drivers-chosen"))
}
