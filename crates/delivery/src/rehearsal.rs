//! What a destination was sent, would be sent, and answered: one message of the log, shown.

use bytes::Bytes;
use destination_kit::{Parcel, World, recorder::Recorder};
use event_log::{LogError, Position};
use routing::DestinationRoute;
use serde_json::Value;
use spec::{Message, SourceId, record};
use tokio::time::timeout;

use crate::{
    Delivery,
    map::{map, read},
    origins::Origins,
    trial::{Secrets, request_of},
};

/// A message as it stands in the log.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Stream of its source.
    pub stream: u64,
    /// When it was accepted, Unix milliseconds.
    pub received_at_ms: i64,
    /// The message.
    pub message: Message,
}

/// The request that carries a message, or why there is none, in words.
pub type Rehearsed = Result<Value, &'static str>;

impl Delivery {
    /// The message at `position`; `None` when the log let it go, or holds something else there.
    ///
    /// Errors: the log's.
    pub async fn message_at(&self, position: u64) -> Result<Option<Kept>, LogError> {
        let chunk = match self.inner().log.read(Position(position), 1).await {
            Err(LogError::Gone(_)) => return Ok(None),
            read => read?,
        };
        let entry = chunk.entries.into_iter().find(|entry| entry.position.0 == position);
        let entry = entry.filter(|entry| entry.label.kind == record::MESSAGE);
        Ok(entry.and_then(|entry| {
            let message = read(Bytes::copy_from_slice(&entry.payload)).ok()?;
            let (stream, received_at_ms) = (entry.label.stream, entry.label.time_ms);
            Some(Kept { stream, received_at_ms, message })
        }))
    }

    /// The request that `route` would send for a message now, made by the destination's own code
    /// with nothing going out, and without secrets.
    pub async fn rehearse(
        &self,
        route: &DestinationRoute,
        position: u64,
        kept: &Kept,
    ) -> Rehearsed {
        let inner = self.inner();
        let recorder = Recorder::default();
        let world = World {
            recorder: Some(recorder.clone()),
            rehearsal: true,
            ..inner.options.world.clone()
        };
        // What a filter takes out is not shown here either.
        let Ok((message, mapped)) = map(kept.message.clone(), kept.stream, Some(route)) else {
            return Err(
                "a filter or mapping of the destination stops the message, so nothing is sent",
            );
        };
        let opened = inner.kinds.open(&route.kind, &route.settings, &route.id, &world);
        let Ok((destination, _)) = opened else {
            return Err("the destination's settings do not fit, so nothing can be sent");
        };
        if !destination.can_rehearse() {
            return Err("the destination is not sent requests over HTTP that could be shown");
        }
        let parcel = Parcel {
            message,
            position,
            received_at_ms: kept.received_at_ms,
            source: Origins::new(inner.routing.clone()).of(kept.stream),
            mapped,
        };
        // It fails, as nothing goes out; what matters is what it tried to say.
        drop(timeout(inner.options.attempt_timeout, destination.deliver(&[parcel])).await);
        destination.close().await;
        let exchanges = recorder.exchanges();
        let definition = inner.kinds.definition(&route.kind);
        let secrets = Secrets::of(definition.as_ref(), &route.settings, &exchanges);
        let first = exchanges.first().map(|exchange| request_of(exchange, &secrets));
        first.ok_or("the destination sends nothing for this message")
    }

    /// Takes the secrets of `route` out of what a partner said.
    pub(crate) fn hide(&self, route: &DestinationRoute, text: &str) -> String {
        let definition = self.inner().kinds.definition(&route.kind);
        Secrets::of(definition.as_ref(), &route.settings, &[]).hide(text)
    }
}

/// Whether `route` is fed by the source with this `stream`.
pub(crate) fn feeds(route: &DestinationRoute, stream: u64) -> bool {
    route.sources.iter().map(SourceId::stream).any(|one| one == stream)
}
