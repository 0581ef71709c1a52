//! The time of a run on this machine. What the time of a run is, is in `mayfly_core::time`.

use std::time::{Duration, SystemTime};

use mayfly_core::time::{Clock, Elapsed, Reading};
use tokio::time::{Instant, sleep_until};

/// The time since a run began, by the monotonic clock.
///
/// Its copies share the beginning, so that all shards of a run have the same time. Sleeping needs a
/// tokio runtime with its timer; that has a resolution of one millisecond and rounds up.
#[derive(Clone, Copy, Debug)]
pub struct NativeClock {
    start: Instant,
}

impl NativeClock {
    /// How long a sleep lasts that would end beyond what the machine can count.
    const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    /// A clock for a run that begins now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for NativeClock {
    fn now(&self) -> Elapsed {
        Elapsed::ZERO + self.start.elapsed()
    }

    fn sleep_until(&self, at: Elapsed) -> impl Future<Output = ()> + 'static {
        let length = at.to_duration().min(Self::FOREVER);
        sleep_until(self.start + length)
    }

    fn reading(&self) -> Reading {
        Reading {
            processor: processor_time(),
            unix_time: SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .ok(),
            resolution: Duration::ZERO,
        }
    }
}

/// How long this thread has worked so far.
#[cfg(unix)]
fn processor_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ThreadCPUTime).try_into().ok()
}

/// How long this thread has worked so far; here nobody says.
#[cfg(not(unix))]
fn processor_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleep_is_never_short() {
        let clock = NativeClock::start();
        for step in [0, 1, 999, 1_001, 2_500] {
            let at = clock.now() + Duration::from_micros(step);
            clock.sleep_until(at).await;
            assert!(at <= clock.now(), "{at}");
        }
    }

    #[test]
    fn the_time_of_the_thread_goes_on_while_it_works() {
        let clock = NativeClock::start();
        let before = clock.reading();
        while cfg!(unix) && clock.reading().processor <= before.processor {}
        assert!(before.unix_time <= clock.reading().unix_time);
    }

    #[tokio::test]
    async fn a_sleep_without_end_can_be_given_up() {
        let clock = NativeClock::start();
        let end = clock.sleep_until(Elapsed::from_micros(u64::MAX));
        tokio::select! {
            () = end => panic!("it ended"),
            () = clock.sleep_until(clock.now()) => {}
        }
    }
}
