//! Statements and messages against each other, and messages against everything that filters do.

use std::sync::LazyLock;

use filters::{Compiled, Filter, Fql, Outcome, Salt, payload};
use serde_json::{Value, json};

/// Every kind of change; sampling and dropping change nothing.
static CHANGES: LazyLock<Compiled> = LazyLock::new(|| {
    let actions = json!([
        { "type": "DROP_PROPERTIES", "fields": { "properties": ["email", "list.x"], "": ["name"] } },
        { "type": "ALLOW_PROPERTIES", "fields": { "context": ["page.url", "ip"] } },
        { "type": "HASH_PROPERTIES", "fields": { "": ["userId"], "traits": ["id"] } },
        { "type": "RENAME_EVENT", "newEventName": "Renamed" },
        { "type": "RENAME_PROPERTIES", "fields": { "properties": { "a": "b", "b": "a" } } },
        { "type": "SET_VALUES", "fields": { "properties": { "list.y": 1, "new.z": [null] } } },
    ]);
    let filter = json!({ "title": "F", "if": "all", "actions": actions }).to_string();
    let filter: Filter = serde_json::from_str(&filter).expect("a filter");
    Compiled::new(&[filter], &Salt::new(b"salt")).expect("filters")
});

/// The first line as a statement, the rest as a message.
///
/// - Any statement is taken or refused at a place in it, and any message is decided about; the
///   same again says the same.
/// - What is changed is JSON where the message was, has the same id, and has nothing of what was
///   taken out.
pub fn filters(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let statement = String::from_utf8_lossy(&input[..end]);
    let fql = Fql::new(&statement);
    if let Err(fault) = &fql {
        assert!(statement.is_char_boundary(fault.offset), "{fault}");
    }
    let Some(message) = input.get(end + 1..).and_then(payload) else { return };
    if let Ok(fql) = fql {
        assert_eq!(fql.holds(&message), fql.holds(&message));
    }
    let outcome = CHANGES.apply(&message);
    assert_eq!(outcome, CHANGES.apply(&message));
    let Outcome::Changed(changed) = outcome else { return };
    assert_eq!(changed.message_id(), message.message_id());
    if serde_json::from_slice::<Value>(message.raw()).is_ok() {
        let value = serde_json::from_slice::<Value>(changed.raw()).expect("it stays JSON");
        assert!(value.pointer("/properties/email").is_none());
        assert!(value.get("name").is_none());
    }
}
