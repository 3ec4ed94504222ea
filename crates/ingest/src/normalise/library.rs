//! What a library's name says about where its messages come from.

use crate::text::unescape;

/// Where a library runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    Browser,
    Mobile,
    Server,
    /// We do not know it, or there is none.
    Other,
}

/// The kind of library with this `context.library.name`, as it stands between its quotes.
///
/// Source: the names that SDKs were seen to send.
pub(super) fn of(name: Option<&[u8]>) -> Library {
    match &*unescape(name.unwrap_or_default()) {
        b"analytics.js" | b"amp" => Library::Browser,
        b"analytics-ios"
        | b"analytics-swift"
        | b"analytics-android"
        | b"analytics-kotlin"
        | b"analytics-flutter"
        | b"analytics_flutter"
        | b"analytics-react-native"
        | b"@segment/analytics-react-native" => Library::Mobile,
        b"@segment/analytics-node"
        | b"analytics-node"
        | b"analytics-python"
        | b"segment-analytics-python"
        | b"analytics-ruby"
        | b"analytics-java"
        | b"analytics-go"
        | b"analytics-php"
        | b"analytics-rust"
        | b"analytics-clojure"
        | b"Analytics.NET" => Library::Server,
        _ => Library::Other,
    }
}

impl Library {
    /// `channel` as JSON, where it is known.
    pub(super) fn channel(self) -> Option<&'static str> {
        match self {
            Library::Browser => Some("\"browser\""),
            Library::Mobile => Some("\"mobile\""),
            Library::Server => Some("\"server\""),
            Library::Other => None,
        }
    }
}
