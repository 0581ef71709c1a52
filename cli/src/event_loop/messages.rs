//! Requests as the bytes that go over the wire. No I/O.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Bytes;
use hyper::header::{self, HeaderMap};
use mayfly_core::http::request::{Method, Request};
use mayfly_core::http::transport::TransportError;

use crate::http::hop::Hop;
use crate::http::url::Origin;
use crate::http::{Cookies, Settings};

/// A request, ready to be sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    /// The place of its origin in [`Messages::origin`].
    pub(super) origin: usize,
    pub(super) port: u16,
    /// Where its host is, if that has no name.
    pub(super) address: Option<IpAddr>,
    pub(super) method: Method,
    /// Whether sending it twice does what sending it once does.
    pub(super) is_idempotent: bool,
    /// Whether it asks the server to close the connection.
    pub(super) closes: bool,
    /// Whether its connection is encrypted.
    pub(super) is_https: bool,
    /// Whether it is not for a connection of HTTP/1.1 straight to its host, and a body of known length.
    pub(super) is_unusual: bool,
}

impl Default for Message {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            origin: 0,
            port: 0,
            address: None,
            method: Method::Get,
            is_idempotent: false,
            closes: false,
            is_https: false,
            is_unusual: false,
        }
    }
}

/// Makes messages, and remembers those of requests that are always the same.
#[derive(Debug)]
pub(super) struct Messages {
    // The places of those in `fixed`, by the addresses of their requests.
    known: HashMap<usize, usize, BuildHasherDefault<AddressHasher>>,
    fixed: Vec<Fixed>,
    scratch: Message,
    origins: HashMap<Origin, usize>,
    names: Vec<Origin>,
    // The places of those that speak HTTP/2.
    of_http2: BTreeSet<usize>,
    settings: Settings,
}

/// A request, which keeps its address as long as this is there, and its message.
#[derive(Debug)]
struct Fixed {
    request: Arc<Request>,
    message: Message,
}

impl Messages {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            known: HashMap::default(),
            fixed: Vec::new(),
            scratch: Message::default(),
            origins: HashMap::new(),
            names: Vec::new(),
            of_http2: BTreeSet::new(),
            settings: settings.clone(),
        }
    }

    /// The message of a request of a user with `cookies`; of `hop`, if it is not the first of a chain.
    ///
    /// # Errors
    ///
    /// Fails with `Invalid` if the request cannot be sent.
    pub(super) fn of(
        &mut self,
        request: &Arc<Request>,
        hop: Option<&Hop>,
        cookies: &Cookies,
    ) -> Result<&Message, TransportError> {
        let has_cookies = self.settings.keeps_cookies && !cookies.is_empty();
        let address = Arc::as_ptr(request).addr();
        if hop.is_some() || has_cookies {
            self.make(request, hop, has_cookies.then_some(cookies))?;
            return Ok(&self.scratch);
        }
        if let Some(&place) = self.known.get(&address) {
            return Ok(&self.fixed[place].message);
        }
        self.make(request, None, None)?;
        // A request that was made for this one time belongs to its user and to whoever sends it.
        if Arc::strong_count(request) <= 2 {
            return Ok(&self.scratch);
        }
        self.forget_unused();
        self.known.insert(address, self.fixed.len());
        self.fixed.push(Fixed {
            message: std::mem::take(&mut self.scratch),
            request: Arc::clone(request),
        });
        Ok(&self.fixed[self.fixed.len() - 1].message)
    }

    /// Forgets what nobody else has: an edit leaves the requests of the plan before.
    fn forget_unused(&mut self) {
        self.fixed.retain(|it| 1 < Arc::strong_count(&it.request));
        let addresses = self.fixed.iter().map(|it| Arc::as_ptr(&it.request).addr());
        self.known = addresses.zip(0..).collect();
    }

    /// Says that an origin speaks HTTP/2: all messages to it are unusual from now on.
    pub(super) fn set_http2(&mut self, place: usize) {
        self.of_http2.insert(place);
        let messages = self.fixed.iter_mut().map(|it| &mut it.message);
        messages
            .filter(|it| it.origin == place)
            .for_each(|it| it.is_unusual = true);
    }

    /// The place of an origin that a message was made for.
    pub(super) fn place(&self, origin: &Origin) -> Option<usize> {
        self.origins.get(origin).copied()
    }

    /// The origin of a message.
    pub(super) fn origin(&self, place: usize) -> &Origin {
        &self.names[place]
    }

    /// Writes a message into the scratch.
    fn make(
        &mut self,
        request: &Request,
        hop: Option<&Hop>,
        cookies: Option<&Cookies>,
    ) -> Result<(), TransportError> {
        let first;
        let hop = match hop {
            Some(hop) => hop,
            None => {
                first = Hop::first(request)?;
                &first
            }
        };
        let mut message = hop.message(request)?;
        if let Some(cookies) = cookies {
            cookies.add_to(&hop.url, message.headers_mut());
        }
        let origin = &hop.url.origin;
        let place = self.origins.get(origin).copied().unwrap_or_else(|| {
            self.names.push(origin.clone());
            self.origins.insert(origin.clone(), self.names.len() - 1);
            self.names.len() - 1
        });
        let headers = message.headers();
        self.scratch.origin = place;
        self.scratch.port = origin.port;
        self.scratch.address = origin.host.parse().ok();
        self.scratch.method = hop.method;
        self.scratch.is_idempotent = hop.is_idempotent();
        self.scratch.closes = closes(headers);
        self.scratch.is_https = origin.is_https;
        self.scratch.is_unusual = !self.settings.may_be_http1(origin)
            || self.of_http2.contains(&place)
            || headers.contains_key(header::TRANSFER_ENCODING)
            || headers.contains_key(header::UPGRADE);
        write(&message, &mut self.scratch.bytes);
        Ok(())
    }
}

fn closes(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CONNECTION).iter();
    let mut words = lines.flat_map(|it| it.as_bytes().split(|it| *it == b','));
    words.any(|it| it.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// Writes what hyper writes.
fn write(message: &hyper::Request<Bytes>, out: &mut Vec<u8>) {
    let body = &message.body()[..];
    out.clear();
    let path = message.uri().path_and_query();
    let path = path.map_or("/", |it| it.as_str());
    for part in [message.method().as_str(), " ", path, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    for (name, value) in message.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            out.extend_from_slice(part);
        }
    }
    if !body.is_empty() {
        out.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

/// For addresses, which are different numbers anyway.
#[derive(Debug, Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    /// By Knuth's factor: the map looks at the highest and the lowest bits, and those of addresses are
    /// the same.
    fn write_usize(&mut self, number: usize) {
        let mixed = (self.0 ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
