//! The connections of a transport: how many there may be, the idle ones, those that are shared, and
//! what their servers speak.

use std::collections::HashMap;
use std::rc::Rc;

use mayfly_core::http::transport::TransportError;
use tokio::sync::OnceCell;

use super::connection::Connection;
use super::http1::Http1;
use super::http2::Http2;
use super::message::{Slot, Spoken};
use super::url::Origin;

/// Idle connections, the one used last on top: what is not needed ages at the bottom. Of those of
/// HTTP/2, one for each origin.
pub(super) struct Pool {
    idle: HashMap<Origin, Vec<Http1>>,
    shared: HashMap<Origin, Http2>,
    spoken: HashMap<Origin, Spoken>,
    attempts: HashMap<Origin, Attempt>,
    n_idle: usize,
    max_open: usize,
    open: Slot,
}

/// A connection that is being made for all who wait for it, because they may share it, and what came
/// of it.
pub(super) type Attempt = Rc<OnceCell<Result<(), TransportError>>>;

impl Pool {
    /// A pool of up to `max_open` connections, idle ones included; above zero.
    pub(super) fn new(max_open: usize) -> Self {
        Self {
            idle: HashMap::new(),
            shared: HashMap::new(),
            spoken: HashMap::new(),
            attempts: HashMap::new(),
            n_idle: 0,
            max_open,
            open: Slot::default(),
        }
    }

    /// The connection to `origin` that is shared, or the idle one that was used last. The server may
    /// have closed it.
    pub(super) fn take(&mut self, origin: &Origin) -> Option<Connection> {
        if let Some(shared) = self.shared(origin) {
            return Some(shared);
        }
        let connection = self.idle.get_mut(origin)?.pop()?;
        self.n_idle -= 1;
        Some(Connection::Http1(connection))
    }

    /// The connection to `origin` that is shared.
    pub(super) fn shared(&self, origin: &Origin) -> Option<Connection> {
        self.shared.get(origin).cloned().map(Connection::Http2)
    }

    /// Whether there ever was an idle connection to `origin`.
    pub(super) fn knows(&self, origin: &Origin) -> bool {
        self.idle.contains_key(origin)
    }

    /// What the server of `origin` speaks, now and later.
    pub(super) fn spoken(&mut self, origin: &Origin) -> Spoken {
        if let Some(spoken) = self.spoken.get(origin) {
            return Rc::clone(spoken);
        }
        let spoken = Spoken::default();
        self.spoken.insert(origin.clone(), Rc::clone(&spoken));
        spoken
    }

    /// The attempt to connect to `origin` that is under way, or a new one.
    pub(super) fn attempt(&mut self, origin: &Origin) -> Attempt {
        let attempt = self.attempts.entry(origin.clone()).or_default();
        Rc::clone(attempt)
    }

    /// Says that something came of an attempt, so that the next is another one.
    pub(super) fn end_attempt(&mut self, origin: &Origin, attempt: &Attempt) {
        let is_current = |it: &Attempt| Rc::ptr_eq(it, attempt);
        if self.attempts.get(origin).is_some_and(is_current) {
            self.attempts.remove(origin);
        }
    }

    /// A slot for a new connection. If there are too many, an idle one to another origin makes room.
    pub(super) fn slot(&mut self) -> Slot {
        if self.max_open <= self.n_open() {
            self.make_room();
        }
        Rc::clone(&self.open)
    }

    /// Has no more connections than this from now on, if they are idle.
    #[cfg(target_os = "linux")]
    pub(super) fn limit(&mut self, max_open: usize) {
        self.max_open = max_open;
        while self.max_open < self.n_open() && self.make_room() {}
    }

    /// Closes an idle connection of the origin that has most of them, or all that are shared and idle.
    /// Gives whether there was one.
    fn make_room(&mut self) -> bool {
        let n_before = self.n_open();
        if 0 < self.n_idle {
            let most = self.idle.values_mut().max_by_key(|it| it.len());
            most.expect("there are idle ones").remove(0);
            self.n_idle -= 1;
        } else {
            self.shared.retain(|_, it| !it.is_idle());
        }
        self.n_open() < n_before
    }

    fn n_open(&self) -> usize {
        Rc::strong_count(&self.open) - 1
    }

    /// Keeps a connection for later, or closes it if there are too many.
    pub(super) fn put(&mut self, origin: Origin, connection: Http1) {
        if self.n_idle < self.max_open && self.n_open() <= self.max_open {
            self.n_idle += 1;
            self.idle.entry(origin).or_default().push(connection);
        }
    }

    /// Shares a connection from now on.
    pub(super) fn share(&mut self, origin: Origin, connection: Http2) {
        self.shared.insert(origin, connection);
    }

    /// Gives a connection up that carries no further request.
    pub(super) fn forget(&mut self, origin: &Origin, connection: &Http2) {
        if self.shared.get(origin).is_some_and(|it| it.is(connection)) {
            self.shared.remove(origin);
        }
    }
}
