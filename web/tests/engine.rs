//! The engine's edge: `fetch` and the timers of a real worker.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::http::origin::Origin;
use mayfly_core::http::request::{Keep, Method, Request};
use mayfly_core::http::transport::{Response, Transport, TransportError};
use mayfly_core::judging::answer::Answer;
use mayfly_core::plan::Plan;
use mayfly_core::running::trial::{Received, Trial};
use mayfly_core::time::Clock;
use mayfly_engine::trial::try_plan;
use mayfly_web::browser::programs::worker_scope;
use mayfly_web::worker::{FetchTransport, WorkerClock, WorkerHost};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::DedicatedWorkerGlobalScope;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// The worker, with what `worker.js` has for the engine: here the engine is loaded without it.
fn scope() -> Rc<DedicatedWorkerGlobalScope> {
    let script = include_str!("../public/worker.js");
    let (_, drain) = script.split_once("\nself.drain = ").unwrap();
    let (drain, _) = drain.split_once("\n};\n").unwrap();
    js_sys::eval(&format!("self.drain = {drain}\n}}")).unwrap();
    Rc::new(worker_scope().expect("the test runs in a worker"))
}

/// The server that serves the tests: it answers with files, or with 404.
fn own_server() -> String {
    scope().location().origin()
}

async fn send(method: Method, base_url: &str, path: &str) -> Result<Response, TransportError> {
    let transport = FetchTransport::new(scope());
    let request = Request::new(method, &format!("{base_url}{path}"));
    transport.send(&(), &request).await
}

#[wasm_bindgen_test]
async fn any_status_is_an_answer() {
    let found = send(Method::Get, &own_server(), "/").await.unwrap();
    assert_eq!(found.status, 200);
    let missing = send(Method::Get, &own_server(), "/no/such/file")
        .await
        .unwrap();
    assert_eq!(missing.status, 404);
}

#[wasm_bindgen_test]
async fn bodies_are_read_to_the_end_and_counted() {
    let page = send(Method::Get, &own_server(), "/").await.unwrap();
    assert!(100 < page.body_bytes, "{page:?}");
    let again = send(Method::Get, &own_server(), "/").await.unwrap();
    assert_eq!(page.body_bytes, again.body_bytes);
    let head = send(Method::Head, &own_server(), "/").await.unwrap();
    assert_eq!(head.body_bytes, 0);
}

/// The text of a body, or what is wrong with it.
async fn text(content_type: &str, escaped: &str) -> Result<String, String> {
    let url = format!("data:{content_type},{escaped}");
    let request = Request {
        keep: Keep::Body,
        ..Request::new(Method::Get, &url)
    };
    let response = FetchTransport::new(scope())
        .send(&(), &request)
        .await
        .unwrap();
    let answer = Answer::new(&response);
    let text = answer.text().map(str::to_owned);
    text.map_err(|it| format!("{it}; {}", it.place().unwrap_or_default()))
}

#[wasm_bindgen_test]
async fn bodies_are_read_by_their_charset() {
    let read = |label: &str, escaped: &str| {
        let (content_type, escaped) = (format!("text/plain;charset={label}"), escaped.to_owned());
        async move { text(&content_type, &escaped).await }
    };
    assert_eq!(read("iso-8859-1", "Gr%FC%DFe%80").await.unwrap(), "Grüße€");
    assert_eq!(read("shift_jis", "%93%FA%96%7B").await.unwrap(), "日本");
    assert_eq!(read("utf-8", "%FF%FEa%00").await.unwrap(), "a");
    assert_eq!(
        read("shift_jis", "ab%93").await.unwrap_err(),
        "the body is not shift_jis, as the answer says; the byte 0x93 at place 3"
    );
    assert_eq!(
        read("klingon", "%FC").await.unwrap_err(),
        "the body is in a charset that is not known, “klingon”; "
    );
}

#[wasm_bindgen_test]
async fn a_refused_connection_is_opaque() {
    // Nothing listens on the last of all ports.
    let result = send(Method::Get, "http://127.0.0.1:65535", "/").await;
    assert_eq!(result, Err(TransportError::Opaque));
}

#[wasm_bindgen_test]
async fn a_sleep_never_ends_early() {
    let clock = WorkerClock::start(&scope());
    for micros in [0, 1, 900, 1_100, 15_000] {
        let at = clock.now() + Duration::from_micros(micros);
        clock.sleep_until(at).await;
        assert!(at <= clock.now());
    }
}

#[wasm_bindgen_test]
fn an_origin_has_six_connections_until_more_are_known() {
    let transport = FetchTransport::new(scope());
    let capacity = |url| transport.capacity(&Origin::of(url).unwrap());
    assert_eq!(capacity("http://127.0.0.1:5000/a"), 6);
    assert_eq!(capacity("https://example.org"), 6);
    assert_eq!(transport.capacity(&Origin::OTHER), 6);
}

/// Tries the first task of a plan whose only class has the lines `class`.
async fn try_first(head: &str, class: &str) -> Result<Trial, String> {
    let toml = format!(
        "version = 1\n{head}\nload = {{ users = 1, spawn_rate = 1 }}\n\
         [[user_class]]\nname = 'A'\n{class}"
    );
    let plan = Plan::from_toml(&toml).unwrap().to_json();
    try_plan(&WorkerHost::new(scope()), &plan, "user_class[0].task[0]").await
}

fn received(trial: &Trial) -> Result<Received, String> {
    let exchange = trial.requests[0].exchange.as_ref().unwrap();
    exchange.received.clone()
}

#[wasm_bindgen_test]
async fn a_trial_shows_what_the_target_answers() {
    let class = format!("host = '{}'\ntask = [ {{ get = '/' }} ]", own_server());
    let trial = try_first("host = 'http://127.0.0.1:65535'", &class)
        .await
        .unwrap();
    let received = received(&trial).unwrap();
    assert_eq!(received.status, 200);
    assert!(received.body.text.contains("<html"), "{received:?}");
    let mut names = received.headers.iter().map(|it| it.0.as_str());
    assert!(names.any(|it| it == "content-type"), "{received:?}");
}

#[wasm_bindgen_test]
async fn a_trial_without_a_host_asks_the_simulated_api() {
    let trial = try_first("", "task = [ { get = '/delay/1' } ]")
        .await
        .unwrap();
    assert_eq!(received(&trial).unwrap().body.text, "Hello World");
}

#[wasm_bindgen_test]
async fn a_trial_says_why_no_answer_came() {
    let head = "host = 'http://127.0.0.1:65535'";
    let trial = try_first(head, "task = [ { get = '/' } ]").await.unwrap();
    assert_eq!(received(&trial), Err(TransportError::Opaque.to_string()));

    let error = try_first("", "task = [ { steps = [ { wait = 1 } ] } ]").await;
    let expected = "expected a request at user_class[0].task[0], found a wait";
    assert_eq!(error, Err(expected.to_owned()));
}
