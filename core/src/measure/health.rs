//! What the generator did to its own numbers: how late it was, how long requests waited in it, and when
//! it stood still. [`crate::verdict::validity`] says what follows from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::measure::times::{TimeTotals, Times};
use crate::time::{Elapsed, Reading, micros};

/// How a generator was since counting began. Totals, as all of a snapshot.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Health {
    /// Arrivals, and waits of users that ended.
    pub n_starts: u64,
    /// How late they were noticed; those that were late at all.
    pub start_lag: TimeTotals,
    /// When the lag was [worth seeing](Self::LAG_SEEN).
    pub lag_span: Option<Span>,
    /// How long requests waited for a free connection before they were sent; those that waited
    /// [long enough](Self::WAIT_SEEN) to tell.
    pub own_queue: TimeTotals,
    /// When they were sent.
    pub queue_span: Option<Span>,
    /// How often it stood still for [a while](Gap::SHORTEST).
    pub n_gaps: u64,
    /// How long it stood still in all, in µs.
    pub gap_micros: u64,
    /// The longest of these times, longest first; at most [`MAX_GAPS`](Self::MAX_GAPS).
    pub gaps: Vec<Gap>,
    /// Alarms that the loop has set itself, [ten in a second](Vitals::BEAT), to see how late it hears them.
    pub n_alarms: u64,
    /// How many of them were [late](Self::LAG_SEEN), but for standstills.
    pub n_late_alarms: u64,
    /// How late they were, in µs, all together.
    pub late_micros: u64,
    /// When they were late.
    pub late_span: Option<Span>,
    /// How often users [waited](crate::http::transport::retry_after) before a request because the target had asked
    /// for it.
    pub n_held_back: u64,
    /// How long, in µs, all together.
    pub held_back_micros: u64,
    /// When they did.
    pub held_back_span: Option<Span>,
    /// Processor time of its thread, in µs; `None` where the host does not know.
    pub processor_micros: Option<u64>,
    /// How long it had no time to spare, in µs: the processor time was
    /// [nearly all](Self::BUSY_SHARE) of the time.
    pub busy_micros: u64,
    /// When that was.
    pub busy_span: Option<Span>,
    /// How far apart two times are that its clock tells apart, in µs; 0 for less than one.
    pub resolution_micros: u64,
    /// By how much the time of day went on or back beside the time of the run, in µs, all jumps
    /// together: the machine slept, or its clock was set.
    pub step_micros: u64,
    /// When that was.
    pub step_span: Option<Span>,
    /// Requests for which a browser may have asked permission first.
    pub n_preflighted: u64,
    /// Requests that a browser may have let wait for others, in their service times.
    pub n_maybe_waiting: u64,
    /// How long the page was hidden, in µs.
    pub hidden_micros: u64,
    /// From when to when that was.
    pub hidden_span: Option<Span>,
    /// How long another run of the same browser was going on, in µs.
    pub shared_micros: u64,
    /// From when to when that was.
    pub shared_span: Option<Span>,
}

impl Health {
    /// A shorter lag is that of timers, whose steps are a millisecond and in browsers up to four.
    pub const LAG_SEEN: Duration = Duration::from_millis(5);

    /// A shorter wait is not told apart from the time that a turn of the loop takes: the clock of
    /// Chromium has steps of this length.
    pub const WAIT_SEEN: Duration = Duration::from_micros(100);

    /// So many of the longest gaps are kept.
    pub const MAX_GAPS: usize = 10;

    /// A thread that works so much of the time has none to spare; Locust warns from there on.
    pub const BUSY_SHARE: f64 = 0.9;

    /// Adds what another shard of the run noticed. Each has a thread of its own, so times add up.
    pub fn merge(&mut self, other: &Self) {
        let times = |one: &TimeTotals, two: &TimeTotals| TimeTotals::merged([one, two].into_iter());
        self.n_starts += other.n_starts;
        self.start_lag = times(&self.start_lag, &other.start_lag);
        self.lag_span = Span::joined(self.lag_span, other.lag_span);
        self.own_queue = times(&self.own_queue, &other.own_queue);
        self.queue_span = Span::joined(self.queue_span, other.queue_span);
        // What stands still is mostly the process, and so all of its threads at once.
        self.n_gaps = self.n_gaps.max(other.n_gaps);
        self.gap_micros = self.gap_micros.max(other.gap_micros);
        for gap in &other.gaps {
            self.add_gap(*gap);
        }
        self.n_alarms += other.n_alarms;
        self.n_late_alarms += other.n_late_alarms;
        self.late_micros += other.late_micros;
        self.late_span = Span::joined(self.late_span, other.late_span);
        self.n_held_back += other.n_held_back;
        self.held_back_micros += other.held_back_micros;
        self.held_back_span = Span::joined(self.held_back_span, other.held_back_span);
        self.processor_micros = match (self.processor_micros, other.processor_micros) {
            (Some(one), Some(two)) => Some(one + two),
            (one, two) => one.or(two),
        };
        self.busy_micros = self.busy_micros.max(other.busy_micros);
        self.busy_span = Span::joined(self.busy_span, other.busy_span);
        self.resolution_micros = self.resolution_micros.max(other.resolution_micros);
        self.step_micros = self.step_micros.max(other.step_micros);
        self.step_span = Span::joined(self.step_span, other.step_span);
        self.n_preflighted += other.n_preflighted;
        self.n_maybe_waiting += other.n_maybe_waiting;
        self.hidden_micros = self.hidden_micros.max(other.hidden_micros);
        self.hidden_span = Span::joined(self.hidden_span, other.hidden_span);
        self.shared_micros = self.shared_micros.max(other.shared_micros);
        self.shared_span = Span::joined(self.shared_span, other.shared_span);
    }

    fn add_gap(&mut self, gap: Gap) {
        let place = self.gaps.partition_point(|it| gap.length() <= it.length());
        self.gaps.insert(place, gap);
        self.gaps.truncate(Self::MAX_GAPS);
    }
}

/// From when to when something was noticed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Span {
    /// When it was noticed first.
    #[serde(rename = "first_micros")]
    pub first: Elapsed,
    /// When it was noticed last.
    #[serde(rename = "last_micros")]
    pub last: Elapsed,
}

impl Span {
    /// From the first of both to the last of both.
    pub fn joined(one: Option<Self>, two: Option<Self>) -> Option<Self> {
        let (Some(a), Some(b)) = (one, two) else {
            return one.or(two);
        };
        Some(Self {
            first: a.first.min(b.first),
            last: a.last.max(b.last),
        })
    }

    fn add(span: &mut Option<Self>, first: Elapsed, last: Elapsed) {
        *span = Self::joined(*span, Some(Self { first, last }));
    }
}

/// A time in which the generator did nothing although it had something to do: the process was stopped,
/// the tab was frozen, or something else had its thread.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Gap {
    /// When it should have gone on.
    #[serde(rename = "from_micros")]
    pub from: Elapsed,
    /// When it went on.
    #[serde(rename = "to_micros")]
    pub to: Elapsed,
}

impl Gap {
    /// What is shorter is no standstill but lag.
    pub const SHORTEST: Duration = Duration::from_millis(100);

    /// How long it was.
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// What a shard notices of itself.
#[derive(Clone, Debug)]
pub(crate) struct Waits {
    n_starts: u64,
    start_lag: Times,
    lag_span: Option<Span>,
    own_queue: Times,
    queue_span: Option<Span>,
    held_back: HeldBack,
}

/// Users that wait as the target has asked for it.
#[derive(Clone, Debug, Default)]
struct HeldBack {
    // When counting began.
    from: Elapsed,
    // Those that wait now, and the sum of when they began to.
    n_now: u64,
    since_micros: u64,
    n: u64,
    micros: u64,
    span: Option<Span>,
}

impl HeldBack {
    /// Counting begins anew. Who waits goes on, from now.
    fn reset(&mut self, now: Elapsed) {
        *self = Self {
            from: now,
            n_now: self.n_now,
            since_micros: self.n_now * now.as_micros(),
            n: self.n_now,
            span: self.span_now(now),
            ..Self::default()
        };
    }

    fn micros(&self, now: Elapsed) -> u64 {
        self.micros + (self.n_now * now.as_micros()).saturating_sub(self.since_micros)
    }

    fn span(&self, now: Elapsed) -> Option<Span> {
        Span::joined(self.span, self.span_now(now))
    }

    /// That of those who wait now.
    fn span_now(&self, now: Elapsed) -> Option<Span> {
        (0 < self.n_now).then_some(Span {
            first: now,
            last: now,
        })
    }
}

impl Waits {
    pub(crate) fn new() -> Self {
        Self {
            n_starts: 0,
            start_lag: Times::new(),
            lag_span: None,
            own_queue: Times::new(),
            queue_span: None,
            held_back: HeldBack::default(),
        }
    }

    /// Counting begins anew.
    pub(crate) fn reset(&mut self, now: Elapsed) {
        let mut held_back = std::mem::take(&mut self.held_back);
        held_back.reset(now);
        *self = Self {
            held_back,
            ..Self::new()
        };
    }

    /// A user waits from now on as the target has asked for it.
    #[cold]
    pub(crate) fn hold_back(&mut self, now: Elapsed) {
        let held = &mut self.held_back;
        // An answer may be handled after a reset, and be from before.
        let since = now.max(held.from);
        held.n += 1;
        held.n_now += 1;
        held.since_micros += since.as_micros();
        Span::add(&mut held.span, since, since);
    }

    /// A user that has waited since then does so no longer.
    pub(crate) fn let_go(&mut self, since: Elapsed, now: Elapsed) {
        let held = &mut self.held_back;
        let since = since.max(held.from);
        held.n_now -= 1;
        held.since_micros -= since.as_micros();
        held.micros += micros(now.since(since));
        Span::add(&mut held.span, since, now.max(since));
    }

    /// What was to start at `due` starts now.
    pub(crate) fn start(&mut self, due: Elapsed, now: Elapsed) {
        self.n_starts += 1;
        if due < now {
            self.record_lag(due, now);
        }
    }

    /// A request that was ready to be sent at `ready` is sent now.
    pub(crate) fn send(&mut self, ready: Elapsed, now: Elapsed) {
        let wait = now.since(ready);
        if Health::WAIT_SEEN <= wait {
            self.record_wait(wait, now);
        }
    }

    fn record_lag(&mut self, due: Elapsed, now: Elapsed) {
        self.start_lag.record(now.since(due));
        if Health::LAG_SEEN <= now.since(due) {
            Span::add(&mut self.lag_span, due, now);
        }
    }

    #[cold]
    fn record_wait(&mut self, wait: Duration, now: Elapsed) {
        self.own_queue.record(wait);
        Span::add(&mut self.queue_span, now, now);
    }

    pub(crate) fn totals(&self, now: Elapsed) -> Health {
        Health {
            n_held_back: self.held_back.n,
            held_back_micros: self.held_back.micros(now),
            held_back_span: self.held_back.span(now),
            n_starts: self.n_starts,
            start_lag: self.start_lag.totals(),
            lag_span: self.lag_span,
            own_queue: self.own_queue.totals(),
            queue_span: self.queue_span,
            ..Health::default()
        }
    }
}

/// What the loop that drives a shard notices of itself. It is told of each turn, and before each
/// snapshot what its host says.
#[derive(Clone, Debug, Default)]
pub struct Vitals {
    noticed: Health,
    // Processor time and lead of the time of day, when they were read last.
    read: Option<(Elapsed, Option<Duration>, Option<i64>)>,
    hidden: Spell,
    shared: Spell,
}

/// Something that goes on for a while, and may come again.
#[derive(Clone, Debug, Default)]
struct Spell {
    since: Option<Elapsed>,
    micros: u64,
    span: Option<Span>,
}

impl Spell {
    /// It goes on from now, or does not.
    fn set(&mut self, now: Elapsed, goes_on: bool) {
        self.count(now);
        self.since = goes_on.then_some(now);
    }

    /// Counts what has passed of it.
    fn count(&mut self, now: Elapsed) {
        if let Some(since) = self.since {
            self.micros += micros(now.since(since));
            Span::add(&mut self.span, since, now);
            self.since = Some(now);
        }
    }

    /// Counting begins anew.
    fn reset(&mut self, now: Elapsed) {
        *self = Self {
            since: self.since.map(|_| now),
            ..Self::default()
        };
    }
}

impl Vitals {
    /// The loop turns at least so often, so that a standstill is noticed. No plan has such a length: in
    /// virtual time a turn must not come between two things that happen at once.
    pub const BEAT: Duration = Duration::from_micros(97_003);

    /// The time of day is adjusted by less without a word.
    const LEAST_STEP_MICROS: u64 = 1_000_000;

    /// The loop turns now, and was to turn at `due` at the latest.
    pub fn turn(&mut self, due: Elapsed, now: Elapsed) {
        if due + Gap::SHORTEST <= now {
            self.stand_still(Gap { from: due, to: now });
        }
    }

    /// When the next alarm is due after that for `due`, which is heard now. They keep their pace, or they
    /// would fall into step with what delays them.
    pub fn next_alarm(due: Elapsed, now: Elapsed) -> Elapsed {
        let next = due + Self::BEAT;
        if now < next { next } else { now + Self::BEAT }
    }

    /// An alarm for `due` is heard now, as late as an answer that came then would be.
    pub fn hear(&mut self, due: Elapsed, now: Elapsed) {
        self.noticed.n_alarms += 1;
        let late = now.since(due);
        // What is longer is told as a standstill.
        if (Health::LAG_SEEN..Gap::SHORTEST).contains(&late) {
            self.noticed.n_late_alarms += 1;
            self.noticed.late_micros += micros(late);
            Span::add(&mut self.noticed.late_span, due, now);
        }
    }

    #[cold]
    fn stand_still(&mut self, gap: Gap) {
        self.noticed.n_gaps += 1;
        self.noticed.gap_micros += micros(gap.length());
        self.noticed.add_gap(gap);
    }

    /// The page is hidden from now on, or to be seen again.
    pub fn hide(&mut self, now: Elapsed, is_hidden: bool) {
        self.hidden.set(now, is_hidden);
    }

    /// Another run of the same browser is going on from now on, or none any more.
    pub fn share(&mut self, now: Elapsed, is_shared: bool) {
        self.shared.set(now, is_shared);
    }

    /// What the host says before a snapshot.
    pub fn read(&mut self, now: Elapsed, host: Reading) {
        self.hidden.count(now);
        self.shared.count(now);
        let lead = host.unix_time.map(|it| lead(it, now));
        if let Some((then, processor, old_lead)) = self.read {
            if let (Some(before), Some(after)) = (processor, host.processor) {
                self.work(then, now, after.saturating_sub(before));
            }
            if let (Some(before), Some(after)) = (old_lead, lead)
                && Self::LEAST_STEP_MICROS <= before.abs_diff(after)
            {
                self.noticed.step_micros += before.abs_diff(after);
                Span::add(&mut self.noticed.step_span, then, now);
            }
        }
        self.read = Some((now, host.processor, lead));
        self.noticed.resolution_micros = micros(host.resolution);
    }

    fn work(&mut self, then: Elapsed, now: Elapsed, worked: Duration) {
        let noticed = &mut self.noticed;
        *noticed.processor_micros.get_or_insert(0) += micros(worked);
        let length = now.since(then);
        if !length.is_zero() && length.mul_f64(Health::BUSY_SHARE) <= worked {
            noticed.busy_micros += micros(length);
            Span::add(&mut noticed.busy_span, then, now);
        }
    }

    /// What was started late in a standstill may end so long after it, and after a reset that came
    /// meanwhile.
    const ECHO: Duration = Duration::from_secs(1);

    /// Counting begins anew.
    pub fn reset(&mut self, now: Elapsed) {
        let gaps = std::mem::take(&mut self.noticed.gaps);
        self.noticed = Health::default();
        let felt_from = Elapsed::ZERO + now.to_duration().saturating_sub(Self::ECHO);
        for gap in gaps.into_iter().filter(|it| felt_from <= it.to) {
            // What was before is in no time that is counted from now on.
            let from = gap.from.max(felt_from);
            self.stand_still(Gap { from, ..gap });
        }
        self.hidden.reset(now);
        self.shared.reset(now);
    }

    /// Says it all in the health of a snapshot.
    pub fn add_to(&self, health: &mut Option<Box<Health>>) {
        let noticed = Health {
            hidden_micros: self.hidden.micros,
            hidden_span: self.hidden.span,
            shared_micros: self.shared.micros,
            shared_span: self.shared.span,
            ..self.noticed.clone()
        };
        health.get_or_insert_default().merge(&noticed);
    }
}

/// By how much the time of day is ahead of the time of the run, in µs.
fn lead(unix_time: Duration, now: Elapsed) -> i64 {
    let [day, run] = [micros(unix_time), now.as_micros()].map(|it| i64::try_from(it).unwrap_or(0));
    day - run
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Elapsed {
        Elapsed::from_micros(millis * 1000)
    }

    fn health(vitals: &Vitals) -> Box<Health> {
        let mut health = None;
        vitals.add_to(&mut health);
        health.unwrap()
    }

    #[test]
    fn a_turn_that_is_late_is_a_gap() {
        let mut vitals = Vitals::default();
        for (due, now) in [(100, 100), (200, 299), (300, 6300), (6400, 6500)] {
            vitals.turn(millis(due), millis(now));
        }
        let found = health(&vitals);
        assert_eq!((found.n_gaps, found.gap_micros), (2, 6_100_000));
        let lengths = found.gaps.iter().map(|it| it.length().as_millis());
        assert_eq!(Vec::from_iter(lengths), [6000, 100]);
        // What it has delayed may still be in flight, but not what was due long before.
        vitals.reset(millis(7000));
        let found = health(&vitals);
        assert_eq!((found.n_gaps, found.gap_micros), (2, 400_000));
        vitals.reset(millis(7400));
        assert_eq!(health(&vitals).n_gaps, 1);
        vitals.reset(millis(7600));
        assert_eq!(*health(&vitals), Health::default());
    }

    #[test]
    fn an_alarm_that_is_a_little_late_is_counted() {
        let mut vitals = Vitals::default();
        for (due, now) in [(100, 100), (200, 204), (300, 305), (400, 499), (500, 600)] {
            vitals.hear(millis(due), millis(now));
        }
        let found = health(&vitals);
        let counts = (found.n_alarms, found.n_late_alarms, found.late_micros);
        assert_eq!(counts, (5, 2, 104_000));
        let (first, last) = (millis(300), millis(499));
        assert_eq!(found.late_span, Some(Span { first, last }));
        assert_eq!(found.n_gaps, 0);
    }

    #[test]
    fn a_thread_without_time_to_spare_is_busy() {
        let mut vitals = Vitals::default();
        for (at, processor) in [(0, 50), (500, 100), (1000, 560), (1500, 600)] {
            let processor = Some(Duration::from_millis(processor));
            let host = Reading {
                processor,
                ..Reading::default()
            };
            vitals.read(millis(at), host);
        }
        let found = health(&vitals);
        assert_eq!(found.processor_micros, Some(550_000));
        assert_eq!(found.busy_micros, 500_000);
        let (first, last) = (millis(500), millis(1000));
        assert_eq!(found.busy_span, Some(Span { first, last }));
    }

    #[test]
    fn a_machine_that_slept_is_ahead_of_its_run() {
        let mut vitals = Vitals::default();
        for (at, unix_time) in [(0, 5000), (500, 5510), (1000, 65_500), (1500, 66_000)] {
            let unix_time = Some(Duration::from_millis(unix_time));
            let host = Reading {
                unix_time,
                ..Reading::default()
            };
            vitals.read(millis(at), host);
        }
        let found = health(&vitals);
        assert_eq!(found.step_micros, 59_490_000);
        assert_eq!(found.step_span.map(|it| it.last), Some(millis(1000)));
    }

    #[test]
    fn the_time_of_a_hidden_page_goes_on_while_it_is_hidden() {
        let mut vitals = Vitals::default();
        vitals.hide(millis(1000), true);
        vitals.read(millis(1500), Reading::default());
        assert_eq!(health(&vitals).hidden_micros, 500_000);
        vitals.hide(millis(2000), false);
        vitals.read(millis(2500), Reading::default());
        assert_eq!(health(&vitals).hidden_micros, 1_000_000);
    }

    #[test]
    fn the_health_of_two_shards_is_that_of_both() {
        let waits = |lag: u64| {
            let mut waits = Waits::new();
            waits.start(millis(1000), millis(1000 + lag));
            waits.start(millis(2000), millis(2000));
            waits.send(millis(3000), millis(3000 + lag));
            waits.hold_back(millis(3500));
            waits.totals(millis(3500 + lag))
        };
        let mut both = waits(7);
        both.merge(&waits(20));
        assert_eq!((both.n_starts, both.start_lag.buckets.count()), (4, 2));
        assert_eq!(both.own_queue.max, Some(Duration::from_millis(20)));
        let (first, last) = (millis(1000), millis(1020));
        assert_eq!(both.lag_span, Some(Span { first, last }));
        assert_eq!((both.n_held_back, both.held_back_micros), (2, 27_000));
        let (first, last) = (millis(3500), millis(3520));
        assert_eq!(both.held_back_span, Some(Span { first, last }));
    }

    #[test]
    fn who_is_held_back_is_counted_from_a_reset_on() {
        let mut waits = Waits::new();
        waits.hold_back(millis(4));
        waits.reset(millis(10));
        // Its answer was there before, and is handled after.
        waits.hold_back(millis(9));
        assert_eq!(waits.totals(millis(11)).held_back_micros, 2000);
        waits.let_go(millis(9), millis(12));
        waits.let_go(millis(4), millis(15));
        let health = waits.totals(millis(20));
        assert_eq!((health.n_held_back, health.held_back_micros), (2, 7000));
        let (first, last) = (millis(10), millis(15));
        assert_eq!(health.held_back_span, Some(Span { first, last }));
    }
}
