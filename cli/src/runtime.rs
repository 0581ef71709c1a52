//! The runtime that the command works in.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// Does `work` on this thread, and returns as soon as it is done.
///
/// A name is looked up by a call to the system on a thread of its own. That call cannot be given up,
/// and takes as long as DNS servers that never answer make it take. Nobody waits for it here; the
/// thread ends with the process.
///
/// # Errors
///
/// Fails if the system has nothing left to build a runtime from, such as open files.
pub fn run<T>(work: impl Future<Output = T>) -> io::Result<T> {
    Ok(run_in(new()?, work))
}

/// A runtime that has all it needs, for whichever thread.
///
/// # Errors
///
/// Fails if the system has nothing left to build it from.
pub(crate) fn new() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Does in a runtime what [`run`] does.
pub(crate) fn run_in<T>(runtime: Runtime, work: impl Future<Output = T>) -> T {
    let output = LocalSet::new().block_on(&runtime, work);
    runtime.shutdown_background();
    output
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::task::spawn_blocking;

    use super::*;

    #[test]
    fn a_call_to_the_system_that_hangs_holds_nothing_up() {
        let (release, hanging) = mpsc::channel::<()>();
        let (sender, has_ended) = mpsc::channel();
        let output = run(async {
            let (begins, has_begun) = tokio::sync::oneshot::channel();
            spawn_blocking(move || {
                begins.send(()).unwrap();
                // Ends by itself, so that a runtime that waits for it fails this test and does not
                // hang.
                let _ = hanging.recv_timeout(Duration::from_secs(10));
                sender.send(()).unwrap();
            });
            has_begun.await.unwrap();
            7
        });
        assert_eq!(output.unwrap(), 7);
        assert_eq!(has_ended.try_recv(), Err(mpsc::TryRecvError::Empty));
        release.send(()).unwrap();
        has_ended.recv().unwrap();
    }
}
