//! How long users wait between tasks.

use yew::prelude::*;

use super::editor::Editor;
use super::plan_field::{Kind, PlanField};
use crate::keys::Path;

#[derive(PartialEq, Properties)]
pub(super) struct WaitFieldsProps {
    pub editor: Editor,
    /// Where the wait is.
    pub path: Path,
}

#[component]
pub(super) fn WaitFields(props: &WaitFieldsProps) -> Html {
    let editor = &props.editor;
    let between = props.path.key("between");
    html! {
        <fieldset>
            <legend>{ "Wait time between tasks" }</legend>
            <div class="fields">
                <PlanField
                    editor={editor.clone()}
                    label="Wait from"
                    path={between.index(0)}
                    kind={Kind::Number}
                    input_mode="decimal"
                    hint="seconds"
                />
                <PlanField
                    editor={editor.clone()}
                    label="Wait to"
                    path={between.index(1)}
                    kind={Kind::Number}
                    also={between.clone()}
                    input_mode="decimal"
                    hint="seconds"
                />
            </div>
        </fieldset>
    }
}
