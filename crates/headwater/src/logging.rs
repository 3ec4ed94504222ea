//! What the server says about itself, on standard error. Never a body, a secret, a write key or a
//! person: that is up to each line's author, and the redaction test looks.

use std::io::{self, IsTerminal};

use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::config::{LogFormat, Logging};

/// Begins to write log lines. Called once.
pub fn start(options: &Logging) {
    let targets: Targets = options.level.parse().expect("the configuration was checked");
    let human = match options.format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => io::stderr().is_terminal(),
    };
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = if human {
        lines.with_ansi(io::stderr().is_terminal()).with_target(false).boxed()
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
}
