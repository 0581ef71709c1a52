//! The loop itself: it moves values between a shard and the carrier, as `mayfly_core::running::drive` does
//! with a transport.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use mayfly_core::http::transport::Tally;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::running::shard::{Command, Effect, Life, Shard, Ticket};
use mayfly_core::time::{Clock, Elapsed};

use super::carrier::{Carrier, Work};
use crate::clock::NativeClock;
use crate::http::Cookies;

/// Runs `shard` to its end, and hands out its snapshots on the way; the last one is final.
///
/// Ends at once, with all that is under way, if nobody can send commands any more. Whoever sends one
/// rings the carrier's bell.
pub(super) fn run(
    mut shard: Shard,
    mut carrier: Carrier<Ticket>,
    max_in_flight: usize,
    clock: NativeClock,
    commands: &Receiver<Command>,
    mut publish: impl FnMut(Snapshot),
) {
    let mut jars = Jars(Vec::new());
    // What the carrier had done when counting began.
    let mut before = Tally::default();
    loop {
        let now = clock.now();
        follow(&mut shard, &mut carrier, &mut jars, max_in_flight, now);
        if let Some(mut snapshot) = shard.poll_snapshot(now) {
            let tally = carrier.tally();
            snapshot.n_resent = tally.n_resent - before.n_resent;
            snapshot.wire_bytes = tally.wire_bytes - before.wire_bytes;
            publish(snapshot);
        }
        let Some(wakeup) = shard.poll_wakeup() else {
            return;
        };
        carrier.wait(wakeup);
        loop {
            // After each event and not after all of them: a request is sent when it is due, and the time
            // at which it was sent is true.
            while let Some((done, ticket, result)) = carrier.outcome() {
                shard.handle_outcome(done, ticket, result);
                follow(&mut shard, &mut carrier, &mut jars, max_in_flight, done);
            }
            if !carrier.turn() {
                break;
            }
        }
        if carrier.take_ring() {
            loop {
                match commands.try_recv() {
                    Ok(command) => {
                        if command == Command::Reset {
                            before = carrier.tally();
                        }
                        shard.handle_command(clock.now(), command);
                    }
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
        }
    }
}

/// Does what the shard wants to be done now.
fn follow(
    shard: &mut Shard,
    carrier: &mut Carrier<Ticket>,
    jars: &mut Jars,
    max_in_flight: usize,
    now: Elapsed,
) {
    while let Some(effect) = shard.poll_effect(now, |_| max_in_flight) {
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
