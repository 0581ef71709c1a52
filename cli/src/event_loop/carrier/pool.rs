//! The connections of a carrier: how many there may be, and which are idle.

use std::net::IpAddr;
use std::rc::Rc;

use mayfly_core::http::transport::TransportError;

use crate::event_loop::connection::{Connection, Phase};
use crate::http::Speaks;

/// All connections, by their places, and what is known of each origin.
pub(super) struct Pool<W> {
    pub(super) connections: Vec<Connection<W>>,
    free: Vec<usize>,
    lanes: Vec<Lane<W>>,
    n_idle: usize,
    max_open: usize,
}

/// What is known of one origin.
#[derive(Debug)]
pub(super) struct Lane<W> {
    pub(super) addresses: Addresses,
    /// Requests that wait for the addresses, or for the first connection.
    pub(super) waiting: Vec<W>,
    /// What its server speaks, if the server may choose.
    pub(super) speaks: Speaks,
    /// Whether a connection is being made that shows it.
    pub(super) is_asked: bool,
    /// Whether TLS is spoken where plain text found no answer.
    pub(super) speaks_tls: Option<bool>,
    /// The request that made somebody ask that, and how it failed.
    pub(super) unexplained: Option<(W, TransportError)>,
    /// Whether there ever was an idle connection.
    pub(super) was_kept: bool,
    // The one used last on top: what is not needed ages at the bottom.
    idle: Vec<usize>,
}

/// The addresses of a host, in the order in which they are tried.
#[derive(Clone, Debug)]
pub(super) enum Addresses {
    Asked,
    Known(Rc<[IpAddr]>),
    Unknown,
}

/// One connection that a place has had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    index: u32,
    generation: u32,
}

impl Token {
    pub(super) fn as_u64(self) -> u64 {
        (u64::from(self.generation) << 32) | u64::from(self.index)
    }

    pub(super) fn from_u64(number: u64) -> Self {
        let low = number & u64::from(u32::MAX);
        Self {
            index: u32::try_from(low).unwrap_or_default(),
            generation: u32::try_from(number >> 32).unwrap_or_default(),
        }
    }
}

impl<W> Default for Lane<W> {
    fn default() -> Self {
        Self {
            addresses: Addresses::Unknown,
            waiting: Vec::new(),
            speaks: Speaks::Unknown,
            is_asked: false,
            speaks_tls: None,
            unexplained: None,
            was_kept: false,
            idle: Vec::new(),
        }
    }
}

impl<W> Pool<W> {
    /// A pool of up to `max_open` connections, idle ones included; above zero.
    pub(super) fn new(max_open: usize) -> Self {
        Self {
            connections: Vec::new(),
            free: Vec::new(),
            lanes: Vec::new(),
            n_idle: 0,
            max_open,
        }
    }

    pub(super) fn lane(&mut self, origin: usize) -> &mut Lane<W> {
        if self.lanes.len() <= origin {
            self.lanes.resize_with(origin + 1, Lane::default);
        }
        &mut self.lanes[origin]
    }

    /// What the server of an origin speaks, if it may choose.
    pub(super) fn speaks(&self, origin: usize) -> Speaks {
        self.lanes
            .get(origin)
            .map_or(Speaks::Unknown, |it| it.speaks)
    }

    /// What is known of the addresses of an origin. `address` is that of a host that has no name.
    pub(super) fn addresses(&mut self, origin: usize, address: Option<IpAddr>) -> Addresses {
        let lane = self.lane(origin);
        if let (Addresses::Unknown, Some(address)) = (&lane.addresses, address) {
            lane.addresses = Addresses::Known([address].into());
        }
        lane.addresses.clone()
    }

    /// The idle connection to an origin that was used last. The server may have closed it.
    pub(super) fn take_idle(&mut self, origin: usize) -> Option<usize> {
        let index = self.lanes.get_mut(origin)?.idle.pop()?;
        self.n_idle -= 1;
        Some(index)
    }

    /// Keeps a connection that is idle, or closes it if there are too many.
    pub(super) fn put_idle(&mut self, index: usize) {
        if self.max_open <= self.n_idle {
            self.close(index);
            return;
        }
        self.n_idle += 1;
        let lane = self.lane(self.connections[index].origin);
        lane.was_kept = true;
        lane.idle.push(index);
    }

    /// Takes out an idle connection, wherever it is.
    pub(super) fn forget_idle(&mut self, index: usize) {
        let lane = self.lane(self.connections[index].origin);
        if let Some(nth) = lane.idle.iter().rposition(|it| *it == index) {
            lane.idle.remove(nth);
            self.n_idle -= 1;
        }
    }

    /// A place for a new connection.
    pub(super) fn open(&mut self, origin: usize) -> usize {
        let index = self.free.pop().unwrap_or_else(|| {
            self.connections.push(Connection::default());
            self.connections.len() - 1
        });
        self.connections[index].origin = origin;
        index
    }

    /// How many more there may be than there are and than `n_others`.
    pub(super) fn n_free(&self, n_others: usize) -> usize {
        let n_open = self.connections.len() - self.free.len();
        self.max_open.saturating_sub(n_open + n_others)
    }

    /// Closes an idle connection of the origin that has most of them; false if there is none.
    pub(super) fn close_oldest(&mut self) -> bool {
        let most = self.lanes.iter_mut().max_by_key(|it| it.idle.len());
        let Some(lane) = most.filter(|it| !it.idle.is_empty()) else {
            return false;
        };
        let index = lane.idle.remove(0);
        self.n_idle -= 1;
        self.close(index);
        true
    }

    /// Closes a connection that is not idle, and gives the request that was under way on it.
    pub(super) fn close(&mut self, index: usize) -> Option<W> {
        let work = self.connections[index].close();
        self.free.push(index);
        work
    }

    pub(super) fn token(&self, index: usize) -> Token {
        Token {
            index: u32::try_from(index).expect("there are fewer connections than files"),
            generation: self.connections[index].generation,
        }
    }

    /// The place of a connection, if it is still there.
    pub(super) fn find(&self, token: Token) -> Option<usize> {
        let index = token.index as usize;
        let connection = self.connections.get(index)?;
        let is_there = connection.generation == token.generation && connection.phase != Phase::Free;
        is_there.then_some(index)
    }
}
