//! Any text is a plan or an error, and a plan is written as it is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mayfly_core::plan::Plan;
use mayfly_core::running::program::Program;

fuzz_target!(|text: &str| {
    // The first byte says how the rest is read.
    let Some((kind, text)) = text.split_at_checked(1) else {
        return;
    };
    let plan = if kind == "j" {
        Plan::from_json(text)
    } else {
        Plan::from_toml(text)
    };
    match plan {
        Ok(plan) => {
            assert_eq!(Plan::from_json(&plan.to_json()).as_ref(), Ok(&plan));
            assert_eq!(Plan::from_toml(&plan.to_toml()).as_ref(), Ok(&plan));
            let _ = Program::new(&plan, |_| Ok("a,b\n1,2\n".to_owned()));
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
});
