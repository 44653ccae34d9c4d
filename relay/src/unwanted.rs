//! Bodies that nobody wanted. "Not now", "not you" and "too large" are often said before the body has come, and a client
//! on HTTP/1.1 listens only when it has sent everything: a connection that is closed meanwhile takes the answer, and the
//! `Retry-After` in it, with it. So what is still coming is read and forgotten while the answer is on its way. How
//! slowly it may come is in `slow`; what is done with wanted bodies, in `api::body` and with the pages' forms.

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

/// Bytes that are forgotten before the connection is ended instead.
const FORGOTTEN: usize = 64 * 1024 * 1024;

/// A body that is read to its end, wanted or not.
pub(crate) struct Finished<B: Body<Data = Bytes> + Send + Unpin + 'static>(Option<B>);

impl<B: Body<Data = Bytes> + Send + Unpin> Finished<B> {
    /// Sees `body` to its end.
    pub(crate) const fn new(body: B) -> Self {
        Self(Some(body))
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin> Body for Finished<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.0 = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drop for Finished<B> {
    fn drop(&mut self) {
        let Some(body) = self.0.take().filter(|body| !body.is_end_stream()) else { return };
        // Without a runtime there is no connection either.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(forget(body));
        }
    }
}

async fn forget<B: Body<Data = Bytes> + Unpin>(mut body: B) {
    let mut left = FORGOTTEN;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    /// Refuses without reading, as a relay with too much to do.
    async fn refuse(request: Request) -> StatusCode {
        drop(Finished::new(request.into_body()));
        StatusCode::SERVICE_UNAVAILABLE
    }

    async fn read_answer(stream: &mut TcpStream) -> String {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer
                .push(stream.read_u8().await.expect("the answer reaches a client that has sent everything"));
        }
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn whoever_sends_everything_first_still_hears_the_answer_and_goes_on_with_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(axum::serve(listener, Router::new().route("/", post(refuse))).into_future());
        for _ in 0..2 {
            let head = b"POST / HTTP/1.1\r\nHost: relay\r\nContent-Length: 4000000\r\n\r\n";
            stream.write_all(head).await.unwrap();
            for _ in 0..40 {
                stream.write_all(&[b' '; 100_000]).await.expect("the relay goes on taking the body");
                tokio::task::yield_now().await;
            }
            assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 503 "));
        }
    }

    #[tokio::test]
    async fn a_body_that_was_read_is_read_once() {
        let mut body = Finished::new(axum::body::Body::from("whole"));
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "whole");
        assert!(body.frame().await.is_none() && body.is_end_stream());
    }
}
