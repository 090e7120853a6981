//! How fast machines are checked: `cargo bench -p lessons-engine --bench check`. An item is a machine, so items a second are
//! machines a second, on one core.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::recording::Recording;
use lessons_engine::report::Report;
use lessons_engine::texts::Texts;

fn main() {
    divan::main();
}

fn recordings() -> Vec<Recording> {
    bundled::names()
        .filter_map(|name| bundled::recording(name)?.ok())
        .collect()
}

/// Every step on every bundled recording, each read from JSON before.
#[divan::bench]
fn every_step_on_every_recording(bencher: Bencher<'_, '_>) {
    let recordings = recordings();
    bencher
        .counter(ItemsCount::new(recordings.len()))
        .bench(|| {
            for recording in &recordings {
                black_box(Report::of_all(&Facts::new(black_box(recording))));
            }
        });
}

/// The same with all that is said of it.
#[divan::bench]
fn with_its_texts(bencher: Bencher<'_, '_>) {
    let recordings = recordings();
    let texts = Texts::english();
    bencher
        .counter(ItemsCount::new(recordings.len()))
        .bench(|| {
            for recording in &recordings {
                black_box(Report::of_all(&Facts::new(black_box(recording))).document(&texts));
            }
        });
}

/// Reading them all from JSON.
#[divan::bench]
fn reading(bencher: Bencher<'_, '_>) {
    let count = bundled::names().count();
    bencher
        .counter(ItemsCount::new(count))
        .bench(|| black_box(recordings()));
}
