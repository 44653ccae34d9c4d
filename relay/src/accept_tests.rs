use super::*;
use axum_server::accept::DefaultAcceptor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

impl Peer for DuplexStream {
    fn peer(&self) -> Option<IpAddr> {
        None
    }
}

/// A connection from an address.
struct From(&'static str);

impl Peer for From {
    fn peer(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }
}

fn places() -> Arc<Places> {
    Places::new(Connections { total: 3, each_address: 2 })
}

async fn watched(stream: DuplexStream, places: &Arc<Places>) -> Watched<DuplexStream> {
    places.arrive();
    assert_eq!(places.beginning(), 1, "an accepted connection counts before its task has begun");
    let limited = Limited::new(DefaultAcceptor::new(), Arc::clone(places));
    limited.accept(stream, ()).await.unwrap().0
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_silent_or_stops_at_once_ends() {
    for sent in [b"".as_slice(), b"PRI * HT"] {
        let places = places();
        let (mut client, server) = tokio::io::duplex(64);
        let mut server = watched(server, &places).await;
        assert_eq!(places.beginning(), 1);
        client.write_all(sent).await.unwrap();
        let mut all = Vec::new();
        let error = server.read_to_end(&mut all).await.unwrap_err();
        assert_eq!((error.kind(), all.as_slice()), (io::ErrorKind::TimedOut, sent));
        drop(server);
        assert_eq!(places.beginning(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_begun_may_pause() {
    let places = places();
    let (mut client, server) = tokio::io::duplex(64);
    let mut server = watched(server, &places).await;
    client.write_all(&[b'a'; BEGUN]).await.unwrap();
    server.read_exact(&mut [0; BEGUN]).await.unwrap();
    assert_eq!(places.beginning(), 0);
    let speak_late = async {
        tokio::time::sleep(BEGINNING * 3).await;
        client.write_all(b"b").await.unwrap();
    };
    let ((), byte) = tokio::join!(speak_late, server.read_u8());
    assert_eq!(byte.unwrap(), b'b');
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_of_its_answer_is_let_go() {
    let (mut client, server) = tokio::io::duplex(64);
    let mut server = watched(server, &places()).await;
    let error = server.write_all(&[b'a'; 100]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    // One that takes a little at a time is served.
    let (mut slow, server) = tokio::io::duplex(64);
    let mut server = watched(server, &places()).await;
    let read_slowly = async {
        for _ in 0..10 {
            tokio::time::sleep(STALLED / 2).await;
            slow.read_exact(&mut [0; 64]).await.unwrap();
        }
    };
    let (written, ()) = tokio::join!(server.write_all(&[b'a'; 640]), read_slowly);
    written.unwrap();
    client.shutdown().await.unwrap();
}

#[test]
fn no_address_can_take_every_place() {
    let places = places();
    let take = |from: &'static str| {
        places.arrive();
        places.take(subscriber(From(from).peer().unwrap()))
    };
    let first = take("192.0.2.1").unwrap();
    let _second = take("192.0.2.1").unwrap();
    assert_eq!(take("192.0.2.1").unwrap_err(), "address_full");
    let _other = take("192.0.2.2").unwrap();
    assert_eq!(take("192.0.2.3").unwrap_err(), "full");
    drop(first);
    assert!(take("192.0.2.1").is_ok());
}
