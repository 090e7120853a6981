//! A recording from a stranger, checked, drawn and written again.

#![no_main]

use lessons_engine::draw;
use lessons_engine::facts::Facts;
use lessons_engine::recording::{NvmlEntry, Recording};
use lessons_engine::redact::redact;
use lessons_engine::report::Report;
use lessons_engine::texts::Texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(recording) = Recording::from_slice(bytes) {
        let again = Recording::from_slice(recording.to_json().as_bytes());
        assert_eq!(again.as_ref(), Ok(&recording));
        Report::of_all(&Facts::new(&recording)).document(&Texts::english());
        if let Some(NvmlEntry::Ok { ok }) = &recording.nvml {
            let _ = draw::smi::draw(&draw::nvml::smi(ok, None));
        }
        redact(recording);
    }
});
