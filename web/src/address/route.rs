//! Which view an address names, and which address a view has: `?view=run&id=…&tab=charts`.
//!
//! The address of a run has its key, in this page as in the history, so that a reload or a bookmark
//! finds what was saved of it.

use crate::store::{State, Tab, View};
use mayfly_engine::history::RunKey;

/// What the query of an address names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Address {
    /// What fills the page.
    pub route: Route,
    /// The tab of a run; `None` for the one that was chosen last.
    pub tab: Option<Tab>,
}

/// What fills the page.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Route {
    /// Two saved runs side by side, the older first.
    Compare([RunKey; 2]),
    /// The plan, to be written and started.
    #[default]
    Form,
    /// The list of saved runs.
    History,
    /// A run, in this page or a saved one; `None` for the newest in this page.
    Run(Option<RunKey>),
}

impl Address {
    /// The address of what is shown; `None` while that is not known yet.
    pub fn of(state: &State) -> Option<Self> {
        let history = &state.history;
        let of_run = |key| Self {
            route: Route::Run(key),
            tab: Some(state.tab),
        };
        let of = |route| Self { route, tab: None };
        match state.shown() {
            View::Compare => {
                let keys = history.compared.as_ref();
                keys.map(|keys| of(Route::Compare(keys.each_ref().map(|it| it.key.clone()))))
            }
            View::Form => Some(of(Route::Form)),
            View::History => Some(of(Route::History)),
            View::Saved => history.opened.as_ref().map(|it| of_run(Some(it.key()))),
            View::Opening => None,
            View::Run => state.run.as_ref().map(|it| of_run(Some(it.key()))),
        }
    }

    /// What `query` names, which may begin with its `?`.
    pub fn of_query(query: &str) -> Self {
        let value = |name: &str| pairs(query).find(|it| it.0 == name).map(|it| it.1);
        let key = |name: &str| value(name).filter(|it| !it.is_empty()).map(str::to_owned);
        let route = match (value("view"), key("a"), key("b")) {
            (Some("compare"), Some(older), Some(newer)) => Route::Compare([older, newer]),
            (Some("compare" | "history"), ..) => Route::History,
            (Some("run"), ..) => Route::Run(key("id")),
            _ => Route::Form,
        };
        Self {
            route,
            tab: value("tab").and_then(Tab::of_key),
        }
    }

    /// The query that names it, with its `?`. What is in the query `before` and means nothing here stays.
    pub fn to_query(&self, before: &str) -> String {
        let others = pairs(before).filter(|it| !NAMES.contains(&it.0));
        let mut found: Vec<(&str, &str)> = others.collect();
        match &self.route {
            Route::Compare([older, newer]) => {
                found.extend([("view", "compare"), ("a", older), ("b", newer)]);
            }
            Route::Form => {}
            Route::History => found.push(("view", "history")),
            Route::Run(key) => {
                found.push(("view", "run"));
                found.extend(key.iter().map(|it| ("id", it.as_str())));
            }
        }
        found.extend(self.tab.map(|it| ("tab", it.key())));
        let pairs = found.iter().enumerate().map(|(nth, (name, value))| {
            let mark = if nth == 0 { '?' } else { '&' };
            format!("{mark}{name}={value}")
        });
        pairs.collect()
    }

    /// Whether both name the same, with the same tab where there are tabs.
    pub fn is_same(&self, other: &Self) -> bool {
        let has_tabs = matches!(self.route, Route::Run(_));
        self.route == other.route && (!has_tabs || self.tab == other.tab)
    }
}

/// The names and values of a query, as they are written there.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.trim_start_matches('?').split('&');
    pairs
        .filter(|it| !it.is_empty())
        .map(|it| it.split_once('=').unwrap_or((it, "")))
}

const NAMES: [&str; 5] = ["view", "id", "a", "b", "tab"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Action, HistoryAction, Run};
    use mayfly_engine::history::PastRun;

    #[track_caller]
    fn check(query: &str, route: Route, tab: Option<Tab>) {
        assert_eq!(Address::of_query(query), Address { route, tab }, "{query}");
    }

    #[test]
    fn an_address_names_a_view() {
        let key = |key: &str| Some(key.to_owned());
        check("", Route::Form, None);
        check("?tab=failures", Route::Form, Some(Tab::Failures));
        check("?view=history", Route::History, None);
        check("?view=run", Route::Run(None), None);
        check(
            "?view=run&id=01-ab&tab=charts",
            Route::Run(key("01-ab")),
            Some(Tab::Charts),
        );
        let both = ["1".to_owned(), "2".to_owned()];
        check("?b=2&view=compare&a=1", Route::Compare(both), None);
    }

    #[test]
    fn what_makes_no_sense_names_what_is_always_there() {
        for (query, route) in [
            ("?view=7", Route::Form),
            ("?view", Route::Form),
            ("?view=compare&a=1", Route::History),
            ("?view=run&id=", Route::Run(None)),
        ] {
            check(query, route, None);
        }
        check("?view=history&tab=no", Route::History, None);
    }

    #[test]
    fn a_view_has_an_address() {
        let mut state = State::default();
        assert_eq!(Address::of(&state), Some(Address::default()));
        state.apply(Action::Show(View::Opening));
        assert_eq!(Address::of(&state), None);
        let plan = state.plan.draft.clone();
        let run = Run::new(1, String::new(), plan, 7.0);
        let key = run.key();
        state.apply(Action::Start(Box::new(run)));
        let query = Address::of(&state).unwrap().to_query("?kept=1");
        assert_eq!(query, format!("?kept=1&view=run&id={key}&tab=stats"));

        state.apply(Action::Show(View::Form));
        assert_eq!(Address::of(&state).unwrap().to_query(&query), "?kept=1");
        state.apply(Action::History(HistoryAction::Await("2".to_owned())));
        let run = PastRun {
            key: "2".to_owned(),
            ..PastRun::default()
        };
        state.apply(Action::History(HistoryAction::Open(Box::new(run))));
        assert_eq!(
            Address::of(&state).unwrap().to_query(""),
            "?view=run&id=2&tab=stats"
        );
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod laws {
        use proptest::prelude::*;

        use super::*;

        fn address() -> impl Strategy<Value = Address> {
            let key = || "[0-9a-f-]{1,32}";
            let tab = proptest::option::of(proptest::sample::select(Tab::ALL.to_vec()));
            let route = prop_oneof![
                (key(), key()).prop_map(|(a, b)| Route::Compare([a, b])),
                Just(Route::Form),
                Just(Route::History),
                proptest::option::of(key()).prop_map(Route::Run),
            ];
            (route, tab).prop_map(|(route, tab)| Address { route, tab })
        }

        proptest! {
            #[test]
            fn an_address_names_what_it_was_made_of(
                address in address(),
                before in "(\\?([c-z]{1,3}=[a-z%0-9]{0,5}(&[c-z]{1,3}){0,2}))?",
                old in address(),
            ) {
                let before = old.to_query(&before);
                let query = address.to_query(&before);
                prop_assert_eq!(Address::of_query(&query), address);
                let others = |query: &str| -> Vec<(String, String)> {
                    let others = pairs(query).filter(|it| !NAMES.contains(&it.0));
                    others.map(|it| (it.0.to_owned(), it.1.to_owned())).collect()
                };
                prop_assert_eq!(others(&query), others(&before));
            }
        }
    }
}
