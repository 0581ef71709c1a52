//! The way from what a person wants to what does it, which is loaded later.

use std::cell::RefCell;
use std::rc::Rc;

use yew::Callback;

use crate::control::Intent;
use crate::gate::Attempt;

/// Where intents go: to whoever follows them now. They wait as long as nobody does, each with what was
/// known when a person had it.
#[derive(Clone, Default)]
pub struct Intents(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    waiting: Vec<(Attempt, Intent)>,
    follower: Option<Callback<(Attempt, Intent)>>,
}

impl PartialEq for Intents {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Intents {
    /// Hears an intent.
    pub fn emit(&self, attempt: Attempt, intent: Intent) {
        let follower = self.0.borrow().follower.clone();
        match follower {
            Some(follower) => follower.emit((attempt, intent)),
            None => self.0.borrow_mut().waiting.push((attempt, intent)),
        }
    }

    /// Whether they wait, because what follows them is not loaded.
    pub(crate) fn wait(&self) -> bool {
        self.0.borrow().follower.is_none()
    }

    /// Drops those that wait.
    pub(crate) fn forget(&self) {
        self.0.borrow_mut().waiting.clear();
    }

    /// From now on `follower` hears them, at first those that waited.
    pub fn lead_to(&self, follower: Callback<(Attempt, Intent)>) {
        let waiting = std::mem::take(&mut self.0.borrow_mut().waiting);
        self.0.borrow_mut().follower = Some(follower.clone());
        for intent in waiting {
            follower.emit(intent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Gesture;

    #[test]
    fn intents_wait_for_whoever_follows_them() {
        let intents = Intents::default();
        let followed = Rc::new(RefCell::new(Vec::new()));
        let follower = || {
            let followed = Rc::clone(&followed);
            Callback::from(move |it| followed.borrow_mut().push(it))
        };
        let click = Attempt {
            gesture: Gesture::Person,
            ..Attempt::default()
        };
        intents.emit(click, Intent::ShowHistory);
        intents.lead_to(follower());
        intents.emit(Attempt::default(), Intent::Stop);
        intents.lead_to(follower());
        let expected = [
            (click, Intent::ShowHistory),
            (Attempt::default(), Intent::Stop),
        ];
        assert_eq!(*followed.borrow(), expected);
    }
}
