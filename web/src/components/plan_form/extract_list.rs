//! What is kept of an answer, as variables for later requests.

use serde_json::json;
use yew::prelude::*;

use super::editor::Editor;
use super::list::{add_button, icon_button};
use super::name_field::{NameField, free_name};
use super::plan_field::{Choice, Kind, PlanField, choice};
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

const SOURCES: &[Choice] = &[
    ("json", "from JSON"),
    ("regex", "by expression"),
    ("header", "from header"),
];

#[derive(PartialEq, Properties)]
pub(super) struct ExtractListProps {
    pub editor: Editor,
    /// Where the table of them is.
    pub path: Path,
}

#[component]
pub(super) fn ExtractList(props: &ExtractListProps) -> Html {
    let ExtractListProps { editor, path } = props;
    let names = editor.keys(path);
    let on_add = {
        let (path, names) = (path.clone(), names.clone());
        editor.on(move |_| {
            Edit::Set(
                path.key(&free_name("value", '_', &names)),
                json!({ "json": "$." }),
            )
        })
    };
    html! {
        <fieldset id={path.id()} class="block">
            <legend>{ "Extracts" }</legend>
            for (nth, name) in names.iter().enumerate() {
                <div key={nth} id={path.key(name).id()} class="extract-row">
                    <NameField
                        editor={editor.clone()}
                        path={path.key(name)}
                        label={editor.label(&format!("Variable {}", nth + 1), path)}
                    />
                    { extract_row(editor, &path.key(name)) }
                    if let Some(error) = editor.error(&path.key(name)) {
                        <p class="help error">{ sentence(error) }</p>
                    }
                </div>
            }
            { super::error_line(editor, path) }
            <div class="adders">
                { add_button("Add extract", editor.label("Add extract", path), on_add) }
            </div>
        </fieldset>
    }
}

fn extract_row(editor: &Editor, path: &Path) -> Html {
    let table = editor.get(path);
    let mut sources = SOURCES.iter().map(|it| it.0);
    let has = |key: &&str| table.is_some_and(|it| it.get(key).is_some());
    let source = sources.find(has).unwrap_or("json");
    let on_source = {
        let path = path.clone();
        editor.on(move |chosen: String| Edit::Rename(path.key(source), chosen))
    };
    let on_remove = {
        let path = path.clone();
        editor.on(move |_| Edit::Remove(path.clone()))
    };
    let place = path.key(source);
    let (id, label) = (
        format!("{}-source", path.id()),
        editor.label("Source", &place),
    );
    let removing = format!("Remove {}", editor.place(&place));
    html! {
        <>
            { choice(id, label, SOURCES, source, &on_source) }
            <PlanField
                editor={editor.clone()}
                label="Place"
                path={place}
                placeholder={placeholder(source)}
                stays=true
                bare=true
            />
            <PlanField
                editor={editor.clone()}
                label="Default"
                path={path.key("default")}
                kind={Kind::Json}
                placeholder="no default"
                bare=true
            />
            { icon_button("×", removing, "Remove", on_remove) }
        </>
    }
}

fn placeholder(source: &str) -> &'static str {
    match source {
        "header" => "ETag",
        "regex" => "id=(\\d+)",
        _ => "$.token",
    }
}
