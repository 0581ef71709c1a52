//! The bytes of a connection, and what they tell: how far an answer came, how it began, and how the
//! connection ended. HTTP itself is hyper's.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_rustls::client::TlsStream;

/// A stream of bytes to a server, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Whether something waits to be read, the end of the stream too. False if it is encrypted: then
    /// what waits need not be for HTTP.
    fn has_news(&self) -> bool;
}

impl Stream for TcpStream {
    #[cfg(unix)]
    fn has_news(&self) -> bool {
        has_news(self)
    }

    #[cfg(not(unix))]
    fn has_news(&self) -> bool {
        false
    }
}

#[cfg(unix)]
impl Stream for UnixStream {
    fn has_news(&self) -> bool {
        has_news(self)
    }
}

impl Stream for TlsStream<Box<dyn Stream>> {
    fn has_news(&self) -> bool {
        false
    }
}

/// Asks the system itself, which does not wait.
#[cfg(unix)]
fn has_news(socket: &impl std::os::fd::AsFd) -> bool {
    use rustix::net::{RecvFlags, recv};
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    recv(socket, &mut [0], flags) != Err(rustix::io::Errno::AGAIN)
}

/// A stream that keeps a [`Log`].
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    log: Rc<Log>,
}

/// What happened on a connection since a request was begun.
#[derive(Debug, Default)]
pub(super) struct Log {
    n_sent: Cell<usize>,
    n_received: Cell<usize>,
    // The first bytes that were received, `n_received` of them at most.
    start: Cell<[u8; Self::START]>,
    end: Cell<Option<End>>,
    // When the last answer was there, if there was one.
    idle_since: Cell<Option<Instant>>,
    must_look: Cell<bool>,
    look_after: Duration,
}

/// How a connection ended, as its client sees it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// The server said that nothing more comes.
    Closed,
    /// The server said in TLS that it has no use for this client.
    Alert(AlertDescription),
    /// The connection broke.
    Reset,
}

impl End {
    fn of(error: &io::Error) -> Self {
        let cause = error.get_ref();
        match cause.and_then(|it| it.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::AlertReceived(alert)) => Self::Alert(*alert),
            _ => Self::Reset,
        }
    }
}

impl Log {
    /// How many of the first bytes are kept: enough to tell protocols apart.
    const START: usize = 9;

    /// Begins a request on a connection that may have carried others.
    pub(super) fn begin(&self) {
        self.n_sent.set(0);
        self.n_received.set(0);
        let idle_since = self.idle_since.get();
        let must_look = idle_since.is_some_and(|it| self.look_after <= it.elapsed());
        self.must_look.set(must_look);
    }

    /// An answer is there, and another request may follow.
    pub(super) fn rest(&self) {
        self.idle_since.set(Some(Instant::now()));
    }

    /// Whether the connection carried a request before this one.
    pub(super) fn is_reused(&self) -> bool {
        self.idle_since.get().is_some()
    }

    /// Whether the server cannot have seen anything of the request.
    pub(super) fn is_unsent(&self) -> bool {
        self.n_sent.get() == 0
    }

    pub(super) fn n_received(&self) -> usize {
        self.n_received.get()
    }

    pub(super) fn end(&self) -> Option<End> {
        self.end.get()
    }

    /// The first bytes that were received: none, if there were none, and at most
    /// [`START`](Self::START).
    pub(super) fn start(&self) -> Vec<u8> {
        let length = self.n_received.get().min(Self::START);
        self.start.get()[..length].to_vec()
    }

    /// Which digit of what was just received is the minor version of the answer.
    ///
    /// A client of 1.1 can read all of 1 (RFC 9110, 2.5), and hyper takes no other than 1.0 and 1.1.
    fn unknown_minor(&self, bytes: &[u8]) -> Option<usize> {
        const BEFORE: &[u8] = b"HTTP/1.";
        let n_before = self.n_received.get();
        let at = BEFORE.len().checked_sub(n_before)?;
        let is_unknown = matches!(bytes.get(at)?, b'2'..=b'9');
        let start = self.start.get();
        let begins = BEFORE.starts_with(&start[..n_before]) && bytes[..at] == BEFORE[n_before..];
        (is_unknown && begins).then_some(at)
    }

    fn receive(&self, bytes: &[u8]) {
        let n_before = self.n_received.get();
        if bytes.is_empty() {
            self.end.set(Some(End::Closed));
        } else if n_before < Self::START {
            let mut start = self.start.get();
            let free = &mut start[n_before..];
            let n_new = free.len().min(bytes.len());
            free[..n_new].copy_from_slice(&bytes[..n_new]);
            self.start.set(start);
        }
        self.n_received.set(n_before + bytes.len());
    }
}

impl Wire {
    /// A stream, and the log that it keeps. One that has been idle for `look_after` is looked at before
    /// it is used again.
    pub(super) fn new(stream: Box<dyn Stream>, look_after: Duration) -> (Self, Rc<Log>) {
        let log = Rc::new(Log {
            look_after,
            ..Log::default()
        });
        let wire = Self {
            stream,
            log: Rc::clone(&log),
        };
        (wire, log)
    }

    /// Whether the server ended the connection while it was idle. What comes on an idle connection
    /// is no answer: a farewell, such as a status 408.
    ///
    /// The runtime hears of that when it takes a turn, and turns are long where there is much to do. A
    /// request sent before would be lost, or take the farewell for its answer.
    fn has_ended(&self) -> bool {
        self.stream.has_news()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.log.must_look.take() && self.has_ended() {
            self.log.end.set(Some(End::Closed));
            return Poll::Ready(Ok(()));
        }
        let n_before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        match &result {
            Poll::Ready(Ok(())) => {
                let received = &mut buffer.filled_mut()[n_before..];
                if let Some(at) = self.log.unknown_minor(received) {
                    received[at] = b'1';
                }
                self.log.receive(received);
            }
            // How TLS calls an end without a farewell.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.log.end.set(Some(End::Closed));
            }
            Poll::Ready(Err(error)) => {
                self.log.end.set(Some(End::of(error)));
            }
            Poll::Pending => (),
        }
        result
    }
}

impl AsyncWrite for Wire {
    /// Where the server takes nothing more, the bytes go nowhere, and it is for the answer to say what
    /// became of the request: a server may answer before it has read all of it, and close.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        match result {
            Poll::Ready(Ok(n_sent)) => self.log.n_sent.set(self.log.n_sent.get() + n_sent),
            Poll::Ready(Err(error)) if is_end(&error) => return Poll::Ready(Ok(bytes.len())),
            _ => (),
        }
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        match result {
            Poll::Ready(Ok(n_sent)) => self.log.n_sent.set(self.log.n_sent.get() + n_sent),
            Poll::Ready(Err(error)) if is_end(&error) => {
                return Poll::Ready(Ok(slices.iter().map(|it| it.len()).sum()));
            }
            _ => (),
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Ready(Err(error)) if is_end(&error) => Poll::Ready(Ok(())),
            result => result,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_version_that_came_later_is_found_however_it_comes() {
        let log = Log::default();
        log.begin();
        assert_eq!(log.unknown_minor(b"HTTP/1.2 200 OK"), Some(7));
        for other in [&b"HTTP/1.1 2"[..], b"HTTP/1.0 2", b"HTTP/2.2 2", b"HTTP/1."] {
            assert_eq!(log.unknown_minor(other), None);
        }
        log.receive(b"HTTP");
        assert_eq!(log.unknown_minor(b"/1.9 200 OK"), Some(3));
        assert_eq!(log.unknown_minor(b"/2.9 200 OK"), None);
        log.receive(b"/1.");
        assert_eq!(log.unknown_minor(b"9"), Some(0));
        log.receive(b"1 200 OK");
        assert_eq!(log.unknown_minor(b"9"), None);
    }

    #[test]
    fn the_start_of_an_answer_is_kept_however_it_comes() {
        let log = Log::default();
        log.begin();
        assert_eq!(log.start(), b"");
        log.receive(b"HTTP");
        assert_eq!(log.start(), b"HTTP");
        log.receive(b"/1.1 200 OK");
        assert_eq!(
            (log.start().as_slice(), log.n_received()),
            (&b"HTTP/1.1 "[..], 15)
        );
        log.begin();
        assert_eq!((log.start().as_slice(), log.end()), (&b""[..], None));
        log.receive(b"");
        assert_eq!(log.end(), Some(End::Closed));
    }
}
