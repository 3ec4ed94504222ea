//! What was said over HTTP, for whoever looks on at one delivery. Knows no secrets: whoever shows
//! it takes out what must not be shown.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

/// Of a body this much is recorded.
pub const RECORDED_BYTES_MAX: usize = 64 * 1024;

/// Records what clients made from a [`crate::World`] with it say and hear. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Exchange>>>);

/// A request, and what was answered. Sensitive headers are marked as such.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its method.
    pub method: Method,
    /// Where it went.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// The answer, when one came.
    pub answer: Option<Heard>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The beginning of its body, as far as it was read; at most [`RECORDED_BYTES_MAX`].
    pub body: Vec<u8>,
}

impl Recorder {
    /// Everything that was said, in order; more than one where redirects were followed.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.lock().clone()
    }

    pub(crate) fn asked(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) {
        let body = body.slice(..body.len().min(RECORDED_BYTES_MAX));
        let (method, uri, headers) = (method.clone(), uri.clone(), headers.clone());
        self.lock().push(Exchange { method, uri, headers, body, answer: None });
    }

    pub(crate) fn heard(&self, status: StatusCode, headers: &HeaderMap) {
        if let Some(exchange) = self.lock().last_mut() {
            let heard = Heard { status: status.as_u16(), headers: headers.clone(), body: vec![] };
            exchange.answer = Some(heard);
        }
    }

    pub(crate) fn heard_more(&self, data: &[u8]) {
        if let Some(heard) = self.lock().last_mut().and_then(|exchange| exchange.answer.as_mut()) {
            let room = RECORDED_BYTES_MAX - heard.body.len();
            heard.body.extend_from_slice(&data[..data.len().min(room)]);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}
