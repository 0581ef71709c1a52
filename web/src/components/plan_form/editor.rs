//! What the parts of the form share: the plan, and the way to change it.

use std::rc::Rc;

use serde_json::{Number, Value};
use yew::prelude::*;

use crate::keys::{Edit, Path};
use crate::store::{PlanAction, PlanDoc};

/// The plan that is being written, and the way to change it.
#[derive(Clone, PartialEq)]
pub struct Editor {
    /// The plan.
    pub plan: Rc<PlanDoc>,
    /// Hears what is changed.
    pub on_plan: Callback<PlanAction>,
}

impl Editor {
    /// What is at `path`.
    pub fn get(&self, path: &Path) -> Option<&Value> {
        self.plan.get(path)
    }

    /// What is at `path`, as a field shows it.
    pub fn text(&self, path: &Path) -> String {
        self.get(path).map(text_of).unwrap_or_default()
    }

    /// How many items the list at `path` has; zero if there is none.
    pub fn len(&self, path: &Path) -> usize {
        self.get(path).and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// What is wrong with the value at `path`, if that is to be shown.
    pub fn error(&self, path: &Path) -> Option<&str> {
        self.plan.error(path)
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
}

/// A value as a field shows it: texts without quotes.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is meant by `text` where a number may stand: a number if it is one, and a text otherwise.
pub(super) fn number_or_text(text: &str) -> Value {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let number = text.parse().ok().and_then(Number::from_f64);
    number.map_or_else(|| text.into(), Value::Number)
}
