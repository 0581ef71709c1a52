//! The only asynchronous code: it moves values between the pure [`Shard`] and the world.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use futures::future::{AbortHandle, Abortable, Fuse, FusedFuture};
use futures::stream::{FusedStream, FuturesUnordered};
use futures::{FutureExt, StreamExt, select_biased};

use crate::http::request::Request;
use crate::http::transport::{Response, Transport, TransportError};
use crate::measure::health::Vitals;
use crate::measure::snapshot::Snapshot;
use crate::running::script::{Interpreter, InterpreterGone, NoInterpreter};
use crate::running::shard::{Command, Effect, Life, Shard};
use crate::running::watch::Watch;
use crate::time::{Clock, Elapsed};

/// As [`drive_scripted`], for a plan without Python.
pub async fn drive<T: Transport>(
    shard: Shard,
    transport: &T,
    clock: &impl Clock,
    commands: impl FusedStream<Item = Command> + Unpin,
    publish: impl FnMut(Snapshot),
) {
    drive_scripted::<T, NoInterpreter>(shard, None, transport, clock, commands, publish).await;
}

/// Runs `shard` to its end, and hands out its snapshots on the way; the last one is final. If its tasks
/// are in Python, `interpreter` has loaded them.
///
/// This loop decides nothing. All that can happen to a shard is in the arms of its `select`.
/// Dropping the future ends the run and aborts what is under way.
pub async fn drive_scripted<T: Transport, I: Interpreter>(
    mut shard: Shard,
    interpreter: Option<&I>,
    transport: &T,
    clock: &impl Clock,
    mut commands: impl FusedStream<Item = Command> + Unpin,
    mut publish: impl FnMut(Snapshot),
) {
    let mut in_flight = FuturesUnordered::new();
    let mut handles = BTreeMap::new();
    let mut sessions = Sessions::<T::Session>(Vec::new());
    let mut watch = Watch::default();
    let mut beat = Beat::new(clock);
    let mut alarm = Alarm::off();
    let mut exchange = pin!(Fuse::terminated());
    loop {
        let mut now = clock.now();
        if beat.turn(&mut watch, clock, now) {
            // Every request fails at once: only the arm of answers is looked at, and the host does nothing
            // else.
            yield_once().await;
            obey_all(&mut shard, &mut watch, (transport, clock), &mut commands);
            beat.probe.look(&mut watch, clock);
            now = clock.now();
        }
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
                    let answer = answer(transport, clock, session, request);
                    let answer = Abortable::new(answer, registration);
                    in_flight.push(answer.map(move |it| (ticket, it)));
                }
            }
        }
        if let Some(snapshot) = shard.poll_snapshot(now) {
            // Before the last one, after which nobody may listen.
            pass_on(&mut shard, interpreter);
            publish(watch.complete(now, clock.reading(), transport.tally(), snapshot));
        }
        if let Some(python) = interpreter.filter(|_| I::EXISTS)
            && let Some(frame) = say(&mut shard, python, now)
        {
            exchange.set(python.exchange(frame).fuse());
        }
        let Some(wakeup) = shard.poll_wakeup() else {
            return;
        };
        alarm.set(clock, wakeup);
        select_biased! {
            answer = exchange => hear::<I>(&mut shard, clock.now(), answer),
            (ticket, answer) = in_flight.select_next_some() => {
                handles.remove(&ticket);
                // An aborted one was aborted by the shard, which has counted it.
                if let Ok((done, result)) = answer {
                    shard.handle_outcome(done, ticket, result);
                }
            }
            command = commands.select_next_some() => obey(&mut shard, &mut watch, (transport, clock), command),
            () = &mut alarm.sleep => alarm.at = None,
            // That it turns is all it is for.
            () = &mut beat.alarm.sleep => {}
            () = &mut beat.probe.sleep => beat.probe.end(&mut watch, clock),
        }
    }
}

/// The alarm by which the loop turns at the latest, so that it notices where it does not.
struct Beat {
    alarm: Alarm,
    probe: Probe,
}

impl Beat {
    fn new(clock: &impl Clock) -> Self {
        let mut alarm = Alarm::off();
        let due = clock.now() + Vitals::BEAT;
        alarm.set(clock, due);
        let probe = Probe::new(clock, due);
        Self { alarm, probe }
    }

    /// The loop turns now. Whether it should have seen the alarm, and has not come to it.
    fn turn(&mut self, watch: &mut Watch, clock: &impl Clock, now: Elapsed) -> bool {
        let Some(due) = self.alarm.at.filter(|it| *it <= now) else {
            return false;
        };
        watch.turn(due, now);
        let is_unseen = !self.alarm.sleep.is_terminated();
        self.alarm = Alarm::off();
        self.alarm.set(clock, now + Vitals::BEAT);
        is_unseen
    }
}

/// An alarm that tells how late the loop hears of what has happened. That of [`Beat`] does not: the loop may
/// turn for something else, and much may wait before what came last.
struct Probe {
    due: Elapsed,
    sleep: Sleep,
}

impl Probe {
    fn new(clock: &impl Clock, due: Elapsed) -> Self {
        let sleep: Pin<Box<dyn Future<Output = ()>>> = Box::pin(clock.sleep_until(due));
        let sleep = sleep.fuse();
        Self { due, sleep }
    }

    /// Looks whether it is to be heard, where nobody waits for it.
    fn look(&mut self, watch: &mut Watch, clock: &impl Clock) {
        if (&mut self.sleep).now_or_never().is_some() {
            self.end(watch, clock);
        }
    }

    /// It is heard.
    fn end(&mut self, watch: &mut Watch, clock: &impl Clock) {
        let now = clock.now();
        watch.hear_alarm(self.due, now);
        *self = Self::new(clock, Vitals::next_alarm(self.due, now));
    }
}

/// Passes on all that was said so far.
fn obey_all<T: Transport>(
    shard: &mut Shard,
    watch: &mut Watch,
    world: (&T, &impl Clock),
    commands: &mut (impl FusedStream<Item = Command> + Unpin),
) {
    while let Some(command) = commands.next().now_or_never().flatten() {
        obey(shard, watch, world, command);
    }
}

/// Passes on what a person says, or the host.
fn obey<T: Transport>(
    shard: &mut Shard,
    watch: &mut Watch,
    (transport, clock): (&T, &impl Clock),
    command: Command,
) {
    let now = clock.now();
    watch.hear(&command, now, transport.tally());
    shard.handle_command(now, command);
}

/// Lets others of this thread do something.
async fn yield_once() {
    let mut is_over = false;
    poll_fn(|context| {
        if is_over {
            return Poll::Ready(());
        }
        is_over = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// When a request was answered, and what came.
async fn answer<T: Transport>(
    transport: &T,
    clock: &impl Clock,
    session: Rc<T::Session>,
    request: Arc<Request>,
) -> (Elapsed, Result<Response, TransportError>) {
    let result = transport.send(&session, &request).await;
    // Read here and not by who waits for it, where other answers may be in front.
    (clock.now(), result)
}

/// Passes on what is to be said to who runs a file. Gives the next frame for the interpreter.
fn say(shard: &mut Shard, interpreter: &impl Interpreter, now: Elapsed) -> Option<Vec<u8>> {
    shard.speak_through(interpreter);
    shard.poll_script(now)
}

fn pass_on<I: Interpreter>(shard: &mut Shard, interpreter: Option<&I>) {
    if let Some(interpreter) = interpreter.filter(|_| I::EXISTS) {
        shard.speak_through(interpreter);
    }
}

fn hear<I: Interpreter>(shard: &mut Shard, now: Elapsed, answer: Result<Vec<u8>, InterpreterGone>) {
    if I::EXISTS {
        shard.handle_script(now, answer);
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
    sleep: Sleep,
}

type Sleep = Fuse<Pin<Box<dyn Future<Output = ()>>>>;

impl Alarm {
    fn off() -> Self {
        Self {
            at: None,
            sleep: Fuse::terminated(),
        }
    }

    fn set(&mut self, clock: &impl Clock, at: Elapsed) {
        if self.at.is_none_or(|set| at < set) {
            self.at = Some(at);
            let sleep: Pin<Box<dyn Future<Output = ()>>> = Box::pin(clock.sleep_until(at));
            self.sleep = sleep.fuse();
        }
    }
}
