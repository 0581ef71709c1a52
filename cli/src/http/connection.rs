//! One connection that speaks HTTP/1.1, and the idle ones. Where connections come from is in
//! `connector`.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use mayfly_core::transport::TransportError;
use tokio::io::{AsyncRead, AsyncWrite};

use super::url::Origin;

pub(super) type Message = hyper::Request<Full<Bytes>>;

/// A stream of bytes to a server, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

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
}

type Driver = http1::Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>;

impl Connection {
    pub(super) async fn open(stream: Box<dyn Stream>) -> Result<Self, TransportError> {
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| TransportError::Connect)?;
        Ok(Self {
            sender,
            driver: Some(driver),
        })
    }

    /// Sends a message and waits for the head of the answer.
    ///
    /// # Errors
    ///
    /// The error gives the message back if nothing of it was written.
    pub(super) async fn send(
        &mut self,
        message: Message,
    ) -> Result<hyper::Response<Incoming>, TrySendError<Message>> {
        let head = self.sender.try_send_request(message);
        self.drive(head).await
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

/// Idle connections, the one used last on top: what is not needed ages at the bottom.
pub(super) struct Pool {
    idle: HashMap<Origin, Vec<Connection>>,
    n_idle: usize,
    max_idle: usize,
}

impl Pool {
    pub(super) fn new(max_idle: usize) -> Self {
        Self {
            idle: HashMap::new(),
            n_idle: 0,
            max_idle,
        }
    }

    /// The idle connection to `origin` that was used last. The server may have closed it.
    pub(super) fn take(&mut self, origin: &Origin) -> Option<Connection> {
        let connection = self.idle.get_mut(origin)?.pop()?;
        self.n_idle -= 1;
        Some(connection)
    }

    /// Keeps a connection for later, or closes it if there are too many.
    pub(super) fn put(&mut self, origin: Origin, connection: Connection) {
        if self.n_idle < self.max_idle {
            self.n_idle += 1;
            self.idle.entry(origin).or_default().push(connection);
        }
    }
}
