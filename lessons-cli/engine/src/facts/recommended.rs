//! The driver package that fits this machine's GPUs, of those that Ubuntu offers. Ubuntu's own mark is not always
//! right: for a Blackwell card older releases mark a package with the closed module, which cannot bring the card up.

use std::str::FromStr;

use super::Facts;
use super::gpus::modules_for;
use crate::programs::UBUNTU_DRIVERS;
use crate::read::drivers::{self, DriverPackage, Modules, Offer, Wants};

/// The package to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recommended {
    /// `nvidia-driver-580-open`; none where nothing that is on offer drives the card.
    pub package: Option<String>,
    /// What Ubuntu marks instead, where that cannot drive the card.
    pub instead_of: Option<String>,
}

impl Facts<'_> {
    /// The package that Ubuntu recommends, or the one to take in its place; `None` where `ubuntu-drivers` says
    /// nothing, or recommends nothing.
    pub fn recommended_driver(&self) -> Option<Recommended> {
        let output = self.command(UBUNTU_DRIVERS).ok()?;
        let listed = drivers::read(&output.stdout).ok()?;
        let marked = |device: &drivers::Device| {
            device
                .drivers
                .iter()
                .find(|driver| driver.recommended && driver.package.starts_with("nvidia"))
                .map(|driver| driver.package.to_string())
        };
        let mut first = None;
        for device in &listed.devices {
            let Some(recommended) = marked(device) else {
                continue;
            };
            let modules = device
                .pci_id()
                .map_or(Modules::Either, |(_, device)| modules_for(device));
            let Ok(package) = DriverPackage::from_str(&recommended) else {
                first.get_or_insert(recommended);
                continue;
            };
            if modules == Modules::OpenOnly && !package.open {
                let wants = Wants {
                    modules,
                    server: package.server,
                    ..Wants::default()
                };
                let choice = drivers::choose(device.drivers.iter().map(Offer::from), wants);
                return Some(Recommended {
                    package: choice.package.map(str::to_owned),
                    instead_of: Some(recommended),
                });
            }
            first.get_or_insert(recommended);
        }
        first.map(|package| Recommended {
            package: Some(package),
            instead_of: None,
        })
    }

    /// The command that installs it on Ubuntu, with modules that Canonical signed.
    pub fn ubuntu_drivers_install(&self) -> String {
        let named = self
            .recommended_driver()
            .filter(|known| known.instead_of.is_some());
        match named.and_then(|known| known.package) {
            Some(package) => format!(
                "sudo ubuntu-drivers install nvidia:{}",
                package.trim_start_matches("nvidia-driver-")
            ),
            None => "sudo ubuntu-drivers install".to_owned(),
        }
    }
}
