//! What mdBook warns of while it works. It only logs that an included file is missing, or an HTML tag is never closed,
//! and goes on; readers would find it on the page.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Runs `work`, and returns with its result each warning and error that was logged on this thread meanwhile.
pub(super) fn collect<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let log = Log::default();
    let messages = Arc::clone(&log.messages);
    let result = tracing::subscriber::with_default(log, work);
    let mut messages = messages.lock().unwrap_or_else(PoisonError::into_inner);
    (result, std::mem::take(&mut *messages))
}

#[derive(Default)]
struct Log {
    messages: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message.0);
    }

    // Spans are not kept, and any number will do for one.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_warnings_and_errors_and_nothing_else() {
        let (result, messages) = collect(|| {
            tracing::info!("building");
            tracing::warn!("tag `{}` is never closed", "b");
            tracing::error!("no such file");
            7
        });
        assert_eq!(result, 7);
        assert_eq!(messages, ["tag `b` is never closed", "no such file"]);
    }
}
