//! HTTP/1.1 as a native [`Transport`]: connections, redirects, and what becomes of failures. How
//! answers are judged and counted is in `mayfly_core`, and so are timeouts.

mod connection;
mod connector;
mod hop;
mod url;

use std::cell::RefCell;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use mayfly_core::request::Request;
use mayfly_core::transport::{Kept, Response, Transport, TransportError};
use rustls::RootCertStore;

use self::connection::{Connection, Message, Pool};
use self::connector::Connector;
use self::hop::Hop;
use self::url::Origin;

/// Sends requests over connections that it keeps.
///
/// It must be used within a tokio runtime with I/O and time, and by one thread: each shard has its
/// own.
///
/// - **Connections** are opened as needed and kept while the server does. The one used last is used
///   next. A name is looked up once; its addresses are tried in order and kept for good, as a load
///   test should not change its target on the way. TLS trusts Mozilla's certificate authorities.
/// - **Nothing is sent twice.** The server may close an idle connection at any time. If that is
///   known before the first byte of a request is written, a new connection takes the request. If it
///   turns out only afterward, the server may have seen the request, and it failed:
///   [`TransportError::Connect`]. A browser would send it again.
/// - **Redirects** are followed as browsers do, up to [`HttpTransport::MAX_REDIRECTS`]. On the way to
///   another origin `authorization` and `cookie` are left out. The chain is one request; the bytes
///   are those of the last answer.
/// - **Compression** is not asked for. A plan that asks by a header `accept-encoding` gets the bytes
///   as they come over the wire, counted and kept as they are.
/// - **Headers** of the plan win over `host` and `user-agent`, the only ones that are added besides
///   the length of the body.
pub struct HttpTransport {
    max_in_flight: usize,
    connector: Connector,
    pool: RefCell<Pool>,
}

impl HttpTransport {
    /// How many requests may be under way at once, if nobody says otherwise.
    pub const MAX_IN_FLIGHT: usize = 10_000;

    /// The longest chain of redirects that is followed, as in browsers.
    pub const MAX_REDIRECTS: usize = 20;

    /// A transport without connections, for up to `max_in_flight` requests at once; above zero. It
    /// keeps as many idle connections. The process must be allowed to open as many files.
    pub fn new(max_in_flight: usize) -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self::with_roots(max_in_flight, roots)
    }

    fn with_roots(max_in_flight: usize, roots: RootCertStore) -> Self {
        Self {
            max_in_flight,
            connector: Connector::new(roots),
            pool: Pool::new(max_in_flight).into(),
        }
    }

    /// Sends a message over an idle connection or a new one, and waits for the head of the answer.
    async fn exchange(
        &self,
        origin: &Origin,
        mut message: Message,
    ) -> Result<(Connection, hyper::Response<Incoming>), TransportError> {
        loop {
            let idle = self.pool.borrow_mut().take(origin);
            let is_new = idle.is_none();
            let mut connection = match idle {
                Some(connection) => connection,
                None => self.connector.connect(origin).await?,
            };
            match connection.send(message).await {
                Ok(head) => return Ok((connection, head)),
                Err(mut error) => match error.take_message() {
                    // Nothing was written: the server had closed the connection.
                    Some(unsent) if !is_new => message = unsent,
                    _ => return Err(head_error(error.error())),
                },
            }
        }
    }

    /// Waits for the last byte of an answer, and keeps its connection for the next request.
    async fn receive(
        &self,
        origin: Origin,
        mut connection: Connection,
        answer: hyper::Response<Incoming>,
        limit: Option<usize>,
    ) -> Result<Response, TransportError> {
        let (head, mut body) = answer.into_parts();
        let mut response = Response {
            status: head.status.as_u16(),
            body_bytes: 0,
            kept: limit.map(|_| kept_headers(&head.headers).into()),
        };
        while let Some(frame) = connection.drive(body.frame()).await {
            let frame = frame.map_err(|_| TransportError::Body)?;
            // Trailers are not part of the body.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            response.body_bytes += data.len() as u64;
            if let (Some(kept), Some(limit)) = (&mut response.kept, limit) {
                let room = limit - kept.body.len();
                kept.body.extend_from_slice(&data[..room.min(data.len())]);
            }
        }
        if connection.is_reusable().await {
            self.pool.borrow_mut().put(origin, connection);
        }
        Ok(response)
    }
}

impl Transport for HttpTransport {
    fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let mut hop = Hop::first(request)?;
        for _ in 0..=Self::MAX_REDIRECTS {
            let message = hop.message(request)?;
            let (connection, answer) = self.exchange(&hop.url.origin, message).await?;
            let next = if request.follow_redirects {
                hop.next(answer.status(), answer.headers())?
            } else {
                None
            };
            let limit = match next {
                Some(_) => None,
                None => request.keep.limit(answer.status().as_u16()),
            };
            let origin = hop.url.origin;
            let response = self.receive(origin, connection, answer, limit).await?;
            match next {
                Some(next) => hop = next,
                None => return Ok(response),
            }
        }
        Err(TransportError::TooManyRedirects)
    }
}

/// Why there was no head of an answer.
fn head_error(error: &hyper::Error) -> TransportError {
    if error.is_user() {
        // Such as a header `content-length` that does not fit the body.
        TransportError::Invalid
    } else if error.is_parse() {
        // Something came that is not HTTP.
        TransportError::Body
    } else {
        TransportError::Connect
    }
}

fn kept_headers(headers: &HeaderMap) -> Kept {
    let headers = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    Kept {
        headers: headers.collect(),
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
