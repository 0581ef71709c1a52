//! Keys that do something wherever the focus is.

use std::rc::Rc;

use mayfly_core::run_state::RunState;
use web_sys::KeyboardEvent;
use yew::Callback;

use crate::browser;
use crate::control::Intent;
use crate::store::{Action, Dialog, Run, State, Tab, Theme, View};

/// Something that a key does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shortcut {
    /// Changes the load of the run.
    Edit,
    /// Lists the shortcuts.
    Help,
    /// Goes to the plan, to start another run.
    New,
    /// Shows a tab of the run.
    Select(Tab),
    /// Starts a run of the plan, or has the run that is under way go on with its load.
    Start,
    /// Ends the run.
    Stop,
    /// Goes on to the next theme.
    Theme,
}

impl Shortcut {
    /// The keys and what they do, for the list.
    pub(crate) const LIST: [(&str, &str); 7] = [
        (
            "Ctrl + Enter",
            "Start Swarming or Update run, from anywhere in the form",
        ),
        ("S", "Stop the run"),
        ("E", "Edit the running load test"),
        ("N", "New load test"),
        ("1 … 7", "Show a tab of the run"),
        ("T", "Light, dark, or as the system"),
        ("?", "This list"),
    ];

    /// What a key does now, if anything.
    pub(crate) fn of(event: &KeyboardEvent, state: &State) -> Option<Self> {
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        let is_covered = state.dialog.is_some() || state.question.is_some();
        if is_covered || event.default_prevented() {
            return None;
        }
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            let is_ready = state.view == View::Form && state.takes_plan();
            return is_ready.then_some(Self::Start);
        }
        if has_modifier || state.keys_are_off || browser::focus::is_typing() {
            return None;
        }
        Self::of_key(&event.key(), state)
    }

    fn of_key(key: &str, state: &State) -> Option<Self> {
        let is_in_run = state.view == View::Run && state.run.is_some();
        let is_saved = state.view == View::Saved;
        let run_state = state.run.as_ref().map(Run::state);
        let shortcut = match key {
            "?" => Self::Help,
            "t" => Self::Theme,
            "n" if state.view != View::Form && !state.is_running() => Self::New,
            "s" if is_in_run && state.is_running() => Self::Stop,
            "e" if is_in_run && run_state.is_some_and(RunState::can_be_edited) => Self::Edit,
            _ if is_in_run || is_saved => {
                let number: usize = key.parse().ok()?;
                Self::Select(*Tab::ALL.get(number.checked_sub(1)?)?)
            }
            _ => return None,
        };
        Some(shortcut)
    }

    /// Does it.
    pub(crate) fn follow(
        self,
        state: &State,
        on_action: &Callback<Action>,
        on_intent: &Callback<Intent>,
    ) {
        match self {
            Self::Edit => on_action.emit(Action::EditLoad),
            Self::Help => on_action.emit(Action::OpenDialog(Dialog::Shortcuts)),
            Self::New => on_action.emit(Action::Show(View::Form)),
            Self::Select(tab) => on_action.emit(Action::SelectTab(tab)),
            Self::Start if state.is_running() => on_intent.emit(Intent::Update),
            Self::Start if state.is_starting => {}
            Self::Start => on_intent.emit(Intent::Start(Some(Rc::clone(&state.plan)))),
            Self::Stop => on_intent.emit(Intent::Stop),
            Self::Theme => on_action.emit(Action::SetTheme(next(state.theme))),
        }
    }
}

/// The theme that comes after `theme`.
pub(crate) fn next(theme: Theme) -> Theme {
    match theme {
        Theme::Auto => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::Auto,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn keys_do_what_makes_sense_now() {
        let form = State::default();
        let found = |key| Shortcut::of_key(key, &form);
        assert_eq!(found("?"), Some(Shortcut::Help));
        assert_eq!(found("t"), Some(Shortcut::Theme));
        for key in ["s", "e", "n", "1", "x", "0"] {
            assert_eq!(found(key), None, "{key}");
        }
    }

    #[test]
    fn starting_updates_the_run_that_is_under_way() {
        let started = |state: &State| {
            let done = Rc::new(RefCell::new(Vec::new()));
            let on_intent = Callback::from({
                let done = Rc::clone(&done);
                move |intent| done.borrow_mut().push(intent)
            });
            Shortcut::Start.follow(state, &Callback::noop(), &on_intent);
            done.take()
        };
        let mut state = State::default();
        assert!(state.takes_plan());
        assert_eq!(
            started(&state),
            [Intent::Start(Some(Rc::clone(&state.plan)))]
        );
        state.is_starting = true;
        assert_eq!(started(&state), [], "it starts already");
        state.is_starting = false;

        let draft = state.plan.draft.clone();
        state.run = Some(Run::new(1, String::new(), draft, 0.0));
        assert!(state.takes_plan());
        assert_eq!(started(&state), [Intent::Update]);

        // A run with users cannot go on with arrivals.
        let mut arrivals = crate::store::PlanDoc::default();
        let load = serde_json::json!({ "arrivals": [{ "rate": 5, "duration": 10 }] });
        arrivals.draft.keys.insert("load".to_owned(), load);
        state.plan = Rc::new(arrivals);
        assert!(!state.takes_plan());
    }

    #[test]
    fn tabs_have_keys_in_kept_runs_too() {
        let saved = State {
            view: View::Saved,
            ..State::default()
        };
        assert_eq!(
            Shortcut::of_key("2", &saved),
            Some(Shortcut::Select(Tab::Charts))
        );
        assert_eq!(Shortcut::of_key("n", &saved), Some(Shortcut::New));
        assert_eq!(Shortcut::of_key("s", &saved), None);
    }

    #[test]
    fn the_load_is_edited_where_its_kind_is_edited() {
        let done = Rc::new(RefCell::new(Vec::new()));
        let on_action = Callback::from({
            let done = Rc::clone(&done);
            move |action| done.borrow_mut().push(action)
        });
        Shortcut::Edit.follow(&State::default(), &on_action, &Callback::noop());
        assert_eq!(*done.borrow(), [Action::EditLoad]);
    }

    #[test]
    fn the_themes_go_around() {
        let mut theme = Theme::Auto;
        for _ in Theme::ALL {
            theme = next(theme);
        }
        assert_eq!(theme, Theme::Auto);
    }
}
