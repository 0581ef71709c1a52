//! HTTP/1.1 and HTTP/2 as a native [`Transport`]: connections, redirects, and what becomes of failures. How
//! answers are judged and counted is in `mayfly_core`, and so are timeouts.

pub(crate) mod charset;
pub(crate) mod coding;
mod connection;
mod connector;
mod cookies;
pub(crate) mod failure;
pub(crate) mod hop;
mod http1;
mod http2;
mod message;
mod pool;
mod proxy;
mod tls;
pub(crate) mod url;
mod wire;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::env;
#[cfg(target_os = "linux")]
use std::net::IpAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{self, HeaderMap, HeaderName};
use mayfly_core::http::origin;
use mayfly_core::http::request::Request;
use mayfly_core::http::transport::{Kept, Response, Tally, Transport, TransportError, header_text};
use mayfly_core::plan::{HttpVersion, Plan};
use rustls::ClientConfig;
use tokio::time::timeout;

use self::coding::{Decoder, Undecodable};
use self::connection::{Body, Connection};
use self::connector::Connector;
pub use self::cookies::Cookies;
use self::hop::Hop;
pub(crate) use self::message::Speaks;
use self::message::{SendError, Spoken};
use self::pool::Pool;
use self::proxy::Proxies;
pub use self::proxy::ProxyError;
pub use self::tls::TlsError;
use self::url::{Origin, Url};

/// Sends requests over connections that it keeps.
///
/// It must be used within a `LocalSet` of a tokio runtime with I/O and time, and by one thread: each
/// shard has its own.
///
/// - **The version of HTTP** is the one that the plan names. If it names none, a server of `https://`
///   chooses (ALPN), and `http://` is HTTP/1.1.
/// - **Over HTTP/2** all requests to an origin share one connection, as in browsers. How many the server
///   takes at once is the [capacity](Transport::capacity) of the origin. What it says that it did not
///   process goes again, up to [`HttpTransport::MAX_UNPROCESSED`] times, and is counted
///   ([`Tally::n_resent`]); RFC 9113, 8.7. Where the connection is new, requests wait for it together,
///   and fail together.
/// - **Connections** of HTTP/1.1 are opened as needed and kept while the server does. The one used last is used
///   next. A name is looked up once; its addresses are tried in order and kept for good, as a load
///   test should not change its target on the way. What TLS trusts is in the [`Settings`].
/// - **A kept connection that the server closes** is replaced. If that is known before the first byte
///   of a request is written, a new connection takes the request. If it turns out only afterward, the
///   server may have seen the request. A method that is idempotent is sent again then, once, over a
///   new connection, and counted ([`Tally::n_resent`]); RFC 9110, 9.2.2. Any other has failed:
///   [`TransportError::ClosedIdle`].
/// - **An answer counts as soon as it is there,** even if the server did not wait for the end of the
///   request.
/// - **Proxies** are those of the environment: requests for `http://` are passed on by them, and all
///   other connections go through a tunnel (CONNECT). This machine is reached directly.
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
    // What the origins of the shard speak, which names them as the plan does.
    origins: RefCell<BTreeMap<origin::Origin, Spoken>>,
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
    /// From when on an idle connection may have ended without anybody here having heard of it. One that
    /// is used again at once is not looked at, which saves a call to the system for each request.
    pub(crate) look_after: Duration,
    version: Option<HttpVersion>,
    proxies: Proxies,
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
            look_after: Duration::from_millis(1),
            version: plan.request.http_version,
            proxies: Proxies::of(|name| env::var(name).ok()),
            tls: tls::config(&plan.tls, &read)?.into(),
        })
    }

    /// The proxy that `url` is reached through, without what it is shown; `None` if there is none.
    ///
    /// # Errors
    ///
    /// Fails if the environment names what is no proxy.
    pub fn proxy_of(&self, url: &str) -> Result<Option<String>, ProxyError> {
        let url = url.parse::<Url>().ok();
        let Some(url) = url.filter(|_| self.unix_socket.is_none()) else {
            return Ok(None);
        };
        let proxy = self.proxies.get(&url.origin).map_err(Clone::clone)?;
        Ok(proxy.map(ToString::to_string))
    }

    /// Whether requests to `origin` may go out as HTTP/1.1, straight to its host.
    #[cfg(target_os = "linux")]
    pub(crate) fn may_be_http1(&self, origin: &Origin) -> bool {
        self.unix_socket.is_none()
            && self.version != Some(HttpVersion::Http2)
            && self.proxies.get(origin) == Ok(None)
    }

    /// Which version of HTTP is spoken; `None` is what a server of `https://` chooses.
    #[cfg(target_os = "linux")]
    pub(crate) fn version(&self) -> Option<HttpVersion> {
        self.version
    }

    /// How connections to `https://` are made.
    #[cfg(target_os = "linux")]
    pub(crate) fn client_config(&self) -> Arc<ClientConfig> {
        tls::speaking(&self.tls, self.version)
    }
}

impl HttpTransport {
    /// How many requests may be under way at once, if nobody says otherwise.
    pub const MAX_IN_FLIGHT: usize = 100_000;

    /// The longest chain of redirects that is followed, as in browsers.
    pub const MAX_REDIRECTS: usize = 20;

    /// How often a request is sent again that the server says it did not process.
    pub const MAX_UNPROCESSED: usize = 3;

    /// How long a failed request waits to hear whether its port speaks TLS.
    const MAX_ASKING: Duration = Duration::from_secs(1);

    /// A transport without connections, for up to `max_in_flight` requests at once; above zero. It
    /// has at most as many connections, idle ones included. The process must be allowed to open as
    /// many files.
    pub fn new(max_in_flight: usize, settings: Settings) -> Self {
        Self {
            max_in_flight,
            connector: Connector::new(&settings),
            settings,
            pool: Pool::new(max_in_flight).into(),
            origins: RefCell::default(),
            tls_ports: RefCell::default(),
            n_resent: Cell::default(),
            wire_bytes: Cell::default(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
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

    /// Has no more connections than this from now on, if they are idle.
    #[cfg(target_os = "linux")]
    pub(crate) fn limit(&self, max_open: usize) {
        self.pool.borrow_mut().limit(max_open);
    }

    /// What the server of `origin` speaks, as far as it is known.
    #[cfg(target_os = "linux")]
    pub(crate) fn speaks(&self, origin: &Origin) -> Speaks {
        self.pool.borrow_mut().spoken(origin).get()
    }

    /// The addresses of a host, in the order in which they are tried.
    #[cfg(target_os = "linux")]
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, TransportError> {
        let addresses = self.connector.addresses(host).await?;
        Ok(addresses.to_vec())
    }

    /// Whether `origin`, which answered nothing in plain text, speaks TLS.
    pub(crate) async fn speaks_tls(&self, origin: &Origin) -> bool {
        let asked = timeout(Self::MAX_ASKING, self.connector.speaks_tls(origin));
        asked.await.unwrap_or(false)
    }

    /// Sends a request over a connection that is there or a new one, and waits for the head of the
    /// answer.
    async fn exchange(
        &self,
        cookies: &Cookies,
        hop: &Hop,
        request: &Request,
    ) -> Result<(Connection, hyper::Response<Body>), TransportError> {
        let mut is_second = false;
        let mut n_unprocessed = 0;
        loop {
            let mut message = hop.message(request)?;
            if self.settings.keeps_cookies {
                cookies.add_to(&hop.url, message.headers_mut());
            }
            let origin = &hop.url.origin;
            let mut connection = self.connection(origin, is_second).await?;
            let error = match connection.send(message).await {
                Ok(head) => {
                    if self.settings.keeps_cookies {
                        cookies.keep(&hop.url, head.headers());
                    }
                    return Ok((connection, head));
                }
                Err(error) => error,
            };
            if let Connection::Http2(shared) = &connection
                && !shared.takes_more(&error)
            {
                self.pool.borrow_mut().forget(origin, shared);
            }
            match error {
                SendError::Unsent => (),
                SendError::Unprocessed(_) if n_unprocessed < Self::MAX_UNPROCESSED => {
                    n_unprocessed += 1;
                    self.n_resent.set(self.n_resent.get() + 1);
                }
                SendError::Failed(TransportError::ClosedIdle)
                    if !is_second && hop.is_idempotent() =>
                {
                    is_second = true;
                    self.n_resent.set(self.n_resent.get() + 1);
                }
                SendError::Unprocessed(error) | SendError::Failed(error) => {
                    return Err(self.explain(error, origin).await);
                }
            }
        }
    }

    /// A connection to `origin`: one that is there, or a new one. What the server has closed a kept
    /// connection on goes over a new one, or one that others share since.
    async fn connection(
        &self,
        origin: &Origin,
        is_second: bool,
    ) -> Result<Connection, TransportError> {
        loop {
            let known = {
                let mut pool = self.pool.borrow_mut();
                if is_second {
                    pool.shared(origin)
                } else {
                    pool.take(origin)
                }
            };
            if let Some(connection) = known {
                return Ok(connection);
            }
            if !self.may_share(origin)
                || self.pool.borrow_mut().spoken(origin).get() == Speaks::Http1
            {
                return self.open(origin).await;
            }
            let attempt = self.pool.borrow_mut().attempt(origin);
            let mut own = None;
            let open = async || {
                own = Some(self.open(origin).await?);
                Ok(())
            };
            let result = *attempt.get_or_init(open).await;
            self.pool.borrow_mut().end_attempt(origin, &attempt);
            result?;
            if let Some(connection) = own {
                return Ok(connection);
            }
        }
    }

    fn may_share(&self, origin: &Origin) -> bool {
        self.connector.may_share(origin.is_https)
    }

    /// Opens a connection, which is shared from now on if it can be.
    async fn open(&self, origin: &Origin) -> Result<Connection, TransportError> {
        let (spoken, slot) = {
            let mut pool = self.pool.borrow_mut();
            (pool.spoken(origin), pool.slot())
        };
        let is_known = spoken.get() != Speaks::Unknown;
        let connected = self.connector.connect(origin, spoken, slot).await;
        let connection = match connected {
            // Asked without knowing whether it speaks it, which many servers answer by hanging up.
            Err(error) if is_mute(error) && !is_known && self.may_share(origin) => {
                return Err(match self.explain(error, origin).await {
                    TransportError::TlsPort => TransportError::TlsPort,
                    _ if origin.is_https => error,
                    _ => TransportError::NotHttp2,
                });
            }
            connected => connected?,
        };
        if let Connection::Http2(shared) = &connection {
            let mut pool = self.pool.borrow_mut();
            pool.share(origin.clone(), shared.clone());
        }
        Ok(connection)
    }

    /// What the server of an origin of the shard speaks; `None` if that is not one of HTTP.
    fn spoken(&self, origin: &origin::Origin) -> Option<Spoken> {
        let mut origins = self.origins.borrow_mut();
        if let Some(spoken) = origins.get(origin) {
            return Some(Rc::clone(spoken));
        }
        let url: Url = origin.to_string().parse().ok()?;
        let spoken = self.pool.borrow_mut().spoken(&url.origin);
        origins.insert(origin.clone(), Rc::clone(&spoken));
        Some(spoken)
    }

    /// Many servers that speak TLS close a connection without a word when they are asked in plain
    /// text. Where nothing was answered yet, the port is asked once more, for TLS.
    async fn explain(&self, error: TransportError, origin: &Origin) -> TransportError {
        let has_answered = {
            let mut pool = self.pool.borrow_mut();
            let spoken = pool.spoken(origin).get();
            pool.knows(origin) || matches!(spoken, Speaks::Http2 { .. })
        };
        let has_proxy = self.connector.has_proxy(origin);
        if !is_mute(error) || origin.is_https || has_proxy || has_answered {
            return error;
        }
        let known = self.tls_ports.borrow().get(origin).copied();
        if known.is_none() {
            // Others do not ask as well while this one does.
            self.tls_ports.borrow_mut().insert(origin.clone(), false);
            let speaks_tls = self.speaks_tls(origin).await;
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
        answer: hyper::Response<Body>,
        limit: Option<usize>,
    ) -> Result<Response, TransportError> {
        let (head, mut body) = answer.into_parts();
        let mut decoder = Decoder::new(&head.headers);
        let mut response = Response {
            status: head.status.as_u16(),
            body_bytes: 0,
            phases: None,
            kept: limit.map(|_| kept_headers(&head.headers).into()),
        };
        while let Some(data) = connection.data(&mut body).await {
            let data = data?;
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
        if let Connection::Http1(mut connection) = connection
            && connection.is_reusable().await
        {
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

    /// Only what may speak HTTP/2 has a limit of its own, which is that of its one connection.
    fn capacity(&self, origin: &origin::Origin) -> usize {
        if !self.connector.may_share(origin.is_https()) {
            return self.max_in_flight;
        }
        let spoken = self.spoken(origin).map_or(Speaks::Unknown, |it| it.get());
        spoken.capacity(self.max_in_flight)
    }

    fn tally(&self) -> Tally {
        Tally {
            n_resent: self.n_resent.get(),
            wire_bytes: self.wire_bytes.get(),
            // A browser alone asks for permission.
            n_preflighted: 0,
            n_maybe_waiting: 0,
        }
    }

    async fn send(&self, cookies: &Cookies, request: &Request) -> Result<Response, TransportError> {
        self.follow(cookies, request, Hop::first(request)?, 0).await
    }
}

/// Whether a connection ended before anything came over it.
fn is_mute(error: TransportError) -> bool {
    matches!(error, TransportError::Closed | TransportError::Reset)
}

/// Values of one name are one list (RFC 9110, 5.3), as a browser gives them, but for cookies, which
/// have commas of their own.
pub(crate) fn kept_headers(headers: &HeaderMap) -> Kept {
    let mut lists: Vec<(&HeaderName, Vec<u8>)> = Vec::new();
    for (name, value) in headers {
        match lists.last_mut() {
            Some((last, list)) if *last == name && name != header::SET_COOKIE => {
                list.extend_from_slice(b", ");
                list.extend_from_slice(value.as_bytes());
            }
            _ => lists.push((name, value.as_bytes().to_vec())),
        }
    }
    let lists = lists.into_iter();
    Kept {
        headers: lists
            .map(|(name, list)| (name.as_str().to_owned(), header_text(&list)))
            .collect(),
        ..Kept::default()
    }
}

#[cfg(test)]
mod tests;
