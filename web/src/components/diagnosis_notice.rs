//! Why no answer can be read, and what to do about it.

use mayfly_core::plan::BaseUrl;
use yew::prelude::*;

use crate::diagnosis::{Diagnosis, Surroundings, cors_snippets};

#[derive(PartialEq, Properties)]
pub struct DiagnosisNoticeProps {
    pub target: BaseUrl,
    pub diagnosis: Diagnosis,
    pub surroundings: Surroundings,
}

#[component]
pub fn DiagnosisNotice(props: &DiagnosisNoticeProps) -> Html {
    let DiagnosisNoticeProps {
        target,
        diagnosis,
        surroundings,
    } = props;
    html! {
        <div class="notice danger" role="alert">
            <p><strong>{ diagnosis.headline(target) }</strong></p>
            <p>{ diagnosis.advice() }</p>
            if *diagnosis == Diagnosis::MissingCors {
                for snippet in cors_snippets(&surroundings.page_origin) {
                    <details key={snippet.server}>
                        <summary>{ snippet.server }</summary>
                        <pre tabindex="0">{ snippet.code }</pre>
                    </details>
                }
            }
        </div>
    }
}
