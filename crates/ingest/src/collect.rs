//! The bytes of a request's body: taken as they come when they come at once, gathered in a buffer
//! of this thread when they do not.

use std::{cell::RefCell, ops::Deref, pin::Pin, task::Poll, time::Duration};

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use spec::limits::BODY_BYTES_MAX;

use crate::{
    admission::Permit,
    deadline::{Deadlines, Overdue, Phase},
    reject::Reject,
};

/// Buffers that a thread keeps for later bodies, and how large one may be.
const KEPT_BUFFERS: usize = 32;
const KEPT_BYTES: usize = BODY_BYTES_MAX;
/// What a body that does not come at once takes of the gate at a time.
const STEP: usize = 16 << 10;
/// A refused body is read to its end up to here, so that its sender hears the refusal before the
/// connection breaks.
const DRAIN_BYTES_MAX: usize = 8 << 20;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A whole body.
pub enum Collected {
    /// It came at once.
    One(Bytes),
    /// It was gathered.
    Gathered(Buffer),
}

impl Deref for Collected {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Collected::One(bytes) => bytes,
            Collected::Gathered(buffer) => &buffer.0,
        }
    }
}

/// A buffer that goes back to its thread when dropped.
pub struct Buffer(Vec<u8>);

impl Buffer {
    fn take(bytes: usize) -> Buffer {
        let mut buffer = BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default();
        buffer.reserve(bytes);
        Buffer(buffer)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        buffer.clear();
        BUFFERS.with_borrow_mut(|kept| {
            if kept.len() < KEPT_BUFFERS && buffer.capacity() <= KEPT_BYTES {
                kept.push(buffer);
            }
        });
    }
}

/// Why a body was not gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Answer this.
    Refused(Reject),
    /// The sender is gone.
    Gone,
}

/// Reads `body` to its end, at most `bytes_max`, under the connection's deadline.
///
/// Errors: [`Broken::Refused`] with too large, too slow or overloaded; [`Broken::Gone`].
pub async fn collect(
    body: &mut Incoming,
    bytes_max: usize,
    permit: &mut Permit<'_>,
    deadlines: &Deadlines,
) -> Result<Collected, Broken> {
    let expected = body.size_hint().exact().map(|bytes| bytes as usize);
    deadlines.enter(Phase::Body);
    let collected = gather(body, expected, bytes_max, permit, deadlines).await;
    if collected.is_ok() {
        deadlines.enter(Phase::Serving);
    }
    collected
}

async fn gather(
    body: &mut Incoming,
    expected: Option<usize>,
    bytes_max: usize,
    permit: &mut Permit<'_>,
    deadlines: &Deadlines,
) -> Result<Collected, Broken> {
    let Some(first) = next(body, deadlines).await? else {
        return Ok(Collected::One(Bytes::new()));
    };
    let mut admitted = 0;
    let mut admit = |len: usize| {
        if len <= admitted {
            return Ok(());
        }
        let left = expected.map_or(usize::MAX, |expected| expected.saturating_sub(admitted));
        let more = (len - admitted).max(STEP.min(left));
        admitted += more;
        permit.grow(more).then_some(()).ok_or(Broken::Refused(Reject::Overloaded))
    };
    if expected == Some(first.len()) {
        admit(first.len())?;
        return Ok(Collected::One(first));
    }
    let mut buffer = Buffer::take(expected.unwrap_or(first.len()));
    let mut chunk = Some(first);
    while let Some(bytes) = chunk {
        let len = buffer.0.len() + bytes.len();
        if len > bytes_max {
            return Err(Broken::Refused(Reject::TooLarge));
        }
        admit(len)?;
        buffer.0.extend_from_slice(&bytes);
        chunk = next(body, deadlines).await?;
    }
    Ok(Collected::Gathered(buffer))
}

async fn next(body: &mut Incoming, deadlines: &Deadlines) -> Result<Option<Bytes>, Broken> {
    loop {
        let frame = std::future::poll_fn(|cx| match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending if deadlines.overdue() == Some(Overdue::Read(Phase::Body)) => {
                Poll::Ready(Err(Broken::Refused(Reject::TooSlow)))
            }
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(Ok(None)),
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Ok(Some(frame))),
            Poll::Ready(Some(Err(_))) => Poll::Ready(Err(Broken::Gone)),
        });
        match frame.await? {
            None => return Ok(None),
            Some(frame) => match frame.into_data() {
                Ok(bytes) if bytes.is_empty() => continue,
                Ok(bytes) => return Ok(Some(bytes)),
                Err(_trailers) => continue,
            },
        }
    }
}

/// Reads what is left of a refused body and forgets it, within bounds, while the answer goes out.
pub fn drain(mut body: Incoming) {
    if body.is_end_stream() || body.size_hint().lower() > DRAIN_BYTES_MAX as u64 {
        return;
    }
    tokio::spawn(tokio::time::timeout(DRAIN_TIME_MAX, async move {
        let mut read = 0;
        while read <= DRAIN_BYTES_MAX
            && let Some(Ok(frame)) =
                std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await
        {
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    }));
}
