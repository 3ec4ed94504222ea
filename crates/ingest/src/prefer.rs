//! What a builder may ask for in the `Prefer` header: to be told of every fault (`strict`), and
//! where each message went (`receipt`). Source: RFC 7240.

use bytes::Bytes;
use event_log::Placed;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::accept::Receipt;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Preferences of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prefer {
    /// Refuse the request whole when any of its messages cannot be used, and say why.
    pub strict: bool,
    /// Answer with the position and hash of every message.
    pub receipt: bool,
}

impl Prefer {
    /// Reads the `Prefer` headers of a request. Preferences we do not know are ignored.
    pub fn of(headers: &HeaderMap) -> Prefer {
        let mut prefer = Prefer::default();
        for value in headers.get_all(PREFER) {
            for preference in value.as_bytes().split(|byte| *byte == b',') {
                let name = preference.split(|byte| *byte == b';').next().unwrap_or_default();
                let name = name.trim_ascii();
                prefer.strict |= name.eq_ignore_ascii_case(b"strict");
                prefer.receipt |= name.eq_ignore_ascii_case(b"receipt");
            }
        }
        prefer
    }

    /// Says in the answer which preferences counted.
    pub fn applied(self, headers: &mut HeaderMap) {
        let value = match (self.strict, self.receipt) {
            (false, false) => return,
            (true, false) => "strict",
            (false, true) => "receipt",
            (true, true) => "strict, receipt",
        };
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static(value));
    }
}

/// The body of a 200 with receipts: for each accepted message its position in the log, the hash
/// of what is stored, and whether it was there already.
pub fn receipt(receipts: &[Receipt], places: &[Placed]) -> Bytes {
    let events: Vec<Value> = receipts
        .iter()
        .filter_map(|receipt| {
            let placed = places.get(receipt.index as usize)?;
            let first = placed.duplicate_of.unwrap_or(placed.position);
            Some(json!({
                "index": receipt.index,
                "messageId": receipt.message_id,
                "position": first.to_string(),
                "hash": format!("sha256:{}", hex(&receipt.sha256)),
                "duplicate": placed.duplicate_of.is_some(),
            }))
        })
        .collect();
    json!({ "success": true, "receipt": { "events": events } }).to_string().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_in_any_form() {
        let check = |values: &[&'static str], strict, receipt| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            assert_eq!(Prefer::of(&headers), Prefer { strict, receipt }, "{values:?}");
        };
        check(&[], false, false);
        check(&["strict"], true, false);
        check(&["respond-async, Receipt; x=1"], false, true);
        check(&["receipt", "STRICT"], true, true);
        check(&["strictly"], false, false);
    }
}
