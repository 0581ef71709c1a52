//! Why the numbers of a run are not simply those of its target.

use std::rc::Rc;

use mayfly_core::report::words;
use mayfly_core::verdict::validity::{Grade, Validity};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct ValidityListProps {
    /// `None` until it is known.
    pub validity: Option<Rc<Validity>>,
    pub is_over: bool,
    /// What the list is called, where there are several.
    #[prop_or(AttrValue::Static("Validity"))]
    pub label: AttrValue,
}

/// The reasons, each with what shows it and what helps, and at the end what became of everything that was
/// due. Nothing while the numbers are valid and the run goes on.
#[component]
pub(crate) fn ValidityList(props: &ValidityListProps) -> Html {
    let Some(validity) = props.validity.as_ref() else {
        return html! {};
    };
    if validity.reasons.is_empty() && !props.is_over {
        return html! {};
    }
    html! {
        <section class="thresholds validity" aria-label={props.label.clone()}>
            <p class={classes!("verdict", mood(validity.verdict))} role="status">
                { words::validity(validity) }
            </p>
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
        </section>
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
