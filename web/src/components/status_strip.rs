//! The strip at the top: what runs, and how it goes.

use std::rc::Rc;

use mayfly_core::plan::BaseUrl;
use mayfly_core::run::RunState;
use yew::prelude::*;

use crate::format;
use crate::model::RunModel;

#[derive(PartialEq, Properties)]
pub struct StatusStripProps {
    /// `None` is the simulated API.
    pub base_url: Option<BaseUrl>,
    pub state: RunState,
    pub model: Rc<RunModel>,
}

#[component]
pub fn StatusStrip(props: &StatusStripProps) -> Html {
    let StatusStripProps {
        base_url,
        state,
        model,
    } = props;
    let total = model.total.as_ref();
    let rate = total.map_or(0.0, |total| total.request_rate);
    let (n_failures, n_requests) = total.map_or((0, 0), |it| (it.n_failures, it.n_requests));
    html! {
        <dl class="strip">
            <div class="wide">
                <dt>{ "Host" }</dt>
                { host(base_url.as_ref()) }
            </div>
            <div>
                <dt>{ "Status" }</dt>
                <dd class={classes!("state", state.to_string())} aria-live="polite">
                    { state.to_string() }
                </dd>
            </div>
            <div>
                <dt>{ "Users" }</dt>
                <dd>{ format::count(model.n_users.into()) }</dd>
            </div>
            <div>
                <dt>{ "RPS" }</dt>
                <dd>{ format::rate(rate) }</dd>
            </div>
            <div>
                <dt>{ "Failures" }</dt>
                <dd class={classes!((0 < n_failures).then_some("bad"))}>
                    { format::percent(n_failures, n_requests) }
                </dd>
            </div>
        </dl>
    }
}

fn host(base_url: Option<&BaseUrl>) -> Html {
    match base_url {
        Some(url) => html! {
            <dd class="host" title={url.to_string()}>{ url.as_str() }</dd>
        },
        None => html! {
            <dd class="host">{ "Simulated API " }<span class="badge">{ "simulated" }</span></dd>
        },
    }
}
