mod http2;
mod proxies;
mod shared;

use super::*;

impl HttpTransport {
    /// How many connections show only what their server speaks.
    const N_ASKING: usize = 0;
}
