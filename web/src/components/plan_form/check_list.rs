//! What the answer to a request must be.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::list::use_list;
use super::plan_field::{Kind, PlanField, choice};
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

/// A kind of check.
struct CheckKind {
    key: &'static str,
    text: &'static str,
    kind: Kind,
    at_first: &'static str,
    placeholder: &'static str,
}

const fn check_kind(
    key: &'static str,
    text: &'static str,
    kind: Kind,
    at_first: &'static str,
    placeholder: &'static str,
) -> CheckKind {
    CheckKind {
        key,
        text,
        kind,
        at_first,
        placeholder,
    }
}

const KINDS: [CheckKind; 6] = [
    check_kind("status", "Status is", Kind::Statuses, "200", "200, 3xx"),
    check_kind("under", "Answered within", Kind::Number, "1s", "500ms"),
    check_kind("contains", "Body contains", Kind::Text, "", "some text"),
    check_kind(
        "regex",
        "Body matches",
        Kind::Text,
        "",
        "a regular expression",
    ),
    check_kind("json", "JSON has", Kind::Text, "$.", "$.items[0].id"),
    check_kind("header", "Has header", Kind::Text, "", "content-type"),
];

#[derive(PartialEq, Properties)]
pub(super) struct CheckListProps {
    pub editor: Editor,
    /// Where the list is.
    pub path: Path,
}

#[component]
pub(super) fn CheckList(props: &CheckListProps) -> Html {
    let CheckListProps { editor, path } = props;
    let list = use_list(editor, path, editor.len(path));
    html! {
        <fieldset id={path.id()} class="block">
            <legend>{ "Checks" }</legend>
            for (index, (key, path)) in list.items().enumerate() {
                <div {key} id={path.id()} class="check-row">
                    { check_row(editor, &path) }
                    { list.remove_button(index) }
                    if let Some(error) = editor.error(&path) {
                        <p class="help error">{ sentence(error) }</p>
                    }
                </div>
            }
            { list.error() }
            <div class="adders">{ list.add_button("Add check", json!({ "status": 200 })) }</div>
        </fieldset>
    }
}

fn check_row(editor: &Editor, path: &Path) -> Html {
    let kind = kind_of(editor.get(path));
    let choices: Vec<_> = KINDS.iter().map(|it| (it.key, it.text)).collect();
    let on_kind = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |chosen: String| {
            let check = with_kind(editor.get(&path), &chosen);
            editor.edit(Edit::Set(path.clone(), check));
        })
    };
    let (value, equals) = (path.key(kind.key), path.key("equals"));
    let label = |label: &str| editor.label(label, &value);
    let has_equals = matches!(kind.key, "header" | "json");
    html! {
        <>
            { choice(format!("{}-kind", path.id()), label("Kind"), &choices, kind.key, &on_kind) }
            <PlanField
                key={kind.key}
                editor={editor.clone()}
                label="Value"
                path={value.clone()}
                kind={kind.kind}
                placeholder={kind.placeholder}
                stays=true
                bare=true
            />
            if has_equals {
                <PlanField
                    key={format!("{}-equals", kind.key)}
                    editor={editor.clone()}
                    label="Equals"
                    path={equals}
                    kind={if kind.key == "json" { Kind::Json } else { Kind::Text }}
                    placeholder="any value"
                    bare=true
                />
            } else {
                <span />
            }
        </>
    }
}

fn kind_of(check: Option<&Value>) -> &'static CheckKind {
    let has = |it: &&CheckKind| check.is_some_and(|check| check.get(it.key).is_some());
    KINDS.iter().find(has).unwrap_or(&KINDS[0])
}

/// A check of another kind. A text stays as it is.
fn with_kind(check: Option<&Value>, chosen: &str) -> Value {
    let old = kind_of(check);
    let new = KINDS
        .iter()
        .find(|it| it.key == chosen)
        .unwrap_or(&KINDS[0]);
    let text = check.and_then(|it| it.get(old.key)).and_then(Value::as_str);
    let text =
        text.filter(|it| old.kind == Kind::Text && new.kind == Kind::Text && *it != old.at_first);
    json!({ new.key: text.map_or_else(|| new.kind.value(new.at_first), Value::from) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_kind_of_check_keeps_what_it_can() {
        let check = |check: Value, chosen| with_kind(Some(&check), chosen);
        assert_eq!(
            check(json!({ "contains": "a" }), "regex"),
            json!({ "regex": "a" })
        );
        assert_eq!(
            check(json!({ "status": 404 }), "under"),
            json!({ "under": "1s" })
        );
        assert_eq!(
            check(json!({ "under": 1 }), "status"),
            json!({ "status": 200 })
        );
        assert_eq!(
            check(json!({ "json": "$.", "equals": 1 }), "header"),
            json!({ "header": "" })
        );
        assert_eq!(check(json!({}), "contains"), json!({ "contains": "" }));
    }
}
