//! Bodies that come too slowly. Headers and handshakes have limits of their own (`accept`, `serve`); this is for a client
//! that has sent those and then a byte a second: it is held to a minimum rate, so that a few hundred of them cannot
//! keep the relay's memory and connections for as long as they like.

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Any body may take this long, however little comes.
const GRACE: Duration = Duration::from_secs(6);
/// Bytes a second that a body must come at after that, on average: a tenth of the slowest line in a school.
const RATE: u32 = 4 * 1024;

/// A body held to the minimum rate.
pub(crate) struct Paced {
    body: Body,
    began: Instant,
    received: u64,
    limit: Pin<Box<Sleep>>,
}

impl Paced {
    /// Starts the clock for `body`.
    pub(crate) fn new(body: Body) -> Self {
        Self { body, began: Instant::now(), received: 0, limit: Box::pin(tokio::time::sleep(GRACE)) }
    }

    /// When the body will be too slow unless more comes.
    fn deadline(&self) -> Instant {
        self.began + GRACE + Duration::from_secs(self.received) / RATE
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                let deadline = this.deadline();
                this.limit.as_mut().reset(deadline);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Pending => this.limit.as_mut().poll(cx).map(|()| {
                let slow = io::Error::new(io::ErrorKind::TimedOut, "the body came too slowly");
                Some(Err(axum::Error::new(slow)))
            }),
            ready => ready,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body_util::BodyExt as _;

    /// A body of `count` pieces of `size` bytes, one every `each`.
    fn dripping(count: usize, size: usize, each: Duration) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            if sent == count {
                return None;
            }
            tokio::time::sleep(each).await;
            Some((Ok::<_, io::Error>(Bytes::from(vec![b'a'; size])), sent + 1))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_is_cut_off_and_a_slow_line_is_not() {
        let began = Instant::now();
        let drip = Paced::new(dripping(1_000, 10, Duration::from_secs(1)));
        assert!(drip.collect().await.is_err());
        assert!(began.elapsed() <= GRACE + Duration::from_secs(2), "{:?}", began.elapsed());
        let line = Paced::new(dripping(64, 8 * 1024, Duration::from_secs(1)));
        assert_eq!(line.collect().await.unwrap().to_bytes().len(), 512 * 1024);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_cut_off() {
        let began = Instant::now();
        let silent = Paced::new(dripping(1, 1, Duration::from_secs(3_600)));
        assert!(silent.collect().await.is_err());
        assert_eq!(began.elapsed(), GRACE);
    }
}
