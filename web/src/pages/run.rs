//! A run: what it is doing, and what it measured.

use std::rc::Rc;

use mayfly_core::http::request::RequestName;
use mayfly_core::report::Ending;
use yew::prelude::*;

use crate::browser;
use crate::browser::programs::native_engine;
use crate::components::{
    Brand, Charts, DiagnosisNotice, Downloads, EditDialog, ExceptionsTable, FailuresTable, LogList,
    PageTools, Ratios, RowPanel, RunButtons, StatsTable, StatusStrip, TabBar, ThresholdList,
    ValidityList, load_of_run, panel_id, tab_id,
};
use crate::control::Intent;
use crate::store::{Action, Dialog, Log, Run, Tab, TableAction, TableId, Tables, View};
use crate::view::format;
use crate::view::model::RunModel;

#[derive(PartialEq, Properties)]
pub(crate) struct RunPageProps {
    pub run: Run,
    pub tab: Tab,
    /// Labels of the lines that are hidden in the charts.
    pub hidden_lines: Rc<[String]>,
    /// The rows of the statistics whose charts are shown.
    pub selected_rows: Vec<RequestName>,
    pub tables: Tables,
    pub log: Rc<Log>,
    pub dialog: Option<Dialog>,
    /// Why a file of the run was not made, as a sentence.
    pub problem: Option<String>,
    pub on_action: Callback<Action>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub(crate) fn RunPage(props: &RunPageProps) -> Html {
    let RunPageProps {
        run,
        tab,
        on_action,
        on_intent,
        ..
    } = props;
    html! {
        <>
            <header class="bar">
                <Brand />
                <StatusStrip
                    title={run.title.clone()}
                    host={run.targets.label()}
                    state={run.state()}
                    length={run.summary.length}
                    model={run.model.clone()}
                    grade={run.grade()}
                    engine={native_engine()}
                />
                <RunButtons
                    state={run.state()}
                    saved={run.saved_as.is_some().then(|| run.clone())}
                    on_action={on_action.clone()}
                    on_intent={on_intent.clone()}
                />
                <PageTools on_action={on_action.clone()} />
            </header>
            <main class="run">
                <h1 class="visually-hidden" tabindex="-1">{ "Load test" }</h1>
                if let Some(problem) = &props.problem {
                    <div class="notice danger" role="alert"><p>{ problem }</p></div>
                }
                { notices(run) }
                <ThresholdList
                    thresholds={run.thresholds.clone()}
                    verdict={run.is_over().then(|| run.verdict())}
                    grade={run.grade()}
                />
                <ValidityList
                    validity={run.validity.clone()}
                    is_going_on={run.state().is_active()}
                />
                <TabBar
                    selected={*tab}
                    alert={props.log.has_alert.then_some(Tab::Logs)}
                    counts={vec![
                        (Tab::Failures, run.model.counts().1),
                        (Tab::Exceptions, run.model.n_exceptions()),
                    ]}
                    on_select={on_action.reform(Action::SelectTab)}
                />
                <section
                    id={panel_id(*tab)}
                    class="panel"
                    role="tabpanel"
                    aria-labelledby={tab_id(*tab)}
                >
                    { panel(props) }
                </section>
                { unanswered(run) }
                if run.state().is_active() && 0 < run.model.n_queued {
                    <p class="note">{ queued(run.model.n_queued) }</p>
                }
            </main>
            if props.dialog == Some(Dialog::EditUsers) && let Some(users) = run.summary.users {
                <EditDialog
                    {users}
                    on_edit={on_intent.reform(Intent::EditUsers)}
                    on_plan={on_action.reform(|()| Action::Show(View::Form))}
                    on_close={on_action.reform(|()| Action::CloseDialog)}
                />
            }
        </>
    }
}

fn panel(props: &RunPageProps) -> Html {
    let Run {
        id,
        board,
        events,
        model,
        started_millis,
        ..
    } = &props.run;
    let on_download = {
        // An engine that is gone has left what it knew to the history.
        let is_saved = props.run.saved_as.is_some() || props.run.engine_error.is_some();
        let key = is_saved.then(|| props.run.key());
        props
            .on_intent
            .reform(move |(file, keeps)| Intent::Download(key.clone(), file, keeps))
    };
    match props.tab {
        Tab::Statistics => statistics(props),
        Tab::Charts => html! {
            <>
                { load_of_run(&props.run) }
                <Charts
                    key={*id}
                    board={board.clone()}
                    started_millis={*started_millis}
                    events={events.clone()}
                    hidden={props.hidden_lines.clone()}
                    on_toggle={props.on_action.reform(Action::ToggleLine)}
                />
            </>
        },
        Tab::Failures => failures(props),
        Tab::Exceptions => html! {
            <ExceptionsTable
                model={model.clone()}
                started_millis={*started_millis}
                view={props.tables.get(TableId::Exceptions)}
                on_action={on_table(props, TableId::Exceptions)}
            />
        },
        Tab::CurrentRatio => html! { <Ratios draft={props.run.draft.clone()} /> },
        Tab::DownloadData => html! {
            <Downloads
                has_requests={!model.rows.is_empty()}
                plan={props.run.draft.clone()}
                {on_download}
            />
        },
        Tab::Logs if props.run.saved_as.is_some() => html! {
            <p class="empty">{ "The log is of the runs in this page. It is not saved with them." }</p>
        },
        Tab::Logs => html! { <LogList log={props.log.clone()} /> },
    }
}

fn failures(props: &RunPageProps) -> Html {
    let run = &props.run;
    html! {
        <>
            if let Some(diagnosis) = &run.diagnosis {
                <p class="note foreign">
                    { format!("{} Why, and what helps, is at the top of the page.", diagnosis.headline()) }
                </p>
            }
            <FailuresTable
                model={run.model.clone()}
                started_millis={run.started_millis}
                view={props.tables.get(TableId::Failures)}
                on_action={on_table(props, TableId::Failures)}
            />
        </>
    }
}

fn statistics(props: &RunPageProps) -> Html {
    let run = &props.run;
    html! {
        <>
            <StatsTable
                model={run.model.clone()}
                view={props.tables.get(TableId::Statistics)}
                selected={props.selected_rows.clone()}
                on_action={props.on_action.clone()}
            />
            <RowPanel
                board={run.board.clone()}
                started_millis={run.started_millis}
                events={run.events.clone()}
                rows={props.selected_rows.clone()}
                on_close={props.on_action.reform(Action::SelectRow)}
            />
        </>
    }
}

fn on_table(props: &RunPageProps, table: TableId) -> Callback<TableAction> {
    props.on_action.reform(move |it| Action::Table(table, it))
}

/// Requests without an answer are in no other number, so they are named.
fn unanswered(run: &Run) -> Html {
    let RunModel {
        n_aborted,
        n_unsent,
        ..
    } = *run.model;
    html! {
        <>
            if 0 < n_aborted {
                <p class="note">
                    { format!("{} in flight when stopped, and given up: in no other count.", requests(n_aborted)) }
                </p>
            }
            if 0 < n_unsent {
                <p class="note">
                    { format!("{} due and not yet sent when stopped: in no other count.", requests(n_unsent)) }
                </p>
            }
        </>
    }
}

fn requests(count: u64) -> String {
    match count {
        1 => "1 request was".to_owned(),
        count => format!("{} requests were", format::count(count)),
    }
}

/// Why a run ended that was not to end yet.
fn early_end(run: &Run) -> Option<String> {
    let cause = run
        .model
        .end_cause
        .as_ref()
        .filter(|it| !it.is_expected())?;
    let verb = if run.state().is_active() {
        "is ending"
    } else {
        "ended"
    };
    Some(format!("The run {verb} early: {cause}."))
}

/// What a person should know before reading the numbers.
fn notices(run: &Run) -> Html {
    html! {
        <>
            if let Some(reason) = &run.engine_error {
                <div class="notice danger" role="alert">
                    <p><strong>{ reason }</strong></p>
                    <p>{ "Results up to that point are shown below. Requests still in flight were not counted. New starts another run." }</p>
                </div>
            }
            if let Some(reason) = early_end(run) {
                <div class="notice danger" role="alert"><p><strong>{ reason }</strong></p></div>
            }
            if let Some(problem) = &run.save_problem {
                <div class="notice" role="status"><p>{ problem }</p></div>
            }
            if run.runs_elsewhere {
                <div class="notice info" role="status">
                    <p><strong>{ format!("This run is going on in another {}, where it can be stopped.", elsewhere()) }</strong></p>
                    <p>{ format!("Below is what was measured up to {}.", moment(run)) }</p>
                </div>
            }
            if let Some(ending) = &run.ending {
                <div class="notice" role="status">
                    <p><strong>{ interrupted(run, ending) }</strong></p>
                    <p>{ "Results up to that point are shown below." }</p>
                </div>
            }
            if let Some(diagnosis) = &run.diagnosis {
                <DiagnosisNotice
                    diagnosis={(**diagnosis).clone()}
                    needs={run.model.needs(browser::probe::surroundings().page_origin)}
                />
            }
        </>
    }
}

/// Where a run is that is not in this engine.
fn elsewhere() -> &'static str {
    match native_engine() {
        Some(_) => "engine",
        None => "tab",
    }
}

/// When the newest numbers of a run are from.
fn moment(run: &Run) -> String {
    browser::dates::local_date_time(run.started_millis + run.board.at().as_secs_f64() * 1e3)
}

fn interrupted(run: &Run, ending: &Ending) -> String {
    let at = moment(run);
    match ending {
        Ending::EngineLost { reason } => format!("This run was interrupted at {at}. {reason}"),
        Ending::Running | Ending::Stopped => format!(
            "This run was interrupted: nothing came after {at}. {} was closed or died, or the machine went to sleep.",
            match native_engine() {
                Some(_) => "Its engine",
                None => "The tab",
            }
        ),
    }
}

fn queued(n_queued: u32) -> String {
    let users = match n_queued {
        1 => "1 user waits".to_owned(),
        _ => format!("{} users wait", format::count(n_queued.into())),
    };
    format!("{users} for a free connection. That wait is part of the response times.")
}
