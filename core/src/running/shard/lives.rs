//! How users and runs begin and end: users by the schedule, by arrivals and by edits; a run by its
//! end, a limit or a person. What a living user does is not here.

use std::cmp::Reverse;

use super::pace::{Pace, arrival_mix, user_mix};
use super::{Shard, Ticket, world};
use crate::plan::Plan;
use crate::rng::Rng;
use crate::run_state::{EndCause, RunEvent, RunState};
use crate::running::course::{Course, Cursor, Resume, ScriptCourse};
use crate::running::user::{Activity, User};
use crate::time::Elapsed;

impl Shard {
    /// Starts and stops users until as many are alive as should be.
    pub(super) fn spawn(&mut self, now: Elapsed) {
        let Pace::Closed {
            schedule,
            next_change,
        } = &mut self.pace
        else {
            return;
        };
        let total = schedule.target(now).min(self.mix.max_users());
        *next_change = schedule.next_change(now);
        let is_reached = schedule.is_reached(now);
        let n_wanted = self.setting.id.share(total);
        while self.n_wanted < n_wanted {
            self.n_wanted += 1;
            self.start_user(now, self.n_wanted - 1);
        }
        while n_wanted < self.n_wanted {
            self.n_wanted -= 1;
            self.stop_user(now, self.n_wanted);
        }
        self.turn(if is_reached {
            RunEvent::Spawned
        } else {
            RunEvent::Start
        });
    }

    /// Starts a user of a closed model, unless it is alive: then it starts once it has ended.
    fn start_user(&mut self, now: Elapsed, local: u32) {
        let index = self.setting.id.user(local);
        let class = self.mix.class_of(index);
        let class = class.expect("as many are wanted as the mix has");
        if self.users.len() == local as usize {
            let rng = Rng::new(self.setting.seed, index.into());
            let course = self.course();
            self.users.push(User::new(index, rng, class, course));
        }
        let user = &mut self.users[local as usize];
        if user.activity == Activity::Stopped {
            user.revive(class, now);
            self.count_alive(now, self.n_alive + 1);
            self.wait(local, now);
        }
    }

    /// Tells a user to stop: it may finish its task, if the plan gives it time.
    fn stop_user(&mut self, now: Elapsed, local: u32) {
        let user = &mut self.users[local as usize];
        if user.activity == Activity::Stopped || user.is_ending {
            return;
        }
        let stop_timeout = self.program.load.stop_timeout;
        // Who waits as the target asks for it sends nothing more, or all would at once.
        let is_held_back = matches!(user.activity, Activity::HeldBack { .. });
        if stop_timeout.is_zero() || user.course.is_resting() || is_held_back {
            self.abandon(local, now);
            return;
        }
        user.is_ending = true;
        let ticket = Ticket {
            user: local,
            epoch: user.life,
        };
        self.kills.push(Reverse((now + stop_timeout, ticket)));
    }

    /// Lets users that wait as the target has asked for it send their requests.
    #[cold]
    fn hold_back_nobody(&mut self, now: Elapsed) {
        let n_users = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        for local in 0..n_users {
            let user = &mut self.users[local as usize];
            user.not_before = Elapsed::ZERO;
            if matches!(user.activity, Activity::HeldBack { .. }) {
                self.go_on(local, now, now);
            }
        }
    }

    /// Ends what a user is doing, and goes on with what it does at its end.
    pub(super) fn abandon(&mut self, local: u32, now: Elapsed) {
        self.drop_request(local, now);
        let user = &mut self.users[local as usize];
        user.is_ending = true;
        user.arrival = None;
        if user.course.script().is_some_and(|it| it.is_told()) {
            self.forget(local, now);
            return;
        }
        let turn = self.resume(local, now, now, Resume::Abandoned);
        self.take(local, now, now, turn);
    }

    /// Takes back the request of a user, sent or not.
    fn drop_request(&mut self, local: u32, now: Elapsed) {
        let user = &mut self.users[local as usize];
        let ticket = Ticket {
            user: local,
            epoch: user.epoch,
        };
        match user.activity {
            Activity::InFlight {
                due, row, origin, ..
            } => {
                self.queues.remove_in_flight(origin);
                self.aborts.push(ticket);
                self.stats.record_abort(row, now.since(due));
            }
            Activity::Queued { due, .. } => {
                self.n_queued -= 1;
                self.record_unsent(local, due, now);
            }
            Activity::HeldBack { since, .. } => self.stats.waits().let_go(since, now),
            Activity::Idle | Activity::Parked | Activity::Stopped | Activity::Waiting => {}
        }
        self.give_up_held(local, now);
        self.users[local as usize].turn(Activity::Waiting);
    }

    /// Counts the request of a user that was in the queue. It was not due if there was a limit of
    /// requests, and others have used it up.
    #[cold]
    fn record_unsent(&mut self, local: u32, due: Elapsed, now: Elapsed) {
        if self.n_left == 0 {
            self.n_due -= 1;
            return;
        }
        let world = world(&self.program, self.setting, now);
        let user = &mut self.users[local as usize];
        let (course, context) = user.course(&self.program.classes, world);
        let name = course.unsent_name(context.class, context.user);
        let row = self.stats.row(name);
        self.stats.record_unsent(row, now.since(due));
    }

    /// A user is done. It starts again if it is wanted, unless an exception or the user itself ended
    /// it: a number of users is not filled up again, and arrivals get a new one.
    pub(super) fn end_user(&mut self, local: u32, now: Elapsed, may_restart: bool) {
        self.give_up_held(local, now);
        let user = &mut self.users[local as usize];
        user.turn(Activity::Stopped);
        user.life = user.life.wrapping_add(1);
        self.count_alive(now, self.n_alive - 1);
        if self.state == RunState::Stopping {
            if self.n_alive == 0 {
                self.finish(now);
            }
        } else if let Pace::Open { left, .. } = &mut self.pace {
            left.insert(local);
        } else if local < self.n_wanted && may_restart {
            self.start_user(now, local);
        }
    }

    /// Starts the tasks of all arrivals that were due by `now`.
    pub(super) fn arrive(&mut self, now: Elapsed) {
        while let Pace::Open { next, next_due, .. } = &self.pace
            && let Some(due) = *next_due
            && due <= now
        {
            let arrival = *next;
            let class = self.pace.next_arrival(self.setting.id);
            self.stats.record_arrival(now);
            match self.free_user(class, now) {
                None => self.stats.record_dropped(now),
                Some(local) => {
                    self.stats.waits().start(due, now);
                    // Streams of arrivals lie behind those of users, of which there are below 2^32.
                    let rng = Rng::new(self.setting.seed, (1 << 32) + arrival);
                    let user = &mut self.users[local as usize];
                    user.rng = rng;
                    user.arrival = Some(due);
                    // An arrival waits for nobody.
                    user.not_before = Elapsed::ZERO;
                    user.arrival_idx = arrival;
                    self.go_on(local, due, now);
                }
            }
        }
    }

    /// A user of an open model that has nothing to do; a new one, if the pool has room or a free
    /// user of another class makes room.
    fn free_user(&mut self, class: usize, now: Elapsed) -> Option<u32> {
        let Pace::Open {
            idle, max_users, ..
        } = &mut self.pace
        else {
            return None;
        };
        if let Some(local) = idle[class].pop_first() {
            return Some(local);
        }
        let max_users = *max_users;
        if max_users <= self.n_alive {
            self.end_free_user(now);
        }
        (self.n_alive < max_users).then(|| self.new_user(class, now))
    }

    /// Ends a free user of an open model, if there is one: of the class that has the most. It leaves
    /// the pool once it is done with its `on_stop`.
    fn end_free_user(&mut self, now: Elapsed) {
        if let Pace::Open { idle, .. } = &mut self.pace
            && let Some(most) = idle.iter_mut().max_by_key(|it| it.len())
            && let Some(local) = most.pop_last()
        {
            self.abandon(local, now);
        }
    }

    /// Adds a user to the pool of an open model, in the place of one that has left it if it can.
    fn new_user(&mut self, class: usize, now: Elapsed) -> u32 {
        let left = match &mut self.pace {
            Pace::Open { left, .. } => left.pop_first(),
            Pace::Closed { .. } => None,
        };
        let local = left.unwrap_or_else(|| {
            let local = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
            let rng = Rng::new(self.setting.seed, local.into());
            let index = self.setting.id.user(local);
            let course = self.course();
            self.users.push(User::new(index, rng, class, course));
            local
        });
        self.users[local as usize].revive(class, now);
        self.count_alive(now, self.n_alive + 1);
        local
    }

    /// The course of a user that is not alive yet.
    fn course(&self) -> Course {
        match self.program.script {
            None => Course::Plan(Cursor::default()),
            Some(_) => Course::Script(Box::<ScriptCourse>::default()),
        }
    }

    fn count_alive(&mut self, now: Elapsed, n_alive: u32) {
        self.n_alive = n_alive;
        self.stats.advance(now, n_alive);
    }

    pub(super) fn edit(&mut self, now: Elapsed, plan: &Plan) {
        if self.state == RunState::Stopping {
            return;
        }
        let before = self.pace.target(now).min(self.mix.max_users());
        if !self.pace.edit(now, &plan.load.shape, self.setting.id) {
            return;
        }
        self.end = plan.load.end().map(|it| Elapsed::ZERO + it);
        self.program.load = plan.load.clone();
        self.program.heeds_retry_after = plan.stops_itself();
        if !self.program.heeds_retry_after {
            self.hold_back_nobody(now);
        }
        if self.program.set_weights(plan) {
            self.change_mix(now, before);
        }
        self.turn(RunEvent::Start);
        self.turn_open();
    }

    /// Takes over new shares of the classes. Users, of whom there were `n_users` over all shards,
    /// stop if their class is another one now, and start as what they are.
    fn change_mix(&mut self, now: Elapsed, n_users: u32) {
        if let Pace::Open {
            schedule,
            mix,
            n_mixed,
            ..
        } = &mut self.pace
        {
            *mix = arrival_mix(&self.program);
            *n_mixed = schedule.n_due(now);
            return;
        }
        self.mix = self.mix.clone().change(n_users, user_mix(&self.program));
        for local in 0..self.n_wanted {
            let class = self.mix.class_of(self.setting.id.user(local));
            if class != Some(self.users[local as usize].class) {
                self.stop_user(now, local);
            }
        }
    }

    // Cold, as all that happens once in a run: `advance` is for every request.
    #[cold]
    pub(super) fn stop(&mut self, now: Elapsed, cause: EndCause) {
        if self.state == RunState::Stopping {
            return;
        }
        self.end_cause.get_or_insert(cause);
        self.turn(RunEvent::Stop);
        self.pace.stop();
        self.end = None;
        self.n_wanted = 0;
        let n_users = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        for local in (0..n_users).rev() {
            self.stop_user(now, local);
        }
        if self.n_alive == 0 {
            self.finish(now);
        }
    }

    /// Ends all users without letting them finish anything.
    pub(super) fn kill_all(&mut self, now: Elapsed) {
        self.turn(RunEvent::Stop);
        self.pace.stop();
        self.end = None;
        self.n_wanted = 0;
        let n_users = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        for local in (0..n_users).rev() {
            self.drop_request(local, now);
            self.users[local as usize].turn(Activity::Stopped);
        }
        self.count_alive(now, 0);
        self.finish(now);
    }

    fn finish(&mut self, now: Elapsed) {
        self.wakeups.clear();
        self.queues.clear();
        self.kills.clear();
        self.deadlines.clear();
        if !self.says_farewell(now) {
            self.drain();
        }
    }

    pub(super) fn drain(&mut self) {
        self.turn(RunEvent::Drained);
    }

    /// Ends the run once the last of a limited number of requests is answered.
    pub(super) fn end_if_spent(&mut self, now: Elapsed) {
        if self.n_left == 0 && self.n_under_way() == 0 && self.state.is_active() {
            self.end_spent(now);
        }
    }

    #[cold]
    fn end_spent(&mut self, now: Elapsed) {
        if self.is_leaving() {
            // It has ended, and Python is hearing of it.
            return;
        }
        self.end_cause.get_or_insert(EndCause::MaxRequests);
        self.kill_all(now);
    }

    /// Ends a run without a user if exceptions have ended them all, and the schedule brings no others.
    #[cold]
    pub(super) fn end_if_deserted(&mut self, now: Elapsed) {
        if self.n_wanted == 0 || !self.state.can_be_edited() {
            return;
        }
        if let Pace::Closed { schedule, .. } = &self.pace
            && !schedule.grows_after(now)
        {
            let is_as_wanted = self.talk.is_some() && self.n_dead == 0;
            self.stop(
                now,
                match is_as_wanted {
                    true => EndCause::AllDone,
                    false => EndCause::NoUsersLeft,
                },
            );
        }
    }

    /// An open model has nobody to wait for.
    pub(super) fn turn_open(&mut self) {
        if matches!(self.pace, Pace::Open { .. }) {
            self.turn(RunEvent::Spawned);
        }
    }

    /// Changes the state; an event that means nothing in this state is ignored.
    pub(super) fn turn(&mut self, event: RunEvent) {
        let before = self.state;
        self.state = before.next(event).unwrap_or(before);
        if before != self.state && self.state == RunState::Running {
            self.say_event("spawning_complete");
        }
    }
}
