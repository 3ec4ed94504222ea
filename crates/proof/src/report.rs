//! What the checks found, as data: the same for the page, the command line and the certificate.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spec::{Kind, rules::Severity};

/// What the checks found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The version of the rules that were applied.
    pub rule_set: String,
    /// How it came out.
    pub outcome: Outcome,
    /// 0 to 100: 50 for messages without fault (one with a warning counts half, one with an error
    /// or that was stopped nothing), 40 for declared events that were seen without error, 10 for
    /// their properties. Without a message it is 0.
    pub score: u32,
    /// What was looked at.
    pub seen: Seen,
    /// Every rule: those that were broken first, the gravest before the others.
    pub rules: Vec<RuleReport>,
    /// Every declared event in the order of its declaration, then what came without being declared.
    pub events: Vec<EventReport>,
    /// What to do with the product, step by step, ticked by what arrived.
    pub walkthrough: Vec<Step>,
}

/// How the checks came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CheckOutcome))]
pub enum Outcome {
    /// Nothing has arrived yet.
    Empty,
    /// A message broke a rule that must hold, was stopped, or a declared event was not seen.
    Failed,
    /// Everything that must hold does.
    Passed,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CheckedMessages))]
pub struct Seen {
    /// Messages, stopped ones included.
    pub messages: u64,
    /// Of these, those that were accepted.
    pub accepted: u64,
    /// Messages that broke a rule that must hold, or were stopped.
    pub with_errors: u64,
    /// Messages that broke only rules that should hold.
    pub with_warnings: u64,
    /// When the oldest came, ISO-8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at: Option<String>,
    /// When the newest came, ISO-8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
}

/// One rule, and how messages kept it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CheckedRule))]
pub struct RuleReport {
    /// Its stable code.
    pub code: String,
    /// How grave it is to break it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "error"))]
    pub severity: Severity,
    /// What it asks for.
    pub title: String,
    /// What to do about it.
    pub fix: String,
    /// The page that explains it.
    pub docs: String,
    /// Messages that it was applied to.
    pub checked: u64,
    /// Messages that broke it.
    pub broken: u64,
    /// The newest messages that show it: those that broke it, or else some that kept it.
    pub samples: Vec<Sample>,
}

impl RuleReport {
    /// Whether every message kept it.
    pub fn passed(&self) -> bool {
        self.broken == 0
    }
}

/// One message that shows something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CheckedSample))]
pub struct Sample {
    /// The source that it came to.
    pub source: String,
    /// Where it stands in the log.
    pub position: String,
    /// When it came, ISO-8601.
    pub received_at: String,
    /// What it is called: the event's or page's name, or the call.
    pub title: String,
    /// What is wrong with it; none in a message that shows that a rule is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<Broken>,
}

/// One way in which a message breaks a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = BrokenRule))]
pub struct Broken {
    /// Where in the message, a JSON pointer.
    pub pointer: String,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub expected: String,
    /// A value that would be right.
    pub example: Value,
}

/// One event, declared or seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CheckedEvent))]
pub struct EventReport {
    /// The call.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "track"))]
    pub kind: Kind,
    /// Its name; empty for calls without one.
    pub name: String,
    /// Whether it is declared in the catalog info.
    pub declared: bool,
    /// Whether the Spec has an event of this name.
    pub semantic: bool,
    /// Messages of it.
    pub seen: u64,
    /// Of these, messages that broke a rule that must hold.
    pub with_errors: u64,
    /// Declared properties, and in how many messages they stood.
    pub properties: Vec<PropertyReport>,
    /// The newest messages that show it: those with errors, or else some without.
    pub samples: Vec<Sample>,
}

impl EventReport {
    /// Whether it was seen, and never with an error.
    pub fn passed(&self) -> bool {
        self.seen > 0 && self.with_errors == 0
    }
}

/// One declared property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = CheckedProperty))]
pub struct PropertyReport {
    /// Its key.
    pub name: String,
    /// Whether every such event must have it.
    pub required: bool,
    /// Messages that had it, with a value.
    pub seen: u64,
    /// Messages in which its value was of another type than declared.
    pub of_wrong_type: u64,
}

/// One step of the walkthrough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = WalkthroughStep))]
pub struct Step {
    /// What to do, in a few words.
    pub title: String,
    /// What to do.
    pub how: String,
    /// The call that must arrive.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "track"))]
    pub kind: Kind,
    /// The event's name; empty for calls without one.
    pub name: String,
    /// The newest message that ticks it: one of this event without an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_by: Option<Sample>,
}

impl Report {
    /// The report as it is hashed and signed: JSON, always the same for the same evidence.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a report is JSON")
    }

    /// The gravest thing that stands in the way, in a sentence; none when it passed.
    pub fn obstacle(&self) -> Option<String> {
        match self.outcome {
            Outcome::Passed => None,
            Outcome::Empty => Some("nothing has arrived yet".to_owned()),
            Outcome::Failed => {
                let broken = self
                    .rules
                    .iter()
                    .find(|rule| rule.severity == Severity::Error && !rule.passed());
                let unseen = || self.events.iter().find(|event| event.declared && event.seen == 0);
                Some(match (broken, unseen()) {
                    (Some(rule), _) => {
                        format!("{}: {} of {} messages", rule.title, rule.broken, rule.checked)
                    }
                    (None, Some(event)) => format!("{} has not arrived yet", event.title()),
                    (None, None) => "a message broke a rule that must hold".to_owned(),
                })
            }
        }
    }
}

impl EventReport {
    /// How people call it: its name, or the call when it has none.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { self.kind.as_str() } else { &self.name }
    }
}
