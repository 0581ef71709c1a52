//! One plan, one result: situations of HTTP through page and command, against one target that is
//! written byte for byte. Where HTTP leaves no choice, what the browser does is right.

mod cases;
mod httpbin;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use axum::Router;
use mayfly::plan_source::PlanSource;
use mayfly::run::{Ready, RunOptions};
use mayfly_tests::{Heard, Page, ScriptedTarget, memory, serve};
use serde_json::Value;
use tower_http::cors::CorsLayer;

use self::cases::{Case, cases, hex};

/// What became of the request of each case, in words.
type Outcomes = BTreeMap<String, String>;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_has_one_result_in_page_and_command() {
    let cases = cases();
    let target = ScriptedTarget::start(cases.iter().map(Case::script)).await;
    let plan = plan(&cases, target.url());

    let by_command = outcomes(&run_command(&plan).await);
    let heard_of_command = target.take_heard();
    let by_page = outcomes(&run_page(&plan).await);
    let heard_of_page = target.take_heard();

    let mut faults = Vec::new();
    for case in &cases {
        let name = case.name;
        for (host, outcomes, expected) in [
            ("command", &by_command, case.command),
            ("page", &by_page, case.page),
        ] {
            let found = outcomes.get(name).map_or("not sent", String::as_str);
            if !is_as_expected(found, expected) {
                faults.push(format!(
                    "{name}: {host}: expected {expected}, found {found}"
                ));
            }
        }
        let sent = |heard: &BTreeMap<String, Vec<Heard>>| heard.get(name).map(|it| lines(it));
        let (command, page) = (sent(&heard_of_command), sent(&heard_of_page));
        if !case.may_be_sent_differently && command != page {
            faults.push(format!(
                "{name}: the command sent {command:#?}, the page {page:#?}"
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// 512 MiB of zeros, packed three times.
const BOMB: &str = "1f8b080000000000020393efe660000126e6b777748d5a19451a1e56df95ee79a0eec1743ae04c404a638ece01\
     a9198693928437a5b85d7dc37096a947c1e3d8f9bdd913f67dafbc74527d9ee5e7bc38ddbe3431b57cfec71fef\
     17d4fdadfdbd6f870913d048b6777f9e261959b3f56cab9bf78dbf0f28d2b0d03a3272deb97ea6f8e3d2d5d718\
     8122cde53b37efb5fa2ff0c3c27a6e143b5080e7deafe7afdffd11fbf0a3787b59863c50c4a0e27c1348e90425\
     09904375c19c0b108e2132675466546684c998ff97e491c88dbd33ffdc3c9e3ac65bb29acf4bbeb13300004607\
     8b9fd4030000";

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_becomes_half_a_gigabyte_is_never_there_as_a_whole() {
    let coding = [("content-encoding", "gzip, gzip, gzip")];
    let bomb = Router::new().fallback(move || async move { (coding, hex(BOMB)) });
    let target = serve(bomb.layer(CorsLayer::permissive())).await;
    let page = Page::open().await;
    page.fill("Host", &target).await;
    page.fill("Number of users", "1").await;
    page.fill_tasks(&[("/", "1")]).await;
    page.press("Start Swarming").await;
    let total = page
        .until_total("it is read", |row| 1 <= row.n_requests)
        .await;
    page.press("Stop").await;
    page.until_state("stopped").await;
    assert_eq!(total.n_failures, 0);
    // The average size.
    let digits = |it: &String| it.replace(|it: char| !it.is_ascii_digit(), "");
    let mut cells = total.cells.iter().map(digits);
    assert!(cells.any(|it| it == "536870912"), "{total:?}");
    let most = memory::most_of_a_child();
    assert!(most < 500_000_000, "{most}");
    assert!(0 < most || !cfg!(target_os = "linux"), "nothing was seen");
}

/// A check says in its own words what it found, which is tested where it is written.
fn is_as_expected(found: &str, expected: &str) -> bool {
    match expected {
        "check" => found.starts_with("check: "),
        _ => found == expected,
    }
}

/// What went over the wire and is not for the client to choose.
fn lines(heard: &[Heard]) -> Vec<String> {
    let of_plan = |name: &str| {
        name.starts_with("x-")
            || ["authorization", "content-length", "content-type"].contains(&name)
    };
    let lines = heard.iter().map(|it| {
        let mut headers = it.headers.clone();
        headers.retain(|(name, _)| of_plan(name));
        headers.sort();
        let body = String::from_utf8_lossy(&it.body);
        // To a server of HTTP/1.0, the command speaks it as well.
        let line = it.line.replace("HTTP/1.0", "HTTP/1.1");
        format!("{line} {headers:?} {body}")
    });
    lines.collect()
}

/// One user that sends the request of each case once.
fn plan(cases: &[Case], host: &str) -> String {
    let requests = cases.iter().map(|case| {
        let path = format!("/{}{}", case.name, case.path);
        let request = case.request.replace("{}", &path);
        format!("  {{ name = '{}', {request} }},\n", case.name)
    });
    plan_of(&requests.collect::<Vec<_>>(), host)
}

/// One user that sends each of these requests once, which are inline tables of TOML.
fn plan_of(requests: &[String], host: &str) -> String {
    format!(
        "version = 1\nhost = '{host}'\n[load]\nusers = 1\nspawn_rate = 1\nmax_requests = {}\n\
         [request]\ntimeout = '2s'\n[[user_class]]\nname = 'Client'\n[[user_class.task]]\n\
         name = 'all'\nsteps = [\n{}]\n",
        requests.len(),
        requests.concat()
    )
}

/// The report of the command, in JSON.
async fn run_command(plan: &str) -> Value {
    static N_FILES: AtomicU32 = AtomicU32::new(0);
    let nth = N_FILES.fetch_add(1, Ordering::Relaxed);
    let name = format!("cases-{}-{nth}.toml", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, plan).unwrap();
    let options = RunOptions::new(PlanSource::File(file.clone()));
    // Its runtime is its own, as in the command.
    let run = thread::spawn(move || {
        mayfly::runtime::run(async {
            let ready = Ready::read(&options).await;
            let ready = ready.unwrap_or_else(|error| panic!("{error}"));
            ready.run().await.0.report.to_json()
        })
    });
    let report = tokio::task::spawn_blocking(|| run.join().unwrap()).await;
    std::fs::remove_file(file).unwrap();
    serde_json::from_str(&report.unwrap().unwrap()).unwrap()
}

/// The report of the page, as it saves it.
async fn run_page(plan: &str) -> Value {
    let page = Page::open().await;
    page.press("Plan text").await;
    let field = page.element("//textarea").await.unwrap();
    page.run(
        "const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
         setter.call(arguments[0], arguments[1]);
         arguments[0].dispatchEvent(new Event('input', { bubbles: true }));",
        vec![field.to_json().unwrap(), plan.into()],
    )
    .await;
    page.until_text("This plan can run.").await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    let script = "
        const done = arguments[arguments.length - 1];
        indexedDB.open('mayfly').onsuccess = event => {
            const reports = event.target.result.transaction('reports').objectStore('reports');
            reports.getAll().onsuccess = event => done(event.target.result.at(-1));
        };";
    let report = page.run_async(script, vec![]).await;
    match report {
        Value::String(text) => serde_json::from_str(&text).unwrap(),
        report => report,
    }
}

fn outcomes(report: &Value) -> Outcomes {
    let rows = report["shards"][0]["rows"].as_array().unwrap();
    let rows = rows.iter().map(|row| {
        let name = row["request"]["name"].as_str().unwrap().to_owned();
        let cause = &row["failures"][0]["cause"];
        let outcome = if row["n_requests"] == 0 {
            "without an outcome".to_owned()
        } else if cause.is_null() {
            "passed".to_owned()
        } else if let Some(status) = cause["status"].as_u64() {
            format!("status {status}")
        } else if let Some(transport) = cause["transport"].as_str() {
            transport.to_owned()
        } else {
            format!("check: {}", cause["check"].as_str().unwrap())
        };
        (name, outcome)
    });
    rows.collect()
}
