//! Why no answer to a request can be read, and what to do about it.

use yew::prelude::*;

use crate::view::diagnosis::{Diagnosis, Needs, cors_snippets};

#[derive(PartialEq, Properties)]
pub(crate) struct DiagnosisNoticeProps {
    pub diagnosis: Diagnosis,
    /// What the target has to allow.
    pub needs: Needs,
}

#[component]
pub(crate) fn DiagnosisNotice(props: &DiagnosisNoticeProps) -> Html {
    let DiagnosisNoticeProps { diagnosis, needs } = props;
    html! {
        <div class="notice danger" role="alert">
            <p class="foreign"><strong>{ diagnosis.headline() }</strong></p>
            <p>{ diagnosis.advice() }</p>
            if diagnosis.has_remedy() {
                for snippet in cors_snippets(needs) {
                    <details key={snippet.server}>
                        <summary>{ snippet.server }</summary>
                        <pre tabindex="0">{ snippet.code }</pre>
                    </details>
                }
            }
        </div>
    }
}
