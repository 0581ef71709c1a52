//! One request that was tried: what was sent, the answer, and what checks and extracts say of it.

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::running::trial::{
    Checked, Excerpt, Exchange, Extracted, Received, Sent, Trial, Tried, Verdict,
};
use yew::prelude::*;

use super::modal::Modal;
use crate::browser;
use crate::view::{format, from_here};

#[derive(PartialEq, Properties)]
pub(crate) struct TrialDialogProps {
    /// What came of it; `None` while it is under way.
    pub result: Option<Rc<Result<Trial, String>>>,
    pub on_close: Callback<()>,
}

#[component]
pub(crate) fn TrialDialog(props: &TrialDialogProps) -> Html {
    html! {
        <Modal title="Try it" is_wide=true on_close={props.on_close.clone()}>
            { match props.result.as_deref() {
                None => html! { <p class="help" role="status">{ "Waiting for the answer…" }</p> },
                Some(Err(reason)) => html! {
                    <div class="notice danger" role="alert"><p>{ format!("Nothing was sent: {reason}") }</p></div>
                },
                Some(Ok(trial)) => requests(trial),
            } }
        </Modal>
    }
}

fn requests(trial: &Trial) -> Html {
    let Some((last, needed)) = trial.requests.split_last() else {
        return html! {};
    };
    html! {
        <>
            if !needed.is_empty() {
                <p class="help">{ "Sent first, because it uses what they extract:" }</p>
                for (index, tried) in needed.iter().enumerate() {
                    <details key={index} class="tried">
                        <summary>{ headline(tried) }</summary>
                        { exchange(tried) }
                    </details>
                }
            }
            <section class="tried" aria-label="The request">
                <h3>{ headline(last) }</h3>
                { exchange(last) }
            </section>
        </>
    }
}

fn headline(tried: &Tried) -> Html {
    let outcome = match &tried.exchange {
        Err(_) => "not sent".to_owned(),
        Ok(Exchange {
            received: Err(_), ..
        }) => "no answer".to_owned(),
        Ok(Exchange {
            received: Ok(received),
            ..
        }) => status(received),
    };
    html! {
        <>
            <span class="name" dir="auto">{ tried.name.to_string() }</span>
            { " → " }
            <strong>{ outcome }</strong>
        </>
    }
}

fn status(received: &Received) -> String {
    match &received.reason {
        Some(reason) => format!("{} {reason}", received.status),
        None => received.status.to_string(),
    }
}

fn exchange(tried: &Tried) -> Html {
    let exchange = match &tried.exchange {
        Ok(exchange) => exchange,
        Err(exception) => return html! { <p class="help error">{ exception }</p> },
    };
    let sent = &exchange.sent;
    html! {
        <>
            <p class="url"><code dir="auto">{ format!("{} {}", sent.method, sent.url) }</code></p>
            { match &exchange.received {
                Ok(received) => html! {
                    <p>
                        { format!(
                            "{}, {} bytes, after {} ms",
                            status(received),
                            format::count(received.body.n_bytes),
                            format::millis(Some(exchange.response_time)),
                        ) }
                    </p>
                },
                Err(error) => html! {
                    <p class="help error">{ no_answer(error, exchange.response_time) }</p>
                },
            } }
            { checks(&exchange.checks) }
            { extracts(&exchange.extracts) }
            if let Ok(received) = &exchange.received {
                <h4>{ "Body" }</h4>
                { body(Some(&received.body)) }
                <h4>{ "Headers that the page can read" }</h4>
                { headers(&received.headers) }
            }
            if let Some(text) = preflight(sent) {
                <p class="help">{ text }</p>
            }
            <details>
                <summary>{ "What was sent" }</summary>
                { headers(&sent.headers) }
                { body(sent.body.as_ref()) }
            </details>
        </>
    }
}

/// Only a browser asks for permission.
fn preflight(sent: &Sent) -> Option<String> {
    let is_native = browser::programs::native_engine().is_some();
    (!is_native).then(|| from_here::preflight(sent)).flatten()
}

/// Why there is no answer. Some errors say themselves that there is none.
fn no_answer(error: &str, after: Duration) -> String {
    format!("Failed after {} ms: {error}.", format::millis(Some(after)))
}

fn checks(checks: &[Checked]) -> Html {
    html! {
        <ul class="plain verdicts" aria-label="Checks">
            for (index, check) in checks.iter().enumerate() {
                <li key={index} class={classes!(mood(&check.verdict))}>
                    { verdict(check) }
                </li>
            }
        </ul>
    }
}

fn mood(verdict: &Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Passed => Some("good"),
        Verdict::Exception(_) | Verdict::Failed(_) => Some("bad"),
        Verdict::NotJudged => None,
    }
}

fn verdict(check: &Checked) -> String {
    let text = &check.text;
    match &check.verdict {
        Verdict::Exception(reason) => format!("✗ {text}: {reason}"),
        Verdict::Failed(reason) => format!("✗ {text}: {reason}"),
        Verdict::NotJudged => format!("– {text}: no answer to look at"),
        Verdict::Passed => format!("✓ {text}"),
    }
}

fn extracts(extracts: &[Extracted]) -> Html {
    if extracts.is_empty() {
        return html! {};
    }
    html! {
        <ul class="plain verdicts" aria-label="Extracts">
            for extract in extracts {
                <li
                    key={extract.variable.clone()}
                    class={classes!(if extract.found.is_ok() { "good" } else { "bad" })}
                >
                    { match &extract.found {
                        Ok(value) => format!("✓ {} = {value}", extract.variable),
                        Err(reason) => format!("✗ {}: {reason}", extract.variable),
                    } }
                </li>
            }
        </ul>
    }
}

fn headers(headers: &[(String, String)]) -> Html {
    if headers.is_empty() {
        return html! { <p class="help">{ "No headers." }</p> };
    }
    html! {
        <dl class="headers">
            for (index, (name, value)) in headers.iter().enumerate() {
                <div key={index}>
                    <dt>{ name }</dt>
                    <dd dir="auto">{ value }</dd>
                </div>
            }
        </dl>
    }
}

fn body(body: Option<&Excerpt>) -> Html {
    let Some(body) = body.filter(|it| !it.text.is_empty()) else {
        return html! { <p class="help">{ "No body." }</p> };
    };
    html! {
        <>
            if body.is_binary {
                <p class="help">{ "This is not text. What can be shown of it:" }</p>
            }
            <pre tabindex="0" dir="auto">{ &body.text }</pre>
            if body.is_cut {
                <p class="help">{ "This is only the beginning." }</p>
            }
        </>
    }
}

#[cfg(test)]
mod tests {
    use mayfly_core::http::transport::TransportError;

    use super::*;

    #[test]
    fn that_there_is_no_answer_is_said_once() {
        let error = TransportError::Opaque.to_string();
        let text = no_answer(&error, Duration::from_millis(7));
        assert!(
            text.starts_with("Failed after 7.0 ms: no readable answer: network error"),
            "{text}"
        );
        assert_eq!(text.matches("answer").count(), 1);
    }
}
