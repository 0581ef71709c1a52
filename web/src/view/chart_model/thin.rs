//! Fewer points than there are, for drawing and for reading.

use std::ops::Range;

use mayfly_core::measure::series::Slot;

use super::{Points, Span};

/// As many points as a line is drawn with, at most.
pub(crate) const DRAWN: usize = 1000;

/// As many lines as a table for reading has, at most.
pub(crate) const READ: usize = 60;

/// The rows of `points` that are drawn where `span` is shown: at most `limit`, ascending.
///
/// Each line keeps its highest and lowest point of every stretch, so that no peak is lost.
pub(crate) fn rows_to_draw(points: &Points, span: Option<Span>, limit: usize) -> Vec<usize> {
    let visible = visible(&points.at, span);
    if visible.len() <= limit {
        return visible.collect();
    }
    let n_groups = (limit.saturating_sub(2) / (2 * points.columns.len().max(1))).max(1);
    let mut rows = vec![visible.start, visible.end - 1];
    for group in 0..n_groups {
        let place = |group: usize| visible.start + group * visible.len() / n_groups;
        for column in &points.columns {
            rows.extend(extremes(column, place(group)..place(group + 1)));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The rows within `span`, and one more on either side, to which the lines go on.
fn visible(at: &[f64], span: Option<Span>) -> Range<usize> {
    let Some(span) = span else {
        return 0..at.len();
    };
    let start = at.partition_point(|&it| it < span.from);
    let end = at.partition_point(|&it| it <= span.to);
    start.saturating_sub(1)..at.len().min(end + 1)
}

/// The rows of the lowest and the highest value.
fn extremes(column: &[Option<f64>], rows: Range<usize>) -> impl Iterator<Item = usize> {
    let filled = || {
        let values = rows.clone().filter_map(|row| Some((row, column[row]?)));
        values.map(|(row, value)| (value, row))
    };
    let lowest = filled().min_by(|a, b| a.0.total_cmp(&b.0));
    let highest = filled().max_by(|a, b| a.0.total_cmp(&b.0));
    [lowest, highest].into_iter().flatten().map(|(_, row)| row)
}

/// The same totals in at most `limit` slots, unless they are longer to begin with.
///
/// What is joined depends on the time alone, so that the slots of several series fit together.
pub(crate) fn joined(slots: &[Slot], limit: usize) -> Vec<Slot> {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else {
        return Vec::new();
    };
    let (start, end) = (first.start, last.start + last.secs);
    let secs = (0..u32::BITS - 1)
        .map(|power| 1 << power)
        .find(|secs| (end.div_ceil(*secs) - start / secs) as usize <= limit)
        .unwrap_or(1);
    let mut joined: Vec<Slot> = Vec::new();
    for slot in slots {
        match joined.last_mut() {
            Some(last) if last.start / secs == slot.start / secs => last.join(slot),
            _ => joined.push(slot.clone()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(n_rows: usize, columns: Vec<Vec<Option<f64>>>) -> Points {
        Points {
            at: (0..n_rows).map(|it| it as f64).collect(),
            columns,
        }
    }

    fn slots(n: u32) -> Vec<Slot> {
        let slot = |start| Slot {
            start,
            secs: 1,
            n_requests: u64::from(start) + 1,
            ..Slot::default()
        };
        (0..n).map(slot).collect()
    }

    #[test]
    fn what_is_short_is_drawn_as_it_is() {
        let short = points(7, vec![vec![Some(1.0); 7]]);
        assert_eq!(rows_to_draw(&short, None, 7), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(rows_to_draw(&Points::default(), None, 7), [0; 0]);
    }

    #[test]
    fn peaks_of_every_line_are_drawn() {
        let mut columns = vec![vec![Some(5.0); 100_000]; 3];
        columns[0][77_777] = Some(900.0);
        columns[1][1] = Some(0.0);
        columns[2][50_000] = None;
        let rows = rows_to_draw(&points(100_000, columns), None, DRAWN);
        assert!(rows.len() <= DRAWN, "{}", rows.len());
        assert!(rows.is_sorted());
        for row in [0, 1, 77_777, 99_999] {
            assert!(rows.contains(&row), "{row}");
        }
    }

    #[test]
    fn what_is_not_shown_is_not_drawn() {
        let long = points(100, vec![vec![Some(1.0); 100]]);
        let span = Span {
            from: 10.5,
            to: 13.0,
        };
        assert_eq!(rows_to_draw(&long, Some(span), 50), [10, 11, 12, 13, 14]);
    }

    #[test]
    fn joined_slots_lose_nothing() {
        let all = slots(100);
        assert_eq!(joined(&all, 100), all);
        let few = joined(&all, 60);
        assert_eq!(few.len(), 50);
        assert_eq!((few[1].start, few[1].secs, few[1].n_requests), (2, 2, 7));
        let total = |slots: &[Slot]| slots.iter().map(|it| it.n_requests).sum::<u64>();
        assert_eq!(total(&few), total(&all));
        assert_eq!(joined(&all, 1).len(), 1);
        assert_eq!(joined(&[], 1), []);
    }

    #[test]
    fn slots_that_begin_at_different_times_are_joined_alike() {
        let starts = |slots: &[Slot]| {
            joined(slots, 30)
                .iter()
                .map(|it| it.start)
                .collect::<Vec<_>>()
        };
        let (all, late) = (starts(&slots(100)), starts(&slots(100)[40..]));
        assert_eq!(all[..3], [0, 4, 8]);
        assert_eq!(late[..3], [40, 42, 44]);
    }
}
