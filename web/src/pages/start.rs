//! The plan: written in a form or as text, and started.

use std::rc::Rc;

use yew::prelude::*;

use crate::browser;
use crate::components::plan_form::MoreParts;
use crate::components::{Brand, Editor, FormPart, PageTools, PlanFiles, PlanForm};
use crate::control::Intent;
use crate::draft::load_kind::kind_of;
use crate::store::{Action, Dialog, PlanAction, PlanDoc, View};
use crate::view::format::sentence;
use mayfly_core::plan::LoadKind;

#[derive(PartialEq, Properties)]
pub(crate) struct StartPageProps {
    pub plan: Rc<PlanDoc>,
    /// Whether there is a run to go back to.
    pub has_run: bool,
    /// What the load of the run that is under way is about; `None` if there is none under way.
    pub running: Option<LoadKind>,
    /// The parts of the form that are loaded later.
    pub more: MoreParts,
    /// Whether a run starts as soon as what it needs is loaded.
    pub is_starting: bool,
    /// The most that the browser can send, in words; `None` if no trial has shown it.
    pub ceiling: Option<String>,
    pub on_action: Callback<Action>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub(crate) fn StartPage(props: &StartPageProps) -> Html {
    let StartPageProps {
        plan,
        on_action,
        on_intent,
        ..
    } = props;
    let on_plan = on_action.reform(Action::Plan);
    let drop = use_drop(on_intent.reform(Intent::OpenFiles));
    let on_open = on_intent.reform(|file| Intent::OpenFiles(vec![file]));
    let class = classes!(
        "start",
        plan.shows_text.then_some("wide"),
        drop.is_over.then_some("dropping")
    );
    let editor = Editor {
        plan: plan.clone(),
        more: props.more,
        on_plan: on_plan.clone(),
        on_intent: on_intent.clone(),
    };
    html! {
        <>
            { bar(props) }
            <main {class} ondragover={drop.on_over} ondragleave={drop.on_leave} ondrop={drop.on_drop}>
                { heading(props.running.is_some()) }
                { toolbar(props, &on_plan, on_open) }
                { refusal(plan) }
                <form class="plan" novalidate=true onsubmit={on_submit(props)}>
                    <div class="card">
                        { origin(plan, &on_plan) }
                        { form(&editor) }
                        { actions(props, &on_plan) }
                    </div>
                    if plan.shows_text {
                        <div class="card">
                            { editor.part(&FormPart::Text) }
                        </div>
                    }
                </form>
            </main>
        </>
    }
}

fn bar(props: &StartPageProps) -> Html {
    let on_history = props.on_intent.reform(|_| Intent::ShowHistory);
    html! {
        <header class="bar">
            <Brand />
            if props.has_run && props.running.is_none() {
                <button type="button" class="button" onclick={show_run(&props.on_action)}>
                    { "Back to the last run" }
                </button>
            }
            <button type="button" class="button" onclick={on_history}>{ "History" }</button>
            <PageTools on_action={props.on_action.clone()} />
        </header>
    }
}

fn heading(is_running: bool) -> Html {
    let (title, text) = if is_running {
        (
            "Edit running load test",
            "The run continues in the meantime.",
        )
    } else {
        (
            "Start new load test",
            match browser::programs::native_engine() {
                Some(_) => "Simulated users load your API, and you watch how it copes.",
                None => "Users simulated in this tab load your API, and you watch how it copes.",
            },
        )
    };
    html! {
        <>
            <h1 tabindex="-1">{ title }</h1>
            <p>{ text }</p>
        </>
    }
}

/// What a person should know of where the plan in the form comes from.
fn origin(plan: &PlanDoc, on_plan: &Callback<PlanAction>) -> Html {
    let back = plan.replaced.as_ref().map(|_| {
        let take_back = on_plan.reform(|_| PlanAction::TakeBack);
        let discard = on_plan.reform(|_| PlanAction::Discard);
        html! {
            <>
                <button type="button" class="button small" onclick={take_back}>
                    { "Back to my plan" }
                </button>
                { " " }
                <button type="button" class="button small" onclick={discard}>
                    { "Discard my plan" }
                </button>
            </>
        }
    });
    html! {
        <>
            if plan.is_from_link {
                <p class="notice info" role="status">
                    { "This plan came from a link. Look at it first: nothing is sent until you start it. " }
                    { for back }
                </p>
            } else if plan.replaced.is_some() {
                <p class="notice info" role="status">
                    { "The plan that was here before the link is still there. " }
                    { for back }
                </p>
            }
            if plan.is_broken {
                <p class="notice" role="status">
                    { "The text cannot be read, so the form shows the plan as it was before." }
                </p>
            }
        </>
    }
}

fn form(editor: &Editor) -> Html {
    html! {
        <>
            <PlanForm editor={editor.clone()} />
            <div aria-live="polite">
                if editor.plan.is_checked && !editor.plan.problems.is_empty() {
                    { editor.part(&FormPart::Problems) }
                }
                if !editor.plan.warnings.is_empty() {
                    { editor.part(&FormPart::Warnings) }
                }
            </div>
        </>
    }
}

fn on_submit(props: &StartPageProps) -> Callback<SubmitEvent> {
    let (is_running, is_starting) = (props.running.is_some(), props.is_starting);
    let (on_intent, plan) = (props.on_intent.clone(), Rc::clone(&props.plan));
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        if is_running {
            on_intent.emit(Intent::Update);
        } else if !is_starting {
            on_intent.emit(Intent::Start(Some(Rc::clone(&plan))));
        }
    })
}

/// What can be done with the plan.
fn actions(props: &StartPageProps, on_plan: &Callback<PlanAction>) -> Html {
    let is_unseen = props.plan.unseen.map(|_| "true");
    let is_held = (is_unseen.is_some() || props.is_starting).then_some("true");
    let Some(running) = props.running else {
        return html! {
            <>
                <div class="actions">
                    <button
                        type="submit"
                        class="button primary"
                        aria-disabled={is_held}
                        aria-describedby="refusal starting"
                    >
                        { if props.is_starting { "Starting…" } else { "Start Swarming" } }
                    </button>
                    <button type="button" class="button" onclick={reset(on_plan)}>
                        { "Reset to the demo" }
                    </button>
                </div>
                { refusal_to_start(&props.plan) }
                if let Some(text) = &props.ceiling {
                    <p class="note">{ text }</p>
                }
                <p id="starting" class="note" role="status">
                    if props.is_starting {
                        { "The engine is not ready yet. The run starts as soon as it is, with the plan as it was when you clicked." }
                    }
                </p>
            </>
        };
    };
    let kind = kind_of(&props.plan.draft.keys);
    let fits = kind.is_open() == running.is_open();
    let note = if fits {
        "The new load and weights apply immediately; elapsed time is not reset. All other changes take effect with the next run."
    } else if running.is_open() {
        "This run has arrivals, and cannot continue with users. Stop it, and start another."
    } else {
        "This run has users, and cannot continue with arrivals. Stop it, and start another."
    };
    html! {
        <>
            <div class="actions">
                <button
                    type="submit"
                    class="button primary"
                    disabled={!fits}
                    aria-disabled={is_unseen}
                    aria-describedby="refusal update-note"
                >
                    { "Update run" }
                </button>
                <button type="button" class="button" onclick={show_run(&props.on_action)}>
                    { "Back to the run" }
                </button>
            </div>
            { refusal_to_start(&props.plan) }
            <p id="update-note" class="note" role="status">{ note }</p>
        </>
    }
}

/// Why the last click on the button above did nothing.
fn refusal_to_start(plan: &PlanDoc) -> Html {
    html! {
        <div id="refusal">
            if let Some(refusal) = plan.refusal {
                <p class="notice" role="alert">{ sentence(&refusal.to_string()) }</p>
            }
        </div>
    }
}

/// Whether the text is shown, and the plan's files.
fn toolbar(
    props: &StartPageProps,
    on_plan: &Callback<PlanAction>,
    on_open: Callback<web_sys::File>,
) -> Html {
    let shows_text = props.plan.shows_text;
    let on_share = props
        .on_action
        .reform(|_| Action::OpenDialog(Dialog::Share));
    html! {
        <div class="switch">
            <button
                type="button"
                class="button small"
                aria-pressed={if shows_text { "true" } else { "false" }}
                onclick={on_plan.reform(move |_| PlanAction::ShowText(!shows_text))}
            >
                { "Plan text" }
            </button>
            <span class="apart" />
            <PlanFiles {on_open} on_save={props.on_intent.reform(|()| Intent::SavePlan)} />
            <button type="button" class="button small" onclick={on_share}>{ "Share" }</button>
        </div>
    }
}

/// Why a file was not opened. What belongs to a part of the form is said there.
fn refusal(plan: &PlanDoc) -> Html {
    let refused = plan.refused.as_ref().filter(|it| it.path.is_empty());
    match refused {
        Some(problem) => html! {
            <p class="notice" role="alert">
                { format!("The file was not opened: {}.", problem.message) }
            </p>
        },
        None => Html::default(),
    }
}

fn show_run(on_action: &Callback<Action>) -> Callback<MouseEvent> {
    on_action.reform(|_| Action::Show(View::Run))
}

fn reset(on_plan: &Callback<PlanAction>) -> Callback<MouseEvent> {
    on_plan.reform(|_| PlanAction::Open(Box::default()))
}

/// Files that are dragged onto the page.
struct Drop {
    is_over: bool,
    on_over: Callback<DragEvent>,
    on_leave: Callback<DragEvent>,
    on_drop: Callback<DragEvent>,
}

#[hook]
fn use_drop(on_open: Callback<Vec<web_sys::File>>) -> Drop {
    let is_over = use_state_eq(|| false);
    let set = |value: bool| {
        let is_over = is_over.clone();
        Callback::from(move |event: DragEvent| {
            // A text goes into a field, as anywhere.
            if browser::files::has_files(&event) {
                // Or the browser would leave the page for the file.
                event.prevent_default();
                is_over.set(value);
            }
        })
    };
    let on_drop = {
        let is_over = is_over.clone();
        Callback::from(move |event: DragEvent| {
            is_over.set(false);
            if !browser::files::has_files(&event) {
                return;
            }
            event.prevent_default();
            let files = event.data_transfer().and_then(|it| it.files());
            let Some(files) = files else { return };
            on_open.emit(
                (0..files.length())
                    .filter_map(|nth| files.get(nth))
                    .collect(),
            );
        })
    };
    Drop {
        is_over: *is_over,
        on_over: set(true),
        on_leave: set(false),
        on_drop,
    }
}
