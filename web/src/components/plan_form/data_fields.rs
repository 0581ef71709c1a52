//! Rows that templates can use.

use serde_json::json;
use yew::prelude::*;

use super::editor::Editor;
use super::list::{add_button, icon_button};
use super::name_field::{NameField, free_name};
use super::plan_field::{Choice, plan_select};
use super::rows_table::RowsTable;
use crate::components::file_button::FileButton;
use crate::control::{CsvSource, Intent};
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

const PICKS: &[Choice] = &[
    ("", "Each user has its own row"),
    ("random", "A random row for each task"),
    ("sequential", "The next row for each task"),
];

#[derive(PartialEq, Properties)]
pub(super) struct DataFieldsProps {
    pub editor: Editor,
}

/// All data of the plan.
#[component]
pub(super) fn DataFields(props: &DataFieldsProps) -> Html {
    let editor = &props.editor;
    let data = Path::of("data");
    let names = editor.keys(&data);
    let on_add = {
        let (data, names) = (data.clone(), names.clone());
        editor.on(move |_| {
            let rows = json!({ "rows": [{ "column": "" }] });
            Edit::Set(data.key(&free_name("data", '_', &names)), rows)
        })
    };
    html! {
        <>
            if names.is_empty() {
                <p class="note">{ DATA_HINT }</p>
            }
            for (nth, name) in names.iter().enumerate() {
                <DataSet key={nth} editor={editor.clone()} path={data.key(name)} number={nth + 1} />
            }
            { super::error_line(editor, &data) }
            <div class="adders">{ add_button("Add data", "Add data".to_owned(), on_add) }</div>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct DataSetProps {
    editor: Editor,
    /// Where it is.
    path: Path,
    /// Counted from one.
    number: usize,
}

#[component]
fn DataSet(props: &DataSetProps) -> Html {
    let DataSetProps {
        editor,
        path,
        number,
    } = props;
    let on_remove = {
        let path = path.clone();
        editor.on(move |_| Edit::Remove(path.clone()))
    };
    let csv = path.key("csv");
    html! {
        <fieldset id={path.id()} class="item data-set">
            <legend class="visually-hidden">{ format!("Data {number}") }</legend>
            <div class="data-head">
                <NameField
                    editor={editor.clone()}
                    path={path.clone()}
                    label={format!("Data name {number}")}
                />
                { plan_select(editor, "Pick", &path.key("pick"), PICKS, "") }
                { icon_button("×", format!("Remove data {number}"), "Remove", on_remove) }
            </div>
            { super::error_line(editor, path) }
            { super::error_line(editor, &csv) }
            if editor.has(&csv) {
                { missing_file(editor, path) }
            } else {
                <RowsTable editor={editor.clone()} path={path.key("rows")} />
            }
            <CsvButtons editor={editor.clone()} path={path.clone()} />
            { refusal(editor, path) }
        </fieldset>
    }
}

/// What is said about a file that the plan names.
fn missing_file(editor: &Editor, path: &Path) -> Html {
    let name = editor.text(&path.key("csv"));
    html! {
        <p class="note">
            { "The plan names the file " }
            <strong>{ name }</strong>
            { ", but a page cannot open a file by its name. " }
            { "Choose the file, and its rows are put into the plan." }
        </p>
    }
}

/// Why a file or a text gave no rows.
fn refusal(editor: &Editor, path: &Path) -> Html {
    let refused = editor.plan.refused.as_ref();
    let Some(problem) = refused.filter(|it| it.path == path.to_string()) else {
        return Html::default();
    };
    html! { <p class="help error" role="alert">{ sentence(&problem.message) }</p> }
}

#[derive(PartialEq, Properties)]
struct CsvButtonsProps {
    editor: Editor,
    /// Where the data is.
    path: Path,
}

/// Rows from a CSV file, or from a text that is pasted.
#[component]
fn CsvButtons(props: &CsvButtonsProps) -> Html {
    let CsvButtonsProps { editor, path } = props;
    let pasted = use_state(|| None::<String>);
    let on_csv = {
        let path = path.clone();
        editor
            .on_intent
            .reform(move |csv| Intent::ReadRows(path.clone(), csv))
    };
    let on_show = {
        let pasted = pasted.clone();
        Callback::from(move |_| {
            pasted.set(if pasted.is_none() {
                Some(String::new())
            } else {
                None
            });
        })
    };
    let rows = path.key("rows");
    let name = editor.text(&path.key("csv"));
    let choose = if name.is_empty() {
        "Open CSV file…".to_owned()
    } else {
        format!("Choose {name}…")
    };
    html! {
        <>
            <div class="adders">
                <FileButton
                    label={editor.label("CSV file", &rows)}
                    name={editor.label(&choose, &rows)}
                    text={choose}
                    accept=".csv,text/csv,text/plain"
                    on_open={on_csv.reform(CsvSource::File)}
                />
                { add_button("Paste CSV", editor.label("Paste CSV", &rows), on_show) }
            </div>
            if let Some(text) = &*pasted {
                { paste_area(editor, path, text, &pasted, &on_csv) }
            }
        </>
    }
}

fn paste_area(
    editor: &Editor,
    path: &Path,
    text: &str,
    pasted: &UseStateHandle<Option<String>>,
    on_csv: &Callback<CsvSource>,
) -> Html {
    let oninput = {
        let pasted = pasted.clone();
        move |event: InputEvent| {
            let area = event.target_unchecked_into::<web_sys::HtmlTextAreaElement>();
            pasted.set(Some(area.value()));
        }
    };
    let rows = path.key("rows");
    let on_use = {
        let (pasted, on_csv) = (pasted.clone(), on_csv.clone());
        Callback::from(move |_| {
            on_csv.emit(CsvSource::Text((*pasted).clone().unwrap_or_default()));
            pasted.set(None);
        })
    };
    html! {
        <>
            <textarea
                class="body"
                rows="5"
                placeholder={"email,password\na@example.org,secret"}
                aria-label={editor.label("CSV text", &rows)}
                spellcheck="false"
                value={text.to_owned()}
                {oninput}
            />
            <div class="adders">
                { add_button("Use as rows", editor.label("Use as rows", &rows), on_use) }
            </div>
        </>
    }
}

const DATA_HINT: &str = "Rows such as accounts to log in with. A request uses them as \
                         {{accounts.email}}.";
