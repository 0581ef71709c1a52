//! When requests in flight have to be done.

use std::collections::VecDeque;
use std::time::Duration;

use super::Ticket;
use crate::time::Elapsed;

/// The deadlines of requests in flight: one queue for each timeout, in which a later request has a
/// later deadline, so that adding and removing one takes the same time however many there are.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    // No two have the same timeout. One that is empty may get another timeout.
    queues: Vec<Queue>,
    // No deadline is earlier. That of a request that is done counts until then, so that nothing needs
    // to be looked at for every request.
    earliest: Option<Elapsed>,
}

#[derive(Debug, Default)]
struct Queue {
    timeout: Duration,
    // Requests that are done stay until their deadline, or until there are too many of them.
    deadlines: VecDeque<(Elapsed, Ticket)>,
    // How long it may get before those that are done are removed.
    max_len: usize,
}

impl Deadlines {
    /// How long a queue may get in any case.
    const MIN_LEN: usize = 64;

    /// Adds a request that was sent at `now`. `is_in_flight` says which of the others still are.
    pub(super) fn add(
        &mut self,
        now: Elapsed,
        timeout: Duration,
        ticket: Ticket,
        is_in_flight: impl Fn(Ticket) -> bool,
    ) {
        let queue = self.queue(timeout, &is_in_flight);
        if queue.max_len <= queue.deadlines.len() {
            queue.deadlines.retain(|it| is_in_flight(it.1));
            // Each that is removed was added once, so removing costs no more than adding.
            queue.max_len = Self::MIN_LEN.max(2 * queue.deadlines.len());
        }
        let deadline = now + timeout;
        queue.deadlines.push_back((deadline, ticket));
        if self.earliest.is_none_or(|it| deadline < it) {
            self.earliest = Some(deadline);
        }
    }

    /// Takes out a request whose deadline was by `now`, the earliest first; `None` if there is none.
    pub(super) fn pop(
        &mut self,
        now: Elapsed,
        is_in_flight: impl Fn(Ticket) -> bool,
    ) -> Option<(Elapsed, Ticket)> {
        if self.earliest.is_none_or(|it| now < it) {
            return None;
        }
        self.pop_overdue(now, is_in_flight)
    }

    /// Forgets them all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// When to look for the next one: at the earliest deadline, or before.
    pub(super) fn next(&self) -> Option<Elapsed> {
        self.earliest
    }

    /// How many are held, those of requests that are done included.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.queues.iter().map(|it| it.deadlines.len()).sum()
    }

    #[cold]
    fn pop_overdue(
        &mut self,
        now: Elapsed,
        is_in_flight: impl Fn(Ticket) -> bool,
    ) -> Option<(Elapsed, Ticket)> {
        for queue in &mut self.queues {
            queue.remove_done(&is_in_flight);
        }
        let queues = self.queues.iter_mut();
        let queues = queues.filter(|it| it.deadlines.front().is_some_and(|it| it.0 <= now));
        let first = queues.min_by_key(|it| it.deadlines.front().copied());
        let overdue = first.and_then(|it| it.deadlines.pop_front());
        let firsts = self.queues.iter().filter_map(|it| it.deadlines.front());
        self.earliest = firsts.map(|it| it.0).min();
        overdue
    }

    fn queue(&mut self, timeout: Duration, is_in_flight: impl Fn(Ticket) -> bool) -> &mut Queue {
        let mut queues = self.queues.iter();
        let known = queues.position(|it| it.timeout == timeout);
        let index = known.unwrap_or_else(|| self.empty_queue(is_in_flight));
        let queue = &mut self.queues[index];
        queue.timeout = timeout;
        queue
    }

    /// The index of an empty queue, which is added if there is none.
    #[cold]
    fn empty_queue(&mut self, is_in_flight: impl Fn(Ticket) -> bool) -> usize {
        for queue in &mut self.queues {
            queue.remove_done(&is_in_flight);
        }
        let mut queues = self.queues.iter();
        let empty = queues.position(|it| it.deadlines.is_empty());
        empty.unwrap_or_else(|| {
            self.queues.push(Queue::default());
            self.queues.len() - 1
        })
    }
}

impl Queue {
    fn remove_done(&mut self, is_in_flight: impl Fn(Ticket) -> bool) {
        while let Some(&(_, ticket)) = self.deadlines.front()
            && !is_in_flight(ticket)
        {
            self.deadlines.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ticket(user: u32) -> Ticket {
        Ticket { user, epoch: 0 }
    }

    #[test]
    fn deadlines_come_in_order_whatever_the_timeouts() {
        let mut deadlines = Deadlines::default();
        for (user, timeout) in (0..).zip([5, 1, 3, 1, 5]) {
            let now = Elapsed::from_micros(user.into());
            deadlines.add(now, timeout * SECOND, ticket(user), |_| true);
        }
        assert_eq!(deadlines.next(), Some(Elapsed::from_micros(1_000_001)));
        let mut users = Vec::new();
        // User 2 is answered in time.
        while let Some((_, it)) = deadlines.pop(Elapsed::from_secs(9), |it| it.user != 2) {
            users.push(it.user);
        }
        assert_eq!(users, [1, 3, 0, 4]);
        assert_eq!((deadlines.next(), deadlines.len()), (None, 0));
    }

    #[test]
    fn nothing_is_due_before_its_deadline() {
        let mut deadlines = Deadlines::default();
        deadlines.add(Elapsed::ZERO, SECOND, ticket(0), |_| true);
        assert_eq!(deadlines.pop(Elapsed::from_micros(999_999), |_| true), None);
        let due = Some((Elapsed::from_secs(1), ticket(0)));
        assert_eq!(deadlines.pop(Elapsed::from_secs(1), |_| true), due);
    }

    #[test]
    fn there_are_no_more_queues_than_timeouts_in_use() {
        let mut deadlines = Deadlines::default();
        for user in 0..1000 {
            let timeout = Duration::from_millis(1000 + u64::from(user));
            // All but the one before it are done.
            let is_in_flight = |it: Ticket| it.user + 1 == user;
            deadlines.add(Elapsed::ZERO, timeout, ticket(user), is_in_flight);
        }
        assert!(deadlines.queues.len() <= 2, "{}", deadlines.queues.len());
    }
}
