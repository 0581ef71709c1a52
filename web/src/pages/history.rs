//! The saved runs.

use std::rc::Rc;

use mayfly_core::run_state::RunState;
use mayfly_core::verdict::validity::Grade;
use web_sys::{HtmlElement, HtmlInputElement, SubmitEvent};
use yew::prelude::*;

use crate::browser;
use crate::browser::programs::native_engine;
use crate::browser::promise::Promise;
use crate::browser::promise::use_promise;
use crate::components::{Brand, FileButton, PageTools};
use crate::control::Intent;
use crate::store::{Action, History, HistoryAction, View};
use crate::view::format;
use mayfly_engine::file::RunFile;
use mayfly_engine::history::{HistoryCommand, RunEntry, RunKey};

#[derive(PartialEq, Properties)]
pub(crate) struct HistoryPageProps {
    pub history: History,
    /// The run in this page to go back to, by what it is doing.
    pub run: Option<RunState>,
    pub on_action: Callback<Action>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub(crate) fn HistoryPage(props: &HistoryPageProps) -> Html {
    let HistoryPageProps {
        history, on_action, ..
    } = props;
    let keeps_credentials = use_state_eq(|| true);
    let has_runs = history.entries.as_ref().is_some_and(|it| !it.is_empty());
    html! {
        <>
            <header class="bar">
                <Brand />
                <div class="buttons apart">
                    if let Some(run) = props.run {
                        <button type="button" class="button" onclick={show(on_action, View::Run)}>
                            { if run.is_active() { "Back to the run" } else { "Back to the last run" } }
                        </button>
                    }
                    if !props.run.is_some_and(RunState::is_active) {
                        <button type="button" class="button primary" onclick={show(on_action, View::Form)}>
                            { "New" }
                        </button>
                    }
                </div>
                <PageTools on_action={on_action.clone()} />
            </header>
            <main class="run">
                <h1 tabindex="-1">{ "History" }</h1>
                if let Some(problem) = &history.problem {
                    <div class="notice danger" role="alert"><p>{ problem }</p></div>
                }
                { toolbar(props) }
                if has_runs {
                    { exports(&keeps_credentials) }
                }
                { list(props, *keeps_credentials) }
                if has_runs {
                    <Keeping />
                }
            </main>
        </>
    }
}

fn show(on_action: &Callback<Action>, view: View) -> Callback<MouseEvent> {
    on_action.reform(move |_| Action::Show(view))
}

fn toolbar(props: &HistoryPageProps) -> Html {
    let n_marked = props.history.marked.len();
    let on_delete = {
        let (keys, on_intent) = (props.history.marked.clone(), props.on_intent.clone());
        move |_| {
            let question = match keys.len() {
                1 => "Delete this run for good?".to_owned(),
                n_runs => format!("Delete these {n_runs} runs for good?"),
            };
            if browser::confirm(&question) {
                let keys = keys.iter().cloned().collect();
                on_intent.emit(Intent::History(HistoryCommand::Delete(keys)));
            }
        }
    };
    html! {
        <div class="switch">
            <button
                type="button"
                class="button small"
                disabled={n_marked != 2}
                title="Mark two runs to compare them"
                onclick={props.on_intent.reform(|_| Intent::Compare)}
            >
                { "Compare" }
            </button>
            <button type="button" class="button small" disabled={n_marked == 0} onclick={on_delete}>
                { "Delete" }
            </button>
            <span class="help" role="status">
                { match n_marked {
                    0 => String::new(),
                    1 => "1 run is marked".to_owned(),
                    _ => format!("{n_marked} runs are marked"),
                } }
            </span>
            <span class="apart" />
            <FileButton
                label="Run file"
                text="Import…"
                accept=".json,application/json"
                on_open={props.on_intent.reform(Intent::ImportRun)}
            />
        </div>
    }
}

/// What is in exported runs, and whether credentials are.
fn exports(keeps_credentials: &UseStateHandle<bool>) -> Html {
    let onchange = {
        let keeps_credentials = keeps_credentials.clone();
        move |event: Event| {
            let is_left_out = event.target_unchecked_into::<HtmlInputElement>().checked();
            keeps_credentials.set(!is_left_out);
        }
    };
    html! {
        <div class="switch">
            <span class="check">
                <input id="without-credentials" type="checkbox" checked={!**keeps_credentials} {onchange} />
                <label for="without-credentials">{ "Leave credentials out of exported runs" }</label>
            </span>
            <span class="help">
                { "An exported run has its plan, with headers, bodies and data, and samples of failed answers." }
            </span>
        </div>
    }
}

fn list(props: &HistoryPageProps, keeps_credentials: bool) -> Html {
    let Some(entries) = &props.history.entries else {
        // What is wrong is said above.
        return match props.history.problem {
            Some(_) => html! { <p class="empty">{ "The saved runs cannot be shown." }</p> },
            None => html! { <p class="empty">{ "Loading the saved runs…" }</p> },
        };
    };
    if entries.is_empty() {
        return html! {
            <p class="empty">
                { format!("No runs yet. Every run you start here is saved {}; you can open, compare and export it later.", place()) }
            </p>
        };
    }
    html! {
        <div class="scroll" role="region" aria-label="Runs" tabindex="0">
            <table class="runs">
                <caption class="visually-hidden">{ "Runs" }</caption>
                <thead>
                    <tr>
                        for title in TITLES {
                            <th scope="col" class={classes!(UNSEEN.contains(&title).then_some("unseen"))}>
                                <span>{ title }</span>
                            </th>
                        }
                    </tr>
                </thead>
                <tbody>
                    for entry in entries.iter() {
                        <RunRow
                            key={entry.key.clone()}
                            entry={Rc::new(entry.clone())}
                            is_marked={props.history.marked.contains(&entry.key)}
                            is_renamed={props.history.renaming.as_ref() == Some(&entry.key)}
                            {keeps_credentials}
                            on_action={props.on_action.clone()}
                            on_intent={props.on_intent.clone()}
                        />
                    }
                </tbody>
            </table>
        </div>
    }
}

/// How long runs are kept. Shown where there are some, so that nobody is asked before.
#[component]
fn Keeping() -> Html {
    let (promise, on_ask) = use_promise();
    let Some(promise) = promise else {
        return html! {};
    };
    html! {
        <div class="switch">
            <p class="note" role="status">{ promise.sentence() }</p>
            if promise == Promise::Absent {
                <button type="button" class="button small" onclick={on_ask.reform(|_| ())}>
                    { "Keep runs for good" }
                </button>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct RunRowProps {
    entry: Rc<RunEntry>,
    is_marked: bool,
    is_renamed: bool,
    keeps_credentials: bool,
    on_action: Callback<Action>,
    on_intent: Callback<Intent>,
}

#[component]
fn RunRow(props: &RunRowProps) -> Html {
    let entry = &props.entry;
    let key = entry.key.clone();
    let started = browser::dates::local_date_time(entry.started_millis);
    let title = title(entry);
    let rename_button = use_focus_back(props.is_renamed);
    let on_mark = props.on_action.reform({
        let key = key.clone();
        move |_: Event| Action::History(HistoryAction::Mark(key.clone()))
    });
    html! {
        <tr>
            <td>
                <input
                    type="checkbox"
                    aria-label={format!("Mark {}", name(entry))}
                    checked={props.is_marked}
                    onchange={on_mark}
                />
            </td>
            <th scope="row">
                if props.is_renamed {
                    <RenameForm entry={entry.clone()} on_action={props.on_action.clone()} on_intent={props.on_intent.clone()} />
                } else {
                    <button
                        type="button"
                        class="link"
                        title={title.to_owned()}
                        aria-label={format!("{}, {started}", format::line(title))}
                        onclick={open(&key, &props.on_intent)}
                    >
                        <bdi>{ format::line(title) }</bdi>
                    </button>
                }
            </th>
            <td>{ started }</td>
            <td class="host" title={entry.host.clone()}>{ &entry.host }</td>
            <td class={classes!(mood(entry))}>
                { verdict(entry) }
                if let Some(grade) = entry.validity.filter(|it| *it != Grade::Valid) {
                    { " " }<span class="badge">{ grade.to_string() }</span>
                }
            </td>
            <td>{ format::count(entry.n_requests) }</td>
            <td>{ format::percent(entry.n_failures, entry.n_requests) }</td>
            <td>{ format::millis(entry.median) }</td>
            <td>{ format::millis(entry.p95) }</td>
            <td>{ format::rate(entry.request_rate) }</td>
            <td>{ format::count(entry.peak_users.into()) }</td>
            <td>{ format::length(entry.length) }</td>
            <td>{ row_buttons(props, rename_button) }</td>
        </tr>
    }
}

fn title(entry: &RunEntry) -> &str {
    if entry.title.is_empty() {
        "Untitled"
    } else {
        &entry.title
    }
}

/// What tells a run from all others, in words: many have the same title, or none.
fn name(entry: &RunEntry) -> String {
    let started = browser::dates::local_date_time(entry.started_millis);
    format!("the run of {started}: {}", format::line(title(entry)))
}

fn open(key: &RunKey, on_intent: &Callback<Intent>) -> Callback<MouseEvent> {
    let key = key.clone();
    on_intent.reform(move |_| Intent::OpenRun(key.clone()))
}

/// A button to be focused when the form that took its focus is gone, or a keyboard would have to begin
/// at the top of the page again.
#[hook]
fn use_focus_back(is_renamed: bool) -> NodeRef {
    let button = use_node_ref();
    let was_renamed = use_mut_ref(|| false);
    use_effect_with((button.clone(), is_renamed), move |(button, is_renamed)| {
        let has_ended = was_renamed.replace(*is_renamed) && !is_renamed;
        if has_ended
            && browser::focus::is_focus_lost()
            && let Some(button) = button.cast::<HtmlElement>()
        {
            // It is on the page, so it can be focused.
            let _ = button.focus();
        }
    });
    button
}

fn row_buttons(props: &RunRowProps, rename_button: NodeRef) -> Html {
    let key = props.entry.key.clone();
    let name = name(&props.entry);
    let on_rename = props.on_action.reform({
        let key = key.clone();
        move |_| Action::History(HistoryAction::Rename(Some(key.clone())))
    });
    let keeps = props.keeps_credentials;
    let on_export = props
        .on_intent
        .reform(move |_| Intent::Download(Some(key.clone()), RunFile::Json, keeps));
    html! {
        <div class="buttons">
            <button
                ref={rename_button}
                type="button"
                class="button small"
                aria-label={format!("Rename {name}")}
                onclick={on_rename}
            >
                { "Rename" }
            </button>
            <button
                type="button"
                class="button small"
                aria-label={format!("Export {name}")}
                onclick={on_export}
            >
                { "Export" }
            </button>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct RenameFormProps {
    entry: Rc<RunEntry>,
    on_action: Callback<Action>,
    on_intent: Callback<Intent>,
}

#[component]
fn RenameForm(props: &RenameFormProps) -> Html {
    let field = use_node_ref();
    use_effect_with(field.clone(), |field| {
        if let Some(field) = field.cast::<HtmlInputElement>() {
            // It is on the page, so it can be focused.
            let _ = field.focus();
            field.select();
        }
    });
    let onsubmit = {
        let (field, entry, on_intent) =
            (field.clone(), props.entry.clone(), props.on_intent.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(field) = field.cast::<HtmlInputElement>() {
                let title = field.value().trim().to_owned();
                let command = HistoryCommand::Rename(entry.key.clone(), title);
                on_intent.emit(Intent::History(command));
            }
        }
    };
    let onkeydown = {
        let on_action = props.on_action.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                on_action.emit(Action::History(HistoryAction::Rename(None)));
            }
        }
    };
    html! {
        <form class="rename" {onsubmit} {onkeydown}>
            <input ref={field} type="text" aria-label="Title" value={props.entry.title.clone()} />
            <button type="submit" class="button small">{ "Save" }</button>
        </form>
    }
}

/// What became of the run, so far.
fn verdict(entry: &RunEntry) -> &str {
    if entry.is_running {
        "Running"
    } else {
        &entry.verdict
    }
}

fn mood(entry: &RunEntry) -> Option<&'static str> {
    entry
        .is_good
        .map(|is_good| if is_good { "good" } else { "bad" })
}

const TITLES: [&str; 13] = [
    "Marked",
    "Title",
    "Started",
    "Host",
    "Verdict",
    "# Requests",
    "Fail ratio",
    "Median (ms)",
    "95%ile (ms)",
    "RPS",
    "Users",
    "Length",
    "Actions",
];

/// Titles of columns that speak for themselves to those who see them.
const UNSEEN: [&str; 2] = ["Marked", "Actions"];

/// Where runs are saved.
fn place() -> &'static str {
    match native_engine() {
        Some(_) => "as a file by the engine",
        None => "in this browser",
    }
}
