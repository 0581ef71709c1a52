//! HTTP/1.1 as a native [`Transport`]: connections, redirects, and what becomes of failures. How
//! answers are judged and counted is in `mayfly_core`, and so are timeouts.

pub(crate) mod charset;
pub(crate) mod coding;
mod connection;
mod connector;
mod cookies;
pub(crate) mod failure;
pub(crate) mod hop;
mod pool;
mod tls;
pub(crate) mod url;
mod wire;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
#[cfg(target_os = "linux")]
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use mayfly_core::http::request::Request;
use mayfly_core::http::transport::{Kept, Response, Tally, Transport, TransportError};
use mayfly_core::plan::Plan;
use rustls::ClientConfig;
use tokio::time::timeout;

use self::coding::{Decoder, Undecodable};
use self::connection::{Connection, SendError};
use self::connector::Connector;
pub use self::cookies::Cookies;
use self::hop::Hop;
use self::pool::Pool;
pub use self::tls::TlsError;
use self::url::Origin;

/// Sends requests over connections that it keeps.
///
/// It must be used within a tokio runtime with I/O and time, and by one thread: each shard has its
/// own.
///
/// - **Connections** are opened as needed and kept while the server does. The one used last is used
///   next. A name is looked up once; its addresses are tried in order and kept for good, as a load
///   test should not change its target on the way. What TLS trusts is in the [`Settings`].
/// - **A kept connection that the server closes** is replaced. If that is known before the first byte
///   of a request is written, a new connection takes the request. If it turns out only afterward, the
///   server may have seen the request. A method that is idempotent is sent again then, once, over a
///   new connection, and counted ([`Tally::n_resent`]); RFC 9110, 9.2.2. Any other has failed:
///   [`TransportError::ClosedIdle`].
/// - **An answer counts as soon as it is there,** even if the server did not wait for the end of the
///   request.
/// - **One question is added**: where a port closes a plain connection without a word and has
///   answered nothing yet, it is asked once whether it speaks TLS.
/// - **Redirects** are followed as browsers do, up to [`HttpTransport::MAX_REDIRECTS`]. On the way to
///   another origin `authorization` and `cookie` are left out. The chain is one request; the bytes
///   are those of the last answer.
/// - **Compression** is asked for and undone as browsers do, always: what is counted is the length of
///   the body itself, which is known no other way.
/// - **Cookies** are kept for each user and sent as browsers do, on the way of redirects too, unless the
///   [`Settings`] say otherwise.
/// - **Headers** of the plan win over `accept-encoding`, `host` and `user-agent`, the only ones that
///   are added besides the length of the body, which is always the right one.
pub struct HttpTransport {
    max_in_flight: usize,
    settings: Settings,
    connector: Connector,
    pool: RefCell<Pool>,
    // Whether TLS is spoken where plain text found no answer.
    tls_ports: RefCell<HashMap<Origin, bool>>,
    n_resent: Cell<u64>,
    wire_bytes: Cell<u64>,
}

/// What a plan says of a transport.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether users have cookies.
    pub keeps_cookies: bool,
    /// Where every connection goes instead of the host of its URL; on Unix only.
    pub unix_socket: Option<PathBuf>,
    tls: Arc<ClientConfig>,
}

impl Settings {
    /// What `plan` says. `read` gives the files that it names.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be used.
    pub fn of(
        plan: &Plan,
        read: impl Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, TlsError> {
        Ok(Self {
            keeps_cookies: plan.request.cookies,
            unix_socket: None,
            tls: tls::config(&plan.tls, &read)?.into(),
        })
    }
}

impl HttpTransport {
    /// How many requests may be under way at once, if nobody says otherwise.
    pub const MAX_IN_FLIGHT: usize = 10_000;

    /// The longest chain of redirects that is followed, as in browsers.
    pub const MAX_REDIRECTS: usize = 20;

    /// How long a failed request waits to hear whether its port speaks TLS.
    const MAX_ASKING: Duration = Duration::from_secs(1);

    /// A transport without connections, for up to `max_in_flight` requests at once; above zero. It
    /// has as many connections, idle ones included. The process must be allowed to open as many
    /// files.
    pub fn new(max_in_flight: usize, settings: Settings) -> Self {
        Self {
            max_in_flight,
            connector: Connector::new(Arc::clone(&settings.tls), settings.unix_socket.clone()),
            settings,
            pool: Pool::new(max_in_flight).into(),
            tls_ports: RefCell::default(),
            n_resent: Cell::default(),
            wire_bytes: Cell::default(),
        }
    }

    /// Sends `hop` of a request, of which `n_done` were sent before, and those that come after it.
    pub(crate) async fn follow(
        &self,
        cookies: &Cookies,
        request: &Request,
        mut hop: Hop,
        n_done: usize,
    ) -> Result<Response, TransportError> {
        for _ in n_done..=Self::MAX_REDIRECTS {
            let (connection, answer) = self.exchange(cookies, &hop, request).await?;
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

    /// The addresses of a host, in the order in which they are tried.
    #[cfg(target_os = "linux")]
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, TransportError> {
        let addresses = self.connector.addresses(host).await?;
        Ok(addresses.to_vec())
    }

    /// Whether `origin`, which answered nothing in plain text, speaks TLS.
    #[cfg(target_os = "linux")]
    pub(crate) async fn speaks_tls(&self, origin: &Origin) -> bool {
        let asked = timeout(Self::MAX_ASKING, self.connector.speaks_tls(origin));
        asked.await.unwrap_or(false)
    }

    /// Sends a request over an idle connection or a new one, and waits for the head of the answer.
    async fn exchange(
        &self,
        cookies: &Cookies,
        hop: &Hop,
        request: &Request,
    ) -> Result<(Connection, hyper::Response<Incoming>), TransportError> {
        let mut is_second = false;
        loop {
            let mut message = hop.message(request)?;
            if self.settings.keeps_cookies {
                cookies.add_to(&hop.url, message.headers_mut());
            }
            let origin = &hop.url.origin;
            // What the server has closed a kept connection on goes over a new one.
            let idle = if is_second {
                None
            } else {
                self.pool.borrow_mut().take(origin)
            };
            let mut connection = match idle {
                Some(connection) => connection,
                None => {
                    let slot = self.pool.borrow_mut().slot();
                    self.connector.connect(origin, slot).await?
                }
            };
            match connection.send(message).await {
                Ok(head) => {
                    if self.settings.keeps_cookies {
                        cookies.keep(&hop.url, head.headers());
                    }
                    return Ok((connection, head));
                }
                Err(SendError::Unsent) => (),
                Err(SendError::Failed(TransportError::ClosedIdle))
                    if !is_second && hop.is_idempotent() =>
                {
                    is_second = true;
                    self.n_resent.set(self.n_resent.get() + 1);
                }
                Err(SendError::Failed(error)) => return Err(self.explain(error, origin).await),
            }
        }
    }

    /// Many servers that speak TLS close a connection without a word when they are asked in plain
    /// text. Where nothing was answered yet, the port is asked once more, for TLS.
    async fn explain(&self, error: TransportError, origin: &Origin) -> TransportError {
        let is_mute = matches!(error, TransportError::Closed | TransportError::Reset);
        if !is_mute || origin.is_https || self.pool.borrow().knows(origin) {
            return error;
        }
        let known = self.tls_ports.borrow().get(origin).copied();
        if known.is_none() {
            // Others do not ask as well while this one does.
            self.tls_ports.borrow_mut().insert(origin.clone(), false);
            let asked = timeout(Self::MAX_ASKING, self.connector.speaks_tls(origin));
            let speaks_tls = asked.await.unwrap_or(false);
            self.tls_ports
                .borrow_mut()
                .insert(origin.clone(), speaks_tls);
        }
        match self.tls_ports.borrow().get(origin) {
            Some(true) => TransportError::TlsPort,
            _ => error,
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
        let mut decoder = Decoder::new(&head.headers);
        let mut response = Response {
            status: head.status.as_u16(),
            body_bytes: 0,
            kept: limit.map(|_| kept_headers(&head.headers).into()),
        };
        while let Some(frame) = connection.drive(body.frame()).await {
            let frame = frame.map_err(|_| connection.body_error())?;
            // Trailers are not part of the body.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let wire_bytes = self.wire_bytes.get() + data.len() as u64;
            self.wire_bytes.set(wire_bytes);
            // A body that cannot be decoded is received to its end too, for the sake of the
            // connection.
            let decoded = decoder.as_mut().map_err(|error| *error);
            let decoded =
                decoded.and_then(|it| it.decode(&data, |bytes| add(&mut response, bytes, limit)));
            if let Err(error) = decoded {
                decoder = Err(error);
            }
        }
        response.decode(charset::decode);
        if connection.is_reusable().await {
            self.pool.borrow_mut().put(origin, connection);
        }
        match decoder.and_then(Decoder::finish) {
            Ok(()) => Ok(response),
            Err(Undecodable) => Err(TransportError::Undecodable),
        }
    }
}

/// Takes the next bytes of a body.
pub(crate) fn add(response: &mut Response, bytes: &[u8], limit: Option<usize>) {
    response.body_bytes += bytes.len() as u64;
    if let (Some(kept), Some(limit)) = (&mut response.kept, limit) {
        let room = limit - kept.body.len();
        kept.body.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }
}

impl Transport for HttpTransport {
    type Session = Cookies;

    fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    fn tally(&self) -> Tally {
        Tally {
            n_resent: self.n_resent.get(),
            wire_bytes: self.wire_bytes.get(),
        }
    }

    async fn send(&self, cookies: &Cookies, request: &Request) -> Result<Response, TransportError> {
        self.follow(cookies, request, Hop::first(request)?, 0).await
    }
}

/// Values of one name are one list (RFC 9110, 5.3), as a browser gives them, but for cookies, which
/// have commas of their own.
pub(crate) fn kept_headers(headers: &HeaderMap) -> Kept {
    let mut kept = Kept::default();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        match kept.headers.last_mut() {
            Some((last, list)) if last == name.as_str() && name != header::SET_COOKIE => {
                *list += ", ";
                *list += &value;
            }
            _ => kept
                .headers
                .push((name.as_str().to_owned(), value.into_owned())),
        }
    }
    kept
}

#[cfg(test)]
mod tests;
