//! What the loop does not do itself: a thread beside it that has the transport by hyper. It looks up names,
//! asks ports whether they speak TLS, and sends the requests that are not for a plain connection. It begins
//! with the first of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, mpsc};
use std::thread;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt, select_biased};
use mayfly_core::http::request::Request;
use mayfly_core::http::transport::{Response, Tally, Transport, TransportError};
use mayfly_core::time::{Clock, Elapsed};

use super::poller::Bell;
use crate::clock::NativeClock;
use crate::http::hop::Hop;
use crate::http::url::Origin;
use crate::http::{Cookies, HttpTransport, Settings};
use crate::runtime;

/// The end of the thread that the loop has.
#[derive(Debug)]
pub(super) struct Side<T> {
    start: Start,
    jobs: Option<UnboundedSender<Job<T>>>,
    sender: mpsc::Sender<News<T>>,
    news: mpsc::Receiver<News<T>>,
}

/// What the thread begins with.
#[derive(Clone, Debug)]
struct Start {
    max_in_flight: usize,
    settings: Settings,
    clock: NativeClock,
    bell: Bell,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Job<T> {
    /// Drop the request of this ticket.
    Abort(T),
    /// Ask a port whether it speaks TLS.
    Ask(usize, Origin),
    /// Look up a name.
    LookUp(usize, String),
    /// Send a request.
    Send(Errand<T>),
}

/// A request, and how far it is.
#[derive(Debug)]
pub(super) struct Errand<T> {
    pub(super) ticket: T,
    pub(super) request: Arc<Request>,
    pub(super) cookies: Arc<Cookies>,
    pub(super) hop: Option<Box<Hop>>,
    pub(super) n_hops: usize,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum News<T> {
    /// Of a request: when it was done, and what the transport did in all.
    Answer(T, Elapsed, Result<Response, TransportError>, Tally),
    /// Of a name, by the place of its origin.
    Addresses(usize, Result<Vec<IpAddr>, TransportError>),
    /// Whether a port speaks TLS.
    Asked(usize, bool),
}

impl<T: Copy + Ord + Send + 'static> Side<T> {
    pub(super) fn new(
        max_in_flight: usize,
        settings: Settings,
        clock: NativeClock,
        bell: Bell,
    ) -> Self {
        let (sender, news) = mpsc::channel();
        Self {
            start: Start {
                max_in_flight,
                settings,
                clock,
                bell,
            },
            jobs: None,
            sender,
            news,
        }
    }

    /// Has something done. False if there is nobody to do it: the system has no thread or no files left.
    pub(super) fn ask(&mut self, job: Job<T>) -> bool {
        let jobs = self.jobs.get_or_insert_with(|| {
            let (jobs, list) = unbounded();
            let (start, sender) = (self.start.clone(), self.sender.clone());
            let work = move || runtime::run(serve(start, list, sender));
            // Where there is none, the list of jobs is closed.
            let _ = thread::Builder::new().name("side".to_owned()).spawn(work);
            jobs
        });
        jobs.unbounded_send(job).is_ok()
    }

    /// Whether anything was ever asked.
    pub(super) fn is_begun(&self) -> bool {
        self.jobs.is_some()
    }

    /// What has come since this was last called.
    pub(super) fn news(&self) -> Option<News<T>> {
        self.news.try_recv().ok()
    }
}

async fn serve<T: Copy + Ord>(
    start: Start,
    jobs: UnboundedReceiver<Job<T>>,
    sender: mpsc::Sender<News<T>>,
) {
    let transport = HttpTransport::new(start.max_in_flight, start.settings);
    let (transport, clock) = (&transport, start.clock);
    let mut jobs = jobs.fuse();
    let mut handles = BTreeMap::new();
    let mut under_way = FuturesUnordered::new();
    loop {
        select_biased! {
            news = under_way.select_next_some() => {
                // An aborted one is nobody's news.
                let Ok(news) = news else { continue };
                if let News::Answer(ticket, ..) = &news {
                    handles.remove(ticket);
                }
                if sender.send(news).is_err() {
                    return;
                }
                start.bell.ring();
            }
            job = jobs.next() => {
                let (handle, registration) = AbortHandle::new_pair();
                let work = match job {
                    None => return,
                    Some(Job::Abort(ticket)) => {
                        let handle: Option<AbortHandle> = handles.remove(&ticket);
                        handle.iter().for_each(AbortHandle::abort);
                        continue;
                    }
                    Some(Job::Ask(place, origin)) => async move {
                        News::Asked(place, transport.speaks_tls(&origin).await)
                    }
                    .boxed_local(),
                    Some(Job::LookUp(place, host)) => async move {
                        News::Addresses(place, transport.addresses(&host).await)
                    }
                    .boxed_local(),
                    Some(Job::Send(errand)) => {
                        handles.insert(errand.ticket, handle);
                        async move {
                            let ticket = errand.ticket;
                            let result = send(transport, errand).await;
                            News::Answer(ticket, clock.now(), result, transport.tally())
                        }
                        .boxed_local()
                    }
                };
                under_way.push(Abortable::new(work, registration));
            }
        }
    }
}

async fn send<T>(transport: &HttpTransport, errand: Errand<T>) -> Result<Response, TransportError> {
    let Errand {
        request,
        cookies,
        hop,
        n_hops,
        ..
    } = errand;
    let hop = match hop {
        Some(hop) => *hop,
        None => Hop::first(&request)?,
    };
    transport.follow(&cookies, &request, hop, n_hops).await
}
