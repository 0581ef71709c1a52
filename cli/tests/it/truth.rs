//! Numbers that are not said to be invalid are those of the target. The longer form of this is
//! `cargo xtask bench accuracy`.

use std::time::Duration;

use mayfly::demo_api::{DemoApi, Service};
use mayfly_core::measure::board::aggregated;
use mayfly_core::report::Report;
use mayfly_core::verdict::validity::Grade;

use crate::target::serve;
use crate::{PlanFile, mayfly};

/// Service times in milliseconds, and quantiles that lie amid those that are alike.
const MILLIS: [u64; 10] = [5, 5, 5, 5, 5, 5, 100, 100, 200, 400];
const QUANTILES: [(f64, u64); 4] = [(0.3, 5), (0.7, 100), (0.85, 200), (0.95, 400)];

/// What a busy machine may add to an answer without a sign of it.
const NOISE: Duration = Duration::from_millis(50);

/// Enough for all of these quantiles.
const N_REQUESTS: u64 = 200;

fn report() -> Report {
    let api = DemoApi::with_service(Service {
        times: MILLIS.map(Duration::from_millis).into(),
        ..Service::default()
    });
    let url = serve(api.router());
    let plan = format!(
        "version = 1\nhost = \"{url}\"\n\
         load = {{ users = 6, spawn_rate = 1000, max_requests = {N_REQUESTS} }}\n\
         [[user_class]]\nname = \"User\"\ntask = [{{ get = \"/\" }}]"
    );
    let plan = PlanFile::new(&plan, "toml");
    let ended = mayfly(&["-f", plan.path(), "--headless", "--json"]);
    assert_eq!(
        api.counts().answered().total,
        N_REQUESTS,
        "{}",
        ended.stderr
    );
    let report = Report::from_json(&ended.stdout);
    report.unwrap_or_else(|error| panic!("{error}: {}", ended.stderr))
}

#[test]
fn what_is_not_invalid_is_what_the_target_did() {
    // The machine may be busy with something else.
    let mut runs = (0..3).map(|_| report());
    let is_believed = |it: &Report| it.validity().unwrap().verdict != Grade::Invalid;
    let report = runs.find(is_believed);
    let report = report.expect("one of three runs of a small load is not invalid");
    let total = aggregated(&report.board.rows());
    assert_eq!(total.n_requests, N_REQUESTS);
    for (quantile, millis) in QUANTILES {
        let truth = Duration::from_millis(millis);
        let found = total.response_times.quantile(quantile).unwrap();
        assert!(
            // The histogram has two digits.
            truth.mul_f64(0.98) <= found && found <= truth + NOISE,
            "p{quantile}: {found:?} for {truth:?}"
        );
    }
}
