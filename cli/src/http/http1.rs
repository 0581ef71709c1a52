//! One connection that speaks HTTP/1.1. Where connections come from is in `connector`.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use mayfly_core::http::transport::TransportError;

use super::failure;
use super::wire::{Log, Stream, Wire};

/// Says that there is a connection, or will be soon.
pub(super) type Slot = Rc<()>;

pub(super) type Message = hyper::Request<Full<Bytes>>;

/// A connection to a server.
///
/// Hyper wants its side of a connection to be polled by a task of its own. Here whoever waits for an
/// answer polls it. That saves waking two tasks for every request, and dropping the request drops
/// the connection, which closes it at once. The price is that nobody notices when a server closes an
/// idle connection, before it is next taken.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    // `None` once the connection is closed.
    driver: Option<Driver>,
    log: Rc<Log>,
    // Taken as long as there is the connection.
    _slot: Slot,
}

type Driver = http1::Connection<TokioIo<Wire>, Full<Bytes>>;

/// Why there was no head of an answer.
pub(super) enum SendError {
    /// The server had closed the connection, which was idle, and has seen nothing of the message.
    Unsent,
    /// Anything else.
    Failed(TransportError),
}

impl Connection {
    pub(super) async fn open(stream: Box<dyn Stream>, slot: Slot) -> Result<Self, TransportError> {
        let (wire, log) = Wire::new(stream);
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
            _slot: slot,
        })
    }

    /// Sends a message and waits for the head of the answer.
    pub(super) async fn send(
        &mut self,
        message: Message,
    ) -> Result<hyper::Response<Incoming>, SendError> {
        self.log.begin();
        let head = self.sender.try_send_request(message);
        let head = self.drive(head).await;
        head.map_err(|error| {
            let is_unsent = error.message().is_some() || self.log.is_unsent();
            if self.log.is_reused() && is_unsent {
                return SendError::Unsent;
            }
            SendError::Failed(failure::of_head(&error.into_error(), &self.log))
        })
    }

    /// Why an answer that has begun did not end.
    pub(super) fn body_error(&self) -> TransportError {
        failure::of_body(&self.log)
    }

    /// Does what `work` waits for, until it is done.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
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
