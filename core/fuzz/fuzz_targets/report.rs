//! Any text is a report or an error in words, and what is a report can be shown in every way and read
//! again.

#![no_main]

use std::time::SystemTime;

use libfuzzer_sys::fuzz_target;
use mayfly_core::report::html::{Look, page};
use mayfly_core::report::{Report, csv, text};
use mayfly_core::verdict::threshold::Verdicts;

fuzz_target!(|input: &str| {
    let report = match Report::from_json(input) {
        Ok(report) => report,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(Report::from_json(&report.to_json()).is_ok());
    let started = SystemTime::UNIX_EPOCH + report.started;
    let mut verdicts = Verdicts::new(&["p95 < 1s".parse().expect("a condition")]);
    verdicts.update(&report.board);
    let texts = [
        page(&report, Look::default()),
        report.file_stem(60),
        format!("{:?} {}", report.figures(), report.verdict()),
        csv::requests(&report.board, None),
        csv::failures(&report.board, started),
        csv::exceptions(&report.board),
        csv::history(&report.board, started),
        text::summary(&report.board, &verdicts),
    ];
    assert!(texts.iter().all(|it| !it.is_empty()));
});
