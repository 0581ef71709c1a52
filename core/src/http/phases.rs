//! Where the time of one request went, once it was sent.
//!
//! The phases are those of the W3C's *Resource Timing*, and browsers tell them where the target lets them
//! (`Timing-Allow-Origin`).

use std::time::Duration;

/// The phases of one request.
///
/// They need not add up to its service time: a browser has a wait and work of its own before and after
/// them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Phases {
    /// Finding the address and opening a connection, without TLS; `None` if there was one.
    pub connect: Option<Duration>,
    /// Agreeing on keys over a new connection; `None` over one that was there, and without TLS.
    pub tls: Option<Duration>,
    /// From when the request was written until the first byte of the answer was there.
    pub first_byte: Duration,
    /// From then on, until its last byte was there.
    pub body: Duration,
}
