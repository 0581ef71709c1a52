//! When the control does something without being asked: it has plans read and rows watched, and keeps
//! the history as it is.

use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use yew::prelude::*;

use super::Control;
use crate::browser;
use crate::store::{Action, Run, State, View};
use mayfly_engine::history::HistoryCommand;
use mayfly_engine::protocol::Command;

/// The control of the page, which has the plan read after every change.
#[hook]
pub fn use_control(state: &State, on_action: Callback<Action>) -> Control {
    let control = use_memo((), |()| Control::new(on_action));
    let control = (*control).clone();
    use_effect_with((), {
        let control = control.clone();
        move |()| {
            control.ensure_engine();
            if browser::programs::native_engine().is_some() {
                browser::programs::forget_files();
            } else {
                browser::programs::keep_files();
                browser::hear_hidden(move |it| control.tell(Command::Hide(it)));
            }
        }
    });
    let is_script = state.plan.script().is_some();
    use_effect_with(state.plan.revision, {
        let (control, plan) = (control.clone(), Rc::clone(&state.plan));
        move |_| {
            // Each reading of a locustfile starts Python, so it waits until a person stops typing.
            let read = move || control.read(&plan);
            let later = match is_script {
                true => Some(Timeout::new(PAUSE_MILLIS, read)),
                false => {
                    read();
                    None
                }
            };
            move || drop(later)
        }
    });
    let run = state.run.as_ref().map(|run| run.id);
    let watched = match state.view {
        // They are rows of another run.
        View::Saved => Vec::new(),
        _ => state.selected_rows.clone(),
    };
    use_effect({
        let (control, run) = (control.clone(), state.run.clone());
        move || {
            if let Some(run) = &run {
                control.note_run(run);
            }
        }
    });
    use_effect_with(state.is_running(), {
        let control = control.clone();
        move |&is_running| {
            if !is_running {
                control.free_lock();
            }
        }
    });
    let n_reunions = state.n_reunions;
    use_effect_with((run, watched, n_reunions), {
        let control = control.clone();
        move |(_, rows, _)| {
            let rows = rows.iter().cloned().collect();
            control.tell(Command::Watch { rows });
        }
    });
    let preset = state.plan.load.preset.as_ref();
    use_effect_with(preset.map(|it| it.draft.clone()), {
        let control = control.clone();
        move |draft| {
            if let Some(draft) = draft {
                control.tell_loaded(Command::ReadPreset(draft.clone()));
            }
        }
    });
    use_effect_with(n_reunions, {
        let (control, state) = (control.clone(), state.clone());
        move |&n_reunions| {
            if 0 < n_reunions {
                control.resume(&state);
            }
        }
    });
    use_lost_run(&control, state.run.as_ref());
    use_history(&control, state);
    control
}

/// Has the list of saved runs as it is now, or the run of another tab, as long as it is looked at.
#[hook]
fn use_history(control: &Control, state: &State) {
    let history = &state.history;
    let mut entries = history.entries.iter().flat_map(|it| it.iter());
    let is_running = state.is_running() || entries.any(|it| it.is_running);
    let looked_at = match state.view {
        View::History => Some((HistoryCommand::Refresh, is_running)),
        View::Saved => {
            let followed = history.followed().cloned();
            followed.map(|it| (HistoryCommand::Open(it), true))
        }
        _ => None,
    };
    let control = control.clone();
    use_effect_with(looked_at, move |looked_at| {
        let timer = looked_at.clone().and_then(|(command, moves)| {
            let look = move || control.tell_loaded(Command::History(command.clone()));
            look();
            moves.then(|| Interval::new(LOOK_MILLIS, look))
        });
        move || drop(timer)
    });
}

/// Has the next engine save what is known of a run whose engine is gone.
#[hook]
fn use_lost_run(control: &Control, run: Option<&Run>) {
    let lost = run.filter(|it| it.saved_as.is_none() && it.engine_error.is_some());
    let (control, lost) = (control.clone(), lost.cloned());
    use_effect_with(lost.as_ref().map(Run::key), move |_| {
        if let Some(lost) = lost {
            control.ensure_engine();
            control.save_lost(&lost);
        }
    });
}

/// How long a person pauses who has typed to an end, in milliseconds.
const PAUSE_MILLIS: u32 = 400;

/// The time between two looks at what moves, in milliseconds.
const LOOK_MILLIS: u32 = 2_000;
