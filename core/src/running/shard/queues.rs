//! Requests that wait to be sent, and how many are in flight: one queue for each origin.

use std::collections::{BTreeMap, VecDeque};

use super::Ticket;
use crate::http::origin::Origin;
use crate::running::course::Destination;
use crate::running::program::OriginIdx;

/// A queue for each origin, which is first in, first out.
#[derive(Debug)]
pub(super) struct Queues {
    // Those of the program first, in its order.
    queues: Vec<Queue>,
    // The origins that came up during the run.
    found: BTreeMap<Origin, OriginIdx>,
    n_in_flight: usize,
    n_queued: u64,
}

#[derive(Debug)]
struct Queue {
    origin: Origin,
    // Each with its place in the order of all queues.
    waiting: VecDeque<(u64, Ticket)>,
    n_in_flight: usize,
}

impl Queues {
    /// How many origins are added during a run at most: those that only answers or data name. All
    /// beyond share one queue.
    const MAX_FOUND: usize = 100;

    /// Queues for the origins of a program, of which the first is that of all others.
    pub(super) fn new(origins: &[Origin]) -> Self {
        Self {
            queues: origins.iter().cloned().map(Queue::new).collect(),
            found: BTreeMap::new(),
            n_in_flight: 0,
            n_queued: 0,
        }
    }

    /// Adds a request at the end of the queue for its destination.
    pub(super) fn push(&mut self, destination: Destination, ticket: Ticket) {
        let origin = match destination {
            Destination::Known(origin) => origin,
            Destination::Named(origin) => self.index_of(*origin),
        };
        let queue = &mut self.queues[origin.as_usize()];
        queue.waiting.push_back((self.n_queued, ticket));
        self.n_queued += 1;
    }

    /// Takes out the request that has waited longest, of the origins that may have another one in
    /// flight; `capacity` says how many each may have. Tickets that are not current any more are
    /// left out.
    pub(super) fn pop(
        &mut self,
        capacity: impl Fn(&Origin) -> usize,
        is_current: impl Fn(Ticket) -> bool,
    ) -> Option<(OriginIdx, Ticket)> {
        let mut first: Option<(u64, usize)> = None;
        for (index, queue) in self.queues.iter_mut().enumerate() {
            let Some(nth) = queue.first(&is_current) else {
                continue;
            };
            if first.is_none_or(|it| nth < it.0) && queue.n_in_flight < capacity(&queue.origin) {
                first = Some((nth, index));
            }
        }
        let (_, index) = first?;
        let (_, ticket) = self.queues[index].waiting.pop_front()?;
        Some((OriginIdx::new(index), ticket))
    }

    /// Says that a request to `origin` was sent.
    pub(super) fn add_in_flight(&mut self, origin: OriginIdx) {
        self.queues[origin.as_usize()].n_in_flight += 1;
        self.n_in_flight += 1;
    }

    /// Says that a request to `origin` is not in flight any more.
    pub(super) fn remove_in_flight(&mut self, origin: OriginIdx) {
        self.queues[origin.as_usize()].n_in_flight -= 1;
        self.n_in_flight -= 1;
    }

    /// Requests in flight, to all origins.
    pub(super) fn n_in_flight(&self) -> usize {
        self.n_in_flight
    }

    /// Forgets all requests that wait.
    pub(super) fn clear(&mut self) {
        for queue in &mut self.queues {
            queue.waiting.clear();
        }
    }

    #[cold]
    fn index_of(&mut self, origin: Origin) -> OriginIdx {
        let mut known = self.queues.iter();
        if let Some(index) = self.found.get(&origin) {
            return *index;
        }
        if let Some(index) = known.position(|it| it.origin == origin) {
            return OriginIdx::new(index);
        }
        if Self::MAX_FOUND <= self.found.len() {
            return OriginIdx::OTHER;
        }
        let index = OriginIdx::new(self.queues.len());
        self.queues.push(Queue::new(origin.clone()));
        self.found.insert(origin, index);
        index
    }
}

impl Queue {
    fn new(origin: Origin) -> Self {
        Self {
            origin,
            waiting: VecDeque::new(),
            n_in_flight: 0,
        }
    }

    /// The place of its first request in the order of all queues. A stopped user has left its ticket
    /// behind, which is removed.
    fn first(&mut self, is_current: impl Fn(Ticket) -> bool) -> Option<u64> {
        loop {
            let &(nth, ticket) = self.waiting.front()?;
            if is_current(ticket) {
                return Some(nth);
            }
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(nth: usize) -> Origin {
        Origin::of(&format!("http://host-{nth}.test")).unwrap()
    }

    fn push(queues: &mut Queues, nth: usize, user: u32) {
        let ticket = Ticket { user, epoch: 0 };
        queues.push(Destination::Named(origin(nth).into()), ticket);
    }

    fn users(queues: &mut Queues, capacity: impl Fn(&Origin) -> usize) -> Vec<u32> {
        let mut users = Vec::new();
        while let Some((origin, ticket)) = queues.pop(&capacity, |it| it.user != 3) {
            queues.add_in_flight(origin);
            users.push(ticket.user);
        }
        users
    }

    #[test]
    fn requests_leave_in_their_order_but_for_origins_that_are_full() {
        let mut queues = Queues::new(&[Origin::OTHER, origin(1)]);
        for (user, nth) in [1, 2, 1, 1, 2, 2, 1].into_iter().enumerate() {
            push(&mut queues, nth, u32::try_from(user).unwrap());
        }
        let capacity = |it: &Origin| if *it == origin(1) { 1 } else { 2 };
        // The ticket of user 3 is an old one.
        assert_eq!(users(&mut queues, capacity), [0, 1, 4]);

        queues.remove_in_flight(OriginIdx::new(1));
        queues.remove_in_flight(OriginIdx::new(2));
        assert_eq!(users(&mut queues, capacity), [2, 5]);
        assert_eq!(queues.n_in_flight(), 3);

        // More may be in flight now, and then fewer.
        assert_eq!(users(&mut queues, |_| 3), [6]);
        assert!(users(&mut queues, |_| 0).is_empty());
    }

    #[test]
    fn origins_beyond_a_number_share_a_queue() {
        let mut queues = Queues::new(&[Origin::OTHER, origin(0)]);
        for nth in 0..=Queues::MAX_FOUND + 2 {
            push(&mut queues, nth, 10);
            push(&mut queues, nth, 10);
        }
        assert_eq!(queues.queues.len(), 2 + Queues::MAX_FOUND);
        assert_eq!(queues.queues[0].waiting.len(), 4);
        assert_eq!(queues.queues[1].waiting.len(), 2);
    }
}
