//! The thresholds of a run: what was found, and whether that holds.

use std::rc::Rc;

use mayfly_core::report::ThresholdResult;
use yew::prelude::*;

use crate::format;

#[derive(PartialEq, Properties)]
pub struct ThresholdListProps {
    pub thresholds: Rc<[ThresholdResult]>,
    /// Whether the run came to its end, so that this is the last word.
    pub is_over: bool,
}

#[component]
pub fn ThresholdList(props: &ThresholdListProps) -> Html {
    if props.thresholds.is_empty() {
        return html! {};
    }
    let n_failed = props.thresholds.iter().filter(|it| it.failed).count();
    html! {
        <section class="thresholds" aria-label="Thresholds">
            if props.is_over {
                <p class={classes!("verdict", if n_failed == 0 { "good" } else { "bad" })} role="status">
                    { verdict(n_failed, props.thresholds.len()) }
                </p>
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

fn verdict(n_failed: usize, n_thresholds: usize) -> String {
    match n_failed {
        0 => "Passed: all thresholds hold.".to_owned(),
        _ => format!("Failed: {n_failed} of {n_thresholds} thresholds do not hold."),
    }
}

/// The class and the word for what becomes of a threshold.
fn state(threshold: &ThresholdResult) -> (&'static str, &'static str) {
    if threshold.failed {
        ("bad", "✗ fails")
    } else {
        ("good", "✓ holds")
    }
}

fn since(threshold: &ThresholdResult) -> String {
    let since = threshold.failing_since.filter(|_| threshold.failed);
    since.map_or_else(String::new, |at| {
        format!("since {}", format::length(at.to_duration()))
    })
}
