//! The geometry of a chart: fewer points, round numbers at the axes, and lines as paths.

use crate::report::words;

/// A value over time; `None` where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Seconds since the start of the run.
    pub(super) at: f64,
    pub(super) value: Option<f64>,
}

/// The most points of a line: more than a screen shows apart.
pub(super) const MAX_POINTS: usize = 600;

/// At most [`MAX_POINTS`] of `points`, which are in order of time, with all the peaks and valleys.
///
/// Of each stretch of time, the lowest and the highest are kept. A stretch without values is a gap.
pub(super) fn thin(points: &[Point], from: f64, to: f64) -> Vec<Point> {
    if points.len() <= MAX_POINTS {
        return points.to_vec();
    }
    let n_stretches = MAX_POINTS / 2;
    let stretch = |it: &Point| {
        let place = (it.at - from) / (to - from) * n_stretches as f64;
        (place as usize).min(n_stretches - 1)
    };
    let chunks = points.chunk_by(|a, b| stretch(a) == stretch(b));
    chunks.flat_map(ends).collect()
}

/// The lowest and the highest of `points`, in order of time; the first, if none has a value.
fn ends(points: &[Point]) -> Vec<Point> {
    let filled = || points.iter().filter(|it| it.value.is_some());
    let by_value = |a: &&Point, b: &&Point| a.value.partial_cmp(&b.value).expect("finite");
    let (Some(low), Some(high)) = (filled().min_by(by_value), filled().max_by(by_value)) else {
        return points.first().copied().into_iter().collect();
    };
    let mut ends = vec![*low, *high];
    ends.sort_by(|a, b| a.at.total_cmp(&b.at));
    ends.dedup();
    ends
}

/// What a chart shows: a stretch of time, and values from zero up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) from: f64,
    /// Greater than `from`.
    pub(super) to: f64,
    /// The value of the topmost line of the grid; above zero.
    pub(super) top: f64,
    /// The distance of the lines of the grid.
    step: f64,
}

/// The length of both axes in the paths.
pub(super) const SIZE: f64 = 1000.0;

impl Frame {
    /// Room for values up to `max`, with one to five lines at round numbers above zero, which are at
    /// least `min_step` apart: 1 for what can only be counted.
    pub(super) fn new(from: f64, to: f64, max: f64, min_step: f64) -> Self {
        let step = round_step((max / 5.0).max(min_step));
        let top = ((max / step).ceil() * step).max(step);
        Self {
            from,
            to,
            top,
            step,
        }
    }

    fn n_steps(&self) -> u32 {
        (self.top / self.step).round() as u32
    }

    /// The labels of the vertical axis, the topmost first.
    pub(super) fn labels(&self) -> Vec<String> {
        let n_digits = match self.step {
            step if 1.0 <= step => 0,
            step if 0.1 <= step => 1,
            _ => 2,
        };
        let label = |n: u32| {
            let value = f64::from(n) * self.step;
            match n_digits {
                0 => words::count(value.round() as u64),
                n_digits => format!("{value:.n_digits$}"),
            }
        };
        (0..=self.n_steps()).rev().map(label).collect()
    }

    /// The lines of the grid, as a path.
    pub(super) fn grid(&self) -> String {
        let n_steps = self.n_steps();
        let line = |n: u32| {
            let y = f64::from(n) / f64::from(n_steps) * SIZE;
            format!("M0 {y:.1}H{SIZE}")
        };
        (0..=n_steps).map(line).collect()
    }

    /// Round times, with their place on the axis in percent.
    pub(super) fn times(&self) -> Vec<(f64, u64)> {
        let step = time_step(self.to - self.from);
        let first = (self.from / step).ceil() as u64;
        let times = (first..).map(|n| n as f64 * step);
        let times = times.take_while(|&it| it <= self.to);
        times
            .map(|it| (self.x(it) / SIZE * 100.0, it as u64))
            .collect()
    }

    /// `points` as a path, with a gap where there is no value.
    pub(super) fn path(&self, points: &[Point]) -> String {
        let mut path = String::new();
        for run in points.split(|it| it.value.is_none()) {
            for (index, point) in run.iter().enumerate() {
                let (x, y) = (self.x(point.at), self.y(point.value.unwrap_or(0.0)));
                path.push(if index == 0 { 'M' } else { 'L' });
                path.push_str(&format!("{x:.1} {y:.1}"));
            }
            if run.len() == 1 {
                // A line without length is a dot, for its ends are round.
                path.push_str("h0");
            }
        }
        path
    }

    fn x(&self, at: f64) -> f64 {
        (at - self.from) / (self.to - self.from) * SIZE
    }

    fn y(&self, value: f64) -> f64 {
        SIZE - value / self.top * SIZE
    }
}

/// The smallest of 1, 2, 5, 10, 20, … hundredths that is at least `min`.
fn round_step(min: f64) -> f64 {
    let mut hundredths = 1.0;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            let step = hundredths * factor / 100.0;
            if min <= step {
                return step;
            }
        }
        hundredths *= 10.0;
    }
}

/// A round time, in seconds, of which at most six are in `length`.
fn time_step(length: f64) -> f64 {
    const ROUND: [f64; 16] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
        14_400.0, 43_200.0,
    ];
    let min = length / 6.0;
    let round = ROUND.into_iter().find(|&it| min <= it);
    round.unwrap_or_else(|| (min / 86_400.0).ceil() * 86_400.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(values: impl IntoIterator<Item = Option<f64>>) -> Vec<Point> {
        let values = (0_u32..).zip(values);
        let point = |(at, value)| Point {
            at: f64::from(at),
            value,
        };
        values.map(point).collect()
    }

    #[test]
    fn lines_of_the_grid_are_at_round_numbers() {
        for (max, expected) in [
            (0.0, vec!["0.01", "0.00"]),
            (0.04, vec!["0.04", "0.03", "0.02", "0.01", "0.00"]),
            (0.9, vec!["1.0", "0.8", "0.6", "0.4", "0.2", "0.0"]),
            (5.0, vec!["5", "4", "3", "2", "1", "0"]),
            (7.0, vec!["8", "6", "4", "2", "0"]),
            (
                21_000.0,
                vec![
                    "25\u{202f}000",
                    "20\u{202f}000",
                    "15\u{202f}000",
                    "10\u{202f}000",
                    "5\u{202f}000",
                    "0",
                ],
            ),
        ] {
            assert_eq!(Frame::new(0.0, 1.0, max, 0.01).labels(), expected);
        }
    }

    #[test]
    fn what_is_counted_has_whole_labels() {
        assert_eq!(Frame::new(0.0, 1.0, 2.0, 1.0).labels(), ["2", "1", "0"]);
    }

    #[test]
    fn times_are_round_and_few() {
        #[track_caller]
        fn check(from: f64, to: f64, expected: &[&str]) {
            let times = Frame::new(from, to, 1.0, 0.01).times();
            let times = times
                .iter()
                .map(|(at, secs)| format!("{secs} at {at:.1} %"));
            assert_eq!(times.collect::<Vec<_>>(), expected);
        }
        check(
            0.0,
            5.0,
            &[
                "0 at 0.0 %",
                "1 at 20.0 %",
                "2 at 40.0 %",
                "3 at 60.0 %",
                "4 at 80.0 %",
                "5 at 100.0 %",
            ],
        );
        check(
            5.0,
            65.0,
            &[
                "10 at 8.3 %",
                "20 at 25.0 %",
                "30 at 41.7 %",
                "40 at 58.3 %",
                "50 at 75.0 %",
                "60 at 91.7 %",
            ],
        );
        check(
            0.0,
            1e6,
            &[
                "0 at 0.0 %",
                "172800 at 17.3 %",
                "345600 at 34.6 %",
                "518400 at 51.8 %",
                "691200 at 69.1 %",
                "864000 at 86.4 %",
            ],
        );
    }

    #[test]
    fn where_nothing_was_answered_the_line_has_a_gap() {
        let frame = Frame::new(0.0, 4.0, 10.0, 0.01);
        let values = [Some(0.0), Some(10.0), None, Some(5.0), None];
        assert_eq!(
            frame.path(&points(values)),
            "M0.0 1000.0L250.0 0.0M750.0 500.0h0"
        );
        assert_eq!(frame.grid().matches('M').count(), 6);
    }

    #[test]
    fn a_long_line_keeps_its_peaks() {
        let mut values = vec![Some(1.0); 5000];
        values[3333] = Some(99.0);
        values[4444] = Some(0.0);
        let thinned = thin(&points(values), 0.0, 5000.0);
        assert!(thinned.len() <= MAX_POINTS);
        for (at, value) in [(3333.0, 99.0), (4444.0, 0.0)] {
            assert!(thinned.contains(&Point {
                at,
                value: Some(value)
            }));
        }
    }

    proptest! {
        #[test]
        fn thinning_loses_no_gap_and_no_end(
            runs in proptest::collection::vec((any::<bool>(), 60_usize..400), 1..20),
        ) {
            let values = runs.iter().flat_map(|&(filled, n)| {
                (0..n).map(move |it| filled.then_some(it as f64))
            });
            let all = points(values);
            let end = all.len() as f64;
            let thinned = thin(&all, 0.0, end);
            prop_assert!(thinned.len() <= MAX_POINTS);
            prop_assert!(thinned.is_sorted_by(|a, b| a.at < b.at));
            let highest = |points: &[Point]| points.iter().filter_map(|it| it.value).fold(-1.0, f64::max);
            prop_assert_eq!(highest(&thinned), highest(&all));
            let gaps = |points: &[Point]| points.chunk_by(|a, b| a.value.is_some() == b.value.is_some()).count();
            prop_assert_eq!(gaps(&thinned), gaps(&all));
        }

        #[test]
        fn all_values_are_in_the_frame(max in 0.0..1e15_f64) {
            let frame = Frame::new(0.0, 1.0, max, 0.01);
            prop_assert!(max <= frame.top * (1.0 + 1e-9));
            prop_assert!((1..=5).contains(&frame.n_steps()));
            prop_assert_eq!(frame.labels().len() as u32, frame.n_steps() + 1);
        }
    }
}
