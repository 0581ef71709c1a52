//! How a person looks at the tables: in which order, filtered by what, with which rows opened.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

/// A table of the running view.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the tabs")]
pub enum TableId {
    Exceptions,
    Failures,
    Statistics,
}

/// How all tables are looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    exceptions: Rc<TableView>,
    failures: Rc<TableView>,
    statistics: Rc<TableView>,
}

/// What changes how a table is looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TableAction {
    /// Only rows with this text are to be shown; all of them if it is empty.
    Filter(String),
    /// The title of the column with this key was clicked.
    Sort(&'static str),
    /// The row of this name is to be opened, or closed again.
    Toggle(String),
}

impl Tables {
    /// How a table is looked at.
    pub fn get(&self, table: TableId) -> Rc<TableView> {
        Rc::clone(match table {
            TableId::Exceptions => &self.exceptions,
            TableId::Failures => &self.failures,
            TableId::Statistics => &self.statistics,
        })
    }

    pub(super) fn apply(&mut self, table: TableId, action: TableAction) {
        Rc::make_mut(self.get_mut(table)).apply(action);
    }

    /// Forgets what is about the rows of one run: filters, and which rows are open.
    pub(super) fn forget_rows(&mut self) {
        for table in [TableId::Exceptions, TableId::Failures, TableId::Statistics] {
            let view = Rc::make_mut(self.get_mut(table));
            view.filter.clear();
            view.open.clear();
        }
    }

    fn get_mut(&mut self, table: TableId) -> &mut Rc<TableView> {
        match table {
            TableId::Exceptions => &mut self.exceptions,
            TableId::Failures => &mut self.failures,
            TableId::Statistics => &mut self.statistics,
        }
    }
}

/// How a table is looked at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TableView {
    /// By which column it is sorted; `None` is the order of the rows as they come.
    pub sort: Option<Sort>,
    /// What the rows that are shown have in their texts, in any case of letters.
    pub filter: String,
    /// The names of the rows that are open.
    pub open: BTreeSet<String>,
}

/// An order of rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sort {
    /// The key of a column.
    pub column: &'static str,
    /// Whether the largest comes first.
    pub is_descending: bool,
}

/// What a row is sorted by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key<'a> {
    /// There is nothing to compare, so the row comes after those where there is.
    Missing,
    /// By size.
    Number(f64),
    /// By the alphabet, in any case of letters.
    Text(&'a str),
}

impl TableView {
    /// Changes how the table is looked at.
    pub fn apply(&mut self, action: TableAction) {
        match action {
            TableAction::Filter(filter) => self.filter = filter,
            TableAction::Sort(column) => self.sort = self.sort_after_click(column),
            TableAction::Toggle(row) => {
                if !self.open.remove(&row) {
                    self.open.insert(row);
                }
            }
        }
    }

    /// Ascending, descending, and back to the order of the rows as they come: Locust's.
    fn sort_after_click(&self, column: &'static str) -> Option<Sort> {
        let is_descending = match self.sort {
            Some(sort) if sort.column == column && sort.is_descending => return None,
            Some(sort) => sort.column == column,
            None => false,
        };
        Some(Sort {
            column,
            is_descending,
        })
    }

    /// Which of `n_rows` rows are shown, in which order.
    ///
    /// `texts` are those that the filter looks at, `key` is what a row is sorted by. Rows that are
    /// equal stay as they come.
    pub fn arrange<'a>(
        &self,
        n_rows: usize,
        texts: &dyn Fn(usize) -> [&'a str; 2],
        key: &dyn Fn(usize, &str) -> Key<'a>,
    ) -> Vec<usize> {
        let filter = self.filter.trim().to_lowercase();
        let matches = |row| texts(row).iter().any(|it| has_text(it, &filter));
        let rows = (0..n_rows).filter(|&row| filter.is_empty() || matches(row));
        let Some(sort) = self.sort else {
            return rows.collect();
        };
        let mut rows: Vec<(Key<'a>, usize)> = rows.map(|it| (key(it, sort.column), it)).collect();
        rows.sort_by(|a, b| a.0.order(b.0, sort.is_descending));
        rows.into_iter().map(|it| it.1).collect()
    }
}

fn has_text(text: &str, lowercase: &str) -> bool {
    text.to_lowercase().contains(lowercase)
}

impl Key<'_> {
    fn order(self, other: Self, is_descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(&b),
            (Self::Text(a), Self::Text(b)) => {
                let lower = |text: &str| text.to_lowercase();
                lower(a).cmp(&lower(b))
            }
            (a, b) => {
                // In both directions.
                return (a == Self::Missing).cmp(&(b == Self::Missing));
            }
        };
        if is_descending {
            order.reverse()
        } else {
            order
        }
    }
}

/// Which of `n_rows` rows are drawn if the row `first` is the uppermost of `n_visible` in sight.
///
/// A thousand rows would take longer to draw than a frame lasts. Some rows above and below are drawn
/// too, so that what is drawn changes only every [`WINDOW_STEP`] rows, and a little scrolling finds
/// them there.
pub fn window(n_rows: usize, first: usize, n_visible: usize) -> Range<usize> {
    let n_drawn = n_visible + 3 * WINDOW_STEP;
    if n_rows <= n_drawn {
        return 0..n_rows;
    }
    let start = (first / WINDOW_STEP * WINDOW_STEP).saturating_sub(WINDOW_STEP);
    let start = start.min(n_rows - n_drawn);
    start..start + n_drawn
}

/// By how many rows the window moves.
pub const WINDOW_STEP: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn view(actions: &[TableAction]) -> TableView {
        let mut view = TableView::default();
        for action in actions {
            view.apply(action.clone());
        }
        view
    }

    /// The numbers of some rows, as `actions` arrange them.
    #[track_caller]
    fn check(actions: &[TableAction], expected: &[&str]) {
        let rows = [
            ("/b", Some(2.0)),
            ("/A", None),
            ("/c", Some(10.0)),
            ("/a", Some(2.0)),
        ];
        let arranged = view(actions).arrange(
            rows.len(),
            &|row| [rows[row].0, ""],
            &|row, column| match (column, rows[row].1) {
                ("name", _) => Key::Text(rows[row].0),
                (_, Some(number)) => Key::Number(number),
                (_, None) => Key::Missing,
            },
        );
        let names: Vec<&str> = arranged.into_iter().map(|row| rows[row].0).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_third_click_leaves_the_rows_as_they_come() {
        let click = TableAction::Sort("number");
        let as_they_come = ["/b", "/A", "/c", "/a"];
        check(&[], &as_they_come);
        check(&[click.clone(); 1], &["/b", "/a", "/c", "/A"]);
        check(&[click.clone(), click.clone()], &["/c", "/b", "/a", "/A"]);
        check(&[click.clone(), click.clone(), click], &as_they_come);
    }

    #[test]
    fn another_column_begins_ascending() {
        let clicks = [TableAction::Sort("number"), TableAction::Sort("name")];
        check(&clicks, &["/A", "/a", "/b", "/c"]);
    }

    #[test]
    fn a_filter_takes_no_notice_of_case() {
        check(&[TableAction::Filter(" A ".to_owned())], &["/A", "/a"]);
        check(&[TableAction::Filter("x".to_owned())], &[]);
    }

    #[test]
    fn a_new_run_forgets_rows_and_keeps_the_order() {
        let mut tables = Tables::default();
        for action in [
            TableAction::Sort("name"),
            TableAction::Filter("a".to_owned()),
            TableAction::Toggle("/a".to_owned()),
        ] {
            tables.apply(TableId::Failures, action);
        }
        tables.forget_rows();
        let view = tables.get(TableId::Failures);
        assert_eq!(*view, self::view(&[TableAction::Sort("name")]));
    }

    #[test]
    fn a_row_that_is_toggled_twice_is_closed() {
        let toggle = TableAction::Toggle("/a".to_owned());
        assert!(view(std::slice::from_ref(&toggle)).open.contains("/a"));
        assert!(view(&[toggle.clone(), toggle]).open.is_empty());
    }

    #[test]
    fn what_can_be_seen_is_drawn() {
        assert_eq!(window(0, 0, 20), 0..0);
        assert_eq!(window(44, 30, 20), 0..44);
        for first in 0..1000 {
            let drawn = window(1000, first, 20);
            assert_eq!(drawn.len(), 44);
            let seen = first..(first + 20).min(1000);
            assert!(
                drawn.start <= seen.start && seen.end <= drawn.end,
                "{first}"
            );
        }
    }
}
