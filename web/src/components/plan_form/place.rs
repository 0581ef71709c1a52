//! What a person calls the places of a plan.

use crate::draft::keys::{Path, Step};

/// A place of a plan in words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Place {
    // Which user class, counted from one.
    class: Option<usize>,
    // What the value belongs to, the smallest last: `task 2`, `check 1`.
    parts: Vec<String>,
    // The key of the value itself.
    key: Option<String>,
}

/// What an item of a list under this key is called.
const NOUNS: [(&str, &str); 12] = [
    ("arrivals", "stage"),
    ("check", "check"),
    ("form", "field"),
    ("headers", "header"),
    ("on_start", "start step"),
    ("on_stop", "stop step"),
    ("rows", "row"),
    ("stages", "stage"),
    ("stalls", "stall"),
    ("steps", "step"),
    ("task", "task"),
    ("thresholds", "threshold"),
];

impl Place {
    /// The place of `path`.
    pub(super) fn new(path: &Path) -> Self {
        let mut place = Self::default();
        for step in path.steps() {
            match step {
                Step::Index(index) => place.enter_item(index + 1),
                Step::Key(key) => place.enter_key(key),
            }
        }
        place
    }

    fn enter_item(&mut self, number: usize) {
        let Some(key) = self.key.take() else { return };
        if key == "user_class" {
            self.class = Some(number);
            return;
        }
        let noun = NOUNS.iter().find(|it| it.0 == key);
        match (noun, self.parts.last_mut()) {
            // A task of a set: `task 1.2`.
            (Some(("task", _)), Some(set)) => set.push_str(&format!(".{number}")),
            (Some((_, noun)), _) => self.parts.push(format!("{noun} {number}")),
            // An end of a range, and the like.
            (None, _) => self.key = Some(key),
        }
    }

    fn enter_key(&mut self, key: &str) {
        match (self.key.take().as_deref(), key) {
            (Some("data"), name) => self.parts.push(format!("data {name}")),
            (Some("extract"), name) => self.parts.push(format!("extract {name}")),
            (Some("request"), _) => {
                self.parts.push("all requests".to_owned());
                self.key = Some(key.to_owned());
            }
            (Some("simulated"), _) => {
                self.parts.push("the simulated API".to_owned());
                self.key = Some(key.to_owned());
            }
            _ => self.key = Some(key.to_owned()),
        }
    }

    /// What the value belongs to: `check 1 of task 2 of user class 3`. Empty for the plan itself.
    pub(super) fn owner(&self, has_classes: bool) -> String {
        let class = self.class.filter(|_| has_classes);
        let class = class.map(|it| format!("user class {it}"));
        let parts = self.parts.iter().rev().cloned().chain(class);
        parts.collect::<Vec<_>>().join(" of ")
    }

    /// The key of the value itself in words; `None` for an item of a list.
    pub(super) fn key(&self) -> Option<String> {
        self.key.as_ref().map(|it| it.replace('_', " "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, owner: &str, key: Option<&str>) {
        let place = Place::new(&Path::parse(path).unwrap());
        assert_eq!(place.owner(true), owner, "{path}");
        assert_eq!(place.key().as_deref(), key, "{path}");
    }

    #[test]
    fn places_are_counted_from_one() {
        check("", "", None);
        check("load.spawn_rate", "", Some("spawn rate"));
        check("load.stages[1].users", "stage 2", Some("users"));
        check(
            "user_class[1].wait.between[0]",
            "user class 2",
            Some("between"),
        );
        check(
            "user_class[0].task[0].steps[2].check[1].equals",
            "check 2 of step 3 of task 1 of user class 1",
            Some("equals"),
        );
        check(
            "user_class[0].task[0].task[1].task[2]",
            "task 1.2.3 of user class 1",
            None,
        );
        check(
            "user_class[0].task[0].headers[1][0]",
            "header 2 of task 1 of user class 1",
            None,
        );
        check(
            "data.accounts.rows[4].email",
            "row 5 of data accounts",
            Some("email"),
        );
        check(
            "user_class[0].on_start[0].extract.token.json",
            "extract token of start step 1 of user class 1",
            Some("json"),
        );
        check("request.headers.a", "all requests", Some("a"));
        check("request.timeout", "all requests", Some("timeout"));
        check(
            "simulated.stalls[0].at",
            "stall 1 of the simulated API",
            Some("at"),
        );
    }

    #[test]
    fn a_single_class_is_not_named() {
        let path = Path::parse("user_class[0].task[1].get").unwrap();
        assert_eq!(Place::new(&path).owner(false), "task 2");
        let path = Path::parse("user_class[0].host").unwrap();
        assert_eq!(Place::new(&path).owner(false), "");
    }
}
