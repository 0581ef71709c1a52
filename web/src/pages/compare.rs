//! Two kept runs side by side.

use yew::prelude::*;

use crate::comparison::{Cell, Line, TITLES, lines};
use crate::components::{Brand, ComparedCharts, PageTools, ThresholdList};
use crate::format;
use crate::js;
use crate::store::history::Compared;
use crate::store::{Action, Run, View};

#[derive(PartialEq, Properties)]
pub struct ComparePageProps {
    /// The older first.
    pub compared: [Compared; 2],
    /// What did not work.
    pub problem: Option<String>,
    pub on_action: Callback<Action>,
}

#[component]
pub fn ComparePage(props: &ComparePageProps) -> Html {
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
    let lines = use_memo(
        (older.model.clone(), newer.model.clone()),
        |(older, newer)| lines(older, newer),
    );
    html! {
        <>
            <div class="sides">
                { side("A", older) }
                { side("B", newer) }
            </div>
            <div class="scroll" role="region" aria-label="Comparison" tabindex="0">
                <table class="comparison">
                    <caption class="visually-hidden">{ "Comparison" }</caption>
                    <thead>
                        <tr>
                            <th scope="col" rowspan="2">{ "Type" }</th>
                            <th scope="col" rowspan="2">{ "Name" }</th>
                            for title in TITLES {
                                <th scope="colgroup" colspan="3">{ title }</th>
                            }
                        </tr>
                        <tr>
                            for _ in TITLES {
                                <th scope="col">{ "A" }</th>
                                <th scope="col">{ "B" }</th>
                                <th scope="col">{ "Change" }</th>
                            }
                        </tr>
                    </thead>
                    <tbody>
                        for line in lines.iter() {
                            { comparison_row(line) }
                        }
                    </tbody>
                </table>
            </div>
            <section class="rows" aria-labelledby="charts-title">
                <h2 id="charts-title">{ "Charts" }</h2>
                <p class="note">{ "Both runs by the time since their own start." }</p>
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
    let host = run.outline.host();
    html! {
        <section class="card" aria-label={format!("Run {letter}")}>
            <h2>{ format!("{letter}: {title}") }</h2>
            <p class="note">{ js::local_date_time(run.started_millis) }</p>
            <p class="note">{ host.unwrap_or_else(|| "Simulated API".to_owned()) }</p>
            <ThresholdList thresholds={run.thresholds.clone()} is_over=true />
        </section>
    }
}

fn comparison_row(line: &Line) -> Html {
    html! {
        <tr key={format!("{} {}", line.method, line.name)}>
            <td>{ &line.method }</td>
            <th scope="row">{ &line.name }</th>
            for cell in line.cells {
                <td>{ number(cell.older) }</td>
                <td>{ number(cell.newer) }</td>
                <td class={classes!(mood(cell))}>{ cell.change_text() }</td>
            }
        </tr>
    }
}

fn number(number: Option<f64>) -> String {
    number.map_or_else(
        || format::NONE.to_owned(),
        |number| {
            if number.fract() == 0.0 {
                format::count(number as u64)
            } else {
                format::rate(number)
            }
        },
    )
}

fn mood(cell: Cell) -> Option<&'static str> {
    cell.is_better()
        .map(|is_better| if is_better { "good" } else { "bad" })
}
