//! The wheels of each version, found once and remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use pep440_rs::Version;

use super::{Catalogue, Repository, WheelFile};
use crate::read::wheel::Wheel;

/// The wheels of a version in a repository, and whether these are all there are.
pub type Wheels<'c> = Arc<(Vec<(&'c WheelFile, Wheel)>, bool)>;

/// A catalogue that remembers what was looked up: a choice among builds asks for the same wheels again and again.
#[derive(Debug)]
pub struct Shelf<'c> {
    catalogue: &'c Catalogue,
    known: Mutex<HashMap<(String, Version, Repository), Wheels<'c>>>,
}

impl<'c> Shelf<'c> {
    /// With nothing looked up yet.
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self {
            catalogue,
            known: Mutex::default(),
        }
    }

    /// The snapshot that comes along.
    pub fn bundled() -> &'static Shelf<'static> {
        static BUNDLED: std::sync::LazyLock<Shelf<'static>> =
            std::sync::LazyLock::new(|| Shelf::new(Catalogue::bundled()));
        &BUNDLED
    }

    /// The catalogue.
    pub fn catalogue(&self) -> &'c Catalogue {
        self.catalogue
    }

    /// As [`Catalogue::wheels`].
    pub fn wheels(&self, project: &str, version: &Version, repository: &Repository) -> Wheels<'c> {
        let key = (project.to_owned(), version.clone(), repository.clone());
        let found = |known: &mut HashMap<_, Wheels<'c>>| {
            Arc::clone(
                known
                    .entry(key)
                    .or_insert_with_key(|(project, version, repository)| {
                        Arc::new(self.catalogue.wheels(project, version, repository))
                    }),
            )
        };
        match self.known.lock() {
            Ok(mut known) => found(&mut known),
            // Whoever panicked left whole entries behind.
            Err(poisoned) => found(&mut poisoned.into_inner()),
        }
    }
}
