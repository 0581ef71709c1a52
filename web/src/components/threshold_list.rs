//! The thresholds of a run: what was found, and whether that holds.

use std::rc::Rc;

use mayfly_core::report::{RunVerdict, ThresholdResult};
use mayfly_core::verdict::threshold::Outcome;
use mayfly_core::verdict::validity::Grade;
use yew::prelude::*;

use crate::view::format;

#[derive(PartialEq, Properties)]
pub(crate) struct ThresholdListProps {
    pub thresholds: Rc<[ThresholdResult]>,
    /// Whether the run passed; `None` until it has come to its end.
    pub verdict: Option<RunVerdict>,
    /// How far its numbers are to be believed; `None` if nobody knows.
    pub grade: Option<Grade>,
    /// What the list is called, where there are several.
    #[prop_or(AttrValue::Static("Thresholds"))]
    pub label: AttrValue,
}

#[component]
pub(crate) fn ThresholdList(props: &ThresholdListProps) -> Html {
    if props.thresholds.is_empty() {
        return html! {};
    }
    html! {
        <section class="thresholds" aria-label={props.label.clone()}>
            if let Some(verdict) = props.verdict {
                if verdict.is_good() && props.grade == Some(Grade::Invalid) {
                    <p class="verdict open" role="status">{ UNKNOWN }</p>
                } else {
                    <p class={classes!("verdict", class(verdict))} role="status">
                        { sentence(verdict, &props.thresholds) }
                    </p>
                }
            }
            <ul class="plain">
                for threshold in props.thresholds.iter() {
                    <li key={threshold.condition.clone()} class={classes!(state(threshold).0)}>
                        <span class="word">{ state(threshold).1 }</span>
                        <code><bdi>{ &threshold.condition }</bdi></code>
                        <span class="found">{ &threshold.found }</span>
                        <span class="since">{ since(threshold) }</span>
                    </li>
                }
            </ul>
        </section>
    }
}

const UNKNOWN: &str =
    "Passed, but INVALID: all thresholds hold, and the numbers are not those of the target.";

fn class(verdict: RunVerdict) -> &'static str {
    match verdict {
        RunVerdict::NoFailures | RunVerdict::Passed => "good",
        RunVerdict::Failed | RunVerdict::SomeFailures => "bad",
        RunVerdict::NoData | RunVerdict::Unfinished => "open",
    }
}

fn sentence(verdict: RunVerdict, thresholds: &[ThresholdResult]) -> String {
    let count = |outcome| {
        let such = thresholds.iter().filter(|it| it.outcome() == outcome);
        such.count()
    };
    let all = thresholds.len();
    match (verdict, count(Outcome::Failed), count(Outcome::NoData)) {
        (RunVerdict::Failed, failed, 0) => {
            format!("Failed: {failed} of {all} thresholds do not hold.")
        }
        (RunVerdict::Failed, failed, no_data) => format!(
            "Failed: {failed} of {all} thresholds do not hold, and {no_data} could not be judged."
        ),
        (RunVerdict::NoData, _, 0) => "No data: nothing was answered.".to_owned(),
        (RunVerdict::NoData, _, no_data) => {
            format!("No data: {no_data} of {all} thresholds could not be judged.")
        }
        (RunVerdict::SomeFailures, ..) => {
            "With failures: requests failed or tasks broke, and no threshold allows for that."
                .to_owned()
        }
        _ => "Passed: all thresholds hold.".to_owned(),
    }
}

/// The class and the word for what becomes of a threshold.
fn state(threshold: &ThresholdResult) -> (&'static str, &'static str) {
    match threshold.outcome() {
        Outcome::Failed => ("bad", "✗ fails"),
        Outcome::NoData => ("open", "– no data"),
        Outcome::Passed => ("good", "✓ holds"),
    }
}

fn since(threshold: &ThresholdResult) -> String {
    let is_failing = threshold.outcome() == Outcome::Failed;
    let since = threshold.failing_since.filter(|_| is_failing);
    since.map_or_else(String::new, |at| {
        format!("since {}", format::length(at.to_duration()))
    })
}
