//! What a builder may ask for in the `Prefer` header: to be told of every fault (`strict`), and
//! where each message went (`receipt`). Source: RFC 7240.

use bytes::Bytes;
use event_log::Placed;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::accept::{Discarded, Receipt, Verdicts};

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

/// The body of a 200 with receipts: for each accepted message its position in the log and the hash
/// of what is stored there; for a duplicate the position of the first one, whose hash its sender
/// was told; for each discarded message why, and where that is kept.
pub fn receipt(verdicts: &Verdicts, places: &[Placed]) -> Bytes {
    let place = |index: u32| places.get(index as usize);
    let event = |receipt: &Receipt| {
        let (index, id) = (receipt.index, &receipt.message_id);
        Some(match place(index)? {
            Placed { duplicate_of: Some(first), .. } => json!({
                "index": index, "messageId": id, "position": first.to_string(), "duplicate": true,
            }),
            Placed { position, .. } => json!({
                "index": index, "messageId": id, "position": position.to_string(),
                "hash": format!("sha256:{}", hex(&receipt.sha256)), "duplicate": false,
            }),
        })
    };
    let discarded = |discarded: &Discarded| {
        let Discarded { index, message_id, fault } = discarded;
        Some(json!({
            "index": index, "messageId": message_id, "position": place(*index)?.position.to_string(),
            "code": fault.code, "pointer": fault.pointer, "detail": fault.detail,
        }))
    };
    let mut told = json!({ "events": gather(&verdicts.receipts, event) });
    if !verdicts.discards.is_empty() {
        told["discarded"] = gather(&verdicts.discards, discarded);
    }
    json!({ "success": true, "receipt": told }).to_string().into()
}

fn gather<T>(from: &[T], tell: impl Fn(&T) -> Option<Value>) -> Value {
    from.iter().filter_map(tell).collect()
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
