//! Where connections come from: names, TCP and TLS.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use mayfly_core::http::transport::TransportError;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::connection::Connection;
use super::connection::Slot;
use super::failure;
use super::url::Origin;
use super::wire::Stream;

/// Opens connections, and remembers what names mean.
pub(super) struct Connector {
    tls: TlsConnector,
    lookups: RefCell<HashMap<String, Lookup>>,
}

/// The addresses of a host, in the order in which they are tried; to all who wait for them.
type Lookup = Shared<LocalBoxFuture<'static, Result<Rc<[IpAddr]>, TransportError>>>;

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>) -> Self {
        Self {
            tls: tls.into(),
            lookups: RefCell::default(),
        }
    }

    pub(super) async fn connect(
        &self,
        origin: &Origin,
        slot: Slot,
    ) -> Result<Connection, TransportError> {
        let tcp = self.connect_tcp(origin).await?;
        // Without this a small request waits until the server has acknowledged the one before.
        let no_delay = tcp.set_nodelay(true);
        no_delay.map_err(|error| failure::of_connecting(&error))?;
        let stream: Box<dyn Stream> = if origin.is_https {
            let name = ServerName::try_from(origin.host.clone());
            let name = name.map_err(|_| TransportError::Invalid)?;
            let tls = self.tls.connect(name, tcp).await;
            Box::new(tls.map_err(|error| failure::of_handshake(&error))?)
        } else {
            Box::new(tcp)
        };
        Connection::open(stream, slot).await
    }

    /// Whether `origin`, which was asked in plain text, speaks TLS.
    pub(super) async fn speaks_tls(&self, origin: &Origin) -> bool {
        let Ok(name) = ServerName::try_from(origin.host.clone()) else {
            return false;
        };
        let Ok(tcp) = self.connect_tcp(origin).await else {
            return false;
        };
        let answer = self.tls.connect(name, tcp).await;
        // Whatever is wrong with a handshake, it is one.
        answer.map_or_else(|error| failure::is_of_tls(&error), |_| true)
    }

    /// Tries the addresses in turn.
    ///
    /// # Errors
    ///
    /// Fails with what is wrong with the last of them.
    async fn connect_tcp(&self, origin: &Origin) -> Result<TcpStream, TransportError> {
        let mut failure = TransportError::Dns;
        for &address in &*self.addresses(&origin.host).await? {
            match TcpStream::connect(SocketAddr::new(address, origin.port)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = failure::of_connecting(&error),
            }
        }
        Err(failure)
    }

    /// Asks for a name once, for all who want to know it at the same time. A failure is forgotten,
    /// so that the next one asks again.
    async fn addresses(&self, host: &str) -> Result<Rc<[IpAddr]>, TransportError> {
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
