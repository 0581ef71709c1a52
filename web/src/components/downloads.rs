//! What can be downloaded.

use yew::prelude::*;

use crate::app::Download;

#[derive(PartialEq, Properties)]
pub struct DownloadsProps {
    /// Whether there is anything in the files.
    pub has_requests: bool,
    pub on_download: Callback<Download>,
}

#[component]
pub fn Downloads(props: &DownloadsProps) -> Html {
    let item = |download, title: &str, text: &str| {
        html! {
            <li>
                <button
                    type="button"
                    class="button"
                    disabled={!props.has_requests}
                    onclick={props.on_download.reform(move |_| download)}
                >
                    { title }
                </button>
                <span>{ text }</span>
            </li>
        }
    };
    html! {
        <>
            if !props.has_requests {
                <p class="empty">{ "No request is done yet, so there is nothing to download." }</p>
            }
            <ul class="downloads">
                { item(
                    Download::Requests,
                    "Download requests CSV",
                    "A line per request name, with Locust’s columns and percentiles",
                ) }
                { item(
                    Download::Failures,
                    "Download failures CSV",
                    "A line per request name and cause, with Locust’s columns",
                ) }
            </ul>
        </>
    }
}
