//! What hosts of `https://` speak, as far as their answers let a page know: over HTTP/1.1 a browser has
//! requests wait for each other, over HTTP/2 it does not.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use mayfly_core::http::origin::Origin;

/// What is known of each origin of `https://`.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: RefCell<BTreeMap<Origin, Rc<Lane>>>,
    n_maybe_waiting: Cell<u64>,
}

#[derive(Default)]
struct Lane {
    speaks: Cell<Speaks>,
    n_looks: Cell<u32>,
    n_under_way: Cell<usize>,
}

/// What is spoken with an origin.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Speaks {
    /// No answer has shown it yet.
    #[default]
    Unknown,
    /// No answer shows it: they lack `Timing-Allow-Origin`.
    Hidden,
    Http1,
    /// HTTP/2 or HTTP/3.
    Http2,
}

/// A request that is under way until this is dropped.
pub(super) struct UnderWay(Rc<Lane>);

impl Lanes {
    /// Connections that browsers open to one origin over HTTP/1.1.
    pub(super) const CONNECTIONS: usize = 6;

    /// Requests that browsers put on one connection of HTTP/2 before the server said how many it
    /// takes.
    const STREAMS: usize = 100;

    /// How many requests to `origin` may be under way at once.
    pub(super) fn capacity(&self, origin: &Origin) -> usize {
        if !origin.is_https() {
            return Self::CONNECTIONS;
        }
        let lanes = self.lanes.borrow();
        let speaks = lanes.get(origin).map(|it| it.speaks.get());
        match speaks.unwrap_or_default() {
            Speaks::Unknown | Speaks::Http1 => Self::CONNECTIONS,
            Speaks::Hidden | Speaks::Http2 => Self::STREAMS,
        }
    }

    /// Requests that were sent while others had all connections that there are over HTTP/1.1, to origins
    /// that may speak it.
    pub(super) fn n_maybe_waiting(&self) -> u64 {
        self.n_maybe_waiting.get()
    }

    /// Notes that a request is sent. `None` if it does not go to `https://`.
    pub(super) fn enter(&self, url: &str) -> Option<UnderWay> {
        let origin = Origin::of(url).filter(Origin::is_https)?;
        let mut lanes = self.lanes.borrow_mut();
        let lane = Rc::clone(lanes.entry(origin).or_default());
        let n_before = lane.n_under_way.get();
        if lane.speaks.get() == Speaks::Hidden && Self::CONNECTIONS <= n_before {
            self.n_maybe_waiting.update(|it| it + 1);
        }
        lane.n_under_way.set(n_before + 1);
        Some(UnderWay(lane))
    }
}

impl UnderWay {
    /// Whether nothing has shown yet what is spoken.
    pub(super) fn asks(&self) -> bool {
        self.0.speaks.get() == Speaks::Unknown
    }

    /// Hears by which protocol an answer came, by the name that ALPN has for it; empty if the target does
    /// not let a page know, and `None` if the browser has not noted it.
    pub(super) fn hear(&self, protocol: Option<&str>) {
        let Self(lane) = self;
        if self.asks() {
            lane.speaks.set(lane.found(protocol));
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.n_under_way.update(|it| it - 1);
    }
}

impl Lane {
    /// The browser may note an answer only after it has come, and nothing while no note is looked for.
    const MAX_LOOKS: u32 = 20;

    /// What is spoken, if the browser says `protocol` of an answer; `None` if it has noted none.
    fn found(&self, protocol: Option<&str>) -> Speaks {
        match protocol {
            Some("") => Speaks::Hidden,
            Some(version) if version.starts_with("http/1") => Speaks::Http1,
            Some(_) => Speaks::Http2,
            None => {
                self.n_looks.update(|it| it + 1);
                if Self::MAX_LOOKS <= self.n_looks.get() {
                    Speaks::Hidden
                } else {
                    Speaks::Unknown
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://a.test/b?c";

    fn origin() -> Origin {
        Origin::of(URL).unwrap()
    }

    /// Lanes that have found this of one request, and the request.
    fn lanes(protocols: &[Option<&str>]) -> Lanes {
        let lanes = Lanes::default();
        for protocol in protocols {
            lanes.enter(URL).unwrap().hear(*protocol);
        }
        lanes
    }

    #[test]
    fn no_more_is_sent_at_once_than_is_known_not_to_wait() {
        for (protocols, capacity) in [
            (&[][..], 6),
            (&[None], 6),
            (&[Some("http/1.1")], 6),
            (&[None, Some("h2")], 100),
            (&[Some("h2"), None], 100),
            (&[Some("h3")], 100),
            (&[Some("")], 100),
        ] {
            assert_eq!(
                lanes(protocols).capacity(&origin()),
                capacity,
                "{protocols:?}"
            );
        }
        let never = [None; Lane::MAX_LOOKS as usize];
        assert_eq!(lanes(&never).capacity(&origin()), 100);
        let plain = Origin::of("http://a.test").unwrap();
        assert_eq!(Lanes::default().capacity(&plain), 6);
        assert!(Lanes::default().enter("http://a.test/").is_none());
    }

    #[test]
    fn what_may_wait_unseen_is_counted() {
        for (protocol, n_maybe_waiting) in [(Some("h2"), 0), (Some("http/1.1"), 0), (Some(""), 2)] {
            let lanes = lanes(&[protocol]);
            let under_way: Vec<_> = (0..8).map(|_| lanes.enter(URL)).collect();
            assert_eq!(lanes.n_maybe_waiting(), n_maybe_waiting, "{protocol:?}");
            drop(under_way);
            let _ = lanes.enter(URL);
            assert_eq!(lanes.n_maybe_waiting(), n_maybe_waiting);
        }
    }
}
