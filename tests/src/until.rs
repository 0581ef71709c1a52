//! Waiting for a condition.

use std::time::{Duration, Instant};

/// Waits until `look` sees something, and returns it.
///
/// Fails after a minute, with what was waited for: on a slow machine Python was not ready within half of that.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    const PATIENCE: Duration = Duration::from_secs(60);
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain until {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
