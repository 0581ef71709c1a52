//! Plans that are locustfiles: Python in a frame of the page, which reaches nothing but the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use mayfly_tests::{DemoTarget, Page, Site, serve, until};
use serde_json::{Value, json};

/// What a person who knows Locust would write first.
const FILE: &str = "\
from locust import HttpUser, between, task


class ApiUser(HttpUser):
    wait_time = between(0.01, 0.05)

    @task(3)
    def root(self):
        self.client.get(\"/\")

    @task
    def square(self):
        self.client.get(\"/square\")

    @task
    def cube(self):
        self.client.get(\"/cube\")
";

/// Waits until what is said about the file contains `expected`, and returns all of it.
async fn until_said(page: &Page, expected: &str) -> String {
    until(expected, async || {
        let text = page.element("//*[@id='plan-problems']").await?;
        let text = text.text().await.ok()?;
        text.contains(expected).then_some(text)
    })
    .await
}

async fn until_ready(page: &Page) {
    until_said(page, "This plan can run.").await;
}

/// Starts a run of a file that was dropped, with a few users on `target`.
async fn start(page: &Page, target: &DemoTarget, users: &str) {
    page.fill("Host", target.url()).await;
    page.fill("Number of users", users).await;
    page.fill("Spawn rate", "50").await;
    until_ready(page).await;
    page.press("Start Swarming").await;
}

/// A file whose task has this body.
fn with_task(lines: &[&str]) -> String {
    let lines = lines.iter().map(|it| format!("        {it}\n"));
    let body: String = lines.collect();
    format!(
        "from locust import HttpUser, constant, task\n\n\n\
         class A(HttpUser):\n    wait_time = constant(0.05)\n\n    @task\n    def a(self):\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_dropped_runs_and_the_target_counts_the_same() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.drop_files(&[("locust.py", FILE)]).await;
    start(&page, &target, "10").await;
    page.until_total("there are 300 requests", |row| 300 <= row.n_requests)
        .await;
    assert_eq!(page.status("Users").await, "10");
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
    for path in ["/", "/square", "/cube"] {
        let counted = target.counted().by_request[&format!("GET {path}")];
        let row = page.row(path).await.n_requests;
        assert!(
            row <= counted && counted <= row + 10,
            "{path}: {row} and {counted}"
        );
    }
    assert_eq!(page.row("Aggregated").await.n_failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_file_is_said_at_its_line() {
    let page = Page::open().await;
    page.drop_files(&[("locust.py", "import locust\n\ndef a(:\n")])
        .await;
    assert!(until_said(&page, "SyntaxError").await.contains("Line 3"));
    let text = "import locust\nimport nothing_like_it\n";
    page.fill("Locustfile (Python)", text).await;
    let said = until_said(&page, "nothing_like_it").await;
    assert!(said.contains("Line 2"), "{said}");
    page.fill("Locustfile (Python)", FILE).await;
    until_ready(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_comes_later_is_found() {
    let page = Page::open().await;
    let main = format!("import helpers\n{FILE}");
    page.drop_files(&[("locust.py", &main)]).await;
    until_said(&page, "helpers").await;
    page.drop_files(&[("helpers.py", "A = 1\n")]).await;
    until_ready(&page).await;
    page.press("Remove helpers.py").await;
    until_said(&page, "helpers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_chosen_classes_run() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let other = "\n\nclass Other(HttpUser):\n    @task\n    def other(self):\n        self.client.get(\"/other\")\n";
    page.drop_files(&[("locust.py", &format!("{FILE}{other}"))])
        .await;
    until_ready(&page).await;
    page.check("Users of Other", false).await;
    start(&page, &target, "4").await;
    page.until_total("there are 20 requests", |row| 20 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(target.counted().by_request.get("GET /other"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_without_end_is_told_with_its_line_and_the_next_run_works() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let file = with_task(&["self.client.get(\"/\")", "while True:", "    pass"]);
    page.drop_files(&[("locust.py", &file)]).await;
    start(&page, &target, "1").await;
    page.until_total("the request is counted", |row| 1 <= row.n_requests)
        .await;
    page.press("Exceptions").await;
    page.until_text("TimeLimit").await;
    let text = page.whole_text().await;
    assert!(
        text.contains("line 11") || text.contains("line 10"),
        "{text}"
    );
    // It was the only user.
    page.until_state("stopped").await;
    page.press("Statistics").await;
    page.assert_agrees_with(&target).await;

    page.press("New").await;
    page.fill("Locustfile (Python)", FILE).await;
    start(&page, &target, "2").await;
    page.until_total("there are requests again", |row| 10 <= row.n_requests)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nothing_interrupts_ends_the_run_and_its_numbers_stay() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let file = with_task(&["self.client.get(\"/\")", "sum(range(10**12))"]);
    page.drop_files(&[("locust.py", &file)]).await;
    start(&page, &target, "1").await;
    page.until_text("Python is gone").await;
    page.until_state("stopped").await;
    assert_eq!(page.row("/").await.n_requests, target.counted().total);

    page.press("New").await;
    page.fill("Locustfile (Python)", FILE).await;
    start(&page, &target, "2").await;
    page.until_total("there are requests again", |row| 10 <= row.n_requests)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_recursion_and_floods_of_prints_break_their_task_at_most() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let file = "\
from locust import HttpUser, constant, task


class A(HttpUser):
    wait_time = constant(0.1)

    @task
    def memory(self):
        [0] * 10**9

    @task
    def recursion(self):
        def deeper():
            return deeper()
        deeper()

    @task
    def prints(self):
        for number in range(10_000):
            print(number)
        self.client.get(\"/\")
";
    page.drop_files(&[("locust.py", file)]).await;
    start(&page, &target, "3").await;
    page.until_total("prints go on", |row| 5 <= row.n_requests)
        .await;
    page.press("Exceptions").await;
    page.until_text("MemoryError").await;
    page.until_text("RecursionError").await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.press("Statistics").await;
    page.assert_agrees_with(&target).await;
}

/// A server that nobody may reach, and how often somebody did.
async fn canary() -> (String, Arc<AtomicU32>) {
    let reached = Arc::new(AtomicU32::new(0));
    let count = {
        let reached = Arc::clone(&reached);
        move |request: Request, next: Next| {
            reached.fetch_add(1, Ordering::Relaxed);
            next.run(request)
        }
    };
    let router = Router::new().fallback(async || "reached");
    let cors = tower_http::cors::CorsLayer::permissive();
    (
        serve(router.layer(cors).layer(from_fn(count))).await,
        reached,
    )
}

/// Each line tries to get out, and fails.
const ATTEMPTS: &[&str] = &[
    "import js; js.eval('1')",
    "import js; js.indexedDB.open('a')",
    "from pyodide.code import run_js; run_js('1')",
    "from pyodide.ffi import to_js; to_js([1]).constructor.constructor('return 1')()",
    "from pyodide.ffi import to_js; to_js([1]).constructor.constructor('return fetch')()(URL)",
    "import pyodide.http; pyodide.http.open_url(URL)",
    "import urllib.request; urllib.request.urlopen(URL)",
    "import http.client; http.client.HTTPConnection(URL[7:]).request('GET', '/')",
];

/// Each line tries to get out, and returns before anybody knows whether it fails.
const PROMISES: &[&str] = &[
    "import js; js.fetch(URL)",
    "import pyodide_js; pyodide_js.loadPackage(URL + '/a.whl')",
    "import pyodide_js; pyodide_js._api.config.fetch(URL)",
    "import socket; s = socket.create_connection((URL[7:].split(':')[0], int(URL.split(':')[2])))",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_file_reaches_nothing_but_what_the_engine_sends() {
    let (url, reached) = canary().await;
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let with_url = |lines: &[&str]| {
        let lines = lines
            .iter()
            .map(|it| it.replace("URL", &format!("{url:?}")));
        json!(lines.collect::<Vec<_>>())
    };
    let file = format!(
        "from locust import HttpUser, constant, task\n\n\
         OUT = []\n\
         for attempt in {} + {}:\n    \
             try:\n        \
                 exec(attempt)\n        \
                 if attempt not in {1}: OUT.append(attempt)\n    \
             except BaseException as error:\n        \
                 pass\n\n\n\
         class A(HttpUser):\n    \
             wait_time = constant(0.1)\n\n    \
             @task\n    \
             def a(self):\n        \
                 self.client.get(\"/\", name=f\"{{OUT}}\"[:200])\n",
        with_url(ATTEMPTS),
        with_url(PROMISES),
    );
    page.drop_files(&[("locust.py", &file)]).await;
    start(&page, &target, "1").await;
    let total = page
        .until_total("there are requests", |row| 3 <= row.n_requests)
        .await;
    assert!(3 <= total.n_requests);
    let names = page.table("Statistics").await;
    let names: Vec<_> = names.iter().map(|cells| &*cells[1]).collect();
    assert_eq!(
        names,
        ["[]", "Aggregated"],
        "the attempts that did not fail"
    );
    // What was only promised has failed by then or come through.
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(reached.load(Ordering::Relaxed), 0, "the canary was reached");
    let is_reached = page
        .run_async(
            "const done = arguments[1]; fetch(arguments[0]).then(() => done(true), () => done(false));",
            vec![url.clone().into()],
        )
        .await;
    assert_eq!(is_reached, Value::Bool(true), "the canary sings");
    assert_eq!(reached.load(Ordering::Relaxed), 1);
    page.assert_agrees_with(&target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_of_python_has_no_origin_and_no_way_out() {
    let (url, reached) = canary().await;
    let page = Page::open().await;
    // The frame as the page opens it, with a worker that tries by itself.
    let script = "
        const [url, done] = arguments;
        (async () => {
            const text = await (await fetch('python.js')).text();
            const folder = /python-[0-9a-f]{16}/.exec(text)[0];
            const frame = document.createElement('iframe');
            frame.sandbox = 'allow-scripts';
            frame.src = `${folder}/frame.html`;
            const here = new Promise((resolve) => addEventListener('message', ({ ports }) => resolve(ports[0])));
            document.body.append(frame);
            const channel = await here;
            const { port1, port2 } = new MessageChannel();
            const script = `onmessage = async ({ ports: [port] }) => {
                const out = {};
                const attempt = async (name, run) => {
                    try { out[name] = String(await run()); } catch (error) { out[name] = 'no'; }
                };
                await attempt('origin', () => { if (self.origin === 'null') throw 0; return self.origin; });
                await attempt('eval', () => (0, eval)('1'));
                await attempt('fetch', async () => (await fetch('${url}')).status);
                await attempt('own site', async () => (await fetch('${document.baseURI}')).status);
                await attempt('script', () => importScripts('${document.baseURI}worker.js'));
                await attempt('module', () => import('${url}/a.js'));
                await attempt('socket', () => new Promise((resolve, reject) => {
                    const socket = new WebSocket('${url}'.replace('http', 'ws'));
                    socket.onopen = resolve; socket.onerror = reject;
                }));
                await attempt('database', () => new Promise((resolve, reject) => {
                    const request = indexedDB.open('a');
                    request.onsuccess = resolve; request.onerror = reject;
                }));
                await attempt('cache', () => caches.open('a'));
                await attempt('parent', () => self.parent.document);
                port.postMessage(out);
            };`;
            const out = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
            channel.postMessage({ script, files: {} }, [port2]);
            const result = await out;
            frame.remove();
            return result;
        })().then(done, (error) => done(String(error)));";
    let out = page.run_async(script, vec![url.into()]).await;
    let attempts = out.as_object().unwrap_or_else(|| panic!("{out}"));
    assert_eq!(attempts.len(), 10, "{out}");
    assert!(attempts.values().all(|it| it == "no"), "{out}");
    assert_eq!(reached.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_python_is_loaded_without_a_locustfile() {
    let page = Page::open().await;
    page.press("Start Swarming").await;
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    let script = "return performance.getEntriesByType('resource')
        .map((it) => it.name).filter((it) => it.includes('python'));";
    assert_eq!(page.run(script, vec![]).await, json!([]));
    let caches = "const done = arguments[0];
        caches.keys().then((names) => done(names.filter((it) => it.includes('python'))));";
    assert_eq!(page.run_async(caches, vec![]).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn python_that_does_not_load_can_be_tried_again() {
    for part in ["pyodide.asm.wasm", "python.js"] {
        let site = Site::start().await;
        site.lose(Some(part));
        let page = Page::open_url(site.url()).await;
        page.drop_files(&[("locust.py", FILE)]).await;
        page.until_text(&format!("{part} did not load")).await;
        site.lose(None);
        page.press("Try again").await;
        until_ready(&page).await;
    }
}

/// A page that waits for a part of Python, which `site` holds back.
async fn open_held(site: &Site) -> Page {
    site.hold(Some(HELD));
    let page = Page::open_url(site.url()).await;
    let script = "const real = window.fetch;
        window.asked = 0;
        window.fetch = (url, ...rest) => {
            if (String(url).includes(arguments[0])) window.asked += 1;
            return real(url, ...rest);
        };";
    page.run(
        &script.replace("arguments[0]", &format!("{HELD:?}")),
        vec![],
    )
    .await;
    page
}

const HELD: &str = "pyodide.asm.wasm";

/// Waits until so many interpreters wait for what is held back.
async fn until_asked(page: &Page, n_times: u32) {
    until("Python is asked for", async || {
        let asked = page.run("return window.asked", vec![]).await;
        (asked == json!(n_times)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_kept_while_python_reads_the_file() {
    let site = Site::start().await;
    let target = DemoTarget::start().await;
    let page = open_held(&site).await;
    page.drop_files(&[("locust.py", FILE)]).await;
    page.fill("Host", target.url()).await;
    until_asked(&page, 1).await;
    page.press("Start Swarming").await;
    page.until_text("Starting…").await;
    site.hold(None);
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.assert_agrees_with(&target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_is_given_up_leaves_no_python_and_says_what_became_of_its_start() {
    let site = Site::start().await;
    let page = open_held(&site).await;
    page.drop_files(&[("locust.py", FILE)]).await;
    until_asked(&page, 1).await;
    page.press("Start Swarming").await;
    page.until_text("Starting…").await;
    page.fill("Host", "http://127.0.0.1:1").await;
    until_asked(&page, 2).await;
    assert!(page.alert().await.contains("while Python was reading it"));
    site.hold(None);
    until_ready(&page).await;
    until("all frames are gone", async || {
        let script = "return document.querySelectorAll('iframe').length";
        (page.run(script, vec![]).await == json!(0)).then_some(())
    })
    .await;
    assert!(page.has_button("Start Swarming").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_carries_no_locustfile() {
    let page = Page::open().await;
    page.drop_files(&[("locust.py", FILE)]).await;
    until_ready(&page).await;
    page.press("Share").await;
    assert!(
        page.dialog_text()
            .await
            .contains("A link carries no locustfile")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_run_has_its_file() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.drop_files(&[("locust.py", FILE)]).await;
    page.fill("Run title", "locust.py").await;
    start(&page, &target, "2").await;
    page.until_total("there are requests", |row| 5 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    page.load("").await;
    page.press("History").await;
    page.press("locust.py").await;
    page.press("Use this plan").await;
    page.press("Plan text").await;
    assert_eq!(page.value("Locustfile (Python)").await, FILE);
    until_ready(&page).await;
}
