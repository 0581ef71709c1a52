//! One connection that speaks HTTP/2 (RFC 9113), which many requests share.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use h2::client::{Builder, SendRequest};
use h2::{Reason, RecvStream};
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::{Authority, Scheme};
use hyper::{Uri, Version};
use mayfly_core::http::transport::{Http2Code, TransportError};
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::failure::{self, StreamEnd, code_of};
use super::message::{Message, SendError, Slot, Speaks, Spoken};
use super::wire::{Log, Stream, Wire};

/// A connection that carries many requests at once; clones are the same connection.
///
/// A task of its own turns it, as no request can do it for the others. The task ends with the last of
/// the clones and streams, which closes the connection.
pub(super) struct Http2 {
    sender: SendRequest<Bytes>,
    scheme: Scheme,
    state: Rc<State>,
    // That of the last request of this clone.
    stream: Option<OpenStream>,
}

impl Clone for Http2 {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            scheme: self.scheme.clone(),
            state: Rc::clone(&self.state),
            stream: None,
        }
    }
}

/// What its requests, and the task that turns it, tell each other.
struct State {
    log: Rc<Log>,
    n_streams: Cell<usize>,
    max_streams: Cell<usize>,
    // Told when there may be room for another stream.
    room: Notify,
    // Whether a request was sent.
    has_begun: Cell<bool>,
    // Whether a request was answered.
    has_answered: Cell<bool>,
    // Why the server has ended it, if it said so.
    go_away: Cell<Option<Http2Code>>,
}

/// One of the streams that the server takes at once.
struct OpenStream(Rc<State>);

impl OpenStream {
    /// Waits until the server takes another. Requests do not wait for that in the crate, which would
    /// send one even if it was given up meanwhile.
    async fn new(state: &Rc<State>) -> Self {
        while state.max_streams.get() <= state.n_streams.get() {
            state.room.notified().await;
        }
        state.n_streams.set(state.n_streams.get() + 1);
        Self(Rc::clone(state))
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.n_streams.set(self.0.n_streams.get() - 1);
        self.0.room.notify_one();
    }
}

impl State {
    fn set_max_streams(&self, max_streams: usize) {
        if self.max_streams.replace(max_streams) < max_streams {
            self.room.notify_waiters();
        }
    }
}

impl Http2 {
    /// How much of one body, and of all together, a server may send ahead, as in Chromium.
    const STREAM_WINDOW: u32 = 6 << 20;
    const CONNECTION_WINDOW: u32 = 15 << 20;

    /// The longest head that is read, so that one that is only too long ends no connection.
    const MAX_READ_HEAD: u32 = 4 << 20;

    /// How long what still comes for a request that was given up is passed over. What comes later is
    /// a mistake of the server, which it is told of.
    const REMEMBERS_RESETS: Duration = Duration::from_secs(30);

    /// How many requests that were given up are remembered so.
    const MAX_RESETS: usize = 10_000;

    /// Begins to speak HTTP/2 over `stream`, and waits until the server has said how many requests it
    /// takes at once, which `spoken` hears now and later.
    pub(super) async fn open(
        stream: Box<dyn Stream>,
        scheme: Scheme,
        spoken: Spoken,
        slot: Slot,
    ) -> Result<Self, TransportError> {
        // It turns itself, and so hears of its end.
        let (wire, log) = Wire::new(stream, Duration::MAX);
        let handshake = Builder::new()
            .enable_push(false)
            // No stream before the server has said how many there may be.
            .initial_max_send_streams(0)
            .initial_window_size(Self::STREAM_WINDOW)
            .initial_connection_window_size(Self::CONNECTION_WINDOW)
            .max_header_list_size(Self::MAX_READ_HEAD)
            .max_concurrent_reset_streams(Self::MAX_RESETS)
            .reset_stream_duration(Self::REMEMBERS_RESETS)
            // A server that goes on answering what was given up is no attacker.
            .max_local_error_reset_streams(None)
            .handshake::<_, Bytes>(wire);
        let handshake = handshake.await;
        let (sender, mut connection) =
            handshake.map_err(|error| failure::of_settings(&error, &log))?;
        settle(&mut connection, &log).await?;
        let max_streams = connection.max_concurrent_send_streams();
        spoken.set(Speaks::Http2 { max_streams });
        let state = Rc::new(State {
            log,
            n_streams: Cell::default(),
            max_streams: max_streams.into(),
            room: Notify::new(),
            has_begun: Cell::default(),
            has_answered: Cell::default(),
            go_away: Cell::default(),
        });
        spawn_local(turn(connection, Rc::clone(&state), spoken, slot));
        Ok(Self {
            sender,
            scheme,
            state,
            stream: None,
        })
    }

    /// Whether both are the same connection.
    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }

    /// Whether it carries no request, if this is the only clone.
    pub(super) fn is_idle(&self) -> bool {
        const POOL_AND_TASK: usize = 2;
        Rc::strong_count(&self.state) <= POOL_AND_TASK
    }

    /// Whether it takes further requests after this came of one.
    pub(super) fn takes_more(&self, error: &SendError) -> bool {
        use TransportError::{HeadTooLong, Invalid, StreamRefused, StreamReset, TooManyHeaders};
        match error {
            SendError::Unsent => false,
            SendError::Unprocessed(cause) | SendError::Failed(cause) => matches!(
                cause,
                HeadTooLong | Invalid | StreamRefused | StreamReset(_) | TooManyHeaders
            ),
        }
    }

    /// Sends a message and waits for the head of the answer. Where as many are under way as the server
    /// takes, it is sent after them.
    pub(super) async fn send(
        &mut self,
        message: Message,
    ) -> Result<hyper::Response<RecvStream>, SendError> {
        self.stream = Some(OpenStream::new(&self.state).await);
        let is_kept = self.state.has_answered.get();
        let (message, body) = self.framed(message).map_err(SendError::Failed)?;
        let has_body = !body.is_empty();
        let sent = self.sender.send_request(message, !has_body);
        let (answer, mut stream) = match sent {
            Ok(sent) => sent,
            // It has ended, or takes no further request.
            Err(_) if self.state.has_begun.get() => return Err(SendError::Unsent),
            Err(error) => return Err(self.send_error(&error, is_kept)),
        };
        self.state.has_begun.set(true);
        if has_body {
            // If it has ended meanwhile, the answer says why.
            let _ = stream.send_data(body, true);
        }
        let answer = answer.await;
        let answer = answer.map_err(|error| self.send_error(&error, is_kept))?;
        self.state.has_answered.set(true);
        check_size(answer.headers()).map_err(SendError::Failed)?;
        Ok(answer)
    }

    /// The message as HTTP/2 has it, and its body.
    fn framed(&self, message: Message) -> Result<(hyper::Request<()>, Bytes), TransportError> {
        let (mut head, body) = message.into_parts();
        let host = head.headers.remove(header::HOST);
        let authority = host.and_then(|it| Authority::try_from(it.as_bytes()).ok());
        let mut uri = head.uri.into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(authority.ok_or(TransportError::Invalid)?);
        head.uri = Uri::from_parts(uri).map_err(|_| TransportError::Invalid)?;
        head.version = Version::HTTP_2;
        leave_out_of_connection(&mut head.headers);
        if !body.is_empty() {
            head.headers
                .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Ok((hyper::Request::from_parts(head, ()), body))
    }

    fn send_error(&self, error: &h2::Error, is_kept: bool) -> SendError {
        let end = StreamEnd {
            is_kept,
            has_begun: false,
            go_away: self.state.go_away.get(),
            log: &self.state.log,
        };
        let cause = failure::of_stream(error, &end);
        // Of a connection that ends, only streams beyond the last that was processed hear the reason.
        let is_unprocessed = error.is_remote()
            && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM));
        if is_unprocessed {
            SendError::Unprocessed(cause)
        } else {
            SendError::Failed(cause)
        }
    }

    /// Why an answer that has begun did not end.
    pub(super) fn body_error(&self, error: &h2::Error) -> TransportError {
        let end = StreamEnd {
            is_kept: true,
            has_begun: true,
            go_away: self.state.go_away.get(),
            log: &self.state.log,
        };
        failure::of_stream(error, &end)
    }
}

type Turning = h2::client::Connection<Wire>;

/// Waits until the server has said how many streams it takes.
async fn settle(connection: &mut Turning, log: &Log) -> Result<(), TransportError> {
    let settled = poll_fn(|context| match pin!(&mut *connection).poll(context) {
        Poll::Ready(end) => Poll::Ready(Err(end.err())),
        Poll::Pending if 0 < connection.max_concurrent_send_streams() => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    });
    settled.await.map_err(|error| match error {
        Some(error) => failure::of_settings(&error, log),
        None => TransportError::Closed,
    })
}

/// Turns a connection until it ends.
async fn turn(mut connection: Turning, state: Rc<State>, spoken: Spoken, slot: Slot) {
    let end = poll_fn(|context| {
        let polled = pin!(&mut connection).poll(context);
        let max_streams = connection.max_concurrent_send_streams();
        spoken.set(Speaks::Http2 { max_streams });
        state.set_max_streams(max_streams);
        polled
    });
    if let Err(error) = end.await
        && error.is_go_away()
        && error.is_remote()
    {
        state.go_away.set(error.reason().map(code_of));
    }
    // Whoever waits for room is to hear of it.
    state.set_max_streams(usize::MAX);
    drop(slot);
}

/// The next bytes of a body; `None` at its end. The server may send as many more.
pub(super) async fn data(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    match body.data().await? {
        Ok(data) => {
            // Fails only if the stream has ended, and then nothing more comes.
            let _ = body.flow_control().release_capacity(data.len());
            Some(Ok(data))
        }
        // The answer is complete, and the server wants no more of the request (RFC 9113, 8.1).
        Err(error) if error.is_remote() && error.reason() == Some(Reason::NO_ERROR) => None,
        Err(error) => Some(Err(error)),
    }
}

/// Fails if the lines of a head would be too many, or too long, in HTTP/1.1.
fn check_size(headers: &HeaderMap) -> Result<(), TransportError> {
    if TransportError::MAX_HEADERS < headers.len() {
        return Err(TransportError::TooManyHeaders);
    }
    let lines = headers.iter();
    let lengths = lines.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    if TransportError::MAX_HEAD_BYTES < lengths.sum() {
        return Err(TransportError::HeadTooLong);
    }
    Ok(())
}

/// What is about a connection of HTTP/1.1 has no place here (RFC 9113, 8.2.2).
fn leave_out_of_connection(headers: &mut HeaderMap) {
    for name in [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ] {
        headers.remove(name);
    }
}
