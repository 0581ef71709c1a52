//! Two saved runs side by side.

use yew::prelude::*;

use crate::browser;
use crate::components::{
    Brand, ComparedCharts, ComparisonTable, PageTools, ThresholdList, ValidityList,
};
use crate::store::history::Compared;
use crate::store::{Action, Run, View};
use crate::view::format;

#[derive(PartialEq, Properties)]
pub(crate) struct ComparePageProps {
    /// The older first.
    pub compared: [Compared; 2],
    /// What did not work.
    pub problem: Option<String>,
    pub on_action: Callback<Action>,
}

#[component]
pub(crate) fn ComparePage(props: &ComparePageProps) -> Html {
    let on_back = props.on_action.reform(|_| Action::Show(View::History));
    html! {
        <>
            <header class="bar">
                <Brand />
                <div class="buttons apart">
                    <button type="button" class="button" onclick={on_back}>{ "Back to the history" }</button>
                </div>
                <PageTools on_action={props.on_action.clone()} />
            </header>
            <main class="run">
                <h1 tabindex="-1">{ "Compare two runs" }</h1>
                if let Some(problem) = &props.problem {
                    <div class="notice danger" role="alert"><p>{ problem }</p></div>
                }
                { match &props.compared {
                    [Compared { run: Some(older), .. }, Compared { run: Some(newer), .. }] => html! {
                        <Comparison older={older.clone()} newer={newer.clone()} />
                    },
                    _ if props.problem.is_some() => html! {},
                    _ => html! { <p class="empty">{ "Opening both runs…" }</p> },
                } }
            </main>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct ComparisonProps {
    older: Run,
    newer: Run,
}

#[component]
fn Comparison(props: &ComparisonProps) -> Html {
    let ComparisonProps { older, newer } = props;
    html! {
        <>
            <div class="sides">
                { side("A", older) }
                { side("B", newer) }
            </div>
            <ComparisonTable older={older.model.clone()} newer={newer.model.clone()} />
            <section class="rows" aria-labelledby="charts-title">
                <h2 id="charts-title">{ "Charts" }</h2>
                <p class="note">{ "Both runs are shown by the time since their own start." }</p>
                <ComparedCharts
                    boards={[older.board.clone(), newer.board.clone()]}
                    started_millis={[older.started_millis, newer.started_millis]}
                />
            </section>
        </>
    }
}

fn side(letter: &str, run: &Run) -> Html {
    let title = if run.title.is_empty() {
        "Untitled"
    } else {
        &run.title
    };
    let host = run.targets.label();
    html! {
        <section class="card" aria-label={format!("Run {letter}")}>
            <h2 title={title.to_owned()}>{ format!("{letter}: ") }<bdi>{ format::line(title) }</bdi></h2>
            <p class="note">{ browser::dates::local_date_time(run.started_millis) }</p>
            <p class="note">{ host.unwrap_or_else(|| "Simulated API".to_owned()) }</p>
            <ThresholdList
                thresholds={run.thresholds.clone()}
                verdict={run.is_over().then(|| run.verdict())}
                grade={run.grade()}
                label={format!("Thresholds of run {letter}")}
            />
            <ValidityList
                validity={run.validity.clone()}
                is_going_on={run.state().is_active()}
                label={format!("Validity of run {letter}")}
            />
        </section>
    }
}
