//! Server-sent events as bytes: written once, and sent to every page.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde::Serialize;

use super::problem::Problem;

/// How long a page waits before it connects anew, in milliseconds.
const RETRY: u32 = 1000;

/// Says that the connection lives. Pages take no notice of it.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b": still here\n\n");

/// The next number of all that is told: events, states.
pub(super) fn number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// The event `report`, from which the document can be taken out again.
#[derive(Clone)]
pub(super) struct Report {
    /// The event.
    pub(super) frame: Bytes,
    /// The document in it.
    pub(super) json: Bytes,
}

impl Report {
    pub(super) fn new(document: &impl Serialize) -> Self {
        let head = format!("retry: {RETRY}\nid: {}\nevent: report\ndata: ", number());
        let begin = head.len();
        let mut frame = head.into_bytes();
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut frame, document);
        let end = frame.len();
        frame.extend_from_slice(b"\n\n");
        let frame = Bytes::from(frame);
        Self {
            json: frame.slice(begin..end),
            frame,
        }
    }
}

/// The event `problem`: why what is shown is not the newest; `null` when it is again.
pub(super) fn problem(problem: Option<&Problem>) -> Bytes {
    event("problem", &problem)
}

/// An event.
pub(super) fn event(name: &str, document: &impl Serialize) -> Bytes {
    // JSON on one line: a line end in a text is written as `\n`.
    let json = serde_json::to_string(document).unwrap_or_default();
    format!("id: {}\nevent: {name}\ndata: {json}\n\n", number()).into()
}
