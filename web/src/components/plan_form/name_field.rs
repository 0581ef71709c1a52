//! The name of something in a table of the plan: a key, which can be there only once.

use yew::prelude::*;

use super::editor::Editor;
use crate::components::text_field::input_text;
use crate::draft::keys::{Edit, Path, Step};

#[derive(PartialEq, Properties)]
pub(super) struct NameFieldProps {
    pub editor: Editor,
    /// Where the value is that has the name.
    pub path: Path,
    pub label: AttrValue,
}

#[component]
pub(super) fn NameField(props: &NameFieldProps) -> Html {
    let NameFieldProps {
        editor,
        path,
        label,
    } = props;
    let name = name_of(path);
    // The name it has by now, which may be newer than what is drawn.
    let newest = use_mut_ref(String::new);
    newest.borrow_mut().clone_from(&name);
    // What was typed, and the name that the value had then: a name that is taken is no change.
    let typed = use_state(|| (name.clone(), name.clone()));
    let is_pending = typed.1 == name && is_taken(editor, path, &typed.0);
    let shown = if is_pending { typed.0.clone() } else { name };
    let on_input = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |text: String| {
            let from = newest.borrow().clone();
            editor.edit(Edit::Rename(path.sibling(&from), text.clone()));
            if !is_taken(&editor, &path, &text) {
                newest.borrow_mut().clone_from(&text);
            }
            typed.set((text, from));
        })
    };
    let id = format!("{}-name", path.id());
    html! {
        <div class="field">
            <input
                {id}
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder="Name"
                aria-label={label}
                aria-invalid={is_pending.then_some("true")}
                value={shown}
                oninput={input_text(&on_input)}
            />
            if is_pending {
                <p class="help error">{ "This name is already taken." }</p>
            }
        </div>
    }
}

/// Whether something else has the name.
fn is_taken(editor: &Editor, path: &Path, name: &str) -> bool {
    name != name_of(path) && editor.has(&path.sibling(name))
}

fn name_of(path: &Path) -> String {
    match path.steps().last() {
        Some(Step::Key(key)) => key.to_string(),
        _ => String::new(),
    }
}

/// A name that none of the others has: `value`, `value_2`, with any `separator`.
pub(super) fn free_name(name: &str, separator: char, others: &[String]) -> String {
    let is_free = |name: &String| !others.contains(name);
    let numbered = (2..).map(|number| format!("{name}{separator}{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_free() {
        let others = ["value", "value_2"].map(str::to_owned);
        assert_eq!(free_name("value", '_', &others), "value_3");
        assert_eq!(free_name("token", '_', &others), "token");
    }
}
