//! The name of something in a table of the plan: a key, which can be there only once.

use yew::prelude::*;

use super::editor::Editor;
use crate::components::text_field::input_text;
use crate::keys::{Edit, Path, Step};

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
    // What was typed, and the name that the value had then: a name that is taken is no change.
    let typed = use_state(|| (name.clone(), name.clone()));
    let is_taken = typed.0 != name && editor.has(&path.sibling(&typed.0));
    let is_pending = is_taken && typed.1 == name;
    let shown = if is_pending {
        typed.0.clone()
    } else {
        name.clone()
    };
    let on_input = {
        let (editor, path, typed) = (editor.clone(), path.clone(), typed);
        Callback::from(move |text: String| {
            editor.edit(Edit::Rename(path.clone(), text.clone()));
            typed.set((text, name.clone()));
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
                <p class="help error">{ "There is one of this name already." }</p>
            }
        </div>
    }
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
