//! The signals that end a run. Whoever sends one wants the numbers all the same.

use std::future::pending;

#[cfg(unix)]
use tokio::signal::unix::{self, SignalKind};

/// What the process was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "only Ctrl-C is told there"))]
pub(crate) enum Signal {
    /// SIGHUP: the terminal was closed, or the connection to it lost.
    Hangup,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: what `kill`, containers and CI send before they kill for good.
    Terminate,
}

/// Listens to signals. From then on none of them ends the process by itself.
pub(crate) struct Signals {
    #[cfg(unix)]
    hangup: Option<unix::Signal>,
    #[cfg(unix)]
    interrupt: Option<unix::Signal>,
    #[cfg(unix)]
    terminate: Option<unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Must be called within a tokio runtime.
    pub(crate) fn listen() -> Self {
        // A signal that cannot be listened to does what it always did.
        let listen = |kind| unix::signal(kind).ok();
        let hangup = (!hangup_is_ignored()).then(SignalKind::hangup);
        Self {
            hangup: hangup.and_then(listen),
            interrupt: listen(SignalKind::interrupt()),
            terminate: listen(SignalKind::terminate()),
        }
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            () = received(self.hangup.as_mut()) => Signal::Hangup,
            () = received(self.interrupt.as_mut()) => Signal::Interrupt,
            () = received(self.terminate.as_mut()) => Signal::Terminate,
        }
    }
}

#[cfg(unix)]
async fn received(signal: Option<&mut unix::Signal>) {
    let received = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if received.is_none() {
        pending().await
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Must be called within a tokio runtime.
    pub(crate) fn listen() -> Self {
        Self {}
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            // The run cannot be interrupted, and ends by itself.
            pending().await
        }
        Signal::Interrupt
    }
}

/// Whether the process was started to go on when its terminal is closed, as by `nohup`. To listen to
/// the signal would undo that. Where there is no such file, nobody can tell.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    status.is_ok_and(|it| ignores_hangup(&it))
}

/// By the mask of ignored signals in `status`; SIGHUP is signal 1.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|it| it.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    mask.is_some_and(|it| it & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nohup_shows_in_the_mask_of_ignored_signals() {
        let status = |mask: &str| format!("SigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup(""));
    }
}
