//! Two runs side by side: their numbers, and how far apart they are.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::view::format;
use crate::view::model::{RunModel, StatsRow};

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// The method; empty for all requests together.
    pub method: String,
    /// The request name.
    pub name: String,
    /// The numbers, in the order of [`FIGURES`].
    pub cells: [Cell; FIGURES.len()],
}

/// What the numbers are.
pub(crate) const FIGURES: [&str; 5] = ["requests", "fail_ratio", "median", "p95", "p99"];

/// A number of two runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// Of the older run; `None` if it has no such number.
    pub older: Option<f64>,
    /// Of the newer run.
    pub newer: Option<f64>,
    /// Whether less is better; `None` if neither is.
    pub less_is_better: Option<bool>,
}

impl Cell {
    /// How much more the newer has, as part of the older; `None` where that cannot be said.
    pub(crate) fn change(self) -> Option<f64> {
        let (older, newer) = (self.older?, self.newer?);
        (older != 0.0).then(|| newer / older - 1.0)
    }

    /// The change in words: `+12.3 %`.
    pub(crate) fn change_text(self) -> String {
        match self.change() {
            None => format::NONE.to_owned(),
            Some(change) => {
                let percent = change * 100.0;
                let sign = if percent < 0.0 { "−" } else { "+" };
                format!("{sign}{} %", format::rate(percent.abs()))
            }
        }
    }

    /// Whether the newer is better by more than a little; `None` if it is neither better nor worse.
    pub(crate) fn is_better(self) -> Option<bool> {
        const LITTLE: f64 = 0.05;
        let (older, newer) = (self.older?, self.newer?);
        let is_far = match self.change() {
            Some(change) => LITTLE <= change.abs(),
            None => older != newer,
        };
        let less_is_better = self.less_is_better?;
        is_far.then_some((newer < older) == less_is_better)
    }
}

/// The lines of two runs, in order of name.
pub(crate) fn lines(older: &RunModel, newer: &RunModel) -> Vec<Line> {
    let mut rows: BTreeMap<(&str, &str), [Option<&StatsRow>; 2]> = BTreeMap::new();
    for (index, model) in [older, newer].into_iter().enumerate() {
        for row in &model.rows {
            rows.entry((&row.name, row.method)).or_default()[index] = Some(row);
        }
    }
    rows.into_values().map(line).collect()
}

/// The line of all requests together.
pub(crate) fn total(older: &RunModel, newer: &RunModel) -> Line {
    line([older.total.as_ref(), newer.total.as_ref()])
}

fn line(rows: [Option<&StatsRow>; 2]) -> Line {
    let named = rows.into_iter().flatten().next();
    let cell = |less_is_better, number: fn(&StatsRow) -> Option<f64>| Cell {
        older: rows[0].and_then(number),
        newer: rows[1].and_then(number),
        less_is_better,
    };
    Line {
        method: named.map_or_else(String::new, |it| it.method.to_owned()),
        name: named.map_or_else(|| "Aggregated".to_owned(), |it| it.name.clone()),
        cells: [
            cell(None, |it| Some(it.n_requests as f64)),
            cell(Some(true), |it| {
                (0 < it.n_requests).then(|| it.n_failures as f64 * 100.0 / it.n_requests as f64)
            }),
            cell(Some(true), |it| millis(it.quantile(0.5))),
            cell(Some(true), |it| millis(it.quantile(0.95))),
            cell(Some(true), |it| millis(it.quantile(0.99))),
        ],
    }
}

fn millis(time: Option<Duration>) -> Option<f64> {
    time.map(|it| it.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use mayfly_core::testing::times;

    use super::*;

    /// So many times have a median.
    const ENOUGH: usize = 8;

    fn row(name: &str, n_requests: u64, median: u64) -> StatsRow {
        StatsRow {
            method: "GET",
            name: name.to_owned(),
            n_requests,
            response_times: times([Duration::from_millis(median); ENOUGH]),
            ..StatsRow::default()
        }
    }

    fn model(rows: Vec<StatsRow>) -> RunModel {
        RunModel {
            rows,
            ..RunModel::default()
        }
    }

    #[test]
    fn rows_meet_by_name_and_stand_alone_without_one() {
        let older = model(vec![row("/a", 10, 100), row("/b", 5, 10)]);
        let newer = model(vec![row("/a", 20, 80), row("/c", 1, 1)]);
        assert_eq!(total(&older, &newer).name, "Aggregated");
        let lines = lines(&older, &newer);
        let names: Vec<_> = lines.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["/a", "/b", "/c"]);
        let [n_requests, _, median, ..] = lines[0].cells;
        assert_eq!(n_requests.change_text(), "+100.0 %");
        assert_eq!(n_requests.is_better(), None);
        assert_eq!(median.change_text(), "−20.0 %");
        assert_eq!(median.is_better(), Some(true));
        assert_eq!(lines[1].cells[0].newer, None);
        assert_eq!(lines[2].cells[0].change_text(), format::NONE);
    }

    #[test]
    fn a_little_is_neither_better_nor_worse() {
        let cell = |older, newer| Cell {
            older: Some(older),
            newer: Some(newer),
            less_is_better: Some(true),
        };
        assert_eq!(cell(100.0, 104.0).is_better(), None);
        assert_eq!(cell(100.0, 110.0).is_better(), Some(false));
        assert_eq!(cell(0.0, 1.0).is_better(), Some(false));
        assert_eq!(cell(0.0, 0.0).is_better(), None);
    }
}
