//! A catalogue of wheels, its questions, and pages that become one.

#![no_main]

use lessons_engine::catalogue::{Catalogue, Page};
use lessons_engine::read::index;
use lessons_engine::wheels::{self, Asked};
use libfuzzer_sys::fuzz_target;

fn ask(catalogue: &Catalogue) {
    for (build, python) in [(None, None), (Some("cu126"), Some("3.11"))] {
        let _ = wheels::answer(
            catalogue,
            Asked {
                package: "torch".to_owned(),
                build: build.and_then(|build: &str| build.parse().ok()),
                python: python.and_then(|python: &str| python.parse().ok()),
                os: None,
                arch: None,
                nightly: false,
            },
        );
    }
}

fuzz_target!(|text: &str| {
    if let Ok(catalogue) = text.parse::<Catalogue>() {
        ask(&catalogue);
        let written = catalogue.to_string();
        assert!(written.parse::<Catalogue>().is_ok(), "{written}");
    }
    let (url, page) = text.split_once('\n').unwrap_or((text, text));
    if let Ok(index) = index::read(page) {
        let project = Some("torch");
        let seen = Catalogue::of_pages("2026-11-24", [Page { url, project, index: &index }]);
        ask(&seen);
        let renewed = Catalogue::bundled().renewed(&seen, &["torch"]);
        let _ = Catalogue::bundled().changes_to(&renewed);
    }
});
