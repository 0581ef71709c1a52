//! Any text is a pattern, a path and a set of statuses, or an error; and any of them can be held
//! against any answer.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mayfly_core::judging::answer::Answer;
use mayfly_core::judging::check::StatusSet;
use mayfly_core::judging::query::{JsonPath, Pattern};
use mayfly_core::http::transport::{Kept, Response};
use serde_json::Value;

fuzz_target!(|input: (&str, &[u8])| {
    let (text, body) = input;
    let response = Response {
        status: 200,
        body_bytes: body.len() as u64,
        phases: None,
        kept: Some(Box::new(Kept {
            headers: Vec::new(),
            body: body.to_vec(),
            ..Kept::default()
        })),
    };
    let answer = Answer::new(&response);
    match text.parse::<Pattern>() {
        Ok(pattern) => {
            let read = answer.text().unwrap_or_default();
            let found = pattern.capture(read);
            assert!(found.is_none() || pattern.is_match(read));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match text.parse::<JsonPath>() {
        Ok(path) => {
            assert_eq!(path.as_str(), text);
            if let Ok(json) = answer.json() {
                let _ = path.first(json);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(json) = serde_json::from_str::<Value>(text)
        && let Ok(set) = StatusSet::try_from(json)
    {
        let n_held = (100..600).filter(|&status| set.contains(status)).count();
        assert!(0 < n_held, "{set}");
    }
});
