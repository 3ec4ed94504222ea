//! What a destination is handed for a record: the message as it stands in the log, with what the
//! destination's filters change in it.
//!
//! It is made for each attempt anew, from the record and from the filters as they are then. So a
//! message that waited is not sent with what a filter has come to forbid meanwhile.

use bytes::Bytes;
use filters::Outcome;
use routing::DestinationRoute;
use spec::Message;

use crate::choose::Filtered;

/// The message in a record's payload; `Err` says why there is none, in words.
pub fn read(payload: Bytes) -> Result<Message, String> {
    Message::decode(payload).map_err(|error| error.to_string())
}

/// What `route` gets of `message`, which came from the source with this `stream`.
///
/// Errors: it gets nothing of it any more.
pub fn map(
    message: Message,
    stream: u64,
    route: Option<&DestinationRoute>,
) -> Result<Message, Filtered> {
    let Some(filters) = route.and_then(|route| route.filters_of(stream)) else {
        return Ok(message);
    };
    match filters.apply(&message) {
        Outcome::Pass => Ok(message),
        Outcome::Changed(changed) => Ok(changed),
        Outcome::Discard(discard) => Err(discard.into()),
    }
}
