//! The dialog that changes the users of a run that is under way.

use gloo_timers::callback::Timeout;
use mayfly_core::plan::Users;
use yew::prelude::*;

use super::modal::use_dialog;
use super::text_field::TextField;
use crate::browser;
use crate::draft::users::{UsersErrors, parse_users};

#[derive(PartialEq, Properties)]
pub(crate) struct EditDialogProps {
    /// What runs now.
    pub users: Users,
    pub on_edit: Callback<Users>,
    /// Shows the form of the plan, where weights and the kind of the load can be changed too.
    pub on_plan: Callback<()>,
    pub on_close: Callback<()>,
}

#[component]
pub(crate) fn EditDialog(props: &EditDialogProps) -> Html {
    let (dialog, close) = use_dialog();
    let on_edit = {
        let (close, on_edit) = (close.clone(), props.on_edit.clone());
        Callback::from(move |users| {
            close.emit(());
            on_edit.emit(users);
        })
    };
    html! {
        <dialog ref={dialog} aria-labelledby="edit-title" onclose={props.on_close.reform(|_| ())}>
            <UsersForm
                users={props.users}
                {on_edit}
                on_plan={props.on_plan.clone()}
                on_cancel={close}
            />
        </dialog>
    }
}

#[derive(PartialEq, Properties)]
struct UsersFormProps {
    users: Users,
    on_edit: Callback<Users>,
    on_plan: Callback<()>,
    on_cancel: Callback<()>,
}

#[component]
fn UsersForm(props: &UsersFormProps) -> Html {
    let users = use_state(|| props.users.users.get().to_string());
    let spawn_rate = use_state(|| props.users.spawn_rate.get().to_string());
    let errors = use_state(UsersErrors::default);
    let onsubmit = {
        let (users, spawn_rate) = (users.clone(), spawn_rate.clone());
        let (errors, on_edit) = (errors.clone(), props.on_edit.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match parse_users(&users, &spawn_rate) {
                Ok(edited) => on_edit.emit(edited),
                Err(found) => {
                    errors.set(found);
                    // After the errors are drawn.
                    Timeout::new(0, browser::focus::focus_first_invalid).forget();
                }
            }
        })
    };
    html! {
        <form novalidate=true {onsubmit}>
            <h2 id="edit-title">{ "Edit running load test" }</h2>
            <TextField
                label="Number of users"
                value={(*users).clone()}
                input_mode="numeric"
                hint="at the peak"
                error={errors.users.as_ref().map(ToString::to_string)}
                on_input={Callback::from(move |text| users.set(text))}
            />
            <TextField
                label="Spawn rate"
                value={(*spawn_rate).clone()}
                input_mode="decimal"
                hint="users started, or stopped, per second"
                error={errors.spawn_rate.as_ref().map(ToString::to_string)}
                on_input={Callback::from(move |text| spawn_rate.set(text))}
            />
            { actions(props) }
        </form>
    }
}

fn actions(props: &UsersFormProps) -> Html {
    let other = |text: &str, onclick: &Callback<()>| {
        let onclick = onclick.reform(|_: MouseEvent| ());
        html! { <button type="button" class="button" {onclick}>{ text }</button> }
    };
    html! {
        <div class="actions">
            <button type="submit" class="button primary">{ "Update" }</button>
            { other("Cancel", &props.on_cancel) }
            { other("Edit the plan…", &props.on_plan) }
        </div>
    }
}
