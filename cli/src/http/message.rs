//! What goes over a connection of either version of HTTP, and what is known of its server.

use std::cell::Cell;
use std::rc::Rc;

use hyper::body::Bytes;
use mayfly_core::http::transport::TransportError;

/// A request whose URI is its path. Its header `host` is there.
pub(super) type Message = hyper::Request<Bytes>;

/// Why there was no head of an answer.
pub(super) enum SendError {
    /// The server had closed the connection, which was kept, and has seen nothing of the message.
    Unsent,
    /// The server says that it did not process the message, and why.
    Unprocessed(TransportError),
    /// Anything else.
    Failed(TransportError),
}

/// Says that there is a connection, or will be soon.
pub(super) type Slot = Rc<()>;

/// What a server speaks, as far as it is known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Speaks {
    /// No connection was made yet.
    #[default]
    Unknown,
    Http1,
    /// With so many requests on a connection at once.
    Http2 {
        max_streams: usize,
    },
}

/// What the server of an origin speaks, to all who want to know.
pub(super) type Spoken = Rc<Cell<Speaks>>;

impl Speaks {
    /// How many requests may be under way to an origin that may speak HTTP/2, before it has said how
    /// many it takes.
    pub(crate) const MAX_UNKNOWN: usize = 100;

    /// How many requests may be under way to it, of `max_in_flight` in all.
    pub(crate) fn capacity(self, max_in_flight: usize) -> usize {
        let capacity = match self {
            Self::Unknown => Self::MAX_UNKNOWN,
            Self::Http1 => max_in_flight,
            // Where it takes none at the moment, one waits for it.
            Self::Http2 { max_streams } => max_streams.max(1),
        };
        capacity.min(max_in_flight)
    }
}
