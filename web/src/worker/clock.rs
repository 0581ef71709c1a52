//! The clock of a run in a worker.
//!
//! Timers and refused requests always take a turn of the worker's event loop, because a worker that
//! lives in microtasks hears no Stop.

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use mayfly_core::time::{Clock, Elapsed, Reading};
use web_sys::{DedicatedWorkerGlobalScope, Performance};

/// Time by `performance.now()`, which never goes back. Its steps are 0.1 ms in Chromium and 1 ms in
/// Firefox and Safari.
#[derive(Clone, Debug)]
pub struct WorkerClock {
    performance: Performance,
    start_millis: f64,
    resolution: Duration,
}

impl WorkerClock {
    /// A clock that starts now.
    ///
    /// # Panics
    ///
    /// Panics if the browser has no `performance`, which every browser with modules has.
    pub fn start(scope: &DedicatedWorkerGlobalScope) -> Self {
        let performance = scope
            .performance()
            .expect("every browser with modules has it");
        Self {
            resolution: resolution(&performance),
            start_millis: performance.now(),
            performance,
        }
    }
}

impl Clock for WorkerClock {
    fn now(&self) -> Elapsed {
        let millis = self.performance.now() - self.start_millis;
        Elapsed::from_micros((millis * 1e3) as u64)
    }

    fn sleep_until(&self, at: Elapsed) -> impl Future<Output = ()> + 'static {
        let clock = self.clone();
        async move {
            loop {
                let now = clock.now();
                // Timers take whole milliseconds, and fewer than 2^31 of them.
                let millis = at.since(now).as_micros().div_ceil(1000);
                let millis = u32::try_from(millis).unwrap_or(u32::MAX).min(0x7fff_ffff);
                // Also where there is nothing to wait for: a worker that never comes back to its
                // event loop hears no Stop.
                TimeoutFuture::new(millis).await;
                if at <= clock.now() {
                    return;
                }
            }
        }
    }
    fn reading(&self) -> Reading {
        Reading {
            processor: None,
            unix_time: Some(Duration::from_secs_f64(js_sys::Date::now() / 1e3)),
            resolution: self.resolution,
        }
    }
}

/// The steps of the clock, which depend on the browser and its settings: the shortest of a few.
fn resolution(performance: &Performance) -> Duration {
    const N_STEPS: usize = 3;
    let step = || {
        let start = performance.now();
        loop {
            let step = performance.now() - start;
            if 0.0 < step {
                return step;
            }
        }
    };
    let shortest = (0..N_STEPS).map(|_| step()).fold(f64::INFINITY, f64::min);
    Duration::try_from_secs_f64(shortest / 1e3).unwrap_or_default()
}
