//! The loop itself: it moves values between a shard and the carrier, as `mayfly_core::running::drive` does
//! with a transport.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use mayfly_core::measure::health::Vitals;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::running::shard::{Command, Effect, Life, Shard, Ticket};
use mayfly_core::running::watch::Watch;
use mayfly_core::time::{Clock, Elapsed};

use super::carrier::{Carrier, Work};
use crate::clock::NativeClock;
use crate::http::Cookies;
use crate::python::InTurns;

/// Runs `shard` to its end, and hands out its snapshots on the way; the last one is final.
///
/// Ends at once, with all that is under way, if nobody can send commands any more. Whoever sends one
/// rings the carrier's bell.
pub(super) fn run(
    (mut shard, python): (Shard, Option<&InTurns>),
    mut carrier: Carrier<Ticket>,
    clock: NativeClock,
    commands: &Receiver<Command>,
    mut publish: impl FnMut(Snapshot),
) {
    let mut jars = Jars(Vec::new());
    let mut watch = Watch::default();
    // The loop turns then, at the latest.
    let mut beat = clock.now() + Vitals::BEAT;
    loop {
        let mut now = clock.now();
        watch.turn(beat, now);
        if beat <= now {
            // Whatever has come since is heard now.
            watch.hear_alarm(beat, now);
            beat = Vitals::next_alarm(beat, now);
        }
        follow(&mut shard, &mut carrier, &mut jars, now);
        if let Some(snapshot) = shard.poll_snapshot(now) {
            let snapshot = watch.complete(now, clock.reading(), carrier.tally(), snapshot);
            if let Some(python) = python {
                say_before(python, &mut shard, &snapshot);
            }
            publish(snapshot);
        }
        if let Some(python) = python {
            python.talk(&mut shard, now);
        }
        let Some(wakeup) = shard.poll_wakeup() else {
            return;
        };
        let wakeup = wakeup.min(beat);
        carrier.wait(python.map_or(wakeup, |it| it.wakes(wakeup)));
        loop {
            // After each event and not after all of them: a request is sent when it is due, and the time
            // at which it was sent is true.
            // Those that come of it wait: a request that fails at once would have the next one of its
            // user fail, and so on, and nothing else would ever be heard.
            for _ in 0..carrier.n_outcomes() {
                let Some((done, ticket, result)) = carrier.outcome() else {
                    break;
                };
                shard.handle_outcome(done, ticket, result);
                // What the thread beside has done may be from before.
                now = now.max(done);
                follow(&mut shard, &mut carrier, &mut jars, now);
            }
            if !carrier.turn() {
                break;
            }
        }
        if carrier.take_ring() {
            loop {
                match commands.try_recv() {
                    Ok(command) => {
                        let now = clock.now();
                        watch.hear(&command, now, carrier.tally());
                        shard.handle_command(now, command);
                    }
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
        }
        if let Some(python) = python {
            python.hear(&mut shard, clock.now());
        }
    }
}

/// Has all be said that belongs before a snapshot: nobody may listen after the last one.
fn say_before(python: &InTurns, shard: &mut Shard, snapshot: &Snapshot) {
    python.pass_on(shard);
    if !snapshot.state.is_active() {
        python.end();
    }
}

/// Does what the shard wants to be done now.
fn follow(shard: &mut Shard, carrier: &mut Carrier<Ticket>, jars: &mut Jars, now: Elapsed) {
    while let Some(effect) = shard.poll_effect(now, |it| carrier.capacity(it)) {
        match effect {
            Effect::Abort(ticket) => carrier.abort(shard.life(ticket).user as usize, ticket),
            Effect::Send(ticket, request) => {
                let life = shard.life(ticket);
                let cookies = jars.of(life);
                carrier.start(Work::new(ticket, life.user as usize, request, cookies));
            }
        }
    }
}

/// The cookies of users, by their number in the shard. One that starts again has none.
struct Jars(Vec<(Life, Arc<Cookies>)>);

impl Jars {
    fn of(&mut self, life: Life) -> Arc<Cookies> {
        let index = life.user as usize;
        while self.0.len() <= index {
            self.0.push(Default::default());
        }
        let (known, cookies) = &mut self.0[index];
        if *known != life {
            (*known, *cookies) = (life, Arc::default());
        }
        Arc::clone(cookies)
    }
}
