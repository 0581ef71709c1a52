//! The connections of a transport: how many there may be, and the idle ones.

use std::collections::HashMap;
use std::rc::Rc;

use super::connection::{Connection, Slot};
use super::url::Origin;

/// Idle connections, the one used last on top: what is not needed ages at the bottom.
pub(super) struct Pool {
    idle: HashMap<Origin, Vec<Connection>>,
    n_idle: usize,
    max_open: usize,
    open: Slot,
}

impl Pool {
    /// A pool of up to `max_open` connections, idle ones included; above zero.
    pub(super) fn new(max_open: usize) -> Self {
        Self {
            idle: HashMap::new(),
            n_idle: 0,
            max_open,
            open: Slot::default(),
        }
    }

    /// The idle connection to `origin` that was used last. The server may have closed it.
    pub(super) fn take(&mut self, origin: &Origin) -> Option<Connection> {
        let connection = self.idle.get_mut(origin)?.pop()?;
        self.n_idle -= 1;
        Some(connection)
    }

    /// Whether there ever was an idle connection to `origin`.
    pub(super) fn knows(&self, origin: &Origin) -> bool {
        self.idle.contains_key(origin)
    }

    /// A slot for a new connection. If there are too many, an idle one to another origin makes room.
    pub(super) fn slot(&mut self) -> Slot {
        let n_open = Rc::strong_count(&self.open) - 1;
        if self.max_open <= n_open && 0 < self.n_idle {
            let most = self.idle.values_mut().max_by_key(|it| it.len());
            most.expect("there are idle ones").remove(0);
            self.n_idle -= 1;
        }
        Rc::clone(&self.open)
    }

    /// Keeps a connection for later, or closes it if there are too many.
    pub(super) fn put(&mut self, origin: Origin, connection: Connection) {
        if self.n_idle < self.max_open {
            self.n_idle += 1;
            self.idle.entry(origin).or_default().push(connection);
        }
    }
}
