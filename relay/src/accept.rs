//! Connections: how many at once, and how long a silent one may stay. `hyper` gives up on headers that never end; this
//! also gives up on a connection that never sends a byte, and refuses those beyond what the machine can hold.

use axum_server::accept::Accept;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// Connections at once. Each open inbox holds one.
const CONNECTIONS: usize = 4_096;

/// How long a connection may wait before its first byte.
const FIRST_BYTE: Duration = Duration::from_secs(10);

/// Puts the limits around another acceptor.
#[derive(Debug, Clone)]
pub(crate) struct Limited<A> {
    inner: A,
    places: Arc<Semaphore>,
}

impl<A> Limited<A> {
    /// Limits for the connections of `inner`.
    pub(crate) fn new(inner: A) -> Self {
        Self { inner, places: Arc::new(Semaphore::new(CONNECTIONS)) }
    }
}

impl<A, I, S> Accept<I, S> for Limited<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: AsyncRead + AsyncWrite + Unpin,
{
    type Stream = Watched<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let place = Arc::clone(&self.places).try_acquire_owned();
        // The handshake has a time limit of its own.
        let accepted = self.inner.accept(stream, service);
        Box::pin(async move {
            let place = place.map_err(|_| io::Error::other("too many connections at once"))?;
            let (stream, service) = accepted.await?;
            let waiting = Some(Box::pin(tokio::time::sleep(FIRST_BYTE)));
            Ok((Watched { stream, waiting, _place: place }, service))
        })
    }
}

/// A connection that holds its place, and ends when its first byte does not come.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    waiting: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() {
            self.waiting = None;
        } else if self.waiting.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    async fn watched(stream: tokio::io::DuplexStream) -> Watched<tokio::io::DuplexStream> {
        let limited = Limited::new(axum_server::accept::DefaultAcceptor::new());
        limited.accept(stream, ()).await.unwrap().0
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_ends() {
        let (_client, server) = tokio::io::duplex(16);
        let error = watched(server).await.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_spoke_may_pause() {
        let (mut client, server) = tokio::io::duplex(16);
        let mut server = watched(server).await;
        tokio::io::AsyncWriteExt::write_all(&mut client, b"a").await.unwrap();
        assert_eq!(server.read_u8().await.unwrap(), b'a');
        let speak_late = async {
            tokio::time::sleep(FIRST_BYTE * 3).await;
            tokio::io::AsyncWriteExt::write_all(&mut client, b"b").await.unwrap();
        };
        let (_, byte) = tokio::join!(speak_late, server.read_u8());
        assert_eq!(byte.unwrap(), b'b');
    }
}
