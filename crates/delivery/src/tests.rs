//! What tests of this crate share, and tests of the whole.

mod filters;
mod pauses;
mod scenarios;
pub mod stage;
pub mod world;

use bytes::Bytes;
use routing::{DestinationRoute, SourceRoute};
use spec::{DestinationId, Head, Kind, Message, SourceId, Span};

/// An enabled destination that `sources` feed.
pub fn destination(slug: &str, sources: &[&str]) -> DestinationRoute {
    DestinationRoute {
        id: DestinationId(slug.into()),
        slug: slug.into(),
        name: slug.into(),
        kind: "partner".into(),
        enabled: true,
        settings: serde_json::Map::new(),
        sources: sources.iter().map(|source| SourceId((*source).into())).collect(),
        concurrency: 4,
        rate_per_second: None,
        retry_for: None,
        events_off: Default::default(),
        filters: Default::default(),
        mappings: Default::default(),
    }
}

/// An enabled source.
pub fn source(slug: &str) -> SourceRoute {
    SourceRoute {
        id: SourceId(slug.into()),
        slug: slug.into(),
        name: slug.into(),
        write_keys: vec![],
        enabled: true,
        client_side: false,
        destinations: vec![],
        schema: Default::default(),
        keep_for: None,
    }
}

/// An encoded track call.
pub fn encoded(id: &str, user: &str, integrations: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    let json = at + 44;
    let field = |out: &mut Vec<u8>, before: &str, value: &str| {
        out.extend_from_slice(before.as_bytes());
        let start = (out.len() - json) as u32;
        out.extend_from_slice(value.as_bytes());
        Span { start, len: value.len() as u32 }
    };
    let message_id = field(&mut out, r#"{"messageId":""#, id);
    // Of m-7 the event is m: those of one test are told apart by their words.
    let event = id.split('-').next().unwrap_or(id);
    let name = field(&mut out, r#"","event":""#, event);
    let user_id = field(&mut out, r#"","userId":""#, user);
    let integrations = field(&mut out, r#"","integrations":"#, integrations);
    out.push(b'}');
    let none = Span::default();
    let integrations = if integrations.len == 2 { none } else { integrations };
    let head =
        Head { kind: Kind::Track, message_id, name, user_id, anonymous_id: none, integrations };
    Message::finish(&mut out, at, &head);
    out
}

/// A track call.
pub fn message(id: &str, user: &str, integrations: &str) -> Message {
    Message::decode(Bytes::from(encoded(id, user, integrations))).expect("it was just written")
}
