//! Lists of the plan: their items keep what is theirs on the page while others come, go and move.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use yew::prelude::*;

use super::editor::Editor;
use super::open;
use crate::draft::keys::{Edit, Path};

/// A list of the plan, to be drawn and changed.
pub(super) struct PlanList {
    editor: Editor,
    path: Path,
    ids: Rc<RefCell<Ids>>,
}

/// Names for the items of a list, which follow them.
#[derive(Debug, Default)]
struct Ids {
    ids: Vec<u32>,
    next: u32,
}

impl Ids {
    /// Makes as many names as there are items. What was changed elsewhere is not known, so items
    /// that came are taken for the last ones.
    fn resize(&mut self, len: usize) {
        self.ids.truncate(len);
        while self.ids.len() < len {
            self.insert(self.ids.len());
        }
    }

    fn insert(&mut self, index: usize) {
        self.ids.insert(index.min(self.ids.len()), self.next);
        self.next += 1;
    }

    // A second click may come before the list is drawn without the item.
    fn remove(&mut self, index: usize) {
        if index < self.ids.len() {
            self.ids.remove(index);
        }
    }

    fn raise(&mut self, index: usize) {
        if 0 < index && index < self.ids.len() {
            self.ids.swap(index - 1, index);
        }
    }
}

/// The list at `path`, with `len` items.
#[hook]
pub(super) fn use_list(editor: &Editor, path: &Path, len: usize) -> PlanList {
    let ids = use_mut_ref(Ids::default);
    ids.borrow_mut().resize(len);
    PlanList {
        editor: editor.clone(),
        path: path.clone(),
        ids,
    }
}

impl PlanList {
    /// What the item is called on the page.
    pub(super) fn key(&self, index: usize) -> u32 {
        self.ids.borrow().ids[index]
    }

    /// Every item: its name on the page, and where it is in the plan.
    pub(super) fn items(&self) -> impl Iterator<Item = (u32, Path)> {
        let len = self.ids.borrow().ids.len();
        (0..len).map(|index| (self.key(index), self.path.index(index)))
    }

    /// A button that adds `value` at the end.
    pub(super) fn add_button(&self, text: &str, value: Value) -> Html {
        let (editor, path) = (self.editor.clone(), self.path.clone());
        let onclick = move |_| {
            editor.edit(Edit::Append(path.clone(), value.clone()));
        };
        let label = self.editor.label(text, &self.path);
        add_button(text, label, Callback::from(onclick))
    }

    /// As [`add_button`](Self::add_button); the new item is open.
    pub(super) fn add_open_button(&self, text: &str, value: Value) -> Html {
        let (editor, path) = (self.editor.clone(), self.path.clone());
        let onclick = move |_| {
            open::open(&path.index(editor.len(&path)));
            editor.edit(Edit::Append(path.clone(), value.clone()));
        };
        let label = self.editor.label(text, &self.path);
        add_button(text, label, Callback::from(onclick))
    }

    /// A button that takes the item away.
    pub(super) fn remove_button(&self, index: usize) -> Html {
        let path = self.path.index(index);
        let label = format!("Remove {}", self.editor.place(&path));
        let (editor, ids) = (self.editor.clone(), Rc::clone(&self.ids));
        let onclick = move |_| {
            ids.borrow_mut().remove(index);
            editor.edit(Edit::Remove(path.clone()));
        };
        icon_button("×", label, "Remove", Callback::from(onclick))
    }

    /// A button that puts the item one place further up; nothing for the first.
    pub(super) fn raise_button(&self, index: usize) -> Html {
        if index == 0 {
            return Html::default();
        }
        let path = self.path.index(index);
        let label = format!("Move {} up", self.editor.place(&path));
        let (editor, ids) = (self.editor.clone(), Rc::clone(&self.ids));
        let onclick = move |_| {
            ids.borrow_mut().raise(index);
            editor.edit(Edit::Raise(path.clone()));
        };
        icon_button("↑", label, "Move up", Callback::from(onclick))
    }

    /// A button that adds `copy` behind the item.
    pub(super) fn duplicate_button(&self, index: usize, copy: Value) -> Html {
        let path = self.path.index(index);
        let label = format!("Duplicate {}", self.editor.place(&path));
        let (editor, ids, next) = (
            self.editor.clone(),
            Rc::clone(&self.ids),
            self.path.index(index + 1),
        );
        let onclick = move |_| {
            ids.borrow_mut().insert(index + 1);
            editor.edit(Edit::Insert(next.clone(), copy.clone()));
        };
        add_button("Duplicate", label, Callback::from(onclick))
    }

    /// What is wrong with the list as a whole.
    pub(super) fn error(&self) -> Html {
        super::error_line(&self.editor, &self.path)
    }
}

/// A small button with a sign on it.
pub(super) fn icon_button(
    sign: &'static str,
    label: String,
    title: &'static str,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! {
        <button type="button" class="button icon" aria-label={label} {title} {onclick}>
            { sign }
        </button>
    }
}

/// A button that adds something to a list.
pub(super) fn add_button(text: &str, label: String, onclick: Callback<MouseEvent>) -> Html {
    let label = (label != text).then_some(label);
    html! {
        <button type="button" class="button small" aria-label={label} {onclick}>{ text }</button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_items() {
        let mut ids = Ids::default();
        ids.resize(3);
        ids.remove(0);
        ids.remove(7);
        ids.insert(1);
        ids.resize(4);
        assert_eq!(ids.ids, [1, 3, 2, 4]);
        ids.raise(2);
        ids.raise(0);
        assert_eq!(ids.ids, [1, 2, 3, 4]);
        ids.resize(1);
        ids.resize(2);
        assert_eq!(ids.ids, [1, 5]);
    }
}
