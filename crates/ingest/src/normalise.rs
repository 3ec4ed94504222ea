//! Makes the stored message by splicing: the sender's members in the sender's order with their
//! bytes untouched, without `writeKey` and what is ours to say, and ours behind them.
//!
//! Changed in place: ids that are numbers become text, `[]` for an object becomes `{}`, `type` is
//! what the path says, `context` and `integrations` take in what the batch says. An empty id is
//! taken out. Everything else is the sender's: digits, nulls, unknown keys, order, white space
//! between members.
//!
//! Source: Segment Spec, "Common fields"; HTTP API, "Batch", "Collecting IP address".

mod library;
mod splice;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};

use spec::{Head, Kind, Message, Span};
use uuid::Uuid;

use self::{library::Library, splice::Splice};
use crate::{
    accept::Call,
    merged::Merged,
    split::{Envelope, Field, Item, Member, Shape, Slots, Value},
    text::write_string,
    time,
};

/// What is the same for every message of a request.
pub(crate) struct Common<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) envelope: &'a Envelope,
    pub(crate) call: &'a Call<'a>,
    /// The source's messages come from devices.
    pub(crate) client_side: bool,
    /// `sentAt` of the batch, if it can be read.
    pub(crate) sent_at_ms: Option<i64>,
    /// The caller's address, if `context.ip` takes it.
    pub(crate) ip: Option<Ipv4Addr>,
    pub(crate) times: time::Writer,
    /// `"receivedAt":…,"projectId":…,"version":2}`
    pub(crate) tail: &'a [u8],
}

/// One message on its way in.
pub(crate) struct Incoming<'a> {
    /// The path's, or the message's own.
    pub(crate) kind: Kind,
    pub(crate) item: &'a Item,
    pub(crate) slots: &'a Slots<'a>,
    pub(crate) merged: &'a Merged<'a>,
    /// It cannot be used, and is kept for its sender to look at: empty ids stay.
    pub(crate) discarded: bool,
}

/// What was written.
pub(crate) struct Written {
    pub(crate) head: Head,
    /// Where its JSON begins in the buffer.
    pub(crate) json: usize,
}

/// Writes the members that end every message of a request, and its brace.
pub(crate) fn tail(received_at_ms: i64, times: &time::Writer, project_id: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"receivedAt\":\"");
    times.write(received_at_ms, out);
    out.extend_from_slice(b"\",\"projectId\":");
    write_string(project_id.as_bytes(), out);
    out.extend_from_slice(b",\"version\":2}");
}

/// A caller's address, if it is one that is collected: IPv6 addresses are not, as in the field.
pub(crate) fn collected_ip(peer: Option<IpAddr>) -> Option<Ipv4Addr> {
    match peer?.to_canonical() {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    }
}

/// Appends the message as it is stored, head and JSON.
pub(crate) fn write(
    common: &Common<'_>,
    incoming: &Incoming<'_>,
    fresh_id: &mut dyn FnMut() -> Uuid,
    out: &mut Vec<u8>,
) -> Written {
    let body = common.body;
    let Incoming { kind, item, slots, merged, discarded } = *incoming;
    let at = Message::begin(out);
    let mut head = Head {
        kind,
        message_id: Span::default(),
        name: Span::default(),
        user_id: Span::default(),
        anonymous_id: Span::default(),
        integrations: Span::default(),
    };
    let library = library::of(merged.facts.library_name.text(merged.context_bytes));
    let mut splice = Splice::begin(body, item.whole, out);
    let mut wrote = Wrote::default();
    for (member, counts) in slots.members() {
        if !counts {
            splice.cut(member);
            continue;
        }
        let value = member.value;
        match member.field {
            Field::Type => {
                wrote.kind = true;
                if value.text(body) != Some(kind.as_str().as_bytes()) {
                    splice.replace(value, |out| write_kind(kind, out));
                }
            }
            Field::UserId => head.user_id = id(&mut splice, member, discarded),
            Field::AnonymousId => head.anonymous_id = id(&mut splice, member, discarded),
            Field::MessageId => {
                head.message_id = match value.shape {
                    Shape::Number => id(&mut splice, member, discarded),
                    Shape::String if value.some_text(body).is_some() => splice.inside(value),
                    _ => {
                        splice.cut(member);
                        Span::default()
                    }
                };
            }
            Field::GroupId if kind == Kind::Group => _ = id(&mut splice, member, true),
            Field::PreviousId if kind == Kind::Alias => _ = id(&mut splice, member, true),
            Field::Timestamp
            | Field::OriginalTimestamp
            | Field::ReceivedAt
            | Field::Version
            | Field::ProjectId
            | Field::WriteKey => splice.cut(member),
            Field::SentAt if value.given() => wrote.sent_at = true,
            Field::SentAt => splice.cut(member),
            Field::Channel if value.some_text(body).is_some() => wrote.channel = true,
            Field::Channel => splice.cut(member),
            Field::Context => {
                wrote.context = true;
                let extra = Extra::of(common, merged, library);
                let context = match merged.context {
                    Some(context) => Some(context),
                    None if value.empty() => Some(&b"{}"[..]),
                    None => (extra.any() && value.shape == Shape::Object).then(|| value.raw(body)),
                };
                if let Some(context) = context {
                    splice.replace(value, |out| extra.write(context, out));
                }
            }
            Field::Integrations => {
                wrote.integrations = true;
                match merged.integrations {
                    Some(integrations) => {
                        head.integrations = splice.replace_with(value, integrations);
                    }
                    None if value.shape == Shape::Object => {
                        head.integrations = splice.whole(value);
                    }
                    None if value.shape == Shape::EmptyObject || !value.empty() => {}
                    None => _ = splice.replace_with(value, b"{}"),
                }
            }
            Field::Properties | Field::Traits if value.shape == Shape::EmptyArray => {
                splice.replace_with(value, b"{}");
            }
            Field::Event if kind == Kind::Track => head.name = splice.inside(value),
            Field::Name if matches!(kind, Kind::Page | Kind::Screen) => {
                head.name = splice.inside(value);
            }
            _ => {}
        }
    }
    let json = splice.finish();
    let mut ours = Ours { out, json };
    if !wrote.kind {
        ours.key("type");
        write_kind(kind, ours.out);
    }
    if head.message_id.len == 0 {
        ours.key("messageId");
        ours.out.push(b'"');
        head.message_id = Span { start: (ours.out.len() - json) as u32, len: 36 };
        let mut text = [0; 36];
        fresh_id().hyphenated().encode_lower(&mut text);
        ours.out.extend_from_slice(&text);
        ours.out.push(b'"');
    }
    times(common, slots, &mut ours);
    if !wrote.sent_at && common.envelope.sent_at.some_text(body).is_some() {
        ours.key("sentAt");
        ours.out.extend_from_slice(common.envelope.sent_at.raw(body));
    }
    if !wrote.context {
        ours.key("context");
        let extra = Extra::of(common, merged, library);
        extra.write(merged.context.unwrap_or(b"{}"), ours.out);
    }
    if !wrote.integrations {
        ours.key("integrations");
        let integrations = merged.integrations.unwrap_or(b"{}");
        if merged.integrations.is_some() {
            let start = (ours.out.len() - json) as u32;
            head.integrations = Span { start, len: integrations.len() as u32 };
        }
        ours.out.extend_from_slice(integrations);
    }
    if let Some(channel) = library.channel().filter(|_| !wrote.channel) {
        ours.key("channel");
        ours.out.extend_from_slice(channel.as_bytes());
    }
    ours.comma();
    out.extend_from_slice(common.tail);
    Message::finish(out, at, &head);
    Written { head, json }
}

/// Which members that we care for the sender's JSON holds by now.
#[derive(Default)]
struct Wrote {
    kind: bool,
    sent_at: bool,
    context: bool,
    integrations: bool,
    channel: bool,
}

/// Members of ours, behind the sender's.
struct Ours<'a> {
    out: &'a mut Vec<u8>,
    json: usize,
}

impl Ours<'_> {
    fn comma(&mut self) {
        if self.out.len() > self.json + 1 {
            self.out.push(b',');
        }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

fn write_kind(kind: Kind, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(kind.as_str().as_bytes());
    out.push(b'"');
}

/// An id as it is stored: a number becomes text, an empty one is taken out unless it is to stay.
fn id(splice: &mut Splice<'_, '_>, member: &Member, keep_empty: bool) -> Span {
    let value = member.value;
    match value.shape {
        Shape::Number => {
            let raw = value.raw(splice.body);
            let written = splice.replace(value, |out| {
                out.push(b'"');
                out.extend_from_slice(raw);
                out.push(b'"');
            });
            Span { start: written.start + 1, len: written.len - 2 }
        }
        Shape::String if value.end - value.start == 2 && !keep_empty => {
            splice.cut(member);
            Span::default()
        }
        _ => splice.inside(value),
    }
}

/// `timestamp` and `originalTimestamp`.
///
/// `timestamp = receivedAt − (sentAt − originalTimestamp)` takes the sender's clock out of it. What
/// cannot be read is as good as missing.
fn times(common: &Common<'_>, slots: &Slots<'_>, ours: &mut Ours<'_>) {
    let read = |value: Value| value.text(common.body).and_then(time::parse);
    let received_ms = common.call.received_at_ms;
    let own_sent_at = slots.value(Field::SentAt);
    let sent_ms = if own_sent_at.given() { read(own_sent_at) } else { common.sent_at_ms };
    let (timestamp_ms, original_ms) = match read(slots.value(Field::Timestamp)) {
        None => (received_ms, received_ms),
        Some(original_ms) => (corrected(received_ms, sent_ms, original_ms), original_ms),
    };
    ours.key("timestamp");
    ours.out.push(b'"');
    common.times.write(timestamp_ms, ours.out);
    ours.out.extend_from_slice(b"\",\"originalTimestamp\":\"");
    common.times.write(original_ms, ours.out);
    ours.out.push(b'"');
}

/// When it happened by our clock. Without a `sentAt` the sender's clock is trusted.
fn corrected(received_ms: i64, sent_ms: Option<i64>, original_ms: i64) -> i64 {
    match sent_ms {
        None => original_ms,
        Some(sent_ms) => received_ms.saturating_sub(sent_ms.saturating_sub(original_ms)),
    }
}

fn write_ip(ip: Ipv4Addr, out: &mut Vec<u8>) {
    for (place, octet) in ip.octets().into_iter().enumerate() {
        if place > 0 {
            out.push(b'.');
        }
        if octet >= 100 {
            out.push(b'0' + octet / 100);
        }
        if octet >= 10 {
            out.push(b'0' + octet / 10 % 10);
        }
        out.push(b'0' + octet % 10);
    }
}

/// What we add to a message's `context`.
#[derive(Clone, Copy, Default)]
struct Extra<'a> {
    ip: Option<Ipv4Addr>,
    user_agent: Option<&'a [u8]>,
}

/// A longer `User-Agent` is not worth keeping.
const USER_AGENT_MAX: usize = 1024;

impl<'a> Extra<'a> {
    /// `ip` is filled in where the caller is a person's device and the message says nothing of it
    /// (any value, `null` too, is an answer).
    fn of(common: &Common<'a>, merged: &Merged<'_>, library: Library) -> Extra<'a> {
        let facts = merged.facts;
        let mut extra = Extra::default();
        if facts.ip.shape == Shape::Absent {
            let from_device = match library {
                Library::Browser | Library::Mobile => true,
                Library::Server => common.call.pixel,
                Library::Other => common.client_side || common.call.pixel,
            };
            if from_device || facts.direct.shape == Shape::True {
                extra.ip = common.ip;
            }
        }
        if common.call.pixel && !facts.user_agent.given() {
            let agent = common.call.user_agent.filter(|agent| !agent.is_empty());
            extra.user_agent = agent.map(|agent| &agent[..agent.len().min(USER_AGENT_MAX)]);
        }
        extra
    }

    fn any(&self) -> bool {
        self.ip.is_some() || self.user_agent.is_some()
    }

    /// Writes `context`, an object, with what we add at its end.
    fn write(&self, context: &[u8], out: &mut Vec<u8>) {
        if !self.any() {
            out.extend_from_slice(context);
            return;
        }
        let inside = context[..context.len() - 1].trim_ascii_end();
        out.extend_from_slice(inside);
        let mut comma = inside.len() > 1;
        if let Some(ip) = self.ip {
            if comma {
                out.push(b',');
            }
            out.extend_from_slice(b"\"ip\":\"");
            write_ip(ip, out);
            out.push(b'"');
            comma = true;
        }
        if let Some(agent) = self.user_agent {
            if comma {
                out.push(b',');
            }
            out.extend_from_slice(b"\"userAgent\":");
            write_string(agent, out);
        }
        out.push(b'}');
    }
}
