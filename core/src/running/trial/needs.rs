//! Where the variables of a request come from: which earlier requests have to be sent for them, and
//! why one has no value.
//!
//! A request that uses what others extract is of no use alone, so those go first, filled and judged
//! by what runs them under load; nothing is counted.

use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::plan::place::{NoRequest, Place, Stop, requests_of_class, route};
use crate::running::program::{Data, ProgramError, ReadyRequest};
use crate::template::UnknownVariable;

/// A request on the way to the one that is tried, which is the last.
pub(super) struct ReadyStop {
    pub(super) place: Place,
    pub(super) request: ReadyRequest,
}

/// The way to a request, and what its user knows.
pub(super) struct Needs<'p> {
    pub(super) data: Data,
    // What is wrong with data that are missing.
    errors: Vec<ProgramError>,
    // Never empty.
    route: Vec<ReadyStop>,
    of_class: Vec<Stop<'p>>,
}

impl<'p> Needs<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        place: &Place,
        mut csv: impl FnMut(&str) -> Result<String, String>,
    ) -> Result<Self, NoRequest> {
        let route = route(plan, place)?.into_iter();
        let base_url = place.user_class(plan).and_then(|it| plan.base_url(it));
        let mut errors = Vec::new();
        Ok(Self {
            data: Data::new(plan, &mut csv, &mut errors),
            errors,
            route: route
                .map(|Stop { place, request }| ReadyStop {
                    place,
                    request: ReadyRequest::new(request, base_url, &plan.request),
                })
                .collect(),
            of_class: requests_of_class(plan, place),
        })
    }

    /// The requests to send, as indices for [`stop`](Self::stop): those that extract what later ones
    /// of them use, and the one that is tried.
    pub(super) fn chosen(&self) -> Vec<usize> {
        let mut wanted = BTreeSet::new();
        let mut chosen = Vec::new();
        for (nth, ReadyStop { request, .. }) in self.route.iter().enumerate().rev() {
            let found: Vec<&str> = request.extracts.iter().map(|it| &*it.variable).collect();
            let is_tried = nth + 1 == self.route.len();
            if is_tried || found.iter().any(|it| wanted.contains(it)) {
                wanted.retain(|it| !found.contains(it));
                wanted.extend(request.variables());
                chosen.push(nth);
            }
        }
        chosen.reverse();
        chosen
    }

    pub(super) fn stop(&self, nth: usize) -> &ReadyStop {
        &self.route[nth]
    }

    /// Why a variable has no value at stop `nth`, in words.
    pub(super) fn why(&self, error: &UnknownVariable, nth: usize) -> String {
        let variable = error.name.as_str();
        if variable.contains('.') {
            return self.data_problem(variable);
        }
        let mut before = self.route[..nth].iter().rev();
        let sets = |it: &&ReadyStop| it.request.extracts.iter().any(|it| it.variable == variable);
        if let Some(ReadyStop { place, .. }) = before.find(sets) {
            return format!("{error}: {place} should have extracted it, and did not");
        }
        let mut others = self.of_class.iter();
        let sets = |it: &&Stop<'_>| it.request.extracts.iter().any(|it| it.variable == variable);
        match others.find(sets) {
            Some(Stop { place, .. }) => {
                format!("{error}: {place} extracts it, which does not come before this request")
            }
            None => format!("{error}: no request of the user class extracts it"),
        }
    }

    fn data_problem(&self, variable: &str) -> String {
        let of_data = self.errors.iter().find(|it| match it {
            ProgramError::Data { name, .. } => variable.split('.').next() == Some(name),
            _ => false,
        });
        let of_data = of_data.cloned().or_else(|| self.data.problem(variable));
        let problem = of_data.expect("a column that is there has a value in every row");
        problem.to_string()
    }
}
