//! What the loop does not do itself: a thread beside it that has the transport by hyper. It looks up names,
//! asks ports whether they speak TLS, and sends the requests that are not for a connection of HTTP/1.1
//! straight to their host. It begins with the first of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::sync::{Arc, mpsc};
use std::thread::{Builder, JoinHandle};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{AbortHandle, Abortable};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt, select_biased};
use mayfly_core::http::request::Request;
use mayfly_core::http::transport::{Response, Tally, Transport, TransportError};
use mayfly_core::time::{Clock, Elapsed};
use tokio::runtime::Runtime;

use super::poller::Bell;
use crate::clock::NativeClock;
use crate::http::hop::Hop;
use crate::http::url::Origin;
use crate::http::{Cookies, HttpTransport, Settings, Speaks};
use crate::runtime;

/// The end of the thread that the loop has.
#[derive(Debug)]
pub(super) struct Side<T> {
    start: Start,
    jobs: Option<UnboundedSender<Job<T>>>,
    sender: mpsc::Sender<News<T>>,
    news: mpsc::Receiver<News<T>>,
    thread: Option<JoinHandle<()>>,
    // The tickets of the requests that it has.
    under_way: BTreeSet<T>,
    // How many connections it may have: no fewer than those.
    max_open: usize,
}

/// What the thread begins with.
#[derive(Clone, Debug)]
struct Start {
    max_in_flight: usize,
    settings: Settings,
    clock: NativeClock,
    bell: Bell,
    runtime: fn() -> io::Result<Runtime>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Job<T> {
    /// Drop the request of this ticket.
    Abort(T),
    /// Have no more connections than this, if they are idle.
    Limit(usize),
    /// Ask a port whether it speaks TLS.
    Ask(usize, Origin),
    /// Look up a name.
    LookUp(usize, String),
    /// Send a request.
    Send(Errand<T>),
    /// Say what an origin speaks, now and later.
    Watch(usize, Origin),
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
    /// Of a thread that has panicked.
    Ended,
    /// What an origin speaks that is watched, by its place.
    Speaks(usize, Speaks),
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
                runtime: runtime::new,
            },
            jobs: None,
            sender,
            news,
            thread: None,
            under_way: BTreeSet::new(),
            max_open: 0,
        }
    }

    /// Has something done. False if there is nobody to do it: the system has no thread or no files left.
    pub(super) fn ask(&mut self, job: Job<T>) -> bool {
        if self.jobs.is_none() {
            self.jobs = self.begin().ok();
        }
        let Some(jobs) = &self.jobs else {
            return false;
        };
        // It takes jobs as long as this is there, but for a panic, which it tells of.
        jobs.unbounded_send(job).is_ok()
    }

    /// Has a request sent. False if there is nobody to do it.
    pub(super) fn send(&mut self, errand: Errand<T>) -> bool {
        let ticket = errand.ticket;
        let max_open = self.max_open.max(self.under_way.len() + 1);
        let is_taken = self.limit(max_open) && self.ask(Job::Send(errand));
        if is_taken {
            self.under_way.insert(ticket);
        }
        is_taken
    }

    /// Drops a request.
    pub(super) fn abort(&mut self, ticket: T) {
        if self.under_way.remove(&ticket) {
            self.ask(Job::Abort(ticket));
        }
    }

    /// How many connections it may have.
    pub(super) fn max_open(&self) -> usize {
        self.max_open
    }

    /// Has it close its idle connections.
    pub(super) fn make_room(&mut self) {
        self.limit(self.under_way.len());
    }

    fn limit(&mut self, max_open: usize) -> bool {
        if self.max_open == max_open {
            return true;
        }
        let is_told = self.ask(Job::Limit(max_open));
        if is_told {
            self.max_open = max_open;
        }
        is_told
    }

    /// Begins the thread, with all that it needs of the system.
    fn begin(&mut self) -> io::Result<UnboundedSender<Job<T>>> {
        let runtime = (self.start.runtime)()?;
        let (jobs, list) = unbounded();
        let (start, sender) = (self.start.clone(), self.sender.clone());
        let work = move || {
            let _farewell = Farewell(sender.clone(), start.bell.clone());
            runtime::run_in(runtime, serve(start, list, &sender));
        };
        let thread = Builder::new().name("side".to_owned()).spawn(work)?;
        self.thread = Some(thread);
        Ok(jobs)
    }

    /// Whether anything was ever asked.
    pub(super) fn is_begun(&self) -> bool {
        self.jobs.is_some()
    }

    /// What has come since this was last called.
    ///
    /// # Panics
    ///
    /// Panics if the thread has.
    pub(super) fn news(&mut self) -> Option<News<T>> {
        let news = self.news.try_recv().ok()?;
        match &news {
            News::Answer(ticket, ..) => {
                self.under_way.remove(ticket);
            }
            News::Ended => {
                if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
                    resume_unwind(panic);
                }
            }
            News::Addresses(..) | News::Asked(..) | News::Speaks(..) => (),
        }
        Some(news)
    }
}

/// Says that the thread has ended, however it does.
struct Farewell<T>(mpsc::Sender<News<T>>, Bell);

impl<T> Drop for Farewell<T> {
    fn drop(&mut self) {
        // Nobody listens where the loop has ended before.
        let _ = self.0.send(News::Ended);
        self.1.ring();
    }
}

async fn serve<T: Copy + Ord>(
    start: Start,
    jobs: UnboundedReceiver<Job<T>>,
    sender: &mpsc::Sender<News<T>>,
) {
    let transport = HttpTransport::new(start.max_in_flight, start.settings);
    let (transport, clock) = (&transport, start.clock);
    let mut watched = BTreeMap::<usize, Watched>::new();
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
                // Before it, so that a capacity is never older than an answer.
                tell_changes(&mut watched, transport, sender);
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
                    Some(Job::Limit(max_open)) => {
                        transport.limit(max_open);
                        continue;
                    }
                    Some(Job::Watch(place, origin)) => {
                        watched.insert(place, Watched(origin, Speaks::Unknown));
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

fn tell_changes<T>(
    watched: &mut BTreeMap<usize, Watched>,
    transport: &HttpTransport,
    sender: &mpsc::Sender<News<T>>,
) {
    for (&place, origin) in watched {
        if let Some(speaks) = origin.look(transport) {
            // Nobody listens where the loop has ended.
            let _ = sender.send(News::Speaks(place, speaks));
        }
    }
}

/// An origin, and what it spoke when somebody last looked.
struct Watched(Origin, Speaks);

impl Watched {
    /// What it speaks, if that is news.
    fn look(&mut self, transport: &HttpTransport) -> Option<Speaks> {
        let speaks = transport.speaks(&self.0);
        let known = std::mem::replace(&mut self.1, speaks);
        (known != speaks).then_some(speaks)
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

#[cfg(test)]
mod tests {
    use mayfly_core::http::request::Method;
    use mayfly_core::plan::Plan;

    use super::*;
    use crate::event_loop::poller::Files;

    #[test]
    fn a_thread_for_which_nothing_is_left_says_so_and_is_tried_again() {
        let plan = "version = 1\nload = { users = 1, spawn_rate = 1 }\n\
                    [[user_class]]\nname = 'User'\ntask = [{ get = '/' }]\n";
        let plan = Plan::from_toml(plan).unwrap();
        let settings = Settings::of(&plan, |_| Err("there are no files".to_owned())).unwrap();
        let bell = Files::open().unwrap().bell();
        let mut side = Side::new(1, settings, NativeClock::start(), bell);
        let errand = || Errand {
            ticket: 7,
            // Nobody is asked for that.
            request: Arc::new(Request::new(Method::Get, "no URL")),
            cookies: Arc::default(),
            hop: None,
            n_hops: 0,
        };
        side.start.runtime = || Err(io::ErrorKind::Other.into());
        assert!(!side.send(errand()));
        assert!(!side.ask(Job::LookUp(0, "localhost".to_owned())));
        side.start.runtime = runtime::new;
        assert!(side.send(errand()));
        assert_eq!(side.max_open(), 1);
        let news = side.news.recv().unwrap();
        let News::Answer(ticket, _, result, _) = news else {
            panic!("{news:?}")
        };
        assert_eq!((ticket, result), (7, Err(TransportError::Invalid)));
    }
}
