//! Files hold what the table holds.

use mayfly_tests::{DemoTarget, Page};

/// A run that is over, with failures.
async fn finished_run(target: &DemoTarget) -> Page {
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    page.fill("Number of users", "4").await;
    page.fill("Spawn rate", "4").await;
    page.fill("Run time", "3").await;
    page.fill_tasks(&[("/", "1"), ("/status/404", "1")]).await;
    page.press("Start Swarming").await;
    page.until_state("stopped").await;
    page
}

/// Waits for a download whose name ends with `ending`, and returns its lines.
async fn download(page: &Page, button: &str, ending: &str) -> Vec<String> {
    page.press(button).await;
    let file = page.browser().downloaded(ending).await;
    let text = std::fs::read_to_string(file).expect("it was just found");
    text.split_terminator("\r\n")
        .map(ToOwned::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_hold_what_the_tables_hold() {
    let target = DemoTarget::start().await;
    let page = finished_run(&target).await;
    let total = page.row("Aggregated").await;
    let missing = page.row("/status/404").await;

    page.press("Download Data").await;
    let requests = download(&page, "Download requests CSV", "_requests.csv").await;
    let failures = download(&page, "Download failures CSV", "_failures.csv").await;

    assert!(requests[0].starts_with("Type,Name,Request Count,Failure Count,Median Response Time,"));
    assert!(requests[0].contains(",99.9%,99.99%,100%,Given Up Count,Never Sent Count,"));
    // Which of them it is depends on the machine.
    let grades = ["VALID", "LIMITED", "INVALID"];
    let grade = requests[1].rsplit(',').nth(1).unwrap_or_default();
    assert!(
        requests[0].ends_with(",Validity,Ended Early") && grades.contains(&grade),
        "{grade}"
    );
    let starts: Vec<String> = requests.iter().skip(1).map(|it| first_four(it)).collect();
    let n_root = total.n_requests - missing.n_requests;
    assert_eq!(
        starts,
        [
            format!("GET,/,{n_root},0"),
            format!("GET,/status/404,{0},{0}", missing.n_requests),
            format!(",Aggregated,{},{}", total.n_requests, missing.n_requests),
        ]
    );
    assert_eq!(
        failures[0],
        "Method,Name,Error,Occurrences,First Seen,Last Seen"
    );
    let start = format!("GET,/status/404,404 Not Found,{},20", missing.n_requests);
    assert!(failures[1].starts_with(&start), "{}", failures[1]);
    assert_eq!(failures.len(), 2);
}

fn first_four(line: &str) -> String {
    line.split(',').take(4).collect::<Vec<_>>().join(",")
}
