//! The only asynchronous code: it moves values between the pure [`Shard`] and the world.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;

use futures::future::{AbortHandle, Abortable, Fuse};
use futures::stream::{FusedStream, FuturesUnordered};
use futures::{FutureExt, StreamExt, select_biased};

use crate::http::transport::{Tally, Transport};
use crate::measure::snapshot::Snapshot;
use crate::running::shard::{Command, Effect, Life, Shard};
use crate::time::{Clock, Elapsed};

/// Runs `shard` to its end, and hands out its snapshots on the way; the last one is final.
///
/// This loop decides nothing. All that can happen to a shard is in the arms of its `select`.
/// Dropping the future ends the run and aborts what is under way.
pub async fn drive<T: Transport>(
    mut shard: Shard,
    transport: &T,
    clock: &impl Clock,
    mut commands: impl FusedStream<Item = Command> + Unpin,
    mut publish: impl FnMut(Snapshot),
) {
    let mut in_flight = FuturesUnordered::new();
    let mut handles = BTreeMap::new();
    let mut sessions = Sessions::<T::Session>(Vec::new());
    // What the transport had done when counting began.
    let mut before = Tally::default();
    let mut alarm = Alarm {
        at: None,
        sleep: Fuse::terminated(),
    };
    loop {
        let now = clock.now();
        while let Some(effect) = shard.poll_effect(now, |it| transport.capacity(it)) {
            match effect {
                Effect::Abort(ticket) => {
                    let handle: Option<AbortHandle> = handles.remove(&ticket);
                    handle.iter().for_each(AbortHandle::abort);
                }
                Effect::Send(ticket, request) => {
                    let (handle, registration) = AbortHandle::new_pair();
                    handles.insert(ticket, handle);
                    let session = sessions.of(shard.life(ticket));
                    let answer = async move {
                        let result = transport.send(&session, &request).await;
                        // Read here and not below, where other answers may be in front.
                        (clock.now(), result)
                    };
                    let answer = Abortable::new(answer, registration);
                    in_flight.push(answer.map(move |it| (ticket, it)));
                }
            }
        }
        if let Some(mut snapshot) = shard.poll_snapshot(now) {
            let tally = transport.tally();
            snapshot.n_resent = tally.n_resent - before.n_resent;
            snapshot.wire_bytes = tally.wire_bytes - before.wire_bytes;
            publish(snapshot);
        }
        let Some(wakeup) = shard.poll_wakeup() else {
            return;
        };
        alarm.set(clock, wakeup);
        select_biased! {
            (ticket, answer) = in_flight.select_next_some() => {
                handles.remove(&ticket);
                // An aborted one was aborted by the shard, which has counted it.
                if let Ok((done, result)) = answer {
                    shard.handle_outcome(done, ticket, result);
                }
            }
            command = commands.select_next_some() => {
                if command == Command::Reset {
                    before = transport.tally();
                }
                shard.handle_command(clock.now(), command);
            }
            () = &mut alarm.sleep => alarm.at = None,
        }
    }
}

/// What users keep between requests, by their number in the shard. One that starts again has nothing.
struct Sessions<S>(Vec<(Life, Rc<S>)>);

impl<S: Default> Sessions<S> {
    fn of(&mut self, life: Life) -> Rc<S> {
        let index = life.user as usize;
        while self.0.len() <= index {
            self.0.push(Default::default());
        }
        let (known, session) = &mut self.0[index];
        if *known != life {
            (*known, *session) = (life, Rc::default());
        }
        Rc::clone(session)
    }
}

/// One timer, set again only if it would go off too late.
///
/// Every answer changes when the shard wants to be woken next, mostly to a later time. A timer that
/// goes off early costs one turn of the loop; setting it again every time would cost a call to the
/// host for every request.
struct Alarm {
    at: Option<Elapsed>,
    sleep: Fuse<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Alarm {
    fn set(&mut self, clock: &impl Clock, at: Elapsed) {
        if self.at.is_none_or(|set| at < set) {
            self.at = Some(at);
            let sleep: Pin<Box<dyn Future<Output = ()>>> = Box::pin(clock.sleep_until(at));
            self.sleep = sleep.fuse();
        }
    }
}
