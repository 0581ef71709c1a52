//! The start form.

use mayfly_core::plan::PlanError;
use yew::prelude::*;

use crate::components::{Brand, TaskList, TextField};
use crate::diagnosis;
use crate::form::{Field, Form, FormErrors};
use crate::js;
use crate::store::{Action, View};

#[derive(PartialEq, Properties)]
pub struct StartPageProps {
    pub form: Form,
    /// Whether errors are shown.
    pub is_checked: bool,
    /// Whether there is a run to go back to.
    pub has_run: bool,
    pub on_action: Callback<Action>,
    pub on_start: Callback<()>,
}

#[component]
pub fn StartPage(props: &StartPageProps) -> Html {
    let StartPageProps {
        form,
        is_checked,
        on_action,
        ..
    } = props;
    let errors = if *is_checked {
        form.errors()
    } else {
        FormErrors::default()
    };
    let onsubmit = {
        let on_start = props.on_start.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            on_start.emit(());
        })
    };
    html! {
        <>
            <header class="bar">
                <Brand />
                if props.has_run {
                    <button type="button" class="button" onclick={show_run(on_action)}>
                        { "Back to the last run" }
                    </button>
                }
            </header>
            <main class="start">
                <h1 tabindex="-1">{ "Start new load test" }</h1>
                <p>{ "Users simulated in this tab load your API, and you watch how it copes." }</p>
                <form class="card" novalidate=true {onsubmit}>
                    { host_field(form, errors.host.as_ref(), on_action) }
                    { load_fields(form, &errors, on_action) }
                    <TaskList
                        tasks={form.tasks.clone()}
                        errors={errors.rows.clone()}
                        error={errors.tasks.as_ref().map(ToString::to_string)}
                        on_action={on_action.clone()}
                    />
                    { wait_fields(form, &errors, on_action) }
                    <div class="actions">
                        <button type="submit" class="button primary">{ "Start Swarming" }</button>
                        <button type="button" class="button" onclick={reset_form(on_action)}>
                            { "Reset to the demo" }
                        </button>
                    </div>
                </form>
            </main>
        </>
    }
}

fn show_run(on_action: &Callback<Action>) -> Callback<MouseEvent> {
    on_action.reform(|_| Action::Show(View::Run))
}

fn reset_form(on_action: &Callback<Action>) -> Callback<MouseEvent> {
    on_action.reform(|_| Action::ResetForm)
}

fn host_field(form: &Form, error: Option<&PlanError>, on_action: &Callback<Action>) -> Html {
    let hint = match form.host.parse() {
        _ if form.is_simulated() => html! {
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
    };
    html! {
        <TextField
            label="Host"
            value={form.host.clone()}
            placeholder="Simulated API"
            input_mode="url"
            {hint}
            error={error.map(ToString::to_string)}
            on_input={edit(Field::Host, on_action)}
        />
    }
}

fn load_fields(form: &Form, errors: &FormErrors, on_action: &Callback<Action>) -> Html {
    html! {
        <div class="fields">
            <TextField
                label="Number of users"
                value={form.users.clone()}
                input_mode="numeric"
                hint="at the peak"
                error={errors.users.as_ref().map(ToString::to_string)}
                on_input={edit(Field::Users, on_action)}
            />
            <TextField
                label="Spawn rate"
                value={form.spawn_rate.clone()}
                input_mode="decimal"
                hint="users started per second"
                error={errors.spawn_rate.as_ref().map(ToString::to_string)}
                on_input={edit(Field::SpawnRate, on_action)}
            />
            <TextField
                label="Run time"
                value={form.run_time.clone()}
                placeholder="until stopped"
                hint="such as 20, 20s, 3m, 1h20m"
                error={errors.run_time.as_ref().map(ToString::to_string)}
                on_input={edit(Field::RunTime, on_action)}
            />
        </div>
    }
}

fn wait_fields(form: &Form, errors: &FormErrors, on_action: &Callback<Action>) -> Html {
    html! {
        <fieldset>
            <legend>{ "Wait time between tasks" }</legend>
            <div class="fields">
                <TextField
                    label="Wait from"
                    value={form.wait_from.clone()}
                    input_mode="decimal"
                    hint="seconds"
                    error={errors.wait_from.as_ref().map(ToString::to_string)}
                    on_input={edit(Field::WaitFrom, on_action)}
                />
                <TextField
                    label="Wait to"
                    value={form.wait_to.clone()}
                    input_mode="decimal"
                    hint="seconds"
                    error={errors.wait_to.as_ref().map(ToString::to_string)}
                    on_input={edit(Field::WaitTo, on_action)}
                />
            </div>
        </fieldset>
    }
}

fn edit(field: Field, on_action: &Callback<Action>) -> Callback<String> {
    on_action.reform(move |text| Action::EditField(field, text))
}
