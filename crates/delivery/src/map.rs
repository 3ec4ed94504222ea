//! What a destination is handed for a record.
//!
//! Destinations take the message whole, as it stands in the log; the one thing that can go wrong
//! here is a record that no release we know has written.

use bytes::Bytes;
use spec::Message;

/// The message in a record's payload; `Err` says why there is none, in words.
pub fn map(payload: Bytes) -> Result<Message, String> {
    Message::decode(payload).map_err(|error| error.to_string())
}
