//! How true the numbers of the page, the command and other generators are, against targets that keep their
//! own record: `cargo xtask bench accuracy` runs this. The table goes to docs/accuracy.md.

#![expect(clippy::print_stdout, reason = "the figures are for a person")]

mod generators;
mod targets;

use mayfly_tests::{Kind, Page};

use self::generators::{Generator, Said};
use self::targets::{Load, QUANTILES, TARGETS, Target};

#[tokio::main]
async fn main() {
    let kind = Kind::chosen();
    let page = Page::open().await;
    // `cargo bench --bench accuracy -- fetch` measures what has that in its name.
    let filter = std::env::args().skip(1).find(|it| !it.starts_with('-'));
    let filter = filter.unwrap_or_default();
    println!(
        "| target | generator | requests | answered by the target | p50 | p95 | p99 | p99.9 | |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for target in TARGETS {
        // Other programs do not depend on the browser.
        for generator in Generator::all(kind == Kind::Chromium) {
            let fits = match target.load {
                Load::Arrivals { .. } => generator.can_send_arrivals(),
                Load::Users => true,
            };
            if !fits || !generator.name(kind).contains(&filter) {
                continue;
            }
            let running = target.start();
            let said = generator.run(&page, kind, target, running.url()).await;
            println!("{}", line(target, generator.name(kind), &said, &running));
        }
    }
}

/// What is true, and how far off it is what was said.
fn line(target: &Target, name: &str, said: &Said, running: &targets::Running) -> String {
    let record = running.record();
    let times = QUANTILES.iter().zip(said.millis).map(|(quantile, said)| {
        let truth = target.truth(*quantile, &record);
        format!("{truth:.2} {:+.2}", said - truth)
    });
    let times: Vec<String> = times.collect();
    format!(
        "| {} | {name} | {}{} | {} | {} | {} |",
        target.name,
        said.n_requests,
        said.given_up,
        record["n_answered"],
        times.join(" | "),
        said.validity,
    )
}
