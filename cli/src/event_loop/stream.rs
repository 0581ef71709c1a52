//! The bytes of a connection, encrypted or not. Nothing here waits.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg};
use rustls::ClientConnection;

use super::answer::End;
use crate::http::failure;

/// A connection to a server.
pub(super) enum Stream {
    Plain(OwnedFd),
    Tls(Box<Tls>),
}

/// What came of reading.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Received {
    Bytes(usize),
    End(End),
    /// There is nothing to read now.
    Nothing,
}

/// A connection over which TLS is spoken.
pub(super) struct Tls {
    session: ClientConnection,
    socket: OwnedFd,
    // How many bytes the system has taken.
    n_written: usize,
    // Why no more can be read than is there.
    end: Option<End>,
    has_ended: bool,
}

impl Stream {
    /// Begins to speak TLS.
    pub(super) fn encrypt(self, session: ClientConnection) -> Self {
        match self {
            Self::Plain(socket) => Self::Tls(Box::new(Tls {
                session,
                socket,
                n_written: 0,
                end: None,
                has_ended: false,
            })),
            Self::Tls(_) => self,
        }
    }

    /// Goes on with the handshake. Gives whether it is done.
    ///
    /// # Errors
    ///
    /// Fails with what `failure` can tell apart.
    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(tls) => tls.shake_hands(),
        }
    }

    /// Whether the server has chosen HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.session.alpn_protocol() == Some(b"h2"),
        }
    }

    /// Sends some of `bytes`, and gives how many. Where there are none, it sends what it has taken before.
    ///
    /// # Errors
    ///
    /// Fails with `AGAIN` if it takes nothing now, and with anything else if it will take nothing more.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        match self {
            Self::Plain(socket) => send_to(socket, bytes),
            Self::Tls(tls) => tls.send(bytes),
        }
    }

    /// Whether it has taken what it has not sent yet.
    pub(super) fn has_output(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.session.wants_write(),
        }
    }

    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Received {
        match self {
            Self::Plain(socket) => match receive_from(socket, buffer) {
                Ok(0) => Received::End(End::Closed),
                Ok(n_bytes) => Received::Bytes(n_bytes),
                Err(Errno::AGAIN) => Received::Nothing,
                Err(_) => Received::End(End::Reset),
            },
            Self::Tls(tls) => tls.receive(buffer),
        }
    }

    /// Whether there is something to read, the end too. Asks the system.
    ///
    /// What a server says in TLS need not be for HTTP: a new key, or a ticket to come back with.
    pub(super) fn has_news(&mut self) -> bool {
        match self {
            Self::Plain(socket) => recv(socket, &mut [0], RecvFlags::PEEK) != Err(Errno::AGAIN),
            // Whoever asks does not read what it is.
            Self::Tls(tls) => tls.receive(&mut [0]) != Received::Nothing,
        }
    }

    /// Whether the server has said that nothing comes after what was read.
    pub(super) fn has_ended(&self) -> bool {
        match self {
            // There is no way to know without a call to the system.
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.has_ended,
        }
    }

    /// Closes it. The server is told so in TLS, where it can be told at once.
    pub(super) fn close(self) {
        if let Self::Tls(mut tls) = self
            && !tls.session.is_handshaking()
        {
            tls.session.send_close_notify();
            // Nobody waits for what comes of it.
            let _ = tls.push();
        }
    }
}

impl Tls {
    fn shake_hands(&mut self) -> io::Result<bool> {
        loop {
            let pushed = self.push();
            if pushed.is_ok() && !self.session.is_handshaking() {
                return Ok(true);
            }
            // A server that takes nothing more may have said why.
            match (self.pull()?, pushed) {
                (Some(0), _) => return Err(ErrorKind::UnexpectedEof.into()),
                (Some(_), _) => (),
                (None, pushed) => return pushed.map(|_| false),
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let n_before = self.n_written;
        let mut n_taken = 0;
        loop {
            // It has room for so many that it encrypts, as long as others are not sent.
            n_taken += self.session.writer().write(&bytes[n_taken..]).unwrap_or(0);
            match self.push() {
                Ok(true) if n_taken < bytes.len() => (),
                Ok(true) => return Ok(n_taken),
                Ok(false) if n_taken == 0 => return Err(Errno::AGAIN),
                Ok(false) => return Ok(n_taken),
                // The server has seen nothing of them.
                Err(_) if self.n_written == n_before => return Err(Errno::PIPE),
                Err(_) => return Ok(n_taken),
            }
        }
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Received {
        loop {
            match self.session.reader().read(buffer) {
                Ok(0) => return Received::End(End::Closed),
                Ok(n_bytes) => return Received::Bytes(n_bytes),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    return Received::End(End::Cut);
                }
                Err(_) => (),
            }
            if let Some(end) = self.end {
                return Received::End(end);
            }
            match self.pull() {
                Ok(None) => return Received::Nothing,
                Ok(Some(_)) => (),
                Err(error) => {
                    self.has_ended = true;
                    self.end = Some(match failure::refuses_client(&error) {
                        true => End::Refused,
                        false => End::Reset,
                    });
                }
            }
        }
    }

    /// Sends what is encrypted. Gives whether that was all.
    fn push(&mut self) -> io::Result<bool> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut Socket(&self.socket)) {
                Ok(n_bytes) => self.n_written += n_bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Takes what has come. Gives how many bytes that were, with none at the end; `None` if nothing has.
    fn pull(&mut self) -> io::Result<Option<usize>> {
        let n_bytes = match self.session.read_tls(&mut Socket(&self.socket)) {
            Ok(n_bytes) => n_bytes,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        let taken = self.session.process_new_packets();
        // What is wrong is said to the server too. Whether that is heard is no matter.
        let _ = self.push();
        let state = taken.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        self.has_ended = n_bytes == 0 || state.peer_has_closed();
        Ok(Some(n_bytes))
    }
}

/// A socket as the standard library has it.
struct Socket<'a>(&'a OwnedFd);

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(receive_from(self.0, buffer)?)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send_to(self.0, bytes)?)
    }

    /// All that there is at once: parts of a handshake would be packets of their own.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        loop {
            let nothing = &mut SendAncillaryBuffer::default();
            match sendmsg(self.0, parts, nothing, SendFlags::NOSIGNAL) {
                Err(Errno::INTR) => (),
                Err(Errno::NOBUFS) => return Err(ErrorKind::WouldBlock.into()),
                sent => return Ok(sent?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fails with `AGAIN` if the socket takes nothing now.
fn send_to(socket: &OwnedFd, bytes: &[u8]) -> Result<usize, Errno> {
    loop {
        match send(socket, bytes, SendFlags::NOSIGNAL) {
            Err(Errno::INTR) => (),
            Err(Errno::NOBUFS) => return Err(Errno::AGAIN),
            sent => return sent,
        }
    }
}

/// Fails with `AGAIN` if there is nothing to read now. None are the end.
fn receive_from(socket: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    loop {
        match recv(socket, &mut *buffer, RecvFlags::empty()) {
            Err(Errno::INTR) => (),
            received => return received.map(|(n_bytes, _)| n_bytes),
        }
    }
}
