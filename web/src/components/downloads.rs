//! What can be downloaded.

use std::rc::Rc;

use mayfly_core::plan::Draft;
use mayfly_core::secrets;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use mayfly_engine::file::RunFile;

#[derive(PartialEq, Properties)]
pub(crate) struct DownloadsProps {
    /// Whether there is anything in the files.
    pub has_requests: bool,
    /// What ran.
    pub plan: Rc<Draft>,
    /// Hears which file, and whether it is to have what looks like a credential.
    pub on_download: Callback<(RunFile, bool)>,
}

#[component]
pub(crate) fn Downloads(props: &DownloadsProps) -> Html {
    // Who sends a page to somebody does not think of its plan; who imports a run wants all of it.
    let kept = use_state_eq(|| vec![RunFile::Json]);
    let found = use_memo(props.plan.clone(), |plan| {
        secrets::remove(&mut plan.keys.clone())
    });
    let item = |file: RunFile, title: &str, text: &str| {
        let keeps = kept.contains(&file);
        html! {
            <li>
                <button
                    type="button"
                    class="button"
                    disabled={!props.has_requests}
                    onclick={props.on_download.reform(move |_| (file, keeps))}
                >
                    { title }
                </button>
                <span>{ text }</span>
                if file.may_have_credentials() {
                    { choice(file, &kept) }
                }
            </li>
        }
    };
    html! {
        <>
            if !props.has_requests {
                <p class="empty">{ "No request has finished yet, so there is nothing to download." }</p>
            }
            <ul class="downloads">
                for (download, title, text) in FILES {
                    { item(download, title, text) }
                }
            </ul>
            { contents(&found) }
        </>
    }
}

/// Whether a file is to have what looks like a credential.
fn choice(file: RunFile, kept: &UseStateHandle<Vec<RunFile>>) -> Html {
    let id = format!("without{}", file.ending());
    let onchange = {
        let kept = kept.clone();
        Callback::from(move |event: Event| {
            let is_left_out = event.target_unchecked_into::<HtmlInputElement>().checked();
            let others = kept.iter().copied().filter(|it| *it != file);
            kept.set(others.chain((!is_left_out).then_some(file)).collect());
        })
    };
    let label = match file {
        RunFile::Report => "Leave credentials out of the report",
        _ => "Leave credentials out of the JSON",
    };
    html! {
        <span class="check">
            <input id={id.clone()} type="checkbox" checked={!kept.contains(&file)} {onchange} />
            <label for={id}>{ label }</label>
        </span>
    }
}

/// What the files contain that nobody else should have.
fn contents(found: &[String]) -> Html {
    html! {
        <div class="note">
            <p>
                { "The report and the JSON contain the plan, with its headers, bodies and data, and samples of what the target answered to failed requests. The CSV files contain names and messages. In all of them, values in URLs that look like credentials are masked." }
            </p>
            if found.is_empty() {
                <p>{ "Nothing in the plan looks like a credential." }</p>
            } else {
                <p>{ "In the plan, these look like credentials:" }</p>
                <ul class="plain">
                    for place in found {
                        <li key={place.clone()}><code>{ place }</code></li>
                    }
                </ul>
            }
        </div>
    }
}

// Locust's titles where Locust has the file.
const FILES: [(RunFile, &str, &str); 6] = [
    (
        RunFile::Report,
        "Download report",
        "A single page with all tables and charts, to send or print",
    ),
    (
        RunFile::Requests,
        "Download requests CSV",
        "One line per request name, with Locust’s columns and percentiles",
    ),
    (
        RunFile::History,
        "Download full request statistics history CSV",
        "One line per second, and per request name once the run is over",
    ),
    (
        RunFile::Failures,
        "Download failures CSV",
        "One line per request name and cause, with Locust’s columns",
    ),
    (
        RunFile::Exceptions,
        "Download exceptions CSV",
        "One line per task that broke, and why",
    ),
    (
        RunFile::Json,
        "Download run as JSON",
        "Everything that is known about the run; the history can import it",
    ),
];
