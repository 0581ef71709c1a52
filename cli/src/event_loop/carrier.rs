//! Sends requests over connections that it keeps, and says what came of them. Which requests, and when,
//! is decided elsewhere.
//!
//! What it promises is what [`HttpTransport`] promises; the tests of that run
//! against both.

mod pool;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header;
use mayfly_core::http::origin;
use mayfly_core::http::request::Request;
use mayfly_core::http::transport::{Response, Tally, TransportError};
use mayfly_core::plan::HttpVersion;
use mayfly_core::time::{Clock, Elapsed};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use self::pool::{Addresses, Pool, Token};
use super::answer::{End, Step};
use super::connection::Phase;
use super::messages::Messages;
use super::poller::{Happening, Poller, SocketEvent};
use super::side::{Errand, Job, News, Side};
use super::stream::Received;
use crate::clock::NativeClock;
use crate::http::hop::Hop;
use crate::http::url::Url;
use crate::http::{Cookies, HttpTransport, Settings, Speaks, failure};

/// What came of a request, and when.
pub(super) type Outcome<T> = (Elapsed, T, Result<Response, TransportError>);

/// Requests under way, each with a ticket that nobody else has, and the connections for them.
pub(super) struct Carrier<T> {
    clock: NativeClock,
    poller: Poller,
    messages: Messages,
    pool: Pool<Work<T>>,
    side: Side<T>,
    // Of each user: where its request is.
    places: Vec<Option<(T, Place)>>,
    outcomes: VecDeque<Outcome<T>>,
    // Connections to whose next address it is time, if none has answered by then.
    staggered: VecDeque<(Elapsed, Token)>,
    // Connections that have more to read than was read in their turn.
    unread: Vec<Token>,
    buffer: Box<[u8]>,
    // When something last happened.
    now: Elapsed,
    keeps_cookies: bool,
    look_after: Duration,
    max_in_flight: usize,
    // `None` is what a server of `https://` chooses.
    version: Option<HttpVersion>,
    tls: Arc<ClientConfig>,
    // The places of origins, as the shard names those.
    origins: RefCell<BTreeMap<origin::Origin, usize>>,
    was_rung: bool,
    tally: Tally,
    side_tally: Tally,
}

/// A request of a user, and how far it is.
#[derive(Debug)]
pub(super) struct Work<T> {
    /// Which request it is.
    pub(super) ticket: T,
    /// A small number; each user has one request under way at most.
    pub(super) user: usize,
    pub(super) request: Arc<Request>,
    pub(super) cookies: Arc<Cookies>,
    hop: Option<Box<Hop>>,
    n_hops: usize,
    // Whether it is sent again, because a kept connection was closed.
    is_second: bool,
}

/// Where a request is.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// On a connection.
    At(usize),
    /// With the thread beside.
    Beside,
    /// Waits for the addresses of its host, or for what the first connection to it speaks.
    Waiting,
    /// Has failed, and waits to hear whether its port speaks TLS.
    Unexplained,
}

impl<T> Work<T> {
    pub(super) fn new(
        ticket: T,
        user: usize,
        request: Arc<Request>,
        cookies: Arc<Cookies>,
    ) -> Self {
        Self {
            ticket,
            user,
            request,
            cookies,
            hop: None,
            n_hops: 0,
            is_second: false,
        }
    }

    /// The request of the chain that is under way.
    fn hop(&self) -> Result<Hop, TransportError> {
        match &self.hop {
            Some(hop) => Ok((**hop).clone()),
            None => Hop::first(&self.request),
        }
    }
}

impl<T: Copy + Ord + Send + 'static> Carrier<T> {
    /// How long an address may say nothing before the next one is tried as well, as in RFC 8305.
    const NEXT_ATTEMPT: Duration = Duration::from_millis(250);

    /// How often is read from one connection before it is the turn of the others.
    const MAX_READS: usize = 16;

    const BUFFER_BYTES: usize = 64 << 10;

    /// A carrier without connections, for up to `max_in_flight` requests at once; above zero. It has as
    /// many connections, idle ones included.
    pub(super) fn new(
        max_in_flight: usize,
        settings: Settings,
        clock: NativeClock,
        poller: Poller,
    ) -> Self {
        Self {
            messages: Messages::new(&settings),
            pool: Pool::new(max_in_flight),
            places: Vec::new(),
            outcomes: VecDeque::new(),
            staggered: VecDeque::new(),
            unread: Vec::new(),
            buffer: vec![0; Self::BUFFER_BYTES].into(),
            now: Elapsed::ZERO,
            keeps_cookies: settings.keeps_cookies,
            look_after: settings.look_after,
            max_in_flight,
            version: settings.version(),
            tls: settings.client_config(),
            origins: RefCell::default(),
            was_rung: false,
            tally: Tally::default(),
            side_tally: Tally::default(),
            side: Side::new(max_in_flight, settings, clock, poller.bell()),
            clock,
            poller,
        }
    }

    /// What it did that is in no answer.
    pub(super) fn tally(&self) -> Tally {
        Tally {
            n_resent: self.tally.n_resent + self.side_tally.n_resent,
            wire_bytes: self.tally.wire_bytes + self.side_tally.wire_bytes,
            // A browser alone asks for permission, or hides a wait.
            n_preflighted: 0,
            n_maybe_waiting: 0,
        }
    }

    /// How many requests to an origin may be under way at once.
    pub(super) fn capacity(&self, origin: &origin::Origin) -> usize {
        if self.version.is_some() || !origin.is_https() {
            return self.max_in_flight;
        }
        let mut origins = self.origins.borrow_mut();
        let place = origins.get(origin).copied().or_else(|| {
            let url: Url = origin.to_string().parse().ok()?;
            let place = self.messages.place(&url.origin)?;
            origins.insert(origin.clone(), place);
            Some(place)
        });
        let speaks = place.map_or(Speaks::Unknown, |it| self.pool.speaks(it));
        speaks.capacity(self.max_in_flight)
    }

    /// How many outcomes nobody has taken yet.
    pub(super) fn n_outcomes(&self) -> usize {
        self.outcomes.len()
    }

    /// The oldest outcome that nobody has taken yet.
    pub(super) fn outcome(&mut self) -> Option<Outcome<T>> {
        self.outcomes.pop_front()
    }

    /// Waits until something has happened or it is `until`.
    pub(super) fn wait(&mut self, until: Elapsed) {
        let now = self.clock.now();
        let next = self.staggered.front().map_or(until, |it| it.0.min(until));
        let may_wait = self.unread.is_empty() && self.outcomes.is_empty();
        let next = if may_wait { next } else { now };
        self.poller.wait(now, next);
        self.now = self.clock.now();
        if !self.staggered.is_empty() || !self.unread.is_empty() {
            self.catch_up();
        }
    }

    /// Does what the next event asks for; false if there is none. There may be outcomes afterward.
    pub(super) fn turn(&mut self) -> bool {
        match self.poller.next() {
            None => return false,
            Some(Happening::Socket(event)) => self.on_event(event),
            Some(Happening::Rung) => {
                self.was_rung = true;
                self.hear_news();
            }
        }
        true
    }

    /// Whether somebody has rung since this was last called.
    pub(super) fn take_ring(&mut self) -> bool {
        std::mem::take(&mut self.was_rung)
    }

    /// Drops the request of a user, if it is still under way, and its connection with it.
    pub(super) fn abort(&mut self, user: usize, ticket: T) {
        let Some(place) = self.places.get_mut(user) else {
            return;
        };
        match place.take_if(|it| it.0 == ticket) {
            Some((_, Place::At(index))) => {
                let connection = &self.pool.connections[index];
                let (origin, is_first) = (connection.origin, connection.is_first);
                let work = &connection.work;
                if work.as_ref().is_some_and(|it| it.ticket == ticket) {
                    self.close(index);
                    if is_first {
                        // Another one finds out.
                        self.end_first(origin, None);
                    }
                }
            }
            Some((_, Place::Beside)) => self.side.abort(ticket),
            Some((_, Place::Waiting | Place::Unexplained)) | None => (),
        }
    }

    /// Sends a request, or the next one of its chain.
    pub(super) fn start(&mut self, work: Work<T>) {
        let hop = work.hop.as_deref();
        let message = match self.messages.of(&work.request, hop, &work.cookies) {
            Ok(message) => message,
            Err(error) => return self.end(&work, Err(error)),
        };
        if message.is_unusual {
            return self.hand_over(work);
        }
        let (origin, keep) = (message.origin, work.request.keep);
        while !work.is_second
            && let Some(index) = self.pool.take_idle(origin)
        {
            let connection = &mut self.pool.connections[index];
            let idle_since = connection.idle_since.unwrap_or(Elapsed::ZERO);
            let may_have_ended = self.look_after <= self.now.since(idle_since);
            // What comes on an idle connection is no answer: an end, or a farewell such as a status 408.
            let has_ended = may_have_ended && connection.has_news();
            if !has_ended && connection.begin(message, keep).is_ok() {
                set_place(&mut self.places, &work, Place::At(index));
                connection.work = Some(work);
                return;
            }
            self.pool.close(index);
        }
        match self.pool.addresses(origin, message.address) {
            Addresses::Known(addresses) => {
                let lane = self.pool.lane(origin);
                let is_first =
                    message.is_https && self.version.is_none() && lane.speaks == Speaks::Unknown;
                if is_first && lane.is_asked {
                    set_place(&mut self.places, &work, Place::Waiting);
                    lane.waiting.push(work);
                    return;
                }
                lane.is_asked |= is_first;
                make_room(&mut self.pool, &mut self.side);
                let index = self.pool.open(origin);
                let connection = &mut self.pool.connections[index];
                // There is no socket to write to yet, and so no error.
                let _ = connection.begin(message, keep);
                connection.dial(addresses, message.port);
                set_place(&mut self.places, &work, Place::At(index));
                connection.work = Some(work);
                connection.is_first = is_first;
                self.try_next(index);
            }
            Addresses::Asked => {
                set_place(&mut self.places, &work, Place::Waiting);
                self.pool.lane(origin).waiting.push(work);
            }
            Addresses::Unknown => {
                set_place(&mut self.places, &work, Place::Waiting);
                let host = self.messages.origin(origin).host.clone();
                if self.side.ask(Job::LookUp(origin, host)) {
                    let lane = self.pool.lane(origin);
                    lane.addresses = Addresses::Asked;
                    lane.waiting.push(work);
                } else {
                    self.end(&work, Err(TransportError::TooManyOpenFiles));
                }
            }
        }
    }

    fn end(&mut self, work: &Work<T>, result: Result<Response, TransportError>) {
        self.outcomes
            .push_back((self.clock.now(), work.ticket, result));
    }

    /// Closes a connection, and gives the request that was under way on it.
    fn close(&mut self, index: usize) -> Option<Work<T>> {
        self.tally.wire_bytes += self.pool.connections[index].answer.take_wire_bytes();
        self.pool.close(index)
    }

    fn fail(&mut self, index: usize, error: TransportError) {
        let connection = &self.pool.connections[index];
        let (origin, is_first) = (connection.origin, connection.is_first);
        if let Some(work) = self.close(index) {
            self.end(&work, Err(error));
        }
        if is_first {
            self.end_first(origin, Some(error));
        }
    }

    /// Something has come of the first connection to an origin, or nothing ever will.
    fn end_first(&mut self, origin: usize, failure: Option<TransportError>) {
        self.pool.lane(origin).is_asked = false;
        self.release(origin, failure);
    }

    /// Tries the next address of a connection that is being made.
    fn try_next(&mut self, index: usize) {
        let token = self.pool.token(index);
        let poller = &self.poller;
        let connection = &mut self.pool.connections[index];
        match connection.try_next(|socket| poller.add(socket, token.as_u64())) {
            Ok(true) => {
                let next = self.clock.now() + Self::NEXT_ATTEMPT;
                self.staggered.push_back((next, token));
            }
            Ok(false) => (),
            Err(error) => self.fail(index, error),
        }
    }

    /// Does what it is time for: the next addresses, and connections with more to read.
    #[cold]
    fn catch_up(&mut self) {
        let now = self.clock.now();
        while let Some((_, token)) = self.staggered.pop_front_if(|it| it.0 <= now) {
            if let Some(index) = self.pool.find(token)
                && self.pool.connections[index].phase == Phase::Connecting
            {
                self.try_next(index);
            }
        }
        for token in std::mem::take(&mut self.unread) {
            if let Some(index) = self.pool.find(token)
                && self.pool.connections[index].phase == Phase::Busy
            {
                self.receive(index);
            }
        }
    }

    fn on_event(&mut self, event: SocketEvent) {
        // An event may be about a connection that has been closed since.
        let Some(index) = self.pool.find(Token::from_u64(event.token)) else {
            return;
        };
        let connection = &mut self.pool.connections[index];
        connection.has_ended |= event.ends;
        if connection.phase == Phase::Connecting {
            self.on_attempt(index);
        }
        let connection = &mut self.pool.connections[index];
        match connection.phase {
            Phase::Busy => {
                if event.writes && connection.has_output() {
                    connection.flush();
                }
                if event.reads {
                    self.receive(index);
                }
            }
            Phase::Handshaking => self.shake_hands(index),
            // What the event is about may have been read before its turn.
            Phase::Idle if event.reads => {
                if connection.has_news() {
                    self.pool.forget_idle(index);
                    self.pool.close(index);
                }
            }
            Phase::Connecting | Phase::Free | Phase::Idle => (),
        }
    }

    /// Something has come of an attempt to connect.
    fn on_attempt(&mut self, index: usize) {
        let connection = &mut self.pool.connections[index];
        if connection.settle() {
            connection.has_ended = false;
            return self.try_next(index);
        }
        let origin = self.messages.origin(connection.origin);
        if connection.phase == Phase::Connecting || !origin.is_https {
            return;
        }
        let session = ServerName::try_from(origin.host.clone()).ok();
        let session = session.and_then(|it| ClientConnection::new(Arc::clone(&self.tls), it).ok());
        match session {
            Some(session) => connection.encrypt(session),
            None => self.fail(index, TransportError::Invalid),
        }
    }

    /// Goes on with the handshake of a connection, and sends once it is done.
    fn shake_hands(&mut self, index: usize) {
        let connection = &mut self.pool.connections[index];
        let origin = connection.origin;
        let is_http2 = match connection.shake_hands() {
            Ok(None) => return,
            Ok(Some(is_http2)) => is_http2,
            Err(error) => {
                let error = failure::of_handshake_for(self.version, &error);
                return self.fail(index, error);
            }
        };
        let is_first = std::mem::take(&mut connection.is_first);
        if is_http2 {
            let work = self.close(index);
            self.on_http2(origin);
            work.into_iter().for_each(|it| self.start(it));
        } else {
            connection.flush();
            let lane = self.pool.lane(origin);
            // What is beside stays there.
            if lane.speaks == Speaks::Unknown {
                lane.speaks = Speaks::Http1;
            }
        }
        if is_first {
            self.end_first(origin, None);
        }
        if !is_http2 {
            // What came with the handshake has no event of its own.
            self.receive(index);
        }
    }

    /// A server has chosen HTTP/2, which the thread beside speaks.
    fn on_http2(&mut self, origin: usize) {
        let lane = self.pool.lane(origin);
        if let Speaks::Http2 { .. } = lane.speaks {
            return;
        }
        lane.speaks = Speaks::Http2 {
            max_streams: Speaks::MAX_UNKNOWN,
        };
        self.messages.set_http2(origin);
        let watched = self.messages.origin(origin).clone();
        // Where nobody is there to hear it, no request is sent either.
        self.side.ask(Job::Watch(origin, watched));
    }

    /// Reads what there is, until the answer is whole.
    fn receive(&mut self, index: usize) {
        for _ in 0..Self::MAX_READS {
            let connection = &mut self.pool.connections[index];
            let n_bytes = match connection.receive(&mut self.buffer) {
                Received::Bytes(n_bytes) => n_bytes,
                Received::End(end) => return self.on_end(index, end),
                Received::Nothing => return,
            };
            let mut at = 0;
            loop {
                let connection = &mut self.pool.connections[index];
                match connection.answer.read(&self.buffer[at..n_bytes]) {
                    Err(error) => return self.fail(index, error),
                    Ok((n_read, step)) => {
                        at += n_read;
                        match step {
                            Step::More => break,
                            Step::Head => {
                                if let Err(error) = self.on_head(index) {
                                    return self.fail(index, error);
                                }
                            }
                            Step::Done => {
                                // What comes after an answer was asked for by nobody.
                                let is_full = n_bytes == self.buffer.len();
                                let has_more = at < n_bytes
                                    || (is_full && self.pool.connections[index].has_news());
                                return self.on_done(index, has_more);
                            }
                        }
                    }
                }
            }
        }
        self.unread.push(self.pool.token(index));
    }

    /// Looks at a head that sets cookies, or points elsewhere.
    #[cold]
    fn on_head(&mut self, index: usize) -> Result<(), TransportError> {
        let connection = &mut self.pool.connections[index];
        let (Some(headers), Some(work)) = (connection.answer.take_headers(), &connection.work)
        else {
            return Ok(());
        };
        let has = |name| headers.contains_key(name);
        if self.keeps_cookies && has(header::SET_COOKIE) {
            work.cookies.keep(&work.hop()?.url, &headers);
        }
        if work.request.follow_redirects
            && has(header::LOCATION)
            && let Ok(status) = StatusCode::from_u16(connection.answer.status())
            && let Some(next) = work.hop()?.next(status, &headers)?
        {
            connection.answer.keep_nothing();
            connection.next_hop = Some(Box::new(next));
        }
        Ok(())
    }

    /// An answer is whole. `has_more` says that something came after it.
    fn on_done(&mut self, index: usize, has_more: bool) {
        let connection = &mut self.pool.connections[index];
        let result = connection.answer.finish();
        self.tally.wire_bytes += connection.answer.take_wire_bytes();
        let work = connection.work.take();
        let next_hop = connection.next_hop.take();
        let now = self.clock.now();
        self.now = now;
        if has_more || connection.is_over() {
            self.pool.close(index);
        } else {
            connection.phase = Phase::Idle;
            connection.idle_since = Some(now);
            self.pool.put_idle(index);
        }
        let Some(mut work) = work else {
            return;
        };
        match (next_hop, result) {
            (Some(_), Ok(_)) if work.n_hops == HttpTransport::MAX_REDIRECTS => {
                self.end(&work, Err(TransportError::TooManyRedirects));
            }
            (Some(hop), Ok(_)) => {
                work.hop = Some(hop);
                work.n_hops += 1;
                work.is_second = false;
                self.start(work);
            }
            (_, result) => self.outcomes.push_back((now, work.ticket, result)),
        }
    }

    /// A connection has ended while a request was under way.
    #[cold]
    fn on_end(&mut self, index: usize, end: End) {
        let connection = &mut self.pool.connections[index];
        if connection.answer.has_begun() {
            return match connection.answer.end(end) {
                Ok(()) => self.on_done(index, true),
                Err(error) => self.fail(index, error),
            };
        }
        let origin = connection.origin;
        let was_used = connection.idle_since.is_some();
        let (is_unsent, is_idempotent) = (!connection.has_sent, connection.is_idempotent);
        let Some(mut work) = self.close(index) else {
            return;
        };
        match end {
            // The server has seen nothing of it.
            _ if was_used && is_unsent => self.start(work),
            End::Refused => self.end(&work, Err(TransportError::TlsClientCert)),
            _ if was_used && is_idempotent && !work.is_second => {
                work.is_second = true;
                self.tally.n_resent += 1;
                self.start(work);
            }
            _ if was_used => self.end(&work, Err(TransportError::ClosedIdle)),
            End::Closed | End::Cut => self.explain(origin, work, TransportError::Closed),
            End::Reset => self.explain(origin, work, TransportError::Reset),
        }
    }

    /// Many servers that speak TLS close a connection without a word when they are asked in plain text.
    /// Where nothing was answered yet, the port is asked once more, for TLS.
    fn explain(&mut self, origin: usize, work: Work<T>, error: TransportError) {
        let is_https = self.messages.origin(origin).is_https;
        let lane = self.pool.lane(origin);
        match lane.speaks_tls {
            _ if is_https || lane.was_kept => self.end(&work, Err(error)),
            Some(true) => self.end(&work, Err(TransportError::TlsPort)),
            Some(false) => self.end(&work, Err(error)),
            None => {
                // Others do not ask as well while this one does.
                lane.speaks_tls = Some(false);
                let asked = self.messages.origin(origin).clone();
                if self.side.ask(Job::Ask(origin, asked)) {
                    set_place(&mut self.places, &work, Place::Unexplained);
                    self.pool.lane(origin).unexplained = Some((work, error));
                } else {
                    self.end(&work, Err(error));
                }
            }
        }
    }

    /// Has a request sent by the thread beside, with all that comes after it.
    fn hand_over(&mut self, work: Work<T>) {
        set_place(&mut self.places, &work, Place::Beside);
        let ticket = work.ticket;
        let errand = Errand {
            ticket,
            request: work.request,
            cookies: work.cookies,
            hop: work.hop,
            n_hops: work.n_hops,
        };
        if self.side.send(errand) {
            make_room(&mut self.pool, &mut self.side);
        } else {
            let error = TransportError::TooManyOpenFiles;
            self.outcomes
                .push_back((self.clock.now(), ticket, Err(error)));
        }
    }

    /// Takes what the thread beside has to say.
    fn hear_news(&mut self) {
        if !self.side.is_begun() {
            return;
        }
        while let Some(news) = self.side.news() {
            match news {
                News::Answer(ticket, done, result, tally) => {
                    self.side_tally = tally;
                    self.outcomes.push_back((done, ticket, result));
                }
                News::Addresses(origin, found) => self.on_addresses(origin, found),
                News::Speaks(origin, speaks) => self.pool.lane(origin).speaks = speaks,
                News::Ended => (),
                News::Asked(origin, speaks_tls) => {
                    let lane = self.pool.lane(origin);
                    lane.speaks_tls = Some(speaks_tls);
                    if let Some((work, error)) = lane.unexplained.take() {
                        let error = if speaks_tls {
                            TransportError::TlsPort
                        } else {
                            error
                        };
                        self.end(&work, Err(error));
                    }
                }
            }
        }
    }

    fn on_addresses(&mut self, origin: usize, found: Result<Vec<IpAddr>, TransportError>) {
        let lane = self.pool.lane(origin);
        let failure = match found {
            Ok(addresses) => {
                lane.addresses = Addresses::Known(Rc::from(addresses));
                None
            }
            // It is forgotten, so that the next one asks again.
            Err(error) => {
                lane.addresses = Addresses::Unknown;
                Some(error)
            }
        };
        self.release(origin, failure);
    }

    /// Starts the requests that wait for something about an origin, or ends them if that has failed.
    fn release(&mut self, origin: usize, failure: Option<TransportError>) {
        for work in std::mem::take(&mut self.pool.lane(origin).waiting) {
            let place = self.places.get(work.user).copied().flatten();
            let waits = matches!(place, Some((ticket, Place::Waiting)) if ticket == work.ticket);
            match failure {
                // It was aborted.
                _ if !waits => (),
                Some(error) => self.end(&work, Err(error)),
                None => self.start(work),
            }
        }
    }
}

/// Closes idle connections, here or beside, so that there are no more than allowed and may be one more.
/// Each request under way, here or beside, has one at most.
fn make_room<T: Copy + Ord + Send + 'static>(pool: &mut Pool<Work<T>>, side: &mut Side<T>) {
    while pool.n_free(side.max_open()) == 0 {
        if !pool.close_oldest() {
            return side.make_room();
        }
    }
}

fn set_place<T: Copy>(places: &mut Vec<Option<(T, Place)>>, work: &Work<T>, place: Place) {
    if places.len() <= work.user {
        places.resize(work.user + 1, None);
    }
    places[work.user] = Some((work.ticket, place));
}
