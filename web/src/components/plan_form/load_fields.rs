//! How much load there is, and until when.

use yew::prelude::*;

use super::editor::Editor;
use super::plan_field::{Kind, PlanField};
use crate::keys::Path;

#[derive(PartialEq, Properties)]
pub(super) struct LoadFieldsProps {
    pub editor: Editor,
}

#[component]
pub(super) fn LoadFields(props: &LoadFieldsProps) -> Html {
    let editor = &props.editor;
    let load = Path::of("load");
    html! {
        <div class="fields">
            <PlanField
                editor={editor.clone()}
                label="Number of users"
                path={load.key("users")}
                kind={Kind::Number}
                input_mode="numeric"
                hint="at the peak"
            />
            <PlanField
                editor={editor.clone()}
                label="Spawn rate"
                path={load.key("spawn_rate")}
                kind={Kind::Number}
                also={load.clone()}
                input_mode="decimal"
                hint="users started per second"
            />
            <PlanField
                editor={editor.clone()}
                label="Run time"
                path={load.key("run_time")}
                kind={Kind::Number}
                placeholder="until stopped"
                hint="such as 20, 20s, 3m, 1h20m"
            />
        </div>
    }
}
