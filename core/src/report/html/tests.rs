use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use super::*;
use crate::http::phases::Phases;
use crate::http::request::Request;
use crate::plan::Draft;
use crate::report::Ending;
use crate::report::tests::{HOSTILE, large, report, small};
use crate::testing::{Simulation, answer_after};

/// The page without its style, which has characters that mean something in markup.
fn body(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    head.to_owned() + rest
}

/// The tags of a page, with names of attributes in place of attributes.
fn tags(page: &str) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    for piece in body(page).split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap();
        let mut name = String::new();
        // Every other piece is the value of an attribute.
        for outside in tag.split('"').step_by(2) {
            name.push_str(outside);
        }
        tags.insert(name);
    }
    tags
}

#[test]
fn hostile_texts_make_no_markup() {
    let page = page(&large(), Look::default());
    let names: BTreeSet<String> = tags(&page)
        .iter()
        .map(|it| {
            it.split([' ', '/'])
                .find(|it| !it.is_empty())
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    let ours = "!doctype bdi body caption dd desc details div dl dt figcaption figure h1 h2 h3 head \
                header html li main meta p path pre section span style summary svg table tbody td \
                text th thead title tr ul";
    let ours: BTreeSet<String> = ours.split(' ').map(str::to_owned).collect();
    let foreign: Vec<&String> = names.difference(&ours).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    for tag in tags(&page) {
        assert!(
            !tag.contains(" on") && !tag.contains("href") && !tag.contains("src"),
            "{tag}"
        );
    }
    for control in ['\0', '\u{1b}', '\r', '\u{202e}', '\u{2066}'] {
        assert!(!page.contains(control), "{control:?}");
    }
    // They are shown, and not lost.
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    assert!(page.contains(HOSTILE[5]));
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let page = page(&small(), Look::default());
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    for loads in ["<script", "<link", "<img", "@import", "url(", " style=\""] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn sections_are_in_locusts_order() {
    let page = page(&large(), Look::default());
    let titles: Vec<&str> = page
        .split("<h2>")
        .skip(1)
        .filter_map(|it| it.split("</h2>").next())
        .collect();
    assert_eq!(
        titles,
        [
            "Thresholds",
            "Validity",
            "Request Statistics",
            "Response Time Statistics",
            "Requests Without an Answer",
            "Failures Statistics",
            "Exceptions Statistics",
            "Charts",
            "Final ratio"
        ]
    );
}

#[test]
fn the_same_report_has_the_same_bytes() {
    let look = Look::default();
    assert_eq!(page(&large(), look), page(&large(), look));
}

#[test]
fn waits_in_the_generator_have_a_chart() {
    let plan = "version = 1\nload = { users = 8, spawn_rate = 100, run_time = 3 }\n\
                [[user_class]]\nname = \"A\"\ntask = [{ get = \"/\" }]\n";
    let answer = |_, _: &Request| answer_after(Duration::from_millis(20), 200);
    let mut run = Simulation::of(plan, answer);
    run.capacity = Rc::new(|_, _| 2);
    let waited = Report {
        board: run.run().board,
        ..small()
    };
    for (report, has_chart) in [(waited, true), (small(), false)] {
        let page = page(&report, Look::default());
        assert_eq!(
            page.contains("Parts of Response Times (ms, average)"),
            has_chart
        );
    }
}

#[test]
fn a_small_run_is_told_whole() {
    let report = small();
    let page = page(&report, Look::default());
    let figures = report.figures();
    let rows = report.board.rows();
    let (n_first, n_second) = (rows[0].n_requests, rows[1].n_requests);
    for expected in [
        "<title>Small – Mayfly Test Report</title>",
        "<h1><bdi class=\"clip\">Small</bdi></h1>\n<p class=\"verdict bad\">Failed</p>",
        "<dd>2026-01-01 00:00:00 – 2026-01-01 00:00:10 UTC (10 seconds)</dd>",
        "<bdi class=\"clip\">http://shop.test/api</bdi>",
        "<dd><bdi class=\"clip\">its time was over; the numbers are final</bdi></dd>",
        "<dt>Seed</dt><dd>7</dd>",
        &format!("<dt>Requests</dt><dd>{}</dd>", figures.n_requests),
        "<td class=\"bad\">Failed</td><td class=\"name\"><bdi class=\"clip\">fail_ratio &lt; 1%</bdi>",
        &format!(
            "<tr><td>GET</td><td class=\"name\"><bdi class=\"clip\">/</bdi></td>\
             <td class=\"number\">{n_first}</td><td class=\"number\">0</td>\
             <td class=\"number\">120.0</td>"
        ),
        &format!(
            "<tr class=\"with-sample\"><td class=\"number\">{n_second}</td><td>POST</td>\
             <td class=\"name\"><bdi class=\"clip\">/buy</bdi></td>\
             <td class=\"name\"><bdi class=\"clip\">503 Service Unavailable</bdi></td>"
        ),
        "<dt>URL</dt><dd><bdi class=\"clip\">http://shop.test/api/buy</bdi></dd>",
        "<dt>Body</dt><dd class=\"soft\">empty</dd>",
        "host = &quot;http://shop.test/api&quot;",
        "<span class=\"part\">75.0 %</span> <bdi class=\"clip\">GET /</bdi>",
        "RPS: at most ",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("Exceptions Statistics"));
}

#[test]
fn what_has_no_answer_is_told_by_request() {
    let plan = r#"version = 1
        host = "http://shop.test"
        load = { users = 1, spawn_rate = 1, run_time = 10 }
        [[user_class]]
        name = "User"
        task = [ { steps = [ { get = "/" }, { get = "/hang" } ] } ]"#;
    let answer = |_: Elapsed, request: &Request| {
        let seconds = if request.url.ends_with("hang") { 60 } else { 1 };
        answer_after(Duration::from_secs(seconds), 200)
    };
    let report = report("Hangs", Draft::from_toml(plan).unwrap(), 1, answer);
    let page = page(&report, Look::default());
    let (_, section) = page
        .split_once("<h2>Requests Without an Answer</h2>")
        .unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    let row = "<tr><td>GET</td><td class=\"name\"><bdi class=\"clip\">/hang</bdi></td>\
               <td class=\"number\">1</td><td class=\"number\">0</td></tr>";
    assert!(section.contains(row), "{section}");
    assert_eq!(
        section.matches("<tr>").count(),
        2,
        "the head and one row: {section}"
    );
    assert!(page.contains("All that was due: 2 due = 1 answered + 1 given up."));
}

#[test]
fn where_the_time_went_is_told_by_request() {
    assert!(!page(&small(), Look::default()).contains("Phases on Average"));
    let plan = "version = 1\nhost = \"http://shop.test\"\nload = { users = 1, spawn_rate = 1, run_time = 10 }\n\
                [[user_class]]\nname = \"A\"\ntask = [{ steps = [{ get = \"/\" }, { get = \"/hidden\" }] }]\n";
    let ms = Duration::from_millis;
    let answer = |_: Elapsed, request: &Request| {
        let mut answer = answer_after(Duration::from_secs(1), 200);
        if let Ok(response) = &mut answer.result
            && !request.url.ends_with("hidden")
        {
            response.phases = Some(Box::new(Phases {
                connect: None,
                tls: None,
                first_byte: ms(21),
                body: ms(4),
            }));
        }
        answer
    };
    let report = report("Phases", Draft::from_toml(plan).unwrap(), 1, answer);
    let n_answers = report.board.rows()[0].n_requests;
    let page = page(&report, Look::default());
    let (_, section) = page.split_once("<h2>Phases on Average</h2>").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    let numbers = ["–", "–", "21.0", "4.0"].map(|it| format!("<td class=\"number\">{it}</td>"));
    let row = format!(
        "<tr><td>GET</td><td class=\"name\"><bdi class=\"clip\">/</bdi></td>\
         <td class=\"number\">{n_answers}</td>{}</tr>",
        numbers.concat()
    );
    assert!(section.contains(&row), "{section}");
    assert!(!section.contains("/hidden"), "{section}");
}

#[test]
fn clocks_and_colors_are_those_of_the_reader() {
    let look = Look {
        theme: Theme::Dark,
        utc_offset_minutes: 330,
    };
    let page = page(&small(), look);
    assert!(page.contains("<html lang=\"en\" data-theme=\"dark\">"));
    assert!(page.contains("2026-01-01 05:30:00 – 2026-01-01 05:30:10 UTC+05:30 (10 seconds)"));
}

#[test]
fn runs_that_were_cut_short_say_so() {
    let mut report = small();
    report.ending = Ending::Running;
    assert!(page(&report, Look::default()).contains(
        "<dd>interrupted at 2026-01-01 00:00:10 UTC; what came later was not saved</dd>"
    ));
    report.ending = Ending::EngineLost {
        reason: "out of <memory>".to_owned(),
    };
    assert!(page(&report, Look::default()).contains(
        "<dd>the engine was lost at 2026-01-01 00:00:10 UTC: \
         <bdi class=\"clip\">out of &lt;memory&gt;</bdi></dd>"
    ));
}

#[test]
fn a_run_without_anything_has_a_page_too() {
    let report = Report {
        board: crate::measure::board::Board::default(),
        thresholds: Vec::new(),
        plan: crate::plan::Draft::default(),
        ..small()
    };
    let page = page(&report, Look::default());
    assert!(page.contains("Nothing was measured."));
    assert!(page.contains("No request failed."));
    assert!(page.contains("<dt>Median (ms)</dt><dd>–</dd>"));
}
