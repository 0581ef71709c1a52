//! The body of a request: JSON, the fields of a form, or any text.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::pairs_table::PairsTable;
use super::plan_field::{Choice, Kind, PlanField, choice};
use crate::draft::keys::text_of;
use crate::draft::keys::{Edit, Path};

const BODIES: &[Choice] = &[
    ("", "No body"),
    ("json", "JSON"),
    ("form", "Form fields"),
    ("body", "Text"),
];

const JSON_HINT: &str = "Texts in it may contain placeholders: {\"id\": \"{{id}}\"}";

#[derive(PartialEq, Properties)]
pub(super) struct BodyFieldsProps {
    pub editor: Editor,
    /// Where the request is.
    pub path: Path,
}

#[component]
pub(super) fn BodyFields(props: &BodyFieldsProps) -> Html {
    let BodyFieldsProps { editor, path } = props;
    let kind = kind_of(editor, path);
    let on_kind = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |chosen: String| editor.edit(other_body(&editor, &path, &chosen)))
    };
    let id = format!("{}-body-kind", path.id());
    let label = editor.label("Body", &path.key("body"));
    let field = |label: &'static str, kind: Kind, hint: &'static str| {
        let key = if kind == Kind::Body { "json" } else { "body" };
        html! {
            <PlanField
                editor={editor.clone()}
                {label}
                path={path.key(key)}
                {kind}
                stays=true
                bare=true
                long=true
                {hint}
            />
        }
    };
    html! {
        <fieldset class="block">
            <legend>{ "Body" }</legend>
            <div class="kind-of">{ choice(id, label, BODIES, kind, &on_kind) }</div>
            if kind == "json" {
                { field("JSON body", Kind::Body, JSON_HINT) }
            } else if kind == "body" {
                { field("Text body", Kind::Text, "It may contain placeholders, such as {{uuid()}}.") }
            } else if kind == "form" {
                <PairsTable
                    editor={editor.clone()}
                    path={path.key("form")}
                    legend="Form fields"
                    noun="field"
                    stays=true
                />
            }
        </fieldset>
    }
}

/// The key of the body; empty if there is none.
fn kind_of(editor: &Editor, path: &Path) -> &'static str {
    let mut kinds = BODIES.iter().map(|it| it.0).filter(|it| !it.is_empty());
    kinds.find(|it| editor.has(&path.key(it))).unwrap_or("")
}

/// Another kind of body, made of the one that is there as far as that makes sense.
fn other_body(editor: &Editor, path: &Path, chosen: &str) -> Edit {
    let old = path.key(kind_of(editor, path));
    let body = converted(editor.get(&old), chosen);
    let new = body.map(|body| Edit::Set(path.key(chosen), body));
    Edit::All([Edit::Remove(old)].into_iter().chain(new).collect())
}

fn converted(old: Option<&Value>, chosen: &str) -> Option<Value> {
    let text = match old {
        Some(Value::String(text)) => text.clone(),
        Some(json) => Kind::Body.text(json),
        None => String::new(),
    };
    match chosen {
        "" => None,
        "form" => Some(match old {
            Some(Value::Object(table)) => {
                let fields = table
                    .iter()
                    .map(|(name, value)| (name.clone(), text_of(value).into()));
                Value::Object(fields.collect())
            }
            _ => json!({ "": "" }),
        }),
        "json" if text.is_empty() => Some(json!({})),
        "json" => Some(Kind::Body.value(&text)),
        _ => Some(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: Value, chosen: &str, expected: Value) {
        assert_eq!(
            converted(Some(&old), chosen),
            Some(expected),
            "{old} as {chosen}"
        );
    }

    #[test]
    fn another_kind_of_body_says_the_same() {
        check(json!({ "id": 7 }), "body", json!("{\n  \"id\": 7\n}"));
        check(json!({ "id": 7 }), "form", json!({ "id": "7" }));
        check(json!("[1]"), "json", json!([1]));
        check(json!("no JSON"), "json", json!({ "$json": "no JSON" }));
        check(json!({ "a": "b" }), "json", json!({ "a": "b" }));
        assert_eq!(converted(None, "json"), Some(json!({})));
        assert_eq!(converted(Some(&json!(1)), ""), None);
    }
}
