//! One of the answers behind a row of failures, as text that does nothing.

use std::sync::Arc;

use mayfly_core::http::request::Keep;
use mayfly_core::measure::sample::Evidence;
use yew::prelude::*;

use super::copy_button::CopyButton;
use crate::view::format;

#[derive(PartialEq, Properties)]
pub(crate) struct FailureSampleProps {
    /// Why it failed, in full.
    pub message: String,
    /// `None` where there were too many kinds of failures before.
    pub evidence: Option<Arc<Evidence>>,
    /// When the first was seen, as text.
    pub first: String,
    /// When the last was seen, as text.
    pub last: String,
}

#[component]
pub(crate) fn FailureSample(props: &FailureSampleProps) -> Html {
    let FailureSampleProps {
        message,
        evidence,
        first,
        last,
    } = props;
    let Some(evidence) = evidence else {
        return html! {
            <>
                <p class="foreign">{ message }</p>
                <p class="note">{ "There is no sample: only the first kinds of failures in a run keep one." }</p>
            </>
        };
    };
    let user = format::count(evidence.user.into());
    html! {
        <>
            <dl class="sample">
                { entry("Message", message) }
                { entry("URL", &evidence.shown_url()) }
                { entry("User", &user) }
                { entry("Status", &status(evidence)) }
                if let Some(found) = &evidence.found {
                    { entry("Found", found) }
                }
                { entry("First seen", &format!("{first} (this one)")) }
                { entry("Last seen", last) }
            </dl>
            <h2>{ "Headers" }</h2>
            { block(&headers(evidence), "No headers can be read. A page sees only those that the target exposes to it.") }
            <h2>{ body_title(evidence) }</h2>
            { block(&evidence.body, no_body(evidence)) }
            <CopyButton text={text(props, evidence)} label="Copy" />
        </>
    }
}

fn entry(title: &'static str, text: &str) -> Html {
    html! {
        <div key={title}><dt>{ title }</dt><dd class="foreign">{ text }</dd></div>
    }
}

fn block(text: &str, otherwise: &'static str) -> Html {
    if text.is_empty() {
        return html! { <p class="note">{ otherwise }</p> };
    }
    html! { <pre class="foreign" tabindex="0">{ text }</pre> }
}

fn status(evidence: &Evidence) -> String {
    let status = evidence.status.map(|it| it.to_string());
    status.unwrap_or_else(|| "no answer".to_owned())
}

fn no_body(evidence: &Evidence) -> &'static str {
    match evidence.status {
        Some(_) => "The body is empty.",
        None => "There was no answer.",
    }
}

fn headers(evidence: &Evidence) -> String {
    let lines: Vec<String> = evidence
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}

fn body_title(evidence: &Evidence) -> String {
    if Keep::SAMPLE_BYTES <= evidence.body.len() {
        return format!(
            "Body (first {} bytes)",
            format::count(Keep::SAMPLE_BYTES as u64)
        );
    }
    "Body".to_owned()
}

/// All of it, to be copied.
fn text(props: &FailureSampleProps, evidence: &Evidence) -> String {
    let found = evidence.found.as_ref();
    let found = found.map_or_else(String::new, |it| format!("\nFound: {it}"));
    format!(
        "{}\nURL: {}\nUser: {}\nStatus: {}{found}\nFirst seen: {}\nLast seen: {}\n\n{}\n\n{}\n",
        props.message,
        evidence.shown_url(),
        evidence.user,
        status(evidence),
        props.first,
        props.last,
        headers(evidence),
        evidence.body,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_body_is_told_from_no_answer() {
        let evidence = |status| Evidence {
            status,
            ..Evidence::default()
        };
        assert_eq!(no_body(&evidence(Some(500))), "The body is empty.");
        assert_eq!(no_body(&evidence(None)), "There was no answer.");
    }
}
