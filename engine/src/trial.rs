//! "Try it": one request of a plan, sent once.

use mayfly_core::plan::Plan;
use mayfly_core::plan::place::{Place, PlaceError};
use mayfly_core::running::trial::{Trial, TrialSetting, try_step};

use crate::host::Host;
use crate::ready::simulated_api;

/// Sends the request of the plan in `plan_json` that is at `place`, and those that it needs, as the
/// plan reader writes places: `user_class[0].task[2]`.
///
/// It goes to the host of its user class, or else to that of the plan, or else to the simulated API.
///
/// # Errors
///
/// Fails in words if the plan cannot be read, or no request is at `place`.
pub async fn try_plan<H: Host>(host: &H, plan_json: &str, place: &str) -> Result<Trial, String> {
    let plan = Plan::from_json(plan_json).map_err(|errors| errors.to_string())?;
    let place: Place = place
        .parse()
        .map_err(|error: PlaceError| error.to_string())?;
    let clock = host.start_clock();
    let seed = plan.load.seed.unwrap_or_else(|| host.random());
    let setting = TrialSetting {
        seed,
        started: host.unix_time(),
        csv: &|name: &str| host.read_file(name),
    };
    let class = place.user_class(&plan);
    let tried = if class.is_some_and(|it| plan.base_url(it).is_some()) {
        let transport = host.transport(&plan)?;
        try_step(&plan, &place, setting, &transport, &clock).await
    } else {
        let api = simulated_api(&plan, clock.clone(), seed);
        try_step(&plan, &place, setting, &api, &clock).await
    };
    tried.map_err(|error| error.to_string())
}
