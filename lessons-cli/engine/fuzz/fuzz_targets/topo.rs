//! `nvidia-smi topo -m`, drawn in every way and explained.

#![no_main]

mod explained;

use explained::explained;
use lessons_engine::draw;
use lessons_engine::read::said::Said;
use lessons_engine::read::topo;
use lessons_engine::texts::Texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(all) = topo::read_all(text) {
        let texts = Texts::english();
        for topo in &all {
            let _ = draw::topology::table(topo);
            let _ = draw::topology::svg(topo, &texts);
            let _ = draw::topology::outline(topo, &draw::topology::Labels::of(&texts));
        }
        let all: Vec<Said> = all.into_iter().map(Said::Topo).collect();
        explained(&all, text);
    }
});
