//! "Try it": one request of a plan, sent once from the worker.

use std::rc::Rc;
use std::time::Duration;

use mayfly_core::plan::place::{Place, PlaceError};
use mayfly_core::plan::{Plan, Target};
use mayfly_core::running::trial::{Setting, Trial, try_step};
use mayfly_core::simulate::{Model, SimulatedApi};
use web_sys::DedicatedWorkerGlobalScope;

use super::{FetchTransport, WorkerClock};
use crate::js::random_seed;
use crate::reading::no_files;

/// Sends the request of the plan in `plan_json` that is at `place`, and those that it needs, as the
/// plan reader writes places: `user_class[0].task[2]`.
///
/// It goes to the host of its user class, or else to that of the plan, or else to the simulated API.
///
/// # Errors
///
/// Fails in words if the plan cannot be read, or no request is at `place`.
pub async fn try_plan(
    scope: Rc<DedicatedWorkerGlobalScope>,
    plan_json: String,
    place: String,
) -> Result<Trial, String> {
    let plan = Plan::from_json(&plan_json).map_err(|errors| errors.to_string())?;
    let place: Place = place
        .parse()
        .map_err(|error: PlaceError| error.to_string())?;
    let clock = WorkerClock::start(&scope);
    let seed = plan.load.seed.unwrap_or_else(random_seed);
    let setting = Setting {
        seed,
        started: Duration::from_secs_f64(js_sys::Date::now() / 1e3),
        csv: &no_files,
    };
    let class = place.user_class(&plan);
    let tried = if class.is_some_and(|it| plan.base_url(it).is_some()) {
        let transport = FetchTransport::new(scope);
        try_step(&plan, &place, setting, &transport, &clock).await
    } else {
        let model = match &plan.target {
            Some(Target::Simulated(model)) => model.clone(),
            _ => Model::default(),
        };
        let transport = SimulatedApi::with_model(clock.clone(), seed, model);
        try_step(&plan, &place, setting, &transport, &clock).await
    };
    tried.map_err(|error| error.to_string())
}
