//! The six calls of the Spec.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One of the six calls of the Spec; `type` on the wire, lower case.
///
/// Source: Segment Spec, "The six API calls".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Kind {
    /// What a user did.
    Track = 1,
    /// Who a user is.
    Identify = 2,
    /// Which web page was seen.
    Page = 3,
    /// Which app screen was seen.
    Screen = 4,
    /// Which account a user belongs to.
    Group = 5,
    /// Two ids are one person.
    Alias = 6,
}

/// A `type` that is none of the six calls.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("type {0:?} is none of track, identify, page, screen, group, alias")]
pub struct UnknownKind(pub String);

impl Kind {
    /// Every kind, in the order of the Spec's index.
    pub const ALL: [Kind; 6] =
        [Kind::Identify, Kind::Track, Kind::Page, Kind::Screen, Kind::Group, Kind::Alias];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Track => "track",
            Kind::Identify => "identify",
            Kind::Page => "page",
            Kind::Screen => "screen",
            Kind::Group => "group",
            Kind::Alias => "alias",
        }
    }

    /// The event that a source's schema lists all calls of this kind as, whatever their names.
    ///
    /// Source: Segment, "Source schema": page calls stand as one event, and so do screen calls.
    pub fn one_event(self) -> Option<&'static str> {
        match self {
            Kind::Page => Some("Page Viewed"),
            Kind::Screen => Some("Screen Viewed"),
            _ => None,
        }
    }

    /// The kind of a stored code; `None` for a code no release has written.
    pub fn from_code(code: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u8 == code)
    }

    /// The kind whose wire word is exactly `word`.
    pub fn from_wire(word: &[u8]) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str().as_bytes() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Kind::from_wire(word.as_bytes()).ok_or_else(|| UnknownKind(word.to_owned()))
    }
}
