//! Any text, recognised, explained in words and judged by the checks.

#![no_main]

mod explained;

use explained::explained;
use lessons_engine::facts::Facts;
use lessons_engine::read::text::Pasted;
use lessons_engine::read::{partial, said};
use lessons_engine::report::Report;
use lessons_engine::texts::{MISSING, Texts};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static TEXTS: Texts = Texts::english();
}

fuzz_target!(|text: &str| {
    let Ok(all) = said::read(text, None) else {
        return;
    };
    TEXTS.with(|texts| {
        for explained in explained(&all, text) {
            let notes = explained.noteworthy.iter().map(|note| &note.text);
            let meanings = explained.fields.iter().flat_map(|field| field.meaning());
            for message in notes.chain(meanings).chain([&explained.what]).take(64) {
                assert!(!texts.sentence(message).contains(MISSING), "{message:?}");
            }
        }
        let machine = partial::machine(&all, Pasted::new(text).text());
        Report::of_all(&Facts::new(&machine)).document(texts);
    });
});
