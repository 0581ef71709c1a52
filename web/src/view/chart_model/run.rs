//! The charts of a whole run: Locust's, in Locust's order and much in its colors.

use super::timeline::Stretch;
use super::{Axis, Chart, ChartStyle, LineStyle, Points, Timeline};

/// The charts of a run that began at `started`, in seconds since 1970.
///
/// That of arrivals is only there if there are any, and that of the parts of response times if requests
/// waited in the generator.
pub(crate) fn charts(timeline: &Timeline, started: f64) -> Vec<Chart> {
    let mut charts = vec![
        requests(timeline, started),
        response_times(timeline, started),
        users(timeline, started),
    ];
    if timeline.stretches.iter().any(|it| it.has_own_queue) {
        charts.insert(2, parts(timeline, started));
    }
    if timeline.stretches.iter().any(|it| 0 < it.n_arrivals) {
        charts.push(arrivals(timeline, started));
    }
    charts
}

/// The percentiles that are hidden until somebody asks for them: Locust shows the other two.
pub(crate) const HIDDEN: [&str; 2] = ["90th percentile", "99th percentile"];

type Value = fn(&Stretch) -> Option<f64>;

fn requests(timeline: &Timeline, started: f64) -> Chart {
    let lines: [(&str, &'static str, Value); 2] = [
        ("RPS", "--chart-requests", |it| it.rate(it.n_requests)),
        ("Failures/s", "--chart-failures", |it| {
            it.rate(it.n_failures)
        }),
    ];
    chart("Total Requests per Second", 1, &lines, timeline, started)
}

fn response_times(timeline: &Timeline, started: f64) -> Chart {
    let lines: [(&str, &'static str, Value); 4] = [
        ("50th percentile", "--chart-median", |it| it.percentiles[0]),
        (HIDDEN[0], "--chart-p90", |it| it.percentiles[1]),
        ("95th percentile", "--chart-p95", |it| it.percentiles[2]),
        (HIDDEN[1], "--chart-p99", |it| it.percentiles[3]),
    ];
    chart("Response Times (ms)", 1, &lines, timeline, started)
}

fn parts(timeline: &Timeline, started: f64) -> Chart {
    let lines: [(&str, &'static str, Value); 3] = [
        ("Response time", "--chart-median", |it| Some(it.parts?[0])),
        ("Service time", "--chart-requests", |it| Some(it.parts?[1])),
        ("Own queue", "--chart-p95", |it| Some(it.parts?[2])),
    ];
    chart(PARTS, 1, &lines, timeline, started)
}

/// The service time is what the target took; in the own queue, requests waited in the generator, for a
/// connection or because it was late.
const PARTS: &str = "Parts of Response Times (ms, average)";

fn users(timeline: &Timeline, started: f64) -> Chart {
    let lines: [(&str, &'static str, Value); 1] =
        [("Users", "--chart-users", |it| Some(it.n_users.into()))];
    chart("Number of Users", 0, &lines, timeline, started)
}

fn arrivals(timeline: &Timeline, started: f64) -> Chart {
    let lines: [(&str, &'static str, Value); 2] = [
        ("Arrivals/s", "--chart-arrivals", |it| {
            it.rate(it.n_arrivals)
        }),
        ("Dropped/s", "--chart-dropped", |it| it.rate(it.n_dropped)),
    ];
    chart("Arrivals per Second", 1, &lines, timeline, started)
}

fn chart(
    title: &'static str,
    decimals: usize,
    lines: &[(&str, &'static str, Value)],
    timeline: &Timeline,
    started: f64,
) -> Chart {
    let style = |&(label, color, _): &(&str, &'static str, Value)| LineStyle {
        label: label.to_owned(),
        name_bytes: 0,
        color,
        is_dashed: false,
    };
    let starts = timeline.stretches.iter().map(|it| it.start);
    Chart {
        style: ChartStyle {
            title,
            axis: Axis::Time,
            decimals,
            has_bands: false,
            lines: lines.iter().map(style).collect(),
        },
        points: Points {
            at: starts.map(|it| started + f64::from(it)).collect(),
            columns: lines.iter().map(|it| timeline.column(it.2)).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use mayfly_core::measure::series::Slot;

    use super::*;

    fn slot(start: u32, n_requests: u64) -> Slot {
        Slot {
            start,
            secs: 2,
            n_requests,
            n_users: 7,
            ..Slot::default()
        }
    }

    #[test]
    fn charts_show_rates_at_times_of_day() {
        let timeline = Timeline::new(&[slot(0, 3), slot(2, 4)]);
        let charts = charts(&timeline, 1000.0);
        let titles: Vec<_> = charts.iter().map(|it| it.style.title).collect();
        assert_eq!(
            titles,
            [
                "Total Requests per Second",
                "Response Times (ms)",
                "Number of Users"
            ]
        );
        assert_eq!(charts[0].points.at, [1000.0, 1002.0]);
        assert_eq!(charts[0].points.columns[0], [Some(1.5), Some(2.0)]);
        assert_eq!(charts[1].points.columns, vec![[None, None]; 4]);
        assert_eq!(charts[2].points.columns, [[Some(7.0), Some(7.0)]]);
    }

    #[test]
    fn waits_in_the_generator_have_a_chart_if_there_are_any() {
        let waited = Slot {
            sum_micros: 564_000,
            service_micros: 24_000,
            ..slot(2, 4)
        };
        let timeline = Timeline::new(&[slot(0, 0), waited]);
        let charts = charts(&timeline, 0.0);
        assert_eq!(charts[2].style.title, PARTS);
        assert_eq!(
            charts[2].points.columns,
            [[None, Some(141.0)], [None, Some(6.0)], [None, Some(135.0)]]
        );
    }

    #[test]
    fn arrivals_have_a_chart_if_there_are_any() {
        let open = Slot {
            n_arrivals: 9,
            n_dropped: 5,
            ..slot(2, 4)
        };
        let timeline = Timeline::new(&[slot(0, 3), open]);
        let charts = charts(&timeline, 0.0);
        assert_eq!(charts[3].style.title, "Arrivals per Second");
        assert_eq!(
            charts[3].points.columns,
            [[Some(0.0), Some(4.5)], [Some(0.0), Some(2.5)]]
        );
    }
}
