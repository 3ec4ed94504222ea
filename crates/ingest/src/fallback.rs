//! Every path that is not ours: handed to a service on another runtime.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tower::{Service, ServiceExt as _, util::BoxCloneSyncService};

use crate::{
    answer,
    body::{Body, BodyError},
    deadline::{Deadlines, Phase},
    worker::Worker,
};

/// Answers what is not the tracking API's: an `axum::Router`, or anything like it.
pub type Fallback = BoxCloneSyncService<
    Request<RequestBody>,
    Response<UnsyncBoxBody<Bytes, BodyError>>,
    Infallible,
>;

/// Makes a [`Fallback`] of a service.
pub fn fallback<S, B>(service: S) -> Fallback
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    let boxed =
        |response: Response<B>| response.map(|body| body.map_err(Into::into).boxed_unsync());
    BoxCloneSyncService::new(service.map_response(boxed))
}

/// Who is at the other end of a connection; the fallback finds it in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The address, after trusted proxies were taken into account.
    pub ip: IpAddr,
    /// Whether the connection is TLS.
    pub secure: bool,
}

/// A request's body on its way to the fallback, under the connection's deadline.
pub struct RequestBody {
    body: Incoming,
    uploading: Option<Arc<Deadlines>>,
}

impl RequestBody {
    fn new(body: Incoming, deadlines: &Arc<Deadlines>) -> RequestBody {
        let uploading = (!body.is_end_stream()).then(|| deadlines.clone());
        if let Some(deadlines) = &uploading {
            deadlines.enter(Phase::Upload);
        }
        RequestBody { body, uploading }
    }

    fn done(&mut self) {
        if let Some(deadlines) = self.uploading.take()
            && deadlines.phase() == Phase::Upload
        {
            deadlines.enter(Phase::Serving);
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(None) = frame {
            self.done();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.done();
    }
}

/// Has the fallback answer `request`.
pub(crate) async fn forward(
    worker: &Worker,
    peer: Peer,
    deadlines: &Arc<Deadlines>,
    request: Request<Incoming>,
) -> Response<Body> {
    let mut request = request.map(|body| RequestBody::new(body, deadlines));
    request.extensions_mut().insert(peer);
    let service = worker.shared.fallback.clone();
    match worker.shared.runtime.spawn(service.oneshot(request)).await {
        Ok(Ok(response)) => response.map(|body| Body::streamed(body, deadlines.clone())),
        Ok(Err(never)) => match never {},
        Err(error) => {
            tracing::error!(error = %error, "a request handler failed");
            let body =
                r#"{"errors":[{"code":"internal","message":"the server failed to answer"}]}"#;
            answer::json(StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(body.as_bytes()))
        }
    }
}
