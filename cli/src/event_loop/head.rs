//! The head of an answer: its status line and its header lines. No I/O.

use std::mem::MaybeUninit;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use mayfly_core::http::transport::TransportError;

/// What a head says about the rest of its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) framing: Framing,
    /// Whether no other request may follow on the connection.
    pub(super) closes: bool,
    /// Whether more of it has to be looked at: it sets cookies, points elsewhere, or its body is coded.
    pub(super) is_special: bool,
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    Chunked,
    Length(u64),
    UntilClose,
}

/// Why bytes are no head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum HeadError {
    Malformed,
    TooMany,
    /// Of HTTP/1, but neither 1.0 nor 1.1, or not HTTP.
    Version,
}

/// Reads the head at the start of `bytes`: how many of them it has, and what it says; `None` if they are
/// not all there. `is_bare` says that no body follows, whatever the head says: it answers a HEAD.
pub(super) fn parse(bytes: &[u8], is_bare: bool) -> Result<Option<(usize, Head)>, HeadError> {
    // Most answers have a dozen lines, and these cost nothing until they are written.
    let mut lines = [const { MaybeUninit::uninit() }; 64];
    match parse_into(bytes, &mut lines, is_bare) {
        Err(HeadError::TooMany) => parse_into(bytes, &mut most_lines(), is_bare),
        result => result,
    }
}

/// The header lines of a whole head.
pub(super) fn headers(head: &[u8]) -> HeaderMap {
    let mut lines = most_lines();
    let mut response = httparse::Response::new(&mut []);
    let parsed = config().parse_response_with_uninit_headers(&mut response, head, &mut lines);
    let lines = match parsed {
        Ok(_) => &*response.headers,
        Err(_) => &[],
    };
    let mut headers = HeaderMap::with_capacity(lines.len());
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&unfolded(line.value))) {
            headers.append(name, value);
        }
    }
    headers
}

/// Whether `bytes` may have the end of a head, of which the first `n_known` had none.
pub(super) fn has_end(bytes: &[u8], n_known: usize) -> bool {
    let fresh = &bytes[n_known.saturating_sub(3)..];
    let has = |end: &[u8]| fresh.windows(end.len()).any(|it| it == end);
    has(b"\n\r\n") || has(b"\n\n")
}

/// As browsers do: lines that go on in the next one are read, and those that are none are passed over.
fn config() -> httparse::ParserConfig {
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    config.ignore_invalid_headers_in_responses(true);
    config
}

fn most_lines<'a>() -> Vec<MaybeUninit<httparse::Header<'a>>> {
    vec![MaybeUninit::uninit(); TransportError::MAX_HEADERS]
}

fn parse_into<'b>(
    bytes: &'b [u8],
    lines: &mut [MaybeUninit<httparse::Header<'b>>],
    is_bare: bool,
) -> Result<Option<(usize, Head)>, HeadError> {
    let mut response = httparse::Response::new(&mut []);
    let parsed = config().parse_response_with_uninit_headers(&mut response, bytes, lines);
    let length = match parsed {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooMany),
        Err(httparse::Error::Version) => return Err(HeadError::Version),
        Err(_) => return Err(HeadError::Malformed),
    };
    let status = response.code.unwrap_or_default();
    if status < 100 {
        return Err(HeadError::Malformed);
    }
    let is_old = response.version == Some(0);
    let mut said = Said::default();
    for line in &*response.headers {
        said.read(line.name.as_bytes(), line.value);
    }
    let framing = match status {
        100..=199 | 204 | 304 => Framing::Length(0),
        _ if is_bare => Framing::Length(0),
        _ => said.framing(is_old)?,
    };
    let head = Head {
        status,
        framing,
        closes: said.closes || (is_old && !said.keeps_alive),
        is_special: said.is_special,
    };
    Ok(Some((length, head)))
}

/// What the header lines say that matters for where the answer ends.
#[derive(Default)]
struct Said {
    closes: bool,
    keeps_alive: bool,
    is_special: bool,
    // Whether the last one that is named is chunked; `None` if none is.
    is_chunked: Option<bool>,
    length: Option<Result<u64, HeadError>>,
}

impl Said {
    fn read(&mut self, name: &[u8], value: &[u8]) {
        match name.len() {
            8 if name.eq_ignore_ascii_case(b"location") => self.is_special = true,
            10 if name.eq_ignore_ascii_case(b"connection") => {
                for word in unfolded(value).split(|it| *it == b',') {
                    let word = word.trim_ascii();
                    self.closes |= word.eq_ignore_ascii_case(b"close");
                    self.keeps_alive |= word.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            10 if name.eq_ignore_ascii_case(b"set-cookie") => self.is_special = true,
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                for number in unfolded(value).split(|it| *it == b',') {
                    let number = digits(number.trim_ascii());
                    let is_same = self.length.is_none_or(|it| it == number);
                    self.length = Some(if is_same {
                        number
                    } else {
                        Err(HeadError::Malformed)
                    });
                }
            }
            16 if name.eq_ignore_ascii_case(b"content-encoding") => self.is_special = true,
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                let value = unfolded(value);
                let last = value.rsplit(|it| *it == b',').next().unwrap_or_default();
                self.is_chunked = Some(last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
            }
            _ => (),
        }
    }

    /// RFC 9112, 6.3.
    fn framing(&self, is_old: bool) -> Result<Framing, HeadError> {
        match (self.is_chunked, self.length) {
            // There was no such header in HTTP/1.0.
            (Some(_), _) if is_old => Err(HeadError::Malformed),
            (Some(true), _) => Ok(Framing::Chunked),
            (Some(false), _) | (None, None) => Ok(Framing::UntilClose),
            (None, Some(length)) => length.map(Framing::Length),
        }
    }
}

fn digits(text: &[u8]) -> Result<u64, HeadError> {
    let add = |sum: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    };
    let number = text.iter().try_fold(0, add);
    number
        .filter(|_| !text.is_empty())
        .ok_or(HeadError::Malformed)
}

/// A value that goes on in other lines, as one line.
fn unfolded(value: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !value.contains(&b'\n') {
        return value.into();
    }
    let lines = value.split(|it| *it == b'\n').map(<[u8]>::trim_ascii);
    lines.collect::<Vec<_>>().join(&b' ').into()
}
