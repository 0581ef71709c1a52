//! Which user classes take part in the run, and how many users they have.
//!
//! A class of weight 0 has no users, so that is what leaving a class out means in a plan. What it had
//! before is not in the plan, and is remembered here.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;
use yew::prelude::*;

use super::editor::Editor;
use crate::draft::keys::{Edit, Path};

/// A key of a user class that says how many users it has, and its value.
type Share = (&'static str, Value);

thread_local! {
    // By the name of the class; it outlives the form, which goes while a run is shown.
    static FORMER: RefCell<BTreeMap<String, Option<Share>>> = const { RefCell::new(BTreeMap::new()) };
}

/// What the class had while it took part, as long as its name is the same or is changed here.
#[hook]
pub(super) fn use_former_share(editor: &Editor, class: &Path) -> Option<Share> {
    let name = editor.text(&class.key("name"));
    let former = use_mut_ref(|| FORMER.with_borrow(|it| it.get(&name).cloned().flatten()));
    if !is_left_out(editor, class) {
        *former.borrow_mut() = share(editor, class);
    }
    let share = former.borrow().clone();
    use_effect_with((name, share.clone()), |(name, share)| {
        FORMER.with_borrow_mut(|it| it.insert(name.clone(), share.clone()));
    });
    share
}

fn share(editor: &Editor, class: &Path) -> Option<Share> {
    let mut keys = ["fixed_count", "weight"].into_iter();
    keys.find_map(|key| Some((key, editor.get(&class.key(key))?.clone())))
}

/// Whether the class has no users in the run.
pub(super) fn is_left_out(editor: &Editor, class: &Path) -> bool {
    let weight = editor.get(&class.key("weight"));
    weight.and_then(Value::as_f64) == Some(0.0)
}

/// Leaves the class out of the run.
pub(super) fn leave_out(class: &Path) -> Edit {
    with_share(class, &("weight", 0.into()))
}

/// Lets the class take part again, with the share it had.
pub(super) fn take_in(class: &Path, former: Option<&Share>) -> Edit {
    match former {
        Some(share) => with_share(class, share),
        None => Edit::Remove(class.key("weight")),
    }
}

/// Puts `share` where the share of the class is.
pub(super) fn with_share(class: &Path, (key, value): &Share) -> Edit {
    let other = if *key == "weight" {
        "fixed_count"
    } else {
        "weight"
    };
    Edit::All(vec![
        Edit::Rename(class.key(other), (*key).to_owned()),
        Edit::Remove(class.key(other)),
        Edit::Set(class.key(key), value.clone()),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[track_caller]
    fn check(class: &Value, edit: Edit, expected: Value) {
        let mut keys = Map::from_iter([("user_class".to_owned(), json!([class]))]);
        edit.apply(&mut keys);
        assert_eq!(keys["user_class"][0], expected);
    }

    #[test]
    fn a_class_is_left_out_by_its_weight_and_comes_back_as_it_was() {
        let class = Path::of("user_class").index(0);
        let left_out = json!({ "name": "A", "weight": 0, "task": [] });
        for (before, former) in [
            (
                json!({ "name": "A", "weight": 3, "task": [] }),
                ("weight", json!(3)),
            ),
            (
                json!({ "name": "A", "fixed_count": 2, "task": [] }),
                ("fixed_count", json!(2)),
            ),
        ] {
            check(&before, leave_out(&class), left_out.clone());
            check(&left_out, take_in(&class, Some(&former)), before);
        }
        let expected = json!({ "name": "A", "task": [] });
        check(&left_out, take_in(&class, None), expected);
    }
}
