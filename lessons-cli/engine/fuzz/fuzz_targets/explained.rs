//! What is done with every output that could be read.

use lessons_engine::explain::{Asked, Explained, explain};
use lessons_engine::read::said::Said;

/// Explains and writes the outputs of one text: none of it may panic, and each place must be one in the text.
pub fn explained(all: &[Said], text: &str) -> Vec<Explained> {
    all.iter()
        .map(|said| {
            let explained = explain(said, &Asked::default());
            for value in explained.fields.iter().flat_map(|field| &field.values) {
                if let Some(span) = value.span {
                    assert!(text.get(span.start..span.end).is_some(), "{value:?}");
                }
            }
            serde_json::to_string(said).expect("every output is JSON");
            explained
        })
        .collect()
}
