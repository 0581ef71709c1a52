//! Conditions that decide whether the run passed.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::list::{PlanList, use_list};
use super::plan_field::{PlanField, check_box};
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

#[derive(PartialEq, Properties)]
pub(super) struct ThresholdListProps {
    pub editor: Editor,
}

#[component]
pub(super) fn ThresholdList(props: &ThresholdListProps) -> Html {
    let editor = &props.editor;
    let path = Path::of("thresholds");
    let list = use_list(editor, &path, editor.len(&path));
    html! {
        <>
            <p class="note">{ HINT }</p>
            for (index, (key, path)) in list.items().enumerate() {
                { threshold(editor, &list, index, key, &path) }
            }
            { list.error() }
            <div class="adders">{ list.add_button("Add threshold", "p95 < 500ms".into()) }</div>
        </>
    }
}

fn threshold(editor: &Editor, list: &PlanList, index: usize, key: u32, path: &Path) -> Html {
    let is_table = editor.get(path).is_some_and(Value::is_object);
    let condition = if is_table {
        path.key("check")
    } else {
        path.clone()
    };
    let aborts = editor.get(&path.key("abort")) == Some(&true.into());
    let on_abort = {
        let (path, text) = (path.clone(), editor.text(&condition));
        editor.on(move |aborts| Edit::Set(path.clone(), with_abort(&text, aborts)))
    };
    let error = editor.error(path).filter(|_| is_table);
    let abort_label = editor.label("Abort the run", &path.key("abort"));
    html! {
        <div {key} class="threshold-row">
            <PlanField
                editor={editor.clone()}
                label="Condition"
                path={condition}
                placeholder="p95 < 500ms"
                stays=true
                bare=true
            />
            { check_box(html! { "abort" }, abort_label, aborts, on_abort) }
            { list.remove_button(index) }
            if let Some(error) = error {
                <p class="help error">{ sentence(error) }</p>
            }
        </div>
    }
}

fn with_abort(condition: &str, aborts: bool) -> Value {
    if aborts {
        json!({ "check": condition, "abort": true })
    } else {
        condition.into()
    }
}

const HINT: &str = "Such as “p95 < 500ms”, “fail_ratio < 1%”, “GET /cart: p99 < 1s over 30s”. \
                    With “abort”, the run ends once one does not hold.";
