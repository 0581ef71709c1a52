//! Rows of data, as a table in which every cell can be changed.

use serde_json::Value;
use yew::prelude::*;

use super::data_rows::{RowsEdit, columns};
use super::editor::Editor;
use super::list::{PlanList, add_button, icon_button, use_list};
use super::plan_field::{Kind, use_typed_or_empty};
use crate::components::text_field::input_text;
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

#[derive(PartialEq, Properties)]
pub(super) struct RowsTableProps {
    pub editor: Editor,
    /// Where the rows are.
    pub path: Path,
}

#[component]
pub(super) fn RowsTable(props: &RowsTableProps) -> Html {
    let RowsTableProps { editor, path } = props;
    let n_shown = use_state(|| ROWS_AT_FIRST);
    let rows = rows_at(editor, path);
    let list = use_list(editor, path, rows.len());
    let columns = columns(rows);
    let on_edit = |edit: RowsEdit| {
        let path = path.clone();
        editor.on(move |_: MouseEvent| edit_rows(&path, edit.clone()))
    };
    let n_rest = rows.len().saturating_sub(*n_shown);
    let on_more = {
        let n_shown = n_shown.clone();
        Callback::from(move |_| n_shown.set(*n_shown + ROWS_MORE))
    };
    let button = |text: &str, onclick| add_button(text, editor.label(text, path), onclick);
    html! {
        <>
            if !rows.is_empty() {
                <div class="scroll">
                    <table id={path.id()} class="cells">
                        { head(editor, path, &columns) }
                        <tbody>
                            for (index, (key, path)) in list.items().take(*n_shown).enumerate() {
                                { row(editor, &list, index, key, &path, &columns) }
                            }
                        </tbody>
                    </table>
                </div>
            }
            { list.error() }
            <div class="adders">
                { button("Add row", on_edit(RowsEdit::AddRow)) }
                { button("Add column", on_edit(RowsEdit::AddColumn)) }
                if 0 < n_rest {
                    { button(&format!("Show more rows ({n_rest})"), on_more) }
                }
            </div>
        </>
    }
}

fn rows_at<'a>(editor: &'a Editor, path: &Path) -> &'a [Value] {
    let rows = editor.get(path).and_then(Value::as_array);
    rows.map_or(&[], Vec::as_slice)
}

/// Changes all rows as they are then.
fn edit_rows(path: &Path, edit: RowsEdit) -> Edit {
    let path = path.clone();
    Edit::late(move |keys| {
        let rows = path.get(keys).and_then(Value::as_array).cloned();
        Edit::Set(path.clone(), edit.apply(rows.unwrap_or_default()).into())
    })
}

fn head(editor: &Editor, path: &Path, columns: &[String]) -> Html {
    html! {
        <thead>
            <tr>
                for (nth, column) in columns.iter().enumerate() {
                    <th key={nth} scope="col">
                        <ColumnHead
                            editor={editor.clone()}
                            path={path.clone()}
                            column={column.clone()}
                            {nth}
                        />
                    </th>
                }
                <td />
            </tr>
        </thead>
    }
}

#[derive(PartialEq, Properties)]
struct ColumnHeadProps {
    editor: Editor,
    /// Where the rows are.
    path: Path,
    column: AttrValue,
    /// Counted from zero.
    nth: usize,
}

#[component]
fn ColumnHead(props: &ColumnHeadProps) -> Html {
    let ColumnHeadProps {
        editor,
        path,
        column,
        nth,
    } = props;
    // A name that another column has is shown and changes nothing.
    let typed = use_state(|| None::<String>);
    let on_edit = {
        let path = path.clone();
        editor.on(move |edit: RowsEdit| edit_rows(&path, edit))
    };
    let is_other =
        |name: &String| *name != **column && columns(rows_at(editor, path)).contains(name);
    let taken = typed.as_ref().filter(|it| is_other(it)).cloned();
    let on_name = {
        let (typed, on_edit, nth) = (typed, on_edit.clone(), *nth);
        Callback::from(move |name: String| {
            on_edit.emit(RowsEdit::RenameColumn(nth, name.clone()));
            typed.set(Some(name));
        })
    };
    let on_remove = {
        let nth = *nth;
        on_edit.reform(move |_: MouseEvent| RowsEdit::RemoveColumn(nth))
    };
    let (rows, number) = (path.key(""), nth + 1);
    let is_taken = taken.is_some();
    let removing = editor.label(&format!("Remove column {number}"), &rows);
    html! {
        <div class="column">
            <input
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-label={editor.label(&format!("Column {number}"), &rows)}
                aria-invalid={is_taken.then_some("true")}
                title={is_taken.then_some("This column name is already taken.")}
                value={taken.unwrap_or_else(|| column.to_string())}
                oninput={input_text(&on_name)}
            />
            { icon_button("×", removing, "Remove this column", on_remove) }
        </div>
    }
}

fn row(
    editor: &Editor,
    list: &PlanList,
    index: usize,
    key: u32,
    path: &Path,
    columns: &[String],
) -> Html {
    html! {
        <tr {key}>
            for column in columns {
                <td key={column.clone()}>
                    <Cell editor={editor.clone()} path={path.key(column)} />
                </td>
            }
            <td>{ list.remove_button(index) }</td>
        </tr>
    }
}

#[derive(PartialEq, Properties)]
struct CellProps {
    editor: Editor,
    path: Path,
}

#[component]
fn Cell(props: &CellProps) -> Html {
    let CellProps { editor, path } = props;
    let (value, on_input) = use_typed_or_empty(editor, path, Kind::Json, true);
    let error = editor.error(path);
    html! {
        <>
            <input
                id={path.id()}
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-label={editor.label(&column_of(path), path)}
                aria-invalid={error.is_some().then_some("true")}
                {value}
                oninput={input_text(&on_input)}
            />
            if let Some(error) = error {
                <p class="help error">{ sentence(error) }</p>
            }
        </>
    }
}

fn column_of(path: &Path) -> String {
    match path.steps().last() {
        Some(crate::draft::keys::Step::Key(key)) => key.to_string(),
        _ => String::new(),
    }
}

const ROWS_AT_FIRST: usize = 20;

const ROWS_MORE: usize = 200;
