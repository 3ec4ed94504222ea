//! One message as one line. Pure.

use serde::Deserialize;

use crate::screen::{Screen, Style, clock_of, tame};

/// A row of the debugger, as far as lines show it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Row {
    pub(crate) position: String,
    pub(crate) source: Option<String>,
    pub(crate) received_at: String,
    pub(crate) verdict: String,
    pub(crate) r#type: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) anonymous_id: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) bytes: u64,
}

impl Row {
    /// Whose message it is.
    pub(crate) fn person(&self) -> Option<&str> {
        self.user_id.as_deref().or(self.anonymous_id.as_deref())
    }

    pub(crate) fn style(&self) -> Style {
        match self.verdict.as_str() {
            "accepted" => Style::Good,
            "duplicate" => Style::Faint,
            "discarded" => Style::Warn,
            _ => Style::Bad,
        }
    }

    fn mark(&self) -> &'static str {
        match self.verdict.as_str() {
            "accepted" => "✓",
            "duplicate" => "=",
            "discarded" => "✗",
            _ => "⊘",
        }
    }
}

/// The line; with the source's name when messages of all sources are shown.
pub(crate) fn line(row: &Row, with_source: bool, screen: &Screen<'_>) -> String {
    let time = screen.paint(Style::Faint, clock_of(&row.received_at));
    let mark = screen.paint(row.style(), row.mark());
    let kind = tame(row.r#type.as_deref().unwrap_or("-")).to_uppercase();
    let mut parts = Vec::new();
    if let Some(name) = &row.name {
        parts.push(screen.paint(Style::Strong, &tame(name)));
    }
    if let Some(person) = row.person() {
        let email = row.email.as_deref().map(|email| format!(" ({})", tame(email)));
        parts.push(format!("{}{}", tame(person), email.unwrap_or_default()));
    }
    if let Some(source) = row.source.as_deref().filter(|_| with_source) {
        parts.push(screen.paint(Style::Faint, &tame(source)));
    }
    match (&row.code, &row.detail) {
        (Some(code), _) if row.verdict == "duplicate" => {
            parts.push(screen.paint(Style::Faint, &tame(code)));
        }
        (Some(code), Some(detail)) => {
            parts.push(screen.paint(row.style(), &format!("{}: {}", tame(code), tame(detail))));
        }
        (Some(code), None) => parts.push(screen.paint(row.style(), &tame(code))),
        (None, _) => {}
    }
    format!("{time} {mark} {kind:<8} {}", parts.join(" · ")).trim_end().to_owned()
}
