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
        let wants = wants(&mut explained, device, lowest);
        let choice = choose(device.drivers.iter().map(Offer::from), wants);
        advise(
            &mut explained,
            device.model.as_ref().map(|model| model.as_str()),
            &choice,
        );
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
fn wants(explained: &mut Explained, device: &Device, lowest_branch: Option<u32>) -> Wants {
    let none = Wants {
        lowest_branch,
        ..Wants::default()
    };
    let by_number = device
        .pci_id()
        .filter(|(_, device)| modules_for(*device) == Modules::OpenOnly);
    let family = device.model.as_ref().and_then(|model| family(model));
    if family.is_none()
        && let Some((vendor, number)) = by_number
    {
        explained.note(
            Note::remark(
                text("read-drivers-note-by-number")
                    .arg("number", format!("{vendor:04x}:{number:04x}")),
            )
            .at(device.modalias.as_ref().map(|modalias| modalias.span)),
        );
        return Wants {
            modules: Modules::OpenOnly,
            ..none
        };
    }
    let Some(model) = &device.model else {
        explained.note(Note::warning(text("read-drivers-note-no-model")));
        return none;
    };
    let Some(family) = family else {
        explained.note(
            Note::warning(text("read-drivers-note-unknown-gpu").arg("model", &**model))
                .at(Some(model.span)),
        );
        return none;
    };
    Wants {
        modules: match family.open_kernel_module {
            OpenModule::Required => Modules::OpenOnly,
            OpenModule::Supported => Modules::Either,
            OpenModule::Impossible => Modules::ProprietaryOnly,
        },
        highest_branch: family.last_driver_branch,
        ..none
    }
}

/// The family of a GPU that the PCI database calls `GB202 [GeForce RTX 5090]` or `GA102GL [RTX A6000]`.
fn family(model: &str) -> Option<&'static Family> {
    let name = model
        .split_once('[')
        .and_then(|(_, rest)| rest.split(']').next())
        .unwrap_or(model);
    // One chip may be sold under several names: `TU117M [GeForce GTX 1650 Mobile / Max-Q]`.
    let first = name.split(" / ").next().unwrap_or(name);
    for name in [name, first] {
        match gpu_arch::by_name(name) {
            Match::Exact(named) => return Some(named.family),
            // Families that agree on what matters here are as good as one.
            Match::Ambiguous(families) => {
                let agree = families.windows(2).all(|pair| {
                    pair[0].open_kernel_module == pair[1].open_kernel_module
                        && pair[0].last_driver_branch == pair[1].last_driver_branch
                });
                if agree {
                    return families.first().copied();
                }
            }
            Match::Unknown(_) => {}
        }
    }
    None
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
    let command = if choice.reasons.contains(&Reason::Recommended) {
        "sudo ubuntu-drivers install".to_owned()
    } else {
        format!("sudo apt install {}", quoted(package))
    };
    explained.note(
        Note::remark(
            text("read-drivers-note-install")
                .arg("package", package)
                .arg("model", model),
        )
        .run(command)
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
            Against::TooNew(number) => branch("read-drivers-against-too-new", *number),
        });
    }
    (choice.package == Some(name)).then(|| text("read-drivers-chosen"))
}
