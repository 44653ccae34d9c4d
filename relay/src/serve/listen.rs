//! The listening socket: bound here, or passed by systemd, and closed before anything else when the relay is told to
//! stop. A socket that systemd passed stays open in its hands: connections that come during a restart wait there for the
//! next relay, and none is refused.

use crate::accept::Places;
use anyhow::Context as _;
use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use std::io;
use std::net::{SocketAddr, TcpListener as Plain};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The socket that systemd passed, if any, else one bound to `address`. The second answer says whether it was passed.
///
/// # Errors
/// When the address cannot be listened on, or what was passed is no listening TCP socket.
pub(super) fn socket(address: SocketAddr) -> anyhow::Result<(Plain, bool)> {
    let passed = listenfd::ListenFd::from_env().take_tcp_listener(0).context(
        "the socket that was passed (LISTEN_FDS) is not a listening TCP socket: check the .socket unit",
    )?;
    let is_passed = passed.is_some();
    let socket = match passed {
        Some(socket) => socket,
        None => Plain::bind(address)
            .with_context(|| format!("{address} cannot be listened on: is another program using it?"))?,
    };
    socket.set_nonblocking(true)?;
    Ok((socket, is_passed))
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct From(SocketAddr);

impl Connected<From> for SocketAddr {
    fn connect_info(from: From) -> Self {
        from.0
    }
}

impl Address for From {
    type Stream = TcpStream;
    type Listener = Closing;
}

/// A listener that closes when it is told, while connections that it accepted go on.
#[derive(Debug)]
pub(super) struct Closing {
    listener: Mutex<Option<Arc<TcpListener>>>,
    address: SocketAddr,
    places: Arc<Places>,
    close: watch::Receiver<bool>,
}

impl Closing {
    /// Listens on `socket` until `close` says so, and tells `places` of each connection.
    ///
    /// # Errors
    /// When the socket is not one to listen on.
    pub(super) fn new(socket: Plain, places: Arc<Places>, close: watch::Receiver<bool>) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let listener = Mutex::new(Some(Arc::new(TcpListener::from_std(socket)?)));
        Ok(Self { listener, address, places, close })
    }

    fn listener(&self) -> Option<Arc<TcpListener>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl AddrListener<TcpStream, From> for Closing {
    /// Never asked for: the server gets a listener that listens already.
    async fn bind_to(_: From) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn accept_stream(&self) -> io::Result<(TcpStream, From)> {
        if let Some(listener) = self.listener() {
            let mut close = self.close.clone();
            tokio::select! {
                biased;
                Ok(_) = close.wait_for(|close| *close) => {}
                accepted = listener.accept() => {
                    let (stream, from) = accepted?;
                    self.places.arrive();
                    // Answers are small and whole: waiting to fill a packet only delays them.
                    stream.set_nodelay(true).ok();
                    return Ok((stream, From(from)));
                }
            }
        }
        // Closed: what has been accepted is served, and there will be no more.
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::future::pending().await
    }

    fn get_local_addr(&self) -> io::Result<From> {
        Ok(From(self.address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Connections;

    #[tokio::test]
    async fn a_closed_listener_accepts_nobody_and_keeps_a_passed_socket_alive() {
        let held = Plain::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let socket = held.try_clone().unwrap();
        socket.set_nonblocking(true).unwrap();
        let (close, closing) = watch::channel(false);
        let places = Places::new(Connections { total: 9, each_address: 9 });
        let listener = Closing::new(socket, Arc::clone(&places), closing).unwrap();
        let first = TcpStream::connect(address).await.unwrap();
        let (_, from) = listener.accept_stream().await.unwrap();
        assert_eq!(SocketAddr::connect_info(from), first.local_addr().unwrap());
        close.send_replace(true);
        let waiting = TcpStream::connect(address).await.unwrap();
        assert!(futures_util::FutureExt::now_or_never(listener.accept_stream()).is_none());
        // The next relay has the same socket, and the connection that waited.
        let socket = held.try_clone().unwrap();
        socket.set_nonblocking(true).unwrap();
        let next = Closing::new(socket, places, watch::channel(false).1).unwrap();
        let (_, from) = next.accept_stream().await.unwrap();
        assert_eq!(SocketAddr::connect_info(from), waiting.local_addr().unwrap());
    }
}
