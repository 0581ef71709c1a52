//! A run is the same to the byte on every target: this file runs on x86-64 and in the browser.

#![expect(clippy::unwrap_used, reason = "a helper of a test")]

use mayfly_core::shard::ShardId;
use mayfly_core::simulate::SimulatedApi;
use mayfly_core::testing::{ManualClock, class, load, plan, run_to_end, shard, task};
use mayfly_core::transport::Transport;
use mayfly_core::wait::WaitTime;
use mayfly_web::protocol::encode;
use std::time::Duration;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The digest of all snapshots of a run of two classes against the simulated API.
fn digest() -> u64 {
    let mut classes = vec![class("Reader", 5), class("Writer", 2)];
    classes[0].set.tasks = vec![task(3, "/"), task(1, "/cube")].try_into().unwrap();
    let wait = WaitTime::between(Duration::from_millis(100), Duration::from_secs(1));
    classes[0].set.wait = wait.ok();
    classes[1].set.tasks = vec![task(1, "/square"), task(1, "/flaky/30")]
        .try_into()
        .unwrap();
    let plan = plan(classes, load(40, 7.5), 60);
    let clock = ManualClock::default();
    let api = SimulatedApi::new(clock.clone(), 42);
    let shard = shard(&plan, 42, ShardId::ONLY, api.max_in_flight());
    fnv(&encode(&run_to_end(shard, &api, &clock, Vec::new())))
}

/// FNV-1a: short, and the same everywhere.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The number changes whenever what is scheduled or measured changes, and then it is set anew. What
/// must not happen is that it differs between targets.
#[wasm_bindgen_test(unsupported = test)]
fn a_run_is_the_same_on_every_target() {
    assert_eq!(digest(), 13960505607986938479);
}
