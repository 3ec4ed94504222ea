//! What a destination is handed for a record: the message as it stands in the log, with what the
//! destination's filters change in it, and what its mappings make of that.
//!
//! It is made for each attempt anew, from the record and from filters and mappings as they are then. So a
//! message that waited is not sent with what a filter has come to forbid meanwhile.

use bytes::Bytes;
use destination_kit::Mapped;
use filters::{Made, Outcome};
use routing::DestinationRoute;
use spec::Message;

use crate::choose::Filtered;

/// The message in a record's payload; `Err` says why there is none, in words.
pub fn read(payload: Bytes) -> Result<Message, String> {
    Message::decode(payload).map_err(|error| error.to_string())
}

/// What `route` gets of `message`, which came from the source with this `stream`: the message as
/// its filters leave it, and what its mappings make of that.
///
/// Errors: it gets nothing of it any more.
pub fn map(
    message: Message,
    stream: u64,
    route: Option<&DestinationRoute>,
) -> Result<(Message, Option<Mapped>), Filtered> {
    let Some(route) = route else { return Ok((message, None)) };
    let message = filtered(message, stream, route)?;
    let mapped = mapped(&message, route)?;
    Ok((message, mapped))
}

/// What the filters of `route` leave of `message`.
///
/// Errors: they stop it.
pub fn filtered(
    message: Message,
    stream: u64,
    route: &DestinationRoute,
) -> Result<Message, Filtered> {
    match route.filters_of(stream).map(|filters| filters.apply(&message)) {
        None | Some(Outcome::Pass) => Ok(message),
        Some(Outcome::Changed(changed)) => Ok(changed),
        Some(Outcome::Discard(discard)) => Err(discard.into()),
    }
}

/// What the mappings of `route` make of `message`; `None` where it has none.
///
/// Errors: it gets nothing of it.
pub fn mapped(message: &Message, route: &DestinationRoute) -> Result<Option<Mapped>, Filtered> {
    let made = route.mappings.apply(message)?;
    Ok(made.map(|Made { action, fields, .. }| Mapped { action, fields }))
}
