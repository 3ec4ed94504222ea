//! Filters applied to a message.

use std::borrow::Cow;

use bytes::Bytes;
use spec::{
    Head, Kind, Message, Span,
    json::{Paper, Shape, Value},
    limits::{DEPTH_MAX, MESSAGE_BYTES_MAX},
};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    change::{Change, length, splice},
    compile::{Compiled, Step},
    effect::Effect,
    path::Keys,
};

/// The code of a message that a filter stops.
///
/// Source: Segment, "Delivery Overview", codes of events that are filtered at the destination.
pub const FILTERED_BY_RULES: &str = "FILTERED_BY_RULES";
/// The code of a message that is not sent because a filter cannot say whether it may be.
pub const FILTER_FAILED: &str = "FILTER_FAILED";

/// Bytes of a message that filters made.
const CHANGED_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;
/// How deep a message may be nested: stored ones are a little deeper than sent ones at most.
pub(crate) const NESTED_MAX: usize = 2 * DEPTH_MAX;

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on as it is.
    Pass,
    /// It goes on as this.
    Changed(Message),
    /// It is not sent.
    Discard(Discard),
}

/// Why a message is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// For machines, such as [`FILTERED_BY_RULES`] or [`FILTER_FAILED`].
    pub code: &'static str,
    /// For people, with the title of the filter or the name of the mapping.
    pub reason: String,
}

impl Compiled {
    /// What becomes of `message`: samples first, then drops, then changes, each in the order of
    /// the filters. Every condition is asked of the message as it came, so that no filter hides
    /// anything from another's condition.
    pub fn apply(&self, message: &Message) -> Outcome {
        let changes = match self.decide(message) {
            Ok(changes) => changes,
            Err(discard) => return Outcome::Discard(discard),
        };
        match changes.is_empty() {
            true => Outcome::Pass,
            false => changed(message, &changes).unwrap_or_else(Outcome::Discard),
        }
    }

    /// Why `message` is not sent; `None` when it is, changed or not. Asks no more than that.
    pub fn stops(&self, message: &Message) -> Option<Discard> {
        self.decide(message).err()
    }

    /// What changes `message`, if it is sent.
    fn decide(&self, message: &Message) -> Result<Vec<&Step>, Discard> {
        if self.steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut paper = Paper::take();
        let decided = match paper.read(message.raw()) {
            Some((document, deepest)) if deepest <= NESTED_MAX => {
                self.decide_on(message, document.whole())
            }
            Some(_) => Err(failed("the message is nested too deeply for filters")),
            None => Err(failed("the message is no JSON that filters can read")),
        };
        paper.leave();
        decided
    }

    fn decide_on(&self, message: &Message, whole: Value<'_>) -> Result<Vec<&Step>, Discard> {
        let mut changes = Vec::new();
        for step in &*self.steps {
            let title = &step.title;
            match step.condition.of(whole) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(unsure) => {
                    return Err(failed(&format!("the filter {title:?} cannot say: {unsure}")));
                }
            }
            match &step.effect {
                Effect::Change(_) => changes.push(step),
                Effect::Drop => return Err(filtered(format!("the filter {title:?} drops it"))),
                Effect::Sample { share, by } => {
                    if chance(whole, by, message) >= *share {
                        let percent = share * 100.0;
                        let reason = format!("it is not among the {percent} % that the filter");
                        return Err(filtered(format!("{reason} {title:?} sends")));
                    }
                }
                Effect::Broken(why) => {
                    return Err(failed(&format!("the filter {title:?} is none: {why}")));
                }
            }
        }
        Ok(changes)
    }
}

fn filtered(reason: String) -> Discard {
    Discard { code: FILTERED_BY_RULES, reason }
}

fn failed(reason: &str) -> Discard {
    Discard { code: FILTER_FAILED, reason: reason.to_owned() }
}

/// A number from 0 up to 1 that is the same for the same value there, or for the same message
/// where there is none.
fn chance(whole: Value<'_>, by: &Keys, message: &Message) -> f64 {
    let value = by.iter().fold(whole, |value, key| value.get(key));
    let bytes = match value.shape {
        _ if by.is_empty() => Cow::Borrowed(message.message_id()),
        Shape::Absent | Shape::Null => Cow::Borrowed(message.message_id()),
        Shape::String => value.bytes().unwrap_or_default(),
        _ => Cow::Borrowed(value.raw()),
    };
    // The upper 53 bits are all that a float between 0 and 1 holds.
    (xxh3_64(&bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

fn changed(message: &Message, steps: &[&Step]) -> Result<Outcome, Discard> {
    let mut bytes = Cow::Borrowed(&message.raw()[..]);
    let mut paper = Paper::default();
    for step in steps {
        let Some(change) = step.change() else { continue };
        match after(change, &bytes, message.kind(), &mut paper) {
            Ok(None) => {}
            Ok(Some(after)) => bytes = Cow::Owned(after),
            Err(why) => return Err(failed(&format!("the filter {:?} {why}", step.title))),
        }
    }
    let Cow::Owned(json) = bytes else { return Ok(Outcome::Pass) };
    let changed = stored(&json, Some(message.kind()));
    changed.map(Outcome::Changed).ok_or_else(|| failed("the filters made no message of it"))
}

/// `json` as it would stand in the log; `None` when it is no JSON object.
pub fn payload(json: &[u8]) -> Option<Message> {
    stored(json, None)
}

/// Of no `kind`, what its `type` says; a track call where it says nothing.
fn stored(json: &[u8], kind: Option<Kind>) -> Option<Message> {
    let mut paper = Paper::default();
    let (document, _) = paper.read(json)?;
    let whole = document.whole();
    if !whole.is(Shape::Object) {
        return None;
    }
    let said = || Kind::from_wire(whole.get(b"type").inside());
    let head = head(whole, kind.or_else(said).unwrap_or(Kind::Track));
    let mut out = Vec::with_capacity(json.len() + 64);
    let at = Message::begin(&mut out);
    out.extend_from_slice(json);
    Message::finish(&mut out, at, &head);
    Message::decode(Bytes::from(out)).ok()
}

/// The bytes after the change; `None` when it changes nothing.
fn after(
    change: &Change,
    bytes: &[u8],
    kind: Kind,
    paper: &mut Paper,
) -> Result<Option<Vec<u8>>, &'static str> {
    let Some((document, _)) = paper.read(bytes) else { return Err("reads what is no JSON") };
    let edits = change.edits(document.whole(), kind);
    if edits.is_empty() {
        return Ok(None);
    }
    if length(bytes, &edits) > CHANGED_BYTES_MAX {
        return Err("makes the message too large");
    }
    Ok(Some(splice(bytes, &edits)))
}

/// Where the fields stand that later stages need, as `ingest` notes them.
fn head(whole: Value<'_>, kind: Kind) -> Head {
    let span = |value: Value<'_>, inset: usize| {
        let range = value.span();
        let len = (range.end - range.start).saturating_sub(2 * inset);
        let start = if len == 0 { 0 } else { range.start + inset };
        Span { start: start as u32, len: len as u32 }
    };
    let text = |key: &str| {
        let value = whole.get(key.as_bytes());
        if value.is(Shape::String) { span(value, 1) } else { Span::default() }
    };
    let name = match kind {
        Kind::Track => text("event"),
        Kind::Page | Kind::Screen => text("name"),
        _ => Span::default(),
    };
    let integrations = whole.get(b"integrations");
    let says = integrations.is(Shape::Object) && !integrations.holds_nothing();
    Head {
        kind,
        message_id: text("messageId"),
        name,
        user_id: text("userId"),
        anonymous_id: text("anonymousId"),
        integrations: if says { span(integrations, 0) } else { Span::default() },
    }
}
