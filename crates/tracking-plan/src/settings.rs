use serde::{Deserialize, Serialize, Serializer};

/// What becomes of messages that break the plan. Everything is allowed unless it says otherwise.
///
/// Page and screen calls are judged and never held back, as in the field.
/// Source: Segment Public API, settings of a source, "track", "identify", "group".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// Of track calls.
    pub track: TrackSettings,
    /// Of identify calls.
    pub identify: TraitsSettings,
    /// Of group calls.
    pub group: TraitsSettings,
}

impl Settings {
    /// Of each choice the stricter one: what two sources of one plan do between them.
    pub fn stricter(&self, other: &Settings) -> Settings {
        let traits = |a: &TraitsSettings, b: &TraitsSettings| TraitsSettings {
            allow_unplanned_traits: a.allow_unplanned_traits && b.allow_unplanned_traits,
            allow_event_on_violations: a.allow_event_on_violations && b.allow_event_on_violations,
            allow_traits_on_violations: a.allow_traits_on_violations
                && b.allow_traits_on_violations,
            common_event_on_violations: a
                .common_event_on_violations
                .max(b.common_event_on_violations),
            on_block: a.on_block.min(b.on_block),
        };
        let (a, b) = (&self.track, &other.track);
        Settings {
            track: TrackSettings {
                allow_unplanned_events: a.allow_unplanned_events && b.allow_unplanned_events,
                allow_unplanned_event_properties: a.allow_unplanned_event_properties
                    && b.allow_unplanned_event_properties,
                allow_event_on_violations: a.allow_event_on_violations
                    && b.allow_event_on_violations,
                allow_properties_on_violations: a.allow_properties_on_violations
                    && b.allow_properties_on_violations,
                common_event_on_violations: a
                    .common_event_on_violations
                    .max(b.common_event_on_violations),
                on_block: a.on_block.min(b.on_block),
            },
            identify: traits(&self.identify, &other.identify),
            group: traits(&self.group, &other.group),
        }
    }
}

/// What becomes of track calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TrackSettings {
    /// Events that are not in the plan; otherwise they are blocked.
    pub allow_unplanned_events: bool,
    /// Properties that are not in an event's rule; otherwise they are omitted.
    pub allow_unplanned_event_properties: bool,
    /// Events that break their rule; otherwise they are blocked.
    pub allow_event_on_violations: bool,
    /// Properties that break their event's rule; otherwise they are omitted.
    pub allow_properties_on_violations: bool,
    /// Events that break the common schema.
    pub common_event_on_violations: CommonOnViolation,
    /// What is blocked. Ours: the field discards it.
    pub on_block: OnBlock,
}

/// What becomes of identify or group calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TraitsSettings {
    /// Traits that are not in the rule; otherwise they are omitted.
    pub allow_unplanned_traits: bool,
    /// Calls that break their rule; otherwise they are blocked. The field's screen has this choice
    /// and its API no name for it.
    pub allow_event_on_violations: bool,
    /// Traits that break the rule; otherwise they are omitted.
    pub allow_traits_on_violations: bool,
    /// Calls that break the common schema.
    #[serde(serialize_with = "of_traits")]
    pub common_event_on_violations: CommonOnViolation,
    /// What is blocked. Ours: the field discards it.
    pub on_block: OnBlock,
}

/// What becomes of a message that is blocked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnBlock {
    /// It is a discard.
    #[default]
    Discard,
    /// It is a discard that can be released once the plan is mended.
    Quarantine,
}

/// What becomes of a message that breaks the common schema; the strictest last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommonOnViolation {
    /// It is kept as it is.
    #[default]
    Allow,
    /// The properties or traits that break it are omitted.
    #[serde(alias = "OMIT_TRAITS")]
    OmitProperties,
    /// It is blocked.
    Block,
}

/// The field's word for omission differs with what is omitted.
fn of_traits<S: Serializer>(common: &CommonOnViolation, serializer: S) -> Result<S::Ok, S::Error> {
    match common {
        CommonOnViolation::OmitProperties => serializer.serialize_str("OMIT_TRAITS"),
        other => other.serialize(serializer),
    }
}

impl Default for TrackSettings {
    fn default() -> TrackSettings {
        TrackSettings {
            allow_unplanned_events: true,
            allow_unplanned_event_properties: true,
            allow_event_on_violations: true,
            allow_properties_on_violations: true,
            common_event_on_violations: CommonOnViolation::Allow,
            on_block: OnBlock::Discard,
        }
    }
}

impl Default for TraitsSettings {
    fn default() -> TraitsSettings {
        TraitsSettings {
            allow_unplanned_traits: true,
            allow_event_on_violations: true,
            allow_traits_on_violations: true,
            common_event_on_violations: CommonOnViolation::Allow,
            on_block: OnBlock::Discard,
        }
    }
}

/// The same choices for every kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Controls {
    pub(crate) block_unplanned: bool,
    pub(crate) omit_unplanned: bool,
    pub(crate) block_on_violation: bool,
    pub(crate) omit_on_violation: bool,
    pub(crate) common: CommonOnViolation,
    pub(crate) on_block: OnBlock,
}

impl Controls {
    pub(crate) const ALLOW: Controls = Controls {
        block_unplanned: false,
        omit_unplanned: false,
        block_on_violation: false,
        omit_on_violation: false,
        common: CommonOnViolation::Allow,
        on_block: OnBlock::Discard,
    };

    pub(crate) fn of(settings: &Settings, kind: spec::Kind) -> Controls {
        let traits = |settings: &TraitsSettings| Controls {
            block_unplanned: false,
            omit_unplanned: !settings.allow_unplanned_traits,
            block_on_violation: !settings.allow_event_on_violations,
            omit_on_violation: !settings.allow_traits_on_violations,
            common: settings.common_event_on_violations,
            on_block: settings.on_block,
        };
        match kind {
            spec::Kind::Track => {
                let track = &settings.track;
                Controls {
                    block_unplanned: !track.allow_unplanned_events,
                    omit_unplanned: !track.allow_unplanned_event_properties,
                    block_on_violation: !track.allow_event_on_violations,
                    omit_on_violation: !track.allow_properties_on_violations,
                    common: track.common_event_on_violations,
                    on_block: track.on_block,
                }
            }
            spec::Kind::Identify => traits(&settings.identify),
            spec::Kind::Group => traits(&settings.group),
            spec::Kind::Page | spec::Kind::Screen | spec::Kind::Alias => Controls::ALLOW,
        }
    }
}
