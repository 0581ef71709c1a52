//! A question before requests are sent: what will be loaded, and how much.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::modal::use_dialog;
use crate::browser;
use crate::browser::programs::native_engine;
use crate::control::Intent;
use crate::draft::script;
use crate::gate::agreements::is_near_host;
use crate::gate::{READING_MILLIS, Refusal};
use crate::store::{About, Action, Question, Then};
use crate::view::format::sentence;
use crate::view::question;

#[derive(PartialEq, Properties)]
pub(crate) struct QuestionDialogProps {
    pub question: Rc<Question>,
    /// Why the last answer was not taken.
    pub refusal: Option<Refusal>,
    pub on_action: Callback<Action>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub(crate) fn QuestionDialog(props: &QuestionDialogProps) -> Html {
    let (dialog, close) = use_dialog();
    let (question, asked_millis) = (&props.question, props.question.asked_millis);
    use_effect_with(asked_millis.to_bits(), {
        let on_action = props.on_action.clone();
        move |_| {
            browser::after_drawing(move || {
                let settle = move || on_action.emit(Action::SettleQuestion(asked_millis));
                Timeout::new(READING_MILLIS, settle).forget();
            });
        }
    });
    let is_held = (!question.is_read).then_some("true");
    html! {
        <dialog
            ref={dialog}
            role="alertdialog"
            aria-labelledby="question-title"
            aria-describedby="question"
            onclose={props.on_action.reform(|_| Action::CloseQuestion)}
        >
            <div class="modal">
                <h2 id="question-title">{ title(question) }</h2>
                { text(question) }
                if let Some(refusal) = props.refusal {
                    <p class="notice" role="alert">{ sentence(&refusal.to_string()) }</p>
                }
                <div class="actions">
                    <button
                        type="button"
                        class="button primary"
                        aria-disabled={is_held}
                        onclick={props.on_intent.reform(|_| Intent::Agree)}
                    >
                        { agreement(question) }
                    </button>
                    <button type="button" class="button" autofocus=true onclick={close.reform(|_| ())}>
                        { "Cancel" }
                    </button>
                </div>
            </div>
        </dialog>
    }
}

fn title(question: &Question) -> &'static str {
    match question.then {
        Then::Start(..) => "Start this swarm?",
        Then::EditUsers(..) | Then::Update(_) => "Raise the load?",
    }
}

/// What the button says that agrees.
fn agreement(question: &Question) -> &'static str {
    match question.then {
        Then::EditUsers(..) | Then::Update(_) => "Raise the load",
        Then::Start(..) if question.is_shared => "Start anyway",
        Then::Start(..) => "Start Swarming",
    }
}

/// What is not known of a locustfile.
fn python() -> &'static str {
    match native_engine() {
        Some(_) => {
            "Its locustfile may load other hosts too. Which, and how many requests it sends, only Python knows."
        }
        None => "How much its locustfile sends, only Python knows.",
    }
}

fn is_python(question: &Question) -> bool {
    match &question.then {
        Then::Start(_, draft) => script::text(&draft.keys).is_some(),
        Then::EditUsers(..) | Then::Update(_) => false,
    }
}

fn text(question: &Question) -> Html {
    html! {
        <div id="question" class="question">
            if let Some(cause) = question.cause {
                <p>{ question::why(cause) }</p>
            }
            { about(question) }
            if is_python(question) {
                <p>{ python() }</p>
            }
            if question.cause.is_some() {
                <p>{ question::WHOSE }</p>
            }
            if question.is_shared {
                <p class="notice">{ question::SHARED }</p>
            }
        </div>
    }
}

/// What is loaded, and how much.
fn about(question: &Question) -> Html {
    let About {
        targets,
        forecast,
        summary,
    } = &question.about;
    let knows_requests = !matches!(question.then, Then::EditUsers(..)) && !is_python(question);
    let hosts = &targets.hosts;
    let far = if hosts.iter().all(|it| is_near_host(it)) {
        None
    } else {
        Some(" (this machine or its network)")
    };
    html! {
        <dl>
            if !hosts.is_empty() {
                <dt>{ if hosts.len() == 1 { "Host" } else { "Hosts" } }</dt>
                <dd>
                    <ul class="plain" tabindex="0">
                        for host in hosts {
                            <li key={host.clone()}>
                                <code dir="auto">{ host }</code>
                                if is_near_host(host) {
                                    { far }
                                }
                            </li>
                        }
                    </ul>
                </dd>
            }
            if let Some(forecast) = forecast {
                <dt>{ "Peak" }</dt>
                <dd>{ question::peak(forecast.peak) }</dd>
                if knows_requests {
                    <dt>{ "Requests" }</dt>
                    <dd>{ question::requests(forecast, summary.length) }</dd>
                }
            }
        </dl>
    }
}
