//! Any text is a template or an error, and any template can be written.

#![no_main]

use std::borrow::Cow;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mayfly_core::rng::Rng;
use mayfly_core::template::{Encoding, JsonTemplate, Scope, Template};
use serde_json::Value;

/// Knows every variable whose name begins with `a`: it is its own name.
struct User {
    rng: Rng,
    n_seq: u64,
}

impl Scope for User {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        name.starts_with('a').then(|| Cow::Owned(Value::from(name)))
    }

    fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    fn user(&self) -> u32 {
        7
    }

    fn next_seq(&mut self) -> u64 {
        self.n_seq += 1;
        self.n_seq
    }

    fn unix_time(&self) -> Duration {
        Duration::from_secs(1_767_225_600)
    }
}

fuzz_target!(|text: &str| {
    let mut user = User {
        rng: Rng::new(1, 0),
        n_seq: 0,
    };
    match text.parse::<Template>() {
        Ok(template) => {
            assert_eq!(template.as_str(), text);
            for encoding in [Encoding::Plain, Encoding::Url] {
                let mut out = String::new();
                let written = template.render(&mut user, encoding, &mut out);
                assert!(written.is_ok() || out.is_empty());
                if let Some(fixed) = template.static_text() {
                    assert_eq!(out, fixed);
                }
            }
            let _ = template.value(&mut user);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(json) = serde_json::from_str::<Value>(text)
        && let Ok(template) = JsonTemplate::new(json)
        && let Ok(body) = template.render(&mut user)
    {
        assert!(serde_json::from_str::<Value>(&body).is_ok());
    }
});
