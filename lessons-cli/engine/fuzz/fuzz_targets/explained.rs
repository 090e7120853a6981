//! What is done with every output that could be read.

use lessons_engine::explain::{Asked, explain};
use lessons_engine::facts::Facts;
use lessons_engine::read::said::Said;
use lessons_engine::read::{partial, text::Pasted};
use lessons_engine::report::Report;
use lessons_engine::texts::{MISSING, Texts};

thread_local! {
    static TEXTS: Texts = Texts::english();
}

/// Explains, checks and writes outputs of one text; none of it may panic or lack a text.
pub fn explained(all: Vec<Said>, text: &str) {
    TEXTS.with(|texts| {
        for said in &all {
            let explained = explain(said, &Asked::default());
            let notes = explained.noteworthy.iter().map(|note| &note.text);
            let meanings = explained.fields.iter().flat_map(|field| &field.meaning);
            for message in notes.chain(meanings).chain([&explained.what]).take(64) {
                assert!(!texts.sentence(message).contains(MISSING), "{message:?}");
            }
            for value in explained.fields.iter().flat_map(|field| &field.values) {
                if let Some(span) = value.span {
                    assert!(text.get(span.start..span.end).is_some(), "{value:?}");
                }
            }
            serde_json::to_string(said).expect("every output is JSON");
        }
        let machine = partial::machine(&all, Pasted::new(text).text());
        Report::of_all(&Facts::new(&machine)).document(texts);
    });
}
