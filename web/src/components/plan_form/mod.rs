//! The plan as a form. Each field shows one value of the plan, and what is wrong with it.

mod editor;
mod load_fields;
mod plan_field;
mod task_list;
mod wait_fields;

use mayfly_core::plan::BaseUrl;
use yew::prelude::*;

use self::load_fields::LoadFields;
use self::plan_field::PlanField;
use self::task_list::TaskList;
use self::wait_fields::WaitFields;
use crate::diagnosis;
use crate::js;
use crate::keys::Path;

pub use self::editor::Editor;

#[derive(PartialEq, Properties)]
pub struct PlanFormProps {
    pub editor: Editor,
}

#[component]
pub fn PlanForm(props: &PlanFormProps) -> Html {
    let editor = &props.editor;
    let class = Path::of("user_class").index(0);
    html! {
        <>
            <PlanField
                editor={editor.clone()}
                label="Host"
                path={Path::of("host")}
                input_mode="url"
                placeholder="Simulated API"
                hint={host_hint(editor)}
            />
            <LoadFields editor={editor.clone()} />
            <TaskList editor={editor.clone()} path={class.key("task")} />
            <WaitFields editor={editor.clone()} path={class.key("wait")} />
        </>
    }
}

fn host_hint(editor: &Editor) -> Html {
    match editor.text(&Path::of("host")).parse::<BaseUrl>() {
        _ if editor.plan.is_simulated() => html! {
            <>
                <span class="badge">{ "simulated" }</span>
                { " Left empty, an API simulated in this page answers. Nothing is sent anywhere." }
            </>
        },
        Ok(target) => {
            let hint = diagnosis::hint(&target, &js::surroundings());
            html! { hint.unwrap_or("The API must allow this page to read its answers (CORS).") }
        }
        Err(_) => html! { "Such as http://127.0.0.1:5000" },
    }
}
