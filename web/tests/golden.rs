//! A run is the same to the byte on every target: this file runs on x86-64 and in the browser.

use mayfly_core::http::transport::Transport;
use mayfly_core::plan::{Plan, Target};
use mayfly_core::run_state::ShardId;
use mayfly_core::simulate::SimulatedApi;
use mayfly_core::testing::{ManualClock, run_to_end, shard};
use mayfly_engine::protocol::encode;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Two classes with data, checks, extracts and nested tasks, against a target that fails and stalls.
const CLASSES: &str = r#"
[simulated]
workers = 8
max_in_flight = 20
error_rate = 0.02
stalls = [ { at = "20s", duration = "2s" } ]

[data.items]
pick = "random"
rows = [ { id = 1, note = "ä" }, { id = 2, note = "1e-7" } ]

[[user_class]]
name = "Reader"
weight = 5
wait = { between = ["100ms", "1s"] }
on_start = [ { post = "/login", json = { email = "{{items.note}}@a", password = "b" }, extract = { token = { json = "$.token" } } } ]

[[user_class.task]]
weight = 3
steps = [ { get = "/item/{{randint(1, 500)}}", name = "/item/[id]", check = [ { json = "$.id" }, { under = "40ms" } ] } ]

[[user_class.task]]
name = "nested"
order = "sequential"
wait = { poisson = 3 }
[[user_class.task.task]]
get = "/items?page={{randfloat(1, 25)}}"
name = "/items"
[[user_class.task.task]]
get = "/flaky/30"

[[user_class]]
name = "Writer"
weight = 2
wait = { pacing = "1500ms" }
task = [ { get = "/square" }, { post = "/cart", json = { id = "{{items.id}}", key = "{{uuid()}}" } } ]
"#;

/// The digest of all snapshots of a run with this load.
fn digest(load: &str) -> u64 {
    let plan = Plan::from_toml(&format!("version = 1\n[load]\n{load}\n{CLASSES}"));
    let plan = plan.unwrap_or_else(|errors| panic!("{errors}"));
    let Some(Target::Simulated(model)) = plan.target.clone() else {
        panic!("the plan has a simulated API")
    };
    let clock = ManualClock::default();
    let api = SimulatedApi::with_model(clock.clone(), 42, model);
    let shard = shard(&plan, 42, ShardId::ONLY, api.max_in_flight());
    fnv(&encode(&run_to_end(shard, &api, &clock, Vec::new())))
}

/// FNV-1a: short, and the same everywhere.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The numbers change whenever what is scheduled or measured changes, and then they are set anew.
/// What must not happen is that they differ between targets.
#[wasm_bindgen_test(unsupported = test)]
fn stages_are_the_same_on_every_target() {
    let load = r#"
        stages = [
            { duration = "20s", users = 40, spawn_rate = 7.5 },
            { duration = "20s", users = 10, spawn_rate = 3.3 },
            { duration = "20s", users = 60, spawn_rate = 5 },
        ]
        stop_timeout = "3s""#;
    assert_eq!(digest(load), 18_135_114_513_871_797_192);
}

#[wasm_bindgen_test(unsupported = test)]
fn arrivals_are_the_same_on_every_target() {
    let load = r#"
        arrivals = [ { duration = "30s", rate = [0, 70] }, { duration = "30s", rate = 33.3 } ]
        max_users = 50
        stop_timeout = "3s""#;
    assert_eq!(digest(load), 17_382_870_617_140_277_180);
}
