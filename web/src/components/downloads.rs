//! What can be downloaded.

use yew::prelude::*;

use mayfly_engine::file::RunFile;

#[derive(PartialEq, Properties)]
pub(crate) struct DownloadsProps {
    /// Whether there is anything in the files.
    pub has_requests: bool,
    pub on_download: Callback<RunFile>,
}

#[component]
pub(crate) fn Downloads(props: &DownloadsProps) -> Html {
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
                <p class="empty">{ "No request has finished yet, so there is nothing to download." }</p>
            }
            <ul class="downloads">
                for (download, title, text) in FILES {
                    { item(download, title, text) }
                }
            </ul>
        </>
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
