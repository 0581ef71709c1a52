//! What the page costs, measured in a real browser: `cargo xtask bench` runs this and explains it.

#![expect(clippy::print_stdout, reason = "the figures are for a person")]

use std::path::Path;

use axum::Router;
use mayfly_tests::{Page, Site, serve};
use serde_json::Value;
use tower_http::cors::CorsLayer;

/// Turns of each side; an odd number, for a median.
const TURNS: usize = 7;

/// Length of a turn in seconds.
const SECS: u32 = 5;

#[tokio::main]
async fn main() {
    let hello = Router::new().fallback(|| async { "Hello World" });
    let target = serve(hello.layer(CorsLayer::permissive())).await;
    let page = Page::open().await;
    if let Ok(yardstick) = std::env::var("MAYFLY_YARDSTICK") {
        throughput(&page, &target, Path::new(&yardstick)).await;
    }
    first_numbers(&page).await;
    responsiveness(&page, &target).await;
    long_tasks(&page, &target).await;
    python(&page).await;
    // Few enough for the connections, and more than they carry.
    for users in ["6", "50"] {
        locustfile(&page, &target, users).await;
    }
}

const LOCUSTFILE: &str = "\
from locust import HttpUser, constant, task


class A(HttpUser):
    wait_time = constant(0)

    @task
    def root(self):
        self.client.get(\"/\")
";

/// From asking for Python to its first answer: without a snapshot, and from one.
async fn python(page: &Page) {
    page.load("").await;
    // Its loader comes with the first file.
    page.drop_files(&[("locust.py", LOCUSTFILE)]).await;
    page.until_text("This plan can run.").await;
    let script = "
        const [isFirst, done] = arguments;
        (async () => {
            for (const name of await caches.keys()) {
                const cache = await caches.open(name);
                for (const request of await cache.keys()) {
                    if (isFirst && request.url.endsWith('/snapshot')) await cache.delete(request);
                }
            }
            const { port1, port2 } = new MessageChannel();
            const answer = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
            const start = performance.now();
            openPython(port2, () => {});
            const port = await answer;
            const millis = performance.now() - start;
            port1.postMessage(null);
            // The snapshot is stored a moment later.
            setTimeout(done, 1000, port instanceof MessagePort ? millis : null);
        })();";
    for (what, is_first) in [("without a snapshot", true), ("from a snapshot", false)] {
        let mut millis = Vec::new();
        for _ in 0..TURNS {
            let time = page.run_async(script, vec![is_first.into()]).await;
            millis.push(time.as_f64().expect("Python starts"));
        }
        let (_, longest) = spread(&mut millis);
        println!(
            "Python is ready, {what}: median {:.0} ms, longest {longest:.0} ms",
            median(&mut millis)
        );
    }
}

/// Requests per second of a locustfile and of the same plan without Python, taking turns.
async fn locustfile(page: &Page, target: &str, users: &str) {
    let (mut files, mut plans, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        plans.push(page_rate(page, target, users).await);
        files.push(file_rate(page, target, users).await);
        ratios.extend(
            files
                .last()
                .zip(plans.last())
                .map(|(file, plan)| file / plan),
        );
    }
    let (low, high) = spread(&mut ratios);
    println!(
        "requests per second, {users} users: plan {:.0}, locustfile {:.0}, ratio {:.2} (turns {low:.2} to {high:.2})",
        median(&mut plans),
        median(&mut files),
        median(&mut ratios),
    );
}

async fn file_rate(page: &Page, target: &str, users: &str) -> f64 {
    page.load("").await;
    page.drop_files(&[("locust.py", LOCUSTFILE)]).await;
    page.until_text("This plan can run.").await;
    page.fill("Host", target).await;
    page.fill("Number of users", users).await;
    page.fill("Spawn rate", "100000").await;
    page.fill("Run time", "5").await;
    page.press("Start Swarming").await;
    page.run_async(UNTIL_DONE, vec!["stopped".into()]).await;
    page.row("Aggregated").await.n_requests as f64 / f64::from(SECS)
}

/// Requests per second of the page and of a bare fetch loop, taking turns in one browser.
async fn throughput(page: &Page, target: &str, yardstick: &Path) {
    let yardstick = Site::of(yardstick).await;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        bare.push(bare_rate(page, &yardstick, target).await);
        ours.push(page_rate(page, target, "6").await);
        println!(
            "turn {turn}: bare loop {:.0}/s, page {:.0}/s",
            bare[turn - 1],
            ours[turn - 1]
        );
    }
    let mut ratios: Vec<f64> = ours
        .iter()
        .zip(&bare)
        .map(|(ours, bare)| ours / bare)
        .collect();
    let (low, high) = spread(&mut ratios);
    println!(
        "requests per second, 6 in flight: bare loop {:.0}, page {:.0}, ratio {:.2} (turns {low:.2} to {high:.2})",
        median(&mut bare),
        median(&mut ours),
        median(&mut ratios),
    );
}

async fn bare_rate(page: &Page, yardstick: &Site, target: &str) -> f64 {
    let url = format!("{}?url={target}/&inflight=6&secs={SECS}", yardstick.url());
    page.browser()
        .session()
        .goto(url)
        .await
        .expect("the yardstick is served");
    page.run_async(UNTIL_DONE, vec!["done".into()]).await;
    let out = page.run(
        "return JSON.parse(document.getElementById('out').textContent).rps",
        vec![],
    );
    out.await.as_f64().expect("a rate")
}

async fn page_rate(page: &Page, target: &str, users: &str) -> f64 {
    start(page, target, users, "0").await;
    page.run_async(UNTIL_DONE, vec!["stopped".into()]).await;
    page.row("Aggregated").await.n_requests as f64 / f64::from(SECS)
}

async fn start(page: &Page, target: &str, users: &str, wait: &str) {
    page.load("").await;
    page.fill("Host", target).await;
    page.fill("Number of users", users).await;
    page.fill("Spawn rate", "100000").await;
    page.fill("Run time", if wait == "0" { "5" } else { "30" })
        .await;
    page.fill("Wait from", wait).await;
    page.fill("Wait to", wait).await;
    page.fill_tasks(&[("/", "1")]).await;
    page.press("Start Swarming").await;
}

/// From the click to the first row of numbers, against the simulated API.
async fn first_numbers(page: &Page) {
    // The click is the driver's: the page starts nothing by one that no person made.
    let observe = "
        window.numbers = new Promise(done => addEventListener('click', () => {
            const start = performance.now();
            new MutationObserver((_, observer) => {
                if (!document.querySelector('tbody tr')) return;
                observer.disconnect();
                done(performance.now() - start);
            }).observe(document.body, { childList: true, subtree: true });
        }, { capture: true, once: true }));";
    let wait = "window.numbers.then(arguments[arguments.length - 1]);";
    let mut millis = Vec::new();
    for _ in 0..TURNS {
        page.load("").await;
        page.run(observe, vec![]).await;
        page.press("Start Swarming").await;
        millis.push(page.run_async(wait, vec![]).await.as_f64().expect("a time"));
    }
    let (_, longest) = spread(&mut millis);
    println!(
        "from Start Swarming to the first numbers: median {:.0} ms, longest {longest:.0} ms",
        median(&mut millis)
    );
}

/// How long the page takes to show another tab and to take a letter, while 200 users run.
async fn responsiveness(page: &Page, target: &str) {
    // About 400 requests per second: all that 200 users with a wait of half a second can send.
    start(page, target, "200", "0.5").await;
    page.until_total("the swarm is at work", |row| 1_000 <= row.n_requests)
        .await;
    let tabs = answers(page, TABS).await;
    page.press("Edit").await;
    let letters = answers(page, LETTERS).await;
    for (what, mut millis) in [("tab change", tabs), ("letter typed", letters)] {
        let (_, longest) = spread(&mut millis);
        println!(
            "{what} with 200 users, to the next frame: median {:.1} ms, longest of {} {longest:.1} ms",
            median(&mut millis),
            millis.len(),
        );
    }
}

/// Whatever keeps the page busy for longer than 50 ms in a minute of 200 users and 100 rows: while nobody
/// touches it, and while a person looks at one tab after the other and filters.
async fn long_tasks(page: &Page, target: &str) {
    let tasks: Vec<String> = (0..100)
        .map(|nth| format!("{{ get = \"/{nth}\" }}"))
        .collect();
    let plan = format!(
        "version = 1\nhost = \"{target}\"\n\
         [load]\nusers = 200\nspawn_rate = 100\nrun_time = \"4m\"\n\
         [[user_class]]\nname = \"A\"\nwait = {{ constant = \"500ms\" }}\ntask = [{}]\n",
        tasks.join(", ")
    );
    page.load("").await;
    page.press("Plan text").await;
    page.fill("Plan (TOML)", &plan).await;
    page.until_text("This plan can run.").await;
    page.press("Start Swarming").await;
    page.until_total("the swarm is at work", |row| 1_000 <= row.n_requests)
        .await;
    for (what, script) in [("left alone", ALONE), ("tabs and filters used", USED)] {
        let script = format!("{OBSERVED}{script}");
        let mut millis = Vec::new();
        for _ in 0..3 {
            millis.extend(answers(page, &script).await);
        }
        let n_tasks = millis.len();
        millis.push(0.0);
        let (_, longest) = spread(&mut millis);
        println!(
            "tasks over 50 ms in 60 s of 200 users and 100 rows, {what}: {n_tasks}, longest {longest:.0} ms"
        );
    }
    let n_rows = page.table("Statistics").await.len();
    println!("  with {n_rows} rows drawn at the end");
}

async fn answers(page: &Page, script: &str) -> Vec<f64> {
    let millis: Value = page.run_async(script, vec![]).await;
    serde_json::from_value(millis).expect("a list of times")
}

// Waits for a word in the title or in the status, without asking: every question of a driver costs
// the browser time, and the two sides must be asked alike.
const UNTIL_DONE: &str = "
    const [word, done] = arguments;
    const look = () => document.title === word || document.querySelector('.state.' + word);
    if (look()) return done();
    new MutationObserver((_, observer) => {
        if (look()) { observer.disconnect(); done(); }
    }).observe(document, { childList: true, subtree: true, characterData: true, attributes: true });";

const TABS: &str = "
    const done = arguments[arguments.length - 1];
    const frame = () => new Promise(requestAnimationFrame);
    const pause = millis => new Promise(done => setTimeout(done, millis));
    (async () => {
        const millis = [];
        const tabs = [...document.querySelectorAll('[role=tab]')];
        for (let turn = 0; turn < 80; turn++) {
            const tab = tabs[(turn + 1) % tabs.length];
            const start = performance.now();
            tab.click();
            do { await frame(); } while (!document.querySelector(`[aria-labelledby=${tab.id}]`));
            millis.push(performance.now() - start);
            // At a different time within the quarter of a second between two drawings.
            await pause(30 + 7 * (turn % 31));
        }
        done(millis);
    })();";

const LETTERS: &str = "
    const done = arguments[arguments.length - 1];
    const frame = () => new Promise(requestAnimationFrame);
    const pause = millis => new Promise(done => setTimeout(done, millis));
    (async () => {
        const millis = [];
        const field = document.querySelector('dialog input');
        for (let turn = 0; turn < 80; turn++) {
            await pause(30 + 7 * (turn % 31));
            const start = performance.now();
            field.value = String(turn);
            field.dispatchEvent(new InputEvent('input', { bubbles: true }));
            await frame();
            millis.push(performance.now() - start);
        }
        done(millis);
    })();";

// The lengths of the long tasks of a third of a minute: a driver waits for a script no longer than 30
// seconds.
const OBSERVED: &str = "
    const done = arguments[arguments.length - 1];
    const millis = [];
    new PerformanceObserver(list => millis.push(...list.getEntries().map(it => it.duration)))
        .observe({ type: 'longtask' });
    const pause = millis => new Promise(done => setTimeout(done, millis));
    const end = performance.now() + 20_000;";

const ALONE: &str = "pause(20_000).then(() => done(millis));";

const USED: &str = "
    const type = (field, text) => {
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    };
    (async () => {
        const tabs = [...document.querySelectorAll('[role=tab]')];
        for (let turn = 0; performance.now() < end; turn++) {
            tabs[turn % tabs.length].click();
            await pause(1000);
            const field = document.querySelector('input[type=search]');
            if (!field) continue;
            for (const text of ['1', '12', '1', '']) {
                type(field, text);
                await pause(250);
            }
        }
        tabs[0].click();
        await pause(1000);
        done(millis);
    })();";

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The smallest and the largest.
fn spread(numbers: &mut [f64]) -> (f64, f64) {
    numbers.sort_by(f64::total_cmp);
    (numbers[0], numbers[numbers.len() - 1])
}
