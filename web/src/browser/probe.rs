//! How far the browser lets the page get with a host.

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestMode,
};

use super::window;
use crate::view::diagnosis::{Probe, Surroundings, is_local};

/// Where the page is.
pub(crate) fn surroundings() -> Surroundings {
    let location = window().location();
    // Readable by the page itself, always.
    let host_name = location.hostname().unwrap_or_default();
    Surroundings {
        is_page_https: location.protocol().is_ok_and(|it| it == "https:"),
        is_page_local: is_local(host_name.trim_matches(['[', ']'])),
        page_origin: location.origin().unwrap_or_default(),
    }
}

/// Finds out how far the browser lets this page get with GET requests to `url`: with an answer that
/// need not be readable, with a readable one, and with a readable one to a request with these headers.
pub(crate) async fn probe(url: &str, headers: &[String]) -> Probe {
    match ask(url, RequestMode::NoCors, &[]).await {
        Asked::Answered => {}
        Asked::Refused => return Probe::Failed,
        Asked::TimedOut => return Probe::TimedOut,
    }
    match ask(url, RequestMode::Cors, &[]).await {
        Asked::Answered => {}
        Asked::Refused => return Probe::Answered,
        Asked::TimedOut => return Probe::TimedOut,
    }
    match ask(url, RequestMode::Cors, headers).await {
        Asked::Answered => Probe::Readable,
        Asked::Refused => Probe::ReadableWithoutHeaders,
        Asked::TimedOut => Probe::TimedOut,
    }
}

/// What came of one request of a probe.
enum Asked {
    Answered,
    Refused,
    TimedOut,
}

async fn ask(url: &str, mode: RequestMode, headers: &[String]) -> Asked {
    const PATIENCE_MILLIS: u32 = 5_000;
    let Ok(controller) = AbortController::new() else {
        return Asked::Refused;
    };
    let init = RequestInit::new();
    init.set_mode(mode);
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    init.set_signal(Some(&controller.signal()));
    if let Ok(probed) = Headers::new() {
        for name in headers {
            // The browser asks for permission by the name. What it refuses is not sent either way.
            let _ = probed.append(name, "probe");
        }
        init.set_headers(&probed);
    }
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, &init));
    let patience = TimeoutFuture::new(PATIENCE_MILLIS);
    let asked = match futures::future::select(answer, patience).await {
        futures::future::Either::Left((Ok(_), _)) => Asked::Answered,
        futures::future::Either::Left((Err(_), _)) => Asked::Refused,
        futures::future::Either::Right(_) => Asked::TimedOut,
    };
    controller.abort();
    asked
}
