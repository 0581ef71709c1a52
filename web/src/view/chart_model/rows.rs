//! The charts of single rows of the statistics, beside each other.

use std::collections::BTreeMap;

use mayfly_core::http::request::RequestName;
use mayfly_core::measure::series::Slot;
use mayfly_core::measure::snapshot::{RowTotals, TimeTotals};

use super::timeline::{Stretch, Timeline};
use super::{Axis, Chart, ChartStyle, LineStyle, Points, percentiles};

/// The custom properties of CSS that hold the colors of rows. As many rows can be compared.
pub(crate) const COLORS: [&str; 6] = [
    "--row-1", "--row-2", "--row-3", "--row-4", "--row-5", "--row-6",
];

/// Which row has which color. A row keeps its own while others come and go.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Palette {
    taken: [Option<RequestName>; COLORS.len()],
}

/// A row that is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Its name.
    pub name: RequestName,
    /// Its color.
    pub color: &'static str,
    /// How many requests it has.
    pub n_requests: u64,
    /// What it did over time; empty until the engine has sent it.
    pub timeline: Timeline,
    /// Its response times.
    pub response_times: TimeTotals,
    /// Its service times.
    pub service_times: TimeTotals,
}

impl Palette {
    /// The colors of `rows`; more rows than there are colors get none.
    pub(crate) fn assign<'a>(
        &mut self,
        rows: &'a [RequestName],
    ) -> Vec<(&'a RequestName, &'static str)> {
        for place in &mut self.taken {
            *place = place.take().filter(|name| rows.contains(name));
        }
        let mut assigned = Vec::new();
        for row in rows {
            let place = self.taken.iter().position(|it| it.as_ref() == Some(row));
            let place = place.or_else(|| self.taken.iter().position(Option::is_none));
            if let Some(place) = place {
                self.taken[place] = Some(row.clone());
                assigned.push((row, COLORS[place]));
            }
        }
        assigned
    }
}

impl Row {
    /// A row of which `totals` are the counts and `slots` the series.
    pub(crate) fn new(totals: &RowTotals, color: &'static str, slots: &[Slot]) -> Self {
        Self {
            name: totals.name.clone(),
            color,
            n_requests: totals.n_requests,
            timeline: Timeline::new(slots),
            response_times: totals.response_times.clone(),
            service_times: totals.service_times.clone(),
        }
    }

    fn line(&self, label: &str, is_dashed: bool) -> LineStyle {
        let name = self.name.to_string();
        LineStyle {
            label: format!("{name} {label}"),
            name_bytes: name.len(),
            color: self.color,
            is_dashed,
        }
    }
}

/// Requests and failures per second.
pub(crate) fn rates(rows: &[Row], started: f64) -> Chart {
    let values: [fn(&Stretch) -> Option<f64>; 2] =
        [|it| it.rate(it.n_requests), |it| it.rate(it.n_failures)];
    let lines = |row: &Row| [row.line("RPS", false), row.line("Failures/s", true)];
    Chart {
        style: style("RPS and Failures/s", Axis::Time, rows, lines),
        points: over_time(rows, &values, started),
    }
}

/// The median, the 95th and the 99th percentile, one entry for each row.
pub(crate) fn bands(rows: &[Row], started: f64) -> Chart {
    let values: [fn(&Stretch) -> Option<f64>; 3] = [
        |it| it.percentiles[0],
        |it| it.percentiles[2],
        |it| it.percentiles[3],
    ];
    let line = |row: &Row| row.line("50 / 95 / 99 %", false);
    let lines = |row: &Row| [line(row), line(row), line(row)];
    let style = style("Percentiles over Time (ms)", Axis::Time, rows, lines);
    Chart {
        style: ChartStyle {
            has_bands: true,
            ..style
        },
        points: over_time(rows, &values, started),
    }
}

/// Response and service times by percentile.
pub(crate) fn distributions(rows: &[Row]) -> Chart {
    let times = rows
        .iter()
        .flat_map(|it| [&it.response_times, &it.service_times]);
    let lines = |row: &Row| {
        [
            row.line("response time", false),
            row.line("service time", true),
        ]
    };
    Chart {
        style: style(
            "Response Times by Percentile (ms)",
            Axis::Percentile,
            rows,
            lines,
        ),
        points: percentiles::points(&Vec::from_iter(times)),
    }
}

fn style<const N: usize>(
    title: &'static str,
    axis: Axis,
    rows: &[Row],
    lines: impl Fn(&Row) -> [LineStyle; N],
) -> ChartStyle {
    ChartStyle {
        title,
        axis,
        decimals: 1,
        has_bands: false,
        lines: rows.iter().flat_map(lines).collect(),
    }
}

/// Values of rows at the same times. Rows begin at different times, so some have gaps.
fn over_time(rows: &[Row], values: &[fn(&Stretch) -> Option<f64>], started: f64) -> Points {
    let mut at: BTreeMap<u32, usize> = BTreeMap::new();
    for stretch in rows.iter().flat_map(|it| &it.timeline.stretches) {
        at.insert(stretch.start, 0);
    }
    for (index, place) in at.values_mut().enumerate() {
        *place = index;
    }
    let mut columns = Vec::new();
    for row in rows {
        for value in values {
            let mut column = vec![None; at.len()];
            for stretch in &row.timeline.stretches {
                column[at[&stretch.start]] = value(stretch);
            }
            columns.push(column);
        }
    }
    Points {
        at: at.keys().map(|&it| started + f64::from(it)).collect(),
        columns,
    }
}

#[cfg(test)]
mod tests {
    use mayfly_core::testing::name;

    use super::*;

    fn slot(start: u32, n_requests: u64) -> Slot {
        Slot {
            start,
            secs: 1,
            n_requests,
            ..Slot::default()
        }
    }

    fn row(path: &str, slots: &[Slot]) -> Row {
        Row::new(&RowTotals::empty(name(path)), COLORS[0], slots)
    }

    #[test]
    fn rows_that_begin_at_different_times_share_an_axis() {
        let rows = [
            row("/a", &[slot(0, 1), slot(1, 2), slot(2, 3)]),
            row("/b", &[slot(1, 7), slot(2, 8)]),
        ];
        let chart = rates(&rows, 100.0);
        assert_eq!(chart.points.at, [100.0, 101.0, 102.0]);
        assert_eq!(chart.points.columns[0], [Some(1.0), Some(2.0), Some(3.0)]);
        assert_eq!(chart.points.columns[2], [None, Some(7.0), Some(8.0)]);
        let labels: Vec<&str> = chart
            .style
            .lines
            .iter()
            .map(|it| it.label.as_str())
            .collect();
        assert_eq!(
            labels,
            [
                "GET /a RPS",
                "GET /a Failures/s",
                "GET /b RPS",
                "GET /b Failures/s"
            ]
        );
    }

    #[test]
    fn a_band_is_one_entry() {
        let chart = bands(&[row("/a", &[]), row("/b", &[])], 0.0);
        assert_eq!(chart.style.entries()[1], ("GET /b 50 / 95 / 99 %", 3..6));
        assert_eq!(chart.points.columns.len(), 6);
    }

    #[test]
    fn the_name_of_a_row_is_apart_from_what_is_said_of_it() {
        let chart = bands(&[row("/طلب (1)", &[])], 0.0);
        let line = &chart.style.lines[0];
        assert_eq!(line.parts(), ("GET /طلب (1)", " 50 / 95 / 99 %"));
        assert_eq!(
            line.isolated(),
            "\u{2068}GET /طلب (1)\u{2069} 50 / 95 / 99 %"
        );
    }

    #[test]
    fn a_row_keeps_its_color() {
        let [a, b, c] = ["/a", "/b", "/c"].map(name);
        let mut palette = Palette::default();
        let both = [a.clone(), b.clone()];
        assert_eq!(palette.assign(&both), [(&a, "--row-1"), (&b, "--row-2")]);
        let without = [b.clone(), c.clone()];
        assert_eq!(palette.assign(&without), [(&b, "--row-2"), (&c, "--row-1")]);
        let many: Vec<RequestName> = (0..9).map(|it| name(&it.to_string())).collect();
        assert_eq!(palette.assign(&many).len(), COLORS.len());
    }
}
