//! A run: what it is doing, and what it measured.

use mayfly_core::plan::Users;
use yew::prelude::*;

use crate::app::Download;
use crate::components::{
    Brand, Charts, DiagnosisNotice, Downloads, EditDialog, FailuresTable, RunButtons, StatsTable,
    StatusStrip, TabBar, panel_id, tab_id,
};
use crate::format;
use crate::js;
use crate::store::{Action, Run, Tab};

#[derive(PartialEq, Properties)]
pub struct RunPageProps {
    pub run: Run,
    pub tab: Tab,
    /// Whether the dialog for new users is open.
    pub is_editing: bool,
    pub on_action: Callback<Action>,
    pub on_stop: Callback<()>,
    pub on_reset: Callback<()>,
    pub on_edit: Callback<Users>,
    pub on_download: Callback<Download>,
}

#[component]
pub fn RunPage(props: &RunPageProps) -> Html {
    let RunPageProps {
        run,
        tab,
        on_action,
        ..
    } = props;
    html! {
        <>
            <header class="bar">
                <Brand />
                <StatusStrip
                    base_url={run.outline.base_url.clone()}
                    state={run.state()}
                    model={run.model.clone()}
                />
                <RunButtons
                    state={run.state()}
                    on_action={on_action.clone()}
                    on_stop={props.on_stop.clone()}
                    on_reset={props.on_reset.clone()}
                />
            </header>
            <main class="run">
                <h1 class="visually-hidden" tabindex="-1">{ "Load test" }</h1>
                { notices(run) }
                <TabBar selected={*tab} on_select={on_action.reform(Action::SelectTab)} />
                <section
                    id={panel_id(*tab)}
                    class="panel"
                    role="tabpanel"
                    aria-labelledby={tab_id(*tab)}
                >
                    { panel(props) }
                </section>
                { aborted(run) }
                if run.state().is_active() && 0 < run.model.n_queued {
                    <p class="note">{ queued(run.model.n_queued) }</p>
                }
            </main>
            if props.is_editing && let Some(users) = run.outline.users {
                <EditDialog
                    {users}
                    on_edit={props.on_edit.clone()}
                    on_close={on_action.reform(|()| Action::CloseEdit)}
                />
            }
        </>
    }
}

fn panel(props: &RunPageProps) -> Html {
    let Run {
        model,
        started_millis,
        ..
    } = &props.run;
    match props.tab {
        Tab::Statistics => html! {
            <StatsTable model={model.clone()} />
        },
        Tab::Charts => html! {
            <Charts model={model.clone()} started_millis={*started_millis} />
        },
        Tab::Failures => html! {
            <FailuresTable model={model.clone()} started_millis={*started_millis} />
        },
        Tab::DownloadData => html! {
            <Downloads has_requests={!model.rows.is_empty()} on_download={props.on_download.clone()} />
        },
    }
}

/// Requests that were cut off are in no other number, so they are named.
fn aborted(run: &Run) -> Html {
    let n_aborted = run.model.n_aborted;
    if n_aborted == 0 {
        return html! {};
    }
    let text = match n_aborted {
        1 => "1 request was under way when its user was stopped. It was aborted, and is in no other count.".to_owned(),
        _ => format!(
            "{} requests were under way when their users were stopped. They were aborted, and are in no other count.",
            format::count(n_aborted)
        ),
    };
    html! { <p class="note">{ text }</p> }
}

/// What a person should know before reading the numbers.
fn notices(run: &Run) -> Html {
    let base_url = run.outline.base_url.clone();
    html! {
        <>
            if let Some(reason) = &run.engine_error {
                <div class="notice danger" role="alert">
                    <p><strong>{ format!("The engine stopped: {reason}.") }</strong></p>
                    <p>{ "What was measured up to then is below; requests that were under way are in no count. New starts another run." }</p>
                </div>
            }
            if let (Some(target), Some(diagnosis)) = (base_url, run.diagnosis) {
                <DiagnosisNotice {target} {diagnosis} surroundings={js::surroundings()} />
            }
        </>
    }
}

fn queued(n_queued: u32) -> String {
    let users = match n_queued {
        1 => "1 user waits".to_owned(),
        _ => format!("{} users wait", format::count(n_queued.into())),
    };
    format!("{users} for a free connection. That wait is part of the response times.")
}
