//! Where connections come from: names, TCP and TLS.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{LocalBoxFuture, Shared};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use mayfly_core::http::transport::TransportError;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::connection::Connection;
use super::connection::Slot;
use super::failure;
use super::url::Origin;
use super::wire::Stream;

/// Opens connections, and remembers what names mean.
pub(super) struct Connector {
    tls: TlsConnector,
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are none"))]
    unix_socket: Option<PathBuf>,
    lookups: RefCell<HashMap<String, Lookup>>,
}

/// The addresses of a host, in the order in which they are tried; to all who wait for them.
type Lookup = Shared<LocalBoxFuture<'static, Result<Rc<[IpAddr]>, TransportError>>>;

impl Connector {
    /// How long an address may say nothing before the next one is tried as well, as in RFC 8305.
    const NEXT_ATTEMPT: Duration = Duration::from_millis(250);

    /// Connects by `tls`, and to `unix_socket` instead of any host, if there is one.
    pub(super) fn new(tls: Arc<ClientConfig>, unix_socket: Option<PathBuf>) -> Self {
        Self {
            tls: tls.into(),
            unix_socket,
            lookups: RefCell::default(),
        }
    }

    pub(super) async fn connect(
        &self,
        origin: &Origin,
        slot: Slot,
    ) -> Result<Connection, TransportError> {
        let mut stream = self.reach(origin).await?;
        if origin.is_https {
            let name = ServerName::try_from(origin.host.clone());
            let name = name.map_err(|_| TransportError::Invalid)?;
            let tls = self.tls.connect(name, stream).await;
            stream = Box::new(tls.map_err(|error| failure::of_handshake(&error))?);
        }
        Connection::open(stream, slot).await
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

    use rustls::RootCertStore;
    use tokio::net::TcpListener;

    use super::*;

    fn connector() -> Connector {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Connector::new(config.into(), None)
    }

    #[tokio::test]
    async fn the_addresses_of_a_name_are_tried_in_turn() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin {
            is_https: false,
            host: "name.test".to_owned(),
            port: listener.local_addr().unwrap().port(),
        };
        let connector = connector();
        for (addresses, expected) in [
            (&["127.0.0.1"][..], None),
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
