//! Messages as text: what a reader of JSON refuses and the log keeps.

use std::borrow::Cow;

use serde_json::Value;

/// The message as text that every reader takes, of the same length: a lone surrogate, which
/// senders' strings may hold, is shown as U+FFFD. `None`: it is no UTF-8.
///
/// Places in it are places in `message`.
pub(crate) fn readable(message: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(message).ok()?;
    let bytes = text.as_bytes();
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        let Some(unit) = unit_at(bytes, at) else {
            at += 2;
            if at >= bytes.len() {
                break;
            }
            continue;
        };
        let pair = (0xd800..0xdc00).contains(&unit)
            && unit_at(bytes, at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if pair {
            at += 12;
            continue;
        }
        if (0xd800..0xe000).contains(&unit) {
            mended.get_or_insert_with(|| bytes.to_vec())[at..at + 6].copy_from_slice(b"\\ufffd");
        }
        at += 6;
    }
    match mended {
        None => Some(Cow::Borrowed(text)),
        Some(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// The code unit of a `\u` escape at `at`.
fn unit_at(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") {
        return None;
    }
    let digits = std::str::from_utf8(&escape[2..]).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

/// The message as a value; `None` when it is no JSON object.
pub(crate) fn object(message: &[u8]) -> Option<Value> {
    let read = serde_json::from_slice::<Value>(message).ok();
    let read = read.or_else(|| serde_json::from_str(&readable(message)?).ok());
    read.filter(Value::is_object)
}
