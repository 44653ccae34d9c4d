//! Connections: how many at once, and how long a silent one may stay. `hyper` gives up on headers that never end; this
//! also gives up on a connection that does not even begin a request, and refuses those beyond what the machine can hold.

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

/// How long a connection may take to begin.
const BEGINNING: Duration = Duration::from_secs(10);

/// Bytes that are a beginning: HTTP/2's preface, until which it is not known which limits of `hyper` apply.
const BEGUN: usize = 24;

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
            let waiting = Some(Box::pin(tokio::time::sleep(BEGINNING)));
            Ok((Watched { stream, received: 0, waiting, _place: place }, service))
        })
    }
}

/// A connection that holds its place, and ends when it does not begin.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    received: usize,
    waiting: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.received = self.received.saturating_add(buf.filled().len() - before);
        if self.received >= BEGUN {
            self.waiting = None;
        } else if read.is_pending()
            && self.waiting.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready())
        {
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn watched(stream: tokio::io::DuplexStream) -> Watched<tokio::io::DuplexStream> {
        let limited = Limited::new(axum_server::accept::DefaultAcceptor::new());
        limited.accept(stream, ()).await.unwrap().0
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_silent_or_stops_at_once_ends() {
        for sent in [b"".as_slice(), b"PRI * HT"] {
            let (mut client, server) = tokio::io::duplex(64);
            let mut server = watched(server).await;
            client.write_all(sent).await.unwrap();
            let mut all = Vec::new();
            let error = server.read_to_end(&mut all).await.unwrap_err();
            assert_eq!((error.kind(), all.as_slice()), (io::ErrorKind::TimedOut, sent));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_has_begun_may_pause() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut server = watched(server).await;
        client.write_all(&[b'a'; BEGUN]).await.unwrap();
        server.read_exact(&mut [0; BEGUN]).await.unwrap();
        let speak_late = async {
            tokio::time::sleep(BEGINNING * 3).await;
            client.write_all(b"b").await.unwrap();
        };
        let ((), byte) = tokio::join!(speak_late, server.read_u8());
        assert_eq!(byte.unwrap(), b'b');
    }
}
