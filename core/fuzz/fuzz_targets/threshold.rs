//! Any text is a condition or an error, and a condition is written as it is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mayfly_core::verdict::threshold::Condition;

fuzz_target!(|text: &str| {
    match text.parse::<Condition>() {
        Ok(condition) => {
            let written = condition.to_string();
            assert_eq!(written.parse().as_ref(), Ok(&condition), "{written}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
