//! Refused requests, kept for the builder who looks for them in the debugger: a bounded number per
//! source and second, a bounded piece of each, never a header.

use std::borrow::Cow;

use event_log::{Batch, Label, Tag};
use http::{Response, StatusCode};
use spec::{Refused, record};

use crate::{
    accept::{Discarded, SplitError},
    answer,
    body::Body,
    reject::Reject,
    worker::Worker,
};

/// What is kept of a refused body.
const EXCERPT_BYTES: usize = 4096;

/// A request that is not taken.
pub(crate) struct Refusal {
    reject: Reject,
    /// Whose it is; 0 when nobody knows.
    stream: u64,
    code: &'static str,
    message: Cow<'static, str>,
    excerpt: Vec<u8>,
    body_bytes: usize,
    at_ms: i64,
    /// What a strict sender hears instead of the usual answer.
    told: Option<Response<Body>>,
}

impl Refusal {
    pub(crate) fn new(reject: Reject, stream: u64, body: &[u8], at_ms: i64) -> Box<Refusal> {
        Box::new(Refusal {
            reject,
            stream,
            code: reject.code(),
            message: reject.message().into(),
            excerpt: body[..body.len().min(EXCERPT_BYTES)].to_vec(),
            body_bytes: body.len(),
            at_ms,
            told: None,
        })
    }

    /// A body that cannot be split.
    pub(crate) fn split(
        error: &SplitError,
        strict: bool,
        stream: u64,
        body: &[u8],
        at_ms: i64,
    ) -> Box<Refusal> {
        let mut refusal = Refusal::new(error.into(), stream, body, at_ms);
        refusal.message = format!("{} at byte {}", error.fault, error.at).into();
        refusal.told = strict.then(|| answer::strict_split(error, refusal.reject));
        refusal
    }

    /// A strict sender's request whose messages break rules.
    pub(crate) fn faults(
        discards: &[Discarded],
        stream: u64,
        body: &[u8],
        at_ms: i64,
    ) -> Box<Refusal> {
        let mut refusal = Refusal::new(Reject::InvalidMessages, stream, body, at_ms);
        if let Some(first) = discards.first() {
            refusal.message = first.fault.detail.clone();
        }
        let faults = discards.iter().map(|d| (d.index, d.message_id.as_deref(), &d.fault));
        refusal.told = Some(answer::strict_faults(faults));
        refusal
    }

    /// For a body that was not read: how long it said it was.
    pub(crate) fn unread(mut self: Box<Self>, body_bytes: usize) -> Box<Refusal> {
        self.body_bytes = body_bytes;
        self
    }

    /// Whether there is room to keep it.
    pub(crate) fn spend(&self, worker: &Worker) -> bool {
        let kept = worker.shared.refused.spend(self.stream, self.at_ms);
        worker.meters.kept(kept);
        kept
    }

    /// Adds it to `batch`, with the status that the sender hears.
    pub(crate) fn record(&self, status: u16, path: &str, batch: &mut Batch) {
        let refused = Refused {
            status,
            code: self.code.into(),
            message: self.message.to_string(),
            path: path.chars().take(256).collect(),
            excerpt: self.excerpt.clone(),
            body_bytes: u32::try_from(self.body_bytes).unwrap_or(u32::MAX),
        };
        let label = Label {
            kind: record::REFUSED,
            stream: self.stream,
            time_ms: self.at_ms,
            tag: Tag::None,
        };
        batch.push(label, &record::encode(&refused));
    }
}

/// Keeps `refusal`, if its sender did wrong, and answers.
pub(crate) async fn refuse(worker: &Worker, refusal: Refusal, path: &str) -> Response<Body> {
    let status = refusal.reject.status();
    worker.meters.rejected(refusal.reject);
    if status == StatusCode::BAD_REQUEST && refusal.spend(worker) {
        let mut batch = Batch::new();
        refusal.record(status.as_u16(), path, &mut batch);
        // The sender did wrong whether or not the log can take a note of it.
        let _ = worker.lane.append(batch).await;
    }
    refusal.told.unwrap_or_else(|| answer::rejection(refusal.reject))
}
