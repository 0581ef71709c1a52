//! The distribution of times on an axis that gives each further nine the same room, as HdrHistogram's
//! plots do: from 90 % to 99 % it is as far as from there to 99.9 %.

use std::time::Duration;

use mayfly_core::measure::snapshot::TimeTotals;

use super::Points;

/// Points of the plot between one nine and the next.
const PER_NINE: u32 = 20;

/// Where a fraction is on the axis: how many nines it has. 0.9 is at 1, 0.99 at 2, 0.5 at 0.3.
pub(crate) fn nines(fraction: f64) -> f64 {
    -(1.0 - fraction).log10()
}

/// The fraction at a place of the axis.
fn fraction(nines: f64) -> f64 {
    1.0 - 10_f64.powf(-nines)
}

/// The places of the axis up to `end` that are named. The zeroth percentile would be too close to
/// the fiftieth.
pub(crate) fn ticks(end: f64) -> Vec<f64> {
    let whole = (1..=end as u32).map(f64::from);
    [nines(0.5)].into_iter().chain(whole).collect()
}

/// The name of the place of a fraction: `99.9 %`.
pub(crate) fn name(nines: f64) -> String {
    let percent = fraction(nines) * 100.0;
    // As many decimals as tell it apart from the next.
    let decimals = (nines.max(0.0).ceil() as usize).clamp(1, 10);
    let text = format!("{percent:.decimals$}");
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The times of `distributions`, a column for each, in milliseconds.
///
/// Each ends where its longest time is: of a hundred times, the 99.9th percentile would be made up.
pub(crate) fn points(distributions: &[&TimeTotals]) -> Points {
    let ends: Vec<f64> = distributions.iter().map(|it| end(it)).collect();
    let longest = ends.iter().copied().fold(0.0, f64::max);
    let steps = 0..=(longest * f64::from(PER_NINE)).ceil() as u32;
    let mut at: Vec<f64> = steps
        .map(|it| f64::from(it) / f64::from(PER_NINE))
        .collect();
    // The ticks in between, so that a table can show their exact values.
    at.extend(
        [0.5, 0.75, 0.95]
            .map(nines)
            .iter()
            .filter(|it| **it < longest),
    );
    at.sort_by(f64::total_cmp);
    let columns = distributions
        .iter()
        .zip(&ends)
        .map(|(times, &end)| column(times, &at, end))
        .collect();
    Points { at, columns }
}

/// Of `points`, those that a person would ask for.
pub(crate) fn landmarks(points: &Points) -> Points {
    let end = points.at.last().copied().unwrap_or_default();
    let wanted: Vec<f64> = ticks(end)
        .into_iter()
        .chain([0.0, nines(0.75), nines(0.95)])
        .collect();
    let is_wanted = |at: f64| wanted.iter().any(|it| (it - at).abs() < 1e-9);
    let rows: Vec<usize> = (0..points.at.len())
        .filter(|&row| is_wanted(points.at[row]))
        .collect();
    Points {
        at: rows.iter().map(|&row| points.at[row]).collect(),
        columns: points
            .columns
            .iter()
            .map(|column| rows.iter().map(|&row| column[row]).collect())
            .collect(),
    }
}

/// Where a distribution ends on the axis: at the fraction that only its longest time exceeds, but
/// not before 90 %.
fn end(times: &TimeTotals) -> f64 {
    match times.buckets.count() {
        0 => 0.0,
        count => (count as f64).log10().max(1.0),
    }
}

fn column(times: &TimeTotals, at: &[f64], end: f64) -> Vec<Option<f64>> {
    let (Some(min), Some(max)) = (times.min, times.max) else {
        return vec![None; at.len()];
    };
    let fractions: Vec<f64> = at.iter().map(|&it| fraction(it)).collect();
    let millis = |time: Duration| time.clamp(min, max).as_secs_f64() * 1e3;
    // The first place at or beyond the end is still there.
    let last = at.partition_point(|&it| it < end);
    let found = times.buckets.quantiles(&fractions).into_iter().enumerate();
    found
        .map(|(row, time)| (row <= last).then(|| millis(time)))
        .collect()
}

#[cfg(test)]
mod tests {
    use mayfly_core::measure::histogram::Histogram;

    use super::*;

    /// One millisecond, two, and so on.
    fn times(n: u64) -> TimeTotals {
        let mut histogram = Histogram::new(3);
        let times: Vec<Duration> = (1..=n).map(Duration::from_millis).collect();
        times.iter().for_each(|&it| histogram.record(it));
        TimeTotals {
            sum_micros: 0,
            min: times.first().copied(),
            max: times.last().copied(),
            buckets: histogram.buckets(),
        }
    }

    #[test]
    fn each_nine_has_the_same_room() {
        let names: Vec<String> = ticks(5.2).into_iter().map(name).collect();
        assert_eq!(
            names,
            ["50 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"]
        );
        assert!((nines(0.999) - 3.0).abs() < 1e-9);
        assert_eq!(name(nines(0.75)), "75 %");
    }

    #[test]
    fn the_plot_goes_through_the_percentiles() {
        let times = times(1000);
        let points = points(&[&times]);
        let value = |fraction: f64| {
            let row = points.nearest(nines(fraction)).unwrap();
            points.columns[0][row].unwrap()
        };
        for (fraction, millis) in [(0.5, 500.0), (0.75, 750.0), (0.9, 900.0), (0.99, 990.0)] {
            let found = value(fraction);
            assert!(
                (millis..millis * 1.002).contains(&found),
                "{fraction}: {found}"
            );
        }
        assert_eq!(value(0.0), 1.0);
        // It ends with the last percentile that a thousand times can tell apart.
        assert!((999.0..1000.0).contains(&value(1.0 - 1e-9)));
    }

    #[test]
    fn a_distribution_ends_where_it_is_known() {
        let points = points(&[&times(10_000), &times(100), &TimeTotals::default()]);
        assert_eq!(points.at.last(), Some(&4.0));
        let n_filled = |column: usize| points.columns[column].iter().flatten().count();
        assert_eq!(n_filled(0), points.at.len());
        // Two nines, their ticks in between, and the end.
        assert_eq!(n_filled(1), 2 * 20 + 3 + 1);
        assert_eq!(n_filled(2), 0);
        assert_eq!(super::points(&[]).columns.len(), 0);
    }

    #[test]
    fn the_table_has_the_percentiles_with_names() {
        let table = landmarks(&points(&[&times(1000)]));
        let names: Vec<String> = table.at.iter().map(|&it| name(it)).collect();
        assert_eq!(
            names,
            ["0 %", "50 %", "75 %", "90 %", "95 %", "99 %", "99.9 %"]
        );
    }
}
