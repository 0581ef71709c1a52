//! One connection that speaks HTTP/1.1.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Uri;
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{self, HeaderValue};
use hyper::http::uri::{Authority, Scheme};
use hyper_util::rt::TokioIo;
use mayfly_core::http::transport::TransportError;

use super::failure;
use super::message::{Message, SendError, Slot};
use super::wire::{Log, Stream, Wire};

/// A connection that carries one request after another.
///
/// Hyper wants its side of a connection to be polled by a task of its own. Here whoever waits for an
/// answer polls it. That saves waking two tasks for every request, and dropping the request drops
/// the connection, which closes it at once. The price is that nobody notices when a server closes an
/// idle connection, before it is next taken.
pub(super) struct Http1 {
    sender: SendRequest<Full<Bytes>>,
    // `None` once the connection is closed.
    driver: Option<Driver>,
    log: Rc<Log>,
    via: Option<Via>,
    // Taken as long as there is the connection.
    _slot: Slot,
}

/// That the other end is a proxy, which passes requests of plain text on.
pub(super) struct Via {
    /// Where it passes them on to.
    pub(super) authority: Authority,
    /// What it is shown.
    pub(super) authorization: Option<HeaderValue>,
}

type Driver = http1::Connection<TokioIo<Wire>, Full<Bytes>>;

impl Http1 {
    pub(super) async fn open(
        stream: Box<dyn Stream>,
        via: Option<Via>,
        slot: Slot,
        look_after: Duration,
    ) -> Result<Self, TransportError> {
        let (wire, log) = Wire::new(stream, look_after);
        let (sender, driver) = http1::Builder::new()
            // As browsers do: lines that go on in the next one are read, and those that are none are
            // passed over.
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_headers(TransportError::MAX_HEADERS)
            .max_header_size(TransportError::MAX_HEAD_BYTES)
            .max_buf_size(TransportError::MAX_HEAD_BYTES)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|_| TransportError::Connect)?;
        Ok(Self {
            sender,
            driver: Some(driver),
            log,
            via,
            _slot: slot,
        })
    }

    /// Sends a message and waits for the head of the answer.
    pub(super) async fn send(
        &mut self,
        mut message: Message,
    ) -> Result<hyper::Response<Incoming>, SendError> {
        if let Some(via) = &self.via {
            via.address(&mut message).map_err(SendError::Failed)?;
        }
        self.log.begin();
        let head = self.sender.try_send_request(message.map(Full::new));
        let head = self.drive(head).await;
        head.map_err(|error| {
            let is_unsent = error.message().is_some() || self.log.is_unsent();
            if self.log.is_reused() && is_unsent {
                return SendError::Unsent;
            }
            SendError::Failed(failure::of_head(&error.into_error(), &self.log))
        })
    }

    /// The next bytes of a body; `None` at its end.
    pub(super) async fn data(
        &mut self,
        body: &mut Incoming,
    ) -> Option<Result<Bytes, TransportError>> {
        loop {
            let frame = self.drive(body.frame()).await?;
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => return Some(Ok(data)),
                // Trailers are not part of the body.
                Ok(Err(_)) => (),
                Err(_) => return Some(Err(failure::of_body(&self.log))),
            }
        }
    }

    /// Does what `work` waits for, until it is done.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            self.turn(context);
            // Saves a turn of the runtime, which the progress of the connection has asked for.
            work.as_mut().poll(context)
        })
        .await
    }

    /// Whether another request can be sent. True only after the last answer was received to its end.
    pub(super) async fn is_reusable(&mut self) -> bool {
        self.log.rest();
        poll_fn(|context| {
            self.turn(context);
            Poll::Ready(self.driver.is_some() && self.sender.is_ready())
        })
        .await
    }

    fn turn(&mut self, context: &mut Context<'_>) {
        let Some(driver) = &mut self.driver else {
            return;
        };
        // What went wrong is told to whoever waits for the answer.
        if Pin::new(driver).poll(context).is_ready() {
            self.driver = None;
        }
    }
}

impl Via {
    /// A proxy is told the whole URL (RFC 9112, 3.2.2), and who asks.
    fn address(&self, message: &mut Message) -> Result<(), TransportError> {
        let mut uri = message.uri().clone().into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.authority.clone());
        *message.uri_mut() = Uri::from_parts(uri).map_err(|_| TransportError::Invalid)?;
        if let Some(authorization) = &self.authorization {
            // What the plan says itself wins.
            let entry = message.headers_mut().entry(header::PROXY_AUTHORIZATION);
            entry.or_insert_with(|| authorization.clone());
        }
        Ok(())
    }
}
