//! What the charts show: lines and points, computed from the board. How they are drawn is up to
//! `crate::browser::uplot`, and how they are used to [`crate::components`].
//!
//! Charts show the counts that the tables show, so a reset and a new run begin them anew. Locust goes
//! on in the same charts, so that one sees curves whose numbers are gone from the table. Edits, the
//! stop and a reset are marked within the run, at the newest snapshot before the click, up to half a
//! second early. A chart draws at most a thousand points for each line: the highest and the lowest of
//! every stretch, so that no peak is lost.

pub(crate) mod compared;
pub(crate) mod percentiles;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod thin;
pub(crate) mod timeline;
pub(crate) mod zoom;

use std::ops::Range;

pub(crate) use self::timeline::Timeline;
pub(crate) use self::zoom::{Span, ZoomStep};

/// A chart, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    /// What it looks like.
    pub style: ChartStyle,
    /// What it shows.
    pub points: Points,
}

/// What a chart looks like. While it stays the same, a chart only gets other points.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChartStyle {
    /// What it is called.
    pub title: &'static str,
    /// What is along the bottom.
    pub axis: Axis,
    /// Decimals of the values in the legend.
    pub decimals: usize,
    /// Whether the area between the first and the last line of an entry is filled.
    pub has_bands: bool,
    /// The lines, in the order of the columns.
    pub lines: Vec<LineStyle>,
}

/// What is along the bottom of a chart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Axis {
    /// The time since a run began; points are at seconds.
    Elapsed,
    /// Percentiles, the same room for each further nine; points are at
    /// [nines](percentiles::nines).
    Percentile,
    /// The time of day; points are at seconds since 1970.
    Time,
}

/// What a line looks like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LineStyle {
    /// In the legend. Lines that follow each other with the same label are one entry.
    pub label: String,
    /// How many bytes at its start are a name from outside, which may be written from right to left.
    pub name_bytes: usize,
    /// The custom property of CSS that holds the color.
    pub color: &'static str,
    /// Whether it is dashed, to be told apart from a line of the same color.
    pub is_dashed: bool,
}

/// Points of lines. All columns are as long as `at`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Points {
    /// Where they are on the axis, ascending.
    pub at: Vec<f64>,
    /// The values of each line; `None` is a gap.
    pub columns: Vec<Vec<Option<f64>>>,
}

/// Something that happened in a run, to be marked in its charts.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// In seconds since the run began.
    pub at: f64,
    /// What it was.
    pub label: String,
}

impl Axis {
    /// Whether it can be zoomed into, and is shared by charts that are shown together.
    pub(crate) fn is_over_time(self) -> bool {
        match self {
            Self::Elapsed | Self::Time => true,
            Self::Percentile => false,
        }
    }
}

impl ChartStyle {
    /// The entries of the legend: their labels and lines.
    pub(crate) fn entries(&self) -> Vec<(&str, Range<usize>)> {
        let mut entries: Vec<(&str, Range<usize>)> = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            match entries.last_mut() {
                Some((label, lines)) if *label == line.label => lines.end = index + 1,
                _ => entries.push((&line.label, index..index + 1)),
            }
        }
        entries
    }
}

impl LineStyle {
    /// The label as a name from outside and what is said of it. The name may be empty.
    pub(crate) fn parts(&self) -> (&str, &str) {
        self.label.split_at(self.name_bytes)
    }

    /// The label for where there is no markup: its name is marked as having a direction of its own.
    pub(crate) fn isolated(&self) -> String {
        match self.parts() {
            ("", label) => label.to_owned(),
            (name, rest) => format!("\u{2068}{name}\u{2069}{rest}"),
        }
    }
}

impl Points {
    /// The row that is closest to `x`; `None` without rows.
    pub(crate) fn nearest(&self, x: f64) -> Option<usize> {
        let after = self.at.partition_point(|&at| at < x);
        let candidates = after.saturating_sub(1)..self.at.len().min(after + 1);
        candidates.min_by(|&a, &b| {
            let distance = |row: usize| (self.at[row] - x).abs();
            distance(a).total_cmp(&distance(b))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str) -> LineStyle {
        LineStyle {
            label: label.to_owned(),
            name_bytes: 0,
            color: "--any",
            is_dashed: false,
        }
    }

    #[test]
    fn lines_of_one_label_are_one_entry() {
        let style = ChartStyle {
            title: "",
            axis: Axis::Time,
            decimals: 0,
            has_bands: false,
            lines: ["a", "b", "b", "a"].map(line).into(),
        };
        assert_eq!(style.entries(), [("a", 0..1), ("b", 1..3), ("a", 3..4)]);
    }

    #[test]
    fn the_nearest_row_is_the_nearest() {
        let points = Points {
            at: vec![1.0, 2.0, 4.0],
            columns: Vec::new(),
        };
        for (x, row) in [(-5.0, 0), (1.4, 0), (1.6, 1), (3.1, 2), (99.0, 2)] {
            assert_eq!(points.nearest(x), Some(row), "{x}");
        }
        assert_eq!(Points::default().nearest(1.0), None);
    }
}
