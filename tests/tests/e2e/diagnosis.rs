//! A target whose answers cannot be read: the page says why, and what to do.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use mayfly_tests::{CLOSED_PORT, Page, SlowTarget, raw, serve, without_cors};

use crate::tables::start_plan;

/// Runs `task` by two users that pause, so that a connection is left for whoever asks besides.
async fn start(host: &str, task: &str) -> Page {
    let page = Page::open().await;
    let plan = format!(
        "version = 1
host = \"{host}\"
load = {{ users = 2, spawn_rate = 10 }}
request = {{ timeout = \"1s\" }}
[[user_class]]
name = \"A\"
wait = {{ constant = \"100ms\" }}
task = [{task}]
"
    );
    start_plan(&page, &plan).await;
    page
}

const GET: &str = "{ get = \"/items?token=7\" }";

/// What the page says of a target of which no answer can be read, with the lines for nginx if it has
/// some.
async fn diagnosis(page: &Page) -> String {
    let alert = page.alert().await;
    if alert.contains("nginx") {
        page.press_summary("nginx").await;
        return page.alert().await;
    }
    alert
}

/// The run goes on counting, can be stopped, and the tab of the failures has the cause too.
async fn assert_usable(page: &Page, headline: &str) {
    page.until_total("requests have failed", |row| 2 <= row.n_failures)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    let total = page.row("Aggregated").await;
    assert_eq!(total.n_failures, total.n_requests);
    page.press("Failures").await;
    let hint = format!("{headline} Why, and what helps, is at the top of the page.");
    page.until_text(&hint).await;
}

#[track_caller]
fn assert_said(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{part}” is missing in: {text}");
    }
}

/// No header is said to be missing, and no preflight to be refused.
#[track_caller]
fn assert_nothing_of_cors(text: &str) {
    for part in ["Access-Control", "OPTIONS", "preflight", "nginx"] {
        assert!(!text.contains(part), "“{part}” is in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_without_cors_headers() {
    let host = without_cors().await;
    let page = start(&host, GET).await;
    let said = diagnosis(&page).await;
    let headline = format!(
        "{host} answers, but does not allow this page to read the answer to GET {host}/items."
    );
    let origin = "add_header Access-Control-Allow-Origin \"http://127.0.0.1:";
    assert_said(&said, &[&headline, origin]);
    assert!(!said.contains("OPTIONS"), "{said}");
    assert_usable(&page, &headline).await;
}

/// A target that lets every page read its answers, and answers OPTIONS as it is told; and the methods
/// that it was asked by.
async fn refusing_preflights() -> (String, Arc<Mutex<Vec<Method>>>) {
    let asked = Arc::<Mutex<Vec<Method>>>::default();
    let log = Arc::clone(&asked);
    let answer = async move |request: Request| {
        let method = request.method().clone();
        let status = match method {
            Method::OPTIONS => StatusCode::METHOD_NOT_ALLOWED,
            _ => StatusCode::OK,
        };
        log.lock().unwrap().push(method);
        (status, [("access-control-allow-origin", "*")])
    };
    (serve(Router::new().fallback(answer)).await, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refuses_the_preflight_for_a_header() {
    let (host, asked) = refusing_preflights().await;
    let task = "{ post = \"/items\", headers = { X-Test = \"1\" }, json = {} }";
    let page = start(&host, task).await;
    let said = diagnosis(&page).await;
    let headline =
        format!("{host} answers, but refuses the preflight that POST {host}/items needs.");
    assert_said(
        &said,
        &[
            &headline,
            "permission for the headers x-test, content-type, by an OPTIONS request",
            "Access-Control-Allow-Methods \"POST\"",
            "Access-Control-Allow-Headers \"x-test, content-type\"",
        ],
    );
    assert_usable(&page, &headline).await;
    // What may have effects is not sent to find out.
    assert!(!asked.lock().unwrap().contains(&Method::POST));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refuses_the_preflight_for_a_method() {
    let (host, asked) = refusing_preflights().await;
    let page = start(&host, "{ delete = \"/items\" }").await;
    let said = diagnosis(&page).await;
    let headline = format!(
        "{host} answers, but gives no answer to DELETE {host}/items that this page is allowed to read."
    );
    assert_said(
        &said,
        &[
            &headline,
            "A GET to the same URL can be read.",
            "permission for the method DELETE, by",
            "Access-Control-Allow-Methods \"DELETE\"",
        ],
    );
    assert_usable(&page, &headline).await;
    assert!(!asked.lock().unwrap().contains(&Method::DELETE));
}

/// A target that allows whatever a preflight asks for, and forgets the header on its answers to POST.
async fn forgetting_the_header() -> String {
    async fn answer(method: Method, headers: HeaderMap) -> Response {
        let mut response = "[]".into_response();
        let allowed = response.headers_mut();
        let all = HeaderValue::from_static("*");
        if method != Method::POST {
            allowed.insert("access-control-allow-origin", all.clone());
        }
        if let Some(asked) = headers.get("access-control-request-headers") {
            allowed.insert("access-control-allow-headers", asked.clone());
            allowed.insert("access-control-allow-methods", all);
        }
        response
    }
    serve(Router::new().fallback(answer)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_allows_the_preflight_and_not_the_answer() {
    let host = forgetting_the_header().await;
    let page = start(&host, "{ post = \"/items\", json = {} }").await;
    let said = diagnosis(&page).await;
    assert_said(
        &said,
        &[
            "that this page is allowed to read",
            "the header Access-Control-Allow-Origin. Either this one lacks it, as errors often do",
        ],
    );
    assert!(!said.contains("OPTIONS request"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_of_several_is_enough() {
    let (host, _) = refusing_preflights().await;
    let task = format!("{GET}, {{ put = \"/cart\" }}");
    let page = start(&host, &task).await;
    let said = diagnosis(&page).await;
    assert_said(&said, &["PUT", "/cart", "Access-Control-Allow-Methods"]);
    let answered = page.row("/items?token=7").await;
    assert_eq!(answered.n_failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_answer_in_time() {
    let target = SlowTarget::start().await;
    let host = target.url();
    let page = start(host, "{ get = \"/\" }").await;
    let said = diagnosis(&page).await;
    let headline = format!("No answer to GET {host}/ in time.");
    assert_said(&said, &[&headline]);
    assert_nothing_of_cors(&said);
    assert_usable(&page, &headline).await;
}

async fn check_no_answer(host: &str) {
    let page = start(host, GET).await;
    let said = diagnosis(&page).await;
    let headline = format!("No answer to GET {host}/items.");
    assert_said(&said, &[&headline, "Check that the API is running"]);
    assert_nothing_of_cors(&said);
    assert_usable(&page, &headline).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_down() {
    check_no_answer(CLOSED_PORT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_that_does_not_exist() {
    // A name without a dot is of this network, so nobody is asked before it is loaded.
    check_no_answer("http://no-such-host").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_resets_connections() {
    check_no_answer(&raw(b"").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_speak_http() {
    check_no_answer(&raw(b"220 mail.test ready\r\n").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_whose_answer_has_two_lengths() {
    let answer = b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\n\
                   Content-Length: 3\r\n\r\n[]";
    check_no_answer(&raw(answer).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_redirects_in_circles() {
    async fn answer() -> Response {
        let headers = [("location", "/items"), ("access-control-allow-origin", "*")];
        (StatusCode::FOUND, headers).into_response()
    }
    check_no_answer(&serve(Router::new().fallback(answer)).await).await;
}
