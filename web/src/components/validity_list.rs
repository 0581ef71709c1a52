//! Why the numbers of a run are not simply those of its target.

use std::rc::Rc;

use mayfly_core::report::words;
use mayfly_core::verdict::validity::{Grade, Validity};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct ValidityListProps {
    /// `None` until it is known.
    pub validity: Option<Rc<Validity>>,
    pub is_going_on: bool,
    /// What the list is called, where there are several.
    #[prop_or(AttrValue::Static("Validity"))]
    pub label: AttrValue,
}

/// The reasons, each with what shows it and what helps, and what became of everything that was due.
///
/// While a run goes on this is one line, which opens on a click: reasons come and go, and what a person
/// reads or drags below them must not move.
#[component]
pub(crate) fn ValidityList(props: &ValidityListProps) -> Html {
    let Some(validity) = props.validity.as_ref() else {
        return html! {
            if props.is_going_on {
                <section class="thresholds validity" aria-label={props.label.clone()}>
                    <p class="verdict open">{ "Validity: not known yet." }</p>
                </section>
            }
        };
    };
    let headline = if props.is_going_on {
        so_far(validity)
    } else {
        words::validity(validity)
    };
    html! {
        <section class="thresholds validity" aria-label={props.label.clone()}>
            <details open={!props.is_going_on}>
                <summary class={classes!("verdict", mood(validity.verdict))}>{ headline }</summary>
                if !validity.reasons.is_empty() {
                    <ul class="plain">
                        for reason in &validity.reasons {
                            <li key={reason.cause.to_string()} class={mood(reason.verdict)}>
                                <span class="word">{ reason.verdict.to_string() }</span>
                                <strong>{ reason.cause.to_string() }</strong>
                                <span class="since">{ reason.when() }</span>
                                <span class="found foreign">{ &reason.evidence }{ " " }{ &reason.advice }</span>
                            </li>
                        }
                    </ul>
                }
                <p class="found">{ words::accounts(&validity.accounts) }</p>
            </details>
        </section>
    }
}

/// The verdict of a run that goes on, and the names of its reasons; the style sheet cuts it to a line.
fn so_far(validity: &Validity) -> String {
    let verdict = validity.verdict;
    let causes = validity.reasons.iter().map(|it| it.cause.to_string());
    match Vec::from_iter(causes).as_slice() {
        [] => format!("Validity: {verdict} so far."),
        causes => format!("Validity: {verdict} so far, for {}.", causes.join("; ")),
    }
}

/// The class of what is so far to be believed.
pub(crate) fn mood(grade: Grade) -> &'static str {
    match grade {
        Grade::Valid => "good",
        Grade::Limited => "open",
        Grade::Invalid => "bad",
    }
}
