//! What the source's schema says of a message that the wire rules take: blocked events, then the
//! tracking plan. Only messages of sources that have either come here.
//!
//! Source: Segment, "Source schema", blocking events; "Protocols", schema configuration.

use routing::SourceSchema;
use serde_json::{Value, json};
use spec::{Head, Kind, Message, SourceId, Span};
use tracking_plan::{Action, Amendment, Blocked, Judgement, judge};

use crate::{normalise::Written, text::plain, validate::Fault};

#[cfg(test)]
mod tests;

/// Judges the message in `stored`, head and JSON, and writes into it what the plan says: without
/// what is omitted, and with `context.protocols` when there is anything to say. The fault of a
/// message that is blocked, which is kept whole.
pub(crate) fn enforce(
    schema: &SourceSchema,
    source: &SourceId,
    written: &mut Written,
    stored: &mut Vec<u8>,
) -> Option<Fault> {
    let json = &stored[written.json..];
    let kind = written.head.kind;
    let name = match kind {
        Kind::Track => Some(plain(between(json, written.head.name))),
        kind => kind.one_event().map(str::to_owned),
    };
    if let Some(name) = name.filter(|name| schema.blocks(name)) {
        return Some(event_blocked(kind, &name));
    }
    let plan = schema.plan.as_deref()?;
    let judgement = judge(plan, json);
    if judgement.is_clean() {
        return None;
    }
    // What waits in quarantine is judged anew when it leaves.
    if matches!(judgement.action, Action::Quarantine(_)) {
        return breaks_plan(&judgement);
    }
    if let Some(amendment) = Amendment::of(json, &judgement, source.as_str()) {
        let amended = amendment.apply(json);
        let moved = |span: Span| match span.len {
            0 => span,
            len => Span { start: amendment.moved(span.start as usize) as u32, len },
        };
        let Head { kind, message_id, name, user_id, anonymous_id, integrations } = written.head;
        let (message_id, name) = (moved(message_id), moved(name));
        let (user_id, anonymous_id) = (moved(user_id), moved(anonymous_id));
        let integrations = moved(integrations);
        written.head = Head { kind, message_id, name, user_id, anonymous_id, integrations };
        stored.clear();
        let at = Message::begin(stored);
        written.json = stored.len();
        stored.extend_from_slice(&amended);
        Message::finish(stored, at, &written.head);
    }
    breaks_plan(&judgement)
}

fn between(json: &[u8], span: Span) -> &[u8] {
    &json[span.start as usize..(span.start + span.len) as usize]
}

fn event_blocked(kind: Kind, name: &str) -> Fault {
    let pointer = if kind == Kind::Track { "/event" } else { "" };
    let example = json!({ "type": "track", "event": "<another event>" });
    Fault {
        code: "event_setting",
        pointer: pointer.into(),
        detail: format!("the source's schema blocks the event {name:?}").into(),
        expected: "an event that the source's schema does not block",
        example: example.to_string().into(),
    }
}

fn breaks_plan(judgement: &Judgement) -> Option<Fault> {
    let (blocked, code) = match judgement.action {
        Action::Allow => return None,
        Action::Block(blocked) => (blocked, blocked.code()),
        Action::Quarantine(blocked) => (blocked, blocked.quarantine_code()),
    };
    let (pointer, detail) = judgement.fault()?;
    let example = match (blocked, judgement.violations.first()) {
        (Blocked::SchemaViolation | Blocked::CommonSchemaViolation, Some(first)) => {
            sketch(&first.pointer, &first.expected)
        }
        _ => json!({ "type": "track", "event": "<an event of the tracking plan>" }),
    };
    Some(Fault {
        code,
        pointer: pointer.into(),
        detail: detail.into(),
        expected: "what the source's tracking plan asks for",
        example: example.to_string().into(),
    })
}

/// The place in a message, with what belongs there in words.
fn sketch(pointer: &str, expected: &str) -> Value {
    let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    let innermost = Value::String(format!("<{expected}>"));
    steps.collect::<Vec<_>>().into_iter().rev().fold(innermost, |inner, step| {
        match step.parse::<usize>() {
            Ok(_) => json!([inner]),
            Err(_) => json!({ step: inner }),
        }
    })
}
