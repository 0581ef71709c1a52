//! Charts and files hold what the table holds.

use std::path::{Path, PathBuf};

use mayfly_tests::{DemoTarget, Page, until};

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
    let find = |folder: &Path| -> Option<PathBuf> {
        let files = std::fs::read_dir(folder).ok()?;
        files
            .filter_map(Result::ok)
            .map(|it| it.path())
            .find(|it| it.ends_with_name(ending))
    };
    let folder = page.browser().downloads();
    let file = until(ending, async || find(&folder)).await;
    let text = std::fs::read_to_string(file).expect("it was just found");
    text.split_terminator("\r\n")
        .map(ToOwned::to_owned)
        .collect()
}

trait EndsWithName {
    fn ends_with_name(&self, ending: &str) -> bool;
}

impl EndsWithName for PathBuf {
    fn ends_with_name(&self, ending: &str) -> bool {
        self.file_name()
            .is_some_and(|name| name.to_string_lossy().ends_with(ending))
    }
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
    assert!(requests[0].ends_with(",98%,99%,99.9%,99.99%,100%"));
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

#[tokio::test(flavor = "multi_thread")]
async fn the_charts_show_values_where_one_points() {
    let target = DemoTarget::start().await;
    let page = finished_run(&target).await;

    page.press("Charts").await;
    let chart = "//figure[contains(., 'Total Requests per Second')]//*[@class='u-over']";
    let chart = until("the chart is drawn", async || page.element(chart).await).await;
    let session = page.browser().session();
    session
        .action_chain()
        .move_to_element_center(&chart)
        .perform()
        .await
        .unwrap();

    // The three charts point at the same second.
    let legend = "//figure//tr[contains(., 'Time')]//td";
    let times = session
        .find_all(thirtyfour::By::XPath(legend))
        .await
        .unwrap();
    let mut texts = Vec::new();
    for time in &times {
        texts.push(time.text().await.unwrap());
    }
    assert_eq!(texts.len(), 3);
    assert!(
        texts[0].contains(':') && texts.iter().all(|it| *it == texts[0]),
        "{texts:?}"
    );
    for label in [
        "RPS",
        "Failures/s",
        "50th percentile",
        "95th percentile",
        "Users",
    ] {
        let value = format!("//figure//tr[th[contains(., '{label}')]]//td");
        let value = page.element(&value).await.unwrap().text().await.unwrap();
        assert!(value.parse::<f64>().is_ok(), "{label}: {value}");
    }
}
