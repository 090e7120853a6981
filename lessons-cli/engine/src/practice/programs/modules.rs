//! The bus and the kernel's modules: lspci, lsmod, modprobe, rmmod, modinfo, update-initramfs, dkms, mokutil.

use crate::practice::PracticeMachine;
use crate::practice::kernel::NotLoaded;
use crate::practice::packages::{build_modules, dkms_fault, dkms_source};
use crate::practice::process::{Call, Exit};
use crate::read::drivers;

use super::{Program, lines_of, no_option, not_played};

pub(super) const PROGRAMS: &[Program] = &[
    Program::installed("lspci", lspci),
    Program::of_hosts("lsmod", "/usr/sbin", lsmod),
    Program::of_hosts("modprobe", "/usr/sbin", modprobe),
    Program::of_hosts("rmmod", "/usr/sbin", rmmod),
    Program::of_hosts("modinfo", "/usr/sbin", modinfo),
    Program::of_hosts("depmod", "/usr/sbin", |_| 0),
    Program::of_hosts("update-initramfs", "/usr/sbin", update_initramfs),
    Program::of_hosts("update-grub", "/usr/sbin", update_grub),
    Program::of_hosts("dracut", "/usr/bin", dracut),
    Program::of_hosts("mkinitcpio", "/usr/bin", mkinitcpio),
    Program::installed("dkms", dkms),
    Program::installed("mokutil", mokutil),
];

/// A device's class as lspci calls it.
fn class_name(class: &str) -> &'static str {
    match class.get(..6).unwrap_or_default() {
        "0x0300" => "VGA compatible controller",
        "0x0302" => "3D controller",
        "0x0403" => "Audio device",
        "0x0200" => "Ethernet controller",
        "0x0280" => "Network controller",
        "0x0680" => "Bridge",
        "0x0108" => "Non-Volatile memory controller",
        "0x0c03" => "USB controller",
        _ => "Device",
    }
}

fn lspci(call: &mut Call<'_>) -> Exit {
    let (mut vendor, mut kernel, mut numbers, mut slot, mut domain) =
        (None, false, false, None, false);
    let mut words = call.rest().into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-d" => vendor = words.next(),
            "-s" => slot = words.next(),
            "-D" => domain = true,
            _ if word.starts_with("-d") => vendor = Some(word[2..].to_owned()),
            _ if word.starts_with('-') && word[1..].chars().all(|c| "knv".contains(c)) => {
                kernel |= word.contains(['k', 'v']);
                numbers |= word.contains('n');
            }
            "-t" | "-vv" | "-vvv" | "-x" | "-m" | "-mm" | "-i" | "-q" | "-Q" | "-b" | "-M"
            | "-F" | "--help" | "--version" => {
                return not_played(call, &word, "lspci [-d 10de:] [-k] [-nn] [-s ADDRESS]");
            }
            _ if word.starts_with('-') && word.len() > 1 => {
                no_option(call, &word);
                call.error("Usage: lspci [<switches>]");
                return 1;
            }
            _ => {
                call.error("Usage: lspci [<switches>]");
                return 1;
            }
        }
    }
    let models = models(call);
    let root = "/sys/bus/pci/devices";
    let machine = call.machine();
    let mut out = String::new();
    for address in machine.tree.list(root).unwrap_or_default() {
        let field = |name: &str| {
            let text = machine.tree.text(&format!("{root}/{address}/{name}"));
            text.map(|text| text.trim().to_lowercase())
                .unwrap_or_default()
        };
        let (id, class, device) = (field("vendor"), field("class"), field("device"));
        let plain = |number: &str| number.trim_start_matches("0x").to_owned();
        if let Some(wanted) = &vendor
            && wanted.split(':').next().unwrap_or_default().to_lowercase() != plain(&id)
        {
            continue;
        }
        if slot
            .as_ref()
            .is_some_and(|slot| !address.ends_with(slot.as_str()))
        {
            continue;
        }
        let shown = if domain {
            &address[..]
        } else {
            address.trim_start_matches("0000:")
        };
        let is_gpu = class.starts_with("0x03");
        let model = models
            .iter()
            .find(|(at, _)| *at == address)
            .map(|(_, model)| model.clone());
        let name = match (id.as_str(), is_gpu) {
            ("0x10de", true) => {
                let model = model.unwrap_or_else(|| format!("Device {}", plain(&device)));
                format!("NVIDIA Corporation {model} (rev a1)")
            }
            ("0x10de", false) => {
                "NVIDIA Corporation High Definition Audio Controller (rev a1)".to_owned()
            }
            ("0x1a03", _) => "ASPEED Technology, Inc. ASPEED Graphics Family".to_owned(),
            ("0x8086", _) => "Intel Corporation Device".to_owned(),
            (other, _) => format!("Device {}", plain(other)),
        };
        let class_id = plain(&class).chars().take(4).collect::<String>();
        let (class_shown, ids) = if numbers {
            (
                format!("{} [{class_id}]", class_name(&class)),
                format!(" [{}:{}]", plain(&id), plain(&device)),
            )
        } else {
            (class_name(&class).to_owned(), String::new())
        };
        out.push_str(&format!("{shown} {class_shown}: {name}{ids}\n"));
        if kernel {
            if let Some(driver) = machine.holder(&address) {
                out.push_str(&format!("\tKernel driver in use: {driver}\n"));
            }
            if is_gpu && id == "0x10de" {
                let mut modules = vec!["nvidiafb"];
                if machine.module_path("nouveau").is_some() {
                    modules.push("nouveau");
                }
                if machine.module_path("nvidia").is_some() {
                    modules.extend(["nvidia_drm", "nvidia"]);
                }
                out.push_str(&format!("\tKernel modules: {}\n", modules.join(", ")));
            }
        }
    }
    call.print(out);
    0
}

/// The models of the cards by their addresses, as `ubuntu-drivers devices` has them: `AD102 [GeForce RTX 4090]`.
fn models(call: &mut Call<'_>) -> Vec<(String, String)> {
    let machine = call.machine();
    let told: Vec<(String, String)> = drivers::read(&machine.hardware.drivers)
        .map(|drivers| {
            drivers
                .devices
                .iter()
                .filter_map(|device| {
                    let path = &device.sysfs.as_ref()?.value;
                    let address = path.rsplit('/').next()?.to_owned();
                    Some((address, device.model.as_ref()?.value.clone()))
                })
                .collect()
        })
        .unwrap_or_default();
    let first = told.first().map(|(_, model)| model.clone());
    let gpus: Vec<(String, String)> = machine
        .gpu_addresses()
        .into_iter()
        .enumerate()
        .filter_map(|(index, address)| {
            let named = told.iter().find(|(at, _)| *at == address);
            let model = match named {
                Some((_, model)) => model.clone(),
                // Cards of one machine are alike more often than not; NVML's name is that of the product.
                None => match machine.hardware.gpus.get(index)?.name.known() {
                    Some(name) => format!("[{}]", name.trim_start_matches("NVIDIA ")),
                    None => first.clone()?,
                },
            };
            Some((address, model))
        })
        .collect();
    gpus
}

fn lsmod(call: &mut Call<'_>) -> Exit {
    if !call.rest().is_empty() {
        call.error("Usage: lsmod");
        return 1;
    }
    let text = call
        .machine()
        .tree
        .text("/proc/modules")
        .unwrap_or_default();
    let mut out = "Module                  Size  Used by\n".to_owned();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let [name, size, users, ..] = words.as_slice() {
            out.push_str(&format!("{name:<20} {size:>8}  {users}\n"));
        }
    }
    call.print(out);
    0
}

fn modprobe(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let remove = words.iter().any(|word| word == "-r" || word == "--remove");
    if let Some(option) = words.iter().find(|word| {
        word.starts_with('-') && !matches!(word.as_str(), "-r" | "--remove" | "-v" | "-a")
    }) {
        let option = option.clone();
        // Those that kmod 30 has besides.
        if OF_MODPROBE.contains(&option.as_str()) {
            return not_played(call, &option, "modprobe [-r] MODULE");
        }
        no_option(call, &option);
        return 1;
    }
    let Some(name) = words.iter().find(|word| !word.starts_with('-')).cloned() else {
        call.error("modprobe: ERROR: missing parameters. See -h.");
        return 1;
    };
    if remove {
        return modprobe_remove(call, &words);
    }
    let module = name.replace('-', "_");
    let kernel = call.machine().state.kernel.clone();
    if !call.is_root() && !call.machine().has_loaded(&module) {
        if call.machine().module_path(&module).is_none() {
            call.error(format!(
                "modprobe: FATAL: Module {name} not found in directory /lib/modules/{kernel}"
            ));
        } else {
            call.error(format!(
                "modprobe: ERROR: could not insert '{module}': Operation not permitted"
            ));
        }
        return 1;
    }
    let said = match call.machine().load_module(&module) {
        Ok(()) => return 0,
        Err(NotLoaded::NoModule) => {
            format!("modprobe: FATAL: Module {name} not found in directory /lib/modules/{kernel}")
        }
        Err(NotLoaded::KeyRejected) => {
            format!("modprobe: ERROR: could not insert '{module}': Key was rejected by service")
        }
        Err(NotLoaded::NoSuchDevice) => {
            format!("modprobe: ERROR: could not insert '{module}': No such device")
        }
    };
    call.error(said);
    1
}

/// Removes each named module, and what only it needed.
fn modprobe_remove(call: &mut Call<'_>, words: &[String]) -> Exit {
    let mut exit = 0;
    for name in words.iter().filter(|word| !word.starts_with('-')) {
        let module = name.replace('-', "_");
        if !call.machine().has_loaded(&module) {
            // One that is not loaded is as it should be; one that there is not is a mistake.
            if call.machine().module_path(&module).is_none() {
                call.error(format!("modprobe: FATAL: Module {name} not found."));
                exit = 1;
            }
            continue;
        }
        if unload(call, &module, "modprobe: FATAL: Module", name) != 0 {
            exit = 1;
            continue;
        }
        for needed in needs(&module) {
            if call.machine().has_loaded(needed) && in_use(call.machine(), needed).is_none() {
                call.machine().unload_module(needed);
            }
        }
    }
    exit
}

/// What a module of the driver needs, the nearest first.
fn needs(module: &str) -> &'static [&'static str] {
    match module {
        "nvidia_drm" => &["nvidia_modeset", "nvidia"],
        "nvidia_modeset" | "nvidia_uvm" => &["nvidia"],
        _ => &[],
    }
}

/// Options of modprobe that are not played.
const OF_MODPROBE: &[&str] = &[
    "--all",
    "--verbose",
    "--dry-run",
    "-n",
    "--show-depends",
    "-D",
    "--showconfig",
    "-c",
    "--force",
    "-f",
    "--first-time",
    "--ignore-install",
    "-i",
    "--use-blacklist",
    "-b",
    "--quiet",
    "-q",
    "--syslog",
    "-s",
    "--version",
    "-V",
    "--help",
    "-h",
    "--show-modversions",
    "--resolve-alias",
    "-R",
];

/// The first option that a program does not have.
fn unknown_option(call: &mut Call<'_>, known: &[&str]) -> Option<String> {
    let words = call.rest();
    words
        .into_iter()
        .find(|word| word.starts_with('-') && !known.contains(&word.as_str()))
}

fn rmmod(call: &mut Call<'_>) -> Exit {
    if let Some(option) = unknown_option(call, &["-f", "--force", "-v", "--verbose", "-s", "-w"]) {
        no_option(call, &option);
        return 1;
    }
    let mut names = call.rest();
    names.retain(|word| !word.starts_with('-'));
    if names.is_empty() {
        call.error("rmmod: ERROR: missing module name.");
        return 1;
    }
    let mut exit = 0;
    for name in names {
        let module = name.replace('-', "_");
        if call.machine().has_loaded(&module) && !call.is_root() {
            call.error(format!(
                "rmmod: ERROR: could not remove module {module}: Operation not permitted"
            ));
            exit = 1;
            continue;
        }
        exit = exit.max(unload(call, &module, "rmmod: ERROR: Module", &name));
    }
    exit
}

fn unload(call: &mut Call<'_>, module: &str, prefix: &str, name: &str) -> Exit {
    if !call.machine().has_loaded(module) {
        call.error(format!("{prefix} {name} is not currently loaded"));
        return 1;
    }
    if !call.is_root() {
        call.error(format!(
            "modprobe: ERROR: could not remove '{module}': Operation not permitted"
        ));
        return 1;
    }
    if let Some(by) = in_use(call.machine(), module) {
        let stop = if by.is_empty() { "." } else { "" };
        call.error(format!("{prefix} {module} is in use{by}{stop}"));
        return 1;
    }
    call.machine().unload_module(module);
    0
}

/// What keeps a module from being removed: modules, which are named, or something that is not.
fn in_use(machine: &PracticeMachine, module: &str) -> Option<String> {
    let users: &[&str] = match module {
        "nvidia" => &["nvidia_modeset", "nvidia_uvm"],
        "nvidia_modeset" => &["nvidia_drm"],
        _ => &[],
    };
    let users: Vec<&str> = users
        .iter()
        .copied()
        .filter(|user| machine.has_loaded(user))
        .collect();
    if !users.is_empty() {
        return Some(format!(" by: {}", users.join(" ")));
    }
    // A daemon keeps the devices open, and so does a screen that shows the console.
    let held = (module == "nvidia" && machine.state.services.contains("nvidia-persistenced"))
        || (module == "nouveau" && !machine.gpu_addresses().is_empty());
    held.then(String::new)
}

fn modinfo(call: &mut Call<'_>) -> Exit {
    let known = [
        "-F", "--field", "-n", "-a", "-d", "-l", "-p", "-0", "-k", "-b",
    ];
    if let Some(option) = unknown_option(call, &known) {
        no_option(call, &option);
        return 1;
    }
    let words = call.rest();
    let field = words
        .windows(2)
        .find(|pair| pair[0] == "-F")
        .map(|pair| pair[1].clone());
    let Some(name) = words.iter().rfind(|word| !word.starts_with('-')).cloned() else {
        call.error("modinfo: ERROR: missing module or filename.");
        return 1;
    };
    let module = name.replace('-', "_");
    let machine = call.machine();
    let Some(path) = machine.module_path(&module) else {
        call.error(format!("modinfo: ERROR: Module {name} not found."));
        return 1;
    };
    let kernel = machine.state.kernel.clone();
    let mut fields = vec![("filename", format!("/lib/modules/{kernel}/{path}"))];
    if module.starts_with("nvidia")
        && let Some(file) = machine.nvidia_module()
    {
        fields.push(("version", file.version.clone()));
        fields.push((
            "license",
            if file.open { "Dual MIT/GPL" } else { "NVIDIA" }.to_owned(),
        ));
    } else {
        fields.push(("license", "GPL and additional rights".to_owned()));
    }
    fields.push((
        "vermagic",
        format!("{kernel} SMP preempt mod_unload modversions "),
    ));
    let out: String = match field {
        Some(field) => lines_of(
            fields
                .into_iter()
                .filter(|(known, _)| *known == field)
                .map(|(_, value)| value),
        ),
        None => lines_of(
            fields
                .iter()
                .map(|(name, value)| format!("{:<16}{value}", format!("{name}:"))),
        ),
    };
    call.print(out);
    0
}

/// What initramfs-tools 0.142 says of its use.
const OF_INITRAMFS: &str = "
Usage: update-initramfs {-c|-d|-u} [-k version] [-v] [-b directory]

Options:
 -k version\tSpecify kernel version or 'all'
 -c\t\tCreate a new initramfs
 -u\t\tUpdate an existing initramfs
 -d\t\tRemove an existing initramfs
 -b directory\tSet alternate boot directory
 -v\t\tBe verbose

See update-initramfs(8) for further details.
";

fn update_initramfs(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let known = [
        "-u", "-c", "-d", "-k", "-uk", "-v", "-b", "-t", "-h", "--help",
    ];
    if let Some(option) = unknown_option(call, &known) {
        no_option(call, &option);
        call.error(OF_INITRAMFS);
        return 2;
    }
    let does = words
        .iter()
        .any(|word| matches!(word.as_str(), "-u" | "-c" | "-uk"));
    if !does {
        call.error(format!(
            "You must specify at least one of -c, -u, or -d.\n{OF_INITRAMFS}"
        ));
        return 2;
    }
    let kernel = call.machine().state.kernel.clone();
    call.line(format!(
        "update-initramfs: Generating /boot/initrd.img-{kernel}"
    ));
    // It does not ask who runs it: mkinitramfs cannot make the file.
    if !call.is_root() {
        call.error(format!(
            "touch: cannot touch '/boot/initrd.img-{kernel}.new': Permission denied\nupdate-initramfs: failed for /boot/initrd.img-{kernel} with 1."
        ));
        return 1;
    }
    if call.machine().disk_free() < 80_000_000 {
        call.error("E: mkinitramfs failure zstd: error 70 : Write error : cannot write block : No space left on device");
        call.error(format!(
            "update-initramfs: failed for /boot/initrd.img-{kernel} with 1."
        ));
        return 1;
    }
    call.wait(12);
    call.machine().build_image(&kernel);
    0
}

/// Fedora's way to the image that the kernel starts from.
fn dracut(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let kernel = call.machine().state.kernel.clone();
    if let Some(other) = words.iter().find(|word| {
        !matches!(
            word.as_str(),
            "-f" | "--force" | "-v" | "--regenerate-all" | "--verbose"
        )
    }) {
        return not_played(call, &other.clone(), "dracut --force");
    }
    if words.is_empty() {
        call.error(format!(
            "dracut: Will not override existing initramfs (/boot/initramfs-{kernel}.img) without --force"
        ));
        return 1;
    }
    if !call.is_root() {
        call.error("dracut: Permission denied: must be root to write an image");
        return 1;
    }
    call.wait(15);
    call.machine().build_image(&kernel);
    0
}

/// Arch's way to it.
fn mkinitcpio(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    if !words
        .iter()
        .any(|word| matches!(word.as_str(), "-P" | "--allpresets" | "-p" | "--preset"))
    {
        return not_played(call, &words.join(" "), "mkinitcpio -P");
    }
    if !call.is_root() {
        call.error("==> ERROR: mkinitcpio must be run as root");
        return 1;
    }
    let kernel = call.machine().state.kernel.clone();
    call.line(format!("==> Building image from preset: /etc/mkinitcpio.d/linux.preset: 'default'\n==> Starting build: '{kernel}'\n==> Generating module dependencies\n==> Initcpio image generation successful"));
    call.wait(15);
    call.machine().build_image(&kernel);
    0
}

/// Writes the boot loader's menu anew: the kernel's command line of the next start comes from `/etc/default/grub`.
fn update_grub(call: &mut Call<'_>) -> Exit {
    if !call.is_root() {
        call.error("grub-mkconfig: You must run this as root");
        return 1;
    }
    let kernel = call.machine().state.kernel.clone();
    let text = call.machine().tree.text(GRUB).unwrap_or_default();
    let value = |name: &str| {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))
            .next_back()
            .map(|value| value.trim_matches(['"', '\'', ' ']).to_owned())
            .unwrap_or_default()
    };
    let (always, usually) = (
        value("GRUB_CMDLINE_LINUX"),
        value("GRUB_CMDLINE_LINUX_DEFAULT"),
    );
    let before = call
        .machine()
        .tree
        .text("/proc/cmdline")
        .unwrap_or_default();
    // What the loader itself writes stays: which image, and where the root is.
    let own = before.split_whitespace().filter(|word| {
        word.starts_with("BOOT_IMAGE=") || word.starts_with("root=") || *word == "ro"
    });
    let line: Vec<String> = own
        .map(str::to_owned)
        .chain([always, usually])
        .filter(|word| !word.is_empty())
        .collect();
    call.machine()
        .put_text("/boot/grub/grub.cfg", format!("linux {}\n", line.join(" ")));
    call.line(format!("Sourcing file `/etc/default/grub'\nGenerating grub configuration file ...\nFound linux image: /boot/vmlinuz-{kernel}\nFound initrd image: /boot/initrd.img-{kernel}\ndone"));
    0
}

/// The settings of the boot loader.
pub(in crate::practice) const GRUB: &str = "/etc/default/grub";

/// The options in what dkms 3.0 says of its use.
const OF_DKMS: &str = "  [options] = [-m module] [-v module-version] [-k kernel-version] [-a arch]
              [-c dkms.conf-location] [-q] [--force] [--force-version-override] [--all]
              [--templatekernel=kernel] [--directive='cli-directive=cli-value']
              [--config=kernel-.config-location] [--archive=tarball-location]
              [--kernelsourcedir=source-location]
              [--binaries-only] [--source-only] [--verbose]
              [--no-depmod] [--modprobe-on-install] [-j number] [--version]";

fn dkms(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let action = words.first().map_or("", String::as_str);
    let kernel = call.machine().state.kernel.clone();
    let source = dkms_source(call.machine());
    match action {
        "status" | "" => {
            if let Some((version, _)) = source {
                let built = call
                    .machine()
                    .module_path("nvidia")
                    .is_some_and(|path| path.starts_with("updates/dkms"));
                call.line(if built {
                    format!("nvidia/{version}, {kernel}, x86_64: installed")
                } else {
                    format!("nvidia/{version}: added")
                });
            }
            0
        }
        "autoinstall" | "build" | "install" => {
            if !call.is_root() {
                call.error("Error! You must be root to use this command.");
                return 1;
            }
            let Some((version, open)) = source else {
                return 0;
            };
            match dkms_fault(call.machine()) {
                Some("headers") => {
                    call.error(format!("Error! Your kernel headers for kernel {kernel} cannot be found at /lib/modules/{kernel}/build or /lib/modules/{kernel}/source."));
                    call.error(format!("Please install the linux-headers-{kernel} package or use the --kernelsourcedir option to tell DKMS where it's located."));
                    1
                }
                Some(_) => {
                    call.error(format!(
                        "Error! Bad return status for module build on kernel: {kernel} (x86_64)"
                    ));
                    call.error(format!("Consult /var/lib/dkms/nvidia/{version}/build/make.log for more information."));
                    10
                }
                None => {
                    call.line(format!(
                        "Building module nvidia/{version} for {kernel} (x86_64)... done."
                    ));
                    call.wait(90);
                    build_modules(call.machine(), &version, open);
                    0
                }
            }
        }
        "add" | "remove" | "uninstall" | "match" | "mktarball" | "ldtarball" => {
            let action = action.to_owned();
            not_played(call, &action, "dkms status, dkms autoinstall")
        }
        other => {
            let other = crate::visible::visible(other);
            let (what, exit) = if other.starts_with('-') {
                (format!(" Unknown option: {other}"), 2)
            } else {
                ("Unknown action specified: \"\"".to_owned(), 0)
            };
            call.error(format!("Error! {what}\nUsage: /usr/sbin/dkms [action] [options]\n  [action]  = {{ add | remove | build | install | uninstall | match | autoinstall |\n                mktarball | ldtarball | status }}\n{OF_DKMS}"));
            exit
        }
    }
}

fn mokutil(call: &mut Call<'_>) -> Exit {
    let words = call.rest();
    let action = words.first().map_or("", String::as_str).to_owned();
    let efi = call.machine().tree.exists("/sys/firmware/efi/efivars");
    if !efi {
        call.error("EFI variables are not supported on this system");
        return 255;
    }
    // What takes a file is nothing without one (getopt_long).
    if matches!(action.as_str(), "--test-key" | "--import") && words.len() < 2 {
        call.error(format!("mokutil: option '{action}' requires an argument"));
        return 255;
    }
    match action.as_str() {
        "--sb-state" => {
            let on = call.machine().secure_boot();
            call.line(if on {
                "SecureBoot enabled"
            } else {
                "SecureBoot disabled"
            });
            0
        }
        "--list-new" => {
            if call.machine().state.key_waiting.is_some() {
                call.line("[key 1]\nSubject: CN=gpu-lab Secure Boot Module Signature key");
            } else {
                call.line("MokNew is empty");
            }
            0
        }
        "--list-enrolled" => {
            if call.machine().state.key_enrolled {
                call.line("[key 1]\nSubject: CN=gpu-lab Secure Boot Module Signature key");
            }
            0
        }
        "--test-key" => {
            let enrolled = call.machine().state.key_enrolled;
            let file = words.get(1).cloned().unwrap_or_default();
            call.line(if enrolled {
                format!("{file} is already enrolled")
            } else {
                format!("{file} is not enrolled")
            });
            i32::from(enrolled)
        }
        "--import" => {
            let file = words.get(1).cloned().unwrap_or_default();
            if !call.is_root() {
                call.error(format!("Failed to get file status, {file}"));
                return 1;
            }
            if call.files().read(&file).is_err() {
                call.error(format!("Failed to get file status, {file}"));
                return 255;
            }
            if call.machine().state.key_enrolled {
                call.line(format!("SKIP: {file} is already enrolled"));
                return 0;
            }
            let Some(first) = call.ask("input password: ", true) else {
                return 1;
            };
            let Some(second) = call.ask("input password again: ", true) else {
                return 1;
            };
            if first != second {
                call.error("password doesn't match");
                return 1;
            }
            if !(1..=256).contains(&first.len()) {
                call.error("password should be 1 ~ 256 characters");
                return 1;
            }
            call.machine().state.key_waiting = Some(first);
            0
        }
        "--revoke-import" => {
            call.machine().state.key_waiting = None;
            0
        }
        "--reset"
        | "--delete"
        | "--list-delete"
        | "--revoke-delete"
        | "--export"
        | "--password"
        | "--disable-validation"
        | "--enable-validation"
        | "--pk"
        | "--kek"
        | "--db"
        | "--dbx"
        | "-l"
        | "-N"
        | "-i"
        | "-t" => not_played(
            call,
            &action,
            "mokutil --sb-state, --list-new, --list-enrolled, --import FILE, --revoke-import",
        ),
        other => {
            if other.starts_with('-') {
                no_option(call, other);
            }
            call.error("Usage:\n  mokutil OPTIONS [ARGS...]\n\nOptions:\n  --help\t\t\t\tShow help\n  --list-enrolled\t\t\tList the enrolled keys\n  --list-new\t\t\t\tList the keys to be enrolled\n  --import <der file...>\t\tImport keys\n  --revoke-import\t\t\tRevoke the import request\n  --sb-state\t\t\t\tShow SecureBoot State\n  --test-key <der file>\t\t\tTest if the key is enrolled or not");
            255
        }
    }
}
