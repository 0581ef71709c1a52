//! An answer as its bytes arrive. No I/O.

use hyper::header::{self, HeaderMap};
use mayfly_core::http::request::{Keep, Method};
use mayfly_core::http::transport::{Response, TransportError};

use super::chunks::Chunks;
use super::head::{self, Framing, Head, HeadError};
use crate::http::charset;
use crate::http::coding::{Decoder, Undecodable};
use crate::http::failure::Protocol;
use crate::http::{add, kept_headers};

/// How a connection ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// The server said that nothing more comes.
    Closed,
    /// Nothing more comes, but in TLS the server did not say so: anybody on the way can do that.
    Cut,
    /// The server said in TLS that it does not take this client.
    Refused,
    /// The connection broke.
    Reset,
}

/// What came of some bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// All of it is there.
    Done,
    /// There is a head that has to be looked at; [`Answer::take_headers`] has it.
    Head,
    /// More has to come.
    More,
}

/// The answer to one request after another.
pub(super) struct Answer {
    state: State,
    is_bare: bool,
    keep: Keep,
    closes: bool,
    // Whether something came before the head that is read now.
    had_interim: bool,
    response: Response,
    limit: Option<usize>,
    headers: Option<Box<HeaderMap>>,
    decoder: Option<Box<Result<Decoder, Undecodable>>>,
    // The start of a head whose end is still to come.
    start: Vec<u8>,
    known: KnownHead,
    n_wire: u64,
}

#[derive(Debug)]
enum State {
    Chunked(Box<Chunks>),
    Done,
    Head,
    Length(u64),
    UntilClose,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            state: State::Head,
            is_bare: false,
            keep: Keep::OnFailure,
            closes: false,
            had_interim: false,
            response: empty_response(),
            limit: None,
            headers: None,
            decoder: None,
            start: Vec::new(),
            known: KnownHead::default(),
            n_wire: 0,
        }
    }
}

/// The head that came last, with what it says: most servers say the same again, until the second of
/// their clock is over.
#[derive(Default)]
struct KnownHead {
    bytes: Vec<u8>,
    // What it says, and whether that was to a HEAD.
    parsed: Option<(Head, bool)>,
}

impl KnownHead {
    /// A longer one is not worth its memory, on each connection.
    const MAX_BYTES: usize = 1024;

    /// Does what [`head::parse`] does.
    fn parse(&mut self, bytes: &[u8], is_bare: bool) -> Result<Option<(usize, Head)>, HeadError> {
        if let Some((head, was_bare)) = self.parsed
            && was_bare == is_bare
            && bytes.starts_with(&self.bytes)
        {
            return Ok(Some((self.bytes.len(), head)));
        }
        let parsed = head::parse(bytes, is_bare)?;
        if let Some((length, head)) = parsed
            && length <= Self::MAX_BYTES
        {
            self.bytes.clear();
            self.bytes.extend_from_slice(&bytes[..length]);
            self.parsed = Some((head, is_bare));
        }
        Ok(parsed)
    }
}

fn empty_response() -> Response {
    Response {
        status: 0,
        body_bytes: 0,
        phases: None,
        kept: None,
    }
}

impl Answer {
    /// Begins the answer to a request that is sent by `method`.
    pub(super) fn begin(&mut self, method: Method, keep: Keep) {
        self.state = State::Head;
        self.is_bare = method == Method::Head;
        self.keep = keep;
        self.had_interim = false;
        self.response = empty_response();
        self.limit = None;
        self.headers = None;
        self.decoder = None;
        self.start.clear();
        self.n_wire = 0;
    }

    /// Takes what came next, up to the end of the answer. Gives how many of the bytes that were.
    ///
    /// # Errors
    ///
    /// Fails if it breaks the rules of HTTP. Nothing more can be read from the connection.
    pub(super) fn read(&mut self, input: &[u8]) -> Result<(usize, Step), TransportError> {
        let mut at = 0;
        loop {
            let rest = &input[at..];
            match &mut self.state {
                State::Done => return Ok((at, Step::Done)),
                _ if rest.is_empty() => return Ok((at, Step::More)),
                State::Head => {
                    let n_before = self.start.len();
                    let Some(n_read) = self.read_head(rest)? else {
                        return Ok((input.len(), Step::More));
                    };
                    self.start.clear();
                    at += n_read - n_before;
                    if self.headers.is_some() {
                        return Ok((at, Step::Head));
                    }
                }
                State::Length(n_left) => {
                    let n_data =
                        usize::try_from(*n_left).map_or(rest.len(), |it| it.min(rest.len()));
                    *n_left -= n_data as u64;
                    if *n_left == 0 {
                        self.state = State::Done;
                    }
                    self.take(&rest[..n_data]);
                    at += n_data;
                }
                State::UntilClose => {
                    self.take(rest);
                    at = input.len();
                }
                State::Chunked(chunks) => {
                    let piece = chunks.read(rest);
                    let piece = piece.map_err(|_| TransportError::Malformed)?;
                    if piece.is_end {
                        self.state = State::Done;
                    }
                    self.take(piece.data);
                    at += piece.n_read;
                }
            }
        }
    }

    /// The connection has ended. Gives whether the answer is whole.
    ///
    /// # Errors
    ///
    /// Fails with what is missing.
    pub(super) fn end(&mut self, end: End) -> Result<(), TransportError> {
        if let (State::UntilClose, End::Closed) = (&self.state, end) {
            self.state = State::Done;
            return Ok(());
        }
        let cut = match end {
            End::Closed | End::Cut => TransportError::Body,
            End::Refused | End::Reset => TransportError::BodyReset,
        };
        if !matches!(self.state, State::Head) {
            return Err(cut);
        }
        // What is there may be wrong already.
        let start = std::mem::take(&mut self.start);
        self.read_head(&start)?;
        Err(self.unlike_http1().unwrap_or(cut))
    }

    /// The answer, once it is whole.
    ///
    /// # Errors
    ///
    /// Fails with `Undecodable` if the body is not coded as its head says.
    pub(super) fn finish(&mut self) -> Result<Response, TransportError> {
        let mut response = std::mem::replace(&mut self.response, empty_response());
        response.decode(charset::decode);
        match self.decoder.take() {
            None => Ok(response),
            Some(decoder) => match decoder.and_then(Decoder::finish) {
                Ok(()) => Ok(response),
                Err(Undecodable) => Err(TransportError::Undecodable),
            },
        }
    }

    /// The headers of the answer, where they have to be looked at.
    pub(super) fn take_headers(&mut self) -> Option<Box<HeaderMap>> {
        self.headers.take()
    }

    /// Keeps nothing of the answer, because another one follows.
    pub(super) fn keep_nothing(&mut self) {
        self.limit = None;
        self.response.kept = None;
    }

    /// How many bytes of the body came over the wire since this was last asked.
    pub(super) fn take_wire_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.n_wire)
    }

    pub(super) fn status(&self) -> u16 {
        self.response.status
    }

    /// Whether anything of it has come.
    pub(super) fn has_begun(&self) -> bool {
        let is_at_start = matches!(self.state, State::Head) && self.start.is_empty();
        !is_at_start || self.had_interim
    }

    /// Whether the server says that the connection ends with it.
    pub(super) fn closes(&self) -> bool {
        self.closes
    }

    /// Reads a head from what came before and `rest`: how long it is; `None` if it goes on.
    fn read_head(&mut self, rest: &[u8]) -> Result<Option<usize>, TransportError> {
        if self.start.is_empty() {
            return match self.known.parse(rest, self.is_bare) {
                Ok(Some((length, head))) => self.on_head(&rest[..length], &head).map(Some),
                Ok(None) => self.wait_for_more(rest),
                Err(HeadError::Version) => self.read_later_version(rest),
                Err(error) => {
                    self.start.extend_from_slice(rest);
                    Err(self.head_error(error))
                }
            };
        }
        let n_known = self.start.len();
        self.start.extend_from_slice(rest);
        if !head::has_end(&self.start, n_known) {
            return self.wait_for_more(&[]);
        }
        let start = std::mem::take(&mut self.start);
        let parsed = head::parse(&start, self.is_bare);
        if let Ok(Some((length, head))) = parsed {
            let read = self.on_head(&start[..length], &head).map(Some);
            self.start = start;
            return read;
        }
        if parsed == Err(HeadError::Version) {
            return self.read_later_version(&start);
        }
        self.start = start;
        match parsed {
            Err(error) => Err(self.head_error(error)),
            Ok(_) => self.wait_for_more(&[]),
        }
    }

    fn wait_for_more(&mut self, rest: &[u8]) -> Result<Option<usize>, TransportError> {
        self.start.extend_from_slice(rest);
        if TransportError::MAX_HEAD_BYTES <= self.start.len() {
            return Err(TransportError::HeadTooLong);
        }
        Ok(None)
    }

    /// A client of 1.1 can read all of 1 (RFC 9110, 2.5), and the parser takes no other than 1.0 and 1.1.
    #[cold]
    fn read_later_version(&mut self, rest: &[u8]) -> Result<Option<usize>, TransportError> {
        const BEFORE: &[u8] = b"HTTP/1.";
        let mut known = rest.to_vec();
        match known.get_mut(BEFORE.len()) {
            Some(minor @ b'2'..=b'9') if rest.starts_with(BEFORE) => *minor = b'1',
            _ => {
                self.start = known;
                return Err(self.head_error(HeadError::Malformed));
            }
        }
        self.read_head(&known)
    }

    /// Takes a whole head; gives its length.
    fn on_head(&mut self, bytes: &[u8], head: &Head) -> Result<usize, TransportError> {
        if TransportError::MAX_HEAD_BYTES < bytes.len() {
            return Err(TransportError::HeadTooLong);
        }
        if matches!(head.status, 100 | 102..=199) {
            self.had_interim = true;
            return Ok(bytes.len());
        }
        self.response.status = head.status;
        self.closes = head.closes || head.status == 101 || head.framing == Framing::UntilClose;
        self.state = match head.framing {
            Framing::Chunked => State::Chunked(Box::default()),
            Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::UntilClose => State::UntilClose,
        };
        self.limit = self.keep.limit(head.status);
        if self.limit.is_some() || head.is_special {
            self.look_at(bytes);
        }
        Ok(bytes.len())
    }

    #[cold]
    fn look_at(&mut self, head: &[u8]) {
        let headers = head::headers(head);
        self.response.kept = self.limit.map(|_| kept_headers(&headers).into());
        if headers.contains_key(header::CONTENT_ENCODING) {
            self.decoder = Some(Box::new(Decoder::new(&headers)));
        }
        self.headers = Some(Box::new(headers));
    }

    /// Takes the next bytes of the body.
    fn take(&mut self, data: &[u8]) {
        self.n_wire += data.len() as u64;
        match &mut self.decoder {
            None => add(&mut self.response, data, self.limit),
            Some(decoder) => {
                // A body that cannot be decoded is received to its end too, for the sake of the
                // connection.
                let (response, limit) = (&mut self.response, self.limit);
                let decoded = decoder.as_mut().as_mut().map_err(|error| *error);
                let decoded =
                    decoded.and_then(|it| it.decode(data, |bytes| add(response, bytes, limit)));
                if let Err(error) = decoded {
                    **decoder = Err(error);
                }
            }
        }
    }

    /// What is wrong with the head that `start` has.
    fn head_error(&self, error: HeadError) -> TransportError {
        self.unlike_http1().unwrap_or(match error {
            HeadError::TooMany => TransportError::TooManyHeaders,
            HeadError::Malformed | HeadError::Version => TransportError::Malformed,
        })
    }

    /// What the server speaks instead of HTTP/1, by what it has said of a head.
    fn unlike_http1(&self) -> Option<TransportError> {
        // Enough to tell protocols apart.
        let start = &self.start[..self.start.len().min(9)];
        match Protocol::of(start) {
            _ if self.had_interim => None,
            Protocol::Http1 => None,
            Protocol::Http2 => Some(TransportError::Http2Only),
            Protocol::Other => Some(TransportError::NotHttp),
            Protocol::Tls => Some(TransportError::TlsPort),
        }
    }
}

#[cfg(test)]
mod tests;
