//! A load over time as a picture: where its lines and ticks are. Drawn in
//! [`crate::components::load_picture`].

use std::time::Duration;

use mayfly_core::measure::series::Slot;
use mayfly_core::schedule::load_line::{LoadLine, LoadUnit};
use mayfly_core::time::format_length;

use crate::view::format;

/// What a run did, to be drawn over what it was to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// Seconds since the start, and the level then; in order of time.
    pub points: Vec<(f64, f64)>,
}

/// A load over time, in coordinates from zero to [`WIDTH`](Self::WIDTH) and [`HEIGHT`](Self::HEIGHT),
/// of which the latter is at the bottom.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    /// The corners of the load.
    pub line: String,
    /// The corners of the area below it.
    pub area: String,
    /// How it goes on, if it has no end.
    pub beyond: Option<String>,
    /// What the run did; empty for nothing.
    pub live: String,
    /// Along the bottom, from the left.
    pub times: Vec<Tick>,
    /// Along the left side, from the bottom.
    pub levels: Vec<Tick>,
}

/// A number beside an axis.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tick {
    /// Its place in thousandths of the axis, from the left or the top.
    pub place: u32,
    /// What stands there.
    pub label: String,
}

impl Live {
    /// What a run did in the slots of its series, in the unit of its load.
    pub fn new(unit: LoadUnit, slots: &[Slot]) -> Self {
        let points = slots.iter().map(|slot| {
            let (start, secs) = (f64::from(slot.start), f64::from(slot.secs));
            // Users are counted at the end of a stretch of time, and arrivals all along it.
            match unit {
                LoadUnit::TasksPerSecond => (start + secs / 2.0, slot.n_arrivals as f64 / secs),
                LoadUnit::Users => (start + secs, slot.n_users.into()),
            }
        });
        Self {
            points: points.collect(),
        }
    }

    fn end(&self) -> f64 {
        self.points.last().map_or(0.0, |it| it.0)
    }

    fn max(&self) -> f64 {
        self.points.iter().fold(0.0, |max, it| it.1.max(max))
    }
}

impl Picture {
    /// The right end.
    pub(crate) const WIDTH: u32 = 4000;
    /// The bottom.
    pub(crate) const HEIGHT: u32 = 1000;

    /// The picture of a load, and of what a run did.
    pub(crate) fn new(line: &LoadLine, live: &Live) -> Self {
        let (end, level) = line.last();
        let end = end.as_secs_f64();
        // What has no end goes on for half of what is known.
        let planned = if line.has_end { end } else { end * 1.5 };
        let span = planned.max(live.end());
        let highest = line.points.iter().fold(live.max(), |max, it| it.1.max(max));
        let step = level_step(line.unit, highest);
        let n_steps = ((highest * 1e3 / step as f64).ceil() as u64).max(1);
        let scale = Scale {
            span,
            top: (n_steps * step) as f64 / 1e3,
        };
        let points = line.points.iter();
        let points = points.map(|(at, level)| (at.as_secs_f64(), *level));
        let corners = scale.all(points.clone());
        let beyond = || scale.all([(end, level), (span, level)].into_iter());
        let right = if line.has_end { end } else { span };
        Self {
            area: scale.all(
                [(0.0, 0.0)]
                    .into_iter()
                    .chain(points)
                    .chain([(right, level), (right, 0.0)]),
            ),
            line: corners,
            beyond: (!line.has_end).then(beyond),
            live: scale.live(live),
            times: times(span),
            levels: levels(step, n_steps),
        }
    }
}

struct Scale {
    // In seconds.
    span: f64,
    top: f64,
}

impl Scale {
    fn x(&self, secs: f64) -> u32 {
        let part = if 0.0 < self.span {
            secs / self.span
        } else {
            0.0
        };
        (part * f64::from(Picture::WIDTH)).round() as u32
    }

    fn y(&self, level: f64) -> u32 {
        let below = (level / self.top * f64::from(Picture::HEIGHT)).round() as u32;
        Picture::HEIGHT.saturating_sub(below)
    }

    fn all(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let points = points.map(|(at, level)| (self.x(at), self.y(level)));
        written(points)
    }

    /// Only the highest of the points that fall on one place: hours of seconds have many.
    fn live(&self, live: &Live) -> String {
        let mut points: Vec<(u32, u32)> = Vec::new();
        for &(at, level) in &live.points {
            let (x, y) = (self.x(at), self.y(level));
            match points.last_mut() {
                Some(last) if last.0 == x => last.1 = last.1.min(y),
                _ => points.push((x, y)),
            }
        }
        written(points.into_iter())
    }
}

/// As SVG takes the points of a line.
fn written(points: impl Iterator<Item = (u32, u32)>) -> String {
    let mut text = String::new();
    for (x, y) in points {
        if !text.is_empty() {
            text.push(' ');
        }
        text += &x.to_string();
        text.push(',');
        text += &y.to_string();
    }
    text
}

/// How far two ticks of the levels are apart, in thousandths: 1, 2 or 5, and zeros.
fn level_step(unit: LoadUnit, highest: f64) -> u64 {
    let mut step: u64 = match unit {
        LoadUnit::TasksPerSecond => 1,
        LoadUnit::Users => 1000,
    };
    for (factor, divisor) in [(2, 1), (5, 2), (2, 1)].into_iter().cycle() {
        // At most four steps, which have room on a picture that is not high.
        if highest * 1e3 <= (step * 4) as f64 {
            break;
        }
        step = step * factor / divisor;
    }
    step
}

fn levels(step: u64, n_steps: u64) -> Vec<Tick> {
    let tick = |n: u64| Tick {
        place: (1000 * (n_steps - n) / n_steps) as u32,
        label: thousandths(n * step),
    };
    (0..=n_steps).map(tick).collect()
}

fn thousandths(number: u64) -> String {
    let whole = format::count(number / 1000);
    match number % 1000 {
        0 => whole,
        rest => format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0')),
    }
}

fn times(span: f64) -> Vec<Tick> {
    let millis = (span * 1e3).round() as u64;
    let step = time_step(millis);
    let tick = |n: u64| Tick {
        place: (n * step * 1000 / millis.max(1)) as u32,
        label: match n {
            0 => "0".to_owned(),
            _ => format_length(Duration::from_millis(n * step)),
        },
    };
    (0..=millis / step).map(tick).collect()
}

/// How far two ticks of the time are apart, in milliseconds: a round length of which there are six at
/// most.
fn time_step(millis: u64) -> u64 {
    let mut round = ROUND_MILLIS.into_iter();
    let is_enough = |step: &u64| millis / step <= 6;
    round.find(is_enough).unwrap_or_else(|| {
        let mut days = DAY_MILLIS;
        while !is_enough(&days) {
            days *= 2;
        }
        days
    })
}

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY_MILLIS: u64 = 24 * HOUR;
const ROUND_MILLIS: [u64; 21] = [
    10,
    50,
    200,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY_MILLIS,
];

#[cfg(test)]
mod tests {
    use mayfly_core::plan::{Load, Shape};
    use mayfly_core::testing::{arrival_stage, arrivals, load, stage, stages};

    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|it| it.label.as_str()).collect()
    }

    fn of(shape: Shape) -> Picture {
        Picture::new(&LoadLine::of_load(&Load::new(shape)), &Live::default())
    }

    #[test]
    fn stages_fill_the_picture_from_side_to_side() {
        let picture = of(stages(&[stage(20, 10, 1.0), stage(20, 40, 3.0)]));
        assert_eq!(picture.line, "0,1000 1000,750 2000,750 3000,0 4000,0");
        assert_eq!(
            picture.area,
            format!("0,1000 {} 4000,0 4000,1000", picture.line)
        );
        assert_eq!(picture.beyond, None);
        assert_eq!(labels(&picture.times), ["0", "10s", "20s", "30s", "40s"]);
        assert_eq!(labels(&picture.levels), ["0", "10", "20", "30", "40"]);
        let places: Vec<u32> = picture.levels.iter().map(|it| it.place).collect();
        assert_eq!(places, [1000, 750, 500, 250, 0]);
    }

    #[test]
    fn what_has_no_end_goes_on_to_the_right_side() {
        let line = LoadLine::of_load(&load(20, 4.0));
        let picture = Picture::new(&line, &Live::default());
        assert_eq!(picture.line, "0,1000 2667,0");
        assert_eq!(picture.beyond.as_deref(), Some("2667,0 4000,0"));
        assert!(picture.area.ends_with("4000,0 4000,1000"));

        let points = vec![(1.0, 4.0), (20.0, 20.0)];
        let picture = Picture::new(&line, &Live { points });
        assert_eq!(picture.line, "0,1000 1000,0");
        assert_eq!(picture.live, "200,800 4000,0");
    }

    #[test]
    fn small_rates_have_ticks_with_decimals() {
        let picture = of(Shape::Arrivals(arrivals(&[arrival_stage(5, 0.0, 0.05)], 1)));
        assert_eq!(labels(&picture.levels), ["0", "0.02", "0.04", "0.06"]);
        assert_eq!(labels(&picture.times), ["0", "1s", "2s", "3s", "4s", "5s"]);
    }

    #[test]
    fn any_load_has_a_few_ticks() {
        for secs in [1, 7, 59, 61, 3_600, 86_400, 3_000_000_000] {
            for users in [0, 1, 3, 999, 1_000_000] {
                let picture = of(stages(&[stage(secs, users, 1_000_000.0)]));
                assert!((1..=7).contains(&picture.times.len()), "{secs} s");
                assert!((2..=5).contains(&picture.levels.len()), "{users} users");
            }
        }
    }

    #[test]
    fn users_are_drawn_where_they_were_counted_and_arrivals_in_between() {
        let slot = |start, secs, n_users, n_arrivals| Slot {
            start,
            secs,
            n_users,
            n_arrivals,
            ..Slot::default()
        };
        let slots = [slot(0, 1, 1, 5), slot(1, 1, 2, 0), slot(2, 2, 3, 14)];
        assert_eq!(
            Live::new(LoadUnit::Users, &slots).points,
            [(1.0, 1.0), (2.0, 2.0), (4.0, 3.0)]
        );
        assert_eq!(
            Live::new(LoadUnit::TasksPerSecond, &slots).points,
            [(0.5, 5.0), (1.5, 0.0), (3.0, 7.0)]
        );
    }

    #[test]
    fn hours_of_seconds_are_no_more_points_than_places() {
        let points = (0..36_000).map(|at| (f64::from(at), 3.0)).collect();
        let picture = Picture::new(&LoadLine::of_load(&load(5, 1.0)), &Live { points });
        assert!(picture.live.split(' ').count() <= 4001);
    }
}
