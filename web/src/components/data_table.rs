//! The table that all tables are: a title that stays in sight, columns that sort and can be left
//! out, a filter, rows that open, and a last row of totals.

mod columns;
mod toolbar;
mod window;

use std::rc::Rc;

use yew::prelude::*;

use self::columns::use_columns;
use self::toolbar::Toolbar;
use self::window::use_window;
use crate::store::TableAction;
use crate::store::tables::{Key, Sort, TableView};
use crate::view::format;

pub(crate) use self::columns::{Column, Kind};

/// The rows of a table.
pub(crate) trait Rows {
    /// How many there are, without the totals.
    fn len(&self) -> usize;

    /// What no other row is called.
    fn id(&self, row: usize) -> String;

    /// What the filter looks at.
    fn texts(&self, row: usize) -> [&str; 2];

    /// What a row is sorted by in a column.
    fn key(&self, row: usize, column: &str) -> Key<'_>;

    /// What is in a column of a row.
    fn cell(&self, row: usize, column: &str) -> Cell;

    /// What is in a column of the last row, if there is one.
    fn total(&self, _column: &str) -> Option<Cell> {
        None
    }

    /// What a row shows when it is open.
    fn detail(&self, _row: usize) -> Html {
        Html::default()
    }
}

/// What is in a cell.
#[derive(Default)]
pub(crate) struct Cell {
    content: Html,
    title: Option<AttrValue>,
    is_good: Option<bool>,
}

impl Cell {
    /// What is drawn.
    pub(crate) fn new(content: Html) -> Self {
        Self {
            content,
            ..Self::default()
        }
    }

    /// A text, or a number that was made one.
    pub(crate) fn text(text: impl Into<AttrValue>) -> Self {
        Self::new(html! { text.into() })
    }

    /// A text that others wrote: of any length, in any direction.
    pub(crate) fn foreign(text: &str) -> Self {
        Self::new(html! { <bdi>{ format::line(text) }</bdi> }).titled(text.to_owned())
    }

    /// A text that others wrote, which opens its row.
    pub(crate) fn opener(
        text: &str,
        id: String,
        view: &TableView,
        on_toggle: &Callback<String>,
    ) -> Self {
        let is_open = view.open.contains(&id);
        Self::new(html! {
            <button
                type="button"
                class="unfold"
                aria-expanded={if is_open { "true" } else { "false" }}
                title={text.to_owned()}
                onclick={on_toggle.reform(move |_| id.clone())}
            >
                <bdi>{ format::line(text) }</bdi>
            </button>
        })
    }

    /// Shows more to who points at it.
    #[must_use]
    pub(crate) fn titled(self, title: impl Into<AttrValue>) -> Self {
        Self {
            title: Some(title.into()),
            ..self
        }
    }

    /// Marks what is good or bad; `None` is neither.
    #[must_use]
    pub(crate) fn judged(self, is_good: Option<bool>) -> Self {
        Self { is_good, ..self }
    }

    /// Marks what should not be.
    #[must_use]
    pub(crate) fn bad_if(self, is_bad: bool) -> Self {
        self.judged(is_bad.then_some(false))
    }
}

/// Rows as a property. Each drawing of what has them makes new ones.
#[derive(Clone)]
pub(crate) struct RowsProp(Rc<dyn Rows>);

impl RowsProp {
    /// Shares `rows`.
    pub(crate) fn new(rows: impl Rows + 'static) -> Self {
        Self(Rc::new(rows))
    }
}

impl PartialEq for RowsProp {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct DataTableProps {
    /// What the table is called.
    pub title: &'static str,
    pub columns: &'static [Column],
    pub rows: RowsProp,
    pub view: Rc<TableView>,
    /// What the filter is called.
    pub filter: &'static str,
    pub on_action: Callback<TableAction>,
}

#[component]
pub(crate) fn DataTable(props: &DataTableProps) -> Html {
    let rows = &*props.rows.0;
    let chosen = use_columns(props.title, props.columns);
    let columns = &chosen.shown;
    let order = arrange(rows, &props.view, columns);
    let window = use_window(order.len());
    let drawn = window.rows.clone();
    let is_windowed = drawn.len() < order.len();
    html! {
        <>
            <Toolbar
                chosen={chosen.clone()}
                filter_label={props.filter}
                filter={props.view.filter.clone()}
                n_rows={rows.len()}
                n_shown={order.len()}
                on_filter={props.on_action.reform(TableAction::Filter)}
            />
            <div
                class="scroll"
                role="region"
                aria-label={props.title}
                tabindex="0"
                ref={window.container.clone()}
                onscroll={window.onscroll.clone()}
            >
                <table class="data" aria-rowcount={is_windowed.then(|| (order.len() + 2).to_string())}>
                    <caption class="visually-hidden">{ props.title }</caption>
                    <colgroup>
                        for column in columns.iter() {
                            <col key={column.key} class={column.kind.class()} />
                        }
                    </colgroup>
                    <thead>{ head(columns, props.view.sort, &props.on_action) }</thead>
                    <tbody>
                        { spacer("above", window.height(drawn.start), columns.len()) }
                        for nth in drawn.clone() {
                            { body_row(rows, order[nth], is_windowed.then_some(nth), columns) }
                            { detail(rows, order[nth], &props.view, columns.len()) }
                        }
                        { spacer("below", window.height(order.len() - drawn.end), columns.len()) }
                    </tbody>
                    { foot(rows, columns) }
                </table>
            </div>
        </>
    }
}

fn arrange(rows: &dyn Rows, view: &TableView, columns: &[&Column]) -> Vec<usize> {
    let is_shown = |sort: &Sort| columns.iter().any(|it| it.key == sort.column);
    // A column that is not shown cannot explain an order.
    let sort = view.sort.filter(is_shown);
    let (texts, key) = (
        |row| rows.texts(row),
        |row, column: &str| rows.key(row, column),
    );
    TableView {
        sort,
        ..view.clone()
    }
    .arrange(rows.len(), &texts, &key)
}

fn head(columns: &[&Column], sort: Option<Sort>, on_action: &Callback<TableAction>) -> Html {
    html! {
        <tr>
            for column in columns {
                <th
                    key={column.key}
                    scope="col"
                    class={column.kind.class()}
                    aria-sort={direction(column, sort)}
                >
                    <button type="button" title={column.hint} onclick={sort_by(column, on_action)}>
                        { column.title }
                    </button>
                </th>
            }
        </tr>
    }
}

fn sort_by(column: &Column, on_action: &Callback<TableAction>) -> Callback<MouseEvent> {
    let key = column.key;
    on_action.reform(move |_| TableAction::Sort(key))
}

fn direction(column: &Column, sort: Option<Sort>) -> Option<&'static str> {
    let sort = sort.filter(|it| it.column == column.key)?;
    Some(if sort.is_descending {
        "descending"
    } else {
        "ascending"
    })
}

/// `nth` is the place of the row among those that are shown, if not all of them are drawn.
fn body_row(rows: &dyn Rows, row: usize, nth: Option<usize>, columns: &[&Column]) -> Html {
    // Counted from one, and the titles are a row too.
    let row_index = nth.map(|it| (it + 2).to_string());
    html! {
        <tr key={rows.id(row)} class="row" aria-rowindex={row_index}>
            for column in columns {
                { cell(column, rows.cell(row, column.key)) }
            }
        </tr>
    }
}

fn cell(column: &Column, cell: Cell) -> Html {
    let mood = cell.is_good.map(|it| if it { "good" } else { "bad" });
    let class = classes!(column.kind.class(), mood);
    match column.kind {
        Kind::Name => html! {
            <th scope="row" {class} title={cell.title}>{ cell.content }</th>
        },
        _ => html! { <td {class} title={cell.title}>{ cell.content }</td> },
    }
}

fn detail(rows: &dyn Rows, row: usize, view: &TableView, n_columns: usize) -> Html {
    let id = rows.id(row);
    if !view.open.contains(&id) {
        return Html::default();
    }
    html! {
        <tr key={format!("detail {id}")} class="detail">
            <td colspan={n_columns.to_string()}><div>{ rows.detail(row) }</div></td>
        </tr>
    }
}

/// Stands for rows that are not drawn.
fn spacer(key: &'static str, height: u32, n_columns: usize) -> Html {
    if height == 0 {
        return Html::default();
    }
    html! {
        <tr {key} class="spacer" aria-hidden="true">
            <td colspan={n_columns.to_string()} height={height.to_string()}></td>
        </tr>
    }
}

fn foot(rows: &dyn Rows, columns: &[&Column]) -> Html {
    let cells: Option<Vec<Html>> = columns
        .iter()
        .map(|column| Some(cell(column, rows.total(column.key)?)))
        .collect();
    match cells {
        Some(cells) => html! { <tfoot><tr>{ cells }</tr></tfoot> },
        None => Html::default(),
    }
}
