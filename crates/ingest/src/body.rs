//! The body of an answer.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::deadline::{Deadlines, Phase};

/// Why a body broke off.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer: bytes that are there, or a stream of the fallback.
pub struct Body(Inner);

enum Inner {
    Whole(Bytes),
    Streamed { body: UnsyncBoxBody<Bytes, BodyError>, _answering: Answering },
}

/// While it lives, the connection is busy with an answer.
struct Answering(Arc<Deadlines>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}

impl Body {
    /// No bytes.
    pub fn empty() -> Body {
        Body(Inner::Whole(Bytes::new()))
    }

    pub(crate) fn streamed<B>(body: B, deadlines: Arc<Deadlines>) -> Body
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        let body = body.map_err(Into::into).boxed_unsync();
        Body(Inner::Streamed { body, _answering: Answering(deadlines) })
    }

    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self.0, Inner::Streamed { .. })
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Body {
        Body(Inner::Whole(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Body(Inner::Whole(text.into()))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Inner::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Inner::Streamed { body, .. } => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(bytes) => bytes.is_empty(),
            Inner::Streamed { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Streamed { body, .. } => body.size_hint(),
        }
    }
}
