//! The commands that differ from one distribution to the next.

use crate::facts::driver_source::Builder;
use crate::facts::system::Family;
use crate::facts::{Facts, Known};
use crate::finding::{Finding, Fix, quoted};

/// Puts modprobe's new configuration into the image that the kernel starts from.
pub(super) fn rebuild_initramfs(facts: &Facts<'_>) -> Fix {
    match facts.family() {
        Ok(Family::Debian) | Err(_) => Fix::run("sudo update-initramfs -u").note("fix-initramfs"),
        Ok(Family::Fedora | Family::Suse) => Fix::run("sudo dracut --force").note("fix-dracut"),
        Ok(Family::Arch) => Fix::run("sudo mkinitcpio -P").note("fix-mkinitcpio"),
        Ok(Family::Other) => Fix::by_hand("fix-initramfs-other"),
    }
}

/// The same command for a text.
pub(super) fn initramfs(facts: &Facts<'_>) -> String {
    let run = rebuild_initramfs(facts).run;
    if run.is_empty() {
        "dracut, mkinitcpio or update-initramfs".to_owned()
    } else {
        run
    }
}

/// Installs the driver from the distribution's own packages, where their names are known.
///
/// Fedora's driver is RPM Fusion's (rpmfusion.org/Howto/NVIDIA); Arch has had the open module alone since branch 590
/// (archlinux.org/news, December 2025).
pub(super) fn install(facts: &Facts<'_>) -> Fix {
    let distribution = facts.distribution();
    match distribution.as_ref().map_or("", |known| known.id.as_str()) {
        "ubuntu" => Fix::run(facts.ubuntu_drivers_install()).note("fix-install"),
        "debian" => Fix::run("sudo apt install nvidia-driver").note("fix-install-debian"),
        "fedora" => Fix::run("sudo dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda")
            .note("fix-install-fedora"),
        "arch" => Fix::run("sudo pacman -Syu nvidia-open").note("fix-install-arch"),
        _ => Fix::by_hand("fix-install-other"),
    }
}

/// The finding with the headers of the running kernel to install, by the name that they have here, and then the
/// module to build.
pub(super) fn with_headers_and_build(facts: &Facts<'_>, finding: Finding) -> Finding {
    let kernel = facts.platform().kernel.unwrap_or_default();
    let named = headers(facts, &kernel);
    let finding = finding.arg("headers", named.as_deref().unwrap_or("none"));
    let finding = match named {
        Some(command) => finding.fix(Fix::run(command).note("fix-headers")),
        None => finding.fix(Fix::by_hand("fix-headers-other")),
    };
    with_build(facts, finding)
}

/// The finding with the command that builds the module for the running kernel.
pub(super) fn with_build(facts: &Facts<'_>, finding: Finding) -> Finding {
    let command = match builder(facts) {
        Ok(Some(Builder::Akmods)) => "sudo akmods --force",
        _ => "sudo dkms autoinstall",
    };
    finding
        .arg("build", command)
        .fix(Fix::run(command).note(if command.contains("akmods") {
            "fix-akmods"
        } else {
            "fix-dkms"
        }))
}

/// What builds the module here. Debian's packages leave that to DKMS, and Ubuntu's bring ready-made modules as well.
pub(super) fn builder(facts: &Facts<'_>) -> Known<Option<Builder>> {
    if matches!(facts.family(), Ok(Family::Debian) | Err(_)) {
        return Ok(match ready_made(facts) {
            Some(_) => None,
            None => Some(Builder::Dkms),
        });
    }
    Ok(facts.module_source()?.map(|source| source.builder))
}

/// `linux-headers-6.8.0-87-generic`, `kernel-devel-6.17.1-300.fc43.x86_64`, `linux-lts-headers`,
/// `kernel-default-devel=6.4.0-150600.23.53`.
fn headers(facts: &Facts<'_>, kernel: &str) -> Option<String> {
    Some(match facts.family().ok()? {
        Family::Debian => format!("sudo apt install linux-headers-{}", quoted(kernel)),
        Family::Fedora => format!("sudo dnf install kernel-devel-{}", quoted(kernel)),
        Family::Arch => format!("sudo pacman -Syu {}-headers", arch_kernel(kernel)),
        Family::Suse => {
            let (version, variant) = kernel.rsplit_once('-')?;
            format!(
                "sudo zypper install {}",
                quoted(&format!("kernel-{variant}-devel={version}"))
            )
        }
        Family::Other => return None,
    })
}

/// Arch's package of a kernel, by the end of its release: `6.12.53-1-lts` is `linux-lts`.
fn arch_kernel(release: &str) -> &'static str {
    match release.rsplit('-').next().unwrap_or_default() {
        "lts" => "linux-lts",
        "zen" => "linux-zen",
        "hardened" => "linux-hardened",
        _ => "linux",
    }
}

/// What the names of Ubuntu's ready-made modules begin with here, `linux-modules-nvidia-580-open`; `None` where none
/// is installed, or DKMS builds modules too.
fn ready_made(facts: &Facts<'_>) -> Option<String> {
    let packages = facts.packages().as_ref().ok()?;
    let installed = || packages.iter().filter(|package| package.is_installed());
    if installed().any(|package| package.name.contains("nvidia") && package.name.contains("dkms")) {
        return None;
    }
    let start = "linux-modules-nvidia-";
    let flavour = installed().find_map(|package| package.name.strip_prefix(start))?;
    let parts: Vec<&str> = flavour
        .split('-')
        .enumerate()
        .take_while(|(at, part)| *at == 0 || matches!(*part, "server" | "open"))
        .map(|(_, part)| part)
        .collect();
    Some(format!("{start}{}", parts.join("-")))
}

/// Brings the kernel and its ready-made module to one version again.
pub(super) fn with_upgrade(facts: &Facts<'_>, finding: Finding) -> Finding {
    if let Some(name) = ready_made(facts) {
        let kernel = facts.platform().kernel.unwrap_or_default();
        return finding
            .fix(
                Fix::run(format!(
                    "sudo apt install {}",
                    quoted(&format!("{name}-{kernel}"))
                ))
                .note("fix-ready-made"),
            )
            .fix(Fix::run(facts.ubuntu_drivers_install()).note("fix-modules"));
    }
    let command = match facts.family() {
        Ok(Family::Fedora) => "sudo dnf upgrade --refresh",
        Ok(Family::Arch) => "sudo pacman -Syu",
        Ok(Family::Suse) => "sudo zypper update",
        _ => return finding.fix(Fix::by_hand("fix-upgrade-other")),
    };
    finding.fix(Fix::run(command).note("fix-upgrade"))
}

/// The file with the key that modules are signed with here: Ubuntu's, that of akmods (`kmodgenca` makes it), or the
/// one that DKMS makes for itself.
pub(super) fn signing_key(facts: &Facts<'_>) -> &'static str {
    let distribution = facts.distribution();
    match distribution
        .as_ref()
        .map_or("ubuntu", |known| known.id.as_str())
    {
        "ubuntu" => "/var/lib/shim-signed/mok/MOK.der",
        _ => match facts.module_source() {
            Ok(Some(source)) if source.builder == Builder::Akmods => {
                "/etc/pki/akmods/certs/public_key.der"
            }
            _ if facts
                .distribution()
                .is_ok_and(|known| known.like.iter().any(|id| id == "ubuntu")) =>
            {
                "/var/lib/shim-signed/mok/MOK.der"
            }
            _ => "/var/lib/dkms/mok.pub",
        },
    }
}
