//! What the browser notes of answers: W3C's *Resource Timing*.

use std::cell::Cell;
use std::time::Duration;

use mayfly_core::http::phases::Phases;
use wasm_bindgen::JsCast;
use web_sys::{DedicatedWorkerGlobalScope, Performance, PerformanceResourceTiming, Url};

/// The notes of the browser, of which most are never written: each costs time.
pub(super) struct Noted {
    performance: Option<Performance>,
    // When a note is looked at next, by the clock of the browser.
    next_millis: Cell<f64>,
    n_found: Cell<u32>,
    // How often nothing was noted.
    n_misses: Cell<u32>,
}

/// What is noted of an answer.
pub(super) struct Note {
    /// What it came by, by the name that ALPN has for it; empty if the target does not let a page know.
    pub(super) protocol: String,
    /// Where its time went; `None` if the target does not let a page know.
    pub(super) phases: Option<Phases>,
}

impl Noted {
    /// Notes that are looked at without a pause, for the first requests open connections.
    const N_FIRST: u32 = 12;

    /// From one note to the next, be there phases in it or not: the next may be of a host that lets a page
    /// know them.
    const PAUSE_MILLIS: f64 = 100.0;

    /// How long nothing is looked at where the browser notes nothing.
    const LONG_PAUSE_MILLIS: f64 = 5_000.0;

    /// After so many looks for nothing comes a long pause.
    const MAX_MISSES: u32 = 20;

    /// More answers than there are from one pause to the next.
    const MAX_NOTES: u32 = 100;

    pub(super) fn new(scope: &DedicatedWorkerGlobalScope) -> Self {
        let performance = scope.performance();
        if let Some(performance) = &performance {
            performance.set_resource_timing_buffer_size(Self::MAX_NOTES);
        }
        Self {
            performance,
            next_millis: Cell::default(),
            n_found: Cell::default(),
            n_misses: Cell::default(),
        }
    }

    /// What is noted of the newest answer from `url`, if it is time to look, or `is_wanted` now. `None` too
    /// if the browser has not noted it.
    pub(super) fn look(&self, url: &str, is_wanted: bool) -> Option<Note> {
        let performance = self.performance.as_ref()?;
        let now = performance.now();
        if !is_wanted && now < self.next_millis.get() {
            return None;
        }
        let note = newest(performance, url);
        let pause = self.pause_after(note.as_ref());
        if pause == 0.0 {
            performance.set_resource_timing_buffer_size(Self::MAX_NOTES);
        } else {
            performance.clear_resource_timings();
            performance.set_resource_timing_buffer_size(0);
        }
        self.next_millis.set(now + pause);
        note
    }

    fn pause_after(&self, note: Option<&Note>) -> f64 {
        match note {
            Some(_) => {
                self.n_found.update(|it| it + 1);
                if self.n_found.get() < Self::N_FIRST {
                    return 0.0;
                }
                Self::PAUSE_MILLIS
            }
            None => {
                self.n_misses.update(|it| it + 1);
                if !self.n_misses.get().is_multiple_of(Self::MAX_MISSES) {
                    return 0.0;
                }
                Self::LONG_PAUSE_MILLIS
            }
        }
    }
}

fn newest(performance: &Performance, url: &str) -> Option<Note> {
    // As the browser writes it, which has no fragment.
    let url = Url::new(url).ok()?;
    url.set_hash("");
    let entry = performance.get_entries_by_name(&url.href()).pop();
    let entry: PerformanceResourceTiming = entry.dyn_into().ok()?;
    Some(Note {
        protocol: entry.next_hop_protocol(),
        phases: phases(&entry),
    })
}

/// What a browser hides is zero, as is the phase that there was none of.
fn phases(entry: &PerformanceResourceTiming) -> Option<Phases> {
    let [asked, began] = [entry.request_start(), entry.response_start()];
    if asked <= 0.0 || began <= 0.0 {
        return None;
    }
    let (connected, encrypted) = (entry.connect_end(), entry.secure_connection_start());
    let opened = if 0.0 < encrypted {
        encrypted
    } else {
        connected
    };
    let span = |from: f64, to: f64| Duration::from_secs_f64((to - from).max(0.0) / 1e3);
    let is_new = entry.connect_start() < connected;
    Some(Phases {
        connect: is_new.then(|| span(entry.domain_lookup_start(), opened)),
        tls: (is_new && 0.0 < encrypted).then(|| span(encrypted, connected)),
        first_byte: span(asked, began),
        body: span(began, entry.response_end()),
    })
}
