//! The strip at the top: what runs, and how it goes.

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::run_state::RunState;
use mayfly_core::verdict::validity::Grade;
use yew::prelude::*;

use super::validity_list::mood;
use crate::view::format;
use crate::view::model::RunModel;

#[derive(PartialEq, Properties)]
pub struct StatusStripProps {
    /// What the run is called; may be empty.
    pub title: String,
    /// What is loaded; `None` is the simulated API.
    pub host: Option<String>,
    pub state: RunState,
    /// When the run ends by itself, if that is known.
    pub length: Option<Duration>,
    pub model: Rc<RunModel>,
    /// How far the numbers are to be believed; `None` until that is known.
    pub grade: Option<Grade>,
    /// The engine, if it is not this tab.
    pub engine: Option<String>,
}

#[component]
pub fn StatusStrip(props: &StatusStripProps) -> Html {
    let StatusStripProps {
        title,
        host: target,
        state,
        length,
        model,
        grade,
        engine,
    } = props;
    let rate = model.total.as_ref().map_or(0.0, |it| it.request_rate);
    let (n_requests, n_failures) = model.counts();
    let elapsed = model.at.to_duration();
    let length = length.filter(|_| state.is_active());
    html! {
        <dl class="strip">
            if !title.is_empty() {
                { wide("Run", html! { <dd class="host" title={title.clone()}><bdi>{ title }</bdi></dd> }) }
            }
            { wide("Host", host(target.as_deref())) }
            <div>
                <dt>{ "Status" }</dt>
                <dd class={classes!("state", state.to_string())} aria-live="polite">
                    { state.to_string() }
                </dd>
            </div>
            // It has its place before it is known.
            if grade.is_some() || state.is_active() {
                <div>
                    <dt>{ "Numbers" }</dt>
                    <dd class={classes!(grade.map(mood))} aria-live="polite">
                        { grade.map_or_else(|| format::NONE.to_owned(), |it| it.to_string()) }
                    </dd>
                </div>
            }
            { figure("Users", format::count(model.n_users.into()), false) }
            if 0 < model.n_dead {
                { figure("Ended users", format::count(model.n_dead), true) }
            }
            { figure("RPS", format::rate(rate), false) }
            { figure("Failures", format::percent(n_failures, n_requests), 0 < n_failures) }
            { figure("Elapsed", format::clock(elapsed), false) }
            if let Some(length) = length {
                { figure("Remaining", format::remaining(length, elapsed), false) }
            }
            if let Some(engine) = engine {
                { figure("Engine", engine.clone(), false) }
            }
        </dl>
    }
}

fn wide(title: &str, description: Html) -> Html {
    html! { <div class="wide"><dt>{ title }</dt>{ description }</div> }
}

fn figure(title: &str, text: String, is_bad: bool) -> Html {
    html! { <div><dt>{ title }</dt><dd class={classes!(is_bad.then_some("bad"))}>{ text }</dd></div> }
}

fn host(target: Option<&str>) -> Html {
    match target {
        Some(target) => html! {
            <dd class="host" title={target.to_owned()}>{ target }</dd>
        },
        None => html! {
            <dd class="host">{ "Simulated API " }<span class="badge">{ "simulated" }</span></dd>
        },
    }
}
