//! Symptoms in any text: what is quoted is safe to show and of a bounded length, every line that is named is there,
//! and the answer is the same when the same text is asked again.

#![no_main]

use lessons_engine::symptoms::recognise;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let recognised = recognise(text);
    for seen in &recognised.seen {
        assert!(seen.count > 0);
        assert!((1..=recognised.lines.max(1)).contains(&seen.line));
        assert!(!seen.quote.contains(['\n', '\r', '\u{1b}', '\u{202e}']));
        assert!(seen.quote.len() <= 8 * 1024);
    }
    assert!(recognised.nearest.len() <= 3);
    assert!(recognised.seen.is_empty() || recognised.nearest.is_empty());
    let again = recognise(text);
    let ids = |found: &lessons_engine::symptoms::Recognised| {
        found
            .seen
            .iter()
            .map(|seen| (seen.symptom.id.clone(), seen.line, seen.count))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&recognised), ids(&again));
});
