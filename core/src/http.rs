//! What goes out and what comes back, whatever carries it.

pub mod charset;
pub mod origin;
pub mod phases;
pub mod request;
pub mod transport;
