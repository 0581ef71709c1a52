//! The plans in `examples/` run as they are against the demo API, and the numbers agree.

use std::path::{Path, PathBuf};

use crate::target::demo_api;
use crate::{Ended, mayfly};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path());
    let mut plans: Vec<PathBuf> = files
        .filter(|it| it.extension().is_some_and(|it| it == "toml"))
        .collect();
    plans.sort();
    plans
}

/// Runs an example against a demo API of its own; one that loads the simulated API, as it is.
fn run(plan: &Path) -> (Ended, u64) {
    let (url, api) = demo_api();
    let plan_text = std::fs::read_to_string(plan).unwrap();
    let mut args = vec!["-f", plan.to_str().unwrap(), "--headless"];
    if !plan_text.contains("[simulated]") {
        args.extend(["-H", &url]);
    }
    let ended = mayfly(&args);
    (ended, api.counts().answered().total)
}

#[test]
fn all_examples_run_and_pass() {
    let plans = examples();
    assert!(6 <= plans.len(), "{plans:?}");
    // All at the same time: each takes as long as its load says.
    std::thread::scope(|scope| {
        for plan in &plans {
            scope.spawn(move || {
                let (ended, n_answered) = run(plan);
                let expects_failures = plan.ends_with("simulated.toml");
                let expected = i32::from(expects_failures);
                let Ended { stdout, stderr, .. } = &ended;
                assert_eq!(
                    ended.code,
                    expected,
                    "{}:\n{stdout}{stderr}",
                    plan.display()
                );
                if !expects_failures {
                    let n_requests = ended.n_requests("Aggregated");
                    // Those under way at the end are answered, and in no count.
                    assert!(
                        0 < n_requests && n_requests <= n_answered,
                        "{}",
                        plan.display()
                    );
                    assert!(n_answered - n_requests <= 40, "{n_requests} {n_answered}");
                }
            });
        }
    });
}
