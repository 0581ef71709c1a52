//! One connection: its stream, what is still to be written, and the answer that arrives.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use mayfly_core::http::request::Keep;
use mayfly_core::http::transport::TransportError;
use mayfly_core::time::Elapsed;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, connect, getpeername, socket_with, sockopt,
};
use rustls::ClientConnection;

use super::answer::Answer;
use super::messages::Message;
use super::stream::{Received, Stream};
use crate::http::failure;
use crate::http::hop::Hop;

/// A place for a connection, which is used again after one has ended.
pub(super) struct Connection<W> {
    pub(super) phase: Phase,
    // How many connections the place had before.
    pub(super) generation: u32,
    /// The place of the origin that it is to.
    pub(super) origin: usize,
    /// The request that is under way.
    pub(super) work: Option<W>,
    /// What comes after the answer that is arriving, if that points elsewhere.
    pub(super) next_hop: Option<Box<Hop>>,
    pub(super) answer: Answer,
    /// Since when it is idle, if it ever was.
    pub(super) idle_since: Option<Elapsed>,
    pub(super) is_idempotent: bool,
    /// Whether the server says that nothing comes after what can be read.
    pub(super) has_ended: bool,
    /// Whether it shows which version of HTTP the server speaks, and others wait for that.
    pub(super) is_first: bool,
    // Whether the request says that the connection ends with it.
    closes: bool,
    // Whether anything of the request was written.
    pub(super) has_sent: bool,
    // What is still to be written, from `n_written` on.
    out: Vec<u8>,
    n_written: usize,
    stream: Option<Stream>,
    dial: Option<Box<Dial>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    Busy,
    Connecting,
    Free,
    /// Before anything can be sent in TLS.
    Handshaking,
    Idle,
}

/// A connection that is being made: the addresses are tried in turn.
#[derive(Debug)]
struct Dial {
    addresses: Rc<[IpAddr]>,
    port: u16,
    n_tried: usize,
    attempts: Vec<OwnedFd>,
    failure: TransportError,
}

impl<W> Default for Connection<W> {
    fn default() -> Self {
        Self {
            phase: Phase::Free,
            generation: 0,
            origin: 0,
            work: None,
            next_hop: None,
            answer: Answer::default(),
            idle_since: None,
            is_idempotent: false,
            has_ended: false,
            is_first: false,
            closes: false,
            has_sent: false,
            out: Vec::new(),
            n_written: 0,
            stream: None,
            dial: None,
        }
    }
}

impl<W> Connection<W> {
    /// Begins to connect to the first of `addresses` that answers.
    pub(super) fn dial(&mut self, addresses: Rc<[IpAddr]>, port: u16) {
        self.phase = Phase::Connecting;
        self.idle_since = None;
        self.has_ended = false;
        self.dial = Some(Box::new(Dial {
            addresses,
            port,
            n_tried: 0,
            attempts: Vec::new(),
            failure: TransportError::Dns,
        }));
    }

    /// Tries the next address that can be tried, and gives its socket to `add`. Gives whether there are
    /// more.
    ///
    /// # Errors
    ///
    /// Fails with what is wrong with the last address, if all have failed.
    pub(super) fn try_next(
        &mut self,
        add: impl Fn(&OwnedFd) -> std::io::Result<()>,
    ) -> Result<bool, TransportError> {
        let Some(dial) = &mut self.dial else {
            return Ok(false);
        };
        while let Some(&address) = dial.addresses.get(dial.n_tried) {
            dial.n_tried += 1;
            let begun = begin(SocketAddr::new(address, dial.port));
            match begun.and_then(|socket| add(&socket).map(|()| socket)) {
                Ok(socket) => {
                    dial.attempts.push(socket);
                    return Ok(dial.n_tried < dial.addresses.len());
                }
                Err(error) => dial.failure = failure::of_connecting(&error),
            }
        }
        if dial.attempts.is_empty() {
            return Err(dial.failure);
        }
        Ok(false)
    }

    /// Looks which attempts have come to an end. Gives whether one has failed, after which the next
    /// address is due. The connection is `Busy` if one has succeeded.
    pub(super) fn settle(&mut self) -> bool {
        let Some(dial) = &mut self.dial else {
            return false;
        };
        let n_before = dial.attempts.len();
        let mut nth = 0;
        while nth < dial.attempts.len() {
            let attempt = &dial.attempts[nth];
            match sockopt::socket_error(attempt) {
                Ok(Err(error)) | Err(error) => {
                    dial.failure = failure::of_connecting(&error.into());
                    dial.attempts.remove(nth);
                }
                Ok(Ok(())) if getpeername(attempt).is_ok() => {
                    self.stream = Some(Stream::Plain(dial.attempts.swap_remove(nth)));
                    self.dial = None;
                    self.phase = Phase::Busy;
                    return false;
                }
                Ok(Ok(())) => nth += 1,
            }
        }
        dial.attempts.len() < n_before
    }

    /// Begins to speak TLS, before anything is sent.
    pub(super) fn encrypt(&mut self, session: ClientConnection) {
        self.stream = self.stream.take().map(|it| it.encrypt(session));
        self.phase = Phase::Handshaking;
    }

    /// Goes on with the handshake. Gives whether the server has chosen HTTP/2, once it has chosen; the
    /// connection is `Busy` then.
    ///
    /// # Errors
    ///
    /// Fails with what `failure` can tell apart.
    pub(super) fn shake_hands(&mut self) -> io::Result<Option<bool>> {
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        if !stream.shake_hands()? {
            return Ok(None);
        }
        self.phase = Phase::Busy;
        Ok(Some(stream.is_http2()))
    }

    /// Begins a request: writes what the socket takes, and the rest later.
    ///
    /// # Errors
    ///
    /// Fails if the socket takes nothing, because the connection has ended.
    pub(super) fn begin(&mut self, message: &Message, keep: Keep) -> Result<(), Errno> {
        let bytes = &message.bytes[..];
        let n_written = match &mut self.stream {
            None => 0,
            Some(stream) => match stream.send(bytes) {
                Ok(n_written) => n_written,
                Err(Errno::AGAIN) => 0,
                Err(error) => return Err(error),
            },
        };
        self.out.clear();
        self.n_written = 0;
        if n_written < bytes.len() {
            self.out.extend_from_slice(&bytes[n_written..]);
        }
        self.has_sent = 0 < n_written;
        self.is_idempotent = message.is_idempotent;
        self.closes = message.closes;
        self.next_hop = None;
        self.answer.begin(message.method, keep);
        if self.phase == Phase::Idle {
            self.phase = Phase::Busy;
        }
        Ok(())
    }

    /// Writes more of what is still to be written.
    ///
    /// Where the server takes nothing more, the bytes go nowhere, and it is for the answer to say what
    /// became of the request: a server may answer before it has read all of it, and close.
    pub(super) fn flush(&mut self) {
        while self.has_output() {
            let Some(stream) = &mut self.stream else {
                return;
            };
            match stream.send(&self.out[self.n_written..]) {
                Ok(n_written) => {
                    self.n_written += n_written;
                    self.has_sent = true;
                }
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    // Another request would not be heard.
                    self.closes = true;
                    break;
                }
            }
        }
        // A long body need not stay.
        self.out = Vec::new();
        self.n_written = 0;
    }

    /// Whether no other request can follow the answer that is there.
    pub(super) fn is_over(&self) -> bool {
        let has_ended = self.stream.as_ref().is_none_or(Stream::has_ended);
        self.has_ended || has_ended || self.closes || self.answer.closes() || self.has_output()
    }

    /// Whether not all of the request is written.
    pub(super) fn has_output(&self) -> bool {
        self.n_written < self.out.len() || self.stream.as_ref().is_some_and(Stream::has_output)
    }

    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Received {
        match &mut self.stream {
            None => Received::Nothing,
            Some(stream) => stream.receive(buffer),
        }
    }

    /// Whether something waits to be read that is for HTTP, the end of the connection too. Asks the
    /// system; what it finds is lost.
    pub(super) fn has_news(&mut self) -> bool {
        self.stream.as_mut().is_none_or(Stream::has_news)
    }

    /// Closes it, and gives the request that was under way.
    pub(super) fn close(&mut self) -> Option<W> {
        self.phase = Phase::Free;
        self.generation = self.generation.wrapping_add(1);
        if let Some(stream) = self.stream.take() {
            stream.close();
        }
        self.dial = None;
        self.is_first = false;
        self.out = Vec::new();
        self.n_written = 0;
        self.next_hop = None;
        self.work.take()
    }
}

/// A socket that connects to `address`.
fn begin(address: SocketAddr) -> std::io::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    // Without this a small request waits until the server has acknowledged the one before.
    sockopt::set_tcp_nodelay(&socket, true)?;
    match connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}
