//! One line of the debugger: what a person needs to recognise a message, without its payload.

use std::borrow::Cow;

use event_log::Position;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use spec::{Kind, format_iso};

use crate::opened::{Content, Opened, Verdict};

/// Values longer than this are cut in rows; the message itself holds them whole.
const VALUE_CHARS_MAX: usize = 256;

/// One line of the debugger. Shape: a JSON object; what is not known is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<'a> {
    /// Where the record stands in the log, as decimal text: it may exceed what JavaScript counts.
    #[serde(serialize_with = "position_text")]
    pub position: Position,
    /// Slug of the source; left out when no source owns the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'a str>,
    /// Our clock at accept, ISO-8601.
    pub received_at: String,
    /// What became of it.
    pub verdict: Verdict,
    /// `type` of the message.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'a, str>>,
    /// `event` of a track call, `name` of a page or screen call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// `userId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Cow<'a, str>>,
    /// `email` among the traits of an identify call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Cow<'a, str>>,
    /// `anonymousId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<Cow<'a, str>>,
    /// `messageId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Cow<'a, str>>,
    /// Why it was not accepted, for machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// Why it was not accepted, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'a, str>>,
    /// For a duplicate: where the first message with its id stands.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_position_text")]
    pub duplicate_of: Option<Position>,
    /// Bytes of the message's JSON, of the whole body for a refused request.
    pub bytes: usize,
}

impl<'a> Row<'a> {
    /// The line for a record; `source` is the slug of its source.
    pub(crate) fn of(opened: &'a Opened, source: Option<&'a str>) -> Row<'a> {
        let fields = opened.fields();
        let bytes = match &opened.content {
            Content::Refused(refused) => refused.body_bytes as usize,
            _ => opened.body().len(),
        };
        let email = email(fields.kind.as_deref(), opened.body());
        Row {
            position: opened.position,
            source,
            received_at: iso(opened.received_at_ms),
            verdict: opened.verdict(),
            kind: fields.kind.map(cut),
            name: fields.name.map(cut),
            user_id: fields.user_id.map(cut),
            email: email.map(cut),
            anonymous_id: fields.anonymous_id.map(cut),
            message_id: fields.message_id.map(cut),
            code: opened.code(),
            detail: detail(&opened.content),
            duplicate_of: match opened.content {
                Content::Duplicate { of, .. } => Some(of),
                _ => None,
            },
            bytes,
        }
    }
}

/// `email` among the traits of a call of this kind, where it says who somebody is.
fn email<'a>(kind: Option<&str>, body: &'a [u8]) -> Option<Cow<'a, str>> {
    #[derive(Deserialize)]
    struct Parts<'a> {
        #[serde(borrow)]
        traits: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Traits<'a> {
        #[serde(borrow)]
        email: Option<Cow<'a, str>>,
    }
    if kind != Some(Kind::Identify.as_str()) {
        return None;
    }
    let parts: Parts<'a> = serde_json::from_slice(body).ok()?;
    let traits: Traits<'a> = serde_json::from_str(parts.traits?.get()).ok()?;
    traits.email.filter(|email| !email.is_empty())
}

fn detail(content: &Content) -> Option<Cow<'_, str>> {
    match content {
        Content::Accepted(_) => None,
        Content::Duplicate { original: Some(_), .. } => {
            Some("a message with this messageId was accepted before".into())
        }
        Content::Duplicate { original: None, .. } => {
            Some("a message with this messageId was accepted before; it is no longer kept".into())
        }
        Content::Discarded(discard, _) => Some(Cow::Borrowed(&discard.detail)),
        Content::Refused(refused) => Some(Cow::Borrowed(&refused.message)),
        Content::Unreadable(_) => Some("written by a release that this one does not know".into()),
    }
}

fn cut(value: Cow<'_, str>) -> Cow<'_, str> {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        Some((at, _)) => Cow::Owned(format!("{}…", &value[..at])),
        None => value,
    }
}

/// Unix milliseconds as ISO-8601.
pub(crate) fn iso(ms: i64) -> String {
    let mut out = Vec::with_capacity(24);
    format_iso(ms, &mut out);
    String::from_utf8(out).expect("times are written in ASCII")
}

pub(crate) fn position_text<S: Serializer>(at: &Position, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

pub(crate) fn some_position_text<S: Serializer>(
    at: &Option<Position>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.collect_str(at),
        None => to.serialize_none(),
    }
}
