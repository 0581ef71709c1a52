//! One connection: its socket, what is still to be written, and the answer that arrives.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use mayfly_core::http::request::Keep;
use mayfly_core::http::transport::TransportError;
use mayfly_core::time::Elapsed;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, getpeername, recv, send,
    socket_with, sockopt,
};

use super::answer::{Answer, End};
use super::messages::Message;
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
    // Whether the request says that the connection ends with it.
    closes: bool,
    // Whether anything of the request was written.
    pub(super) has_sent: bool,
    // What is still to be written, from `n_written` on.
    out: Vec<u8>,
    n_written: usize,
    socket: Option<OwnedFd>,
    dial: Option<Box<Dial>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    Busy,
    Connecting,
    Free,
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

/// What came of reading from a socket.
pub(super) enum Received {
    Bytes(usize),
    End(End),
    /// There is nothing to read now.
    Nothing,
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
            closes: false,
            has_sent: false,
            out: Vec::new(),
            n_written: 0,
            socket: None,
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
                    self.socket = Some(dial.attempts.swap_remove(nth));
                    self.dial = None;
                    self.phase = Phase::Busy;
                    return false;
                }
                Ok(Ok(())) => nth += 1,
            }
        }
        dial.attempts.len() < n_before
    }

    /// Begins a request: writes what the socket takes, and the rest later.
    ///
    /// # Errors
    ///
    /// Fails if the socket takes nothing, because the connection has ended.
    pub(super) fn begin(&mut self, message: &Message, keep: Keep) -> Result<(), Errno> {
        let bytes = &message.bytes[..];
        let n_written = match &self.socket {
            None => 0,
            Some(socket) => match send(socket, bytes, SendFlags::NOSIGNAL) {
                Ok(n_written) => n_written,
                Err(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => 0,
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
        let Some(socket) = &self.socket else {
            return;
        };
        while self.has_output() {
            match send(socket, &self.out[self.n_written..], SendFlags::NOSIGNAL) {
                Ok(n_written) => {
                    self.n_written += n_written;
                    self.has_sent = true;
                }
                Err(Errno::INTR) => (),
                Err(Errno::AGAIN | Errno::NOBUFS) => return,
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
        self.has_ended || self.closes || self.answer.closes() || self.has_output()
    }

    /// Whether not all of the request is written.
    pub(super) fn has_output(&self) -> bool {
        self.n_written < self.out.len()
    }

    pub(super) fn receive(&self, buffer: &mut [u8]) -> Received {
        let Some(socket) = &self.socket else {
            return Received::Nothing;
        };
        loop {
            match recv(socket, &mut *buffer, RecvFlags::empty()) {
                Ok((0, _)) => return Received::End(End::Closed),
                Ok((n_bytes, _)) => return Received::Bytes(n_bytes),
                Err(Errno::INTR) => (),
                Err(Errno::AGAIN) => return Received::Nothing,
                Err(_) => return Received::End(End::Reset),
            }
        }
    }

    /// Whether something waits to be read, the end of the connection too. Asks the system.
    pub(super) fn has_news(&self) -> bool {
        let Some(socket) = &self.socket else {
            return true;
        };
        recv(socket, &mut [0], RecvFlags::PEEK) != Err(Errno::AGAIN)
    }

    /// Closes it, and gives the request that was under way.
    pub(super) fn close(&mut self) -> Option<W> {
        self.phase = Phase::Free;
        self.generation = self.generation.wrapping_add(1);
        self.socket = None;
        self.dial = None;
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
