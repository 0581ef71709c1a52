//! How many files the process may have open. Each connection is one.

/// Raises the limit as far as the system lets a process raise its own. Many systems start programs
/// with 1024, for the sake of old ones, and allow far more.
#[cfg(unix)]
pub fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // macOS allows more in words than it does in fact: no more than this.
    let candidates = [maximum, Some(10_240)];
    for candidate in candidates {
        let is_higher = current.is_some_and(|it| candidate.is_none_or(|new| it < new));
        let limit = Rlimit {
            current: candidate,
            maximum,
        };
        if !is_higher || setrlimit(Resource::Nofile, limit).is_ok() {
            return;
        }
    }
}

/// Raises the limit as far as the system lets a process raise its own; here there is none.
#[cfg(not(unix))]
pub fn raise_limit() {}

/// How many connections may be open at once; above zero, and `usize::MAX` for no limit.
pub fn max_connections() -> usize {
    let Some(limit) = limit() else {
        return usize::MAX;
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    limit.saturating_sub(RESERVED).max(1)
}

/// For the standard streams, the runtime, and looking up names.
const RESERVED: usize = 16;

#[cfg(unix)]
fn limit() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}
