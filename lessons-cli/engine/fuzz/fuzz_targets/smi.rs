//! Nvidia-smi in all its forms, drawn again and explained.

#![no_main]

mod explained;

use explained::explained;
use lessons_engine::draw;
use lessons_engine::read::said::Said;
use lessons_engine::read::smi;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(all) = smi::read_all(text) {
        for smi in &all {
            for field in &smi.fields {
                assert!(text.get(field.span.clone()).is_some(), "{field:?}");
            }
            let _ = draw::smi::draw(smi);
        }
        let all: Vec<Said> = all
            .into_iter()
            .map(|smi| Said::Smi(Box::new(smi)))
            .collect();
        explained(&all, text);
    }
});
