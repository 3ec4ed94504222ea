//! Violations, gathered by event. Pure.

use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap};

use memchr::memmem;
use serde::{Deserialize, Serialize};
use spec::Kind;
use tracking_plan::{Action, Blocked, Judgement, Violation};

use crate::{
    opened::{Content, Opened, text_of},
    row::iso,
};

/// Events that are told apart.
const GROUPS_MAX: usize = 4_000;
/// Violations of one event that are told apart.
const VIOLATIONS_MAX: usize = 200;
/// Samples of one violation.
const SAMPLES_MAX: usize = 10;
/// The log does not say which sort of violation a message was blocked for.
const BLOCKED_KIND: &str = "Violation";

/// The period, and in how many parts a trend has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) since_ms: i64,
    pub(super) until_ms: i64,
    pub(super) buckets: usize,
}

impl Span {
    fn bucket_ms(self) -> i64 {
        let buckets = i64::try_from(self.buckets.max(1)).unwrap_or(1);
        ((self.until_ms - self.since_ms).max(1) + buckets - 1) / buckets
    }

    fn bucket(self, time_ms: i64) -> usize {
        let at = (time_ms - self.since_ms).max(0) / self.bucket_ms();
        usize::try_from(at).unwrap_or(0).min(self.buckets.max(1) - 1)
    }
}

/// Everything found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    /// Messages that were looked at.
    messages: u64,
    /// Those that a plan says nothing about, or all good.
    conforming: u64,
    /// Those that break the plan, whatever became of them.
    violating: u64,
    /// Those that went on without something.
    omitted: u64,
    /// Those that were stopped for good.
    blocked: u64,
    /// Those that were kept back.
    quarantined: u64,
    /// How long each part of a trend is.
    bucket_ms: i64,
    /// There were more events than are told apart.
    truncated: bool,
    /// Events that break the plan, the most frequent first.
    groups: Vec<GroupView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupView {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// All messages of this event.
    messages: u64,
    violating: u64,
    blocked: u64,
    quarantined: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<String>,
    /// Violating ones over the period, oldest first.
    series: Vec<u64>,
    violations: Vec<ViolationView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ViolationView {
    r#type: String,
    field: String,
    description: String,
    count: u64,
    last_seen_at: String,
    samples: Vec<Sample>,
}

/// A message that shows a violation.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    position: String,
    message_id: String,
}

#[derive(Debug, Default)]
struct Group {
    messages: u64,
    violating: u64,
    blocked: u64,
    quarantined: u64,
    last_ms: Option<i64>,
    series: Vec<u64>,
    /// By field and description.
    violations: BTreeMap<(String, String), Seen>,
}

/// Names a violation: places in lists are made one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    field: String,
    description: String,
    kind: String,
}

#[derive(Debug, Default)]
struct Seen {
    /// [`BLOCKED_KIND`] until a message that was let through says which sort it is.
    kind: String,
    count: u64,
    last_ms: i64,
    samples: Vec<Sample>,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Goes { omitted: bool },
    Blocked,
    Quarantined,
}

/// Messages by event, with what is wrong with them.
#[derive(Debug)]
pub(super) struct Groups {
    span: Span,
    messages: u64,
    conforming: u64,
    violating: u64,
    omitted: u64,
    blocked: u64,
    quarantined: u64,
    truncated: bool,
    groups: BTreeMap<(Kind, Option<String>), Group>,
}

/// What `context.protocols` says of a stored message.
#[derive(Debug, Deserialize)]
struct Stamped<'a> {
    #[serde(borrow)]
    context: Context<'a>,
}

#[derive(Debug, Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    protocols: Protocols<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Protocols<'a> {
    #[serde(borrow)]
    violations: Vec<Stamp<'a>>,
    omitted: Vec<serde::de::IgnoredAny>,
    omitted_on_violation: Vec<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Stamp<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    field: Cow<'a, str>,
    #[serde(borrow)]
    description: Cow<'a, str>,
}

impl Groups {
    pub(super) fn new(span: Span) -> Groups {
        Groups {
            span,
            messages: 0,
            conforming: 0,
            violating: 0,
            omitted: 0,
            blocked: 0,
            quarantined: 0,
            truncated: false,
            groups: BTreeMap::new(),
        }
    }

    /// Takes a message by what was made of it when it came.
    pub(super) fn take_as_stored(&mut self, opened: &Opened) {
        let Some(message) = opened.message() else { return };
        match &opened.content {
            Content::Discarded(discard, _) => {
                let Some((blocked, waits)) = Blocked::of_code(&discard.code) else { return };
                let kind = match blocked {
                    Blocked::Unplanned | Blocked::UnplannedAndSchemaViolation => "Unplanned Event",
                    Blocked::SchemaViolation | Blocked::CommonSchemaViolation => BLOCKED_KIND,
                };
                let field = tracking_plan::field_of(&discard.pointer);
                let told = Told {
                    kind: kind.to_owned(),
                    field: any_element(&field),
                    description: any_element_in(&discard.detail, &field),
                };
                let fate = if waits { Fate::Quarantined } else { Fate::Blocked };
                self.add(opened, fate, vec![told]);
            }
            _ => {
                // Only what was judged at fault says so; nothing else need be parsed.
                let stamped = memmem::find(message.raw(), b"\"protocols\"").is_some();
                let stamped = stamped.then(|| serde_json::from_slice::<Stamped<'_>>(message.raw()));
                let protocols =
                    stamped.and_then(Result::ok).map(|stamped| stamped.context.protocols);
                let protocols = protocols.unwrap_or_default();
                let omitted =
                    !protocols.omitted.is_empty() || !protocols.omitted_on_violation.is_empty();
                let told = protocols.violations.into_iter().map(|stamp| Told {
                    kind: stamp.kind.into_owned(),
                    field: any_element(&stamp.field),
                    description: any_element_in(&stamp.description, &stamp.field),
                });
                self.add(opened, Fate::Goes { omitted }, told.collect());
            }
        }
    }

    /// Takes a message by what a plan says of it.
    pub(super) fn take(&mut self, opened: &Opened, judgement: &Judgement) {
        let omits = !judgement.omitted.is_empty() || !judgement.omitted_on_violation.is_empty();
        let fate = match judgement.action {
            Action::Allow => Fate::Goes { omitted: omits },
            Action::Block(_) => Fate::Blocked,
            Action::Quarantine(_) => Fate::Quarantined,
        };
        let told = |violation: &Violation| Told {
            kind: violation.kind.to_owned(),
            field: any_element(&violation.field),
            description: any_element_in(&violation.description, &violation.field),
        };
        let mut told: Vec<Told> = judgement.violations.iter().map(told).collect();
        if judgement.unplanned_event {
            told.push(Told {
                kind: "Unplanned Event".to_owned(),
                field: "event".to_owned(),
                description: "the tracking plan does not know this event".to_owned(),
            });
        }
        self.add(opened, fate, told);
    }

    fn add(&mut self, opened: &Opened, fate: Fate, mut told: Vec<Told>) {
        let Some(message) = opened.message() else { return };
        self.messages += 1;
        match fate {
            Fate::Goes { omitted } => self.omitted += u64::from(omitted),
            Fate::Blocked => self.blocked += 1,
            Fate::Quarantined => self.quarantined += 1,
        }
        let violating = !told.is_empty();
        if violating {
            self.violating += 1;
        } else {
            self.conforming += 1;
        }
        let kind = message.kind();
        let name = match kind {
            Kind::Track | Kind::Page | Kind::Screen => {
                message.name().map(|n| text_of(n).into_owned())
            }
            Kind::Identify | Kind::Group | Kind::Alias => None,
        };
        let key = (kind, name);
        if !self.groups.contains_key(&key) && self.groups.len() == GROUPS_MAX {
            self.truncated = true;
            return;
        }
        let bucket = self.span.bucket(opened.received_at_ms);
        let buckets = self.span.buckets.max(1);
        let group = self.groups.entry(key).or_default();
        group.messages += 1;
        if !violating {
            return;
        }
        group.violating += 1;
        match fate {
            Fate::Goes { .. } => {}
            Fate::Blocked => group.blocked += 1,
            Fate::Quarantined => group.quarantined += 1,
        }
        group.series.resize(buckets, 0);
        group.series[bucket] += 1;
        group.last_ms = group.last_ms.max(Some(opened.received_at_ms));
        // The same fault at several places of a list counts once for the message.
        told.sort();
        told.dedup();
        for told in told {
            let Told { field, description, kind } = told;
            let key = (field, description);
            if !group.violations.contains_key(&key) && group.violations.len() == VIOLATIONS_MAX {
                self.truncated = true;
                continue;
            }
            let seen = group.violations.entry(key).or_default();
            if seen.kind.is_empty() || seen.kind == BLOCKED_KIND {
                seen.kind = kind;
            }
            seen.count += 1;
            seen.last_ms = seen.last_ms.max(opened.received_at_ms);
            // They come newest first.
            if seen.samples.len() < SAMPLES_MAX {
                seen.samples.push(Sample {
                    position: opened.position.to_string(),
                    message_id: text_of(message.message_id()).into_owned(),
                });
            }
        }
    }

    pub(super) fn summary(self) -> Summary {
        let mut groups: Vec<GroupView> = self
            .groups
            .into_iter()
            .filter(|(_, group)| group.violating > 0)
            .map(|((kind, event), group)| group.view(kind, event))
            .collect();
        groups.sort_by_key(|group| Reverse(group.violating));
        Summary {
            messages: self.messages,
            conforming: self.conforming,
            violating: self.violating,
            omitted: self.omitted,
            blocked: self.blocked,
            quarantined: self.quarantined,
            bucket_ms: self.span.bucket_ms(),
            truncated: self.truncated,
            groups,
        }
    }
}

impl Group {
    fn view(self, kind: Kind, event: Option<String>) -> GroupView {
        let view = |((field, description), seen): ((String, String), Seen)| ViolationView {
            r#type: seen.kind,
            field,
            description,
            count: seen.count,
            last_seen_at: iso(seen.last_ms),
            samples: seen.samples,
        };
        let mut violations: Vec<ViolationView> = self.violations.into_iter().map(view).collect();
        violations.sort_by_key(|violation| Reverse(violation.count));
        GroupView {
            r#type: kind.as_str(),
            event,
            messages: self.messages,
            violating: self.violating,
            blocked: self.blocked,
            quarantined: self.quarantined,
            last_seen_at: self.last_ms.map(iso),
            series: self.series,
            violations,
        }
    }
}

/// `properties.products.3.sku` as `properties.products.$.sku`.
fn any_element(field: &str) -> String {
    let step = |step: &str| match step.parse::<u64>() {
        Ok(_) => "$".to_owned(),
        Err(_) => step.to_owned(),
    };
    field.split('.').map(step).collect::<Vec<_>>().join(".")
}

/// The same in a sentence that names the field.
fn any_element_in(description: &str, field: &str) -> String {
    let any = any_element(field);
    if any == field { description.to_owned() } else { description.replace(field, &any) }
}

#[cfg(test)]
mod tests;
