//! The table of two runs: their numbers side by side, and how far apart they are.

use std::rc::Rc;

use yew::prelude::*;

use super::data_table::{Cell, Column, DataTable, Kind, Rows, RowsProp};
use crate::store::TableAction;
use crate::store::tables::{Key, TableView};
use crate::view::comparison::{self, FIGURES, Line};
use crate::view::format;
use crate::view::model::RunModel;

#[derive(PartialEq, Properties)]
pub(crate) struct ComparisonTableProps {
    pub older: Rc<RunModel>,
    pub newer: Rc<RunModel>,
}

#[component]
pub(crate) fn ComparisonTable(props: &ComparisonTableProps) -> Html {
    let view = use_state(Rc::<TableView>::default);
    let rows = use_memo(
        (props.older.clone(), props.newer.clone()),
        |(older, newer)| {
            RowsProp::new(ComparedRows {
                lines: comparison::lines(older, newer),
                total: comparison::total(older, newer),
            })
        },
    );
    let on_action = {
        let view = view.clone();
        Callback::from(move |action: TableAction| {
            let mut next = (*view).clone();
            Rc::make_mut(&mut next).apply(action);
            view.set(next);
        })
    };
    html! {
        <DataTable
            title="Comparison"
            columns={COLUMNS}
            rows={(*rows).clone()}
            view={(*view).clone()}
            filter="Filter names"
            {on_action}
        />
    }
}

struct ComparedRows {
    lines: Vec<Line>,
    total: Line,
}

impl Rows for ComparedRows {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn id(&self, row: usize) -> String {
        let line = &self.lines[row];
        format!("{} {}", line.method, line.name)
    }

    fn texts(&self, row: usize) -> [&str; 2] {
        [&self.lines[row].name, ""]
    }

    fn key(&self, row: usize, column: &str) -> Key<'_> {
        let line = &self.lines[row];
        let Some((figure, of)) = parts(column) else {
            return Key::Text(match column {
                "type" => &line.method,
                _ => &line.name,
            });
        };
        let cell = line.cells[figure];
        let number = match of {
            "a" => cell.older,
            "b" => cell.newer,
            _ => cell.change(),
        };
        number.map_or(Key::Missing, Key::Number)
    }

    fn cell(&self, row: usize, column: &str) -> Cell {
        cell(&self.lines[row], column)
    }

    fn total(&self, column: &str) -> Option<Cell> {
        Some(cell(&self.total, column))
    }
}

fn cell(line: &Line, column: &str) -> Cell {
    let Some((figure, of)) = parts(column) else {
        return match column {
            "type" => Cell::text(line.method.clone()),
            _ => Cell::foreign(&line.name),
        };
    };
    let text = |number: Option<f64>| Cell::text(number_text(FIGURES[figure], number));
    let cell = line.cells[figure];
    match of {
        "a" => text(cell.older),
        "b" => text(cell.newer),
        _ => Cell::text(cell.change_text()).judged(cell.is_better()),
    }
}

fn number_text(figure: &str, number: Option<f64>) -> String {
    let text = |number: f64| match figure {
        "requests" => format::count(number as u64),
        _ => format::rate(number),
    };
    number.map_or_else(|| format::NONE.to_owned(), text)
}

/// Which figure a column is about, and what of it: `a`, `b` or `change`.
fn parts(column: &str) -> Option<(usize, &str)> {
    let (figure, of) = column.split_once('.')?;
    let figure = FIGURES.iter().position(|it| *it == figure)?;
    Some((figure, of))
}

const COLUMNS: &[Column] = &[
    Column::new("type", "Type", Kind::Word),
    Column::new("name", "Name", Kind::Name),
    Column::new("requests.a", "# Requests A", Kind::Number),
    Column::new("requests.b", "# Requests B", Kind::Number),
    Column::new("requests.change", "# Requests change", Kind::Number),
    Column::new("fail_ratio.a", "Fail ratio A (%)", Kind::Number),
    Column::new("fail_ratio.b", "Fail ratio B (%)", Kind::Number),
    Column::new("fail_ratio.change", "Fail ratio change", Kind::Number),
    Column::new("median.a", "Median A (ms)", Kind::Number),
    Column::new("median.b", "Median B (ms)", Kind::Number),
    Column::new("median.change", "Median change", Kind::Number),
    Column::new("p95.a", "95%ile A (ms)", Kind::Number),
    Column::new("p95.b", "95%ile B (ms)", Kind::Number),
    Column::new("p95.change", "95%ile change", Kind::Number),
    Column::new("p99.a", "99%ile A (ms)", Kind::Number),
    Column::new("p99.b", "99%ile B (ms)", Kind::Number),
    Column::new("p99.change", "99%ile change", Kind::Number),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_numbers_is_about_a_figure() {
        let of_numbers = |it: &&Column| it.kind == Kind::Number;
        let columns = COLUMNS.iter().filter(of_numbers);
        let figures: Vec<usize> = columns.map(|it| parts(it.key).unwrap().0).collect();
        assert_eq!(figures, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    }

    #[test]
    fn counts_have_no_decimals_and_times_have_one() {
        assert_eq!(number_text("requests", Some(12.0)), "12");
        assert_eq!(number_text("median", Some(12.0)), "12.0");
        assert_eq!(number_text("median", None), format::NONE);
    }
}
