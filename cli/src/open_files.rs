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

/// How many connections may be open at once, with so many threads that send; above zero, and
/// `usize::MAX` for no limit.
pub fn max_connections(n_threads: u32) -> usize {
    let Some(limit) = limit() else {
        return usize::MAX;
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    limit.saturating_sub(reserved(n_threads)).max(1)
}

/// How many open files must be allowed for so many connections, with so many threads that send.
pub fn needed_for(n_connections: usize, n_threads: u32) -> usize {
    n_connections.saturating_add(reserved(n_threads))
}

/// For the standard streams, the runtime, and looking up names; and what each thread waits by, with that
/// of the one beside it.
fn reserved(n_threads: u32) -> usize {
    const FOR_ALL: usize = 8;
    const FOR_A_THREAD: usize = 8;
    FOR_ALL + n_threads as usize * FOR_A_THREAD
}

#[cfg(unix)]
fn limit() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_what_allows_so_many_connections() {
        let [one, four] = [1, 4].map(|it| (needed_for(100, it), max_connections(it)));
        assert_eq!(one.0 + 24, four.0);
        // This process may have no limit.
        assert!(four.1 <= one.1);
    }
}
