//! How far a long read has come, shown to people only.

use std::time::Duration;

use event_log::Position;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// A bar on standard error, nothing where that is no terminal.
pub struct Progress {
    bar: ProgressBar,
    from: u64,
}

impl Progress {
    /// From one position to another.
    pub fn new(what: &'static str, from: Position, to: Position) -> Progress {
        let style = ProgressStyle::with_template(
            "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        );
        let bar = ProgressBar::new(to.0.saturating_sub(from.0)).with_message(what);
        let bar = style.map(|style| bar.clone().with_style(style)).unwrap_or(bar);
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar, from: from.0 }
    }

    /// Now here.
    pub fn at(&self, position: Position) {
        self.bar.set_position(position.0.saturating_sub(self.from));
    }

    /// Done: leaves nothing on the terminal.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// `1.50 GiB`.
pub fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}
