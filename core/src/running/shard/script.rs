//! What a shard says to Python, and what it does when Python answers.
//!
//! One frame is out at a time. What falls due meanwhile is collected for the next one, so that a busy
//! interpreter gets few large frames, and an idle one gets each message at once. What an answer was is
//! measured before Python hears of it: no time that Python takes is in a response time.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Shard, Ticket, stats_view};
use crate::http::origin::Origin;
use crate::http::request::{Method, RequestName};
use crate::http::transport::{Response, TransportError};
use crate::measure::histogram::Histogram;
use crate::measure::sample::{Evidence, Failure, Sample};
use crate::plan::{RunTime, Shape, SpawnRate, Stage, Stages};
use crate::run_state::{EndCause, RunEvent, RunState};
use crate::running::course::{Destination, Exception, Held, Next, Turn};
use crate::running::judge::bad_status;
use crate::running::program::{OriginIdx, ScriptProgram};
use crate::running::script::heads::{
    AnswerHead, Broken, Level, Log, OwnSample, RequestHead, ShapeTick, Verdict,
};
use crate::running::script::wire::{Ask, BadFrame, Reply, messages};
use crate::running::script::{Interpreter, InterpreterGone};
use crate::time::Elapsed;

/// What is said to Python and heard of it.
#[derive(Debug)]
pub(super) struct Talk {
    // What is to be said, in order.
    outbox: VecDeque<Said>,
    // Whose answers the frame that is out is to bring, in order; `None` if none is out.
    asked: Option<VecDeque<Asked>>,
    // The time that the frame that is out, or was last, has told Python.
    clock: Elapsed,
    // When the file wants a frame.
    wake: Option<Elapsed>,
    // When the shape is asked next; `None` if it is not to be asked.
    tick: Option<Elapsed>,
    // Whether the file is to hear the statistics.
    owes_stats: bool,
    // What the shape has said last.
    shape: Option<ShapeTick>,
    phase: Phase,
    logs: VecDeque<Log>,
    exit_code: Option<u8>,
    lag: Lag,
}

/// How far a run is in Python's eyes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    Running,
    /// It was told that the run is over.
    Leaving,
    /// There is no interpreter any more, or it is of no more use.
    Gone,
}

/// A message that is still to be sent.
#[derive(Debug)]
struct Said {
    // Whom it is for; `None` if nobody is to answer it.
    ticket: Option<Ticket>,
    id: u32,
    ask: Ask,
    due: Elapsed,
}

/// Somebody who is to answer.
#[derive(Clone, Copy, Debug)]
struct Asked {
    ticket: Ticket,
    life: u32,
    id: u32,
    due: Elapsed,
}

/// How late users hear of what they wait for, as the interpreter is busy.
#[derive(Debug)]
struct Lag {
    // From when something was due until it was answered.
    times: Histogram,
    // How long frames were out.
    busy: Duration,
}

impl Talk {
    /// The most messages in a frame.
    const MAX_MESSAGES: usize = 256;

    /// A frame with so many bytes gets no further message.
    const MAX_BYTES: usize = 1 << 20;

    /// How often a shape is asked, as in Locust.
    const TICK: Duration = Duration::from_secs(1);

    pub(super) fn new(program: &ScriptProgram) -> Self {
        let mut talk = Self {
            outbox: VecDeque::new(),
            asked: None,
            clock: Elapsed::ZERO,
            wake: None,
            tick: program.is_live.then_some(Elapsed::ZERO),
            owes_stats: false,
            shape: None,
            phase: Phase::Running,
            logs: VecDeque::new(),
            exit_code: None,
            lag: Lag {
                times: Histogram::new(2),
                busy: Duration::ZERO,
            },
        };
        talk.event(json!({ "name": "test_start" }), Elapsed::ZERO);
        talk
    }

    /// When something is to be said by itself.
    pub(super) fn next(&self) -> Option<Elapsed> {
        if self.asked.is_some() {
            return None;
        }
        self.wake.into_iter().chain(self.tick).min()
    }

    fn push(&mut self, ticket: Option<Ticket>, id: u32, ask: Ask, due: Elapsed) {
        if self.phase == Phase::Running {
            self.outbox.push_back(Said {
                ticket,
                id,
                ask,
                due,
            });
        }
    }

    fn event(&mut self, event: Value, now: Elapsed) {
        self.push(None, 0, Ask::Event(event), now);
    }

    fn log(&mut self, level: Level, text: &str) {
        let text = text.to_owned();
        self.logs.push_back(Log { level, text });
    }
}

impl Shard {
    /// The next frame for the interpreter; `None` if there is nothing to say, or a frame is out.
    pub fn poll_script(&mut self, now: Elapsed) -> Option<Vec<u8>> {
        let talk = self.talk.as_mut()?;
        if talk.asked.is_some() || talk.phase == Phase::Gone {
            return None;
        }
        if mem::take(&mut talk.owes_stats) {
            self.say_stats(now);
        }
        let talk = self.talk.as_mut()?;
        if talk.tick.is_some_and(|it| it <= now) && self.state.can_be_edited() {
            talk.tick = Some(now + Talk::TICK);
            talk.push(None, 0, Ask::Tick(self.n_alive), now);
        }
        let is_woken = talk.wake.take_if(|it| *it <= now).is_some();
        if talk.outbox.is_empty() && !is_woken {
            return None;
        }
        let mut frame = Vec::new();
        Ask::Clock(now.as_secs_f64()).write(0, &mut frame);
        let mut asked = VecDeque::new();
        let mut n_messages = 1;
        while n_messages < Talk::MAX_MESSAGES
            && frame.len() < Talk::MAX_BYTES
            && let Some(said) = talk.outbox.pop_front()
        {
            if let Some(ticket) = said.ticket {
                let user = &self.users[ticket.user as usize];
                let is_current = user.epoch == ticket.epoch;
                // Who was stopped meanwhile is not to go on first; but Python must know a user
                // that is told to stop.
                if !is_current && matches!(said.ask, Ask::Answer(..) | Ask::Resume) {
                    continue;
                }
                asked.push_back(Asked {
                    ticket,
                    life: user.life,
                    id: said.id,
                    due: said.due,
                });
            }
            said.ask.write(said.id, &mut frame);
            n_messages += 1;
        }
        talk.clock = now;
        talk.asked = Some(asked);
        Some(frame)
    }

    /// Takes the frame that answers the last one, or that none will.
    pub fn handle_script(&mut self, now: Elapsed, answer: Result<Vec<u8>, InterpreterGone>) {
        let Some(talk) = &mut self.talk else { return };
        let Some(mut asked) = talk.asked.take() else {
            return;
        };
        talk.lag.busy += now.since(talk.clock);
        for it in &asked {
            talk.lag.times.record(now.since(it.due));
        }
        let done = match answer {
            Ok(frame) => self.obey_all(now, &frame, &mut asked),
            Err(gone) => Err(gone.0),
        };
        if let Err(problem) = done {
            self.lose_script(now, &problem);
        }
        let Some(talk) = &mut self.talk else { return };
        if talk.phase == Phase::Leaving && talk.outbox.is_empty() {
            talk.phase = Phase::Gone;
            self.drain();
        }
    }

    /// Says through `interpreter` what is to be said to the person who runs the file, and the number with
    /// which the file wants the command to end.
    pub fn speak_through(&mut self, interpreter: &impl Interpreter) {
        let Some(talk) = &mut self.talk else { return };
        while let Some(log) = talk.logs.pop_front() {
            interpreter.say(log);
        }
        if let Some(code) = talk.exit_code.take() {
            interpreter.end_with(code);
        }
    }

    /// Tells Python what its course has for a user, who waits for the answer.
    #[cold]
    pub(super) fn park(&mut self, local: u32, now: Elapsed) {
        let user = &mut self.users[local as usize];
        let epoch = user.turn(super::Activity::Parked);
        let (id, ticket) = (user.index, Ticket { user: local, epoch });
        let ask = user.course.script().and_then(|it| it.take_ask());
        if let (Some(ask), Some(talk)) = (ask, &mut self.talk) {
            talk.push(Some(ticket), id, ask, now);
        }
    }

    /// Passes an answer on to its user, and counts it unless the user is to judge it.
    #[cold]
    pub(super) fn pass_on(
        &mut self,
        local: u32,
        mut held: Held,
        result: Result<Response, TransportError>,
    ) {
        let (done, sent) = (held.sample.done, held.sample.sent);
        let Some(course) = self.users[local as usize].course.script() else {
            return;
        };
        let (number, is_judged) = course.take_sent();
        let mut wait = None;
        if is_judged {
            held.see(&result);
        } else {
            held.sample.failure = match &result {
                Ok(response) => bad_status(response),
                Err(error) => Some(Failure::Transport(*error)),
            };
            let evidence = || held.evidence_of(result.as_ref().ok());
            self.stats
                .record(held.row, &held.sample, self.n_alive, evidence);
            if held.sample.failure.is_some() {
                wait = result.as_ref().ok().and_then(Response::retry_after);
            }
        }
        let mut head = AnswerHead {
            request: number,
            elapsed: done.since(sent).as_secs_f64(),
            bytes: held.sample.body_bytes,
            ..AnswerHead::default()
        };
        let mut body = Vec::new();
        match result {
            Ok(response) => {
                head.status = response.status;
                if let Some(kept) = response.kept {
                    (head.headers, body) = (kept.headers, kept.body);
                }
            }
            Err(error) => head.error = Some(error.to_string()),
        }
        course.tell(Ask::Answer(Box::new(head), body));
        if is_judged {
            course.hold(number, held);
            self.n_held += 1;
        }
        self.heed(local, done, wait);
        self.park(local, done);
        self.end_if_spent(done);
    }

    /// Gives up all requests of a user that it will not judge any more.
    pub(super) fn give_up_held(&mut self, local: u32, now: Elapsed) {
        if self.n_held == 0 {
            return;
        }
        let user = &mut self.users[local as usize];
        while let Some(held) = user.course.script().and_then(|it| it.pop_held()) {
            self.n_held -= 1;
            self.stats
                .record_abort(held.row, now.since(held.sample.due));
        }
    }

    /// Ends a user that had its time to stop.
    pub(super) fn forget(&mut self, local: u32, now: Elapsed) {
        let user = &mut self.users[local as usize];
        let id = user.index;
        if let (Some(course), Some(talk)) = (user.course.script(), &mut self.talk)
            && course.is_spawned()
        {
            course.leave();
            talk.push(None, id, Ask::Kill, now);
        }
        self.end_user(local, now, true);
    }

    pub(super) fn say_event(&mut self, name: &str) {
        let mut event = json!({ "name": name });
        if name == "spawning_complete" {
            event["user_count"] = self.n_alive.into();
        }
        if let Some(talk) = &mut self.talk {
            talk.event(event, talk.clock);
        }
    }

    /// A file that looks at the statistics is to hear of them.
    pub(super) fn owe_stats(&mut self) {
        let uses = self.uses_stats();
        if let Some(talk) = self.talk.as_mut().filter(|_| uses) {
            talk.owes_stats = true;
        }
    }

    fn uses_stats(&self) -> bool {
        self.program.script.as_ref().is_some_and(|it| it.uses_stats)
    }

    fn say_stats(&mut self, now: Elapsed) {
        let rows = self.stats.rows(now, false);
        let stats = stats_view::of_rows(
            &rows,
            self.n_alive,
            self.n_wanted,
            self.state,
            (now, self.stats.since()),
        );
        if let Some(talk) = &mut self.talk {
            talk.push(None, 0, Ask::Stats(stats), now);
        }
    }

    /// Whether the interpreter was told that the run is over.
    pub(super) fn is_leaving(&self) -> bool {
        let talk = self.talk.as_ref();
        talk.is_some_and(|it| it.phase != Phase::Running)
    }

    /// Tells the interpreter that the run is over. False if there is nobody to tell.
    pub(super) fn says_farewell(&mut self, now: Elapsed) -> bool {
        let Some(talk) = &mut self.talk else {
            return false;
        };
        if talk.phase != Phase::Running {
            // It was told, and somebody does not want to wait for it.
            talk.phase = Phase::Gone;
            return false;
        }
        talk.owes_stats = false;
        if self.uses_stats() {
            // Who decides how the command ends does it by all of them.
            self.say_stats(now);
        }
        let Some(talk) = &mut self.talk else {
            return false;
        };
        for name in ["test_stop", "quitting"] {
            talk.event(json!({ "name": name }), now);
        }
        talk.phase = Phase::Leaving;
        (talk.tick, talk.wake) = (None, None);
        let (times, elapsed) = (talk.lag.times.buckets(), now.to_duration());
        // Few say nothing about one of a hundred.
        let late = times.quantile(0.99).filter(|_| 100 <= times.count());
        if let Some(late) = late.filter(|it| Duration::from_millis(10) < *it) {
            let text = format!(
                "Python was late: one of a hundred users waited {} ms or more until it went on. There were fewer \
                 requests than users wanted to send; response times hold none of it.",
                late.as_millis()
            );
            talk.log(Level::Warning, &text);
        }
        if elapsed.mul_f64(0.9) < talk.lag.busy {
            let text = "Python was busy for more than 90 % of the run: more users send no more \
                        requests. A plan without Python can.";
            talk.log(Level::Warning, text);
        }
        true
    }

    fn obey_all(
        &mut self,
        now: Elapsed,
        frame: &[u8],
        asked: &mut VecDeque<Asked>,
    ) -> Result<(), String> {
        let senseless = |error: BadFrame| {
            format!("what Python answered makes no sense ({error}); this is a mistake in Mayfly")
        };
        for message in messages(frame) {
            let message = message.map_err(senseless)?;
            let reply = Reply::read(&message).map_err(senseless)?;
            self.obey(now, message.id, reply, asked)
                .map_err(senseless)?;
        }
        match asked.is_empty() || self.state == RunState::Stopped {
            true => Ok(()),
            false => Err(senseless(BadFrame::Unanswered)),
        }
    }

    fn obey(
        &mut self,
        now: Elapsed,
        id: u32,
        reply: Reply,
        asked: &mut VecDeque<Asked>,
    ) -> Result<(), BadFrame> {
        match reply {
            Reply::Wait(secs) => {
                if let Some(local) = self.answer_of(id, asked)? {
                    self.wait_as_told(local, secs, now);
                }
            }
            Reply::Request(head, body) => {
                if let Some(local) = self.answer_of(id, asked)? {
                    self.want(local, *head, body, now);
                }
            }
            Reply::Verdict(verdict) => self.judge_held(id, &verdict),
            Reply::Done => self.leave(id, asked, None, now)?,
            Reply::Dead(broken) => self.leave(id, asked, Some(broken), now)?,
            Reply::Exception(broken) => self.record_broken(&broken, now),
            Reply::Log(log) => self.log(log),
            Reply::Quit => self.stop(now, EndCause::Quit),
            Reply::Shape(shape) => self.follow_shape(shape, now),
            Reply::Wake(secs) => self.set_wake(secs),
            Reply::Exit(code) => {
                if let (Some(talk), Some(code)) = (&mut self.talk, code) {
                    // As the system has it.
                    talk.exit_code = Some(code.rem_euclid(256) as u8);
                }
            }
            Reply::Sample(sample) => self.record_own(sample, now),
            // The file was loaded before the run.
            Reply::Error(_) | Reply::Loaded(_) => {}
        }
        Ok(())
    }

    /// The user that has answered; `None` if it does something else by now, so that the answer means
    /// nothing.
    fn answer_of(&self, id: u32, asked: &mut VecDeque<Asked>) -> Result<Option<u32>, BadFrame> {
        let asked = asked.pop_front().filter(|it| it.id == id);
        let Asked { ticket, .. } = asked.ok_or(BadFrame::Unasked(id))?;
        let is_current = self.users[ticket.user as usize].epoch == ticket.epoch;
        Ok(is_current.then_some(ticket.user))
    }

    fn wait_as_told(&mut self, local: u32, secs: f64, now: Elapsed) {
        let clock = self.talk.as_ref().map_or(now, |it| it.clock);
        let user = &mut self.users[local as usize];
        let Some(course) = user.course.script() else {
            return;
        };
        if user.is_ending && !course.is_told() {
            // It has finished what it was doing.
            self.abandon(local, now);
            return;
        }
        let wait = Duration::try_from_secs_f64(secs).unwrap_or(RunTime::MAX);
        let wait = match course.rest() {
            true => wait,
            // Or else a user that only waits for no time would keep the shard busy for ever.
            false => wait.max(SHORTEST_IDLE_REST),
        };
        self.take(local, clock, now, Turn::to(Next::Wait(wait)));
    }

    fn want(&mut self, local: u32, head: RequestHead, body: Vec<u8>, now: Elapsed) {
        let Some(program) = &self.program.script else {
            return;
        };
        let user = &mut self.users[local as usize];
        let Some(course) = user.course.script() else {
            return;
        };
        let origin = Origin::of(&head.url);
        let refusal = program.refusal(origin.as_ref());
        let destination = match origin {
            _ if program.is_simulated => Destination::Known(OriginIdx::OTHER),
            None => Destination::Known(OriginIdx::OTHER),
            Some(origin) => Destination::Named(Box::new(origin)),
        };
        let (number, name) = (head.request, head.name.clone());
        if head.clear_cookies {
            user.session = user.session.wrapping_add(1);
        }
        let wanted = match refusal {
            Some(problem) => Err(problem),
            None => course.want(head, body, program),
        };
        match wanted {
            Ok(()) => self.take(local, now, now, Turn::to(Next::Send(destination))),
            Err(problem) => {
                let answer = AnswerHead {
                    request: number,
                    error: Some(problem.clone()),
                    ..AnswerHead::default()
                };
                course.tell(Ask::Answer(Box::new(answer), Vec::new()));
                let exception = Exception {
                    task: name.into(),
                    message: problem.into(),
                };
                let turn = Turn {
                    exception: Some(Box::new(exception)),
                    ..Turn::to(Next::Park)
                };
                self.take(local, now, now, turn);
            }
        }
    }

    fn judge_held(&mut self, id: u32, verdict: &Verdict) {
        let local = id / self.setting.id.count;
        let Some(user) = self.users.get_mut(local as usize) else {
            return;
        };
        let course = user.course.script();
        // One that was stopped has given its requests up.
        let Some(mut held) = course.and_then(|it| it.take_held(verdict.request)) else {
            return;
        };
        self.n_held -= 1;
        held.sample.failure = verdict
            .failure
            .as_ref()
            .map(|it| held.failure(it, verdict.judge));
        if let Some(name) = &verdict.name {
            held.row = self.stats.row(RequestName {
                name: name.clone(),
                method: held.method,
            });
        }
        let evidence = held.take_evidence();
        if held.sample.failure.is_some() {
            self.heed(local, held.sample.done, evidence.retry_after());
        }
        self.stats
            .record(held.row, &held.sample, self.n_alive, || evidence);
    }

    /// A user has ended itself, by an exception or not.
    fn leave(
        &mut self,
        id: u32,
        asked: &mut VecDeque<Asked>,
        broken: Option<Broken>,
        now: Elapsed,
    ) -> Result<(), BadFrame> {
        if let Some(broken) = &broken {
            self.record_broken(broken, now);
        }
        let asked = asked.pop_front().filter(|it| it.id == id);
        let Asked { ticket, life, .. } = asked.ok_or(BadFrame::Unasked(id))?;
        let user = &mut self.users[ticket.user as usize];
        // It may have been told to stop meanwhile, which nobody hears any more.
        if user.life != life || user.activity == super::Activity::Stopped {
            return Ok(());
        }
        let is_ending = user.is_ending;
        if let Some(course) = user.course.script() {
            course.leave();
        }
        if let Some(talk) = &mut self.talk {
            let is_for = |it: &Said| it.ticket.is_some_and(|it| it.user == ticket.user);
            talk.outbox.retain(|it| !is_for(it));
        }
        let next = match broken {
            Some(_) if !is_ending => Next::Die,
            None if !is_ending => Next::Leave,
            _ => Next::End,
        };
        self.take(ticket.user, now, now, Turn::to(next));
        Ok(())
    }

    fn record_broken(&mut self, broken: &Broken, now: Elapsed) {
        let (task, message) = (broken.task.as_str().into(), broken.to_string().into());
        self.stats.record_exception(&task, &message, now);
    }

    fn log(&mut self, log: Log) {
        if let Some(talk) = &mut self.talk {
            talk.logs.push_back(log);
        }
    }

    fn set_wake(&mut self, secs: f64) {
        if let Some(talk) = &mut self.talk
            && talk.phase == Phase::Running
        {
            let at = Duration::try_from_secs_f64(secs).unwrap_or(RunTime::MAX);
            talk.wake = Some(Elapsed::ZERO + at);
        }
    }

    fn follow_shape(&mut self, shape: Option<ShapeTick>, now: Elapsed) {
        let Some(tick) = shape else {
            self.stop(now, EndCause::RunTime);
            return;
        };
        let Some(talk) = self
            .talk
            .as_mut()
            .filter(|it| it.shape.as_ref() != Some(&tick))
        else {
            return;
        };
        if tick.classes.is_some() && talk.shape.is_none() {
            let text = "The shape names user classes, which Mayfly does not take from it: users are dealt out by \
                        the weights of their classes.";
            talk.log(Level::Warning, text);
        }
        talk.shape = Some(tick.clone());
        if !self.state.can_be_edited() {
            return;
        }
        // A rate of zero changes nothing until the shape says another one.
        let (Ok(spawn_rate), Ok(length)) = (
            SpawnRate::try_from(tick.spawn_rate),
            RunTime::try_from(RunTime::MAX),
        ) else {
            return;
        };
        let stage = Stage {
            length,
            users: tick.users,
            spawn_rate,
        };
        if let Ok(stages) = Stages::try_from(vec![stage])
            && self.pace.edit(now, &Shape::Stages(stages), self.setting.id)
        {
            self.turn(RunEvent::Start);
        }
    }

    /// Counts a request that the file has measured by itself, in a row with its type in front of its name
    /// if that is no method of HTTP.
    fn record_own(&mut self, own: OwnSample, now: Elapsed) {
        let method: Result<Method, _> = own.r#type.parse();
        let name = match method {
            Ok(_) => own.name,
            Err(_) => format!("{} {}", own.r#type, own.name),
        };
        let method = method.unwrap_or(Method::Get);
        let row = self.stats.row(RequestName { name, method });
        let millis = own.response_time.max(0.0);
        let time = Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default();
        let sent = now.as_micros().saturating_sub(crate::time::micros(time));
        let sample = Sample {
            due: Elapsed::from_micros(sent),
            sent: Elapsed::from_micros(sent),
            done: now,
            body_bytes: own.length,
            failure: own.error.as_deref().map(|it| Failure::Check(it.into())),
        };
        self.n_due += 1;
        self.stats
            .record(row, &sample, self.n_alive, Evidence::default);
    }

    /// Ends the run, as its users cannot go on.
    #[cold]
    fn lose_script(&mut self, now: Elapsed, problem: &str) {
        if let Some(talk) = &mut self.talk {
            talk.phase = Phase::Gone;
            talk.outbox.clear();
            (talk.tick, talk.wake) = (None, None);
            talk.log(Level::Error, problem);
        }
        if self.state.is_active() {
            self.end_cause
                .get_or_insert_with(|| EndCause::Locustfile(problem.into()));
            self.kill_all(now);
        }
    }
}

/// The shortest rest after a task that sent nothing.
const SHORTEST_IDLE_REST: Duration = Duration::from_millis(1);
