//! The loop against servers of all kinds: the tests of the transport by hyper, word for word.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use futures::channel::oneshot;
use mayfly_core::http::origin::Origin;
use mayfly_core::http::request::Request;
use mayfly_core::http::transport::{Response, Tally, Transport, TransportError};
use mayfly_core::plan::Plan;
use mayfly_core::time::Elapsed;

use super::carrier::{Carrier, Work};
use super::poller::{Bell, Files, Poller};
use crate::clock::NativeClock;
use crate::http::{HttpTransport as ByHyper, Settings, TlsError};

#[path = "../http/tests/shared/mod.rs"]
mod shared;

type Cookies = Arc<crate::http::Cookies>;

type Reply = oneshot::Sender<Result<Response, TransportError>>;

/// A carrier in a thread of its own, as a transport.
struct HttpTransport {
    orders: mpsc::Sender<Order>,
    bell: Bell,
    tally: Arc<Mutex<Tally>>,
    max_in_flight: usize,
    // What was sent before, each twice: a plan keeps its requests as well.
    known: Mutex<Vec<[Arc<Request>; 2]>>,
    n_sent: Mutex<u64>,
}

enum Order {
    Abort(u64),
    Capacity(Origin, mpsc::Sender<usize>),
    Send(u64, Arc<Request>, Cookies, Reply),
}

/// Aborts a request when it is dropped.
struct UnderWay<'a>(&'a HttpTransport, u64);

impl HttpTransport {
    const MAX_IN_FLIGHT: usize = ByHyper::MAX_IN_FLIGHT;

    /// How many connections show only what their server speaks: one that speaks HTTP/2 gets another.
    const N_ASKING: usize = 1;

    fn new(max_in_flight: usize, settings: Settings) -> Self {
        let files = Files::open().unwrap();
        let bell = files.bell();
        let tally = Arc::<Mutex<Tally>>::default();
        let (orders, inbox) = mpsc::channel();
        let told = Arc::clone(&tally);
        thread::spawn(move || serve(files, max_in_flight, settings, &inbox, &told));
        Self {
            orders,
            bell,
            tally,
            max_in_flight,
            known: Mutex::default(),
            n_sent: Mutex::default(),
        }
    }

    fn order(&self, order: Order) {
        self.orders.send(order).unwrap();
        self.bell.ring();
    }

    fn shared(&self, request: &Request) -> Arc<Request> {
        let mut known = self.known.lock().unwrap();
        if let Some(found) = known.iter().find(|it| *it[0] == *request) {
            return Arc::clone(&found[0]);
        }
        let shared = Arc::new(request.clone());
        known.push([Arc::clone(&shared), Arc::clone(&shared)]);
        shared
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.order(Order::Abort(self.1));
    }
}

impl Transport for HttpTransport {
    type Session = Cookies;

    fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    fn capacity(&self, origin: &Origin) -> usize {
        let (sender, capacity) = mpsc::channel();
        self.order(Order::Capacity(origin.clone(), sender));
        capacity.recv().unwrap()
    }

    fn tally(&self) -> Tally {
        *self.tally.lock().unwrap()
    }

    async fn send(&self, cookies: &Cookies, request: &Request) -> Result<Response, TransportError> {
        let ticket = {
            let mut n_sent = self.n_sent.lock().unwrap();
            *n_sent += 1;
            *n_sent
        };
        let (reply, answer) = oneshot::channel();
        let request = self.shared(request);
        self.order(Order::Send(ticket, request, Arc::clone(cookies), reply));
        let _under_way = UnderWay(self, ticket);
        answer.await.unwrap()
    }
}

fn serve(
    files: Files,
    max_in_flight: usize,
    settings: Settings,
    inbox: &mpsc::Receiver<Order>,
    tally: &Mutex<Tally>,
) {
    let poller = Poller::new(files);
    let mut carrier = Carrier::new(max_in_flight, settings, NativeClock::start(), poller);
    let mut replies = HashMap::<u64, Reply>::new();
    loop {
        while let Some((_, ticket, result)) = carrier.outcome() {
            *tally.lock().unwrap() = carrier.tally();
            if let Some(reply) = replies.remove(&ticket) {
                let _ = reply.send(result);
            }
        }
        carrier.wait(Elapsed::from_secs(1_000_000));
        while carrier.turn() {}
        while carrier.take_ring() {
            loop {
                match inbox.try_recv() {
                    Ok(Order::Abort(ticket)) => {
                        replies.remove(&ticket);
                        carrier.abort(user(ticket), ticket);
                    }
                    Ok(Order::Capacity(origin, reply)) => {
                        reply.send(carrier.capacity(&origin)).unwrap();
                    }
                    Ok(Order::Send(ticket, request, cookies, reply)) => {
                        replies.insert(ticket, reply);
                        carrier.start(Work::new(ticket, user(ticket), request, cookies));
                    }
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return,
                }
            }
        }
    }
}

fn user(ticket: u64) -> usize {
    usize::try_from(ticket).unwrap()
}

impl Drop for HttpTransport {
    fn drop(&mut self) {
        let (nobody, _) = mpsc::channel();
        self.orders = nobody;
        self.bell.ring();
    }
}
