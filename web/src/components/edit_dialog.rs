//! The dialog that changes the users of a run that is under way.

use gloo_timers::callback::Timeout;
use mayfly_core::plan::Users;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::text_field::TextField;
use crate::js;
use crate::outline::{UsersErrors, parse_users};

#[derive(PartialEq, Properties)]
pub struct EditDialogProps {
    /// What runs now.
    pub users: Users,
    pub on_edit: Callback<Users>,
    /// Shows the whole plan of the run, to change its weights or the kind of its load.
    pub on_plan: Callback<()>,
    pub on_close: Callback<()>,
}

#[component]
pub fn EditDialog(props: &EditDialogProps) -> Html {
    let users = use_state(|| props.users.users.get().to_string());
    let spawn_rate = use_state(|| props.users.spawn_rate.get().to_string());
    let errors = use_state(UsersErrors::default);
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            // Fails only where it is shown already.
            let _ = dialog.show_modal();
        }
    });
    let onsubmit = {
        let (users, spawn_rate) = (users.clone(), spawn_rate.clone());
        let (errors, on_edit) = (errors.clone(), props.on_edit.clone());
        let dialog = dialog.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match parse_users(&users, &spawn_rate) {
                Ok(edited) => {
                    // Gives the focus back to where it was.
                    close(&dialog);
                    on_edit.emit(edited);
                }
                Err(found) => {
                    errors.set(found);
                    // After the errors are drawn.
                    Timeout::new(0, js::focus_first_invalid).forget();
                }
            }
        })
    };
    let on_cancel = {
        let dialog = dialog.clone();
        // Closing it says so by `onclose`.
        Callback::from(move |_: MouseEvent| close(&dialog))
    };
    html! {
        <dialog ref={dialog} aria-labelledby="edit-title" onclose={props.on_close.reform(|_| ())}>
            <form novalidate=true {onsubmit}>
                <h2 id="edit-title">{ "Edit running load test" }</h2>
                <TextField
                    label="Users"
                    value={(*users).clone()}
                    input_mode="numeric"
                    hint="at the peak"
                    error={errors.users.as_ref().map(ToString::to_string)}
                    on_input={Callback::from(move |text| users.set(text))}
                />
                <TextField
                    label="Users started per second"
                    value={(*spawn_rate).clone()}
                    input_mode="decimal"
                    hint="also the rate at which they stop"
                    error={errors.spawn_rate.as_ref().map(ToString::to_string)}
                    on_input={Callback::from(move |text| spawn_rate.set(text))}
                />
                <div class="actions">
                    <button type="submit" class="button primary">{ "Update" }</button>
                    <button
                        type="button"
                        class="button"
                        onclick={on_cancel}
                    >
                        { "Cancel" }
                    </button>
                    <button
                        type="button"
                        class="button"
                        onclick={props.on_plan.reform(|_| ())}
                    >
                        { "Edit the plan…" }
                    </button>
                </div>
            </form>
        </dialog>
    }
}

fn close(dialog: &NodeRef) {
    if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
        dialog.close();
    }
}
