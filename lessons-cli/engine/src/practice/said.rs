//! What practice machines say in their own name, because no real program says it: Fluent messages, each of which begins
//! with `practice:`.

use std::sync::{LazyLock, OnceLock};

use crate::finding::Arg;
use crate::texts::Texts;

/// How the texts are read, which is done only when something is said.
static LANGUAGE: OnceLock<fn() -> Texts> = OnceLock::new();

static TEXTS: LazyLock<Texts> =
    LazyLock::new(|| LANGUAGE.get().map_or_else(Texts::english, |read| read()));

/// Makes all practice machines of a process speak in these texts; otherwise it is English. The first call counts.
pub fn speak(texts: fn() -> Texts) {
    let _ = LANGUAGE.set(texts);
}

/// A message with values.
pub(super) fn said(id: &'static str, values: &[(&'static str, &str)]) -> String {
    let args: Vec<(&'static str, Arg)> = values
        .iter()
        .map(|(name, value)| (*name, Arg::Text((*value).to_owned())))
        .collect();
    TEXTS.shared(id, &args)
}
