//! The files of the page, which are in the command.

use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};

/// What the page is told by: the name of its engine. It has none where its own worker is the engine.
const ENGINE: &str = concat!("mayfly ", env!("CARGO_PKG_VERSION"));

/// Name and bytes of each file; none if the command was built without the page.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Whether the page is in the command.
pub(super) fn is_there() -> bool {
    !FILES.is_empty()
}

/// The file at `path`, for a browser that calls this server `host`.
pub(super) fn answer(path: &str, host: &str) -> Response {
    let name = path.trim_start_matches('/');
    let name = if name.is_empty() { INDEX } else { name };
    if name == INDEX && !is_there() {
        return (StatusCode::NOT_FOUND, headers(INDEX), NO_PAGE).into_response();
    }
    let file = FILES.iter().find(|it| it.0 == name);
    match file {
        Some((INDEX, bytes)) => {
            let page = marked(&String::from_utf8_lossy(bytes), host);
            (headers(name), page).into_response()
        }
        Some((_, bytes)) => (headers(name), *bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

const INDEX: &str = "index.html";

/// What is shown where there is no page.
const NO_PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Mayfly</title>\
    <h1>This build has no page inside</h1>\
    <p>Build the page with <code>cargo xtask dist</code>, and then the command again. \
    Without a page, <code>mayfly --headless -f plan.toml</code> runs a plan in the terminal.</p>";

/// The page, which is told that an engine is behind it, and may talk to that and to nothing else.
fn marked(page: &str, host: &str) -> String {
    let mark = format!("<head><meta name=\"mayfly-engine\" content=\"{ENGINE}\">");
    let own = format!("connect-src 'self' ws://{host} wss://{host}");
    page.replacen("<head>", &mark, 1)
        .replacen("connect-src http: https:", &own, 1)
}

fn headers(name: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, content_type(name));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(CONTENT_SECURITY_POLICY, "frame-ancestors 'none'");
    // The URL may have a secret in it.
    set(REFERRER_POLICY, "no-referrer");
    // A name with a hash says what is in the file. All else may be another file after an upgrade.
    let caching = match has_hash(name) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    set(CACHE_CONTROL, caching);
    headers
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        // Browsers compile it while it comes only if it is called so.
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

/// Whether a name has the hash that the build puts into it: 16 digits between `-` and `.` or `_`.
fn has_hash(name: &str) -> bool {
    name.split('-').skip(1).any(|it| {
        let digits = it.split(['.', '_']).next().unwrap_or_default();
        digits.len() == 16
            && digits.len() < it.len()
            && digits.bytes().all(|it| it.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_say_what_is_in_them_are_kept_for_good() {
        for (name, is_kept) in [
            ("mayfly-page-0123456789abcdef_bg.wasm", true),
            ("first-0123456789abcdef.css", true),
            ("index.html", false),
            ("mayfly-page-0123456789abcdef", false),
            ("mayfly-page-0123456789abcdex.js", false),
        ] {
            assert_eq!(has_hash(name), is_kept, "{name}");
        }
        assert_eq!(content_type("a-1_bg.wasm"), "application/wasm");
    }

    #[test]
    fn the_page_is_told_that_it_has_an_engine_and_may_talk_to_that_alone() {
        let page =
            "<html><head><meta content=\"default-src 'self'; connect-src http: https:; img-src\">";
        let marked = marked(page, "127.0.0.1:8089");
        assert!(marked.contains("<head><meta name=\"mayfly-engine\" content=\"mayfly "));
        assert!(marked.contains("connect-src 'self' ws://127.0.0.1:8089 wss://127.0.0.1:8089;"));
    }
}
