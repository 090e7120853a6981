//! How far a page has come, on a terminal.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that grows and goes away. On anything but a terminal nothing is shown.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// For a page of a host, whose length may be known.
    pub(super) fn new(host: &str, length: Option<u64>) -> Self {
        let shown = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(length, target);
        let form = if length.is_some() {
            "{msg} {bar:30} {binary_bytes} of {binary_total_bytes}"
        } else {
            "{msg} {spinner} {binary_bytes}"
        };
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar.set_message(lessons_engine::visible::visible(host));
        Self(bar)
    }

    /// So many bytes are here.
    pub(super) fn at(&self, bytes: usize) {
        self.0.set_position(bytes as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
