//! The load of a run over time, as a line to be drawn. Made from the schedules that the run follows;
//! how it is drawn is for the hosts.
//!
//! It has no reading of its own, so it cannot promise what a run does not do.

mod summary;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::few;
use crate::plan::{Load, Plan, Shape};
use crate::schedule::arrival::ArrivalSchedule;
use crate::schedule::class_mix::ClassMix;
use crate::schedule::spawn::UserSchedule;
use crate::time::Elapsed;

/// What the level of a [`LoadLine`] is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum LoadUnit {
    /// Tasks started per second.
    TasksPerSecond,
    /// Users alive.
    Users,
}

/// The load of a run over time: straight pieces from corner to corner.
///
/// Users come and go one by one, so between two corners the line is less than one user away from
/// their number; at the corners it is exact. An arrival rate is a line itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LoadLine {
    /// What its level is.
    pub unit: LoadUnit,
    /// The corners and their levels, in order of time; where the level jumps, two have one time.
    /// Never empty, and at most [`MAX_POINTS`](Self::MAX_POINTS).
    pub points: Vec<(Elapsed, f64)>,
    /// Whether the run ends by itself where the line ends; otherwise it goes on at the last level
    /// until it is stopped.
    pub has_end: bool,
    /// The same in a sentence, for those who cannot see it.
    pub summary: String,
}

/// The load of a run, which may be edited while it is under way.
#[derive(Clone, Debug)]
pub struct Outlook {
    schedule: Schedule,
    // The most users that the classes make possible.
    max_users: u32,
    line: LoadLine,
}

#[derive(Clone, Debug)]
enum Schedule {
    Arrivals(ArrivalSchedule),
    Users(UserSchedule),
}

impl LoadLine {
    /// So many corners are enough for any picture, and few enough to be sent while a person types.
    pub const MAX_POINTS: usize = 300;

    /// The line of `load`, whatever the user classes are.
    pub fn of_load(load: &Load) -> Self {
        Outlook::of_load(load, u32::MAX).line
    }

    /// The line of `plan`. If all of its user classes have a fixed count, there are no more users
    /// than that.
    pub fn of_plan(plan: &Plan) -> Self {
        Outlook::new(plan).line
    }

    fn new(unit: LoadUnit, points: Vec<(Elapsed, f64)>, has_end: bool) -> Self {
        let mut points = thinned(joined(points), Self::MAX_POINTS);
        if !has_end
            && let [.., before, last] = points.as_slice()
            && before.1 == last.1
        {
            // The last level goes on anyway.
            points.pop();
        }
        let mut line = Self {
            unit,
            points,
            has_end,
            summary: String::new(),
        };
        line.summary = summary::of(&line);
        line
    }

    /// The last corner.
    pub fn last(&self) -> (Elapsed, f64) {
        *self.points.last().expect("never empty")
    }
}

impl Outlook {
    /// The load of a run of `plan`.
    pub fn new(plan: &Plan) -> Self {
        Self::of_load(&plan.load, max_users(plan))
    }

    fn of_load(load: &Load, max_users: u32) -> Self {
        let schedule = Schedule::new(&load.shape);
        let end = load.end().map(|it| Elapsed::ZERO + it);
        let points = capped(schedule.corners(end), max_users);
        Self {
            line: LoadLine::new(schedule.unit(), points, end.is_some()),
            schedule,
            max_users,
        }
    }

    /// The run goes on with the load of `plan` from `now` on. As in a run, an open model does not
    /// become a closed one, nor the other way round: then this is `false`, and nothing changes.
    pub fn edit(&mut self, now: Elapsed, plan: &Plan) -> bool {
        let Some(schedule) = self.schedule.edit(now, &plan.load.shape) else {
            return false;
        };
        let level = self.schedule.level(now).min(self.max_users.into());
        let past = self.line.points.iter().filter(|(at, _)| *at < now);
        let mut points: Vec<_> = past.copied().chain([(now, level)]).collect();
        // A run whose end is in the past by now ends now.
        let end = plan.load.end().map(|it| now.max(Elapsed::ZERO + it));
        self.max_users = max_users(plan);
        points.extend(capped(schedule.corners(end), self.max_users));
        self.line = LoadLine::new(schedule.unit(), points, end.is_some());
        self.schedule = schedule;
        true
    }

    /// The load over time, from the start of the run.
    pub fn line(&self) -> &LoadLine {
        &self.line
    }
}

impl Schedule {
    fn new(shape: &Shape) -> Self {
        match shape {
            Shape::Arrivals(arrivals) => Self::Arrivals(ArrivalSchedule::new(arrivals)),
            Shape::Stages(_) | Shape::Users(_) => {
                Self::Users(UserSchedule::new(shape).expect("no open model"))
            }
        }
    }

    fn edit(&self, now: Elapsed, shape: &Shape) -> Option<Self> {
        match (self, shape) {
            (Self::Arrivals(schedule), Shape::Arrivals(arrivals)) => {
                Some(Self::Arrivals(schedule.edit(now, arrivals)))
            }
            (Self::Arrivals(_), _) => None,
            (Self::Users(schedule), _) => schedule.edit(now, shape).map(Self::Users),
        }
    }

    fn level(&self, now: Elapsed) -> f64 {
        match self {
            Self::Arrivals(schedule) => schedule.rate(now),
            Self::Users(schedule) => schedule.target(now).into(),
        }
    }

    fn corners(&self, end: Option<Elapsed>) -> Vec<(Elapsed, f64)> {
        match self {
            Self::Arrivals(schedule) => schedule.corners(end),
            Self::Users(schedule) => {
                let corners = schedule.corners(end).into_iter();
                corners.map(|(at, users)| (at, users.into())).collect()
            }
        }
    }

    fn unit(&self) -> LoadUnit {
        match self {
            Self::Arrivals(_) => LoadUnit::TasksPerSecond,
            Self::Users(_) => LoadUnit::Users,
        }
    }
}

fn max_users(plan: &Plan) -> u32 {
    match plan.load.shape {
        Shape::Arrivals(_) => u32::MAX,
        // Those of a locustfile that was not loaded may be any.
        _ if plan.user_classes.as_slice().is_empty() => u32::MAX,
        Shape::Stages(_) | Shape::Users(_) => {
            ClassMix::new(plan.user_classes.as_slice()).max_users()
        }
    }
}

/// The line below `max_users`, with a corner where it reaches them.
fn capped(points: Vec<(Elapsed, f64)>, max_users: u32) -> Vec<(Elapsed, f64)> {
    let max = f64::from(max_users);
    let mut capped: Vec<(Elapsed, f64)> = Vec::with_capacity(points.len());
    let mut last: Option<(Elapsed, f64)> = None;
    for (at, level) in points {
        if let Some((from, before)) = last
            && (before - max) * (level - max) < 0.0
        {
            let part = (max - before) / (level - before);
            capped.push((from + at.since(from).mul_f64(part), max));
        }
        capped.push((at, level.min(max)));
        last = Some((at, level));
    }
    capped
}

/// The same line without corners that are none: twice the same, or in the middle of a level.
fn joined(points: Vec<(Elapsed, f64)>) -> Vec<(Elapsed, f64)> {
    let mut joined: Vec<(Elapsed, f64)> = Vec::with_capacity(points.len());
    for point in points {
        if joined.last() == Some(&point) {
            continue;
        }
        if let [.., (_, before), (_, last)] = joined.as_slice()
            && *before == point.1
            && *last == point.1
        {
            joined.pop();
        }
        joined.push(point);
    }
    joined
}

/// At most `max` of the corners: of each stretch of time the first, the lowest, the highest and the
/// last, so that no peak is lost.
fn thinned(points: Vec<(Elapsed, f64)>, max: usize) -> Vec<(Elapsed, f64)> {
    if points.len() <= max {
        return points;
    }
    let per_stretch = points.len().div_ceil(max / 4);
    let stretch = |points: &[(Elapsed, f64)]| {
        let by_level = |a: &usize, b: &usize| points[*a].1.total_cmp(&points[*b].1);
        let all = 0..points.len();
        let mut kept = vec![0, points.len() - 1];
        kept.extend(all.clone().min_by(by_level));
        kept.extend(all.max_by(by_level));
        few::sort_by(&mut kept, usize::cmp);
        kept.dedup();
        kept.into_iter().map(|index| points[index]).collect()
    };
    points
        .chunks(per_stretch)
        .flat_map(|it| -> Vec<_> { stretch(it) })
        .collect()
}
