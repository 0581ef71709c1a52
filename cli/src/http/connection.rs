//! What requests go over, whichever version of HTTP it speaks. Where connections come from is in
//! `connector`.

use h2::RecvStream;
use hyper::body::{Bytes, Incoming};
use mayfly_core::http::transport::TransportError;

use super::http1::Http1;
use super::http2::{self, Http2};
use super::message::{Message, SendError};

/// A connection to a server.
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the usual one, and a box would be made for each request"
)]
pub(super) enum Connection {
    /// Of one request at a time.
    Http1(Http1),
    /// That others may share.
    Http2(Http2),
}

/// A body that is still to come.
pub(super) enum Body {
    Http1(Incoming),
    Http2(RecvStream),
}

impl Connection {
    /// Sends a message and waits for the head of the answer.
    pub(super) async fn send(
        &mut self,
        message: Message,
    ) -> Result<hyper::Response<Body>, SendError> {
        match self {
            Self::Http1(http1) => Ok(http1.send(message).await?.map(Body::Http1)),
            Self::Http2(http2) => Ok(http2.send(message).await?.map(Body::Http2)),
        }
    }

    /// The next bytes of the body of the last answer; `None` at its end.
    pub(super) async fn data(&mut self, body: &mut Body) -> Option<Result<Bytes, TransportError>> {
        match (self, body) {
            (Self::Http1(http1), Body::Http1(body)) => http1.data(body).await,
            (Self::Http2(http2), Body::Http2(body)) => http2::data(body)
                .await
                .map(|it| it.map_err(|error| http2.body_error(&error))),
            _ => unreachable!("a body is read from the connection that it came over"),
        }
    }
}
