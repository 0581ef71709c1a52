//! Where the time of the requests of a row went, as far as the host knows it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::phases::Phases;
use crate::time::micros;

/// The phases of those requests of a row of which they are known: a sample, taken now and then.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PhaseTotals {
    /// How many requests these are.
    pub n_requests: u64,
    /// Sum of the times until their first bytes.
    pub first_byte_micros: u64,
    /// Sum of the times from their first bytes to their last ones.
    pub body_micros: u64,
    /// How many of them opened a connection.
    pub n_connects: u64,
    /// Sum of the times that this took.
    pub connect_micros: u64,
    /// How many of them agreed on keys.
    pub n_handshakes: u64,
    /// Sum of the times that this took.
    pub tls_micros: u64,
}

impl PhaseTotals {
    /// Adds those of a request.
    pub fn record(&mut self, phases: &Phases) {
        self.n_requests += 1;
        self.first_byte_micros += micros(phases.first_byte);
        self.body_micros += micros(phases.body);
        if let Some(connect) = phases.connect {
            self.n_connects += 1;
            self.connect_micros += micros(connect);
        }
        if let Some(tls) = phases.tls {
            self.n_handshakes += 1;
            self.tls_micros += micros(tls);
        }
    }

    /// Adds those of other requests.
    pub fn merge(&mut self, other: &Self) {
        self.n_requests += other.n_requests;
        self.first_byte_micros += other.first_byte_micros;
        self.body_micros += other.body_micros;
        self.n_connects += other.n_connects;
        self.connect_micros += other.connect_micros;
        self.n_handshakes += other.n_handshakes;
        self.tls_micros += other.tls_micros;
    }

    /// The mean time to open a connection, of the requests that did; `None` without any.
    pub fn connect(&self) -> Option<Duration> {
        mean(self.connect_micros, self.n_connects)
    }

    /// The mean time to agree on keys, of the requests that did; `None` without any.
    pub fn tls(&self) -> Option<Duration> {
        mean(self.tls_micros, self.n_handshakes)
    }

    /// The mean time until the first byte.
    pub fn first_byte(&self) -> Option<Duration> {
        mean(self.first_byte_micros, self.n_requests)
    }

    /// The mean time from the first byte to the last one.
    pub fn body(&self) -> Option<Duration> {
        mean(self.body_micros, self.n_requests)
    }
}

fn mean(sum: u64, count: u64) -> Option<Duration> {
    sum.checked_div(count).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_of_the_requests_that_had_the_phase() {
        let ms = Duration::from_millis;
        let mut totals = PhaseTotals::default();
        assert_eq!([totals.connect(), totals.first_byte()], [None, None]);
        totals.record(&Phases {
            connect: Some(ms(9)),
            tls: None,
            first_byte: ms(20),
            body: ms(2),
        });
        let mut other = PhaseTotals::default();
        other.record(&Phases {
            first_byte: ms(10),
            body: ms(4),
            ..Phases::default()
        });
        totals.merge(&other);
        assert_eq!(totals.connect(), Some(ms(9)));
        assert_eq!(totals.tls(), None);
        assert_eq!(totals.first_byte(), Some(ms(15)));
        assert_eq!(totals.body(), Some(ms(3)));
    }
}
