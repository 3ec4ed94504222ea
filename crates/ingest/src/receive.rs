//! The path of one tracking request once its body is here: take, append, answer.

use std::{cell::RefCell, net::IpAddr, time::SystemTime};

use event_log::{Batch, LogError};
use http::{HeaderValue, Response};
use spec::{Kind, limits};
use uuid::Uuid;

use crate::{
    accept::{Call, Scratch, SplitError, SplitFault, Verdicts, World, expanded_bytes, fill, split},
    answer,
    auth::is_well_formed,
    body::Body,
    inflate::{Coding, Inflater},
    prefer::{self, Prefer},
    refused::{self, Refusal},
    reject::Reject,
    worker::Worker,
};

/// What a request says beside its body.
pub(crate) struct Ask<'a> {
    /// The call that the path names; `None` for a batch.
    pub(crate) kind: Option<Kind>,
    pub(crate) coding: Coding,
    pub(crate) header_key: Option<String>,
    pub(crate) query_key: Option<String>,
    pub(crate) prefer: Prefer,
    pub(crate) client_ip: IpAddr,
    pub(crate) user_agent: Option<&'a HeaderValue>,
    pub(crate) pixel: bool,
    pub(crate) path: &'a str,
}

/// A request whose records are ready for the log.
struct Taken {
    batch: Batch,
    verdicts: Verdicts,
    /// The write key belongs to no source: the sender hears 200, and there is at most a note.
    unknown: bool,
}

thread_local! {
    static MEMORY: RefCell<(Inflater, Scratch)> = RefCell::default();
}

/// Our clock, Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "the edge at which a request gets its time")]
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The whole path, in reading order. A 200 means: durable.
pub(crate) async fn receive(worker: &Worker, ask: &Ask<'_>, raw: &[u8]) -> Response<Body> {
    let taken =
        MEMORY.with_borrow_mut(|(inflater, scratch)| take(worker, ask, raw, inflater, scratch));
    let taken = match taken {
        Ok(taken) => taken,
        Err(refusal) => return refused::refuse(worker, *refusal, ask.path).await,
    };
    match worker.lane.append(taken.batch).await {
        Ok(appended) => {
            if taken.unknown {
                worker.meters.unknown_source();
            } else {
                worker.meters.accepted(raw.len(), &taken.verdicts);
            }
            if ask.prefer.receipt {
                let body = prefer::receipt(&taken.verdicts, &appended.places);
                return answer::json(http::StatusCode::OK, body);
            }
            answer::success()
        }
        Err(error) => {
            let reject = unavailable(&error);
            worker.meters.rejected(reject);
            answer::rejection(reject)
        }
    }
}

/// Everything that needs no waiting: inflate, split, find the source, judge, splice.
fn take(
    worker: &Worker,
    ask: &Ask<'_>,
    raw: &[u8],
    inflater: &mut Inflater,
    scratch: &mut Scratch,
) -> Result<Taken, Box<Refusal>> {
    let now_ms = now_ms();
    let snapshot = worker.shared.routing.current();
    // A refused body has no key of its own yet: only a header or query can say whose it is.
    let known = ask.header_key.as_deref().or(ask.query_key.as_deref());
    let stream = known.and_then(|key| snapshot.source_of(key)).map_or(0, |s| s.id.stream());
    let body = inflater
        .inflate(ask.coding, raw)
        .map_err(|reject| Refusal::new(reject, stream, raw, now_ms))?;
    let mut parsed = split(body, ask.kind, scratch)
        .map_err(|error| Refusal::split(&error, ask.prefer.strict, stream, body, now_ms))?;
    let well_formed = |key: &&str| is_well_formed(key);
    let key = ask
        .header_key
        .as_deref()
        .or_else(|| parsed.body_write_key().filter(well_formed))
        .or(ask.query_key.as_deref())
        .ok_or_else(|| Refusal::new(Reject::BadWriteKey, 0, body, now_ms))?;
    let Some(source) = snapshot.source_used_with(key, now_ms) else {
        let refusal = Refusal::new(Reject::UnknownWriteKey, 0, body, now_ms);
        if ask.prefer.strict {
            return Err(refusal);
        }
        return Ok(unknown(worker, &refusal, ask.path));
    };
    let stream = source.id.stream();
    if worker.shared.rates.as_ref().is_some_and(|rates| !rates.take(key, now_ms)) {
        return Err(Refusal::new(Reject::RateLimited, stream, body, now_ms));
    }
    let mut batch = Batch::with_capacity(expanded_bytes(&parsed));
    if ask.prefer.receipt {
        batch.want_places();
    }
    let call = Call {
        received_at_ms: now_ms,
        peer_ip: Some(ask.client_ip),
        user_agent: ask.user_agent.map(HeaderValue::as_bytes),
        pixel: ask.pixel,
        receipt: ask.prefer.receipt,
    };
    let world = World {
        key_of: &|stream, id| worker.shared.log.key_of(stream, id),
        fresh_id: &mut Uuid::new_v4,
    };
    let verdicts = fill(&mut parsed, source, &call, world, &mut batch);
    if ask.prefer.strict && !verdicts.discards.is_empty() {
        return Err(Refusal::faults(&verdicts.discards, stream, body, now_ms));
    }
    Ok(Taken { batch, verdicts, unknown: false })
}

/// The edge keeps no promise to a key that no source has, as in the field; a bounded number of
/// such requests is kept, so that an operator sees them.
fn unknown(worker: &Worker, refusal: &Refusal, path: &str) -> Taken {
    let mut batch = Batch::new();
    if refusal.spend(worker) {
        refusal.record(200, path, &mut batch);
    }
    Taken { batch, verdicts: Verdicts::default(), unknown: true }
}

/// What a sender hears of a log that does not take its messages.
fn unavailable(error: &LogError) -> Reject {
    match error {
        LogError::Busy => Reject::Overloaded,
        _ => Reject::Unavailable,
    }
}

impl From<&SplitError> for Reject {
    fn from(error: &SplitError) -> Reject {
        match error.fault {
            SplitFault::Malformed => Reject::Malformed,
            SplitFault::TooLarge => Reject::TooLarge,
        }
    }
}

/// The largest body, as it comes, that a call can have.
pub(crate) fn body_bytes_max(kind: Option<Kind>) -> usize {
    match kind {
        None => limits::BODY_BYTES_MAX,
        // The splitter judges exactly; this leaves room for a byte order mark and for bytes that
        // compression adds to what cannot be compressed.
        Some(_) => limits::MESSAGE_BYTES_MAX + 1024,
    }
}
