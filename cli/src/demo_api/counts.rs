//! How many requests the demo API answered.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{Method, StatusCode};
use serde::Serialize;

/// How many requests were answered.
#[derive(Debug, Default)]
pub struct Counts(Mutex<Answered>);

/// The counts at one moment.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Answered {
    /// All requests.
    pub total: u64,
    /// By method and path, such as `GET /cube`; paths beyond the first 10,000 are `(other)`.
    pub by_request: BTreeMap<String, u64>,
    /// By status code.
    pub by_status: BTreeMap<u16, u64>,
}

/// Keeps the memory of a long run with ever new paths bounded.
const MAX_REQUESTS: usize = 10_000;

impl Counts {
    pub(super) fn add(&self, method: &Method, path: &str, status: StatusCode) {
        self.change(|answered| {
            let mut request = format!("{method} {path}");
            let is_known = answered.by_request.contains_key(&request);
            if !is_known && MAX_REQUESTS <= answered.by_request.len() {
                "(other)".clone_into(&mut request);
            }
            *answered.by_request.entry(request).or_default() += 1;
            *answered.by_status.entry(status.as_u16()).or_default() += 1;
            answered.total += 1;
        });
    }

    /// The counts now.
    pub fn answered(&self) -> Answered {
        self.change(|answered| answered.clone())
    }

    /// Sets all counts to zero.
    pub fn reset(&self) {
        self.change(|answered| *answered = Answered::default());
    }

    fn change<T>(&self, change: impl FnOnce(&mut Answered) -> T) -> T {
        // Counts are whole after every change, so a panic elsewhere cannot have spoiled them.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
