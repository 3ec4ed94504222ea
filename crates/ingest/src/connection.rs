//! One connection: requests one after another, until it closes, is overdue, or we stop.

use std::{
    convert::Infallible,
    future::Future as _,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    answer,
    deadline::{Overdue, Phase},
    fallback::Peer,
    reject::Reject,
    respond::respond,
    stream::Timed,
    worker::Worker,
};

/// Serves `io` until it ends.
pub(crate) async fn serve<S>(worker: Arc<Worker>, io: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let deadlines = worker.watch.connection();
    let io = TokioIo::new(Timed::new(io, deadlines.clone()));
    let service = {
        let (worker, deadlines) = (worker.clone(), deadlines.clone());
        service_fn(move |request| {
            let answer = respond(worker.clone(), peer, deadlines.clone(), request);
            async move { Ok::<_, Infallible>(answer.await) }
        })
    };
    let mut connection = worker.protocol.serve_connection(io, service);
    let mut stopped = pin!(worker.shared.stop.said());
    let mut registered = false;
    let mut told = false;
    let ended = std::future::poll_fn(|cx| {
        if !registered {
            // A task keeps its waker, so these are told once and cost later polls nothing.
            deadlines.wake(cx.waker());
            let _ = stopped.as_mut().poll(cx);
            registered = true;
        }
        if !told && worker.shared.stop.is_stopped() {
            Pin::new(&mut connection).graceful_shutdown();
            told = true;
        }
        match deadlines.overdue() {
            Some(Overdue::Read(Phase::Body)) => {
                // The one who reads the body sees it too, and answers.
                let polled = Pin::new(&mut connection).poll(cx);
                if deadlines.phase() == Phase::Body {
                    deadlines.enter(Phase::Closing);
                }
                polled.map(|_| None)
            }
            Some(overdue) => Poll::Ready(Some(overdue)),
            None => Pin::new(&mut connection).poll(cx).map(|_| None),
        }
    })
    .await;
    if ended == Some(Overdue::Read(Phase::Head)) {
        last_words(connection.into_parts().io.into_inner().into_inner()).await;
    }
}

/// Tells a sender that was too slow why it is cut, if it takes that at once.
async fn last_words<S: AsyncWrite + Unpin>(mut io: S) {
    let words = answer::last_words(Reject::TooSlow);
    let write = std::future::poll_fn(|cx| match Pin::new(&mut io).poll_write(cx, &words) {
        Poll::Pending => Poll::Ready(Ok(0)),
        ready => ready,
    });
    let _: io::Result<usize> = write.await;
    let _ = std::future::poll_fn(|cx| match Pin::new(&mut io).poll_shutdown(cx) {
        Poll::Pending => Poll::Ready(Ok(())),
        ready => ready,
    })
    .await;
}
