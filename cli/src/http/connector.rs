//! Where connections come from: names, TCP, proxies and TLS.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{LocalBoxFuture, Shared};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, Scheme};
use mayfly_core::http::transport::TransportError;
use mayfly_core::plan::HttpVersion;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connection::Connection;
use super::failure;
use super::http1::{Http1, Via};
use super::http2::Http2;
use super::message::{Slot, Speaks, Spoken};
use super::proxy::{Proxies, Proxy};
use super::url::Origin;
use super::wire::Stream;
use super::{Settings, tls};

/// Opens connections, and remembers what names mean.
pub(super) struct Connector {
    tls: TlsConnector,
    // Without HTTP/2, which nobody speaks to a proxy here.
    proxy_tls: TlsConnector,
    proxies: Proxies,
    version: Option<HttpVersion>,
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are none"))]
    unix_socket: Option<PathBuf>,
    look_after: Duration,
    lookups: RefCell<HashMap<String, Lookup>>,
}

/// The addresses of a host, in the order in which they are tried; to all who wait for them.
type Lookup = Shared<LocalBoxFuture<'static, Result<Rc<[IpAddr]>, TransportError>>>;

impl Connector {
    /// How long an address may say nothing before the next one is tried as well, as in RFC 8305.
    const NEXT_ATTEMPT: Duration = Duration::from_millis(250);

    pub(super) fn new(settings: &Settings) -> Self {
        let speaking = |version| TlsConnector::from(tls::speaking(&settings.tls, version));
        Self {
            tls: speaking(settings.version),
            proxy_tls: speaking(Some(HttpVersion::Http1)),
            proxies: settings.proxies.clone(),
            version: settings.version,
            unix_socket: settings.unix_socket.clone(),
            look_after: settings.look_after,
            lookups: RefCell::default(),
        }
    }

    /// Whether a connection to `origin` may be one of HTTP/2.
    pub(super) fn may_share(&self, is_https: bool) -> bool {
        match self.version {
            None => is_https,
            Some(version) => version == HttpVersion::Http2,
        }
    }

    /// Whether `origin` is reached through a proxy.
    pub(super) fn has_proxy(&self, origin: &Origin) -> bool {
        self.proxy(origin) != Ok(None)
    }

    /// Opens a connection. `spoken` hears what it speaks.
    pub(super) async fn connect(
        &self,
        origin: &Origin,
        spoken: Spoken,
        slot: Slot,
    ) -> Result<Connection, TransportError> {
        let mut is_http2 = self.version == Some(HttpVersion::Http2);
        let mut via = None;
        let mut stream = match self.proxy(origin)? {
            None => self.reach(origin).await?,
            // What passes through a tunnel is no matter of the proxy.
            Some(proxy) if origin.is_https || is_http2 => self.tunnel(proxy, origin).await?,
            Some(proxy) => {
                let authority = Authority::try_from(origin.authority());
                via = Some(Via {
                    authority: authority.map_err(|_| TransportError::Invalid)?,
                    authorization: proxy.authorization.clone(),
                });
                self.reach_proxy(proxy).await?
            }
        };
        if origin.is_https {
            let tls = encrypt(&self.tls, self.version, origin, stream).await?;
            is_http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
            if !is_http2 && self.version == Some(HttpVersion::Http2) {
                return Err(TransportError::NotHttp2);
            }
            stream = Box::new(tls);
        }
        if is_http2 {
            let scheme = match origin.is_https {
                true => Scheme::HTTPS,
                false => Scheme::HTTP,
            };
            let http2 = Http2::open(stream, scheme, spoken, slot).await?;
            return Ok(Connection::Http2(http2));
        }
        let http1 = Http1::open(stream, via, slot, self.look_after).await?;
        spoken.set(Speaks::Http1);
        Ok(Connection::Http1(http1))
    }

    fn proxy(&self, origin: &Origin) -> Result<Option<&Proxy>, TransportError> {
        #[cfg(unix)]
        if self.unix_socket.is_some() {
            return Ok(None);
        }
        let proxy = self.proxies.get(origin);
        proxy.map_err(|_| TransportError::ProxyConnect)
    }

    /// A way to `origin` through a proxy, which knows nothing of what passes.
    async fn tunnel(
        &self,
        proxy: &Proxy,
        origin: &Origin,
    ) -> Result<Box<dyn Stream>, TransportError> {
        let mut stream = self.reach_proxy(proxy).await?;
        let mut head = connect_head(origin, proxy.authorization.as_ref());
        let written = stream.write_all(&head).await;
        written.map_err(|_| TransportError::ProxyAnswer)?;
        let flushed = stream.flush().await;
        flushed.map_err(|_| TransportError::ProxyAnswer)?;
        head.clear();
        // Byte by byte, since what follows is not for us.
        while !head.ends_with(b"\r\n\r\n") && head.len() < TransportError::MAX_HEAD_BYTES {
            let byte = stream.read_u8().await;
            head.push(byte.map_err(|_| TransportError::ProxyAnswer)?);
        }
        match status_of(&head) {
            Some(200..=299) => Ok(stream),
            Some(status) => Err(TransportError::ProxyStatus(status)),
            None => Err(TransportError::ProxyAnswer),
        }
    }

    /// Opens the way to a proxy.
    async fn reach_proxy(&self, proxy: &Proxy) -> Result<Box<dyn Stream>, TransportError> {
        let reached = async {
            let stream = self.reach(&proxy.origin).await?;
            if !proxy.origin.is_https {
                return Ok(stream);
            }
            let version = Some(HttpVersion::Http1);
            let tls = encrypt(&self.proxy_tls, version, &proxy.origin, stream).await?;
            Ok(Box::new(tls) as Box<dyn Stream>)
        };
        reached.await.map_err(|error| match error {
            // That is up to this machine.
            TransportError::NoLocalPort | TransportError::TooManyOpenFiles => error,
            _ => TransportError::ProxyConnect,
        })
    }

    /// Whether `origin`, which was asked in plain text, speaks TLS.
    pub(super) async fn speaks_tls(&self, origin: &Origin) -> bool {
        let Ok(name) = ServerName::try_from(origin.host.clone()) else {
            return false;
        };
        let Ok(stream) = self.reach(origin).await else {
            return false;
        };
        let answer = self.tls.connect(name, stream).await;
        // Whatever is wrong with a handshake, it is one.
        answer.map_or_else(|error| failure::is_of_tls(&error), |_| true)
    }

    /// Opens the way to `origin`, which nothing has been said over.
    async fn reach(&self, origin: &Origin) -> Result<Box<dyn Stream>, TransportError> {
        #[cfg(unix)]
        if let Some(path) = &self.unix_socket {
            let stream = tokio::net::UnixStream::connect(path).await;
            let stream = stream.map_err(|error| failure::of_connecting(&error))?;
            return Ok(Box::new(stream));
        }
        let stream = self.connect_tcp(origin).await?;
        // Without this a small request waits until the server has acknowledged the one before.
        let no_delay = stream.set_nodelay(true);
        no_delay.map_err(|error| failure::of_connecting(&error))?;
        Ok(Box::new(stream))
    }

    /// Tries the addresses in turn: the next one once another has failed, or has said nothing for a
    /// while (RFC 8305). The first that answers is taken.
    ///
    /// # Errors
    ///
    /// Fails with what is wrong with the last of them.
    async fn connect_tcp(&self, origin: &Origin) -> Result<TcpStream, TransportError> {
        let addresses = self.addresses(&origin.host).await?;
        let addresses = addresses.iter().map(|it| SocketAddr::new(*it, origin.port));
        let mut attempts = FuturesUnordered::new();
        let mut failure = TransportError::Dns;
        let mut rest = addresses;
        loop {
            attempts.extend(rest.next().map(TcpStream::connect));
            let wait = if 0 < rest.len() {
                Self::NEXT_ATTEMPT
            } else {
                Duration::MAX
            };
            match timeout(wait, attempts.next()).await {
                Ok(Some(Ok(stream))) => return Ok(stream),
                Ok(Some(Err(error))) => failure = failure::of_connecting(&error),
                Ok(None) => return Err(failure),
                Err(_) => (),
            }
        }
    }

    /// Asks for a name once, for all who want to know it at the same time. A failure is forgotten,
    /// so that the next one asks again.
    pub(super) async fn addresses(&self, host: &str) -> Result<Rc<[IpAddr]>, TransportError> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok([address].into());
        }
        let known = self.lookups.borrow().get(host).cloned();
        let lookup = known.unwrap_or_else(|| {
            let lookup = look_up(host.to_owned()).boxed_local().shared();
            let mut lookups = self.lookups.borrow_mut();
            lookups.insert(host.to_owned(), lookup.clone());
            lookup
        });
        let addresses = lookup.clone().await;
        if addresses.is_err() {
            let mut lookups = self.lookups.borrow_mut();
            // Somebody may be asking again by now.
            if lookups.get(host).is_some_and(|it| it.ptr_eq(&lookup)) {
                lookups.remove(host);
            }
        }
        addresses
    }
}

async fn encrypt(
    tls: &TlsConnector,
    version: Option<HttpVersion>,
    origin: &Origin,
    stream: Box<dyn Stream>,
) -> Result<TlsStream<Box<dyn Stream>>, TransportError> {
    let name = ServerName::try_from(origin.host.clone());
    let name = name.map_err(|_| TransportError::Invalid)?;
    let encrypted = tls.connect(name, stream).await;
    encrypted.map_err(|error| failure::of_handshake_for(version, &error))
}

/// What asks a proxy to connect with `origin`.
fn connect_head(origin: &Origin, authorization: Option<&HeaderValue>) -> Vec<u8> {
    let host = match origin.host.contains(':') {
        true => format!("[{}]:{}", origin.host, origin.port),
        false => format!("{}:{}", origin.host, origin.port),
    };
    let mut head = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n").into_bytes();
    if let Some(authorization) = authorization {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The status of an answer of HTTP/1; `None` if it is something else.
fn status_of(head: &[u8]) -> Option<u16> {
    let line = str::from_utf8(head.split(|it| *it == b'\r').next()?).ok()?;
    let mut words = line.split(' ');
    let version = words.next()?;
    let status = words.next()?.parse().ok()?;
    (version.starts_with("HTTP/1.") && (200..=599).contains(&status)).then_some(status)
}

async fn look_up(host: String) -> Result<Rc<[IpAddr]>, TransportError> {
    let found = lookup_host((host, 0)).await;
    let found = found.map_err(|error| failure::of_lookup(&error))?;
    let addresses: Rc<[IpAddr]> = found.map(|it| it.ip()).collect();
    if addresses.is_empty() {
        return Err(TransportError::Dns);
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::Arc;

    use rustls::RootCertStore;
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    fn connector() -> Connector {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Connector::new(&Settings {
            keeps_cookies: true,
            unix_socket: None,
            look_after: Duration::ZERO,
            version: None,
            proxies: Proxies::of(|_| None),
            tls: config.into(),
        })
    }

    #[tokio::test]
    async fn the_addresses_of_a_name_are_tried_in_turn() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin {
            is_https: false,
            host: "name.test".to_owned(),
            port: listener.local_addr().unwrap().port(),
        };
        // One that swallows what wants to connect: it takes a single connection, and nobody accepts it.
        let silent = TcpSocket::new_v4().unwrap();
        silent
            .bind(SocketAddr::from(([127, 0, 0, 4], origin.port)))
            .unwrap();
        let silent = silent.listen(0).unwrap();
        let _filling = TcpStream::connect(silent.local_addr().unwrap()).await;
        let connector = connector();
        for (addresses, expected) in [
            (&["127.0.0.1"][..], None),
            (&["127.0.0.4", "127.0.0.1"], None),
            (&["127.0.0.2", "::1", "127.0.0.1", "127.0.0.3"], None),
            (&["127.0.0.2", "127.0.0.3"], Some(TransportError::Refused)),
        ] {
            let addresses: Rc<[IpAddr]> = addresses.iter().map(|it| it.parse().unwrap()).collect();
            let lookup = ready(Ok(addresses)).boxed_local().shared();
            let known = [(origin.host.clone(), lookup)];
            connector.lookups.replace(known.into());
            let stream = connector.connect_tcp(&origin).await;
            assert_eq!(stream.err(), expected);
        }
    }
}
