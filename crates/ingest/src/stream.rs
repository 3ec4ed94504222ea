//! The bytes of one connection, under its deadlines.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{answer, deadline::Deadlines};

/// A socket that tells its [`Deadlines`] what comes and goes, and gives the protocol library's
/// own refusals, which have no body, the body that our senders expect.
pub struct Timed<S> {
    io: S,
    deadlines: Arc<Deadlines>,
    /// What is left of a refusal that is written in place of the library's.
    instead: Bytes,
    /// Length of the library's refusal, until ours is written.
    replaced: usize,
}

impl<S> Timed<S> {
    /// Watches over `io`.
    pub fn new(io: S, deadlines: Arc<Deadlines>) -> Timed<S> {
        Timed { io, deadlines, instead: Bytes::new(), replaced: 0 }
    }

    /// The socket alone.
    pub fn into_inner(self) -> S {
        self.io
    }
}

impl<S: AsyncWrite + Unpin> Timed<S> {
    /// Writes what must be known of each write: that it is blocked, or that it is a refusal.
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        first: &[u8],
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.replaced == 0
            && let Some(refusal) = answer::in_place_of(first)
        {
            self.instead = refusal;
            self.replaced = first.len();
        }
        while !self.instead.is_empty() {
            match Pin::new(&mut self.io).poll_write(cx, &self.instead) {
                Poll::Ready(written) => self.instead.advance(written?),
                Poll::Pending => {
                    self.deadlines.blocked();
                    return Poll::Pending;
                }
            }
        }
        if self.replaced > 0 {
            return Poll::Ready(Ok(std::mem::take(&mut self.replaced)));
        }
        let written = write(Pin::new(&mut self.io), cx);
        if written.is_pending() {
            self.deadlines.blocked();
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.deadlines.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, buf, |io, cx| io.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.first().map_or(&[][..], |buf| buf);
        self.write(cx, first, |io, cx| io.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// The protocol library asks for this only when it has handed over all it had.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        match flushed {
            Poll::Ready(_) => self.deadlines.flushed(),
            Poll::Pending => self.deadlines.blocked(),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(cx);
        if shut.is_pending() {
            self.deadlines.blocked();
        }
        shut
    }
}
