//! Requests as the bytes that go over the wire. No I/O.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Body;
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
    /// Whether it is not for a plain connection of HTTP/1.1 and a body of known length.
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
            is_unusual: false,
        }
    }
}

/// Makes messages, and remembers those of requests that are always the same.
#[derive(Debug)]
pub(super) struct Messages {
    fixed: HashMap<usize, Fixed, BuildHasherDefault<AddressHasher>>,
    scratch: Message,
    origins: HashMap<Origin, usize>,
    names: Vec<Origin>,
    keeps_cookies: bool,
    are_all_unusual: bool,
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
            fixed: HashMap::default(),
            scratch: Message::default(),
            origins: HashMap::new(),
            names: Vec::new(),
            keeps_cookies: settings.keeps_cookies,
            are_all_unusual: settings.unix_socket.is_some(),
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
        let has_cookies = self.keeps_cookies && !cookies.is_empty();
        let address = Arc::as_ptr(request).addr();
        if hop.is_some() || has_cookies {
            self.make(request, hop, has_cookies.then_some(cookies))?;
            return Ok(&self.scratch);
        }
        // Not by one look into the map: the borrow of a hit would last in the other branch too.
        if !self.fixed.contains_key(&address) {
            self.make(request, None, None)?;
            // A request that was made for this one time belongs to its user and to whoever sends it.
            if Arc::strong_count(request) <= 2 {
                return Ok(&self.scratch);
            }
            // An edit leaves those of the plan before.
            self.fixed
                .retain(|_, it| 1 < Arc::strong_count(&it.request));
            let message = std::mem::take(&mut self.scratch);
            let request = Arc::clone(request);
            self.fixed.insert(address, Fixed { request, message });
        }
        Ok(&self.fixed[&address].message)
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
        self.scratch.is_unusual = self.are_all_unusual
            || origin.is_https
            || headers.contains_key(header::TRANSFER_ENCODING)
            || headers.contains_key(header::UPGRADE);
        write(&message, request.body.as_deref(), &mut self.scratch.bytes);
        Ok(())
    }
}

fn closes(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CONNECTION).iter();
    let mut words = lines.flat_map(|it| it.as_bytes().split(|it| *it == b','));
    words.any(|it| it.trim_ascii().eq_ignore_ascii_case(b"close"))
}

/// Writes what hyper writes.
fn write<B: Body>(message: &hyper::Request<B>, body: Option<&[u8]>, out: &mut Vec<u8>) {
    let length = message.body().size_hint().exact().unwrap_or_default();
    let body = body.filter(|_| 0 < length).unwrap_or_default();
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
