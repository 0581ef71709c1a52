//! What the parts of the form share: the plan, and the way to change it.

use std::rc::Rc;

use mayfly_core::digits::{exact, read_float};
use serde_json::{Number, Value};
use yew::prelude::*;

use super::part::FormPart;
use super::place::Place;
use crate::control::Intent;
use crate::draft::keys::{Edit, Path, text_of};
use crate::store::{PlanAction, PlanDoc};

/// Draws a part of the form that few plans show at first.
pub(crate) type DrawPart = fn(&Editor, &FormPart) -> Html;

/// The parts of the form that are loaded after it is drawn.
#[derive(Clone, Copy, Default)]
pub enum MoreParts {
    /// They are on their way.
    #[default]
    Awaited,
    /// They could not be loaded, which the page says at its top.
    Failed,
    /// They are there.
    Loaded(DrawPart),
}

impl PartialEq for MoreParts {
    /// There is one way to draw them.
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The plan that is being written, and the way to change it.
#[derive(Clone, PartialEq)]
pub struct Editor {
    /// The plan.
    pub plan: Rc<PlanDoc>,
    /// The parts of the form that are loaded later.
    pub more: MoreParts,
    /// Hears what is changed.
    pub on_plan: Callback<PlanAction>,
    /// Hears what needs more than a change, such as a file.
    pub on_intent: Callback<Intent>,
}

impl Editor {
    /// A part that is loaded later, or what stands for it until then.
    pub fn part(&self, part: &FormPart) -> Html {
        match self.more {
            MoreParts::Awaited => html! { <p class="note" role="status">{ "Loading…" }</p> },
            MoreParts::Failed => Html::default(),
            MoreParts::Loaded(draw) => draw(self, part),
        }
    }

    /// What is at `path`.
    pub fn get(&self, path: &Path) -> Option<&Value> {
        self.plan.get(path)
    }

    /// Whether there is anything at `path`.
    pub fn has(&self, path: &Path) -> bool {
        self.get(path).is_some()
    }

    /// What is at `path`, as a field shows it.
    pub fn text(&self, path: &Path) -> String {
        self.get(path).map(text_of).unwrap_or_default()
    }

    /// How many items the list at `path` has; zero if there is none.
    pub fn len(&self, path: &Path) -> usize {
        self.get(path).and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// The keys of the table at `path`; none if there is no table.
    pub fn keys(&self, path: &Path) -> Vec<String> {
        let table = self.get(path).and_then(Value::as_object);
        table.map_or_else(Vec::new, |it| it.keys().cloned().collect())
    }

    /// What is wrong with the value at `path`, if that is to be shown.
    pub fn error(&self, path: &Path) -> Option<&str> {
        self.plan.error(path)
    }

    /// What is wrong with the value at `path` or with anything in it, if that is to be shown.
    pub fn error_within(&self, path: &Path) -> Option<&str> {
        if !self.plan.is_checked {
            return None;
        }
        let path = path.to_string();
        let mut problems = self.plan.problems.iter();
        let problem = problems.find(|it| is_within(&it.path, &path));
        problem.map(|it| &*it.message)
    }

    /// Whether anything is wrong in what is at `path`, but for what is shown outside of it anyway.
    pub fn has_hidden_error(&self, path: &Path, shown: &[Path]) -> bool {
        let path = path.to_string();
        let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
        let is_hidden = |it: &str| is_within(it, &path) && !shown.iter().any(|shown| shown == it);
        let mut problems = self.plan.problems.iter();
        self.plan.is_checked && problems.any(|it| is_hidden(&it.path))
    }

    /// Makes a change.
    pub fn edit(&self, edit: Edit) {
        self.on_plan.emit(PlanAction::Edit(edit));
    }

    /// Makes a change, once something happens.
    pub fn on<T>(&self, edit: impl Fn(T) -> Edit + 'static) -> Callback<T> {
        self.on_plan
            .reform(move |event| PlanAction::Edit(edit(event)))
    }

    /// What a person calls the place of `path`: `check 1 of task 2`. Empty for the plan itself.
    pub fn place(&self, path: &Path) -> String {
        let place = Place::new(path);
        // Of a single class nobody needs to be told.
        place.owner(1 < self.len(&Path::of("user_class")))
    }

    /// A label that is unique on the page: `label`, and of what.
    pub fn label(&self, label: &str, path: &Path) -> String {
        match self.place(path) {
            place if place.is_empty() => label.to_owned(),
            place => format!("{label} of {place}"),
        }
    }
}

/// Whether the value at `path` is that at `outer`, or in it.
fn is_within(path: &str, outer: &str) -> bool {
    let rest = path.strip_prefix(outer);
    rest.is_some_and(|it| it.is_empty() || it.starts_with(['.', '[']))
}

/// What is meant by `text` where a number may stand: a number if it is one, and a text otherwise.
pub(super) fn number_or_text(text: &str) -> Value {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let number = read_float(text).filter(|_| exact::holds(text));
    let number = number.and_then(Number::from_f64);
    number.map_or_else(|| text.into(), Value::Number)
}

/// A word at the start of a line.
pub(super) fn capitalized(word: &str) -> String {
    let mut rest = word.chars();
    let first = rest.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_longer_name_is_not_inside() {
        assert!(is_within("load", "load") && is_within("load.users", "load"));
        assert!(is_within("task[0].get", "task[0]") && is_within("task[0]", "task"));
        assert!(!is_within("loads", "load") && !is_within("task[01]", "task[0"));
    }
}
