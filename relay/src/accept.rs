//! Connections: how many at once, in all and from one network address, and how long a silent one may stay. `hyper` gives
//! up on headers that never end; this also gives up on a connection that does not even begin a request or stops taking
//! an answer, and refuses those beyond what the machine can hold.
//!
//! A school, and often a whole trust, reaches the relay from one address, so the cap for an address cannot be small: it
//! is there so that no one address can take every place. What a device may do is limited by its signature instead
//! (`limit::admission`).

use crate::config::Connections;
use crate::extract::subscriber;
use crate::metrics::{self, Present};
use axum_server::accept::Accept;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long a connection may take to begin. With what a busy machine adds to it this stays under ten seconds.
pub(crate) const BEGINNING: Duration = Duration::from_secs(8);
/// Bytes that are a beginning: HTTP/2's preface, until which it is not known which limits of `hyper` apply.
const BEGUN: usize = 24;
/// How long a client may take nothing of an answer that waits for it.
const STALLED: Duration = Duration::from_secs(30);

/// Places for connections, shared by every clone.
#[derive(Debug)]
pub(crate) struct Places {
    limits: Connections,
    taken: Mutex<Taken>,
    /// Accepted from the listener, and not looked at yet.
    arriving: AtomicUsize,
    /// In their handshake, or silent since.
    beginning: AtomicUsize,
}

#[derive(Debug, Default)]
struct Taken {
    total: u32,
    by_address: HashMap<String, u32>,
}

impl Places {
    /// As many as `limits` says, all free.
    pub(crate) fn new(limits: Connections) -> Arc<Self> {
        metrics::connection_limits(limits);
        Arc::new(Self {
            limits,
            taken: Mutex::default(),
            arriving: AtomicUsize::new(0),
            beginning: AtomicUsize::new(0),
        })
    }

    /// Connections that have not begun a request yet: a stop waits for these, so that nobody who got through to the relay
    /// is turned away. Each begins or ends within [`BEGINNING`].
    pub(crate) fn beginning(&self) -> usize {
        self.arriving.load(Ordering::SeqCst) + self.beginning.load(Ordering::SeqCst)
    }

    /// The listener has accepted a connection: from this moment on it must not be turned away, although the task that will
    /// serve it has not begun.
    pub(crate) fn arrive(&self) {
        self.arriving.fetch_add(1, Ordering::SeqCst);
    }

    /// A place for a connection that arrived. It counts as beginning before it no longer counts as arriving.
    fn take(self: &Arc<Self>, address: String) -> Result<Place, &'static str> {
        let place = self.place(address);
        self.arriving.fetch_sub(1, Ordering::SeqCst);
        place
    }

    fn place(self: &Arc<Self>, address: String) -> Result<Place, &'static str> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.total >= self.limits.total {
            return Err("full");
        }
        let from_here = taken.by_address.get(&address).copied().unwrap_or(0);
        if from_here >= self.limits.each_address {
            return Err("address_full");
        }
        taken.total += 1;
        taken.by_address.insert(address.clone(), from_here + 1);
        self.beginning.fetch_add(1, Ordering::SeqCst);
        Ok(Place { places: Arc::clone(self), address, begun: false, _present: Present::connection() })
    }
}

/// One connection's place.
#[derive(Debug)]
struct Place {
    places: Arc<Places>,
    address: String,
    begun: bool,
    _present: Present,
}

impl Place {
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            self.places.beginning.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.begin();
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total = taken.total.saturating_sub(1);
        if let Some(count) = taken.by_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// A connection that may know where it comes from.
pub(crate) trait Peer {
    /// The other end.
    fn peer(&self) -> Option<IpAddr>;
}

impl Peer for TcpStream {
    fn peer(&self) -> Option<IpAddr> {
        self.peer_addr().ok().map(|address| address.ip())
    }
}

/// Puts the limits around another acceptor.
#[derive(Debug, Clone)]
pub(crate) struct Limited<A> {
    inner: A,
    places: Arc<Places>,
}

impl<A> Limited<A> {
    /// Limits for the connections of `inner`.
    pub(crate) const fn new(inner: A, places: Arc<Places>) -> Self {
        Self { inner, places }
    }
}

impl<A, I, S> Accept<I, S> for Limited<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: AsyncRead + AsyncWrite + Unpin,
    I: Peer,
{
    type Stream = Watched<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let address = stream.peer().map_or_else(|| "unknown".to_owned(), subscriber);
        let place = self.places.take(address);
        // The handshake has a time limit of its own. It starts only when it is polled, so a refused one costs nothing.
        let accepted = self.inner.accept(stream, service);
        Box::pin(async move {
            let place = place.map_err(|why| {
                metrics::connection(why);
                io::Error::other("too many connections at once")
            })?;
            let (stream, service) = accepted.await.inspect_err(|_| metrics::connection("handshake"))?;
            metrics::connection("accepted");
            let silent = Some(Box::pin(tokio::time::sleep(BEGINNING)));
            Ok((Watched { stream, received: 0, silent, stalled: None, place }, service))
        })
    }
}

/// A connection that holds its place, and ends when it does not begin or stops taking its answer.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    received: usize,
    silent: Option<Pin<Box<Sleep>>>,
    stalled: Option<Pin<Box<Sleep>>>,
    place: Place,
}

impl<S> Watched<S> {
    /// `written`, unless the client has taken nothing for too long.
    fn unless_stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALLED)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
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
            self.silent = None;
            self.place.begin();
        } else if read.is_pending()
            && self.silent.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready())
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.unless_stalled(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.unless_stalled(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.unless_stalled(cx, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.unless_stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
#[path = "accept_tests.rs"]
mod tests;
