//! A wheel's file name, explained.

#![no_main]

mod explained;

use explained::explained;
use lessons_engine::read::recognise::Kind;
use lessons_engine::read::said;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(said) = said::read(text, Some(Kind::Wheel)) {
        explained(&said, text);
    }
});
