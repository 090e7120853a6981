//! Any text, typed as a script on a practice machine: it ends, and prints the same when it is typed again.

#![no_main]

use lessons_engine::practice::exercise::Practice;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static PRACTICE: Practice =
        Practice::find("ubuntu-fresh-nouveau").expect("the machine is bundled");
}

fuzz_target!(|text: &str| {
    PRACTICE.with(|practice| {
        let play = || {
            let lines = text.lines().map(str::to_owned);
            practice.play(lines, None).expect("the machine starts").0
        };
        assert_eq!(play(), play());
    });
});
