//! A field for one value of the plan.

use serde_json::Value;
use yew::prelude::*;

use super::editor::{Editor, number_or_text, text_of};
use crate::components::text_field::TextField;
use crate::keys::{Edit, Path};

/// What a field holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Kind {
    /// A number, or a text such as `1m`.
    Number,
    /// Any text.
    #[default]
    Text,
}

impl Kind {
    fn value(self, text: &str) -> Value {
        match self {
            Self::Number => number_or_text(text),
            Self::Text => text.into(),
        }
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct PlanFieldProps {
    pub editor: Editor,
    pub label: AttrValue,
    pub path: Path,
    #[prop_or_default]
    pub kind: Kind,
    /// Another place whose errors are shown here, because no other field is about it.
    #[prop_or_default]
    pub also: Option<Path>,
    #[prop_or("text".into())]
    pub input_mode: AttrValue,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub hint: Html,
}

#[component]
pub(super) fn PlanField(props: &PlanFieldProps) -> Html {
    let PlanFieldProps {
        editor, path, kind, ..
    } = props;
    let (value, on_input) = use_typed(editor, path, *kind);
    let also = props.also.as_ref().and_then(|it| editor.error(it));
    html! {
        <TextField
            id={path.to_string()}
            label={props.label.clone()}
            {value}
            input_mode={props.input_mode.clone()}
            placeholder={props.placeholder.clone()}
            hint={props.hint.clone()}
            error={editor.error(path).or(also).map(str::to_owned)}
            {on_input}
        />
    }
}

/// What the field for the value at `path` shows, and what is to be told what was typed.
///
/// What was typed is shown as long as it means what the plan says: `0.50` does not become `0.5`
/// under the hands of the person who types it. An empty field takes its key away.
#[hook]
pub(super) fn use_typed(editor: &Editor, path: &Path, kind: Kind) -> (String, Callback<String>) {
    let typed = use_state(String::new);
    let value = editor.get(path);
    let shown = match value {
        Some(value) if kind.value(&typed) == *value => (*typed).clone(),
        Some(value) => text_of(value),
        None => String::new(),
    };
    let on_input = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |text: String| {
            editor.edit(if text.is_empty() {
                Edit::Remove(path.clone())
            } else {
                Edit::Set(path.clone(), kind.value(&text))
            });
            typed.set(text);
        })
    };
    (shown, on_input)
}
